//! The log of changes: every mark and every change to an album goes through here, with what takes it back (I6).
//!
//! One call is one transaction and one step for a person. Undo does not erase: it makes the inverse changes and records
//! them too, so the log read from its beginning always gives the present state. A row's `state` says what it means to
//! undo: 0 may be undone, 1 was undone and may be redone, 2 is history only (undoing itself, and what a newer change has
//! made impossible to redo).

use super::{
    album_changes,
    catalog::Catalog,
    error::{Error, Result},
    marks::{self, KeywordBook},
    sidecars,
};
use crate::{
    model::{
        change::{AlbumState, Annotations, Change},
        id::{AlbumUid, DeviceId, PhotoId},
        time::{Stamp, Timestamp},
    },
    sys::clock::Clock,
};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

/// What came of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// The step that Undo would take back; `None` where nothing changed.
    pub group: Option<i64>,
    /// How many changes were made; the others were so already, or their photo or album is gone.
    pub changed: u64,
}

/// What undo and redo would do next, in words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Steps {
    /// What would be taken back.
    pub undo: Option<String>,
    /// What would be done again.
    pub redo: Option<String>,
}

/// One line of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Its place in this catalog's log.
    pub seq: i64,
    /// When and on which device.
    pub stamp: Stamp,
    /// What changed.
    pub change: Change,
    /// The step it belongs to, in words.
    pub label: String,
}

/// Whether a line may be undone, redone, or neither.
const DONE: i64 = 0;
const UNDONE: i64 = 1;
const HISTORY: i64 = 2;

struct Log<'t> {
    tx: &'t Transaction<'t>,
    now: Timestamp,
    device: &'t DeviceId,
    last: Option<Stamp>,
    seq: i64,
    group: i64,
    label: String,
    state: i64,
    book: KeywordBook,
}

impl<'t> Log<'t> {
    fn open(tx: &'t Transaction<'t>, now: Timestamp, device: &'t DeviceId, label: String, state: i64) -> Result<Self> {
        let last: Option<String> = tx.query_row("SELECT max(stamp) FROM changes", [], |row| row.get(0))?;
        let last = match last {
            None => None,
            Some(text) => Some(Stamp::parse(&text).ok_or_else(|| Error::Value(format!("the stamp {text}")))?),
        };
        let number = |sql: &str| tx.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
        Ok(Self {
            tx,
            now,
            device,
            last,
            seq: number("SELECT max(seq) FROM changes")?.unwrap_or(0),
            group: number("SELECT max(undo_group) FROM changes")?
                .unwrap_or(0)
                .saturating_add(1),
            label,
            state,
            book: KeywordBook::default(),
        })
    }

    /// Makes one change and records it. `false` where there was nothing to change.
    fn make(&mut self, change: &Change) -> Result<bool> {
        let made = match change {
            Change::Mark { photo, mark } => {
                let photo = *photo;
                let made = marks::put(self.tx, &mut self.book, photo, mark)?;
                if made.is_some() {
                    // In the same transaction, so that after a kill the sidecars catch up with every mark that was kept.
                    sidecars::look(self.tx, photo)?;
                }
                made.map(|(mark, back)| (Change::Mark { photo, mark }, Change::Mark { photo, mark: back }))
            }
            _ => album_changes::make(self.tx, change)?,
        };
        let Some((change, inverse)) = made else {
            return Ok(false);
        };
        let stamp = Stamp::next(self.last.as_ref(), self.now, self.device.as_str());
        self.seq = self.seq.saturating_add(1);
        self.tx
            .prepare_cached(
                "INSERT INTO changes (seq, stamp, change, inverse, undo_group, undo_label, state) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                self.seq,
                stamp.to_string(),
                text(&change)?,
                text(&inverse)?,
                self.group,
                &self.label,
                self.state,
            ))?;
        self.last = Some(stamp);
        Ok(true)
    }
}

fn text(change: &Change) -> Result<String> {
    serde_json::to_string(change).map_err(|error| Error::Value(error.to_string()))
}

