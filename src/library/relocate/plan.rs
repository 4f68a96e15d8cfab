//! What moving or renaming photos would do, and why some stay: nothing is changed by looking. Names are compared without
//! regard to capitals, since the next disk may know none; a photo goes only where all of its files can, and where they
//! still are one photo, and no other photo's, by the rule that made them one.

use crate::{
    catalog::{
        Catalog,
        error::Result,
        moves::{Place, PlannedMove},
        photos::{FileRow, PhotoRow},
        roots::Root,
    },
    library::{
        rename::sentence,
        scan::{Probe, probe},
        walk::is_left_out,
    },
    model::{
        id::{PhotoId, RootId},
        photo::group,
        rename::{Given, MAX_NAME, Pattern, renamed, shared_stem},
    },
    sys::{
        fs::{FileKind, Fs, FsErrorKind},
        real::{path_bytes, path_from_bytes},
        task::Cx,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
};

/// One photo that can go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    /// The photo.
    pub photo: PhotoId,
    /// The name of the file that is shown for it.
    pub name: String,
    /// Its new name.
    pub new_name: String,
    /// Its files, and where each is to go.
    pub files: Vec<(FileRow, Place, PathBuf)>,
    /// The stems, where it gets another name.
    pub stems: Option<(Vec<u8>, Vec<u8>)>,
}

impl Unit {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(file, ..)| file.size).sum()
    }

    /// The move as the journal takes it.
    #[must_use]
    pub fn planned(&self) -> PlannedMove {
        PlannedMove {
            photo: self.photo,
            stems: self.stems.clone(),
            files: self
                .files
                .iter()
                .map(|(file, place, _)| (file.id, place.clone()))
                .collect(),
        }
    }
}

/// One photo that stays, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stays {
    /// The photo.
    pub photo: PhotoId,
    /// Its name.
    pub name: String,
    /// The name that it would have had.
    pub new_name: Option<String>,
    /// A sentence.
    pub why: String,
}

/// What would happen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MovePlan {
    /// Photos that can go, in the order in which they were named.
    pub units: Vec<Unit>,
    /// Photos that cannot.
    pub stays: Vec<Stays>,
    /// Photos that are so already.
    pub same: u64,
}

impl MovePlan {
    /// Files that go.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.units.iter().map(|unit| unit.files.len() as u64).sum()
    }

    /// Bytes of the files that go.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.units.iter().map(Unit::bytes).sum()
    }
}

struct Planner<'a> {
    catalog: &'a Catalog,
    fs: &'a dyn Fs,
    cx: &'a Cx,
    roots: Vec<Root>,
    away: HashMap<RootId, String>,
    plan: MovePlan,
}

/// What moving these photos into a folder of a watched tree would do.
///
/// # Errors
/// The catalog's.
pub fn plan_folder(catalog: &Catalog, fs: &dyn Fs, photos: &[PhotoId], dir: &Path, cx: &Cx) -> Result<MovePlan> {
    let mut planner = Planner::new(catalog, fs, cx)?;
    let goal = planner.folder(dir);
    for photo in photos {
        let Some((row, files)) = planner.take(*photo)? else {
            continue;
        };
        let (root, rel) = match &goal {
            Ok(goal) => goal.clone(),
            Err(why) => {
                planner.stays(*photo, &name_of(&row, &files), None, why);
                continue;
            }
        };
        let places = files
            .iter()
            .map(|file| Place {
                root,
                rel: rel.clone(),
                name: bytes_of(file),
            })
            .collect();
        planner.propose(&row, files, places, None);
    }
    planner.check()
}

/// What giving these photos names by a pattern would do. They are counted from `first`, in their order.
///
/// # Errors
/// The catalog's.
pub fn plan_names(
    catalog: &Catalog,
    fs: &dyn Fs,
    photos: &[PhotoId],
    pattern: &Pattern,
    first: u64,
    cx: &Cx,
) -> Result<MovePlan> {
    let mut planner = Planner::new(catalog, fs, cx)?;
    let mut seq = first;
    for photo in photos {
        let number = seq;
        seq = seq.saturating_add(1);
        let Some((row, files)) = planner.take(*photo)? else {
            continue;
        };
        let name = name_of(&row, &files);
        match new_names(&row, &files, pattern, number) {
            Ok((stems, places)) => planner.propose(&row, files, places, Some(stems)),
            Err(why) => planner.stays(*photo, &name, None, &why),
        }
    }
    planner.check()
}

