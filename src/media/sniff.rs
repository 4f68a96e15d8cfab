//! The format of a file from its first bytes, never from its name: a JPEG called `.HEIC` is a JPEG.

use crate::model::metadata::MediaKind;

/// How many first bytes [`sniff`] wants to see; with fewer it says what those tell.
pub const HEAD: usize = 4096;

/// A format that can be told from its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "each variant is the format's own usual name")]
pub enum Format {
    Jpeg,
    Png,
    Gif,
    Bmp,
    Tiff,
    WebP,
    Heic,
    Heif,
    Avif,
    Jxl,
    Jp2,
    Psd,
    Ico,
    Qoi,
    Pnm,
    Exr,
    Hdr,
    Svg,
    Dng,
    Cr2,
    Cr3,
    Crw,
    Nef,
    Arw,
    Raf,
    Orf,
    Rw2,
    Pef,
    Srw,
    Mrw,
    X3f,
    Iiq,
    Mov,
    Mp4,
    Avi,
    Matroska,
    MpegTs,
    MpegPs,
    Wmv,
    Pdf,
    Xmp,
    Aae,
    Json,
}

impl Format {
    /// The usual short name, as in `Facts::format`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
            Self::Heic => "HEIC",
            Self::Heif => "HEIF",
            Self::Avif => "AVIF",
            Self::Jxl => "JPEG XL",
            Self::Jp2 => "JPEG 2000",
            Self::Psd => "PSD",
            Self::Ico => "ICO",
            Self::Qoi => "QOI",
            Self::Pnm => "PNM",
            Self::Exr => "EXR",
            Self::Hdr => "HDR",
            Self::Svg => "SVG",
            Self::Dng => "DNG",
            Self::Cr2 => "CR2",
            Self::Cr3 => "CR3",
            Self::Crw => "CRW",
            Self::Nef => "NEF",
            Self::Arw => "ARW",
            Self::Raf => "RAF",
            Self::Orf => "ORF",
            Self::Rw2 => "RW2",
            Self::Pef => "PEF",
            Self::Srw => "SRW",
            Self::Mrw => "MRW",
            Self::X3f => "X3F",
            Self::Iiq => "IIQ",
            Self::Mov => "MOV",
            Self::Mp4 => "MP4",
            Self::Avi => "AVI",
            Self::Matroska => "Matroska",
            Self::MpegTs => "MPEG-TS",
            Self::MpegPs => "MPEG",
            Self::Wmv => "WMV",
            Self::Pdf => "PDF",
            Self::Xmp => "XMP",
            Self::Aae => "AAE",
            Self::Json => "JSON",
        }
    }

    /// Whether its pictures lie in ISO boxes as items: HEIF and its kin.
    #[must_use]
    pub fn is_in_boxes(self) -> bool {
        matches!(self, Self::Heic | Self::Heif | Self::Avif)
    }

    /// The broad kind.
    #[must_use]
    pub fn kind(self) -> MediaKind {
        match self {
            Self::Jpeg
            | Self::Png
            | Self::Gif
            | Self::Bmp
            | Self::Tiff
            | Self::WebP
            | Self::Heic
            | Self::Heif
            | Self::Avif
            | Self::Jxl
            | Self::Jp2
            | Self::Psd
            | Self::Ico
            | Self::Qoi
            | Self::Pnm
            | Self::Exr
            | Self::Hdr
            | Self::Svg => MediaKind::Picture,
            Self::Mov | Self::Mp4 | Self::Avi | Self::Matroska | Self::MpegTs | Self::MpegPs | Self::Wmv => {
                MediaKind::Video
            }
            Self::Xmp | Self::Aae => MediaKind::Sidecar,
            Self::Pdf | Self::Json => MediaKind::Other,
            _ => MediaKind::Raw,
        }
    }

    /// Whether every pixel of such a file can be shown; others may still show an embedded preview.
    #[must_use]
    pub fn can_decode(self) -> bool {
        super::decoders::of(self).is_some()
    }

    /// Whether files of this format usually carry a JPEG that shows them.
    #[must_use]
    pub fn may_hold_preview(self) -> bool {
        self.kind() == MediaKind::Raw || matches!(self, Self::Heic | Self::Heif | Self::Psd | Self::Tiff)
    }

    /// Whether its facts lie in TIFF directories from its first byte on.
    #[must_use]
    pub fn is_tiff_based(self) -> bool {
        matches!(
            self,
            Self::Tiff
                | Self::Dng
                | Self::Cr2
                | Self::Nef
                | Self::Arw
                | Self::Orf
                | Self::Rw2
                | Self::Pef
                | Self::Srw
                | Self::Iiq
        )
    }
}

