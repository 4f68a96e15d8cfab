//! Photos side by side: which ones, which of them is active, and what the keys do with them. Two to four are compared under
//! one zoom; a survey shows all that are selected at once. `survey` draws both.

use super::{action::Action, app::App, select::Selection, state::Loupe, state::Page};
use crate::{
    engine::{command::Command, snapshot::Tile},
    model::id::PhotoId,
};
use eframe::egui;
use std::sync::Arc;

/// Photos compared under one zoom, at most.
pub(in crate::ui) const MAX_COMPARED: usize = 4;
/// Photos of a survey, at most: more are too small to be judged.
pub(in crate::ui) const MAX_SURVEYED: usize = 24;
/// Photos of a survey where only one is selected and it is in no burst.
const SURVEYED_ALONE: usize = 6;

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Two to four, with one zoom and one place for all.
    Compare,
    /// All that are selected.
    Survey,
}

/// Photos side by side.
#[derive(Clone, Debug)]
pub struct Beside {
    pub(in crate::ui) kind: Kind,
    /// All that they were taken from: a survey has room for more than a comparison.
    from: Vec<PhotoId>,
    /// What was selected before they were laid there.
    before: Selection,
    /// Photos that are shown whatever the view has: a group of duplicates. Nothing of them is selected.
    pub(in crate::ui) lent: Option<Arc<Vec<Tile>>>,
    /// In the order in which they lie there.
    pub(in crate::ui) photos: Vec<PhotoId>,
    /// Place of the active one among them.
    pub(in crate::ui) at: usize,
    /// The zoom and the place that all share.
    pub(in crate::ui) lens: Loupe,
}

impl Beside {
    /// The active one.
    #[must_use]
    pub fn active(&self) -> Option<PhotoId> {
        self.photos.get(self.at).copied()
    }

    /// Two to four of these side by side, whatever the view has; the one called `active` among them.
    #[must_use]
    pub(in crate::ui) fn lent(tiles: Vec<Tile>, active: PhotoId) -> Self {
        let from: Vec<PhotoId> = tiles.iter().map(|tile| tile.id).collect();
        let photos = around(&from, Some(active), MAX_COMPARED);
        Self {
            kind: Kind::Compare,
            at: photos.iter().position(|photo| *photo == active).unwrap_or(0),
            from,
            before: Selection::default(),
            lent: Some(Arc::new(tiles)),
            photos,
            lens: Loupe::on(active),
        }
    }

    /// How many lie there, of how many that were taken.
    #[must_use]
    pub(in crate::ui) fn share(&self) -> (usize, usize) {
        (self.photos.len(), self.from.len().max(self.photos.len()))
    }
}

impl App {
    /// The photos that lie side by side, if any do, and the active one's place among them.
    #[must_use]
    pub fn side_by_side(&self) -> Option<(Vec<PhotoId>, usize)> {
        self.beside.as_ref().map(|beside| (beside.photos.clone(), beside.at))
    }

    /// Lays photos side by side, or puts them away where that kind lies there already.
    pub(in crate::ui) fn toggle_beside(&mut self, kind: Kind) {
        if self.page != Page::Library {
            return;
        }
        if self.beside.as_ref().is_some_and(|beside| beside.kind == kind) {
            self.close_beside();
            return;
        }
        let from = self.photos_to_lay(kind);
        let photos = self.around_focus(kind, &from);
        if photos.len() < 2 {
            return;
        }
        let focus = self.selection.focus();
        let at = focus
            .and_then(|focus| photos.iter().position(|photo| *photo == focus))
            .unwrap_or(0);
        let Some(active) = photos.get(at).copied() else { return };
        self.send(Command::Shots(photos.clone()));
        let before = match self.beside.take() {
            Some(other) => other.before,
            None => self.selection.clone(),
        };
        self.beside = Some(Beside {
            kind,
            from,
            before,
            lent: None,
            photos,
            at,
            lens: Loupe::on(active),
        });
        self.follow_active();
    }

