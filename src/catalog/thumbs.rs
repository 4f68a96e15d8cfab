//! The cache of thumbnails, `thumbs.db`: a SQLite file of its own that may be deleted at any time. Damaged, it is emptied
//! and made anew; nothing that it does can fail a caller, who at worst decodes a picture again.

use super::error::{Error, Result};
use crate::{
    model::content::ContentId,
    sys::{
        fs::{Fs as _, Stat},
        real::RealFs,
        task::lock,
    },
};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

/// Bytes of thumbnails kept unless set otherwise.
pub const DEFAULT_BYTES: u64 = 4 << 30;
/// Marks the file as ours: "SATH", with the version of its one table.
const APPLICATION_ID: i64 = 0x5341_5448;
const VERSION: i64 = 1;
/// Thumbnails that wait to be written together: by number, and by bytes.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 4 << 20;

const TABLE: &str = "
CREATE TABLE thumbs (
    id    INTEGER PRIMARY KEY,
    key   BLOB NOT NULL,
    edge  INTEGER NOT NULL,
    used  INTEGER NOT NULL,  -- the session that used it last
    size  INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (key, edge)
) STRICT;
CREATE INDEX thumbs_used ON thumbs (used, size);
";

/// What a thumbnail was made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ThumbKey([u8; 16]);

impl ThumbKey {
    /// The key of a file as its stat shows it; another content has another key, unless a program hides its write by setting
    /// size and time back.
    #[must_use]
    pub fn of_stat(stat: &Stat) -> Self {
        let text = format!("{} {} {} {}", stat.dev, stat.ino, stat.size, stat.mtime_ns);
        Self::of_content(&ContentId::of(text.as_bytes()))
    }

    /// The key of a content, wherever it lies.
    #[must_use]
    pub fn of_content(content: &ContentId) -> Self {
        let mut key = [0; 16];
        let hex = content.hex();
        for (byte, pair) in key.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let text = std::str::from_utf8(pair).unwrap_or("0");
            *byte = u8::from_str_radix(text, 16).unwrap_or(0);
        }
        Self(key)
    }
}

struct Inner {
    connection: Connection,
    /// In the order of their arrival, which is the order of their age; at most [`BATCH`].
    pending: Vec<((ThumbKey, u32), Vec<u8>)>,
    pending_bytes: usize,
    touched: Vec<i64>,
    session: i64,
    total: u64,
}

/// The cache. Any thread may use it.
pub struct ThumbCache {
    path: PathBuf,
    limit: u64,
    inner: Mutex<Inner>,
}

