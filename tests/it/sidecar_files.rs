//! Sidecars that Safelight writes are files of their photos at once: the next backup takes them along and the status knows them
//! without a scan between, a scan finds nothing new, and the watcher knows our own writing from that of others.

use crate::program::{Program, content, contents, folder_in, noise_jpeg, two_disks};
use crate::world::Dice;
use safelight::{
    catalog::{Catalog, photos::FileRow},
    engine::{
        Cx, Home,
        command::Scope,
        session::{Mode, Session},
    },
    library::{
        scan::{ScanOptions, ScanReport, scan_root},
        sidecar::{NameStyle, SidecarOptions, Tender, sweep},
        watch::all_known,
    },
    model::{
        change::Mark,
        id::{DeviceId, PhotoId},
        photo::Role,
        rating::Rating,
        safety::Safety,
        time::HOUR_MS,
    },
    sys::{
        clock::{Clock as _, RealClock},
        fs::{Entry, Fs, ReadFile, Space, Stat, WriteFile},
        real::{RealFs, canonical},
    },
};
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

fn in_bucket(program: &Program, bucket: &str) -> u64 {
    let status = program.json(&["status"]);
    assert_eq!(status["adds_up"], true, "{status:#}");
    status["buckets"][bucket]["photos"].as_u64().expect("a bucket")
}

#[test]
fn i13_a_backup_right_after_a_mark_holds_the_new_sidecar() {
    let Some((first, other)) = two_disks() else {
        println!("skipped: there is no second disk here");
        return;
    };
    let (near, far) = (folder_in(&first), folder_in(&other));
    let (photos, store) = (near.path().join("photos"), far.path().join("store"));
    fs::create_dir(&photos).expect("made");
    let mut dice = Dice::new(4);
    for name in ["a.jpg", "b.jpg", "c.jpg"] {
        fs::write(photos.join(name), noise_jpeg(&mut dice, 64, 48)).expect("written");
    }
    let program = Program::at(&near.path().join("home"));
    program.run(&["scan".as_ref(), photos.as_os_str()]).exits(0);
    program
        .run(&["store".as_ref(), OsStr::new("add"), "disk".as_ref(), store.as_os_str()])
        .exits(0);
    program.run(&["backup", "--all"]).exits(0);
    assert_eq!(in_bucket(&program, "safe"), 3);

    program.run(&["mark", "--rating", "4", "name:a.jpg"]).exits(0);
    let sidecar = photos.join("a.jpg.xmp");
    let new = content(&sidecar);
    assert_eq!((in_bucket(&program, "safe"), in_bucket(&program, "marks-wait")), (2, 1));
    assert_eq!(
        in_bucket(&program, "only-here"),
        0,
        "the photo itself is as safe as before"
    );
    assert!(!contents(&store).values().any(|held| *held == new));
    let said = program.run(&["status"]).exits(0).out;
    for words in [
        "2 of 3 photos have a proven copy",
        "1 more are proven but for their newest marks",
    ] {
        assert!(said.contains(words), "{said}");
    }
    program.run(&["backup", "--all"]).exits(0);
    assert!(
        contents(&store).values().any(|held| *held == new),
        "the sidecar's bytes are there"
    );
    assert_eq!(in_bucket(&program, "safe"), 3);

    // Once more into the same file, and then taken back.
    program.run(&["mark", "--rating", "2", "name:a.jpg"]).exits(0);
    let newer = content(&sidecar);
    assert_ne!(newer, new);
    assert_eq!(in_bucket(&program, "marks-wait"), 1);
    program.run(&["backup", "--all"]).exits(0);
    assert!(contents(&store).values().any(|held| *held == newer));
    let scanned = program.json(&["scan"]);
    for what in ["added", "changed", "moved", "missing"] {
        assert_eq!(scanned[what], 0, "{what}: {scanned:#}");
    }
    program.run(&["undo", "2"]).exits(0);
    assert!(!sidecar.exists());
    assert_eq!(in_bucket(&program, "safe"), 3);
    let scanned = program.json(&["scan"]);
    for what in ["added", "changed", "moved", "missing"] {
        assert_eq!(scanned[what], 0, "{what}: {scanned:#}");
    }
}

/// A library with photos in it that have never been marked.
struct World {
    session: Session,
    root: PathBuf,
    _dir: tempfile::TempDir,
}

impl World {
    fn new(names: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let root = canonical(dir.path()).expect("found").join("photos");
        fs::create_dir(&root).expect("made");
        let mut dice = Dice::new(5);
        for name in names {
            fs::write(root.join(name), noise_jpeg(&mut dice, 32, 24)).expect("written");
        }
        let session = Session::open(Home::portable(&dir.path().join("home")), Mode::Write, &Cx::new()).expect("opened");
        session.add_root(&root).expect("added");
        session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
        Self {
            session,
            root,
            _dir: dir,
        }
    }

