//! What this device says in a store's log: which files it has seen, what lies there, what it relies on. Written only
//! after what it refers to was verified in that store (I9).

use super::{
    bridge::Bridge,
    error::{Error, Result},
};
use crate::{
    catalog::{
        moves,
        photos::{FileRow, PhotoRow},
        retold::Retold,
        roots::Root,
        stores::StoreRow,
        swaps::Swap,
    },
    model::{content::ContentId, id::StoreId, photo::Role, receipt::Receipt, time::Stamp},
    store::{
        log::Head,
        record::Record,
        say::{self, SeenFile},
        store::Store,
    },
    sys::{
        real::path_bytes,
        task::{Cx, lock},
    },
};
use std::path::Path;

/// The catalog's key for the last stamp given out.
const STAMP: &str = "last-log-stamp";

/// The catalog's key for the segment from which a store's lists (SHA256SUMS and the like) were made last.
#[must_use]
pub fn lists_key(store: &StoreId) -> String {
    format!("derived-at-{store}")
}

/// The next stamp of this device; never goes back, whatever the clock does. It is kept when the records that carry it are
/// appended: one that was given out and never written is nobody's past.
///
/// # Errors
/// The catalog's.
pub fn next_stamp(bridge: &Bridge) -> Result<Stamp> {
    let mut last = lock(&bridge.last_stamp);
    if last.is_none() {
        *last = bridge.catalog.meta(STAMP)?.and_then(|text| Stamp::parse(&text));
    }
    let stamp = Stamp::next(last.as_ref(), bridge.clock.now(), bridge.device.as_str());
    *last = Some(stamp.clone());
    Ok(stamp)
}

/// Where a file lies, as the log says it: the watched tree's name and the folders below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The folder's bytes, parts joined by `/`.
    pub folder: Vec<u8>,
    /// The file's own name.
    pub name: Vec<u8>,
}

/// The place of a file below its root. Two roots of one name are told apart by their number.
///
/// # Errors
/// The catalog's.
pub fn place_of(bridge: &Bridge, file: &FileRow) -> Result<Place> {
    let roots = bridge.catalog.roots()?;
    let root = roots.iter().find(|root| root.id == file.root);
    let root = root.ok_or_else(|| Error::refused("its folder is not watched any more"))?;
    let below = file
        .path
        .parent()
        .and_then(|dir| dir.strip_prefix(&root.path).ok())
        .map(path_bytes)
        .unwrap_or_default();
    Ok(Place {
        folder: folder_of(&roots, root, below),
        name: path_bytes(Path::new(&file.name)),
    })
}

/// The same of a place that a file had before; none where its tree is not watched any more.
fn place_before(roots: &[Root], was: &moves::Place) -> Option<Place> {
    let root = roots.iter().find(|root| root.id == was.root)?;
    Some(Place {
        folder: folder_of(roots, root, was.rel.clone()),
        name: was.name.clone(),
    })
}

fn folder_of(roots: &[Root], root: &Root, below: Vec<u8>) -> Vec<u8> {
    let name_of = |path: &Path| {
        path.file_name()
            .map_or_else(|| b"Photos".to_vec(), |name| path_bytes(Path::new(name)))
    };
    let mut folder = name_of(&root.path);
    let twins = roots
        .iter()
        .filter(|other| other.id < root.id && name_of(&other.path) == folder)
        .count();
    if twins > 0 {
        folder.extend_from_slice(format!(" ({})", twins + 1).as_bytes());
    }
    let below = out_of_trash(below);
    if !below.is_empty() {
        folder.push(b'/');
        folder.extend_from_slice(&below);
    }
    folder
}

/// Tells the stores' logs where photos are that have moved: short records, no photo is sent again. Gives how many files that
/// were. A store that is away is told the next time.
///
/// # Errors
/// The catalog's, and `Cancelled`.
pub fn retell(bridge: &Bridge, only: Option<&StoreId>, cx: &Cx) -> Result<u64> {
    let mut count = 0;
    for row in bridge.catalog.stores()? {
        if only.is_some_and(|id| *id != row.id) {
            continue;
        }
        loop {
            let waiting = bridge.catalog.retold(&row.id, RETOLD)?;
            if waiting.is_empty() {
                break;
            }
            if cx.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let records = moved_records(bridge, &row.id, &waiting)?;
            let written = bridge
                .store(&row, cx)
                .and_then(|store| append(bridge, &row, &store, &records, &[], cx));
            match written {
                Ok(()) => {}
                Err(error @ (Error::Catalog(_) | Error::Cancelled)) => return Err(error),
                Err(error) => {
                    tracing::warn!("{} was not told of moved photos: {error}", row.name);
                    break;
                }
            }
            bridge
                .catalog
                .told(&waiting.iter().map(|one| one.id).collect::<Vec<_>>())?;
            count += records.len() as u64;
        }
    }
    Ok(count)
}

