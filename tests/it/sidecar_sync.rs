//! The catalog and sidecars kept in step over real folders: names, both directions, conflicts, undo to the byte, troubles that
//! cost one photo a note and nothing else, and, on a simulated disk, a crash at every call of one writing.

use safelight::{
    catalog::{Catalog, photos::FileFacts, sidecars::SidecarCounts},
    library::{
        annotate::Annotator,
        facts::read_facts,
        scan::{ScanOptions, scan_root},
        sidecar::{NameStyle, Replaced, SidecarOptions, SidecarReport, Tender, put},
    },
    media::{facts, limits::Limits},
    model::{
        change::{Mark, Marks},
        id::{DeviceId, PhotoId},
        position::Position,
        rating::{ColorLabel, Flag, Rating},
        sidecar::Field,
    },
    sys::{
        clock::{Clock as _, RealClock, SimClock},
        fs::{Fs as _, FsErrorKind},
        real::{RealFs, canonical},
        sim::{Killed, Meddle, SimFs, Trouble},
        task::Cx,
    },
};
use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::Command,
};

struct World {
    catalog: Option<Catalog>,
    clock: SimClock,
    device: DeviceId,
    options: SidecarOptions,
    root: PathBuf,
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let root = canonical(dir.path()).expect("found").join("photos");
        std::fs::create_dir(&root).expect("made");
        Self {
            catalog: Some(Catalog::open(&dir.path().join("catalog.sqlite")).expect("opened")),
            clock: SimClock::at(RealClock.now().plus(60_000)),
            device: DeviceId("d1".to_owned()),
            options: SidecarOptions {
                write: true,
                names: NameStyle::Adobe,
                reject_as_rating: false,
            },
            root,
            dir,
        }
    }

    fn catalog(&self) -> &Catalog {
        self.catalog.as_ref().expect("open")
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root.join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.root.join(name)).ok()
    }

    fn text(&self, name: &str) -> String {
        let bytes = self
            .read(name)
            .unwrap_or_else(|| panic!("{name} is not there: {:?}", self.names()));
        String::from_utf8(bytes).expect("text")
    }

    fn names(&self) -> Vec<String> {
        self.all().into_keys().collect()
    }

    fn all(&self) -> BTreeMap<String, Vec<u8>> {
        std::fs::read_dir(&self.root)
            .expect("listed")
            .map(|entry| entry.expect("an entry"))
            .map(|entry| {
                let bytes = std::fs::read(entry.path()).expect("read");
                (entry.file_name().to_string_lossy().into_owned(), bytes)
            })
            .collect()
    }

    fn scan(&self) {
        let stat = RealFs.stat(&self.root).expect("there");
        let root = self
            .catalog()
            .add_root(&self.root, stat.dev, self.clock.now())
            .expect("added")
            .root()
            .clone();
        let cx = Cx::new();
        scan_root(
            self.catalog(),
            &RealFs,
            &self.clock,
            &root,
            &ScanOptions::default(),
            &cx,
            &mut |_| {},
        )
        .expect("scanned");
        let read = |mut open: &mut dyn safelight::sys::fs::ReadFile, file: &safelight::catalog::photos::FileRow| {
            let facts = facts::read_facts(&mut open, file.size, &Limits::default())?;
            Ok(FileFacts::Read(Box::new(facts)))
        };
        read_facts(self.catalog(), &RealFs, &read, &cx, &mut |_| {}).expect("facts");
    }

    fn tend(&self) -> SidecarReport {
        self.tender().run(false, &Cx::new()).expect("tended")
    }

    fn tender(&self) -> Tender<'_> {
        Tender {
            catalog: self.catalog(),
            fs: &RealFs,
            clock: &self.clock,
            device: &self.device,
            options: self.options,
        }
    }

    /// What the window does: a look at the disk, then sidecars.
    fn step(&self) -> SidecarReport {
        self.scan();
        self.tend()
    }

    fn photo(&self, name: &str) -> PhotoId {
        let found = self.catalog().photo_at(&self.root.join(name)).expect("looked up");
        found.unwrap_or_else(|| panic!("{name} is not known"))
    }

    fn marks(&self, name: &str) -> Marks {
        self.catalog().marks(self.photo(name)).expect("read").expect("a photo")
    }

    fn mark(&self, name: &str, mark: Mark) {
        let annotator = Annotator {
            catalog: self.catalog(),
            clock: &self.clock,
            device: &self.device,
        };
        annotator.mark(&[self.photo(name)], &mark).expect("marked");
    }

    fn rate(&self, name: &str, stars: u8) {
        self.mark(name, Mark::Rating(Rating::new(stars).expect("stars")));
    }

    fn undo(&self) -> Option<String> {
        self.catalog().undo(&self.clock, &self.device).expect("undone")
    }

    fn counts(&self) -> SidecarCounts {
        self.catalog().sidecar_counts().expect("counted")
    }

    fn note(&self, name: &str) -> Option<String> {
        self.catalog()
            .sidecar_of(self.photo(name))
            .expect("read")
            .and_then(|row| row.note)
    }

    fn settle(&self, name: &str, fields: &[(Field, bool)]) {
        let photo = self.photo(name);
        self.catalog()
            .settle_sidecar(photo, fields, "Settle", &self.clock, &self.device)
            .expect("settled");
    }

    /// As after a kill: nothing is written to an end, the catalog is opened again.
    fn restarted(mut self) -> Self {
        drop(self.catalog.take());
        self.catalog = Some(Catalog::open(&self.dir.path().join("catalog.sqlite")).expect("opened"));
        self
    }
}

