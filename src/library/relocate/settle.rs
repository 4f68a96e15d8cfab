//! Moves what the journal says (`catalog::moves`): [`settle`] looks where each file of a photo is and brings all of them to
//! where they are wanted, or, where one of them cannot go, all of them back. It finishes what was begun, and what a crash, a
//! full disk or an unplugged one interrupted. It never puts a file over another, and an error is never taken for absence.
//!
//! Within a disk a move is a rename. On another disk a file is copied, read back and compared; only when all files of the
//! photo are there whole, what they were copied from goes to Safelight's trash of its own disk: nothing is deleted (I2).

use super::carry::{Carried, Trouble, carry, drop_temp, read_back, temp_name};
use crate::{
    catalog::{
        Catalog,
        error::Result,
        moves::{MoveFile, MoveState, Moving},
        roots::Root,
        trash::TRASH_DIR,
    },
    library::{
        rename::{is_known, rename, sentence, stat_for_row},
        scan::{Probe, probe},
    },
    model::{
        id::{FileId, RootId},
        time::{DAY_MS, Timestamp},
    },
    sys::{
        fs::{Fs, FsError, FsErrorKind, Stat},
        real::path_from_bytes,
        task::Cx,
    },
};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

/// Turns that one photo may take in one go: it goes, cannot, comes back, and somebody wants it elsewhere meanwhile.
const MAX_TURNS: usize = 6;

/// What came of settling.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MoveReport {
    /// Photos that are at their new places.
    pub moved: u64,
    /// Photos that are at their old places again.
    pub back: u64,
    /// Photos of these that came from another disk: what they were copied from lies in Safelight's trash there.
    pub across: u64,
    /// Photos that are not where they were wanted, and why: name and sentence.
    pub failed: Vec<(String, String)>,
    /// Somebody asked to stop.
    pub cancelled: bool,
}

impl MoveReport {
    /// Both reports as one.
    pub fn add(&mut self, other: Self) {
        self.moved += other.moved;
        self.back += other.back;
        self.across += other.across;
        self.failed.extend(other.failed);
        self.cancelled |= other.cancelled;
    }
}

/// Brings what is on its way to where it is wanted.
///
/// # Errors
/// The catalog's. What the disk refused is in the report, and stays in the journal where it may yet succeed.
pub fn settle(catalog: &Catalog, fs: &dyn Fs, cx: &Cx) -> Result<MoveReport> {
    let mut waiting: Vec<Moving> = catalog.moving()?;
    let mut report = MoveReport::default();
    let bytes = waiting
        .iter()
        .filter(|moving| moving.files.iter().any(|file| file.from.root != file.to.root))
        .flat_map(|moving| moving.files.iter().map(|file| file.row.size))
        .sum();
    cx.progress.start(waiting.len() as u64, bytes);
    let mut mover = Mover {
        catalog,
        fs,
        cx,
        roots: HashMap::new(),
        leaving: leaving(&waiting),
    };
    // Who waits for a name that another photo of the line still has waits until that one has moved; where all wait for each
    // other, as when two names are exchanged, one after the other steps aside.
    let mut aside: Option<i64> = None;
    let mut parked: HashSet<i64> = HashSet::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut blocked = Vec::new();
        for moving in waiting {
            if cx.cancel.is_cancelled() {
                report.cancelled = true;
                return Ok(report);
            }
            let steps_aside = aside == Some(moving.id);
            if mover.settle_one(moving.id, steps_aside, &mut report)? == Turned::Over {
                cx.progress.add(1);
                mover.leaving.retain(|_, whose| *whose != moving.id);
            } else {
                blocked.push(moving);
            }
        }
        aside = None;
        if blocked.len() == before {
            aside = blocked.iter().map(|moving| moving.id).find(|id| parked.insert(*id));
            if aside.is_none() {
                // All have stepped aside and still none has its name: what has it does not go.
                mover.leaving.clear();
            }
        }
        waiting = blocked;
    }
    report.cancelled |= cx.cancel.is_cancelled() && !catalog.moving()?.is_empty();
    Ok(report)
}

/// Turns what is still on its way to new places, and has not been begun with, back: a person has stopped the move.
///
/// # Errors
/// The catalog's.
pub fn turn_back(catalog: &Catalog, step: i64) -> Result<()> {
    for moving in catalog.moves_of(step)? {
        if moving.state == MoveState::Going {
            catalog.turn_move(&moving, "It was stopped.")?;
        }
    }
    Ok(())
}

