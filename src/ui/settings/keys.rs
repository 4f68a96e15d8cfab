//! The page of keys: presets, conflicts, and every action of the table with its keys; pressing a key rebinds.

use super::{Asked, cap};
use crate::{
    engine::{command::Command, keymap::KeymapFile},
    ui::{
        action::{Action, Entry, Group, TABLE},
        app::App,
        icon,
        keymap::{self, Conflict, Keymap, Shortcut},
        keys::{self, shortcut_text},
        state::Page,
        theme,
        widget::{self, Look},
    },
};
use eframe::egui::{self, RichText, Ui};

/// Takes the key that an action waits for. Called before keys become actions, so that pressing `Ctrl Q` here binds it.
pub fn capture(app: &mut App, ctx: &egui::Context) {
    if app.page != Page::Settings {
        app.settings.waiting = None;
    }
    let Some((action, instead_of)) = app.settings.waiting else {
        return;
    };
    let pressed = ctx.input_mut(|input| {
        let mut pressed = None;
        input.events.retain(|event| match event {
            egui::Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } => {
                pressed.get_or_insert((*modifiers, *key));
                false
            }
            // What the same key would write, and what the system made of Ctrl C, X and V.
            egui::Event::Text(_) => false,
            egui::Event::Copy => {
                pressed.get_or_insert((egui::Modifiers::COMMAND, egui::Key::C));
                false
            }
            egui::Event::Cut => {
                pressed.get_or_insert((egui::Modifiers::COMMAND, egui::Key::X));
                false
            }
            _ => true,
        });
        pressed
    });
    let Some((modifiers, key)) = pressed else { return };
    app.settings.waiting = None;
    if key == egui::Key::Escape {
        return;
    }
    let shortcut = plain((modifiers, key));
    if let Some(why) = keymap::reserved(shortcut) {
        let why = format!("{} cannot be used: {why}", shortcut_text(shortcut));
        app.settings.asked = Some(Asked::No { action, why });
        return;
    }
    let mut from = Keymap::new(&app.snap.keymap).wanted_by(shortcut);
    from.retain(|other| *other != action);
    if from.is_empty() {
        let file = keymap::bind(&app.snap.keymap, action, shortcut, instead_of);
        set(app, file);
    } else {
        app.settings.asked = Some(Asked::Take {
            action,
            key: shortcut,
            instead_of,
            from,
        });
    }
}

/// Only the modifiers that count; a sign that itself needs Shift on this layout is that sign.
fn plain((modifiers, key): Shortcut) -> Shortcut {
    let sign = matches!(key, egui::Key::Plus | egui::Key::Questionmark | egui::Key::Colon);
    let modifiers = egui::Modifiers {
        alt: modifiers.alt,
        ctrl: false,
        shift: modifiers.shift && !sign,
        mac_cmd: false,
        command: modifiers.command,
    };
    (modifiers, key)
}

fn set(app: &mut App, file: KeymapFile) {
    app.settings.asked = None;
    app.settings.resetting = false;
    app.send(Command::SetKeys(file));
}

/// Draws the page.
pub(super) fn show(app: &mut App, ui: &mut Ui) {
    let map = keys::in_force();
    presets(app, ui);
    problems(ui, &map);
    for conflict in &map.conflicts {
        settle(app, ui, conflict);
    }
    find(app, ui);
    let filter = app.settings.filter.trim().to_lowercase();
    let mut any = false;
    for group in Group::ALL {
        let hit = |entry: &&Entry| entry.group == group && answers(entry, &map, &filter);
        let entries: Vec<&Entry> = TABLE.iter().filter(hit).collect();
        if entries.is_empty() {
            continue;
        }
        any = true;
        widget::section(ui, group.title());
        cap::card(ui, |ui| {
            for (at, entry) in entries.into_iter().enumerate() {
                if at > 0 {
                    cap::line(ui);
                }
                action_row(app, ui, entry, &map);
            }
        });
    }
    if !any {
        ui.add_space(20.0);
        widget::empty(
            ui,
            icon::SEARCH_X,
            "No such action",
            "Try another word, or a key such as Ctrl Z.",
        );
    }
}

fn answers(entry: &Entry, map: &Keymap, filter: &str) -> bool {
    let keys: Vec<String> = map
        .keys_of(entry.action)
        .iter()
        .map(|key| shortcut_text(*key))
        .collect();
    let text = format!("{} {}", entry.label, entry.hint).to_lowercase();
    filter.split_whitespace().all(|word| text.contains(word)) || keys.iter().any(|key| key.to_lowercase() == filter)
}

fn presets(app: &mut App, ui: &mut Ui) {
    cap::card(ui, |ui| {
        cap::row(
            ui,
            "Keys of",
            "For fingers that know another program. Your own changes stay on top of it.",
            |_| {},
        );
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            for preset in keymap::presets() {
                let on = app.snap.keymap.preset == preset.name;
                if widget::chip(ui, None, &preset.file.title, on).clicked() && !on {
                    let file = KeymapFile {
                        preset: preset.name.to_owned(),
                        ..(*app.snap.keymap).clone()
                    };
                    set(app, file);
                }
            }
        });
    });
}

fn problems(ui: &mut Ui, map: &Keymap) {
    if map.problems.is_empty() {
        return;
    }
    cap::card(ui, |ui| {
        warning(ui, "Your keymap.ron says something that is not understood");
        for problem in map.problems.iter().take(6) {
            widget::second(ui, problem);
        }
    });
}

fn warning(ui: &mut Ui, words: &str) {
    ui.horizontal(|ui| {
        let sign = RichText::new(icon::TRIANGLE_ALERT)
            .font(theme::icons(16.0))
            .color(theme::STAR);
        ui.label(sign);
        widget::strong(ui, words, 13.0);
    });
    ui.add_space(4.0);
}

