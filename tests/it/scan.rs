//! Scanning over real folders: what is indexed and what is not, what a change, a move or a loss does to the rows, and that
//! neither an error nor an unplugged disk is taken for a deletion. A thin file system in front of the machine's own
//! refuses folders, counts opened files and lets a disk have another number.

use safelight::{
    catalog::{
        Catalog,
        browse::{BrowseCounts, Filter, Order},
        photos::{FileFacts, FileRow, PhotoScope},
        roots::Root,
    },
    library::{
        scan::{ScanOptions, ScanReport, scan_root},
        walk::LeftOut,
    },
    model::{
        content::ContentId,
        id::PhotoId,
        metadata::{Facts, MediaKind, ProxyMarker},
        photo::Role,
        time::Timestamp,
    },
    sys::{
        clock::{Clock as _, RealClock, SimClock},
        fs::{Entry, Fs, FsError, FsErrorKind, ReadFile, Result, Space, Stat, WriteFile},
        real::{RealFs, canonical},
        task::Cx,
    },
};
use std::{
    collections::HashSet,
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// The machine's file system with troubles of our making.
#[derive(Default)]
struct Troubled {
    refused: Mutex<HashSet<PathBuf>>,
    opened: AtomicU64,
    listed: AtomicU64,
    dev: AtomicU64,
}

impl Troubled {
    fn stat_seen(&self, stat: Stat) -> Stat {
        Stat {
            dev: stat.dev + self.dev.load(Ordering::SeqCst),
            ..stat
        }
    }
}

impl Fs for Troubled {
    fn stat(&self, path: &Path) -> Result<Stat> {
        RealFs.stat(path).map(|stat| self.stat_seen(stat))
    }
    fn list(&self, dir: &Path, each: &mut dyn FnMut(Entry)) -> Result<()> {
        self.listed.fetch_add(1, Ordering::SeqCst);
        if self.refused.lock().expect("lock").contains(dir) {
            return Err(FsError::of_kind("list the folder", dir, FsErrorKind::Denied));
        }
        RealFs.list(dir, &mut |entry| {
            each(Entry {
                name: entry.name,
                stat: entry.stat.map(|stat| self.stat_seen(stat)),
            });
        })
    }
    fn open(&self, path: &Path) -> Result<Box<dyn ReadFile>> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        RealFs.open(path)
    }
    fn create_new(&self, path: &Path) -> Result<Box<dyn WriteFile>> {
        RealFs.create_new(path)
    }
    fn make_dirs(&self, path: &Path) -> Result<()> {
        RealFs.make_dirs(path)
    }
    fn sync_dir(&self, dir: &Path) -> Result<()> {
        RealFs.sync_dir(dir)
    }
    fn rename_new(&self, from: &Path, to: &Path) -> Result<()> {
        RealFs.rename_new(from, to)
    }
    fn exchange(&self, a: &Path, b: &Path) -> Result<()> {
        RealFs.exchange(a, b)
    }
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        RealFs.replace(path, bytes)
    }
    fn unlink(&self, path: &Path) -> Result<()> {
        RealFs.unlink(path)
    }
    fn space(&self, path: &Path) -> Result<Space> {
        RealFs.space(path)
    }
    fn copy_attributes(&self, from: &Path, to: &Path) -> Result<()> {
        RealFs.copy_attributes(from, to)
    }
    fn set_tag(&self, path: &Path, name: &str, value: &[u8]) -> Result<bool> {
        RealFs.set_tag(path, name, value)
    }
    fn tag(&self, path: &Path, name: &str) -> Result<Option<Vec<u8>>> {
        RealFs.tag(path, name)
    }
}

