//! Several photos at once: what they have in common, and marks that all of them get as one step.

use super::{engine::Loop, error::Result, session::Session};
use crate::model::{change::Mark, common::Common, id::PhotoId};
use std::sync::Arc;

/// What the photos that a face asked about have in common.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Together {
    /// The number of the question.
    pub asked: u64,
    /// The answer.
    pub common: Common,
}

impl Session {
    /// What these photos have in common.
    ///
    /// # Errors
    /// The catalog's.
    pub fn common(&self, photos: &[PhotoId]) -> Result<Common> {
        Ok(self.catalog.common(photos)?)
    }

    /// Gives every photo of a camera a mark, in the whole library or among some photos; one step. Returns how many photos
    /// there are.
    ///
    /// # Errors
    /// The catalog's.
    pub fn mark_camera(&self, camera: &str, among: Option<&[PhotoId]>, mark: &Mark) -> Result<u64> {
        let photos = self.catalog.of_camera(camera, among)?;
        self.mark(&photos, std::slice::from_ref(mark))?;
        Ok(photos.len() as u64)
    }
}

impl Loop {
    /// A mark was given: what it cannot have changed is not read again.
    pub(in crate::engine) fn marked_with(&mut self, marks: &[Mark]) {
        let keywords = self.dirty.keywords;
        self.marked();
        let of_keywords = |mark: &Mark| matches!(mark, Mark::AddKeyword(_) | Mark::RemoveKeyword(_));
        self.dirty.keywords = keywords || marks.iter().any(of_keywords);
    }

    /// Reads what the photos that a face asked about have in common.
    pub(in crate::engine) fn read_together(&mut self) -> Result<()> {
        self.snapshot.together = match &self.together {
            Some((asked, photos)) => Some(Arc::new(Together {
                asked: *asked,
                common: self.session.common(photos)?,
            })),
            None => None,
        };
        Ok(())
    }
}
