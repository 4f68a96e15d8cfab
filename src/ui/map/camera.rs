//! What of the map is in sight: its middle and how large it is drawn; moving there takes a moment that the eye can follow.

use crate::model::mercator::{EQUATOR_M, Frame, Spot};
use eframe::egui::{Pos2, Rect, Vec2, pos2};

/// The nearest: one point of the screen is about a metre.
const NEAREST: f64 = 40_000_000.0;
/// How long a move takes, in seconds.
const MOVE_S: f64 = 0.2;

/// Which part of the map is drawn how large.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Camera {
    /// The spot in the middle.
    pub middle: Spot,
    /// Points of the screen once around the world.
    pub scale: f64,
    /// On the way: from where, to where, how far, 0 to 1.
    way: Option<([f64; 3], [f64; 3], f64)>,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            middle: Spot { x: 0.5, y: 0.42 },
            scale: 1024.0,
            way: None,
        }
    }
}

impl Camera {
    /// Where a spot lies on the screen.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "what is in sight is near")]
    pub fn screen(&self, rect: Rect, spot: Spot) -> Pos2 {
        let x = (spot.x - self.middle.x) * self.scale;
        let y = (spot.y - self.middle.y) * self.scale;
        rect.center() + Vec2::new(x as f32, y as f32)
    }

    /// The spot below a point of the screen.
    #[must_use]
    pub fn spot(&self, rect: Rect, at: Pos2) -> Spot {
        let off = at - rect.center();
        Spot {
            x: self.middle.x + f64::from(off.x) / self.scale,
            y: self.middle.y + f64::from(off.y) / self.scale,
        }
    }

    /// What is in sight.
    #[must_use]
    pub fn frame(&self, rect: Rect) -> Frame {
        Frame {
            min: self.spot(rect, rect.min),
            max: self.spot(rect, rect.max),
        }
    }

    /// Moves by points of the screen, at once.
    pub fn pan(&mut self, rect: Rect, by: Vec2) {
        self.way = None;
        self.middle.x -= f64::from(by.x) / self.scale;
        self.middle.y -= f64::from(by.y) / self.scale;
        self.keep_on_map(rect);
    }

    /// Moves by points of the screen, so that the eye can follow.
    pub fn glide(&mut self, rect: Rect, by: Vec2) {
        let [x, y, scale] = self.way.map_or_else(|| self.state(), |way| way.1);
        let size = scale.exp2();
        let goal = Self {
            middle: Spot {
                x: x + f64::from(by.x) / size,
                y: y + f64::from(by.y) / size,
            },
            scale: size,
            way: None,
        };
        self.go(rect, goal);
    }

    /// Nearer or farther by a factor; the spot below this point stays there.
    pub fn zoom(&mut self, rect: Rect, at: Pos2, factor: f64) {
        self.way = None;
        *self = self.zoomed(rect, at, factor);
    }

    /// The same, so that the eye can follow.
    pub fn glide_zoom(&mut self, rect: Rect, at: Pos2, factor: f64) {
        let mut from = *self;
        if let Some((_, [x, y, scale], _)) = self.way {
            from = Self {
                middle: Spot { x, y },
                scale: scale.exp2(),
                way: None,
            };
        }
        self.go(rect, from.zoomed(rect, at, factor));
    }

    fn zoomed(self, rect: Rect, at: Pos2, factor: f64) -> Self {
        let below = self.spot(rect, at);
        let mut next = Self { way: None, ..self };
        next.scale = (self.scale * factor).clamp(farthest(rect), NEAREST);
        let moved = next.spot(rect, at);
        next.middle.x += below.x - moved.x;
        next.middle.y += below.y - moved.y;
        next.keep_on_map(rect);
        next
    }

    /// So that all of this is in sight with some room around it.
    #[must_use]
    pub fn around(rect: Rect, frame: Frame) -> Self {
        let room = rect.shrink2(Vec2::new(90.0, 110.0)).size().max(Vec2::splat(60.0));
        let wide = f64::from(room.x) / frame.width().max(1e-12);
        let high = f64::from(room.y) / frame.height().max(1e-12);
        // One place alone is shown with the country around it.
        let most = if frame.width().max(frame.height()) < 1e-7 {
            40_000.0
        } else {
            1_500_000.0
        };
        let mut camera = Self {
            middle: frame.middle(),
            scale: wide.min(high).min(most).max(farthest(rect)),
            way: None,
        };
        camera.keep_on_map(rect);
        camera
    }

    /// On its way there from now on.
    pub fn go(&mut self, rect: Rect, mut goal: Self) {
        goal.keep_on_map(rect);
        let from = self.state();
        // The short way around the world.
        goal.middle.x += (from[0] - goal.middle.x).round();
        self.way = Some((from, goal.state(), 0.0));
    }

    /// There at once.
    pub fn jump(&mut self, goal: Self) {
        *self = Self { way: None, ..goal };
    }

