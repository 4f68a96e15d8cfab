//! Proxy to original (safety.md T11): fetched whole beside it, hashed, made durable, exchanged, and what came out hashed
//! again. Bad bytes never reach the path a person sees, and a proxy that a person edited is never overwritten (T10).

use super::{
    bridge::Bridge,
    error::{Error, Result},
    local,
    optimize::{HELD_DIR, TMP_DIR},
    policy::BALLAST_BYTES,
    record,
    recover::{Settled, recover_one},
    release, verify,
};
use crate::{
    catalog::{
        photos::FileRow,
        swaps::{Swap, SwapState},
    },
    media::proxy,
    model::{
        content::ContentId,
        id::{PhotoId, SwapId},
        receipt::Receipt,
    },
    store::error::Error as StoreError,
    sys::{
        clock::random_hex,
        fs::{FsError, WriteFile},
        task::Cx,
    },
};
use std::path::{Path, PathBuf};

/// How a restore ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RestoreReport {
    /// Originals back in place, from a store.
    pub fetched: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Originals back in place that were still held on this disk.
    pub unheld: u64,
    /// Files that had been removed here and are in their folder again, from a store.
    pub brought_back: u64,
    /// Files that are originals already.
    pub already: u64,
    /// Files that could not be restored: name and sentence.
    pub failed: Vec<(String, String)>,
}

/// Brings the originals of these photos back in place.
///
/// # Errors
/// The catalog's, and `Cancelled`; everything else is in the report.
pub fn restore(bridge: &Bridge, photos: &[PhotoId], cx: &Cx) -> Result<RestoreReport> {
    let mut report = RestoreReport::default();
    let mut files = Vec::new();
    for chunk in photos.chunks(500) {
        files.extend(bridge.catalog.files_of(chunk)?);
    }
    let (removed, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.missing_since.is_some());
    for file in removed {
        // A file that a person took away from a photo that is still there stays away.
        if bridge
            .catalog
            .photo(file.photo)?
            .is_none_or(|photo| photo.missing_since.is_none())
        {
            continue;
        }
        let name = file.name.to_string_lossy().into_owned();
        if bridge.catalog.is_trashed(file.photo)? {
            let why = "it lies in Safelight's trash; put it back from there".to_owned();
            report.failed.push((name, why));
            continue;
        }
        match bring_back(bridge, &file, cx) {
            Ok(bytes) => {
                report.brought_back += 1;
                report.bytes += bytes;
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error @ Error::Catalog(_)) => return Err(error),
            Err(error) => report.failed.push((name, error.to_string())),
        }
    }
    let (proxies, originals): (Vec<_>, Vec<_>) = files.into_iter().partition(FileRow::is_proxy);
    report.already = originals.len() as u64;
    cx.progress.start(
        proxies.len() as u64,
        proxies.iter().filter_map(|file| file.original_size).sum(),
    );
    let mut back = Vec::new();
    for file in proxies {
        if cx.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let name = file.name.to_string_lossy().into_owned();
        cx.progress.label(&name);
        match restore_one(bridge, &file, cx) {
            Ok(Restored::FromHeld) => report.unheld += 1,
            Ok(Restored::FromStore(bytes)) => {
                report.fetched += 1;
                report.bytes += bytes;
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error @ Error::Catalog(_)) => return Err(error),
            Err(error) => {
                report.failed.push((name, error.to_string()));
                continue;
            }
        }
        back.extend(file.stands_for);
        cx.progress.add(1);
    }
    record::unpin(bridge, &back, cx)?;
    Ok(report)
}

/// Fetches a file that is no longer in its folder back to its path, where nothing else has taken its name.
fn bring_back(bridge: &Bridge, file: &FileRow, cx: &Cx) -> Result<u64> {
    let content = file.stands_for.or(file.content);
    let content = content.ok_or_else(|| Error::refused("it was never backed up: no store has it"))?;
    let root = bridge
        .catalog
        .root(file.root)?
        .ok_or_else(|| Error::refused("its folder is not watched any more"))?;
    if bridge.fs.stat_opt(&file.path)?.is_some() {
        return Err(Error::refused(
            "another file has its name now; restore it elsewhere with: safelight restore --to FOLDER",
        ));
    }
    let fetched = fetch(bridge, &root.path, file, content, cx)?;
    if let Some(dir) = file.path.parent() {
        bridge.fs.make_dirs(dir)?;
    }
    bridge.fs.rename_new(&fetched.path, &file.path)?;
    Ok(fetched.size)
}

enum Restored {
    FromHeld,
    FromStore(u64),
}

fn restore_one(bridge: &Bridge, file: &FileRow, cx: &Cx) -> Result<Restored> {
    if let Some(swap) = bridge.catalog.swap_of(file.id)? {
        return match swap.state {
            SwapState::Held => release::undo(bridge, &swap, cx).map(|()| Restored::FromHeld),
            SwapState::Stuck => Err(Error::refused(
                swap.note.unwrap_or_else(|| "it needs a look first".to_owned()),
            )),
            _ => match recover_one(bridge, &swap, cx)? {
                Settled::Stuck(why) => Err(Error::refused(why)),
                _ => Err(Error::refused(
                    "an earlier exchange had to be finished first: try again",
                )),
            },
        };
    }
    let original = file
        .stands_for
        .ok_or_else(|| Error::refused("it is an original already"))?;
    let root = bridge
        .catalog
        .root(file.root)?
        .ok_or_else(|| Error::refused("its folder is not watched any more"))?;
    let visible = proxy_at(bridge, file, original, cx)?;
    let fetched = fetch(bridge, &root.path, file, original, cx)?;
    let now = bridge.clock.now();
    let mut swap = Swap {
        id: SwapId(0),
        state: SwapState::RestoreIntent,
        file: file.id,
        visible: file.path.clone(),
        held: root.path.join(HELD_DIR).join(&fetched.name),
        content: original,
        size: fetched.size,
        proxy_content: visible,
        proxy_size: file.size,
        first_proof_at: now,
        held_until: now,
        at: now,
        note: None,
    };
    swap.id = bridge.catalog.begin_swap(&swap)?;
    bridge.fs.make_dirs(&root.path.join(HELD_DIR))?;
    bridge.fs.rename_new(&fetched.path, &swap.held)?;
    match recover_one(bridge, &swap, cx)? {
        Settled::Done => Ok(Restored::FromStore(fetched.size)),
        Settled::Later => Err(Error::refused(
            "its disk cannot be read now; the original is fetched and kept beside it",
        )),
        Settled::Stuck(why) => Err(Error::refused(why)),
    }
}

