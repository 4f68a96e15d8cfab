//! Headers of the simpler formats: size and where the metadata lies, without decoding.

use super::{limits::Limits, source::Source};

/// What a header says.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Stored size.
    pub size: Option<(u32, u32)>,
    /// Where an EXIF block's TIFF header lies in the file.
    pub exif_at: Option<u64>,
    /// An EXIF block that had to be unpacked.
    pub exif: Option<Vec<u8>>,
    /// The XMP packet.
    pub xmp: Option<Vec<u8>>,
    /// IPTC records.
    pub iptc: Option<Vec<u8>>,
    /// When it was made, as a text chunk says.
    pub noted: Option<String>,
    /// An orientation that is not EXIF's: already part of the size where `turned`.
    pub orientation: Option<u8>,
}

/// PNG: chunks of length, name, data and CRC (W3C PNG 3). `eXIf`, and XMP in an uncompressed `iTXt`.
pub fn png(source: &mut Source<'_>, limits: &Limits) -> Option<Found> {
    const KEY: &[u8] = b"XML:com.adobe.xmp\0";
    let mut found = Found {
        size: source.be32(16).zip(source.be32(20)),
        ..Found::default()
    };
    let mut at = 8_u64;
    // Pixels come in many chunks, of which only the heads are read.
    for _ in 0..limits.parts.saturating_mul(64) {
        let (Some(len), Some(name)) = (source.be32(at), source.array::<4>(at + 4)) else {
            break;
        };
        let data = at + 8;
        match &name {
            b"eXIf" => found.exif_at = Some(data),
            b"iTXt" => {
                let key = source.up_to(data, KEY.len().min(len as usize));
                if key.as_deref() == Some(KEY) {
                    let text = source.up_to(data, len as usize).unwrap_or_default();
                    // Compression flag and method, then language and translated keyword, each ended by a zero.
                    let rest = text.get(KEY.len()..).unwrap_or_default();
                    if rest.first() == Some(&0) {
                        let mut fields = rest.get(2..).unwrap_or_default().splitn(3, |byte| *byte == 0);
                        found.xmp = fields.nth(2).map(<[u8]>::to_vec);
                    }
                }
            }
            b"tEXt" if len < 256 => {
                let text = source.up_to(data, len as usize).unwrap_or_default();
                let noted = text
                    .strip_prefix(b"Creation Time\0")
                    .or(text.strip_prefix(b"create-date\0"));
                found.noted = noted.and_then(super::tiff::plain_text).or(found.noted);
            }
            b"IEND" => break,
            _ => {}
        }
        at = data + u64::from(len) + 4;
    }
    Some(found)
}

/// WebP: RIFF chunks, padded to even (Google's container specification).
pub fn webp(source: &mut Source<'_>, limits: &Limits) -> Option<Found> {
    let mut found = Found::default();
    let mut at = 12_u64;
    for _ in 0..limits.parts {
        let (Some(name), Some(len)) = (source.array::<4>(at), source.le32(at + 4)) else {
            break;
        };
        let data = at + 8;
        match &name {
            b"VP8X" => {
                let [.., w0, w1, w2, h0, h1, h2] = source.array::<10>(data)?;
                let side = |a: u8, b: u8, c: u8| u32::from_le_bytes([a, b, c, 0]) + 1;
                found.size = Some((side(w0, w1, w2), side(h0, h1, h2)));
            }
            b"VP8 " if found.size.is_none() => {
                let [.., w0, w1, h0, h1] = source.array::<10>(data)?;
                let side = |a: u8, b: u8| u32::from(u16::from_le_bytes([a, b]) & 0x3FFF);
                found.size = Some((side(w0, w1), side(h0, h1)));
            }
            b"VP8L" if found.size.is_none() => {
                let bits = source.le32(data + 1)?;
                found.size = Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1));
            }
            b"EXIF" => {
                // Some writers put JPEG's prefix before the TIFF header.
                let prefixed = source.array::<6>(data).is_some_and(|head| head == *b"Exif\0\0");
                found.exif_at = Some(if prefixed { data + 6 } else { data });
            }
            b"XMP " => found.xmp = source.bytes(data, len as usize),
            _ => {}
        }
        at = data + u64::from(len) + u64::from(len % 2);
    }
    Some(found)
}

