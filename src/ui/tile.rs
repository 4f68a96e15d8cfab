//! One photo in the grid or in a strip: its picture, what is written on it, and what it is called.

use super::{app::App, badge, icon, theme, widget};
use crate::{
    engine::snapshot::Tile,
    model::{
        metadata::MediaKind,
        rating::{ColorLabel, Flag},
    },
};
use eframe::egui::{
    self, Id, Painter, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// The photo as a thing to press, with its name.
pub(in crate::ui) fn response(ui: &Ui, tile: &Tile, rect: Rect, on: bool) -> Response {
    // A finger that moves scrolls; a mouse that moves takes the photo along.
    let sense = match ui.input(egui::InputState::any_touches) {
        true => Sense::click(),
        false => Sense::click_and_drag(),
    };
    let response = ui.interact(rect, Id::unique(("tile", tile.id.0)), sense);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, on, spoken(tile)));
    response
}

/// `IMG_0042.JPG, 3 stars, pick, safe`.
#[must_use]
pub fn spoken(tile: &Tile) -> String {
    let mut words = vec![tile.name.to_string()];
    match tile.rating.stars() {
        0 => {}
        1 => words.push("1 star".to_owned()),
        stars => words.push(format!("{stars} stars")),
    }
    if tile.flag != Flag::None {
        words.push(tile.flag.word().to_owned());
    }
    if tile.label != ColorLabel::None {
        words.push(format!("{} label", tile.label.word()));
    }
    if tile.kind == MediaKind::Video {
        words.push("video".to_owned());
    }
    if tile.kind == MediaKind::Raw || tile.raw_pair {
        words.push("RAW".to_owned());
    }
    words.push(tile.safety.title().to_lowercase());
    if tile.problem {
        words.push("damaged, or cannot be shown".to_owned());
    }
    if tile.offline {
        words.push("not connected".to_owned());
    }
    words.join(", ")
}

/// The part of a picture of one aspect that fills a place of another.
#[must_use]
pub fn cover(aspect: f32, place: Vec2) -> Rect {
    let want = place.x / place.y.max(1.0);
    if !aspect.is_finite() || aspect <= 0.0 {
        return Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    }
    if aspect > want {
        let width = want / aspect;
        Rect::from_min_max(pos2((1.0 - width) / 2.0, 0.0), pos2((1.0 + width) / 2.0, 1.0))
    } else {
        let height = aspect / want;
        Rect::from_min_max(pos2(0.0, (1.0 - height) / 2.0), pos2(1.0, (1.0 + height) / 2.0))
    }
}

/// Draws a photo's picture, or its quiet place; returns whether there was a picture.
pub(in crate::ui) fn picture(app: &mut App, painter: &Painter, tile: &Tile, rect: Rect, edge: u32) -> bool {
    let tint = if tile.flag == Flag::Reject {
        theme::DIMMED
    } else {
        theme::UNTINTED
    };
    let uv = cover(tile.aspect, rect.size());
    if app.pictures.paint(painter, tile.id, edge, rect, uv, tint) {
        return true;
    }
    painter.rect_filled(rect, f32::from(theme::RADIUS_THUMB), theme::PLACEHOLDER);
    let failure = app.pictures.failure(tile.id, 256).is_some();
    if tile.problem || failure || matches!(tile.kind, MediaKind::Other | MediaKind::Sidecar) {
        let sign = match (tile.kind, tile.problem || failure) {
            (MediaKind::Other | MediaKind::Sidecar, _) => icon::FILE,
            (MediaKind::Video, _) => icon::FILM,
            (_, true) => icon::FILE_WARNING,
            _ => icon::FILE,
        };
        let center = rect.center() - vec2(0.0, 9.0);
        badge::glyph(painter, center, 24.0, sign, theme::TEXT_3);
        let font = theme::regular(11.0);
        let galley = widget::cut(
            painter,
            &tile.name,
            font,
            theme::TEXT_2,
            (rect.width() - 16.0).max(20.0),
        );
        painter.galley(
            rect.center() + vec2(-galley.size().x / 2.0, 12.0),
            galley,
            theme::TEXT_2,
        );
    }
    false
}

/// What is written on a photo.
pub(in crate::ui) fn signs(painter: &Painter, tile: &Tile, rect: Rect, on: bool, hot: bool, has: bool) {
    let small = rect.width() < 76.0 || rect.height() < 64.0;
    let starred = tile.rating.stars() > 0;
    if has && (starred || tile.label != ColorLabel::None) && !small {
        badge::scrim(painter, rect, 34.0);
    }
    if starred && !small {
        badge::stars(
            painter,
            pos2(rect.left() + 8.0, rect.bottom() - 12.0),
            13.0,
            tile.rating.stars(),
        );
    }
    badge::flag_on_photo(painter, rect.left_top() + vec2(16.0, 16.0), tile.flag);
    badge::safety_on_photo(painter, rect.right_top() + vec2(-16.0, 16.0), tile.safety);
    badge::label_dot(painter, rect.right_bottom() + vec2(-12.0, -12.0), tile.label);
    let mut corner = rect.right_top() + vec2(-31.0, 8.0);
    let mut said = false;
    if !small {
        let mut words: Vec<&str> = Vec::new();
        if has && tile.problem && tile.kind.is_shown() {
            words.push("DAMAGED");
        }
        if tile.kind == MediaKind::Video {
            words.push("VIDEO");
        }
        if tile.raw_pair && (hot || on) {
            words.push("RAW+JPEG");
        } else if tile.kind == MediaKind::Raw {
            words.push("RAW");
        }
        if tile.offline {
            words.push("OFFLINE");
        }
        for word in words {
            if corner.x - rect.left() > 92.0 {
                corner.x -= badge::plate(painter, corner, word).x + 4.0;
                said |= word == "OFFLINE";
            }
        }
    }
    if tile.offline && !said {
        // Where there is no room for the word, its sign; below the safety badge there always is.
        let at = rect.right_top() + vec2(-16.0, 38.0);
        painter.circle_filled(at, 9.5, theme::BADGE);
        badge::glyph(painter, at, 12.0, icon::UNPLUG, theme::TEXT);
    }
    let radius = f32::from(theme::RADIUS_THUMB);
    if on {
        painter.rect_stroke(rect, radius, Stroke::new(1.0, theme::CANVAS), StrokeKind::Inside);
        painter.rect_stroke(rect, radius, Stroke::new(3.0, theme::ACCENT), StrokeKind::Outside);
    } else if hot {
        painter.rect_stroke(
            rect,
            radius,
            Stroke::new(1.0, theme::faded(theme::TEXT, 0.4)),
            StrokeKind::Inside,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_fills_its_place_without_being_stretched() {
        let uv = cover(3.0, vec2(100.0, 100.0));
        assert!((uv.width() - 1.0 / 3.0).abs() < 1e-5 && (uv.height() - 1.0).abs() < 1e-5);
        let uv = cover(0.5, vec2(100.0, 100.0));
        assert!((uv.height() - 0.5).abs() < 1e-5 && (uv.width() - 1.0).abs() < 1e-5);
    }
}
