//! What culling rests on below the window: bursts and brackets of a real view, and "keep this, reject the rest" as one
//! step.

use crate::{outside, world::Dice};
use rusqlite::{Connection, params};
use safelight::{
    engine::{
        Cx, Home,
        command::{Sort, Source},
        samples,
        session::{Mode, Session},
        snapshot::BurstKind,
    },
    media::encode,
    model::{id::PhotoId, metadata::MediaKind, pixels::Pixels, rating::Flag},
    sys::real::RealFs,
};
use std::{ffi::OsStr, process::Command};

#[test]
fn a_view_knows_bursts_and_brackets_and_one_of_them_is_kept_in_one_step() {
    let dir = tempfile::tempdir().expect("a folder");
    let (photos, home) = (dir.path().join("Photos"), dir.path().join("home"));
    samples::write_to(&RealFs, &photos).expect("written");
    let open = || Session::open(Home::portable(&home), Mode::Write, &Cx::new()).expect("opened");
    let session = open();
    session.add_root(&photos).expect("added");
    session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
    let view = session.view(&Source::All, "", Sort::OldestFirst, 1).expect("a view");
    let ids: Vec<PhotoId> = view.tiles.iter().take(8).map(|tile| tile.id).collect();
    drop(session);
    // As two cameras would have written it: three shots of a burst with one of the other camera between them, then a bracket.
    let sql = Connection::open(home.join("catalog.sqlite")).expect("the catalog");
    let shots: [(i64, &str, f64); 8] = [
        (0, "Burst", 0.004),
        (300, "Burst", 0.004),
        (350, "Other", 0.004),
        (700, "Burst", 0.004),
        (9_000, "Burst", 0.004),
        (60_000, "Burst", 0.016),
        (60_400, "Burst", 0.004),
        (60_800, "Burst", 0.001),
    ];
    for (photo, (at, camera, exposure)) in ids.iter().zip(shots) {
        sql.execute(
            "UPDATE photos SET wall_ms = ?2, sort_time = ?2, camera = ?3, exposure_s = ?4, f_number = 8.0, iso = 100 WHERE id = ?1",
            params![photo.0, 1_000_000_000_000_i64 + at, camera, exposure],
        )
        .expect("written");
    }
    drop(sql);
    let session = open();
    for (sort, newest) in [(Sort::OldestFirst, false), (Sort::NewestFirst, true)] {
        let view = session.view(&Source::All, "", sort, 2).expect("a view");
        let mut burst = vec![ids[0], ids[1], ids[3]];
        let mut bracket = vec![ids[5], ids[6], ids[7]];
        if newest {
            burst.reverse();
            bracket.reverse();
        }
        let of = |photo: PhotoId| view.bursts.of(photo).map(|burst| (burst.kind, burst.photos.clone()));
        assert_eq!(of(ids[1]), Some((BurstKind::Burst, burst)), "{sort:?}");
        assert_eq!(of(ids[6]), Some((BurstKind::Bracket, bracket)), "{sort:?}");
        assert_eq!((of(ids[2]), of(ids[4])), (None, None));
        assert!(view.bursts.same(ids[0], ids[3]) && !view.bursts.same(ids[0], ids[2]));
    }
    // The one that is kept is not rejected, though a face names it among the rest.
    let changed = session.keep_one(ids[1], &[ids[0], ids[1], ids[3]]).expect("kept");
    assert_eq!(changed, 3);
    let flags = || {
        let flag = |photo: &PhotoId| session.catalog.photo(*photo).expect("read").expect("known").flag;
        [flag(&ids[0]), flag(&ids[1]), flag(&ids[3])]
    };
    assert_eq!(flags(), [Flag::Reject, Flag::Pick, Flag::Reject]);
    assert_eq!(session.undo(1).expect("undone"), ["Keep 1 photo, reject 2 more"]);
    assert_eq!(flags(), [Flag::None; 3]);
    drop(session);
    // A film that began between two shots is no shot of the burst.
    let sql = Connection::open(home.join("catalog.sqlite")).expect("the catalog");
    let film = MediaKind::Video.number();
    sql.execute("UPDATE photos SET kind = ?2 WHERE id = ?1", params![ids[1].0, film])
        .expect("written");
    drop(sql);
    let view = open().view(&Source::All, "", Sort::OldestFirst, 3).expect("a view");
    let burst = view.bursts.of(ids[0]).map(|burst| burst.photos.clone());
    assert_eq!(burst, Some(vec![ids[0], ids[3]]));
    assert!(view.bursts.of(ids[1]).is_none());
}

