//! What a store knows, all devices' logs taken together: which contents lie where, under which names they were seen,
//! which marks and albums count. The result does not depend on the order in which devices are read (I6): for every
//! field and every member of a set the newest stamp counts.

use super::{
    log::{Head, Problem, Replay},
    record::{Backed, Member, Proxy, Record, Seen, name_bytes, parse_taken, parse_time},
};
use crate::{
    model::{
        content::ContentId,
        id::{AlbumUid, DeviceId},
        receipt::Method,
        time::{CaptureTime, Stamp, Timestamp},
    },
    remote::api::Key,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything a store's logs say.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct State {
    /// Every content that a log mentions.
    pub contents: BTreeMap<ContentId, Content>,
    /// Marks of one value: by content and field.
    pub marks: BTreeMap<(ContentId, String), Stamped<Value>>,
    /// Members of sets: by content, set (`keywords`, `albums`) and value; true while it is a member.
    pub members: BTreeMap<(ContentId, String, String), Stamped<bool>>,
    /// The places of photos in albums, by content and album; photos are in their order.
    pub places: BTreeMap<(ContentId, AlbumUid), Stamped<i64>>,
    /// Albums as they are now, the deleted ones too.
    pub albums: BTreeMap<AlbumUid, Stamped<AlbumState>>,
    /// Which device relies on this store for which original: true while it does.
    pub relies: BTreeMap<(ContentId, DeviceId), Stamped<bool>>,
    /// What a person asked to be removed.
    pub gone: BTreeMap<ContentId, String>,
    /// Old content to new, with the stamp.
    pub supersedes: BTreeSet<(ContentId, ContentId, String)>,
    /// The end of each device's log.
    pub heads: BTreeMap<DeviceId, Head>,
    /// Everything in the logs that is not as it should be.
    pub problems: Vec<Problem>,
    /// How many records of kinds that this version does not know were left alone.
    pub unknown: u64,
}

/// A value and when it was set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamped<T> {
    /// The value.
    pub value: T,
    /// A `Stamp` as text; its order is the stamps' order.
    pub stamp: String,
}

/// What is known of one content.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Content {
    /// Its length in bytes.
    pub size: u64,
    /// Where it was said to lie, by key. Claims, not evidence.
    pub copies: BTreeMap<String, Copy>,
    /// Under which names it was seen, newest stamp last.
    pub seen: Vec<Sighting>,
    /// Names from which devices have moved it away, and when they said so: what was seen there before that is past.
    pub left: BTreeMap<(DeviceId, Vec<u8>, Vec<u8>), String>,
}

/// One claim that a content lies in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copy {
    /// Where.
    pub key: Key,
    /// Who said so.
    pub device: DeviceId,
    /// How it was checked then.
    pub method: Method,
    /// When.
    pub at: Timestamp,
}

/// One name under which a device had it.
#[derive(Clone, PartialEq, Debug)]
pub struct Sighting {
    /// Which device.
    pub device: DeviceId,
    /// The folder's bytes: the library folder's name and what is below it, joined by `/`; empty for none.
    pub folder: Vec<u8>,
    /// The file's own name.
    pub name: Vec<u8>,
    /// When it was taken.
    pub taken: Option<CaptureTime>,
    /// The file's last change, nanoseconds since 1970.
    pub mtime_ns: Option<i64>,
    /// `original`, `raw`, `motion`, `sidecar`, or a later version's word.
    pub role: String,
    /// The content of the photo's first file.
    pub group: Option<ContentId>,
    /// When it was written down.
    pub stamp: String,
}

/// An album.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlbumState {
    /// Its name.
    pub name: String,
    /// The query of a smart album.
    pub query: Option<String>,
    /// The album that it lies in.
    pub parent: Option<AlbumUid>,
    /// The content of the photo that stands for it.
    pub cover: Option<ContentId>,
    /// It is gone.
    pub deleted: bool,
}

