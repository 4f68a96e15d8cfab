//! What can go wrong on the bridge. Every failure says whose it is: the store's, the disk's, the catalog's, or a rule's.

use crate::{catalog, store, sys::fs::FsError};

/// A failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::error::Error),
    /// The local disk failed.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] catalog::error::Error),
    /// A file kept changing while it was read.
    #[error("it is being changed by another program; it is tried again later")]
    InUse,
    /// A rule says no; the sentence says which.
    #[error("{0}")]
    Refused(String),
    /// Stopped because we were asked to.
    #[error("stopped as asked")]
    Cancelled,
}

/// The result of every call.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A rule's no.
    #[must_use]
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::Refused(sentence.into())
    }
}
