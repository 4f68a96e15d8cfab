//! What one file may cost (safety.md, S5): a picture that asks for more is refused by name before anything is allocated (I16).

/// Bounds for one decode or one look at a file's facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Pixels along one side.
    pub side: u32,
    /// Pixels in all.
    pub pixels: u64,
    /// Bytes that a decoder may hold at once.
    pub alloc_bytes: u64,
    /// Bytes of a whole file that is read into memory to be decoded.
    pub file_bytes: u64,
    /// Bytes read in search of facts (headers, EXIF, XMP), whatever the file's length.
    pub metadata_bytes: u64,
    /// TIFF directories, ISO boxes, PNG chunks and the like that are followed in one file.
    pub parts: u32,
    /// Scans of a progressive JPEG.
    pub scans: u32,
    /// Depth of XML elements in one another.
    pub xml_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            side: 65_535,
            pixels: 400_000_000,
            alloc_bytes: 1 << 30,
            file_bytes: 1 << 30,
            metadata_bytes: 64 << 20,
            parts: 1000,
            scans: 500,
            xml_depth: 64,
        }
    }
}

impl Limits {
    /// Whether a picture of this size may be decoded; the sentence says why not.
    ///
    /// # Errors
    /// A side or the area is larger than allowed, or nothing at all.
    pub fn check_size(&self, width: u32, height: u32) -> Result<(), String> {
        if width == 0 || height == 0 {
            return Err(format!("a picture of {width} x {height} pixels"));
        }
        if width > self.side || height > self.side {
            return Err(format!(
                "{width} x {height} pixels, more than {} along one side",
                self.side
            ));
        }
        let area = u64::from(width) * u64::from(height);
        if area > self.pixels {
            return Err(format!(
                "{width} x {height} pixels, more than {} megapixels",
                self.pixels / 1_000_000
            ));
        }
        Ok(())
    }

    /// Whether a decoder may hold so many bytes; the sentence says why not.
    ///
    /// # Errors
    /// It would be more than allowed.
    pub fn check_alloc(&self, bytes: u64) -> Result<(), String> {
        if bytes > self.alloc_bytes {
            return Err(format!(
                "it needs {} to decode, more than {}",
                crate::model::content::human_bytes(bytes),
                crate::model::content::human_bytes(self.alloc_bytes)
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i16_sizes_are_bounded_by_side_and_by_area() {
        let limits = Limits::default();
        assert_eq!(limits.check_size(20_000, 20_000), Ok(()));
        for (width, height) in [(0, 5), (65_536, 1), (65_535, 65_535), (20_001, 20_000)] {
            assert!(limits.check_size(width, height).is_err(), "{width} x {height}");
        }
    }
}
