//! The cards of the stores, and of Optimize Storage, on the Backup page.

use super::{
    action::Action,
    app::App,
    badge, dialog, icon,
    state::Dialog,
    store_form::StoreForm,
    text, theme,
    widget::{self, Look},
};
use crate::{
    engine::{
        command::{Command, Scope, Source},
        snapshot::{Snapshot, StoreState, StoreView},
    },
    model::safety::Safety,
};
use eframe::egui::{Align, Frame, Layout, Margin, Popup, RichText, Sense, Ui, vec2};

/// Draws the stores.
pub fn show(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    widget::section(ui, "Stores");
    if snap.stores.is_empty() {
        theme::card().show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add_space(14.0);
            widget::empty(
                ui,
                icon::SERVER,
                "No store yet",
                "Choose a folder on another disk, a server, or a cloud.",
            );
            ui.add_space(10.0);
            ui.vertical_centered(|ui| {
                if widget::button(ui, Look::Primary, Some(icon::PLUS), "Add a store").clicked() {
                    app.act(&ui.ctx().clone(), Action::AddStore);
                }
            });
            ui.add_space(10.0);
        });
        return;
    }
    for store in snap.stores.iter() {
        ui.push_id(store.id.as_str(), |ui| card(app, ui, snap, store));
    }
    ui.add_space(6.0);
}

fn card(app: &mut App, ui: &mut Ui, snap: &Snapshot, store: &StoreView) {
    theme::card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        let width = ui.available_width();
        ui.allocate_ui_with_layout(vec2(width, 44.0), Layout::left_to_right(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.x = 14.0;
            let (rect, _) = ui.allocate_exact_size(vec2(42.0, 42.0), Sense::hover());
            ui.painter().rect_filled(rect, 8.0, theme::RAISED);
            badge::glyph(ui.painter(), rect.center(), 19.0, sign(store), theme::TEXT);
            part(ui, width * 0.36 - 30.0, |ui| {
                widget::one_line(ui, &store.name, theme::semibold(14.0), theme::TEXT);
                let place = format!("{}   \u{b7}   {}", store.kind, store.place);
                widget::one_line(ui, &place, theme::regular(12.0), theme::TEXT_2).on_hover_text(&store.place);
            });
            part(ui, width * 0.28 - 14.0, |ui| state(ui, snap, store));
            part(ui, width * 0.26 - 44.0, |ui| room(ui, store));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let name = format!("More for {}", store.name);
                let more = widget::icon_button(ui, icon::ELLIPSIS, &name, false);
                Popup::menu(&more).accessible_name(name).show(|ui| menu(app, ui, store));
            });
        });
        more(app, ui, store);
        if !store.counts_note.is_empty() {
            ui.horizontal(|ui| {
                ui.add_space(56.0);
                let (word, color) = if store.counts {
                    (icon::CHECK, theme::PICK)
                } else {
                    (icon::INFO, theme::TEXT_3)
                };
                ui.label(RichText::new(word).font(theme::icons(13.0)).color(color));
                widget::second(ui, &store.counts_note);
            });
        }
    });
}

/// What goes with stores in the cloud, under the three parts: what it follows, what waits, the plan that is missing.
fn more(app: &mut App, ui: &mut Ui, store: &StoreView) {
    let cloud = &store.cloud;
    let set = &cloud.set;
    if !set.follows.is_empty() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            ui.add_space(56.0);
            ui.label(RichText::new("Follows").font(theme::regular(12.5)).color(theme::TEXT_2));
            for one in &set.follows {
                let hint = one.problem.clone().unwrap_or_else(|| {
                    format!(
                        "{}, {}. Click to follow it no longer; what was sent stays.",
                        text::count(one.photos, "photo"),
                        text::bytes(one.bytes)
                    )
                });
                let sign = one.problem.as_ref().map(|_| (icon::TRIANGLE_ALERT, theme::STAR));
                let sign = sign.unwrap_or((icon::X, theme::TEXT_3));
                if widget::chip(ui, Some(sign), &one.words, true)
                    .on_hover_text(hint)
                    .clicked()
                {
                    app.send(Command::Follow {
                        store: store.id.clone(),
                        what: one.what.clone(),
                        on: false,
                    });
                }
            }
            let words = format!(
                "In {}, {}   \u{b7}   left out {}, {}",
                text::count(set.photos_in, "photo"),
                text::bytes(set.bytes_in),
                text::count(set.photos_out, "photo"),
                text::bytes(set.bytes_out)
            );
            ui.label(RichText::new(words).font(theme::regular(12.0)).color(theme::TEXT_3));
        });
    }
    let mut facts = Vec::new();
    if store.proven > 0 {
        facts.push(format!(
            "{} proven here, {}",
            text::count(store.proven, "file"),
            text::bytes(store.bytes)
        ));
    }
    if let (files @ 1.., bytes) = cloud.queued {
        facts.push(format!(
            "{} waiting, {}",
            text::count(files, "file"),
            text::bytes(bytes)
        ));
    }
    facts.extend(cloud.tested.clone());
    if !facts.is_empty() {
        under(ui, |ui| {
            widget::third(ui, facts.join("   \u{b7}   "));
        });
    }
    if let Some(verdict) = &cloud.verdict {
        under(ui, |ui| {
            ui.label(RichText::new(verdict).font(theme::regular(12.5)).color(theme::STAR));
        });
    }
}

