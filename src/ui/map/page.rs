//! The page: the map in the whole window beside the sidebar, a heading over it, and what hands and keys do there. What is
//! opened from it is a question in the search box (`within:`), which the person sees and can change.

use super::{
    camera::Camera,
    labels,
    marks::{self, Asked, Seen},
    world,
};
use crate::{
    engine::{
        command::{Command, Source},
        mapping::MapView,
    },
    model::{
        bounds::Bounds,
        clusters::Cluster,
        mercator::{Frame, Spot},
        position::Position,
        query::{Expr, Query, Term},
    },
    ui::{
        action::Action,
        app::App,
        badge, icon,
        keys::with_key,
        state::{Loupe, Page},
        text, theme,
        widget::{self, Look},
    },
};
use eframe::egui::{
    Align, CursorIcon, Frame as Panel, Id, Layout, Margin, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};
use std::sync::Arc;

/// How far an arrow moves the map, in points.
const STEP: f32 = 160.0;

/// What the page keeps between frames.
#[derive(Clone, Default)]
pub struct MapPage {
    camera: Camera,
    /// Where the map was drawn last.
    rect: Option<Rect>,
    /// The engine was told that the map is open.
    told: bool,
    /// What the camera was moved to show, once.
    fitted: Option<(Source, String)>,
    /// It has shown photos before: from then on it moves so that the eye can follow.
    shown: bool,
    /// A cluster had the keyboard in the last frame.
    focused: bool,
    pub(super) seen: Seen,
}

/// Goes to the page.
pub fn open(app: &mut App) {
    app.page = Page::Map;
    app.loupe = None;
    app.beside = None;
    app.stop_culling();
}

/// Tells the engine whether the map is open; in every frame.
pub fn follow(app: &mut App) {
    let on = app.page == Page::Map;
    if app.map.told != on {
        app.map.told = on;
        app.send(Command::ShowMap(on));
    }
}

/// What keys do on this page; whether this one does anything here.
pub fn act(app: &mut App, action: Action) -> bool {
    let rect = app.map.rect.unwrap_or_else(super::camera::usual);
    let camera = &mut app.map.camera;
    match action {
        // While a photo has the keyboard, arrows go from photo to photo.
        Action::Next | Action::Previous | Action::Up | Action::Down if app.map.focused => {}
        Action::Next => camera.glide(rect, vec2(STEP, 0.0)),
        Action::Previous => camera.glide(rect, vec2(-STEP, 0.0)),
        Action::Up => camera.glide(rect, vec2(0.0, -STEP)),
        Action::Down => camera.glide(rect, vec2(0.0, STEP)),
        Action::PageUp => camera.glide(rect, vec2(0.0, -rect.height() * 0.8)),
        Action::PageDown => camera.glide(rect, vec2(0.0, rect.height() * 0.8)),
        Action::LargerThumbs => camera.glide_zoom(rect, rect.center(), 2.0),
        Action::SmallerThumbs => camera.glide_zoom(rect, rect.center(), 0.5),
        Action::First => app.map.fitted = None,
        // egui has taken the keyboard from the photo already.
        Action::Escape if app.map.focused => app.map.focused = false,
        Action::Loupe | Action::Advance | Action::Last | Action::SelectAll => {}
        _ => return false,
    }
    true
}

