//! What becomes of rejects: a last look at all of them, then all together to Safelight's trash; and what lies in that trash,
//! to be put back or given to the system's.

use super::{
    action::Action,
    app::App,
    icon,
    state::{Dialog, Page},
    text, theme,
    widget::{self, Look},
};
use crate::{
    engine::command::{Command, Source},
    model::{id::PhotoId, rating::Flag},
};
use eframe::egui::{Align, Layout, RichText, Ui, vec2};

/// The query that finds rejects.
const REJECTS: &str = "flag:reject";
/// Names of photos without a proven copy that are shown.
const NAMED: usize = 8;

impl App {
    /// A last look at the rejects of what is shown, or the end of it.
    pub(in crate::ui) fn toggle_review(&mut self) {
        if self.review.is_some() {
            self.end_review();
            return;
        }
        self.page = Page::Library;
        self.loupe = None;
        self.beside = None;
        self.stop_culling();
        if self.source == Source::Trash {
            self.source = Source::All;
            self.query.clear();
        }
        let before = self.query.clone();
        let words = before.split_whitespace().filter(|word| !word.starts_with("flag:"));
        self.query = words.chain([REJECTS]).collect::<Vec<_>>().join(" ");
        self.review = Some(before);
        self.selection.clear();
        self.show();
    }

    pub(in crate::ui) fn end_review(&mut self) {
        if let Some(before) = self.review.take() {
            self.query = before;
            self.show();
        }
    }

    /// Whether the rejects are looked at.
    #[must_use]
    pub fn in_review(&self) -> bool {
        self.review.is_some()
    }

    /// The selected photos, or the one that is looked at, to the trash.
    pub(in crate::ui) fn trash_selection(&mut self) {
        if self.page != Page::Library || self.source == Source::Trash {
            return;
        }
        let photos: Vec<PhotoId> = match (&self.beside, &self.loupe, self.selection.focus()) {
            (Some(_), _, Some(focus)) | (None, Some(_), Some(focus)) => vec![focus],
            _ => self.selected_photos(),
        };
        if !photos.is_empty() {
            self.send(Command::Trash(photos));
        }
    }

    /// Photos of the trash back to their folders: those selected, or all.
    pub(in crate::ui) fn put_back(&mut self) {
        if self.source == Source::Trash && self.page == Page::Library {
            let photos = self.trash_scope();
            if !photos.is_empty() {
                self.send(Command::PutBack(photos));
            }
        }
    }

    fn trash_scope(&self) -> Vec<PhotoId> {
        if self.selection.is_empty() {
            self.snap.view.tiles.iter().map(|tile| tile.id).collect()
        } else {
            self.selected_photos()
        }
    }

    /// Never on one key: the dialog names number and bytes, and only its button does it.
    pub(in crate::ui) fn ask_empty(&mut self, photos: Vec<PhotoId>) {
        self.send(Command::PlanEmpty(photos.clone()));
        self.dialog = Some(Dialog::EmptyTrash { photos });
    }
}

/// The heading of the page while rejects are looked at.
pub fn review_bar(app: &mut App, ui: &mut Ui) {
    let view = app.view();
    if !app.query.split_whitespace().any(|word| word == REJECTS) {
        // Somebody searches for something else: that is no longer a look at rejects.
        app.review = None;
    }
    // Whatever the view shows, as in the moment before it follows: only rejects are counted, and only they would go.
    let rejects = view.tiles.iter().filter(|tile| tile.flag == Flag::Reject);
    let rejects: Vec<PhotoId> = rejects.map(|tile| tile.id).collect();
    let count = rejects.len() as u64;
    let bytes = if rejects.len() == view.tiles.len() {
        format!(", {}", text::bytes(view.bytes))
    } else {
        String::new()
    };
    let photos = text::count(count, "photo");
    bar(
        ui,
        &format!("Rejects in {}", view.title),
        &if count == 0 {
            "Nothing here is rejected.".to_owned()
        } else {
            format!("{photos}{bytes}. Press U on what you want to keep after all.")
        },
        |ui| {
            if widget::button(ui, Look::Plain, None, "Done").clicked() {
                app.end_review();
            }
            let word = format!("Move {photos} to Safelight's trash");
            let go = ui.add_enabled_ui(count > 0, |ui| {
                widget::button(ui, Look::Danger, Some(icon::TRASH_2), &word)
            });
            if go.inner.clicked() {
                app.send(Command::Trash(rejects));
                app.end_review();
            }
        },
    );
}

/// The heading of the page that shows the trash.
pub fn trash_bar(app: &mut App, ui: &mut Ui) {
    let view = app.view();
    let count = view.tiles.len() as u64;
    let chosen = app.selection.len() as u64;
    let ctx = ui.ctx().clone();
    let facts = if count == 0 {
        "Nothing is in it.".to_owned()
    } else {
        format!(
            "{}, {}. They lie on their own disks, in .safelight/trash, until you empty it.",
            text::count(count, "photo"),
            text::bytes(app.snap.counts.trashed_bytes)
        )
    };
    bar(ui, "Safelight's trash", &facts, |ui| {
        ui.add_enabled_ui(count > 0, |ui| {
            let word = if chosen > 0 {
                format!("Put {} back", text::count(chosen, "photo"))
            } else {
                "Put all back".to_owned()
            };
            if widget::button(ui, Look::Plain, Some(icon::ARCHIVE_RESTORE), &word).clicked() {
                app.put_back();
            }
            let word = "Empty to the system's trash...";
            if widget::button(ui, Look::Danger, Some(icon::TRASH_2), word).clicked() {
                app.act(&ctx, Action::EmptyTrash);
            }
        });
    });
}

fn bar(ui: &mut Ui, title: &str, facts: &str, buttons: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let room = (ui.available_width() - 400.0).max(160.0);
        ui.allocate_ui_with_layout(vec2(room, 46.0), Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            widget::one_line(ui, title, theme::semibold(21.0), theme::TEXT);
            widget::one_line(ui, facts, theme::regular(12.5), theme::TEXT_2);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), buttons);
    });
}

/// The question before photos leave Safelight's hands; returns whether it can be answered yet.
pub fn empty_question(app: &App, ui: &mut Ui) -> bool {
    let Some(plan) = app.snap.empty_plan.clone() else {
        widget::second(ui, "Looking at what is in it.");
        return false;
    };
    let words = format!(
        "{} with {} go to the system's trash. Safelight cannot bring them back from there; your desktop's file manager can, \
         until it is emptied.",
        text::count(plan.photos, "photo"),
        text::bytes(plan.bytes)
    );
    widget::second(ui, words);
    if plan.unproven.is_empty() {
        if plan.photos > 0 {
            widget::second(ui, "Every one of them has a copy in a store that was read back.");
        }
        return plan.photos > 0;
    }
    let warning = format!(
        "{} of them without a proven copy anywhere else:",
        text::number(plan.unproven.len() as u64)
    );
    ui.label(RichText::new(warning).font(theme::medium(13.0)).color(theme::STAR));
    let names: Vec<&str> = plan.unproven.iter().take(NAMED).map(String::as_str).collect();
    let more = plan.unproven.len().saturating_sub(names.len());
    let rest = if more > 0 {
        format!(" and {} more", text::number(more as u64))
    } else {
        String::new()
    };
    widget::second(ui, format!("{}{rest}", names.join(", ")));
    true
}
