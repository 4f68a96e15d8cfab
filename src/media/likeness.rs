//! How alike two pictures are: two hashes of 64 bits that change little where the picture does, and one of the coded picture
//! itself, which stays the same where only metadata change.
//!
//! The *shape* hash is Zauner's perceptual hash (C. Zauner, "Implementation and benchmarking of perceptual image hash functions",
//! 2010): brightness at 32 by 32, a cosine transform, the sign of its 64 lowest frequencies against their median. The *step*
//! hash is the difference hash (N. Krawetz, "Kind of like that", 2013): whether brightness falls from one of 9 by 8 cells to
//! the next. Either alone confuses some pictures; what is near by both is near.

use super::{
    facts,
    limits::Limits,
    sniff::{Format, sniff},
};
use crate::model::pixels::Pixels;
use sha2::{Digest as _, Sha256};
use std::f32::consts::PI;

/// The hashes of one upright picture.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Likeness {
    /// Zauner's perceptual hash.
    pub shape: u64,
    /// Krawetz' difference hash.
    pub step: u64,
}

/// The most bits in which the shape hashes of near pictures differ.
pub const NEAR_SHAPE: u32 = 8;
/// The most bits in which the step hashes of near pictures differ.
pub const NEAR_STEP: u32 = 9;

impl Likeness {
    /// Whether a person would call them the same picture: scaled, coded again, a little brighter, softer or sharper.
    /// The bounds were measured (`tests/it/duplicates.rs`).
    #[must_use]
    pub fn is_near(self, other: Self) -> bool {
        (self.shape ^ other.shape).count_ones() <= NEAR_SHAPE && (self.step ^ other.step).count_ones() <= NEAR_STEP
    }
}

const SIDE: usize = 32;
const LOW: usize = 8;
/// Pictures flatter than this, in standard deviations of brightness of 255, have hashes of noise.
const FLAT: f32 = 3.0;

/// The hashes of an upright picture; `None` where there is nothing in it to tell it by: one colour, or no pixel.
#[must_use]
pub fn likeness(pixels: &Pixels) -> Option<Likeness> {
    let fine = cells(pixels, SIDE, SIDE)?;
    let count = fine.len() as f32;
    let mean = fine.iter().sum::<f32>() / count;
    let spread = (fine.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt();
    if spread < FLAT {
        return None;
    }
    let coarse = cells(pixels, 9, 8)?;
    let mut step = 0_u64;
    for row in coarse.chunks_exact(9) {
        for pair in row.windows(2) {
            if let [left, right] = pair {
                step = step << 1 | u64::from(left > right);
            }
        }
    }
    Some(Likeness {
        shape: shape(&fine),
        step,
    })
}

/// The mean brightness of each of `columns` by `rows` cells, 0 to 255, over white.
fn cells(pixels: &Pixels, columns: usize, rows: usize) -> Option<Vec<f32>> {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    if width == 0 || height == 0 || pixels.rgba.len() < width.checked_mul(height)?.checked_mul(4)? {
        return None;
    }
    let mut out = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        // A picture smaller than the cells lends one pixel to several.
        let top = row * height / rows;
        let bottom = ((row + 1) * height / rows).max(top + 1);
        for column in 0..columns {
            let left = column * width / columns;
            let right = ((column + 1) * width / columns).max(left + 1);
            let (mut sum, mut count) = (0.0_f32, 0.0_f32);
            for y in top..bottom {
                let line = pixels.rgba.get((y * width + left) * 4..(y * width + right) * 4)?;
                for pixel in line.chunks_exact(4) {
                    if let [red, green, blue, alpha] = *pixel {
                        let luma = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
                        let alpha = f32::from(alpha) / 255.0;
                        sum += luma * alpha + 255.0 * (1.0 - alpha);
                        count += 1.0;
                    }
                }
            }
            out.push(sum / count.max(1.0));
        }
    }
    Some(out)
}