impl Content {
    /// A key to read it from: the one that was checked last.
    #[must_use]
    pub fn best_key(&self) -> Option<&Key> {
        let best = self.copies.values().max_by_key(|copy| (copy.method, copy.at));
        best.map(|copy| &copy.key)
    }
}

impl State {
    /// The state after these logs.
    #[must_use]
    pub fn of(replay: &Replay) -> Self {
        let mut state = Self::default();
        state.apply(replay);
        state
    }

    /// Takes more of the logs: what [`super::store::Store::read_since`] found behind this state's heads.
    pub fn apply(&mut self, replay: &Replay) {
        self.problems.extend(replay.problems.iter().cloned());
        for segment in &replay.segments {
            for (at, record) in segment.records.iter().enumerate() {
                if let Err(what) = self.record(&segment.device, record) {
                    self.problems.push(Problem {
                        key: super::layout::segment_key(&segment.device, segment.number)
                            .map_or_else(|_| segment.device.to_string(), |key| key.to_string()),
                        what: format!("record {} is not used: {what}", at.saturating_add(1)),
                    });
                }
            }
        }
        self.heads.extend(replay.heads());
    }

    /// Whether this content is said to lie here, and where.
    #[must_use]
    pub fn key_of(&self, content: &ContentId) -> Option<&Key> {
        self.contents.get(content).and_then(Content::best_key)
    }

