//! Time as photos have it: an instant for machines (`Timestamp`), a wall clock with a perhaps unknown offset for people
//! (`CaptureTime`). There is no local-time call here: the machine's time zone is never mixed into a photo's time (I15).

use jiff::{civil, tz};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Milliseconds in a second, a minute, an hour and a day.
pub const SECOND_MS: i64 = 1000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// The rules by which wall clocks are set at some place; UTC where nothing else is said. `sys::clock` knows those of this
/// machine, and gives them to whom they concern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone(tz::TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(tz::TimeZone::UTC)
    }
}

impl From<tz::TimeZone> for Zone {
    fn from(zone: tz::TimeZone) -> Self {
        Self(zone)
    }
}

impl Zone {
    /// The instant at which clocks here first show this wall time, in ms; where they skip it, the one at which they do so.
    /// The ends of all time stay what they are.
    #[must_use]
    pub fn moment(&self, wall_ms: i64) -> i64 {
        let wall = jiff::Timestamp::from_millisecond(wall_ms).map(|at| tz::TimeZone::UTC.to_datetime(at));
        let moment = wall.and_then(|wall| self.0.to_ambiguous_timestamp(wall).compatible());
        moment.map_or(wall_ms, jiff::Timestamp::as_millisecond)
    }

    /// The midnight with which the day of this instant begins here, in ms on the wall clock.
    #[must_use]
    pub fn midnight(&self, at: Timestamp) -> i64 {
        let offset = jiff::Timestamp::from_millisecond(at.0).map(|at| self.0.to_offset(at).seconds());
        let wall_ms = at.0.saturating_add(i64::from(offset.unwrap_or(0)) * SECOND_MS);
        wall_ms.div_euclid(DAY_MS).saturating_mul(DAY_MS)
    }
}

impl Timestamp {
    /// The instant as RFC 3339 in UTC, to the second.
    #[must_use]
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_second(self.0.div_euclid(SECOND_MS)) {
            Ok(at) => at.to_string(),
            Err(_) => "out of range".to_owned(),
        }
    }

    /// The instant of an RFC 3339 or ISO 8601 text; one without an offset is UTC, as GPX has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Some(Self(at.as_millisecond()));
        }
        // A day alone is no instant.
        let at: civil::DateTime = text.contains(['T', 't']).then(|| text.parse().ok())??;
        Some(Self(at.to_zoned(tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()))
    }

    /// Milliseconds from `earlier` to here; negative when the clock went back.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This many milliseconds later.
    #[must_use]
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// Where the offset of a capture time came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum OffsetSource {
    /// Nobody said: only the wall clock is known.
    #[default]
    Unknown,
    /// The file's own `OffsetTimeOriginal` or the like.
    File,
    /// GPS time beside the wall clock.
    Gps,
}

/// When a photo was taken, as its camera's clock showed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CaptureTime {
    /// The wall clock as milliseconds since 1970-01-01 00:00, as if it were UTC.
    pub wall_ms: i64,
    /// Minutes east of UTC, where known.
    pub offset_min: Option<i16>,
    /// Where the offset came from.
    pub source: OffsetSource,
}

