//! Photos that get another folder, other names or another disk, on a simulated disk that stops, fails and lies at every single
//! call: every file is whole at its old or its new place, a photo's files are together when it is settled, nothing is put
//! over another file, and what a scan sees in between changes nothing.

use crate::sim_world::{caught, temp};
use safelight::{
    catalog::{
        Catalog,
        moves::{MoveState, Place, PlannedMove},
        trash::NextStep,
    },
    library::{
        relocate::{self, MovePlan, MoveReport},
        scan::{ScanOptions, ScanReport, scan_root},
        trash,
    },
    model::{
        change::{Change, Mark},
        content::ContentId,
        id::{DeviceId, PhotoId},
        rating::Rating,
        rename::Pattern,
        time::Timestamp,
    },
    sys::{
        clock::SimClock,
        fs::{Fs as _, FsErrorKind},
        sim::{Meddle, SimFs, Trouble},
        task::Cx,
    },
};
use std::path::{Path, PathBuf};

const ROOT: &str = "/disk/photos";
const STICK: &str = "/stick/photos";
const NOW: Timestamp = Timestamp(1_700_000_000_000 + 10 * 86_400_000);
/// One photo of five files, and two of one.
const UNIT: [&str; 5] = [
    "Trip/IMG_1.CR2",
    "Trip/IMG_1.JPG",
    "Trip/IMG_1.MOV",
    "Trip/IMG_1.CR2.xmp",
    "Trip/IMG_1.xmp",
];
const OTHER: &str = "Trip/IMG_2.JPG";
const THIRD: &str = "Trip/IMG_3.JPG";

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

/// The name of a file of the unit under another stem and folder.
fn there(folder: &Path, stem: &str, name: &str) -> PathBuf {
    folder.join(name.replace("Trip/IMG_1", stem))
}

impl World {
    fn new(seed: u64) -> Self {
        let fs = SimFs::new(seed);
        fs.device(Path::new("/disk"), 10);
        fs.device(Path::new("/stick"), 20);
        fs.make_dirs(Path::new(STICK)).expect("made");
        for name in UNIT.into_iter().chain([OTHER, THIRD]) {
            fs.put(&home(name), &bytes_of(name));
        }
        let dir = temp();
        let catalog = Catalog::open(&dir.path().join("catalog.sqlite")).expect("a catalog");
        catalog.add_root(Path::new(ROOT), 10, NOW).expect("a root");
        catalog.add_root(Path::new(STICK), 20, NOW).expect("a root");
        let world = Self {
            fs,
            catalog,
            clock: SimClock::at(NOW),
            _dir: dir,
        };
        let report = world.scan();
        assert_eq!(report.added, 7, "{report:?}");
        world
    }

    fn scan(&self) -> ScanReport {
        let mut all = ScanReport::default();
        for root in self.catalog.roots().expect("roots") {
            let (cx, options) = (Cx::new(), ScanOptions::default());
            let one =
                scan_root(&self.catalog, &self.fs, &self.clock, &root, &options, &cx, &mut |_| {}).expect("scanned");
            all.added += one.added;
            all.changed += one.changed;
            all.missing += one.missing;
            all.moved += one.moved;
            all.came_back += one.came_back;
        }
        all
    }

    fn photo(&self, name: &str) -> PhotoId {
        self.catalog.photo_at(&home(name)).expect("read").expect("known")
    }

    fn settle(&self) -> MoveReport {
        relocate::settle(&self.catalog, &self.fs, &Cx::new()).expect("the catalog works")
    }

    fn plan_names(&self, photos: &[PhotoId], pattern: &str) -> MovePlan {
        let pattern = Pattern::parse(pattern).expect("a pattern");
        relocate::plan_names(&self.catalog, &self.fs, photos, &pattern, 1, &Cx::new()).expect("planned")
    }

    fn plan_folder(&self, photos: &[PhotoId], dir: &str) -> MovePlan {
        relocate::plan_folder(&self.catalog, &self.fs, photos, Path::new(dir), &Cx::new()).expect("planned")
    }

    fn begin(&self, plan: &MovePlan) -> i64 {
        let moves: Vec<PlannedMove> = plan.units.iter().map(relocate::Unit::planned).collect();
        let begun = self
            .catalog
            .begin_moves(&moves, "Move 1 photo", NOW)
            .expect("written down");
        assert_eq!(begun.left, [], "nothing is against it");
        begun.step.expect("a step")
    }

