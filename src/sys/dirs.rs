//! Where this program keeps its own things: settings, catalog, thumbnails. With `--home` all of it is in one folder.

use std::path::{Path, PathBuf};

/// The folders of one installation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home {
    /// `settings.ron`.
    pub config: PathBuf,
    /// `catalog.sqlite`, its daily copies, the lock.
    pub data: PathBuf,
    /// `thumbs.db`; may be deleted at any time.
    pub cache: PathBuf,
}

impl Home {
    /// Everything in one folder.
    #[must_use]
    pub fn portable(dir: &Path) -> Self {
        Self {
            config: dir.to_owned(),
            data: dir.to_owned(),
            cache: dir.join("cache"),
        }
    }

    /// The platform's own folders; `None` where there is no home directory.
    #[must_use]
    pub fn platform() -> Option<Self> {
        let dirs = directories::ProjectDirs::from("", "", "safelight")?;
        Some(Self {
            config: dirs.config_dir().to_owned(),
            data: dirs.data_local_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
        })
    }
}

/// The person's own folder; `None` where there is none.
#[must_use]
pub fn user_home() -> Option<PathBuf> {
    directories::UserDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

/// A folder to work in: kept, or removed with everything in it when this value goes. Only for folders that this program
/// made itself a moment ago.
#[derive(Debug)]
pub struct TempPlace {
    path: PathBuf,
    _temp: Option<tempfile::TempDir>,
}

impl TempPlace {
    /// A new folder in the system's place for temporary files.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(prefix: &str) -> super::fs::Result<Self> {
        let made = tempfile::Builder::new().prefix(prefix).tempdir();
        let temp =
            made.map_err(|source| super::fs::FsError::new("make a temporary folder", Path::new(prefix), source))?;
        // The path without links, as roots are kept: a temporary folder may lie behind one.
        let path = super::real::canonical(temp.path())?;
        Ok(Self {
            path,
            _temp: Some(temp),
        })
    }

    /// A folder that stays.
    #[must_use]
    pub fn kept(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            _temp: None,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
