//! One photo: its sidecars read, its own file's marks beside them, and all of it compared with what was last agreed on.

use super::{
    names::{Candidate, candidates, extensions},
    write::MAX_BYTES,
};
use crate::{
    catalog::sidecars::{Conflict, SeenSidecar, SidecarRow, SidecarStep, SidecarWork},
    media::{limits::Limits, xmp::Xmp},
    model::{
        change::Marks,
        content::ContentId,
        fold::fold,
        sidecar::{Field, Stored, steps, three_way},
    },
    sys::{
        fs::{FileKind, Fs},
        real::path_from_bytes,
    },
};
use std::collections::BTreeSet;

/// A file changed so shortly ago may change again within the same tick of its file system's clock.
const RACY_NS: i64 = 2_000_000_000;

/// One sidecar as it is now.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Read {
    pub candidate: Candidate,
    pub seen: SeenSidecar,
}

/// What comparing one photo came to.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Compared {
    pub step: SidecarStep,
    /// What both sides are to say; the catalog says it once the step is kept.
    pub merged: Marks,
    pub sidecars: Vec<Read>,
    /// The sidecars, or that there is none, are not in step with that.
    pub to_write: bool,
}

/// Compares; an `Err` is the note for the person.
pub(super) fn compare(fs: &dyn Fs, work: &SidecarWork, now_ns: i64, force: bool) -> Result<Compared, String> {
    let row = &work.row;
    let sidecars = read_all(fs, work, now_ns)?;
    let first = row.base.is_none();
    let mut base = row.base.clone().unwrap_or_default();
    let embedded = work.embedded.clone().unwrap_or_else(|| row.embedded.clone());
    if force && sidecars.is_empty() {
        // What no file says has to be written, whatever was agreed on with a sidecar that is gone.
        base = spoken(&embedded);
    }
    let theirs = theirs(work, &base, &embedded, &sidecars, first)?;
    let mut merged = three_way(&base, &work.marks, &theirs);
    // What a person was asked stays asked until both say the same: a mark that happens to be what was once agreed on is no
    // word for the sidecar's.
    let asked = row.conflict.iter().flat_map(|conflict| &conflict.fields);
    for field in asked.filter(|field| **field != Field::Keywords) {
        let apart = !field.same(&work.marks, &theirs) && !field.same(&theirs, &base);
        if apart && !merged.conflicts.contains(field) {
            field.copy(&mut merged.marks, &work.marks);
            merged.conflicts.push(*field);
        }
    }
    let mut agreed = theirs.clone();
    for field in &merged.conflicts {
        field.copy(&mut agreed, &base);
    }
    let conflict = (!merged.conflicts.is_empty()).then(|| Conflict {
        theirs: theirs.clone(),
        fields: merged.conflicts.clone(),
    });
    let open = |field: &Field| !merged.conflicts.contains(field);
    let differs = |field: &Field| {
        let stale = |read: &Read| {
            let mut said = merged.marks.clone();
            crate::model::sidecar::take_stored(&mut said, &read.seen.said);
            !field.same(&said, &merged.marks)
        };
        !field.same(&merged.marks, &agreed) || sidecars.iter().any(stale)
    };
    let mut to_write = Field::ALL.iter().filter(|field| open(field)).any(differs);
    if sidecars.is_empty() {
        // Where the photo's own file says it all, no sidecar is needed.
        let alone = spoken(&embedded);
        to_write &= Field::ALL.iter().any(|field| !field.same(&merged.marks, &alone));
    }
    Ok(Compared {
        step: SidecarStep {
            photo: work.photo,
            compared: work.marks.clone(),
            marks: steps(&work.marks, &merged.marks, &Field::ALL),
            first,
            row: SidecarRow {
                base: Some(agreed),
                embedded,
                seen: sidecars.iter().map(|read| read.seen.clone()).collect(),
                conflict,
                before: row.before.clone(),
                note: None,
            },
            waits: 0,
            written: false,
            files: Vec::new(),
            removed: None,
        },
        merged: merged.marks,
        sidecars,
        to_write,
    })
}

/// The marks of a file that is alone.
pub(super) fn spoken(stored: &Stored) -> Marks {
    let mut marks = Marks::default();
    crate::model::sidecar::take_stored(&mut marks, stored);
    marks
}

/// The sentence of a note, with the sidecar's name.
fn note(candidate: &Candidate, why: &str) -> String {
    let name = path_from_bytes(candidate.name());
    format!(
        "The sidecar {} cannot be used: {why}. It is left as it is.",
        name.display()
    )
}

fn read_all(fs: &dyn Fs, work: &SidecarWork, now_ns: i64) -> Result<Vec<Read>, String> {
    let found = candidates(fs, work).map_err(|error| {
        format!(
            "Its sidecars cannot be looked for: {}. They are left as they are.",
            error.kind.sentence()
        )
    })?;
    let mut sidecars = Vec::new();
    for candidate in found {
        sidecars.extend(read_one(fs, work, candidate, now_ns)?);
    }
    Ok(sidecars)
}

