//! TIFF directories: the frame of EXIF, TIFF, most RAW formats and MPF. TIFF 6.0 and BigTIFF, both byte orders; loops,
//! wild offsets and absurd counts cost nothing but the entry they are in.

use super::source::Source;

/// Values longer than this stay in the file until asked for.
const INLINE_LIMIT: u64 = 4096;
/// Entries read from one directory.
const MAX_ENTRIES: u64 = 2000;

/// One field.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The tag.
    pub tag: u16,
    /// The TIFF type, 1 to 18.
    pub kind: u16,
    /// How many values.
    pub count: u64,
    /// Where the value lies in the file.
    pub at: u64,
    /// The value's bytes; empty where it is longer than [`INLINE_LIMIT`].
    pub value: Vec<u8>,
    little: bool,
}

/// One directory.
#[derive(Clone, Debug, Default)]
pub struct Ifd {
    /// Where the offset of the next directory is written.
    pub next_at: u64,
    /// Its fields in file order.
    pub entries: Vec<Entry>,
    /// Offset (from the TIFF's base) of the next directory; 0 = none.
    pub next: u64,
}

/// Bytes of one value of a TIFF type.
#[must_use]
pub fn type_size(kind: u16) -> u64 {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 0,
    }
}

fn word(bytes: &[u8], little: bool) -> Option<u64> {
    let mut value = 0_u64;
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    for index in 0..bytes.len() {
        let at = if little { bytes.len() - 1 - index } else { index };
        value = (value << 8) | u64::from(*bytes.get(at)?);
    }
    Some(value)
}

impl Entry {
    /// The unsigned whole number at `index`.
    #[must_use]
    pub fn number(&self, index: usize) -> Option<u64> {
        if !matches!(self.kind, 1 | 3 | 4 | 7 | 13 | 16 | 18) {
            return None;
        }
        self.raw(index)
    }

    fn raw(&self, index: usize) -> Option<u64> {
        let size = usize::try_from(type_size(self.kind)).ok()?;
        let start = index.checked_mul(size)?;
        word(self.value.get(start..start.checked_add(size)?)?, self.little)
    }

    /// The number at `index` as a real one; fractions over zero are none.
    #[must_use]
    pub fn real(&self, index: usize) -> Option<f64> {
        let half = |which: usize| {
            let start = index.checked_mul(8)?.checked_add(which * 4)?;
            word(self.value.get(start..start.checked_add(4)?)?, self.little)
        };
        let value = match self.kind {
            5 => half(0)? as f64 / half(1)? as f64,
            10 => f64::from(half(0)? as u32 as i32) / f64::from(half(1)? as u32 as i32),
            8 => f64::from(self.raw(index)? as u16 as i16),
            9 => f64::from(self.raw(index)? as u32 as i32),
            11 => f64::from(f32::from_bits(self.raw(index)? as u32)),
            12 => f64::from_bits(self.raw(index)?),
            _ => self.number(index)? as f64,
        };
        value.is_finite().then_some(value)
    }

    /// Writes a whole number over the first value, in the block that the entry was read from; false where its type is none
    /// of the two that whole numbers have.
    pub fn patch(&self, block: &mut [u8], number: u32) -> bool {
        let Ok(at) = usize::try_from(self.at) else {
            return false;
        };
        let bytes = match (self.kind, self.little) {
            (3, true) => (number as u16).to_le_bytes().to_vec(),
            (3, false) => (number as u16).to_be_bytes().to_vec(),
            (4, true) => number.to_le_bytes().to_vec(),
            (4, false) => number.to_be_bytes().to_vec(),
            _ => return false,
        };
        match block.get_mut(at..at + bytes.len()) {
            Some(place) => {
                place.copy_from_slice(&bytes);
                true
            }
            None => false,
        }
    }

    /// The text, up to its first zero byte, without blanks at its ends; UTF-8, else Latin-1. Empty text is none.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        if !matches!(self.kind, 1 | 2 | 7) {
            return None;
        }
        plain_text(&self.value)
    }
}

