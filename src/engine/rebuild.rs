//! The catalog again, from what it was a cache of (I11): its newest daily copy; else the folders, the proxies that name
//! their originals, and the stores' logs. A damaged catalog is put aside, never deleted.

use super::{
    error::{OpError, Result},
    session::{CATALOG, Mode, OpenError, SETTINGS, Session},
    settings::Settings,
};
use crate::{
    catalog::{backups, error::Error as CatalogError},
    model::{
        receipt::{Method, Receipt},
        time::Timestamp,
    },
    store::state::State,
    sys::{
        clock::{Clock as _, RealClock},
        dirs::Home,
        fs::Fs,
        lock::HomeLock,
        real::RealFs,
        task::Cx,
    },
};
use std::path::{Path, PathBuf};

/// What a rebuild found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rebuilt {
    /// The daily copy it began with.
    pub from_copy: Option<PathBuf>,
    /// Where the old catalog lies now.
    pub kept: Option<PathBuf>,
    /// Photos known now.
    pub photos: u64,
    /// Proxies recognised by what they say of themselves.
    pub proxies: u64,
    /// Copies that stores claim to have; each has to be read back before it counts.
    pub receipts: u64,
    /// What was done, in sentences.
    pub lines: Vec<String>,
    /// What could not be done, in sentences.
    pub problems: Vec<String>,
}

/// Makes the catalog again.
///
/// # Errors
/// Another Safelight is using the library, or the disk says no. A root or store that is away is a problem in the report.
pub fn rebuild(home: &Home, from_scratch: bool, cx: &Cx) -> Result<Rebuilt> {
    let fs = RealFs;
    let now = RealClock.now();
    let mut report = Rebuilt::default();
    fs.make_dirs(&home.data)?;
    let path = home.data.join(CATALOG);
    let lock = HomeLock::acquire(&home.data)?.ok_or(OpenError::Locked)?;
    put_aside(&fs, &path, now, &mut report)?;
    if !from_scratch {
        take_copy(&fs, &path, &mut report);
    }
    drop(lock);
    let (settings, warning) = Settings::load(&fs, &home.config.join(SETTINGS), now);
    report.problems.extend(warning);
    let session = Session::open(home.clone(), Mode::Write, cx)?;
    for root in &settings.roots {
        if let Err(error) = session.add_root(root) {
            report
                .problems
                .push(format!("A folder could not be added again: {error}"));
        }
    }
    let scan = session.scan_all(false, cx, &|| {})?;
    for (path, why) in scan.offline {
        report
            .problems
            .push(format!("{} could not be scanned: {why}", path.display()));
    }
    hash_all(&session, cx, &mut report)?;
    for store in &settings.stores {
        // The keys are kept by the store's identity, and so outlive a catalog.
        let keys = session.secrets.get(&store.id, &store.name).unwrap_or_default();
        match session.add_store_with(&store.name, &store.url, store.config.clone(), keys, cx) {
            Ok(_) => {}
            Err(error) => report
                .problems
                .push(format!("The store {} could not be opened: {error}", store.name)),
        }
    }
    for row in session.catalog.stores()? {
        match replay(&session, &row, cx) {
            Ok(count) => report.receipts += count,
            Err(error) => report
                .problems
                .push(format!("The store {} could not be read: {error}", row.name)),
        }
    }
    session.catalog.refresh_safety()?;
    // Positions that came from the stores have no names yet.
    session.name_places(cx)?;
    session.remember_places()?;
    let totals = session.catalog.totals()?;
    report.photos = totals.all.photos;
    report.proxies = session.catalog.optimized_contents()?.len() as u64;
    report.lines.push(format!(
        "{} photos are known again, {} of them optimized copies.",
        report.photos, report.proxies
    ));
    if report.receipts > 0 {
        report.lines.push(format!(
            "The stores name {} copies of them. They count as sent until they are read back: safelight verify --all",
            report.receipts
        ));
    }
    Ok(report)
}

fn put_aside(fs: &dyn Fs, path: &Path, now: Timestamp, report: &mut Rebuilt) -> Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let from = PathBuf::from(name);
        if fs.stat_opt(&from)?.is_none() {
            continue;
        }
        let mut kept = path.as_os_str().to_owned();
        kept.push(format!(".before-rebuild-{}{suffix}", now.0));
        let kept = PathBuf::from(kept);
        fs.rename_new(&from, &kept)?;
        if suffix.is_empty() {
            report
                .lines
                .push(format!("The old catalog is kept as {}", kept.display()));
            report.kept = Some(kept);
        }
    }
    Ok(())
}

/// The newest daily copy that is whole; what was done since is found again by the scan and in the stores.
fn take_copy(fs: &dyn Fs, path: &Path, report: &mut Rebuilt) {
    for copy in backups::copies(fs, path).unwrap_or_default() {
        if backups::check_copy(&copy).is_err() {
            report
                .problems
                .push(format!("A daily copy is damaged and was not used: {}", copy.display()));
            continue;
        }
        let taken = crate::catalog::Catalog::open_read_only(&copy).and_then(|catalog| catalog.copy_to(path));
        match taken {
            Ok(()) => {
                report
                    .lines
                    .push(format!("Began with the daily copy {}", copy.display()));
                report.from_copy = Some(copy);
                return;
            }
            Err(error) => report.problems.push(format!("A daily copy could not be used: {error}")),
        }
    }
}

/// Every file's content, so that what stores say can be matched with what lies here.
fn hash_all(session: &Session, cx: &Cx, report: &mut Rebuilt) -> Result<()> {
    let photos = session.photos_of(&super::command::Scope::All)?;
    for chunk in photos.chunks(500) {
        for file in session.catalog.files_of(chunk)? {
            if cx.cancel.is_cancelled() {
                return Err(OpError::Cancelled);
            }
            if file.content.is_some() && !file.racy || file.missing_since.is_some() {
                continue;
            }
            match crate::backup::local::hash_file(session.fs.as_ref(), &file.path, cx) {
                Ok(hashed) => {
                    session.catalog.set_content(file.id, &hashed.stat, hashed.content)?;
                }
                Err(error) => report
                    .problems
                    .push(format!("{} could not be read: {error}", file.path.display())),
            }
        }
    }
    Ok(())
}

/// What a store's logs say: receipts enter as claimed and no better; marks and albums as other devices last set them.
fn replay(session: &Session, row: &crate::catalog::stores::StoreRow, cx: &Cx) -> Result<u64> {
    let store = session.bridge.store(row, cx)?;
    let state = State::of(&store.read_all(cx)?);
    let mut claimed = 0;
    for (content, known) in &state.contents {
        let here =
            !session.catalog.files_by_content(content)?.is_empty() || !session.catalog.proxies_of(content)?.is_empty();
        let Some(copy) = known.copies.values().max_by_key(|copy| (copy.method, copy.at)) else {
            continue;
        };
        if !here || session.catalog.receipt(&row.id, content)?.is_some() {
            continue;
        }
        debug_assert!(
            copy.method >= Method::Claimed,
            "whatever the log says, it is a claim here"
        );
        session.catalog.record_receipt(&Receipt {
            store: row.id.clone(),
            content: *content,
            size: known.size,
            key: copy.key.to_string(),
            claimed_at: copy.at,
            server_hash_at: None,
            first_read_back_at: None,
            read_back_at: None,
            damaged: false,
        })?;
        claimed += 1;
    }
    session.adopt_marks(&state).map_err(|error| match error {
        CatalogError::Value(text) => OpError::NeedsYou(text),
        other => other.into(),
    })?;
    Ok(claimed)
}
