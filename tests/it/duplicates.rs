//! Duplicates on the real engine: copies, other metadata, other sizes and codings of a real photo among other photos; what is
//! suggested and why; settling as one undo step; what is refused. How well likeness tells photos apart is measured here.

use rusqlite::params;
use safelight::{
    engine::{
        Cx, Home,
        duplicates::{Found, Group, Settled, Twin},
        error::OpError,
        session::{Mode, Session},
    },
    media::{
        decode::{Want, decode},
        encode,
        likeness::{Likeness, likeness},
        limits::Limits,
    },
    model::{
        change::Mark,
        content::ContentId,
        id::PhotoId,
        metadata::MediaKind,
        photo::Role,
        pixels::Pixels,
        position::Position,
        rating::{Flag, Rating},
        safety::Safety,
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos");
    let there = path.join("duplicates/near/test_blurred_2.jpg").is_file();
    if !there {
        eprintln!("skipped: the photos are not here");
    }
    there.then_some(path)
}

struct World {
    session: Session,
    photos: PathBuf,
    _dir: TempDir,
}

impl World {
    fn new(fill: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let photos = fs::canonicalize(dir.path()).expect("its path").join("photos");
        fs::create_dir(&photos).expect("a folder");
        fill(&photos);
        let home = Home::portable(&dir.path().join("home"));
        let session = Session::open(home, Mode::Write, &Cx::new()).expect("opened");
        session.add_root(&photos).expect("watched");
        session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
        Self {
            session,
            photos,
            _dir: dir,
        }
    }

    fn find(&self) -> Found {
        self.session.duplicates(None, &Cx::new()).expect("looked")
    }

    fn photo(&self, name: &str) -> PhotoId {
        let found = self.session.photo_at(&self.photos.join(name)).expect("asked");
        found.unwrap_or_else(|| panic!("{name} is not known"))
    }

    /// The groups as names, the one to keep first.
    fn names(&self, found: &Found) -> Vec<Vec<String>> {
        let name = |group: &Group| {
            let names = group
                .members
                .iter()
                .map(|member| member.row.file.name.to_string_lossy().into_owned());
            names.collect()
        };
        found.groups.iter().map(name).collect()
    }
}

fn pixels(path: &Path, edge: u32) -> Option<Pixels> {
    let bytes = fs::read(path).ok()?;
    Some(decode(&bytes, Want::Fit(edge), &Limits::default()).ok()?.pixels)
}

/// The bytes of a JPEG with a comment that says something else: other metadata, the same picture.
fn with_comment(jpeg: &[u8]) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    bytes.splice(2..2, [0xff, 0xfe, 0, 6, b'n', b'o', b't', b'e']);
    bytes
}

/// A scene of soft waves that no other number gives.
fn scene(number: u32, width: u32, height: u32) -> Pixels {
    let seed = |n: u32| (number.wrapping_mul(2_654_435_761).rotate_left(n) % 97) as f32 / 10.0 + 1.0;
    let mut rgba = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            let value =
                (u * seed(3) + v * seed(7)).sin() + (u * seed(11) - v * seed(17)).cos() + (u * v * seed(23)).sin();
            let value = (127.0 + value * 42.0).clamp(0.0, 255.0) as u8;
            rgba.extend_from_slice(&[value, value.wrapping_add(number as u8 / 4), 255 - value, 255]);
        }
    }
    Pixels { width, height, rgba }
}

fn save(dir: &Path, name: &str, pixels: &Pixels, quality: u8) {
    fs::write(dir.join(name), encode::jpeg(pixels, quality).expect("encoded")).expect("written");
}

