//! The stores this installation knows, and the receipts that say what was once proven in them.

use super::{
    Catalog,
    error::{Error, Result},
    safety,
};
use crate::model::{content::ContentId, id::StoreId, receipt::Receipt, time::Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

/// What a person chose for one store, and what a test of it found. Never a secret (I17).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreConfig {
    /// What it is: `Folder`, `S3`, `WebDAV`, `rclone`; empty means a folder.
    pub kind: String,
    /// It has keys, which `sys::secret` keeps.
    pub has_keys: bool,
    /// The person agreed to plain http to this private address.
    pub plain_http: bool,
    /// The SHA-256 of the one certificate that its server may show, in hex.
    pub pinned: Option<String>,
    /// The person said that a server which is reached at this machine itself is another one, behind a tunnel.
    pub elsewhere: bool,
    /// The most bytes a second.
    pub bandwidth: Option<u64>,
    /// How many bytes there are room for, where the store does not say: the person's own limit.
    pub limit: Option<u64>,
    /// What it follows is sent by itself: a person has seen the first plan and said yes.
    pub started: bool,
    /// The last test of the store.
    pub tested: Option<Tested>,
}

/// How the last test of a store ended.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tested {
    /// When, UTC milliseconds.
    pub at: i64,
    /// Probes that ran.
    pub probes: u32,
    /// Promises that were broken: their names.
    pub failed: Vec<String>,
}

/// Why the queue of a store waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pause {
    /// The kind's number (`backup::policy::StorePause`); none where a person paused it.
    pub kind: Option<u8>,
    /// When it is tried again by itself; none where only a person helps.
    pub retry_at: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
}

/// A store as the catalog knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreRow {
    /// Its identity, from its `safelight.json`.
    pub id: StoreId,
    /// What the person calls it.
    pub name: String,
    /// Where it is, as the person wrote it.
    pub url: String,
    /// When it was added here.
    pub created_at: Timestamp,
    /// Counts as another disk although it is on this one: the demo and tests.
    pub counts_override: bool,
    /// The device number of a folder when last opened; none for a network's.
    pub device: Option<u64>,
    /// What the person chose for it.
    pub config: StoreConfig,
    /// Why the queue waits, as a sentence.
    pub paused: Option<String>,
    /// More on that.
    pub pause: Option<Pause>,
    /// This device's last log segment there.
    pub log_segment: u64,
    /// Its hash.
    pub log_hash: Option<String>,
    /// When it last answered.
    pub last_ok: Option<Timestamp>,
}

/// What a store's card shows of its receipts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StoreNumbers {
    /// Contents proven there.
    pub proven: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Contents found damaged or missing there.
    pub damaged: u64,
    /// The last read-back.
    pub last_verified: Option<Timestamp>,
}

const COLUMNS: &str = "id, name, url, created_at, counts_override, device, paused, log_segment, log_hash, last_ok, config, \
     pause_kind, retry_at, pauses";

fn store_row(row: &Row<'_>) -> rusqlite::Result<StoreRow> {
    let paused: Option<String> = row.get(6)?;
    let config: String = row.get(10)?;
    Ok(StoreRow {
        // A choice that a later version knows and this one does not is no reason to lose the store.
        config: serde_json::from_str(&config).unwrap_or_default(),
        pause: match paused {
            Some(_) => Some(Pause {
                kind: row.get(11)?,
                retry_at: row.get::<_, Option<i64>>(12)?.map(Timestamp),
                failures: row.get(13)?,
            }),
            None => None,
        },
        id: StoreId(row.get(0)?),
        name: row.get(1)?,
        url: row.get(2)?,
        created_at: Timestamp(row.get(3)?),
        counts_override: row.get(4)?,
        device: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        paused,
        log_segment: row.get(7)?,
        log_hash: row.get(8)?,
        last_ok: row.get::<_, Option<i64>>(9)?.map(Timestamp),
    })
}

fn config_text(config: &StoreConfig) -> String {
    serde_json::to_string(config).unwrap_or_else(|_| "{}".to_owned())
}

const RECEIPT: &str = "r.store, r.content, r.size, r.key, r.claimed_at, r.server_hash_at, r.first_read_back_at, r.read_back_at, r.damaged";

