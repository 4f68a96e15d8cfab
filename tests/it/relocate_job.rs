//! The built program moves, renames and copies photos with copies in a store: what was proven stays proven, an optimized
//! photo finds its original again, and the store gives them back under their new names.

use crate::program::{Program, contents as fingerprint, copy_tree, folder_in, noise_jpeg, two_disks};
use crate::world::Dice;
use safelight::engine::{
    Cx, Home,
    session::{Mode, Session},
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

fn args<'a>(words: &'a [&'a str], path: &'a Path) -> Vec<&'a OsStr> {
    words.iter().map(OsStr::new).chain([path.as_os_str()]).collect()
}

fn names(dir: &Path) -> BTreeSet<PathBuf> {
    fingerprint(dir).into_keys().collect()
}

fn paths(list: &[&str]) -> BTreeSet<PathBuf> {
    list.iter().map(PathBuf::from).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one job from its beginning to its end")]
fn photos_that_move_stay_proven_and_come_back_from_the_store_under_their_new_names() {
    let second = two_disks();
    let (first, other) = second.clone().unwrap_or((std::env::temp_dir(), std::env::temp_dir()));
    let (near, far) = (folder_in(&first), folder_in(&other));
    let (library, store, stick) = (
        near.path().join("photos"),
        far.path().join("store"),
        far.path().join("stick"),
    );
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples/2024-06 Coast");
    fs::create_dir_all(library.join("in")).expect("made");
    fs::create_dir_all(&stick).expect("made");
    for (from, to) in [("IMG_0001.jpg", "IMG_1.JPG"), ("IMG_0002.jpg", "IMG_2.JPG")] {
        fs::copy(samples.join(from), library.join("in").join(to)).expect("copied");
    }
    fs::write(library.join("in/IMG_1.CR2"), b"no raw file, but named like one").expect("written");
    fs::write(library.join("in/large.JPG"), noise_jpeg(&mut Dice::new(5), 900, 600)).expect("written");
    let program = Program::at(&near.path().join("home"));
    program.run(&args(&["scan"], &library)).exits(0);
    program.run(&args(&["scan"], &stick)).exits(0);
    program.run(&["mark", "name:IMG_1*", "--rating", "5"]).exits(0);
    assert!(library.join("in/IMG_1.CR2.xmp").exists() || library.join("in/IMG_1.xmp").exists());
    program.run(&["scan"]).exits(0);
    program.run(&args(&["store", "add", "disk"], &store)).exits(0);
    program.run(&["backup"]).exits(0);
    let all = names(&library);
    let proven = |program: &Program| {
        let status = program.json(&["status"]);
        assert_eq!(status["adds_up"], Value::Bool(true), "{status:#}");
        status["buckets"].clone()
    };
    let before = proven(&program);

    // Said first, and nothing is done.
    program.run(&["rename"]).exits(2).says("which photos");
    program
        .run(&["rename", "name:IMG_1*", "--to", "{nonsense}"])
        .exits(2)
        .says("There is no {nonsense}");
    let dry = program
        .run(&["--json", "rename", "name:IMG*", "--dry-run"])
        .exits(0)
        .json();
    assert_eq!(dry["photos"], 2, "{dry:#}");
    assert_eq!(dry["files"], 4, "{dry:#}");
    let new = dry["moves"]
        .as_array()
        .expect("moves")
        .iter()
        .find(|one| one["name"] == "IMG_1.JPG")
        .expect("it")["new_name"]
        .as_str()
        .expect("a name");
    assert!(
        new.ends_with("_IMG_1.JPG") && new.len() == "2024-06-01_170320_IMG_1.JPG".len(),
        "{new}"
    );
    assert_eq!(names(&library), all);

    // All files of one photo together, and the marks with it.
    program.run(&["rename", "name:IMG_1*", "--to", "rome"]).exits(0);
    let with_sidecar = |stem: &str, dir: &str| {
        let side = all
            .iter()
            .find(|path| path.extension() == Some("xmp".as_ref()))
            .expect("a sidecar");
        let side = side
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .replace("IMG_1", stem);
        let files = [format!("{stem}.JPG"), format!("{stem}.CR2"), side];
        files
            .map(|name| Path::new(dir).join(name))
            .into_iter()
            .collect::<BTreeSet<_>>()
    };
    let rest = paths(&["in/IMG_2.JPG", "in/large.JPG"]);
    let expected = |unit: BTreeSet<PathBuf>| unit.union(&rest).cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&library), expected(with_sidecar("rome", "in")));
    let scan = program.json(&["scan"]);
    assert_eq!(
        (scan["added"].as_u64(), scan["missing"].as_u64()),
        (Some(0), Some(0)),
        "{scan:#}"
    );
    assert_eq!(proven(&program), before, "what was proven stays proven");
    assert!(program.run(&["list", "rating:5"]).exits(0).out.contains("rome.JPG"));
    program
        .run(&["move", "rating:5", "--to", "/nowhere"])
        .exits(1)
        .says("not watched");
    program
        .run(&args(&["move", "rating:5", "--to"], &library.join("2024/Rome")))
        .exits(0);
    assert_eq!(names(&library), expected(with_sidecar("rome", "2024/Rome")));
    for (word, dir) in [
        ("undo", "in"),
        ("redo", "2024/Rome"),
        ("undo", "in"),
        ("redo", "2024/Rome"),
    ] {
        program.run(&[word]).exits(0);
        assert_eq!(names(&library), expected(with_sidecar("rome", dir)), "{word}");
        assert_eq!(proven(&program), before, "{word}");
    }

    // The store is told with the next backup, and nothing is sent again.
    let said = program.run(&["status"]).exits(0).out;
    assert!(said.contains("old places of 3 files"), "{said}");
    let sent = |store: &Path| -> Vec<_> {
        let written = |rel: &PathBuf| fs::metadata(store.join("originals").join(rel)).and_then(|meta| meta.modified());
        let all = names(&store.join("originals")).into_iter();
        all.map(|rel| (written(&rel).expect("a time"), rel)).collect()
    };
    let there = sent(&store);
    program.run(&["backup"]).exits(0);
    assert_eq!(sent(&store), there, "no photo was sent again");
    assert!(!program.run(&["status"]).exits(0).out.contains("old places"));
    program.run(&args(&["check-store"], &store)).exits(0);

    if second.is_some() {
        // An optimized photo, its original held: both names change in step, and the original comes back under the new one.
        let original = fs::read(library.join("in/large.JPG")).expect("there");
        program.run(&["optimize", "name:large*"]).exits(0);
        assert_ne!(
            fs::read(library.join("in/large.JPG")).expect("there"),
            original,
            "optimized"
        );
        program
            .run(&args(&["move", "name:large*", "--to"], &stick))
            .exits(1)
            .says("held on its disk");
        program.run(&["rename", "name:large*", "--to", "sea"]).exits(0);
        program
            .run(&args(&["copy", "name:sea*", "--to"], &far.path().join("out")))
            .exits(1)
            .says("small copy");
        program.run(&["restore", "name:sea*"]).exits(0);
        assert_eq!(
            fs::read(library.join("in/sea.JPG")).expect("there"),
            original,
            "bit for bit"
        );
        program.run(&["rename", "name:sea*", "--to", "large"]).exits(0);
        assert_eq!(proven(&program), before);

        // To another disk: copied, read back, and what it was copied from is in the trash.
        let bytes = fs::read(library.join("2024/Rome/rome.JPG")).expect("there");
        let moved = program
            .run(&args(&["move", "rating:5", "--to"], &stick.join("Rome")))
            .exits(0);
        assert!(moved.out.contains("another disk"), "{moved:?}");
        assert_eq!(fs::read(stick.join("Rome/rome.JPG")).expect("there"), bytes);
        assert!(!library.join("2024/Rome/rome.JPG").exists());
        program.run(&["scan"]).exits(0);
        let list = program.run(&["--json", "trash", "--list"]).exits(0).json();
        assert_eq!(list["photos"], 1, "{list:#}");
        program.run(&["undo"]).exits(0);
        assert_eq!(fs::read(library.join("2024/Rome/rome.JPG")).expect("back"), bytes);
    }
    program.run(&["backup"]).exits(0);

    // From the store alone: the new places, and nothing at the old ones.
    let target = near.path().join("restored");
    let mut words = args(&["restore", "--all", "--store"], &store);
    words.extend(["--to".as_ref(), target.as_os_str()]);
    Program::at(&near.path().join("another home")).run(&words).exits(0);
    assert_eq!(
        fingerprint(&target.join("photos")),
        fingerprint(&library),
        "bit for bit, under the new names"
    );
}

