//! Duplicates as both faces use them: looking is long work with progress, settling is one undo step.

use super::{
    engine::Loop,
    error::{OpError, Result},
    session::Session,
};
pub use crate::library::duplicates::{Found, Group, Member, Twin};
use crate::{library::duplicates::Finder, library::trash::TrashReport, model::id::PhotoId, sys::task::Cx};
use std::{collections::HashSet, sync::Arc};

/// Why nothing of a group goes to the trash where none of it is kept.
const NONE_KEPT: &str = "No other photo of its group is kept. Take the reject off the one to keep first.";

/// Rejected duplicates that are still in their folders.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settled {
    /// Each group that has any: all its photos.
    pub groups: Vec<Vec<PhotoId>>,
    /// How many may go to the trash.
    pub photos: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Settled {
    /// What of all that was found is rejected.
    #[must_use]
    pub fn of(all: &Found, rejected: &HashSet<PhotoId>) -> Self {
        let mut settled = Self::default();
        for group in &all.groups {
            let gone = group
                .members
                .iter()
                .filter(|member| rejected.contains(&member.row.photo));
            let (photos, bytes) = gone.fold((0, 0), |(count, bytes), member| {
                (count + 1, bytes + member.row.file.size)
            });
            if photos > 0 {
                settled
                    .groups
                    .push(group.members.iter().map(|member| member.row.photo).collect());
            }
            settled.photos += photos;
            settled.bytes += bytes;
        }
        settled
    }
}

/// What the window shows of the last look for duplicates.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DuplicatesView {
    /// Grows with each look, so that a face knows when to forget what it hid.
    pub look: u64,
    /// What was found; groups that were settled since are gone.
    pub found: Found,
    /// All that was found, for what Undo brings back.
    pub all: Arc<Found>,
    /// What was settled and still lies in its folder: rejected photos of the groups.
    pub settled: Settled,
}

impl Loop {
    pub(in crate::engine) fn show_duplicates(&mut self, found: Found) {
        let look = self.snapshot.duplicates.as_ref().map_or(1, |view| view.look + 1);
        self.snapshot.duplicates = Some(Arc::new(DuplicatesView {
            look,
            found: found.clone(),
            all: Arc::new(found),
            settled: Settled::default(),
        }));
    }

    /// After a step was made or taken back.
    pub(in crate::engine) fn refresh_duplicates(&mut self) -> Result<()> {
        if let Some(view) = self.snapshot.duplicates.clone() {
            let mut found = (*view.all).clone();
            self.session.drop_settled(&mut found)?;
            let rejected = self.session.catalog.rejected_photos()?;
            self.snapshot.duplicates = Some(Arc::new(DuplicatesView {
                look: view.look,
                settled: Settled::of(&view.all, &rejected),
                found,
                all: Arc::clone(&view.all),
            }));
        }
        Ok(())
    }
}

impl Session {
    /// Looks for duplicates among these photos, or among all. Photos that are rejected already are left out: they are settled.
    ///
    /// # Errors
    /// The catalog's; files that cannot be read are in the report.
    pub fn duplicates(&self, only: Option<&[PhotoId]>, cx: &Cx) -> Result<Found> {
        let finder = Finder {
            catalog: &self.catalog,
            fs: self.fs.as_ref(),
            thumbs: &self.thumbs,
            keep: self.may_write(),
        };
        let only: Option<HashSet<PhotoId>> = only.map(|photos| photos.iter().copied().collect());
        let mut found = finder.find(only.as_ref(), cx)?;
        self.drop_settled(&mut found)?;
        Ok(found)
    }

    /// Takes photos out that were rejected or went since, and groups of which one photo is left.
    ///
    /// # Errors
    /// The catalog's.
    pub fn drop_settled(&self, found: &mut Found) -> Result<()> {
        let open = self.catalog.open_photos()?;
        for group in &mut found.groups {
            group.members.retain(|member| open.contains(&member.row.photo));
        }
        found.groups.retain(|group| group.members.len() > 1);
        Ok(())
    }

    /// Which rejected photos of these groups may go to the trash because another photo of the group is kept that is as good and
    /// as safe; and which may not: name and sentence.
    ///
    /// # Errors
    /// The catalog's.
    pub fn settled_to_trash(&self, groups: &[Vec<PhotoId>]) -> Result<(Vec<PhotoId>, Vec<(String, String)>)> {
        let (open, rejected) = (self.catalog.open_photos()?, self.catalog.rejected_photos()?);
        let annotator = self.annotator();
        let (mut going, mut refused) = (Vec::new(), Vec::new());
        for group in groups {
            let kept: Vec<PhotoId> = group.iter().filter(|photo| open.contains(photo)).copied().collect();
            for other in group.iter().filter(|photo| rejected.contains(photo)) {
                let mut why = Some(NONE_KEPT.to_owned());
                for one in &kept {
                    why = annotator.why_not_instead(*one, *other)?;
                    if why.is_none() {
                        break;
                    }
                }
                match why {
                    None => going.push(*other),
                    Some(why) => {
                        let file = self.shown_file(*other)?;
                        let name = file.map(|file| file.name.to_string_lossy().into_owned());
                        refused.push((name.unwrap_or_default(), why));
                    }
                }
            }
        }
        Ok((going, refused))
    }

    /// Moves them there, one undo step.
    ///
    /// # Errors
    /// The catalog's, and `Cancelled`.
    pub fn trash_settled(&self, groups: &[Vec<PhotoId>], cx: &Cx) -> Result<TrashReport> {
        let (going, refused) = self.settled_to_trash(groups)?;
        let mut report = if going.is_empty() {
            TrashReport::default()
        } else {
            self.trash(&going, cx)?
        };
        report.failed.splice(0..0, refused);
        Ok(report)
    }

    /// Keeps one photo with the marks and albums of all, and rejects the others; one undo step.
    ///
    /// # Errors
    /// `NeedsYou` with the reason, where something would be lost by it: then nothing is changed.
    pub fn merge_duplicates(&self, keep: PhotoId, others: &[PhotoId]) -> Result<()> {
        let merged = self.annotator().merge(keep, others);
        merged.map_err(|error| match OpError::from(error) {
            OpError::Usage(sentence) => OpError::NeedsYou(sentence),
            other => other,
        })?;
        Ok(())
    }
}