/// A line below the name, not below the sign.
fn under(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.add_space(56.0);
        ui.vertical(|ui| {
            ui.set_max_width(ui.available_width());
            add(ui);
        });
    });
}

fn part(ui: &mut Ui, width: f32, add: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width.max(80.0), 42.0), Layout::top_down(Align::Min), |ui| {
        ui.set_min_width(width.max(80.0));
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.spacing_mut().interact_size.y = 18.0;
        add(ui);
    });
}

fn sign(store: &StoreView) -> &'static str {
    match store.kind.as_str() {
        "Folder" => icon::HARD_DRIVE,
        "WebDAV" => icon::SERVER,
        _ => icon::CLOUD,
    }
}

fn state(ui: &mut Ui, snap: &Snapshot, store: &StoreView) {
    let (shape, color, words, why) = match &store.state {
        StoreState::Ready if store.damaged > 0 => (
            icon::TRIANGLE_ALERT,
            theme::REJECT,
            format!("{} damaged", text::number(store.damaged)),
            None,
        ),
        StoreState::Ready => (icon::CIRCLE_CHECK, theme::PICK, "Ready".to_owned(), None),
        StoreState::Unreachable(why) => (icon::UNPLUG, theme::STAR, "Cannot be reached".to_owned(), Some(why)),
        StoreState::Paused(why) => {
            let word = store.cloud.pause.unwrap_or("Paused");
            (icon::PAUSE, theme::STAR, word.to_owned(), Some(why))
        }
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(RichText::new(shape).font(theme::icons(14.0)).color(color));
        let label = widget::one_line(ui, &words, theme::medium(13.0), theme::TEXT);
        if let Some(why) = why {
            label.on_hover_text(why);
        }
    });
    let second = match (why, store.last_verified) {
        (Some(why), _) => match &store.cloud.retry {
            Some(retry) => format!("{retry} {why}"),
            None => why.clone(),
        },
        (None, Some(at)) => format!("Read back {}", text::since(snap.now, at)),
        (None, None) => "Nothing read back yet".to_owned(),
    };
    widget::one_line(ui, &second, theme::regular(12.0), theme::TEXT_3).on_hover_text(second);
}

fn room(ui: &mut Ui, store: &StoreView) {
    let whose = if store.cloud.by_hand { " of your limit" } else { "" };
    match (store.free, store.total) {
        (Some(free), Some(total)) if total > 0 => {
            let used = total.saturating_sub(free);
            let words = format!("{} of {}{whose} used", text::bytes(used), text::bytes(total));
            widget::one_line(ui, &words, theme::regular(12.5), theme::TEXT_2);
            ui.add_space(2.0);
            let share = text::share(used, total);
            let color = if share > 0.95 { theme::STAR } else { theme::TEXT_3 };
            let left = format!("{} are left", text::bytes(free));
            widget::bar(ui, ui.available_width().min(190.0), share, color, &left).on_hover_text(left);
        }
        (Some(free), _) => {
            widget::one_line(
                ui,
                &format!("{} left", text::bytes(free)),
                theme::regular(12.5),
                theme::TEXT_2,
            );
        }
        _ => {
            let words = match (&store.state, store.cloud.asking) {
                (StoreState::Unreachable(_), _) => "Not known what is left",
                (_, true) => "Asking what is left",
                (_, false) => "Does not say what is left",
            };
            widget::one_line(ui, words, theme::regular(12.5), theme::TEXT_3);
        }
    }
}

