//! Scaling down with a Lanczos filter; never up.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
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
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(alpha)
        .crop(
            0.0,
            0.0,
            extent.0.min(f64::from(from.0)),
            extent.1.min(f64::from(from.1)),
        );
    Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|error| error.to_string())?;
    Ok(target.into_vec())
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