#[test]
fn twins_of_a_real_photo_are_found_told_apart_and_the_best_is_suggested() {
    let Some(shared) = shared() else { return };
    let source = shared.join("duplicates/near/test_blurred_2.jpg");
    let original = fs::read(&source).expect("read");
    let world = World::new(|dir| {
        fs::write(dir.join("a.jpg"), &original).expect("written");
        fs::write(dir.join("a copy.jpg"), &original).expect("written");
        fs::write(dir.join("said.jpg"), with_comment(&original)).expect("written");
        fs::write(dir.join("tagged.jpg"), &original).expect("written");
        let tagged = Command::new("exiftool")
            .args(["-q", "-overwrite_original", "-XMP:Title=Another title"])
            .arg(dir.join("tagged.jpg"))
            .status();
        if !tagged.is_ok_and(|status| status.success()) {
            eprintln!("without exiftool: a comment stands for other metadata");
            let twice = with_comment(&with_comment(&original));
            fs::write(dir.join("tagged.jpg"), twice).expect("written");
        }
        let small = pixels(&source, 1200).expect("decoded");
        save(dir, "small.jpg", &small, 85);
        for (at, other) in ["exif", "jpeg"].iter().enumerate() {
            // Photos that have nothing to do with it.
            let folder = fs::read_dir(shared.join(other)).into_iter().flatten().flatten();
            for (number, entry) in folder.filter(|entry| entry.path().is_file()).take(6).enumerate() {
                let name = format!("other-{at}-{number}-{}", entry.file_name().to_string_lossy());
                fs::copy(entry.path(), dir.join(name)).expect("copied");
            }
        }
    });
    let found = world.find();
    let a = world.photo("a.jpg");
    let group = found
        .groups
        .iter()
        .find(|group| group.members.iter().any(|member| member.row.photo == a))
        .expect("found");
    let twin = |name: &str| {
        let photo = world.photo(name);
        let member = group.members.iter().find(|member| member.row.photo == photo);
        member.map(|member| member.twin)
    };
    assert_eq!(group.members.len(), 5, "{:?}", world.names(&found));
    assert_ne!(group.members[0].row.photo, world.photo("small.jpg"));
    assert_eq!(twin("small.jpg"), Some(Twin::Resized));
    let keep = group.members[0].row.file.name.to_string_lossy().into_owned();
    let others = ["a.jpg", "a copy.jpg"].map(|name| twin(name).expect("in it"));
    assert!(
        others.contains(&Twin::Exact) || keep == "said.jpg" || keep == "tagged.jpg",
        "{others:?}"
    );
    for name in ["said.jpg", "tagged.jpg"].into_iter().filter(|name| *name != keep) {
        assert_eq!(twin(name), Some(Twin::Pixels), "{name}");
    }
    // Looking again reads no photo again and finds the same.
    assert_eq!(world.names(&world.find()), world.names(&found));
}

fn world_of_twins() -> World {
    World::new(|dir| {
        for number in 0..8 {
            save(dir, &format!("scene-{number}.jpg"), &scene(number, 600, 400), 92);
        }
        save(dir, "two-small.jpg", &scene(2, 300, 200), 90);
        save(dir, "three-again.jpg", &scene(3, 600, 400), 60);
        let bytes = fs::read(dir.join("scene-5.jpg")).expect("read");
        fs::write(dir.join("scene-5 (2).jpg"), bytes).expect("written");
    })
}

#[test]
fn each_kind_has_its_reason_and_single_photos_are_left_alone() {
    let world = world_of_twins();
    let found = world.find();
    let all: Vec<(String, Twin, String)> = world
        .names(&found)
        .into_iter()
        .zip(&found.groups)
        .map(|(names, group)| (names.join(" "), group.kind(), group.reason.clone()))
        .collect();
    assert_eq!(all.len(), 3, "{all:?}");
    let of = |start: &str| {
        let one = all.iter().find(|one| one.0.starts_with(start));
        one.unwrap_or_else(|| panic!("{start}: {all:?}"))
    };
    assert_eq!(of("scene-5.jpg scene-5 (2)").1, Twin::Exact);
    assert_eq!(of("scene-5.jpg").2, "Its name is not that of a copy.");
    assert_eq!(of("scene-2.jpg two-small").1, Twin::Resized);
    assert_eq!(
        of("scene-2.jpg").2,
        "It has more pixels: 600 \u{d7} 400 against 300 \u{d7} 200."
    );
    assert_eq!(of("scene-3.jpg three-again").1, Twin::Near);
    assert!(
        of("scene-3.jpg")
            .2
            .starts_with("It has as many pixels and is compressed less"),
        "{}",
        of("scene-3.jpg").2
    );
    assert_eq!(found.failed, []);
}

