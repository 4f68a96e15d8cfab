//! What lies in Safelight's trash, and the journal of every move there and back. A row says where a photo is wanted; where
//! each of its files is, only the disk says (`library::trash` looks). The photo's files lead their rows along: from the
//! intent on, a trashed file's row names its place in the trash and is missing, so that no view, plan or scan takes it for
//! a photo that is there, and its marks, albums and receipts stay with it.

use super::{
    Catalog,
    changes::Steps,
    error::{Error, Result},
    intake::Intake,
    photos::{FILE_COLUMNS, FILE_TABLES, FileRow, file_of},
    roots::join,
    safety,
};
use crate::{
    model::{
        id::{FileId, PhotoId, RootId, StoreId},
        time::{DAY_MS, Timestamp},
    },
    sys::fs::Stat,
};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

/// Where below its root Safelight's trash lies. The walk of a scan leaves `.safelight` out.
pub const TRASH_DIR: &str = ".safelight/trash";

/// Where a trashed photo is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrashState {
    /// In the trash; some of its files may not have moved yet.
    Going,
    /// It lies in the trash.
    In,
    /// In its folder; some of its files may not have moved yet.
    Coming,
    /// It is back in its folder.
    Back,
    /// It was given to the system's trash.
    Emptied,
    /// Somebody else took it out of the trash.
    Taken,
}

impl TrashState {
    /// Every state, in the order of the catalog's numbers.
    pub const ALL: [Self; 6] = [
        Self::Going,
        Self::In,
        Self::Coming,
        Self::Back,
        Self::Emptied,
        Self::Taken,
    ];

    fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::In)
    }
}

/// One file of a trashed photo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrashFile {
    /// Its row, as it is now.
    pub row: FileRow,
    /// Its folder below the root, the file system's bytes.
    pub rel: Vec<u8>,
    /// Where it lay, and where it is put back.
    pub home: PathBuf,
    /// Its place in the trash.
    pub place: PathBuf,
}

impl TrashFile {
    /// Whether a scan has found it outside the trash meanwhile: then it is no business of the trash any more.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.row.missing_since.is_none()
    }
}

/// One trashed photo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trashed {
    /// Its number in the trash.
    pub id: i64,
    /// The photo.
    pub photo: PhotoId,
    /// The tree it belongs to.
    pub root: RootId,
    /// Where it is wanted.
    pub state: TrashState,
    /// When it was moved.
    pub at: Timestamp,
    /// Why it is not where it is wanted.
    pub note: Option<String>,
    /// Every original of it has a proven copy that survives this disk.
    pub proven: bool,
    /// Its files.
    pub files: Vec<TrashFile>,
}

impl Trashed {
    /// The name of its first file.
    #[must_use]
    pub fn name(&self) -> String {
        let first = self.files.first();
        first.map_or_else(String::new, |file| {
            file.home
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default()
        })
    }

    /// Its bytes on this disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.row.size).sum()
    }
}

/// How undo takes the newest step back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NextStep {
    /// A step of marks or albums.
    Marks,
    /// A step that moves files, to the trash or elsewhere: its number and what it is called.
    Files(i64, String),
}

fn below(dir: &[u8], rel: &[u8]) -> Vec<u8> {
    let mut whole = dir.to_vec();
    if !rel.is_empty() {
        whole.push(b'/');
        whole.extend_from_slice(rel);
    }
    whole
}

/// `.safelight/trash/2026-11-23/1795435200000-17`: the day for people, the moment and number so that no two are one, even
/// after a lost catalog began to count anew.
fn dir_of(at: Timestamp, id: i64) -> Vec<u8> {
    let day = Timestamp(at.0.div_euclid(DAY_MS) * DAY_MS).rfc3339();
    let day = day.get(..10).unwrap_or("undated");
    format!("{TRASH_DIR}/{day}/{}-{id}", at.0).into_bytes()
}

