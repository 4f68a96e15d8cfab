//! JPEGs inside other files: the previews that cameras store in RAW and HEIF files.
//!
//! Where the format says where its previews lie (TIFF directories, RAF's header, CR3's boxes), those places are looked at
//! first; where that is not enough, the bytes are searched instead of the many makers' notes being followed: a camera's
//! preview is a whole JPEG somewhere in the file, and its own header tells its size. Sensor data in lossless JPEG is told
//! apart by its frame marker.

use super::{
    bmff,
    decode::Want,
    jpeg,
    limits::Limits,
    orient,
    sniff::Format,
    source::Source,
    tiff::{Ifd, Tiff},
};
use crate::model::metadata::Facts;

/// A JPEG found inside a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Where it begins.
    pub at: usize,
    /// How long it is, as the format's directory says; 0 where nothing says so.
    pub len: usize,
    /// Stored width.
    pub width: u32,
    /// Stored height.
    pub height: u32,
}

/// The largest ordinary JPEG in these bytes, the first of equals; none where there is none.
#[must_use]
pub fn largest_jpeg(bytes: &[u8], limits: &Limits) -> Option<Found> {
    all_jpegs(bytes, limits).into_iter().rev().max_by_key(Found::area)
}

/// Every ordinary JPEG in these bytes, in their order.
fn all_jpegs(bytes: &[u8], limits: &Limits) -> Vec<Found> {
    let mut all = Vec::new();
    let mut at = 0;
    let mut tried = 0;
    while let Some(next) = find_start(bytes, at) {
        at = next + 3;
        tried += 1;
        if tried > limits.parts {
            break;
        }
        let slice = bytes.get(next..).unwrap_or_default();
        let mut cursor = std::io::Cursor::new(slice);
        let mut source = Source::new(&mut cursor, slice.len() as u64, 1 << 20);
        all.extend(jpeg_at(&mut source, 0, limits).map(|found| Found { at: next, ..found }));
    }
    all
}

fn find_start(bytes: &[u8], from: usize) -> Option<usize> {
    let found = memchr::memmem::find(bytes.get(from..)?, &[0xFF, 0xD8, 0xFF])?;
    from.checked_add(found)
}

/// The JPEG to show where `want` is wanted of a file whose picture has the size that `facts` state: the smallest that is
/// large enough and has the picture's shape, else the largest.
#[must_use]
pub fn best(bytes: &[u8], format: Format, facts: &Facts, want: Want, limits: &Limits) -> Option<Found> {
    let full = facts
        .width
        .zip(facts.height)
        .filter(|(width, height)| *width > 0 && *height > 0);
    let mut cursor = std::io::Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, bytes.len() as u64, 4 << 20);
    let known = known(&mut source, format, limits);
    smallest(&known, full, want).or_else(|| {
        let searched = all_jpegs(bytes, limits);
        smallest(&searched, full, want).or_else(|| {
            let all = known.into_iter().chain(searched);
            all.max_by_key(|found| (found.has_shape(full), found.area()))
        })
    })
}

/// The same where the format's directories alone are asked, and say how long it is: it can be read without the rest of a
/// large file.
pub fn alone(source: &mut Source<'_>, format: Format, facts: &Facts, want: Want, limits: &Limits) -> Option<Found> {
    let full = facts
        .width
        .zip(facts.height)
        .filter(|(width, height)| *width > 0 && *height > 0);
    smallest(&known(source, format, limits), full, want).filter(|found| found.len > 0)
}

/// The smallest that is large enough and has the picture's shape.
fn smallest(all: &[Found], full: Option<(u32, u32)>, want: Want) -> Option<Found> {
    let enough = |found: &Found| match (full, want) {
        (None, _) => false,
        // A camera's largest preview may lack a border of the sensor.
        (Some((width, height)), Want::Full) => found.long() * 10 >= width.max(height) * 9,
        (Some((width, height)), Want::Fit(_) | Want::Near(_)) => {
            let (width, height) = want.size(width, height);
            found.long() >= width.max(height)
        }
    };
    let fit = all.iter().filter(|found| enough(found) && found.has_shape(full));
    fit.min_by_key(|found| found.long()).copied()
}

impl Found {
    /// The longer side.
    #[must_use]
    pub fn long(&self) -> u32 {
        self.width.max(self.height)
    }