    fn photo(&self, name: &str) -> PhotoId {
        let found = self.session.catalog.photo_at(&self.root.join(name)).expect("read");
        found.unwrap_or_else(|| panic!("{name} is not known"))
    }

    fn mark(&self, name: &str, stars: u8) {
        let mark = Mark::Rating(Rating::new(stars).expect("stars"));
        self.session.mark(&[self.photo(name)], &[mark]).expect("marked");
    }

    fn tend(&self) {
        self.session.tend_sidecars(&Cx::new()).expect("tended");
    }

    fn file(&self, name: &str) -> Option<FileRow> {
        self.session.catalog.file_at(&self.root.join(name)).expect("read")
    }

    fn known(&self, names: &[&str]) -> bool {
        let paths: BTreeSet<PathBuf> = names.iter().map(|name| self.root.join(name)).collect();
        all_known(&self.session.catalog, &RealFs, &paths).expect("read")
    }

    fn scan_on(&self, fs: &dyn Fs) -> ScanReport {
        let catalog: &Catalog = &self.session.catalog;
        let root = catalog.roots().expect("read").remove(0);
        let options = ScanOptions::default();
        scan_root(catalog, fs, &RealClock, &root, &options, &Cx::new(), &mut |_| {}).expect("scanned")
    }

    /// What a scan may not find: anything.
    fn nothing_new(&self, report: &ScanReport) {
        let news = (
            report.added,
            report.changed,
            report.moved,
            report.missing,
            report.came_back,
        );
        assert_eq!(news, (0, 0, 0, 0, 0), "{report:?}");
    }
}

#[test]
fn what_is_written_is_known_as_a_scan_would_know_it() {
    let world = World::new(&["a.jpg", "b.jpg"]);
    world.mark("a.jpg", 3);
    world.tend();
    let row = world.file("a.jpg.xmp").expect("known");
    let stat = RealFs.stat(&world.root.join("a.jpg.xmp")).expect("there");
    assert!(row.same_stat(&stat) && row.racy, "{row:?}");
    assert_eq!((row.photo, row.role), (world.photo("a.jpg"), Role::Sidecar));
    assert_eq!(row.content, Some(content(&world.root.join("a.jpg.xmp"))));
    world.nothing_new(&world.scan_on(&RealFs));
    assert_eq!(world.file("a.jpg.xmp").map(|now| now.id), Some(row.id));
    // Into one that was there before, and away again.
    world.mark("a.jpg", 5);
    world.tend();
    let again = world.file("a.jpg.xmp").expect("known");
    assert_eq!(again.id, row.id);
    assert_ne!(again.content, row.content);
    world.nothing_new(&world.scan_on(&RealFs));
    world.session.undo(2).expect("undone");
    world.tend();
    assert_eq!(world.file("a.jpg.xmp"), None);
    world.nothing_new(&world.scan_on(&RealFs));
    let photo = world.session.catalog.photo(world.photo("a.jpg")).expect("read");
    assert_eq!(photo.map(|photo| photo.safety), Some(Safety::OnlyHere));
    assert_eq!(world.session.photos_of(&Scope::All).expect("read").len(), 2);
}

#[test]
fn the_watcher_knows_our_own_writing_from_that_of_others() {
    let world = World::new(&["a.jpg", "b.jpg"]);
    assert!(!world.known(&["a.jpg"]), "written too shortly ago to be sure of");
    world.mark("a.jpg", 3);
    world.tend();
    assert!(world.known(&["a.jpg.xmp"]));
    assert!(world.known(&["a.jpg.xmp", "never there.xmp"]));
    let sidecar = world.root.join("a.jpg.xmp");
    let ours = fs::read(&sidecar).expect("read");
    fs::write(&sidecar, [ours.as_slice(), b"\n"].concat()).expect("written");
    assert!(!world.known(&["a.jpg.xmp"]), "somebody else's now");
    fs::remove_file(&sidecar).expect("removed");
    assert!(!world.known(&["a.jpg.xmp"]), "gone, and we do not know it");
    fs::write(world.root.join("c.jpg"), "new").expect("written");
    assert!(!world.known(&["c.jpg"]));
    assert!(!world.known(&["a.jpg.xmp", "c.jpg"]));
    // A folder that was moved away with all that is in it.
    let below = world.root.join("below");
    fs::create_dir(&below).expect("made");
    fs::write(below.join("d.jpg"), "picture").expect("written");
    assert!(!world.known(&["below"]));
    world.scan_on(&RealFs);
    fs::remove_dir_all(&below).expect("removed");
    assert!(!world.known(&["below"]));
    world.scan_on(&RealFs);
    assert!(world.known(&["a.jpg.xmp"]), "known to be gone");
}

