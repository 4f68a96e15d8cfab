//! The photos on the map: each cluster is its best photo with a count, a thing to press with a name to be spoken, and to be
//! reached with Tab and the arrows.

use super::{
    super::{app::App, badge, icon, text, theme, tile},
    camera::Camera,
};
use crate::{
    engine::mapping::MapView,
    model::{
        clusters::Cluster,
        mercator::{Frame, Spot},
    },
};
use eframe::egui::{Align2, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};
use std::sync::Arc;

/// Side of a marker, and how far markers are from each other at least.
const SIDE: f32 = 54.0;
const APART: f64 = 62.0;
/// What is looked up reaches so far beyond the window, in points, so that moving a little looks nothing up.
const AROUND: f64 = 256.0;

/// The clusters that were looked up last, and for what.
#[derive(Clone, Default)]
pub struct Seen {
    /// The map view's generation, the step of the zoom, and the blocks of the map around the window.
    key: Option<(u64, i32, [i64; 4])>,
    clusters: Arc<Vec<Cluster>>,
}

/// What a person asked of a cluster.
#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    /// Look nearer, or at the photos where there is nothing nearer.
    Look(Cluster),
    /// The photos in the grid.
    Open(Cluster),
}

/// The clusters around the window. They are the same from one half step of the zoom to the next, so that they stay while
/// one zooms, and change as a whole.
#[expect(clippy::cast_possible_truncation, reason = "blocks of a map, steps of a zoom")]
pub fn seen(kept: &mut Seen, map: &MapView, camera: &Camera, rect: Rect) -> Arc<Vec<Cluster>> {
    let step = (camera.scale.log2() * 2.0).floor();
    let scale = (step / 2.0).exp2();
    let block = AROUND / scale;
    let frame = camera.frame(rect);
    let blocks = [
        (frame.min.x / block).floor() as i64 - 1,
        (frame.min.y / block).floor() as i64 - 1,
        (frame.max.x / block).ceil() as i64 + 1,
        (frame.max.y / block).ceil() as i64 + 1,
    ];
    let key = Some((map.generation, step as i32, blocks));
    if kept.key != key {
        let [left, top, right, bottom] = blocks.map(|count| count as f64 * block);
        let around = Frame {
            min: Spot { x: left, y: top },
            max: Spot { x: right, y: bottom },
        };
        kept.clusters = Arc::new(map.clusters.seen(around, APART / scale));
        kept.key = key;
    }
    Arc::clone(&kept.clusters)
}

/// Where a cluster's marker lies.
pub fn place(rect: Rect, camera: &Camera, cluster: &Cluster) -> Rect {
    Rect::from_center_size(camera.screen(rect, cluster.spot), Vec2::splat(SIDE))
}

/// What a cluster is called: `12 photos near Lisbon`, `IMG_0042.JPG near Lisbon`.
pub fn name(app: &App, map: &MapView, cluster: &Cluster) -> String {
    let what = match app.tile(cluster.cover).filter(|_| cluster.count == 1) {
        Some(tile) => tile.name.to_string(),
        None => text::count(cluster.count as u64, "photo"),
    };
    let at = || {
        let at = map.clusters.members(cluster).next().map(|one| one.at);
        at.map_or_else(String::new, |at| format!("at {at}"))
    };
    format!("{what} {}", map.name(cluster).unwrap_or_else(at))
}

