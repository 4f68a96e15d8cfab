//! The near side on the command line: folders, lists, marks, albums.

use super::{
    args::{FlagArg, LabelArg, MarkArgs, QueryArgs, ScanArgs},
    output::counted,
    run::{Context, absolute},
};
use crate::{
    engine::{
        error::{OpError, Result},
        marking::{MatchOptions, mark_label},
        session::Session,
        snapshot::PhotoDetail,
    },
    model::{
        change::Mark,
        content::human_bytes,
        id::PhotoId,
        place::Place,
        rating::{ColorLabel, Flag, Rating},
        time::{SECOND_MS, ago, shift_text},
    },
};
use serde_json::{Value, json};
use std::{collections::HashSet, path::PathBuf};

/// Names shown before the rest is only counted.
const SHOWN: usize = 20;

pub fn scan(context: &Context, args: &ScanArgs) -> Result<u8> {
    let session = context.write()?;
    let out = context.out;
    for root in &args.roots {
        session.add_root(&absolute(root))?;
    }
    let summary = out.with_progress("Scanning", &context.cx, |cx| {
        session.scan_all(args.index_only, cx, &|| {})
    })?;
    session.remember_places()?;
    out.document(&json!({
        "added": summary.added, "changed": summary.changed, "moved": summary.moved, "missing": summary.missing,
        "unchanged": summary.unchanged, "facts_read": summary.facts_read,
        "unreadable": summary.unreadable.iter().map(|(path, why)| json!({"path": path.to_string_lossy(), "reason": why})).collect::<Vec<_>>(),
        "undecodable": summary.undecodable,
        "offline": summary.offline.iter().map(|(path, why)| json!({"path": path.to_string_lossy(), "reason": why})).collect::<Vec<_>>(),
    }));
    out.say(format!(
        "{} new, {} changed, {} moved, {} gone, {} as before",
        summary.added, summary.changed, summary.moved, summary.missing, summary.unchanged
    ));
    if summary.undecodable > 0 {
        out.say(format!(
            "{} cannot be read as a picture, kept and backed up all the same: safelight list problem:yes",
            counted(summary.undecodable, "file")
        ));
    }
    for (path, why) in summary.offline.iter().chain(summary.unreadable.iter().take(SHOWN)) {
        out.warn(format!("{}: {why}", path.display()));
    }
    if summary.unreadable.len() > SHOWN {
        out.warn(format!(
            "and {} more that cannot be read",
            summary.unreadable.len() - SHOWN
        ));
    }
    if summary.cancelled {
        return Err(OpError::Cancelled);
    }
    Ok(u8::from(!summary.unreadable.is_empty() || !summary.offline.is_empty()))
}

pub fn roots(context: &Context) -> Result<u8> {
    let session = context.look()?;
    let roots = session.root_views()?;
    context.out.document(&json!({ "roots": roots.iter().map(|root| json!({
        "path": root.path.to_string_lossy(), "photos": root.photos, "online": root.online })).collect::<Vec<_>>() }));
    let rows: Vec<Vec<String>> = roots
        .iter()
        .map(|root| {
            let state = if root.online { "here" } else { "not connected" };
            vec![
                root.photos.to_string(),
                state.to_owned(),
                root.path.display().to_string(),
            ]
        })
        .collect();
    if rows.is_empty() {
        context
            .out
            .say("No folder is watched yet. Add one with: safelight scan FOLDER");
    }
    context.out.table(&["PHOTOS", "STATE", "FOLDER"], &rows);
    Ok(0)
}

pub fn forget(context: &Context, root: &std::path::Path, yes: bool) -> Result<u8> {
    let session = context.write()?;
    let marked = session.marked_in(&absolute(root))?;
    if marked > 0 && !yes {
        return Err(OpError::NeedsYou(format!(
            "{marked} photos in it have marks or are in albums, and these would leave the catalog with them. \
             No file is touched and copies in stores stay. To do it all the same: safelight forget --yes {}",
            root.display()
        )));
    }
    let photos = session.forget_root(&absolute(root))?;
    session.remember_places()?;
    context.out.say(format!(
        "Stopped watching {} ({photos} photos). No file was touched.",
        root.display()
    ));
    context
        .out
        .document(&json!({ "forgotten": root.to_string_lossy(), "photos": photos }));
    Ok(0)
}

