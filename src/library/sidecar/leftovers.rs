//! Half-written files that a power cut left beside photos. A leftover is taken away only where it is certain to be ours and of
//! no use: known bytes right after the interrupted writing, or, a day later, bytes that are no whole sidecar. A whole one that
//! we do not know may be another program's last word, which we had in our hands when the power went: it stays.

use super::write::{MAX_BYTES, TEMP, drop_temp};
use crate::{
    catalog::sidecars::SidecarWork,
    media::{limits::Limits, xmp::Xmp},
    model::{content::ContentId, time::Timestamp},
    sys::{
        fs::{FileKind, Fs, FsErrorKind},
        real::path_bytes,
    },
};
use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

/// A leftover is old after a day: no writing takes so long.
const OLD_NS: i64 = 24 * 3600 * 1_000_000_000;

/// Whether a file is called as our half-written ones are: sixteen hex digits behind the prefix, or the six letters and digits
/// of `sys::real`.
#[must_use]
pub(in crate::library) fn is_temporary(name: &[u8]) -> bool {
    name.strip_prefix(TEMP.as_bytes()).is_some_and(|end| match end.len() {
        16 => end.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        6 => end.iter().all(u8::is_ascii_alphanumeric),
        _ => false,
    })
}

/// Takes away what is left of writings that were interrupted: the sidecar's old text, or the new one that never got its name.
pub(super) fn clear_interrupted(fs: &dyn Fs, works: &[SidecarWork]) {
    let mut folders: BTreeMap<&Path, HashSet<&str>> = BTreeMap::new();
    for work in works
        .iter()
        .filter(|work| work.row.seen.iter().any(|seen| seen.planned))
    {
        let Some(dir) = work.files.first().and_then(|file| file.path.parent()) else {
            continue;
        };
        let known = folders.entry(dir).or_default();
        known.extend(work.row.seen.iter().map(|seen| seen.hash.as_str()));
    }
    for (dir, known) in folders {
        let mut found = Vec::new();
        let listed = fs.list(dir, &mut |entry| {
            let file = entry.stat.is_ok_and(|stat| stat.kind == FileKind::File);
            if file && is_temporary(&path_bytes(Path::new(&entry.name))) {
                found.push(dir.join(&entry.name));
            }
        });
        if let Err(error) = listed {
            tracing::debug!("leftovers are not looked for: {error}");
        }
        for path in found {
            let bytes = fs.read_small(&path, MAX_BYTES);
            if bytes.is_ok_and(|bytes| known.contains(ContentId::of(&bytes).to_string().as_str())) {
                drop_temp(fs, &path);
            }
        }
    }
}

/// Takes away those of these files, found by a scan, that are ours, old, and no whole sidecar. Best effort; returns how many.
pub fn sweep(fs: &dyn Fs, now: Timestamp, found: &[PathBuf]) -> u64 {
    let now_ns = now.0.saturating_mul(1_000_000);
    let limits = Limits::default();
    let mut gone = 0;
    for path in found {
        let ours = path
            .file_name()
            .is_some_and(|name| is_temporary(&path_bytes(Path::new(name))));
        let old = fs.stat(path).is_ok_and(|stat| {
            stat.kind == FileKind::File && now_ns.saturating_sub(stat.mtime_ns.max(stat.ctime_ns)) > OLD_NS
        });
        if !ours || !old {
            continue;
        }
        let of_no_use = match fs.read_small(path, MAX_BYTES) {
            Ok(bytes) => Xmp::parse_whole(&bytes, &limits).is_err(),
            // Larger than any sidecar: half of a photo that was being fetched.
            Err(error) => error.kind == FsErrorKind::Unsupported,
        };
        if of_no_use && drop_temp(fs, path) {
            gone += 1;
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_leftovers() {
        for name in [".safelight-tmp-0123456789abcdef", ".safelight-tmp-aB3x9Z"] {
            assert!(is_temporary(name.as_bytes()), "{name}");
        }
        for name in [
            ".safelight-tmp-",
            ".safelight-tmp-0123456789ABCDEF",
            ".safelight-tmp-0123456789abcdeg",
            ".safelight-tmp-0123456789abcde",
            ".safelight-tmp-notes.txt",
            ".safelight-tmp-a.b.cd",
            "x.safelight-tmp-0123456789abcdef",
            ".safelight",
        ] {
            assert!(!is_temporary(name.as_bytes()), "{name}");
        }
    }
}
