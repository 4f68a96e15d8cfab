//! Folders, scans, lists and thumbnails, as a face asks for them.

use super::{
    error::{OpError, Result},
    session::Session,
};
use crate::{
    catalog::{
        browse::{Filter, Order, TileRow},
        photos::{FileFacts, FileRow},
        roots::{AddedRoot, Root},
    },
    library::{
        facts,
        scan::{ScanOptions, scan_root},
        sidecar,
        thumbs::{Filled, PictureError},
        trash,
    },
    media::{decode::DecodeError, facts::read_facts, limits::Limits},
    model::{
        id::{PhotoId, RootId},
        metadata::MediaKind,
        photo::Role,
    },
    sys::{
        fs::{FileKind, FsErrorKind, ReadFile, Stat},
        real::canonical,
        task::Cx,
    },
};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

/// What is said of a file of which a part could not be shown.
pub(in crate::engine) const CUT_SHORT: &str = "It is damaged or cut short: a part of the picture is missing.";

/// How a scan of all roots ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScanSummary {
    /// New files.
    pub added: u64,
    /// Files with other bytes.
    pub changed: u64,
    /// Files known elsewhere or by another name.
    pub moved: u64,
    /// Files no longer there.
    pub missing: u64,
    /// Files as they were.
    pub unchanged: u64,
    /// Files whose facts were read.
    pub facts_read: u64,
    /// Files of these that cannot be read as pictures.
    pub undecodable: u64,
    /// What could not be looked at, and why.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Trees that could not be reached, and why; nothing was concluded from that.
    pub offline: Vec<(PathBuf, String)>,
    /// Somebody asked to stop.
    pub cancelled: bool,
}

/// One line of a list.
#[derive(Clone, Debug)]
pub struct ListLine {
    /// What the grid knows of it.
    pub tile: TileRow,
    /// Where the file that is shown lies.
    pub path: PathBuf,
    /// Bytes of its files.
    pub bytes: u64,
    /// When it was taken, where known.
    pub taken: Option<String>,
}

impl Session {
    /// Watches a folder tree from now on.
    ///
    /// # Errors
    /// It is not there, is no folder, or may not be looked at.
    pub fn add_root(&self, path: &Path) -> Result<Root> {
        let path = canonical(path).map_err(|error| match error.kind {
            FsErrorKind::NotFound => OpError::Usage(format!("There is no such folder: {}", path.display())),
            _ => error.into(),
        })?;
        let stat = self.fs.stat(&path)?;
        if self.fs.stat_opt(&path.join("safelight.json"))?.is_some() {
            return Err(OpError::Usage(format!(
                "This folder is a Safelight store, not a photo folder. Get its photos with: safelight restore --all --to FOLDER --store {}",
                path.display()
            )));
        }
        if stat.kind != FileKind::Dir {
            return Err(OpError::Usage(format!(
                "This is a file, not a folder: {}",
                path.display()
            )));
        }
        Ok(match self.catalog.add_root(&path, stat.dev, self.clock.now())? {
            AddedRoot::New(root) | AddedRoot::Known(root) | AddedRoot::Inside(root) => root,
        })
    }

    /// Stops watching a tree; touches no file. Returns how many photos are forgotten with it.
    ///
    /// # Errors
    /// `Usage` where it is not watched.
    pub fn forget_root(&self, path: &Path) -> Result<u64> {
        // An unplugged root cannot be resolved, and must be forgettable all the same.
        let resolved = canonical(path).unwrap_or_else(|_| path.to_owned());
        let root = self
            .catalog
            .roots()?
            .into_iter()
            .find(|root| root.path == resolved || root.path == path);
        let root = root.ok_or_else(|| {
            OpError::Usage(format!(
                "This folder is not watched: {}. See: safelight roots",
                path.display()
            ))
        })?;
        self.forget_root_id(root.id)
    }

    /// How many photos of a watched tree carry something that a person gave them.
    ///
    /// # Errors
    /// The catalog's.
    pub fn marked_in(&self, path: &Path) -> Result<u64> {
        let resolved = canonical(path).unwrap_or_else(|_| path.to_owned());
        let roots = self.catalog.roots()?;
        match roots
            .into_iter()
            .find(|root| root.path == resolved || root.path == path)
        {
            Some(root) => Ok(self.catalog.marked_in(root.id)?),
            None => Ok(0),
        }
    }

    /// The same by number.
    ///
    /// # Errors
    /// `NeedsYou` while originals of it are held or only in a store: they would be forgotten too.
    pub fn forget_root_id(&self, root: RootId) -> Result<u64> {
        let optimized = self.catalog.optimized_in(root)?;
        if optimized > 0 {
            return Err(OpError::NeedsYou(format!(
                "{optimized} photos in this folder are optimized copies: restore their originals first \
                 (safelight restore in:FOLDER), then stop watching it."
            )));
        }
        Ok(self.catalog.forget_root(root)?)
    }

