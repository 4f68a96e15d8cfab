//! Stores on the command line: adding them with their keys, what is chosen for each, trying them out.

use super::{
    ask,
    output::counted,
    run::{Context, absolute},
};
use crate::{
    engine::{
        Access, StoreConfig,
        error::{OpError, Result},
        keeping::{self, TestReport},
        snapshot::StoreState,
    },
    model::{content::human_bytes, time::ago},
};
use serde_json::json;

/// A place as a person wrote it, as it is kept: a folder by its full path.
pub fn place(url: &str) -> String {
    let is_address = url.contains("://") || url.split(':').next().is_some_and(|scheme| scheme == "rclone");
    match is_address {
        true => url.to_owned(),
        false => absolute(std::path::Path::new(url)).to_string_lossy().into_owned(),
    }
}

/// What `store add` was told beside name and place.
pub struct Adding {
    /// The keys come by standard input.
    pub keys_stdin: bool,
    /// What was chosen.
    pub config: StoreConfig,
}

pub fn add(context: &Context, name: &str, url: &str, adding: Adding) -> Result<u8> {
    let session = context.write()?;
    let url = place(url);
    let keys = ask::keys(&url, adding.keys_stdin, &session.secrets, name)?;
    let (row, keeper) = session.add_store_with(name, &url, adding.config, keys, &context.cx)?;
    let views = session.store_views(false, &context.cx)?;
    let view = views.iter().find(|view| view.id == row.id);
    context.out.document(
        &json!({ "store": row.name, "id": row.id, "url": row.url, "counts": view.map(|view| view.counts),
            "keys": keeper.map(|keeper| keeper.sentence()) }),
    );
    context.out.say(format!("Added the store {name}: {url}"));
    if let Some(keeper) = keeper {
        context.out.say(keeper.sentence());
    }
    if let Some(view) = view {
        context.out.say(&view.counts_note);
    }
    Ok(0)
}

pub fn keys(context: &Context, name: &str, stdin: bool) -> Result<u8> {
    let session = context.write()?;
    let row = session.stores_for(Some(name))?.remove(0);
    let Some(keys) = ask::keys(&row.url, stdin, &session.secrets, name)? else {
        return Err(OpError::Usage(format!(
            "No keys were said. Run it in a terminal, with --keys-stdin, or set SAFELIGHT_STORE_USER and \
             SAFELIGHT_STORE_SECRET. Nothing was changed for {name}."
        )));
    };
    let keeper = session.bridge.set_keys(&row, &keys)?;
    context
        .out
        .document(&json!({ "store": row.name, "keys": keeper.sentence() }));
    context.out.say(keeper.sentence());
    // Whether they are the right ones is known when the store answers.
    match session.bridge.store(&row, &context.cx) {
        Ok(_) => context.out.say(format!("{name} answers with these keys.")),
        Err(error) => {
            context.out.warn(format!("{name}: {error}"));
            return Ok(1);
        }
    }
    Ok(0)
}

pub fn set(context: &Context, name: &str, change: impl FnOnce(&mut StoreConfig)) -> Result<u8> {
    let session = context.write()?;
    let row = session.stores_for(Some(name))?.remove(0);
    let mut config = row.config.clone();
    change(&mut config);
    session.set_store_config(&row, &config)?;
    let size = |bytes: Option<u64>, none: &str| bytes.map_or_else(|| none.to_owned(), human_bytes);
    context
        .out
        .document(&json!({ "store": row.name, "limit": config.limit, "bandwidth": config.bandwidth }));
    context.out.say(format!(
        "{name}: room for {}; at most {} a second.",
        size(config.limit, "what it says itself"),
        size(config.bandwidth, "any number of bytes")
    ));
    Ok(0)
}

pub fn list(context: &Context) -> Result<u8> {
    let session = context.look()?;
    let views = session.store_views(false, &context.cx)?;
    let now = session.clock.now();
    context.out.document(&json!({ "stores": views.iter().map(|view| json!({
        "name": view.name, "id": view.id, "kind": view.kind, "url": view.place, "counts": view.counts,
        "files_proven": view.proven, "bytes_proven": view.bytes, "damaged": view.damaged,
        "last_verified": view.last_verified.map(|at| at.rfc3339()),
        "paused": match &view.state { StoreState::Paused(why) => Some(why), _ => None },
    })).collect::<Vec<_>>() }));
    let rows: Vec<Vec<String>> = views
        .iter()
        .map(|view| {
            let state = match &view.state {
                StoreState::Ready if view.damaged > 0 => format!("{} damaged or missing", view.damaged),
                StoreState::Ready => "ready".to_owned(),
                StoreState::Unreachable(why) | StoreState::Paused(why) => why.clone(),
            };
            vec![
                view.name.clone(),
                view.proven.to_string(),
                human_bytes(view.bytes),
                view.last_verified
                    .map_or_else(|| "never".to_owned(), |at| ago(now.since(at))),
                if view.counts { "yes" } else { "no, same disk" }.to_owned(),
                state,
                view.place.clone(),
            ]
        })
        .collect();
    if rows.is_empty() {
        context
            .out
            .say("No store yet. Add a folder on another disk with: safelight store add NAME FOLDER");
    }
    context.out.table(
        &["STORE", "PROVEN", "BYTES", "LAST READ BACK", "COUNTS", "STATE", "PLACE"],
        &rows,
    );
    Ok(0)
}

pub fn test(context: &Context, name: &str) -> Result<u8> {
    let session = context.look()?;
    let row = session.stores_for(Some(name))?.remove(0);
    let access = session.bridge.access(&row)?;
    run_test(context, &row.url, &access)
}

fn run_test(context: &Context, url: &str, access: &Access) -> Result<u8> {
    let report: TestReport = context
        .out
        .with_progress("Testing", &context.cx, |cx| keeping::test_store(url, access, cx))?;
    context.out.document(
        &json!({ "ok": report.ok, "probes": report.probes.iter().map(|probe| json!({
        "promise": probe.name, "outcome": probe.outcome, "found": probe.sentence })).collect::<Vec<_>>() }),
    );
    let rows: Vec<Vec<String>> = report
        .probes
        .iter()
        .map(|probe| vec![probe.outcome.to_owned(), probe.name.to_owned(), probe.sentence.clone()])
        .collect();
    context.out.table(&["RESULT", "PROMISE", "FOUND"], &rows);
    match report.ok {
        true => context.out.say("Everything that Safelight relies on is kept here."),
        false => context
            .out
            .warn("This place does not keep what Safelight relies on. Use another one."),
    }
    Ok(u8::from(!report.ok))
}

pub fn remove(context: &Context, name: &str) -> Result<u8> {
    let session = context.write()?;
    let row = session.stores_for(Some(name))?.remove(0);
    let relied = session.relied_on(&row.id)?;
    if relied > 0 {
        return Err(OpError::NeedsYou(format!(
            "{} only proven original in {name}. Restore them first with: safelight restore --all",
            match relied {
                1 => "1 optimized photo has its".to_owned(),
                _ => format!("{} have their", counted(relied, "optimized photo")),
            }
        )));
    }
    session.remove_store(&row.id)?;
    context.out.document(&json!({ "removed": name }));
    context.out.say(format!(
        "Forgot the store {name}. Nothing in it was touched: {}",
        row.url
    ));
    Ok(0)
}
