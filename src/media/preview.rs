//! JPEGs inside other files: the previews that cameras store in RAW and HEIF files.
//!
//! The bytes are searched instead of the many makers' directories being followed: a camera's preview is a whole JPEG
//! somewhere in the file, and its own header tells its size. Sensor data in lossless JPEG is told apart by its frame marker.

use super::{jpeg, limits::Limits, orient, sniff::Format, source::Source};
use crate::model::metadata::Facts;

/// A JPEG found inside a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Where it begins.
    pub at: usize,
    /// Stored width.
    pub width: u32,
    /// Stored height.
    pub height: u32,
}

/// The largest ordinary JPEG in these bytes; none where there is none.
#[must_use]
pub fn largest_jpeg(bytes: &[u8], limits: &Limits) -> Option<Found> {
    let mut best: Option<Found> = None;
    let mut at = 0;
    let mut tried = 0;
    while let Some(next) = find_start(bytes, at) {
        at = next + 3;
        tried += 1;
        if tried > limits.parts {
            break;
        }
        let Some(found) = jpeg_at(bytes, next, limits) else {
            continue;
        };
        let area = |one: &Found| u64::from(one.width) * u64::from(one.height);
        if best.as_ref().is_none_or(|best| area(&found) > area(best)) {
            best = Some(found);
        }
    }
    best
}

fn find_start(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let step = rest.iter().position(|byte| *byte == 0xFF)?;
        at += step;
        if bytes.get(at..at + 3)? == [0xFF, 0xD8, 0xFF] {
            return Some(at);
        }
        at += 1;
    }
}

fn jpeg_at(bytes: &[u8], at: usize, limits: &Limits) -> Option<Found> {
    let slice = bytes.get(at..)?;
    let mut cursor = std::io::Cursor::new(slice);
    let mut source = Source::new(&mut cursor, slice.len() as u64, 1 << 20);
    let header = jpeg::walk(&mut source, 0, limits.parts)?;
    let frame = header.frame?;
    let ordinary = matches!(frame.marker, 0xC0..=0xC2) && frame.bits == 8 && matches!(frame.components, 1 | 3);
    (ordinary && header.scan_at > 0 && limits.check_size(frame.width, frame.height).is_ok()).then_some(Found {
        at,
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
