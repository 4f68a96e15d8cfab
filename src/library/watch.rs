//! Watches the trees for changes, so that a new photo shows by itself. A help, never a truth: whatever is missed here the
//! next scan finds, and where the system cannot watch, a person is told so.

use crate::{
    catalog::roots::Root,
    model::id::RootId,
    sys::{fs::FsError, task},
};
use notify::{Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

/// Changes that may wait to be told; more of them become "everything may have changed".
const QUEUE: usize = 256;
/// A tree is told of when it has been quiet for so long: a copy of many files is one change.
const QUIET: Duration = Duration::from_millis(700);
/// How many quiet times a busy tree may put it off.
const PATIENCE: u32 = 8;

/// Watches until it is dropped.
pub struct Watching {
    _watcher: RecommendedWatcher,
    /// Trees that cannot be watched, or not all of them, with what to do about it.
    pub problems: Vec<(PathBuf, String)>,
}

/// Watches these trees, those online of them. `on_change` is called on a thread of its own with the trees that changed;
/// it must only pass the word on. Call again when trees come or go.
///
/// # Errors
/// The system has no watch or no thread to give at all.
pub fn watch(roots: &[Root], on_change: impl Fn(&BTreeSet<RootId>) + Send + 'static) -> Result<Watching, FsError> {
    let trees: Vec<(RootId, PathBuf)> = roots
        .iter()
        .filter(|root| root.online)
        .map(|root| (root.id, root.path.clone()))
        .collect();
    let place = trees.first().map_or_else(PathBuf::new, |(_, path)| path.clone());
    let wrap = |error: io::Error| FsError::new("watch the folders", &place, error);
    let (sender, receiver) = sync_channel::<RootId>(QUEUE);
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
    task::spawn("watch", move || gather(&receiver, &all, &overflow, &on_change)).map_err(wrap)?;
    Ok(Watching {
        _watcher: watcher,
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
    sender: &SyncSender<RootId>,
    overflow: &AtomicBool,
    event: notify::Result<notify::Event>,
) {
    let Ok(event) = event else {
        // The system lost count (a full queue of events): everything may have changed.
        overflow.store(true, Ordering::SeqCst);
        return;
    };
    if event.need_rescan() {
        overflow.store(true, Ordering::SeqCst);
    }
    if matches!(event.kind, EventKind::Access(_)) {
        return;
    }
    for (id, root) in trees {
        if event.paths.iter().any(|path| matters(root, path)) || event.need_rescan() {
            match sender.try_send(*id) {
                Ok(()) | Err(TrySendError::Disconnected(_)) => {}
                Err(TrySendError::Full(_)) => overflow.store(true, Ordering::SeqCst),
            }
        }
    }
}

/// Waits for the first change, then until it is quiet, then tells; ends with the watcher.
fn gather(
    receiver: &Receiver<RootId>,
    all: &BTreeSet<RootId>,
    overflow: &AtomicBool,
    on_change: &impl Fn(&BTreeSet<RootId>),
) {
    while let Ok(first) = receiver.recv() {
        let mut changed = BTreeSet::from([first]);
        for _ in 0..PATIENCE {
            match receiver.recv_timeout(QUIET) {
                Ok(root) => {
                    changed.insert(root);
                    changed.extend(receiver.try_iter());
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        if overflow.swap(false, Ordering::SeqCst) {
            changed.extend(all);
        }
        on_change(&changed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn hidden_places_do_not_matter() {
        let root = Path::new("/p");
        assert!(matters(root, Path::new("/p/2024/a.jpg")));
        assert!(!matters(root, Path::new("/p/.safelight/held/x")));
        assert!(!matters(root, Path::new("/p/2024/.safelight-tmp-1")));
        assert!(!matters(root, Path::new("/elsewhere/a.jpg")));
    }

    #[test]
    fn a_new_file_is_told_of() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().canonicalize().expect("found");
        let root = Root {
            id: RootId(7),
            path: path.clone(),
            volume: 0,
            added_at: Timestamp(0),
            scanned_at: None,
            online: true,
        };
        let (sender, receiver) = sync_channel(8);
        let watching = watch(&[root], move |roots| {
            let _ = sender.send(roots.clone());
        })
        .expect("watched");
        assert!(watching.problems.is_empty(), "{:?}", watching.problems);
        std::fs::write(path.join(".hidden"), "x").expect("written");
        std::fs::write(path.join("a.jpg"), "x").expect("written");
        let told = receiver
            .recv_timeout(Duration::from_secs(60))
            .expect("told of within a minute");
        assert_eq!(told, BTreeSet::from([RootId(7)]));
    }
}
