//! The page of duplicates: groups as rows side by side, what differs in colour, one suggested to be kept with the reason in
//! words. Settling takes marks and albums over and rejects the others; their files go to the trash by a step of their own,
//! and Undo takes either back. `twins` shows a group larger, and what could not be looked at.

use super::{
    action::Action,
    app::App,
    badge, icon,
    keys::{key_text, with_key},
    state::Page,
    text, theme, tile, twins,
    widget::{self, Look},
};
use crate::{
    engine::{
        command::Command,
        duplicates::{DuplicatesView, Group, Member, Twin},
    },
    model::{id::PhotoId, rating::Flag},
};
use eframe::egui::{
    Align, Align2, Color32, Frame, Layout, Margin, Painter, Pos2, Rect, Response, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, style::ScrollAnimation, vec2,
};
use std::collections::{HashMap, HashSet};

/// Height of a group with the gap below it.
const GROUP: f32 = 318.0;
/// Width of a photo of a group.
const MEMBER: f32 = 216.0;
/// Height of the line about what was settled, with the gap below it.
const FOOT: f32 = 52.0;

/// What the page keeps between frames.
#[derive(Clone, Debug, Default)]
pub struct DuplicatesPage {
    /// The only kind that is shown, or all.
    kind: Option<Twin>,
    /// The group with the keyboard.
    at: usize,
    /// What the person chose to keep, by the group's suggestion.
    keep: HashMap<PhotoId, PhotoId>,
    /// Groups that are none, by their suggestion.
    hidden: HashSet<PhotoId>,
    /// The look that the above is about.
    look: u64,
    /// The group with the keyboard has to come into sight.
    reveal: bool,
    /// The photo that is kept of it has to.
    pub(in crate::ui) reveal_kept: bool,
    /// What could not be looked at is listed instead of the groups.
    pub(in crate::ui) failures: bool,
}

/// Goes to the page; the first time it looks.
pub fn open(app: &mut App) {
    app.close_beside();
    app.page = Page::Duplicates;
    app.loupe = None;
    if app.snap.duplicates.is_none() && !is_looking(app) {
        app.send(Command::FindDuplicates);
    }
}

fn is_looking(app: &App) -> bool {
    app.snap.tasks.iter().any(|task| task.label == "Looking for duplicates")
}

/// The groups that are shown now, whole.
fn shown<'v>(app: &App, view: &'v DuplicatesView) -> Vec<&'v Group> {
    let page = &app.duplicates;
    let has = |group: &Group, kind: Twin| group.members.iter().skip(1).any(|member| member.twin == kind);
    let wanted = |group: &&Group| !page.hidden.contains(&key(group)) && page.kind.is_none_or(|kind| has(group, kind));
    view.found.groups.iter().filter(wanted).collect()
}

/// What of a group is shown: of one kind only its twins and the suggestion.
fn narrowed(app: &App, group: &Group) -> Option<Group> {
    match app.duplicates.kind {
        None => Some(group.clone()),
        Some(kind) => group.clone().only(kind),
    }
}

/// What a group goes by.
fn key(group: &Group) -> PhotoId {
    group.members.first().map_or(PhotoId(0), |member| member.row.photo)
}

pub(in crate::ui) fn kept(app: &App, group: &Group) -> PhotoId {
    let chosen = app.duplicates.keep.get(&key(group)).copied();
    let there = chosen.filter(|photo| group.members.iter().any(|member| member.row.photo == *photo));
    there.unwrap_or_else(|| key(group))
}

/// What keys do on this page; whether this one does anything here.
pub fn act(app: &mut App, action: Action) -> bool {
    let Some(view) = app.snap.duplicates.clone() else {
        return false;
    };
    if app.beside.is_some() {
        return twins::act(app, action);
    }
    if app.duplicates.failures {
        let back = action == Action::Escape;
        app.duplicates.failures &= !back;
        return back;
    }
    if action == Action::Trash {
        trash_settled(app, &view);
        return true;
    }
    let groups = shown(app, &view);
    let last = groups.len().saturating_sub(1);
    let at = app.duplicates.at.min(last);
    let step = match action {
        Action::Up | Action::PageUp => Some(at.saturating_sub(1)),
        Action::Down | Action::PageDown => Some((at + 1).min(last)),
        Action::First => Some(0),
        Action::Last => Some(last),
        _ => None,
    };
    if let Some(step) = step {
        app.duplicates.at = step;
        app.duplicates.reveal = true;
        return true;
    }
    let Some(group) = group_at(app, &view, at) else {
        return false;
    };
    let group = &group;
    match action {
        Action::Next | Action::Previous => {
            let now = kept(app, group);
            let place = group
                .members
                .iter()
                .position(|member| member.row.photo == now)
                .unwrap_or(0);
            let goal = match action {
                Action::Next => (place + 1).min(group.members.len().saturating_sub(1)),
                _ => place.saturating_sub(1),
            };
            if let Some(member) = group.members.get(goal) {
                keep(app, group, member.row.photo);
            }
            true
        }
        // What looks at photos everywhere else looks at them here.
        Action::Loupe | Action::Advance | Action::Compare | Action::Survey | Action::Zoom => {
            let kept = kept(app, group);
            twins::look(app, group, kept);
            true
        }
        Action::KeepBurst => {
            settle(app, group);
            true
        }
        _ => false,
    }
}

