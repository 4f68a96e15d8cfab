//! Whole-library lists in one pass each: what `list` prints, and what stands in the way of forgetting a root.

use super::{Catalog, browse::SHOWN, error::Result};
use crate::{
    model::{
        content::ContentId,
        id::{PhotoId, RootId},
        time::{CaptureTime, OffsetSource},
    },
    sys::real::path_from_bytes,
};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

/// Where a photo's shown file lies, and when it was taken.
pub type Shown = (PathBuf, Option<String>);

impl Catalog {
    /// How many photos of a root are proxies.
    ///
    /// # Errors
    /// SQLite's.
    pub fn optimized_in(&self, root: RootId) -> Result<u64> {
        self.read(|tx| {
            Ok(tx.query_row(
                "SELECT COUNT(*) FROM files f JOIN folders fo ON fo.id = f.folder_id
                 WHERE fo.root_id = ?1 AND f.stands_for IS NOT NULL",
                [root.0],
                |row| row.get(0),
            )?)
        })
    }

    /// How many photos of a root have marks or are in albums.
    ///
    /// # Errors
    /// SQLite's.
    pub fn marked_in(&self, root: RootId) -> Result<u64> {
        self.read(|tx| {
            Ok(tx.query_row(
                "SELECT COUNT(*) FROM photos p JOIN folders fo ON fo.id = p.folder_id WHERE fo.root_id = ?1
                 AND (p.rating > 0 OR p.flag > 0 OR p.label > 0 OR p.title <> '' OR p.caption <> ''
                      OR p.shift_s <> 0 OR p.own_latitude IS NOT NULL
                      OR EXISTS (SELECT 1 FROM photo_keywords k WHERE k.photo_id = p.id)
                      OR EXISTS (SELECT 1 FROM album_photos a WHERE a.photo_id = p.id))",
                [root.0],
                |row| row.get(0),
            )?)
        })
    }

    /// The originals of all proxies.
    ///
    /// # Errors
    /// SQLite's.
    pub fn optimized_contents(&self) -> Result<Vec<ContentId>> {
        self.read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT DISTINCT stands_for FROM files WHERE stands_for IS NOT NULL")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            let mut contents = Vec::new();
            for row in rows {
                contents.push(super::content_value(&row?)?);
            }
            Ok(contents)
        })
    }

    /// Files that could not be read at all, with the reason: the first so many.
    ///
    /// # Errors
    /// SQLite's.
    pub fn unreadable_files(&self, limit: usize) -> Result<Vec<(PathBuf, String)>> {
        self.problem_files(false, limit)
    }

    /// Files that cannot be read as pictures, or not at all, with the reason: the first so many. What never was a picture
    /// lacks nothing.
    ///
    /// # Errors
    /// SQLite's.
    pub fn problem_files(&self, undecodable: bool, limit: usize) -> Result<Vec<(PathBuf, String)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT ro.path, fo.rel, f.name, f.problem FROM files f JOIN folders fo ON fo.id = f.folder_id
                 JOIN roots ro ON ro.id = fo.root_id
                 WHERE f.problem IS NOT NULL AND f.undecodable = ?1 AND f.missing_since IS NULL
                     AND (f.undecodable = 0 OR {shown}) ORDER BY f.id LIMIT ?2",
                shown = SHOWN.replace("p.", "f.")
            ))?;
            let rows = statement.query_map(rusqlite::params![undecodable, limit as i64], |row| {
                let path = path_from_bytes(row.get(0)?)
                    .join(path_from_bytes(row.get(1)?))
                    .join(path_from_bytes(row.get(2)?));
                Ok((path, row.get(3)?))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The path and capture time of each photo's shown file.
    ///
    /// # Errors
    /// SQLite's.
    pub fn shown_paths(&self, photos: &[PhotoId]) -> Result<HashMap<PhotoId, Shown>> {
        self.read(|tx| {
            let mut folders: HashMap<i64, PathBuf> = HashMap::new();
            let mut statement = tx.prepare("SELECT fo.id, ro.path, fo.rel FROM folders fo JOIN roots ro ON ro.id = fo.root_id")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (root, below): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
                let root = path_from_bytes(root);
                let path = if below.is_empty() { root } else { root.join(path_from_bytes(below)) };
                folders.insert(row.get(0)?, path);
            }
            let wanted: HashSet<i64> = photos.iter().map(|photo| photo.0).collect();
            let mut shown = HashMap::with_capacity(wanted.len());
            let mut statement = tx.prepare(
                "SELECT p.id, f.folder_id, f.name, p.wall_ms, p.offset_min FROM photos p JOIN files f ON f.id = p.primary_file",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                if !wanted.contains(&id) {
                    continue;
                }
                let name: Vec<u8> = row.get(2)?;
                let folder = folders.get(&row.get::<_, i64>(1)?).map_or(Path::new(""), PathBuf::as_path);
                let wall: Option<i64> = row.get(3)?;
                let offset_min: Option<i16> = row.get(4)?;
                let taken = wall.map(|wall_ms| CaptureTime { wall_ms, offset_min, source: OffsetSource::Unknown }.iso());
                shown.insert(PhotoId(id), (folder.join(path_from_bytes(name)), taken));
            }
            Ok(shown)
        })
    }
}
