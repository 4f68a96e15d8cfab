//! Boxes of the ISO base media format: HEIF, AVIF, CR3, JPEG XL's container, MP4 and MOV. ISO 14496-12 for the boxes,
//! 23008-12 for pictures in them.

use super::{limits::Limits, source::Source};
use crate::model::{
    metadata::Gps,
    time::{CaptureTime, OffsetSource},
};

/// A box: its name, and where its content lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Four letters.
    pub name: [u8; 4],
    /// Where the content begins.
    pub at: u64,
    /// Length of the content.
    pub len: u64,
}

/// The boxes between two places, in order.
pub fn parts(source: &mut Source<'_>, from: u64, to: u64, limits: &Limits) -> Vec<Part> {
    let mut found = Vec::new();
    let mut at = from;
    while at < to && found.len() < limits.parts as usize {
        let Some(head) = source.array::<8>(at) else {
            break;
        };
        let [a, b, c, d, name @ ..] = head;
        let short = u64::from(u32::from_be_bytes([a, b, c, d]));
        let (header, length) = match short {
            0 => (8, to.saturating_sub(at)),
            1 => match source.array::<8>(at + 8) {
                Some(long) => (16, u64::from_be_bytes(long)),
                None => break,
            },
            length => (8, length),
        };
        if length < header {
            break;
        }
        let end = at.saturating_add(length).min(to);
        found.push(Part {
            name,
            at: at + header,
            len: end.saturating_sub(at + header),
        });
        at = match at.checked_add(length) {
            Some(next) => next,
            None => break,
        };
    }
    found
}

fn children(source: &mut Source<'_>, part: Part, skip: u64, limits: &Limits) -> Vec<Part> {
    parts(source, part.at + skip, part.at + part.len, limits)
}

fn child(source: &mut Source<'_>, part: Part, skip: u64, name: &[u8; 4], limits: &Limits) -> Option<Part> {
    children(source, part, skip, limits)
        .into_iter()
        .find(|one| &one.name == name)
}

/// What a HEIF or AVIF file says of its primary picture.
#[derive(Clone, Debug, Default)]
pub struct Heif {
    /// Size as displayed, after crop, rotation and mirror.
    pub size: Option<(u32, u32)>,
    /// Where the EXIF block's TIFF header lies.
    pub exif_at: Option<u64>,
    /// The XMP packet.
    pub xmp: Option<Vec<u8>>,
}

/// Reads the `meta` box of a HEIF or AVIF file.
pub fn heif(source: &mut Source<'_>, limits: &Limits) -> Option<Heif> {
    let end = source.len();
    let meta = parts(source, 0, end, limits)
        .into_iter()
        .find(|part| &part.name == b"meta")?;
    let inner = children(source, meta, 4, limits);
    let named = |name: &[u8; 4]| inner.iter().copied().find(|part| &part.name == name);
    let mut found = Heif::default();
    let primary = named(b"pitm").and_then(|pitm| {
        let version = source.array::<1>(pitm.at)?;
        if version == [0] {
            source.be16(pitm.at + 4).map(u32::from)
        } else {
            source.be32(pitm.at + 4)
        }
    });
    if let (Some(primary), Some(iprp)) = (primary, named(b"iprp")) {
        found.size = primary_size(source, iprp, primary, limits);
    }
    let items = named(b"iinf")
        .map(|iinf| item_types(source, iinf, limits))
        .unwrap_or_default();
    let places = named(b"iloc")
        .and_then(|iloc| item_places(source, iloc, limits))
        .unwrap_or_default();
    let base = named(b"idat").map_or(0, |idat| idat.at);
    let place = |wanted: &dyn Fn(&(u32, [u8; 4], Vec<u8>)) -> bool| {
        let (id, _, _) = items.iter().find(|item| wanted(item))?;
        let (_, construction, at, len) = places.iter().find(|(item, ..)| item == id)?;
        let start = if *construction == 1 {
            base.checked_add(*at)?
        } else {
            *at
        };
        Some((start, *len))
    };
    if let Some((at, _)) = place(&|item| &item.1 == b"Exif") {
        // Four bytes tell how far behind them the TIFF header begins.
        found.exif_at = source.be32(at).map(|skip| at + 4 + u64::from(skip));
    }
    if let Some((at, len)) = place(&|item| &item.1 == b"mime" && item.2.starts_with(b"application/rdf+xml")) {
        found.xmp = usize::try_from(len).ok().and_then(|len| source.bytes(at, len));
    }
    Some(found)
}

