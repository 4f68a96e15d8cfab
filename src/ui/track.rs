//! Positions from a GPX track: which file, for which photos, what it would do in sentences, and only then the button that
//! does it. Undo takes it back.

use super::{
    app::App,
    state::{Dialog, TrackForm},
    store_form, text, theme,
    widget::{self},
};
use crate::{
    engine::{command::Command, marking::parse_gap, tracks::TrackWish},
    model::time::parse_shift,
};
use eframe::egui::{self, RichText, Ui};

/// Opens the question, and the desktop's dialog over it.
pub fn ask(app: &mut App, ctx: &egui::Context) {
    let photos = match app.selected_photos() {
        selected if selected.is_empty() => app.snap.view.tiles.iter().map(|tile| tile.id).collect(),
        selected => selected,
    };
    app.dialog = Some(Dialog::Track(Box::new(TrackForm {
        photos,
        ..TrackForm::default()
    })));
    app.picker.choose_track(ctx);
}

/// A stretch of time as typed: `Some(None)` where nothing is written, `None` where it cannot be understood.
fn typed(words: &str, read: fn(&str) -> Option<i64>) -> Option<Option<i64>> {
    match words.trim() {
        "" => Some(None),
        words => read(words).map(Some),
    }
}

/// What the form asks for, as far as it can be understood.
pub fn wish(form: &TrackForm) -> Option<TrackWish> {
    let path = store_form::clean(&form.path);
    let offset = typed(&form.offset, parse_shift)?;
    let gap = typed(&form.gap, parse_gap)?;
    (!path.is_empty()).then(|| TrackWish {
        path: path.into(),
        photos: form.photos.clone(),
        camera_offset_s: offset,
        max_gap_s: gap,
        replace: form.replace,
    })
}

/// What to write instead, under the field that is wrong.
fn wrong(ui: &mut Ui, what: &str) {
    ui.label(RichText::new(what).font(theme::regular(12.0)).color(theme::REJECT));
}

/// Draws the form; whether it may be agreed to, and whether Enter was pressed in its first field.
pub fn show(app: &mut App, ui: &mut Ui, form: &mut TrackForm) -> (bool, Option<egui::Response>) {
    if let Some(path) = app.picker.poll_track() {
        form.path = path.display().to_string();
    }
    let photos = text::count(form.photos.len() as u64, "photo");
    widget::second(
        ui,
        format!(
            "{photos}. The track is a file that a phone, a watch or a GPS logger wrote. The photos' files are not changed."
        ),
    );
    let width = ui.available_width();
    let field = widget::field(
        ui,
        &mut form.path,
        "Track file",
        "Type or paste the path of a .gpx file",
        width,
    );
    widget::third(
        ui,
        "The camera's clock, where the photos do not say it: its hours ahead of UTC, such as +2h.",
    );
    widget::field(ui, &mut form.offset, "Camera clock", "As each photo says", width);
    if typed(&form.offset, parse_shift).is_none() {
        wrong(ui, "Write hours and minutes, such as +2h or -5h30m.");
    }
    widget::third(
        ui,
        "The longest gap in the track over which a photo's place is worked out from the points before and after it.",
    );
    widget::field(ui, &mut form.gap, "Longest gap in the track", "5m", width);
    if typed(&form.gap, parse_gap).is_none() {
        wrong(
            ui,
            "Write a time of at most a day, such as 90s, 5m or 1h30m; 0 for none.",
        );
    }
    ui.checkbox(&mut form.replace, "Replace positions that photos have already");
    let wanted = wish(form);
    // It is looked at whenever the form says something else, and the fields are left in peace while one types.
    let typing = ui.ctx().text_edit_focused();
    let whole = wanted.as_ref().and_then(|wish| wish.path.extension());
    let whole = whole.is_some_and(|end| end.eq_ignore_ascii_case("gpx"));
    if wanted.is_some() && form.asked != wanted && (!typing || whole) {
        form.asked.clone_from(&wanted);
        if let Some(wish) = wanted.clone() {
            app.send(Command::PlanTrack(Box::new(wish)));
        }
    }
    let plan = app
        .snap
        .track
        .clone()
        .filter(|plan| Some(&plan.wish) == wanted.as_ref());
    let Some(plan) = plan else {
        if form.asked.is_some() && form.asked == wanted {
            widget::second(ui, "Looking at the track. Nothing has been changed.");
        }
        return (false, Some(field));
    };
    ui.add_space(4.0);
    for (at, sentence) in plan.sentences.iter().enumerate() {
        let color = match (plan.failed, at) {
            (true, _) => theme::REJECT,
            (false, 0) => theme::TEXT,
            _ => theme::TEXT_2,
        };
        ui.label(RichText::new(sentence).font(theme::regular(12.5)).color(color));
    }
    (plan.found > 0, Some(field))
}