    fn area(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Whether it has about the shape of a picture of this size, however the two are turned. Cameras put black bars around
    /// small previews.
    fn has_shape(&self, full: Option<(u32, u32)>) -> bool {
        let shape = |width: u32, height: u32| f64::from(width.max(height)) / f64::from(width.min(height).max(1));
        full.is_none_or(|(width, height)| (shape(self.width, self.height) / shape(width, height) - 1.0).abs() < 0.04)
    }
}

/// The JPEGs where the format's own directories say that they are.
fn known(source: &mut Source<'_>, format: Format, limits: &Limits) -> Vec<Found> {
    let places = match format {
        Format::Raf => {
            let length = source.be32(88).unwrap_or(0);
            let at = super::headers::raf_jpeg(source);
            at.map(|at| (at, u64::from(length))).into_iter().collect()
        }
        Format::Cr3 => bmff::canon_previews(source, limits),
        _ if format.is_tiff_based() => tiff_places(source, limits),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for (at, len) in places {
        let fits = at.checked_add(len).is_some_and(|end| end <= source.len());
        let len = if fits { usize::try_from(len).unwrap_or(0) } else { 0 };
        found.extend(jpeg_at(source, at, limits).map(|found| Found { len, ..found }));
    }
    found
}

/// The main directories of a TIFF and those in them.
pub(in crate::media) fn directories(source: &mut Source<'_>, limits: &Limits) -> Vec<Ifd> {
    let mut all = Vec::new();
    let Some((mut tiff, first)) = Tiff::open(source, 0, limits.parts.min(64)) else {
        return all;
    };
    let mut next = first;
    while let Some(ifd) = tiff.ifd(next) {
        next = ifd.next;
        let inner = tiff.linked(&ifd, 0x014A);
        all.push(ifd);
        all.extend(inner);
    }
    all
}

fn tiff_places(source: &mut Source<'_>, limits: &Limits) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    for ifd in directories(source, limits) {
        // JPEGInterchangeFormat, and Panasonic's JpgFromRaw.
        let length = |tag| ifd.number(tag).unwrap_or(0);
        found.extend(ifd.number(0x0201).map(|at| (at, length(0x0202))));
        let inside = ifd.get(0x002E).filter(|entry| entry.kind == 7);
        found.extend(inside.map(|entry| (entry.at, entry.count)));
        let strip = ifd.get(0x0111).filter(|entry| entry.count == 1);
        if matches!(ifd.number(0x0103), Some(6 | 7)) {
            let at = strip.and_then(|entry| entry.number(0));
            found.extend(at.map(|at| (at, length(0x0117))));
        }
    }
    found
}

fn jpeg_at(source: &mut Source<'_>, at: u64, limits: &Limits) -> Option<Found> {
    let header = jpeg::walk(source, at, limits.parts)?;
    let frame = header.frame?;
    let ordinary = matches!(frame.marker, 0xC0..=0xC2) && frame.bits == 8 && matches!(frame.components, 1 | 3);
    (ordinary && header.scan_at > 0 && limits.check_size(frame.width, frame.height).is_ok()).then_some(Found {
        at: usize::try_from(at).ok()?,
        len: 0,
        width: frame.width,
        height: frame.height,
    })
}

/// The orientation that the preview's own EXIF states.
#[must_use]
pub fn own_orientation(preview: &[u8], limits: &Limits) -> Option<u8> {
    let mut cursor = std::io::Cursor::new(preview);
    let mut source = Source::new(&mut cursor, preview.len() as u64, 1 << 20);
    let header = jpeg::walk(&mut source, 0, limits.parts)?;
    let (at, _) = header.exif(&mut source)?;
    super::exif::read(&mut source, at, limits)?.orientation
}

/// How a preview without an orientation of its own has to be turned: as its file says, unless it stands upright already.
#[must_use]
pub fn orientation(facts: &Facts, format: Format, stored: (u32, u32)) -> u8 {
    // HEIF files are turned by their own boxes, of which the preview's maker knew; their EXIF says it a second time.
    let stated = facts.orientation.unwrap_or(1);
    let (Some(width), Some(height)) = (facts.width, facts.height) else {
        return stated;
    };
    let portrait = |size: (u32, u32)| size.1 > size.0;
    let turned = orient::displayed(stored.0, stored.1, stated);
    if stored.0 != stored.1 && portrait(turned) != portrait((width, height)) && !matches!(format, Format::Psd) {
        return 1;
    }
    stated
}
