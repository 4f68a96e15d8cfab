//! The backup queue on the Backup page: how far it is, and each job with its reason.

use super::{app::App, badge, text, theme, widget};
use crate::{
    engine::{
        command::Command,
        snapshot::{JobView, QueueState, Snapshot},
    },
    model::{job::JobState, safety::Safety},
};
use eframe::egui::{
    Align, Align2, Color32, Layout, Rect, RichText, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

/// Jobs listed on the page.
const MAX_JOBS: usize = 60;

/// Draws the queue, if there is one.
pub fn show(app: &mut App, ui: &mut Ui, snap: &Snapshot) {
    let queue = &snap.queue;
    if queue.state == QueueState::Idle && queue.rows.is_empty() {
        return;
    }
    widget::section(ui, "Queue");
    theme::card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        let mut facts = vec![format!(
            "{} of {}",
            text::number(queue.done),
            text::count(queue.total, "file")
        )];
        facts.push(format!(
            "{} of {}",
            text::bytes(queue.bytes_done),
            text::bytes(queue.bytes_total)
        ));
        if queue.state == QueueState::Running {
            if queue.rate > 0 {
                facts.push(format!("{}/s", text::bytes(queue.rate)));
            }
            if let Some(seconds) = queue.seconds_left {
                facts.push(format!("about {} left", text::duration(seconds)));
            }
        }
        let title = match queue.state {
            QueueState::Running => "Sending and reading back",
            QueueState::Paused => "Paused",
            QueueState::Idle if !snap.sending.held.is_empty() => "Waits",
            QueueState::Idle => "Not running",
        };
        ui.horizontal(|ui| {
            widget::strong(ui, title, 14.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if queue.waiting + queue.blocked > 1
                    && widget::button(ui, widget::Look::Quiet, None, "Try all again").clicked()
                {
                    for job in queue
                        .rows
                        .iter()
                        .filter(|job| matches!(job.state, JobState::Waiting | JobState::Blocked))
                    {
                        app.send(Command::RetryJob(job.id));
                    }
                }
                widget::second(ui, facts.join("   \u{b7}   "));
            });
        });
        widget::bar(
            ui,
            ui.available_width(),
            text::share(queue.bytes_done, queue.bytes_total),
            if queue.state == QueueState::Paused {
                theme::STAR
            } else {
                theme::ACCENT
            },
            "Backup progress",
        );
        if queue.waiting + queue.blocked > 0 {
            let mut words = Vec::new();
            if queue.blocked > 0 {
                words.push(text::needs_you(queue.blocked));
            }
            if queue.waiting > 0 {
                words.push(format!("{} will be tried again", text::number(queue.waiting)));
            }
            ui.label(
                RichText::new(words.join("   \u{b7}   "))
                    .font(theme::regular(12.0))
                    .color(theme::STAR),
            );
        }
        ui.add_space(2.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        let list = ScrollArea::vertical()
            .id_salt("jobs")
            .max_height(264.0)
            .auto_shrink([false, true]);
        list.show(ui, |ui| {
            for job in queue.rows.iter().take(MAX_JOBS) {
                job_row(app, ui, job);
            }
        });
        if queue.rows.len() > MAX_JOBS {
            widget::third(
                ui,
                format!("and {} more", text::number((queue.rows.len() - MAX_JOBS) as u64)),
            );
        }
    });
    ui.add_space(6.0);
}

fn job_sign(state: JobState) -> (Safety, Color32) {
    match state {
        JobState::Blocked => (Safety::NeedsYou, theme::REJECT),
        JobState::Waiting => (Safety::Waiting, theme::STAR),
        JobState::Done => (Safety::Safe, theme::PICK),
        JobState::Queued => (Safety::Waiting, theme::TEXT_3),
        _ => (Safety::Sent, theme::ACCENT),
    }
}

fn job_row(app: &App, ui: &mut Ui, job: &JobView) {
    let (sign, color) = job_sign(job.state);
    let tall = if job.reason.is_some() { 46.0 } else { 30.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 10.0, tall), Sense::hover());
    let words = format!("{}, {}, to {}", job.name, job.state.title(), job.store);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.hline(rect.x_range(), rect.top(), Stroke::new(1.0, theme::HAIRLINE));
    let line = rect.top() + 15.0;
    badge::safety_tinted(&painter, pos2(rect.left() + 9.0, line), 13.0, sign, color);
    let name_room = rect.width() * 0.42;
    let cut = |text: &str, font, color, width: f32| widget::cut(ui.painter(), text, font, color, width.max(20.0));
    let name = cut(&job.name, theme::regular(13.0), theme::TEXT, name_room - 40.0);
    painter.galley(pos2(rect.left() + 28.0, line - name.size().y / 2.0), name, theme::TEXT);
    painter.text(
        pos2(rect.left() + name_room, line),
        Align2::LEFT_CENTER,
        job.state.title(),
        theme::medium(12.5),
        color,
    );
    let store = cut(&job.store, theme::regular(12.5), theme::TEXT_2, rect.width() * 0.2);
    painter.galley(
        pos2(rect.left() + rect.width() * 0.64, line - store.size().y / 2.0),
        store,
        theme::TEXT_2,
    );
    let right = rect.right() - 76.0;
    painter.text(
        pos2(right, line),
        Align2::RIGHT_CENTER,
        text::bytes(job.size),
        theme::regular(12.5),
        theme::TEXT_3,
    );
    if let Some(reason) = &job.reason {
        let galley = cut(reason, theme::regular(12.0), theme::TEXT_2, rect.width() - 110.0);
        let elided = galley.elided;
        painter.galley(pos2(rect.left() + 28.0, rect.top() + 26.0), galley, theme::TEXT_2);
        if elided {
            response.on_hover_text(reason);
        }
    }
    if matches!(job.state, JobState::Waiting | JobState::Blocked) {
        let place = Rect::from_min_size(pos2(rect.right() - 64.0, rect.top() + 4.0), vec2(62.0, 22.0));
        let retry = ui.interact(place, ui.scope_id().with(("retry", job.id.0)), Sense::click());
        retry.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Retry {}", job.name)));
        let plate = if retry.hovered() || retry.has_focus() {
            theme::CONTROL_HOVER
        } else {
            theme::CONTROL
        };
        painter.rect_filled(place, 5.0, plate);
        painter.text(
            place.center(),
            Align2::CENTER_CENTER,
            "Retry",
            theme::medium(12.0),
            theme::TEXT,
        );
        if retry.clicked() {
            app.send(Command::RetryJob(job.id));
        }
    }
}
