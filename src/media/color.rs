//! Colours of a file to sRGB, by its ICC profile or its code points (moxcms).
//!
//! The intent is relative colorimetric, without black point compensation: what sRGB can show stays exactly itself. A
//! profile that has no colorimetric table is used as it is. Samples of sixteen bits are converted at sixteen and rounded
//! once, so that a smooth sky has no bands. Transforms are made once per profile and kept, a few of them.

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, RenderingIntent,
    TransferCharacteristics, Transform8BitExecutor, Transform16BitExecutor, TransformOptions,
};
use std::sync::{Arc, Mutex, PoisonError};

/// What the bytes of a decoded row are.
///
/// Also of rows of sixteen-bit words, with words for bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channels {
    /// One grey.
    Gray,
    /// Grey and alpha.
    GrayAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha.
    Rgba,
    /// Four inks, 255 = full ink.
    Cmyk,
}

impl Channels {
    /// Bytes of one pixel.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// Whether the last of them is alpha.
    #[must_use]
    pub fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }
}

/// Whose colours the numbers are.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Profile {
    /// Nothing said: sRGB.
    #[default]
    None,
    /// EXIF says Adobe RGB without carrying a profile (interoperability index `R03`).
    AdobeRgb,
    /// Primaries and transfer of ITU-T H.273, of a picture that is not HDR.
    Cicp(u16, u16),
    /// An ICC profile.
    Icc(Vec<u8>),
}

/// RGBA in sRGB. The note says where a profile could not be used and the numbers were taken as sRGB.
#[must_use]
pub fn to_srgb(data: &[u8], channels: Channels, profile: &Profile) -> (Vec<u8>, Option<String>) {
    match made(profile, channels) {
        Made::Same => (plain(data, channels), None),
        Made::Unusable => (plain(data, channels), Some(UNREADABLE.to_owned())),
        Made::Transforms(transforms) => {
            match transformed(data, channels, &*transforms.eight, transforms.wide_gray, 255) {
                Some(rgba) => (rgba, None),
                None => (plain(data, channels), Some(UNREADABLE.to_owned())),
            }
        }
    }
}

/// The same for samples of sixteen bits, 65,535 being full; what comes out has eight.
#[must_use]
pub fn to_srgb_16(data: &[u16], channels: Channels, profile: &Profile) -> (Vec<u8>, Option<String>) {
    let small = || plain(&data.iter().map(|word| to_8(*word)).collect::<Vec<u8>>(), channels);
    match made(profile, channels) {
        Made::Same => (small(), None),
        Made::Unusable => (small(), Some(UNREADABLE.to_owned())),
        Made::Transforms(transforms) => {
            match transformed(data, channels, &*transforms.sixteen, transforms.wide_gray, u16::MAX) {
                Some(rgba) => (rgba.into_iter().map(to_8).collect(), None),
                None => (small(), Some(UNREADABLE.to_owned())),
            }
        }
    }
}

/// Sixteen bits to eight, rounded.
#[must_use]
pub fn to_8(word: u16) -> u8 {
    u8::try_from((u32::from(word) * 255 + 32_767) / 65_535).unwrap_or(255)
}

/// Linear numbers of these primaries to linear sRGB, row by row; none where they are sRGB's own or unknown.
#[must_use]
pub fn primaries_to_srgb(primaries: u16) -> Option<[[f32; 3]; 3]> {
    if matches!(primaries, 0..=2) {
        return None;
    }
    let source = of_cicp(primaries, 13)?;
    let matrix = source.transform_matrix(&ColorProfile::new_srgb());
    Some(matrix.v.map(|row| row.map(|value| value as f32)))
}

const UNREADABLE: &str = "The colour profile could not be used, so colours may be off";

/// A profile's transforms to sRGB, for rows of eight and of sixteen bits.
struct Transforms {
    eight: Arc<Transform8BitExecutor>,
    sixteen: Arc<Transform16BitExecutor>,
    /// A grey picture with the profile of an RGB one.
    wide_gray: bool,
}

#[derive(Clone)]
enum Made {
    /// The numbers are sRGB.
    Same,
    Transforms(Arc<Transforms>),
    Unusable,
}

/// The last profiles that were met: photos of one camera share one, and making a transform costs milliseconds.
static KEPT: Mutex<Vec<(Profile, Channels, Made)>> = Mutex::new(Vec::new());
const KEEP: usize = 24;
/// Longer ones (tables of printing presses) are made anew each time.
const KEEP_BYTES: usize = 2 << 20;