pub fn list(context: &Context, query: &QueryArgs, limit: Option<usize>) -> Result<u8> {
    let session = context.look()?;
    let limit = limit.unwrap_or(usize::MAX);
    let found: Option<HashSet<PhotoId>> = match query.query.is_empty() {
        true => None,
        false => Some(session.find_args(&query.query)?.into_iter().collect()),
    };
    let lines = session.list_lines(found.as_ref(), limit)?;
    if context.out.json {
        let photos: Vec<Value> = lines
            .iter()
            .map(|line| {
                json!({
                    "path": line.path.to_string_lossy(), "taken": line.taken, "rating": line.tile.rating.stars(),
                    "flag": line.tile.flag.word(), "label": line.tile.label.word(), "safety": line.tile.safety.word(),
                    "kind": line.tile.kind.word(), "raw_pair": line.tile.raw_pair, "problem": line.tile.problem,
                    "bytes": line.bytes,
                })
            })
            .collect();
        context.out.document(&json!({ "photos": photos }));
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            let flag = match line.tile.flag {
                Flag::None => "",
                other => other.word(),
            };
            let label = match line.tile.label {
                ColorLabel::None => "",
                other => other.word(),
            };
            let problem = if line.tile.problem { "!" } else { "" };
            vec![
                line.taken.clone().unwrap_or_else(|| "undated".to_owned()),
                "*".repeat(usize::from(line.tile.rating.stars())),
                flag.to_owned(),
                label.to_owned(),
                format!("{}{problem}", line.tile.safety.word()),
                human_bytes(line.bytes),
                line.path.display().to_string(),
            ]
        })
        .collect();
    context
        .out
        .table(&["TAKEN", "STARS", "FLAG", "LABEL", "SAFETY", "SIZE", "FILE"], &rows);
    if rows.is_empty() {
        context.out.say("Nothing found.");
    }
    Ok(0)
}

pub fn show(context: &Context, files: &[PathBuf]) -> Result<u8> {
    let session = context.look()?;
    let mut details = Vec::new();
    let mut missing = false;
    for file in files {
        match session.photo_at(&absolute(file))? {
            Some(photo) => details.extend(session.detail(photo)?),
            None => {
                missing = true;
                context.out.warn(format!(
                    "{} is not in the library. Scan its folder first with: safelight scan FOLDER",
                    file.display()
                ));
            }
        }
    }
    context
        .out
        .document(&json!({ "photos": details.iter().map(detail_json).collect::<Vec<_>>() }));
    for detail in &details {
        print_detail(context, &session, detail);
    }
    Ok(u8::from(missing))
}

fn detail_json(detail: &PhotoDetail) -> Value {
    json!({
        "name": detail.name, "folder": detail.folder.to_string_lossy(), "facts": detail.facts,
        "file_taken": detail.file_taken.map(|taken| taken.iso()), "shift_seconds": detail.shift_s,
        "own_position": detail.own_position, "place": detail.place,
        "rating": detail.rating.stars(), "flag": detail.flag.word(), "label": detail.label.word(),
        "keywords": detail.keywords, "title": detail.title, "caption": detail.caption, "albums": detail.albums,
        "safety": detail.safety.word(), "safety_sentence": detail.safety_sentence,
        "files": detail.files.iter().map(|file| json!({
            "name": file.name, "role": file.role.word(), "bytes": file.size, "content": file.content,
            "stands_for": file.stands_for, "original_bytes": file.original_size, "problem": file.problem,
        })).collect::<Vec<_>>(),
        "copies": detail.copies.iter().map(|copy| json!({
            "store": copy.store, "file": copy.file, "key": copy.key, "method": copy.method.word(),
            "at": copy.at.rfc3339(), "damaged": copy.damaged,
        })).collect::<Vec<_>>(),
    })
}

