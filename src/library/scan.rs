//! Brings the catalog up to what lies in a watched tree. One thread walks by stat alone, this one compares and writes in
//! batches; an unchanged tree is only looked at. An error is never absence: what could not be read stays as it was known,
//! and an unplugged tree changes nothing but its `online` (I12).

use super::{
    regroup::regroup,
    track::{Tracker, hash_file},
    walk::{LeftOut, Listing, Step, Walk},
};
use crate::{
    catalog::{
        Catalog,
        error::Result,
        intake::{Intake, KnownFile},
        moves::OnTheWay,
        roots::Root,
    },
    model::{
        id::{FileId, FolderId, PhotoId},
        metadata::MediaKind,
        photo::{Role, kind_of_name},
        time::Timestamp,
    },
    sys::{
        clock::Clock,
        fs::{FileKind, Fs, FsError, FsErrorKind, Stat},
        real::{path_bytes, path_from_bytes},
        task::{Cx, beside},
    },
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::ControlFlow,
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    time::Duration,
};

/// A file written this shortly before we looked may be written again within the same tick of its file system's clock
/// (FAT counts in two seconds), so that an equal stat proves nothing until a second look.
const RACY_NS: i64 = 2_000_000_000;
/// Folders that may wait between the walk and the catalog.
const QUEUE: usize = 512;
/// How many paths a report names; the rest are counted.
const NAMED: usize = 1000;
/// Rows that one transaction of the last stage changes.
const CHUNK: usize = 2000;

/// How a scan goes about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScanOptions {
    /// Files in the first transaction: few, so that the first tiles show at once.
    pub first_batch: usize,
    /// Files in each later one.
    pub batch: usize,
    /// How long a slow disk may keep a begun batch waiting.
    pub patience: Duration,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            first_batch: 256,
            batch: 4000,
            patience: Duration::from_millis(300),
        }
    }
}

/// What a scan found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScanReport {
    /// Folders that were read.
    pub folders: u64,
    /// Files that are new.
    pub added: u64,
    /// Files with other bytes than before.
    pub changed: u64,
    /// Files that were known elsewhere, or by another name.
    pub moved: u64,
    /// Files that are no longer there.
    pub missing: u64,
    /// Files that had been missing.
    pub came_back: u64,
    /// Files as they were.
    pub unchanged: u64,
    /// What could not be looked at, and why: the first thousand.
    pub unreadable: Vec<(PathBuf, String)>,
    /// How many that were.
    pub unreadable_count: u64,
    /// What was left out although it is there, and why: the first thousand.
    pub left_out: Vec<(PathBuf, LeftOut)>,
    /// How many that were.
    pub left_out_count: u64,
    /// Half-written files of our own that a kill left: the first thousand.
    pub leftovers: Vec<PathBuf>,
    /// The tree could not be reached, for this reason; nothing was concluded.
    pub offline: Option<String>,
    /// It was stopped before its end; what was found until then is kept.
    pub cancelled: bool,
}