fn made(profile: &Profile, channels: Channels) -> Made {
    if *profile == Profile::None {
        return Made::Same;
    }
    {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(one, of, _)| *of == channels && one == profile);
        if let Some(index) = found {
            // The one just used goes to the end, the longest unused is at the front.
            let entry = kept.remove(index);
            let made = entry.2.clone();
            kept.push(entry);
            return made;
        }
    }
    let made = make(profile, channels);
    let long = matches!(profile, Profile::Icc(icc) if icc.len() > KEEP_BYTES);
    if !long {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEEP {
            kept.remove(0);
        }
        kept.push((profile.clone(), channels, made.clone()));
    }
    made
}

fn make(profile: &Profile, channels: Channels) -> Made {
    let parsed = match profile {
        Profile::None => return Made::Same,
        Profile::AdobeRgb => Some(ColorProfile::new_adobe_rgb()),
        Profile::Cicp(primaries, transfer) => of_cicp(*primaries, *transfer),
        Profile::Icc(icc) => ColorProfile::new_from_slice(icc).ok(),
    };
    let Some(parsed) = parsed else {
        return Made::Unusable;
    };
    if is_srgb(&parsed) {
        return Made::Same;
    }
    transforms(&parsed, channels).map_or(Made::Unusable, |transforms| Made::Transforms(Arc::new(transforms)))
}

/// The code points' profile. Films' curves count as sRGB's, as in every viewer: they were made on such screens.
fn of_cicp(primaries: u16, transfer: u16) -> Option<ColorProfile> {
    let primaries = match primaries {
        0..=2 => CicpColorPrimaries::Bt709,
        other => CicpColorPrimaries::try_from(u8::try_from(other).ok()?).ok()?,
    };
    Some(ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: primaries,
        transfer_characteristics: match transfer {
            4 => TransferCharacteristics::Bt470M,
            5 => TransferCharacteristics::Bt470Bg,
            8 => TransferCharacteristics::Linear,
            _ => TransferCharacteristics::Srgb,
        },
        matrix_coefficients: MatrixCoefficients::Bt709,
        full_range: true,
    }))
}

/// Most profiles are sRGB itself; the numbers are already right then.
fn is_srgb(profile: &ColorProfile) -> bool {
    let srgb = ColorProfile::new_srgb();
    let near = |a: moxcms::Xyzd, b: moxcms::Xyzd| {
        (a.x - b.x).abs() < 0.002 && (a.y - b.y).abs() < 0.002 && (a.z - b.z).abs() < 0.002
    };
    let named = matches!(&profile.description, Some(text) if format!("{text:?}").contains("sRGB"));
    profile.color_space == DataColorSpace::Rgb
        && named
        && near(profile.red_colorant, srgb.red_colorant)
        && near(profile.green_colorant, srgb.green_colorant)
        && near(profile.blue_colorant, srgb.blue_colorant)
}

/// The layouts of rows before and after, of a picture with these channels.
fn layouts(channels: Channels) -> (Layout, Layout) {
    match channels {
        Channels::Gray => (Layout::Gray, Layout::Rgb),
        Channels::GrayAlpha => (Layout::GrayAlpha, Layout::Rgba),
        Channels::Rgb => (Layout::Rgb, Layout::Rgb),
        Channels::Rgba => (Layout::Rgba, Layout::Rgba),
        // moxcms takes four inks in the layout of four channels.
        Channels::Cmyk => (Layout::Rgba, Layout::Rgb),
    }
}

fn transforms(profile: &ColorProfile, channels: Channels) -> Option<Transforms> {
    let fits = match channels {
        Channels::Gray | Channels::GrayAlpha => DataColorSpace::Gray,
        Channels::Rgb | Channels::Rgba => DataColorSpace::Rgb,
        Channels::Cmyk => DataColorSpace::Cmyk,
    };
    // A grey picture may carry the RGB profile of its program; grey is grey there too, only its curve differs.
    let gray_in_rgb = fits == DataColorSpace::Gray && profile.color_space == DataColorSpace::Rgb;
    if profile.color_space != fits && !gray_in_rgb {
        return None;
    }
    let (from, to) = layouts(if gray_in_rgb { as_rgb(channels) } else { channels });
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        prefer_fixed_point: false,
        ..TransformOptions::default()
    };
    Some(Transforms {
        eight: profile.create_transform_8bit(from, &srgb, to, options).ok()?,
        sixteen: profile.create_transform_16bit(from, &srgb, to, options).ok()?,
        wide_gray: gray_in_rgb,
    })
}

