//! Files whose copies in a store are named there by a place that they have left: a short record tells the store's log with
//! the next backup. Every move is noted here, our own and those of other programs that a scan finds.

use super::{
    Catalog,
    error::Result,
    moves::{Place, place_of},
};
use crate::model::id::{FileId, StoreId};
use rusqlite::{Transaction, params};

/// A record that a store's log waits for: a file with a copy there has another place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retold {
    /// Its number.
    pub id: i64,
    /// The file.
    pub file: FileId,
    /// What the store has of it.
    pub content: String,
    /// Where it was.
    pub was: Place,
}

/// The store's log says an old place of this file from now on, where it says any.
///
/// # Errors
/// SQLite's.
pub(in crate::catalog) fn retell(tx: &Transaction<'_>, file: FileId) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO retold (store, file_id, content, was_root, was_rel, was_name)
         SELECT r.store, f.id, r.content, d.root_id, d.rel, f.name FROM files f JOIN folders d ON d.id = f.folder_id
         JOIN receipts r ON r.content = coalesce(f.stands_for, f.content) JOIN stores s ON s.id = r.store
         WHERE f.id = ?1 AND r.logged = 1 AND s.gone = 0 AND instr(f.name, CAST('/' AS BLOB)) = 0",
    )?
    .execute([file.0])?;
    Ok(())
}

impl Catalog {
    /// Records that a store's log waits for, the oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn retold(&self, store: &StoreId, limit: usize) -> Result<Vec<Retold>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, file_id, content, was_root, was_rel, was_name FROM retold WHERE store = ?1 ORDER BY id LIMIT ?2",
            )?;
            let rows = statement.query_map(params![store.0, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                Ok(Retold {
                    id: row.get(0)?,
                    file: FileId(row.get(1)?),
                    content: row.get(2)?,
                    was: place_of(row, 3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many files have a place that some store has not been told, by store.
    ///
    /// # Errors
    /// SQLite's.
    pub fn retold_counts(&self) -> Result<Vec<(StoreId, u64)>> {
        self.read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT store, COUNT(DISTINCT file_id) FROM retold GROUP BY store ORDER BY store")?;
            let rows = statement.query_map([], |row| Ok((StoreId(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// These were told.
    ///
    /// # Errors
    /// SQLite's.
    pub fn told(&self, ids: &[i64]) -> Result<()> {
        self.write(|tx| {
            let mut statement = tx.prepare_cached("DELETE FROM retold WHERE id = ?1")?;
            for id in ids {
                statement.execute([id])?;
            }
            Ok(())
        })
    }
}