/// GIF: the logical screen (GIF89a, 18), and XMP in an application extension that is not cut into sub-blocks: its text is
/// followed by 258 bytes that lead whoever reads it as sub-blocks to the extension's end (XMP specification part 3, 1.1.2).
pub fn gif(source: &mut Source<'_>, limits: &Limits) -> Option<Found> {
    const TRAILER: u64 = 258;
    let [w0, w1, h0, h1, flags] = source.array::<5>(6)?;
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]));
    let mut found = Found {
        size: Some((side(w0, w1), side(h0, h1))),
        ..Found::default()
    };
    let mut at = 13 + palette(flags);
    for _ in 0..limits.parts {
        match source.array::<2>(at) {
            Some([0x21, 0xFF]) => {
                let is_xmp = source.array::<12>(at + 2) == Some(*b"\x0bXMP DataXMP");
                let Some(end) = after_blocks(source, at + if is_xmp { 14 } else { 2 }, limits) else {
                    break;
                };
                if is_xmp {
                    let length = end
                        .checked_sub(at + 14 + TRAILER)
                        .and_then(|length| usize::try_from(length).ok());
                    found.xmp = length.and_then(|length| source.bytes(at + 14, length));
                    break;
                }
                at = end;
            }
            Some([0x21, _]) => match after_blocks(source, at + 2, limits) {
                Some(end) => at = end,
                None => break,
            },
            Some([0x2C, _]) => {
                let Some([flags]) = source.array::<1>(at + 9) else {
                    break;
                };
                match after_blocks(source, at + 11 + palette(flags), limits) {
                    Some(end) => at = end,
                    None => break,
                }
            }
            _ => break,
        }
    }
    Some(found)
}

/// The bytes of a colour table, as a packed field says.
fn palette(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Where sub-blocks end, each of which begins with its length; `None` where the file ends first.
fn after_blocks(source: &mut Source<'_>, mut at: u64, limits: &Limits) -> Option<u64> {
    for _ in 0..u64::from(limits.parts) * 256 {
        let [length] = source.array::<1>(at)?;
        at += 1 + u64::from(length);
        if length == 0 {
            return Some(at);
        }
    }
    None
}

/// BMP: the old core header has 16-bit sides; newer ones 32-bit, a negative height meaning rows from the top.
pub fn bmp(source: &mut Source<'_>, _: &Limits) -> Option<Found> {
    let size = if source.le32(14)? == 12 {
        let [w0, w1, h0, h1] = source.array::<4>(18)?;
        (
            u32::from(u16::from_le_bytes([w0, w1])),
            u32::from(u16::from_le_bytes([h0, h1])),
        )
    } else {
        let side = |value: u32| (value as i32).unsigned_abs();
        (side(source.le32(18)?), side(source.le32(22)?))
    };
    Some(Found {
        size: Some(size),
        ..Found::default()
    })
}

/// QOI: the size stands behind the magic (qoiformat.org).
pub fn qoi(source: &mut Source<'_>, _: &Limits) -> Option<Found> {
    sized(source.be32(4).zip(source.be32(8)))
}

/// PNM's header is text: numbers between white space and comments, PAM's have names (Netpbm's manual).
pub fn pnm(source: &mut Source<'_>, _: &Limits) -> Option<Found> {
    let head = source.up_to(0, 1024)?;
    let text = String::from_utf8_lossy(&head);
    let mut words = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(str::split_ascii_whitespace);
    if words.next()? != "P7" {
        return sized(words.next()?.parse().ok().zip(words.next()?.parse().ok()));
    }
    let (mut width, mut height) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "WIDTH" => width = words.next()?.parse().ok(),
            "HEIGHT" => height = words.next()?.parse().ok(),
            "ENDHDR" => break,
            _ => {}
        }
    }
    sized(width.zip(height))
}

/// Radiance HDR: lines of text, an empty one, then `-Y height +X width` (Ward, "Real Pixels").
pub fn hdr(source: &mut Source<'_>, _: &Limits) -> Option<Found> {
    let head = source.up_to(0, 4096)?;
    let text = String::from_utf8_lossy(&head);
    let mut words = text
        .lines()
        .skip_while(|line| !line.is_empty())
        .nth(1)?
        .split_ascii_whitespace();
    let (first, one, _, other) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (one, other) = (one.parse().ok()?, other.parse().ok()?);
    sized(Some(if first.ends_with('Y') {
        (other, one)
    } else {
        (one, other)
    }))
}