struct World {
    dir: tempfile::TempDir,
    catalog: Catalog,
    fs: Troubled,
    clock: SimClock,
    root: PathBuf,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let root = canonical(dir.path()).expect("found").join("photos");
        std::fs::create_dir(&root).expect("made");
        Self {
            catalog: Catalog::open(&dir.path().join("catalog.sqlite")).expect("opened"),
            fs: Troubled::default(),
            // A minute after the files are written, so that none is racy unless a test wants it.
            clock: SimClock::at(RealClock.now().plus(60_000)),
            dir,
            root,
        }
    }

    fn put(&self, rel: &str, bytes: &str) -> PathBuf {
        let path = self.root.join(rel);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn rename(&self, from: &str, to: &str) {
        let to = self.root.join(to);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::rename(self.root.join(from), to).expect("renamed");
    }

    fn remove(&self, rel: &str) {
        std::fs::remove_file(self.root.join(rel)).expect("removed");
    }

    fn watched(&self, path: &Path) -> Root {
        let volume = self.fs.stat(path).map_or(0, |stat| stat.dev);
        self.catalog
            .add_root(path, volume, self.clock.now())
            .expect("added")
            .root()
            .clone()
    }

    fn scan_of(&self, path: &Path) -> ScanReport {
        let root = self.watched(path);
        let cx = Cx::new();
        scan_root(
            &self.catalog,
            &self.fs,
            &self.clock,
            &root,
            &ScanOptions::default(),
            &cx,
            &mut |_| {},
        )
        .expect("scanned")
    }

    fn scan(&self) -> ScanReport {
        self.scan_of(&self.root)
    }

    fn file(&self, rel: &str) -> FileRow {
        let found = self.catalog.file_at(&self.root.join(rel)).expect("looked up");
        found.unwrap_or_else(|| panic!("{rel} is not known"))
    }

    fn photo(&self, rel: &str) -> PhotoId {
        self.file(rel).photo
    }

    fn known(&self, rel: &str) -> bool {
        self.catalog.file_at(&self.root.join(rel)).expect("looked up").is_some()
    }

    /// Gives a photo a mark the plain way: what a mark is made of is tested elsewhere.
    fn stars(&self, photo: PhotoId, stars: u8) {
        self.sql(
            "UPDATE photos SET rating = ?1 WHERE id = ?2",
            &[i64::from(stars), photo.0],
        );
    }

    fn stars_of(&self, photo: PhotoId) -> u8 {
        let row = self.catalog.photo(photo).expect("read").expect("known");
        row.rating.stars()
    }

    fn sql(&self, sql: &str, params: &[i64]) {
        let connection = rusqlite::Connection::open(self.catalog.path()).expect("opened");
        let changed = connection
            .execute(sql, rusqlite::params_from_iter(params))
            .expect("changed");
        assert!(changed > 0, "{sql} changed nothing");
    }

    fn hash(&self, rel: &str) -> ContentId {
        let path = self.root.join(rel);
        let content = ContentId::of(&std::fs::read(&path).expect("read"));
        let stat = self.fs.stat(&path).expect("there");
        assert!(
            self.catalog
                .set_content(self.file(rel).id, &stat, content)
                .expect("noted")
        );
        content
    }

    fn photos(&self) -> usize {
        self.catalog.photo_ids(&PhotoScope::All).expect("listed").len()
    }

    fn no_orphans(&self) {
        let connection = rusqlite::Connection::open(self.catalog.path()).expect("opened");
        for (what, sql) in [
            (
                "photos without files",
                "SELECT count(*) FROM photos WHERE id NOT IN (SELECT photo_id FROM files)",
            ),
            (
                "photos that show a file of another",
                "SELECT count(*) FROM photos p LEFT JOIN files f ON f.id = p.primary_file
                 WHERE f.id IS NULL OR f.photo_id <> p.id",
            ),
            (
                "files that are there but away from their photo",
                "SELECT count(*) FROM files f JOIN photos p ON p.id = f.photo_id
                 WHERE f.folder_id <> p.folder_id AND f.missing_since IS NULL",
            ),
        ] {
            let count: i64 = connection.query_row(sql, [], |row| row.get(0)).expect("counted");
            assert_eq!(count, 0, "{what}");
        }
    }
}

#[test]
fn a_first_scan_indexes_every_regular_file_and_a_second_only_looks() {
    let world = World::new();
    for rel in [
        "a.jpg",
        "2024/b.CR2",
        "2024/b.JPG",
        "2024/b.xmp",
        "2024/film.mp4",
        "notes.txt",
    ] {
        world.put(rel, rel);
    }
    let first = world.scan();
    assert_eq!((first.added, first.folders, first.unchanged), (6, 2, 0));
    assert_eq!(world.photos(), 4, "b.CR2, b.JPG and b.xmp are one photo");
    let (raw, jpeg) = (world.file("2024/b.CR2"), world.file("2024/b.JPG"));
    assert_eq!(
        (raw.photo, raw.role, jpeg.role),
        (jpeg.photo, Role::Raw, Role::Original)
    );
    let photo = world.catalog.photo(jpeg.photo).expect("read").expect("known");
    assert!(photo.raw_pair && photo.primary == Some(jpeg.id) && photo.kind == MediaKind::Picture);
    assert_eq!(world.file("notes.txt").kind, MediaKind::Other);
    let before = std::fs::read(world.catalog.path().with_extension("sqlite-wal"))
        .expect("read")
        .len();
    let second = world.scan();
    assert_eq!(
        (second.unchanged, second.added, second.changed, second.missing),
        (6, 0, 0, 0)
    );
    assert_eq!(world.fs.opened.load(Ordering::SeqCst), 0, "nothing was opened");
    let after = std::fs::read(world.catalog.path().with_extension("sqlite-wal"))
        .expect("read")
        .len();
    assert!(
        after - before < 64 * 1024,
        "a second scan writes almost nothing: {} bytes",
        after - before
    );
    world.no_orphans();
}

