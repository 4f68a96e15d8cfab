//! Photos side by side: which ones, which of them is active, and what the keys do with them. Two to four are compared under
//! one zoom; a survey shows all that are selected at once. `survey` draws both.

use super::{action::Action, app::App, state::Loupe, state::Page};
use crate::{engine::command::Command, model::id::PhotoId};
use eframe::egui;

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
        self.beside = Some(Beside {
            kind,
            from,
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
        let focus = self.selection.focus();
        let at = all.iter().position(|photo| Some(*photo) == focus).unwrap_or(0);
        let from = at.saturating_sub(most / 2).min(all.len().saturating_sub(most));
        all.iter().skip(from).take(most).copied().collect()
    }

    pub(in crate::ui) fn photo_at(&self, place: usize) -> Option<PhotoId> {
        self.snap.view.tiles.get(place).map(|tile| tile.id)
    }

    /// Puts them away; the active one keeps the focus, and what was laid there stays selected.
    pub(in crate::ui) fn close_beside(&mut self) {
        if let Some(beside) = self.beside.take() {
            self.reveal = true;
            if let (Some(loupe), Some(active)) = (&mut self.loupe, beside.active()) {
                loupe.turn_to(active);
                if let Some(place) = self.place(active) {
                    self.selection.only(active, place);
                }
            }
        }
    }

    /// The active one has the focus, so that the inspector and the marks are about it.
    pub(in crate::ui) fn follow_active(&mut self) {
        let Some(beside) = &self.beside else { return };
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
    fn exchange_active(&mut self, on: bool) {
        let Some(beside) = &self.beside else { return };
        let list = self.cull_list();
        let now = beside.active().and_then(|photo| self.place(photo));
        let Some(from) = list.iter().position(|at| Some(*at) == now) else {
            return;
        };
        let free = |at: &&usize| self.photo_at(**at).is_some_and(|photo| !beside.photos.contains(&photo));
        let found = if on {
            list.iter().skip(from + 1).find(free)
        } else {
            list.iter().take(from).rev().find(free)
        };
        let Some(photo) = found.and_then(|at| self.photo_at(*at)) else {
            return;
        };
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
