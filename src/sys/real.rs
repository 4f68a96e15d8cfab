//! The machine's own file system. Every durable rename syncs both folders here, so that no call site can forget it.

#![expect(clippy::disallowed_methods, reason = "this file is the door to the file system")]

use super::fs::{
    Entry, FileKind, Fs, FsError, FsErrorKind, ReadFile, Result, Space, Stat, WriteFile, assert_io_allowed,
};
use rustix::{
    fs::{self as rfs, AtFlags, Mode, OFlags, RenameFlags, Timestamps},
    io::Errno,
};
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::{ffi::OsStrExt as _, ffi::OsStringExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
};

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFs;

#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    reason = "the fields' types differ by platform"
)]
fn stat_of(raw: &rfs::Stat) -> Stat {
    let kind = match rfs::FileType::from_raw_mode(raw.st_mode) {
        rfs::FileType::RegularFile => FileKind::File,
        rfs::FileType::Directory => FileKind::Dir,
        rfs::FileType::Symlink => FileKind::Link,
        _ => FileKind::Other,
    };
    let ns = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
    Stat {
        kind,
        size: u64::try_from(raw.st_size).unwrap_or(0),
        mtime_ns: ns(raw.st_mtime as i64, raw.st_mtime_nsec as i64),
        ctime_ns: ns(raw.st_ctime as i64, raw.st_ctime_nsec as i64),
        dev: raw.st_dev as u64,
        ino: raw.st_ino as u64,
        nlink: raw.st_nlink as u64,
        mode: (raw.st_mode as u32) & 0o7777,
        uid: raw.st_uid as u32,
    }
}

/// macOS: the file's bytes are not on this disk, and reading them would download them (`SF_DATALESS` of `sys/stat.h`).
/// Asked of every file that is opened, so that no scan, hash or thumbnail empties iCloud Drive onto the disk.
#[cfg(any(target_os = "macos", test))]
fn is_dataless(flags: u32) -> bool {
    const SF_DATALESS: u32 = 0x4000_0000;
    flags & SF_DATALESS != 0
}

fn errno(op: &'static str, path: &Path, error: Errno) -> FsError {
    let kind = match error {
        Errno::NOSYS | Errno::OPNOTSUPP | Errno::INVAL => FsErrorKind::Unsupported,
        // O_NOFOLLOW on a link.
        Errno::LOOP | Errno::NXIO | Errno::NODEV => FsErrorKind::NotRegular,
        Errno::DQUOT | Errno::NOSPC => FsErrorKind::Full,
        Errno::PERM | Errno::ACCESS => FsErrorKind::Denied,
        other => FsErrorKind::of(&other.into()),
    };
    FsError {
        op,
        kind,
        path: path.to_owned(),
        source: Some(error.into()),
    }
}

struct RealRead(File);

impl Read for RealRead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for RealRead {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl ReadFile for RealRead {
    fn stat(&self) -> io::Result<Stat> {
        Ok(stat_of(&rfs::fstat(&self.0)?))
    }

