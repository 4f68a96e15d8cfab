//! More promises of `remote::contract`: caches that show old things, lists, names, many at once, and bytes that some server
//! or proxy might think it may improve.

use super::{
    api::{ErrorKind, Info, Key},
    contract::{Bench, Check, Found, Outcome, noise, ok},
};
use crate::sys::task::{lock, spawn, spawn_scoped};
use std::{
    collections::BTreeSet,
    io::{self, Cursor, Write},
    ops::ControlFlow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// More than one page of any server's listing.
const MANY: usize = 1005;
/// How many of them are written or removed at once: far servers answer slowly, and nobody waits for minutes.
const AT_ONCE: usize = 8;

/// The probes of this file, in the order in which they run.
pub(super) const MORE: [(&str, Check); 21] = [
    ("Never shows an old version", never_stale),
    ("Forgets that a file was missing", forgets_absence),
    ("Lists what is there now, and no more", lists_now),
    ("Lists lengths right", lists_lengths),
    ("Lists nothing twice", lists_once),
    ("Lists a folder without its neighbours", lists_own),
    ("Says the same at every look", steady),
    ("Reads a large file in parts", in_parts),
    ("Passes on that reading was broken off", broken_off),
    ("Gives many readers the same bytes", many_readers),
    ("Takes many files at once", many_writers),
    ("Takes the same bytes under two names", twins),
    ("Leaves the neighbours of a replaced file alone", neighbours),
    ("Removes only what is asked", removes_one),
    ("Keeps line ends and zeros as they are", plain_bytes),
    ("Keeps a compressed file as it is", compressed),
    ("Keeps a web page as it is", web_page),
    ("Takes deep folders", deep),
    ("Takes long paths", long_paths),
    ("Takes names that other systems refuse", foreign_names),
    ("Says how much room there is", says_room),
];

/// Every object below a folder of the bench, as it was listed.
fn listed(bench: &Bench, folder: &str) -> Result<Vec<Info>, String> {
    let mut found = Vec::new();
    bench
        .remote
        .list(&format!("{}{folder}", bench.prefix), &bench.cx, &mut |info| {
            found.push(info);
            ControlFlow::Continue(())
        })
        .map_err(|error| format!("It could not be listed: {error}"))?;
    Ok(found)
}

fn never_stale(bench: &Bench) -> Found {
    let key = bench.key("stale/summary")?;
    for round in 0..12_u64 {
        let bytes = noise(100 + round, 200 + usize::try_from(round).unwrap_or(0) * 37);
        bench
            .remote
            .replace(&key, &bytes, &bench.cx)
            .map_err(|error| format!("It could not be replaced: {error}"))?;
        bench.must_be(&key, &bytes)?;
        match bench.remote.head(&key, &bench.cx) {
            Ok(Some(info)) if info.size == bytes.len() as u64 => {}
            other => return Err(format!("After {} bytes were written it says {other:?}.", bytes.len())),
        }
    }
    ok("Each of twelve versions was there at once.")
}

fn forgets_absence(bench: &Bench) -> Found {
    for round in 0..4 {
        let key = bench.key(&format!("absent/{round}"))?;
        bench.must_be_absent(&key)?;
        bench.must_put(&key, b"now it is")?;
        bench.must_be(&key, b"now it is")?;
        if !bench.list("absent/")?.contains(key.as_str()) {
            return Err("The listing does not know it yet.".to_owned());
        }
    }
    ok("What was missing a moment ago is there.")
}

fn lists_now(bench: &Bench) -> Found {
    let (one, two) = (bench.key("now/one")?, bench.key("now/two")?);
    bench.must_put(&one, b"1")?;
    bench.must_put(&two, b"2")?;
    if bench.list("now/")?.len() != 2 {
        return Err("Not both were listed.".to_owned());
    }
    match bench.remote.delete(&one, &bench.cx) {
        Ok(()) => {}
        Err(error) if matches!(error.kind, ErrorKind::Auth | ErrorKind::Unsupported) => {
            return Ok((
                Outcome::Note,
                "Removing is not allowed here; the rest is right.".to_owned(),
            ));
        }
        Err(error) => return Err(format!("It could not be removed: {error}")),
    }
    match bench.list("now/")? == BTreeSet::from([two.to_string()]) {
        true => ok("What came is listed, what went is not."),
        false => Err("A file that was removed is still listed.".to_owned()),
    }
}

fn lists_lengths(bench: &Bench) -> Found {
    for length in [0_usize, 1, 999, 70_000] {
        bench.must_put(&bench.key(&format!("lengths/{length}"))?, &noise(20, length))?;
    }
    for info in listed(bench, "lengths/")? {
        let name = info.key.as_str().rsplit('/').next().unwrap_or("");
        if name != info.size.to_string() {
            return Err(format!("A file of {name} bytes is listed with {}.", info.size));
        }
    }
    ok("They agree with what was written.")
}

fn lists_once(bench: &Bench) -> Found {
    for number in 0..40 {
        bench.must_put(&bench.key(&format!("once/{}/{number}", number % 3))?, b"x")?;
    }
    let found = listed(bench, "once/")?;
    let different: BTreeSet<&str> = found.iter().map(|info| info.key.as_str()).collect();
    match (found.len(), different.len()) {
        (40, 40) => ok("Each of forty files came once."),
        (all, different) => Err(format!("Of 40 files {all} were listed, {different} of them different.")),
    }
}

fn lists_own(bench: &Bench) -> Found {
    for name in ["own/ab/x", "own/abc/x", "own/ab.x", "own/ab/c/x"] {
        bench.must_put(&bench.key(name)?, b"x")?;
    }
    let wanted: BTreeSet<String> = ["own/ab/x", "own/ab/c/x"]
        .map(|name| format!("{}{name}", bench.prefix))
        .into();
    if bench.list("own/ab/")? != wanted {
        return Err("The listing of a folder shows others, or not all of it.".to_owned());
    }
    match bench.list("own/nothing/")?.is_empty() {
        true => ok("Only its own files, and those of its folders."),
        false => Err("A folder that is not there has files.".to_owned()),
    }
}

fn steady(bench: &Bench) -> Found {
    let key = bench.key("steady")?;
    bench.must_put(&key, &noise(21, 4321))?;
    let mut tags = BTreeSet::new();
    for _ in 0..10 {
        match bench.remote.head(&key, &bench.cx) {
            Ok(Some(info)) if info.size == 4321 => tags.insert(info.tag),
            Ok(other) => return Err(format!("It says {other:?} of a file of 4321 bytes.")),
            Err(error) => return Err(format!("It could not be asked for: {error}")),
        };
    }
    match tags.len() {
        1 => ok("Ten looks gave the same."),
        _ => Ok((
            Outcome::Note,
            "Its tags change by themselves; they are not relied on.".to_owned(),
        )),
    }
}

fn in_parts(bench: &Bench) -> Found {
    const PART: u64 = 300_000;
    let (key, bytes) = (bench.key("parts")?, noise(22, 1_500_001));
    bench.must_put(&key, &bytes)?;
    let mut joined = Vec::new();
    let mut at = 0;
    while at < bytes.len() as u64 {
        let part = bench
            .get(&key, Some(at..at + PART))
            .map_err(|error| format!("The part from {at} failed: {error}"))?;
        joined.extend(part);
        at += PART;
    }
    match joined == bytes {
        true => ok("The parts make the whole."),
        false => Err("The parts do not make the whole.".to_owned()),
    }
}

/// Takes a little, then no more.
struct Narrow(usize);

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len().min(self.0.max(1)))
            .ok_or_else(|| io::Error::other("a probe's reader stops here"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn broken_off(bench: &Bench) -> Found {
    let (key, bytes) = (bench.key("broken-off")?, noise(23, 700_000));
    bench.must_put(&key, &bytes)?;
    if bench.remote.get(&key, None, &mut Narrow(0), &bench.cx).is_ok() {
        return Err("Half a file was called a whole one.".to_owned());
    }
    bench.must_be(&key, &bytes)?;
    ok("It was said, and the next read was whole.")
}

fn many_readers(bench: &Bench) -> Found {
    let (key, bytes) = (bench.key("readers")?, noise(24, 200_000));
    bench.must_put(&key, &bytes)?;
    let mut readers = Vec::new();
    for _ in 0..8 {
        let (remote, key, cx) = (Arc::clone(&bench.remote), key.clone(), bench.cx.clone());
        let started = spawn("probe", move || {
            let mut found = Vec::new();
            remote.get(&key, None, &mut found, &cx).map(|_| found)
        });
        readers.push(started.map_err(|error| format!("No thread could be started: {error}"))?);
    }
    for reader in readers {
        match reader.join() {
            Ok(Ok(found)) if found == bytes => {}
            Ok(Ok(_)) => return Err("One of eight readers got other bytes.".to_owned()),
            Ok(Err(error)) => return Err(format!("One of eight readers failed: {error}")),
            Err(_) => return Err("A reader fell over.".to_owned()),
        }
    }
    ok("Eight readers got every byte.")
}

fn many_writers(bench: &Bench) -> Found {
    let mut writers = Vec::new();
    for number in 0..8_u64 {
        let key = bench.key(&format!("writers/{number}"))?;
        let (remote, cx) = (Arc::clone(&bench.remote), bench.cx.clone());
        let started = spawn("probe", move || {
            let bytes = noise(200 + number, 50_000);
            let sent = remote.put(&key, &mut Cursor::new(&bytes), bytes.len() as u64, &cx);
            (key, bytes, sent)
        });
        writers.push(started.map_err(|error| format!("No thread could be started: {error}"))?);
    }
    for writer in writers {
        let (key, bytes, sent) = writer.join().map_err(|_| "A writer fell over.".to_owned())?;
        sent.map_err(|error| format!("One of eight writers failed: {error}"))?;
        bench.must_be(&key, &bytes)?;
    }
    match bench.list("writers/")?.len() {
        8 => ok("Eight files at once are whole and listed."),
        count => Err(format!("Of eight files {count} are listed.")),
    }
}

fn twins(bench: &Bench) -> Found {
    let (one, two, bytes) = (bench.key("twins/one")?, bench.key("twins/two")?, noise(25, 30_000));
    bench.must_put(&one, &bytes)?;
    bench.must_put(&two, &bytes)?;
    if let Err(error) = bench.remote.delete(&one, &bench.cx)
        && !matches!(error.kind, ErrorKind::Auth | ErrorKind::Unsupported)
    {
        return Err(format!("One of them could not be removed: {error}"));
    }
    bench.must_be(&two, &bytes)?;
    ok("They are two files: one stays when the other goes.")
}

fn neighbours(bench: &Bench) -> Found {
    let (one, two) = (bench.key("beside/one")?, bench.key("beside/two")?);
    bench.must_put(&one, b"the first")?;
    bench.must_put(&two, b"the second")?;
    let derived = bench.key("beside/one.sums")?;
    for text in [&b"a"[..], b"bb", b""] {
        bench
            .remote
            .replace(&derived, text, &bench.cx)
            .map_err(|error| format!("It could not be replaced: {error}"))?;
    }
    bench.must_be(&one, b"the first")?;
    bench.must_be(&two, b"the second")?;
    ok("They are as they were.")
}

fn removes_one(bench: &Bench) -> Found {
    let names = ["gone/a", "gone/ab", "gone/a.b", "gone/a b"];
    for name in names {
        bench.must_put(&bench.key(name)?, name.as_bytes())?;
    }
    match bench.remote.delete(&bench.key("gone/a")?, &bench.cx) {
        Ok(()) => {}
        Err(error) if matches!(error.kind, ErrorKind::Auth | ErrorKind::Unsupported) => {
            return Ok((Outcome::Note, "Removing is not allowed here; that is fine.".to_owned()));
        }
        Err(error) => return Err(format!("It could not be removed: {error}")),
    }
    for name in names.into_iter().skip(1) {
        bench.must_be(&bench.key(name)?, name.as_bytes())?;
    }
    ok("The others are there.")
}

fn plain_bytes(bench: &Bench) -> Found {
    let bodies: [&[u8]; 4] = [
        b"\xef\xbb\xbfone\r\ntwo\nthree\r",
        b"\0\0\0\0",
        b"\x1a\x04 end of file? no\r\n",
        b" \n\n\n",
    ];
    for (number, bytes) in bodies.into_iter().enumerate() {
        let key = bench.key(&format!("text/{number}.txt"))?;
        bench.must_put(&key, bytes)?;
        bench.must_be(&key, bytes)?;
    }
    ok("Every byte came back.")
}

/// Begins as a gzip file does; some servers unpack such a thing on its way.
fn compressed(bench: &Bench) -> Found {
    let mut bytes = vec![
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0,
    ];
    bytes.extend(noise(26, 400));
    for name in ["packed/a.gz", "packed/a.json.gz", "packed/a.svgz"] {
        let key = bench.key(name)?;
        bench.must_put(&key, &bytes)?;
        bench.must_be(&key, &bytes)?;
    }
    ok("Nothing was unpacked.")
}

fn web_page(bench: &Bench) -> Found {
    let page = b"<!doctype html><html><head><title>Not found</title></head><body>404</body></html>";
    for name in [
        "page/index.html",
        "page/404.html",
        "page/script.php",
        "page/.htaccess-like",
    ] {
        let key = bench.key(name)?;
        bench.must_put(&key, page)?;
        bench.must_be(&key, page)?;
    }
    if !bench.list("page/")?.contains(bench.key("page/index.html")?.as_str()) {
        return Err("The listing hides an index page.".to_owned());
    }
    ok("Nothing was run, added or hidden.")
}

fn deep(bench: &Bench) -> Found {
    let name: String = (0..24).map(|level| format!("d{level}/")).collect::<String>() + "photo.jpg";
    let key = bench.key(&name)?;
    bench.must_put(&key, b"deep")?;
    bench.must_be(&key, b"deep")?;
    match bench.list("d0/d1/d2/")?.contains(key.as_str()) {
        true => ok("Twenty-four folders in each other are fine."),
        false => Err("The listing does not reach so deep.".to_owned()),
    }
}

fn long_paths(bench: &Bench) -> Found {
    let name = format!(
        "{}photo.jpg",
        "a-folder-with-a-rather-long-name-of-fifty-letters/".repeat(16)
    );
    let key = bench.key(&name)?;
    match bench.put(&key, b"long") {
        Ok(_) => {
            bench.must_be(&key, b"long")?;
            ok("A path of more than 800 letters is fine.")
        }
        Err(error) => Ok((
            Outcome::Note,
            format!("Paths of 800 letters are refused; those of a store are shorter. {error}"),
        )),
    }
}

fn foreign_names(bench: &Bench) -> Found {
    let names = [
        "odd2/a:b?.jpg",
        "odd2/CON.jpg",
        "odd2/a<b>|\"c\"*.jpg",
        "odd2/ends with a blank ",
        "odd2/ends with a dot.",
        "odd2/~tilde",
    ];
    let mut refused = Vec::new();
    for name in names {
        let key = bench.key(name)?;
        match bench.put(&key, name.as_bytes()) {
            Ok(_) => bench.must_be(&key, name.as_bytes())?,
            Err(_) => refused.push(name.trim_start_matches("odd2/")),
        }
    }
    match refused.is_empty() {
        true => ok("They were taken."),
        false => Ok((
            Outcome::Note,
            format!(
                "These were refused; photos of such names are kept under others: {}",
                refused.join(", ")
            ),
        )),
    }
}

fn says_room(bench: &Bench) -> Found {
    match bench.remote.quota(&bench.cx) {
        Ok(Some(quota)) if quota.free <= quota.total => ok("It does."),
        Ok(Some(_)) => Ok((
            Outcome::Note,
            "It says more than its own size is free; that is not relied on.".to_owned(),
        )),
        Ok(None) => Ok((
            Outcome::Note,
            "It does not. Say yourself how much you have, and you are told before it is full.".to_owned(),
        )),
        Err(error) => Ok((Outcome::Note, format!("It could not be asked: {error}"))),
    }
}

pub(super) fn many(bench: &Bench) -> Found {
    let keys: Result<Vec<Key>, String> = (0..MANY)
        .map(|number| bench.key(&format!("many/{number:05}")))
        .collect();
    let keys = keys?;
    let put: BTreeSet<String> = keys.iter().map(ToString::to_string).collect();
    let stop = AtomicBool::new(false);
    let failed = at_once(&keys, |key| {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let sent = bench.put(key, b"x");
        stop.fetch_or(sent.is_err(), Ordering::Relaxed);
        sent.err()
    });
    if let Some(error) = failed.first() {
        return Err(format!("It could not be written: {error}"));
    }
    let found = bench.list("many/")?;
    if found != put {
        return Err(format!(
            "Of {MANY} files the listing shows {}.",
            found.intersection(&put).count()
        ));
    }
    let mut seen = 0_usize;
    let stopped = bench
        .remote
        .list(&format!("{}many/", bench.prefix), &bench.cx, &mut |_| {
            seen = seen.saturating_add(1);
            if seen == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
    if stopped.is_err() || seen != 3 {
        return Err("The listing does not stop when asked.".to_owned());
    }
    ok("All of them were listed.")
}

/// Does this with every key, some at a time; gives what came of it where that is something.
pub(super) fn at_once<T: Send>(keys: &[Key], work: impl Fn(&Key) -> Option<T> + Sync) -> Vec<T> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let some = || {
        while let Some(key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(one) = work(key) {
                lock(&found).push(one);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..AT_ONCE {
            spawn_scoped(scope, "probe", some);
        }
        some();
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}
