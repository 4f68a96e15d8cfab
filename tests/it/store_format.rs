//! Goal: a store can be read for ever, by a person with `cp` and `sha256sum`, by this program and by a later one, and
//! the independent check finds every damage. Method: real folders, the README's own commands run by `sh`, stores that
//! were made once and are kept under `tests/fixtures/store`, and every kind of damage done to a store in memory.

use safelight::{
    model::change::Mark,
    model::{
        content::ContentId,
        id::{AlbumUid, DeviceId},
        photo::Role,
        rating::Rating,
        time::{CaptureTime, OffsetSource, Stamp, Timestamp},
    },
    remote::{
        api::Remote,
        folder::Folder,
        sim::{Fault, Op, SimRemote},
    },
    store::{
        check::{Depth, Severity, check},
        error::Error,
        object::PutMeta,
        record::Record,
        say::{self, SeenFile},
        state::State,
        store::{CreateOptions, README_TEXT, Store},
    },
    sys::{clock::SimClock, real::RealFs, task::Cx},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    io::Cursor,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

const DEVICE: &str = "0123456789abcdef";

fn device() -> DeviceId {
    DeviceId(DEVICE.to_owned())
}

fn stamp(ms: i64) -> Stamp {
    Stamp {
        ms,
        counter: 0,
        device: DEVICE.to_owned(),
    }
}

fn clock() -> Arc<SimClock> {
    Arc::new(SimClock::at(Timestamp(1_717_261_400_123)))
}

fn create(remote: Arc<dyn Remote>) -> Store {
    Store::create(remote, clock(), CreateOptions::default(), &Cx::new()).expect("made")
}

fn open(remote: Arc<dyn Remote>) -> Result<Store, Error> {
    Store::open(remote, clock(), &Cx::new())
}

fn folder(path: &Path) -> Arc<dyn Remote> {
    Arc::new(Folder::open(path, Arc::new(RealFs)).expect("a folder"))
}

struct Photo {
    folder: &'static [u8],
    name: &'static [u8],
    bytes: &'static [u8],
    taken: Option<CaptureTime>,
}

fn photos() -> Vec<Photo> {
    let june = CaptureTime::from_parts((2024, 6, 1), (17, 3, 20), 250);
    let june = june.map(|taken| taken.with_offset(120, OffsetSource::File));
    let photo = |folder: &'static str, name: &'static [u8], bytes: &'static [u8]| Photo {
        folder: folder.as_bytes(),
        name,
        bytes,
        taken: june,
    };
    vec![
        photo("Pictures/2024/Sea", b"IMG_0001.CR3", b"the raw one"),
        photo("Pictures/2024/Sea", b"IMG_0001.JPG", b"the developed one"),
        photo("Pictures/2024/Sea", "Ästhetik & Co #1 100%.jpg".as_bytes(), b"a"),
        photo("Pictures/2024/Copy of sea", b"IMG_0001 (1).JPG", b"the developed one"),
        photo("", b"-rf $(touch pwned) `id` 'x' \"y\".jpg", b"shell words"),
        photo(
            "Pictures/tab\there",
            b"new\nline and \\t backslash.jpg",
            b"control characters",
        ),
        photo("Pictures", b"caf\xe9.jpg", b"no UTF-8"),
        photo("Pictures", b"#hash.jpg", b"a comment?"),
        photo("Pictures", b"ends with a line\n", b"newline at the end"),
        photo("Pictures", b" blanks .jpg ", b"blanks"),
        Photo {
            taken: None,
            ..photo("Pictures/Scans", b"empty.tif", b"")
        },
    ]
}

