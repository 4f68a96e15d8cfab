//! Draws photos side by side on the dark canvas: each whole, with its decision, its name, what was set on the camera, and
//! its focus figure. The sharpest is marked, with what that rests on; the person decides.

use super::{
    app::App,
    badge,
    compare::{Beside, Kind},
    icon, loupe,
    pictures::edge_for,
    text, theme, tile, widget,
};
use crate::{
    engine::{handle::MEASURED_EDGE, snapshot::Tile},
    model::{id::PhotoId, rating::Flag},
};
use eframe::egui::{
    self, CursorIcon, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

/// Room for name, exposure and focus below each photo.
const CAPTION: f32 = 46.0;
const GAP: f32 = 10.0;
/// From this much on the sharpest is called so: less is noise.
const CLEARLY: f32 = 1.02;
/// What the focus figure is.
const SOURCE: &str = "Variance of the Laplacian (LAPV) in the sharpest tenth of the picture, measured at 1024 pixels. \
     It compares photos of one scene only. You decide.";

/// How sharp each of these is, as far as measured, and which is clearly the sharpest of all.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::ui) struct Sharpness {
    figures: Vec<Option<f32>>,
    best: Option<usize>,
}

impl Sharpness {
    /// From measures in the order of the photos; nothing is called sharpest before all are measured.
    #[must_use]
    pub fn of(measured: Vec<Option<f32>>) -> Self {
        let mut order: Vec<(usize, f32)> = measured
            .iter()
            .enumerate()
            .filter_map(|(at, figure)| figure.map(|figure| (at, figure)))
            .collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let best = match order.as_slice() {
            [(at, first), (_, second), ..] if order.len() == measured.len() && *first >= second * CLEARLY => Some(*at),
            _ => None,
        };
        Self {
            figures: measured,
            best,
        }
    }

    /// `Focus 23, Laplacian variance, sharpest of 6`.
    #[must_use]
    pub fn spoken(&self, at: usize) -> String {
        let Some(figure) = self.figures.get(at).copied().flatten() else {
            return "Focus not measured yet".to_owned();
        };
        let mut words = format!("Focus {figure:.0}, Laplacian variance");
        if self.best == Some(at) {
            words.push_str(&format!(", sharpest of {}", self.figures.len()));
        }
        words
    }
}

/// Columns and rows in which so many photos of this aspect lie largest.
#[must_use]
pub(in crate::ui) fn best_grid(count: usize, room: Vec2, aspects: &[f32]) -> (usize, usize) {
    let mut best = (1, count.max(1), 0.0_f32);
    for columns in 1..=count.max(1) {
        let rows = count.max(1).div_ceil(columns);
        #[expect(clippy::cast_precision_loss, reason = "few photos")]
        let cell = vec2(room.x / columns as f32 - GAP, room.y / rows as f32 - GAP - CAPTION);
        if cell.x < 8.0 || cell.y < 8.0 {
            continue;
        }
        let area: f32 = aspects
            .iter()
            .map(|aspect| {
                let height = cell.y.min(cell.x / aspect);
                height * height * aspect
            })
            .sum();
        if area > best.2 * 1.001 {
            best = (columns, rows, area);
        }
    }
    (best.0, best.1)
}

