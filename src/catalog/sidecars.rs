//! What the catalog and sidecars last agreed on, photo by photo, and which photos wait to be compared. The rules of
//! comparing are in `library::sidecar`; here its decisions are kept, each together with the marks that it changes.

use super::{
    Catalog, changes,
    error::{Error, Result},
    marks,
    moves::NOT_MOVING,
    photos::{FileRow, file_of},
    sidecar_files::{WrittenSidecar, keep_files},
};
use crate::{
    model::{
        change::{Change, Mark, Marks},
        id::{DeviceId, PhotoId},
        metadata::{Facts, Gps, MediaKind},
        sidecar::{Field, Stored},
        time::CaptureTime,
    },
    sys::clock::Clock,
};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::PathBuf;

/// One sidecar as it was when it was last read or written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeenSidecar {
    /// Its name, the file system's bytes.
    pub name: Vec<u8>,
    /// Length in bytes.
    pub size: u64,
    /// Last change of content, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last change of content or attributes, nanoseconds since 1970.
    pub ctime_ns: i64,
    /// The hash of its bytes.
    pub hash: String,
    /// Safelight wrote these bytes.
    pub ours: bool,
    /// They were about to be written: kept before, so that after a kill our own writing is not taken for somebody else's.
    #[serde(default)]
    pub planned: bool,
    /// What it said.
    pub said: Stored,
}

/// Where the catalog and a sidecar were both changed, each in its own way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Conflict {
    /// What the sidecar says there.
    pub theirs: Marks,
    /// Where.
    pub fields: Vec<Field>,
}

/// A sidecar before Safelight wrote into it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Before {
    /// Its name, the file system's bytes.
    pub name: Vec<u8>,
    /// The marks that the catalog and it agreed on then.
    pub marks: Marks,
    /// Its bytes; `None`: there was none.
    pub bytes: Option<Vec<u8>>,
}

/// What is known of a photo's sidecars.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SidecarRow {
    /// What both sides last agreed on; `None` = never compared.
    pub base: Option<Marks>,
    /// What the photo's own file said then.
    pub embedded: Stored,
    /// The sidecars as they were then.
    pub seen: Vec<SeenSidecar>,
    /// What a person has to settle.
    pub conflict: Option<Conflict>,
    /// The sidecar before our first write.
    pub before: Option<Before>,
    /// Why it cannot be read or written.
    pub note: Option<String>,
}

/// One photo whose marks and sidecars are to be compared.
#[derive(Clone, PartialEq, Debug)]
pub struct SidecarWork {
    /// The photo.
    pub photo: PhotoId,
    /// What is known.
    pub row: SidecarRow,
    /// Its marks in the catalog.
    pub marks: Marks,
    /// What its own file says now; `None` where that has not been read, or the file is a proxy.
    pub embedded: Option<Stored>,
    /// When its own file says that it was taken; unknown for a film, whose clock is another one.
    pub taken: Option<CaptureTime>,
    /// Where its own file says that it was taken.
    pub gps: Option<Gps>,
    /// Its files that are there, in the order of their roles.
    pub files: Vec<FileRow>,
    /// Another photo of its folder has the same stem.
    pub shares_stem: bool,
}

/// What comparing came to.
#[derive(Clone, PartialEq, Debug)]
pub struct SidecarStep {
    /// The photo.
    pub photo: PhotoId,
    /// Its marks as they were compared: where they are others by now, nothing of this is kept.
    pub compared: Marks,
    /// What the catalog takes over.
    pub marks: Vec<Mark>,
    /// It is the first look at this photo: nobody's work is changed, so there is nothing to undo.
    pub first: bool,
    /// What is known from now on.
    pub row: SidecarRow,
    /// Whether more is to do: see the table.
    pub waits: u8,
    /// The sidecars lie on the disk already, whatever became of the marks meanwhile.
    pub written: bool,
    /// Those that were written, as they lie there.
    pub files: Vec<WrittenSidecar>,
    /// The name of a sidecar of our own that was taken away again.
    pub removed: Option<Vec<u8>>,
}

/// A photo whose sidecar needs a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenSidecar {
    /// The photo.
    pub photo: PhotoId,
    /// The file that is shown for it.
    pub path: PathBuf,
    /// What the catalog says.
    pub ours: Marks,
    /// Where a sidecar says otherwise.
    pub conflict: Option<Conflict>,
    /// Why it cannot be read or written.
    pub note: Option<String>,
}

/// How many photos wait, and for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SidecarCounts {
    /// To be compared or written.
    pub waiting: u64,
    /// To be settled by a person.
    pub conflicts: u64,
    /// Sidecars that cannot be read or written.
    pub troubles: u64,
}