#[test]
fn i6_settling_takes_marks_and_albums_over_in_one_step_that_undo_takes_back() {
    let world = world_of_twins();
    let session = &world.session;
    let (keep, other) = (world.photo("scene-2.jpg"), world.photo("two-small.jpg"));
    session
        .mark(
            &[other],
            &[
                Mark::Rating(Rating::new(4).expect("stars")),
                Mark::AddKeyword("sea".to_owned()),
                Mark::Title("Waves".to_owned()),
                Mark::Flag(Flag::Pick),
            ],
        )
        .expect("marked");
    session
        .mark(
            &[keep],
            &[
                Mark::Rating(Rating::new(2).expect("stars")),
                Mark::AddKeyword("sky".to_owned()),
            ],
        )
        .expect("marked");
    session.create_album("Best", &[other], None).expect("an album");
    let before = (
        session.catalog.marks(keep).expect("marks"),
        session.catalog.marks(other).expect("marks"),
    );

    session.merge_duplicates(keep, &[other]).expect("settled");
    let kept = session.catalog.marks(keep).expect("marks").expect("there");
    assert_eq!(
        (kept.rating.stars(), kept.flag, kept.title.as_str()),
        (4, Flag::Pick, "Waves")
    );
    assert_eq!(kept.keywords.into_iter().collect::<Vec<_>>(), ["sea", "sky"]);
    assert_eq!(session.catalog.albums_of(keep).expect("albums"), ["Best"]);
    assert_eq!(
        session.catalog.marks(other).expect("marks").expect("there").flag,
        Flag::Reject
    );
    assert!(world.photos.join("two-small.jpg").is_file(), "no file is touched");
    let again = world.find();
    assert!(
        again.groups.iter().all(|group| group.members.len() > 1),
        "one alone is no group"
    );
    assert!(
        again
            .groups
            .iter()
            .all(|group| group.members.iter().all(|member| member.row.photo != other)),
        "it is settled"
    );

    assert_eq!(
        session.undo(1).expect("undone"),
        ["Keep scene-2.jpg and reject 1 duplicate"]
    );
    let after = (
        session.catalog.marks(keep).expect("marks"),
        session.catalog.marks(other).expect("marks"),
    );
    assert_eq!(after, before);
    assert_eq!(session.catalog.albums_of(keep).expect("albums"), [""; 0]);
}

#[test]
fn i2_a_proven_photo_is_never_given_up_for_one_that_is_not() {
    let world = world_of_twins();
    let session = &world.session;
    let (large, small) = (world.photo("scene-2.jpg"), world.photo("two-small.jpg"));
    let store = world.photos.parent().expect("a folder").join("store");
    fs::create_dir(&store).expect("a folder");
    session
        .add_store("nas", &store.to_string_lossy(), true, &Cx::new())
        .expect("a store");
    let row = session.stores_for(None).expect("stores").remove(0);
    let plan = session.plan_backup(&row, &[small], &Cx::new()).expect("planned");
    session.enqueue(&row, &plan).expect("queued");
    session.run_queue(None, &Cx::new()).expect("sent");
    let log = session.steps().expect("steps");
    let refused = session
        .merge_duplicates(large, &[small])
        .expect_err("it would give the only proven one up");
    assert!(
        matches!(&refused, OpError::NeedsYou(why) if why.contains("two-small.jpg has a proven copy")),
        "{refused}"
    );
    assert_eq!(session.steps().expect("steps"), log, "nothing was changed");
    session
        .merge_duplicates(small, &[large])
        .expect("the proven one may stay");
}

