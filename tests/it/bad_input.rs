//! What goes wrong around the program: empty and forbidden folders, full and read-only disks, stores that went away or
//! were swapped, catalogs and settings that are broken or too new, two at once, wrong usage. Each time: the documented
//! exit code, a sentence that says what to do, nothing lost, and afterwards everything works again.

use crate::{
    program::{Program, Ran, Truth, all_below, content, contents, copy_tree, folder_in, noise_jpeg, two_disks},
    world::Dice,
};
use safelight::sys::lock::HomeLock;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// A small library with a store on another disk, where there is one.
struct Home {
    program: Program,
    library: PathBuf,
    store: PathBuf,
    near: tempfile::TempDir,
    _far: tempfile::TempDir,
}

fn args<'a>(words: &'a [&'a str], path: &'a Path) -> Vec<&'a OsStr> {
    words.iter().map(OsStr::new).chain([path.as_os_str()]).collect()
}

impl Home {
    /// Photos in a folder; nothing known yet.
    fn new() -> Self {
        let (first, second) = two_disks().unwrap_or_else(|| (std::env::temp_dir(), std::env::temp_dir()));
        let (near, far) = (folder_in(&first), folder_in(&second));
        let library = near.path().join("photos");
        // Noise, since a picture of that is worth optimizing: some hundred KB each.
        let mut dice = Dice::new(7);
        fs::create_dir(&library).expect("a folder");
        for (number, width) in (2001..).zip([400, 420, 440, 460, 480, 500]) {
            let bytes = noise_jpeg(&mut dice, width, width * 3 / 4);
            fs::write(library.join(format!("IMG_{number}.jpg")), bytes).expect("a photo");
        }
        let sidecar = "assets/samples/2025-01 City at night/IMG_2005.jpg.xmp";
        let sidecar = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(sidecar)).expect("a sidecar");
        fs::write(library.join("IMG_2005.jpg.xmp"), sidecar).expect("a sidecar");
        Self {
            program: Program::at(&near.path().join("home")),
            library,
            store: far.path().join("store"),
            near,
            _far: far,
        }
    }

    /// Scanned, with a store.
    fn scanned() -> Self {
        let home = Self::new();
        home.run(&args(&["scan"], &home.library)).exits(0);
        home.run(&args(&["store", "add", "disk"], &home.store)).exits(0);
        home
    }

    /// And backed up.
    fn backed_up() -> Self {
        let home = Self::scanned();
        home.run(&["backup".as_ref()]).exits(0);
        home
    }

    fn run(&self, args: &[&OsStr]) -> Ran {
        let ran = self.program.run(args);
        assert!(!ran.err.contains("panicked"), "{ran:#?}");
        ran
    }

    fn say(&self, words: &[&str]) -> Ran {
        self.run(&words.iter().map(OsStr::new).collect::<Vec<_>>())
    }

    fn catalog(&self) -> PathBuf {
        self.program.home.join("catalog.sqlite")
    }

    /// How many photos are in each bucket that has any.
    fn buckets(&self) -> BTreeMap<String, u64> {
        let status = self.program.json(&["status"]);
        assert_eq!(status["adds_up"], true, "{status:#}");
        let buckets = status["buckets"].as_object().expect("buckets");
        let count = |bucket: &Value| bucket["photos"].as_u64().expect("a number");
        let some = buckets.iter().filter(|(_, bucket)| count(bucket) > 0);
        some.map(|(name, bucket)| (name.clone(), count(bucket))).collect()
    }

    fn counts(&self) -> &'static str {
        if two_disks().is_some() { "safe" } else { "sent" }
    }
}

fn only(bucket: &str, photos: u64) -> BTreeMap<String, u64> {
    BTreeMap::from([(bucket.to_owned(), photos)])
}