    /// What is selected; else the burst of the focus; else the focus and what follows it.
    fn photos_to_lay(&self, kind: Kind) -> Vec<PhotoId> {
        let Some(focus) = self
            .selection
            .focus()
            .or_else(|| self.snap.view.tiles.first().map(|tile| tile.id))
        else {
            return Vec::new();
        };
        let already = self
            .beside
            .as_ref()
            .map(|beside| beside.from.clone())
            .unwrap_or_default();
        let chosen = self.selected_photos();
        if already.len() >= 2 {
            already
        } else if chosen.len() >= 2 {
            chosen
        } else if let Some(burst) = self.snap.view.bursts.of(focus) {
            let there = |photo: &PhotoId| self.place(*photo).is_some();
            burst.photos.iter().copied().filter(there).collect()
        } else {
            let count = if kind == Kind::Compare { 2 } else { SURVEYED_ALONE };
            let list = self.cull_list();
            let from = list
                .iter()
                .position(|at| self.photo_at(*at) == Some(focus))
                .unwrap_or(0);
            let from = from.min(list.len().saturating_sub(count));
            list.iter()
                .skip(from)
                .take(count)
                .filter_map(|at| self.photo_at(*at))
                .collect()
        }
    }

    /// Those around the focus, where there are more than there is room for.
    fn around_focus(&self, kind: Kind, all: &[PhotoId]) -> Vec<PhotoId> {
        let most = match kind {
            Kind::Compare => MAX_COMPARED,
            Kind::Survey => MAX_SURVEYED,
        };
        around(all, self.selection.focus(), most)
    }

    /// The photo of this number that lies there.
    pub(in crate::ui) fn laid(&self, photo: PhotoId) -> Option<&Tile> {
        match self.beside.as_ref().and_then(|beside| beside.lent.as_ref()) {
            Some(tiles) => tiles.iter().find(|tile| tile.id == photo),
            None => self.tile(photo),
        }
    }

    pub(in crate::ui) fn photo_at(&self, place: usize) -> Option<PhotoId> {
        self.snap.view.tiles.get(place).map(|tile| tile.id)
    }

    /// Puts them away. What was selected before is selected again, as far as it is in the view, and the active one has the
    /// focus; where one photo was selected before, it is the active one now.
    pub(in crate::ui) fn close_beside(&mut self) {
        if let Some(beside) = self.beside.take().filter(|beside| beside.lent.is_none()) {
            self.reveal = true;
            self.select_again(&beside);
            if let (Some(loupe), Some(focus)) = (&mut self.loupe, self.selection.focus()) {
                loupe.turn_to(focus);
            }
        }
    }

    fn select_again(&mut self, beside: &Beside) {
        let Some((active, place)) = beside.active().and_then(|active| Some((active, self.place(active)?))) else {
            return;
        };
        let there = |photo: &PhotoId| self.place(*photo).is_some();
        let again: Vec<PhotoId> = beside.before.photos().filter(there).collect();
        // One looks on at the active one, also where it took the place of another.
        if again.len() < 2 || (self.loupe.is_some() && !again.contains(&active)) {
            self.selection.only(active, place);
            return;
        }
        let focus = [Some(active), beside.before.focus()].into_iter().flatten();
        let focus = focus.filter(|photo| again.contains(photo)).find(there);
        let focus = focus.or_else(|| again.first().copied()).unwrap_or(active);
        let place = self.place(focus).unwrap_or(place);
        self.selection.range(again.into_iter(), focus, place);
    }

    /// The active one has the focus, so that the inspector and the marks are about it.
    pub(in crate::ui) fn follow_active(&mut self) {
        let Some(beside) = self.beside.as_ref().filter(|beside| beside.lent.is_none()) else {
            return;
        };
        let Some(active) = beside.active() else { return };
        let place = self.place(active).unwrap_or(0);
        let photos = beside.photos.clone();
        self.selection.range(photos.into_iter(), active, place);
    }

    /// Makes the one at this place among them active.
    pub(in crate::ui) fn activate(&mut self, at: usize) {
        if let Some(beside) = &mut self.beside {
            beside.at = at.min(beside.photos.len().saturating_sub(1));
        }
        self.follow_active();
    }

    /// Photos that left the view are no longer there to be compared.
    pub(in crate::ui) fn keep_beside(&mut self) {
        if self.beside.as_ref().is_none_or(|beside| beside.lent.is_some()) {
            return;
        }
        let Some(mut beside) = self.beside.take() else { return };
        let active = beside.active();
        beside.photos.retain(|photo| self.place(*photo).is_some());
        if beside.photos.is_empty() {
            return;
        }
        let found = beside.photos.iter().position(|photo| Some(*photo) == active);
        beside.at = found.unwrap_or(beside.at).min(beside.photos.len() - 1);
        self.beside = Some(beside);
        self.follow_active();
    }

