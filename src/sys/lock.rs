//! One writer for one home: the second Safelight on the same catalog says so instead of fighting over it.

use super::fs::{FsError, Result, assert_io_allowed};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

/// Held as long as this value lives; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct HomeLock {
    file: File,
    /// The last holder ended without saying goodbye: a kill, a crash, a power cut.
    pub unclean: bool,
}

const CLEAN: &[u8] = b"clean\n";

impl HomeLock {
    /// Takes the lock of this folder; `None` where another process holds it.
    ///
    /// # Errors
    /// The lock file cannot be made or locked.
    pub fn acquire(dir: &Path) -> Result<Option<Self>> {
        assert_io_allowed(&"lock");
        let path = dir.join("lock");
        let wrap = |source| FsError::new("lock the library", &path, source);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(wrap)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(wrap(source)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(wrap)?;
        let unclean = !text.is_empty() && text != CLEAN;
        file.set_len(0).map_err(wrap)?;
        file.seek(SeekFrom::Start(0)).map_err(wrap)?;
        writeln!(file, "process {}", std::process::id()).map_err(wrap)?;
        Ok(Some(Self { file, unclean }))
    }
}

impl Drop for HomeLock {
    fn drop(&mut self) {
        // Best effort: a goodbye that cannot be written makes the next start look more carefully, no more.
        let _ = self
            .file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)).map(|_| ()));
        let _ = self.file.write_all(CLEAN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_and_a_goodbye() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let first = HomeLock::acquire(dir.path()).expect("locked").expect("free");
        assert!(!first.unclean);
        assert!(HomeLock::acquire(dir.path()).expect("asked").is_none());
        drop(first);
        assert!(!HomeLock::acquire(dir.path()).expect("locked").expect("free").unclean);
    }

    #[test]
    fn a_kill_is_noticed() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(dir.path().join("lock"), "process 1\n").expect("written");
        assert!(HomeLock::acquire(dir.path()).expect("locked").expect("free").unclean);
    }
}
