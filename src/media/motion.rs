//! Films inside pictures: Google's Micro Video and Motion Photo (XMP says where, counted from the file's end), Samsung's
//! trailer (`SEFT`), and the box `mpvd` of HEIC files. Nothing is believed that is not a film where it is said to be.

use super::{bmff, limits::Limits, sniff::Format, source::Source};
use crate::model::metadata::MotionPart;
use quick_xml::{Reader, events::Event};

/// The film inside a picture's file, if there is one. `make` is the camera's maker: only Samsung's files are read at their
/// end, which on a slow disk is one more way to go.
pub fn find(
    source: &mut Source<'_>,
    format: Format,
    make: &str,
    xmp: Option<&[u8]>,
    limits: &Limits,
) -> Option<MotionPart> {
    let end = source.len();
    if matches!(format, Format::Heic | Format::Heif | Format::Avif)
        && let Some((at, len)) = bmff::motion_box(source, limits)
    {
        return checked(source, at, len);
    }
    let stated = xmp.and_then(|xmp| from_end(xmp, limits));
    if let Some(length) = stated
        && let Some(found) = end.checked_sub(length).and_then(|at| checked(source, at, length))
    {
        return Some(found);
    }
    if format == Format::Jpeg && make.eq_ignore_ascii_case("samsung") {
        let (at, len) = samsung(source)?;
        return checked(source, at, len);
    }
    None
}

fn checked(source: &mut Source<'_>, at: u64, len: u64) -> Option<MotionPart> {
    let head = source.array::<8>(at)?;
    let fits = at.checked_add(len).is_some_and(|end| end <= source.len());
    (fits && head.get(4..) == Some(b"ftyp")).then_some(MotionPart { at, len })
}

/// How many bytes before the file's end the film begins, as XMP says: `MicroVideoOffset`, `MotionPhotoOffset`, or the length
/// of the last item of the container's directory.
fn from_end(xmp: &[u8], limits: &Limits) -> Option<u64> {
    let text = std::str::from_utf8(xmp).ok()?;
    let mut reader = Reader::from_str(text);
    let mut stated = None;
    for _ in 0..limits.parts.saturating_mul(100) {
        let start = match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => start,
            Event::DocType(_) => return None,
            Event::Eof => break,
            _ => continue,
        };
        let mut is_motion = false;
        let mut length = None;
        for attribute in start.attributes().flatten() {
            let key = attribute.key.local_name();
            let value = attribute.value.into_owned();
            match key.as_ref() {
                "MicroVideoOffset" | "MotionPhotoOffset" => stated = value.trim().parse().ok().or(stated),
                "Semantic" => is_motion = value == "MotionPhoto",
                "Length" => length = value.trim().parse::<u64>().ok(),
                _ => {}
            }
        }
        if is_motion && length.is_some() {
            stated = length;
        }
    }
    stated.filter(|length| *length > 8)
}

/// Samsung's trailer: a directory at the very end, whose entries are counted backwards from its beginning.
fn samsung(source: &mut Source<'_>) -> Option<(u64, u64)> {
    const MOTION: &[u8] = b"MotionPhoto_Data";
    const MAX_ENTRIES: u32 = 64;
    let end = source.len();
    if source.array::<4>(end.checked_sub(4)?)? != *b"SEFT" {
        return None;
    }
    let length = u64::from(source.le32(end.checked_sub(8)?)?);
    let directory = end.checked_sub(8)?.checked_sub(length)?;
    if source.array::<4>(directory)? != *b"SEFH" {
        return None;
    }
    let count = source.le32(directory + 8)?.min(MAX_ENTRIES);
    for entry in 0..u64::from(count) {
        let place = directory + 12 + entry * 12;
        let (back, size) = (source.le32(place + 4)?, source.le32(place + 8)?);
        let block = directory.checked_sub(u64::from(back))?;
        let name_len = u64::from(source.le32(block + 4)?);
        if name_len == MOTION.len() as u64 && source.bytes(block + 8, MOTION.len())? == MOTION {
            let head = 8 + name_len;
            return Some((block + head, u64::from(size).checked_sub(head)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8], format: Format, xmp: Option<&[u8]>) -> Option<MotionPart> {
        let mut cursor = std::io::Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, bytes.len() as u64, 1 << 20);
        find(&mut source, format, "samsung", xmp, &Limits::default())
    }

    const FILM: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";

    #[test]
    fn samsungs_trailer_is_followed() {
        let mut bytes = vec![0xFF; 100];
        let block = bytes.len();
        bytes.extend_from_slice(&[0, 0, 0x30, 0x0A, 16, 0, 0, 0]);
        bytes.extend_from_slice(b"MotionPhoto_Data");
        let film = bytes.len();
        bytes.extend_from_slice(FILM);
        let size = bytes.len() - block;
        let directory = bytes.len();
        bytes.extend_from_slice(b"SEFH");
        for number in [106_u32, 1] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&[0, 0, 0x30, 0x0A]);
        for number in [directory - block, size] {
            bytes.extend_from_slice(&(number as u32).to_le_bytes());
        }
        let length = (bytes.len() - directory) as u32;
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(b"SEFT");
        let expected = MotionPart {
            at: film as u64,
            len: FILM.len() as u64,
        };
        assert_eq!(found(&bytes, Format::Jpeg, None), Some(expected));
        for end in 0..bytes.len() {
            assert_eq!(found(&bytes[..end], Format::Jpeg, None), None, "cut at {end}");
        }
    }

    #[test]
    fn googles_ways_of_saying_where() {
        let mut bytes = vec![0xFF; 50];
        bytes.extend_from_slice(FILM);
        let length = FILM.len();
        let old = format!("<x c:MicroVideo=\"1\" c:MicroVideoOffset=\"{length}\"/>");
        let new = format!(
            "<x><i Item:Semantic=\"Primary\" Item:Length=\"7\"/><i Item:Semantic=\"MotionPhoto\" Item:Length=\"{length}\"/></x>"
        );
        for xmp in [old, new] {
            let part = found(&bytes, Format::Jpeg, Some(xmp.as_bytes()));
            assert_eq!(part.map(|part| part.at), Some(50), "{xmp}");
        }
        let wrong = found(&bytes, Format::Jpeg, Some(b"<x c:MicroVideoOffset=\"20\"/>"));
        assert_eq!(wrong, None, "no film begins there");
    }
}