    /// Devices that rely on this store for this original.
    pub fn relying<'a>(&'a self, content: &ContentId) -> impl Iterator<Item = &'a DeviceId> {
        let content = *content;
        self.relies
            .iter()
            .filter(move |((what, _), relies)| *what == content && relies.value)
            .map(|((_, device), _)| device)
    }

    fn record(&mut self, device: &DeviceId, record: &Record) -> Result<(), String> {
        match record {
            Record::Seen(seen) => self.seen(device, seen),
            Record::Backed(backed) => self.backed(device, backed),
            Record::Set(set) => {
                let key = (set.content, set.field.clone());
                newest(&mut self.marks, key, &set.value, &set.stamp)
            }
            Record::Add(member) => self.member(member, true),
            Record::Remove(member) => self.member(member, false),
            Record::Album(album) => {
                let value = AlbumState {
                    name: album.name.clone(),
                    query: album.query.clone(),
                    parent: album.parent.clone(),
                    cover: album.cover,
                    deleted: album.deleted,
                };
                newest(&mut self.albums, album.uid.clone(), &value, &album.stamp)
            }
            Record::Proxy(Proxy {
                content, relies, stamp, ..
            }) => newest(&mut self.relies, (*content, device.clone()), relies, stamp),
            Record::Gone(gone) => {
                good_stamp(&gone.stamp)?;
                self.gone.insert(gone.content, gone.stamp.clone());
                Ok(())
            }
            Record::Supersedes(edit) => {
                good_stamp(&edit.stamp)?;
                self.supersedes.insert((edit.old, edit.new, edit.stamp.clone()));
                Ok(())
            }
            Record::Unknown(_) => {
                self.unknown = self.unknown.saturating_add(1);
                Ok(())
            }
        }
    }

    fn seen(&mut self, device: &DeviceId, seen: &Seen) -> Result<(), String> {
        good_stamp(&seen.stamp)?;
        let sighting = Sighting {
            device: device.clone(),
            folder: name_bytes(&seen.folder, seen.folder_bytes.as_deref()),
            name: name_bytes(&seen.name, seen.name_bytes.as_deref()),
            taken: seen
                .taken
                .as_deref()
                .and_then(|text| parse_taken(text, seen.offset_source.as_deref())),
            mtime_ns: seen.mtime_ns,
            role: seen.role.clone(),
            group: seen.group,
            stamp: seen.stamp.clone(),
        };
        // A store is somebody else's word: no name of it may lead out of the folder it is restored into (S3).
        if !safe_name(&sighting.name) || !safe_folder(&sighting.folder) {
            return Err("its name or folder would lead somewhere else".to_owned());
        }
        let content = self.content(seen.content, seen.size)?;
        let same = |old: &Sighting| {
            (&old.device, &old.folder, &old.name) == (&sighting.device, &sighting.folder, &sighting.name)
        };
        if let Some(was) = &seen.was {
            let folder = name_bytes(&was.folder, was.folder_bytes.as_deref());
            let name = name_bytes(&was.name, was.name_bytes.as_deref());
            content.seen.retain(|old| {
                (&old.device, &old.folder, &old.name) != (device, &folder, &name) || old.stamp > seen.stamp
            });
            let left = content.left.entry((device.clone(), folder, name)).or_default();
            if *left < seen.stamp {
                left.clone_from(&seen.stamp);
            }
        }
        let place = (sighting.device.clone(), sighting.folder.clone(), sighting.name.clone());
        let newer = content.seen.iter().any(|old| same(old) && old.stamp > sighting.stamp);
        if newer || content.left.get(&place).is_some_and(|left| *left > sighting.stamp) {
            return Ok(());
        }
        content.seen.retain(|old| !same(old));
        content.seen.push(sighting);
        content
            .seen
            .sort_by(|a, b| (&a.stamp, &a.name).cmp(&(&b.stamp, &b.name)));
        Ok(())
    }

    fn backed(&mut self, device: &DeviceId, backed: &Backed) -> Result<(), String> {
        let key = Key::new(backed.key.clone()).map_err(|error| error.what)?;
        let copy = Copy {
            key,
            device: device.clone(),
            method: match backed.method.as_str() {
                "read-back" => Method::ReadBack,
                "server-hash" => Method::ServerHash,
                _ => Method::Claimed,
            },
            at: parse_time(&backed.at).ok_or("its time is no time")?,
        };
        let content = self.content(backed.content, backed.size)?;
        let old = content.copies.get(&backed.key);
        if old.is_none_or(|old| (old.method, old.at, &old.device) < (copy.method, copy.at, &copy.device)) {
            content.copies.insert(backed.key.clone(), copy);
        }
        Ok(())
    }

    fn member(&mut self, member: &Member, present: bool) -> Result<(), String> {
        let key = (member.content, member.set.clone(), member.value.clone());
        newest(&mut self.members, key, &present, &member.stamp)?;
        match member.place {
            Some(place) if present => {
                let key = (member.content, AlbumUid(member.value.clone()));
                newest(&mut self.places, key, &place, &member.stamp)
            }
            _ => Ok(()),
        }
    }

    fn content(&mut self, content: ContentId, size: u64) -> Result<&mut Content, String> {
        let entry = self.contents.entry(content).or_insert_with(|| Content {
            size,
            ..Content::default()
        });
        if entry.size != size {
            return Err(format!(
                "its length is {size}, another record of it says {}",
                entry.size
            ));
        }
        Ok(entry)
    }
}

/// Stamps are compared as text, so only the one way to write each is taken.
fn good_stamp(stamp: &str) -> Result<(), String> {
    match Stamp::parse(stamp) {
        Some(parsed) if parsed.to_string() == stamp => Ok(()),
        _ => Err("its stamp is no stamp".to_owned()),
    }
}

/// Keeps the value with the newest stamp. Stamps of two devices are never equal, since they end in the device.
fn newest<K: Ord, V: Clone>(map: &mut BTreeMap<K, Stamped<V>>, key: K, value: &V, stamp: &str) -> Result<(), String> {
    good_stamp(stamp)?;
    if map.get(&key).is_none_or(|old| old.stamp.as_str() < stamp) {
        let value = value.clone();
        let stamp = stamp.to_owned();
        map.insert(key, Stamped { value, stamp });
    }
    Ok(())
}

/// One part of a path that stays where it is put.
fn safe_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name != b"."
        && name != b".."
        && name.len() <= 255
        && !name.contains(&b'/')
        && !name.contains(&0)
}

