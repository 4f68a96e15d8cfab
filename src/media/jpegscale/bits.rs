//! The bits of one scan: entropy-coded bytes without their stuffing, read through a window of 64 bits.
//!
//! Stuffed zeros are taken out ahead, some kilobytes at a time, into a small buffer. So the inner loops never look for a
//! 0xFF: a refill is one load of eight bytes, one shift and one OR (the way of F. Giesen's "Reading bits in far too many
//! ways", variant 4). Before each group of blocks [`Bits::ready`] sees to it that all bytes which the group can ask for are
//! there, zeros behind the end of the data included, so that the loops need no check of their own.

use super::No;

/// Bytes that are held without their stuffing; a power of two, so that masked positions cannot lie outside.
const SIZE: usize = 1 << 14;
/// What a refill reads at once.
const WORD: usize = 8;
/// More than the longest group can ask for: ten blocks of 64 coefficients of at most 32 bits.
const NEED: usize = 10 * 64 * 4 + 2 * WORD;
/// How many bytes are looked at together in the search for 0xFF.
const RUN: usize = 32;

/// The reader of a scan's segments: what lies between restart markers.
pub(super) struct Bits<'a> {
    source: &'a [u8],
    /// The next byte of `source` that is not in the buffer yet.
    at: usize,
    /// The marker that ends the segment, once it is reached.
    marker: Option<u8>,
    buffer: Box<[u8; SIZE + WORD]>,
    filled: usize,
    window: Window,
}

/// Where the reading stands. It is copied out for the inner loops, so that it can live in registers.
#[derive(Clone, Copy, Default)]
pub(super) struct Window {
    /// The next bits, the first of them highest. Bits below `count` may be there already; they are the right ones.
    bits: u64,
    count: u32,
    /// The next byte of the buffer.
    at: usize,
}

/// A window and the bytes behind it.
pub(super) struct Reader<'b> {
    bytes: &'b [u8; SIZE + WORD],
    window: Window,
}

impl<'a> Bits<'a> {
    /// A reader of the segment that begins at `at`.
    pub(super) fn new(source: &'a [u8], at: usize) -> Self {
        Self {
            source,
            at,
            marker: None,
            buffer: vec![0; SIZE + WORD]
                .try_into()
                .unwrap_or_else(|_| Box::new([0; SIZE + WORD])),
            filled: 0,
            window: Window::default(),
        }
    }

    /// Gets the bytes of the next group of at most ten blocks. A group that began behind the end of the data is refused.
    #[inline]
    pub(super) fn ready(&mut self) -> Result<(), No> {
        if self.window.at + NEED <= self.filled {
            return Ok(());
        }
        self.more()
    }

    fn more(&mut self) -> Result<(), No> {
        if self.marker.is_some() {
            return if self.used() <= self.filled * 8 {
                Ok(())
            } else {
                Err(No("a segment is too short"))
            };
        }
        self.buffer.copy_within(self.window.at.min(self.filled)..self.filled, 0);
        self.filled -= self.window.at.min(self.filled);
        self.window.at = 0;
        while self.marker.is_none() && self.filled + NEED + RUN <= SIZE {
            self.copy_run()?;
        }
        if self.marker.is_some() {
            // Behind the end come zeros, for as long as a group can be.
            let end = (self.filled + NEED).min(SIZE + WORD);
            self.buffer.get_mut(self.filled..end).unwrap_or_default().fill(0);
        }
        Ok(())
    }

    /// Copies up to [`RUN`] bytes, or up to the next 0xFF and what that one means.
    #[inline]
    fn copy_run(&mut self) -> Result<(), No> {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let out = self
            .buffer
            .get_mut(self.filled..)
            .and_then(|out| out.first_chunk_mut::<RUN>());
        let Some(out) = out else {
            return Err(No("the buffer is full"));
        };
        let clean = match rest.first_chunk::<RUN>() {
            Some(run) => {
                *out = *run;
                if !run.iter().fold(false, |any, byte| any | (*byte == 0xFF)) {
                    self.at += RUN;
                    self.filled += RUN;
                    return Ok(());
                }
                run.iter().position(|byte| *byte == 0xFF).unwrap_or(RUN)
            }
            None => {
                let clean = rest.iter().position(|byte| *byte == 0xFF);
                let clean = clean.ok_or(No("the data end without a marker"))?;
                for (to, from) in out.iter_mut().zip(rest.iter().take(clean)) {
                    *to = *from;
                }
                clean
            }
        };
        self.at += clean;
        self.filled += clean;
        match rest.get(clean + 1) {
            Some(0) => {
                if let Some(byte) = self.buffer.get_mut(self.filled) {
                    *byte = 0xFF;
                }
                self.filled += 1;
                self.at += 2;
            }
            Some(0xFF) => self.at += 1,
            Some(marker) => {
                self.marker = Some(*marker);
                self.at += 2;
            }
            None => return Err(No("the data end without a marker")),
        }
        Ok(())
    }

    /// Bits of the buffer that have been used.
    fn used(&self) -> usize {
        (self.window.at * 8).saturating_sub(self.window.count as usize)
    }

