//! Goal: numbers people can plan with, and backups that go on by themselves, as the built program does them: what fits and
//! which plan holds it, what follows and what is left out, `backup --watch`, the service's unit. Method: small libraries on
//! this disk; what is in a store is counted by its files, not by what the program says.

use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// Six photos in two folders, known; nothing is stored.
    fn new() -> Self {
        let world = Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
        };
        for folder in ["photos/trip", "photos/work", "config"] {
            fs::create_dir_all(world.path(folder)).expect("made");
        }
        for number in 0..3 {
            world.add(&format!("photos/trip/t{number}.jpg"), 400_000);
            world.add(&format!("photos/work/w{number}.jpg"), 400_000);
        }
        let photos = world.path("photos");
        world.ok(&["scan", photos.to_str().expect("text")]);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file of so many bytes that no other has.
    fn add(&self, name: &str, size: usize) {
        let mut bytes = format!("{name} is not like any other. ").into_bytes();
        bytes.resize(size, 7);
        fs::write(self.path(name), bytes).expect("written");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_safelight"));
        command
            .env("SAFELIGHT_KEYRING", "off")
            .env("XDG_CONFIG_HOME", self.path("config"))
            // No systemctl: a test must not start or stop anything on the machine that it runs on.
            .env("PATH", "/nonexistent")
            .env_remove("SAFELIGHT_HOME")
            .arg("--home")
            .arg(self.path("home"))
            .args(args)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("it runs")
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert_eq!(
            ran.status.code(),
            Some(0),
            "{args:?}: {said} {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        said
    }

    fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let ran = self.run(&all);
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:?}"))
    }

    /// Original files in a store, by their bytes' beginnings.
    fn stored(&self, store: &str) -> Vec<String> {
        let mut found = Vec::new();
        originals(&self.path(store).join("originals"), &mut found);
        found.sort();
        found
    }
}

fn originals(dir: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            originals(&path, found);
        } else {
            let bytes = fs::read(&path).expect("read");
            let name = String::from_utf8_lossy(&bytes[..60]).into_owned();
            found.push(name.split(' ').next().unwrap_or("").to_owned());
        }
    }
}

#[test]
fn a_dry_run_says_what_fits_and_which_plan_holds_the_rest() {
    let world = World::new();
    // The folder that a cloud keeps in step is paid by plan.
    let drive = world.path("iCloudDrive/photos");
    fs::create_dir_all(&drive).expect("made");
    world.ok(&["store", "add", "cloud", drive.to_str().expect("text")]);
    world.ok(&["store", "set", "cloud", "--limit", "1MB"]);
    let planned = &world.json(&["backup", "--dry-run"])["stores"][0];
    assert_eq!(
        (planned["bytes"].as_u64(), planned["free"].as_u64()),
        (Some(2_400_000), Some(1_000_000))
    );
    assert_eq!(planned["fits"], Value::Bool(false));
    assert_eq!(planned["plan"], "5 GB");
    assert_eq!(
        planned["verdict"],
        "This selection needs 2.4 MB, 1.0 MB are left: it fits the free 5 GB plan."
    );
    assert!(world.stored("iCloudDrive/photos").is_empty(), "nothing was sent");
    // A person's own prices are used instead of ours, and broken ones are said and change nothing.
    let own = "(plans: [(provider: \"mine\", name: \"Shelf\", gigabytes: 1, dollars: 7.5)])";
    fs::write(world.path("home/plans.ron"), own).expect("written");
    let said = world.json(&["backup", "--dry-run"])["stores"][0]["verdict"].clone();
    assert!(
        said.as_str()
            .is_some_and(|said| said.contains("the Shelf plan ($7.50 a month)")),
        "{said}"
    );
    fs::write(world.path("home/plans.ron"), "(plans: 7)").expect("written");
    let ran = world.run(&["backup", "--dry-run"]);
    assert!(String::from_utf8_lossy(&ran.stderr).contains("list of prices cannot be used"));
}

#[test]
fn what_follows_is_sent_and_the_rest_is_not() {
    let world = World::new();
    let store = world.path("store");
    world.ok(&["store", "add", "nas", store.to_str().expect("text")]);
    let trip = world.path("photos/trip");
    let followed = world.json(&["store", "follow", "nas", "--folder", trip.to_str().expect("text")]);
    let set = &followed["follows"];
    assert_eq!(
        (set["photos_in"].as_u64(), set["photos_out"].as_u64()),
        (Some(3), Some(3)),
        "{followed}"
    );
    assert_eq!(
        (set["bytes_in"].as_u64(), set["bytes_out"].as_u64()),
        (Some(1_200_000), Some(1_200_000))
    );
    assert!(world.stored("store").is_empty(), "following sends nothing yet");
    world.ok(&["backup"]);
    assert_eq!(
        world.stored("store"),
        ["photos/trip/t0.jpg", "photos/trip/t1.jpg", "photos/trip/t2.jpg"]
    );
    // A query follows too: a rating given later takes its photo along.
    world.ok(&["store", "follow", "nas", "--query", "rating>=3"]);
    let photo = world.path("photos/work/w1.jpg");
    world.ok(&["mark", "--rating", "4", photo.to_str().expect("text")]);
    world.ok(&["backup"]);
    // The photo, and the sidecar that says so.
    let stored = world.stored("store");
    assert_eq!(stored.len(), 5, "{stored:?}");
    for name in ["photos/work/w1.jpg", "<?xpacket"] {
        assert!(stored.contains(&name.to_owned()), "{stored:?}");
    }
    let listed = world.json(&["store", "list"]);
    assert_eq!(listed["stores"][0]["follows"]["what"].as_array().map(Vec::len), Some(2));
    // Both are taken back; what was sent stays, and without followed things everything is meant again.
    world.ok(&["store", "unfollow", "nas", "--query", "rating>=3"]);
    world.ok(&["store", "unfollow", "nas", "--folder", trip.to_str().expect("text")]);
    assert_eq!(world.stored("store").len(), 5);
    world.ok(&["backup"]);
    assert_eq!(world.stored("store").len(), 7);
    // What makes no sense is refused.
    for bad in [
        ["--album", "none such"],
        ["--query", "rating>="],
        ["--folder", "/nowhere"],
    ] {
        let ran = world.run(&["store", "follow", "nas", bad[0], bad[1]]);
        assert_eq!(ran.status.code(), Some(2), "{bad:?}: {ran:?}");
    }
}