/// Parts joined by `/`, or nothing at all.
fn safe_folder(folder: &[u8]) -> bool {
    folder.is_empty() || folder.len() <= 4096 && folder.split(|byte| *byte == b'/').all(safe_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        log::Segment,
        record::{Extra, Set},
    };
    use proptest::prelude::*;

    fn photo() -> ContentId {
        ContentId::of(b"photo")
    }

    fn stamp(ms: i64, device: &str) -> String {
        Stamp {
            ms,
            counter: 0,
            device: device.to_owned(),
        }
        .to_string()
    }

    fn segment(device: &str, number: u32, records: Vec<Record>) -> Segment {
        Segment {
            device: DeviceId(device.to_owned()),
            number,
            hash: ContentId::of(device.as_bytes()),
            size: 1,
            previous: None,
            records,
        }
    }

    fn state(segments: Vec<Segment>) -> State {
        State::of(&Replay {
            segments,
            problems: Vec::new(),
        })
    }

    fn set(field: &str, value: u64, stamp: String) -> Record {
        Record::Set(Set {
            content: photo(),
            field: field.to_owned(),
            value: value.into(),
            stamp,
            extra: Extra::new(),
        })
    }

    fn member(value: &str, stamp: String) -> Member {
        Member {
            content: photo(),
            set: "keywords".to_owned(),
            value: value.to_owned(),
            place: None,
            stamp,
            extra: Extra::new(),
        }
    }

    fn seen(folder: &str, name: &str) -> Seen {
        Seen {
            content: photo(),
            size: 5,
            folder: folder.to_owned(),
            name: name.to_owned(),
            folder_bytes: None,
            name_bytes: None,
            taken: None,
            offset_source: None,
            mtime_ns: None,
            role: "original".to_owned(),
            group: None,
            was: None,
            stamp: stamp(1, "a"),
            extra: Extra::new(),
        }
    }

    fn backed(key: &str, size: u64) -> Record {
        Record::Backed(Backed {
            content: photo(),
            size,
            key: key.to_owned(),
            method: "read-back".to_owned(),
            at: "2024-06-01T17:03:20.123Z".to_owned(),
            extra: Extra::new(),
        })
    }

    #[test]
    fn a_photo_that_has_moved_is_seen_at_its_new_place_only_whatever_the_order() {
        use crate::store::record::Was;
        let was = |name: &str| {
            Some(Was {
                folder: "Trip".to_owned(),
                name: name.to_owned(),
                folder_bytes: None,
                name_bytes: None,
            })
        };
        let first = seen("Trip", "a.jpg");
        let twin = seen("Twins", "a.jpg");
        let moved = Seen {
            was: was("a.jpg"),
            stamp: stamp(2, "a"),
            ..seen("Rome", "b.jpg")
        };
        let again = Seen {
            stamp: stamp(3, "a"),
            ..seen("Trip", "a.jpg")
        };
        let names = |records: Vec<Seen>| {
            let records = records.into_iter().map(Record::Seen).collect();
            let state = state(vec![segment("a", 1, records)]);
            let mut names: Vec<String> = state.contents[&photo()]
                .seen
                .iter()
                .map(|one| {
                    format!(
                        "{}/{}",
                        String::from_utf8_lossy(&one.folder),
                        String::from_utf8_lossy(&one.name)
                    )
                })
                .collect();
            names.sort();
            names
        };
        for order in [
            vec![first.clone(), twin.clone(), moved.clone()],
            vec![moved.clone(), twin.clone(), first.clone()],
        ] {
            assert_eq!(names(order), ["Rome/b.jpg", "Twins/a.jpg"]);
        }
        for order in [
            vec![first.clone(), moved.clone(), again.clone()],
            vec![again, first, moved],
        ] {
            assert_eq!(
                names(order),
                ["Rome/b.jpg", "Trip/a.jpg"],
                "a copy that came there later counts"
            );
        }
    }

    #[test]
    fn the_newest_stamp_counts_whatever_the_order() {
        let older = segment("b", 1, vec![set("rating", 5, stamp(10, "b"))]);
        let newer = segment("a", 1, vec![set("rating", 2, stamp(11, "a"))]);
        for parts in [vec![older.clone(), newer.clone()], vec![newer, older]] {
            let state = state(parts);
            assert_eq!(state.marks[&(photo(), "rating".to_owned())].value, Value::from(2));
        }
    }

    #[test]
    fn a_keyword_taken_away_later_is_away() {
        let state = state(vec![segment(
            "a",
            1,
            vec![
                Record::Remove(member("sea", stamp(20, "a"))),
                Record::Add(member("sea", stamp(10, "a"))),
                Record::Add(member("sky", stamp(10, "a"))),
            ],
        )]);
        let is = |word: &str| state.members[&(photo(), "keywords".to_owned(), word.to_owned())].value;
        assert!(!is("sea") && is("sky"));
    }

    #[test]
    fn names_that_would_lead_elsewhere_are_not_used() {
        for (folder, name) in [
            ("a/../..", "x"),
            ("/etc", "x"),
            ("a", "../x"),
            ("a", ".."),
            ("a", ""),
            ("a//b", "x"),
        ] {
            let state = state(vec![segment("a", 1, vec![Record::Seen(seen(folder, name))])]);
            assert_eq!(state.problems.len(), 1, "{folder:?} {name:?}");
            assert!(state.contents.is_empty());
        }
        for key in ["../x", "/x", "a\\b", "a/./b"] {
            let state = state(vec![segment("a", 1, vec![backed(key, 5)])]);
            assert_eq!((state.problems.len(), state.key_of(&photo())), (1, None), "{key}");
        }
    }

    #[test]
    fn copies_and_names_come_together() {
        let records = vec![
            Record::Seen(seen("Pictures", "a.jpg")),
            backed("originals/a", 5),
            backed("originals/b", 7),
        ];
        let state = state(vec![segment("a", 3, records)]);
        assert_eq!(state.key_of(&photo()).map(Key::as_str), Some("originals/a"));
        assert_eq!(state.contents[&photo()].seen[0].name, b"a.jpg");
        assert_eq!(state.problems.len(), 1, "two lengths of one content");
        assert_eq!(state.heads[&DeviceId("a".to_owned())].segment, 3);
    }

    #[test]
    fn who_relies_on_the_store() {
        let relies = |relies, at| {
            Record::Proxy(Proxy {
                content: photo(),
                proxy: None,
                relies,
                stamp: stamp(at, "a"),
                extra: Extra::new(),
            })
        };
        let now = state(vec![segment("a", 1, vec![relies(true, 1)])]);
        assert_eq!(now.relying(&photo()).map(DeviceId::as_str).collect::<Vec<_>>(), ["a"]);
        let later = state(vec![segment("a", 1, vec![relies(true, 1), relies(false, 2)])]);
        assert_eq!(later.relying(&photo()).count(), 0);
    }

    proptest! {
        #[test]
        fn i6_the_order_of_devices_changes_nothing(
            changes in proptest::collection::vec((0..3_usize, 0..3_usize, 0..5_u64, 0..4_i64), 0..30),
        ) {
            let devices = ["a", "b", "c"];
            let fields = ["rating", "flag", "label"];
            let parts: Vec<Segment> = devices.iter().enumerate().map(|(at, device)| {
                let own = changes.iter().enumerate().filter(|(_, change)| change.0 == at);
                // No device makes the same stamp twice.
                let records = own.map(|(turn, (_, field, value, ms))| {
                    let stamp = Stamp { ms: *ms, counter: turn as u32, device: (*device).to_owned() };
                    set(fields[*field], *value, stamp.to_string())
                });
                segment(device, 1, records.collect())
            }).collect();
            let forward = state(parts.clone());
            let backward = state(parts.into_iter().rev().collect());
            prop_assert_eq!(forward, backward);
        }
    }
}
