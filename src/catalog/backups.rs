//! Daily copies of the catalog beside it: `catalog-backups/catalog-2025-05-14.sqlite`, the newest seven. A copy gets its
//! name only when it is whole and on the disk, so that a half-written one never counts.

use super::{Catalog, error::Result};
use crate::{
    model::time::{CaptureTime, OffsetSource, Timestamp},
    sys::fs::{Fs, FsErrorKind},
};
use std::path::{Path, PathBuf};

/// How many daily copies are kept.
pub const COPIES_KEPT: usize = 7;

/// The folder of the copies of a catalog.
#[must_use]
pub fn copies_dir(catalog: &Path) -> PathBuf {
    catalog.with_file_name("catalog-backups")
}

/// Every copy, newest first. A missing folder is no copies; an unreadable one is an error.
///
/// # Errors
/// The disk's.
pub fn copies(fs: &dyn Fs, catalog: &Path) -> Result<Vec<PathBuf>> {
    let dir = copies_dir(catalog);
    let mut names = Vec::new();
    let listed = fs.list(&dir, &mut |entry| {
        if let Some(name) = entry.name.to_str().filter(|name| is_copy(name)) {
            names.push(name.to_owned());
        }
    });
    match listed {
        Err(error) if error.kind == FsErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    }
    // The names carry ISO dates, which sort as text.
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names.into_iter().map(|name| dir.join(name)).collect())
}

/// `catalog-YYYY-MM-DD.sqlite` and nothing else.
fn is_copy(name: &str) -> bool {
    let date = name
        .strip_prefix("catalog-")
        .and_then(|rest| rest.strip_suffix(".sqlite"));
    date.is_some_and(|date| {
        date.len() == 10
            && date.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    })
}

/// Makes today's copy (by UTC) unless there is one, and drops those beyond the newest seven. Gives the new copy's path.
///
/// # Errors
/// The disk's and SQLite's; the older copies are untouched then.
pub fn copy_daily(catalog: &Catalog, fs: &dyn Fs, now: Timestamp) -> Result<Option<PathBuf>> {
    let dir = copies_dir(catalog.path());
    let day = CaptureTime {
        wall_ms: now.0,
        offset_min: None,
        source: OffsetSource::Unknown,
    };
    let Some((year, month, date)) = day.date() else {
        return Ok(None);
    };
    let copy = dir.join(format!("catalog-{year:04}-{month:02}-{date:02}.sqlite"));
    if fs.stat_opt(&copy)?.is_some() {
        return Ok(None);
    }
    fs.make_dirs(&dir)?;
    let half = dir.join(".safelight-tmp-copy.sqlite");
    if fs.stat_opt(&half)?.is_some() {
        fs.unlink(&half)?;
    }
    catalog.copy_to(&half)?;
    check_copy(&half)?;
    fs.rename_new(&half, &copy)?;
    for old in copies(fs, catalog.path())?.into_iter().skip(COPIES_KEPT) {
        fs.unlink(&old)?;
    }
    Ok(Some(copy))
}

/// Looks through a copy for damage before anything relies on it.
///
/// # Errors
/// `Damaged` and `Newer`, as on opening a catalog.
pub fn check_copy(path: &Path) -> Result<()> {
    Catalog::open_read_only(path)?.quick_check()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::time::DAY_MS, sys::real::RealFs};

    #[test]
    fn seven_days_are_kept_and_half_copies_never_count() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("catalog.sqlite");
        let catalog = Catalog::open(&path).expect("opened");
        let start = Timestamp(1_747_180_800_000); // 2025-05-14
        assert!(
            copies(&RealFs, &path).expect("listed").is_empty(),
            "no folder, no copies"
        );
        let first = copy_daily(&catalog, &RealFs, start).expect("copied").expect("a path");
        assert!(first.ends_with("catalog-backups/catalog-2025-05-14.sqlite"));
        assert_eq!(copy_daily(&catalog, &RealFs, start).expect("looked"), None, "one a day");
        std::fs::write(copies_dir(&path).join(".safelight-tmp-copy.sqlite"), "half").expect("written");
        std::fs::write(copies_dir(&path).join("catalog-notes.sqlite"), "mine").expect("written");
        for day in 1..10 {
            copy_daily(&catalog, &RealFs, start.plus(day * DAY_MS)).expect("copied");
        }
        let left = copies(&RealFs, &path).expect("listed");
        assert_eq!(left.len(), COPIES_KEPT);
        assert!(
            left.first()
                .is_some_and(|newest| newest.ends_with("catalog-2025-05-23.sqlite"))
        );
        assert!(left.iter().all(|copy| check_copy(copy).is_ok()));
        assert!(
            copies_dir(&path).join("catalog-notes.sqlite").exists(),
            "only our own names are dropped"
        );
    }

    #[test]
    fn a_damaged_copy_is_found() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("catalog.sqlite");
        let catalog = Catalog::open(&path).expect("opened");
        let copy = copy_daily(&catalog, &RealFs, Timestamp(0))
            .expect("copied")
            .expect("a path");
        let mut bytes = std::fs::read(&copy).expect("read");
        for byte in bytes.iter_mut().skip(4096).take(4096) {
            *byte ^= 0x55;
        }
        std::fs::write(&copy, bytes).expect("written");
        assert!(check_copy(&copy).is_err());
    }
}
