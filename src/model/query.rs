//! The query language of the search box, the command line and smart albums: its parts, its text form, and which photo
//! it finds. `query_text` reads its text, `query_show` writes it, `catalog::search` finds in the catalog; `Query::matches`
//! is the reference that the latter is tested against.
//!
//! Every part asks one question of one photo. A photo that lacks what is asked for (an f-number, a date) does not match,
//! and therefore matches the question's opposite.

use super::{
    bounds::Bounds,
    fold::{fold, found_in, is_at_or_below},
    metadata::MediaKind,
    photo::kind_of_name,
    place::plain,
    rating::{ColorLabel, Flag},
    safety::Safety,
    subject::{Columns, Subject},
    time::{CaptureTime, DAY_MS, Timestamp, Zone},
};
use std::fmt;

/// What is searched for. The empty query finds everything.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Query {
    pub(in crate::model) root: Option<Expr>,
}

/// Parts joined. Made by [`Expr::and`] and [`Expr::or`] it has no list of one and no list directly in its like, so that
/// equal texts are equal values.
#[derive(Clone, PartialEq, Debug)]
pub enum Expr {
    /// One question.
    Term(Term),
    /// Its opposite.
    Not(Box<Expr>),
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
}

/// One question about one photo.
#[derive(Clone, PartialEq, Debug)]
pub enum Term {
    /// In a file name, keyword, title, caption, the camera's or a place's name, anywhere in it and in either case.
    Word(String),
    /// The folder of this path and what is below it, or the photo of the file of this path.
    Path(String),
    /// In a file's name; with wildcards, the whole name.
    Name(String),
    /// A keyword and those below it.
    Keyword(String),
    /// In the camera's name.
    Camera(String),
    /// In the lens's name.
    Lens(String),
    /// A folder, by its name or the end of its path, and those below it.
    In(String),
    /// An album by its whole name, or the end of its path, and those in it.
    Album(String),
    /// A city, region or country, by its name.
    Place(String),
    /// Taken within this box on the earth.
    Within(Bounds),
    /// A number within bounds.
    Number(NumberField, Numbers),
    /// Pick, reject or neither.
    Flag(Flag),
    /// A colour or none.
    Label(ColorLabel),
    /// What it is. A RAW beside its JPEG is one photo that is both.
    Kind(MediaKind),
    /// Where it stands.
    Safe(SafeIs),
    /// When it was taken, on the camera's clock.
    Taken(Dates),
    /// Whether its date is unknown.
    Undated,
    /// When it came into the library, by the days of the person's own clock.
    Added(Dates),
    /// Came into the library on this day of the person's own clock.
    AddedOn(Day),
    /// Came into the library in the last so many days.
    AddedLast(u16),
    /// Whether its drive is not there now.
    Offline(bool),
    /// Whether it cannot be read as a picture, or not at all.
    Problem(bool),
    /// Whether it has this.
    Has(Has),
}

/// A number that photos have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberField {
    /// Stars, 0 to 5.
    Rating,
    /// ISO speed.
    Iso,
    /// The f-number.
    Aperture,
    /// The focal length in millimetres.
    Focal,
}

impl NumberField {
    /// Every field.
    pub const ALL: [Self; 4] = [Self::Rating, Self::Iso, Self::Aperture, Self::Focal];

    /// The word before the number.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rating => "rating",
            Self::Iso => "iso",
            Self::Aperture => "f",
            Self::Focal => "focal",
        }
    }

    /// Numbers are equal when they are shown alike: half of the last digit that people write.
    fn half_step(self) -> f64 {
        match self {
            Self::Rating | Self::Iso => 0.5,
            Self::Aperture | Self::Focal => 0.05,
        }
    }
}

/// Bounds of a number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Numbers {
    /// Less than this.
    Below(f64),
    /// This or less.
    AtMost(f64),
    /// This.
    Is(f64),
    /// This or more.
    AtLeast(f64),
    /// More than this.
    Above(f64),
    /// From the one to the other, both included.
    Between(f64, f64),
}

impl Numbers {
    /// The numbers `low <= x < high` that are meant, when `x` is compared as it is shown.
    #[must_use]
    pub fn interval(self, field: NumberField) -> (f64, f64) {
        let half = field.half_step();
        match self {
            Self::Below(x) => (f64::NEG_INFINITY, x - half),
            Self::AtMost(x) => (f64::NEG_INFINITY, x + half),
            Self::Is(x) => (x - half, x + half),
            Self::AtLeast(x) => (x - half, f64::INFINITY),
            Self::Above(x) => (x + half, f64::INFINITY),
            Self::Between(from, to) => (from - half, to + half),
        }
    }

