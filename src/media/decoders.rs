//! The table of decoders: one function a format, all of the same shape. Decoder crates are named here, in `color`,
//! `resize` and `encode`, and nowhere else.

use super::{
    by_image,
    color::{Channels, Profile},
    decode::{DecodeError, Raster, Want},
    exif, heif, jpeg, jxl,
    limits::Limits,
    preview, psd, resize,
    sniff::Format,
    source::Source,
};
use libjpeg_turbo_rs::{DecodeLimits, Decoder, JpegError, PixelFormat, ScalingFactor};
use std::io::Cursor;

/// A decoder: the bytes, how large, and what it may cost.
pub(in crate::media) type DecodeFn = fn(&[u8], Want, &Limits) -> Result<Raster, DecodeError>;

/// The decoder of a format, if there is one.
pub(in crate::media) fn of(format: Format) -> Option<DecodeFn> {
    match format {
        Format::Jpeg => Some(jpeg),
        Format::Png
        | Format::Gif
        | Format::Bmp
        | Format::Tiff
        | Format::WebP
        | Format::Ico
        | Format::Qoi
        | Format::Pnm
        | Format::Exr
        | Format::Hdr => Some(by_image::decode),
        Format::Heic | Format::Heif | Format::Avif => Some(heif::decode),
        Format::Jxl => Some(jxl::decode),
        Format::Psd => Some(psd::decode),
        #[cfg(feature = "svg")]
        Format::Svg => Some(super::svg::decode),
        _ => None,
    }
}

/// Said of a picture of which a part is missing.
pub(in crate::media) const CUT_SHORT: &str = "The file is damaged or cut short; shown as far as it goes";

/// JPEG: a stored preview where one is fresh and large enough, else a scaled decode, else a decode by another decoder.
pub(in crate::media) fn jpeg(bytes: &[u8], want: Want, limits: &Limits) -> Result<Raster, DecodeError> {
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, bytes.len() as u64, limits.metadata_bytes);
    let header = jpeg::walk(&mut source, 0, limits.parts)
        .ok_or_else(|| DecodeError::Damaged("it does not begin as a JPEG".to_owned()))?;
    let frame = header
        .frame
        .ok_or_else(|| DecodeError::Damaged("it ends before the picture begins".to_owned()))?;
    limits
        .check_size(frame.width, frame.height)
        .map_err(DecodeError::Limits)?;
    if frame.bits != 8 {
        return Err(DecodeError::Unsupported(format!("{}-bit JPEG", frame.bits)));
    }
    let facts = header
        .exif(&mut source)
        .and_then(|(at, _)| exif::read(&mut source, at, limits));
    let icc = header.icc(&mut source);
    let adobe_rgb = facts.as_ref().is_some_and(|facts| facts.adobe_rgb);
    let stored = Stored {
        full: (frame.width, frame.height),
        profile: match icc {
            Some(icc) => Profile::Icc(icc),
            None if adobe_rgb => Profile::AdobeRgb,
            None => Profile::None,
        },
        orientation: facts.as_ref().and_then(|facts| facts.orientation).unwrap_or(1),
    };
    if let Want::Fit(edge) | Want::Near(edge) = want
        && facts.as_ref().is_some_and(|facts| facts.unedited)
        && let Some(raster) = mpf_preview(bytes, &header, &mut source, edge, &stored, limits)
    {
        return Ok(raster);
    }
    let inverted = header.has_adobe(&mut source);
    if let Some(raster) = scaled(bytes, want, &stored, limits) {
        return Ok(raster);
    }
    match super::decode::guarded(|| turbo(bytes, want, &stored, inverted, limits)) {
        Err(DecodeError::Damaged(_)) => by_image::with(bytes, image::ImageFormat::Jpeg, want, Some(stored), limits),
        result => result,
    }
}

/// What a file's own header says of its picture.
pub(in crate::media) struct Stored {
    pub full: (u32, u32),
    pub profile: Profile,
    pub orientation: u8,
}

/// A camera's own smaller picture, for a photo that nobody edited: same shape, at least as large as wanted.
fn mpf_preview(
    bytes: &[u8],
    header: &jpeg::Header,
    source: &mut Source<'_>,
    edge: u32,
    stored: &Stored,
    limits: &Limits,
) -> Option<Raster> {
    let target = resize::fit(stored.full.0, stored.full.1, edge);
    for (at, len) in header.mpf_previews(source) {
        let (Ok(at), Ok(len)) = (usize::try_from(at), usize::try_from(len)) else {
            continue;
        };
        let Some(slice) = bytes.get(at..at.saturating_add(len)) else {
            continue;
        };
        let Some(found) = preview::largest_jpeg(slice, limits).filter(|found| found.at == 0) else {
            continue;
        };
        let shape = |width: u32, height: u32| f64::from(width) / f64::from(height.max(1));
        let same = (shape(found.width, found.height) / shape(stored.full.0, stored.full.1) - 1.0).abs() < 0.01;
        if !same || found.width < target.0 || found.height < target.1 {
            continue;
        }
        let raster = super::decode::guarded(|| {
            let own = Stored {
                full: (found.width, found.height),
                profile: stored.profile.clone(),
                orientation: stored.orientation,
            };
            match scaled(slice, Want::Fit(edge), &own, limits) {
                Some(raster) => Ok(raster),
                None => turbo(slice, Want::Fit(edge), &own, false, limits),
            }
        });
        if let Ok(raster) = raster
            && raster.note.is_none()
        {
            return Some(Raster {
                full: stored.full,
                ..raster
            });
        }
    }
    None
}

