//! Safelight's trash on a simulated disk that stops, fails and lies at every single call of a move there and back: every
//! file is at one of its two places, whole, and known; a photo's files stay together; nothing is put over another file.

use crate::sim_world::{caught, temp};
use safelight::{
    catalog::{
        Catalog,
        stores::{StoreConfig, StoreRow},
        trash::{NextStep, TrashState},
    },
    library::{
        scan::{ScanOptions, ScanReport, scan_root},
        trash::{self, TrashReport},
    },
    model::{
        content::ContentId,
        id::{DeviceId, PhotoId, StoreId},
        job::JobState,
        safety::Safety,
        time::Timestamp,
    },
    sys::{
        clock::SimClock,
        fs::{Fs as _, FsErrorKind},
        sim::{Meddle, SimFs, Trouble},
        task::Cx,
        trash::ListedTrash,
    },
};
use std::path::{Path, PathBuf};

const ROOT: &str = "/disk/photos";
const NOW: Timestamp = Timestamp(1_700_000_000_000 + 10 * 86_400_000);
/// One photo of four files, and one of one.
const UNIT: [&str; 4] = [
    "2024/Trip/IMG_1.CR2",
    "2024/Trip/IMG_1.JPG",
    "2024/Trip/IMG_1.MOV",
    "2024/Trip/IMG_1.xmp",
];
const OTHER: &str = "2024/Trip/IMG_2.JPG";

struct World {
    fs: SimFs,
    catalog: Catalog,
    clock: SimClock,
    _dir: tempfile::TempDir,
}

fn home(name: &str) -> PathBuf {
    Path::new(ROOT).join(name)
}

fn bytes_of(name: &str) -> Vec<u8> {
    format!("the bytes of {name}").into_bytes()
}

impl World {
    fn new(seed: u64) -> Self {
        let fs = SimFs::new(seed);
        fs.device(Path::new("/disk"), 10);
        for name in UNIT.into_iter().chain([OTHER]) {
            fs.put(&home(name), &bytes_of(name));
        }
        let dir = temp();
        let catalog = Catalog::open(&dir.path().join("catalog.sqlite")).expect("a catalog");
        catalog.add_root(Path::new(ROOT), 10, NOW).expect("a root");
        let world = Self {
            fs,
            catalog,
            clock: SimClock::at(NOW),
            _dir: dir,
        };
        let report = world.scan();
        assert_eq!(report.added, 5, "{report:?}");
        world
    }

    fn scan(&self) -> ScanReport {
        let root = self.catalog.roots().expect("roots").remove(0);
        let (cx, options) = (Cx::new(), ScanOptions::default());
        scan_root(&self.catalog, &self.fs, &self.clock, &root, &options, &cx, &mut |_| {}).expect("scanned")
    }

    fn is_here(&self, photo: PhotoId) -> bool {
        let row = self.catalog.photo(photo).expect("read").expect("known");
        row.missing_since.is_none()
    }

    fn photo(&self, name: &str) -> PhotoId {
        self.catalog.photo_at(&home(name)).expect("read").expect("known")
    }

    fn settle(&self) -> TrashReport {
        trash::settle(&self.catalog, &self.fs, &self.clock, &Cx::new()).expect("the catalog works")
    }

    fn move_there(&self, photos: &[PhotoId]) -> TrashReport {
        self.catalog
            .begin_trash(photos, "Move 1 photo to the trash", NOW)
            .expect("written down");
        self.settle()
    }

    fn undo(&self) {
        match self.catalog.next_step_of_all(true).expect("read") {
            Some(NextStep::Files(step, _)) => self.catalog.turn_file_step(step, true, NOW).expect("turned"),
            other => panic!("{other:?}"),
        }
    }

    /// Every place that holds these bytes now.
    fn places(&self, name: &str) -> Vec<PathBuf> {
        let wanted = bytes_of(name);
        let files = self.fs.files().into_iter();
        files
            .filter(|path| self.fs.bytes(path).is_some_and(|bytes| **bytes == wanted))
            .collect()
    }