/// The names that photos in line have now, and which of them has each.
fn leaving(waiting: &[Moving]) -> HashMap<PathBuf, i64> {
    let mut names = HashMap::new();
    for moving in waiting {
        for file in &moving.files {
            names.insert(moving.ends(file).1.to_owned(), moving.id);
        }
    }
    names
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turned {
    /// Nothing more is to do for it now.
    Over,
    /// It waits for a name that another photo in line still has.
    Blocked,
}

/// How one turn ended.
enum Turn {
    /// It is where it was wanted; across disks or not.
    Done(bool),
    /// It is wanted elsewhere now: look again.
    Again,
    /// It stays on its way, for this reason; another try may succeed.
    Later(String),
    /// It cannot be had, for this reason: all of it goes back.
    Back(String),
    /// Another photo in line still has its name.
    Blocked,
}

struct Mover<'a> {
    catalog: &'a Catalog,
    fs: &'a dyn Fs,
    cx: &'a Cx,
    /// Whether a tree can be reached, asked once.
    roots: HashMap<RootId, std::result::Result<Root, String>>,
    leaving: HashMap<PathBuf, i64>,
}

/// Where a file is.
enum Here {
    /// Where it is wanted.
    Goal(Stat),
    /// At another name, from where it is to go.
    Elsewhere(PathBuf),
    /// At both: it was copied to another disk, and what it was copied from is still there.
    Both(PathBuf, Stat),
    /// Nowhere.
    Gone,
}

/// Whether this is the file that the catalog knows; on another disk it has another number.
fn is_ours_elsewhere(file: &MoveFile, stat: &Stat) -> bool {
    is_known(&file.row, stat)
        || (file.from.root != file.to.root && (stat.size, stat.mtime_ns) == (file.row.size, file.row.mtime_ns))
}

/// Both names are one but for capitals.
fn differ_in_case_only(a: &Path, b: &Path) -> bool {
    a != b && a.parent() == b.parent() && a.to_string_lossy().to_lowercase() == b.to_string_lossy().to_lowercase()
}

/// Errors that another try will not change: the photo is better off where it was, whole.
fn is_final(kind: FsErrorKind) -> bool {
    matches!(
        kind,
        FsErrorKind::Denied
            | FsErrorKind::ReadOnly
            | FsErrorKind::Unsupported
            | FsErrorKind::Exists
            | FsErrorKind::NotRegular
            | FsErrorKind::Elsewhere
            | FsErrorKind::Full
    )
}

