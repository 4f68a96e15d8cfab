//! Sensor data to a picture. `rawler` reads the makers' formats; what follows is ours: black and white levels, the
//! camera's white balance, demosaicing (PPG for Bayer, bilinear for X-Trans, in strips, so that memory is bounded),
//! the camera's matrix to sRGB, and brightness.
//!
//! A small picture is made of blocks of photosites averaged by colour, without demosaicing: it is quicker, and the same
//! picture. Brightness is `dcraw`'s rule with a bound: the brightest hundredth of the picture becomes white, but nothing is
//! lifted by more than two stops, so that a night stays a night. The curve is sRGB's.

use super::{
    color::{Channels, Profile},
    decode::{DecodeError, Raster, Want},
    limits::Limits,
    preview,
    sniff::Format,
    source::Source,
};
use rawler::{
    RawImage, RawImageData,
    cfa::CFA,
    decoders::RawDecodeParams,
    imgop::{
        Dim2, Point, Rect,
        matrix::{multiply, pseudo_inverse},
        sensor::{Demosaic as _, SensorType, bayer::ppg::PPGDemosaic, xtrans::bilinear::XTransBilinearDemosaic},
        xyz::{Illuminant, SRGB_TO_XYZ_D65},
    },
    pixarray::PixF32,
    rawimage::{CFAConfig, RawPhotometricInterpretation},
    rawsource::RawSource,
};
use rayon::iter::{IndexedParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;
use std::sync::Arc;

/// Rows that are demosaiced at once, and rows around them that the demosaicing looks at; both whole patterns of 2 and of 6.
const STRIP: usize = 240;
const MARGIN: usize = 12;
/// No picture is lifted by more (two stops).
const MAX_GAIN: f32 = 4.0;
const CUT: &str = "it ends before its sensor data do";
/// The long edge of the small picture that brightness is measured on.
const METER_EDGE: u32 = 256;

/// Develops the sensor data of a RAW file. `orientation` is what the file's facts say; the file's own where they say nothing.
///
/// # Errors
/// `Unsupported`: rawler does not know the camera. `Damaged`: the data end early or are not what they should be.
pub(in crate::media) fn develop(
    bytes: &[u8],
    want: Want,
    limits: &Limits,
    format: Format,
    orientation: Option<u8>,
) -> Result<Raster, DecodeError> {
    check_declared(bytes, format, limits)?;
    let raw = read(bytes, limits)?;
    let sensor = Sensor::new(&raw, limits)?;
    let area = sensor.area;
    let (full_width, full_height) = (area.d.w as u32, area.d.h as u32);
    let target = want.size(full_width, full_height);
    let gain = sensor.gain();
    let (data, width, height, extent) = match sensor.block_for(target) {
        Some(block) => {
            let (rows, width, height) = sensor.binned(block);
            let extent = (
                f64::from(full_width) / block as f64,
                f64::from(full_height) / block as f64,
            );
            (sensor.finish(&rows, gain), width, height, extent)
        }
        None => {
            // Rows of one strip in floats, and the whole picture in bytes.
            limits
                .check_alloc(u64::from(full_width) * (u64::from(full_height) * 3 + (STRIP as u64) * 32))
                .map_err(DecodeError::Limits)?;
            let data = sensor.demosaiced(gain)?;
            (
                data,
                full_width,
                full_height,
                (f64::from(full_width), f64::from(full_height)),
            )
        }
    };
    let own = u8::try_from(raw.orientation.to_u16()).ok();
    Ok(Raster {
        width,
        height,
        full: (full_width, full_height),
        extent,
        channels: if sensor.colors == 1 {
            Channels::Gray
        } else {
            Channels::Rgb
        },
        data,
        profile: Profile::None,
        orientation: orientation.or(own.filter(|own| matches!(own, 1..=8))).unwrap_or(1),
        note: None,
    })
}

/// What the headers promise, before rawler allocates for it: rawler bounds nothing, fills rows that have no data by a panic
/// each, and reads a file cut short for seconds.
fn check_declared(bytes: &[u8], format: Format, limits: &Limits) -> Result<(), DecodeError> {
    let mut cursor = std::io::Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, bytes.len() as u64, 4 << 20);
    let facts = super::facts::of_bytes(bytes, limits);
    let mut sizes: Vec<(u64, u64)> = facts
        .width
        .zip(facts.height)
        .map(|(width, height)| (u64::from(width), u64::from(height)))
        .into_iter()
        .collect();
    if format.is_tiff_based() {
        for ifd in preview::directories(&mut source, limits) {
            sizes.extend(ifd.number(0x0100).zip(ifd.number(0x0101)));
            // Strips, tiles. Some makers state lengths that are a little too long.
            for (offsets, lengths) in [(0x0111, 0x0117), (0x0144, 0x0145)] {
                let (Some(offsets), Some(lengths)) = (ifd.get(offsets), ifd.get(lengths)) else {
                    continue;
                };
                let pieces = (0..offsets.value.len()).map_while(|at| offsets.number(at).zip(lengths.number(at)));
                if pieces
                    .into_iter()
                    .any(|(at, len)| at.saturating_add(len / 10 * 9) > bytes.len() as u64)
                {
                    return Err(DecodeError::Damaged(CUT.to_owned()));
                }
            }
        }
    }
    for (width, height) in sizes {
        let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else {
            return Err(DecodeError::Limits("its size is absurd".to_owned()));
        };
        if width == 0 || height == 0 {
            continue;
        }
        limits.check_size(width, height).map_err(DecodeError::Limits)?;
        let area = u64::from(width) * u64::from(height);
        limits
            .check_alloc(area * 2 + bytes.len() as u64)
            .map_err(DecodeError::Limits)?;
        // Not even noiseless black packs so tightly.
        if (bytes.len() as u64).saturating_mul(64) < area {
            return Err(DecodeError::Damaged(CUT.to_owned()));
        }
    }
    Ok(())
}

