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

/// What the holder's file says beside its process where it lets go for who asks.
const YIELDS: &str = "yields";
/// A wish is one for so many seconds.
const WISH_SECONDS: u64 = 20;

impl HomeLock {
    /// Says in the lock's file that this holder lets go when somebody wants the library.
    pub fn yields(&self) {
        // At the end of the file, after the process; a text that is not the goodbye counts as unclean either way.
        if let Err(error) = (&self.file).write_all(format!("{YIELDS}\n").as_bytes()) {
            tracing::debug!("the lock's file could not be written: {error}");
        }
    }

    /// Whether who holds the lock of this folder lets go of it when asked.
    #[must_use]
    pub fn is_held_by_one_that_yields(dir: &Path) -> bool {
        let mut text = String::new();
        let opened = OpenOptions::new().read(true).open(dir.join("lock"));
        let read = opened.and_then(|file| file.take(1000).read_to_string(&mut text));
        read.is_ok() && text.lines().any(|line| line == YIELDS)
    }

    /// Says that somebody waits for the lock of this folder: whoever holds it for work that can wait lets go of it.
    pub fn want(dir: &Path) {
        assert_io_allowed(&"lock");
        let path = dir.join("lock.wanted");
        let opened = OpenOptions::new().write(true).create(true).truncate(true).open(path);
        if let Err(error) = opened.and_then(|mut file| file.write_all(b"wanted\n")) {
            tracing::debug!("the wish for the library could not be written: {error}");
        }
    }

    /// Whether somebody said so a moment ago.
    #[must_use]
    pub fn is_wanted(dir: &Path) -> bool {
        let opened = OpenOptions::new().read(true).open(dir.join("lock.wanted"));
        let written = opened.and_then(|file| file.metadata()).and_then(|meta| meta.modified());
        let age = written.ok().and_then(|at| at.elapsed().ok());
        age.is_some_and(|age| age.as_secs() < WISH_SECONDS)
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
    fn one_that_yields_says_so_and_hears_who_wants() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let held = HomeLock::acquire(dir.path()).expect("locked").expect("free");
        assert!(!HomeLock::is_held_by_one_that_yields(dir.path()));
        held.yields();
        assert!(HomeLock::is_held_by_one_that_yields(dir.path()));
        assert!(!HomeLock::is_wanted(dir.path()));
        HomeLock::want(dir.path());
        assert!(HomeLock::is_wanted(dir.path()));
        drop(held);
        assert!(!HomeLock::is_held_by_one_that_yields(dir.path()));
        assert!(!HomeLock::acquire(dir.path()).expect("locked").expect("free").unclean);
    }

    #[test]
    fn a_kill_is_noticed() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(dir.path().join("lock"), "process 1\n").expect("written");
        assert!(HomeLock::acquire(dir.path()).expect("locked").expect("free").unclean);
    }
}
