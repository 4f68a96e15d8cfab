//! Questions that need an answer before anything happens. Nothing destructive happens without one of these.

use super::{
    add_store::{self, Said},
    app::App,
    icon, relocate,
    state::Dialog,
    store_form::clean,
    text, theme,
    widget::{self, Look},
};
use crate::{
    engine::{
        command::{Command, Scope, Target},
        snapshot::Refusal,
    },
    model::{id::PhotoId, safety::Safety},
};
use eframe::egui::{self, Id, Key, Layout, Modal, RichText, Ui};
use std::path::PathBuf;

/// What the buttons of a dialog said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Open,
    No,
    Yes,
}

/// Draws the open question, if there is one.
pub fn show(app: &mut App, ui: &mut Ui) {
    let Some(mut dialog) = app.dialog.take() else { return };
    let ctx = ui.ctx().clone();
    // Each kind of question remembers its own size.
    let modal = Modal::new(Id::unique(("dialog", std::mem::discriminant(&dialog))))
        .frame(theme::floating())
        .backdrop_color(theme::BACKDROP)
        .show(&ctx, |ui| {
            // The assistant shows a form and a test beside each other.
            let width: f32 = match dialog {
                Dialog::AddStore(_) => 940.0,
                // Old and new names stand beside each other.
                Dialog::Rename(_) => 620.0,
                _ => 460.0,
            };
            ui.set_width(width.min(ctx.content_rect().width() - 80.0));
            ui.spacing_mut().item_spacing.y = 8.0;
            body(app, ui, &mut dialog)
        });
    let answer = if modal.should_close() { Answer::No } else { modal.inner };
    match answer {
        Answer::No => {
            if matches!(dialog, Dialog::AddStore(_)) && app.snap.test.running {
                app.send(Command::StopTest);
            }
        }
        Answer::Open => app.dialog = app.dialog.take().or(Some(dialog)),
        Answer::Yes => accept(app, dialog),
    }
}

fn body(app: &mut App, ui: &mut Ui, dialog: &mut Dialog) -> Answer {
    match dialog {
        Dialog::AddFolders { path, asked, why } => add_folders(app, ui, path, asked, why),
        Dialog::AddStore(form) => match add_store::show(app, ui, form) {
            Said::Nothing => Answer::Open,
            Said::Cancel => Answer::No,
            Said::Go => Answer::Yes,
        },
        Dialog::NewAlbum { name, photos, query } => new_album(app, ui, name, photos, query),
        Dialog::NewAlbumIn { name, parent } => {
            let parent = album_name(app, *parent);
            name_album(ui, &format!("New album in {parent}"), name, "Create album")
        }
        Dialog::RenameAlbum { name, album } => {
            let words = format!("Rename the album {}", album_name(app, *album));
            name_album(ui, &words, name, "Rename album")
        }
        Dialog::AddToAlbum { photos } => add_to_album(app, ui, photos),
        Dialog::Rename(form) => {
            let words = match form.photos.len() {
                1 => "Rename the photo".to_owned(),
                count => format!("Rename {}", text::count(count as u64, "photo")),
            };
            title(ui, &words);
            let (ready, enter) = relocate::rename(app, ui, form);
            form_buttons(ui, "Rename", ready, enter)
        }
        Dialog::MoveTo { photos, path } => {
            title(
                ui,
                &format!("Move {} to a folder", text::count(photos.len() as u64, "photo")),
            );
            let chosen = relocate::move_to(app, ui, photos, path);
            let ready = path.trim().starts_with('/');
            match buttons(ui, "Move", Look::Primary, ready) {
                _ if chosen => Answer::No,
                answer => answer,
            }
        }
        Dialog::CopyTo { photos, path } => {
            title(
                ui,
                &format!("Copy {} to a folder", text::count(photos.len() as u64, "photo")),
            );
            let (ready, enter) = relocate::copy_to(app, ui, path);
            form_buttons(ui, "Copy", ready, enter)
        }
        Dialog::Optimize { free_now, .. } => optimize(app, ui, free_now),
        Dialog::FreeHeld => free_held(app, ui),
        Dialog::ForgetRoot(root) => {
            let name = app
                .snap
                .roots
                .iter()
                .find(|one| one.id == *root)
                .map_or("this folder", |one| one.name.as_str());
            title(ui, &format!("Stop watching {name}?"));
            widget::second(
                ui,
                "Its photos leave the library. No file on the disk is touched, and copies in stores stay.",
            );
            buttons(ui, "Stop watching", Look::Danger, true)
        }
        Dialog::EmptyTrash { .. } => {
            title(ui, "Empty Safelight's trash?");
            let ready = super::rejects::empty_question(app, ui);
            buttons(ui, "Give to the system's trash", Look::Danger, ready)
        }
        Dialog::Track(form) => {
            title(ui, "Positions from a GPX track");
            let (ready, field) = super::track::show(app, ui, form);
            let enter = field.is_some_and(|field| first_focus(ui, &field));
            form_buttons(ui, "Set positions", ready, enter)
        }
        Dialog::DeleteAlbum(album) => {
            let name = album_name(app, *album);
            title(ui, &format!("Delete the album {name}?"));
            widget::second(ui, "The photos in it stay where they are. Albums inside it move up.");
            buttons(ui, "Delete album", Look::Danger, true)
        }
        Dialog::RemoveStore(store) => {
            let name = app
                .snap
                .stores
                .iter()
                .find(|one| one.id == *store)
                .map_or("this store", |one| one.name.as_str());
            title(ui, &format!("Forget the store {name}?"));
            widget::second(
                ui,
                "Nothing in the store is touched. Photos whose only proven copy is there are no longer called safe, and \
                 optimized photos cannot be restored until the store is added again.",
            );
            buttons(ui, "Forget store", Look::Danger, true)
        }
    }
}

