//! `Change`: the one kind of mutation of marks and albums (I6). The same value is the undo log, the audit and what the
//! store's log carries to other devices.

use super::{
    id::{AlbumUid, PhotoId},
    rating::{ColorLabel, Flag, Rating},
};
use serde::{Deserialize, Serialize};

/// A mark on one photo.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "mark", content = "value", rename_all = "kebab-case")]
pub enum Mark {
    /// Stars.
    Rating(Rating),
    /// Pick or reject.
    Flag(Flag),
    /// Colour.
    Label(ColorLabel),
    /// A keyword, hierarchical with `/`.
    AddKeyword(String),
    /// A keyword taken away.
    RemoveKeyword(String),
    /// The title; empty for none.
    Title(String),
    /// The caption; empty for none.
    Caption(String),
}

/// One recorded mutation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Change {
    /// A mark on one photo.
    Mark {
        /// The photo, as this catalog numbers it.
        photo: PhotoId,
        /// What changed.
        mark: Mark,
    },
    /// A new album; with a query it is a smart one.
    AlbumCreate {
        /// Its identity on every device.
        album: AlbumUid,
        /// Its name.
        name: String,
        /// The query of a smart album.
        query: Option<String>,
    },
    /// An album goes; its photos stay.
    AlbumDelete {
        /// Its identity.
        album: AlbumUid,
    },
    /// A new name.
    AlbumRename {
        /// Its identity.
        album: AlbumUid,
        /// The new name.
        name: String,
    },
    /// A photo goes into an album.
    AlbumAdd {
        /// The album.
        album: AlbumUid,
        /// The photo.
        photo: PhotoId,
    },
    /// A photo leaves an album.
    AlbumRemove {
        /// The album.
        album: AlbumUid,
        /// The photo.
        photo: PhotoId,
    },
    /// New photos of the album are backed up to this store by themselves; none stops that.
    AlbumBackup {
        /// The album.
        album: AlbumUid,
        /// The store's id.
        store: Option<String>,
    },
}
