//! What is written into a store, field by field. These types are the format and change only as FORMAT.md allows; the
//! rest of the house has its own. Unknown fields are kept, unknown kinds are kept, and a kind that says `"must": true`
//! stops a reader that does not know it (I10).

use super::error::{Error, Result};
use crate::model::{
    content::ContentId,
    id::{AlbumUid, DeviceId, StoreId},
    time::{CaptureTime, OffsetSource, Timestamp},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The `format` of `safelight.json`.
pub const STORE_FORMAT: &str = "safelight-store";
/// The `format` of a segment's first line.
pub const LOG_FORMAT: &str = "safelight-log";
/// The version that this program writes, and the newest that it reads.
pub const VERSION: u64 = 1;
/// The longest line of a log, in bytes.
pub const MAX_LINE: usize = 256 * 1024;
/// The most records in one segment.
pub const MAX_RECORDS: usize = 10_000;
/// The longest segment, in bytes.
pub const MAX_SEGMENT: usize = 8 * 1024 * 1024;
/// The longest `safelight.json` or `device.json`, in bytes.
pub const MAX_SMALL: usize = 64 * 1024;

/// Fields that this version does not know; they are written back as they came.
pub type Extra = Map<String, Value>;

/// `safelight.json`: what the store is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// Always `safelight-store`.
    pub format: String,
    /// The major version of the format.
    pub version: u64,
    /// Random, 32 hex digits; a store copied to another place keeps it.
    pub store_id: StoreId,
    /// `readable`; a later version knows `private`.
    pub mode: String,
    /// When it was made, RFC 3339 in UTC.
    pub created: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// `devices/<device>/device.json`: who writes there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Device {
    /// The device.
    pub device: DeviceId,
    /// What a person calls it.
    pub name: String,
    /// When it first wrote, RFC 3339 in UTC.
    pub created: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The first line of a segment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Begin {
    /// Always `safelight-log`.
    pub format: String,
    /// The major version of the format.
    pub version: u64,
    /// Whose log it is.
    pub device: DeviceId,
    /// Its number; the first is 1.
    pub segment: u32,
    /// The hash of the whole segment before it; none for the first.
    pub previous: Option<ContentId>,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The last line of a segment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct End {
    /// Always true.
    pub end: bool,
    /// How many records came before.
    pub count: usize,
    /// The hash of every byte before this line.
    pub body: ContentId,
    /// What later versions add; private stores add a `mac`.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A device has this file under this name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// What it is.
    pub content: ContentId,
    /// Its length in bytes.
    pub size: u64,
    /// Its folder: the library folder's name and the folders below it, joined by `/`; empty for none.
    pub folder: String,
    /// Its own name.
    pub name: String,
    /// The folder's bytes in hex, where they are no UTF-8 and `folder` only resembles them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder_bytes: Option<String>,
    /// The name's bytes in hex, where they are no UTF-8 and `name` only resembles them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_bytes: Option<String>,
    /// When it was taken, by the camera's clock: `2024-06-01T17:03:20.250+02:00`, the offset only where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// Where the offset came from: `file` or `gps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_source: Option<String>,
    /// The file's last change, nanoseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtime_ns: Option<i64>,
    /// What it is to its photo: `original`, `raw`, `motion`, `sidecar`.
    pub role: String,
    /// The content of the photo's first file; files of one photo have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ContentId>,
    /// Where this device had it before: it has moved from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Was>,
    /// When this was written down.
    pub stamp: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A name that a file had before, as in [`Seen`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Was {
    /// Its folder.
    pub folder: String,
    /// Its own name.
    pub name: String,
    /// The folder's bytes in hex, where they are no UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder_bytes: Option<String>,
    /// The name's bytes in hex, where they are no UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_bytes: Option<String>,
}

/// This content lies in this store and was checked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Backed {
    /// What.
    pub content: ContentId,
    /// Its length in bytes.
    pub size: u64,
    /// Where it lies.
    pub key: String,
    /// How it was checked: `read-back` or `server-hash`.
    pub method: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A mark of one value: the newest stamp counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Set {
    /// The photo's first file.
    pub content: ContentId,
    /// `rating` (0 to 5), `flag` (none, pick, reject), `label` (none, red, ..), `title`, `caption`, `shift` (seconds),
    /// `position` (latitude and longitude, or null).
    pub field: String,
    /// The value.
    pub value: Value,
    /// When it was set, on which device.
    pub stamp: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A member of a set: a keyword of a photo, an album that a photo is in. For each member the newest stamp counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The photo's first file.
    pub content: ContentId,
    /// `keywords` or `albums`.
    pub set: String,
    /// The keyword with its `/`, or the album's uid.
    pub value: String,
    /// In an album: photos are in the order of their places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
    /// When, on which device.
    pub stamp: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An album as it is now: the newest stamp counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Album {
    /// Its identity on every device.
    pub uid: AlbumUid,
    /// Its name.
    pub name: String,
    /// The query of a smart album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The album that it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<AlbumUid>,
    /// The photo that stands for it: the content of its first file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<ContentId>,
    /// It is gone; its photos are not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When, on which device.
    pub stamp: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// This device keeps only a small copy and relies on this store for the original, or no longer does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Proxy {
    /// The original.
    pub content: ContentId,
    /// The small copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ContentId>,
    /// Whether it relies on this store now.
    pub relies: bool,
    /// When, on which device.
    pub stamp: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A person asked for this content to be removed from the store; the object stays for 30 days.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Gone {
    /// What.
    pub content: ContentId,
    /// When, on which device.
    pub stamp: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A file was edited: another content took the place of an old one, which stays.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Supersedes {
    /// What was there.
    pub old: ContentId,
    /// What is there now.
    pub new: ContentId,
    /// When, on which device.
    pub stamp: String,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One line between a segment's first and last.
#[derive(Clone, PartialEq, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "most records are of the largest kind: boxes would cost more than they save"
)]
pub enum Record {
    /// `seen`.
    Seen(Seen),
    /// `backed`.
    Backed(Backed),
    /// `set`.
    Set(Set),
    /// `add`.
    Add(Member),
    /// `remove`.
    Remove(Member),
    /// `album`.
    Album(Album),
    /// `proxy`.
    Proxy(Proxy),
    /// `gone`.
    Gone(Gone),
    /// `supersedes`.
    Supersedes(Supersedes),
    /// A kind that this version does not know and may leave alone.
    Unknown(Map<String, Value>),
}

impl Record {
    /// The word that names its kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Seen(_) => "seen",
            Self::Backed(_) => "backed",
            Self::Set(_) => "set",
            Self::Add(_) => "add",
            Self::Remove(_) => "remove",
            Self::Album(_) => "album",
            Self::Proxy(_) => "proxy",
            Self::Gone(_) => "gone",
            Self::Supersedes(_) => "supersedes",
            Self::Unknown(fields) => fields.get("kind").and_then(Value::as_str).unwrap_or(""),
        }
    }

    /// Whether a reader that does not know its kind must stop: those by which another device could lose an original.
    #[must_use]
    pub fn must(&self) -> bool {
        matches!(self, Self::Proxy(_) | Self::Gone(_))
    }

    /// Its line, without the line's end: fields sorted by name.
    ///
    /// # Errors
    /// It is longer than [`MAX_LINE`].
    pub fn line(&self) -> Result<String> {
        let value = match self {
            Self::Seen(body) => serde_json::to_value(body),
            Self::Backed(body) => serde_json::to_value(body),
            Self::Set(body) => serde_json::to_value(body),
            Self::Add(body) | Self::Remove(body) => serde_json::to_value(body),
            Self::Album(body) => serde_json::to_value(body),
            Self::Proxy(body) => serde_json::to_value(body),
            Self::Gone(body) => serde_json::to_value(body),
            Self::Supersedes(body) => serde_json::to_value(body),
            Self::Unknown(fields) => Ok(Value::Object(fields.clone())),
        };
        let mut value = value.map_err(not_a_line)?;
        if let (Value::Object(fields), false) = (&mut value, matches!(self, Self::Unknown(_))) {
            fields.insert("kind".to_owned(), self.kind().into());
            if self.must() {
                fields.insert("must".to_owned(), true.into());
            }
        }
        let line = serde_json::to_string(&sorted(value)).map_err(not_a_line)?;
        if line.len() > MAX_LINE {
            return Err(Error::Record {
                what: format!("it is {} bytes long", line.len()),
            });
        }
        Ok(line)
    }

    /// The record of a line.
    ///
    /// # Errors
    /// `TooNew` for an unknown kind that must be understood, `Damaged` for anything that is no record of a known kind.
    pub fn parse(line: &str, key: &str) -> Result<Self> {
        let damaged = |what: String| Error::Damaged {
            key: key.to_owned(),
            what,
        };
        if line.len() > MAX_LINE {
            return Err(damaged("a line is too long".to_owned()));
        }
        let mut fields: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| damaged(format!("a line is no record: {error}")))?;
        let kind = fields.get("kind").and_then(Value::as_str).unwrap_or("").to_owned();
        let known = |fields: &mut Map<String, Value>| {
            fields.remove("kind");
            fields.remove("must");
            Value::Object(std::mem::take(fields))
        };
        macro_rules! body {
            ($variant:ident) => {
                serde_json::from_value(known(&mut fields))
                    .map(Self::$variant)
                    .map_err(|error| damaged(format!("a record `{kind}` is not complete: {error}")))
            };
        }
        match kind.as_str() {
            "seen" => body!(Seen),
            "backed" => body!(Backed),
            "set" => body!(Set),
            "add" => body!(Add),
            "remove" => body!(Remove),
            "album" => body!(Album),
            "proxy" => body!(Proxy),
            "gone" => body!(Gone),
            "supersedes" => body!(Supersedes),
            "" => Err(damaged("a record has no kind".to_owned())),
            _ if fields.get("must").is_some_and(|must| must != &Value::Bool(false)) => Err(Error::TooNew {
                what: format!("its log has records of the kind `{kind}`"),
            }),
            _ => Ok(Self::Unknown(fields)),
        }
    }
}

fn not_a_line(error: serde_json::Error) -> Error {
    Error::Record {
        what: error.to_string(),
    }
}

/// The same value with every object's fields in the order of their names, whatever map serde_json was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut pairs: Vec<(String, Value)> = fields.into_iter().collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        other => other,
    }
}

/// A small file's text: fields sorted, one line, a line's end.
///
/// # Errors
/// It cannot be written as JSON.
pub fn small_file(value: &impl Serialize) -> Result<Vec<u8>> {
    let value = serde_json::to_value(value).map_err(not_a_line)?;
    let mut text = serde_json::to_string(&sorted(value)).map_err(not_a_line)?;
    text.push('\n');
    Ok(text.into_bytes())
}

/// A header of a known format, its version looked at before anything else is.
///
/// # Errors
/// `TooNew` for a newer major version; `Damaged` for anything else.
pub fn parse_header<T: DeserializeOwned>(text: &str, format: &str, key: &str) -> Result<T> {
    let damaged = |what: String| Error::Damaged {
        key: key.to_owned(),
        what,
    };
    let value: Value = serde_json::from_str(text).map_err(|error| damaged(format!("it is no JSON: {error}")))?;
    if value.get("format").and_then(Value::as_str) != Some(format) {
        return Err(damaged(format!("it is no {format}")));
    }
    match value.get("version").and_then(Value::as_u64) {
        Some(version) if version > VERSION => {
            return Err(Error::TooNew {
                what: format!("version {version} of the format, this one knows {VERSION}"),
            });
        }
        Some(VERSION) => {}
        _ => return Err(damaged("it names no version".to_owned())),
    }
    serde_json::from_value(value).map_err(|error| damaged(format!("it is not complete: {error}")))
}

/// RFC 3339 in UTC, to the millisecond.
#[must_use]
pub fn time_text(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| "out of range".to_owned(), |at| at.to_string())
}

