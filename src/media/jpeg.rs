//! JPEG marker segments: where EXIF, XMP, IPTC, ICC and the frame header lie, without decoding anything. ISO 10918-1 annex
//! B; the APP segments as EXIF 2.32, XMP part 3 and CIPA DC-007 (MPF) put them there.

use super::{source::Source, tiff::Tiff};

/// A segment, its payload without marker and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The second byte of the marker.
    pub marker: u8,
    /// Where its payload begins.
    pub at: u64,
    /// Length of the payload.
    pub len: usize,
}

/// What the frame header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, 0xC3 lossless, 0xC9.. arithmetic.
    pub marker: u8,
    /// Bits of a sample.
    pub bits: u8,
    /// Stored width.
    pub width: u32,
    /// Stored height.
    pub height: u32,
    /// How many components.
    pub components: u8,
}

/// Everything before the first scan.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// All segments in order.
    pub segments: Vec<Segment>,
    /// The frame header, unless the file ends before it.
    pub frame: Option<Frame>,
    /// Where the first scan's header begins; 0 where the file ends before it.
    pub scan_at: u64,
}

/// The prefix of an XMP segment.
pub const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// The prefix of an ICC segment, before its two counters.
pub const ICC: &[u8] = b"ICC_PROFILE\0";

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

/// Walks the markers of the JPEG that begins at `base`, at most `parts` of them.
pub fn walk(source: &mut Source<'_>, base: u64, parts: u32) -> Option<Header> {
    if source.bytes(base, 2)? != [0xFF, 0xD8] {
        return None;
    }
    let mut header = Header::default();
    let mut at = base + 2;
    for _ in 0..parts {
        // Fill bytes may stand before a marker.
        let mut skipped = 0;
        let marker = loop {
            match source.bytes(at, 2).as_deref() {
                Some([0xFF, 0xFF]) if skipped < 4096 => at += 1,
                Some([0xFF, marker]) => break *marker,
                // Garbage between segments: decoders skip it, so do we, for a little.
                Some(_) if skipped < 4096 => at += 1,
                _ => return Some(header),
            }
            skipped += 1;
        };
        if matches!(marker, 0x01 | 0xD0..=0xD8 | 0x00) {
            at += 2;
            continue;
        }
        if marker == 0xD9 {
            return Some(header);
        }
        let Some(len) = source.be16(at + 2) else {
            return Some(header);
        };
        if marker == 0xDA {
            header.scan_at = at;
            return Some(header);
        }
        let payload = at + 4;
        let len = usize::from(len).saturating_sub(2);
        if is_frame(marker)
            && header.frame.is_none()
            && let Some(frame) = source.array::<6>(payload)
        {
            let [bits, h1, h0, w1, w0, components] = frame;
            header.frame = Some(Frame {
                marker,
                bits,
                width: u32::from(u16::from_be_bytes([w1, w0])),
                height: u32::from(u16::from_be_bytes([h1, h0])),
                components,
            });
        }
        header.segments.push(Segment {
            marker,
            at: payload,
            len,
        });
        at = payload + len as u64;
    }
    Some(header)
}

impl Header {
    /// The payloads of all segments of this marker that begin with `prefix`, without the prefix.
    pub fn payloads(&self, source: &mut Source<'_>, marker: u8, prefix: &[u8]) -> Vec<(u64, Vec<u8>)> {
        self.segments
            .iter()
            .filter(|segment| segment.marker == marker && segment.len >= prefix.len())
            .filter_map(|segment| {
                let head = source.bytes(segment.at, prefix.len())?;
                if head != prefix {
                    return None;
                }
                let at = segment.at + prefix.len() as u64;
                Some((at, source.up_to(at, segment.len - prefix.len())?))
            })
            .collect()
    }

    /// The EXIF block: where its TIFF header lies, and its bytes.
    pub fn exif(&self, source: &mut Source<'_>) -> Option<(u64, Vec<u8>)> {
        // Some programs write the prefix with other bytes after its first zero.
        self.payloads(source, 0xE1, b"Exif\0")
            .into_iter()
            .find_map(|(at, bytes)| Some((at + 1, bytes.get(1..)?.to_vec())))
    }

