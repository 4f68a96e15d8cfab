//! The second look: reads from each new or changed file what it says of itself, several at a time, and puts it into the
//! catalog in batches. A file that cannot be read costs itself a named problem and the rest nothing.

use crate::{
    catalog::{
        Catalog,
        error::Result,
        photos::{FileFacts, FileRow},
    },
    model::id::{FileId, PhotoId},
    sys::{
        fs::{Fs, FsError, FsErrorKind, ReadFile},
        task::{Cx, decode_threads},
    },
};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Files of one transaction. Small enough that what was read is seen soon.
const BATCH: usize = 200;

/// Reads one open file: what it says of itself, or that it is no picture we can read. An `Err` is the disk's.
pub type ReadFacts<'a> = dyn Fn(&mut dyn ReadFile, &FileRow) -> io::Result<FileFacts> + Sync + 'a;

/// What a pass over the files did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FactsReport {
    /// Files whose facts are known now.
    pub read: u64,
    /// Files that are no pictures we can read.
    pub undecodable: u64,
    /// Files that could not be read at all.
    pub unreadable: u64,
    /// Files that were no longer there, or changed meanwhile; the next scan sees to them.
    pub passed_over: u64,
    /// It was stopped before its end; what was read until then is kept.
    pub cancelled: bool,
}

/// Reads the facts of every file that waits for it. `on_batch` gets the photos that changed, after each transaction.
///
/// Files that could not be read for the disk's sake are tried again at the next pass.
///
/// # Errors
/// The catalog's, and the system's where it has no threads to give. Troubles with files become their problems.
pub fn read_facts(
    catalog: &Catalog,
    fs: &dyn Fs,
    read: &ReadFacts<'_>,
    cx: &Cx,
    on_batch: &mut dyn FnMut(&[PhotoId]),
) -> Result<FactsReport> {
    let mut report = FactsReport::default();
    cx.progress.start(catalog.count_without_facts()?, 0);
    let pool = rayon::ThreadPoolBuilder::new()
        // One more than may decode: this work waits for the disk as much as it computes.
        .num_threads(decode_threads() + 1)
        .thread_name(|number| format!("safelight-facts-{number}"))
        .build()
        .map_err(|error| FsError::new("start threads", catalog.path(), io::Error::other(error)))?;
    let mut after = FileId(0);
    loop {
        let files = catalog.files_without_facts(after, BATCH)?;
        let Some(last) = files.last() else {
            return Ok(report);
        };
        after = last.id;
        let found: Vec<Option<FileFacts>> = pool.install(|| {
            let one = |file: &FileRow| (!cx.cancel.is_cancelled()).then(|| look(fs, read, file)).flatten();
            files.par_iter().map(one).collect()
        });
        if cx.cancel.is_cancelled() {
            report.cancelled = true;
        }
        let seen = files.len() as u64;
        let batch: Vec<(FileRow, FileFacts)> = files
            .into_iter()
            .zip(found)
            .filter_map(|(file, facts)| facts.map(|facts| (file, facts)))
            .collect();
        report.passed_over += seen - batch.len() as u64;
        for (_, facts) in &batch {
            match facts {
                FileFacts::Read(_) => report.read += 1,
                FileFacts::Undecodable(..) => report.undecodable += 1,
                FileFacts::Unreadable(_) => report.unreadable += 1,
            }
        }
        let photos = catalog.set_facts(&batch)?;
        cx.progress.add(seen);
        on_batch(&photos);
        if report.cancelled {
            return Ok(report);
        }
    }
}

/// One file; `None` where it is not what the catalog knows, which the next scan finds out.
fn look(fs: &dyn Fs, read: &ReadFacts<'_>, file: &FileRow) -> Option<FileFacts> {
    let unreadable = |kind: FsErrorKind| FileFacts::Unreadable(format!("It could not be read: {}.", kind.sentence()));
    let mut open = match fs.open(&file.path) {
        Ok(open) => open,
        Err(error) if error.kind == FsErrorKind::NotFound => return None,
        Err(error) => return Some(unreadable(error.kind)),
    };
    match open.stat() {
        Ok(stat) if stat.ino == file.ino && stat.size == file.size && stat.mtime_ns == file.mtime_ns => {}
        Ok(_) => return None,
        Err(error) => return Some(unreadable(FsErrorKind::of(&error))),
    }
    if file.size == 0 {
        return Some(FileFacts::Undecodable(Box::default(), "The file is empty.".to_owned()));
    }
    // A parser that panics costs this one file (I5).
    let found = catch_unwind(AssertUnwindSafe(|| read(open.as_mut(), file)));
    Some(match found {
        Ok(Ok(facts)) => facts,
        Ok(Err(error)) => unreadable(FsErrorKind::of(&error)),
        Err(_) => {
            tracing::error!("reading facts panicked");
            FileFacts::Undecodable(Box::default(), "Reading it failed inside the program.".to_owned())
        }
    })
}
