//! What every remote must promise, as probes that can be run: by our tests over every remote, and by a person as "Test
//! this store". Each probe has a name and says in a sentence what it found. Everything is written below one folder of a
//! random name, and removed at the end.

use super::{
    api::{CHUNK, Description, Error, ErrorKind, Info, Key, Remote, Result, check_cancel},
    probes::{MORE, at_once, many},
};
use crate::sys::{
    clock::random_hex,
    task::{Cancel, Cx, spawn},
};
use std::{
    collections::BTreeSet,
    io::{self, Cursor, Read, Seek, SeekFrom},
    ops::{ControlFlow, Range},
    sync::{Arc, PoisonError, RwLock},
};

/// How many writers race for one key.
const RACERS: u8 = 8;
/// Just more than the smallest part of a multipart upload.
const BIG: usize = 5 * 1024 * 1024 + 1;

/// How the folder of the probes is called; 16 random hex digits follow.
pub(super) const PROBES_IN: &str = "safelight-probe-";

/// Whether this key is the folder of some probes, in which nobody else writes.
pub(super) fn is_probe_folder(key: &Key) -> bool {
    let digits = key.as_str().strip_prefix(PROBES_IN);
    digits.is_some_and(|hex| hex.len() == 16 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What came of a probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The promise is kept.
    Ok,
    /// Good to know; a store works all the same.
    Note,
    /// The promise is broken: a store here would not be safe.
    Failed,
}

/// One promise and what was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// The promise.
    pub name: &'static str,
    /// Whether it is kept.
    pub outcome: Outcome,
    /// What was found, for people.
    pub sentence: String,
}

/// Every probe's result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// What was tested.
    pub place: Description,
    /// The probes in the order they ran.
    pub probes: Vec<Probe>,
    /// What could not be removed again.
    pub left: Vec<String>,
}

impl Report {
    /// No probe failed. Leftovers are no failure: a place may forbid deleting.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.failed().next().is_none()
    }

    /// The probes that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Probe> {
        self.probes.iter().filter(|probe| probe.outcome == Outcome::Failed)
    }
}

/// What a probe found; an error breaks the promise.
pub(super) type Found = std::result::Result<(Outcome, String), String>;
/// One probe.
pub(super) type Check = fn(&Bench) -> Found;

const PROBES: [(&str, Check); 19] = [
    ("Reads back what was written", round_trip),
    ("Takes an empty file", |bench| sized(bench, 0)),
    ("Takes a file of one byte", |bench| sized(bench, 1)),
    ("Takes a file of 5 MiB and one byte", |bench| sized(bench, BIG)),
    ("Never writes over a file", create_only),
    ("Shows at once what was written", read_your_write),
    ("Tells the right length", head_equals_get),
    ("Reads a part of a file", ranges),
    ("Says that an unknown file is not there", unknown),
    ("Keeps nothing of a file that ends early", truncated),
    ("Keeps nothing of a file that cannot be read", unreadable),
    ("Keeps nothing when stopped", cancelled),
    ("Lets one of many writers win", race),
    ("Replaces a derived file as a whole", replaces),
    ("Takes names of 255 bytes", long_names),
    ("Takes unusual characters in names", odd_names),
    ("Keeps accents and case in names", spellings),
    ("Lists more than 1000 files", many),
    ("Removes a file", removes),
];

/// Runs every probe. With `many` false the slow listing of 1005 files is left out.
///
/// # Errors
/// Only where it could not begin, was cancelled, or the place let nobody in or went away: a wrong key or a full disk is no
/// broken promise, and says nothing of those that were not tried. What a probe finds is in the report. What was written
/// is removed in any case, as far as the place lets us.
pub fn run(remote: &Arc<dyn Remote>, with_many: bool, cx: &Cx) -> Result<Report> {
    run_and_tell(remote, with_many, cx, &mut |_| {})
}

