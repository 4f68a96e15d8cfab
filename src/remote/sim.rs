//! A remote in memory that can be made to fail and to lie, by plan or by seed: the reply is lost after the bytes were
//! kept, bits rot, answers are cut short, listings are stale, another object is served. Tests of everything above use it.

use super::api::{CHUNK, Description, Error, ErrorKind, Info, Key, Quota, Remote, Result, Source, check_cancel};
use crate::sys::task::{Cx, lock};
use std::{
    collections::{BTreeMap, VecDeque},
    io::{SeekFrom, Write},
    ops::{ControlFlow, Range},
    sync::{Mutex, MutexGuard},
};

/// One kind of call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Op {
    /// `put`.
    Put,
    /// `replace`.
    Replace,
    /// `get`.
    Get,
    /// `head`.
    Head,
    /// `list`.
    List,
    /// `delete`.
    Delete,
}

/// What goes wrong with one call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The call is carried out, but its answer never arrives: `Temporary`.
    LostReply,
    /// The call fails with this kind and changes nothing.
    Refuse(ErrorKind),
    /// `get`: only so many bytes come, and the answer says that all is well.
    Truncate(u64),
    /// `get`: one bit of the answer is wrong; what is kept stays right.
    FlipBit,
    /// `get`: the bytes of another key come.
    WrongObject(Key),
    /// `head`, `list`: what was written last is not shown yet.
    Stale,
    /// `put`, `replace`: only half of the bytes are kept, and the answer says that all is well.
    DropBytes,
}

/// A promise that this remote breaks all the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// `put` writes over what is there.
    Overwrites,
    /// `put` keeps all but the last byte.
    DropsBytes,
    /// A body that ends early is kept all the same.
    KeepsTruncated,
    /// `get` gives the whole object whatever range was asked for.
    IgnoresRanges,
    /// `list` ends after 1000 keys and says nothing.
    ShortList,
    /// `get` of an unknown key gives no bytes and no error.
    EmptyForUnknown,
    /// Keys are compared without their case, silently.
    FoldsCase,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    newest: Option<String>,
    plan: BTreeMap<Op, VecDeque<Fault>>,
    calls: u64,
    crash_at: Option<u64>,
    chaos: Option<(u64, u64)>,
    vanished: bool,
    room: Option<u64>,
    broken: Vec<Broken>,
    counts: BTreeMap<Op, u64>,
}

/// The remote in memory.
#[derive(Default)]
pub struct SimRemote {
    state: Mutex<State>,
    device: Option<u64>,
}

impl SimRemote {
    /// An empty one that does everything right.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that says it lies on this device.
    #[must_use]
    pub fn on_device(device: u64) -> Self {
        Self {
            device: Some(device),
            ..Self::default()
        }
    }

    /// One that breaks these promises.
    #[must_use]
    pub fn broken(broken: &[Broken]) -> Self {
        let sim = Self::default();
        sim.lock().broken = broken.to_vec();
        sim
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The next call of this kind without a fault yet gets this one.
    pub fn inject(&self, op: Op, fault: Fault) {
        self.lock().plan.entry(op).or_default().push_back(fault);
    }

    /// From now on, this many calls of a thousand fail or lose their reply, as the seed decides. Zero ends it.
    pub fn chaos(&self, seed: u64, per_mille: u64) {
        self.lock().chaos = (per_mille > 0).then_some((seed | 1, per_mille));
    }

    /// After so many more calls every call is refused as `Unreachable`, as if the program had been killed there.
    pub fn crash_after(&self, calls: u64) {
        let mut state = self.lock();
        state.crash_at = Some(state.calls.saturating_add(calls));
    }

    /// The program is started again: calls work.
    pub fn restart(&self) {
        let mut state = self.lock();
        state.crash_at = None;
        state.plan.clear();
    }

    /// The place goes away, or comes back.
    pub fn vanish(&self, vanished: bool) {
        self.lock().vanished = vanished;
    }

    /// Only so many bytes may be kept in all.
    pub fn limit(&self, bytes: u64) {
        self.lock().room = Some(bytes);
    }

    /// One bit of what is kept under this key turns over. False where nothing is there.
    pub fn rot(&self, key: &str, byte: usize) -> bool {
        match self.lock().objects.get_mut(key).and_then(|bytes| bytes.get_mut(byte)) {
            Some(byte) => {
                *byte ^= 1;
                true
            }
            None => false,
        }
    }

    /// What is kept under this key becomes these bytes, behind everybody's back.
    pub fn set(&self, key: &str, bytes: &[u8]) {
        self.lock().objects.insert(key.to_owned(), bytes.to_vec());
    }

    /// What is kept under this key is lost. False where nothing is there.
    pub fn lose(&self, key: &str) -> bool {
        self.lock().objects.remove(key).is_some()
    }

    /// What is kept under this key.
    #[must_use]
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.lock().objects.get(key).cloned()
    }

