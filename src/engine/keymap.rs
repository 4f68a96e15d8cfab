//! `keymap.ron`: a person's own keys, as differences to a preset. Never fatal and never wiped: a file that cannot be read
//! stays where it is, a notice says the line, and the preset is used; only when keys are changed in the window afterwards
//! is it moved aside. What an action or a key is called is not known here, so that nothing unknown is lost.

use crate::{
    model::time::Timestamp,
    sys::fs::{self, Fs, FsErrorKind},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// The file's name in the config folder.
pub const KEYMAP: &str = "keymap.ron";
/// A keymap is small.
const MAX_BYTES: u64 = 256 * 1024;

/// What the file says, and what a preset that ships with Safelight says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct KeymapFile {
    /// Which preset these are differences to: `default`, `lightroom`, `photo-mechanic`, `digikam`, `darktable`.
    pub preset: String,
    /// What people call it; only presets have one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Keys by action: all that it has, none for an empty list.
    pub keys: BTreeMap<String, Vec<String>>,
}

impl Default for KeymapFile {
    fn default() -> Self {
        Self {
            preset: "default".to_owned(),
            title: String::new(),
            keys: BTreeMap::new(),
        }
    }
}

impl KeymapFile {
    /// Reads a keymap's text.
    ///
    /// # Errors
    /// A sentence's end with the line: `line 3: expected a string`.
    pub fn parse(text: &str) -> Result<Self, String> {
        ron::from_str(text).map_err(|error| {
            let at = error.span.start;
            format!("line {}: {}", at.line, error.code)
        })
    }

    /// Reads the file; a sentence says what could not be read, and the default is used then.
    #[must_use]
    pub fn load(fs: &dyn Fs, path: &Path) -> (Self, Option<String>) {
        let bytes = match fs.read_small(path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind == FsErrorKind::NotFound => return (Self::default(), None),
            Err(error) => {
                let words = format!("Your keys could not be read, the default keys are used: {error}");
                return (Self::default(), Some(words));
            }
        };
        let read = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned());
        match read.and_then(|text| Self::parse(&text)) {
            Ok(keymap) => (keymap, None),
            Err(why) => {
                let words = format!(
                    "Your keys could not be read ({why}), the default keys are used. Mend the file and start again: {}",
                    path.display()
                );
                (Self::default(), Some(words))
            }
        }
    }

    /// Writes the file. One that could not be read is kept beside it, as `keymap.ron.broken-<time>`.
    ///
    /// # Errors
    /// The disk's; the file is then as it was.
    pub fn save(&self, fs: &dyn Fs, path: &Path, now: Timestamp) -> fs::Result<()> {
        match fs.read_small(path, MAX_BYTES) {
            Ok(bytes) if Self::parse(&String::from_utf8_lossy(&bytes)).is_ok() => {}
            Err(error) if error.kind == FsErrorKind::NotFound => {}
            Ok(_) => fs.rename_new(path, &path.with_extension(format!("ron.broken-{}", now.0)))?,
            Err(error) => return Err(error),
        }
        let pretty = ron::ser::PrettyConfig::new().depth_limit(3);
        let text = ron::ser::to_string_pretty(self, pretty).unwrap_or_else(|_| "()".to_owned());
        let text =
            format!("// Your own keys, as differences to the preset. Settings, Keys writes this file.\n{text}\n");
        fs.replace(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::real::RealFs;

    #[test]
    fn a_broken_keymap_is_neither_fatal_nor_wiped_and_the_line_is_said() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join(KEYMAP);
        assert_eq!(KeymapFile::load(&RealFs, &path), (KeymapFile::default(), None));
        let broken = "(\n    preset: \"lightroom\",\n    keys: { \"pick\": [P] },\n)";
        std::fs::write(&path, broken).expect("written");
        let (read, said) = KeymapFile::load(&RealFs, &path);
        assert_eq!(read, KeymapFile::default());
        assert!(said.as_ref().is_some_and(|text| text.contains("line 3")), "{said:?}");
        assert_eq!(std::fs::read_to_string(&path).expect("still there"), broken);

        let mut mine = KeymapFile::default();
        mine.keys.insert("pick".to_owned(), vec!["K".to_owned()]);
        mine.keys.insert("of-a-later-version".to_owned(), vec![]);
        mine.save(&RealFs, &path, Timestamp(7)).expect("saved");
        assert_eq!(KeymapFile::load(&RealFs, &path), (mine, None));
        let kept = dir.path().join("keymap.ron.broken-7");
        assert_eq!(std::fs::read_to_string(kept).expect("kept"), broken);
    }
}
