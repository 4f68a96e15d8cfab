//! What a file says of itself: its format, its picture's size, and how, where and when it was taken.

use super::time::CaptureTime;
use serde::{Deserialize, Serialize};

/// The broad kind of a file, told from its name at the first look and from its content at the second.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// A developed picture: JPEG, PNG, HEIC and the like.
    Picture,
    /// A camera's undeveloped picture.
    Raw,
    /// A film.
    Video,
    /// Text that goes with a picture: XMP, AAE, THM, a Takeout JSON.
    Sidecar,
    /// Anything else that lies among the photos; kept and backed up, never shown as a picture.
    #[default]
    Other,
}

const PICTURES: &[&str] = &[
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "bmp", "dib", "tif", "tiff", "webp", "heic", "heif", "hif",
    "avif", "jxl", "psd", "psb", "ico", "qoi", "pnm", "pbm", "pgm", "ppm", "pam", "exr", "hdr", "tga", "jp2", "j2k",
    "jpf", "svg", "mpo",
];
const RAWS: &[&str] = &[
    "3fr", "ari", "arw", "bay", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "gpr", "iiq", "k25", "kdc", "mef",
    "mos", "mrw", "nef", "nrw", "orf", "ori", "pef", "ptx", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f",
];
const VIDEOS: &[&str] = &[
    "mov", "mp4", "m4v", "avi", "mkv", "webm", "mts", "m2ts", "3gp", "3g2", "mpg", "mpeg", "wmv", "lrv", "insv", "mp",
];
const SIDECARS: &[&str] = &["xmp", "aae", "thm", "pp3", "dop", "on1", "arp"];

impl MediaKind {
    /// Every kind, in the order of the catalog's numbers.
    pub const ALL: [Self; 5] = [Self::Picture, Self::Raw, Self::Video, Self::Sidecar, Self::Other];

    /// The kind that an extension (without its dot, any case) promises.
    #[must_use]
    pub fn of_extension(extension: &str) -> Self {
        let lower = extension.to_ascii_lowercase();
        let known = |list: &[&str]| list.contains(&lower.as_str());
        if known(PICTURES) {
            Self::Picture
        } else if known(RAWS) {
            Self::Raw
        } else if known(VIDEOS) {
            Self::Video
        } else if known(SIDECARS) {
            Self::Sidecar
        } else {
            Self::Other
        }
    }

    /// The word used in queries (`type:raw`) and lists.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Raw => "raw",
            Self::Video => "video",
            Self::Sidecar => "sidecar",
            Self::Other => "other",
        }
    }

    /// Whether it is shown as a photo: a picture, a RAW or a film.
    #[must_use]
    pub fn is_shown(self) -> bool {
        matches!(self, Self::Picture | Self::Raw | Self::Video)
    }

    /// The catalog's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The kind of the catalog's number; unknown numbers are other files.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }
}

/// A position on the earth, WGS 84 degrees, north and east positive; metres above the sea where known.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Gps {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above sea level.
    pub altitude: Option<f64>,
}

/// Facts read from one file. Every field may be unknown; none is ever guessed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The format found in the bytes, in its usual short name: `JPEG`, `CR3`, `MP4`.
    pub format: Option<String>,
    /// Width in pixels as displayed, after orientation.
    pub width: Option<u32>,
    /// Height in pixels as displayed, after orientation.
    pub height: Option<u32>,
    /// The EXIF orientation, 1 to 8.
    pub orientation: Option<u8>,
    /// The camera's maker.
    pub make: Option<String>,
    /// The camera's model.
    pub model: Option<String>,
    /// The lens.
    pub lens: Option<String>,
    /// Exposure time in seconds.
    pub exposure_s: Option<f64>,
    /// By how many exposure values the camera was told to expose otherwise than it measured.
    pub bias_ev: Option<f64>,
    /// The f-number.
    pub f_number: Option<f64>,
    /// ISO speed.
    pub iso: Option<u32>,
    /// Focal length in millimetres, as the lens was set.
    pub focal_mm: Option<f64>,
    /// When it was taken.
    pub taken: Option<CaptureTime>,
    /// Where it was taken.
    pub gps: Option<Gps>,
    /// Stars that the file itself carries (0 to 5).
    pub rating: Option<u8>,
    /// Keywords that the file itself carries.
    pub keywords: Vec<String>,
    /// Every mark that the file itself carries, whichever program wrote it and wherever in the file.
    pub marks: super::sidecar::Stored,
    /// What the file says it stands for, when it is a proxy of ours.
    pub proxy_of: Option<ProxyMarker>,
    /// How long a film lasts, in seconds.
    pub duration_s: Option<f64>,
    /// How a film's pictures are coded, in the usual short name: `H.264`, `HEVC`.
    pub codec: Option<String>,
    /// Apple's content identifier: the same in the picture and in the film of one Live Photo.
    pub live_id: Option<String>,
    /// A film inside a picture's file: a motion photo.
    pub motion: Option<MotionPart>,
}