/// Draws them.
pub fn show(app: &mut App, ui: &mut Ui) {
    let Some(mut beside) = app.beside.clone() else { return };
    let all = ui.max_rect();
    ui.painter().rect_filled(all, 0.0, theme::CANVAS);
    let tiles: Vec<Tile> = beside
        .photos
        .iter()
        .filter_map(|photo| app.laid(*photo).cloned())
        .collect();
    if tiles.len() != beside.photos.len() {
        return;
    }
    let canvas = Rect::from_min_max(all.min + vec2(12.0, 12.0), all.max - vec2(12.0, 52.0));
    let aspects: Vec<f32> = tiles.iter().map(aspect_of).collect();
    let (columns, rows) = best_grid(tiles.len(), canvas.size(), &aspects);
    #[expect(clippy::cast_precision_loss, reason = "few photos")]
    let cell = vec2(canvas.width() / columns as f32, canvas.height() / rows as f32);
    let sharpness = Sharpness::of(tiles.iter().map(|tile| figure(app, tile.id)).collect());
    let place = |at: usize| {
        #[expect(clippy::cast_precision_loss, reason = "few photos")]
        let min = canvas.min + vec2(cell.x * (at % columns) as f32, cell.y * (at / columns) as f32);
        Rect::from_min_size(min, cell).shrink(GAP / 2.0)
    };
    want(app, ui, &beside, &tiles, cell);
    let pointer = ui.input(|input| input.pointer.hover_pos());
    let under = (0..tiles.len()).find(|at| pointer.is_some_and(|pointer| place(*at).contains(pointer)));
    let target = under.unwrap_or(beside.at);
    let mut clicked = None;
    for (at, tile) in tiles.iter().enumerate() {
        let one = Cell {
            at,
            rect: place(at),
            tile,
            zooms: at == target,
        };
        if one.draw(app, ui, &mut beside, &sharpness) {
            clicked = Some(at);
        }
    }
    beside.lens.toggle = false;
    if let Some(now) = &mut app.beside {
        now.lens = beside.lens.clone();
    }
    if let Some(at) = clicked {
        app.activate(at);
    }
    let (shown, all_taken) = beside.share();
    if all_taken > shown {
        share(ui, all, shown, all_taken);
    }
    hints(ui, all, &beside);
}