/// Backs these up as the engine does: object, read back, segment, derived files.
fn try_fill(store: &Store, photos: &[Photo]) -> Result<(), Error> {
    let cx = Cx::new();
    store.introduce(&device(), "Ada's laptop", &cx)?;
    let mut records = Vec::new();
    let mut put_already = BTreeSet::new();
    for (at, photo) in photos.iter().enumerate() {
        let content = ContentId::of(photo.bytes);
        let size = photo.bytes.len() as u64;
        let seen = SeenFile {
            content,
            size,
            folder: photo.folder,
            name: photo.name,
            taken: photo.taken,
            mtime_ns: Some(1_717_261_400_123_456_789),
            role: Role::Original,
            was: None,
            group: Some(content),
        };
        records.push(say::seen(&seen, &stamp(100 + at as i64)));
        // Whoever knows that a content is here already does not put it again under another name.
        if !put_already.insert(content) {
            continue;
        }
        let meta = PutMeta {
            name: photo.name,
            taken: photo.taken,
            content,
            size,
            avoid: &[],
        };
        let put = store.put_original(&meta, &mut Cursor::new(photo.bytes), &cx)?;
        let checked = store.read_back(&put.key, &content, size, &cx)?;
        records.push(say::backed(&checked));
    }
    store.append(&device(), None, &records, &cx)?;
    let raw = ContentId::of(b"the raw one");
    let album = AlbumUid("00112233aabbccdd".to_owned());
    let summer = say::SaidAlbum {
        name: "Summer",
        query: None,
        parent: None,
        cover: Some(raw),
    };
    let marks = [
        say::mark(raw, &Mark::Rating(Rating::new(5).expect("five")), &stamp(200)),
        say::mark(raw, &Mark::AddKeyword("Places/Sea".to_owned()), &stamp(201)),
        say::album(&album, Some(&summer), &stamp(202)),
        say::album_member(raw, &album, Some(1), &stamp(203)),
        say::relies(raw, None, true, &stamp(204)),
    ];
    store.append(&device(), None, &marks, &cx)?;
    store.write_derived(&device(), &store.read_all(&cx)?, &cx)?;
    Ok(())
}

fn fill(store: &Store, photos: &[Photo]) {
    try_fill(store, photos).expect("filled");
}

/// The indented blocks of the README, in order.
fn readme_commands() -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut inside = false;
    for line in README_TEXT.lines() {
        match line.strip_prefix("    ") {
            Some(text) if !text.trim_start().starts_with(char::is_uppercase) && (inside || !text.starts_with(' ')) => {
                if !inside {
                    blocks.push(String::new());
                }
                inside = true;
                let block = blocks.last_mut().expect("a block");
                block.push_str(text);
                block.push('\n');
            }
            _ => inside = false,
        }
    }
    blocks
}

fn sh(script: &str, store: &Path, home: &Path) -> (bool, String) {
    let output = Command::new("sh")
        .arg("-c")
        .arg(script)
        .current_dir(store)
        .env("HOME", home)
        .output()
        .expect("sh runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Every file below a folder, by path from it.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(root).expect("below").to_owned();
                found.insert(name, fs::read(&path).expect("read"));
            }
        }
    }
    found
}

#[test]
fn a_stranger_restores_with_the_readmes_commands() {
    let (dir, home) = (tempfile::tempdir().expect("made"), tempfile::tempdir().expect("made"));
    fill(&create(folder(dir.path())), &photos());
    assert_eq!(
        fs::read_to_string(dir.path().join("README.txt")).expect("there"),
        README_TEXT
    );
    let commands = readme_commands();
    let [copy, verify, restore] = commands.as_slice() else {
        panic!("three commands: {commands:#?}");
    };
    let target = home.path().join("Restored photos");

    let (ok, said) = sh(copy, dir.path(), home.path());
    assert!(ok, "{said}");
    let copied = tree(&target);
    let contents: BTreeSet<_> = photos().iter().map(|photo| photo.bytes.to_vec()).collect();
    assert_eq!(copied.values().cloned().collect::<BTreeSet<_>>(), contents);
    fs::remove_dir_all(&target).expect("removed");

    let (ok, said) = sh(verify, dir.path(), home.path());
    assert!(ok && said.lines().all(|line| line.ends_with(": OK")), "{said}");
    // Ten different contents and two segments.
    assert_eq!(said.lines().count(), 12, "{said}");

    let (ok, said) = sh(restore, dir.path(), home.path());
    assert!(ok && said.is_empty(), "{said}");
    let expected: BTreeMap<PathBuf, Vec<u8>> = photos()
        .iter()
        .map(|photo| {
            (
                Path::new(OsStr::from_bytes(photo.folder)).join(OsStr::from_bytes(photo.name)),
                photo.bytes.to_vec(),
            )
        })
        .collect();
    assert_eq!(tree(&target), expected);
    assert!(!dir.path().join("pwned").exists(), "no name was run as a command");
    // Again over what is there: nothing changes.
    fs::write(target.join("Pictures/2024/Sea/IMG_0001.JPG"), "edited since").expect("written");
    let (ok, _) = sh(restore, dir.path(), home.path());
    assert!(ok);
    let again = tree(&target);
    assert_eq!(again[Path::new("Pictures/2024/Sea/IMG_0001.JPG")], b"edited since");
    assert_eq!(again.len(), expected.len() + 1, "the stored one lies beside it");
}

