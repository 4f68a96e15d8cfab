//! The photo as a person counts it, and the rule that makes files into photos: the DCF object of one folder and one stem.

use super::metadata::MediaKind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What a file is to its photo.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The picture itself (or the film, or the unknown file).
    #[default]
    Original,
    /// The undeveloped picture beside a developed one, or alone.
    Raw,
    /// The film of a Live Photo.
    Motion,
    /// Text that goes with it.
    Sidecar,
    /// A small stand-in whose original is held or only in a store.
    Proxy,
}

impl Role {
    /// Every role, in the order of the catalog's numbers.
    pub const ALL: [Self; 5] = [Self::Original, Self::Raw, Self::Motion, Self::Sidecar, Self::Proxy];

    /// The catalog's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The role of the catalog's number.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }

    /// The word used in store logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Raw => "raw",
            Self::Motion => "motion",
            Self::Sidecar => "sidecar",
            Self::Proxy => "proxy",
        }
    }
}

/// One photo found in a folder: indices into the list of names that was grouped, the picture to show first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Group {
    /// `(index, role)`; the first is the file that is shown and that names the photo.
    pub files: Vec<(usize, Role)>,
}

/// Splits `name.ext` at its last dot; a name that starts with its only dot has no extension.
#[must_use]
pub fn split_name(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => (name.get(..at).unwrap_or(name), name.get(at + 1..).unwrap_or("")),
        _ => (name, ""),
    }
}

/// The kind that a file's name promises.
#[must_use]
pub fn kind_of_name(name: &str) -> MediaKind {
    MediaKind::of_extension(split_name(name).1)
}

/// Groups one folder's file names into photos: RAW beside its JPEG or HEIC, a Live Photo's film beside its picture,
/// sidecars with what they are named after. Two developed pictures of one stem stay two photos. Every name ends up in
/// exactly one group, and the result does not depend on the order of the names but for the order of groups.
#[must_use]
pub fn group(names: &[String]) -> Vec<Group> {
    let kinds: Vec<MediaKind> = names.iter().map(|name| kind_of_name(name)).collect();
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let exact: HashMap<&str, usize> = lower.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let mut stems: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, name) in lower.iter().enumerate() {
        if matches!(kinds[at], MediaKind::Picture | MediaKind::Raw | MediaKind::Video) {
            stems.entry(stem_of(name, kinds[at], &exact)).or_default().push(at);
        }
    }
    let mut groups = Vec::new();
    let mut home: HashMap<usize, usize> = HashMap::new();
    let mut lead: HashMap<&str, usize> = HashMap::new();
    for (stem, members) in &stems {
        for files in group_stem(members, &kinds, &lower) {
            let number = groups.len();
            if files.iter().any(|(_, role)| *role == Role::Raw) || !lead.contains_key(stem) {
                lead.insert(stem, number);
            }
            home.extend(files.iter().map(|(at, _)| (*at, number)));
            groups.push(Group { files });
        }
    }
    for (at, name) in lower.iter().enumerate() {
        if home.contains_key(&at) {
            continue;
        }
        let (stem, extension) = split_name(name);
        let companion = kinds[at] == MediaKind::Sidecar || extension == "json";
        let owner = companion
            .then(|| {
                let named_after = exact.get(stem).and_then(|owner| home.get(owner));
                let same_stem = (extension != "json").then(|| lead.get(stem)).flatten();
                named_after.or(same_stem).copied()
            })
            .flatten();
        match owner.and_then(|number| groups.get_mut(number)) {
            Some(group) => group.files.push((at, Role::Sidecar)),
            None => groups.push(Group {
                files: vec![(at, Role::Original)],
            }),
        }
    }
    groups
}

/// The stem that a name goes by: its own, but for films that are named after the picture whose motion they are.
fn stem_of<'n>(name: &'n str, kind: MediaKind, exact: &HashMap<&str, usize>) -> &'n str {
    let (stem, extension) = split_name(name);
    if kind != MediaKind::Video {
        return stem;
    }
    let is_there = |stem: &str, extensions: &[&str]| {
        extensions
            .iter()
            .any(|extension| exact.contains_key(format!("{stem}.{extension}").as_str()))
    };
    // Google keeps the film of `PXL_1.MP.jpg` as `PXL_1.MP`.
    if extension == "mp" && is_there(name, PAIRED) {
        return name;
    }
    // Apple gives `IMG_1.HEIC` a film `IMG_1_HEVC.MOV` where `IMG_1.MOV` was made for older machines.
    match stem.strip_suffix("_hevc") {
        Some(base) if extension == "mov" && is_there(base, PAIRED) && !is_there(base, &["mov"]) => base,
        _ => stem,
    }
}

/// Extensions of the developed pictures that cameras make.
const PAIRED: &[&str] = &["jpg", "jpeg", "heic", "heif", "hif"];

