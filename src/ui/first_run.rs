//! Before there is anything to show: the first start, the moment of opening, and what could not be opened.

use super::{
    action::Action,
    app::App,
    badge, icon,
    keys::key_text,
    state::Dialog,
    theme,
    widget::{self, Look},
};
use crate::engine::{command::Command, snapshot::Notice};
use eframe::egui::{
    Align, Align2, Layout, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

/// The first start: what this is, and three ways to begin.
pub fn show(app: &mut App, ui: &mut Ui) {
    let all = ui.max_rect();
    let page = Rect::from_center_size(
        all.center(),
        vec2(640.0_f32.min(all.width() - 48.0), 560.0_f32.min(all.height() - 24.0)),
    );
    let mut ui = ui.new_child(UiBuilder::new().max_rect(page));
    let ui = &mut ui;
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.vertical_centered(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(64.0, 64.0), Sense::hover());
        badge::mark(ui.painter(), rect.center(), 28.0);
        ui.add_space(16.0);
        widget::strong(ui, "Safelight", 28.0);
        ui.add_space(8.0);
        ui.label(
            RichText::new(
                "Browse and choose your photos, and see for each one\nwhere its copies are, and how we know.",
            )
            .font(theme::regular(15.0))
            .color(theme::TEXT_2),
        );
    });
    ui.add_space(28.0);
    let ctx = ui.ctx().clone();
    let first = "Choose photo folders";
    if choice(
        ui,
        icon::FOLDER_PLUS,
        first,
        "Nothing in them is moved or changed. You can also drop folders here.",
        true,
    )
    .clicked()
    {
        app.act(&ctx, Action::AddFolders);
    }
    ui.add_space(10.0);
    let stores = app.snap.stores.len();
    let (second, why) = match stores {
        0 => (
            "Choose where copies go".to_owned(),
            "A folder on another disk or a network share. This can wait.".to_owned(),
        ),
        1 => (
            format!(
                "Copies go to {}",
                app.snap.stores.first().map_or("", |store| store.name.as_str())
            ),
            "Add another store, on another disk.".to_owned(),
        ),
        _ => (
            format!("Copies go to {stores} stores"),
            "Add another store, on another disk.".to_owned(),
        ),
    };
    if choice(ui, icon::SHIELD_CHECK, &second, &why, false).clicked() {
        app.dialog = Some(Dialog::add_store());
    }
    ui.add_space(10.0);
    if choice(
        ui,
        icon::IMAGES,
        "Try it with sample photos",
        "Thirty pictures in a folder of their own, to look around in. Forget them any time.",
        false,
    )
    .clicked()
    {
        app.send(Command::TrySamples);
    }
    ui.add_space(22.0);
    ui.vertical_centered(|ui| {
        widget::third(
            ui,
            format!(
                "Your photos stay ordinary files in your own folders.{}{}",
                key_text(Action::Palette).map_or_else(String::new, |key| format!(" {key} finds every action.")),
                key_text(Action::CheatSheet).map_or_else(String::new, |key| format!(" {key} shows every key.")),
            ),
        );
    });
}

fn choice(ui: &mut Ui, sign: &str, title: &str, why: &str, first: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 76.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, title));
    let hot = response.hovered() || response.has_focus();
    let (plate, line) = match (first, hot) {
        (true, true) => (theme::PRIMARY_HOVER, theme::PRIMARY_HOVER),
        (true, false) => (theme::PRIMARY, theme::PRIMARY),
        (false, true) => (theme::RAISED, theme::BORDER),
        (false, false) => (theme::PANEL, theme::HAIRLINE),
    };
    let painter = ui.painter().with_clip_rect(rect.expand(3.0));
    painter.rect(
        rect,
        f32::from(theme::RADIUS_CARD),
        plate,
        Stroke::new(1.0, line),
        StrokeKind::Inside,
    );
    if response.has_focus() {
        painter.rect_stroke(
            rect,
            f32::from(theme::RADIUS_CARD),
            Stroke::new(2.0, theme::ACCENT),
            StrokeKind::Outside,
        );
    }
    let (main, second) = if first {
        (theme::ON_PRIMARY, theme::faded(theme::ON_PRIMARY, 0.85))
    } else {
        (theme::TEXT, theme::TEXT_2)
    };
    badge::glyph(&painter, pos2(rect.left() + 40.0, rect.center().y), 24.0, sign, main);
    let left = rect.left() + 76.0;
    painter.text(
        pos2(left, rect.center().y - 11.0),
        Align2::LEFT_CENTER,
        title,
        theme::semibold(15.0),
        main,
    );
    let galley = widget::cut(&painter, why, theme::regular(13.0), second, rect.right() - left - 40.0);
    painter.galley(pos2(left, rect.center().y + 2.0), galley, second);
    badge::glyph(
        &painter,
        pos2(rect.right() - 24.0, rect.center().y),
        16.0,
        icon::CHEVRON_RIGHT,
        second,
    );
    response
}

/// The catalog is being opened.
pub fn loading(ui: &mut Ui) {
    let center = ui.max_rect().center();
    badge::mark(ui.painter(), center - vec2(0.0, 22.0), 22.0);
    let rect = Rect::from_center_size(center + vec2(0.0, 26.0), vec2(320.0, 24.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    child.vertical_centered(|ui| widget::second(ui, "Opening your library"));
}

/// Nothing can be done but to read why.
pub fn fatal(app: &mut App, ui: &mut Ui, notice: &Notice) {
    let all = ui.max_rect();
    let page = Rect::from_center_size(
        all.center(),
        vec2(560.0_f32.min(all.width() - 48.0), 280.0_f32.min(all.height())),
    );
    let mut ui = ui.new_child(UiBuilder::new().max_rect(page));
    ui.vertical_centered(|ui| {
        ui.label(
            RichText::new(icon::TRIANGLE_ALERT)
                .font(theme::icons(36.0))
                .color(theme::REJECT),
        );
        ui.add_space(12.0);
        widget::strong(ui, &notice.what, 18.0);
        ui.add_space(6.0);
        ui.label(RichText::new(&notice.why).color(theme::TEXT_2));
        ui.add_space(4.0);
        ui.label(RichText::new(&notice.do_next).color(theme::TEXT));
        ui.add_space(20.0);
        // Both in the middle, one beside the other.
        ui.allocate_ui_with_layout(vec2(200.0, 32.0), Layout::left_to_right(Align::Center), |ui| {
            if widget::button(ui, Look::Primary, None, "Try again").clicked() {
                app.send(Command::TryAgain);
            }
            if widget::button(ui, Look::Plain, None, "Quit").clicked() {
                app.act(&ui.ctx().clone(), Action::Quit);
            }
        });
        ui.add_space(8.0);
        widget::third(ui, "None of your photos was touched.");
    });
}
