//! The exposure of the photo that is looked at: its histogram on a plate, and its clipped regions over the photo. Both come
//! from the decode that is shown; nothing is computed here but where lines go.

use super::{app::App, text, theme};
use crate::engine::{
    handle::{Clip, ClipMap, Measures},
    snapshot::Tile,
};
use eframe::egui::{
    self, Color32, ColorImage, Id, Mesh, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, TextureOptions,
    Ui, WidgetInfo, pos2, vec2,
};

const SIZE: egui::Vec2 = vec2(276.0, 146.0);
const INSET: f32 = 12.0;
/// Height of the curves.
const CURVES: f32 = 84.0;

/// Draws what was asked for over the photo that lies in `photo`.
pub fn show(app: &mut App, ui: &mut Ui, tile: &Tile, canvas: Rect, photo: Rect) {
    if !app.histogram && !app.clipping {
        return;
    }
    let measures = app.pictures.measures(tile.id);
    if app.clipping
        && let Some(measures) = &measures
    {
        clips(app, ui, tile, &measures.clips, canvas, photo);
    }
    let right = canvas.right() - 16.0;
    let top = canvas.top() + if app.full_screen { 16.0 } else { 64.0 };
    let rect = Rect::from_min_size(pos2(right - SIZE.x, top), SIZE);
    // While culling it stands at the side.
    let at_the_side = app.culling && app.inspector;
    if app.histogram && !at_the_side && canvas.width() > 420.0 && canvas.height() > 260.0 {
        plate(ui, rect, measures.as_deref());
    } else if let Some(measures) = measures.filter(|_| !at_the_side) {
        let line = Rect::from_min_size(pos2(right - SIZE.x, top), vec2(SIZE.x, 34.0));
        background(ui.painter(), line);
        words(
            ui.painter(),
            line.left_center() + vec2(INSET, 0.0),
            line.right() - INSET,
            &measures,
        );
    }
}

fn background(painter: &Painter, rect: Rect) {
    let line = Stroke::new(1.0, theme::faded(theme::TEXT, 0.10));
    painter.rect(
        rect,
        f32::from(theme::RADIUS_CARD),
        theme::PILL,
        line,
        StrokeKind::Inside,
    );
}

pub(in crate::ui) fn plate(ui: &Ui, rect: Rect, measures: Option<&Measures>) {
    let painter = ui.painter();
    background(painter, rect);
    let spoken = measures.map_or_else(|| "Histogram, not measured yet".to_owned(), spoken);
    let response = ui.interact(rect, Id::unique("histogram"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, spoken.clone()));
    let Some(measures) = measures else {
        painter.text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            "Measuring",
            theme::regular(12.0),
            theme::TEXT_3,
        );
        return;
    };
    let curves = CURVES.min(rect.height() - 2.0 * INSET - 22.0).max(20.0);
    let area = Rect::from_min_size(rect.min + vec2(INSET, INSET), vec2(rect.width() - 2.0 * INSET, curves));
    for quarter in 1..4_u8 {
        let x = area.left() + area.width() * f32::from(quarter) / 4.0;
        let line = Stroke::new(1.0, theme::faded(theme::TEXT, 0.06));
        painter.line_segment([pos2(x, area.top()), pos2(x, area.bottom())], line);
    }
    let top = ceiling(&measures.histogram);
    let [red, green, blue, luma] = &measures.histogram;
    fill(painter, area, luma, top, theme::faded(theme::TEXT, 0.22));
    for (bins, color) in [
        (red, theme::CHANNEL_RED),
        (green, theme::CHANNEL_GREEN),
        (blue, theme::CHANNEL_BLUE),
    ] {
        let points = curve(area, bins, top);
        painter.add(Shape::line(points, Stroke::new(1.3, color)));
    }
    let base = Stroke::new(1.0, theme::faded(theme::TEXT, 0.25));
    painter.line_segment([area.left_bottom(), area.right_bottom()], base);
    let middle = (area.bottom() + rect.bottom()) / 2.0;
    words(painter, pos2(area.left(), middle), area.right(), measures);
}