fn xmp(inside: &str) -> Vec<u8> {
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n \
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n  <rdf:Description rdf:about=\"\"\n    \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n    xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n    \
         xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\"\n    xmlns:darktable=\"http://darktable.sf.net/\"\n   \
         {inside}\n  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n"
    )
    .into_bytes()
}

fn stars(marks: &Marks) -> u8 {
    marks.rating.stars()
}

#[test]
fn i4_new_sidecars_have_the_names_that_other_programs_look_for() {
    let world = World::new();
    for name in [
        "lone.CR2", "pair.CR2", "pair.JPG", "one.jpg", "same.NEF", "same.png", "clip.mp4",
    ] {
        world.put(name, name.as_bytes());
    }
    let before = world.all();
    world.step();
    for name in ["lone.CR2", "pair.JPG", "one.jpg", "same.NEF", "same.png", "clip.mp4"] {
        world.rate(name, 3);
    }
    assert_eq!(world.step().written, 6);
    let new: Vec<String> = world
        .names()
        .into_iter()
        .filter(|name| !before.contains_key(name))
        .collect();
    assert_eq!(
        new,
        [
            "clip.mp4.xmp",
            "lone.xmp",
            "one.jpg.xmp",
            "pair.CR2.xmp",
            "same.NEF.xmp",
            "same.png.xmp"
        ]
    );
    assert!(world.text("lone.xmp").contains("SidecarForExtension>CR2<"));
    assert!(
        before
            .iter()
            .all(|(name, bytes)| world.read(name).as_ref() == Some(bytes)),
        "originals are untouched"
    );
    let full = World {
        options: SidecarOptions {
            names: NameStyle::Full,
            ..world.options
        },
        ..World::new()
    };
    full.put("lone.CR2", b"raw");
    full.step();
    full.rate("lone.CR2", 1);
    full.tend();
    assert_eq!(full.names(), ["lone.CR2", "lone.CR2.xmp"]);
}

#[test]
fn marks_go_out_and_come_in_and_other_bytes_stay() {
    let world = World::new();
    world.put("a.CR2", b"raw");
    let theirs = xmp("xmp:Rating=\"2\" darktable:history_end=\"3\">\n   <!-- kept -->");
    world.put("a.CR2.XMP", &theirs);
    assert_eq!(world.step().read, 1);
    assert_eq!(stars(&world.marks("a.CR2")), 2);
    assert_eq!(
        world.undo(),
        None,
        "what was there at the first look is no step to take back"
    );
    assert_eq!(world.read("a.CR2.XMP"), Some(theirs.clone()), "reading writes nothing");
    world.rate("a.CR2", 4);
    world.mark("a.CR2", Mark::AddKeyword("Places/Rome".to_owned()));
    assert_eq!(world.tend().written, 1);
    assert_eq!(
        world.names(),
        ["a.CR2", "a.CR2.XMP"],
        "an existing sidecar keeps its name"
    );
    let text = world.text("a.CR2.XMP");
    assert!(
        text.contains("xmp:Rating=\"4\" darktable:history_end=\"3\">\n   <!-- kept -->"),
        "{text}"
    );
    assert!(text.contains("Places|Rome") && text.contains("Places/Rome"), "{text}");
    assert_eq!(world.step().written, 0, "what is in step is left alone");
    // Another program changes one thing and adds a keyword.
    world.put(
        "a.CR2.XMP",
        text.replace("Rating=\"4\"", "Rating=\"5\"")
            .replace(">Rome<", ">Rome</rdf:li><rdf:li>new<")
            .as_bytes(),
    );
    assert_eq!(world.step().read, 1);
    let marks = world.marks("a.CR2");
    assert_eq!(stars(&marks), 5);
    assert_eq!(marks.keywords.into_iter().collect::<Vec<_>>(), ["Places/Rome", "new"]);
    assert_eq!(world.undo().as_deref(), Some("Read marks of 1 photo from its sidecar"));
    world.tend();
    assert_eq!(stars(&world.marks("a.CR2")), 4);
    assert!(world.text("a.CR2.XMP").contains("xmp:Rating=\"4\""));
    assert!(!world.text("a.CR2.XMP").contains(">new<"));
}