    /// At one of its two places, and nowhere else; whether in the trash.
    #[track_caller]
    fn in_trash(&self, name: &str, when: &str) -> bool {
        let places = self.places(name);
        assert_eq!(places.len(), 1, "{when}: {name} is at {places:?}");
        if places[0] == home(name) {
            return false;
        }
        let place = places[0].to_string_lossy().into_owned();
        assert!(
            place.starts_with("/disk/photos/.safelight/trash/2023-11-") && place.ends_with(name),
            "{when}: {place}"
        );
        true
    }

    /// The unit is together at one place, and the catalog says which.
    #[track_caller]
    fn whole(&self, photo: PhotoId, when: &str) -> bool {
        let there: Vec<bool> = UNIT.iter().map(|name| self.in_trash(name, when)).collect();
        assert!(
            there.iter().all(|one| *one == there[0]),
            "{when}: torn apart: {there:?}"
        );
        let row = self.catalog.photo(photo).expect("read").expect("its marks stay");
        assert_eq!(row.missing_since.is_some(), there[0], "{when}");
        assert_eq!(row.safety == Safety::Removed, there[0], "{when}");
        assert_eq!(self.catalog.is_trashed(photo).expect("read"), there[0], "{when}");
        for file in self.catalog.files_of(&[photo]).expect("read") {
            assert!(self.fs.bytes(&file.path).is_some(), "{when}: {}", file.path.display());
        }
        there[0]
    }
}

fn troubles() -> [Trouble; 7] {
    [
        Trouble::Kill,
        Trouble::Stop,
        Trouble::Fail(FsErrorKind::Io),
        Trouble::Fail(FsErrorKind::Full),
        Trouble::Fail(FsErrorKind::Denied),
        Trouble::Fail(FsErrorKind::CrossDevice),
        Trouble::FailDone(FsErrorKind::Io),
    ]
}

/// Runs `act` once for each trouble at each of its calls, until it has no more calls.
fn at_every_call(
    prepare: impl Fn(&World) -> PhotoId,
    act: impl Fn(&World),
    then: impl Fn(&World, PhotoId, &str),
) -> u64 {
    let mut schedules = 0;
    for trouble in troubles() {
        for at in 1.. {
            assert!(at < 500, "it never ends");
            let world = World::new(at);
            let photo = prepare(&world);
            world.fs.count_from_here();
            world.fs.plan(at, trouble.clone());
            let died = caught(|| act(&world)).is_none();
            let calls = world.fs.calls();
            let when = format!("{trouble:?} at call {at}: {:?}", world.fs.trace().last());
            match trouble {
                Trouble::Stop => world.fs.restart(),
                _ => world.fs.restart_program(),
            }
            for name in UNIT {
                world.in_trash(name, &when);
            }
            then(&world, photo, &when);
            schedules += 1;
            if calls < at && !died {
                break;
            }
        }
    }
    schedules
}

#[test]
fn i12_a_move_to_the_trash_that_is_interrupted_anywhere_ends_with_the_photo_whole_at_one_place() {
    let schedules = at_every_call(
        |world| world.photo(UNIT[0]),
        |world| {
            world.move_there(&[world.photo(UNIT[0])]);
        },
        |world, photo, when| {
            let report = world.settle();
            assert!(report.failed.is_empty(), "{when}: {report:?}");
            let there = world.whole(photo, when);
            let scan = world.scan();
            assert_eq!((scan.added, scan.missing, scan.changed), (0, 0, 0), "{when}: {scan:?}");
            assert_eq!(world.whole(photo, when), there, "{when}: a scan moves nothing");
            assert!(!world.in_trash(OTHER, when));
            if there {
                world.undo();
                let report = world.settle();
                assert_eq!((report.put_back, report.failed.len()), (1, 0), "{when}: {report:?}");
            }
            assert!(!world.whole(photo, when), "{when}: it can be put back");
        },
    );
    assert!(schedules > 60, "{schedules}");
}

