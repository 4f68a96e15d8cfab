//! Rows of photos and files, and the few ways in which one file's row may change outside a scan.

use super::{Catalog, error::Error, error::Result, marks, roots::join, safety};
use crate::{
    model::{
        content::ContentId,
        id::{FileId, FolderId, PhotoId, RootId},
        metadata::{Facts, Gps, MediaKind},
        photo::Role,
        position::Position,
        rating::{ColorLabel, Flag, Rating},
        safety::Safety,
        time::{CaptureTime, Timestamp},
    },
    sys::{fs::Stat, real::path_bytes},
};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
};

/// One file, with where it is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    /// Its number.
    pub id: FileId,
    /// The photo it belongs to.
    pub photo: PhotoId,
    /// The folder it lies in.
    pub folder: FolderId,
    /// The watched tree it lies in.
    pub root: RootId,
    /// Where it is.
    pub path: PathBuf,
    /// Its name, any bytes.
    pub name: OsString,
    /// What it is to its photo.
    pub role: Role,
    /// What it is.
    pub kind: MediaKind,
    /// Length in bytes.
    pub size: u64,
    /// Last change of content, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last change of content or attributes, nanoseconds since 1970.
    pub ctime_ns: i64,
    /// The device it lies on.
    pub dev: u64,
    /// Its number on that device.
    pub ino: u64,
    /// Its content; `None` = not hashed since it last changed.
    pub content: Option<ContentId>,
    /// For a proxy: the original's content.
    pub stands_for: Option<ContentId>,
    /// For a proxy: the original's length in bytes.
    pub original_size: Option<u64>,
    /// What is wrong with it, as a sentence.
    pub problem: Option<String>,
    /// It cannot be read as a picture. Backed up all the same, never optimized.
    pub undecodable: bool,
    /// Its facts have been read since it last changed.
    pub facts_read: bool,
    /// It was written so shortly before we looked that an equal stat proves nothing yet.
    pub racy: bool,
    /// Since when it is no longer there.
    pub missing_since: Option<Timestamp>,
}

impl FileRow {
    /// Whether the file system still says of it what the catalog knows (T1's guard).
    #[must_use]
    pub fn same_stat(&self, stat: &Stat) -> bool {
        (self.dev, self.ino, self.size, self.mtime_ns, self.ctime_ns)
            == (stat.dev, stat.ino, stat.size, stat.mtime_ns, stat.ctime_ns)
    }

    /// A small stand-in whose original is held or only in a store (I14).
    #[must_use]
    pub fn is_proxy(&self) -> bool {
        self.stands_for.is_some()
    }
}

/// One photo.
#[derive(Clone, PartialEq, Debug)]
pub struct PhotoRow {
    /// Its number.
    pub id: PhotoId,
    /// The folder it lies in.
    pub folder: FolderId,
    /// The file that is shown and that names it.
    pub primary: Option<FileId>,
    /// What it is.
    pub kind: MediaKind,
    /// It has a RAW and a developed file.
    pub raw_pair: bool,
    /// Its place in time: the capture time on its own wall clock, else the file's date; milliseconds.
    pub sort_time: i64,
    /// The facts of the file that is shown, all unknown until read; capture time and position are the person's where
    /// one was given.
    pub facts: Facts,
    /// When the file itself says that it was taken.
    pub file_taken: Option<CaptureTime>,
    /// Where the file itself says that it was taken.
    pub file_gps: Option<Gps>,
    /// Seconds from the file's capture time to the person's.
    pub shift_s: i64,
    /// Where a person says that it was taken.
    pub own_position: Option<Position>,
    /// Stars.
    pub rating: Rating,
    /// Pick or reject.
    pub flag: Flag,
    /// Colour.
    pub label: ColorLabel,
    /// The title.
    pub title: String,
    /// The caption.
    pub caption: String,
    /// Where it stands.
    pub safety: Safety,
    /// It cannot be read as a picture, or a file of it not at all.
    pub problem: bool,
    /// When it came into the catalog.
    pub added_at: Timestamp,
    /// Since when it is no longer there.
    pub missing_since: Option<Timestamp>,
}