/// The same; each probe is told as soon as it has run.
///
/// # Errors
/// As [`run`].
pub fn run_and_tell(
    remote: &Arc<dyn Remote>,
    with_many: bool,
    cx: &Cx,
    each: &mut dyn FnMut(&Probe),
) -> Result<Report> {
    let name = random_hex(8)
        .map_err(|error| Error::caused(ErrorKind::Temporary, "The system has no randomness to give.", error))?;
    let bench = Bench {
        remote: Arc::clone(remote),
        prefix: format!("{PROBES_IN}{name}/"),
        cx: cx.clone(),
    };
    let mut probes = Vec::new();
    cx.progress.start((PROBES.len() + MORE.len()) as u64, 0);
    let mut stopped = knock(&bench, 0, 1);
    // Removing comes last: what it needs to be true was looked at by then.
    let (last, first) = PROBES
        .split_last()
        .map_or((None, &PROBES[..]), |(last, first)| (Some(last), first));
    for (name, check) in first.iter().chain(&MORE).chain(last).copied() {
        stopped = stopped.and_then(|()| check_cancel(cx));
        if stopped.is_err() {
            break;
        }
        if !with_many && name.contains("1000") {
            continue;
        }
        cx.progress.label(name);
        let (outcome, sentence) = match check(&bench) {
            Ok(found) => found,
            Err(sentence) => (Outcome::Failed, sentence),
        };
        if outcome == Outcome::Failed {
            // As large as the largest of the probes: what is nearly full takes a small one.
            stopped = knock(&bench, probes.len() + 1, BIG);
            if stopped.is_err() {
                break;
            }
        }
        let probe = Probe {
            name,
            outcome,
            sentence,
        };
        each(&probe);
        probes.push(probe);
        cx.progress.add(1);
    }
    let left = bench.clean_up();
    stopped?;
    probes.push(habits(remote, cx));
    Ok(Report {
        place: remote.describe(),
        probes,
        left,
    })
}

