//! The page of sidecars: whether and how they are written, and what a person has to settle, field by field.

use super::{cap, pages::choose};
use crate::{
    engine::{
        NameStyle,
        command::Command,
        settings::SettingsChange,
        snapshot::{ConflictView, SidecarsView},
    },
    ui::{
        app::App,
        icon, text, theme,
        widget::{self, Look},
    },
};
use eframe::egui::{RichText, Ui};
use std::sync::Arc;

pub(super) fn show(app: &mut App, ui: &mut Ui) {
    let view = Arc::clone(&app.snap.sidecars);
    for conflict in &view.conflicts {
        settle(app, ui, conflict);
    }
    if view.conflict_count > view.conflicts.len() as u64 {
        let more = view.conflict_count - view.conflicts.len() as u64;
        widget::third(ui, format!("{} more wait to be settled.", text::count(more, "photo")));
    }
    values(app, ui, &view);
    troubles(ui, &view);
    widget::third(
        ui,
        "An original is never changed. What other programs wrote into a sidecar stays in it.",
    );
}

fn values(app: &mut App, ui: &mut Ui, view: &SidecarsView) {
    let settings = app.snap.settings.settings.clone();
    cap::card(ui, |ui| {
        choose(
            ui,
            (
                "Write marks into sidecars",
                "For other programs: stars, labels, keywords, titles and captions, beside the photo.",
            ),
            &[true, false],
            view.writes,
            |on| if on { "On" } else { "Off" }.to_owned(),
            |on| app.send(Command::SetWriteSidecars(on)),
        );
        cap::line(ui);
        choose(
            ui,
            (
                "Names of new sidecars",
                "Of a RAW file alone: IMG_1.xmp for Lightroom and Bridge, IMG_1.CR2.xmp for darktable and digiKam.",
            ),
            &[NameStyle::Adobe, NameStyle::Full],
            settings.sidecar_names,
            |names| match names {
                NameStyle::Adobe => "IMG_1.xmp".to_owned(),
                NameStyle::Full => "IMG_1.CR2.xmp".to_owned(),
            },
            |names| app.send(Command::Set(SettingsChange::SidecarNames(names))),
        );
        cap::line(ui);
        choose(
            ui,
            (
                "Rejects",
                "As a rating of -1, which Bridge and darktable read and which hides the stars; or only as Safelight's flag.",
            ),
            &[false, true],
            settings.reject_as_rating,
            |on| if on { "As a rating" } else { "As a flag" }.to_owned(),
            |on| app.send(Command::Set(SettingsChange::RejectAsRating(on))),
        );
        cap::line(ui);
        let waiting = match view.waiting {
            0 => "Every sidecar says what the catalog says.".to_owned(),
            count => format!("{} to compare or write.", text::count(count, "photo")),
        };
        cap::row(ui, "Sidecars now", &waiting, |ui| {
            if widget::button(ui, Look::Plain, Some(icon::REFRESH_CW), "Write all sidecars now").clicked() {
                app.send(Command::WriteSidecars);
            }
        });
    });
}

fn troubles(ui: &mut Ui, view: &SidecarsView) {
    if view.troubles.is_empty() {
        return;
    }
    let title = format!(
        "{} that cannot be read or written",
        text::count(view.trouble_count, "sidecar")
    );
    widget::section(ui, &title);
    cap::card(ui, |ui| {
        for (at, (_, path, why)) in view.troubles.iter().enumerate() {
            if at > 0 {
                cap::line(ui);
            }
            cap::row(ui, &path.display().to_string(), why, |_| {});
        }
    });
}

/// A photo whose marks differ from its sidecar's: each field is chosen, then all are settled at once.
fn settle(app: &mut App, ui: &mut Ui, conflict: &ConflictView) {
    let name = conflict
        .path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    cap::card(ui, |ui| {
        ui.horizontal(|ui| {
            let sign = RichText::new(icon::TRIANGLE_ALERT)
                .font(theme::icons(16.0))
                .color(theme::STAR);
            ui.label(sign);
            widget::strong(ui, format!("{name} was marked here and in its sidecar"), 13.0);
        });
        for field in &conflict.fields {
            let key = (conflict.photo, field.field);
            let theirs = app.settings.theirs.contains(&key);
            let word = field.field.word();
            cap::row(ui, &capital(word), "", |ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                for (of_sidecar, value) in [(true, &field.theirs), (false, &field.ours)] {
                    let place = if of_sidecar { "Sidecar" } else { "Here" };
                    let value = if value.is_empty() { "nothing" } else { value };
                    let short: String = value.chars().take(40).collect();
                    let words = format!("{place}: {short}");
                    let chip = widget::chip(ui, None, &words, theirs == of_sidecar);
                    if chip.accessible_name(format!("{name}, {word}, {words}")).clicked() {
                        app.settings.theirs.retain(|one| *one != key);
                        if of_sidecar {
                            app.settings.theirs.push(key);
                        }
                    }
                }
            });
        }
        ui.add_space(6.0);
        if widget::button(ui, Look::Primary, Some(icon::CHECK), "Settle")
            .accessible_name(format!("Settle {name}"))
            .clicked()
        {
            let fields = conflict.fields.iter().map(|field| {
                let theirs = app.settings.theirs.contains(&(conflict.photo, field.field));
                (field.field, theirs)
            });
            let fields = fields.collect();
            app.send(Command::SettleConflict {
                photo: conflict.photo,
                fields,
            });
        }
    });
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
