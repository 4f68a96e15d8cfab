//! Marks in two places: what files say of themselves, and how a catalog and a sidecar that were both changed come together
//! again, field by field, against what they last agreed on.

use super::{
    change::{Mark, Marks},
    fold::fold,
    metadata::Gps,
    position::Position,
    rating::{ColorLabel, Flag, Rating},
    time::{CaptureTime, shift_text},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The marks that a sidecar, or a photo's own file, carries. `None` is silence: it says nothing of this.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    /// Stars.
    pub rating: Option<Rating>,
    /// The place of the stars is taken by a rejection (`xmp:Rating` -1), so that their absence means nothing.
    pub rating_hidden: bool,
    /// Pick or reject.
    pub flag: Option<Flag>,
    /// Colour.
    pub label: Option<ColorLabel>,
    /// Keywords, hierarchical with `/`.
    pub keywords: Option<BTreeSet<String>>,
    /// The title.
    pub title: Option<String>,
    /// The caption.
    pub caption: Option<String>,
    /// When it was taken.
    pub taken: Option<CaptureTime>,
    /// Where it was taken, degrees north and east.
    pub position: Option<(f64, f64)>,
    /// Seconds from the capture time of the photo's own file to this one, where both are known.
    pub shift_s: Option<i64>,
    /// The position as a mark, where one is said.
    pub place: Option<Place>,
}

/// A position beside that of the photo's own file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Place {
    /// It is the file's own.
    OfFile,
    /// It is another one.
    Own(Position),
}

/// Positions closer than this, in degrees, are one: a metre, the precision with which programs copy them around.
const SAME_PLACE: f64 = 1e-5;

impl Stored {
    /// Whether it carries no mark that a person gives.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        *self
            == Self {
                taken: self.taken,
                position: self.position,
                ..Self::default()
            }
    }

    /// What the time and the position are beside those of the photo's own file: what only repeats the file is no mark.
    pub fn relate(&mut self, taken: Option<CaptureTime>, gps: Option<Gps>) {
        self.shift_s = self.taken.zip(taken).map(|(said, own)| {
            let seconds = said.wall_ms.div_euclid(1000) - own.wall_ms.div_euclid(1000);
            // Some programs write no seconds.
            let rounded = said.wall_ms % 60_000 == 0 && (-59..=0).contains(&seconds);
            if rounded { 0 } else { seconds }
        });
        self.place = self.position.and_then(|(latitude, longitude)| {
            let near = |own: Gps| (own.latitude - latitude).abs().max((own.longitude - longitude).abs()) < SAME_PLACE;
            match gps.is_some_and(near) {
                true => Some(Place::OfFile),
                false => Position::new(latitude, longitude).map(Place::Own),
            }
        });
    }

    /// These, and where they are silent, the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            rating: self.rating.or(other.rating),
            rating_hidden: self.rating_hidden || (self.rating.is_none() && other.rating_hidden),
            flag: self.flag.or(other.flag),
            label: self.label.or(other.label),
            keywords: self.keywords.or(other.keywords),
            title: self.title.or(other.title),
            caption: self.caption.or(other.caption),
            taken: self.taken.or(other.taken),
            position: self.position.or(other.position),
            shift_s: self.shift_s.or(other.shift_s),
            place: self.place.or(other.place),
        }
    }
}

