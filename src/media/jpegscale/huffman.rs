//! Huffman tables for reading: one lookup gives a code's length, its run of zeros and the size of its value; for blocks
//! whose values nobody needs, one lookup passes over several codes.

use super::{No, bits::Reader};

/// Bits looked up at once; longer codes are rare.
const LOOK: u32 = 11;
/// Bits looked up at once to pass over codes.
const LEAP: u32 = 13;
/// In an entry of `leaps`: an end of block was among the codes.
const END: usize = 128;
/// In an entry of `leaps`: not even one code fits.
const NONE: u16 = 255 << 4;

/// A code table, ready for reading.
pub(super) struct Table {
    /// By the next [`LOOK`] bits: 5 bits of code and value length together, 4 bits of value size, 4 bits of run; 0 where
    /// the code is longer.
    fast: Box<[u16; 1 << LOOK]>,
    /// By code length: the first number, in 16 bits, that is no longer a code of this length.
    limit: [u32; 17],
    /// By code length: what to add to a code to get its place among the symbols.
    offset: [i32; 17],
    symbols: Vec<u8>,
    /// By the next [`LEAP`] bits: 4 bits of length, 8 bits of how many coefficients are passed. Only where asked for.
    leaps: Option<Box<[u16; 1 << LEAP]>>,
}

/// One code and its value, as it lies in the bits.
#[derive(Clone, Copy)]
pub(super) struct Code(u16);

impl Code {
    fn new(length: u32, symbol: u8) -> Self {
        let (run, size) = (u16::from(symbol >> 4), u16::from(symbol & 15));
        Self((length as u16 + size) | (size << 5) | (run << 9))
    }

    /// Bits of the code and its value.
    #[inline(always)]
    pub(super) fn total(self) -> u32 {
        u32::from(self.0 & 31)
    }

    /// Bits of the value.
    #[inline(always)]
    pub(super) fn size(self) -> u32 {
        u32::from(self.0 >> 5 & 15)
    }

    /// Zeros before the value.
    #[inline(always)]
    pub(super) fn run(self) -> usize {
        usize::from(self.0 >> 9)
    }

    /// The value, from the bits at which the code begins.
    #[inline(always)]
    pub(super) fn value(self, bits: u64) -> i32 {
        let size = self.size();
        let at_value = bits << (self.total().wrapping_sub(size) & 63);
        let number = ((at_value >> 1) >> (63 - size)) as i32;
        // A value that begins with a 0 stands for a negative number.
        let negative = !(at_value as i64 >> 63) as i32;
        number - (negative & ((1 << size) - 1))
    }
}

impl Table {
    /// The table of these code counts by length and symbols in order of their codes (T.81, annex C). `dc`: its symbols are
    /// plain sizes. `leaps`: it is wanted for passing over blocks.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], dc: bool, leaps: bool) -> Result<Self, No> {
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        if total > 256 || total != symbols.len() || (dc && symbols.iter().any(|size| *size > 11)) {
            return Err(No("an unusual code table"));
        }
        let mut table = Self {
            fast: Box::new([0; 1 << LOOK]),
            limit: [0; 17],
            offset: [0; 17],
            symbols: symbols.to_vec(),
            leaps: None,
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(counts) {
            let count = u32::from(*count);
            if code + count > 1 << length {
                return Err(No("a broken code table"));
            }
            if let Some(offset) = table.offset.get_mut(length as usize) {
                *offset = place as i32 - code as i32;
            }
            for _ in 0..count {
                let symbol = symbols.get(place).copied().unwrap_or_default();
                if length <= LOOK {
                    let (first, many) = ((code << (LOOK - length)) as usize, 1_usize << (LOOK - length));
                    let entries = table.fast.get_mut(first..first + many).unwrap_or_default();
                    entries.fill(Code::new(length, symbol).0);
                }
                code += 1;
                place += 1;
            }
            if let Some(limit) = table.limit.get_mut(length as usize) {
                *limit = code << (16 - length);
            }
            code <<= 1;
        }
        if leaps {
            table.leaps = Some(table.make_leaps());
        }
        Ok(table)
    }

