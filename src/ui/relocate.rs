//! Photos get another folder, other names, or copies elsewhere: what is asked before it is done. A new name is shown on the
//! photos themselves before anything happens.

use super::{app::App, dialog::first_focus, icon, picker::Purpose, state::Dialog, state::Page, text, theme, widget};
use crate::{
    engine::{
        command::{Command, Source, Target},
        snapshot::MoveLine,
    },
    model::{
        id::PhotoId,
        rename::{DEFAULT_PATTERN, TOKENS},
    },
};
use eframe::egui::{self, RichText, Ui};
use std::path::PathBuf;

/// How high a list in a dialog may be.
const LIST: f32 = 240.0;

/// Another name for photos, as the dialog holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RenameForm {
    /// Which photos.
    pub photos: Vec<PhotoId>,
    /// The pattern as it was typed.
    pub pattern: String,
    /// Where the counter begins, as it was typed.
    pub first: String,
    /// What the last preview was asked for.
    asked: Option<(String, u64)>,
}

impl RenameForm {
    fn first(&self) -> u64 {
        self.first.trim().parse().unwrap_or(1)
    }

    /// What the engine is told.
    #[must_use]
    pub fn command(self) -> Command {
        Command::Rename {
            first: self.first(),
            pattern: self.pattern.trim().to_owned(),
            photos: self.photos,
        }
    }
}

impl App {
    /// The selected photos, or the one that is looked at; none where they cannot be moved.
    fn photos_to_move(&self) -> Vec<PhotoId> {
        if self.page != Page::Library || self.source == Source::Trash {
            return Vec::new();
        }
        match (&self.beside, &self.loupe, self.selection.focus()) {
            (Some(_), _, Some(focus)) | (None, Some(_), Some(focus)) => vec![focus],
            _ => self.selected_photos(),
        }
    }

    /// Which name shall they have?
    pub(in crate::ui) fn ask_rename(&mut self) {
        let photos = self.photos_to_move();
        let pattern = match photos.as_slice() {
            [] => return,
            // One photo is given a name by hand: its own is there to be changed.
            [one] => self.tile(*one).map(|tile| stem(&tile.name)).unwrap_or_default(),
            _ => DEFAULT_PATTERN.to_owned(),
        };
        self.dialog = Some(Dialog::Rename(Box::new(RenameForm {
            photos,
            pattern,
            first: "1".to_owned(),
            asked: None,
        })));
    }

    /// Into which folder?
    pub(in crate::ui) fn ask_move(&mut self) {
        let photos = self.photos_to_move();
        if !photos.is_empty() {
            self.dialog = Some(Dialog::MoveTo {
                photos,
                path: String::new(),
            });
        }
    }

    /// Where do the copies go?
    pub(in crate::ui) fn ask_copy(&mut self, ctx: &egui::Context) {
        let photos = self.photos_to_move();
        if !photos.is_empty() {
            self.dialog = Some(Dialog::CopyTo {
                photos: photos.clone(),
                path: String::new(),
            });
            self.picker.choose_for(ctx, Purpose::Copies(photos));
        }
    }

    /// Photos that were dropped on a folder go there.
    pub(in crate::ui) fn move_to(&mut self, photos: Vec<PhotoId>, to: Target) {
        if !photos.is_empty() && self.source != Source::Trash {
            self.send(Command::MoveTo { photos, to });
        }
    }
}

fn stem(name: &str) -> String {
    crate::model::photo::split_name(name).0.to_owned()
}

/// The form for a new name; whether it can be done, and whether Enter was pressed.
pub fn rename(app: &App, ui: &mut Ui, form: &mut RenameForm) -> (bool, bool) {
    let width = ui.available_width();
    let field = widget::field(ui, &mut form.pattern, "New name", "New name", width);
    let enter = first_focus(ui, &field);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (token, meaning) in TOKENS {
            if widget::button(ui, widget::Look::Plain, None, token)
                .on_hover_text(meaning)
                .clicked()
            {
                form.pattern.push_str(token);
            }
        }
    });
    if form.pattern.contains("{seq") {
        ui.horizontal(|ui| {
            widget::second(ui, "The counter begins at");
            widget::field(ui, &mut form.first, "First number", "1", 70.0);
        });
    }
    let wish = (form.pattern.trim().to_owned(), form.first());
    if form.asked.as_ref() != Some(&wish) {
        app.send(Command::PreviewRename {
            photos: form.photos.clone(),
            pattern: wish.0.clone(),
            first: wish.1,
        });
        form.asked = Some(wish.clone());
    }
    let preview = &app.snap.rename;
    if preview.about != wish.0 {
        widget::second(ui, "Looking at the names.");
        return (false, false);
    }
    if let Some(why) = &preview.problem {
        ui.label(RichText::new(why).font(theme::regular(12.5)).color(theme::STAR));
        return (false, false);
    }
    let mut facts = vec![format!(
        "{} with {}",
        text::count(preview.photos, "photo"),
        text::count(preview.files, "file")
    )];
    if preview.same > 0 {
        facts.push(format!("{} so already", text::number(preview.same)));
    }
    if preview.stays > 0 {
        facts.push(format!("{} stay as they are", text::number(preview.stays)));
    }
    if preview.more > 0 {
        facts.push(format!(
            "{} more are looked at when it is done",
            text::number(preview.more)
        ));
    }
    widget::second(ui, facts.join(", "));
    widget::list_in_dialog(LIST).show(ui, |ui| {
        for line in &preview.lines {
            preview_line(ui, line);
        }
    });
    widget::third(
        ui,
        "All files of a photo get the name together: RAW, JPEG, film and sidecars. Undo gives the old ones back.",
    );
    (preview.photos + preview.more > 0, enter)
}