#[test]
fn sha256sum_finds_a_damaged_photo() {
    let (dir, home) = (tempfile::tempdir().expect("made"), tempfile::tempdir().expect("made"));
    fill(&create(folder(dir.path())), &photos());
    let victim = dir
        .path()
        .join("originals/2024/06")
        .join(format!("IMG_0001--{}.CR3", ContentId::of(b"the raw one").short()));
    fs::write(&victim, b"the rAw one").expect("written");
    let (ok, said) = sh(&readme_commands()[1], dir.path(), home.path());
    assert!(!ok && said.contains(".CR3: FAILED"), "{said}");
}

#[test]
fn a_filled_store_is_sound_and_replays() {
    let dir = tempfile::tempdir().expect("made");
    let store = create(folder(dir.path()));
    fill(&store, &photos());
    let cx = Cx::new();
    let report = check(store.remote().as_ref(), Depth::Full, &cx).expect("checked");
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!(report.findings, [], "the same content twice is one object");
    assert_eq!((report.originals, report.good, report.segments), (10, 10, 2));
    let bytes: usize = photos().iter().map(|photo| photo.bytes.len()).sum::<usize>() - b"the developed one".len();
    assert_eq!(report.bytes_read, bytes as u64);
    let state = State::of(&store.read_all(&cx).expect("read"));
    assert_eq!(state.problems, []);
    for photo in photos() {
        let content = &state.contents[&ContentId::of(photo.bytes)];
        assert!(
            content
                .seen
                .iter()
                .any(|seen| seen.name == photo.name && seen.folder == photo.folder && seen.taken == photo.taken)
        );
        let mut bytes = Vec::new();
        let key = content.best_key().expect("a key");
        let (found, size) = store.fetch(key, &mut bytes, &cx).expect("fetched");
        assert_eq!(
            (found, size, bytes.as_slice()),
            (ContentId::of(photo.bytes), photo.bytes.len() as u64, photo.bytes)
        );
    }
}

#[test]
fn two_devices_share_an_object_and_keep_their_own_names() {
    let (dir, home) = (tempfile::tempdir().expect("made"), tempfile::tempdir().expect("made"));
    let store = create(folder(dir.path()));
    fill(&store, &photos()[..2]);
    let cx = Cx::new();
    let other = DeviceId("fedcba9876543210".to_owned());
    let bytes = photos()[1].bytes;
    let (content, size) = (ContentId::of(bytes), bytes.len() as u64);
    let key = State::of(&store.read_all(&cx).expect("read"))
        .key_of(&content)
        .expect("there")
        .clone();
    store.read_back(&key, &content, size, &cx).expect("right");
    let seen = SeenFile {
        content,
        size,
        folder: b"Handy",
        name: b"DSC 7.jpg",
        taken: None,
        mtime_ns: None,
        role: Role::Original,
        was: None,
        group: None,
    };
    store.introduce(&other, "Phone", &cx).expect("introduced");
    store
        .append(&other, None, &[say::seen(&seen, &stamp(1))], &cx)
        .expect("appended");
    store
        .write_derived(&other, &store.read_all(&cx).expect("read"), &cx)
        .expect("written");
    let report = check(store.remote().as_ref(), Depth::Full, &cx).expect("checked");
    assert!(report.is_sound() && report.findings.is_empty(), "{report:#?}");
    let commands = readme_commands();
    let (ok, said) = sh(&commands[1], dir.path(), home.path());
    assert!(ok, "{said}");
    let (ok, said) = sh(&commands[2], dir.path(), home.path());
    assert!(ok, "{said}");
    let restored = tree(&home.path().join("Restored photos"));
    assert_eq!(restored[Path::new("Handy/DSC 7.jpg")], bytes);
    assert_eq!(restored.len(), 3);
}

