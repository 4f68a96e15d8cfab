//! PSD and PSB: the merged picture that Photoshop stores behind the layers ("maximize compatibility"), by Adobe's file
//! format specification. Layers are not put together; a file without a merged picture shows its stored preview.

use super::{
    color::{Channels, Profile},
    decode::{DecodeError, Raster, Want},
    decoders::CUT_SHORT,
    jpeg::photoshop_resource,
    limits::Limits,
    wide::{self, Shape},
};

struct Header {
    large: bool,
    channels: usize,
    width: u32,
    height: u32,
    depth: u16,
    mode: u16,
}

/// Where a file's parts lie.
struct Parts<'a> {
    palette: &'a [u8],
    resources: &'a [u8],
    /// Layers hold alpha of the merged picture as its first extra channel.
    alpha: bool,
    picture: &'a [u8],
}

/// PSD and PSB.
///
/// # Errors
/// By fault.
pub fn decode(bytes: &[u8], want: Want, limits: &Limits) -> Result<Raster, DecodeError> {
    let cut = || DecodeError::Damaged("it ends early".to_owned());
    let header = header(bytes).ok_or_else(cut)?;
    limits
        .check_size(header.width, header.height)
        .map_err(DecodeError::Limits)?;
    let parts = parts(bytes, &header).ok_or_else(cut)?;
    // Resource 1057, version info: whether a merged picture is there at all.
    let merged = photoshop_resource(parts.resources, 1057).is_none_or(|info| info.get(4) != Some(&0));
    if !merged {
        // The door looks for the stored preview then (resource 1036, a JPEG).
        return Err(DecodeError::Unsupported(
            "PSD without a merged picture, whose layers".to_owned(),
        ));
    }
    let orientation = orientation(&parts, limits);
    let profile = photoshop_resource(parts.resources, 1039).map_or(Profile::None, Profile::Icc);
    let shape = Shape::whole(header.width, header.height, orientation);
    let (colours, channels) = match (header.mode, header.channels) {
        // Bitmap, grey, duotone.
        (0 | 1 | 8, 2..) if parts.alpha && header.mode != 0 => (1, Channels::GrayAlpha),
        (0 | 1 | 8, 1..) => (1, Channels::Gray),
        (2, 1..) => (1, Channels::Rgb),
        (3, 4..) if parts.alpha => (3, Channels::Rgba),
        (3, 3..) => (3, Channels::Rgb),
        (4, 4..) => (4, Channels::Cmyk),
        (9, 3..) => (3, Channels::Rgb),
        _ => {
            return Err(DecodeError::Unsupported(format!(
                "PSD of colour mode {} with {} channels",
                header.mode, header.channels
            )));
        }
    };
    let planes = if channels.has_alpha() { colours + 1 } else { colours };
    let area = u64::from(header.width) * u64::from(header.height);
    limits
        .check_alloc(area * planes as u64 * (u64::from(header.depth.max(8)) / 8 + 4))
        .map_err(DecodeError::Limits)?;
    let mut note = None;
    let raw = unpack(&parts, &header, planes, &mut note)?;
    match header.depth {
        1 | 8 => {
            let data = eight(&raw, &header, &parts, channels, planes);
            Ok(Raster {
                width: header.width,
                height: header.height,
                full: (header.width, header.height),
                extent: shape.extent,
                channels,
                data,
                profile: if header.mode == 9 { Profile::None } else { profile },
                orientation,
                note,
            })
        }
        16 => {
            let inks = channels == Channels::Cmyk;
            let data = interleave(&raw, planes, |plane, at| {
                let word = plane.get(at * 2..at * 2 + 2).and_then(|pair| pair.try_into().ok());
                let word = u16::from_be_bytes(word.unwrap_or_default());
                if inks { u16::MAX - word } else { word }
            });
            if header.mode == 9 {
                let data = data.as_chunks::<3>().0.iter().flat_map(|[l, a, b]| {
                    let unit = |value: &u16| f32::from(*value) / 65_535.0;
                    lab(unit(l) * 100.0, unit(a) * 255.0 - 128.0, unit(b) * 255.0 - 128.0)
                });
                let data: Vec<u16> = data.map(|value| u16::from(value) * 257).collect();
                return wide::sixteen(&shape, channels, data, &Profile::None, want, note, limits);
            }
            wide::sixteen(&shape, channels, data, &profile, want, note, limits)
        }
        32 => {
            let data = interleave(&raw, planes, |plane, at| {
                let number = plane.get(at * 4..at * 4 + 4).and_then(|bytes| bytes.try_into().ok());
                f32::from_be_bytes(number.unwrap_or_default())
            });
            let channels = if planes == 1 { Channels::Gray } else { channels };
            wide::linear(&shape, channels, data, want, limits)
        }
        other => Err(DecodeError::Unsupported(format!("{other}-bit PSD"))),
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at.checked_add(4)?)?
        .try_into()
        .ok()
        .map(u32::from_be_bytes)
}

