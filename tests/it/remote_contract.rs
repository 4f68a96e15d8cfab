//! Goal: every remote keeps every promise of `remote::contract`, and the contract finds those that do not. Method: the
//! suite over a folder on each file system that is at hand and over the simulated remote; then over remotes that break
//! one promise each, where it must fail, and fail for that promise.

use safelight::{
    model::{content::ContentId, time::Timestamp},
    remote::{
        api::{ErrorKind, Info, Key, Remote},
        contract::{self, Outcome, Report},
        folder::Folder,
        sim::{Broken, SimRemote},
    },
    sys::{
        clock::{Clock as _, RealClock},
        fs::{self as fs_api, Entry, Fs, FsError, FsErrorKind, ReadFile, Space, Stat, WriteFile},
        real::RealFs,
        task::Cx,
    },
};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Cursor, Read, Seek, SeekFrom, Write},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

/// The machine's file system, which refuses every write in one way, at once or after some bytes.
struct Refusing {
    kind: FsErrorKind,
    after: Option<u64>,
    log: Log,
}

/// What was done, in order.
type Log = Arc<Mutex<Vec<&'static str>>>;

struct Narrow(Box<dyn WriteFile>, u64, Log);

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1 = self
            .1
            .checked_sub(bytes.len() as u64)
            .ok_or(std::io::ErrorKind::StorageFull)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl WriteFile for Narrow {
    fn sync(&mut self) -> std::io::Result<()> {
        self.2.lock().expect("the log").push("sync");
        self.0.sync()
    }
}

impl Fs for Refusing {
    fn create_new(&self, path: &Path) -> fs_api::Result<Box<dyn WriteFile>> {
        match self.after {
            Some(bytes) => Ok(Box::new(Narrow(RealFs.create_new(path)?, bytes, Arc::clone(&self.log)))),
            None => Err(FsError::of_kind("create the file", path, self.kind)),
        }
    }
    fn replace(&self, path: &Path, _: &[u8]) -> fs_api::Result<()> {
        Err(FsError::of_kind("write the file", path, self.kind))
    }
    fn stat(&self, path: &Path) -> fs_api::Result<Stat> {
        RealFs.stat(path)
    }
    fn list(&self, dir: &Path, each: &mut dyn FnMut(Entry)) -> fs_api::Result<()> {
        RealFs.list(dir, each)
    }
    fn open(&self, path: &Path) -> fs_api::Result<Box<dyn ReadFile>> {
        RealFs.open(path)
    }
    fn make_dirs(&self, path: &Path) -> fs_api::Result<()> {
        RealFs.make_dirs(path)
    }
    fn sync_dir(&self, dir: &Path) -> fs_api::Result<()> {
        RealFs.sync_dir(dir)
    }
    fn rename_new(&self, from: &Path, to: &Path) -> fs_api::Result<()> {
        self.log.lock().expect("the log").push("rename");
        RealFs.rename_new(from, to)
    }
    fn exchange(&self, a: &Path, b: &Path) -> fs_api::Result<()> {
        RealFs.exchange(a, b)
    }
    fn unlink(&self, path: &Path) -> fs_api::Result<()> {
        RealFs.unlink(path)
    }
    fn space(&self, path: &Path) -> fs_api::Result<Space> {
        RealFs.space(path)
    }
    fn copy_attributes(&self, from: &Path, to: &Path) -> fs_api::Result<()> {
        RealFs.copy_attributes(from, to)
    }
    fn set_tag(&self, path: &Path, name: &str, value: &[u8]) -> fs_api::Result<bool> {
        RealFs.set_tag(path, name, value)
    }
    fn tag(&self, path: &Path, name: &str) -> fs_api::Result<Option<Vec<u8>>> {
        RealFs.tag(path, name)
    }
}

