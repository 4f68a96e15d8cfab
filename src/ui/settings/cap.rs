//! The rows and key caps of the settings pages.

use crate::ui::{
    theme,
    widget::{self},
};
use eframe::egui::{Align, Layout, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

/// A card with rows in it.
pub(super) fn card<R>(ui: &mut Ui, rows: impl FnOnce(&mut Ui) -> R) -> R {
    let shown = theme::card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 0.0;
        rows(ui)
    });
    ui.add_space(8.0);
    shown.inner
}

/// A row: what it is with a sentence at the left, what can be done at the right.
pub(super) fn row(ui: &mut Ui, name: &str, hint: &str, controls: impl FnOnce(&mut Ui)) {
    let height = if hint.is_empty() { 36.0 } else { 50.0 };
    let width = ui.available_width();
    ui.allocate_ui_with_layout(vec2(width, height), Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_height(height);
        controls(ui);
        let room = ui.available_width() - 12.0;
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.vertical(|ui| {
                ui.set_width(room.max(80.0));
                ui.add_space(if hint.is_empty() { 10.0 } else { 9.0 });
                ui.spacing_mut().item_spacing.y = 1.0;
                widget::one_line(ui, name, theme::regular(13.0), theme::TEXT);
                if !hint.is_empty() {
                    widget::one_line(ui, hint, theme::regular(12.0), theme::TEXT_3);
                }
            });
        });
    });
}

/// A line between rows.
pub(super) fn line(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.center().y, Stroke::new(1.0, theme::HAIRLINE));
}

/// A key cap that can be pressed; `hot` where it waits for a key.
pub(super) fn cap(ui: &mut Ui, text: &str, name: &str, hot: bool, warn: bool) -> Response {
    let color = if hot { theme::ACCENT } else { theme::TEXT };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::medium(12.0), color);
    let size = vec2((galley.size().x + 16.0).max(28.0), 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), hot, name));
    let over = response.hovered() || response.has_focus();
    let plate = match (hot, over) {
        (true, _) => theme::ACCENT_DIM,
        (false, true) => theme::CONTROL_HOVER,
        (false, false) => theme::CONTROL,
    };
    let edge = match (hot || response.has_focus(), warn) {
        (true, _) => theme::ACCENT,
        (false, true) => theme::STAR,
        (false, false) => theme::BORDER,
    };
    ui.painter()
        .rect(rect, 5.0, plate, Stroke::new(1.0, edge), StrokeKind::Inside);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
    response
}
