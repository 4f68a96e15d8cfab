//! Where things lie in a store. Keys are chosen so that a person finds a photo by month and name, any file system takes
//! them, and two contents never want the same one.

use crate::{
    model::{content::ContentId, id::DeviceId, photo::split_name, time::CaptureTime},
    remote::api::{Key, Result},
};

/// What the store is; written last when it is made, read first ever after.
pub const IDENTITY: &str = "safelight.json";
/// For whoever finds the store without the program.
pub const README: &str = "README.txt";
/// Where originals are.
pub const ORIGINALS: &str = "originals/";
/// Where each device keeps what it knows.
pub const DEVICES: &str = "devices/";
/// The longest name in bytes; no file system in use allows more.
pub const MAX_NAME: usize = 255;
/// The longest extension that is kept as one.
const MAX_EXTENSION: usize = 16;
/// How many digits of its hash a name carries: more where a shorter one is taken by other bytes.
pub const HASH_DIGITS: [usize; 3] = [16, 32, 64];

/// The key of an original: `originals/2024/06/IMG_0001--0123456789abcdef.CR3`, or below `originals/undated/`.
///
/// `digits` is one of [`HASH_DIGITS`]. The name is the file's own as far as every file system can take it.
///
/// # Errors
/// None in practice: the parts are made to be usable.
pub fn original_key(name: &[u8], taken: Option<CaptureTime>, content: &ContentId, digits: usize) -> Result<Key> {
    let folder = match taken.and_then(CaptureTime::date) {
        Some((year @ 1..=9999, month, _)) => format!("{year:04}/{month:02}"),
        _ => "undated".to_owned(),
    };
    Key::new(format!("{ORIGINALS}{folder}/{}", original_name(name, content, digits)))
}

/// The last part of an original's key.
fn original_name(name: &[u8], content: &ContentId, digits: usize) -> String {
    let text = readable(name);
    let (stem, extension) = match split_name(&text) {
        (stem, extension) if extension.len() <= MAX_EXTENSION => (stem, extension),
        // What looks like an extension but is a sentence stays in the stem.
        _ => (text.as_str(), ""),
    };
    let mut extension = clean(extension);
    if extension.ends_with(' ') {
        // Some systems lose a trailing blank.
        extension.pop();
        extension.push('_');
    }
    if !extension.is_empty() {
        extension.insert(0, '.');
    }
    let hash: String = content.hex().chars().take(digits).collect();
    let room = MAX_NAME.saturating_sub(2 + hash.len() + extension.len());
    let stem = clean_stem(stem, room);
    format!("{stem}--{hash}{extension}")
}

