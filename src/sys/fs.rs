//! What the rest of the house may ask of a file system. `sys::real` is the machine's own, `sys::sim` one that crashes.
//!
//! The calls are few and each is whole: a rename that is not durable, or a write in place, cannot be asked for (I4). An
//! error is never taken for absence: only `NotFound` means that nothing is there, and only callers who ask with
//! [`Fs::stat_opt`] get it as a value.

use std::{
    cell::Cell,
    ffi::OsString,
    fmt,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

/// What lies at a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link; never followed.
    Link,
    /// A FIFO, socket or device; never opened.
    Other,
}

/// What the file system says of a name without opening it. Equal stats are the cheap sign that a file is unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// File, directory, link or other.
    pub kind: FileKind,
    /// Length in bytes.
    pub size: u64,
    /// Last change of content, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last change of content or attributes, nanoseconds since 1970; no program can set it back.
    pub ctime_ns: i64,
    /// The device it lies on.
    pub dev: u64,
    /// Its number on that device.
    pub ino: u64,
    /// How many names it has.
    pub nlink: u64,
    /// Permission bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
}

impl Stat {
    /// Same file, and nobody wrote to it in between (T1's guard: dev, ino, size, mtime, ctime).
    #[must_use]
    pub fn same_content_as(&self, other: &Self) -> bool {
        (self.dev, self.ino, self.size, self.mtime_ns, self.ctime_ns)
            == (other.dev, other.ino, other.size, other.mtime_ns, other.ctime_ns)
    }
}

/// One name of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name alone, any bytes.
    pub name: OsString,
    /// What lies there, or why that cannot be told.
    pub stat: std::result::Result<Stat, FsErrorKind>,
}

/// What went wrong, as far as it changes what to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FsErrorKind {
    /// Nothing has this name.
    NotFound,
    /// Something has this name already.
    Exists,
    /// No permission.
    Denied,
    /// No space, or over quota.
    Full,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The two names are on two file systems.
    CrossDevice,
    /// This file system cannot do it.
    Unsupported,
    /// Not a regular file.
    NotRegular,
    /// Its bytes are in the system's cloud only (iCloud Drive): reading it would download it, so it is left alone.
    Elsewhere,
    /// Anything else; says nothing about whether the file is there.
    Io,
}

impl FsErrorKind {
    /// The kind of an operating system error.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        use io::ErrorKind as K;
        match error.kind() {
            K::NotFound => Self::NotFound,
            K::AlreadyExists | K::DirectoryNotEmpty => Self::Exists,
            K::PermissionDenied => Self::Denied,
            K::StorageFull | K::QuotaExceeded => Self::Full,
            K::ReadOnlyFilesystem => Self::ReadOnly,
            K::CrossesDevices => Self::CrossDevice,
            K::Unsupported | K::InvalidInput => Self::Unsupported,
            K::IsADirectory => Self::NotRegular,
            _ => Self::Io,
        }
    }

    /// What a person reads.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NotFound => "it is not there",
            Self::Exists => "something of that name is there already",
            Self::Denied => "no permission",
            Self::Full => "the disk is full",
            Self::ReadOnly => "the disk can only be read, not written",
            Self::CrossDevice => "it is on another disk",
            Self::Unsupported => "this file system cannot do it",
            Self::NotRegular => "it is not a regular file",
            Self::Elsewhere => "it is in iCloud only; choose Download Now in the Finder",
            Self::Io => "the disk reported an error",
        }
    }
}

/// An error with what was tried and where; the path comes last, since it is the private part.
#[derive(Debug, thiserror::Error)]
#[error("cannot {op}: {reason}: {path}", reason = self.reason(), path = .path.display())]
pub struct FsError {
    /// What was tried, as the rest of "cannot ..".
    pub op: &'static str,
    /// The kind.
    pub kind: FsErrorKind,
    /// Where.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: Option<io::Error>,
}

impl FsError {
    /// An error of the operating system.
    #[must_use]
    pub fn new(op: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            op,
            kind: FsErrorKind::of(&source),
            path: path.to_owned(),
            source: Some(source),
        }
    }

    /// An error of our own making.
    #[must_use]
    pub fn of_kind(op: &'static str, path: &Path, kind: FsErrorKind) -> Self {
        Self {
            op,
            kind,
            path: path.to_owned(),
            source: None,
        }
    }

    fn reason(&self) -> String {
        match (&self.source, self.kind) {
            (Some(source), FsErrorKind::Io) => format!("{} ({source})", self.kind.sentence()),
            _ => self.kind.sentence().to_owned(),
        }
    }
}

/// The result of every file system call.
pub type Result<T> = std::result::Result<T, FsError>;

/// An open file to read.
pub trait ReadFile: Read + Seek + Send {
    /// The stat of what is open, whatever its name shows now.
    ///
    /// # Errors
    /// The disk's.
    fn stat(&self) -> io::Result<Stat>;

    /// Asks the system to forget its cached pages, so that the next read comes from the disk (read-back, safety.md 2.2).
    fn drop_cache(&self);
}

/// A new file being written under a name that nothing refers to yet.
pub trait WriteFile: Write + Send {
    /// Everything written is on the disk when this returns. After an error the file counts as lost: never retried on the
    /// same handle, since the system marks failed pages as clean (ATC'20).
    ///
    /// # Errors
    /// The disk's.
    fn sync(&mut self) -> io::Result<()>;
}