    fn drop_cache(&self) {
        // Only clean pages can be dropped, so what we wrote must have been synced before. No effect on tmpfs.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = rfs::fadvise(&self.0, 0, None, rfs::Advice::DontNeed);
    }
}

struct RealWrite(File);

impl Write for RealWrite {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl WriteFile for RealWrite {
    fn sync(&mut self) -> io::Result<()> {
        // On macOS this is F_FULLFSYNC.
        self.0.sync_all()
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Puts these bytes at `path`, whole or not at all, for nobody's eyes but this user's (0600): for encrypted secrets.
///
/// # Errors
/// The disk's; the old content is untouched then.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    assert_io_allowed(&"replace_private");
    let dir = parent(path);
    let wrap = |source: io::Error| FsError::new("write the file", path, source);
    // tempfile creates 0600, whatever the umask says.
    let mut temp = tempfile::Builder::new()
        .prefix(".safelight-tmp-")
        .tempfile_in(dir)
        .map_err(wrap)?;
    temp.write_all(bytes).map_err(wrap)?;
    temp.as_file().sync_all().map_err(wrap)?;
    temp.persist(path).map_err(|error| wrap(error.error))?;
    RealFs.sync_dir(dir)
}

/// Removes a file of settings that this program wrote itself, as a systemd unit.
///
/// # Errors
/// The disk's.
pub fn remove_own(path: &Path) -> Result<()> {
    assert_io_allowed(&"remove_own");
    std::fs::remove_file(path).map_err(|source| FsError::new("remove the file", path, source))
}

impl Fs for RealFs {
    fn stat(&self, path: &Path) -> Result<Stat> {
        assert_io_allowed(&"stat");
        rfs::lstat(path)
            .map(|raw| stat_of(&raw))
            .map_err(|error| errno("look at it", path, error))
    }

    fn list(&self, dir: &Path, each: &mut dyn FnMut(Entry)) -> Result<()> {
        assert_io_allowed(&"list");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rfs::open(dir, flags, Mode::empty()).map_err(|error| errno("list the folder", dir, error))?;
        let names = rfs::Dir::read_from(&handle).map_err(|error| errno("list the folder", dir, error))?;
        for name in names {
            let name = name.map_err(|error| errno("list the folder", dir, error))?;
            let bytes = name.file_name().to_bytes();
            if bytes == b"." || bytes == b".." {
                continue;
            }
            let stat = rfs::statat(&handle, name.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                .map(|raw| stat_of(&raw))
                .map_err(|error| FsErrorKind::of(&error.into()));
            each(Entry {
                name: OsStr::from_bytes(bytes).to_owned(),
                stat,
            });
        }
        Ok(())
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadFile>> {
        assert_io_allowed(&"open");
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let handle = rfs::open(path, flags, Mode::empty()).map_err(|error| errno("open the file", path, error))?;
        let raw = rfs::fstat(&handle).map_err(|error| errno("open the file", path, error))?;
        if stat_of(&raw).kind != FileKind::File {
            return Err(FsError::of_kind("open the file", path, FsErrorKind::NotRegular));
        }
        #[cfg(target_os = "macos")]
        if is_dataless(raw.st_flags) {
            return Err(FsError::of_kind("open the file", path, FsErrorKind::Elsewhere));
        }
        Ok(Box::new(RealRead(File::from(handle))))
    }

    fn create_new(&self, path: &Path) -> Result<Box<dyn WriteFile>> {
        assert_io_allowed(&"create");
        let file = File::create_new(path).map_err(|source| FsError::new("create the file", path, source))?;
        Ok(Box::new(RealWrite(file)))
    }

    fn make_dirs(&self, path: &Path) -> Result<()> {
        assert_io_allowed(&"make_dirs");
        if path.is_dir() {
            return Ok(());
        }
        let above = parent(path);
        if above != path {
            self.make_dirs(above)?;
        }
        match std::fs::create_dir(path) {
            Ok(()) => self.sync_dir(above),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            Err(source) => Err(FsError::new("make the folder", path, source)),
        }
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        assert_io_allowed(&"sync_dir");
        File::open(dir)
            .and_then(|handle| handle.sync_all())
            .map_err(|source| FsError::new("sync the folder", dir, source))
    }

    fn rename_new(&self, from: &Path, to: &Path) -> Result<()> {
        assert_io_allowed(&"rename");
        match rfs::renameat_with(rfs::CWD, from, rfs::CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // Some file systems (NFS, some FUSE) know no flags; a hard link is create-only everywhere.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                std::fs::hard_link(from, to).map_err(|source| FsError::new("rename the file", to, source))?;
                self.sync_dir(parent(to))?;
                std::fs::remove_file(from).map_err(|source| FsError::new("rename the file", from, source))?;
            }
            Err(error) => return Err(errno("rename the file", to, error)),
        }
        self.sync_dir(parent(to))?;
        if parent(from) != parent(to) {
            self.sync_dir(parent(from))?;
        }
        Ok(())
    }

    fn exchange(&self, a: &Path, b: &Path) -> Result<()> {
        assert_io_allowed(&"exchange");
        rfs::renameat_with(rfs::CWD, a, rfs::CWD, b, RenameFlags::EXCHANGE)
            .map_err(|error| errno("exchange two files", a, error))?;
        self.sync_dir(parent(a))?;
        if parent(a) != parent(b) {
            self.sync_dir(parent(b))?;
        }
        Ok(())
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        assert_io_allowed(&"replace");
        let dir = parent(path);
        let wrap = |source: io::Error| FsError::new("write the file", path, source);
        let mut temp = tempfile::Builder::new()
            .prefix(".safelight-tmp-")
            .tempfile_in(dir)
            .map_err(wrap)?;
        temp.write_all(bytes).map_err(wrap)?;
        // tempfile creates 0600; these files are for other programs too, as an ordinary new file would be.
        temp.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o644))
            .map_err(wrap)?;
        temp.as_file().sync_all().map_err(wrap)?;
        temp.persist(path).map_err(|error| wrap(error.error))?;
        self.sync_dir(dir)
    }