/// The shares of black and blown pixels at both ends, and focus in the middle.
fn words(painter: &Painter, left: Pos2, right: f32, measures: &Measures) {
    let share = |share: f32| {
        let percent = share * 100.0;
        if percent > 0.0 && percent < 0.1 {
            "< 0.1 %".to_owned()
        } else {
            format!("{percent:.1} %")
        }
    };
    let tint = |share: f32, color: Color32| if share >= 0.001 { color } else { theme::TEXT_2 };
    let both = [
        ("Black", measures.black, theme::CLIPPED_LOW, left.x),
        ("Blown", measures.blown, theme::CLIPPED_HIGH, right),
    ];
    for (word, value, color, x) in both {
        let galley = painter.layout_no_wrap(
            format!("{word} {}", share(value)),
            theme::medium(12.0),
            tint(value, color),
        );
        let x = if word == "Black" { x } else { x - galley.size().x };
        painter.galley(pos2(x, left.y - galley.size().y / 2.0), galley, theme::TEXT);
    }
    painter.text(
        pos2((left.x + right) / 2.0, left.y),
        egui::Align2::CENTER_CENTER,
        format!("Focus {}", text::number(measures.sharpness.sqrt().round() as u64)),
        theme::regular(12.0),
        theme::TEXT_2,
    );
}

fn spoken(measures: &Measures) -> String {
    format!(
        "Histogram. {:.1} percent black, {:.1} percent blown, focus {:.0}",
        measures.black * 100.0,
        measures.blown * 100.0,
        measures.sharpness.sqrt()
    )
}

/// The height of the curves: the fullest bin but for the few that stick out, such as a white sky's.
fn ceiling(histogram: &[[u32; 256]; 4]) -> f32 {
    let mut all: Vec<u32> = histogram.iter().flatten().copied().collect();
    all.sort_unstable();
    let at = all.len() * 99 / 100;
    all.get(at).copied().unwrap_or(1).max(1) as f32
}

fn curve(area: Rect, bins: &[u32; 256], top: f32) -> Vec<Pos2> {
    // Two values a point: single bins comb after a change of contrast.
    let (pairs, _) = bins.as_chunks::<2>();
    let step = area.width() / 127.0;
    let height = |[a, b]: &[u32; 2]| ((*a + *b) as f32 / 2.0 / top).min(1.0).sqrt();
    pairs
        .iter()
        .zip(0_u16..)
        .map(|(pair, at)| {
            pos2(
                area.left() + f32::from(at) * step,
                area.bottom() - height(pair) * area.height(),
            )
        })
        .collect()
}

fn fill(painter: &Painter, area: Rect, bins: &[u32; 256], top: f32, color: Color32) {
    let mut mesh = Mesh::default();
    for (point, at) in curve(area, bins, top).into_iter().zip(0_u32..) {
        mesh.colored_vertex(point, color);
        mesh.colored_vertex(pos2(point.x, area.bottom()), color);
        if at > 0 {
            let base = at * 2;
            mesh.add_triangle(base - 2, base - 1, base);
            mesh.add_triangle(base - 1, base, base + 1);
        }
    }
    painter.add(Shape::mesh(mesh));
}

/// Blown regions in red and black ones in blue, over the photo.
fn clips(app: &mut App, ui: &Ui, tile: &Tile, map: &ClipMap, canvas: Rect, photo: Rect) {
    if map.cells.is_empty() || map.cells.iter().all(|cell| *cell == Clip::None) {
        return;
    }
    let kept = app.clip_texture.take().filter(|(photo, _)| *photo == tile.id);
    let (_, texture) = kept.unwrap_or_else(|| {
        let size = [map.width as usize, map.height as usize];
        let pixels = map.cells.iter().map(|cell| match cell {
            Clip::None => theme::CLEAR,
            Clip::High => theme::CLIPPED_HIGH,
            Clip::Low => theme::CLIPPED_LOW,
        });
        let image = ColorImage::new(size, pixels.collect());
        (
            tile.id,
            ui.ctx().load_texture("clipped regions", image, TextureOptions::NEAREST),
        )
    });
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let painter = ui.painter().with_clip_rect(canvas);
    painter.image(texture.id(), photo, whole, theme::faded(theme::UNTINTED, 0.75));
    app.clip_texture = Some((tile.id, texture));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_stay_in_their_area_and_one_spike_does_not_flatten_them() {
        let mut histogram = [[10_u32; 256]; 4];
        histogram[3][255] = 1_000_000;
        assert!((ceiling(&histogram) - 10.0).abs() < f32::EPSILON);
        let area = Rect::from_min_size(pos2(5.0, 7.0), vec2(100.0, 50.0));
        let points = curve(area, &histogram[3], ceiling(&histogram));
        assert_eq!(points.len(), 128);
        assert!(points.iter().all(|point| area.expand(0.01).contains(*point)));
    }
}
