//! What each action does. Marks and backups become commands; the rest changes only what is on screen.

use super::{
    action::Action, app::App, compare::Kind, layout::Shape, overlay::SELECT_FIRST, state::Dialog, state::Loupe,
    state::Page, state::Palette,
};

use crate::{
    engine::command::{Command, Scope, Source},
    model::{
        change::Mark,
        id::PhotoId,
        rating::{Flag, Rating},
        safety::Safety,
    },
};
use eframe::egui;

/// The buckets that are not safe yet, for the sidebar and its action.
pub(in crate::ui) const NOT_SAFE: [Safety; 4] = [Safety::OnlyHere, Safety::Waiting, Safety::Sent, Safety::MarksWait];
/// The buckets of the sidebar's `Optimized`.
pub(in crate::ui) const OPTIMIZED: [Safety; 2] = [Safety::Held, Safety::Optimized];

impl App {
    /// Does one action.
    pub(in crate::ui) fn act(&mut self, ctx: &egui::Context, action: Action) {
        if self.snap.fatal.is_some() {
            if action == Action::Quit {
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
            return;
        }
        // What lies on top gets Escape and nothing else reaches below it.
        if self.dialog.is_some() || self.palette.is_some() || self.cheat_sheet {
            match action {
                Action::Escape | Action::Palette if self.palette.is_some() => self.palette = None,
                Action::Escape | Action::CheatSheet if self.cheat_sheet => self.cheat_sheet = false,
                Action::Escape => self.dialog = None,
                Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
                _ => {}
            }
            return;
        }
        if self.page == Page::Library && self.act_beside(ctx, action) {
            return;
        }
        match action {
            _ if self.page == Page::Duplicates && super::duplicates::act(self, action) => {}
            _ if self.page == Page::Map && super::map::act(self, action) => {}
            Action::Next
            | Action::Previous
            | Action::Up
            | Action::Down
            | Action::First
            | Action::Last
            | Action::PageUp
            | Action::PageDown => {
                // Shift takes the selection along; Shift+Space only goes back.
                let extend = ctx.input(|input| input.modifiers.shift && !input.key_down(egui::Key::Space));
                self.walk(action, extend);
            }
            Action::SelectAll => self.select_all(),
            Action::Escape => self.escape(ctx),
            Action::Loupe => self.open_loupe(),
            Action::Cull if self.is_culling() => self.close_loupe(ctx),
            Action::Cull => self.start_culling(),
            Action::Compare => self.toggle_beside(Kind::Compare),
            Action::Survey => self.toggle_beside(Kind::Survey),
            Action::EditTitle | Action::EditCaption => {
                super::writing::begin(self, ctx, action == Action::EditCaption);
            }
            Action::Keywords => super::keywords::begin(self, ctx),
            Action::ShiftTime => super::writing::begin_shift(self, ctx),
            Action::PlaceByTrack => super::track::ask(self, ctx),
            Action::KeepBurst => {
                self.marked_at = ctx.input(|input| input.time);
                self.keep_of_burst();
            }
            Action::Advance if self.loupe.is_some() => self.walk(Action::Next, false),
            Action::Advance => self.open_loupe(),
            Action::Grid => self.close_loupe(ctx),
            Action::Zoom => self.zoom(),
            Action::Develop => self.toggle_developed(),
            Action::Histogram => self.histogram = !self.histogram,
            Action::Clipping => self.clipping = !self.clipping,
            Action::FullScreen => self.toggle_full_screen(ctx),
            Action::Info if self.full_screen => self.full_info = !self.full_info,
            Action::Info => self.inspector = !self.inspector,
            Action::Copies => {
                self.inspector = true;
                self.show_copies = true;
            }
            Action::Sidebar => self.sidebar = !self.sidebar,
            Action::LargerThumbs => self.target = (self.target * 1.15).min(420.0),
            Action::SmallerThumbs => self.target = (self.target / 1.15).max(80.0),
            Action::Squares => {
                self.shape = match self.shape {
                    Shape::Justified => Shape::Squares,
                    Shape::Squares => Shape::Justified,
                }
            }
            Action::Search => {
                if self.page != Page::Map {
                    self.page = Page::Library;
                }
                self.focus_search = true;
            }
            Action::Library => self.close_loupe(ctx),
            Action::Backup => {
                self.page = Page::Backup;
                self.loupe = None;
            }
            Action::Duplicates => super::duplicates::open(self),
            Action::Map if self.page == Page::Map => self.page = Page::Library,
            Action::Map => super::map::open(self),
            Action::Settings => super::settings::open(self, self.settings.section),
            Action::SettingsPage(section) => super::settings::open(self, section),
            Action::Palette => self.palette = Some(Palette::default()),
            Action::CheatSheet => self.cheat_sheet = true,
            Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            Action::AutoAdvance => self.auto_advance = !self.auto_advance,
            _ if action.is_mark() => {
                self.marked_at = ctx.input(|input| input.time);
                self.mark_with(action);
            }
            _ => self.act_on_library(ctx, action),
        }
    }

    fn act_on_library(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::ReviewRejects => self.toggle_review(),
            Action::MoveTo => self.ask_move(),
            Action::Rename => self.ask_rename(),
            Action::CopyTo => self.ask_copy(ctx),
            Action::Trash => self.trash_selection(),
            Action::PutBack => self.put_back(),
            Action::ShowTrash => self.go_to(Source::Trash),
            Action::EmptyTrash => {
                let photos = if self.source == Source::Trash {
                    self.selected_photos()
                } else {
                    Vec::new()
                };
                self.ask_empty(photos);
            }
            Action::Undo => self.send(Command::Undo),
            Action::Redo => {
                self.toasts.redone(ctx);
                self.send(Command::Redo);
            }
            Action::BackUpSelection if !self.selection.is_empty() => self.back_up(self.scope()),
            Action::BackUpAll => self.back_up(Scope::All),
            Action::PauseBackup => self.send(Command::PauseBackup),
            Action::ResumeBackup => self.send(Command::ResumeBackup),
            Action::Verify if !self.selection.is_empty() => self.send(Command::Verify { scope: self.scope() }),
            Action::PlanOptimize => {
                self.send(Command::PlanOptimize { scope: Scope::All });
                self.page = Page::Backup;
                self.loupe = None;
            }
            Action::Optimize => self.ask_optimize(self.scope()),
            Action::Restore if !self.selection.is_empty() => self.send(Command::Restore { scope: self.scope() }),
            Action::AddFolders => self.picker.choose(ctx, &mut self.dialog),
            Action::AddStore => self.dialog = Some(Dialog::add_store()),
            Action::NewAlbum => self.dialog = Some(Dialog::new_album(self.selected_photos(), None)),
            Action::AddToAlbum if !self.selection.is_empty() => {
                self.dialog = Some(Dialog::AddToAlbum {
                    photos: self.selected_photos(),
                });
            }
            Action::Rescan => self.send(Command::Rescan),
            Action::NotSafeYet => self.go_to(Source::Safety(NOT_SAFE.to_vec())),
            // What is left needs a selection and has none.
            _ => self.toasts.hint(self.why_not(action)),
        }
    }