/// Records of one append about photos that have moved.
const RETOLD: usize = 1000;

fn moved_records(bridge: &Bridge, store: &StoreId, waiting: &[Retold]) -> Result<Vec<Record>> {
    let roots = bridge.catalog.roots()?;
    let mut records = Vec::with_capacity(waiting.len());
    for one in waiting {
        let (Some(file), Ok(content)) = (bridge.catalog.file(one.file)?, one.content.parse::<ContentId>()) else {
            continue;
        };
        let Some(receipt) = bridge.catalog.receipt(store, &content)? else {
            continue;
        };
        let was = place_before(&roots, &one.was);
        if was.as_ref() == Some(&place_of(bridge, &file)?) {
            // It is back where the log says.
            continue;
        }
        let photo = bridge.catalog.photo(file.photo)?;
        records.push(seen(bridge, &file, photo.as_ref(), &receipt, was.as_ref())?);
    }
    Ok(records)
}

/// This device has this file here, and had it there before.
///
/// # Errors
/// The catalog's.
pub fn seen(
    bridge: &Bridge,
    file: &FileRow,
    photo: Option<&PhotoRow>,
    receipt: &Receipt,
    was: Option<&Place>,
) -> Result<Record> {
    let place = place_of(bridge, file)?;
    let group = match photo.and_then(|photo| photo.primary) {
        Some(primary) if primary != file.id => bridge.catalog.file(primary)?.and_then(|file| file.content),
        _ => None,
    };
    let proxy = file.is_proxy();
    let seen = SeenFile {
        content: receipt.content,
        size: receipt.size,
        folder: &place.folder,
        name: &place.name,
        // As the file says: a person's shift is said as a mark.
        taken: photo.and_then(|photo| photo.file_taken),
        // An optimized copy has the date of its original.
        mtime_ns: Some(file.mtime_ns),
        // The record is about the original, whatever stands for it here.
        role: if proxy { Role::Original } else { file.role },
        group,
        was: was.map(|place| (place.folder.as_slice(), place.name.as_slice())),
    };
    Ok(say::seen(&seen, &next_stamp(bridge)?))
}

/// The folder that a file in Safelight's trash came from: its path there goes on as it was below the root.
fn out_of_trash(below: Vec<u8>) -> Vec<u8> {
    let Some(rest) = below.strip_prefix(b".safelight/trash/") else {
        return below;
    };
    // The day, then the photo's own number.
    let old = rest.splitn(3, |byte| *byte == b'/').nth(2);
    old.unwrap_or_default().to_vec()
}

/// Appends records to this device's log in a store and remembers its new end.
///
/// # Errors
/// The store's: then nothing of it counts as written; the same call may be made again.
pub fn append(
    bridge: &Bridge,
    row: &StoreRow,
    store: &Store,
    records: &[Record],
    logged: &[ContentId],
    cx: &Cx,
) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    // Several senders may have records at once; two that continue the log at the same place would look like two machines.
    let _appending = lock(&bridge.appending);
    let last = lock(&bridge.last_stamp).as_ref().map(ToString::to_string);
    if last.is_some() {
        bridge.catalog.set_meta(STAMP, last.as_deref())?;
    }
    // The row may be old: another batch of this run may have moved the end on.
    let current = bridge.catalog.stores()?.into_iter().find(|one| one.id == row.id);
    let after = current.and_then(|row| {
        let hash = row.log_hash.as_deref()?.parse().ok()?;
        Some(Head {
            segment: u32::try_from(row.log_segment).ok()?,
            hash,
        })
    });
    // The lists that are made from the log are old from here on, also where a kill keeps us from noting how far it went.
    bridge.catalog.set_meta(&lists_key(&row.id), None)?;
    if after.is_none() {
        store.introduce(&bridge.device, &bridge.device_name, cx)?;
    }
    let appended = store.append(&bridge.device, after, records, cx)?;
    if appended.unexpected > 0 {
        bridge.note(
            2,
            format!(
                "{}: another copy of this library writes there under the same device name",
                row.name
            ),
        );
    }
    if let Some(head) = appended.head {
        bridge
            .catalog
            .log_written(&row.id, u64::from(head.segment), &head.hash.to_string(), logged)?;
    }
    Ok(())
}