/// What was settled goes to the trash as one step; never what is kept, never all of a group, never the last proven copy.
#[test]
fn i2_settled_duplicates_go_to_the_trash_and_come_back_and_the_last_proven_one_stays() {
    let world = world_of_twins();
    let session = &world.session;
    let all = world.find();
    let groups: Vec<Vec<PhotoId>> = all
        .groups
        .iter()
        .map(|group| group.members.iter().map(|member| member.row.photo).collect())
        .collect();
    let here = |name: &str| world.photos.join(name).is_file();
    let report = session.trash_settled(&groups, &Cx::new()).expect("nothing to do");
    assert_eq!(
        (report.moved, report.failed),
        (0, Vec::new()),
        "nothing is rejected yet"
    );

    let (keep, other) = (world.photo("scene-2.jpg"), world.photo("two-small.jpg"));
    session.merge_duplicates(keep, &[other]).expect("settled");
    // A group of which everything is rejected keeps all of it.
    let three = [world.photo("scene-3.jpg"), world.photo("three-again.jpg")];
    session.mark(&three, &[Mark::Flag(Flag::Reject)]).expect("marked");
    // The kept one of the third is not proven, the rejected one is.
    let (five, copy) = (world.photo("scene-5.jpg"), world.photo("scene-5 (2).jpg"));
    let store = world.photos.parent().expect("a folder").join("store");
    fs::create_dir(&store).expect("a folder");
    session
        .add_store("nas", &store.to_string_lossy(), true, &Cx::new())
        .expect("a store");
    let row = session.stores_for(None).expect("stores").remove(0);
    fs::write(
        world.photos.join("scene-5.jpg"),
        encode::jpeg(&scene(5, 600, 400), 91).expect("encoded"),
    )
    .expect("written");
    session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
    let plan = session.plan_backup(&row, &[copy], &Cx::new()).expect("planned");
    session.enqueue(&row, &plan).expect("queued");
    session.run_queue(None, &Cx::new()).expect("sent");
    session.mark(&[copy], &[Mark::Flag(Flag::Reject)]).expect("marked");

    let rejected = session.catalog.rejected_photos().expect("rejected");
    let settled = Settled::of(&all, &rejected);
    assert_eq!((settled.photos, settled.groups.len()), (4, 3));
    let report = session.trash_settled(&settled.groups, &Cx::new()).expect("moved");
    assert_eq!(report.moved, 1);
    let mut stay: Vec<(&str, bool)> = report
        .failed
        .iter()
        .map(|(name, why)| (name.as_str(), why.contains("proven copy")))
        .collect();
    stay.sort_unstable();
    assert_eq!(
        stay,
        [
            ("scene-3.jpg", false),
            ("scene-5 (2).jpg", true),
            ("three-again.jpg", false)
        ]
    );
    assert!(!here("two-small.jpg"));
    assert!(here("scene-2.jpg") && here("scene-3.jpg") && here("three-again.jpg") && here("scene-5 (2).jpg"));
    assert_eq!(
        session.photo_at(&world.photos.join("scene-5.jpg")).expect("asked"),
        Some(five)
    );

    session.undo(1).expect("undone");
    assert!(here("two-small.jpg"), "one step brings it back");
    let twin = fs::read(world.photos.join("two-small.jpg")).expect("read");
    assert_eq!(twin, encode::jpeg(&scene(2, 300, 200), 90).expect("encoded"));
}

