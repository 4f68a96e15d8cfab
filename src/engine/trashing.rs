//! Safelight's trash as both faces use it: photos go as one unit, come back under their names, or are given to the
//! system's trash by a person's explicit command. Undo of a move puts back.

use super::{
    error::{OpError, Result},
    session::Session,
};
use crate::{
    catalog::trash::{NextStep, TrashState, Trashed},
    library::{
        annotate::photos_text,
        trash::{self, TrashReport},
    },
    model::{content::human_bytes, id::PhotoId, time::Timestamp},
    sys::{task::Cx, trash::SystemTrash},
};

/// A photo in the trash, as faces list it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrashLine {
    /// Its number in the trash.
    pub id: i64,
    /// The photo.
    pub photo: PhotoId,
    /// The name of its first file.
    pub name: String,
    /// How many files it has.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The folder it is put back to.
    pub folder: String,
    /// When it was moved.
    pub at: Timestamp,
    /// Whether it has a proven copy that survives this disk.
    pub proven: bool,
    /// Why it is not where it is wanted.
    pub note: Option<String>,
}

/// What a confirmation of emptying names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EmptyPlan {
    /// Which ones: what was named is what goes.
    pub which: Vec<PhotoId>,
    /// How many.
    pub photos: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those without a proven copy, by name.
    pub unproven: Vec<String>,
}

impl EmptyPlan {
    /// What a plan of these is.
    #[must_use]
    pub fn of(lines: &[TrashLine]) -> Self {
        Self {
            which: lines.iter().map(|line| line.photo).collect(),
            photos: lines.len() as u64,
            bytes: lines.iter().map(|line| line.bytes).sum(),
            unproven: lines
                .iter()
                .filter(|line| !line.proven)
                .map(|line| line.name.clone())
                .collect(),
        }
    }
}

fn line(entry: &Trashed) -> TrashLine {
    let home = entry.files.first().map(|file| file.home.clone()).unwrap_or_default();
    TrashLine {
        id: entry.id,
        photo: entry.photo,
        name: entry.name(),
        files: entry.files.len() as u64,
        bytes: entry.bytes(),
        folder: home.parent().map(|dir| dir.display().to_string()).unwrap_or_default(),
        at: entry.at,
        proven: entry.proven,
        note: entry.note.clone(),
    }
}

/// Changes of a step that are looked through for the photos it was about; of a larger one no photo is that.
const TOLD: usize = 10_000;

/// What undo or redo did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stepped {
    /// The steps, the newest first.
    pub steps: Vec<String>,
    /// Files are to be moved: [`Session::settle_files`].
    pub settle: bool,
    /// The photos whose marks changed; empty for too many to tell.
    pub marked: Vec<PhotoId>,
    /// Photos that are no longer where the step left them: name and sentence.
    pub failed: Vec<(String, String)>,
}

impl Session {
    /// Writes down that these photos go to the trash, one undo step; [`Session::settle_trash`] moves them. Originals that
    /// are held are brought back first. Gives the photos that cannot go: name and sentence.
    ///
    /// # Errors
    /// The catalog's, and `Cancelled`.
    pub fn begin_trash(&self, photos: &[PhotoId], cx: &Cx) -> Result<Vec<(String, String)>> {
        let mut held = Vec::new();
        for photo in photos {
            for file in self.catalog.files_of(&[*photo])? {
                if file.missing_since.is_none() && self.catalog.swap_of(file.id)?.is_some() {
                    held.push(*photo);
                    break;
                }
            }
        }
        if !held.is_empty() {
            self.restore(&held, cx)?;
        }
        let refused = trash::refusals(&self.catalog, self.fs.as_ref(), photos)?;
        let going: Vec<PhotoId> = photos
            .iter()
            .filter(|photo| refused.iter().all(|(other, ..)| other != *photo))
            .copied()
            .collect();
        trash::take_up_sidecars(&self.catalog, self.fs.as_ref(), self.clock.as_ref(), &going)?;
        let label = format!("Move {} to the trash", photos_text(going.len()));
        self.catalog.begin_trash(&going, &label, self.clock.now())?;
        Ok(refused.into_iter().map(|(_, name, why)| (name, why)).collect())
    }

    /// Moves what is on its way to the trash or back.
    ///
    /// # Errors
    /// The catalog's.
    pub fn settle_trash(&self, cx: &Cx) -> Result<TrashReport> {
        let report = trash::settle(&self.catalog, self.fs.as_ref(), self.clock.as_ref(), cx)?;
        let said = match (report.moved, report.put_back) {
            (0, 0) => None,
            (moved, 0) => Some(format!(
                "{moved} photos moved to Safelight's trash, {}",
                human_bytes(report.bytes)
            )),
            (0, back) => Some(format!("{back} photos put back from Safelight's trash")),
            (moved, back) => Some(format!("{moved} photos moved to Safelight's trash, {back} put back")),
        };
        if let Some(text) = said {
            self.bridge.note(1, text);
        }
        Ok(report)
    }

    /// These photos to the trash, at once.
    ///
    /// # Errors
    /// The catalog's, and `Cancelled`.
    pub fn trash(&self, photos: &[PhotoId], cx: &Cx) -> Result<TrashReport> {
        let refused = self.begin_trash(photos, cx)?;
        let mut report = self.settle_trash(cx)?;
        report.failed.splice(0..0, refused);
        Ok(report)
    }

    /// What lies in the trash, the newest first.
    ///
    /// # Errors
    /// The catalog's.
    pub fn trash_lines(&self) -> Result<Vec<TrashLine>> {
        let entries = self.catalog.trashed(&[TrashState::Going, TrashState::In])?;
        Ok(entries.iter().rev().map(line).collect())
    }

