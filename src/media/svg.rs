//! SVG drawings by resvg, in builds that have it (the feature `svg`). Text and pictures from elsewhere are not drawn:
//! a drawing may not make the program look for files or fonts.

use super::{
    color::{Channels, Profile},
    decode::{DecodeError, Raster, Want},
    limits::Limits,
};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

/// A drawing, drawn at the wanted size.
///
/// # Errors
/// By fault.
pub fn decode(bytes: &[u8], want: Want, limits: &Limits) -> Result<Raster, DecodeError> {
    // Elements in one another are read by recursion, so their number is bounded by the bytes of a drawing.
    const LONGEST: usize = 16 << 20;
    if bytes.len() > LONGEST {
        return Err(DecodeError::Limits("a drawing of more than 16 MiB".to_owned()));
    }
    let tree = Tree::from_data(bytes, &Options::default()).map_err(|error| DecodeError::Damaged(error.to_string()))?;
    let size = tree.size();
    let side = |value: f32| value.ceil().max(1.0) as u32;
    let full = (side(size.width()), side(size.height()));
    limits.check_size(full.0, full.1).map_err(DecodeError::Limits)?;
    let (width, height) = want.size(full.0, full.1);
    limits
        .check_alloc(u64::from(width) * u64::from(height) * 8)
        .map_err(DecodeError::Limits)?;
    let mut map = Pixmap::new(width, height).ok_or_else(|| DecodeError::Limits("no room to draw".to_owned()))?;
    let scale = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    resvg::render(&tree, scale, &mut map.as_mut());
    let data = map
        .pixels()
        .iter()
        .flat_map(|pixel| {
            let color = pixel.demultiply();
            [color.red(), color.green(), color.blue(), color.alpha()]
        })
        .collect();
    Ok(Raster {
        width,
        height,
        full,
        extent: (f64::from(width), f64::from(height)),
        channels: Channels::Rgba,
        data,
        profile: Profile::None,
        orientation: 1,
        note: None,
    })
}
