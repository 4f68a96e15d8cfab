//! Where every photo stands: numbers that add up, and every exception by name.

use super::{
    error::Result,
    session::Session,
    snapshot::{QueueView, StoreView},
};
use crate::{
    catalog::browse::{Filter, Order},
    model::{
        content::human_bytes,
        job::JobState,
        safety::{Safety, Totals},
        time::ago,
    },
    sys::task::Cx,
};
use serde_json::{Value, json};

/// Names given before the rest is only counted.
const NAMED: usize = 50;

/// A title, the first names with their reasons, and how many there are in all.
pub type Exceptions = (String, Vec<(String, String)>, u64);

/// The whole status.
#[derive(Clone, Debug)]
pub struct Status {
    /// By bucket.
    pub totals: Totals,
    /// One sentence each: stores, queue, held originals.
    pub lines: Vec<String>,
    /// What needs a look, by name.
    pub exceptions: Vec<Exceptions>,
    /// The stores.
    pub stores: Vec<StoreView>,
    /// The queue.
    pub queue: QueueView,
}

/// Reads the status from the catalog.
///
/// # Errors
/// The catalog's, and `Usage` for a store that is not known.
pub fn read(session: &Session, store: Option<&str>) -> Result<Status> {
    let totals = session.catalog.totals()?;
    let mut stores = session.store_views(false, &Cx::new())?;
    if store.is_some() {
        let wanted = session.stores_for(store)?;
        stores.retain(|view| wanted.iter().any(|row| row.id == view.id));
    }
    let queue = session.queue_view()?;
    let mut lines = Vec::new();
    let now = session.clock.now();
    lines.push(format!(
        "{} of {} photos have a proven copy that would survive this disk.",
        totals.proven(),
        totals.all.photos - totals.of(Safety::Removed).photos
    ));
    let others = totals.all.others - totals.of(Safety::Removed).others;
    if others > 0 {
        lines.push(format!("{} of {others} other files have one.", totals.proven_others()));
    }
    let marks_wait = totals.of(Safety::MarksWait).photos;
    if marks_wait > 0 {
        lines.push(format!(
            "{marks_wait} more are proven but for their newest marks, which wait for the next backup."
        ));
    }
    for view in &stores {
        let checked = view.last_verified.map_or_else(
            || "never read back".to_owned(),
            |at| format!("last read back {}", ago(now.since(at))),
        );
        lines.push(format!(
            "{}: {} files proven ({}), {checked}. {}",
            view.name,
            view.proven,
            human_bytes(view.bytes),
            view.counts_note
        ));
    }
    if queue.total + queue.blocked > 0 {
        lines.push(format!(
            "Queue: {} files waiting, {} need you.",
            queue.total, queue.blocked
        ));
    }
    for (store, files) in session.catalog.retold_counts()? {
        if let Some(view) = stores.iter().find(|view| view.id == store) {
            lines.push(format!(
                "{}: its log says the old places of {files} files that have moved; it is told with the next backup.",
                view.name
            ));
        }
    }
    let held = session.held_view()?;
    if held.held > 0 {
        lines.push(format!(
            "{} originals are held on this disk ({}).",
            held.held,
            human_bytes(held.held_bytes)
        ));
    }
    if held.optimized > 0 {
        lines.push(format!(
            "{} originals are only in a store; {} freed here.",
            held.optimized,
            human_bytes(held.freed)
        ));
    }
    if let Some(reason) = session.bridge.frozen()? {
        lines.push(format!("No original leaves this disk until this is settled. {reason}"));
    }
    Ok(Status {
        totals,
        lines,
        exceptions: exceptions(session, &queue)?,
        stores,
        queue,
    })
}

fn exceptions(session: &Session, queue: &QueueView) -> Result<Vec<Exceptions>> {
    let mut all: Vec<Exceptions> = Vec::new();
    let tiles = session
        .catalog
        .tiles(&Filter::Safety(vec![Safety::NeedsYou]), None, Order::OldestFirst)?;
    let mut needs = Vec::new();
    for tile in tiles.iter().take(NAMED) {
        let why = session
            .detail(tile.id)?
            .map_or_else(String::new, |detail| detail.safety_sentence);
        needs.push((tile.name.to_string(), why));
    }
    all.push(("Needs you".to_owned(), needs, tiles.len() as u64));
    let waiting: Vec<(String, String)> = queue
        .rows
        .iter()
        .filter(|row| row.state == JobState::Waiting)
        .map(|row| (row.name.clone(), row.reason.clone().unwrap_or_default()))
        .collect();
    let count = waiting.len() as u64;
    all.push(("Will be tried again".to_owned(), waiting, count));
    for (title, undecodable) in [
        ("Cannot be read", false),
        ("Cannot be read as a picture, backed up all the same", true),
    ] {
        let files = session.catalog.problem_files(undecodable, 100_000)?;
        let count = files.len() as u64;
        let named = files
            .into_iter()
            .take(NAMED)
            .map(|(path, why)| (path.display().to_string(), why))
            .collect();
        all.push((title.to_owned(), named, count));
    }
    all.retain(|(_, _, count)| *count > 0);
    Ok(all)
}

/// The status as the documented JSON.
#[must_use]
pub fn json(status: &Status) -> Value {
    let buckets: serde_json::Map<String, Value> = Safety::ALL
        .into_iter()
        .map(|safety| (safety.word().to_owned(), json!(status.totals.of(safety))))
        .collect();
    json!({
        "all": status.totals.all, "buckets": buckets, "adds_up": status.totals.add_up(), "proven_photos": status.totals.proven(),
        "proven_others": status.totals.proven_others(),
        "stores": status.stores.iter().map(|view| json!({ "name": view.name, "id": view.id, "files_proven": view.proven,
            "bytes_proven": view.bytes, "damaged": view.damaged, "counts": view.counts,
            "last_verified": view.last_verified.map(|at| at.rfc3339()) })).collect::<Vec<_>>(),
        "queue": { "waiting": status.queue.total, "bytes": status.queue.bytes_total, "blocked": status.queue.blocked },
        "exceptions": status.exceptions.iter().map(|(title, list, count)| json!({ "what": title, "count": count,
            "files": list.iter().map(|(name, why)| json!({ "name": name, "reason": why })).collect::<Vec<_>>() })).collect::<Vec<_>>(),
    })
}