    fn unlink(&self, path: &Path) -> Result<()> {
        assert_io_allowed(&"unlink");
        std::fs::remove_file(path).map_err(|source| FsError::new("remove the file", path, source))?;
        self.sync_dir(parent(path))
    }

    fn remove_empty_dir(&self, dir: &Path) -> Result<()> {
        assert_io_allowed(&"remove_empty_dir");
        std::fs::remove_dir(dir).map_err(|source| FsError::new("remove the folder", dir, source))
    }

    fn space(&self, path: &Path) -> Result<Space> {
        assert_io_allowed(&"space");
        let raw = rfs::statvfs(path).map_err(|error| errno("ask for the room on the disk", path, error))?;
        let block = raw.f_frsize.max(1);
        Ok(Space {
            free: raw.f_bavail.saturating_mul(block),
            total: raw.f_blocks.saturating_mul(block),
        })
    }

    fn copy_attributes(&self, from: &Path, to: &Path) -> Result<()> {
        assert_io_allowed(&"copy_attributes");
        let raw = rfs::lstat(from).map_err(|error| errno("read the attributes", from, error))?;
        for name in xattr::list(from).into_iter().flatten() {
            // Labels of the system (SELinux) are given by the system, to the new file as to the old.
            // Our own marks say what a file is, and the two files here are not the same thing.
            if !name.as_bytes().starts_with(b"user.") || name.as_bytes().starts_with(b"user.safelight.") {
                continue;
            }
            let value = xattr::get(from, &name).map_err(|source| FsError::new("read the attributes", from, source))?;
            if let Some(value) = value {
                xattr::set(to, &name, &value).map_err(|source| FsError::new("keep the attributes", to, source))?;
            }
        }
        std::fs::set_permissions(to, std::fs::Permissions::from_mode(stat_of(&raw).mode))
            .map_err(|source| FsError::new("keep the permissions", to, source))?;
        let times = Timestamps {
            last_access: rfs::Timespec {
                tv_sec: raw.st_atime as _,
                tv_nsec: raw.st_atime_nsec as _,
            },
            last_modification: rfs::Timespec {
                tv_sec: raw.st_mtime as _,
                tv_nsec: raw.st_mtime_nsec as _,
            },
        };
        rfs::utimensat(rfs::CWD, to, &times, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| errno("keep the times", to, error))
    }

