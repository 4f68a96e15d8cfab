//! What a person writes about a photo in the inspector: title, caption, capture time and position, each edited where it is
//! shown. Enter or leaving the field saves, Esc leaves things as they were.

use super::{app::App, state::Page, theme, widget};
use crate::{
    engine::snapshot::PhotoDetail,
    model::{
        change::Mark,
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
            Self::Caption => "A caption; Shift+Enter for a new line",
            Self::Shift => "Shift it, as in +1h30m or -2d; 0 for the file's",
            Self::Position => "41.9028, 12.4964; empty for the file's",
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

/// A field that is open.
#[derive(Clone, Debug)]
pub(in crate::ui) struct Writing {
    photo: PhotoId,
    field: Field,
    text: String,
    /// As it was, so that leaving without a change changes nothing.
    before: String,
    fresh: bool,
    wrong: Option<&'static str>,
}

/// Opens the title or the caption of the photo that is looked at.
pub(in crate::ui) fn begin(app: &mut App, ctx: &egui::Context, caption: bool) {
    let focus = app.selection.focus();
    let detail = app.snap.detail.clone();
    let Some(detail) = detail.filter(|detail| Some(detail.id) == focus && app.page == Page::Library) else {
        return;
    };
    let (field, now) = if caption {
        (Field::Caption, &detail.caption)
    } else {
        (Field::Title, &detail.title)
    };
    // The field is in the inspector, which shows one photo.
    app.set_full_screen(ctx, false);
    app.inspector = true;
    if app.selection.len() > 1
        && app.loupe.is_none()
        && let Some(place) = app.place(detail.id)
    {
        app.selection.only(detail.id, place);
    }
    app.writing = Some(Writing::of(detail.id, field, now));
}

impl Writing {
    fn of(photo: PhotoId, field: Field, now: &str) -> Self {
        Self {
            photo,
            field,
            text: now.to_owned(),
            before: now.to_owned(),
            fresh: true,
            wrong: None,
        }
    }
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
        field_or(app, ui, detail.id, field, now, shown);
    }
}

/// When and where, each with what the file itself says.
pub(in crate::ui) fn time_and_place(app: &mut App, ui: &mut Ui, detail: &PhotoDetail) {
    let plain = |text: String| RichText::new(text).font(theme::regular(12.5)).color(theme::TEXT);
    if let Some(taken) = detail.facts.taken {
        let now = match detail.shift_s {
            0 => String::new(),
            seconds => shift_text(seconds),
        };
        named(ui, "Taken", |ui| {
            field_or(app, ui, detail.id, Field::Shift, &now, plain(taken.short_text()));
            if let (true, Some(file)) = (detail.shift_s != 0, detail.file_taken) {
                let shift = shift_text(detail.shift_s);
                widget::third(ui, format!("Shifted by {shift}. The file says {}.", file.short_text()));
            }
        });
    }
    let now = detail
        .own_position
        .map(|position| position.to_string())
        .unwrap_or_default();
    let degrees = |gps: Gps| format!("{:.4}, {:.4}", gps.latitude, gps.longitude);
    let shown = match (&detail.place, detail.facts.gps) {
        (Some(place), _) => plain(place.text()),
        (None, Some(gps)) => plain(degrees(gps)),
        (None, None) => RichText::new("Add a position")
            .font(theme::regular(12.5))
            .color(theme::COUNT),
    };
    named(ui, "Place", |ui| {
        field_or(app, ui, detail.id, Field::Position, &now, shown);
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
fn field_or(app: &mut App, ui: &mut Ui, photo: PhotoId, field: Field, now: &str, shown: RichText) {
    let open = app
        .writing
        .as_ref()
        .is_some_and(|one| one.photo == photo && one.field == field);
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
        app.writing = Some(Writing::of(photo, field, now));
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
    if !(response.lost_focus() || entered) {
        app.writing = Some(writing);
        return;
    }
    if writing.text == writing.before {
        return;
    }
    match writing.field.mark(&writing.text) {
        Ok(mark) => app.mark_one(writing.photo, mark),
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
