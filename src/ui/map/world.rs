//! Draws the world: water, land as triangles, coasts and borders as lines. Only what is in sight is drawn, at the level of
//! detail that the zoom can show.

use super::{super::theme, camera::Camera};
use crate::{
    engine::mapping::{Atlas, Level},
    model::mercator::{Frame, Spot},
};
use eframe::egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2};

/// Draws it.
pub fn draw(painter: &Painter, rect: Rect, camera: &Camera, atlas: Option<&Atlas>) {
    painter.rect_filled(rect, 0.0, theme::MAP_WATER);
    let frame = camera.frame(rect);
    if let Some(level) = atlas.and_then(|atlas| atlas.level(1.0 / camera.scale)) {
        // Outlines that cross the date line reach into the turns beside their own.
        let mut turn = frame.min.x.floor() - 1.0;
        while turn <= frame.max.x + 1.0 {
            land(painter, rect, camera, level, turn);
            lines(painter, rect, camera, level, turn);
            turn += 1.0;
        }
    }
    // The map ends within Antarctica; below its edge is more of it.
    let edge = camera.screen(rect, Spot { x: 0.0, y: 1.0 }).y;
    if edge < rect.bottom() {
        let below = Rect::from_min_max(pos2(rect.left(), edge.max(rect.top()) - 1.0), rect.max);
        painter.rect_filled(below, 0.0, theme::MAP_LAND);
    }
    grid(painter, rect, camera, &frame);
}

#[expect(clippy::cast_possible_truncation, reason = "what is in sight is near")]
fn placed(rect: Rect, camera: &Camera, turn: f64) -> impl Fn(&[f32; 2]) -> Pos2 {
    let scale = camera.scale;
    let left = f64::from(rect.center().x) + (turn - camera.middle.x) * scale;
    let top = f64::from(rect.center().y) - camera.middle.y * scale;
    move |point| {
        let [x, y] = point.map(f64::from);
        pos2((left + x * scale) as f32, (top + y * scale) as f32)
    }
}

fn land(painter: &Painter, rect: Rect, camera: &Camera, level: &Level, turn: f64) {
    let frame = camera.frame(rect).moved(-turn);
    let place = placed(rect, camera, turn);
    let mut mesh = Mesh::default();
    let color = theme::MAP_LAND;
    for one in level.land.iter().filter(|one| one.frame.touches(&frame)) {
        let Ok(first) = u32::try_from(mesh.vertices.len()) else {
            break;
        };
        for point in &one.points {
            mesh.colored_vertex(place(point), color);
        }
        mesh.indices.extend(one.triangles.iter().map(|corner| first + corner));
    }
    if !mesh.is_empty() {
        painter.add(Shape::mesh(mesh));
    }
}

fn lines(painter: &Painter, rect: Rect, camera: &Camera, level: &Level, turn: f64) {
    let frame = camera.frame(rect).moved(-turn);
    let place = placed(rect, camera, turn);
    let seen = rect.expand(4.0);
    for line in level.lines.iter().filter(|line| line.frame.touches(&frame)) {
        let color = if line.coast {
            theme::MAP_COAST
        } else {
            theme::MAP_BORDER
        };
        let stroke = Stroke::new(1.0, color);
        // Of a long line only the stretches in sight.
        let mut run: Vec<Pos2> = Vec::new();
        let mut before: Option<Pos2> = None;
        for point in &line.points {
            let at = place(point);
            let here = before.is_some_and(|before| Rect::from_two_pos(before, at).intersects(seen));
            if here {
                if run.is_empty() {
                    run.extend(before);
                }
                run.push(at);
            } else if run.len() > 1 {
                painter.line(std::mem::take(&mut run), stroke);
            } else {
                run.clear();
            }
            before = Some(at);
        }
        if run.len() > 1 {
            painter.line(run, stroke);
        }
    }
}

/// Every thirty degrees a line, as long as continents are in sight.
fn grid(painter: &Painter, rect: Rect, camera: &Camera, frame: &Frame) {
    if camera.scale > 6_000.0 {
        return;
    }
    let stroke = Stroke::new(1.0, theme::faded(theme::MAP_BORDER, 0.35));
    for latitude in [-60.0, -30.0, 0.0, 30.0, 60.0] {
        let y = camera.screen(rect, Spot::of(latitude, 0.0)).y;
        painter.hline(rect.x_range(), y, stroke);
    }
    let mut step = (frame.min.x * 12.0).ceil();
    while step / 12.0 <= frame.max.x {
        let spot = Spot { x: step / 12.0, y: 0.5 };
        painter.vline(camera.screen(rect, spot).x, rect.y_range(), stroke);
        step += 1.0;
    }
}

/// A word with a halo of what lies below it.
pub fn word(painter: &Painter, at: Pos2, font: eframe::egui::FontId, text: &str, color: Color32) {
    let halo = painter.layout_no_wrap(text.to_owned(), font.clone(), theme::MAP_HALO);
    let corner = at - halo.size() / 2.0;
    for by in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        painter.galley(corner + by.into(), halo.clone(), theme::MAP_HALO);
    }
    painter.galley(corner, painter.layout_no_wrap(text.to_owned(), font, color), color);
}