fn menu(app: &mut App, ui: &mut Ui, store: &StoreView) {
    ui.set_width(290.0);
    if widget::menu_item(ui, icon::CLOUD_UPLOAD, "Back up everything here", None).clicked() {
        app.send(Command::BackUpNow {
            scope: Scope::All,
            store: Some(store.id.clone()),
        });
        ui.close();
    }
    if widget::menu_item(ui, icon::EYE, "Show what would be sent", None).clicked() {
        app.send(Command::PlanBackup {
            scope: Scope::All,
            store: store.id.clone(),
        });
        ui.close();
    }
    if matches!(store.state, StoreState::Paused(_) | StoreState::Unreachable(_))
        && widget::menu_item(ui, icon::REFRESH_CW, "Try again now", None).clicked()
    {
        app.send(Command::RetryStore(store.id.clone()));
        ui.close();
    }
    if !store.cloud.set.follows.is_empty() {
        if widget::menu_item(ui, icon::EYE, "Show what it follows and would send", None).clicked() {
            app.send(Command::PlanBackup {
                scope: Scope::Set(store.id.clone()),
                store: store.id.clone(),
            });
            ui.close();
        }
        if widget::menu_item(ui, icon::CLOUD_UPLOAD, "Back up what it follows", None).clicked() {
            app.send(Command::BackUpNow {
                scope: Scope::Set(store.id.clone()),
                store: Some(store.id.clone()),
            });
            ui.close();
        }
    }
    if widget::menu_item(ui, icon::SHIELD_CHECK, "Test, room, keys, what it follows...", None).clicked() {
        app.dialog = Some(Dialog::AddStore(Box::new(StoreForm::of(store))));
        ui.close();
    }
    if widget::menu_item(ui, icon::REFRESH_CW, "Verify all copies", None).clicked() {
        app.send(Command::Verify { scope: Scope::All });
        ui.close();
    }
    ui.separator();
    if widget::menu_item(ui, icon::X, "Forget this store...", None).clicked() {
        app.dialog = Some(Dialog::RemoveStore(store.id.clone()));
        ui.close();
    }
}

/// Draws Optimize Storage: what it would do, what is held, what it has done.
pub fn optimize(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    let view = &snap.optimize;
    widget::section(ui, "Optimize Storage");
    theme::card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            let room = (ui.available_width() - 260.0).max(200.0);
            ui.allocate_ui_with_layout(vec2(room, 40.0), Layout::top_down(Align::Min), |ui| {
                let title = if view.planned {
                    format!("{} could be freed", text::bytes(view.frees))
                } else {
                    "Room on this disk".to_owned()
                };
                widget::strong(ui, title, 14.0);
                let words = if view.planned {
                    format!("{} may be replaced by small copies. Nothing has been changed.", text::count(view.photos, "photo"))
                } else {
                    "Replaces originals by small copies that every program can open, only where a copy is proven. A preview \
                     changes nothing."
                        .to_owned()
                };
                widget::second(ui, words);
            });
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                if widget::button(ui, Look::Plain, None, "Optimize...").clicked() {
                    app.ask_optimize(Scope::All);
                }
                if widget::button(ui, Look::Quiet, Some(icon::EYE), "Preview").clicked() {
                    app.act(&ui.ctx().clone(), Action::PlanOptimize);
                }
            });
        });
        if view.planned {
            dialog::refusals(ui, &view.refused);
        }
        if view.held > 0 || view.optimized > 0 {
            ui.add_space(6.0);
            held(app, ui, snap);
        }
        if let Some(last) = &view.last {
            widget::third(ui, last);
        }
    });
    ui.add_space(6.0);
}

fn held(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    let view = &snap.optimize;
    let frame = Frame::new()
        .fill(theme::RAISED)
        .corner_radius(theme::RADIUS_FIELD)
        .inner_margin(Margin::symmetric(14, 10));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        if view.held > 0 {
            ui.horizontal(|ui| {
                line(
                    ui,
                    Safety::Held,
                    &format!(
                        "{} still held on this disk, {}",
                        text::count(view.held, "original"),
                        text::bytes(view.held_bytes)
                    ),
                    &match view.next_release {
                        Some(at) => format!(
                            "The next may go {}, after its copy is proven once more",
                            text::until(snap.now, at)
                        ),
                        None => "They go when their copies are proven once more".to_owned(),
                    },
                );
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let hint = "Lets held originals go without the holding time. Asks first.";
                    if widget::button(ui, Look::Plain, None, "Free now...")
                        .on_hover_text(hint)
                        .clicked()
                    {
                        app.dialog = Some(Dialog::FreeHeld);
                    }
                    if widget::button(ui, Look::Quiet, None, "Put back")
                        .on_hover_text("Puts all held originals back in place.")
                        .clicked()
                    {
                        app.send(Command::Restore {
                            scope: dialog::held_photos(),
                        });
                    }
                });
            });
        }
        if view.optimized > 0 {
            ui.horizontal(|ui| {
                line(
                    ui,
                    Safety::Optimized,
                    &format!(
                        "{} optimized, {} freed",
                        text::count(view.optimized, "photo"),
                        text::bytes(view.freed)
                    ),
                    "Originals are in your stores, and come back bit for bit",
                );
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if widget::button(ui, Look::Quiet, None, "Show them").clicked() {
                        app.go_to(Source::Safety(super::dispatch::OPTIMIZED.to_vec()));
                    }
                });
            });
        }
    });
}

fn line(ui: &mut Ui, bucket: Safety, first: &str, second: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(24.0, 36.0), Sense::hover());
    badge::safety(ui.painter(), rect.center(), 16.0, bucket);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.label(RichText::new(first).font(theme::medium(13.0)).color(theme::TEXT));
        widget::second(ui, second);
    });
}