    /// Sends photos to every store; without a store it first asks for one.
    pub(in crate::ui) fn back_up(&mut self, scope: Scope) {
        if self.snap.stores.is_empty() {
            self.dialog = Some(Dialog::add_store());
        } else {
            self.send(Command::BackUpNow { scope, store: None });
        }
    }

    /// Never on one key: a preview is made and shown, and only its button replaces anything.
    pub(in crate::ui) fn ask_optimize(&mut self, scope: Scope) {
        self.send(Command::PlanOptimize { scope: scope.clone() });
        self.dialog = Some(Dialog::Optimize { scope, free_now: false });
    }

    fn mark_with(&mut self, action: Action) {
        let mark = match action {
            Action::Pick => Mark::Flag(Flag::Pick),
            Action::Reject => Mark::Flag(Flag::Reject),
            Action::Unflag => Mark::Flag(Flag::None),
            Action::Rate(stars) => Mark::Rating(Rating::new(stars).unwrap_or_default()),
            Action::Label(label) => Mark::Label(label),
            _ => return,
        };
        self.mark(mark);
    }

    /// What a mark is given to: the selected photos; where one is looked at, only that one.
    pub(in crate::ui) fn marked_photos(&self) -> Vec<PhotoId> {
        match self.selection.focus() {
            Some(focus) if self.looks_at_one() => vec![focus],
            _ => self.selected_photos(),
        }
    }

    /// Whether one photo of the selection is looked at, so that marks and facts are of it alone.
    pub(in crate::ui) fn looks_at_one(&self) -> bool {
        self.loupe.is_some() || self.beside.is_some()
    }

    /// Marks the selected photos; in the loupe only the one that is seen.
    pub(in crate::ui) fn mark(&mut self, mark: Mark) {
        let photos = self.marked_photos();
        if photos.is_empty() {
            self.toasts.hint(Some(SELECT_FIRST));
        } else if self.page == Page::Library {
            self.send(Command::Mark { photos, mark });
        }
    }

    /// The same with several marks, as one step.
    pub(in crate::ui) fn mark_all(&mut self, marks: Vec<Mark>) {
        let photos = self.marked_photos();
        if !photos.is_empty() && !marks.is_empty() && self.page == Page::Library {
            self.send(Command::MarkAll { photos, marks });
        }
    }