/// Text as cameras store it: ended by a zero byte or by its length, UTF-8 or Latin-1, padded with blanks.
#[must_use]
pub fn plain_text(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let bytes = bytes.get(..end)?;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl Ifd {
    /// The first field of this tag.
    #[must_use]
    pub fn get(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    /// The first whole number of this tag.
    #[must_use]
    pub fn number(&self, tag: u16) -> Option<u64> {
        self.get(tag)?.number(0)
    }

    /// The text of this tag.
    #[must_use]
    pub fn text(&self, tag: u16) -> Option<String> {
        self.get(tag)?.text()
    }

    /// The first real number of this tag.
    #[must_use]
    pub fn real(&self, tag: u16) -> Option<f64> {
        self.get(tag)?.real(0)
    }
}

/// A TIFF structure that begins at `base` of a file; its offsets count from there.
pub struct Tiff<'s, 'a> {
    source: &'s mut Source<'a>,
    base: u64,
    little: bool,
    big: bool,
    seen: Vec<u64>,
    left: u32,
}

impl<'s, 'a> Tiff<'s, 'a> {
    /// Reads the header; also gives the offset of the first directory. At most `directories` will be read.
    pub fn open(source: &'s mut Source<'a>, base: u64, directories: u32) -> Option<(Self, u64)> {
        let head: [u8; 8] = source.array(base)?;
        let little = match head.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let magic = word(head.get(2..4)?, little)?;
        // Olympus (IIRO, IIRS, MMOR) and Panasonic (IIU) put their own magic where TIFF has 42.
        let big = magic == 43;
        if !matches!(magic, 42 | 43 | 0x4F52 | 0x5352 | 0x55) {
            return None;
        }
        let first = if big {
            word(&source.bytes(base.checked_add(8)?, 8)?, little)?
        } else {
            word(head.get(4..8)?, little)?
        };
        let tiff = Self {
            source,
            base,
            little,
            big,
            seen: Vec::new(),
            left: directories,
        };
        Some((tiff, first))
    }

    /// Whether numbers are little-endian.
    #[must_use]
    pub fn little(&self) -> bool {
        self.little
    }

    /// The directory at `offset` from the base; none where it was read before, or is no directory.
    pub fn ifd(&mut self, offset: u64) -> Option<Ifd> {
        let at = self.base.checked_add(offset)?;
        if offset == 0 || self.left == 0 || self.seen.contains(&at) {
            return None;
        }
        self.left -= 1;
        self.seen.push(at);
        let (count_size, entry_size, word_size) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = word(&self.source.bytes(at, count_size)?, self.little)?.min(MAX_ENTRIES);
        let mut ifd = Ifd::default();
        let table = at.checked_add(count_size as u64)?;
        for index in 0..count {
            let place = table.checked_add(index * entry_size)?;
            let Some(raw) = self.source.bytes(place, usize::try_from(entry_size).ok()?) else {
                // Cut off within the table: what was read stands.
                return Some(ifd);
            };
            if let Some(entry) = self.entry(&raw, place, word_size) {
                ifd.entries.push(entry);
            }
        }
        let next = table.checked_add(count * entry_size)?;
        ifd.next_at = next;
        ifd.next = self
            .source
            .bytes(next, word_size)
            .and_then(|bytes| word(&bytes, self.little))
            .unwrap_or(0);
        Some(ifd)
    }

    fn entry(&mut self, raw: &[u8], place: u64, word_size: usize) -> Option<Entry> {
        let tag = u16::try_from(word(raw.get(..2)?, self.little)?).ok()?;
        let kind = u16::try_from(word(raw.get(2..4)?, self.little)?).ok()?;
        let count = word(raw.get(4..4 + word_size)?, self.little)?;
        let length = type_size(kind).checked_mul(count).filter(|length| *length > 0)?;
        let field = 4 + word_size;
        let at = if length <= word_size as u64 {
            place.checked_add(field as u64)?
        } else {
            self.base
                .checked_add(word(raw.get(field..field + word_size)?, self.little)?)?
        };
        let value = if length <= INLINE_LIMIT {
            self.source.bytes(at, usize::try_from(length).ok()?)?
        } else {
            Vec::new()
        };
        Some(Entry {
            tag,
            kind,
            count,
            at,
            value,
            little: self.little,
        })
    }

    /// The whole value of a field, also a long one.
    pub fn load(&mut self, entry: &Entry) -> Option<Vec<u8>> {
        if !entry.value.is_empty() {
            return Some(entry.value.clone());
        }
        let length = type_size(entry.kind).checked_mul(entry.count)?;
        self.source.bytes(entry.at, usize::try_from(length).ok()?)
    }

    /// The directories that a field points to: one or several offsets.
    pub fn linked(&mut self, ifd: &Ifd, tag: u16) -> Vec<Ifd> {
        let Some(entry) = ifd.get(tag) else {
            return Vec::new();
        };
        let offsets: Vec<u64> = (0..16).map_while(|index| entry.number(index)).collect();
        offsets.into_iter().filter_map(|offset| self.ifd(offset)).collect()
    }
}

/// One field to be written, its value already in little-endian bytes.
#[derive(Clone, Debug)]
pub struct Field {
    /// The tag.
    pub tag: u16,
    /// The TIFF type.
    pub kind: u16,
    /// The value.
    pub value: Vec<u8>,
}

impl Field {
    /// The field of a directory, turned into little-endian; none where its value is not at hand.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        if entry.value.is_empty() {
            return None;
        }
        let unit = match entry.kind {
            5 | 10 => 4,
            kind => usize::try_from(type_size(kind)).ok()?,
        };
        let mut value = entry.value.clone();
        if !entry.little && unit > 1 {
            for chunk in value.chunks_exact_mut(unit) {
                chunk.reverse();
            }
        }
        Some(Self {
            tag: entry.tag,
            kind: entry.kind,
            value,
        })
    }

    /// A 16-bit number.
    #[must_use]
    pub fn short(tag: u16, value: u16) -> Self {
        Self {
            tag,
            kind: 3,
            value: value.to_le_bytes().to_vec(),
        }
    }

    /// A 32-bit number.
    #[must_use]
    pub fn long(tag: u16, value: u32) -> Self {
        Self {
            tag,
            kind: 4,
            value: value.to_le_bytes().to_vec(),
        }
    }
}