fn album_name(app: &App, album: crate::model::id::AlbumId) -> String {
    let found = app.snap.albums.iter().find(|one| one.id == album);
    found.map_or_else(|| "this album".to_owned(), |one| one.name.clone())
}

fn name_album(ui: &mut Ui, words: &str, name: &mut String, yes: &str) -> Answer {
    title(ui, words);
    let width = ui.available_width();
    let field = widget::field(ui, name, "Album name", "Name", width);
    let enter = first_focus(ui, &field);
    form_buttons(ui, yes, !name.trim().is_empty(), enter)
}

fn title(ui: &mut Ui, words: &str) {
    ui.label(RichText::new(words).font(theme::semibold(17.0)).color(theme::TEXT));
}

/// Cancel and the one that does it.
fn buttons(ui: &mut Ui, yes: &str, look: Look, ready: bool) -> Answer {
    ui.add_space(8.0);
    let mut answer = Answer::Open;
    at_right(ui, |ui| {
        let go = ui.add_enabled_ui(ready, |ui| widget::button(ui, look, None, yes)).inner;
        if go.clicked() {
            answer = Answer::Yes;
        }
        if widget::button(ui, Look::Quiet, None, "Cancel").clicked() {
            answer = Answer::No;
        }
    });
    answer
}

/// A row from the right, as high as what is in it and not as the room that is left.
fn at_right(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| ui.with_layout(Layout::right_to_left(egui::Align::Center), add));
}

/// The field has the keyboard from the start; returns whether Enter was pressed in it.
pub(in crate::ui) fn first_focus(ui: &Ui, field: &egui::Response) -> bool {
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if !enter && ui.memory(|memory| memory.focused().is_none()) {
        field.request_focus();
    }
    enter
}

/// The buttons of a form, where Enter in its field is as good as the button.
fn form_buttons(ui: &mut Ui, yes: &str, ready: bool, enter: bool) -> Answer {
    match buttons(ui, yes, Look::Primary, ready) {
        Answer::Open if ready && enter => Answer::Yes,
        answer => answer,
    }
}

