//! The Backup page: what is safe and how we know, in numbers that add up; the queue with a reason per job; the plan.

use super::{
    action::Action,
    app::App,
    badge, dispatch, icon, limits, queue, stores, text, theme,
    widget::{self, Look},
};
use crate::{
    engine::{
        command::{Command, Source},
        snapshot::{Activity, QueueState, Snapshot},
    },
    model::safety::{Count, Safety},
};
use eframe::egui::{
    Align, Align2, Color32, Frame, Layout, Margin, RichText, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2,
    vec2,
};
use std::sync::Arc;

/// Lines of activity.
const MAX_LINES: usize = 40;

/// Draws the page.
pub fn show(app: &mut App, ui: &mut Ui) {
    let snap = Arc::clone(&app.snap);
    ScrollArea::vertical()
        .id_salt("backup page")
        .auto_shrink(false)
        .show(ui, |ui| {
            let room = ui.available_width();
            let width = (room - 56.0).clamp(300.0, 1120.0);
            #[expect(clippy::cast_possible_truncation, reason = "a margin is small")]
            let side = ((room - width) / 2.0).clamp(12.0, 32.0) as i8;
            Frame::new()
                .inner_margin(Margin {
                    left: side,
                    right: side,
                    top: 22,
                    bottom: 40,
                })
                .show(ui, |ui| {
                    ui.set_max_width(width);
                    ui.spacing_mut().item_spacing.y = 8.0;
                    head(app, ui, &snap);
                    standing(app, ui, &snap);
                    plan(app, ui, &snap);
                    limits::held(app, ui, &snap);
                    queue::show(app, ui, &snap);
                    stores::show(app, ui, &snap);
                    stores::optimize(app, ui, &snap);
                    limits::show(app, ui, &snap);
                    activity(ui, &snap);
                });
        });
}

/// One sentence that says it all.
fn sentence(snap: &Snapshot) -> String {
    let totals = &snap.totals;
    let (all, safe) = (totals.all.photos, totals.proven());
    let needs_photos = totals.of(Safety::NeedsYou).photos;
    let needs = totals.needs_you();
    if all == 0 {
        "There are no photos yet.".to_owned()
    } else if snap.stores.is_empty() {
        "No photo has a copy yet. Add a store, and Safelight sends copies there and reads every one of them back."
            .to_owned()
    } else if totals.all_proven() {
        "Every photo has a copy that was read back and compared, every byte.".to_owned()
    } else if safe == all && needs == 0 {
        let others = totals.all.others - totals.proven_others();
        format!(
            "Every photo has a copy that was read back and compared. {} not safe yet.",
            is_are(others, "other file")
        )
    } else if needs > 0 {
        format!(
            "{} not safe yet, and {}.",
            is_are(all.saturating_sub(safe + needs_photos), "photo"),
            text::needs_you(needs)
        )
    } else {
        format!(
            "{} not safe yet. Copies count only after they are read back and compared.",
            is_are(all - safe, "photo")
        )
    }
}

fn is_are(count: u64, word: &str) -> String {
    format!("{} {}", text::count(count, word), if count == 1 { "is" } else { "are" })
}

fn head(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    let ctx = ui.ctx().clone();
    ui.horizontal(|ui| {
        let room = (ui.available_width() - 330.0).max(200.0);
        ui.allocate_ui_with_layout(vec2(room, 46.0), Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            widget::strong(ui, "Backup", 21.0);
            widget::second(ui, sentence(snap));
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            match snap.queue.state {
                QueueState::Running => {
                    if widget::button(ui, Look::Plain, Some(icon::PAUSE), "Pause").clicked() {
                        app.act(&ctx, Action::PauseBackup);
                    }
                }
                QueueState::Paused => {
                    if widget::button(ui, Look::Primary, Some(icon::PLAY), "Resume").clicked() {
                        app.act(&ctx, Action::ResumeBackup);
                    }
                }
                QueueState::Idle => {
                    let look = if snap.stores.is_empty() {
                        Look::Plain
                    } else {
                        Look::Primary
                    };
                    if widget::button(ui, look, Some(icon::CLOUD_UPLOAD), "Back up now").clicked() {
                        app.act(&ctx, Action::BackUpAll);
                    }
                }
            }
            if snap.queue.state != QueueState::Idle
                && widget::button(ui, Look::Quiet, None, "Cancel")
                    .on_hover_text("Empties the queue of what is not sent. What was sent stays.")
                    .clicked()
            {
                app.send(Command::CancelBackup);
            }
            if widget::button(ui, Look::Plain, Some(icon::PLUS), "Add store").clicked() {
                app.act(&ctx, Action::AddStore);
            }
        });
    });
    ui.add_space(4.0);
}

