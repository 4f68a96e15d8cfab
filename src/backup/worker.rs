//! The queue's loop: hash, send, read back, receipt, log, done. Every step may be interrupted by a kill and begun again;
//! none of them takes an earlier step's word for it. One bad file never stops the rest, one bad store stops only itself.

use super::{
    bridge::{Bridge, over_network},
    error::{Error, Result},
    local, plan,
    policy::{Pace, SendRules, StorePause},
    record, verify,
};
use crate::{
    catalog::{photos::FileRow, queue::Job, stores::StoreRow},
    model::{
        content::ContentId,
        id::StoreId,
        job::{JobState, backoff_ms},
        receipt::Receipt,
        time::CaptureTime,
    },
    remote::api::{ErrorKind, Key, Source},
    store::{error::Error as StoreError, object::PutMeta, record::Record, say, store::Store},
    sys::{
        clock::local_minute,
        fs::{FsError, FsErrorKind},
        network::{FixedNetwork, Network, NetworkState},
        real::path_bytes,
        task::{self, Cx, lock},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Verified files whose records wait for one log segment: one segment for each file would drown a store in small files,
/// and a kill costs at most so many records, which are written from their receipts at the next start.
const BATCH: usize = 64;
/// A file written less than so long ago may be written again without its stat telling.
const RACY_MS: i64 = 2_000;
/// Tries before a job that fails for passing reasons is a person's.
const MAX_TRIES: u32 = 5;
/// How long a file waits whose disk is away, in milliseconds; a backup that is asked for tries it at once.
const AWAY_MS: i64 = 600_000;
/// So many files in a row that fail in passing, none of them getting through, are the store's trouble and not the files'.
const MAX_TROUBLES: u32 = 6;
/// A waiting store that is being tried is nobody else's for so long, in milliseconds.
const PROBE_MS: i64 = 120_000;
/// How long a sender rests that has nothing to do now, but may have soon.
const REST: Duration = Duration::from_millis(50);
/// Copies that a store may damage before it is not trusted with this file any more.
const MAX_DAMAGED: usize = 3;

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunReport {
    /// Files with a new receipt.
    pub done: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files of which the store had the bytes already.
    pub already: u64,
    /// Files that need a person: name and sentence.
    pub blocked: Vec<(String, String)>,
    /// Stores that wait: name and sentence.
    pub paused: Vec<(String, String)>,
    /// Stores that the person's rules hold back: name and sentence.
    pub held: Vec<(String, String)>,
    /// Somebody asked to stop.
    pub cancelled: bool,
}

/// How a run is to go.
pub struct Options<'a> {
    /// To this store only.
    pub only: Option<&'a StoreId>,
    /// The most files at once; how many of them it finds out itself.
    pub at_once: usize,
    /// What the person allows.
    pub rules: &'a SendRules,
    /// Who knows the network.
    pub network: &'a dyn Network,
    /// The person asked for it now: hours and metered networks are no reason to wait.
    pub all_the_same: bool,
}

/// Why nothing is sent to a store at the moment, by the person's rules: a sentence.
#[must_use]
pub fn hold(bridge: &Bridge, row: &StoreRow, rules: &SendRules, network: &NetworkState) -> Option<String> {
    rules.hold(over_network(&row.url), network, local_minute(bridge.clock.now()))
}

/// A file verified in a store, its records not yet in the log.
struct Verified {
    job: Job,
    content: ContentId,
    records: Vec<Record>,
    /// Bytes that went there and came back; none where the store had them already.
    sent: u64,
}

struct Run<'a> {
    bridge: &'a Bridge,
    options: &'a Options<'a>,
    cx: &'a Cx,
    /// Taking a job and marking it as taken is one step.
    take: Mutex<()>,
    /// Waiting stores that are being tried.
    probing: Mutex<BTreeSet<StoreId>>,
    /// Failures in a row that may pass, by store.
    troubles: Mutex<BTreeMap<StoreId, u32>>,
    /// Bytes sent and read back, by store: for the measure of its speed.
    sent: Mutex<BTreeMap<StoreId, u64>>,
    pace: Mutex<Pace>,
    /// A sender found nothing more to do: those that rest need not wake.
    ended: AtomicBool,
    verified: Mutex<Vec<Verified>>,
    /// Batches go into the log one after the other.
    flushing: Mutex<()>,
    report: Mutex<RunReport>,
    fatal: Mutex<Option<Error>>,
}

