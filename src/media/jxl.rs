//! JPEG XL by jxl-oxide. It turns the picture upright itself and gives sRGB, whatever the picture was coded in; only where
//! the file holds a profile for its plain numbers are these converted here. Of an animation the first picture is shown.

use super::{
    color::{Channels, Profile},
    decode::{DecodeError, Raster, Want},
    decoders::CUT_SHORT,
    heif_shape::undo_alpha,
    limits::Limits,
    wide::{self, Shape, TONE_MAPPED},
};
use jxl_oxide::{
    AllocTracker, EnumColourEncoding, ExtraChannelType, ImageStream, InitializeResult, JxlImage, JxlThreadPool,
    PixelFormat, RenderingIntent, color::ColourEncoding, color::ColourSpace,
};

/// JPEG XL, bare or in its container.
///
/// # Errors
/// By fault.
pub fn decode(bytes: &[u8], want: Want, limits: &Limits) -> Result<Raster, DecodeError> {
    let damaged = |error: Box<dyn std::error::Error + Send + Sync>| DecodeError::Damaged(error.to_string());
    // Photos are made small side by side already; one that is wanted large may have all cores.
    let pool = if want == Want::Full {
        JxlThreadPool::rayon(None)
    } else {
        JxlThreadPool::none()
    };
    let room = usize::try_from(limits.alloc_bytes).unwrap_or(usize::MAX);
    let mut waiting = JxlImage::builder()
        .pool(pool)
        .alloc_tracker(AllocTracker::with_limit(room))
        .build_uninit();
    // The header first: what it asks for is judged before anything else is read.
    let mut at = 0;
    let mut image = loop {
        let end = (at + (64 << 10)).min(bytes.len());
        let piece = bytes.get(at..end).unwrap_or_default();
        if piece.is_empty() {
            return Err(DecodeError::Damaged("it ends before the picture begins".to_owned()));
        }
        let taken = waiting.feed_bytes(piece).map_err(damaged)?;
        let stuck = taken == 0 && end == bytes.len();
        at += taken;
        match waiting.try_init().map_err(damaged)? {
            InitializeResult::Initialized(image) => break image,
            InitializeResult::NeedMoreData(_) if stuck => {
                return Err(DecodeError::Damaged("it ends before the picture begins".to_owned()));
            }
            InitializeResult::NeedMoreData(more) => waiting = more,
        }
    };
    let (width, height) = (image.width(), image.height());
    limits.check_size(width, height).map_err(DecodeError::Limits)?;
    // Three channels of numbers of four bytes, twice, and the rows that come out.
    limits
        .check_alloc(u64::from(width) * u64::from(height) * 28)
        .map_err(DecodeError::Limits)?;
    while at < bytes.len() && image.num_loaded_keyframes() == 0 {
        let end = (at + (1 << 20)).min(bytes.len());
        match image.feed_bytes(bytes.get(at..end).unwrap_or_default()) {
            Ok(0) => break,
            Ok(taken) => at += taken,
            Err(error) => return Err(damaged(error)),
        }
    }
    let plain_numbers = ask_for_srgb(&mut image);
    let mut note = image.hdr_type().map(|_| TONE_MAPPED.to_owned());
    let render = if image.num_loaded_keyframes() > 0 {
        image.render_frame(0)
    } else {
        // Cut short: what the first part of the codestream shows.
        note = Some(CUT_SHORT.to_owned());
        image.render_loading_frame()
    };
    let render = render.map_err(damaged)?;
    let profile = if plain_numbers {
        image
            .original_icc()
            .map_or(Profile::None, |icc| Profile::Icc(icc.to_vec()))
    } else {
        Profile::None
    };
    let premultiplied = image
        .image_header()
        .metadata
        .ec_info
        .iter()
        .any(|channel| matches!(channel.ty, ExtraChannelType::Alpha { alpha_associated: true }));
    let deep = image.image_header().metadata.bit_depth.bits_per_sample() > 8;
    let format = image.pixel_format();
    let stream = render.stream();
    let size = (stream.width(), stream.height());
    limits.check_size(size.0, size.1).map_err(DecodeError::Limits)?;
    let mut rows = Rows {
        stream,
        format,
        premultiplied,
    };
    // The stream is upright already.
    let shape = Shape::whole(size.0, size.1, 1);
    if deep {
        let (channels, data) = rows.read(u16::MAX)?;
        return wide::sixteen(&shape, channels, data, &profile, want, note, limits);
    }
    let (channels, data) = rows.read(u8::MAX)?;
    Ok(Raster {
        width: size.0,
        height: size.1,
        full: size,
        extent: shape.extent,
        channels,
        data,
        profile,
        orientation: 1,
        note,
    })
}

/// Asks for sRGB where the decoder can give it; says whether the numbers stay those of the file's own profile.
fn ask_for_srgb(image: &mut JxlImage) -> bool {
    let metadata = &image.image_header().metadata;
    let gray = match &metadata.colour_encoding {
        // Without a colour system of its own the decoder cannot read profiles; ours does that.
        ColourEncoding::IccProfile(_) if !metadata.xyb_encoded => return true,
        ColourEncoding::IccProfile(space) => *space == ColourSpace::Grey,
        ColourEncoding::Enum(encoding) => encoding.colour_space == ColourSpace::Grey,
    };
    let mut srgb = EnumColourEncoding::srgb(RenderingIntent::Relative);
    if gray {
        srgb.colour_space = ColourSpace::Grey;
    }
    image.request_color_encoding(srgb);
    false
}

struct Rows<'a> {
    stream: ImageStream<'a>,
    format: PixelFormat,
    premultiplied: bool,
}

impl Rows<'_> {
    /// All rows, in channels that are known here.
    fn read<T>(&mut self, full: T) -> Result<(Channels, Vec<T>), DecodeError>
    where
        T: jxl_oxide::FrameBufferSample + Copy + Default + Into<u32> + TryFrom<u32> + std::ops::Sub<Output = T>,
    {
        let count = self.stream.channels() as usize;
        let pixels = self.stream.width() as usize * self.stream.height() as usize;
        let mut data = vec![T::default(); pixels.saturating_mul(count)];
        self.stream.write_to_buffer(&mut data);
        let channels = match (self.format, count) {
            (PixelFormat::Gray, 1) => Channels::Gray,
            (PixelFormat::Graya, 2) => Channels::GrayAlpha,
            (PixelFormat::Rgb, 3) => Channels::Rgb,
            (PixelFormat::Rgba, 4) => Channels::Rgba,
            // Inks: 0 is full ink in the file.
            (PixelFormat::Cmyk, 4) => {
                data.iter_mut().for_each(|ink| *ink = full - *ink);
                Channels::Cmyk
            }
            (PixelFormat::Cmyka, 5) => {
                data = data
                    .chunks_exact(5)
                    .flat_map(|pixel| pixel.iter().take(4).map(|ink| full - *ink))
                    .collect();
                Channels::Cmyk
            }
            _ => return Err(DecodeError::Unsupported(format!("JPEG XL with {count} channels"))),
        };
        if self.premultiplied && channels.has_alpha() {
            undo_alpha(&mut data, channels.count(), full);
        }
        Ok((channels, data))
    }
}
