//! Random access to an untrusted file in small pieces, with a budget: facts are read without reading the whole file.
//!
//! A read past the end, or over the budget, is `None` and means "this file does not say". A read that the disk refuses is
//! remembered in [`Source::failure`], so that an I/O error is never taken for a file that says nothing.

use std::io::{self, Read, Seek, SeekFrom};

/// Anything that can be read at any place.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek + ?Sized> ReadSeek for T {}

const BLOCK: u64 = 16 * 1024;
const KEPT_BLOCKS: usize = 16;

/// A bounded view of one file.
pub struct Source<'a> {
    inner: &'a mut dyn ReadSeek,
    len: u64,
    budget: u64,
    blocks: Vec<(u64, Vec<u8>)>,
    failure: Option<io::Error>,
}

impl<'a> Source<'a> {
    /// A view of `inner`, which is `len` bytes long, that reads at most `budget` bytes from it.
    pub fn new(inner: &'a mut dyn ReadSeek, len: u64, budget: u64) -> Self {
        Self {
            inner,
            len,
            budget,
            blocks: Vec::new(),
            failure: None,
        }
    }

    /// Length of the file in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// What the disk refused, if anything; taken by who reports it.
    pub fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Exactly `len` bytes from `at`.
    pub fn bytes(&mut self, at: u64, len: usize) -> Option<Vec<u8>> {
        let end = at.checked_add(len as u64)?;
        if end > self.len {
            return None;
        }
        if len as u64 > BLOCK {
            return self.read_exactly(at, len);
        }
        let mut out = Vec::with_capacity(len);
        let mut from = at;
        while from < end {
            let start = from - from % BLOCK;
            let block = self.block(start)?;
            let low = usize::try_from(from - start).ok()?;
            let high = usize::try_from((end - start).min(BLOCK)).ok()?;
            out.extend_from_slice(block.get(low..high)?);
            from = start + BLOCK;
        }
        Some(out)
    }

    /// At most `len` bytes from `at`; fewer at the end of the file.
    pub fn up_to(&mut self, at: u64, len: usize) -> Option<Vec<u8>> {
        let left = self.len.checked_sub(at)?;
        self.bytes(at, usize::try_from(left.min(len as u64)).ok()?)
    }

    /// Exactly `N` bytes from `at`.
    pub fn array<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        self.bytes(at, N)?.try_into().ok()
    }

    /// A big-endian 16-bit number.
    pub fn be16(&mut self, at: u64) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    /// A big-endian 32-bit number.
    pub fn be32(&mut self, at: u64) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    /// A little-endian 32-bit number.
    pub fn le32(&mut self, at: u64) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn block(&mut self, start: u64) -> Option<&[u8]> {
        if let Some(found) = self.blocks.iter().position(|(at, _)| *at == start) {
            return self.blocks.get(found).map(|(_, bytes)| bytes.as_slice());
        }
        let len = usize::try_from(self.len.checked_sub(start)?.min(BLOCK)).ok()?;
        let bytes = self.read_exactly(start, len)?;
        if self.blocks.len() >= KEPT_BLOCKS {
            self.blocks.remove(0);
        }
        self.blocks.push((start, bytes));
        self.blocks.last().map(|(_, bytes)| bytes.as_slice())
    }

    fn read_exactly(&mut self, at: u64, len: usize) -> Option<Vec<u8>> {
        self.budget = self.budget.checked_sub(len as u64)?;
        let mut bytes = vec![0; len];
        let read = self
            .inner
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.inner.read_exact(&mut bytes));
        match read {
            Ok(()) => Some(bytes),
            Err(error) => {
                // Shorter than its stat said: the file changed under us, which is the caller's to notice, not an I/O error.
                if error.kind() != io::ErrorKind::UnexpectedEof {
                    self.failure = Some(error);
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_across_blocks_and_stops_at_the_budget() {
        let data: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let mut cursor = io::Cursor::new(&data);
        let mut source = Source::new(&mut cursor, data.len() as u64, 60_000);
        assert_eq!(source.bytes(16_380, 10).as_deref(), data.get(16_380..16_390));
        assert_eq!(source.bytes(99_999, 2), None);
        assert_eq!(source.bytes(u64::MAX, 2), None);
        assert_eq!(source.bytes(0, 30_000), None, "32 KiB of 60,000 bytes are spent");
        assert!(source.failure().is_none());
    }

    #[test]
    fn a_failing_disk_is_not_an_empty_file() {
        struct Bad;
        impl Read for Bad {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("EIO"))
            }
        }
        impl Seek for Bad {
            fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
                Ok(0)
            }
        }
        let mut bad = Bad;
        let mut source = Source::new(&mut bad, 10, 100);
        assert_eq!(source.bytes(0, 2), None);
        assert!(source.failure().is_some());
    }
}
