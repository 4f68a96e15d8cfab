//! What floats over the page: notices and the undo offer.

use super::{
    app::App,
    badge, icon, theme,
    widget::{self, Look},
};
use crate::engine::{command::Command, snapshot::Notice};
use eframe::egui::{
    self, Align2, Area, Frame, Id, Layout, Margin, Order, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2,
};

/// How long the undo of a step is offered, in seconds.
const OFFER_S: f64 = 6.0;
/// Notices on the screen at once; the rest wait in line.
const MAX_TOASTS: usize = 4;

fn toast_frame() -> Frame {
    theme::floating()
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin::symmetric(14, 12))
}

/// While folders are held over the window, it says what dropping them does.
pub fn drop_hint(ui: &mut Ui) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let screen = ui.ctx().content_rect();
    let painter = ui
        .ctx()
        .layer_painter(egui::LayerId::new(Order::Foreground, Id::unique("drop hint")));
    painter.rect_filled(screen, 0.0, theme::BACKDROP);
    let line = Stroke::new(2.0, theme::ACCENT);
    painter.rect_stroke(screen.shrink(10.0), 12.0, line, egui::StrokeKind::Inside);
    painter.text(
        screen.center(),
        Align2::CENTER_CENTER,
        "Drop folders to add them. Nothing in them is changed.",
        theme::semibold(18.0),
        theme::TEXT,
    );
}

/// Draws notices and the undo offer in the lower right corner.
pub fn toasts(app: &mut App, ui: &mut Ui) {
    let ctx = ui.ctx().clone();
    let snap = std::sync::Arc::clone(&app.snap);
    let offer = undo_offer(app, &ctx);
    if snap.notices.is_empty() && offer.is_none() {
        return;
    }
    // Nothing covers the strip of the loupe.
    let strip = if app.loupe.is_some() && !app.full_screen {
        theme::FILMSTRIP
    } else {
        0.0
    };
    let gap = vec2(-18.0, -(theme::STATUS_BAR + strip + 14.0));
    Area::new(Id::unique("toasts"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, gap)
        .show(&ctx, |ui| {
            ui.set_width(380.0_f32.min(ctx.content_rect().width() - 60.0));
            ui.spacing_mut().item_spacing.y = 10.0;
            let more = snap.notices.len().saturating_sub(MAX_TOASTS);
            for notice in snap.notices.iter().skip(more) {
                toast(app, ui, notice);
            }
            if let Some(step) = offer {
                undo(app, ui, &step);
            }
        });
}

fn toast(app: &App, ui: &mut Ui, notice: &Notice) {
    let (sign, color) = widget::severity(notice.severity);
    toast_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            ui.label(RichText::new(sign).font(theme::icons(17.0)).color(color));
            let room = ui.available_width() - 36.0;
            ui.vertical(|ui| {
                ui.set_width(room);
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.label(
                    RichText::new(&notice.what)
                        .font(theme::semibold(13.0))
                        .color(theme::TEXT),
                );
                if !notice.why.is_empty() {
                    widget::second(ui, &notice.why);
                }
                if !notice.do_next.is_empty() {
                    ui.label(
                        RichText::new(&notice.do_next)
                            .font(theme::regular(12.0))
                            .color(theme::TEXT),
                    );
                }
            });
            let name = format!("Dismiss: {}", notice.what);
            if small_close(ui, &name) {
                app.send(Command::Dismiss(notice.id));
            }
        });
    });
}

pub(in crate::ui) fn small_close(ui: &mut Ui, name: &str) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let hot = response.hovered() || response.has_focus();
    if hot {
        ui.painter().rect_filled(rect, 6.0, theme::CONTROL_HOVER);
    }
    let color = if hot { theme::TEXT } else { theme::TEXT_3 };
    badge::glyph(ui.painter(), rect.center(), 13.0, icon::X, color);
    response.clicked()
}

/// The step that can be taken back, for some seconds after it was made.
fn undo_offer(app: &mut App, ctx: &egui::Context) -> Option<String> {
    let now = ctx.input(|input| input.time);
    if app.snap.undo != app.undo_seen.0 {
        app.undo_seen = (app.snap.undo.clone(), now);
    }
    let left = OFFER_S - (now - app.undo_seen.1);
    let step = app.undo_seen.0.clone()?;
    // While culling, every key is a step: Ctrl+Z is enough there, but for what leaves the list.
    let looking = app.loupe.is_some() || app.beside.is_some();
    let leaves = ["Move ", "Rename "].iter().any(|word| step.starts_with(word));
    if left <= 0.0 || (looking && !leaves) {
        return None;
    }
    ctx.request_repaint_after(std::time::Duration::from_secs_f64(left.clamp(0.05, OFFER_S)));
    Some(step)
}

fn undo(app: &mut App, ui: &mut Ui, step: &str) {
    toast_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                if widget::button(ui, Look::Plain, None, "Undo").clicked() {
                    app.send(Command::Undo);
                    app.undo_seen.1 = f64::NEG_INFINITY;
                }
                ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                    widget::one_line(ui, step, theme::regular(13.0), theme::TEXT);
                });
            });
        });
    });
}