fn change_of(text: &str) -> Result<Change> {
    serde_json::from_str(text).map_err(|error| Error::Value(format!("the change {text}: {error}")))
}

/// Makes changes within a transaction that does more, such as taking up the marks that files carry.
///
/// # Errors
/// `Refused` with a sentence where one of them cannot be made: then none is.
pub(in crate::catalog) fn apply(
    tx: &Transaction<'_>,
    changes: &[Change],
    label: &str,
    clock: &dyn Clock,
    device: &DeviceId,
) -> Result<Applied> {
    let mut log = Log::open(tx, clock.now(), device, label.to_owned(), DONE)?;
    let mut changed = 0_u64;
    for change in changes {
        changed += u64::from(log.make(change)?);
    }
    if changed == 0 {
        return Ok(Applied::default());
    }
    tx.execute("UPDATE changes SET state = ?1 WHERE state = 1", [HISTORY])?;
    super::trash::forget_undone(tx)?;
    Ok(Applied {
        group: Some(log.group),
        changed,
    })
}

/// Makes changes that nobody asked for, such as taking up the marks that a file carries at the first look at it: they are in
/// the log (I6), but they are no step that Undo would take back, and what could be redone still can.
///
/// # Errors
/// `Refused` with a sentence where one of them cannot be made: then none is.
pub(in crate::catalog) fn take_up(
    tx: &Transaction<'_>,
    changes: &[Change],
    label: &str,
    clock: &dyn Clock,
    device: &DeviceId,
) -> Result<()> {
    let mut log = Log::open(tx, clock.now(), device, label.to_owned(), HISTORY)?;
    for change in changes {
        log.make(change)?;
    }
    Ok(())
}

