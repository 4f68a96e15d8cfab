//! The small local copy that takes an original's place: a JPEG with the original's EXIF, IPTC and XMP, and our marker in
//! the XMP, so that it is known for a proxy without any catalog (I14).
//!
//! Its pixels are upright and in sRGB; what the copied EXIF says of orientation, size and colour space is set to that, and
//! the old thumbnail is dropped. [`check_proxy`] decodes it back before anything may rely on it (safety.md, T6).

use super::{
    decode::{DecodeError, Shown, Want, decode},
    encode, facts, jpeg,
    limits::Limits,
    resize,
    sniff::{Format, HEAD, sniff},
    source::Source,
    tiff::{Field, Ifd, Tiff, write_exif},
    xmp::{self, Xmp},
};
use crate::model::metadata::ProxyMarker;
use std::io::Cursor;

/// So many first bytes of a file show whether it is a proxy.
pub const MARKER_HEAD: usize = 256 * 1024;
/// A preview smaller than this is no picture to live with.
const LEAST_PREVIEW: u32 = 1024;
/// The longest payload of a JPEG segment.
const MAX_SEGMENT: usize = 65_533;

/// Why there is no proxy. Each is one photo's problem, and its original stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProxyError {
    /// The original cannot be shown.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The original is a proxy itself (I14).
    #[error("It is an optimized copy already")]
    IsProxy,
    /// Not all of the original's picture could be read.
    #[error("The original is damaged or cut short, so it stays as it is")]
    NotWhole,
    /// All there is to show is a small preview.
    #[error("Only a preview of {0} x {1} pixels could be kept, so the original stays")]
    PreviewTooSmall(u32, u32),
    /// What was made did not stand the check.
    #[error("The optimized copy did not pass its check ({0})")]
    Check(String),
}

/// Makes a proxy with a long edge of at most `long_edge` pixels, and checks it.
///
/// # Errors
/// [`ProxyError`]; nothing has been made then.
pub fn make_proxy(
    original: &[u8],
    marker: &ProxyMarker,
    long_edge: u32,
    limits: &Limits,
) -> Result<Vec<u8>, ProxyError> {
    if proxy_marker(original).is_some() {
        return Err(ProxyError::IsProxy);
    }
    let decoded = decode(original, Want::Fit(long_edge), limits)?;
    if !decoded.whole {
        return Err(ProxyError::NotWhole);
    }
    let (width, height) = (decoded.pixels.width, decoded.pixels.height);
    let long = width.max(height);
    if decoded.shown == Shown::Preview && long < LEAST_PREVIEW && long < decoded.full.0.max(decoded.full.1) {
        return Err(ProxyError::PreviewTooSmall(width, height));
    }
    let picture = encode::jpeg(&decoded.pixels, 85)?;
    let mut cursor = Cursor::new(original);
    let mut source = Source::new(&mut cursor, original.len() as u64, limits.metadata_bytes);
    let found = facts::collect(&mut source, decoded.format, limits).unwrap_or_default();
    let exif = exif_block(&mut source, decoded.format, &found.blocks, (width, height), limits);
    let packet = Some(xmp::with_marker(found.xmp.as_deref(), marker, limits))
        .filter(|packet| packet.len() + jpeg::XMP.len() <= MAX_SEGMENT)
        .unwrap_or_else(|| xmp::fresh(marker));
    let bytes = assemble(&picture, exif.as_deref(), packet.as_bytes(), found.iptc.as_deref())
        .ok_or_else(|| ProxyError::Check("its parts do not fit together".to_owned()))?;
    check_proxy(&bytes, decoded.full, marker).map_err(ProxyError::Check)?;
    Ok(bytes)
}

/// What a file says it stands for, from its first [`MARKER_HEAD`] bytes; none where it is no proxy of ours.
#[must_use]
pub fn proxy_marker(head: &[u8]) -> Option<ProxyMarker> {
    if sniff(head.get(..head.len().min(HEAD))?) != Some(Format::Jpeg) {
        return None;
    }
    let limits = Limits::default();
    let mut cursor = Cursor::new(head);
    let mut source = Source::new(&mut cursor, head.len() as u64, limits.metadata_bytes);
    let header = jpeg::walk(&mut source, 0, limits.parts)?;
    Xmp::parse(&header.xmp(&mut source)?, &limits)?.marker()
}