/// `(id, type, content type)` of every item.
fn item_types(source: &mut Source<'_>, iinf: Part, limits: &Limits) -> Vec<(u32, [u8; 4], Vec<u8>)> {
    let skip = match source.array::<1>(iinf.at) {
        Some([0]) => 6,
        _ => 8,
    };
    let mut found = Vec::new();
    for infe in children(source, iinf, skip, limits) {
        let Some(bytes) = source.up_to(infe.at, infe.len.min(256) as usize) else {
            continue;
        };
        let (id, rest) = match bytes.first() {
            Some(2) => (
                bytes
                    .get(4..6)
                    .and_then(|b| b.try_into().ok())
                    .map(|b| u32::from(u16::from_be_bytes(b))),
                bytes.get(8..),
            ),
            Some(3) => (
                bytes.get(4..8).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes),
                bytes.get(10..),
            ),
            _ => continue,
        };
        let Some((id, rest)) = id.zip(rest) else {
            continue;
        };
        let Some(kind) = rest.get(..4).and_then(|b| b.try_into().ok()) else {
            continue;
        };
        // The name ends at a zero byte; the content type follows it.
        let tail = rest.get(4..).unwrap_or_default();
        let content = tail
            .iter()
            .position(|byte| *byte == 0)
            .and_then(|end| tail.get(end + 1..))
            .unwrap_or_default();
        found.push((id, kind, content.to_vec()));
    }
    found
}

/// `(id, construction method, offset, length)` of every item's first extent.
fn item_places(source: &mut Source<'_>, iloc: Part, limits: &Limits) -> Option<Vec<(u32, u8, u64, u64)>> {
    let bytes = source.bytes(iloc.at, usize::try_from(iloc.len.min(1 << 20)).ok()?)?;
    let version = *bytes.first()?;
    let sizes = (
        bytes.get(4)? >> 4,
        bytes.get(4)? & 15,
        bytes.get(5)? >> 4,
        bytes.get(5)? & 15,
    );
    let mut at = 6;
    let mut take = |len: u8| -> Option<u64> {
        let mut value = 0;
        for byte in bytes.get(at..at + usize::from(len))? {
            value = (value << 8) | u64::from(*byte);
        }
        at += usize::from(len);
        Some(value)
    };
    let wide = version == 2;
    let count = take(if wide { 4 } else { 2 })?;
    let mut found = Vec::new();
    for _ in 0..count.min(u64::from(limits.parts)) {
        let id = u32::try_from(take(if wide { 4 } else { 2 })?).ok()?;
        let construction = if version > 0 { (take(2)? & 15) as u8 } else { 0 };
        take(2)?;
        let base = take(sizes.2)?;
        let extents = take(2)?;
        for index in 0..extents.min(u64::from(limits.parts)) {
            if version > 0 && sizes.3 > 0 {
                take(sizes.3)?;
            }
            let offset = take(sizes.0)?;
            let length = take(sizes.1)?;
            if index == 0 {
                found.push((id, construction, base.checked_add(offset)?, length));
            }
        }
    }
    Some(found)
}

/// The displayed size of an item: its `ispe`, changed by `clap`, `irot` and `imir` in the order of their association.
fn primary_size(source: &mut Source<'_>, iprp: Part, primary: u32, limits: &Limits) -> Option<(u32, u32)> {
    let ipco = child(source, iprp, 0, b"ipco", limits)?;
    let properties = children(source, ipco, 0, limits);
    let mut size = None;
    for ipma in children(source, iprp, 0, limits)
        .into_iter()
        .filter(|part| &part.name == b"ipma")
    {
        for index in associations(source, ipma, primary, limits).unwrap_or_default() {
            let Some(property) = usize::from(index)
                .checked_sub(1)
                .and_then(|index| properties.get(index))
            else {
                continue;
            };
            match &property.name {
                b"ispe" => size = source.be32(property.at + 4).zip(source.be32(property.at + 8)),
                b"clap" => size = clap(source, property.at).or(size),
                b"irot" if source.array::<1>(property.at).is_some_and(|[angle]| angle & 1 == 1) => {
                    size = size.map(|(width, height)| (height, width));
                }
                _ => {}
            }
        }
    }
    size.filter(|(width, height)| *width > 0 && *height > 0)
}

fn clap(source: &mut Source<'_>, at: u64) -> Option<(u32, u32)> {
    let side = |n: u32, d: u32| n.checked_div(d);
    Some((
        side(source.be32(at)?, source.be32(at + 4)?)?,
        side(source.be32(at + 8)?, source.be32(at + 12)?)?,
    ))
}

