//! What several tests here need: a catalog on the disk with photos in it, put there by plain SQL, so that what is tested
//! is not what prepares the test.

use rusqlite::{Connection, params};
use safelight::{
    catalog::Catalog,
    engine::{
        Cx, Home,
        session::{Mode, Session},
    },
    model::id::PhotoId,
    sys::clock::{Clock, RealClock},
};
use std::{path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// One photo as a test wants it.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub folder: i64,
    pub names: Vec<Vec<u8>>,
    pub kind: u8,
    pub raw_pair: bool,
    pub wall_ms: Option<i64>,
    pub camera: Option<String>,
    pub lens: Option<String>,
    pub iso: Option<u32>,
    pub f_number: Option<f64>,
    pub focal_mm: Option<f64>,
    /// It lies at 48.5 north and east, where no `position` says otherwise.
    pub gps: bool,
    /// Degrees north and east.
    pub position: Option<(f64, f64)>,
    /// When it came into the library.
    pub added_ms: i64,
    pub rating: u8,
    pub flag: u8,
    pub label: u8,
    pub title: String,
    pub caption: String,
    pub safety: u8,
    pub problem: bool,
    pub keywords: Vec<String>,
    /// Country, region, city and code of its named place.
    pub place: Option<[&'static str; 4]>,
    pub shift_s: i64,
}

/// A catalog in a folder of its own.
pub struct World {
    pub catalog: Catalog,
    path: PathBuf,
    clock: Arc<dyn Clock>,
    _dir: TempDir,
}

impl World {
    pub fn new() -> Self {
        Self::by(Arc::new(RealClock))
    }

    /// The same where queries ask this clock what day it is.
    pub fn by(clock: Arc<dyn Clock>) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("catalog.sqlite");
        Self {
            catalog: Catalog::open_by(&path, Arc::clone(&clock)).expect("a new catalog"),
            path,
            clock,
            _dir: dir,
        }
    }

    /// A connection of the test's own.
    pub fn sql(&self) -> Connection {
        let connection = Connection::open(&self.path).expect("the catalog's file");
        connection.pragma_update(None, "synchronous", "OFF").expect("a pragma");
        connection
    }

    /// The application on this catalog and by its clock, only looking.
    pub fn session(&self) -> Session {
        let home = self.path.parent().expect("its folder");
        let mut session = Session::open(Home::portable(home), Mode::Look, &Cx::new()).expect("a session");
        let catalog = Catalog::open_by(&self.path, Arc::clone(&self.clock)).expect("the same catalog");
        session.catalog = Arc::new(catalog);
        session
    }

    /// Closes the catalog and opens it again, as after a restart.
    pub fn reopened(self) -> Self {
        let Self {
            catalog,
            path,
            clock,
            _dir,
        } = self;
        drop(catalog);
        Self {
            catalog: Catalog::open_by(&path, Arc::clone(&clock)).expect("the same catalog"),
            path,
            clock,
            _dir,
        }
    }
}

/// A root with its folders, numbered from the returned number on; the first is the root's own where `below` has `""`.
pub fn add_root(sql: &Connection, path: &[u8], online: bool, below: &[&[u8]]) -> i64 {
    sql.execute(
        "INSERT INTO roots (path, volume, added_at, online) VALUES (?1, 1, 0, ?2)",
        params![path, online],
    )
    .expect("a root");
    let root = sql.last_insert_rowid();
    let mut first = 0;
    for rel in below {
        sql.execute("INSERT INTO folders (root_id, rel) VALUES (?1, ?2)", params![root, rel])
            .expect("a folder");
        if first == 0 {
            first = sql.last_insert_rowid();
        }
    }
    first
}

/// A photo with its files and keywords.
pub fn add_photo(sql: &Connection, sample: &Sample) -> PhotoId {
    let position = sample.position.or(sample.gps.then_some((48.5, 48.5)));
    sql.prepare_cached(
        "INSERT INTO photos (folder_id, kind, raw_pair, wall_ms, sort_time, camera, lens, iso, f_number, focal_mm, \
         latitude, longitude, rating, flag, label, title, caption, safety, problem, added_at, missing_since) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )
    .expect("a statement")
    .execute(params![
        sample.folder,
        sample.kind,
        sample.raw_pair,
        sample.wall_ms,
        sample.wall_ms.unwrap_or(0),
        sample.camera,
        sample.lens,
        sample.iso,
        sample.f_number,
        sample.focal_mm,
        position.map(|at| at.0),
        position.map(|at| at.1),
        sample.rating,
        sample.flag,
        sample.label,
        sample.title,
        sample.caption,
        sample.safety,
        sample.problem,
        sample.added_ms,
        (sample.safety == 8).then_some(1),
    ])
    .expect("a photo");
    let id = sql.last_insert_rowid();
    if sample.shift_s != 0 {
        sql.execute(
            "UPDATE photos SET shift_s = ?2 WHERE id = ?1",
            params![id, sample.shift_s],
        )
        .expect("a shift");
    }
    if let Some([country, region, city, code]) = sample.place {
        let place = params![country, region, city, code];
        sql.execute(
            "INSERT OR IGNORE INTO places (country, region, city, code) VALUES (?1, ?2, ?3, ?4)",
            place,
        )
        .expect("a place");
        sql.execute(
            "UPDATE photos SET place_id = (SELECT id FROM places WHERE country = ?2 AND region = ?3 AND city = ?4) \
             WHERE id = ?1",
            params![id, country, region, city],
        )
        .expect("a photo's place");
    }
    for name in &sample.names {
        sql.prepare_cached(
            "INSERT INTO files (photo_id, folder_id, name, role, kind, size, mtime_ns, ctime_ns, dev, inode, seen_at) \
             VALUES (?1, ?2, ?3, 0, 0, 1, 0, 0, 1, ?1, 0)",
        )
        .expect("a statement")
        .execute(params![id, sample.folder, name])
        .expect("a file");
    }
    for keyword in &sample.keywords {
        sql.execute("INSERT OR IGNORE INTO keywords (path) VALUES (?1)", [keyword])
            .expect("a keyword");
        sql.execute(
            "INSERT OR IGNORE INTO photo_keywords SELECT ?1, id FROM keywords WHERE path = ?2",
            params![id, keyword],
        )
        .expect("a photo's keyword");
    }
    PhotoId(id)
}

/// Random numbers from a seed that can be printed: xorshift64*, good enough to choose test cases by.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // splitmix64, so that neighbouring seeds begin differently; xorshift must not begin at 0.
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((z ^ (z >> 31)) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// The seed of a run: `SEED` from the environment, or the one given.
pub fn seed(default: u64) -> u64 {
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok());
    seed.unwrap_or(default)
}
