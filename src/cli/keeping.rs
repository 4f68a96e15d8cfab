//! The far side on the command line: backup, queue, status, verify, optimize, restore, rebuild.

use super::{
    args::{BackupArgs, OptimizeArgs, RestoreArgs, VerifyArgs},
    ask,
    output::counted,
    run::{Context, absolute},
    store::place,
};
use crate::{
    engine::{
        BackupPlan,
        command::Scope,
        error::{OpError, Result},
        keeping::{self, refusals},
        rebuild,
        session::Session,
        snapshot::Refusal,
        status,
    },
    model::{
        content::{ContentId, human_bytes},
        id::{JobId, PhotoId},
        job::JobState,
        safety::Safety,
    },
};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Names shown before the rest is only counted.
const SHOWN: usize = 20;

pub(in crate::cli) fn scope(session: &Session, words: &[String], album: Option<&str>) -> Result<Vec<PhotoId>> {
    match album {
        Some(name) => session.photos_of(&Scope::Album(session.album_named(name)?.id)),
        None if words.is_empty() => session.photos_of(&Scope::All),
        None => session.find_args(words),
    }
}

fn say_refusals(context: &Context, list: &[Refusal]) {
    for refusal in list {
        let more = if refusal.count as usize > refusal.examples.len() {
            ", .."
        } else {
            ""
        };
        context.out.say(format!(
            "  {:>6}  {}  ({}{more})",
            refusal.count,
            refusal.reason,
            refusal.examples.join(", ")
        ));
    }
}

/// What a backup would do, in lines.
fn say_plan(context: &Context, name: &str, plan: &BackupPlan) {
    context.out.say(format!(
        "{}: {} to send ({}), {} proven there already",
        name,
        counted(plan.send.len(), "file"),
        human_bytes(plan.bytes),
        plan.already
    ));
    if let (count @ 1.., names) = &plan.unreadable_pictures {
        context.out.say(format!(
            "  {count} of them cannot be read as pictures; they are sent as they are ({})",
            names.join(", ")
        ));
    }
    say_refusals(context, &refusals(&plan.refused));
    if let Some(why) = &plan.store_away {
        context.out.warn(format!("{}: {why}", name));
    }
    if plan.fits() == Some(false) {
        context.out.warn(format!("{}: {}", name, plan.verdict.sentence));
    } else if plan.bytes > 0 {
        context.out.say(format!("  {}", plan.verdict.sentence));
    }
    if let Some(time) = &plan.time {
        context.out.say(format!("  {time}"));
    }
}

pub fn backup(context: &Context, args: &BackupArgs) -> Result<u8> {
    let session = if args.dry_run {
        context.look()?
    } else {
        context.write()?
    };
    let stores = session.stores_for(args.store.as_deref())?;
    let everything = scope(&session, &args.query.query, args.album.as_deref())?;
    // Without a word on what, a store that follows something gets what it follows.
    let unsaid = args.query.query.is_empty() && args.album.is_none() && !args.all;
    if everything.is_empty() {
        context.out.document(&json!({ "stores": [] }));
        context
            .out
            .say("Nothing to back up: no photo is known here. Begin with: safelight scan FOLDER");
        return Ok(0);
    }
    let mut code = 0;
    let mut documents: Vec<Value> = Vec::new();
    let views = session.store_views(false, &context.cx)?;
    for row in &stores {
        let set = if unsaid { session.set_photos(row)? } else { None };
        let photos = set.as_ref().unwrap_or(&everything);
        if set.is_some() && photos.len() < everything.len() {
            context.out.say(format!(
                "{}: {} that it follows; {} are left out, send them too with --all",
                row.name,
                counted(photos.len(), "photo"),
                everything.len() - photos.len()
            ));
        }
        let plan = session.plan_backup(row, photos, &context.cx)?;
        let refused = refusals(&plan.refused);
        say_plan(context, &row.name, &plan);
        if plan.store_away.is_some() {
            code = 1;
        }
        let mut document = json!({ "store": row.name, "photos": plan.photos, "files": plan.send.len(), "bytes": plan.bytes,
            "already": plan.already, "refused": refused, "unreadable_pictures": plan.unreadable_pictures.0,
            "free": plan.free, "away": plan.store_away, "fits": plan.fits(), "verdict": plan.verdict.sentence,
            "plan": plan.verdict.plan.as_ref().map(|plan| &plan.name), "time": plan.time });
        if !args.dry_run && plan.store_away.is_none() {
            session.enqueue(row, &plan)?;
            // A copy on the disk of the photos makes none of them safe, and must not sound as if it did.
            let view = views.iter().find(|view| view.id == row.id);
            let counts = view.is_none_or(|view| view.counts);
            let report = context
                .out
                .with_progress(&format!("To {}", row.name), &context.cx, |cx| {
                    session.run_queue_now(Some(&row.id), args.now, cx)
                })?;
            context.out.say(format!(
                "{}: {} {} now, every byte read back ({}){}",
                row.name,
                counted(report.done, "file"),
                if counts { "safe" } else { "copied" },
                human_bytes(report.bytes),
                if report.already > 0 {
                    format!("; the bytes of {} were there already", report.already)
                } else {
                    String::new()
                }
            ));
            if let (false, Some(view)) = (counts, view) {
                context.out.say(format!("{}: {}", row.name, view.counts_note));
            }
            for (name, why) in report.blocked.iter().take(SHOWN) {
                context.out.warn(format!("  {name}: {why}"));
            }
            for (store, why) in report.paused.iter().chain(&report.held) {
                context.out.warn(format!("{store} waits: {why}"));
            }
            let waiting = session.queue_view()?;
            if !report.blocked.is_empty()
                || !report.paused.is_empty()
                || !report.held.is_empty()
                || waiting.blocked + waiting.waiting > 0
            {
                code = 1;
            }
            document["done"] = json!(report.done);
            document["bytes_done"] = json!(report.bytes);
            document["blocked"] = json!(report.blocked);
            document["paused"] = json!(report.paused);
            document["held"] = json!(report.held);
            if report.cancelled {
                return Err(OpError::Cancelled);
            }
        }
        documents.push(document);
    }
    context.out.document(&json!({ "stores": documents }));
    Ok(code)
}