#[test]
fn undoing_everything_brings_back_every_byte() {
    let world = World::new();
    world.put("a.CR2", b"raw");
    world.put("b.jpg", b"picture");
    world.put(
        "a.xmp",
        &xmp("xmp:Rating=\"2\">\n   <dc:subject><rdf:Bag><rdf:li>x</rdf:li><rdf:li>y</rdf:li></rdf:Bag></dc:subject>"),
    );
    world.step();
    let before = world.all();
    let marks = [
        Mark::RemoveKeyword("x".to_owned()),
        Mark::Flag(Flag::Reject),
        Mark::Label(ColorLabel::Blue),
        Mark::Title("T".to_owned()),
        Mark::AddKeyword("a/b".to_owned()),
        Mark::Rating(Rating::default()),
    ];
    for mark in &marks {
        for name in ["a.CR2", "b.jpg"] {
            world.mark(name, mark.clone());
        }
        world.step();
    }
    assert_ne!(world.all(), before);
    assert!(world.read("b.jpg.xmp").is_some());
    while world.undo().is_some() {
        world.tend();
    }
    assert_eq!(world.all(), before);
}

#[test]
fn a_conflict_is_settled_field_by_field() {
    for settle_for_theirs in [true, false] {
        let world = World::new();
        world.put("a.jpg", b"picture");
        world.put("a.jpg.xmp", &xmp("xmp:Rating=\"2\" xmp:Label=\"Red\">"));
        world.step();
        world.rate("a.jpg", 3);
        world.mark("a.jpg", Mark::Title("ours".to_owned()));
        let theirs = xmp("xmp:Rating=\"5\" xmp:Label=\"Blue\">");
        world.put("a.jpg.xmp", &theirs);
        world.step();
        let marks = world.marks("a.jpg");
        assert_eq!(
            (stars(&marks), marks.label),
            (3, ColorLabel::Blue),
            "what only they changed is taken"
        );
        assert_eq!(world.counts().conflicts, 1);
        let text = world.text("a.jpg.xmp");
        assert!(
            text.contains("xmp:Rating=\"5\"") && text.contains(">ours<"),
            "only the conflict waits: {text}"
        );
        let open = world.catalog().open_sidecars(10).expect("open");
        let conflict = open[0].conflict.clone().expect("a conflict");
        assert_eq!(conflict.fields, [Field::Rating]);
        assert_eq!(Field::Rating.text(&conflict.theirs), "5 stars");
        // It outlives other work on the photo.
        world.mark("a.jpg", Mark::Caption("more".to_owned()));
        world.step();
        assert_eq!(world.counts().conflicts, 1);
        world.settle("a.jpg", &[(Field::Rating, settle_for_theirs)]);
        world.step();
        let stars_now = if settle_for_theirs { 5 } else { 3 };
        assert_eq!(stars(&world.marks("a.jpg")), stars_now);
        assert!(world.text("a.jpg.xmp").contains(&format!("xmp:Rating=\"{stars_now}\"")));
        assert_eq!(world.counts(), SidecarCounts::default());
    }
}

