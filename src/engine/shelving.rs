//! What the loop does with albums and with the names of places: quick changes of the catalog, each one undo step.

use super::{
    command::{Command, Source},
    engine::Loop,
    error::Result,
    work::Work,
};
use crate::model::id::AlbumId;

impl Loop {
    /// A command about albums; any other changes nothing.
    pub(in crate::engine) fn shelve(&mut self, command: Command) -> Result<()> {
        match command {
            Command::CreateAlbum { name, photos, query } => {
                let album = self.session.create_album(&name, &photos, query.as_deref())?;
                self.open_album(album.id);
            }
            Command::AddToAlbum { album, photos } => {
                self.session.add_to_album(album, &photos)?;
            }
            Command::RemoveFromAlbum { album, photos } => {
                self.session.remove_from_album(album, &photos)?;
            }
            Command::CreateAlbumIn { name, photos, parent } => {
                let album = self.session.create_album_in(&name, &photos, None, Some(parent))?;
                self.open_album(album.id);
            }
            Command::MoveAlbum { album, parent } => {
                self.session.move_album(album, parent)?;
            }
            Command::RenameAlbum { album, name } => {
                self.session.rename_album(album, &name)?;
            }
            Command::CoverAlbum { album, photo } => {
                self.session.cover_album(album, photo)?;
            }
            Command::OrderAlbum { album, photos, before } => {
                self.session.order_album(album, &photos, before)?;
            }
            Command::DeleteAlbum(album) => {
                self.session.delete_album(album)?;
                if self.source == Source::Album(album) {
                    self.source = Source::All;
                }
            }
            _ => return Ok(()),
        }
        self.marked();
        Ok(())
    }

    /// Shows a new album; the search was about what was shown before.
    fn open_album(&mut self, album: AlbumId) {
        self.source = Source::Album(album);
        self.query.clear();
    }

    /// Photos with a new position get the name of their place in the background.
    pub(in crate::engine) fn name_places(&mut self) {
        match self.session.catalog.photos_without_place(1) {
            Ok(waiting) if waiting.is_empty() => {}
            Ok(_) => self.enqueue(Work::Places),
            Err(error) => self.fail(&error.into()),
        }
    }
}
