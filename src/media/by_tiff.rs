//! TIFF pictures that `image` does not read or reads without their profile, by the `tiff` crate beneath it: four inks,
//! palettes, YCbCr (JPEG in TIFF) and L*a*b*.

use super::{
    color::{Channels, Profile},
    decode::{DecodeError, Raster, Want},
    limits::Limits,
    psd,
    wide::{self, Shape},
};
use std::io::Cursor;
use tiff::{
    ColorType as Kind, TiffError,
    decoder::{Decoder, DecodingResult},
    tags::Tag,
};

/// TIFF 6.0's tag of a palette: all reds, all greens, all blues, of sixteen bits each.
const COLOR_MAP: u16 = 320;

/// Such a picture; none where `image` reads the file well.
pub fn decode(bytes: &[u8], want: Want, limits: &Limits) -> Option<Result<Raster, DecodeError>> {
    let room = usize::try_from(limits.alloc_bytes).unwrap_or(usize::MAX);
    let mut bounds = tiff::decoder::Limits::default();
    bounds.decoding_buffer_size = room;
    bounds.intermediate_buffer_size = room;
    bounds.ifd_value_size = room.min(64 << 20);
    let mut decoder = Decoder::new(Cursor::new(bytes)).ok()?.with_limits(bounds);
    let kind = match decoder.colortype() {
        Ok(kind @ (Kind::CMYK(8 | 16) | Kind::CMYKA(8 | 16) | Kind::YCbCr(8) | Kind::Lab(8))) => kind,
        _ => return palette(bytes, limits),
    };
    let samples = usize::from(kind.num_samples());
    let (width, height) = decoder.dimensions().ok()?;
    if decoder
        .find_tag_unsigned::<u16>(Tag::PlanarConfiguration)
        .ok()
        .flatten()
        == Some(2)
    {
        return Some(Err(DecodeError::Unsupported("Such TIFF in planes".to_owned())));
    }
    let area = u64::from(width) * u64::from(height);
    let bounded = limits
        .check_size(width, height)
        .and_then(|()| limits.check_alloc(area * (samples as u64 * u64::from(kind.bit_depth()) / 8 + 8)));
    if let Err(why) = bounded {
        return Some(Err(DecodeError::Limits(why)));
    }
    let profile = profile(bytes, limits).map_or(Profile::None, Profile::Icc);
    let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation).ok().flatten();
    let orientation = orientation.and_then(|value| u8::try_from(value).ok()).unwrap_or(1);
    let shape = Shape::whole(width, height, orientation);
    let raster = |channels: Channels, data: Vec<u8>, profile: Profile| Raster {
        width,
        height,
        full: (width, height),
        extent: shape.extent,
        channels,
        data,
        profile,
        orientation,
        note: None,
    };
    Some(match (kind, decoder.read_image()) {
        (Kind::CMYK(_) | Kind::CMYKA(_), Ok(DecodingResult::U8(data))) => {
            let inks = data
                .chunks_exact(samples)
                .flat_map(|pixel| pixel.iter().take(4).copied());
            Ok(raster(Channels::Cmyk, inks.collect(), profile))
        }
        (Kind::CMYK(_) | Kind::CMYKA(_), Ok(DecodingResult::U16(data))) => {
            let inks = data
                .chunks_exact(samples)
                .flat_map(|pixel| pixel.iter().take(4).copied());
            wide::sixteen(&shape, Channels::Cmyk, inks.collect(), &profile, want, None, limits)
        }
        (Kind::YCbCr(_), Ok(DecodingResult::U8(data))) => {
            let (pixels, _) = data.as_chunks::<3>();
            let rgb = pixels.iter().flat_map(|pixel| bt601(*pixel)).collect();
            Ok(raster(Channels::Rgb, rgb, profile))
        }
        (Kind::Lab(_), Ok(DecodingResult::U8(data))) => {
            let (pixels, _) = data.as_chunks::<3>();
            let rgb = pixels.iter().flat_map(|[l, a, b]| {
                let signed = |value: &u8| f32::from(*value) - 128.0;
                psd::lab(f32::from(*l) / 2.55, signed(a), signed(b))
            });
            Ok(raster(Channels::Rgb, rgb.collect(), Profile::None))
        }
        (_, Ok(_)) => Err(DecodeError::Unsupported("Such TIFF".to_owned())),
        (_, Err(error)) => Err(tiff_error(error)),
    })
}

/// The profile of the first picture. `image` forgets it where it is of TIFF's type UNDEFINED, as the ICC wants it.
#[must_use]
pub fn profile(bytes: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(bytes);
    let mut source = super::source::Source::new(&mut cursor, bytes.len() as u64, limits.metadata_bytes);
    let (mut tiff, first) = super::tiff::Tiff::open(&mut source, 0, 4)?;
    let ifd = tiff.ifd(first)?;
    tiff.load(ifd.get(0x8773)?)
}