/// Whether the place takes a file of so many bytes just now.
fn knock(bench: &Bench, number: usize, size: usize) -> Result<()> {
    let key = Key::new(format!("{}at-all/{number}", bench.prefix))?;
    let put = bench.put(&key, &noise(30, size));
    // What is left is removed with all the others; this makes room for the next.
    if put.is_ok()
        && let Err(error) = bench.remote.delete(&key, &bench.cx)
    {
        tracing::debug!("a try stays: {error}");
    }
    match put {
        // Something that it does wrongly is for the probes to say.
        Ok(_) => Ok(()),
        Err(error)
            if matches!(
                error.kind,
                ErrorKind::Permanent | ErrorKind::Corrupt | ErrorKind::Exists
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// What the place does not honour by itself, and what is done about it.
fn habits(remote: &Arc<dyn Remote>, cx: &Cx) -> Probe {
    let (outcome, sentence) = match remote.notes(cx) {
        Ok(notes) if notes.is_empty() => (Outcome::Ok, "Nothing had to be worked around.".to_owned()),
        Ok(notes) => (Outcome::Note, notes.join(" ")),
        Err(error) => (Outcome::Failed, error.to_string()),
    };
    Probe {
        name: "Does its part by itself",
        outcome,
        sentence,
    }
}

/// What a probe works with.
pub(super) struct Bench {
    pub(super) remote: Arc<dyn Remote>,
    pub(super) prefix: String,
    pub(super) cx: Cx,
}

/// How many probes there are.
#[must_use]
pub fn count() -> usize {
    PROBES.len() + MORE.len()
}

impl Bench {
    pub(super) fn key(&self, name: &str) -> std::result::Result<Key, String> {
        Key::new(format!("{}{name}", self.prefix)).map_err(|error| error.what)
    }

    pub(super) fn put(&self, key: &Key, bytes: &[u8]) -> Result<Info> {
        let body = &mut Cursor::new(bytes);
        self.remote.put(key, body, bytes.len() as u64, &self.cx)
    }

    /// Puts what must be possible to put.
    pub(super) fn must_put(&self, key: &Key, bytes: &[u8]) -> std::result::Result<Info, String> {
        self.put(key, bytes)
            .map_err(|error| format!("It could not be written: {error}"))
    }

    pub(super) fn get(&self, key: &Key, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.remote.get(key, range, &mut bytes, &self.cx)?;
        Ok(bytes)
    }

    pub(super) fn must_be(&self, key: &Key, bytes: &[u8]) -> std::result::Result<(), String> {
        match self.get(key, None) {
            Ok(found) if found == bytes => Ok(()),
            Ok(found) => Err(format!(
                "Other bytes came back: {} instead of {}, or the same number and different ones.",
                found.len(),
                bytes.len()
            )),
            Err(error) => Err(format!("It could not be read back: {error}")),
        }
    }

    pub(super) fn list(&self, folder: &str) -> std::result::Result<BTreeSet<String>, String> {
        let mut found = BTreeSet::new();
        let prefix = format!("{}{folder}", self.prefix);
        self.remote
            .list(&prefix, &self.cx, &mut |info| {
                found.insert(info.key.as_str().to_owned());
                ControlFlow::Continue(())
            })
            .map_err(|error| format!("It could not be listed: {error}"))?;
        Ok(found)
    }

    /// Nothing has this key, by every way to ask.
    pub(super) fn must_be_absent(&self, key: &Key) -> std::result::Result<(), String> {
        match self.remote.head(key, &self.cx) {
            Ok(None) => {}
            Ok(Some(info)) => return Err(format!("A file of {} bytes is there.", info.size)),
            Err(error) => return Err(format!("It could not be asked for: {error}")),
        }
        match self.get(key, None) {
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Ok(bytes) => return Err(format!("{} bytes came back.", bytes.len())),
            Err(error) => return Err(format!("Reading it fails in another way than being absent: {error}")),
        }
        if self.list("")?.contains(key.as_str()) {
            return Err("The listing shows it.".to_owned());
        }
        Ok(())
    }

    /// Removes everything; what stays is told. Not stopped by cancelling.
    fn clean_up(&self) -> Vec<String> {
        let cx = Cx::new();
        let mut keys = Vec::new();
        let listed = self.remote.list(&self.prefix, &cx, &mut |info| {
            keys.push(info.key);
            ControlFlow::Continue(())
        });
        let mut left = at_once(&keys, |key| match self.remote.delete(key, &cx) {
            Err(error) if error.kind != ErrorKind::NotFound => Some(key.to_string()),
            _ => None,
        });
        if listed.is_err() {
            left.push(self.prefix.clone());
        }
        // Places that know folders may remove this one, now that it holds nothing; to others it is an unknown key.
        if left.is_empty()
            && let Ok(folder) = Key::new(self.prefix.trim_end_matches('/'))
            && let Err(error) = self.remote.delete(&folder, &cx)
        {
            tracing::debug!("the folder of the probes stays: {error}");
        }
        left
    }
}

pub(super) fn ok(sentence: &str) -> Found {
    Ok((Outcome::Ok, sentence.to_owned()))
}

/// Bytes that no place has seen before, the same for the same seed.
pub(super) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length.saturating_add(8));
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn round_trip(bench: &Bench) -> Found {
    let (key, bytes) = (bench.key("a/b/c/d/photo.jpg")?, noise(1, 70_000));
    bench.must_put(&key, &bytes)?;
    bench.must_be(&key, &bytes)?;
    ok("Every byte came back.")
}

fn sized(bench: &Bench, length: usize) -> Found {
    let (key, bytes) = (bench.key(&format!("sized/{length}"))?, noise(length as u64, length));
    let info = bench.must_put(&key, &bytes)?;
    if info.size != length as u64 {
        return Err(format!("It says that {} bytes were written.", info.size));
    }
    bench.must_be(&key, &bytes)?;
    ok("Every byte came back.")
}

fn create_only(bench: &Bench) -> Found {
    let key = bench.key("create-only")?;
    let (first, second, shorter) = (noise(2, 5000), noise(3, 5000), noise(4, 10));
    bench.must_put(&key, &first)?;
    for again in [&second, &shorter, &first] {
        match bench.put(&key, again) {
            Err(error) if error.kind == ErrorKind::Exists => {}
            Ok(_) => return Err("A second file of the same name was taken.".to_owned()),
            Err(error) => return Err(format!("A second file of the same name failed in another way: {error}")),
        }
        bench.must_be(&key, &first)?;
    }
    ok("The second was refused, the first is unchanged.")
}

fn read_your_write(bench: &Bench) -> Found {
    let key = bench.key("fresh/file")?;
    bench.must_be_absent(&key)?;
    bench.must_put(&key, b"fresh")?;
    match bench.remote.head(&key, &bench.cx) {
        Ok(Some(_)) => {}
        Ok(None) => return Err("It is not there right after it was written.".to_owned()),
        Err(error) => return Err(format!("It could not be asked for: {error}")),
    }
    bench.must_be(&key, b"fresh")?;
    if bench.list("fresh/")? != BTreeSet::from([key.to_string()]) {
        return Err("The listing does not show it right after it was written.".to_owned());
    }
    let other = bench.key("fresher/file")?;
    bench.must_put(&other, b"x")?;
    if bench.list("fresh/")?.contains(other.as_str()) {
        return Err("The listing of one folder shows another.".to_owned());
    }
    ok("It is there, and listed in its own folder only.")
}

fn head_equals_get(bench: &Bench) -> Found {
    for length in [0, 1, 65_537] {
        let (key, bytes) = (bench.key(&format!("head/{length}"))?, noise(5, length));
        bench.must_put(&key, &bytes)?;
        let failed = |error: Error| format!("It could not be asked for: {error}");
        let head = bench.remote.head(&key, &bench.cx).map_err(failed)?;
        let got = bench
            .remote
            .get(&key, None, &mut io::sink(), &bench.cx)
            .map_err(failed)?;
        if head.as_ref() != Some(&got) || got.size != length as u64 || got.key != key {
            return Err(format!(
                "Of a file of {length} bytes, it says {head:?} and then {got:?}."
            ));
        }
    }
    ok("The length is right before and while reading.")
}

fn ranges(bench: &Bench) -> Found {
    let (key, bytes) = (bench.key("ranges")?, noise(6, CHUNK + 1000));
    bench.must_put(&key, &bytes)?;
    let length = bytes.len();
    for range in [
        0..1,
        0..length,
        7..4096,
        length - 1..length,
        CHUNK - 3..CHUNK + 3,
        10..length + 500,
        5..5,
    ] {
        let asked = range.start as u64..range.end as u64;
        let expected = bytes.get(range.start..range.end.min(length)).unwrap_or_default();
        match bench.get(&key, Some(asked.clone())) {
            Ok(found) if found == expected => {}
            Ok(found) => {
                return Err(format!(
                    "For bytes {} to {}, {} bytes came, or others.",
                    asked.start,
                    asked.end,
                    found.len()
                ));
            }
            Err(error) => return Err(format!("Bytes {} to {} failed: {error}", asked.start, asked.end)),
        }
    }
    let behind = length as u64 + 1;
    if bench.get(&key, Some(behind..behind + 1)).is_ok() {
        return Err("Bytes behind the end were given.".to_owned());
    }
    ok("The right bytes came.")
}

fn unknown(bench: &Bench) -> Found {
    bench.must_be_absent(&bench.key("no/such/file")?)?;
    match bench.remote.delete(&bench.key("no/such/file")?, &bench.cx) {
        Err(error) if error.kind == ErrorKind::NotFound => {}
        other => return Err(format!("Removing it gives {other:?}.")),
    }
    if !bench.list("no/")?.is_empty() {
        return Err("The listing shows something in a folder that is not there.".to_owned());
    }
    ok("It says so, by every way to ask.")
}

fn truncated(bench: &Bench) -> Found {
    let bytes = noise(7, CHUNK + 500);
    for (name, promised) in [("short", bytes.len() + 1), ("long", bytes.len() - 1), ("empty", 1)] {
        let key = bench.key(&format!("cut/{name}"))?;
        let given = if name == "empty" { &[] } else { bytes.as_slice() };
        let sent = bench
            .remote
            .put(&key, &mut Cursor::new(given), promised as u64, &bench.cx);
        if sent.is_ok() {
            return Err("A file of another length than promised was taken.".to_owned());
        }
        bench.must_be_absent(&key)?;
        // The name is not burnt either.
        bench.must_put(&key, b"whole")?;
        bench.must_be(&key, b"whole")?;
    }
    ok("Nothing was kept.")
}

/// A body that fails, or asks to stop, after its first piece.
struct Trouble {
    left: usize,
    cancel: Option<Cancel>,
}

impl Read for Trouble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            match &self.cancel {
                Some(cancel) => cancel.cancel(),
                None => return Err(io::Error::other("a probe's body fails here")),
            }
        }
        let got = if self.left == 0 {
            buffer.len()
        } else {
            buffer.len().min(self.left)
        };
        self.left = self.left.saturating_sub(got);
        buffer.fill(7);
        Ok(got)
    }
}