impl ThumbCache {
    /// Opens or makes the cache with its usual bound.
    ///
    /// # Errors
    /// Its folder cannot be used; damage is no error.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_bounded(path, DEFAULT_BYTES)
    }

    /// Opens or makes the cache; more than `limit` bytes of thumbnails are never kept for long.
    ///
    /// # Errors
    /// Its folder cannot be used; damage is no error.
    pub fn open_bounded(path: &Path, limit: u64) -> Result<Self> {
        if let Some(folder) = path.parent() {
            RealFs.make_dirs(folder)?;
        }
        let inner = connect(path).or_else(|error| {
            tracing::warn!("the thumbnail cache is made anew: {error}");
            discard(path)?;
            connect(path)
        })?;
        Ok(Self {
            path: path.to_owned(),
            limit,
            inner: Mutex::new(inner),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// The bytes of a thumbnail of this edge.
    #[must_use]
    pub fn get(&self, key: ThumbKey, edge: u32) -> Option<Vec<u8>> {
        let mut inner = self.lock();
        if let Some((_, bytes)) = inner.pending.iter().find(|(one, _)| *one == (key, edge)) {
            return Some(bytes.clone());
        }
        let found = inner.find(key, edge);
        self.survive(&mut inner, found).flatten()
    }

    /// Keeps a thumbnail. It is written together with others, at the latest when the cache is dropped.
    pub fn put(&self, key: ThumbKey, edge: u32, bytes: Vec<u8>) {
        let mut inner = self.lock();
        inner.pending_bytes += bytes.len();
        inner.pending.retain(|(one, _)| *one != (key, edge));
        inner.pending.push(((key, edge), bytes));
        if inner.pending.len() >= BATCH || inner.pending_bytes >= BATCH_BYTES {
            let written = inner.flush(self.limit);
            self.survive(&mut inner, written);
        }
    }

    /// Forgets every thumbnail of this key.
    pub fn remove(&self, key: ThumbKey) {
        let mut inner = self.lock();
        inner.pending.retain(|((one, _), _)| *one != key);
        let removed = inner
            .connection
            .execute("DELETE FROM thumbs WHERE key = ?1", [key.0.as_slice()]);
        self.survive(&mut inner, removed);
    }

    /// Forgets every thumbnail.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.pending.clear();
        inner.pending_bytes = 0;
        inner.touched.clear();
        let removed = inner.connection.execute_batch("DELETE FROM thumbs; VACUUM;");
        if self.survive(&mut inner, removed).is_some() {
            inner.total = 0;
        }
    }

    /// Writes what waits.
    pub fn flush(&self) {
        let mut inner = self.lock();
        let written = inner.flush(self.limit);
        self.survive(&mut inner, written);
    }

    /// Bytes of all thumbnails that are written.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.lock().total
    }

    /// An error of the cache is a miss; damage empties it.
    fn survive<T>(&self, inner: &mut Inner, result: rusqlite::Result<T>) -> Option<T> {
        let error = match result {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        tracing::warn!("the thumbnail cache could not be used: {error}");
        let damaged = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        );
        if damaged {
            match discard(&self.path).and_then(|()| connect(&self.path)) {
                Ok(fresh) => *inner = fresh,
                Err(error) => tracing::warn!("it could not be made anew: {error}"),
            }
        }
        None
    }
}

impl Drop for ThumbCache {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Inner {
    fn find(&mut self, key: ThumbKey, edge: u32) -> rusqlite::Result<Option<Vec<u8>>> {
        let row = self
            .connection
            .prepare_cached("SELECT id, used, bytes FROM thumbs WHERE key = ?1 AND edge = ?2")?
            .query_row(params![key.0.as_slice(), edge], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?))
            })
            .optional()?;
        Ok(row.map(|(id, used, bytes)| {
            // Once a session is enough to know what is old; written with the next batch.
            if used != self.session && self.touched.len() < 100_000 {
                self.touched.push(id);
            }
            bytes
        }))
    }

    fn flush(&mut self, limit: u64) -> rusqlite::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        let touched = std::mem::take(&mut self.touched);
        self.pending_bytes = 0;
        if pending.is_empty() && touched.is_empty() {
            return Ok(());
        }
        let session = self.session;
        let mut total = self.total;
        let transaction = self.connection.transaction()?;
        {
            let mut old = transaction.prepare_cached("SELECT size FROM thumbs WHERE key = ?1 AND edge = ?2")?;
            let mut put = transaction.prepare_cached(
                "INSERT INTO thumbs (key, edge, used, size, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (key, edge) DO UPDATE SET used = ?3, size = ?4, bytes = ?5",
            )?;
            for ((key, edge), bytes) in &pending {
                let before: Option<u64> = old
                    .query_row(params![key.0.as_slice(), edge], |row| row.get::<_, i64>(0))
                    .optional()?
                    .and_then(|size| u64::try_from(size).ok());
                total = total.saturating_sub(before.unwrap_or(0)) + bytes.len() as u64;
                put.execute(params![key.0.as_slice(), edge, session, bytes.len() as i64, bytes])?;
            }
            let mut touch = transaction.prepare_cached("UPDATE thumbs SET used = ?1 WHERE id = ?2")?;
            for id in touched {
                touch.execute([session, id])?;
            }
            let mut oldest = transaction.prepare_cached("SELECT id, size FROM thumbs ORDER BY used, id LIMIT 64")?;
            let mut delete = transaction.prepare_cached("DELETE FROM thumbs WHERE id = ?1")?;
            while total > limit {
                let rows = oldest
                    .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?
                    .collect::<rusqlite::Result<Vec<_>>>()?;
                if rows.is_empty() {
                    total = 0;
                }
                for (id, size) in rows {
                    if total <= limit {
                        break;
                    }
                    delete.execute([id])?;
                    total = total.saturating_sub(u64::try_from(size).unwrap_or(0));
                }
            }
        }
        transaction.commit()?;
        self.total = total;
        Ok(())
    }
}

