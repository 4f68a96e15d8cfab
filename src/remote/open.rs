//! From the text that names a place to the remote: a folder's path or a `file://` address, `s3://bucket/folder`.

use super::{
    access::Access,
    api::{Error, ErrorKind, Remote, Result},
    folder::Folder,
    retry::Retry,
    s3::{S3, S3Config},
};
use crate::sys::{
    fs::{FileKind, Fs},
    real::{canonical, path_from_bytes},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The remote at this address. A folder must exist; a server is not asked yet.
///
/// # Errors
/// `Permanent` for an address that is none, `Auth` where there are no keys, `Unsupported` for servers that come with a
/// later version and for plain http to where it may not go; else what the folder says.
pub fn open(url: &str, fs: Arc<dyn Fs>, access: &Access) -> Result<Arc<dyn Remote>> {
    if let Some(remote) = server(url, fs.as_ref(), access)? {
        return Ok(remote);
    }
    let path = folder_path(url, fs.as_ref())?;
    Ok(Arc::new(Folder::open(path, fs)?))
}

/// The same, making the folder where only it is missing: for a new store.
///
/// # Errors
/// As `open`.
pub fn open_new(url: &str, fs: Arc<dyn Fs>, access: &Access) -> Result<Arc<dyn Remote>> {
    if let Some(remote) = server(url, fs.as_ref(), access)? {
        return Ok(remote);
    }
    let path = folder_path(url, fs.as_ref())?;
    Ok(Arc::new(Folder::create(path, fs)?))
}

/// The remote at a server's address; `None` for a folder's.
fn server(url: &str, fs: &dyn Fs, access: &Access) -> Result<Option<Arc<dyn Remote>>> {
    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let remote: Arc<dyn Remote> = match scheme.as_str() {
        "s3" => Arc::new(S3::open(&S3Config::from_url(url, access, fs)?, access)?),
        _ => return Ok(None),
    };
    Ok(Some(Arc::new(Retry::new(remote))))
}

fn folder_path(url: &str, fs: &dyn Fs) -> Result<PathBuf> {
    let refuse = |kind, what: String| Err(Error::new(kind, what));
    for (scheme, name) in [
        ("dav:", "WebDAV"),
        ("davs:", "WebDAV"),
        ("webdav:", "WebDAV"),
        ("http:", "WebDAV"),
        ("https:", "WebDAV"),
        ("rclone:", "rclone"),
    ] {
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
        for url in ["dav://host", "davs://host/x", "rclone:drive:photos"] {
            assert_eq!(kind(url), ErrorKind::Unsupported, "{url}");
        }
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
