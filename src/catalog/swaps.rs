//! The journal of local replacements. It says where to look after a crash; what is true is decided from the bytes found
//! there (safety.md, rule 6).

use super::{
    Catalog,
    error::{Error, Result},
    safety,
};
use crate::{
    model::{
        content::ContentId,
        id::{FileId, PhotoId, SwapId},
        photo::Role,
        time::Timestamp,
    },
    sys::{
        fs::Stat,
        real::{path_bytes, path_from_bytes},
    },
};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use std::path::PathBuf;

/// Where a replacement stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SwapState {
    /// The proxy lies at the held path; the exchange may or may not have happened.
    Intent,
    /// The proxy is visible, the original lies at the held path and was hashed there.
    Held,
    /// A live proof let the original go; its name may or may not be gone.
    Releasing,
    /// The original is gone from this disk.
    Released,
    /// The original is back in its place without a store's help.
    Undone,
    /// The fetched original lies at the held path; the exchange may or may not have happened.
    RestoreIntent,
    /// The fetched original is in its place.
    Restored,
    /// The bytes found fit no row of the crash table; a person must look.
    Stuck,
}

impl SwapState {
    /// Every state, in the order of the catalog's numbers.
    pub const ALL: [Self; 8] = [
        Self::Intent,
        Self::Held,
        Self::Releasing,
        Self::Released,
        Self::Undone,
        Self::RestoreIntent,
        Self::Restored,
        Self::Stuck,
    ];
}

/// One replacement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Swap {
    /// Its number; 0 before it is written down.
    pub id: SwapId,
    /// Where it stands.
    pub state: SwapState,
    /// The file's row.
    pub file: FileId,
    /// The path a person sees.
    pub visible: PathBuf,
    /// Where the other of the two files lies.
    pub held: PathBuf,
    /// H: the original.
    pub content: ContentId,
    /// Its length.
    pub size: u64,
    /// R: the proxy.
    pub proxy_content: ContentId,
    /// Its length.
    pub proxy_size: u64,
    /// When the proof was made that the swap was begun with.
    pub first_proof_at: Timestamp,
    /// When the original may go, given a second proof.
    pub held_until: Timestamp,
    /// When the state was last changed.
    pub at: Timestamp,
    /// Why it needs a person.
    pub note: Option<String>,
}

/// What a swap leaves in its file's row; written in the same transaction as the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileBecomes {
    /// The row stays as it is.
    Unchanged,
    /// The path shows the proxy R of the original H.
    Proxy(Stat),
    /// The path shows the original H again.
    Original(Stat),
}

const COLUMNS: &str =
    "id, state, file_id, visible, held, content, size, proxy_content, proxy_size, first_proof_at, held_until, at, note";

fn swap_row(row: &Row<'_>) -> rusqlite::Result<Swap> {
    let state: usize = row.get::<_, u8>(1)?.into();
    let content: String = row.get(5)?;
    let proxy: String = row.get(7)?;
    Ok(Swap {
        id: SwapId(row.get(0)?),
        state: SwapState::ALL.get(state).copied().unwrap_or(SwapState::Stuck),
        file: FileId(row.get(2)?),
        visible: path_from_bytes(row.get(3)?),
        held: path_from_bytes(row.get(4)?),
        content: super::content_value(&content)?,
        size: row.get(6)?,
        proxy_content: super::content_value(&proxy)?,
        proxy_size: row.get(8)?,
        first_proof_at: Timestamp(row.get(9)?),
        held_until: Timestamp(row.get(10)?),
        at: Timestamp(row.get(11)?),
        note: row.get(12)?,
    })
}

fn photo_of(tx: &Transaction<'_>, file: FileId) -> Result<Vec<PhotoId>> {
    let photo: Option<i64> = tx
        .query_row("SELECT photo_id FROM files WHERE id = ?1", [file.0], |row| row.get(0))
        .optional()?;
    Ok(photo.map(PhotoId).into_iter().collect())
}

/// A file that is on its way to another name is not exchanged: the journal would name the wrong path.
fn stands_still(tx: &Transaction<'_>, file: FileId) -> Result<()> {
    if super::moves::is_on_its_way(tx, file)? {
        return Err(Error::Refused(
            "This photo is being moved just now. Try again when that is done.".to_owned(),
        ));
    }
    Ok(())
}

