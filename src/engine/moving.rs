//! When photos move, to the trash or elsewhere and back, beside everything else that runs: before scans, never beside the writing of
//! sidecars, and in the order in which a person asked.

use super::{
    engine::{Loop, Running},
    error::Result,
    relocating::move_sentence,
    snapshot::Severity,
    work::{Lane, Work},
};
use crate::{
    engine::command::{Command, Target},
    library::relocate::MoveReport,
    sys::task::Cx,
};

/// What was done to a step, for the person.
pub(in crate::engine) fn turned(step: &str, back: bool) -> String {
    match back {
        true => format!("Taken back: {step}"),
        false => format!("Done again: {step}"),
    }
}

impl Loop {
    /// Undo or redo. While photos move, it waits for them: what was asked for last is what is taken back.
    pub(in crate::engine) fn step(&mut self, back: bool) -> Result<()> {
        let at = Lane::Look as usize;
        let moving = self.running[at].as_ref().is_some_and(|one| one.work.moves_files());
        if moving || self.waiting[at].iter().any(Work::moves_files) {
            self.move_files(Work::Step { back });
            return Ok(());
        }
        let done = if back {
            self.session.step_back(1)?
        } else {
            self.session.step_again(1)?
        };
        if done.settle {
            self.move_files(Work::SettleFiles);
        }
        if !done.failed.is_empty() {
            let report = MoveReport {
                failed: done.failed.clone(),
                ..MoveReport::default()
            };
            let (what, why) = move_sentence(&report);
            self.say(Severity::Warning, &what, &why, "");
        }
        if let Some(photo) = done.marked.first() {
            let number = self.snapshot.turned.map_or(1, |(number, _)| number + 1);
            self.snapshot.turned = Some((number, *photo));
        }
        self.refresh_duplicates()?;
        self.marked();
        if let Some(step) = done.steps.first() {
            self.say(Severity::Info, &turned(step, back), "", "");
        }
        Ok(())
    }

    /// A command that moves, renames or copies photos; any other does nothing here.
    pub(in crate::engine) fn relocate_command(&mut self, command: Command) -> Result<()> {
        match command {
            Command::MoveTo { photos, to } => {
                let to = match to {
                    Target::Path(path) => path,
                    Target::Folder(folder) => self.session.catalog.folder_path(folder)?,
                    Target::Root(root) => match self.session.catalog.root(root)? {
                        Some(root) => root.path,
                        None => return Ok(()),
                    },
                };
                self.move_files(Work::Move { photos, to });
            }
            Command::Rename { photos, pattern, first } => {
                self.move_files(Work::Rename { photos, pattern, first });
            }
            Command::PreviewRename { photos, pattern, first } => {
                let preview = self.session.preview_rename(&photos, &pattern, first, &Cx::new())?;
                self.snapshot.rename = std::sync::Arc::new(preview);
            }
            Command::CopyTo { photos, to } => self.enqueue(Work::CopyTo { photos, to }),
            Command::StopMoving => {
                for lane in &mut self.waiting {
                    lane.retain(|work| !work.can_stop());
                }
                for running in self.running.iter().flatten().filter(|one| one.work.can_stop()) {
                    running.cx.cancel.cancel();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts a move of photos before everything else that looks at the disk. A scan that runs is stopped and begun again
    /// after it: it must not see photos at places that they are about to leave.
    pub(in crate::engine) fn move_files(&mut self, work: Work) {
        let at = Lane::Look as usize;
        let looks = |one: &&Running| matches!(one.work, Work::Scan | Work::Duplicates);
        if let Some(running) = self.running[at].as_ref().filter(looks) {
            running.cx.cancel.cancel();
            let again = running.work.clone();
            self.enqueue(again);
        }
        let tend = Lane::Tend as usize;
        if let Some(running) = self.running[tend].as_ref() {
            // What it had not come to still waits in the catalog.
            running.cx.cancel.cancel();
            let again = running.work.clone();
            self.enqueue(again);
        }
        let place = self.waiting[at].iter().take_while(|one| one.moves_files()).count();
        self.waiting[at].insert(place, work);
    }

    /// Sidecars are not written while photos move, nor do photos move while sidecars are written: a sidecar must not come
    /// into being at a place that its photo has just left.
    pub(in crate::engine) fn keeps_out_of_the_way(&self, lane: Lane, index: usize) -> bool {
        let (look, tend) = (Lane::Look as usize, Lane::Tend as usize);
        let moves = |work: Option<&Work>| work.is_some_and(Work::moves_files);
        match lane {
            Lane::Look => moves(self.waiting[look].get(index)) && self.running[tend].is_some(),
            Lane::Tend => {
                moves(self.running[look].as_ref().map(|one| &one.work))
                    || self.waiting[look].iter().any(Work::moves_files)
            }
            Lane::Keep | Lane::Copy => false,
        }
    }
}
