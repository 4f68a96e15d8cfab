//! The controls of the house: buttons, chips, segments, fields, bars. Each has a name that a screen reader can say.

use super::{action::Action, badge, icon, theme};
use eframe::egui::{
    self, Align2, Color32, CursorIcon, Galley, Margin, Painter, Rect, Response, RichText, Role, Sense, Stroke,
    StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};
use std::sync::Arc;

/// How a button looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// The one that matters most here.
    Primary,
    /// Any other.
    Plain,
    /// Without a plate until the pointer is on it.
    Quiet,
    /// One that gives something up.
    Danger,
}

fn fill(ui: &Ui, response: &Response, look: Look, on: bool) -> Color32 {
    if !ui.is_enabled() {
        return theme::RAISED;
    }
    let (hover, down) = (
        response.hovered() || response.has_focus(),
        response.is_pointer_button_down_on(),
    );
    match look {
        Look::Primary if hover => theme::PRIMARY_HOVER,
        Look::Primary => theme::PRIMARY,
        Look::Danger if hover => theme::faded(theme::REJECT, 0.9),
        Look::Danger => theme::faded(theme::REJECT, 0.75),
        _ if down => theme::CONTROL_ACTIVE,
        _ if hover => theme::CONTROL_HOVER,
        Look::Plain => theme::CONTROL,
        Look::Quiet if on => theme::CONTROL,
        Look::Quiet => theme::CLEAR,
    }
}

fn focus_ring(ui: &Ui, response: &Response, radius: f32) {
    if response.has_focus() {
        ui.painter().rect_stroke(
            response.rect.expand(2.0),
            radius + 2.0,
            Stroke::new(1.5, theme::ACCENT),
            StrokeKind::Outside,
        );
    }
}

/// A button with an optional icon and a word.
pub fn button(ui: &mut Ui, look: Look, sign: Option<&str>, word: &str) -> Response {
    let color = match look {
        Look::Primary | Look::Danger => theme::ON_PRIMARY,
        _ if ui.is_enabled() => theme::TEXT,
        _ => theme::COUNT,
    };
    let galley = ui.painter().layout_no_wrap(word.to_owned(), theme::medium(13.0), color);
    let room = if sign.is_some() { 22.0 } else { 0.0 };
    let size = vec2(galley.size().x + 26.0 + room, 30.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), word));
    let plate = fill(ui, &response, look, false);
    ui.painter().rect_filled(rect, f32::from(theme::RADIUS), plate);
    focus_ring(ui, &response, f32::from(theme::RADIUS));
    if let Some(sign) = sign {
        badge::glyph(
            ui.painter(),
            pos2(rect.left() + 20.0, rect.center().y),
            14.0,
            sign,
            color,
        );
    }
    let left = rect.left() + 13.0 + room;
    ui.painter()
        .galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, color);
    response
}

/// A square button with an icon only; its name is in the tooltip.
pub fn icon_button(ui: &mut Ui, sign: &str, name: &str, on: bool) -> Response {
    icon_plate(ui, sign, name, on).on_hover_text(name)
}

/// The same for an action of the table: the tooltip says its key too.
pub fn action_button(ui: &mut Ui, sign: &str, name: &str, action: Action, on: bool) -> Response {
    icon_plate(ui, sign, name, on).on_hover_text(super::keys::with_key(name, action))
}

fn icon_plate(ui: &mut Ui, sign: &str, name: &str, on: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(30.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), on, name));
    let plate = fill(ui, &response, Look::Quiet, on);
    ui.painter().rect_filled(rect, f32::from(theme::RADIUS), plate);
    focus_ring(ui, &response, f32::from(theme::RADIUS));
    let color = match (ui.is_enabled(), on) {
        (false, _) => theme::CONTROL_ACTIVE,
        (true, true) => theme::TEXT,
        (true, false) => theme::TEXT_2,
    };
    badge::glyph(ui.painter(), rect.center(), 16.0, sign, color);
    response
}

/// A rounded filter that is on or off.
pub fn chip(ui: &mut Ui, sign: Option<(&str, Color32)>, word: &str, on: bool) -> Response {
    let color = if on { theme::TEXT } else { theme::TEXT_2 };
    let galley = ui.painter().layout_no_wrap(word.to_owned(), theme::medium(12.0), color);
    let room = if sign.is_some() { 19.0 } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 22.0 + room, 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), on, word));
    let (plate, line) = if on {
        (theme::ACCENT_DIM, theme::ACCENT)
    } else if response.hovered() {
        (theme::CONTROL, theme::BORDER)
    } else {
        (theme::CLEAR, theme::BORDER)
    };
    ui.painter()
        .rect(rect, 13.0, plate, Stroke::new(1.0, line), StrokeKind::Inside);
    focus_ring(ui, &response, 13.0);
    if let Some((sign, tint)) = sign {
        badge::glyph(
            ui.painter(),
            pos2(rect.left() + 18.0, rect.center().y),
            13.0,
            sign,
            tint,
        );
    }
    ui.painter().galley(
        pos2(rect.left() + 11.0 + room, rect.center().y - galley.size().y / 2.0),
        galley,
        color,
    );
    response
}

