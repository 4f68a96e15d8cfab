//! What a scan found, put into the catalog. The rules of scanning are in `library::scan`; here each step of them is one
//! typed call inside one transaction, at whose end the safety of the photos it touched is worked out again.

use super::{
    Catalog,
    error::Result,
    moves::MOVING_FILES,
    photos::{content_of, keep_photo_ids},
    retold::retell,
    safety, sidecars,
};
use crate::{
    model::{
        content::ContentId,
        id::{FileId, FolderId, PhotoId, RootId},
        metadata::MediaKind,
        photo::Role,
        time::Timestamp,
    },
    sys::fs::Stat,
};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use std::collections::{BTreeSet, HashMap};

/// What the catalog knows of a file, as far as a scan compares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownFile {
    /// Its number.
    pub id: FileId,
    /// The photo it belongs to.
    pub photo: PhotoId,
    /// Its name, the file system's bytes.
    pub name: Vec<u8>,
    /// What it is to its photo.
    pub role: Role,
    /// Length in bytes.
    pub size: u64,
    /// Last change of content, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last change of content or attributes, nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Its number on its device.
    pub ino: u64,
    /// An equal stat proves nothing yet.
    pub racy: bool,
    /// It is no longer there.
    pub missing: bool,
}

impl KnownFile {
    /// Whether the file at its name is, by all the cheap signs, still the same. The device is not compared: its number
    /// changes over restarts, and the time of the last change says more.
    #[must_use]
    pub fn unchanged(&self, stat: &Stat) -> bool {
        (self.ino, self.size, self.mtime_ns, self.ctime_ns) == (stat.ino, stat.size, stat.mtime_ns, stat.ctime_ns)
    }

    /// Whether a file of another name can be this one, moved: a rename keeps all of these.
    #[must_use]
    pub fn may_be(&self, stat: &Stat) -> bool {
        (self.ino, self.size, self.mtime_ns) == (stat.ino, stat.size, stat.mtime_ns)
    }
}

/// A file that the catalog does not know yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewFile {
    /// Its name, the file system's bytes.
    pub name: Vec<u8>,
    /// What it is to its photo.
    pub role: Role,
    /// What it is.
    pub kind: MediaKind,
    /// What the file system says of it.
    pub stat: Stat,
    /// It was written so recently that an equal stat proves nothing yet.
    pub racy: bool,
}

/// The signs by which a moved file is known again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Its number.
    pub id: FileId,
    /// The tree it lies in.
    pub root: RootId,
    /// The device it was on.
    pub dev: u64,
    /// Its number on that device.
    pub ino: u64,
    /// Length in bytes.
    pub size: u64,
    /// Last change of content, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Its content, where hashed.
    pub content: Option<ContentId>,
    /// It is no longer where it was.
    pub missing: bool,
}

/// A photo as regrouping sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhotoHead {
    /// The folder it lies in.
    pub folder: FolderId,
    /// The file that is shown.
    pub primary: Option<FileId>,
    /// A person has marked it.
    pub marked: bool,
}

/// One transaction of a scan.
pub struct Intake<'t> {
    pub(in crate::catalog) tx: &'t Transaction<'t>,
    now: Timestamp,
    next_photo: i64,
    next_file: i64,
    touched: BTreeSet<PhotoId>,
}

const KNOWN: &str = "SELECT id, photo_id, name, role, size, mtime_ns, ctime_ns, inode, racy, missing_since IS NOT NULL
     FROM files WHERE folder_id = ?1 ORDER BY name";

fn known_of(row: &Row<'_>) -> rusqlite::Result<KnownFile> {
    Ok(KnownFile {
        id: FileId(row.get(0)?),
        photo: PhotoId(row.get(1)?),
        name: row.get(2)?,
        role: Role::from_number(row.get(3)?),
        size: row.get::<_, i64>(4)?.cast_unsigned(),
        mtime_ns: row.get(5)?,
        ctime_ns: row.get(6)?,
        ino: row.get::<_, i64>(7)?.cast_unsigned(),
        racy: row.get(8)?,
        missing: row.get(9)?,
    })
}