/// Sidecars are off. The first copy is scanned by the same command, the second only later, as after a kill.
#[test]
fn copies_have_their_marks_without_sidecars_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let library = dir.path().join("photos");
    copy_tree(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples/2024-06 Coast"),
        &library.join("Coast"),
    );
    let home = dir.path().join("home");
    let program = Program::at(&home);
    program.run(&args(&["scan"], &library)).exits(0);
    program.run(&["sidecars", "--auto", "off"]).exits(0);
    let marks = [
        "--rating",
        "4",
        "--flag",
        "pick",
        "--label",
        "red",
        "--title",
        "T",
        "--caption",
        "C",
        "--add-keyword",
        "a/b",
    ];
    program.run(&[&["mark", "IMG_0001"], &marks[..]].concat()).exits(0);
    let query = "rating:4 flag:pick label:red has:title has:caption keyword:a/b";
    let found = || program.json(&["list", query])["photos"].as_array().map(Vec::len);
    program
        .run(&args(&["copy", "rating:4", "--to"], &library.join("Best")))
        .exits(0);
    assert_eq!(found(), Some(2));
    let sidecars = fs::read_dir(library.join("Best")).expect("a folder");
    assert!(
        sidecars
            .flatten()
            .all(|file| file.path().extension().is_none_or(|end| end != "xmp"))
    );
    // The step can be taken back, and no scan gives them again.
    program.run(&["undo"]).exits(0);
    program.run(&["scan"]).exits(0);
    assert_eq!(found(), Some(1));
    program.run(&["redo"]).exits(0);
    {
        let session = Session::open(Home::portable(&home), Mode::Write, &Cx::new()).expect("opened");
        let photos = session.find("rating:4 in:Coast").expect("found");
        let other = library.join("Best").join("IMG_0001.jpg");
        assert!(other.exists(), "the samples have this name");
        // Another photo lies where one would go: it is not copied over, and gets no marks of it.
        let strange = library.join("Strange");
        fs::create_dir(&strange).expect("a folder");
        fs::copy(library.join("Coast").join("IMG_0002.jpg"), strange.join("IMG_0001.jpg")).expect("a copy");
        assert_eq!(
            session
                .copy_to(&photos, &strange, &Cx::new())
                .expect("a report")
                .failed
                .len(),
            1
        );
        session
            .copy_to(&photos, &library.join("Later"), &Cx::new())
            .expect("copied");
    }
    assert_eq!(found(), Some(2), "nobody has looked");
    program.run(&["scan"]).exits(0);
    assert_eq!(found(), Some(3), "two copies and what they are of");
    assert_eq!(
        program.json(&["list", "in:Strange rating:4"])["photos"]
            .as_array()
            .map(Vec::len),
        Some(0)
    );
}

#[test]
fn copies_in_a_watched_tree_become_photos_with_the_same_marks() {
    let dir = tempfile::tempdir().expect("a folder");
    let library = dir.path().join("photos");
    copy_tree(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples/2024-06 Coast"),
        &library.join("Coast"),
    );
    let program = Program::at(&dir.path().join("home"));
    program.run(&args(&["scan"], &library)).exits(0);
    program
        .run(&["mark", "IMG_0001", "--rating", "4", "--add-keyword", "sea"])
        .exits(0);
    let copied = program
        .run(&args(&["copy", "rating:4", "--to"], &library.join("Best")))
        .exits(0);
    assert!(copied.out.contains("copied and read back"), "{copied:?}");
    let list = program.json(&["list", "keyword:sea", "rating:4"]);
    assert_eq!(list["photos"].as_array().map(Vec::len), Some(2), "{list:#}");
    let again = program
        .run(&args(&["copy", "rating:4", "--to"], &library.join("Best")))
        .exits(0);
    assert!(again.out.contains("there already"), "{again:?}");
}