/// The ring and the buckets.
fn standing(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    let totals = snap.totals;
    let all = totals.all.photos;
    theme::card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            ring(ui, snap);
            ui.add_space(18.0);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                let mut title = format!(
                    "{} of {} are safe",
                    text::number(totals.proven()),
                    text::count(all, "photo")
                );
                if totals.all.others > 0 {
                    title.push_str(&format!(
                        ", and {} of {}",
                        text::number(totals.proven_others()),
                        text::count(totals.all.others, "other file")
                    ));
                }
                widget::strong(ui, title, 16.0);
                widget::second(
                    ui,
                    "Safe means that a copy was read back from a store and every byte compared.",
                );
                ui.add_space(8.0);
                buckets(app, ui, snap);
            });
        });
    });
    ui.add_space(6.0);
}

fn ring(ui: &mut Ui, snap: &Snapshot) {
    let totals = &snap.totals;
    let all = totals.all.photos;
    let (rect, response) = ui.allocate_exact_size(vec2(104.0, 104.0), Sense::hover());
    let share = if all == 0 {
        "\u{2013}".to_owned()
    } else {
        text::percent(totals.proven(), all)
    };
    response
        .widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, format!("{share} of all photos are safe")));
    let order = [
        Safety::Safe,
        Safety::Held,
        Safety::Optimized,
        Safety::MarksWait,
        Safety::Sent,
        Safety::Waiting,
        Safety::NeedsYou,
    ];
    let parts: Vec<(f32, Color32)> = order
        .into_iter()
        .map(|bucket| (text::share(totals.of(bucket).photos, all), theme::safety_color(bucket)))
        .collect();
    badge::ring(ui.painter(), rect.center(), 44.0, 8.0, &parts);
    let painter = ui.painter();
    painter.text(
        rect.center() - vec2(0.0, 5.0),
        Align2::CENTER_CENTER,
        share,
        theme::semibold(18.0),
        theme::TEXT,
    );
    painter.text(
        rect.center() + vec2(0.0, 13.0),
        Align2::CENTER_CENTER,
        "safe",
        theme::regular(11.5),
        theme::TEXT_2,
    );
}

/// Every bucket in two columns, and their sum: nothing is left out (I13).
fn buckets(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    let totals = snap.totals;
    let columns = if ui.available_width() > 560.0 { 2 } else { 1 };
    let mut go = None;
    ui.columns(columns, |columns| {
        let half = Safety::ALL.len().div_ceil(columns.len().max(1));
        for (at, bucket) in Safety::ALL.into_iter().enumerate() {
            if let Some(ui) = columns.get_mut(at / half) {
                ui.spacing_mut().item_spacing.y = 0.0;
                let count = totals.of(bucket);
                if bucket_row(ui, bucket, count) {
                    go = Some(bucket);
                }
            }
        }
    });
    ui.add_space(6.0);
    let line = ui.cursor().top();
    ui.painter().hline(
        ui.max_rect().left()..=ui.max_rect().left() + ui.available_width(),
        line,
        Stroke::new(1.0, theme::HAIRLINE),
    );
    ui.add_space(7.0);
    if totals.add_up() {
        widget::second(
            ui,
            format!(
                "Together {} in {}, {} on this disk",
                text::photos_and_others(totals.all.photos, totals.all.others),
                text::count(totals.all.files, "file"),
                text::bytes(totals.all.bytes)
            ),
        );
    } else {
        let words = format!(
            "These numbers do not add up: {} by kind, {} in all. Choose Look for changes.",
            text::photos_and_others(totals.sum().photos, totals.sum().others),
            text::photos_and_others(totals.all.photos, totals.all.others)
        );
        ui.label(RichText::new(words).font(theme::regular(12.0)).color(theme::REJECT));
    }
    if let Some(bucket) = go {
        let count = totals.of(bucket);
        let source = match bucket {
            // The list of a bucket has photos alone, but for what needs you.
            Safety::NeedsYou => Source::Safety(vec![bucket]),
            _ if count.photos == 0 && count.others > 0 => Source::Others,
            Safety::Held | Safety::Optimized => Source::Safety(dispatch::OPTIMIZED.to_vec()),
            other => Source::Safety(vec![other]),
        };
        app.go_to(source);
    }
}

