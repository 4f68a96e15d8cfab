//! Writes names on the map: countries where their land has room for it, cities by how many people live there; never over
//! a photo or over each other.

use super::{super::theme, camera::Camera, world::word};
use crate::{
    engine::mapping::Atlas,
    model::mercator::{Frame, Spot},
};
use eframe::egui::{Painter, Rect, Vec2, pos2, vec2};

/// The most names in sight.
const MOST: usize = 70;

/// Writes them around what is `taken` already.
pub fn draw(painter: &Painter, rect: Rect, camera: &Camera, atlas: &Atlas, mut taken: Vec<Rect>) {
    let frame = camera.frame(rect);
    let mut left = MOST;
    countries(painter, rect, camera, atlas, &mut taken, &mut left);
    let least = least_people(camera.scale);
    for city in &atlas.cities {
        if city.people < least || left == 0 {
            break;
        }
        let Some(spot) = in_sight(&frame, Spot::from(city.position)) else {
            continue;
        };
        let at = camera.screen(rect, spot);
        let large = city.people >= least.saturating_mul(6);
        let size = if large { 12.0 } else { 11.0 };
        let font = if large {
            theme::medium(size)
        } else {
            theme::regular(size)
        };
        let wide = painter
            .layout_no_wrap(city.name.clone(), font.clone(), theme::TEXT_2)
            .size();
        let center = at + vec2(0.0, 10.0);
        let dot = Rect::from_center_size(at, Vec2::splat(6.0));
        let place = Rect::from_center_size(center, wide + vec2(6.0, 2.0)).union(dot);
        if taken.iter().any(|other| other.intersects(place)) {
            continue;
        }
        taken.push(place);
        left -= 1;
        painter.circle_filled(at, if city.capital { 2.6 } else { 2.0 }, theme::MAP_CITY);
        word(painter, center, font, &city.name, theme::MAP_CITY);
    }
}

fn countries(painter: &Painter, rect: Rect, camera: &Camera, atlas: &Atlas, taken: &mut Vec<Rect>, left: &mut usize) {
    let frame = camera.frame(rect);
    for country in &atlas.countries {
        #[expect(clippy::cast_possible_truncation, reason = "points of the screen")]
        let room = (f64::from(country.room) / 360.0 * camera.scale) as f32;
        if room < 9.0 || *left == 0 {
            break;
        }
        let Some(spot) = in_sight(&frame, country.spot) else {
            continue;
        };
        let at = camera.screen(rect, spot);
        let size = (room / 7.0).clamp(10.5, 15.0);
        let font = theme::semibold(size);
        let wide = painter
            .layout_no_wrap(country.name.clone(), font.clone(), theme::MAP_COUNTRY)
            .size();
        // A name may be wider than its land, but not by much.
        let place = Rect::from_center_size(at, wide + vec2(8.0, 4.0));
        if wide.x > room * 7.0 || taken.iter().any(|other| other.intersects(place)) {
            continue;
        }
        taken.push(place);
        *left -= 1;
        word(painter, at, font, &country.name, theme::MAP_COUNTRY);
    }
}

/// The spot in the turn of the world that is in sight.
fn in_sight(frame: &Frame, spot: Spot) -> Option<Spot> {
    let x = spot.x + (frame.min.x - spot.x).ceil();
    let seen = x <= frame.max.x && (frame.min.y..=frame.max.y).contains(&spot.y);
    seen.then_some(Spot { x, ..spot })
}

/// How many people a city has at least to be named where the world is this wide.
fn least_people(scale: f64) -> u64 {
    match scale {
        ..=3_000.0 => u64::MAX,
        ..=5_000.0 => 5_000_000,
        ..=9_000.0 => 2_000_000,
        ..=16_000.0 => 900_000,
        ..=30_000.0 => 400_000,
        ..=60_000.0 => 180_000,
        _ => 1,
    }
}

/// The ruler at the lower left.
pub fn ruler(painter: &Painter, rect: Rect, camera: &Camera) {
    let (metres, wide) = camera.ruler(120.0);
    let words = if metres >= 1000.0 {
        format!("{:.0} km", metres / 1000.0)
    } else {
        format!("{metres:.0} m")
    };
    let left = pos2(rect.left() + 20.0, rect.bottom() - 20.0);
    let right = left + vec2(wide, 0.0);
    let stroke = eframe::egui::Stroke::new(1.5, theme::TEXT_2);
    painter.line_segment([left, right], stroke);
    for end in [left, right] {
        painter.line_segment([end - vec2(0.0, 5.0), end], stroke);
    }
    word(
        painter,
        left + vec2(wide / 2.0, -11.0),
        theme::regular(11.0),
        &words,
        theme::TEXT_2,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_turn_of_the_world() {
        let frame = |from: f64, to: f64| Frame {
            min: Spot { x: from, y: 0.2 },
            max: Spot { x: to, y: 0.8 },
        };
        let spot = Spot { x: 0.9, y: 0.5 };
        let at = |frame: Frame| in_sight(&frame, spot).map(|spot| (spot.x * 1000.0).round() / 1000.0);
        assert_eq!(at(frame(0.5, 1.2)), Some(0.9));
        assert_eq!(at(frame(1.5, 2.2)), Some(1.9));
        assert_eq!(at(frame(0.0, 0.5)), None);
        assert_eq!(at(frame(0.95, 1.3)), None);
        assert_eq!(at(frame(-0.3, 0.4)), Some(-0.1));
        assert_eq!(in_sight(&frame(0.5, 1.2), Spot { x: 0.9, y: 0.1 }), None);
    }

    #[test]
    fn the_nearer_the_more_cities() {
        let mut before = u64::MAX;
        for zoom in 9..26 {
            let least = least_people(2_f64.powi(zoom));
            assert!(least <= before);
            before = least;
        }
        assert_eq!(before, 1);
    }
}