pub(in crate::catalog) fn folder_of(tx: &Transaction<'_>, root: RootId, rel: &[u8]) -> Result<i64> {
    tx.prepare_cached("INSERT INTO folders (root_id, rel) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![root.0, rel])?;
    Ok(tx
        .prepare_cached("SELECT id FROM folders WHERE root_id = ?1 AND rel = ?2")?
        .query_row(params![root.0, rel], |row| row.get(0))?)
}

struct Entry {
    id: i64,
    root: RootId,
    dir: Vec<u8>,
    state: TrashState,
    at: Timestamp,
    note: Option<String>,
}

fn entry_of(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        root: RootId(row.get(1)?),
        dir: row.get(2)?,
        state: TrashState::from_number(row.get(3)?),
        at: Timestamp(row.get(4)?),
        note: row.get(5)?,
    })
}

const ENTRY: &str = "SELECT id, root_id, dir, state, at, note FROM trash";

fn entries(tx: &Transaction<'_>, condition: &str, params: impl rusqlite::Params) -> Result<Vec<Trashed>> {
    let found: Vec<Entry> = tx
        .prepare_cached(&format!("{ENTRY} WHERE {condition} ORDER BY id"))?
        .query_map(params, entry_of)?
        .collect::<rusqlite::Result<_>>()?;
    let mut all = Vec::with_capacity(found.len());
    for entry in found {
        all.extend(whole(tx, entry)?);
    }
    Ok(all)
}

