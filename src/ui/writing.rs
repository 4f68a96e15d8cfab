//! What a person writes about a photo, or about all that are selected, in the inspector: title, caption, capture time and
//! position, each edited where it is shown. Enter or leaving the field saves, Esc leaves things as they were.

use super::{app::App, state::Page, text, theme, widget};
use crate::{
    engine::{command::Command, snapshot::PhotoDetail},
    model::{
        change::Mark,
        common::Common,
        id::PhotoId,
        metadata::Gps,
        position::Position,
        time::{parse_shift, shift_text},
    },
};
use eframe::egui::{
    self, Key, KeyboardShortcut, Margin, Modifiers, RichText, Role, Sense, Stroke, TextEdit, Ui, WidgetInfo,
};

/// What can be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    Title,
    Caption,
    Shift,
    Position,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Caption => "caption",
            Self::Shift => "capture time",
            Self::Position => "position",
        }
    }

    /// For screen readers.
    fn label(self) -> &'static str {
        match self {
            Self::Title => "Title",
            Self::Caption => "Caption",
            Self::Shift => "Shift of the capture time",
            Self::Position => "Position",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Title => "A title",
            Self::Caption => "A caption",
            Self::Shift => "+1h30m or -2d",
            Self::Position => "41.9028, 12.4964",
        }
    }

    /// What stands under the open field, where there is room for sentences.
    fn help(self) -> Option<&'static str> {
        match self {
            Self::Title => None,
            Self::Caption => Some("Shift+Enter begins a line."),
            Self::Shift => Some("How far to shift it; 0 for the file's time."),
            Self::Position => Some("Degrees north, east; empty for the file's."),
        }
    }

    /// The mark that a text means, or what to write instead.
    fn mark(self, text: &str) -> Result<Mark, &'static str> {
        match self {
            Self::Title => Ok(Mark::Title(text.to_owned())),
            Self::Caption => Ok(Mark::Caption(text.to_owned())),
            Self::Shift if text.trim().is_empty() => Ok(Mark::Shift { seconds: 0 }),
            Self::Shift => parse_shift(text)
                .map(|seconds| Mark::Shift { seconds })
                .ok_or("Write how far to shift it, such as +1h30m, -2d or 0."),
            Self::Position if text.trim().is_empty() || text.trim().eq_ignore_ascii_case("none") => {
                Ok(Mark::Position(None))
            }
            Self::Position => Position::parse(text)
                .map(|position| Mark::Position(Some(position)))
                .ok_or("Write degrees north and east, such as 41.9028, 12.4964."),
        }
    }
}

/// What is written about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    /// This photo.
    One(PhotoId),
    /// All that are selected.
    Selected,
}

/// How far a shift of the capture time reaches: a clock that was wrong was wrong for all that its camera took.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
enum Reach {
    /// The photo, or those selected.
    #[default]
    These,
    /// Those of them that this camera took.
    CameraHere(String),
    /// All that this camera took.
    CameraAll(String),
}

/// A field that is open.
#[derive(Clone, Debug)]
pub(in crate::ui) struct Writing {
    whose: Whose,
    /// The photos that were meant when it was opened.
    photos: Vec<PhotoId>,
    /// The cameras that took them, with how many.
    cameras: Vec<(String, u64)>,
    reach: Reach,
    field: Field,
    text: String,
    /// As it was, so that leaving without a change changes nothing.
    before: String,
    fresh: bool,
    wrong: Option<&'static str>,
}

/// Opens the title or the caption of the photo that is looked at, or of those that are selected.
pub(in crate::ui) fn begin(app: &mut App, ctx: &egui::Context, caption: bool) {
    if of_many(app) {
        let field = if caption { Field::Caption } else { Field::Title };
        let now = super::summary::common(app).and_then(|common| match field {
            Field::Caption => common.common.caption.clone(),
            _ => common.common.title.clone(),
        });
        return open(app, ctx, Whose::Selected, field, &now.unwrap_or_default());
    }
    let Some(detail) = looked_at(app) else { return };
    let (field, now) = if caption {
        (Field::Caption, &detail.caption)
    } else {
        (Field::Title, &detail.title)
    };
    open(app, ctx, Whose::One(detail.id), field, now);
}

/// Whether what is written is for several photos.
fn of_many(app: &App) -> bool {
    app.page == Page::Library && app.selection.len() > 1 && !app.looks_at_one()
}

