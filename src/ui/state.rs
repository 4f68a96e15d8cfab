//! The small values of which the window's own state is made. They know nothing of how they are drawn.

use super::{marking::Given, relocate::RenameForm, store_form::StoreForm};
use crate::{
    engine::{command::Scope, tracks::TrackWish},
    model::id::{AlbumId, PhotoId, RootId, StoreId},
};
use eframe::egui::{Pos2, pos2};
use std::collections::HashMap;

/// The pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Page {
    /// Sidebar, grid, inspector.
    #[default]
    Library,
    /// What is safe, stores, queue, Optimize Storage.
    Backup,
    /// Where photos were taken.
    Map,
    /// What is there twice.
    Duplicates,
    /// What can be set, and the keys.
    Settings,
}

/// What is computed once per view.
#[derive(Default)]
pub(in crate::ui) struct ViewCache {
    pub(in crate::ui) generation: Option<u64>,
    pub(in crate::ui) place: HashMap<PhotoId, usize>,
    pub(in crate::ui) shapes: Vec<(i64, f32)>,
    pub(in crate::ui) days: Option<(i64, i64)>,
    /// Picks and rejects of the view.
    pub(in crate::ui) decided: (u64, u64),
}

/// Where one looks at a photo.
#[derive(Clone, Debug)]
pub struct Loupe {
    pub(in crate::ui) photo: PhotoId,
    /// Screen pixels per pixel of the photo; none means it fits.
    pub(in crate::ui) zoom: Option<f32>,
    /// The point of the photo that lies in the middle, 0 to 1.
    pub(in crate::ui) center: Pos2,
    /// The next frame zooms to 100 % at the pointer, or back.
    pub(in crate::ui) toggle: bool,
}

impl Loupe {
    /// On this photo, fitting.
    #[must_use]
    pub fn on(photo: PhotoId) -> Self {
        Self {
            photo,
            zoom: None,
            center: pos2(0.5, 0.5),
            toggle: false,
        }
    }

    /// On to another photo; zoom and place stay, so that sharpness can be compared.
    pub fn turn_to(&mut self, photo: PhotoId) {
        self.photo = photo;
    }

    /// 100 % at the pointer, or back to fitting.
    pub fn toggle_zoom(&mut self) {
        self.toggle = true;
    }
}

/// An open question.
#[derive(Clone, PartialEq, Debug)]
pub enum Dialog {
    /// Which folders to watch.
    AddFolders {
        /// What was typed or pasted.
        path: String,
        /// How many answers there had been when it was asked for; none while nothing is.
        asked: Option<u64>,
        /// Why it could not be added.
        why: String,
    },
    /// Where copies go: a new store, or one that is changed.
    AddStore(Box<StoreForm>),
    /// A new album.
    NewAlbum {
        /// Its name.
        name: String,
        /// Its first photos.
        photos: Vec<PhotoId>,
        /// The query, for a smart one.
        query: Option<String>,
    },
    /// A new album inside another.
    NewAlbumIn {
        /// Its name.
        name: String,
        /// The album that it lies in.
        parent: AlbumId,
    },
    /// Another name for an album.
    RenameAlbum {
        /// Its name from now on.
        name: String,
        /// Which album.
        album: AlbumId,
    },
    /// Into which album.
    AddToAlbum {
        /// Which photos.
        photos: Vec<PhotoId>,
    },
    /// Which names shall photos have?
    Rename(Box<RenameForm>),
    /// Into which folder shall photos go?
    MoveTo {
        /// Which photos.
        photos: Vec<PhotoId>,
        /// What was typed to find it.
        path: String,
    },
    /// Into which folder shall copies go?
    CopyTo {
        /// Of which photos.
        photos: Vec<PhotoId>,
        /// What was typed or pasted.
        path: String,
    },
    /// Replace originals by small copies?
    Optimize {
        /// Of which photos.
        scope: Scope,
        /// Without the holding time.
        free_now: bool,
    },
    /// Let held originals go without the holding time?
    FreeHeld,
    /// Stop watching a root?
    ForgetRoot(RootId),
    /// Delete an album?
    DeleteAlbum(AlbumId),
    /// Forget a store?
    RemoveStore(StoreId),
    /// Which track says where photos were taken?
    Track(Box<TrackForm>),
    /// Give these photos of Safelight's trash to the system's?
    EmptyTrash {
        /// Which photos; all where none is named.
        photos: Vec<PhotoId>,
    },
}

/// The form of a GPX track.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TrackForm {
    /// The file, as typed or chosen.
    pub path: String,
    /// How far the camera's clock is ahead of UTC, as typed.
    pub offset: String,
    /// The longest gap in the track to interpolate over, as typed.
    pub gap: String,
    /// Photos that have a position get the track's.
    pub replace: bool,
    /// Which photos.
    pub photos: Vec<PhotoId>,
    /// What the engine was asked last.
    pub asked: Option<TrackWish>,
}

impl Dialog {
    /// A form for a folder.
    #[must_use]
    pub fn add_folders() -> Self {
        Self::AddFolders {
            path: String::new(),
            asked: None,
            why: String::new(),
        }
    }

    /// A form for a store.
    #[must_use]
    pub fn add_store() -> Self {
        Self::AddStore(Box::default())
    }

    /// A form for an album.
    #[must_use]
    pub fn new_album(photos: Vec<PhotoId>, query: Option<String>) -> Self {
        Self::NewAlbum {
            name: String::new(),
            photos,
            query,
        }
    }
}

/// The open palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    pub(in crate::ui) text: String,
    pub(in crate::ui) at: usize,
}

/// A sum of the selected photos.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub(in crate::ui) buckets: [u64; 9],
    pub(in crate::ui) picks: u64,
    pub(in crate::ui) rejects: u64,
    pub(in crate::ui) rated: u64,
    pub(in crate::ui) videos: u64,
    /// The marks that all have.
    pub(in crate::ui) given: Option<Given>,
}
