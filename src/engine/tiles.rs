//! The tiles of the whole library, kept in memory in the order that the grid mostly shows: a search, a new order or a mark
//! then asks the catalog for numbers only, and not for 100,000 wide rows. About 10 MB for 100,000 photos.
//!
//! They are right as long as the catalog has not been written to since; a mark on a few photos takes their rows anew.

use super::{culling, error::Result, snapshot::Bursts};
use crate::{
    catalog::{
        Catalog,
        browse::{Filter, Order, TileRow},
        error::Result as CatalogResult,
    },
    model::id::PhotoId,
    sys::task::lock,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// So many rows are taken anew one by one; for more the whole library is read again.
const MAX_PATCH: usize = 2_000;

/// All pictures and films that are there, newest first, as the catalog was after so many writes.
#[derive(Clone)]
pub(in crate::engine) struct Library {
    /// The tiles of `Filter::All`, newest first.
    pub tiles: Arc<Vec<TileRow>>,
    /// Which of them belong together: of no mark does that depend.
    pub bursts: Bursts,
    /// How many files there are that are no pictures.
    pub others: u64,
    /// How often the whole was read: while it stays, at most marks were made.
    pub reading: u64,
}

struct Kept {
    writes: u64,
    library: Library,
    /// Where each tile is; made when a mark first asks.
    places: Option<HashMap<PhotoId, usize>>,
}

/// The tiles, where they have been read.
#[derive(Default)]
pub(in crate::engine) struct TileBook {
    kept: Mutex<Option<Kept>>,
}

impl TileBook {
    /// The library as it is.
    ///
    /// # Errors
    /// SQLite's.
    pub(in crate::engine) fn library(&self, catalog: &Catalog) -> Result<Library> {
        let mut kept = lock(&self.kept);
        // Asked before the rows are read: a write in between makes them old, never new by mistake.
        let writes = catalog.writes();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.writes == writes) {
            return Ok(kept.library.clone());
        }
        let tiles = Arc::new(catalog.tiles(&Filter::All, None, Order::NewestFirst)?);
        let library = Library {
            bursts: Bursts::new(culling::bursts_of(catalog, &tiles)?),
            others: catalog.count_others()?,
            reading: kept.as_ref().map_or(1, |kept| kept.library.reading + 1),
            tiles,
        };
        *kept = Some(Kept {
            writes,
            library: library.clone(),
            places: None,
        });
        Ok(library)
    }

    /// Does something that changes some photos alone in one write, and takes the rows of these anew: `photos` says which
    /// they were, `None` for too many. Where anything else was written meanwhile, or a photo changed its place in the order,
    /// all are read again when they are next asked for.
    ///
    /// # Errors
    /// The closure's. That rows could not be taken is no error: they are read later.
    pub(in crate::engine) fn changing<T, E>(
        &self,
        catalog: &Catalog,
        change: impl FnOnce() -> std::result::Result<T, E>,
        photos: impl FnOnce(&T) -> Option<Vec<PhotoId>>,
    ) -> std::result::Result<T, E> {
        let before = catalog.writes();
        let value = change()?;
        let after = catalog.writes();
        let mut kept = lock(&self.kept);
        if let Some(one) = kept.as_mut().filter(|one| one.writes == before && after == before + 1)
            && let Some(photos) = photos(&value).filter(|photos| photos.len() <= MAX_PATCH)
            && matches!(one.patch(catalog, photos), Ok(true))
        {
            one.writes = after;
        }
        Ok(value)
    }
}

impl Kept {
    /// Takes these rows anew; `false` where one of them has another place now.
    fn patch(&mut self, catalog: &Catalog, photos: Vec<PhotoId>) -> CatalogResult<bool> {
        let rows = catalog.tiles(&Filter::Photos(photos), None, Order::NewestFirst)?;
        let tiles = &self.library.tiles;
        let places = self
            .places
            .get_or_insert_with(|| tiles.iter().enumerate().map(|(at, tile)| (tile.id, at)).collect());
        let mut found = Vec::with_capacity(rows.len());
        for mut row in rows {
            match places.get(&row.id).and_then(|at| Some((*at, tiles.get(*at)?))) {
                Some((at, old)) if old.sort_time == row.sort_time && old.kind == row.kind => {
                    // Numbers of cameras hold within one reading; a mark gives a photo no other camera.
                    row.camera = old.camera;
                    found.push((at, row));
                }
                // Not shown among all: other files, missing ones.
                None if !row.kind.is_shown() => {}
                _ => return Ok(false),
            }
        }
        let tiles = Arc::make_mut(&mut self.library.tiles);
        for (at, row) in found {
            if let Some(tile) = tiles.get_mut(at) {
                *tile = row;
            }
        }
        Ok(true)
    }
}

/// Numbers of photos as bits: told apart faster than in any set, and small for as many photos as there are.
pub(in crate::engine) struct PhotoBits(Vec<u64>);

impl PhotoBits {
    /// These photos.
    pub(in crate::engine) fn of(photos: &[PhotoId]) -> Self {
        let index = |photo: &PhotoId| usize::try_from(photo.0).ok();
        let words = photos
            .iter()
            .filter_map(index)
            .max()
            .map_or(0, |highest| highest / 64 + 1);
        let mut bits = vec![0_u64; words];
        for at in photos.iter().filter_map(index) {
            if let Some(word) = bits.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
        }
        Self(bits)
    }

    /// Whether this one is among them.
    pub(in crate::engine) fn has(&self, photo: PhotoId) -> bool {
        usize::try_from(photo.0)
            .ok()
            .and_then(|at| self.0.get(at / 64).map(|word| word & (1 << (at % 64)) != 0))
            .unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::{intake::NewFile, photos::FileFacts},
        library::annotate::Annotator,
        model::{
            change::Mark,
            id::{DeviceId, RootId},
            metadata::{Facts, MediaKind},
            photo::Role,
            rating::{Flag, Rating},
            time::{CaptureTime, Timestamp},
        },
        sys::{
            clock::SimClock,
            fs::{FileKind, Stat},
        },
    };
    use std::path::Path;

