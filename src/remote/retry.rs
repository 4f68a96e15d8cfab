//! Trying again, by kind and with patience: only what may pass by itself, a few times, at moments that many clients do not
//! share. How many things are under way at once is the queue's matter.

use super::api::{Description, ErrorKind, Info, Key, Quota, Remote, Result, Source, check_cancel};
use crate::sys::{
    clock::random_hex,
    task::{Cx, pause},
};
use std::{
    io::{Read, Seek, SeekFrom, Write},
    ops::{ControlFlow, Range},
    sync::Arc,
    time::Duration,
};

/// How often a call is made at most.
pub const TRIES: u32 = 4;
/// The first wait, in milliseconds; each further one is twice as long.
const FIRST_MS: u64 = 250;
/// The longest wait, in milliseconds.
const LONGEST_MS: u64 = 8_000;

/// Whether an error of this kind may be gone the next time. A place that cannot be reached is not asked again here: its
/// whole queue waits for it.
#[must_use]
pub fn may_pass(kind: ErrorKind) -> bool {
    kind == ErrorKind::Temporary
}

/// Waits between tries: longer each time, and each time another length.
#[derive(Debug)]
pub struct Backoff {
    tries: u32,
    first_ms: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Backoff {
    /// Before the first try.
    #[must_use]
    pub fn new() -> Self {
        Self::with_first(FIRST_MS)
    }

    /// The same with another first wait, in milliseconds; 0 does not wait.
    #[must_use]
    pub fn with_first(first_ms: u64) -> Self {
        Self { tries: 1, first_ms }
    }

    /// Waits, and says whether there is another try. False at once when cancelled.
    pub fn again(&mut self, cx: &Cx) -> bool {
        if self.tries >= TRIES || cx.cancel.is_cancelled() {
            return false;
        }
        let most = self.first_ms.saturating_mul(1 << self.tries).min(LONGEST_MS);
        self.tries += 1;
        if most > 0 {
            // Between a half and the whole, so that clients that failed together do not come back together.
            let random = random_hex(2).ok().and_then(|hex| u64::from_str_radix(&hex, 16).ok());
            let jitter = random.unwrap_or(0) % (most / 2 + 1);
            pause(Duration::from_millis(most / 2 + jitter), &cx.cancel);
        }
        !cx.cancel.is_cancelled()
    }
}

/// A remote whose calls are made again where that may help.
pub struct Retry {
    inner: Arc<dyn Remote>,
    first_ms: u64,
}

impl Retry {
    /// This remote, with patience.
    #[must_use]
    pub fn new(inner: Arc<dyn Remote>) -> Self {
        Self::with_first(inner, FIRST_MS)
    }

    /// The same with another first wait, in milliseconds.
    #[must_use]
    pub fn with_first(inner: Arc<dyn Remote>, first_ms: u64) -> Self {
        Self { inner, first_ms }
    }

    fn calmly<T>(&self, cx: &Cx, mut call: impl FnMut() -> Result<T>) -> Result<T> {
        let mut backoff = Backoff::with_first(self.first_ms);
        loop {
            match call() {
                Err(error) if may_pass(error.kind) && backoff.again(cx) => tracing::debug!("tried again: {error}"),
                // Cancelled while waiting: that is the news.
                Err(error) if may_pass(error.kind) => return check_cancel(cx).and(Err(error)),
                done => return done,
            }
        }
    }

    /// Puts, and after a failure asks first whether it is there: of failed uploads most are in fact stored, and only the
    /// reply was lost (stores.md 0.3). One that is there is not sent again; whether it is ours is for the caller to read.
    fn put_calmly(
        &self,
        key: &Key,
        body: &mut dyn Source,
        cx: &Cx,
        mut put: impl FnMut(&mut dyn Source, &Cx) -> Result<Info>,
    ) -> Result<Info> {
        let mut backoff = Backoff::with_first(self.first_ms);
        let mut counted = Counted {
            body,
            at: 0,
            furthest: 0,
            cx,
        };
        loop {
            // Bytes that are sent twice are progress once.
            let quiet = Cx {
                cancel: cx.cancel.clone(),
                ..Cx::new()
            };
            let failed = match put(&mut counted, &quiet) {
                Err(error) if may_pass(error.kind) => error,
                done => return done,
            };
            if !backoff.again(cx) {
                check_cancel(cx)?;
                return Err(failed);
            }
            match self.inner.head(key, cx) {
                Ok(None) => tracing::debug!("sent again: {failed}"),
                // There, or not to be told: the caller asks, too.
                _ => return Err(failed),
            }
        }
    }
}

/// A body whose progress only counts the first time.
struct Counted<'a> {
    body: &'a mut dyn Source,
    at: u64,
    furthest: u64,
    cx: &'a Cx,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.body.read(buffer)?;
        self.at = self.at.saturating_add(got as u64);
        self.cx.progress.add_bytes(self.at.saturating_sub(self.furthest));
        self.furthest = self.furthest.max(self.at);
        Ok(got)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = self.body.seek(to)?;
        Ok(self.at)
    }
}

/// A sink that counts what it was given: what it took cannot be taken back.
struct Given<'a> {
    sink: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Given<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = self.sink.write(bytes)?;
        self.bytes = self.bytes.saturating_add(taken as u64);
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

/// What is left to be read when so many bytes were given.
fn rest(range: Option<&Range<u64>>, given: u64) -> Option<Range<u64>> {
    match range {
        None if given == 0 => None,
        // A range that ends behind the object is cut to it.
        None => Some(given..i64::MAX.unsigned_abs()),
        Some(range) => Some(range.start.saturating_add(given)..range.end),
    }
}