fn header(bytes: &[u8]) -> Option<Header> {
    Some(Header {
        large: be16(bytes, 4)? == 2,
        channels: usize::from(be16(bytes, 12)?),
        height: be32(bytes, 14)?,
        width: be32(bytes, 18)?,
        depth: be16(bytes, 22)?,
        mode: be16(bytes, 24)?,
    })
}

fn parts<'a>(bytes: &'a [u8], header: &Header) -> Option<Parts<'a>> {
    let section = |at: usize| -> Option<(&'a [u8], usize)> {
        let length = be32(bytes, at)? as usize;
        let end = at.checked_add(4)?.checked_add(length)?;
        Some((bytes.get(at + 4..end)?, end))
    };
    let (palette, after) = section(26)?;
    let (resources, after) = section(after)?;
    let (layers, picture) = if header.large {
        let length = bytes
            .get(after..after.checked_add(8)?)?
            .try_into()
            .ok()
            .map(u64::from_be_bytes)?;
        let end = after.checked_add(8)?.checked_add(usize::try_from(length).ok()?)?;
        (bytes.get(after + 8..end)?, end)
    } else {
        section(after)?
    };
    // A negative count of layers says that the first alpha channel is the transparency of the merged picture.
    let count = be16(layers, if header.large { 8 } else { 4 });
    Some(Parts {
        palette,
        resources,
        alpha: count.is_some_and(|count| (count as i16) < 0),
        picture: bytes.get(picture..)?,
    })
}

fn orientation(parts: &Parts<'_>, limits: &Limits) -> u8 {
    let Some(exif) = photoshop_resource(parts.resources, 1058) else {
        return 1;
    };
    let mut cursor = std::io::Cursor::new(&exif);
    let mut source = super::source::Source::new(&mut cursor, exif.len() as u64, limits.metadata_bytes);
    super::exif::read(&mut source, 0, limits)
        .and_then(|facts| facts.orientation)
        .unwrap_or(1)
}

/// The planes of the merged picture, one behind the other; what is missing is left zero, and said.
fn unpack(
    parts: &Parts<'_>,
    header: &Header,
    planes: usize,
    note: &mut Option<String>,
) -> Result<Vec<Vec<u8>>, DecodeError> {
    let cut = || DecodeError::Damaged("it ends before the picture".to_owned());
    let row = match header.depth {
        1 => header.width.div_ceil(8) as usize,
        depth => header.width as usize * usize::from(depth / 8),
    };
    let rows = header.height as usize;
    let plane = row.checked_mul(rows).ok_or_else(cut)?;
    let data = parts.picture.get(2..).ok_or_else(cut)?;
    match be16(parts.picture, 0).ok_or_else(cut)? {
        0 => Ok((0..planes)
            .map(|index| {
                let from = data.get((plane * index).min(data.len())..).unwrap_or_default();
                let mut out = from.get(..plane.min(from.len())).unwrap_or_default().to_vec();
                if out.len() < plane {
                    *note = Some(CUT_SHORT.to_owned());
                    out.resize(plane, 0);
                }
                out
            })
            .collect()),
        1 => {
            // Packed lengths of every row of every channel stand before the rows.
            let size = if header.large { 4 } else { 2 };
            let all = rows.checked_mul(header.channels).ok_or_else(cut)?;
            let lengths = data.get(..all.checked_mul(size).ok_or_else(cut)?).ok_or_else(cut)?;
            let mut rest = data.get(all * size..).ok_or_else(cut)?;
            let mut lengths = lengths.chunks_exact(size).map(|bytes| {
                bytes
                    .iter()
                    .fold(0_usize, |value, byte| (value << 8) | usize::from(*byte))
            });
            let mut out = Vec::with_capacity(planes);
            for _ in 0..planes {
                let mut unpacked = Vec::with_capacity(plane);
                for length in lengths.by_ref().take(rows) {
                    let (packed, after) = rest.split_at(length.min(rest.len()));
                    rest = after;
                    let end = unpacked.len() + row;
                    pack_bits(packed, &mut unpacked, end);
                    if unpacked.len() < end {
                        *note = Some(CUT_SHORT.to_owned());
                        unpacked.resize(end, 0);
                    }
                }
                out.push(unpacked);
            }
            Ok(out)
        }
        other => Err(DecodeError::Unsupported(format!("PSD packed in the way {other}"))),
    }
}

