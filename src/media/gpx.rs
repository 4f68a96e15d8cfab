//! GPX tracks (Topografix GPX 1.0 and 1.1): where a logger was, and when. Only track points are read; routes, waypoints
//! and extensions say nothing of where somebody was at a time.
//!
//! A track comes from anywhere: no entity of its own is expanded, depth, length and points are bounded (I16), and one bad
//! point costs that point. A reader of our own instead of the crate `gpx`, which keeps whole waypoints in memory (a day's
//! track becomes hundreds of megabytes) and gives up at the first value that it does not like; a test compares the two.

use super::limits::Limits;
use crate::model::{position::Position, time::Timestamp};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// The longest file, in bytes: a point a second for a week.
pub const MAX_FILE: u64 = 128 << 20;
/// The most points in all; more are refused with the file.
const MAX_POINTS: usize = 2_000_000;
/// The longest text of a `<time>`.
const MAX_TIME: usize = 64;

/// Where the logger was at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrackPoint {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub position: Position,
}

/// A track: its points by time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Track {
    /// The points, the earliest first, one for each moment.
    pub points: Vec<TrackPoint>,
    /// Track points without a time or without a place on the earth, which are of no use here.
    pub unusable: u64,
}

/// Why a file gives no track: sentences that say what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GpxError {
    /// It is something else.
    #[error("This is no GPX file. Choose the track as your logger or phone exports it.")]
    NotGpx,
    /// It breaks off or is damaged.
    #[error("This GPX file is damaged or breaks off ({0}). Export the track again.")]
    Damaged(String),
    /// It has more than a track can have.
    #[error("This GPX file is too large. Export a shorter track, at most {MAX_POINTS} points.")]
    TooLarge,
    /// It has no track points with times.
    #[error("This GPX file has no track with times. Choose a recorded track, not a planned route.")]
    NoTimes,
}

/// Reads a track.
///
/// # Errors
/// See [`GpxError`].
pub fn read_track(bytes: &[u8], limits: &Limits) -> Result<Track, GpxError> {
    if bytes.len() as u64 > MAX_FILE {
        return Err(GpxError::TooLarge);
    }
    // Only ASCII matters here; names in another encoding may look odd and are not read.
    let text = String::from_utf8_lossy(bytes);
    let mut reading = Reading::default();
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    loop {
        let event = reader.read_event().map_err(|error| match reading.depth {
            0 => GpxError::NotGpx,
            _ => GpxError::Damaged(error.to_string()),
        })?;
        match event {
            Event::Start(start) => reading.opens(&start, limits)?,
            Event::Empty(start) => {
                reading.opens(&start, limits)?;
                reading.closes()?;
            }
            Event::End(_) => reading.closes()?,
            Event::Text(text) => reading.says(&text),
            Event::CData(text) => reading.says(&text),
            // A document type is where entities are declared; no logger writes one.
            Event::DocType(_) => return Err(GpxError::NotGpx),
            Event::Eof => break,
            _ => {}
        }
    }
    reading.finish()
}

#[derive(Default)]
struct Reading {
    depth: u32,
    /// Elements that were opened in all; 0: the first one has to be `gpx`.
    begun: bool,
    /// The depth of the open `<trkpt>`, and what is known of it.
    point: Option<(u32, Option<Position>, Option<Timestamp>)>,
    /// The text of the point's own `<time>` while that is open.
    time: Option<String>,
    track: Track,
}

impl Reading {
    fn opens(&mut self, start: &BytesStart<'_>, limits: &Limits) -> Result<(), GpxError> {
        let name = start.local_name();
        let name: &str = name.as_ref();
        if !self.begun && name != "gpx" {
            return Err(GpxError::NotGpx);
        }
        self.begun = true;
        self.depth += 1;
        if self.depth > limits.xml_depth {
            return Err(GpxError::Damaged(format!("more than {} levels", limits.xml_depth)));
        }
        match (&self.point, name) {
            (None, "trkpt") => self.point = Some((self.depth, position(start), None)),
            // An extension may have a `<time>` of its own, deeper down.
            (Some((depth, ..)), "time") if self.depth == depth + 1 => self.time = Some(String::new()),
            _ => {}
        }
        Ok(())
    }

    fn says(&mut self, text: &str) {
        if let Some(time) = &mut self.time
            && time.len() + text.len() <= MAX_TIME
        {
            time.push_str(text);
        }
    }

