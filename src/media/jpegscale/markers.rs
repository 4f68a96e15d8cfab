//! The markers of a JPEG: frame, tables, scans (T.81, annex B). Everything out of the ordinary is a reason to say no.

use super::No;

/// The order in which coefficients are stored: place in a scan to place in rows of eight.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// One colour component of a frame.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub id: u8,
    /// Sampling factors, 1 to 4.
    pub h: u32,
    pub v: u32,
    pub quant: usize,
}

/// What the frame header says.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub width: u32,
    pub height: u32,
    pub progressive: bool,
    pub components: Vec<Component>,
    /// The largest sampling factors.
    pub h_max: u32,
    pub v_max: u32,
}

/// One component in a scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Its place among the components of the frame.
    pub component: usize,
    pub dc: usize,
    pub ac: usize,
}

/// What a scan header says.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    pub parts: Vec<Part>,
    /// First and last coefficient, in zigzag order.
    pub first: usize,
    pub last: usize,
    /// Bits of the coefficients that an earlier scan left out, and that this one leaves out.
    pub high: u32,
    pub low: u32,
    /// Where its data begin.
    pub at: usize,
}

/// A Huffman table as it is stored: how many codes of each length, and their symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Codes {
    pub counts: [u8; 16],
    pub symbols: Vec<u8>,
}

/// Reads one marker after the other and remembers what they say.
pub(super) struct Markers<'a> {
    bytes: &'a [u8],
    at: usize,
    pub frame: Option<Frame>,
    /// Quantisation tables, in zigzag order.
    pub quant: [Option<[u16; 64]>; 4],
    pub dc: [Option<Codes>; 4],
    pub ac: [Option<Codes>; 4],
    /// Groups of blocks between two restart markers; 0 for none.
    pub restart: u32,
    jfif: bool,
    adobe: Option<u8>,
    scans: u32,
}