/// Scans one watched tree. `on_batch` is called after each transaction with the report so far.
///
/// # Errors
/// The catalog's, and the system's where it has no thread to give. Troubles with files and folders are in the report.
pub fn scan_root(
    catalog: &Catalog,
    fs: &dyn Fs,
    clock: &dyn Clock,
    root: &Root,
    options: &ScanOptions,
    cx: &Cx,
    on_batch: &mut dyn FnMut(&ScanReport),
) -> Result<ScanReport> {
    let volume = match probe(catalog, fs, root)? {
        Probe::There(volume) => volume,
        Probe::Offline(why) => {
            catalog.set_root_online(root.id, false)?;
            return Ok(ScanReport {
                offline: Some(why),
                ..ScanReport::default()
            });
        }
    };
    if volume != root.volume {
        catalog.root_remounted(root.id, root.volume, volume)?;
    }
    catalog.set_root_online(root.id, true)?;
    let others: Vec<PathBuf> = catalog
        .roots()?
        .into_iter()
        .filter(|other| other.id != root.id)
        .map(|other| other.path)
        .collect();
    let mut scan = Scan::new(catalog, fs, clock.now(), root, cx)?;
    let (sender, receiver) = sync_channel::<Step>(QUEUE);
    let walk = || {
        let walk = Walk {
            fs,
            root: &root.path,
            other_roots: &others,
            cancel: &cx.cancel,
        };
        walk.run(&mut |step| match sender.send(step) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        });
        drop(sender);
    };
    let ((), taken) = beside("scan", walk, || scan.take_all(receiver, options, on_batch))
        .map_err(|source| FsError::new("walk the folders", &root.path, source))?;
    taken?;
    if cx.cancel.is_cancelled() {
        scan.report.cancelled = true;
        return Ok(scan.report);
    }
    scan.finish()?;
    catalog.root_scanned(root.id, volume, clock.now())?;
    on_batch(&scan.report);
    Ok(scan.report)
}

pub(in crate::library) enum Probe {
    There(u64),
    Offline(String),
}

/// Whether the tree is there. A mount point whose disk is unplugged is an ordinary empty folder of another device, and a
/// folder on which another disk is mounted now holds none of the names we know: both are "unplugged", not "emptied".
pub(in crate::library) fn probe(catalog: &Catalog, fs: &dyn Fs, root: &Root) -> Result<Probe> {
    let stat = match fs.stat(&root.path) {
        Ok(stat) if stat.kind == FileKind::Dir => stat,
        Ok(_) => return Ok(Probe::Offline("What is at its place is no folder.".to_owned())),
        Err(error) => {
            return Ok(Probe::Offline(format!(
                "It cannot be reached: {}.",
                error.kind.sentence()
            )));
        }
    };
    if stat.dev == root.volume {
        return Ok(Probe::There(stat.dev));
    }
    let folders = catalog.known_folders(root.id)?;
    let mut known: HashSet<Vec<u8>> = folders
        .keys()
        .filter(|rel| !rel.is_empty() && !rel.contains(&b'/'))
        .cloned()
        .collect();
    if let Some((own, _)) = folders.get(&Vec::new()) {
        known.extend(
            catalog
                .known_files(&[*own])?
                .into_iter()
                .flatten()
                .map(|file| file.name),
        );
    }
    if known.is_empty() {
        return Ok(Probe::There(stat.dev));
    }
    let mut found = false;
    let listed = fs.list(&root.path, &mut |entry| {
        found |= known.contains(&path_bytes(std::path::Path::new(&entry.name)));
    });
    Ok(match listed {
        Ok(()) if found => Probe::There(stat.dev),
        Ok(()) => Probe::Offline("Its disk is not connected: another one is at its place.".to_owned()),
        Err(error) => Probe::Offline(format!("It cannot be read: {}.", error.kind.sentence())),
    })
}

/// How a folder differs from what was known of it; numbers are places in `Listing::files` and in the known files.
#[derive(Default)]
pub(in crate::library) struct Diff {
    pub unchanged: u64,
    /// `(file, known)` of equal name and different stat.
    pub changed: Vec<(usize, usize)>,
    /// `(file, known)` of missing files that are there again, unchanged.
    pub back: Vec<(usize, usize)>,
    /// `(file, known)` of racy files that can be looked at again.
    pub racy: Vec<(usize, usize)>,
    /// Files of unknown names.
    pub fresh: Vec<usize>,
    /// Known files whose names are gone.
    pub gone: Vec<usize>,
}

