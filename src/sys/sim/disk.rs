//! What the simulated disk holds: for each name and each file what is shown now and what would be left after a power cut.

use super::super::fs::{FileKind, FsErrorKind, Stat};
use super::calls::Trouble;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

/// What people and their other programs do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meddle {
    /// Writes at the end of the file that the path shows.
    Append(PathBuf, Vec<u8>),
    /// Writes at the end, then sets the time of the last change back to what it was (`exiftool -P`).
    AppendQuietly(PathBuf, Vec<u8>),
    /// Puts a new file in its place by renaming, as most editors save.
    Save(PathBuf, Vec<u8>),
    /// Writes at the end of a file that it opened long ago, whatever its name is now.
    AppendThrough(u64, Vec<u8>),
    /// Removes it.
    Delete(PathBuf),
    /// Gives it another name.
    Move(PathBuf, PathBuf),
}

pub(super) type Bytes = Arc<Vec<u8>>;

/// What one sync of a file makes durable together.
#[derive(Clone, Default)]
pub(super) struct Content {
    pub(super) bytes: Bytes,
    pub(super) mtime_ns: i64,
    pub(super) mode: u32,
    pub(super) tags: BTreeMap<String, Vec<u8>>,
}

#[derive(Clone)]
pub(super) struct Inode {
    pub(super) now: Content,
    /// What is on the disk; none where it was never synced.
    pub(super) durable: Option<Content>,
    pub(super) ctime_ns: i64,
    pub(super) clean: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Node {
    Dir,
    File(u64),
}

/// One change of names, whole or not at all.
#[derive(Clone)]
pub(super) struct Change(pub(super) Vec<(PathBuf, Option<Node>)>);

#[derive(Clone)]
pub(super) struct State {
    pub(super) seed: u64,
    pub(super) tick: i64,
    pub(super) inodes: BTreeMap<u64, Inode>,
    pub(super) names: BTreeMap<PathBuf, Node>,
    pub(super) durable: BTreeMap<PathBuf, Node>,
    pub(super) pending: Vec<Change>,
    pub(super) calls: u64,
    pub(super) troubles: Vec<(u64, Trouble)>,
    pub(super) trace: Vec<String>,
    pub(super) stopped: bool,
    pub(super) away: BTreeSet<PathBuf>,
    pub(super) devices: BTreeMap<PathBuf, u64>,
    pub(super) no_exchange: bool,
    pub(super) free: u64,
}

/// Files begin in the year 2023, well before any test's clock, so that none counts as just written.
pub(super) const EPOCH_NS: i64 = 1_700_000_000_000_000_000;
const PAGE: usize = 4096;

pub(super) fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new("/"))
}

impl State {
    /// splitmix64.
    pub(super) fn roll(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }

    pub(super) fn time(&mut self) -> i64 {
        self.tick += 1;
        EPOCH_NS + self.tick * 1000
    }

    pub(super) fn is_away(&self, path: &Path) -> bool {
        self.away.iter().any(|top| path.starts_with(top))
    }

    pub(super) fn dev(&self, path: &Path) -> u64 {
        let tops = path.ancestors().filter(|top| !self.away.contains(*top));
        tops.filter_map(|top| self.devices.get(top))
            .next()
            .copied()
            .unwrap_or(1)
    }

    pub(super) fn node(&self, path: &Path) -> std::result::Result<Node, FsErrorKind> {
        self.names.get(path).copied().ok_or(FsErrorKind::NotFound)
    }

    pub(super) fn file(&self, path: &Path) -> std::result::Result<u64, FsErrorKind> {
        match self.node(path)? {
            Node::File(ino) => Ok(ino),
            Node::Dir => Err(FsErrorKind::NotRegular),
        }
    }

    pub(super) fn has_dir(&self, dir: &Path) -> std::result::Result<(), FsErrorKind> {
        match self.node(dir)? {
            Node::Dir => Ok(()),
            Node::File(_) => Err(FsErrorKind::Io),
        }
    }