/// This photo's marks and sidecars are to be compared.
pub(in crate::catalog) fn look(connection: &Connection, photo: PhotoId) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO sidecars (photo_id) VALUES (?1) ON CONFLICT DO UPDATE SET waits = 1")?
        .execute([photo.0])?;
    Ok(())
}

/// The same, where they have been compared before.
pub(in crate::catalog) fn look_again(connection: &Connection, photo: PhotoId) -> Result<()> {
    connection
        .prepare_cached("UPDATE sidecars SET waits = 1 WHERE photo_id = ?1")?
        .execute([photo.0])?;
    Ok(())
}

/// A photo's sidecars have other names: what was last agreed on with each of them goes along.
pub(in crate::catalog) fn rename(tx: &Transaction<'_>, photo: PhotoId, names: &[(Vec<u8>, Vec<u8>)]) -> Result<()> {
    let found = tx
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, s.waits FROM sidecars s WHERE s.photo_id = ?1"
        ))?
        .query_row([photo.0], |row| Ok((row_of(row, 0), row.get::<_, u8>(7)?)))
        .optional()?;
    let Some((row, waits)) = found else {
        return Ok(());
    };
    let mut row = row?;
    let new_name = |old: &mut Vec<u8>| {
        if let Some((_, new)) = names.iter().find(|(known, _)| known == old) {
            old.clone_from(new);
        }
    };
    row.seen.iter_mut().for_each(|seen| new_name(&mut seen.name));
    row.before.iter_mut().for_each(|before| new_name(&mut before.name));
    keep(tx, photo, &row, waits)?;
    look_again(tx, photo)
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Value(error.to_string()))
}

fn value<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Value(format!("what is known of a sidecar: {error}")))
}

fn optional<T: DeserializeOwned>(text: Option<String>) -> Result<Option<T>> {
    text.map(|text| value(&text)).transpose()
}

#[derive(Serialize, Deserialize)]
struct BeforeText {
    name: Vec<u8>,
    marks: Marks,
}

const COLUMNS: &str = "s.base, s.embedded, s.seen, s.conflict, s.before, s.before_bytes, s.note";

fn row_of(row: &Row<'_>, at: usize) -> Result<SidecarRow> {
    let before: Option<BeforeText> = optional(row.get(at + 4)?)?;
    let bytes: Option<Vec<u8>> = row.get(at + 5)?;
    let bytes = bytes.map(|packed| {
        lz4_flex::decompress_size_prepended(&packed).map_err(|error| Error::Value(format!("a kept sidecar: {error}")))
    });
    let bytes = bytes.transpose()?;
    Ok(SidecarRow {
        base: optional(row.get(at)?)?,
        embedded: optional(row.get(at + 1)?)?.unwrap_or_default(),
        seen: value(&row.get::<_, String>(at + 2)?)?,
        conflict: optional(row.get(at + 3)?)?,
        before: before.map(|before| Before {
            name: before.name,
            marks: before.marks,
            bytes,
        }),
        note: row.get(at + 6)?,
    })
}

fn keep(tx: &Transaction<'_>, photo: PhotoId, row: &SidecarRow, waits: u8) -> Result<()> {
    let before = row.before.as_ref().map(|before| {
        json(&BeforeText {
            name: before.name.clone(),
            marks: before.marks.clone(),
        })
    });
    let bytes = row.before.as_ref().and_then(|before| before.bytes.as_deref());
    tx.prepare_cached(
        "INSERT OR REPLACE INTO sidecars (photo_id, waits, base, embedded, seen, conflict, before, before_bytes, note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        photo.0,
        waits,
        row.base.as_ref().map(json).transpose()?,
        json(&row.embedded)?,
        json(&row.seen)?,
        row.conflict.as_ref().map(json).transpose()?,
        before.transpose()?,
        bytes.map(lz4_flex::compress_prepend_size),
        row.note
    ])?;
    Ok(())
}

/// Another photo of the same folder whose file has the same stem.
fn shares_stem(tx: &Transaction<'_>, photo: PhotoId, file: &FileRow) -> Result<bool> {
    let name = file.name.as_encoded_bytes();
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0) else {
        return Ok(false);
    };
    let stem = name.get(..dot).unwrap_or(name);
    // Every name between `stem.` and `stem/` begins with `stem.`: '/' is the byte after '.'.
    let (from, to) = ([stem, b"."].concat(), [stem, b"/"].concat());
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM files WHERE folder_id = ?1 AND name >= ?2 AND name < ?3 AND photo_id <> ?4 AND kind < ?5
             AND missing_since IS NULL AND instr(substr(name, ?6), CAST('.' AS BLOB)) = 0",
    )?;
    let after = i64::try_from(from.len() + 1).unwrap_or(i64::MAX);
    Ok(statement.exists(params![
        file.folder.0,
        from,
        to,
        photo.0,
        MediaKind::Sidecar.number(),
        after
    ])?)
}