/// Says in every store that has a copy that this device will rely on it, before any of these originals goes. The append
/// reads its segment back, so the pin is there for every other device to see.
///
/// # Errors
/// The catalog's, and `Cancelled`. A store that is away gets no pin, and so releases nothing.
pub fn pin(bridge: &Bridge, swaps: &[Swap], cx: &Cx) -> Result<()> {
    for row in bridge.catalog.stores()? {
        let mut contents = Vec::new();
        let mut records = Vec::new();
        for swap in swaps {
            let proven = bridge
                .catalog
                .receipt(&row.id, &swap.content)?
                .is_some_and(|receipt| receipt.proves());
            if proven && !bridge.catalog.is_pinned(&row.id, &swap.content)? {
                contents.push(swap.content);
                let stamp = next_stamp(bridge)?;
                records.push(say::relies(swap.content, Some(swap.proxy_content), true, &stamp));
            }
        }
        if records.is_empty() {
            continue;
        }
        let written = bridge
            .store(&row, cx)
            .and_then(|store| append(bridge, &row, &store, &records, &[], cx));
        match written {
            Ok(()) => bridge.catalog.set_pinned(&row.id, &contents, true)?,
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => tracing::warn!("{} was not told what this device relies on: {error}", row.name),
        }
    }
    Ok(())
}

/// Says that this device has its original back and relies on no copy of it any more. Best effort: a pin that stays only
/// keeps a copy longer.
///
/// # Errors
/// The catalog's.
pub fn unpin(bridge: &Bridge, contents: &[ContentId], cx: &Cx) -> Result<()> {
    for row in bridge.catalog.stores()? {
        let mut pinned = Vec::new();
        let mut records = Vec::new();
        for content in contents {
            if bridge.catalog.is_pinned(&row.id, content)? {
                pinned.push(*content);
                records.push(say::relies(*content, None, false, &next_stamp(bridge)?));
            }
        }
        if records.is_empty() {
            continue;
        }
        match bridge
            .store(&row, cx)
            .and_then(|store| append(bridge, &row, &store, &records, &[], cx))
        {
            Ok(()) => bridge.catalog.set_pinned(&row.id, &pinned, false)?,
            Err(error) => tracing::info!("{} still thinks that this device relies on it: {error}", row.name),
        }
    }
    Ok(())
}

/// Whether every one of these stores has been told that this device relies on the copy.
///
/// # Errors
/// The catalog's.
pub fn is_pinned(bridge: &Bridge, swap: &Swap, stores: &[StoreId]) -> Result<bool> {
    for store in stores {
        if !bridge.catalog.is_pinned(store, &swap.content)? {
            return Ok(false);
        }
    }
    Ok(!stores.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::Catalog,
        model::{id::DeviceId, time::Timestamp},
        sys::{clock::SimClock, real::RealFs},
    };
    use std::sync::Arc;

    #[test]
    fn i6_stamps_go_on_after_a_restart_with_the_clock_set_back() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let start = |now| {
            let catalog = Catalog::open(&dir.path().join("catalog.sqlite")).expect("opened");
            let clock = Arc::new(SimClock::at(Timestamp(now)));
            let device = (DeviceId("0123456789abcdef".to_owned()), "test".to_owned());
            Bridge::new(Arc::new(RealFs), clock, Arc::new(catalog), device)
        };
        let cx = Cx::new();
        let bridge = start(2_000_000);
        let row = bridge
            .add_store("s", &dir.path().join("store").to_string_lossy(), false, &cx)
            .expect("a store");
        let store = bridge.store(&row, &cx).expect("open");
        let said = next_stamp(&bridge).expect("a stamp");
        let record = say::relies(ContentId::of(b"x"), None, true, &said);
        append(&bridge, &row, &store, &[record], &[], &cx).expect("appended");
        drop((store, bridge));
        let later = next_stamp(&start(1_000_000)).expect("a stamp");
        assert!(later > said, "{later} after {said}");
    }
}