/// The format that the first bytes show; `None` where they show none that is known here.
#[must_use]
pub fn sniff(head: &[u8]) -> Option<Format> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if starts(&[0xFF, 0xD8, 0xFF]) {
        return Some(Format::Jpeg);
    }
    if starts(b"\x89PNG\r\n\x1a\n") {
        return Some(Format::Png);
    }
    if starts(b"GIF87a") || starts(b"GIF89a") {
        return Some(Format::Gif);
    }
    if starts(b"RIFF") && at(8, b"WEBP") {
        return Some(Format::WebP);
    }
    if starts(b"RIFF") && at(8, b"AVI ") {
        return Some(Format::Avi);
    }
    if at(4, b"ftyp") {
        return Some(sniff_ftyp(head));
    }
    if [&b"moov"[..], b"mdat", b"wide", b"free", b"skip", b"pnot"]
        .iter()
        .any(|name| at(4, name))
    {
        // QuickTime before `ftyp` existed.
        return Some(Format::Mov);
    }
    if starts(b"FUJIFILMCCD-RAW") {
        return Some(Format::Raf);
    }
    if starts(b"II\x1a\0\0\0HEAPCCDR") {
        return Some(Format::Crw);
    }
    if starts(b"\0MRM") {
        return Some(Format::Mrw);
    }
    if starts(b"FOVb") {
        return Some(Format::X3f);
    }
    if starts(b"IIRO") || starts(b"IIRS") || starts(b"MMOR") {
        return Some(Format::Orf);
    }
    if starts(b"IIU\0") {
        return Some(Format::Rw2);
    }
    if [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"]
        .iter()
        .any(|magic| starts(magic))
    {
        return Some(sniff_tiff(head));
    }
    sniff_rest(head)
}

fn sniff_ftyp(head: &[u8]) -> Format {
    let size = head
        .get(..4)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u32::from_be_bytes) as usize;
    let body = head.get(8..size.clamp(8, head.len().max(8))).unwrap_or_default();
    let mut brands = body.chunks_exact(4);
    let major = brands.next().unwrap_or_default();
    let compatible: Vec<&[u8]> = brands.skip(1).collect();
    let has = |brand: &[u8]| major == brand || compatible.contains(&brand);
    if major == b"crx " {
        Format::Cr3
    } else if has(b"avif") || has(b"avis") {
        Format::Avif
    } else if [&b"heic"[..], b"heix", b"hevc", b"hevx", b"heim", b"heis"]
        .iter()
        .any(|brand| has(brand))
    {
        Format::Heic
    } else if has(b"mif1") || has(b"msf1") {
        Format::Heif
    } else if major == b"qt  " {
        Format::Mov
    } else if major == b"jp2 " || major == b"jpx " {
        Format::Jp2
    } else {
        Format::Mp4
    }
}

/// The same with the whole file at hand: the directory that tells a RAW file from a TIFF may lie far behind its head.
pub(in crate::media) fn sniff_source(source: &mut super::source::Source<'_>) -> Option<Format> {
    let head = source.up_to(0, HEAD)?;
    match sniff(&head)? {
        Format::Tiff => Some(tiff_kind(source)),
        format => Some(format),
    }
}

/// RAW formats that are plain TIFF are told apart by a few tags of the first directory: the DNG version, the maker.
fn sniff_tiff(head: &[u8]) -> Format {
    if head.get(8..10) == Some(b"CR") {
        return Format::Cr2;
    }
    if head.get(8..12) == Some(b"IIII") || head.get(8..12) == Some(b"MMMM") {
        return Format::Iiq;
    }
    let mut cursor = std::io::Cursor::new(head);
    let mut source = super::source::Source::new(&mut cursor, head.len() as u64, 1 << 20);
    tiff_kind(&mut source)
}

fn tiff_kind(source: &mut super::source::Source<'_>) -> Format {
    let Some((mut tiff, first)) = super::tiff::Tiff::open(source, 0, 4) else {
        return Format::Tiff;
    };
    let Some(ifd) = tiff.ifd(first) else {
        return Format::Tiff;
    };
    if ifd.get(0xC612).is_some() {
        return Format::Dng;
    }
    // A developed TIFF keeps its camera's name too; only an undeveloped one has sensor data in a sub-directory or a
    // compression that no TIFF reader knows.
    let make = ifd.text(0x010F).unwrap_or_default().to_ascii_uppercase();
    let compression = ifd.number(0x0103).unwrap_or(0);
    let undeveloped = ifd.get(0x014A).is_some() || ifd.number(0x00FE) == Some(1);
    if make.starts_with("NIKON") && (undeveloped || compression == 34_713) {
        Format::Nef
    } else if make.starts_with("SONY") && (undeveloped || compression == 32_767) {
        Format::Arw
    } else if make.starts_with("SAMSUNG") && undeveloped {
        Format::Srw
    } else if (make.starts_with("PENTAX") || make.starts_with("RICOH")) && (compression == 65_535 || undeveloped) {
        Format::Pef
    } else {
        Format::Tiff
    }
}