/// rawler's own reading of the file. It catches its panics itself, and names them as damage.
fn read(bytes: &[u8], limits: &Limits) -> Result<RawImage, DecodeError> {
    // rawler wants to own the bytes.
    limits.check_alloc(bytes.len() as u64).map_err(DecodeError::Limits)?;
    let source = RawSource::new_from_shared_vec(Arc::new(bytes.to_vec()));
    rawler::decode(&source, &RawDecodeParams::default()).map_err(|error| {
        tracing::debug!("rawler: {error}");
        match error {
            rawler::RawlerError::Unsupported { make, model, .. } if model.is_empty() => {
                DecodeError::Unsupported(format!("RAW {make}").trim_end().to_owned())
            }
            rawler::RawlerError::Unsupported { model, .. } => DecodeError::Unsupported(format!("RAW ({model})")),
            rawler::RawlerError::DecoderFailed(_) => DecodeError::Damaged("its sensor data cannot be read".to_owned()),
        }
    })
}

/// Sensor data with all that is needed to make a picture of them.
struct Sensor<'a> {
    raw: &'a RawImage,
    /// The part of the sensor that is the picture.
    area: Rect,
    /// Colours of a pixel of the picture: 1 or 3.
    colors: usize,
    cfa: Option<&'a CFAConfig>,
    black: Levels,
    white: Vec<f32>,
    /// White balance, the least of the three 1, so that what is clipped in one colour is white in all.
    balance: [f32; 3],
    /// Balanced camera colours to linear sRGB.
    matrix: [[f32; 3]; 3],
}

/// Black levels that repeat over the sensor.
struct Levels {
    values: Vec<f32>,
    width: usize,
    height: usize,
}

impl Levels {
    fn at(&self, x: usize, y: usize, component: usize, components: usize) -> f32 {
        let cell = (y % self.height.max(1)) * self.width.max(1) + x % self.width.max(1);
        let found = self.values.get(cell * components + component).or(self.values.first());
        found.copied().unwrap_or(0.0)
    }
}

fn odd(what: &str) -> DecodeError {
    DecodeError::Unsupported(format!("RAW files with {what}"))
}

impl<'a> Sensor<'a> {
    fn new(raw: &'a RawImage, limits: &Limits) -> Result<Self, DecodeError> {
        let (Ok(width), Ok(height)) = (u32::try_from(raw.width), u32::try_from(raw.height)) else {
            return Err(DecodeError::Damaged("its size is absurd".to_owned()));
        };
        limits.check_size(width, height).map_err(DecodeError::Limits)?;
        let samples = match &raw.data {
            RawImageData::Integer(data) => data.len(),
            RawImageData::Float(data) => data.len(),
        };
        if samples < raw.width * raw.height * raw.cpp {
            return Err(DecodeError::Damaged("fewer pixels than its size promises".to_owned()));
        }
        if raw.fuji_rotation_width.is_some() {
            return Err(odd("a turned sensor"));
        }
        let (colors, cfa) = match (&raw.photometric, raw.cpp) {
            (RawPhotometricInterpretation::Cfa(config), 1) if config.cfa.is_rgb() && config.cfa.is_valid() => {
                (3, Some(config))
            }
            (RawPhotometricInterpretation::Cfa(_), _) => return Err(odd("four colours")),
            (_, 3) => (3, None),
            (_, 1) => (1, None),
            (_, count) => return Err(odd(&format!("{count} colours"))),
        };
        let black = Levels {
            values: raw.blacklevel.as_vec(),
            width: raw.blacklevel.width,
            height: raw.blacklevel.height,
        };
        let (matrix, balance) = colours(raw);
        let sensor = Self {
            raw,
            area: area(raw),
            colors,
            cfa,
            black,
            white: raw.whitelevel.as_vec(),
            balance,
            matrix,
        };
        if sensor.area.d.w < 2 || sensor.area.d.h < 2 {
            return Err(DecodeError::Damaged("its picture has no area".to_owned()));
        }
        Ok(sensor)
    }

