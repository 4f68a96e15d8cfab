//! Backup, verify, optimize and restore as a face asks for them: which photos, which store, and a report in words.

use super::{
    error::{OpError, Result},
    session::Session,
    snapshot::{OptimizeView, PlanView, Refusal},
};
use crate::{
    backup::{
        bridge::NewStore,
        optimize::{self, OptimizePlan, Outcome},
        plan::{self, BackupPlan},
        policy::ReleasePolicy,
        record,
        release::{self, ReleaseReport},
        restore::{self, RestoreReport},
        restore_to::{self, RestoreToReport},
        verify::{self, Sweep, SweepReport},
        worker::{self, Options, RunReport},
    },
    catalog::stores::{StoreConfig, StoreRow},
    model::{
        content::{ContentId, human_bytes},
        id::{PhotoId, StoreId},
        safety::THIS_MACHINE,
    },
    remote::{self, access::Access, contract},
    store::{check, store::Store},
    sys::{
        clock::{Clock as _, RealClock},
        fs::Fs,
        real::RealFs,
        secret::{Credentials, Keeper},
        task::{self, Cx},
    },
};
use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// How long a run waits for jobs that will be tried again, before it leaves them to the next run.
const PATIENCE_MS: i64 = 20_000;

impl Session {
    /// A folder becomes a store, or the store that is there is opened.
    ///
    /// # Errors
    /// The place cannot be used.
    pub fn add_store(&self, name: &str, url: &str, counts_override: bool, cx: &Cx) -> Result<StoreRow> {
        let row = self.bridge.add_store(name, url, counts_override, cx)?;
        self.remember_places()?;
        Ok(row)
    }

    /// The same with its keys and what is chosen for it; says where the keys are kept.
    ///
    /// # Errors
    /// The place cannot be used, or does not know us.
    pub fn add_store_with(
        &self,
        name: &str,
        url: &str,
        config: StoreConfig,
        credentials: Option<Credentials>,
        cx: &Cx,
    ) -> Result<(StoreRow, Option<Keeper>)> {
        let new = NewStore {
            name: name.to_owned(),
            url: url.to_owned(),
            counts_override: false,
            config,
            credentials,
        };
        let added = self.bridge.add(&new, cx)?;
        self.remember_places()?;
        Ok(added)
    }

    /// Changes what is chosen for a store.
    ///
    /// # Errors
    /// The catalog's.
    pub fn set_store_config(&self, row: &StoreRow, config: &StoreConfig) -> Result<()> {
        self.catalog.set_store_config(&row.id, config)?;
        self.bridge.close_all();
        self.remember_places()?;
        Ok(())
    }