impl CaptureTime {
    /// A capture time from its parts; `None` where they are no date (month 13, second 75).
    #[must_use]
    pub fn from_parts(date: (i16, i8, i8), time: (i8, i8, i8), millis: i32) -> Option<Self> {
        let at = civil::DateTime::new(
            date.0,
            date.1,
            date.2,
            time.0,
            time.1,
            time.2,
            millis.checked_mul(1_000_000)?,
        )
        .ok()?;
        let wall = at.to_zoned(tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
        Some(Self {
            wall_ms: wall,
            offset_min: None,
            source: OffsetSource::Unknown,
        })
    }

    /// The same with its offset.
    #[must_use]
    pub fn with_offset(self, minutes: i16, source: OffsetSource) -> Self {
        Self {
            offset_min: Some(minutes),
            source,
            ..self
        }
    }

    /// The same moved by so many seconds, later positive; the offset stays.
    #[must_use]
    pub fn shifted(self, seconds: i64) -> Self {
        Self {
            wall_ms: self.wall_ms.saturating_add(seconds.saturating_mul(SECOND_MS)),
            ..self
        }
    }

    fn civil(self) -> Option<civil::DateTime> {
        let at = jiff::Timestamp::from_millisecond(self.wall_ms).ok()?;
        Some(at.to_zoned(tz::TimeZone::UTC).datetime())
    }

    /// `(year, month, day)` on the wall clock.
    #[must_use]
    pub fn date(self) -> Option<(i16, i8, i8)> {
        self.civil().map(|at| (at.year(), at.month(), at.day()))
    }

    /// `2024-06-01 17:03:20`, the wall clock as people write it.
    #[must_use]
    pub fn text(self) -> String {
        self.civil().map_or_else(
            || "out of range".to_owned(),
            |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        )
    }

    /// `2024-06-01T17:03:20+02:00`, without the offset where it is not known.
    #[must_use]
    pub fn iso(self) -> String {
        let wall = self
            .civil()
            .map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        match self.offset_min {
            None => wall,
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                format!("{wall}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }

    /// `Wednesday 14 May 2025`: the title of a day in the grid.
    #[must_use]
    pub fn day_title(self) -> String {
        self.civil()
            .map_or_else(|| "Undated".to_owned(), |at| at.strftime("%A %-d %B %Y").to_string())
    }

    /// `14 May 2025, 16:42`.
    #[must_use]
    pub fn short_text(self) -> String {
        self.civil().map_or_else(
            || "Undated".to_owned(),
            |at| at.strftime("%-d %B %Y, %H:%M").to_string(),
        )
    }

    /// Days since 1970-01-01 on the wall clock: photos of equal number are one day's.
    #[must_use]
    pub fn day_number(self) -> i64 {
        self.wall_ms.div_euclid(DAY_MS)
    }
}

/// A stretch of time with its sign, as people type it: `+1h30m`, `-2d 4h`, `+01:30`, `-0:05:20`, `90s`; `0` and `none` are
/// no time. In seconds; `None` where it cannot be read.
#[must_use]
pub fn parse_shift(text: &str) -> Option<i64> {
    let text = text.trim();
    if text == "0" || text.eq_ignore_ascii_case("none") {
        return Some(0);
    }
    let (negative, rest) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let seconds = if rest.contains(':') {
        clock_span(rest)?
    } else {
        unit_span(rest)?
    };
    Some(if negative { -seconds } else { seconds })
}

/// Digits alone, few enough to fit whatever they are multiplied with.
fn digits(text: &str) -> Option<i64> {
    let fits = !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// `hours:minutes` or `hours:minutes:seconds`.
fn clock_span(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hours = digits(parts.next()?)?;
    let small = |text: &str| digits(text).filter(|n| *n < 60);
    let minutes = small(parts.next()?)?;
    let seconds = parts.next().map_or(Some(0), small)?;
    parts.next().is_none().then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Numbers with their units, each unit at most once and the larger first.
fn unit_span(text: &str) -> Option<i64> {
    const UNITS: [(char, i64); 5] = [('w', 7 * 86_400), ('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
    let mut units = UNITS.iter();
    let mut rest = text.trim();
    let mut seconds = 0_i64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(end);
        let letter = after.chars().next()?.to_ascii_lowercase();
        let (_, size) = units.by_ref().find(|(unit, _)| *unit == letter)?;
        seconds += digits(number)? * size;
        rest = after.get(1..)?.trim_start();
    }
    (!text.trim().is_empty()).then_some(seconds)
}

/// `+1h 30m`, `-2d`, `+45s`: what [`parse_shift`] reads.
#[must_use]
pub fn shift_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let mut rest = seconds.unsigned_abs();
    let mut parts = Vec::new();
    for (unit, size) in [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)] {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            parts.push(format!("{count}{unit}"));
        }
    }
    if parts.is_empty() {
        return "0".to_owned();
    }
    format!("{sign}{}", parts.join(" "))
}

/// A hybrid logical clock reading: orders changes of all devices, and never goes back on one of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stamp {
    /// Wall clock in ms, or the last stamp's where the wall clock went back.
    pub ms: i64,
    /// Breaks ties within one millisecond.
    pub counter: u32,
    /// Breaks ties between devices.
    pub device: String,
}

impl Stamp {
    /// The stamp after `last` at wall time `now`.
    #[must_use]
    pub fn next(last: Option<&Self>, now: Timestamp, device: &str) -> Self {
        match last {
            Some(last) if last.ms >= now.0 => Self {
                ms: last.ms,
                counter: last.counter.saturating_add(1),
                device: device.to_owned(),
            },
            _ => Self {
                ms: now.0,
                counter: 0,
                device: device.to_owned(),
            },
        }
    }

    /// Parses what `Display` wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let ms = i64::from_str_radix(parts.next()?, 16).ok()?;
        let counter = u32::from_str_radix(parts.next()?, 16).ok()?;
        Some(Self {
            ms,
            counter,
            device: parts.next()?.to_owned(),
        })
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Fixed widths, so that the text sorts as the stamp does.
        write!(f, "{:012x}-{:08x}-{}", self.ms, self.counter, self.device)
    }
}

/// `3 days ago`, `just now`: how old evidence is, in words.
#[must_use]
pub fn ago(ms: i64) -> String {
    let plural = |n: i64, unit: &str| {
        if n == 1 {
            format!("1 {unit} ago")
        } else {
            format!("{n} {unit}s ago")
        }
    };
    match ms {
        i64::MIN..0 => "in the future (the clock was changed)".to_owned(),
        0..MINUTE_MS => "just now".to_owned(),
        MINUTE_MS..HOUR_MS => plural(ms / MINUTE_MS, "minute"),
        HOUR_MS..DAY_MS => plural(ms / HOUR_MS, "hour"),
        _ => plural(ms / DAY_MS, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken() -> CaptureTime {
        CaptureTime::from_parts((2024, 6, 1), (17, 3, 20), 0).expect("a date")
    }

    #[test]
    fn i15_wall_clock_and_offset_stay_apart() {
        assert_eq!(taken().iso(), "2024-06-01T17:03:20");
        assert_eq!(
            taken().with_offset(-210, OffsetSource::File).iso(),
            "2024-06-01T17:03:20-03:30"
        );
        // `date -u -d '2024-06-01 17:03:20' +%s`
        assert_eq!(taken().wall_ms, 1_717_261_400_000);
        assert_eq!(taken().day_title(), "Saturday 1 June 2024");
    }

    #[test]
    fn shifts_as_people_type_them() {
        for (text, seconds) in [
            ("+1h30m", Some(5_400)),
            ("-2d 4h", Some(-187_200)),
            ("90s", Some(90)),
            ("+01:30", Some(5_400)),
            ("-0:05:20", Some(-320)),
            ("1w", Some(604_800)),
            ("0", Some(0)),
            ("none", Some(0)),
            ("+1H", Some(3_600)),
            ("", None),
            ("+", None),
            ("5", None),
            ("1h1h", None),
            ("5m1h", None),
            ("1:60", None),
            ("1:2:3:4", None),
            ("--1h", None),
            ("1y", None),
            ("1\u{e4}", None),
            ("99999999999s", None),
        ] {
            assert_eq!(parse_shift(text), seconds, "{text:?}");
        }
        for seconds in [0, 1, -1, 5_400, -187_200, 86_400, 4_733_510_400, 3_601] {
            assert_eq!(parse_shift(&shift_text(seconds)), Some(seconds), "{seconds}");
        }
        assert_eq!(shift_text(-5_400), "-1h 30m");
    }

    #[test]
    fn a_shift_moves_the_wall_clock_and_not_the_offset() {
        let taken = taken().with_offset(120, OffsetSource::File);
        assert_eq!(taken.shifted(-62_601).iso(), "2024-05-31T23:39:59+02:00");
        assert_eq!(taken.shifted(i64::MAX).text(), "out of range");
    }

    #[test]
    fn impossible_dates_are_none() {
        assert_eq!(CaptureTime::from_parts((2024, 13, 1), (0, 0, 0), 0), None);
        assert_eq!(CaptureTime::from_parts((0, 0, 0), (0, 0, 0), 0), None);
    }

    #[test]
    fn stamps_never_go_back() {
        let first = Stamp::next(None, Timestamp(1000), "a");
        let second = Stamp::next(Some(&first), Timestamp(400), "a");
        assert!(second > first);
        assert!(second.to_string() > first.to_string());
        assert_eq!(Stamp::parse(&second.to_string()), Some(second));
    }

    #[test]
    fn ages_in_words() {
        for (ms, text) in [(5, "just now"), (MINUTE_MS, "1 minute ago"), (3 * DAY_MS, "3 days ago")] {
            assert_eq!(ago(ms), text);
        }
    }
}
