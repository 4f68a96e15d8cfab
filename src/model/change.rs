//! `Change`: the one kind of mutation of marks and albums (I6). The same value is the undo log, the audit and what the
//! store's log carries to other devices.

use super::{
    id::{AlbumUid, PhotoId},
    position::Position,
    rating::{ColorLabel, Flag, Rating},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A mark on one photo.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "mark", content = "value", rename_all = "kebab-case")]
pub enum Mark {
    /// Stars.
    Rating(Rating),
    /// Pick or reject.
    Flag(Flag),
    /// Colour.
    Label(ColorLabel),
    /// A keyword, hierarchical with `/`.
    AddKeyword(String),
    /// A keyword taken away.
    RemoveKeyword(String),
    /// The title; empty for none.
    Title(String),
    /// The caption; empty for none.
    Caption(String),
    /// How far the wall clock is from what the file says, in whole seconds, later positive; 0 for as the file says. It
    /// takes the place of an earlier shift, it is not added to it.
    Shift {
        /// Seconds, at most [`MAX_SHIFT_S`] either way.
        seconds: i64,
    },
    /// Where it was taken, in the place of what the file says; none gives the file's own position back.
    Position(Option<Position>),
}

/// One recorded mutation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Change {
    /// A mark on one photo.
    Mark {
        /// The photo, as this catalog numbers it.
        photo: PhotoId,
        /// What changed.
        mark: Mark,
    },
    /// A new album; with a query it is a smart one.
    AlbumCreate {
        /// Its identity on every device.
        album: AlbumUid,
        /// Its name.
        name: String,
        /// The query of a smart album.
        query: Option<String>,
    },
    /// An album goes; its photos stay.
    AlbumDelete {
        /// Its identity.
        album: AlbumUid,
    },
    /// A new name.
    AlbumRename {
        /// Its identity.
        album: AlbumUid,
        /// The new name.
        name: String,
    },
    /// A photo goes into an album.
    AlbumAdd {
        /// The album.
        album: AlbumUid,
        /// The photo.
        photo: PhotoId,
    },
    /// A photo comes to this place of an album, whether it was in it or not: photos are in the order of their places.
    AlbumPlace {
        /// The album.
        album: AlbumUid,
        /// The photo.
        photo: PhotoId,
        /// Its place; others have theirs before and behind it.
        place: i64,
    },
    /// An album goes into another, or to the top.
    AlbumMove {
        /// The album.
        album: AlbumUid,
        /// The album that it lies in from now on.
        parent: Option<AlbumUid>,
    },
    /// The photo that stands for an album; none: the first one.
    AlbumCover {
        /// The album.
        album: AlbumUid,
        /// The photo.
        photo: Option<PhotoId>,
    },
    /// A photo leaves an album.
    AlbumRemove {
        /// The album.
        album: AlbumUid,
        /// The photo.
        photo: PhotoId,
    },
    /// New photos of the album are backed up to this store by themselves; none stops that.
    AlbumBackup {
        /// The album.
        album: AlbumUid,
        /// The store's id.
        store: Option<String>,
    },
}

/// Room between the places of two photos that come into an album one after the other.
pub const PLACE_GAP: i64 = 1 << 20;
/// How deep albums may lie in each other.
pub const MAX_ALBUM_DEPTH: usize = 16;
/// The longest keyword in characters, all its levels together.
pub const MAX_KEYWORD: usize = 255;
/// The longest title or caption in bytes.
pub const MAX_TEXT: usize = 65_536;
/// The largest shift of a capture time in seconds: 150 years, more than the clock of any camera can be wrong.
pub const MAX_SHIFT_S: i64 = 150 * 366 * 86_400;

/// A keyword as it is kept: levels joined by `/`, no spaces around them, no empty level. `None` where nothing is left,
/// or where it is longer than [`MAX_KEYWORD`].
#[must_use]
pub fn normal_keyword(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let levels: Vec<&str> = clean
        .split('/')
        .map(str::trim)
        .filter(|level| !level.is_empty())
        .collect();
    let keyword = levels.join("/");
    (!keyword.is_empty() && keyword.chars().count() <= MAX_KEYWORD).then_some(keyword)
}

/// A title, caption or album name as it is kept: without spaces around it and without NULs, which end texts elsewhere.
#[must_use]
pub fn normal_text(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

/// All marks of one photo.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Stars.
    pub rating: Rating,
    /// Pick or reject.
    pub flag: Flag,
    /// Colour.
    pub label: ColorLabel,
    /// Keywords, sorted.
    pub keywords: BTreeSet<String>,
    /// The title; empty for none.
    pub title: String,
    /// The caption; empty for none.
    pub caption: String,
    /// Seconds from the capture time of the file to the person's.
    pub shift_s: i64,
    /// Where a person says it was taken.
    pub position: Option<Position>,
}