    /// Forgets a store; nothing in it is touched.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove_store(&self, store: &StoreId) -> Result<()> {
        self.catalog.remove_store(store)?;
        if let Err(error) = self.secrets.forget(&store.0) {
            tracing::warn!("the keys of a store that was forgotten are still kept: {error}");
        }
        self.remember_places()?;
        Ok(())
    }

    /// The store of this name, or every store; a library without stores says how to get one.
    ///
    /// # Errors
    /// There is none.
    pub fn stores_for(&self, name: Option<&str>) -> Result<Vec<StoreRow>> {
        if let Some(name) = name {
            let found = self.bridge.store_named(name);
            return Ok(vec![found.map_err(|error| OpError::Usage(error.to_string()))?]);
        }
        let stores = self.catalog.stores()?;
        if stores.is_empty() {
            let sentence = "There is no store yet. Add a folder on another disk with: safelight store add NAME FOLDER";
            return Err(OpError::Usage(sentence.to_owned()));
        }
        Ok(stores)
    }

    /// What a backup of these photos to a store would do.
    ///
    /// # Errors
    /// The catalog's.
    pub fn plan_backup(&self, row: &StoreRow, photos: &[PhotoId], cx: &Cx) -> Result<BackupPlan> {
        Ok(plan::plan(&self.bridge, row, photos, cx)?)
    }

    /// Queues what a plan would send. A store that was waiting for a person is asked again.
    ///
    /// # Errors
    /// The catalog's.
    pub fn enqueue(&self, row: &StoreRow, plan: &BackupPlan) -> Result<()> {
        self.catalog.pause_store(&row.id, None)?;
        self.start_following(row)?;
        Ok(self.catalog.enqueue(&row.id, &plan.send)?)
    }

    /// Works the queue until nothing can be done now, waiting a little for what failed in passing; then the stores'
    /// derived files are made again. The person's hours and metered networks are respected.
    ///
    /// # Errors
    /// The catalog's.
    pub fn run_queue(&self, only: Option<&StoreId>, cx: &Cx) -> Result<RunReport> {
        self.run_queue_now(only, false, cx)
    }

    /// The same; with `all_the_same` also outside the person's hours and over metered networks.
    ///
    /// # Errors
    /// The catalog's.
    pub fn run_queue_now(&self, only: Option<&StoreId>, all_the_same: bool, cx: &Cx) -> Result<RunReport> {
        let settings = self.settings();
        let options = Options {
            only,
            at_once: usize::from(settings.uploads),
            rules: &settings.sending,
            network: self.network.as_ref(),
            all_the_same,
        };
        let mut total = RunReport::default();
        let started = self.clock.now();
        loop {
            let report = worker::run_with(&self.bridge, &options, cx)?;
            merge(&mut total, report);
            let retry = self.catalog.next_retry(only)?;
            let now = self.clock.now();
            match retry {
                Some(at) if !total.cancelled && at.since(started) < PATIENCE_MS => {
                    let wait = at.since(now).clamp(0, PATIENCE_MS);
                    task::pause(Duration::from_millis(wait.cast_unsigned()), &cx.cancel);
                }
                _ => break,
            }
        }
        self.rules_held.store(!total.held.is_empty(), Ordering::SeqCst);
        if total.done > 0 {
            let rows = self.stores_for(None)?.into_iter();
            let names: Vec<String> = rows
                .filter(|row| only.is_none_or(|only| *only == row.id))
                .map(|row| row.name)
                .collect();
            let line = format!(
                "Backed up {} files to {} ({}), all read back",
                total.done,
                names.join(", "),
                human_bytes(total.bytes)
            );
            self.bridge.note(1, line);
        }
        self.finish_stores(only);
        Ok(total)
    }

    /// Marks into the logs, then SHA256SUMS and the like made again where the log has grown since: they are derived, so a
    /// failure here only makes them old, and the next run makes them again.
    fn finish_stores(&self, only: Option<&StoreId>) {
        let stores = self.catalog.stores().unwrap_or_default();
        for row in stores.into_iter().filter(|row| only.is_none_or(|id| *id == row.id)) {
            let cx = Cx::new();
            if let Err(error) = self.push_marks(&row, &cx).and_then(|()| self.write_derived(&row, &cx)) {
                tracing::warn!("{}: its lists were not made again: {error}", row.name);
            }
        }
    }

    fn write_derived(&self, row: &StoreRow, cx: &Cx) -> Result<()> {
        let key = record::lists_key(&row.id);
        let now = self
            .catalog
            .stores()?
            .into_iter()
            .find(|one| one.id == row.id)
            .map(|one| one.log_segment);
        let segment = now.unwrap_or(0).to_string();
        if self.catalog.meta(&key)?.as_deref() == Some(segment.as_str()) {
            return Ok(());
        }
        let store = self.bridge.store(row, cx)?;
        let replay = store.read_all(cx)?;
        store.write_derived(&self.bridge.device, &replay, cx)?;
        Ok(self.catalog.set_meta(&key, Some(&segment))?)
    }

    /// Reads copies back.
    ///
    /// # Errors
    /// The catalog's, and `Cancelled`.
    pub fn verify(&self, only: Option<&StoreId>, what: &Sweep, cx: &Cx) -> Result<SweepReport> {
        Ok(verify::sweep(&self.bridge, only, what, cx)?)
    }

    /// The contents whose copies belong to these photos.
    ///
    /// # Errors
    /// The catalog's.
    pub fn contents_of(&self, photos: &[PhotoId]) -> Result<Vec<ContentId>> {
        let mut contents = Vec::new();
        for chunk in photos.chunks(500) {
            for file in self.catalog.files_of(chunk)? {
                contents.extend(file.stands_for.or(file.content));
            }
        }
        contents.sort_unstable();
        contents.dedup();
        Ok(contents)
    }

    /// What Optimize would do with these photos.
    ///
    /// # Errors
    /// The catalog's.
    pub fn plan_optimize(&self, photos: &[PhotoId]) -> Result<OptimizePlan> {
        Ok(optimize::plan(&self.bridge, photos)?)
    }

    /// Optimizes until the plan or `free` bytes are done, then lets go what is due.
    ///
    /// # Errors
    /// The catalog's, and the disk's in the middle of an exchange, which the next start settles.
    pub fn optimize(&self, plan: &OptimizePlan, free: Option<u64>, free_now: bool, cx: &Cx) -> Result<OptimizeReport> {
        let settings = self.settings().release;
        let policy = if free_now { settings.free_now() } else { settings };
        let mut report = OptimizeReport::default();
        if let Some(reason) = self.bridge.frozen()? {
            return Err(OpError::NeedsYou(format!(
                "No original leaves this disk until this is settled. {reason}"
            )));
        }
        let sum = plan.candidates.iter().map(|candidate| candidate.file.size).sum();
        cx.progress.start(plan.candidates.len() as u64, sum);
        let mut held = plan.held.clone();
        for candidate in &plan.candidates {
            if free.is_some_and(|wanted| report.saves >= wanted) {
                break;
            }
            if cx.cancel.is_cancelled() {
                report.cancelled = true;
                break;
            }
            let name = candidate.file.name.to_string_lossy().into_owned();
            cx.progress.label(&name);
            match optimize::optimize(&self.bridge, candidate, &policy, cx) {
                Ok(Outcome::Held { original, proxy }) => {
                    report.held += 1;
                    report.saves += original.saturating_sub(proxy);
                    held.extend(candidate.file.content);
                }
                Ok(Outcome::Kept(reason)) => report.kept.push((name, reason)),
                Err(crate::backup::error::Error::Cancelled) => {
                    report.cancelled = true;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
            cx.progress.add(1);
        }
        if report.held > 0 {
            self.bridge
                .note(1, format!("Optimized {} photos, originals held", report.held));
        }
        if !report.cancelled {
            // "Free now" is about the photos that were asked for, whether their exchange was today's or an earlier one's.
            let now_too: Option<Vec<ContentId>> = free_now.then_some(held);
            report.released = self.release_due(&policy, now_too.as_deref(), cx)?;
        }
        Ok(report)
    }

    /// Lets go what is due.
    ///
    /// # Errors
    /// The catalog's, and `Cancelled`.
    pub fn release_due(&self, policy: &ReleasePolicy, only: Option<&[ContentId]>, cx: &Cx) -> Result<ReleaseReport> {
        let report = release::release_due(&self.bridge, policy, only, cx)?;
        self.finish_stores(None);
        if report.released > 0 {
            self.bridge.note(1, super::views::release_sentence(&report));
        }
        Ok(report)
    }

    /// How many originals are only in this store, as far as proven copies go.
    ///
    /// # Errors
    /// The catalog's.
    pub fn relied_on(&self, store: &StoreId) -> Result<u64> {
        let mut count = 0;
        for content in self.catalog.optimized_contents()? {
            let receipts = self.catalog.receipts(&content)?;
            let elsewhere = receipts
                .iter()
                .any(|receipt| receipt.store != *store && receipt.proves());
            if !elsewhere && receipts.iter().any(|receipt| receipt.store == *store) {
                count += 1;
            }
        }
        Ok(count)
    }

    /// Brings originals back in place.
    ///
    /// # Errors
    /// The catalog's, and `Cancelled`.
    pub fn restore(&self, photos: &[PhotoId], cx: &Cx) -> Result<RestoreReport> {
        let report = restore::restore(&self.bridge, photos, cx)?;
        if report.brought_back > 0 {
            // They are known as missing until somebody looks.
            self.scan_all(true, cx, &|| {})?;
            self.bridge
                .note(1, format!("Brought {} removed files back", report.brought_back));
        }
        self.finish_stores(None);
        if report.fetched + report.unheld > 0 {
            self.bridge
                .note(1, format!("Restored {} originals", report.fetched + report.unheld));
        }
        Ok(report)
    }
}

/// Restores a whole store, or these contents of it, into a folder; needs no home.
///
/// # Errors
/// The store's.
pub fn restore_store(
    url: &str,
    access: &Access,
    dir: &Path,
    only: Option<&HashSet<ContentId>>,
    cx: &Cx,
) -> Result<RestoreToReport> {
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    let store = open_store(url, access, &fs, cx)?;
    Ok(restore_to::restore_to(fs.as_ref(), &store, dir, only, cx)?)
}

/// How a place kept the promises that Safelight relies on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestReport {
    /// All of them.
    pub ok: bool,
    /// One by one.
    pub probes: Vec<TestProbe>,
    /// Probe files that could not be removed again.
    pub left: Vec<String>,
    /// Milliseconds that it took.
    pub ms: i64,
    /// Whether it may be relied on, for what, and what to do where not: one sentence.
    pub sentence: String,
}

