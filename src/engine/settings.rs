//! `settings.ron`: never fatal, never wiped. A file that cannot be read is kept beside as `.broken-<time>` and the
//! defaults are used; the roots and stores are listed in it too, so that a lost catalog can be made again.

use crate::{
    backup::policy::{Copies, PROXY_EDGES, ReleasePolicy, SendRules},
    catalog::stores::StoreConfig,
    library::sidecar::NameStyle,
    model::time::Timestamp,
    sys::fs::{Fs, FsErrorKind},
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a person can set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The rules for letting originals go.
    pub release: ReleasePolicy,
    /// The thumbnail cache's bound, in bytes.
    pub thumb_cache_bytes: u64,
    /// The most files that are sent at once; how many of them the queue finds out itself.
    pub uploads: u8,
    /// When, over which networks, how fast and in which order files are sent.
    pub sending: SendRules,
    /// Marks are written into sidecars beside the photos, for other programs; else sidecars are only read.
    pub write_sidecars: bool,
    /// What a new sidecar of a lone RAW file is called.
    pub sidecar_names: NameStyle,
    /// In sidecars a rejection takes the place of the stars, as Bridge and darktable read it.
    pub reject_as_rating: bool,
    /// This installation's identity in stores, for a rebuild.
    pub device: Option<String>,
    /// Watched trees, for a rebuild.
    pub roots: Vec<PathBuf>,
    /// Stores, for a rebuild.
    pub stores: Vec<StoreSetting>,
}

/// A store as the settings remember it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoreSetting {
    /// What the person calls it.
    pub name: String,
    /// Where it is; never a secret in it (I17).
    pub url: String,
    /// Its identity: what its keys are kept under.
    #[serde(default)]
    pub id: String,
    /// What the person chose for it; no secret either.
    #[serde(default)]
    pub config: StoreConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            release: ReleasePolicy::default(),
            thumb_cache_bytes: 4 * 1024 * 1024 * 1024,
            uploads: 8,
            sending: SendRules::default(),
            write_sidecars: true,
            sidecar_names: NameStyle::default(),
            reject_as_rating: false,
            device: None,
            roots: Vec::new(),
            stores: Vec::new(),
        }
    }
}

/// One setting and its new value. Values out of bounds are brought into them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingsChange {
    /// Bytes of thumbnails that are kept, from the next start on.
    ThumbCacheBytes(u64),
    /// What a new sidecar of a lone RAW file is called.
    SidecarNames(NameStyle),
    /// Whether a rejection takes the place of the stars in sidecars.
    RejectAsRating(bool),
    /// How many files are sent at once, 1 to 16.
    Uploads(u8),
    /// How long an original is held on this disk after its optimized copy took its place, in milliseconds.
    HoldMs(i64),
    /// Proven copies that letting an original go takes, at least 1.
    MinCopies(u8),
    /// The long edge of optimized copies, in pixels.
    ProxyEdge(u32),
}

/// What a face shows of the settings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SettingsView {
    /// As they are set.
    pub settings: Settings,
    /// Where settings and keys are.
    pub config: PathBuf,
    /// Where the catalog is.
    pub data: PathBuf,
    /// Where thumbnails are.
    pub cache: PathBuf,
    /// Bytes of thumbnails kept now.
    pub thumb_bytes: u64,
}

/// A settings file is small.
const MAX_BYTES: u64 = 1024 * 1024;
/// Fewer thumbnails than this would be made again and again.
const MIN_THUMB_BYTES: u64 = 64 * 1024 * 1024;

impl Settings {
    /// The settings after one change, within bounds.
    pub fn apply(&mut self, change: SettingsChange) {
        match change {
            SettingsChange::ThumbCacheBytes(bytes) => self.thumb_cache_bytes = bytes.max(MIN_THUMB_BYTES),
            SettingsChange::SidecarNames(names) => self.sidecar_names = names,
            SettingsChange::RejectAsRating(on) => self.reject_as_rating = on,
            SettingsChange::Uploads(count) => self.uploads = count.clamp(1, 16),
            SettingsChange::HoldMs(ms) => self.release.hold_ms = ms.max(0),
            SettingsChange::MinCopies(count) => {
                self.release.min_copies = Copies::new(count).unwrap_or_default();
            }
            SettingsChange::ProxyEdge(edge) => {
                self.release.proxy_edge = edge.clamp(*PROXY_EDGES.start(), *PROXY_EDGES.end());
            }
        }
    }

    /// Reads the settings; a warning says what could not be read, and the broken file is kept.
    #[must_use]
    pub fn load(fs: &dyn Fs, path: &Path, now: Timestamp) -> (Self, Option<String>) {
        let text = match fs.read_small(path, MAX_BYTES) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind == FsErrorKind::NotFound => return (Self::default(), None),
            Err(error) => {
                return (
                    Self::default(),
                    Some(format!("The settings could not be read, defaults are used: {error}")),
                );
            }
        };
        match ron::from_str::<Self>(&text) {
            Ok(mut settings) => {
                settings.uploads = settings.uploads.clamp(1, 16);
                settings.release.settle_ms = settings.release.settle_ms.max(0);
                settings.release.hold_ms = settings.release.hold_ms.max(0);
                (settings, None)
            }
            Err(error) => {
                let kept = path.with_extension(format!("ron.broken-{}", now.0));
                let word = match fs.rename_new(path, &kept) {
                    Ok(()) => format!("it is kept as {}", kept.display()),
                    Err(_) => "it is left as it is".to_owned(),
                };
                (
                    Self::default(),
                    Some(format!(
                        "The settings file is damaged ({error}), defaults are used; {word}"
                    )),
                )
            }
        }
    }

    /// Writes the settings.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(&self, fs: &dyn Fs, path: &Path) -> crate::sys::fs::Result<()> {
        let pretty = ron::ser::PrettyConfig::new().depth_limit(4);
        let text = ron::ser::to_string_pretty(self, pretty).unwrap_or_else(|_| "()".to_owned());
        fs.replace(
            path,
            format!("// Safelight's settings. Times are milliseconds.\n{text}\n").as_bytes(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::real::RealFs;

    #[test]
    fn changes_are_brought_into_bounds() {
        let mut settings = Settings::default();
        for change in [
            SettingsChange::Uploads(0),
            SettingsChange::MinCopies(0),
            SettingsChange::HoldMs(-5),
            SettingsChange::ProxyEdge(1),
            SettingsChange::ThumbCacheBytes(0),
        ] {
            settings.apply(change);
        }
        let release = settings.release;
        assert_eq!((settings.uploads, release.min_copies.get(), release.hold_ms), (1, 1, 0));
        assert_eq!((release.proxy_edge, settings.thumb_cache_bytes), (640, MIN_THUMB_BYTES));
    }

    #[test]
    fn broken_settings_are_kept_and_not_fatal() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("settings.ron");
        std::fs::write(&path, "(release: (min_copies: 0))").expect("written");
        let (settings, warning) = Settings::load(&RealFs, &path, Timestamp(7));
        assert_eq!(settings, Settings::default());
        assert!(
            warning.is_some_and(|text| text.contains("damaged")),
            "zero copies cannot be configured"
        );
        assert!(dir.path().join("settings.ron.broken-7").exists());
        settings.save(&RealFs, &path).expect("saved");
        assert_eq!(Settings::load(&RealFs, &path, Timestamp(8)), (settings, None));
    }
}
