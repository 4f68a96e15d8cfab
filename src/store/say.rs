//! From the words of the house to records of the log, and back: the only place where the two meet, so that either can
//! change without the other.

use super::{
    object::Checked,
    record::{
        Album, Backed, Extra, Gone, Member, Proxy, Record, Seen, Set, Supersedes, Was, name_text, taken_text, time_text,
    },
};
use crate::model::{
    change::{MAX_SHIFT_S, Mark},
    content::ContentId,
    id::AlbumUid,
    photo::Role,
    rating::{ColorLabel, Flag, Rating},
    receipt::{Method, Receipt},
    time::{CaptureTime, Stamp, Timestamp},
};
use serde_json::Value;

/// The set of a photo's keywords.
pub const KEYWORDS: &str = "keywords";
/// The set of the albums that a photo is in.
pub const ALBUMS: &str = "albums";

/// A file as this device has it.
#[derive(Clone, Copy, Debug)]
pub struct SeenFile<'a> {
    /// What it is.
    pub content: ContentId,
    /// Its length in bytes.
    pub size: u64,
    /// Its folder's bytes: the library folder's name and what is below it, joined by `/`; empty for none.
    pub folder: &'a [u8],
    /// Its own name.
    pub name: &'a [u8],
    /// When it was taken.
    pub taken: Option<CaptureTime>,
    /// Its last change, nanoseconds since 1970.
    pub mtime_ns: Option<i64>,
    /// What it is to its photo.
    pub role: Role,
    /// The content of the photo's first file.
    pub group: Option<ContentId>,
    /// Folder and name that it had before, where it has moved.
    pub was: Option<(&'a [u8], &'a [u8])>,
}

/// This device has this file.
#[must_use]
pub fn seen(file: &SeenFile<'_>, stamp: &Stamp) -> Record {
    let (folder, folder_bytes) = name_text(file.folder);
    let (name, name_bytes) = name_text(file.name);
    let (taken, offset_source) = match file.taken.map(taken_text) {
        Some((taken, source)) => (Some(taken), source),
        None => (None, None),
    };
    Record::Seen(Seen {
        content: file.content,
        size: file.size,
        folder,
        name,
        folder_bytes,
        name_bytes,
        taken,
        offset_source,
        mtime_ns: file.mtime_ns,
        role: file.role.word().to_owned(),
        group: file.group,
        was: file.was.map(|(folder, name)| {
            let (folder, folder_bytes) = name_text(folder);
            let (name, name_bytes) = name_text(name);
            Was {
                folder,
                name,
                folder_bytes,
                name_bytes,
            }
        }),
        stamp: stamp.to_string(),
        extra: Extra::new(),
    })
}

/// This content lies in this store: said only with the evidence in hand (I3, I9).
#[must_use]
pub fn backed(checked: &Checked) -> Record {
    let method = checked.method();
    backed_by(
        checked.content(),
        checked.size(),
        checked.key().as_str(),
        method,
        checked.at(),
    )
}

/// The same of a read-back that was kept as a receipt before its line could be written; `None` where it is evidence of
/// nothing.
#[must_use]
pub fn backed_before(receipt: &Receipt) -> Option<Record> {
    let (method, at) = receipt.best();
    receipt
        .proves()
        .then(|| backed_by(receipt.content, receipt.size, &receipt.key, method, at))
}

fn backed_by(content: ContentId, size: u64, key: &str, method: Method, at: Timestamp) -> Record {
    Record::Backed(Backed {
        content,
        size,
        key: key.to_owned(),
        method: method.word().to_owned(),
        at: time_text(at),
        extra: Extra::new(),
    })
}

/// A mark on the photo whose first file has this content.
#[must_use]
pub fn mark(content: ContentId, mark: &Mark, stamp: &Stamp) -> Record {
    let set = |field: &str, value: Value| {
        Record::Set(Set {
            content,
            field: field.to_owned(),
            value,
            stamp: stamp.to_string(),
            extra: Extra::new(),
        })
    };
    match mark {
        Mark::Rating(rating) => set("rating", rating.stars().into()),
        Mark::Flag(flag) => set("flag", flag.word().into()),
        Mark::Label(label) => set("label", label.word().into()),
        Mark::Title(text) => set("title", text.as_str().into()),
        Mark::Caption(text) => set("caption", text.as_str().into()),
        Mark::Shift { seconds } => set("shift", (*seconds).into()),
        Mark::Position(None) => set("position", Value::Null),
        Mark::Position(Some(at)) => set("position", serde_json::json!([at.latitude(), at.longitude()])),
        Mark::AddKeyword(word) => member(content, KEYWORDS, word, true, None, stamp),
        Mark::RemoveKeyword(word) => member(content, KEYWORDS, word, false, None, stamp),
    }
}