/// A mark given while the question is open is no answer to it: whatever it is, what the sidecar says is not thrown away, and
/// not taken either, before the person has seen both.
#[test]
fn a_conflict_stays_asked_whatever_is_marked_meanwhile() {
    for write in [true, false] {
        let mut world = World::new();
        world.options.write = write;
        world.put("a.jpg", b"picture");
        world.put("a.jpg.xmp", &xmp("xmp:Rating=\"1\" xmp:Label=\"Red\">"));
        world.step();
        world.rate("a.jpg", 2);
        world.mark("a.jpg", Mark::Label(ColorLabel::Green));
        let theirs = xmp("xmp:Rating=\"4\" xmp:Label=\"Blue\">");
        world.put("a.jpg.xmp", &theirs);
        world.step();
        assert_eq!(world.counts().conflicts, 1);
        // Another value, none at all, and the one that both sides once had.
        for stars_now in [5, 0, 1, 3] {
            world.rate("a.jpg", stars_now);
            world.step();
            assert_eq!(stars(&world.marks("a.jpg")), stars_now, "the mark holds here");
            let open = world.catalog().open_sidecars(10).expect("open");
            let conflict = open.first().and_then(|one| one.conflict.clone());
            let conflict = conflict.unwrap_or_else(|| panic!("{stars_now} stars settled it silently"));
            let mut fields = conflict.fields;
            fields.sort();
            assert_eq!(fields, [Field::Rating, Field::Label]);
            assert_eq!(Field::Rating.text(&conflict.theirs), "4 stars");
            assert_eq!(
                world.read("a.jpg.xmp"),
                Some(theirs.clone()),
                "and the sidecar is left alone"
            );
        }
        // Who marks what the sidecar says has answered, for that field alone.
        world.rate("a.jpg", 4);
        world.step();
        let open = world.catalog().open_sidecars(10).expect("open");
        assert_eq!(open[0].conflict.clone().expect("the label").fields, [Field::Label]);
    }
}

#[test]
fn hostile_sidecars_cost_one_photo_a_note_and_are_never_overwritten() {
    let good = xmp("xmp:Rating=\"4\">");
    let deep = format!("{}{}", "<a>".repeat(90), "</a>".repeat(90)).into_bytes();
    let bomb = b"<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>".to_vec();
    let outside = b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>".to_vec();
    let cut = good[..good.len() / 2].to_vec();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("bomb", bomb),
        ("outside", outside),
        ("deep", deep),
        ("large", vec![b' '; 100_000_000]),
        ("broken", b"<a>\xFF\x80</a>".to_vec()),
        ("root", b"<html/>".to_vec()),
        ("empty", Vec::new()),
        ("cut", cut),
        ("latin", b"<?xml version='1.0' encoding='ISO-8859-1'?><x/>".to_vec()),
    ];
    let world = World::new();
    world.put("good.jpg", b"picture");
    world.put("good.jpg.xmp", &good);
    for (name, bytes) in &cases {
        world.put(&format!("{name}.jpg"), name.as_bytes());
        world.put(&format!("{name}.jpg.xmp"), bytes);
    }
    world.step();
    for (name, _) in &cases {
        world.rate(&format!("{name}.jpg"), 3);
    }
    world.step();
    assert_eq!(stars(&world.marks("good.jpg")), 4);
    for (name, bytes) in &cases {
        let note = world.note(&format!("{name}.jpg"));
        assert!(
            note.as_ref().is_some_and(|note| note.contains("left as it is")),
            "{name}: {note:?}"
        );
        assert_eq!(world.read(&format!("{name}.jpg.xmp")).as_ref(), Some(bytes), "{name}");
        assert_eq!(
            stars(&world.marks(&format!("{name}.jpg"))),
            3,
            "{name}: the mark itself is safe"
        );
    }
    assert_eq!(world.counts().troubles, cases.len() as u64);
    // Made good by whoever broke it, it is read and written again.
    world.put("cut.jpg.xmp", &xmp("xmp:Label=\"Red\">"));
    world.step();
    assert_eq!(world.note("cut.jpg"), None);
    assert_eq!(world.marks("cut.jpg").label, ColorLabel::Red);
    assert!(
        world.text("cut.jpg.xmp").contains("Rating"),
        "{}",
        world.text("cut.jpg.xmp")
    );
}