fn add_folders(app: &App, ui: &mut Ui, path: &mut String, asked: &mut Option<u64>, why: &mut String) -> Answer {
    let answer = &app.snap.folder_added;
    if asked.take_if(|before| *before != answer.count).is_some() {
        match &answer.why {
            None => return Answer::No,
            Some(words) => why.clone_from(words),
        }
    }
    title(ui, "Add photo folders");
    widget::second(
        ui,
        "Nothing in them is moved or changed. New folders are never backed up without being asked for.",
    );
    ui.add_space(4.0);
    let width = ui.available_width();
    let field = widget::field(ui, path, "Folder path", "Type or paste a folder path", width);
    let enter = first_focus(ui, &field);
    if field.changed() {
        why.clear();
    }
    if !why.is_empty() {
        ui.label(
            RichText::new(why.as_str())
                .font(theme::regular(12.5))
                .color(theme::REJECT),
        );
    }
    widget::third(
        ui,
        if app.picker.is_open() {
            "Or choose in the other window. Folders can be dropped here too."
        } else {
            "Folders can be dropped onto this window too."
        },
    );
    match form_buttons(ui, "Add folder", !path.trim().is_empty() && asked.is_none(), enter) {
        Answer::Yes => {
            *asked = Some(answer.count);
            why.clear();
            app.send(Command::AddFolder(PathBuf::from(clean(path))));
            Answer::Open
        }
        answer => answer,
    }
}

fn new_album(app: &App, ui: &mut Ui, name: &mut String, photos: &mut [PhotoId], query: &mut Option<String>) -> Answer {
    title(ui, "New album");
    let width = ui.available_width();
    let field = widget::field(ui, name, "Album name", "Name", width);
    let enter = first_focus(ui, &field);
    let search = app.query.trim();
    if !search.is_empty() {
        let mut smart = query.is_some();
        if ui
            .checkbox(&mut smart, format!("Smart: always what \u{201c}{search}\u{201d} finds"))
            .changed()
        {
            *query = smart.then(|| search.to_owned());
        }
    }
    if query.is_none() {
        let words = match photos.len() {
            0 => "It starts empty.".to_owned(),
            count => format!("It starts with {}.", text::count(count as u64, "selected photo")),
        };
        widget::second(ui, words);
    }
    form_buttons(ui, "Create album", !name.trim().is_empty(), enter)
}

fn add_to_album(app: &mut App, ui: &mut Ui, photos: &[PhotoId]) -> Answer {
    title(
        ui,
        &format!("Add {} to an album", text::count(photos.len() as u64, "photo")),
    );
    let albums = std::sync::Arc::clone(&app.snap.albums);
    let mut answer = Answer::Open;
    widget::list_in_dialog(280.0).show(ui, |ui| {
        for album in albums.iter().filter(|album| album.query.is_none()) {
            if widget::menu_item(ui, icon::ALBUM, &album.name, Some(text::number(album.photos))).clicked() {
                app.send(Command::AddToAlbum {
                    album: album.id,
                    photos: photos.to_vec(),
                });
                answer = Answer::No;
            }
        }
    });
    if widget::menu_item(ui, icon::PLUS, "New album...", None).clicked() {
        app.dialog = Some(Dialog::new_album(photos.to_vec(), None));
    }
    at_right(ui, |ui| {
        if widget::button(ui, Look::Quiet, None, "Cancel").clicked() {
            answer = Answer::No;
        }
    });
    answer
}

fn optimize(app: &App, ui: &mut Ui, free_now: &mut bool) -> Answer {
    let view = &app.snap.optimize;
    title(ui, "Optimize Storage");
    if !view.planned {
        widget::second(ui, "Looking at what may be replaced. Nothing has been changed.");
        return buttons(ui, "Optimize", Look::Primary, false);
    }
    if view.photos == 0 {
        widget::second(ui, "No photo may be replaced now. Every one of them stays as it is.");
    } else {
        ui.label(
            RichText::new(format!(
                "{} replaced on this disk by a small copy. About {} become free.",
                if view.photos == 1 {
                    "1 photo is".to_owned()
                } else {
                    format!("{} photos are", text::number(view.photos))
                },
                text::bytes(view.frees)
            ))
            .color(theme::TEXT),
        );
        widget::second(
            ui,
            "Only photos whose copy in a store was read back, every byte, and is proven again at that moment. The small copy \
             keeps name, date and facts, and every program can open it. Restore brings the original back, bit for bit.",
        );
        ui.add_space(2.0);
        ui.checkbox(free_now, "Free the space now");
        if *free_now {
            give_up(ui);
        } else {
            widget::second(
                ui,
                "Originals are held on this disk for a while first, so the space becomes free later.",
            );
        }
    }
    refusals(ui, &view.refused);
    let yes = match (view.photos, *free_now) {
        (0, _) => "Optimize".to_owned(),
        (count, true) => format!("Optimize {} and free now", text::count(count, "photo")),
        (count, false) => format!("Optimize {}", text::count(count, "photo")),
    };
    buttons(
        ui,
        &yes,
        if *free_now { Look::Danger } else { Look::Primary },
        view.photos > 0,
    )
}

