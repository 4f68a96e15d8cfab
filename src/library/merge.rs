//! Settling duplicates: one photo is kept and gets the marks and albums of the others, which become rejects; one step that
//! Undo takes back. No file is touched, and what would make a proven photo wait for removal beside an unproven one is
//! refused with the reason.
//!
//! The rules, where photos differ: the most stars; a pick before no flag, no flag before a reject; the kept photo's own colour,
//! title, caption and position before another's, the first other's where it has none; every keyword and every album.

use super::{annotate::Annotator, duplicates::is_proven};
use crate::{
    catalog::{
        changes::Applied,
        error::{Error, Result},
        photos::{FileRow, PhotoRow},
    },
    model::{
        change::{Change, Mark, Marks},
        id::PhotoId,
        photo::Role,
        rating::{ColorLabel, Flag},
        safety::Safety,
    },
};

/// The marks of the kept photo after the others' came to it.
#[must_use]
pub fn merged(kept: &Marks, others: &[Marks]) -> Marks {
    let rank = |flag: Flag| match flag {
        Flag::Pick => 2,
        Flag::None => 1,
        Flag::Reject => 0,
    };
    let mut all = kept.clone();
    for other in others {
        all.rating = all.rating.max(other.rating);
        if rank(other.flag) > rank(all.flag) {
            all.flag = other.flag;
        }
        if all.label == ColorLabel::None {
            all.label = other.label;
        }
        all.keywords.extend(other.keywords.iter().cloned());
        for (text, theirs) in [(&mut all.title, &other.title), (&mut all.caption, &other.caption)] {
            if text.is_empty() {
                text.clone_from(theirs);
            }
        }
        all.position = all.position.or(other.position);
    }
    all
}

/// What makes the kept photo's marks out of what they are.
fn differences(from: &Marks, to: &Marks) -> Vec<Mark> {
    let mut marks = Vec::new();
    if from.rating != to.rating {
        marks.push(Mark::Rating(to.rating));
    }
    if from.flag != to.flag {
        marks.push(Mark::Flag(to.flag));
    }
    if from.label != to.label {
        marks.push(Mark::Label(to.label));
    }
    marks.extend(to.keywords.difference(&from.keywords).cloned().map(Mark::AddKeyword));
    if from.title != to.title {
        marks.push(Mark::Title(to.title.clone()));
    }
    if from.caption != to.caption {
        marks.push(Mark::Caption(to.caption.clone()));
    }
    if from.position != to.position {
        marks.push(Mark::Position(to.position));
    }
    marks
}

/// A photo with its files.
struct Whole {
    photo: PhotoRow,
    files: Vec<FileRow>,
}

impl Whole {
    fn name(&self) -> String {
        let shown = self.files.iter().find(|file| Some(file.id) == self.photo.primary);
        let shown = shown.or(self.files.first());
        shown.map_or_else(
            || "This photo".to_owned(),
            |file| file.name.to_string_lossy().into_owned(),
        )
    }
}

/// Why keeping this one and rejecting that one would be wrong.
fn refusal(kept: &Whole, other: &Whole) -> Option<String> {
    let (name, theirs) = (kept.name(), other.name());
    if kept.photo.missing_since.is_some() {
        return Some(format!(
            "{name} is no longer in its folder. Keep {theirs}, or look for changes first."
        ));
    }
    if kept.photo.problem {
        return Some(format!("{name} cannot be read whole. Keep {theirs} instead."));
    }
    // I14: an optimized copy is never the better one against its own original.
    let stands_for = kept.files.iter().filter_map(|file| file.stands_for.as_ref());
    for original in stands_for {
        if other.files.iter().any(|file| file.content.as_ref() == Some(original)) {
            return Some(format!(
                "{name} is only the optimized copy of {theirs}. Keep {theirs}, or restore the original of {name} first."
            ));
        }
    }
    // Where only marks wait for the next backup, the photo itself is proven and would be given up.
    let theirs_proven = is_proven(other.photo.safety) || other.photo.safety == Safety::MarksWait;
    if theirs_proven && !is_proven(kept.photo.safety) {
        return Some(format!(
            "{theirs} has a proven copy in a store and {name} has none yet. Back up {name} first, or keep {theirs}."
        ));
    }
    // What only the other photo has, its RAW file or film, would wait for removal with it.
    let has = |whole: &Whole, role: Role| {
        whole
            .files
            .iter()
            .any(|file| file.role == role && file.missing_since.is_none())
    };
    for (role, word) in [(Role::Raw, "the RAW file"), (Role::Motion, "the film")] {
        if has(other, role) && !has(kept, role) {
            return Some(format!(
                "{theirs} has {word} and {name} has not. Keep {theirs}, or settle these two by hand."
            ));
        }
    }
    None
}