    /// The main XMP packet.
    pub fn xmp(&self, source: &mut Source<'_>) -> Option<Vec<u8>> {
        self.payloads(source, 0xE1, XMP)
            .into_iter()
            .next()
            .map(|(_, bytes)| bytes)
    }

    /// The ICC profile, put together from its pieces in the order of their numbers.
    pub fn icc(&self, source: &mut Source<'_>) -> Option<Vec<u8>> {
        let mut pieces: Vec<(u8, Vec<u8>)> = self
            .payloads(source, 0xE2, ICC)
            .into_iter()
            .filter_map(|(_, bytes)| Some((*bytes.first()?, bytes.get(2..)?.to_vec())))
            .collect();
        pieces.sort_by_key(|(number, _)| *number);
        pieces.dedup_by_key(|(number, _)| *number);
        let whole: Vec<u8> = pieces.into_iter().flat_map(|(_, bytes)| bytes).collect();
        (!whole.is_empty()).then_some(whole)
    }

    /// The IPTC records in Photoshop's resource 0x0404.
    pub fn iptc(&self, source: &mut Source<'_>) -> Option<Vec<u8>> {
        let joined: Vec<u8> = self
            .payloads(source, 0xED, b"Photoshop 3.0\0")
            .into_iter()
            .flat_map(|(_, bytes)| bytes)
            .collect();
        photoshop_resource(&joined, 0x0404)
    }

    /// Whether Adobe's segment is there (inks are stored inverted then).
    pub fn has_adobe(&self, source: &mut Source<'_>) -> bool {
        !self.payloads(source, 0xEE, b"Adobe").is_empty()
    }

    /// Previews that an MPF index names as such: offset and length in the file.
    pub fn mpf_previews(&self, source: &mut Source<'_>) -> Vec<(u64, u64)> {
        let Some((base, _)) = self.payloads(source, 0xE2, b"MPF\0").into_iter().next() else {
            return Vec::new();
        };
        let Some(list) =
            Tiff::open(source, base, 2).and_then(|(mut tiff, first)| tiff.ifd(first).map(|ifd| (tiff.little(), ifd)))
        else {
            return Vec::new();
        };
        let (little, ifd) = list;
        let Some(entries) = ifd.get(0xB002) else {
            return Vec::new();
        };
        let (rows, _) = entries.value.as_chunks::<16>();
        rows.iter()
            .filter_map(|row| {
                let word = |at: usize| -> Option<u32> {
                    let bytes: [u8; 4] = row.get(at..at + 4)?.try_into().ok()?;
                    Some(if little {
                        u32::from_le_bytes(bytes)
                    } else {
                        u32::from_be_bytes(bytes)
                    })
                };
                // 0x010001 and 0x010002: large thumbnails of the VGA and the Full HD class.
                let kind = word(0)? & 0x00FF_FFFF;
                (matches!(kind, 0x01_0001 | 0x01_0002)).then_some(())?;
                Some((base.checked_add(u64::from(word(8)?))?, u64::from(word(4)?)))
            })
            .collect()
    }
}

/// The data of one of Photoshop's numbered resources (`8BIM`, number, Pascal name, length, data, each padded to even).
#[must_use]
pub fn photoshop_resource(bytes: &[u8], wanted: u16) -> Option<Vec<u8>> {
    let mut rest = bytes;
    while let Some(tail) = rest.strip_prefix(b"8BIM") {
        let number = u16::from_be_bytes(tail.get(..2)?.try_into().ok()?);
        let name = usize::from(*tail.get(2)?) + 1;
        let after_name = tail.get(2 + name + name % 2..)?;
        let length = u32::from_be_bytes(after_name.get(..4)?.try_into().ok()?) as usize;
        let data = after_name.get(4..)?;
        if number == wanted {
            return data.get(..length).map(<[u8]>::to_vec);
        }
        rest = data.get(length.checked_add(length % 2)?..)?;
    }
    None
}
