//! Pixels to JPEG bytes: thumbnails, proxies, exports.

use super::{
    decode::{DecodeError, Want, decode},
    limits::Limits,
};
use crate::model::pixels::Pixels;
use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling};

/// A baseline JPEG of these pixels, in sRGB. JPEG has no transparency: pixels are laid on white.
///
/// # Errors
/// A sentence where the pixels cannot be a JPEG: an empty picture, or a side above 65,535.
pub fn jpeg(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, DecodeError> {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    if pixels.rgba.len() != width.saturating_mul(height).saturating_mul(4) {
        return Err(DecodeError::Damaged("fewer pixels than its size promises".to_owned()));
    }
    let (source, _) = pixels.rgba.as_chunks::<4>();
    let mut rgb = Vec::with_capacity(source.len() * 3);
    for pixel in source {
        let [r, g, b, _] = over_white(*pixel);
        rgb.extend_from_slice(&[r, g, b]);
    }
    super::decode::guarded(|| {
        Encoder::new(&rgb, width, height, PixelFormat::Rgb)
            .quality(quality.clamp(1, 100))
            .subsampling(if quality >= 90 {
                Subsampling::S444
            } else {
                Subsampling::S420
            })
            .encode()
            .map_err(|error| DecodeError::Damaged(error.to_string()))
    })
}

/// Lays what is transparent on white, as every picture is shown: one photo never looks different in grid and loupe.
pub fn lay_on_white(pixels: &mut Pixels) {
    let (pixels, _) = pixels.rgba.as_chunks_mut::<4>();
    for pixel in pixels.iter_mut().filter(|[.., alpha]| *alpha != 255) {
        *pixel = over_white(*pixel);
    }
}

fn over_white([r, g, b, alpha]: [u8; 4]) -> [u8; 4] {
    let over = |value: u8| {
        let mixed = u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
        u8::try_from((mixed + 127) / 255).unwrap_or(255)
    };
    if alpha == 255 {
        return [r, g, b, 255];
    }
    [over(r), over(g), over(b), 255]
}

/// A JPEG of a file's picture, long edge at most `edge`.
///
/// # Errors
/// As [`decode`].
pub fn thumbnail(bytes: &[u8], edge: u32, limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let decoded = decode(bytes, Want::Fit(edge), limits)?;
    jpeg(&decoded.pixels, 85)
}
