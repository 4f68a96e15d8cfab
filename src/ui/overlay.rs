//! What floats over the page: notices, the undo offer, the command palette, the cheat sheet.

use super::{
    action::{Entry, Group, TABLE},
    app::App,
    badge, icon, keys, theme,
    widget::{self, Look},
};
use crate::engine::{command::Command, snapshot::Notice};
use eframe::egui::{
    self, Align2, Area, Frame, Id, Key, Layout, Margin, Modal, Order, Rect, RichText, Role, ScrollArea, Sense, Stroke,
    Ui, WidgetInfo, pos2, vec2,
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

fn small_close(ui: &mut Ui, name: &str) -> bool {
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
    if left <= 0.0 || (looking && !step.ends_with("to the trash")) {
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

/// The lines of the table that answer to what was typed, best first.
#[must_use]
pub fn matches(text: &str) -> Vec<&'static Entry> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<(usize, &Entry)> = TABLE
        .iter()
        .filter_map(|entry| {
            let label = entry.label.to_lowercase();
            let all = format!(
                "{label} {} {}",
                entry.hint.to_lowercase(),
                entry.group.title().to_lowercase()
            );
            let hit = words.iter().all(|word| all.contains(word.as_str()));
            let rank = match words.first() {
                Some(first) if label.starts_with(first.as_str()) => 0,
                Some(first) if label.contains(first.as_str()) => 1,
                _ => 2,
            };
            hit.then_some((rank, entry))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// Draws the palette, if it is open.
pub fn palette(app: &mut App, ui: &mut Ui) {
    let Some(mut palette) = app.palette.take() else { return };
    let ctx = ui.ctx().clone();
    let mut chosen = None;
    let top = (ctx.content_rect().height() * 0.14).max(40.0);
    let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, top));
    let modal = Modal::new(Id::unique("palette"))
        .area(area)
        .frame(theme::floating().inner_margin(Margin::same(8)))
        .backdrop_color(theme::BACKDROP)
        .show(&ctx, |ui| {
            ui.set_width(560.0_f32.min(ctx.content_rect().width() - 60.0));
            let step = ui.input_mut(|input| {
                let down = input.count_and_consume_key(egui::Modifiers::NONE, Key::ArrowDown);
                let up = input.count_and_consume_key(egui::Modifiers::NONE, Key::ArrowUp);
                (down, up)
            });
            let width = ui.available_width();
            let field = widget::field(ui, &mut palette.text, "Find an action", "Find an action", width);
            let enter = ui.input(|input| input.key_pressed(Key::Enter));
            if !enter {
                field.request_focus();
            }
            if field.changed() {
                palette.at = 0;
            }
            let found = matches(&palette.text);
            palette.at = (palette.at + step.0)
                .saturating_sub(step.1)
                .min(found.len().saturating_sub(1));
            ui.add_space(6.0);
            ScrollArea::vertical()
                .max_height((ctx.content_rect().height() * 0.55).min(420.0))
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    for (at, entry) in found.iter().enumerate() {
                        let on = at == palette.at;
                        let response = palette_row(ui, entry, on);
                        if on && (step.0 + step.1 > 0) {
                            response.scroll_to_me(None);
                        }
                        if response.clicked() || (on && enter) {
                            chosen = Some(entry.action);
                        }
                    }
                    if found.is_empty() {
                        ui.add_space(10.0);
                        widget::empty(ui, icon::SEARCH_X, "No such action", "Try another word.");
                        ui.add_space(10.0);
                    }
                });
        });
    match chosen {
        Some(action) => app.act(&ctx, action),
        None if modal.should_close() => {}
        None => app.palette = Some(palette),
    }
}

fn palette_row(ui: &mut Ui, entry: &Entry, on: bool) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, on, entry.label));
    if on || response.hovered() {
        let plate = if on { theme::ACCENT_DIM } else { theme::CONTROL };
        ui.painter().rect_filled(rect, f32::from(theme::RADIUS), plate);
    }
    let left = rect.left() + 12.0;
    ui.painter().text(
        pos2(left, rect.center().y - 9.0),
        Align2::LEFT_CENTER,
        entry.label,
        theme::medium(13.0),
        theme::TEXT,
    );
    let painter = ui
        .painter()
        .with_clip_rect(Rect::from_min_max(rect.min, pos2(rect.right() - 96.0, rect.bottom())));
    painter.text(
        pos2(left, rect.center().y + 9.0),
        Align2::LEFT_CENTER,
        entry.hint,
        theme::regular(11.5),
        theme::TEXT_2,
    );
    if let Some(key) = entry.keys.first() {
        let galley = ui
            .painter()
            .layout_no_wrap(keys::shortcut_text(*key), theme::medium(11.0), theme::TEXT_2);
        let size = galley.size() + vec2(12.0, 6.0);
        let cap = Rect::from_center_size(pos2(rect.right() - 12.0 - size.x / 2.0, rect.center().y), size);
        ui.painter().rect_filled(cap, 4.0, theme::CONTROL);
        ui.painter()
            .galley(cap.center() - galley.size() / 2.0, galley, theme::TEXT_2);
    }
    response
}