/// `None` for a sidecar that says it is another file's.
fn read_one(fs: &dyn Fs, work: &SidecarWork, candidate: Candidate, now_ns: i64) -> Result<Option<Read>, String> {
    let stat = candidate.stat;
    if stat.kind != FileKind::File {
        return Err(note(&candidate, "it is a link, not a file"));
    }
    let name = candidate.name();
    let named = || work.row.seen.iter().filter(|seen| seen.name == name);
    let known = named().find(|seen| !seen.planned);
    let settled = now_ns.saturating_sub(stat.mtime_ns.max(stat.ctime_ns)) > RACY_NS;
    if let Some(known) = known
        && settled
        && (known.size, known.mtime_ns, known.ctime_ns) == (stat.size, stat.mtime_ns, stat.ctime_ns)
    {
        let mut seen = known.clone();
        seen.said.relate(work.taken, work.gps);
        return Ok(Some(Read { candidate, seen }));
    }
    if stat.size > MAX_BYTES {
        let why = format!("it is larger than {} MB", MAX_BYTES / 1_000_000);
        return Err(note(&candidate, &why));
    }
    let bytes = fs
        .read_small(&candidate.path, MAX_BYTES)
        .map_err(|error| note(&candidate, error.kind.sentence()))?;
    let hash = ContentId::of(&bytes).to_string();
    let limits = Limits::default();
    let same = named().find(|known| known.hash == hash);
    let said = match same {
        Some(known) => known.said.clone(),
        None => {
            let xmp = Xmp::parse_whole(&bytes, &limits).map_err(|trouble| note(&candidate, &trouble.to_string()))?;
            let meant_for = xmp.sidecar_for().filter(|_| candidate.short);
            if meant_for.is_some_and(|extension| !extensions(work).contains(&extension.to_ascii_lowercase())) {
                return Ok(None);
            }
            xmp.marks(&limits)
        }
    };
    let mut said = said;
    said.relate(work.taken, work.gps);
    let seen = SeenSidecar {
        name: candidate.name(),
        size: bytes.len() as u64,
        mtime_ns: stat.mtime_ns,
        ctime_ns: stat.ctime_ns,
        hash,
        ours: same.is_some_and(|known| known.ours),
        planned: false,
        said,
    };
    Ok(Some(Read { candidate, seen }))
}

/// What the outside says now: what was agreed on, and every change since in the photo's own file and in its sidecars.
fn theirs(
    work: &SidecarWork,
    base: &Marks,
    embedded: &Stored,
    sidecars: &[Read],
    first: bool,
) -> Result<Marks, String> {
    let row = &work.row;
    let mut theirs = base.clone();
    let last = if first { Stored::default() } else { row.embedded.clone() };
    for field in Field::ALL {
        // At the first look the file's own marks only fill what a person has not set.
        let yields = first && field.is_set(&work.marks);
        // Silence of the file itself takes nothing away: a program may have moved its marks into a sidecar.
        if !yields && field.is_said(embedded) && moved(field, &last, embedded) {
            change(field, &mut theirs, &last, embedded);
        }
    }
    if let Some(conflict) = &row.conflict {
        for field in &conflict.fields {
            field.copy(&mut theirs, &conflict.theirs);
        }
    }
    let mut changed_by: Vec<(Field, &Read)> = Vec::new();
    let silent = Stored::default();
    for read in sidecars {
        // What we were about to write when we were killed is known; anything else is held against what was there before.
        let named = || row.seen.iter().filter(|seen| seen.name == read.seen.name);
        let planned = named().find(|seen| seen.planned && seen.hash == read.seen.hash);
        let last = planned.or_else(|| named().find(|seen| !seen.planned));
        let (new, last) = (last.is_none(), last.map_or(&silent, |seen| &seen.said));
        let now = &read.seen.said;
        // At the first look a sidecar's keywords count, not those that the file itself has.
        if new && first && now.keywords.is_some() {
            theirs.keywords = base.keywords.clone();
        }
        for field in Field::ALL {
            if !moved(field, last, now) {
                continue;
            }
            let mut one = theirs.clone();
            change(field, &mut one, last, now);
            let other = changed_by.iter().find(|(other, _)| *other == field);
            if let Some((_, other)) = other.filter(|_| field != Field::Keywords && !field.same(&one, &theirs)) {
                let name = |read: &Read| path_from_bytes(read.candidate.name()).display().to_string();
                return Err(format!(
                    "The sidecars {} and {} disagree about its {}. They are left as they are; \
                     delete the one that is wrong, or make them say the same.",
                    name(other),
                    name(read),
                    field.word()
                ));
            }
            theirs = one;
            changed_by.push((field, read));
        }
    }
    Ok(theirs)
}

/// Whether a file says something else of this than it did.
fn moved(field: Field, last: &Stored, now: &Stored) -> bool {
    match (field.is_said(last), field.is_said(now)) {
        (false, false) => false,
        (true, false) => field.is_set(&spoken(last)) && !(field == Field::Rating && now.rating_hidden),
        (false, true) => true,
        (true, true) => !field.same(&spoken(last), &spoken(now)),
    }
}

/// Takes over what a file changed. Keywords come and go one by one.
fn change(field: Field, theirs: &mut Marks, last: &Stored, now: &Stored) {
    let (last, now) = (spoken(last), spoken(now));
    if field != Field::Keywords {
        field.copy(theirs, &now);
        return;
    }
    let keys = |keywords: &BTreeSet<String>| keywords.iter().map(|one| fold(one)).collect::<BTreeSet<_>>();
    let (old, new) = (keys(&last.keywords), keys(&now.keywords));
    theirs
        .keywords
        .retain(|one| !old.contains(&fold(one)) || new.contains(&fold(one)));
    let have = keys(&theirs.keywords);
    let come = now
        .keywords
        .iter()
        .filter(|one| !old.contains(&fold(one)) && !have.contains(&fold(one)));
    theirs.keywords.extend(come.cloned());
}