#[test]
fn what_is_write_protected_stays_so() {
    let world = World::new();
    let protect = |name: &str, mode: u32| {
        std::fs::set_permissions(world.root.join(name), std::fs::Permissions::from_mode(mode)).expect("set");
    };
    world.put("a.jpg", b"picture");
    let theirs = xmp("xmp:Rating=\"2\">");
    world.put("a.jpg.xmp", &theirs);
    protect("a.jpg.xmp", 0o444);
    world.put("l.jpg", b"linked");
    std::os::unix::fs::symlink("a.jpg.xmp", world.root.join("l.jpg.xmp")).expect("linked");
    world.step();
    assert_eq!(stars(&world.marks("a.jpg")), 2, "it can be read");
    world.rate("a.jpg", 3);
    world.rate("l.jpg", 3);
    world.step();
    assert!(world.note("a.jpg").is_some_and(|note| note.contains("write-protected")));
    assert!(world.note("l.jpg").is_some_and(|note| note.contains("link")));
    assert_eq!(world.read("a.jpg.xmp"), Some(theirs));
    // The person lifts it, and writes all now.
    protect("a.jpg.xmp", 0o644);
    world.catalog().look_at_all_sidecars().expect("asked");
    world.tender().run(true, &Cx::new()).expect("tended");
    assert!(world.text("a.jpg.xmp").contains("xmp:Rating=\"3\""));
    world.put("b.jpg", b"b");
    world.step();
    world.rate("b.jpg", 3);
    protect("", 0o555);
    world.tend();
    protect("", 0o755);
    assert!(
        world
            .note("b.jpg")
            .is_some_and(|note| note.contains("folder is write-protected"))
    );
    assert_eq!(world.read("b.jpg.xmp"), None);
}

#[test]
fn two_sidecars_that_disagree_are_left_alone_and_two_that_agree_are_both_written() {
    let world = World::new();
    world.put("a.CR2", b"raw");
    let (long, short) = (xmp("xmp:Rating=\"2\">"), xmp("xmp:Rating=\"5\">"));
    world.put("a.CR2.xmp", &long);
    world.put("a.xmp", &short);
    world.put("b.CR2", b"other");
    world.put("b.CR2.xmp", &xmp("xmp:Rating=\"2\" darktable:history_end=\"1\">"));
    world.put("b.xmp", &xmp("xmp:Rating=\"2\">"));
    world.step();
    world.mark("a.CR2", Mark::Flag(Flag::Pick));
    world.rate("b.CR2", 4);
    world.step();
    let note = world.note("a.CR2").expect("a note");
    assert!(note.contains("a.CR2.xmp and a.xmp disagree about its rating"), "{note}");
    assert_eq!(
        (world.read("a.CR2.xmp"), world.read("a.xmp")),
        (Some(long), Some(short))
    );
    for name in ["b.CR2.xmp", "b.xmp"] {
        assert!(
            world.text(name).contains("xmp:Rating=\"4\""),
            "darktable reads one, Lightroom the other"
        );
    }
    // A sidecar that Adobe made for another file of the stem is not this photo's.
    world.put("c.jpg", b"picture");
    let other = xmp("xmp:Rating=\"5\" photoshop:SidecarForExtension=\"CR2\">");
    world.put("c.xmp", &other);
    world.step();
    assert_eq!(stars(&world.marks("c.jpg")), 0);
    world.rate("c.jpg", 1);
    world.step();
    assert_eq!(world.read("c.xmp"), Some(other));
    assert!(world.read("c.jpg.xmp").is_some());
}

#[test]
fn a_sidecar_that_loses_its_silence_or_its_file_takes_no_mark_away() {
    let world = World::new();
    world.put("a.jpg", b"picture");
    world.put("a.jpg.xmp", &xmp("xmp:Rating=\"2\" xmp:Label=\"Red\">"));
    world.step();
    std::fs::remove_file(world.root.join("a.jpg.xmp")).expect("removed");
    world.step();
    assert_eq!(
        stars(&world.marks("a.jpg")),
        2,
        "a sidecar that is gone takes nothing along"
    );
    assert_eq!(world.names(), ["a.jpg"], "and does not come back by itself");
    world.rate("a.jpg", 3);
    world.step();
    assert!(world.text("a.jpg.xmp").contains("Red"), "a new one says everything");
    // A program that clears a mark is believed; one that never spoke of it is not.
    world.put("a.jpg.xmp", &xmp("darktable:history_end=\"1\">"));
    world.step();
    assert_eq!(
        (stars(&world.marks("a.jpg")), world.marks("a.jpg").label),
        (0, ColorLabel::None)
    );
}