    fn hold(self, field: NumberField, value: Option<f64>) -> bool {
        let (low, high) = self.interval(field);
        value.is_some_and(|value| low <= value && value < high)
    }
}

/// A question about safety.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SafeIs {
    /// A proven copy exists.
    Yes,
    /// None does, and the photo is here.
    No,
    /// Exactly this bucket.
    Bucket(Safety),
}

impl SafeIs {
    /// The buckets that are meant.
    #[must_use]
    pub fn buckets(self) -> Vec<Safety> {
        Safety::ALL.into_iter().filter(|safety| self.covers(*safety)).collect()
    }

    fn covers(self, safety: Safety) -> bool {
        match self {
            Self::Yes => safety.is_proven(),
            Self::No => !safety.is_proven() && safety != Safety::Removed,
            Self::Bucket(bucket) => bucket == safety,
        }
    }

    /// The word after `safe:`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Bucket(bucket) => bucket.word(),
        }
    }
}

/// Something that a photo may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Has {
    /// A position.
    Gps,
    /// A title.
    Title,
    /// A caption.
    Caption,
    /// A keyword.
    Keyword,
    /// An album it was put into by hand.
    Album,
    /// A capture time that a person has shifted.
    Shift,
}

impl Has {
    /// Everything that can be asked for.
    pub const ALL: [Self; 6] = [
        Self::Gps,
        Self::Title,
        Self::Caption,
        Self::Keyword,
        Self::Album,
        Self::Shift,
    ];

    /// The word after `has:`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gps => "gps",
            Self::Title => "title",
            Self::Caption => "caption",
            Self::Keyword => "keyword",
            Self::Album => "album",
            Self::Shift => "shift",
        }
    }
}

/// A year, a month of it, or a day of that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Date {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

impl Date {
    /// A date that exists, in the years 1 to 9998.
    #[must_use]
    pub fn new(year: i16, month: Option<i8>, day: Option<i8>) -> Option<Self> {
        if !(1..=9998).contains(&year) || (month.is_none() && day.is_some()) {
            return None;
        }
        CaptureTime::from_parts((year, month.unwrap_or(1), day.unwrap_or(1)), (0, 0, 0), 0)?;
        Some(Self { year, month, day })
    }

    /// The first millisecond of it and the first after it, on the wall clock.
    #[must_use]
    pub fn span(self) -> (i64, i64) {
        let start = wall(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1));
        let end = match (self.month, self.day) {
            (_, Some(_)) => start.saturating_add(DAY_MS),
            (Some(12), None) | (None, None) => wall(self.year.saturating_add(1), 1, 1),
            (Some(month), None) => wall(self.year, month.saturating_add(1), 1),
        };
        (start, end)
    }
}

fn wall(year: i16, month: i8, day: i8) -> i64 {
    CaptureTime::from_parts((year, month, day), (0, 0, 0), 0).map_or(0, |at| at.wall_ms)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

/// A stretch of time, both dates included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dates {
    /// Within this date.
    In(Date),
    /// In it or later.
    From(Date),
    /// In it or earlier.
    To(Date),
    /// From the one to the other.
    Between(Date, Date),
    /// Later than it.
    After(Date),
    /// Earlier than it.
    Before(Date),
}

impl Dates {
    /// The milliseconds `start <= x < end` on the wall clock that are meant.
    #[must_use]
    pub fn span(self) -> (i64, i64) {
        match self {
            Self::In(date) => date.span(),
            Self::From(date) => (date.span().0, i64::MAX),
            Self::To(date) => (i64::MIN, date.span().1),
            Self::Between(from, to) => (from.span().0, to.span().1),
            Self::After(date) => (date.span().1, i64::MAX),
            Self::Before(date) => (i64::MIN, date.span().0),
        }
    }

    /// The instants `start <= x < end` that are meant where clocks are set so.
    #[must_use]
    pub fn moments(self, zone: &Zone) -> (i64, i64) {
        let (start, end) = self.span();
        (zone.moment(start), zone.moment(end))
    }
}

/// A day that moves with the clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Day {
    /// The one that it is.
    Today,
    /// The one before it.
    Yesterday,
}

impl Day {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Today, Self::Yesterday];

    /// As it is written in a query.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Yesterday => "yesterday",
        }
    }

    /// The instants `start <= x < end` of it where clocks are set so.
    #[must_use]
    pub fn moments(self, now: Timestamp, zone: &Zone) -> (i64, i64) {
        let back = match self {
            Self::Today => 0,
            Self::Yesterday => DAY_MS,
        };
        let midnight = zone.midnight(now).saturating_sub(back);
        (zone.moment(midnight), zone.moment(midnight.saturating_add(DAY_MS)))
    }
}