impl<'a> Markers<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, No> {
        if !bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(No("not a JPEG"));
        }
        Ok(Self {
            bytes,
            at: 2,
            frame: None,
            quant: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart: 0,
            jfif: false,
            adobe: None,
            scans: 0,
        })
    }

    /// The next scan; none at the end of the picture.
    pub(super) fn next_scan(&mut self) -> Result<Option<Scan>, No> {
        loop {
            let marker = self.marker()?;
            if marker == 0xD9 {
                return Ok(None);
            }
            let length = match self.bytes.get(self.at..self.at + 2) {
                Some([high, low]) => usize::from(u16::from_be_bytes([*high, *low])),
                _ => return Err(No("cut short")),
            };
            let body = self.bytes.get(self.at + 2..self.at + length).ok_or(No("cut short"))?;
            self.at += length;
            match marker {
                0xC0..=0xC2 => self.read_frame(marker, body)?,
                0xC4 => self.read_codes(body)?,
                0xDB => self.read_quant(body)?,
                0xDD => match body {
                    [high, low] => self.restart = u32::from(u16::from_be_bytes([*high, *low])),
                    _ => return Err(No("a broken restart interval")),
                },
                0xDA => return self.read_scan(body).map(Some),
                0xE0 => self.jfif |= body.starts_with(b"JFIF\0"),
                0xEE if body.starts_with(b"Adobe") && body.len() >= 12 => self.adobe = body.get(11).copied(),
                0xE1..=0xEF | 0xFE => {}
                _ => return Err(No("an unusual marker")),
            }
        }
    }

    /// Goes on behind a scan's data, where this marker has been found before `at`.
    pub(super) fn go_on(&mut self, marker: u8, at: usize) -> Result<(), No> {
        if marker == 0xD9 || (0xC0..=0xFE).contains(&marker) {
            self.at = at.saturating_sub(2);
            return Ok(());
        }
        Err(No("an unusual marker"))
    }

    /// Goes on behind a scan's data without looking at them.
    pub(super) fn pass_scan(&mut self) -> Result<(), No> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            // In runs, so that the search is done many bytes at a time.
            let clean = rest
                .chunks(32)
                .take_while(|run| !run.iter().fold(false, |any, byte| any | (*byte == 0xFF)))
                .count();
            let rest = rest.get(clean * 32..).unwrap_or_default();
            let found = rest.iter().position(|byte| *byte == 0xFF).ok_or(No("cut short"))?;
            self.at += clean * 32 + found;
            match rest.get(found + 1) {
                Some(0 | 0xD0..=0xD7) => self.at += 2,
                Some(0xFF) => self.at += 1,
                Some(_) => return Ok(()),
                None => return Err(No("cut short")),
            }
        }
    }

    fn marker(&mut self) -> Result<u8, No> {
        if self.bytes.get(self.at) != Some(&0xFF) {
            return Err(No("no marker where one is due"));
        }
        loop {
            self.at += 1;
            match self.bytes.get(self.at) {
                Some(0xFF) => {}
                Some(marker) => {
                    self.at += 1;
                    return Ok(*marker);
                }
                None => return Err(No("cut short")),
            }
        }
    }

    fn read_frame(&mut self, marker: u8, body: &[u8]) -> Result<(), No> {
        let [bits, high, low, wide, narrow, count, parts @ ..] = body else {
            return Err(No("a broken frame"));
        };
        if self.frame.is_some() || *bits != 8 || parts.len() != usize::from(*count) * 3 || !matches!(count, 1 | 3) {
            return Err(No("an unusual frame"));
        }
        let (parts, _) = parts.as_chunks::<3>();
        let mut components = Vec::new();
        for [id, sampling, quant] in parts {
            let (h, v) = (u32::from(sampling >> 4), u32::from(sampling & 15));
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) || *quant > 3 {
                return Err(No("an unusual frame"));
            }
            components.push(Component {
                id: *id,
                h,
                v,
                quant: usize::from(*quant),
            });
        }
        if let [only] = components.as_mut_slice() {
            // The blocks of a single component are not grouped, whatever its factors.
            (only.h, only.v) = (1, 1);
        }
        let (width, height) = (
            u32::from(u16::from_be_bytes([*wide, *narrow])),
            u32::from(u16::from_be_bytes([*high, *low])),
        );
        // Tiny pictures cost nothing by the other decoder, and this one need not know what is done at their edges.
        if width < 32 || height < 32 {
            return Err(No("a tiny picture"));
        }
        self.frame = Some(Frame {
            width,
            height,
            progressive: marker == 0xC2,
            h_max: components.iter().map(|one| one.h).max().unwrap_or(1),
            v_max: components.iter().map(|one| one.v).max().unwrap_or(1),
            components,
        });
        Ok(())
    }

    fn read_codes(&mut self, mut body: &[u8]) -> Result<(), No> {
        while let [kind, rest @ ..] = body {
            let counts = rest.first_chunk::<16>().ok_or(No("a broken code table"))?;
            let total = counts.iter().map(|count| usize::from(*count)).sum::<usize>();
            let symbols = rest.get(16..16 + total).ok_or(No("a broken code table"))?;
            body = rest.get(16 + total..).unwrap_or_default();
            let codes = Codes {
                counts: *counts,
                symbols: symbols.to_vec(),
            };
            let tables = match kind >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(No("a broken code table")),
            };
            *tables
                .get_mut(usize::from(kind & 15))
                .ok_or(No("a broken code table"))? = Some(codes);
        }
        Ok(())
    }

    fn read_quant(&mut self, mut body: &[u8]) -> Result<(), No> {
        if self.scans > 0 {
            return Err(No("a quantisation table between scans"));
        }
        while let [kind, rest @ ..] = body {
            let wide = match kind >> 4 {
                0 => 1,
                1 => 2,
                _ => return Err(No("a broken quantisation table")),
            };
            let numbers = rest.get(..64 * wide).ok_or(No("a broken quantisation table"))?;
            body = rest.get(64 * wide..).unwrap_or_default();
            let mut table = [0; 64];
            for (to, from) in table.iter_mut().zip(numbers.chunks(wide)) {
                *to = from.iter().fold(0, |number, byte| number << 8 | u16::from(*byte));
            }
            if table.contains(&0) {
                return Err(No("a broken quantisation table"));
            }
            let place = self.quant.get_mut(usize::from(kind & 15));
            *place.ok_or(No("a broken quantisation table"))? = Some(table);
        }
        Ok(())
    }

    fn read_scan(&mut self, body: &[u8]) -> Result<Scan, No> {
        let frame = self.frame.as_ref().ok_or(No("a scan without a frame"))?;
        if !self.is_known_color(frame) {
            return Err(No("other colours than YCbCr"));
        }
        let [count, rest @ ..] = body else {
            return Err(No("a broken scan"));
        };
        let count = usize::from(*count);
        let (chosen, rest) = rest.split_at_checked(count * 2).ok_or(No("a broken scan"))?;
        let [first, last, bits] = rest else {
            return Err(No("a broken scan"));
        };
        let mut parts: Vec<Part> = Vec::new();
        for [id, tables] in chosen.as_chunks::<2>().0 {
            let component = frame.components.iter().position(|one| one.id == *id);
            let component = component.ok_or(No("a scan of nothing"))?;
            let in_order = parts.last().is_none_or(|part| part.component < component);
            if !in_order || tables >> 4 > 3 || tables & 15 > 3 {
                return Err(No("an unusual scan"));
            }
            parts.push(Part {
                component,
                dc: usize::from(tables >> 4),
                ac: usize::from(tables & 15),
            });
        }
        let (first, last) = (usize::from(*first), usize::from(*last));
        if parts.is_empty() || last > 63 || first > last {
            return Err(No("a broken scan"));
        }
        self.scans += 1;
        Ok(Scan {
            parts,
            first,
            last,
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
            at: self.at,
        })
    }

    /// Three components are YCbCr by JFIF, by Adobe's marker, or where nothing says otherwise, as libjpeg takes it.
    fn is_known_color(&self, frame: &Frame) -> bool {
        let mut ids: Vec<u8> = frame.components.iter().map(|one| one.id).collect();
        let stated = match (self.adobe, self.jfif) {
            (None, true) | (Some(1), _) => true,
            (None, false) => ids != *b"RGB",
            _ => false,
        };
        ids.sort_unstable();
        ids.dedup();
        ids.len() == frame.components.len() && (ids.len() == 1 || stated)
    }

    /// How many scans there were so far.
    pub(super) fn scans(&self) -> u32 {
        self.scans
    }
}