#[test]
fn what_cannot_stand_for_the_others_is_refused_and_nothing_is_changed() {
    let world = world_of_twins();
    let session = &world.session;
    let (large, small) = (world.photo("scene-2.jpg"), world.photo("two-small.jpg"));
    let sql = rusqlite::Connection::open(session.catalog.path()).expect("the catalog");
    let log = session.steps().expect("steps");
    let film = "INSERT INTO files (id, photo_id, folder_id, name, role, kind, size, mtime_ns, ctime_ns, dev, inode, seen_at)
         SELECT 900, ?1, folder_id, CAST('x.mov' AS BLOB), ROLE, KIND, 1, 0, 0, dev, 900, 0 FROM files WHERE photo_id = ?1 LIMIT 1";
    let raw = film
        .replace("ROLE", &Role::Raw.number().to_string())
        .replace("KIND", &MediaKind::Raw.number().to_string());
    let film = film
        .replace("ROLE", &Role::Motion.number().to_string())
        .replace("KIND", &MediaKind::Video.number().to_string());
    for (change, whose, back, why) in [
        (
            "UPDATE photos SET missing_since = 1 WHERE id = ?1",
            large,
            "UPDATE photos SET missing_since = NULL WHERE id = ?1",
            "is no longer in its folder",
        ),
        (
            "UPDATE photos SET problem = 1 WHERE id = ?1",
            large,
            "UPDATE photos SET problem = 0 WHERE id = ?1",
            "cannot be read whole",
        ),
        (
            &format!(
                "UPDATE photos SET safety = {} WHERE id = ?1",
                Safety::MarksWait.number()
            ),
            small,
            "UPDATE photos SET safety = 0 WHERE id = ?1",
            "has a proven copy",
        ),
        (
            &film,
            small,
            "DELETE FROM files WHERE id = 900 AND photo_id = ?1",
            "has the film",
        ),
        (
            &raw,
            small,
            "DELETE FROM files WHERE id = 900 AND photo_id = ?1",
            "has the RAW file",
        ),
    ] {
        sql.execute(change, [whose.0]).expect("written");
        let refused = session.merge_duplicates(large, &[small]).expect_err(why);
        assert!(
            matches!(&refused, OpError::NeedsYou(words) if words.contains(why)),
            "{refused}"
        );
        assert_eq!(session.steps().expect("steps"), log, "{why}: nothing was changed");
        sql.execute(back, [whose.0]).expect("written");
    }
    // I14: an optimized copy never stands for its own original.
    let original = format!("sha256-{}", "7".repeat(64));
    let set = |column: &str, value: Option<&str>, photo: PhotoId| {
        sql.execute(
            &format!("UPDATE files SET {column} = ?2 WHERE photo_id = ?1"),
            params![photo.0, value],
        )
        .expect("written")
    };
    set("content", Some(&original), small);
    set("stands_for", Some(&original), large);
    let refused = session.merge_duplicates(large, &[small]).expect_err("only a copy");
    assert!(
        matches!(&refused, OpError::NeedsYou(words) if words.contains("only the optimized copy")),
        "{refused}"
    );
    set("stands_for", None, large);
    set("content", None, small);
    // A film that is gone itself is nothing that would be lost.
    sql.execute(&film, [small.0]).expect("written");
    sql.execute("UPDATE files SET missing_since = 1 WHERE id = 900", [])
        .expect("written");
    // Named twice, and beside itself, it is settled once.
    session
        .merge_duplicates(large, &[small, large, small])
        .expect("settled");
    assert_eq!(
        session.undo(1).expect("undone"),
        ["Keep scene-2.jpg and reject 1 duplicate"]
    );
    assert!(session.merge_duplicates(large, &[large]).is_err(), "nothing beside it");
}