/// Draws the page.
pub fn show(app: &mut App, ui: &mut Ui) {
    let rect = ui.max_rect();
    app.map.rect = Some(rect);
    let map = app.snap.map.clone();
    if let Some(map) = map.as_deref() {
        fit(app, rect, map);
    }
    hands(app, ui, rect, map.as_deref());
    let camera = app.map.camera;
    let atlas = app.snap.atlas.clone();
    let painter = ui.painter_at(rect);
    world::draw(&painter, rect, &camera, atlas.as_deref());
    if let (Some(atlas), Some(map)) = (&atlas, &map) {
        let clusters = marks::seen(&mut app.map.seen, map, &camera, rect);
        let taken = clusters.iter().map(|one| marks::place(rect, &camera, one).expand(4.0));
        let mut taken: Vec<Rect> = taken.filter(|place| place.intersects(rect)).collect();
        taken.push(Rect::from_min_size(rect.min, vec2(rect.width(), 70.0)));
        labels::draw(&painter, rect, &camera, atlas, taken);
    }
    labels::ruler(&painter, rect, &camera);
    let mut asked = None;
    if let Some(map) = &map {
        let mut on_map = ui.new_child(UiBuilder::new().max_rect(rect));
        on_map.set_clip_rect(rect);
        let (wanted, focused) = marks::draw(app, &mut on_map, rect, &camera, map);
        asked = wanted;
        app.map.focused = focused;
    }
    heading(app, ui, rect, map.as_ref());
    tools(app, ui, rect);
    nothing(app, ui, rect, map.as_deref());
    if let (Some(asked), Some(map)) = (asked, map) {
        answer(app, rect, &map, asked);
    }
}

/// The first time, and when the grid shows something else, everything there is comes into sight.
fn fit(app: &mut App, rect: Rect, map: &MapView) {
    let view = &app.snap.view;
    let wanted = (view.source.clone(), view.query.clone());
    if map.generation != view.generation || app.map.fitted.as_ref() == Some(&wanted) {
        return;
    }
    let first = app.map.fitted.replace(wanted).is_none() && !app.map.shown;
    app.map.shown = true;
    if let Some(frame) = map.clusters.frame() {
        let goal = Camera::around(rect, frame);
        if first {
            app.map.camera.jump(goal);
        } else {
            app.map.camera.go(rect, goal);
        }
    }
}

/// Drag, scroll, pinch and double click.
fn hands(app: &mut App, ui: &mut Ui, rect: Rect, map: Option<&MapView>) {
    let response = ui.interact(rect, Id::unique("map"), Sense::click_and_drag());
    let count = map.map_or(0, |map| map.clusters.len());
    let words = format!("Map with {}", text::count(count as u64, "photo"));
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &words));
    let camera = &mut app.map.camera;
    if response.dragged() {
        camera.pan(rect, response.drag_delta());
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    if let Some(at) = response
        .hover_pos()
        .or(ui.ctx().pointer_hover_pos().filter(|at| rect.contains(*at)))
    {
        // A photo below the pointer lets the wheel through.
        let factor = ui.input(|input| f64::from((input.smooth_scroll_delta().y / 180.0).exp() * input.zoom_delta()));
        let free = ui.ctx().layer_id_at(at).is_none_or(|layer| layer == ui.layer_id());
        if free && (factor - 1.0).abs() > 1e-6 {
            camera.zoom(rect, at, factor);
        }
        if response.double_clicked() {
            camera.glide_zoom(rect, at, 2.5);
        }
    }
    if response.clicked() {
        response.surrender_focus();
    }
    if camera.moves() {
        let seconds = ui.input(|input| input.stable_dt.min(0.05));
        if camera.step(f64::from(seconds)) {
            ui.ctx().request_repaint();
        }
    }
}

fn heading(app: &mut App, ui: &mut Ui, rect: Rect, map: Option<&Arc<MapView>>) {
    let top = Rect::from_min_size(rect.min, vec2(rect.width(), 96.0));
    badge::fade_down(ui.painter(), top);
    let place = Rect::from_min_max(
        pos2(rect.left() + 20.0, rect.top() + 14.0),
        pos2(rect.right() - 20.0, top.bottom()),
    );
    let mut head = ui.new_child(UiBuilder::new().max_rect(place));
    head.horizontal(|ui| {
        let room = (ui.available_width() - 300.0).max(120.0);
        ui.allocate_ui_with_layout(vec2(room, 46.0), Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            let title = app.snap.view.title.clone();
            widget::one_line(ui, &title, theme::semibold(21.0), theme::TEXT);
            let words = match map {
                None => "Looking up where they were taken".to_owned(),
                Some(map) => facts(map),
            };
            widget::one_line(ui, &words, theme::regular(12.5), theme::TEXT_2);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let Some(map) = map.filter(|map| !map.clusters.is_empty()) else {
                return;
            };
            if widget::button(ui, Look::Plain, Some(icon::LAYOUT_GRID), "Show these in the grid")
                .on_hover_text("The photos that are in sight now.")
                .clicked()
            {
                open_in_sight(app, rect, map);
            }
            if !app.query.is_empty() && widget::button(ui, Look::Quiet, Some(icon::X), "Clear the search").clicked() {
                app.query.clear();
                app.show();
            }
        });
    });
}