fn group_at(app: &App, view: &DuplicatesView, at: usize) -> Option<Group> {
    shown(app, view).get(at).and_then(|group| narrowed(app, group))
}

/// The group with the keyboard, as it is shown.
pub(in crate::ui) fn group_here(app: &App) -> Option<Group> {
    group_at(app, app.snap.duplicates.as_deref()?, app.duplicates.at)
}

/// This one of the group is to be kept, and comes into sight.
pub(in crate::ui) fn keep(app: &mut App, group: &Group, photo: PhotoId) {
    app.duplicates.keep.insert(key(group), photo);
    app.duplicates.reveal_kept = true;
}

pub(in crate::ui) fn settle(app: &mut App, group: &Group) {
    let keep = kept(app, group);
    let others = group.members.iter().map(|member| member.row.photo);
    let others = others.filter(|photo| *photo != keep).collect();
    app.send(Command::MergeDuplicates { keep, others });
    // The next group takes its place, and is seen from its kept photo on.
    app.duplicates.reveal_kept = true;
}

/// What was settled goes to Safelight's trash; one step that Undo takes back.
fn trash_settled(app: &mut App, view: &DuplicatesView) {
    if view.settled.photos > 0 {
        app.send(Command::TrashDuplicates(view.settled.groups.clone()));
    }
}

/// What was settled before, and where it may go.
fn settled(app: &mut App, ui: &mut Ui, view: &DuplicatesView) {
    Frame::new()
        .fill(theme::ACCENT_DIM)
        .corner_radius(theme::RADIUS_FIELD)
        .inner_margin(Margin::symmetric(14, 6))
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                let photos = text::count(view.settled.photos, "settled duplicate");
                let are = if view.settled.photos == 1 { "is" } else { "are" };
                let bytes = text::bytes(view.settled.bytes);
                let words = format!("{photos} {are} rejected and still in the folders, {bytes}.");
                let room = (ui.available_width() - 300.0).max(120.0);
                ui.allocate_ui_with_layout(vec2(room, 30.0), Layout::left_to_right(Align::Center), |ui| {
                    widget::one_line(ui, &words, theme::regular(12.5), theme::TEXT);
                });
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let button = widget::button(ui, Look::Plain, Some(icon::TRASH_2), "Move them to Safelight's trash");
                    let hint =
                        "Undo puts them back. One whose proven copy the kept photo has not got stays, with the reason.";
                    if button.on_hover_text(with_key(hint, Action::Trash)).clicked() {
                        trash_settled(app, view);
                    }
                });
            });
        });
}

