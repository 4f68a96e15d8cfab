//! Marks carried between Safelight and other people's whole programs: what the program writes, darktable and digiKam take in
//! and show as theirs; what they write, Safelight reads. Where one of them is not installed its test says so.

use crate::{
    outside::has,
    program::{Program, noise_jpeg},
    world::Dice,
};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A library of small photos without any metadata.
struct World {
    program: Program,
    photos: PathBuf,
    dir: tempfile::TempDir,
}

impl World {
    fn new(names: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let photos = dir.path().join("photos");
        fs::create_dir(&photos).expect("made");
        let mut dice = Dice::new(11);
        for name in names {
            fs::write(photos.join(name), noise_jpeg(&mut dice, 96, 64)).expect("written");
        }
        let program = Program::at(&dir.path().join("home"));
        program.run(&["scan".as_ref(), photos.as_os_str()]).exits(0);
        Self { program, photos, dir }
    }

    fn mark(&self, name: &str, marks: &[&str]) {
        let query = format!("name:{name}");
        let words: Vec<&str> = ["mark"]
            .into_iter()
            .chain(marks.iter().copied())
            .chain([&*query])
            .collect();
        self.program.run(&words).exits(0);
    }

    fn shown(&self, name: &str) -> Value {
        let shown = self
            .program
            .json(&["show".as_ref(), self.photos.join(name).as_os_str()]);
        shown["photos"].get(0).cloned().unwrap_or(shown)
    }
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// One value or a list, as exiftool gives either.
fn words_of(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(list) => list
            .iter()
            .map(|one| one.as_str().expect("a word").to_owned())
            .collect(),
        Value::String(one) => set(&[one]),
        _ => BTreeSet::new(),
    }
}

#[test]
fn darktable_takes_over_what_we_write_and_gives_it_back() {
    if !has("darktable-cli") || !has("exiftool") {
        return;
    }
    let world = World::new(&["a.jpg", "b.jpg"]);
    let caption = "\u{dc}ber den D\u{e4}chern, <am> \"Abend\" & so";
    world.mark(
        "a.jpg",
        &[
            "--rating",
            "4",
            "--label",
            "red",
            "--add-keyword",
            "Places/Rome",
            "--title",
            "The Forum",
            "--caption",
            caption,
        ],
    );
    world.mark(
        "b.jpg",
        &["--rating", "2", "--label", "purple", "--add-keyword", "Tree"],
    );
    for (name, stars, label, keywords, title, text) in [
        ("a.jpg", 4, 0, ["Places|Rome"], "The Forum", caption),
        ("b.jpg", 2, 4, ["Tree"], "", ""),
    ] {
        let photo = world.photos.join(name);
        let out = world.photos.join(format!("out-{name}"));
        let ran = Command::new("darktable-cli")
            .arg(&photo)
            .arg(world.photos.join(format!("{name}.xmp")))
            .arg(&out)
            .args(["--width", "64", "--core", "--library", ":memory:", "--configdir"])
            .arg(world.dir.path().join("darktable"))
            .output()
            .expect("run");
        assert!(out.is_file(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
        let read = Command::new("exiftool")
            .args([
                "-json",
                "-n",
                "-XMP-xmp:Rating",
                "-XMP-darktable:Colorlabels",
                "-XMP-dc:Subject",
            ])
            .args(["-XMP-dc:Title", "-XMP-dc:Description"])
            .arg(&out)
            .output()
            .expect("read");
        let read: Value = serde_json::from_slice(&read.stdout).expect("JSON");
        let read = &read[0];
        assert_eq!(read["Rating"], stars, "{name}: {read:#}");
        assert_eq!(read["Colorlabels"], label, "{name}: {read:#}");
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr)
        );
        for keyword in keywords {
            assert!(told.contains(&format!("creating tag: {keyword}\n")), "{name}: {told}");
            let levels = words_of(&read["Subject"]);
            assert!(
                keyword.split('|').all(|level| levels.contains(level)),
                "{name}: {read:#}"
            );
        }
        assert_eq!(read["Title"].as_str().unwrap_or(""), title, "{name}: {read:#}");
        assert_eq!(read["Description"].as_str().unwrap_or(""), text, "{name}: {read:#}");
    }
    // What darktable wrote into its picture, read by us as the picture's own marks.
    world.program.run(&["scan"]).exits(0);
    let (a, b) = (world.shown("out-a.jpg"), world.shown("out-b.jpg"));
    assert_eq!(
        (&a["rating"], &a["label"]),
        (&Value::from(4), &Value::from("red")),
        "{a:#}"
    );
    assert_eq!(
        (&b["rating"], &b["label"]),
        (&Value::from(2), &Value::from("purple")),
        "{b:#}"
    );
    assert!(words_of(&a["keywords"]).contains("Places/Rome"), "{a:#}");
    assert_eq!(
        (&a["title"], &a["caption"]),
        (&Value::from("The Forum"), &Value::from(caption)),
        "{a:#}"
    );
}

