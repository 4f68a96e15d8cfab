//! What floats over the page: notices and the undo offer.

use super::{
    app::App,
    badge, icon,
    state::Page,
    theme,
    widget::{self, Look},
};
use crate::engine::{
    command::Command,
    snapshot::{Notice, Severity},
};
use eframe::egui::{
    self, Align2, Area, Frame, Id, Layout, Margin, Order, Response, RichText, Role, Sense, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};
use std::collections::{HashMap, HashSet};

/// How long the undo of a step is offered, and what is only good to know stays, in seconds.
const OFFER_S: f64 = 6.0;
/// How long warnings and errors stay, in seconds.
const WARNING_S: f64 = 30.0;
/// What the pointer or the keyboard rests on stays at least so long after it, in seconds.
const REST_S: f64 = 2.0;
/// A step that comes back this soon after Redo, in seconds, is the one that was asked for again.
const REDO_S: f64 = 5.0;
/// Notices on the screen at once; older ones come when there is room again.
const MAX_TOASTS: usize = 3;
/// The room that the keys under a large photo take.
const KEY_HINTS: f32 = 64.0;

/// Why what is for photos cannot be done without any.
pub(in crate::ui) const SELECT_FIRST: &str = "Select photos first.";

/// What the notices keep between frames.
#[derive(Default)]
pub(in crate::ui) struct Toasts {
    /// The steps that were seen last; none before the library was open, so that no old step is offered.
    steps: Option<Steps>,
    /// When Redo was asked for.
    redone: Option<f64>,
    /// Until when the notices on the screen stay, on the window's clock.
    until: HashMap<u64, f64>,
    /// Those that left; the engine may still name them.
    gone: HashSet<u64>,
    /// Why nothing happened, and until when that is said.
    hint: Option<(&'static str, Option<f64>)>,
    /// The pointer or the keyboard rested on them in the last frame.
    rested: bool,
    height: f32,
}

struct Steps {
    undo: Option<String>,
    redo: Option<String>,
    /// When the one to take back was made.
    made: f64,
}

impl Toasts {
    /// Says why nothing happened.
    pub(in crate::ui) fn hint(&mut self, why: Option<&'static str>) {
        if let Some(why) = why {
            self.hint = Some((why, None));
        }
    }

    /// Redo was asked for: what comes next is no new step.
    pub(in crate::ui) fn redone(&mut self, ctx: &egui::Context) {
        self.redone = Some(ctx.input(|input| input.time));
    }

    /// The notices to show now, and those that leave.
    fn current(&mut self, notices: &[Notice], now: f64) -> (Vec<Notice>, Vec<u64>) {
        self.gone.retain(|id| notices.iter().any(|notice| notice.id == *id));
        self.until.retain(|id, _| notices.iter().any(|notice| notice.id == *id));
        let rested = self.rested;
        let mut leave = Vec::new();
        let mut shown: Vec<Notice> = Vec::new();
        // The newest first, so that it is found before what it replaces.
        for notice in notices.iter().rev().filter(|notice| !self.gone.contains(&notice.id)) {
            let over = self.until.get(&notice.id).is_some_and(|until| *until <= now && !rested);
            if over || shown.iter().any(|newer| replaces(newer, notice)) {
                leave.push(notice.id);
            } else if shown.len() < MAX_TOASTS {
                let until = self.until.entry(notice.id).or_insert(now + stays(notice.severity));
                if rested {
                    *until = until.max(now + REST_S);
                }
                shown.push(notice.clone());
            }
        }
        self.gone.extend(&leave);
        shown.reverse();
        (shown, leave)
    }

    /// Why nothing happened, for some seconds.
    fn hint_now(&mut self, now: f64) -> Option<&'static str> {
        let (why, until) = self.hint.as_mut()?;
        let until = *until.get_or_insert(now + OFFER_S);
        let why = *why;
        if until <= now {
            self.hint = None;
        }
        self.hint.map(|_| why)
    }

    /// The step that can be taken back, for some seconds after it was made: not after it was taken back or done again.
    fn offer(&mut self, undo: Option<&String>, redo: Option<&String>, now: f64) -> Option<String> {
        let rested = self.rested;
        let steps = self.steps.get_or_insert_with(|| Steps {
            undo: undo.cloned(),
            redo: redo.cloned(),
            made: f64::NEG_INFINITY,
        });
        if steps.undo.as_ref() != undo || steps.redo.as_ref() != redo {
            let asked = self.redone.take().is_some_and(|at| now - at < REDO_S);
            let again = asked && steps.redo.as_ref() == undo;
            // Every new step ends what could be done again.
            let new = undo.is_some() && redo.is_none() && !again;
            *steps = Steps {
                undo: undo.cloned(),
                redo: redo.cloned(),
                made: if new { now } else { f64::NEG_INFINITY },
            };
        }
        if rested && steps.made.is_finite() {
            steps.made = steps.made.max(now + REST_S - OFFER_S);
        }
        steps.undo.clone().filter(|_| steps.made + OFFER_S > now)
    }