/// The signs of the lowest frequencies against their median, the constant left out of the median.
fn shape(fine: &[f32]) -> u64 {
    let wave = |frequency: usize, at: usize| (PI * frequency as f32 * (2 * at + 1) as f32 / (2 * SIDE) as f32).cos();
    let mut table = [[0.0_f32; SIDE]; LOW];
    for (frequency, row) in table.iter_mut().enumerate() {
        for (at, value) in row.iter_mut().enumerate() {
            *value = wave(frequency, at);
        }
    }
    // Rows first: 32 rows of 8 frequencies; then columns.
    let across: Vec<[f32; LOW]> = fine
        .chunks_exact(SIDE)
        .map(|line| table.map(|wave| wave.iter().zip(line).map(|(a, b)| a * b).sum()))
        .collect();
    let mut low = Vec::with_capacity(LOW * LOW);
    for wave in &table {
        for column in 0..LOW {
            let sum: f32 = wave
                .iter()
                .zip(&across)
                .map(|(a, row)| a * row.get(column).copied().unwrap_or(0.0))
                .sum();
            low.push(sum);
        }
    }
    let mut sorted: Vec<f32> = low.iter().copied().skip(1).collect();
    sorted.sort_by(f32::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    low.iter().fold(0, |bits, value| bits << 1 | u64::from(*value > median))
}

/// What the picture of a file is, however its metadata change.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SamePixels {
    /// A SHA-256 of the coded picture: a JPEG's tables and scans, a PNG's image chunks. Equal means equal pixels; the same
    /// pixels coded differently are not found by it.
    Coded([u8; 32]),
    /// A SHA-256 of the decoded pixels, upright, with their size.
    Decoded([u8; 32]),
}

/// The identity of a file's picture. JPEG and PNG are not decoded for it; everything else is.
///
/// # Errors
/// Those of decoding.
pub fn same_pixels(bytes: &[u8], limits: &Limits) -> Result<SamePixels, super::decode::DecodeError> {
    let coded = match sniff(bytes) {
        Some(Format::Jpeg) => coded_jpeg(bytes, limits),
        Some(Format::Png) => coded_png(bytes, limits),
        _ => None,
    };
    if let Some(hash) = coded {
        return Ok(SamePixels::Coded(hash));
    }
    let decoded = super::decode::decode(bytes, super::decode::Want::Full, limits)?;
    let mut hasher = Sha256::new();
    hasher.update(decoded.pixels.width.to_le_bytes());
    hasher.update(decoded.pixels.height.to_le_bytes());
    hasher.update(&decoded.pixels.rgba);
    Ok(SamePixels::Decoded(hasher.finalize().into()))
}

/// How the picture is turned is metadata that changes what is seen.
fn begun(bytes: &[u8], limits: &Limits) -> Sha256 {
    let mut hasher = Sha256::new();
    let turned = facts::of_bytes(bytes, limits).orientation.unwrap_or(1);
    hasher.update([turned]);
    hasher
}

/// Every segment from SOI to EOI but for application data and comments; of those, colour profiles (APP2 `ICC_PROFILE`) and
/// Adobe's transform flag (APP14) stay, for they change the colours. JPEG: ITU-T T.81, B.1.
fn coded_jpeg(bytes: &[u8], limits: &Limits) -> Option<[u8; 32]> {
    let mut hasher = begun(bytes, limits);
    let mut at = 2;
    loop {
        // Fill bytes may stand before a marker.
        while *bytes.get(at)? == 0xff && *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        let (&0xff, &marker) = (bytes.get(at)?, bytes.get(at + 1)?) else {
            return None;
        };
        if marker == 0xd9 {
            return Some(hasher.finalize().into());
        }
        let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
        let end = at.checked_add(2)?.checked_add(length.max(2))?;
        let segment = bytes.get(at..end)?;
        let kept = match marker {
            0xe2 => segment.get(4..).is_some_and(|data| data.starts_with(b"ICC_PROFILE\0")),
            0xee => true,
            0xe0..=0xef | 0xfe => false,
            _ => true,
        };
        if kept {
            hasher.update(segment);
        }
        at = end;
        if marker == 0xda {
            let scan = bytes.get(at..)?;
            let length = scan_length(scan)?;
            hasher.update(scan.get(..length)?);
            at += length;
        }
    }
}

