//! When, over which networks, how fast and in which order is sent: the limits on the Backup page.

use super::{
    app::App,
    icon, theme,
    widget::{self, Look},
};
use crate::{
    engine::{
        Hidden, Hours, Order, SendRules,
        command::Command,
        snapshot::{SendingView, Snapshot},
    },
    model::content::human_bytes,
};
use eframe::egui::{RichText, Ui, vec2};

/// The night that is offered.
const NIGHT: Hours = Hours {
    from: 22 * 60,
    to: 7 * 60,
};
/// The speeds that are offered, in bytes a second.
const SPEEDS: [u64; 4] = [500_000, 1_000_000, 5_000_000, 20_000_000];

/// Draws the limits.
pub fn show(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    if snap.stores.is_empty() {
        return;
    }
    widget::section(ui, "Limits");
    let view = &snap.sending;
    let before = view.rules.clone();
    let mut rules = before.clone();
    theme::card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(6.0, 8.0);
        row(ui, "Hours", |ui| hours(app, ui, &mut rules));
        row(ui, "Networks", |ui| networks(ui, view, &mut rules));
        row(ui, "Speed", |ui| {
            if widget::chip(ui, None, "As fast as it goes", rules.bandwidth.is_none()).clicked() {
                rules.bandwidth = None;
            }
            for speed in SPEEDS {
                let word = format!("{}/s", human_bytes(speed));
                if widget::chip(ui, None, &word, rules.bandwidth == Some(speed)).clicked() {
                    rules.bandwidth = Some(speed);
                }
            }
            if let Some(own) = rules.bandwidth.filter(|own| !SPEEDS.contains(own)) {
                widget::chip(ui, None, &format!("{}/s", human_bytes(own)), true);
            }
        });
        row(ui, "Order", |ui| {
            for order in Order::ALL {
                if widget::chip(ui, None, order.title(), rules.order == order).clicked() {
                    rules.order = order;
                }
            }
        });
    });
    if rules != before {
        app.send(Command::SetRules(rules));
    }
    ui.add_space(6.0);
}

fn row(ui: &mut Ui, word: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal_wrapped(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(86.0, 26.0), eframe::egui::Sense::hover());
        ui.painter().text(
            rect.left_center(),
            eframe::egui::Align2::LEFT_CENTER,
            word,
            theme::regular(13.0),
            theme::TEXT_2,
        );
        add(ui);
    });
}

fn hours(app: &mut App, ui: &mut Ui, rules: &mut SendRules) {
    if widget::chip(ui, None, "Any time", rules.hours.is_none()).clicked() {
        rules.hours = None;
    }
    if widget::chip(ui, None, "At night, 22:00 to 7:00", rules.hours == Some(NIGHT)).clicked() {
        rules.hours = Some(NIGHT);
    }
    if let Some(own) = rules.hours.filter(|hours| *hours != NIGHT) {
        widget::chip(ui, None, &own.to_string(), true);
    }
    let field = widget::field(ui, &mut app.hours, "Own hours", "Or 9:00-17:00", 120.0);
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
    if enter && let Some(hours) = Hours::parse(&app.hours) {
        rules.hours = Some(hours);
        app.hours.clear();
    }
}

fn networks(ui: &mut Ui, view: &SendingView, rules: &mut SendRules) {
    if widget::chip(ui, None, "Wait on metered networks", rules.spare_metered).clicked() {
        rules.spare_metered = !rules.spare_metered;
    }
    match view.metered {
        Some(metered) => {
            let words = if metered {
                "This network costs by the byte."
            } else {
                "This network does not cost by the byte."
            };
            widget::third(ui, words);
        }
        None => {
            let hint = "Your system does not say whether its network costs by the byte.";
            let chip = widget::chip(ui, None, "This network is metered", rules.metered_by_hand);
            if chip.on_hover_text(hint).clicked() {
                rules.metered_by_hand = !rules.metered_by_hand;
            }
        }
    }
}

/// What holds the queue back now: a rule, or keys that are locked; with what to do.
pub fn held(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    if snap.sending.locked {
        theme::card().show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                sign(ui, icon::SHIELD_CHECK);
                ui.label(
                    RichText::new("The keys of your stores are encrypted.")
                        .font(theme::medium(13.0))
                        .color(theme::TEXT),
                );
                let field = super::add_store::password(ui, app.passphrase.text(), "Passphrase", 220.0);
                let enter = field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
                let go = widget::button(ui, Look::Primary, None, "Unlock").clicked();
                if (go || enter) && !app.passphrase.is_empty() {
                    app.send(Command::Unlock(Hidden(app.passphrase.secret())));
                    app.passphrase = crate::engine::Typed::default();
                }
            });
        });
    }
    let waits = snap.queue.total > 0 || snap.queue.waiting > 0;
    let Some((store, why)) = snap.sending.held.first().filter(|_| waits) else {
        return;
    };
    theme::card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            sign(ui, icon::CLOCK);
            let words = match snap.sending.held.len() {
                1 => format!("{store}. {why}"),
                _ => why.clone(),
            };
            let room = (ui.available_width() - 130.0).max(100.0);
            ui.allocate_ui(vec2(room, 30.0), |ui| {
                widget::one_line(ui, &words, theme::regular(13.0), theme::TEXT).on_hover_text(&words);
            });
            if widget::button(ui, Look::Plain, None, "Send now").clicked() {
                app.send(Command::SendNow);
            }
        });
    });
}

fn sign(ui: &mut Ui, sign: &str) {
    ui.label(RichText::new(sign).font(theme::icons(15.0)).color(theme::STAR));
}