    fn closes(&mut self) -> Result<(), GpxError> {
        if let Some(text) = self.time.take()
            && let Some((_, _, at)) = &mut self.point
        {
            *at = Timestamp::parse(text.trim());
        }
        if let Some((depth, position, at)) = self.point
            && depth == self.depth
        {
            self.point = None;
            match (position, at) {
                (Some(position), Some(at)) if self.track.points.len() < MAX_POINTS => {
                    self.track.points.push(TrackPoint { at, position });
                }
                (Some(_), Some(_)) => return Err(GpxError::TooLarge),
                _ => self.track.unusable += 1,
            }
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    fn finish(self) -> Result<Track, GpxError> {
        let mut track = self.track;
        if !self.begun {
            return Err(GpxError::NotGpx);
        }
        if self.depth > 0 {
            return Err(GpxError::Damaged("its end is missing".to_owned()));
        }
        if track.points.is_empty() {
            return Err(GpxError::NoTimes);
        }
        // Segments of several loggers may come in any order; of two places at one moment the first counts.
        track.points.sort_by_key(|point| point.at);
        track.points.dedup_by_key(|point| point.at);
        Ok(track)
    }
}

/// The place that a point's attributes say.
fn position(start: &BytesStart<'_>) -> Option<Position> {
    let degrees = |name: &str| -> Option<f64> {
        let attribute = start.try_get_attribute(name).ok()??;
        attribute.value.trim().parse().ok()
    };
    Position::new(degrees("lat")?, degrees("lon")?)
}

impl Track {
    /// Where the logger was at a moment: between two points at most `gap_ms` apart as the line between them says; else at
    /// the nearest point, if that is at most `near_ms` away. `None` where the track says nothing of that moment.
    #[must_use]
    pub fn at(&self, moment: Timestamp, gap_ms: i64, near_ms: i64) -> Option<Position> {
        let next = self.points.partition_point(|point| point.at < moment);
        let after = self.points.get(next);
        let before = next.checked_sub(1).and_then(|at| self.points.get(at));
        if let (Some(before), Some(after)) = (before, after)
            && after.at.since(before.at) <= gap_ms
        {
            return between(before, after, moment);
        }
        let distance = |point: &TrackPoint| point.at.since(moment).saturating_abs();
        let nearest = before.into_iter().chain(after).min_by_key(|point| distance(point))?;
        (distance(nearest) <= near_ms).then_some(nearest.position)
    }

    /// When the track begins and ends.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.points.first()?.at, self.points.last()?.at))
    }
}

/// The place on the line between two points. Over some minutes the line on the map is the way.
fn between(before: &TrackPoint, after: &TrackPoint, moment: Timestamp) -> Option<Position> {
    let whole = after.at.since(before.at);
    if whole <= 0 {
        return Some(after.position);
    }
    let part = moment.since(before.at) as f64 / whole as f64;
    let (from, to) = (before.position, after.position);
    let latitude = from.latitude() + (to.latitude() - from.latitude()) * part;
    // Over the line of the date the short way is meant, not the one around the earth.
    let mut east = to.longitude() - from.longitude();
    if east.abs() > 180.0 {
        east -= 360.0_f64.copysign(east);
    }
    let mut longitude = from.longitude() + east * part;
    if longitude.abs() > 180.0 {
        longitude -= 360.0_f64.copysign(longitude);
    }
    Position::new(latitude, longitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "<?xml version=\"1.0\"?><gpx version=\"1.1\" xmlns=\"http://www.topografix.com/GPX/1/1\"><trk><trkseg>";
    const TAIL: &str = "</trkseg></trk></gpx>";

    fn read(text: &str) -> Result<Track, GpxError> {
        read_track(text.as_bytes(), &Limits::default())
    }

    fn points(inner: &str) -> Track {
        read(&format!("{HEAD}{inner}{TAIL}")).expect("a track")
    }

    fn at(ms: i64) -> Timestamp {
        // `date -u -d '2024-06-01 12:00' +%s`
        Timestamp(1_717_243_200_000 + ms)
    }

    fn place(latitude: f64, longitude: f64) -> Option<Position> {
        Some(Position::new(latitude, longitude).expect("on the earth"))
    }

    #[test]
    fn points_come_by_time_and_bad_ones_are_counted() {
        let track = points(
            "<trkpt lat=\"2\" lon=\"3.5\"><ele>7</ele><time>2024-06-01T12:00:10Z</time></trkpt>\
             <trkpt lon=\"1\" lat=\"1\"><time>2024-06-01T14:00:00+02:00</time>\
               <extensions><x:time xmlns:x=\"urn:x\">2000-01-01T00:00:00Z</x:time></extensions></trkpt>\
             <trkpt lat=\"91\" lon=\"0\"><time>2024-06-01T12:00:00Z</time></trkpt>\
             <trkpt lat=\"1\" lon=\"1\"/>\
             <trkpt lat=\"1\" lon=\"x\"><time>2024-06-01T12:00:00Z</time></trkpt>\
             <trkpt lat=\"1\" lon=\"1\"><time>yesterday</time></trkpt>\
             <trkpt lat=\"1\" lon=\"1\"><time>2024-06-02</time></trkpt>\
             <trkpt lat=\"9\" lon=\"9\"><time>2024-06-01T12:00:10.000Z</time></trkpt>",
        );
        let expected = [(at(0), place(1.0, 1.0)), (at(10_000), place(2.0, 3.5))];
        let found: Vec<_> = track
            .points
            .iter()
            .map(|point| (point.at, Some(point.position)))
            .collect();
        assert_eq!((found.as_slice(), track.unusable), (expected.as_slice(), 5));
        assert_eq!(track.span(), Some((at(0), at(10_000))));
    }

    #[test]
    fn between_points_and_beside_them() {
        let track = points(
            "<trkpt lat=\"10\" lon=\"20\"><time>2024-06-01T12:00:00Z</time></trkpt>\
             <trkpt lat=\"11\" lon=\"22\"><time>2024-06-01T12:04:00Z</time></trkpt>\
             <trkpt lat=\"11\" lon=\"23\"><time>2024-06-01T13:00:00Z</time></trkpt>",
        );
        let minute = 60_000;
        let find = |ms: i64| track.at(at(ms), 5 * minute, minute);
        assert_eq!(find(minute), place(10.25, 20.5));
        assert_eq!(find(0), place(10.0, 20.0));
        assert_eq!(find(4 * minute), place(11.0, 22.0));
        assert_eq!(
            find(5 * minute),
            place(11.0, 22.0),
            "the gap is too long, the point is near"
        );
        assert_eq!(find(20 * minute), None);
        assert_eq!(find(-minute), place(10.0, 20.0));
        assert_eq!(find(-minute - 1), None);
        assert_eq!(find(61 * minute), place(11.0, 23.0));
        assert_eq!(find(62 * minute), None);
    }

    #[test]
    fn the_short_way_over_the_line_of_the_date() {
        let track = points(
            "<trkpt lat=\"0\" lon=\"179.8\"><time>2024-06-01T12:00:00Z</time></trkpt>\
             <trkpt lat=\"0\" lon=\"-179.8\"><time>2024-06-01T12:00:04Z</time></trkpt>",
        );
        assert_eq!(track.at(at(1_000), 5_000, 0), place(0.0, 179.9));
        assert_eq!(track.at(at(3_000), 5_000, 0), place(0.0, -179.9));
    }

    #[test]
    fn i16_hostile_and_odd_files_are_refused_in_plain_words() {
        let bomb = "<!DOCTYPE gpx [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><gpx>&b;</gpx>";
        let deep = format!("<gpx>{}{}</gpx>", "<a>".repeat(100), "</a>".repeat(100));
        let route = "<gpx><rte><rtept lat=\"1\" lon=\"1\"><time>2024-06-01T12:00:00Z</time></rtept></rte></gpx>";
        let cut = format!("{HEAD}<trkpt lat=\"1\" lon=\"1\"><time>2024-06-01T12:00:00Z</time></trkpt>");
        for (text, part) in [
            ("", "no GPX file"),
            ("hello", "no GPX file"),
            ("<kml></kml>", "no GPX file"),
            (bomb, "no GPX file"),
            ("<!DOCTYPE gpx><gpx></gpx>", "no GPX file"),
            (&deep, "64 levels"),
            (route, "no track with times"),
            (&cut, "end is missing"),
            ("<gpx><trk></gpx>", "breaks off"),
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        }
        let binary: Vec<u8> = (0..=255_u8).cycle().take(5_000).collect();
        assert_eq!(read_track(&binary, &Limits::default()), Err(GpxError::NotGpx));
    }

    #[test]
    fn the_same_points_as_the_crate_gpx_reads() {
        let mut text = HEAD.to_owned();
        for n in 0..500_i32 {
            let (latitude, longitude) = (f64::from(n) * 0.123_456_7 - 30.0, 170.0 - f64::from(n) * 0.654_321);
            let (minute, second) = (n / 60, n % 60);
            text.push_str(&format!(
                "<trkpt lat=\"{latitude}\" lon=\"{longitude}\"><ele>{n}</ele><time>2024-06-01T12:{minute:02}:{second:02}.25Z</time>\
                 <name>p &amp; q</name></trkpt>\n"
            ));
        }
        text.push_str(TAIL);
        let ours = read(&text).expect("a track");
        let theirs = gpx::read(text.as_bytes()).expect("the crate reads it");
        let theirs: Vec<_> = theirs
            .tracks
            .iter()
            .flat_map(|track| &track.segments)
            .flat_map(|segment| &segment.points)
            .map(|point| {
                let time = point.time.expect("a time").format().expect("a text");
                (
                    Timestamp::parse(&time),
                    Position::new(point.point().y(), point.point().x()),
                )
            })
            .collect();
        let ours: Vec<_> = ours
            .points
            .iter()
            .map(|point| (Some(point.at), Some(point.position)))
            .collect();
        assert_eq!(ours.len(), 500);
        assert_eq!(ours, theirs);
    }
}