impl Diff {
    /// Both lists are sorted by name, so one pass over both is enough.
    fn of(listing: &Listing, known: &[KnownFile], now: Timestamp) -> Self {
        let mut diff = Self::default();
        let (mut at, mut row) = (0, 0);
        loop {
            match (listing.files.get(at), known.get(row)) {
                (None, None) => return diff,
                (Some((name, stat)), Some(file)) if *name == file.name => {
                    if !file.unchanged(stat) {
                        diff.changed.push((at, row));
                    } else if file.missing {
                        diff.back.push((at, row));
                    } else if file.racy && !is_racy(stat, now) {
                        diff.racy.push((at, row));
                    } else {
                        diff.unchanged += 1;
                    }
                    at += 1;
                    row += 1;
                }
                (Some((name, _)), Some(file)) if *name > file.name => {
                    diff.lost(listing, file, row);
                    row += 1;
                }
                (Some(_), _) => {
                    diff.fresh.push(at);
                    at += 1;
                }
                (None, Some(file)) => {
                    diff.lost(listing, file, row);
                    row += 1;
                }
            }
        }
    }

    fn lost(&mut self, listing: &Listing, file: &KnownFile, row: usize) {
        // What could not be read to its end, and names that could not be looked at, say nothing about absence.
        let doubtful = listing.problem.is_some() || listing.doubtful.iter().any(|(name, _)| *name == file.name);
        if !file.missing && !doubtful {
            self.gone.push(row);
        }
    }

    fn is_quiet(&self) -> bool {
        self.changed.is_empty()
            && self.back.is_empty()
            && self.racy.is_empty()
            && self.fresh.is_empty()
            && self.gone.is_empty()
    }
}

fn is_racy(stat: &Stat, now: Timestamp) -> bool {
    now.0.saturating_mul(1_000_000).saturating_sub(stat.mtime_ns) < RACY_NS
}

/// One folder with everything decided that needs the disk, so that the transaction only writes.
struct Plan {
    listing: Listing,
    known: Vec<KnownFile>,
    diff: Diff,
    /// `(row, file)`: known files of this folder that have another name of it now.
    renamed: Vec<(usize, usize)>,
    /// `(file, row of elsewhere)`: files that were known in another folder.
    arrived: Vec<(usize, FileId)>,
    /// Racy rows that a second look found as they were.
    settled: HashSet<usize>,
}

struct Scan<'a> {
    catalog: &'a Catalog,
    fs: &'a dyn Fs,
    now: Timestamp,
    root: &'a Root,
    cx: &'a Cx,
    folders: HashMap<Vec<u8>, (FolderId, Option<String>)>,
    visited: HashSet<FolderId>,
    /// Paths below the root whose insides we know nothing new of.
    kept: Vec<Vec<u8>>,
    gone: Vec<(FileId, PhotoId)>,
    moved_photos: BTreeSet<PhotoId>,
    tracker: Tracker<'a>,
    /// What we are moving ourselves.
    moving: OnTheWay,
    report: ScanReport,
}

impl<'a> Scan<'a> {
    fn new(catalog: &'a Catalog, fs: &'a dyn Fs, now: Timestamp, root: &'a Root, cx: &'a Cx) -> Result<Self> {
        Ok(Self {
            catalog,
            fs,
            now,
            root,
            cx,
            folders: catalog.known_folders(root.id)?,
            visited: HashSet::new(),
            kept: Vec::new(),
            gone: Vec::new(),
            moved_photos: BTreeSet::new(),
            tracker: Tracker::new(catalog, fs, root.id),
            moving: catalog.on_the_way(root.id)?,
            report: ScanReport::default(),
        })
    }

    /// Takes the walk's steps in batches until it ends.
    fn take_all(
        &mut self,
        steps: Receiver<Step>,
        options: &ScanOptions,
        on_batch: &mut dyn FnMut(&ScanReport),
    ) -> Result<()> {
        let mut batch = Vec::new();
        let (mut files, mut limit) = (0, options.first_batch);
        loop {
            let step = steps.recv_timeout(options.patience);
            let ended = matches!(step, Err(RecvTimeoutError::Disconnected));
            let late = matches!(step, Err(RecvTimeoutError::Timeout));
            match step {
                Ok(Step::Folder(listing)) => {
                    files += listing.files.len();
                    batch.push(listing);
                }
                Ok(Step::LeftOut(path, why)) => self.left_out(path, why),
                Err(_) => {}
            }
            if files >= limit || ((ended || late) && !batch.is_empty()) {
                self.take(std::mem::take(&mut batch))?;
                (files, limit) = (0, options.batch);
                on_batch(&self.report);
            }
            if ended || self.cx.cancel.is_cancelled() {
                return Ok(());
            }
        }
    }

