//! An rclone remote as a remote: how each promise is kept by rclone's remote control.

use super::{
    daemon::{Daemon, Running, words_of},
    listing::{self, Item},
    say,
    spool::Spool,
};
use crate::{
    remote::{
        access::Access,
        api::{CHUNK, Description, Error, ErrorKind, Info, Key, Quota, Remote, Result, Source, check_cancel},
        contract::is_probe_folder,
        encode::encode,
        turns::Turns,
    },
    sys::{
        fs::Fs,
        task::{Cx, pause},
    },
};
use serde_json::{Value, json};
use std::{
    io::{Cursor, Write},
    ops::{ControlFlow, Range},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How soon a transfer is asked after for the first time, and how seldom at last.
const POLL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));
/// How many remotes may lie on top of each other (an alias of a crypt of a chunker).
const MAX_LAYERS: usize = 8;

/// A folder of an rclone remote.
pub struct Rclone {
    daemon: Arc<Daemon>,
    /// What rclone calls it: `drive:photos`.
    name: String,
    spool: Spool,
    turns: Turns,
    /// The folder itself must be there for anything in it to be absent; object storage knows no empty folders.
    has_folders: bool,
    /// rclone compares checksums after sending.
    has_hashes: bool,
    /// The device it lies on, where it is this computer's.
    device: Option<u64>,
}

impl Rclone {
    /// The place of `rclone:remote:path`, which must exist. Starts rclone where it does not run yet.
    ///
    /// # Errors
    /// `Unsupported` where rclone is missing or too old, with how to get it; what rclone says of the remote.
    pub fn open(url: &str, access: &Access, fs: Arc<dyn Fs>, daemon: Arc<Daemon>, cx: &Cx) -> Result<Self> {
        Self::connect(url, access, fs, daemon, false, cx)
    }

    /// The same, making the folder where it is missing: for a new store.
    ///
    /// # Errors
    /// As `open`.
    pub fn create(url: &str, access: &Access, fs: Arc<dyn Fs>, daemon: Arc<Daemon>, cx: &Cx) -> Result<Self> {
        Self::connect(url, access, fs, daemon, true, cx)
    }

    fn connect(url: &str, access: &Access, fs: Arc<dyn Fs>, daemon: Arc<Daemon>, new: bool, cx: &Cx) -> Result<Self> {
        let name = name_of(url)?;
        let running = daemon.running(cx)?;
        let rate = access
            .bandwidth
            .map_or_else(|| "off".to_owned(), |bytes| format!("{bytes}B"));
        running.call("core/bwlimit", &json!({ "rate": rate }), &name, cx)?;
        let facts = running.call("operations/fsinfo", &json!({ "fs": name }), &name, cx)?;
        let feature = |facts: &Value, name: &str| facts.pointer(&format!("/Features/{name}")).and_then(Value::as_bool);
        let device = match local_root(&running, &name, &facts, cx)? {
            Some(root) => Some(device_of(&root, fs.as_ref())?),
            None => None,
        };
        let rclone = Self {
            has_folders: feature(&facts, "CanHaveEmptyDirectories").unwrap_or(true),
            has_hashes: facts
                .get("Hashes")
                .and_then(Value::as_array)
                .is_some_and(|hashes| !hashes.is_empty()),
            daemon,
            name,
            spool: Spool::open(fs),
            turns: Turns::default(),
            device,
        };
        match rclone.present(cx) {
            Err(error) if new && error.kind == ErrorKind::Unreachable => {
                let made = json!({ "fs": rclone.name, "remote": "" });
                rclone.call("operations/mkdir", &made, cx)?;
                rclone.present(cx)?;
            }
            other => other?,
        }
        Ok(rclone)
    }

    fn call(&self, command: &str, arguments: &Value, cx: &Cx) -> Result<Value> {
        self.daemon.call(command, arguments, &self.name, cx)
    }

