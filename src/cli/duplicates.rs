//! `safelight duplicates`: what is there twice, in groups, with a suggestion and its reason. Changes nothing.

use super::{
    args::{QueryArgs, TwinArg},
    output::counted,
    run::Context,
};
use crate::{
    engine::{
        duplicates::{Group, Twin},
        error::{OpError, Result},
    },
    model::content::human_bytes,
};
use serde_json::{Value, json};

/// Lists groups of duplicates; exit code 1 where a file could not be looked at.
pub fn duplicates(context: &Context, query: &QueryArgs, kind: Option<TwinArg>) -> Result<u8> {
    // Looking keeps what it worked out, where nobody else has the library.
    let session = context.write().or_else(|_| context.look())?;
    let out = context.out;
    let only = match query.query.is_empty() {
        true => None,
        false => Some(session.find_args(&query.query)?),
    };
    let found = out.with_progress("Looking for duplicates", &context.cx, |cx| {
        session.duplicates(only.as_deref(), cx)
    })?;
    let groups: Vec<Group> = match kind {
        None => found.groups,
        Some(kind) => found
            .groups
            .into_iter()
            .filter_map(|group| group.only(kind.twin()))
            .collect(),
    };
    out.document(&json!({
        "looked_at": found.looked_at,
        "groups": groups.iter().map(document).collect::<Vec<_>>(),
        "failed": found.failed.iter().map(|(path, why)| json!({"path": path.to_string_lossy(), "reason": why})).collect::<Vec<_>>(),
    }));
    for group in &groups {
        out.say(format!("{}: {}", title(group.kind()), group.reason));
        let rows: Vec<Vec<String>> = group
            .members
            .iter()
            .enumerate()
            .map(|(at, member)| {
                let row = &member.row;
                vec![
                    if at == 0 { "keep" } else { member.twin.word() }.to_owned(),
                    row.size
                        .map_or_else(String::new, |(width, height)| format!("{width} x {height}")),
                    human_bytes(row.file.size),
                    row.file.path.display().to_string(),
                ]
            })
            .collect();
        out.table(&["", "PIXELS", "SIZE", "FILE"], &rows);
    }
    out.say(format!(
        "{} of {} in {}",
        counted(groups.iter().map(|group| group.members.len()).sum::<usize>(), "photo"),
        counted(usize::try_from(found.looked_at).unwrap_or(usize::MAX), "photo"),
        counted(groups.len(), "group")
    ));
    for (path, why) in &found.failed {
        out.warn(format!("{}: {why}", path.display()));
    }
    if found.cancelled {
        return Err(OpError::Cancelled);
    }
    Ok(u8::from(!found.failed.is_empty()))
}

fn title(kind: Twin) -> &'static str {
    match kind {
        Twin::Exact => "The same file",
        Twin::Pixels => "The same picture, other metadata",
        Twin::Resized => "The same picture in other sizes",
        Twin::Near => "Nearly the same picture",
    }
}

fn document(group: &Group) -> Value {
    json!({
        "kind": group.kind().word(),
        "reason": group.reason,
        "photos": group.members.iter().enumerate().map(|(at, member)| {
            let row = &member.row;
            json!({
                "path": row.file.path.to_string_lossy(),
                "keep": at == 0,
                "twin": member.twin.word(),
                "width": row.size.map(|size| size.0),
                "height": row.size.map(|size| size.1),
                "bytes": row.file.size,
                "content": row.file.content.as_ref().map(ToString::to_string),
            })
        }).collect::<Vec<_>>(),
    })
}
