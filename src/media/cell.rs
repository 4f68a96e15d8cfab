//! The packed picture of a grid cell: what a full screen of them costs to unpack decides how fast a grid feels.
//!
//! Luma at full size and chroma at half, as JPEG has them (ITU-T T.871), each row less the row above it, then LZ4. Nothing
//! is lost but the chroma's size. Measured for 60 cells of 256 px, one core, CPU milliseconds, with the read from SQLite:
//!
//! | way | KB a cell | 60 cells | PSNR |
//! |---|---|---|---|
//! | JPEG of 512 px, scaled to 256 (as it was) | 46 | 54 | - |
//! | JPEG of 256 px, quality 85 | 16 | 19 | 36 dB |
//! | QOI | 95 | 25 | exact |
//! | 4:2:0, row differences, zstd | 40 | 14.5 | exact but for chroma |
//! | **4:2:0, row differences, LZ4** | 57 | **10.2** | exact but for chroma |
//! | BC1 blocks, unpacked on the processor | 23 | 9.6 | 32 dB, bands in skies |
//! | RGBA as it is | 186 | 6.5 | exact |
//!
//! One packed file instead of SQLite would save 1.8 ms of the 10.2 and lose its crash safety.

use super::decode::DecodeError;
use crate::model::pixels::Pixels;

const MAGIC: &[u8; 4] = b"SLc1";
const HEADER: usize = 8;
/// A cell's side at most, in pixels: bounds what a damaged cache can ask for.
const MAX_SIDE: usize = 1024;

/// Packs a small picture; transparent pixels are laid on white, as in a JPEG.
///
/// # Errors
/// It has no pixels, fewer than its size promises, or a side above 1024.
pub fn pack(pixels: &Pixels) -> Result<Vec<u8>, DecodeError> {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let fits = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height);
    if !fits || pixels.rgba.len() != width * height * 4 {
        return Err(DecodeError::Damaged("no picture of a cell's size".to_owned()));
    }
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let mut planes = Vec::with_capacity(width * height + 2 * half_width * half_height);
    let (source, _) = pixels.rgba.as_chunks::<4>();
    planes.extend(source.iter().map(|pixel| luma(on_white(*pixel))));
    let (mut blue, mut red) = (Vec::new(), Vec::new());
    for pair in source.chunks(width * 2) {
        let (upper, lower) = pair.split_at(width);
        // The last of an odd number of rows or columns stands for two.
        let lower = if lower.is_empty() { upper } else { lower };
        for (top, bottom) in upper.chunks(2).zip(lower.chunks(2)) {
            let mut sum = [0_i32; 3];
            for pixel in [top.first(), top.last(), bottom.first(), bottom.last()]
                .into_iter()
                .flatten()
            {
                sum.iter_mut()
                    .zip(on_white(*pixel))
                    .for_each(|(sum, value)| *sum += value);
            }
            let [r, g, b] = sum;
            blue.push(chroma(-11_059 * r - 21_709 * g + 32_768 * b));
            red.push(chroma(32_768 * r - 27_439 * g - 5_329 * b));
        }
    }
    planes.extend(blue);
    planes.extend(red);
    for (plane, width) in split(&mut planes, width, height) {
        differences(plane, width);
    }
    let mut out = Vec::with_capacity(planes.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&u16::try_from(width).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(&u16::try_from(height).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(&lz4_flex::block::compress(&planes));
    Ok(out)
}

/// Unpacks a cell.
///
/// # Errors
/// The bytes are not those of a cell.
pub fn unpack(bytes: &[u8]) -> Result<Pixels, DecodeError> {
    let damaged = || DecodeError::Damaged("not a packed cell".to_owned());
    let (header, packed) = bytes.split_at_checked(HEADER).ok_or_else(damaged)?;
    let [m0, m1, m2, m3, w0, w1, h0, h1] = *header.as_array::<HEADER>().ok_or_else(damaged)?;
    let (width, height) = (
        usize::from(u16::from_le_bytes([w0, w1])),
        usize::from(u16::from_le_bytes([h0, h1])),
    );
    let fits = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height);
    if [m0, m1, m2, m3] != *MAGIC || !fits {
        return Err(damaged());
    }
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let mut planes = vec![0_u8; width * height + 2 * half_width * half_height];
    let length = lz4_flex::block::decompress_into(packed, &mut planes).map_err(|_| damaged())?;
    if length != planes.len() {
        return Err(damaged());
    }
    for (plane, width) in split(&mut planes, width, height) {
        sums(plane, width);
    }
    let (lumas, chromas) = planes.split_at(width * height);
    let (blues, reds) = chromas.split_at(half_width * half_height);
    let mut rgba = vec![255_u8; width * height * 4];
    let rows = rgba.chunks_exact_mut(width * 4).zip(lumas.chunks_exact(width));
    for (number, (out, lumas)) in rows.enumerate() {
        let at = number / 2 * half_width;
        let (Some(blues), Some(reds)) = (blues.get(at..at + half_width), reds.get(at..at + half_width)) else {
            return Err(damaged());
        };
        let pairs = out.chunks_mut(8).zip(lumas.chunks(2));
        for ((out, lumas), (blue, red)) in pairs.zip(blues.iter().zip(reds)) {
            let (blue, red) = (i32::from(*blue) - 128, i32::from(*red) - 128);
            let r = (91_881 * red + 32_768) >> 16;
            let g = (-22_554 * blue - 46_802 * red + 32_768) >> 16;
            let b = (116_130 * blue + 32_768) >> 16;
            let (out, _) = out.as_chunks_mut::<4>();
            for (out, luma) in out.iter_mut().zip(lumas) {
                let luma = i32::from(*luma);
                *out = [byte(luma + r), byte(luma + g), byte(luma + b), 255];
            }
        }
    }
    Ok(Pixels {
        width: u32::try_from(width).unwrap_or(0),
        height: u32::try_from(height).unwrap_or(0),
        rgba,
    })
}

