//! Photos and a GPX track: which photo was taken where. First a plan that can be shown, then one step of marks.

use super::annotate::{Annotator, photos_text};
use crate::{
    catalog::{Catalog, changes::Applied, error::Result, places::Moment},
    media::gpx::Track,
    model::{
        change::{Change, Mark},
        id::PhotoId,
        position::Position,
        time::{DAY_MS, MINUTE_MS, SECOND_MS, Timestamp, parse_shift},
    },
};

/// How photos are matched with a track.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MatchOptions {
    /// How far the camera's clock is ahead of UTC, in seconds; none: as each photo's file says.
    pub camera_offset_s: Option<i64>,
    /// The place between two points of the track counts where these are at most so far apart, in ms.
    pub gap_ms: i64,
    /// Elsewhere the nearest point counts where it is at most so far away, in ms.
    pub near_ms: i64,
    /// Photos that have a position already get the track's.
    pub replace: bool,
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self {
            camera_offset_s: None,
            gap_ms: 5 * MINUTE_MS,
            near_ms: MINUTE_MS,
            replace: false,
        }
    }
}

/// The longest gap that a person may ask for, in seconds: over more than a day a line on the map says nothing of the way.
const MAX_GAP_S: i64 = DAY_MS / SECOND_MS;

/// The longest gap in a track to interpolate over, as people type it (`90s`, `5m`, `1h30m`; `0` for none), in seconds.
/// `None` where it cannot be read, is less than nothing or more than a day.
#[must_use]
pub fn parse_gap(text: &str) -> Option<i64> {
    parse_shift(text).filter(|seconds| (0..=MAX_GAP_S).contains(seconds))
}

/// What a track would say of some photos.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GeoPlan {
    /// These get a position.
    pub found: Vec<(PhotoId, Position)>,
    /// So many of them had another one.
    pub replaced: u64,
    /// These have a position already and keep it.
    pub placed: u64,
    /// The track was elsewhere in time.
    pub off_track: u64,
    /// Nobody knows when these were taken.
    pub undated: u64,
    /// Their files do not say by which clock, and no camera offset was given.
    pub unknown_clock: u64,
    /// When the track begins and ends.
    pub track: Option<(Timestamp, Timestamp)>,
    /// When the photos of known time were taken, the first and the last, in UTC.
    pub photos: Option<(Timestamp, Timestamp)>,
}

/// When a photo was taken in UTC.
enum When {
    At(Timestamp),
    Undated,
    UnknownClock,
}

fn when(moment: &Moment, options: &MatchOptions) -> When {
    let Some(wall_ms) = moment.wall_ms else {
        return When::Undated;
    };
    let of_file = moment.offset_min.map(|minutes| i64::from(minutes) * MINUTE_MS);
    let given = options.camera_offset_s.map(|seconds| seconds.saturating_mul(SECOND_MS));
    match given.or(of_file) {
        Some(offset) => When::At(Timestamp(wall_ms.saturating_sub(offset))),
        None => When::UnknownClock,
    }
}

/// Matches photos with a track; changes nothing.
///
/// # Errors
/// The catalog's.
pub fn plan(catalog: &Catalog, photos: &[PhotoId], track: &Track, options: &MatchOptions) -> Result<GeoPlan> {
    let mut plan = GeoPlan {
        track: track.span(),
        ..GeoPlan::default()
    };
    for moment in catalog.moments(photos)? {
        let at = match when(&moment, options) {
            When::At(at) => at,
            When::Undated => {
                plan.undated += 1;
                continue;
            }
            When::UnknownClock => {
                plan.unknown_clock += 1;
                continue;
            }
        };
        plan.photos = Some(
            plan.photos
                .map_or((at, at), |(first, last)| (first.min(at), last.max(at))),
        );
        if moment.placed && !options.replace {
            plan.placed += 1;
            continue;
        }
        match track.at(at, options.gap_ms, options.near_ms) {
            None => plan.off_track += 1,
            // It was given this very position before.
            Some(position) if moment.own == Some(position) => plan.placed += 1,
            Some(position) => {
                plan.replaced += u64::from(moment.placed);
                plan.found.push((moment.photo, position));
            }
        }
    }
    Ok(plan)
}

impl GeoPlan {
    /// The plan in sentences for a person, the most important first.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut said = vec![match self.found.len() {
            0 => "No photo gets a position from this track.".to_owned(),
            1 => "1 photo gets a position from this track.".to_owned(),
            count => format!("{count} photos get a position from this track."),
        }];
        let mut also = |count: u64, one: &str, many: &str| match count {
            0 => {}
            1 => said.push(format!("1 photo {one}")),
            count => said.push(format!("{count} photos {many}")),
        };
        also(self.replaced, "of them had another one.", "of them had another one.");
        also(
            self.placed,
            "has one already and keeps it.",
            "have one already and keep it.",
        );
        also(
            self.off_track,
            "was taken when the track says nothing.",
            "were taken when the track says nothing.",
        );
        also(
            self.unknown_clock,
            "does not say what time zone its camera's clock was in. Give the clock's offset from UTC.",
            "do not say what time zone their camera's clock was in. Give the clock's offset from UTC.",
        );
        also(self.undated, "has no capture time.", "have no capture time.");
        // Where times do not meet at all, the clock is wrong or the offset is: seeing both is what helps.
        if let (true, Some(track), Some(photos)) = (self.off_track > 0, self.track, self.photos) {
            said.push(format!(
                "The track goes from {} to {}, the photos from {} to {}.",
                track.0.rfc3339(),
                track.1.rfc3339(),
                photos.0.rfc3339(),
                photos.1.rfc3339()
            ));
        }
        said
    }

    /// Gives the photos their positions; one step.
    ///
    /// # Errors
    /// The catalog's.
    pub fn apply(&self, annotator: &Annotator<'_>) -> Result<Applied> {
        let place = |(photo, position): &(PhotoId, Position)| Change::Mark {
            photo: *photo,
            mark: Mark::Position(Some(*position)),
        };
        let changes: Vec<Change> = self.found.iter().map(place).collect();
        let label = format!("Set the position of {} from a track", photos_text(changes.len()));
        annotator.apply(&changes, &label)
    }
}
