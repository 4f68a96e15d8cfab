//! What looking for duplicates needs of the catalog in one pass each: every shown picture with its hashes, and the hashes kept.
//! They may be deleted at any time and are worth nothing once their file changed.

use super::{
    Catalog,
    error::Result,
    photos::{FILE_COLUMNS, FILE_TABLES, FileRow, file_of},
    value::listed,
};
use crate::{
    media::likeness::Likeness,
    model::{
        id::{AlbumUid, FileId, PhotoId},
        metadata::MediaKind,
        rating::{Flag, Rating},
        safety::Safety,
    },
    sys::fs::Stat,
};
use rusqlite::params;
use std::collections::{HashMap, HashSet};

/// One photo as looking for duplicates sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct LikeRow {
    /// The photo.
    pub photo: PhotoId,
    /// Its file that is shown.
    pub file: FileRow,
    /// Width and height as displayed, where known.
    pub size: Option<(u32, u32)>,
    /// It has a RAW and a developed file.
    pub raw_pair: bool,
    /// Stars.
    pub rating: Rating,
    /// Whether a person gave it any mark, or put it into an album.
    pub marked: bool,
    /// Where it stands.
    pub safety: Safety,
    /// Whether it can be reached now.
    pub online: bool,
    /// Its hashes; the outer `None` where they are not known, the inner where it is too flat to have any.
    pub likeness: Option<Option<Likeness>>,
}

/// The hashes of a file `f`, where it has been looked at since it last changed.
const LOOKED_AT: &str =
    "likeness l ON l.file_id = f.id AND l.size = f.size AND l.mtime_ns = f.mtime_ns AND l.inode = f.inode";

impl Catalog {
    /// Every photo that is there and is a picture, by its number.
    ///
    /// # Errors
    /// SQLite's.
    pub fn like_rows(&self) -> Result<Vec<LikeRow>> {
        let sql = format!(
            "SELECT {FILE_COLUMNS}, p.width, p.height, p.raw_pair, p.rating, p.safety, r.online,
                 l.file_id IS NOT NULL, l.shape, l.step,
                 p.rating > 0 OR p.flag > 0 OR p.label > 0 OR p.title <> '' OR p.caption <> ''
                     OR EXISTS (SELECT 1 FROM photo_keywords k WHERE k.photo_id = p.id)
                     OR EXISTS (SELECT 1 FROM album_photos a WHERE a.photo_id = p.id)
             FROM {FILE_TABLES} JOIN photos p ON p.primary_file = f.id
             LEFT JOIN {LOOKED_AT}
             WHERE p.missing_since IS NULL AND f.missing_since IS NULL AND f.undecodable = 0 AND f.kind IN (?1, ?2)
             ORDER BY p.id"
        );
        self.read(|tx| {
            let mut statement = tx.prepare(&sql)?;
            let kinds = params![MediaKind::Picture.number(), MediaKind::Raw.number()];
            let rows = statement.query_map(kinds, |row| {
                let file = file_of(row)?;
                let size: (Option<u32>, Option<u32>) = (row.get(22)?, row.get(23)?);
                let hashes: (Option<i64>, Option<i64>) = (row.get(29)?, row.get(30)?);
                let likeness = hashes.0.zip(hashes.1).map(|(shape, step)| Likeness {
                    shape: shape.cast_unsigned(),
                    step: step.cast_unsigned(),
                });
                Ok(LikeRow {
                    photo: file.photo,
                    size: size.0.zip(size.1),
                    raw_pair: row.get(24)?,
                    rating: Rating::new(row.get(25)?).unwrap_or_default(),
                    safety: Safety::from_number(row.get(26)?),
                    online: row.get(27)?,
                    likeness: row.get::<_, bool>(28)?.then_some(likeness),
                    marked: row.get(31)?,
                    file,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The hashes of these photos' shapes (`media::likeness`), for those that have been looked at since they last changed;
    /// `None` for a picture too flat to have any.
    ///
    /// # Errors
    /// SQLite's.
    pub fn shapes(&self, photos: &[PhotoId]) -> Result<HashMap<PhotoId, Option<u64>>> {
        let sql = format!(
            "SELECT p.id, l.shape FROM json_each(?1) j CROSS JOIN photos p ON p.id = j.value
             CROSS JOIN files f ON f.id = p.primary_file CROSS JOIN {LOOKED_AT}"
        );
        let photos = listed(photos)?;
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map([photos], |row| {
                let shape: Option<i64> = row.get(1)?;
                Ok((PhotoId(row.get(0)?), shape.map(i64::cast_unsigned)))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Keeps hashes of files as they were when their pictures were made; `None` for a picture too flat to have any.
    ///
    /// # Errors
    /// SQLite's.
    pub fn keep_likeness(&self, batch: &[(FileId, Stat, Option<Likeness>)]) -> Result<()> {
        self.write(|tx| {
            let mut statement = tx.prepare_cached(
                "INSERT OR REPLACE INTO likeness (file_id, size, mtime_ns, inode, shape, step)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM files WHERE id = ?1)",
            )?;
            for (file, stat, likeness) in batch {
                statement.execute(params![
                    file.0,
                    stat.size.cast_signed(),
                    stat.mtime_ns,
                    stat.ino.cast_signed(),
                    likeness.map(|hashes| hashes.shape.cast_signed()),
                    likeness.map(|hashes| hashes.step.cast_signed()),
                ])?;
            }
            Ok(())
        })
    }
}

impl Catalog {
    /// Photos that are there and not rejected, in one pass.
    ///
    /// # Errors
    /// SQLite's.
    pub fn open_photos(&self) -> Result<HashSet<PhotoId>> {
        self.read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT id FROM photos WHERE flag <> ?1 AND missing_since IS NULL")?;
            let rows = statement.query_map([Flag::Reject.number()], |row| row.get(0).map(PhotoId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Photos that are there and rejected.
    ///
    /// # Errors
    /// SQLite's.
    pub fn rejected_photos(&self) -> Result<HashSet<PhotoId>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT id FROM photos WHERE flag = ?1 AND missing_since IS NULL")?;
            let rows = statement.query_map([Flag::Reject.number()], |row| row.get(0).map(PhotoId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The albums that a photo was put into by hand, by their identity.
    ///
    /// # Errors
    /// SQLite's.
    pub fn album_uids_of(&self, photo: PhotoId) -> Result<Vec<AlbumUid>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT a.uid FROM albums a JOIN album_photos m ON m.album_id = a.id
                 WHERE m.photo_id = ?1 AND a.deleted = 0 AND a.query IS NULL ORDER BY a.id",
            )?;
            let rows = statement.query_map([photo.0], |row| row.get(0).map(AlbumUid))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