#[test]
fn i14_an_optimized_copy_and_its_original_are_the_same_though_nobody_hashed_that() {
    let world = world_of_twins();
    let sql = rusqlite::Connection::open(world.session.catalog.path()).expect("the catalog");
    let bytes = fs::read(world.photos.join("scene-0.jpg")).expect("read");
    let content = ContentId::of(&bytes).to_string();
    let length = i64::try_from(bytes.len()).expect("small");
    sql.execute(
        "UPDATE files SET stands_for = ?1, original_size = ?2 WHERE name = CAST('two-small.jpg' AS BLOB)",
        params![content, length],
    )
    .expect("written");
    let found = world.find();
    let names = world.names(&found);
    let at = names
        .iter()
        .position(|names| names.contains(&"scene-0.jpg".to_owned()))
        .expect("a group");
    assert_eq!(names[at], ["scene-0.jpg", "two-small.jpg"]);
    assert_eq!(found.groups[at].kind(), Twin::Exact);
}

#[test]
fn what_cannot_be_read_as_a_picture_is_nobodys_twin() {
    let world = world_of_twins();
    let names = |found: &Found| world.names(found).concat();
    let twin = "scene-5 (2).jpg".to_owned();
    assert!(names(&world.find()).contains(&twin));
    let sql = rusqlite::Connection::open(world.session.catalog.path()).expect("the catalog");
    sql.execute(
        "UPDATE files SET undecodable = 1 WHERE name = CAST(?1 AS BLOB)",
        [&twin],
    )
    .expect("written");
    assert!(!names(&world.find()).contains(&twin));
}

#[test]
fn a_position_and_a_caption_go_over_and_an_album_that_both_are_in_stays_as_it_is() {
    let world = world_of_twins();
    let session = &world.session;
    let (keep, other) = (world.photo("scene-2.jpg"), world.photo("two-small.jpg"));
    let rome = Position::new(41.9, 12.5);
    let marks = [Mark::Caption("By the sea".to_owned()), Mark::Position(rome)];
    session.mark(&[other], &marks).expect("marked");
    let album = session.create_album("Best", &[other, keep], None).expect("an album");
    session.merge_duplicates(keep, &[other]).expect("settled");
    let kept = session.catalog.marks(keep).expect("marks").expect("there");
    assert_eq!((kept.caption.as_str(), kept.position), ("By the sea", rome));
    assert_eq!(
        session.catalog.album_photos(album.id).expect("read"),
        [other, keep],
        "their order stays"
    );
    // The kept photo's own go before those of the others.
    session.undo(1).expect("undone");
    let paris = Position::new(48.85, 2.35);
    session.mark(&[keep], &[Mark::Position(paris)]).expect("marked");
    session.merge_duplicates(keep, &[other]).expect("settled");
    assert_eq!(
        session.catalog.marks(keep).expect("marks").expect("there").position,
        paris
    );
}

/// Twins as people make them: scaled, coded again, a little brighter or darker, softer.
fn twins(pixels: &Pixels) -> Vec<(&'static str, Pixels)> {
    let each = |change: &dyn Fn(u8) -> u8| Pixels {
        rgba: pixels
            .rgba
            .chunks_exact(4)
            .flat_map(|p| [change(p[0]), change(p[1]), change(p[2]), p[3]])
            .collect(),
        ..pixels.clone()
    };
    let coded = |pixels: &Pixels, quality, want| {
        let jpeg = encode::jpeg(pixels, quality).expect("encoded");
        decode(&jpeg, want, &Limits::default()).expect("decoded").pixels
    };
    vec![
        ("coded at 40", coded(pixels, 40, Want::Full)),
        (
            "half size",
            coded(pixels, 85, Want::Fit(pixels.width.max(pixels.height) / 2)),
        ),
        (
            "a quarter",
            coded(pixels, 85, Want::Fit(pixels.width.max(pixels.height) / 4)),
        ),
        ("brighter", each(&|v| (f32::from(v) * 1.2).min(255.0) as u8)),
        ("darker", each(&|v| (f32::from(v) * 0.75) as u8)),
        (
            "more contrast",
            each(&|v| (127.0 + (f32::from(v) - 127.0) * 1.25).clamp(0.0, 255.0) as u8),
        ),
    ]
}

fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// Pairs of the collection that are one picture in two files.
const SAME: [(&str, &str); 6] = [
    ("HTC Desire.jpg", "HTC Desire.webp"),
    ("tower_grayscale.jpg", "tower_progressive.jpg"),
    ("apple_gainmap_new.jpg", "apple_gainmap_old.jpg"),
    ("paris_extended_xmp.jpg", "paris_icc_exif_xmp.png"),
    ("dotnet-256x256-alpha-palette.png", "sampleWithExifData.png"),
    ("Alpha Lossless (1).webp", "Alpha Lossy (1).webp"),
];

/// Measured on every small photo of the collection: how many twins are found, and which other pairs are called near.
#[test]
fn likeness_finds_twins_and_leaves_other_photos_apart() {
    let Some(shared) = shared() else { return };
    let mut paths = Vec::new();
    walk(&shared, &mut paths);
    paths.sort();
    let mut photos: Vec<(PathBuf, f64, Likeness)> = Vec::new();
    let (mut made, mut found) = (0, 0);
    let mut lost = std::collections::BTreeMap::<&str, u32>::new();
    let takes = std::env::var("SAFELIGHT_LIKENESS_ALL").is_ok();
    for path in paths {
        let name = path.to_string_lossy().to_lowercase();
        let small = fs::metadata(&path).is_ok_and(|meta| meta.len() < if takes { 6_000_000 } else { 150_000 });
        let known = [".jpg", ".jpeg", ".png", ".webp"].iter().any(|end| name.ends_with(end));
        if !small || !known {
            continue;
        }
        let Some(pixels) = pixels(&path, 256) else { continue };
        // Signs and test patterns of a few pixels are no photos.
        if pixels.width.max(pixels.height) < 256 {
            continue;
        }
        let Some(hashes) = likeness(&pixels) else { continue };
        for (how, twin) in twins(&pixels) {
            made += 1;
            if likeness(&twin).is_some_and(|twin| twin.is_near(hashes)) {
                found += 1;
            } else {
                *lost.entry(how).or_default() += 1;
            }
        }
        let aspect = f64::from(pixels.width) / f64::from(pixels.height);
        photos.push((path, aspect, hashes));
    }
    let mut near = Vec::new();
    for (at, (path, aspect, hashes)) in photos.iter().enumerate() {
        for (other, theirs, other_hashes) in photos.iter().skip(at + 1) {
            if hashes.is_near(*other_hashes) && (aspect / theirs - 1.0).abs() < 0.02 {
                let name = |path: &Path| {
                    path.strip_prefix(&shared)
                        .map(|path| path.display().to_string())
                        .unwrap_or_default()
                };
                near.push(format!("{} = {}", name(path), name(other)));
            }
        }
    }
    let pairs = photos.len() * photos.len().saturating_sub(1) / 2;
    eprintln!(
        "{} photos, {found} of {made} twins found, lost: {lost:?}; {} of {pairs} other pairs near:",
        photos.len(),
        near.len()
    );
    for pair in &near {
        eprintln!("  {pair}");
    }
    // Whoever looked at these pairs found the same picture in each; a new one has to be looked at.
    let known = |pair: &&String| {
        let folders = [
            "jpeg/orientation/landscape",
            "jpeg/orientation/portrait",
            "pigallery2/sidecar/",
            "pigallery2/timestamps/",
        ];
        folders.iter().any(|folder| pair.matches(folder).count() == 2)
            || SAME
                .iter()
                .any(|(one, other)| pair.contains(one) && pair.contains(other))
    };
    let strange: Vec<&String> = near.iter().filter(|pair| !known(pair)).collect();
    assert!(strange.is_empty(), "other photos are called near: {strange:?}");
    assert!(photos.len() > 20, "there are photos to measure");
    assert!(
        found * 100 >= made * 95,
        "{found} of {made} twins found, lost: {lost:?}"
    );
}