#[test]
fn what_is_left_out_and_what_is_named() {
    let world = World::new();
    for rel in [
        "kept.jpg",
        ".hidden.jpg",
        ".safelight/held/x",
        ".safelight-tmp-abc",
        "Lib.photoslibrary/originals/a.jpg",
        "@eaDir/a.jpg",
        "cat.lrcat",
        "store/safelight.json",
        "store/originals/a.jpg",
        "deep/b.jpg",
    ] {
        world.put(rel, rel);
    }
    std::os::unix::fs::symlink(world.root.join("deep"), world.root.join("link")).expect("linked");
    std::os::unix::fs::symlink(world.root.join("deep/b.jpg"), world.root.join("link.jpg")).expect("linked");
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        world.root.join("fifo.jpg"),
        rustix::fs::Mode::from_raw_mode(0o600),
    )
    .expect("a fifo");
    let report = world.scan();
    assert_eq!(report.added, 2, "kept.jpg and deep/b.jpg");
    let mut left: Vec<(String, LeftOut)> = report
        .left_out
        .iter()
        .map(|(path, why)| {
            (
                path.strip_prefix(&world.root).expect("inside").display().to_string(),
                *why,
            )
        })
        .collect();
    left.sort_by(|a, b| a.0.cmp(&b.0));
    let expect = [
        ("@eaDir", LeftOut::Program),
        ("Lib.photoslibrary", LeftOut::Program),
        ("fifo.jpg", LeftOut::Special),
        ("link", LeftOut::Link),
        ("link.jpg", LeftOut::Link),
        ("store", LeftOut::Store),
    ];
    assert_eq!(left, expect.map(|(name, why)| (name.to_owned(), why)));
}

#[test]
fn names_of_any_bytes_survive() {
    let world = World::new();
    let odd = OsStr::from_bytes(b"caf\xe9 \xff.jpg");
    let long = format!("{}.jpg", "n".repeat(251));
    std::fs::write(world.root.join(odd), "x").expect("written");
    world.put(&long, "long");
    world.put("line\nbreak 'quote\" %00.jpg", "y");
    assert_eq!(world.scan().added, 3);
    let row = world
        .catalog
        .file_at(&world.root.join(odd))
        .expect("read")
        .expect("known");
    assert_eq!(row.name, odd);
    assert_eq!(std::fs::read(&row.path).expect("the path still opens"), b"x");
    assert!(world.known(&long));
    assert_eq!(world.scan().unchanged, 3);
}

#[test]
fn a_changed_file_loses_what_was_read_from_it() {
    let world = World::new();
    world.put("a.jpg", "one");
    world.scan();
    world.hash("a.jpg");
    world.put("a.jpg", "another length");
    let report = world.scan();
    assert_eq!((report.changed, report.added), (1, 0));
    let row = world.file("a.jpg");
    assert_eq!((row.content, row.facts_read, row.size), (None, false, 14));
    assert!(row.same_stat(&world.fs.stat(&row.path).expect("there")));
}

#[test]
fn a_racy_file_is_looked_at_again() {
    let world = World::new();
    let path = world.put("a.jpg", "one");
    world.clock.set_wall(RealClock.now());
    world.scan();
    assert!(world.file("a.jpg").racy);
    world.hash("a.jpg");
    world.clock.advance(60_000);
    let opened = world.fs.opened.load(Ordering::SeqCst);
    assert_eq!(world.scan().changed, 0, "the second look finds the same bytes");
    assert_eq!(world.fs.opened.load(Ordering::SeqCst), opened + 1);
    let row = world.file("a.jpg");
    assert!(!row.racy && row.content.is_some());
    // The same with other bytes behind an equal stat, as a coarse clock makes them: the stale hash is found out.
    world.sql("UPDATE files SET racy = 1 WHERE id = ?1", &[row.id.0]);
    let wrong = ContentId::of(b"what was there before");
    assert!(
        world
            .catalog
            .set_content(row.id, &world.fs.stat(&path).expect("there"), wrong)
            .expect("noted")
    );
    assert_eq!(world.scan().changed, 1);
    assert_eq!(world.file("a.jpg").content, None);
}