fn known_in(tx: &Transaction<'_>, folder: FolderId) -> Result<Vec<KnownFile>> {
    let mut statement = tx.prepare_cached(KNOWN)?;
    let rows = statement.query_map([folder.0], known_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Catalog {
    /// The known folders of a tree by their path below it, with the problem each had.
    ///
    /// # Errors
    /// SQLite's.
    pub fn known_folders(&self, root: RootId) -> Result<HashMap<Vec<u8>, (FolderId, Option<String>)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT rel, id, problem FROM folders WHERE root_id = ?1")?;
            let rows = statement.query_map([root.0], |row| Ok((row.get(0)?, (FolderId(row.get(1)?), row.get(2)?))))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The known files of each of these folders, by name.
    ///
    /// # Errors
    /// SQLite's.
    pub fn known_files(&self, folders: &[FolderId]) -> Result<Vec<Vec<KnownFile>>> {
        self.read(|tx| folders.iter().map(|folder| known_in(tx, *folder)).collect())
    }

    /// Every known file by the signs that survive a move.
    ///
    /// # Errors
    /// SQLite's.
    pub fn identities(&self) -> Result<Vec<Identity>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                // What lies in Safelight's trash is known again where a person moves it out by hand; another file of the same
                // content is not it, and neither is one that we are moving ourselves.
                "SELECT f.id, d.root_id, f.dev, f.inode, f.size, f.mtime_ns,
                     CASE WHEN substr(d.rel, 1, 17) = CAST('.safelight/trash/' AS BLOB) THEN NULL ELSE f.content END,
                     f.missing_since IS NOT NULL
                 FROM files f JOIN folders d ON d.id = f.folder_id WHERE f.id NOT IN ({MOVING_FILES})"
            ))?;
            let rows = statement.query_map([], |row| {
                Ok(Identity {
                    id: FileId(row.get(0)?),
                    root: RootId(row.get(1)?),
                    dev: row.get::<_, i64>(2)?.cast_unsigned(),
                    ino: row.get::<_, i64>(3)?.cast_unsigned(),
                    size: row.get::<_, i64>(4)?.cast_unsigned(),
                    mtime_ns: row.get(5)?,
                    content: content_of(row, 6)?,
                    missing: row.get(7)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Puts one batch of a scan into the catalog: all of it or nothing.
    ///
    /// # Errors
    /// The closure's and SQLite's.
    pub fn intake<T>(&self, now: Timestamp, work: impl FnOnce(&mut Intake<'_>) -> Result<T>) -> Result<T> {
        self.write(|tx| {
            let highest = |sql: &str| -> Result<i64> { Ok(tx.query_row(sql, [], |row| row.get(0))?) };
            let next_photo = highest(
                "SELECT max(coalesce((SELECT max(id) FROM photos), 0),
                     coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'photo_ids'), 0))",
            )?;
            let next_file = highest("SELECT coalesce(max(id), 0) FROM files")?;
            let mut intake = Intake {
                tx,
                now,
                next_photo,
                next_file,
                touched: BTreeSet::new(),
            };
            let value = work(&mut intake)?;
            let touched: Vec<PhotoId> = intake.touched.into_iter().collect();
            safety::refresh(tx, &touched)?;
            Ok(value)
        })
    }
}

impl Intake<'_> {
    /// The folder of this path below the root, known from now on.
    ///
    /// # Errors
    /// SQLite's.
    pub fn folder(&mut self, root: RootId, rel: &[u8]) -> Result<FolderId> {
        self.tx
            .prepare_cached("INSERT INTO folders (root_id, rel) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![root.0, rel])?;
        Ok(self
            .tx
            .prepare_cached("SELECT id FROM folders WHERE root_id = ?1 AND rel = ?2")?
            .query_row(params![root.0, rel], |row| row.get(0).map(FolderId))?)
    }

    /// Says why a folder could not be read, or that it could.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_folder_problem(&mut self, folder: FolderId, problem: Option<&str>) -> Result<()> {
        self.tx
            .prepare_cached("UPDATE folders SET problem = ?2 WHERE id = ?1")?
            .execute(params![folder.0, problem])?;
        Ok(())
    }

    /// The known files of a folder, by name.
    ///
    /// # Errors
    /// SQLite's.
    pub fn files_in(&self, folder: FolderId) -> Result<Vec<KnownFile>> {
        known_in(self.tx, folder)
    }

    /// A new photo of these files, the one that is shown first. Its safety is the column's default: a photo fresh from the
    /// disk is only here, so there is nothing to work out for it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn add_photo(&mut self, folder: FolderId, files: &[NewFile]) -> Result<Option<PhotoId>> {
        let Some(first) = files.first() else {
            return Ok(None);
        };
        self.next_photo += 1;
        let photo = PhotoId(self.next_photo);
        let raw_pair = first.role != Role::Raw && files.iter().any(|file| file.role == Role::Raw);
        self.tx
            .prepare_cached(
                "INSERT INTO photos (id, folder_id, primary_file, kind, raw_pair, sort_time, added_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                photo.0,
                folder.0,
                self.next_file + 1,
                first.kind.number(),
                raw_pair,
                first.stat.mtime_ns.div_euclid(1_000_000),
                self.now.0
            ])?;
        for file in files {
            self.add_file(photo, folder, file)?;
        }
        Ok(Some(photo))
    }

    /// A new file of a photo.
    ///
    /// # Errors
    /// SQLite's.
    pub fn add_file(&mut self, photo: PhotoId, folder: FolderId, file: &NewFile) -> Result<FileId> {
        self.next_file += 1;
        let id = FileId(self.next_file);
        // Facts are read from what is shown as a photo; other files have none to read.
        let no_facts = matches!(file.kind, MediaKind::Sidecar | MediaKind::Other);
        self.tx
            .prepare_cached(
                "INSERT INTO files (id, photo_id, folder_id, name, role, kind, size, mtime_ns, ctime_ns, dev, inode,
                     seen_at, racy, facts_read) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                id.0,
                photo.0,
                folder.0,
                file.name,
                file.role.number(),
                file.kind.number(),
                file.stat.size.cast_signed(),
                file.stat.mtime_ns,
                file.stat.ctime_ns,
                file.stat.dev.cast_signed(),
                file.stat.ino.cast_signed(),
                self.now.0,
                file.racy,
                no_facts
            ])?;
        if file.role == Role::Sidecar {
            sidecars::look(self.tx, photo)?;
        }
        Ok(id)
    }

    /// A known file has other bytes now, or may have: nothing of what was read from it counts any longer. What a proxy
    /// stands for stays, until the backup has looked (T10). Nothing happens where somebody else has noted a newer stat since
    /// the scan read the row: a swap by the backup is no change by a person.
    ///
    /// # Errors
    /// SQLite's.
    pub fn changed(&mut self, file: &KnownFile, stat: &Stat, racy: bool) -> Result<()> {
        self.tx
            .prepare_cached(
                "UPDATE files SET size = ?2, mtime_ns = ?3, ctime_ns = ?4, dev = ?5, inode = ?6, racy = ?7, seen_at = ?8,
                     content = NULL, problem = NULL, undecodable = 0, missing_since = NULL,
                     facts_read = CASE WHEN kind IN (3, 4) THEN 1 ELSE 0 END
                 WHERE id = ?1 AND inode = ?9 AND size = ?10 AND mtime_ns = ?11 AND ctime_ns = ?12",
            )?
            .execute(params![
                file.id.0,
                stat.size.cast_signed(),
                stat.mtime_ns,
                stat.ctime_ns,
                stat.dev.cast_signed(),
                stat.ino.cast_signed(),
                racy,
                self.now.0,
                file.ino.cast_signed(),
                file.size.cast_signed(),
                file.mtime_ns,
                file.ctime_ns
            ])?;
        self.touched.insert(file.photo);
        if file.role == Role::Sidecar {
            sidecars::look(self.tx, file.photo)?;
        }
        super::photos::refresh_problem(self.tx, file.photo)
    }

    /// A missing file is there again, the same.
    ///
    /// # Errors
    /// SQLite's.
    pub fn came_back(&mut self, file: &KnownFile) -> Result<()> {
        self.tx
            .prepare_cached("UPDATE files SET missing_since = NULL, seen_at = ?2 WHERE id = ?1")?
            .execute(params![file.id.0, self.now.0])?;
        self.touched.insert(file.photo);
        sidecars::look_again(self.tx, file.photo)
    }

    /// Enough time has passed since it was written, and a second look found the same.
    ///
    /// # Errors
    /// SQLite's.
    pub fn settled(&mut self, file: &KnownFile) -> Result<()> {
        self.tx
            .prepare_cached("UPDATE files SET racy = 0 WHERE id = ?1")?
            .execute([file.id.0])?;
        Ok(())
    }

    /// A file has a new place: its row, and what is known of its bytes, goes with it. Gives the photo it belongs to and
    /// the folder it came from.
    ///
    /// # Errors
    /// SQLite's, also where the name is taken.
    pub fn relocate(&mut self, file: FileId, folder: FolderId, name: &[u8], stat: &Stat) -> Result<PhotoId> {
        retell(self.tx, file)?;
        self.tx
            .prepare_cached(
                "UPDATE files SET folder_id = ?2, name = ?3, size = ?4, mtime_ns = ?5, ctime_ns = ?6, dev = ?7, inode = ?8,
                     seen_at = ?9, missing_since = NULL WHERE id = ?1",
            )?
            .execute(params![
                file.0,
                folder.0,
                name,
                stat.size.cast_signed(),
                stat.mtime_ns,
                stat.ctime_ns,
                stat.dev.cast_signed(),
                stat.ino.cast_signed(),
                self.now.0
            ])?;
        let photo = super::photos::photo_of_file(self.tx, file)?;
        self.touched.insert(photo);
        sidecars::look_again(self.tx, photo)?;
        Ok(photo)
    }

    /// Gives a row a name that no file can have, until `relocate` gives it its new one in the same transaction.
    ///
    /// # Errors
    /// SQLite's.
    pub fn step_aside(&mut self, file: FileId) -> Result<()> {
        retell(self.tx, file)?;
        self.tx
            .prepare_cached("UPDATE files SET name = CAST('/' || id AS BLOB) WHERE id = ?1")?
            .execute([file.0])?;
        Ok(())
    }

    /// These files are no longer there. Their rows stay.
    ///
    /// # Errors
    /// SQLite's.
    pub fn missing(&mut self, files: &[(FileId, PhotoId)]) -> Result<()> {
        for (file, photo) in files {
            self.tx
                .prepare_cached("UPDATE files SET missing_since = ?2 WHERE id = ?1 AND missing_since IS NULL")?
                .execute(params![file.0, self.now.0])?;
            self.touched.insert(*photo);
            sidecars::look_again(self.tx, *photo)?;
        }
        Ok(())
    }

    /// A photo as regrouping sees it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn head(&self, photo: PhotoId) -> Result<Option<PhotoHead>> {
        Ok(self
            .tx
            .prepare_cached(
                "SELECT folder_id, primary_file, rating > 0 OR flag > 0 OR label > 0 OR title <> '' OR caption <> ''
                     OR shift_s <> 0 OR own_latitude IS NOT NULL
                     OR EXISTS (SELECT 1 FROM photo_keywords WHERE photo_id = id)
                     OR EXISTS (SELECT 1 FROM album_photos WHERE photo_id = id)
                 FROM photos WHERE id = ?1",
            )?
            .query_row([photo.0], |row| {
                Ok(PhotoHead {
                    folder: FolderId(row.get(0)?),
                    primary: row.get::<_, Option<i64>>(1)?.map(FileId),
                    marked: row.get(2)?,
                })
            })
            .optional()?)
    }

    /// These files, in this order, are the photo's from now on, in this folder.
    ///
    /// # Errors
    /// SQLite's.
    pub fn assemble(&mut self, photo: PhotoId, folder: FolderId, files: &[(FileId, Role)]) -> Result<()> {
        for (file, role) in files {
            // A proxy stays one whatever its name says (I14).
            self.tx
                .prepare_cached(
                    "UPDATE files SET photo_id = ?2, role = CASE WHEN role = ?4 THEN role ELSE ?3 END
                     WHERE id = ?1 AND (photo_id <> ?2 OR role NOT IN (?3, ?4))",
                )?
                .execute(params![file.0, photo.0, role.number(), Role::Proxy.number()])?;
        }
        self.tx
            .prepare_cached("UPDATE photos SET folder_id = ?2 WHERE id = ?1 AND folder_id <> ?2")?
            .execute(params![photo.0, folder.0])?;
        if let Some((first, _)) = files.first() {
            self.show(photo, *first)?;
        }
        self.touched.insert(photo);
        if files.iter().any(|(_, role)| *role == Role::Sidecar) {
            sidecars::look(self.tx, photo)?;
        }
        Ok(())
    }

    /// Takes these files out of a photo into a new one that carries the same marks: what belonged together was judged
    /// together.
    ///
    /// # Errors
    /// SQLite's.
    pub fn split(&mut self, from: PhotoId, folder: FolderId, files: &[(FileId, Role)]) -> Result<PhotoId> {
        self.next_photo += 1;
        let photo = PhotoId(self.next_photo);
        self.tx.execute(
            "INSERT INTO photos (id, folder_id, kind, sort_time, wall_ms, offset_min, offset_source, camera, lens,
                 iso, f_number, focal_mm, latitude, longitude, exposure_s, bias_ev, rating, flag, label, title, caption, added_at, shift_s,
                 own_latitude, own_longitude, place_id)
             SELECT ?2, ?3, kind, sort_time, wall_ms, offset_min, offset_source, camera, lens,
                 iso, f_number, focal_mm, latitude, longitude, exposure_s, bias_ev, rating, flag, label, title, caption, added_at, shift_s,
                 own_latitude, own_longitude, place_id
             FROM photos WHERE id = ?1",
            params![from.0, photo.0, folder.0],
        )?;
        self.tx.execute(
            "INSERT INTO photo_facts SELECT ?2, facts FROM photo_facts WHERE photo_id = ?1",
            params![from.0, photo.0],
        )?;
        self.tx.execute(
            "INSERT INTO photo_keywords SELECT ?2, keyword_id FROM photo_keywords WHERE photo_id = ?1",
            params![from.0, photo.0],
        )?;
        self.tx.execute(
            "INSERT INTO album_photos (album_id, photo_id, place)
             SELECT album_id, ?2, place FROM album_photos WHERE photo_id = ?1",
            params![from.0, photo.0],
        )?;
        self.assemble(photo, folder, files)?;
        // Both carry these marks now, and each has its own sidecars.
        sidecars::look(self.tx, photo)?;
        sidecars::look_again(self.tx, from)?;
        self.touched.insert(from);
        Ok(photo)
    }

    /// Puts one photo's remaining files, keywords and albums into another and forgets it. Marks of `into` win; where it
    /// has none, those of the other are kept.
    ///
    /// # Errors
    /// SQLite's.
    pub fn merge(&mut self, into: PhotoId, other: PhotoId) -> Result<()> {
        keep_photo_ids(self.tx)?;
        let pair = params![into.0, other.0];
        self.tx.execute(
            "UPDATE photos SET
                 rating = CASE WHEN photos.rating = 0 THEN o.rating ELSE photos.rating END,
                 flag = CASE WHEN photos.flag = 0 THEN o.flag ELSE photos.flag END,
                 label = CASE WHEN photos.label = 0 THEN o.label ELSE photos.label END,
                 title = CASE WHEN photos.title = '' THEN o.title ELSE photos.title END,
                 caption = CASE WHEN photos.caption = '' THEN o.caption ELSE photos.caption END,
                 shift_s = CASE WHEN photos.shift_s = 0 THEN o.shift_s ELSE photos.shift_s END,
                 wall_ms = photos.wall_ms + CASE WHEN photos.shift_s = 0 THEN o.shift_s * 1000 ELSE 0 END,
                 sort_time = photos.sort_time
                     + CASE WHEN photos.shift_s = 0 AND photos.wall_ms IS NOT NULL THEN o.shift_s * 1000 ELSE 0 END,
                 latitude = coalesce(photos.own_latitude, o.own_latitude, photos.latitude),
                 longitude = coalesce(photos.own_longitude, o.own_longitude, photos.longitude),
                 own_latitude = coalesce(photos.own_latitude, o.own_latitude),
                 own_longitude = coalesce(photos.own_longitude, o.own_longitude),
                 added_at = min(photos.added_at, o.added_at)
             FROM photos o WHERE photos.id = ?1 AND o.id = ?2",
            pair,
        )?;
        self.tx
            .execute("UPDATE files SET photo_id = ?1 WHERE photo_id = ?2", pair)?;
        self.tx.execute(
            "INSERT OR IGNORE INTO photo_keywords SELECT ?1, keyword_id FROM photo_keywords WHERE photo_id = ?2",
            pair,
        )?;
        self.tx.execute(
            "INSERT OR IGNORE INTO album_photos (album_id, photo_id, place)
             SELECT album_id, ?1, place FROM album_photos WHERE photo_id = ?2",
            pair,
        )?;
        self.tx.execute("DELETE FROM photos WHERE id = ?1", [other.0])?;
        sidecars::look(self.tx, into)?;
        self.touched.remove(&other);
        self.touched.insert(into);
        Ok(())
    }

    /// Files of these photos that are there but lie in another folder than their photo: what stayed behind in a move.
    ///
    /// # Errors
    /// SQLite's.
    pub fn left_behind(&self, photo: PhotoId) -> Result<Vec<(FolderId, FileId, Role)>> {
        let mut statement = self.tx.prepare_cached(
            "SELECT f.folder_id, f.id, f.role FROM files f JOIN photos p ON p.id = f.photo_id
             WHERE p.id = ?1 AND f.folder_id <> p.folder_id AND f.missing_since IS NULL ORDER BY f.folder_id, f.role",
        )?;
        let rows = statement.query_map([photo.0], |row| {
            Ok((
                FolderId(row.get(0)?),
                FileId(row.get(1)?),
                Role::from_number(row.get(2)?),
            ))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Shows the best file of a photo that is there, or says since when none is. Text beside a picture is no picture: a
    /// sidecar alone does not keep a photo there.
    ///
    /// # Errors
    /// SQLite's.
    pub fn refresh_shown(&mut self, photo: PhotoId) -> Result<()> {
        self.touched.insert(photo);
        let best = self
            .tx
            .prepare_cached(
                "SELECT id FROM files WHERE photo_id = ?1 AND missing_since IS NULL
                     AND (role <> ?2 OR NOT EXISTS (SELECT 1 FROM files WHERE photo_id = ?1 AND role <> ?2))
                 ORDER BY CASE role WHEN 4 THEN 0 ELSE role END, id LIMIT 1",
            )?
            .query_row(params![photo.0, Role::Sidecar.number()], |row| row.get(0).map(FileId))
            .optional()?;
        match best {
            Some(file) => self.show(photo, file),
            None => {
                self.tx
                    .prepare_cached("UPDATE photos SET missing_since = coalesce(missing_since, ?2) WHERE id = ?1")?
                    .execute(params![photo.0, self.now.0])?;
                Ok(())
            }
        }
    }

    fn show(&mut self, photo: PhotoId, file: FileId) -> Result<()> {
        let changed = self
            .tx
            .prepare_cached(
                "UPDATE photos SET primary_file = ?2 WHERE id = ?1 AND (primary_file IS NULL OR primary_file <> ?2)",
            )?
            .execute(params![photo.0, file.0])?;
        if changed > 0 {
            // The photo's facts are those of the file that is shown, so they are read from the new one.
            self.tx
                .prepare_cached("UPDATE files SET facts_read = 0 WHERE id = ?1 AND kind NOT IN (3, 4)")?
                .execute([file.0])?;
        }
        self.tx
            .prepare_cached(
                "UPDATE photos SET missing_since = NULL, kind = (SELECT kind FROM files WHERE id = ?2),
                     raw_pair = (SELECT kind FROM files WHERE id = ?2) <> 1 AND EXISTS (
                         SELECT 1 FROM files WHERE photo_id = ?1 AND role = ?3 AND missing_since IS NULL)
                 WHERE id = ?1",
            )?
            .execute(params![photo.0, file.0, Role::Raw.number()])?;
        super::photos::refresh_problem(self.tx, photo)
    }
}