    /// The reader for a group of blocks; [`Self::keep`] takes back where it stands.
    #[inline]
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader {
            bytes: &self.buffer,
            window: self.window,
        }
    }

    /// Goes on where a reader stopped.
    #[inline]
    pub(super) fn keep(&mut self, window: Window) {
        self.window = window;
    }

    /// The marker behind a segment whose last group has been read, and where the bytes after it begin. Bytes that are left
    /// over, or that were missing, are a reason to say no.
    pub(super) fn end(&mut self) -> Result<(u8, usize), No> {
        self.more()?;
        let marker = self.marker.ok_or(No("bytes are left over"))?;
        let (used, held) = (self.used(), self.filled * 8);
        if used > held {
            return Err(No("a segment is too short"));
        }
        if held - used >= 8 {
            return Err(No("bytes are left over"));
        }
        Ok((marker, self.at))
    }

    /// Ends a segment at the restart marker of this number, 0 to 7, and begins the next one.
    pub(super) fn restart(&mut self, number: u8) -> Result<(), No> {
        let (marker, _) = self.end()?;
        if marker != 0xD0 + number {
            return Err(No("another restart marker than expected"));
        }
        self.marker = None;
        self.filled = 0;
        self.window = Window::default();
        Ok(())
    }
}

impl Reader<'_> {
    /// Where it stands.
    #[inline(always)]
    pub(super) fn window(&self) -> Window {
        self.window
    }

    /// Fills the window to at least 56 bits.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let window = &mut self.window;
        let at = window.at & (SIZE - 1);
        let word = match self
            .bytes
            .get(at..at + WORD)
            .and_then(|rest| rest.first_chunk::<WORD>())
        {
            Some(word) => u64::from_be_bytes(*word),
            None => 0,
        };
        window.bits |= word >> (window.count & 63);
        window.at += (63_u32.wrapping_sub(window.count) >> 3 & 7) as usize;
        window.count |= 56;
    }

    /// Fills the window to at least 32 bits: one code and what follows it.
    #[inline(always)]
    pub(super) fn refill_if_low(&mut self) {
        if self.window.count < 32 {
            self.refill();
        }
    }

    /// The next 64 bits, of which as many are valid as were refilled.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.window.bits
    }

    /// Goes on by so many bits, at most 32 and no more than were refilled; only the lowest 6 bits of the number count.
    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        self.window.bits <<= bits & 63;
        self.window.count = self.window.count.wrapping_sub(bits & 63);
    }

    /// The next `bits` bits, at most 16, as a number. Needs a refill before.
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let value = ((self.window.bits >> 1) >> (63 - (bits & 63))) as u32;
        self.skip(bits);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All bits of a segment, read in steps that do not agree with bytes.
    fn read_all(source: &[u8], bits: usize) -> Result<(Vec<u8>, u8, usize), No> {
        let mut reader = Bits::new(source, 0);
        let mut out = Vec::new();
        for at in 0..bits {
            if at % 5 == 0 {
                reader.ready()?;
            }
            let mut inner = reader.reader();
            inner.refill_if_low();
            out.push(inner.take(1) as u8);
            let window = inner.window();
            reader.keep(window);
        }
        let (marker, at) = reader.end()?;
        Ok((out, marker, at))
    }

    fn bits_of(bytes: &[u8]) -> Vec<u8> {
        bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
            .collect()
    }

    #[test]
    fn stuffing_goes_and_the_marker_stays() {
        let source = [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xFF, 0xD9, 0x77];
        let (bits, marker, at) = read_all(&source, 24).expect("readable");
        assert_eq!(bits, bits_of(&[0x12, 0xFF, 0x34]));
        assert_eq!((marker, at), (0xD9, 7));
    }

    #[test]
    fn long_segments_pass_through_the_small_buffer() {
        let plain: Vec<u8> = (0..200_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        let mut source: Vec<u8> = Vec::new();
        for byte in &plain {
            source.push(*byte);
            if *byte == 0xFF {
                source.push(0);
            }
        }
        source.extend_from_slice(&[0xFF, 0xD9]);
        let (bits, marker, at) = read_all(&source, plain.len() * 8).expect("readable");
        assert!(bits == bits_of(&plain));
        assert_eq!((marker, at), (0xD9, source.len()));
    }

    #[test]
    fn too_few_and_too_many_bytes_are_refused() {
        assert!(read_all(&[1, 2, 3, 0xFF, 0xD9], 25).is_err());
        assert!(read_all(&[1, 2, 3, 0xFF, 0xD9], 16).is_err());
        assert!(read_all(&[1, 2, 3, 0xFF, 0xD9], 17).is_ok());
        assert!(read_all(&[1, 2, 3], 24).is_err());
        assert!(read_all(&[1, 2, 3, 0xFF], 24).is_err());
    }

    #[test]
    fn restarts_come_in_order() {
        let source = [0xAB, 0xFF, 0xD0, 0xCD, 0xFF, 0xD1];
        let mut reader = Bits::new(&source, 0);
        for (number, byte) in [(0, 0xAB), (1, 0xCD)] {
            reader.ready().expect("bytes");
            let mut inner = reader.reader();
            inner.refill();
            assert_eq!(inner.take(8), byte);
            let window = inner.window();
            reader.keep(window);
            reader.restart(number).expect("the marker");
        }
        let mut reader = Bits::new(&source[3..], 0);
        reader.ready().expect("bytes");
        let mut inner = reader.reader();
        inner.refill();
        inner.skip(8);
        let window = inner.window();
        reader.keep(window);
        let no = No("another restart marker than expected");
        assert_eq!(reader.restart(0), Err(no), "RST1 where RST0 is due");
    }
}