    /// Scans every root, then reads the facts of files that are new, unless `index_only`.
    ///
    /// # Errors
    /// The catalog's; what is wrong with a tree or a file is in the summary.
    pub fn scan_all(&self, index_only: bool, cx: &Cx, on_batch: &dyn Fn()) -> Result<ScanSummary> {
        let deferred = self.catalog.defer_search_indexes()?;
        let scanned = self.scan_roots(index_only, cx, on_batch);
        if deferred {
            self.catalog.make_search_indexes()?;
        }
        if !index_only {
            self.name_places(cx)?;
        }
        scanned
    }

    fn scan_roots(&self, index_only: bool, cx: &Cx, on_batch: &dyn Fn()) -> Result<ScanSummary> {
        let mut summary = ScanSummary::default();
        // What was on its way gets there first: nothing is found at a place that it is about to leave.
        let (moved, trashed) = self.settle_files(cx)?;
        for (name, why) in moved.failed.into_iter().chain(trashed.failed) {
            tracing::warn!("{name}: {why}");
        }
        for root in self.catalog.roots()? {
            if cx.cancel.is_cancelled() {
                summary.cancelled = true;
                return Ok(summary);
            }
            let report = scan_root(
                &self.catalog,
                self.fs.as_ref(),
                self.clock.as_ref(),
                &root,
                &ScanOptions::default(),
                cx,
                &mut |_| on_batch(),
            )?;
            sidecar::sweep(self.fs.as_ref(), self.clock.now(), &report.leftovers);
            if report.offline.is_none() {
                let found = trash::adopt(&self.catalog, self.fs.as_ref(), self.clock.as_ref(), &root)?;
                if found > 0 {
                    self.bridge.note(
                        1,
                        format!("{found} photos found in Safelight's trash of {}", root.path.display()),
                    );
                }
            }
            summary.added += report.added;
            summary.changed += report.changed;
            summary.moved += report.moved;
            summary.missing += report.missing;
            summary.unchanged += report.unchanged;
            summary.unreadable.extend(report.unreadable);
            summary
                .offline
                .extend(report.offline.map(|why| (root.path.clone(), why)));
            summary.cancelled |= report.cancelled;
        }
        if !index_only && !summary.cancelled {
            let read = |open: &mut dyn ReadFile, file: &FileRow| self.read_one(open, file);
            let report = facts::read_facts(&self.catalog, self.fs.as_ref(), &read, cx, &mut |_| on_batch())?;
            summary.facts_read = report.read + report.undecodable;
            summary.undecodable = report.undecodable;
            summary.unreadable.extend(self.catalog.unreadable_files(1000)?);
            summary.cancelled |= report.cancelled;
            // Marks that files and sidecars carry, those changed by other programs among them.
            if !summary.cancelled {
                let tended = self.tend_sidecars(cx)?;
                summary.cancelled |= tended.cancelled;
                let some_away = summary.cancelled || !summary.offline.is_empty();
                if self.mark_copies(some_away)? > 0 || tended.read > 0 {
                    on_batch();
                }
            }
        }
        Ok(summary)
    }

    /// The photo that a path belongs to.
    ///
    /// # Errors
    /// The catalog's.
    pub fn photo_at(&self, path: &Path) -> Result<Option<PhotoId>> {
        let resolved = canonical(path).unwrap_or_else(|_| path.to_owned());
        Ok(self.catalog.photo_at(&resolved)?)
    }

    /// The file that is shown for a photo.
    ///
    /// # Errors
    /// The catalog's.
    pub fn shown_file(&self, photo: PhotoId) -> Result<Option<FileRow>> {
        let primary = self.catalog.photo(photo)?.and_then(|row| row.primary);
        let files = self.catalog.files_of(&[photo])?;
        Ok(files
            .iter()
            .find(|file| Some(file.id) == primary)
            .or(files.first())
            .cloned())
    }

    /// Why a file is out of reach, where its whole tree is: a folder that is away is no lost file (I12).
    #[must_use]
    pub fn away(&self, file: &FileRow) -> Option<String> {
        let roots = self.catalog.roots().ok()?;
        let root = roots.into_iter().find(|root| root.id == file.root)?;
        let there = root.online && self.fs.stat(&root.path).is_ok();
        (!there).then(|| away_sentence(&root.path))
    }

    /// The RAW file of a photo that is there.
    ///
    /// # Errors
    /// The catalog's.
    pub fn raw_file(&self, photo: PhotoId) -> Result<Option<FileRow>> {
        let files = self.catalog.files_of(&[photo])?;
        let mut raws = files
            .into_iter()
            .filter(|file| file.kind == MediaKind::Raw && file.role != Role::Proxy && file.missing_since.is_none());
        Ok(raws.next())
    }