#[test]
fn a_way_back_that_is_interrupted_anywhere_ends_with_every_file_under_its_name() {
    let schedules = at_every_call(
        |world| {
            let photo = world.photo(UNIT[0]);
            let report = world.move_there(&[photo]);
            assert_eq!(report.moved, 1, "{report:?}");
            assert!(world.whole(photo, "in the trash"));
            photo
        },
        |world| {
            world.undo();
            world.settle();
        },
        |world, photo, when| {
            let report = world.settle();
            assert!(report.failed.is_empty(), "{when}: {report:?}");
            assert!(!world.whole(photo, when), "{when}");
            let scan = world.scan();
            assert_eq!(
                (scan.added, scan.missing, scan.changed, scan.moved),
                (0, 0, 0, 0),
                "{when}: {scan:?}"
            );
        },
    );
    assert!(schedules > 60, "{schedules}");
}

#[test]
fn two_photos_of_one_name_lie_side_by_side_and_come_back_one_after_the_other() {
    let world = World::new(1);
    let first = world.photo(OTHER);
    world.move_there(&[first]);
    world.fs.put(&home(OTHER), b"another photo");
    let scan = world.scan();
    assert_eq!((scan.added, scan.came_back, scan.changed), (1, 0, 0), "{scan:?}");
    let second = world.photo(OTHER);
    assert_ne!(first, second, "another photo, not the trashed one come back");

    // The first cannot come back over the second.
    let entries = world.catalog.trashed(&[TrashState::In]).expect("read");
    world.catalog.begin_put_back(&[entries[0].id]).expect("wanted");
    let report = world.settle();
    assert!(
        report.put_back == 0 && report.failed[0].1.contains("Another file has its name"),
        "{report:?}"
    );
    assert_eq!(
        world.fs.bytes(&home(OTHER)).expect("there").as_slice(),
        b"another photo"
    );
    assert!(world.in_trash(OTHER, "refused"));

    // With the second in the trash too, each comes back whole when the name is free.
    world.move_there(&[second]);
    let entries = world.catalog.trashed(&[TrashState::In]).expect("read");
    assert_eq!(entries.len(), 2);
    world.catalog.begin_put_back(&[entries[0].id]).expect("wanted");
    assert_eq!(world.settle().put_back, 1);
    assert_eq!(world.photo(OTHER), first, "with its marks");
    assert!(!world.in_trash(OTHER, "back"));
    assert!(world.catalog.is_trashed(second).expect("read"));
}

#[test]
fn i12_an_unplugged_disk_stops_the_move_and_nothing_is_concluded() {
    let world = World::new(2);
    let photo = world.photo(UNIT[0]);
    world.fs.unplug(Path::new("/disk"), true);
    let refused = trash::refusals(&world.catalog, &world.fs, &[photo]).expect("read");
    assert!(refused[0].2.contains("disk is away"), "{refused:?}");
    // Written down all the same, as where it is pulled out in between.
    let report = world.move_there(&[photo]);
    assert!(report.moved == 0 && report.failed.len() == 1, "{report:?}");
    world.fs.unplug(Path::new("/disk"), false);
    let report = world.settle();
    assert_eq!(report.moved, 1, "{report:?}");
    assert!(world.whole(photo, "plugged in again"));
    world.fs.unplug(Path::new("/disk"), true);
    world.undo();
    assert_eq!(world.settle().failed.len(), 1);
    world.fs.unplug(Path::new("/disk"), false);
    assert_eq!(world.settle().put_back, 1);
    assert!(!world.whole(photo, "back"));
}

#[test]
fn a_file_written_anew_just_before_the_move_stays_and_so_does_its_photo() {
    let world = World::new(3);
    let photo = world.photo(UNIT[0]);
    world
        .fs
        .meddle(&Meddle::Save(home(UNIT[1]), b"edited meanwhile".to_vec()));
    let report = world.move_there(&[photo]);
    assert!(
        report.moved == 0 && report.failed[0].1.contains("changed since"),
        "{report:?}"
    );
    assert_eq!(
        world.fs.bytes(&home(UNIT[1])).expect("there").as_slice(),
        b"edited meanwhile"
    );
    for name in [UNIT[0], UNIT[2], UNIT[3]] {
        assert!(!world.in_trash(name, "together"));
    }
    world.scan();
    assert!(world.is_here(photo));
}

