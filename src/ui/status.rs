//! The line at the bottom: how many, how much, and what runs in the background.

use super::{app::App, overlay::small_close, state::Page, text, theme, widget};
use crate::engine::command::{Command, Source};
use eframe::egui::{Align, Layout, RichText, Stroke, Ui, UiBuilder, vec2};

/// Draws the line.
pub fn show(app: &mut App, ui: &mut Ui) {
    let bar = ui.max_rect();
    ui.painter()
        .hline(bar.x_range(), bar.top() + 0.5, Stroke::new(1.0, theme::HAIRLINE));
    let inner = bar.shrink2(vec2(14.0, 0.0));
    let mut right = ui.new_child(
        UiBuilder::new()
            .max_rect(inner)
            .layout(Layout::right_to_left(Align::Center)),
    );
    tasks(app, &mut right);
    let mut left = ui.new_child(
        UiBuilder::new()
            .max_rect(inner)
            .layout(Layout::left_to_right(Align::Center)),
    );
    let words = facts(app).join("   \u{b7}   ");
    left.label(RichText::new(words).font(theme::regular(12.0)).color(theme::TEXT_2));
}

fn facts(app: &App) -> Vec<String> {
    let snap = &app.snap;
    if app.page == Page::Backup {
        let mut facts = vec![text::count(snap.stores.len() as u64, "store")];
        let verified = snap.stores.iter().filter_map(|store| store.last_verified).max();
        facts.push(match verified {
            Some(at) => format!("last read back {}", text::since(snap.now, at)),
            None => "nothing read back yet".to_owned(),
        });
        return facts;
    }
    let view = &snap.view;
    let mut facts = vec![super::grid::listed(view)];
    if app.loupe.is_some() || app.beside.is_some() || app.culling {
        let (picks, rejects) = app.cache.decided;
        let (decided, all) = (text::number(picks + rejects), text::number(view.tiles.len() as u64));
        return vec![
            view.title.clone(),
            format!("{decided} of {all} decided"),
            format!("{}, {}", text::count(picks, "pick"), text::count(rejects, "reject")),
        ];
    }
    if !app.selection.is_empty() {
        facts.push(format!("{} selected", text::number(app.selection.len() as u64)));
    }
    // The trash is told of with all files of its photos, as in its heading.
    let bytes = match view.source {
        Source::Trash => snap.counts.trashed_bytes,
        _ => view.bytes,
    };
    if bytes > 0 {
        facts.push(text::bytes(bytes));
    }
    facts
}

fn tasks(app: &App, ui: &mut Ui) {
    for task in app.snap.tasks.iter().take(2) {
        let label = if task.total > 0 {
            format!("{} of {}", text::number(task.done), text::number(task.total))
        } else {
            text::number(task.done)
        };
        if task.can_stop && small_close(ui, &format!("Stop: {}", task.label)) {
            app.send(Command::StopMoving);
        }
        ui.label(RichText::new(label).font(theme::regular(12.0)).color(theme::TEXT_2));
        ui.add_space(2.0);
        ui.label(
            RichText::new(&task.label)
                .font(theme::regular(12.0))
                .color(theme::TEXT_2),
        );
        ui.add_space(6.0);
        if task.total > 0 {
            widget::bar(ui, 84.0, text::share(task.done, task.total), theme::ACCENT, &task.label);
        }
        ui.add_space(12.0);
    }
}