impl Seek for Trouble {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

fn unreadable(bench: &Bench) -> Found {
    let key = bench.key("unreadable")?;
    let mut body = Trouble {
        left: CHUNK,
        cancel: None,
    };
    if bench.remote.put(&key, &mut body, 8 * CHUNK as u64, &bench.cx).is_ok() {
        return Err("It was taken all the same.".to_owned());
    }
    bench.must_be_absent(&key)?;
    ok("Nothing was kept.")
}

fn cancelled(bench: &Bench) -> Found {
    let key = bench.key("cancelled")?;
    let cx = Cx::new();
    let mut body = Trouble {
        left: CHUNK,
        cancel: Some(cx.cancel.clone()),
    };
    match bench.remote.put(&key, &mut body, 64 * CHUNK as u64, &cx) {
        Err(error) if error.kind == ErrorKind::Cancelled => {}
        other => return Err(format!("Stopping gives {other:?}.")),
    }
    bench.must_be_absent(&key)?;
    bench.must_put(&key, b"later")?;
    match bench.remote.get(&key, None, &mut io::sink(), &cx) {
        Err(error) if error.kind == ErrorKind::Cancelled => {}
        other => return Err(format!("Stopping a read gives {other:?}.")),
    }
    ok("Nothing was kept.")
}

fn race(bench: &Bench) -> Found {
    for round in 0..3_u64 {
        let key = bench.key(&format!("race/{round}"))?;
        let gate = Arc::new(RwLock::new(()));
        // Closed until every racer stands before it.
        let closed = gate.write().unwrap_or_else(PoisonError::into_inner);
        let mut racers = Vec::new();
        for racer in 0..RACERS {
            let (remote, key, gate) = (Arc::clone(&bench.remote), key.clone(), Arc::clone(&gate));
            let started = spawn("probe", move || {
                let bytes = vec![racer; 10_000];
                drop(gate.read());
                let sent = remote.put(&key, &mut Cursor::new(&bytes), bytes.len() as u64, &Cx::new());
                (bytes, sent)
            });
            racers.push(started.map_err(|error| format!("No thread could be started: {error}")));
        }
        drop(closed);
        let mut winners = Vec::new();
        for racer in racers {
            let (bytes, sent) = racer?.join().map_err(|_| "A writer fell over.".to_owned())?;
            match sent {
                Ok(_) => winners.push(bytes),
                Err(error) if error.kind == ErrorKind::Exists => {}
                Err(error) => return Err(format!("A writer failed in another way than losing: {error}")),
            }
        }
        match winners.as_slice() {
            [winner] => bench.must_be(&key, winner)?,
            _ => {
                return Err(format!(
                    "{} of {RACERS} writers of one name were told that they won.",
                    winners.len()
                ));
            }
        }
    }
    ok("One won, the others were told.")
}

fn replaces(bench: &Bench) -> Found {
    let key = bench.key("derived/SHA256SUMS")?;
    for bytes in [noise(8, 3000), noise(9, 20), Vec::new(), noise(10, 9000)] {
        bench
            .remote
            .replace(&key, &bytes, &bench.cx)
            .map_err(|error| format!("It could not be replaced: {error}"))?;
        bench.must_be(&key, &bytes)?;
    }
    if bench.list("derived/")?.len() != 1 {
        return Err("Something else was left beside it.".to_owned());
    }
    ok("Each time the new one was there, and nothing else.")
}

fn long_names(bench: &Bench) -> Found {
    let ascii = format!("long/{}.jpg", "n".repeat(251));
    let accents = format!("long/{}a.jpg", "é".repeat(125));
    for name in [ascii, accents] {
        let key = bench.key(&name)?;
        bench.must_put(&key, b"long")?;
        bench.must_be(&key, b"long")?;
        if !bench.list("long/")?.contains(key.as_str()) {
            return Err("The listing shows another name.".to_owned());
        }
    }
    ok("They were taken and listed.")
}

fn odd_names(bench: &Bench) -> Found {
    let names = [
        "odd/two  blanks and 'quotes'.jpg",
        "odd/100% #1 + &=;,@!()[]{}.jpg",
        "odd/a%2Fb%20c.jpg",
        "odd/日本 Ж 🌄.jpg",
    ];
    let mut refused = Vec::new();
    for name in names {
        let key = bench.key(name)?;
        match bench.put(&key, name.as_bytes()) {
            Ok(_) => {
                bench.must_be(&key, name.as_bytes())?;
                if !bench.list("odd/")?.contains(key.as_str()) {
                    return Err(format!("The listing shows another name for {name}."));
                }
            }
            Err(error) => refused.push(format!("{name} ({error})")),
        }
    }
    match refused.is_empty() {
        true => ok("They were taken and listed."),
        false => Err(format!("These were refused: {}.", refused.join(", "))),
    }
}

/// Two spellings of one name are two files, or the place says `Exists`; it must never mix up their bytes.
fn spellings(bench: &Bench) -> Found {
    let mut notes = Vec::new();
    for (what, one, other) in [
        (
            "composed and decomposed accents",
            "spell/\u{e9}.jpg",
            "spell/e\u{301}.jpg",
        ),
        ("upper and lower case", "spell/IMG.JPG", "spell/img.jpg"),
    ] {
        let (first, second) = (bench.key(one)?, bench.key(other)?);
        bench.must_put(&first, b"the first")?;
        match bench.put(&second, b"and the second") {
            Ok(_) => {
                bench.must_be(&first, b"the first")?;
                bench.must_be(&second, b"and the second")?;
            }
            Err(error) if error.kind == ErrorKind::Exists => {
                bench.must_be(&first, b"the first")?;
                notes.push(format!("It takes {what} for the same name."));
            }
            Err(error) => return Err(format!("Names with {what} failed: {error}")),
        }
        if !bench.list("spell/")?.contains(first.as_str()) {
            notes.push(format!("It lists a name with {what} in another spelling."));
        }
    }
    match notes.is_empty() {
        true => ok("Different spellings are different files."),
        false => Ok((Outcome::Note, notes.join(" "))),
    }
}

fn removes(bench: &Bench) -> Found {
    let key = bench.key("removed/file")?;
    bench.must_put(&key, b"x")?;
    match bench.remote.delete(&key, &bench.cx) {
        Ok(()) => {
            bench.must_be_absent(&key)?;
            ok("It is gone.")
        }
        // Keys without the right to delete are a good choice for a store.
        Err(error) if matches!(error.kind, ErrorKind::Auth | ErrorKind::Unsupported) => {
            Ok((Outcome::Note, "Removing is not allowed here; that is fine.".to_owned()))
        }
        Err(error) => Err(format!("It could not be removed: {error}")),
    }
}
