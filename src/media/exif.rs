//! EXIF fields to facts. EXIF 2.32 (CIPA DC-008) for the tags; TIFF/EP and the makers' RAW formats share them.

use super::{
    limits::Limits,
    source::Source,
    tiff::{Ifd, Tiff},
};
use crate::model::{
    metadata::Gps,
    time::{CaptureTime, OffsetSource},
};

/// What one EXIF block says.
#[derive(Clone, Debug, Default)]
pub struct ExifFacts {
    pub orientation: Option<u8>,
    pub make: Option<String>,
    pub model: Option<String>,
    pub lens: Option<String>,
    pub exposure_s: Option<f64>,
    /// Exposure compensation in exposure values.
    pub bias_ev: Option<f64>,
    pub f_number: Option<f64>,
    pub iso: Option<u32>,
    pub focal_mm: Option<f64>,
    pub taken: Option<CaptureTime>,
    pub gps: Option<Gps>,
    pub rating: Option<u8>,
    /// Microsoft's percentage beside it.
    pub rating_percent: Option<u64>,
    /// Windows' keywords, joined by `;`.
    pub xp_keywords: Option<String>,
    /// Windows' title.
    pub xp_title: Option<String>,
    /// Windows' comment.
    pub xp_comment: Option<String>,
    /// Stored size of the main picture of a TIFF.
    pub size: Option<(u32, u32)>,
    /// Size that the EXIF directory states.
    pub exif_size: Option<(u32, u32)>,
    /// An XMP packet inside the TIFF (tag 700).
    pub xmp: Option<Vec<u8>>,
    /// IPTC records inside the TIFF (tag 33723).
    pub iptc: Option<Vec<u8>>,
    /// The file was last changed when it was taken: no program has written it since the camera.
    pub unedited: bool,
    /// The interoperability index says Adobe RGB.
    pub adobe_rgb: bool,
    /// Apple's content identifier of a Live Photo.
    pub live_id: Option<String>,
}

/// Reads the TIFF structure at `base`.
pub fn read(source: &mut Source<'_>, base: u64, limits: &Limits) -> Option<ExifFacts> {
    let (mut tiff, first) = Tiff::open(source, base, limits.parts)?;
    let main = tiff.ifd(first)?;
    let mut facts = ExifFacts::default();
    take_main(&mut facts, &main);
    if let Some(entry) = main.get(700) {
        facts.xmp = tiff.load(entry);
    }
    let mut windows = |tag: u16| {
        main.get(tag)
            .and_then(|entry| tiff.load(entry))
            .and_then(|bytes| ucs2(&bytes))
    };
    facts.xp_title = windows(0x9C9B);
    facts.xp_comment = windows(0x9C9C);
    facts.xp_keywords = windows(0x9C9E);
    if let Some(entry) = main.get(33_723) {
        facts.iptc = tiff.load(entry);
    }
    for exif in tiff.linked(&main, 0x8769) {
        take_exif(&mut facts, &main, &exif);
        if let Some(note) = exif.get(0x927C).and_then(|entry| tiff.load(entry)) {
            facts.live_id = apple_live_id(&note);
        }
        for interop in tiff.linked(&exif, 0xA005) {
            facts.adobe_rgb |= interop.text(1).as_deref() == Some("R03");
        }
    }
    for gps in tiff.linked(&main, 0x8825) {
        facts.gps = read_gps(&gps);
    }
    facts.size = main_size(&main, &tiff.linked(&main, 0x014A));
    Some(facts)
}

/// Reads a TIFF structure whose main directory is an EXIF or GPS directory (Canon's CR3 keeps them apart).
pub fn read_detached(source: &mut Source<'_>, base: u64, gps: bool, facts: &mut ExifFacts) -> Option<()> {
    let (mut tiff, first) = Tiff::open(source, base, 8)?;
    let ifd = tiff.ifd(first)?;
    if gps {
        facts.gps = read_gps(&ifd);
    } else {
        take_exif(facts, &Ifd::default(), &ifd);
    }
    Some(())
}

