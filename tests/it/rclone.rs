//! Goal: what rclone reaches keeps every promise of a remote, and rclone never outlives this program. Method: the contract
//! suite through a real rclone on a local remote, an encrypted one and one in memory without folders; a child of this test that
//! is killed while its rclone runs. Skipped where no rclone is at hand: on PATH, or named by `SAFELIGHT_TEST_RCLONE`.

use safelight::{
    remote::{
        access::Access,
        api::{ErrorKind, Info, Key, Remote},
        contract,
        rclone::{Daemon, Rclone},
    },
    sys::{real::RealFs, task::Cx},
};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Cursor, Read as _},
    ops::ControlFlow,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

fn program() -> Option<PathBuf> {
    let named = std::env::var_os("SAFELIGHT_TEST_RCLONE").map(PathBuf::from);
    let found = named.or_else(|| safelight::sys::child::find("rclone"));
    if found.is_none() {
        println!("skipped: no rclone");
    }
    found
}

fn open(url: &str, program: &Path) -> Result<Rclone, safelight::remote::api::Error> {
    Rclone::open(
        url,
        &Access::default(),
        Arc::new(RealFs),
        Daemon::of(program),
        &Cx::new(),
    )
}

fn key(text: &str) -> Key {
    Key::new(text).expect("a key")
}

fn all_kept(remote: Rclone, with_many: bool) {
    let remote: Arc<dyn Remote> = Arc::new(remote);
    let report = contract::run(&remote, with_many, &Cx::new()).expect("it ran");
    for probe in &report.probes {
        println!("{:?} {}: {}", probe.outcome, probe.name, probe.sentence);
    }
    let broken: Vec<_> = report.failed().map(|probe| (probe.name, &probe.sentence)).collect();
    assert!(broken.is_empty(), "{:?}: {broken:#?}", report.place);
    assert!(report.left.is_empty(), "{:?}", report.left);
}

#[test]
fn rclone_keeps_the_contract_on_a_folder() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let remote = open(&format!("rclone:{}", dir.path().display()), &program).expect("opened");
    let device = fs::metadata(dir.path()).expect("there").dev();
    assert_eq!(
        remote.device().expect("asked"),
        Some(device),
        "a copy there dies with this disk"
    );
    let quota = remote.quota(&Cx::new()).expect("asked").expect("known");
    assert!(quota.free > 0 && quota.free <= quota.total);
    all_kept(remote, false);
    assert_eq!(
        fs::read_dir(dir.path()).expect("listed").count(),
        0,
        "nothing is left, no folder either"
    );
}

#[test]
fn rclone_keeps_the_contract_without_folders_and_hashes() {
    let Some(program) = program() else { return };
    all_kept(open("rclone::memory:bucket/store", &program).expect("opened"), true);
    let dir = tempfile::tempdir().expect("a temporary folder");
    // A remote of layers: what it lies on is found all the same.
    let layered = format!("rclone::alias,remote='{}':", dir.path().display());
    let remote = open(&layered, &program).expect("opened");
    let device = fs::metadata(dir.path()).expect("there").dev();
    assert_eq!(remote.device().expect("asked"), Some(device));
    all_kept(remote, false);
}

#[test]
fn i12_a_folder_that_went_away_is_unreachable() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let store = dir.path().join("store");
    let url = format!("rclone:{}", store.display());
    let missing = open(&url, &program).map(|_| ()).expect_err("not there");
    assert_eq!(missing.kind, ErrorKind::Unreachable, "{missing}");
    let cx = Cx::new();
    let remote = Rclone::create(&url, &Access::default(), Arc::new(RealFs), Daemon::of(&program), &cx).expect("made");
    let sent = remote.put(&key("a/b"), &mut Cursor::new(b"x"), 1, &cx);
    sent.expect("put");
    fs::rename(&store, dir.path().join("unmounted")).expect("moved");
    let away =
        |error: Option<safelight::remote::api::Error>| assert_eq!(error.expect("away").kind, ErrorKind::Unreachable);
    away(remote.put(&key("a/c"), &mut Cursor::new(b"x"), 1, &cx).err());
    away(remote.get(&key("a/b"), None, &mut std::io::sink(), &cx).err());
    away(remote.head(&key("a/b"), &cx).err());
    away(remote.list("", &cx, &mut |_| panic!("nothing can be listed")).err());
    away(remote.delete(&key("a/b"), &cx).err());
    assert!(!store.exists(), "it was not made again");
}

#[test]
fn what_rclone_refuses_is_a_sentence() {
    let Some(program) = program() else { return };
    let unknown = open("rclone:no-such-remote-of-safelight:x", &program)
        .map(|_| ())
        .expect_err("unknown");
    assert!(
        unknown.kind == ErrorKind::Permanent && unknown.what.contains("rclone config"),
        "{unknown}"
    );
    let none = open("rclone:a:b", Path::new("/nowhere/rclone"))
        .map(|_| ())
        .expect_err("none");
    assert!(none.what.contains("could not be started"), "{none}");
    let not_it = open("rclone:a:b", Path::new("/bin/cat"))
        .map(|_| ())
        .expect_err("another program");
    assert!(not_it.what.contains("rclone"), "{not_it}");
}

#[test]
fn unfinished_files_of_a_kill_are_no_objects() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(dir.path().join("a")).expect("made");
    for name in ["one.jpg", "one.jpg.0a1b2c3d.partial"] {
        fs::write(dir.path().join("a").join(name), "x").expect("written");
    }
    let remote = open(&format!("rclone:{}", dir.path().display()), &program).expect("opened");
    let mut found = BTreeSet::new();
    let each = &mut |info: Info| {
        found.insert(info.key.to_string());
        ControlFlow::Continue(())
    };
    remote.list("", &Cx::new(), each).expect("listed");
    assert_eq!(found, BTreeSet::from(["a/one.jpg".to_owned()]));
}