impl Term {
    /// Whether a photo of these columns is meant; `None` where that takes more than them to say, which depends on the term
    /// alone.
    #[must_use]
    pub fn holds_for(&self, photo: &Columns) -> Option<bool> {
        Some(match self {
            Self::Number(field, numbers) => {
                let value = match field {
                    NumberField::Rating => Some(f64::from(photo.rating.stars())),
                    NumberField::Iso => photo.iso.map(f64::from),
                    NumberField::Aperture => photo.f_number,
                    NumberField::Focal => return None,
                };
                numbers.hold(*field, value)
            }
            Self::Flag(flag) => photo.flag == *flag,
            Self::Label(label) => photo.label == *label,
            Self::Kind(kind) => photo.kind == *kind || (*kind == MediaKind::Raw && photo.raw_pair),
            Self::Safe(safe) => safe.covers(photo.safety),
            Self::Taken(dates) => {
                let (start, end) = dates.span();
                photo.wall_ms.is_some_and(|at| start <= at && at < end)
            }
            Self::Undated => photo.wall_ms.is_none(),
            Self::Problem(yes) => photo.problem == *yes,
            _ => return None,
        })
    }

    /// Whether this photo is meant.
    #[must_use]
    pub fn matches(&self, photo: &Subject) -> bool {
        if let Some(holds) = self.holds_for(&photo.columns) {
            return holds;
        }
        let any = |pattern: &str, texts: &[String]| {
            let pattern = fold(pattern);
            texts.iter().any(|text| found_in(&pattern, text))
        };
        let one = |pattern: &str, text: &Option<String>| {
            text.as_deref()
                .is_some_and(|text| !text.is_empty() && found_in(&fold(pattern), text))
        };
        match self {
            Self::Word(word) => {
                let word = fold(word);
                let texts = [&photo.title, &photo.caption];
                let texts = texts.into_iter().filter(|text| !text.is_empty());
                let all = photo
                    .names
                    .iter()
                    .chain(&photo.keywords)
                    .chain(&photo.camera)
                    .chain(texts);
                all.into_iter().any(|text| fold(text).contains(&word))
                    || photo.place.as_ref().is_some_and(|place| place.contains(&plain(&word)))
            }
            Self::Path(path) => {
                is_path_or_above(path, &photo.folder)
                    || photo
                        .names
                        .iter()
                        .any(|name| join(&photo.folder, name) == trimmed(path))
            }
            Self::Name(pattern) => any(pattern, &photo.names),
            Self::Keyword(pattern) => below_any(pattern, &photo.keywords),
            Self::Camera(pattern) => one(pattern, &photo.camera),
            Self::Lens(pattern) => one(pattern, &photo.lens),
            Self::In(pattern) => is_at_or_below(&fold(pattern), &photo.folder),
            Self::Album(pattern) => {
                let pattern = fold(pattern);
                let mut albums = photo.albums.iter().chain(&photo.smart_albums);
                albums.any(|path| is_at_or_below(&pattern, path))
            }
            Self::Place(pattern) => photo
                .place
                .as_ref()
                .is_some_and(|place| place.is_within(&plain(pattern))),
            Self::Within(bounds) => photo.position.is_some_and(|(north, east)| bounds.holds(north, east)),
            Self::Number(field, numbers) => numbers.hold(*field, photo.focal_mm),
            // Said by the columns.
            Self::Flag(_)
            | Self::Label(_)
            | Self::Kind(_)
            | Self::Safe(_)
            | Self::Taken(_)
            | Self::Undated
            | Self::Problem(_) => false,
            Self::Added(dates) => {
                let (start, end) = dates.moments(&photo.zone);
                start <= photo.added.0 && photo.added.0 < end
            }
            Self::AddedOn(day) => {
                let (start, end) = day.moments(photo.now, &photo.zone);
                start <= photo.added.0 && photo.added.0 < end
            }
            Self::AddedLast(days) => photo.now.since(photo.added) < i64::from(*days) * DAY_MS,
            Self::Offline(yes) => photo.offline == *yes,
            Self::Has(has) => match has {
                Has::Gps => photo.position.is_some(),
                Has::Title => !photo.title.is_empty(),
                Has::Caption => !photo.caption.is_empty(),
                Has::Keyword => !photo.keywords.is_empty(),
                Has::Album => !photo.albums.is_empty(),
                Has::Shift => photo.shifted,
            },
        }
    }
}