/// One promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestProbe {
    /// What is promised.
    pub name: &'static str,
    /// `ok`, `note` or `FAILED`.
    pub outcome: &'static str,
    /// What was found.
    pub sentence: String,
    /// What Safelight does about it, where the promise is not kept in full.
    pub remedy: Option<&'static str>,
}

/// What Safelight does where a promise is not kept: known for those without which a store still works.
fn remedy(probe: &contract::Probe) -> Option<&'static str> {
    let name = probe.name;
    match probe.outcome {
        contract::Outcome::Ok => None,
        contract::Outcome::Note if name.contains("accents and case") => {
            Some("Every name in a store carries its content's hash, so two photos never share one.")
        }
        contract::Outcome::Note if name.contains("Remove") || name.contains("no more") => {
            Some("Safelight never removes a copy by itself.")
        }
        contract::Outcome::Note if name.contains("room") => Some("Your own limit is used instead, where you set one."),
        contract::Outcome::Note => Some("Nothing depends on it."),
        contract::Outcome::Failed if name.contains("writers win") || name.contains("Never writes over") => Some(
            "Names carry the content's hash and every copy is read back, so backups are whole all the same; but originals \
             are not let go for this store.",
        ),
        contract::Outcome::Failed => None,
    }
}

fn probe_of(probe: &contract::Probe) -> TestProbe {
    TestProbe {
        name: probe.name,
        outcome: match probe.outcome {
            contract::Outcome::Ok => "ok",
            contract::Outcome::Note => "note",
            contract::Outcome::Failed => "FAILED",
        },
        sentence: probe.sentence.clone(),
        remedy: remedy(probe),
    }
}

