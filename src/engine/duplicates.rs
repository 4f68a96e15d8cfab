//! Duplicates as both faces use them: looking is long work with progress, settling is one undo step.

use super::{
    engine::Loop,
    error::{OpError, Result},
    session::Session,
};
pub use crate::library::duplicates::{Found, Group, Member, Twin};
use crate::{library::duplicates::Finder, model::id::PhotoId, sys::task::Cx};
use std::{collections::HashSet, sync::Arc};

/// What the window shows of the last look for duplicates.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DuplicatesView {
    /// Grows with each look, so that a face knows when to forget what it hid.
    pub look: u64,
    /// What was found; groups that were settled since are gone.
    pub found: Found,
    /// All that was found, for what Undo brings back.
    pub all: Arc<Found>,
}

impl Loop {
    pub(in crate::engine) fn show_duplicates(&mut self, found: Found) {
        let look = self.snapshot.duplicates.as_ref().map_or(1, |view| view.look + 1);
        self.snapshot.duplicates = Some(Arc::new(DuplicatesView {
            look,
            found: found.clone(),
            all: Arc::new(found),
        }));
    }

    /// After a step was made or taken back.
    pub(in crate::engine) fn refresh_duplicates(&mut self) -> Result<()> {
        if let Some(view) = self.snapshot.duplicates.clone() {
            let mut found = (*view.all).clone();
            self.session.drop_settled(&mut found)?;
            self.snapshot.duplicates = Some(Arc::new(DuplicatesView {
                look: view.look,
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