/// The next step back (or forward): its group and label.
fn next_step(connection: &Connection, back: bool) -> Result<Option<(i64, String)>> {
    let sql = if back {
        "SELECT undo_group, undo_label FROM changes WHERE state = 0 ORDER BY undo_group DESC LIMIT 1"
    } else {
        "SELECT undo_group, undo_label FROM changes WHERE state = 1 ORDER BY undo_group LIMIT 1"
    };
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

fn step(tx: &Transaction<'_>, back: bool, clock: &dyn Clock, device: &DeviceId) -> Result<Option<String>> {
    let Some((group, label)) = next_step(tx, back)? else {
        return Ok(None);
    };
    let (sql, from, to, word) = if back {
        let sql = "SELECT inverse FROM changes WHERE undo_group = ?1 AND state = 0 ORDER BY seq DESC";
        (sql, DONE, UNDONE, "Undo")
    } else {
        let sql = "SELECT change FROM changes WHERE undo_group = ?1 AND state = 1 ORDER BY seq";
        (sql, UNDONE, DONE, "Redo")
    };
    let changes: Vec<String> = tx
        .prepare_cached(sql)?
        .query_map([group], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut log = Log::open(tx, clock.now(), device, format!("{word}: {label}"), HISTORY)?;
    for change in &changes {
        log.make(&change_of(change)?)?;
    }
    tx.execute(
        "UPDATE changes SET state = ?3 WHERE undo_group = ?1 AND state = ?2",
        (group, from, to),
    )?;
    Ok(Some(label))
}

impl Catalog {
    /// Makes a batch of changes: all of them or none, one step for undo, called `label`. What changes nothing is not
    /// recorded; where anything changed, what could be redone no longer can.
    ///
    /// # Errors
    /// `Refused` with a sentence for the person: a name that is taken, a query that cannot be read.
    pub fn apply(&self, changes: &[Change], label: &str, clock: &dyn Clock, device: &DeviceId) -> Result<Applied> {
        self.write(|tx| apply(tx, changes, label, clock, device))
    }

    /// Takes the last step back; says which, `None` where there is none.
    ///
    /// # Errors
    /// SQLite's.
    pub fn undo(&self, clock: &dyn Clock, device: &DeviceId) -> Result<Option<String>> {
        self.write(|tx| step(tx, true, clock, device))
    }

    /// Does the step again that was taken back last; says which, `None` where there is none.
    ///
    /// # Errors
    /// `Refused` where it cannot be done any more.
    pub fn redo(&self, clock: &dyn Clock, device: &DeviceId) -> Result<Option<String>> {
        self.write(|tx| step(tx, false, clock, device))
    }

    /// What undo and redo would do next.
    ///
    /// # Errors
    /// SQLite's.
    pub fn steps(&self) -> Result<Steps> {
        self.read(|tx| {
            Ok(Steps {
                undo: next_step(tx, true)?.map(|(_, label)| label),
                redo: next_step(tx, false)?.map(|(_, label)| label),
            })
        })
    }

    /// The log after a place in it, in its order, at most `limit` lines; from 0, with no limit, the whole log.
    ///
    /// # Errors
    /// `Value` for a line that cannot be read.
    pub fn changes_after(&self, seq: i64, limit: usize) -> Result<Vec<Recorded>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT seq, stamp, change, undo_label FROM changes WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = statement.query((seq, limit))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (stamp, change): (String, String) = (row.get(1)?, row.get(2)?);
                found.push(Recorded {
                    seq: row.get(0)?,
                    stamp: Stamp::parse(&stamp).ok_or_else(|| Error::Value(format!("the stamp {stamp}")))?,
                    change: change_of(&change)?,
                    label: row.get(3)?,
                });
            }
            Ok(found)
        })
    }

    /// The photos that were marked by the changes after a place in the log, of so many changes at most; `None` for more.
    ///
    /// # Errors
    /// `Value` for a line that cannot be read.
    pub fn marked_after(&self, seq: i64, limit: usize) -> Result<Option<Vec<PhotoId>>> {
        let changes = self.changes_after(seq, limit + 1)?;
        let marked = |one: &Recorded| match one.change {
            Change::Mark { photo, .. } => Some(photo),
            _ => None,
        };
        Ok((changes.len() <= limit).then(|| changes.iter().filter_map(marked).collect()))
    }

    /// The place of the last change in the log; 0 before the first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn last_change(&self) -> Result<i64> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT coalesce(max(seq), 0) FROM changes")?;
            Ok(statement.query_row([], |row| row.get(0))?)
        })
    }

    /// All marks and albums as they are now. The log, replayed onto nothing, must give the same (I6), but for photos
    /// that are no longer in the catalog.
    ///
    /// # Errors
    /// SQLite's.
    pub fn annotations(&self) -> Result<Annotations> {
        self.read(|tx| {
            let mut all = Annotations::default();
            let mut statement = tx.prepare_cached(
                "SELECT id FROM photos WHERE rating > 0 OR flag > 0 OR label > 0 OR title <> '' OR caption <> '' \
                 OR shift_s <> 0 OR own_latitude IS NOT NULL UNION SELECT photo_id FROM photo_keywords",
            )?;
            for photo in statement.query_map([], |row| row.get(0))? {
                let photo = PhotoId(photo?);
                all.marks.extend(marks::of(tx, photo)?.map(|marks| (photo, marks)));
            }
            let mut statement =
                tx.prepare_cached("SELECT uid, name, query, backup_store, deleted, id, parent, cover FROM albums")?;
            let mut members = tx.prepare_cached("SELECT photo_id, place FROM album_photos WHERE album_id = ?1")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let photos =
                    members.query_map([row.get::<_, i64>(5)?], |row| Ok((PhotoId(row.get(0)?), row.get(1)?)))?;
                let album = AlbumState {
                    name: row.get(1)?,
                    query: row.get(2)?,
                    store: row.get(3)?,
                    deleted: row.get(4)?,
                    parent: row.get::<_, Option<String>>(6)?.map(AlbumUid),
                    cover: row.get::<_, Option<i64>>(7)?.map(PhotoId),
                    photos: photos.collect::<rusqlite::Result<_>>()?,
                };
                all.albums.insert(AlbumUid(row.get(0)?), album);
            }
            Ok(all)
        })
    }
}