    /// When something leaves next.
    fn next(&self) -> Option<f64> {
        let offer = self.steps.as_ref().map(|steps| steps.made + OFFER_S);
        let hint = self.hint.and_then(|(_, until)| until);
        let times = self.until.iter().filter(|(id, _)| !self.gone.contains(id));
        times.map(|(_, until)| *until).chain(offer).chain(hint).reduce(f64::min)
    }
}

fn stays(severity: Severity) -> f64 {
    match severity {
        Severity::Info | Severity::Success => OFFER_S,
        Severity::Warning | Severity::Error => WARNING_S,
    }
}

/// Whether a newer notice says the same as an older one, or makes it past.
fn replaces(newer: &Notice, older: &Notice) -> bool {
    let begins = |notice: &Notice| notice.what.split_whitespace().next().map(str::to_owned);
    newer.severity == older.severity
        && match newer.severity {
            Severity::Info => true,
            Severity::Success => begins(newer) == begins(older),
            Severity::Warning | Severity::Error => newer.what == older.what,
        }
}

fn toast_frame() -> Frame {
    theme::floating()
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin::symmetric(14, 12))
}

/// While folders are held over the window, it says what dropping them does.
pub fn drop_hint(ui: &mut Ui) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let screen = ui.ctx().content_rect();
    let painter = ui
        .ctx()
        .layer_painter(egui::LayerId::new(Order::Foreground, Id::unique("drop hint")));
    painter.rect_filled(screen, 0.0, theme::BACKDROP);
    let line = Stroke::new(2.0, theme::ACCENT);
    painter.rect_stroke(screen.shrink(10.0), 12.0, line, egui::StrokeKind::Inside);
    painter.text(
        screen.center(),
        Align2::CENTER_CENTER,
        "Drop folders to add them. Nothing in them is changed.",
        theme::semibold(18.0),
        theme::TEXT,
    );
}

/// Draws notices and the undo offer at the foot of the page, in its middle, where no control is.
pub fn toasts(app: &mut App, ui: &mut Ui) {
    let ctx = ui.ctx().clone();
    let now = ctx.input(|input| input.time);
    let snap = std::sync::Arc::clone(&app.snap);
    let (notices, leave) = app.toasts.current(&snap.notices, now);
    for id in leave {
        app.send(Command::Dismiss(id));
    }
    let hint = app.toasts.hint_now(now);
    let offer = undo_offer(app, now);
    if let Some(next) = app.toasts.next().filter(|next| *next > now) {
        ctx.request_repaint_after(std::time::Duration::from_secs_f64((next - now).clamp(0.05, WARNING_S)));
    }
    if notices.is_empty() && offer.is_none() && hint.is_none() {
        app.toasts.rested = false;
        return;
    }
    let room = app.page_rect;
    let foot = pos2(room.center().x, room.bottom() - 14.0 - below(app));
    let shown = Area::new(Id::unique("toasts"))
        .order(Order::Foreground)
        .pivot(Align2::CENTER_BOTTOM)
        .fixed_pos(foot)
        .show(&ctx, |ui| {
            ui.set_width(400.0_f32.min(room.width() - 24.0));
            ui.spacing_mut().item_spacing.y = 10.0;
            let mut focus = false;
            for notice in &notices {
                focus |= toast(app, ui, notice);
            }
            if let Some(why) = hint {
                say(ui, icon::INFO, theme::ACCENT, why);
            }
            if let Some(step) = offer {
                focus |= undo(app, ui, &step);
            }
            focus
        });
    let rect = shown.response.rect;
    app.toasts.rested = shown.inner || ctx.pointer_hover_pos().is_some_and(|at| rect.contains(at));
    if (rect.height() - app.toasts.height).abs() > 0.5 {
        // They stand on their foot from the next frame on.
        app.toasts.height = rect.height();
        ctx.request_repaint();
    }
}

/// What stays free under them: the strip and the keys of a large photo.
fn below(app: &App) -> f32 {
    let large = app.loupe.is_some() || app.beside.is_some() || app.culling;
    match (large && app.page == Page::Library, app.full_screen) {
        (false, _) => 0.0,
        (true, true) => KEY_HINTS,
        (true, false) => theme::FILMSTRIP + KEY_HINTS,
    }
}

fn say(ui: &mut Ui, sign: &str, color: egui::Color32, words: &str) {
    toast_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(RichText::new(sign).font(theme::icons(17.0)).color(color));
            ui.label(RichText::new(words).font(theme::semibold(13.0)).color(theme::TEXT));
        });
    });
}

/// Whether its button has the keyboard.
fn toast(app: &mut App, ui: &mut Ui, notice: &Notice) -> bool {
    let (sign, color) = widget::severity(notice.severity);
    let frame = toast_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        let row = ui.horizontal_top(|ui| {
            ui.label(RichText::new(sign).font(theme::icons(17.0)).color(color));
            let room = ui.available_width() - 36.0;
            ui.vertical(|ui| {
                ui.set_width(room);
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.label(
                    RichText::new(&notice.what)
                        .font(theme::semibold(13.0))
                        .color(theme::TEXT),
                );
                if !notice.why.is_empty() {
                    widget::second(ui, &notice.why);
                }
                if !notice.do_next.is_empty() {
                    ui.label(
                        RichText::new(&notice.do_next)
                            .font(theme::regular(12.0))
                            .color(theme::TEXT),
                    );
                }
            });
            let name = format!("Dismiss: {}", notice.what);
            let close = close_button(ui, &name);
            if close.clicked() {
                app.send(Command::Dismiss(notice.id));
                app.toasts.gone.insert(notice.id);
            }
            close.has_focus()
        });
        row.inner
    });
    frame.inner
}