/// Apple's PackBits: a count and bytes, or a count and one byte to repeat.
fn pack_bits(mut packed: &[u8], out: &mut Vec<u8>, end: usize) {
    while let [count, rest @ ..] = packed {
        let left = end.saturating_sub(out.len());
        if left == 0 {
            return;
        }
        match *count as i8 {
            -128 => packed = rest,
            count if count >= 0 => {
                let (bytes, after) = rest.split_at((count as usize + 1).min(rest.len()));
                out.extend_from_slice(bytes.get(..bytes.len().min(left)).unwrap_or_default());
                packed = after;
            }
            count => {
                let [value, after @ ..] = rest else { return };
                let times = usize::from(count.unsigned_abs()) + 1;
                out.extend(std::iter::repeat_n(*value, times.min(left)));
                packed = after;
            }
        }
    }
}

fn interleave<T: Copy>(raw: &[Vec<u8>], planes: usize, sample: impl Fn(&[u8], usize) -> T) -> Vec<T> {
    let bytes = std::mem::size_of::<T>();
    let pixels = raw.first().map_or(0, Vec::len) / bytes;
    let mut out = Vec::with_capacity(pixels * planes);
    for at in 0..pixels {
        out.extend(raw.iter().take(planes).map(|plane| sample(plane, at)));
    }
    out
}

fn eight(raw: &[Vec<u8>], header: &Header, parts: &Parts<'_>, channels: Channels, planes: usize) -> Vec<u8> {
    let first = || raw.first().map(Vec::as_slice).unwrap_or_default();
    match (header.depth, header.mode) {
        (1, _) => {
            let row = header.width.div_ceil(8).max(1) as usize;
            // A set bit is black.
            first()
                .chunks_exact(row)
                .flat_map(|row| {
                    (0..header.width as usize).map(|x| {
                        let bits = row.get(x / 8).copied().unwrap_or(0);
                        if bits >> (7 - x % 8) & 1 == 1 { 0 } else { 255 }
                    })
                })
                .collect()
        }
        (_, 2) => {
            // All reds, then all greens, then all blues.
            let color = |index: usize| parts.palette.get(index).copied().unwrap_or(0);
            first()
                .iter()
                .flat_map(|index| {
                    let index = usize::from(*index);
                    [color(index), color(256 + index), color(512 + index)]
                })
                .collect()
        }
        (_, 9) => {
            let data = interleave(raw, planes, |plane, at| plane.get(at).copied().unwrap_or(0));
            let (pixels, _) = data.as_chunks::<3>();
            pixels
                .iter()
                .flat_map(|[l, a, b]| {
                    lab(
                        f32::from(*l) / 255.0 * 100.0,
                        f32::from(*a) - 128.0,
                        f32::from(*b) - 128.0,
                    )
                })
                .collect()
        }
        _ => {
            // Inks are stored inverted.
            let inks = channels == Channels::Cmyk;
            interleave(raw, planes, |plane, at| {
                let value = plane.get(at).copied().unwrap_or(0);
                if inks { 255 - value } else { value }
            })
        }
    }
}

/// CIE L*a*b* of D50 to sRGB (Bradford-adapted matrix of the sRGB profile, inverted).
#[must_use]
pub fn lab(l: f32, a: f32, b: f32) -> [u8; 3] {
    let fy = (l + 16.0) / 116.0;
    let unbent = |f: f32| {
        if f > 6.0 / 29.0 {
            f * f * f
        } else {
            3.0 * (6.0_f32 / 29.0).powi(2) * (f - 4.0 / 29.0)
        }
    };
    let (x, y, z) = (
        0.9642 * unbent(fy + a / 500.0),
        unbent(fy),
        0.8249 * unbent(fy - b / 200.0),
    );
    let linear = [
        3.133_856 * x - 1.616_867 * y - 0.490_615 * z,
        -0.978_768 * x + 1.916_142 * y + 0.033_454 * z,
        0.071_945 * x - 0.228_991 * y + 1.405_243 * z,
    ];
    linear.map(wide::srgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows() {
        // The example of Apple's Technical Note TN1023.
        let packed = [
            0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA,
        ];
        let mut out = Vec::new();
        pack_bits(&packed, &mut out, 24);
        let want = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22, 0xAA, 0xAA, 0xAA, 0xAA,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        assert_eq!(out, want);
    }

    /// `echo "53.39 0 0" | transicc -i '*Lab4' -o '*sRGB' -t1` gives 127.2 for each; 54.29 80.8 69.9 is sRGB's red.
    #[test]
    fn lab_is_right() {
        assert!(lab(53.39, 0.0, 0.0).iter().all(|value| (126..=128).contains(value)));
        let red = lab(54.29, 80.81, 69.89);
        assert!(red[0] >= 253 && red[1] <= 3 && red[2] <= 3, "{red:?}");
    }
}