/// The content of the proxy at the file's path, after making sure that it is the proxy of this original.
fn proxy_at(bridge: &Bridge, file: &FileRow, original: ContentId, cx: &Cx) -> Result<ContentId> {
    let read = local::read_file(bridge.fs.as_ref(), &file.path, local::IN_MEMORY, cx)?;
    let (bytes, hashed) = read.ok_or_else(|| Error::refused("it is too large to be an optimized copy"))?;
    let marked = proxy::proxy_marker(&bytes).is_some_and(|marker| marker.content == original);
    // An editor keeps the XMP when it saves, so the marker alone does not say that the bytes are still ours.
    if file.content == Some(hashed.content) && marked {
        return Ok(hashed.content);
    }
    Err(Error::refused(
        "The optimized copy was edited, so it is left as it is. Restore the original beside it with: \
         safelight restore --to FOLDER",
    ))
}

struct Fetched {
    path: PathBuf,
    name: String,
    size: u64,
}

/// Fetches an original into the temporary folder of its root from the first store that gives the right bytes.
fn fetch(bridge: &Bridge, root: &Path, file: &FileRow, original: ContentId, cx: &Cx) -> Result<Fetched> {
    let fs = bridge.fs.as_ref();
    let tmp_dir = root.join(TMP_DIR);
    fs.make_dirs(&tmp_dir)?;
    let mut receipts = bridge.catalog.receipts(&original)?;
    receipts.sort_by_key(|receipt| (receipt.damaged, std::cmp::Reverse(receipt.read_back_at)));
    let mut reasons = Vec::new();
    let unique = random_hex(8).map_err(|source| FsError::new("choose a name", &tmp_dir, source))?;
    let name = format!("{unique}--{}", ContentId::short(&original));
    let path = tmp_dir.join(&name);
    for receipt in receipts {
        let room = fs.space(&tmp_dir)?.free;
        if room
            < receipt
                .size
                .saturating_add(receipt.size / 20)
                .saturating_add(BALLAST_BYTES)
        {
            return Err(Error::refused(
                "The disk has no room for the original. Free some space, then try again.",
            ));
        }
        match fetch_from(bridge, &receipt, &path, file, cx) {
            Ok(()) => {
                return Ok(Fetched {
                    path,
                    name,
                    size: receipt.size,
                });
            }
            Err(Error::Cancelled) => {
                let _ = fs.unlink(&path);
                return Err(Error::Cancelled);
            }
            Err(error) => {
                // Whatever came is not the original: of no use, and never shown.
                let _ = fs.unlink(&path);
                reasons.push(error.to_string());
            }
        }
    }
    Err(Error::refused(if reasons.is_empty() {
        "No store that this library knows has its original. Add the store that it was sent to.".to_owned()
    } else {
        reasons.join("; ")
    }))
}

fn fetch_from(bridge: &Bridge, receipt: &Receipt, path: &Path, like: &FileRow, cx: &Cx) -> Result<()> {
    let rows = bridge.catalog.stores()?;
    let row = rows
        .iter()
        .find(|row| row.id == receipt.store)
        .ok_or_else(|| Error::refused("its store was removed"))?;
    let store = bridge.store(row, cx)?;
    let mut file = bridge.fs.create_new(path)?;
    let fetched = write_checked(&store, receipt, file.as_mut(), path, cx).and_then(|()| {
        // Attributes before the sync, so that one sync makes all of it durable.
        match bridge.fs.stat_opt(&like.path)? {
            Some(_) => bridge.fs.copy_attributes(&like.path, path)?,
            None => bridge.fs.set_mtime(path, like.mtime_ns)?,
        }
        file.sync()
            .map_err(|source| FsError::new("write the original", path, source).into())
    });
    if let Err(Error::Store(StoreError::WrongBytes { .. })) = &fetched {
        // A second look decides whether the copy is damaged or the way was.
        let _ = verify::read_back(bridge, &store, row, receipt, cx);
    }
    fetched
}

fn write_checked(
    store: &crate::store::store::Store,
    receipt: &Receipt,
    mut file: &mut dyn WriteFile,
    path: &Path,
    cx: &Cx,
) -> Result<()> {
    let key = verify::key_of(receipt)?;
    let (found, found_size) = store.fetch(&key, &mut file, cx)?;
    if (found, found_size) != (receipt.content, receipt.size) {
        return Err(Error::Store(StoreError::WrongBytes {
            key: receipt.key.clone(),
            content: receipt.content,
            size: receipt.size,
            found,
            found_size,
        }));
    }
    file.flush()
        .map_err(|source| FsError::new("write the original", path, source))?;
    Ok(())
}
