//! Shots that belong together: a burst, held down in one go, or a bracket, the same picture at several exposures. Told from
//! what cameras write down, never from file names: consecutive shots of one camera, at most [`GAP_MS`] apart. Pure: the
//! same shots give the same groups, in whatever order they come.

/// Milliseconds between two shots of a burst, at most. Cameras that write no fractions of a second round each time down, so
/// that two shots a second apart may be written as two.
pub const GAP_MS: i64 = 1500;
/// Milliseconds within which no two pictures are framed: shots as near as that were held down, however unlike they look. A
/// likeness does not see that a picture moved: of a hand-held Live Photo (`live-photo/heic-mov/IMG_3853.MOV`, one temple, the
/// camera slowly turning) two frames a third of a second apart differ by more than [`MAX_BITS`] three times in ten, by 30
/// at most; people walking before a camera on a wall (OpenCV's `vtest.avi`) never by more than 14 in half a second.
const DRIVE_MS: i64 = 500;
/// Shots of a bracket may be long: the pause is counted from the end of the exposure before.
const MAX_EXPOSURE_MS: i64 = 60_000;
/// Exposure values (powers of two) by which shots of a bracket differ, at least. Cameras offer a third as the smallest step;
/// times and numbers as they are written (1/160 for 1/161.3) make it 0.32 to 0.36.
const BRACKET_EV: f32 = 0.3;
/// Exposure values that two shots of a bracket are apart, at least; and from which on they need not look alike. Two stops
/// changed 8 and 14 bits in the real bracket below; what is more may be burnt out white.
const FAR_EV: f32 = 0.9;
/// Bits of the likeness hashes, of 64, by which shots of one burst may differ where a person may have framed anew between
/// them. Measured on frames half a second apart of two films (one scene each time, camera or subject moving) against 3595
/// pairs of unlike photos: up to 22 bits are 57 in 100 of one scene and 2 in 100 of unlike ones, up to 24 bits 66 and 5,
/// up to 26 bits 73 and 13. Beyond 24, each step joins more of the unlike than of the same; and of the two mistakes, a
/// scene in two groups costs a key more, but another scene among the rest of a group may be rejected with it.
const MAX_BITS: u32 = 24;
/// Shots of one burst at most; more is a film strip, and is cut.
pub const MAX_SHOTS: usize = 200;

/// One shot, as far as bursts are told by it.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Shot {
    /// When it was taken, milliseconds on the camera's clock; undated shots are in no burst.
    pub at_ms: Option<i64>,
    /// Which camera, by any number; 0 where unknown. Unknown cameras make no burst.
    pub camera: u32,
    /// How much light it let in: log2 of exposure time times ISO through the f-number squared; `None` where unknown.
    pub light: Option<f32>,
    /// By how many exposure values the camera was told to expose otherwise; `None` where it does not say.
    pub bias: Option<f32>,
    /// How long it was exposed, in milliseconds; 0 where unknown.
    pub exposure_ms: i64,
    /// A hash of what it looks like, 64 bits; likeness is not asked where one of two has none.
    pub likeness: Option<u64>,
}

/// What a group is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One after the other.
    Burst,
    /// The same at several exposures.
    Bracket,
}

/// Shots that belong together: their places in the list that was asked about, in the order in which they were taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// What it is.
    pub kind: Kind,
    /// The shots.
    pub shots: Vec<usize>,
}

/// How much light a shot let in, in exposure values, from seconds, f-number and ISO.
#[must_use]
pub fn light(exposure_s: Option<f64>, f_number: Option<f64>, iso: Option<u32>) -> Option<f32> {
    let seconds = exposure_s.filter(|seconds| *seconds > 0.0 && seconds.is_finite())?;
    // A lens without contacts tells no f-number: it does not change within a burst.
    let f_number = f_number
        .filter(|number| *number > 0.1 && number.is_finite())
        .unwrap_or(1.0);
    let iso = f64::from(iso.filter(|iso| *iso > 0).unwrap_or(100));
    #[expect(clippy::cast_possible_truncation, reason = "a small number of stops")]
    Some((seconds * iso / 100.0 / (f_number * f_number)).log2() as f32)
}

/// The groups of two and more among these shots.
#[must_use]
pub fn groups(shots: &[Shot]) -> Vec<Group> {
    let mut order: Vec<(u32, i64, usize)> = shots
        .iter()
        .enumerate()
        .filter(|(_, shot)| shot.camera != 0)
        .filter_map(|(at, shot)| Some((shot.camera, shot.at_ms?, at)))
        .collect();
    order.sort_unstable();
    let mut found = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (_, _, at) in order {
        let goes_on = open.last().and_then(|last| shots.get(*last)).zip(shots.get(at));
        if !goes_on.is_some_and(|(last, next)| belongs(last, next)) || open.len() >= MAX_SHOTS {
            close(shots, std::mem::take(&mut open), &mut found);
        }
        open.push(at);
    }
    close(shots, open, &mut found);
    found
}

