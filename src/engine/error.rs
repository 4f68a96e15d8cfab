//! What a face tells a person when something did not work: a sentence, and whether the rest was done.

use super::session::OpenError;
use crate::{backup, catalog, store, sys::fs::FsError};

/// A failure at the edge, with the exit code it means on the command line.
#[derive(Debug, thiserror::Error)]
pub enum OpError {
    /// Something needs a person; the rest was done. Exit code 1.
    #[error("{0}")]
    NeedsYou(String),
    /// It was asked for in a way that makes no sense. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It could not run at all. Exit code 3.
    #[error("{0}")]
    Failed(String),
    /// Stopped because a person asked; what is done stays done. Exit code 1.
    #[error("Stopped. What was done stays done; run it again to go on.")]
    Cancelled,
}

/// The result of every call.
pub type Result<T> = std::result::Result<T, OpError>;

impl OpError {
    /// The process's exit code for it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NeedsYou(_) | Self::Cancelled => 1,
            Self::Usage(_) => 2,
            Self::Failed(_) => 3,
        }
    }
}

impl From<OpenError> for OpError {
    fn from(error: OpenError) -> Self {
        Self::Failed(capital(&error.to_string()))
    }
}

impl From<catalog::error::Error> for OpError {
    fn from(error: catalog::error::Error) -> Self {
        if let catalog::error::Error::Refused(sentence) = error {
            return Self::Usage(sentence);
        }
        if error.is_damage() {
            return Self::Failed(capital(&OpenError::Damaged(error).to_string()));
        }
        Self::Failed(capital(&error.to_string()))
    }
}

impl From<FsError> for OpError {
    fn from(error: FsError) -> Self {
        Self::Failed(capital(&error.to_string()))
    }
}

impl From<store::error::Error> for OpError {
    fn from(error: store::error::Error) -> Self {
        Self::Failed(capital(&error.to_string()))
    }
}

impl From<crate::remote::api::Error> for OpError {
    fn from(error: crate::remote::api::Error) -> Self {
        match error.kind {
            crate::remote::api::ErrorKind::Cancelled => Self::Cancelled,
            _ => Self::Failed(capital(&error.to_string())),
        }
    }
}

impl From<backup::error::Error> for OpError {
    fn from(error: backup::error::Error) -> Self {
        match error {
            backup::error::Error::Cancelled => Self::Cancelled,
            backup::error::Error::Refused(sentence) => Self::NeedsYou(sentence),
            backup::error::Error::Catalog(error) => error.into(),
            backup::error::Error::Store(error) if error.kind() == crate::remote::api::ErrorKind::Cancelled => {
                Self::Cancelled
            }
            // A place that cannot be a store was asked for in a way that makes no sense.
            backup::error::Error::Store(
                error @ (store::error::Error::NotEmpty { .. } | store::error::Error::AlreadyAStore),
            ) => Self::Usage(capital(&error.to_string())),
            backup::error::Error::Store(error) if error.kind() == crate::remote::api::ErrorKind::Unsupported => {
                Self::Usage(capital(&error.to_string()))
            }
            other => Self::Failed(capital(&other.to_string())),
        }
    }
}

/// Sentences begin with a capital letter wherever they were made.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
