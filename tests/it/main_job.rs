//! The whole main job with the real program on real files: scan, thumbnails, album, backup, status, verify, optimize,
//! check-store, restore in place, restore of the whole store into an empty folder with an empty home. Every byte is
//! compared, by our own hash and by the system's `sha256sum`.

use crate::{
    program::{Program, Ran, Truth, contents, copy_tree, files_below, folder_in, noise_jpeg, sha256sums, two_disks},
    world::Dice,
};
use safelight::model::content::ContentId;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// Photos made of noise.
const NOISE: usize = 12;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a tree by name and bytes, counted by the system's own tool too where it is there.
fn fingerprint(dir: &Path) -> BTreeMap<PathBuf, ContentId> {
    let ours = contents(dir);
    let names: Vec<PathBuf> = ours.keys().cloned().collect();
    match sha256sums(dir, &names) {
        Some(sums) => {
            assert_eq!(sums.len(), ours.len(), "every file has a sum");
            for (name, content) in &ours {
                assert_eq!(sums[name], content.hex(), "sha256sum of {}", name.display());
            }
        }
        None => println!("not compared with sha256sum: it is not installed"),
    }
    ours
}

/// Numbers of `status --json` that have to agree with each other and with these photos.
#[track_caller]
fn status_adds_up(status: &Value, files: usize) {
    assert_eq!(status["adds_up"], true, "{status:#}");
    for what in ["photos", "files", "bytes"] {
        let buckets = status["buckets"].as_object().expect("buckets");
        let sum: u64 = buckets
            .values()
            .map(|bucket| bucket[what].as_u64().expect("a number"))
            .sum();
        assert_eq!(Some(sum), status["all"][what].as_u64(), "{what}: {status:#}");
    }
    assert_eq!(status["all"]["files"], files, "every file is accounted for: {status:#}");
}

fn in_bucket(status: &Value, bucket: &str) -> u64 {
    status["buckets"][bucket]["photos"].as_u64().expect("a bucket")
}

/// The files of a tree that the library takes in: what the tree has, but that it leaves files alone that are no media.
fn listed(program: &Program) -> BTreeSet<PathBuf> {
    let list = program.json(&["list"]);
    let photos = list["photos"].as_array().expect("photos");
    photos
        .iter()
        .map(|photo| PathBuf::from(photo["path"].as_str().expect("a path")))
        .collect()
}

fn args<'a>(words: &'a [&'a str], path: &'a Path) -> Vec<&'a OsStr> {
    words.iter().map(OsStr::new).chain([path.as_os_str()]).collect()
}

/// `restore --all --to` with nothing but the store: compared with what was there, below the name of the watched tree.
#[track_caller]
fn restores_elsewhere(near: &Path, store: &Path, before: &BTreeMap<PathBuf, ContentId>) -> Ran {
    let (empty_home, target) = (near.join("another home"), near.join("restored"));
    let stranger = Program::at(&empty_home);
    let mut words = args(&["restore", "--all", "--store"], store);
    words.extend(["--to".as_ref(), target.as_os_str()]);
    let ran = stranger.run(&words).exits(0);
    let restored = fingerprint(&target);
    let expected: BTreeMap<PathBuf, ContentId> = before
        .iter()
        .map(|(rel, content)| (Path::new("photos").join(rel), *content))
        .collect();
    let gone: Vec<_> = expected.keys().filter(|rel| !restored.contains_key(*rel)).collect();
    let more: Vec<_> = restored.keys().filter(|rel| !expected.contains_key(*rel)).collect();
    assert!(
        gone.is_empty() && more.is_empty(),
        "not restored: {gone:?}; nobody's: {more:?}; {ran:#?}"
    );
    assert_eq!(restored, expected, "every byte");
    assert!(
        !empty_home.join("catalog.sqlite").exists(),
        "a restore out of a store needs no home and leaves none"
    );
    ran
}

