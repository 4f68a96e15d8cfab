//! The records of IPTC-IIM 4.2 that carry marks: keywords, caption and title, as JPEG (APP13), TIFF and PSD keep them.

use super::tiff::plain_text;
use crate::model::{change::normal_keyword, change::normal_text, sidecar::Stored};
use std::collections::BTreeSet;

/// Data sets that are read from one file at most.
const MAX_SETS: usize = 20_000;
/// Record 1, data set 90, of a file whose texts are UTF-8.
const UTF8: &[u8] = b"\x1B%G";

/// What IPTC says of a photo.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Iptc {
    /// Keywords (2:25) in the order of the file.
    pub keywords: Vec<String>,
    /// The object name (2:5).
    pub title: Option<String>,
    /// The caption (2:120).
    pub caption: Option<String>,
}

impl Iptc {
    /// Reads records until their end or the first that is none. Texts are UTF-8 where they say so or are; else Latin-1.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut found = Self::default();
        let mut utf8 = false;
        let mut rest = bytes;
        for _ in 0..MAX_SETS {
            // A length with its highest bit set is the length of a length: pictures in records, never marks.
            let [0x1C, record, set, high @ 0..=0x7F, low, tail @ ..] = rest else {
                break;
            };
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            let Some((value, after)) = tail.split_at_checked(len) else {
                break;
            };
            let text = || match utf8 {
                true => Some(String::from_utf8_lossy(value).trim_end_matches('\0').trim().to_owned()),
                false => plain_text(value),
            };
            match (record, set) {
                (1, 90) => utf8 = value == UTF8,
                (2, 5) => found.title = found.title.or_else(text),
                (2, 25) => found.keywords.extend(text()),
                (2, 120) => found.caption = found.caption.or_else(text),
                _ => {}
            }
            rest = after;
        }
        found
    }

    /// As marks. Urgency is left out: agencies mean by it how fast a picture has to go out, not how good it is.
    #[must_use]
    pub fn marks(&self) -> Stored {
        let keywords: BTreeSet<String> = self.keywords.iter().filter_map(|word| normal_keyword(word)).collect();
        Stored {
            keywords: (!keywords.is_empty()).then_some(keywords),
            title: self.title.as_deref().map(normal_text),
            caption: self.caption.as_deref().map(normal_text),
            ..Stored::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(record: u8, number: u8, value: &[u8]) -> Vec<u8> {
        let len = u16::try_from(value.len()).expect("short").to_be_bytes();
        [&[0x1C, record, number][..], &len, value].concat()
    }

    #[test]
    fn texts_in_their_encoding() {
        let bytes = [
            set(1, 90, UTF8),
            set(2, 25, "Zürich".as_bytes()),
            set(2, 120, b"A caption"),
        ]
        .concat();
        let iptc = Iptc::parse(&bytes);
        assert_eq!(iptc.keywords, ["Zürich"]);
        assert_eq!(iptc.marks().caption.as_deref(), Some("A caption"));
        let latin = Iptc::parse(&set(2, 5, b"Z\xFCrich"));
        assert_eq!(latin.title.as_deref(), Some("Zürich"));
    }

    #[test]
    fn what_is_cut_off_says_what_it_says_until_there() {
        let bytes = [set(2, 25, b"one"), set(2, 25, b"two")].concat();
        for len in 0..bytes.len() {
            assert!(Iptc::parse(&bytes[..len]).keywords.len() < 2, "{len}");
        }
    }
}
