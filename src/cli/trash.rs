//! Safelight's trash on the command line: photos go there, come back, or are given to the system's trash.

use super::{args::TrashArgs, output::counted, run::Context};
use crate::{
    engine::{
        RealTrash, TrashReport,
        error::{OpError, Result},
        session::Session,
        trashing::{EmptyPlan, TrashLine, nothing_in_trash, trash_sentence},
    },
    model::{content::human_bytes, time::ago},
};
use serde_json::json;

/// Names shown before the rest is only counted.
const SHOWN: usize = 20;

pub fn trash(context: &Context, args: &TrashArgs) -> Result<u8> {
    if args.list {
        return list(context, args);
    }
    if args.put_back {
        let session = context.write()?;
        let lines = lines_of(&session, &args.query.query)?;
        session.begin_put_back(&lines)?;
        let report = context
            .out
            .with_progress("Putting back", &context.cx, |cx| session.settle_trash(cx))?;
        return Ok(said(context, &report));
    }
    if args.empty {
        return empty(context, args);
    }
    if args.query.query.is_empty() {
        return Err(OpError::Usage(
            "Say which photos: a query such as flag:reject, or files.".to_owned(),
        ));
    }
    let session = context.write()?;
    let photos = session.find_args(&args.query.query)?;
    let report = context
        .out
        .with_progress("Moving", &context.cx, |cx| session.trash(&photos, cx))?;
    let code = said(context, &report);
    if report.moved > 0 {
        context
            .out
            .say("To take this back: safelight undo, or: safelight trash --put-back");
    }
    Ok(code)
}

/// What of the trash the words are about: each has to be in a photo's name or its folder. Everything without words.
fn lines_of(session: &Session, words: &[String]) -> Result<Vec<TrashLine>> {
    let mut lines = session.trash_lines()?;
    lines.retain(|line| {
        let place = format!("{}/{}", line.folder, line.name).to_lowercase();
        words.iter().all(|word| place.contains(&word.to_lowercase()))
    });
    if lines.is_empty() && !words.is_empty() {
        return Err(nothing_in_trash());
    }
    Ok(lines)
}

fn list(context: &Context, args: &TrashArgs) -> Result<u8> {
    let session = context.look()?;
    let lines = lines_of(&session, &args.query.query)?;
    let plan = EmptyPlan::of(&lines);
    context.out.document(&json!({
        "photos": plan.photos,
        "bytes": plan.bytes,
        "trash": lines.iter().map(|line| json!({
            "name": line.name, "folder": line.folder, "files": line.files, "bytes": line.bytes,
            "at": line.at.rfc3339(), "proven": line.proven, "note": line.note,
        })).collect::<Vec<_>>(),
    }));
    if lines.is_empty() {
        context.out.say("Safelight's trash is empty.");
        return Ok(0);
    }
    let now = session.clock.now();
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![
                line.name.clone(),
                line.files.to_string(),
                human_bytes(line.bytes),
                ago(now.since(line.at)),
                if line.proven { "yes" } else { "no" }.to_owned(),
                line.folder.clone(),
            ]
        })
        .collect();
    context
        .out
        .table(&["name", "files", "size", "moved", "proven copy", "folder"], &rows);
    context.out.say(format!(
        "{}, {}. Back to their folders: safelight trash --put-back. To the system's trash: safelight trash --empty",
        counted(plan.photos, "photo"),
        human_bytes(plan.bytes)
    ));
    Ok(0)
}

/// Names number, bytes and what has no proven copy; goes on only where that was confirmed with `--yes`.
fn empty(context: &Context, args: &TrashArgs) -> Result<u8> {
    let session = context.write()?;
    let lines = lines_of(&session, &args.query.query)?;
    let plan = EmptyPlan::of(&lines);
    if plan.photos == 0 {
        context.out.document(&json!({ "emptied": 0 }));
        context.out.say("Safelight's trash is empty.");
        return Ok(0);
    }
    if !args.yes {
        let mut words = format!(
            "{} with {} would go to the system's trash, from where Safelight cannot bring them back.",
            counted(plan.photos, "photo"),
            human_bytes(plan.bytes)
        );
        if !plan.unproven.is_empty() {
            let names: Vec<&str> = plan.unproven.iter().take(SHOWN).map(String::as_str).collect();
            let more = plan.unproven.len().saturating_sub(names.len());
            let rest = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            words.push_str(&format!(
                " {} of them without a proven copy anywhere: {}{rest}.",
                plan.unproven.len(),
                names.join(", ")
            ));
        }
        words.push_str(" To do it: safelight trash --empty --yes");
        return Err(OpError::NeedsYou(words));
    }
    let report = context.out.with_progress("Emptying", &context.cx, |cx| {
        session.empty_trash(&lines, &RealTrash, cx)
    })?;
    Ok(said(context, &report))
}

fn said(context: &Context, report: &TrashReport) -> u8 {
    context.out.document(&json!({
        "moved": report.moved, "put_back": report.put_back, "emptied": report.emptied, "bytes": report.bytes,
        "failed": report.failed,
    }));
    let (what, _) = trash_sentence(report);
    context.out.say(format!("{what}."));
    for (name, why) in report.failed.iter().take(SHOWN) {
        context.out.warn(format!("{name}: {why}"));
    }
    u8::from(!report.failed.is_empty() || report.cancelled)
}