pub(in crate::ui) fn small_close(ui: &mut Ui, name: &str) -> bool {
    close_button(ui, name).clicked()
}

fn close_button(ui: &mut Ui, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let hot = response.hovered() || response.has_focus();
    if hot {
        ui.painter().rect_filled(rect, 6.0, theme::CONTROL_HOVER);
    }
    let color = if hot { theme::TEXT } else { theme::TEXT_3 };
    badge::glyph(ui.painter(), rect.center(), 13.0, icon::X, color);
    response
}

fn undo_offer(app: &mut App, now: f64) -> Option<String> {
    let snap = std::sync::Arc::clone(&app.snap);
    let step = app.toasts.offer(snap.undo.as_ref(), snap.redo.as_ref(), now)?;
    // While culling, every key is a step: Ctrl+Z is enough there, but for what leaves the list.
    let looking = app.loupe.is_some() || app.beside.is_some();
    let leaves = ["Move ", "Rename "].iter().any(|word| step.starts_with(word));
    (!looking || leaves).then_some(step)
}

/// Whether its button has the keyboard.
fn undo(app: &mut App, ui: &mut Ui, step: &str) -> bool {
    let frame = toast_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        let row = ui.horizontal(|ui| {
            let right = ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                let button = widget::button(ui, Look::Plain, None, "Undo");
                if button.clicked() {
                    app.send(Command::Undo);
                    if let Some(steps) = &mut app.toasts.steps {
                        steps.made = f64::NEG_INFINITY;
                    }
                }
                ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                    widget::one_line(ui, step, theme::regular(13.0), theme::TEXT);
                });
                button.has_focus()
            });
            right.inner
        });
        row.inner
    });
    frame.inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(id: u64, severity: Severity, what: &str) -> Notice {
        Notice {
            id,
            severity,
            what: what.to_owned(),
            why: String::new(),
            do_next: String::new(),
        }
    }

    fn ids(notices: &[Notice]) -> Vec<u64> {
        notices.iter().map(|notice| notice.id).collect()
    }

    #[test]
    fn a_newer_notice_replaces_its_kind_and_each_leaves_in_its_time() {
        let mut toasts = Toasts::default();
        let mut all = vec![
            told(1, Severity::Info, "Taken back: Pick 1 photo"),
            told(2, Severity::Error, "The disk is full"),
            told(3, Severity::Info, "Done again: Pick 1 photo"),
        ];
        let (shown, leave) = toasts.current(&all, 0.0);
        assert_eq!((ids(&shown), leave), (vec![2, 3], vec![1]));
        let (shown, leave) = toasts.current(&all, 5.9);
        assert_eq!((ids(&shown), leave), (vec![2, 3], vec![]), "each leaves once");
        toasts.rested = true;
        assert_eq!(ids(&toasts.current(&all, 6.5).0), [2, 3], "the pointer rests on them");
        toasts.rested = false;
        assert_eq!(ids(&toasts.current(&all, 8.4).0), [2, 3]);
        assert_eq!(ids(&toasts.current(&all, 8.6).0), [2]);
        all.extend((4..8).map(|id| told(id, Severity::Warning, &format!("Disk {id} is away"))));
        assert_eq!(
            ids(&toasts.current(&all, 9.0).0),
            [5, 6, 7],
            "three at most, the newest"
        );
        assert_eq!(
            ids(&toasts.current(&all, 39.5).0),
            [4],
            "what waited comes when there is room; the error had its time before it was pushed out"
        );
        assert_eq!(ids(&toasts.current(&[], 40.0).0), [0; 0]);
    }

    #[test]
    fn a_step_is_offered_once_when_it_is_new() {
        let mut toasts = Toasts::default();
        let (pick, reject) = ("Pick 1 photo".to_owned(), "Reject 1 photo".to_owned());
        let (pick, reject) = (Some(&pick), Some(&reject));
        assert_eq!(
            toasts.offer(pick, None, 0.0),
            None,
            "it was made before the window was open"
        );
        assert_eq!(toasts.offer(reject, None, 1.0).as_ref(), reject);
        assert_eq!(toasts.offer(reject, None, 6.9).as_ref(), reject);
        assert_eq!(toasts.offer(reject, None, 7.1), None);
        assert_eq!(toasts.offer(pick, reject, 8.0), None, "the older one is not new");
        toasts.redone = Some(9.0);
        assert_eq!(toasts.offer(reject, None, 9.1), None, "done again is not new");
        assert_eq!(toasts.offer(pick, reject, 10.0), None);
        assert_eq!(
            toasts.offer(reject, None, 11.0).as_ref(),
            reject,
            "the same once more is"
        );
    }
}
