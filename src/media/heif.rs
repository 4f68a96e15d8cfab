//! HEIC and AVIF: pictures as items of an ISO file (ISO 23008-12), one coded picture or a grid of them, with crop, rotation
//! and mirror, colours, an alpha picture beside it and a small stored copy. Codecs are heifer's HEVC and re_rav1d's AV1.
//!
//! EXIF's orientation is not applied: these files turn themselves by `irot` and `imir`, and EXIF only repeats it. Gain maps
//! are pictures beside the picture and are left alone.

use super::{
    av1, bmff,
    color::{Channels, Profile},
    decode::{DecodeError, Raster, Want, guarded},
    decoders::CUT_SHORT,
    heif_shape::{Cut, Geometry, clap, join, with_alpha},
    limits::Limits,
    orient::Turn,
    resize,
    source::Source,
    wide::{self, Light, Shape},
    yuv::{Canvas, Cicp, Planes, Rows},
};
use heifer::{
    heifer_hevc_dec::decoder::{DecodeOptions, decode_picture},
    heifer_isobmff::{
        HeifFile,
        boxes::{ColorInfo, Grid, Property},
    },
};

/// Pictures derived from pictures derived from pictures: as deep as this.
const DEPTH: u32 = 4;
/// A picture that is shown this many times smaller is decoded without the filters that smooth block edges: they change
/// pixels by little, which averaging takes away, and cost a quarter of the time.
const UNFILTERED_FROM: u32 = 4;

/// HEIC, HEIF and AVIF.
///
/// # Errors
/// By fault.
pub fn decode(bytes: &[u8], want: Want, limits: &Limits) -> Result<Raster, DecodeError> {
    bound(bytes, limits)?;
    let patched;
    let file = match HeifFile::parse(bytes) {
        Ok(file) => file,
        Err(error) => {
            let Some(whole) = closed(bytes, limits) else {
                return Err(unreadable(bytes, &error.to_string(), limits));
            };
            patched = whole;
            HeifFile::parse(&patched).map_err(|error| unreadable(bytes, &error.to_string(), limits))?
        }
    };
    let picture = Picture {
        file: &file,
        want,
        limits,
    };
    let id = file.primary_id;
    if let Want::Fit(edge) | Want::Near(edge) = want
        && let Some(raster) = picture.stored_copy(id, edge)
    {
        return Ok(raster);
    }
    picture.item(id)
}

/// A file that is not of the kind read here, or is damaged.
fn unreadable(bytes: &[u8], why: &str, limits: &Limits) -> DecodeError {
    let mut cursor = std::io::Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, bytes.len() as u64, limits.metadata_bytes);
    let parts = bmff::parts(&mut source, 0, bytes.len() as u64, limits);
    let has = |name: &[u8; 4]| parts.iter().any(|part| &part.name == name);
    if has(b"moov") && !has(b"meta") {
        return DecodeError::Unsupported("Picture sequences (HEIF)".to_owned());
    }
    DecodeError::Damaged(why.to_owned())
}

/// Items are looked up by walking their lists, so there may not be too many of them (I16).
fn bound(bytes: &[u8], limits: &Limits) -> Result<(), DecodeError> {
    const LONGEST: u64 = 1 << 20;
    let mut cursor = std::io::Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, bytes.len() as u64, limits.metadata_bytes);
    let top = bmff::parts(&mut source, 0, bytes.len() as u64, limits);
    for meta in top.iter().filter(|part| &part.name == b"meta") {
        for part in bmff::parts(&mut source, meta.at + 4, meta.at + meta.len, limits) {
            let listed = matches!(&part.name, b"iinf" | b"iloc" | b"iref" | b"iprp");
            // Profiles lie among the properties and may be long; lists of items are not.
            let most = if &part.name == b"iprp" { 16 * LONGEST } else { LONGEST };
            if listed && part.len > most {
                return Err(DecodeError::Limits("its list of parts is too long".to_owned()));
            }
        }
    }
    Ok(())
}

