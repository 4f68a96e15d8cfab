//! One photo, as large as it fits or every pixel of it, with its neighbours in a strip below.

use super::{
    action::Action, app::App, badge, exposure, grid, icon, keys::key_text, pictures::edge_for, prefetch::Size,
    state::Loupe, text, theme, tile, widget,
};
use crate::{
    engine::{handle::DEVELOPED, snapshot::Tile},
    model::{
        metadata::MediaKind,
        rating::{ColorLabel, Flag},
    },
};
use eframe::egui::{
    self, Align2, CursorIcon, Id, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2,
    vec2,
};

/// Points per pixel at most.
const MAX_ZOOM: f32 = 8.0;

/// Draws the photo, its strip, and the bars that float on it.
pub fn show(app: &mut App, ui: &mut Ui) {
    let Some(mut loupe) = app.loupe.clone() else { return };
    let all = ui.max_rect();
    let Some((place, tile)) = app
        .place(loupe.photo)
        .and_then(|at| Some((at, app.snap.view.tiles.get(at)?.clone())))
    else {
        app.loupe = None;
        return;
    };
    let strip = if app.full_screen { 0.0 } else { theme::FILMSTRIP };
    let canvas = Rect::from_min_max(all.min, pos2(all.right(), all.bottom() - strip));
    ui.painter().rect_filled(all, 0.0, theme::CANVAS);
    let list: Vec<usize> = (0..app.snap.view.tiles.len()).collect();
    want(app, ui, &list, place, canvas, loupe.zoom.is_some());
    let seen = photo(app, ui, &mut loupe, &tile, canvas);
    if app.full_screen {
        full_screen(app, ui, &tile, canvas, place);
    } else {
        top_pill(ui, &tile, seen);
        position(app, ui, canvas, place);
        hints(ui, seen);
        let strip = Rect::from_min_max(pos2(all.left(), canvas.bottom()), all.max);
        let done = text::share(place as u64 + 1, list.len() as u64);
        filmstrip(app, ui, strip, &list, place, done);
    }
    // The strip may have turned to another photo meanwhile.
    if let Some(now) = &mut app.loupe {
        now.zoom = loupe.zoom;
        now.center = loupe.center;
        now.toggle = false;
    }
}

/// This one first, then those that the fingers are about to reach. `list`: the places of the view that are gone through,
/// `place` one of that list.
pub(in crate::ui) fn want(app: &mut App, ui: &Ui, list: &[usize], place: usize, canvas: Rect, zoomed: bool) {
    let view = app.view();
    let scale = ui.ctx().pixels_per_point();
    let screen = edge_for(canvas.width().max(canvas.height()) * scale).max(2560);
    let now = ui.input(|input| input.time);
    app.turning.see(place, now);
    if let Some(rest) = app.turning.ends_in(now) {
        // Nothing else would draw the frame in which looking begins.
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_secs_f64(rest + 0.01));
    }
    for (at, size) in app.turning.wants(list.len(), zoomed, now) {
        let edge = match size {
            Size::Cell => 256,
            Size::Small => 512,
            Size::Screen => screen,
            Size::Full => 0,
        };
        if let Some(tile) = list.get(at).and_then(|at| view.tiles.get(*at)) {
            app.pictures.want(tile.id, edge);
        }
    }
    // After what the camera made: developing takes longer than turning a page.
    let seen = list.get(place).and_then(|at| view.tiles.get(*at));
    if let Some(tile) = seen.filter(|tile| is_developed(app, tile)) {
        app.pictures.want(tile.id, DEVELOPED | if zoomed { 0 } else { screen });
    }
}

/// Whether a photo has sensor data that can be developed.
pub(in crate::ui) fn is_raw(tile: &Tile) -> bool {
    tile.kind == MediaKind::Raw || tile.raw_pair
}

/// Whether a photo is to be seen developed.
fn is_developed(app: &App, tile: &Tile) -> bool {
    app.developed == Some(tile.id) && is_raw(tile)
}