/// A small store in memory, for damage.
fn sim() -> Arc<SimRemote> {
    let sim = Arc::new(SimRemote::new());
    fill(&create(sim.clone()), &photos()[..3]);
    sim
}

fn findings(sim: &SimRemote, depth: Depth) -> (bool, Vec<(Severity, String)>) {
    let report = check(sim, depth, &Cx::new()).expect("checked");
    let found = report
        .findings
        .iter()
        .map(|finding| (finding.severity, finding.key.clone()))
        .collect();
    (report.is_sound(), found)
}

#[test]
fn the_check_names_every_flipped_bit_of_photos_and_logs() {
    let clean = sim();
    assert_eq!(findings(&clean, Depth::Full), (true, vec![]));
    for key in clean.keys() {
        let damage = key.starts_with("originals/") || key.contains("/log/");
        if !damage && !key.ends_with("SHA256SUMS") {
            continue;
        }
        let length = clean.bytes(&key).expect("there").len();
        for byte in (0..length).step_by(if damage { 1 } else { 7 }) {
            assert!(clean.rot(&key, byte));
            let (sound, found) = findings(&clean, Depth::Full);
            assert!(!sound, "{key} byte {byte}");
            let severity = if damage { Severity::Damage } else { Severity::Doubt };
            assert!(found.contains(&(severity, key.clone())), "{key} byte {byte}: {found:?}");
            assert!(clean.rot(&key, byte), "set right again");
        }
    }
    assert_eq!(findings(&clean, Depth::Full), (true, vec![]));
}

#[test]
fn the_check_names_what_is_missing_cut_or_foreign() {
    let all = sim().keys();
    let first = all
        .iter()
        .find(|key| key.starts_with("originals/"))
        .expect("one")
        .clone();
    let log = format!("devices/{DEVICE}/log/00000001.jsonl");
    for key in [&first, &log] {
        let sim = sim();
        sim.lose(key);
        let (sound, found) = findings(&sim, Depth::Full);
        assert!(
            !sound && found.iter().any(|(severity, _)| *severity == Severity::Damage),
            "{key}: {found:?}"
        );
    }
    for depth in [Depth::Full, Depth::Quick] {
        let sim = sim();
        let bytes = sim.bytes(&first).expect("there");
        sim.set(&first, &bytes[..bytes.len() - 1]);
        assert!(findings(&sim, depth).1.contains(&(Severity::Damage, first.clone())));
    }
    // A quick look cannot see a flipped bit, and says so.
    let sim_ = sim();
    sim_.rot(&first, 0);
    let report = check(sim_.as_ref(), Depth::Quick, &Cx::new()).expect("checked");
    assert!(
        report.is_sound() && report.sentence().contains("no byte read"),
        "{}",
        report.sentence()
    );
    assert_eq!(report.bytes_read, 0);
    // Harmless things are named and do not make it unsound.
    let sim = sim();
    sim.set("originals/2024/06/stray--0011223344556677.JPG", b"a stopped backup");
    sim.set("holiday.txt", b"a note");
    let (sound, found) = findings(&sim, Depth::Full);
    assert!(sound);
    assert_eq!(
        found.iter().map(|(severity, _)| *severity).collect::<Vec<_>>(),
        [Severity::Note; 2]
    );
    // Two photos that changed places.
    let keys: Vec<_> = sim
        .keys()
        .into_iter()
        .filter(|key| key.contains("--") && !key.contains("stray"))
        .collect();
    let (one, other) = (sim.bytes(&keys[0]).expect("there"), sim.bytes(&keys[1]).expect("there"));
    sim.set(&keys[0], &other);
    sim.set(&keys[1], &one);
    assert!(!findings(&sim, Depth::Full).0);
}

