//! The one door to the system's trash. What goes through it leaves Safelight's hands: only a person's explicit command, that
//! named number and bytes, comes here, and nothing is ever deleted for good.

use super::fs::assert_io_allowed;
use std::path::{Path, PathBuf};

/// Where the desktop keeps what its user threw away.
pub trait SystemTrash: Send + Sync {
    /// Gives one file to it, with the name it has.
    ///
    /// # Errors
    /// A sentence that says why; the file may be at either place then, and the caller has to look.
    fn put(&self, path: &Path) -> Result<(), String>;
}

/// The desktop's own: the freedesktop trash, Finder's, or the Recycle Bin.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealTrash;

impl SystemTrash for RealTrash {
    fn put(&self, path: &Path) -> Result<(), String> {
        assert_io_allowed(&"give a file to the system's trash");
        trash::delete(path).map_err(|error| match error {
            trash::Error::CouldNotAccess { .. } => "no permission".to_owned(),
            other => format!("the system's trash said: {other}"),
        })
    }
}

/// A trash that keeps a list, for tests: `take` is what it does with a file.
pub struct ListedTrash<F: Fn(&Path) -> Result<(), String> + Send + Sync>(pub F, pub std::sync::Mutex<Vec<PathBuf>>);

impl<F: Fn(&Path) -> Result<(), String> + Send + Sync> SystemTrash for ListedTrash<F> {
    fn put(&self, path: &Path) -> Result<(), String> {
        (self.0)(path)?;
        super::task::lock(&self.1).push(path.to_owned());
        Ok(())
    }
}