impl Catalog {
    /// Writes the intent down before anything visible changes.
    ///
    /// # Errors
    /// SQLite's: then the swap must not be begun.
    pub fn begin_swap(&self, swap: &Swap) -> Result<SwapId> {
        self.write(|tx| {
            stands_still(tx, swap.file)?;
            tx.execute(
                "INSERT INTO swaps (state, file_id, visible, held, content, size, proxy_content, proxy_size, first_proof_at, held_until, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    swap.state as u8,
                    swap.file.0,
                    path_bytes(&swap.visible),
                    path_bytes(&swap.held),
                    swap.content.to_string(),
                    swap.size,
                    swap.proxy_content.to_string(),
                    swap.proxy_size,
                    swap.first_proof_at.0,
                    swap.held_until.0,
                    swap.at.0
                ],
            )?;
            let id = SwapId(tx.last_insert_rowid());
            let photos = photo_of(tx, swap.file)?;
            safety::refresh(tx, &photos)?;
            Ok(id)
        })
    }

    /// The swap is now in this state, and its file's row says so too.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_swap(
        &self,
        swap: &Swap,
        state: SwapState,
        becomes: &FileBecomes,
        at: Timestamp,
        note: Option<&str>,
    ) -> Result<()> {
        self.write(|tx| {
            stands_still(tx, swap.file)?;
            tx.execute(
                "UPDATE swaps SET state = ?2, at = ?3, note = ?4, held_until = ?5 WHERE id = ?1",
                params![swap.id.0, state as u8, at.0, note, swap.held_until.0],
            )?;
            let (original, proxy) = (swap.content.to_string(), swap.proxy_content.to_string());
            let columns = match becomes {
                FileBecomes::Unchanged => None,
                FileBecomes::Proxy(stat) => Some((proxy, Some((original, swap.size)), Role::Proxy, stat)),
                FileBecomes::Original(stat) => Some((original, None, Role::Original, stat)),
            };
            if let Some((content, stands_for, role, stat)) = columns {
                let (stands_for, original_size) = stands_for.unzip();
                tx.execute(
                    "UPDATE files SET content = ?2, stands_for = ?3, original_size = ?4, role = ?5, size = ?6, mtime_ns = ?7,
                     ctime_ns = ?8, dev = ?9, inode = ?10, problem = NULL, racy = 0 WHERE id = ?1",
                    params![
                        swap.file.0,
                        content,
                        stands_for,
                        original_size,
                        role.number(),
                        stat.size,
                        stat.mtime_ns,
                        stat.ctime_ns,
                        stat.dev.cast_signed(),
                        stat.ino.cast_signed()
                    ],
                )?;
            }
            let photos = photo_of(tx, swap.file)?;
            safety::refresh(tx, &photos)
        })
    }

    /// Every swap in one of these states, oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn swaps(&self, states: &[SwapState]) -> Result<Vec<Swap>> {
        self.read(|tx| {
            // Numbers of our own enumeration; finished swaps, which only ever grow in number, are never read.
            let states: Vec<String> = states.iter().map(|state| (*state as u8).to_string()).collect();
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM swaps WHERE state IN ({}) ORDER BY id",
                states.join(", ")
            ))?;
            let rows = statement.query_map([], swap_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The unfinished or held swap of a file, if it has one.
    ///
    /// # Errors
    /// SQLite's.
    pub fn swap_of(&self, file: FileId) -> Result<Option<Swap>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM swaps WHERE file_id = ?1 AND state IN (0, 1, 2, 5, 7) ORDER BY id DESC LIMIT 1"
            ))?;
            Ok(statement.query_row([file.0], swap_row).optional()?)
        })
    }

    /// Bytes freed for good so far: `(photos, bytes)`.
    ///
    /// # Errors
    /// SQLite's.
    pub fn freed(&self) -> Result<(u64, u64)> {
        self.read(|tx| {
            Ok(tx.query_row(
                "SELECT COUNT(*), COALESCE(SUM(original_size - size), 0) FROM files f WHERE stands_for IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM swaps w WHERE w.file_id = f.id AND w.state IN (0, 1, 2))",
                [],
                |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.max(0).cast_unsigned())),
            )?)
        })
    }
}
