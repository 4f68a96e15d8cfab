//! A box on the earth between two latitudes and two longitudes, as `within:` asks for it and the map makes it.

use super::position::Position;
use std::fmt;

/// All places between two corners, these included. A box whose west is east of its east goes across the date line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    south_west: Position,
    north_east: Position,
}

impl Bounds {
    /// The box between these corners; `None` where the first is north of the second.
    #[must_use]
    pub fn new(south_west: Position, north_east: Position) -> Option<Self> {
        (south_west.latitude() <= north_east.latitude()).then_some(Self { south_west, north_east })
    }

    /// The smallest box around these positions whose corners have so many digits behind the point; `None` around nothing.
    #[must_use]
    pub fn around(positions: &[Position], digits: i32) -> Option<Self> {
        let step = 10_f64.powi(digits.clamp(0, 7));
        let edge = |start: f64, value: fn(&Position) -> f64, of: fn(f64, f64) -> f64| {
            positions.iter().map(value).fold(start, of)
        };
        // A position is rounded to a step of its own: the box is one such step wider than what it is around.
        let down = |value: f64, least: f64| (((value - 1e-7) * step).floor() / step).max(least);
        let up = |value: f64, most: f64| (((value + 1e-7) * step).ceil() / step).min(most);
        let (latitude, longitude) = (|at: &Position| at.latitude(), |at: &Position| at.longitude());
        if positions.is_empty() {
            return None;
        }
        let south = down(edge(f64::INFINITY, latitude, f64::min), -90.0);
        let west = down(edge(f64::INFINITY, longitude, f64::min), -180.0);
        let north = up(edge(f64::NEG_INFINITY, latitude, f64::max), 90.0);
        let east = up(edge(f64::NEG_INFINITY, longitude, f64::max), 180.0);
        Self::new(Position::new(south, west)?, Position::new(north, east)?)
    }

    /// Degrees: the lower latitude and the higher.
    #[must_use]
    pub fn latitudes(self) -> (f64, f64) {
        (self.south_west.latitude(), self.north_east.latitude())
    }

    /// Degrees: the western longitude and the eastern. The first is larger where the box goes across the date line.
    #[must_use]
    pub fn longitudes(self) -> (f64, f64) {
        (self.south_west.longitude(), self.north_east.longitude())
    }

    /// Whether these degrees north and east are in it.
    #[must_use]
    pub fn holds(self, latitude: f64, longitude: f64) -> bool {
        let ((south, north), (west, east)) = (self.latitudes(), self.longitudes());
        let between = if west <= east {
            west <= longitude && longitude <= east
        } else {
            west <= longitude || longitude <= east
        };
        south <= latitude && latitude <= north && between
    }

    /// Reads `41.8,12.4,42,12.6`: the southern latitude, the western longitude, the northern latitude, the eastern longitude.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(str::trim);
        let mut position = || Position::parse(&format!("{},{}", parts.next()?, parts.next()?));
        let (south_west, north_east) = (position()?, position()?);
        if parts.next().is_some() {
            return None;
        }
        Self::new(south_west, north_east)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (south, north) = self.latitudes();
        let (west, east) = self.longitudes();
        write!(f, "{south},{west},{north},{east}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Position {
        Position::new(latitude, longitude).expect("on the earth")
    }

    #[test]
    fn boxes_hold_what_they_are_around_at_any_roundness() {
        let positions = [at(38.7139, -9.1394), at(38.7223, -9.1501), at(38.7, -9.1)];
        for digits in 0..8 {
            let bounds = Bounds::around(&positions, digits).expect("a box");
            assert!(
                positions
                    .iter()
                    .all(|one| bounds.holds(one.latitude(), one.longitude()))
            );
            assert_eq!(Bounds::parse(&bounds.to_string()), Some(bounds));
        }
        assert_eq!(
            Bounds::around(&positions, 1).expect("a box").to_string(),
            "38.6,-9.2,38.8,-9"
        );
        assert_eq!(Bounds::around(&[], 1), None);
        let poles = Bounds::around(&[at(90.0, 180.0), at(-90.0, -180.0)], 0).expect("a box");
        assert_eq!(poles.to_string(), "-90,-180,90,180");
    }

    #[test]
    fn a_box_goes_across_the_date_line() {
        let fiji = Bounds::parse("-20,176,-15,-178").expect("a box");
        assert!(fiji.holds(-17.0, 178.0) && fiji.holds(-17.0, -179.5));
        assert!(!fiji.holds(-17.0, 0.0) && !fiji.holds(-14.0, 178.0));
        for wrong in ["", "1,2,3", "2,0,1,0", "1,2,3,4,5", "1,2,91,4", "a,b,c,d"] {
            assert_eq!(Bounds::parse(wrong), None, "{wrong}");
        }
    }
}
