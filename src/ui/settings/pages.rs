//! The pages of settings that are values: a row each, with the choices that make sense rather than a field to be wrong in.

use super::cap;
use crate::{
    engine::{command::Command, settings::SettingsChange},
    model::time::DAY_MS,
    ui::{
        app::App,
        icon, text, theme,
        widget::{self, Look},
    },
};
use eframe::egui::Ui;
use std::path::Path;

const GB: u64 = 1 << 30;

/// A row of chips, of which one holds; what holds now is offered even where it is none of the usual.
pub(super) fn choose<T: Copy + PartialEq>(
    ui: &mut Ui,
    row: (&str, &str),
    usual: &[T],
    now: T,
    word: impl Fn(T) -> String,
    mut chosen: impl FnMut(T),
) {
    let mut values = usual.to_vec();
    if !values.contains(&now) {
        values.push(now);
    }
    cap::row(ui, row.0, row.1, |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        for value in values.into_iter().rev() {
            let on = value == now;
            let chip = widget::chip(ui, None, &word(value), on);
            let name = format!("{}, {}", row.0, word(value));
            let chip = chip.accessible_name(name);
            if chip.clicked() && !on {
                chosen(value);
            }
        }
    });
}

pub(super) fn general(app: &mut App, ui: &mut Ui) {
    let settings = app.snap.settings.settings.clone();
    let release = settings.release;
    let set = |change| app.send(Command::Set(change));
    widget::section(ui, "Backup");
    cap::card(ui, |ui| {
        choose(
            ui,
            (
                "Files sent at once",
                "More are faster on a quick line, fewer leave it to others.",
            ),
            &[1, 2, 4, 8],
            settings.uploads,
            |count| count.to_string(),
            |count| set(SettingsChange::Uploads(count)),
        );
    });
    widget::section(ui, "Optimize Storage");
    cap::card(ui, |ui| {
        choose(
            ui,
            (
                "Proven copies",
                "How many stores must have a copy, read back whole, before an original may go.",
            ),
            &[1, 2, 3],
            u8::try_from(release.min_copies.get()).unwrap_or(u8::MAX),
            |count| text::count(u64::from(count), "copy").replace("copys", "copies"),
            |count| set(SettingsChange::MinCopies(count)),
        );
        cap::line(ui);
        choose(
            ui,
            (
                "Originals are held for",
                "On this disk, after the optimized copy took their place. Then a second proof.",
            ),
            &[DAY_MS, 7 * DAY_MS, 30 * DAY_MS],
            release.hold_ms,
            |ms| text::count(u64::try_from(ms / DAY_MS).unwrap_or(0), "day"),
            |ms| set(SettingsChange::HoldMs(ms)),
        );
        cap::line(ui);
        choose(
            ui,
            (
                "Size of optimized copies",
                "The long edge in pixels. Larger ones free less.",
            ),
            &[1280, 2048, 2560, 3840],
            release.proxy_edge,
            |edge| edge.to_string(),
            |edge| set(SettingsChange::ProxyEdge(edge)),
        );
    });
    widget::third(ui, format!("As it is set, {}.", release.words()));
}

pub(super) fn cache(app: &mut App, ui: &mut Ui) {
    let view = std::sync::Arc::clone(&app.snap.settings);
    let limit = view.settings.thumb_cache_bytes;
    cap::card(ui, |ui| {
        let words = format!("{} of {}", text::bytes(view.thumb_bytes), text::bytes(limit));
        cap::row(ui, "Thumbnails kept", "", |ui| {
            if widget::button(ui, Look::Plain, Some(icon::TRASH_2), "Empty the cache").clicked() {
                app.send(Command::EmptyThumbs);
            }
            ui.add_space(8.0);
            widget::second(ui, words.clone());
        });
        let share = text::share(view.thumb_bytes, limit);
        widget::bar(ui, ui.available_width(), share, theme::ACCENT, "Thumbnails kept");
        ui.add_space(12.0);
        cap::line(ui);
        choose(
            ui,
            (
                "At most",
                "From the next start on. What was not looked at for longest goes first.",
            ),
            &[GB, 2 * GB, 4 * GB, 8 * GB, 16 * GB],
            limit,
            |bytes| format!("{} GB", bytes / GB),
            |bytes| app.send(Command::Set(SettingsChange::ThumbCacheBytes(bytes))),
        );
        cap::line(ui);
        place(ui, "Where they lie", &view.cache);
    });
    widget::third(
        ui,
        "Emptying it touches no photo. Thumbnails are made again as you look at your photos.",
    );
}

fn place(ui: &mut Ui, name: &str, path: &Path) {
    let words = path.display().to_string();
    cap::row(ui, name, "", |ui| {
        if widget::button(ui, Look::Quiet, Some(icon::COPY), "Copy")
            .accessible_name(format!("Copy, {name}"))
            .clicked()
        {
            ui.ctx().copy_text(words.clone());
        }
        let room = (ui.available_width() - 180.0).max(80.0);
        ui.scope(|ui| {
            ui.set_max_width(room);
            widget::one_line(ui, &words, theme::regular(12.5), theme::TEXT_2);
        });
    });
}

pub(super) fn about(app: &mut App, ui: &mut Ui) {
    let view = std::sync::Arc::clone(&app.snap.settings);
    cap::card(ui, |ui| {
        cap::row(
            ui,
            "Safelight",
            "You can let go of the original, because its copy is proven.",
            |ui| {
                widget::second(ui, concat!("Version ", env!("CARGO_PKG_VERSION")));
            },
        );
    });
    widget::section(ui, "Where it keeps its things");
    cap::card(ui, |ui| {
        place(ui, "Settings and keys", &view.config);
        cap::line(ui);
        place(ui, "Catalog and held originals", &view.data);
        cap::line(ui);
        place(ui, "Thumbnails", &view.cache);
    });
    widget::section(ui, "Licence");
    cap::card(ui, |ui| {
        widget::second(
            ui,
            "Safelight is free software under the MIT licence or the Apache License 2.0, as you like. It brings the typeface \
             Inter (SIL Open Font License 1.1), the icons of Lucide (ISC) and SQLite (public domain). RAW files are developed by \
             rawler (LGPL 2.1).",
        );
    });
}