/// Two or more words of which one holds; returns the one that was clicked.
pub fn segments(ui: &mut Ui, choices: &[(&str, &str)], chosen: usize) -> Option<usize> {
    let mut clicked = None;
    let galleys: Vec<_> = choices
        .iter()
        .map(|(_, word)| {
            ui.painter()
                .layout_no_wrap((*word).to_owned(), theme::medium(13.0), Color32::PLACEHOLDER)
        })
        .collect();
    let width: f32 = galleys.iter().map(|galley| galley.size().x + 44.0).sum();
    let (plate, around) = ui.allocate_exact_size(vec2(width + 4.0, 32.0), Sense::hover());
    ui.painter()
        .rect_filled(plate, f32::from(theme::RADIUS_FIELD), theme::CANVAS);
    let mut left = plate.left() + 2.0;
    for (at, ((sign, word), galley)) in choices.iter().zip(galleys).enumerate() {
        let on = at == chosen;
        let rect = Rect::from_min_size(pos2(left, plate.top() + 2.0), vec2(galley.size().x + 44.0, 28.0));
        left = rect.right();
        let response = ui.interact(rect, around.id.with(at), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, *word));
        let color = if on || response.hovered() {
            theme::TEXT
        } else {
            theme::TEXT_2
        };
        if on {
            ui.painter()
                .rect_filled(rect, f32::from(theme::RADIUS), theme::CONTROL_HOVER);
        }
        focus_ring(ui, &response, f32::from(theme::RADIUS));
        badge::glyph(
            ui.painter(),
            pos2(rect.left() + 19.0, rect.center().y),
            14.0,
            sign,
            color,
        );
        ui.painter().galley(
            pos2(rect.left() + 32.0, rect.center().y - galley.size().y / 2.0),
            galley,
            color,
        );
        if response.clicked() {
            clicked = Some(at);
        }
    }
    clicked
}

/// A slider of this width between two values, even in ratios; returns the new value.
pub fn slider(ui: &mut Ui, width: f32, value: f32, low: f32, high: f32, name: &str) -> Option<f32> {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 28.0), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, f64::from(value), name));
    let (from, to) = (rect.left() + 7.0, rect.right() - 7.0);
    let share = ((value / low).ln() / (high / low).ln()).clamp(0.0, 1.0);
    let knob = pos2(from + (to - from) * share, rect.center().y);
    let line = |a: f32, b: f32| Rect::from_min_max(pos2(a, knob.y - 2.0), pos2(b, knob.y + 2.0));
    ui.painter().rect_filled(line(from, to), 2.0, theme::CONTROL);
    ui.painter().rect_filled(line(from, knob.x), 2.0, theme::ACCENT);
    let hot = response.hovered() || response.dragged() || response.has_focus();
    ui.painter()
        .circle_filled(knob, if hot { 8.0 } else { 7.0 }, theme::TEXT);
    focus_ring(ui, &response, 6.0);
    let response = response.on_hover_text(name);
    let at = response.interact_pointer_pos()?;
    let share = ((at.x - from) / (to - from).max(1.0)).clamp(0.0, 1.0);
    Some(low * (high / low).powf(share))
}

/// A one-line field with a name for screen readers and a hint.
pub fn field(ui: &mut Ui, text: &mut String, name: &str, hint: &str, width: f32) -> Response {
    let response = ui.add(
        TextEdit::singleline(text)
            .hint_text(RichText::new(hint).color(theme::COUNT))
            .font(theme::regular(13.0))
            .desired_width(width)
            .frame(
                egui::Frame::new()
                    .fill(theme::GRID)
                    .stroke(Stroke::new(1.0, theme::BORDER))
                    .corner_radius(theme::RADIUS_FIELD)
                    .inner_margin(Margin::symmetric(10, 6)),
            ),
    );
    let name = name.to_owned();
    let response = response.accessible_name(name);
    if response.has_focus() {
        ui.painter().rect_stroke(
            response.rect,
            f32::from(theme::RADIUS_FIELD),
            Stroke::new(1.5, theme::ACCENT),
            StrokeKind::Inside,
        );
    }
    response
}

/// A list in something that floats: as high as it needs up to this, whatever height the window before it had. Without it a
/// list that was short once stays short, for what floats offers it no more than its height of the last frame.
pub fn list_in_dialog(height: f32) -> egui::ScrollArea {
    egui::ScrollArea::vertical()
        .max_height(height)
        .min_scrolled_height(height)
}

/// A thin bar, filled from the left.
pub fn bar(ui: &mut Ui, width: f32, share: f32, color: Color32, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 4.0), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = Some(f64::from(share));
        info
    });
    ui.painter().rect_filled(rect, 2.0, theme::CONTROL);
    if share > 0.0 {
        let filled = Rect::from_min_size(rect.min, vec2((rect.width() * share.min(1.0)).max(4.0), rect.height()));
        ui.painter().rect_filled(filled, 2.0, color);
    }
    response
}