#[test]
fn the_check_finds_a_device_that_relies_on_a_lost_original() {
    let sim = sim();
    let raw = sim.keys().into_iter().find(|key| key.ends_with(".CR3")).expect("there");
    sim.lose(&raw);
    let (_, found) = findings(&sim, Depth::Full);
    assert!(
        found.contains(&(Severity::Damage, format!("devices/{DEVICE}/"))),
        "{found:?}"
    );
}

#[test]
fn i12_an_unreachable_store_is_no_verdict_on_its_photos() {
    let sim = sim();
    sim.crash_after(5);
    assert!(check(sim.as_ref(), Depth::Full, &Cx::new()).is_err());
}

#[test]
fn i9_a_crash_at_any_call_of_a_backup_leaves_a_store_that_is_sound_but_for_derived_files() {
    let mut calls = 0;
    loop {
        let sim = Arc::new(SimRemote::new());
        let store = create(sim.clone());
        sim.crash_after(calls);
        let whole = try_fill(&store, &photos()[..2]).is_ok();
        sim.restart();
        let report = check(sim.as_ref(), Depth::Full, &Cx::new()).expect("checked");
        let damage: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Damage)
            .collect();
        assert!(damage.is_empty(), "after {calls} calls: {damage:#?}");
        // And the same backup runs through when it is started again.
        fill(&store, &photos()[..2]);
        assert!(
            check(sim.as_ref(), Depth::Full, &Cx::new())
                .expect("checked")
                .is_sound(),
            "after {calls} calls"
        );
        if whole {
            break;
        }
        calls += 1;
    }
    assert!(calls > 15, "every call was a crash once");
}

#[test]
fn i9_a_place_that_fails_and_lies_now_and_then_ends_with_a_sound_store() {
    for seed in 1..60_u64 {
        println!("SEED={seed}");
        let sim = Arc::new(SimRemote::new());
        let store = create(sim.clone());
        sim.chaos(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), 40);
        let mut tries = 0;
        while let Err(error) = try_fill(&store, &photos()[..4]) {
            assert!(
                !matches!(error, Error::ChangedWhileSending { .. } | Error::TooNew { .. }),
                "{error}"
            );
            tries += 1;
            assert!(tries < 500, "it gets through some day");
        }
        sim.chaos(0, 0);
        // What was said while replies were lost and bits flipped on the way is right all the same.
        let replay = store.read_all(&Cx::new()).expect("read");
        assert_eq!(replay.problems, [], "seed {seed}");
        store.write_derived(&device(), &replay, &Cx::new()).expect("written");
        let report = check(sim.as_ref(), Depth::Full, &Cx::new()).expect("checked");
        assert!(report.is_sound(), "seed {seed}: {report:#?}");
    }
}

#[test]
fn lost_replies_everywhere_make_one_object_each() {
    let sim = Arc::new(SimRemote::new());
    let store = create(sim.clone());
    for _ in 0..3 {
        sim.inject(Op::Put, Fault::LostReply);
    }
    // The first put is device.json's, which the caller tries again.
    assert!(store.introduce(&device(), "Ada's laptop", &Cx::new()).is_err());
    fill(&store, &photos()[..2]);
    assert_eq!(sim.keys().iter().filter(|key| key.starts_with("originals/")).count(), 2);
    assert!(
        check(sim.as_ref(), Depth::Full, &Cx::new())
            .expect("checked")
            .is_sound()
    );
}

#[test]
fn i10_a_mode_of_a_later_version_is_refused() {
    let sim = sim();
    let text = String::from_utf8(sim.bytes("safelight.json").expect("there")).expect("text");
    sim.set("safelight.json", text.replace("readable", "private").as_bytes());
    assert!(matches!(open(sim), Err(Error::TooNew { .. })));
}

