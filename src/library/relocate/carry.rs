//! A file's bytes under another name, perhaps on another disk: written beside the new name, made durable, read back from
//! the disk and compared, and only then given that name, which must be free. The file that is copied is only read.

use crate::{
    library::rename::sentence,
    model::content::{ContentHasher, ContentId},
    sys::{
        fs::{Fs, FsError, FsErrorKind, ReadFile, Stat},
        task::Cx,
    },
};
use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

const CHUNK: usize = 256 * 1024;

/// Why a file was not copied.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The disk's.
    Fs(FsError),
    /// Somebody asked to stop.
    Cancelled,
    /// It was written to while it was read.
    Changed,
    /// What was read back is not what was written.
    Damaged(PathBuf),
}

impl From<FsError> for Trouble {
    fn from(error: FsError) -> Self {
        Self::Fs(error)
    }
}

impl Trouble {
    /// What a person reads.
    pub fn sentence(&self) -> String {
        match self {
            Self::Fs(error) => sentence(error),
            Self::Cancelled => "It was stopped.".to_owned(),
            Self::Changed => "Another program is writing to it. Try again when that is done.".to_owned(),
            Self::Damaged(path) => format!(
                "What was written is not what could be read back, so it does not count. Have that disk checked: {}",
                path.display()
            ),
        }
    }
}

/// A file that was copied under a temporary name.
#[derive(Debug)]
pub(super) struct Carried {
    /// Where it waits for its name.
    pub temp: PathBuf,
    /// Its bytes.
    pub content: ContentId,
    /// What was copied, as it was all the while.
    pub source: Stat,
}

/// The temporary name of a copy that is being made; `mark` tells those of two copies apart.
pub(super) fn temp_name(target: &Path, mark: &str) -> PathBuf {
    target.with_file_name(format!(".safelight-tmp-{mark}"))
}

/// Copies `source` under the temporary name, whole and durable and read back, or not at all.
pub(super) fn carry(fs: &dyn Fs, source: &Path, temp: &Path, cx: &Cx) -> Result<Carried, Trouble> {
    if fs.stat_opt(temp)?.is_some() {
        // Half a copy of ours, of no use to anybody.
        fs.unlink(temp)?;
    }
    let done = write(fs, source, temp, cx).and_then(|(content, stat)| {
        let back = read_back(fs, temp, cx)?;
        if back != (content, stat.size) {
            return Err(Trouble::Damaged(temp.to_owned()));
        }
        if !fs.stat(source)?.same_content_as(&stat) {
            return Err(Trouble::Changed);
        }
        Ok(Carried {
            temp: temp.to_owned(),
            content,
            source: stat,
        })
    });
    if done.is_err() {
        drop_temp(fs, temp);
    }
    done
}

/// Takes a temporary copy of ours away; where that fails it stays, as a hidden file that no program reads.
pub(super) fn drop_temp(fs: &dyn Fs, temp: &Path) {
    match fs.unlink(temp) {
        Ok(()) => {}
        Err(error) if error.kind == FsErrorKind::NotFound => {}
        Err(error) => tracing::debug!("a temporary file stays: {error}"),
    }
}

fn write(fs: &dyn Fs, source: &Path, temp: &Path, cx: &Cx) -> Result<(ContentId, Stat), Trouble> {
    let mut from = fs.open(source)?;
    let before = look(from.as_ref(), source)?;
    let mut to = fs.create_new(temp)?;
    let mut hasher = ContentHasher::new();
    let mut buffer = vec![0_u8; CHUNK];
    loop {
        if cx.cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        let count = from
            .read(&mut buffer)
            .map_err(|error| FsError::new("read the file", source, error))?;
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        hasher.update(chunk);
        to.write_all(chunk)
            .map_err(|error| FsError::new("write the copy", temp, error))?;
        cx.progress.add_bytes(chunk.len() as u64);
    }
    to.flush()
        .map_err(|error| FsError::new("write the copy", temp, error))?;
    // Before the sync: by its date a copy is known again after a power cut.
    keep_attributes(fs, source, temp, &before);
    to.sync().map_err(|error| FsError::new("write the copy", temp, error))?;
    let (content, length) = hasher.finish();
    if length != before.size || !look(from.as_ref(), source)?.same_content_as(&before) {
        return Err(Trouble::Changed);
    }
    Ok((content, before))
}

/// A disk that keeps no owners or marks still keeps the date, by which people sort.
fn keep_attributes(fs: &dyn Fs, source: &Path, temp: &Path, stat: &Stat) {
    let kept = fs
        .copy_attributes(source, temp)
        .or_else(|_| fs.set_mtime(temp, stat.mtime_ns));
    if let Err(error) = kept {
        tracing::debug!("the date of a copy is not kept: {error}");
    }
}

fn look(file: &dyn ReadFile, path: &Path) -> Result<Stat, FsError> {
    file.stat()
        .map_err(|error| FsError::new("look at the file", path, error))
}

/// The hash and length of what lies on the disk, not in the system's memory.
pub(super) fn read_back(fs: &dyn Fs, path: &Path, cx: &Cx) -> Result<(ContentId, u64), Trouble> {
    let mut file = fs.open(path)?;
    file.drop_cache();
    let mut hasher = ContentHasher::new();
    let mut buffer = vec![0_u8; CHUNK];
    loop {
        if cx.cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        let count = file
            .read(&mut buffer)
            .map_err(|error| FsError::new("read the copy back", path, error))?;
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else {
            return Ok(hasher.finish());
        };
        hasher.update(chunk);
    }
}