    fn set_mtime(&self, path: &Path, mtime_ns: i64) -> Result<()> {
        assert_io_allowed(&"set_mtime");
        let at = rfs::Timespec {
            tv_sec: mtime_ns.div_euclid(1_000_000_000) as _,
            tv_nsec: mtime_ns.rem_euclid(1_000_000_000) as _,
        };
        let times = Timestamps {
            last_access: at,
            last_modification: at,
        };
        rfs::utimensat(rfs::CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| errno("keep the times", path, error))
    }

    fn set_tag(&self, path: &Path, name: &str, value: &[u8]) -> Result<bool> {
        assert_io_allowed(&"set_tag");
        match xattr::set(path, format!("user.{name}"), value) {
            Ok(()) => Ok(true),
            Err(error) if FsErrorKind::of(&error) == FsErrorKind::Unsupported => Ok(false),
            Err(source) => Err(FsError::new("mark the file", path, source)),
        }
    }

    fn tag(&self, path: &Path, name: &str) -> Result<Option<Vec<u8>>> {
        assert_io_allowed(&"tag");
        match xattr::get(path, format!("user.{name}")) {
            Ok(value) => Ok(value),
            Err(error) if FsErrorKind::of(&error) == FsErrorKind::Unsupported => Ok(None),
            Err(source) => Err(FsError::new("read the file's mark", path, source)),
        }
    }
}

/// A path's bytes, as the catalog keeps them.
#[must_use]
pub fn path_bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

/// The path of the catalog's bytes.
#[must_use]
pub fn path_from_bytes(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// The one path that leads to an existing folder or file, links resolved.
///
/// # Errors
/// It does not exist, or may not be looked at.
pub fn canonical(path: &Path) -> Result<PathBuf> {
    assert_io_allowed(&"canonical");
    path.canonicalize()
        .map_err(|source| FsError::new("find it", path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_in_the_cloud_only_are_known_by_their_flag() {
        // `ls -lO` of an evicted file: compressed,dataless = 0x40000020.
        assert!(is_dataless(0x4000_0020) && !is_dataless(0x20) && !is_dataless(0));
    }

    #[test]
    fn rename_new_never_overwrites() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&a, "a").expect("written");
        std::fs::write(&b, "b").expect("written");
        assert_eq!(RealFs.rename_new(&a, &b).expect_err("taken").kind, FsErrorKind::Exists);
        assert_eq!(std::fs::read(&b).expect("read"), b"b");
    }

    #[test]
    fn exchange_swaps_both() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&a, "a").expect("written");
        std::fs::write(&b, "b").expect("written");
        RealFs.exchange(&a, &b).expect("exchanged");
        assert_eq!(std::fs::read(&a).expect("read"), b"b");
        assert_eq!(std::fs::read(&b).expect("read"), b"a");
    }

    #[test]
    fn only_not_found_is_absent() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("file");
        std::fs::write(&file, "x").expect("written");
        assert!(RealFs.stat_opt(&dir.path().join("none")).expect("absent").is_none());
        assert!(
            RealFs.stat_opt(&file.join("below a file")).is_err(),
            "ENOTDIR is an error, not absence"
        );
    }

    #[test]
    fn links_and_fifos_are_never_opened() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "x").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        assert_eq!(
            RealFs.open(&link).err().map(|error| error.kind),
            Some(FsErrorKind::NotRegular)
        );
        let fifo = dir.path().join("fifo");
        rfs::mkfifoat(rfs::CWD, &fifo, Mode::from_raw_mode(0o600)).expect("a fifo");
        assert_eq!(
            RealFs.open(&fifo).err().map(|error| error.kind),
            Some(FsErrorKind::NotRegular)
        );
    }

    #[test]
    fn replace_leaves_old_or_new() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("file");
        RealFs.replace(&file, b"one").expect("written");
        RealFs.replace(&file, b"two").expect("written");
        assert_eq!(std::fs::read(&file).expect("read"), b"two");
        assert_eq!(
            std::fs::read_dir(dir.path()).expect("listed").count(),
            1,
            "no temporary file stays"
        );
    }
}
