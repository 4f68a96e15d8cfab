//! A small library on a simulated disk with a simulated store, which can be stopped anywhere: real photos, a real catalog,
//! everything of the bridge as it ships. The catalog keeps what it has committed, as SQLite does over a power cut.

use safelight::{
    backup::{
        bridge::Bridge,
        optimize::{self, Outcome, TMP_DIR},
        plan,
        policy::ReleasePolicy,
        recover::{Recovered, recover},
        release, restore, worker,
    },
    catalog::{
        Catalog,
        photos::FileFacts,
        stores::{StoreConfig, StoreRow},
        swaps::{Swap, SwapState},
    },
    library::{
        facts::read_facts,
        scan::{ScanOptions, scan_root},
    },
    media::{encode, facts, limits::Limits, proxy},
    model::{
        content::ContentId,
        id::{DeviceId, PhotoId},
        pixels::Pixels,
        safety::Safety,
        time::Timestamp,
    },
    remote::{
        api::{Description, Info, Key, Quota, Remote, Result as RemoteResult, Source},
        sim::{Fault, Op, SimRemote},
    },
    store::store::{CreateOptions, Store},
    sys::{
        clock::{Clock, SimClock},
        fs::Fs,
        sim::{Killed, SimFs},
        task::Cx,
    },
};
use std::{
    io::Write,
    ops::{ControlFlow, Range},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

pub const ROOT: &str = "/disk/photos";
pub const DISK_DEVICE: u64 = 10;
/// Ten days after the files of a simulated disk are written.
const NOW: Timestamp = Timestamp(1_700_000_000_000 + 10 * 86_400_000);

/// What goes wrong in the store at one call.
#[derive(Clone, Debug)]
pub enum Lie {
    Fault(Fault),
    /// A bit of the original's object turns over for good.
    Rot,
    /// The original's object is lost.
    Lose,
    /// The place goes away until it is healed.
    Vanish,
    /// Another store lies at the place, with nothing in it.
    Replaced,
    /// The program is killed before the call.
    Kill,
}

/// Stands in front of the simulated store and makes one call go wrong.
pub struct Gate {
    pub inner: Arc<SimRemote>,
    calls: AtomicU64,
    plan: Mutex<Vec<(u64, Lie)>>,
    last_get: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Gate {
    fn new(inner: Arc<SimRemote>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            calls: AtomicU64::new(0),
            plan: Mutex::default(),
            last_get: Mutex::default(),
        })
    }

    pub fn plan(&self, at: u64, lie: Lie) {
        self.calls.store(0, Ordering::SeqCst);
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = vec![(at, lie)];
    }

    /// Does this once, after an original has been read from the store.
    pub fn at_last_get(&self, work: impl FnOnce() + Send + 'static) {
        *self.last_get.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(work));
    }

    /// Whether what was planned has happened.
    pub fn happened(&self) -> bool {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub fn heal(&self) {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.restart();
        self.inner.vanish(false);
    }

    pub fn original_keys(&self) -> Vec<String> {
        let keys = self.inner.keys();
        keys.into_iter().filter(|key| key.ends_with(".jpg")).collect()
    }

    fn call(&self, op: Op) {
        let now = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let due = {
            let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
            let due = plan.iter().position(|(at, _)| *at == now);
            due.map(|at| plan.remove(at).1)
        };
        match due {
            None => {}
            Some(Lie::Fault(fault)) => self.inner.inject(op, fault),
            Some(Lie::Rot) => {
                for key in self.original_keys() {
                    self.inner.rot(&key, 5000);
                }
            }
            Some(Lie::Lose) => {
                for key in self.original_keys() {
                    self.inner.lose(&key);
                }
            }
            Some(Lie::Vanish) => self.inner.vanish(true),
            Some(Lie::Replaced) => {
                let text = self.inner.bytes("safelight.json").unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                let id = text
                    .find("\"store_id\"")
                    .and_then(|at| text.get(at + 10..)?.find('"').map(|q| at + 11 + q));
                let mut bytes = text.into_bytes();
                if let Some(at) = id {
                    bytes[at..at + 8].copy_from_slice(b"ffffffff");
                }
                for key in self.inner.keys() {
                    self.inner.lose(&key);
                }
                self.inner.set("safelight.json", &bytes);
            }
            Some(Lie::Kill) => std::panic::resume_unwind(Box::new(Killed)),
        }
    }
}