/// How many of those selected there is room for, at the foot.
fn share(ui: &mut Ui, all: Rect, shown: usize, taken: usize) {
    let words = format!("{shown} of {}", text::number(taken as u64));
    let rect = Rect::from_min_size(pos2(all.left() + 18.0, all.bottom() - 36.0), vec2(120.0, 24.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    let response = widget::second(&mut child, words);
    response.on_hover_text("There is room for these. All that was selected is selected again when you go back.");
}

fn aspect_of(tile: &Tile) -> f32 {
    if tile.aspect.is_finite() && tile.aspect > 0.05 {
        tile.aspect
    } else {
        1.5
    }
}

/// The figure that is shown: the standard deviation, which grows as people expect, not its square.
fn figure(app: &App, photo: PhotoId) -> Option<f32> {
    let measures = app.pictures.measures_at(photo, MEASURED_EDGE)?;
    Some(measures.sharpness.max(0.0).sqrt())
}

/// The active one first; all are measured at one size, or their figures would not compare.
fn want(app: &mut App, ui: &Ui, beside: &Beside, tiles: &[Tile], cell: Vec2) {
    let edge = edge_for(cell.x.max(cell.y) * ui.ctx().pixels_per_point());
    let order = tiles.get(beside.at).into_iter().chain(tiles);
    for tile in order.clone() {
        app.pictures.want(tile.id, 256);
    }
    for tile in order.clone() {
        app.pictures.want(tile.id, MEASURED_EDGE);
    }
    for tile in order {
        if edge > MEASURED_EDGE {
            app.pictures.want(tile.id, edge);
        }
        if beside.lens.zoom.is_some() {
            app.pictures.want(tile.id, 0);
        }
    }
}

struct Cell<'a> {
    at: usize,
    rect: Rect,
    tile: &'a Tile,
    /// The zoom is the business of this one: the pointer is on it.
    zooms: bool,
}

impl Cell<'_> {
    /// Draws it; returns whether it is to be active.
    fn draw(&self, app: &mut App, ui: &mut Ui, beside: &mut Beside, sharpness: &Sharpness) -> bool {
        let (tile, active) = (self.tile, beside.at == self.at);
        let view = Rect::from_min_max(self.rect.min, self.rect.max - vec2(0.0, CAPTION));
        let response = ui.interact(view, Id::unique(("beside", tile.id.0)), Sense::click_and_drag());
        let exposure = app.snap.shots.iter().find(|shot| shot.photo == tile.id);
        let exposure = exposure.map(|shot| shot.exposure.clone()).unwrap_or_default();
        let focus = sharpness.spoken(self.at);
        let spoken = format!("{}, {focus}", tile::spoken(tile));
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, active, &spoken));
        let picture = self.picture(app, ui, beside, &response, view);
        // On a picture that is thinner than the sign, the sign stands in the corner of its place.
        let thin = picture.height() < 60.0 || picture.width() < 150.0;
        let corner = if thin { view.left_top() } else { picture.left_top() };
        let word = match (&beside.lent, tile.flag) {
            (Some(_), Flag::Pick) => "Kept",
            (Some(_), _) => "Not kept",
            (None, Flag::None) => "Not decided",
            (None, Flag::Pick) => "Pick",
            (None, Flag::Reject) => "Reject",
        };
        decision(ui.painter(), corner + vec2(10.0, 10.0), tile, word);
        if active {
            let line = Stroke::new(2.0, theme::ACCENT);
            ui.painter()
                .rect_stroke(picture.expand(2.0), 3.0, line, StrokeKind::Outside);
        } else if response.hovered() || response.has_focus() {
            let line = Stroke::new(1.0, theme::TEXT_3);
            ui.painter()
                .rect_stroke(picture.expand(1.0), 3.0, line, StrokeKind::Outside);
        }
        // Below the photo, on one line with its neighbours' whatever their shapes; as wide as the photo, but never too
        // narrow to be read.
        let wide = picture.width().clamp(self.rect.width().min(260.0), self.rect.width());
        let foot = Rect::from_center_size(
            pos2(view.center().x, view.bottom() + CAPTION / 2.0),
            vec2(wide, CAPTION),
        );
        self.caption(ui, foot, &exposure, sharpness);
        let wanted = response.clicked() || response.gained_focus() || response.drag_started();
        if response.clicked() {
            response.surrender_focus();
        }
        wanted && !active
    }

    /// The photo itself, whole or under the shared zoom; returns the part of the cell that it covers.
    fn picture(&self, app: &mut App, ui: &Ui, beside: &mut Beside, response: &egui::Response, view: Rect) -> Rect {
        let tile = self.tile;
        let scale = ui.ctx().pixels_per_point();
        let natural = loupe::natural(app, tile).0;
        let fit = (view.width() / natural.x)
            .min(view.height() / natural.y)
            .min(2.0 / scale)
            * scale;
        let pointer = ui
            .input(|input| input.pointer.hover_pos())
            .filter(|at| view.contains(*at));
        let compared = beside.kind == Kind::Compare;
        if compared && self.zooms {
            // A click on the one that is active zooms, as in the loupe; on another it is chosen.
            let toggled = std::mem::take(&mut beside.lens.toggle) || (response.clicked() && beside.at == self.at);
            let lens = &mut beside.lens;
            loupe::zoom(ui, lens, response, toggled, view, natural, fit, scale, pointer);
        }
        let zoom = beside.lens.zoom.filter(|_| compared);
        let size = natural * zoom.unwrap_or(fit) / scale;
        if zoom.is_some() && response.dragged() {
            beside.lens.center -= response.drag_delta() / size;
            beside.lens.center = loupe::held(beside.lens.center, size, view);
        }
        let center = if zoom.is_some() {
            loupe::held(beside.lens.center, size, view)
        } else {
            pos2(0.5, 0.5)
        };
        let rect = Rect::from_min_size(view.center() - center.to_vec2() * size, size);
        let painter = ui.painter().with_clip_rect(view);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let edge = if zoom.is_some() {
            0
        } else {
            edge_for(view.width().max(view.height()) * scale).max(MEASURED_EDGE)
        };
        let out = tile.flag == Flag::Reject && beside.at != self.at;
        let tint = if out { theme::SOFTENED } else { theme::UNTINTED };
        let seen = rect.intersect(view);
        if !app.pictures.paint(&painter, tile.id, edge, rect, whole, tint) {
            painter.rect_filled(seen, 2.0, theme::PLACEHOLDER);
            if let Some(why) = app.pictures.failure(tile.id, 256) {
                badge::glyph(
                    &painter,
                    seen.center() - vec2(0.0, 14.0),
                    26.0,
                    icon::FILE_WARNING,
                    theme::TEXT_3,
                );
                let galley = painter.layout(
                    why.to_string(),
                    theme::regular(12.0),
                    theme::TEXT_2,
                    seen.width() - 24.0,
                );
                painter.galley(seen.center() + vec2(-galley.size().x / 2.0, 8.0), galley, theme::TEXT_2);
            }
        }
        if let Some(zoom) = zoom {
            badge::plate(
                &painter,
                seen.right_top() + vec2(-8.0, 10.0),
                &format!("{:.0} %", zoom * 100.0),
            );
        }
        if compared && response.hovered() {
            ui.ctx().set_cursor_icon(match (zoom.is_some(), response.dragged()) {
                (true, true) => CursorIcon::Grabbing,
                (true, false) => CursorIcon::Grab,
                (false, _) => CursorIcon::ZoomIn,
            });
        }
        seen
    }

    /// Name and focus on the first line, what was set on the camera on the second.
    fn caption(&self, ui: &Ui, foot: Rect, exposure: &str, sharpness: &Sharpness) {
        let painter = ui.painter();
        let (left, right) = (foot.left() + 2.0, foot.right() - 2.0);
        let (first, second) = (foot.top() + 15.0, foot.top() + 33.0);
        let best = sharpness.best == Some(self.at);
        let figure = match sharpness.figures.get(self.at).copied().flatten() {
            Some(figure) => format!("Focus {figure:.0}"),
            None => "Focus ...".to_owned(),
        };
        let color = if best { theme::PICK } else { theme::TEXT_2 };
        let galley = painter.layout_no_wrap(figure, theme::medium(12.0), color);
        let width = galley.size().x;
        let place = Rect::from_min_size(pos2(right - width, first - 8.0), vec2(width, 16.0));
        painter.galley(pos2(right - width, first - galley.size().y / 2.0), galley, color);
        let mut until = right - width - 12.0;
        let hover = if best {
            let word = format!("sharpest of {}", sharpness.figures.len());
            let galley = painter.layout_no_wrap(word, theme::medium(11.0), theme::PICK);
            let plate = vec2(galley.size().x + 14.0, 18.0);
            let rect = Rect::from_min_size(pos2(until - plate.x + 4.0, first - 9.0), plate);
            painter.rect(
                rect,
                9.0,
                theme::CLEAR,
                Stroke::new(1.0, theme::PICK),
                StrokeKind::Inside,
            );
            painter.galley(rect.center() - galley.size() / 2.0, galley, theme::PICK);
            until = rect.left() - 8.0;
            place.union(rect)
        } else {
            place
        };
        let line = |text: &str, font, color, room: f32| widget::cut(painter, text, font, color, room.max(20.0));
        let name = line(&self.tile.name, theme::semibold(13.0), theme::TEXT, until - left);
        painter.galley(pos2(left, first - name.size().y / 2.0), name, theme::TEXT);
        let words = if exposure.is_empty() {
            "No exposure known"
        } else {
            exposure
        };
        let words = line(words, theme::regular(12.0), theme::TEXT_2, right - left);
        painter.galley(pos2(left, second - words.size().y / 2.0), words, theme::TEXT_2);
        let source = ui.interact(hover, Id::unique(("focus figure", self.tile.id.0)), Sense::hover());
        source.on_hover_text(SOURCE);
    }
}