/// The name as text: bytes that are no UTF-8 become `%` and two digits.
fn readable(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for piece in name.utf8_chunks() {
        text.push_str(piece.valid());
        for byte in piece.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Characters that some file system, shell or screen would take for something else become `_`.
fn clean(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect()
}

fn is_unsafe(c: char) -> bool {
    let invisible = matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}');
    c.is_control() || invisible || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

fn clean_stem(stem: &str, room: usize) -> String {
    let mut text = clean(stem);
    // A leading dot hides a file, a leading or trailing blank is lost by some systems.
    if text.starts_with(['.', ' ', '-', '~']) {
        text.replace_range(..1, "_");
    }
    if is_reserved(&text) {
        text.insert(0, '_');
    }
    if text.is_empty() {
        text.push('_');
    }
    while text.len() > room {
        text.pop();
    }
    text
}

/// Windows takes these for devices, whatever follows the first dot.
fn is_reserved(text: &str) -> bool {
    let base = text.split('.').next().unwrap_or("").trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        base.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && matches!(rest.as_bytes(), [b'1'..=b'9']))
    };
    let device = matches!(base.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    device && text.contains('.')
}

/// A device's folder, with its `/`.
#[must_use]
pub fn device_folder(device: &DeviceId) -> String {
    format!("{DEVICES}{device}/")
}

/// What a device says of itself.
///
/// # Errors
/// The device's name is no part of a key.
pub fn device_key(device: &DeviceId) -> Result<Key> {
    Key::new(format!("{}device.json", device_folder(device)))
}

/// Where a device's segments are, with its `/`.
#[must_use]
pub fn log_folder(device: &DeviceId) -> String {
    format!("{}log/", device_folder(device))
}

/// One segment of a device's log; the first is number 1.
///
/// # Errors
/// The device's name is no part of a key.
pub fn segment_key(device: &DeviceId, number: u32) -> Result<Key> {
    Key::new(format!("{}{number:08}.jsonl", log_folder(device)))
}

/// The device and the number of a segment's key; `None` for any other key.
#[must_use]
pub fn parse_segment_key(key: &str) -> Option<(DeviceId, u32)> {
    let mut parts = key.strip_prefix(DEVICES)?.split('/');
    let (device, log, name) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = name.strip_suffix(".jsonl")?;
    if parts.next().is_some() || log != "log" || digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((DeviceId(device.to_owned()), digits.parse().ok()?))
}

/// A device's checksums, for `sha256sum -c`.
///
/// # Errors
/// The device's name is no part of a key.
pub fn sums_key(device: &DeviceId) -> Result<Key> {
    Key::new(format!("{}SHA256SUMS", device_folder(device)))
}

/// A device's table of keys and original names.
///
/// # Errors
/// The device's name is no part of a key.
pub fn names_key(device: &DeviceId) -> Result<Key> {
    Key::new(format!("{}names.tsv", device_folder(device)))
}

/// A device's summary.
///
/// # Errors
/// The device's name is no part of a key.
pub fn manifest_key(device: &DeviceId) -> Result<Key> {
    Key::new(format!("{}manifest.json", device_folder(device)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(name: &[u8], expect: &str) {
        // printf abc | sha256sum
        let content = ContentId::of(b"abc");
        let taken = CaptureTime::from_parts((2024, 6, 1), (0, 0, 0), 0);
        let key = original_key(name, taken, &content, 16).expect("a key");
        assert_eq!(key.as_str(), format!("originals/2024/06/{expect}"));
    }

    #[test]
    fn names_stay_findable() {
        check(b"IMG_0001.CR3", "IMG_0001--ba7816bf8f01cfea.CR3");
        check("Äpfel am Baum.jpeg".as_bytes(), "Äpfel am Baum--ba7816bf8f01cfea.jpeg");
        check(b"a.b.c.jpg", "a.b.c--ba7816bf8f01cfea.jpg");
        check(b"noext", "noext--ba7816bf8f01cfea");
        check(b".hidden", "_hidden--ba7816bf8f01cfea");
        check(b"-rf.jpg", "_rf--ba7816bf8f01cfea.jpg");
        check(b"a\nb\tc\\d:e.jpg", "a_b_c_d_e--ba7816bf8f01cfea.jpg");
        check(b"caf\xe9.jpg", "caf%E9--ba7816bf8f01cfea.jpg");
        check(b"CON.x.jpg", "_CON.x--ba7816bf8f01cfea.jpg");
        check(b"a.jpg ", "a--ba7816bf8f01cfea.jpg_");
        check(b"", "_--ba7816bf8f01cfea");
        check("gpj.\u{202e}exe.jpg".as_bytes(), "gpj._exe--ba7816bf8f01cfea.jpg");
        check(
            b"Dear all. These are the pictures of",
            "Dear all. These are the pictures of--ba7816bf8f01cfea",
        );
    }

    #[test]
    fn undated_and_odd_years() {
        let content = ContentId::of(b"abc");
        let key = |taken| original_key(b"a.jpg", taken, &content, 16).expect("a key").to_string();
        assert_eq!(key(None), "originals/undated/a--ba7816bf8f01cfea.jpg");
        let year = |y| CaptureTime::from_parts((y, 2, 3), (0, 0, 0), 0);
        assert_eq!(key(year(33)), "originals/0033/02/a--ba7816bf8f01cfea.jpg");
        assert_eq!(key(year(-5)), "originals/undated/a--ba7816bf8f01cfea.jpg");
    }

    #[test]
    fn longer_hashes_for_taken_names() {
        let content = ContentId::of(b"abc");
        let key = original_key(b"a.jpg", None, &content, 64).expect("a key");
        assert_eq!(key.as_str(), format!("originals/undated/a--{}.jpg", content.hex()));
    }

    #[test]
    fn segments_are_recognised() {
        let device = DeviceId("0011223344556677".to_owned());
        let key = segment_key(&device, 42).expect("a key");
        assert_eq!(key.as_str(), "devices/0011223344556677/log/00000042.jsonl");
        assert_eq!(parse_segment_key(key.as_str()), Some((device, 42)));
        for other in [
            "devices/x/log/1.jsonl",
            "devices/x/log/00000001.txt",
            "devices/x/SHA256SUMS",
            "log/00000001.jsonl",
        ] {
            assert_eq!(parse_segment_key(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_name_gives_a_usable_key(name in proptest::collection::vec(any::<u8>(), 0..400), digits in 0..3_usize) {
            let content = ContentId::of(&name);
            let digits = HASH_DIGITS[digits];
            let key = original_key(&name, None, &content, digits).expect("a key");
            let last = key.as_str().rsplit('/').next().expect("a part");
            prop_assert!(last.len() <= MAX_NAME, "{last}");
            prop_assert!(!last.starts_with(['.', '-', ' ']));
            prop_assert!(!last.contains(is_unsafe));
            prop_assert!(last.contains(&content.hex()[..digits]));
        }
    }
}
