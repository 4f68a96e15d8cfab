//! Marks and albums: thin calls that both faces share, each one undo step.

pub use crate::library::{
    annotate::mark_label,
    geotag::{MatchOptions, parse_gap},
};

use super::{
    error::{OpError, Result},
    session::Session,
};
use crate::{
    catalog::changes::Steps,
    library::{
        annotate::Annotator,
        geotag::{self, GeoPlan},
        places::name_places,
    },
    media::{
        gpx::{GpxError, MAX_FILE, read_track},
        limits::Limits,
    },
    model::{
        album::Album,
        change::Mark,
        id::{AlbumId, PhotoId},
        place::CountryCount,
    },
    sys::task::Cx,
};
use std::{io::Read as _, path::Path};

impl Session {
    pub(in crate::engine) fn annotator(&self) -> Annotator<'_> {
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
        let annotator = self.annotator();
        let make = || annotator.mark_all(photos, marks);
        let applied = self.tiles.changing(&self.catalog, make, |_| Some(photos.to_vec()))?;
        Ok(applied.changed)
    }

    /// Which of these photos were taken where, as a GPX file says; changes nothing.
    ///
    /// # Errors
    /// The file cannot be read, or is no track.
    pub fn plan_track(&self, gpx: &Path, photos: &[PhotoId], options: &MatchOptions) -> Result<GeoPlan> {
        let stat = self.fs.stat(gpx)?;
        if stat.size > MAX_FILE {
            return Err(OpError::Usage(format!("{} ({})", GpxError::TooLarge, gpx.display())));
        }
        let mut bytes = Vec::new();
        // Bounded again while reading: the file may grow under our hands.
        let read = self.fs.open(gpx)?.take(MAX_FILE + 1).read_to_end(&mut bytes);
        read.map_err(|error| OpError::Failed(format!("The track could not be read: {error} ({})", gpx.display())))?;
        let track = read_track(&bytes, &Limits::default())
            .map_err(|error| OpError::Usage(format!("{error} ({})", gpx.display())))?;
        Ok(geotag::plan(&self.catalog, photos, &track, options)?)
    }

    /// Gives photos the positions of a plan; one step. Returns how many changes that were.
    ///
    /// # Errors
    /// The catalog's.
    pub fn apply_track(&self, plan: &GeoPlan) -> Result<u64> {
        Ok(plan.apply(&self.annotator())?.changed)
    }

    /// Takes the last steps back; returns what they were, the newest first.
    ///
    /// # Errors
    /// The catalog's.
    pub fn undo(&self, steps: usize) -> Result<Vec<String>> {
        let done = self.step_back(steps)?;
        self.settle_step(&done)?;
        Ok(done.steps)
    }

    /// Takes undone steps again.
    ///
    /// # Errors
    /// The catalog's.
    pub fn redo(&self, steps: usize) -> Result<Vec<String>> {
        let done = self.step_again(steps)?;
        self.settle_step(&done)?;
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

    /// A new album inside another, or at the top.
    ///
    /// # Errors
    /// `Usage` where the name is taken or the query cannot be understood.
    pub fn create_album_in(
        &self,
        name: &str,
        photos: &[PhotoId],
        query: Option<&str>,
        parent: Option<AlbumId>,
    ) -> Result<Album> {
        if let Some(query) = query {
            self.find(query)?;
        }
        self.annotator()
            .create_album_in(name, photos, query, parent)
            .map_err(value_is_usage)
    }

    /// An album goes into another, or to the top.
    ///
    /// # Errors
    /// `Usage` where it would lie in itself, or the name is taken there.
    pub fn move_album(&self, album: AlbumId, parent: Option<AlbumId>) -> Result<()> {
        self.annotator().move_album(album, parent)?;
        Ok(())
    }

    /// A new name for an album.
    ///
    /// # Errors
    /// `Usage` where the name is taken.
    pub fn rename_album(&self, album: AlbumId, name: &str) -> Result<()> {
        self.annotator().rename_album(album, name)?;
        Ok(())
    }

    /// The photo that stands for an album; none for the first one.
    ///
    /// # Errors
    /// The catalog's.
    pub fn cover_album(&self, album: AlbumId, photo: Option<PhotoId>) -> Result<()> {
        self.annotator().cover_album(album, photo)?;
        Ok(())
    }

    /// Photos of an album come before another of its photos, or last, in this order; those that were not in it come in.
    ///
    /// # Errors
    /// `Usage` for a smart album.
    pub fn order_album(&self, album: AlbumId, photos: &[PhotoId], before: Option<PhotoId>) -> Result<u64> {
        Ok(self.annotator().order_album(album, photos, before)?.changed)
    }

    /// The countries and cities that photos are in.
    ///
    /// # Errors
    /// The catalog's.
    pub fn places(&self) -> Result<Vec<CountryCount>> {
        Ok(self.catalog.places()?)
    }

    /// Names the places of photos that have a position and no name yet; returns how many were looked up.
    ///
    /// # Errors
    /// The catalog's.
    pub fn name_places(&self, cx: &Cx) -> Result<u64> {
        Ok(name_places(&self.catalog, cx)?)
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