/// Lines of a running program until one has these words.
#[track_caller]
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, words: &str) {
    let mut seen = Vec::new();
    for line in lines {
        let line = line.expect("text");
        if line.contains(words) {
            return;
        }
        seen.push(line);
    }
    panic!("it ended without saying {words:?}: {seen:#?}");
}

/// Ends a program that hangs, so that the test fails instead of waiting for ever. Goes with the value.
fn watchdog(child: &Child) -> std::sync::mpsc::Sender<()> {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let id = child.id().to_string();
    std::thread::spawn(move || {
        let waited = stopped.recv_timeout(std::time::Duration::from_secs(180));
        if matches!(waited, Err(std::sync::mpsc::RecvTimeoutError::Timeout)) {
            let _ = Command::new("kill").arg("-KILL").arg(id).status();
        }
    });
    stop
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").arg("-INT").arg(child.id().to_string()).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

#[test]
fn watching_sends_new_photos_by_itself_and_ends_cleanly() {
    let world = World::new();
    let store = world.path("store");
    world.ok(&["store", "add", "nas", store.to_str().expect("text")]);
    // Nothing is chosen: it says so instead of waiting for ever.
    let ran = world.run(&["backup", "--watch"]);
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    let trip = world.path("photos/trip");
    world.ok(&["store", "follow", "nas", "--folder", trip.to_str().expect("text")]);
    let mut child = world
        .command(&["backup", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let _watchdog = watchdog(&child);
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    until(&mut lines, "3 files backed up and read back");
    // Between two passes the library is free for others.
    world.add("photos/trip/new.jpg", 300_000);
    world.add("photos/work/not.jpg", 300_000);
    until(&mut lines, "1 file backed up and read back");
    interrupt(&child);
    until(&mut lines, "Stopped. What was done stays done.");
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    assert_eq!(world.stored("store").len(), 4);
    assert!(world.stored("store").contains(&"photos/trip/new.jpg".to_owned()));
    let checked = world.run(&["check-store", store.to_str().expect("text")]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    // The last run said goodbye: nothing has to be settled.
    assert_eq!(
        fs::read_to_string(world.path("home/lock")).expect("the lock"),
        "clean\n"
    );
}

#[test]
fn rules_are_kept_and_hold_the_queue_back() {
    let world = World::new();
    let store = world.path("store");
    world.ok(&["store", "add", "nas", store.to_str().expect("text")]);
    let minute =
        safelight::sys::clock::local_minute(safelight::sys::clock::Clock::now(&safelight::sys::clock::RealClock));
    let clock = |minute: u16| format!("{}:{:02}", minute % 1440 / 60, minute % 60);
    // An hour that begins in two hours and so cannot come while this test runs.
    let hours = format!("{}-{}", clock(minute + 120), clock(minute + 180));
    world.ok(&[
        "queue",
        "rules",
        "--hours",
        &hours,
        "--order",
        "small",
        "--bandwidth",
        "2MB",
    ]);
    let rules = world.json(&["queue", "rules"]);
    assert_eq!(
        (rules["order"].as_str(), rules["bandwidth"].as_u64()),
        (Some("Small files first"), Some(2_000_000))
    );
    let ran = world.run(&["backup"]);
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    assert!(
        String::from_utf8_lossy(&ran.stderr).contains("Sending waits until"),
        "{ran:?}"
    );
    assert!(world.stored("store").is_empty());
    world.ok(&["backup", "--now"]);
    assert_eq!(world.stored("store").len(), 6);
    assert_eq!(
        world.run(&["queue", "rules", "--hours", "25-26"]).status.code(),
        Some(2)
    );
}

#[test]
fn the_service_is_a_unit_that_can_be_taken_away_again() {
    let world = World::new();
    let store = world.path("store");
    assert_eq!(world.json(&["service", "status"])["installed"], Value::Bool(false));
    world.ok(&["store", "add", "nas", store.to_str().expect("text")]);
    let ran = world.run(&["service", "install"]);
    assert_eq!(ran.status.code(), Some(2), "nothing is followed: {ran:?}");
    // Without systemd the unit is written, and it says what to do.
    let ran = world.run(&["service", "install", "--all"]);
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    let unit = world.path("config/systemd/user/safelight-backup.service");
    let text = fs::read_to_string(&unit).expect("the unit");
    let line = text
        .lines()
        .find(|line| line.starts_with("ExecStart="))
        .expect("what it starts");
    assert!(line.ends_with("backup --watch --all"), "{line}");
    assert!(line.contains(world.path("home").to_str().expect("text")), "{line}");
    assert_eq!(world.json(&["service", "status"])["installed"], Value::Bool(true));
    world.ok(&["service", "remove"]);
    assert!(!unit.exists());
    assert!(world.ok(&["service", "remove"]).contains("no service"));
}