/// The entry with its files; none where none of its files is known any more.
fn whole(tx: &Transaction<'_>, entry: Entry) -> Result<Option<Trashed>> {
    let root: Vec<u8> = tx
        .prepare_cached("SELECT path FROM roots WHERE id = ?1")?
        .query_row([entry.root.0], |row| row.get(0))?;
    let sql = format!(
        "SELECT {FILE_COLUMNS}, t.rel, t.name, ({rank}) FROM {FILE_TABLES} JOIN trash_files t ON t.file_id = f.id
         WHERE t.trash_id = ?1 ORDER BY f.role, f.id",
        rank = safety::rank_sql()
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query([entry.id])?;
    let mut files = Vec::new();
    let mut proven = true;
    while let Some(row) = rows.next()? {
        let file = file_of(row)?;
        let (rel, name): (Vec<u8>, Vec<u8>) = (row.get(22)?, row.get(23)?);
        let name = crate::sys::real::path_from_bytes(name);
        // The ranks of `safety`: from 4 on there is a proven copy.
        proven &= row.get::<_, u8>(24)? >= 4;
        files.push(TrashFile {
            home: join(root.clone(), rel.clone()).join(&name),
            place: join(root.clone(), below(&entry.dir, &rel)).join(&name),
            rel,
            row: file,
        });
    }
    let Some(photo) = files.first().map(|file| file.row.photo) else {
        return Ok(None);
    };
    Ok(Some(Trashed {
        id: entry.id,
        photo,
        root: entry.root,
        state: entry.state,
        at: entry.at,
        note: entry.note,
        proven,
        files,
    }))
}

fn set_state(tx: &Transaction<'_>, id: i64, from: TrashState, to: TrashState, note: Option<&str>) -> Result<bool> {
    let changed = tx
        .prepare_cached("UPDATE trash SET state = ?3, note = ?4 WHERE id = ?1 AND state = ?2")?
        .execute(params![id, from as u8, to as u8, note])?;
    Ok(changed == 1)
}

/// Undone moves to the trash can be redone until something new is done.
pub(in crate::catalog) fn forget_undone(tx: &Transaction<'_>) -> Result<()> {
    tx.execute("UPDATE file_steps SET state = 2 WHERE state = 1", [])?;
    Ok(())
}

/// The newest step, or the one to redo: whether it is one of the trash. `group`: the marks' own.
fn next(tx: &Transaction<'_>, back: bool) -> Result<Option<NextStep>> {
    let marks: Option<i64> = tx
        .query_row(
            if back {
                "SELECT max(undo_group) FROM changes WHERE state = 0"
            } else {
                "SELECT min(undo_group) FROM changes WHERE state = 1"
            },
            [],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let sql = if back {
        "SELECT id, label, after_group FROM file_steps WHERE state = 0 ORDER BY id DESC LIMIT 1"
    } else {
        "SELECT id, label, after_group FROM file_steps WHERE state = 1 ORDER BY id LIMIT 1"
    };
    let trash: Option<(i64, String, i64)> = tx
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(match (marks, trash) {
        (None, None) => None,
        (Some(_), None) => Some(NextStep::Marks),
        (None, Some((id, label, _))) => Some(NextStep::Files(id, label)),
        // A step of marks with a number above `after` was made after the move.
        (Some(group), Some((id, label, after))) => {
            let trash_first = if back { group <= after } else { group > after };
            Some(if trash_first {
                NextStep::Files(id, label)
            } else {
                NextStep::Marks
            })
        }
    })
}

impl Catalog {
    /// Writes down that these photos go to the trash: one step for undo, called `label`. From here on their rows are
    /// missing, and `library::trash::settle` moves the files. Photos none of whose files are there are left out. Gives
    /// their numbers in the trash.
    ///
    /// # Errors
    /// SQLite's: then nothing is to be moved.
    pub fn begin_trash(&self, photos: &[PhotoId], label: &str, now: Timestamp) -> Result<Vec<i64>> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO file_steps (at, label, after_group)
                 VALUES (?1, ?2, (SELECT coalesce(max(undo_group), 0) FROM changes))",
                params![now.0, label],
            )?;
            let step = tx.last_insert_rowid();
            let mut made = Vec::new();
            for photo in photos {
                made.extend(begin_one(tx, *photo, step, now)?);
            }
            if made.is_empty() {
                tx.execute("DELETE FROM file_steps WHERE id = ?1", [step])?;
                return Ok(made);
            }
            tx.execute("UPDATE changes SET state = 2 WHERE state = 1", [])?;
            forget_undone(tx)?;
            safety::refresh(tx, photos)?;
            Ok(made)
        })
    }

    /// What is in the trash or on its way there or back, oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn trashed(&self, states: &[TrashState]) -> Result<Vec<Trashed>> {
        let numbers: Vec<String> = states.iter().map(|state| (*state as u8).to_string()).collect();
        self.read(|tx| entries(tx, &format!("state IN ({})", numbers.join(", ")), []))
    }

    /// One entry of the trash, as it is now.
    ///
    /// # Errors
    /// SQLite's.
    pub fn trashed_one(&self, id: i64) -> Result<Option<Trashed>> {
        self.read(|tx| Ok(entries(tx, "id = ?1", [id])?.pop()))
    }

    /// The folders in the trash of a root that are known, below it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn trash_dirs(&self, root: RootId) -> Result<HashSet<Vec<u8>>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT dir FROM trash WHERE root_id = ?1 AND state IN (0, 1, 2)")?;
            let rows = statement.query_map([root.0], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Whether a photo lies in the trash or is on its way there or back.
    ///
    /// # Errors
    /// SQLite's.
    pub fn is_trashed(&self, photo: PhotoId) -> Result<bool> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(
                    "SELECT 1 FROM trash t JOIN trash_files u ON u.trash_id = t.id JOIN files f ON f.id = u.file_id
                     WHERE f.photo_id = ?1 AND t.state IN (0, 1, 2) LIMIT 1",
                )?
                .exists([photo.0])?)
        })
    }

    /// How many photos lie in the trash, and their bytes.
    ///
    /// # Errors
    /// SQLite's.
    pub fn trash_counts(&self) -> Result<(u64, u64)> {
        self.read(|tx| {
            Ok(tx.query_row(
                "SELECT count(DISTINCT t.id), coalesce(sum(f.size), 0) FROM trash t
                 JOIN trash_files u ON u.trash_id = t.id JOIN files f ON f.id = u.file_id WHERE t.state IN (0, 1)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?)
        })
    }

    /// The state moves on, if it is what was expected; `false` where somebody wants it elsewhere meanwhile.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_trash(&self, id: i64, from: TrashState, to: TrashState, note: Option<&str>) -> Result<bool> {
        self.write(|tx| set_state(tx, id, from, to, note))
    }

    /// A photo is back: the rows of its files name their old places again, with the stats found there, and the queues it
    /// waited in get it back. Files that a scan took up meanwhile stay as they are. `false` where the state was another.
    ///
    /// # Errors
    /// SQLite's.
    pub fn finish_put_back(&self, entry: &Trashed, found: &[(FileId, Stat)]) -> Result<bool> {
        self.write(|tx| {
            if !set_state(tx, entry.id, TrashState::Coming, TrashState::Back, None)? {
                return Ok(false);
            }
            for file in entry.files.iter().filter(|file| !file.is_out()) {
                if let Some((_, stat)) = found.iter().find(|(id, _)| *id == file.row.id) {
                    home_again(tx, entry, file, stat)?;
                }
            }
            let any = tx
                .prepare_cached("SELECT 1 FROM files WHERE photo_id = ?1 AND missing_since IS NULL")?
                .exists([entry.photo.0])?;
            if any {
                tx.execute(
                    "UPDATE photos SET missing_since = NULL,
                         folder_id = coalesce((SELECT folder_id FROM files WHERE id = primary_file), folder_id)
                     WHERE id = ?1",
                    [entry.photo.0],
                )?;
                super::photos::refresh_problem(tx, entry.photo)?;
            }
            safety::refresh(tx, &[entry.photo])?;
            Ok(true)
        })
    }

    /// What undo (or redo) would do next, seen over marks, albums and the trash.
    ///
    /// # Errors
    /// SQLite's.
    pub fn next_step_of_all(&self, back: bool) -> Result<Option<NextStep>> {
        self.read(|tx| next(tx, back))
    }

    /// What undo and redo would do next, in words, over marks, albums and the trash.
    ///
    /// # Errors
    /// SQLite's.
    pub fn steps_of_all(&self) -> Result<Steps> {
        let mut steps = self.steps()?;
        if let Some(NextStep::Files(_, label)) = self.next_step_of_all(true)? {
            steps.undo = Some(label);
        }
        if let Some(NextStep::Files(_, label)) = self.next_step_of_all(false)? {
            steps.redo = Some(label);
        }
        Ok(steps)
    }

    /// Takes a step that moves files back, or does it again: its photos are wanted at their old places (or in the trash, or at
    /// their new places), and `library::trash::settle` and `library::relocate::settle` move them.
    ///
    /// # Errors
    /// SQLite's.
    pub fn turn_file_step(&self, step: i64, back: bool, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            let (from, to) = if back { (0, 1) } else { (1, 0) };
            let turned = tx.execute(
                "UPDATE file_steps SET state = ?3 WHERE id = ?1 AND state = ?2",
                params![step, from, to],
            )?;
            if turned == 0 {
                return Err(Error::Refused("That step cannot be taken any more.".to_owned()));
            }
            if back {
                tx.execute(
                    "UPDATE trash SET state = ?2, note = NULL WHERE step = ?1 AND state IN (0, 1)",
                    params![step, TrashState::Coming as u8],
                )?;
                return super::moves::turn(tx, step, true);
            }
            tx.execute(
                "UPDATE trash SET state = ?2, note = NULL WHERE step = ?1 AND state = ?3",
                params![step, TrashState::Going as u8, TrashState::Coming as u8],
            )?;
            // Done again: the photos that are back go once more, as new entries of the same step.
            let photos: Vec<PhotoId> = tx
                .prepare(
                    "SELECT DISTINCT f.photo_id FROM trash t JOIN trash_files u ON u.trash_id = t.id
                     JOIN files f ON f.id = u.file_id WHERE t.step = ?1 AND t.state = ?2 ORDER BY f.photo_id",
                )?
                .query_map(params![step, TrashState::Back as u8], |row| row.get(0).map(PhotoId))?
                .collect::<rusqlite::Result<_>>()?;
            for photo in &photos {
                begin_one(tx, *photo, step, now)?;
            }
            safety::refresh(tx, &photos)?;
            super::moves::turn(tx, step, false)
        })
    }

    /// Photos are wanted back at their places, by their numbers in the trash. Not a step: undo has its own way.
    ///
    /// # Errors
    /// SQLite's.
    pub fn begin_put_back(&self, ids: &[i64]) -> Result<u64> {
        self.write(|tx| {
            let mut count = 0;
            for id in ids {
                count += u64::from(set_state(tx, *id, TrashState::In, TrashState::Coming, None)?);
                // A step none of whose photos is in the trash any more has nothing to take back.
                tx.execute(
                    "UPDATE file_steps SET state = 2 WHERE state = 0 AND id = (SELECT step FROM trash WHERE id = ?1)
                     AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.step = file_steps.id AND t.state IN (0, 1))",
                    [id],
                )?;
            }
            Ok(count)
        })
    }

    /// A photo was given to the system's trash: there is no way back for us.
    ///
    /// # Errors
    /// SQLite's.
    pub fn finish_empty(&self, id: i64) -> Result<bool> {
        self.write(|tx| {
            let done = set_state(tx, id, TrashState::In, TrashState::Emptied, None)?;
            tx.execute(
                "UPDATE file_steps SET state = 2 WHERE state = 0 AND id = (SELECT step FROM trash WHERE id = ?1)
                 AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.step = file_steps.id AND t.state IN (0, 1))",
                [id],
            )?;
            Ok(done)
        })
    }
}

