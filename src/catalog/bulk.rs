//! The first scan of a large library without the indexes that only searches need: made in one go at its end they cost a
//! third of what they cost row by row. Without them everything is right, only slower; a catalog that was left without
//! them by a kill gets them when it is next opened.

use super::{Catalog, error::Result};

/// The indexes of `0001_init.sql` that only searches read, as they are written there.
const DEFERRED: [(&str, &str); 3] = [
    (
        "photos_filter",
        "CREATE INDEX IF NOT EXISTS photos_filter ON photos (rating, flag, label, kind, raw_pair, safety, problem, missing_since, wall_ms,
    sort_time, folder_id, iso, f_number, focal_mm, camera, added_at)",
    ),
    ("photos_folder", "CREATE INDEX IF NOT EXISTS photos_folder ON photos (folder_id)"),
    ("files_name", "CREATE INDEX IF NOT EXISTS files_name ON files (name, photo_id)"),
];

impl Catalog {
    /// Drops the searches' indexes where there is no photo yet; returns whether it did.
    ///
    /// # Errors
    /// SQLite's.
    pub fn defer_search_indexes(&self) -> Result<bool> {
        self.write(|tx| {
            let any: bool = tx.query_row("SELECT EXISTS (SELECT 1 FROM photos)", [], |row| row.get(0))?;
            if any {
                return Ok(false);
            }
            for (name, _) in DEFERRED {
                tx.execute_batch(&format!("DROP INDEX IF EXISTS {name}"))?;
            }
            Ok(true)
        })
    }

    /// Makes the searches' indexes where they are missing.
    ///
    /// # Errors
    /// SQLite's.
    pub fn make_search_indexes(&self) -> Result<()> {
        self.write(|tx| {
            for (_, sql) in DEFERRED {
                tx.execute_batch(sql)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deferred_indexes_come_back_as_they_were() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("catalog.sqlite");
        let catalog = Catalog::open(&path).expect("opened");
        let schema = || {
            catalog
                .read(|tx| {
                    let mut statement = tx.prepare(
                        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
                    )?;
                    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                    Ok(rows.collect::<rusqlite::Result<Vec<(String, String)>>>()?)
                })
                .expect("read")
        };
        let before = schema();
        assert!(catalog.defer_search_indexes().expect("deferred"));
        assert_eq!(schema().len() + DEFERRED.len(), before.len());
        catalog.make_search_indexes().expect("made");
        assert_eq!(schema(), before, "the same text as in the migration");
    }
}