/// The size of the full picture: the first directory, unless it calls itself a reduced one and another does not.
fn main_size(main: &Ifd, others: &[Ifd]) -> Option<(u32, u32)> {
    let size = |ifd: &Ifd| {
        let width = u32::try_from(ifd.number(0x0100)?).ok()?;
        let height = u32::try_from(ifd.number(0x0101)?).ok()?;
        (width > 0 && height > 0).then_some((width, height))
    };
    // Panasonic's RW2 has the sensor's borders instead.
    let borders = || {
        let side = |low: u16, high: u16| main.number(high)?.checked_sub(main.number(low)?);
        Some((u32::try_from(side(5, 7)?).ok()?, u32::try_from(side(4, 6)?).ok()?))
    };
    let reduced = main.number(0x00FE).is_some_and(|kind| kind & 1 == 1);
    let full = others.iter().find(|ifd| ifd.number(0x00FE) == Some(0)).and_then(size);
    match (reduced, full) {
        (true, Some(full)) => Some(full),
        _ => size(main).or(full).or_else(borders),
    }
}

fn take_main(facts: &mut ExifFacts, ifd: &Ifd) {
    facts.make = ifd.text(0x010F);
    facts.model = ifd.text(0x0110);
    facts.orientation = ifd
        .number(0x0112)
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| matches!(value, 1..=8));
    facts.rating = ifd
        .number(0x4746)
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| *value <= 5);
    facts.rating_percent = ifd.number(0x4749).filter(|value| *value <= 100);
    // TIFF/EP keeps the exposure in the main directory.
    take_exposure(facts, ifd);
}

/// No camera compensates by more.
const MAX_BIAS_EV: f64 = 10.0;

fn take_exposure(facts: &mut ExifFacts, ifd: &Ifd) {
    let positive = |tag| ifd.real(tag).filter(|value: &f64| *value > 0.0);
    facts.exposure_s = positive(0x829A).or(facts.exposure_s);
    // Some cameras write nonsense where they have none to tell.
    let bias = ifd.real(0x9204).filter(|value: &f64| value.abs() <= MAX_BIAS_EV);
    facts.bias_ev = bias.or(facts.bias_ev);
    facts.f_number = positive(0x829D).or(facts.f_number);
    facts.focal_mm = positive(0x920A).or(facts.focal_mm);
    let iso = |tag: u16| {
        ifd.number(tag)
            .and_then(|value| u32::try_from(value).ok())
            .filter(|value| *value > 0)
    };
    // 65535 means "see the longer fields".
    facts.iso = match iso(0x8827) {
        Some(65_535) => iso(0x8832).or_else(|| iso(0x8833)).or(Some(65_535)),
        found => found.or(facts.iso),
    };
}

fn take_exif(facts: &mut ExifFacts, main: &Ifd, ifd: &Ifd) {
    take_exposure(facts, ifd);
    facts.lens = ifd.text(0xA434);
    let side = |tag| ifd.number(tag).and_then(|value| u32::try_from(value).ok());
    facts.exif_size = side(0xA002).zip(side(0xA003));
    let original = ifd.text(0x9003);
    facts.taken = capture_time(ifd, 0x9003, 0x9011, 0x9291).or_else(|| capture_time(ifd, 0x9004, 0x9012, 0x9292));
    facts.unedited = original.is_some() && main.text(0x0132) == original;
}

fn capture_time(ifd: &Ifd, date: u16, offset: u16, fraction: u16) -> Option<CaptureTime> {
    let mut taken = parse_time(&ifd.text(date)?)?;
    if let Some(millis) = ifd.text(fraction).and_then(|text| fraction_ms(&text)) {
        taken.wall_ms = taken.wall_ms.div_euclid(1000) * 1000 + millis;
    }
    match ifd.text(offset).and_then(|text| parse_offset(&text)) {
        Some(minutes) => Some(taken.with_offset(minutes, OffsetSource::File)),
        None => Some(taken),
    }
}

/// The content identifier (tag 17) of Apple's maker note: a big-endian directory behind a name of fourteen bytes, whose
/// offsets count from the note's beginning.
fn apple_live_id(note: &[u8]) -> Option<String> {
    const HEAD: usize = 14;
    if !note.starts_with(b"Apple iOS\0") {
        return None;
    }
    let number = |at: usize, len: usize| -> Option<usize> {
        let bytes = note.get(at..at.checked_add(len)?)?;
        Some(bytes.iter().fold(0, |value, byte| (value << 8) | usize::from(*byte)))
    };
    let count = number(HEAD, 2)?.min(200);
    for entry in 0..count {
        let at = HEAD + 2 + entry * 12;
        if number(at, 2)? == 17 && number(at + 2, 2)? == 2 {
            let (len, from) = (number(at + 4, 4)?, number(at + 8, 4)?);
            return super::tiff::plain_text(note.get(from..from.checked_add(len.min(64))?)?);
        }
    }
    None
}

