//! A store's photos into an empty folder, with nothing but the store: no catalog, no home. Names come from the store's
//! log and are trusted with nothing (safety.md S3): they never leave the folder, never follow a link, never overwrite.

use super::error::{Error, Result};
use crate::{
    backup::local,
    model::content::ContentId,
    remote::api::Key,
    store::{
        error::Error as StoreError,
        state::{Sighting, State},
        store::Store,
    },
    sys::{
        clock::random_hex,
        fs::{FileKind, Fs, FsError, FsErrorKind},
        real::path_from_bytes,
        task::Cx,
    },
};
use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

/// How a restore into a folder ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RestoreToReport {
    /// Files written.
    pub written: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already, every byte equal.
    pub already: u64,
    /// Earlier versions of files that were edited: they stay in the store.
    pub earlier: u64,
    /// Files under another name than they had, since the name was taken: old and new.
    pub renamed: Vec<(String, String)>,
    /// Files that could not be restored: name and sentence.
    pub failed: Vec<(String, String)>,
}

/// One file to write.
#[derive(Clone, PartialEq, Debug)]
struct Item {
    path: PathBuf,
    content: ContentId,
    size: u64,
    key: Key,
    mtime_ns: Option<i64>,
}

/// Restores what a store knows into `dir`; `only` narrows it to these contents.
///
/// # Errors
/// The store's own: it is away, or its log cannot be listed. What is wrong with one file is in the report.
pub fn restore_to(
    fs: &dyn Fs,
    store: &Store,
    dir: &Path,
    only: Option<&HashSet<ContentId>>,
    cx: &Cx,
) -> Result<RestoreToReport> {
    let replay = store.read_all(cx)?;
    let state = State::of(&replay);
    let mut report = RestoreToReport::default();
    for problem in &state.problems {
        report.failed.push((
            problem.key.clone(),
            format!("this part of the log is damaged ({})", problem.what),
        ));
    }
    let items = items(&state, only, &mut report);
    fs.make_dirs(dir)?;
    cx.progress
        .start(items.len() as u64, items.iter().map(|item| item.size).sum());
    for item in items {
        if cx.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let name = item.path.display().to_string();
        cx.progress.label(&name);
        match write(fs, store, dir, &item, cx) {
            Ok(Written::New(path)) => {
                report.written += 1;
                report.bytes += item.size;
                if path != item.path {
                    report.renamed.push((name, path.display().to_string()));
                }
            }
            Ok(Written::Already) => report.already += 1,
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(Error::Fs(error)) if matches!(error.kind, FsErrorKind::Full | FsErrorKind::ReadOnly) => {
                return Err(Error::Fs(error));
            }
            Err(Error::Store(error)) if error.is_about_the_store() => return Err(Error::Store(error)),
            Err(error) => report.failed.push((name, error.to_string())),
        }
        cx.progress.add(1);
    }
    Ok(report)
}

/// Which content goes where: for each name the newest that a device saw there.
fn items(state: &State, only: Option<&HashSet<ContentId>>, report: &mut RestoreToReport) -> Vec<Item> {
    let mut newest: BTreeMap<(&str, Vec<u8>), (&Sighting, ContentId)> = BTreeMap::new();
    for (content, known) in &state.contents {
        for sighting in &known.seen {
            let mut path = sighting.folder.clone();
            path.push(b'/');
            path.extend_from_slice(&sighting.name);
            let place = newest
                .entry((sighting.device.as_str(), path))
                .or_insert((sighting, *content));
            if sighting.stamp > place.0.stamp {
                *place = (sighting, *content);
            }
        }
    }
    let mut current: BTreeMap<(Vec<u8>, ContentId), &Sighting> = BTreeMap::new();
    for ((_, path), (sighting, content)) in newest {
        current.insert((path, content), sighting);
    }
    let placed: HashSet<ContentId> = current.keys().map(|(_, content)| *content).collect();
    let wanted = |content: &ContentId| only.is_none_or(|only| only.contains(content));
    let mut items = Vec::new();
    for (content, known) in &state.contents {
        if wanted(content) && !placed.contains(content) && !known.copies.is_empty() {
            report.earlier += 1;
        }
    }
    for ((path, content), sighting) in current {
        if !wanted(&content) {
            continue;
        }
        let shown = String::from_utf8_lossy(&path).into_owned();
        let Some(known) = state.contents.get(&content) else {
            continue;
        };
        let Some(key) = known.best_key() else {
            // Seen, but never proven here: it was still waiting when the log ended.
            report
                .failed
                .push((shown, "the store has no copy of it: it was not sent yet".to_owned()));
            continue;
        };
        match safe_path(&path) {
            Some(path) => items.push(Item {
                path,
                content,
                size: known.size,
                key: key.clone(),
                mtime_ns: sighting.mtime_ns,
            }),
            None => report.failed.push((
                shown,
                format!("its name would leave the folder, so it is not used; the photo is in the store as {key}"),
            )),
        }
    }
    items
}