    /// A catalog with so many photos, of which the eighth is none.
    fn catalog_of(dir: &Path, count: u8) -> (Catalog, Vec<PhotoId>) {
        let catalog = Catalog::open(&dir.join("catalog.sqlite")).expect("a catalog");
        catalog.add_root(Path::new("/photos"), 1, Timestamp(1)).expect("a root");
        let stat = |seconds: i64| Stat {
            kind: FileKind::File,
            size: 1,
            mtime_ns: seconds * 1_000_000_000,
            ctime_ns: 0,
            dev: 1,
            ino: seconds.unsigned_abs(),
            nlink: 1,
            mode: 0,
            uid: 0,
        };
        let photos = catalog.intake(Timestamp(1), |intake| {
            let folder = intake.folder(RootId(1), b"")?;
            let mut photos = Vec::new();
            for n in 0..count {
                let file = NewFile {
                    name: format!("{n}.jpg").into_bytes(),
                    role: Role::Original,
                    kind: MediaKind::of_extension(if n == 7 { "txt" } else { "jpg" }),
                    stat: stat(i64::from(n)),
                    racy: false,
                };
                photos.extend(intake.add_photo(folder, &[file])?);
            }
            Ok(photos)
        });
        (catalog, photos.expect("photos"))
    }

    /// Kept rows are the catalog's, whatever was marked, shifted or scanned between.
    #[test]
    fn kept_tiles_are_as_if_read_anew() {
        let dir = tempfile::tempdir().expect("a folder");
        let (catalog, photos) = catalog_of(dir.path(), 20);
        let (clock, device) = (SimClock::at(Timestamp(1)), DeviceId("d".to_owned()));
        let annotator = Annotator {
            catalog: &catalog,
            clock: &clock,
            device: &device,
        };
        let book = TileBook::default();
        let same = |what: &str| {
            let fresh = catalog.tiles(&Filter::All, None, Order::NewestFirst).expect("tiles");
            let library = book.library(&catalog).expect("the library");
            assert_eq!(*library.tiles, fresh, "{what}");
            assert_eq!((fresh.len(), library.others), (19, 1));
        };
        same("at first");
        let marked = Mark::Flag(Flag::Pick);
        let mark = |photos: &[PhotoId], mark: &Mark| {
            let made = book.changing(&catalog, || annotator.mark(photos, mark), |_| Some(photos.to_vec()));
            made.expect("marks");
        };
        for photos in [&photos[3..4], &photos[..], &photos[7..8], &[PhotoId(99)]] {
            mark(photos, &marked);
            let kept = lock(&book.kept).as_ref().map(|kept| kept.writes);
            assert_eq!(kept, Some(catalog.writes()), "marks alone need no reading again");
            same("after a mark");
        }
        for (photo, camera) in [(4, "One"), (5, "Two")] {
            let file = catalog.files_of(&photos[photo..=photo]).expect("files").remove(0);
            let facts = Facts {
                model: Some(camera.to_owned()),
                ..Facts::default()
            };
            let read = FileFacts::Read(Box::new(facts));
            catalog.set_facts(&[(file, read)]).expect("facts");
        }
        same("after cameras were read");
        mark(&photos[5..6], &marked);
        same("after a mark on the second of two cameras");
        let file = catalog.files_of(&photos[2..3]).expect("files").remove(0);
        let taken = CaptureTime::from_parts((2024, 6, 1), (12, 0, 0), 0);
        let facts = Facts {
            taken,
            ..Facts::default()
        };
        catalog
            .set_facts(&[(file, FileFacts::Read(Box::new(facts)))])
            .expect("facts");
        same("after facts were read");
        let shift = Mark::Shift { seconds: -400 * 86_400 };
        mark(&photos[2..3], &shift);
        same("after a photo has another place in time");
        catalog.undo(&clock, &device).expect("undo");
        same("after an undo that nobody told the book of");
        mark(&photos[8..10], &Mark::Rating(Rating::new(4).expect("stars")));
        for back in [true, false] {
            let before = catalog.last_change().expect("a place");
            let turn = || match back {
                true => catalog.undo(&clock, &device),
                false => catalog.redo(&clock, &device),
            };
            let marked = |_: &Option<String>| catalog.marked_after(before, 2).expect("the log");
            book.changing(&catalog, turn, marked).expect("turned");
            let kept = lock(&book.kept).as_ref().map(|kept| kept.writes);
            assert_eq!(kept, Some(catalog.writes()), "nor do undo and redo of them");
            same("after undo and redo");
            assert_eq!(
                catalog.marked_after(before, 1).expect("the log"),
                None,
                "two are more than one"
            );
        }
        let one = &photos[2..3];
        let twice = || {
            annotator.mark(one, &marked)?;
            annotator.mark(&photos[5..6], &Mark::Flag(Flag::Reject))
        };
        book.changing(&catalog, twice, |_| Some(one.to_vec())).expect("marks");
        same("after more than one write");
    }

    #[test]
    fn bits_tell_photos_apart() {
        let photos = [PhotoId(1), PhotoId(64), PhotoId(1000)];
        let bits = PhotoBits::of(&photos);
        for photo in 0..1100 {
            assert_eq!(bits.has(PhotoId(photo)), photos.contains(&PhotoId(photo)), "{photo}");
        }
        assert!(!PhotoBits::of(&[]).has(PhotoId(0)) && !bits.has(PhotoId(-1)));
    }
}