/// What the second look at a file found.
#[derive(Clone, PartialEq, Debug)]
pub enum FileFacts {
    /// It says this of itself.
    Read(Box<Facts>),
    /// It is no picture we can read, for this reason; some facts may be known all the same.
    Undecodable(Box<Facts>, String),
    /// It could not be read at all, for this reason.
    Unreadable(String),
}

impl FileFacts {
    /// Whether the file stands differently with them: a trouble came or went, or it says that it is a proxy.
    fn is_news_for(&self, file: &FileRow) -> bool {
        match self {
            Self::Read(facts) => file.problem.is_some() || file.undecodable || facts.proxy_of.is_some(),
            Self::Undecodable(..) | Self::Unreadable(_) => true,
        }
    }
}

/// The photos that a long piece of work is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PhotoScope {
    /// All that are there.
    All,
    /// Those of one tree.
    Root(RootId),
    /// Those of one folder and of the folders below it.
    Folder(FolderId),
    /// Those of these files.
    Files(Vec<FileId>),
}

pub(in crate::catalog) const FILE_COLUMNS: &str = "f.id, f.photo_id, f.folder_id, d.root_id, r.path, d.rel, f.name, f.role, f.kind, \
     f.size, f.mtime_ns, f.ctime_ns, f.dev, f.inode, f.content, f.stands_for, f.original_size, f.problem, \
     f.undecodable, f.facts_read, f.racy, f.missing_since";
pub(in crate::catalog) const FILE_TABLES: &str =
    "files f JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id";

/// A text column that has to be a content id.
pub(in crate::catalog) fn content_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<ContentId>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| text.parse())
        .transpose()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(error)))
}

/// The row of [`FILE_COLUMNS`].
pub(in crate::catalog) fn file_of(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    let name = OsString::from_vec(row.get(6)?);
    Ok(FileRow {
        id: FileId(row.get(0)?),
        photo: PhotoId(row.get(1)?),
        folder: FolderId(row.get(2)?),
        root: RootId(row.get(3)?),
        path: join(row.get(4)?, row.get(5)?).join(&name),
        name,
        role: Role::from_number(row.get(7)?),
        kind: MediaKind::from_number(row.get(8)?),
        size: row.get::<_, i64>(9)?.cast_unsigned(),
        mtime_ns: row.get(10)?,
        ctime_ns: row.get(11)?,
        dev: row.get::<_, i64>(12)?.cast_unsigned(),
        ino: row.get::<_, i64>(13)?.cast_unsigned(),
        content: content_of(row, 14)?,
        stands_for: content_of(row, 15)?,
        original_size: row.get::<_, Option<i64>>(16)?.map(i64::cast_unsigned),
        problem: row.get(17)?,
        undecodable: row.get(18)?,
        facts_read: row.get(19)?,
        racy: row.get(20)?,
        missing_since: row.get::<_, Option<i64>>(21)?.map(Timestamp),
    })
}

const PHOTO_COLUMNS: &str = "id, folder_id, primary_file, kind, raw_pair, sort_time, \
     (SELECT facts FROM photo_facts WHERE photo_id = photos.id), rating, flag, label, title, \
     caption, safety, problem, added_at, missing_since, shift_s, own_latitude, own_longitude";

fn photo_of(row: &Row<'_>) -> rusqlite::Result<PhotoRow> {
    // Facts are a cache of the file: where an older version wrote something else they are read again, never an error.
    let facts: Option<String> = row.get(6)?;
    let mut facts: Facts = facts
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let (file_taken, file_gps) = (facts.taken, facts.gps);
    let shift_s: i64 = row.get(16)?;
    let own_position = marks::own_position(row, 17)?;
    facts.taken = file_taken.map(|taken| taken.shifted(shift_s));
    facts.gps = own_position.map(Gps::from).or(file_gps);
    Ok(PhotoRow {
        id: PhotoId(row.get(0)?),
        folder: FolderId(row.get(1)?),
        primary: row.get::<_, Option<i64>>(2)?.map(FileId),
        kind: MediaKind::from_number(row.get(3)?),
        raw_pair: row.get(4)?,
        sort_time: row.get(5)?,
        facts,
        file_taken,
        file_gps,
        shift_s,
        own_position,
        rating: Rating::new(row.get(7)?).unwrap_or_default(),
        flag: Flag::from_number(row.get(8)?),
        label: ColorLabel::from_number(row.get(9)?),
        title: row.get(10)?,
        caption: row.get(11)?,
        safety: Safety::from_number(row.get(12)?),
        problem: row.get(13)?,
        added_at: Timestamp(row.get(14)?),
        missing_since: row.get::<_, Option<i64>>(15)?.map(Timestamp),
    })
}