    /// Every key, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.lock().objects.keys().cloned().collect()
    }

    /// How many calls of this kind there were.
    #[must_use]
    pub fn count(&self, op: Op) -> u64 {
        self.lock().counts.get(&op).copied().unwrap_or(0)
    }

    /// Counts the call and says what goes wrong with it.
    fn begin(&self, op: Op, cx: &Cx) -> Result<Option<Fault>> {
        check_cancel(cx)?;
        let mut state = self.lock();
        state.calls = state.calls.saturating_add(1);
        *state.counts.entry(op).or_default() += 1;
        if state.vanished || state.crash_at.is_some_and(|at| state.calls > at) {
            return Err(Error::new(
                ErrorKind::Unreachable,
                "the simulated place cannot be reached",
            ));
        }
        let planned = state.plan.get_mut(&op).and_then(VecDeque::pop_front);
        let fault = planned.or_else(|| state.chaotic(op));
        match fault {
            Some(Fault::Refuse(kind)) => Err(Error::new(kind, format!("simulated: {kind:?}"))),
            other => Ok(other),
        }
    }
}

impl State {
    fn has(&self, broken: Broken) -> bool {
        self.broken.contains(&broken)
    }

    fn chaotic(&mut self, op: Op) -> Option<Fault> {
        let (seed, per_mille) = self.chaos.as_mut()?;
        // xorshift64: the same seed gives the same faults everywhere.
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        let (roll, kind) = (*seed % 1000, (*seed >> 32) % 3);
        if roll >= *per_mille {
            return None;
        }
        Some(match (op, kind) {
            (Op::Put | Op::Replace, 0) => Fault::LostReply,
            (Op::Get, 0) => Fault::FlipBit,
            (Op::Get, 1) => Fault::Truncate(*seed % 64),
            _ => Fault::Refuse(ErrorKind::Temporary),
        })
    }

    fn name(&self, key: &Key) -> String {
        if self.has(Broken::FoldsCase) {
            key.as_str().to_lowercase()
        } else {
            key.as_str().to_owned()
        }
    }

    fn check_room(&self, more: u64) -> Result<()> {
        let used: u64 = self.objects.values().map(|bytes| bytes.len() as u64).sum();
        if self.room.is_some_and(|room| used.saturating_add(more) > room) {
            return Err(Error::new(ErrorKind::Full, "The simulated place is full. Make room."));
        }
        Ok(())
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Temporary, "simulated: the reply was lost")
}

fn info(key: &Key, bytes: &[u8]) -> Info {
    Info {
        key: key.clone(),
        size: bytes.len() as u64,
        tag: None,
    }
}

