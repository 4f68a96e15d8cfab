//! Safelight's trash: a photo's files, all of them, leave their folder by rename and lie in `.safelight/trash` of their own
//! root, below the path they had, until they are put back under exactly their names or given to the system's trash.
//!
//! The catalog's journal (`catalog::trash`) says only where a photo is wanted. [`settle`] looks at both places of each file
//! and moves what is not there yet; so it finishes what was begun, and what a crash, a full disk or an unplugged one
//! interrupted. It never puts a file over another, and an error is never taken for absence.

use super::{
    rename::{is_known, rename, sentence, stat_for_row},
    scan::{Probe, probe},
};
use crate::{
    catalog::{
        Catalog,
        error::Result,
        intake::NewFile,
        photos::FileRow,
        roots::Root,
        trash::{TRASH_DIR, TrashFile, TrashState, Trashed},
    },
    model::{
        id::{FileId, PhotoId},
        metadata::MediaKind,
        photo::{Role, group, kind_of_name, split_name},
    },
    sys::{
        clock::Clock,
        fs::{FileKind, Fs, FsError, FsErrorKind, Stat},
        real::path_bytes,
        task::Cx,
        trash::SystemTrash,
    },
};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Turns that one photo may take in one go: it goes, cannot, comes back, and somebody wants it elsewhere meanwhile.
const MAX_TURNS: usize = 6;

/// What came of settling.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrashReport {
    /// Photos that went to the trash.
    pub moved: u64,
    /// Photos that are back at their places.
    pub put_back: u64,
    /// Photos given to the system's trash.
    pub emptied: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Photos that are not where they were wanted, and why: name and sentence.
    pub failed: Vec<(String, String)>,
    /// Somebody asked to stop.
    pub cancelled: bool,
}

impl TrashReport {
    /// Both reports as one.
    pub fn add(&mut self, other: Self) {
        self.moved += other.moved;
        self.put_back += other.put_back;
        self.emptied += other.emptied;
        self.bytes += other.bytes;
        self.failed.extend(other.failed);
        self.cancelled |= other.cancelled;
    }
}

/// Why these photos cannot go to the trash now, by photo; the others can.
///
/// # Errors
/// The catalog's.
pub fn refusals(catalog: &Catalog, fs: &dyn Fs, photos: &[PhotoId]) -> Result<Vec<(PhotoId, String, String)>> {
    let roots = catalog.roots()?;
    let mut away: Vec<(crate::model::id::RootId, String)> = Vec::new();
    for root in &roots {
        if let Probe::Offline(why) = probe(catalog, fs, root)? {
            away.push((root.id, why));
        }
    }
    let mut refused = Vec::new();
    for photo in photos {
        let files = catalog.files_of(&[*photo])?;
        let name = |at: usize| {
            let file = files.get(at);
            file.map_or_else(String::new, |file| file.name.to_string_lossy().into_owned())
        };
        let mut why = None;
        for (at, file) in files
            .iter()
            .enumerate()
            .filter(|(_, file)| file.missing_since.is_none())
        {
            let reason = if let Some((_, why)) = away.iter().find(|(root, _)| *root == file.root) {
                Some(format!("Its disk is away, so it stays. {why}"))
            } else if catalog.is_moving(*photo)? {
                Some("It is being moved just now. Look for changes, then try again.".to_owned())
            } else if catalog.swap_of(file.id)?.is_some() {
                Some("Its original is held on this disk until its second check. Bring it back first with Restore originals.".to_owned())
            } else if catalog.is_in_hand(file.id)? {
                Some("It is being backed up just now. Try again when that is done.".to_owned())
            } else {
                None
            };
            if let Some(reason) = reason {
                why = Some((*photo, name(at), reason));
                break;
            }
        }
        if files.iter().all(|file| file.missing_since.is_some()) {
            why = Some((*photo, name(0), "It is no longer in its folder.".to_owned()));
        }
        refused.extend(why);
    }
    Ok(refused)
}

