//! Pictures of more than eight bits a sample: scaled and converted before they become eight, so that no band shows; and
//! pictures of light itself (HDR), whose brightest parts are compressed instead of cut off.

use super::{
    color::{self, Channels, Profile},
    decode::{DecodeError, Raster, Want},
    limits::Limits,
    resize,
};

/// Said of every picture whose light was compressed to fit a screen.
pub const TONE_MAPPED: &str = "An HDR picture; its brightest parts are shown dimmed";

/// How large it is, and how it is turned.
pub struct Shape {
    /// Size of the rows.
    pub rows: (u32, u32),
    /// How much of the rows is the picture, in their pixels.
    pub extent: (f64, f64),
    /// Size of the whole picture as stored.
    pub full: (u32, u32),
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
}

impl Shape {
    /// A picture whose rows are all of it.
    #[must_use]
    pub fn whole(width: u32, height: u32, orientation: u8) -> Self {
        Self {
            rows: (width, height),
            extent: (f64::from(width), f64::from(height)),
            full: (width, height),
            orientation,
        }
    }

    fn target(&self, want: Want) -> (u32, u32) {
        let target = want.size(self.full.0, self.full.1);
        (target.0.min(self.rows.0), target.1.min(self.rows.1))
    }

    fn raster(&self, target: (u32, u32), rgba: Vec<u8>, note: Option<String>) -> Raster {
        Raster {
            width: target.0,
            height: target.1,
            full: self.full,
            extent: (f64::from(target.0), f64::from(target.1)),
            channels: Channels::Rgba,
            data: rgba,
            profile: Profile::None,
            orientation: self.orientation,
            note,
        }
    }
}

/// Samples of sixteen bits, 65,535 being full.
///
/// # Errors
/// The rows are shorter than their size promises, or too large to be scaled.
pub fn sixteen(
    shape: &Shape,
    channels: Channels,
    data: Vec<u16>,
    profile: &Profile,
    want: Want,
    note: Option<String>,
    limits: &Limits,
) -> Result<Raster, DecodeError> {
    let target = shape.target(want);
    limits
        .check_alloc(u64::from(target.0) * u64::from(target.1) * 16)
        .map_err(DecodeError::Limits)?;
    let scaled = resize::resize_16(
        &data,
        channels.count(),
        channels.has_alpha(),
        shape.rows,
        shape.extent,
        target,
    )
    .map_err(DecodeError::Damaged)?
    .unwrap_or(data);
    let (rgba, color_note) = color::to_srgb_16(&scaled, channels, profile);
    Ok(shape.raster(target, rgba, note.or(color_note)))
}

/// What linear samples are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Light {
    /// SMPTE ST 2084, of which 203 cd/m2 are white (BT.2408).
    Pq,
    /// BT.2100 HLG for a screen of 1000 cd/m2, of which 203 are white.
    Hlg,
}

/// Code values of an HDR film curve, 65,535 being full: scaled as they are, then made light.
///
/// # Errors
/// As [`sixteen`].
pub fn hdr(
    shape: &Shape,
    channels: Channels,
    data: Vec<u16>,
    primaries: u16,
    light: Light,
    want: Want,
    limits: &Limits,
) -> Result<Raster, DecodeError> {
    let target = shape.target(want);
    limits
        .check_alloc(u64::from(target.0) * u64::from(target.1) * 32)
        .map_err(DecodeError::Limits)?;
    let brightest = brightest(&data, channels, light);
    let scaled = resize::resize_16(
        &data,
        channels.count(),
        channels.has_alpha(),
        shape.rows,
        shape.extent,
        target,
    )
    .map_err(DecodeError::Damaged)?
    .unwrap_or(data);
    let matrix = color::primaries_to_srgb(primaries);
    let mut rgba = Vec::with_capacity(target.0 as usize * target.1 as usize * 4);
    for pixel in scaled.chunks_exact(channels.count()) {
        let (rgb, alpha) = split(pixel, channels);
        let rgb = light.of(rgb.map(|word| f32::from(word) / 65_535.0));
        rgba.extend_from_slice(&shown(rgb, matrix.as_ref(), brightest));
        rgba.push(color::to_8(alpha));
    }
    let note = (brightest > 1.0).then(|| TONE_MAPPED.to_owned());
    Ok(shape.raster(target, rgba, note))
}

/// Linear samples of red, green, blue (and alpha), 1 being white.
///
/// # Errors
/// As [`sixteen`].
pub fn linear(
    shape: &Shape,
    channels: Channels,
    mut data: Vec<f32>,
    want: Want,
    limits: &Limits,
) -> Result<Raster, DecodeError> {
    let target = shape.target(want);
    limits
        .check_alloc(u64::from(target.0) * u64::from(target.1) * 20)
        .map_err(DecodeError::Limits)?;
    let mut brightest = 0.0_f32;
    for pixel in data.chunks_exact_mut(channels.count()) {
        for value in pixel.iter_mut() {
            // What is no number would spread over its neighbours.
            *value = if value.is_finite() { value.clamp(-1e4, 1e4) } else { 0.0 };
        }
        let colors = channels.count() - usize::from(channels.has_alpha());
        brightest = pixel
            .iter()
            .take(colors)
            .fold(brightest, |most, value| most.max(*value));
    }
    let scaled = resize::resize_float(
        &data,
        channels.count(),
        channels.has_alpha(),
        shape.rows,
        shape.extent,
        target,
    )
    .map_err(DecodeError::Damaged)?
    .unwrap_or(data);
    let mut rgba = Vec::with_capacity(target.0 as usize * target.1 as usize * 4);
    for pixel in scaled.chunks_exact(channels.count()) {
        let (rgb, alpha) = split(pixel, channels);
        rgba.extend_from_slice(&shown(rgb, None, brightest));
        rgba.push(if channels.has_alpha() {
            (alpha * 255.0 + 0.5) as u8
        } else {
            255
        });
    }
    let note = (brightest > 1.0).then(|| TONE_MAPPED.to_owned());
    Ok(shape.raster(target, rgba, note))
}