fn preview_line(ui: &mut Ui, line: &MoveLine) {
    ui.horizontal(|ui| {
        let half = (ui.available_width() - 30.0).max(60.0) / 2.0;
        let cell = |ui: &mut Ui, words: &str, color| {
            ui.allocate_ui(egui::vec2(half, 18.0), |ui| {
                ui.set_width(half);
                widget::one_line(ui, words, theme::regular(12.5), color);
            });
        };
        cell(ui, &line.name, theme::TEXT_2);
        ui.label(
            RichText::new(if line.why.is_some() {
                icon::TRIANGLE_ALERT
            } else {
                icon::CHEVRON_RIGHT
            })
            .font(theme::icons(12.0))
            .color(if line.why.is_some() { theme::STAR } else { theme::TEXT_3 }),
        );
        cell(ui, &line.new_name, theme::TEXT);
    });
    if let Some(why) = &line.why {
        widget::third(ui, why);
    }
}

/// The folders to move to; sends the command where one was chosen and says so.
pub fn move_to(app: &App, ui: &mut Ui, photos: &[PhotoId], path: &mut String) -> bool {
    let width = ui.available_width();
    let field = widget::field(ui, path, "Folder", "Find a folder, or type a path", width);
    let enter = first_focus(ui, &field);
    let typed = path.trim().to_owned();
    let mut chosen = (enter && typed.starts_with('/')).then(|| Target::Path(PathBuf::from(&typed)));
    let words = typed.to_lowercase();
    let mut only: Vec<Target> = Vec::new();
    widget::list_in_dialog(LIST).show(ui, |ui| {
        for (target, name) in folders(app) {
            if !words.starts_with('/') && !name.to_lowercase().contains(&words) {
                continue;
            }
            if widget::menu_item(ui, icon::FOLDER, &name, None).clicked() {
                chosen = Some(target.clone());
            }
            only.push(target);
        }
    });
    if let (true, None, [one]) = (enter, &chosen, only.as_slice()) {
        chosen = Some(one.clone());
    }
    widget::third(
        ui,
        "All files of a photo go together. A path that is not there yet is made. On another disk they are copied and read \
         back; what they were copied from then lies in Safelight's trash of the old disk.",
    );
    match chosen {
        Some(to) => {
            app.send(Command::MoveTo {
                photos: photos.to_vec(),
                to,
            });
            true
        }
        None => false,
    }
}

/// Every folder of the library by its path below its tree's name.
fn folders(app: &App) -> Vec<(Target, String)> {
    let mut all = Vec::new();
    for root in app.snap.roots.iter().filter(|root| root.online) {
        all.push((Target::Root(root.id), root.name.clone()));
        let mut above: Vec<&str> = Vec::new();
        for folder in &root.folders {
            above.truncate(folder.depth as usize);
            above.push(&folder.name);
            all.push((
                Target::Folder(folder.id),
                format!("{} / {}", root.name, above.join(" / ")),
            ));
        }
    }
    all
}

/// The form for copies; whether it can be done, and whether Enter was pressed.
pub fn copy_to(app: &App, ui: &mut Ui, path: &mut String) -> (bool, bool) {
    let width = ui.available_width();
    let field = widget::field(ui, path, "Folder path", "Type or paste a folder path", width);
    let enter = first_focus(ui, &field);
    widget::second(
        ui,
        "All files of a photo with their sidecars, read back and compared. Nothing that is there is written over.",
    );
    if app.picker.is_open() {
        widget::third(ui, "Or choose in the other window.");
    }
    (!path.trim().is_empty(), enter)
}
