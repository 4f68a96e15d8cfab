//! A place on the earth as a person gives it: exact to a centimetre, and equal to itself wherever it is written down.

use super::metadata::Gps;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Steps in a degree.
const STEPS: f64 = 1e7;

/// A position in WGS 84 degrees, in steps of 10⁻⁷ (a centimetre at most), so that positions can be compared and come
/// back from text the same. Written as `[latitude, longitude]` in degrees.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "(f64, f64)", into = "(f64, f64)")]
pub struct Position {
    latitude_e7: i32,
    longitude_e7: i32,
}

impl Position {
    /// The position of these degrees, north and east positive; `None` where there is no such place on the earth.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        // NaN is within no bounds.
        let on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        on_earth.then(|| Self {
            latitude_e7: (latitude * STEPS).round() as i32,
            longitude_e7: (longitude * STEPS).round() as i32,
        })
    }

    /// Degrees north.
    #[must_use]
    pub fn latitude(self) -> f64 {
        f64::from(self.latitude_e7) / STEPS
    }

    /// Degrees east.
    #[must_use]
    pub fn longitude(self) -> f64 {
        f64::from(self.longitude_e7) / STEPS
    }

    /// A position as people type and paste it: two numbers in degrees with a comma or a space between them, `41.9, 12.5`;
    /// or each with its letter, `41.9N 12.5E`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (first, second) = match text.split_once(',') {
            Some(pair) => pair,
            None => text.split_once(char::is_whitespace)?,
        };
        Self::new(degrees(first, ['N', 'S'])?, degrees(second, ['E', 'W'])?)
    }
}

/// Degrees with a sign, or with the letter of their half of the earth.
fn degrees(text: &str, [plus, minus]: [char; 2]) -> Option<f64> {
    let text = text.trim().to_ascii_uppercase();
    let (number, negative) = match (text.strip_suffix(plus), text.strip_suffix(minus)) {
        (Some(number), _) => (number, false),
        (None, Some(number)) => (number, true),
        (None, None) => return plain(&text),
    };
    let number = number.trim_end().trim_end_matches('°').trim_end();
    let value = plain(number).filter(|value| !value.is_sign_negative())?;
    Some(if negative { -value } else { value })
}

/// Digits with a point and a sign; no exponent and no words, which `parse` would take.
fn plain(text: &str) -> Option<f64> {
    let text = text.trim_end_matches('°').trim_end();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let fits = !digits.is_empty() && digits.len() <= 24 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    fits.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Position {
    /// `41.90280, 12.49640`: to a metre, with the comma that maps on the web take.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.5}, {:.5}", self.latitude(), self.longitude())
    }
}

impl TryFrom<(f64, f64)> for Position {
    type Error = String;

    fn try_from((latitude, longitude): (f64, f64)) -> Result<Self, String> {
        Self::new(latitude, longitude).ok_or_else(|| format!("{latitude}, {longitude} is no place on the earth"))
    }
}

impl From<Position> for (f64, f64) {
    fn from(position: Position) -> Self {
        (position.latitude(), position.longitude())
    }
}

impl From<Position> for Gps {
    fn from(position: Position) -> Self {
        Self {
            latitude: position.latitude(),
            longitude: position.longitude(),
            altitude: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_as_people_write_them() {
        for (text, degrees) in [
            ("41.9028, 12.4964", Some((41.9028, 12.4964))),
            (" -33.8568 151.2153 ", Some((-33.8568, 151.2153))),
            ("33.8568S 151.2153E", Some((-33.8568, 151.2153))),
            ("64.1466° N, 21.9426° W", Some((64.1466, -21.9426))),
            ("+1,-0.5", Some((1.0, -0.5))),
            ("91,0", None),
            ("0,180.1", None),
            ("-1N,0", None),
            ("nan,0", None),
            ("1e1,0", None),
            ("1", None),
            ("1,2,3", None),
            ("", None),
        ] {
            let position = Position::parse(text);
            let expected = degrees.map(|(latitude, longitude)| Position::new(latitude, longitude).expect("on earth"));
            assert_eq!(position, expected, "{text:?}");
        }
    }

    #[test]
    fn a_position_survives_its_text() {
        for n in 0..1_000_i32 {
            let position = Position {
                latitude_e7: n * 899_999 - 450_000_000,
                longitude_e7: n * 1_799_999 - 900_000_001,
            };
            let text = serde_json::to_string(&position).expect("text");
            assert_eq!(
                serde_json::from_str::<Position>(&text).expect("a position"),
                position,
                "{text}"
            );
            let (latitude, longitude) = position.into();
            assert_eq!(Position::new(latitude, longitude), Some(position));
        }
        assert!(serde_json::from_str::<Position>("[90.5, 0]").is_err());
    }
}
