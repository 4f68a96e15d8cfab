//! Reading this disk's files as evidence: hashed whole, with the stat compared before and after (T1), so that a file
//! that another program writes to is never taken for what it was a moment ago.

use super::error::{Error, Result};
use crate::{
    backup::crash_table::Found,
    model::content::{ContentHasher, ContentId},
    sys::{
        fs::{Fs, FsError, FsErrorKind, ReadFile, Stat},
        task::Cx,
    },
};
use std::{io::Read as _, path::Path};

/// How often a file that changes while it is read is read again before it counts as in use.
const TRIES: u32 = 3;
/// Files up to this length are read once, into memory.
pub const IN_MEMORY: u64 = 8 * 1024 * 1024;
const CHUNK: usize = 256 * 1024;

/// A file's content and the stat that it had all the while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hashed {
    /// The hash of every byte.
    pub content: ContentId,
    /// The stat before and after.
    pub stat: Stat,
}

/// Hashes a file.
///
/// # Errors
/// `InUse` where it keeps changing, and the disk's.
pub fn hash_file(fs: &dyn Fs, path: &Path, cx: &Cx) -> Result<Hashed> {
    // Without a limit there is no file that is too long.
    read_guarded(fs, path, u64::MAX, None, cx)?.ok_or(Error::InUse)
}

/// Reads a whole file of at most `limit` bytes, with the same guard; `None` where it is longer.
///
/// # Errors
/// As [`hash_file`].
pub fn read_file(fs: &dyn Fs, path: &Path, limit: u64, cx: &Cx) -> Result<Option<(Vec<u8>, Hashed)>> {
    let mut bytes = Vec::new();
    let read = read_guarded(fs, path, limit, Some(&mut bytes), cx)?;
    Ok(read.map(|hashed| (bytes, hashed)))
}

/// The one reading of evidence: to the end, again where the file changed meanwhile, its bytes kept where they are wanted.
fn read_guarded(
    fs: &dyn Fs,
    path: &Path,
    limit: u64,
    mut keep: Option<&mut Vec<u8>>,
    cx: &Cx,
) -> Result<Option<Hashed>> {
    let mut buffer = vec![0_u8; CHUNK];
    for _ in 0..TRIES {
        let mut file = fs.open(path)?;
        let before = file
            .stat()
            .map_err(|source| FsError::new("look at the file", path, source))?;
        if before.size > limit {
            return Ok(None);
        }
        if let Some(bytes) = &mut keep {
            bytes.clear();
            bytes.reserve(usize::try_from(before.size).unwrap_or(0));
        }
        let mut hasher = ContentHasher::new();
        let mut length: u64 = 0;
        loop {
            if cx.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let count = file
                .read(&mut buffer)
                .map_err(|source| FsError::new("read the file", path, source))?;
            let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else {
                break;
            };
            length = length.saturating_add(chunk.len() as u64);
            if length > limit {
                return Ok(None);
            }
            hasher.update(chunk);
            if let Some(bytes) = &mut keep {
                bytes.extend_from_slice(chunk);
            }
        }
        if length == before.size && unchanged(fs, file.as_ref(), path, &before)? {
            let content = hasher.finish().0;
            return Ok(Some(Hashed { content, stat: before }));
        }
    }
    Err(Error::InUse)
}

fn unchanged(fs: &dyn Fs, file: &dyn ReadFile, path: &Path, before: &Stat) -> Result<bool> {
    let after = file
        .stat()
        .map_err(|source| FsError::new("look at the file", path, source))?;
    // The name must still lead to what was read: an editor that saves by renaming changes the name, not the open file.
    let named = fs.stat(path)?;
    Ok(after.same_content_as(before) && named.same_content_as(before))
}

/// What was seen at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// What it is, by its bytes.
    pub found: Found,
    /// The stat that those bytes had; none where they were not read to their end.
    pub stat: Option<Stat>,
}

impl Seen {
    fn without_stat(found: Found) -> Self {
        Self { found, stat: None }
    }
}

/// What lies at a path, by its bytes: only a certain absence is `Nothing`, everything that cannot be told is `Unknown`.
#[must_use]
pub fn look(fs: &dyn Fs, path: &Path, original: ContentId, proxy: ContentId, cx: &Cx) -> Seen {
    match fs.stat_opt(path) {
        Ok(None) => return Seen::without_stat(parent_says(fs, path)),
        Ok(Some(_)) => {}
        Err(_) => return Seen::without_stat(Found::Unknown),
    }
    match hash_file(fs, path, cx) {
        Ok(hashed) => Seen {
            found: Found::of(hashed.content, original, proxy),
            stat: Some(hashed.stat),
        },
        Err(Error::Fs(error)) if error.kind == FsErrorKind::NotRegular => Seen::without_stat(Found::Other),
        Err(_) => Seen::without_stat(Found::Unknown),
    }
}

/// The stat to remember for a file that was hashed, and to which we may have given a new name since: its stat now where
/// nobody wrote to it, else the one it was hashed with, which the next scan will not find and so will look again.
///
/// # Errors
/// The disk's.
pub fn stat_after(fs: &dyn Fs, path: &Path, hashed: &Stat) -> Result<Stat> {
    let now = fs.stat(path)?;
    let same = (now.dev, now.ino, now.size, now.mtime_ns) == (hashed.dev, hashed.ino, hashed.size, hashed.mtime_ns);
    Ok(if same { now } else { *hashed })
}

/// A file whose folder is gone too is not known to be absent: the disk may be unplugged (I12).
fn parent_says(fs: &dyn Fs, path: &Path) -> Found {
    match path.parent().map(|dir| fs.stat_opt(dir)) {
        Some(Ok(Some(_))) => Found::Nothing,
        _ => Found::Unknown,
    }
}
