//! A group of duplicates seen larger: two to four of it side by side under one zoom, whatever the view has; and the list of
//! what could not be looked at, each with its reason.

use super::{action::Action, app::App, compare::Beside, duplicates, icon, state::Page, theme, widget};
use crate::{
    engine::{
        command::Command,
        duplicates::{Group, Member},
        snapshot::Tile,
    },
    model::{
        id::PhotoId,
        rating::{ColorLabel, Flag},
    },
};
use eframe::egui::{Align, Layout, RichText, ScrollArea, Ui, vec2};
use std::{path::PathBuf, sync::Arc};

/// Height of a line of the list.
const LINE: f32 = 52.0;

/// What a photo of a group is on a canvas: the one that is kept carries the flag.
fn tile(member: &Member, kept: PhotoId) -> Tile {
    let row = &member.row;
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let aspect = row
        .size
        .map_or(1.5, |(width, height)| width as f32 / height.max(1) as f32);
    Tile {
        id: row.photo,
        name: row.file.name.to_string_lossy().into(),
        aspect,
        day: 0,
        rating: row.rating,
        flag: if row.photo == kept { Flag::Pick } else { Flag::None },
        label: ColorLabel::None,
        safety: row.safety,
        kind: row.file.kind,
        raw_pair: row.raw_pair,
        problem: false,
        offline: !row.online,
    }
}

fn tiles(group: &Group, kept: PhotoId) -> Vec<Tile> {
    group.members.iter().map(|member| tile(member, kept)).collect()
}

/// Looks at the group, this one of it active.
pub fn look(app: &mut App, group: &Group, active: PhotoId) {
    let beside = Beside::lent(tiles(group, duplicates::kept(app, group)), active);
    app.send(Command::Shots(beside.photos.clone()));
    app.beside = Some(beside);
}

/// A look at a group ends where one goes to another page.
pub fn forget_elsewhere(app: &mut App) {
    if app.page != Page::Duplicates && app.beside.as_ref().is_some_and(|beside| beside.lent.is_some()) {
        app.beside = None;
    }
}

/// What keys do while one looks; whether this one does anything here.
pub fn act(app: &mut App, action: Action) -> bool {
    let Some(beside) = &mut app.beside else { return false };
    let last = beside.photos.len().saturating_sub(1);
    let at = beside.at;
    match action {
        Action::Next | Action::Advance => app.activate((at + 1).min(last)),
        Action::Previous => app.activate(at.saturating_sub(1)),
        Action::First => app.activate(0),
        Action::Last => app.activate(last),
        Action::Down | Action::PageDown => app.exchange_active(true),
        Action::Up | Action::PageUp => app.exchange_active(false),
        Action::Zoom => beside.lens.toggle_zoom(),
        Action::Pick => {
            keep_active(app);
        }
        Action::KeepBurst => {
            if let Some(group) = keep_active(app) {
                duplicates::settle(app, &group);
            }
            app.beside = None;
        }
        Action::Escape | Action::Loupe | Action::Compare | Action::Survey | Action::Grid => {
            app.beside = None;
            app.duplicates.reveal_kept = true;
        }
        // Nothing else reaches photos here; what goes to other pages or takes back is as it is everywhere.
        _ => {
            return action.is_mark() || matches!(action, Action::Trash | Action::SelectAll | Action::FullScreen);
        }
    }
    true
}

fn keep_active(app: &mut App) -> Option<Group> {
    let active = app.beside.as_ref()?.active()?;
    let group = duplicates::group_here(app)?;
    if !group.members.iter().any(|member| member.row.photo == active) {
        return None;
    }
    duplicates::keep(app, &group, active);
    if let Some(beside) = &mut app.beside {
        beside.lent = Some(Arc::new(tiles(&group, active)));
    }
    Some(group)
}

/// What could not be looked at, and why.
pub fn failures(ui: &mut Ui, failed: &[(PathBuf, String)]) {
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("not looked at")
        .auto_shrink(false)
        .show_rows(ui, LINE, failed.len(), |ui, range| {
            for (path, why) in failed.get(range).unwrap_or_default() {
                line(ui, path, why);
            }
        });
}

fn line(ui: &mut Ui, path: &std::path::Path, why: &str) {
    ui.allocate_ui_with_layout(
        vec2(ui.available_width() - 12.0, LINE),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_height(LINE);
            let sign = RichText::new(icon::FILE_WARNING).font(theme::icons(16.0));
            ui.label(sign.color(theme::TEXT_3));
            ui.add_space(6.0);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.add_space(8.0);
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let place = path.parent().map(|parent| parent.display().to_string());
                let first = format!("{name}   {}", place.unwrap_or_default());
                widget::one_line(ui, &first, theme::medium(12.5), theme::TEXT);
                widget::one_line(ui, why, theme::regular(12.0), theme::TEXT_2);
            });
        },
    );
}