#[test]
fn a_disk_that_cannot_be_written_says_why_and_what_to_do() {
    for (kind, after, expected, words) in [
        (FsErrorKind::Full, None, ErrorKind::Full, "Make room"),
        (FsErrorKind::Full, Some(300_000), ErrorKind::Full, "Make room"),
        (FsErrorKind::ReadOnly, None, ErrorKind::Permanent, "write-protect"),
        (FsErrorKind::Denied, None, ErrorKind::Auth, "right to read and write"),
        (FsErrorKind::Io, None, ErrorKind::Temporary, "cable"),
    ] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let refusing = Refusing {
            kind,
            after,
            log: Log::default(),
        };
        let remote = Folder::open(dir.path(), Arc::new(refusing)).expect("opened");
        let bytes = vec![1; 600_000];
        let sent = remote.put(&key("a"), &mut Cursor::new(&bytes), bytes.len() as u64, &Cx::new());
        let error = sent.expect_err("refused");
        assert_eq!(error.kind, expected, "{kind:?}");
        assert!(error.what.contains(words), "{}", error.what);
        assert!(remote.head(&key("a"), &Cx::new()).expect("asked").is_none());
        assert_eq!(
            fs::read_dir(dir.path().join(".safelight-tmp")).expect("listed").count(),
            0,
            "nothing is left"
        );
        assert_eq!(
            remote.replace(&key("b"), b"b", &Cx::new()).expect_err("refused").kind,
            expected
        );
    }
}

#[test]
fn i9_bytes_are_synced_before_they_get_their_name() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let log = Log::default();
    let fs = Refusing {
        kind: FsErrorKind::Io,
        after: Some(u64::MAX),
        log: Arc::clone(&log),
    };
    let remote = Folder::open(dir.path(), Arc::new(fs)).expect("opened");
    put(&remote, "originals/a", b"bytes").expect("put");
    assert_eq!(*log.lock().expect("the log"), ["sync", "rename"]);
}

fn folder(path: &Path) -> Folder {
    Folder::open(path, Arc::new(RealFs)).expect("a folder")
}

fn key(text: &str) -> Key {
    Key::new(text).expect("a key")
}

fn put(remote: &dyn Remote, name: &str, bytes: &[u8]) -> Result<(), ErrorKind> {
    let sent = remote.put(&key(name), &mut Cursor::new(bytes), bytes.len() as u64, &Cx::new());
    sent.map(|_| ()).map_err(|error| error.kind)
}

fn get(remote: &dyn Remote, name: &str) -> Result<Vec<u8>, ErrorKind> {
    let mut bytes = Vec::new();
    let read = remote.get(&key(name), None, &mut bytes, &Cx::new());
    read.map(|_| bytes).map_err(|error| error.kind)
}

fn run(remote: Arc<dyn Remote>) -> Report {
    contract::run(&remote, true, &Cx::new()).expect("it ran")
}

fn all_kept(report: &Report) {
    let failed: Vec<_> = report.failed().collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(report.probes.len() >= 18);
    assert!(report.left.is_empty(), "{:?}", report.left);
}

#[test]
fn the_simulated_remote_keeps_the_contract() {
    let sim = Arc::new(SimRemote::new());
    all_kept(&run(sim.clone()));
    assert!(sim.keys().is_empty(), "nothing is left");
}

#[test]
fn a_folder_keeps_the_contract_on_every_file_system_here() {
    let mut devices = Vec::new();
    for place in [
        std::env::temp_dir().as_path(),
        Path::new("/dev/shm"),
        Path::new("/var/tmp"),
    ] {
        let Ok(dir) = tempfile::tempdir_in(place) else {
            println!("skipped, not writable: {}", place.display());
            continue;
        };
        let device = fs::metadata(dir.path()).expect("there").dev();
        if devices.contains(&device) {
            continue;
        }
        devices.push(device);
        // A thousand durable writes are quick in memory only; the listing's code is the same.
        let with_many = place == Path::new("/dev/shm");
        let remote: Arc<dyn Remote> = Arc::new(folder(dir.path()));
        all_kept(&contract::run(&remote, with_many, &Cx::new()).expect("it ran"));
        let left: Vec<_> = fs::read_dir(dir.path())
            .expect("listed")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(left, [".safelight-tmp"], "only the empty folder for unfinished files");
        assert_eq!(
            fs::read_dir(dir.path().join(".safelight-tmp")).expect("listed").count(),
            0
        );
    }
    println!("{} file systems", devices.len());
}