/// A picture of blocks, told by its seed.
fn blocks(seed: u64) -> Pixels {
    let mut dice = Dice::new(seed);
    let shades: Vec<u8> = (0..8 * 6)
        .map(|_| u8::try_from(dice.below(256)).expect("a byte"))
        .collect();
    let (width, height) = (320, 240);
    let pixel = |at: u32| {
        let shade = shades[((at / width / 40) * 8 + at % width / 40) as usize];
        [shade, shade, shade, 255]
    };
    Pixels {
        width,
        height,
        rgba: (0..width * height).flat_map(pixel).collect(),
    }
}

#[test]
fn shots_that_look_otherwise_begin_another_burst_once_they_were_looked_at() {
    let dir = tempfile::tempdir().expect("a folder");
    let (photos, home) = (dir.path().join("Photos"), dir.path().join("home"));
    std::fs::create_dir(&photos).expect("made");
    for (name, seed, quality) in [("a.jpg", 1, 90), ("b.jpg", 1, 70), ("c.jpg", 2, 90), ("d.jpg", 2, 70)] {
        let jpeg = encode::jpeg(&blocks(seed), quality).expect("encoded");
        std::fs::write(photos.join(name), jpeg).expect("written");
    }
    let session = Session::open(Home::portable(&home), Mode::Write, &Cx::new()).expect("opened");
    session.add_root(&photos).expect("added");
    session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
    let photo = |name: &str| session.photo_at(&photos.join(name)).expect("read").expect("known");
    let sql = Connection::open(home.join("catalog.sqlite")).expect("the catalog");
    for (n, name) in ["a.jpg", "b.jpg", "c.jpg", "d.jpg"].iter().enumerate() {
        let at = 1_000_000_000_000_i64 + 800 * i64::try_from(n).expect("small");
        sql.execute(
            "UPDATE photos SET wall_ms = ?2, sort_time = ?2, camera = 'C' WHERE id = ?1",
            params![photo(name).0, at],
        )
        .expect("written");
    }
    drop(sql);
    let bursts = |generation| {
        let view = session.view(
            &Source::Root(session.catalog.roots().expect("read")[0].id),
            "",
            Sort::OldestFirst,
            generation,
        );
        let view = view.expect("a view");
        let of = |name: &str| view.bursts.of(photo(name)).map(|burst| burst.photos.clone());
        [of("a.jpg"), of("d.jpg")]
    };
    let all: Vec<PhotoId> = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"].map(photo).to_vec();
    assert_eq!(
        bursts(1),
        [Some(all.clone()), Some(all.clone())],
        "nobody has looked yet"
    );
    assert!(!session.look_alike(&Cx::new()).expect("looked"), "nothing is left");
    assert_eq!(bursts(2), [Some(all[..2].to_vec()), Some(all[2..].to_vec())]);
}

#[test]
fn a_photo_cut_short_is_shown_as_far_as_it_goes_and_said_to_be_hurt_until_it_is_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let (photos, home) = (dir.path().join("Photos"), dir.path().join("home"));
    std::fs::create_dir(&photos).expect("made");
    let whole = encode::jpeg(&blocks(1), 95).expect("encoded");
    for (name, bytes) in [("whole.jpg", &whole[..]), ("half.jpg", &whole[..whole.len() / 2])] {
        std::fs::write(photos.join(name), bytes).expect("written");
    }
    let session = Session::open(Home::portable(&home), Mode::Write, &Cx::new()).expect("opened");
    session.add_root(&photos).expect("added");
    let look = || {
        session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
        let found = |name: &str| session.photo_at(&photos.join(name)).expect("read").expect("known");
        let both = [found("whole.jpg"), found("half.jpg")];
        let filled = session.fill_thumbs(&both, &Cx::new()).expect("made");
        assert!(filled.failed.is_empty(), "{:?}", filled.failed);
        both.map(|photo| {
            let detail = session.detail(photo).expect("read").expect("known");
            detail.files[0].problem.clone()
        })
    };
    let [sound, hurt] = look();
    assert_eq!(sound, None);
    assert!(hurt.expect("a sentence").contains("cut short"));
    let found = session.find("problem:yes").expect("found");
    assert_eq!(
        found,
        [session
            .photo_at(&photos.join("half.jpg"))
            .expect("read")
            .expect("known")]
    );
    // The copy goes on: what was said of half of it is forgotten.
    std::fs::write(photos.join("half.jpg"), &whole).expect("written");
    assert_eq!(look(), [None, None]);
    assert_eq!(session.find("problem:yes").expect("found"), []);
}

