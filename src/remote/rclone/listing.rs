//! What `operations/list` answers, read as it comes: a cloud may hold a million photos.

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{fmt, io::Read, ops::ControlFlow};

/// One thing in a listing.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct Item {
    /// Below what was listed.
    #[serde(rename = "Path")]
    pub(super) path: String,
    /// Bytes; -1 where the service does not say.
    #[serde(rename = "Size", default)]
    pub(super) size: i64,
    #[serde(rename = "IsDir", default)]
    pub(super) folder: bool,
}

/// Reads a listing; false where it was stopped by who took it.
///
/// # Errors
/// It is no listing, or ended early: items given before it are true as far as they go, and not all.
pub(super) fn read(from: impl Read, each: &mut dyn FnMut(Item) -> ControlFlow<()>) -> serde_json::Result<bool> {
    let mut stopped = false;
    let mut reader = serde_json::Deserializer::from_reader(std::io::BufReader::new(from));
    let seed = Answer {
        each,
        stopped: &mut stopped,
    };
    match seed.deserialize(&mut reader) {
        Ok(()) => reader.end().map(|()| true),
        Err(_) if stopped => Ok(false),
        Err(error) => Err(error),
    }
}

struct Answer<'a> {
    each: &'a mut dyn FnMut(Item) -> ControlFlow<()>,
    stopped: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for Answer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer with a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(name) = map.next_key::<String>()? {
            if name == "list" && !found {
                found = true;
                map.next_value_seed(List {
                    each: &mut *self.each,
                    stopped: &mut *self.stopped,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if found {
            Ok(())
        } else {
            Err(serde::de::Error::missing_field("list"))
        }
    }
}

struct List<'a> {
    each: &'a mut dyn FnMut(Item) -> ControlFlow<()>,
    stopped: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    /// An empty one, as some versions write it.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<Item>()? {
            if (self.each)(item).is_break() {
                *self.stopped = true;
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// What rclone calls a file that it has not finished: the name, eight hex digits, `.partial`. A key of ours never ends so.
pub(super) fn is_unfinished(path: &str) -> bool {
    let Some(name) = path.strip_suffix(".partial") else {
        return false;
    };
    name.rsplit_once('.')
        .is_some_and(|(_, hex)| hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> serde_json::Result<Vec<Item>> {
        let mut found = Vec::new();
        read(text.as_bytes(), &mut |item| {
            found.push(item);
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    #[test]
    fn listings_are_read_as_they_come() {
        let text = "{\"x\":[1,{}],\"list\":[{\"Path\":\"a/b c%#é.jpg\",\"Name\":\"b\",\"Size\":100000,\"ModTime\":\"\",\"IsDir\":false},\
                    {\"Path\":\"d\",\"Size\":-1,\"IsDir\":true}],\"y\":null}\n";
        let found = items(text).expect("read");
        assert_eq!(
            (found[0].path.as_str(), found[0].size, found[0].folder),
            ("a/b c%#é.jpg", 100_000, false)
        );
        assert!(found[1].folder && found[1].size == -1);
        assert_eq!(items("{\"list\":[]}").expect("read"), []);
        assert_eq!(items("{\"list\":null}").expect("read"), []);
        let mut seen = 0;
        let stopped = read(text.as_bytes(), &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert_eq!((stopped.expect("stopped"), seen), (false, 1));
    }

    #[test]
    fn i12_what_was_cut_is_never_a_whole_listing() {
        let whole = "{\"list\":[{\"Path\":\"a\",\"Size\":1},{\"Path\":\"b\",\"Size\":1}]}";
        assert_eq!(items(whole).expect("read").len(), 2);
        for end in 0..whole.len() {
            assert!(items(&whole[..end]).is_err(), "cut at {end}");
        }
        for bad in [
            "{}",
            "[]",
            "null",
            "{\"error\":\"x\"}",
            "<html>",
            "{\"list\":{}}",
            "{\"list\":[{\"Size\":1}]}",
        ] {
            assert!(items(bad).is_err(), "{bad}");
        }
        assert!(items(&"{\"list\":[".repeat(100_000)).is_err(), "deep");
    }

    #[test]
    fn unfinished_files_are_known_by_their_names() {
        for (name, unfinished) in [
            ("a/IMG--0a1b.JPG.0a1b2c3d.partial", true),
            ("a/IMG.partial", false),
            ("a/IMG.0a1b2c3.partial", false),
            ("a/IMG.0a1b2c3d.partial.jpg", false),
            ("a/IMG.0a1b2c3x.partial", false),
        ] {
            assert_eq!(is_unfinished(name), unfinished, "{name}");
        }
    }
}