/// One of the marks that two places can disagree on. Keywords never do: they come together as sets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Stars.
    Rating,
    /// Pick or reject.
    Flag,
    /// Colour.
    Label,
    /// Keywords.
    Keywords,
    /// The title.
    Title,
    /// The caption.
    Caption,
    /// When it was taken.
    Time,
    /// Where it was taken.
    Position,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 8] = [
        Self::Rating,
        Self::Flag,
        Self::Label,
        Self::Keywords,
        Self::Title,
        Self::Caption,
        Self::Time,
        Self::Position,
    ];

    /// The word used on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rating => "rating",
            Self::Flag => "flag",
            Self::Label => "label",
            Self::Keywords => "keywords",
            Self::Title => "title",
            Self::Caption => "caption",
            Self::Time => "time",
            Self::Position => "position",
        }
    }

    /// The field of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }

    /// Whether both say the same here.
    #[must_use]
    pub fn same(self, a: &Marks, b: &Marks) -> bool {
        match self {
            Self::Rating => a.rating == b.rating,
            Self::Flag => a.flag == b.flag,
            Self::Label => a.label == b.label,
            Self::Keywords => same_keywords(&a.keywords, &b.keywords),
            Self::Title => a.title == b.title,
            Self::Caption => a.caption == b.caption,
            Self::Time => a.shift_s == b.shift_s,
            Self::Position => a.position == b.position,
        }
    }

    /// Puts what `from` says here into `into`.
    pub fn copy(self, into: &mut Marks, from: &Marks) {
        match self {
            Self::Rating => into.rating = from.rating,
            Self::Flag => into.flag = from.flag,
            Self::Label => into.label = from.label,
            Self::Keywords => into.keywords.clone_from(&from.keywords),
            Self::Title => into.title.clone_from(&from.title),
            Self::Caption => into.caption.clone_from(&from.caption),
            Self::Time => into.shift_s = from.shift_s,
            Self::Position => into.position = from.position,
        }
    }

    /// Whether there is a mark here at all.
    #[must_use]
    pub fn is_set(self, marks: &Marks) -> bool {
        !self.same(marks, &Marks::default())
    }

    /// Whether a file speaks of this.
    #[must_use]
    pub fn is_said(self, stored: &Stored) -> bool {
        match self {
            Self::Rating => stored.rating.is_some(),
            Self::Flag => stored.flag.is_some(),
            Self::Label => stored.label.is_some(),
            Self::Keywords => stored.keywords.is_some(),
            Self::Title => stored.title.is_some(),
            Self::Caption => stored.caption.is_some(),
            Self::Time => stored.shift_s.is_some(),
            Self::Position => stored.place.is_some(),
        }
    }

    /// The value for people: `4 stars`, `pick`, `sea, Places/Rome`, `none`.
    #[must_use]
    pub fn text(self, marks: &Marks) -> String {
        let or_none = |text: &str| {
            if text.is_empty() {
                "none".to_owned()
            } else {
                text.to_owned()
            }
        };
        match self {
            Self::Rating => match marks.rating.stars() {
                0 => "none".to_owned(),
                1 => "1 star".to_owned(),
                stars => format!("{stars} stars"),
            },
            Self::Flag => marks.flag.word().to_owned(),
            Self::Label => marks.label.word().to_owned(),
            Self::Keywords => or_none(&marks.keywords.iter().cloned().collect::<Vec<_>>().join(", ")),
            Self::Title => or_none(&marks.title),
            Self::Caption => or_none(&marks.caption),
            Self::Time => match marks.shift_s {
                0 => "as the camera's clock".to_owned(),
                seconds => format!("{} from the camera's clock", shift_text(seconds)),
            },
            Self::Position => marks
                .position
                .map_or_else(|| "as in the file".to_owned(), |place| place.to_string()),
        }
    }
}

/// The values that a file states, put into `marks`; what it is silent on stays.
pub fn take_stored(marks: &mut Marks, stored: &Stored) {
    if let Some(rating) = stored.rating {
        marks.rating = rating;
    }
    if let Some(flag) = stored.flag {
        marks.flag = flag;
    }
    if let Some(label) = stored.label {
        marks.label = label;
    }
    if let Some(keywords) = &stored.keywords {
        marks.keywords.clone_from(keywords);
    }
    if let Some(title) = &stored.title {
        marks.title.clone_from(title);
    }
    if let Some(caption) = &stored.caption {
        marks.caption.clone_from(caption);
    }
    if let Some(seconds) = stored.shift_s {
        marks.shift_s = seconds;
    }
    match stored.place {
        Some(Place::OfFile) => marks.position = None,
        Some(Place::Own(position)) => marks.position = Some(position),
        None => {}
    }
}

fn folded(keywords: &BTreeSet<String>) -> BTreeMap<String, &String> {
    keywords.iter().map(|keyword| (fold(keyword), keyword)).collect()
}