/// Remembers the highest photo number ever given, so that a forgotten photo's number, which undo steps still name, is
/// never given to another photo. Called before photos are deleted.
pub(in crate::catalog) fn keep_photo_ids(tx: &Transaction<'_>) -> Result<()> {
    tx.execute(
        "INSERT INTO meta (key, value) SELECT 'photo_ids', CAST(coalesce(max(id), 0) AS TEXT) FROM photos WHERE true
         ON CONFLICT (key) DO UPDATE SET value =
             CAST(max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER)) AS TEXT)",
        [],
    )?;
    Ok(())
}

/// The photo of a file.
pub(in crate::catalog) fn photo_of_file(tx: &Transaction<'_>, file: FileId) -> Result<PhotoId> {
    tx.prepare_cached("SELECT photo_id FROM files WHERE id = ?1")?
        .query_row([file.0], |row| row.get(0).map(PhotoId))
        .optional()?
        .ok_or_else(|| Error::Value(format!("file {file} is not known")))
}

/// Sets `photos.problem` from its files.
pub(in crate::catalog) fn refresh_problem(tx: &Transaction<'_>, photo: PhotoId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE photos SET problem = EXISTS (SELECT 1 FROM files WHERE photo_id = ?1 AND missing_since IS NULL
             AND (problem IS NOT NULL OR undecodable)) WHERE id = ?1",
    )?
    .execute([photo.0])?;
    Ok(())
}

