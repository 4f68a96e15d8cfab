//! Opening the catalog, its one writer and its readers. SQL lives in this folder and nowhere else (I7).

use super::error::{Error, Result};
use crate::sys::{
    clock::{Clock, RealClock},
    fs::{Fs as _, FsErrorKind},
    task::lock,
};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Marks the file as ours (`PRAGMA application_id`): "SAFE".
const APPLICATION_ID: i64 = 0x5341_4645;
/// Forward-only steps; the n-th makes version n.
pub(in crate::catalog) const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_init.sql")];
/// How many idle readers are kept open.
const MAX_READERS: usize = 4;

/// The catalog: one writer, several readers, each reader on a consistent state.
pub struct Catalog {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    read_only: bool,
    writes: AtomicU64,
    clock: Arc<dyn Clock>,
}

impl Catalog {
    /// Opens the catalog, making or migrating it as needed; a copy is made before a migration.
    ///
    /// # Errors
    /// `Newer` and `Damaged` are found before anything is touched.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_by(path, Arc::new(RealClock))
    }

    /// The same by this clock: queries ask it what "today" is.
    ///
    /// # Errors
    /// As [`Catalog::open`].
    pub fn open_by(path: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let fresh = crate::sys::real::RealFs.stat_opt(path)?.is_none();
        let mut writer = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|error| damaged(path, error))?;
        let version = check_file(&writer, path, fresh)?;
        configure(&writer, true, &clock).map_err(|error| damaged(path, error))?;
        let known = MIGRATIONS.len() as i64;
        if version > 0 && version < known {
            let copy = path.with_extension(format!("before-migration-{version}.sqlite"));
            if crate::sys::real::RealFs.stat_opt(&copy)?.is_none() {
                writer.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
            }
        }
        migrate(&mut writer, version)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            read_only: false,
            writes: AtomicU64::new(0),
            clock,
        })
    }

    /// Opens an existing catalog to look only, beside another process that may be writing.
    ///
    /// # Errors
    /// As [`Catalog::open`]; also where there is no catalog yet.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        if crate::sys::real::RealFs.stat_opt(path)?.is_none() {
            return Err(crate::sys::fs::FsError::of_kind("open the catalog", path, FsErrorKind::NotFound).into());
        }
        // Read-write at the level of the file, since a WAL reader needs its shared memory; `query_only` forbids writing.
        let writer = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|error| damaged(path, error))?;
        let version = check_file(&writer, path, false)?;
        if version != MIGRATIONS.len() as i64 {
            return Err(Error::Value(format!("version {version} has to be migrated first")));
        }
        let clock: Arc<dyn Clock> = Arc::new(RealClock);
        configure(&writer, false, &clock)?;
        writer.pragma_update(None, "query_only", true)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            read_only: true,
            writes: AtomicU64::new(0),
            clock,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The clock that queries ask.
    pub(in crate::catalog) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Whether it was opened to look only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// How often this catalog has been written to since it was opened: while the number stays, so does everything in it.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// One transaction of the one writer: all of it is on the disk when this returns `Ok`, none of it otherwise.
    ///
    /// # Errors
    /// The closure's, and SQLite's at the commit.
    pub(in crate::catalog) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.write_through(&mut lock(&self.writer), work)
    }

    fn write_through<T>(
        &self,
        connection: &mut Connection,
        work: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        self.writes.fetch_add(1, Ordering::SeqCst);
        Ok(value)
    }

    /// The same for what may be lost in a power cut, since it can be found out again: it is on the disk with the next write
    /// that waits for the disk, all of it and in its order, never a later one without it (sqlite.org/pragma.html,
    /// synchronous NORMAL in WAL mode). A kill loses nothing. A backup makes several such steps for each file, and waiting
    /// for the disk after each of them took longer than sending small files.
    ///
    /// # Errors
    /// As [`Catalog::write`].
    pub(in crate::catalog) fn write_soon<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut hurried = Hurried(lock(&self.writer));
        hurried.0.pragma_update(None, "synchronous", "NORMAL")?;
        self.write_through(&mut hurried.0, work)
    }

    /// Reads one consistent state; does not wait for the writer.
    ///
    /// # Errors
    /// The closure's.
    pub(in crate::catalog) fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let kept = lock(&self.readers).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags)?;
                configure(&connection, false, &self.clock)?;
                connection.pragma_update(None, "query_only", true)?;
                connection
            }
        };
        let result = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(Error::from)
            .and_then(|transaction| work(&transaction));
        let mut readers = lock(&self.readers);
        if readers.len() < MAX_READERS {
            readers.push(connection);
        }
        result
    }

    /// Looks through the whole file for damage; called after an unclean exit.
    ///
    /// # Errors
    /// `Damaged` with SQLite's first finding.
    pub fn quick_check(&self) -> Result<()> {
        let finding: String = lock(&self.writer).query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if finding == "ok" {
            Ok(())
        } else {
            Err(Error::Damaged {
                path: self.path.clone(),
                detail: finding,
            })
        }
    }

    /// Writes a whole, compact copy of the catalog to a path that must be free.
    ///
    /// # Errors
    /// SQLite's.
    pub fn copy_to(&self, to: &Path) -> Result<()> {
        let connection = lock(&self.writer);
        // `query_only` forbids writing the copy too; a rebuild copies a catalog that it opened to look only.
        if self.read_only {
            connection.pragma_update(None, "query_only", false)?;
        }
        let copied = connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]);
        if self.read_only {
            connection.pragma_update(None, "query_only", true)?;
        }
        copied?;
        Ok(())
    }
}