#[test]
fn i9_leftovers_of_ours_are_swept_when_old_and_nothing_else_ever() {
    let world = World::new(&["a.jpg"]);
    world.mark("a.jpg", 3);
    world.tend();
    let whole = fs::read(world.root.join("a.jpg.xmp")).expect("read");
    let cut = &whole[..whole.len() / 2];
    let cases: [(&str, &[u8], bool); 8] = [
        (".safelight-tmp-0123456789abcdef", cut, true),
        (".safelight-tmp-00000000000000aa", b"", true),
        (".safelight-tmp-aB3x9Z", &[0; 64], true),
        // It may be what another program wrote while we were writing.
        (".safelight-tmp-00000000000000bb", &whole, false),
        (".safelight-tmp-notes.txt", b"mine", false),
        (".safelight-tmp-0123456789ABCDEF", b"", false),
        (".hidden.xmp", b"", false),
        ("0123456789abcdef.xmp", b"", false),
    ];
    for (name, bytes, _) in cases {
        fs::write(world.root.join(name), bytes).expect("written");
    }
    let folder = world.root.join(".safelight-tmp-00000000000000cc");
    fs::create_dir(&folder).expect("made");
    let report = world.scan_on(&RealFs);
    let now = RealClock.now();
    assert_eq!(
        sweep(&RealFs, now, &report.leftovers),
        0,
        "too young: somebody may be writing"
    );
    assert_eq!(sweep(&RealFs, now.plus(23 * HOUR_MS), &report.leftovers), 0);
    assert_eq!(
        sweep(&RealFs, now.plus(25 * HOUR_MS), &report.leftovers),
        3,
        "{:?}",
        report.leftovers
    );
    for (name, bytes, swept) in cases {
        let there = fs::read(world.root.join(name)).ok();
        assert_eq!(there.as_deref(), (!swept).then_some(bytes), "{name}");
    }
    assert!(folder.is_dir());
    // A path that is none of ours is refused whoever gives it.
    assert_eq!(
        sweep(
            &RealFs,
            now.plus(25 * HOUR_MS),
            &[world.root.join(".hidden.xmp"), world.root.join("a.jpg")]
        ),
        0
    );
    assert!(world.root.join("a.jpg").exists());
}

#[test]
fn the_old_text_of_an_interrupted_writing_goes_when_it_is_caught_up() {
    let world = World::new(&["a.jpg", "b.jpg"]);
    world.mark("a.jpg", 3);
    world.tend();
    let old = fs::read(world.root.join("a.jpg.xmp")).expect("read");
    world.mark("a.jpg", 5);
    // Cut off just after the two names were exchanged: the new text is there, and the old one lies beside it.
    let fs = Meanwhile {
        at: Some("unlink"),
        act: Mutex::new(Some(Box::new(|| std::panic::panic_any("cut")))),
    };
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let options = SidecarOptions {
            write: true,
            names: NameStyle::Adobe,
            reject_as_rating: false,
        };
        let tender = Tender {
            catalog: &world.session.catalog,
            fs: &fs,
            clock: &RealClock,
            device: &DeviceId("d".to_owned()),
            options,
        };
        tender.run(false, &Cx::new()).expect("tended")
    }));
    assert!(ended.is_err());
    let leftover = |root: &Path| {
        let names = fs::read_dir(root)
            .expect("listed")
            .map(|entry| entry.expect("an entry").path());
        let mut names = names.filter(|path| path.to_string_lossy().contains(".safelight-tmp-"));
        names.next()
    };
    let left = leftover(&world.root).expect("left");
    assert_eq!(fs::read(&left).expect("read"), old);
    // Somebody else's text under such a name is not ours to take.
    let theirs = world.root.join(".safelight-tmp-00000000000000dd");
    fs::write(&theirs, String::from_utf8(old).expect("text").replace(">3<", ">1<")).expect("written");
    world.tend();
    assert!(!left.exists() && theirs.exists());
    assert!(
        fs::read_to_string(world.root.join("a.jpg.xmp"))
            .expect("read")
            .contains("Rating>5<")
    );
}

/// The machine's file system, on which something happens once: just after a folder was listed, when a scan knows the folder
/// as it was and the catalog as it will be; just before it looks at a file of this name, when it knows both; or just before a
/// file is taken away.
struct Meanwhile<'a> {
    at: Option<&'static str>,
    act: Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

impl Meanwhile<'_> {
    fn happens(&self) {
        let act = self.act.lock().expect("unlocked").take();
        if let Some(act) = act {
            act();
        }
    }
}

