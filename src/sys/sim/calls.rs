//! The calls of the simulated file system, each of which can be made to fail, to stop the machine, or to come too late.

use super::super::fs::{Entry, Fs, FsError, FsErrorKind, ReadFile, Result, Space, Stat, WriteFile, assert_io_allowed};
use super::super::task::lock;
use super::disk::{Bytes, Change, Meddle, Node, State, parent};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

/// What happens at one call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The disk stops answering: this call and all later ones fail until [`SimFs::restart`].
    Stop,
    /// The program is killed in this call: it unwinds with [`Killed`], which the test catches.
    Kill,
    /// The call fails and has done nothing.
    Fail(FsErrorKind),
    /// The call fails although it has done its work, as where only the sync of the folder failed.
    FailDone(FsErrorKind),
    /// Another program is faster than this call.
    Meddle(Meddle),
}

/// What a killed program unwinds with.
#[derive(Clone, Copy, Debug)]
pub struct Killed;

/// What becomes of a call after it has done its work.
enum End {
    Well,
    FailDone(FsErrorKind),
    Die { kill: bool },
}

/// The file system in memory. Cloning shares it; [`SimFs::copy`] makes another.
#[derive(Clone)]
pub struct SimFs(Arc<Mutex<State>>);

impl SimFs {
    /// An empty one. The same seed and the same calls end in the same state.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut names = BTreeMap::new();
        names.insert(PathBuf::from("/"), Node::Dir);
        Self(Arc::new(Mutex::new(State {
            seed,
            tick: 0,
            inodes: BTreeMap::new(),
            durable: names.clone(),
            names,
            pending: Vec::new(),
            calls: 0,
            troubles: Vec::new(),
            trace: Vec::new(),
            stopped: false,
            away: BTreeSet::new(),
            devices: BTreeMap::new(),
            no_exchange: false,
            free: 1 << 40,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Another file system with the same content, that goes its own way by its own seed. Bytes are shared, not copied.
    #[must_use]
    pub fn copy(&self, seed: u64) -> Self {
        let mut state = self.lock().clone();
        state.seed = seed;
        state.calls = 0;
        state.troubles.clear();
        state.trace.clear();
        Self(Arc::new(Mutex::new(state)))
    }

    /// This happens at the `at`-th call from the last [`Self::count_from_here`], the first being 1.
    pub fn plan(&self, at: u64, trouble: Trouble) {
        self.lock().troubles.push((at, trouble));
    }

    /// Calls are counted from 1 again, and nothing more is planned.
    pub fn count_from_here(&self) {
        let mut state = self.lock();
        state.calls = 0;
        state.troubles.clear();
        state.trace.clear();
    }

    /// How many calls there were since then.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Each of those calls: its name and its path.
    #[must_use]
    pub fn trace(&self) -> Vec<String> {
        self.lock().trace.clone()
    }

    /// The machine is started again after a stop or a kill: names and contents that were not synced are as the seed
    /// decides, and no trouble is planned any more.
    pub fn restart(&self) {
        let mut state = self.lock();
        state.lose_volatile();
        state.stopped = false;
        state.troubles.clear();
    }

    /// The program is started again; the machine ran on, so nothing is lost.
    pub fn restart_program(&self) {
        let mut state = self.lock();
        state.stopped = false;
        state.troubles.clear();
    }

    /// Everything below this folder lies on this device; 1 where nothing is said.
    pub fn device(&self, top: &Path, number: u64) {
        self.lock().devices.insert(top.to_owned(), number);
    }

    /// The disk that carries this folder is pulled out, or plugged in again. Its mount point stays, an empty folder of
    /// another device.
    pub fn unplug(&self, top: &Path, away: bool) {
        let mut state = self.lock();
        if away {
            state.away.insert(top.to_owned());
        } else {
            state.away.remove(top);
        }
    }

    /// Whether two names can be exchanged.
    pub fn can_exchange(&self, can: bool) {
        self.lock().no_exchange = !can;
    }

    /// So many bytes are free.
    pub fn free(&self, bytes: u64) {
        self.lock().free = bytes;
    }

    /// One bit of a file turns over on the disk; no time changes. False where there is no such byte.
    pub fn rot(&self, path: &Path, byte: usize) -> bool {
        let mut state = self.lock();
        let Some(Node::File(ino)) = state.names.get(path).copied() else {
            return false;
        };
        let Some(inode) = state.inodes.get_mut(&ino) else {
            return false;
        };
        let Some(bit) = Arc::make_mut(&mut inode.now.bytes).get_mut(byte) else {
            return false;
        };
        *bit ^= 4;
        if inode.clean {
            inode.durable = Some(inode.now.clone());
        }
        true
    }

    /// A person's file, durable at once, with the folders above it.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.lock();
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        for dir in above {
            state.names.entry(dir.to_owned()).or_insert(Node::Dir);
            state.durable.entry(dir.to_owned()).or_insert(Node::Dir);
        }
        state.meddle(&Meddle::Save(path.to_owned(), bytes.to_vec()));
    }

    /// Another program does this now.
    pub fn meddle(&self, what: &Meddle) {
        self.lock().meddle(what);
    }

    /// What a path shows now; none where there is no file.
    #[must_use]
    pub fn bytes(&self, path: &Path) -> Option<Bytes> {
        let state = self.lock();
        match state.names.get(path) {
            Some(Node::File(ino)) => state.inodes.get(ino).map(|inode| Arc::clone(&inode.now.bytes)),
            _ => None,
        }
    }

    /// The time of the last change of what a path shows.
    #[must_use]
    pub fn mtime_ns(&self, path: &Path) -> Option<i64> {
        let state = self.lock();
        match state.names.get(path) {
            Some(Node::File(ino)) => state.inodes.get(ino).map(|inode| inode.now.mtime_ns),
            _ => None,
        }
    }

    /// The number of the file that a path shows.
    #[must_use]
    pub fn ino(&self, path: &Path) -> Option<u64> {
        match self.lock().names.get(path) {
            Some(Node::File(ino)) => Some(*ino),
            _ => None,
        }
    }

    /// Every file that has a name, in order.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let state = self.lock();
        let files = state.names.iter().filter(|(_, node)| matches!(node, Node::File(_)));
        files.map(|(path, _)| path.clone()).collect()
    }

    /// Counts one call and says how it will end, or fails it here.
    fn enter(&self, op: &'static str, path: &Path) -> Result<(MutexGuard<'_, State>, End)> {
        assert_io_allowed(&op);
        let mut state = self.lock();
        if state.stopped {
            return Err(FsError::of_kind(op, path, FsErrorKind::Io));
        }
        state.calls += 1;
        state.trace.push(format!("{op} {}", path.display()));
        let now = state.calls;
        let (due, later) = std::mem::take(&mut state.troubles)
            .into_iter()
            .partition::<Vec<_>, _>(|(at, _)| *at == now);
        state.troubles = later;
        let mut end = End::Well;
        for (_, trouble) in due {
            match trouble {
                Trouble::Meddle(what) => state.meddle(&what),
                Trouble::Fail(kind) => return Err(FsError::of_kind(op, path, kind)),
                Trouble::FailDone(kind) => end = End::FailDone(kind),
                Trouble::Stop => end = End::Die { kill: false },
                Trouble::Kill => end = End::Die { kill: true },
            }
        }
        if state.is_away(path) && !state.away.contains(path) {
            return Err(FsError::of_kind(op, path, FsErrorKind::NotFound));
        }
        Ok((state, end))
    }

    /// The end of a call whose work is done.
    fn leave(mut state: MutexGuard<'_, State>, end: &End, op: &'static str, path: &Path) -> Result<()> {
        match end {
            End::Well => Ok(()),
            End::FailDone(kind) => Err(FsError::of_kind(op, path, *kind)),
            End::Die { kill } => {
                state.stopped = true;
                drop(state);
                if *kill {
                    // Not a panic: nothing is printed, and only who planned the kill catches it.
                    std::panic::resume_unwind(Box::new(Killed));
                }
                Err(FsError::of_kind(op, path, FsErrorKind::Io))
            }
        }
    }

    /// A call that changes names: the change is made, then made durable unless the call ends badly.
    fn change(
        &self,
        op: &'static str,
        path: &Path,
        dirs: &[&Path],
        make: impl FnOnce(&mut State) -> std::result::Result<Change, FsErrorKind>,
    ) -> Result<()> {
        let (mut state, end) = self.enter(op, path)?;
        let change = make(&mut state).map_err(|kind| FsError::of_kind(op, path, kind))?;
        state.make(change);
        if matches!(end, End::Well) {
            for dir in dirs {
                state.sync_dir(dir);
            }
        }
        Self::leave(state, &end, op, path)
    }
}

struct SimRead {
    fs: SimFs,
    path: PathBuf,
    ino: u64,
    at: u64,
}

fn as_io(error: FsError) -> io::Error {
    let kind = match error.kind {
        FsErrorKind::NotFound => io::ErrorKind::NotFound,
        FsErrorKind::Denied => io::ErrorKind::PermissionDenied,
        FsErrorKind::Full => io::ErrorKind::StorageFull,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl Read for SimRead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (state, end) = self.fs.enter("read", &self.path).map_err(as_io)?;
        let bytes = state.inodes.get(&self.ino).map(|inode| Arc::clone(&inode.now.bytes));
        SimFs::leave(state, &end, "read", &self.path).map_err(as_io)?;
        let bytes = bytes.unwrap_or_default();
        let from = usize::try_from(self.at).unwrap_or(usize::MAX).min(bytes.len());
        let part = bytes.get(from..bytes.len().min(from.saturating_add(buffer.len())));
        let part = part.unwrap_or_default();
        if let Some(place) = buffer.get_mut(..part.len()) {
            place.copy_from_slice(part);
        }
        self.at += part.len() as u64;
        Ok(part.len())
    }
}

impl Seek for SimRead {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let len = {
            let state = self.fs.lock();
            state
                .inodes
                .get(&self.ino)
                .map_or(0, |inode| inode.now.bytes.len() as u64)
        };
        let (base, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (len, by),
            SeekFrom::Current(by) => (self.at, by),
        };
        let at = base.checked_add_signed(by);
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl ReadFile for SimRead {
    fn stat(&self) -> io::Result<Stat> {
        let (state, end) = self.fs.enter("fstat", &self.path).map_err(as_io)?;
        let stat = state.stat_ino(self.ino, &self.path);
        SimFs::leave(state, &end, "fstat", &self.path).map_err(as_io)?;
        stat.map_err(|kind| as_io(FsError::of_kind("fstat", &self.path, kind)))
    }

    fn drop_cache(&self) {}
}

struct SimWrite {
    fs: SimFs,
    path: PathBuf,
    ino: u64,
    failed: bool,
}

impl Write for SimWrite {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let (mut state, end) = self.fs.enter("write", &self.path).map_err(as_io)?;
        // A write that ends badly leaves half of it.
        let part = match end {
            End::Well => buffer,
            _ => buffer.get(..buffer.len() / 2).unwrap_or_default(),
        };
        state.touch(self.ino, |content, at| {
            Arc::make_mut(&mut content.bytes).extend_from_slice(part);
            content.mtime_ns = at;
        });
        SimFs::leave(state, &end, "write", &self.path).map_err(as_io)?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteFile for SimWrite {
    fn sync(&mut self) -> io::Result<()> {
        let entered = self.fs.enter("sync", &self.path);
        let (mut state, end) = entered.inspect_err(|_| self.failed = true).map_err(as_io)?;
        // After a failed sync the pages count as clean though they are not on the disk: a second one proves nothing.
        if matches!(end, End::Well) && !self.failed {
            state.sync(self.ino);
        }
        SimFs::leave(state, &end, "sync", &self.path).map_err(as_io)
    }
}

impl Fs for SimFs {
    fn stat(&self, path: &Path) -> Result<Stat> {
        let (state, end) = self.enter("stat", path)?;
        let stat = state.stat(path);
        Self::leave(state, &end, "stat", path)?;
        stat.map_err(|kind| FsError::of_kind("look at it", path, kind))
    }

    fn list(&self, dir: &Path, each: &mut dyn FnMut(Entry)) -> Result<()> {
        let (state, end) = self.enter("list", dir)?;
        let found: Vec<Entry> = if state.away.contains(dir) {
            Vec::new()
        } else {
            state
                .has_dir(dir)
                .map_err(|kind| FsError::of_kind("list the folder", dir, kind))?;
            let below = state.names.keys().filter(|path| path.parent() == Some(dir));
            let entry = |path: &PathBuf| {
                let name = path.file_name()?.to_owned();
                let stat = state.stat(path);
                Some(Entry { name, stat })
            };
            below.filter_map(entry).collect()
        };
        Self::leave(state, &end, "list", dir)?;
        found.into_iter().for_each(each);
        Ok(())
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadFile>> {
        let (state, end) = self.enter("open", path)?;
        let ino = state.file(path);
        Self::leave(state, &end, "open", path)?;
        let ino = ino.map_err(|kind| FsError::of_kind("open the file", path, kind))?;
        let (fs, path) = (self.clone(), path.to_owned());
        Ok(Box::new(SimRead { fs, path, ino, at: 0 }))
    }

    fn create_new(&self, path: &Path) -> Result<Box<dyn WriteFile>> {
        self.change("create", path, &[], |state| {
            state.has_dir(parent(path))?;
            if state.names.contains_key(path) {
                return Err(FsErrorKind::Exists);
            }
            let ino = state.new_inode(Vec::new());
            Ok(Change(vec![(path.to_owned(), Some(Node::File(ino)))]))
        })?;
        let ino = self.ino(path).unwrap_or(0);
        let (fs, path) = (self.clone(), path.to_owned());
        Ok(Box::new(SimWrite {
            fs,
            path,
            ino,
            failed: false,
        }))
    }

    fn make_dirs(&self, path: &Path) -> Result<()> {
        let above: Vec<&Path> = path.ancestors().collect();
        self.change("make_dirs", path, &above, |state| {
            let mut missing = Vec::new();
            for dir in &above {
                match state.names.get(*dir) {
                    Some(Node::Dir) => break,
                    Some(Node::File(_)) => return Err(FsErrorKind::Io),
                    None => missing.push((dir.to_path_buf(), Some(Node::Dir))),
                }
            }
            Ok(Change(missing))
        })
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        let (mut state, end) = self.enter("sync_dir", dir)?;
        state
            .has_dir(dir)
            .map_err(|kind| FsError::of_kind("sync the folder", dir, kind))?;
        if matches!(end, End::Well) {
            state.sync_dir(dir);
        }
        Self::leave(state, &end, "sync_dir", dir)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> Result<()> {
        self.change("rename", to, &[parent(to), parent(from)], |state| {
            let ino = state.file(from)?;
            state.has_dir(parent(to))?;
            if state.names.contains_key(to) {
                return Err(FsErrorKind::Exists);
            }
            if state.dev(from) != state.dev(to) {
                return Err(FsErrorKind::CrossDevice);
            }
            let names = vec![(from.to_owned(), None), (to.to_owned(), Some(Node::File(ino)))];
            state.renamed(ino);
            Ok(Change(names))
        })
    }

    fn exchange(&self, a: &Path, b: &Path) -> Result<()> {
        self.change("exchange", a, &[parent(a), parent(b)], |state| {
            if state.no_exchange {
                return Err(FsErrorKind::Unsupported);
            }
            let (one, other) = (state.file(a)?, state.file(b)?);
            if state.dev(a) != state.dev(b) {
                return Err(FsErrorKind::CrossDevice);
            }
            let names = vec![
                (a.to_owned(), Some(Node::File(other))),
                (b.to_owned(), Some(Node::File(one))),
            ];
            for ino in [one, other] {
                state.renamed(ino);
            }
            Ok(Change(names))
        })
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.change("replace", path, &[parent(path)], |state| {
            state.has_dir(parent(path))?;
            let ino = state.new_inode(bytes.to_vec());
            state.sync(ino);
            Ok(Change(vec![(path.to_owned(), Some(Node::File(ino)))]))
        })
    }

    fn unlink(&self, path: &Path) -> Result<()> {
        self.change("unlink", path, &[parent(path)], |state| {
            state.file(path)?;
            Ok(Change(vec![(path.to_owned(), None)]))
        })
    }

    fn space(&self, path: &Path) -> Result<Space> {
        let (state, end) = self.enter("space", path)?;
        let free = state.free;
        Self::leave(state, &end, "space", path)?;
        Ok(Space { free, total: 1 << 41 })
    }

    fn copy_attributes(&self, from: &Path, to: &Path) -> Result<()> {
        let (mut state, end) = self.enter("copy_attributes", to)?;
        let inos = state.file(from).and_then(|from| Ok((from, state.file(to)?)));
        let (from, ino) = inos.map_err(|kind| FsError::of_kind("keep the attributes", to, kind))?;
        if let Some(given) = state.inodes.get(&from).map(|inode| inode.now.clone()) {
            let foreign = |name: &String| !name.starts_with("safelight.");
            state.touch(ino, |content, _| {
                content.mtime_ns = given.mtime_ns;
                content.mode = given.mode;
                content
                    .tags
                    .extend(given.tags.into_iter().filter(|(name, _)| foreign(name)));
            });
        }
        Self::leave(state, &end, "copy_attributes", to)
    }

    fn set_mtime(&self, path: &Path, mtime_ns: i64) -> Result<()> {
        let (mut state, end) = self.enter("set_mtime", path)?;
        let ino = state
            .file(path)
            .map_err(|kind| FsError::of_kind("set the time", path, kind))?;
        state.touch(ino, |content, _| content.mtime_ns = mtime_ns);
        Self::leave(state, &end, "set_mtime", path)
    }

    fn set_tag(&self, path: &Path, name: &str, value: &[u8]) -> Result<bool> {
        let (mut state, end) = self.enter("set_tag", path)?;
        let ino = state
            .file(path)
            .map_err(|kind| FsError::of_kind("mark the file", path, kind))?;
        state.touch(ino, |content, _| {
            content.tags.insert(name.to_owned(), value.to_vec());
        });
        Self::leave(state, &end, "set_tag", path)?;
        Ok(true)
    }

    fn tag(&self, path: &Path, name: &str) -> Result<Option<Vec<u8>>> {
        let (state, end) = self.enter("tag", path)?;
        let found = state.file(path).map(|ino| {
            let inode = state.inodes.get(&ino);
            inode.and_then(|inode| inode.now.tags.get(name).cloned())
        });
        Self::leave(state, &end, "tag", path)?;
        found.map_err(|kind| FsError::of_kind("read the file's mark", path, kind))
    }
}
