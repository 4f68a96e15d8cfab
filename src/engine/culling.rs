//! What culling asks of the engine: which photos of a view belong together, what was set on the camera for those that lie
//! side by side, and "keep this one, reject the rest" as one step.

use super::{error::Result, session::Session};
use crate::{
    catalog::{Catalog, browse::TileRow},
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
use std::{
    borrow::Borrow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What was set on the camera, for photos side by side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shot {
    /// The photo.
    pub photo: PhotoId,
    /// `1/250 s   f/2   ISO 400   50 mm`; empty where nothing is known.
    pub exposure: String,
    /// Width and height in pixels, as displayed.
    pub size: Option<(u32, u32)>,
}

/// Photos side by side at most.
const MAX_SHOTS: usize = 64;
/// Shots looked at before other work at the disk has its turn.
const ALIKE_AT_ONCE: usize = 500;

/// Shots that belong together, in the order of the view.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Burst {
    /// One after the other, or the same at several exposures.
    pub kind: BurstKind,
    /// The photos.
    pub photos: Vec<PhotoId>,
}

/// The bursts of a view, and which photo is in which; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Bursts {
    all: Arc<Vec<Burst>>,
    of: Arc<HashMap<PhotoId, u32>>,
}

impl Bursts {
    /// These bursts.
    #[must_use]
    pub fn new(all: Vec<Burst>) -> Self {
        let of = all.iter().zip(0_u32..);
        let of = of.flat_map(|(burst, at)| burst.photos.iter().map(move |photo| (*photo, at)));
        Self {
            of: Arc::new(of.collect()),
            all: Arc::new(all),
        }
    }

    /// What of them is among these photos, in the order of these; of a burst of which one photo is left, nothing.
    #[must_use]
    pub fn among(&self, photos: impl Iterator<Item = PhotoId>) -> Self {
        if self.all.is_empty() {
            return Self::default();
        }
        let mut left: Vec<Vec<PhotoId>> = vec![Vec::new(); self.all.len()];
        for photo in photos {
            if let Some(list) = self.of.get(&photo).and_then(|at| left.get_mut(*at as usize)) {
                list.push(photo);
            }
        }
        let bursts = self.all.iter().zip(left).filter(|(_, photos)| photos.len() > 1);
        Self::new(
            bursts
                .map(|(burst, photos)| Burst {
                    kind: burst.kind,
                    photos,
                })
                .collect(),
        )
    }

    /// Every photo that is in one.
    pub fn photos(&self) -> impl Iterator<Item = PhotoId> {
        self.all.iter().flat_map(|burst| burst.photos.iter().copied())
    }

    /// The burst of a photo.
    #[must_use]
    pub fn of(&self, photo: PhotoId) -> Option<&Burst> {
        self.all.get(*self.of.get(&photo)? as usize)
    }

    /// Whether both belong to one burst; a photo alone is its own.
    #[must_use]
    pub fn same(&self, a: PhotoId, b: PhotoId) -> bool {
        a == b || matches!((self.of.get(&a), self.of.get(&b)), (Some(a), Some(b)) if a == b)
    }
}

/// The bursts and brackets among these photos, each in the order of these.
///
/// # Errors
/// The catalog's, which is asked what those look like that were taken in one go.
pub(in crate::engine) fn bursts_of<T: Borrow<TileRow>>(catalog: &Catalog, tiles: &[T]) -> Result<Vec<Burst>> {
    let mut shots: Vec<bursts::Shot> = tiles.iter().map(|tile| shot_of(tile.borrow())).collect();
    let mut groups = bursts::groups(&shots);
    // What a shot looks like only ever parts what was taken in one go: it is asked of those alone.
    let mut together: Vec<usize> = groups.iter().flat_map(|group| group.shots.iter().copied()).collect();
    together.sort_unstable();
    let photo = |at: usize| tiles.get(at).map(|tile| tile.borrow().id);
    let photos: Vec<PhotoId> = together.iter().filter_map(|at| photo(*at)).collect();
    let shapes = catalog.shapes(&photos)?;
    if !shapes.is_empty() {
        shots = together.iter().filter_map(|at| shots.get(*at).copied()).collect();
        for (shot, photo) in shots.iter_mut().zip(&photos) {
            shot.likeness = shapes.get(photo).copied().flatten();
        }
        groups = bursts::groups(&shots);
        for shot in groups.iter_mut().flat_map(|group| &mut group.shots) {
            *shot = together.get(*shot).copied().unwrap_or_default();
        }
    }
    Ok(groups
        .into_iter()
        .map(|mut group| {
            // As they lie in the view, which may show the newest first.
            group.shots.sort_unstable();
            Burst {
                kind: group.kind,
                photos: group.shots.iter().filter_map(|at| photo(*at)).collect(),
            }
        })
        .collect())
}

fn shot_of(tile: &TileRow) -> bursts::Shot {
    bursts::Shot {
        at_ms: (tile.dated && matches!(tile.kind, MediaKind::Picture | MediaKind::Raw)).then_some(tile.sort_time),
        camera: tile.camera,
        light: bursts::light(tile.exposure_s, tile.f_number, tile.iso),
        #[expect(clippy::cast_possible_truncation, reason = "seconds; `as` stops at the ends")]
        exposure_ms: tile.exposure_s.map_or(0, |seconds| (seconds * 1000.0) as i64),
        likeness: None,
        #[expect(clippy::cast_possible_truncation, reason = "a small number of stops")]
        bias: tile.bias_ev.map(|bias| bias as f32),
    }
}

impl Session {
    /// Looks at shots that were taken in one go, some of those that have not been looked at: whether they look alike tells
    /// bursts apart that follow one another. Returns whether more are left.
    ///
    /// # Errors
    /// The catalog's. What has no picture is tried again with the next scan.
    pub fn look_alike(&self, cx: &Cx) -> Result<bool> {
        let bursts = self.tiles.library(&self.catalog)?.bursts;
        let together: Vec<PhotoId> = bursts.photos().collect();
        let seen = self.catalog.shapes(&together)?;
        let mut wanted: HashSet<PhotoId> = together.into_iter().collect();
        wanted.retain(|photo| !seen.contains_key(photo));
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