fn files_where(tx: &Transaction<'_>, condition: &str, params: impl rusqlite::Params) -> Result<Vec<FileRow>> {
    let sql = format!("SELECT {FILE_COLUMNS} FROM {FILE_TABLES} WHERE {condition}");
    let mut statement = tx.prepare_cached(&sql)?;
    let rows = statement.query_map(params, file_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Catalog {
    /// One file.
    ///
    /// # Errors
    /// SQLite's.
    pub fn file(&self, id: FileId) -> Result<Option<FileRow>> {
        self.read(|tx| Ok(files_where(tx, "f.id = ?1", [id.0])?.pop()))
    }

    /// Every file of these photos, photo by photo in the order asked, each photo's in the order of their roles. Files that
    /// are missing are among them.
    ///
    /// # Errors
    /// SQLite's.
    pub fn files_of(&self, photos: &[PhotoId]) -> Result<Vec<FileRow>> {
        self.read(|tx| {
            let mut files = Vec::with_capacity(photos.len());
            for photo in photos {
                files.extend(files_where(tx, "f.photo_id = ?1 ORDER BY f.role, f.id", [photo.0])?);
            }
            Ok(files)
        })
    }

    /// Every file with this content, missing ones among them.
    ///
    /// # Errors
    /// SQLite's.
    pub fn files_by_content(&self, content: &ContentId) -> Result<Vec<FileRow>> {
        self.read(|tx| files_where(tx, "f.content = ?1 ORDER BY f.id", [content.to_string()]))
    }

    /// Every proxy that stands for this content.
    ///
    /// # Errors
    /// SQLite's.
    pub fn proxies_of(&self, content: &ContentId) -> Result<Vec<FileRow>> {
        self.read(|tx| files_where(tx, "f.stands_for = ?1 ORDER BY f.id", [content.to_string()]))
    }

    /// The file at this path, as the catalog knows it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn file_at(&self, path: &Path) -> Result<Option<FileRow>> {
        let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(None);
        };
        let Some(folder) = self.folder_at(dir)? else {
            return Ok(None);
        };
        let name = path_bytes(Path::new(name));
        self.read(|tx| Ok(files_where(tx, "f.folder_id = ?1 AND f.name = ?2", params![folder.0, name])?.pop()))
    }

    /// The photo of the file at this path.
    ///
    /// # Errors
    /// SQLite's.
    pub fn photo_at(&self, path: &Path) -> Result<Option<PhotoId>> {
        Ok(self.file_at(path)?.map(|file| file.photo))
    }

    /// One photo.
    ///
    /// # Errors
    /// SQLite's.
    pub fn photo(&self, id: PhotoId) -> Result<Option<PhotoRow>> {
        self.read(|tx| {
            let sql = format!("SELECT {PHOTO_COLUMNS} FROM photos WHERE id = ?1");
            Ok(tx.prepare_cached(&sql)?.query_row([id.0], photo_of).optional()?)
        })
    }

    /// The photos of a scope whose files are there, by number.
    ///
    /// # Errors
    /// SQLite's.
    pub fn photo_ids(&self, scope: &PhotoScope) -> Result<Vec<PhotoId>> {
        self.read(|tx| {
            let list = |sql: &str, params: &[&dyn rusqlite::ToSql]| -> Result<Vec<PhotoId>> {
                let mut statement = tx.prepare_cached(sql)?;
                let rows = statement.query_map(params, |row| row.get(0).map(PhotoId))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            };
            match scope {
                PhotoScope::All => list("SELECT id FROM photos WHERE missing_since IS NULL ORDER BY id", &[]),
                PhotoScope::Root(root) => list(
                    "SELECT id FROM photos WHERE missing_since IS NULL
                     AND folder_id IN (SELECT id FROM folders WHERE root_id = ?1) ORDER BY id",
                    &[&root.0],
                ),
                PhotoScope::Folder(folder) => list(
                    &format!(
                        "SELECT id FROM photos WHERE missing_since IS NULL AND folder_id IN ({BELOW}) ORDER BY id"
                    ),
                    &[&folder.0],
                ),
                PhotoScope::Files(files) => {
                    let mut photos = Vec::with_capacity(files.len());
                    for file in files {
                        photos.extend(list("SELECT photo_id FROM files WHERE id = ?1", &[&file.0])?);
                    }
                    photos.sort_unstable();
                    photos.dedup();
                    Ok(photos)
                }
            }
        })
    }

    /// Notes a file's content, if the file is still what was hashed: `stat` is of the open file, before and after the
    /// hashing. `false`: it changed meanwhile, nothing was noted.
    ///
    /// # Errors
    /// SQLite's; a file that is not known.
    pub fn set_content(&self, file: FileId, stat: &Stat, content: ContentId) -> Result<bool> {
        // The file itself knows its content better than this line, which a power cut may take back.
        self.write_soon(|tx| {
            let changed = tx
                .prepare_cached(
                    "UPDATE files SET content = ?2 WHERE id = ?1
                     AND dev = ?3 AND inode = ?4 AND size = ?5 AND mtime_ns = ?6 AND ctime_ns = ?7",
                )?
                .execute(params![
                    file.0,
                    content.to_string(),
                    stat.dev.cast_signed(),
                    stat.ino.cast_signed(),
                    stat.size.cast_signed(),
                    stat.mtime_ns,
                    stat.ctime_ns
                ])?;
            safety::refresh(tx, &[photo_of_file(tx, file)?])?;
            Ok(changed == 1)
        })
    }

    /// An equal stat proves something again: the file was hashed well after it was last written.
    ///
    /// # Errors
    /// SQLite's.
    pub fn settle(&self, file: FileId) -> Result<()> {
        self.write_soon(|tx| {
            tx.execute("UPDATE files SET racy = 0 WHERE id = ?1 AND racy = 1", [file.0])?;
            Ok(())
        })
    }

    /// Says what is wrong with a file, or that nothing is.
    ///
    /// # Errors
    /// SQLite's; a file that is not known.
    pub fn set_file_problem(&self, file: FileId, problem: Option<&str>, undecodable: bool) -> Result<()> {
        self.write(|tx| {
            let photo = photo_of_file(tx, file)?;
            tx.execute(
                "UPDATE files SET problem = ?2, undecodable = ?3 WHERE id = ?1",
                params![file.0, problem, undecodable],
            )?;
            refresh_problem(tx, photo)?;
            safety::refresh(tx, &[photo])
        })
    }

    /// From now on the file at this row's name is a proxy: `stat` and `content` are the proxy's own.
    ///
    /// # Errors
    /// SQLite's; a file that is not known.
    pub fn set_proxy(
        &self,
        file: FileId,
        stands_for: ContentId,
        original_size: u64,
        stat: &Stat,
        content: ContentId,
    ) -> Result<()> {
        self.write(|tx| {
            let photo = photo_of_file(tx, file)?;
            write_stat(tx, file, stat)?;
            tx.execute(
                "UPDATE files SET role = ?2, stands_for = ?3, original_size = ?4, content = ?5,
                     problem = NULL, undecodable = 0, missing_since = NULL WHERE id = ?1",
                params![
                    file.0,
                    Role::Proxy.number(),
                    stands_for.to_string(),
                    original_size.cast_signed(),
                    content.to_string()
                ],
            )?;
            refresh_problem(tx, photo)?;
            safety::refresh(tx, &[photo])
        })
    }

    /// Notes a file's new stat after we ourselves touched its attributes: what is known of its bytes stays.
    ///
    /// # Errors
    /// SQLite's.
    pub fn update_file_stat(&self, file: FileId, stat: &Stat) -> Result<()> {
        self.write(|tx| write_stat(tx, file, stat))
    }

    /// Files whose facts have not been read since they last changed, numbered above `after`, in the order of numbers.
    /// Unplugged trees and missing files are left out.
    ///
    /// # Errors
    /// SQLite's.
    pub fn files_without_facts(&self, after: FileId, limit: usize) -> Result<Vec<FileRow>> {
        self.read(|tx| {
            files_where(
                tx,
                "f.id > ?1 AND f.facts_read = 0 AND f.missing_since IS NULL AND r.online ORDER BY f.id LIMIT ?2",
                params![after.0, i64::try_from(limit).unwrap_or(i64::MAX)],
            )
        })
    }

    /// How many files wait for their facts to be read.
    ///
    /// # Errors
    /// SQLite's.
    pub fn count_without_facts(&self) -> Result<u64> {
        self.read(|tx| {
            let count: i64 = tx.query_row(
                &format!(
                    "SELECT count(*) FROM {FILE_TABLES} WHERE f.facts_read = 0 AND f.missing_since IS NULL AND r.online"
                ),
                [],
                |row| row.get(0),
            )?;
            Ok(count.cast_unsigned())
        })
    }

    /// Puts the facts of many files into the catalog, each only where the file is still what was read. Photos take theirs
    /// from the file that is shown. Gives back the photos that changed.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_facts(&self, batch: &[(FileRow, FileFacts)]) -> Result<Vec<PhotoId>> {
        self.write(|tx| {
            let mut photos = Vec::with_capacity(batch.len());
            let mut judged = Vec::new();
            for (file, facts) in batch {
                if set_file_facts(tx, file, facts)? {
                    photos.push(file.photo);
                    // Facts alone move no photo into another bucket; troubles and proxies do.
                    if facts.is_news_for(file) {
                        judged.push(file.photo);
                    }
                }
            }
            photos.sort_unstable();
            photos.dedup();
            for photo in &judged {
                refresh_problem(tx, *photo)?;
            }
            safety::refresh(tx, &judged)?;
            Ok(photos)
        })
    }
}

