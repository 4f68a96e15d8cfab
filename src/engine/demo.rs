//! What the demo needs of the machine: a folder of its own, the sample photos in it, and hashes to compare them by.

use super::{
    error::{OpError, Result},
    samples,
    session::Session,
};
use crate::{
    backup::local,
    model::content::ContentId,
    sys::{
        clock::random_hex,
        dirs::TempPlace,
        fs::{FileKind, Fs as _, FsError},
        real::RealFs,
        task::Cx,
    },
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The demo's errands.
#[derive(Debug)]
pub struct Demo;

/// What every file of a tree is, by its path below it; names beginning with a dot are this program's own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hashes(BTreeMap<PathBuf, (ContentId, u64)>);

impl Hashes {
    /// How many files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of all of them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.values().map(|(_, size)| size).sum()
    }

    /// Same names, same bytes.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Demo {
    /// The folder to work in: the given one, which must be empty or new, or a temporary one that goes with the value.
    ///
    /// # Errors
    /// The folder is not empty, or cannot be made.
    pub fn place(keep: Option<&Path>) -> Result<TempPlace> {
        let fs = RealFs;
        if let Some(dir) = keep {
            fs.make_dirs(dir)?;
            let mut empty = true;
            fs.list(dir, &mut |_| empty = false)?;
            if !empty {
                return Err(OpError::Usage(format!(
                    "This folder is not empty; choose a new one: {}",
                    dir.display()
                )));
            }
            return Ok(TempPlace::kept(dir));
        }
        let unique =
            random_hex(4).map_err(|source| FsError::new("choose a name", Path::new("safelight-demo"), source))?;
        Ok(TempPlace::new(&format!("safelight-demo-{unique}-"))?)
    }

    /// Writes the sample photos.
    ///
    /// # Errors
    /// The disk's.
    pub fn write_samples(dir: &Path) -> Result<u64> {
        RealFs.make_dirs(dir)?;
        samples::write_to(&RealFs, dir)
    }

    /// Gives the scanned samples their marks and albums.
    ///
    /// # Errors
    /// The catalog's.
    pub fn dress(session: &Session, dir: &Path) -> Result<()> {
        samples::dress(session, dir)
    }

    /// Hashes every file below a folder.
    ///
    /// # Errors
    /// The disk's.
    pub fn hashes(dir: &Path) -> Result<Hashes> {
        let mut hashes = Hashes::default();
        let mut folders = vec![PathBuf::new()];
        while let Some(below) = folders.pop() {
            let mut files = Vec::new();
            RealFs.list(&dir.join(&below), &mut |entry| {
                if entry.name.to_string_lossy().starts_with('.') {
                    return;
                }
                match entry.stat.map(|stat| stat.kind) {
                    Ok(FileKind::Dir) => folders.push(below.join(&entry.name)),
                    Ok(_) | Err(_) => files.push(below.join(&entry.name)),
                }
            })?;
            for file in files {
                let hashed = local::hash_file(&RealFs, &dir.join(&file), &Cx::new())?;
                hashes.0.insert(file, (hashed.content, hashed.stat.size));
            }
        }
        Ok(hashes)
    }
}