fn receipt_row(row: &Row<'_>) -> rusqlite::Result<Receipt> {
    let content: String = row.get(1)?;
    Ok(Receipt {
        store: StoreId(row.get(0)?),
        content: super::content_value(&content)?,
        size: row.get(2)?,
        key: row.get(3)?,
        claimed_at: Timestamp(row.get(4)?),
        server_hash_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        first_read_back_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        read_back_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        damaged: row.get(8)?,
    })
}

impl Catalog {
    /// Adds a store, or brings one back that had been removed.
    ///
    /// # Errors
    /// `Value` where another store has the name.
    pub fn add_store(&self, store: &StoreRow) -> Result<()> {
        self.write(|tx| {
            let taken: Option<String> = tx
                .query_row("SELECT id FROM stores WHERE name = ?1 AND gone = 0", [&store.name], |row| row.get(0))
                .optional()?;
            if taken.is_some_and(|id: String| id != store.id.0) {
                return Err(Error::Refused(format!("There is a store called {} already.", store.name)));
            }
            // A store that was removed keeps its receipts; its name may be given again.
            tx.execute("UPDATE stores SET name = name || ' (removed ' || id || ')' WHERE name = ?1 AND gone = 1", [&store.name])?;
            tx.execute(
                "INSERT INTO stores (id, name, url, created_at, counts_override, device, config) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (id) DO UPDATE SET name = ?2, url = ?3, counts_override = ?5, device = ?6, config = ?7,
                    gone = 0, paused = NULL, pause_kind = NULL, retry_at = NULL, pauses = 0",
                params![
                    store.id.0,
                    store.name,
                    store.url,
                    store.created_at.0,
                    store.counts_override,
                    store.device.map(u64::cast_signed),
                    config_text(&store.config)
                ],
            )?;
            safety::refresh_all(tx)
        })
    }