fn associations(source: &mut Source<'_>, ipma: Part, primary: u32, limits: &Limits) -> Option<Vec<u16>> {
    let bytes = source.bytes(ipma.at, usize::try_from(ipma.len.min(1 << 20)).ok()?)?;
    let version = *bytes.first()?;
    let wide = bytes.get(3)? & 1 == 1;
    let number = |at: usize, len: usize| -> Option<u32> {
        let mut value = 0_u32;
        for byte in bytes.get(at..at + len)? {
            value = (value << 8) | u32::from(*byte);
        }
        Some(value)
    };
    let entries = number(4, 4)?;
    let mut at = 8;
    for _ in 0..entries.min(limits.parts) {
        let id_len = if version < 1 { 2 } else { 4 };
        let id = number(at, id_len)?;
        at += id_len;
        let count = number(at, 1)?;
        at += 1;
        let mut list = Vec::new();
        for _ in 0..count {
            let len = if wide { 2 } else { 1 };
            let mask = if wide { 0x7FFF } else { 0x7F };
            list.push(u16::try_from(number(at, len)? & mask).ok()?);
            at += len;
        }
        if id == primary {
            return Some(list);
        }
    }
    None
}

/// Where Canon's CR3 keeps its four TIFF blocks: main, EXIF, maker's notes, GPS.
pub fn canon(source: &mut Source<'_>, limits: &Limits) -> Vec<(u8, u64)> {
    const CANON: [u8; 16] = [
        0x85, 0xC0, 0xB6, 0x87, 0x82, 0x0F, 0x11, 0xE0, 0x81, 0x11, 0xF4, 0xCE, 0x46, 0x2B, 0x6A, 0x48,
    ];
    let end = source.len();
    let Some(moov) = parts(source, 0, end, limits)
        .into_iter()
        .find(|part| &part.name == b"moov")
    else {
        return Vec::new();
    };
    let Some(uuid) = children(source, moov, 0, limits)
        .into_iter()
        .find(|part| &part.name == b"uuid" && source.array::<16>(part.at) == Some(CANON))
    else {
        return Vec::new();
    };
    children(source, uuid, 16, limits)
        .into_iter()
        .filter_map(|part| match &part.name {
            b"CMT1" => Some((1, part.at)),
            b"CMT2" => Some((2, part.at)),
            b"CMT4" => Some((4, part.at)),
            _ => None,
        })
        .collect()
}

/// The XMP packet of a file that keeps it in a box of its own beside the film's, as CR3 does (XMP specification part 3, 1.2.7.1).
pub fn xmp(source: &mut Source<'_>, limits: &Limits) -> Option<Vec<u8>> {
    const XMP: [u8; 16] = [
        0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
    ];
    let end = source.len();
    let part = parts(source, 0, end, limits)
        .into_iter()
        .find(|part| &part.name == b"uuid" && source.array::<16>(part.at) == Some(XMP))?;
    source.bytes(part.at + 16, usize::try_from(part.len.checked_sub(16)?).ok()?)
}

