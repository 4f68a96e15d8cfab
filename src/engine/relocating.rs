//! Moving, renaming and copying photos as both faces use them: all files of a photo together, said before it is done, one
//! step to undo.

use super::{
    error::{OpError, Result},
    session::Session,
    trashing::Stepped,
};
use crate::{
    catalog::moves::PlannedMove,
    library::{
        annotate::photos_text,
        relocate::{self, CopyReport, MovePlan, MoveReport},
        trash::{self, TrashReport},
    },
    model::{content::human_bytes, id::PhotoId, rename::Pattern},
    sys::{fs::FsErrorKind, real::canonical, task::Cx},
};
use std::path::{Path, PathBuf};

/// Lines that a preview shows; the rest is counted.
pub const PREVIEW_LINES: usize = 200;
/// Photos that a preview looks at; more than that are looked at when it is done.
const PREVIEW_PHOTOS: usize = 2000;

/// One photo of a preview.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MoveLine {
    /// The photo.
    pub photo: PhotoId,
    /// Its name now.
    pub name: String,
    /// Its name then.
    pub new_name: String,
    /// How many files it has.
    pub files: u64,
    /// Why it stays.
    pub why: Option<String>,
}

/// What moving or renaming would do, as faces show it: what stays first, since that needs a look.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MovePreview {
    /// The pattern or the folder that it is about.
    pub about: String,
    /// The first photos.
    pub lines: Vec<MoveLine>,
    /// Photos that go.
    pub photos: u64,
    /// Their files.
    pub files: u64,
    /// Photos that stay, for a reason.
    pub stays: u64,
    /// Photos that are so already.
    pub same: u64,
    /// Photos that were not looked at yet.
    pub more: u64,
    /// Why it cannot be done at all.
    pub problem: Option<String>,
}

impl MovePreview {
    /// The lines of a plan.
    #[must_use]
    pub fn of(plan: &MovePlan, about: &str) -> Self {
        let stays = plan.stays.iter().map(|one| MoveLine {
            photo: one.photo,
            name: one.name.clone(),
            new_name: one.new_name.clone().unwrap_or_default(),
            files: 0,
            why: Some(one.why.clone()),
        });
        let goes = plan.units.iter().map(|unit| MoveLine {
            photo: unit.photo,
            name: unit.name.clone(),
            new_name: unit.new_name.clone(),
            files: unit.files.len() as u64,
            why: None,
        });
        Self {
            about: about.to_owned(),
            lines: stays.chain(goes).take(PREVIEW_LINES).collect(),
            photos: plan.units.len() as u64,
            files: plan.files(),
            stays: plan.stays.len() as u64,
            same: plan.same,
            more: 0,
            problem: None,
        }
    }
}

