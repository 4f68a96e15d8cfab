//! What is backed up to a store by itself: albums, folders and queries that a person chose. New photos in them follow.

use super::{Catalog, error::Result};
use crate::model::{id::StoreId, time::Timestamp};
use rusqlite::params;

/// What is followed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Followed {
    /// An album, by its identity.
    Album(String),
    /// A folder and what is below it, by its path.
    Folder(String),
    /// What a query finds.
    Query(String),
}

impl Followed {
    fn parts(&self) -> (u8, &str) {
        match self {
            Self::Album(uid) => (0, uid),
            Self::Folder(path) => (1, path),
            Self::Query(text) => (2, text),
        }
    }

    fn of(kind: u8, what: String) -> Self {
        match kind {
            0 => Self::Album(what),
            1 => Self::Folder(what),
            _ => Self::Query(what),
        }
    }
}

impl Catalog {
    /// What is followed by each store, in the order it was chosen.
    ///
    /// # Errors
    /// SQLite's.
    pub fn follows(&self) -> Result<Vec<(StoreId, Followed)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT f.store, f.kind, f.what FROM follows f JOIN stores s ON s.id = f.store WHERE s.gone = 0 ORDER BY f.id",
            )?;
            let rows = statement.query_map([], |row| {
                Ok((StoreId(row.get(0)?), Followed::of(row.get(1)?, row.get(2)?)))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// From now on this is backed up to the store by itself. False where it was already.
    ///
    /// # Errors
    /// SQLite's.
    pub fn follow(&self, store: &StoreId, what: &Followed, now: Timestamp) -> Result<bool> {
        let (kind, text) = what.parts();
        self.write(|tx| {
            let added = tx.execute(
                "INSERT OR IGNORE INTO follows (store, kind, what, added_at) VALUES (?1, ?2, ?3, ?4)",
                params![store.0, kind, text, now.0],
            )?;
            Ok(added > 0)
        })
    }

    /// No longer; what was sent stays where it is. False where it was not followed.
    ///
    /// # Errors
    /// SQLite's.
    pub fn unfollow(&self, store: &StoreId, what: &Followed) -> Result<bool> {
        let (kind, text) = what.parts();
        self.write(|tx| {
            let removed = tx.execute(
                "DELETE FROM follows WHERE store = ?1 AND kind = ?2 AND what = ?3",
                params![store.0, kind, text],
            )?;
            Ok(removed > 0)
        })
    }
}