fn facts(map: &MapView) -> String {
    let placed = text::count(map.clusters.len() as u64, "photo");
    match map.unplaced {
        0 => placed,
        unplaced => format!("{placed}   \u{b7}   {} without a position", text::number(unplaced)),
    }
}

/// The buttons at the lower right.
fn tools(app: &mut App, ui: &mut Ui, rect: Rect) {
    let plate = Rect::from_min_size(pos2(rect.right() - 54.0, rect.bottom() - 126.0), vec2(34.0, 106.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(plate));
    Panel::new()
        .fill(theme::PANEL)
        .stroke(Stroke::new(1.0, theme::BORDER))
        .corner_radius(theme::RADIUS_FIELD)
        .inner_margin(Margin::same(2))
        .show(&mut child, |ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 4.0);
            for (sign, name, action) in [
                (icon::PLUS, "Nearer", Action::LargerThumbs),
                (icon::MINUS, "Farther", Action::SmallerThumbs),
                (icon::MAXIMIZE, "All photos in sight", Action::First),
            ] {
                if widget::icon_button(ui, sign, &with_key(name, action), false).clicked() {
                    act(app, action);
                }
            }
        });
}

/// Why no photo is on the map, and what to do.
fn nothing(app: &mut App, ui: &mut Ui, rect: Rect, map: Option<&MapView>) {
    let (sign, title, why) = match map {
        None => (
            icon::MAP,
            "Looking up where your photos were taken",
            "This takes a moment.",
        ),
        Some(map) if map.generation != app.snap.view.generation || !map.clusters.is_empty() => return,
        Some(_) if app.snap.view.tiles.is_empty() && !app.query.is_empty() => {
            (icon::SEARCH_X, "Nothing found", "No photo here answers to this search.")
        }
        Some(_) => (
            icon::MAP_PIN,
            "No photo here has a position",
            "Phones and some cameras write one. Others get theirs from a GPX track.",
        ),
    };
    let card = Rect::from_center_size(rect.center(), vec2(460.0_f32.min(rect.width() - 40.0), 190.0));
    ui.painter()
        .rect_filled(card, f32::from(theme::RADIUS_CARD), theme::PILL);
    let mut child = ui.new_child(UiBuilder::new().max_rect(card.shrink(24.0)));
    widget::empty(&mut child, sign, title, why);
    child.add_space(12.0);
    if map.is_some() && app.query.is_empty() {
        child.vertical_centered(|ui| {
            if widget::button(ui, Look::Plain, None, "Positions from a GPX track...").clicked() {
                app.act(&ui.ctx().clone(), Action::PlaceByTrack);
            }
        });
    }
    if map.is_some() && !app.query.is_empty() {
        child.vertical_centered(|ui| {
            if widget::button(ui, Look::Plain, None, "Clear the search").clicked() {
                app.query.clear();
                app.show();
            }
        });
    }
}

fn answer(app: &mut App, rect: Rect, map: &MapView, asked: Asked) {
    match asked {
        Asked::Open(cluster) => open_boxes(app, &map.clusters.boxes(&cluster)),
        Asked::Look(cluster) if cluster.count == 1 => {
            app.page = Page::Library;
            if let Some(place) = app.place(cluster.cover) {
                app.focus_on(place);
                app.loupe = Some(Loupe::on(cluster.cover));
            }
        }
        Asked::Look(cluster) => {
            let frame = frame_of(map, &cluster);
            let goal = Camera::around(rect, frame);
            // As near as one gets they still lie together: here are the photos.
            let spread = frame.width().max(frame.height()) * goal.scale;
            if spread < 60.0 || goal.scale <= app.map.camera.scale * 1.2 {
                open_boxes(app, &map.clusters.boxes(&cluster));
            } else {
                app.map.camera.go(rect, goal);
            }
        }
    }
}

