//! Sidecars of our own writing among the files: known from the moment they lie on the disk, as a scan would find them, so that
//! what counts and keeps files (safety, backups) never waits for the next scan.

use super::{error::Result, safety};
use crate::{
    model::{
        content::ContentId,
        id::{FolderId, PhotoId},
        metadata::MediaKind,
        photo::Role,
        time::Timestamp,
    },
    sys::fs::Stat,
};
use rusqlite::{Transaction, params};

/// A sidecar as it lies on the disk after it was written and read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenSidecar {
    /// The folder it lies in.
    pub folder: FolderId,
    /// Its name, the file system's bytes.
    pub name: Vec<u8>,
    /// What the file system says of it.
    pub stat: Stat,
    /// Its bytes' hash.
    pub content: ContentId,
}

/// What became of a photo's sidecars on the disk becomes true of its files. A row of another photo is left to the next
/// scan. The rows are racy: they were written a moment ago, so whoever sends their bytes hashes them again.
pub(in crate::catalog) fn keep_files(
    tx: &Transaction<'_>,
    photo: PhotoId,
    written: &[WrittenSidecar],
    removed: Option<&[u8]>,
    now: Timestamp,
) -> Result<()> {
    for file in written {
        tx.prepare_cached(
            "INSERT INTO files (photo_id, folder_id, name, role, kind, size, mtime_ns, ctime_ns, dev, inode, seen_at, racy,
                 facts_read, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, 1, ?12)
             ON CONFLICT (folder_id, name) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns,
                 ctime_ns = excluded.ctime_ns, dev = excluded.dev, inode = excluded.inode, seen_at = excluded.seen_at, racy = 1,
                 content = excluded.content, problem = NULL, undecodable = 0, missing_since = NULL
             WHERE photo_id = excluded.photo_id AND role = excluded.role",
        )?
        .execute(params![
            photo.0,
            file.folder.0,
            file.name,
            Role::Sidecar.number(),
            MediaKind::Sidecar.number(),
            file.stat.size.cast_signed(),
            file.stat.mtime_ns,
            file.stat.ctime_ns,
            file.stat.dev.cast_signed(),
            file.stat.ino.cast_signed(),
            now.0,
            file.content.to_string()
        ])?;
    }
    if let Some(name) = removed {
        // One that only we wrote, and that is gone again, leaves no trace.
        tx.prepare_cached("DELETE FROM files WHERE photo_id = ?1 AND name = ?2 AND role = ?3")?
            .execute(params![photo.0, name, Role::Sidecar.number()])?;
    }
    if !written.is_empty() || removed.is_some() {
        safety::refresh(tx, &[photo])?;
    }
    Ok(())
}