    /// The colour of a photosite, or of a component where there is no mosaic.
    fn color(&self, x: usize, y: usize, component: usize) -> usize {
        match self.cfa {
            Some(config) => config.cfa.color_at(y, x).min(2),
            None => component,
        }
    }

    /// `(factor, offset)` that turn a sample into 0 to 1, balanced.
    fn scale(&self, x: usize, y: usize, component: usize) -> (f32, f32) {
        let black = self.black.at(x, y, component, self.raw.blacklevel.cpp.max(1));
        let index = match (self.white.len(), self.cfa) {
            (4, Some(_)) => (y % 2) * 2 + x % 2,
            _ => component,
        };
        let white = self
            .white
            .get(index)
            .or(self.white.first())
            .copied()
            .unwrap_or(65_535.0);
        let span = (white - black).max(f32::EPSILON);
        let balance = if self.colors == 1 {
            1.0
        } else {
            self.balance.get(self.color(x, y, component)).copied().unwrap_or(1.0)
        };
        let factor = balance / span;
        (factor, -black * factor)
    }

    fn sample(&self, index: usize) -> f32 {
        match &self.raw.data {
            RawImageData::Integer(data) => data.get(index).copied().map_or(0.0, f32::from),
            RawImageData::Float(data) => data
                .get(index)
                .copied()
                .filter(|value| value.is_finite())
                .unwrap_or(0.0),
        }
    }

    /// The side of a block of photosites that makes one pixel, for a picture of at least `target`; none where only every
    /// single one is enough.
    fn block_for(&self, target: (u32, u32)) -> Option<usize> {
        let wide = self.area.d.w / target.0.max(1) as usize;
        let high = self.area.d.h / target.1.max(1) as usize;
        let most = wide.min(high);
        let step = match self.cfa {
            None => 1,
            Some(config) if config.sensor == SensorType::Xtrans => 3,
            Some(_) => 2,
        };
        let block = most / step * step;
        let tiny = self.area.d.w < 2 * MARGIN || self.area.d.h < 2 * MARGIN;
        match (block, self.cfa) {
            (0, Some(_)) if tiny => Some(step),
            (0, Some(_)) => None,
            (block, _) => Some(block.max(1)),
        }
    }

    /// The picture in blocks: balanced camera colours, 0 to 1.
    fn binned(&self, block: usize) -> (Vec<[f32; 3]>, u32, u32) {
        let (wide, high) = (self.area.d.w.div_ceil(block), self.area.d.h.div_ceil(block));
        let mut out = vec![[0.0_f32; 3]; wide * high];
        out.par_chunks_mut(wide).enumerate().for_each(|(row, line)| {
            let top = self.area.p.y + row * block;
            let bottom = (top + block).min(self.area.p.y + self.area.d.h);
            let mut counts = vec![[0.0_f32; 3]; wide];
            for y in top..bottom {
                self.add_row(y, block, line, &mut counts);
            }
            for (pixel, count) in line.iter_mut().zip(&counts) {
                for (value, count) in pixel.iter_mut().zip(count) {
                    *value = if *count > 0.0 { (*value / count).max(0.0) } else { 0.0 };
                }
                // The last, partial block of a mosaic may lack a colour: its green stands for it.
                if self.colors == 3 {
                    let green = if count[1] > 0.0 {
                        pixel[1]
                    } else {
                        pixel[0].max(pixel[2])
                    };
                    for (value, count) in pixel.iter_mut().zip(count) {
                        if *count == 0.0 {
                            *value = green;
                        }
                    }
                }
            }
        });
        (out, wide as u32, high as u32)
    }