/// Takes up sidecars that came beside these photos since the last scan, as those that we write: a photo's files go together.
///
/// # Errors
/// The catalog's. What cannot be looked at stays where it is.
pub fn take_up_sidecars(catalog: &Catalog, fs: &dyn Fs, clock: &dyn Clock, photos: &[PhotoId]) -> Result<()> {
    for photo in photos {
        let files = catalog.files_of(&[*photo])?;
        for file in files
            .iter()
            .filter(|file| file.missing_since.is_none() && file.role != Role::Sidecar)
        {
            let mut places = vec![PathBuf::from(
                [file.path.as_os_str(), ".xmp".as_ref()]
                    .into_iter()
                    .collect::<OsString>(),
            )];
            if !shares_stem(catalog, clock, file)? {
                places.push(file.path.with_extension("xmp"));
            }
            for path in places {
                let Ok(Some(stat)) = fs.stat_opt(&path) else { continue };
                let Some(name) = path.file_name().filter(|_| stat.kind == FileKind::File) else {
                    continue;
                };
                if catalog.file_at(&path)?.is_some() {
                    continue;
                }
                let new = NewFile {
                    name: path_bytes(Path::new(name)),
                    role: Role::Sidecar,
                    kind: MediaKind::Sidecar,
                    stat,
                    racy: true,
                };
                catalog.intake(clock.now(), |intake| intake.add_file(*photo, file.folder, &new))?;
            }
        }
    }
    Ok(())
}

/// Whether another photo of the folder has the same name but for its extension: then `NAME.xmp` may be that one's.
fn shares_stem(catalog: &Catalog, clock: &dyn Clock, file: &FileRow) -> Result<bool> {
    let name = file.name.to_string_lossy().into_owned();
    let stem = split_name(&name).0.to_lowercase();
    let others = catalog.intake(clock.now(), |intake| intake.files_in(file.folder))?;
    Ok(others.iter().any(|other| {
        let name = String::from_utf8_lossy(&other.name);
        other.photo != file.photo && !other.missing && split_name(&name).0.to_lowercase() == stem
    }))
}

/// Moves what is on its way, there or back, to where it is wanted.
///
/// # Errors
/// The catalog's. What the disk refused is in the report, and stays in the journal where it may yet succeed.
pub fn settle(catalog: &Catalog, fs: &dyn Fs, clock: &dyn Clock, cx: &Cx) -> Result<TrashReport> {
    let waiting = catalog.trashed(&[TrashState::Going, TrashState::Coming])?;
    let mut report = TrashReport::default();
    cx.progress.start(waiting.len() as u64, 0);
    for entry in waiting {
        if cx.cancel.is_cancelled() {
            report.cancelled = true;
            break;
        }
        settle_one(catalog, fs, clock, entry.id, &mut report)?;
        cx.progress.add(1);
    }
    Ok(report)
}

/// How one turn ended.
enum Turn {
    /// It is where it was wanted.
    Done,
    /// It is wanted elsewhere now: look again.
    Again,
    /// It stays on its way, for this reason; another try may succeed.
    Later(String),
}

fn settle_one(catalog: &Catalog, fs: &dyn Fs, clock: &dyn Clock, id: i64, report: &mut TrashReport) -> Result<()> {
    let mut excuse: Option<String> = None;
    for _ in 0..MAX_TURNS {
        let Some(entry) = catalog.trashed_one(id)? else {
            return Ok(());
        };
        let root = catalog.root(entry.root)?;
        if let Some(root) = &root
            && let Probe::Offline(why) = probe(catalog, fs, root)?
        {
            report.failed.push((entry.name(), format!("Its disk is away. {why}")));
            return Ok(());
        }
        let turn = match (entry.state, &root) {
            (TrashState::Going, Some(_)) => go(catalog, fs, &entry, &mut excuse)?,
            (TrashState::Coming, Some(root)) => come(catalog, fs, &entry, root, &mut excuse)?,
            _ => Turn::Done,
        };
        match turn {
            Turn::Again => {}
            Turn::Later(why) => {
                report.failed.push((entry.name(), why));
                return Ok(());
            }
            Turn::Done => {
                match (entry.state, excuse) {
                    (TrashState::Going | TrashState::Coming, Some(why)) => report.failed.push((entry.name(), why)),
                    (TrashState::Going, None) => {
                        report.moved += 1;
                        report.bytes += entry.bytes();
                    }
                    (TrashState::Coming, None) => {
                        report.put_back += 1;
                        report.bytes += entry.bytes();
                    }
                    _ => {}
                }
                let _ = clock;
                return Ok(());
            }
        }
    }
    report.failed.push((
        id.to_string(),
        "It was wanted here and there too often; it is looked at again later.".to_owned(),
    ));
    Ok(())
}