impl Remote for Gate {
    fn describe(&self) -> Description {
        self.inner.describe()
    }
    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> RemoteResult<Info> {
        self.call(Op::Put);
        self.inner.put(key, body, size, cx)
    }
    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> RemoteResult<Info> {
        self.call(Op::Replace);
        self.inner.replace(key, bytes, cx)
    }
    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> RemoteResult<Info> {
        self.call(Op::Get);
        let got = self.inner.get(key, range, sink, cx);
        if key.as_str().ends_with(".jpg")
            && let Some(work) = self.last_get.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            work();
        }
        got
    }
    fn head(&self, key: &Key, cx: &Cx) -> RemoteResult<Option<Info>> {
        self.call(Op::Head);
        self.inner.head(key, cx)
    }
    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> RemoteResult<()> {
        self.call(Op::List);
        self.inner.list(prefix, cx, each)
    }
    fn delete(&self, key: &Key, cx: &Cx) -> RemoteResult<()> {
        self.call(Op::Delete);
        self.inner.delete(key, cx)
    }
    fn quota(&self, cx: &Cx) -> RemoteResult<Option<Quota>> {
        self.inner.quota(cx)
    }
    fn device(&self) -> RemoteResult<Option<u64>> {
        self.inner.device()
    }
}

/// What a person does to a photo.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    BackUp,
    Optimize,
    Release,
    /// The held original comes back.
    Undo,
    /// The original comes back from the store.
    Restore,
}

/// A moment of a library that many schedules begin at.
pub struct Moment {
    fs: SimFs,
    objects: Vec<(String, Vec<u8>)>,
    catalog: Vec<u8>,
    row: StoreRow,
    now: Timestamp,
    originals: Vec<(PathBuf, Arc<Vec<u8>>, i64)>,
}

/// The library.
pub struct SimWorld {
    pub fs: SimFs,
    pub gate: Arc<Gate>,
    pub clock: Arc<SimClock>,
    pub catalog: Arc<Catalog>,
    pub bridge: Bridge,
    pub row: StoreRow,
    /// Path, bytes and time of the last change of every original.
    pub originals: Vec<(PathBuf, Arc<Vec<u8>>, i64)>,
    _dir: tempfile::TempDir,
}

/// A temporary folder in memory, where there is such a place: it is asked for by the thousand.
pub fn temp() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    dir.expect("a temporary folder")
}

/// A small picture, made long by comments, so that thousands of schedules can decode it.
pub fn photo(seed: u8) -> Vec<u8> {
    let pixels = Pixels {
        width: 64,
        height: 48,
        rgba: (0..64 * 48_u32)
            .flat_map(|at| {
                let value = (at.wrapping_mul(2_654_435_761) >> 24) as u8;
                [value, value ^ seed, seed, 255]
            })
            .collect(),
    };
    let picture = encode::jpeg(&pixels, 90).expect("encoded");
    let mut bytes = picture[..2].to_vec();
    for part in 0..3_u8 {
        bytes.extend_from_slice(&[0xFF, 0xFE, 0xF0, 0x02]);
        bytes.extend((0..0xF000_u32).map(|at| (at as u8).wrapping_mul(seed | 1) ^ part));
    }
    bytes.extend_from_slice(&picture[2..]);
    bytes
}

fn bridge(fs: &SimFs, clock: &Arc<SimClock>, catalog: &Arc<Catalog>) -> Bridge {
    Bridge::new(
        Arc::new(fs.clone()),
        Arc::clone(clock) as Arc<dyn Clock>,
        Arc::clone(catalog),
        (DeviceId("0123456789abcdef".to_owned()), "test".to_owned()),
    )
}