    fn left_out(&mut self, path: PathBuf, why: LeftOut) {
        self.keep(&path);
        self.report.left_out_count += 1;
        if self.report.left_out.len() < NAMED {
            self.report.left_out.push((path, why));
        }
    }

    fn unreadable(&mut self, path: PathBuf, why: String) {
        self.keep(&path);
        self.report.unreadable_count += 1;
        if self.report.unreadable.len() < NAMED {
            self.report.unreadable.push((path, why));
        }
    }

    fn keep(&mut self, path: &std::path::Path) {
        if let Ok(rel) = path.strip_prefix(&self.root.path) {
            self.kept.push(path_bytes(rel));
        }
    }

    fn take(&mut self, listings: Vec<Listing>) -> Result<()> {
        let ids: Vec<Option<FolderId>> = listings
            .iter()
            .map(|listing| self.folders.get(&listing.rel).map(|(id, _)| *id))
            .collect();
        let known_ids: Vec<FolderId> = ids.iter().flatten().copied().collect();
        self.visited.extend(known_ids.iter().copied());
        let mut known = self.catalog.known_files(&known_ids)?.into_iter();
        let mut plans = Vec::new();
        for (mut listing, id) in listings.into_iter().zip(ids) {
            let rows = id.and_then(|_| known.next()).unwrap_or_default();
            self.report.folders += 1;
            self.cx.progress.add(listing.files.len() as u64);
            let room = NAMED.saturating_sub(self.report.leftovers.len());
            let leftovers = listing.leftovers.iter().take(room);
            let leftovers = leftovers.map(|name| listing.path.join(path_from_bytes(name.clone())));
            self.report.leftovers.extend(leftovers);
            if let Some(why) = &listing.problem {
                self.unreadable(listing.path.clone(), why.clone());
            }
            for (name, kind) in &listing.doubtful {
                self.unreadable(
                    listing.path.join(path_from_bytes(name.clone())),
                    kind.sentence().to_owned(),
                );
            }
            self.leave_alone(&mut listing, &rows);
            let diff = Diff::of(&listing, &rows, self.now);
            self.report.unchanged += diff.unchanged;
            let same_problem = self
                .folders
                .get(&listing.rel)
                .is_some_and(|(_, problem)| *problem == listing.problem);
            if !(diff.is_quiet() && same_problem) {
                plans.push(self.plan(listing, rows, diff)?);
            }
        }
        if plans.is_empty() {
            return Ok(());
        }
        let (catalog, now) = (self.catalog, self.now);
        catalog.intake(now, |intake| plans.iter().try_for_each(|plan| self.apply(intake, plan)))
    }

    /// Nothing is concluded from places of photos that are on their way: their rows, and what becomes one photo with them,
    /// stay as they are until all files of each are at one place.
    fn leave_alone(&self, listing: &mut Listing, rows: &[KnownFile]) {
        let Some(names) = self.moving.names.get(&listing.rel) else {
            return;
        };
        listing.files.retain(|(name, _)| !names.contains(name));
        let known = rows.iter().filter(|row| !row.missing && names.contains(&row.name));
        let still: Vec<_> = known.map(|row| (row.name.clone(), FsErrorKind::Io)).collect();
        listing.doubtful.extend(still);
    }

