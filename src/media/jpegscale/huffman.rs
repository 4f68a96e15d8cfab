//! Huffman tables for reading: one lookup gives a code's length, its run of zeros and the size of its value; for blocks
//! whose values nobody needs, one lookup passes over several codes.

use super::{No, bits::Reader};

/// Bits looked up at once; longer codes are rare.
const LOOK: u32 = 11;
/// Bits looked up at once to pass over codes.
const LEAP: u32 = 13;
/// Bits looked up at once to get two values.
const PAIR: u32 = 12;
/// In a leap: an end of block was among the codes.
const END: usize = 128;
/// In a leap: not even one code fits.
const NO_LEAP: u16 = 255 << 6;
/// In a pair, as the second step: the block ends.
const LAST: usize = 63;

/// What a table is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Differences of DC values: symbols are plain sizes.
    Differences,
    /// Single values.
    Values,
    /// Blocks whose values are all wanted.
    Blocks,
    /// Blocks of which no value is wanted.
    Nothing,
}

/// A code table, ready for reading.
pub(super) struct Table {
    /// By the next [`LOOK`] bits, a [`Code`]; 0 where it is longer.
    fast: Box<[u16; 1 << LOOK]>,
    /// By code length: the first number, in 16 bits, that is no longer a code of this length.
    limit: [u32; 17],
    /// By code length: what to add to a code to get its place among the symbols.
    offset: [i32; 17],
    symbols: Vec<u8>,
    /// By the next [`LEAP`] bits: 6 bits of length, 8 bits of how many coefficients are passed.
    leaps: Option<Box<[u16; 1 << LEAP]>>,
    /// By the next [`PAIR`] bits, up to two values: 6 bits of length, 5 and 6 bits of steps to the places behind them, 8 and
    /// 7 bits of the values. 0 where not even one fits.
    pairs: Option<Box<[u32; 1 << PAIR]>>,
}

/// One code and its value, as it lies in the bits: 6 bits of length together, 4 bits of value size, 4 bits of run.
#[derive(Clone, Copy)]
pub(super) struct Code(u16);

impl Code {
    fn new(length: u32, symbol: u8) -> Self {
        let (run, size) = (u16::from(symbol >> 4), u16::from(symbol & 15));
        Self((length as u16 + size) | (size << 6) | (run << 10))
    }

    /// Bits of the code and its value.
    #[inline(always)]
    pub(super) fn total(self) -> u32 {
        u32::from(self.0 & 63)
    }

    /// Bits of the value.
    #[inline(always)]
    pub(super) fn size(self) -> u32 {
        u32::from(self.0 >> 6 & 15)
    }