/// What lies at a file's two places.
struct Both {
    home: Option<Stat>,
    place: Option<Stat>,
}

/// An error is never "absent": then nothing is concluded.
fn look(fs: &dyn Fs, file: &TrashFile) -> std::result::Result<Both, FsError> {
    // Where no folder leads there, nothing lies there.
    let seen = |path: &Path| fs.stat_opt(path);
    Ok(Both {
        home: seen(&file.home)?,
        place: seen(&file.place)?,
    })
}

/// Whether this is the file that the catalog knows, by the signs that a rename keeps. A sidecar is written anew with every
/// mark, so that whatever lies at its name is it.
fn is_ours(file: &TrashFile, stat: &Stat) -> bool {
    is_known(&file.row, stat) || (stat.kind == FileKind::File && file.row.role == Role::Sidecar)
}

/// What a file's row is to say.
fn row_stat(file: &TrashFile, stat: Stat) -> Stat {
    stat_for_row(&file.row, stat, is_known(&file.row, &stat))
}

/// Errors that another try will not change: the photo is better off where it was, whole.
fn is_final(kind: FsErrorKind) -> bool {
    matches!(
        kind,
        FsErrorKind::CrossDevice
            | FsErrorKind::Denied
            | FsErrorKind::ReadOnly
            | FsErrorKind::Unsupported
            | FsErrorKind::Exists
            | FsErrorKind::NotRegular
            | FsErrorKind::Full
    )
}

/// One photo on its way into the trash.
fn go(catalog: &Catalog, fs: &dyn Fs, entry: &Trashed, excuse: &mut Option<String>) -> Result<Turn> {
    let back = |why: String, excuse: &mut Option<String>| -> Result<Turn> {
        *excuse = Some(why.clone());
        catalog.set_trash(entry.id, TrashState::Going, TrashState::Coming, Some(&why))?;
        Ok(Turn::Again)
    };
    let mut here = 0_usize;
    let mut fresh_name = false;
    for file in entry.files.iter().filter(|file| !file.is_out()) {
        let both = match look(fs, file) {
            Ok(both) => both,
            Err(error) => return Ok(Turn::Later(sentence(&error))),
        };
        match (both.home, both.place) {
            // It is there; what has its old name now is another file.
            (_, Some(_)) => here += 1,
            (Some(stat), None) if is_ours(file, &stat) => match rename(fs, &file.home, &file.place) {
                Ok(()) => here += 1,
                Err(error) if is_final(error.kind) => return back(sentence(&error), excuse),
                Err(error) => return Ok(Turn::Later(sentence(&error))),
            },
            (Some(_), None) => fresh_name = true,
            (None, None) => {}
        }
    }
    if fresh_name {
        let why = "It was changed since Safelight last looked. Look for changes, then try again.";
        return back(why.to_owned(), excuse);
    }
    let next = if here == 0 { TrashState::Taken } else { TrashState::In };
    let done = catalog.set_trash(entry.id, TrashState::Going, next, excuse.as_deref())?;
    if next == TrashState::Taken && done {
        return Ok(Turn::Later("It was no longer in its folder.".to_owned()));
    }
    Ok(if done { Turn::Done } else { Turn::Again })
}