    /// Decides what needs the disk: which new name is an old file, and whether a racy file is what it was.
    fn plan(&mut self, listing: Listing, known: Vec<KnownFile>, mut diff: Diff) -> Result<Plan> {
        self.ask_for_sidecars(&listing, &known, &mut diff);
        let mut settled = HashSet::new();
        for (at, row) in std::mem::take(&mut diff.racy) {
            let same = match known.get(row) {
                Some(file) => self.still_the_same(&listing, at, file)?,
                None => None,
            };
            match same {
                Some(true) => {
                    settled.insert(row);
                    self.report.unchanged += 1;
                }
                Some(false) => diff.changed.push((at, row)),
                // It could not be read now: it stays racy.
                None => self.report.unchanged += 1,
            }
        }
        let renamed = renames(&listing, &known, &diff);
        let taken: HashSet<usize> = renamed.iter().map(|(_, at)| *at).collect();
        let mut arrived = Vec::new();
        for at in &diff.fresh {
            if let Some((name, stat)) = listing.files.get(*at).filter(|_| !taken.contains(at)) {
                let path = listing.path.join(path_from_bytes(name.clone()));
                if let Some(file) = self.tracker.origin_of(&path, stat, self.cx)? {
                    arrived.push((*at, file));
                }
            }
        }
        Ok(Plan {
            listing,
            known,
            diff,
            renamed,
            arrived,
            settled,
        })
    }

    /// Sidecars are written and known beside a scan, so the walk may have looked before that: those that are not as they are
    /// known are looked at once more.
    fn ask_for_sidecars(&mut self, listing: &Listing, known: &[KnownFile], diff: &mut Diff) {
        let fs = self.fs;
        let stat_now = |row: usize| {
            let file = known
                .get(row)
                .filter(|file| file.role == Role::Sidecar && !file.missing)?;
            let stat = fs.stat_opt(&listing.path.join(path_from_bytes(file.name.clone())));
            Some((file, stat.ok()?))
        };
        let mut as_known = 0;
        diff.changed.retain(|(_, row)| {
            let same = matches!(stat_now(*row), Some((file, Some(stat))) if file.unchanged(&stat));
            as_known += u64::from(same);
            !same
        });
        diff.gone.retain(|row| !matches!(stat_now(*row), Some((_, Some(_)))));
        // A folder that is new to the catalog has no sidecar that we take back.
        if !known.is_empty() {
            diff.fresh.retain(|at| {
                let name = listing.files.get(*at).map(|(name, _)| path_from_bytes(name.clone()));
                let name = name.filter(|name| kind_of_name(&name.to_string_lossy()) == MediaKind::Sidecar);
                !name.is_some_and(|name| matches!(fs.stat_opt(&listing.path.join(name)), Ok(None)))
            });
        }
        self.report.unchanged += as_known;
    }

    /// Compares a racy file's bytes with what was hashed; where nothing was, its facts are to be read again.
    fn still_the_same(&self, listing: &Listing, at: usize, file: &KnownFile) -> Result<Option<bool>> {
        let content = self.catalog.file(file.id)?.and_then(|row| row.content);
        let (Some(content), Some((name, stat))) = (content, listing.files.get(at)) else {
            return Ok(Some(false));
        };
        let path = listing.path.join(path_from_bytes(name.clone()));
        Ok(hash_file(self.fs, &path, stat, self.cx).map(|found| found == content))
    }