    fn make_leaps(&self) -> Box<[u16; 1 << LEAP]> {
        let mut leaps = Box::new([NONE; 1 << LEAP]);
        for (bits, leap) in (0_u64..).zip(leaps.iter_mut()) {
            let bits = bits << (64 - LEAP);
            let (mut length, mut passed) = (0, 0);
            loop {
                let code = Code(self.fast[(bits << length >> (64 - LOOK)) as usize]);
                if code.0 == 0 || length + code.total() > LEAP {
                    break;
                }
                if code.size() == 0 && code.run() != 15 {
                    // A run of ends belongs to progressive scans; it is left to be found out one by one.
                    if code.run() == 0 {
                        (length, passed) = (length + code.total(), passed + END);
                    }
                    break;
                }
                // No more than 64 without an end, so that places with and without one cannot be confused.
                if passed + code.run() + 1 > 64 {
                    break;
                }
                (length, passed) = (length + code.total(), passed + code.run() + 1);
            }
            if length > 0 {
                *leap = length as u16 | (passed as u16) << 4;
            }
        }
        leaps
    }

    /// The next code, which stays where it is. Needs 32 bits in the window.
    #[inline(always)]
    pub(super) fn code(&self, reader: &Reader<'_>) -> Result<Code, No> {
        let bits = reader.peek();
        let code = Code(self.fast[(bits >> (64 - LOOK)) as usize]);
        if code.0 == 0 {
            return self.long_code(bits);
        }
        Ok(code)
    }

    #[cold]
    fn long_code(&self, bits: u64) -> Result<Code, No> {
        let next = (bits >> 48) as u32;
        for length in LOOK + 1..=16 {
            let limit = self.limit.get(length as usize).copied().unwrap_or_default();
            if next < limit {
                let offset = self.offset.get(length as usize).copied().unwrap_or_default();
                let place = (next >> (16 - length)) as i32 + offset;
                let symbol = usize::try_from(place).ok().and_then(|place| self.symbols.get(place));
                return symbol
                    .map(|symbol| Code::new(length, *symbol))
                    .ok_or(No("a code outside its table"));
            }
        }
        Err(No("a code outside its table"))
    }

    /// A difference of two DC values.
    #[inline(always)]
    pub(super) fn difference(&self, reader: &mut Reader<'_>) -> Result<i32, No> {
        reader.refill_if_low();
        let code = self.code(reader)?;
        let value = code.value(reader.peek());
        reader.skip(code.total());
        Ok(value)
    }

    /// Passes over the AC values of a block.
    #[inline(always)]
    pub(super) fn pass_block(&self, reader: &mut Reader<'_>) -> Result<(), No> {
        let Some(leaps) = &self.leaps else {
            return self.each_value(reader, |_, _| ());
        };
        let mut at = 1;
        loop {
            reader.refill();
            // Four leaps of 13 bits are in the 56 that a refill gives.
            for _ in 0..4 {
                let leap = usize::from(leaps[(reader.peek() >> (64 - LEAP)) as usize]);
                let next = at + (leap >> 4);
                if next < 64 {
                    reader.skip((leap & 15) as u32);
                    at = next;
                    continue;
                }
                if next == 64 || (next > END && next < END + 64) {
                    reader.skip((leap & 15) as u32);
                    return Ok(());
                }
                // A long code, or one that belongs to the next block already: one by one.
                reader.refill_if_low();
                let code = self.code(reader)?;
                reader.skip(code.total());
                if code.size() == 0 && code.run() != 15 {
                    return if code.run() == 0 { Ok(()) } else { Err(No("a run of ends in a plain scan")) };
                }
                at += code.run() + 1;
                if at >= 64 {
                    return if at == 64 { Ok(()) } else { Err(No("a block is too long")) };
                }
                break;
            }
        }
    }

    /// Calls `take` with place (1 to 63, in zigzag order) and value of each AC value of a block.
    #[inline(always)]
    pub(super) fn each_value(&self, reader: &mut Reader<'_>, mut take: impl FnMut(usize, i32)) -> Result<(), No> {
        let mut at = 1;
        while at < 64 {
            reader.refill_if_low();
            let code = self.code(reader)?;
            let bits = reader.peek();
            reader.skip(code.total());
            if code.size() == 0 {
                match code.run() {
                    0 => return Ok(()),
                    15 => {
                        at += 16;
                        continue;
                    }
                    _ => return Err(No("a run of ends in a plain scan")),
                }
            }
            at += code.run();
            if at > 63 {
                return Err(No("a block is too long"));
            }
            take(at, code.value(bits));
            at += 1;
        }
        // A run of sixteen zeros that ends the block is allowed only up to its last place.
        if at > 64 { Err(No("a block is too long")) } else { Ok(()) }
    }
}
