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
        change::{Change, Mark, PLACE_GAP, normal_text},
        id::{AlbumId, AlbumUid, DeviceId, PhotoId},
        rating::{ColorLabel, Flag},
        time::shift_text,
    },
    sys::clock::{Clock, random_hex},
};
use std::collections::HashSet;

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
#[must_use]
pub fn photos_text(count: usize) -> String {
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
        self.create_album_in(name, photos, query, None)
    }

    /// The same inside another album.
    ///
    /// # Errors
    /// `Refused` where the name is taken there, the query cannot be read, or the other album is gone.
    pub fn create_album_in(
        &self,
        name: &str,
        photos: &[PhotoId],
        query: Option<&str>,
        parent: Option<AlbumId>,
    ) -> Result<Album> {
        let uid =
            random_hex(8).map_err(|error| Error::Refused(format!("The system gave no random number. {error}")))?;
        let uid = AlbumUid(uid);
        let mut changes = self.new_album(&uid, name, query, parent)?;
        changes.extend(photos.iter().map(|photo| Change::AlbumAdd {
            album: uid.clone(),
            photo: *photo,
        }));
        let kind = if query.is_some() { "smart album" } else { "album" };
        self.apply(&changes, &format!("Create {kind} \"{}\"", normal_text(name)))?;
        let made = self.catalog.albums()?.into_iter().find(|album| album.uid == uid);
        made.ok_or_else(gone)
    }

    /// What makes a new album where it belongs. Names have to differ beside each other only: one that is taken at the top may
    /// be free inside, so the album begins under its identity there and is named where it lies.
    fn new_album(
        &self,
        uid: &AlbumUid,
        name: &str,
        query: Option<&str>,
        parent: Option<AlbumId>,
    ) -> Result<Vec<Change>> {
        let create = |name: &str| Change::AlbumCreate {
            album: uid.clone(),
            name: name.to_owned(),
            query: query.map(str::to_owned),
        };
        let Some(parent) = parent else {
            return Ok(vec![create(name)]);
        };
        let parent = self.album(parent)?.uid;
        let into = Change::AlbumMove {
            album: uid.clone(),
            parent: Some(parent),
        };
        let rename = Change::AlbumRename {
            album: uid.clone(),
            name: name.to_owned(),
        };
        Ok(vec![create(uid.as_str()), into, rename])
    }

    /// An album goes into another, or to the top; one step.
    ///
    /// # Errors
    /// `Refused` where it would lie in itself, the name is taken there, or the other is a smart album.
    pub fn move_album(&self, album: AlbumId, parent: Option<AlbumId>) -> Result<Applied> {
        let Album { uid, name, .. } = self.album(album)?;
        let parent = parent.map(|parent| self.album(parent)).transpose()?;
        let label = match &parent {
            Some(parent) => format!("Move album \"{name}\" into \"{}\"", parent.name),
            None => format!("Move album \"{name}\" to the top"),
        };
        let change = Change::AlbumMove {
            album: uid,
            parent: parent.map(|parent| parent.uid),
        };
        self.apply(&[change], &label)
    }

    /// The photo that stands for an album, or none for the first one; one step.
    ///
    /// # Errors
    /// `Refused` where the album is gone.
    pub fn cover_album(&self, album: AlbumId, photo: Option<PhotoId>) -> Result<Applied> {
        let Album { uid, name, .. } = self.album(album)?;
        let label = match photo {
            Some(_) => format!("Set the cover of \"{name}\""),
            None => format!("Clear the cover of \"{name}\""),
        };
        self.apply(&[Change::AlbumCover { album: uid, photo }], &label)
    }

    /// Photos come before another one of an album, or last, in this order; those that were not in it come in. One step.
    ///
    /// # Errors
    /// `Refused` where the album is gone or a smart one.
    pub fn order_album(&self, album: AlbumId, photos: &[PhotoId], before: Option<PhotoId>) -> Result<Applied> {
        let found = self.album(album)?;
        let moving: HashSet<PhotoId> = photos.iter().copied().collect();
        let mut stays = self.catalog.album_places(album)?;
        stays.retain(|(photo, _)| !moving.contains(photo));
        let at = before.and_then(|before| stays.iter().position(|(photo, _)| *photo == before));
        let at = at.unwrap_or(stays.len());
        let low = at.checked_sub(1).and_then(|at| stays.get(at)).map(|(_, place)| *place);
        let high = stays.get(at).map(|(_, place)| *place);
        let mut once = HashSet::new();
        let photos: Vec<PhotoId> = photos.iter().copied().filter(|photo| once.insert(*photo)).collect();
        let place = |photo: PhotoId, place: i64| Change::AlbumPlace {
            album: found.uid.clone(),
            photo,
            place,
        };
        let changes: Vec<Change> = match between(low, high, photos.len()) {
            Some(places) => photos.iter().zip(places).map(|(photo, at)| place(*photo, at)).collect(),
            // No room is left between the two: all places are given anew.
            None => {
                let mut order: Vec<PhotoId> = stays.iter().map(|(photo, _)| *photo).collect();
                order.splice(at..at, photos.iter().copied());
                (1_i64..)
                    .zip(order)
                    .map(|(n, photo)| place(photo, n.saturating_mul(PLACE_GAP)))
                    .collect()
            }
        };
        self.apply(
            &changes,
            &format!("Order {} in \"{}\"", photos_text(photos.len()), found.name),
        )
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

    /// An album goes, its photos stay, and albums inside it move up; one step.
    ///
    /// # Errors
    /// `Refused` where the album is gone.
    pub fn delete_album(&self, album: AlbumId) -> Result<Applied> {
        let Album { uid, name, parent, .. } = self.album(album)?;
        let albums = self.catalog.albums()?;
        let above = parent.and_then(|parent| albums.iter().find(|one| one.id == parent));
        // It goes first, so that what lay in it may have its name.
        let mut changes = vec![Change::AlbumDelete { album: uid }];
        let inside = albums.iter().filter(|one| one.parent == Some(album));
        changes.extend(inside.map(|inside| Change::AlbumMove {
            album: inside.uid.clone(),
            parent: above.map(|above| above.uid.clone()),
        }));
        self.apply(&changes, &format!("Delete album \"{name}\""))
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

/// So many places between two others, or behind the last; `None` where there is no room.
fn between(low: Option<i64>, high: Option<i64>, count: usize) -> Option<Vec<i64>> {
    let count = i64::try_from(count).ok()?;
    let Some(high) = high else {
        let low = low.unwrap_or(0);
        return (1..=count)
            .map(|n| low.checked_add(n.checked_mul(PLACE_GAP)?))
            .collect();
    };
    let low = match low {
        Some(low) => low,
        None => high.checked_sub(count.checked_add(1)?.checked_mul(PLACE_GAP)?)?,
    };
    let step = high.checked_sub(low)? / (count.checked_add(1)?);
    (step > 0).then(|| (1..=count).map(|n| low + n * step).collect())
}

fn gone() -> Error {
    Error::Refused("This album is no longer there.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rating::Rating;

    #[test]
    fn there_is_room_between_places_until_there_is_none() {
        assert_eq!(between(None, None, 2), Some(vec![PLACE_GAP, 2 * PLACE_GAP]));
        assert_eq!(between(Some(10), None, 1), Some(vec![10 + PLACE_GAP]));
        assert_eq!(between(Some(10), Some(20), 4), Some(vec![12, 14, 16, 18]));
        assert_eq!(between(Some(10), Some(12), 2), None);
        assert_eq!(between(None, Some(0), 1), Some(vec![-PLACE_GAP]));
        assert_eq!(between(Some(i64::MAX), None, 1), None);
    }

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