/// Room on a volume, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    /// What this user may still write.
    pub free: u64,
    /// The volume's size.
    pub total: u64,
}

/// A file system.
pub trait Fs: Send + Sync {
    /// What lies at `path`, links not followed.
    ///
    /// # Errors
    /// `NotFound` and the disk's.
    fn stat(&self, path: &Path) -> Result<Stat>;

    /// Every name in `dir` with its stat, in no order; `.` and `..` left out. One unreadable entry does not stop the rest.
    ///
    /// # Errors
    /// The directory itself cannot be read.
    fn list(&self, dir: &Path, each: &mut dyn FnMut(Entry)) -> Result<()>;

    /// Opens a regular file to read; links are not followed, FIFOs never block.
    ///
    /// # Errors
    /// `NotRegular` and the disk's.
    fn open(&self, path: &Path) -> Result<Box<dyn ReadFile>>;

    /// Creates a file that did not exist. Durable only after `sync` on it and [`Fs::sync_dir`] on its folder.
    ///
    /// # Errors
    /// `Exists` and the disk's.
    fn create_new(&self, path: &Path) -> Result<Box<dyn WriteFile>>;

    /// Creates a directory and those above it, durably; fine where it exists.
    ///
    /// # Errors
    /// The disk's.
    fn make_dirs(&self, path: &Path) -> Result<()>;

    /// Makes the names in `dir` durable.
    ///
    /// # Errors
    /// The disk's.
    fn sync_dir(&self, dir: &Path) -> Result<()>;

    /// Gives `from` the free name `to` on the same volume, atomically and durably (both folders are synced).
    ///
    /// # Errors
    /// `Exists` where `to` is taken; nothing has changed then.
    fn rename_new(&self, from: &Path, to: &Path) -> Result<()>;

    /// Exchanges what two names show, atomically and durably. At no instant is either name empty.
    ///
    /// # Errors
    /// `Unsupported` where the file system cannot; nothing has changed then.
    fn exchange(&self, a: &Path, b: &Path) -> Result<()>;

    /// Puts these bytes at `path`, whole or not at all, replacing what was there. For this program's own derived files
    /// and sidecars only, never for an original.
    ///
    /// # Errors
    /// The disk's; the old content is untouched then.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()>;

    /// Removes one name of a file, durably. A tidy test keeps the list of callers: temporary files of our own, and
    /// `backup::release` with a proof (I2).
    ///
    /// # Errors
    /// The disk's.
    fn unlink(&self, path: &Path) -> Result<()>;

    /// Removes a folder that has no entry; one that has any stays. Best effort tidying, never needed for anything.
    ///
    /// # Errors
    /// `Exists` where it is not empty, `Unsupported` where this file system does not offer it.
    fn remove_empty_dir(&self, dir: &Path) -> Result<()> {
        Err(FsError::of_kind("remove the folder", dir, FsErrorKind::Unsupported))
    }

    /// Room on the volume of `path`.
    ///
    /// # Errors
    /// The disk's.
    fn space(&self, path: &Path) -> Result<Space>;

    /// Gives `to` the times, mode and extended attributes of `from`.
    ///
    /// # Errors
    /// Any one of them could not be kept.
    fn copy_attributes(&self, from: &Path, to: &Path) -> Result<()>;

    /// Sets the time of a file's last change, nanoseconds since 1970: for a restored original.
    ///
    /// # Errors
    /// The disk's.
    fn set_mtime(&self, path: &Path, _mtime_ns: i64) -> Result<()> {
        Err(FsError::of_kind(
            "set the time of the file",
            path,
            FsErrorKind::Unsupported,
        ))
    }

    /// Sets an extended attribute `user.<name>`; `Ok(false)` where the file system has none.
    ///
    /// # Errors
    /// The disk's.
    fn set_tag(&self, path: &Path, name: &str, value: &[u8]) -> Result<bool>;

    /// The extended attribute `user.<name>`, if set.
    ///
    /// # Errors
    /// The disk's.
    fn tag(&self, path: &Path, name: &str) -> Result<Option<Vec<u8>>>;

    /// [`Fs::stat`] with `NotFound`, and only that, as `None`.
    ///
    /// # Errors
    /// Everything else: an error is never "absent".
    fn stat_opt(&self, path: &Path) -> Result<Option<Stat>> {
        match self.stat(path) {
            Ok(stat) => Ok(Some(stat)),
            Err(error) if error.kind == FsErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The whole of a file that is expected to be small.
    ///
    /// # Errors
    /// `Unsupported` where it is larger than `limit` bytes, and the disk's.
    fn read_small(&self, path: &Path, limit: u64) -> Result<Vec<u8>> {
        let file = self.open(path)?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| FsError::new("read", path, source))?;
        if bytes.len() as u64 > limit {
            return Err(FsError::of_kind(
                "read (larger than it may be)",
                path,
                FsErrorKind::Unsupported,
            ));
        }
        Ok(bytes)
    }
}

thread_local! {
    static NO_IO: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as the one that draws: file system calls on it are a bug (I1), loud in tests, logged in releases.
pub fn forbid_io_on_this_thread() {
    NO_IO.with(|flag| flag.set(true));
}

/// Called by every file system before every call.
pub(in crate::sys) fn assert_io_allowed(op: &dyn fmt::Display) {
    if NO_IO.with(Cell::get) {
        tracing::error!("I1: {op} on the thread that draws");
        debug_assert!(false, "I1: {op} on the thread that draws");
    }
}
