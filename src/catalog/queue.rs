//! The backup queue: it survives a kill at any point, since every step of a job may be begun again.

use super::{Catalog, error::Result, moves::MOVING_FILES, safety, value::listed};
use crate::model::{
    id::{FileId, JobId, PhotoId, StoreId},
    job::JobState,
    rating::{Flag, Rating},
    time::Timestamp,
};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use std::collections::HashMap;

/// One file's way to one store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Where to.
    pub store: StoreId,
    /// Which file.
    pub file: FileId,
    /// Where it stands.
    pub state: JobState,
    /// Tries so far.
    pub attempt: u32,
    /// Not before this moment.
    pub not_before: Timestamp,
    /// Why it waits or is blocked.
    pub reason: Option<String>,
}

/// One job as lists show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobRow {
    /// The job.
    pub job: Job,
    /// Whose file it is.
    pub photo: PhotoId,
    /// The file's name.
    pub name: String,
    /// Its length.
    pub size: u64,
}

/// What decides a photo's place in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PhotoPlace {
    /// Stars.
    pub rating: Rating,
    /// Pick or reject.
    pub flag: Flag,
    /// Its place in time, milliseconds.
    pub time: i64,
}

/// How much is in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QueueCounts {
    /// In line or in hand.
    pub active: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Failed, to be tried again.
    pub waiting: u64,
    /// Failed, for a person.
    pub blocked: u64,
}

fn job_row(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: JobId(row.get(0)?),
        store: StoreId(row.get(1)?),
        file: FileId(row.get(2)?),
        state: JobState::from_number(row.get(3)?),
        attempt: row.get(4)?,
        not_before: Timestamp(row.get(5)?),
        reason: row.get(6)?,
    })
}

const COLUMNS: &str = "j.id, j.store, j.file_id, j.state, j.attempt, j.not_before, j.reason";

fn refresh_file(tx: &Transaction<'_>, file: FileId) -> Result<()> {
    let photo: Option<i64> = tx
        .query_row("SELECT photo_id FROM files WHERE id = ?1", [file.0], |row| row.get(0))
        .optional()?;
    safety::refresh(tx, &photo.map(PhotoId).into_iter().collect::<Vec<_>>())
}

impl Catalog {
    /// Puts files into the queue of a store; those that are in it already get another try if they had failed.
    ///
    /// # Errors
    /// SQLite's: then none is queued.
    pub fn enqueue(&self, store: &StoreId, files: &[(FileId, i64)]) -> Result<()> {
        self.write(|tx| {
            let mut insert = tx.prepare_cached(
                "INSERT INTO jobs (store, file_id, priority) VALUES (?1, ?2, ?3)
                 ON CONFLICT (store, file_id) DO UPDATE SET state = 0, attempt = 0, not_before = 0, reason = NULL, priority = ?3",
            )?;
            for (file, priority) in files {
                insert.execute(params![store.0, file.0, priority])?;
            }
            drop(insert);
            for (file, _) in files {
                refresh_file(tx, *file)?;
            }
            Ok(())
        })
    }