/// Says on the photo whether what is seen is developed, or why it is not.
fn develop_sign(app: &App, ui: &Ui, tile: &Tile, canvas: Rect, edge: u32) {
    if !is_developed(app, tile) {
        return;
    }
    let word = if app.pictures.has(tile.id, edge) {
        "DEVELOPED".to_owned()
    } else if let Some(why) = app.pictures.failure(tile.id, edge) {
        format!("NOT DEVELOPED   {why}")
    } else {
        "DEVELOPING...".to_owned()
    };
    badge::plate(ui.painter(), canvas.right_top() + vec2(-16.0, 64.0), &word);
}

/// Says over the photo that its folder is not there, and which one it is: what is seen is what was kept of it.
fn away(app: &App, ui: &mut Ui, tile: &Tile, canvas: Rect) {
    let detail = app.snap.detail.as_ref().filter(|detail| detail.id == tile.id);
    let root = detail.and_then(|detail| {
        let mut roots = app.snap.roots.iter().filter(|root| !root.online);
        roots.find(|root| detail.folder.starts_with(&root.path))
    });
    let which = root.map_or_else(String::new, |root| format!(": {}", root.path.display()));
    let words = format!("Its folder is not connected{which}. Only a small preview is here.");
    let galley = ui.painter().layout(
        words.clone(),
        theme::medium(12.5),
        theme::TEXT,
        (canvas.width() - 120.0).clamp(80.0, 640.0),
    );
    let size = galley.size() + vec2(52.0, 16.0);
    let rect = Rect::from_center_size(canvas.center_top() + vec2(0.0, 62.0 + size.y / 2.0), size);
    ui.painter()
        .rect_filled(rect, f32::from(theme::RADIUS_CARD), theme::PILL);
    badge::glyph(
        ui.painter(),
        rect.left_center() + vec2(20.0, 0.0),
        15.0,
        icon::UNPLUG,
        theme::STAR,
    );
    ui.painter().galley(rect.min + vec2(38.0, 8.0), galley, theme::TEXT);
    let response = ui.interact(rect, Id::unique("away"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
}

/// The size of the whole photo in its own pixels, as far as known: of the largest picture that is here.
pub(in crate::ui) fn natural(app: &App, tile: &Tile) -> (Vec2, bool) {
    #[expect(clippy::cast_precision_loss, reason = "pixels of one photo")]
    let size = |edge: u32| app.pictures.size(tile.id, edge).map(|[w, h]| vec2(w as f32, h as f32));
    if let Some(full) = size(0) {
        return (full, true);
    }
    let facts = app.snap.detail.as_ref().filter(|detail| detail.id == tile.id);
    #[expect(clippy::cast_precision_loss, reason = "pixels of one photo")]
    if let Some((w, h)) = facts.and_then(|detail| Some((detail.facts.width?, detail.facts.height?)))
        && w > 0
        && h > 0
    {
        return (vec2(w as f32, h as f32), true);
    }
    let aspect = if tile.aspect.is_finite() && tile.aspect > 0.0 {
        tile.aspect
    } else {
        1.5
    };
    (
        size(2560)
            .or_else(|| size(3840))
            .unwrap_or_else(|| vec2(3000.0, 3000.0 / aspect)),
        false,
    )
}

/// Draws the photo; returns the part of the canvas that it covers, where bars may float.
pub(in crate::ui) fn photo(app: &mut App, ui: &mut Ui, loupe: &mut Loupe, tile: &Tile, canvas: Rect) -> Rect {
    let response = ui.interact(canvas, Id::unique("loupe canvas"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, tile::spoken(tile)));
    let (natural, _) = natural(app, tile);
    let scale = ui.ctx().pixels_per_point();
    let margin = if app.full_screen { 0.0 } else { 24.0 };
    let room = (canvas.size() - Vec2::splat(2.0 * margin)).max(Vec2::splat(40.0));
    // Small photos are shown at their own size at most twice as large.
    let fit = (room.x / natural.x).min(room.y / natural.y).min(2.0 / scale) * scale;
    let pointer = ui
        .input(|input| input.pointer.hover_pos())
        .filter(|at| canvas.contains(*at));
    let toggled = std::mem::take(&mut loupe.toggle) || response.clicked();
    zoom(ui, loupe, &response, toggled, canvas, natural, fit, scale, pointer);
    let zoomed = loupe.zoom.unwrap_or(fit);
    let size = natural * zoomed / scale;
    if response.dragged() && loupe.zoom.is_some() {
        loupe.center -= response.drag_delta() / size;
    }
    loupe.center = if loupe.zoom.is_some() {
        held(loupe.center, size, canvas)
    } else {
        pos2(0.5, 0.5)
    };
    let middle = if loupe.zoom.is_some() {
        canvas.center()
    } else {
        canvas.shrink(margin).center()
    };
    let rect = Rect::from_min_size(middle - loupe.center.to_vec2() * size, size);
    let painter = ui.painter().with_clip_rect(canvas);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let edge = if loupe.zoom.is_some() {
        0
    } else {
        edge_for(canvas.width().max(canvas.height()) * scale).max(2560)
    };
    let camera = edge;
    let edge = if is_developed(app, tile) {
        DEVELOPED | edge
    } else {
        edge
    };
    if !app
        .pictures
        .paint(&painter, tile.id, edge, rect, whole, theme::UNTINTED)
    {
        painter.rect_filled(rect, 2.0, theme::PLACEHOLDER);
        if let Some(why) = app
            .pictures
            .failure(tile.id, camera)
            .or_else(|| app.pictures.failure(tile.id, 256))
        {
            cannot(ui, canvas, tile, &why);
        }
    }
    if tile.offline {
        away(app, ui, tile, canvas);
    }
    exposure::show(app, ui, tile, canvas, rect);
    let cursor = match (loupe.zoom.is_some(), response.dragged()) {
        (true, true) => CursorIcon::Grabbing,
        (true, false) => CursorIcon::ZoomOut,
        (false, _) => CursorIcon::ZoomIn,
    };
    let response = response.on_hover_cursor(cursor);
    response.context_menu(|ui| grid::menu(app, ui));
    develop_sign(app, ui, tile, canvas, edge);
    if let Some(zoom) = loupe.zoom {
        let word = format!("{:.0} %", zoom * 100.0);
        badge::plate(ui.painter(), canvas.right_top() + vec2(-16.0, 42.0), &word);
    }
    // Bars of a small photo float on the canvas beside it.
    let seen = rect.intersect(canvas);
    if seen.width() > 640.0 && seen.height() > 300.0 {
        seen
    } else {
        canvas
    }
}

#[expect(clippy::too_many_arguments, reason = "one place, called once")]
pub(in crate::ui) fn zoom(
    ui: &Ui,
    loupe: &mut Loupe,
    response: &egui::Response,
    toggled: bool,
    canvas: Rect,
    natural: Vec2,
    fit: f32,
    scale: f32,
    pointer: Option<Pos2>,
) {
    let before = loupe.zoom.unwrap_or(fit);
    let at = pointer.unwrap_or(canvas.center());
    let wheel = if response.hovered() {
        ui.input(|input| (input.smooth_scroll_delta().y / 240.0).exp() * input.zoom_delta())
    } else {
        1.0
    };
    let goal = if toggled {
        if loupe.zoom.is_some() { None } else { Some(1.0) }
    } else if (wheel - 1.0).abs() > 1e-4 {
        let next = (before * wheel).min(MAX_ZOOM);
        (next > fit * 1.02).then_some(next)
    } else {
        return;
    };
    if let Some(goal) = goal {
        // The point under the pointer stays under it.
        let size = natural * before / scale;
        let under = loupe.center + (at - canvas.center()) / size;
        let after = natural * goal / scale;
        loupe.center = under - (at - canvas.center()) / after;
    }
    loupe.zoom = goal;
}

/// The photo is not dragged out of sight.
pub(in crate::ui) fn held(center: Pos2, size: Vec2, canvas: Rect) -> Pos2 {
    let axis = |value: f32, size: f32, room: f32| {
        let half = room / size / 2.0;
        if half >= 0.5 {
            0.5
        } else {
            value.clamp(half, 1.0 - half)
        }
    };
    pos2(
        axis(center.x, size.x, canvas.width()),
        axis(center.y, size.y, canvas.height()),
    )
}

fn cannot(ui: &Ui, canvas: Rect, tile: &Tile, why: &str) {
    let painter = ui.painter();
    badge::glyph(
        painter,
        canvas.center() - vec2(0.0, 34.0),
        36.0,
        if tile.kind == MediaKind::Video {
            icon::FILM
        } else {
            icon::FILE_WARNING
        },
        theme::TEXT_3,
    );
    painter.text(
        canvas.center(),
        Align2::CENTER_CENTER,
        &tile.name,
        theme::semibold(14.0),
        theme::TEXT,
    );
    let galley = painter.layout(
        why.to_owned(),
        theme::regular(13.0),
        theme::TEXT_2,
        (canvas.width() - 80.0).min(560.0),
    );
    painter.galley(
        canvas.center() + vec2(-galley.size().x / 2.0, 16.0),
        galley,
        theme::TEXT_2,
    );
}

pub(in crate::ui) fn pill(painter: &egui::Painter, rect: Rect) {
    let line = Stroke::new(1.0, theme::faded(theme::TEXT, 0.10));
    painter.rect(rect, rect.height() / 2.0, theme::PILL, line, StrokeKind::Inside);
}

/// Flag, stars and safety on a dark pill.
pub(in crate::ui) fn top_pill(ui: &mut Ui, tile: &Tile, canvas: Rect) {
    let painter = ui.painter();
    let flag = match tile.flag {
        Flag::None => "Not decided",
        Flag::Pick => "Pick",
        Flag::Reject => "Reject",
    };
    let flag_galley = painter.layout_no_wrap(flag.to_owned(), theme::medium(13.0), theme::TEXT);
    let safe = painter.layout_no_wrap(tile.safety.title().to_owned(), theme::medium(13.0), theme::TEXT);
    let stars = f32::from(tile.rating.stars()) * 14.0;
    let width =
        34.0 + flag_galley.size().x + if stars > 0.0 { stars + 14.0 } else { 0.0 } + 34.0 + safe.size().x + 18.0;
    let rect = Rect::from_min_size(canvas.left_top() + vec2(16.0, 14.0), vec2(width, 32.0));
    pill(painter, rect);
    let middle = rect.center().y;
    let sign = if tile.flag == Flag::Reject { icon::X } else { icon::FLAG };
    badge::glyph(
        painter,
        pos2(rect.left() + 19.0, middle),
        14.0,
        sign,
        theme::flag_color(tile.flag),
    );
    let mut x = rect.left() + 33.0;
    x += flag_galley.size().x;
    painter.galley(
        pos2(rect.left() + 33.0, middle - flag_galley.size().y / 2.0),
        flag_galley,
        theme::TEXT,
    );
    if stars > 0.0 {
        badge::stars(painter, pos2(x + 12.0, middle), 14.0, tile.rating.stars());
        x += stars + 14.0;
    }
    badge::safety(painter, pos2(x + 22.0, middle), 14.0, tile.safety);
    painter.galley(pos2(x + 35.0, middle - safe.size().y / 2.0), safe, theme::TEXT);
}

/// Nothing but the photo; a mark just given is shown for a moment, and facts where they are asked for.
fn full_screen(app: &App, ui: &mut Ui, tile: &Tile, canvas: Rect, place: usize) {
    const SHOWN_S: f64 = 1.6;
    let left = SHOWN_S - (ui.input(|input| input.time) - app.marked_at);
    if left > 0.0 || app.full_info {
        top_pill(ui, tile, canvas);
        position(app, ui, canvas, place);
    }
    if left > 0.0 {
        ui.request_repaint_after(std::time::Duration::from_secs_f64(left.min(SHOWN_S)));
    }
    if app.full_info {
        facts(app, ui, tile, canvas);
    }
}

/// Name, date, exposure and camera on a plate in the lower left corner.
fn facts(app: &App, ui: &Ui, tile: &Tile, canvas: Rect) {
    let painter = ui.painter();
    let mut lines = vec![(tile.name.to_string(), theme::semibold(14.0), theme::TEXT)];
    if let Some(detail) = app.snap.detail.as_ref().filter(|detail| detail.id == tile.id) {
        let facts = &detail.facts;
        if let Some(taken) = facts.taken {
            lines.push((taken.short_text(), theme::regular(13.0), theme::TEXT_2));
        }
        let exposure: Vec<String> = [
            facts.shutter_text(),
            facts.aperture_text(),
            facts.iso.map(|iso| format!("ISO {iso}")),
            facts.focal_mm.map(|mm| format!("{mm:.0} mm")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !exposure.is_empty() {
            lines.push((exposure.join("   "), theme::regular(13.0), theme::TEXT_2));
        }
        let camera: Vec<String> = facts.camera().into_iter().chain(facts.lens.clone()).collect();
        if !camera.is_empty() {
            lines.push((camera.join("   \u{b7}   "), theme::regular(13.0), theme::TEXT_2));
        }
    }
    let room = (canvas.width() - 80.0).max(60.0);
    let galleys: Vec<_> = lines
        .into_iter()
        .map(|(text, font, color)| widget::cut(painter, &text, font, color, room))
        .collect();
    let width = galleys.iter().map(|galley| galley.size().x).fold(0.0, f32::max);
    let height: f32 = galleys.iter().map(|galley| galley.size().y + 4.0).sum();
    let size = vec2(width + 28.0, height + 18.0);
    let rect = Rect::from_min_size(canvas.left_bottom() + vec2(20.0, -20.0 - size.y), size);
    painter.rect_filled(rect, f32::from(theme::RADIUS_CARD), theme::PILL);
    let mut at = rect.min + vec2(14.0, 10.0);
    for galley in galleys {
        let step = galley.size().y + 4.0;
        painter.galley(at, galley, theme::TEXT);
        at.y += step;
    }
}

fn position(app: &App, ui: &Ui, canvas: Rect, place: usize) {
    let words = format!(
        "{} of {}",
        text::number(place as u64 + 1),
        text::number(app.snap.view.tiles.len() as u64)
    );
    badge::plate(ui.painter(), canvas.right_top() + vec2(-16.0, 20.0), &words);
}

fn hints(ui: &mut Ui, canvas: Rect) {
    let rate = match (key_text(Action::Rate(1)), key_text(Action::Rate(5))) {
        (Some(one), Some(five)) => Some(format!("{one}\u{2013}{five}")),
        _ => None,
    };
    let all: Vec<(String, &str)> = [
        (key_text(Action::Pick), "Pick"),
        (key_text(Action::Reject), "Reject"),
        (key_text(Action::Unflag), "Clear"),
        (rate, "Rate"),
        (key_text(Action::Zoom), "100 %"),
        (key_text(Action::Info), "Info"),
        (key_text(Action::FullScreen), "Full"),
        (key_text(Action::Advance), "Next"),
    ]
    .into_iter()
    .filter_map(|(key, word)| Some((key?, word)))
    .collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(key, word)| (key.as_str(), *word)).collect();
    key_hints(ui, canvas, &all);
}

/// Keys and what they do, on a pill at the foot of the picture; as many as there is room for.
pub(in crate::ui) fn key_hints(ui: &mut Ui, canvas: Rect, all: &[(&str, &str)]) {
    const GAP: f32 = 7.0;
    const BETWEEN: f32 = 14.0;
    if canvas.height() < 260.0 {
        return;
    }
    let wide = |ui: &Ui, (key, word): &(&str, &str)| {
        let layout = |text: &str, font| ui.painter().layout_no_wrap(text.to_owned(), font, theme::TEXT).size().x;
        (layout(key, theme::semibold(11.0)) + 10.0).max(20.0) + GAP + layout(word, theme::regular(12.0))
    };
    let mut shown: Vec<&(&str, &str)> = all.iter().collect();
    let width = loop {
        let sum: f32 = shown.iter().map(|hint| wide(ui, hint) + BETWEEN).sum::<f32>() - BETWEEN + 28.0;
        if sum + 40.0 <= canvas.width() {
            break sum;
        }
        // The last one, which leads on or out, stays longest.
        match shown.len() {
            0..=3 => return,
            many => drop(shown.remove(many - 2)),
        }
    };
    let rect = Rect::from_center_size(pos2(canvas.center().x, canvas.bottom() - 34.0), vec2(width, 34.0));
    pill(ui.painter(), rect);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink2(vec2(14.0, 0.0)))
            .layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    child.spacing_mut().item_spacing.x = GAP;
    for (key, word) in shown {
        widget::key_hint(&mut child, key, word);
        child.add_space(BETWEEN - GAP);
    }
}

/// The photos of `list`, the `place`-th of them in the middle, with a bar of decision under each. `done`: how far the line
/// above them is filled.
pub(in crate::ui) fn filmstrip(app: &mut App, ui: &mut Ui, rect: Rect, list: &[usize], place: usize, done: f32) {
    let painter = ui.painter().with_clip_rect(rect);
    painter.rect_filled(rect, 0.0, theme::GRID);
    let view = app.view();
    let nth = |at: usize| list.get(at).and_then(|at| view.tiles.get(*at));
    painter.rect_filled(
        Rect::from_min_size(rect.min, vec2(rect.width(), 2.0)),
        0.0,
        theme::HAIRLINE,
    );
    painter.rect_filled(
        Rect::from_min_size(rect.min, vec2(rect.width() * done, 2.0)),
        0.0,
        theme::ACCENT,
    );
    let height = rect.height() - 34.0;
    let wide = |tile: &Tile| {
        let aspect = if tile.aspect.is_finite() { tile.aspect } else { 1.5 };
        height * aspect.clamp(0.6, 1.9)
    };
    // The photo that is seen lies in the middle, but for the ends of the list.
    let mut from = place;
    let mut left = rect.center().x - nth(place).map_or(0.0, wide) / 2.0;
    while from > 0 && left > rect.left() + 14.0 {
        from -= 1;
        left -= nth(from).map_or(0.0, wide) + theme::GAP;
    }
    if from == 0 && left > rect.left() + 14.0 {
        left = rect.left() + 14.0;
    }
    let mut turned = None;
    for at in from..list.len() {
        if left > rect.right() {
            break;
        }
        let Some(tile) = nth(at) else { break };
        let frame = Rect::from_min_size(pos2(left, rect.top() + 14.0), vec2(wide(tile), height));
        left = frame.right() + theme::GAP;
        app.pictures.want(tile.id, 256);
        tile::picture(app, &painter, tile, frame, 256);
        let bar = Rect::from_min_size(frame.left_bottom() + vec2(0.0, 5.0), vec2(frame.width(), 3.0));
        let color = if tile.flag == Flag::None {
            theme::CONTROL
        } else {
            theme::flag_color(tile.flag)
        };
        painter.rect_filled(bar, 1.5, color);
        if nth(at + 1).is_some_and(|next| view.bursts.same(tile.id, next.id)) {
            // One line over what belongs together.
            let line = Rect::from_min_size(frame.left_top() - vec2(0.0, 5.0), vec2(frame.width() + theme::GAP, 2.0));
            painter.rect_filled(line, 0.0, theme::CONTROL_ACTIVE);
        }
        if tile.rating.stars() > 0 || tile.label != ColorLabel::None {
            badge::scrim(&painter, frame, 22.0);
            let size = if frame.width() < 60.0 { 7.0 } else { 9.0 };
            let left = frame.left_bottom() + vec2(4.0, -8.0);
            badge::stars(&painter, left, size, tile.rating.stars());
            badge::label_dot(&painter, frame.right_bottom() + vec2(-8.0, -8.0), tile.label);
        }
        if frame.width() > 44.0 {
            badge::safety_on_photo(&painter, frame.right_top() + vec2(-12.0, 12.0), tile.safety);
        }
        let response = ui.interact(frame.intersect(rect), Id::unique(("strip", tile.id.0)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, at == place, tile::spoken(tile)));
        if at == place {
            painter.rect_stroke(frame, 4.0, Stroke::new(3.0, theme::ACCENT), StrokeKind::Outside);
        } else if response.hovered() || response.has_focus() {
            painter.rect_stroke(frame, 4.0, Stroke::new(1.0, theme::TEXT_2), StrokeKind::Inside);
        }
        if response.clicked() {
            turned = Some(at);
        }
    }
    if let Some(at) = turned.and_then(|at| list.get(at).copied()) {
        app.focus_on(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_not_dragged_out_of_sight() {
        let canvas = Rect::from_min_size(pos2(0.0, 0.0), vec2(1000.0, 800.0));
        let held = held(pos2(5.0, -3.0), vec2(4000.0, 400.0), canvas);
        assert_eq!(held, pos2(0.875, 0.5));
    }
}