    /// The folder of the store is still there, so that what is not in it is not there.
    fn present(&self, cx: &Cx) -> Result<()> {
        if !self.has_folders {
            return Ok(());
        }
        let missing = || {
            let what = format!(
                "There is no folder at this place of the rclone remote. Make it there, or check the name with `rclone lsd`. {}",
                self.name
            );
            Error::new(ErrorKind::Unreachable, what)
        };
        match self.stat("", cx) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(missing()),
            Err(error) if error.kind == ErrorKind::NotFound => Err(missing()),
            Err(error) => Err(error),
        }
    }

    fn stat(&self, below: &str, cx: &Cx) -> Result<Option<Item>> {
        let arguments = json!({ "fs": self.name, "remote": below, "opt": { "noModTime": true, "noMimeType": true } });
        let answer = self.call("operations/stat", &arguments, cx)?;
        match answer.get("item") {
            None => Err(say::refused(
                "its answer to operations/stat says nothing",
                500,
                &self.name,
            )),
            Some(Value::Null) => Ok(None),
            Some(item) => {
                let item = serde_json::from_value(item.clone());
                item.map(Some)
                    .map_err(|error| Error::caused(ErrorKind::Temporary, "rclone's answer could not be read.", error))
            }
        }
    }

    fn facts(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        match self.stat(key.as_str(), cx) {
            Ok(Some(item)) if item.folder => {
                let what = format!("A folder lies where the store needs a file. Move it away. {key}");
                Err(Error::new(ErrorKind::Permanent, what))
            }
            Ok(Some(item)) => match u64::try_from(item.size) {
                Ok(size) => Ok(Some(info(key, size))),
                Err(_) => {
                    let what = format!(
                        "This cloud does not tell how long a file is, so it cannot be a store. Choose another remote. {}",
                        self.name
                    );
                    Err(Error::new(ErrorKind::Unsupported, what))
                }
            },
            Ok(None) => self.present(cx).map(|()| None),
            Err(error) if error.kind == ErrorKind::NotFound => self.present(cx).map(|()| None),
            Err(error) => Err(error),
        }
    }

    /// Lets rclone send a waiting file, and stops it when we are stopped.
    fn send(&self, waiting: &str, key: &Key, size: u64, settings: &Value, cx: &Cx) -> Result<()> {
        let running = self.daemon.running(cx)?;
        let Some(dir) = self.spool.dir().to_str() else {
            let what =
                "The folder where files wait for rclone has a name that is no text. Set XDG_CACHE_HOME to another.";
            return Err(Error::new(ErrorKind::Permanent, what));
        };
        let arguments = json!({
            "srcFs": dir, "srcRemote": waiting, "dstFs": self.name, "dstRemote": key.as_str(),
            "_async": true, "_config": settings,
        });
        let started = running.call("operations/copyfile", &arguments, &self.name, cx)?;
        let Some(job) = started.get("jobid").and_then(Value::as_u64) else {
            return Err(say::refused("it started no job", 500, &self.name));
        };
        let mut watched = Watched {
            running: &running,
            job,
            told: 0,
            size,
        };
        match watched.wait(&self.name, cx) {
            Err(error) if error.kind == ErrorKind::Cancelled => {
                // On the loopback, to a program that only has to take note: it takes no time.
                if let Err(error) = running.call("job/stop", &json!({ "jobid": job }), &self.name, &Cx::new()) {
                    tracing::debug!("a transfer could not be stopped: {error}");
                }
                Err(error)
            }
            other => other,
        }
    }

    fn exists(key: &Key) -> Error {
        Error::new(
            ErrorKind::Exists,
            format!("something of that name is there already: {key}"),
        )
    }

    fn path(&self, key: &Key) -> String {
        let mut path = String::from("/");
        encode(&format!("[{}]", self.name), &mut path);
        for name in key.as_str().split('/') {
            path.push('/');
            encode(name, &mut path);
        }
        path
    }
}

/// A transfer that rclone carries out.
struct Watched<'a> {
    running: &'a Running,
    job: u64,
    /// Bytes of it that the progress was told of.
    told: u64,
    size: u64,
}