#[test]
fn the_contract_finds_each_broken_promise() {
    for (broken, probe) in [
        (Broken::Overwrites, "Never writes over a file"),
        (Broken::Overwrites, "Lets one of many writers win"),
        (Broken::DropsBytes, "Reads back what was written"),
        (Broken::DropsBytes, "Takes a file of one byte"),
        (Broken::KeepsTruncated, "Keeps nothing of a file that ends early"),
        (Broken::IgnoresRanges, "Reads a part of a file"),
        (Broken::ShortList, "Lists more than 1000 files"),
        (Broken::EmptyForUnknown, "Says that an unknown file is not there"),
    ] {
        let report = run(Arc::new(SimRemote::broken(&[broken])));
        assert!(!report.ok());
        assert!(
            report.failed().any(|failed| failed.name == probe),
            "{broken:?} is not found by: {probe}"
        );
    }
}

#[test]
fn a_place_that_folds_case_is_noted() {
    let report = run(Arc::new(SimRemote::broken(&[Broken::FoldsCase])));
    let noted = report
        .probes
        .iter()
        .find(|probe| probe.name.contains("case"))
        .expect("probed");
    assert_eq!(noted.outcome, Outcome::Note, "{}", noted.sentence);
}

#[test]
fn a_place_that_is_nearly_full_breaks_no_promise() {
    let sim = Arc::new(SimRemote::new());
    sim.limit(3_000_000);
    let remote: Arc<dyn Remote> = sim.clone();
    let full = contract::run(&remote, true, &Cx::new()).expect_err("5 MiB do not fit");
    assert!(
        full.kind == ErrorKind::Full && full.what.contains("Make room"),
        "{full}"
    );
    assert!(sim.keys().is_empty());
}

#[test]
fn a_cancelled_test_leaves_nothing() {
    let sim = Arc::new(SimRemote::new());
    let cx = Cx::new();
    cx.cancel.cancel();
    let remote: Arc<dyn Remote> = sim.clone();
    assert!(contract::run(&remote, true, &cx).is_err());
    assert!(sim.keys().is_empty());
}

#[test]
fn i12_a_folder_that_went_away_is_unreachable_and_never_made_again() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().join("store");
    fs::create_dir(&root).expect("made");
    let remote = folder(&root);
    put(&remote, "originals/a", b"a").expect("put");
    fs::rename(&root, dir.path().join("unplugged")).expect("moved away");
    let cx = Cx::new();
    assert_eq!(put(&remote, "originals/b", b"b"), Err(ErrorKind::Unreachable));
    assert_eq!(get(&remote, "originals/a"), Err(ErrorKind::Unreachable));
    let head = remote.head(&key("originals/a"), &cx);
    assert_eq!(head.expect_err("away").kind, ErrorKind::Unreachable);
    let list = remote.list("", &cx, &mut |_| panic!("nothing can be listed"));
    assert_eq!(list.expect_err("away").kind, ErrorKind::Unreachable);
    assert_eq!(
        remote.replace(&key("x"), b"x", &cx).expect_err("away").kind,
        ErrorKind::Unreachable
    );
    assert_eq!(
        remote.delete(&key("originals/a"), &cx).expect_err("away").kind,
        ErrorKind::Unreachable
    );
    assert_eq!(remote.quota(&cx).expect_err("away").kind, ErrorKind::Unreachable);
    assert_eq!(remote.device().expect_err("away").kind, ErrorKind::Unreachable);
    assert!(!root.exists(), "it was not made again");
    let reopened = Folder::open(&root, Arc::new(RealFs));
    assert_eq!(reopened.err().map(|error| error.kind), Some(ErrorKind::Unreachable));
}

