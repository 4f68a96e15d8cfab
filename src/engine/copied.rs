//! The marks of copies where sidecars are switched off and so cannot carry them: what each copy is to have is written down
//! before its first byte, and given to it by the scan that finds it. A kill between the two costs nothing: the next scan
//! does it.

use super::{error::Result, session::Session};
use crate::{
    library::annotate::photos_text,
    model::{
        change::{Change, Mark, Marks},
        id::PhotoId,
    },
    sys::real::{path_bytes, path_from_bytes},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Under which name the catalog keeps what waits.
const WAITING: &str = "copied-marks";

/// What a photo at this place is to have as soon as it is one.
#[derive(Serialize, Deserialize)]
struct Waiting {
    path: Vec<u8>,
    size: u64,
    marks: Marks,
}

/// What makes these marks of those.
fn steps(from: &Marks, to: &Marks) -> Vec<Mark> {
    let gone = from.keywords.difference(&to.keywords).cloned();
    let new = to.keywords.difference(&from.keywords).cloned();
    let mut steps: Vec<Mark> = gone.map(Mark::RemoveKeyword).collect();
    steps.extend(new.map(Mark::AddKeyword));
    let mut also = |differs: bool, mark: Mark| steps.extend(differs.then_some(mark));
    also(from.rating != to.rating, Mark::Rating(to.rating));
    also(from.flag != to.flag, Mark::Flag(to.flag));
    also(from.label != to.label, Mark::Label(to.label));
    also(from.title != to.title, Mark::Title(to.title.clone()));
    also(from.caption != to.caption, Mark::Caption(to.caption.clone()));
    also(from.shift_s != to.shift_s, Mark::Shift { seconds: to.shift_s });
    also(from.position != to.position, Mark::Position(to.position));
    steps
}

impl Session {
    /// Writes down which marks the copies in a watched folder are to have. What lies there already is no copy of ours.
    ///
    /// # Errors
    /// The catalog's, and the disk's.
    pub(in crate::engine) fn expect_copies(&self, photos: &[PhotoId], dir: &Path) -> Result<()> {
        let mut waiting: BTreeMap<Vec<u8>, Waiting> =
            self.waiting()?.into_iter().map(|one| (one.path.clone(), one)).collect();
        for photo in photos {
            let Some(marks) = self.catalog.marks(*photo)?.filter(|marks| *marks != Marks::default()) else {
                continue;
            };
            for file in self.catalog.files_of(&[*photo])? {
                let path = dir.join(&file.name);
                if self.fs.stat_opt(&path)?.is_none() {
                    let path = path_bytes(&path);
                    let (size, marks) = (file.size, marks.clone());
                    waiting.insert(path.clone(), Waiting { path, size, marks });
                }
            }
        }
        self.keep_waiting(&waiting.into_values().collect::<Vec<_>>())
    }

    /// Gives the copies that a scan has found their marks, in one step. What has not come by now will not, unless a drive
    /// is away. Returns how many photos got some.
    ///
    /// # Errors
    /// The catalog's.
    pub(in crate::engine) fn mark_copies(&self, some_away: bool) -> Result<usize> {
        let waiting = self.waiting()?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let (mut photos, mut changes, mut away) = (BTreeSet::new(), Vec::new(), Vec::new());
        for one in waiting {
            let path = path_from_bytes(one.path.clone());
            let Some(photo) = self.catalog.photo_at(&path)? else {
                away.extend(some_away.then_some(one));
                continue;
            };
            let files = self.catalog.files_of(&[photo])?;
            let ours = files.iter().any(|file| file.path == path && file.size == one.size);
            if !ours || photos.contains(&photo) {
                continue;
            }
            let has = self.catalog.marks(photo)?.unwrap_or_default();
            let marks = steps(&has, &one.marks);
            if !marks.is_empty() {
                photos.insert(photo);
                changes.extend(marks.into_iter().map(|mark| Change::Mark { photo, mark }));
            }
        }
        if !changes.is_empty() {
            let label = format!(
                "Give {} the marks of what they were copied from",
                photos_text(photos.len())
            );
            self.catalog
                .apply(&changes, &label, self.clock.as_ref(), &self.bridge.device)?;
        }
        self.keep_waiting(&away)?;
        Ok(photos.len())
    }

    fn waiting(&self) -> Result<Vec<Waiting>> {
        let text = self.catalog.meta(WAITING)?;
        // A line of a newer program is not understood; the copies are photos without marks then.
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    fn keep_waiting(&self, waiting: &[Waiting]) -> Result<()> {
        let text = (!waiting.is_empty()).then(|| serde_json::to_string(waiting).unwrap_or_default());
        Ok(self.catalog.set_meta(WAITING, text.as_deref())?)
    }
}
