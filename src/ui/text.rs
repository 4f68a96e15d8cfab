//! Numbers as people read them.

use crate::model::{
    safety::Safety,
    time::{CaptureTime, OffsetSource, Timestamp, ago},
};

/// `84,213`.
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 photo`, `412 photos`; the plural is the word with an `s`.
#[must_use]
pub fn count(value: u64, word: &str) -> String {
    if value == 1 {
        format!("1 {word}")
    } else {
        format!("{} {word}s", number(value))
    }
}

/// A day without its weekday: `14 May 2025`.
#[must_use]
pub fn day_plain(day: i64) -> String {
    let title = day_title(day);
    title.split_once(' ').map_or(title.clone(), |(_, rest)| rest.to_owned())
}

/// `135 photos`, or `135 photos and 65 other files`.
#[must_use]
pub fn photos_and_others(photos: u64, others: u64) -> String {
    match others {
        0 => count(photos, "photo"),
        _ => format!("{} and {}", count(photos, "photo"), count(others, "other file")),
    }
}

/// `24.1 MB`; decimal units, as disks are sold.
#[must_use]
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KB", "MB", "GB", "TB", "PB"];
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut amount = value as f64;
    let mut unit = 0;
    // 999.95 would round to 1000.0 of the smaller unit.
    while amount >= 999.95 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("PB");
    if unit == 0 || amount >= 99.95 {
        format!("{amount:.0} {name}")
    } else {
        format!("{amount:.1} {name}")
    }
}

/// `about 6 minutes`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..=50 => "less than a minute".to_owned(),
        51..=5_400 => count(seconds.div_ceil(60), "minute"),
        5_401..=172_800 => count(seconds.div_ceil(3600), "hour"),
        _ => count(seconds.div_ceil(86_400), "day"),
    }
}

/// How long ago, in words.
#[must_use]
pub fn since(now: Timestamp, at: Timestamp) -> String {
    ago(now.since(at))
}

/// `in 3 days`, or `now`.
#[must_use]
pub fn until(now: Timestamp, at: Timestamp) -> String {
    let ms = at.since(now);
    if ms <= 0 {
        "now".to_owned()
    } else {
        format!("in {}", duration(u64::try_from(ms).unwrap_or(0) / 1000))
    }
}

/// Months since the year 0 of a day's wall clock: days of equal number are one month's.
#[must_use]
pub fn month_number(day: i64) -> i64 {
    let date = time_of(day).date();
    date.map_or(day, |(year, month, _)| i64::from(year) * 12 + i64::from(month))
}

/// `May 2025`.
#[must_use]
pub fn month_title(day: i64) -> String {
    let title = time_of(day).day_title();
    // Without the weekday and the day.
    title.splitn(3, ' ').nth(2).map_or(title.clone(), str::to_owned)
}

/// `Wednesday 14 May 2025` of a day number.
#[must_use]
pub fn day_title(day: i64) -> String {
    time_of(day).day_title()
}

fn time_of(day: i64) -> CaptureTime {
    CaptureTime {
        wall_ms: day.saturating_mul(crate::model::time::DAY_MS),
        offset_min: None,
        source: OffsetSource::default(),
    }
}

/// How far, 0 to 1; nothing of nothing is nothing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a bar has few pixels")]
pub fn share(part: u64, whole: u64) -> f32 {
    if whole == 0 {
        0.0
    } else {
        (part as f64 / whole as f64).clamp(0.0, 1.0) as f32
    }
}

/// `98 %`, which is 100 only when nothing is missing and 0 only when there is nothing.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".to_owned();
    }
    let mut value = part.saturating_mul(100) / whole;
    if part > 0 {
        value = value.max(1);
    }
    if part < whole {
        value = value.min(99);
    }
    format!("{} %", value.min(100))
}

/// `1 needs you`, `3 need you`.
#[must_use]
pub fn needs_you(count: u64) -> String {
    if count == 1 {
        "1 needs you".to_owned()
    } else {
        format!("{} need you", number(count))
    }
}

/// What a bucket means, in one sentence.
#[must_use]
pub fn safety_hint(safety: Safety) -> &'static str {
    match safety {
        Safety::OnlyHere => "Only on this computer. No copy exists anywhere else.",
        Safety::Waiting => "In the backup queue, or being sent now.",
        Safety::Sent => "Copied, but not read back yet, or on the same disk. This is not proof.",
        Safety::MarksWait => "Read back from a store, every byte. Its newest marks wait for the next backup.",
        Safety::Safe => "Read back from a store and compared, every byte.",
        Safety::Held => "A small copy is in place. The original is still held on this disk.",
        Safety::Optimized => "A small copy is in place. The original is in a store, proven.",
        Safety::NeedsYou => "Something went wrong. Open it to see what and why.",
        Safety::Removed => "No longer in its folder here. Its copies in stores stay.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (84_213, "84,213"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(count(1, "photo"), "1 photo");
    }

    #[test]
    fn sizes_as_disks_are_sold() {
        for (value, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (24_100_000, "24.1 MB"),
            (999_960_000, "1.0 GB"),
            (310_000_000_000, "310 GB"),
        ] {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!(percent(99_999, 100_000), "99 %");
        assert_eq!(percent(1, 100_000), "1 %");
        assert_eq!(percent(5, 5), "100 %");
        assert_eq!(percent(0, 5), "0 %");
    }
}
