//! The bar at the top: the mark, the sidebar's toggle, search, the two pages, where the backup stands.

use super::{action::Action, app::App, badge, icon, keys::key_text, state::Page, text, theme, widget};
use crate::engine::snapshot::QueueState;
use eframe::egui::{
    self, Align2, Color32, Frame, Layout, Margin, Rect, RichText, Role, Sense, Stroke, StrokeKind, TextEdit, Ui,
    UiBuilder, WidgetInfo, pos2, text::CCursorRange, text_edit::TextEditState, vec2,
};

/// Draws the bar.
pub fn show(app: &mut App, ui: &mut Ui) {
    let bar = ui.max_rect();
    ui.painter()
        .hline(bar.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, theme::HAIRLINE));
    let inner = bar.shrink2(vec2(14.0, 0.0));
    let child = |ui: &mut Ui, layout| ui.new_child(UiBuilder::new().max_rect(inner).layout(layout));
    let mut at_left = child(ui, Layout::left_to_right(egui::Align::Center));
    left(app, &mut at_left);
    let mut at_right = child(ui, Layout::right_to_left(egui::Align::Center));
    right(app, &mut at_right);
    // The search box is in the middle, or where there is room beside it.
    let (from, until) = (at_left.min_rect().right() + 16.0, at_right.min_rect().left() - 16.0);
    let width = (bar.width() * 0.3).clamp(160.0, 440.0).min(until - from);
    if width < 90.0 {
        return;
    }
    let left = (bar.center().x - width / 2.0).clamp(from, until - width);
    let field = Rect::from_min_size(pos2(left, bar.top() + 10.0), vec2(width, 32.0));
    let mut middle = ui.new_child(
        UiBuilder::new()
            .max_rect(field)
            .layout(Layout::left_to_right(egui::Align::Center)),
    );
    search(app, &mut middle, field);
}

fn left(app: &mut App, ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(26.0, 26.0), Sense::hover());
    badge::mark(ui.painter(), rect.center(), 11.5);
    ui.label(
        RichText::new("Safelight")
            .font(theme::semibold(15.0))
            .color(theme::TEXT),
    );
    ui.add_space(14.0);
    let shown = app.sidebar && app.loupe.is_none() && app.beside.is_none() && !app.culling;
    if widget::action_button(ui, icon::PANEL_LEFT, "Sidebar", Action::Sidebar, shown).clicked() {
        app.act(&ui.ctx().clone(), Action::Sidebar);
    }
    if app.auto_advance {
        ui.add_space(4.0);
        if widget::chip(ui, None, "Auto-advance", true)
            .on_hover_text(auto_advance_hint())
            .clicked()
        {
            app.auto_advance = false;
        }
    }
}

fn search(app: &mut App, ui: &mut Ui, rect: Rect) {
    let error = app.snap.view.query_error.clone();
    let total = app.snap.counts.all;
    let id = egui::Id::unique("search");
    ui.painter().rect(
        rect,
        f32::from(theme::RADIUS_FIELD),
        theme::GRID,
        Stroke::new(1.0, theme::BORDER),
        StrokeKind::Inside,
    );
    badge::glyph(
        ui.painter(),
        pos2(rect.left() + 17.0, rect.center().y),
        14.0,
        icon::SEARCH,
        theme::TEXT_2,
    );
    let clear_room = if app.query.is_empty() { 66.0 } else { 34.0 };
    let inner = Rect::from_min_max(
        pos2(rect.left() + 28.0, rect.top()),
        pos2(rect.right() - clear_room, rect.bottom()),
    );
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(inner)
            .layout(Layout::left_to_right(egui::Align::Center)),
    );
    let hint = format!("Search {}", text::count(total, "photo"));
    let field = child.add(
        TextEdit::singleline(&mut app.query)
            .id(id)
            .hint_text(RichText::new(hint).color(theme::COUNT))
            .frame(Frame::new().inner_margin(Margin::symmetric(2, 6)))
            .desired_width(inner.width() - 6.0),
    );
    let field = field.accessible_name("Search");
    if app.focus_search {
        app.focus_search = false;
        field.request_focus();
        // What was searched for is there to be typed over.
        let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
        let everything = CCursorRange::select_all_str(&app.query);
        state.cursor.set_char_range(Some(everything));
        state.store(ui.ctx(), id);
    }
    if field.changed() {
        app.show();
    }
    if field.has_focus() || error.is_some() {
        let color = if error.is_some() { theme::REJECT } else { theme::ACCENT };
        ui.painter().rect_stroke(
            rect,
            f32::from(theme::RADIUS_FIELD),
            Stroke::new(1.5, color),
            StrokeKind::Inside,
        );
    }
    if let Some(error) = error.filter(|_| !app.query.is_empty()) {
        field.on_hover_text(error);
    }
    if app.query.is_empty() {
        let key = key_text(Action::Search).unwrap_or_default();
        let cap = Rect::from_center_size(pos2(rect.right() - 33.0, rect.center().y), vec2(48.0, 20.0));
        ui.painter().rect(
            cap,
            4.0,
            theme::CONTROL,
            Stroke::new(1.0, theme::BORDER),
            StrokeKind::Inside,
        );
        ui.painter().text(
            cap.center(),
            Align2::CENTER_CENTER,
            key,
            theme::medium(11.0),
            theme::TEXT_2,
        );
    } else {
        let place = Rect::from_center_size(pos2(rect.right() - 18.0, rect.center().y), vec2(24.0, 24.0));
        let clear = ui.interact(place, id.with("clear"), Sense::click());
        clear.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Clear the search"));
        let color = if clear.hovered() { theme::TEXT } else { theme::TEXT_2 };
        badge::glyph(ui.painter(), place.center(), 14.0, icon::X, color);
        if clear.clicked() {
            app.query.clear();
            app.show();
        }
    }
}

