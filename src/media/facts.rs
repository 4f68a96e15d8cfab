//! The facts of a file: format, size as displayed, and how, where and when it was taken. Read in pieces, so that a film or
//! a RAW file of many megabytes costs a few kilobytes. What a file does not say stays unknown.

use super::{
    bmff,
    exif::{self, ExifFacts},
    headers,
    iptc::Iptc,
    jpeg,
    limits::Limits,
    motion, orient,
    sniff::{Format, sniff_source},
    source::{ReadSeek, Source},
    xmp::{self, Xmp},
};
use crate::model::{
    change::{normal_keyword, normal_text},
    metadata::{Facts, Gps, MotionPart},
    rating::Rating,
    sidecar::Stored,
};
use std::{
    collections::BTreeSet,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Reads the facts of a file of `size` bytes.
///
/// # Errors
/// The disk's. Damage in the file is no error: what could not be read is unknown.
pub fn read_facts(reader: &mut dyn ReadSeek, size: u64, limits: &Limits) -> io::Result<Facts> {
    let mut source = Source::new(reader, size, limits.metadata_bytes);
    // A parser of ours that panics on a hostile file must not take the scan with it (I5).
    let facts = catch_unwind(AssertUnwindSafe(|| gather(&mut source, limits))).unwrap_or_else(|_| {
        tracing::error!("reading facts panicked");
        Facts::default()
    });
    match source.failure() {
        Some(error) => Err(error),
        None => Ok(facts),
    }
}

/// The facts of bytes in memory.
#[must_use]
pub fn of_bytes(bytes: &[u8], limits: &Limits) -> Facts {
    read_facts(&mut io::Cursor::new(bytes), bytes.len() as u64, limits).unwrap_or_default()
}

/// Everything found before it is put together.
#[derive(Default)]
pub(in crate::media) struct Gathered {
    /// Size as stored, or as displayed where `upright`.
    size: Option<(u32, u32)>,
    /// The container says how it is turned, and `size` counts that in.
    upright: bool,
    orientation: Option<u8>,
    pub exif: Option<ExifFacts>,
    pub xmp: Option<Vec<u8>>,
    pub iptc: Option<Vec<u8>>,
    /// Where EXIF blocks lie: 1 = a whole one, 2 = its EXIF directory alone, 4 = its GPS directory alone.
    pub blocks: Vec<(u8, u64)>,
    film: bmff::Film,
    motion: Option<MotionPart>,
    /// When it was made, as a comment in the file says.
    noted: Option<String>,
}

fn gather(source: &mut Source<'_>, limits: &Limits) -> Facts {
    let Some(format) = sniff_source(source) else {
        return Facts::default();
    };
    let mut gathered = collect(source, format, limits).unwrap_or_default();
    if matches!(format, Format::Jpeg | Format::Heic | Format::Heif | Format::Avif) {
        let make = gathered.exif.as_ref().and_then(|exif| exif.make.as_deref());
        gathered.motion = motion::find(source, format, make.unwrap_or(""), gathered.xmp.as_deref(), limits);
    }
    combine(format, gathered, limits)
}

/// Finds size and metadata blocks by format.
pub(in crate::media) fn collect(source: &mut Source<'_>, format: Format, limits: &Limits) -> Option<Gathered> {
    let mut found = Gathered::default();
    match format {
        Format::Jpeg => collect_jpeg(source, 0, limits, &mut found)?,
        Format::Raf => {
            let at = headers::raf_jpeg(source)?;
            collect_jpeg(source, at, limits, &mut found)?;
        }
        Format::Png => take(source, headers::png, limits, &mut found)?,
        Format::WebP => take(source, headers::webp, limits, &mut found)?,
        Format::Gif => take(source, headers::gif, limits, &mut found)?,
        Format::Bmp => take(source, headers::bmp, limits, &mut found)?,
        Format::Psd => take(source, headers::psd, limits, &mut found)?,
        Format::Qoi => take(source, headers::qoi, limits, &mut found)?,
        Format::Pnm => take(source, headers::pnm, limits, &mut found)?,
        Format::Hdr => take(source, headers::hdr, limits, &mut found)?,
        Format::Exr => take(source, headers::exr, limits, &mut found)?,
        Format::Ico => take(source, headers::ico, limits, &mut found)?,
        Format::Jp2 => take(source, headers::jp2, limits, &mut found)?,
        Format::Mrw => take(source, headers::mrw, limits, &mut found)?,
        Format::Jxl => {
            take(source, headers::jxl, limits, &mut found)?;
            if let Some(size) = found.size {
                found.size = Some(orient::displayed(size.0, size.1, found.orientation.unwrap_or(1)));
            }
            found.upright = true;
            // Not EXIF's, and already in the size.
            found.orientation = None;
        }
        Format::Heic | Format::Heif | Format::Avif => {
            let heif = bmff::heif(source, limits)?;
            found.size = heif.size;
            found.upright = true;
            found.blocks = heif.exif_at.map(|at| (1, at)).into_iter().collect();
            found.exif = heif.exif_at.and_then(|at| exif::read(source, at, limits));
            found.xmp = heif.xmp;
        }
        Format::Cr3 => collect_cr3(source, limits, &mut found),
        Format::Avi => {
            (found.film.size, found.film.duration_s) = headers::avi(source)?;
            found.size = found.film.size;
        }
        Format::Mov | Format::Mp4 => {
            found.film = bmff::film(source, limits)?;
            found.size = found.film.size;
            found.upright = true;
        }
        Format::Xmp => {
            let len = usize::try_from(source.len()).ok()?;
            found.xmp = source.bytes(0, len);
        }
        _ if format.is_tiff_based() => {
            let exif = exif::read(source, 0, limits)?;
            found.blocks = vec![(1, 0)];
            // Canon's and Phase One's first directory describes a preview.
            found.size = match format {
                Format::Cr2 | Format::Iiq => exif.exif_size.or(exif.size),
                _ => exif.size,
            };
            found.xmp = exif.xmp.clone();
            found.iptc = exif.iptc.clone();
            found.exif = Some(exif);
        }
        _ => {}
    }
    Some(found)
}

fn take(
    source: &mut Source<'_>,
    read: fn(&mut Source<'_>, &Limits) -> Option<headers::Found>,
    limits: &Limits,
    found: &mut Gathered,
) -> Option<()> {
    let header = read(source, limits)?;
    found.size = header.size;
    found.orientation = header.orientation;
    found.xmp = header.xmp;
    found.iptc = header.iptc;
    found.noted = header.noted;
    found.blocks = header.exif_at.map(|at| (1, at)).into_iter().collect();
    found.exif = match (header.exif_at, header.exif) {
        (Some(at), _) => exif::read(source, at, limits),
        (None, Some(bytes)) => {
            let mut cursor = io::Cursor::new(&bytes);
            exif::read(
                &mut Source::new(&mut cursor, bytes.len() as u64, limits.metadata_bytes),
                0,
                limits,
            )
        }
        _ => None,
    };
    Some(())
}

fn collect_jpeg(source: &mut Source<'_>, at: u64, limits: &Limits, found: &mut Gathered) -> Option<()> {
    let header = jpeg::walk(source, at, limits.parts)?;
    found.size = header.frame.map(|frame| (frame.width, frame.height));
    let exif_at = header.exif(source).map(|(at, _)| at);
    found.blocks = exif_at.map(|at| (1, at)).into_iter().collect();
    found.exif = exif_at.and_then(|at| exif::read(source, at, limits));
    // A file cut off before its frame header still has what its EXIF states.
    found.size = found.size.or(found.exif.as_ref().and_then(|exif| exif.exif_size));
    found.xmp = header.xmp(source);
    found.iptc = header.iptc(source);
    Some(())
}

fn collect_cr3(source: &mut Source<'_>, limits: &Limits, found: &mut Gathered) {
    let blocks = bmff::canon(source, limits);
    let mut facts = blocks
        .iter()
        .find(|(kind, _)| *kind == 1)
        .and_then(|(_, at)| exif::read(source, *at, limits))
        .unwrap_or_default();
    found.blocks = blocks.clone();
    for (kind, at) in blocks {
        if kind != 1 {
            let _ = exif::read_detached(source, at, kind == 4, &mut facts);
        }
    }
    found.size = facts.exif_size.or(facts.size);
    found.exif = Some(facts);
    found.xmp = bmff::xmp(source, limits);
}

/// EXIF first, since the camera wrote it; XMP where EXIF is silent; marks from XMP first, since programs write them there.
fn combine(format: Format, gathered: Gathered, limits: &Limits) -> Facts {
    let xmp = gathered
        .xmp
        .as_deref()
        .and_then(|bytes| Xmp::parse(bytes, limits))
        .unwrap_or_default();
    let exif = gathered.exif.unwrap_or_default();
    let orientation = exif.orientation.or(gathered.orientation);
    let size = gathered.size.filter(|(width, height)| *width > 0 && *height > 0);
    let shown = size.map(|(width, height)| {
        if gathered.upright {
            (width, height)
        } else {
            orient::displayed(width, height, orientation.unwrap_or(1))
        }
    });
    let mut keywords = xmp.keywords();
    let iptc = gathered.iptc.as_deref().map(Iptc::parse).unwrap_or_default();
    for word in &iptc.keywords {
        if !keywords.contains(word) {
            keywords.push(word.clone());
        }
    }
    let marks = stored_marks(&xmp, &iptc, &exif, limits);
    let film = gathered.film;
    let position = xmp.position().map(|(latitude, longitude)| Gps {
        latitude,
        longitude,
        altitude: None,
    });
    Facts {
        format: Some(format.name().to_owned()),
        width: shown.map(|(width, _)| width),
        height: shown.map(|(_, height)| height),
        orientation: orientation.or_else(|| xmp.orientation()),
        make: exif.make.or(film.make).or_else(|| xmp.tiff("Make")),
        model: exif.model.or(film.model).or_else(|| xmp.tiff("Model")),
        lens: exif.lens,
        exposure_s: exif.exposure_s,
        bias_ev: exif.bias_ev,
        f_number: exif.f_number,
        iso: exif.iso,
        focal_mm: exif.focal_mm,
        taken: exif
            .taken
            .or_else(|| film.created.as_deref().and_then(exif::parse_time))
            .or(film.made)
            .or_else(|| xmp.taken())
            .or_else(|| gathered.noted.as_deref().and_then(exif::parse_time)),
        gps: exif.gps.or(film.gps).or(position),
        rating: xmp.rating().or(exif.rating),
        keywords,
        marks,
        proxy_of: xmp.marker(),
        duration_s: film.duration_s,
        codec: film.codec.and_then(bmff::codec_name),
        live_id: exif.live_id.or(film.live_id),
        motion: gathered.motion,
    }
}

/// The marks that the file itself carries: XMP, then IPTC, then EXIF, field by field.
fn stored_marks(xmp: &Xmp, iptc: &Iptc, exif: &ExifFacts, limits: &Limits) -> Stored {
    let stars = exif.rating.or_else(|| exif.rating_percent.map(xmp::stars_of_percent));
    let keywords = exif.xp_keywords.as_deref().unwrap_or_default().split(';');
    let keywords: BTreeSet<String> = keywords.filter_map(normal_keyword).collect();
    let exif = Stored {
        rating: stars.and_then(Rating::new),
        keywords: (!keywords.is_empty()).then_some(keywords),
        title: exif.xp_title.as_deref().map(normal_text),
        caption: exif.xp_comment.as_deref().map(normal_text),
        ..Stored::default()
    };
    let marks = xmp.marks(limits).or(iptc.marks()).or(exif);
    // Where and when it was taken are facts of their own, from better places than these.
    Stored {
        taken: None,
        position: None,
        ..marks
    }
}