impl Mover<'_> {
    fn settle_one(&mut self, id: i64, aside: bool, report: &mut MoveReport) -> Result<Turned> {
        let mut excuse: Option<String> = None;
        for turn in 0..MAX_TURNS {
            let Some(moving) = self.catalog.moving_one(id)?.filter(|moving| moving.state.is_open()) else {
                return Ok(Turned::Over);
            };
            if let Some(why) = self.unplugged(&moving)? {
                report.failed.push((moving.name(), format!("Its disk is away. {why}")));
                return Ok(Turned::Over);
            }
            match self.turn(&moving, aside && turn == 0)? {
                Turn::Again => {}
                Turn::Blocked => return Ok(Turned::Blocked),
                // It was stopped, and says so as a whole.
                Turn::Later(_) if self.cx.cancel.is_cancelled() => return Ok(Turned::Over),
                Turn::Later(why) => {
                    report.failed.push((moving.name(), why));
                    return Ok(Turned::Over);
                }
                Turn::Back(why) => {
                    if excuse.is_some() {
                        // Neither way is free: it stays as it lies, and is looked at again when the disk is.
                        report.failed.push((moving.name(), why));
                        return Ok(Turned::Over);
                    }
                    self.catalog.turn_move(&moving, &why)?;
                    excuse = Some(why);
                }
                Turn::Done(across) => {
                    match (excuse, moving.state) {
                        (Some(why), _) => report.failed.push((moving.name(), why)),
                        (None, MoveState::Going) => report.moved += 1,
                        (None, _) if moving.note.is_some() => {}
                        (None, _) => report.back += 1,
                    }
                    report.across += u64::from(across);
                    self.catalog.close_step(moving.step)?;
                    return Ok(Turned::Over);
                }
            }
        }
        report.failed.push((
            id.to_string(),
            "It was wanted here and there too often; it is looked at again later.".to_owned(),
        ));
        Ok(Turned::Over)
    }

    /// Why one of its trees cannot be reached.
    fn unplugged(&mut self, moving: &Moving) -> Result<Option<String>> {
        let ids: HashSet<RootId> = moving
            .files
            .iter()
            .flat_map(|file| [file.from.root, file.to.root])
            .collect();
        for id in ids {
            if !self.roots.contains_key(&id) {
                let seen = match self.catalog.root(id)? {
                    None => Err("Its folder is not watched any more.".to_owned()),
                    Some(root) => match probe(self.catalog, self.fs, &root)? {
                        Probe::There(_) => Ok(root),
                        Probe::Offline(why) => Err(why),
                    },
                };
                self.roots.insert(id, seen);
            }
            if let Some(Err(why)) = self.roots.get(&id) {
                return Ok(Some(why.clone()));
            }
        }
        Ok(None)
    }

    /// One look at all files of a photo, and what follows from it.
    fn turn(&self, moving: &Moving, aside: bool) -> Result<Turn> {
        let mut found: Vec<(FileId, bool, Stat)> = Vec::new();
        let mut todo: Vec<(&MoveFile, PathBuf)> = Vec::new();
        let mut sources: Vec<(&MoveFile, PathBuf)> = Vec::new();
        for file in &moving.files {
            match self.look(moving, file) {
                Err(trouble) => return Ok(Turn::Later(trouble.sentence())),
                Ok(Here::Goal(stat)) => found.push((file.row.id, true, stat)),
                Ok(Here::Elsewhere(at)) => todo.push((file, at)),
                Ok(Here::Both(at, stat)) => {
                    found.push((file.row.id, true, stat));
                    sources.push((file, at));
                }
                Ok(Here::Gone) => {}
            }
        }
        match self.all_free(moving, &todo) {
            Err(trouble) => return Ok(Turn::Later(trouble.sentence())),
            Ok(None) => {}
            Ok(Some(Turn::Blocked)) if aside => {
                let stepped = self.step_aside(moving, &todo);
                return Ok(match stepped {
                    // Now others can go on, and this one waits for its name.
                    Ok(()) => Turn::Blocked,
                    Err(error) => failed(&error),
                });
            }
            Ok(Some(other)) => return Ok(other),
        }
        if found.is_empty() && todo.is_empty() {
            self.catalog.finish_move(moving, &[])?;
            return Ok(Turn::Later("It is no longer where it was.".to_owned()));
        }
        let mut carried: Vec<(&MoveFile, PathBuf, Carried)> = Vec::new();
        for (file, at) in &todo {
            let moved = self.rename(moving, file, at);
            let stat = match moved {
                Ok(stat) => stat,
                Err(error) if error.kind == FsErrorKind::CrossDevice => match self.carry(moving, file, at) {
                    Ok(one) => {
                        carried.push((file, at.clone(), one));
                        continue;
                    }
                    Err(trouble) => {
                        drop_all(self.fs, &carried);
                        return Ok(self.not_carried(&trouble));
                    }
                },
                Err(error) if error.kind == FsErrorKind::Exists => {
                    drop_all(self.fs, &carried);
                    return Ok(Turn::Again);
                }
                Err(error) => {
                    drop_all(self.fs, &carried);
                    return Ok(failed(&error));
                }
            };
            found.push((
                file.row.id,
                true,
                stat_for_row(&file.row, stat, is_known(&file.row, &stat)),
            ));
        }
        if let Some(turn) = self.name_carried(moving, carried, &mut found, &mut sources) {
            return Ok(turn);
        }
        let across = !sources.is_empty();
        for (file, at) in &sources {
            if let Err(error) = self.give_to_trash(moving, file, at) {
                return Ok(failed(&error));
            }
        }
        Ok(match self.catalog.finish_move(moving, &found)? {
            true => Turn::Done(across),
            false => Turn::Again,
        })
    }

    /// Where a file is, by its two places and the one in between.
    fn look(&self, moving: &Moving, file: &MoveFile) -> std::result::Result<Here, Trouble> {
        let (goal, left) = moving.ends(file);
        let at_goal = self.fs.stat_opt(goal)?;
        if goal == left {
            return Ok(at_goal.map_or(Here::Gone, |stat| {
                Here::Goal(stat_for_row(&file.row, stat, is_known(&file.row, &stat)))
            }));
        }
        let parked = moving.parked(file);
        if self.fs.stat_opt(&parked)?.is_some() {
            return Ok(Here::Elsewhere(parked));
        }
        let at_left = self.fs.stat_opt(left)?;
        Ok(match (at_left, at_goal) {
            (None, None) => Here::Gone,
            (None, Some(stat)) => {
                let same = is_known(&file.row, &stat) || self.is_our_copy(file, goal, &stat)?;
                Here::Goal(stat_for_row(&file.row, stat, same))
            }
            (Some(_), None) => Here::Elsewhere(left.to_owned()),
            (Some(old), Some(new)) if differ_in_case_only(goal, left) && old.ino == new.ino && old.dev == new.dev => {
                // A disk that knows no capitals shows one file under both names; its folder says which it has.
                match self.has_name(goal)? {
                    true => Here::Goal(stat_for_row(&file.row, new, is_known(&file.row, &new))),
                    false => Here::Elsewhere(left.to_owned()),
                }
            }
            (Some(old), Some(new)) => {
                let linked = (old.dev, old.ino) == (new.dev, new.ino);
                if linked || (old.dev != new.dev && old.size == new.size && self.equal(left, goal)?) {
                    Here::Both(left.to_owned(), stat_for_row(&file.row, new, true))
                } else if is_known(&file.row, &new) && !is_known(&file.row, &old) {
                    // It is there already; what has its old name now is another file.
                    Here::Goal(new)
                } else {
                    Here::Elsewhere(left.to_owned())
                }
            }
        })
    }

    /// A copy on another disk has another number; its bytes say that it is the file, or, where they were never hashed, its
    /// length and date.
    fn is_our_copy(&self, file: &MoveFile, path: &Path, stat: &Stat) -> std::result::Result<bool, Trouble> {
        if file.from.root == file.to.root || stat.size != file.row.size {
            return Ok(false);
        }
        match file.row.content {
            Some(content) => Ok(read_back(self.fs, path, self.cx)?.0 == content),
            None => Ok(stat.mtime_ns == file.row.mtime_ns),
        }
    }

    fn equal(&self, a: &Path, b: &Path) -> std::result::Result<bool, Trouble> {
        Ok(read_back(self.fs, a, self.cx)? == read_back(self.fs, b, self.cx)?)
    }

    /// Whether a folder has exactly this name.
    fn has_name(&self, path: &Path) -> std::result::Result<bool, FsError> {
        let mut found = false;
        if let Some(dir) = path.parent() {
            self.fs.list(dir, &mut |entry| {
                found |= path.file_name() == Some(entry.name.as_os_str())
            })?;
        }
        Ok(found)
    }

    /// Whether all names that are still to be taken are free: else nothing of the photo is touched.
    fn all_free(&self, moving: &Moving, todo: &[(&MoveFile, PathBuf)]) -> std::result::Result<Option<Turn>, Trouble> {
        for (file, at) in todo {
            let (goal, _) = moving.ends(file);
            let own = differ_in_case_only(goal, at) && !self.has_name(goal)?;
            if own || self.fs.stat_opt(goal)?.is_none() {
                continue;
            }
            if self.leaving.get(goal).is_some_and(|whose| *whose != moving.id) {
                return Ok(Some(Turn::Blocked));
            }
            return Ok(Some(Turn::Back(format!(
                "Another file has that name: {}. Rename that one first, or choose another name.",
                goal.display()
            ))));
        }
        Ok(None)
    }

    /// Lets a photo wait beside its new names, so that others can have its old ones.
    fn step_aside(&self, moving: &Moving, todo: &[(&MoveFile, PathBuf)]) -> std::result::Result<(), FsError> {
        for (file, at) in todo {
            let parked = moving.parked(file);
            if *at != parked {
                rename(self.fs, at, &parked)?;
            }
        }
        Ok(())
    }

    fn rename(&self, moving: &Moving, file: &MoveFile, at: &Path) -> std::result::Result<Stat, FsError> {
        let (goal, _) = moving.ends(file);
        if differ_in_case_only(goal, at) {
            // A disk that knows no capitals would say that the name is taken: by the file itself.
            let parked = moving.parked(file);
            rename(self.fs, at, &parked)?;
            rename(self.fs, &parked, goal)?;
        } else {
            rename(self.fs, at, goal)?;
        }
        self.fs.stat(goal)
    }

    fn carry(&self, moving: &Moving, file: &MoveFile, at: &Path) -> std::result::Result<Carried, Trouble> {
        let (goal, _) = moving.ends(file);
        // Where the old place takes no changes, nothing can leave it: known before anything is copied.
        let trash = self.trash_dir(moving, file, at)?;
        self.fs.make_dirs(&trash)?;
        let dir = goal.parent().unwrap_or(goal);
        if self.fs.space(dir)?.free < self.fs.stat(at)?.size {
            return Err(FsError::of_kind("copy it there", dir, FsErrorKind::Full).into());
        }
        carry(
            self.fs,
            at,
            &temp_name(goal, &format!("{}-{}", moving.id, file.row.id)),
            self.cx,
        )
    }

    fn not_carried(&self, trouble: &Trouble) -> Turn {
        match trouble {
            Trouble::Fs(error) => failed(error),
            // What was begun is gone again; the photo is where it was.
            Trouble::Cancelled => Turn::Later(trouble.sentence()),
            Trouble::Changed | Trouble::Damaged(_) => Turn::Back(trouble.sentence()),
        }
    }

    /// Gives copies their names, when all files of the photo were copied.
    fn name_carried<'m>(
        &self,
        moving: &Moving,
        carried: Vec<(&'m MoveFile, PathBuf, Carried)>,
        found: &mut Vec<(FileId, bool, Stat)>,
        sources: &mut Vec<(&'m MoveFile, PathBuf)>,
    ) -> Option<Turn> {
        let mut rest = carried.into_iter();
        while let Some((file, at, one)) = rest.next() {
            let (goal, _) = moving.ends(file);
            let named = rename(self.fs, &one.temp, goal).and_then(|()| self.fs.stat(goal));
            match named {
                Ok(stat) => {
                    // What the catalog knows of the bytes holds for the copy, if it held for what was copied.
                    let same = file
                        .row
                        .content
                        .map_or(is_ours_elsewhere(file, &one.source), |known| known == one.content);
                    found.push((file.row.id, true, stat_for_row(&file.row, stat, same)));
                    sources.push((file, at));
                }
                Err(error) => {
                    drop_temp(self.fs, &one.temp);
                    drop_all(self.fs, &rest.collect::<Vec<_>>());
                    return Some(match error.kind {
                        FsErrorKind::Exists => Turn::Again,
                        _ => failed(&error),
                    });
                }
            }
        }
        None
    }

    /// Where in the trash of its own disk lies what was copied elsewhere.
    fn trash_dir(&self, moving: &Moving, file: &MoveFile, at: &Path) -> std::result::Result<PathBuf, FsError> {
        let place = if at == file.from_path { &file.from } else { &file.to };
        let Some(Ok(root)) = self.roots.get(&place.root) else {
            return Err(FsError::of_kind("find its folder", at, FsErrorKind::NotFound));
        };
        let day = Timestamp(moving.at.0.div_euclid(DAY_MS) * DAY_MS).rfc3339();
        let day = day.get(..10).unwrap_or("undated").to_owned();
        let own = format!("{}-m{}-{}", moving.at.0, moving.id, moving.state as u8);
        let mut dir = root.path.join(TRASH_DIR).join(day).join(own);
        if !place.rel.is_empty() {
            dir.push(path_from_bytes(place.rel.clone()));
        }
        Ok(dir)
    }

    fn give_to_trash(&self, moving: &Moving, file: &MoveFile, at: &Path) -> std::result::Result<(), FsError> {
        let name = at.file_name().unwrap_or_default();
        let dir = self.trash_dir(moving, file, at)?;
        rename(self.fs, at, &free_name(self.fs, &dir, name)?)
    }
}

/// A name in the trash that nothing has: the same move may have been made, taken back and made again.
fn free_name(fs: &dyn Fs, dir: &Path, name: &std::ffi::OsStr) -> std::result::Result<PathBuf, FsError> {
    let first = dir.join(name);
    if fs.stat_opt(&first)?.is_none() {
        return Ok(first);
    }
    for number in 2..100_u32 {
        let mut other = std::ffi::OsString::from(format!("{number}-"));
        other.push(name);
        let path = dir.join(other);
        if fs.stat_opt(&path)?.is_none() {
            return Ok(path);
        }
    }
    Err(FsError::of_kind("put it into the trash", &first, FsErrorKind::Exists))
}

fn drop_all(fs: &dyn Fs, carried: &[(&MoveFile, PathBuf, Carried)]) {
    for (_, _, one) in carried {
        drop_temp(fs, &one.temp);
    }
}

fn failed(error: &FsError) -> Turn {
    if is_final(error.kind) {
        Turn::Back(sentence(error))
    } else {
        Turn::Later(sentence(error))
    }
}
