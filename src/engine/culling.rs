//! What culling asks of the engine: which photos of a view belong together, what was set on the camera for those that lie
//! side by side, and "keep this one, reject the rest" as one step.

use super::{
    error::Result,
    session::Session,
    snapshot::{Burst, Shot},
};
use crate::{
    catalog::browse::TileRow,
    library::{bursts, likeness},
    model::{
        change::{Change, Mark},
        id::PhotoId,
        metadata::MediaKind,
        rating::Flag,
    },
    sys::task::Cx,
};
pub use bursts::Kind as BurstKind;
use std::collections::HashSet;

/// Photos side by side at most.
const MAX_SHOTS: usize = 64;
/// Shots looked at before other work at the disk has its turn.
const ALIKE_AT_ONCE: usize = 500;

/// The bursts and brackets among these photos.
#[must_use]
pub(in crate::engine) fn bursts_of(tiles: &[TileRow]) -> Vec<Burst> {
    let shots: Vec<bursts::Shot> = tiles
        .iter()
        .map(|tile| bursts::Shot {
            at_ms: (tile.dated && matches!(tile.kind, MediaKind::Picture | MediaKind::Raw)).then_some(tile.sort_time),
            camera: tile.camera,
            light: bursts::light(tile.exposure_s, tile.f_number, tile.iso),
            #[expect(clippy::cast_possible_truncation, reason = "seconds; `as` stops at the ends")]
            exposure_ms: tile.exposure_s.map_or(0, |seconds| (seconds * 1000.0) as i64),
            likeness: tile.shape,
            #[expect(clippy::cast_possible_truncation, reason = "a small number of stops")]
            bias: tile.bias_ev.map(|bias| bias as f32),
        })
        .collect();
    bursts::groups(&shots)
        .into_iter()
        .map(|mut group| {
            // As they lie in the view, which may show the newest first.
            group.shots.sort_unstable();
            group
        })
        .map(|group| Burst {
            kind: group.kind,
            photos: group
                .shots
                .iter()
                .filter_map(|at| tiles.get(*at).map(|tile| tile.id))
                .collect(),
        })
        .collect()
}

impl Session {
    /// Looks at shots that were taken in one go, some of those that have not been looked at: whether they look alike tells
    /// bursts apart that follow one another. Returns whether more are left.
    ///
    /// # Errors
    /// The catalog's. What has no picture is tried again with the next scan.
    pub fn look_alike(&self, cx: &Cx) -> Result<bool> {
        let tiles = self.tiles.all(&self.catalog)?;
        let new: HashSet<PhotoId> = tiles
            .iter()
            .filter(|tile| tile.shape.is_none())
            .map(|tile| tile.id)
            .collect();
        let wanted: HashSet<PhotoId> = bursts_of(&tiles)
            .into_iter()
            .flat_map(|burst| burst.photos)
            .filter(|photo| new.contains(photo))
            .collect();
        if wanted.is_empty() {
            return Ok(false);
        }
        let mut rows = self.catalog.like_rows()?;
        rows.retain(|row| row.likeness.is_none() && row.online && wanted.contains(&row.photo));
        let more = rows.len() > ALIKE_AT_ONCE;
        rows.truncate(ALIKE_AT_ONCE);
        let asked = rows.len();
        let failed = likeness::fill(
            &self.catalog,
            self.fs.as_ref(),
            &self.thumbs,
            self.may_write(),
            &mut rows,
            cx,
        )?;
        // Where nothing could be looked at, the rest would not be looked at either.
        Ok(more && failed.len() < asked && !cx.cancel.is_cancelled())
    }

    /// What was set on the camera for each of these photos, in their order; what is unknown is left out of the line.
    ///
    /// # Errors
    /// The catalog's.
    pub fn shots(&self, photos: &[PhotoId]) -> Result<Vec<Shot>> {
        let mut shots = Vec::new();
        for photo in photos.iter().take(MAX_SHOTS) {
            let Some(row) = self.catalog.photo(*photo)? else {
                continue;
            };
            let facts = &row.facts;
            let parts = [
                facts.shutter_text(),
                facts.aperture_text(),
                facts.iso.map(|iso| format!("ISO {iso}")),
                facts.focal_mm.map(|mm| format!("{mm:.0} mm")),
            ];
            shots.push(Shot {
                photo: *photo,
                exposure: parts.into_iter().flatten().collect::<Vec<_>>().join("   "),
                size: facts.width.zip(facts.height),
            });
        }
        Ok(shots)
    }

    /// Picks one photo and rejects others: one step. Returns how many changes that were.
    ///
    /// # Errors
    /// The catalog's.
    pub fn keep_one(&self, keep: PhotoId, rest: &[PhotoId]) -> Result<u64> {
        let flag = |photo: PhotoId, flag: Flag| Change::Mark {
            photo,
            mark: Mark::Flag(flag),
        };
        let mut changes = vec![flag(keep, Flag::Pick)];
        changes.extend(
            rest.iter()
                .filter(|photo| **photo != keep)
                .map(|photo| flag(*photo, Flag::Reject)),
        );
        let label = format!("Keep 1 photo, reject {} more", changes.len() - 1);
        let applied = self
            .catalog
            .apply(&changes, &label, self.clock.as_ref(), &self.bridge.device)?;
        Ok(applied.changed)
    }
}
