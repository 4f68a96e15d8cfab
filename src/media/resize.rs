//! Scaling down with a Lanczos filter; never up.

use fast_image_resize::{
    FilterType, PixelTrait as Pixel, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef, TypedImage, TypedImageRef},
    pixels::{F32, F32x3, F32x4, U16, U16x2, U16x3, U16x4},
};

/// The size of a picture whose long edge becomes `edge`; its own size where it is smaller, or `edge` is 0.
#[must_use]
pub fn fit(width: u32, height: u32, edge: u32) -> (u32, u32) {
    let long = width.max(height);
    if edge == 0 || long <= edge {
        return (width, height);
    }
    let scaled = |side: u32| {
        let rounded = (u64::from(side) * u64::from(edge) + u64::from(long) / 2) / u64::from(long);
        u32::try_from(rounded).unwrap_or(edge).max(1)
    };
    (scaled(width), scaled(height))
}

/// Scales rows of `channels` bytes a pixel from one size to another. `alpha`: the last channel is one, so that colours of
/// invisible pixels do not bleed in. Only `extent` of the source, from its upper left corner, is the picture.
///
/// # Errors
/// A sentence where the sizes and the data do not agree.
pub fn resize(
    data: &[u8],
    channels: usize,
    alpha: bool,
    from: (u32, u32),
    extent: (f64, f64),
    to: (u32, u32),
) -> Result<Vec<u8>, String> {
    let kind = match channels {
        1 => PixelType::U8,
        2 => PixelType::U8x2,
        3 => PixelType::U8x3,
        4 => PixelType::U8x4,
        _ => return Err(format!("{channels} channels")),
    };
    let source = ImageRef::new(from.0, from.1, data, kind).map_err(|error| error.to_string())?;
    let mut target = Image::new(to.0, to.1, kind);
    scale(&source, &mut target, alpha, from, extent)?;
    Ok(target.into_vec())
}

/// The same for words of sixteen bits; none where there is nothing to scale.
///
/// # Errors
/// A sentence where the sizes and the data do not agree.
pub fn resize_16(
    data: &[u16],
    channels: usize,
    alpha: bool,
    from: (u32, u32),
    extent: (f64, f64),
    to: (u32, u32),
) -> Result<Option<Vec<u16>>, String> {
    fn by<P: Pixel, const N: usize>(
        data: &[u16],
        pixel: fn([u16; N]) -> P,
        words: fn(P) -> [u16; N],
        alpha: bool,
        sizes: ((u32, u32), (f64, f64), (u32, u32)),
    ) -> Result<Vec<u16>, String> {
        let (chunks, _) = data.as_chunks::<N>();
        let rows: Vec<P> = chunks.iter().map(|chunk| pixel(*chunk)).collect();
        Ok(typed(&rows, alpha, sizes)?.into_iter().flat_map(words).collect())
    }
    if unchanged(data.len(), channels, from, extent, to)? {
        return Ok(None);
    }
    let sizes = (from, extent, to);
    let scaled = match channels {
        1 => by(data, |[a]: [u16; 1]| U16::new(a), |p| [p.0], alpha, sizes),
        2 => by(data, U16x2::new, |p| p.0, alpha, sizes),
        3 => by(data, U16x3::new, |p| p.0, alpha, sizes),
        4 => by(data, U16x4::new, |p| p.0, alpha, sizes),
        _ => Err(format!("{channels} channels")),
    };
    scaled.map(Some)
}

/// The same for floating-point numbers; none where there is nothing to scale.
///
/// # Errors
/// A sentence where the sizes and the data do not agree.
pub fn resize_float(
    data: &[f32],
    channels: usize,
    alpha: bool,
    from: (u32, u32),
    extent: (f64, f64),
    to: (u32, u32),
) -> Result<Option<Vec<f32>>, String> {
    fn by<P: Pixel, const N: usize>(
        data: &[f32],
        pixel: fn([f32; N]) -> P,
        numbers: fn(P) -> [f32; N],
        alpha: bool,
        sizes: ((u32, u32), (f64, f64), (u32, u32)),
    ) -> Result<Vec<f32>, String> {
        let (chunks, _) = data.as_chunks::<N>();
        let rows: Vec<P> = chunks.iter().map(|chunk| pixel(*chunk)).collect();
        Ok(typed(&rows, alpha, sizes)?.into_iter().flat_map(numbers).collect())
    }
    if unchanged(data.len(), channels, from, extent, to)? {
        return Ok(None);
    }
    let sizes = (from, extent, to);
    let scaled = match channels {
        1 => by(data, |[a]: [f32; 1]| F32::new(a), |p| [p.0], alpha, sizes),
        3 => by(data, F32x3::new, |p| p.0, alpha, sizes),
        4 => by(data, F32x4::new, |p| p.0, alpha, sizes),
        _ => Err(format!("{channels} channels")),
    };
    scaled.map(Some)
}

fn unchanged(
    length: usize,
    channels: usize,
    from: (u32, u32),
    extent: (f64, f64),
    to: (u32, u32),
) -> Result<bool, String> {
    if length as u64 != u64::from(from.0) * u64::from(from.1) * channels as u64 {
        return Err("fewer pixels than its size promises".to_owned());
    }
    Ok(from == to && extent == (f64::from(from.0), f64::from(from.1)))
}

fn typed<P: Pixel>(
    rows: &[P],
    alpha: bool,
    (from, extent, to): ((u32, u32), (f64, f64), (u32, u32)),
) -> Result<Vec<P>, String> {
    let source = TypedImageRef::new(from.0, from.1, rows).map_err(|error| error.to_string())?;
    let mut out = vec![P::default(); to.0 as usize * to.1 as usize];
    let mut target = TypedImage::from_pixels_slice(to.0, to.1, &mut out).map_err(|error| error.to_string())?;
    Resizer::new()
        .resize_typed(&source, &mut target, &options(alpha, from, extent))
        .map_err(|error| error.to_string())?;
    Ok(out)
}

fn scale(
    source: &ImageRef<'_>,
    target: &mut Image<'_>,
    alpha: bool,
    from: (u32, u32),
    extent: (f64, f64),
) -> Result<(), String> {
    Resizer::new()
        .resize(source, target, &options(alpha, from, extent))
        .map_err(|error| error.to_string())
}

fn options(alpha: bool, from: (u32, u32), extent: (f64, f64)) -> ResizeOptions {
    ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(alpha)
        .crop(
            0.0,
            0.0,
            extent.0.min(f64::from(from.0)),
            extent.1.min(f64::from(from.1)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_their_shape_and_never_grow() {
        for (size, edge, want) in [
            ((6000, 4000), 512, (512, 341)),
            ((4000, 6000), 512, (341, 512)),
            ((300, 200), 512, (300, 200)),
            ((10_000, 1), 100, (100, 1)),
            ((300, 200), 0, (300, 200)),
        ] {
            assert_eq!(fit(size.0, size.1, edge), want);
        }
    }
}