impl Watched<'_> {
    fn wait(&mut self, place: &str, cx: &Cx) -> Result<()> {
        let mut step = POLL.0;
        let mut looks = 0_u32;
        loop {
            pause(step, &cx.cancel);
            let said = self
                .running
                .call("job/status", &json!({ "jobid": self.job }), place, cx)?;
            let is = |name: &str| said.get(name).and_then(Value::as_bool).unwrap_or(false);
            if is("finished") {
                if !is("success") {
                    let words = said
                        .get("error")
                        .and_then(Value::as_str)
                        .unwrap_or("it did not say why");
                    return Err(match say::refused(words, 500, place) {
                        // Of a transfer: what it needs is gone, not what it makes.
                        error if error.kind == ErrorKind::NotFound => Error::new(ErrorKind::Temporary, error.what),
                        error => error,
                    });
                }
                self.tell(self.size, cx);
                return Ok(());
            }
            looks = looks.saturating_add(1);
            if looks.is_multiple_of(4) {
                let stats = self.running.call(
                    "core/stats",
                    &json!({ "group": format!("job/{}", self.job) }),
                    place,
                    cx,
                )?;
                let sent = stats.get("bytes").and_then(Value::as_u64).unwrap_or(0);
                self.tell(sent.min(self.size), cx);
            }
            step = (step * 3 / 2).min(POLL.1);
        }
    }

    fn tell(&mut self, sent: u64, cx: &Cx) {
        cx.progress.add_bytes(sent.saturating_sub(self.told));
        self.told = self.told.max(sent);
    }
}

impl Remote for Rclone {
    fn describe(&self) -> Description {
        Description {
            kind: "rclone",
            place: self.name.clone(),
        }
    }