    /// What an action means while photos lie side by side; `false` where it means what it means everywhere.
    pub(in crate::ui) fn act_beside(&mut self, ctx: &egui::Context, action: Action) -> bool {
        let Some(beside) = &mut self.beside else { return false };
        let last = beside.photos.len().saturating_sub(1);
        match action {
            Action::Next | Action::Advance => {
                let at = (beside.at + 1).min(last);
                self.activate(at);
            }
            Action::Previous => {
                let at = beside.at.saturating_sub(1);
                self.activate(at);
            }
            Action::First => self.activate(0),
            Action::Last => self.activate(last),
            Action::Down | Action::PageDown => self.exchange_active(true),
            Action::Up | Action::PageUp => self.exchange_active(false),
            Action::Zoom => match beside.kind {
                Kind::Compare => beside.lens.toggle_zoom(),
                Kind::Survey => {
                    self.close_beside();
                    self.act(ctx, Action::Zoom);
                }
            },
            Action::Compare => self.toggle_beside(Kind::Compare),
            Action::Survey => self.toggle_beside(Kind::Survey),
            Action::KeepBurst => {
                let keep = beside.active();
                let reject = beside
                    .photos
                    .iter()
                    .copied()
                    .filter(|photo| Some(*photo) != keep)
                    .collect();
                if let Some(keep) = keep {
                    self.send(Command::KeepOne { keep, reject });
                }
            }
            Action::Escape => self.close_beside(),
            Action::Loupe => {
                self.close_beside();
                self.act(ctx, Action::Loupe);
            }
            Action::Grid => {
                self.close_beside();
                return false;
            }
            Action::FullScreen => self.set_full_screen(ctx, !self.full_screen),
            Action::SelectAll | Action::Develop => {}
            _ => return false,
        }
        true
    }

    /// Tab goes on to the next of them, Shift+Tab back; egui's own walk over the controls waits until they are put away.
    pub(in crate::ui) fn take_tabs(&mut self, ctx: &egui::Context) {
        let Some(beside) = &self.beside else { return };
        let (forth, back) = ctx.input_mut(|input| {
            (
                input.count_and_consume_key(egui::Modifiers::NONE, egui::Key::Tab),
                input.count_and_consume_key(egui::Modifiers::SHIFT, egui::Key::Tab),
            )
        });
        if forth + back == 0 {
            return;
        }
        ctx.memory_mut(|memory| {
            if let Some(id) = memory.focused() {
                memory.surrender_focus(id);
            }
        });
        let count = beside.photos.len().max(1);
        self.activate((beside.at + forth + count * back - back) % count);
    }

    /// The next photo of the list that does not lie there takes the active one's place.
    pub(in crate::ui) fn exchange_active(&mut self, on: bool) {
        let Some(beside) = &self.beside else { return };
        let list: Vec<PhotoId> = match &beside.lent {
            Some(tiles) => tiles.iter().map(|tile| tile.id).collect(),
            None => {
                let list = self.cull_list().into_iter();
                list.filter_map(|at| self.photo_at(at)).collect()
            }
        };
        let now = beside.active();
        let Some(from) = list.iter().position(|photo| Some(*photo) == now) else {
            return;
        };
        let free = |photo: &&PhotoId| !beside.photos.contains(photo);
        let found = if on {
            list.iter().skip(from + 1).find(free)
        } else {
            list.iter().take(from).rev().find(free)
        };
        let Some(photo) = found.copied() else { return };
        if let Some(beside) = &mut self.beside {
            let at = beside.at;
            if let Some(place) = beside.photos.get_mut(at) {
                *place = photo;
            }
            let photos = beside.photos.clone();
            self.send(Command::Shots(photos));
        }
        self.follow_active();
    }
}

/// At most so many of them, around this one.
fn around(all: &[PhotoId], middle: Option<PhotoId>, most: usize) -> Vec<PhotoId> {
    let at = all.iter().position(|photo| Some(*photo) == middle).unwrap_or(0);
    let from = at.saturating_sub(most / 2).min(all.len().saturating_sub(most));
    all.iter().skip(from).take(most).copied().collect()
}