/// A program of which an end is made when the test ends, however it ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A screen that nobody sees; its name.
fn screen() -> (Ended, String) {
    let mut child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut name = String::new();
    let out = child.stdout.take().expect("piped");
    BufReader::new(out).read_line(&mut name).expect("its number");
    (Ended(child), format!(":{}", name.trim()))
}

const DIGIKAMRC: &str = "[General Settings]\nVersion=7.9.0\n\n[Album Settings]\nScan At Start=true\nShow Splash=false\n\n\
    [Database Settings]\nDatabase Type=QSQLITE\nDatabase Name=DIR/\nDatabase Name Thumbnails=DIR/\nDatabase Name Face=DIR/\n\
    Database Name Similarity=DIR/\nInternal Database Server=false\n\n\
    [Metadata Settings]\nUse XMP Sidecar For Reading=true\nUse Lazy Synchronization=false\n";

fn digikam(home: &Path, screen: &str) -> Ended {
    // Its welcome page is a browser, which refuses to be root in its sandbox.
    let child = Command::new("digikam")
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .env("XDG_CONFIG_HOME", home.join(".config"))
        .env("XDG_DATA_HOME", home.join(".local/share"))
        .env("XDG_CACHE_HOME", home.join(".cache"))
        .env("DISPLAY", screen)
        .env("QTWEBENGINE_DISABLE_SANDBOX", "1")
        .env("QTWEBENGINE_CHROMIUM_FLAGS", "--no-sandbox")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Ended(child.expect("started"))
}

/// Asks digiKam's catalog until it answers so; it is another program's, so there is nothing else to wait for.
fn until<T>(db: &Path, what: &str, ask: impl Fn(&Connection) -> rusqlite::Result<Option<T>>) -> T {
    for _ in 0..600 {
        let open = Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY);
        if let Ok(Some(answer)) = open.and_then(|connection| ask(&connection)) {
            return answer;
        }
        safelight::engine::pause(Duration::from_millis(200), &safelight::engine::Cancel::new());
    }
    panic!("never came: {what}");
}

