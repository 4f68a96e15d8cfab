//! Stores on the command line: adding them with their keys, what is chosen for each, trying them out.

use super::{
    args_store::FollowArgs,
    ask,
    output::counted,
    run::{Context, absolute},
};
use crate::{
    engine::{
        Followed, StoreConfig,
        error::{OpError, Result},
        keeping::{self, TestReport},
        snapshot::{SetView, StoreState},
    },
    model::{content::human_bytes, time::ago},
};
use serde_json::json;
use std::collections::HashMap;

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
    if config.elsewhere != row.config.elsewhere {
        // What its copies are worth is known when it answers.
        let row = session.stores_for(Some(name))?.remove(0);
        if let Err(error) = session.bridge.store(&row, &context.cx) {
            context.out.warn(format!("{name}: {error}"));
        }
        for view in session
            .store_views(false, &context.cx)?
            .iter()
            .filter(|view| view.id == row.id)
        {
            context.out.say(&view.counts_note);
        }
    }
    Ok(0)
}

pub fn list(context: &Context) -> Result<u8> {
    let session = context.look()?;
    let views = session.store_views(false, &context.cx)?;
    let now = session.clock.now();
    let mut sets = HashMap::new();
    for row in session.catalog.stores()? {
        sets.insert(row.id.clone(), session.set_view(&row)?);
    }
    context.out.document(&json!({ "stores": views.iter().map(|view| json!({
        "name": view.name, "id": view.id, "kind": view.kind, "url": view.place, "counts": view.counts,
        "files_proven": view.proven, "bytes_proven": view.bytes, "damaged": view.damaged,
        "last_verified": view.last_verified.map(|at| at.rfc3339()),
        "paused": match &view.state { StoreState::Paused(why) => Some(why), _ => None },
        "follows": sets.get(&view.id).map(set_json),
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
    for view in &views {
        if let Some(set) = sets.get(&view.id).filter(|set| !set.follows.is_empty()) {
            context.out.say(format!("{} follows", view.name));
            say_set(context, set);
        }
    }
    Ok(0)
}

fn set_json(set: &SetView) -> serde_json::Value {
    json!({ "what": set.follows.iter().map(|one| json!({ "what": one.words, "photos": one.photos, "bytes": one.bytes,
            "problem": one.problem })).collect::<Vec<_>>(),
        "photos_in": set.photos_in, "bytes_in": set.bytes_in, "photos_out": set.photos_out, "bytes_out": set.bytes_out })
}

fn say_set(context: &Context, set: &SetView) {
    for one in &set.follows {
        context.out.say(format!(
            "  {}: {}",
            one.words,
            one.problem.clone().unwrap_or_else(|| format!(
                "{}, {}",
                counted(one.photos, "photo"),
                human_bytes(one.bytes)
            ))
        ));
    }
    context.out.say(format!(
        "  In: {}, {}. Left out: {}, {}.",
        counted(set.photos_in, "photo"),
        human_bytes(set.bytes_in),
        counted(set.photos_out, "photo"),
        human_bytes(set.bytes_out)
    ));
}

pub fn follow(context: &Context, name: &str, what: &FollowArgs, on: bool) -> Result<u8> {
    let session = context.write()?;
    let row = session.stores_for(Some(name))?.remove(0);
    let what = match (&what.album, &what.folder, &what.query) {
        (Some(album), ..) => Followed::Album(session.album_named(album)?.uid.as_str().to_owned()),
        (None, Some(folder), _) => {
            Followed::Folder(absolute(folder).to_string_lossy().trim_end_matches('/').to_owned())
        }
        (None, None, Some(query)) => Followed::Query(query.clone()),
        (None, None, None) => return Err(OpError::Usage("Say what: --album, --folder or --query.".to_owned())),
    };
    let changed = match on {
        true => session.follow(&row, &what)?,
        false => session.unfollow(&row, &what)?,
    };
    let set = session.set_view(&row)?;
    context
        .out
        .document(&json!({ "store": row.name, "changed": changed, "follows": set_json(&set) }));
    context.out.say(match (on, changed) {
        (true, true) => format!("{name} follows it from now on. Nothing has been sent yet."),
        (true, false) => format!("{name} follows it already."),
        (false, true) => format!("{name} no longer follows it. What was sent stays where it is."),
        (false, false) => format!("{name} did not follow it."),
    });
    say_set(context, &set);
    if on && let Some(photos) = session.set_photos(&row)? {
        let plan = session.plan_backup(&row, &photos, &context.cx)?;
        match &plan.store_away {
            Some(why) => context.out.warn(format!("{name}: {why}")),
            None => {
                context.out.say(format!("  {}", plan.verdict.sentence));
                if let Some(time) = &plan.time {
                    context.out.say(format!("  {time}"));
                }
                context
                    .out
                    .say("Send it with: safelight backup. In the background with: safelight service install");
            }
        }
    }
    Ok(0)
}

pub fn test(context: &Context, name: &str) -> Result<u8> {
    // A place that this home knows by name, or any other by its address.
    let known = match context.look() {
        Ok(session) => session
            .catalog
            .stores()?
            .into_iter()
            .find(|row| row.name == name || row.id.0 == name)
            .map(|row| session.bridge.access(&row).map(|access| (row, access)))
            .transpose()?,
        Err(_) => None,
    };
    let looks_like_place = name.contains('/') || name.starts_with("rclone:");
    let (url, access, row) = match known {
        Some((row, access)) => (row.url.clone(), access, Some(row)),
        None if looks_like_place => {
            let url = place(name);
            let access = ask::access(context, &url)?;
            (url, access, None)
        }
        None => {
            return Err(OpError::Usage(format!(
                "There is no store called {name}. List them with: safelight store list. Any other place is named by its \
                 address, as /mnt/nas/photos."
            )));
        }
    };
    let report: TestReport = context.out.with_progress("Testing", &context.cx, |cx| {
        keeping::test_store(&url, &access, false, cx, &mut |_| {})
    })?;
    // What was found is remembered with the store, where nobody else has the library just now.
    if let Some(row) = row
        && let Ok(session) = context.write()
    {
        session.remember_test(&row, &report)?;
    }
    context.out.document(
        &json!({ "ok": report.ok, "ms": report.ms, "sentence": report.sentence, "left": report.left,
        "probes": report.probes.iter().map(|probe| json!({
        "promise": probe.name, "outcome": probe.outcome, "found": probe.sentence, "remedy": probe.remedy })).collect::<Vec<_>>() }),
    );
    let rows: Vec<Vec<String>> = report
        .probes
        .iter()
        .map(|probe| {
            let found = match probe.remedy {
                Some(remedy) => format!("{} {remedy}", probe.sentence),
                None => probe.sentence.clone(),
            };
            vec![probe.outcome.to_owned(), probe.name.to_owned(), found]
        })
        .collect();
    context.out.table(&["RESULT", "PROMISE", "FOUND"], &rows);
    if !report.left.is_empty() {
        context.out.say(format!(
            "{} could not be removed again, below {}",
            counted(report.left.len(), "probe file"),
            report
                .left
                .first()
                .map_or("", |key| key.split('/').next().unwrap_or(""))
        ));
    }
    context.out.say(format!(
        "{} tried in {:.1} s.",
        counted(report.probes.len(), "promise"),
        report.ms as f64 / 1000.0
    ));
    match report.ok {
        true => context.out.say(&report.sentence),
        false => context.out.warn(&report.sentence),
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