/// A small heading over a part of a side bar or page.
pub fn section(ui: &mut Ui, word: &str) {
    ui.add_space(2.0);
    ui.label(
        RichText::new(word.to_uppercase())
            .font(theme::semibold(11.0))
            .color(theme::TEXT_3),
    );
}

/// Text of the second rank.
pub fn second(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).color(theme::TEXT_2).font(theme::regular(12.0)))
}

/// Text of the third rank.
pub fn third(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).color(theme::TEXT_3).font(theme::regular(12.0)))
}

/// Text of the first rank.
pub fn strong(ui: &mut Ui, text: impl Into<String>, size: f32) -> Response {
    ui.label(RichText::new(text).color(theme::TEXT).font(theme::semibold(size)))
}

/// One line laid out for a painter, cut off with an ellipsis where it takes more than this room.
#[must_use]
pub fn cut(painter: &Painter, words: &str, font: egui::FontId, color: Color32, room: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(words.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(room);
    painter.layout_job(job)
}

/// One line, cut off with an ellipsis where it does not fit, whole in the tooltip.
pub fn one_line(ui: &mut Ui, text: &str, font: egui::FontId, color: Color32) -> Response {
    ui.add(egui::Label::new(RichText::new(text).font(font).color(color)).truncate())
}

/// Five stars to click; returns the new rating, which is 0 where the present one was clicked again.
pub fn stars(ui: &mut Ui, now: u8, size: f32) -> Option<u8> {
    let mut picked = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for star in 1..=5_u8 {
            let (rect, response) = ui.allocate_exact_size(vec2(size + 1.0, size + 6.0), Sense::click());
            let name = if star == 1 {
                "1 star".to_owned()
            } else {
                format!("{star} stars")
            };
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, star <= now, &name));
            let color = match (star <= now, response.hovered()) {
                (true, _) => theme::STAR,
                (false, true) => theme::TEXT_2,
                (false, false) => theme::CONTROL_ACTIVE,
            };
            ui.painter().text(
                rect.center(),
                Align2::CENTER_CENTER,
                "\u{2605}",
                theme::regular(size),
                color,
            );
            focus_ring(ui, &response, 3.0);
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                picked = Some(if star == now { 0 } else { star });
            }
        }
    });
    picked
}

/// A line of a menu with an icon, its name and its key.
pub fn menu_item(ui: &mut Ui, sign: &str, word: &str, key: Option<String>) -> Response {
    let width = ui.available_width().max(230.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 28.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, ui.is_enabled(), word));
    let on = ui.is_enabled() && (response.hovered() || response.has_focus());
    if on {
        ui.painter()
            .rect_filled(rect, f32::from(theme::RADIUS), theme::CONTROL_HOVER);
    }
    let color = if ui.is_enabled() { theme::TEXT } else { theme::COUNT };
    badge::glyph(
        ui.painter(),
        pos2(rect.left() + 18.0, rect.center().y),
        14.0,
        sign,
        if ui.is_enabled() { theme::TEXT_2 } else { theme::COUNT },
    );
    let painter = ui.painter().with_clip_rect(rect.shrink2(vec2(8.0, 0.0)));
    painter.text(
        pos2(rect.left() + 34.0, rect.center().y),
        Align2::LEFT_CENTER,
        word,
        theme::regular(13.0),
        color,
    );
    if let Some(key) = key {
        ui.painter().text(
            pos2(rect.right() - 10.0, rect.center().y),
            Align2::RIGHT_CENTER,
            key,
            theme::regular(11.0),
            theme::TEXT_3,
        );
    }
    response
}

/// A key cap with what it does.
pub fn key_hint(ui: &mut Ui, key: &str, word: &str) {
    let cap = ui
        .painter()
        .layout_no_wrap(key.to_owned(), theme::semibold(11.0), theme::TEXT);
    let (rect, _) = ui.allocate_exact_size(vec2((cap.size().x + 10.0).max(20.0), 20.0), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, theme::CONTROL_ACTIVE);
    ui.painter().galley(rect.center() - cap.size() / 2.0, cap, theme::TEXT);
    ui.label(RichText::new(word).font(theme::regular(12.0)).color(theme::TEXT));
}

/// What is shown where a list would be: a sign, a line, an explanation.
pub fn empty(ui: &mut Ui, sign: &str, title: &str, why: &str) {
    ui.vertical_centered(|ui| {
        ui.label(
            RichText::new(sign)
                .font(theme::icons(34.0))
                .color(theme::CONTROL_ACTIVE),
        );
        ui.add_space(8.0);
        strong(ui, title, 15.0);
        ui.add_space(2.0);
        ui.label(RichText::new(why).font(theme::regular(13.0)).color(theme::TEXT_2));
    });
}

/// The sign of how something went.
#[must_use]
pub fn severity(severity: crate::engine::snapshot::Severity) -> (&'static str, Color32) {
    use crate::engine::snapshot::Severity;
    match severity {
        Severity::Info => (icon::INFO, theme::ACCENT),
        Severity::Success => (icon::CIRCLE_CHECK, theme::PICK),
        Severity::Warning => (icon::TRIANGLE_ALERT, theme::STAR),
        Severity::Error => (icon::CIRCLE_X, theme::REJECT),
    }
}
