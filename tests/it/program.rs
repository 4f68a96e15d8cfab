//! The built program as tests drive it: started on a home of its own, its output read, killed where asked, and a library
//! and store compared with what was there before by their bytes alone.

use crate::world::Dice;
use safelight::{
    media::{encode, proxy},
    model::{content::ContentId, pixels::Pixels},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    io::Read,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

/// A command that takes longer hangs. Never a measure of speed.
const HANG: Duration = Duration::from_secs(300);

/// The program on one home.
#[derive(Clone, Debug)]
pub struct Program {
    pub home: PathBuf,
    /// A program that runs it, as `setpriv` does, with its arguments.
    pub through: Vec<OsString>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// `None` where a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Ran {
    /// The JSON document it printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The same, after making sure of the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code, {self:#?}");
        self
    }

    /// The same, after making sure that standard error has these words.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(
            self.err.to_lowercase().contains(&words.to_lowercase()),
            "{words:?} on standard error, {self:#?}"
        );
        self
    }
}

impl Program {
    pub fn at(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
            through: Vec::new(),
        }
    }

    /// Runs to the end.
    pub fn run<A: AsRef<OsStr>>(&self, args: &[A]) -> Ran {
        let running = self.start(args);
        running.end()
    }

    /// Runs to the end and reads its JSON, whatever the exit code.
    pub fn json<A: AsRef<OsStr>>(&self, args: &[A]) -> Value {
        let mut all: Vec<OsString> = args.iter().map(|arg| arg.as_ref().to_owned()).collect();
        all.push("--json".into());
        self.run(&all).json()
    }

    /// Starts it.
    pub fn start<A: AsRef<OsStr>>(&self, args: &[A]) -> Running {
        // Another build may be put on trial: a release, or one with a fault in it that a test has to find.
        let program = std::env::var_os("SAFELIGHT_BINARY").unwrap_or(env!("CARGO_BIN_EXE_safelight").into());
        let mut command = match self.through.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(&program);
                command
            }
            None => Command::new(&program),
        };
        command.arg("--home").arg(&self.home).args(args);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
            .env_remove("SAFELIGHT_HOME")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        let started = Instant::now();
        let mut child = command.spawn().expect("the program starts");
        let out = reader(child.stdout.take().expect("its output"));
        let err = reader(child.stderr.take().expect("its errors"));
        Running {
            child,
            out,
            err,
            early: None,
            started,
        }
    }
}

/// A running program.
pub struct Running {
    child: Child,
    out: Receiver<Vec<u8>>,
    err: Receiver<Vec<u8>>,
    early: Option<Vec<u8>>,
    started: Instant,
}

/// Reads to the end, which comes when the program ends.
fn reader(mut from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = tell.send(bytes);
    });
    told
}

impl Running {
    /// Waits for its end.
    pub fn end(mut self) -> Ran {
        if self.ended_within(HANG) {
            return self.collect();
        }
        let _ = self.child.kill();
        let ran = self.collect();
        panic!("it hung for {HANG:?}: {ran:#?}");
    }

    /// SIGKILL after this long, where it has not ended by itself before.
    pub fn killed_after(mut self, moment: Duration) -> (Ran, bool) {
        let ended = self.ended_within(moment);
        if !ended {
            self.child.kill().expect("killed");
        }
        let ran = self.collect();
        // It may have ended between the look and the kill.
        let killed = ran.code.is_none();
        (ran, killed)
    }

    fn ended_within(&mut self, time: Duration) -> bool {
        match self.out.recv_timeout(time) {
            Ok(bytes) => {
                self.early = Some(bytes);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        }
    }

    fn collect(mut self) -> Ran {
        let out = match self.early.take() {
            Some(bytes) => bytes,
            None => self.out.recv_timeout(HANG).expect("its output ends"),
        };
        let err = self.err.recv_timeout(HANG).expect("its errors end");
        let status = self.child.wait().expect("its end");
        Ran {
            code: status.code(),
            out: String::from_utf8_lossy(&out).into_owned(),
            err: String::from_utf8_lossy(&err).into_owned(),
            took: self.started.elapsed(),
        }
    }
}

/// A temporary folder in this place, removed at the end.
pub fn folder_in(place: &Path) -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("safelight-it-")
        .tempdir_in(place)
        .expect("a temporary folder")
}

/// The temporary folder, and a second disk where this machine has one that can be written: a store there counts.
pub fn two_disks() -> Option<(PathBuf, PathBuf)> {
    let first = std::env::temp_dir();
    let second = PathBuf::from("/dev/shm");
    let other = device(&first)? != device(&second)?;
    let writable = tempfile::tempdir_in(&second).is_ok();
    (other && writable).then_some((first, second))
}

fn device(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|stat| stat.dev())
}

