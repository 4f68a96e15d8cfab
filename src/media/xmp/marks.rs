//! The marks in a packet, from whichever program's properties, by the precedence of metadata.md.

use super::{
    edit::clean_text,
    keywords, labels,
    names::{
        ACDSEE, BASIC, DARKTABLE, DC, DIGIKAM, DYNAMIC, EXIF, MICROSOFT, PHOTOMECHANIC, PHOTOSHOP, SAFELIGHT, TIFF,
    },
    packet::Xmp,
    prefs,
};
use crate::{
    media::{exif, limits::Limits},
    model::{
        change::{MAX_TEXT, normal_text},
        rating::{ColorLabel, Flag, Rating},
        sidecar::Stored,
        time::CaptureTime,
    },
};

/// Stars of Microsoft's percentages (0, 1, 25, 50, 75, 99), which EXIF's `RatingPercent` shares.
#[must_use]
pub fn stars_of_percent(percent: u64) -> u8 {
    match percent {
        0 => 0,
        1..=12 => 1,
        13..=37 => 2,
        38..=62 => 3,
        63..=87 => 4,
        _ => 5,
    }
}

/// Microsoft's percentage of so many stars.
pub(super) fn percent(rating: Rating) -> &'static str {
    match rating.stars() {
        0 => "0",
        1 => "1",
        2 => "25",
        3 => "50",
        4 => "75",
        _ => "99",
    }
}

fn stars(text: &str) -> Option<Rating> {
    let value: f64 = text.trim().parse().ok()?;
    (0.0..=5.0)
        .contains(&value)
        .then(|| Rating::new(value.round() as u8))
        .flatten()
}

impl Xmp {
    /// Whether the place of the stars says "rejected", as Bridge and darktable write it.
    pub(super) fn rejects(&self) -> bool {
        let value = self.one(BASIC, "Rating").and_then(|text| text.parse::<f64>().ok());
        value.is_some_and(|value| value < 0.0)
    }

    fn stored_rating(&self) -> Option<Rating> {
        if self.rejects() {
            return self.one(SAFELIGHT, "rating").and_then(|text| stars(&text));
        }
        let percent = |text: String| Rating::new(stars_of_percent(text.trim().parse().ok()?));
        let of = |space: &str, local: &str| self.one(space, local).and_then(|text| stars(&text));
        of(BASIC, "Rating")
            .or_else(|| of(ACDSEE, "rating"))
            .or_else(|| self.one(MICROSOFT, "Rating").and_then(percent))
            .or_else(|| self.photomechanic("Rating").and_then(|text| stars(&text)))
    }

    /// A value of `photomechanic:Prefs`.
    fn photomechanic(&self, name: &str) -> Option<String> {
        prefs::value(&self.one(PHOTOMECHANIC, "Prefs")?, name)
    }

    fn stored_flag(&self) -> Option<Flag> {
        let digikam = self.one(DIGIKAM, "PickLabel").and_then(|text| match text.as_str() {
            "0" | "2" => Some(Flag::None),
            "1" => Some(Flag::Reject),
            "3" => Some(Flag::Pick),
            _ => None,
        });
        let adobe = self.one(DYNAMIC, "pick").and_then(|text| match text.as_str() {
            "-1" => Some(Flag::Reject),
            "0" => Some(Flag::None),
            "1" => Some(Flag::Pick),
            _ => None,
        });
        let rating = self.rejects().then_some(Flag::Reject);
        let tagged = self
            .one(PHOTOMECHANIC, "Tagged")
            .or_else(|| self.photomechanic("Tagged"));
        let tagged = tagged.and_then(|text| match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Flag::Pick),
            "false" | "0" => Some(Flag::None),
            _ => None,
        });
        decided([digikam, adobe, rating, tagged], Flag::None)
    }

    fn stored_label(&self) -> Option<ColorLabel> {
        let text = self
            .items(BASIC, "Label")
            .next()
            .and_then(|item| labels::of_word(&item.text));
        let digikam = self
            .one(DIGIKAM, "ColorLabel")
            .and_then(|text| labels::of_digikam(&text));
        let adobe = self
            .one(PHOTOSHOP, "LabelColor")
            .and_then(|text| labels::of_word(&text));
        let darktable = self.has(DARKTABLE, "colorlabels").then(|| {
            let first = self.list(DARKTABLE, "colorlabels").into_iter().next();
            first.and_then(|text| labels::of_darktable(&text)).unwrap_or_default()
        });
        let class = self
            .one(PHOTOMECHANIC, "ColorClass")
            .or_else(|| self.photomechanic("ColorClass"));
        let class = class.and_then(|text| labels::of_photomechanic(&text));
        decided([text, digikam, adobe, darktable, class], ColorLabel::None)
    }

    /// The default of a text in languages, or a plain one.
    pub(super) fn text_in_languages(&self, space: &str, local: &str) -> Option<String> {
        let default = self
            .items(space, local)
            .find(|item| item.language.as_deref() == Some("x-default"));
        let item = default.or_else(|| self.items(space, local).find(|item| !item.text.trim().is_empty()));
        let text = item.map(|item| bounded(normal_text(&clean_text(&item.text))));
        // A property that is there, and empty, says "none".
        text.or_else(|| self.has(space, local).then(String::new))
    }

    /// When it was taken, to the minute at least. When it was digitised or changed is something else.
    fn stored_time(&self) -> Option<CaptureTime> {
        [(EXIF, "DateTimeOriginal"), (PHOTOSHOP, "DateCreated")]
            .into_iter()
            .filter_map(|(space, local)| self.one(space, local))
            .find_map(|text| exif::parse_time(&text))
    }

    /// Every mark that the packet carries.
    #[must_use]
    pub fn marks(&self, limits: &Limits) -> Stored {
        let rating = self.stored_rating();
        let caption = [(DC, "description"), (TIFF, "ImageDescription"), (EXIF, "UserComment")];
        let caption = caption
            .into_iter()
            .filter_map(|(space, local)| self.text_in_languages(space, local))
            .reduce(|first, next| if first.is_empty() { next } else { first });
        Stored {
            rating_hidden: rating.is_none() && self.rejects(),
            rating,
            flag: self.stored_flag(),
            label: self.stored_label(),
            keywords: keywords::read(self, limits),
            title: self.text_in_languages(DC, "title"),
            caption,
            taken: self.stored_time(),
            position: self.position(),
            ..Stored::default()
        }
    }
}

/// The first that decides anything; else "undecided", where any says so.
fn decided<T: Copy + PartialEq, const N: usize>(found: [Option<T>; N], none: T) -> Option<T> {
    let said = found.into_iter().flatten();
    said.clone()
        .find(|value| *value != none)
        .or_else(|| said.clone().next())
}

fn bounded(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let end = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