#[test]
fn i12_another_disk_at_the_same_place_is_unreachable() {
    let (here, there) = (
        tempfile::tempdir().expect("a temporary folder"),
        tempfile::tempdir_in("/dev/shm"),
    );
    let Ok(there) = there else {
        println!("skipped: no second file system");
        return;
    };
    if fs::metadata(here.path()).expect("there").dev() == fs::metadata(there.path()).expect("there").dev() {
        println!("skipped: no second file system");
        return;
    }
    // The path leads over a link above the folder, as a mount point does over a mount.
    let link = here.path().join("mount");
    fs::create_dir_all(here.path().join("disk/store")).expect("made");
    fs::create_dir_all(there.path().join("store")).expect("made");
    std::os::unix::fs::symlink(here.path().join("disk"), &link).expect("linked");
    let remote = folder(&link.join("store"));
    put(&remote, "a", b"a").expect("put");
    fs::remove_file(&link).expect("unmounted");
    std::os::unix::fs::symlink(there.path(), &link).expect("linked");
    assert_eq!(get(&remote, "a"), Err(ErrorKind::Unreachable));
    assert_eq!(put(&remote, "b", b"b"), Err(ErrorKind::Unreachable));
    assert_eq!(
        remote.head(&key("a"), &Cx::new()).expect_err("other disk").kind,
        ErrorKind::Unreachable
    );
    assert_eq!(
        fs::read_dir(there.path().join("store")).expect("listed").count(),
        0,
        "nothing was written there"
    );
}

#[test]
fn links_inside_a_store_are_never_followed() {
    let (dir, outside) = (tempfile::tempdir().expect("made"), tempfile::tempdir().expect("made"));
    fs::write(outside.path().join("secret"), "secret").expect("written");
    std::os::unix::fs::symlink(outside.path(), dir.path().join("originals")).expect("linked");
    std::os::unix::fs::symlink(outside.path().join("secret"), dir.path().join("file")).expect("linked");
    let remote = folder(dir.path());
    for name in ["originals/secret", "file"] {
        assert_eq!(get(&remote, name), Err(ErrorKind::Permanent), "{name}");
    }
    assert_eq!(put(&remote, "originals/new", b"x"), Err(ErrorKind::Permanent));
    let mut listed = Vec::new();
    let each = &mut |info: Info| {
        listed.push(info.key.to_string());
        std::ops::ControlFlow::Continue(())
    };
    remote.list("", &Cx::new(), each).expect("listed");
    assert!(listed.is_empty(), "{listed:?}");
    assert_eq!(fs::read_dir(outside.path()).expect("listed").count(), 1);
}

#[test]
fn leftovers_of_a_kill_are_ignored_and_swept_when_old() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let temp = dir.path().join(".safelight-tmp");
    fs::create_dir(&temp).expect("made");
    let ours = format!("put-{}", "0a".repeat(16));
    let names = [ours.as_str(), "put-notours", "somebody's.txt"];
    for name in names {
        fs::write(temp.join(name), "half").expect("written");
    }
    fs::write(dir.path().join(".safelight-tmp-Xy12"), "half a derived file").expect("written");
    let remote = folder(dir.path());
    remote
        .list("", &Cx::new(), &mut |info| panic!("listed: {info:?}"))
        .expect("listed");
    assert!(temp.join(&ours).exists(), "young: another program may be writing it");
    assert_eq!(
        put(&remote, &format!(".safelight-tmp/{ours}"), b"x"),
        Err(ErrorKind::Permanent)
    );
    let day = 24 * 3600 * 1000;
    remote.sweep(Timestamp(RealClock.now().0 + day + 60_000));
    assert!(!temp.join(&ours).exists(), "old: swept");
    assert!(
        temp.join("put-notours").exists() && temp.join("somebody's.txt").exists(),
        "not ours: kept"
    );
}

#[test]
fn a_read_only_folder_says_what_to_do() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let remote = folder(dir.path());
    put(&remote, "a", b"a").expect("put");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).expect("set");
    fs::set_permissions(dir.path().join(".safelight-tmp"), fs::Permissions::from_mode(0o555)).expect("set");
    let sent = remote.put(&key("b"), &mut Cursor::new(b"b"), 1, &Cx::new());
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("set");
    match sent {
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Auth);
            assert!(error.what.contains("right to read and write"), "{}", error.what);
        }
        Ok(_) => println!("skipped: this user may write everywhere"),
    }
    assert_eq!(get(&remote, "a"), Ok(b"a".to_vec()));
}