    /// `copyfile` replaces what is there, whatever it is told: so we look first, one writer at a time.
    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        let _turn = self.turns.take(key, cx)?;
        if self.facts(key, cx)?.is_some() {
            return Err(Self::exists(key));
        }
        let waiting = self.spool.take(body, size, cx)?;
        // Compared by hash where the cloud has one: its default, size and time, keeps stale bytes (stores.md 4).
        self.send(waiting.name(), key, size, &json!({ "CheckSum": true }), cx)?;
        Ok(info(key, size))
    }

    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        let _turn = self.turns.take(key, cx)?;
        let size = bytes.len() as u64;
        let waiting = self.spool.take(&mut Cursor::new(bytes), size, cx)?;
        // Always sent: where the cloud has no hash, another text of the same length would be taken for the same.
        self.send(waiting.name(), key, size, &json!({ "IgnoreTimes": true }), cx)?;
        Ok(info(key, size))
    }

    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        let nothing = || Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}"));
        let beyond = |range: &Range<u64>, size: u64| {
            let what = format!("asked for bytes {} to {} of {size}: {key}", range.start, range.end);
            Error::new(ErrorKind::Permanent, what)
        };
        if let Some(range) = range.as_ref().filter(|range| range.start >= range.end) {
            return match self.facts(key, cx)? {
                Some(info) if range.start <= info.size && range.start == range.end => Ok(info),
                Some(info) => Err(beyond(range, info.size)),
                None => Err(nothing()),
            };
        }
        let asked = range
            .as_ref()
            .map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        let answer = self.daemon.running(cx)?.fetch(&self.path(key), asked, cx)?;
        // Beyond the end it says 404 or 206, and the size in this header in either case.
        let whole = answer
            .header("content-range")
            .and_then(|text| text.rsplit('/').next()?.trim().parse::<u64>().ok());
        if let (Some(range), Some(size)) = (&range, whole)
            && range.start >= size
        {
            return if range.start == size {
                Ok(info(key, size))
            } else {
                Err(beyond(range, size))
            };
        }
        let (expected, size) = match (answer.status(), &range, whole, answer.length()) {
            (200, None, _, Some(length)) => (length, length),
            (206, Some(range), Some(size), _) => (range.end.min(size) - range.start, size),
            (200 | 206, ..) => return Err(say::refused("its answer does not say what comes", 500, &self.name)),
            (404, ..) => {
                self.present(cx)?;
                return Err(nothing());
            }
            (status, ..) => {
                let words = words_of(&answer.text(CHUNK)?);
                return Err(say::refused(&words, status, &self.name));
            }
        };
        let got = answer.copy_to(sink, expected, cx)?;
        if got != expected {
            return Err(say::refused("the file ended early while it was read", 500, &self.name));
        }
        Ok(info(key, size))
    }

    fn head(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        self.facts(key, cx)
    }

    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        let start = prefix.trim_end_matches('/');
        if !start.is_empty() {
            Key::new(start)?;
        }
        let arguments = json!({
            "fs": self.name, "remote": start,
            "opt": { "recurse": true, "filesOnly": true, "noModTime": true, "noMimeType": true },
        });
        let running = self.daemon.running(cx)?;
        let answer = running.ask("operations/list", &arguments, cx)?;
        if answer.status() != 200 {
            let status = answer.status();
            let error = say::refused(&words_of(&answer.text(CHUNK)?), status, &self.name);
            return if error.kind == ErrorKind::NotFound {
                self.present(cx)
            } else {
                Err(error)
            };
        }
        let mut odd = None;
        let read = listing::read(answer.into_reader(), &mut |item| {
            if item.folder || listing::is_unfinished(&item.path) {
                return ControlFlow::Continue(());
            }
            // A name that is no key was never ours, and nobody could ask for it.
            match (Key::new(item.path), u64::try_from(item.size)) {
                (Ok(key), Ok(size)) => each(info(&key, size)),
                (Ok(key), Err(_)) => {
                    odd = Some(key);
                    ControlFlow::Continue(())
                }
                (Err(_), _) => ControlFlow::Continue(()),
            }
        });
        check_cancel(cx)?;
        read.map_err(|error| running.nonsense(error))?;
        match odd {
            Some(key) => Err(say::refused(
                &format!("it does not say how long {key} is"),
                500,
                &self.name,
            )),
            None => Ok(()),
        }
    }

    fn delete(&self, key: &Key, cx: &Cx) -> Result<()> {
        if is_probe_folder(key) {
            // Removes folders that hold no file, and nothing else.
            let arguments = json!({ "fs": self.name, "remote": key.as_str() });
            return self.call("operations/rmdirs", &arguments, cx).map(|_| ());
        }
        let deleted = self.call(
            "operations/deletefile",
            &json!({ "fs": self.name, "remote": key.as_str() }),
            cx,
        );
        match deleted {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => {
                self.present(cx)?;
                Err(Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}")))
            }
            Err(error) => Err(error),
        }
    }

    fn quota(&self, cx: &Cx) -> Result<Option<Quota>> {
        let said = match self.call("operations/about", &json!({ "fs": self.name }), cx) {
            Ok(said) => said,
            // Most object storage does not say.
            Err(error) if error.what.contains("doesn't support about") => return Ok(None),
            Err(error) => return Err(error),
        };
        let number = |name: &str| said.get(name).and_then(Value::as_u64);
        let (total, free, used) = (number("total"), number("free"), number("used"));
        let free = free.or_else(|| Some(total?.saturating_sub(used?)));
        Ok(free.map(|free| Quota {
            free,
            total: total.unwrap_or_else(|| free.saturating_add(used.unwrap_or(0))),
        }))
    }

    fn device(&self) -> Result<Option<u64>> {
        Ok(self.device)
    }

    fn notes(&self, _: &Cx) -> Result<Vec<String>> {
        let mut notes = vec![
            "rclone writes over what is there: each write is preceded by a look. Names carry the content's hash, so the same \
             name has the same bytes. Every copy is read back in full before it counts."
                .to_owned(),
        ];
        if !self.has_hashes {
            notes.push("This remote has no checksums that rclone could compare after sending.".to_owned());
        }
        if self.device.is_some() {
            notes.push(
                "This remote lies on a disk of this computer: a copy there counts only if the photo is on another."
                    .to_owned(),
            );
        }
        Ok(notes)
    }
}

fn info(key: &Key, size: u64) -> Info {
    Info {
        key: key.clone(),
        size,
        tag: None,
    }
}