/// Opens the shift of the capture time of the photo that is looked at, or of those that are selected.
pub(in crate::ui) fn begin_shift(app: &mut App, ctx: &egui::Context) {
    if of_many(app) {
        let shift = super::summary::common(app).and_then(|common| common.common.shift_s);
        let now = shift.filter(|seconds| *seconds != 0).map(shift_text);
        return open(app, ctx, Whose::Selected, Field::Shift, &now.unwrap_or_default());
    }
    if let Some(detail) = looked_at(app).filter(|detail| detail.facts.taken.is_some()) {
        open(app, ctx, Whose::One(detail.id), Field::Shift, &shift_now(&detail));
    }
}

fn looked_at(app: &App) -> Option<std::sync::Arc<PhotoDetail>> {
    let focus = app.selection.focus();
    let detail = app.snap.detail.clone();
    detail.filter(|detail| Some(detail.id) == focus && app.page == Page::Library)
}

fn open(app: &mut App, ctx: &egui::Context, whose: Whose, field: Field, now: &str) {
    // The field is in the inspector.
    app.set_full_screen(ctx, false);
    app.inspector = true;
    app.writing = Some(Writing::of(app, whose, field, now));
}

impl Writing {
    fn of(app: &App, whose: Whose, field: Field, now: &str) -> Self {
        let (photos, cameras) = match whose {
            Whose::One(photo) => {
                let detail = app.snap.detail.as_ref().filter(|detail| detail.id == photo);
                let camera = detail.and_then(|detail| detail.facts.camera());
                (vec![photo], camera.map(|camera| (camera, 1)).into_iter().collect())
            }
            Whose::Selected => {
                let common = super::summary::common(app);
                let cameras = common.map(|together| together.common.cameras.clone());
                (app.selected_photos(), cameras.unwrap_or_default().into_iter().collect())
            }
        };
        Self {
            whose,
            photos,
            cameras,
            reach: Reach::default(),
            field,
            text: now.to_owned(),
            before: now.to_owned(),
            fresh: true,
            wrong: None,
        }
    }

    /// What the mark is to be sent as.
    fn command(&self, mark: Mark) -> Command {
        let photos = self.photos.clone();
        match &self.reach {
            Reach::These => Command::Mark { photos, mark },
            Reach::CameraHere(camera) => Command::MarkCamera {
                camera: camera.clone(),
                among: Some(photos),
                mark,
            },
            Reach::CameraAll(camera) => Command::MarkCamera {
                camera: camera.clone(),
                among: None,
                mark,
            },
        }
    }

    /// What a shift may reach, with the words for it.
    fn reaches(&self) -> Vec<(Reach, String)> {
        if self.field != Field::Shift || self.cameras.is_empty() {
            return Vec::new();
        }
        let these = match self.photos.len() {
            1 => "This photo".to_owned(),
            count => format!("These {}", text::number(count as u64)),
        };
        let mut reaches = vec![(Reach::These, these)];
        let mut cameras: Vec<&(String, u64)> = self.cameras.iter().collect();
        cameras.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        for (camera, count) in cameras.into_iter().take(MAX_CAMERAS) {
            if *count < self.photos.len() as u64 {
                let words = format!("{} by {camera}", text::number(*count));
                reaches.push((Reach::CameraHere(camera.clone()), words));
            }
            reaches.push((Reach::CameraAll(camera.clone()), format!("All by {camera}")));
        }
        reaches
    }
}

/// Cameras that a shift can be given to by name, those of the most photos.
const MAX_CAMERAS: usize = 3;
/// Letters of a choice that fit beside its name.
const CHOICE: usize = 22;

/// The same for all that are selected.
pub(in crate::ui) fn words_of_all(app: &mut App, ui: &mut Ui, common: &Common) {
    let title = (&common.title, theme::medium(13.0), theme::TEXT);
    let caption = (&common.caption, theme::regular(12.5), theme::TEXT_2);
    for (field, (now, font, color), empty, differ) in [
        (Field::Title, title, "Add a title", "Different titles"),
        (Field::Caption, caption, "Add a caption", "Different captions"),
    ] {
        let shown = match now.as_deref() {
            Some("") => RichText::new(empty).font(font).color(theme::COUNT),
            None => RichText::new(differ).font(font).color(theme::TEXT_3).italics(),
            Some(now) => RichText::new(now).font(font).color(color),
        };
        field_or(
            app,
            ui,
            Whose::Selected,
            field,
            now.as_deref().unwrap_or_default(),
            shown,
        );
    }
}