fn print_detail(context: &Context, session: &Session, detail: &PhotoDetail) {
    let out = context.out;
    out.say(detail.folder.join(&detail.name).display().to_string());
    let facts = &detail.facts;
    let size = facts
        .width
        .zip(facts.height)
        .map(|(width, height)| format!("{width} x {height}"));
    let exposure = [
        facts.shutter_text(),
        facts.aperture_text(),
        facts.iso.map(|iso| format!("ISO {iso}")),
    ];
    let position = facts.gps.map(|gps| {
        format!(
            "{:.5}, {:.5}{}",
            gps.latitude,
            gps.longitude,
            given(detail.own_position.is_some())
        )
    });
    let taken = facts.taken.map(|taken| match (detail.shift_s, detail.file_taken) {
        (0, _) | (_, None) => taken.iso(),
        (shift, Some(file)) => format!("{} (shifted by {} from {})", taken.iso(), shift_text(shift), file.iso()),
    });
    for (name, value) in [
        ("Format", facts.format.clone()),
        ("Size", size),
        ("Taken", taken),
        ("Camera", facts.camera()),
        ("Lens", facts.lens.clone()),
        (
            "Exposure",
            Some(exposure.into_iter().flatten().collect::<Vec<_>>().join("  ")),
        ),
        ("Position", position),
        ("Place", detail.place.as_ref().map(Place::text)),
        ("Marks", Some(marks_text(detail))),
        ("Keywords", Some(detail.keywords.join(", "))),
        ("Title", Some(detail.title.clone())),
        ("Caption", Some(detail.caption.clone())),
        ("Albums", Some(detail.albums.join(", "))),
        (
            "Safety",
            Some(format!("{}. {}", detail.safety.title(), detail.safety_sentence)),
        ),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            out.say(format!("  {name:<9} {value}"));
        }
    }
    for file in &detail.files {
        let content = file
            .content
            .map_or_else(|| "not hashed yet".to_owned(), |content| content.to_string());
        out.say(format!(
            "  {:<9} {}  {}  {content}",
            file.role.word(),
            file.name,
            human_bytes(file.size)
        ));
        if let Some(original) = file.stands_for {
            let size = file.original_size.map_or_else(String::new, human_bytes);
            out.say(format!("            stands for {original}  {size}"));
        }
        if let Some(problem) = &file.problem {
            out.say(format!("            {problem}"));
        }
    }
    for copy in &detail.copies {
        let age = ago(session.clock.now().since(copy.at));
        let state = if copy.damaged {
            "damaged or missing"
        } else {
            copy.method.sentence()
        };
        out.say(format!("  Copy      {}  {state}, {age}  {}", copy.store, copy.key));
    }
}

/// Where a value came from, if not from the file.
fn given(by_person: bool) -> &'static str {
    if by_person { " (given by you)" } else { "" }
}

fn marks_text(detail: &PhotoDetail) -> String {
    let mut parts = Vec::new();
    if detail.rating.stars() > 0 {
        parts.push("*".repeat(usize::from(detail.rating.stars())));
    }
    if detail.flag != Flag::None {
        parts.push(detail.flag.word().to_owned());
    }
    if detail.label != ColorLabel::None {
        parts.push(detail.label.word().to_owned());
    }
    parts.join("  ")
}

pub fn thumbs(context: &Context, query: &QueryArgs, size: u32) -> Result<u8> {
    if size > 512 {
        return Err(OpError::Usage("Thumbnails are kept at 512 pixels at most.".to_owned()));
    }
    let session = context.write()?;
    let photos = match query.query.is_empty() {
        true => session.photos_of(&crate::engine::command::Scope::All)?,
        false => session.find_args(&query.query)?,
    };
    let filled = context
        .out
        .with_progress("Thumbnails", &context.cx, |cx| session.fill_thumbs(&photos, cx))?;
    context
        .out
        .document(&json!({ "made": filled.made, "there": filled.there, "failed": filled.failed.len() }));
    context.out.say(format!(
        "{} made, {} there already, {} files have none",
        filled.made,
        filled.there,
        filled.failed.len()
    ));
    for (path, why) in filled.failed.iter().take(SHOWN) {
        context.out.say(format!("  {}: {why}", path.display()));
    }
    if filled.failed.len() > SHOWN {
        context.out.say(format!("  and {} more", filled.failed.len() - SHOWN));
    }
    Ok(0)
}