    /// Every store that was not removed, oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn stores(&self) -> Result<Vec<StoreRow>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM stores WHERE gone = 0 ORDER BY created_at, id"
            ))?;
            let rows = statement.query_map([], store_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Forgets a store: nothing in it is touched, its receipts stay as history and count no more. Its jobs go.
    ///
    /// # Errors
    /// SQLite's.
    pub fn remove_store(&self, store: &StoreId) -> Result<()> {
        self.write(|tx| {
            tx.execute("UPDATE stores SET gone = 1 WHERE id = ?1", [&store.0])?;
            tx.execute("DELETE FROM jobs WHERE store = ?1", [&store.0])?;
            tx.execute("DELETE FROM follows WHERE store = ?1", [&store.0])?;
            safety::refresh_all(tx)
        })
    }

    /// The store answered: its device number, and when.
    ///
    /// # Errors
    /// SQLite's.
    pub fn store_answered(&self, store: &StoreId, device: Option<u64>, at: Timestamp) -> Result<()> {
        self.write(|tx| {
            let device = device.map(u64::cast_signed);
            let moved = tx.execute(
                "UPDATE stores SET device = ?2 WHERE id = ?1 AND device IS NOT ?2",
                params![store.0, device],
            )?;
            // Asked before every file: a write each minute says it as well, and costs the disk nothing in between.
            tx.execute(
                "UPDATE stores SET last_ok = ?2
                 WHERE id = ?1 AND (last_ok IS NULL OR last_ok NOT BETWEEN ?2 - 60000 AND ?2)",
                params![store.0, at.0],
            )?;
            if moved > 0 { safety::refresh_all(tx) } else { Ok(()) }
        })
    }

    /// The queue of this store waits for a person, or goes on.
    ///
    /// # Errors
    /// SQLite's.
    pub fn pause_store(&self, store: &StoreId, reason: Option<&str>) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE stores SET paused = ?2, pause_kind = NULL, retry_at = NULL, pauses = 0
                 WHERE id = ?1 AND (paused IS NOT NULL OR ?2 IS NOT NULL)",
                params![store.0, reason],
            )?;
            Ok(())
        })
    }

    /// The queue of this store waits, and is tried again by itself at `retry_at` where that is known.
    ///
    /// # Errors
    /// SQLite's.
    pub fn hold_store(&self, store: &StoreId, kind: u8, reason: &str, retry_at: Option<Timestamp>) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE stores SET paused = ?2, pause_kind = ?3, retry_at = ?4, pauses = pauses + 1 WHERE id = ?1",
                params![store.0, reason, kind, retry_at.map(|at| at.0)],
            )?;
            Ok(())
        })
    }

    /// A waiting store is being tried: others keep their hands off it until then.
    ///
    /// # Errors
    /// SQLite's.
    pub fn probe_store(&self, store: &StoreId, until: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE stores SET retry_at = ?2 WHERE id = ?1 AND retry_at IS NOT NULL",
                params![store.0, until.0],
            )?;
            Ok(())
        })
    }

    /// Every store that waits to be tried again is due now: the machine woke up, or is on another network. What waits for
    /// a person goes on waiting.
    ///
    /// # Errors
    /// SQLite's.
    pub fn stores_due_now(&self, kinds: &[u8]) -> Result<u64> {
        self.write(|tx| {
            let mut due = 0;
            for kind in kinds {
                due += tx.execute(
                    "UPDATE stores SET retry_at = 0, pauses = 0 WHERE pause_kind = ?1 AND retry_at > 0",
                    [kind],
                )?;
            }
            Ok(due as u64)
        })
    }

    /// Changes what the person chose for a store.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_store_config(&self, store: &StoreId, config: &StoreConfig) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE stores SET config = ?2 WHERE id = ?1",
                params![store.0, config_text(config)],
            )?;
            Ok(())
        })
    }

    /// Remembers this device's last log segment in a store, and that these contents are named in it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn log_written(&self, store: &StoreId, segment: u64, hash: &str, contents: &[ContentId]) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE stores SET log_segment = ?2, log_hash = ?3 WHERE id = ?1",
                params![store.0, segment, hash],
            )?;
            let mut statement =
                tx.prepare_cached("UPDATE receipts SET logged = 1 WHERE store = ?1 AND content = ?2")?;
            for content in contents {
                statement.execute(params![store.0, content.to_string()])?;
            }
            Ok(())
        })
    }

    /// This device said in that store's log that it relies on these copies, or no longer does.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_pinned(&self, store: &StoreId, contents: &[ContentId], relies: bool) -> Result<()> {
        self.write(|tx| {
            let mut statement =
                tx.prepare_cached("UPDATE receipts SET pinned = ?3 WHERE store = ?1 AND content = ?2")?;
            for content in contents {
                statement.execute(params![store.0, content.to_string(), relies])?;
            }
            Ok(())
        })
    }

    /// Whether this device said in that store's log that it relies on this copy.
    ///
    /// # Errors
    /// SQLite's.
    pub fn is_pinned(&self, store: &StoreId, content: &ContentId) -> Result<bool> {
        self.read(|tx| {
            let pinned: Option<bool> = tx
                .query_row(
                    "SELECT pinned FROM receipts WHERE store = ?1 AND content = ?2",
                    params![store.0, content.to_string()],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(pinned.unwrap_or(false))
        })
    }

    /// Writes a receipt down. It only ever gains evidence: times go forward, the first read-back stays the first. Who
    /// calls this has done what the receipt says (I3); a tidy test keeps the list of callers.
    ///
    /// # Errors
    /// SQLite's.
    pub fn record_receipt(&self, receipt: &Receipt) -> Result<()> {
        // Good news that a power cut takes back is only found out again; bad news is kept at once.
        let work = |tx: &Transaction<'_>| {
            let content = receipt.content.to_string();
            tx.execute(
                "INSERT INTO receipts (store, content, size, key, claimed_at, server_hash_at, first_read_back_at, read_back_at, damaged)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (store, content) DO UPDATE SET
                    key = ?4,
                    server_hash_at = COALESCE(?6, server_hash_at),
                    -- A copy that was damaged and is whole again begins a new history of proofs.
                    first_read_back_at = CASE WHEN damaged = 1 THEN ?7 ELSE COALESCE(first_read_back_at, ?7) END,
                    read_back_at = CASE WHEN damaged = 1 THEN ?8 ELSE COALESCE(?8, read_back_at) END,
                    damaged = ?9,
                    absent_since = NULL",
                params![
                    receipt.store.0,
                    content,
                    receipt.size,
                    receipt.key,
                    receipt.claimed_at.0,
                    receipt.server_hash_at.map(|at| at.0),
                    receipt.first_read_back_at.map(|at| at.0),
                    receipt.read_back_at.map(|at| at.0),
                    receipt.damaged
                ],
            )?;
            safety::refresh_content(tx, &content)
        };
        if receipt.damaged {
            self.write(work)
        } else {
            self.write_soon(work)
        }
    }

    /// The store says that it has no such object, the canary being readable. Absence needs two witnesses at least
    /// `apart_ms` apart (safety.md, rule 10): the first call only remembers; returns whether the copy now counts as lost.
    ///
    /// # Errors
    /// SQLite's.
    pub fn record_absence(&self, store: &StoreId, content: &ContentId, at: Timestamp, apart_ms: i64) -> Result<bool> {
        self.write(|tx| {
            let text = content.to_string();
            tx.execute(
                "UPDATE receipts SET absent_since = COALESCE(absent_since, ?3) WHERE store = ?1 AND content = ?2",
                params![store.0, text, at.0],
            )?;
            let lost = tx.execute(
                "UPDATE receipts SET damaged = 1 WHERE store = ?1 AND content = ?2 AND absent_since <= ?3",
                params![store.0, text, at.0.saturating_sub(apart_ms)],
            )? > 0;
            safety::refresh_content(tx, &text)?;
            Ok(lost)
        })
    }

    /// Two reads in a row gave other bytes than they should: the copy is damaged.
    ///
    /// # Errors
    /// SQLite's.
    pub fn record_damage(&self, store: &StoreId, content: &ContentId) -> Result<()> {
        self.write(|tx| {
            let text = content.to_string();
            tx.execute(
                "UPDATE receipts SET damaged = 1 WHERE store = ?1 AND content = ?2",
                params![store.0, text],
            )?;
            safety::refresh_content(tx, &text)
        })
    }

    /// Every receipt of a content in stores that were not removed.
    ///
    /// # Errors
    /// SQLite's.
    pub fn receipts(&self, content: &ContentId) -> Result<Vec<Receipt>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {RECEIPT} FROM receipts r JOIN stores s ON s.id = r.store WHERE r.content = ?1 AND s.gone = 0
                 ORDER BY s.created_at"
            ))?;
            let rows = statement.query_map([content.to_string()], receipt_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The receipt of a content in one store.
    ///
    /// # Errors
    /// SQLite's.
    pub fn receipt(&self, store: &StoreId, content: &ContentId) -> Result<Option<Receipt>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {RECEIPT} FROM receipts r WHERE r.store = ?1 AND r.content = ?2"
            ))?;
            Ok(statement
                .query_row(params![store.0, content.to_string()], receipt_row)
                .optional()?)
        })
    }

    /// Receipts of one store that its log does not name yet: a kill came between the read-back and the log.
    ///
    /// # Errors
    /// SQLite's.
    pub fn unlogged_receipts(&self, store: &StoreId, limit: usize) -> Result<Vec<Receipt>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {RECEIPT} FROM receipts r WHERE r.store = ?1 AND r.logged = 0 AND r.read_back_at IS NOT NULL
                 AND r.damaged = 0 LIMIT ?2"
            ))?;
            let rows = statement.query_map(params![store.0, limit as i64], receipt_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Every receipt of one store, the longest unchecked first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn receipts_to_verify(&self, store: &StoreId, limit: usize) -> Result<Vec<Receipt>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {RECEIPT} FROM receipts r WHERE r.store = ?1 ORDER BY COALESCE(r.read_back_at, 0), r.content LIMIT ?2"
            ))?;
            let rows = statement.query_map(params![store.0, limit as i64], receipt_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The numbers of a store's card.
    ///
    /// # Errors
    /// SQLite's.
    pub fn store_numbers(&self, store: &StoreId) -> Result<StoreNumbers> {
        self.read(|tx| {
            Ok(tx.query_row(
                "SELECT COALESCE(SUM(damaged = 0 AND read_back_at IS NOT NULL), 0),
                        COALESCE(SUM(CASE WHEN damaged = 0 AND read_back_at IS NOT NULL THEN size END), 0),
                        COALESCE(SUM(damaged), 0), MAX(read_back_at)
                 FROM receipts WHERE store = ?1",
                [&store.0],
                |row| {
                    Ok(StoreNumbers {
                        proven: row.get(0)?,
                        bytes: row.get(1)?,
                        damaged: row.get(2)?,
                        last_verified: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                    })
                },
            )?)
        })
    }
}
