//! Makes a folder's files into photos again after names came or went, keeping the photos that marks hang on.

use super::{track::Tracker, walk::Listing};
use crate::{
    catalog::{
        error::Result,
        intake::{Intake, KnownFile, NewFile, PhotoHead},
    },
    model::{
        id::{FileId, FolderId, PhotoId},
        photo::{Role, group, kind_of_name},
    },
    sys::fs::Stat,
};
use std::collections::HashMap;

/// One name of the folder.
enum Member {
    Row(KnownFile),
    Fresh(NewFile),
}

/// One photo to be: places in the list of members with their roles, the one that is shown first.
type Group = Vec<(usize, Role)>;

/// Groups the files that are there now. `fresh` are the places of new files in the listing; where there are no rows yet
/// this is the short way of a first scan.
///
/// - A photo stays with the group that has the file it shows, else with the first that has a file of it.
/// - Where two photos become one, the one with marks stays, else the one of the file that is shown.
/// - Files whose photo stays elsewhere become a new photo with the same marks.
pub(in crate::library) fn regroup(
    intake: &mut Intake<'_>,
    folder: FolderId,
    listing: &Listing,
    fresh: &[usize],
    has_rows: bool,
    tracker: &mut Tracker<'_>,
    is_racy: impl Fn(&Stat) -> bool,
) -> Result<()> {
    let mut members = Vec::with_capacity(fresh.len());
    let mut names = Vec::with_capacity(fresh.len());
    if has_rows {
        for row in intake.files_in(folder)? {
            let there = listing.files.binary_search_by(|(name, _)| name.cmp(&row.name)).is_ok();
            if there || listing.doubtful.iter().any(|(name, _)| *name == row.name) {
                names.push(String::from_utf8_lossy(&row.name).into_owned());
                members.push(Some(Member::Row(row)));
            }
        }
    }
    for (name, stat) in fresh.iter().filter_map(|at| listing.files.get(*at)) {
        let text = String::from_utf8_lossy(name).into_owned();
        members.push(Some(Member::Fresh(NewFile {
            name: name.clone(),
            role: Role::Original,
            kind: kind_of_name(&text),
            stat: *stat,
            racy: is_racy(stat),
        })));
        names.push(text);
    }
    let groups: Vec<Group> = group(&names).into_iter().map(|group| group.files).collect();
    let mut owners = Owners::new(intake, folder, &groups, &members, tracker)?;
    for (number, files) in groups.iter().enumerate() {
        settle(intake, folder, number, files, &mut members, &mut owners)?;
    }
    Ok(())
}

/// Which group each known photo goes with.
struct Owners {
    heads: HashMap<PhotoId, PhotoHead>,
    group_of: HashMap<PhotoId, usize>,
    /// Photos that were merged, and into which.
    merged: HashMap<PhotoId, PhotoId>,
}

fn row_at(members: &[Option<Member>], at: usize) -> Option<&KnownFile> {
    match members.get(at) {
        Some(Some(Member::Row(row))) => Some(row),
        _ => None,
    }
}

impl Owners {
    fn new(
        intake: &Intake<'_>,
        folder: FolderId,
        groups: &[Group],
        members: &[Option<Member>],
        tracker: &mut Tracker<'_>,
    ) -> Result<Self> {
        let mut owners = Self {
            heads: HashMap::new(),
            group_of: HashMap::new(),
            merged: HashMap::new(),
        };
        for (number, files) in groups.iter().enumerate() {
            for row in files.iter().filter_map(|(at, _)| row_at(members, *at)) {
                let head = match owners.heads.get(&row.photo) {
                    Some(head) => *head,
                    None => {
                        let Some(head) = intake.head(row.photo)? else {
                            continue;
                        };
                        owners.heads.insert(row.photo, head);
                        head
                    }
                };
                if head.primary == Some(row.id) {
                    owners.group_of.insert(row.photo, number);
                } else if let std::collections::hash_map::Entry::Vacant(e) = owners.group_of.entry(row.photo) {
                    // A companion that came from another folder takes its photo along only if nothing is shown there.
                    let stays = match head.primary {
                        Some(primary) if head.folder != folder => !tracker.is_gone(primary)?,
                        _ => false,
                    };
                    if !stays {
                        e.insert(number);
                    }
                }
            }
        }
        Ok(owners)
    }

    /// The photos that this group may keep, the one to keep first.
    fn of(&self, number: usize, files: &Group, members: &[Option<Member>]) -> Vec<PhotoId> {
        let mut photos: Vec<PhotoId> = Vec::new();
        for row in files.iter().filter_map(|(at, _)| row_at(members, *at)) {
            if self.group_of.get(&row.photo) == Some(&number) && !photos.contains(&row.photo) {
                photos.push(row.photo);
            }
        }
        // Stable: among equals the photo of the file that is shown stays.
        photos.sort_by_key(|photo| !self.heads.get(photo).is_some_and(|head| head.marked));
        photos
    }
}

fn settle(
    intake: &mut Intake<'_>,
    folder: FolderId,
    number: usize,
    files: &Group,
    members: &mut [Option<Member>],
    owners: &mut Owners,
) -> Result<()> {
    let first_row = files
        .iter()
        .find_map(|(at, _)| row_at(members, *at))
        .map(|row| row.photo);
    let Some(any) = first_row else {
        let new: Vec<NewFile> = files
            .iter()
            .filter_map(|(at, role)| match members.get_mut(*at).and_then(Option::take) {
                Some(Member::Fresh(file)) => Some(NewFile { role: *role, ..file }),
                _ => None,
            })
            .collect();
        intake.add_photo(folder, &new)?;
        return Ok(());
    };
    let keep = owners.of(number, files, members);
    if only_sidecars(files, members) {
        // The picture is gone and its text is still here: it waits with the photo for the picture to come back.
        if keep.is_empty() || owners.heads.get(&any).is_some_and(|head| head.folder == folder) {
            return Ok(());
        }
    }
    let photo = match keep.first() {
        Some(photo) => *photo,
        None => {
            let from = owners.merged.get(&any).copied().unwrap_or(any);
            let rows: Vec<(FileId, Role)> = rows_of(files, members);
            intake.split(from, folder, &rows)?
        }
    };
    for other in keep.iter().skip(1) {
        intake.merge(photo, *other)?;
        owners.merged.insert(*other, photo);
    }
    let mut assembled = Vec::with_capacity(files.len());
    for (at, role) in files {
        match members.get_mut(*at).and_then(Option::take) {
            Some(Member::Row(row)) => assembled.push((row.id, *role)),
            Some(Member::Fresh(file)) => {
                let file = NewFile { role: *role, ..file };
                assembled.push((intake.add_file(photo, folder, &file)?, *role));
            }
            None => {}
        }
    }
    intake.assemble(photo, folder, &assembled)
}

fn rows_of(files: &Group, members: &[Option<Member>]) -> Vec<(FileId, Role)> {
    files
        .iter()
        .filter_map(|(at, role)| row_at(members, *at).map(|row| (row.id, *role)))
        .collect()
}

fn only_sidecars(files: &Group, members: &[Option<Member>]) -> bool {
    files
        .iter()
        .all(|(at, _)| row_at(members, *at).is_some_and(|row| row.role == Role::Sidecar))
}