/// Whether `next` follows `last` in one go.
fn belongs(last: &Shot, next: &Shot) -> bool {
    let (Some(from), Some(to)) = (last.at_ms, next.at_ms) else {
        return false;
    };
    let exposed = last.exposure_ms.clamp(0, MAX_EXPOSURE_MS);
    let alike = match (last.likeness, next.likeness) {
        // Of the same picture two stops brighter so much is white that its hash is another one.
        (Some(a), Some(b)) => exposed_otherwise(last, next) || (a ^ b).count_ones() <= MAX_BITS,
        _ => true,
    };
    let pause = to.saturating_sub(from).saturating_sub(exposed);
    last.camera == next.camera && pause <= GAP_MS && (pause <= DRIVE_MS || alike)
}

/// Whether two shots were exposed so differently that they need not look alike.
fn exposed_otherwise(a: &Shot, b: &Shot) -> bool {
    let apart = |pair: Option<(f32, f32)>| pair.is_some_and(|(a, b)| (a - b).abs() >= FAR_EV);
    apart(a.bias.zip(b.bias)) || apart(a.light.zip(b.light))
}

fn close(all: &[Shot], shots: Vec<usize>, found: &mut Vec<Group>) {
    if shots.len() < 2 {
        return;
    }
    // What the camera was told is surer than what came of it: in changing light a bracket may let in the same light twice.
    let told: Vec<f32> = shots.iter().filter_map(|at| all.get(*at)?.bias).collect();
    let lights: Vec<f32> = shots.iter().filter_map(|at| all.get(*at)?.light).collect();
    let bracket = |values: &[f32]| values.len() == shots.len() && is_bracket(values);
    let kind = if bracket(&told) || bracket(&lights) {
        Kind::Bracket
    } else {
        Kind::Burst
    };
    found.push(Group { kind, shots });
}