/// Works the queue until nothing can be done now: of one store or of all, whatever the hour and the network.
///
/// # Errors
/// The catalog's. What a store or a file did wrong is in the report.
pub fn run(bridge: &Bridge, only: Option<&StoreId>, threads: usize, cx: &Cx) -> Result<RunReport> {
    let options = Options {
        only,
        at_once: threads,
        rules: &SendRules::default(),
        network: &FixedNetwork::default(),
        all_the_same: true,
    };
    run_with(bridge, &options, cx)
}

/// Works the queue until nothing can be done now, by the person's rules.
///
/// # Errors
/// The catalog's. What a store or a file did wrong is in the report.
pub fn run_with(bridge: &Bridge, options: &Options<'_>, cx: &Cx) -> Result<RunReport> {
    let only = options.only;
    finish_unlogged(bridge, only, cx)?;
    record::retell(bridge, only, cx)?;
    let began = bridge.clock.boot();
    let counts = bridge.catalog.queue_counts()?;
    // Every byte goes there and comes back.
    cx.progress
        .start(counts.active + counts.waiting, counts.bytes.saturating_mul(2));
    let threads = options.at_once.clamp(1, 16);
    let run = Run {
        bridge,
        options,
        cx,
        take: Mutex::new(()),
        probing: Mutex::default(),
        troubles: Mutex::default(),
        sent: Mutex::default(),
        pace: Mutex::new(Pace::new(threads)),
        ended: AtomicBool::new(false),
        verified: Mutex::new(Vec::new()),
        flushing: Mutex::new(()),
        report: Mutex::new(RunReport::default()),
        fatal: Mutex::new(None),
    };
    std::thread::scope(|scope| {
        let run = &run;
        for number in 1..threads {
            task::spawn_scoped(scope, "send", move || run.work(number));
        }
        run.work(0);
    });
    run.flush(true)?;
    if let Some(error) = lock(&run.fatal).take() {
        return Err(error);
    }
    let passed = bridge.clock.boot().0.saturating_sub(began.0);
    if let [(store, bytes)] = lock(&run.sent).iter().collect::<Vec<_>>().as_slice() {
        // Two stores at once share the wire: what each of them can do alone is not known then.
        plan::measured(bridge, store, **bytes, passed)?;
    }
    let mut report = run.report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.cancelled = cx.cancel.is_cancelled();
    Ok(report)
}

/// Receipts whose records a kill kept out of the log: their bytes were read back, so only the line is missing.
fn finish_unlogged(bridge: &Bridge, only: Option<&StoreId>, cx: &Cx) -> Result<()> {
    for row in bridge
        .catalog
        .stores()?
        .into_iter()
        .filter(|row| only.is_none_or(|id| *id == row.id))
    {
        loop {
            let receipts = bridge.catalog.unlogged_receipts(&row.id, 1000)?;
            if receipts.is_empty() {
                break;
            }
            let Ok(store) = bridge.store(&row, cx) else { break };
            let mut records = Vec::new();
            for receipt in &receipts {
                for file in bridge.catalog.files_by_content(&receipt.content)? {
                    let photo = bridge.catalog.photo(file.photo)?;
                    records.push(record::seen(bridge, &file, photo.as_ref(), receipt, None)?);
                }
                records.extend(say::backed_before(receipt));
            }
            let contents: Vec<ContentId> = receipts.iter().map(|receipt| receipt.content).collect();
            match record::append(bridge, &row, &store, &records, &contents, cx) {
                Ok(()) => {}
                Err(Error::Catalog(error)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!("{}: {error}", row.name);
                    break;
                }
            }
        }
    }
    Ok(())
}