#[test]
fn what_a_person_moves_out_of_the_trash_by_hand_is_known_again() {
    let world = World::new(4);
    let photo = world.photo(OTHER);
    world.move_there(&[photo]);
    let place = world.places(OTHER).remove(0);
    world
        .fs
        .rename_new(&place, &home("2024/Trip/rescued.JPG"))
        .expect("moved by hand");
    world.scan();
    assert_eq!(world.photo("2024/Trip/rescued.JPG"), photo, "with its marks");
    assert!(world.is_here(photo));
}

#[test]
fn undo_knows_the_order_of_marks_and_moves() {
    use safelight::model::{
        change::{Change, Mark},
        rating::Flag,
    };
    let world = World::new(5);
    let (one, two) = (world.photo(UNIT[0]), world.photo(OTHER));
    let device = DeviceId("0123456789abcdef".to_owned());
    let mark = |photo, flag| {
        let change = Change::Mark {
            photo,
            mark: Mark::Flag(flag),
        };
        world
            .catalog
            .apply(&[change], "A mark", &world.clock, &device)
            .expect("marked");
    };
    let next = |back| world.catalog.next_step_of_all(back).expect("read");
    mark(one, Flag::Pick);
    world.move_there(&[two]);
    mark(one, Flag::Reject);
    assert_eq!(next(true), Some(NextStep::Marks));
    world.catalog.undo(&world.clock, &device).expect("undone");
    world.undo();
    world.settle();
    assert_eq!(next(true), Some(NextStep::Marks));
    world.catalog.undo(&world.clock, &device).expect("undone");
    assert_eq!(next(true), None);
    // And forward again in the same order.
    assert_eq!(next(false), Some(NextStep::Marks));
    world.catalog.redo(&world.clock, &device).expect("redone");
    let Some(NextStep::Files(step, _)) = next(false) else {
        panic!("the move is next")
    };
    world.catalog.turn_file_step(step, false, NOW).expect("turned");
    assert_eq!(world.settle().moved, 1);
    assert!(world.in_trash(OTHER, "again"));
    assert_eq!(next(false), Some(NextStep::Marks));
    // Something new ends what could be redone.
    world.undo();
    world.settle();
    mark(one, Flag::None);
    assert_eq!(next(false), None);
}

#[test]
fn i2_emptying_gives_to_the_systems_trash_and_names_what_it_did_not_take() {
    let world = World::new(6);
    let (one, two) = (world.photo(UNIT[0]), world.photo(OTHER));
    world.move_there(&[one, two]);
    let entries = world.catalog.trashed(&[TrashState::In]).expect("read");
    assert!(entries.iter().all(|entry| !entry.proven), "nothing was backed up");
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    let fs = world.fs.clone();
    let take = move |path: &Path| {
        if path.ends_with("IMG_2.JPG") {
            return Err("no permission".to_owned());
        }
        fs.rename_new(
            path,
            &Path::new("/disk/system-trash").join(path.file_name().expect("a name")),
        )
        .map_err(|error| error.to_string())
    };
    world.fs.make_dirs(Path::new("/disk/system-trash")).expect("made");
    let system = ListedTrash(take, std::sync::Mutex::default());
    let report = trash::empty(&world.catalog, &world.fs, &system, &ids, &Cx::new()).expect("emptied");
    assert_eq!((report.emptied, report.failed.len()), (1, 1), "{report:?}");
    assert!(report.failed[0].1.contains("no permission"));
    for name in UNIT {
        let base = Path::new(name).file_name().expect("a name");
        assert_eq!(
            world.places(name),
            [Path::new("/disk/system-trash").join(base)],
            "kept, elsewhere"
        );
    }
    assert!(world.in_trash(OTHER, "not taken"));
    assert!(!world.catalog.is_trashed(one).expect("read") && world.catalog.is_trashed(two).expect("read"));
    assert!(
        world.catalog.photo(one).expect("read").is_some(),
        "what was said of it is not forgotten"
    );
}