/// Tries out everything Safelight relies on, with small files that are removed again. `make` makes the folder where only it
/// is missing: for a store that is about to be added.
///
/// # Errors
/// The place cannot be reached.
pub fn test_store(
    url: &str,
    access: &Access,
    make: bool,
    cx: &Cx,
    each: &mut dyn FnMut(TestProbe),
) -> Result<TestReport> {
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    let began = RealClock.boot();
    let remote = match make {
        true => remote::open::open_new(url, fs, access)?,
        false => remote::open::open(url, fs, access)?,
    };
    let report = contract::run_and_tell(&remote, true, cx, &mut |probe| each(probe_of(probe)))?;
    let failed: Vec<TestProbe> = report.failed().map(probe_of).collect();
    let here = remote.device().is_ok_and(|device| device == Some(THIS_MACHINE));
    let sentence = if failed.is_empty() && here {
        "Everything that Safelight relies on is kept here. But it is a server on this machine: it makes nothing safe, unless a \
         tunnel leads from it to another one and you say so."
            .to_owned()
    } else if failed.is_empty() {
        "Everything that Safelight relies on is kept here: it takes backups, and lets originals go by Optimize."
            .to_owned()
    } else if failed.iter().all(|probe| probe.remedy.is_some()) {
        "It takes backups, since every copy is read back; but do not let originals go for it with Optimize.".to_owned()
    } else {
        "This place does not keep what Safelight relies on. Use another one.".to_owned()
    };
    Ok(TestReport {
        ok: report.ok(),
        probes: report.probes.iter().map(probe_of).collect(),
        left: report.left,
        ms: RealClock.boot().0.saturating_sub(began.0),
        sentence,
    })
}