#[test]
fn moved_and_renamed_files_keep_photo_marks_and_content() {
    let world = World::new();
    for rel in ["in/IMG_1.JPG", "in/IMG_1.CR2", "in/IMG_1.xmp", "in/IMG_2.JPG"] {
        world.put(rel, rel);
    }
    world.scan();
    let (pair, single) = (world.photo("in/IMG_1.JPG"), world.photo("in/IMG_2.JPG"));
    world.stars(pair, 5);
    world.stars(single, 3);
    let content = world.hash("in/IMG_1.CR2");
    for name in ["IMG_1.JPG", "IMG_1.CR2", "IMG_1.xmp"] {
        world.rename(&format!("in/{name}"), &format!("2024/trip/{name}"));
    }
    world.rename("in/IMG_2.JPG", "in/best.jpg");
    let report = world.scan();
    assert_eq!((report.moved, report.added, report.missing), (4, 0, 0));
    assert_eq!(world.photo("2024/trip/IMG_1.JPG"), pair);
    assert_eq!(world.photo("2024/trip/IMG_1.xmp"), pair, "the unit moved as one");
    assert_eq!(world.file("2024/trip/IMG_1.CR2").content, Some(content));
    assert_eq!(world.photo("in/best.jpg"), single);
    assert_eq!(
        (world.stars_of(pair), world.stars_of(single), world.photos()),
        (5, 3, 2)
    );
    assert_eq!(world.scan().unchanged, 4);
    world.no_orphans();
}

#[test]
fn exchanged_names_and_chains_of_names_keep_marks_with_their_pictures() {
    let world = World::new();
    for (name, bytes) in [("1.jpg", "first"), ("2.jpg", "second"), ("3.jpg", "third")] {
        world.put(name, bytes);
    }
    world.scan();
    let (one, two, three) = (world.photo("1.jpg"), world.photo("2.jpg"), world.photo("3.jpg"));
    world.rename("1.jpg", "swap");
    world.rename("2.jpg", "1.jpg");
    world.rename("swap", "2.jpg");
    world.rename("3.jpg", "4.jpg");
    let report = world.scan();
    assert_eq!(
        (report.moved, report.changed, report.missing, report.added),
        (3, 0, 0, 0)
    );
    assert_eq!(
        (world.photo("2.jpg"), world.photo("1.jpg"), world.photo("4.jpg")),
        (one, two, three)
    );
    world.rename("2.jpg", "3.jpg");
    world.rename("1.jpg", "2.jpg");
    world.scan();
    assert_eq!((world.photo("3.jpg"), world.photo("2.jpg")), (one, two), "a chain");
    world.no_orphans();
}

#[test]
fn a_pair_that_is_separated_becomes_two_photos_with_the_same_marks() {
    let world = World::new();
    for rel in ["b/IMG_1.JPG", "b/IMG_1.CR2", "c/IMG_2.JPG", "c/IMG_2.CR2"] {
        world.put(rel, rel);
    }
    world.scan();
    let (first, second) = (world.photo("b/IMG_1.JPG"), world.photo("c/IMG_2.JPG"));
    world.stars(first, 4);
    world.stars(second, 2);
    // One goes to a folder that is visited before its own, the other to one behind it.
    world.rename("b/IMG_1.JPG", "a/IMG_1.JPG");
    world.rename("c/IMG_2.CR2", "d/IMG_2.CR2");
    world.scan();
    assert_eq!(world.photo("a/IMG_1.JPG"), first);
    assert_eq!(world.photo("c/IMG_2.JPG"), second);
    for (rel, stars, from) in [("b/IMG_1.CR2", 4, first), ("d/IMG_2.CR2", 2, second)] {
        let photo = world.photo(rel);
        assert_ne!(photo, from, "{rel}");
        assert_eq!(world.stars_of(photo), stars, "{rel}");
        let row = world.catalog.photo(photo).expect("read").expect("known");
        assert_eq!((row.kind, row.raw_pair), (MediaKind::Raw, false), "{rel}");
    }
    world.no_orphans();
}

#[test]
fn a_raw_beside_its_jpeg_joins_the_jpegs_photo_and_marks_win() {
    let world = World::new();
    world.put("a.jpg", "a");
    world.scan();
    let jpeg = world.photo("a.jpg");
    world.put("a.cr2", "raw");
    world.scan();
    assert_eq!((world.photo("a.cr2"), world.photo("a.jpg")), (jpeg, jpeg));
    // Two photos that become one by a new name: the one with marks stays.
    world.put("c.cr2", "c raw");
    world.scan();
    world.put("b.jpg", "b");
    world.scan();
    let (plain, marked) = (world.photo("b.jpg"), world.photo("c.cr2"));
    assert!(plain > marked);
    world.stars(marked, 5);
    world.rename("c.cr2", "b.cr2");
    world.scan();
    assert_eq!((world.photo("b.jpg"), world.photo("b.cr2")), (marked, marked));
    assert!(world.catalog.photo(plain).expect("read").is_none());
    let row = world.catalog.photo(marked).expect("read").expect("known");
    assert!(
        row.raw_pair && row.primary == Some(world.file("b.jpg").id),
        "the JPEG is shown"
    );
    // The number of the photo that went is never given again: undo steps still name it.
    world.put("d.jpg", "d");
    world.scan();
    assert!(
        world.photo("d.jpg") > plain.max(marked),
        "{:?} {plain:?} {marked:?}",
        world.photo("d.jpg")
    );
    world.no_orphans();
}

