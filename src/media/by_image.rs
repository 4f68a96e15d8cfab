//! What the `image` crate reads: PNG, GIF, BMP, TIFF, WebP, ICO, QOI, PNM, OpenEXR and Radiance HDR; of an animation its
//! first frame, of a TIFF of many pages the first.

use super::{
    by_tiff,
    color::{Channels, Profile},
    decode::{DecodeError, Raster, Want},
    decoders::{CUT_SHORT, Stored},
    heif_shape::undo_alpha,
    limits::Limits,
    sniff::{Format, sniff},
    wide::{self, Shape},
};
use image::{ColorType, ImageDecoder as _, ImageError, ImageFormat, ImageReader, metadata::Orientation};
use std::io::Cursor;

/// The formats named above.
///
/// # Errors
/// By fault.
pub fn decode(bytes: &[u8], want: Want, limits: &Limits) -> Result<Raster, DecodeError> {
    let format = match sniff(bytes) {
        Some(Format::Png) => ImageFormat::Png,
        Some(Format::Gif) => ImageFormat::Gif,
        Some(Format::Bmp) => ImageFormat::Bmp,
        Some(Format::Ico) => ImageFormat::Ico,
        Some(Format::Qoi) => ImageFormat::Qoi,
        Some(Format::Pnm) => ImageFormat::Pnm,
        Some(Format::Exr) => ImageFormat::OpenExr,
        Some(Format::Hdr) => ImageFormat::Hdr,
        Some(Format::WebP) => ImageFormat::WebP,
        _ => ImageFormat::Tiff,
    };
    if format == ImageFormat::Tiff
        && let Some(raster) = by_tiff::decode(bytes, want, limits)
    {
        return raster;
    }
    with(bytes, format, want, None, limits)
}

/// One format, with what is known of the picture already.
///
/// # Errors
/// By fault.
pub fn with(
    bytes: &[u8],
    format: ImageFormat,
    want: Want,
    stored: Option<Stored>,
    limits: &Limits,
) -> Result<Raster, DecodeError> {
    // The header before all else: some decoders allocate as soon as they are made.
    let facts = super::facts::of_bytes(bytes, limits);
    if let (Some(width), Some(height)) = (facts.width, facts.height) {
        limits.check_size(width, height).map_err(DecodeError::Limits)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.side);
    bounds.max_image_height = Some(limits.side);
    bounds.max_alloc = Some(limits.alloc_bytes);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(image_error)?;
    let (width, height) = decoder.dimensions();
    limits.check_size(width, height).map_err(DecodeError::Limits)?;
    // The decoded rows and their 8-bit copy are both held for a moment.
    limits
        .check_alloc(
            decoder
                .total_bytes()
                .saturating_add(u64::from(width) * u64::from(height) * 4),
        )
        .map_err(DecodeError::Limits)?;
    let own = (format == ImageFormat::Tiff)
        .then(|| by_tiff::profile(bytes, limits))
        .flatten();
    let icc = own.or_else(|| decoder.icc_profile().ok().flatten());
    let stated = decoder.orientation().map_or(1, Orientation::to_exif);
    let stored = stored.unwrap_or(Stored {
        full: (width, height),
        profile: icc.map_or(Profile::None, Profile::Icc),
        orientation: facts.orientation.unwrap_or(stated),
    });
    let kind = decoder.color_type();
    let mut rows = vec![0_u8; usize::try_from(decoder.total_bytes()).unwrap_or(0)];
    let mut note = None;
    if let Err(error) = decoder.read_image(&mut rows) {
        // What was decoded before the damage is worth showing; nothing at all is not.
        let broken = matches!(error, ImageError::Decoding(_) | ImageError::IoError(_));
        if !broken || rows.iter().all(|byte| *byte == 0) {
            return Err(image_error(error));
        }
        note = Some(CUT_SHORT.to_owned());
    }
    let associated = format == ImageFormat::Tiff && by_tiff::is_premultiplied(bytes, limits);
    let shape = Shape::whole(width, height, stored.orientation);
    let channels = match kind {
        ColorType::L8 | ColorType::L16 => Channels::Gray,
        ColorType::La8 | ColorType::La16 => Channels::GrayAlpha,
        ColorType::Rgb8 | ColorType::Rgb16 | ColorType::Rgb32F => Channels::Rgb,
        ColorType::Rgba8 | ColorType::Rgba16 | ColorType::Rgba32F => Channels::Rgba,
        other => return Err(DecodeError::Unsupported(format!("{other:?}"))),
    };
    let colours = channels.count() - usize::from(channels.has_alpha());
    match u32::from(kind.bytes_per_pixel()) / channels.count() as u32 {
        1 => {
            if associated && channels.has_alpha() {
                undo_alpha(&mut rows, channels.count(), u8::MAX);
            }
            Ok(Raster {
                width,
                height,
                full: (width, height),
                extent: shape.extent,
                channels,
                data: rows,
                profile: stored.profile,
                orientation: stored.orientation,
                note,
            })
        }
        2 => {
            let (words, _) = rows.as_chunks::<2>();
            let mut words: Vec<u16> = words.iter().map(|word| u16::from_ne_bytes(*word)).collect();
            drop(rows);
            if associated && channels.has_alpha() {
                undo_alpha(&mut words, channels.count(), u16::MAX);
            }
            wide::sixteen(&shape, channels, words, &stored.profile, want, note, limits)
        }
        _ => {
            let (words, _) = rows.as_chunks::<4>();
            let mut floats: Vec<f32> = words.iter().map(|word| f32::from_ne_bytes(*word)).collect();
            drop(rows);
            // A TIFF of floating-point numbers is a picture for a screen more often than light, and vips shows it so; PFM,
            // OpenEXR and HDR are light.
            if format == ImageFormat::Tiff {
                let words = floats
                    .iter()
                    .map(|value| (value.clamp(0.0, 1.0) * 65_535.0 + 0.5) as u16)
                    .collect();
                return wide::sixteen(&shape, channels, words, &stored.profile, want, note, limits);
            }
            if format == ImageFormat::OpenExr && channels.has_alpha() {
                // OpenEXR multiplies colours by alpha.
                for pixel in floats.chunks_exact_mut(4) {
                    let alpha = pixel.last().copied().unwrap_or(1.0);
                    if alpha > 0.0 && alpha < 1.0 {
                        pixel.iter_mut().take(colours).for_each(|value| *value /= alpha);
                    }
                }
            }
            wide::linear(&shape, channels, floats, want, limits)
        }
    }
}

fn image_error(error: ImageError) -> DecodeError {
    match error {
        ImageError::Limits(error) => DecodeError::Limits(error.to_string()),
        ImageError::Unsupported(error) => {
            tracing::debug!("unsupported: {error}");
            let name = match error.format_hint() {
                image::error::ImageFormatHint::Exact(format) => {
                    format.extensions_str().first().copied().unwrap_or_default()
                }
                _ => "",
            };
            DecodeError::Unsupported(format!("Such {}", name.to_ascii_uppercase()).trim_end().to_owned())
        }
        other => DecodeError::Damaged(other.to_string()),
    }
}
