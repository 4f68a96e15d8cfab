//! The small signs on photos, painted: safety as a shape and a colour, stars, flags, labels. Colour never stands alone.

use super::{icon, theme};
use crate::model::{
    rating::{ColorLabel, Flag},
    safety::Safety,
};
use eframe::egui::{Align2, Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

/// Paints the sign of a safety bucket of this diameter, without a background.
pub fn safety(painter: &Painter, center: Pos2, size: f32, safety: Safety) {
    safety_tinted(painter, center, size, safety, theme::safety_color(safety));
}

/// The same in another colour, for signs of the queue.
pub fn safety_tinted(painter: &Painter, center: Pos2, size: f32, safety: Safety, color: Color32) {
    let radius = size / 2.0;
    let line = Stroke::new((size / 9.0).max(1.4), color);
    match safety {
        // A hollow ring: nothing but this.
        Safety::OnlyHere => {
            painter.circle_stroke(center, radius * 0.68, line);
        }
        // A clock.
        Safety::Waiting => {
            painter.circle_stroke(center, radius * 0.74, line);
            painter.line_segment([center, center - vec2(0.0, radius * 0.46)], line);
            painter.line_segment([center, center + vec2(radius * 0.34, 0.0)], line);
        }
        // An arrow on its way up, and nobody has come back from there yet.
        Safety::Sent => {
            let top = center - vec2(0.0, radius * 0.7);
            painter.line_segment([center + vec2(0.0, radius * 0.7), top], line);
            painter.line_segment([top, top + vec2(-radius * 0.5, radius * 0.5)], line);
            painter.line_segment([top, top + vec2(radius * 0.5, radius * 0.5)], line);
        }
        // The check of what is proven in a ring that is not filled yet.
        Safety::MarksWait => {
            painter.circle_stroke(center, radius * 0.78, line);
            check(painter, center, radius * 0.7, color);
        }
        // A filled disc with a check: the only filled green thing on a photo.
        Safety::Safe => {
            painter.circle_filled(center, radius * 0.86, color);
            check(painter, center, radius * 0.86, theme::CANVAS);
        }
        // A cloud that is not closed yet: the original is still here below it.
        Safety::Held => {
            glyph(painter, center - vec2(0.0, size * 0.12), size, icon::CLOUD, color);
            painter.line_segment(
                [
                    center + vec2(-radius * 0.6, radius * 0.86),
                    center + vec2(radius * 0.6, radius * 0.86),
                ],
                line,
            );
        }
        Safety::Optimized => glyph(painter, center, size * 1.14, icon::CLOUD, color),
        Safety::NeedsYou => triangle(painter, center, radius, color),
        Safety::Removed => {
            painter.circle_stroke(center, radius * 0.68, line);
            let side = radius * 0.48;
            painter.line_segment([center + vec2(-side, side), center + vec2(side, -side)], line);
        }
    }
}

/// A check mark that fits into a disc of this radius.
pub fn check(painter: &Painter, center: Pos2, radius: f32, color: Color32) {
    let line = Stroke::new((radius / 3.6).max(1.4), color);
    let knee = center + vec2(-radius * 0.1, radius * 0.36);
    painter.line_segment([center + vec2(-radius * 0.44, radius * 0.02), knee], line);
    painter.line_segment([knee, center + vec2(radius * 0.46, -radius * 0.32)], line);
}

fn triangle(painter: &Painter, center: Pos2, radius: f32, color: Color32) {
    let points = vec![
        center + vec2(0.0, -radius * 0.84),
        center + vec2(radius * 0.94, radius * 0.76),
        center + vec2(-radius * 0.94, radius * 0.76),
    ];
    painter.add(Shape::convex_polygon(points, color, Stroke::new(1.0, color)));
    let line = Stroke::new((radius / 4.0).max(1.3), theme::CANVAS);
    painter.line_segment(
        [center - vec2(0.0, radius * 0.28), center + vec2(0.0, radius * 0.22)],
        line,
    );
    painter.circle_filled(center + vec2(0.0, radius * 0.5), (radius / 7.0).max(0.8), theme::CANVAS);
}

/// An icon in the middle of a place.
pub fn glyph(painter: &Painter, center: Pos2, size: f32, icon: &str, color: Color32) {
    painter.text(center, Align2::CENTER_CENTER, icon, theme::icons(size), color);
}

/// A safety badge as it lies on a photo: dark disc, sign on it.
pub fn safety_on_photo(painter: &Painter, center: Pos2, bucket: Safety) {
    painter.circle_filled(center, 9.5, theme::BADGE);
    safety(painter, center, 13.0, bucket);
}

/// A flag as it lies on a photo.
pub fn flag_on_photo(painter: &Painter, center: Pos2, flag: Flag) {
    let sign = match flag {
        Flag::None => return,
        Flag::Pick => icon::FLAG,
        Flag::Reject => icon::X,
    };
    painter.circle_filled(center, 10.0, theme::BADGE);
    glyph(painter, center, 12.0, sign, theme::flag_color(flag));
}

/// `count` filled stars in one line of text, the left edge in the middle of its height at `left`.
pub fn stars(painter: &Painter, left: Pos2, size: f32, count: u8) {
    let line: String = std::iter::repeat_n('\u{2605}', usize::from(count)).collect();
    painter.text(left, Align2::LEFT_CENTER, line, theme::regular(size), theme::STAR);
}

/// A dark run-out at the foot of a photo, under its stars.
pub fn scrim(painter: &Painter, rect: Rect, height: f32) {
    let top = (rect.bottom() - height).max(rect.top());
    let mut mesh = Mesh::default();
    let corners = [
        (pos2(rect.left(), top), theme::CLEAR),
        (pos2(rect.right(), top), theme::CLEAR),
        (rect.right_bottom(), theme::SCRIM),
        (rect.left_bottom(), theme::SCRIM),
    ];
    for (pos, color) in corners {
        mesh.colored_vertex(pos, color);
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(0, 2, 3);
    painter.add(mesh);
}

/// The map's own dark, from the top of a place down to nothing, under a heading.
pub fn fade_down(painter: &Painter, rect: Rect) {
    let mut mesh = Mesh::default();
    let dark = theme::faded(theme::MAP_WATER, 0.9);
    let corners = [
        (rect.left_top(), dark),
        (rect.right_top(), dark),
        (rect.right_bottom(), theme::CLEAR),
        (rect.left_bottom(), theme::CLEAR),
    ];
    for (pos, color) in corners {
        mesh.colored_vertex(pos, color);
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(0, 2, 3);
    painter.add(mesh);
}

/// A word on a dark plate, its right upper corner at `corner`; returns the room it took.
pub fn plate(painter: &Painter, corner: Pos2, word: &str) -> Vec2 {
    let galley = painter.layout_no_wrap(word.to_owned(), theme::semibold(10.0), theme::TEXT);
    let size = galley.size() + vec2(9.0, 5.0);
    let rect = Rect::from_min_size(corner - vec2(size.x, 0.0), size);
    painter.rect_filled(rect, 4.0, theme::BADGE);
    painter.galley(rect.center() - galley.size() / 2.0, galley, theme::TEXT);
    size
}

/// How many shots a burst has, at the foot of its first photo.
pub fn stack(painter: &Painter, photo: Rect, count: usize) {
    if photo.width() < 76.0 || photo.height() < 64.0 {
        return;
    }
    let galley = painter.layout_no_wrap(count.to_string(), theme::semibold(11.0), theme::TEXT);
    let size = vec2(galley.size().x + 28.0, 20.0);
    let corner = photo.right_bottom() + vec2(-26.0, -6.0);
    let rect = Rect::from_min_size(corner - size, size);
    painter.rect_filled(rect, 4.0, theme::BADGE);
    glyph(
        painter,
        pos2(rect.left() + 12.0, rect.center().y),
        12.0,
        icon::LAYERS,
        theme::TEXT,
    );
    painter.galley(
        pos2(rect.left() + 22.0, rect.center().y - galley.size().y / 2.0),
        galley,
        theme::TEXT,
    );
}

/// A label's dot with a dark rim, so that it is seen on any photo.
pub fn label_dot(painter: &Painter, center: Pos2, label: ColorLabel) {
    if let Some(color) = theme::label_color(label) {
        painter.circle_filled(center, 5.5, theme::BADGE);
        painter.circle_filled(center, 4.0, color);
    }
}

/// A ring that is filled clockwise from the top, 0 to 1.
pub fn ring(painter: &Painter, center: Pos2, radius: f32, width: f32, parts: &[(f32, Color32)]) {
    painter.circle_stroke(center, radius, Stroke::new(width, theme::CONTROL));
    let mut from = 0.0_f32;
    for (share, color) in parts {
        if *share <= 0.0 {
            continue;
        }
        let to = (from + share).min(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a ring has few points"
        )]
        let steps = ((to - from) * 96.0).ceil().max(2.0) as usize;
        let points = (0..=steps)
            .map(|step| {
                #[expect(clippy::cast_precision_loss, reason = "few points")]
                let turn = from + (to - from) * step as f32 / steps as f32;
                let angle = turn * std::f32::consts::TAU - std::f32::consts::FRAC_PI_2;
                center + radius * Vec2::angled(angle)
            })
            .collect();
        painter.add(Shape::line(points, Stroke::new(width, *color)));
        from = to;
    }
}

/// The lamp: a ring of light around a safe flame.
pub fn mark(painter: &Painter, center: Pos2, radius: f32) {
    painter.circle_stroke(center, radius * 0.86, Stroke::new(radius * 0.22, theme::TEXT));
    painter.circle_filled(center, radius * 0.42, theme::STAR);
}
