//! Keeps `photos.safety` true: the one place where evidence, queue and journal become the bucket a person sees (I13).
//!
//! A file stands where its evidence puts it; a photo stands where its worst file stands. A copy makes a photo safe only
//! where it has been read back from a store that is not on the photo's own disk.

use super::{Catalog, error::Result};
use crate::model::{
    id::PhotoId,
    safety::{Count, Safety, Totals},
};
use rusqlite::{Transaction, params};

/// A copy of content `x` that has been read back, in a store that the person has not removed.
const PROVEN: &str = "SELECT 1 FROM receipts r JOIN stores s ON s.id = r.store WHERE r.content = x AND s.gone = 0
    AND r.damaged = 0 AND r.read_back_at IS NOT NULL";

/// The bucket of one file, as `Safety`'s numbers. `f` is the file, `ro` its root. The rank of the worst wins, so the
/// numbers here are ranks: 0 needs you, 1 only here, 2 waiting, 3 copied, 4 held, 5 optimized, 6 safe.
fn rank_sql() -> String {
    let content = "COALESCE(f.stands_for, f.content)";
    let proven = PROVEN.replace("= x", &format!("= {content}"));
    let other_disk = "(s.counts_override = 1 OR s.device IS NULL OR s.device <> ro.volume)";
    format!(
        "CASE
            WHEN EXISTS (SELECT 1 FROM swaps w WHERE w.file_id = f.id AND w.state = 7) THEN 0
            WHEN f.problem IS NOT NULL AND f.undecodable = 0 THEN 0
            WHEN EXISTS (SELECT 1 FROM jobs j WHERE j.file_id = f.id AND j.state = 7) THEN 0
            WHEN EXISTS (SELECT 1 FROM swaps w WHERE w.file_id = f.id AND w.state IN (0, 1, 2)) THEN 4
            WHEN f.stands_for IS NOT NULL THEN CASE WHEN EXISTS ({proven}) THEN 5 ELSE 0 END
            WHEN f.content IS NOT NULL AND EXISTS ({proven} AND {other_disk}) THEN 6
            WHEN EXISTS (SELECT 1 FROM jobs j WHERE j.file_id = f.id) THEN 2
            WHEN f.content IS NOT NULL AND EXISTS (SELECT 1 FROM receipts r JOIN stores s ON s.id = r.store
                WHERE r.content = f.content AND s.gone = 0 AND r.damaged = 1) AND NOT EXISTS ({proven}) THEN 0
            WHEN f.content IS NOT NULL AND EXISTS (SELECT 1 FROM receipts r JOIN stores s ON s.id = r.store
                WHERE r.content = f.content AND s.gone = 0) THEN 3
            ELSE 1
        END"
    )
}

fn update_sql(which: &str) -> String {
    format!(
        "UPDATE photos SET safety = CASE WHEN missing_since IS NOT NULL THEN 7 ELSE COALESCE((
            SELECT CASE MIN({rank}) WHEN 0 THEN 6 WHEN 1 THEN 0 WHEN 2 THEN 1 WHEN 3 THEN 2 WHEN 4 THEN 4 WHEN 5 THEN 5 ELSE 3 END
            FROM files f JOIN folders fo ON fo.id = f.folder_id JOIN roots ro ON ro.id = fo.root_id
            WHERE f.photo_id = photos.id AND f.missing_since IS NULL HAVING COUNT(*) > 0), 0) END
        WHERE {which}",
        rank = rank_sql()
    )
}

/// Works out the bucket of these photos again. Called inside every transaction that changes files, jobs, receipts or
/// swaps.
pub(in crate::catalog) fn refresh(tx: &Transaction<'_>, photos: &[PhotoId]) -> Result<()> {
    if photos.is_empty() {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(&update_sql("id = ?1"))?;
    for photo in photos {
        statement.execute(params![photo.0])?;
    }
    Ok(())
}

/// The same for every photo with this content, whichever file carries it.
pub(in crate::catalog) fn refresh_content(tx: &Transaction<'_>, content: &str) -> Result<()> {
    let mut statement = tx.prepare_cached(&update_sql(
        "id IN (SELECT photo_id FROM files WHERE content = ?1 UNION SELECT photo_id FROM files WHERE stands_for = ?1)",
    ))?;
    statement.execute(params![content])?;
    Ok(())
}

/// The same for the whole library: after a store came or went.
pub(in crate::catalog) fn refresh_all(tx: &Transaction<'_>) -> Result<()> {
    tx.execute(&update_sql("1"), [])?;
    Ok(())
}

impl Catalog {
    /// The whole library by bucket, and counted once more by itself: the two must agree (I13).
    ///
    /// # Errors
    /// SQLite's.
    pub fn totals(&self) -> Result<Totals> {
        self.read(|tx| {
            let mut totals = Totals::default();
            let mut statement = tx.prepare_cached(
                "SELECT p.safety, COUNT(DISTINCT p.id), COUNT(f.id), COALESCE(SUM(f.size), 0)
                 FROM photos p LEFT JOIN files f ON f.photo_id = p.id GROUP BY p.safety",
            )?;
            let rows = statement.query_map([], |row| {
                let count = Count {
                    photos: row.get(1)?,
                    files: row.get(2)?,
                    bytes: row.get(3)?,
                };
                Ok((row.get::<_, u8>(0)?, count))
            })?;
            for row in rows {
                let (number, count) = row?;
                if let Some(bucket) = totals
                    .buckets
                    .get_mut(usize::from(Safety::from_number(number).number()))
                {
                    *bucket = count;
                }
            }
            totals.all = tx.query_row(
                "SELECT (SELECT COUNT(*) FROM photos), COUNT(*), COALESCE(SUM(size), 0) FROM files",
                [],
                |row| {
                    Ok(Count {
                        photos: row.get(0)?,
                        files: row.get(1)?,
                        bytes: row.get(2)?,
                    })
                },
            )?;
            Ok(totals)
        })
    }

    /// Works out every photo's bucket again.
    ///
    /// # Errors
    /// SQLite's.
    pub fn refresh_safety(&self) -> Result<()> {
        self.write(refresh_all)
    }
}
