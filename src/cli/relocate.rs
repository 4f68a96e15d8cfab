//! Photos get another folder, other names, or copies elsewhere: said first where that is asked, then done, all files of a
//! photo together.

use super::{
    args::{CopyArgs, MoveArgs, RenameArgs},
    output::counted,
    run::{Context, absolute},
};
use crate::{
    engine::{
        MovePlan, MoveReport,
        error::{OpError, Result},
        relocating::{copy_sentence, move_sentence},
        session::Session,
    },
    model::{content::human_bytes, id::PhotoId},
};
use serde_json::json;

/// Photos named with their reasons before the rest is only counted.
const SHOWN: usize = 20;

pub fn move_to(context: &Context, args: &MoveArgs) -> Result<u8> {
    let to = absolute(&args.to);
    if args.dry_run {
        let session = context.look()?;
        let photos = meant(&session, &args.query.query)?;
        let plan = session.plan_move(&photos, &to, &context.cx)?;
        return Ok(planned(context, &plan, "folder", &to.display().to_string()));
    }
    let session = context.write()?;
    let photos = meant(&session, &args.query.query)?;
    let report = context
        .out
        .with_progress("Moving", &context.cx, |cx| session.move_to(&photos, &to, cx))?;
    Ok(said(context, &report))
}

pub fn rename(context: &Context, args: &RenameArgs) -> Result<u8> {
    if args.dry_run {
        let session = context.look()?;
        let photos = meant(&session, &args.query.query)?;
        let plan = session.plan_rename(&photos, &args.to, args.start, &context.cx)?;
        return Ok(planned(context, &plan, "pattern", &args.to));
    }
    let session = context.write()?;
    let photos = meant(&session, &args.query.query)?;
    let report = context.out.with_progress("Renaming", &context.cx, |cx| {
        session.rename(&photos, &args.to, args.start, cx)
    })?;
    Ok(said(context, &report))
}

pub fn copy(context: &Context, args: &CopyArgs) -> Result<u8> {
    let session = context.write()?;
    let photos = meant(&session, &args.query.query)?;
    let to = absolute(&args.to);
    let report = context
        .out
        .with_progress("Copying", &context.cx, |cx| session.copy_to(&photos, &to, cx))?;
    context.out.document(&json!({
        "photos": report.photos, "files": report.files, "bytes": report.bytes, "already": report.already,
        "failed": report.failed, "cancelled": report.cancelled,
    }));
    let (what, _) = copy_sentence(&report);
    context.out.say(format!("{what}."));
    reasons(context, &report.failed);
    if report.photos > 0 && session.is_watched(&to)? {
        let scanned = session.scan_all(false, &context.cx, &|| {})?;
        context
            .out
            .say(format!("{} new in the library.", counted(scanned.added, "file")));
    }
    Ok(u8::from(!report.failed.is_empty() || report.cancelled))
}

/// The photos that are meant. Everything is never meant by saying nothing.
fn meant(session: &Session, words: &[String]) -> Result<Vec<PhotoId>> {
    if words.is_empty() {
        return Err(OpError::Usage(
            "Say which photos: a query such as rating:>=4, or files.".to_owned(),
        ));
    }
    session.find_args(words)
}

fn planned(context: &Context, plan: &MovePlan, about: &str, value: &str) -> u8 {
    context.out.document(&json!({
        about: value, "photos": plan.units.len(), "files": plan.files(), "bytes": plan.bytes(), "same": plan.same,
        "moves": plan.units.iter().map(|unit| json!({
            "name": unit.name, "new_name": unit.new_name,
            "files": unit.files.iter().map(|(file, _, to)| json!({
                "from": file.path.display().to_string(), "to": to.display().to_string(),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "stays": plan.stays.iter().map(|one| json!({
            "name": one.name, "new_name": one.new_name, "why": one.why,
        })).collect::<Vec<_>>(),
    }));
    let rows: Vec<Vec<String>> = plan
        .units
        .iter()
        .flat_map(|unit| &unit.files)
        .map(|(file, _, to)| {
            let folder = to.parent().map_or_else(String::new, |dir| dir.display().to_string());
            let new = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
            vec![file.name.to_string_lossy().into_owned(), new, folder]
        })
        .collect();
    context.out.table(&["name", "new name", "folder"], &rows);
    let stays: Vec<(String, String)> = plan
        .stays
        .iter()
        .map(|one| (one.name.clone(), one.why.clone()))
        .collect();
    reasons(context, &stays);
    let mut parts = vec![format!(
        "{} with {}, {}, would go",
        counted(plan.units.len() as u64, "photo"),
        counted(plan.files(), "file"),
        human_bytes(plan.bytes())
    )];
    if plan.same > 0 {
        parts.push(format!("{} so already", counted(plan.same, "photo")));
    }
    if !stays.is_empty() {
        parts.push(format!("{} would stay", counted(stays.len() as u64, "photo")));
    }
    context.out.say(format!("{}. Nothing was changed.", parts.join("; ")));
    u8::from(!stays.is_empty())
}

fn reasons(context: &Context, list: &[(String, String)]) {
    for (name, why) in list.iter().take(SHOWN) {
        context.out.warn(format!("{name}: {why}"));
    }
    if list.len() > SHOWN {
        context.out.warn(format!("And {} more.", list.len() - SHOWN));
    }
}

fn said(context: &Context, report: &MoveReport) -> u8 {
    context.out.document(&json!({
        "moved": report.moved, "across_disks": report.across, "failed": report.failed, "cancelled": report.cancelled,
    }));
    let (what, _) = move_sentence(report);
    context.out.say(format!("{what}."));
    if report.across > 0 {
        context.out.say(format!(
            "{} went to another disk; what they were copied from lies in Safelight's trash of the old one until you empty it.",
            counted(report.across, "photo")
        ));
    }
    reasons(context, &report.failed);
    if report.moved > 0 {
        context.out.say("To take this back: safelight undo");
    }
    u8::from(!report.failed.is_empty() || report.cancelled)
}