#[test]
fn across_disks_a_moved_file_is_known_by_its_content() {
    let world = World::new();
    world.put("a/IMG_1.JPG", "the same bytes");
    world.put("a/IMG_2.JPG", "other equal len");
    world.scan();
    let photo = world.photo("a/IMG_1.JPG");
    world.hash("a/IMG_1.JPG");
    // A copy has another number; on another disk that is what a move is.
    std::fs::create_dir(world.root.join("b")).expect("made");
    std::fs::copy(world.root.join("a/IMG_1.JPG"), world.root.join("b/IMG_1.JPG")).expect("copied");
    world.scan();
    assert_ne!(
        world.photo("b/IMG_1.JPG"),
        photo,
        "while the first is there, the second is a copy"
    );
    world.remove("b/IMG_1.JPG");
    world.scan();
    std::fs::copy(world.root.join("a/IMG_1.JPG"), world.root.join("c.jpg")).expect("copied");
    world.remove("a/IMG_1.JPG");
    let report = world.scan();
    assert_eq!((report.moved, report.missing), (1, 0));
    assert_eq!(world.photo("c.jpg"), photo);
    // The same length alone is no sign of being the same.
    world.hash("c.jpg");
    world.remove("c.jpg");
    world.put("d.jpg", "THE SAME BYTES");
    let report = world.scan();
    assert_eq!((report.moved, report.added, report.missing), (0, 1, 1));
    assert_ne!(world.photo("d.jpg"), photo);
}

#[test]
fn missing_files_keep_their_rows_and_come_back() {
    let world = World::new();
    world.put("a/1.jpg", "one");
    world.put("a/2.jpg", "two");
    world.scan();
    let photo = world.photo("a/1.jpg");
    world.stars(photo, 5);
    world.hash("a/1.jpg");
    let aside = world.dir.path().join("aside");
    std::fs::rename(world.root.join("a"), &aside).expect("taken away");
    assert_eq!(world.scan().missing, 2);
    assert_eq!((world.photos(), world.stars_of(photo)), (0, 5));
    assert!(world.file("a/1.jpg").missing_since.is_some());
    assert!(
        world
            .catalog
            .photo(photo)
            .expect("read")
            .expect("kept")
            .missing_since
            .is_some()
    );
    assert_eq!(world.scan().missing, 0, "said once");
    std::fs::rename(&aside, world.root.join("a")).expect("put back");
    let report = world.scan();
    assert_eq!((report.came_back, report.added), (2, 0));
    assert_eq!((world.photos(), world.photo("a/1.jpg")), (2, photo));
    assert!(
        world.file("a/1.jpg").content.is_some(),
        "what was known of its bytes still holds"
    );
    world.no_orphans();
}

#[test]
fn a_sidecar_waits_for_its_picture() {
    let world = World::new();
    world.put("a.jpg", "one");
    world.put("a.xmp", "text");
    world.scan();
    let photo = world.photo("a.jpg");
    let aside = world.dir.path().join("aside.jpg");
    std::fs::rename(world.root.join("a.jpg"), &aside).expect("taken away");
    world.scan();
    world.put("new.jpg", "another name in the folder makes it regroup");
    world.scan();
    let row = world.catalog.photo(photo).expect("read").expect("kept");
    assert!(row.missing_since.is_some() && row.kind == MediaKind::Picture);
    assert_eq!(world.photo("a.xmp"), photo);
    std::fs::rename(&aside, world.root.join("a.jpg")).expect("put back");
    world.scan();
    assert_eq!((world.photo("a.jpg"), world.photo("a.xmp")), (photo, photo));
    world.no_orphans();
}

#[test]
fn i12_an_unreadable_folder_marks_nothing_missing() {
    let world = World::new();
    for rel in ["ok/1.jpg", "shut/2.jpg", "shut/below/3.jpg"] {
        world.put(rel, rel);
    }
    world.scan();
    let shut = world.root.join("shut");
    world.fs.refused.lock().expect("lock").insert(shut.clone());
    world.remove("ok/1.jpg");
    let report = world.scan();
    assert_eq!(report.missing, 1, "only what is known to be gone");
    assert_eq!(report.unreadable.len(), 1);
    assert!(
        report
            .unreadable
            .iter()
            .any(|(path, why)| *path == shut && why.contains("no permission"))
    );
    assert!(world.file("shut/2.jpg").missing_since.is_none() && world.file("shut/below/3.jpg").missing_since.is_none());
    let trees = world.catalog.root_trees().expect("read");
    assert!(
        trees[0]
            .folders
            .iter()
            .any(|folder| folder.name == "shut" && folder.problem.is_some())
    );
    world.fs.refused.lock().expect("lock").clear();
    assert_eq!(world.scan().unchanged, 2);
    let trees = world.catalog.root_trees().expect("read");
    assert!(
        trees[0].folders.iter().all(|folder| folder.problem.is_none()),
        "the problem goes with its cause"
    );
}

