//! Moving a file that the catalog knows by rename, as the trash and moves do it: by which signs it is known again, what its
//! row is to say where other bytes lie there now, and what a failed rename may have done all the same.

use crate::{
    catalog::photos::FileRow,
    sys::fs::{FileKind, Fs, FsError, Stat},
};
use std::path::Path;

/// Whether this is the file that the catalog knows, by the signs that a rename keeps.
pub(super) fn is_known(row: &FileRow, stat: &Stat) -> bool {
    stat.kind == FileKind::File && (stat.ino, stat.size, stat.mtime_ns) == (row.ino, row.size, row.mtime_ns)
}

/// The stat that a file's row is to have: what is there; or, where other bytes came there since the catalog looked, what it
/// knew, so that a scan finds the change.
pub(super) fn stat_for_row(row: &FileRow, stat: Stat, same: bool) -> Stat {
    if same {
        return stat;
    }
    Stat {
        size: row.size,
        mtime_ns: row.mtime_ns,
        ctime_ns: row.ctime_ns,
        dev: row.dev,
        ino: row.ino,
        ..stat
    }
}

/// Renames without replacing, and looks again where that failed: the change may have been made all the same.
pub(super) fn rename(fs: &dyn Fs, from: &Path, to: &Path) -> Result<(), FsError> {
    if let Some(dir) = to.parent() {
        fs.make_dirs(dir)?;
    }
    match fs.rename_new(from, to) {
        Ok(()) => Ok(()),
        Err(error) => match (fs.stat_opt(from), fs.stat_opt(to)) {
            (Ok(None), Ok(Some(_))) => Ok(()),
            _ => Err(error),
        },
    }
}

/// An error as a sentence.
pub(super) fn sentence(error: &FsError) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}