/// The photos of one stem: one pair (or triple) where the parts are unambiguous, else each file for itself.
fn group_stem(members: &[usize], kinds: &[MediaKind], lower: &[String]) -> Vec<Vec<(usize, Role)>> {
    let of = |kind: MediaKind| {
        members
            .iter()
            .copied()
            .filter(|at| kinds[*at] == kind)
            .collect::<Vec<_>>()
    };
    let extension = |at: usize| split_name(&lower[at]).1;
    let (pictures, raws, videos) = (of(MediaKind::Picture), of(MediaKind::Raw), of(MediaKind::Video));
    // Only a camera's own developed format pairs: a PNG or TIFF of the same stem is somebody's export, a photo of its own.
    let camera: Vec<usize> = pictures
        .iter()
        .copied()
        .filter(|at| PAIRED.contains(&extension(*at)))
        .collect();
    let mut photos = Vec::new();
    let mut taken: Vec<usize> = Vec::new();
    if let [picture] = camera[..] {
        let mut files = vec![(picture, Role::Original)];
        if let [raw] = raws[..] {
            files.push((raw, Role::Raw));
        }
        if let [film] = videos[..] {
            // Apple names the film of a Live Photo .MOV, Google .MP; a camera's own clip of the same number is not its motion.
            if matches!(extension(film), "mov" | "mp") {
                files.push((film, Role::Motion));
            }
        }
        taken.extend(files.iter().map(|(at, _)| *at));
        photos.push(files);
    }
    for at in members.iter().copied().filter(|at| !taken.contains(at)) {
        let role = if kinds[at] == MediaKind::Raw {
            Role::Raw
        } else {
            Role::Original
        };
        photos.push(vec![(at, role)]);
    }
    photos
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str], expect: &[&[&str]]) {
        let owned: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let groups = group(&owned);
        let mut found: Vec<Vec<&str>> = groups
            .iter()
            .map(|group| group.files.iter().map(|(at, _)| names[*at]).collect())
            .collect();
        found.sort();
        let mut expect: Vec<Vec<&str>> = expect.iter().map(|group| group.to_vec()).collect();
        expect.sort();
        assert_eq!(found, expect);
        assert_eq!(
            groups.iter().map(|group| group.files.len()).sum::<usize>(),
            names.len(),
            "every name is in one group"
        );
    }

    #[test]
    fn raw_and_jpeg_are_one_photo() {
        check(
            &["IMG_1.CR2", "IMG_1.JPG", "IMG_2.JPG"],
            &[&["IMG_1.JPG", "IMG_1.CR2"], &["IMG_2.JPG"]],
        );
    }

    #[test]
    fn live_photo_is_one_photo_but_a_cameras_clip_is_not() {
        check(&["IMG_1.HEIC", "IMG_1.MOV"], &[&["IMG_1.HEIC", "IMG_1.MOV"]]);
        check(&["P1.JPG", "P1.MP4"], &[&["P1.JPG"], &["P1.MP4"]]);
    }

    #[test]
    fn films_named_after_their_picture_are_its_motion() {
        check(
            &["IMG_1.HEIC", "IMG_1_HEVC.MOV", "IMG_2_HEVC.MOV"],
            &[&["IMG_1.HEIC", "IMG_1_HEVC.MOV"], &["IMG_2_HEVC.MOV"]],
        );
        check(
            &["IMG_1.HEIC", "IMG_1.MOV", "IMG_1_HEVC.MOV"],
            &[&["IMG_1.HEIC", "IMG_1.MOV"], &["IMG_1_HEVC.MOV"]],
        );
        check(
            &["PXL_1.MP.jpg", "PXL_1.MP", "PXL_2.jpg", "PXL_2.MP"],
            &[&["PXL_1.MP.jpg", "PXL_1.MP"], &["PXL_2.jpg", "PXL_2.MP"]],
        );
    }

    #[test]
    fn sidecars_go_with_what_they_name() {
        check(
            &[
                "a.CR2",
                "a.xmp",
                "b.jpg",
                "b.jpg.xmp",
                "c.jpg",
                "c.jpg.json",
                "lost.xmp",
                "notes.txt",
            ],
            &[
                &["a.CR2", "a.xmp"],
                &["b.jpg", "b.jpg.xmp"],
                &["c.jpg", "c.jpg.json"],
                &["lost.xmp"],
                &["notes.txt"],
            ],
        );
    }

    #[test]
    fn a_plain_sidecar_belongs_to_the_raw_of_two_photos_of_one_stem() {
        check(&["a.png", "a.CR2", "a.xmp"], &[&["a.png"], &["a.CR2", "a.xmp"]]);
    }

    #[test]
    fn exports_of_one_stem_stay_apart() {
        check(&["a.jpg", "a.png", "a.tif"], &[&["a.jpg"], &["a.png"], &["a.tif"]]);
    }

    #[test]
    fn odd_names() {
        check(
            &[".hidden", "noext", "two.dots.jpg", "two.dots.xmp"],
            &[&[".hidden"], &["noext"], &["two.dots.jpg", "two.dots.xmp"]],
        );
    }
}