/// What [`time_text`] wrote.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(at.as_millisecond()))
}

/// A capture time as text and, where it has an offset, where that came from.
#[must_use]
pub fn taken_text(taken: CaptureTime) -> (String, Option<String>) {
    let iso = taken.iso();
    let millis = taken.wall_ms.rem_euclid(1000);
    let text = match (iso.split_at_checked(19), millis) {
        (Some((wall, offset)), 1..) => format!("{wall}.{millis:03}{offset}"),
        _ => iso,
    };
    let source = match taken.source {
        OffsetSource::Unknown => None,
        OffsetSource::File => Some("file".to_owned()),
        OffsetSource::Gps => Some("gps".to_owned()),
    };
    (text, source)
}

/// What [`taken_text`] wrote; `None` where it is no time.
#[must_use]
pub fn parse_taken(text: &str, source: Option<&str>) -> Option<CaptureTime> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let small = |range| i8::try_from(number(range)?).ok();
    let date = (i16::try_from(number(0..4)?).ok()?, small(5..7)?, small(8..10)?);
    let time = (small(11..13)?, small(14..16)?, small(17..19)?);
    let rest = text.get(19..)?;
    let (millis, offset) = match rest.strip_prefix('.') {
        Some(rest) => (rest.get(..3)?.parse::<u16>().ok()?, rest.get(3..)?),
        None => (0, rest),
    };
    let taken = CaptureTime::from_parts(date, time, i32::from(millis))?;
    if offset.is_empty() {
        return Some(taken);
    }
    let sign = match offset.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let hours: i16 = offset.get(1..3)?.parse().ok()?;
    let minutes: i16 = offset.get(4..6)?.parse().ok()?;
    let source = match source {
        Some("gps") => OffsetSource::Gps,
        Some("file") => OffsetSource::File,
        _ => OffsetSource::Unknown,
    };
    Some(taken.with_offset(sign * (hours * 60 + minutes), source))
}