impl SimWorld {
    /// Two photos in a watched folder, scanned; an empty store beside.
    pub fn new() -> Self {
        let fs = SimFs::new(0);
        fs.device(Path::new("/disk"), DISK_DEVICE);
        let mut originals = Vec::new();
        for (name, seed) in [("one.jpg", 1), ("two.jpg", 2)] {
            let path = Path::new(ROOT).join(name);
            fs.put(&path, &photo(seed));
            let (bytes, mtime) = (fs.bytes(&path).expect("put"), fs.mtime_ns(&path).expect("put"));
            originals.push((path, bytes, mtime));
        }
        let dir = temp();
        let clock = Arc::new(SimClock::at(NOW));
        let catalog = Arc::new(Catalog::open(&dir.path().join("catalog.sqlite")).expect("a new catalog"));
        catalog.add_root(Path::new(ROOT), DISK_DEVICE, NOW).expect("added");
        let gate = Gate::new(Arc::new(SimRemote::new()));
        let remote = Arc::clone(&gate) as Arc<dyn Remote>;
        let store = Store::create(
            remote,
            Arc::clone(&clock) as Arc<dyn Clock>,
            CreateOptions::default(),
            &Cx::new(),
        );
        let row = StoreRow {
            id: store.expect("created").id().clone(),
            name: "store".to_owned(),
            url: "sim:".to_owned(),
            created_at: NOW,
            counts_override: false,
            device: None,
            config: StoreConfig::default(),
            paused: None,
            pause: None,
            log_segment: 0,
            log_hash: None,
            last_ok: None,
        };
        catalog.add_store(&row).expect("added");
        let bridge = bridge(&fs, &clock, &catalog);
        let world = Self {
            fs,
            gate,
            clock,
            catalog,
            bridge,
            row,
            originals,
            _dir: dir,
        };
        world.open_store();
        world.scan();
        world
    }

    /// The library at this moment.
    pub fn keep(&self) -> Moment {
        let dir = temp();
        let copy = dir.path().join("copy.sqlite");
        self.catalog.copy_to(&copy).expect("copied");
        let inner = &self.gate.inner;
        let objects = inner.keys().into_iter().map(|key| {
            let bytes = inner.bytes(&key).expect("there");
            (key, bytes)
        });
        Moment {
            fs: self.fs.copy(0),
            objects: objects.collect(),
            catalog: std::fs::read(&copy).expect("read"),
            row: self.row.clone(),
            now: self.clock.now(),
            originals: self.originals.clone(),
        }
    }

    pub fn scan(&self) {
        let (cx, clock) = (Cx::new(), self.clock.as_ref());
        for root in self.catalog.roots().expect("roots") {
            let options = ScanOptions::default();
            scan_root(&self.catalog, &self.fs, clock, &root, &options, &cx, &mut |_| {}).expect("scanned");
        }
        let read = |open: &mut dyn safelight::sys::fs::ReadFile, _: &_| {
            let mut bytes = Vec::new();
            open.read_to_end(&mut bytes)?;
            let facts = facts::of_bytes(&bytes, &Limits::default());
            Ok(FileFacts::Read(Box::new(facts)))
        };
        read_facts(&self.catalog, &self.fs, &read, &cx, &mut |_| {}).expect("read");
    }

    pub fn open_store(&self) {
        let remote = Arc::clone(&self.gate) as Arc<dyn Remote>;
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        if let Ok(store) = Store::open_expected(remote, clock, &self.row.id, &Cx::new()) {
            self.bridge.adopt(Arc::new(store));
        }
    }

    /// The program is started again: nothing is remembered but what the catalog and the disk have.
    pub fn begin_again(&mut self) {
        self.gate.heal();
        self.bridge = bridge(&self.fs, &self.clock, &self.catalog);
        self.open_store();
    }

    pub fn photo_of(&self, at: usize) -> PhotoId {
        let found = self.catalog.photo_at(&self.originals[at].0).expect("asked");
        found.expect("known")
    }

