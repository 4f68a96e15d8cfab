//! The journal of photos that get another folder or other names, and of the way back. A row says where a photo's files are
//! wanted; where each of them is, only the disk says (`library::relocate` looks). Until all of them are there, their rows
//! name the place that they come from: a half-moved photo is never torn apart by a scan, which leaves both places alone.

use super::{
    Catalog,
    error::Result,
    photos::{FILE_COLUMNS, FILE_TABLES, FileRow, file_of},
    retold::retell,
    roots::join,
    safety, sidecars,
    trash::{folder_of, forget_undone},
};
use crate::{
    model::{
        id::{FileId, PhotoId, RootId},
        photo::Role,
        rename::renamed,
        time::Timestamp,
    },
    sys::{
        fs::Stat,
        real::{path_bytes, path_from_bytes},
    },
};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

/// Where a photo is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MoveState {
    /// At its new place; some of its files may not be there yet.
    Going,
    /// It is at its new place.
    There,
    /// At its old place; some of its files may not be there yet.
    Coming,
    /// It is at its old place.
    Back,
}

impl MoveState {
    /// Every state, in the order of the catalog's numbers.
    pub const ALL: [Self; 4] = [Self::Going, Self::There, Self::Coming, Self::Back];

    fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::There)
    }

    /// Whether its files are on their way.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Going | Self::Coming)
    }

    /// The opposite way of one that is on its way, or the end of a way that was reached.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Going | Self::There => Self::Coming,
            Self::Coming | Self::Back => Self::Going,
        }
    }

    /// The end of the way.
    #[must_use]
    pub fn reached(self) -> Self {
        match self {
            Self::Going | Self::There => Self::There,
            Self::Coming | Self::Back => Self::Back,
        }
    }
}

/// A name in a folder of a watched tree.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// The tree.
    pub root: RootId,
    /// The folder below it, the file system's bytes.
    pub rel: Vec<u8>,
    /// The file's name.
    pub name: Vec<u8>,
}

/// One photo that is to be moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedMove {
    /// The photo.
    pub photo: PhotoId,
    /// The stem of its names now and then, where it gets other names.
    pub stems: Option<(Vec<u8>, Vec<u8>)>,
    /// Its files that are there, all of them, and where each is to go.
    pub files: Vec<(FileId, Place)>,
}

/// One file of a photo on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MoveFile {
    /// Its row, as it is now.
    pub row: FileRow,
    /// Where it came from.
    pub from: Place,
    /// The same as a path.
    pub from_path: PathBuf,
    /// Where it is to go.
    pub to: Place,
    /// The same as a path.
    pub to_path: PathBuf,
}

/// One photo on its way, or that was moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moving {
    /// The number of this move.
    pub id: i64,
    /// The step that it is part of.
    pub step: i64,
    /// The photo.
    pub photo: PhotoId,
    /// Where it is wanted.
    pub state: MoveState,
    /// When it was asked for.
    pub at: Timestamp,
    /// Why it is not where it was wanted.
    pub note: Option<String>,
    /// Its files.
    pub files: Vec<MoveFile>,
}

impl Moving {
    /// The name of its first file where it came from.
    #[must_use]
    pub fn name(&self) -> String {
        let first = self.files.first();
        first.map_or_else(String::new, |file| {
            String::from_utf8_lossy(&file.from.name).into_owned()
        })
    }

    /// Where a file is wanted, and where it comes from.
    #[must_use]
    pub fn ends<'f>(&self, file: &'f MoveFile) -> (&'f Path, &'f Path) {
        match self.state {
            MoveState::Going | MoveState::There => (&file.to_path, &file.from_path),
            MoveState::Coming | MoveState::Back => (&file.from_path, &file.to_path),
        }
    }

    /// A name beside the new place where a file may wait while its new name is not free yet. It can be seen and read, so
    /// that it would be found even if the catalog were lost in that moment.
    #[must_use]
    pub fn parked(&self, file: &MoveFile) -> PathBuf {
        let mut name = file.to_path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".safelight-{}", self.id));
        file.to_path.with_file_name(name)
    }
}

/// What became of the wish to move photos.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Begun {
    /// The step; none where nothing is moved.
    pub step: Option<i64>,
    /// Photos that stay after all, and why.
    pub left: Vec<(PhotoId, String)>,
}

