//! What a file *is*: the SHA-256 of all its bytes, so that `sha256sum` can check every claim we make.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};
use std::{fmt, str::FromStr};

/// The SHA-256 of a whole file, written `sha256-<64 hex>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentId([u8; 32]);

/// A text that is no content id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a content id (sha256- and 64 hex digits): {0}")]
pub struct BadContentId(pub String);

impl ContentId {
    /// The id of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = ContentHasher::new();
        hasher.update(bytes);
        hasher.finish().0
    }

    /// The hash itself.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 lower-case hex digits, as `sha256sum` prints them.
    #[must_use]
    pub fn hex(&self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            text.push(hex_digit(byte >> 4));
            text.push(hex_digit(byte & 15));
        }
        text
    }

    /// The first 16 hex digits: what a key in a store carries.
    #[must_use]
    pub fn short(&self) -> String {
        self.hex().chars().take(16).collect()
    }

    /// The id that 64 hex digits spell, in either case.
    ///
    /// # Errors
    /// Anything else is refused.
    pub fn from_hex(hex: &str) -> Result<Self, BadContentId> {
        let bad = || BadContentId(hex.to_owned());
        let digits = hex.as_bytes();
        if digits.len() != 64 {
            return Err(bad());
        }
        let mut bytes = [0_u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let text = std::str::from_utf8(pair).map_err(|_| bad())?;
            if !pair.iter().all(u8::is_ascii_hexdigit) {
                return Err(bad());
            }
            *byte = u8::from_str_radix(text, 16).map_err(|_| bad())?;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256-{}", self.hex())
    }
}

impl fmt::Debug for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256-{}..", self.short())
    }
}

impl FromStr for ContentId {
    type Err = BadContentId;

    fn from_str(text: &str) -> Result<Self, BadContentId> {
        let hex = text
            .strip_prefix("sha256-")
            .ok_or_else(|| BadContentId(text.to_owned()))?;
        Self::from_hex(hex)
    }
}

impl Serialize for ContentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Hashes a file while it streams by, and counts its bytes.
#[derive(Clone, Default)]
pub struct ContentHasher {
    sha: Sha256,
    bytes: u64,
}

impl ContentHasher {
    /// A hasher that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
    }

    /// The id of all bytes seen, and how many they were.
    #[must_use]
    pub fn finish(self) -> (ContentId, u64) {
        (ContentId(self.sha.finalize().into()), self.bytes)
    }
}

/// A number of bytes, shown as people read it (decimal units, as disks and clouds are sold).
#[must_use]
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return if bytes == 1 {
            "1 byte".to_owned()
        } else {
            format!("{bytes} bytes")
        };
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit < UNITS.len() - 1 {
        value /= 1000.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("PB");
    if value < 10.0 && unit > 0 {
        format!("{value:.1} {name}")
    } else {
        format!("{value:.0} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_sha256sum() {
        // `printf 'abc' | sha256sum`, also the first test vector of FIPS 180-4.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(ContentId::of(b"abc").hex(), expected);
        assert_eq!(ContentId::from_hex(expected), Ok(ContentId::of(b"abc")));
        assert_eq!(format!("sha256-{expected}").parse(), Ok(ContentId::of(b"abc")));
    }

    #[test]
    fn refuses_what_is_no_hash() {
        for bad in [
            "",
            "sha256-",
            "sha256-zz",
            "md5-00",
            &format!("sha256-{}", "+1".repeat(32)),
        ] {
            assert!(bad.parse::<ContentId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn bytes_for_people() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1 KB"),
            (4_200_000, "4.2 MB"),
            (61_000_000_000, "61 GB"),
            (999_999, "1.0 MB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }
}