/// The folder `?1` and every folder below it.
pub(in crate::catalog) const BELOW: &str =
    "SELECT b.id FROM folders a JOIN folders b ON b.root_id = a.root_id WHERE a.id = ?1
     AND (a.rel = x'' OR b.id = a.id OR substr(b.rel, 1, length(a.rel) + 1) = CAST(a.rel || x'2f' AS BLOB))";

fn write_stat(tx: &Transaction<'_>, file: FileId, stat: &Stat) -> Result<()> {
    tx.prepare_cached("UPDATE files SET dev = ?2, inode = ?3, size = ?4, mtime_ns = ?5, ctime_ns = ?6 WHERE id = ?1")?
        .execute(params![
            file.0,
            stat.dev.cast_signed(),
            stat.ino.cast_signed(),
            stat.size.cast_signed(),
            stat.mtime_ns,
            stat.ctime_ns
        ])?;
    Ok(())
}

/// One file's facts; `false` where the file has changed since it was read.
fn set_file_facts(tx: &Transaction<'_>, file: &FileRow, found: &FileFacts) -> Result<bool> {
    let (facts, problem, undecodable) = match found {
        FileFacts::Read(facts) => (Some(facts), None, false),
        FileFacts::Undecodable(facts, why) => (Some(facts), Some(why.as_str()), true),
        FileFacts::Unreadable(why) => (None, Some(why.as_str()), false),
    };
    let proxy = facts.and_then(|facts| facts.proxy_of.as_ref());
    // A proxy that no longer says so keeps what it stands for: whether a person edited it is for the backup to find out.
    let changed = tx
        .prepare_cached(
            "UPDATE files SET facts_read = ?10, problem = ?2, undecodable = ?3, stands_for = coalesce(?4, stands_for),
                 original_size = coalesce(?5, original_size), role = CASE WHEN ?4 IS NULL THEN role ELSE ?6 END
             WHERE id = ?1 AND inode = ?7 AND size = ?8 AND mtime_ns = ?9",
        )?
        .execute(params![
            file.id.0,
            problem,
            undecodable,
            proxy.map(|proxy| proxy.content.to_string()),
            proxy.map(|proxy| proxy.size.cast_signed()),
            Role::Proxy.number(),
            file.ino.cast_signed(),
            file.size.cast_signed(),
            file.mtime_ns,
            // A trouble of the disk may pass: the next pass tries again.
            facts.is_some()
        ])?;
    if changed == 0 {
        return Ok(false);
    }
    if let Some(facts) = facts {
        set_photo_facts(tx, file, facts)?;
    }
    Ok(true)
}