/// How the audit of a store ended.
#[derive(Clone, PartialEq, Debug)]
pub struct AuditReport {
    /// No doubt at all.
    pub sound: bool,
    /// The result in one sentence.
    pub sentence: String,
    /// What was found, one line each, the worst first.
    pub findings: Vec<String>,
    /// The documented JSON.
    pub json: serde_json::Value,
}

/// Audits a store without any catalog, changing nothing.
///
/// # Errors
/// The place cannot be reached, or somebody asked to stop.
pub fn check_store(url: &str, access: &Access, sizes_only: bool, cx: &Cx) -> Result<AuditReport> {
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    let remote = remote::open::open(url, fs, access).map_err(|error| OpError::Failed(error.to_string()))?;
    let depth = if sizes_only {
        check::Depth::Quick
    } else {
        check::Depth::Full
    };
    let report = check::check(remote.as_ref(), depth, cx)?;
    let line = |finding: &check::Finding| {
        let word = match finding.severity {
            check::Severity::Note => "note",
            check::Severity::Doubt => "doubt",
            check::Severity::Damage => "DAMAGE",
        };
        format!("{word:<6}  {}  {}", finding.key, finding.sentence)
    };
    let findings: Vec<String> = report.findings.iter().map(line).collect();
    Ok(AuditReport {
        sound: report.is_sound(),
        sentence: report.sentence(),
        json: serde_json::json!({ "store": report.store, "sound": report.is_sound(), "originals": report.originals,
            "good": report.good, "bytes_read": report.bytes_read, "segments": report.segments, "records": report.records,
            "findings": findings }),
        findings,
    })
}

fn open_store(url: &str, access: &Access, fs: &Arc<dyn Fs>, cx: &Cx) -> Result<Store> {
    let remote = remote::open::open(url, Arc::clone(fs), access).map_err(|error| OpError::Failed(error.to_string()))?;
    let clock = Arc::new(crate::sys::clock::RealClock);
    Ok(Store::open(remote, clock, cx)?)
}

/// How an optimize run ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OptimizeReport {
    /// Photos whose proxy is in place now.
    pub held: u64,
    /// Bytes that go once the originals go.
    pub saves: u64,
    /// Photos that stay: name and reason.
    pub kept: Vec<(String, String)>,
    /// What left this disk in the same run.
    pub released: ReleaseReport,
    /// Somebody asked to stop.
    pub cancelled: bool,
}

fn merge(total: &mut RunReport, one: RunReport) {
    total.done += one.done;
    total.bytes += one.bytes;
    total.already += one.already;
    total.blocked.extend(one.blocked);
    total.paused.extend(one.paused);
    for held in one.held {
        if !total.held.contains(&held) {
            total.held.push(held);
        }
    }
    total.cancelled |= one.cancelled;
}

/// Refusals as faces show them, the most frequent first.
#[must_use]
pub fn refusals(refused: &BTreeMap<String, (u64, Vec<String>)>) -> Vec<Refusal> {
    let mut list: Vec<Refusal> = refused
        .iter()
        .map(|(reason, (count, examples))| Refusal {
            reason: reason.clone(),
            count: *count,
            examples: examples.clone(),
        })
        .collect();
    list.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    list
}

/// A backup plan as the window shows it.
#[must_use]
pub fn plan_view(store: &str, plan: &BackupPlan) -> PlanView {
    PlanView {
        store: store.to_owned(),
        photos: plan.photos,
        files: plan.send.len() as u64,
        bytes: plan.bytes,
        already: plan.already,
        refused: refusals(&plan.refused),
        fits: plan.fits(),
        free: plan.free,
        verdict: plan.verdict.sentence.clone(),
        time: plan.time.clone(),
        scope: None,
        left_out: None,
    }
}

/// An optimize plan as the window shows it, over what is held already.
#[must_use]
pub fn optimize_view(plan: &OptimizePlan, base: OptimizeView) -> OptimizeView {
    OptimizeView {
        planned: true,
        photos: plan.candidates.len() as u64,
        frees: plan.frees,
        refused: refusals(&plan.refused),
        ..base
    }
}