/// Whether these bytes are a whole proxy of this original: decodes, stands upright, has its shape, carries its marker.
///
/// # Errors
/// The first thing that is wrong, as a sentence.
pub fn check_proxy(bytes: &[u8], original_displayed: (u32, u32), marker: &ProxyMarker) -> Result<(), String> {
    let limits = Limits::default();
    let decoded = decode(bytes, Want::Full, &limits).map_err(|error| error.to_string())?;
    if decoded.format != Format::Jpeg || decoded.shown != Shown::Picture || !decoded.whole {
        return Err("it does not decode to its end".to_owned());
    }
    let facts = facts::of_bytes(bytes, &limits);
    if facts.orientation.is_some_and(|orientation| orientation != 1) {
        return Err("it does not stand upright".to_owned());
    }
    let (width, height) = decoded.full;
    let (want_width, want_height) = resize::fit(original_displayed.0, original_displayed.1, width.max(height));
    let near = |got: u32, want: u32| got.abs_diff(want) <= 1 + want / 50;
    if !near(width, want_width) || !near(height, want_height) {
        return Err(format!(
            "{width} x {height} pixels do not have the shape of {} x {}",
            original_displayed.0, original_displayed.1
        ));
    }
    let found = proxy_marker(bytes).ok_or("it does not say what it stands for")?;
    let same = found.content == marker.content
        && found.size == marker.size
        && found.stores == marker.stores
        && found.name == xmp::clean(&marker.name);
    if !same {
        return Err("it says that it stands for another original".to_owned());
    }
    Ok(())
}

/// The original's EXIF made true of the proxy: a JPEG's own block, patched so that its maker notes stay where they point;
/// else a new one of the fields that matter.
fn exif_block(
    source: &mut Source<'_>,
    format: Format,
    blocks: &[(u8, u64)],
    size: (u32, u32),
    limits: &Limits,
) -> Option<Vec<u8>> {
    if matches!(format, Format::Jpeg) {
        let header = jpeg::walk(source, 0, limits.parts)?;
        let (_, block) = header.exif(source)?;
        if let Some(patched) = patched(block, size, limits) {
            return Some(patched);
        }
    }
    rebuilt(source, blocks, size, limits)
}

fn patched(mut block: Vec<u8>, size: (u32, u32), limits: &Limits) -> Option<Vec<u8>> {
    let copy = block.clone();
    let mut cursor = Cursor::new(&copy);
    let mut source = Source::new(&mut cursor, copy.len() as u64, limits.metadata_bytes);
    let (mut tiff, first) = Tiff::open(&mut source, 0, limits.parts)?;
    let main = tiff.ifd(first)?;
    let set =
        |ifd: &Ifd, tag: u16, value: u32, block: &mut [u8]| ifd.get(tag).is_none_or(|entry| entry.patch(block, value));
    // An orientation that cannot be set to upright would turn the proxy a second time.
    if !set(&main, 0x0112, 1, &mut block) {
        return None;
    }
    for exif in tiff.linked(&main, 0x8769) {
        set(&exif, 0xA001, 1, &mut block);
        set(&exif, 0xA002, size.0, &mut block);
        set(&exif, 0xA003, size.1, &mut block);
        for interop in tiff.linked(&exif, 0xA005) {
            if let Some(entry) = interop.get(1).filter(|entry| entry.value.starts_with(b"R03"))
                && let Some(place) = usize::try_from(entry.at).ok().and_then(|at| block.get_mut(at..at + 3))
            {
                place.copy_from_slice(b"R98");
            }
        }
    }
    if main.next != 0 {
        let thumbnail = tiff.ifd(main.next);
        let at = usize::try_from(main.next_at).ok()?;
        block.get_mut(at..at + 4)?.fill(0);
        // Where the thumbnail's bytes end the block, the block ends before them.
        if let Some((start, len)) = thumbnail.and_then(|ifd| ifd.number(0x0201).zip(ifd.number(0x0202)))
            && start.checked_add(len)? + 4 >= block.len() as u64
            && start > main.next_at + 4
        {
            block.truncate(usize::try_from(start).ok()?.min(block.len()));
        }
    }
    (block.len() + 6 <= MAX_SEGMENT).then_some(block)
}