/// A small EXIF block: the main directory, its EXIF directory and its GPS directory; empty ones are left out.
#[must_use]
pub fn write_exif(mut main: Vec<Field>, mut exif: Vec<Field>, mut gps: Vec<Field>) -> Vec<u8> {
    const HEAD: usize = 8;
    main.retain(|field| !matches!(field.tag, 0x8769 | 0x8825));
    if !exif.is_empty() {
        main.push(Field::long(0x8769, 0));
    }
    if !gps.is_empty() {
        main.push(Field::long(0x8825, 0));
    }
    for list in [&mut main, &mut exif, &mut gps] {
        list.sort_by_key(|field| field.tag);
        list.dedup_by_key(|field| field.tag);
    }
    let exif_at = HEAD + ifd_len(&main);
    let gps_at = exif_at + if exif.is_empty() { 0 } else { ifd_len(&exif) };
    for field in &mut main {
        match field.tag {
            0x8769 => *field = Field::long(0x8769, exif_at as u32),
            0x8825 => *field = Field::long(0x8825, gps_at as u32),
            _ => {}
        }
    }
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    write_ifd(&mut out, &main);
    if !exif.is_empty() {
        write_ifd(&mut out, &exif);
    }
    if !gps.is_empty() {
        write_ifd(&mut out, &gps);
    }
    out
}

fn padded(length: usize) -> usize {
    if length <= 4 { 0 } else { length + length % 2 }
}

fn ifd_len(fields: &[Field]) -> usize {
    2 + fields.len() * 12 + 4 + fields.iter().map(|field| padded(field.value.len())).sum::<usize>()
}

fn write_ifd(out: &mut Vec<u8>, fields: &[Field]) {
    let mut data_at = out.len() + 2 + fields.len() * 12 + 4;
    let mut data = Vec::new();
    out.extend_from_slice(&(fields.len() as u16).to_le_bytes());
    for field in fields {
        let count = field.value.len() as u64 / type_size(field.kind).max(1);
        out.extend_from_slice(&field.tag.to_le_bytes());
        out.extend_from_slice(&field.kind.to_le_bytes());
        out.extend_from_slice(&(count as u32).to_le_bytes());
        if field.value.len() <= 4 {
            let mut inline = field.value.clone();
            inline.resize(4, 0);
            out.extend_from_slice(&inline);
        } else {
            out.extend_from_slice(&(data_at as u32).to_le_bytes());
            data.extend_from_slice(&field.value);
            if field.value.len() % 2 == 1 {
                data.push(0);
            }
            data_at += padded(field.value.len());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&data);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn a_directory_that_points_to_itself_is_read_once() {
        let mut bytes = b"II*\0\x08\0\0\0\x01\0".to_vec();
        bytes.extend_from_slice(&[0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
        bytes.extend_from_slice(&[8, 0, 0, 0]);
        let mut cursor = Cursor::new(&bytes);
        let mut source = Source::new(&mut cursor, bytes.len() as u64, 1 << 20);
        let (mut tiff, first) = Tiff::open(&mut source, 0, 100).expect("a header");
        let ifd = tiff.ifd(first).expect("a directory");
        assert_eq!(ifd.number(0x0112), Some(6));
        assert_eq!(ifd.next, first);
        assert!(tiff.ifd(ifd.next).is_none());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = |tag, text: &str| Field {
            tag,
            kind: 2,
            value: format!("{text}\0").into_bytes(),
        };
        let bytes = write_exif(
            vec![text(0x0110, "EOS"), Field::short(0x0112, 6), text(0x010F, "Canonical")],
            vec![text(0x9003, "2024:06:01 17:03:20")],
            Vec::new(),
        );
        let mut cursor = Cursor::new(&bytes);
        let mut source = Source::new(&mut cursor, bytes.len() as u64, 1 << 20);
        let (mut tiff, first) = Tiff::open(&mut source, 0, 100).expect("a header");
        let ifd = tiff.ifd(first).expect("a directory");
        assert_eq!(ifd.text(0x010F).as_deref(), Some("Canonical"));
        assert_eq!(ifd.text(0x0110).as_deref(), Some("EOS"));
        let exif = tiff.linked(&ifd, 0x8769);
        assert_eq!(
            exif.first().and_then(|ifd| ifd.text(0x9003)).as_deref(),
            Some("2024:06:01 17:03:20")
        );
    }
}