/// A disk of its own, as small as wanted, gone at the end; none where this user may not mount.
struct SmallDisk {
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl SmallDisk {
    fn new(kib: u64) -> Option<Self> {
        let dir = folder_in(&std::env::temp_dir());
        let path = dir.path().join("disk");
        fs::create_dir(&path).expect("a folder");
        let size = format!("size={kib}k");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "safelight-it"])
            .arg(&path)
            .output();
        let done = mounted.is_ok_and(|out| out.status.success());
        if !done {
            println!("skipped: this user may not mount a small disk");
            return None;
        }
        Some(Self { path, _dir: dir })
    }

    fn becomes(&self, options: &str) {
        let options = format!("remount,{options}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.path).status();
        assert!(done.is_ok_and(|status| status.success()), "{options}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

/// The words that run a program without root's right to pass every permission; none where that is not to be had.
fn without_privileges() -> Option<Vec<std::ffi::OsString>> {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        return Some(Vec::new());
    }
    let words = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--"];
    let works = Command::new(words[0]).args(&words[1..]).arg("true").status();
    if !works.is_ok_and(|status| status.success()) {
        println!("skipped: root passes every permission, and setpriv cannot change that here");
        return None;
    }
    Some(words.iter().map(Into::into).collect())
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its permissions");
}

#[test]
fn an_empty_folder_and_an_empty_home() {
    let home = Home::new();
    home.say(&["status"]).exits(3).says("safelight scan FOLDER");
    home.say(&["list"]).exits(3).says("safelight scan FOLDER");
    assert!(!home.catalog().exists(), "looking makes no catalog");
    let empty = home.near.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    home.run(&args(&["scan"], &empty)).exits(0);
    assert_eq!(home.buckets(), BTreeMap::new());
    home.say(&["backup"]).exits(2).says("safelight store add");
    home.run(&args(&["store", "add", "disk"], &home.store)).exits(0);
    let ran = home.say(&["backup"]).exits(0);
    assert!(ran.out.contains("safelight scan FOLDER"), "{ran:#?}");
    home.say(&["verify", "--all"]).exits(0);
    home.say(&["optimize", "--free-now"]).exits(0);
    home.say(&["restore", "--all"]).exits(0);
    home.run(&args(&["check-store"], &home.store)).exits(0);
}

#[test]
fn a_folder_that_is_not_there() {
    let home = Home::new();
    let nowhere = home.near.path().join("no such folder");
    let ran = home.run(&args(&["scan"], &nowhere));
    assert!(matches!(ran.code, Some(1..=3)), "{ran:#?}");
    assert!(ran.err.contains("no such folder"), "it is named: {ran:#?}");
    home.run(&args(&["check-store"], &nowhere))
        .exits(3)
        .says("no such folder");
}

#[test]
fn i4_forbidden_folders_and_files() {
    let Some(through) = without_privileges() else { return };
    let mut home = Home::new();
    home.program.through = through;
    fs::create_dir(home.library.join("secret")).expect("a folder");
    fs::rename(
        home.library.join("IMG_2001.jpg"),
        home.library.join("secret/IMG_2001.jpg"),
    )
    .expect("moved");
    home.run(&args(&["scan"], &home.library)).exits(0);
    assert_eq!(home.buckets(), only("only-here", 6));

    chmod(&home.library.join("secret"), 0);
    let ran = home.say(&["scan"]).exits(1).says("secret");
    assert!(ran.err.to_lowercase().contains("permission"), "{ran:#?}");
    assert_eq!(home.buckets(), only("only-here", 6), "what may not be read is not gone");
    home.run(&args(&["store", "add", "disk"], &home.store)).exits(0);
    home.say(&["backup"]).exits(1).says("IMG_2001.jpg");
    chmod(&home.library.join("secret"), 0o755);

    chmod(&home.library.join("IMG_2002.jpg"), 0);
    let ran = home.say(&["scan"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:#?}");
    chmod(&home.library.join("IMG_2002.jpg"), 0o644);
    home.say(&["scan"]).exits(0);
    // Its permissions changed, so its bytes are looked at again before anything is said of them.
    home.say(&["queue", "retry"]).exits(0);
    let ran = home.say(&["backup"]).exits(0);
    assert_eq!(home.buckets(), only(home.counts(), 6), "{ran:#?}");
}

#[test]
fn i12_a_full_store_keeps_the_queue() {
    let Some(disk) = SmallDisk::new(1300) else { return };
    let home = Home::new();
    let before = contents(&home.library);
    home.run(&args(&["scan"], &home.library)).exits(0);
    let store = disk.path.join("store");
    home.run(&args(&["store", "add", "small"], &store)).exits(0);
    let ran = home.say(&["backup"]).exits(1);
    assert!(ran.err.contains("too much"), "{ran:#?}");
    assert!(
        ran.err.contains("small waits") && ran.err.to_lowercase().contains("full"),
        "{ran:#?}"
    );
    let queue = home.program.json(&["queue", "list"]);
    assert!(queue["waiting"].as_u64() > Some(0), "the queue is kept: {queue:#}");
    let done: u64 = home.buckets().get("safe").copied().unwrap_or(0);
    assert!(done < 6, "not all of them fit");
    // Whatever is under a final name is whole, also on a full disk.
    let truth = Truth::of(&home.library, &store);
    assert_eq!(truth.look().1, Vec::<String>::new());
    assert_eq!(truth.claims(&home.program).1, Vec::<String>::new());

    disk.becomes("size=50m");
    home.say(&["backup"]).exits(0);
    assert_eq!(home.buckets(), only("safe", 6));
    home.run(&args(&["check-store"], &store)).exits(0);
    assert_eq!(contents(&home.library), before);
}

#[test]
fn i12_a_full_library_disk_is_not_optimized() {
    let Some(disk) = SmallDisk::new(20_000) else { return };
    let home = Home::new();
    let library = disk.path.join("photos");
    copy_tree(&home.library, &library);
    home.run(&args(&["scan"], &library)).exits(0);
    home.run(&args(&["store", "add", "disk"], &home.store)).exits(0);
    home.say(&["backup"]).exits(0);
    let truth = Truth::of(&library, &home.store);
    home.say(&["optimize", "--free-now"]).exits(1).says("too full");
    let (stands, wrong) = truth.look();
    assert_eq!(
        (stands.proxies(), stands.held + stands.unfinished, wrong),
        (0, 0, Vec::new())
    );
    assert_eq!(home.buckets(), only("safe", 6));
    disk.becomes("size=200m");
    home.say(&["optimize", "--free-now"]).exits(0);
    disk.becomes("size=6m");
    home.say(&["restore", "--all"]).exits(1).says("room");
    let (stands, wrong) = truth.look();
    assert_eq!((stands.held + stands.unfinished, wrong), (0, Vec::new()));
    disk.becomes("size=200m");
    home.say(&["restore", "--all"]).exits(0);
    let (stands, wrong) = truth.look();
    assert_eq!(
        (stands.proxies(), stands.held + stands.unfinished, wrong),
        (0, 0, Vec::new())
    );
}

#[test]
fn i12_a_home_on_a_full_disk() {
    let Some(disk) = SmallDisk::new(100) else { return };
    let mut home = Home::new();
    let before = contents(&home.library);
    home.program = Program::at(&disk.path.join("home"));
    let ran = home.run(&args(&["scan"], &home.library)).exits(3);
    assert!(
        ran.err.to_lowercase().contains("full") || ran.err.contains("space"),
        "{ran:#?}"
    );
    disk.becomes("size=50m");
    home.run(&args(&["scan"], &home.library)).exits(0);
    assert_eq!(home.buckets(), only("only-here", 6));
    assert_eq!(contents(&home.library), before);
}

#[test]
fn i12_a_read_only_store_waits() {
    let Some(disk) = SmallDisk::new(50_000) else { return };
    let home = Home::new();
    let store = disk.path.join("store");
    home.run(&args(&["scan"], &home.library)).exits(0);
    home.run(&args(&["store", "add", "disk"], &store)).exits(0);
    home.say(&["backup", "IMG_2001"]).exits(0);
    disk.becomes("ro");
    home.say(&["backup"]).exits(1).says("disk waits");
    home.say(&["verify", "--all"]).exits(0);
    home.run(&args(&["check-store"], &store)).exits(0);
    let queue = home.program.json(&["queue", "list"]);
    assert!(queue["waiting"].as_u64() > Some(0), "{queue:#}");
    disk.becomes("rw");
    home.say(&["backup"]).exits(0);
    assert_eq!(home.buckets(), only("safe", 6));
}

/// I5: a store that is away, empty or another one says nothing about photos, and frees nothing.
#[track_caller]
fn store_is_of_no_use(home: &Home, words: &str) {
    let truth = Truth::of(&home.library, &home.store);
    let all_safe = only(home.counts(), 6);
    let ran = home.say(&["verify", "--all"]).exits(1);
    assert!(ran.err.contains(words), "{words:?}: {ran:#?}");
    assert_eq!(home.buckets(), all_safe, "nothing flips to missing");
    home.say(&["backup"]).exits(1);
    assert_eq!(home.buckets(), all_safe, "nothing flips to missing");
    let ran = home.say(&["optimize", "--free-now"]);
    let (stands, _) = truth.look();
    assert_eq!((stands.proxies(), stands.held + stands.unfinished), (0, 0), "{ran:#?}");
    home.say(&["status"]).exits(0);
}

#[test]
fn i5_a_store_that_went_away_or_was_replaced() {
    let home = Home::backed_up();
    let aside = home.store.with_extension("aside");
    fs::rename(&home.store, &aside).expect("moved");
    store_is_of_no_use(&home, "disk");
    assert!(!home.store.exists(), "no store is made in its place");

    fs::create_dir(&home.store).expect("a folder");
    store_is_of_no_use(&home, "disk");
    assert_eq!(
        all_below(&home.store),
        Vec::<PathBuf>::new(),
        "an empty folder stays empty"
    );

    fs::remove_dir(&home.store).expect("removed");
    let other = Home::new();
    other.run(&args(&["scan"], &other.library)).exits(0);
    other.run(&args(&["store", "add", "mine"], &home.store)).exits(0);
    let theirs = contents(&home.store);
    store_is_of_no_use(&home, "replaced");
    assert_eq!(
        contents(&home.store),
        theirs,
        "nothing is written into somebody else's store"
    );

    fs::remove_dir_all(&home.store).expect("removed");
    fs::rename(&aside, &home.store).expect("moved back");
    home.say(&["verify", "--all"]).exits(0);
    home.say(&["backup"]).exits(0);
    assert_eq!(home.buckets(), only(home.counts(), 6));
    home.run(&args(&["check-store"], &home.store)).exits(0);
}

#[test]
fn i5_a_store_of_a_newer_version() {
    let home = Home::backed_up();
    let path = home.store.join("safelight.json");
    let text = fs::read_to_string(&path).expect("its identity");
    let newer = text.replace("\"version\":1", "\"version\":2");
    assert_ne!(text, newer);
    fs::write(&path, &newer).expect("written");
    let before = contents(&home.store);
    store_is_of_no_use(&home, "newer");
    let target = home.near.path().join("restored");
    let mut words = args(&["restore", "--all", "--store"], &home.store);
    words.extend(["--to".as_ref(), target.as_os_str()]);
    home.run(&words).exits(3).says("newer");
    let ran = home.run(&args(&["check-store"], &home.store));
    assert!(matches!(ran.code, Some(1 | 3)), "{ran:#?}");
    assert_eq!(contents(&home.store), before, "nothing is written into it");
    fs::write(&path, &text).expect("written");
    home.say(&["verify", "--all"]).exits(0);
}

/// The catalog is refused with a sentence, and neither it nor anything else is touched by that.
#[track_caller]
fn catalog_is_refused(home: &Home, what: &str, words: &str) {
    let before = content(&home.catalog());
    for command in [
        &["list"][..],
        &["status"],
        &["scan"],
        &["backup"],
        &["optimize", "--free-now"],
    ] {
        let ran = home.say(command);
        assert_eq!(ran.code, Some(3), "{what}, {command:?}: {ran:#?}");
        assert!(ran.err.contains(words), "{what}, {command:?}: {ran:#?}");
    }
    assert_eq!(content(&home.catalog()), before, "{what}: the file is left as it is");
}

#[test]
fn i10_i11_a_damaged_catalog_is_refused_and_rebuilt() {
    let home = Home::backed_up();
    // A sidecar written now would be a file that is not backed up yet.
    home.say(&["sidecars", "--auto", "off"]).exits(0);
    home.say(&["mark", "IMG_2003", "--rating", "4"]).exits(0);
    let photos = contents(&home.library);
    let whole = fs::read(home.catalog()).expect("the catalog");
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 5] = [
        ("garbage in its head", |bytes| bytes[..100].fill(0xa5)),
        ("all of it garbage", |bytes| bytes.fill(0x5a)),
        ("cut in half", |bytes| bytes.truncate(bytes.len() / 2)),
        ("empty", Vec::clear),
        ("zeros behind its head", |bytes| bytes[4096..].fill(0)),
    ];
    for (what, damage) in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        fs::write(home.catalog(), &bytes).expect("written");
        catalog_is_refused(&home, what, "safelight rebuild");
        let ran = home.say(&["rebuild"]);
        assert_eq!(ran.code, Some(0), "{what}: {ran:#?}");
        let kept = all_below(&home.program.home);
        let kept: Vec<_> = kept
            .iter()
            .filter(|path| path.to_string_lossy().contains("before-rebuild"))
            .collect();
        assert!(!kept.is_empty(), "{what}: the damaged one is kept");
        home.say(&["verify", "--all"]).exits(0);
        assert_eq!(home.buckets(), only(home.counts(), 6), "{what}");
        home.say(&["list"]).exits(0);
        fs::write(home.catalog(), &whole).expect("written");
    }
    assert_eq!(contents(&home.library), photos, "photos are not touched by any of it");
}

#[test]
fn i10_a_catalog_is_rebuilt_from_disk_and_store() {
    let home = Home::scanned();
    home.say(&[
        "mark",
        "IMG_2003",
        "--rating",
        "4",
        "--add-keyword",
        "city/night",
        "--title",
        "Bridge",
    ])
    .exits(0);
    // The mark's sidecar is a file of the photo from the next scan on.
    home.say(&["scan"]).exits(0);
    home.say(&["album", "create", "Best", "rating:4"]).exits(0);
    home.say(&["album", "create", "Stars", "--query", "rating:3.."])
        .exits(0);
    home.say(&["backup"]).exits(0);
    let truth = Truth::of(&home.library, &home.store);
    let counts = two_disks().is_some();
    if counts {
        home.say(&["optimize", "IMG_2001", "--free-now"]).exits(0);
        assert_eq!(truth.look().0.proxies(), 1);
    }
    fs::write(home.catalog(), b"not a catalog any more").expect("written");
    home.say(&["list"]).exits(3).says("safelight rebuild");
    let ran = home.say(&["rebuild", "--from-scratch", "--json"]).exits(0);
    let report = ran.json();
    assert_eq!(report["photos"], 6, "{report:#}");
    assert_eq!(report["proxies"], u64::from(counts), "{report:#}");
    assert!(report["receipts"].as_u64() > Some(5), "{report:#}");
    assert_eq!(truth.look().1, Vec::<String>::new());

    let list = home.program.json(&["list", "rating:4"]);
    assert_eq!(
        list["photos"].as_array().map_or(0, Vec::len),
        1,
        "marks come back: {list:#}"
    );
    let list = home.program.json(&["list", "keyword:city"]);
    assert_eq!(
        list["photos"].as_array().map_or(0, Vec::len),
        1,
        "keywords come back: {list:#}"
    );
    let albums = home.program.json(&["album", "list"]);
    let names: Vec<&str> = albums["albums"]
        .as_array()
        .expect("albums")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert!(
        names.contains(&"Best") && names.contains(&"Stars"),
        "albums come back: {albums:#}"
    );

    // A log's word is a claim: nothing is called safe, and nothing is freed on it, until it was read back.
    let buckets = home.buckets();
    assert!(!buckets.contains_key("safe"), "{buckets:?}");
    let dry = home.program.json(&["optimize", "--dry-run"]);
    assert_eq!(dry["photos"], 0, "{dry:#}");
    home.say(&["verify", "--all"]).exits(0);
    let buckets = home.buckets();
    if counts {
        let expected = BTreeMap::from([("optimized".to_owned(), 1), ("safe".to_owned(), 5)]);
        assert_eq!(buckets, expected);
        home.say(&["restore", "--all"]).exits(0);
        let (stands, wrong) = truth.look();
        assert_eq!(
            (stands.proxies(), wrong),
            (0, Vec::new()),
            "a proxy known by its marker alone finds its original"
        );
    }
    home.say(&["backup"]).exits(0);
    home.run(&args(&["check-store"], &home.store)).exits(0);
}

#[test]
fn i10_a_catalog_of_a_newer_version_is_refused() {
    let home = Home::backed_up();
    let sql = rusqlite::Connection::open(home.catalog()).expect("the catalog");
    sql.pragma_update(None, "user_version", 99).expect("a pragma");
    drop(sql);
    catalog_is_refused(&home, "newer", "newer Safelight");
}

#[test]
fn broken_settings_are_kept() {
    let home = Home::backed_up();
    let path = home.program.home.join("settings.ron");
    fs::write(&path, "(release: (hold_ms: \"for ever\")").expect("written");
    let ran = home.say(&["status"]).exits(0).says("settings");
    assert!(ran.err.contains("defaults are used"), "{ran:#?}");
    let kept = all_below(&home.program.home);
    let kept: Vec<_> = kept
        .iter()
        .filter(|path| path.to_string_lossy().contains("settings.ron.broken"))
        .collect();
    assert_eq!(kept.len(), 1, "what was there is kept");
    // Roots and stores are written into the new settings: a rebuild needs them there.
    home.say(&["scan"]).exits(0);
    let text = fs::read_to_string(&path).expect("settings again");
    assert!(text.contains("photos") && text.contains("store"), "{text}");
    assert_eq!(home.buckets(), only(home.counts(), 6));
}

#[test]
fn i4_an_unplugged_folder_is_offline_and_loses_nothing() {
    let home = Home::backed_up();
    let before = contents(&home.library);
    let aside = home.library.with_extension("aside");
    fs::rename(&home.library, &aside).expect("moved");
    let ran = home.say(&["scan"]).exits(1).says("photos");
    let said = ran.err.to_lowercase();
    assert!(
        said.contains("not connected") || said.contains("not there") || said.contains("offline"),
        "{ran:#?}"
    );
    assert_eq!(home.buckets(), only(home.counts(), 6), "nothing is called removed");
    let roots = home.program.json(&["roots"]);
    assert_eq!(roots["roots"][0]["online"], false, "{roots:#}");
    let ran = home.say(&["optimize", "--free-now"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:#?}");
    let ran = home.say(&["backup"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:#?}");
    assert!(!home.library.exists(), "no folder is made in its place");
    fs::rename(&aside, &home.library).expect("moved back");
    home.say(&["scan"]).exits(0);
    assert_eq!(home.buckets(), only(home.counts(), 6));
    assert_eq!(contents(&home.library), before);
}

#[test]
fn i4_an_empty_mount_point_is_an_unplugged_disk() {
    let Some(disk) = SmallDisk::new(50_000) else { return };
    let home = Home::new();
    // The disk is the watched tree itself; without it an empty folder of another disk is left in its place.
    copy_tree(&home.library, &disk.path);
    home.run(&args(&["scan"], &disk.path)).exits(0);
    home.run(&args(&["store", "add", "disk"], &home.store)).exits(0);
    home.say(&["backup"]).exits(0);
    let gone = Command::new("umount").arg(&disk.path).status();
    assert!(gone.is_ok_and(|status| status.success()));
    home.say(&["scan"]).exits(1).says("disk");
    assert_eq!(home.buckets(), only("safe", 6), "an empty mount point removes nothing");
    let ran = home.say(&["optimize", "--free-now"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:#?}");
    assert_eq!(home.buckets(), only("safe", 6), "{ran:#?}");
    assert_eq!(
        fs::read_dir(&disk.path).expect("a folder").count(),
        0,
        "nothing is written there: {ran:#?}"
    );
}

#[test]
fn i1_one_writer_and_any_number_who_look() {
    let home = Home::backed_up();
    let lock = HomeLock::acquire(&home.program.home).expect("locked").expect("free");
    for command in [
        &["scan"][..],
        &["backup"],
        &["mark", "IMG_2001", "--rating", "1"],
        &["rebuild"],
        &["undo"],
    ] {
        home.say(command)
            .exits(3)
            .says("Another Safelight is using this library");
    }
    for command in [
        &["list"][..],
        &["status"],
        &["roots"],
        &["queue", "list"],
        &["album", "list"],
        &["store", "list"],
        &["backup", "--dry-run"],
        &["optimize", "--dry-run"],
    ] {
        home.say(command).exits(0);
    }
    drop(lock);
    home.say(&["mark", "IMG_2001", "--rating", "1"]).exits(0);

    // And beside one that is really writing.
    let writing = home.program.start(&["verify", "--all"]);
    for _ in 0..3 {
        home.say(&["list"]).exits(0);
        home.say(&["status"]).exits(0);
    }
    writing.end().exits(0);
}

#[test]
fn wrong_usage_is_exit_2_and_says_what_is_right() {
    let home = Home::scanned();
    let before = contents(&home.program.home);
    for (command, words) in [
        (&["frobnicate"][..], "frobnicate"),
        (&["mark", "IMG_2001", "--rating", "9"], "0..=5"),
        (&["mark", "IMG_2001"], "--rating"),
        (&["mark", "--rating", "1"], "which photos"),
        (&["restore"], "--all"),
        (&["backup", "--store", "nowhere"], "disk"),
        (&["backup", "--album", "no such album"], "album"),
        (&["album", "add", "no such album", "IMG_2001"], "album"),
        (&["optimize", "--free", "20 parsecs"], "unit"),
        (&["list", "rating:many"], "rating"),
    ] {
        let ran = home.say(command);
        assert_eq!(ran.code, Some(2), "{command:?}: {ran:#?}");
        assert!(ran.err.contains(words), "{command:?} says {words:?}: {ran:#?}");
    }
    let after = contents(&home.program.home);
    assert_eq!(
        before.get(Path::new("catalog.sqlite")),
        after.get(Path::new("catalog.sqlite")),
        "nothing was changed"
    );
}
