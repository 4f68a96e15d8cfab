//! What can go wrong with a store. A store that is away, replaced or too new is said to be so; its photos are never
//! called missing for it (I12, safety.md rules 10 and 11).

use crate::{
    model::{content::ContentId, id::StoreId},
    remote::api::{self, ErrorKind},
};

/// A failure of a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The place failed.
    #[error(transparent)]
    Remote(#[from] api::Error),
    /// The place can be read and holds no store.
    #[error("There is no Safelight store here. Check that the right disk or folder is chosen. {place}")]
    NotThere {
        /// Where.
        place: String,
    },
    /// Another store lies where this one was.
    #[error(
        "The store has been replaced: store {expected} was here, now store {found} is. Nothing was changed. Choose the right disk, or add this one as a new store."
    )]
    Replaced {
        /// The store that was opened.
        expected: StoreId,
        /// The one that is there now.
        found: StoreId,
    },
    /// A store is here already.
    #[error("There is a Safelight store here already. Open it instead of making a new one.")]
    AlreadyAStore,
    /// Other files are here.
    #[error(
        "This folder is not empty: {example} is in it. Choose an empty folder, or allow the store to lie beside these files."
    )]
    NotEmpty {
        /// One of the files.
        example: String,
    },
    /// Made by a later version than this one.
    #[error("This store was written by a newer version of Safelight ({what}). Update Safelight to use it.")]
    TooNew {
        /// What is unknown.
        what: String,
    },
    /// A file of the store cannot be understood.
    #[error("A file of the store is damaged ({what}): {key}")]
    Damaged {
        /// Which.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// An object's bytes are not what they should be.
    #[error(
        "The copy in the store is damaged: it has {found_size} bytes and hash {found}, not {size} bytes and hash {content}. {key}"
    )]
    WrongBytes {
        /// Its key.
        key: String,
        /// What should be there.
        content: ContentId,
        /// The length it should have.
        size: u64,
        /// What is there.
        found: ContentId,
        /// The length it has.
        found_size: u64,
    },
    /// Nothing is under a key that should have an object. One witness of absence, not two (safety.md rule 10).
    #[error("The store does not have this copy now. {key}")]
    Missing {
        /// The key.
        key: String,
    },
    /// What was to be sent turned out to be other bytes; nothing was stored.
    #[error("The file changed while it was being sent. It is tried again later.")]
    ChangedWhileSending {
        /// What it was said to be.
        expected: ContentId,
    },
    /// What was to be sent could not be read; nothing was stored.
    #[error("The file could not be read while it was being sent ({0}).")]
    Source(std::io::Error),
    /// Every name that this content may have is taken by other bytes.
    #[error("This store keeps damaging this file. It is not used for it any more. {key}")]
    NamesTaken {
        /// The last name tried.
        key: String,
    },
    /// A record that no reader would take.
    #[error("A change cannot be recorded ({what}).")]
    Record {
        /// Why.
        what: String,
    },
    /// Another program writes under this device's name.
    #[error("Another copy of this library writes to the store under the same name. Give this one a new name.")]
    LogContested,
}

/// The result of every call.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What kind of failure it is, in the words that retry and the queue ask for.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Remote(error) => error.kind,
            // The photos in it are not gone: the store is.
            Self::NotThere { .. } | Self::Replaced { .. } => ErrorKind::Unreachable,
            Self::AlreadyAStore => ErrorKind::Exists,
            Self::TooNew { .. } => ErrorKind::Unsupported,
            Self::Damaged { .. } | Self::WrongBytes { .. } | Self::NamesTaken { .. } => ErrorKind::Corrupt,
            Self::Missing { .. } => ErrorKind::NotFound,
            Self::ChangedWhileSending { .. } => ErrorKind::Temporary,
            Self::NotEmpty { .. } | Self::Source(_) | Self::Record { .. } | Self::LogContested => ErrorKind::Permanent,
        }
    }

    /// The store as a whole is away, replaced, refused or full: says nothing about any photo, and every job waits.
    #[must_use]
    pub fn is_about_the_store(&self) -> bool {
        match self {
            Self::Remote(error) => matches!(
                error.kind,
                ErrorKind::Unreachable | ErrorKind::Auth | ErrorKind::Full | ErrorKind::Unsupported
            ),
            Self::NotThere { .. } | Self::Replaced { .. } | Self::TooNew { .. } | Self::LogContested => true,
            _ => false,
        }
    }
}