/// The marks that were asked for.
fn marks_of(args: &MarkArgs) -> Vec<Mark> {
    let mut marks = Vec::new();
    marks.extend(args.rating.and_then(Rating::new).map(Mark::Rating));
    marks.extend(args.flag.map(|flag| {
        Mark::Flag(match flag {
            FlagArg::Pick => Flag::Pick,
            FlagArg::Reject => Flag::Reject,
            FlagArg::None => Flag::None,
        })
    }));
    marks.extend(args.label.map(|label| {
        Mark::Label(match label {
            LabelArg::None => ColorLabel::None,
            LabelArg::Red => ColorLabel::Red,
            LabelArg::Yellow => ColorLabel::Yellow,
            LabelArg::Green => ColorLabel::Green,
            LabelArg::Blue => ColorLabel::Blue,
            LabelArg::Purple => ColorLabel::Purple,
        })
    }));
    marks.extend(args.add_keyword.iter().cloned().map(Mark::AddKeyword));
    marks.extend(args.remove_keyword.iter().cloned().map(Mark::RemoveKeyword));
    marks.extend(args.title.clone().map(Mark::Title));
    marks.extend(args.caption.clone().map(Mark::Caption));
    marks.extend(args.shift.map(|seconds| Mark::Shift { seconds }));
    marks.extend(args.position.map(|position| Mark::Position(position.0)));
    marks
}

pub fn mark(context: &Context, args: &MarkArgs) -> Result<u8> {
    let marks = marks_of(args);
    if marks.is_empty() && args.gpx.is_none() {
        return Err(OpError::Usage(
            "Say what to mark: --rating, --flag, --label, --add-keyword and so on.".to_owned(),
        ));
    }
    if args.query.query.is_empty() {
        return Err(OpError::Usage("Say which photos: a query, or files.".to_owned()));
    }
    let session = match args.dry_run {
        true => context.look()?,
        false => context.write()?,
    };
    let photos = session.find_args(&args.query.query)?;
    if let Some(gpx) = &args.gpx {
        return place_by_track(context, &session, args, gpx, &photos);
    }
    if args.dry_run {
        context.out.document(&json!({ "photos": photos.len(), "changes": 0 }));
        let names: Vec<String> = marks.iter().map(|mark| mark_label(mark, photos.len())).collect();
        context.out.say(match photos.len() {
            0 => "Nothing found.".to_owned(),
            _ => format!("Would do: {}", names.join("; ")),
        });
        return Ok(0);
    }
    let changed = session.mark(&photos, &marks)?;
    session.name_places(&context.cx)?;
    session.tend_sidecars(&context.cx)?;
    context
        .out
        .document(&json!({ "photos": photos.len(), "changes": changed }));
    context.out.say(match photos.len() {
        0 => "Nothing found.".to_owned(),
        count => format!(
            "{}, {}. To take this back: safelight undo",
            counted(count, "photo"),
            counted(changed, "change")
        ),
    });
    Ok(0)
}

/// `mark --gpx`: what the track says, and, unless only that was asked for, done.
fn place_by_track(
    context: &Context,
    session: &Session,
    args: &MarkArgs,
    gpx: &std::path::Path,
    photos: &[PhotoId],
) -> Result<u8> {
    let options = MatchOptions {
        camera_offset_s: args.camera_offset,
        gap_ms: args.max_gap.saturating_mul(SECOND_MS),
        replace: args.replace,
        ..MatchOptions::default()
    };
    let plan = session.plan_track(&absolute(gpx), photos, &options)?;
    let changed = match args.dry_run {
        true => 0,
        false => session.apply_track(&plan)?,
    };
    if changed > 0 {
        session.name_places(&context.cx)?;
        session.tend_sidecars(&context.cx)?;
    }
    context.out.document(&json!({
        "photos": photos.len(), "found": plan.found.len(), "replaced": plan.replaced, "placed": plan.placed,
        "off_track": plan.off_track, "unknown_clock": plan.unknown_clock, "undated": plan.undated, "changes": changed,
    }));
    for sentence in plan.sentences() {
        context.out.say(sentence);
    }
    match (args.dry_run, changed) {
        (true, _) => context.out.say("Nothing was changed."),
        (false, 0) => {}
        (false, _) => context.out.say("To take this back: safelight undo"),
    }
    Ok(0)
}

pub fn undo(context: &Context, steps: u32, redo: bool) -> Result<u8> {
    let session = context.write()?;
    let done = if redo {
        session.redo(steps as usize)?
    } else {
        session.undo(steps as usize)?
    };
    session.name_places(&context.cx)?;
    session.tend_sidecars(&context.cx)?;
    context.out.document(&json!({ "steps": done }));
    let word = if redo { "Again" } else { "Taken back" };
    for step in &done {
        context.out.say(format!("{word}: {step}"));
    }
    if done.is_empty() {
        context.out.say(if redo {
            "Nothing to do again."
        } else {
            "Nothing to take back."
        });
    }
    Ok(0)
}