/// What rclone calls the place of `rclone:remote:path`.
fn name_of(url: &str) -> Result<String> {
    let bad = |what: &str| Err(Error::new(ErrorKind::Permanent, what));
    let name = match url.split_at_checked("rclone:".len()) {
        Some((scheme, name)) if scheme.eq_ignore_ascii_case("rclone:") => name.trim_start_matches("//"),
        _ => return bad("An rclone address looks like rclone:drive:photos."),
    };
    if !(name.contains(':') || name.starts_with('/')) || name.chars().any(char::is_control) || name.len() > 2048 {
        return bad("An rclone address looks like rclone:drive:photos, with a remote of `rclone listremotes`.");
    }
    if name.contains("]/") {
        return bad("A store's folder on rclone must not have ] at the end of a name. Choose another folder.");
    }
    // A connection string would put its secrets into readable settings.
    let lower = name.to_ascii_lowercase();
    let remote = lower.split_once(':').map_or(lower.as_str(), |(remote, _)| remote);
    let inline = lower.starts_with(':') || remote.contains(',');
    if inline
        && ["pass", "secret", "token", "key", "cookie"]
            .iter()
            .any(|word| lower.contains(word))
    {
        return bad(
            "Leave passwords and keys out of the address: make a remote with `rclone config`, and use its name.",
        );
    }
    Ok(name.to_owned())
}

/// The folder of this computer that a remote turns out to be, through aliases, encryption and the like: a copy there would
/// die with the original.
fn local_root(running: &Running, name: &str, facts: &Value, cx: &Cx) -> Result<Option<PathBuf>> {
    let root_of = |facts: &Value| {
        let local = facts.pointer("/Features/IsLocal").and_then(Value::as_bool) == Some(true);
        let root = facts.get("Root").and_then(Value::as_str).filter(|_| local);
        root.map(PathBuf::from)
    };
    if let Some(root) = root_of(facts) {
        return Ok(Some(root));
    }
    let mut todo = vec![name.to_owned()];
    for _ in 0..MAX_LAYERS {
        let Some(name) = todo.pop() else { break };
        let Some((remote, _)) = name
            .split_once(':')
            .filter(|(remote, _)| !remote.is_empty() && !remote.contains(','))
        else {
            continue;
        };
        let settings = running.call("config/get", &json!({ "name": remote }), &name, cx)?;
        let text = |field: &str| {
            settings
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let upstreams = text("upstreams");
        let below = upstreams.split_whitespace().map(str::to_owned).chain([text("remote")]);
        for one in below.filter(|one| one.contains([':', '/'])) {
            // `name=remote:path` of a combination, `remote:path:ro` of a union: what fails here is no folder of ours.
            let one = one.split_once('=').map_or(one.clone(), |(_, rest)| rest.to_owned());
            let Ok(facts) = running.call("operations/fsinfo", &json!({ "fs": one }), &one, cx) else {
                continue;
            };
            if let Some(root) = root_of(&facts) {
                return Ok(Some(root));
            }
            todo.push(one);
        }
    }
    Ok(None)
}

/// The device of a folder, or of the nearest one above it that is there.
fn device_of(root: &Path, fs: &dyn Fs) -> Result<u64> {
    let unknown = |error| {
        Error::caused(
            ErrorKind::Unreachable,
            "The folder behind this rclone remote cannot be looked at.",
            error,
        )
    };
    for above in root.ancestors() {
        if let Some(stat) = fs.stat_opt(above).map_err(unknown)? {
            return Ok(stat.dev);
        }
    }
    let what = format!("The folder behind this rclone remote is not there. {}", root.display());
    Err(Error::new(ErrorKind::Unreachable, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i17_addresses_are_read_and_secrets_in_them_refused() {
        for (url, name) in [
            ("rclone:drive:photos", "drive:photos"),
            ("RCLONE:drive:", "drive:"),
            ("rclone:my drive:a b/c", "my drive:a b/c"),
            ("rclone:/mnt/disk", "/mnt/disk"),
            ("rclone:passport:keys", "passport:keys"),
            ("rclone:s3,env_auth=true:bucket", "s3,env_auth=true:bucket"),
        ] {
            assert_eq!(name_of(url).expect(url), name);
        }
        for url in [
            "drive:photos",
            "rclone:",
            "rclone:drive",
            "rclone:a:b]/c",
            "rclone::sftp,host=h,pass=hunter2:x",
            "rclone:a:\n",
        ] {
            let error = name_of(url).expect_err(url);
            assert!(
                error.kind == ErrorKind::Permanent && !error.what.contains("hunter2"),
                "{error}"
            );
        }
    }
}