    fn go(&self, plan: &MovePlan) -> MoveReport {
        self.begin(plan);
        self.settle()
    }

    fn turn(&self, back: bool) {
        match self.catalog.next_step_of_all(back).expect("read") {
            Some(NextStep::Files(step, _)) => self.catalog.turn_file_step(step, back, NOW).expect("turned"),
            other => panic!("{other:?}"),
        }
    }

    /// Every place outside the trash and of finished names that holds these bytes now, and those in a trash.
    fn places(&self, name: &str) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let wanted = bytes_of(name);
        let files = self.fs.files().into_iter();
        files
            .filter(|path| self.fs.bytes(path).is_some_and(|bytes| **bytes == wanted))
            .filter(|path| !path.to_string_lossy().contains(".safelight-tmp-"))
            .partition(|path| !path.to_string_lossy().contains(".safelight/trash/"))
    }

    /// The unit is together at one of two places and the catalog says at which: `true` at the new one.
    #[track_caller]
    fn whole(&self, photo: PhotoId, new: &dyn Fn(&str) -> PathBuf, when: &str) -> bool {
        let at_new: Vec<bool> = UNIT
            .iter()
            .map(|name| {
                let (places, _) = self.places(name);
                assert_eq!(places.len(), 1, "{when}: {name} is at {places:?}");
                assert!(
                    places[0] == home(name) || places[0] == new(name),
                    "{when}: {name} is at {places:?}"
                );
                places[0] == new(name)
            })
            .collect();
        assert!(
            at_new.iter().all(|one| *one == at_new[0]),
            "{when}: torn apart: {at_new:?}"
        );
        self.known(photo, when);
        at_new[0]
    }

    /// The photo has all of its files, each where the catalog says, and its marks.
    #[track_caller]
    fn known(&self, photo: PhotoId, when: &str) {
        let row = self.catalog.photo(photo).expect("read").expect("still the same photo");
        assert_eq!(row.missing_since, None, "{when}: not missing");
        assert_eq!(row.rating.stars(), 4, "{when}: its marks went along");
        let files = self.catalog.files_of(&[photo]).expect("read");
        assert_eq!(files.len(), UNIT.len(), "{when}: {files:?}");
        for file in files {
            assert_eq!(file.missing_since, None, "{when}: {}", file.path.display());
            assert!(self.fs.bytes(&file.path).is_some(), "{when}: {}", file.path.display());
        }
    }

    fn rate(&self, photo: PhotoId) {
        let change = Change::Mark {
            photo,
            mark: Mark::Rating(Rating::new(4).expect("four")),
        };
        let device = DeviceId("0123456789abcdef".to_owned());
        self.catalog
            .apply(&[change], "Rate 1 photo 4 stars", &self.clock, &device)
            .expect("rated");
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
    prepare: &dyn Fn(&World) -> PhotoId,
    act: &dyn Fn(&World, PhotoId),
    then: &dyn Fn(&World, PhotoId, &str),
) -> u64 {
    let mut schedules = 0;
    for trouble in troubles() {
        for at in 1.. {
            assert!(at < 1500, "it never ends");
            let world = World::new(at);
            let unit = world.photo(UNIT[0]);
            world.rate(unit);
            let photo = prepare(&world);
            world.fs.count_from_here();
            world.fs.plan(at, trouble.clone());
            let died = caught(|| act(&world, photo)).is_none();
            let calls = world.fs.calls();
            let when = format!("{trouble:?} at call {at}: {:?}", world.fs.trace().last());
            match trouble {
                Trouble::Stop => world.fs.restart(),
                _ => world.fs.restart_program(),
            }
            for name in UNIT {
                let (places, trashed) = world.places(name);
                assert!(!places.is_empty(), "{when}: {name} is lost but for {trashed:?}");
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

/// What has to hold of a way there and back: settled after any trouble, with a scan before or after it.
fn holds_at_every_call(
    ways: &[(bool, bool)],
    plan: &dyn Fn(&World) -> MovePlan,
    new: &dyn Fn(&str) -> PathBuf,
    at_least: u64,
) {
    for (scan_first, undo) in ways.iter().copied() {
        let prepare = |world: &World| {
            let unit = world.photo(UNIT[0]);
            if undo {
                let report = world.go(&plan(world));
                assert_eq!((report.moved, report.failed.len()), (1, 0), "{report:?}");
                assert!(world.whole(unit, new, "there"));
            }
            unit
        };
        let act = |world: &World, _| {
            if undo {
                world.turn(true);
            } else {
                let planned = plan(world);
                if planned.units.is_empty() {
                    // A disk that cannot be looked at: nothing is begun.
                    return;
                }
                world.begin(&planned);
            }
            world.settle();
        };
        let then = |world: &World, photo: PhotoId, when: &str| {
            let when = &format!("undo {undo}, scan first {scan_first}: {when}");
            if scan_first {
                // The scan of a watcher, in the middle of it: nothing is concluded.
                let scan = world.scan();
                assert_eq!((scan.added, scan.missing), (0, 0), "{when}: {scan:?}");
                let files = world.catalog.files_of(&[photo]).expect("read");
                assert_eq!(files.len(), UNIT.len(), "{when}: the photo was torn apart");
            }
            let report = world.settle();
            assert!(report.failed.is_empty(), "{when}: {report:?}");
            let at_new = world.whole(photo, new, when);
            assert_eq!(
                world.catalog.moving().expect("read"),
                [],
                "{when}: nothing is on its way"
            );
            let scan = world.scan();
            assert_eq!(
                (scan.added, scan.missing, scan.changed, scan.moved),
                (0, 0, 0, 0),
                "{when}: {scan:?}"
            );
            assert_eq!(world.whole(photo, new, when), at_new, "{when}: a scan moves nothing");
            if at_new {
                world.turn(true);
                let report = world.settle();
                assert_eq!((report.back, report.failed.len()), (1, 0), "{when}: {report:?}");
            }
            assert!(!world.whole(photo, new, when), "{when}: it can be taken back");
        };
        let schedules = at_every_call(&prepare, &act, &then);
        assert!(schedules > at_least, "{schedules}");
    }
}

/// Whether a scan comes before the second settling, and whether it is the way back that is troubled.
const ALL_WAYS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];
/// For ways of many calls.
const TWO_WAYS: [(bool, bool); 2] = [(true, false), (false, true)];

#[test]
fn i12_a_rename_that_is_interrupted_anywhere_ends_with_the_photo_whole_under_one_name() {
    holds_at_every_call(
        &ALL_WAYS,
        &|world| world.plan_names(&[world.photo(UNIT[0])], "rome"),
        &|name| there(&home("Trip"), "rome", name),
        100,
    );
}

#[test]
fn i12_a_move_that_is_interrupted_anywhere_ends_with_the_photo_whole_in_one_folder() {
    holds_at_every_call(
        &ALL_WAYS,
        &|world| world.plan_folder(&[world.photo(UNIT[0])], "/disk/photos/Italy/Rome"),
        &|name| there(&home("Italy/Rome"), "IMG_1", name),
        100,
    );
}

#[test]
fn i2_a_move_to_another_disk_that_is_interrupted_anywhere_leaves_the_photo_whole_on_one_of_them() {
    holds_at_every_call(
        &TWO_WAYS,
        &|world| world.plan_folder(&[world.photo(UNIT[0])], "/stick/photos/Rome"),
        &|name| there(Path::new("/stick/photos/Rome"), "IMG_1", name),
        300,
    );
}

#[test]
fn i12_a_name_that_changes_only_its_capitals_survives_every_trouble_too() {
    holds_at_every_call(
        &TWO_WAYS,
        &|world| world.plan_names(&[world.photo(UNIT[0])], "img_1"),
        &|name| there(&home("Trip"), "img_1", name),
        150,
    );
}

#[test]
fn what_was_copied_to_another_disk_lies_in_the_trash_of_the_old_one_and_nothing_is_deleted() {
    let world = World::new(1);
    let photo = world.photo(UNIT[0]);
    world.rate(photo);
    let plan = world.plan_folder(&[photo], "/stick/photos/Rome");
    let report = world.go(&plan);
    assert_eq!((report.moved, report.across), (1, 1), "{report:?}");
    for name in UNIT {
        let (places, trashed) = world.places(name);
        assert_eq!(places, [there(Path::new("/stick/photos/Rome"), "IMG_1", name)]);
        assert_eq!(trashed.len(), 1, "{trashed:?}");
        assert!(trashed[0].starts_with("/disk/photos/.safelight/trash"), "{trashed:?}");
        assert!(trashed[0].ends_with(name), "its old folder is in the path: {trashed:?}");
    }
    let found: Vec<u64> = world
        .catalog
        .roots()
        .expect("roots")
        .iter()
        .map(|root| trash::adopt(&world.catalog, &world.fs, &world.clock, root).expect("read"))
        .collect();
    assert_eq!(found.iter().sum::<u64>(), 1, "one photo to look at in the trash");
    world.known(photo, "moved");
}

#[test]
fn a_copy_that_cannot_be_read_back_as_it_was_written_does_not_count() {
    let world = World::new(2);
    let photo = world.photo(OTHER);
    let plan = world.plan_folder(&[photo], "/stick/photos");
    world.begin(&plan);
    // The stick loses a bit of what was written, just before it is read back.
    let probe = World::new(2);
    probe.begin(&probe.plan_folder(&[probe.photo(OTHER)], "/stick/photos"));
    probe.fs.count_from_here();
    probe.settle();
    let trace = probe.fs.trace();
    let copied = trace
        .iter()
        .position(|call| call.starts_with("copy_attributes"))
        .expect("copied");
    let temp = trace[copied].split_once(' ').expect("a path").1.to_owned();
    world.fs.count_from_here();
    world.fs.plan(
        copied as u64 + 2,
        Trouble::Meddle(Meddle::AppendQuietly(PathBuf::from(&temp), b"!".to_vec())),
    );
    let report = world.settle();
    assert_eq!(report.moved, 0, "{report:?}");
    assert!(report.failed[0].1.contains("read back"), "{report:?}");
    assert_eq!(world.places(OTHER), (vec![home(OTHER)], Vec::new()));
    assert!(
        world.fs.bytes(Path::new(&temp)).is_none(),
        "what does not count is gone"
    );
}

#[test]
fn a_read_only_disk_keeps_its_photos_and_says_why() {
    let world = World::new(3);
    let photo = world.photo(OTHER);
    let plan = world.plan_folder(&[photo], "/stick/photos");
    world.begin(&plan);
    world.fs.count_from_here();
    let first = (1..200).find(|at| {
        // The first folder that is made is that of the trash it would go to.
        let probe = World::new(3);
        probe.begin(&probe.plan_folder(&[probe.photo(OTHER)], "/stick/photos"));
        probe.fs.count_from_here();
        probe.fs.plan(*at, Trouble::Fail(FsErrorKind::ReadOnly));
        probe.settle();
        probe
            .fs
            .trace()
            .get(*at as usize - 1)
            .is_some_and(|call| call.contains(".safelight/trash"))
    });
    world
        .fs
        .plan(first.expect("it is asked"), Trouble::Fail(FsErrorKind::ReadOnly));
    let report = world.settle();
    assert!(
        report.moved == 0 && report.failed[0].1.contains("only be read"),
        "{report:?}"
    );
    assert_eq!(
        world.places(OTHER),
        (vec![home(OTHER)], Vec::new()),
        "nothing was copied for nothing"
    );
    assert_eq!(
        world.catalog.next_step_of_all(true).expect("read"),
        None,
        "nothing to take back"
    );
}

#[test]
fn one_name_that_is_taken_stops_all_files_of_the_photo_and_only_that_photo() {
    let world = World::new(4);
    let (unit, other) = (world.photo(UNIT[0]), world.photo(OTHER));
    world.rate(unit);
    world.fs.put(&home("Rome/img_1.Jpg"), b"another photo");
    let plan = world.plan_folder(&[unit, other], "/disk/photos/Rome");
    assert_eq!(plan.units.len(), 1, "{plan:?}");
    assert_eq!(plan.stays[0].photo, unit);
    assert!(plan.stays[0].why.contains("img_1.Jpg already"), "{:?}", plan.stays);
    // Found only when it is done, after the plan: nothing of the unit is touched either.
    let world = World::new(4);
    let unit = world.photo(UNIT[0]);
    world.rate(unit);
    let plan = world.plan_folder(&[unit], "/disk/photos/Rome");
    world.begin(&plan);
    world.fs.put(&home("Rome/IMG_1.xmp"), b"somebody else's");
    let report = world.settle();
    assert!(
        report.moved == 0 && report.failed[0].1.contains("Another file has that name"),
        "{report:?}"
    );
    assert!(!world.whole(unit, &|name| there(&home("Rome"), "IMG_1", name), "refused"));
    assert_eq!(
        world.fs.bytes(&home("Rome/IMG_1.xmp")).expect("there").as_slice(),
        b"somebody else's"
    );
}

#[test]
fn files_that_would_become_one_photo_with_anothers_are_not_moved_there() {
    let world = World::new(5);
    let (unit, other, third) = (world.photo(UNIT[0]), world.photo(OTHER), world.photo(THIRD));
    // A RAW of that stem lies there: the JPEG would become its developed picture.
    world.fs.put(&home("Rome/IMG_2.CR2"), b"a raw file");
    let plan = world.plan_folder(&[other], "/disk/photos/Rome");
    assert!(
        plan.units.is_empty() && plan.stays[0].why.contains("one photo with IMG_2.CR2"),
        "{plan:?}"
    );
    // The same by new names: two photos of this batch, and one that is there.
    let plan = world.plan_names(&[other, third], "x");
    assert!(plan.stays.iter().any(|one| one.why.contains("{seq}")), "{plan:?}");
    world.fs.put(&home("Trip/b.CR2"), b"a raw file");
    let plan = world.plan_names(&[third], "b");
    assert!(plan.units.is_empty() && plan.stays[0].why.contains("b.CR2"), "{plan:?}");
    // An export of the same stem is a photo of its own and stays one.
    world.fs.put(&home("Trip/IMG_1.PNG"), b"an export");
    world.scan();
    let png = world.photo("Trip/IMG_1.PNG");
    assert_ne!(png, unit);
    world.rate(unit);
    let report = world.go(&world.plan_names(&[unit], "rome"));
    assert_eq!((report.moved, report.failed.len()), (1, 0), "{report:?}");
    assert!(world.whole(unit, &|name| there(&home("Trip"), "rome", name), "renamed"));
    assert_eq!(world.photo("Trip/IMG_1.PNG"), png);
    assert_eq!(world.scan().added, 0);
    world.known(unit, "after a scan");
}

#[test]
fn names_may_be_passed_along_and_exchanged() {
    let world = World::new(6);
    let (two, three) = (world.photo(OTHER), world.photo(THIRD));
    let root = world.catalog.roots().expect("roots").remove(0).id;
    let to = |photo: PhotoId, name: &str| {
        let file = world.catalog.files_of(&[photo]).expect("read").remove(0);
        let place = Place {
            root,
            rel: b"Trip".to_vec(),
            name: name.as_bytes().to_vec(),
        };
        PlannedMove {
            photo,
            stems: Some((b"IMG".to_vec(), b"IMG".to_vec())),
            files: vec![(file.id, place)],
        }
    };
    let swap = [to(two, "IMG_3.JPG"), to(three, "IMG_2.JPG")];
    let step = world.catalog.begin_moves(&swap, "Exchange", NOW).expect("begun").step;
    assert!(step.is_some());
    let report = world.settle();
    assert_eq!((report.moved, report.failed.len()), (2, 0), "{report:?}");
    let places = |name: &str| world.places(name).0;
    assert_eq!((places(OTHER), places(THIRD)), (vec![home(THIRD)], vec![home(OTHER)]));
    assert_eq!((world.photo(THIRD), world.photo(OTHER)), (two, three));
    let scan = world.scan();
    assert_eq!(
        (scan.added, scan.missing, scan.changed, scan.moved),
        (0, 0, 0, 0),
        "{scan:?}"
    );
    world.turn(true);
    let report = world.settle();
    assert_eq!((report.back, report.failed.len()), (2, 0), "{report:?}");
    assert_eq!((places(OTHER), places(THIRD)), (vec![home(OTHER)], vec![home(THIRD)]));
    // A counter that begins one later: each name is the next one's until then.
    let plan = world.plan_names(&[two, three], "IMG_{seq:1}");
    assert_eq!(
        plan.stays.len(),
        2,
        "IMG_1 is another photo's, and so IMG_2 is not free: {plan:?}"
    );
    let pattern = Pattern::parse("IMG_{seq:1}").expect("read");
    let plan =
        relocate::plan_names(&world.catalog, &world.fs, &[two, three], &pattern, 3, &Cx::new()).expect("planned");
    assert_eq!((plan.units.len(), plan.stays.len()), (2, 0), "{plan:?}");
    let report = world.go(&plan);
    assert_eq!((report.moved, report.failed.len()), (2, 0), "{report:?}");
    assert_eq!(
        (places(OTHER), places(THIRD)),
        (vec![home(THIRD)], vec![home("Trip/IMG_4.JPG")])
    );
}

#[test]
fn an_exchange_of_names_that_is_killed_anywhere_is_finished() {
    for at in 1..80 {
        let world = World::new(at);
        let (two, three) = (world.photo(OTHER), world.photo(THIRD));
        world.begin(&world.plan_names(&[two], "spare"));
        world.settle();
        world.begin(&world.plan_names(&[three], "IMG_2"));
        world.settle();
        // Now two is spare and three is IMG_2: exchange them, by hand in the journal.
        let place = |name: &str| Place {
            root: world.catalog.roots().expect("roots")[0].id,
            rel: b"Trip".to_vec(),
            name: name.as_bytes().to_vec(),
        };
        let one = |photo, name| PlannedMove {
            photo,
            stems: None,
            files: vec![(world.catalog.files_of(&[photo]).expect("read")[0].id, place(name))],
        };
        world
            .catalog
            .begin_moves(&[one(two, "IMG_2.JPG"), one(three, "spare.JPG")], "Exchange", NOW)
            .expect("begun");
        world.fs.count_from_here();
        world.fs.plan(at, Trouble::Kill);
        let died = caught(|| world.settle()).is_none();
        world.fs.restart_program();
        let report = world.settle();
        assert!(report.failed.is_empty(), "kill at {at}: {report:?}");
        assert_eq!(world.places(OTHER).0, [home(OTHER)], "kill at {at}");
        assert_eq!(world.places(THIRD).0, [home("Trip/spare.JPG")], "kill at {at}");
        let scan = world.scan();
        assert_eq!((scan.added, scan.missing), (0, 0), "kill at {at}: {scan:?}");
        if !died {
            assert!(at > 10, "{at}");
            return;
        }
    }
    panic!("it never ended");
}

#[test]
fn undo_and_redo_hold_after_the_catalog_was_closed_and_keep_to_the_order_of_marks() {
    let world = World::new(7);
    let photo = world.photo(UNIT[0]);
    let new = |name: &str| there(&home("Trip"), "rome", name);
    world.go(&world.plan_names(&[photo], "rome"));
    world.rate(photo);
    let path = world.catalog.path().to_owned();
    let world = World {
        catalog: Catalog::open(&path).expect("opened again"),
        ..world
    };
    assert!(world.whole(photo, &new, "renamed"));
    let device = DeviceId("0123456789abcdef".to_owned());
    assert_eq!(
        world.catalog.next_step_of_all(true).expect("read"),
        Some(NextStep::Marks)
    );
    world.catalog.undo(&world.clock, &device).expect("undone");
    world.turn(true);
    assert_eq!(world.settle().back, 1);
    let path = world.catalog.path().to_owned();
    let world = World {
        catalog: Catalog::open(&path).expect("opened again"),
        ..world
    };
    world.turn(false);
    assert_eq!(world.settle().moved, 1);
    world.catalog.redo(&world.clock, &device).expect("redone");
    assert!(world.whole(photo, &new, "renamed again"));
    assert_eq!(world.catalog.next_step_of_all(false).expect("read"), None);
}

#[test]
fn what_came_to_the_photo_since_goes_back_with_it() {
    let world = World::new(8);
    let photo = world.photo(OTHER);
    world.go(&world.plan_names(&[photo], "rome"));
    world.fs.put(&home("Trip/rome.JPG.xmp"), b"<x>marked</x>");
    trash::take_up_sidecars(&world.catalog, &world.fs, &world.clock, &[photo]).expect("read");
    world.turn(true);
    let report = world.settle();
    assert_eq!((report.back, report.failed.len()), (1, 0), "{report:?}");
    assert_eq!(
        world
            .fs
            .bytes(&home("Trip/IMG_2.JPG.xmp"))
            .expect("went along")
            .as_slice(),
        b"<x>marked</x>"
    );
    world.turn(false);
    assert_eq!(world.settle().moved, 1);
    assert!(world.fs.bytes(&home("Trip/rome.JPG.xmp")).is_some());
    assert_eq!(world.catalog.files_of(&[photo]).expect("read").len(), 2);
}

#[test]
fn undo_is_refused_with_a_sentence_where_something_is_in_the_way_and_can_be_tried_again() {
    let world = World::new(9);
    let photo = world.photo(OTHER);
    world.go(&world.plan_names(&[photo], "rome"));
    world.fs.put(&home(OTHER), b"from the next card");
    world.turn(true);
    let report = world.settle();
    assert!(
        report.back == 0 && report.failed[0].1.contains("Another file has that name"),
        "{report:?}"
    );
    assert_eq!(
        world.fs.bytes(&home(OTHER)).expect("there").as_slice(),
        b"from the next card"
    );
    assert_eq!(world.places(OTHER).0, [home("Trip/rome.JPG")]);
    world.fs.meddle(&Meddle::Move(home(OTHER), home("Trip/IMG_9.JPG")));
    world.turn(true);
    let report = world.settle();
    assert_eq!(
        (report.back, report.failed.len()),
        (1, 0),
        "the step waited: {report:?}"
    );
    // Moved on by hand since: it is no longer ours to take back.
    world.turn(false);
    world.settle();
    world.fs.make_dirs(&home("Elsewhere")).expect("made");
    world
        .fs
        .meddle(&Meddle::Move(home("Trip/rome.JPG"), home("Elsewhere/mine.JPG")));
    world.scan();
    assert_eq!(world.photo("Elsewhere/mine.JPG"), photo);
    world.turn(true);
    assert_eq!(world.settle(), MoveReport::default());
    let Some(moving) = world.catalog.moving_one(1).expect("read") else {
        panic!("known")
    };
    assert!(moving.state == MoveState::There && moving.note.is_some(), "{moving:?}");
    assert_eq!(world.places(OTHER).0, [home("Elsewhere/mine.JPG")]);
}

#[test]
fn i12_an_unplugged_disk_stops_the_move_and_it_goes_on_when_it_is_back() {
    let world = World::new(10);
    let photo = world.photo(UNIT[0]);
    world.rate(photo);
    world.begin(&world.plan_folder(&[photo], "/stick/photos"));
    world.fs.unplug(Path::new("/stick"), true);
    let report = world.settle();
    assert!(
        report.moved == 0 && report.failed[0].1.contains("disk is away"),
        "{report:?}"
    );
    assert!(world.plan_folder(&[photo], "/stick/photos").units.is_empty());
    let refused = trash::refusals(&world.catalog, &world.fs, &[photo]).expect("read");
    assert!(refused[0].2.contains("being moved"), "{refused:?}");
    world.scan();
    world.known(photo, "a scan in the middle");
    world.fs.unplug(Path::new("/stick"), false);
    assert_eq!(world.settle().moved, 1);
    world.known(photo, "there");
}

#[test]
fn a_person_stops_a_long_move_and_what_has_not_gone_stays() {
    let world = World::new(11);
    let photos = [world.photo(OTHER), world.photo(THIRD)];
    let step = world.begin(&world.plan_folder(&photos, "/disk/photos/Rome"));
    let cx = Cx::new();
    cx.cancel.cancel();
    let report = relocate::settle(&world.catalog, &world.fs, &cx).expect("settled");
    assert!(report.cancelled && report.moved == 0, "{report:?}");
    relocate::turn_back(&world.catalog, step).expect("turned");
    let report = world.settle();
    assert_eq!((report.moved, report.failed.len()), (0, 0), "{report:?}");
    assert_eq!(world.catalog.moving().expect("read"), []);
    assert_eq!(world.places(OTHER).0, [home(OTHER)]);
    assert_eq!(
        world.catalog.next_step_of_all(true).expect("read"),
        None,
        "nothing to take back"
    );
}

#[test]
fn a_file_edited_just_before_goes_along_and_the_next_scan_sees_the_edit() {
    let world = World::new(12);
    let photo = world.photo(OTHER);
    let file = world.catalog.files_of(&[photo]).expect("read").remove(0);
    let stat = world.fs.stat(&file.path).expect("there");
    let content = ContentId::of(&bytes_of(OTHER));
    assert!(world.catalog.set_content(file.id, &stat, content).expect("noted"));
    let plan = world.plan_names(&[photo], "rome");
    world.fs.meddle(&Meddle::Save(home(OTHER), b"edited".to_vec()));
    assert_eq!(world.go(&plan).moved, 1);
    assert_eq!(
        world.fs.bytes(&home("Trip/rome.JPG")).expect("there").as_slice(),
        b"edited"
    );
    let scan = world.scan();
    assert_eq!((scan.changed, scan.added, scan.missing), (1, 0, 0), "{scan:?}");
    let file = world.catalog.files_of(&[photo]).expect("read").remove(0);
    assert_eq!(
        file.content, None,
        "what was known of the old bytes is not said of the new ones"
    );
}

#[test]
fn copies_are_whole_create_only_and_said_where_they_are_there_already() {
    let world = World::new(13);
    let (unit, other) = (world.photo(UNIT[0]), world.photo(OTHER));
    let out = Path::new("/stick/for Ann");
    let copy =
        |photos: &[PhotoId]| relocate::copy_to(&world.catalog, &world.fs, photos, out, &Cx::new()).expect("copied");
    let report = copy(&[unit, other]);
    assert_eq!(
        (report.photos, report.files, report.failed.len()),
        (2, 6, 0),
        "{report:?}"
    );
    for name in UNIT {
        let base = Path::new(name).file_name().expect("a name");
        assert_eq!(
            world.fs.bytes(&out.join(base)).expect("there").as_slice(),
            bytes_of(name)
        );
        assert_eq!(
            world.fs.mtime_ns(&out.join(base)),
            world.fs.mtime_ns(&home(name)),
            "the date is kept"
        );
        assert!(world.fs.bytes(&home(name)).is_some(), "the original stays");
    }
    let report = copy(&[unit, other]);
    assert_eq!((report.photos, report.already), (0, 2), "{report:?}");
    world
        .fs
        .meddle(&Meddle::Save(out.join("IMG_1.xmp"), b"Ann's own words".to_vec()));
    world.fs.meddle(&Meddle::Delete(out.join("IMG_1.JPG")));
    let report = copy(&[unit]);
    assert!(
        report.photos == 0 && report.failed[0].1.contains("there already"),
        "{report:?}"
    );
    assert!(world.fs.bytes(&out.join("IMG_1.JPG")).is_none(), "all of it or nothing");
    assert_eq!(
        world.fs.bytes(&out.join("IMG_1.xmp")).expect("there").as_slice(),
        b"Ann's own words"
    );
    assert_eq!(world.scan().added, 0, "outside of every tree");
}

#[test]
fn a_copy_that_is_interrupted_anywhere_leaves_only_whole_files_under_their_names() {
    let mut schedules = 0;
    for trouble in troubles() {
        for at in 1.. {
            assert!(at < 500, "it never ends");
            let world = World::new(at);
            let unit = world.photo(UNIT[0]);
            let out = Path::new("/stick/out");
            world.fs.count_from_here();
            world.fs.plan(at, trouble.clone());
            let copy =
                || relocate::copy_to(&world.catalog, &world.fs, &[unit], out, &Cx::new()).expect("the catalog works");
            let died = caught(copy).is_none();
            let calls = world.fs.calls();
            match trouble {
                Trouble::Stop => world.fs.restart(),
                _ => world.fs.restart_program(),
            }
            for name in UNIT {
                let path = out.join(Path::new(name).file_name().expect("a name"));
                if let Some(bytes) = world.fs.bytes(&path) {
                    assert_eq!(*bytes, bytes_of(name), "{trouble:?} at {at}: half a file under a name");
                }
                assert_eq!(world.fs.bytes(&home(name)).expect("there").as_slice(), bytes_of(name));
            }
            let report = copy();
            assert_eq!(report.photos + report.already, 1, "{trouble:?} at {at}: {report:?}");
            schedules += 1;
            if calls < at && !died {
                break;
            }
        }
    }
    assert!(schedules > 200, "{schedules}");
}
