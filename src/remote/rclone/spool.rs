//! Where a file waits for rclone, which takes files and no streams. What waits was read whole and has the length it should
//! have; so a file that changes while it is sent is found out before anything leaves this computer.

use crate::{
    remote::api::{CHUNK, Error, ErrorKind, Result, Source, check_cancel},
    sys::{
        child::is_running,
        clock::{Clock as _, RealClock, random_hex},
        dirs::Home,
        fs::{FileKind, Fs, FsError, FsErrorKind},
        task::Cx,
    },
};
use std::{
    io::{self, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

/// How a waiting file's name begins; the number of the process that it waits for and 32 random hex digits follow.
const PREFIX: &str = "send-";
/// Waiting files of this age belong to no running program, whatever has the number of its process now.
const SWEEP_AFTER_NS: i64 = 24 * 3600 * 1_000_000_000;

/// A folder of waiting files.
pub(super) struct Spool {
    dir: PathBuf,
    fs: Arc<dyn Fs>,
}

/// A waiting file; it goes with this value.
pub(super) struct Waiting<'a> {
    spool: &'a Spool,
    name: String,
}

impl Spool {
    /// In this program's cache folder, or where the system keeps temporary files. What a kill left there is removed.
    pub(super) fn open(fs: Arc<dyn Fs>) -> Self {
        let cache = Home::platform().map_or_else(|| std::env::temp_dir().join("safelight"), |home| home.cache);
        let spool = Self {
            dir: cache.join("sending"),
            fs,
        };
        spool.sweep();
        spool
    }

    /// Where the files are.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    fn sweep(&self) {
        let now_ns = RealClock.now().0.saturating_mul(1_000_000);
        let mut old = Vec::new();
        let listed = self.fs.list(&self.dir, &mut |entry| {
            let owner = entry.name.to_str().and_then(owner_of);
            if let (Some(owner), Ok(stat)) = (owner, entry.stat) {
                let age = now_ns.saturating_sub(stat.mtime_ns.max(stat.ctime_ns));
                if stat.kind == FileKind::File && (!is_running(owner) || age > SWEEP_AFTER_NS) {
                    old.push(self.dir.join(&entry.name));
                }
            }
        });
        if listed.is_err() {
            return;
        }
        for path in old {
            if let Err(error) = self.fs.unlink(&path) {
                tracing::debug!("a leftover stays: {error}");
            }
        }
    }

    /// Reads a body into a waiting file.
    ///
    /// # Errors
    /// It cannot be read or has another length; there is no room here for it.
    pub(super) fn take(&self, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Waiting<'_>> {
        let name = random_hex(16).map_err(|error| {
            Error::caused(
                ErrorKind::Temporary,
                "The system has no randomness to give. Try again.",
                error,
            )
        })?;
        self.fs.make_dirs(&self.dir).map_err(|error| no_place(error, size))?;
        let waiting = Waiting {
            spool: self,
            name: format!("{PREFIX}{}-{name}", std::process::id()),
        };
        let path = waiting.path();
        let mut file = self.fs.create_new(&path).map_err(|error| no_place(error, size))?;
        body.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut buffer = vec![0_u8; CHUNK];
        let mut left = size;
        loop {
            check_cancel(cx)?;
            // At the end one byte more is asked for: a file that has grown is another one.
            let want = usize::try_from(left.max(1)).unwrap_or(CHUNK).min(CHUNK);
            let got = read_some(body, buffer.get_mut(..want).unwrap_or_default())?;
            if got == 0 && left == 0 {
                break;
            }
            if got == 0 || got as u64 > left {
                let what = format!("what was to be sent has another length than the {size} bytes it was said to have");
                return Err(Error::new(ErrorKind::Permanent, what));
            }
            file.write_all(buffer.get(..got).unwrap_or_default())
                .map_err(|error| no_place(FsError::new("write the file", &path, error), size))?;
            left = left.saturating_sub(got as u64);
        }
        file.flush()
            .map_err(|error| no_place(FsError::new("write the file", &path, error), size))?;
        check_cancel(cx)?;
        Ok(waiting)
    }
}

impl Waiting<'_> {
    /// Its name in the folder.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> PathBuf {
        self.spool.dir.join(&self.name)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Where this fails, the next sweep finds it.
        match self.spool.fs.unlink(&self.path()) {
            Err(error) if error.kind != FsErrorKind::NotFound => tracing::debug!("a leftover stays: {error}"),
            _ => {}
        }
    }
}

/// The process that a waiting file of this name waits for.
fn owner_of(name: &str) -> Option<u32> {
    let (owner, hex) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let random = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    owner.parse().ok().filter(|_| random)
}

fn read_some(body: &mut dyn Source, buffer: &mut [u8]) -> Result<usize> {
    loop {
        match body.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(unreadable),
        }
    }
}

fn unreadable(error: io::Error) -> Error {
    Error::caused(ErrorKind::Permanent, "what was to be sent could not be read", error)
}

/// It is this computer that has no place, not the store: `Temporary`, so that the store is not called full.
fn no_place(error: FsError, size: u64) -> Error {
    let megabytes = size.div_ceil(1_000_000);
    let what = match error.kind {
        FsErrorKind::Full => format!(
            "This computer has no room for the {megabytes} MB that wait for rclone while they are sent. Make room on this disk."
        ),
        _ => "The folder where files wait for rclone cannot be written. Look at its permissions.".to_owned(),
    };
    Error::caused(ErrorKind::Temporary, what, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::real::RealFs;
    use std::io::Cursor;

    #[test]
    fn bodies_wait_whole_or_not_at_all() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let spool = Spool {
            dir: dir.path().join("sending"),
            fs: Arc::new(RealFs),
        };
        let cx = Cx::new();
        let bytes = vec![7_u8; CHUNK + 5];
        let waiting = spool
            .take(&mut Cursor::new(&bytes), bytes.len() as u64, &cx)
            .expect("taken");
        let path = waiting.path();
        assert_eq!(std::fs::read(&path).expect("there"), bytes);
        drop(waiting);
        assert!(!path.exists());
        drop(spool.take(&mut Cursor::new(b""), 0, &cx).expect("an empty one"));
        for wrong in [bytes.len() as u64 - 1, bytes.len() as u64 + 1, 0] {
            let taken = spool.take(&mut Cursor::new(&bytes), wrong, &cx).map(|_| ());
            assert_eq!(taken.expect_err("another length").kind, ErrorKind::Permanent);
        }
        let left = std::fs::read_dir(spool.dir()).expect("there").count();
        assert_eq!(left, 0, "nothing waits");
        // What a kill left behind goes at once, what waits for a running program stays.
        let hex = "0a".repeat(16);
        let (dead, alive) = (
            format!("send-2000000000-{hex}"),
            format!("send-{}-{hex}", std::process::id()),
        );
        for name in [dead.as_str(), &alive, "send-x", "somebody's"] {
            std::fs::write(spool.dir().join(name), "half").expect("written");
        }
        spool.sweep();
        assert!(!spool.dir().join(dead).exists());
        assert_eq!(std::fs::read_dir(spool.dir()).expect("there").count(), 3);
    }
}