    /// Lines of a list, oldest first: everything that is there, or these photos.
    ///
    /// # Errors
    /// The catalog's.
    pub fn list_lines(&self, only: Option<&HashSet<PhotoId>>, limit: usize) -> Result<Vec<ListLine>> {
        let mut tiles = self.catalog.tiles(&Filter::Everything, None, Order::OldestFirst)?;
        match only {
            Some(only) => tiles.retain(|tile| only.contains(&tile.id)),
            None => tiles.retain(|tile| tile.safety != crate::model::safety::Safety::Removed),
        }
        tiles.truncate(limit);
        let ids: Vec<PhotoId> = tiles.iter().map(|tile| tile.id).collect();
        let mut shown: HashMap<PhotoId, (PathBuf, Option<String>)> = self.catalog.shown_paths(&ids)?;
        Ok(tiles
            .into_iter()
            .map(|tile| {
                let (path, taken) = shown.remove(&tile.id).unwrap_or_default();
                ListLine {
                    bytes: tile.size,
                    path,
                    taken,
                    tile,
                }
            })
            .collect())
    }

    /// Fills the thumbnail cache for these photos.
    ///
    /// # Errors
    /// The catalog's; what has no thumbnail is in the report.
    pub fn fill_thumbs(&self, photos: &[PhotoId], cx: &Cx) -> Result<Filled> {
        let mut files: Vec<(PathBuf, Stat)> = Vec::new();
        let mut rows: HashMap<PathBuf, FileRow> = HashMap::new();
        for photo in photos {
            let Some(file) = self.shown_file(*photo)? else { continue };
            // A file that went since the scan has no thumbnail to make; the next scan says so.
            if let (true, Ok(stat)) = (file.kind.is_shown(), self.fs.stat(&file.path)) {
                files.push((file.path.clone(), stat));
                rows.insert(file.path.clone(), file);
            }
        }
        let filled = self.thumbs.fill(self.fs.as_ref(), &files, cx);
        self.thumbs.flush();
        let why = filled.failed.iter().filter_map(|(path, error)| match error {
            PictureError::Decode(why) => Some((path, unreadable(why))),
            _ => None,
        });
        let hurt = files.iter().filter(|(_, stat)| self.thumbs.is_hurt(stat));
        for (path, sentence) in why.chain(hurt.map(|(path, _)| (path, CUT_SHORT.to_owned()))) {
            if let Some(file) = rows.get(path) {
                self.keep_flaw(file, &sentence)?;
            }
        }
        Ok(filled)
    }

    /// What only decoding finds out is kept, so that it is named in the status and never optimized.
    ///
    /// # Errors
    /// The catalog's.
    pub(in crate::engine) fn keep_flaw(&self, file: &FileRow, sentence: &str) -> Result<()> {
        if !file.undecodable && self.may_write() && matches!(file.kind, MediaKind::Picture | MediaKind::Raw) {
            self.catalog.set_file_problem(file.id, Some(sentence), true)?;
            self.found_flaw.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// One file's facts, and whether it is a picture at all. What only decoding finds out (a picture cut short) is noted
    /// when its thumbnail is made, here where that was before.
    fn read_one(&self, open: &mut dyn ReadFile, file: &FileRow) -> std::io::Result<FileFacts> {
        let limits = Limits::default();
        let stat = open.stat()?;
        let mut open = open;
        let facts = read_facts(&mut open, file.size, &limits)?;
        if !matches!(file.kind, MediaKind::Picture | MediaKind::Raw) {
            return Ok(FileFacts::Read(Box::new(facts)));
        }
        let problem = match (&facts.format, facts.width) {
            _ if file.size == 0 => Some("It is empty: it has no bytes at all.".to_owned()),
            (None, _) => {
                Some("It cannot be read as a picture: its bytes are no picture that Safelight knows.".to_owned())
            }
            (Some(format), None) => Some(format!(
                "It cannot be read as a picture: its {format} header is damaged or cut off."
            )),
            (Some(_), Some(_)) if self.thumbs.is_hurt(&stat) => Some(CUT_SHORT.to_owned()),
            (Some(_), Some(_)) => None,
        };
        Ok(match problem {
            Some(why) => FileFacts::Undecodable(Box::new(facts), why),
            None => FileFacts::Read(Box::new(facts)),
        })
    }
}

/// What is said of a file that is no picture to any decoder.
pub(in crate::engine) fn unreadable(why: &DecodeError) -> String {
    match why {
        // Nothing is wrong with it: the sentence is about this program.
        DecodeError::Unsupported(_) => format!("{why}."),
        _ => format!("It cannot be read as a picture: {why}"),
    }
}

/// What is said of a photo whose tree is unplugged.
#[must_use]
pub fn away_sentence(root: &Path) -> String {
    format!(
        "Its folder is not connected now: {}. Plug it in or mount it, and the photo is here again.",
        root.display()
    )
}