impl Intake<'_> {
    /// A photo that lies in the trash, and that no record knew: its rows are new, and stand in their folder of the trash.
    /// `dir` is its own folder there, `rel` where it was below the root.
    ///
    /// # Errors
    /// SQLite's.
    pub fn adopt_trashed(
        &mut self,
        root: RootId,
        dir: &[u8],
        rel: &[u8],
        photo: PhotoId,
        now: Timestamp,
    ) -> Result<()> {
        let tx = self.tx;
        tx.execute(
            "INSERT INTO file_steps (at, label, after_group, state) VALUES (?1, 'Found in the trash', 0, 2)",
            [now.0],
        )?;
        tx.execute(
            "INSERT INTO trash (step, root_id, dir, state, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![tx.last_insert_rowid(), root.0, dir, TrashState::In as u8, now.0],
        )?;
        tx.execute(
            "INSERT INTO trash_files (trash_id, file_id, rel, name, stores)
             SELECT ?1, id, ?3, name, '' FROM files WHERE photo_id = ?2",
            params![tx.last_insert_rowid(), photo.0, rel],
        )?;
        tx.execute(
            "UPDATE files SET missing_since = ?2 WHERE photo_id = ?1",
            params![photo.0, now.0],
        )?;
        tx.execute(
            "UPDATE photos SET missing_since = ?2 WHERE id = ?1",
            params![photo.0, now.0],
        )?;
        safety::refresh(tx, &[photo])
    }
}