fn right(app: &mut App, ui: &mut Ui) {
    let ctx = ui.ctx().clone();
    let on = app.page == Page::Settings;
    if widget::action_button(ui, icon::SETTINGS_2, "Settings", Action::Settings, on).clicked() {
        app.act(&ctx, if on { Action::Library } else { Action::Settings });
    }
    if widget::action_button(ui, icon::COMMAND, "Command palette", Action::Palette, false).clicked() {
        app.act(&ctx, Action::Palette);
    }
    ui.add_space(2.0);
    if pill(app, ui).clicked() {
        app.act(&ctx, Action::Backup);
    }
    ui.add_space(4.0);
    // On the settings page none is shown.
    let chosen = match app.page {
        Page::Backup => 2,
        Page::Library => usize::from(app.culling),
        Page::Settings | Page::Duplicates | Page::Map => usize::MAX,
    };
    let choices = [
        (icon::LAYOUT_GRID, "Library"),
        (icon::LAYERS, "Cull"),
        (icon::SHIELD_CHECK, "Backup"),
    ];
    let clicked = widget::segments(ui, &choices, chosen);
    match clicked {
        Some(0) => app.act(&ctx, Action::Library),
        Some(1) if app.culling && app.page == Page::Library => {}
        Some(1) => app.act(&ctx, Action::Cull),
        Some(_) => app.act(&ctx, Action::Backup),
        None => {}
    }
}

/// What the pill says: sign, colour, words.
fn standing(app: &App) -> (&'static str, Color32, String) {
    let (queue, totals) = (&app.snap.queue, &app.snap.totals);
    let needs = totals.needs_you() + app.snap.sidecars.needs();
    match queue.state {
        QueueState::Running => {
            let share = text::percent(queue.bytes_done, queue.bytes_total);
            (icon::CLOUD_UPLOAD, theme::ACCENT, format!("Backing up {share}"))
        }
        QueueState::Paused => (icon::PAUSE, theme::STAR, "Backup paused".to_owned()),
        QueueState::Idle if app.snap.stores.is_empty() => (icon::CLOUD, theme::TEXT_2, "No store yet".to_owned()),
        QueueState::Idle if needs > 0 => (icon::TRIANGLE_ALERT, theme::REJECT, text::needs_you(needs)),
        QueueState::Idle => {
            let all = totals.all.photos;
            let safe = totals.proven();
            let color = if totals.all_proven() {
                theme::PICK
            } else {
                theme::TEXT_2
            };
            (icon::SHIELD_CHECK, color, format!("{} safe", text::percent(safe, all)))
        }
    }
}

fn pill(app: &App, ui: &mut Ui) -> egui::Response {
    let (sign, color, words) = standing(app);
    let galley = ui
        .painter()
        .layout_no_wrap(words.clone(), theme::medium(13.0), theme::TEXT);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 44.0, 30.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
    let plate = if response.hovered() || response.has_focus() {
        theme::CONTROL
    } else {
        theme::RAISED
    };
    ui.painter().rect_filled(rect, 15.0, plate);
    badge::glyph(
        ui.painter(),
        pos2(rect.left() + 19.0, rect.center().y),
        15.0,
        sign,
        color,
    );
    ui.painter().galley(
        pos2(rect.left() + 32.0, rect.center().y - galley.size().y / 2.0),
        galley,
        theme::TEXT,
    );
    response.on_hover_text("What is safe, and how we know")
}

fn auto_advance_hint() -> String {
    let off = key_text(Action::AutoAdvance).map_or_else(String::new, |key| format!(" {key} turns it off."));
    format!("Every mark goes on to the next photo.{off}")
}