impl Annotator<'_> {
    fn whole(&self, photo: PhotoId) -> Result<Whole> {
        let row = self.catalog.photo(photo)?;
        Ok(Whole {
            photo: row.ok_or_else(|| Error::Refused("A photo of these is no longer in the library.".to_owned()))?,
            files: self.catalog.files_of(&[photo])?,
        })
    }

    /// Why this photo may not go where that one is kept; `None` where it may.
    ///
    /// # Errors
    /// `Refused` where one of them is no longer in the library.
    pub fn why_not_instead(&self, kept: PhotoId, other: PhotoId) -> Result<Option<String>> {
        Ok(refusal(&self.whole(kept)?, &self.whole(other)?))
    }

    /// Keeps one photo with the marks and albums of all, and rejects the others; one step.
    ///
    /// # Errors
    /// `Refused` with the reason; then nothing is changed.
    pub fn merge(&self, keep: PhotoId, others: &[PhotoId]) -> Result<Applied> {
        let mut rest: Vec<PhotoId> = others.iter().copied().filter(|photo| *photo != keep).collect();
        rest.sort_unstable();
        rest.dedup();
        if rest.is_empty() {
            return Err(Error::Refused("There is nothing beside it to settle.".to_owned()));
        }
        let kept = self.whole(keep)?;
        for other in &rest {
            if let Some(why) = refusal(&kept, &self.whole(*other)?) {
                return Err(Error::Refused(why));
            }
        }
        let marks = |photo: PhotoId| Ok(self.catalog.marks(photo)?.unwrap_or_default());
        let theirs: Vec<Marks> = rest.iter().map(|photo| marks(*photo)).collect::<Result<_>>()?;
        let mine = marks(keep)?;
        let mark = |photo: PhotoId, mark: Mark| Change::Mark { photo, mark };
        let mut changes: Vec<Change> = differences(&mine, &merged(&mine, &theirs))
            .into_iter()
            .map(|one| mark(keep, one))
            .collect();
        let has = self.catalog.album_uids_of(keep)?;
        let mut albums = Vec::new();
        for other in &rest {
            for album in self.catalog.album_uids_of(*other)? {
                if !has.contains(&album) && !albums.contains(&album) {
                    albums.push(album);
                }
            }
        }
        changes.extend(albums.into_iter().map(|album| Change::AlbumAdd { album, photo: keep }));
        changes.extend(rest.iter().map(|photo| mark(*photo, Mark::Flag(Flag::Reject))));
        let count = if rest.len() == 1 {
            "1 duplicate".to_owned()
        } else {
            format!("{} duplicates", rest.len())
        };
        self.apply(&changes, &format!("Keep {} and reject {count}", kept.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rating::Rating;
    use proptest::prelude::*;

    fn marks() -> impl Strategy<Value = Marks> {
        let words = proptest::collection::btree_set("[a-c]", 0..3);
        (0_u8..=5, 0_u8..3, 0_u8..6, words, "[xy]?", "[xy]?").prop_map(
            |(stars, flag, label, keywords, title, caption)| Marks {
                rating: Rating::new(stars).expect("stars"),
                flag: Flag::from_number(flag),
                label: ColorLabel::from_number(label),
                keywords,
                title,
                caption,
                ..Marks::default()
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_that_was_said_of_any_of_them_is_lost(kept in marks(), others in proptest::collection::vec(marks(), 1..4)) {
            let all = merged(&kept, &others);
            let mut made = kept.clone();
            for mark in differences(&kept, &all) {
                made.apply(&mark);
            }
            prop_assert_eq!(&made, &all);
            for one in others.iter().chain([&kept]) {
                prop_assert!(all.rating >= one.rating);
                prop_assert!(all.keywords.is_superset(&one.keywords));
                prop_assert!(one.flag != Flag::Pick || all.flag == Flag::Pick);
                prop_assert!(one.title.is_empty() || !all.title.is_empty());
                prop_assert!(one.label == ColorLabel::None || all.label != ColorLabel::None);
            }
            prop_assert!(kept.title.is_empty() || all.title == kept.title);
            prop_assert!(all.flag != Flag::Reject || kept.flag == Flag::Reject && others.iter().all(|one| one.flag == Flag::Reject));
        }
    }
}