/// One photo on its way back: all of its files, or none.
fn come(catalog: &Catalog, fs: &dyn Fs, entry: &Trashed, root: &Root, excuse: &mut Option<String>) -> Result<Turn> {
    let mut waiting = Vec::new();
    let mut found: Vec<(FileId, Stat)> = Vec::new();
    for file in entry.files.iter().filter(|file| !file.is_out()) {
        let both = match look(fs, file) {
            Ok(both) => both,
            Err(error) => return Ok(Turn::Later(sentence(&error))),
        };
        match (both.home, both.place) {
            (Some(_), Some(_)) => {
                let why = format!(
                    "Another file has its name now: {}. Rename that one, then put this one back.",
                    file.home.display()
                );
                *excuse = Some(why.clone());
                catalog.set_trash(entry.id, TrashState::Coming, TrashState::Going, Some(&why))?;
                return Ok(Turn::Again);
            }
            // It is there already, or was changed there meanwhile.
            (Some(stat), None) => found.push((file.row.id, row_stat(file, stat))),
            // Somebody took it out of the trash.
            (None, None) => {}
            (None, Some(_)) => waiting.push(file),
        }
    }
    for file in waiting {
        if let Err(error) = rename(fs, &file.place, &file.home) {
            if error.kind == FsErrorKind::Exists {
                return Ok(Turn::Again);
            }
            return Ok(Turn::Later(sentence(&error)));
        }
        match fs.stat(&file.home) {
            Ok(stat) => found.push((file.row.id, row_stat(file, stat))),
            Err(error) => return Ok(Turn::Later(sentence(&error))),
        }
    }
    if !catalog.finish_put_back(entry, &found)? {
        return Ok(Turn::Again);
    }
    for file in &entry.files {
        tidy(fs, &root.path, file.place.parent());
    }
    if found.is_empty() && entry.files.iter().all(|file| !file.is_out()) {
        return Ok(Turn::Later("It is no longer in the trash.".to_owned()));
    }
    Ok(Turn::Done)
}

/// Removes folders of the trash that have become empty, from the innermost out. Best effort.
fn tidy(fs: &dyn Fs, root: &Path, from: Option<&Path>) {
    let top = root.join(TRASH_DIR);
    let mut dir = from;
    while let Some(path) = dir.filter(|path| path.starts_with(&top) && **path != top) {
        if fs.remove_empty_dir(path).is_err() {
            return;
        }
        dir = path.parent();
    }
}

/// Gives these photos of the trash to the system's. The caller has shown a person what it is about.
///
/// # Errors
/// The catalog's. What the system refused is in the report and stays in Safelight's trash.
pub fn empty(catalog: &Catalog, fs: &dyn Fs, system: &dyn SystemTrash, ids: &[i64], cx: &Cx) -> Result<TrashReport> {
    let mut report = TrashReport::default();
    cx.progress.start(ids.len() as u64, 0);
    for id in ids {
        if cx.cancel.is_cancelled() {
            report.cancelled = true;
            break;
        }
        let Some(entry) = catalog.trashed_one(*id)?.filter(|entry| entry.state == TrashState::In) else {
            continue;
        };
        let Some(root) = catalog.root(entry.root)? else {
            continue;
        };
        if let Probe::Offline(why) = probe(catalog, fs, &root)? {
            report.failed.push((entry.name(), format!("Its disk is away. {why}")));
            continue;
        }
        match empty_one(fs, system, &entry) {
            Ok(()) => {
                if catalog.finish_empty(entry.id)? {
                    report.emptied += 1;
                    report.bytes += entry.bytes();
                }
                for file in &entry.files {
                    tidy(fs, &root.path, file.place.parent());
                }
            }
            Err(why) => report.failed.push((entry.name(), why)),
        }
        cx.progress.add(1);
    }
    Ok(report)
}

