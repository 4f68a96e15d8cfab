//! Watches the trees for changes, so that a new photo shows by itself. A help, never a truth: whatever is missed here the
//! next scan finds, and where the system cannot watch, a person is told so.

use crate::{
    catalog::{Catalog, error::Result as CatalogResult, roots::Root},
    model::{id::RootId, photo::Role},
    sys::{
        fs::{FileKind, Fs, FsError},
        task::{self, Cancel},
    },
};
use notify::{Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

/// Changes that may wait to be told; more of them become "everything may have changed".
const QUEUE: usize = 4096;
/// Paths that are told one by one; more of them become "everything may have changed".
const MAX_PATHS: usize = 10_000;
/// How often is looked whether more came.
const STEP: Duration = Duration::from_millis(100);
/// A tree is told of when nothing came for so many steps: a copy of many files is one change.
const QUIET: u32 = 7;
/// How many steps a busy tree may put it off.
const PATIENCE: u32 = 8 * QUIET;
/// How often is looked whether a tree came back or went away: the system tells neither of a disk that is plugged in.
const LOOK: Duration = Duration::from_secs(3);

/// What changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched {
    /// In these trees.
    pub roots: BTreeSet<RootId>,
    /// At these paths; `None`: at more than could be told one by one.
    pub paths: Option<BTreeSet<PathBuf>>,
}

impl Touched {
    fn none() -> Self {
        Self {
            roots: BTreeSet::new(),
            paths: Some(BTreeSet::new()),
        }
    }

    fn take(&mut self, (root, path): Told) {
        self.roots.insert(root);
        match (&mut self.paths, path) {
            (Some(paths), Some(path)) if paths.len() < MAX_PATHS => {
                paths.insert(path);
            }
            _ => self.paths = None,
        }
    }

    /// Both.
    pub fn join(&mut self, other: Self) {
        self.roots.extend(other.roots);
        self.paths = match (self.paths.take(), other.paths) {
            (Some(mut ours), Some(theirs)) if ours.len() + theirs.len() <= MAX_PATHS => {
                ours.extend(theirs);
                Some(ours)
            }
            _ => None,
        };
    }

    /// Only sidecars changed, as far as names tell.
    #[must_use]
    pub fn is_sidecars(&self) -> bool {
        let sidecar = |path: &PathBuf| {
            path.extension()
                .is_some_and(|ending| ending.eq_ignore_ascii_case("xmp"))
        };
        self.paths.as_ref().is_some_and(|paths| paths.iter().all(sidecar))
    }
}

/// A change; without a path it may be anywhere in the tree.
type Told = (RootId, Option<PathBuf>);