    /// Zeros before the value.
    #[inline(always)]
    pub(super) fn run(self) -> usize {
        usize::from(self.0 >> 10)
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
    /// The table of these code counts by length and symbols in order of their codes (T.81, annex C).
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], for_what: Use) -> Result<Self, No> {
        let dc = for_what == Use::Differences;
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
            pairs: None,
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
        match for_what {
            Use::Nothing => table.leaps = Some(table.make_leaps()),
            Use::Blocks => table.pairs = Some(table.make_pairs()),
            Use::Differences | Use::Values => {}
        }
        Ok(table)
    }

    fn make_leaps(&self) -> Box<[u16; 1 << LEAP]> {
        let mut leaps = Box::new([NO_LEAP; 1 << LEAP]);
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
                *leap = length as u16 | (passed as u16) << 6;
            }
        }
        leaps
    }

    fn make_pairs(&self) -> Box<[u32; 1 << PAIR]> {
        let mut pairs = Box::new([0; 1 << PAIR]);
        for (bits, pair) in (0_u64..).zip(pairs.iter_mut()) {
            let bits = bits << (64 - PAIR);
            let Some((length, step, value)) = self.short(bits, PAIR, 8) else {
                continue;
            };
            if step == LAST {
                *pair = pack(length, (0, 0), (LAST, 0));
                continue;
            }
            *pair = match self.short(bits << length, PAIR - length, 7) {
                Some((more, second_step, second)) => pack(length + more, (step, value), (second_step, second)),
                None => pack(length, (step, value), (0, 0)),
            };
        }
        pairs
    }

    /// The next code, where it fits into so many bits and its value into so many: length, step, value.
    fn short(&self, bits: u64, most: u32, value_bits: u32) -> Option<(u32, usize, i32)> {
        let code = Code(self.fast[(bits >> (64 - LOOK)) as usize]);
        if code.0 == 0 || code.total() > most || code.size() >= value_bits {
            return None;
        }
        match (code.size(), code.run()) {
            (0, 0) => Some((code.total(), LAST, 0)),
            (0, run) if run < 15 => None,
            (_, run) => Some((code.total(), run + 1, code.value(bits))),
        }
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
            return Err(No("a table for something else"));
        };
        let mut at = 1;
        loop {
            reader.refill();
            // Four leaps of 13 bits are in the 56 that a refill gives.
            for _ in 0..4 {
                let leap = usize::from(leaps[(reader.peek() >> (64 - LEAP)) as usize]);
                let next = at + (leap >> 6);
                if next < 64 {
                    reader.skip(leap as u32);
                    at = next;
                    continue;
                }
                if next == 64 || (next > END && next < END + 64) {
                    reader.skip(leap as u32);
                    return Ok(());
                }
                // A long code, or one that belongs to the next block already: one by one.
                reader.refill_if_low();
                let code = self.code(reader)?;
                reader.skip(code.total());
                if code.size() == 0 && code.run() != 15 {
                    return if code.run() == 0 {
                        Ok(())
                    } else {
                        Err(No("a run of ends in a plain scan"))
                    };
                }
                at += code.run() + 1;
                if at >= 64 {
                    return if at == 64 {
                        Ok(())
                    } else {
                        Err(No("a block is too long"))
                    };
                }
                break;
            }
        }
    }

    /// Calls `take` with place (1 to 63, in zigzag order) and value of each AC value of a block; some values may be 0.
    #[inline(always)]
    pub(super) fn each_value(&self, reader: &mut Reader<'_>, mut take: impl FnMut(usize, i32)) -> Result<(), No> {
        let Some(pairs) = &self.pairs else {
            return Err(No("a table for something else"));
        };
        let mut at = 1;
        loop {
            reader.refill();
            // Four pairs of 12 bits are in the 56 that a refill gives.
            for _ in 0..4 {
                let pair = pairs[(reader.peek() >> (64 - PAIR)) as usize];
                let middle = at + (pair >> 6 & 31) as usize;
                let next = middle + (pair >> 11 & 63) as usize;
                let (first, second) = (i32::from((pair >> 17) as i8), pair as i32 >> 25);
                if next < 64 && pair != 0 {
                    reader.skip(pair);
                    take(middle - 1, first);
                    take(next - 1, second);
                    at = next;
                    continue;
                }
                let ends = next - middle == LAST && middle < 64;
                if ends || next == 64 {
                    reader.skip(pair);
                    take(middle - 1, first);
                    if !ends {
                        take(next - 1, second);
                    }
                    return Ok(());
                }
                // A long code or value, or one that belongs to the next block already: one by one.
                reader.refill_if_low();
                let code = self.code(reader)?;
                let bits = reader.peek();
                reader.skip(code.total());
                if code.size() == 0 && code.run() != 15 {
                    return if code.run() == 0 {
                        Ok(())
                    } else {
                        Err(No("a run of ends in a plain scan"))
                    };
                }
                at += code.run() + 1;
                if at > 64 {
                    return Err(No("a block is too long"));
                }
                take(at - 1, code.value(bits));
                if at == 64 {
                    return Ok(());
                }
                break;
            }
        }
    }
}

/// An entry of `pairs`.
fn pack(length: u32, (step, value): (usize, i32), (second_step, second): (usize, i32)) -> u32 {
    length | (step as u32) << 6 | (second_step as u32) << 11 | (value as u32 & 255) << 17 | (second as u32) << 25
}