    /// The next job that may be begun: of one store or of any that does not wait, or has waited long enough. Stores in
    /// `held` are left out.
    ///
    /// # Errors
    /// SQLite's.
    pub fn next_job(&self, store: Option<&StoreId>, now: Timestamp, held: &[StoreId]) -> Result<Option<Job>> {
        let held = serde_json::to_string(held).unwrap_or_else(|_| "[]".to_owned());
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM jobs j JOIN stores s ON s.id = j.store
                 WHERE j.state IN (0, 6) AND j.not_before <= ?1 AND (s.paused IS NULL OR s.retry_at <= ?1) AND s.gone = 0
                 AND (?2 IS NULL OR j.store = ?2) AND j.store NOT IN (SELECT value FROM json_each(?3))
                 AND j.file_id NOT IN ({MOVING_FILES})
                 ORDER BY j.state, j.priority DESC, j.id LIMIT 1"
            ))?;
            Ok(statement
                .query_row(params![now.0, store.map(|id| &id.0), held], job_row)
                .optional()?)
        })
    }

    /// How much waits for each store: files in line, in hand or to be tried again, and their bytes.
    ///
    /// # Errors
    /// SQLite's.
    pub fn queue_by_store(&self) -> Result<Vec<(StoreId, u64, u64)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT j.store, COUNT(*), SUM(f.size) FROM jobs j JOIN files f ON f.id = j.file_id
                 WHERE j.state <> 7 GROUP BY j.store",
            )?;
            let rows = statement.query_map([], |row| Ok((StoreId(row.get(0)?), row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What decides the places of these photos in the queue.
    ///
    /// # Errors
    /// SQLite's.
    pub fn photo_places(&self, photos: &[PhotoId]) -> Result<HashMap<PhotoId, PhotoPlace>> {
        let ids = listed(photos)?;
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, rating, flag, sort_time FROM photos WHERE id IN (SELECT value FROM json_each(?1))",
            )?;
            let rows = statement.query_map([ids], |row| {
                let place = PhotoPlace {
                    rating: Rating::new(row.get(1)?).unwrap_or_default(),
                    flag: Flag::from_number(row.get(2)?),
                    time: row.get(3)?,
                };
                Ok((PhotoId(row.get(0)?), place))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Every file that waits in the queue, so that it can be given another place in it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn queued_files(&self) -> Result<Vec<FileId>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT DISTINCT file_id FROM jobs WHERE state IN (0, 6)")?;
            let rows = statement.query_map([], |row| Ok(FileId(row.get(0)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Gives files another place in the queue.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_priorities(&self, files: &[(FileId, i64)]) -> Result<()> {
        self.write(|tx| {
            let mut statement = tx.prepare_cached("UPDATE jobs SET priority = ?2 WHERE file_id = ?1")?;
            for (file, priority) in files {
                statement.execute(params![file.0, priority])?;
            }
            Ok(())
        })
    }

    /// When the first waiting job, or the first waiting store with jobs, may be tried again: of one store or of any.
    ///
    /// # Errors
    /// SQLite's.
    pub fn next_retry(&self, store: Option<&StoreId>) -> Result<Option<Timestamp>> {
        self.read(|tx| {
            let at: Option<i64> = tx.query_row(
                "SELECT MIN(CASE WHEN s.paused IS NULL THEN j.not_before ELSE MAX(j.not_before, s.retry_at) END)
                 FROM jobs j JOIN stores s ON s.id = j.store
                 WHERE s.gone = 0 AND (?1 IS NULL OR j.store = ?1)
                 AND ((j.state = 6 AND s.paused IS NULL) OR (j.state IN (0, 6) AND s.retry_at IS NOT NULL))",
                [store.map(|id| &id.0)],
                |row| row.get(0),
            )?;
            Ok(at.map(Timestamp))
        })
    }

    /// The job moves on; a step that the state machine does not know is refused by a debug assertion and logged.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_job(&self, job: &Job, next: JobState, reason: Option<&str>, not_before: Timestamp) -> Result<Job> {
        debug_assert!(job.state.may_become(next), "{:?} may not become {next:?}", job.state);
        if !job.state.may_become(next) {
            tracing::error!("job {}: {:?} may not become {next:?}", job.id, job.state);
        }
        let attempt = if matches!(next, JobState::Waiting | JobState::Blocked) {
            job.attempt.saturating_add(1)
        } else {
            job.attempt
        };
        // A step on the way that a power cut takes back is only done again.
        let on_the_way = matches!(next, JobState::Hashing | JobState::Uploading | JobState::Verifying);
        let work = |tx: &Transaction<'_>| {
            if next == JobState::Done {
                tx.execute("DELETE FROM jobs WHERE id = ?1", [job.id.0])?;
            } else {
                tx.execute(
                    "UPDATE jobs SET state = ?2, reason = ?3, not_before = ?4, attempt = ?5 WHERE id = ?1",
                    params![job.id.0, next.number(), reason, not_before.0, attempt],
                )?;
            }
            // Only these change the photo's bucket; the steps in between would cost a write each for nothing.
            if matches!(next, JobState::Done | JobState::Blocked | JobState::Queued) {
                refresh_file(tx, job.file)?;
            }
            Ok(())
        };
        if on_the_way {
            self.write_soon(work)
        } else {
            self.write(work)
        }?;
        Ok(Job {
            state: next,
            attempt,
            reason: reason.map(str::to_owned),
            not_before,
            ..job.clone()
        })
    }

    /// These jobs are done: their receipts are kept and named in the store's log. One transaction for the batch.
    ///
    /// # Errors
    /// SQLite's.
    pub fn finish_jobs(&self, jobs: &[Job]) -> Result<()> {
        self.write(|tx| {
            for job in jobs {
                tx.execute("DELETE FROM jobs WHERE id = ?1", [job.id.0])?;
                refresh_file(tx, job.file)?;
            }
            Ok(())
        })
    }

    /// Whether a file is being sent just now.
    ///
    /// # Errors
    /// SQLite's.
    pub fn is_in_hand(&self, file: FileId) -> Result<bool> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached("SELECT 1 FROM jobs WHERE file_id = ?1 AND state IN (1, 2, 3, 4)")?
                .exists([file.0])?)
        })
    }

    /// After a start: what was in hand when the last run ended goes back in line.
    ///
    /// # Errors
    /// SQLite's.
    pub fn requeue_interrupted(&self) -> Result<u64> {
        self.write(|tx| Ok(tx.execute("UPDATE jobs SET state = 0 WHERE state IN (1, 2, 3, 4)", [])? as u64))
    }

    /// One job again now, or every failed one.
    ///
    /// # Errors
    /// SQLite's.
    pub fn retry_jobs(&self, job: Option<JobId>) -> Result<u64> {
        self.write(|tx| {
            let files: Vec<i64> = {
                let mut statement =
                    tx.prepare("SELECT file_id FROM jobs WHERE state IN (6, 7) AND (?1 IS NULL OR id = ?1)")?;
                let rows = statement.query_map([job.map(|id| id.0)], |row| row.get(0))?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            tx.execute(
                "UPDATE jobs SET state = 0, attempt = 0, not_before = 0, reason = NULL WHERE state IN (6, 7) AND (?1 IS NULL OR id = ?1)",
                [job.map(|id| id.0)],
            )?;
            for file in &files {
                refresh_file(tx, FileId(*file))?;
            }
            Ok(files.len() as u64)
        })
    }

    /// Takes what is not in hand out of the queue.
    ///
    /// # Errors
    /// SQLite's.
    pub fn cancel_jobs(&self, store: Option<&StoreId>) -> Result<u64> {
        self.write(|tx| {
            let count = tx.execute(
                "DELETE FROM jobs WHERE state IN (0, 6, 7) AND (?1 IS NULL OR store = ?1)",
                [store.map(|id| &id.0)],
            )?;
            safety::refresh_all(tx)?;
            Ok(count as u64)
        })
    }

    /// How much there is to do.
    ///
    /// # Errors
    /// SQLite's.
    pub fn queue_counts(&self) -> Result<QueueCounts> {
        self.read(|tx| {
            Ok(tx.query_row(
                "SELECT COALESCE(SUM(j.state < 5), 0), COALESCE(SUM(CASE WHEN j.state < 5 THEN f.size END), 0),
                        COALESCE(SUM(j.state = 6), 0), COALESCE(SUM(j.state = 7), 0)
                 FROM jobs j JOIN files f ON f.id = j.file_id",
                [],
                |row| {
                    Ok(QueueCounts {
                        active: row.get(0)?,
                        bytes: row.get(1)?,
                        waiting: row.get(2)?,
                        blocked: row.get(3)?,
                    })
                },
            )?)
        })
    }

    /// The first jobs: those that need a person, those in hand, those that wait, the next ones.
    ///
    /// # Errors
    /// SQLite's.
    pub fn queue_rows(&self, limit: usize) -> Result<Vec<JobRow>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS}, f.photo_id, f.name, f.size FROM jobs j JOIN files f ON f.id = j.file_id
                 ORDER BY CASE j.state WHEN 7 THEN 0 WHEN 6 THEN 2 WHEN 0 THEN 3 ELSE 1 END, j.priority DESC, j.id LIMIT ?1"
            ))?;
            let rows = statement.query_map([limit as i64], |row| {
                let name: Vec<u8> = row.get(8)?;
                Ok(JobRow {
                    job: job_row(row)?,
                    photo: PhotoId(row.get(7)?),
                    name: String::from_utf8_lossy(&name).into_owned(),
                    size: row.get(9)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
