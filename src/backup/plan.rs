//! What a backup would send: counted, summed, compared with the room there is, every file that is left out named with
//! its reason. A plan is shown before anything is queued (P5).

use super::{bridge::Bridge, error::Result};
use crate::{
    catalog::{photos::FileRow, stores::StoreRow},
    model::id::{FileId, PhotoId},
    sys::task::Cx,
};
use std::collections::BTreeMap;

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
    /// Room there, where the store says.
    pub free: Option<u64>,
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
    match bridge.store(row, cx) {
        Ok(store) => plan.free = store.quota(cx).ok().flatten().map(|quota| quota.free),
        Err(error) => plan.store_away = Some(error.to_string()),
    }
    for chunk in photos.chunks(500) {
        for file in bridge.catalog.files_of(chunk)? {
            consider(bridge, row, &mut plan, &file)?;
        }
    }
    Ok(plan)
}

fn consider(bridge: &Bridge, row: &StoreRow, plan: &mut BackupPlan, file: &FileRow) -> Result<()> {
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
    plan.send.push((file.id, 0));
    plan.bytes += file.size;
    Ok(())
}
