//! Small facts about the catalog itself: this device's identity, whether releases are frozen, what ran when.

use super::{Catalog, error::Result};
use crate::model::time::Timestamp;
use rusqlite::{OptionalExtension as _, params};

/// One line of what was done, as the catalog keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActivityRow {
    /// When.
    pub at: Timestamp,
    /// 0 info, 1 success, 2 warning, 3 error.
    pub severity: u8,
    /// What.
    pub text: String,
}

/// How many lines of activity are kept.
const MAX_ACTIVITY: i64 = 500;

impl Catalog {
    /// A small fact.
    ///
    /// # Errors
    /// SQLite's.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        self.read(|tx| {
            Ok(tx
                .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
                .optional()?)
        })
    }

    /// Sets a small fact, or takes it away.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_meta(&self, key: &str, value: Option<&str>) -> Result<()> {
        self.write(|tx| {
            match value {
                Some(value) => tx.execute(
                    "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
                    params![key, value],
                )?,
                None => tx.execute("DELETE FROM meta WHERE key = ?1", [key])?,
            };
            Ok(())
        })
    }

    /// Writes down what was done, in one line.
    ///
    /// # Errors
    /// SQLite's.
    pub fn add_activity(&self, row: &ActivityRow) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO activity (at, severity, text) VALUES (?1, ?2, ?3)",
                params![row.at.0, row.severity, row.text],
            )?;
            tx.execute(
                "DELETE FROM activity WHERE id <= (SELECT MAX(id) FROM activity) - ?1",
                [MAX_ACTIVITY],
            )?;
            Ok(())
        })
    }

    /// What was done lately, newest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn activity(&self, limit: usize) -> Result<Vec<ActivityRow>> {
        self.read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT at, severity, text FROM activity ORDER BY id DESC LIMIT ?1")?;
            let rows = statement.query_map([limit as i64], |row| {
                Ok(ActivityRow {
                    at: Timestamp(row.get(0)?),
                    severity: row.get(1)?,
                    text: row.get(2)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