fn damaged(path: &Path, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => Error::Damaged {
            path: path.to_owned(),
            detail: error.to_string(),
        },
        _ => Error::Sqlite(error),
    }
}

/// The version of the file, after making sure that it is ours, whole in its head, and not newer than this program.
fn check_file(connection: &Connection, path: &Path, fresh: bool) -> Result<i64> {
    let pragma = |name: &str| -> Result<i64> {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
            .map_err(|error| damaged(path, error))
    };
    let (application, version, known) = (
        pragma("application_id")?,
        pragma("user_version")?,
        MIGRATIONS.len() as i64,
    );
    if version > known {
        return Err(Error::Newer {
            path: path.to_owned(),
            found: version,
            known,
        });
    }
    // A kill in the very first start leaves an empty file, and that may be filled. A daily copy is only made of a catalog
    // that was whole: beside one, an empty file is what is left of a library, and filling it would hide that.
    let had_copies = || super::backups::copies(&crate::sys::real::RealFs, path).is_ok_and(|copies| !copies.is_empty());
    if !fresh && application == 0 && version == 0 && had_copies() {
        return Err(Error::Damaged {
            path: path.to_owned(),
            detail: "it is empty, and it was not when its daily copy was made".to_owned(),
        });
    }
    if !fresh && application != APPLICATION_ID && !(application == 0 && version == 0) {
        return Err(Error::Damaged {
            path: path.to_owned(),
            detail: "this is not a Safelight catalog".to_owned(),
        });
    }
    Ok(version)
}

/// The writer while it need not wait for the disk. Whatever becomes of that, a panic too: the next one waits again.
struct Hurried<'c>(MutexGuard<'c, Connection>);

impl Drop for Hurried<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.pragma_update(None, "synchronous", "FULL") {
            tracing::error!("the catalog does not wait for the disk: {error}");
        }
    }
}

fn configure(connection: &Connection, writer: bool, clock: &Arc<dyn Clock>) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(128);
    if writer {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        // A first scan writes tens of megabytes: fewer checkpoints mean that a page is copied once, not ten times.
        connection.pragma_update(None, "wal_autocheckpoint", 8_000)?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    super::local::install(connection, clock)?;
    super::search::install(connection)
}

fn migrate(connection: &mut Connection, from: i64) -> Result<()> {
    for (at, sql) in MIGRATIONS.iter().enumerate().skip(usize::try_from(from).unwrap_or(0)) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn only_what_may_be_lost_does_not_wait_for_the_disk() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let catalog = Catalog::open(&dir.path().join("catalog.sqlite")).expect("opened");
        // sqlite.org/pragma.html: 1 is NORMAL, 2 is FULL.
        let level = |connection: &Connection| -> i64 {
            connection
                .query_row("PRAGMA synchronous", [], |row| row.get(0))
                .expect("asked")
        };
        let waits = || catalog.write(|tx| Ok(level(tx))).expect("written") == 2;
        assert!(waits());
        assert_eq!(catalog.write_soon(|tx| Ok(level(tx))).expect("written"), 1);
        assert!(waits(), "after one that went well");
        let failed: Result<()> = catalog.write_soon(|_| Err(Error::Value("no".to_owned())));
        assert!(failed.is_err() && waits(), "after one that failed");
        let fell = catch_unwind(AssertUnwindSafe(|| {
            catalog.write_soon(|_| -> Result<()> { panic!("a bug") })
        }));
        assert!(fell.is_err() && waits(), "after one that fell over");
    }
}