/// Draws the page.
pub fn show(app: &mut App, ui: &mut Ui) {
    let view = app.snap.duplicates.clone();
    if let Some(view) = &view
        && app.duplicates.look != view.look
    {
        app.duplicates = DuplicatesPage {
            look: view.look,
            kind: app.duplicates.kind,
            ..DuplicatesPage::default()
        };
    }
    let margin = Margin {
        left: 32,
        right: 24,
        top: 22,
        bottom: 0,
    };
    Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        head(app, ui, view.as_deref());
        let Some(view) = view else {
            ui.add_space(80.0);
            widget::empty(
                ui,
                icon::COPY,
                "Looking for photos that are there twice",
                "Every photo is looked at once; the next look is quick.",
            );
            return;
        };
        kinds(app, ui, &view);
        if app.duplicates.failures {
            twins::failures(ui, &view.found.failed);
            return;
        }
        // At the foot, so that nothing moves when the first group is settled.
        let mut room = ui.available_rect_before_wrap();
        if view.settled.photos > 0 {
            room.max.y -= FOOT;
            let foot = Rect::from_min_size(room.left_bottom(), vec2(room.width(), FOOT)).translate(vec2(0.0, 4.0));
            settled(app, &mut ui.new_child(UiBuilder::new().max_rect(foot)), &view);
        }
        let ui = &mut ui.new_child(UiBuilder::new().max_rect(room));
        let groups = shown(app, &view);
        if groups.is_empty() {
            ui.add_space(80.0);
            widget::empty(
                ui,
                icon::CIRCLE_CHECK,
                "Nothing is there twice",
                "New photos are looked at when you look again.",
            );
            return;
        }
        app.duplicates.at = app.duplicates.at.min(groups.len() - 1);
        let mut area = ScrollArea::vertical().id_salt("duplicates").auto_shrink(false);
        if std::mem::take(&mut app.duplicates.reveal) {
            #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
            let top = app.duplicates.at as f32 * GROUP;
            area = area.vertical_scroll_offset((top - 40.0).max(0.0));
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        area.show_rows(ui, GROUP, groups.len(), |ui, range| {
            for at in range {
                if let Some(group) = groups.get(at).and_then(|group| narrowed(app, group)) {
                    row(app, ui, &group, at);
                }
            }
        });
    });
}

fn head(app: &mut App, ui: &mut Ui, view: Option<&DuplicatesView>) {
    let looking = app
        .snap
        .tasks
        .iter()
        .find(|task| task.label == "Looking for duplicates")
        .cloned();
    ui.horizontal(|ui| {
        let room = (ui.available_width() - 200.0).max(200.0);
        ui.allocate_ui_with_layout(vec2(room, 46.0), Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            widget::strong(ui, "Duplicates", 21.0);
            let words = match (view, &looking) {
                (_, Some(task)) if task.total > 0 => {
                    format!(
                        "Looked at {} of {}",
                        text::number(task.done),
                        text::count(task.total, "photo")
                    )
                }
                (None, _) => "Looking at your photos.".to_owned(),
                (Some(view), _) => sentence(view),
            };
            widget::second(ui, words);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if looking.is_none() && widget::button(ui, Look::Plain, Some(icon::REFRESH_CW), "Look again").clicked() {
                app.send(Command::FindDuplicates);
            }
        });
    });
    if let Some(task) = looking {
        let share = text::share(task.done, task.total);
        widget::bar(ui, ui.available_width(), share, theme::ACCENT, "Looking for duplicates");
    }
}

fn sentence(view: &DuplicatesView) -> String {
    let found = &view.found;
    let others = found.groups.iter().flat_map(|group| group.members.iter().skip(1));
    let (count, bytes) = others.fold((0_u64, 0_u64), |(count, bytes), member| {
        (count + 1, bytes + member.row.file.size)
    });
    let mut words = format!(
        "{} in {} could go, {} together. Settling rejects them; their files stay until you move them to the trash.",
        text::count(count, "photo"),
        text::count(found.groups.len() as u64, "group"),
        text::bytes(bytes)
    );
    if !found.failed.is_empty() {
        words.push_str(&format!(
            " {} could not be looked at.",
            text::count(found.failed.len() as u64, "photo")
        ));
    }
    words
}

fn word(kind: Twin) -> &'static str {
    match kind {
        Twin::Exact => "Same file",
        Twin::Pixels => "Other metadata",
        Twin::Resized => "Other size",
        Twin::Near => "Nearly the same",
    }
}

fn kinds(app: &mut App, ui: &mut Ui, view: &DuplicatesView) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let all = std::iter::once(None).chain(Twin::ALL.into_iter().map(Some));
        for kind in all {
            let count = match kind {
                None => view.found.groups.len(),
                Some(kind) => {
                    let has = |group: &&Group| group.members.iter().skip(1).any(|member| member.twin == kind);
                    view.found.groups.iter().filter(has).count()
                }
            };
            let name = kind.map_or("All", word);
            let words = format!("{name} {}", text::number(count as u64));
            let on = app.duplicates.kind == kind && !app.duplicates.failures;
            if widget::chip(ui, None, &words, on).clicked() {
                app.duplicates.kind = kind;
                app.duplicates.failures = false;
                app.duplicates.at = 0;
                app.duplicates.reveal = true;
            }
        }
        let failed = view.found.failed.len() as u64;
        if failed > 0 {
            let words = format!("Not looked at {}", text::number(failed));
            let chip = widget::chip(ui, None, &words, app.duplicates.failures);
            if chip.on_hover_text("Which, and why.").clicked() {
                app.duplicates.failures = !app.duplicates.failures;
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            for (action, does) in [
                (Action::KeepBurst, "Settle"),
                (Action::Loupe, "Look"),
                (Action::Next, "Keep the next"),
                (Action::Down, "Next group"),
            ] {
                if let Some(key) = key_text(action) {
                    widget::third(ui, does);
                    widget::key_hint(ui, &key, "");
                }
            }
        });
    });
}

