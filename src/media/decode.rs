//! The one door through which bytes become pixels (I5). What comes out is upright and in sRGB.
//!
//! Order: format by magic, size from the header against the limits, decode (scaled where the format can), scale, colours,
//! orientation. Whatever a decoder does wrong, also a panic, costs this one file a sentence. The door takes bytes and gives
//! pixels, so that it can move into a process of its own.

#[cfg(feature = "raw")]
use super::raw;
use super::{
    color::{self, Channels, Profile},
    decoders, facts,
    limits::Limits,
    orient, preview, resize,
    sniff::{Format, sniff, sniff_source},
    source::{ReadSeek, Source},
};
use crate::model::{
    metadata::{Facts, MediaKind},
    pixels::Pixels,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How large a picture is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// Every pixel.
    Full,
    /// Scaled down so that the long edge is at most so many pixels; never scaled up.
    Fit(u32),
    /// The same for what the screen scales anyway: a long edge of up to a half more is given as it comes from the decoder.
    Near(u32),
}

impl Want {
    /// What a face's long edge stands for: 0 is every pixel, thumbnails are exact since they are kept, and what is larger is
    /// scaled by the graphics card anyway.
    #[must_use]
    pub fn edge(edge: u32) -> Self {
        match edge {
            0 => Self::Full,
            1..=512 => Self::Fit(edge),
            _ => Self::Near(edge),
        }
    }

    pub(in crate::media) fn size(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::Full => (width, height),
            Self::Fit(edge) | Self::Near(edge) => resize::fit(width, height, edge.max(1)),
        }
    }

    /// The size to give a picture of this size, which a decoder made `of` pixels.
    fn size_of(self, full: (u32, u32), of: (u32, u32)) -> (u32, u32) {
        let (width, height) = self.size(full.0, full.1);
        match self {
            Self::Near(edge) if of.0.max(of.1) <= edge.saturating_add(edge / 2) => of,
            _ => (width.min(of.0), height.min(of.1)),
        }
    }
}

/// What the pixels were made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// The picture itself.
    Picture,
    /// A smaller picture that the camera put into the file.
    Preview,
    /// Sensor data that were developed here.
    Developed,
}

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Upright, sRGB.
    pub pixels: Pixels,
    /// Width and height of the whole picture as displayed, however small the pixels are.
    pub full: (u32, u32),
    /// What the bytes were.
    pub format: Format,
    /// The picture or a preview.
    pub shown: Shown,
    /// Nothing of the picture is missing: the file was neither cut short nor damaged.
    pub whole: bool,
    /// Something a person should know: the file is cut short, the profile unreadable.
    pub note: Option<String>,
}

/// Why there is no picture, by whose fault it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// Nothing is wrong with the file; this program cannot show it (yet).
    #[error("{0} files cannot be shown yet")]
    Unsupported(String),
    /// The bytes are not what their format asks for.
    #[error("The file is damaged ({0})")]
    Damaged(String),
    /// It asks for more than one file may cost.
    #[error("The picture is too large to open ({0})")]
    Limits(String),
}

/// What a decoder gives to the door: stored rows, in the file's own colours.
pub(in crate::media) struct Raster {
    /// Size of `data`.
    pub width: u32,
    /// Size of `data`.
    pub height: u32,
    /// Size of the whole picture as stored.
    pub full: (u32, u32),
    /// How much of `data` the picture covers, in its pixels: scaled by 1/8, the last column may be a part of one.
    pub extent: (f64, f64),
    pub channels: Channels,
    pub data: Vec<u8>,
    pub profile: Profile,
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
    pub note: Option<String>,
}

/// Decodes a file's bytes.
///
/// # Errors
/// By fault: `Unsupported`, `Damaged`, `Limits`.
pub fn decode(bytes: &[u8], want: Want, limits: &Limits) -> Result<Decoded, DecodeError> {
    guarded(|| decode_inner(bytes, want, limits))
}

/// Decodes a file's bytes, a RAW file's from its sensor data, whatever previews it has.
///
/// # Errors
/// By fault: `Unsupported`, `Damaged`, `Limits`.
pub fn decode_developed(bytes: &[u8], want: Want, limits: &Limits) -> Result<Decoded, DecodeError> {
    guarded(|| match sniff(bytes) {
        Some(format) if format.kind() == MediaKind::Raw => {
            check_file(bytes, limits)?;
            developed(bytes, want, limits, format, &facts::of_bytes(bytes, limits))
        }
        _ => decode_inner(bytes, want, limits),
    })
}

/// Runs a decoder; its panic becomes an error of the file that it was given.
pub(in crate::media) fn guarded<T>(work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    // Unwind safe: `work` borrows input bytes only, which it cannot change, and all else it made dies with it.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|cause| {
        let text = cause
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| cause.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        tracing::error!("a decoder panicked: {text}");
        Err(DecodeError::Damaged(format!("the decoder gave up: {text}")))
    })
}