#[test]
fn i11_what_lies_in_the_trash_is_known_again_after_the_catalog_is_lost_and_can_be_put_back() {
    let world = World::new(7);
    world.move_there(&[world.photo(UNIT[0]), world.photo(OTHER)]);
    let dir = tempfile::tempdir().expect("a folder");
    let catalog = Catalog::open(&dir.path().join("catalog.sqlite")).expect("a new catalog");
    catalog.add_root(Path::new(ROOT), 10, NOW).expect("a root");
    let world = World {
        catalog,
        _dir: dir,
        ..world
    };
    assert_eq!(world.scan().added, 0, "a scan does not look in there");
    let root = world.catalog.roots().expect("roots").remove(0);
    let adopt = || trash::adopt(&world.catalog, &world.fs, &world.clock, &root).expect("read");
    assert_eq!((adopt(), adopt()), (2, 0), "each once");
    let entries = world.catalog.trashed(&[TrashState::In]).expect("read");
    let unit = entries
        .iter()
        .find(|entry| entry.files.len() == 4)
        .expect("the unit is one");
    let photo = unit.photo;
    assert!(world.whole(photo, "adopted"));
    assert_eq!(
        world.catalog.next_step_of_all(true).expect("read"),
        None,
        "nobody did this"
    );
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    world.catalog.begin_put_back(&ids).expect("wanted");
    assert_eq!(world.settle().put_back, 2);
    assert!(!world.whole(photo, "back") && !world.in_trash(OTHER, "back"));
    let scan = world.scan();
    assert_eq!((scan.added, scan.missing), (0, 0), "{scan:?}");
    assert_eq!(world.photo(UNIT[1]), photo);
}

/// The program as a person uses it, on real files: there, listed, back, there again, undone, and not emptied by itself.
#[test]
fn the_command_line_moves_lists_puts_back_and_asks_before_it_empties() {
    let dir = tempfile::tempdir().expect("a folder");
    let photos = dir.path().join("photos/2024");
    std::fs::create_dir_all(&photos).expect("made");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples/2024-06 Coast");
    for (from, to) in [("IMG_0001.jpg", "IMG_1.JPG"), ("IMG_0002.jpg", "IMG_2.JPG")] {
        std::fs::copy(sample.join(from), photos.join(to)).expect("copied");
    }
    std::fs::write(photos.join("IMG_1.xmp"), b"<x/>").expect("written");
    let before = |name: &str| std::fs::read(photos.join(name)).expect("there");
    let bytes = [before("IMG_1.JPG"), before("IMG_1.xmp")];
    let program = crate::program::Program::at(&dir.path().join("home"));
    let root = dir.path().join("photos");
    program.run(&["scan".as_ref(), root.as_os_str()]).exits(0);
    program.run(&["mark", "name:IMG_1*", "--flag", "reject"]).exits(0);
    program.run(&["trash"]).exits(2).says("which photos");
    let moved = program.run(&["--json", "trash", "flag:reject"]).exits(0).json();
    assert_eq!(
        (moved["moved"].as_u64(), moved["failed"].as_array().map(Vec::len)),
        (Some(1), Some(0))
    );
    assert!(!photos.join("IMG_1.JPG").exists() && !photos.join("IMG_1.xmp").exists());
    let listed = program.run(&["--json", "trash", "--list"]).exits(0).json();
    assert_eq!(listed["trash"][0]["files"].as_u64(), Some(2), "{listed}");
    assert_eq!(listed["trash"][0]["proven"].as_bool(), Some(false));
    program.run(&["scan"]).exits(0);
    let shown = program.run(&["--json", "list"]).exits(0).out;
    assert!(shown.contains("IMG_2.JPG") && !shown.contains("IMG_1.JPG"), "{shown}");
    program
        .run(&["trash", "--empty"])
        .exits(1)
        .says("1 of them without a proven copy anywhere: IMG_1.JPG");
    program
        .run(&["trash", "--put-back", "nothing-like-it"])
        .exits(2)
        .says("nothing like that");
    program.run(&["trash", "--put-back", "img_1"]).exits(0);
    assert_eq!([before("IMG_1.JPG"), before("IMG_1.xmp")], bytes);
    let shown = program.run(&["--json", "list", "flag:reject"]).exits(0).out;
    assert!(shown.contains("IMG_1.JPG"), "its marks came back with it: {shown}");
    program.run(&["trash", "name:IMG_2*"]).exits(0);
    assert!(!photos.join("IMG_2.JPG").exists());
    program.run(&["undo"]).exits(0);
    assert!(photos.join("IMG_2.JPG").exists());
    program.run(&["redo"]).exits(0);
    assert!(!photos.join("IMG_2.JPG").exists());
    assert!(!photos.join("IMG_2.JPG").exists() && program.run(&["undo"]).exits(0).err.is_empty());
    assert!(photos.join("IMG_2.JPG").exists());
}