#[test]
fn the_main_job_on_samples_and_fixtures() {
    let second = two_disks();
    let (first, other) = match &second {
        Some((first, other)) => (first.clone(), other.clone()),
        None => (std::env::temp_dir(), std::env::temp_dir()),
    };
    let (near, far) = (folder_in(&first), folder_in(&other));
    let (library, store) = (near.path().join("photos"), far.path().join("store"));
    copy_tree(&repository().join("assets/samples"), &library);
    copy_tree(&repository().join("tests/fixtures/photos"), &library.join("fixtures"));
    for rel in files_below(&library) {
        // Sources of the samples and fixtures are no photos; what is left out of a backup would not come back.
        let kind = rel.extension().unwrap_or_default().to_string_lossy().into_owned();
        if ["py", "ron", "txt", "rs", "md", "gitignore", ""].contains(&kind.as_str()) {
            fs::remove_file(library.join(rel)).expect("removed");
        }
    }
    // The samples are small pictures already; these are worth optimizing.
    let mut dice = Dice::new(11);
    for width in (640..).step_by(64).take(NOISE) {
        let bytes = noise_jpeg(&mut dice, width, width * 2 / 3);
        fs::write(library.join(format!("large {width}.JPG")), bytes).expect("a photo");
    }
    let before = fingerprint(&library);
    let program = Program::at(&near.path().join("home"));

    let scanned = program.json(&args(&["scan"], &library));
    assert_eq!(scanned["unreadable"], Value::Array(Vec::new()), "{scanned:#}");
    let thumbs = program.json(&["thumbs"]);
    let photos = listed(&program).len() as u64;
    let made = |key: &str| thumbs[key].as_u64().expect("a number");
    assert_eq!(made("made") + made("there") + made("failed"), photos, "{thumbs:#}");
    assert!(made("failed") < 15, "only broken fixtures have none: {thumbs:#}");

    // The tree is compared byte by byte below; sidecars have their own tests.
    program.run(&["sidecars", "--auto", "off"]).exits(0);
    program
        .run(&["mark", "IMG_0001", "--rating", "5", "--add-keyword", "sea"])
        .exits(0);
    program.run(&["album", "create", "Best", "keyword:sea"]).exits(0);
    let albums = program.json(&["album", "list"]);
    assert_eq!(albums["albums"][0]["photos"], 1, "{albums:#}");

    let status = program.json(&["status"]);
    status_adds_up(&status, before.len());
    assert_eq!(
        status["proven_photos"], 0,
        "nothing is claimed before anything was done"
    );

    program.run(&args(&["store", "add", "disk"], &store)).exits(0);
    let plan = program.json(&["backup", "--dry-run"]);
    assert_eq!(plan["stores"][0]["files"], before.len(), "{plan:#}");
    let backup = program.json(&["backup"]);
    assert_eq!(backup["stores"][0]["done"], before.len(), "{backup:#}");
    let status = program.json(&["status"]);
    status_adds_up(&status, before.len());
    let proven = if second.is_some() { "safe" } else { "sent" };
    assert_eq!(in_bucket(&status, proven), photos, "{status:#}");

    let contents_of_them: BTreeSet<_> = before.values().collect();
    let verify = program.json(&["verify", "--all"]);
    assert_eq!(verify["whole"], contents_of_them.len(), "every copy once: {verify:#}");
    program.run(&args(&["check-store"], &store)).exits(0);

    if second.is_some() {
        optimize_and_back(&program, &Truth::of(&library, &store), photos);
    } else {
        println!("optimize is not tried: no second disk");
        let dry = program.json(&["optimize", "--dry-run"]);
        assert_eq!(dry["photos"], 0, "a store on the same disk frees nothing: {dry:#}");
    }
    assert_eq!(fingerprint(&library), before, "every byte is back in its place");
    restores_elsewhere(near.path(), &store, &before);
    assert_eq!(fingerprint(&library), before, "and nothing touched the source");
}

fn optimize_and_back(program: &Program, truth: &Truth, photos: u64) {
    let files = truth.originals.len();
    let dry = program.json(&["optimize", "--dry-run"]);
    let (stands, wrong) = truth.look();
    assert_eq!((stands.proxies(), wrong), (0, Vec::new()), "looking changes nothing");
    let candidates = dry["photos"].as_u64().expect("a number");
    assert!(candidates > 15, "{dry:#}");

    let optimized = program.json(&["optimize", "--free-now"]);
    let (stands, wrong) = truth.look();
    assert_eq!(wrong, Vec::<String>::new());
    let (done, kept) = (
        optimized["released"].as_u64(),
        optimized["kept"].as_array().map_or(0, Vec::len),
    );
    assert_eq!(done, Some(stands.proxies() as u64), "{optimized:#}");
    assert_eq!(
        candidates,
        done.unwrap_or(0) + kept as u64,
        "each is done or named: {optimized:#}"
    );
    assert!(done >= Some(NOISE as u64), "{optimized:#}");
    let status = program.json(&["status"]);
    status_adds_up(&status, files);
    assert_eq!(Some(in_bucket(&status, "optimized")), done, "{status:#}");
    assert_eq!(in_bucket(&status, "safe"), photos - done.unwrap_or(0), "{status:#}");
    program.run(&args(&["check-store"], &truth.store)).exits(0);
    let again = program.json(&["scan"]);
    assert_eq!(
        (&again["changed"], &again["added"]),
        (&Value::from(0), &Value::from(0)),
        "a proxy is no news: {again:#}"
    );

    let restored = program.json(&["restore", "--all"]);
    assert_eq!(restored["fetched"].as_u64(), done, "{restored:#}");
    assert_eq!(restored["failed"], Value::Array(Vec::new()), "{restored:#}");
    let status = program.json(&["status"]);
    status_adds_up(&status, files);
    assert_eq!(
        in_bucket(&status, "optimized") + in_bucket(&status, "held"),
        0,
        "{status:#}"
    );
    let list = program.json(&["list", "keyword:sea"]);
    assert_eq!(list["photos"].as_array().map_or(0, Vec::len), 1, "marks stay: {list:#}");
    program.run(&args(&["check-store"], &truth.store)).exits(0);
}