/// A copy of a kept store, so that no test can change it.
fn fixture(name: &str) -> (tempfile::TempDir, Arc<dyn Remote>) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/store")
        .join(name);
    let dir = tempfile::tempdir().expect("made");
    for (path, bytes) in tree(&from) {
        let to = dir.path().join(path);
        fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        fs::write(to, bytes).expect("written");
    }
    let remote = folder(dir.path());
    (dir, remote)
}

#[test]
fn i10_the_golden_store_opens_for_ever() {
    let (dir, remote) = fixture("v1");
    let before = tree(dir.path());
    let store = open(remote).expect("opens");
    let cx = Cx::new();
    let report = check(store.remote().as_ref(), Depth::Full, &cx).expect("checked");
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!(report.originals, 3);
    let state = State::of(&store.read_all(&cx).expect("read"));
    assert_eq!(state.problems, []);
    // sha256sum of `the raw one`, worked out by hand.
    let raw: ContentId = "sha256-4e9135ccf225af5e5d1883e40890a1ac13d5e5bad340b4566b1a531c0f6401a2"
        .parse()
        .expect("an id");
    let content = &state.contents[&raw];
    assert_eq!(
        content.best_key().expect("a key").as_str(),
        format!("originals/2024/06/IMG_0001--{}.CR3", raw.short())
    );
    assert_eq!(content.seen[0].folder, b"Pictures/2024/Sea");
    assert_eq!(
        content.seen[0].taken.map(CaptureTime::iso).as_deref(),
        Some("2024-06-01T17:03:20+02:00")
    );
    assert_eq!(state.marks[&(raw, "rating".to_owned())].value, 5);
    assert!(state.members[&(raw, "keywords".to_owned(), "Places/Sea".to_owned())].value);
    assert_eq!(
        state.albums[&AlbumUid("00112233aabbccdd".to_owned())].value.name,
        "Summer"
    );
    assert_eq!(state.relying(&raw).count(), 1);
    assert_eq!(tree(dir.path()), before, "reading changes nothing");
    let (ok, said) = sh(&readme_commands()[1], dir.path(), dir.path());
    assert!(ok, "{said}");
}

#[test]
fn i10_a_store_of_a_later_minor_version_is_read_and_nothing_of_it_is_lost() {
    let (_dir, remote) = fixture("v1-later");
    let store = open(remote).expect("opens");
    assert_eq!(store.identity().extra["shelf"], "north");
    let replay = store.read_all(&Cx::new()).expect("read");
    assert_eq!(replay.problems, []);
    let records = &replay.segments[0].records;
    assert!(matches!(&records[0], Record::Set(set) if set.extra["mood"] == "calm"));
    assert!(matches!(&records[1], Record::Unknown(fields) if fields["kind"] == "face"));
    let state = State::of(&replay);
    assert_eq!((state.unknown, state.marks.len()), (1, 1));
    assert!(
        check(store.remote().as_ref(), Depth::Full, &Cx::new())
            .expect("checked")
            .findings
            .iter()
            .all(|f| f.severity != Severity::Damage)
    );
}

#[test]
fn i10_a_kind_that_must_be_understood_is_refused() {
    let (_dir, remote) = fixture("v1-must");
    let store = open(remote.clone()).expect("opens");
    let refused = store.read_all(&Cx::new()).expect_err("refused");
    assert!(
        matches!(refused, Error::TooNew { .. }) && refused.to_string().contains("Update Safelight"),
        "{refused}"
    );
    assert!(
        !check(remote.as_ref(), Depth::Full, &Cx::new())
            .expect("checked")
            .is_sound()
    );
}

#[test]
fn i10_a_newer_major_version_is_refused_with_a_sentence() {
    let (dir, remote) = fixture("v2");
    let before = tree(dir.path());
    let refused = open(remote.clone()).err().expect("refused");
    assert_eq!(
        refused.to_string(),
        "This store was written by a newer version of Safelight (version 2 of the format, this one knows 1). Update Safelight to use it."
    );
    let made = Store::create(remote.clone(), clock(), CreateOptions::default(), &Cx::new());
    assert!(matches!(made, Err(Error::AlreadyAStore)));
    assert!(
        !check(remote.as_ref(), Depth::Full, &Cx::new())
            .expect("checked")
            .is_sound()
    );
    assert_eq!(tree(dir.path()), before, "it was not touched");
}

