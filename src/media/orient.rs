//! EXIF orientation: how stored rows and columns become an upright picture. Applied once, here.

use crate::model::pixels::Pixels;

/// Whether width and height change places.
#[must_use]
pub fn swaps(orientation: u8) -> bool {
    matches!(orientation, 5..=8)
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