/// Whether colours are multiplied by the alpha beside them (TIFF 6.0, ExtraSamples 1).
#[must_use]
pub fn is_premultiplied(bytes: &[u8], limits: &Limits) -> bool {
    let mut cursor = Cursor::new(bytes);
    let mut source = super::source::Source::new(&mut cursor, bytes.len() as u64, limits.metadata_bytes);
    let first = super::tiff::Tiff::open(&mut source, 0, 4).and_then(|(mut tiff, first)| tiff.ifd(first));
    first.is_some_and(|ifd| ifd.number(0x0152) == Some(1))
}

fn tiff_error(error: TiffError) -> DecodeError {
    match error {
        TiffError::LimitsExceeded => DecodeError::Limits("the TIFF reader's own limit".to_owned()),
        TiffError::UnsupportedError(what) => DecodeError::Unsupported(format!("TIFF ({what})")),
        other => DecodeError::Damaged(other.to_string()),
    }
}

/// Full-range YCbCr as JPEG has it (JFIF).
fn bt601([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    let byte = |value: f32| (value + 0.5) as u8;
    [
        byte(y + 1.402 * cr),
        byte(y - 0.344_136 * cb - 0.714_136 * cr),
        byte(y + 1.772 * cb),
    ]
}

/// A palette of 16 or 256 colours. The `tiff` crate refuses to read such a picture, but not the same numbers as greys: the
/// file is read again with its photometric interpretation changed to that.
fn palette(bytes: &[u8], limits: &Limits) -> Option<Result<Raster, DecodeError>> {
    let mut cursor = Cursor::new(bytes);
    let mut source = super::source::Source::new(&mut cursor, bytes.len() as u64, limits.metadata_bytes);
    let (mut own, first) = super::tiff::Tiff::open(&mut source, 0, 4)?;
    let little = own.little();
    let ifd = own.ifd(first)?;
    if ifd.number(0x0106) != Some(3) || ifd.number(0x0115).unwrap_or(1) != 1 {
        return None;
    }
    let bits = ifd.number(0x0102)?;
    if !matches!(bits, 1 | 2 | 4 | 8) {
        return None;
    }
    let word = |pair: &[u8; 2]| {
        if little {
            u16::from_le_bytes(*pair)
        } else {
            u16::from_be_bytes(*pair)
        }
    };
    let map: Vec<u16> = ifd.get(COLOR_MAP)?.value.as_chunks::<2>().0.iter().map(word).collect();
    let entry = usize::try_from(first).ok()?;
    let (count, stride) = match (bytes.get(2..4)?, little) {
        ([42, 0], true) | ([0, 42], false) => (usize::from(word(bytes.get(entry..entry + 2)?.try_into().ok()?)), 12),
        // BigTIFF palettes were never seen.
        _ => return None,
    };
    let mut gray = bytes.to_vec();
    for index in 0..count {
        let at = entry + 2 + index * stride;
        if word(bytes.get(at..at + 2)?.try_into().ok()?) == 0x0106 {
            let value: [u8; 2] = if little {
                1_u16.to_le_bytes()
            } else {
                1_u16.to_be_bytes()
            };
            gray.get_mut(at + 8..at + 10)?.copy_from_slice(&value);
        }
    }
    let room = usize::try_from(limits.alloc_bytes).unwrap_or(usize::MAX);
    let mut bounds = tiff::decoder::Limits::default();
    bounds.decoding_buffer_size = room;
    bounds.intermediate_buffer_size = room;
    let mut decoder = Decoder::new(Cursor::new(&gray)).ok()?.with_limits(bounds);
    let (width, height) = decoder.dimensions().ok()?;
    let area = u64::from(width) * u64::from(height);
    if let Err(why) = limits
        .check_size(width, height)
        .and_then(|()| limits.check_alloc(area * 8))
    {
        return Some(Err(DecodeError::Limits(why)));
    }
    let data = match decoder.read_image() {
        Ok(DecodingResult::U8(data)) => data,
        Ok(_) => return Some(Err(DecodeError::Unsupported("Such TIFF".to_owned()))),
        Err(error) => return Some(Err(tiff_error(error))),
    };
    let per_byte = 8 / bits as usize;
    let row = (width as usize).div_ceil(per_byte).max(1);
    let mask = if bits == 8 { 0xFF } else { (1_u8 << bits) - 1 };
    let colors = 1_usize << bits;
    let color = |at: usize| (map.get(at).copied().unwrap_or(0) >> 8) as u8;
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for row in data.chunks_exact(row) {
        for x in 0..width as usize {
            let packed = row.get(x / per_byte).copied().unwrap_or(0);
            let shift = (per_byte - 1 - x % per_byte) * bits as usize;
            let index = usize::from(packed >> shift & mask);
            rgb.extend_from_slice(&[color(index), color(colors + index), color(2 * colors + index)]);
        }
    }
    let orientation = ifd
        .number(0x0112)
        .and_then(|value| u8::try_from(value).ok())
        .unwrap_or(1);
    let shape = Shape::whole(width, height, orientation);
    Some(Ok(Raster {
        width,
        height,
        full: (width, height),
        extent: shape.extent,
        channels: Channels::Rgb,
        data: rgb,
        profile: Profile::None,
        orientation,
        note: None,
    }))
}