fn empty_one(fs: &dyn Fs, system: &dyn SystemTrash, entry: &Trashed) -> std::result::Result<(), String> {
    for file in entry.files.iter().filter(|file| !file.is_out()) {
        if fs.stat_opt(&file.place).map_err(|error| sentence(&error))?.is_none() {
            continue;
        }
        let put = system.put(&file.place);
        // What counts is whether it is gone from here.
        if fs.stat_opt(&file.place).map_err(|error| sentence(&error))?.is_some() {
            let why = put.err().unwrap_or_else(|| "the file is still there".to_owned());
            return Err(format!("The system's trash did not take it: {why}."));
        }
    }
    Ok(())
}

/// Folders below one photo's own in the trash, at most.
const MAX_FOLDERS: usize = 64;

/// Takes up what lies in the trash of this root and no record knows, as after a lost catalog: where it came from is in its
/// path. Gives how many photos that were.
///
/// # Errors
/// The catalog's. What cannot be read is left for the next look.
pub fn adopt(catalog: &Catalog, fs: &dyn Fs, clock: &dyn Clock, root: &Root) -> Result<u64> {
    let known = catalog.trash_dirs(root.id)?;
    let mut count = 0;
    for day in folders(fs, &root.path.join(TRASH_DIR)) {
        for own in folders(fs, &day) {
            let Ok(rel) = own.strip_prefix(&root.path) else {
                continue;
            };
            let dir = path_bytes(rel);
            if !known.contains(&dir) {
                count += adopt_one(catalog, fs, clock, root, &own, &dir)?;
            }
        }
    }
    Ok(count)
}

fn folders(fs: &dyn Fs, dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let listed = fs.list(dir, &mut |entry| {
        if entry.stat.is_ok_and(|stat| stat.kind == FileKind::Dir) {
            found.push(dir.join(&entry.name));
        }
    });
    match listed {
        Err(error) if error.kind != FsErrorKind::NotFound => tracing::warn!("{error}"),
        _ => found.sort(),
    }
    found
}

fn adopt_one(catalog: &Catalog, fs: &dyn Fs, clock: &dyn Clock, root: &Root, own: &Path, dir: &[u8]) -> Result<u64> {
    let mut waiting = vec![own.to_owned()];
    let (mut seen, mut count) = (0, 0);
    while let Some(folder) = waiting.pop() {
        seen += 1;
        if seen > MAX_FOLDERS {
            break;
        }
        let mut files: Vec<(Vec<u8>, Stat)> = Vec::new();
        let listed = fs.list(&folder, &mut |entry| match entry.stat {
            Ok(stat) if stat.kind == FileKind::File => files.push((path_bytes(Path::new(&entry.name)), stat)),
            Ok(stat) if stat.kind == FileKind::Dir => waiting.push(folder.join(&entry.name)),
            _ => {}
        });
        if let Err(error) = listed {
            tracing::warn!("{error}");
            continue;
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        let rel = folder.strip_prefix(own).map(path_bytes).unwrap_or_default();
        let names: Vec<String> = files
            .iter()
            .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
            .collect();
        let now = clock.now();
        count += catalog.intake(now, |intake| {
            let mut below = dir.to_vec();
            if !rel.is_empty() {
                below.push(b'/');
                below.extend_from_slice(&rel);
            }
            let place = intake.folder(root.id, &below)?;
            if !intake.files_in(place)?.is_empty() {
                // Some of it is known, as what came back or was taken out; that is settled by hand.
                return Ok(0);
            }
            let mut made = 0;
            for group in group(&names) {
                let new: Vec<NewFile> = group
                    .files
                    .iter()
                    .filter_map(|(at, role)| {
                        let (name, stat) = files.get(*at)?;
                        Some(NewFile {
                            name: name.clone(),
                            role: *role,
                            kind: kind_of_name(names.get(*at)?),
                            stat: *stat,
                            racy: true,
                        })
                    })
                    .collect();
                if let Some(photo) = intake.add_photo(place, &new)? {
                    intake.adopt_trashed(root.id, dir, &rel, photo, now)?;
                    made += 1;
                }
            }
            Ok(made)
        })?;
    }
    Ok(count)
}