/// A key that several actions want, with a button for each of them.
fn settle(app: &mut App, ui: &mut Ui, conflict: &Conflict) {
    let key = shortcut_text(conflict.key);
    let names: Vec<&str> = conflict.actions.iter().map(|action| keymap::label(*action)).collect();
    cap::card(ui, |ui| {
        warning(ui, &format!("{key} is wanted by {}", names.join(" and ")));
        let now = match conflict.now {
            Some(action) => format!("Until you choose, it does: {}.", keymap::label(action)),
            None => "Until you choose, it does nothing.".to_owned(),
        };
        widget::second(ui, now);
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            for action in &conflict.actions {
                let words = format!("Keep {key} for {}", keymap::label(*action));
                if widget::button(ui, Look::Plain, None, &words).clicked() {
                    let file = keymap::release(&app.snap.keymap, conflict.key, *action);
                    set(app, file);
                }
            }
        });
    });
}

fn find(app: &mut App, ui: &mut Ui) {
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        widget::field(
            ui,
            &mut app.settings.filter,
            "Find an action or a key",
            "Find an action or a key",
            300.0,
        );
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if app.snap.keymap.keys.is_empty() {
                return;
            }
            if app.settings.resetting {
                if widget::button(ui, Look::Danger, None, "Reset all keys").clicked() {
                    let file = KeymapFile {
                        keys: Default::default(),
                        ..(*app.snap.keymap).clone()
                    };
                    set(app, file);
                }
                if widget::button(ui, Look::Quiet, None, "Keep my keys").clicked() {
                    app.settings.resetting = false;
                }
                widget::second(ui, "Your own keys are forgotten.");
            } else if widget::button(ui, Look::Plain, Some(icon::ROTATE_CCW), "Reset all...").clicked() {
                app.settings.resetting = true;
            }
        });
    });
    ui.add_space(2.0);
}

fn action_row(app: &mut App, ui: &mut Ui, entry: &Entry, map: &Keymap) {
    let action = entry.action;
    let waits = app.settings.waiting.filter(|(waiting, _)| *waiting == action);
    let all = map.keys_of(action).to_vec();
    cap::row(ui, entry.label, entry.hint, |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        reset_button(app, ui, entry, map);
        if action == Action::Escape {
            // Whoever is lost goes back with it, whatever was bound.
            widget::third(ui, "Esc");
            return;
        }
        if let Some((_, instead_of)) = waits {
            let hot = cap::cap(ui, "Press a key", &format!("{}, press a key", entry.label), true, false);
            if hot.clicked() {
                app.settings.waiting = None;
            }
            if let Some(old) = instead_of
                && widget::button(ui, Look::Quiet, None, "Remove").clicked()
            {
                app.settings.waiting = None;
                let file = keymap::without(&app.snap.keymap, action, old);
                set(app, file);
            }
            if widget::button(ui, Look::Quiet, None, "Cancel").clicked() {
                app.settings.waiting = None;
            }
            return;
        }
        let name = format!("{}, add a key", entry.label);
        if widget::icon_button(ui, icon::PLUS, &name, false).clicked() {
            wait(app, ui, action, None);
        }
        for key in all.iter().rev() {
            let text = shortcut_text(*key);
            let name = format!("{}, {text}, change", entry.label);
            let warn = map.conflicts.iter().any(|conflict| keymap::same(conflict.key, *key));
            if cap::cap(ui, &text, &name, false, warn).clicked() {
                wait(app, ui, action, Some(*key));
            }
        }
    });
    answer(app, ui, action);
}

fn wait(app: &mut App, ui: &Ui, action: Action, instead_of: Option<Shortcut>) {
    app.settings.waiting = Some((action, instead_of));
    app.settings.asked = None;
    // The key that comes must not press the button that asked for it.
    if let Some(focused) = ui.memory(|memory| memory.focused()) {
        ui.memory_mut(|memory| memory.surrender_focus(focused));
    }
}

fn reset_button(app: &mut App, ui: &mut Ui, entry: &Entry, map: &Keymap) {
    // Its room is always there, so that the caps of all rows end in one line.
    if !map.is_own(entry.action) {
        ui.add_space(36.0);
        return;
    }
    let name = format!("{}, reset", entry.label);
    if widget::icon_button(ui, icon::ROTATE_CCW, &name, false).clicked() {
        let file = keymap::reset(&app.snap.keymap, entry.action);
        set(app, file);
    }
}

/// Under the row, what the pressed key asks.
fn answer(app: &mut App, ui: &mut Ui, action: Action) {
    match app.settings.asked.clone() {
        Some(Asked::No { action: of, why }) if of == action => {
            ui.label(RichText::new(why).font(theme::regular(12.5)).color(theme::STAR));
            ui.add_space(8.0);
        }
        Some(Asked::Take {
            action: of,
            key,
            instead_of,
            from,
        }) if of == action => {
            let names: Vec<&str> = from.iter().map(|other| keymap::label(*other)).collect();
            let names = names.join(" and ");
            let words = format!("{} is the key of {names}. Take it away there?", shortcut_text(key));
            ui.horizontal(|ui| {
                ui.label(RichText::new(words).font(theme::regular(12.5)).color(theme::STAR));
                if widget::button(ui, Look::Primary, None, &format!("Take it from {names}")).clicked() {
                    let file = keymap::bind(&app.snap.keymap, action, key, instead_of);
                    set(app, file);
                }
                if widget::button(ui, Look::Quiet, None, "Leave it").clicked() {
                    app.settings.asked = None;
                }
            });
            ui.add_space(8.0);
        }
        _ => {}
    }
}