    /// Does it to one photo, as the faces do; `Err` is an error that a face would show.
    pub fn act(&self, act: Act, at: usize) -> Result<String, String> {
        let (bridge, cx) = (&self.bridge, &Cx::new());
        let photo = self.photo_of(at);
        let policy = ReleasePolicy::default().free_now();
        let words = |error: safelight::backup::error::Error| error.to_string();
        match act {
            Act::BackUp => {
                self.catalog
                    .pause_store(&self.row.id, None)
                    .map_err(|error| error.to_string())?;
                let plan = plan::plan(bridge, &self.row, &[photo], cx).map_err(words)?;
                self.catalog
                    .enqueue(&self.row.id, &plan.send)
                    .map_err(|error| error.to_string())?;
                let report = worker::run(bridge, None, 1, cx).map_err(words)?;
                Ok(format!("{report:?}"))
            }
            Act::Optimize => {
                let plan = optimize::plan(bridge, &[photo]).map_err(words)?;
                let Some(candidate) = plan.candidates.first() else {
                    return Err(format!("{:?}", plan.refused));
                };
                match optimize::optimize(bridge, candidate, &policy, cx).map_err(words)? {
                    Outcome::Held { .. } => Ok("held".to_owned()),
                    Outcome::Kept(why) => Err(why),
                }
            }
            Act::Release => {
                let contents = vec![ContentId::of(&self.originals[at].1)];
                let report = release::release_due(bridge, &policy, Some(&contents), cx).map_err(words)?;
                match report.kept.first() {
                    Some((_, why)) => Err(why.clone()),
                    None if report.released == 1 => Ok("released".to_owned()),
                    None => Err(format!("{report:?}")),
                }
            }
            Act::Undo | Act::Restore => {
                let report = restore::restore(bridge, &[photo], cx).map_err(words)?;
                match report.failed.first() {
                    Some((_, why)) => Err(why.clone()),
                    None => Ok(format!("{report:?}")),
                }
            }
        }
    }

    /// The same; `None` where the program was killed in it.
    pub fn act_or_die(&self, act: Act, at: usize) -> Option<Result<String, String>> {
        caught(|| self.act(act, at))
    }

    pub fn recover(&self) -> Result<Recovered, String> {
        recover(&self.bridge, &Cx::new()).map_err(|error| error.to_string())
    }

    pub fn recover_or_die(&self) -> Option<Result<Recovered, String>> {
        caught(|| self.recover())
    }

    pub fn swaps(&self) -> Vec<Swap> {
        self.catalog.swaps(&SwapState::ALL).expect("swaps")
    }

    pub fn safety(&self, at: usize) -> Safety {
        self.catalog
            .photo(self.photo_of(at))
            .expect("asked")
            .expect("there")
            .safety
    }

    /// Whether these bytes are in the store, whole, under any name.
    pub fn in_store(&self, bytes: &[u8]) -> bool {
        let inner = &self.gate.inner;
        inner
            .keys()
            .iter()
            .any(|key| inner.bytes(key).is_some_and(|there| there == bytes))
    }

    /// Files whose whole content this is. What lies in the temporary folder may go at any time, so it does not count.
    pub fn places(&self, is: impl Fn(&[u8]) -> bool) -> Vec<PathBuf> {
        let files = self.fs.files();
        let counts = |path: &PathBuf| !path.starts_with(Path::new(ROOT).join(TMP_DIR));
        let fits = |path: &PathBuf| self.fs.bytes(path).is_some_and(|bytes| is(&bytes));
        files.into_iter().filter(|path| counts(path) && fits(path)).collect()
    }

    /// Whether these bytes are, every one of them, a proxy that the journal knows and that says itself what it is.
    pub fn is_proxy_of(&self, bytes: &[u8], original: &[u8]) -> bool {
        let (content, own) = (ContentId::of(original), ContentId::of(bytes));
        let known = self
            .swaps()
            .iter()
            .any(|swap| swap.content == content && swap.proxy_content == own);
        known && proxy::proxy_marker(bytes).is_some_and(|marker| marker.content == content)
    }

    /// L1 to L4 of every photo that nobody but us touched; `gone` says whether an original may have left this disk.
    pub fn check(&self, gone: bool) -> Result<(), String> {
        for at in 0..self.originals.len() {
            self.check_one(at, gone, None)?;
        }
        self.check_store()
    }