/// A photo is in an album at this place, or is not in it.
#[must_use]
pub fn album_member(content: ContentId, album: &AlbumUid, place: Option<i64>, stamp: &Stamp) -> Record {
    member(content, ALBUMS, album.as_str(), place.is_some(), place, stamp)
}

fn member(content: ContentId, set: &str, value: &str, present: bool, place: Option<i64>, stamp: &Stamp) -> Record {
    let member = Member {
        content,
        set: set.to_owned(),
        value: value.to_owned(),
        place,
        stamp: stamp.to_string(),
        extra: Extra::new(),
    };
    if present {
        Record::Add(member)
    } else {
        Record::Remove(member)
    }
}

/// An album as this device has it.
#[derive(Clone, Copy, Debug)]
pub struct SaidAlbum<'a> {
    /// Its name.
    pub name: &'a str,
    /// The query of a smart album.
    pub query: Option<&'a str>,
    /// The album that it lies in.
    pub parent: Option<&'a AlbumUid>,
    /// The photo that stands for it.
    pub cover: Option<ContentId>,
}

/// An album as it is now; none: it was deleted.
#[must_use]
pub fn album(uid: &AlbumUid, album: Option<&SaidAlbum<'_>>, stamp: &Stamp) -> Record {
    Record::Album(Album {
        uid: uid.clone(),
        name: album.map_or_else(String::new, |album| album.name.to_owned()),
        query: album.and_then(|album| album.query).map(ToOwned::to_owned),
        parent: album.and_then(|album| album.parent).cloned(),
        cover: album.and_then(|album| album.cover),
        deleted: album.is_none(),
        stamp: stamp.to_string(),
        extra: Extra::new(),
    })
}

/// This device keeps only a small copy of this original and relies on the store, or no longer does.
#[must_use]
pub fn relies(content: ContentId, proxy: Option<ContentId>, relies: bool, stamp: &Stamp) -> Record {
    Record::Proxy(Proxy {
        content,
        proxy,
        relies,
        stamp: stamp.to_string(),
        extra: Extra::new(),
    })
}

/// A person asked for this content to be removed from the store.
#[must_use]
pub fn gone(content: ContentId, stamp: &Stamp) -> Record {
    Record::Gone(Gone {
        content,
        stamp: stamp.to_string(),
        extra: Extra::new(),
    })
}

/// An edit: the new content took the old one's place.
#[must_use]
pub fn supersedes(old: ContentId, new: ContentId, stamp: &Stamp) -> Record {
    Record::Supersedes(Supersedes {
        old,
        new,
        stamp: stamp.to_string(),
        extra: Extra::new(),
    })
}

/// The mark that a field and a value of [`super::state::State::marks`] mean; `None` for what this version does not know.
#[must_use]
pub fn mark_of(field: &str, value: &Value) -> Option<Mark> {
    match field {
        "rating" => Rating::new(u8::try_from(value.as_u64()?).ok()?).map(Mark::Rating),
        "flag" => Flag::from_word(value.as_str()?).map(Mark::Flag),
        "label" => ColorLabel::from_word(value.as_str()?).map(Mark::Label),
        "title" => Some(Mark::Title(value.as_str()?.to_owned())),
        "caption" => Some(Mark::Caption(value.as_str()?.to_owned())),
        // A shift that no camera can need is not taken over.
        "shift" => {
            let seconds = value.as_i64()?;
            (seconds.unsigned_abs() <= MAX_SHIFT_S.unsigned_abs()).then_some(Mark::Shift { seconds })
        }
        "position" if value.is_null() => Some(Mark::Position(None)),
        "position" => serde_json::from_value(value.clone())
            .ok()
            .map(|at| Mark::Position(Some(at))),
        _ => None,
    }
}

/// The role that a word of [`super::state::Sighting::role`] means; an unknown one is a picture of its own.
#[must_use]
pub fn role_of(word: &str) -> Role {
    Role::ALL
        .into_iter()
        .find(|role| role.word() == word)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::position::Position;

    #[test]
    fn marks_come_back() {
        let stamp = Stamp {
            ms: 1,
            counter: 0,
            device: "a".to_owned(),
        };
        for said in [
            Mark::Rating(Rating::new(4).expect("four")),
            Mark::Flag(Flag::Pick),
            Mark::Label(ColorLabel::Blue),
            Mark::Title("Sea".to_owned()),
            Mark::Caption(String::new()),
            Mark::Shift { seconds: -5_400 },
            Mark::Shift { seconds: 0 },
            Mark::Position(Position::new(-33.856_814, 151.215_297_1)),
            Mark::Position(None),
        ] {
            match mark(ContentId::of(b"x"), &said, &stamp) {
                Record::Set(set) => assert_eq!(mark_of(&set.field, &set.value), Some(said)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(mark_of("rating", &6.into()), None);
        assert_eq!(mark_of("mood", &"blue".into()), None);
        for role in Role::ALL {
            assert_eq!(role_of(role.word()), role);
        }
    }
}