    /// One frame further on its way; whether there is more.
    pub fn step(&mut self, seconds: f64) -> bool {
        let Some((from, to, passed)) = self.way else {
            return false;
        };
        let passed = (passed + seconds / MOVE_S).min(1.0);
        let share = 1.0 - (1.0 - passed).powi(3);
        let between = |n: usize| {
            let (Some(from), Some(to)) = (from.get(n), to.get(n)) else {
                return 0.0;
            };
            from + (to - from) * share
        };
        self.middle = Spot {
            x: between(0),
            y: between(1),
        };
        self.scale = between(2).exp2();
        self.way = (passed < 1.0).then_some((from, to, passed));
        self.way.is_some()
    }

    /// Whether it is on its way.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.way.is_some()
    }

    fn state(&self) -> [f64; 3] {
        [self.middle.x, self.middle.y, self.scale.log2()]
    }

    fn keep_on_map(&mut self, rect: Rect) {
        self.middle.x = self.middle.x.rem_euclid(1.0);
        self.scale = self.scale.clamp(farthest(rect), NEAREST);
        // No farther north or south than the map's edge, where it is higher than the window.
        let half = f64::from(rect.height()) / 2.0 / self.scale;
        self.middle.y = if half >= 0.5 {
            0.5
        } else {
            self.middle.y.clamp(half, 1.0 - half)
        };
    }

    /// A round length on the ground that is at most so many points wide: its metres and its points.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "points of the screen")]
    pub fn ruler(&self, most: f32) -> (f64, f32) {
        let metre = self.scale / EQUATOR_M / self.middle.latitude().to_radians().cos().max(0.05);
        let limit = f64::from(most) / metre;
        let ten = 10_f64.powf(limit.log10().floor());
        let round = [5.0, 2.0, 1.0]
            .into_iter()
            .find(|times| times * ten <= limit)
            .unwrap_or(1.0)
            * ten;
        (round, (round * metre) as f32)
    }
}

/// The whole world in the window, once around.
fn farthest(rect: Rect) -> f64 {
    f64::from(rect.width()).max(400.0) * 0.72
}

/// Below a rectangle's points, for tests and the first frame.
#[must_use]
pub fn usual() -> Rect {
    Rect::from_min_max(pos2(0.0, 0.0), pos2(1200.0, 800.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_the_pointer_stays_there() {
        let rect = usual();
        let mut camera = Camera::around(
            rect,
            Frame {
                min: Spot::of(45.0, 5.0),
                max: Spot::of(40.0, 15.0),
            },
        );
        let at = pos2(300.0, 650.0);
        let before = camera.spot(rect, at);
        camera.zoom(rect, at, 3.0);
        let after = camera.spot(rect, at);
        assert!((before.x - after.x).abs() < 1e-9 && (before.y - after.y).abs() < 1e-9);
        let back = camera.screen(rect, after);
        assert!((back - at).length() < 0.01, "{back}");
        camera.pan(rect, Vec2::new(40.0, -30.0));
        assert!((camera.screen(rect, after) - (at + Vec2::new(40.0, -30.0))).length() < 0.01);
    }

    #[test]
    fn the_map_is_not_left_and_moves_end_at_their_goal() {
        let rect = usual();
        let mut camera = Camera::default();
        for _ in 0..100 {
            camera.zoom(rect, rect.center(), 0.5);
        }
        assert!(camera.scale >= farthest(rect));
        for _ in 0..100 {
            camera.zoom(rect, rect.min, 2.0);
        }
        assert!(camera.scale <= NEAREST && (0.0..=1.0).contains(&camera.middle.y));
        camera.pan(rect, Vec2::new(1e9, 1e9));
        assert!((0.0..=1.0).contains(&camera.middle.x) && (0.0..=1.0).contains(&camera.middle.y));
        let lisbon = Frame::at(Spot::of(38.72, -9.14));
        let goal = Camera::around(rect, lisbon);
        camera.go(rect, goal);
        let mut frames = 0;
        while camera.step(0.016) {
            frames += 1;
        }
        assert!(frames < 30);
        assert!((camera.middle.x.rem_euclid(1.0) - goal.middle.x).abs() < 1e-9);
        assert!((camera.scale - goal.scale).abs() < 1e-3);
    }

    #[test]
    fn the_ruler_is_round_and_fits() {
        let rect = usual();
        for frame in [
            Frame::at(Spot::of(0.0, 10.0)),
            Frame {
                min: Spot::of(70.0, -20.0),
                max: Spot::of(-40.0, 60.0),
            },
        ] {
            let (metres, wide) = Camera::around(rect, frame).ruler(120.0);
            assert!((40.0..=120.5).contains(&wide), "{wide}");
            let digits = format!("{metres:.0}");
            assert!(digits.trim_end_matches('0').len() == 1, "{digits}");
        }
    }
}
