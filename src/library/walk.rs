//! Walks a tree by stat alone: opens no file, follows no link, enters no folder twice, and says what it left out.

use super::sidecar::is_temporary;
use crate::sys::{
    fs::{Entry, FileKind, Fs, FsErrorKind, Stat},
    real::{path_bytes, path_from_bytes},
    task::Cancel,
};
use std::{
    collections::HashSet,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// How deep folders may lie in one another.
pub const MAX_DEPTH: usize = 128;
/// The file that makes a folder a store.
pub const STORE_MARK: &[u8] = b"safelight.json";
/// The file that marks a folder in which Safelight keeps its own things.
pub const HOME_MARK: &[u8] = b"catalog.sqlite";

/// Folders of other programs that are no place for a person's own files, by how their names end.
const BUNDLES: &[&str] = &[
    ".photoslibrary",
    ".aplibrary",
    ".migratedphotolibrary",
    ".migratedaplibrary",
    ".photolibrary",
    ".lrdata",
    ".lrcat-data",
    ".cocatalog",
    ".cosessiondb",
    ".dtbase2",
    ".theater",
    ".app",
];
/// Folders of systems and programs, by their whole names.
const SYSTEM: &[&str] = &[
    "@eadir",
    "lost+found",
    "$recycle.bin",
    "system volume information",
    "#recycle",
    "#snapshot",
    "node_modules",
    "__macosx",
];
/// Catalogs and locks of other programs: files that change all the time and are no photos.
const FILES: &[&str] = &["thumbs.db", "desktop.ini"];

/// Why something that is there was not looked into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeftOut {
    /// Another program's library or a system's folder.
    Program,
    /// One of our stores.
    Store,
    /// A symbolic link; never followed.
    Link,
    /// A FIFO, socket or device.
    Special,
    /// A folder that was visited already by another way.
    Loop,
    /// Deeper than folders may lie.
    TooDeep,
    /// A watched tree of its own.
    OtherRoot,
}

impl LeftOut {
    /// What a person reads.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Program => "it belongs to another program",
            Self::Store => "it is a store of backups",
            Self::Link => "it is a link; links are not followed",
            Self::Special => "it is no regular file",
            Self::Loop => "this folder was seen already under another name",
            Self::TooDeep => "it lies too deep (more than 128 folders)",
            Self::OtherRoot => "it is watched as a folder of its own",
        }
    }
}

/// One folder as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Its path below the root, '/' between parts; empty for the root itself.
    pub rel: Vec<u8>,
    /// Where it is.
    pub path: PathBuf,
    /// Its regular files, sorted by their bytes.
    pub files: Vec<(Vec<u8>, Stat)>,
    /// Names that are there but could not be looked at.
    pub doubtful: Vec<(Vec<u8>, FsErrorKind)>,
    /// Names of half-written files of our own.
    pub leftovers: Vec<Vec<u8>>,
    /// The folder could not be read, or not to its end: what is not in `files` may be there all the same.
    pub problem: Option<String>,
}

/// What the walk has to say, in its order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A folder.
    Folder(Listing),
    /// Something that is there and was not looked into.
    LeftOut(PathBuf, LeftOut),
}

/// What to walk.
pub struct Walk<'a> {
    /// The file system.
    pub fs: &'a dyn Fs,
    /// Where to begin.
    pub root: &'a Path,
    /// Folders that are watched as trees of their own.
    pub other_roots: &'a [PathBuf],
    /// Stop here when asked.
    pub cancel: &'a Cancel,
}

struct Found {
    files: Vec<(Vec<u8>, Stat)>,
    dirs: Vec<(Vec<u8>, Stat)>,
    doubtful: Vec<(Vec<u8>, FsErrorKind)>,
    left_out: Vec<(Vec<u8>, LeftOut)>,
    leftovers: Vec<Vec<u8>>,
    store: bool,
    home: bool,
}

impl Found {
    fn take(&mut self, entry: Entry) {
        let name = path_bytes(Path::new(&entry.name));
        // Hidden files, our own folder (`.safelight`) and half-written files (`.safelight-tmp-..`) among them.
        if name.first() == Some(&b'.') {
            if is_temporary(&name) {
                self.leftovers.push(name);
            }
            return;
        }
        let stat = match entry.stat {
            Ok(stat) => stat,
            // It went away between the listing and the look: as if it had not been listed.
            Err(FsErrorKind::NotFound) => return,
            Err(kind) => {
                self.doubtful.push((name, kind));
                return;
            }
        };
        match stat.kind {
            FileKind::File => {
                self.store |= name == STORE_MARK;
                self.home |= name == HOME_MARK;
                if !is_noise(&name) {
                    self.files.push((name, stat));
                }
            }
            FileKind::Dir if is_bundle(&name) => self.left_out.push((name, LeftOut::Program)),
            FileKind::Dir => self.dirs.push((name, stat)),
            FileKind::Link => self.left_out.push((name, LeftOut::Link)),
            FileKind::Other => self.left_out.push((name, LeftOut::Special)),
        }
    }
}

fn is_bundle(name: &[u8]) -> bool {
    let lower = String::from_utf8_lossy(name).to_lowercase();
    SYSTEM.contains(&lower.as_str()) || BUNDLES.iter().any(|end| lower.ends_with(end))
}