/// Where the film of a motion photo lies in its picture's file, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MotionPart {
    /// Where it begins.
    pub at: u64,
    /// How long it is.
    pub len: u64,
}

impl Facts {
    /// `Canon EOS R6`: maker and model without saying the maker twice.
    #[must_use]
    pub fn camera(&self) -> Option<String> {
        let model = self.model.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let make = self.make.as_deref().map(str::trim).filter(|text| !text.is_empty());
        match (make, model) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
            (Some(make), Some(model)) => {
                let first = make.split_whitespace().next().unwrap_or(make);
                if model.to_lowercase().starts_with(&first.to_lowercase()) {
                    Some(model.to_owned())
                } else {
                    Some(format!("{make} {model}"))
                }
            }
        }
    }

    /// `1/250` or `2.5 s`.
    #[must_use]
    pub fn shutter_text(&self) -> Option<String> {
        let seconds = self.exposure_s.filter(|s| *s > 0.0 && s.is_finite())?;
        Some(if seconds >= 0.35 {
            format!("{} s", trim_zero(seconds))
        } else {
            format!("1/{:.0}", 1.0 / seconds)
        })
    }

    /// `0:14`, `12:05`, `1:02:09`: how long a film lasts, to the nearest second, and never nothing.
    #[must_use]
    pub fn duration_text(&self) -> Option<String> {
        let seconds = self.duration_s.filter(|s| *s > 0.0 && *s < 1e9)?.round().max(1.0) as u64;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        Some(if hours > 0 {
            format!("{hours}:{minutes:02}:{seconds:02}")
        } else {
            format!("{minutes}:{seconds:02}")
        })
    }

    /// `f/1.8`.
    #[must_use]
    pub fn aperture_text(&self) -> Option<String> {
        self.f_number
            .filter(|n| *n > 0.0 && n.is_finite())
            .map(|n| format!("f/{}", trim_zero(n)))
    }
}

fn trim_zero(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// What a proxy says of the original whose place it takes (safety.md, rule 7). Written into the proxy's XMP and kept as
/// an extended attribute, so that a proxy is known even when the catalog is gone (I14).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProxyMarker {
    /// The original's content.
    pub content: super::content::ContentId,
    /// The original's length in bytes.
    pub size: u64,
    /// The original's file name.
    pub name: String,
    /// The stores that held a proven copy when the proxy was made.
    pub stores: Vec<super::id::StoreId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_do_not_stutter() {
        let camera = |make: &str, model: &str| Facts {
            make: Some(make.to_owned()),
            model: Some(model.to_owned()),
            ..Facts::default()
        };
        assert_eq!(
            camera("Canon", "Canon EOS R6").camera().as_deref(),
            Some("Canon EOS R6")
        );
        assert_eq!(
            camera("NIKON CORPORATION", "NIKON D850").camera().as_deref(),
            Some("NIKON D850")
        );
        assert_eq!(
            camera("Apple", "iPhone 15").camera().as_deref(),
            Some("Apple iPhone 15")
        );
    }

    #[test]
    fn exposures_as_photographers_write_them() {
        let facts = |s: f64, f: f64| Facts {
            exposure_s: Some(s),
            f_number: Some(f),
            ..Facts::default()
        };
        assert_eq!(facts(0.004, 1.8).shutter_text().as_deref(), Some("1/250"));
        assert_eq!(facts(2.5, 8.0).shutter_text().as_deref(), Some("2.5 s"));
        assert_eq!(facts(0.004, 8.0).aperture_text().as_deref(), Some("f/8"));
    }

    #[test]
    fn durations_as_players_show_them() {
        for (seconds, text) in [
            (0.17, Some("0:01")),
            (14.4, Some("0:14")),
            (725.0, Some("12:05")),
            (3729.0, Some("1:02:09")),
            (0.0, None),
            (f64::NAN, None),
        ] {
            let facts = Facts {
                duration_s: Some(seconds),
                ..Facts::default()
            };
            assert_eq!(facts.duration_text().as_deref(), text, "{seconds}");
        }
    }

    #[test]
    fn kinds_by_extension() {
        for (extension, kind) in [
            ("JPG", MediaKind::Picture),
            ("cr3", MediaKind::Raw),
            ("MOV", MediaKind::Video),
            ("xmp", MediaKind::Sidecar),
            ("txt", MediaKind::Other),
        ] {
            assert_eq!(MediaKind::of_extension(extension), kind, "{extension}");
        }
    }
}