#[test]
fn i12_an_unplugged_root_changes_nothing_but_its_availability() {
    let world = World::new();
    world.put("a/1.jpg", "one");
    world.put("2.jpg", "two");
    world.scan();
    let (photo, content) = (world.photo("a/1.jpg"), world.hash("a/1.jpg"));
    let root = world.watched(&world.root).id;
    let online = || world.catalog.root(root).expect("read").expect("known").online;
    let aside = world.dir.path().join("unplugged");
    std::fs::rename(&world.root, &aside).expect("unplugged");
    // Its path is gone.
    assert!(world.scan().offline.is_some());
    assert!(!online());
    // Its mount point is an empty folder of another disk.
    std::fs::create_dir(&world.root).expect("made");
    world.fs.dev.store(1, Ordering::SeqCst);
    assert!(world.scan().offline.is_some());
    // Another disk is mounted at its place.
    world.put("somebody else's.jpg", "x");
    assert!(world.scan().offline.is_some());
    assert!(!world.known("somebody else's.jpg"));
    assert!(world.file("a/1.jpg").missing_since.is_none());
    assert_eq!(world.photos(), 2);
    // It is back, with another device number: everything is as it was.
    std::fs::remove_dir_all(&world.root).expect("removed");
    std::fs::rename(&aside, &world.root).expect("plugged in");
    let report = world.scan();
    assert_eq!((report.offline, report.unchanged, report.changed), (None, 2, 0));
    assert!(online());
    let row = world.file("a/1.jpg");
    assert_eq!((row.photo, row.content), (photo, Some(content)));
    assert!(
        row.same_stat(&world.fs.stat(&row.path).expect("there")),
        "the new device number is noted"
    );
}

#[test]
fn an_emptied_folder_of_the_same_disk_is_empty() {
    let world = World::new();
    world.put("1.jpg", "one");
    world.scan();
    world.remove("1.jpg");
    let report = world.scan();
    assert_eq!((report.offline, report.missing), (None, 1));
}

#[test]
fn t10_a_proxy_that_changed_keeps_what_it_stands_for() {
    let world = World::new();
    let path = world.put("a.jpg", "proxy");
    world.scan();
    let original = ContentId::of(b"the original");
    let stat = world.fs.stat(&path).expect("there");
    let file = world.file("a.jpg").id;
    world
        .catalog
        .set_proxy(file, original, 1000, &stat, ContentId::of(b"proxy"))
        .expect("noted");
    assert_eq!(world.scan().unchanged, 1);
    world.put("a.jpg", "edited by somebody");
    assert_eq!(world.scan().changed, 1);
    let row = world.file("a.jpg");
    assert_eq!(
        (row.role, row.stands_for, row.content),
        (Role::Proxy, Some(original), None)
    );
    world.put("a.cr2", "a raw that makes the folder regroup");
    world.scan();
    assert_eq!(
        world.file("a.jpg").role,
        Role::Proxy,
        "grouping does not make an original of it"
    );
    world.put("z.cr2", "a raw of its own, marked");
    world.put("b.jpg", "will be a proxy");
    world.scan();
    let (marked, proxy) = (world.photo("z.cr2"), world.file("b.jpg"));
    world.stars(marked, 1);
    let stat = world.fs.stat(&proxy.path).expect("there");
    world
        .catalog
        .set_proxy(proxy.id, original, 1000, &stat, ContentId::of(b"p"))
        .expect("noted");
    world.rename("z.cr2", "b.cr2");
    world.scan();
    let row = world.file("b.jpg");
    assert_eq!(
        (row.photo, row.role),
        (marked, Role::Proxy),
        "nor does joining another photo"
    );
    // Facts without the marker change nothing either; facts with one say it without any catalog (I14).
    let row = world.file("a.jpg");
    world
        .catalog
        .set_facts(&[(row, FileFacts::Read(Box::default()))])
        .expect("noted");
    assert_eq!(world.file("a.jpg").stands_for, Some(original));
}

