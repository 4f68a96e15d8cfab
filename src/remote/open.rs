//! From the text that names a place to the remote: a folder's path or a `file://` address, `dav://` and `davs://` for
//! WebDAV, `rclone:remote:path` for what rclone reaches.

use super::{
    access::Access,
    api::{Error, ErrorKind, Remote, Result},
    folder::Folder,
    rclone::{Daemon, Rclone},
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

/// The remote at this address. Its folder must exist.
///
/// # Errors
/// `Unsupported` for servers that come with a later version; else what the place says.
pub fn open(url: &str, fs: Arc<dyn Fs>, access: &Access) -> Result<Arc<dyn Remote>> {
    let cx = Cx::new();
    Ok(match scheme(url).as_str() {
        "dav" | "davs" | "webdav" | "webdavs" | "http" | "https" => Arc::new(WebDav::open(url, access, &cx)?),
        "rclone" => Arc::new(Rclone::open(url, access, fs, Daemon::shared(), &cx)?),
        _ => Arc::new(Folder::open(folder_path(url, fs.as_ref())?, fs)?),
    })
}

/// The same, making the folder where only it is missing: for a new store.
///
/// # Errors
/// As `open`.
pub fn open_new(url: &str, fs: Arc<dyn Fs>, access: &Access) -> Result<Arc<dyn Remote>> {
    let cx = Cx::new();
    Ok(match scheme(url).as_str() {
        "dav" | "davs" | "webdav" | "webdavs" | "http" | "https" => Arc::new(WebDav::create(url, access, &cx)?),
        "rclone" => Arc::new(Rclone::create(url, access, fs, Daemon::shared(), &cx)?),
        _ => Arc::new(Folder::create(folder_path(url, fs.as_ref())?, fs)?),
    })
}

/// What stands before the first colon, in lower case; empty for a path.
fn scheme(url: &str) -> String {
    let (scheme, _) = url.split_once(':').unwrap_or_default();
    scheme.to_ascii_lowercase()
}

fn folder_path(url: &str, fs: &dyn Fs) -> Result<PathBuf> {
    let refuse = |kind, what: String| Err(Error::new(kind, what));
    for (scheme, name) in [("s3:", "S3")] {
        if url.to_ascii_lowercase().starts_with(scheme) {
            let what = format!("Stores on {name} come with a later version of Safelight. Choose a folder for now.");
            return refuse(ErrorKind::Unsupported, what);
        }
    }
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
    fn folders_open_and_servers_come_later() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let spaced = dir.path().join("my store");
        std::fs::create_dir(&spaced).expect("made");
        let url = format!("file://{}", spaced.display()).replace(' ', "%20");
        for name in [url.as_str(), spaced.to_str().expect("text")] {
            let remote = open(name, Arc::new(RealFs), &Access::default()).expect("opened");
            assert_eq!(remote.describe().place, spaced.display().to_string());
        }
        for url in ["s3://bucket/x", "S3://B"] {
            assert_eq!(kind(url), ErrorKind::Unsupported, "{url}");
        }
        // Plain http to a name in the world, and to nobody.
        assert_eq!(kind("dav://example.org/x"), ErrorKind::Unsupported);
        for url in ["DAV://127.0.0.1:9/x", "davs://127.0.0.1:9/"] {
            assert_eq!(kind(url), ErrorKind::Unreachable, "{url}");
        }
        assert_eq!(kind("rclone:no-colon"), ErrorKind::Permanent);
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
