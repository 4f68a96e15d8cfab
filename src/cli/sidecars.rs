//! Sidecars on the command line: what waits, what needs a person, writing all of them, and settling what disagrees.

use super::{
    output::counted,
    run::{Context, absolute},
};
use crate::{
    engine::{
        NameStyle,
        error::{OpError, Result},
        session::Session,
        snapshot::SidecarsView,
    },
    model::sidecar::Field,
};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// `sidecars`.
#[derive(Args, Debug)]
pub struct SidecarArgs {
    /// Compare and write all sidecars now.
    #[arg(long)]
    pub write: bool,
    /// List the photos that need you, field by field.
    #[arg(long)]
    pub conflicts: bool,
    /// Settle a field of these files: FIELD=here keeps what Safelight says, FIELD=sidecar takes what the sidecar says.
    #[arg(long, value_name = "FIELD=WHICH", requires = "files")]
    pub settle: Vec<String>,
    /// Whether marks are written into sidecars by themselves.
    #[arg(long, value_name = "on|off")]
    pub auto: Option<OnOff>,
    /// What a new sidecar of a lone RAW file is called: adobe (IMG.xmp) or full (IMG.CR2.xmp).
    #[arg(long, value_name = "STYLE")]
    pub names: Option<String>,
    /// The files whose conflicts are settled.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// On or off.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnOff {
    /// On.
    On,
    /// Off.
    Off,
}

pub fn sidecars(context: &Context, args: &SidecarArgs) -> Result<u8> {
    let changes = args.write || !args.settle.is_empty() || args.auto.is_some() || args.names.is_some();
    let session = if changes { context.write()? } else { context.look()? };
    set(&session, args)?;
    settle(context, &session, args)?;
    let mut written = 0;
    if args.write {
        let report = context
            .out
            .with_progress("Sidecars", &context.cx, |cx| session.write_sidecars(cx))?;
        written = report.written;
        context.out.say(format!(
            "{} written, marks of {} read",
            counted(report.written, "sidecar"),
            counted(report.read, "photo")
        ));
        if report.cancelled {
            return Err(OpError::Cancelled);
        }
    } else if changes {
        session.tend_sidecars(&context.cx)?;
    }
    let view = session.sidecars_view()?;
    show(context, &view, args, written);
    Ok(u8::from(view.conflict_count + view.trouble_count > 0))
}

fn set(session: &Session, args: &SidecarArgs) -> Result<()> {
    let names = match &args.names {
        None => None,
        Some(word) => Some(NameStyle::from_word(word).ok_or_else(|| {
            OpError::Usage(format!(
                "There is no way of naming called {word}. Say adobe (IMG.xmp) or full (IMG.CR2.xmp)."
            ))
        })?),
    };
    if args.auto.is_none() && names.is_none() {
        return Ok(());
    }
    session.change_settings(|settings| {
        settings.sidecar_names = names.unwrap_or(settings.sidecar_names);
        settings.write_sidecars = args.auto.map_or(settings.write_sidecars, |auto| auto == OnOff::On);
    })?;
    Ok(())
}

fn settle(context: &Context, session: &Session, args: &SidecarArgs) -> Result<()> {
    let mut fields = Vec::new();
    for text in &args.settle {
        let choice = text.split_once('=').and_then(|(field, which)| {
            let theirs = match which {
                "sidecar" => true,
                "here" => false,
                _ => return None,
            };
            Some((Field::from_word(field)?, theirs))
        });
        fields.push(choice.ok_or_else(|| {
            let words: Vec<&str> = Field::ALL.into_iter().map(Field::word).collect();
            OpError::Usage(format!(
                "{text} settles nothing. Say FIELD=here or FIELD=sidecar; the fields are {}.",
                words.join(", ")
            ))
        })?);
    }
    if fields.is_empty() {
        return Ok(());
    }
    for file in &args.files {
        let photo = session.photo_at(&absolute(file))?.ok_or_else(|| {
            OpError::Usage(format!(
                "{} is not in the library. Scan its folder first with: safelight scan FOLDER",
                file.display()
            ))
        })?;
        session.settle_sidecar(photo, &fields)?;
        context.out.say(format!("Settled: {}", file.display()));
    }
    Ok(())
}

fn show(context: &Context, view: &SidecarsView, args: &SidecarArgs, written: u64) {
    let out = &context.out;
    out.document(&json!({
        "auto": view.writes, "written": written, "waiting": view.waiting,
        "conflicts": view.conflict_count, "troubles": view.trouble_count,
        "open": view.conflicts.iter().map(|one| json!({
            "path": one.path.to_string_lossy(),
            "fields": one.fields.iter().map(|field| json!({
                "field": field.field.word(), "here": field.ours, "sidecar": field.theirs,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "notes": view.troubles.iter().map(|(_, path, note)| json!({
            "path": path.to_string_lossy(), "reason": note,
        })).collect::<Vec<_>>(),
    }));
    let auto = if view.writes {
        "Marks are written into sidecars by themselves."
    } else {
        "Marks are only read from sidecars. To write them by themselves: safelight sidecars --auto on"
    };
    out.say(auto);
    out.say(format!(
        "{} waiting, {} to settle, {} with a sidecar that cannot be used",
        counted(view.waiting, "photo"),
        view.conflict_count,
        view.trouble_count
    ));
    if args.conflicts {
        let row = |path: &std::path::Path, field: &crate::engine::snapshot::FieldView| {
            vec![
                field.field.word().to_owned(),
                field.ours.clone(),
                field.theirs.clone(),
                path.display().to_string(),
            ]
        };
        let rows: Vec<Vec<String>> = view
            .conflicts
            .iter()
            .flat_map(|one| one.fields.iter().map(|field| row(&one.path, field)))
            .collect();
        out.table(&["FIELD", "HERE", "SIDECAR", "FILE"], &rows);
        if !rows.is_empty() {
            out.say("To settle one: safelight sidecars --settle rating=here FILE, or rating=sidecar");
        }
        for (_, path, note) in &view.troubles {
            out.say(format!("{}: {note}", path.display()));
        }
    } else if view.conflict_count + view.trouble_count > 0 {
        out.say("See them with: safelight sidecars --conflicts");
    }
}
