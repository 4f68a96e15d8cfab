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
