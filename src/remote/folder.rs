//! A folder as a remote: another disk, a mounted share, a synced folder. Bytes are written under a name of no meaning in
//! `.safelight-tmp/`, synced, and only then get their key by a rename that never replaces anything; so an object is whole
//! or absent after a kill or a power cut. A folder that went away is `Unreachable`, never empty: nothing is created again
//! in its place, and an unmounted share's bare mount point is told by its device number.

use super::{
    api::{CHUNK, Description, Error, ErrorKind, Info, Key, Quota, Remote, Result, Source, check_cancel},
    throttle::Throttle,
};
use crate::model::time::Timestamp;
use crate::sys::{
    clock::{Clock as _, RealClock, random_hex},
    fs::{FileKind, Fs, FsError, FsErrorKind, Stat},
    task::Cx,
};
use std::{
    io::{self, Read, SeekFrom, Write},
    ops::{ControlFlow, Range},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where unfinished objects lie, beside the objects so that a rename can finish them.
const TEMP: &str = ".safelight-tmp";
/// How an unfinished object's name begins; 32 random hex digits follow.
const TEMP_PREFIX: &str = "put-";
/// Unfinished objects of this age belong to no running program.
const SWEEP_AFTER_NS: i64 = 24 * 3600 * 1_000_000_000;
/// Folders below folders, more than any layout of ours has.
const MAX_DEPTH: usize = 32;
/// Entries of one folder that are read into memory.
const MAX_ENTRIES: usize = 4_000_000;
/// What systems put at the top of a disk; not ours to read, and often not readable.
const SYSTEM_FOLDERS: [&str; 7] = [
    "lost+found",
    "System Volume Information",
    "$RECYCLE.BIN",
    ".Trashes",
    ".Spotlight-V100",
    ".fseventsd",
    ".TemporaryItems",
];

/// A folder that the system or a program keeps in step with a cloud, offered as a place for a store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Synced {
    /// What people call it.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// What a person should know before choosing it.
    pub caution: &'static str,
}

/// Where iCloud Drive lies below a person's own folder: on macOS, and on Windows with Apple's iCloud.
const ICLOUD: [&str; 2] = ["Library/Mobile Documents/com~apple~CloudDocs", "iCloudDrive"];

/// The synced folders below a person's own folder that are there. Whether what lies in them has reached the cloud cannot be
/// asked for, and a copy on the photo's own disk never makes it safe; so they take backups, and no original goes for them.
#[must_use]
pub fn synced_folders(home: &Path, fs: &dyn Fs) -> Vec<Synced> {
    let mut found = Vec::new();
    for below in ICLOUD {
        let path = home.join(below);
        if matches!(fs.stat(&path), Ok(stat) if stat.kind == FileKind::Dir) {
            found.push(Synced {
                name: "iCloud Drive",
                path,
                caution: "It is uploaded by the system, which does not tell when. Photos are backed up there, but not counted \
                          as safe, and Optimize Storage leaves them on this disk.",
            });
        }
    }
    found
}

/// A folder of the file system, with keys as paths below it.
pub struct Folder {
    root: PathBuf,
    fs: Arc<dyn Fs>,
    dev: u64,
    throttle: Throttle,
}

