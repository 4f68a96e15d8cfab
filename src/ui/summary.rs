//! Several selected photos in the inspector: how they stand together, and what can be done with all of them.

use super::{
    action::Action,
    app::App,
    badge, icon, keywords,
    marking::{self, Given},
    state::Summary,
    text, theme, widget, writing,
};
use crate::{
    engine::{
        command::{Command, Source},
        together::Together,
    },
    model::{metadata::MediaKind, rating::Flag, safety::Safety},
};
use eframe::egui::{self, Frame, Layout, Margin, RichText, Sense, Ui, vec2};
use std::sync::Arc;

/// What the selected photos have in common, where that is known by now.
pub(in crate::ui) fn common(app: &App) -> Option<Arc<Together>> {
    let asked = app.selection.version();
    app.snap.together.clone().filter(|together| together.asked == asked)
}

/// Asks for it where that has not been asked: once for each selection; it is kept true by the engine from then on.
fn ask(app: &mut App) {
    let asked = app.selection.version();
    if app.together_asked != Some(asked) {
        app.together_asked = Some(asked);
        let photos = app.selected_photos();
        app.send(Command::Together { asked, photos });
    }
}

/// The marks that all selected photos have, or the one that is looked at.
pub(in crate::ui) fn given(app: &mut App) -> Option<Given> {
    if app.looks_at_one() {
        let focus = app.selection.focus()?;
        return app.tile(focus).map(Given::of);
    }
    summary(app).given
}

fn summary(app: &mut App) -> Summary {
    let (version, generation) = (app.selection.version(), app.snap.view.generation);
    if let Some((v, g, summary)) = &app.summary
        && (*v, *g) == (version, generation)
    {
        return summary.clone();
    }
    let mut sum = Summary::default();
    for photo in app.selection.photos() {
        let Some(tile) = app.tile(photo) else { continue };
        if let Some(bucket) = sum.buckets.get_mut(usize::from(tile.safety.number())) {
            *bucket += 1;
        }
        match &mut sum.given {
            Some(given) => given.and(tile),
            none => *none = Some(Given::of(tile)),
        }
        sum.picks += u64::from(tile.flag == Flag::Pick);
        sum.rejects += u64::from(tile.flag == Flag::Reject);
        sum.rated += u64::from(tile.rating.stars() > 0);
        sum.videos += u64::from(tile.kind == MediaKind::Video);
    }
    app.summary = Some((version, generation, sum.clone()));
    sum
}

/// Draws the sum and what can be done with all of them.
pub fn show(app: &mut App, ui: &mut Ui, count: usize) {
    let sum = summary(app);
    widget::strong(ui, format!("{} photos selected", text::number(count as u64)), 15.0);
    let mut words = Vec::new();
    for (value, word) in [(sum.picks, "pick"), (sum.rejects, "reject"), (sum.videos, "video")] {
        if value > 0 {
            words.push(text::count(value, word));
        }
    }
    if sum.rated > 0 {
        words.push(format!("{} rated", text::number(sum.rated)));
    }
    if !words.is_empty() {
        widget::second(ui, words.join("   \u{b7}   "));
    }
    ask(app);
    let together = common(app);
    let known = together.as_ref().map(|together| &together.common);
    if let Some(common) = known {
        writing::words_of_all(app, ui, common);
    }
    ui.add_space(4.0);
    if let Some(given) = sum.given {
        marking::stars_and_labels(app, ui, given);
        marking::flags(app, ui, given);
    }
    let have = known.map(|common| common.keywords.as_slice()).unwrap_or_default();
    keywords::show(app, ui, have, count as u64);
    ui.add_space(6.0);
    if let Some(common) = known {
        writing::time_and_place_of_all(app, ui, common);
    }
    ui.add_space(6.0);
    widget::section(ui, "Safety");
    for bucket in Safety::ALL {
        let here = sum.buckets.get(usize::from(bucket.number())).copied().unwrap_or(0);
        if here == 0 {
            continue;
        }
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::hover());
            badge::safety(ui.painter(), rect.center(), 14.0, bucket);
            ui.label(
                RichText::new(bucket.title())
                    .font(theme::regular(13.0))
                    .color(theme::TEXT),
            );
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                widget::second(ui, text::number(here));
            });
        });
    }
    ui.add_space(8.0);
    let card = Frame::new()
        .fill(theme::RAISED)
        .corner_radius(theme::RADIUS_FIELD)
        .inner_margin(Margin::same(4));
    card.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        selection_actions(app, ui);
    });
}

fn selection_actions(app: &mut App, ui: &mut Ui) {
    // What lies in the trash goes back or goes for good.
    let in_trash = [
        (icon::ARCHIVE_RESTORE, Action::PutBack),
        (icon::TRASH_2, Action::EmptyTrash),
    ];
    let actions = [
        (icon::CLOUD_UPLOAD, Action::BackUpSelection),
        (icon::SHIELD_CHECK, Action::Verify),
        (icon::ALBUM, Action::AddToAlbum),
        (icon::CLOUD, Action::Optimize),
        (icon::ARCHIVE_RESTORE, Action::Restore),
    ];
    let actions = match app.source {
        Source::Trash => in_trash.as_slice(),
        _ => actions.as_slice(),
    };
    for (sign, action) in actions.iter().copied() {
        let Some(entry) = super::action::of(action) else {
            continue;
        };
        let item = widget::menu_item(ui, sign, entry.label, super::keys::key_text(action));
        if item.on_hover_text(entry.hint).clicked() {
            app.act(&ui.ctx().clone(), action);
        }
    }
}