#[test]
fn another_file_of_the_same_content_is_not_taken_for_the_trashed_photo() {
    let world = World::new(8);
    let photo = world.photo(OTHER);
    let file = world.catalog.files_of(&[photo]).expect("read").remove(0);
    let stat = world.fs.stat(&file.path).expect("there");
    let content = ContentId::of(&bytes_of(OTHER));
    assert!(world.catalog.set_content(file.id, &stat, content).expect("noted"));
    world.move_there(&[photo]);
    world.fs.put(&home("2024/Trip/from the card.JPG"), &bytes_of(OTHER));
    let scan = world.scan();
    assert_eq!((scan.added, scan.moved), (1, 0), "{scan:?}");
    assert!(world.catalog.is_trashed(photo).expect("read"));
    assert_ne!(world.photo("2024/Trip/from the card.JPG"), photo);
    world.undo();
    assert_eq!(world.settle().put_back, 1);
    let back = world.catalog.files_of(&[photo]).expect("read").remove(0);
    assert_eq!(
        back.content,
        Some(content),
        "what was known of its bytes came back with it"
    );
    assert_eq!(world.scan().changed, 0);
}

#[test]
fn what_waited_to_be_sent_waits_again_when_it_is_back() {
    let world = World::new(9);
    let photo = world.photo(OTHER);
    let store = StoreId("store".to_owned());
    let row = StoreRow {
        id: store.clone(),
        name: "store".to_owned(),
        url: "sim:".to_owned(),
        created_at: NOW,
        counts_override: false,
        device: None,
        config: StoreConfig::default(),
        paused: None,
        pause: None,
        log_segment: 0,
        log_hash: None,
        last_ok: None,
    };
    world.catalog.add_store(&row).expect("a store");
    let file = world.catalog.files_of(&[photo]).expect("read").remove(0);
    world.catalog.enqueue(&store, &[(file.id, 0)]).expect("queued");
    world.move_there(&[photo]);
    assert_eq!(
        world.catalog.queue_counts().expect("read").active,
        0,
        "nothing in the trash is sent"
    );
    assert!(world.catalog.next_job(None, NOW, &[]).expect("read").is_none());
    world.undo();
    world.settle();
    assert_eq!(world.catalog.queue_counts().expect("read").active, 1);
    assert_eq!(
        world.catalog.photo(photo).expect("read").expect("known").safety,
        Safety::Waiting
    );
    assert!(world.catalog.totals().expect("read").add_up());
    // In hand: it stays until that is done.
    let job = world.catalog.next_job(None, NOW, &[]).expect("read").expect("a job");
    world
        .catalog
        .set_job(&job, JobState::Hashing, None, NOW)
        .expect("begun");
    let refused = trash::refusals(&world.catalog, &world.fs, &[photo]).expect("read");
    assert!(refused[0].2.contains("being backed up"), "{refused:?}");
}