/// The one row of a question about a photo.
fn of(connection: &Connection, sql: &str, name: &str) -> String {
    let found = connection.query_row(sql, [name], |row| row.get::<_, Option<String>>(0));
    found
        .unwrap_or_else(|error| panic!("{sql} for {name}: {error}"))
        .unwrap_or_default()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one run of a large program, and all that it has to say"
)]
fn digikam_takes_over_what_we_write() {
    // It opens a window and takes a minute, so it is asked for.
    if std::env::var_os("SAFELIGHT_DIGIKAM").is_none() {
        println!("skipped: SAFELIGHT_DIGIKAM is not set");
        return;
    }
    if !has("digikam") || !has("Xvfb") {
        return;
    }
    let world = World::new(&["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]);
    let caption = "\u{dc}ber den D\u{e4}chern, <am> \"Abend\" & so";
    world.mark(
        "a.jpg",
        &[
            "--rating",
            "4",
            "--label",
            "red",
            "--flag",
            "pick",
            "--add-keyword",
            "Places/Rome",
            "--add-keyword",
            "A,B c",
            "--title",
            "The Forum",
            "--caption",
            caption,
        ],
    );
    world.mark("b.jpg", &["--flag", "reject", "--label", "green"]);
    world.mark(
        "c.jpg",
        &[
            "--rating",
            "5",
            "--label",
            "purple",
            "--add-keyword",
            "Places/Rome/Forum",
        ],
    );
    world.mark(
        "d.jpg",
        &["--rating", "1", "--label", "blue", "--position", "48.5,-9.25"],
    );
    world.mark("e.jpg", &["--rating", "3", "--label", "yellow"]);
    let (home, data) = (world.dir.path().join("digikam"), world.dir.path().join("digikam-db"));
    fs::create_dir_all(home.join(".config")).expect("made");
    fs::create_dir(&data).expect("made");
    let settings = DIGIKAMRC.replace("DIR", &data.to_string_lossy());
    fs::write(home.join(".config/digikamrc"), settings).expect("written");
    let db = data.join("digikam4.db");
    fs::write(&db, "").expect("written");
    let (_xvfb, screen) = screen();
    // The first start makes its tables and asks for a folder; the second finds one.
    {
        let _first = digikam(&home, &screen);
        until(&db, "its tables", |connection| {
            connection.query_row("SELECT 1 FROM AlbumRoots UNION SELECT 1", [], |_| Ok(Some(())))
        });
        let sql = "SELECT count(*) FROM sqlite_master WHERE name = 'faces' OR name = 'ImageHistory' OR name = 'VideoMetadata'";
        until(&db, "all of them", |connection| {
            connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)? >= 2).then_some(())))
        });
        until(&db, "its settings", |connection| {
            let sql = "SELECT count(*) FROM Settings WHERE keyword = 'DBVersion'";
            connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)? == 1).then_some(())))
        });
    }
    let place = format!("volumeid:?path={}", world.photos.display());
    Connection::open(&db)
        .and_then(|connection| {
            let sql = "INSERT INTO AlbumRoots (label, status, type, identifier, specificPath) VALUES ('photos', 0, 1, ?1, '/')";
            connection.execute(sql, [&place])
        })
        .expect("a folder");
    {
        let _second = digikam(&home, &screen);
        until(&db, "five photos", |connection| {
            // The labels are the last that it keeps of a photo.
            let sql =
                "SELECT count(DISTINCT imageid) FROM ImageTags JOIN Tags ON id = tagid WHERE name LIKE 'Color Label%'";
            connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)? == 5).then_some(())))
        });
    }
    let connection = Connection::open_with_flags(&db, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("opened");
    let rating = "SELECT CAST(rating AS TEXT) FROM ImageInformation JOIN Images i ON i.id = imageid WHERE i.name = ?1";
    let tags = "SELECT group_concat(coalesce(p.name || '/', '') || t.name, ';') FROM (SELECT tagid FROM ImageTags x \
         JOIN Images i ON i.id = x.imageid WHERE i.name = ?1) JOIN Tags t ON t.id = tagid \
         LEFT JOIN Tags p ON p.id = t.pid AND p.name <> '_Digikam_root_tag_'";
    let text = |kind: u8| {
        format!(
            "SELECT max(comment) FROM ImageComments c JOIN Images i ON i.id = c.imageid WHERE i.name = ?1 AND c.type = {kind}"
        )
    };
    let inside = "_Digikam_Internal_Tags_/";
    for (name, stars, wanted) in [
        (
            "a.jpg",
            "4",
            vec!["Places/Rome", "A,B c", "+Color Label Red", "+Pick Label Accepted"],
        ),
        ("b.jpg", "-1", vec!["+Color Label Green", "+Pick Label Rejected"]),
        ("c.jpg", "5", vec!["Rome/Forum", "+Color Label Magenta"]),
        ("d.jpg", "1", vec!["+Color Label Blue"]),
        ("e.jpg", "3", vec!["+Color Label Yellow"]),
    ] {
        assert_eq!(of(&connection, rating, name), stars, "{name}");
        let read: BTreeSet<String> = of(&connection, tags, name)
            .split(';')
            .map(|tag| {
                tag.strip_prefix(inside)
                    .map_or_else(|| tag.to_owned(), |label| format!("+{label}"))
            })
            .collect();
        assert_eq!(read, set(&wanted), "{name}");
    }
    assert_eq!(of(&connection, &text(3), "a.jpg"), "The Forum");
    assert_eq!(of(&connection, &text(1), "a.jpg"), caption);
    let place = "SELECT latitudeNumber || ',' || longitudeNumber FROM ImagePositions JOIN Images i ON i.id = imageid WHERE i.name = ?1";
    assert_eq!(of(&connection, place, "d.jpg"), "48.5,-9.25");
}

/// What digiKam 7.9.0 of Debian made of a sidecar of ours when a person gave the photo three stars in its window.
const BY_DIGIKAM: &[u8] = include_bytes!("../fixtures/sidecars/digikam-7.9.xmp");

#[test]
fn what_digikam_made_of_our_sidecar_comes_back_as_its_change_and_nothing_else() {
    let world = World::new(&["a.jpg"]);
    world.mark(
        "a.jpg",
        &[
            "--rating",
            "4",
            "--label",
            "red",
            "--flag",
            "pick",
            "--add-keyword",
            "Places/Rome",
            "--add-keyword",
            "Tree",
            "--title",
            "The Forum",
            "--caption",
            "\u{dc}ber den D\u{e4}chern, \"am\" <Abend> & so",
        ],
    );
    let before = world.shown("a.jpg");
    let sidecar = world.photos.join("a.jpg.xmp");
    assert!(sidecar.is_file());
    fs::write(&sidecar, BY_DIGIKAM).expect("written");
    world.program.run(&["scan"]).exits(0);
    let after = world.shown("a.jpg");
    for what in ["label", "flag", "title", "caption", "keywords"] {
        assert_eq!(after[what], before[what], "{what}");
        assert_ne!(after[what], Value::Null, "{what}: {after:#}");
    }
    assert_eq!(
        (&before["rating"], &after["rating"]),
        (&Value::from(4), &Value::from(3))
    );
    assert_eq!(
        fs::read(&sidecar).expect("read"),
        BY_DIGIKAM,
        "in step: nothing to write"
    );
    world.program.run(&["undo"]).exits(0);
    assert_eq!(
        world.shown("a.jpg")["rating"],
        4,
        "digiKam's change is one that can be taken back"
    );
}