fn set_photo_facts(tx: &Transaction<'_>, file: &FileRow, facts: &Facts) -> Result<()> {
    let json = serde_json::to_string(facts).map_err(|error| Error::Value(error.to_string()))?;
    let taken = facts.taken;
    let shown = tx
        .prepare_cached(
            // What a person said of time and place stays whatever the file says.
            "UPDATE photos SET wall_ms = ?3 + shift_s * 1000, offset_min = ?4, offset_source = ?5,
             sort_time = CASE WHEN ?3 IS NULL THEN ?6 ELSE ?3 + shift_s * 1000 END, width = ?7, height = ?8,
             camera = ?9, lens = ?10, iso = ?11, f_number = ?12, focal_mm = ?13,
             latitude = coalesce(own_latitude, ?14),
             longitude = CASE WHEN own_latitude IS NULL THEN ?15 ELSE own_longitude END,
             exposure_s = ?16, bias_ev = ?17
         WHERE id = ?1 AND primary_file = ?2",
        )?
        .execute(params![
            file.photo.0,
            file.id.0,
            taken.map(|taken| taken.wall_ms),
            taken.and_then(|taken| taken.offset_min),
            taken.map_or(0, |taken| taken.source as u8),
            file.mtime_ns.div_euclid(1_000_000),
            facts.width,
            facts.height,
            facts.camera(),
            facts.lens,
            facts.iso,
            facts.f_number,
            facts.focal_mm,
            facts.gps.map(|gps| gps.latitude),
            facts.gps.map(|gps| gps.longitude),
            facts.exposure_s,
            facts.bias_ev
        ])?;
    if shown > 0 {
        tx.prepare_cached("INSERT OR REPLACE INTO photo_facts (photo_id, facts) VALUES (?1, ?2)")?
            .execute(params![file.photo.0, json])?;
        if !facts.marks.is_silent() {
            super::sidecars::look(tx, file.photo)?;
        }
    }
    Ok(())
}