/// A file that was cut short, its last box ended where the bytes end, so that what is there can be read.
fn closed(bytes: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let mut cursor = std::io::Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, bytes.len() as u64, limits.metadata_bytes);
    let last = *bmff::parts(&mut source, 0, bytes.len() as u64, limits).last()?;
    let start = usize::try_from(last.at).ok()?.checked_sub(8)?;
    let mut whole = bytes.to_vec();
    // Length 0 is "to the end of the file".
    if whole.get(start + 4..start + 8)? != last.name.as_slice() || &last.name != b"mdat" {
        return None;
    }
    whole.get_mut(start..start + 4)?.fill(0);
    Some(whole)
}

fn container(error: heifer::heifer_isobmff::Error) -> DecodeError {
    DecodeError::Damaged(error.to_string())
}

struct Picture<'a> {
    file: &'a HeifFile<'a>,
    want: Want,
    limits: &'a Limits,
}

/// How planes of an item are made.
#[derive(Clone, Copy)]
struct How {
    /// By how much they are reduced.
    by: u32,
    /// With what smooths block edges.
    filtered: bool,
}

impl Picture<'_> {
    fn kind(&self, id: u32) -> Result<[u8; 4], DecodeError> {
        Ok(self.file.item(id).map_err(container)?.item_type.0)
    }

    fn properties(&self, id: u32) -> Vec<&Property> {
        self.file.item_properties(id).map(Iterator::collect).unwrap_or_default()
    }

    /// The size of an item's own pixels, before anything is cut or turned.
    fn stored_size(&self, id: u32) -> Option<(u32, u32)> {
        let size = if self.kind(id).ok()? == *b"grid" {
            let grid = self.file.grid(id).ok()?;
            Some((grid.output_width, grid.output_height))
        } else {
            self.file.image_size(id).ok()?
        };
        size.filter(|(width, height)| *width > 0 && *height > 0)
    }

    /// Crop, rotation and mirror in the order in which they are listed.
    fn geometry(&self, id: u32, size: (u32, u32)) -> Geometry {
        let mut shown = Geometry {
            left: 0,
            top: 0,
            width: size.0,
            height: size.1,
            turn: Turn::NONE,
        };
        for property in self.properties(id) {
            match property {
                Property::Rotation(quarters) => {
                    for _ in 0..*quarters {
                        shown.turn = shown.turn.then(Turn::LEFT);
                    }
                }
                Property::Mirror(true) => shown.turn = shown.turn.then(Turn::UPSIDE_DOWN),
                Property::Mirror(false) => shown.turn = shown.turn.then(Turn::MIRRORED),
                Property::CleanAperture {
                    width,
                    height,
                    horiz_offset,
                    vert_offset,
                } if shown.turn == Turn::NONE => {
                    let across = clap((shown.left, shown.width), *width, *horiz_offset);
                    let down = clap((shown.top, shown.height), *height, *vert_offset);
                    if let (Some((left, width)), Some((top, height))) = (across, down) {
                        (shown.left, shown.width, shown.top, shown.height) = (left, width, top, height);
                    }
                }
                _ => {}
            }
        }
        shown
    }

    /// The stored small copy, where it is the same picture in the same shape and large enough.
    fn stored_copy(&self, id: u32, edge: u32) -> Option<Raster> {
        let own = self.geometry(id, self.stored_size(id)?);
        let (width, height) = resize::fit(own.width, own.height, edge);
        let shape = |width: u32, height: u32| f64::from(width) / f64::from(height.max(1));
        let mut fitting: Vec<(u32, (u32, u32))> = self
            .file
            .referencing_items(id, b"thmb")
            .into_iter()
            .filter_map(|thumb| {
                let size = self.stored_size(thumb)?;
                let shown = self.geometry(thumb, size);
                let same = shown.turn == own.turn && (shown.width, shown.height) == size;
                let alike = (shape(size.0, size.1) / shape(own.width, own.height) - 1.0).abs() < 0.01;
                // Encoders cut a small copy to even sides, so it may lack a line or two of what we would make.
                let enough = size.0 + 2 >= width && size.1 + 2 >= height;
                (same && alike && enough).then_some((thumb, size))
            })
            .collect();
        fitting.sort_by_key(|(_, size)| size.0);
        let (thumb, _) = *fitting.first()?;
        let mut raster = guarded(|| self.item(thumb))
            .ok()
            .filter(|raster| raster.note.is_none())?;
        raster.full = (own.width, own.height);
        Some(raster)
    }

    /// An item as a raster, as large as wanted.
    fn item(&self, id: u32) -> Result<Raster, DecodeError> {
        match &self.kind(id)? {
            b"jpeg" => self.jpeg(id),
            b"hvc1" | b"hev1" | b"av01" | b"grid" => self.coded(id),
            b"iden" | b"iovl" => self.derived(id),
            other => Err(DecodeError::Unsupported(format!(
                "HEIF pictures of the kind {}",
                String::from_utf8_lossy(other)
            ))),
        }
    }

    fn jpeg(&self, id: u32) -> Result<Raster, DecodeError> {
        let data = self.file.item_data(id).map_err(container)?;
        let mut raster = super::decoders::jpeg(&data, self.want, self.limits)?;
        let shown = self.geometry(id, raster.full);
        if (shown.width, shown.height) != raster.full {
            return Err(DecodeError::Unsupported("Cropped JPEG-in-HEIF".to_owned()));
        }
        raster.orientation = shown.turn.exif();
        if let Some(profile) = self.colours(id, None).1 {
            raster.profile = profile;
        }
        Ok(raster)
    }

    /// A collage or an unchanged copy: rare enough to be left to heifer whole, which turns and crops it too.
    fn derived(&self, id: u32) -> Result<Raster, DecodeError> {
        let image = heifer::decode_item(self.file, id, 0).map_err(|error| match error {
            heifer::Error::Unsupported(what) => DecodeError::Unsupported(format!("HEIF ({what})")),
            other => DecodeError::Damaged(other.to_string()),
        })?;
        let (size, bits) = ((image.width, image.height), image.bit_depth);
        self.limits.check_size(size.0, size.1).map_err(DecodeError::Limits)?;
        let top = (1_u32 << bits) - 1;
        let data = image
            .data
            .into_iter()
            .map(|value| u16::try_from(u32::from(value) * 65_535 / top.max(1)).unwrap_or(u16::MAX))
            .collect();
        let (_, profile) = self.colours(id, None);
        let shape = Shape::whole(size.0, size.1, 1);
        let profile = profile.unwrap_or_default();
        wide::sixteen(&shape, Channels::Rgba, data, &profile, self.want, None, self.limits)
    }

    /// A coded picture or a grid of them.
    fn coded(&self, id: u32) -> Result<Raster, DecodeError> {
        let size = self
            .stored_size(id)
            .ok_or_else(|| DecodeError::Damaged("it does not say how large it is".to_owned()))?;
        self.limits.check_size(size.0, size.1).map_err(DecodeError::Limits)?;
        let shown = self.geometry(id, size);
        let target = self.want.size(shown.width, shown.height);
        let by = self.factor(id, shown, target);
        let small = target.0.saturating_mul(UNFILTERED_FROM) <= shown.width
            && target.1.saturating_mul(UNFILTERED_FROM) <= shown.height;
        let how = How { by, filtered: !small };
        let (canvas, own, note) = self.canvas(id, size, how, 0)?;
        let (cicp, profile) = self.colours(id, Some(own));
        let alpha = self.alpha(id, size, how);
        let shape = Shape {
            rows: (shown.width.div_ceil(by), shown.height.div_ceil(by)),
            extent: (
                f64::from(shown.width) / f64::from(by),
                f64::from(shown.height) / f64::from(by),
            ),
            full: (shown.width, shown.height),
            orientation: shown.turn.exif(),
        };
        let cut = Cut {
            stride: canvas.size().0 as usize,
            left: (shown.left / by) as usize,
            top: (shown.top / by) as usize,
            width: shape.rows.0 as usize,
            height: shape.rows.1 as usize,
        };
        let premultiplied = self
            .file
            .references
            .iter()
            .any(|one| one.ref_type.0 == *b"prem" && one.from == id);
        let mut channels = canvas.channels();
        let plain = channels.count();
        let light = match cicp.transfer {
            16 => Some(Light::Pq),
            18 => Some(Light::Hlg),
            _ => None,
        };
        match canvas.rows(cicp) {
            Rows::Eight(rows) if light.is_none() => {
                let mut rows = cut.of(rows, plain);
                if let Some(alpha) = alpha {
                    channels = with_alpha(channels);
                    let alpha = cut
                        .of(alpha, 1)
                        .into_iter()
                        .map(super::color::to_8)
                        .collect::<Vec<u8>>();
                    rows = join(&rows, plain, &alpha, premultiplied, u8::MAX);
                }
                Ok(Raster {
                    width: shape.rows.0,
                    height: shape.rows.1,
                    full: shape.full,
                    extent: shape.extent,
                    channels,
                    data: rows,
                    profile: profile.unwrap_or_default(),
                    orientation: shape.orientation,
                    note,
                })
            }
            rows => {
                let mut rows = cut.of(
                    match rows {
                        Rows::Sixteen(rows) => rows,
                        Rows::Eight(rows) => rows.into_iter().map(|value| u16::from(value) * 257).collect(),
                    },
                    plain,
                );
                if let Some(alpha) = alpha {
                    channels = with_alpha(channels);
                    rows = join(&rows, plain, &cut.of(alpha, 1), premultiplied, u16::MAX);
                }
                match light {
                    Some(light) if !matches!(profile, Some(Profile::Icc(_))) => {
                        wide::hdr(&shape, channels, rows, cicp.primaries, light, self.want, self.limits)
                    }
                    _ => {
                        let profile = profile.unwrap_or_default();
                        wide::sixteen(&shape, channels, rows, &profile, self.want, note, self.limits)
                    }
                }
            }
        }
    }

    /// By how much planes are reduced before they get colours: what is left has at least twice the wanted pixels, and a
    /// tile or a crop begins where a reduced pixel does.
    fn factor(&self, id: u32, shown: Geometry, target: (u32, u32)) -> u32 {
        let tile = match self.kind(id) {
            Ok(kind) if kind == *b"grid" => self
                .file
                .referenced_items(id, b"dimg")
                .first()
                .and_then(|first| self.stored_size(*first))
                .unwrap_or((1, 1)),
            _ => (0, 0),
        };
        [8, 4, 2]
            .into_iter()
            .find(|by| {
                let enough = shown.width / by >= 2 * target.0 && shown.height / by >= 2 * target.1;
                let aligned = [tile.0, tile.1, shown.left, shown.top]
                    .into_iter()
                    .all(|edge| edge % by == 0);
                enough && aligned
            })
            .unwrap_or(1)
    }

    /// An item's planes, reduced; what its stream says of its colours; and a note where tiles are missing.
    fn canvas(
        &self,
        id: u32,
        size: (u32, u32),
        how: How,
        depth: u32,
    ) -> Result<(Canvas, Cicp, Option<String>), DecodeError> {
        if depth > DEPTH {
            return Err(DecodeError::Damaged("its parts lie in one another".to_owned()));
        }
        if self.kind(id)? == *b"grid" {
            return self.grid(id, how);
        }
        let planes = self.planes(id, how)?;
        let size = (size.0.min(planes.width), size.1.min(planes.height));
        let mut canvas = Canvas::new(size, how.by, &planes, self.limits).map_err(DecodeError::Limits)?;
        canvas.place(&planes, 0, 0);
        Ok((canvas, planes.cicp, None))
    }

    fn grid(&self, id: u32, how: How) -> Result<(Canvas, Cicp, Option<String>), DecodeError> {
        let Grid {
            rows,
            columns,
            output_width,
            output_height,
        } = self.file.grid(id).map_err(container)?;
        let tiles = self.file.referenced_items(id, b"dimg");
        if tiles.len() != usize::from(rows) * usize::from(columns) || tiles.is_empty() {
            return Err(DecodeError::Damaged("its tiles are not as many as it says".to_owned()));
        }
        let mut made: Option<(Canvas, Cicp, (u32, u32))> = None;
        let mut missing = None;
        // As many tiles at a time as there are threads: each is let go as soon as it is placed.
        let at_once = if how.by == 1 {
            rayon::current_num_threads().max(1)
        } else {
            1
        };
        for (chunk_index, chunk) in tiles.chunks(at_once).enumerate() {
            for (index, planes) in self.tiles(chunk, how).into_iter().enumerate() {
                let index = chunk_index * at_once + index;
                let planes = match planes {
                    Ok(planes) => planes,
                    Err(DecodeError::Limits(why)) => return Err(DecodeError::Limits(why)),
                    Err(error) => {
                        missing.get_or_insert((index, error));
                        continue;
                    }
                };
                if made.is_none() {
                    let size = self.stored_size(*tiles.get(index).unwrap_or(&id));
                    let size = size.unwrap_or((planes.width, planes.height));
                    let canvas = Canvas::new((output_width, output_height), how.by, &planes, self.limits)
                        .map_err(DecodeError::Limits)?;
                    made = Some((canvas, planes.cicp, size));
                }
                let Some((canvas, _, tile)) = &mut made else {
                    continue;
                };
                if !canvas.takes(&planes) {
                    return Err(DecodeError::Damaged("its tiles are not of one kind".to_owned()));
                }
                let (row, column) = (index / usize::from(columns), index % usize::from(columns));
                let place = |index: usize, side: u32| u32::try_from(index).ok()?.checked_mul(side);
                if let (Some(x), Some(y)) = (place(column, tile.0), place(row, tile.1)) {
                    canvas.place(&planes, x, y);
                }
            }
        }
        match (made, missing) {
            (Some((canvas, cicp, _)), missing) => Ok((canvas, cicp, missing.map(|_| CUT_SHORT.to_owned()))),
            (None, Some((_, error))) => Err(error),
            (None, None) => Err(DecodeError::Damaged("it has no tiles".to_owned())),
        }
    }

    /// Tiles side by side where the whole picture is wanted; a panic comes back to us as from a call.
    fn tiles(&self, ids: &[u32], how: How) -> Vec<Result<Planes, DecodeError>> {
        use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
        let one = |id: &u32| {
            guarded(|| match self.kind(*id)? {
                kind if kind == *b"grid" => Err(DecodeError::Unsupported("HEIF grids of grids".to_owned())),
                _ => self.planes(*id, how),
            })
        };
        if ids.len() == 1 {
            return ids.iter().map(one).collect();
        }
        ids.par_iter().map(one).collect()
    }

    /// Decodes one coded item.
    fn planes(&self, id: u32, how: How) -> Result<Planes, DecodeError> {
        let size = self.stored_size(id);
        if let Some((width, height)) = size {
            self.limits.check_size(width, height).map_err(DecodeError::Limits)?;
            // Planes of two bytes and what a decoder keeps beside them.
            self.limits
                .check_alloc(u64::from(width) * u64::from(height) * 8)
                .map_err(DecodeError::Limits)?;
        }
        let planes = match &self.kind(id)? {
            b"hvc1" | b"hev1" => self.hevc(id, how)?,
            b"av01" => av1::picture(&self.file.item_data(id).map_err(container)?, how.filtered, self.limits)?,
            other => {
                return Err(DecodeError::Unsupported(format!(
                    "HEIF pictures of the kind {}",
                    String::from_utf8_lossy(other)
                )));
            }
        };
        if planes.width == 0 || planes.height == 0 || !(8..=12).contains(&planes.depth) {
            return Err(DecodeError::Unsupported(format!("{}-bit pictures", planes.depth)));
        }
        Ok(planes)
    }

    fn hevc(&self, id: u32, how: How) -> Result<Planes, DecodeError> {
        let options = DecodeOptions {
            skip_loop_filters: !how.filtered,
            max_pixels: self.limits.pixels.min(self.limits.alloc_bytes / 8),
            ..DecodeOptions::default()
        };
        let stream = self.file.hevc_bitstream(id).map_err(container)?;
        let frame = decode_picture(&stream, options).map_err(|error| match error {
            heifer::heifer_hevc_dec::Error::Unimplemented(what) => DecodeError::Unsupported(format!("HEVC ({what})")),
            other => DecodeError::Damaged(format!("HEVC: {other}")),
        })?;
        if frame.widths[1] > 0 && frame.bit_depth[0] != frame.bit_depth[1] {
            return Err(DecodeError::Unsupported("HEVC with two depths".to_owned()));
        }
        Ok(Planes {
            width: frame.widths[0],
            height: frame.heights[0],
            sub: match frame.chroma_format {
                1 => (2, 2),
                2 => (2, 1),
                _ => (1, 1),
            },
            depth: frame.bit_depth[0],
            cicp: Cicp {
                primaries: 2,
                transfer: 2,
                matrix: u16::from(frame.matrix_coeffs),
                full_range: frame.full_range,
            },
            planes: frame.planes,
        })
    }

    /// Code points and, where there is one, the profile: the item's own, else its first tile's, else the stream's.
    fn colours(&self, id: u32, stream: Option<Cicp>) -> (Cicp, Option<Profile>) {
        let mut cicp = None;
        let mut icc = None;
        let first_tile = self.file.referenced_items(id, b"dimg").first().copied();
        for item in [Some(id), first_tile].into_iter().flatten() {
            for property in self.properties(item) {
                match property {
                    Property::Color(ColorInfo::Icc(bytes)) if !bytes.is_empty() && icc.is_none() => {
                        icc = Some(bytes.clone());
                    }
                    Property::Color(ColorInfo::Nclx {
                        primaries,
                        transfer,
                        matrix,
                        full_range,
                    }) if cicp.is_none() => {
                        cicp = Some(Cicp {
                            primaries: *primaries,
                            transfer: *transfer,
                            matrix: *matrix,
                            full_range: *full_range,
                        });
                    }
                    _ => {}
                }
            }
        }
        let vui = stream.map(|stream| self.vui(first_tile.unwrap_or(id)).unwrap_or(stream));
        let cicp = cicp.or(vui).unwrap_or(Cicp {
            primaries: 2,
            transfer: 2,
            matrix: 2,
            full_range: true,
        });
        let profile = icc.map(Profile::Icc).or({
            let plain = matches!(cicp.primaries, 0..=2) && !matches!(cicp.transfer, 4 | 5 | 8);
            (!plain).then_some(Profile::Cicp(cicp.primaries, cicp.transfer))
        });
        (cicp, profile)
    }

    /// What an HEVC stream's parameters say of its colours.
    fn vui(&self, id: u32) -> Option<Cicp> {
        use heifer::heifer_hevc_dec::{nal::NalUnit, params::ParameterSets};
        let config = self.file.hevc_config(id).ok()??;
        let mut sets = ParameterSets::default();
        for nal in &config.nal_units {
            let unit = NalUnit::parse(nal).ok()?;
            sets.add(&unit).ok()?;
        }
        let vui = sets.sps.iter().flatten().find_map(|sps| sps.vui.as_ref())?;
        Some(Cicp {
            primaries: u16::from(vui.colour_primaries),
            transfer: u16::from(vui.transfer_characteristics),
            matrix: u16::from(vui.matrix_coeffs),
            full_range: vui.video_full_range_flag,
        })
    }

    /// The alpha picture beside an item, as large as the item's reduced rows; 65,535 is opaque.
    fn alpha(&self, id: u32, size: (u32, u32), how: How) -> Option<Vec<u16>> {
        let item = self.file.referencing_items(id, b"auxl").into_iter().find(|item| {
            self.properties(*item).into_iter().any(|property| {
                matches!(property, Property::AuxiliaryType(kind)
                    if kind == "urn:mpeg:hevc:2015:auxid:1" || kind == "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")
            })
        })?;
        let own = self.stored_size(item)?;
        let (canvas, stream, _) = guarded(|| self.canvas(item, own, how, 1)).ok()?;
        let (cicp, _) = self.colours(item, Some(stream));
        // Of a picture with chroma only luma counts: without a matrix it comes out as green.
        let channels = canvas.channels().count();
        let rows = match canvas.rows(Cicp { matrix: 0, ..cicp }) {
            Rows::Sixteen(rows) => rows,
            Rows::Eight(rows) => rows.into_iter().map(|value| u16::from(value) * 257).collect(),
        };
        let alpha: Vec<u16> = rows.into_iter().skip(channels / 3).step_by(channels).collect();
        let to = (size.0.div_ceil(how.by), size.1.div_ceil(how.by));
        if canvas.size() == to {
            return Some(alpha);
        }
        resize::resize_16(&alpha, 1, false, canvas.size(), canvas.extent(), to).ok()?
    }
}