/// Makes `tests/fixtures/store/v1` where it is missing; run once by hand, with `SAFELIGHT_MAKE_STORE_V1=1`.
#[test]
fn make_the_golden_store() {
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store/v1");
    if std::env::var_os("SAFELIGHT_MAKE_STORE_V1").is_none() || to.exists() {
        return;
    }
    fs::create_dir_all(&to).expect("made");
    fill(&create(folder(&to)), &photos()[..3]);
    fs::remove_dir(to.join(".safelight-tmp")).expect("empty");
}

#[test]
fn format_md_speaks_of_the_code_as_it_is() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/FORMAT.md")).expect("there");
    let code = [
        include_str!("../../src/store/record.rs"),
        include_str!("../../src/store/layout.rs"),
    ]
    .concat();
    let hash = ContentId::of(code.as_bytes()).hex();
    assert!(
        text.contains(&hash),
        "record.rs or layout.rs changed: read FORMAT.md, change it where it is no longer true, then write this hash into its last line: {hash}"
    );
}

/// Three files of every kind below `../shared/photos`, where that is.
fn real_photos() -> BTreeMap<PathBuf, Vec<u8>> {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos");
    if !photos.is_dir() {
        return BTreeMap::new();
    }
    let mut kinds: BTreeMap<_, usize> = BTreeMap::new();
    let mut found = tree(&photos);
    found.retain(|path, _| {
        let count = kinds
            .entry(path.extension().map(OsStr::to_ascii_lowercase))
            .or_default();
        *count += 1;
        *count <= 3
    });
    found
}

#[test]
fn real_photos_come_back_bit_for_bit_with_the_readmes_commands() {
    let real = real_photos();
    if real.is_empty() {
        println!("skipped: no real photos here");
        return;
    }
    let (dir, home) = (tempfile::tempdir().expect("made"), tempfile::tempdir().expect("made"));
    let store = create(folder(dir.path()));
    let cx = Cx::new();
    let mut records = Vec::new();
    let mut keys = BTreeSet::new();
    for (path, bytes) in &real {
        let (content, size) = (ContentId::of(bytes), bytes.len() as u64);
        let name = path.file_name().expect("a name").as_bytes();
        let meta = PutMeta {
            name,
            taken: None,
            content,
            size,
            avoid: &[],
        };
        if keys.insert(content) {
            let put = store.put_original(&meta, &mut Cursor::new(bytes), &cx).expect("put");
            records.push(say::backed(
                &store.read_back(&put.key, &content, size, &cx).expect("read back"),
            ));
        }
        let seen = SeenFile {
            content,
            size,
            folder: path.parent().expect("a folder").as_os_str().as_bytes(),
            name,
            taken: None,
            mtime_ns: None,
            role: Role::Original,
            was: None,
            group: None,
        };
        records.push(say::seen(&seen, &stamp(1)));
    }
    store.append(&device(), None, &records, &cx).expect("appended");
    store
        .write_derived(&device(), &store.read_all(&cx).expect("read"), &cx)
        .expect("written");
    let report = check(store.remote().as_ref(), Depth::Full, &cx).expect("checked");
    assert!(report.is_sound(), "{report:#?}");
    let commands = readme_commands();
    let (ok, said) = sh(&commands[1], dir.path(), home.path());
    assert!(ok, "{said}");
    let (ok, said) = sh(&commands[2], dir.path(), home.path());
    assert!(ok && said.is_empty(), "{said}");
    let restored = tree(&home.path().join("Restored photos"));
    assert_eq!(restored.keys().collect::<Vec<_>>(), real.keys().collect::<Vec<_>>());
    assert!(restored == real, "every byte");
    println!("{} files, {} bytes", real.len(), report.bytes_read);
}
