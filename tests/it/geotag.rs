//! Photos find their places on a GPX track: what the plan says and keeps apart, undo, and the program's positions beside
//! those that exiftool's own `-geotag` gives the same photos from the same track.

use crate::{
    program::{Program, noise_jpeg},
    world::{Dice, Sample, World, add_photo, add_root},
};
use safelight::{
    engine::{
        Cx, Home,
        session::{Mode, Session},
        tracks::TrackWish,
    },
    library::{
        annotate::Annotator,
        geotag::{MatchOptions, plan},
    },
    media::{
        gpx::{Track, read_track},
        limits::Limits,
    },
    model::{
        change::Mark,
        id::{DeviceId, PhotoId},
        position::Position,
        time::Timestamp,
    },
    sys::clock::SimClock,
};
use std::{fs, process::Command};

/// 2024-06-01 12:00 UTC: `date -u -d '2024-06-01 12:00' +%s`.
const NOON: i64 = 1_717_243_200_000;
const MINUTE: i64 = 60_000;

const TRACK: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="41.90000" lon="12.49000"><ele>20</ele><time>2024-06-01T12:00:00Z</time></trkpt>
<trkpt lat="41.90400" lon="12.49900"><ele>22</ele><time>2024-06-01T12:04:00Z</time></trkpt>
<trkpt lat="41.91000" lon="12.49500"><ele>24</ele><time>2024-06-01T12:07:00Z</time></trkpt>
</trkseg><trkseg>
<trkpt lat="42.00000" lon="12.60000"><ele>30</ele><time>2024-06-01T14:00:00Z</time></trkpt>
<trkpt lat="42.00050" lon="12.60100"><ele>30</ele><time>2024-06-01T14:02:00Z</time></trkpt>
</trkseg></trk></gpx>
"#;

fn track() -> Track {
    read_track(TRACK.as_bytes(), &Limits::default()).expect("a track")
}

fn at(latitude: f64, longitude: f64) -> Position {
    Position::new(latitude, longitude).expect("on the earth")
}

struct Bench {
    world: World,
    clock: SimClock,
    device: DeviceId,
    photos: Vec<PhotoId>,
}

/// Photos by their wall clock and offset in minutes; the last number: the file has a position.
fn bench(photos: &[(Option<i64>, Option<i16>, bool)]) -> Bench {
    let world = World::new();
    let sql = world.sql();
    let folder = add_root(&sql, b"/photos", true, &[b""]);
    let photos = photos.iter().enumerate().map(|(n, (wall_ms, offset, gps))| {
        let sample = Sample {
            folder,
            names: vec![format!("IMG_{n}.JPG").into_bytes()],
            wall_ms: *wall_ms,
            gps: *gps,
            ..Sample::default()
        };
        let id = add_photo(&sql, &sample);
        sql.execute("UPDATE photos SET offset_min = ?2 WHERE id = ?1", (id.0, offset))
            .expect("an offset");
        id
    });
    let photos = photos.collect();
    Bench {
        world,
        clock: SimClock::at(Timestamp(NOON)),
        device: DeviceId("d".to_owned()),
        photos,
    }
}

impl Bench {
    fn annotator(&self) -> Annotator<'_> {
        Annotator {
            catalog: &self.world.catalog,
            clock: &self.clock,
            device: &self.device,
        }
    }

    fn own(&self, photo: usize) -> Option<Position> {
        let row = self.world.catalog.photo(self.photos[photo]).expect("a read");
        row.expect("a photo").own_position
    }
}