fn check_file(bytes: &[u8], limits: &Limits) -> Result<(), DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Damaged("it is empty".to_owned()));
    }
    if bytes.len() as u64 > limits.file_bytes {
        return Err(DecodeError::Limits(format!(
            "the file has {}",
            crate::model::content::human_bytes(bytes.len() as u64)
        )));
    }
    Ok(())
}

fn decode_inner(bytes: &[u8], want: Want, limits: &Limits) -> Result<Decoded, DecodeError> {
    check_file(bytes, limits)?;
    let Some(format) = sniff(bytes) else {
        return Err(DecodeError::Unsupported("Such".to_owned()));
    };
    let own = decoders::of(format).map(|decoder| decoder(bytes, want, limits));
    match own {
        Some(Ok(raster)) => finish(raster, want, format, limits),
        Some(Err(DecodeError::Limits(why))) => Err(DecodeError::Limits(why)),
        None if format.may_hold_preview() => preview_of(bytes, want, limits, format, None),
        Some(Err(error)) if format.may_hold_preview() => preview_of(bytes, want, limits, format, Some(error)),
        Some(Err(error)) => Err(error),
        // Drawings are a choice of those who build the program (the feature `svg`).
        None if format == Format::Svg => Err(DecodeError::Unsupported("In this build SVG".to_owned())),
        None => Err(DecodeError::Unsupported(format.name().to_owned())),
    }
}

/// Scales, converts and turns what a decoder gave.
fn finish(raster: Raster, want: Want, format: Format, limits: &Limits) -> Result<Decoded, DecodeError> {
    let Raster {
        width,
        height,
        full,
        extent,
        channels,
        data,
        profile,
        orientation,
        note,
    } = raster;
    let expected = u64::from(width) * u64::from(height) * channels.count() as u64;
    if data.len() as u64 != expected {
        return Err(DecodeError::Damaged("fewer pixels than its size promises".to_owned()));
    }
    let target = want.size_of(full, (width, height));
    limits
        .check_alloc(u64::from(target.0) * u64::from(target.1) * 4)
        .map_err(DecodeError::Limits)?;
    let scaled = if target == (width, height) {
        data
    } else {
        resize::resize(
            &data,
            channels.count(),
            channels.has_alpha(),
            (width, height),
            extent,
            target,
        )
        .map_err(DecodeError::Damaged)?
    };
    let (rgba, color_note) = color::to_srgb(&scaled, channels, &profile);
    let pixels = orient::upright(target.0, target.1, rgba, orientation);
    Ok(Decoded {
        pixels,
        full: orient::displayed(full.0, full.1, orientation),
        format,
        shown: Shown::Picture,
        whole: note.is_none(),
        note: note.or(color_note),
    })
}

/// The same picture with a long edge of at most `edge` pixels; never larger than it is.
///
/// # Errors
/// The pixels are fewer than their size promises.
pub fn shrink(pixels: Pixels, edge: u32) -> Result<Pixels, DecodeError> {
    let (width, height) = resize::fit(pixels.width, pixels.height, edge);
    if (width, height) == (pixels.width, pixels.height) {
        return Ok(pixels);
    }
    let size = (pixels.width, pixels.height);
    let extent = (f64::from(size.0), f64::from(size.1));
    // Weighing colours by their alpha costs more than the scaling itself.
    let alpha = pixels.rgba.iter().skip(3).step_by(4).any(|alpha| *alpha != 255);
    let rgba = resize::resize(&pixels.rgba, 4, alpha, size, extent, (width, height)).map_err(DecodeError::Damaged)?;
    Ok(Pixels { width, height, rgba })
}

/// Develops a RAW file's sensor data.
#[cfg(feature = "raw")]
fn developed(bytes: &[u8], want: Want, limits: &Limits, format: Format, facts: &Facts) -> Result<Decoded, DecodeError> {
    let raster = raw::develop(bytes, want, limits, format, facts.orientation)?;
    let mut decoded = finish(raster, want, format, limits)?;
    decoded.shown = Shown::Developed;
    Ok(decoded)
}

#[cfg(not(feature = "raw"))]
fn developed(_: &[u8], _: Want, _: &Limits, format: Format, _: &Facts) -> Result<Decoded, DecodeError> {
    Err(DecodeError::Unsupported(format.name().to_owned()))
}

/// A camera's preview is shown at once where it is no less than two thirds of what is wanted, or fills most of a screen.
fn is_usable(found: &preview::Found, facts: &Facts, want: Want) -> bool {
    const SCREENFUL: u32 = 1024;
    let (width, height) = match facts.width.zip(facts.height) {
        Some((width, height)) => want.size(width, height),
        None => return matches!(want, Want::Full) || found.long() >= SCREENFUL,
    };
    found.long() >= width.max(height).saturating_mul(2).div_ceil(3).min(SCREENFUL)
}