    fn add_row(&self, y: usize, block: usize, line: &mut [[f32; 3]], counts: &mut [[f32; 3]]) {
        let components = self.raw.cpp.max(1);
        // What a sample means repeats along the row: twelve covers patterns of 1, 2, 3, 4 and 6.
        let meaning: Vec<(usize, f32, f32)> = (0..12)
            .flat_map(|x| (0..components).map(move |component| (x, component)))
            .map(|(x, component)| {
                let x = self.area.p.x + x;
                let (factor, offset) = self.scale(x, y, component);
                (self.color(x, y, component).min(2), factor, offset)
            })
            .collect();
        let start = (y * self.raw.width + self.area.p.x) * components;
        for (block_at, (pixel, count)) in line.iter_mut().zip(counts).enumerate() {
            let from = block_at * block;
            let to = (from + block).min(self.area.d.w);
            for x in from..to {
                for component in 0..components {
                    let Some((color, factor, offset)) = meaning.get(x % 12 * components + component) else {
                        continue;
                    };
                    let value = self.sample(start + x * components + component) * factor + offset;
                    if let (Some(sum), Some(count)) = (pixel.get_mut(*color), count.get_mut(*color)) {
                        *sum += value.min(1.0);
                        *count += 1.0;
                    }
                }
            }
        }
    }

    /// How much the picture is lifted so that its brightest hundredth is white.
    fn gain(&self) -> f32 {
        let target = Want::Fit(METER_EDGE).size(self.area.d.w as u32, self.area.d.h as u32);
        let (rows, _, _) = self.binned(self.block_for(target).unwrap_or(2));
        let mut channels: [Vec<f32>; 3] = Default::default();
        for pixel in &rows {
            let linear = self.linear(*pixel);
            for (channel, value) in channels.iter_mut().zip(linear) {
                channel.push(value);
            }
        }
        let mut white = 0.0_f32;
        for channel in channels.iter_mut().take(self.colors) {
            let at = channel.len() - 1 - channel.len() / 100;
            let (_, value, _) = channel.select_nth_unstable_by(at, f32::total_cmp);
            white = white.max(*value);
        }
        if white > 0.0 {
            (1.0 / white).clamp(1.0, MAX_GAIN)
        } else {
            1.0
        }
    }

    /// Linear sRGB of balanced camera colours.
    fn linear(&self, camera: [f32; 3]) -> [f32; 3] {
        if self.colors == 1 {
            return camera;
        }
        self.matrix
            .map(|row| row.iter().zip(camera).map(|(weight, value)| weight * value).sum())
    }

    /// sRGB bytes of balanced camera colours.
    fn finish(&self, pixels: &[[f32; 3]], gain: f32) -> Vec<u8> {
        let curve = curve();
        let mut out = vec![0_u8; pixels.len() * self.colors];
        out.par_chunks_mut(self.colors * 4096)
            .enumerate()
            .for_each(|(chunk, bytes)| {
                let pixels = pixels.get(chunk * 4096..).unwrap_or_default();
                for (bytes, pixel) in bytes.chunks_exact_mut(self.colors).zip(pixels) {
                    for (byte, value) in bytes.iter_mut().zip(self.linear(*pixel)) {
                        let at = (value * gain).clamp(0.0, 1.0) * (CURVE - 1) as f32 + 0.5;
                        *byte = curve.get(at as usize).copied().unwrap_or(255);
                    }
                }
            });
        out
    }

    /// Every pixel, strip by strip.
    fn demosaiced(&self, gain: f32) -> Result<Vec<u8>, DecodeError> {
        let Some(config) = self.cfa else {
            let (rows, _, _) = self.binned(1);
            return Ok(self.finish(&rows, gain));
        };
        let (width, height) = (self.area.d.w, self.area.d.h);
        let mut out = Vec::with_capacity(width * height * 3);
        let mut from = 0;
        while from < height {
            let to = (from + STRIP).min(height);
            let top = from.saturating_sub(MARGIN);
            let bottom = (to + MARGIN).min(height);
            let plane = self.plane(top, bottom);
            // The pattern as it begins at this strip's first photosite.
            let cfa: CFA = config.cfa.shift((self.area.p.x) % 48, (self.area.p.y + top) % 48);
            let roi = Rect::new(Point::zero(), Dim2::new(width, bottom - top));
            let rgb = if config.sensor == SensorType::Xtrans {
                XTransBilinearDemosaic::new().demosaic(&plane, &cfa, &config.colors, roi)
            } else {
                PPGDemosaic::new().demosaic(&plane, &cfa, &config.colors, roi)
            };
            let rows = rgb
                .pixels()
                .get((from - top) * width..(to - top) * width)
                .ok_or_else(|| DecodeError::Damaged("a strip is missing".to_owned()))?;
            out.extend_from_slice(&self.finish(rows, gain));
            from = to;
        }
        Ok(out)
    }