/// Draws the clusters; what was asked of one of them, and whether one of them has the keyboard.
pub fn draw(app: &mut App, ui: &mut Ui, rect: Rect, camera: &Camera, map: &MapView) -> (Option<Asked>, bool) {
    let clusters = seen(&mut app.map.seen, map, camera, rect);
    let (mut asked, mut focused) = (None, false);
    let mut top: Option<(Cluster, Response)> = None;
    for cluster in clusters.iter() {
        let place = place(rect, camera, cluster);
        if !place.expand(8.0).intersects(rect) {
            continue;
        }
        // Named by its picture: it keeps the keyboard while one zooms and moves.
        let turn = cluster.spot.x.floor() as i64;
        let response = ui.interact(place, Id::unique(("cluster", cluster.cover.0, turn)), Sense::click());
        let hot = response.hovered() || response.has_focus();
        if response.has_focus() {
            focused = true;
        }
        let spoken = || name(app, map, cluster);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken()));
        if hot {
            top = Some((cluster.clone(), response.clone()));
        } else {
            marker(app, ui, place, cluster, false, false);
        }
        if response.clicked() {
            asked = Some(Asked::Look(cluster.clone()));
        }
        let count = text::count(cluster.count as u64, "photo");
        response.context_menu(|ui| {
            ui.set_width(230.0);
            if super::super::widget::menu_item(ui, icon::PLUS, "Look nearer", None).clicked() {
                asked = Some(Asked::Look(cluster.clone()));
                ui.close();
            }
            let words = format!("Show {count} in the grid");
            if super::super::widget::menu_item(ui, icon::LAYOUT_GRID, &words, None).clicked() {
                asked = Some(Asked::Open(cluster.clone()));
                ui.close();
            }
        });
    }
    // The one under the pointer lies over the others.
    if let Some((cluster, response)) = top {
        marker(app, ui, response.rect, &cluster, true, response.has_focus());
        let words = name(app, map, &cluster);
        response.on_hover_text(words);
    }
    (asked, focused)
}

fn marker(app: &mut App, ui: &Ui, place: Rect, cluster: &Cluster, hot: bool, focused: bool) {
    let place = if hot { place.expand(3.0) } else { place };
    let painter = ui.painter();
    let radius = f32::from(theme::RADIUS_FIELD);
    for (grow, strength) in [(4.0, 0.25), (2.5, 0.35), (1.0, 0.5)] {
        let shade = theme::faded(theme::SHADOW, strength);
        painter.rect_filled(place.translate(vec2(0.0, 2.0)).expand(grow), radius + grow, shade);
    }
    painter.rect_filled(place, radius, theme::MAP_FRAME);
    let picture = place.shrink(2.0);
    let aspect = app.tile(cluster.cover).map_or(1.5, |tile| tile.aspect);
    app.pictures.want(cluster.cover, 256);
    let uv = tile::cover(aspect, picture.size());
    let painted = app
        .pictures
        .paint(painter, cluster.cover, 256, picture, uv, theme::UNTINTED);
    if !painted {
        painter.rect_filled(picture, radius - 2.0, theme::PLACEHOLDER);
        badge::glyph(painter, picture.center(), 18.0, icon::IMAGE, theme::TEXT_3);
    }
    if hot {
        let line = Stroke::new(if focused { 3.0 } else { 2.0 }, theme::ACCENT);
        painter.rect_stroke(place, radius, line, StrokeKind::Outside);
    }
    if cluster.count > 1 {
        let words = short(cluster.count);
        let galley = painter.layout_no_wrap(words.clone(), theme::semibold(11.0), theme::ON_PRIMARY);
        let size = vec2((galley.size().x + 11.0).max(20.0), 20.0);
        let plate = Rect::from_center_size(place.right_top() + vec2(-3.0, 3.0), size);
        painter.rect_filled(plate.expand(1.5), 11.5, theme::MAP_FRAME);
        painter.rect_filled(plate, 10.0, theme::PRIMARY);
        painter.text(
            plate.center(),
            Align2::CENTER_CENTER,
            words,
            theme::semibold(11.0),
            theme::ON_PRIMARY,
        );
    }
}

/// `412`, `1.2k`, `18k`.
fn short(count: usize) -> String {
    match count {
        ..=999 => count.to_string(),
        1_000..=9_999 => format!("{}.{}k", count / 1000, count % 1000 / 100),
        _ => format!("{}k", count / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        for (count, words) in [
            (7, "7"),
            (999, "999"),
            (1_234, "1.2k"),
            (18_900, "18k"),
            (100_000, "100k"),
        ] {
            assert_eq!(short(count), words);
        }
    }
}
