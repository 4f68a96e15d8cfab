//! Marks and albums as a person gives them: photos and a wish in, one step of the log of changes out, with a label that
//! says what undo would take back.

use crate::{
    catalog::{
        Catalog,
        changes::Applied,
        error::{Error, Result},
    },
    model::{
        album::Album,
        change::{Change, Mark, normal_text},
        id::{AlbumId, AlbumUid, DeviceId, PhotoId},
        rating::{ColorLabel, Flag},
        time::shift_text,
    },
    sys::clock::{Clock, random_hex},
};

/// What annotating needs: where to, when, and on which device.
#[derive(Clone, Copy)]
pub struct Annotator<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// The clock that stamps changes.
    pub clock: &'a dyn Clock,
    /// This installation.
    pub device: &'a DeviceId,
}

/// `1 photo`, `12 photos`.
pub(in crate::library) fn photos_text(count: usize) -> String {
    if count == 1 {
        "1 photo".to_owned()
    } else {
        format!("{count} photos")
    }
}

/// What giving this mark to so many photos is called: `Rate 12 photos 3 stars`.
#[must_use]
pub fn mark_label(mark: &Mark, count: usize) -> String {
    let photos = photos_text(count);
    match mark {
        Mark::Rating(rating) => match rating.stars() {
            0 => format!("Clear the rating of {photos}"),
            1 => format!("Rate {photos} 1 star"),
            stars => format!("Rate {photos} {stars} stars"),
        },
        Mark::Flag(Flag::None) => format!("Clear the flag of {photos}"),
        Mark::Flag(Flag::Pick) => format!("Pick {photos}"),
        Mark::Flag(Flag::Reject) => format!("Reject {photos}"),
        Mark::Label(ColorLabel::None) => format!("Clear the label of {photos}"),
        Mark::Label(label) => format!("Label {photos} {}", label.word()),
        Mark::AddKeyword(keyword) => format!("Add keyword \"{}\" to {photos}", keyword.trim()),
        Mark::RemoveKeyword(keyword) => format!("Remove keyword \"{}\" from {photos}", keyword.trim()),
        Mark::Title(title) if title.trim().is_empty() => format!("Clear the title of {photos}"),
        Mark::Title(_) => format!("Set the title of {photos}"),
        Mark::Caption(caption) if caption.trim().is_empty() => format!("Clear the caption of {photos}"),
        Mark::Caption(_) => format!("Set the caption of {photos}"),
        Mark::Shift { seconds: 0 } => format!("Take the capture time of {photos} from the file"),
        Mark::Shift { seconds } => format!("Shift the capture time of {photos} by {}", shift_text(*seconds)),
        Mark::Position(None) => format!("Take the position of {photos} from the file"),
        Mark::Position(Some(_)) => format!("Set the position of {photos}"),
    }
}

