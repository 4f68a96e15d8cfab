//! Identities: one newtype for each thing that has a row, so that a photo's number cannot be passed for a file's.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! row_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

row_ids!(
    /// A photo as a person counts it.
    PhotoId,
    /// One file of a photo.
    FileId,
    /// A watched directory tree.
    RootId,
    /// One directory below a root.
    FolderId,
    /// An album or a smart album.
    AlbumId,
    /// One file's way to one store.
    JobId,
    /// One replacement of an original by its proxy, from the journal's first line to its last.
    SwapId,
);

macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl $name {
            /// The identity as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text_ids!(
    /// A store's own random 128 bits in hex, written once into its `safelight.json`.
    StoreId,
    /// This installation's random 64 bits in hex; names its log in every store.
    DeviceId,
    /// An album's random 64 bits in hex, the same on every device.
    AlbumUid,
);