impl Folder {
    /// The folder at this path, which must exist. Unfinished objects older than a day are swept away.
    ///
    /// # Errors
    /// `Unreachable` where nothing is there, `Permanent` where it is no folder.
    pub fn open(path: impl Into<PathBuf>, fs: Arc<dyn Fs>) -> Result<Self> {
        let root = path.into();
        let stat = fs.stat(&root).map_err(|error| opening(&root, error))?;
        if stat.kind != FileKind::Dir {
            let what = format!(
                "This is not a folder. Choose a folder for the store. {}",
                root.display()
            );
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        let folder = Self {
            root,
            fs,
            dev: stat.dev,
            throttle: Throttle::new(None),
        };
        folder.sweep(RealClock.now());
        Ok(folder)
    }

    /// The same, making the folder where only it is missing. The folder above must exist: a share that is not mounted
    /// must not be made up on the local disk.
    ///
    /// # Errors
    /// As `open`; and the folder above is missing or may not be written.
    pub fn create(path: impl Into<PathBuf>, fs: Arc<dyn Fs>) -> Result<Self> {
        let root = path.into();
        let there = fs.stat_opt(&root).map_err(|error| opening(&root, error))?;
        if there.is_none() {
            if let Some(above) = root.parent().filter(|above| !above.as_os_str().is_empty()) {
                fs.stat(above).map_err(|error| opening(above, error))?;
            }
            fs.make_dirs(&root).map_err(|error| opening(&root, error))?;
        }
        Self::open(root, fs)
    }

    /// The same with at most so many bytes a second, both ways: a share is reached over a line that others want, too.
    #[must_use]
    pub fn limited(self, bandwidth: Option<u64>) -> Self {
        Self {
            throttle: Throttle::new(bandwidth),
            ..self
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The folder is still the one that was opened.
    fn present(&self) -> Result<()> {
        let gone = |why: &str| {
            let what = format!(
                "The store's folder cannot be reached: {why}. Plug in or mount its disk and try again. {}",
                self.root.display()
            );
            Error::new(ErrorKind::Unreachable, what)
        };
        match self.fs.stat(&self.root) {
            Ok(stat) if stat.kind == FileKind::Dir && stat.dev == self.dev => Ok(()),
            Ok(stat) if stat.kind == FileKind::Dir => Err(gone("another disk, or none, is mounted there now")),
            Ok(_) => Err(gone("it is no longer a folder")),
            Err(error) => Err(gone(error.kind.sentence())),
        }
    }

    /// What a file system error means for a remote. `NotFound` counts only while the folder itself is there.
    fn failed(&self, error: FsError) -> Error {
        if let Err(unreachable) = self.present() {
            return unreachable;
        }
        let place = self.root.display();
        let (kind, what) = match error.kind {
            FsErrorKind::NotFound => (ErrorKind::NotFound, format!("Nothing is there. {place}")),
            FsErrorKind::Exists => (
                ErrorKind::Exists,
                format!("Something of that name is there already. {place}"),
            ),
            FsErrorKind::Full => (
                ErrorKind::Full,
                format!("The store's disk is full. Make room on it, or use another store. {place}"),
            ),
            FsErrorKind::Denied => (
                ErrorKind::Auth,
                format!("No permission in the store's folder. Give your user the right to read and write it. {place}"),
            ),
            FsErrorKind::ReadOnly => (
                ErrorKind::Permanent,
                format!(
                    "The store's disk can only be read. Mount it for writing, or check its write-protect switch. {place}"
                ),
            ),
            FsErrorKind::CrossDevice => (
                ErrorKind::Permanent,
                format!("Another disk is mounted inside the store's folder. Give each store one disk. {place}"),
            ),
            FsErrorKind::NotRegular => (
                ErrorKind::Permanent,
                format!("Something that is no regular file is in the way in the store's folder. {place}"),
            ),
            FsErrorKind::Elsewhere => (
                ErrorKind::Permanent,
                format!(
                    "This file is in iCloud only, and reading it would download it. In the Finder choose Download Now for the \
                     store's folder, then try again. {place}"
                ),
            ),
            FsErrorKind::Unsupported => (
                ErrorKind::Unsupported,
                format!("The store's disk cannot do what a store needs. Use a disk of another format. {place}"),
            ),
            FsErrorKind::Io => io_kind(error.source.as_ref(), &self.root),
        };
        Error::caused(kind, what, error)
    }

    fn failed_io(&self, op: &'static str, path: &Path, error: io::Error) -> Error {
        self.failed(FsError::new(op, path, error))
    }

    /// The path of a key. No folder on the way may be a link: a link in a shared folder could lead anywhere.
    fn place(&self, key: &Key) -> Result<PathBuf> {
        let mut path = self.root.clone();
        let mut parts = key.as_str().split('/').peekable();
        if key.as_str().split('/').any(is_ours) {
            return Err(Error::new(
                ErrorKind::Permanent,
                format!("this name is reserved: {key}"),
            ));
        }
        while let Some(part) = parts.next() {
            path.push(part);
            if parts.peek().is_none() {
                break;
            }
            match self.fs.stat_opt(&path).map_err(|error| self.failed(error))? {
                // Below a folder that is not there, nothing is.
                None => {
                    path.extend(parts);
                    break;
                }
                Some(stat) if stat.kind == FileKind::Dir => {}
                Some(_) => {
                    let error = FsError::of_kind("look at it", &path, FsErrorKind::NotRegular);
                    return Err(self.failed(error));
                }
            }
        }
        Ok(path)
    }

    fn stat_file(&self, path: &Path) -> Result<Option<Stat>> {
        match self.fs.stat_opt(path).map_err(|error| self.failed(error))? {
            None => {
                self.present()?;
                Ok(None)
            }
            Some(stat) if stat.kind == FileKind::File => Ok(Some(stat)),
            Some(_) => Err(self.failed(FsError::of_kind("look at it", path, FsErrorKind::NotRegular))),
        }
    }

    fn make_folder_of(&self, path: &Path) -> Result<()> {
        self.present()?;
        let above = path.parent().unwrap_or(&self.root);
        self.fs.make_dirs(above).map_err(|error| self.failed(error))
    }

    /// Sends the body into a file of no meaning and syncs it.
    fn write_temp(&self, temp: &Path, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<()> {
        body.seek(SeekFrom::Start(0)).map_err(unreadable_body)?;
        let mut file = self.fs.create_new(temp).map_err(|error| self.failed(error))?;
        let mut buffer = vec![0_u8; CHUNK];
        let mut left = size;
        while left > 0 {
            check_cancel(cx)?;
            let want = usize::try_from(left)
                .unwrap_or(CHUNK)
                .min(CHUNK)
                .min(self.throttle.piece());
            let got = read_some(body, buffer.get_mut(..want).unwrap_or_default()).map_err(unreadable_body)?;
            if got == 0 {
                return Err(wrong_length("ended early", size));
            }
            self.throttle.take(got as u64, &cx.cancel);
            check_cancel(cx)?;
            let bytes = buffer.get(..got).unwrap_or_default();
            file.write_all(bytes)
                .map_err(|error| self.failed_io("write the file", temp, error))?;
            left = left.saturating_sub(got as u64);
            cx.progress.add_bytes(got as u64);
        }
        let mut more = [0_u8; 1];
        if read_some(body, &mut more).map_err(unreadable_body)? > 0 {
            return Err(wrong_length("went on after its end", size));
        }
        check_cancel(cx)?;
        file.sync()
            .map_err(|error| self.failed_io("sync the file", temp, error))
    }

    /// Gives the finished file its key. A folder that somebody tidied away in between is made again.
    fn finish(&self, temp: &Path, path: &Path) -> Result<()> {
        let mut attempt = 0;
        loop {
            self.make_folder_of(path)?;
            match self.fs.rename_new(temp, path) {
                Ok(()) => return self.present(),
                Err(error) if error.kind == FsErrorKind::NotFound && attempt < 3 => attempt += 1,
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Removes what a kill left behind more than a day before `now`; only names that we make. Best effort, done on open.
    pub fn sweep(&self, now: Timestamp) {
        let dir = self.root.join(TEMP);
        let mut old = Vec::new();
        let listed = self.fs.list(&dir, &mut |entry| {
            let ours = entry.name.to_str().is_some_and(is_temp_name);
            if let (true, Ok(stat)) = (ours, entry.stat) {
                let age = now
                    .0
                    .saturating_mul(1_000_000)
                    .saturating_sub(stat.mtime_ns.max(stat.ctime_ns));
                if stat.kind == FileKind::File && age > SWEEP_AFTER_NS {
                    old.push(dir.join(&entry.name));
                }
            }
        });
        if listed.is_err() {
            return;
        }
        for path in old {
            if let Err(error) = self.fs.unlink(&path) {
                tracing::debug!("a leftover stays: {error}");
            }
        }
    }

    /// Every file below `dir`, whose key is `prefix` (empty, or ending in `/`).
    fn walk(&self, dir: PathBuf, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        let mut todo = vec![(dir, prefix.to_owned(), 0_usize)];
        let mut unreadable: Option<Error> = None;
        while let Some((dir, prefix, depth)) = todo.pop() {
            check_cancel(cx)?;
            let mut entries = Vec::new();
            let listed = self.fs.list(&dir, &mut |entry| {
                if entries.len() < MAX_ENTRIES {
                    entries.push(entry);
                }
            });
            match listed {
                Ok(()) if entries.len() >= MAX_ENTRIES || depth >= MAX_DEPTH => {
                    let what = format!("More in one folder than can be listed. {}", dir.display());
                    unreadable = Some(Error::new(ErrorKind::Permanent, what));
                    continue;
                }
                Ok(()) => {}
                // A folder that went away between its listing and ours holds nothing.
                Err(error) if error.kind == FsErrorKind::NotFound => {
                    self.present()?;
                    continue;
                }
                Err(error) => {
                    unreadable = Some(self.failed(error));
                    continue;
                }
            }
            for entry in entries {
                let Some(name) = entry.name.to_str() else { continue };
                if is_ours(name) || prefix.is_empty() && SYSTEM_FOLDERS.contains(&name) {
                    continue;
                }
                let path = format!("{prefix}{name}");
                match entry.stat {
                    Ok(stat) if stat.kind == FileKind::Dir => {
                        todo.push((dir.join(name), format!("{path}/"), depth.saturating_add(1)));
                    }
                    Ok(stat) if stat.kind == FileKind::File => {
                        // A name that is no key was never ours, and nobody could ask for it.
                        let Ok(key) = Key::new(path) else { continue };
                        let info = Info {
                            key,
                            size: stat.size,
                            tag: None,
                        };
                        if each(info).is_break() {
                            return Ok(());
                        }
                    }
                    Ok(_) | Err(FsErrorKind::NotFound) => {}
                    Err(kind) => {
                        unreadable = Some(self.failed(FsError::of_kind("look at it", &dir.join(name), kind)));
                    }
                }
            }
        }
        unreadable.map_or(Ok(()), Err)
    }
}

impl Remote for Folder {
    fn describe(&self) -> Description {
        Description {
            kind: "Folder",
            place: self.root.display().to_string(),
        }
    }

    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        self.present()?;
        let path = self.place(key)?;
        // Cheap early answer; the rename below is what decides.
        if self.stat_file(&path)?.is_some() {
            return Err(exists(key));
        }
        let name = random_hex(16).map_err(|error| {
            Error::caused(
                ErrorKind::Temporary,
                "The system has no randomness to give. Try again.",
                error,
            )
        })?;
        let temp = self.root.join(TEMP).join(format!("{TEMP_PREFIX}{name}"));
        self.make_folder_of(&temp)?;
        let done = self
            .write_temp(&temp, body, size, cx)
            .and_then(|()| self.finish(&temp, &path));
        if let Err(error) = done {
            // Where this fails too, the next sweep finds it.
            if let Err(left) = self.fs.unlink(&temp) {
                tracing::debug!("a leftover stays: {left}");
            }
            return Err(if error.kind == ErrorKind::Exists {
                exists(key)
            } else {
                error
            });
        }
        Ok(Info {
            key: key.clone(),
            size,
            tag: None,
        })
    }

    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        self.present()?;
        let path = self.place(key)?;
        self.stat_file(&path)?;
        self.make_folder_of(&path)?;
        self.fs.replace(&path, bytes).map_err(|error| self.failed(error))?;
        self.present()?;
        Ok(Info {
            key: key.clone(),
            size: bytes.len() as u64,
            tag: None,
        })
    }

    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info> {
        check_cancel(cx)?;
        let path = self.place(key)?;
        let mut file = self.fs.open(&path).map_err(|error| self.failed(error))?;
        file.drop_cache();
        let read_error = |error| self.failed_io("read the file", &path, error);
        let stat = file.stat().map_err(read_error)?;
        let range = range.unwrap_or(0..stat.size);
        if range.start > stat.size || range.start > range.end {
            let what = format!(
                "asked for bytes {} to {} of {}: {key}",
                range.start, range.end, stat.size
            );
            return Err(Error::new(ErrorKind::Permanent, what));
        }
        file.seek(SeekFrom::Start(range.start)).map_err(read_error)?;
        let mut left = range.end.min(stat.size).saturating_sub(range.start);
        let mut buffer = vec![0_u8; CHUNK];
        while left > 0 {
            check_cancel(cx)?;
            let want = usize::try_from(left)
                .unwrap_or(CHUNK)
                .min(CHUNK)
                .min(self.throttle.piece());
            let got = read_some(&mut file, buffer.get_mut(..want).unwrap_or_default()).map_err(read_error)?;
            if got == 0 {
                let what = format!("The file became shorter while it was read: {key}");
                return Err(Error::new(ErrorKind::Corrupt, what));
            }
            self.throttle.take(got as u64, &cx.cancel);
            sink.write_all(buffer.get(..got).unwrap_or_default())
                .map_err(refused_by_sink)?;
            left = left.saturating_sub(got as u64);
            cx.progress.add_bytes(got as u64);
        }
        Ok(Info {
            key: key.clone(),
            size: stat.size,
            tag: None,
        })
    }

    fn head(&self, key: &Key, cx: &Cx) -> Result<Option<Info>> {
        check_cancel(cx)?;
        self.present()?;
        let path = self.place(key)?;
        Ok(self.stat_file(&path)?.map(|stat| Info {
            key: key.clone(),
            size: stat.size,
            tag: None,
        }))
    }

    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()> {
        check_cancel(cx)?;
        self.present()?;
        let folder = prefix.trim_end_matches('/');
        let dir = if folder.is_empty() {
            self.root.clone()
        } else {
            self.place(&Key::new(folder)?)?
        };
        match self.fs.stat_opt(&dir).map_err(|error| self.failed(error))? {
            None => self.present(),
            Some(stat) if stat.kind == FileKind::Dir => {
                let prefix = if folder.is_empty() {
                    String::new()
                } else {
                    format!("{folder}/")
                };
                self.walk(dir, &prefix, cx, each)?;
                self.present()
            }
            Some(_) => Ok(()),
        }
    }

    fn delete(&self, key: &Key, cx: &Cx) -> Result<()> {
        check_cancel(cx)?;
        self.present()?;
        let path = self.place(key)?;
        if self.stat_file(&path)?.is_none() {
            return Err(Error::new(ErrorKind::NotFound, format!("Nothing is there: {key}")));
        }
        self.fs.unlink(&path).map_err(|error| self.failed(error))?;
        // Folders that are empty now mean nothing in a place of keys.
        let mut above = path.parent();
        while let Some(dir) = above.filter(|dir| *dir != self.root && dir.starts_with(&self.root)) {
            if self.fs.remove_empty_dir(dir).is_err() {
                break;
            }
            above = dir.parent();
        }
        Ok(())
    }

    fn quota(&self, cx: &Cx) -> Result<Option<Quota>> {
        check_cancel(cx)?;
        self.present()?;
        let space = self.fs.space(&self.root).map_err(|error| self.failed(error))?;
        Ok(Some(Quota {
            free: space.free,
            total: space.total,
        }))
    }

    fn device(&self) -> Result<Option<u64>> {
        self.present()?;
        Ok(Some(self.dev))
    }
}

/// Names that this program gives to unfinished files, its own and those of `Fs::replace`.
fn is_ours(name: &str) -> bool {
    name.starts_with(TEMP)
}

fn is_temp_name(name: &str) -> bool {
    name.strip_prefix(TEMP_PREFIX)
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn read_some(from: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

fn opening(path: &Path, error: FsError) -> Error {
    let place = path.display();
    let (kind, what) = match error.kind {
        FsErrorKind::NotFound => (
            ErrorKind::Unreachable,
            format!("The store's folder is not there. Plug in or mount its disk and try again. {place}"),
        ),
        FsErrorKind::Denied => (
            ErrorKind::Auth,
            format!("No permission for the store's folder. Give your user the right to read and write it. {place}"),
        ),
        FsErrorKind::ReadOnly => (
            ErrorKind::Permanent,
            format!("The disk can only be read. Mount it for writing, or choose another folder. {place}"),
        ),
        FsErrorKind::Full => (ErrorKind::Full, format!("The disk is full. Make room on it. {place}")),
        _ => (
            ErrorKind::Unreachable,
            format!(
                "The store's folder cannot be opened: {}. {place}",
                error.kind.sentence()
            ),
        ),
    };
    Error::caused(kind, what, error)
}

fn io_kind(source: Option<&io::Error>, root: &Path) -> (ErrorKind, String) {
    use io::ErrorKind as K;
    let place = root.display();
    match source.map(io::Error::kind) {
        Some(K::NotADirectory) => (
            ErrorKind::Permanent,
            format!("A file lies where the store needs a folder. Move it away. {place}"),
        ),
        Some(
            K::StaleNetworkFileHandle
            | K::NotConnected
            | K::HostUnreachable
            | K::NetworkUnreachable
            | K::NetworkDown
            | K::TimedOut
            | K::ConnectionReset
            | K::ConnectionAborted,
        ) => (
            ErrorKind::Unreachable,
            format!("The store's folder does not answer. Check its network or its disk. {place}"),
        ),
        _ => (
            ErrorKind::Temporary,
            format!("The store's disk reported an error. Check the disk and its cable. {place}"),
        ),
    }
}

fn exists(key: &Key) -> Error {
    Error::new(
        ErrorKind::Exists,
        format!("something of that name is there already: {key}"),
    )
}

fn unreadable_body(error: io::Error) -> Error {
    Error::caused(ErrorKind::Permanent, "what was to be sent could not be read", error)
}

fn refused_by_sink(error: io::Error) -> Error {
    Error::caused(ErrorKind::Permanent, "what was read could not be passed on", error)
}

fn wrong_length(how: &str, size: u64) -> Error {
    let what = format!("what was to be sent {how}: {size} bytes were promised");
    Error::new(ErrorKind::Permanent, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::real::RealFs;

    #[test]
    fn i16_a_limited_share_waits_and_can_be_stopped() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        // It would take ten seconds.
        let folder = Folder::open(dir.path(), Arc::new(RealFs))
            .expect("open")
            .limited(Some(2_000));
        let cx = Cx::new();
        let stop = cx.cancel.clone();
        let watch = cx.progress.clone();
        let stopper = std::thread::spawn(move || {
            while watch.read().bytes_done < 1 {
                std::thread::yield_now();
            }
            stop.cancel();
        });
        let key = Key::new("a/b").expect("a key");
        let put = folder.put(&key, &mut io::Cursor::new(vec![7; 20_000]), 20_000, &cx);
        assert_eq!(put.expect_err("stopped").kind, ErrorKind::Cancelled);
        stopper.join().expect("stopped it");
        assert_eq!(folder.head(&key, &Cx::new()).expect("asked"), None);
    }

    #[test]
    fn icloud_drive_is_found_where_it_is() {
        let home = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(synced_folders(home.path(), &RealFs), []);
        std::fs::write(home.path().join("iCloudDrive"), "a file of this name").expect("written");
        assert_eq!(synced_folders(home.path(), &RealFs), [], "a file is none");
        let mac = home.path().join("Library/Mobile Documents/com~apple~CloudDocs");
        std::fs::create_dir_all(&mac).expect("made");
        let found = synced_folders(home.path(), &RealFs);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].path == mac && found[0].name == "iCloud Drive" && found[0].caution.contains("not counted as safe")
        );
        Folder::open(mac, Arc::new(RealFs)).expect("it can hold a store");
    }

    #[test]
    fn a_file_in_the_cloud_only_is_a_sentence_and_no_absence() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::open(dir.path(), Arc::new(RealFs)).expect("opened");
        let error = folder.failed(FsError::of_kind("open the file", dir.path(), FsErrorKind::Elsewhere));
        assert_eq!(error.kind, ErrorKind::Permanent);
        assert!(error.what.contains("Download Now"), "{error}");
    }
}