/// The whole body, in pieces, so that cancelling is seen.
fn take_body(body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Vec<u8>> {
    let unreadable = |error| Error::caused(ErrorKind::Permanent, "what was to be sent could not be read", error);
    body.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let mut buffer = vec![0_u8; CHUNK];
    loop {
        check_cancel(cx)?;
        let got = body.read(&mut buffer).map_err(unreadable)?;
        if got == 0 || bytes.len() as u64 > size {
            return Ok(bytes);
        }
        bytes.extend_from_slice(buffer.get(..got).unwrap_or_default());
        cx.progress.add_bytes(got as u64);
    }
}

impl Remote for SimRemote {
    fn describe(&self) -> Description {
        Description {
            kind: "Simulated",
            place: "memory".to_owned(),
        }
    }

    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Info> {
        let fault = self.begin(Op::Put, cx)?;
        let mut bytes = take_body(body, size, cx)?;
        let mut state = self.lock();
        if bytes.len() as u64 != size && !state.has(Broken::KeepsTruncated) {
            let what = format!("what was to be sent has another length than the {size} bytes promised");
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        let name = state.name(key);
        if state.objects.contains_key(&name) && !state.has(Broken::Overwrites) {
            return Err(Error::new(ErrorKind::Exists, format!("taken already: {key}")));
        }
        state.check_room(size)?;
        let answer = info(key, &bytes);
        if state.has(Broken::DropsBytes) {
            bytes.pop();
        }
        if fault == Some(Fault::DropBytes) {
            bytes.truncate(bytes.len() / 2);
        }
        state.newest = Some(name.clone());
        state.objects.insert(name, bytes);
        if fault == Some(Fault::LostReply) {
            Err(lost())
        } else {
            Ok(answer)
        }
    }

    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Info> {
        let fault = self.begin(Op::Replace, cx)?;
        let mut state = self.lock();
        state.check_room(bytes.len() as u64)?;
        let name = state.name(key);
        let mut kept = bytes.to_vec();
        if fault == Some(Fault::DropBytes) {
            kept.truncate(kept.len() / 2);
        }
        state.objects.insert(name, kept);
        if fault == Some(Fault::LostReply) {
            Err(lost())
        } else {
            Ok(info(key, bytes))
        }
    }

    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        let fault = self.begin(Op::Get, cx)?;
        let (mut bytes, ignores_ranges) = {
            let state = self.lock();
            let asked = match &fault {
                Some(Fault::WrongObject(other)) => state.name(other),
                _ => state.name(key),
            };
            match state.objects.get(&asked) {
                Some(bytes) => (bytes.clone(), state.has(Broken::IgnoresRanges)),
                None if state.has(Broken::EmptyForUnknown) => (Vec::new(), true),
                None => return Err(Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}"))),
            }
        };
        let answer = info(key, &bytes);
        if let Some(range) = range.filter(|_| !ignores_ranges) {
            let start = usize::try_from(range.start).unwrap_or(usize::MAX);
            let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(bytes.len());
            bytes = match bytes.get(start..end) {
                Some(part) => part.to_vec(),
                None => return Err(Error::new(ErrorKind::Permanent, format!("no such range of {key}"))),
            };
        }
        match fault {
            Some(Fault::Truncate(keep)) => bytes.truncate(usize::try_from(keep).unwrap_or(usize::MAX)),
            Some(Fault::FlipBit) => {
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 16;
                }
            }
            Some(Fault::LostReply) => return Err(lost()),
            _ => {}
        }
        for piece in bytes.chunks(CHUNK) {
            check_cancel(cx)?;
            sink.write_all(piece)
                .map_err(|error| Error::caused(ErrorKind::Permanent, "what was read could not be passed on", error))?;
            cx.progress.add_bytes(piece.len() as u64);
        }
        Ok(answer)
    }

    fn head(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        let fault = self.begin(Op::Head, cx)?;
        let state = self.lock();
        let name = state.name(key);
        if fault == Some(Fault::Stale) && state.newest.as_ref() == Some(&name) {
            return Ok(None);
        }
        Ok(state.objects.get(&name).map(|bytes| info(key, bytes)))
    }

    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        let fault = self.begin(Op::List, cx)?;
        let found: Vec<Info> = {
            let state = self.lock();
            let hidden = state.newest.clone().filter(|_| fault == Some(Fault::Stale));
            let limit = if state.has(Broken::ShortList) { 1000 } else { usize::MAX };
            let shown = state
                .objects
                .iter()
                .filter(|(name, _)| name.starts_with(prefix) && Some(*name) != hidden.as_ref());
            shown
                .take(limit)
                .filter_map(|(name, bytes)| Some(info(&Key::new(name.clone()).ok()?, bytes)))
                .collect()
        };
        for info in found {
            if each(info).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn delete(&self, key: &Key, cx: &Cx) -> Result<()> {
        self.begin(Op::Delete, cx)?;
        let mut state = self.lock();
        let name = state.name(key);
        match state.objects.remove(&name) {
            Some(_) => Ok(()),
            None => Err(Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}"))),
        }
    }

    fn quota(&self, cx: &Cx) -> Result<Option<Quota>> {
        check_cancel(cx)?;
        let state = self.lock();
        let used: u64 = state.objects.values().map(|bytes| bytes.len() as u64).sum();
        Ok(state.room.map(|total| Quota {
            free: total.saturating_sub(used),
            total,
        }))
    }

    fn device(&self) -> Result<Option<u64>> {
        Ok(self.device)
    }
}
