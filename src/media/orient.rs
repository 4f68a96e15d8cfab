//! EXIF orientation: how stored rows and columns become an upright picture. Applied once, here.

use crate::model::pixels::Pixels;

/// Whether width and height change places.
#[must_use]
pub fn swaps(orientation: u8) -> bool {
    matches!(orientation, 5..=8)
}

/// A rotation by quarters with or without a mirror: where the axes of a stored picture lie in the upright one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn([i8; 4]);

impl Turn {
    /// As stored.
    pub const NONE: Self = Self([1, 0, 0, 1]);
    /// A quarter anti-clockwise.
    pub const LEFT: Self = Self([0, 1, -1, 0]);
    /// Left and right exchanged.
    pub const MIRRORED: Self = Self([-1, 0, 0, 1]);
    /// Top and bottom exchanged.
    pub const UPSIDE_DOWN: Self = Self([1, 0, 0, -1]);

    /// This one, and then another of what came out.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, next.0);
        Self([e * a + f * c, e * b + f * d, g * a + h * c, g * b + h * d])
    }

    /// The EXIF orientation that says the same.
    #[must_use]
    pub fn exif(self) -> u8 {
        match self.0 {
            [-1, 0, 0, 1] => 2,
            [-1, 0, 0, -1] => 3,
            [1, 0, 0, -1] => 4,
            [0, 1, 1, 0] => 5,
            [0, -1, 1, 0] => 6,
            [0, -1, -1, 0] => 7,
            [0, 1, -1, 0] => 8,
            _ => 1,
        }
    }
}

/// The size as displayed of a picture stored at this size.
#[must_use]
pub fn displayed(width: u32, height: u32, orientation: u8) -> (u32, u32) {
    if swaps(orientation) {
        (height, width)
    } else {
        (width, height)
    }
}

/// The upright picture of stored RGBA rows. Orientations outside 1 to 8 count as 1.
#[must_use]
pub fn upright(width: u32, height: u32, rgba: Vec<u8>, orientation: u8) -> Pixels {
    if !matches!(orientation, 2..=8) {
        return Pixels { width, height, rgba };
    }
    let (w, h) = (width as usize, height as usize);
    let (out_width, out_height) = displayed(width, height, orientation);
    let mut out = Vec::with_capacity(rgba.len());
    for y in 0..out_height as usize {
        for x in 0..out_width as usize {
            let (from_x, from_y) = match orientation {
                2 => (w - 1 - x, y),
                3 => (w - 1 - x, h - 1 - y),
                4 => (x, h - 1 - y),
                5 => (y, x),
                6 => (y, h - 1 - x),
                7 => (w - 1 - y, h - 1 - x),
                _ => (w - 1 - y, x),
            };
            let at = (from_y * w + from_x) * 4;
            out.extend_from_slice(rgba.get(at..at + 4).unwrap_or(&[0, 0, 0, 255]));
        }
    }
    Pixels {
        width: out_width,
        height: out_height,
        rgba: out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_add_up() {
        let (left, mirrored) = (Turn::LEFT, Turn::MIRRORED);
        assert_eq!(left.exif(), 8);
        assert_eq!(left.then(left).exif(), 3);
        assert_eq!(left.then(left).then(left).exif(), 6);
        assert_eq!(left.then(left).then(left).then(left), Turn::NONE);
        assert_eq!(mirrored.then(left).then(left), Turn::UPSIDE_DOWN);
        // Turned left, then left and right exchanged: EXIF's 5 is the picture mirrored at its falling diagonal.
        assert_eq!(left.then(mirrored).exif(), 7);
        assert_eq!(mirrored.then(left).exif(), 5);
    }

    /// The stored rows that each orientation must make of the letters `ab/cd/ef` (EXIF 2.32, figure 7).
    #[test]
    fn all_eight() {
        let upright_of = |rows: &[&str], orientation| {
            let (w, h) = (rows[0].len() as u32, rows.len() as u32);
            let rgba = rows
                .iter()
                .flat_map(|row| row.bytes())
                .flat_map(|b| [b, b, b, 255])
                .collect();
            let out = upright(w, h, rgba, orientation);
            out.rgba
                .chunks(out.width as usize * 4)
                .map(|row| row.chunks(4).map(|p| char::from(p[0])).collect::<String>())
                .collect::<Vec<_>>()
        };
        let want = ["ab", "cd", "ef"];
        for (orientation, stored) in [
            (1, vec!["ab", "cd", "ef"]),
            (2, vec!["ba", "dc", "fe"]),
            (3, vec!["fe", "dc", "ba"]),
            (4, vec!["ef", "cd", "ab"]),
            (5, vec!["ace", "bdf"]),
            (6, vec!["bdf", "ace"]),
            (7, vec!["fdb", "eca"]),
            (8, vec!["eca", "fdb"]),
        ] {
            assert_eq!(upright_of(&stored, orientation), want, "orientation {orientation}");
        }
    }
}