#[test]
fn a_plan_says_what_it_would_do_and_does_it_in_one_step() {
    let east = 120 * MINUTE;
    let bench = bench(&[
        (Some(NOON + 2 * MINUTE + east), Some(120), false),
        (Some(NOON + 60 * MINUTE + east), Some(120), false),
        (Some(NOON + 4 * MINUTE), Some(0), true),
        (Some(NOON), None, false),
        (None, None, false),
        (Some(NOON + 121 * MINUTE), Some(0), false),
    ]);
    let catalog = &bench.world.catalog;
    let options = MatchOptions::default();
    let found = plan(catalog, &bench.photos, &track(), &options).expect("a plan");
    let halfway = at(41.902, 12.4945);
    let near_the_end = at(42.00025, 12.6005);
    assert_eq!(
        found.found,
        [(bench.photos[0], halfway), (bench.photos[5], near_the_end)]
    );
    let counts = (
        found.placed,
        found.off_track,
        found.unknown_clock,
        found.undated,
        found.replaced,
    );
    assert_eq!(counts, (1, 1, 1, 1, 0));
    let said = found.sentences();
    assert_eq!(said[0], "2 photos get a position from this track.");
    assert!(said.iter().any(|line| line.contains("time zone")), "{said:?}");
    assert!(
        said.iter()
            .any(|line| line.contains("2024-06-01T12:00:00Z to 2024-06-01T14:02:00Z")),
        "{said:?}"
    );

    assert_eq!(found.apply(&bench.annotator()).expect("marks").changed, 2);
    assert_eq!(
        (bench.own(0), bench.own(1), bench.own(5)),
        (Some(halfway), None, Some(near_the_end))
    );
    let again = plan(catalog, &bench.photos, &track(), &options).expect("a plan");
    assert_eq!(
        (again.found.len(), again.placed),
        (0, 3),
        "a second time there is nothing to do"
    );

    let undone = catalog.undo(&bench.clock, &bench.device).expect("undo");
    assert_eq!(undone.as_deref(), Some("Set the position of 2 photos from a track"));
    assert_eq!((bench.own(0), bench.own(5)), (None, None));
}

#[test]
fn a_given_clock_a_shift_and_a_wish_to_replace_count() {
    let bench = bench(&[
        (Some(NOON + 4 * MINUTE), None, false),
        (Some(NOON + 4 * MINUTE + 3_600_000), Some(60), true),
    ]);
    let catalog = &bench.world.catalog;
    let utc = MatchOptions {
        camera_offset_s: Some(0),
        ..MatchOptions::default()
    };
    let found = |options: &MatchOptions| plan(catalog, &bench.photos, &track(), options).expect("a plan");
    assert_eq!(found(&utc).found, [(bench.photos[0], at(41.904, 12.499))]);
    let replace = MatchOptions {
        replace: true,
        ..MatchOptions::default()
    };
    let plan = found(&replace);
    assert_eq!(
        (plan.found.as_slice(), plan.replaced),
        ([(bench.photos[1], at(41.904, 12.499))].as_slice(), 1)
    );
    // The clock was three minutes slow: what a person says of the time is what the track is asked with.
    let shift = Mark::Shift { seconds: 180 };
    bench.annotator().mark(&bench.photos, &shift).expect("a shift");
    assert_eq!(found(&utc).found, [(bench.photos[0], at(41.91, 12.495))]);
    let narrow = MatchOptions {
        gap_ms: 0,
        near_ms: 0,
        ..utc
    };
    assert_eq!(
        found(&narrow).found.len(),
        1,
        "a point of that very moment needs no room"
    );
    bench
        .annotator()
        .mark(&bench.photos, &Mark::Shift { seconds: 90 })
        .expect("a shift");
    assert_eq!(found(&narrow).found.len(), 0);
}

/// The degrees that exiftool reads from a file.
fn by_exiftool(path: &std::path::Path) -> Option<(f64, f64)> {
    let run = Command::new("exiftool")
        .args(["-n", "-s3", "-p", "$GPSLatitude $GPSLongitude"])
        .arg(path)
        .output()
        .ok()?;
    let text = String::from_utf8(run.stdout).ok()?;
    let (latitude, longitude) = text.trim().split_once(' ')?;
    Some((latitude.parse().ok()?, longitude.parse().ok()?))
}

/// The photo of the long gap is found where so long a gap was asked for, in the terminal as in the window.
fn the_largest_gap_is_the_persons(program: &Program, gpx: &std::path::Path) {
    let path = gpx.to_string_lossy();
    let by_hand = |gap: &str| {
        let args = [
            "--json",
            "mark",
            "name:*",
            "--gpx",
            &path,
            "--dry-run",
            "--max-gap",
            gap,
        ];
        program.run(&args).exits(0).json()["found"].as_u64()
    };
    let session = Session::open(Home::portable(&program.home), Mode::Look, &Cx::new()).expect("opened");
    let photos = session.find("name:*").expect("found");
    let in_window = |max_gap_s| {
        let view = session.track_view(&TrackWish {
            path: gpx.to_owned(),
            photos: photos.clone(),
            max_gap_s,
            ..TrackWish::default()
        });
        Some(view.found)
    };
    // Two of the four on the track are farther than a minute from its points: only the line between these has them.
    assert_eq!((by_hand("0"), in_window(Some(0))), (Some(2), Some(2)));
    assert_eq!((by_hand("5m"), in_window(None)), (Some(4), Some(4)));
    // An hour and 53 minutes lie between the two parts of the track.
    assert_eq!((by_hand("1h52m"), in_window(Some(6_720))), (Some(4), Some(4)));
    assert_eq!((by_hand("1h53m"), in_window(Some(6_780))), (Some(5), Some(5)));
    for wrong in ["-5m", "25h", "soon"] {
        let args = ["mark", "name:*", "--gpx", &path, &format!("--max-gap={wrong}")];
        program.run(&args).exits(2);
    }
}

