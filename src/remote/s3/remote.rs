//! A bucket as a place for bytes.

use super::{
    config::S3Config,
    habits::{Habits, TRIES, try_out},
    say::Doing,
    talk::{Call, Talk, is_page},
    transfer::{absent, tag_of, taken},
    upload::PARTED,
    xml::Node,
};
use crate::{
    model::safety::THIS_MACHINE,
    remote::{
        access::Access,
        api::{Description, Error, ErrorKind, Info, Key, Quota, Remote, Result, Source, check_cancel},
        encode::decoded,
        http::Timeouts,
        turns::Turns,
    },
    sys::task::{Cx, lock},
};
use rusty_s3::Method;
use std::{
    fmt,
    io::Write,
    ops::{ControlFlow, Range},
    sync::{Mutex, atomic::AtomicBool},
};

/// The longest page of a listing that is read, in bytes.
const MAX_PAGE: usize = 16 * 1024 * 1024;
/// No server takes larger objects, in bytes.
const MAX_OBJECT: u64 = 5 << 40;

/// A store's place on S3.
pub struct S3 {
    pub(super) talk: Talk,
    pub(super) turns: Turns,
    habits: Mutex<Option<Habits>>,
    /// Abandoned uploads were looked for.
    pub(super) swept: AtomicBool,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("S3").field(&self.talk.place()).finish()
    }
}

/// A page of a listing.
pub(super) struct Page {
    pub(super) objects: Vec<Info>,
    pub(super) next: Option<String>,
}

impl S3 {
    /// The place; nothing is asked yet.
    ///
    /// # Errors
    /// `Permanent` for an address that is none, `Unsupported` for plain http to where it may not go.
    pub fn open(config: &S3Config, access: &Access) -> Result<Self> {
        Self::with_timeouts(config, access, Timeouts::default())
    }

    /// The same with other patience.
    ///
    /// # Errors
    /// As [`S3::open`].
    pub fn with_timeouts(config: &S3Config, access: &Access, timeouts: Timeouts) -> Result<Self> {
        Ok(Self {
            talk: Talk::new(config, access, timeouts)?,
            turns: Turns::default(),
            habits: Mutex::new(None),
            swept: AtomicBool::new(false),
        })
    }

    /// What this server honours: tried out by writing a few bytes the first time, remembered from then on.
    ///
    /// # Errors
    /// It could not be tried out.
    pub fn habits(&self, cx: &Cx) -> Result<Habits> {
        let known = || *lock(&self.habits);
        if let Some(habits) = known() {
            return Ok(habits);
        }
        check_cancel(cx)?;
        // One tries; the others wait for its answer instead of asking the same, and can be stopped while they wait.
        let turn = Key::new(format!("{TRIES}turn"))?;
        let _turn = self.turns.take(&turn, cx)?;
        if let Some(habits) = known() {
            return Ok(habits);
        }
        let habits = try_out(self, cx)?;
        *lock(&self.habits) = Some(habits);
        Ok(habits)
    }

    /// An address from which anybody can read this object for so many seconds, a week at most.
    ///
    /// # Errors
    /// This computer's clock is beyond all dates.
    pub fn link(&self, key: &Key, seconds: u64) -> Result<String> {
        let full = self.talk.full(key);
        self.talk
            .url(&Call::new(Method::Get, Some(&full)), seconds.clamp(1, 7 * 24 * 3600))
    }

    /// What is at a key; `None` only where S3 itself says that nothing is.
    pub(super) fn look(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        let full = self.talk.full(key);
        let mut call = Call::new(Method::Head, Some(&full));
        call.headers.push(("cache-control", "no-cache".to_owned()));
        let response = self.talk.send(call, cx)?;
        let page = is_page(&response, Some(&full));
        match (response.status(), response.length()) {
            (200, Some(size)) if !page => Ok(Some(Info {
                key: key.clone(),
                size,
                tag: tag_of(&response),
            })),
            (404, _) if !page && self.talk.was_seen() => Ok(None),
            // A HEAD gives no reason, and a 404 may be about the bucket, or anybody's: a GET is answered with a reason.
            _ => self.look_closely(key, cx),
        }
    }

    fn look_closely(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        let response = self.ask_for(key, Some(&(0..1)), cx)?;
        let total = response
            .header("content-range")
            .and_then(|text| text.rsplit_once('/'))
            .and_then(|(_, total)| total.trim().parse().ok());
        let size = match (response.status(), total) {
            (200 | 206 | 416, Some(total)) => total,
            // Nothing in an empty object can be asked for.
            (416, None) => 0,
            (200, None) if response.length().is_some() => response.length().unwrap_or_default(),
            _ => {
                let refused = self.talk.refused(response, Doing::Read);
                return if refused.kind == ErrorKind::NotFound {
                    Ok(None)
                } else {
                    Err(refused)
                };
            }
        };
        Ok(Some(Info {
            key: key.clone(),
            size,
            tag: tag_of(&response),
        }))
    }

    /// Removes an object, whether or not it is there.
    pub(super) fn remove(&self, key: &Key, cx: &Cx) -> Result<()> {
        let full = self.talk.full(key);
        let response = self.talk.send(Call::new(Method::Delete, Some(&full)), cx)?;
        match response.status() {
            200 | 202 | 204 => Ok(()),
            _ => Err(self.talk.refused(response, Doing::Delete)),
        }
    }

