//! From the text that names a place to the remote: a folder's path or a `file://` address, `s3://bucket/folder`,
//! `dav://` and `davs://` for WebDAV, `rclone:remote:path` for what rclone reaches.

use super::{
    access::Access,
    api::{Error, ErrorKind, Remote, Result},
    folder::Folder,
    rclone::{Daemon, Rclone},
    retry::Retry,
    s3::{S3, S3Config},
    webdav::WebDav,
};
use crate::sys::{
    fs::{FileKind, Fs},
    real::{canonical, path_from_bytes},
    task::Cx,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The remote at this address. A folder must exist, also one on WebDAV or rclone; S3 is not asked yet.
///
/// # Errors
/// `Permanent` for an address that is none, `Auth` where there are no keys, `Unsupported` for plain http to where it may not
/// go and for an rclone that is missing or too old; else what the folder says.
pub fn open(url: &str, fs: Arc<dyn Fs>, access: &Access) -> Result<Arc<dyn Remote>> {
    if let Some(remote) = server(url, &fs, access, false)? {
        return Ok(remote);
    }
    let path = folder_path(url, fs.as_ref())?;
    Ok(Arc::new(Folder::open(path, fs)?.limited(access.bandwidth)))
}

/// The same, making the folder where only it is missing: for a new store.
///
/// # Errors
/// As `open`.
pub fn open_new(url: &str, fs: Arc<dyn Fs>, access: &Access) -> Result<Arc<dyn Remote>> {
    if let Some(remote) = server(url, &fs, access, true)? {
        return Ok(remote);
    }
    let path = folder_path(url, fs.as_ref())?;
    Ok(Arc::new(Folder::create(path, fs)?.limited(access.bandwidth)))
}

/// The remote at a server's address; `None` for a folder's.
fn server(url: &str, fs: &Arc<dyn Fs>, access: &Access, new: bool) -> Result<Option<Arc<dyn Remote>>> {
    let cx = Cx::new();
    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let remote: Arc<dyn Remote> = match scheme.as_str() {
        "s3" => Arc::new(S3::open(&S3Config::from_url(url, access, fs.as_ref())?, access)?),
        "dav" | "davs" | "webdav" | "webdavs" | "http" | "https" if new => Arc::new(WebDav::create(url, access, &cx)?),
        "dav" | "davs" | "webdav" | "webdavs" | "http" | "https" => Arc::new(WebDav::open(url, access, &cx)?),
        "rclone" if new => Arc::new(Rclone::create(url, access, Arc::clone(fs), Daemon::shared(), &cx)?),
        "rclone" => Arc::new(Rclone::open(url, access, Arc::clone(fs), Daemon::shared(), &cx)?),
        _ => return Ok(None),
    };
    Ok(Some(Arc::new(Retry::new(remote))))
}

fn folder_path(url: &str, fs: &dyn Fs) -> Result<PathBuf> {
    let refuse = |kind, what: String| Err(Error::new(kind, what));
    let path = match url.strip_prefix("file://") {
        Some(rest) => match percent_decoded(rest) {
            Some(bytes) => path_from_bytes(bytes),
            None => return refuse(ErrorKind::Permanent, format!("Not a usable address: {url}")),
        },
        None => PathBuf::from(url),
    };
    if !path.is_absolute() {
        let what = format!(
            "A store's folder needs its full path, beginning with /: {}",
            path.display()
        );
        return refuse(ErrorKind::Permanent, what);
    }
    Ok(followed(&path, fs))
}

/// A link that the person chose is followed here, once; links inside a store never are.
fn followed(path: &Path, fs: &dyn Fs) -> PathBuf {
    let is_link = matches!(fs.stat(path), Ok(stat) if stat.kind == FileKind::Link);
    if is_link {
        canonical(path).unwrap_or_else(|_| path.to_owned())
    } else {
        path.to_owned()
    }
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            let hex = std::str::from_utf8(&digits).ok()?;
            out.push(u8::from_str_radix(hex, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::real::RealFs;

    fn kind(url: &str) -> ErrorKind {
        match open(url, Arc::new(RealFs), &Access::default()) {
            Ok(_) => panic!("opened {url}"),
            Err(error) => error.kind,
        }
    }

    #[test]
    fn folders_open_and_servers_are_known_by_their_scheme() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let spaced = dir.path().join("my store");
        std::fs::create_dir(&spaced).expect("made");
        let url = format!("file://{}", spaced.display()).replace(' ', "%20");
        for name in [url.as_str(), spaced.to_str().expect("text")] {
            let remote = open(name, Arc::new(RealFs), &Access::default()).expect("opened");
            assert_eq!(remote.describe().place, spaced.display().to_string());
        }
        // Plain http into the world (an address for documents, which nobody has), and to nobody.
        assert_eq!(kind("dav://203.0.113.1/x"), ErrorKind::Unsupported);
        for url in ["DAV://127.0.0.1:9/x", "davs://127.0.0.1:9/"] {
            assert_eq!(kind(url), ErrorKind::Unreachable, "{url}");
        }
        assert_eq!(kind("rclone:no-colon"), ErrorKind::Permanent);
        assert_eq!(kind("s3://bucket/a//x"), ErrorKind::Permanent);
        assert_eq!(kind("S3://bucket?profile=no-such-profile"), ErrorKind::Auth);
        assert_eq!(kind("relative/path"), ErrorKind::Permanent);
        assert_eq!(kind("file:///%zz"), ErrorKind::Permanent);
        assert_eq!(kind("/no/such/folder"), ErrorKind::Unreachable);
    }

    #[test]
    fn a_link_to_a_folder_is_followed_once() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        std::fs::create_dir(&real).expect("made");
        std::os::unix::fs::symlink(&real, &link).expect("linked");
        assert!(open(link.to_str().expect("text"), Arc::new(RealFs), &Access::default()).is_ok());
    }
}