type Stems = (Vec<u8>, Vec<u8>);

/// The new places of a photo's files under the name that the pattern gives.
fn new_names(
    row: &PhotoRow,
    files: &[FileRow],
    pattern: &Pattern,
    seq: u64,
) -> std::result::Result<(Stems, Vec<Place>), String> {
    let shown = shown(row, files).map(bytes_of).unwrap_or_default();
    let names: Vec<Vec<u8>> = files.iter().map(bytes_of).collect();
    let all: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    let stem = shared_stem(&shown, &all)
        .ok_or_else(|| "Its files do not share a name, so they cannot get one together.".to_owned())?;
    let text = String::from_utf8_lossy(&stem).into_owned();
    let camera = row.facts.camera();
    let new = pattern.stem(&Given {
        taken: row.facts.taken,
        name: &text,
        camera: camera.as_deref(),
        seq,
    })?;
    // A stem that is no UTF-8 and stays as it is keeps its bytes.
    let new = if new == text { stem.clone() } else { new.into_bytes() };
    let mut places = Vec::with_capacity(files.len());
    for (file, name) in files.iter().zip(&names) {
        let name = renamed(&stem, &new, name)
            .ok_or_else(|| "Its files do not share a name, so they cannot get one together.".to_owned())?;
        if name.len() > MAX_NAME {
            return Err("Its new name would be too long.".to_owned());
        }
        places.push(Place {
            root: file.root,
            rel: Vec::new(),
            name,
        });
    }
    Ok(((stem, new), places))
}

fn shown<'f>(row: &PhotoRow, files: &'f [FileRow]) -> Option<&'f FileRow> {
    files.iter().find(|file| Some(file.id) == row.primary).or(files.first())
}

fn name_of(row: &PhotoRow, files: &[FileRow]) -> String {
    shown(row, files).map_or_else(String::new, |file| file.name.to_string_lossy().into_owned())
}

fn bytes_of(file: &FileRow) -> Vec<u8> {
    path_bytes(Path::new(&file.name))
}

fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase()
}

impl<'a> Planner<'a> {
    fn new(catalog: &'a Catalog, fs: &'a dyn Fs, cx: &'a Cx) -> Result<Self> {
        let roots = catalog.roots()?;
        let mut away = HashMap::new();
        for root in &roots {
            if let Probe::Offline(why) = probe(catalog, fs, root)? {
                away.insert(root.id, why);
            }
        }
        Ok(Self {
            catalog,
            fs,
            cx,
            roots,
            away,
            plan: MovePlan::default(),
        })
    }

    fn stays(&mut self, photo: PhotoId, name: &str, new_name: Option<String>, why: &str) {
        self.plan.stays.push(Stays {
            photo,
            name: name.to_owned(),
            new_name,
            why: why.to_owned(),
        });
    }

    /// The tree and the folder below it that a path leads to, or why photos cannot go there.
    fn folder(&self, dir: &Path) -> std::result::Result<(RootId, Vec<u8>), String> {
        let inside = self.roots.iter().filter(|root| dir.starts_with(&root.path));
        let Some(root) = inside.max_by_key(|root| root.path.as_os_str().len()) else {
            return Err(format!(
                "That folder is not watched, so they would leave the library. Add it first, or copy them there: {}",
                dir.display()
            ));
        };
        if let Some(why) = self.away.get(&root.id) {
            return Err(format!("Its disk is away. {why}"));
        }
        let rel = dir.strip_prefix(&root.path).unwrap_or(Path::new(""));
        if is_left_out(self.fs, &root.path, rel) {
            return Err(format!("Safelight does not look into that folder: {}", dir.display()));
        }
        match self.fs.stat_opt(dir) {
            Ok(Some(stat)) if stat.kind != FileKind::Dir => {
                Err(format!("That is a file, not a folder: {}", dir.display()))
            }
            Ok(_) => Ok((root.id, path_bytes(rel))),
            Err(error) => Err(sentence(&error)),
        }
    }