/// Where a CR3's JPEGs begin, and their lengths, 0 where they are not said: the thumbnail beside the TIFF blocks, the preview in a box of its own, and the large one that
/// is the first track's only sample.
pub fn canon_previews(source: &mut Source<'_>, limits: &Limits) -> Vec<(u64, u64)> {
    let end = source.len();
    let mut found = Vec::new();
    for part in parts(source, 0, end, limits) {
        match &part.name {
            // The box's name and a count stand before its own box; a header of 16 bytes before the JPEG.
            b"uuid" => {
                let inner = parts(source, part.at + 24, part.at + part.len, limits);
                let preview = inner.iter().filter(|one| &one.name == b"PRVW");
                found.extend(preview.map(|one| (one.at + 16, one.len.saturating_sub(16))));
            }
            b"moov" => {
                for inner in children(source, part, 0, limits) {
                    match &inner.name {
                        b"uuid" => {
                            let thumb = child(source, inner, 16, b"THMB", limits);
                            found.extend(thumb.map(|thumb| (thumb.at + 16, thumb.len.saturating_sub(16))));
                        }
                        b"trak" => found.extend(first_sample(source, inner, limits).map(|at| (at, 0))),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Where a track's first chunk of samples lies.
fn first_sample(source: &mut Source<'_>, trak: Part, limits: &Limits) -> Option<u64> {
    let mut part = trak;
    for name in [b"mdia", b"minf", b"stbl"] {
        part = child(source, part, 0, name, limits)?;
    }
    match child(source, part, 0, b"co64", limits) {
        Some(long) => source.array(long.at + 8).map(u64::from_be_bytes),
        None => {
            let short = child(source, part, 0, b"stco", limits)?;
            source.be32(short.at + 8).map(u64::from)
        }
    }
}

/// What a film says of itself.
#[derive(Clone, Debug, Default)]
pub struct Film {
    /// Size as displayed, after the track's rotation.
    pub size: Option<(u32, u32)>,
    /// When it was made: text of Apple's key, with offset.
    pub created: Option<String>,
    /// When it was made: UTC, as the film's header says.
    pub made: Option<CaptureTime>,
    /// Where it was made.
    pub gps: Option<Gps>,
    /// The camera's maker.
    pub make: Option<String>,
    /// The camera's model.
    pub model: Option<String>,
    /// How long it lasts, in seconds.
    pub duration_s: Option<f64>,
    /// How its pictures are coded: the four letters of the first track of pictures.
    pub codec: Option<[u8; 4]>,
    /// Apple's content identifier.
    pub live_id: Option<String>,
}

/// Reads an MP4's or MOV's `moov` box.
pub fn film(source: &mut Source<'_>, limits: &Limits) -> Option<Film> {
    let end = source.len();
    let moov = parts(source, 0, end, limits)
        .into_iter()
        .find(|part| &part.name == b"moov")?;
    let mut film = Film::default();
    for part in children(source, moov, 0, limits) {
        match &part.name {
            b"trak" if film.size.is_none() => {
                film.size = track_size(source, part, limits);
                if film.size.is_some() {
                    film.codec = track_codec(source, part, limits);
                }
            }
            b"mvhd" => {
                film.made = made(source, part);
                film.duration_s = duration(source, part);
            }
            b"udta" => user_data(source, part, &mut film, limits),
            b"meta" => apple_keys(source, part, &mut film, limits),
            _ => {}
        }
    }
    Some(film)
}

/// What cameras write beside the tracks: QuickTime's texts, each after a length and a language, and 3GPP's location.
fn user_data(source: &mut Source<'_>, udta: Part, film: &mut Film, limits: &Limits) {
    for part in children(source, udta, 0, limits) {
        let text = |source: &mut Source<'_>| {
            let bytes = source.up_to(part.at + 4, part.len.saturating_sub(4).min(64) as usize)?;
            super::tiff::plain_text(&bytes)
        };
        match &part.name {
            b"\xA9xyz" => film.gps = film.gps.or(text(source).as_deref().and_then(iso6709)),
            b"\xA9mak" => film.make = film.make.take().or_else(|| text(source)),
            b"\xA9mod" => film.model = film.model.take().or_else(|| text(source)),
            b"loci" => film.gps = film.gps.or_else(|| loci(source, part)),
            _ => {}
        }
    }
}

/// 3GPP TS 26.244, 8.10: a name, a role, then longitude, latitude and altitude as 16.16 numbers.
fn loci(source: &mut Source<'_>, part: Part) -> Option<Gps> {
    let bytes = source.up_to(part.at + 6, part.len.saturating_sub(6).min(512) as usize)?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let number = |index: usize| {
        let at = end + 2 + index * 4;
        let value: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(f64::from(i32::from_be_bytes(value)) / 65_536.0)
    };
    let (longitude, latitude) = (number(0)?, number(1)?);
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then(|| Gps {
        latitude,
        longitude,
        altitude: number(2),
    })
}

/// Duration by the film's own clock; all ones where the writer did not know.
fn duration(source: &mut Source<'_>, mvhd: Part) -> Option<f64> {
    let (scale, length) = match source.array::<1>(mvhd.at)? {
        [1] => (
            source.be32(mvhd.at + 20)?,
            u64::from_be_bytes(source.array(mvhd.at + 24)?),
        ),
        _ => (source.be32(mvhd.at + 12)?, u64::from(source.be32(mvhd.at + 16)?)),
    };
    let known = scale > 0 && length > 0 && length != u64::MAX && length != u64::from(u32::MAX);
    known.then(|| length as f64 / f64::from(scale))
}

fn track_codec(source: &mut Source<'_>, trak: Part, limits: &Limits) -> Option<[u8; 4]> {
    let mut part = trak;
    for name in [b"mdia", b"minf", b"stbl", b"stsd"] {
        part = child(source, part, 0, name, limits)?;
    }
    children(source, part, 8, limits).first().map(|entry| entry.name)
}

/// The usual name of a coding's four letters; the letters where there is none.
#[must_use]
pub fn codec_name(code: [u8; 4]) -> Option<String> {
    let name = match &code {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" => "H.264",
        b"hvc1" | b"hev1" | b"hvc2" | b"hev2" | b"dvh1" | b"dvhe" => "HEVC",
        b"av01" => "AV1",
        b"vp09" => "VP9",
        b"vp08" => "VP8",
        b"mp4v" => "MPEG-4",
        b"s263" | b"h263" => "H.263",
        b"jpeg" | b"mjpa" | b"mjpb" => "Motion JPEG",
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "ProRes",
        other => {
            let text = std::str::from_utf8(other).ok()?.trim();
            let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
            return plain.then(|| text.to_owned());
        }
    };
    Some(name.to_owned())
}

/// Where the film of a motion photo lies in a HEIC file: a box of its own (Samsung, and Google's Motion Photo 1.0).
pub fn motion_box(source: &mut Source<'_>, limits: &Limits) -> Option<(u64, u64)> {
    let end = source.len();
    let found = parts(source, 0, end, limits)
        .into_iter()
        .find(|part| &part.name == b"mpvd")?;
    Some((found.at, found.len))
}

/// Seconds since 1904 in UTC (ISO 14496-12); zero where the camera did not know.
fn made(source: &mut Source<'_>, mvhd: Part) -> Option<CaptureTime> {
    const FROM_1904_TO_1970: i64 = 2_082_844_800;
    let seconds = match source.array::<1>(mvhd.at)? {
        [1] => i64::from_be_bytes(source.array::<8>(mvhd.at + 4)?),
        _ => i64::from(source.be32(mvhd.at + 4)?),
    };
    let wall_ms = seconds
        .checked_sub(FROM_1904_TO_1970)
        .filter(|since| *since > 0)?
        .checked_mul(1000)?;
    Some(CaptureTime {
        wall_ms,
        offset_min: Some(0),
        source: OffsetSource::File,
    })
}

/// `+35.7143+139.7963+012.3/`.
fn iso6709(text: &str) -> Option<Gps> {
    let mut starts: Vec<usize> = text
        .char_indices()
        .filter(|(_, c)| matches!(c, '+' | '-'))
        .map(|(at, _)| at)
        .collect();
    starts.push(text.find('/').unwrap_or(text.len()));
    let number = |index: usize| {
        text.get(*starts.get(index)?..*starts.get(index + 1)?)?
            .parse::<f64>()
            .ok()
    };
    let (latitude, longitude) = (number(0)?, number(1)?);
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then(|| Gps {
        latitude,
        longitude,
        altitude: number(2),
    })
}

fn track_size(source: &mut Source<'_>, trak: Part, limits: &Limits) -> Option<(u32, u32)> {
    let tkhd = child(source, trak, 0, b"tkhd", limits)?;
    let long = source.array::<1>(tkhd.at)? == [1];
    let matrix = tkhd.at + if long { 52 } else { 40 };
    let turned = source.be32(matrix)? == 0 && source.be32(matrix + 4)? != 0;
    let width = source.be32(matrix + 36)? >> 16;
    let height = source.be32(matrix + 40)? >> 16;
    (width > 0 && height > 0).then_some(if turned { (height, width) } else { (width, height) })
}

/// Apple's `mdta` keys: a list of names, and a list of values numbered by it.
fn apple_keys(source: &mut Source<'_>, meta: Part, film: &mut Film, limits: &Limits) {
    let inner = children(source, meta, 0, limits);
    let named = |name: &[u8; 4]| inner.iter().copied().find(|part| &part.name == name);
    let (Some(keys), Some(ilst)) = (named(b"keys"), named(b"ilst")) else {
        return;
    };
    let names: Vec<Vec<u8>> = children(source, keys, 8, limits)
        .into_iter()
        .filter_map(|part| source.up_to(part.at, part.len.min(256) as usize))
        .collect();
    for item in children(source, ilst, 0, limits) {
        let index = u32::from_be_bytes(item.name) as usize;
        let Some(name) = index.checked_sub(1).and_then(|index| names.get(index)) else {
            continue;
        };
        let Some(data) = child(source, item, 0, b"data", limits) else {
            continue;
        };
        let text = source
            .up_to(data.at + 8, data.len.saturating_sub(8).min(512) as usize)
            .and_then(|bytes| super::tiff::plain_text(&bytes));
        match name.as_slice() {
            b"com.apple.quicktime.creationdate" => film.created = text,
            b"com.apple.quicktime.location.ISO6709" => film.gps = text.as_deref().and_then(iso6709).or(film.gps),
            b"com.apple.quicktime.make" => film.make = text,
            b"com.apple.quicktime.model" => film.model = text,
            b"com.apple.quicktime.content.identifier" => film.live_id = text,
            _ => {}
        }
    }
}