/// OpenEXR: attributes of name, type, length and value; the display window says what is shown (OpenEXR's file layout).
pub fn exr(source: &mut Source<'_>, limits: &Limits) -> Option<Found> {
    let mut at = 8_u64;
    for _ in 0..limits.parts {
        let name = zero_ended(source, at)?;
        if name.is_empty() {
            break;
        }
        at += name.len() as u64 + 1;
        let kind = zero_ended(source, at)?;
        at += kind.len() as u64 + 1;
        let length = source.le32(at)?;
        at += 4;
        if name == b"displayWindow" && kind == b"box2i" {
            let corner = |source: &mut Source<'_>, index: u64| source.le32(at + 4 * index).map(|value| value as i32);
            let [left, top, right, bottom] = [
                corner(source, 0)?,
                corner(source, 1)?,
                corner(source, 2)?,
                corner(source, 3)?,
            ];
            let side = |from: i32, to: i32| u32::try_from(i64::from(to) - i64::from(from) + 1).ok();
            return sized(side(left, right).zip(side(top, bottom)));
        }
        at = at.checked_add(u64::from(length))?;
    }
    None
}

fn zero_ended(source: &mut Source<'_>, at: u64) -> Option<Vec<u8>> {
    let bytes = source.up_to(at, 256)?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    bytes.get(..end).map(<[u8]>::to_vec)
}

/// ICO: a list of pictures, of which the largest is shown; 0 stands for 256.
pub fn ico(source: &mut Source<'_>, _: &Limits) -> Option<Found> {
    let [low, high] = source.array::<2>(4)?;
    let side = |byte: u8| if byte == 0 { 256 } else { u32::from(byte) };
    let mut best: Option<(u64, (u32, u32))> = None;
    for index in 0..u64::from(u16::from_le_bytes([low, high])) {
        let Some(entry) = source.array::<8>(6 + 16 * index) else {
            break;
        };
        let [width, height, _, _, _, _, bits_low, bits_high] = entry;
        let size = (side(width), side(height));
        // As `image` chooses: most bits a pixel, then most pixels.
        let bits = u64::from(u16::from_le_bytes([bits_low, bits_high]));
        let score = (bits << 32) + u64::from(size.0 * size.1);
        if best.is_none_or(|(most, _)| score > most) {
            best = Some((score, size));
        }
    }
    sized(best.map(|(_, size)| size))
}

/// JPEG 2000: the picture header box of the container, or the size marker of the bare codestream (ISO 15444-1).
pub fn jp2(source: &mut Source<'_>, limits: &Limits) -> Option<Found> {
    if source.array::<4>(0)? == [0xFF, 0x4F, 0xFF, 0x51] {
        let corner = |source: &mut Source<'_>, at: u64| source.be32(at);
        let (width, height) = (corner(source, 8)?, corner(source, 12)?);
        let (left, top) = (corner(source, 16)?, corner(source, 20)?);
        return sized(width.checked_sub(left).zip(height.checked_sub(top)));
    }
    let end = source.len();
    let top = super::bmff::parts(source, 0, end, limits);
    let header = top.into_iter().find(|part| &part.name == b"jp2h")?;
    let inner = super::bmff::parts(source, header.at, header.at + header.len, limits);
    let size = inner.into_iter().find(|part| &part.name == b"ihdr")?;
    sized(source.be32(size.at + 4).zip(source.be32(size.at)))
}

fn sized(size: Option<(u32, u32)>) -> Option<Found> {
    Some(Found {
        size: Some(size?),
        ..Found::default()
    })
}

/// PSD and PSB: the header and the image resources (Adobe's file format specification).
pub fn psd(source: &mut Source<'_>, _: &Limits) -> Option<Found> {
    let mut found = Found {
        size: source.be32(18).zip(source.be32(14)),
        ..Found::default()
    };
    let colors = source.be32(26)?;
    let at = 30 + u64::from(colors);
    let len = source.be32(at)?;
    let resources = source.up_to(at + 4, len as usize)?;
    found.exif = super::jpeg::photoshop_resource(&resources, 1058);
    found.xmp = super::jpeg::photoshop_resource(&resources, 1060);
    found.iptc = super::jpeg::photoshop_resource(&resources, 1028);
    Some(found)
}