fn byte(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

fn on_white([r, g, b, alpha]: [u8; 4]) -> [i32; 3] {
    let alpha = i32::from(alpha);
    [r, g, b].map(|value| (i32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255)
}

fn luma([r, g, b]: [i32; 3]) -> u8 {
    byte((19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16)
}

/// Of the sum of four pixels.
fn chroma(weighted: i32) -> u8 {
    byte((weighted + (128 << 18) + (1 << 17)) >> 18)
}

/// The three planes with their widths.
fn split(planes: &mut [u8], width: usize, height: usize) -> [(&mut [u8], usize); 3] {
    let half = width.div_ceil(2);
    let (luma, chroma) = planes.split_at_mut(width * height);
    let (blue, red) = chroma.split_at_mut(half * height.div_ceil(2));
    [(luma, width), (blue, half), (red, half)]
}

fn differences(plane: &mut [u8], width: usize) {
    let mut above = vec![128_u8; width];
    for row in plane.chunks_exact_mut(width) {
        for (value, above) in row.iter_mut().zip(&mut above) {
            let own = *value;
            *value = own.wrapping_sub(*above);
            *above = own;
        }
    }
}

fn sums(plane: &mut [u8], width: usize) {
    let mut above = vec![128_u8; width];
    for row in plane.chunks_exact_mut(width) {
        for (value, above) in row.iter_mut().zip(&mut above) {
            *value = value.wrapping_add(*above);
            *above = *value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, of: impl Fn(u32, u32) -> [u8; 4]) -> Pixels {
        let rgba = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| of(x, y))
            .collect();
        Pixels { width, height, rgba }
    }

    fn worst(a: &Pixels, b: &Pixels) -> u8 {
        assert_eq!((a.width, a.height, a.rgba.len()), (b.width, b.height, b.rgba.len()));
        a.rgba
            .iter()
            .zip(&b.rgba)
            .map(|(a, b)| a.abs_diff(*b))
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn greys_and_flat_colours_come_back_at_every_size() {
        for (width, height) in [(1, 1), (2, 3), (3, 2), (7, 9), (256, 171), (255, 1)] {
            let grey = picture(width, height, |x, y| {
                let value = (x * 7 + y * 13) as u8;
                [value, value, value, 255]
            });
            assert_eq!(
                unpack(&pack(&grey).expect("packed")).expect("unpacked"),
                grey,
                "{width} x {height}"
            );
            let flat = picture(width, height, |_, _| [200, 30, 90, 255]);
            let back = unpack(&pack(&flat).expect("packed")).expect("unpacked");
            assert!(worst(&back, &flat) <= 2, "{width} x {height}: {}", worst(&back, &flat));
        }
    }

    #[test]
    fn the_transparent_is_laid_on_white() {
        let clear = picture(4, 4, |_, _| [0, 0, 0, 0]);
        assert_eq!(
            unpack(&pack(&clear).expect("packed")).expect("unpacked"),
            picture(4, 4, |_, _| [255; 4])
        );
    }

    #[test]
    fn i16_damage_is_an_error_and_asks_for_nothing() {
        let good = pack(&picture(64, 48, |x, y| [x as u8, y as u8, 7, 255])).expect("packed");
        for cut in 0..good.len() {
            assert!(unpack(&good[..cut]).is_err(), "cut at {cut}");
        }
        let mut huge = good.clone();
        huge[4..8].copy_from_slice(&[0xFF; 4]);
        assert!(unpack(&huge).is_err(), "a side of 65,535");
        assert!(pack(&picture(0, 5, |_, _| [0; 4])).is_err());
        assert!(pack(&picture(1025, 1, |_, _| [0; 4])).is_err());
    }
}