    fn walk(&mut self, action: Action, extend: bool) {
        let count = self.snap.view.tiles.len();
        if count == 0 || self.page != Page::Library {
            return;
        }
        if self.culling {
            self.walk_culling(action);
            return;
        }
        let last = count - 1;
        let Some(now) = self.selection.focus().and_then(|photo| self.place(photo)) else {
            self.focus_on(if action == Action::Last { last } else { 0 });
            return;
        };
        let rows = |step: isize| {
            self.layout
                .as_ref()
                .filter(|_| self.loupe.is_none())
                .and_then(|layout| layout.beside(now, step))
                .unwrap_or_else(|| now.saturating_add_signed(step.signum()))
        };
        let goal = match action {
            Action::Next => now + 1,
            Action::Previous => now.saturating_sub(1),
            Action::Up => rows(-1),
            Action::Down => rows(1),
            Action::PageUp => rows(-self.page_rows),
            Action::PageDown => rows(self.page_rows),
            Action::First => 0,
            _ => last,
        }
        .min(last);
        if extend && self.loupe.is_none() {
            self.extend_to(goal);
        } else {
            self.focus_on(goal);
        }
    }

    /// Selects everything between the anchor and this place.
    pub(in crate::ui) fn extend_to(&mut self, goal: usize) {
        let view = self.view();
        let from = self
            .selection
            .anchor()
            .and_then(|photo| self.place(photo))
            .unwrap_or(goal);
        let (low, high) = (from.min(goal), from.max(goal));
        let photos = view.tiles.get(low..=high).unwrap_or_default();
        if let Some(tile) = view.tiles.get(goal) {
            self.selection.range(photos.iter().map(|tile| tile.id), tile.id, goal);
            self.reveal = true;
        }
    }

    fn select_all(&mut self) {
        let view = self.view();
        if self.page != Page::Library || self.loupe.is_some() {
            return;
        }
        if let Some(first) = view.tiles.first() {
            let focus = self.selection.focus().unwrap_or(first.id);
            let place = self.place(focus).unwrap_or(0);
            self.selection
                .range(view.tiles.iter().map(|tile| tile.id), focus, place);
        }
    }

    fn open_loupe(&mut self) {
        if self.page != Page::Library || self.snap.view.tiles.is_empty() {
            return;
        }
        if self.selection.focus().is_none() {
            self.focus_on(0);
        }
        if let Some(photo) = self.selection.focus() {
            self.loupe = Some(Loupe::on(photo));
        }
    }

    fn close_loupe(&mut self, ctx: &egui::Context) {
        self.page = Page::Library;
        self.beside = None;
        self.stop_culling();
        if self.loupe.take().is_some() {
            self.reveal = true;
        }
        self.set_full_screen(ctx, false);
    }

    fn escape(&mut self, ctx: &egui::Context) {
        if self.writing.take().is_some() || self.typed {
            // egui has taken the keyboard from the field already; what was written is let go of, and nothing else.
        } else if self.full_screen {
            self.set_full_screen(ctx, false);
        } else if self.loupe.is_some() || self.culling {
            self.close_loupe(ctx);
        } else if self.page != Page::Library {
            self.page = Page::Library;
        } else if self.review.is_some() && self.selection.is_empty() {
            self.end_review();
        } else if self.review.is_none() && !self.query.is_empty() {
            // What is shown goes before what is selected in it.
            self.query.clear();
            self.show();
        } else {
            self.selection.clear();
        }
    }

    fn zoom(&mut self) {
        if self.loupe.is_none() {
            self.open_loupe();
        }
        if let Some(loupe) = &mut self.loupe {
            loupe.toggle_zoom();
        }
    }

    /// Looks at the photo developed, or as the camera showed it; photos without sensor data stay as they are.
    fn toggle_developed(&mut self) {
        let photo = self.loupe.as_ref().map(|loupe| loupe.photo).or(self.selection.focus());
        let tile = photo.and_then(|photo| self.tile(photo));
        let Some(photo) = tile.filter(|tile| super::loupe::is_raw(tile)).map(|tile| tile.id) else {
            return;
        };
        if self.loupe.is_none() {
            self.open_loupe();
        }
        self.developed = if self.developed == Some(photo) {
            None
        } else {
            Some(photo)
        };
    }

    fn toggle_full_screen(&mut self, ctx: &egui::Context) {
        if self.loupe.is_none() {
            self.open_loupe();
        }
        self.set_full_screen(ctx, !self.full_screen && self.loupe.is_some());
    }

    pub(in crate::ui) fn set_full_screen(&mut self, ctx: &egui::Context, on: bool) {
        if self.full_screen != on {
            self.full_screen = on;
            ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(on));
        }
    }
}