fn jpeg_error(error: JpegError) -> DecodeError {
    match error {
        JpegError::Unsupported(what) => DecodeError::Unsupported(format!("JPEG ({what})")),
        JpegError::LimitExceeded { .. } | JpegError::AllocationFailed { .. } => DecodeError::Limits(error.to_string()),
        other => DecodeError::Damaged(other.to_string()),
    }
}

/// A progressive file larger than this is wanted for more than a look: all of it has to be read, to know whether it is whole.
const LOOK_EDGE: u32 = 1024;

/// The quick way to less than the full size, for ordinary and whole files; none where `turbo` has to be asked.
fn scaled(bytes: &[u8], want: Want, stored: &Stored, limits: &Limits) -> Option<Raster> {
    let (width, height) = stored.full;
    let target = want.size(width, height);
    let part = |side: u32, eighths: u32| (u64::from(side) * u64::from(eighths)).div_ceil(8);
    let enough = |by: &u32| part(width, *by) >= u64::from(target.0) && part(height, *by) >= u64::from(target.1);
    let eighths = (1..=4).find(enough)?;
    let picture = super::jpegscale::decode(bytes, eighths, limits)
        .inspect_err(|no| tracing::debug!("not decoded the quick way: {no:?}"))
        .ok()?;
    if picture.passed_over && target.0.max(target.1) > LOOK_EDGE {
        return None;
    }
    Some(Raster {
        width: picture.width,
        height: picture.height,
        full: stored.full,
        extent: (
            f64::from(width) * f64::from(eighths) / 8.0,
            f64::from(height) * f64::from(eighths) / 8.0,
        ),
        channels: if picture.channels == 1 {
            Channels::Gray
        } else {
            Channels::Rgb
        },
        data: picture.data,
        profile: stored.profile.clone(),
        orientation: stored.orientation,
        note: None,
    })
}

/// libjpeg-turbo's way: the inverse DCT gives 1/2, 1/4 or 1/8 of the size directly, never less than is wanted.
fn turbo(bytes: &[u8], want: Want, stored: &Stored, inverted: bool, limits: &Limits) -> Result<Raster, DecodeError> {
    let bounds = DecodeLimits {
        max_width: limits.side as usize,
        max_height: limits.side as usize,
        max_pixels: limits.pixels,
        max_scans: limits.scans as usize,
        max_memory: None,
    };
    let mut decoder = Decoder::new_with_limits(bytes, bounds).map_err(jpeg_error)?;
    let components = decoder.header().components.len();
    let (format, channels) = match components {
        1 => (PixelFormat::Grayscale, Channels::Gray),
        3 => (PixelFormat::Rgb, Channels::Rgb),
        4 => (PixelFormat::Cmyk, Channels::Cmyk),
        _ => return Err(DecodeError::Unsupported(format!("JPEG with {components} components"))),
    };
    let (width, height) = stored.full;
    let target = want.size(width, height);
    let enough = |denominator: u32| width.div_ceil(denominator) >= target.0 && height.div_ceil(denominator) >= target.1;
    let denominator = [8, 4, 2].into_iter().find(|by| enough(*by)).unwrap_or(1);
    let progressive = decoder.has_multiple_scans();
    let area = u64::from(width) * u64::from(height);
    let scaled = area / u64::from(denominator * denominator);
    // Output and planes at the scaled size; a progressive file keeps all its coefficients, two bytes each.
    let coefficients = if progressive { area * 2 * components as u64 } else { 0 };
    limits
        .check_alloc(scaled * 3 * components as u64 + coefficients)
        .map_err(DecodeError::Limits)?;
    decoder.set_output_format(format);
    decoder.set_lenient(true);
    decoder.set_scale(ScalingFactor::try_new(1, denominator).map_err(jpeg_error)?);
    let picture = decoder.decode_image().map_err(jpeg_error)?;
    let mut data = picture.data;
    if channels == Channels::Cmyk && inverted {
        data.iter_mut().for_each(|ink| *ink = 255 - *ink);
    }
    let hurt = picture.warnings.iter().any(|warning| {
        !matches!(
            warning,
            libjpeg_turbo_rs::common::error::DecodeWarning::ExtraneousData { .. }
        )
    });
    Ok(Raster {
        width: picture.width as u32,
        height: picture.height as u32,
        full: stored.full,
        extent: (
            f64::from(width) / f64::from(denominator),
            f64::from(height) / f64::from(denominator),
        ),
        channels,
        data,
        profile: stored.profile.clone(),
        orientation: stored.orientation,
        note: hurt.then(|| CUT_SHORT.to_owned()),
    })
}