#[test]
fn sidecars_catch_up_after_a_kill() {
    let world = World::new();
    for n in 0..20 {
        world.put(&format!("{n}.jpg"), b"picture");
    }
    world.step();
    for n in 0..20 {
        world.rate(&format!("{n}.jpg"), 1 + n % 5);
    }
    let world = world.restarted();
    assert_eq!(world.counts().waiting, 20);
    assert_eq!(world.tend().written, 20);
    for n in 0..20 {
        assert!(
            world
                .text(&format!("{n}.jpg.xmp"))
                .contains(&format!("Rating>{}<", 1 + n % 5))
        );
    }
    assert_eq!(world.counts(), SidecarCounts::default());
}

/// The machine's file system, on which something happens just before the first new file is put in its place.
struct Meanwhile<'a> {
    act: std::sync::Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

macro_rules! passed_on {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        $(fn $name(&self, $($arg: $type),*) -> safelight::sys::fs::Result<$out> {
            RealFs.$name($($arg),*)
        })*
    };
}

impl safelight::sys::fs::Fs for Meanwhile<'_> {
    passed_on! {
        stat(path: &Path) -> safelight::sys::fs::Stat;
        list(dir: &Path, each: &mut dyn FnMut(safelight::sys::fs::Entry)) -> ();
        open(path: &Path) -> Box<dyn safelight::sys::fs::ReadFile>;
        create_new(path: &Path) -> Box<dyn safelight::sys::fs::WriteFile>;
        make_dirs(path: &Path) -> ();
        sync_dir(dir: &Path) -> ();
        exchange(a: &Path, b: &Path) -> ();
        replace(path: &Path, bytes: &[u8]) -> ();
        unlink(path: &Path) -> ();
        space(path: &Path) -> safelight::sys::fs::Space;
        copy_attributes(from: &Path, to: &Path) -> ();
        set_mtime(path: &Path, mtime_ns: i64) -> ();
        set_tag(path: &Path, name: &str, value: &[u8]) -> bool;
        tag(path: &Path, name: &str) -> Option<Vec<u8>>;
    }

    fn rename_new(&self, from: &Path, to: &Path) -> safelight::sys::fs::Result<()> {
        let act = self.act.lock().expect("unlocked").take();
        RealFs.rename_new(from, to)?;
        if let Some(act) = act {
            act();
        }
        Ok(())
    }
}

#[test]
fn our_own_writing_is_never_taken_for_somebody_elses() {
    // An undo while the sidecar is being written, and a kill between the sidecar and the catalog.
    for killed in [false, true] {
        let world = World::new();
        world.put("a.jpg", b"picture");
        world.step();
        world.rate("a.jpg", 4);
        let fs = Meanwhile {
            act: std::sync::Mutex::new(Some(Box::new(|| {
                if killed {
                    std::panic::panic_any(Killed);
                }
                assert!(world.undo().is_some());
            }))),
        };
        let tender = Tender {
            fs: &fs,
            ..world.tender()
        };
        let ended = catch_unwind(AssertUnwindSafe(|| tender.run(false, &Cx::new()).expect("tended")));
        assert_eq!(ended.is_err(), killed);
        drop(fs);
        if killed {
            assert!(world.text("a.jpg.xmp").contains("Rating>4<"));
            assert!(world.undo().is_some());
        }
        let world = world.restarted();
        world.step();
        world.step();
        assert_eq!(stars(&world.marks("a.jpg")), 0, "killed {killed}");
        assert_eq!(world.names(), ["a.jpg"]);
        assert_eq!(world.counts(), SidecarCounts::default());
    }
}

#[test]
fn nothing_is_written_where_that_is_not_wanted() {
    let mut world = World::new();
    world.options.write = false;
    world.put("a.jpg", b"picture");
    world.put("b.jpg", b"other");
    world.put("b.jpg.xmp", &xmp("xmp:Rating=\"2\">"));
    world.step();
    world.rate("a.jpg", 3);
    world.rate("b.jpg", 3);
    let before = world.all();
    world.step();
    assert_eq!(world.all(), before);
    assert_eq!(world.counts().waiting, 2);
    world.options.write = true;
    assert_eq!(world.tend().written, 2);
}