    pub(super) fn stat_ino(&self, ino: u64, path: &Path) -> std::result::Result<Stat, FsErrorKind> {
        let inode = self.inodes.get(&ino).ok_or(FsErrorKind::Io)?;
        let nlink = self.names.values().filter(|node| **node == Node::File(ino)).count();
        Ok(Stat {
            kind: FileKind::File,
            size: inode.now.bytes.len() as u64,
            mtime_ns: inode.now.mtime_ns,
            ctime_ns: inode.ctime_ns,
            dev: self.dev(path),
            ino,
            nlink: nlink as u64,
            mode: inode.now.mode,
            uid: 0,
        })
    }

    pub(super) fn stat(&self, path: &Path) -> std::result::Result<Stat, FsErrorKind> {
        match self.node(path)? {
            Node::File(ino) => self.stat_ino(ino, path),
            Node::Dir => Ok(Stat {
                kind: FileKind::Dir,
                size: 0,
                mtime_ns: EPOCH_NS,
                ctime_ns: EPOCH_NS,
                dev: self.dev(path),
                // Each folder its own number, or a walk takes one inside another for a loop.
                ino: path
                    .as_os_str()
                    .as_encoded_bytes()
                    .iter()
                    .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
                        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
                    })
                    | (1 << 63),
                nlink: 2,
                mode: 0o755,
                uid: 0,
            }),
        }
    }

    pub(super) fn new_inode(&mut self, bytes: Vec<u8>) -> u64 {
        let at = self.time();
        let ino = self.inodes.keys().next_back().map_or(1, |last| last + 1);
        let now = Content {
            bytes: Arc::new(bytes),
            mtime_ns: at,
            mode: 0o644,
            tags: BTreeMap::new(),
        };
        let inode = Inode {
            now,
            durable: None,
            ctime_ns: at,
            clean: false,
        };
        self.inodes.insert(ino, inode);
        ino
    }

    /// Changes what a file holds or says, without syncing it.
    pub(super) fn touch(&mut self, ino: u64, how: impl FnOnce(&mut Content, i64)) {
        let at = self.time();
        if let Some(inode) = self.inodes.get_mut(&ino) {
            how(&mut inode.now, at);
            inode.ctime_ns = at;
            inode.clean = false;
        }
    }

    /// A new name changes no content, only the time of the last change of attributes.
    pub(super) fn renamed(&mut self, ino: u64) {
        let at = self.time();
        if let Some(inode) = self.inodes.get_mut(&ino) {
            inode.ctime_ns = at;
        }
    }

    pub(super) fn sync(&mut self, ino: u64) {
        if let Some(inode) = self.inodes.get_mut(&ino) {
            inode.durable = Some(inode.now.clone());
            inode.clean = true;
        }
    }

    pub(super) fn make(&mut self, change: Change) {
        assign(&mut self.names, &change);
        self.pending.push(change);
    }

    /// Makes every change in this folder durable, and whatever earlier change it stands on.
    pub(super) fn sync_dir(&mut self, dir: &Path) {
        let mut needed: BTreeSet<PathBuf> = BTreeSet::new();
        let mut keep = Vec::new();
        let mut done = Vec::new();
        for change in std::mem::take(&mut self.pending).into_iter().rev() {
            let touches = |path: &PathBuf| parent(path) == dir || needed.contains(path);
            if change.0.iter().any(|(path, _)| touches(path)) {
                needed.extend(change.0.iter().map(|(path, _)| path.clone()));
                done.push(change);
            } else {
                keep.push(change);
            }
        }
        for change in done.iter().rev() {
            assign(&mut self.durable, change);
        }
        keep.reverse();
        self.pending = keep;
    }

    /// What a power cut leaves.
    pub(super) fn lose_volatile(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        // One time in three all of it is lost, one time in three none, else each change for itself.
        let luck = self.roll(3);
        for change in &pending {
            if luck == 0 || (luck == 1 && self.roll(2) == 0) {
                continue;
            }
            assign(&mut self.durable, change);
        }
        self.names = self.durable.clone();
        let dirty: Vec<u64> = self
            .inodes
            .iter()
            .filter(|(_, inode)| !inode.clean)
            .map(|(ino, _)| *ino)
            .collect();
        for ino in dirty {
            let (luck, cut) = (self.roll(5), self.roll(1 << 32));
            if let Some(inode) = self.inodes.get_mut(&ino) {
                inode.lose(luck, cut);
            }
        }
    }

    pub(super) fn meddle(&mut self, what: &Meddle) {
        let at = |path: &PathBuf| match self.names.get(path) {
            Some(Node::File(ino)) => Some(*ino),
            _ => None,
        };
        match what {
            Meddle::Append(path, bytes) => {
                if let Some(ino) = at(path) {
                    self.append(ino, bytes, false);
                }
            }
            Meddle::AppendQuietly(path, bytes) => {
                if let Some(ino) = at(path) {
                    self.append(ino, bytes, true);
                }
            }
            Meddle::AppendThrough(ino, bytes) => self.append(*ino, bytes, false),
            Meddle::Save(path, bytes) => {
                let ino = self.new_inode(bytes.clone());
                self.sync(ino);
                self.settle(Change(vec![(path.clone(), Some(Node::File(ino)))]));
            }
            Meddle::Delete(path) => {
                if at(path).is_some() {
                    self.settle(Change(vec![(path.clone(), None)]));
                }
            }
            Meddle::Move(from, to) => {
                if let Some(ino) = at(from) {
                    self.settle(Change(vec![(from.clone(), None), (to.clone(), Some(Node::File(ino)))]));
                }
            }
        }
    }

    /// A change by another program: durable at once, with what it stands on.
    pub(super) fn settle(&mut self, change: Change) {
        let dirs: Vec<PathBuf> = change.0.iter().map(|(path, _)| parent(path).to_owned()).collect();
        self.make(change);
        for dir in dirs {
            self.sync_dir(&dir);
        }
    }

    pub(super) fn append(&mut self, ino: u64, more: &[u8], quietly: bool) {
        self.touch(ino, |content, at| {
            Arc::make_mut(&mut content.bytes).extend_from_slice(more);
            if !quietly {
                content.mtime_ns = at;
            }
        });
        self.sync(ino);
    }
}