/// The decision as a pill: flag, word, stars, label.
fn decision(painter: &egui::Painter, at: egui::Pos2, tile: &Tile, word: &str) {
    let color = if tile.flag == Flag::None {
        theme::TEXT_2
    } else {
        theme::TEXT
    };
    let galley = painter.layout_no_wrap(word.to_owned(), theme::medium(12.0), color);
    let stars = f32::from(tile.rating.stars()) * 12.0;
    let label = if theme::label_color(tile.label).is_some() {
        16.0
    } else {
        0.0
    };
    let extra = if stars > 0.0 { stars + 10.0 } else { 0.0 };
    let rect = Rect::from_min_size(at, vec2(28.0 + galley.size().x + extra + label + 12.0, 26.0));
    loupe::pill(painter, rect);
    let sign = if tile.flag == Flag::Reject { icon::X } else { icon::FLAG };
    let middle = rect.center().y;
    badge::glyph(
        painter,
        pos2(rect.left() + 16.0, middle),
        12.0,
        sign,
        theme::flag_color(tile.flag),
    );
    let left = rect.left() + 28.0;
    let wide = galley.size().x;
    painter.galley(pos2(left, middle - galley.size().y / 2.0), galley, color);
    if stars > 0.0 {
        badge::stars(painter, pos2(left + wide + 8.0, middle), 12.0, tile.rating.stars());
    }
    badge::label_dot(painter, pos2(rect.right() - 14.0, middle), tile.label);
}