fn as_rgb(channels: Channels) -> Channels {
    match channels {
        Channels::Gray => Channels::Rgb,
        Channels::GrayAlpha => Channels::Rgba,
        other => other,
    }
}

/// Rows through a transform, as RGBA.
fn transformed<T: Copy + Default>(
    data: &[T],
    channels: Channels,
    transform: &(dyn moxcms::TransformExecutor<T> + Send + Sync),
    wide_gray: bool,
    full: T,
) -> Option<Vec<T>> {
    let widened;
    let (data, channels) = if wide_gray {
        widened = gray_to_rgb(data, channels);
        (widened.as_slice(), as_rgb(channels))
    } else {
        (data, channels)
    };
    let pixels = data.len() / channels.count();
    let source = data.get(..pixels * channels.count())?;
    if layouts(channels).1 == Layout::Rgba {
        let mut out = vec![T::default(); pixels.checked_mul(4)?];
        transform.transform(source, &mut out).ok()?;
        return Some(out);
    }
    let mut out = vec![T::default(); pixels.checked_mul(3)?];
    transform.transform(source, &mut out).ok()?;
    let (pixels, _) = out.as_chunks::<3>();
    Some(pixels.iter().flat_map(|[r, g, b]| [*r, *g, *b, full]).collect())
}

fn gray_to_rgb<T: Copy>(data: &[T], channels: Channels) -> Vec<T> {
    if channels == Channels::Gray {
        return data.iter().flat_map(|gray| [*gray; 3]).collect();
    }
    let (pairs, _) = data.as_chunks::<2>();
    pairs
        .iter()
        .flat_map(|[gray, alpha]| [*gray, *gray, *gray, *alpha])
        .collect()
}

/// RGBA of numbers that already are sRGB, or inks without a profile.
fn plain(data: &[u8], channels: Channels) -> Vec<u8> {
    let pixels = data.len() / channels.count();
    // Nearly all photos are RGB: one pass, over memory that the system gives as zeros.
    let mut out = match channels {
        Channels::Rgb => vec![0; pixels * 4],
        _ => Vec::with_capacity(pixels * 4),
    };
    match channels {
        Channels::Gray => data
            .iter()
            .for_each(|gray| out.extend_from_slice(&[*gray, *gray, *gray, 255])),
        Channels::GrayAlpha => {
            let (pairs, _) = data.as_chunks::<2>();
            pairs
                .iter()
                .for_each(|[gray, alpha]| out.extend_from_slice(&[*gray, *gray, *gray, *alpha]));
        }
        Channels::Rgb => {
            let (pixels, _) = data.as_chunks::<3>();
            for (to, [r, g, b]) in out.as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
                *to = [*r, *g, *b, 255];
            }
        }
        Channels::Rgba => out.extend_from_slice(data),
        Channels::Cmyk => {
            let (pixels, _) = data.as_chunks::<4>();
            let mix = |ink: u8, black: u8| {
                let light = u16::from(255 - ink) * u16::from(255 - black);
                u8::try_from((light + 127) / 255).unwrap_or(255)
            };
            pixels
                .iter()
                .for_each(|[c, m, y, k]| out.extend_from_slice(&[mix(*c, *k), mix(*m, *k), mix(*y, *k), 255]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_profile_is_a_note_not_a_failure() {
        let (rgba, note) = to_srgb(&[1, 2, 3], Channels::Rgb, &Profile::Icc(vec![0; 40]));
        assert_eq!(rgba, [1, 2, 3, 255]);
        assert!(note.is_some());
    }

    #[test]
    fn adobe_green_is_outside_srgb() {
        // Adobe RGB (0, 255, 0) has no red in sRGB and full green (lcms2 agrees).
        let (rgba, note) = to_srgb(&[0, 255, 0, 128, 128, 128], Channels::Rgb, &Profile::AdobeRgb);
        assert_eq!((rgba.first(), rgba.get(1), note), (Some(&0), Some(&255), None));
        // Greys stay greys, nearly the same: both curves are close to 2.2.
        assert!(
            rgba.get(4..7)
                .is_some_and(|gray| gray.iter().all(|v| (126..=130).contains(v))),
            "{rgba:?}"
        );
    }
}