/// When and where those that are selected were taken, as far as that is one.
pub(in crate::ui) fn time_and_place_of_all(app: &mut App, ui: &mut Ui, common: &Common) {
    let plain = |text: String| RichText::new(text).font(theme::regular(12.5)).color(theme::TEXT);
    let faint = |text: &str| RichText::new(text).font(theme::regular(12.5)).color(theme::COUNT);
    let differ = |text: &str| faint(text).color(theme::TEXT_3).italics();
    named(ui, "Taken", |ui| {
        let (now, shown) = match common.shift_s {
            None => (String::new(), differ("Different shifts")),
            Some(0) => (String::new(), faint("Shift the time")),
            Some(seconds) => (
                shift_text(seconds),
                plain(format!("Shifted by {}", shift_text(seconds))),
            ),
        };
        field_or(app, ui, Whose::Selected, Field::Shift, &now, shown);
    });
    named(ui, "Place", |ui| {
        let (now, shown) = match common.position {
            None => (String::new(), differ("Different places")),
            Some(None) => (String::new(), faint("Add a position")),
            Some(Some(position)) => (position.to_string(), plain(position.to_string())),
        };
        field_or(app, ui, Whose::Selected, Field::Position, &now, shown);
    });
}

/// Title and caption, under the name.
pub(in crate::ui) fn words(app: &mut App, ui: &mut Ui, detail: &PhotoDetail) {
    let title = (detail.title.as_str(), theme::medium(13.0), theme::TEXT);
    let caption = (detail.caption.as_str(), theme::regular(12.5), theme::TEXT_2);
    for (field, (now, font, color), empty) in [
        (Field::Title, title, "Add a title"),
        (Field::Caption, caption, "Add a caption"),
    ] {
        let shown = match now {
            "" => RichText::new(empty).font(font).color(theme::COUNT),
            now => RichText::new(now).font(font).color(color),
        };
        field_or(app, ui, Whose::One(detail.id), field, now, shown);
    }
}

fn shift_now(detail: &PhotoDetail) -> String {
    match detail.shift_s {
        0 => String::new(),
        seconds => shift_text(seconds),
    }
}

/// When and where, each with what the file itself says.
pub(in crate::ui) fn time_and_place(app: &mut App, ui: &mut Ui, detail: &PhotoDetail) {
    let plain = |text: String| RichText::new(text).font(theme::regular(12.5)).color(theme::TEXT);
    if let Some(taken) = detail.facts.taken {
        let now = shift_now(detail);
        named(ui, "Taken", |ui| {
            let shown = plain(taken.short_text());
            field_or(app, ui, Whose::One(detail.id), Field::Shift, &now, shown);
            if let (true, Some(file)) = (detail.shift_s != 0, detail.file_taken) {
                let shift = shift_text(detail.shift_s);
                widget::third(ui, format!("Shifted by {shift}. The file says {}.", file.short_text()));
            }
        });
    }
    let of_file = || {
        let gps = detail.facts.gps?;
        Position::new(gps.latitude, gps.longitude)
    };
    // It opens with where the photo is, so that it can be put right.
    let now = detail.own_position.or_else(of_file);
    let now = now.map(|position| position.to_string()).unwrap_or_default();
    let degrees = |gps: Gps| format!("{:.4}, {:.4}", gps.latitude, gps.longitude);
    let shown = match (&detail.place, detail.facts.gps) {
        (Some(place), _) => plain(place.text()),
        (None, Some(gps)) => plain(degrees(gps)),
        (None, None) => RichText::new("Add a position")
            .font(theme::regular(12.5))
            .color(theme::COUNT),
    };
    named(ui, "Place", |ui| {
        field_or(app, ui, Whose::One(detail.id), Field::Position, &now, shown);
        if let (Some(_), Some(gps)) = (&detail.place, detail.facts.gps) {
            widget::third(ui, degrees(gps));
        }
        match (detail.own_position, detail.file_gps) {
            (Some(_), Some(file)) => {
                widget::third(ui, format!("Given by you. The file says {}.", degrees(file)));
            }
            (Some(_), None) => {
                widget::third(ui, "Given by you.");
            }
            (None, _) => {}
        }
    });
}

/// A row with its name at the left and any number of lines beside it.
fn named(ui: &mut Ui, name: &str, lines: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.vertical(|ui| {
            ui.set_width(72.0);
            widget::third(ui, name);
        });
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            lines(ui);
        });
    });
}

/// The text, which opens when it is clicked; or the field, where it is open.
fn field_or(app: &mut App, ui: &mut Ui, whose: Whose, field: Field, now: &str, shown: RichText) {
    let open = app
        .writing
        .as_ref()
        .is_some_and(|one| one.whose == whose && one.field == field);
    if open {
        return write(app, ui);
    }
    let name = format!("Edit {}", field.name());
    let spoken = format!("{name}, {}", shown.text());
    let response = ui.add(egui::Label::new(shown).sense(Sense::click()).wrap());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    if response.has_focus() {
        let frame = response.rect.expand(2.0);
        ui.painter().rect_stroke(
            frame,
            f32::from(theme::RADIUS),
            Stroke::new(1.5, theme::ACCENT),
            egui::StrokeKind::Outside,
        );
    }
    if response.on_hover_text(name).clicked() {
        app.writing = Some(Writing::of(app, whose, field, now));
    }
}

