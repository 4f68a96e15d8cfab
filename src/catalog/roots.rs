//! Watched trees and their folders. An unplugged root keeps every row; only its `online` changes (I12).

use super::{Catalog, error::Error, error::Result, photos::keep_photo_ids, safety};
use crate::{
    model::{
        id::{FolderId, RootId},
        time::Timestamp,
    },
    sys::real::{path_bytes, path_from_bytes},
};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use std::path::{Path, PathBuf};

/// A watched directory tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root {
    /// Its number.
    pub id: RootId,
    /// Where it is.
    pub path: PathBuf,
    /// The device it was on when last seen; a hint only, it changes over boots.
    pub volume: u64,
    /// When it was added.
    pub added_at: Timestamp,
    /// When a scan of it last came to its end.
    pub scanned_at: Option<Timestamp>,
    /// Whether it could be reached at the last look.
    pub online: bool,
}

/// What became of a request to watch a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AddedRoot {
    /// It is watched from now on.
    New(Root),
    /// It was watched already.
    Known(Root),
    /// It lies inside this watched tree, which covers it.
    Inside(Root),
}

impl AddedRoot {
    /// The tree that covers the path now.
    #[must_use]
    pub fn root(&self) -> &Root {
        match self {
            Self::New(root) | Self::Known(root) | Self::Inside(root) => root,
        }
    }
}

const COLUMNS: &str = "id, path, volume, added_at, scanned_at, online";

fn root_of(row: &Row<'_>) -> rusqlite::Result<Root> {
    Ok(Root {
        id: RootId(row.get(0)?),
        path: path_from_bytes(row.get(1)?),
        volume: row.get::<_, i64>(2)?.cast_unsigned(),
        added_at: Timestamp(row.get(3)?),
        scanned_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
        online: row.get(5)?,
    })
}

fn all(tx: &Transaction<'_>) -> Result<Vec<Root>> {
    let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM roots ORDER BY path"))?;
    let rows = statement.query_map([], root_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Catalog {
    /// Watches a tree, unless a watched one covers it. `path` is absolute with links resolved (`sys::real::canonical`).
    ///
    /// A tree above watched ones may be added: each file stays with the innermost root that holds it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn add_root(&self, path: &Path, volume: u64, now: Timestamp) -> Result<AddedRoot> {
        self.write(|tx| {
            for root in all(tx)? {
                if root.path == path {
                    return Ok(AddedRoot::Known(root));
                }
                if path.starts_with(&root.path) {
                    return Ok(AddedRoot::Inside(root));
                }
            }
            tx.execute(
                "INSERT INTO roots (path, volume, added_at) VALUES (?1, ?2, ?3)",
                params![path_bytes(path), volume.cast_signed(), now.0],
            )?;
            let id = tx.last_insert_rowid();
            let sql = format!("SELECT {COLUMNS} FROM roots WHERE id = ?1");
            Ok(AddedRoot::New(tx.query_row(&sql, [id], root_of)?))
        })
    }

    /// Every watched tree, by path.
    ///
    /// # Errors
    /// SQLite's.
    pub fn roots(&self) -> Result<Vec<Root>> {
        self.read(all)
    }

    /// One watched tree.
    ///
    /// # Errors
    /// SQLite's.
    pub fn root(&self, id: RootId) -> Result<Option<Root>> {
        let sql = format!("SELECT {COLUMNS} FROM roots WHERE id = ?1");
        self.read(|tx| Ok(tx.query_row(&sql, [id.0], root_of).optional()?))
    }

    /// The watched tree that holds this path, the innermost where they nest.
    ///
    /// # Errors
    /// SQLite's.
    pub fn root_of_path(&self, path: &Path) -> Result<Option<Root>> {
        let roots = self.roots()?;
        Ok(roots
            .into_iter()
            .filter(|root| path.starts_with(&root.path))
            .max_by_key(|root| root.path.as_os_str().len()))
    }

    /// Says whether a tree can be reached now; nothing else of it changes (I12).
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_root_online(&self, id: RootId, online: bool) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE roots SET online = ?2 WHERE id = ?1 AND online <> ?2",
                params![id.0, online],
            )?;
            Ok(())
        })
    }

    /// A scan came to its end: the tree is there, on this device.
    ///
    /// # Errors
    /// SQLite's.
    pub fn root_scanned(&self, id: RootId, volume: u64, at: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE roots SET online = 1, volume = ?2, scanned_at = ?3 WHERE id = ?1",
                params![id.0, volume.cast_signed(), at.0],
            )?;
            Ok(())
        })
    }

    /// The tree's device has another number since a restart or a new mount: the files on it are the same.
    ///
    /// # Errors
    /// SQLite's.
    pub fn root_remounted(&self, id: RootId, from: u64, to: u64) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE roots SET volume = ?2 WHERE id = ?1",
                params![id.0, to.cast_signed()],
            )?;
            tx.execute(
                "UPDATE files SET dev = ?3 WHERE dev = ?2
                 AND folder_id IN (SELECT id FROM folders WHERE root_id = ?1)",
                params![id.0, from.cast_signed(), to.cast_signed()],
            )?;
            // What was on another disk than its copy may not be any more.
            safety::refresh_all(tx)
        })
    }

    /// Stops watching a tree and forgets its photos with their marks; touches no file. Says how many photos that were.
    ///
    /// # Errors
    /// SQLite's.
    pub fn forget_root(&self, id: RootId) -> Result<u64> {
        self.write(|tx| {
            keep_photo_ids(tx)?;
            tx.execute(
                "DELETE FROM files WHERE folder_id IN (SELECT id FROM folders WHERE root_id = ?1)",
                [id.0],
            )?;
            let photos = tx.execute(
                "DELETE FROM photos WHERE folder_id IN (SELECT id FROM folders WHERE root_id = ?1)",
                [id.0],
            )?;
            tx.execute("DELETE FROM roots WHERE id = ?1", [id.0])?;
            Ok(photos as u64)
        })
    }

    /// Where a folder is.
    ///
    /// # Errors
    /// SQLite's; a folder that is not known.
    pub fn folder_path(&self, id: FolderId) -> Result<PathBuf> {
        self.read(|tx| {
            let found = tx
                .query_row(
                    "SELECT r.path, d.rel FROM folders d JOIN roots r ON r.id = d.root_id WHERE d.id = ?1",
                    [id.0],
                    |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)),
                )
                .optional()?;
            let (root, rel) = found.ok_or_else(|| Error::Value(format!("folder {id} is not known")))?;
            Ok(join(root, rel))
        })
    }

    /// The known folder at this path.
    ///
    /// # Errors
    /// SQLite's.
    pub fn folder_at(&self, path: &Path) -> Result<Option<FolderId>> {
        let Some(root) = self.root_of_path(path)? else {
            return Ok(None);
        };
        let rel = path_bytes(path.strip_prefix(&root.path).unwrap_or(path));
        self.read(|tx| {
            Ok(tx
                .query_row(
                    "SELECT id FROM folders WHERE root_id = ?1 AND rel = ?2",
                    params![root.id.0, rel],
                    |row| row.get(0).map(FolderId),
                )
                .optional()?)
        })
    }
}

/// The path of a folder from its root's path and its own below that.
pub(in crate::catalog) fn join(root: Vec<u8>, rel: Vec<u8>) -> PathBuf {
    let mut path = path_from_bytes(root);
    if !rel.is_empty() {
        path.push(path_from_bytes(rel));
    }
    path
}