/// Frames of a film a person held in the hand, three in a second as a camera takes them, then the frame of another film:
/// real pictures, and the times and the camera that exiftool writes into them.
#[test]
fn a_hand_held_burst_stays_one_though_the_camera_turns_and_another_scene_begins_another() {
    let Some(real) = outside::photos() else { return };
    if !outside::has("ffmpeg") || !outside::has("exiftool") {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let (photos, home) = (dir.path().join("Photos"), dir.path().join("home"));
    std::fs::create_dir(&photos).expect("made");
    let run = |tool: &str, with: &[&OsStr]| {
        let out = Command::new(tool).args(with).output().expect("run");
        assert!(out.status.success(), "{tool}: {}", String::from_utf8_lossy(&out.stderr));
    };
    let frame = |film: &str, second: &str, name: &str, at: &str| {
        let (film, to) = (real.join(film), photos.join(name));
        let (seek, input, quality) = (
            ["-v", "error", "-ss", second, "-i"],
            film.as_os_str(),
            ["-frames:v", "1", "-q:v", "3"],
        );
        let mut with: Vec<&OsStr> = seek.iter().map(OsStr::new).collect();
        with.push(input);
        with.extend(quality.iter().map(OsStr::new));
        with.push(to.as_os_str());
        run("ffmpeg", &with);
        let (whole, fraction) = at.split_once('.').expect("a fraction");
        let whole = format!("-DateTimeOriginal=2024:05:01 10:00:{whole}");
        let fraction = format!("-SubSecTimeOriginal={fraction}");
        let tags = [
            "-q",
            "-overwrite_original",
            "-Make=Hand",
            "-Model=Held",
            &whole,
            &fraction,
        ];
        let mut with: Vec<&OsStr> = tags.iter().map(OsStr::new).collect();
        with.push(to.as_os_str());
        run("exiftool", &with);
    };
    let temple = "live-photo/heic-mov/IMG_3853.MOV";
    for (second, name, at) in [
        ("0.000", "a.jpg", "10.000"),
        ("0.333", "b.jpg", "10.333"),
        ("0.667", "c.jpg", "10.667"),
        ("1.000", "d.jpg", "11.000"),
    ] {
        frame(temple, second, name, at);
    }
    frame("video/with-gps.mp4", "0.000", "e.jpg", "11.900");
    frame("video/with-gps.mp4", "0.066", "f.jpg", "12.000");
    let session = Session::open(Home::portable(&home), Mode::Write, &Cx::new()).expect("opened");
    session.add_root(&photos).expect("added");
    session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
    let photo = |name: &str| session.photo_at(&photos.join(name)).expect("read").expect("known");
    let all = Source::Root(session.catalog.roots().expect("read")[0].id);
    let bursts = |generation| {
        let view = session.view(&all, "", Sort::OldestFirst, generation).expect("a view");
        ["a.jpg", "e.jpg"].map(|name| {
            view.bursts
                .of(photo(name))
                .map(|burst| (burst.kind, burst.photos.clone()))
        })
    };
    let six = Some((
        BurstKind::Burst,
        ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg"]
            .map(photo)
            .to_vec(),
    ));
    assert_eq!(bursts(1), [six.clone(), six], "nobody has looked yet");
    while session.look_alike(&Cx::new()).expect("looked") {}
    let four = (
        BurstKind::Burst,
        ["a.jpg", "b.jpg", "c.jpg", "d.jpg"].map(photo).to_vec(),
    );
    let two = (BurstKind::Burst, ["e.jpg", "f.jpg"].map(photo).to_vec());
    assert_eq!(bursts(2), [Some(four), Some(two)]);
    // The turning camera made two neighbours as unlike as two scenes: their times alone hold them together.
    let shape = |name: &str| {
        let rows = session.catalog.like_rows().expect("read");
        let row = rows.into_iter().find(|row| row.photo == photo(name)).expect("a row");
        row.likeness.flatten().expect("looked at").shape
    };
    let bits = (shape("a.jpg") ^ shape("b.jpg")).count_ones();
    assert!(bits > 24, "{bits} bits");
}