impl Annotator<'_> {
    pub(in crate::library) fn apply(&self, changes: &[Change], label: &str) -> Result<Applied> {
        self.catalog.apply(changes, label, self.clock, self.device)
    }

    /// Gives each photo the mark; one step.
    ///
    /// # Errors
    /// `Refused` for a keyword or text that cannot be kept.
    pub fn mark(&self, photos: &[PhotoId], mark: &Mark) -> Result<Applied> {
        self.mark_all(photos, std::slice::from_ref(mark))
    }

    /// Gives each photo all of these marks; one step.
    ///
    /// # Errors
    /// `Refused` for a keyword or text that cannot be kept: then no mark is given.
    pub fn mark_all(&self, photos: &[PhotoId], marks: &[Mark]) -> Result<Applied> {
        let label = match marks {
            [] => return Ok(Applied::default()),
            [mark] => mark_label(mark, photos.len()),
            [mark, rest @ ..] => {
                let more = if rest.len() == 1 { "mark" } else { "marks" };
                format!("{} and {} more {more}", mark_label(mark, photos.len()), rest.len())
            }
        };
        let each = |mark: &Mark| {
            let mark = mark.clone();
            let change = move |photo: &PhotoId| Change::Mark {
                photo: *photo,
                mark: mark.clone(),
            };
            photos.iter().map(change).collect::<Vec<_>>()
        };
        let changes: Vec<Change> = marks.iter().flat_map(each).collect();
        self.apply(&changes, &label)
    }

    /// A new album with its first photos, or a smart one with its query; one step.
    ///
    /// # Errors
    /// `Refused` where the name is taken or the query cannot be read.
    pub fn create_album(&self, name: &str, photos: &[PhotoId], query: Option<&str>) -> Result<Album> {
        let uid =
            random_hex(8).map_err(|error| Error::Refused(format!("The system gave no random number. {error}")))?;
        let uid = AlbumUid(uid);
        let mut changes = vec![Change::AlbumCreate {
            album: uid.clone(),
            name: name.to_owned(),
            query: query.map(str::to_owned),
        }];
        changes.extend(photos.iter().map(|photo| Change::AlbumAdd {
            album: uid.clone(),
            photo: *photo,
        }));
        let kind = if query.is_some() { "smart album" } else { "album" };
        self.apply(&changes, &format!("Create {kind} \"{}\"", normal_text(name)))?;
        let made = self.catalog.albums()?.into_iter().find(|album| album.uid == uid);
        made.ok_or_else(gone)
    }

    fn album(&self, id: AlbumId) -> Result<Album> {
        self.catalog.album(id)?.ok_or_else(gone)
    }

    /// Photos go into an album; one step.
    ///
    /// # Errors
    /// `Refused` where the album is gone or a smart one.
    pub fn add_to_album(&self, album: AlbumId, photos: &[PhotoId]) -> Result<Applied> {
        let album = self.album(album)?;
        let add = |photo: &PhotoId| Change::AlbumAdd {
            album: album.uid.clone(),
            photo: *photo,
        };
        let changes: Vec<Change> = photos.iter().map(add).collect();
        self.apply(
            &changes,
            &format!("Add {} to \"{}\"", photos_text(photos.len()), album.name),
        )
    }

    /// Photos leave an album; one step.
    ///
    /// # Errors
    /// `Refused` where the album is gone.
    pub fn remove_from_album(&self, album: AlbumId, photos: &[PhotoId]) -> Result<Applied> {
        let album = self.album(album)?;
        let remove = |photo: &PhotoId| Change::AlbumRemove {
            album: album.uid.clone(),
            photo: *photo,
        };
        let changes: Vec<Change> = photos.iter().map(remove).collect();
        self.apply(
            &changes,
            &format!("Remove {} from \"{}\"", photos_text(photos.len()), album.name),
        )
    }

    /// An album goes, its photos stay; one step.
    ///
    /// # Errors
    /// `Refused` where the album is gone.
    pub fn delete_album(&self, album: AlbumId) -> Result<Applied> {
        let Album { uid, name, .. } = self.album(album)?;
        self.apply(
            &[Change::AlbumDelete { album: uid }],
            &format!("Delete album \"{name}\""),
        )
    }

    /// A new name for an album; one step.
    ///
    /// # Errors
    /// `Refused` where the album is gone or the name is taken.
    pub fn rename_album(&self, album: AlbumId, new: &str) -> Result<Applied> {
        let Album { uid, name, .. } = self.album(album)?;
        let change = Change::AlbumRename {
            album: uid,
            name: new.to_owned(),
        };
        self.apply(
            &[change],
            &format!("Rename album \"{name}\" to \"{}\"", normal_text(new)),
        )
    }

    /// From now on the album's photos are backed up to this store by themselves, or no longer; one step.
    ///
    /// # Errors
    /// `Refused` where the album is gone.
    pub fn back_up_album(&self, album: AlbumId, store: Option<String>) -> Result<Applied> {
        let Album { uid, name, .. } = self.album(album)?;
        let label = if store.is_some() {
            format!("Back up album \"{name}\" by itself")
        } else {
            format!("Stop backing up album \"{name}\" by itself")
        };
        self.apply(&[Change::AlbumBackup { album: uid, store }], &label)
    }
}

fn gone() -> Error {
    Error::Refused("This album is no longer there.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rating::Rating;

    #[test]
    fn labels_are_sentences_for_people() {
        let rating = |stars| Mark::Rating(Rating::new(stars).expect("stars"));
        for (mark, count, label) in [
            (rating(3), 12, "Rate 12 photos 3 stars"),
            (rating(1), 1, "Rate 1 photo 1 star"),
            (rating(0), 1, "Clear the rating of 1 photo"),
            (Mark::Flag(Flag::Reject), 2, "Reject 2 photos"),
            (Mark::Label(ColorLabel::Red), 1, "Label 1 photo red"),
            (
                Mark::AddKeyword(" sea ".to_owned()),
                3,
                "Add keyword \"sea\" to 3 photos",
            ),
            (Mark::Title(String::new()), 1, "Clear the title of 1 photo"),
        ] {
            assert_eq!(mark_label(&mark, count), label);
        }
    }
}