macro_rules! passed_on {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        $(fn $name(&self, $($arg: $type),*) -> safelight::sys::fs::Result<$out> {
            RealFs.$name($($arg),*)
        })*
    };
}

impl Fs for Meanwhile<'_> {
    passed_on! {
        open(path: &Path) -> Box<dyn ReadFile>;
        create_new(path: &Path) -> Box<dyn WriteFile>;
        make_dirs(path: &Path) -> ();
        sync_dir(dir: &Path) -> ();
        rename_new(from: &Path, to: &Path) -> ();
        exchange(a: &Path, b: &Path) -> ();
        replace(path: &Path, bytes: &[u8]) -> ();
        space(path: &Path) -> Space;
        copy_attributes(from: &Path, to: &Path) -> ();
        set_mtime(path: &Path, mtime_ns: i64) -> ();
        set_tag(path: &Path, name: &str, value: &[u8]) -> bool;
        tag(path: &Path, name: &str) -> Option<Vec<u8>>;
    }

    fn list(&self, dir: &Path, each: &mut dyn FnMut(Entry)) -> safelight::sys::fs::Result<()> {
        RealFs.list(dir, each)?;
        if self.at.is_none() {
            self.happens();
        }
        Ok(())
    }

    fn unlink(&self, path: &Path) -> safelight::sys::fs::Result<()> {
        if self.at == Some("unlink") {
            self.happens();
        }
        RealFs.unlink(path)
    }

    fn stat(&self, path: &Path) -> safelight::sys::fs::Result<Stat> {
        if self.at.is_some_and(|name| path.ends_with(name)) {
            self.happens();
        }
        RealFs.stat(path)
    }
}

#[test]
fn i12_a_scan_beside_the_writing_takes_nothing_for_gone_or_changed() {
    let world = World::new(&["a.jpg", "b.jpg", "c.jpg"]);
    world.mark("a.jpg", 3);
    world.mark("c.jpg", 1);
    world.tend();
    let before = world.file("a.jpg.xmp").expect("known");
    // One sidecar is new, one is written again, one goes, all after the walk has looked.
    world.mark("a.jpg", 4);
    world.mark("b.jpg", 5);
    world.mark("c.jpg", 0);
    let fs = Meanwhile {
        at: None,
        act: Mutex::new(Some(Box::new(|| world.tend()))),
    };
    let report = world.scan_on(&fs);
    assert_eq!((report.missing, report.changed, report.moved), (0, 0, 0), "{report:?}");
    for name in ["a.jpg.xmp", "b.jpg.xmp"] {
        let row = world.file(name).expect("known");
        let stat = RealFs.stat(&world.root.join(name)).expect("there");
        assert!(row.same_stat(&stat) && row.missing_since.is_none(), "{name}: {row:?}");
        assert_eq!(row.content, Some(content(&world.root.join(name))), "{name}");
    }
    assert_eq!(world.file("a.jpg.xmp").map(|now| now.id), Some(before.id));
    world.nothing_new(&world.scan_on(&RealFs));
    assert!(world.session.catalog.totals().expect("read").add_up());
}

#[test]
fn a_scan_and_the_writing_may_meet_at_a_new_name() {
    // A sidecar that nobody knows yet is written into after the scan has compared its folder with the catalog.
    let world = World::new(&["a.jpg", "b.jpg"]);
    world.mark("b.jpg", 2);
    world.tend();
    let (fresh, changed) = (world.root.join("a.jpg.xmp"), world.root.join("b.jpg.xmp"));
    let theirs = fs::read_to_string(&changed).expect("read").replace(">2<", ">3<");
    fs::write(&changed, &theirs).expect("written");
    // It says nothing of the stars, so that there is nothing to settle.
    let silent = theirs.replace("<xmp:Rating>3</xmp:Rating>", "<xmp:Nickname>n</xmp:Nickname>");
    assert_ne!(silent, theirs);
    fs::write(&fresh, silent).expect("written");
    world.mark("a.jpg", 5);
    let meet = Meanwhile {
        at: Some("b.jpg.xmp"),
        act: Mutex::new(Some(Box::new(|| world.tend()))),
    };
    world.scan_on(&meet);
    assert!(meet.act.lock().expect("unlocked").is_none(), "they met");
    let written = fs::read_to_string(&fresh).expect("read");
    assert!(
        written.contains("Rating>5<") && written.contains("Nickname"),
        "{written}"
    );
    let row = world.file("a.jpg.xmp").expect("known");
    assert_eq!(row.photo, world.photo("a.jpg"));
    assert!(row.same_stat(&RealFs.stat(&fresh).expect("there")), "{row:?}");
    world.tend();
    world.scan_on(&RealFs);
    world.nothing_new(&world.scan_on(&RealFs));
    assert!(world.session.catalog.totals().expect("read").add_up());
}
