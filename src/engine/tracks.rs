//! Positions from a GPX track in the window: first what a track would say of which photos, in sentences; then, where the
//! person agrees, exactly that as one undo step.

use super::{engine::Loop, error::Result, marking::MatchOptions, session::Session, snapshot::Severity};
use crate::{
    library::geotag::GeoPlan,
    model::{id::PhotoId, time::SECOND_MS},
};
use std::{path::PathBuf, sync::Arc};

/// Which track for which photos, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrackWish {
    /// The GPX file.
    pub path: PathBuf,
    /// The photos.
    pub photos: Vec<PhotoId>,
    /// How far the camera's clock is ahead of UTC, in seconds; none: as each photo's file says.
    pub camera_offset_s: Option<i64>,
    /// The longest gap in the track over which positions are interpolated, in seconds; none: five minutes.
    pub max_gap_s: Option<i64>,
    /// Photos that have a position already get the track's.
    pub replace: bool,
}

/// What a track would say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrackView {
    /// What was asked.
    pub wish: TrackWish,
    /// What it would do, the most important first; or why the file cannot be read.
    pub sentences: Vec<String>,
    /// The file cannot be read.
    pub failed: bool,
    /// So many photos get a position.
    pub found: u64,
}

impl Session {
    fn track_plan(&self, wish: &TrackWish) -> Result<GeoPlan> {
        let usual = MatchOptions::default();
        let options = MatchOptions {
            camera_offset_s: wish.camera_offset_s,
            gap_ms: wish.max_gap_s.map_or(usual.gap_ms, |gap| gap.saturating_mul(SECOND_MS)),
            replace: wish.replace,
            ..usual
        };
        self.plan_track(&wish.path, &wish.photos, &options)
    }

    /// What a track would say of some photos; what is wrong with the file is in it. Changes nothing.
    #[must_use]
    pub fn track_view(&self, wish: &TrackWish) -> TrackView {
        let (sentences, failed, found) = match self.track_plan(wish) {
            Ok(plan) => (plan.sentences(), false, plan.found.len() as u64),
            Err(error) => (vec![error.to_string()], true, 0),
        };
        TrackView {
            wish: wish.clone(),
            sentences,
            failed,
            found,
        }
    }

    /// Gives photos the positions that a track says; one step. Returns how many got one.
    ///
    /// # Errors
    /// The file cannot be read, or the catalog's.
    pub fn place_by_track(&self, wish: &TrackWish) -> Result<u64> {
        let plan = self.track_plan(wish)?;
        self.apply_track(&plan)
    }
}

impl Loop {
    pub(in crate::engine) fn show_track(&mut self, wish: &TrackWish) {
        self.snapshot.track = Some(Arc::new(self.session.track_view(wish)));
    }

    pub(in crate::engine) fn apply_track(&mut self, wish: &TrackWish) -> Result<()> {
        let placed = self.session.place_by_track(wish)?;
        self.snapshot.track = None;
        self.marked();
        let what = match placed {
            1 => "1 photo got its position from the track".to_owned(),
            count => format!("{count} photos got their positions from the track"),
        };
        self.say(Severity::Success, &what, "", "");
        Ok(())
    }
}
