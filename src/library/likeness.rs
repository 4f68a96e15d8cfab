//! The hashes by which pictures are found alike: made of the thumbnail that the grid shows, kept in the catalog, and made
//! again only where the file changed.

use super::thumbs::{CELL_EDGE, PictureError, Thumbs};
use crate::{
    catalog::{Catalog, duplicates::LikeRow, error::Result},
    media::likeness::likeness,
    sys::{
        fs::Fs,
        task::{Cx, decode_threads},
    },
};
use rayon::prelude::*;
use std::path::PathBuf;

/// Files looked at between two writes: a stop loses no more than these.
const BATCH: usize = 256;

/// Makes the hashes that are missing and puts them into the rows. What has no picture is returned with its reason, and has no
/// hashes; it is tried again the next time.
///
/// # Errors
/// The catalog's.
pub fn fill(
    catalog: &Catalog,
    fs: &dyn Fs,
    thumbs: &Thumbs,
    keep: bool,
    rows: &mut [LikeRow],
    cx: &Cx,
) -> Result<Vec<(PathBuf, String)>> {
    let mut missing: Vec<&mut LikeRow> = rows
        .iter_mut()
        .filter(|row| row.likeness.is_none() && row.online)
        .collect();
    cx.progress.label("Looking at photos");
    cx.progress.start(missing.len() as u64, 0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(decode_threads())
        .thread_name(|index| format!("safelight-like-{index}"))
        .build();
    let mut failed = Vec::new();
    for batch in missing.chunks_mut(BATCH) {
        if cx.cancel.is_cancelled() {
            break;
        }
        let look = |row: &mut &mut LikeRow| {
            let seen = fs.stat(&row.file.path).map_err(PictureError::Read).and_then(|stat| {
                let pixels = thumbs.picture(fs, &row.file.path, &stat, CELL_EDGE, &cx.cancel)?;
                Ok((row.file.id, stat, likeness(&pixels)))
            });
            cx.progress.add(1);
            match seen {
                Ok(seen) => {
                    row.likeness = Some(seen.2);
                    Ok(seen)
                }
                Err(error) => Err((row.file.path.clone(), error)),
            }
        };
        let results: Vec<_> = match &pool {
            Ok(pool) => pool.install(|| batch.par_iter_mut().map(look).collect()),
            Err(_) => batch.iter_mut().map(look).collect(),
        };
        let mut made = Vec::with_capacity(results.len());
        for result in results {
            match result {
                Ok(seen) => made.push(seen),
                Err((_, PictureError::Cancelled)) => {}
                Err((path, error)) => failed.push((path, error.to_string())),
            }
        }
        if keep {
            catalog.keep_likeness(&made)?;
        }
    }
    thumbs.flush();
    Ok(failed)
}