#[test]
fn the_program_and_exiftool_place_photos_alike() {
    if Command::new("exiftool").arg("-ver").output().is_err() {
        println!("skipped: exiftool is not installed");
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
    fs::create_dir_all(&ours).expect("a folder");
    let gpx = dir.path().join("day.gpx");
    fs::write(&gpx, TRACK).expect("a track");
    // Wall clocks two hours east of UTC: at points, between them, in the long gap, and beyond the end.
    let times = [
        ("a", "14:00:00"),
        ("b", "14:01:17"),
        ("c", "14:05:30"),
        ("d", "16:01:59"),
        ("e", "15:30:00"),
        ("f", "18:00:00"),
    ];
    let mut dice = Dice::new(1);
    for (name, time) in &times {
        let path = ours.join(format!("{name}.jpg"));
        fs::write(&path, noise_jpeg(&mut dice, 40, 30)).expect("a photo");
        let set = Command::new("exiftool")
            .args([
                "-q",
                "-overwrite_original",
                &format!("-DateTimeOriginal=2024:06:01 {time}"),
                "-OffsetTimeOriginal=+02:00",
            ])
            .arg(&path)
            .status();
        assert!(set.expect("exiftool").success());
    }
    fs::create_dir_all(&theirs).expect("a folder");
    for (name, _) in times {
        fs::copy(ours.join(format!("{name}.jpg")), theirs.join(format!("{name}.jpg"))).expect("a copy");
    }
    let program = Program::at(&dir.path().join("home"));
    let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
    program.run(&["scan", &text(&ours)]).exits(0);
    let dry = program
        .run(&["--json", "mark", "name:*", "--gpx", &text(&gpx), "--dry-run"])
        .exits(0)
        .json();
    assert_eq!(
        (
            dry["found"].as_u64(),
            dry["off_track"].as_u64(),
            dry["changes"].as_u64()
        ),
        (Some(4), Some(2), Some(0))
    );
    the_largest_gap_is_the_persons(&program, &gpx);
    program.run(&["mark", "name:*", "--gpx", &text(&gpx)]).exits(0);
    // exiftool's limits are half an hour each way unless told: ours are told to it.
    let tagged = Command::new("exiftool")
        .args([
            "-q",
            "-overwrite_original",
            "-api",
            "GeoMaxIntSecs=300",
            "-api",
            "GeoMaxExtSecs=60",
            "-geotag",
        ])
        .arg(&gpx)
        .args(["-geotime<${DateTimeOriginal}${OffsetTimeOriginal}"])
        .arg(&theirs)
        .output()
        .expect("exiftool");
    println!("{}", String::from_utf8_lossy(&tagged.stderr));
    let mut compared = 0;
    for (name, time) in times {
        let shown = program
            .run(&["--json", "show", &text(&ours.join(format!("{name}.jpg")))])
            .exits(0)
            .json();
        let gps = &shown["photos"][0]["facts"]["gps"];
        let got = gps["latitude"].as_f64().zip(gps["longitude"].as_f64());
        let expected = by_exiftool(&theirs.join(format!("{name}.jpg")));
        match (got, expected) {
            (Some(got), Some(expected)) => {
                let apart = (got.0 - expected.0).abs().max((got.1 - expected.1).abs());
                assert!(apart < 2e-6, "{time}: {got:?} and {expected:?}");
                compared += 1;
            }
            (got, expected) => assert_eq!(got, expected, "{time}"),
        }
        assert_eq!(
            by_exiftool(&ours.join(format!("{name}.jpg"))),
            None,
            "no original is written to (I4)"
        );
    }
    assert_eq!(compared, 4);
    program.run(&["undo"]).exits(0);
    let left = program.run(&["--json", "list", "has:gps"]).exits(0).json();
    assert_eq!(left["photos"].as_array().map(Vec::len), Some(0));
    program
        .run(&["mark", "name:*", "--gpx", &text(&ours.join("a.jpg"))])
        .exits(2)
        .says("no GPX file");
}