    fn apply(&mut self, intake: &mut Intake<'_>, plan: &Plan) -> Result<()> {
        let listing = &plan.listing;
        let (folder, problem) = match self.folders.get(&listing.rel) {
            Some((folder, problem)) => (*folder, problem.clone()),
            None => (intake.folder(self.root.id, &listing.rel)?, None),
        };
        if problem != listing.problem {
            intake.set_folder_problem(folder, listing.problem.as_deref())?;
        }
        self.folders
            .insert(listing.rel.clone(), (folder, listing.problem.clone()));
        self.visited.insert(folder);
        let file_at = |at: usize| listing.files.get(at);
        for (row, _) in &plan.renamed {
            // Names may have been exchanged, so every renamed row first takes a name that no file can have.
            if let Some(file) = plan.known.get(*row) {
                intake.step_aside(file.id)?;
            }
        }
        for (row, at) in &plan.renamed {
            if let (Some(file), Some((name, stat))) = (plan.known.get(*row), file_at(*at)) {
                intake.relocate(file.id, folder, name, stat)?;
                self.report.moved += 1;
            }
        }
        let moved_rows: HashSet<usize> = plan.renamed.iter().map(|(row, _)| *row).collect();
        let moved_names: HashSet<usize> = plan.renamed.iter().map(|(_, at)| *at).collect();
        for (at, row) in plan.diff.changed.iter().filter(|(at, _)| !moved_names.contains(at)) {
            if let (Some(file), Some((_, stat))) = (plan.known.get(*row), file_at(*at)) {
                intake.changed(file, stat, is_racy(stat, self.now))?;
                self.report.changed += 1;
            }
        }
        for (_, row) in &plan.diff.back {
            if let Some(file) = plan.known.get(*row) {
                intake.came_back(file)?;
                self.report.came_back += 1;
            }
        }
        for file in plan.settled.iter().filter_map(|row| plan.known.get(*row)) {
            intake.settled(file)?;
        }
        for (at, file) in &plan.arrived {
            if let Some((name, stat)) = file_at(*at) {
                self.moved_photos.insert(intake.relocate(*file, folder, name, stat)?);
                self.report.moved += 1;
            }
        }
        let gone = plan.diff.gone.iter().filter(|row| !moved_rows.contains(row));
        let gone = gone.filter_map(|row| plan.known.get(*row));
        self.gone.extend(gone.map(|file| (file.id, file.photo)));
        let arrived: HashSet<usize> = plan.arrived.iter().map(|(at, _)| *at).collect();
        // Sidecars that were written and made known since the walk looked are not new any more.
        let since: HashSet<Vec<u8>> = match plan.diff.fresh.is_empty() {
            true => HashSet::new(),
            false => intake.files_in(folder)?.into_iter().map(|file| file.name).collect(),
        };
        let is_new = |at: &&usize| {
            let known = file_at(**at).is_some_and(|(name, _)| since.contains(name));
            !known && !moved_names.contains(at) && !arrived.contains(at)
        };
        let fresh: Vec<usize> = plan.diff.fresh.iter().filter(is_new).copied().collect();
        self.report.added += fresh.len() as u64;
        let returned = plan
            .diff
            .changed
            .iter()
            .any(|(_, row)| plan.known.get(*row).is_some_and(|file| file.missing));
        if returned || !(fresh.is_empty() && plan.renamed.is_empty() && arrived.is_empty() && plan.diff.back.is_empty())
        {
            let has_rows = !plan.known.is_empty() || !arrived.is_empty() || !since.is_empty();
            let now = self.now;
            regroup(intake, folder, listing, &fresh, has_rows, &mut self.tracker, |stat| {
                is_racy(stat, now)
            })?;
        }
        Ok(())
    }

    /// After the whole tree was seen: what is gone is missing, what a moved photo left behind becomes photos of its own.
    fn finish(&mut self) -> Result<()> {
        let unseen: Vec<FolderId> = self
            .folders
            .iter()
            .filter(|(rel, (id, _))| !self.visited.contains(id) && !self.is_kept(rel))
            .map(|(_, (id, _))| *id)
            .collect();
        self.forget_problems(&unseen)?;
        for file in self.catalog.known_files(&unseen)?.into_iter().flatten() {
            if !file.missing {
                self.gone.push((file.id, file.photo));
            }
        }
        let mut gone = std::mem::take(&mut self.gone);
        gone.retain(|(file, _)| !self.tracker.was_moved(*file) && !self.moving.files.contains(file));
        self.report.missing = gone.len() as u64;
        let (catalog, now) = (self.catalog, self.now);
        for chunk in gone.chunks(CHUNK) {
            catalog.intake(now, |intake| {
                intake.missing(chunk)?;
                let photos: BTreeSet<PhotoId> = chunk.iter().map(|(_, photo)| *photo).collect();
                photos.into_iter().try_for_each(|photo| intake.refresh_shown(photo))
            })?;
        }
        let moved: Vec<PhotoId> = std::mem::take(&mut self.moved_photos).into_iter().collect();
        for chunk in moved.chunks(CHUNK) {
            catalog.intake(now, |intake| {
                chunk.iter().try_for_each(|photo| settle_moved(intake, *photo))
            })?;
        }
        Ok(())
    }