impl Marks {
    /// These marks after one more.
    pub fn apply(&mut self, mark: &Mark) {
        match mark {
            Mark::Rating(rating) => self.rating = *rating,
            Mark::Flag(flag) => self.flag = *flag,
            Mark::Label(label) => self.label = *label,
            Mark::AddKeyword(keyword) => {
                self.keywords.insert(keyword.clone());
            }
            Mark::RemoveKeyword(keyword) => {
                self.keywords.remove(keyword);
            }
            Mark::Title(title) => self.title.clone_from(title),
            Mark::Caption(caption) => self.caption.clone_from(caption),
            Mark::Shift { seconds } => self.shift_s = *seconds,
            Mark::Position(position) => self.position = *position,
        }
    }
}

/// An album as changes make it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AlbumState {
    /// Its name.
    pub name: String,
    /// The query of a smart album.
    pub query: Option<String>,
    /// The store that it is backed up to by itself.
    pub store: Option<String>,
    /// It was deleted; should it come back, its photos come with it.
    pub deleted: bool,
    /// The album that it lies in, deleted or not.
    pub parent: Option<AlbumUid>,
    /// The photo that stands for it.
    pub cover: Option<PhotoId>,
    /// The photos put into it, with their places.
    pub photos: BTreeMap<PhotoId, i64>,
}

/// Everything that changes make: marks and albums. The reference for what the catalog does with them (I6).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Annotations {
    /// Photos with any mark.
    pub marks: BTreeMap<PhotoId, Marks>,
    /// Albums, deleted ones too.
    pub albums: BTreeMap<AlbumUid, AlbumState>,
}

impl Annotations {
    /// The state after one more change. Replaying a log is this, from the empty state, in the log's order (I6).
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Mark { photo, mark } => {
                let marks = self.marks.entry(*photo).or_default();
                marks.apply(mark);
                if *marks == Marks::default() {
                    self.marks.remove(photo);
                }
            }
            Change::AlbumCreate { album, name, query } => {
                let album = self.albums.entry(album.clone()).or_default();
                album.name.clone_from(name);
                album.query.clone_from(query);
                album.deleted = false;
            }
            Change::AlbumDelete { album } => self.with(album, |album| album.deleted = true),
            Change::AlbumRename { album, name } => self.with(album, |album| album.name.clone_from(name)),
            Change::AlbumAdd { album, photo } => self.with(album, |album| {
                let last = album.photos.values().max().copied().unwrap_or(0);
                album.photos.entry(*photo).or_insert(last.saturating_add(PLACE_GAP));
            }),
            Change::AlbumPlace { album, photo, place } => self.with(album, |album| {
                album.photos.insert(*photo, *place);
            }),
            Change::AlbumMove { album, parent } => self.with(album, |album| album.parent.clone_from(parent)),
            Change::AlbumCover { album, photo } => self.with(album, |album| album.cover = *photo),
            Change::AlbumRemove { album, photo } => self.with(album, |album| {
                album.photos.remove(photo);
            }),
            Change::AlbumBackup { album, store } => self.with(album, |album| album.store.clone_from(store)),
        }
    }

    fn with(&mut self, album: &AlbumUid, change: impl FnOnce(&mut AlbumState)) {
        if let Some(album) = self.albums.get_mut(album) {
            change(album);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_have_one_form() {
        for (typed, kept) in [
            (" Places / Rome ", Some("Places/Rome")),
            ("/a//b/", Some("a/b")),
            ("bird\u{0}s\n", Some("birds")),
            (" / ", None),
            ("", None),
        ] {
            assert_eq!(normal_keyword(typed).as_deref(), kept, "{typed:?}");
        }
        assert_eq!(normal_keyword(&"x".repeat(MAX_KEYWORD + 1)), None);
    }

    #[test]
    fn i6_a_deleted_album_comes_back_with_its_photos() {
        let album = AlbumUid("a".to_owned());
        let create = Change::AlbumCreate {
            album: album.clone(),
            name: "Trip".to_owned(),
            query: None,
        };
        let mut state = Annotations::default();
        state.apply(&create);
        state.apply(&Change::AlbumAdd {
            album: album.clone(),
            photo: PhotoId(1),
        });
        let before = state.clone();
        state.apply(&Change::AlbumDelete { album });
        assert_ne!(state, before);
        state.apply(&create);
        assert_eq!(state, before);
    }
}