fn below_any(pattern: &str, paths: &[String]) -> bool {
    let pattern = fold(pattern);
    paths.iter().any(|path| is_at_or_below(&pattern, path))
}

/// A path without the slashes at its end; the top stays `/`.
#[must_use]
pub fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" if path.starts_with('/') => "/",
        short => short,
    }
}

/// Whether a folder is this path or lies below it. Paths are compared as the file system does: by every byte.
#[must_use]
pub fn is_path_or_above(path: &str, folder: &str) -> bool {
    let path = trimmed(path);
    let below = |rest: &str| rest.is_empty() || rest.starts_with('/') || path == "/";
    folder.strip_prefix(path).is_some_and(below)
}

/// `C:\` or `C:/`.
pub(in crate::model) fn is_drive(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && chars.next().is_some_and(|c| c == '\\' || c == '/')
}

/// Whether a text begins as only paths do.
pub(in crate::model) fn starts_like_path(text: &str) -> bool {
    let starts = ["/", "./", "../", "~/"].iter().any(|start| text.starts_with(start));
    starts || matches!(text, "~" | "." | "..") || is_drive(text)
}

/// `holiday/IMG_1.JPG`: a path without its beginning, told from a keyword by the ending of its name.
pub(in crate::model) fn names_a_file(text: &str) -> bool {
    text.rsplit_once('/')
        .is_some_and(|(_, name)| kind_of_name(name) != MediaKind::Other)
}

fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

impl Expr {
    /// All of these; `None` for none.
    #[must_use]
    pub fn and(parts: Vec<Self>) -> Option<Self> {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::And(parts) => parts,
            other => vec![other],
        });
        one_or(flat.collect(), Self::And)
    }

    /// Any of these; `None` for none.
    #[must_use]
    pub fn or(parts: Vec<Self>) -> Option<Self> {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::Or(parts) => parts,
            other => vec![other],
        });
        one_or(flat.collect(), Self::Or)
    }

    /// Whether this photo is meant.
    #[must_use]
    pub fn matches(&self, photo: &Subject) -> bool {
        match self {
            Self::Term(term) => term.matches(photo),
            Self::Not(part) => !part.matches(photo),
            Self::And(parts) => parts.iter().all(|part| part.matches(photo)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(photo)),
        }
    }

    /// Calls `see` with every term.
    pub fn each(&self, see: &mut impl FnMut(&Term)) {
        match self {
            Self::Term(term) => see(term),
            Self::Not(part) => part.each(see),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.each(see)),
        }
    }

    fn each_mut(&mut self, change: &mut impl FnMut(&mut Term)) {
        match self {
            Self::Term(term) => change(term),
            Self::Not(part) => part.each_mut(change),
            Self::And(parts) | Self::Or(parts) => parts.iter_mut().for_each(|part| part.each_mut(change)),
        }
    }
}

fn one_or(mut parts: Vec<Expr>, list: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(list(parts)),
    }
}

impl From<Expr> for Query {
    fn from(root: Expr) -> Self {
        Self { root: Some(root) }
    }
}

impl From<Term> for Query {
    fn from(term: Term) -> Self {
        Expr::Term(term).into()
    }
}

impl Query {
    /// The query that finds everything.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Whether it asks nothing.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.root.is_none()
    }

    /// Its parts; `None` when it asks nothing.
    #[must_use]
    pub fn expr(&self) -> Option<&Expr> {
        self.root.as_ref()
    }

    /// What both find.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            root: Expr::and(self.root.into_iter().chain(other.root).collect()),
        }
    }

    /// Whether this photo is found.
    #[must_use]
    pub fn matches(&self, photo: &Subject) -> bool {
        self.root.as_ref().is_none_or(|root| root.matches(photo))
    }

    /// Whether it asks for photos that are no longer in their folder. Lists leave these out unless asked.
    #[must_use]
    pub fn asks_for_removed(&self) -> bool {
        let mut asks = false;
        if let Some(root) = &self.root {
            root.each(&mut |term| asks |= *term == Term::Safe(SafeIs::Bucket(Safety::Removed)));
        }
        asks
    }

    /// Rewrites the paths in it, for who knows the current folder and the home: `./a` and `~/a` become whole paths.
    pub fn map_paths(&mut self, mut whole: impl FnMut(&str) -> String) {
        if let Some(root) = &mut self.root {
            root.each_mut(&mut |term| match term {
                Term::Path(path) => *path = whole(path),
                Term::In(path) if path.starts_with(['~', '.']) => *path = whole(path),
                _ => {}
            });
        }
    }
}