    /// The lines of these photos.
    ///
    /// # Errors
    /// The catalog's.
    pub fn trash_lines_of(&self, photos: &[PhotoId]) -> Result<Vec<TrashLine>> {
        let mut lines = self.trash_lines()?;
        lines.retain(|line| photos.contains(&line.photo));
        Ok(lines)
    }

    /// Writes down that these are wanted back; [`Session::settle_trash`] moves them.
    ///
    /// # Errors
    /// The catalog's.
    pub fn begin_put_back(&self, lines: &[TrashLine]) -> Result<()> {
        let ids: Vec<i64> = lines.iter().map(|line| line.id).collect();
        self.catalog.begin_put_back(&ids)?;
        Ok(())
    }

    /// Gives these to the system's trash. The face has shown [`EmptyPlan`] and was told to go on.
    ///
    /// # Errors
    /// The catalog's.
    pub fn empty_trash(&self, lines: &[TrashLine], system: &dyn SystemTrash, cx: &Cx) -> Result<TrashReport> {
        let ids: Vec<i64> = lines.iter().map(|line| line.id).collect();
        let report = trash::empty(&self.catalog, self.fs.as_ref(), system, &ids, cx)?;
        if report.emptied > 0 {
            let bytes = human_bytes(report.bytes);
            self.bridge.note(
                1,
                format!("{} photos given to the system's trash, {bytes}", report.emptied),
            );
        }
        Ok(report)
    }

    /// Takes steps back, of marks, albums and the trash alike; files are moved by [`Session::settle_trash`] after it.
    ///
    /// # Errors
    /// The catalog's.
    pub fn step_back(&self, steps: usize) -> Result<Stepped> {
        let mut done = Stepped::default();
        for _ in 0..steps {
            match self.catalog.next_step_of_all(true)? {
                None => break,
                Some(NextStep::Marks) => self.turn_marks(true, &mut done)?,
                Some(NextStep::Files(step, label)) => {
                    self.turn_files(step, true, &mut done)?;
                    done.steps.push(label);
                }
            }
        }
        Ok(done)
    }

    /// Turns a step of marks: the tiles of its photos are taken anew, and not those of the whole library.
    fn turn_marks(&self, back: bool, done: &mut Stepped) -> Result<()> {
        let (clock, device) = (self.clock.as_ref(), &self.bridge.device);
        let before = self.catalog.last_change()?;
        let turn = || {
            let step = match back {
                true => self.catalog.undo(clock, device),
                false => self.catalog.redo(clock, device),
            };
            // The step is taken, whether or not it can be told what it was about.
            step.map(|step| (step, self.catalog.marked_after(before, TOLD).ok().flatten()))
        };
        let (step, marked) = self.tiles.changing(&self.catalog, turn, |(_, marked)| marked.clone())?;
        done.steps.extend(step);
        done.marked.extend(marked.unwrap_or_default());
        Ok(())
    }

    /// Turns a step that moves files: what came beside its photos since goes along with them.
    fn turn_files(&self, step: i64, back: bool, done: &mut Stepped) -> Result<()> {
        let photos: Vec<PhotoId> = self.catalog.moves_of(step)?.iter().map(|one| one.photo).collect();
        self.gather(&photos)?;
        self.catalog.turn_file_step(step, back, self.clock.now())?;
        for moving in self.catalog.moves_of(step)? {
            if let (false, Some(why)) = (moving.state.is_open(), moving.note.clone()) {
                done.failed.push((moving.name(), why));
            }
        }
        done.settle = true;
        Ok(())
    }

    /// Takes undone steps again.
    ///
    /// # Errors
    /// The catalog's.
    pub fn step_again(&self, steps: usize) -> Result<Stepped> {
        let mut done = Stepped::default();
        for _ in 0..steps {
            match self.catalog.next_step_of_all(false)? {
                None => break,
                Some(NextStep::Marks) => self.turn_marks(false, &mut done)?,
                Some(NextStep::Files(step, label)) => {
                    self.turn_files(step, false, &mut done)?;
                    done.steps.push(label);
                }
            }
        }
        Ok(done)
    }
}

/// One sentence on what came of moving or putting back, and the first reason why not all of it did.
#[must_use]
pub fn trash_sentence(report: &TrashReport) -> (String, String) {
    let mut parts = Vec::new();
    let photos = |count: u64| photos_text(usize::try_from(count).unwrap_or(usize::MAX));
    if report.moved > 0 {
        parts.push(format!("{} moved to Safelight's trash", photos(report.moved)));
    }
    if report.put_back > 0 {
        parts.push(format!("{} put back", photos(report.put_back)));
    }
    if report.emptied > 0 {
        let bytes = human_bytes(report.bytes);
        parts.push(format!(
            "{} given to the system's trash, {bytes}",
            photos(report.emptied)
        ));
    }
    if !report.failed.is_empty() {
        parts.push(stays(report.failed.len()));
    }
    let what = if parts.is_empty() {
        "Nothing was moved".to_owned()
    } else {
        parts.join(", ")
    };
    let why = match report.failed.as_slice() {
        [] => String::new(),
        [(name, why)] => format!("{name}: {why}"),
        [(name, why), rest @ ..] => format!("{name}: {why} And {} more.", rest.len()),
    };
    (what, why)
}

/// `1 photo stays where it is`.
pub(in crate::engine) fn stays(count: usize) -> String {
    let words = if count == 1 {
        "stays where it is"
    } else {
        "stay where they are"
    };
    format!("{} {words}", photos_text(count))
}

/// What faces say where nothing answers.
#[must_use]
pub fn nothing_in_trash() -> OpError {
    OpError::Usage("There is nothing like that in Safelight's trash. List it with: safelight trash --list".to_owned())
}