/// Bytes of a name as text, and in hex where they are none.
#[must_use]
pub fn name_text(bytes: &[u8]) -> (String, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => {
            let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            (String::from_utf8_lossy(bytes).into_owned(), Some(hex))
        }
    }
}

/// The bytes that [`name_text`] was given.
#[must_use]
pub fn name_bytes(text: &str, hex: Option<&str>) -> Vec<u8> {
    let decoded = hex.and_then(|hex| {
        let digits = hex.as_bytes();
        let pairs = (digits.len() % 2 == 0).then(|| digits.chunks_exact(2))?;
        pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect::<Option<Vec<u8>>>()
    });
    decoded.unwrap_or_else(|| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> Record {
        Record::Set(Set {
            content: ContentId::of(b"abc"),
            field: "rating".to_owned(),
            value: 5.into(),
            stamp: "018f-00000000-d1".to_owned(),
            extra: Map::new(),
        })
    }

    #[test]
    fn lines_are_sorted_and_come_back() {
        let line = set().line().expect("a line");
        assert_eq!(
            line,
            r#"{"content":"sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","field":"rating","kind":"set","stamp":"018f-00000000-d1","value":5}"#
        );
        assert_eq!(Record::parse(&line, "k").expect("parsed"), set());
    }

    #[test]
    fn i10_unknown_fields_and_kinds_are_kept() {
        let mut line = set().line().expect("a line");
        line.insert_str(1, r#""author":{"b":1,"a":2},"#);
        let parsed = Record::parse(&line, "k").expect("parsed");
        assert!(parsed.line().expect("a line").contains(r#""author":{"a":2,"b":1}"#));
        let unknown = r#"{"kind":"face","must":false,"name":"Ada"}"#;
        let parsed = Record::parse(unknown, "k").expect("kept");
        assert_eq!(parsed.line().expect("a line"), unknown);
    }

    #[test]
    fn i10_an_unknown_kind_that_must_be_understood_stops_the_reader() {
        for line in [r#"{"kind":"vault","must":true}"#, r#"{"kind":"vault","must":1}"#] {
            assert!(matches!(Record::parse(line, "k"), Err(Error::TooNew { .. })), "{line}");
        }
        let gone = Record::Gone(Gone {
            content: ContentId::of(b""),
            stamp: String::new(),
            extra: Map::new(),
        });
        assert!(gone.line().expect("a line").contains(r#""must":true"#));
    }

    #[test]
    fn bad_lines_are_damage() {
        for line in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"kind":"set"}"#,
            r#"{"kind":7}"#,
            r#"{"kind":"set","#,
        ] {
            assert!(matches!(Record::parse(line, "k"), Err(Error::Damaged { .. })), "{line}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        let line = format!(r#"{{"kind":"x","a":{}}}"#, "[".repeat(100_000));
        assert!(Record::parse(&line, "k").is_err());
    }

    #[test]
    fn versions() {
        let identity = |version: &str| {
            let text = format!(
                r#"{{"format":"safelight-store","version":{version},"store_id":"x","mode":"readable","created":"y"}}"#
            );
            parse_header::<Identity>(&text, STORE_FORMAT, IDENTITY_FOR_TESTS)
        };
        assert!(identity("1").is_ok());
        assert!(matches!(identity("2"), Err(Error::TooNew { .. })));
        for bad in ["0", "-1", "1.5", "\"1\"", "null"] {
            assert!(matches!(identity(bad), Err(Error::Damaged { .. })), "{bad}");
        }
    }

    const IDENTITY_FOR_TESTS: &str = "safelight.json";

    #[test]
    fn i15_capture_times_come_back() {
        let base = CaptureTime::from_parts((2024, 6, 1), (17, 3, 20), 250).expect("a date");
        for (taken, text) in [
            (base, "2024-06-01T17:03:20.250"),
            (
                base.with_offset(-210, OffsetSource::Gps),
                "2024-06-01T17:03:20.250-03:30",
            ),
            (base.with_offset(0, OffsetSource::File), "2024-06-01T17:03:20.250+00:00"),
        ] {
            let (written, source) = taken_text(taken);
            assert_eq!(written, text);
            assert_eq!(parse_taken(&written, source.as_deref()), Some(taken));
        }
        for bad in [
            "",
            "2024",
            "2024-13-01T00:00:00",
            "2024-06-01T17:03:20.2",
            "2024-06-01T17:03:20Z",
        ] {
            assert_eq!(parse_taken(bad, None), None, "{bad}");
        }
    }

    #[test]
    fn names_of_any_bytes_come_back() {
        for name in [b"a.jpg".as_slice(), b"caf\xe9.jpg", b""] {
            let (text, hex) = name_text(name);
            assert_eq!(name_bytes(&text, hex.as_deref()), name);
        }
    }

    #[test]
    fn instants_come_back() {
        let at = Timestamp(1_717_261_400_123);
        assert_eq!(time_text(at), "2024-06-01T17:03:20.123Z");
        assert_eq!(parse_time(&time_text(at)), Some(at));
    }
}