fn row(app: &mut App, ui: &mut Ui, group: &Group, at: usize) {
    let (all, _) = ui.allocate_exact_size(vec2(ui.available_width() - 8.0, GROUP), Sense::hover());
    let card = Rect::from_min_max(all.min, pos2(all.right(), all.bottom() - 12.0));
    let here = app.duplicates.at == at;
    ui.painter()
        .rect_filled(card, f32::from(theme::RADIUS_CARD), theme::PANEL);
    if here {
        let line = Stroke::new(1.5, theme::ACCENT);
        ui.painter()
            .rect_stroke(card, f32::from(theme::RADIUS_CARD), line, StrokeKind::Inside);
    }
    let keep = kept(app, group);
    let top = Rect::from_min_size(card.min + vec2(16.0, 10.0), vec2(card.width() - 32.0, 40.0));
    let mut line = ui.new_child(
        UiBuilder::new()
            .max_rect(top)
            .layout(Layout::right_to_left(Align::Center)),
    );
    let words = "Keep one, reject the rest";
    let words = match key_text(Action::KeepBurst).filter(|_| here) {
        Some(key) => format!("{words}   {key}"),
        None => words.to_owned(),
    };
    let look = if here { Look::Primary } else { Look::Plain };
    if widget::button(&mut line, look, Some(icon::CHECK), &words)
        .accessible_name(format!("Keep {} and reject the rest", name(group, keep)))
        .clicked()
    {
        app.duplicates.at = at;
        settle(app, group);
    }
    if widget::button(&mut line, Look::Quiet, None, "Not duplicates")
        .accessible_name(format!("{} has no duplicates", name(group, key(group))))
        .clicked()
    {
        app.duplicates.hidden.insert(key(group));
    }
    let room = line.available_width() - 12.0;
    line.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.set_width(room.max(60.0));
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            widget::one_line(ui, word(group.kind()), theme::semibold(13.0), theme::TEXT);
            let why = format!("{} is suggested. {}", name(group, key(group)), group.reason);
            widget::one_line(ui, &why, theme::regular(12.0), theme::TEXT_2);
        });
    });
    let below = Rect::from_min_max(pos2(card.left() + 16.0, top.bottom() + 8.0), card.max - vec2(16.0, 8.0));
    let mut photos = ui.new_child(
        UiBuilder::new()
            .max_rect(below)
            .layout(Layout::left_to_right(Align::Min)),
    );
    ScrollArea::horizontal()
        .id_salt(("members", key(group).0))
        .auto_shrink(false)
        .show(&mut photos, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 10.0;
                let reference = group.members.iter().find(|member| member.row.photo == keep);
                for one in &group.members {
                    let is_kept = one.row.photo == keep;
                    let response = member(app, ui, one, reference.unwrap_or(one), is_kept);
                    if here && is_kept && std::mem::take(&mut app.duplicates.reveal_kept) {
                        ui.scroll_to_rect_animation(response.rect, None, ScrollAnimation::none());
                    }
                    if response.clicked() {
                        app.duplicates.keep.insert(key(group), one.row.photo);
                        app.duplicates.at = at;
                        response.surrender_focus();
                    }
                    if response.double_clicked() {
                        twins::look(app, group, one.row.photo);
                    }
                }
            });
        });
}

fn name(group: &Group, photo: PhotoId) -> String {
    let member = group.members.iter().find(|member| member.row.photo == photo);
    member.map_or_else(String::new, |member| {
        member.row.file.name.to_string_lossy().into_owned()
    })
}