/// Whether all of these paths are as the catalog knows them already, so that there is nothing to scan for: what Safelight
/// itself wrote (a sidecar) or moved is made known by whoever does it.
///
/// # Errors
/// The catalog's. What the disk does not tell is not known.
pub fn all_known(catalog: &Catalog, fs: &dyn Fs, paths: &BTreeSet<PathBuf>) -> CatalogResult<bool> {
    for path in paths {
        let known = match (fs.stat_opt(path), catalog.file_at(path)?) {
            (Ok(None), Some(file)) => file.missing_since.is_some(),
            // A folder that went away takes its files along without a word about each.
            (Ok(None), None) => catalog.folder_at(path)?.is_none(),
            (Ok(Some(stat)), Some(file)) => {
                file.missing_since.is_none() && file.same_stat(&stat) && (file.role == Role::Sidecar || !file.racy)
            }
            _ => false,
        };
        if !known {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the places of trees are there, as far as a glance at each tells.
struct Presence {
    /// Each tree, and the disk that was seen at its place last.
    trees: Vec<(Root, Option<u64>)>,
}

impl Presence {
    /// What the catalog takes for true.
    fn of(roots: &[Root]) -> Self {
        let seen = |root: &Root| root.online.then_some(root.volume);
        Self {
            trees: roots.iter().map(|root| (root.clone(), seen(root))).collect(),
        }
    }

    /// The trees that came or went since the last look: only a scan knows what that means (I12).
    fn look(&mut self, fs: &dyn Fs) -> BTreeSet<RootId> {
        let mut changed = BTreeSet::new();
        for (root, seen) in &mut self.trees {
            let stat = fs.stat(&root.path).ok();
            let now = stat.filter(|stat| stat.kind == FileKind::Dir).map(|stat| stat.dev);
            if std::mem::replace(seen, now) != now {
                changed.insert(root.id);
            }
        }
        changed
    }
}

/// Ends the glances when the watching ends.
struct Glances(Cancel);

impl Drop for Glances {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Watches until it is dropped.
pub struct Watching {
    _watcher: RecommendedWatcher,
    _glances: Glances,
    /// Trees that cannot be watched, or not all of them, with what to do about it.
    pub problems: Vec<(PathBuf, String)>,
}

/// Watches these trees, those online of them, and glances at the places of all every few seconds. `on_change` is called on a thread of its own with what changed;
/// it must only pass the word on. Call again when trees come or go.
///
/// # Errors
/// The system has no watch or no thread to give at all.
pub fn watch(
    roots: &[Root],
    fs: Arc<dyn Fs>,
    on_change: impl Fn(Touched) + Send + Sync + 'static,
) -> Result<Watching, FsError> {
    let on_change = Arc::new(on_change);
    let trees: Vec<(RootId, PathBuf)> = roots
        .iter()
        .filter(|root| root.online)
        .map(|root| (root.id, root.path.clone()))
        .collect();
    let place = trees.first().map_or_else(PathBuf::new, |(_, path)| path.clone());
    let wrap = |error: io::Error| FsError::new("watch the folders", &place, error);
    let (sender, receiver) = sync_channel::<Told>(QUEUE);
    let overflow = Arc::new(AtomicBool::new(false));
    let (known, flag) = (trees.clone(), Arc::clone(&overflow));
    let handler = move |event: notify::Result<notify::Event>| tell(&known, &sender, &flag, event);
    let mut watcher = RecommendedWatcher::new(handler, Config::default().with_follow_symlinks(false))
        .map_err(|error| wrap(io::Error::other(error)))?;
    let mut problems = Vec::new();
    for (_, path) in &trees {
        if let Err(error) = watcher.watch(path, RecursiveMode::Recursive) {
            problems.push((path.clone(), sentence(&error)));
        }
    }
    let all: BTreeSet<RootId> = trees.iter().map(|(id, _)| *id).collect();
    let tell = Arc::clone(&on_change);
    task::spawn("watch", move || gather(&receiver, &all, &overflow, &*tell)).map_err(wrap)?;
    let cancel = Cancel::new();
    let (mut presence, ended) = (Presence::of(roots), cancel.clone());
    let glance = move || {
        while !ended.is_cancelled() {
            let roots = presence.look(fs.as_ref());
            if !roots.is_empty() && !ended.is_cancelled() {
                on_change(Touched { roots, paths: None });
            }
            task::pause(LOOK, &ended);
        }
    };
    task::spawn("watch-roots", glance).map_err(wrap)?;
    Ok(Watching {
        _watcher: watcher,
        _glances: Glances(cancel),
        problems,
    })
}

fn sentence(error: &notify::Error) -> String {
    let limit = match &error.kind {
        notify::ErrorKind::MaxFilesWatch => true,
        // ENOSPC: here it means that the table of watches is full, not the disk.
        notify::ErrorKind::Io(error) => error.raw_os_error() == Some(28),
        _ => false,
    };
    if limit {
        "It has more folders than this system lets a program watch. Changes are found when you scan again; to have them \
         found at once, raise fs.inotify.max_user_watches."
            .to_owned()
    } else {
        format!("This system cannot watch it ({error}). Changes are found when you scan again.")
    }
}

/// Whether a change at this path matters: not what lies in hidden folders, our own among them.
fn matters(root: &Path, path: &Path) -> bool {
    path.strip_prefix(root).is_ok_and(|below| {
        !below
            .components()
            .any(|part| part.as_os_str().as_encoded_bytes().first() == Some(&b'.'))
    })
}

fn tell(
    trees: &[(RootId, PathBuf)],
    sender: &SyncSender<Told>,
    overflow: &AtomicBool,
    event: notify::Result<notify::Event>,
) {
    let send = |told: Told| match sender.try_send(told) {
        Ok(()) | Err(TrySendError::Disconnected(_)) => {}
        Err(TrySendError::Full(_)) => overflow.store(true, Ordering::SeqCst),
    };
    let lost = event.as_ref().map_or(true, notify::Event::need_rescan);
    if lost {
        // The system lost count (a full queue of events): everything may have changed.
        trees.iter().for_each(|(id, _)| send((*id, None)));
    }
    let Ok(event) = event else { return };
    if matches!(event.kind, EventKind::Access(_)) {
        return;
    }
    for (id, root) in trees {
        let paths = event.paths.iter().filter(|path| matters(root, path));
        paths.for_each(|path| send((*id, Some(path.clone()))));
    }
}

/// Waits for the first change, then until it is quiet, then tells; ends with the watcher.
fn gather(receiver: &Receiver<Told>, all: &BTreeSet<RootId>, overflow: &AtomicBool, on_change: &impl Fn(Touched)) {
    let never = Cancel::new();
    while let Ok(first) = receiver.recv() {
        let mut touched = Touched::none();
        touched.take(first);
        let mut quiet = 0;
        for _ in 0..PATIENCE {
            task::pause(STEP, &never);
            let more: Vec<Told> = receiver.try_iter().collect();
            quiet = if more.is_empty() { quiet + 1 } else { 0 };
            more.into_iter().for_each(|told| touched.take(told));
            if quiet == QUIET {
                break;
            }
        }
        if overflow.swap(false, Ordering::SeqCst) {
            touched.roots.extend(all);
            touched.paths = None;
        }
        on_change(touched);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::time::Timestamp, sys::real::RealFs};

    #[test]
    fn i12_a_tree_that_comes_or_goes_is_told_of_once() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("usb");
        let root = Root {
            id: RootId(3),
            path: path.clone(),
            volume: std::os::unix::fs::MetadataExt::dev(&std::fs::metadata(dir.path()).expect("there")),
            added_at: Timestamp(0),
            scanned_at: None,
            online: false,
        };
        let mut presence = Presence::of(&[root]);
        assert_eq!(presence.look(&RealFs), BTreeSet::new(), "still away");
        std::fs::create_dir(&path).expect("plugged in");
        assert_eq!(presence.look(&RealFs), BTreeSet::from([RootId(3)]));
        assert_eq!(presence.look(&RealFs), BTreeSet::new());
        std::fs::remove_dir(&path).expect("unplugged");
        assert_eq!(presence.look(&RealFs), BTreeSet::from([RootId(3)]));
    }

    #[test]
    fn hidden_places_do_not_matter() {
        let root = Path::new("/p");
        assert!(matters(root, Path::new("/p/2024/a.jpg")));
        assert!(!matters(root, Path::new("/p/.safelight/held/x")));
        assert!(!matters(root, Path::new("/p/2024/.safelight-tmp-1")));
        assert!(!matters(root, Path::new("/elsewhere/a.jpg")));
    }

    #[test]
    fn what_changed_is_told_path_by_path_up_to_a_limit() {
        let mut touched = Touched::none();
        touched.take((RootId(1), Some(PathBuf::from("/p/a.jpg.xmp"))));
        touched.take((RootId(1), Some(PathBuf::from("/p/B.XMP"))));
        assert!(touched.is_sidecars());
        let mut other = Touched::none();
        other.take((RootId(2), Some(PathBuf::from("/q/a.jpg"))));
        touched.join(other);
        assert!(!touched.is_sidecars());
        assert_eq!(touched.roots, BTreeSet::from([RootId(1), RootId(2)]));
        assert_eq!(touched.paths.as_ref().map(BTreeSet::len), Some(3));
        // Somewhere in a tree is anywhere.
        touched.take((RootId(1), None));
        assert_eq!(touched.paths, None);
        let mut many = Touched::none();
        for at in 0..=MAX_PATHS {
            many.take((RootId(1), Some(PathBuf::from(format!("/p/{at}.xmp")))));
        }
        assert_eq!(many.paths, None);
        assert!(!many.is_sidecars());
    }

    #[test]
    fn a_new_file_is_told_of() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().canonicalize().expect("found");
        let root = Root {
            id: RootId(7),
            path: path.clone(),
            volume: std::os::unix::fs::MetadataExt::dev(&std::fs::metadata(&path).expect("there")),
            added_at: Timestamp(0),
            scanned_at: None,
            online: true,
        };
        let (sender, receiver) = sync_channel(8);
        let watching = watch(&[root], Arc::new(RealFs), move |touched| {
            let _ = sender.send(touched);
        })
        .expect("watched");
        assert!(watching.problems.is_empty(), "{:?}", watching.problems);
        std::fs::write(path.join(".hidden"), "x").expect("written");
        std::fs::write(path.join("a.jpg"), "x").expect("written");
        let told = receiver
            .recv_timeout(Duration::from_secs(60))
            .expect("told of within a minute");
        assert_eq!(told.roots, BTreeSet::from([RootId(7)]));
        assert_eq!(told.paths, Some(BTreeSet::from([path.join("a.jpg")])));
        assert!(!told.is_sidecars());
    }
}