    /// A folder that is gone has no problem any longer.
    fn forget_problems(&self, unseen: &[FolderId]) -> Result<()> {
        let troubled: Vec<FolderId> = self
            .folders
            .values()
            .filter(|(id, problem)| problem.is_some() && unseen.contains(id))
            .map(|(id, _)| *id)
            .collect();
        if troubled.is_empty() {
            return Ok(());
        }
        self.catalog.intake(self.now, |intake| {
            troubled
                .iter()
                .try_for_each(|folder| intake.set_folder_problem(*folder, None))
        })
    }

    fn is_kept(&self, rel: &[u8]) -> bool {
        self.kept
            .iter()
            .any(|kept| kept.is_empty() || (rel.starts_with(kept) && matches!(rel.get(kept.len()), None | Some(&b'/'))))
    }
}

/// Known files of a folder that have another name of the same folder now. Names that were exchanged or passed along a
/// chain are found; a file that was put over another is that other file changed, since a row cannot give up its name.
fn renames(listing: &Listing, known: &[KnownFile], diff: &Diff) -> Vec<(usize, usize)> {
    let mut free: HashMap<u64, usize> =
        diff.gone
            .iter()
            .map(|row| (*row, known.get(*row)))
            .fold(HashMap::new(), |mut map, (row, file)| {
                if let Some(file) = file {
                    map.insert(file.ino, row);
                }
                map
            });
    for (_, row) in &diff.changed {
        if let Some(file) = known.get(*row).filter(|file| !file.missing) {
            free.insert(file.ino, *row);
        }
    }
    let own_row: HashMap<usize, usize> = diff.changed.iter().copied().collect();
    let names = diff.fresh.iter().copied().chain(diff.changed.iter().map(|(at, _)| *at));
    let mut pairs: Vec<(usize, usize)> = names
        .filter_map(|at| {
            let (_, stat) = listing.files.get(at)?;
            let row = *free.get(&stat.ino)?;
            let same = known.get(row)?.may_be(stat) && own_row.get(&at) != Some(&row);
            same.then_some((row, at))
        })
        .collect();
    // One row, one name: a second hard link is a file of its own.
    let mut seen = HashSet::new();
    pairs.retain(|(row, _)| seen.insert(*row));
    loop {
        let rows: HashSet<usize> = pairs.iter().map(|(row, _)| *row).collect();
        let before = pairs.len();
        pairs.retain(|(_, at)| own_row.get(at).is_none_or(|own| rows.contains(own)));
        if pairs.len() == before {
            return pairs;
        }
    }
}

/// A photo moved with some of its files: those that stayed in other folders become photos there, with the same marks.
fn settle_moved(intake: &mut Intake<'_>, photo: PhotoId) -> Result<()> {
    let mut by_folder: HashMap<FolderId, Vec<_>> = HashMap::new();
    for (folder, file, role) in intake.left_behind(photo)? {
        by_folder.entry(folder).or_default().push((file, role));
    }
    let mut folders: Vec<_> = by_folder.into_iter().collect();
    folders.sort_unstable_by_key(|(folder, _)| *folder);
    for (folder, files) in folders {
        intake.split(photo, folder, &files)?;
    }
    intake.refresh_shown(photo)
}