fn hints(ui: &mut Ui, all: Rect, beside: &Beside) {
    let hints: &[(&str, &str)] = match beside.kind {
        Kind::Compare if beside.lent.is_some() => &[
            ("Tab", "Active"),
            ("P", "Keep this one"),
            ("Shift P", "Keep, reject the rest of the group"),
            ("\u{2191}\u{2193}", "Exchange"),
            ("Z", "100 %"),
            ("Esc", "Back to the group"),
        ],
        Kind::Compare => &[
            ("Tab", "Active"),
            ("P", "Pick"),
            ("X", "Reject"),
            ("Shift P", "Keep, reject the rest"),
            ("\u{2191}\u{2193}", "Exchange"),
            ("Z", "100 %"),
            ("Esc", "Back"),
        ],
        Kind::Survey => &[
            ("Tab", "Active"),
            ("P", "Pick"),
            ("X", "Reject"),
            ("Shift P", "Keep, reject the rest"),
            ("C", "Compare"),
            ("Esc", "Back"),
        ],
    };
    let (shown, taken) = beside.share();
    let side = if taken > shown { 110.0 } else { 0.0 };
    loupe::key_hints(
        ui,
        Rect::from_min_max(
            pos2(all.left() + side, all.top()),
            pos2(all.right() - side, all.bottom() + 8.0),
        ),
        hints,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sharpest_is_named_only_where_all_are_measured_and_it_is_clear() {
        let all = Sharpness::of(vec![Some(20.0), Some(31.0), Some(25.0)]);
        assert_eq!(all.spoken(1), "Focus 31, Laplacian variance, sharpest of 3");
        assert_eq!(all.spoken(0), "Focus 20, Laplacian variance");
        let some = Sharpness::of(vec![Some(20.0), None, Some(25.0)]);
        assert_eq!((some.best, some.spoken(1)), (None, "Focus not measured yet".to_owned()));
        assert_eq!(
            Sharpness::of(vec![Some(20.0), Some(20.1)]).best,
            None,
            "too close to call"
        );
        assert_eq!(Sharpness::of(vec![Some(20.0)]).best, None, "one is no comparison");
    }

    #[test]
    fn photos_lie_as_large_as_they_can() {
        let wide = vec2(1500.0, 800.0);
        assert_eq!(best_grid(2, wide, &[1.5, 1.5]), (2, 1));
        assert_eq!(best_grid(2, wide, &[0.66, 0.66]), (2, 1));
        assert_eq!(best_grid(4, wide, &[1.5; 4]), (2, 2));
        assert_eq!(best_grid(4, wide, &[0.5; 4]), (4, 1));
        assert_eq!(best_grid(2, vec2(500.0, 1400.0), &[1.5, 1.5]), (1, 2));
        assert_eq!(best_grid(1, wide, &[1.5]), (1, 1));
    }
}