impl Run<'_> {
    /// One sender's life. Those above the number that the pace allows rest.
    fn work(&self, number: usize) {
        while !self.cx.cancel.is_cancelled() && lock(&self.fatal).is_none() {
            if number >= lock(&self.pace).at_once() {
                if self.ended.load(Ordering::SeqCst) {
                    return;
                }
                task::pause(REST, &self.cx.cancel);
                continue;
            }
            let job = match self.take() {
                Ok(Some(job)) => job,
                // A waiting store is being tried by another sender: if it answers, there is more to do.
                Ok(None) if number > 0 && !lock(&self.probing).is_empty() => {
                    task::pause(REST, &self.cx.cancel);
                    continue;
                }
                Ok(None) => {
                    self.ended.store(true, Ordering::SeqCst);
                    return;
                }
                Err(error) => {
                    *lock(&self.fatal) = Some(error);
                    return;
                }
            };
            if let Err(error) = self.one(job).and_then(|()| self.flush(false)) {
                *lock(&self.fatal) = Some(error);
            }
        }
    }

    fn take(&self) -> Result<Option<Job>> {
        let _taking = lock(&self.take);
        let held = self.held()?;
        let catalog = &self.bridge.catalog;
        let now = self.bridge.clock.now();
        let Some(job) = catalog.next_job(self.options.only, now, &held)? else {
            return Ok(None);
        };
        let waits = catalog
            .stores()?
            .into_iter()
            .any(|row| row.id == job.store && row.pause.is_some());
        if waits {
            // One file tries it; the others wait for how that goes.
            catalog.probe_store(&job.store, now.plus(PROBE_MS))?;
            lock(&self.probing).insert(job.store.clone());
        }
        Ok(Some(catalog.set_job(&job, JobState::Hashing, None, job.not_before)?))
    }

    /// Stores that the person's rules hold back now.
    fn held(&self) -> Result<Vec<StoreId>> {
        if self.options.all_the_same {
            return Ok(Vec::new());
        }
        let network = self.options.network.now();
        let mut held = Vec::new();
        for row in self.bridge.catalog.stores()? {
            if let Some(why) = hold(self.bridge, &row, self.options.rules, &network) {
                let mut report = lock(&self.report);
                let wanted = self.options.only.is_none_or(|only| *only == row.id);
                if wanted && !report.held.iter().any(|(name, _)| *name == row.name) {
                    report.held.push((row.name.clone(), why));
                }
                held.push(row.id);
            }
        }
        Ok(held)
    }

    /// A store answered: whatever it waited for is over.
    fn answered(&self, row: &StoreRow, bytes: u64) -> Result<()> {
        lock(&self.troubles).remove(&row.id);
        *lock(&self.sent).entry(row.id.clone()).or_default() += bytes;
        lock(&self.pace).told(self.bridge.clock.boot(), bytes, false);
        let probed = lock(&self.probing).remove(&row.id);
        if probed || row.pause.is_some() {
            self.bridge.catalog.pause_store(&row.id, None)?;
            self.bridge.note(0, format!("{} is back, sending goes on", row.name));
        }
        Ok(())
    }

    /// A whole store waits, once for all of its jobs.
    fn pause(&self, row: &StoreRow, kind: ErrorKind, sentence: &str) -> Result<()> {
        let _taking = lock(&self.take);
        let catalog = &self.bridge.catalog;
        let probed = lock(&self.probing).remove(&row.id);
        lock(&self.troubles).remove(&row.id);
        let before = catalog.stores()?.into_iter().find(|one| one.id == row.id);
        let pause = before.and_then(|row| row.pause);
        if probed || pause.is_none() {
            let why = StorePause::of(kind);
            let failures = pause.map_or(0, |pause| pause.failures);
            let retry_at = why.retry_ms(failures).map(|ms| self.bridge.clock.now().plus(ms));
            catalog.hold_store(&row.id, why.number(), sentence, retry_at)?;
        }
        let mut report = lock(&self.report);
        if !report.paused.iter().any(|(store, _)| *store == row.name) {
            report.paused.push((row.name.clone(), sentence.to_owned()));
            drop(report);
            if !probed {
                self.bridge.note(2, format!("{} waits: {sentence}", row.name));
            }
        }
        Ok(())
    }

    /// One job, as far as it goes; only the catalog's own failure is an error.
    fn one(&self, job: Job) -> Result<()> {
        let Some(file) = self.bridge.catalog.file(job.file)? else {
            self.untried(&job.store)?;
            self.bridge.catalog.finish_jobs(&[job])?;
            return Ok(());
        };
        self.cx.progress.label(&file.name.to_string_lossy());
        let Some(row) = self
            .bridge
            .catalog
            .stores()?
            .into_iter()
            .find(|row| row.id == job.store)
        else {
            self.untried(&job.store)?;
            self.bridge.catalog.finish_jobs(&[job])?;
            return Ok(());
        };
        if file.is_proxy() || file.missing_since.is_some() {
            self.untried(&job.store)?;
            self.bridge.catalog.finish_jobs(&[job])?;
            self.cx.progress.add(1);
            return Ok(());
        }
        let store = match self.bridge.store(&row, self.cx) {
            Ok(store) => store,
            Err(Error::Store(error)) if error.kind() != ErrorKind::Cancelled => {
                // A store that cannot even be opened is nobody's fault but its own, whatever the reason.
                let catalog = &self.bridge.catalog;
                catalog.set_job(&job, JobState::Queued, None, job.not_before)?;
                return self.pause(&row, error.kind(), &error.to_string());
            }
            Err(error) => return self.failed(&job, &file, &row, error),
        };
        match self.send(&store, &job, &file, &row) {
            Ok(verified) => {
                self.answered(&row, verified.sent)?;
                let mut report = lock(&self.report);
                report.done += 1;
                report.bytes += file.size;
                drop(report);
                self.cx.progress.add(1);
                lock(&self.verified).push(verified);
                Ok(())
            }
            Err(error) => {
                let told = self.failed(&job, &file, &row, error);
                self.untried(&row.id)?;
                told
            }
        }
    }

    /// The file that was to try a waiting store said nothing about it: the next one tries.
    fn untried(&self, store: &StoreId) -> Result<()> {
        if lock(&self.probing).remove(store) {
            self.bridge.catalog.probe_store(store, self.bridge.clock.now())?;
        }
        Ok(())
    }

    /// Sends one file and reads it back.
    fn send(&self, store: &Store, job: &Job, file: &FileRow, row: &StoreRow) -> Result<Verified> {
        let bridge = self.bridge;
        let small = local::read_file(bridge.fs.as_ref(), &file.path, local::IN_MEMORY, self.cx)?;
        let hashed = match &small {
            Some((_, hashed)) => *hashed,
            None => local::hash_file(bridge.fs.as_ref(), &file.path, self.cx)?,
        };
        if !file.same_stat(&hashed.stat) {
            bridge.catalog.update_file_stat(file.id, &hashed.stat)?;
        }
        bridge.catalog.set_content(file.id, &hashed.stat, hashed.content)?;
        let written_ms = hashed.stat.mtime_ns.max(hashed.stat.ctime_ns) / 1_000_000;
        if file.racy && bridge.clock.now().0.saturating_sub(written_ms) > RACY_MS {
            bridge.catalog.settle(file.id)?;
        }
        let photo = bridge.catalog.photo(file.photo)?;
        if let Some(receipt) = bridge
            .catalog
            .receipt(&row.id, &hashed.content)?
            .filter(Receipt::proves)
        {
            // The same bytes under another name: proven already, only the name is news.
            lock(&self.report).already += 1;
            self.cx.progress.add_bytes(file.size.saturating_mul(2));
            let records = vec![record::seen(bridge, file, photo.as_ref(), &receipt, None)?];
            return Ok(Verified {
                job: job.clone(),
                content: hashed.content,
                records,
                sent: 0,
            });
        }
        let job = bridge.catalog.set_job(job, JobState::Uploading, None, job.not_before)?;
        let taken = photo.as_ref().and_then(|photo| photo.facts.taken);
        let (receipt, backed) = match small {
            Some((bytes, _)) => self.transfer(store, file, &hashed, taken, &mut Cursor::new(bytes))?,
            None => {
                let mut body = bridge.fs.open(&file.path)?;
                self.transfer(store, file, &hashed, taken, &mut body)?
            }
        };
        let now = bridge.fs.stat(&file.path)?;
        if !now.same_content_as(&hashed.stat) {
            // What was sent is a whole version that the file once had: it stays, and the file's new version is next.
            return Err(Error::InUse);
        }
        let records = vec![record::seen(bridge, file, photo.as_ref(), &receipt, None)?, backed];
        Ok(Verified {
            job,
            content: hashed.content,
            records,
            sent: hashed.stat.size,
        })
    }

    /// Put and read back, under another name where the store damaged the last one; gives the receipt, and the line that
    /// only what was read back earns.
    fn transfer(
        &self,
        store: &Store,
        file: &FileRow,
        hashed: &local::Hashed,
        taken: Option<CaptureTime>,
        body: &mut dyn Source,
    ) -> Result<(Receipt, Record)> {
        let name = path_bytes(Path::new(&file.name));
        let mut avoid: Vec<Key> = Vec::new();
        loop {
            let meta = PutMeta {
                name: &name,
                taken,
                content: hashed.content,
                size: hashed.stat.size,
                avoid: &avoid,
            };
            let put = store.put_original(&meta, body, self.cx)?;
            match store.read_back(&put.key, &hashed.content, hashed.stat.size, self.cx) {
                Ok(checked) => return Ok((verify::keep(self.bridge, &checked)?, say::backed(&checked))),
                Err(error @ StoreError::WrongBytes { .. }) => {
                    tracing::warn!("{error}");
                    avoid.push(put.key);
                    if avoid.len() >= MAX_DAMAGED {
                        return Err(error.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What a failure means for the job, the store and the run.
    fn failed(&self, job: &Job, file: &FileRow, row: &StoreRow, error: Error) -> Result<()> {
        let catalog = &self.bridge.catalog;
        // The row may have moved on to another state inside `send`; from there the same ends are allowed.
        let again = |delay: i64| self.bridge.clock.now().plus(delay);
        let sentence = error.to_string();
        let name = file.name.to_string_lossy().into_owned();
        match error {
            Error::Catalog(error) => return Err(error.into()),
            Error::Cancelled => {
                catalog.set_job(job, JobState::Queued, None, job.not_before)?;
            }
            Error::Store(error) if error.kind() == ErrorKind::Cancelled => {
                catalog.set_job(job, JobState::Queued, None, job.not_before)?;
            }
            Error::Store(error) if error.is_about_the_store() => {
                // Every job would fail alike: the store waits as one, and its queue is kept.
                catalog.set_job(job, JobState::Queued, None, job.not_before)?;
                self.pause(row, error.kind(), &sentence)?;
            }
            Error::Fs(error) if error.kind == FsErrorKind::NotFound && !self.tree_is_here(file)? => {
                // Its whole disk is away (I4): that says nothing about the photo, and only waiting helps.
                let sentence = "Its folder is not connected. It is sent when it is back.";
                catalog.set_job(job, JobState::Waiting, Some(sentence), again(AWAY_MS))?;
            }
            Error::Fs(error) if error.kind == FsErrorKind::NotFound => {
                // The next scan says whether it moved or is gone; there is nothing to send now.
                self.block(job, &name, "It is not in its folder any more. Scan the folder again.")?;
            }
            Error::Fs(error) => self.block(job, &name, &local_sentence(&error))?,
            Error::Store(error)
                if error.kind() == ErrorKind::Temporary && !matches!(error, StoreError::ChangedWhileSending { .. }) =>
            {
                // What may pass is never a person's: it is tried again, ever more rarely.
                catalog.set_job(job, JobState::Waiting, Some(&sentence), again(backoff_ms(job.attempt)))?;
                self.trouble(row, &sentence)?;
            }
            Error::InUse | Error::Store(_) if job.attempt < MAX_TRIES => {
                catalog.set_job(job, JobState::Waiting, Some(&sentence), again(backoff_ms(job.attempt)))?;
            }
            Error::InUse | Error::Store(_) | Error::Refused(_) => self.block(job, &name, &sentence)?,
        }
        Ok(())
    }

    /// A failure that may pass. Many in a row are no accident of one file: then the store waits, and the rest of its files
    /// need not fail one by one.
    fn trouble(&self, row: &StoreRow, sentence: &str) -> Result<()> {
        lock(&self.pace).told(self.bridge.clock.boot(), 0, true);
        let count = {
            let mut troubles = lock(&self.troubles);
            let count = troubles.entry(row.id.clone()).or_default();
            *count += 1;
            *count
        };
        let probed = lock(&self.probing).contains(&row.id);
        if probed || count >= MAX_TROUBLES {
            self.pause(row, ErrorKind::Temporary, sentence)?;
        }
        Ok(())
    }

    /// Whether the watched tree that the file belongs to can be listed and has anything in it: a mount point that lost its
    /// disk is an empty folder.
    fn tree_is_here(&self, file: &FileRow) -> Result<bool> {
        let Some(root) = self.bridge.catalog.root(file.root)? else {
            return Ok(true);
        };
        let mut entries = 0_u32;
        let listed = self
            .bridge
            .fs
            .list(&root.path, &mut |_| entries = entries.saturating_add(1));
        Ok(listed.is_ok() && entries > 0)
    }

    fn block(&self, job: &Job, name: &str, sentence: &str) -> Result<()> {
        self.bridge
            .catalog
            .set_job(job, JobState::Blocked, Some(sentence), job.not_before)?;
        lock(&self.report).blocked.push((name.to_owned(), sentence.to_owned()));
        Ok(())
    }

    /// Writes the waiting records into the log, one segment for each store, and calls their jobs done.
    fn flush(&self, all: bool) -> Result<()> {
        let _flushing = match all {
            true => lock(&self.flushing),
            // Another sender writes the log just now: what came since goes with the next batch.
            false => match self.flushing.try_lock() {
                Ok(flushing) => flushing,
                Err(_) => return Ok(()),
            },
        };
        let batch = {
            let mut verified = lock(&self.verified);
            if verified.is_empty() || (!all && verified.len() < BATCH) {
                return Ok(());
            }
            std::mem::take(&mut *verified)
        };
        for row in self.bridge.catalog.stores()? {
            let mine: Vec<&Verified> = batch.iter().filter(|one| one.job.store == row.id).collect();
            if mine.is_empty() {
                continue;
            }
            let records: Vec<Record> = mine.iter().flat_map(|one| one.records.iter().cloned()).collect();
            let contents: Vec<ContentId> = mine.iter().map(|one| one.content).collect();
            let jobs: Vec<Job> = mine.iter().map(|one| one.job.clone()).collect();
            // A stop that was asked for does not keep lines out of the log that are earned: they are few and small.
            let written = self
                .bridge
                .store(&row, &Cx::new())
                .and_then(|store| record::append(self.bridge, &row, &store, &records, &contents, &Cx::new()));
            match written {
                Ok(()) => self.bridge.catalog.finish_jobs(&jobs)?,
                Err(Error::Catalog(error)) => return Err(error.into()),
                Err(error) => {
                    // The receipts stand; `finish_unlogged` writes the lines when the store is back.
                    for job in &jobs {
                        self.bridge
                            .catalog
                            .set_job(job, JobState::Queued, None, job.not_before)?;
                    }
                    let kind = match &error {
                        Error::Store(error) => error.kind(),
                        _ => ErrorKind::Temporary,
                    };
                    self.pause(&row, kind, &error.to_string())?;
                }
            }
        }
        Ok(())
    }
}

fn local_sentence(error: &FsError) -> String {
    match error.kind {
        FsErrorKind::Denied => format!("It may not be read: {error}. Change its permissions, then try again."),
        FsErrorKind::NotRegular => "It is not a regular file any more.".to_owned(),
        FsErrorKind::Elsewhere => "It is in iCloud only. In the Finder choose Download Now, then try again.".to_owned(),
        _ => format!("It cannot be read: {error}. Check the disk, then try again."),
    }
}