/// What freeing at once gives up.
fn give_up(ui: &mut Ui) {
    ui.horizontal_top(|ui| {
        ui.label(
            RichText::new(icon::TRIANGLE_ALERT)
                .font(theme::icons(14.0))
                .color(theme::STAR),
        );
        let words = "You give up the time in which the original could come back without the store. From then on \
                     it exists only in your stores.";
        ui.vertical(|ui| {
            ui.set_max_width(ui.available_width());
            ui.label(RichText::new(words).font(theme::regular(12.5)).color(theme::TEXT));
        });
    });
}

/// Photos whose originals are held, as a scope.
pub(in crate::ui) fn held_photos() -> Scope {
    Scope::Query(format!("safe:{}", Safety::Held.word()))
}

fn free_held(app: &App, ui: &mut Ui) -> Answer {
    let view = &app.snap.optimize;
    let originals = text::count(view.held, "original");
    title(ui, "Free held originals");
    let words = format!(
        "{originals} ({}) leave this disk, each after its copy was read back once more in full. No other photo is touched.",
        text::bytes(view.held_bytes)
    );
    ui.label(RichText::new(words).color(theme::TEXT));
    give_up(ui);
    buttons(ui, &format!("Free {originals} now"), Look::Danger, view.held > 0)
}

/// Why others stay, each reason with its first names.
pub(in crate::ui) fn refusals(ui: &mut Ui, refused: &[Refusal]) {
    if refused.is_empty() {
        return;
    }
    ui.add_space(4.0);
    widget::section(ui, "What stays, and why");
    for one in refused {
        ui.horizontal_top(|ui| {
            let count = RichText::new(text::number(one.count))
                .font(theme::semibold(12.5))
                .color(theme::TEXT);
            ui.add_sized([42.0, 18.0], egui::Label::new(count));
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                ui.label(RichText::new(&one.reason).font(theme::regular(12.5)).color(theme::TEXT));
                if !one.examples.is_empty() {
                    widget::one_line(ui, &one.examples.join(", "), theme::regular(12.0), theme::TEXT_3);
                }
            });
        });
    }
}

fn accept(app: &mut App, dialog: Dialog) {
    let command = match dialog {
        // It stays open until the engine has answered.
        Dialog::AddFolders { .. } => return,
        Dialog::AddStore(form) => form.command(),
        Dialog::NewAlbum { name, photos, query } => Command::CreateAlbum {
            name: name.trim().to_owned(),
            photos: if query.is_some() { Vec::new() } else { photos },
            query,
        },
        Dialog::NewAlbumIn { name, parent } => Command::CreateAlbumIn {
            name: name.trim().to_owned(),
            photos: Vec::new(),
            parent,
        },
        Dialog::RenameAlbum { name, album } => Command::RenameAlbum {
            album,
            name: name.trim().to_owned(),
        },
        Dialog::AddToAlbum { .. } => return,
        Dialog::Rename(form) => form.command(),
        Dialog::MoveTo { photos, path } => Command::MoveTo {
            photos,
            to: Target::Path(PathBuf::from(clean(&path))),
        },
        Dialog::CopyTo { photos, path } => Command::CopyTo {
            photos,
            to: PathBuf::from(clean(&path)),
        },
        Dialog::Optimize { scope, free_now } => Command::Optimize { scope, free_now },
        Dialog::FreeHeld => Command::Optimize {
            scope: held_photos(),
            free_now: true,
        },
        Dialog::Track(form) => match super::track::wish(&form) {
            Some(wish) => Command::PlaceByTrack(Box::new(wish)),
            None => return,
        },
        Dialog::ForgetRoot(root) => Command::ForgetRoot(root),
        Dialog::DeleteAlbum(album) => Command::DeleteAlbum(album),
        Dialog::RemoveStore(store) => Command::RemoveStore(store),
        Dialog::EmptyTrash { .. } => match &app.snap.empty_plan {
            Some(plan) => Command::EmptyTrash(plan.which.clone()),
            None => return,
        },
    };
    app.send(command);
}