/// Shows the best JPEG inside a file whose own picture cannot be decoded, or takes long to; a RAW file without one that is
/// large enough is developed.
fn preview_of(
    bytes: &[u8],
    want: Want,
    limits: &Limits,
    format: Format,
    error: Option<DecodeError>,
) -> Result<Decoded, DecodeError> {
    let unsupported = || {
        error
            .clone()
            .unwrap_or_else(|| DecodeError::Unsupported(format.name().to_owned()))
    };
    let facts = facts::of_bytes(bytes, limits);
    let found = preview::best(bytes, format, &facts, want, limits);
    if format.kind() == MediaKind::Raw && !found.is_some_and(|found| is_usable(&found, &facts, want)) {
        match developed(bytes, want, limits, format, &facts) {
            Ok(decoded) => return Ok(decoded),
            // A small preview is better than none.
            Err(error) if found.is_none() => return Err(error),
            Err(_) => {}
        }
    }
    let found = found.ok_or_else(unsupported)?;
    // A TIFF may be packed in JPEGs, each of which is a piece of the picture.
    if format == Format::Tiff
        && !facts.width.zip(facts.height).is_some_and(|(width, height)| {
            let shape = |width: u32, height: u32| f64::from(width.min(height)) / f64::from(width.max(height).max(1));
            (shape(width, height) - shape(found.width, found.height)).abs() < 0.01
        })
    {
        return Err(unsupported());
    }
    let slice = bytes.get(found.at..).unwrap_or_default();
    show_preview(slice, &facts, want, limits, format).map_err(|_| unsupported())
}

/// The preview of a RAW file that is large enough for what is wanted, read without the rest of the file: a thumbnail costs a
/// megabyte instead of fifty. Nothing where only the whole file tells.
///
/// # Errors
/// The disk's.
pub fn decode_preview(
    reader: &mut dyn ReadSeek,
    size: u64,
    want: Want,
    limits: &Limits,
) -> std::io::Result<Option<Decoded>> {
    let facts = facts::read_facts(reader, size, limits)?;
    let mut source = Source::new(reader, size, limits.metadata_bytes);
    let decoded = guarded(|| {
        let nothing = || DecodeError::Unsupported(String::new());
        let format = sniff_source(&mut source).filter(|format| format.kind() == MediaKind::Raw);
        let format = format.ok_or_else(nothing)?;
        let found = preview::alone(&mut source, format, &facts, want, limits).ok_or_else(nothing)?;
        let bytes = source.bytes(found.at as u64, found.len).ok_or_else(nothing)?;
        show_preview(&bytes, &facts, want, limits, format)
    });
    match source.failure() {
        Some(error) => Err(error),
        None => Ok(decoded.ok().filter(|decoded| decoded.whole)),
    }
}

fn show_preview(
    slice: &[u8],
    facts: &Facts,
    want: Want,
    limits: &Limits,
    format: Format,
) -> Result<Decoded, DecodeError> {
    let mut raster = decoders::jpeg(slice, want, limits)?;
    let own = preview::own_orientation(slice, limits);
    let full = facts.width.zip(facts.height);
    if own.is_none() {
        raster.orientation = preview::orientation(facts, format, (raster.full.0, raster.full.1));
    }
    let mut decoded = finish(raster, want, format, limits)?;
    decoded.shown = Shown::Preview;
    let preview_size = decoded.full;
    decoded.full = full.unwrap_or(preview_size);
    decoded.note.get_or_insert_with(|| {
        format!(
            "Shows the preview that the camera stored ({} x {})",
            preview_size.0, preview_size.1
        )
    });
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_screen_scales_is_given_as_it_comes() {
        let full = (6000, 4000);
        for (want, decoded, size) in [
            (Want::Fit(2160), (2250, 1500), (2160, 1440)),
            (Want::Near(2160), (2250, 1500), (2250, 1500)),
            (Want::Near(2000), (3000, 2000), (3000, 2000)),
            (Want::Near(1999), (3000, 2000), (1999, 1333)),
            (Want::Near(2160), full, (2160, 1440)),
            (Want::Fit(9000), full, full),
            (Want::Full, full, full),
        ] {
            assert_eq!(want.size_of(full, decoded), size, "{want:?} of {decoded:?}");
        }
    }

    #[test]
    fn i5_a_decoder_that_panics_costs_one_file() {
        let result: Result<(), _> = guarded(|| panic!("index out of bounds"));
        assert_eq!(
            result,
            Err(DecodeError::Damaged(
                "the decoder gave up: index out of bounds".to_owned()
            ))
        );
    }

    #[test]
    fn errors_are_split_by_fault() {
        let limits = Limits::default();
        let of = |bytes: &[u8]| decode(bytes, Want::Full, &limits).expect_err("no picture");
        assert!(matches!(of(b""), DecodeError::Damaged(_)));
        assert!(matches!(of(b"hello"), DecodeError::Unsupported(_)));
        assert!(matches!(of(b"%PDF-1.4"), DecodeError::Unsupported(name) if name == "PDF"));
        assert!(matches!(of(&[0xFF, 0xD8, 0xFF, 0xE0, 0]), DecodeError::Damaged(_)));
    }
}