#[test]
fn the_main_job_on_photos_of_every_format() {
    let photos = repository().join("../shared/photos");
    if !photos.join("ORIGIN.md").exists() {
        println!("skipped: {} is not here", photos.display());
        return;
    }
    let Some((first, other)) = two_disks() else {
        println!("skipped: no second disk");
        return;
    };
    let (near, far) = (folder_in(&first), folder_in(&other));
    let (library, store) = (near.path().join("photos"), far.path().join("store"));
    copy_tree(&photos, &library);
    let whole = fingerprint(&library);
    let program = Program::at(&near.path().join("home"));
    let scanned = program.json(&args(&["scan"], &library));
    assert_eq!(scanned["unreadable"], Value::Array(Vec::new()), "{scanned:#}");
    program.run(&["thumbs"]).exits(0);
    program.run(&args(&["store", "add", "disk"], &store)).exits(0);
    let backup = program.json(&["backup"]);
    let status = program.json(&["status"]);
    let files = status["all"]["files"].as_u64().expect("a number");
    status_adds_up(&status, usize::try_from(files).expect("few"));
    assert_eq!(backup["stores"][0]["done"].as_u64(), Some(files), "{backup:#}");
    assert_eq!(in_bucket(&status, "safe"), status["all"]["photos"], "{status:#}");

    // What cannot be read as a picture is named, and backed up all the same.
    let named = status["exceptions"].as_array().expect("exceptions");
    let undecodable = named.iter().find(|one| {
        one["what"]
            .as_str()
            .is_some_and(|what| what.contains("backed up all the same"))
    });
    let count = undecodable.and_then(|one| one["count"].as_u64()).unwrap_or(0);
    println!(
        "{} files in the tree, {files} taken in, {count} of them cannot be read as pictures",
        whole.len()
    );
    // A scan reads heads only; that the rest cannot be decoded is found when thumbnails are made.
    assert!(scanned["undecodable"].as_u64() <= Some(count), "{status:#}");
    if let Some(one) = undecodable {
        assert!(!one["files"].as_array().expect("files").is_empty(), "{one:#}");
    }

    let truth = Truth::of(&library, &store);
    let optimized = program.json(&["optimize", "--free-now"]);
    let (stands, wrong) = truth.look();
    assert_eq!(wrong, Vec::<String>::new(), "{optimized:#}");
    println!("{} of {files} files are optimized copies now", stands.proxies());
    assert!(stands.proxies() > 20, "{optimized:#}");
    let status = program.json(&["status"]);
    status_adds_up(&status, usize::try_from(files).expect("few"));
    program.run(&["restore", "--all"]).exits(0);
    assert_eq!(fingerprint(&library), whole, "every byte is back in its place");

    program.run(&args(&["check-store"], &store)).exits(0);
    // What was left out is no media file by its name; everything else has to come back.
    let in_store = truth.stored(&mut Vec::new());
    let (taken, left): (BTreeMap<_, _>, BTreeMap<_, _>) = whole
        .into_iter()
        .partition(|(_, content)| in_store.contains_key(content));
    let kinds: BTreeSet<String> = left
        .keys()
        .map(|rel| rel.extension().unwrap_or_default().to_string_lossy().to_lowercase())
        .collect();
    println!("{} files are left out, of these kinds: {kinds:?}", left.len());
    assert_eq!(taken.len() as u64, files, "left out: {left:#?}");
    restores_elsewhere(near.path(), &store, &taken);
}