#[test]
fn marks_inside_photos_fill_only_what_nobody_set() {
    if !Command::new("exiftool")
        .arg("-ver")
        .output()
        .is_ok_and(|out| out.status.success())
    {
        println!("skipped: exiftool is not installed");
        return;
    }
    let world = World::new();
    let pixels = safelight::model::pixels::Pixels {
        width: 8,
        height: 8,
        rgba: vec![200; 256],
    };
    let jpeg = safelight::media::encode::jpeg(&pixels, 80).expect("a JPEG");
    for name in ["a.jpg", "b.jpg"] {
        let path = world.put(name, &jpeg);
        let out = Command::new("exiftool")
            .args([
                "-overwrite_original",
                "-XMP:Rating=4",
                "-IPTC:Keywords=from IPTC",
                "-XMP:Title=inside",
            ])
            .arg(path)
            .output()
            .expect("exiftool");
        assert!(out.status.success(), "{out:?}");
    }
    world.put("b.jpg.xmp", &xmp("xmp:Rating=\"1\">"));
    let before = world.all();
    world.step();
    let marks = world.marks("a.jpg");
    assert_eq!((stars(&marks), marks.title.as_str()), (4, "inside"));
    assert!(marks.keywords.contains("from IPTC"));
    assert_eq!(
        (stars(&world.marks("b.jpg")), world.marks("b.jpg").title),
        (1, "inside".to_owned())
    );
    assert_eq!(world.all(), before, "what the photo itself says needs no sidecar");
    // Cleared by a person: the sidecar has to say so, since the photo itself says otherwise.
    world.rate("a.jpg", 0);
    world.tend();
    assert!(world.text("a.jpg.xmp").contains("Rating>0<"));
    world.step();
    assert_eq!(stars(&world.marks("a.jpg")), 0);
    // Another program rates inside the photo.
    let out = Command::new("exiftool")
        .args(["-overwrite_original", "-XMP:Rating=5"])
        .arg(world.root.join("b.jpg"))
        .output()
        .expect("exiftool");
    assert!(out.status.success(), "{out:?}");
    world.step();
    assert_eq!(stars(&world.marks("b.jpg")), 5);
    assert!(world.text("b.jpg.xmp").contains("xmp:Rating=\"5\""));
}

#[test]
fn times_and_positions_go_out_and_come_in() {
    if !Command::new("exiftool")
        .arg("-ver")
        .output()
        .is_ok_and(|out| out.status.success())
    {
        println!("skipped: exiftool is not installed");
        return;
    }
    let run = |arguments: &[&str], path: &Path| {
        let out = Command::new("exiftool")
            .args(arguments)
            .arg(path)
            .output()
            .expect("exiftool");
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).expect("text").trim().to_owned()
    };
    let world = World::new();
    let pixels = safelight::model::pixels::Pixels {
        width: 8,
        height: 8,
        rgba: vec![200; 256],
    };
    let photo = world.put("a.jpg", &safelight::media::encode::jpeg(&pixels, 80).expect("a JPEG"));
    run(
        &["-overwrite_original", "-EXIF:DateTimeOriginal=2020:05:06 07:08:09"],
        &photo,
    );
    // A sidecar that only repeats what the photo says is no mark.
    world.put("a.jpg.xmp", &xmp("photoshop:DateCreated=\"2020-05-06T07:08\">"));
    world.step();
    assert_eq!(world.marks("a.jpg"), Marks::default());
    world.mark("a.jpg", Mark::Shift { seconds: 3600 });
    world.mark("a.jpg", Mark::Position(Position::new(41.9028, -12.4964)));
    world.tend();
    let sidecar = world.root.join("a.jpg.xmp");
    let read = |tag: &str| run(&["-s3", "-n", tag], &sidecar);
    assert_eq!(read("-XMP-exif:DateTimeOriginal"), "2020:05:06 08:08:09");
    assert_eq!(read("-XMP-photoshop:DateCreated"), "2020:05:06 08:08:09");
    assert_eq!(read("-XMP-exif:GPSLatitude"), "41.9028");
    assert_eq!(read("-XMP-exif:GPSLongitude"), "-12.4964");
    assert_eq!(world.step().read, 0);
    run(
        &[
            "-overwrite_original",
            "-XMP-exif:GPSLatitude=48.5",
            "-XMP-exif:GPSLongitude=2.25",
            "-XMP-exif:DateTimeOriginal=2020:05:06 07:00:00",
        ],
        &sidecar,
    );
    world.step();
    let marks = world.marks("a.jpg");
    assert_eq!((marks.shift_s, marks.position), (-489, Position::new(48.5, 2.25)));
    world.mark("a.jpg", Mark::Position(None));
    world.mark("a.jpg", Mark::Shift { seconds: 0 });
    world.tend();
    assert_eq!(
        (
            read("-XMP-exif:GPSLatitude").as_str(),
            read("-XMP-exif:DateTimeOriginal").as_str()
        ),
        ("", "2020:05:06 07:08:09")
    );
}