#[test]
fn i14_a_proxy_is_known_by_its_own_word() {
    let world = World::new();
    world.put("a.jpg", "proxy");
    world.scan();
    let marker = ProxyMarker {
        content: ContentId::of(b"the original"),
        size: 1000,
        name: "a.jpg".to_owned(),
        stores: Vec::new(),
    };
    let facts = Facts {
        proxy_of: Some(marker.clone()),
        ..Facts::default()
    };
    let row = world.file("a.jpg");
    world
        .catalog
        .set_facts(&[(row, FileFacts::Read(Box::new(facts)))])
        .expect("noted");
    let row = world.file("a.jpg");
    assert_eq!(
        (row.role, row.stands_for, row.original_size),
        (Role::Proxy, Some(marker.content), Some(1000))
    );
    assert!(row.is_proxy() && row.facts_read);
}

#[test]
fn a_stopped_scan_keeps_what_it_found_and_concludes_nothing() {
    let world = World::new();
    world.put("1.jpg", "one");
    world.scan();
    world.remove("1.jpg");
    world.put("a/2.jpg", "two");
    world.put("b/3.jpg", "three");
    let root = world.watched(&world.root);
    let cx = Cx::new();
    let options = ScanOptions {
        first_batch: 1,
        ..ScanOptions::default()
    };
    let report = scan_root(
        &world.catalog,
        &world.fs,
        &world.clock,
        &root,
        &options,
        &cx,
        &mut |_| cx.cancel.cancel(),
    )
    .expect("stopped");
    assert!(report.cancelled);
    assert_eq!(report.missing, 0);
    assert!(world.file("1.jpg").missing_since.is_none());
    let report = world.scan();
    assert_eq!((report.missing, world.photos()), (1, 2));
}

#[test]
fn the_first_tiles_come_before_the_end() {
    let world = World::new();
    for number in 0..40 {
        world.put(&format!("{:02}/a.jpg", number), &number.to_string());
    }
    let root = world.watched(&world.root);
    let options = ScanOptions {
        first_batch: 4,
        batch: 16,
        ..ScanOptions::default()
    };
    let mut seen = Vec::new();
    scan_root(
        &world.catalog,
        &world.fs,
        &world.clock,
        &root,
        &options,
        &Cx::new(),
        &mut |report| {
            let tiles = world.catalog.tiles(&Filter::All, None, Order::Name).expect("read");
            assert_eq!(tiles.len() as u64, report.added, "what is reported can be seen");
            seen.push(report.added);
        },
    )
    .expect("scanned");
    assert!(seen.first().is_some_and(|first| *first <= 4), "{seen:?}");
    assert_eq!(seen.last(), Some(&40));
}

#[test]
fn nested_roots_share_nothing() {
    let world = World::new();
    world.put("inner/1.jpg", "one");
    world.put("2.jpg", "two");
    let inner = world.root.join("inner");
    world.scan_of(&inner);
    let photo = world.photo_at(&inner.join("1.jpg"));
    let report = world.scan();
    assert!(
        report
            .left_out
            .iter()
            .any(|(path, why)| *path == inner && *why == LeftOut::OtherRoot)
    );
    assert_eq!((world.photos(), world.photo_at(&inner.join("1.jpg"))), (2, photo));
    world
        .catalog
        .forget_root(world.watched(&world.root).id)
        .expect("forgotten");
    assert_eq!(world.photos(), 1, "forgetting one leaves the other");
    assert!(world.root.join("2.jpg").exists(), "and touches no file");
}

impl World {
    fn photo_at(&self, path: &Path) -> Option<PhotoId> {
        self.catalog.photo_at(path).expect("read")
    }
}

#[test]
fn views_counts_and_trees() {
    let world = World::new();
    for rel in [
        "2024/06/IMG_10.JPG",
        "2024/06/IMG_9.JPG",
        "2024/07/x.CR2",
        "2023/a.jpg",
        "readme.txt",
    ] {
        world.put(rel, rel);
    }
    world.scan();
    world.stars(world.photo("2023/a.jpg"), 5);
    let names = |filter: &Filter, order: Order| -> Vec<String> {
        let tiles = world.catalog.tiles(filter, None, order).expect("read");
        tiles.into_iter().map(|tile| tile.name.to_string()).collect()
    };
    assert_eq!(
        names(&Filter::All, Order::Name),
        ["a.jpg", "IMG_9.JPG", "IMG_10.JPG", "x.CR2"]
    );
    assert_eq!(names(&Filter::Others, Order::Name), ["readme.txt"]);
    assert_eq!(names(&Filter::FiveStars, Order::Name), ["a.jpg"]);
    assert_eq!(names(&Filter::All, Order::Rating)[0], "a.jpg");
    let folder = world
        .catalog
        .folder_at(&world.root.join("2024"))
        .expect("read")
        .expect("known");
    assert_eq!(
        names(&Filter::Folder(folder), Order::Name),
        ["IMG_9.JPG", "IMG_10.JPG", "x.CR2"]
    );
    assert_eq!(
        world
            .catalog
            .photo_ids(&PhotoScope::Folder(folder))
            .expect("read")
            .len(),
        3
    );
    let tiles = world.catalog.tiles(&Filter::All, None, Order::Name).expect("read");
    let counts = BrowseCounts::of(&tiles, Timestamp(0));
    assert_eq!(
        (counts.all, counts.recent, counts.five_stars, counts.picks),
        (4, 4, 1, 0)
    );
    assert_eq!(BrowseCounts::of(&tiles, Timestamp(i64::MAX)).recent, 0);
    assert_eq!(world.catalog.count_others().expect("read"), 1);
    let trees = world.catalog.root_trees().expect("read");
    let rows: Vec<(String, u32, u64, bool)> = trees[0]
        .folders
        .iter()
        .map(|folder| (folder.name.clone(), folder.depth, folder.photos, folder.has_children))
        .collect();
    let expect = [
        ("2023", 0, 1, false),
        ("2024", 0, 3, true),
        ("06", 1, 2, false),
        ("07", 1, 1, false),
    ];
    assert_eq!(
        rows,
        expect.map(|(name, depth, photos, children)| (name.to_owned(), depth, photos, children))
    );
    assert_eq!(trees[0].photos, 4);
}

