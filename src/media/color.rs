//! Colours of a file to sRGB, by its ICC profile (moxcms).

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// What the bytes of a decoded row are.
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
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Profile {
    /// Nothing said: sRGB.
    #[default]
    None,
    /// EXIF says Adobe RGB without carrying a profile (interoperability index `R03`).
    AdobeRgb,
    /// An ICC profile.
    Icc(Vec<u8>),
}

/// RGBA in sRGB. The note says where a profile could not be used and the numbers were taken as sRGB.
#[must_use]
pub fn to_srgb(data: &[u8], channels: Channels, profile: &Profile) -> (Vec<u8>, Option<String>) {
    let parsed = match profile {
        Profile::None => return (plain(data, channels), None),
        Profile::AdobeRgb => Some(ColorProfile::new_adobe_rgb()),
        Profile::Icc(icc) => ColorProfile::new_from_slice(icc).ok(),
    };
    let Some(parsed) = parsed else {
        return (plain(data, channels), Some(UNREADABLE.to_owned()));
    };
    if is_srgb(&parsed) {
        return (plain(data, channels), None);
    }
    match transformed(data, channels, &parsed) {
        Some(rgba) => (rgba, None),
        None => (plain(data, channels), Some(UNREADABLE.to_owned())),
    }
}

const UNREADABLE: &str = "The colour profile could not be used, so colours may be off";

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

fn transformed(data: &[u8], channels: Channels, profile: &ColorProfile) -> Option<Vec<u8>> {
    let (layout, fits) = match channels {
        Channels::Gray => (Layout::Gray, DataColorSpace::Gray),
        Channels::GrayAlpha => (Layout::GrayAlpha, DataColorSpace::Gray),
        Channels::Rgb => (Layout::Rgb, DataColorSpace::Rgb),
        Channels::Rgba => (Layout::Rgba, DataColorSpace::Rgb),
        // moxcms takes four inks in the layout of four channels.
        Channels::Cmyk => (Layout::Rgba, DataColorSpace::Cmyk),
    };
    if profile.color_space != fits {
        // A grey picture may carry the RGB profile of its program; grey is grey there too, only its curve differs.
        return (channels == Channels::Gray && profile.color_space == DataColorSpace::Rgb)
            .then(|| transformed(&gray_to_rgb(data), Channels::Rgb, profile))
            .flatten();
    }
    let target = match channels {
        Channels::GrayAlpha | Channels::Rgba => Layout::Rgba,
        _ => Layout::Rgb,
    };
    let transform = profile
        .create_transform_8bit(layout, &ColorProfile::new_srgb(), target, TransformOptions::default())
        .ok()?;
    let pixels = data.len() / channels.count();
    let width = if target == Layout::Rgba { 4 } else { 3 };
    let mut out = vec![0_u8; pixels.checked_mul(width)?];
    transform
        .transform(data.get(..pixels * channels.count())?, &mut out)
        .ok()?;
    Some(if width == 4 { out } else { plain(&out, Channels::Rgb) })
}

fn gray_to_rgb(data: &[u8]) -> Vec<u8> {
    data.iter().flat_map(|gray| [*gray; 3]).collect()
}

/// RGBA of numbers that already are sRGB, or inks without a profile.
fn plain(data: &[u8], channels: Channels) -> Vec<u8> {
    let pixels = data.len() / channels.count();
    let mut out = Vec::with_capacity(pixels * 4);
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
            pixels
                .iter()
                .for_each(|[r, g, b]| out.extend_from_slice(&[*r, *g, *b, 255]));
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