/// Bytes of a scan's coded data: up to the next marker that is neither a stuffed zero nor a restart.
fn scan_length(scan: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(0xff, scan.get(from..)?)?;
        match *scan.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => from = at + 2,
            0xff => from = at + 1,
            _ => return Some(at),
        }
    }
}

/// The chunks of which a PNG's pixels and colours are made.
fn coded_png(bytes: &[u8], limits: &Limits) -> Option<[u8; 32]> {
    const SEEN: [&[u8; 4]; 9] = [
        b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP",
    ];
    let mut hasher = begun(bytes, limits);
    let mut at = 8_usize;
    loop {
        let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        let kind: &[u8; 4] = bytes.get(at + 4..at + 8)?.try_into().ok()?;
        let data_end = (at + 8).checked_add(usize::try_from(length).ok()?)?;
        let data = bytes.get(at + 8..data_end)?;
        if kind == b"IEND" {
            return Some(hasher.finalize().into());
        }
        // An animation is more than its first picture.
        if kind == b"acTL" {
            return None;
        }
        if SEEN.contains(&kind) {
            hasher.update(kind);
            hasher.update(data);
        }
        at = data_end.checked_add(4)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::encode;

    fn scene(width: u32, height: u32, bright: f32) -> Pixels {
        let mut rgba = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
                let value = 120.0 + 60.0 * (u * 9.0).sin() + 50.0 * (v * 7.0 + u * 3.0).cos();
                let value = (value * bright).clamp(0.0, 255.0) as u8;
                rgba.extend_from_slice(&[value, value / 2, 255 - value, 255]);
            }
        }
        Pixels { width, height, rgba }
    }

    #[test]
    fn a_smaller_or_brighter_picture_is_near_and_a_turned_or_flat_one_is_not() {
        let large = likeness(&scene(900, 600, 1.0)).expect("not flat");
        assert!(large.is_near(likeness(&scene(300, 200, 1.0)).expect("not flat")));
        assert!(large.is_near(likeness(&scene(900, 600, 1.1)).expect("not flat")));
        let mut turned = scene(900, 600, 1.0);
        turned.rgba = turned.rgba.chunks_exact(4).rev().flatten().copied().collect();
        assert!(!large.is_near(likeness(&turned).expect("not flat")));
        let white = Pixels {
            width: 40,
            height: 40,
            rgba: vec![250; 40 * 40 * 4],
        };
        assert_eq!(likeness(&white), None);
        let none = Pixels {
            width: 0,
            height: 0,
            rgba: Vec::new(),
        };
        assert_eq!(likeness(&none), None);
    }

    #[test]
    fn a_jpeg_is_the_same_whatever_is_said_about_it_but_not_when_it_is_coded_again() {
        let limits = Limits::default();
        let jpeg = encode::jpeg(&scene(200, 100, 1.0), 90).expect("encoded");
        let same = same_pixels(&jpeg, &limits).expect("a picture");
        assert!(matches!(same, SamePixels::Coded(_)));
        let comment = [0xff, 0xfe, 0x00, 0x06, b'n', b'o', b't', b'e'];
        let mut said = jpeg.clone();
        said.splice(2..2, comment);
        said.extend_from_slice(b"and something behind its end");
        assert_eq!(same_pixels(&said, &limits).expect("a picture"), same);
        let again = encode::jpeg(&scene(200, 100, 1.0), 80).expect("encoded");
        assert_ne!(same_pixels(&again, &limits).expect("a picture"), same);
        for cut in 0..jpeg.len().min(700) {
            assert_eq!(coded_jpeg(jpeg.get(..cut).expect("cut"), &limits), None, "{cut}");
        }
    }
}