fn sniff_rest(head: &[u8]) -> Option<Format> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if starts(&[0xFF, 0x0A]) || starts(b"\0\0\0\x0cJXL \r\n\x87\n") {
        return Some(Format::Jxl);
    }
    if starts(b"\0\0\0\x0cjP  \r\n\x87\n") || starts(&[0xFF, 0x4F, 0xFF, 0x51]) {
        return Some(Format::Jp2);
    }
    if starts(b"8BPS") {
        return Some(Format::Psd);
    }
    if starts(b"BM") && at(6, &[0, 0, 0, 0]) && head.get(14).is_some_and(|size| *size >= 12) {
        return Some(Format::Bmp);
    }
    if starts(b"qoif") {
        return Some(Format::Qoi);
    }
    if is_pnm(head) {
        return Some(Format::Pnm);
    }
    if starts(&[0x76, 0x2F, 0x31, 0x01]) {
        return Some(Format::Exr);
    }
    if starts(b"#?RADIANCE") || starts(b"#?RGBE") {
        return Some(Format::Hdr);
    }
    if starts(&[0x1A, 0x45, 0xDF, 0xA3]) {
        return Some(Format::Matroska);
    }
    if (starts(&[0x47]) && at(188, &[0x47])) || (at(4, &[0x47]) && at(196, &[0x47])) {
        return Some(Format::MpegTs);
    }
    if starts(&[0, 0, 1, 0xBA]) || starts(&[0, 0, 1, 0xB3]) {
        return Some(Format::MpegPs);
    }
    if starts(&[0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) {
        return Some(Format::Wmv);
    }
    if starts(b"%PDF-") {
        return Some(Format::Pdf);
    }
    if starts(&[0, 0, 1, 0]) && head.get(4).is_some_and(|count| *count > 0) && at(5, &[0]) {
        return Some(Format::Ico);
    }
    sniff_text(head)
}

/// PBM, PGM, PPM, PAM and PFM: `P`, a digit or letter, a space, and behind comments a number or PAM's first field.
fn is_pnm(head: &[u8]) -> bool {
    let [b'P', kind, space, rest @ ..] = head else {
        return false;
    };
    if !space.is_ascii_whitespace() {
        return false;
    }
    match kind {
        b'1'..=b'6' | b'F' | b'f' => {
            let next = rest.iter().find(|byte| !byte.is_ascii_whitespace());
            next.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'#')
        }
        b'7' => rest.trim_ascii_start().starts_with(b"WIDTH") || rest.trim_ascii_start().starts_with(b"#"),
        _ => false,
    }
}

fn sniff_text(head: &[u8]) -> Option<Format> {
    let text = String::from_utf8_lossy(head.get(..head.len().min(2048)).unwrap_or_default());
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("<?xpacket") || text.contains("<x:xmpmeta") || text.contains("http://www.w3.org/1999/02/22-rdf")
    {
        return text.starts_with('<').then_some(Format::Xmp);
    }
    if text.starts_with('<') && text.contains("<svg") {
        return Some(Format::Svg);
    }
    if text.starts_with('<') && text.contains("<plist") && text.contains("adjustment") {
        return Some(Format::Aae);
    }
    if text.starts_with('{') || text.starts_with('[') {
        return Some(Format::Json);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_magic() {
        let cases: &[(&[u8], Option<Format>)] = &[
            (&[0xFF, 0xD8, 0xFF, 0xE0], Some(Format::Jpeg)),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Some(Format::Heic)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Some(Format::Avif)),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Some(Format::Mov)),
            (b"II*\0\x10\0\0\0CR\x02\0", Some(Format::Cr2)),
            (b"II*\0\xff\xff\xff\xff", Some(Format::Tiff)),
            (b"FUJIFILMCCD-RAW 0201", Some(Format::Raf)),
            (b"{\"title\": 1}", Some(Format::Json)),
            (b"P6\n# made by hand\n2 2\n255\n", Some(Format::Pnm)),
            (b"P7\nWIDTH 2\n", Some(Format::Pnm)),
            (b"P5 is a song", None),
            (b"hello", None),
            (b"", None),
        ];
        for (bytes, format) in cases {
            assert_eq!(sniff(bytes), *format, "{bytes:?}");
        }
    }
}