/// What a scan leaves alone, since it is on its way: names by folder, and the files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OnTheWay {
    /// Folders below the root, and names in them.
    pub names: HashMap<Vec<u8>, HashSet<Vec<u8>>>,
    /// The files.
    pub files: HashSet<FileId>,
}

struct Entry {
    id: i64,
    step: i64,
    photo: PhotoId,
    state: MoveState,
    at: Timestamp,
    note: Option<String>,
}

fn entry_of(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        step: row.get(1)?,
        photo: PhotoId(row.get(2)?),
        state: MoveState::from_number(row.get(3)?),
        at: Timestamp(row.get(4)?),
        note: row.get(5)?,
    })
}

fn entries(tx: &Transaction<'_>, condition: &str, params: impl rusqlite::Params) -> Result<Vec<Moving>> {
    let found: Vec<Entry> = tx
        .prepare_cached(&format!(
            "SELECT id, step, photo_id, state, at, note FROM moves WHERE {condition} ORDER BY id"
        ))?
        .query_map(params, entry_of)?
        .collect::<rusqlite::Result<_>>()?;
    found.into_iter().map(|entry| whole(tx, entry)).collect()
}

fn whole(tx: &Transaction<'_>, entry: Entry) -> Result<Moving> {
    let sql = format!(
        "SELECT {FILE_COLUMNS}, m.from_root, m.from_rel, m.from_name, m.to_root, m.to_rel, m.to_name, a.path, b.path
         FROM {FILE_TABLES} JOIN move_files m ON m.file_id = f.id
         JOIN roots a ON a.id = m.from_root JOIN roots b ON b.id = m.to_root
         WHERE m.move_id = ?1 ORDER BY f.role, f.id"
    );
    let files = tx
        .prepare_cached(&sql)?
        .query_map([entry.id], |row| {
            let from = place_of(row, 22)?;
            let to = place_of(row, 25)?;
            let path =
                |root: Vec<u8>, place: &Place| join(root, place.rel.clone()).join(path_from_bytes(place.name.clone()));
            Ok(MoveFile {
                row: file_of(row)?,
                from_path: path(row.get(28)?, &from),
                to_path: path(row.get(29)?, &to),
                from,
                to,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Moving {
        id: entry.id,
        step: entry.step,
        photo: entry.photo,
        state: entry.state,
        at: entry.at,
        note: entry.note,
        files,
    })
}

pub(in crate::catalog) fn place_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Place> {
    Ok(Place {
        root: RootId(row.get(at)?),
        rel: row.get(at + 1)?,
        name: row.get(at + 2)?,
    })
}

/// Whether a file is on its way: then nobody else may begin anything with it.
pub(in crate::catalog) fn is_on_its_way(tx: &Transaction<'_>, file: FileId) -> Result<bool> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM move_files u JOIN moves m ON m.id = u.move_id WHERE u.file_id = ?1 AND m.state IN (0, 2)",
        )?
        .exists([file.0])?)
}

/// Files on their way, for a condition on files.
pub(in crate::catalog) const MOVING_FILES: &str =
    "SELECT u.file_id FROM moves m JOIN move_files u ON u.move_id = m.id WHERE m.state IN (0, 2)";

/// Photos that are not on their way, as a condition on the column `photo_id`.
pub(in crate::catalog) const NOT_MOVING: &str = "photo_id NOT IN (SELECT photo_id FROM moves WHERE state IN (0, 2))";

/// Why a photo cannot be moved at this moment, as far as the catalog knows.
fn stays(tx: &Transaction<'_>, planned: &PlannedMove, files: &[FileRow]) -> Result<Option<String>> {
    let no = |text: &str| Ok(Some(text.to_owned()));
    let here: HashSet<FileId> = files.iter().map(|file| file.id).collect();
    let meant: HashSet<FileId> = planned.files.iter().map(|(file, _)| *file).collect();
    if here != meant || here.is_empty() {
        return no("It was changed since Safelight last looked. Look for changes, then try again.");
    }
    for file in files {
        if is_on_its_way(tx, file.id)? {
            return no("It is being moved already. Look for changes, then try again.");
        }
        let sent = tx
            .prepare_cached("SELECT 1 FROM jobs WHERE file_id = ?1 AND state IN (1, 2, 3, 4)")?
            .exists([file.id.0])?;
        if sent {
            return no("It is being backed up just now. Try again when that is done.");
        }
        let swap: Option<u8> = tx
            .prepare_cached("SELECT state FROM swaps WHERE file_id = ?1 AND state IN (0, 1, 2, 5, 7) ORDER BY id DESC")?
            .query_row([file.id.0], |row| row.get(0))
            .optional()?;
        let to = planned
            .files
            .iter()
            .find(|(id, _)| *id == file.id)
            .map(|(_, to)| to.root);
        match swap {
            None => {}
            // Held: the original lies in its root, beside the names that change.
            Some(1) if to == Some(file.root) => {}
            Some(1) => {
                return no(
                    "Its original is held on its disk until its second check, so it stays there. \
                     Bring it back first with Restore originals.",
                );
            }
            Some(_) => return no("It is being optimized or restored, and that has to be finished first."),
        }
    }
    Ok(None)
}

fn files_there(tx: &Transaction<'_>, photo: PhotoId) -> Result<Vec<FileRow>> {
    let sql = format!(
        "SELECT {FILE_COLUMNS} FROM {FILE_TABLES} WHERE f.photo_id = ?1 AND f.missing_since IS NULL ORDER BY f.role, f.id"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let rows = statement.query_map([photo.0], file_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn own_place(tx: &Transaction<'_>, file: FileId) -> Result<Place> {
    Ok(tx
        .prepare_cached(
            "SELECT d.root_id, d.rel, f.name FROM files f JOIN folders d ON d.id = f.folder_id WHERE f.id = ?1",
        )?
        .query_row([file.0], |row| place_of(row, 0))?)
}

fn add_file(tx: &Transaction<'_>, id: i64, file: FileId, from: &Place, to: &Place) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO move_files (move_id, file_id, from_root, from_rel, from_name, to_root, to_rel, to_name)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        id,
        file.0,
        from.root.0,
        from.rel,
        from.name,
        to.root.0,
        to.rel,
        to.name
    ])?;
    Ok(())
}

/// Takes the moves of a step back, or does them again: those whose photo is where the other way ended.
pub(in crate::catalog) fn turn(tx: &Transaction<'_>, step: i64, back: bool) -> Result<()> {
    let (open, end, to) = match back {
        true => (MoveState::Going, MoveState::There, MoveState::Coming),
        false => (MoveState::Coming, MoveState::Back, MoveState::Going),
    };
    tx.execute(
        "UPDATE moves SET state = ?2, note = NULL WHERE step = ?1 AND state = ?3",
        params![step, to as u8, open as u8],
    )?;
    for moving in entries(tx, "step = ?1 AND state = ?2", params![step, end as u8])? {
        // Where somebody has moved or thrown it away since, it is no longer ours to take back.
        let elsewhere = moving.files.iter().any(|file| {
            let (expected, _) = moving.ends(file);
            file.row.missing_since.is_none() && file.row.path != expected
        });
        let none = moving.files.iter().all(|file| file.row.missing_since.is_some());
        let busy = files_there(tx, moving.photo)?
            .iter()
            .map(|file| is_on_its_way(tx, file.id))
            .collect::<Result<Vec<bool>>>()?
            .contains(&true);
        let note = (elsewhere || none || busy).then_some("It is no longer where it was moved to, so it stays.");
        let state = if note.is_some() { end } else { to };
        tx.execute(
            "UPDATE moves SET state = ?2, note = ?3 WHERE id = ?1",
            params![moving.id, state as u8, note],
        )?;
        if note.is_none() {
            complete(tx, &moving)?;
        }
    }
    Ok(())
}

/// What came to a photo since it was moved, as a sidecar with its next mark, goes back with it (or on again).
fn complete(tx: &Transaction<'_>, moving: &Moving) -> Result<()> {
    let stems: (Option<Vec<u8>>, Option<Vec<u8>>) = tx.query_row(
        "SELECT from_stem, to_stem FROM moves WHERE id = ?1",
        [moving.id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some(first) = moving.files.first() else {
        return Ok(());
    };
    let at_new = moving.state == MoveState::There;
    let (here, other) = if at_new {
        (&first.to, &first.from)
    } else {
        (&first.from, &first.to)
    };
    for file in files_there(tx, moving.photo)? {
        if moving.files.iter().any(|known| known.row.id == file.id) {
            continue;
        }
        let place = own_place(tx, file.id)?;
        if (place.root, &place.rel) != (here.root, &here.rel) {
            continue;
        }
        let name = match &stems {
            (Some(from), Some(to)) if at_new => renamed(to, from, &place.name),
            (Some(from), Some(to)) => renamed(from, to, &place.name),
            _ => Some(place.name.clone()),
        };
        let Some(name) = name else { continue };
        let far = Place {
            name,
            root: other.root,
            rel: other.rel.clone(),
        };
        let (from, to) = if at_new { (&far, &place) } else { (&place, &far) };
        add_file(tx, moving.id, file.id, from, to)?;
    }
    Ok(())
}

impl Catalog {
    /// Writes down that these photos go to their new places: one step for undo, called `label`.
    /// `library::relocate::settle` moves the files.
    ///
    /// # Errors
    /// SQLite's: then nothing is to be moved.
    pub fn begin_moves(&self, moves: &[PlannedMove], label: &str, now: Timestamp) -> Result<Begun> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO file_steps (at, label, after_group)
                 VALUES (?1, ?2, (SELECT coalesce(max(undo_group), 0) FROM changes))",
                params![now.0, label],
            )?;
            let step = tx.last_insert_rowid();
            let mut begun = Begun::default();
            for planned in moves {
                let files = files_there(tx, planned.photo)?;
                if let Some(why) = stays(tx, planned, &files)? {
                    begun.left.push((planned.photo, why));
                    continue;
                }
                let (from_stem, to_stem) = planned.stems.clone().unzip();
                tx.prepare_cached(
                    "INSERT INTO moves (step, photo_id, from_stem, to_stem, state, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    step,
                    planned.photo.0,
                    from_stem,
                    to_stem,
                    MoveState::Going as u8,
                    now.0
                ])?;
                let id = tx.last_insert_rowid();
                for (file, to) in &planned.files {
                    let from = own_place(tx, *file)?;
                    add_file(tx, id, *file, &from, to)?;
                }
                begun.step = Some(step);
            }
            if begun.step.is_none() {
                tx.execute("DELETE FROM file_steps WHERE id = ?1", [step])?;
                return Ok(begun);
            }
            tx.execute("UPDATE changes SET state = 2 WHERE state = 1", [])?;
            forget_undone(tx)?;
            Ok(begun)
        })
    }

    /// What is on its way, oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn moving(&self) -> Result<Vec<Moving>> {
        self.read(|tx| entries(tx, "state IN (0, 2)", []))
    }

    /// The moves of a step.
    ///
    /// # Errors
    /// SQLite's.
    pub fn moves_of(&self, step: i64) -> Result<Vec<Moving>> {
        self.read(|tx| entries(tx, "step = ?1", [step]))
    }

    /// One move, as it is now.
    ///
    /// # Errors
    /// SQLite's.
    pub fn moving_one(&self, id: i64) -> Result<Option<Moving>> {
        self.read(|tx| Ok(entries(tx, "id = ?1", [id])?.pop()))
    }

    /// Whether a photo is on its way.
    ///
    /// # Errors
    /// SQLite's.
    pub fn is_moving(&self, photo: PhotoId) -> Result<bool> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached("SELECT 1 FROM moves WHERE photo_id = ?1 AND state IN (0, 2)")?
                .exists([photo.0])?)
        })
    }

    /// What a scan of this tree leaves alone.
    ///
    /// # Errors
    /// SQLite's.
    pub fn on_the_way(&self, root: RootId) -> Result<OnTheWay> {
        let mut found = OnTheWay::default();
        for moving in self.moving()? {
            for file in &moving.files {
                found.files.insert(file.row.id);
                let parked = moving.parked(file);
                let parked = parked.file_name().map(|name| path_bytes(Path::new(name)));
                let places = [&file.from, &file.to].into_iter().filter(|place| place.root == root);
                for place in places {
                    let names = found.names.entry(place.rel.clone()).or_default();
                    names.insert(place.name.clone());
                    names.extend(parked.clone());
                }
            }
        }
        Ok(found)
    }

    /// The state moves on, if it is what was expected; `false` where somebody wants it elsewhere meanwhile. A way that is
    /// turned leaves the step as it was: what could not be taken back can be tried again.
    ///
    /// # Errors
    /// SQLite's.
    pub fn turn_move(&self, moving: &Moving, note: &str) -> Result<bool> {
        self.write(|tx| {
            let changed = tx.execute(
                "UPDATE moves SET state = ?3, note = ?4 WHERE id = ?1 AND state = ?2",
                params![moving.id, moving.state as u8, moving.state.turned() as u8, note],
            )?;
            if moving.state == MoveState::Coming {
                tx.execute(
                    "UPDATE file_steps SET state = 0 WHERE id = ?1 AND state = 1",
                    [moving.step],
                )?;
            }
            Ok(changed == 1)
        })
    }

    /// A photo is where it was wanted: the rows of its files name that place, with the stats found there. Gives `false`
    /// where it is wanted elsewhere meanwhile. `found` says of each file that is there whether it lies where it was wanted.
    ///
    /// # Errors
    /// SQLite's.
    pub fn finish_move(&self, moving: &Moving, found: &[(FileId, bool, Stat)]) -> Result<bool> {
        self.write(|tx| {
            let changed = tx.execute(
                "UPDATE moves SET state = ?3 WHERE id = ?1 AND state = ?2",
                params![moving.id, moving.state as u8, moving.state.reached() as u8],
            )?;
            if changed != 1 {
                return Ok(false);
            }
            let going = moving.state == MoveState::Going;
            let mut placed = Vec::new();
            for (id, at_goal, stat) in found {
                if let Some(file) = moving.files.iter().find(|file| file.row.id == *id) {
                    let place = if *at_goal == going { &file.to } else { &file.from };
                    placed.push((file, place, stat));
                }
            }
            lay_down(tx, moving.photo, &placed, moving.at)?;
            Ok(true)
        })
    }

    /// Ends a step none of whose photos has moved: there is nothing to take back.
    ///
    /// # Errors
    /// SQLite's.
    pub fn close_step(&self, step: i64) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE file_steps SET state = 2 WHERE id = ?1 AND state = 0
                 AND NOT EXISTS (SELECT 1 FROM moves m WHERE m.step = file_steps.id AND m.state <> 3)
                 AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.step = file_steps.id)",
                [step],
            )?;
            Ok(())
        })
    }
}

