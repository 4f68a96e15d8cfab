//! The shape of a HEIF picture: what of it is shown and how it is turned, rows cut to that, and alpha put beside colours.

use super::{color::Channels, orient::Turn};

/// How an item is shown: which part of it, turned how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    pub turn: Turn,
}

/// Where a crop begins and how wide it is (ISO 14496-12, 12.1.4), on one axis.
pub fn clap((start, length): (u32, u32), size: (u32, u32), offset: (i32, u32)) -> Option<(u32, u32)> {
    if size.1 == 0 || offset.1 == 0 {
        return None;
    }
    let wanted = f64::from(size.0) / f64::from(size.1);
    let middle = f64::from(offset.0) / f64::from(offset.1) + (f64::from(length) - 1.0) / 2.0;
    let from = (middle - (wanted - 1.0) / 2.0).round().clamp(0.0, f64::from(length));
    let wanted = wanted.round().min(f64::from(length) - from);
    (wanted >= 1.0).then_some((start + from as u32, wanted as u32))
}

/// The part of rows that is shown.
pub struct Cut {
    pub stride: usize,
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Cut {
    pub fn of<T: Copy + Default>(&self, rows: Vec<T>, channels: usize) -> Vec<T> {
        if self.left == 0 && self.width == self.stride && rows.len() == self.width * self.height * channels {
            return rows;
        }
        let mut out = Vec::with_capacity(self.width * self.height * channels);
        for row in rows
            .chunks_exact((self.stride * channels).max(1))
            .skip(self.top)
            .take(self.height)
        {
            let part = row.get(self.left * channels..(self.left + self.width) * channels);
            out.extend_from_slice(part.unwrap_or_default());
        }
        out
    }
}

pub fn with_alpha(channels: Channels) -> Channels {
    match channels {
        Channels::Gray => Channels::GrayAlpha,
        _ => Channels::Rgba,
    }
}

/// Colours and alpha in one row; colours that were multiplied by alpha are divided by it.
pub fn join<T: Copy + Into<u32> + TryFrom<u32>>(
    rows: &[T],
    channels: usize,
    alpha: &[T],
    premultiplied: bool,
    full: T,
) -> Vec<T> {
    let mut out = Vec::with_capacity(rows.len() + alpha.len());
    for (pixel, alpha) in rows.chunks_exact(channels).zip(alpha) {
        out.extend_from_slice(pixel);
        out.push(*alpha);
    }
    if premultiplied {
        undo_alpha(&mut out, channels + 1, full);
    }
    out
}

/// Divides colours by the alpha behind them, by which they were multiplied.
pub fn undo_alpha<T: Copy + Into<u32> + TryFrom<u32>>(data: &mut [T], channels: usize, full: T) {
    let top: u32 = full.into();
    for pixel in data.chunks_exact_mut(channels) {
        let Some((alpha, colors)) = pixel.split_last_mut() else {
            continue;
        };
        let opacity: u32 = (*alpha).into();
        if opacity == 0 || opacity >= top {
            continue;
        }
        for value in colors {
            let number: u32 = (*value).into();
            let divided = (u64::from(number) * u64::from(top) + u64::from(opacity) / 2) / u64::from(opacity);
            *value = u32::try_from(divided)
                .ok()
                .map(|divided| divided.min(top))
                .and_then(|divided| T::try_from(divided).ok())
                .unwrap_or(full);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_is_centred() {
        // ISO 14496-12: an offset of zero keeps the middle.
        assert_eq!(clap((0, 100), (50, 1), (0, 1)), Some((25, 50)));
        assert_eq!(clap((0, 100), (50, 1), (-50, 2)), Some((0, 50)));
        assert_eq!(clap((0, 100), (99, 1), (-1, 2)), Some((0, 99)));
        assert_eq!(clap((0, 100), (50, 0), (0, 1)), None);
        assert_eq!(clap((0, 100), (500, 1), (0, 1)), Some((0, 100)));
    }

    #[test]
    fn premultiplied_colours_are_divided() {
        assert_eq!(join(&[64_u8, 0, 10], 3, &[128], true, 255), [128, 0, 20, 128]);
        assert_eq!(join(&[64_u8, 0, 10], 3, &[128], false, 255), [64, 0, 10, 128]);
        assert_eq!(super::super::orient::displayed(2, 3, Turn::LEFT.exif()), (3, 2));
    }
}
