//! Which files are the sidecars of a photo, and what a new one is called (metadata.md, 2).

use crate::{
    catalog::{photos::FileRow, sidecars::SidecarWork},
    model::{
        metadata::MediaKind,
        photo::{Role, split_name},
    },
    sys::{
        fs::{FileKind, Fs, Result, Stat},
        real::path_bytes,
    },
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a new sidecar of a lone RAW file is called. Everything else, and a RAW file beside another of the same stem, always
/// gets the whole name, since the short one would be that of two files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameStyle {
    /// `IMG_1.xmp`, as Lightroom, Bridge, Photo Mechanic and FastRawViewer read it.
    #[default]
    Adobe,
    /// `IMG_1.CR2.xmp`, as darktable and digiKam read it.
    Full,
}

impl NameStyle {
    /// The word in settings and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Adobe => "adobe",
            Self::Full => "full",
        }
    }

    /// The style of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Adobe, Self::Full].into_iter().find(|style| style.word() == word)
    }
}

/// A file that is there and is named as a sidecar of the photo is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    pub path: PathBuf,
    pub stat: Stat,
    /// `IMG.xmp`, which may be meant for another file of the stem.
    pub short: bool,
}

impl Candidate {
    pub fn name(&self) -> Vec<u8> {
        self.path
            .file_name()
            .map(|name| path_bytes(Path::new(name)))
            .unwrap_or_default()
    }
}

/// The pictures and films of a photo, the file that a sidecar is named after first: the RAW file, which has more use for it.
fn media(files: &[FileRow]) -> Vec<&FileRow> {
    let is_media = |file: &&FileRow| matches!(file.kind, MediaKind::Picture | MediaKind::Raw | MediaKind::Video);
    let mut media: Vec<&FileRow> = files
        .iter()
        .filter(|file| file.role != Role::Sidecar)
        .filter(is_media)
        .collect();
    media.sort_by_key(|file| (file.kind != MediaKind::Raw, file.role.number()));
    media
}

/// The name with an ending of its own in the place of the extension, or behind it.
fn beside(file: &FileRow, short: bool, ending: &str) -> PathBuf {
    if short {
        return file.path.with_extension(ending);
    }
    let mut name = file.name.clone();
    name.push(".");
    name.push(ending);
    file.path.with_file_name(name)
}

/// The extensions of a photo's pictures and films, in lower case.
pub(super) fn extensions(work: &SidecarWork) -> Vec<String> {
    media(&work.files)
        .iter()
        .map(|file| split_name(&file.name.to_string_lossy()).1.to_ascii_lowercase())
        .collect()
}

/// The sidecars of a photo that are there, in the order in which they count: those with whole names first. The catalog's
/// are looked for as well as the usual names, since one may have come since the last scan.
///
/// # Errors
/// The disk's: an error is not absence.
pub(super) fn candidates(fs: &dyn Fs, work: &SidecarWork) -> Result<Vec<Candidate>> {
    let media = media(&work.files);
    let Some(first) = media.first() else {
        return Ok(Vec::new());
    };
    let mut places: Vec<(PathBuf, bool)> = Vec::new();
    for file in &media {
        places.extend(["xmp", "XMP"].map(|ending| (beside(file, false, ending), false)));
    }
    let known = work
        .files
        .iter()
        .filter(|file| file.role == Role::Sidecar && file.folder == first.folder);
    for file in known {
        let name = file.name.to_string_lossy();
        let (stem, extension) = split_name(&name);
        if extension.eq_ignore_ascii_case("xmp") {
            let whole = media
                .iter()
                .any(|one| one.name.to_string_lossy().eq_ignore_ascii_case(stem));
            places.push((file.path.clone(), !whole));
        }
    }
    // Of two photos of one stem the short name is that of the RAW file.
    if !work.shares_stem || first.kind == MediaKind::Raw {
        places.extend(["xmp", "XMP"].map(|ending| (beside(first, true, ending), true)));
    }
    places.sort_by_key(|(_, short)| *short);
    let mut found: Vec<Candidate> = Vec::new();
    for (path, short) in places {
        let Some(stat) = fs.stat_opt(&path)? else { continue };
        // Where letters' case does not matter to the file system, two spellings are one file.
        let known = found
            .iter()
            .any(|one| one.path == path || (one.stat.dev, one.stat.ino) == (stat.dev, stat.ino) && stat.nlink < 2);
        if !known && stat.kind != FileKind::Dir {
            found.push(Candidate { path, stat, short });
        }
    }
    Ok(found)
}

/// What a new sidecar is called, and the extension of the file that a short name is meant for; none for what is no picture.
pub(super) fn new_name(work: &SidecarWork, style: NameStyle) -> Option<(PathBuf, Option<String>)> {
    let media = media(&work.files);
    let first = media.first()?;
    let lone = media.len() == 1 && first.kind == MediaKind::Raw && !work.shares_stem;
    if lone && style == NameStyle::Adobe {
        let extension = split_name(&first.name.to_string_lossy()).1.to_ascii_uppercase();
        return Some((beside(first, true, "xmp"), Some(extension)));
    }
    Some((beside(first, false, "xmp"), None))
}