/// Windows writes its texts as UTF-16, little-endian, ended by a zero.
fn ucs2(bytes: &[u8]) -> Option<String> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs
        .iter()
        .map(|pair| u16::from_le_bytes(*pair))
        .take_while(|unit| *unit != 0);
    let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `05` after the seconds is 50 ms.
fn fraction_ms(text: &str) -> Option<i64> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(3).collect();
    let value: i64 = digits.parse().ok()?;
    Some(match digits.len() {
        1 => value * 100,
        2 => value * 10,
        _ => value,
    })
}

/// `+02:00` and the like in minutes; at most a day's quarter more than any zone has.
#[must_use]
pub fn parse_offset(text: &str) -> Option<i16> {
    let text = text.trim();
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i16 = digits.get(..2)?.parse().ok()?;
    let minutes: i16 = digits.get(2..)?.parse().ok()?;
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// The day of `2024-06-01` or of a longer time, at midnight: some properties state no more.
#[must_use]
pub fn parse_day(text: &str) -> Option<CaptureTime> {
    let day = text.trim().get(..10)?;
    parse_time(&format!("{day} 00:00:00"))
}

/// `2024:06:01 17:03:20`, also with other separators, a fraction and an offset as XMP writes them.
#[must_use]
pub fn parse_time(text: &str) -> Option<CaptureTime> {
    let text = text.trim();
    let number = |from: usize, len: usize| -> Option<i64> {
        let part = text.get(from..from + len)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let date = (
        i16::try_from(number(0, 4)?).ok()?,
        i8::try_from(number(5, 2)?).ok()?,
        i8::try_from(number(8, 2)?).ok()?,
    );
    let hour = i8::try_from(number(11, 2)?).ok()?;
    let minute = i8::try_from(number(14, 2)?).ok()?;
    let has_seconds = matches!(text.as_bytes().get(16), Some(b':'));
    let second = if has_seconds {
        i8::try_from(number(17, 2)?).ok()?
    } else {
        0
    };
    let rest = text.get(if has_seconds { 19 } else { 16 }..).unwrap_or_default();
    let (millis, zone) = match rest.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            (
                fraction_ms(fraction).unwrap_or(0),
                fraction.get(digits..).unwrap_or_default(),
            )
        }
        None => (0, rest),
    };
    let taken = CaptureTime::from_parts(date, (hour, minute, second), i32::try_from(millis).ok()?)?;
    Some(match parse_offset(zone) {
        Some(minutes) => taken.with_offset(minutes, OffsetSource::File),
        None => taken,
    })
}

fn read_gps(ifd: &Ifd) -> Option<Gps> {
    let degrees = |tag: u16, reference: u16, limit: f64| {
        let entry = ifd.get(tag)?;
        // Seconds, and even minutes, may be left out; degrees may be fractions.
        let part = |index| entry.real(index).unwrap_or(0.0);
        let value = entry.real(0)? + part(1) / 60.0 + part(2) / 3600.0;
        let negative = match ifd.text(reference)?.chars().next()? {
            'N' | 'n' | 'E' | 'e' => false,
            'S' | 's' | 'W' | 'w' => true,
            _ => return None,
        };
        (0.0..=limit)
            .contains(&value)
            .then_some(if negative { -value } else { value })
    };
    let below = ifd.number(5) == Some(1);
    Some(Gps {
        latitude: degrees(2, 1, 90.0)?,
        longitude: degrees(4, 3, 180.0)?,
        altitude: ifd.real(6).map(|metres| if below { -metres } else { metres }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_cameras_and_programs_write_them() {
        for (text, want) in [
            ("2024:06:01 17:03:20", Some("2024-06-01T17:03:20")),
            ("2024-06-01T17:03:20.5+02:00", Some("2024-06-01T17:03:20+02:00")),
            ("2024-06-01T17:03-0330", Some("2024-06-01T17:03:00-03:30")),
            ("2024:06:01 17:03:20Z", Some("2024-06-01T17:03:20+00:00")),
            ("0000:00:00 00:00:00", None),
            ("    :  :     :  :  ", None),
            ("2024:06:01", None),
            ("ü", None),
        ] {
            assert_eq!(parse_time(text).map(CaptureTime::iso).as_deref(), want, "{text}");
        }
        assert_eq!(fraction_ms("05"), Some(50));
        assert_eq!(parse_offset("+2:00"), None);
    }
}