/// A path below the target, or none: no part is empty, `.`, `..`, over-long, or holds a NUL.
fn safe_path(bytes: &[u8]) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in bytes.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        if part == b"." || part == b".." || part.len() > 255 || part.contains(&0) {
            return None;
        }
        path.push(path_from_bytes(part.to_vec()));
    }
    (path.components().count() > 0 && path.is_relative()).then_some(path)
}

enum Written {
    New(PathBuf),
    Already,
}

fn write(fs: &dyn Fs, store: &Store, dir: &Path, item: &Item, cx: &Cx) -> Result<Written> {
    make_inside(fs, dir, item.path.parent())?;
    for attempt in 1..=99_u32 {
        let relative = numbered(&item.path, attempt);
        let target = dir.join(&relative);
        match fs.stat_opt(&target)? {
            None => {
                fetch(fs, store, &target, item, cx)?;
                return Ok(Written::New(relative));
            }
            Some(stat) if stat.kind == FileKind::File && stat.size == item.size => {
                if local::hash_file(fs, &target, cx)?.content == item.content {
                    return Ok(Written::Already);
                }
            }
            Some(_) => {}
        }
    }
    Err(Error::refused("a hundred other files of its name are there already"))
}

/// Makes the folders above a file, refusing any that turns out to be a link out of the target.
fn make_inside(fs: &dyn Fs, dir: &Path, below: Option<&Path>) -> Result<()> {
    let mut at = dir.to_owned();
    for part in below.into_iter().flat_map(Path::components) {
        at.push(part);
        match fs.stat_opt(&at)? {
            None => fs.make_dirs(&at)?,
            Some(stat) if stat.kind == FileKind::Dir => {}
            Some(_) => return Err(FsError::of_kind("restore into it", &at, FsErrorKind::NotRegular).into()),
        }
    }
    Ok(())
}

fn numbered(path: &Path, attempt: u32) -> PathBuf {
    if attempt == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem} ({attempt}).{}", extension.to_string_lossy()),
        None => format!("{stem} ({attempt})"),
    };
    path.with_file_name(name)
}

fn fetch(fs: &dyn Fs, store: &Store, target: &Path, item: &Item, cx: &Cx) -> Result<()> {
    let dir = target.parent().unwrap_or_else(|| Path::new("."));
    let unique = random_hex(8).map_err(|source| FsError::new("choose a name", dir, source))?;
    let tmp = dir.join(format!(".safelight-tmp-{unique}"));
    let mut file = fs.create_new(&tmp)?;
    let fetched = store
        .fetch(&item.key, &mut file, cx)
        .map_err(Error::from)
        .and_then(|(found, found_size)| {
            if (found, found_size) == (item.content, item.size) {
                return Ok(());
            }
            Err(Error::Store(StoreError::WrongBytes {
                key: item.key.to_string(),
                content: item.content,
                size: item.size,
                found,
                found_size,
            }))
        });
    let done = fetched.and_then(|()| {
        file.flush()
            .and_then(|()| file.sync())
            .map_err(|source| FsError::new("write the file", target, source))?;
        if let Some(mtime) = item.mtime_ns {
            fs.set_mtime(&tmp, mtime)?;
        }
        Ok(fs.rename_new(&tmp, target)?)
    });
    if done.is_err() {
        // Half a file under our own temporary name: of no use to anybody.
        let _ = fs.unlink(&tmp);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::safe_path;
    use std::path::PathBuf;

    #[test]
    fn names_from_a_store_never_leave_the_folder() {
        for bad in [&b"../x"[..], b"a/../../x", b"./x", b"", b"/", b"a/\0/x", &[b'x'; 300]] {
            assert_eq!(safe_path(bad), None, "{bad:?}");
        }
        assert_eq!(
            safe_path(b"/etc/passwd"),
            Some(PathBuf::from("etc/passwd")),
            "an absolute name becomes a relative one"
        );
        assert_eq!(
            safe_path("Photos/été/a b.jpg".as_bytes()),
            Some(PathBuf::from("Photos/été/a b.jpg"))
        );
    }
}