#[test]
fn a_crash_at_any_call_leaves_the_old_sidecar_or_the_new_one() {
    let path = Path::new("/disk/photos/a.jpg.xmp");
    let clock = SimClock::at(RealClock.now());
    let (old, new) = (xmp("xmp:Rating=\"1\">"), xmp("xmp:Rating=\"5\">"));
    for (before, after) in [(Some(&old), Some(&new)), (None, Some(&new)), (Some(&old), None)] {
        for exchange in [true, false] {
            let world = |seed: u64| {
                let fs = SimFs::new(seed);
                fs.put(Path::new("/disk/photos/a.jpg"), b"picture");
                if let Some(before) = before {
                    fs.put(path, before);
                }
                fs.can_exchange(exchange);
                fs.count_from_here();
                fs
            };
            let write = |fs: &SimFs| put(fs, &clock, path, before.map(Vec::as_slice), after.map(Vec::as_slice));
            let fs = world(0);
            assert!(matches!(write(&fs), Ok(Replaced::Done(_))));
            assert_eq!(fs.bytes(path).map(|bytes| bytes.to_vec()).as_ref(), after);
            assert_eq!(fs.files().len(), 1 + usize::from(after.is_some()), "{:?}", fs.files());
            let calls = fs.calls();
            assert!(calls > 4, "{:?}", fs.trace());
            for at in 1..=calls {
                for trouble in [
                    Trouble::Stop,
                    Trouble::Kill,
                    Trouble::Fail(FsErrorKind::Io),
                    Trouble::Fail(FsErrorKind::Full),
                    Trouble::FailDone(FsErrorKind::Io),
                ] {
                    let fs = world(at);
                    fs.plan(at, trouble.clone());
                    let ended = catch_unwind(AssertUnwindSafe(|| write(&fs).is_ok()));
                    if let Err(payload) = &ended {
                        assert!(payload.is::<Killed>());
                    }
                    let loses = matches!(trouble, Trouble::Stop);
                    if loses {
                        fs.restart();
                    } else {
                        fs.restart_program();
                    }
                    let found = fs.bytes(path).map(|bytes| bytes.to_vec());
                    assert!(
                        found.as_ref() == before || found.as_ref() == after,
                        "call {at} of {:?}, {trouble:?}: {:?}",
                        fs.trace(),
                        found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                    );
                    assert_eq!(
                        fs.bytes(Path::new("/disk/photos/a.jpg")).map(|b| b.to_vec()),
                        Some(b"picture".to_vec())
                    );
                }
                // Another program saves at this very moment: its bytes are there afterwards, whatever we did.
                let theirs = xmp("xmp:Rating=\"3\" xmp:Label=\"theirs\">");
                let fs = world(at);
                fs.plan(at, Trouble::Meddle(Meddle::Save(path.to_owned(), theirs.clone())));
                let ended = write(&fs);
                let kept = fs
                    .files()
                    .iter()
                    .any(|file| fs.bytes(file).is_some_and(|bytes| *bytes == theirs));
                // Without an exchange there is an instant between the last look and the rename that nobody can close.
                let window = !exchange && before.is_some() && after.is_some();
                assert!(kept || window, "call {at} of {:?}: {ended:?}", fs.trace());
                // Their times never pass for those of our bytes: a later change would go unseen.
                if let Ok(Replaced::Done(Some(ours))) = &ended {
                    let there = fs.bytes(path).map(|bytes| bytes.to_vec());
                    let times = fs.stat(path).map(|stat| (stat.ino, stat.mtime_ns, stat.ctime_ns));
                    let same = times.ok() == Some((ours.ino, ours.mtime_ns, ours.ctime_ns));
                    assert!(there.as_ref() == after || !same, "call {at}: {:?}", fs.trace());
                }
                if exchange && !matches!(ended, Ok(Replaced::Done(_))) {
                    assert_eq!(
                        fs.bytes(path).map(|bytes| bytes.to_vec()),
                        Some(theirs),
                        "call {at}: {:?}",
                        fs.trace()
                    );
                }
            }
        }
    }
}