fn work_of(tx: &Transaction<'_>, photo: PhotoId, row: SidecarRow) -> Result<Option<SidecarWork>> {
    let Some(marks) = marks::of(tx, photo)? else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT {} FROM {} WHERE f.photo_id = ?1 AND f.missing_since IS NULL ORDER BY f.role, f.id",
        super::photos::FILE_COLUMNS,
        super::photos::FILE_TABLES
    );
    let files: Vec<FileRow> = tx
        .prepare_cached(&sql)?
        .query_map([photo.0], file_of)?
        .collect::<rusqlite::Result<_>>()?;
    let shown: Option<(bool, Option<String>)> = tx
        .prepare_cached(
            "SELECT f.stands_for IS NOT NULL, x.facts FROM photos p JOIN files f ON f.id = p.primary_file
             LEFT JOIN photo_facts x ON x.photo_id = p.id WHERE p.id = ?1",
        )?
        .query_row([photo.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let facts = shown.and_then(|(proxy, facts)| Some((proxy, serde_json::from_str::<Facts>(&facts?).ok()?)));
    let still = facts.as_ref().filter(|(_, facts)| facts.duration_s.is_none());
    let taken = still.and_then(|(_, facts)| facts.taken);
    let gps = facts.as_ref().and_then(|(_, facts)| facts.gps);
    let embedded = facts.filter(|(proxy, _)| !proxy).map(|(_, facts)| facts.marks);
    let first = files.iter().find(|file| !matches!(file.kind, MediaKind::Sidecar));
    let shares_stem = match first {
        Some(file) => shares_stem(tx, photo, file)?,
        None => false,
    };
    Ok(Some(SidecarWork {
        photo,
        row,
        marks,
        embedded,
        taken,
        gps,
        files,
        shares_stem,
    }))
}

impl Catalog {
    /// Photos to be compared (and, where `write`, those that only wait to be written), numbered above `after`. Photos
    /// that are missing or in an unplugged tree wait on.
    ///
    /// # Errors
    /// SQLite's; `Value` for a row that cannot be read.
    pub fn sidecar_work(&self, after: PhotoId, write: bool, limit: usize) -> Result<Vec<SidecarWork>> {
        self.read(|tx| {
            // Nothing is written beside a photo that is on its way.
            let sql = format!(
                "SELECT s.photo_id, {COLUMNS} FROM sidecars s JOIN photos p ON p.id = s.photo_id
                 JOIN folders d ON d.id = p.folder_id JOIN roots r ON r.id = d.root_id
                 WHERE s.waits > 0 AND s.waits <= ?2 AND s.photo_id > ?1 AND p.missing_since IS NULL AND r.online
                 AND {NOT_MOVING}
                 ORDER BY s.photo_id LIMIT ?3"
            );
            let mut statement = tx.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = statement.query(params![after.0, if write { 2 } else { 1 }, limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.extend(work_of(tx, PhotoId(row.get(0)?), row_of(row, 1)?)?);
            }
            Ok(found)
        })
    }

    /// One photo, whether or not it waits.
    ///
    /// # Errors
    /// SQLite's; `Value` for a row that cannot be read.
    pub fn sidecar_of(&self, photo: PhotoId) -> Result<Option<SidecarRow>> {
        self.read(|tx| {
            let sql = format!("SELECT {COLUMNS} FROM sidecars s WHERE s.photo_id = ?1");
            let mut statement = tx.prepare_cached(&sql)?;
            let mut rows = statement.query([photo.0])?;
            match rows.next()? {
                Some(row) => Ok(Some(row_of(row, 0)?)),
                None => Ok(None),
            }
        })
    }

    /// Keeps what comparing came to; the marks that it takes over are changes like any other (I6), one step for undo
    /// called `label` but for those of first looks. A photo that was marked meanwhile is left to the next pass. Gives the
    /// photos that were kept.
    ///
    /// # Errors
    /// SQLite's.
    pub fn keep_sidecars(
        &self,
        steps: &[SidecarStep],
        label: &str,
        clock: &dyn Clock,
        device: &DeviceId,
    ) -> Result<Vec<PhotoId>> {
        let now = clock.now();
        self.write(|tx| {
            let mut kept = Vec::with_capacity(steps.len());
            for step in steps {
                match marks::of(tx, step.photo)? {
                    Some(marks) if marks == step.compared => kept.push(step),
                    // Marked again while it was being written: what lies on the disk is kept, and it waits for more.
                    Some(_) if step.written => {
                        keep_files(tx, step.photo, &step.files, step.removed.as_deref(), now)?;
                        keep(tx, step.photo, &step.row, 1)?;
                    }
                    _ => {}
                }
            }
            for first in [true, false] {
                let changes: Vec<Change> = kept
                    .iter()
                    .filter(|step| step.first == first)
                    .flat_map(|step| {
                        step.marks.iter().map(|mark| Change::Mark {
                            photo: step.photo,
                            mark: mark.clone(),
                        })
                    })
                    .collect();
                if changes.is_empty() {
                    continue;
                }
                if first {
                    changes::take_up(tx, &changes, label, clock, device)?;
                } else {
                    changes::apply(tx, &changes, label, clock, device)?;
                }
            }
            for step in &kept {
                keep_files(tx, step.photo, &step.files, step.removed.as_deref(), now)?;
                keep(tx, step.photo, &step.row, step.waits)?;
            }
            Ok(kept.into_iter().map(|step| step.photo).collect())
        })
    }

    /// Everything is compared again at the next pass: each photo that was ever marked or that carries marks.
    ///
    /// # Errors
    /// SQLite's.
    pub fn look_at_all_sidecars(&self) -> Result<u64> {
        self.write(|tx| Ok(tx.execute("UPDATE sidecars SET waits = 1", [])? as u64))
    }

    /// A conflict is settled: the base of these fields becomes what the sidecar says, so that what the catalog says then is
    /// written. Where the sidecar wins, its marks are changes like any other.
    ///
    /// # Errors
    /// SQLite's; `Refused` where there is no such conflict any more.
    pub fn settle_sidecar(
        &self,
        photo: PhotoId,
        fields: &[(Field, bool)],
        label: &str,
        clock: &dyn Clock,
        device: &DeviceId,
    ) -> Result<()> {
        let gone = || Error::Refused("This has been settled already.".to_owned());
        self.write(|tx| {
            let sql = format!("SELECT {COLUMNS} FROM sidecars s WHERE s.photo_id = ?1");
            let mut row = {
                let mut statement = tx.prepare_cached(&sql)?;
                let mut rows = statement.query([photo.0])?;
                match rows.next()? {
                    Some(row) => row_of(row, 0)?,
                    None => return Err(gone()),
                }
            };
            let mut conflict = row.conflict.take().ok_or_else(gone)?;
            let ours = marks::of(tx, photo)?.ok_or_else(gone)?;
            let mut base = row.base.take().unwrap_or_default();
            let mut taken = Vec::new();
            for (field, theirs) in fields.iter().filter(|(field, _)| conflict.fields.contains(field)) {
                field.copy(&mut base, &conflict.theirs);
                if *theirs {
                    taken.push(*field);
                }
            }
            let marks = crate::model::sidecar::steps(&ours, &conflict.theirs, &taken);
            let changes: Vec<Change> = marks.into_iter().map(|mark| Change::Mark { photo, mark }).collect();
            if !changes.is_empty() {
                changes::apply(tx, &changes, label, clock, device)?;
            }
            conflict
                .fields
                .retain(|field| !fields.iter().any(|(settled, _)| settled == field));
            row.base = Some(base);
            row.conflict = Some(conflict).filter(|conflict| !conflict.fields.is_empty());
            keep(tx, photo, &row, 1)
        })
    }

    /// Photos whose sidecars need a person, at most `limit`.
    ///
    /// # Errors
    /// SQLite's; `Value` for a row that cannot be read.
    pub fn open_sidecars(&self, limit: usize) -> Result<Vec<OpenSidecar>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT photo_id, conflict, note FROM sidecars WHERE conflict IS NOT NULL OR note IS NOT NULL
                 ORDER BY photo_id LIMIT ?1",
            )?;
            let mut rows = statement.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let photo = PhotoId(row.get(0)?);
                let Some(ours) = marks::of(tx, photo)? else { continue };
                let sql = format!(
                    "SELECT {} FROM {} JOIN photos p ON p.primary_file = f.id WHERE p.id = ?1",
                    super::photos::FILE_COLUMNS,
                    super::photos::FILE_TABLES
                );
                let file = tx.prepare_cached(&sql)?.query_row([photo.0], file_of).optional()?;
                found.push(OpenSidecar {
                    photo,
                    path: file.map(|file| file.path).unwrap_or_default(),
                    ours,
                    conflict: optional(row.get(1)?)?,
                    note: row.get(2)?,
                });
            }
            Ok(found)
        })
    }

    /// How many photos wait, and for what.
    ///
    /// # Errors
    /// SQLite's.
    pub fn sidecar_counts(&self) -> Result<SidecarCounts> {
        self.read(|tx| {
            let count = |condition: &str| -> Result<u64> {
                let sql = format!("SELECT count(*) FROM sidecars WHERE {condition}");
                let count: i64 = tx.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
                Ok(count.unsigned_abs())
            };
            Ok(SidecarCounts {
                waiting: count("waits > 0")?,
                conflicts: count("conflict IS NOT NULL")?,
                troubles: count("note IS NOT NULL")?,
            })
        })
    }
}