/// Whether a walk of this tree would leave the folder `rel` below it out, so that what lies there is not seen: it is
/// hidden, of another program, a store, or too deep. A folder that is not there yet is judged by its name.
#[must_use]
pub fn is_left_out(fs: &dyn Fs, root: &Path, rel: &Path) -> bool {
    let mut at = root.to_owned();
    let mut depth = 0;
    for part in rel.components() {
        depth += 1;
        let name = path_bytes(part.as_os_str().as_ref());
        at.push(part);
        let marked = |mark: &[u8]| matches!(fs.stat_opt(&at.join(path_from_bytes(mark.to_vec()))), Ok(Some(_)));
        if name.first() == Some(&b'.') || is_bundle(&name) || marked(STORE_MARK) || marked(HOME_MARK) {
            return true;
        }
    }
    depth > MAX_DEPTH
}

fn is_ours(name: &[u8]) -> bool {
    let begins = |mark: &[u8]| name.starts_with(mark);
    begins(HOME_MARK) || begins(b"thumbs.db") || begins(b"settings.ron") || name == b"lock"
}

fn is_noise(name: &[u8]) -> bool {
    let lrcat: &[u8] = b".lrcat";
    // Lightroom's catalog and what lies beside it while it runs: `x.lrcat`, `x.lrcat-wal`, `x.lrcat.lock`.
    let of_lightroom = name.iter().enumerate().any(|(at, byte)| {
        *byte == b'.'
            && name
                .get(at..at + lrcat.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(lrcat))
    });
    of_lightroom || FILES.iter().any(|noise| name.eq_ignore_ascii_case(noise.as_bytes()))
}

impl Walk<'_> {
    /// Visits every folder, parents first, in the order of names, until `each` has had enough or the walk is cancelled.
    pub fn run(&self, each: &mut dyn FnMut(Step) -> ControlFlow<()>) {
        let mut visited: HashSet<(u64, u64)> = HashSet::new();
        if let Ok(stat) = self.fs.stat(self.root) {
            visited.insert((stat.dev, stat.ino));
        }
        let mut stack: Vec<(Vec<u8>, usize)> = vec![(Vec::new(), 0)];
        while let Some((rel, depth)) = stack.pop() {
            if self.cancel.is_cancelled() || self.folder(rel, depth, &mut visited, &mut stack, each).is_break() {
                return;
            }
        }
    }

    fn folder(
        &self,
        rel: Vec<u8>,
        depth: usize,
        visited: &mut HashSet<(u64, u64)>,
        stack: &mut Vec<(Vec<u8>, usize)>,
        each: &mut dyn FnMut(Step) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let path = if rel.is_empty() {
            self.root.to_owned()
        } else {
            self.root.join(path_from_bytes(rel.clone()))
        };
        let mut found = Found {
            files: Vec::new(),
            dirs: Vec::new(),
            doubtful: Vec::new(),
            left_out: Vec::new(),
            leftovers: Vec::new(),
            store: false,
            home: false,
        };
        let listed = self.fs.list(&path, &mut |entry| found.take(entry));
        if found.store {
            return each(Step::LeftOut(path, LeftOut::Store));
        }
        if found.home && !rel.is_empty() {
            return each(Step::LeftOut(path, LeftOut::Program));
        }
        if found.home {
            // A home kept in the watched folder itself: only our own files are left out.
            found.files.retain(|(name, _)| !is_ours(name));
        }
        let problem = match listed {
            // It was removed while we walked; the next scan of its parent will not list it. Nothing is concluded now.
            Err(error) if error.kind == FsErrorKind::Io => Some(error.to_string()),
            Err(error) => Some(format!("This folder could not be read: {}.", error.kind.sentence())),
            Ok(()) => None,
        };
        for (name, why) in found.left_out {
            each(Step::LeftOut(path.join(path_from_bytes(name)), why))?;
        }
        found.dirs.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        for (name, stat) in found.dirs {
            let child = path.join(path_from_bytes(name.clone()));
            let why = if depth + 1 > MAX_DEPTH {
                Some(LeftOut::TooDeep)
            } else if self.other_roots.contains(&child) {
                Some(LeftOut::OtherRoot)
            } else if !visited.insert((stat.dev, stat.ino)) {
                Some(LeftOut::Loop)
            } else {
                None
            };
            match why {
                Some(why) => each(Step::LeftOut(child, why))?,
                None => {
                    let mut below = rel.clone();
                    if !below.is_empty() {
                        below.push(b'/');
                    }
                    below.extend_from_slice(&name);
                    stack.push((below, depth + 1));
                }
            }
        }
        found.files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        each(Step::Folder(Listing {
            rel,
            path,
            files: found.files,
            doubtful: found.doubtful,
            leftovers: found.leftovers,
            problem,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_folders_are_known_by_name() {
        for name in [
            "Photos Library.photoslibrary",
            "@eaDir",
            "Old.LRDATA",
            "$RECYCLE.BIN",
            "A.cocatalog",
        ] {
            assert!(is_bundle(name.as_bytes()), "{name}");
        }
        assert!(!is_bundle(b"2024"));
        assert!(is_noise(b"Thumbs.db") && is_noise(b"My.lrcat") && is_noise(b"My.lrcat-wal"));
        assert!(!is_noise(b"IMG_0001.JPG"));
    }
}