    /// One page of a listing. Names are not asked for in their percent-encoded form: of keys that we would take none needs
    /// it in XML, and one server says that it encodes and does not (stores.md 2).
    pub(super) fn page(&self, full_prefix: &str, token: Option<&str>, cx: &Cx) -> Result<Page> {
        let mut call = Call::new(Method::Get, None);
        call.query.push(("list-type", "2".to_owned()));
        call.query.push(("prefix", full_prefix.to_owned()));
        if let Some(token) = token {
            call.query.push(("continuation-token", token.to_owned()));
        }
        let response = self.talk.send(call, cx)?;
        if response.status() != 200 {
            return Err(self.talk.refused(response, Doing::List));
        }
        let page = response.is_web_page().then(|| response.web_page());
        let root = Node::parse(&response.text(MAX_PAGE)?)
            .filter(|root| page.is_none() || root.name != "html")
            .ok_or_else(|| page.unwrap_or_else(|| self.odd_answer("The listing that came back is not whole.")))?;
        if root.get("IsTruncated").is_none() && root.get("KeyCount").is_none() && root.get("Name").is_none() {
            return Err(match root.get("Code") {
                Some(_) => self.talk.refused_as(200, &root, None, Doing::List),
                None => self.odd_answer("Something else than a listing came back."),
            });
        }
        let encoded = root.get("EncodingType") == Some("url");
        let mut objects = Vec::new();
        for entry in root.all("Contents") {
            let (Some(name), Some(size)) = (entry.child("Key"), entry.get("Size")) else {
                return Err(self.odd_answer("The listing that came back is incomplete."));
            };
            let name = match encoded {
                true => decoded(&name.text).unwrap_or_else(|| name.text.clone()),
                false => name.text.clone(),
            };
            let size = size
                .parse()
                .map_err(|_| self.odd_answer("The listing that came back is incomplete."))?;
            // Folders that others made as objects, and names that we could not have given, are not ours to see.
            let below = name
                .strip_prefix(self.talk.prefix())
                .filter(|_| name.starts_with(full_prefix));
            let Some(key) = below.and_then(|name| Key::new(name).ok()) else {
                continue;
            };
            let relative = full_prefix.strip_prefix(self.talk.prefix()).unwrap_or_default();
            if key.as_str().starts_with(TRIES) && !relative.starts_with(TRIES) {
                continue;
            }
            objects.push(Info {
                key,
                size,
                tag: entry.get("ETag").map(str::to_owned),
            });
        }
        let more = root
            .get("IsTruncated")
            .is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let next = root.get("NextContinuationToken").map(str::to_owned);
        if more && next.is_none() {
            return Err(self.odd_answer("The listing does not say how it goes on."));
        }
        Ok(Page {
            objects,
            next: next.filter(|_| more),
        })
    }

    pub(super) fn odd_answer(&self, what: &str) -> Error {
        let what = format!(
            "{what} Check that the address of {} is that of an S3 server.",
            self.talk.http.host()
        );
        Error::new(ErrorKind::Temporary, what)
    }

    fn create(&self, key: &Key, body: &mut dyn Source, size: u64, known: Option<&[u8; 32]>, cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        if size > MAX_OBJECT {
            let what = "This file is larger than 5 TiB. No server takes it.";
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        let habits = self.habits(cx)?;
        let parted = size >= PARTED;
        // One of us at a time: some servers that refuse a second write refuse it only after the first is over.
        let _turn = self.turns.take(key, cx)?;
        if (!habits.conditional || parted) && self.look(key, cx)?.is_some() {
            return Err(taken(key));
        }
        if parted {
            self.put_parts(key, body, size, habits, cx)
        } else {
            self.put_whole(key, body, size, known, habits, cx)
        }
    }
}

impl Remote for S3 {
    fn describe(&self) -> Description {
        Description {
            kind: "S3",
            place: self.talk.place(),
        }
    }

    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Info> {
        self.create(key, body, size, None, cx)
    }

    fn put_hashed(&self, key: &Key, body: &mut dyn Source, size: u64, sha256: &[u8; 32], cx: &Cx) -> Result<Info> {
        self.create(key, body, size, Some(sha256), cx)
    }

    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        self.put_over(key, bytes, self.habits(cx)?, cx)
    }

    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        self.fetch(key, range, sink, cx)
    }

    fn head(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        check_cancel(cx)?;
        self.look(key, cx)
    }

    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        self.pages(prefix, cx, each)
    }

    fn delete(&self, key: &Key, cx: &Cx) -> Result<()> {
        // S3 removes what is not there with the same words.
        if self.head(key, cx)?.is_none() {
            return Err(absent(key));
        }
        self.remove(key, cx)
    }

    fn quota(&self, cx: &Cx) -> Result<Option<Quota>> {
        check_cancel(cx)?;
        Ok(None)
    }

    fn device(&self) -> Result<Option<u64>> {
        Ok(self.talk.http.is_here().then_some(THIS_MACHINE))
    }

    fn notes(&self, cx: &Cx) -> Result<Vec<String>> {
        let mut notes = self.habits(cx)?.notes();
        // Signatures are good for some minutes only.
        notes.extend(self.talk.http.clock_trouble());
        Ok(notes)
    }
}
