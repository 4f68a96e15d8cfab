//! One sidecar put in its place: whole or not at all, at any instant of a power cut, and only over the very bytes that were
//! read before. What lies at the name afterwards is what somebody wrote on purpose; nothing in between is ever seen.

use crate::sys::{
    clock::{Clock, random_hex},
    fs::{FileKind, Fs, FsError, FsErrorKind, Stat},
};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// A sidecar is small; anything larger is none.
pub(super) const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// How the names of files that are being written begin.
pub(super) const TEMP: &str = ".safelight-tmp-";
const WRITABLE: u32 = 0o222;

/// What came of it.
#[derive(Debug)]
pub enum Replaced {
    /// It is done; this is what lies there now (`None`: nothing any more).
    Done(Option<Stat>),
    /// What lies there is no longer what was read: nothing was touched, read it again.
    Changed,
    /// It must not be written, for this reason.
    Refused(String),
}

/// Puts `new` at `path` (`None` takes the file away, for an undo of our own writing) where `old` is still what lies there
/// (`None`: nothing).
///
/// # Errors
/// The disk's; the old file is untouched then.
pub fn put(
    fs: &dyn Fs,
    clock: &dyn Clock,
    path: &Path,
    old: Option<&[u8]>,
    new: Option<&[u8]>,
) -> Result<Replaced, FsError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    if fs.stat(dir)?.mode & WRITABLE == 0 {
        return Ok(Replaced::Refused("its folder is write-protected".to_owned()));
    }
    let there = fs.stat_opt(path)?;
    match (&there, old) {
        (None, None) => {}
        (Some(stat), Some(_)) if stat.kind != FileKind::File => {
            return Ok(Replaced::Refused("it is a link, not a file".to_owned()));
        }
        (Some(stat), Some(_)) if stat.mode & WRITABLE == 0 => {
            return Ok(Replaced::Refused("it is write-protected".to_owned()));
        }
        (Some(_), Some(old)) => {
            if !holds(fs, path, old)? {
                return Ok(Replaced::Changed);
            }
        }
        _ => return Ok(Replaced::Changed),
    }
    let temp = temporary(dir)?;
    match (new, old) {
        (Some(new), None) => create(fs, path, &temp, new),
        (Some(new), Some(old)) => replace(fs, clock, path, &temp, old, new),
        (None, Some(old)) => remove(fs, path, &temp, old),
        (None, None) => Ok(Replaced::Done(None)),
    }
}

fn temporary(dir: &Path) -> Result<PathBuf, FsError> {
    let random = random_hex(8).map_err(|source| FsError::new("name a temporary file", dir, source))?;
    Ok(dir.join(format!("{TEMP}{random}")))
}

fn holds(fs: &dyn Fs, path: &Path, bytes: &[u8]) -> Result<bool, FsError> {
    match fs.read_small(path, bytes.len() as u64) {
        Ok(found) => Ok(found == bytes),
        Err(error) if matches!(error.kind, FsErrorKind::NotFound | FsErrorKind::Unsupported) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the new bytes under a name that nothing refers to, with the attributes of the old file where there is one.
fn write_temp(fs: &dyn Fs, temp: &Path, new: &[u8], like: Option<(&Path, &dyn Clock)>) -> Result<(), FsError> {
    let mut file = fs.create_new(temp)?;
    let written = file.write_all(new).and_then(|()| {
        if let Some((old, clock)) = like {
            // Who may read it stays as it was; the time is that of the change, by which other programs notice it.
            let kept = fs
                .copy_attributes(old, temp)
                .and_then(|()| fs.set_mtime(temp, clock.now().0.saturating_mul(1_000_000)));
            if let Err(error) = kept {
                tracing::debug!("attributes of a sidecar are not kept: {error}");
            }
        }
        file.sync()
    });
    written.map_err(|source| {
        drop_temp(fs, temp);
        FsError::new("write the sidecar", temp, source)
    })
}

/// Takes our own temporary file away; where that fails, it stays as a hidden file that no program reads.
/// Returns whether it is gone.
pub(super) fn drop_temp(fs: &dyn Fs, temp: &Path) -> bool {
    match fs.unlink(temp) {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!("a temporary file stays: {error}");
            false
        }
    }
}

/// Looks at what lies there now, and reads it back: were it somebody else's already, its times must not pass for ours.
fn done(fs: &dyn Fs, path: &Path, new: &[u8]) -> Result<Replaced, FsError> {
    let Some(stat) = fs.stat_opt(path)? else {
        return Ok(Replaced::Changed);
    };
    match holds(fs, path, new)? {
        true => Ok(Replaced::Done(Some(stat))),
        false => Ok(Replaced::Changed),
    }
}

fn create(fs: &dyn Fs, path: &Path, temp: &Path, new: &[u8]) -> Result<Replaced, FsError> {
    write_temp(fs, temp, new, None)?;
    match fs.rename_new(temp, path) {
        Ok(()) => done(fs, path, new),
        Err(error) => {
            drop_temp(fs, temp);
            match error.kind {
                FsErrorKind::Exists => Ok(Replaced::Changed),
                _ => Err(error),
            }
        }
    }
}

/// The two files exchange their names; only what came out is then looked at, so that a change in the last instant is seen
/// and put back.
fn replace(
    fs: &dyn Fs,
    clock: &dyn Clock,
    path: &Path,
    temp: &Path,
    old: &[u8],
    new: &[u8],
) -> Result<Replaced, FsError> {
    write_temp(fs, temp, new, Some((path, clock)))?;
    match fs.exchange(temp, path) {
        Ok(()) => {}
        Err(error) if matches!(error.kind, FsErrorKind::Unsupported) => {
            drop_temp(fs, temp);
            if !holds(fs, path, old)? {
                return Ok(Replaced::Changed);
            }
            fs.replace(path, new)?;
            return done(fs, path, new);
        }
        Err(error) => {
            drop_temp(fs, temp);
            return match error.kind {
                FsErrorKind::NotFound => Ok(Replaced::Changed),
                _ => Err(error),
            };
        }
    }
    if holds(fs, temp, old)? {
        drop_temp(fs, temp);
        return done(fs, path, new);
    }
    fs.exchange(temp, path)?;
    if holds(fs, temp, new)? {
        drop_temp(fs, temp);
    }
    Ok(Replaced::Changed)
}

fn remove(fs: &dyn Fs, path: &Path, temp: &Path, old: &[u8]) -> Result<Replaced, FsError> {
    match fs.rename_new(path, temp) {
        Ok(()) => {}
        Err(error) if error.kind == FsErrorKind::NotFound => return Ok(Replaced::Changed),
        Err(error) => return Err(error),
    }
    if holds(fs, temp, old)? {
        drop_temp(fs, temp);
        return Ok(Replaced::Done(None));
    }
    fs.rename_new(temp, path)?;
    Ok(Replaced::Changed)
}