    /// Rows of the picture's area as they are demosaiced: balanced, 0 to 1.
    fn plane(&self, top: usize, bottom: usize) -> PixF32 {
        let width = self.area.d.w;
        let mut data = vec![0.0_f32; width * (bottom - top)];
        data.par_chunks_mut(width).enumerate().for_each(|(row, line)| {
            let y = self.area.p.y + top + row;
            let meaning: Vec<(f32, f32)> = (0..12).map(|x| self.scale(self.area.p.x + x, y, 0)).collect();
            let start = y * self.raw.width + self.area.p.x;
            for (x, value) in line.iter_mut().enumerate() {
                let (factor, offset) = meaning.get(x % 12).copied().unwrap_or((0.0, 0.0));
                *value = (self.sample(start + x) * factor + offset).clamp(0.0, 1.0);
            }
        });
        PixF32::new_with(data, width, bottom - top)
    }
}

/// The part that the maker recommends, within the part that light falls on, within the data.
fn area(raw: &RawImage) -> Rect {
    let within = |inner: Rect, outer: Rect| {
        let left = inner.p.x.clamp(outer.p.x, outer.p.x + outer.d.w);
        let top = inner.p.y.clamp(outer.p.y, outer.p.y + outer.d.h);
        let right = inner.p.x.saturating_add(inner.d.w).clamp(left, outer.p.x + outer.d.w);
        let bottom = inner.p.y.saturating_add(inner.d.h).clamp(top, outer.p.y + outer.d.h);
        let cut = Rect::new(Point::new(left, top), Dim2::new(right - left, bottom - top));
        // An area that is not within the data is no area.
        if cut.d.w < 2 || cut.d.h < 2 { outer } else { cut }
    };
    let all = Rect::new(Point::zero(), Dim2::new(raw.width, raw.height));
    let active = raw.active_area.map_or(all, |active| within(active, all));
    raw.crop_area.map_or(active, |crop| within(crop, active))
}

/// The matrix from balanced camera colours to linear sRGB, and the white balance.
fn colours(raw: &RawImage) -> ([[f32; 3]; 3], [f32; 3]) {
    const IDENTITY: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    const ORDER: [Illuminant; 9] = [
        Illuminant::D65,
        Illuminant::Daylight,
        Illuminant::D55,
        Illuminant::D50,
        Illuminant::D75,
        Illuminant::Flash,
        Illuminant::C,
        Illuminant::B,
        Illuminant::A,
    ];
    let found = ORDER
        .iter()
        .find_map(|illuminant| raw.color_matrix.get(illuminant))
        .or_else(|| raw.color_matrix.values().next());
    let camera = found.filter(|values| values.len() >= 9 && values.iter().all(|value| value.is_finite()));
    let mut balance = [1.0_f32; 3];
    let mut matrix = IDENTITY;
    if let Some(values) = camera {
        let mut from_xyz = IDENTITY;
        for (row, values) in from_xyz.iter_mut().zip(values.chunks_exact(3)) {
            row.copy_from_slice(values);
        }
        let mut from_srgb = multiply(&from_xyz, &SRGB_TO_XYZ_D65);
        let mut usable = true;
        for (row, balance) in from_srgb.iter_mut().zip(&mut balance) {
            let sum: f32 = row.iter().sum();
            usable &= sum.is_finite() && sum > 0.001;
            // Daylight, where the camera noted no balance.
            *balance = 1.0 / sum;
            row.iter_mut().for_each(|value| *value /= sum);
        }
        let inverse = pseudo_inverse(from_srgb);
        if usable && inverse.iter().flatten().all(|value| value.is_finite()) {
            matrix = inverse;
        } else {
            balance = [1.0; 3];
        }
    }
    let [red, green, blue, _] = raw.wb_coeffs;
    let stated = [red, green, blue];
    if stated.iter().all(|value| value.is_finite() && *value > 0.0) {
        balance = stated;
    }
    let least = balance.iter().copied().fold(f32::INFINITY, f32::min);
    (matrix, balance.map(|value| (value / least).min(64.0)))
}

const CURVE: usize = 1 << 14;

/// sRGB's curve (IEC 61966-2-1) from linear light to bytes.
fn curve() -> &'static [u8] {
    static TABLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    TABLE.get_or_init(|| {
        (0..CURVE)
            .map(|at| {
                let linear = at as f32 / (CURVE - 1) as f32;
                let coded = if linear <= 0.003_130_8 {
                    linear * 12.92
                } else {
                    1.055 * linear.powf(1.0 / 2.4) - 0.055
                };
                (coded * 255.0).round() as u8
            })
            .collect()
    })
}