pub(super) fn assign(names: &mut BTreeMap<PathBuf, Node>, change: &Change) {
    for (path, node) in &change.0 {
        match node {
            Some(node) => names.insert(path.clone(), *node),
            None => names.remove(path),
        };
    }
}

impl Inode {
    /// Content that was not synced: old, empty, torn at a page, of the right length but with a page of zeros, or new.
    pub(super) fn lose(&mut self, luck: u64, cut: u64) {
        let mut new = self.now.clone();
        let len = new.bytes.len();
        let at = usize::try_from(cut).unwrap_or(0) % (len / PAGE + 1) * PAGE;
        let same_bytes = self
            .durable
            .as_ref()
            .is_some_and(|old| Arc::ptr_eq(&old.bytes, &new.bytes));
        self.now = match luck {
            // Only what it says of itself was changed: that goes or stays, its bytes were synced.
            _ if same_bytes && luck % 2 == 1 => new,
            _ if same_bytes => self.durable.clone().unwrap_or_default(),
            0 => self.durable.clone().unwrap_or_default(),
            1 => Content {
                bytes: Bytes::default(),
                ..self.durable.clone().unwrap_or_default()
            },
            2 => {
                Arc::make_mut(&mut new.bytes).truncate(at);
                new
            }
            3 => {
                let bytes = Arc::make_mut(&mut new.bytes);
                if let Some(page) = bytes.get_mut(at..len.min(at + PAGE)) {
                    page.fill(0);
                }
                new
            }
            _ => new,
        };
        self.durable = Some(self.now.clone());
        self.clean = true;
    }
}
