//! Marks and albums: thin calls that both faces share, each one undo step.

use super::{
    error::{OpError, Result},
    session::Session,
};
use crate::{
    catalog::changes::Steps,
    library::annotate::Annotator,
    model::{
        album::Album,
        change::Mark,
        id::{AlbumId, PhotoId},
    },
    sys::task::Cx,
};

impl Session {
    fn annotator(&self) -> Annotator<'_> {
        Annotator {
            catalog: &self.catalog,
            clock: self.clock.as_ref(),
            device: &self.bridge.device,
        }
    }

    /// Gives each photo each of these marks; one step. Returns how many changes that were.
    ///
    /// # Errors
    /// The catalog's.
    pub fn mark(&self, photos: &[PhotoId], marks: &[Mark]) -> Result<u64> {
        Ok(self.annotator().mark_all(photos, marks)?.changed)
    }

    /// Takes the last steps back; returns what they were, the newest first.
    ///
    /// # Errors
    /// The catalog's.
    pub fn undo(&self, steps: usize) -> Result<Vec<String>> {
        let done = self.step_back(steps)?;
        if done.settle {
            let report = self.settle_trash(&Cx::new())?;
            if !report.failed.is_empty() {
                let (what, why) = super::trashing::trash_sentence(&report);
                return Err(OpError::NeedsYou(format!("{what}. {why}")));
            }
        }
        Ok(done.steps)
    }

    /// Takes undone steps again.
    ///
    /// # Errors
    /// The catalog's.
    pub fn redo(&self, steps: usize) -> Result<Vec<String>> {
        let done = self.step_again(steps)?;
        if done.settle {
            let report = self.settle_trash(&Cx::new())?;
            if !report.failed.is_empty() {
                let (what, why) = super::trashing::trash_sentence(&report);
                return Err(OpError::NeedsYou(format!("{what}. {why}")));
            }
        }
        Ok(done.steps)
    }

    /// What undo and redo would do next.
    ///
    /// # Errors
    /// The catalog's.
    pub fn steps(&self) -> Result<Steps> {
        Ok(self.catalog.steps_of_all()?)
    }

    /// Every album.
    ///
    /// # Errors
    /// The catalog's.
    pub fn albums(&self) -> Result<Vec<Album>> {
        Ok(self.catalog.albums()?)
    }

    /// The album of this name.
    ///
    /// # Errors
    /// `Usage` where there is none.
    pub fn album_named(&self, name: &str) -> Result<Album> {
        let album = self.catalog.album_named(name)?;
        album.ok_or_else(|| {
            OpError::Usage(format!(
                "There is no album called {name}. List them with: safelight album list"
            ))
        })
    }

    /// A new album.
    ///
    /// # Errors
    /// `Usage` where the name is taken or the query cannot be understood.
    pub fn create_album(&self, name: &str, photos: &[PhotoId], query: Option<&str>) -> Result<Album> {
        if let Some(query) = query {
            self.find(query)?;
        }
        self.annotator()
            .create_album(name, photos, query)
            .map_err(value_is_usage)
    }

    /// Photos go into an album; returns how many were not in it.
    ///
    /// # Errors
    /// `Usage` for a smart album.
    pub fn add_to_album(&self, album: AlbumId, photos: &[PhotoId]) -> Result<u64> {
        Ok(self
            .annotator()
            .add_to_album(album, photos)
            .map_err(value_is_usage)?
            .changed)
    }

    /// Photos leave an album; returns how many were in it.
    ///
    /// # Errors
    /// `Usage` for a smart album.
    pub fn remove_from_album(&self, album: AlbumId, photos: &[PhotoId]) -> Result<u64> {
        Ok(self
            .annotator()
            .remove_from_album(album, photos)
            .map_err(value_is_usage)?
            .changed)
    }

    /// The album goes, its photos stay.
    ///
    /// # Errors
    /// The catalog's.
    pub fn delete_album(&self, album: AlbumId) -> Result<()> {
        self.annotator().delete_album(album).map_err(value_is_usage)?;
        Ok(())
    }

    /// The album's photos are backed up to this store by themselves, or no longer.
    ///
    /// # Errors
    /// The catalog's.
    pub fn back_up_album(&self, album: AlbumId, store: Option<String>) -> Result<()> {
        self.annotator().back_up_album(album, store).map_err(value_is_usage)?;
        Ok(())
    }
}

/// What the catalog calls a value that makes no sense was, here, typed by a person.
fn value_is_usage(error: crate::catalog::error::Error) -> OpError {
    match error {
        crate::catalog::error::Error::Value(sentence) => OpError::Usage(sentence),
        other => other.into(),
    }
}
