//! What a backup would send: counted, summed, compared with the room there is, every file that is left out named with
//! its reason. A plan is shown before anything is queued (P5).

use super::{
    bridge::{Bridge, paid},
    error::Result,
    policy::{Order, Place, priority},
};
use crate::{
    catalog::{photos::FileRow, queue::PhotoPlace, stores::StoreRow},
    model::{
        id::{FileId, PhotoId, StoreId},
        plans::{Room, Speed, Verdict, verdict},
    },
    sys::task::Cx,
};
use std::collections::{BTreeMap, HashMap};

/// What a backup would do.
#[derive(Clone, Debug, Default)]
pub struct BackupPlan {
    /// Photos in scope.
    pub photos: u64,
    /// Files to send, with their priority; files whose content is not known yet are counted as to be sent.
    pub send: Vec<(FileId, i64)>,
    /// Their bytes.
    pub bytes: u64,
    /// Files with a proven copy there.
    pub already: u64,
    /// Their bytes.
    pub already_bytes: u64,
    /// Files left out, by reason: count and the first names.
    pub refused: BTreeMap<String, (u64, Vec<String>)>,
    /// Files that will be sent but cannot be read as pictures: count and the first names.
    pub unreadable_pictures: (u64, Vec<String>),
    /// Room there, where the store or the person says.
    pub free: Option<u64>,
    /// More on the room.
    pub room: Room,
    /// Whether it fits, and which plan would hold it, in words.
    pub verdict: Verdict,
    /// How long it takes at the speed measured last, in words; none where nothing was measured.
    pub time: Option<String>,
    /// Why the store cannot be reached now.
    pub store_away: Option<String>,
}

const EXAMPLES: usize = 5;

impl BackupPlan {
    /// Whether it fits, as far as the store says.
    #[must_use]
    pub fn fits(&self) -> Option<bool> {
        self.free.map(|free| self.bytes <= free)
    }

    fn refuse(&mut self, reason: &str, file: &FileRow) {
        let entry = self.refused.entry(reason.to_owned()).or_default();
        entry.0 += 1;
        if entry.1.len() < EXAMPLES {
            entry.1.push(file.name.to_string_lossy().into_owned());
        }
    }
}

/// Plans the backup of these photos to a store.
///
/// # Errors
/// The catalog's; a store that is away is said in the plan.
pub fn plan(bridge: &Bridge, row: &StoreRow, photos: &[PhotoId], cx: &Cx) -> Result<BackupPlan> {
    let mut plan = BackupPlan {
        photos: photos.len() as u64,
        ..BackupPlan::default()
    };
    let store = match bridge.store(row, cx) {
        Ok(store) => Some(store),
        Err(error) => {
            plan.store_away = Some(error.to_string());
            None
        }
    };
    plan.room = bridge.room(row, store.as_deref(), cx)?;
    plan.free = plan.room.free;
    let choices = bridge.choices();
    for chunk in photos.chunks(500) {
        let places = bridge.catalog.photo_places(chunk)?;
        for file in bridge.catalog.files_of(chunk)? {
            consider(bridge, row, &mut plan, &file, choices.order, &places)?;
        }
    }
    plan.verdict = verdict(plan.bytes, plan.room, paid(&row.url), &choices.prices);
    plan.time = speed(bridge, &row.id)?.sentence(plan.bytes);
    Ok(plan)
}

/// A file's number in the queue.
fn number(order: Order, file: &FileRow, places: &HashMap<PhotoId, PhotoPlace>) -> i64 {
    let place = places.get(&file.photo).copied().unwrap_or_default();
    let place = Place {
        rating: place.rating,
        flag: place.flag,
        time: place.time,
        size: file.size,
    };
    priority(order, place)
}

/// Gives everything that waits in the queue its place by the order that is chosen now.
///
/// # Errors
/// The catalog's.
pub fn reorder(bridge: &Bridge) -> Result<()> {
    let order = bridge.choices().order;
    for chunk in bridge.catalog.queued_files()?.chunks(500) {
        let mut files = Vec::with_capacity(chunk.len());
        for id in chunk {
            files.extend(bridge.catalog.file(*id)?);
        }
        let photos: Vec<PhotoId> = files.iter().map(|file| file.photo).collect();
        let places = bridge.catalog.photo_places(&photos)?;
        let numbers: Vec<(FileId, i64)> = files
            .iter()
            .map(|file| (file.id, number(order, file, &places)))
            .collect();
        bridge.catalog.set_priorities(&numbers)?;
    }
    Ok(())
}

fn speed_key(store: &StoreId) -> String {
    format!("speed-{store}")
}

/// How fast a store took files lately.
///
/// # Errors
/// The catalog's.
pub fn speed(bridge: &Bridge, store: &StoreId) -> Result<Speed> {
    let remembered = bridge.catalog.meta(&speed_key(store))?;
    let remembered = remembered.and_then(|text| text.parse().ok());
    Ok(remembered.map_or_else(Speed::default, Speed::remembered))
}

/// Remembers a measure of how fast a store takes files: so many bytes sent and read back in so many milliseconds.
///
/// # Errors
/// The catalog's.
pub fn measured(bridge: &Bridge, store: &StoreId, bytes: u64, ms: i64) -> Result<()> {
    let before = speed(bridge, store)?;
    let mut now = before;
    now.measured(bytes, ms);
    if now != before {
        let text = now.bytes_per_second().to_string();
        bridge.catalog.set_meta(&speed_key(store), Some(&text))?;
    }
    Ok(())
}

fn consider(
    bridge: &Bridge,
    row: &StoreRow,
    plan: &mut BackupPlan,
    file: &FileRow,
    order: Order,
    places: &HashMap<PhotoId, PhotoPlace>,
) -> Result<()> {
    if file.missing_since.is_some() {
        plan.refuse("not in its folder any more", file);
        return Ok(());
    }
    if file.is_proxy() {
        // I14: never sent as an original. Its original is what a store has.
        plan.refuse("an optimized copy: its original is in a store already", file);
        return Ok(());
    }
    let receipt = match &file.content {
        Some(content) if !file.racy => bridge.catalog.receipt(&row.id, content)?,
        _ => None,
    };
    if receipt.is_some_and(|receipt| receipt.proves()) {
        plan.already += 1;
        plan.already_bytes += file.size;
        return Ok(());
    }
    if file.undecodable {
        plan.unreadable_pictures.0 += 1;
        if plan.unreadable_pictures.1.len() < EXAMPLES {
            plan.unreadable_pictures
                .1
                .push(file.name.to_string_lossy().into_owned());
        }
    }
    plan.send.push((file.id, number(order, file, places)));
    plan.bytes += file.size;
    Ok(())
}