fn connect(path: &Path) -> Result<Inner> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // A cache may lose its last batch in a power cut, but must not be torn by the end of this process.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    if (application, version) == (0, 0) {
        connection.execute_batch(&format!("BEGIN; {TABLE} COMMIT;"))?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", VERSION)?;
    } else if (application, version) != (APPLICATION_ID, VERSION) {
        return Err(Error::Value(format!("thumbnails of version {version}")));
    }
    let (total, session) = connection.query_row(
        "SELECT coalesce(sum(size), 0), coalesce(max(used), 0) + 1 FROM thumbs",
        [],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    Ok(Inner {
        connection,
        pending: Vec::new(),
        pending_bytes: 0,
        touched: Vec::new(),
        session,
        total: u64::try_from(total).unwrap_or(0),
    })
}

/// Empties the cache's files. SQLite takes an empty file for a new database, and an empty log for none.
fn discard(path: &Path) -> Result<()> {
    for ending in ["", "-wal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let name = PathBuf::from(name);
        if RealFs.stat_opt(&name)?.is_some() {
            RealFs.replace(&name, b"")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ThumbKey {
        ThumbKey::of_content(&ContentId::of(text.as_bytes()))
    }

    #[test]
    fn what_is_put_is_there_at_once_and_after_reopening() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("cache/thumbs.db");
        let cache = ThumbCache::open(&path).expect("opened");
        cache.put(key("a"), 512, vec![1, 2, 3]);
        cache.put(key("a"), 160, vec![4]);
        assert_eq!(cache.get(key("a"), 512), Some(vec![1, 2, 3]));
        assert_eq!(cache.get(key("b"), 512), None);
        drop(cache);
        let cache = ThumbCache::open(&path).expect("opened");
        assert_eq!(cache.bytes(), 4);
        assert_eq!(cache.get(key("a"), 512), Some(vec![1, 2, 3]));
        cache.put(key("a"), 512, vec![9; 10]);
        cache.flush();
        assert_eq!((cache.bytes(), cache.get(key("a"), 512)), (11, Some(vec![9; 10])));
        cache.remove(key("a"));
        assert_eq!((cache.get(key("a"), 512), cache.get(key("a"), 160)), (None, None));
    }

    #[test]
    fn i16_the_least_recently_used_go_first() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("thumbs.db");
        let cache = ThumbCache::open_bounded(&path, 1000).expect("opened");
        for name in ["a", "b", "c"] {
            cache.put(key(name), 512, vec![0; 300]);
        }
        drop(cache);
        let cache = ThumbCache::open_bounded(&path, 1000).expect("opened");
        assert!(cache.get(key("a"), 512).is_some(), "used in this session");
        cache.put(key("d"), 512, vec![0; 300]);
        cache.flush();
        assert_eq!(cache.bytes(), 900);
        assert!(cache.get(key("b"), 512).is_none(), "the oldest that was not used again");
        for name in ["a", "c", "d"] {
            assert!(cache.get(key(name), 512).is_some(), "{name}");
        }
    }

    #[test]
    fn a_damaged_cache_is_made_anew() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("thumbs.db");
        std::fs::write(
            &path,
            b"this is no database at all, and longer than a header would be....",
        )
        .expect("written");
        let cache = ThumbCache::open(&path).expect("opened all the same");
        cache.put(key("a"), 512, vec![7; 5000]);
        drop(cache);
        let cache = ThumbCache::open(&path).expect("opened");
        assert!(cache.get(key("a"), 512).is_some());
        drop(cache);
        // Pages after the first overwritten: found when they are read.
        let mut bytes = std::fs::read(&path).expect("read");
        bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0xAA);
        std::fs::write(&path, bytes).expect("written");
        let cache = ThumbCache::open(&path).expect("opened");
        let _ = cache.get(key("a"), 512);
        cache.put(key("b"), 512, vec![8; 10]);
        cache.flush();
        cache.put(key("b"), 512, vec![8; 10]);
        assert!(cache.get(key("b"), 512).is_some());
    }
}