fn begin_one(tx: &Transaction<'_>, photo: PhotoId, step: i64, now: Timestamp) -> Result<Option<i64>> {
    let sql = format!(
        "SELECT {FILE_COLUMNS}, d.rel FROM {FILE_TABLES} WHERE f.photo_id = ?1 AND f.missing_since IS NULL ORDER BY f.role, f.id"
    );
    let files: Vec<(FileRow, Vec<u8>)> = tx
        .prepare_cached(&sql)?
        .query_map([photo.0], |row| Ok((file_of(row)?, row.get(22)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let Some(root) = files.first().map(|(file, _)| file.root) else {
        return Ok(None);
    };
    tx.execute(
        "INSERT INTO trash (step, root_id, dir, state, at) VALUES (?1, ?2, x'', ?3, ?4)",
        params![step, root.0, TrashState::Going as u8, now.0],
    )?;
    let id = tx.last_insert_rowid();
    let dir = dir_of(now, id);
    tx.execute("UPDATE trash SET dir = ?2 WHERE id = ?1", params![id, dir])?;
    for (file, rel) in &files {
        let stores: Vec<String> = tx
            .prepare_cached("SELECT store FROM jobs WHERE file_id = ?1 ORDER BY store")?
            .query_map([file.id.0], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let name = crate::sys::real::path_bytes(Path::new(&file.name));
        tx.prepare_cached(
            "INSERT INTO trash_files (trash_id, file_id, rel, name, stores) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, file.id.0, rel, name, stores.join("\n")])?;
        // What waits to be sent waits no longer; it is queued again when it is put back.
        tx.execute("DELETE FROM jobs WHERE file_id = ?1", [file.id.0])?;
        let folder = folder_of(tx, root, &below(&dir, rel))?;
        tx.prepare_cached("UPDATE files SET folder_id = ?2, missing_since = ?3 WHERE id = ?1")?
            .execute(params![file.id.0, folder, now.0])?;
    }
    tx.execute(
        "UPDATE photos SET missing_since = ?2 WHERE id = ?1",
        params![photo.0, now.0],
    )?;
    Ok(Some(id))
}

/// One file's row names its old place again.
fn home_again(tx: &Transaction<'_>, entry: &Trashed, file: &TrashFile, stat: &Stat) -> Result<()> {
    let folder = folder_of(tx, entry.root, &file.rel)?;
    let name = crate::sys::real::path_bytes(Path::new(&file.row.name));
    let other: Option<(i64, bool)> = tx
        .prepare_cached("SELECT id, missing_since IS NULL FROM files WHERE folder_id = ?1 AND name = ?2")?
        .query_row(params![folder, name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if matches!(other, Some((_, true))) {
        // A scan knows what is there as another file; this row stays with what is gone.
        return Ok(());
    }
    let other = other.map(|(id, _)| id);
    if let Some(other) = other.filter(|other| *other != file.row.id.0) {
        // The row of a file that is no longer there has the name; it takes the place in the trash that is free now.
        tx.execute("UPDATE files SET name = CAST('/' || id AS BLOB) WHERE id = ?1", [other])?;
    }
    tx.prepare_cached(
        "UPDATE files SET folder_id = ?2, dev = ?3, inode = ?4, size = ?5, mtime_ns = ?6, ctime_ns = ?7, missing_since = NULL
         WHERE id = ?1",
    )?
    .execute(params![
        file.row.id.0,
        folder,
        stat.dev.cast_signed(),
        stat.ino.cast_signed(),
        stat.size.cast_signed(),
        stat.mtime_ns,
        stat.ctime_ns
    ])?;
    if let Some(other) = other.filter(|other| *other != file.row.id.0) {
        tx.execute(
            "UPDATE files SET folder_id = ?2, name = ?3, missing_since = coalesce(missing_since, ?4) WHERE id = ?1",
            params![other, file.row.folder.0, name, entry.at.0],
        )?;
    }
    let stores: String = tx
        .prepare_cached("SELECT stores FROM trash_files WHERE trash_id = ?1 AND file_id = ?2")?
        .query_row(params![entry.id, file.row.id.0], |row| row.get(0))?;
    for store in stores.lines().map(|id| StoreId(id.to_owned())) {
        tx.execute(
            "INSERT INTO jobs (store, file_id) SELECT id, ?2 FROM stores WHERE id = ?1 AND gone = 0
             ON CONFLICT (store, file_id) DO NOTHING",
            params![store.0, file.row.id.0],
        )?;
    }
    Ok(())
}