#[test]
fn one_that_died_is_started_again() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let daemon = Daemon::of(&program);
    let url = format!("rclone:{}", dir.path().display());
    let cx = Cx::new();
    let remote = Rclone::open(&url, &Access::default(), Arc::new(RealFs), Arc::clone(&daemon), &cx).expect("opened");
    let first = daemon.pid().expect("it runs");
    let killed = Command::new("kill")
        .args(["-9", &first.to_string()])
        .status()
        .expect("asked");
    assert!(killed.success());
    // The first call may meet the dead one: it says that it is tried again, and it is.
    let mut sent = remote.put(&key("a"), &mut Cursor::new(b"x"), 1, &cx);
    if let Err(error) = &sent {
        assert_eq!(error.kind, ErrorKind::Temporary, "{error}");
        sent = remote.put(&key("a"), &mut Cursor::new(b"x"), 1, &cx);
    }
    sent.expect("put by another");
    assert_ne!(daemon.pid(), Some(first));
}

#[test]
fn i16_a_transfer_is_slow_as_told_and_stops_when_asked() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let daemon = Daemon::of(&program);
    let slow = Access {
        bandwidth: Some(100_000),
        ..Access::default()
    };
    let url = format!("rclone:{}", dir.path().display());
    let remote = Rclone::open(&url, &slow, Arc::new(RealFs), Arc::clone(&daemon), &Cx::new()).expect("opened");
    // Half a minute at that rate.
    let bytes = vec![7; 3_000_000];
    let cx = Cx::new();
    let (watched, stop) = (cx.progress.clone(), cx.cancel.clone());
    let stopper = std::thread::spawn(move || {
        let started = Instant::now();
        while watched.read().bytes_done == 0 && started.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        let begun = watched.read().bytes_done;
        stop.cancel();
        (begun, Instant::now())
    });
    let sent = remote.put(&key("a/film"), &mut Cursor::new(&bytes), bytes.len() as u64, &cx);
    let ended = Instant::now();
    let (begun, asked) = stopper.join().expect("it watched");
    assert_eq!(sent.expect_err("stopped").kind, ErrorKind::Cancelled);
    assert!(begun > 0 && begun < 3_000_000, "progress is told on the way: {begun}");
    println!(
        "stopped {:?} after it was asked, at {begun} bytes",
        ended.duration_since(asked)
    );
    assert!(
        remote.head(&key("a/film"), &Cx::new()).expect("asked").is_none(),
        "nothing of it has the key"
    );
    // Another store on the same rclone, without a limit: the name is free, and it is quick.
    let quick = Rclone::open(&url, &Access::default(), Arc::new(RealFs), daemon, &Cx::new()).expect("opened");
    let sent = quick.put(&key("a/film"), &mut Cursor::new(&bytes), bytes.len() as u64, &Cx::new());
    sent.expect("put");
}

/// The child of the next test: opens a store through rclone, says its number, and waits to be killed.
#[test]
fn child_that_holds_rclone_until_it_is_killed() {
    let Some(dir) = std::env::var_os("SAFELIGHT_TEST_HOLD_RCLONE") else {
        return;
    };
    let program = program().expect("the parent had one");
    let daemon = Daemon::of(&program);
    let url = format!("rclone:{}", Path::new(&dir).display());
    let remote = Rclone::open(
        &url,
        &Access::default(),
        Arc::new(RealFs),
        Arc::clone(&daemon),
        &Cx::new(),
    );
    let _remote = remote.expect("opened");
    println!("rclone {}", daemon.pid().expect("it runs"));
    let mut nothing = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut nothing);
}

#[test]
fn i17_rclone_is_gone_when_this_program_was_killed_and_its_password_is_in_no_argument() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "rclone::child_that_holds_rclone_until_it_is_killed",
            "--nocapture",
        ])
        .env("SAFELIGHT_TEST_HOLD_RCLONE", dir.path())
        .env("SAFELIGHT_TEST_RCLONE", &program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("its words")).lines();
    let pid: u32 = loop {
        let line = lines.next().expect("another line").expect("text");
        if let Some((_, pid)) = line.split_once("rclone ")
            && let Ok(pid) = pid.trim().parse()
        {
            break pid;
        }
    };
    let proc = PathBuf::from(format!("/proc/{pid}"));
    let arguments = fs::read(proc.join("cmdline")).expect("it runs");
    let variables = fs::read(proc.join("environ")).expect("ours");
    let password = String::from_utf8_lossy(&variables);
    let password = password
        .split('\0')
        .find_map(|one| one.strip_prefix("RCLONE_RC_PASS="))
        .expect("it has one")
        .to_owned();
    assert_eq!(password.len(), 64);
    assert!(!String::from_utf8_lossy(&arguments).contains(&password));
    assert_eq!(
        fs::metadata(proc.join("environ")).expect("there").mode() & 0o077,
        0,
        "no other user reads it"
    );
    child.kill().expect("killed");
    child.wait().expect("gone");
    let started = Instant::now();
    // A process that ended and that nobody waited for yet is a zombie: without arguments.
    while fs::read(proc.join("cmdline")).is_ok_and(|line| !line.is_empty()) {
        assert!(started.elapsed() < Duration::from_secs(20), "it stays");
        std::thread::yield_now();
    }
    println!("gone after {:?}", started.elapsed());
}