/// The real engine, asked faster than it works: undo takes back what was asked for last, although it had not begun yet.
#[test]
fn undo_right_after_a_move_takes_back_the_move_and_not_the_mark_before() {
    use safelight::{
        engine::{Cancel, Home, command::Command, engine::start, pause, samples, snapshot::Snapshot},
        model::{change::Mark, rating::Flag},
        sys::real::RealFs,
    };
    let dir = tempfile::tempdir().expect("a folder");
    let photos = dir.path().join("Photos");
    samples::write_to(&RealFs, &photos).expect("written");
    let engine = start(Home::portable(&dir.path().join("home")), vec![photos]).expect("started");
    let handle = engine.handle();
    let until = |what: &str, is: &dyn Fn(&Snapshot) -> bool| {
        for _ in 0..2400 {
            let now = handle.snapshot();
            if is(&now) {
                return now;
            }
            pause(std::time::Duration::from_millis(50), &Cancel::new());
        }
        panic!("never came: {what}; {:?}", handle.snapshot().notices);
    };
    let all = until("the photos", &|now| now.view.tiles.len() > 25 && now.tasks.is_empty());
    let count = all.view.tiles.len();
    let three: Vec<PhotoId> = all.view.tiles.iter().take(3).map(|tile| tile.id).collect();
    handle.send(Command::Mark {
        photos: vec![three[0]],
        mark: Mark::Flag(Flag::Reject),
    });
    handle.send(Command::Rescan);
    handle.send(Command::Trash(three.clone()));
    handle.send(Command::Undo);
    let now = until("back", &|now| {
        now.notices
            .iter()
            .any(|notice| notice.what.contains("Move 3 photos to the trash"))
            && now.view.tiles.len() == count
            && now.tasks.is_empty()
    });
    let first = now.view.tiles.iter().find(|tile| tile.id == three[0]).expect("there");
    assert_eq!(first.flag, Flag::Reject, "the mark is older than the move");
    handle.send(Command::Redo);
    let now = until("gone again", &|now| {
        now.view.tiles.len() == count - 3 && now.counts.trashed == 3
    });
    assert_eq!(now.undo.as_deref(), Some("Move 3 photos to the trash"));
    assert!(now.totals.add_up());
    handle.send(Command::PutBack(three));
    until("put back", &|now| {
        now.view.tiles.len() == count && now.counts.trashed == 0
    });
    let notices = handle.snapshot().notices.clone();
    assert!(
        notices
            .iter()
            .all(|notice| notice.what.starts_with("Taken back") || notice.what.starts_with("Done again")),
        "{notices:?}"
    );
    engine.stop();
}

#[test]
fn a_sidecar_written_since_the_last_scan_goes_along_and_one_of_another_photo_stays() {
    let world = World::new(10);
    let (unit, other) = (world.photo(UNIT[0]), world.photo(OTHER));
    // With every mark a sidecar is written anew, and may be new altogether.
    world.fs.meddle(&Meddle::Save(home(UNIT[3]), b"<x>marked</x>".to_vec()));
    world.fs.put(&home("2024/Trip/IMG_2.JPG.xmp"), b"<x>new</x>");
    world.fs.put(&home("2024/Trip/IMG_3.JPG.xmp"), b"<x>nobody's</x>");
    trash::take_up_sidecars(&world.catalog, &world.fs, &world.clock, &[unit, other]).expect("read");
    let report = world.move_there(&[unit, other]);
    assert_eq!((report.moved, report.failed.len()), (2, 0), "{report:?}");
    for name in [UNIT[3], "2024/Trip/IMG_2.JPG.xmp"] {
        assert!(world.fs.bytes(&home(name)).is_none(), "{name} went along");
    }
    assert!(world.fs.bytes(&home("2024/Trip/IMG_3.JPG.xmp")).is_some());
    world.undo();
    assert_eq!(world.settle().put_back, 2);
    let text = |name: &str| String::from_utf8_lossy(&world.fs.bytes(&home(name)).expect("back")).into_owned();
    assert_eq!(text(UNIT[3]), "<x>marked</x>");
    assert_eq!(text("2024/Trip/IMG_2.JPG.xmp"), "<x>new</x>");
    let scan = world.scan();
    assert_eq!(
        (scan.changed, scan.missing),
        (2, 0),
        "the one written anew, and the one so young that its stat proves nothing yet: {scan:?}"
    );
    assert_eq!(world.photo("2024/Trip/IMG_2.JPG.xmp"), other);
}