/// The rows of a photo's files name these places. Names may be passed along among them, so each first steps aside.
fn lay_down(tx: &Transaction<'_>, photo: PhotoId, placed: &[(&MoveFile, &Place, &Stat)], at: Timestamp) -> Result<()> {
    let mut names: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (file, place, _) in placed {
        if own_place(tx, file.row.id)? != **place {
            retell(tx, file.row.id)?;
        }
        names.push((path_bytes(Path::new(&file.row.name)), place.name.clone()));
        tx.prepare_cached("UPDATE files SET name = CAST('/' || id AS BLOB) WHERE id = ?1")?
            .execute([file.row.id.0])?;
    }
    for (file, place, stat) in placed {
        let folder = folder_of(tx, place.root, &place.rel)?;
        make_room(tx, folder, &place.name, at)?;
        tx.prepare_cached(
            "UPDATE files SET folder_id = ?2, name = ?3, dev = ?4, inode = ?5, size = ?6, mtime_ns = ?7, ctime_ns = ?8,
                 missing_since = NULL WHERE id = ?1",
        )?
        .execute(params![
            file.row.id.0,
            folder,
            place.name,
            stat.dev.cast_signed(),
            stat.ino.cast_signed(),
            stat.size.cast_signed(),
            stat.mtime_ns,
            stat.ctime_ns
        ])?;
        // A held original goes by the name that a person sees.
        let path = if *place == &file.to {
            &file.to_path
        } else {
            &file.from_path
        };
        tx.prepare_cached("UPDATE swaps SET visible = ?2 WHERE file_id = ?1 AND state = 1")?
            .execute(params![file.row.id.0, path_bytes(path)])?;
    }
    if placed.iter().any(|(file, ..)| file.row.role != Role::Sidecar) {
        tx.execute("UPDATE photos SET missing_since = NULL WHERE id = ?1", [photo.0])?;
    }
    tx.execute(
        "UPDATE photos SET folder_id = coalesce((SELECT folder_id FROM files WHERE id = primary_file), folder_id)
         WHERE id = ?1",
        [photo.0],
    )?;
    sidecars::rename(tx, photo, &names)?;
    safety::refresh(tx, &[photo])
}

/// The row of a file that is no longer there gives its name up: `IMG_1.JPG/17` is a name that no file can have.
fn make_room(tx: &Transaction<'_>, folder: i64, name: &[u8], at: Timestamp) -> Result<()> {
    tx.prepare_cached(
        "UPDATE files SET name = CAST(name || '/' || id AS BLOB), missing_since = coalesce(missing_since, ?3)
         WHERE folder_id = ?1 AND name = ?2",
    )?
    .execute(params![folder, name, at.0])?;
    Ok(())
}