/// Whether two sets have the same keywords, however their letters are cased.
#[must_use]
pub fn same_keywords(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    a == b || folded(a).keys().eq(folded(b).keys())
}

/// What came of two sides that were both changed since they agreed on `base`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Merged {
    /// What both should say; where they conflict, what we say.
    pub marks: Marks,
    /// Where both were changed, each in its own way: a person has to choose.
    pub conflicts: Vec<Field>,
}

/// Brings two sides together: what only one changed is taken from that one; keywords come and go one by one.
#[must_use]
pub fn three_way(base: &Marks, ours: &Marks, theirs: &Marks) -> Merged {
    let mut merged = Merged {
        marks: ours.clone(),
        conflicts: Vec::new(),
    };
    for field in Field::ALL {
        if field == Field::Keywords || field.same(theirs, base) || field.same(theirs, ours) {
            continue;
        }
        if field.same(ours, base) {
            field.copy(&mut merged.marks, theirs);
        } else {
            merged.conflicts.push(field);
        }
    }
    let (was, mine, other) = (folded(&base.keywords), folded(&ours.keywords), folded(&theirs.keywords));
    let mut keywords = BTreeSet::new();
    for (key, keyword) in mine
        .iter()
        .chain(other.iter().filter(|(key, _)| !mine.contains_key(*key)))
    {
        let stays = match was.contains_key(key) {
            true => mine.contains_key(key) && other.contains_key(key),
            false => true,
        };
        if stays {
            keywords.insert((*keyword).clone());
        }
    }
    merged.marks.keywords = keywords;
    merged
}

/// The marks that lead from one state to the other in these fields.
#[must_use]
pub fn steps(from: &Marks, to: &Marks, fields: &[Field]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for field in fields.iter().filter(|field| !field.same(from, to)) {
        match field {
            Field::Rating => marks.push(Mark::Rating(to.rating)),
            Field::Flag => marks.push(Mark::Flag(to.flag)),
            Field::Label => marks.push(Mark::Label(to.label)),
            Field::Title => marks.push(Mark::Title(to.title.clone())),
            Field::Caption => marks.push(Mark::Caption(to.caption.clone())),
            Field::Time => marks.push(Mark::Shift { seconds: to.shift_s }),
            Field::Position => marks.push(Mark::Position(to.position)),
            Field::Keywords => {
                let (old, new) = (folded(&from.keywords), folded(&to.keywords));
                let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
                marks.extend(gone.map(|(_, keyword)| Mark::RemoveKeyword((*keyword).clone())));
                let come = new.iter().filter(|(key, _)| !old.contains_key(*key));
                marks.extend(come.map(|(_, keyword)| Mark::AddKeyword((*keyword).clone())));
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(stars: u8, title: &str, keywords: &[&str]) -> Marks {
        Marks {
            rating: Rating::new(stars).expect("stars"),
            title: title.to_owned(),
            keywords: keywords.iter().map(|word| (*word).to_owned()).collect(),
            ..Marks::default()
        }
    }

    #[test]
    fn each_field_comes_from_the_side_that_changed_it() {
        let base = marks(2, "old", &["a", "b"]);
        let merged = three_way(&base, &marks(3, "old", &["a", "b", "c"]), &marks(2, "new", &["B", "d"]));
        assert_eq!(merged.marks, marks(3, "new", &["b", "c", "d"]));
        assert_eq!(merged.conflicts, []);
        let merged = three_way(&base, &marks(3, "same", &[]), &marks(4, "same", &[]));
        assert_eq!(merged.marks, marks(3, "same", &[]));
        assert_eq!(merged.conflicts, [Field::Rating]);
    }

    #[test]
    fn steps_lead_from_one_state_to_the_other() {
        let (from, to) = (marks(1, "a", &["x", "Y"]), marks(0, "b", &["y", "z"]));
        let mut state = from.clone();
        let steps = steps(&from, &to, &Field::ALL);
        for mark in &steps {
            state.apply(mark);
        }
        assert!(Field::ALL.iter().all(|field| field.same(&state, &to)), "{steps:?}");
        assert_eq!(steps.len(), 4);
    }
}