/// Every file below a folder by its relative path, our own folder `.safelight` left out.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = all_below(dir);
    found.retain(|path| !path.starts_with(".safelight"));
    found
}

/// Every file below a folder by its relative path; none where there is no such folder.
pub fn all_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(rel) = todo.pop() {
        let Ok(entries) = fs::read_dir(dir.join(&rel)) else {
            continue;
        };
        for entry in entries {
            let entry = entry.expect("an entry");
            let path = rel.join(entry.file_name());
            if entry.file_type().expect("its kind").is_dir() {
                todo.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Copies a tree, writable.
pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for rel in all_below(from) {
        let target = to.join(&rel);
        fs::create_dir_all(target.parent().expect("a parent")).expect("a folder");
        fs::write(&target, fs::read(from.join(&rel)).expect("a source")).expect("a copy");
    }
}

/// Content of every file of a tree, by its relative path.
pub fn contents(dir: &Path) -> BTreeMap<PathBuf, ContentId> {
    let of = |rel: PathBuf| {
        let content = content(&dir.join(&rel));
        (rel, content)
    };
    files_below(dir).into_iter().map(of).collect()
}

/// The SHA-256 of a file's bytes.
pub fn content(path: &Path) -> ContentId {
    ContentId::of(&fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The same by the system's `sha256sum`, where it is installed, so that our own hash is not its own judge.
pub fn sha256sums(dir: &Path, files: &[PathBuf]) -> Option<BTreeMap<PathBuf, String>> {
    let mut sums = BTreeMap::new();
    for chunk in files.chunks(200) {
        let out = Command::new("sha256sum")
            .arg("-z")
            .arg("--")
            .args(chunk)
            .current_dir(dir)
            .output()
            .ok()?;
        assert!(
            out.status.success(),
            "sha256sum: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        for line in String::from_utf8_lossy(&out.stdout).split_terminator('\0') {
            let (sum, name) = line.split_once("  ").expect("sum and name");
            sums.insert(PathBuf::from(name), sum.to_owned());
        }
    }
    Some(sums)
}

/// A picture of noise as a JPEG: large for its pixels, and no two are alike.
pub fn noise_jpeg(dice: &mut Dice, width: u32, height: u32) -> Vec<u8> {
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for _ in 0..width * height {
        let dot = dice.below(1 << 24);
        rgba.extend_from_slice(&[dot as u8, (dot >> 8) as u8, (dot >> 16) as u8, 255]);
    }
    encode::jpeg(&Pixels { width, height, rgba }, 95).expect("a JPEG")
}

/// What lies at a photo's own path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    Original,
    Proxy,
}

/// One original of a library: its bytes' name, its length and its size in pixels as a person sees it, where it is one.
#[derive(Clone, Debug)]
pub struct Known {
    pub content: ContentId,
    pub size: u64,
    pub pixels: Option<(u32, u32)>,
}

/// What has to be there whatever happens.
pub struct Truth {
    pub library: PathBuf,
    pub store: PathBuf,
    pub originals: BTreeMap<PathBuf, Known>,
}

/// Where everything stands, by its bytes.
#[derive(Clone, Debug, Default)]
pub struct Stands {
    pub shows: BTreeMap<PathBuf, Shows>,
    pub held: usize,
    pub in_store: usize,
    pub unfinished: usize,
}

impl Stands {
    pub fn proxies(&self) -> usize {
        self.shows.values().filter(|shows| **shows == Shows::Proxy).count()
    }
}

impl Shows {
    /// Looks at a user's path: the original or a whole proxy that names it (L3), or a sentence.
    fn at(path: &Path, known: &Known) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if ContentId::of(&bytes) == known.content {
            return Ok(Self::Original);
        }
        let wrong = |why: &str| Err(format!("{}: {why} ({} bytes)", path.display(), bytes.len()));
        let Some(marker) = proxy::proxy_marker(&bytes) else {
            return wrong("neither the original nor a proxy");
        };
        if marker.content != known.content || marker.size != known.size {
            return wrong("the proxy of another original");
        }
        let Some(pixels) = known.pixels else {
            return wrong("a proxy where none may be");
        };
        match proxy::check_proxy(&bytes, pixels, &marker) {
            Ok(()) => Ok(Self::Proxy),
            Err(why) => wrong(&why),
        }
    }
}

impl Truth {
    /// Takes the library as it is now as what it has to be.
    pub fn of(library: &Path, store: &Path) -> Self {
        let originals = files_below(library)
            .into_iter()
            .map(|rel| {
                let bytes = fs::read(library.join(&rel)).expect("an original");
                let facts = safelight::media::facts::of_bytes(&bytes, &safelight::media::limits::Limits::default());
                let known = Known {
                    content: ContentId::of(&bytes),
                    size: bytes.len() as u64,
                    pixels: facts.width.zip(facts.height),
                };
                (rel, known)
            })
            .collect();
        Self {
            library: library.to_owned(),
            store: store.to_owned(),
            originals,
        }
    }

    /// A whole sidecar of one of the originals, or what a kill left of writing one under a name that nothing refers to.
    fn is_sidecar(&self, rel: &Path, stands: &mut Stands) -> bool {
        let name = rel.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(".safelight-tmp-") {
            stands.unfinished += 1;
            return true;
        }
        let whole = || {
            let text = fs::read_to_string(self.library.join(rel)).unwrap_or_default();
            text.contains("<x:xmpmeta") && text.trim_end().ends_with("<?xpacket end=\"w\"?>")
        };
        rel.extension().is_some_and(|end| end == "xmp")
            && self.originals.contains_key(&rel.with_extension(""))
            && whole()
    }

    /// L1, L3 and the store's own promise, trusting no catalog: every sentence is a violation.
    pub fn look(&self) -> (Stands, Vec<String>) {
        let mut stands = Stands::default();
        let mut wrong = Vec::new();
        let stored = self.stored(&mut wrong);
        stands.in_store = stored.len();
        let inside = self.library.join(".safelight");
        let held: Vec<ContentId> = all_below(&inside.join("held"))
            .iter()
            .map(|rel| content(&inside.join("held").join(rel)))
            .collect();
        let is_original = |content: &ContentId| self.originals.values().any(|known| known.content == *content);
        stands.held = held.iter().filter(|content| is_original(content)).count();
        stands.unfinished = held.len() - stands.held + all_below(&inside.join("tmp")).len();
        for rel in files_below(&self.library) {
            if !self.originals.contains_key(&rel) && !self.is_sidecar(&rel, &mut stands) {
                let bytes = fs::read(self.library.join(&rel)).unwrap_or_default();
                let end = String::from_utf8_lossy(bytes.get(bytes.len().saturating_sub(60)..).unwrap_or_default());
                let (name, length) = (rel.display(), bytes.len());
                wrong.push(format!("{name}: a file that nobody made, {length} bytes to {end:?}"));
            }
        }
        for (rel, known) in &self.originals {
            match Shows::at(&self.library.join(rel), known) {
                Ok(shows) => {
                    stands.shows.insert(rel.clone(), shows);
                    if shows == Shows::Proxy && !held.contains(&known.content) && !stored.contains_key(&known.content) {
                        wrong.push(format!("{}: LOST, no full original anywhere", rel.display()));
                    }
                }
                Err(why) => {
                    wrong.push(why);
                    if !held.contains(&known.content) && !stored.contains_key(&known.content) {
                        wrong.push(format!("{}: LOST, no full original anywhere", rel.display()));
                    }
                }
            }
        }
        (stands, wrong)
    }

    /// The store's originals by their bytes; an object under a final name that does not hash to it is a violation.
    pub fn stored(&self, wrong: &mut Vec<String>) -> BTreeMap<ContentId, PathBuf> {
        let originals = self.store.join("originals");
        let mut stored = BTreeMap::new();
        for rel in all_below(&originals) {
            let content = content(&originals.join(&rel));
            let name = rel.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.contains(&format!("--{}", &content.hex()[..16])) {
                wrong.push(format!("store: {name} has other bytes, {content}"));
            }
            stored.insert(content, rel);
        }
        stored
    }

    /// L2: what the catalog calls safe, held or optimized has its right bytes in the store. Read before anything was
    /// recovered, beside nobody.
    pub fn claims(&self, program: &Program) -> (usize, Vec<String>) {
        let mut wrong = Vec::new();
        let stored = self.stored(&mut wrong);
        let ran = program.run(&["list", "--json"]);
        if ran.code != Some(0) {
            // No catalog yet is no claim.
            let none_yet = ran.code == Some(3) && ran.err.contains("There is no library here yet");
            if !none_yet {
                wrong.push(format!("list: {ran:?}"));
            }
            return (0, wrong);
        }
        let mut claimed = 0;
        for photo in ran.json()["photos"].as_array().expect("photos") {
            let path = PathBuf::from(photo["path"].as_str().expect("a path"));
            let safety = photo["safety"].as_str().expect("a word");
            if !["safe", "held", "optimized", "sent"].contains(&safety) {
                continue;
            }
            claimed += 1;
            let rel = path.strip_prefix(&self.library).expect("below the library");
            let known = self.originals.get(rel).expect("a photo that exists");
            if !stored.contains_key(&known.content) {
                wrong.push(format!(
                    "{}: called {safety}, and the store has no such bytes",
                    rel.display()
                ));
            }
        }
        (claimed, wrong)
    }
}