/// Draws every key on one page, if it is open.
pub fn cheat_sheet(app: &mut App, ui: &mut Ui) {
    if !app.cheat_sheet {
        return;
    }
    let ctx = ui.ctx().clone();
    let screen = ctx.content_rect();
    let modal = Modal::new(Id::unique("cheat sheet"))
        .frame(theme::floating())
        .backdrop_color(theme::BACKDROP)
        .show(&ctx, |ui| {
            ui.set_width(900.0_f32.min(screen.width() - 80.0));
            ui.horizontal(|ui| {
                widget::strong(ui, "Keys", 18.0);
                ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                    if small_close(ui, "Close the keys") {
                        ui.close();
                    }
                });
            });
            widget::second(
                ui,
                "Shift with a mark goes on to the next photo. Nothing is deleted with one key.",
            );
            ui.add_space(8.0);
            ScrollArea::vertical()
                .max_height(screen.height() - 200.0)
                .min_scrolled_height(screen.height() - 200.0)
                .show(ui, |ui| {
                    let columns = if screen.width() > 900.0 { 3 } else { 2 };
                    ui.columns(columns, |columns| {
                        let last = columns.len().saturating_sub(1);
                        for (at, group) in Group::ALL.into_iter().enumerate() {
                            let column = match group {
                                Group::Mark => last,
                                Group::Move | Group::View => 0,
                                _ => at.min(1),
                            };
                            if let Some(ui) = columns.get_mut(column) {
                                sheet_group(ui, group);
                            }
                        }
                    });
                });
        });
    if modal.should_close() {
        app.cheat_sheet = false;
    }
}

fn sheet_group(ui: &mut Ui, group: Group) {
    widget::section(ui, group.title());
    ui.add_space(2.0);
    for entry in TABLE
        .iter()
        .filter(|entry| entry.group == group && !entry.keys.is_empty())
    {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let keys: Vec<String> = entry.keys.iter().take(2).map(|key| keys::shortcut_text(*key)).collect();
        let words = format!("{}, {}", entry.label, keys.join(" or "));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        let painter = ui.painter();
        let mut right = rect.right() - 6.0;
        for key in keys.iter().rev() {
            let galley = painter.layout_no_wrap(key.clone(), theme::medium(11.0), theme::TEXT);
            let size = vec2((galley.size().x + 10.0).max(20.0), 19.0);
            let cap = Rect::from_min_size(pos2(right - size.x, rect.center().y - 9.5), size);
            painter.rect(cap, 4.0, theme::CONTROL, Stroke::NONE, egui::StrokeKind::Inside);
            painter.galley(cap.center() - galley.size() / 2.0, galley, theme::TEXT);
            right = cap.left() - 4.0;
        }
        let clip = Rect::from_min_max(rect.min, pos2(right - 4.0, rect.bottom()));
        painter.with_clip_rect(clip).text(
            pos2(rect.left(), rect.center().y),
            Align2::LEFT_CENTER,
            entry.label,
            theme::regular(13.0),
            theme::TEXT_2,
        );
    }
    ui.add_space(12.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i18_every_action_is_in_the_palette_and_found_by_its_name() {
        assert_eq!(matches("").len(), TABLE.len());
        for entry in TABLE {
            let found = matches(entry.label);
            assert!(found.iter().any(|one| one.action == entry.action), "{}", entry.label);
        }
        assert!(matches("zzz").is_empty());
    }
}