fn bucket_row(ui: &mut Ui, bucket: Safety, count: Count) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    let Count {
        photos, others, bytes, ..
    } = count;
    let counted = text::photos_and_others(photos, others);
    let words = format!("{}, {counted}", bucket.title());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(rect.expand2(vec2(6.0, 0.0)), 5.0, theme::RAISED);
    }
    let some = photos + others > 0;
    let middle = rect.center().y;
    let tint = if some {
        theme::safety_color(bucket)
    } else {
        theme::TEXT_3
    };
    badge::safety_tinted(painter, pos2(rect.left() + 10.0, middle), 14.0, bucket, tint);
    let color = if some { theme::TEXT } else { theme::TEXT_3 };
    painter.text(
        pos2(rect.left() + 28.0, middle),
        Align2::LEFT_CENTER,
        bucket.title(),
        theme::regular(13.0),
        color,
    );
    let right = rect.right().min(rect.left() + 360.0);
    painter.text(
        pos2(right - 78.0, middle),
        Align2::RIGHT_CENTER,
        match others {
            0 => text::number(photos),
            _ => format!("{} + {}", text::number(photos), text::number(others)),
        },
        if some {
            theme::semibold(13.0)
        } else {
            theme::regular(13.0)
        },
        color,
    );
    if some {
        painter.text(
            pos2(right, middle),
            Align2::RIGHT_CENTER,
            text::bytes(bytes),
            theme::regular(12.0),
            theme::TEXT_3,
        );
    }
    let hint = format!("{counted}. {}", text::safety_hint(bucket));
    response.on_hover_text(hint).clicked()
}

fn plan(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    let Some(plan) = &snap.plan else { return };
    widget::section(ui, "Plan");
    theme::card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        widget::strong(
            ui,
            format!(
                "{} to {}, {}",
                text::count(plan.files, "file"),
                plan.store,
                text::bytes(plan.bytes)
            ),
            14.0,
        );
        let mut facts = vec![format!("{} in scope", text::count(plan.photos, "photo"))];
        if plan.already > 0 {
            facts.push(format!("{} proven there already", text::count(plan.already, "file")));
        }
        if let Some(free) = plan.free {
            facts.push(format!("{} free there", text::bytes(free)));
        }
        widget::second(ui, facts.join("   \u{b7}   "));
        if let Some((photos, bytes)) = plan.left_out {
            widget::second(
                ui,
                format!("Left out: {}, {}", text::count(photos, "photo"), text::bytes(bytes)),
            );
        }
        let color = if plan.fits == Some(false) {
            theme::REJECT
        } else {
            theme::TEXT
        };
        ui.label(RichText::new(&plan.verdict).font(theme::regular(12.5)).color(color));
        if let Some(time) = &plan.time {
            widget::second(ui, time);
        }
        super::dialog::refusals(ui, &plan.refused);
        if plan.files > 0
            && widget::button(ui, Look::Plain, Some(icon::CLOUD_UPLOAD), "Back up what is planned").clicked()
        {
            let store = snap
                .stores
                .iter()
                .find(|store| store.name == plan.store)
                .map(|store| store.id.clone());
            app.send(Command::BackUpNow {
                scope: plan.scope.clone().unwrap_or(crate::engine::command::Scope::All),
                store,
            });
        }
    });
    ui.add_space(6.0);
}

fn activity(ui: &mut Ui, snap: &Snapshot) {
    ui.add_space(2.0);
    widget::section(ui, "Activity");
    if snap.activity.is_empty() {
        widget::second(
            ui,
            "Nothing has been done yet. Every backup, check and restore is listed here.",
        );
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    for line in snap.activity.iter().take(MAX_LINES) {
        activity_row(ui, snap, line);
    }
}

fn activity_row(ui: &mut Ui, snap: &Snapshot, line: &Activity) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 38.0), Sense::hover());
    let when = text::since(snap.now, line.at);
    let words = format!("{}, {when}", line.text);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let (sign, color) = widget::severity(line.severity);
    let painter = ui.painter();
    let middle = rect.center().y;
    badge::glyph(painter, pos2(rect.left() + 13.0, middle), 15.0, sign, color);
    let when = painter.layout_no_wrap(when, theme::regular(12.5), theme::TEXT_3);
    let room = (rect.width() - 60.0 - when.size().x).max(40.0);
    let galley = widget::cut(painter, &line.text, theme::regular(13.0), theme::TEXT, room);
    let cut = galley.elided;
    painter.galley(
        pos2(rect.left() + 34.0, middle - galley.size().y / 2.0),
        galley,
        theme::TEXT,
    );
    painter.galley(
        pos2(rect.right() - 4.0 - when.size().x, middle - when.size().y / 2.0),
        when,
        theme::TEXT_3,
    );
    painter.hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, theme::HAIRLINE));
    if cut {
        response.on_hover_text(&line.text);
    }
}