#[test]
fn facts_reach_the_photo_and_a_bad_file_costs_only_itself() {
    let world = World::new();
    for rel in [
        "good.jpg",
        "good.CR2",
        "broken.jpg",
        "panics.jpg",
        "disk.jpg",
        "notes.txt",
    ] {
        world.put(rel, rel);
    }
    world.put("empty.jpg", "");
    world.scan();
    let read = |open: &mut dyn ReadFile, file: &FileRow| -> std::io::Result<FileFacts> {
        let mut bytes = String::new();
        open.read_to_string(&mut bytes)?;
        assert_eq!(
            bytes.as_bytes(),
            file.name.as_bytes(),
            "the file that was asked about is the one that is open"
        );
        Ok(match bytes.as_str() {
            "broken.jpg" => FileFacts::Undecodable(Box::default(), "No picture.".to_owned()),
            "panics.jpg" => panic!("a parser's own bug"),
            "disk.jpg" => return Err(std::io::Error::other("EIO")),
            name => FileFacts::Read(Box::new(Facts {
                width: Some(if name == "good.jpg" { 300 } else { 1 }),
                height: Some(200),
                model: Some("Model".to_owned()),
                taken: safelight::model::time::CaptureTime::from_parts((2024, 6, 1), (17, 3, 20), 0),
                ..Facts::default()
            })),
        })
    };
    let cx = Cx::new();
    let report =
        safelight::library::facts::read_facts(&world.catalog, &world.fs, &read, &cx, &mut |_| {}).expect("read");
    assert_eq!(
        (report.read, report.undecodable, report.unreadable, report.passed_over),
        (2, 3, 1, 0)
    );
    let tiles = world.catalog.tiles(&Filter::All, None, Order::Name).expect("read");
    let good = tiles.iter().find(|tile| &*tile.name == "good.jpg").expect("shown");
    assert!((good.aspect - 1.5).abs() < 1e-6 && !good.problem);
    // 2024-06-01 is day 19875: `date -ud 2024-06-01 +%s` / 86400.
    assert_eq!(good.day, 19_875);
    let bad: Vec<&str> = tiles
        .iter()
        .filter(|tile| tile.problem)
        .map(|tile| &*tile.name)
        .collect();
    assert_eq!(bad, ["broken.jpg", "disk.jpg", "empty.jpg", "panics.jpg"]);
    assert!(
        world
            .file("disk.jpg")
            .problem
            .is_some_and(|why| why.contains("the disk reported an error"))
    );
    assert!(world.file("broken.jpg").undecodable && !world.file("disk.jpg").undecodable);
    assert_eq!(
        world.catalog.count_without_facts().expect("counted"),
        1,
        "only the disk's trouble is tried again"
    );
    let photo = world
        .catalog
        .photo(world.photo("good.jpg"))
        .expect("read")
        .expect("known");
    assert_eq!(
        photo.facts.width,
        Some(300),
        "the photo has the facts of the file that is shown"
    );
    // Whoever mends a file finds its photo without a problem after the next look.
    world.put("broken.jpg", "good.jpg is what it says now");
    world.scan();
    let mended = |_: &mut dyn ReadFile, _: &FileRow| Ok(FileFacts::Read(Box::default()));
    safelight::library::facts::read_facts(&world.catalog, &world.fs, &mended, &cx, &mut |_| {}).expect("read");
    let photo = world
        .catalog
        .photo(world.photo("broken.jpg"))
        .expect("read")
        .expect("known");
    assert!(!photo.problem);
}