impl Remote for Retry {
    fn describe(&self) -> Description {
        self.inner.describe()
    }

    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Info> {
        self.put_calmly(key, body, cx, |body, cx| self.inner.put(key, body, size, cx))
    }

    fn put_hashed(&self, key: &Key, body: &mut dyn Source, size: u64, sha256: &[u8; 32], cx: &Cx) -> Result<Info> {
        self.put_calmly(key, body, cx, |body, cx| {
            self.inner.put_hashed(key, body, size, sha256, cx)
        })
    }

    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Info> {
        self.calmly(cx, || self.inner.replace(key, bytes, cx))
    }

    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        let mut backoff = Backoff::with_first(self.first_ms);
        let mut given = Given { sink, bytes: 0 };
        loop {
            // What came is not asked for again. Should the rest be another object's, the hash of the whole tells.
            match self.inner.get(key, rest(range.as_ref(), given.bytes), &mut given, cx) {
                Err(error) if may_pass(error.kind) && backoff.again(cx) => tracing::debug!("read on: {error}"),
                done => return done,
            }
        }
    }

    fn head(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        self.calmly(cx, || self.inner.head(key, cx))
    }

    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        let mut backoff = Backoff::with_first(self.first_ms);
        let mut any = false;
        loop {
            let listed = self.inner.list(prefix, cx, &mut |info| {
                any = true;
                each(info)
            });
            match listed {
                Err(error) if may_pass(error.kind) && !any && backoff.again(cx) => {
                    tracing::debug!("listed again: {error}");
                }
                done => return done,
            }
        }
    }

    fn delete(&self, key: &Key, cx: &Cx) -> Result<()> {
        self.calmly(cx, || self.inner.delete(key, cx))
    }

    fn quota(&self, cx: &Cx) -> Result<Option<Quota>> {
        self.calmly(cx, || self.inner.quota(cx))
    }

    fn device(&self) -> Result<Option<u64>> {
        self.inner.device()
    }

    fn notes(&self, cx: &Cx) -> Result<Vec<String>> {
        self.calmly(cx, || self.inner.notes(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::sim::{Fault, Op, SimRemote};
    use std::io::Cursor;

    fn calm(sim: &Arc<SimRemote>) -> Retry {
        Retry::with_first(sim.clone(), 0)
    }

    fn key() -> Key {
        Key::new("a/key").expect("a key")
    }

    fn put(remote: &Retry, cx: &Cx) -> Result<Info> {
        remote.put(&key(), &mut Cursor::new(b"twelve bytes"), 12, cx)
    }

    #[test]
    fn what_may_pass_is_tried_again_and_counted_once() {
        let sim = Arc::new(SimRemote::new());
        for _ in 0..TRIES - 1 {
            sim.inject(Op::Put, Fault::Refuse(ErrorKind::Temporary));
        }
        let cx = Cx::new();
        put(&calm(&sim), &cx).expect("put in the end");
        assert_eq!(sim.count(Op::Put), u64::from(TRIES));
        assert_eq!(cx.progress.read().bytes_done, 12);
        sim.inject(Op::Get, Fault::Refuse(ErrorKind::Temporary));
        let mut found = Vec::new();
        calm(&sim).get(&key(), None, &mut found, &Cx::new()).expect("read");
        assert_eq!(found, b"twelve bytes");
    }

    #[test]
    fn i16_tries_end_and_other_failures_are_not_tried_again() {
        let sim = Arc::new(SimRemote::new());
        for _ in 0..TRIES {
            sim.inject(Op::Head, Fault::Refuse(ErrorKind::Temporary));
        }
        let failed = calm(&sim).head(&key(), &Cx::new()).expect_err("given up");
        assert_eq!(
            (failed.kind, sim.count(Op::Head)),
            (ErrorKind::Temporary, u64::from(TRIES))
        );
        for kind in [
            ErrorKind::Auth,
            ErrorKind::Unreachable,
            ErrorKind::Full,
            ErrorKind::Permanent,
        ] {
            let sim = Arc::new(SimRemote::new());
            sim.inject(Op::Put, Fault::Refuse(kind));
            assert_eq!(put(&calm(&sim), &Cx::new()).expect_err("refused").kind, kind);
            assert_eq!(sim.count(Op::Put), 1, "{kind:?}");
        }
    }

    #[test]
    fn a_lost_reply_is_not_sent_twice() {
        let sim = Arc::new(SimRemote::new());
        sim.inject(Op::Put, Fault::LostReply);
        // Whether it is ours is for the caller to read.
        assert_eq!(
            put(&calm(&sim), &Cx::new()).expect_err("not known").kind,
            ErrorKind::Temporary
        );
        assert_eq!((sim.count(Op::Put), sim.count(Op::Head)), (1, 1));
        assert!(sim.bytes("a/key").is_some());
    }

    #[test]
    fn stopping_ends_the_tries() {
        let sim = Arc::new(SimRemote::new());
        sim.inject(Op::Head, Fault::Refuse(ErrorKind::Temporary));
        let cx = Cx::new();
        cx.cancel.cancel();
        assert_eq!(
            calm(&sim).head(&key(), &cx).expect_err("stopped").kind,
            ErrorKind::Cancelled
        );
        assert!(sim.count(Op::Head) <= 1);
    }

    #[test]
    fn the_rest_begins_where_the_bytes_ended() {
        assert_eq!(rest(None, 0), None);
        assert_eq!(rest(None, 7), Some(7..i64::MAX.unsigned_abs()));
        assert_eq!(rest(Some(&(10..20)), 4), Some(14..20));
    }
}