pub fn queue_list(context: &Context) -> Result<u8> {
    let session = context.look()?;
    let queue = session.queue_view()?;
    context.out.document(&json!({ "waiting": queue.total, "bytes": queue.bytes_total, "blocked": queue.blocked,
        "jobs": queue.rows.iter().map(|row| json!({ "job": row.id.0, "file": row.name, "store": row.store, "bytes": row.size,
            "state": row.state, "reason": row.reason })).collect::<Vec<_>>() }));
    let rows: Vec<Vec<String>> = queue
        .rows
        .iter()
        .map(|row| {
            vec![
                row.id.to_string(),
                row.state.title().to_owned(),
                row.store.clone(),
                human_bytes(row.size),
                row.name.clone(),
                row.reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    if rows.is_empty() {
        context.out.say("The queue is empty.");
    }
    context
        .out
        .table(&["JOB", "STATE", "STORE", "SIZE", "FILE", "WHY"], &rows);
    Ok(u8::from(queue.rows.iter().any(|row| row.state == JobState::Blocked)))
}

pub fn queue_retry(context: &Context, job: Option<i64>) -> Result<u8> {
    let session = context.write()?;
    let count = session.catalog.retry_jobs(job.map(JobId))?;
    for row in session.stores_for(None)? {
        session.catalog.pause_store(&row.id, None)?;
    }
    context.out.say(match count {
        0 => "No failed job is waiting.".to_owned(),
        count => format!("{} tried again.", counted(count, "job")),
    });
    let report = context
        .out
        .with_progress("Sending", &context.cx, |cx| session.run_queue(None, cx))?;
    for (name, why) in report.blocked.iter().chain(&report.paused).chain(&report.held) {
        context.out.warn(format!("  {name}: {why}"));
    }
    context.out.document(
        &json!({ "retried": count, "done": report.done, "blocked": report.blocked, "paused": report.paused }),
    );
    Ok(u8::from(
        !report.blocked.is_empty() || !report.paused.is_empty() || !report.held.is_empty(),
    ))
}

pub fn queue_cancel(context: &Context) -> Result<u8> {
    let session = context.write()?;
    let count = session.catalog.cancel_jobs(None)?;
    context.out.document(&json!({ "cancelled": count }));
    context.out.say(match count {
        0 => "The queue is empty.".to_owned(),
        count => format!(
            "{} taken out of the queue. What was sent stays where it is.",
            counted(count, "job")
        ),
    });
    Ok(0)
}

pub fn status(context: &Context, store: Option<&str>) -> Result<u8> {
    let session = context.look()?;
    let status = status::read(&session, store)?;
    context.out.document(&status::json(&status));
    let totals = &status.totals;
    let rows: Vec<Vec<String>> = Safety::ALL
        .into_iter()
        .filter(|safety| totals.of(*safety).files > 0 || totals.of(*safety).photos > 0)
        .map(|safety| {
            let count = totals.of(safety);
            vec![
                safety.title().to_owned(),
                count.photos.to_string(),
                count.others.to_string(),
                count.files.to_string(),
                human_bytes(count.bytes),
            ]
        })
        .chain(std::iter::once(vec![
            "All".to_owned(),
            totals.all.photos.to_string(),
            totals.all.others.to_string(),
            totals.all.files.to_string(),
            human_bytes(totals.all.bytes),
        ]))
        .collect();
    context
        .out
        .table(&["STATE", "PHOTOS", "OTHER FILES", "ALL FILES", "ON THIS DISK"], &rows);
    for line in &status.lines {
        context.out.say(line);
    }
    for (title, list, count) in &status.exceptions {
        context.out.say(format!("{title} ({count})"));
        for (name, why) in list {
            context.out.say(format!("  {name}: {why}"));
        }
        if (*count as usize) > list.len() {
            context.out.say(format!("  and {} more", *count as usize - list.len()));
        }
    }
    if !totals.add_up() {
        // I13: a bug, and one that must not hide.
        return Err(OpError::Failed(
            "The numbers do not add up. Please report this; nothing was lost by it.".to_owned(),
        ));
    }
    Ok(u8::from(totals.needs_you() > 0))
}

pub fn verify(context: &Context, args: &VerifyArgs) -> Result<u8> {
    use crate::engine::Sweep;
    let session = context.write()?;
    let what = match (args.sample, args.query.query.is_empty()) {
        (Some(count), _) => Sweep::Sample(count),
        (None, true) => Sweep::All,
        (None, false) => Sweep::Contents(session.contents_of(&session.find_args(&args.query.query)?)?),
    };
    let store = match args.store.as_deref() {
        Some(name) => session.stores_for(Some(name))?.into_iter().next(),
        None => None,
    };
    let report = context.out.with_progress("Reading back", &context.cx, |cx| {
        session.verify(store.as_ref().map(|row| &row.id), &what, cx)
    })?;
    context
        .out
        .document(&json!({ "whole": report.whole, "bytes": report.bytes, "bad": report.bad, "away": report.away }));
    context.out.say(match report.whole {
        0 => "No sound copy was read back.".to_owned(),
        whole => format!(
            "{} read back, every byte matches ({})",
            counted(whole, "copy"),
            human_bytes(report.bytes)
        ),
    });
    for (key, why) in report.bad.iter().take(SHOWN) {
        context.out.warn(format!("  {key}: {why}"));
    }
    for (store, why) in &report.away {
        context.out.warn(format!("{store}: {why}"));
    }
    Ok(u8::from(!report.bad.is_empty() || !report.away.is_empty()))
}

pub fn optimize(context: &Context, args: &OptimizeArgs) -> Result<u8> {
    let session = if args.dry_run {
        context.look()?
    } else {
        context.write()?
    };
    let photos = scope(&session, &args.query.query, None)?;
    let plan = session.plan_optimize(&photos)?;
    let refused = refusals(&plan.refused);
    let policy = session.settings().release;
    let policy = if args.free_now { policy.free_now() } else { policy };
    context.out.say(format!(
        "{} can be optimized, about {} would be freed; {}.",
        counted(plan.candidates.len(), "photo"),
        human_bytes(plan.frees),
        policy.words()
    ));
    if args.free_now {
        context.out.say(crate::engine::ReleasePolicy::free_now_words());
    }
    if !refused.is_empty() {
        context.out.say("These stay as they are:");
        say_refusals(context, &refused);
    }
    let mut document = json!({ "photos": plan.candidates.len(), "frees": plan.frees, "refused": refused });
    if args.dry_run {
        context.out.document(&document);
        return Ok(0);
    }
    let report = context.out.with_progress("Optimizing", &context.cx, |cx| {
        session.optimize(&plan, args.free, args.free_now, cx)
    })?;
    context.out.say(format!(
        "{} optimized, {} left this disk, {} freed.",
        counted(report.held, "photo"),
        counted(report.released.released, "original"),
        human_bytes(report.released.freed)
    ));
    let held = session.held_view()?;
    if held.held > 0 {
        context.out.say(format!(
            "{} held on this disk ({}). To free them later, run again: safelight optimize",
            counted(held.held, "original"),
            human_bytes(held.held_bytes)
        ));
    }
    for (name, why) in report.kept.iter().chain(&report.released.kept).take(SHOWN) {
        context.out.warn(format!("  {name} stays: {why}"));
    }
    let kept = report.kept.len() + report.released.kept.len();
    if kept > SHOWN {
        context.out.warn(format!("  and {} more", kept - SHOWN));
    }
    document["held"] = json!(report.held);
    document["released"] = json!(report.released.released);
    document["freed"] = json!(report.released.freed);
    document["kept"] = json!(report.kept.iter().chain(&report.released.kept).collect::<Vec<_>>());
    context.out.document(&document);
    if report.cancelled {
        return Err(OpError::Cancelled);
    }
    Ok(u8::from(!report.kept.is_empty() || !report.released.kept.is_empty()))
}

pub fn restore(context: &Context, args: &RestoreArgs) -> Result<u8> {
    if let Some(dir) = &args.to {
        return restore_to(context, args, &absolute(dir));
    }
    let session = context.write()?;
    if args.query.query.is_empty() && !args.all {
        return Err(OpError::Usage("Say which photos: a query, files, or --all.".to_owned()));
    }
    let photos = scope(&session, &args.query.query, None)?;
    if photos.is_empty() {
        context.out.say("Nothing found.");
    }
    let report = context
        .out
        .with_progress("Restoring", &context.cx, |cx| session.restore(&photos, cx))?;
    context.out.document(
        &json!({ "fetched": report.fetched, "bytes": report.bytes, "unheld": report.unheld, "brought_back": report.brought_back,
        "already": report.already, "failed": report.failed }),
    );
    context.out.say(format!(
        "{} fetched and compared byte for byte ({}), {} put back from this disk, {} already in place",
        counted(report.fetched, "original"),
        human_bytes(report.bytes),
        report.unheld,
        report.already
    ));
    if report.brought_back > 0 {
        context.out.say(format!(
            "{} removed files are in their folders again",
            report.brought_back
        ));
    }
    for (name, why) in report.failed.iter().take(SHOWN) {
        context.out.warn(format!("  {name}: {why}"));
    }
    Ok(u8::from(!report.failed.is_empty()))
}

fn restore_to(context: &Context, args: &RestoreArgs, dir: &std::path::Path) -> Result<u8> {
    // Nothing but the store is needed: the home is only asked where a store or a query is named by what it knows.
    let (url, only) = if args.all {
        let url = match args.store.as_deref() {
            // A place, and not a name that the home knows.
            Some(told) if told.contains(['/', ':']) || std::path::Path::new(told).is_dir() => place(told),
            name => match context.look() {
                Ok(session) => session.stores_for(name)?.remove(0).url,
                // An empty home knows no store: that is what this command is for, so it has to be told.
                Err(_) if name.is_none() => {
                    let sentence = "Say where the store is: safelight restore --all --to FOLDER --store PLACE";
                    return Err(OpError::Usage(sentence.to_owned()));
                }
                Err(error) => return Err(error),
            },
        };
        (url, None)
    } else {
        let session = context.look()?;
        if args.query.query.is_empty() {
            return Err(OpError::Usage("Say which photos: a query, files, or --all.".to_owned()));
        }
        let photos = session.find_args(&args.query.query)?;
        let contents: HashSet<ContentId> = session.contents_of(&photos)?.into_iter().collect();
        (session.stores_for(args.store.as_deref())?.remove(0).url, Some(contents))
    };
    let access = ask::access(context, &url)?;
    let report = context.out.with_progress("Restoring", &context.cx, |cx| {
        keeping::restore_store(&url, &access, dir, only.as_ref(), cx)
    })?;
    context.out.document(
        &json!({ "written": report.written, "bytes": report.bytes, "already": report.already,
        "earlier_versions": report.earlier, "renamed": report.renamed, "failed": report.failed }),
    );
    context.out.say(format!(
        "{} written to {} ({}), every byte compared; {} there already",
        counted(report.written, "file"),
        dir.display(),
        human_bytes(report.bytes),
        report.already
    ));
    if report.earlier > 0 {
        context.out.say(format!(
            "{} of edited files only in the store",
            counted(report.earlier, "earlier version")
        ));
    }
    for (from, to) in report.renamed.iter().take(SHOWN) {
        context.out.say(format!("  {from} was taken: restored as {to}"));
    }
    for (name, why) in report.failed.iter().take(SHOWN) {
        context.out.warn(format!("  {name}: {why}"));
    }
    Ok(u8::from(!report.failed.is_empty()))
}

pub fn check_store(context: &Context, url: &str, sizes_only: bool) -> Result<u8> {
    let place = super::store::place(url);
    let access = ask::access(context, &place)?;
    let report = context.out.with_progress("Checking", &context.cx, |cx| {
        keeping::check_store(&place, &access, sizes_only, cx)
    })?;
    context.out.document(&report.json);
    for finding in &report.findings {
        context.out.say(finding);
    }
    match report.sound {
        true => context.out.say(&report.sentence),
        false => context.out.warn(&report.sentence),
    }
    Ok(u8::from(!report.sound))
}

pub fn rebuild(context: &Context, from_scratch: bool) -> Result<u8> {
    let report = context.out.with_progress("Rebuilding", &context.cx, |cx| {
        rebuild::rebuild(&context.home, from_scratch, cx)
    })?;
    context.out.document(
        &json!({ "from_copy": report.from_copy.as_ref().map(|path| path.to_string_lossy()),
        "kept": report.kept.as_ref().map(|path| path.to_string_lossy()), "photos": report.photos,
        "proxies": report.proxies, "receipts": report.receipts, "problems": report.problems }),
    );
    for line in &report.lines {
        context.out.say(line);
    }
    for problem in &report.problems {
        context.out.warn(problem);
    }
    Ok(u8::from(!report.problems.is_empty()))
}
