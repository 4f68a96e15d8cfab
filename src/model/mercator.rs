//! The map of the world as a square: Web Mercator, which every map on the web uses, with north up. One is the whole way
//! around the earth; nothing is known here of pixels.

use super::position::Position;
use std::f64::consts::PI;

/// Degrees north beyond which the map ends: there the square is as high as it is wide.
pub const MAX_LATITUDE: f64 = 85.051_128_779_806_59;
/// The way around the equator in metres.
pub const EQUATOR_M: f64 = 40_075_016.7;

/// A place on the map: 0 to 1 from west to east, 0 to 1 from north to south.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Spot {
    /// From 180 degrees west.
    pub x: f64,
    /// From the northern edge.
    pub y: f64,
}

/// A part of the map. It may reach beyond the edges at the left and right, where the world begins again.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Frame {
    /// Its western and northern corner.
    pub min: Spot,
    /// Its eastern and southern corner.
    pub max: Spot,
}

impl Spot {
    /// Where these degrees north and east lie; beyond the edges is at the edge.
    #[must_use]
    pub fn of(latitude: f64, longitude: f64) -> Self {
        let latitude = latitude.clamp(-MAX_LATITUDE, MAX_LATITUDE).to_radians();
        Self {
            x: (longitude.clamp(-180.0, 180.0) + 180.0) / 360.0,
            y: (0.5 - (latitude.tan() + 1.0 / latitude.cos()).ln() / (2.0 * PI)).clamp(0.0, 1.0),
        }
    }

    /// Degrees north.
    #[must_use]
    pub fn latitude(self) -> f64 {
        (PI * (1.0 - 2.0 * self.y)).sinh().atan().to_degrees()
    }

    /// Degrees east; of a world that begins again, those of the first.
    #[must_use]
    pub fn longitude(self) -> f64 {
        self.x.rem_euclid(1.0) * 360.0 - 180.0
    }

    /// Metres on the ground that one unit of the map is here.
    #[must_use]
    pub fn metres(self) -> f64 {
        EQUATOR_M * self.latitude().to_radians().cos()
    }
}

impl From<Position> for Spot {
    fn from(position: Position) -> Self {
        Self::of(position.latitude(), position.longitude())
    }
}

impl Frame {
    /// Whether it and another touch.
    #[must_use]
    pub fn touches(&self, other: &Self) -> bool {
        self.min.x <= other.max.x && other.min.x <= self.max.x && self.min.y <= other.max.y && other.min.y <= self.max.y
    }

    /// Around both.
    #[must_use]
    pub fn with(self, spot: Spot) -> Self {
        Self {
            min: Spot {
                x: self.min.x.min(spot.x),
                y: self.min.y.min(spot.y),
            },
            max: Spot {
                x: self.max.x.max(spot.x),
                y: self.max.y.max(spot.y),
            },
        }
    }

    /// Around one spot.
    #[must_use]
    pub fn at(spot: Spot) -> Self {
        Self { min: spot, max: spot }
    }

    /// The same by so much to the east.
    #[must_use]
    pub fn moved(self, by: f64) -> Self {
        let moved = |spot: Spot| Spot { x: spot.x + by, ..spot };
        Self {
            min: moved(self.min),
            max: moved(self.max),
        }
    }

    /// From west to east.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.max.x - self.min.x
    }

    /// From north to south.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.max.y - self.min.y
    }

    /// Its middle.
    #[must_use]
    pub fn middle(&self) -> Spot {
        Spot {
            x: f64::midpoint(self.min.x, self.max.x),
            y: f64::midpoint(self.min.y, self.max.y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tiles_of_the_web_are_met() {
        // OpenStreetMap's wiki, "Slippy map tilenames": zoom 18, 35.6590699 139.7006793 is tile 232798/103246.
        let tokyo = Spot::of(35.659_069_9, 139.700_679_3);
        let tiles = f64::from(1 << 18);
        assert_eq!(
            ((tokyo.x * tiles).floor(), (tokyo.y * tiles).floor()),
            (232_798.0, 103_246.0)
        );
        let edge = Spot::of(90.0, -180.0);
        assert_eq!((edge.x, edge.y.abs() < 1e-9), (0.0, true));
        assert!((Spot::of(0.0, 0.0).metres() - EQUATOR_M).abs() < 1.0);
    }

    #[test]
    fn degrees_come_back() {
        for latitude in -85..=85 {
            for longitude in -179..180 {
                let (latitude, longitude) = (f64::from(latitude), f64::from(longitude));
                let spot = Spot::of(latitude, longitude);
                assert!((spot.latitude() - latitude).abs() < 1e-9, "{latitude}");
                assert!((spot.longitude() - longitude).abs() < 1e-9, "{longitude}");
            }
        }
        assert!(
            (Spot { x: 1.25, y: 0.5 }.longitude() + 90.0).abs() < 1e-9,
            "around the world once"
        );
    }
}