    /// A photo and its files, unless something of it is against any move.
    fn take(&mut self, photo: PhotoId) -> Result<Option<(PhotoRow, Vec<FileRow>)>> {
        let Some(row) = self.catalog.photo(photo)? else {
            return Ok(None);
        };
        let mut files = self.catalog.files_of(&[photo])?;
        let name = name_of(&row, &files);
        files.retain(|file| file.missing_since.is_none());
        let away = files.iter().find_map(|file| self.away.get(&file.root)).cloned();
        let why = if files.is_empty() {
            Some("It is no longer in its folder.".to_owned())
        } else if let Some(why) = away {
            Some(format!("Its disk is away, so it stays. {why}"))
        } else if self.catalog.is_moving(photo)? {
            Some("It is being moved already. Look for changes, then try again.".to_owned())
        } else {
            None
        };
        Ok(match why {
            Some(why) => {
                self.stays(photo, &name, None, &why);
                None
            }
            None => Some((row, files)),
        })
    }

    fn propose(&mut self, row: &PhotoRow, files: Vec<FileRow>, mut places: Vec<Place>, stems: Option<Stems>) {
        let name = name_of(row, &files);
        let mut planned = Vec::with_capacity(files.len());
        for (file, place) in files.into_iter().zip(&mut places) {
            let Some(root) = self.roots.iter().find(|root| root.id == place.root) else {
                continue;
            };
            if stems.is_some() {
                // Only the name is another: each file stays in its folder.
                let dir = file.path.parent().unwrap_or(&root.path);
                place.rel = dir.strip_prefix(&root.path).map(path_bytes).unwrap_or_default();
            }
            let mut path = root.path.clone();
            if !place.rel.is_empty() {
                path.push(path_from_bytes(place.rel.clone()));
            }
            path.push(path_from_bytes(place.name.clone()));
            planned.push((file, place.clone(), path));
        }
        if planned.iter().all(|(file, _, path)| file.path == *path) {
            self.plan.same += 1;
            return;
        }
        let new_name = planned
            .iter()
            .find(|(file, ..)| Some(file.id) == row.primary)
            .or(planned.first())
            .map_or_else(String::new, |(_, place, _)| {
                String::from_utf8_lossy(&place.name).into_owned()
            });
        self.plan.units.push(Unit {
            photo: row.id,
            name,
            new_name,
            files: planned,
            stems,
        });
    }

    /// Takes out what cannot go, until the rest can: who stays keeps its names, which others may have wanted.
    fn check(mut self) -> Result<MovePlan> {
        let mut listings: BTreeMap<PathBuf, std::result::Result<Vec<String>, String>> = BTreeMap::new();
        for (_, _, path) in self.plan.units.iter().flat_map(|unit| &unit.files) {
            let dir = path.parent().unwrap_or(path).to_owned();
            listings.entry(dir).or_insert_with_key(|dir| names_in(self.fs, dir));
        }
        loop {
            if self.cx.cancel.is_cancelled() {
                return Ok(self.plan);
            }
            let against = refused(&self.plan.units, &listings);
            if against.is_empty() {
                return Ok(self.plan);
            }
            let units = std::mem::take(&mut self.plan.units);
            for (at, unit) in units.into_iter().enumerate() {
                match against.get(&at) {
                    None => self.plan.units.push(unit),
                    Some(why) => {
                        let new_name = Some(unit.new_name.clone());
                        self.stays(unit.photo, &unit.name, new_name, why);
                    }
                }
            }
        }
    }
}

/// The names of a folder; none where it is still to be made.
fn names_in(fs: &dyn Fs, dir: &Path) -> std::result::Result<Vec<String>, String> {
    let mut names = Vec::new();
    match fs.list(dir, &mut |entry| names.push(entry.name.to_string_lossy().into_owned())) {
        Ok(()) => Ok(names),
        Err(error) if error.kind == FsErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(sentence(&error)),
    }
}