    /// L1 and L3 of one photo. An `edit` is the mark at the end of what another program wrote.
    pub fn check_one(&self, at: usize, gone: bool, edit: Option<&[u8]>) -> Result<(), String> {
        let (path, original, _) = &self.originals[at];
        let is_edit = |bytes: &[u8]| edit.is_some_and(|edit| bytes.ends_with(edit));
        let here = !self.places(|bytes| bytes == original.as_slice()).is_empty();
        let edited_in_place = !self
            .places(|bytes| is_edit(bytes) && bytes.starts_with(original))
            .is_empty();
        if !here && !edited_in_place && edit.is_none_or(|_| true) {
            let let_go = self.swaps().iter().any(|swap| {
                swap.visible == *path && matches!(swap.state, SwapState::Released | SwapState::RestoreIntent)
            });
            if !gone || !let_go {
                return Err(format!("L1: {} is nowhere on this disk", path.display()));
            }
            if !self.in_store(original) {
                return Err(format!("L1: {} was let go, and no store has it", path.display()));
            }
        }
        let Some(shown) = self.fs.bytes(path) else {
            return Err(format!("L3: {} shows nothing", path.display()));
        };
        let fine = shown.as_slice() == original.as_slice() || is_edit(&shown) || self.is_proxy_of(&shown, original);
        if !fine {
            let len = shown.len();
            return Err(format!(
                "L3: {} shows {len} bytes that are neither its own, nor a proxy",
                path.display()
            ));
        }
        // The catalog must not take one for the other: what it knows by its stat has the content that it says.
        let row = self.catalog.file_at(path).map_err(|error| error.to_string())?;
        if let (Some(row), Ok(stat)) = (row, Fs::stat(&self.fs, path))
            && row.same_stat(&stat)
            && let Some(content) = row.content
            && content != ContentId::of(&shown)
        {
            return Err(format!("L2: the catalog takes {} for another content", path.display()));
        }
        Ok(())
    }

    /// L4, and L2 for what the store is said to have.
    pub fn check_store(&self) -> Result<(), String> {
        for key in self.gate.original_keys() {
            let bytes = self.gate.inner.bytes(&key).unwrap_or_default();
            if proxy::proxy_marker(&bytes).is_some() {
                return Err(format!("L4: {key} in the store is a proxy"));
            }
        }
        Ok(())
    }

    /// L2: what is called safe is in the store.
    pub fn check_claims(&self) -> Result<(), String> {
        for (at, (path, original, _)) in self.originals.iter().enumerate() {
            let safety = self.safety(at);
            if matches!(safety, Safety::Safe | Safety::Optimized) && !self.in_store(original) {
                return Err(format!(
                    "L2: {} is called {safety:?}, and no store has it",
                    path.display()
                ));
            }
        }
        Ok(())
    }
}

/// Runs it; `None` where it was killed. Any other panic goes on.
pub fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(value) => Some(value),
        Err(cause) if cause.is::<Killed>() => None,
        Err(cause) => std::panic::resume_unwind(cause),
    }
}

impl Moment {
    /// A library that goes on from here by its own seed.
    pub fn open(&self, seed: u64) -> SimWorld {
        let dir = temp();
        let path = dir.path().join("catalog.sqlite");
        std::fs::write(&path, &self.catalog).expect("written");
        let catalog = Arc::new(Catalog::open(&path).expect("the catalog"));
        let clock = Arc::new(SimClock::at(self.now));
        let inner = Arc::new(SimRemote::new());
        for (key, bytes) in &self.objects {
            inner.set(key, bytes);
        }
        let fs = self.fs.copy(seed);
        let bridge = bridge(&fs, &clock, &catalog);
        let world = SimWorld {
            fs,
            gate: Gate::new(inner),
            clock,
            catalog,
            bridge,
            row: self.row.clone(),
            originals: self.originals.clone(),
            _dir: dir,
        };
        world.open_store();
        world
    }
}

/// A library whose two photos are known (0), backed up (1), the first of them held (2), let go (3).
pub fn moments() -> [Moment; 4] {
    let world = SimWorld::new();
    let known = world.keep();
    for at in [0, 1] {
        world.act(Act::BackUp, at).expect("backed up");
        assert_eq!(world.safety(at), Safety::Safe);
    }
    let safe = world.keep();
    world.act(Act::Optimize, 0).expect("optimized");
    assert_eq!(world.safety(0), Safety::Held);
    let held = world.keep();
    world.act(Act::Release, 0).expect("released");
    assert_eq!(world.safety(0), Safety::Optimized);
    let gone = world.keep();
    [known, safe, held, gone]
}