impl Session {
    /// The folder that a person means: links resolved as far as it is there.
    ///
    /// # Errors
    /// The disk's.
    pub fn folder_meant(&self, path: &Path) -> Result<PathBuf> {
        let mut missing = Vec::new();
        let mut at = path;
        loop {
            match canonical(at) {
                Ok(mut whole) => {
                    whole.extend(missing.iter().rev());
                    return Ok(whole);
                }
                Err(error) if error.kind == FsErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
            match (at.parent(), at.file_name()) {
                (Some(parent), Some(name)) => {
                    missing.push(name.to_owned());
                    at = parent;
                }
                _ => return Ok(path.to_owned()),
            }
        }
    }

    /// What moving these photos into a folder would do.
    ///
    /// # Errors
    /// The catalog's.
    pub fn plan_move(&self, photos: &[PhotoId], to: &Path, cx: &Cx) -> Result<MovePlan> {
        let dir = self.folder_meant(to)?;
        Ok(relocate::plan_folder(
            &self.catalog,
            self.fs.as_ref(),
            photos,
            &dir,
            cx,
        )?)
    }

    /// What giving these photos names by a pattern would do; they are counted from `first` in the order of their times.
    ///
    /// # Errors
    /// `Usage` where the pattern cannot be understood, and the catalog's.
    pub fn plan_rename(&self, photos: &[PhotoId], pattern: &str, first: u64, cx: &Cx) -> Result<MovePlan> {
        let pattern = Pattern::parse(pattern).map_err(OpError::Usage)?;
        if photos.len() > 1 && !pattern.tells_apart() {
            return Err(OpError::Usage(
                "All of these photos would get one name. {name}, {date}_{time} or {seq} in it tell them apart."
                    .to_owned(),
            ));
        }
        let mut timed = Vec::with_capacity(photos.len());
        for photo in photos {
            if let Some(row) = self.catalog.photo(*photo)? {
                timed.push((row.sort_time, *photo));
            }
        }
        timed.sort_unstable();
        let photos: Vec<PhotoId> = timed.into_iter().map(|(_, photo)| photo).collect();
        Ok(relocate::plan_names(
            &self.catalog,
            self.fs.as_ref(),
            &photos,
            &pattern,
            first,
            cx,
        )?)
    }

    /// The preview of a pattern; what is wrong with it is said in it.
    ///
    /// # Errors
    /// The catalog's.
    pub fn preview_rename(&self, photos: &[PhotoId], pattern: &str, first: u64, cx: &Cx) -> Result<MovePreview> {
        let some = photos.get(..PREVIEW_PHOTOS).unwrap_or(photos);
        match self.plan_rename(some, pattern, first, cx) {
            Ok(plan) => Ok(MovePreview {
                more: (photos.len() - some.len()) as u64,
                ..MovePreview::of(&plan, pattern)
            }),
            Err(OpError::Usage(why)) => Ok(MovePreview {
                about: pattern.to_owned(),
                problem: Some(why),
                ..MovePreview::default()
            }),
            Err(error) => Err(error),
        }
    }

    /// Takes up what came beside these photos since the last look, so that it goes along.
    ///
    /// # Errors
    /// The catalog's.
    pub fn gather(&self, photos: &[PhotoId]) -> Result<()> {
        Ok(trash::take_up_sidecars(
            &self.catalog,
            self.fs.as_ref(),
            self.clock.as_ref(),
            photos,
        )?)
    }

    /// Does what a plan says, one undo step called `label`. Where a person stops it, what has not gone yet stays.
    ///
    /// # Errors
    /// The catalog's.
    pub fn relocate(&self, plan: &MovePlan, label: &str, cx: &Cx) -> Result<MoveReport> {
        let moves: Vec<PlannedMove> = plan.units.iter().map(relocate::Unit::planned).collect();
        let begun = self.catalog.begin_moves(&moves, label, self.clock.now())?;
        let mut report = MoveReport::default();
        let name_of = |photo: &PhotoId| {
            let unit = plan.units.iter().find(|unit| unit.photo == *photo);
            unit.map_or_else(String::new, |unit| unit.name.clone())
        };
        report
            .failed
            .extend(plan.stays.iter().map(|one| (one.name.clone(), one.why.clone())));
        report
            .failed
            .extend(begun.left.into_iter().map(|(photo, why)| (name_of(&photo), why)));
        let Some(step) = begun.step else {
            return Ok(report);
        };
        report.add(self.settle_moves(cx)?);
        if report.cancelled {
            relocate::turn_back(&self.catalog, step)?;
            self.settle_moves(&Cx::new())?;
        }
        if report.moved > 0 {
            self.bridge.note(1, label.to_owned());
        }
        Ok(report)
    }

    /// Moves photos into a folder, at once.
    ///
    /// # Errors
    /// The catalog's.
    pub fn move_to(&self, photos: &[PhotoId], to: &Path, cx: &Cx) -> Result<MoveReport> {
        self.gather(photos)?;
        let plan = self.plan_move(photos, to, cx)?;
        let name = to
            .file_name()
            .map_or_else(|| to.display().to_string(), |name| name.to_string_lossy().into_owned());
        self.relocate(&plan, &format!("Move {} to {name}", photos_text(plan.units.len())), cx)
    }

    /// Gives photos names by a pattern, at once.
    ///
    /// # Errors
    /// `Usage` where the pattern cannot be understood, and the catalog's.
    pub fn rename(&self, photos: &[PhotoId], pattern: &str, first: u64, cx: &Cx) -> Result<MoveReport> {
        self.gather(photos)?;
        let plan = self.plan_rename(photos, pattern, first, cx)?;
        let label = match plan.units.as_slice() {
            [one] => format!("Rename {} to {}", one.name, one.new_name),
            all => format!("Rename {}", photos_text(all.len())),
        };
        self.relocate(&plan, &label, cx)
    }

    /// Brings photos that are on their way to where they are wanted.
    ///
    /// # Errors
    /// The catalog's.
    pub fn settle_moves(&self, cx: &Cx) -> Result<MoveReport> {
        Ok(relocate::settle(&self.catalog, self.fs.as_ref(), cx)?)
    }

    /// Everything that is on its way, to other places and to the trash or back.
    ///
    /// # Errors
    /// The catalog's.
    pub fn settle_files(&self, cx: &Cx) -> Result<(MoveReport, TrashReport)> {
        Ok((self.settle_moves(cx)?, self.settle_trash(cx)?))
    }

    /// After a step back or forward: moves the files, and says what could not go.
    ///
    /// # Errors
    /// `NeedsYou` where something could not.
    pub(in crate::engine) fn settle_step(&self, done: &Stepped) -> Result<()> {
        if !done.settle {
            return Ok(());
        }
        let (mut moves, trash) = self.settle_files(&Cx::new())?;
        moves.failed.splice(0..0, done.failed.iter().cloned());
        if !moves.failed.is_empty() {
            let (what, why) = move_sentence(&moves);
            return Err(OpError::NeedsYou(format!("{what}. {why}")));
        }
        if !trash.failed.is_empty() {
            let (what, why) = super::trashing::trash_sentence(&trash);
            return Err(OpError::NeedsYou(format!("{what}. {why}")));
        }
        Ok(())
    }

    /// Copies photos into a folder, with sidecars that say what the catalog says; where these are switched off, the scan
    /// that finds copies in a watched folder gives them their marks.
    ///
    /// # Errors
    /// `Usage` for a folder that is none, and the catalog's.
    pub fn copy_to(&self, photos: &[PhotoId], to: &Path, cx: &Cx) -> Result<CopyReport> {
        let dir = self.folder_meant(to)?;
        let root = self.catalog.root_of_path(&dir)?;
        let hidden = root.as_ref().is_some_and(|root| {
            let rel = dir.strip_prefix(&root.path).unwrap_or(Path::new(""));
            crate::library::walk::is_left_out(self.fs.as_ref(), &root.path, rel)
        });
        if hidden {
            return Err(OpError::Usage(format!(
                "Safelight does not look into that folder: {}",
                dir.display()
            )));
        }
        self.tend_sidecars(&Cx::new())?;
        self.gather(photos)?;
        if root.is_some() && !self.settings().write_sidecars {
            self.expect_copies(photos, &dir)?;
        }
        let report = relocate::copy_to(&self.catalog, self.fs.as_ref(), photos, &dir, cx)?;
        if report.photos > 0 {
            self.bridge.note(1, copy_sentence(&report).0);
        }
        Ok(report)
    }

    /// Whether this folder lies in a watched tree, so that copies in it become photos.
    ///
    /// # Errors
    /// The catalog's.
    pub fn is_watched(&self, dir: &Path) -> Result<bool> {
        Ok(self.catalog.root_of_path(&self.folder_meant(dir)?)?.is_some())
    }
}

fn photos(count: u64) -> String {
    photos_text(usize::try_from(count).unwrap_or(usize::MAX))
}

fn first_reason(failed: &[(String, String)]) -> String {
    match failed {
        [] => String::new(),
        [(name, why)] => format!("{name}: {why}"),
        [(name, why), rest @ ..] => format!("{name}: {why} And {} more.", rest.len()),
    }
}

/// One sentence on what came of moving or renaming, and the first reason why not all of it did.
#[must_use]
pub fn move_sentence(report: &MoveReport) -> (String, String) {
    let mut parts = Vec::new();
    if report.moved > 0 {
        parts.push(format!("{} moved", photos(report.moved)));
    }
    if report.back > 0 {
        parts.push(format!("{} back where they were", photos(report.back)));
    }
    if !report.failed.is_empty() {
        parts.push(super::trashing::stays(report.failed.len()));
    }
    if report.cancelled {
        parts.push("stopped, the rest stays".to_owned());
    }
    let what = if parts.is_empty() {
        "Nothing was moved".to_owned()
    } else {
        parts.join(", ")
    };
    let mut why = first_reason(&report.failed);
    if report.across > 0 {
        let trash = "What they were copied from lies in Safelight's trash of the other disk until you empty it.";
        why = [why.as_str(), trash].join(" ").trim().to_owned();
    }
    (what, why)
}

/// One sentence on what came of copying, and the first reason why not all of it did.
#[must_use]
pub fn copy_sentence(report: &CopyReport) -> (String, String) {
    let mut parts = Vec::new();
    if report.photos > 0 {
        parts.push(format!(
            "{} copied and read back, {}",
            photos(report.photos),
            human_bytes(report.bytes)
        ));
    }
    if report.already > 0 {
        parts.push(format!("{} there already", photos(report.already)));
    }
    if !report.failed.is_empty() {
        parts.push(format!("{} not copied", photos(report.failed.len() as u64)));
    }
    if report.cancelled {
        parts.push("stopped".to_owned());
    }
    let what = if parts.is_empty() {
        "Nothing was copied".to_owned()
    } else {
        parts.join(", ")
    };
    (what, first_reason(&report.failed))
}