fn rebuilt(source: &mut Source<'_>, blocks: &[(u8, u64)], size: (u32, u32), limits: &Limits) -> Option<Vec<u8>> {
    const MAIN: &[u16] = &[0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x4746, 0x4749, 0x8298];
    // Not the maker's notes, whose offsets would be wrong; size and colour space are set below.
    const NOT_EXIF: &[u16] = &[0x927C, 0xA001, 0xA002, 0xA003, 0xA005];
    // TIFF/EP writes these into the main directory.
    const EXPOSURE: &[u16] = &[0x829A, 0x829D, 0x8827, 0x9003, 0x9004, 0x920A, 0x9011, 0x9291];
    let (mut main, mut exif, mut gps) = (Vec::new(), Vec::new(), Vec::new());
    let take = |ifd: &Ifd, into: &mut Vec<Field>, wanted: &dyn Fn(u16) -> bool| {
        into.extend(
            ifd.entries
                .iter()
                .filter(|entry| wanted(entry.tag))
                .filter_map(Field::of),
        );
    };
    for (kind, at) in blocks {
        let Some((mut tiff, first)) = Tiff::open(source, *at, limits.parts) else {
            continue;
        };
        let Some(ifd) = tiff.ifd(first) else {
            continue;
        };
        match kind {
            2 => take(&ifd, &mut exif, &|tag| !NOT_EXIF.contains(&tag)),
            4 => take(&ifd, &mut gps, &|_| true),
            _ => {
                take(&ifd, &mut main, &|tag| MAIN.contains(&tag));
                for sub in tiff.linked(&ifd, 0x8769) {
                    take(&sub, &mut exif, &|tag| !NOT_EXIF.contains(&tag));
                }
                take(&ifd, &mut exif, &|tag| EXPOSURE.contains(&tag));
                for sub in tiff.linked(&ifd, 0x8825) {
                    take(&sub, &mut gps, &|_| true);
                }
            }
        }
    }
    if main.is_empty() && exif.is_empty() && gps.is_empty() {
        return None;
    }
    main.push(Field::short(0x0112, 1));
    exif.push(Field::short(0xA001, 1));
    exif.push(Field::long(0xA002, size.0));
    exif.push(Field::long(0xA003, size.1));
    let block = write_exif(main, exif, gps);
    (block.len() + 6 <= MAX_SEGMENT).then_some(block)
}

fn segment(out: &mut Vec<u8>, marker: u8, prefix: &[u8], payload: &[u8]) -> Option<()> {
    let len = u16::try_from(prefix.len() + payload.len() + 2).ok()?;
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(prefix);
    out.extend_from_slice(payload);
    Some(())
}

/// Puts the metadata behind the JFIF segment of an encoded picture.
fn assemble(picture: &[u8], exif: Option<&[u8]>, xmp: &[u8], iptc: Option<&[u8]>) -> Option<Vec<u8>> {
    let [0xFF, 0xD8, rest @ ..] = picture else {
        return None;
    };
    let jfif = match rest {
        [0xFF, 0xE0, high, low, ..] => 2 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    };
    let mut out = vec![0xFF, 0xD8];
    out.extend_from_slice(rest.get(..jfif)?);
    if let Some(exif) = exif {
        segment(&mut out, 0xE1, b"Exif\0\0", exif)?;
    }
    segment(&mut out, 0xE1, jpeg::XMP, xmp)?;
    if let Some(iptc) = iptc.filter(|iptc| iptc.len() < MAX_SEGMENT - 64) {
        let mut resource = b"8BIM\x04\x04\0\0".to_vec();
        resource.extend_from_slice(&u32::try_from(iptc.len()).ok()?.to_be_bytes());
        resource.extend_from_slice(iptc);
        if iptc.len() % 2 == 1 {
            resource.push(0);
        }
        segment(&mut out, 0xED, b"Photoshop 3.0\0", &resource)?;
    }
    out.extend_from_slice(rest.get(jfif..)?);
    Some(out)
}