trait Full: Copy {
    const FULL: Self;
}

impl Full for u16 {
    const FULL: Self = u16::MAX;
}

impl Full for f32 {
    const FULL: Self = 1.0;
}

fn split<T: Full>(pixel: &[T], channels: Channels) -> ([T; 3], T) {
    match (channels, pixel) {
        (Channels::Gray, [gray]) => ([*gray; 3], T::FULL),
        (Channels::GrayAlpha, [gray, alpha]) => ([*gray; 3], *alpha),
        (_, [r, g, b, alpha]) => ([*r, *g, *b], *alpha),
        (_, [r, g, b, ..]) => ([*r, *g, *b], T::FULL),
        _ => ([T::FULL; 3], T::FULL),
    }
}

/// The most light of any sample, of the whole picture: a small copy must be as bright as the large one.
fn brightest(data: &[u16], channels: Channels, light: Light) -> f32 {
    let mut most = 0;
    for pixel in data.chunks_exact(channels.count()) {
        let (rgb, _) = split(pixel, channels);
        most = rgb.into_iter().fold(most, Ord::max);
    }
    let value = f32::from(most) / 65_535.0;
    light.of([value; 3]).into_iter().fold(0.0, f32::max)
}

impl Light {
    /// Linear light of code values; 1 is white.
    fn of(self, code: [f32; 3]) -> [f32; 3] {
        const WHITE: f32 = 203.0;
        match self {
            Self::Pq => code.map(|value| {
                // SMPTE ST 2084, equation 4.1.
                const M1: f32 = 2610.0 / 16_384.0;
                const M2: f32 = 2523.0 / 4096.0 * 128.0;
                const C1: f32 = 3424.0 / 4096.0;
                const C2: f32 = 2413.0 / 4096.0 * 32.0;
                const C3: f32 = 2392.0 / 4096.0 * 32.0;
                let root = value.clamp(0.0, 1.0).powf(1.0 / M2);
                ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1) * (10_000.0 / WHITE)
            }),
            Self::Hlg => {
                // ITU-R BT.2100, table 5, with the reference gamma of 1.2.
                const A: f32 = 0.178_832_77;
                const B: f32 = 0.284_668_92;
                const C: f32 = 0.559_910_7;
                let scene = code.map(|value| {
                    let value = value.clamp(0.0, 1.0);
                    if value <= 0.5 {
                        value * value / 3.0
                    } else {
                        (((value - C) / A).exp() + B) / 12.0
                    }
                });
                let luma = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2];
                let system = luma.max(1e-6).powf(0.2);
                scene.map(|value| value * system * (1000.0 / WHITE))
            }
        }
    }
}

/// Where compression begins: below half of white everything is as it is.
const KNEE: f32 = 0.5;

/// Light as shown: up to the knee itself, above it compressed so that the brightest sample of the picture is white
/// (Reinhard's extended curve, scaled into what is left above the knee). A picture without anything above white is
/// unchanged. All three colours are scaled alike, so that hues stay.
fn shown(rgb: [f32; 3], matrix: Option<&[[f32; 3]; 3]>, brightest: f32) -> [u8; 3] {
    let [r, g, b] = rgb;
    let rgb = match matrix {
        Some(matrix) => matrix.map(|[x, y, z]| (x * r + y * g + z * b).max(0.0)),
        None => rgb.map(|value| value.max(0.0)),
    };
    let most = rgb.into_iter().fold(0.0, f32::max);
    let scale = if most > KNEE && brightest > 1.0 {
        let above = |value: f32| (value - KNEE) / (1.0 - KNEE);
        let (t, top) = (above(most), above(brightest.max(most)));
        (KNEE + (1.0 - KNEE) * t * (1.0 + t / (top * top)) / (1.0 + t)) / most
    } else {
        1.0
    };
    rgb.map(|value| srgb(value * scale))
}

/// The sRGB curve (IEC 61966-2-1).
#[must_use]
pub fn srgb(light: f32) -> u8 {
    let value = if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    };
    (value * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_is_white_and_light_stays_in_order() {
        // BT.2408, table 1: 203 cd/m2 are 58 % of PQ and 75 % of HLG.
        let one = |light: Light, code: f32| light.of([code; 3])[1];
        assert!((one(Light::Pq, 0.5807) - 1.0).abs() < 0.01);
        assert!((one(Light::Hlg, 0.75) - 1.0).abs() < 0.01);
        // Nothing above white: the plain sRGB curve (0.2140 of light is 127.5 of 255).
        assert_eq!(shown([0.2140; 3], None, 1.0), [127; 3]);
        assert_eq!(shown([1.0; 3], None, 1.0), [255; 3]);
        let mut last = 0;
        for step in 0..=100 {
            let value = shown([step as f32 / 10.0; 3], None, 10.0)[0];
            assert!(value >= last);
            last = value;
        }
        assert_eq!(last, 255);
        assert!(shown([5.0; 3], None, 10.0)[0] < 255, "not cut off");
    }
}