fn frame_of(map: &MapView, cluster: &Cluster) -> Frame {
    let spots = map.clusters.members(cluster).map(|one| Spot::from(one.at));
    let around = spots.fold(None, |frame: Option<Frame>, spot| {
        Some(frame.map_or_else(|| Frame::at(spot), |frame| frame.with(spot)))
    });
    around.unwrap_or_else(|| Frame::at(cluster.spot))
}

/// The photos in sight, in the grid.
fn open_in_sight(app: &mut App, rect: Rect, map: &MapView) {
    let frame = app.map.camera.frame(rect);
    if frame.width() >= 1.0 {
        app.page = Page::Library;
        return;
    }
    let seen = marks::seen(&mut app.map.seen, map, &app.map.camera, rect);
    let in_sight = seen
        .iter()
        .filter(|one| rect.contains(app.map.camera.screen(rect, one.spot)));
    let positions: Vec<_> = in_sight
        .flat_map(|one| map.clusters.members(one))
        .map(|one| one.at)
        .collect();
    let (min, max) = (frame.min, frame.max);
    let bounds = Bounds::around(&positions, 3);
    // Across the date line the box around the photos would go around the world: the window's own edges hold them.
    let across = min.x.floor() < max.x.floor();
    let own = || {
        let corner = |spot: Spot| Position::new(spot.latitude(), spot.longitude());
        let south_west = corner(Spot { x: min.x, y: max.y })?;
        let north_east = corner(Spot { x: max.x, y: min.y })?;
        Bounds::new(south_west, north_east)
    };
    let bounds = if across { own() } else { bounds };
    open_boxes(app, &bounds.into_iter().collect::<Vec<_>>());
}

/// Shows the photos in these boxes in the grid: the question is added to the one in the search box.
fn open_boxes(app: &mut App, boxes: &[Bounds]) {
    app.query = narrowed(&app.query, boxes);
    app.map.fitted = Some((app.source.clone(), app.query.clone()));
    app.page = Page::Library;
    app.selection.clear();
    app.show();
}

/// The search with these boxes instead of those that were in it.
fn narrowed(query: &str, boxes: &[Bounds]) -> String {
    let is_box = |expr: &Expr| match expr {
        Expr::Term(Term::Within(_)) => true,
        Expr::Or(parts) => parts.iter().all(|part| matches!(part, Expr::Term(Term::Within(_)))),
        _ => false,
    };
    // A search that is not understood shows everything; so does what comes of it here.
    let parsed = Query::parse(query).unwrap_or_default();
    let mut parts = match parsed.expr() {
        None => Vec::new(),
        Some(Expr::And(parts)) => parts.clone(),
        Some(one) => vec![one.clone()],
    };
    parts.retain(|part| !is_box(part));
    let terms = boxes.iter().map(|bounds| Expr::Term(Term::Within(*bounds)));
    parts.extend(Expr::or(terms.collect()));
    Expr::and(parts).map_or_else(String::new, |expr| Query::from(expr).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_added_to_the_search_and_takes_the_place_of_the_last() {
        let bounds = |text: &str| Bounds::parse(text).expect("a box");
        let (rome, nice) = (bounds("41,12,42,13"), bounds("43,7,44,8"));
        for (query, boxes, expected) in [
            ("", vec![rome], "within:41,12,42,13"),
            ("rating>=3", vec![rome], "rating>=3 within:41,12,42,13"),
            ("within:1,2,3,4 sea", vec![rome], "sea within:41,12,42,13"),
            (
                "a OR b",
                vec![rome, nice],
                "(a OR b) (within:41,12,42,13 OR within:43,7,44,8)",
            ),
            ("within:1,2,3,4 OR within:5,6,7,8", vec![nice], "within:43,7,44,8"),
            ("((", vec![nice], "within:43,7,44,8"),
        ] {
            assert_eq!(narrowed(query, &boxes), expected, "{query}");
        }
    }
}