fn write(app: &mut App, ui: &mut Ui) {
    let Some(mut writing) = app.writing.take() else {
        return;
    };
    let edit = match writing.field {
        Field::Caption => TextEdit::multiline(&mut writing.text)
            .desired_rows(3)
            .return_key(Some(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter))),
        _ => TextEdit::singleline(&mut writing.text),
    };
    let edit = edit
        .hint_text(RichText::new(writing.field.hint()).color(theme::COUNT))
        .font(theme::regular(13.0))
        .desired_width(f32::INFINITY)
        .frame(
            egui::Frame::new()
                .fill(theme::GRID)
                .stroke(Stroke::new(1.0, theme::ACCENT))
                .corner_radius(theme::RADIUS_FIELD)
                .inner_margin(Margin::symmetric(8, 5)),
        );
    let response = ui.add(edit).accessible_name(writing.field.label());
    if let Some(wrong) = writing.wrong {
        ui.label(RichText::new(wrong).font(theme::regular(12.0)).color(theme::REJECT));
    } else if let Some(help) = writing.field.help() {
        widget::third(ui, help);
    }
    let (chosen, on_choice) = reach(ui, &mut writing);
    if chosen {
        // The click has taken the keyboard from the field; choosing is not leaving it.
        response.request_focus();
    }
    if writing.whose == Whose::Selected && writing.reach == Reach::These {
        let photos = text::count(writing.photos.len() as u64, "photo");
        widget::third(ui, format!("Enter gives it to {photos}."));
    }
    if std::mem::take(&mut writing.fresh) {
        response.request_focus();
        app.writing = Some(writing);
        return;
    }
    let escaped = ui.input(|input| input.key_pressed(Key::Escape));
    let entered = ui.input(|input| input.key_pressed(Key::Enter) && !input.modifiers.shift);
    if escaped {
        response.surrender_focus();
        return;
    }
    if !(response.lost_focus() || entered) || on_choice {
        app.writing = Some(writing);
        return;
    }
    // The same shift may be meant for more photos; what was never written is meant for none.
    let reaches_on = entered && writing.reach != Reach::These && !writing.text.trim().is_empty();
    if writing.text == writing.before && !reaches_on {
        return;
    }
    match writing.field.mark(&writing.text) {
        Ok(mark) => app.send(writing.command(mark)),
        Err(wrong) => {
            writing.wrong = Some(wrong);
            // Enter keeps the field open to be put right; whoever clicks elsewhere has left it.
            if entered {
                response.request_focus();
                app.writing = Some(writing);
            }
        }
    }
}

/// Which photos a shift is given to; whether that was chosen just now, and whether the keyboard is there.
fn reach(ui: &mut Ui, writing: &mut Writing) -> (bool, bool) {
    let reaches = writing.reaches();
    if reaches.is_empty() {
        return (false, false);
    }
    let (mut chosen, mut focused) = (false, false);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(5.0, 5.0);
        for (reach, words) in reaches {
            // A long name must not widen the bar.
            let short = match words.char_indices().nth(CHOICE) {
                Some((at, _)) => format!("{}\u{2026}", words.get(..at).unwrap_or_default().trim_end()),
                None => words.clone(),
            };
            let chip = widget::chip(ui, None, &short, writing.reach == reach).on_hover_text(&words);
            focused |= chip.has_focus();
            if chip.clicked() {
                (writing.reach, chosen) = (reach, true);
            }
        }
    });
    (chosen, focused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_marks_or_a_sentence() {
        assert_eq!(Field::Shift.mark("+1h"), Ok(Mark::Shift { seconds: 3_600 }));
        assert_eq!(Field::Shift.mark(" "), Ok(Mark::Shift { seconds: 0 }));
        assert!(Field::Shift.mark("soon").is_err_and(|text| text.ends_with('.')));
        assert_eq!(Field::Position.mark(""), Ok(Mark::Position(None)));
        assert_eq!(
            Field::Position.mark("1, 2"),
            Ok(Mark::Position(Position::new(1.0, 2.0)))
        );
        assert!(Field::Position.mark("Rome").is_err());
        assert_eq!(Field::Title.mark("x"), Ok(Mark::Title("x".to_owned())));
    }
}