/// One photo with its facts, to be chosen. What differs from the kept one is in colour.
fn member(app: &mut App, ui: &mut Ui, one: &Member, kept: &Member, is_kept: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(MEMBER, 234.0), Sense::click());
    let row = &one.row;
    let file = row.file.name.to_string_lossy().into_owned();
    let size = |member: &Member| {
        let size = member.row.size;
        size.map_or_else(
            || "size unknown".to_owned(),
            |(width, height)| format!("{width} \u{d7} {height}"),
        )
    };
    let spoken = format!(
        "{file}, {}, {}, {}",
        size(one),
        text::bytes(row.file.size),
        if is_kept { "kept" } else { "rejected when settled" }
    );
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_kept, &spoken));
    let painter = ui.painter().with_clip_rect(rect.expand(3.0).intersect(ui.clip_rect()));
    let picture = Rect::from_min_size(rect.min, vec2(MEMBER, 148.0)).shrink(3.0);
    app.pictures.want(row.photo, 256);
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let aspect = row
        .size
        .map_or(1.5, |(width, height)| width as f32 / height.max(1) as f32);
    let uv = tile::cover(aspect, picture.size());
    if !app
        .pictures
        .paint(&painter, row.photo, 256, picture, uv, theme::UNTINTED)
    {
        painter.rect_filled(picture, f32::from(theme::RADIUS_THUMB), theme::PLACEHOLDER);
    }
    if is_kept {
        let line = Stroke::new(3.0, theme::ACCENT);
        painter.rect_stroke(picture, f32::from(theme::RADIUS_THUMB), line, StrokeKind::Outside);
        kept_sign(&painter, picture.min + vec2(7.0, 6.0));
    } else {
        badge::flag_on_photo(&painter, picture.min + vec2(16.0, 16.0), Flag::Reject);
        if response.hovered() || response.has_focus() {
            let line = Stroke::new(2.0, theme::TEXT_2);
            painter.rect_stroke(picture, f32::from(theme::RADIUS_THUMB), line, StrokeKind::Outside);
        }
    }
    badge::safety_on_photo(&painter, picture.right_top() + vec2(-15.0, 15.0), row.safety);
    let differs = |other: bool| if other { theme::STAR } else { theme::TEXT_2 };
    let folder = |member: &Member| {
        let parent = member.row.file.path.parent();
        parent.map_or_else(String::new, |parent| parent.display().to_string())
    };
    let twin = if is_kept {
        "Kept".to_owned()
    } else {
        word(one.twin).to_owned()
    };
    let lines: [Vec<(String, Color32)>; 4] = [
        vec![(file, theme::TEXT)],
        vec![
            (size(one), differs(size(one) != size(kept))),
            (
                format!("   {}", text::bytes(row.file.size)),
                differs(row.file.size != kept.row.file.size),
            ),
        ],
        vec![(folder(one), differs(folder(one) != folder(kept)))],
        vec![(
            if row.marked { format!("{twin}, has marks") } else { twin },
            if is_kept { theme::PICK } else { theme::TEXT_3 },
        )],
    ];
    let mut top = picture.bottom() + 8.0;
    for (at, parts) in lines.into_iter().enumerate() {
        let mut job = eframe::egui::text::LayoutJob::default();
        for (words, color) in parts {
            let font = if at == 0 {
                theme::medium(12.5)
            } else {
                theme::regular(12.0)
            };
            job.append(&words, 0.0, eframe::egui::TextFormat::simple(font, color));
        }
        job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(MEMBER - 8.0);
        let galley = painter.layout_job(job);
        painter.galley(pos2(rect.left() + 3.0, top), galley, theme::TEXT);
        top += 19.0;
    }
    if row.rating.stars() > 0 {
        let left = picture.left_bottom() + vec2(8.0, -12.0);
        painter.text(
            left,
            Align2::LEFT_CENTER,
            "\u{2605}".repeat(usize::from(row.rating.stars())),
            theme::regular(12.0),
            theme::STAR,
        );
    }
    let path = row.file.path.display().to_string();
    response.on_hover_text(path)
}

/// The sign of the one that is kept: a word, so that it is not looked for.
fn kept_sign(painter: &Painter, at: Pos2) {
    let galley = painter.layout_no_wrap("Kept".to_owned(), theme::semibold(11.5), theme::CANVAS);
    let rect = Rect::from_min_size(at, vec2(galley.size().x + 30.0, 21.0));
    painter.rect_filled(rect, 10.5, theme::PICK);
    badge::check(painter, rect.left_center() + vec2(13.0, 0.0), 8.0, theme::CANVAS);
    painter.galley(
        pos2(rect.left() + 22.0, rect.center().y - galley.size().y / 2.0),
        galley,
        theme::CANVAS,
    );
}
