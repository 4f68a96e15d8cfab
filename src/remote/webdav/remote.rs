//! A WebDAV folder as a remote: how it is opened, and its promises in terms of what reads and what writes.

use super::{
    address::Address,
    nextcloud::Nextcloud,
    say::Doing,
    talk::{Load, Talk, drain},
};
use crate::{
    model::safety::THIS_MACHINE,
    remote::{
        access::Access,
        api::{Description, Error, ErrorKind, Info, Key, Quota, Remote, Result, Source, check_cancel},
        contract::is_probe_folder,
        http::http_date,
        turns::Turns,
    },
    sys::task::{Cx, lock},
};
use std::{
    collections::HashSet,
    io::Write,
    ops::{ControlFlow, Range},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Where unfinished objects lie, beside the objects so that a MOVE can finish them.
pub(super) const TEMP: &str = ".safelight-tmp";
/// How an unfinished object's name begins; 32 random hex digits follow.
pub(super) const TEMP_PREFIX: &str = "put-";
/// How the name ends with which it is tried whether a server cuts names.
pub(super) const CUT_PROBE: &str = ";x";
/// Unfinished objects of this age belong to no running program, in milliseconds.
const SWEEP_AFTER_MS: i64 = 24 * 3600 * 1000;

/// A folder on a WebDAV server.
pub struct WebDav {
    pub(super) talk: Talk,
    /// The names that lead to the folder as the server writes them: behind a proxy they can be others than ours.
    pub(super) seen_as: Vec<String>,
    pub(super) nextcloud: Option<Nextcloud>,
    pub(super) turns: Turns,
    /// Folders below the base that are there.
    pub(super) made: Mutex<HashSet<String>>,
    /// Whether a MOVE with `Overwrite: F` leaves what is there alone, once it was tried.
    pub(super) keeps: Mutex<Option<bool>>,
    /// Whether a name with `;` is cut there by a MOVE, once it was tried.
    pub(super) cuts: Mutex<Option<bool>>,
    /// The server wants the target of a MOVE as a bare path.
    pub(super) bare_target: AtomicBool,
    /// Unfinished things that could not be removed when they failed, and whether to try more than once.
    pub(super) leftovers: Mutex<Vec<(String, bool)>>,
}

impl WebDav {
    /// The folder at this address, which must exist. Unfinished objects older than a day are swept away.
    ///
    /// # Errors
    /// `Unreachable` where nothing is there, `Auth` where we are not let in, `Unsupported` where it is no WebDAV.
    pub fn open(url: &str, access: &Access, cx: &Cx) -> Result<Self> {
        Self::connect(url, access, false, cx)
    }

    /// The same, making the folder where only it is missing: for a new store. The folder above must exist.
    ///
    /// # Errors
    /// As `open`; and the folder cannot be made.
    pub fn create(url: &str, access: &Access, cx: &Cx) -> Result<Self> {
        Self::connect(url, access, true, cx)
    }

    fn connect(url: &str, access: &Access, new: bool, cx: &Cx) -> Result<Self> {
        let talk = Talk::new(Address::parse(url)?, access)?;
        let base = talk.address().folder("");
        let mut entry = talk.ask(&base, cx)?;
        if entry.is_none() && new {
            let answer = talk.send("MKCOL", &base, &[], Load::Empty, cx)?;
            match answer.status() {
                201 | 405 => drain(answer),
                404 | 409 => return Err(missing(&talk)),
                _ => return Err(talk.refused(&answer, Doing::MakingFolder)),
            }
            entry = talk.ask(&base, cx)?;
        }
        let entry = entry.ok_or_else(|| missing(&talk))?;
        if !entry.folder {
            let what = format!("This is not a folder. Choose a folder for the store. {}", talk.place());
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        let seen_as = super::address::names_of_href(&entry.href).unwrap_or_else(|| talk.address().base().to_vec());
        let nextcloud = Nextcloud::find(&talk, cx)?;
        let dav = Self {
            talk,
            seen_as,
            nextcloud,
            turns: Turns::default(),
            made: Mutex::default(),
            keeps: Mutex::default(),
            cuts: Mutex::default(),
            bare_target: AtomicBool::new(false),
            leftovers: Mutex::default(),
        };
        dav.sweep(cx)?;
        Ok(dav)
    }

    /// The folder of the store is still there, so that what is not in it is not there.
    pub(super) fn present(&self, cx: &Cx) -> Result<()> {
        match self.talk.ask(&self.talk.address().folder(""), cx)? {
            Some(entry) if entry.folder => Ok(()),
            _ => Err(missing(&self.talk)),
        }
    }

    /// Removes what a kill left behind more than a day ago, by the server's clock; only names that we make. Best effort.
    fn sweep(&self, cx: &Cx) -> Result<()> {
        let folder = self.talk.address().folder(TEMP);
        let answer = self
            .talk
            .send("OPTIONS", &self.talk.address().folder(""), &[], Load::Empty, cx);
        let now = match answer {
            Ok(answer) => {
                let now = answer.header("date").and_then(http_date);
                drain(answer);
                now
            }
            Err(_) => None,
        };
        check_cancel(cx)?;
        let Some(now) = now else { return Ok(()) };
        let mut old = Vec::new();
        let listed = self.talk.list(&folder, cx, &mut |entry| {
            let changed = entry.modified.as_deref().and_then(http_date);
            let name = super::address::names_of_href(&entry.href).and_then(|mut names| names.pop());
            if let (false, Some(changed), Some(name)) = (entry.folder, changed, name)
                && is_temp_name(&name)
                && now.saturating_sub(changed) > SWEEP_AFTER_MS
            {
                old.push(format!("{TEMP}/{name}"));
            }
            ControlFlow::Continue(())
        });
        check_cancel(cx)?;
        if listed.is_ok() {
            for below in old {
                self.remove_quietly(&self.talk.address().file(&below), cx);
                check_cancel(cx)?;
            }
        }
        Ok(())
    }

    /// Removes something of ours that means nothing; true where the server removed it.
    pub(super) fn remove_quietly(&self, path: &str, cx: &Cx) -> bool {
        match self.talk.send("DELETE", path, &[], Load::Empty, cx) {
            Ok(answer) => {
                let removed = (200..300).contains(&answer.status());
                drain(answer);
                removed
            }
            Err(error) => {
                tracing::debug!("a leftover stays: {error}");
                false
            }
        }
    }

    fn remove_probe_folder(&self, key: &Key, cx: &Cx) -> Result<()> {
        let mut holds = None;
        self.walk(&format!("{key}/"), cx, &mut |info| {
            holds = Some(info.key);
            ControlFlow::Break(())
        })?;
        if let Some(held) = holds {
            return Err(Error::new(
                ErrorKind::Exists,
                format!("something is in it still: {held}"),
            ));
        }
        let path = self.talk.address().folder(key.as_str());
        let answer = self.talk.send("DELETE", &path, &[], Load::Empty, cx)?;
        match answer.status() {
            200 | 202 | 204 | 404 => {
                drain(answer);
                // It is gone, with the folders in it.
                lock(&self.made).retain(|made| !made.starts_with(key.as_str()));
                Ok(())
            }
            _ => Err(self.talk.refused(&answer, Doing::Removing)),
        }
    }

    /// What a MOVE calls its target: the whole address, as RFC 4918 wants it first; behind a proxy that takes off the
    /// encryption some servers think that this is another server, and take the path alone.
    pub(super) fn target(&self, path: &str) -> String {
        if self.bare_target.load(Ordering::Relaxed) {
            path.to_owned()
        } else {
            format!("{}{path}", self.talk.address().origin())
        }
    }

    /// The path of a key.
    ///
    /// # Errors
    /// A name that is reserved.
    pub(super) fn path(&self, key: &Key) -> Result<String> {
        if key.as_str().split('/').any(is_ours) {
            let what = format!("this name is reserved: {key}");
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        Ok(self.talk.address().file(key.as_str()))
    }
}

/// Names that this program gives to unfinished files.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(TEMP)
}

fn is_temp_name(name: &str) -> bool {
    let name = name.strip_suffix(CUT_PROBE).unwrap_or(name);
    name.strip_prefix(TEMP_PREFIX)
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The folder of the store is not there. Says nothing about what was in it.
fn missing(talk: &Talk) -> Error {
    let what = format!(
        "There is no folder at this address. Make it there, or check the address: on Nextcloud it ends with \
         /remote.php/dav/files/USER/ and the folder, on a NAS it begins with the share's name. {}",
        talk.place()
    );
    Error::new(ErrorKind::Unreachable, what)
}

impl Remote for WebDav {
    fn describe(&self) -> Description {
        Description {
            kind: if self.nextcloud.is_some() {
                "Nextcloud"
            } else {
                "WebDAV"
            },
            place: self.talk.place().to_owned(),
        }
    }

    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Info> {
        self.create_only(key, body, size, cx)
    }

    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Info> {
        self.put_over(key, bytes, cx)
    }

    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        self.read(key, range, sink, cx)
    }

    fn head(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        self.facts(key, cx)
    }

    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        self.walk(prefix, cx, each)
    }

    /// Removes a file, and never a folder: a server removes a folder with whatever somebody has put into it meanwhile. Only
    /// the folder of the contract's probes goes, when it holds no file.
    fn delete(&self, key: &Key, cx: &Cx) -> Result<()> {
        if is_probe_folder(key) {
            return self.remove_probe_folder(key, cx);
        }
        let path = self.path(key)?;
        let nothing = || Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}"));
        // A DELETE of a folder takes all that is in it: look first.
        if self.facts(key, cx)?.is_none() {
            return Err(nothing());
        }
        let answer = self.talk.send("DELETE", &path, &[], Load::Empty, cx)?;
        match answer.status() {
            200 | 202 | 204 => {
                drain(answer);
                Ok(())
            }
            404 | 410 => {
                self.present(cx)?;
                Err(nothing())
            }
            _ => Err(self.talk.refused(&answer, Doing::Removing)),
        }
    }

    fn quota(&self, cx: &Cx) -> Result<Option<Quota>> {
        let entry = self.talk.ask_room(&self.talk.address().folder(""), cx)?;
        let entry = entry.ok_or_else(|| missing(&self.talk))?;
        // Nextcloud says -1 to -3 for what it has not counted, does not know, or does not limit.
        let free = entry.free.and_then(|free| u64::try_from(free).ok());
        let used = entry.used.and_then(|used| u64::try_from(used).ok()).unwrap_or(0);
        Ok(free.map(|free| Quota {
            free,
            total: free.saturating_add(used),
        }))
    }

    fn device(&self) -> Result<Option<u64>> {
        Ok(self.talk.is_here().then_some(THIS_MACHINE))
    }

    fn notes(&self, cx: &Cx) -> Result<Vec<String>> {
        self.habits(cx)
    }
}
