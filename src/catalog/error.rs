//! What can be wrong with the catalog. It is an index: every one of these can be answered by rebuilding it.

use std::path::PathBuf;

/// A failure of the catalog.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is no catalog, or is damaged.
    #[error("the catalog is damaged ({detail}): {}", path.display())]
    Damaged {
        /// Where it is.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Written by a newer Safelight.
    #[error("the catalog was made by a newer Safelight (version {found}, this one knows {known}): {}", path.display())]
    Newer {
        /// Where it is.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// SQLite failed.
    #[error("the catalog could not be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What was asked for cannot be done; the sentence is for the person who asked.
    #[error("{0}")]
    Refused(String),
    /// A value in it makes no sense.
    #[error("the catalog holds something unreadable: {0}")]
    Value(String),
    /// Its folder or one of its copies could not be used.
    #[error(transparent)]
    Fs(#[from] crate::sys::fs::FsError),
}

impl Error {
    /// Whether the file itself is at fault, so that only a rebuild helps: also where SQLite finds it out in the middle.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt)
            ),
            _ => false,
        }
    }
}

/// The result of every call.
pub type Result<T> = std::result::Result<T, Error>;