/// Units that cannot go, by their places in the list, and why.
fn refused(
    units: &[Unit],
    listings: &BTreeMap<PathBuf, std::result::Result<Vec<String>, String>>,
) -> BTreeMap<usize, String> {
    let mut against: BTreeMap<usize, String> = BTreeMap::new();
    let leaving: HashSet<&Path> = units
        .iter()
        .flat_map(|unit| unit.files.iter().map(|(file, ..)| file.path.as_path()))
        .collect();
    let mut arriving: BTreeMap<&Path, Vec<(usize, &[u8])>> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        for (_, place, path) in &unit.files {
            let dir = path.parent().unwrap_or(path);
            arriving.entry(dir).or_default().push((at, &place.name));
        }
    }
    for (dir, names) in arriving {
        let staying: Vec<&String> = match listings.get(dir) {
            Some(Ok(names)) => names
                .iter()
                .filter(|name| !leaving.contains(dir.join(name).as_path()))
                .collect(),
            Some(Err(why)) => {
                against.extend(names.iter().map(|(at, _)| (*at, why.clone())));
                continue;
            }
            None => Vec::new(),
        };
        taken_names(&staying, &names, &mut against);
        torn_apart(&staying, &names, &mut against);
    }
    against
}

/// Names that something has already, or that two photos would get.
fn taken_names(staying: &[&String], names: &[(usize, &[u8])], against: &mut BTreeMap<usize, String>) {
    let there: HashMap<String, &String> = staying.iter().map(|name| (name.to_lowercase(), *name)).collect();
    let mut claimed: HashMap<String, usize> = HashMap::new();
    for (at, name) in names {
        let key = lower(name);
        if let Some(other) = there.get(&key) {
            against
                .entry(*at)
                .or_insert_with(|| format!("There is a {other} already. Nothing is put over it."));
        }
        match claimed.get(&key) {
            Some(other) if other != at => {
                against.entry(*at).or_insert_with(|| {
                    format!(
                        "Another of these photos gets the name {} too. {{seq}} in the name tells them apart.",
                        String::from_utf8_lossy(name)
                    )
                });
            }
            _ => {
                claimed.insert(key, *at);
            }
        }
    }
}

/// Photos whose files would no longer be one photo there, or one with another's.
fn torn_apart(staying: &[&String], names: &[(usize, &[u8])], against: &mut BTreeMap<usize, String>) {
    let mut all: Vec<String> = Vec::with_capacity(staying.len() + names.len());
    let mut whose: Vec<Option<usize>> = Vec::with_capacity(all.capacity());
    for name in staying.iter().filter(|name| !name.starts_with('.')) {
        all.push((**name).clone());
        whose.push(None);
    }
    for (at, name) in names.iter().filter(|(at, _)| !against.contains_key(at)) {
        all.push(String::from_utf8_lossy(name).into_owned());
        whose.push(Some(*at));
    }
    let mut groups_of: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for (number, group) in group(&all).iter().enumerate() {
        let members: BTreeSet<Option<usize>> = group
            .files
            .iter()
            .filter_map(|(at, _)| whose.get(*at).copied())
            .collect();
        let other = group.files.iter().find_map(|(at, _)| {
            let name = all.get(*at)?;
            (whose.get(*at) == Some(&None)).then_some(name)
        });
        for unit in members.iter().flatten() {
            groups_of.entry(*unit).or_default().insert(number);
            if members.len() > 1 {
                against.entry(*unit).or_insert_with(|| match other {
                    Some(other) => format!("By its name it would become one photo with {other}. Choose another name."),
                    None => "By their names two of these photos would become one. Choose other names.".to_owned(),
                });
            }
        }
    }
    for (unit, groups) in groups_of {
        if groups.len() > 1 {
            against
                .entry(unit)
                .or_insert_with(|| "By their new names its files would no longer be one photo.".to_owned());
        }
    }
}