/// AVI: size and seconds of the main header, which comes first (Microsoft's RIFF).
pub fn avi(source: &mut Source<'_>) -> Option<(Option<(u32, u32)>, Option<f64>)> {
    if source.array::<4>(24)? != *b"avih" {
        return None;
    }
    let (micros, frames) = (source.le32(32)?, source.le32(48)?);
    let seconds = f64::from(micros) * f64::from(frames) / 1e6;
    let size = source.le32(64).zip(source.le32(68));
    Some((size, (seconds > 0.0).then_some(seconds)))
}

/// Fujifilm's RAF holds a whole JPEG, whose EXIF speaks for the picture.
pub fn raf_jpeg(source: &mut Source<'_>) -> Option<u64> {
    source.be32(84).map(u64::from)
}

/// Minolta's MRW: blocks before the sensor data; `TTW` holds EXIF, `PRD` the size.
pub fn mrw(source: &mut Source<'_>, limits: &Limits) -> Option<Found> {
    let end = 8 + u64::from(source.be32(4)?);
    let mut found = Found::default();
    let mut at = 8;
    for _ in 0..limits.parts {
        if at >= end {
            break;
        }
        let (Some(name), Some(len)) = (source.array::<4>(at), source.be32(at + 4)) else {
            break;
        };
        match &name {
            b"\0TTW" => found.exif_at = Some(at + 8),
            b"\0PRD" => {
                // The sensor's size stands before the picture's.
                found.size = source
                    .be16(at + 22)
                    .zip(source.be16(at + 20))
                    .map(|(width, height)| (u32::from(width), u32::from(height)));
            }
            _ => {}
        }
        at += 8 + u64::from(len);
    }
    Some(found)
}

/// JPEG XL: size and orientation from the codestream's first bits, metadata from the container's boxes (ISO 18181).
pub fn jxl(source: &mut Source<'_>, limits: &Limits) -> Option<Found> {
    let mut found = Found::default();
    let mut stream_at = 0;
    if source.array::<2>(0)? != [0xFF, 0x0A] {
        let end = source.len();
        let boxes = super::bmff::parts(source, 0, end, limits);
        for part in &boxes {
            match &part.name {
                b"jxlc" if stream_at == 0 => stream_at = part.at,
                // A part of the codestream begins with its number.
                b"jxlp" if stream_at == 0 => stream_at = part.at + 4,
                b"Exif" => found.exif_at = source.be32(part.at).map(|skip| part.at + 4 + u64::from(skip)),
                b"xml " => {
                    found.xmp = usize::try_from(part.len)
                        .ok()
                        .and_then(|len| source.bytes(part.at, len))
                }
                _ => {}
            }
        }
        if stream_at == 0 {
            return Some(found);
        }
    }
    let head = source.up_to(stream_at, 32)?;
    if let Some((size, orientation)) = jxl_head(&head) {
        found.size = Some(size);
        found.orientation = Some(orientation);
    }
    Some(found)
}

fn jxl_head(bytes: &[u8]) -> Option<((u32, u32), u8)> {
    let mut at = 16_usize;
    let mut bits = |count: usize| -> Option<u32> {
        let mut value = 0;
        for index in 0..count {
            let bit = bytes.get(at / 8)? >> (at % 8) & 1;
            value |= u32::from(bit) << index;
            at += 1;
        }
        Some(value)
    };
    let small = bits(1)? == 1;
    let side = |bits: &mut dyn FnMut(usize) -> Option<u32>| -> Option<u32> {
        if small {
            return Some((bits(5)? + 1) * 8);
        }
        let len = match bits(2)? {
            0 => 9,
            1 => 13,
            2 => 18,
            _ => 30,
        };
        Some(bits(len)? + 1)
    };
    let height = side(&mut bits)?;
    let (above, below) = match bits(3)? {
        0 => (0, 1),
        1 => (1, 1),
        2 => (12, 10),
        3 => (4, 3),
        4 => (3, 2),
        5 => (16, 9),
        6 => (5, 4),
        _ => (2, 1),
    };
    let width = if above == 0 {
        side(&mut bits)?
    } else {
        u32::try_from(u64::from(height) * above / below).ok()?
    };
    // ImageMetadata: all_default, then extra_fields, then the orientation.
    let orientation = if bits(1)? == 0 && bits(1)? == 1 {
        bits(3)? + 1
    } else {
        1
    };
    Some(((width, height), u8::try_from(orientation).ok()?))
}