/// A body that counts how it is read, to see that a large file is streamed.
struct Counted {
    left: u64,
    size: u64,
    largest: usize,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.largest = self.largest.max(buffer.len());
        let got = u64::min(self.left, buffer.len() as u64);
        self.left -= got;
        Ok(got as usize)
    }
}

impl Seek for Counted {
    fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
        self.left = self.size;
        Ok(0)
    }
}

#[test]
fn i16_bodies_are_streamed_and_progress_is_told() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let remote = folder(dir.path());
    let size = 9 * 1024 * 1024 + 5;
    let mut body = Counted {
        left: 0,
        size,
        largest: 0,
    };
    let cx = Cx::new();
    remote.put(&key("film.mov"), &mut body, size, &cx).expect("put");
    assert!(body.largest <= 256 * 1024);
    assert_eq!(cx.progress.read().bytes_done, size);
    remote
        .get(&key("film.mov"), None, &mut std::io::sink(), &cx)
        .expect("read");
    assert_eq!(cx.progress.read().bytes_done, 2 * size);
}

#[test]
fn a_folder_knows_its_device_and_its_room() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let remote = folder(dir.path());
    let device = fs::metadata(dir.path()).expect("there").dev();
    assert_eq!(remote.device().expect("asked"), Some(device));
    let quota = remote.quota(&Cx::new()).expect("asked").expect("known");
    assert!(quota.free > 0 && quota.free <= quota.total);
}

#[test]
fn a_new_folder_is_made_only_below_one_that_is_there() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    Folder::create(dir.path().join("new"), Arc::new(RealFs)).expect("made");
    let deep = Folder::create(dir.path().join("unmounted/share"), Arc::new(RealFs));
    assert_eq!(deep.err().map(|error| error.kind), Some(ErrorKind::Unreachable));
    assert!(!dir.path().join("unmounted").exists());
}

/// The child of the next test: puts objects named by their hash, and says so after each, until it is killed.
#[test]
fn child_that_puts_until_it_is_killed() {
    let Some(dir) = std::env::var_os("SAFELIGHT_TEST_PUT_INTO") else {
        return;
    };
    let remote = folder(Path::new(&dir));
    for number in 0_u64.. {
        let bytes = format!("{}-{number}-", std::process::id()).repeat(40_000).into_bytes();
        let name = ContentId::of(&bytes).hex();
        put(&remote, &format!("originals/{}/{name}", number % 3), &bytes).expect("put");
        println!("put {name}");
    }
}

#[test]
fn i9_a_kill_leaves_whole_objects_only_and_all_that_were_said_to_be_put() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut said = BTreeSet::new();
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args([
                "--exact",
                "remote_contract::child_that_puts_until_it_is_killed",
                "--nocapture",
            ])
            .env("SAFELIGHT_TEST_PUT_INTO", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("its words")).lines();
        let mut puts = 0;
        while puts <= round {
            let line = lines.next().expect("another line").expect("text");
            // The harness writes the test's name before the first.
            if let Some((_, name)) = line.split_once("put ") {
                said.insert(name.to_owned());
                puts += 1;
            }
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
    }
    let remote = folder(dir.path());
    let mut found = BTreeSet::new();
    let mut keys = Vec::new();
    let each = &mut |info: Info| {
        keys.push(info.key);
        std::ops::ControlFlow::Continue(())
    };
    remote.list("", &Cx::new(), each).expect("listed");
    for key in keys {
        let bytes = get(&remote, key.as_str()).expect("read");
        let name = key.as_str().rsplit('/').next().expect("a name").to_owned();
        assert_eq!(ContentId::of(&bytes).hex(), name, "{} bytes", bytes.len());
        found.insert(name);
    }
    assert!(said.is_subset(&found), "what was said to be put is there");
    println!("{} said, {} found", said.len(), found.len());
}