/// Three or more shots, each of another exposure than all others, or two far apart. A camera that follows changing light
/// moves in small steps and comes back to the same ones.
fn is_bracket(values: &[f32]) -> bool {
    match values {
        [a, b] => (a - b).abs() >= FAR_EV,
        [_, _, _, ..] if values.len() <= 9 => {
            let mut sorted = values.to_vec();
            sorted.sort_by(f32::total_cmp);
            let apart = |pair: &[f32]| matches!(pair, [a, b] if b - a >= BRACKET_EV);
            sorted.windows(2).all(apart)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Option<f32> = None;

    fn shot((at_ms, camera, light): (i64, u32, Option<f32>)) -> Shot {
        Shot {
            at_ms: Some(at_ms),
            camera,
            light,
            ..Shot::default()
        }
    }

    fn told(shots: &[Shot]) -> Vec<(Kind, Vec<usize>)> {
        groups(shots)
            .into_iter()
            .map(|group| (group.kind, group.shots))
            .collect()
    }

    #[test]
    fn bursts_and_brackets_by_time_camera_and_exposure() {
        let (low, mid, high) = (Some(-2.0), Some(0.0), Some(2.0));
        type Row = (&'static str, Vec<(i64, u32, Option<f32>)>, Vec<(Kind, Vec<usize>)>);
        let table: Vec<Row> = vec![
            ("nothing", vec![], vec![]),
            ("one", vec![(0, 1, mid)], vec![]),
            (
                "two, half a second apart",
                vec![(0, 1, mid), (500, 1, mid)],
                vec![(Kind::Burst, vec![0, 1])],
            ),
            (
                "two, at the limit",
                vec![(0, 1, mid), (1500, 1, mid)],
                vec![(Kind::Burst, vec![0, 1])],
            ),
            ("two, beyond it", vec![(0, 1, mid), (1501, 1, mid)], vec![]),
            (
                "a chain reaches further than the limit",
                (0..5).map(|n| (n * 1000, 1, mid)).collect(),
                vec![(Kind::Burst, (0..5).collect())],
            ),
            (
                "two cameras at one wedding",
                vec![(0, 1, mid), (100, 2, mid), (200, 1, mid), (300, 2, mid)],
                vec![(Kind::Burst, vec![0, 2]), (Kind::Burst, vec![1, 3])],
            ),
            ("no camera known", vec![(0, 0, mid), (100, 0, mid)], vec![]),
            (
                "in any order",
                vec![(900, 1, mid), (0, 1, mid), (500, 1, mid)],
                vec![(Kind::Burst, vec![1, 2, 0])],
            ),
            (
                "three exposures",
                vec![(0, 1, mid), (300, 1, low), (600, 1, high)],
                vec![(Kind::Bracket, vec![0, 1, 2])],
            ),
            (
                "two exposures two stops apart",
                vec![(0, 1, mid), (300, 1, high)],
                vec![(Kind::Bracket, vec![0, 1])],
            ),
            (
                "two exposures a third of a stop apart",
                vec![(0, 1, mid), (300, 1, Some(0.33))],
                vec![(Kind::Burst, vec![0, 1])],
            ),
            (
                "light that changes and comes back",
                vec![(0, 1, mid), (300, 1, high), (600, 1, mid)],
                vec![(Kind::Burst, vec![0, 1, 2])],
            ),
            (
                "nine exposures",
                (0..9).map(|n| (n * 300, 1, Some(n as f32 * 0.34))).collect(),
                vec![(Kind::Bracket, (0..9).collect())],
            ),
            (
                "a lamp that is turned up is no bracket of ten",
                (0..10).map(|n| (n * 300, 1, Some(n as f32 * 0.34))).collect(),
                vec![(Kind::Burst, (0..10).collect())],
            ),
            (
                "one exposure unknown",
                vec![(0, 1, mid), (300, 1, low), (600, 1, NONE)],
                vec![(Kind::Burst, vec![0, 1, 2])],
            ),
            (
                "before 1970",
                vec![(-1000, 1, mid), (-200, 1, mid)],
                vec![(Kind::Burst, vec![0, 1])],
            ),
            ("the ends of time", vec![(i64::MIN, 1, mid), (i64::MAX, 1, mid)], vec![]),
        ];
        for (name, rows, wanted) in table {
            let shots: Vec<Shot> = rows.into_iter().map(shot).collect();
            assert_eq!(told(&shots), wanted, "{name}");
        }
    }

    #[test]
    fn a_long_exposure_does_not_end_its_bracket() {
        let long = |at_ms, light, exposure_ms| Shot {
            exposure_ms,
            ..shot((at_ms, 1, Some(light)))
        };
        let shots = [long(0, 0.0, 500), long(1200, 2.0, 4000), long(6000, 4.0, 16_000)];
        assert_eq!(told(&shots), [(Kind::Bracket, vec![0, 1, 2])]);
    }

    #[test]
    fn what_looks_otherwise_begins_another_burst() {
        let like = |at_ms, likeness| Shot {
            likeness,
            ..shot((at_ms, 1, None))
        };
        let (a, b) = (Some(0), Some(u64::MAX));
        assert_eq!(told(&[like(0, a), like(501, b)]), []);
        assert_eq!(told(&[like(0, a), like(501, None)]), [(Kind::Burst, vec![0, 1])]);
        let shots = [like(0, a), like(300, a), like(900, b), like(1200, b)];
        assert_eq!(told(&shots), [(Kind::Burst, vec![0, 1]), (Kind::Burst, vec![2, 3])]);
    }

    #[test]
    fn what_the_camera_was_told_tells_a_bracket_before_the_light_does() {
        let told_of = |at_ms, bias, light| Shot {
            bias,
            ..shot((at_ms, 1, light))
        };
        // A cloud came: the same light twice, but the camera was told three things.
        let (even, up, down) = (Some(0.0), Some(2.0), Some(-2.0));
        let shots = [
            told_of(0, even, Some(0.0)),
            told_of(300, down, Some(-2.0)),
            told_of(600, up, Some(0.0)),
        ];
        assert_eq!(told(&shots), [(Kind::Bracket, vec![0, 1, 2])]);
        // Without any exposure known.
        let shots = [told_of(0, even, None), told_of(300, down, None), told_of(600, up, None)];
        assert_eq!(told(&shots), [(Kind::Bracket, vec![0, 1, 2])]);
        // By hand: the camera was told nothing, the light tells it.
        let shots = [
            told_of(0, even, Some(0.0)),
            told_of(300, even, Some(-2.0)),
            told_of(600, even, Some(2.0)),
        ];
        assert_eq!(told(&shots), [(Kind::Bracket, vec![0, 1, 2])]);
        // The same compensation throughout is none of a bracket, nor is one that only some shots tell.
        let shots = [
            told_of(0, up, Some(1.0)),
            told_of(300, up, Some(1.0)),
            told_of(600, up, Some(1.1)),
        ];
        assert_eq!(told(&shots), [(Kind::Burst, vec![0, 1, 2])]);
        let shots = [told_of(0, even, None), told_of(300, up, None), told_of(600, None, None)];
        assert_eq!(told(&shots), [(Kind::Burst, vec![0, 1, 2])]);
        let shots = [told_of(0, Some(0.0), None), told_of(300, Some(0.7), None)];
        assert_eq!(
            told(&shots),
            [(Kind::Burst, vec![0, 1])],
            "a correction, not a bracket of two"
        );
    }

    #[test]
    fn likeness_splits_bursts_but_not_what_was_exposed_otherwise() {
        let bits = |count: u32| Some((1_u64 << count) - 1);
        let like = |at_ms, likeness, light| Shot {
            likeness,
            ..shot((at_ms, 1, light))
        };
        let far = bits(40);
        assert_eq!(
            told(&[like(0, Some(0), None), like(800, bits(24), None)]).len(),
            1,
            "at the limit"
        );
        assert_eq!(told(&[like(0, Some(0), None), like(800, bits(25), None)]), []);
        assert_eq!(told(&[like(0, Some(0), Some(0.0)), like(800, far, Some(0.8))]), []);
        assert_eq!(
            told(&[like(0, Some(0), None), like(500, far, None)]).len(),
            1,
            "nobody frames another picture in half a second"
        );
        let shots = [
            like(0, Some(0), Some(0.0)),
            like(800, far, Some(2.0)),
            like(1600, Some(7), Some(4.0)),
        ];
        assert_eq!(told(&shots), [(Kind::Bracket, vec![0, 1, 2])]);
    }

    /// The test pictures of HDRMerge (`sample1.dng` to `sample3.dng` in its sources), a bracket by a Nikon D5000: time
    /// without fractions, compensation, exposure and the shape of each as they are in the files.
    #[test]
    fn a_real_bracket_within_one_second() {
        let files = [
            (2.0, 1.0 / 160.0, 0xa3d9_5ce6_137b_8154),
            (0.0, 1.0 / 640.0, 0xe3d8_5ce6_9759_8914),
            (4.0, 1.0 / 40.0, 0xa3d9_0ce6_137a_837c),
        ];
        let shots = files.map(|(bias, seconds, likeness)| Shot {
            at_ms: Some(1_394_371_551_000),
            camera: 1,
            light: light(Some(seconds), Some(6.3), Some(200)),
            bias: Some(bias),
            exposure_ms: (seconds * 1000.0) as i64,
            likeness: Some(likeness),
        });
        assert_eq!(told(&shots), [(Kind::Bracket, vec![0, 1, 2])]);
        // Neither needs the other: a camera in manual mode tells no compensation, and one in a scene mode little else.
        let by_light = shots.map(|shot| Shot { bias: None, ..shot });
        assert_eq!(told(&by_light), [(Kind::Bracket, vec![0, 1, 2])]);
        let by_bias = shots.map(|shot| Shot { light: None, ..shot });
        assert_eq!(told(&by_bias), [(Kind::Bracket, vec![0, 1, 2])]);
        let bits = |a: u64, b: u64| (a ^ b).count_ones();
        let [a, b, c] = files.map(|file| file.2);
        assert!(bits(a, b) <= MAX_BITS && bits(b, c) <= MAX_BITS);
    }

    #[test]
    fn undated_shots_are_alone_and_an_endless_burst_is_cut() {
        let undated = Shot {
            camera: 1,
            ..Shot::default()
        };
        assert_eq!(told(&[undated, undated]), []);
        let many: Vec<Shot> = (0..450).map(|n| shot((n * 50, 1, None))).collect();
        let sizes: Vec<usize> = groups(&many).iter().map(|group| group.shots.len()).collect();
        assert_eq!(sizes, [200, 200, 50]);
    }

    #[test]
    fn light_is_counted_in_stops() {
        let stops = |a: Option<f32>, b: Option<f32>| (a.expect("known") - b.expect("known")).round();
        let base = light(Some(1.0 / 100.0), Some(8.0), Some(100));
        assert!((stops(light(Some(1.0 / 25.0), Some(8.0), Some(100)), base) - 2.0).abs() < f32::EPSILON);
        assert!((stops(light(Some(1.0 / 100.0), Some(4.0), Some(100)), base) - 2.0).abs() < f32::EPSILON);
        assert!((stops(light(Some(1.0 / 100.0), Some(8.0), Some(400)), base) - 2.0).abs() < f32::EPSILON);
        assert_eq!(light(None, Some(8.0), Some(100)), None);
        assert_eq!(light(Some(0.0), None, None), None);
    }
}
