//! Several selected photos in the inspector: how they stand together, and what can be done with all of them.

use super::{action::Action, app::App, badge, icon, state::Summary, text, theme, widget};
use crate::model::{
    change::Mark,
    metadata::MediaKind,
    rating::{Flag, Rating},
    safety::Safety,
};
use eframe::egui::{self, Frame, Layout, Margin, RichText, Sense, Ui, vec2};

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
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        if let Some(stars) = widget::stars(ui, 0, 16.0) {
            app.mark(Mark::Rating(Rating::new(stars).unwrap_or_default()));
        }
    });
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
    let actions = [
        (icon::CLOUD_UPLOAD, Action::BackUpSelection),
        (icon::SHIELD_CHECK, Action::Verify),
        (icon::ALBUM, Action::AddToAlbum),
        (icon::CLOUD, Action::Optimize),
        (icon::ARCHIVE_RESTORE, Action::Restore),
    ];
    for (sign, action) in actions {
        let Some(entry) = super::action::of(action) else {
            continue;
        };
        let item = widget::menu_item(ui, sign, entry.label, super::keys::key_text(action));
        if item.on_hover_text(entry.hint).clicked() {
            app.act(&ui.ctx().clone(), action);
        }
    }
}
