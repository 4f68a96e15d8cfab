//! AV1 pictures to planes (re_rav1d, without its assembler): what an AVIF file's items hold.

use super::{
    decode::DecodeError,
    limits::Limits,
    yuv::{Cicp, Planes},
};
use re_rav1d::dav1d::{Decoder, Error, InloopFilterType, PixelLayout, PlanarImageComponent as Plane, Settings};

/// The first picture of an item's data; `filtered`: with what smooths block edges, which a small copy does not need.
///
/// One thread: photos are decoded side by side, and a panic on a thread of the decoder would never come back to us.
///
/// # Errors
/// By fault.
pub fn picture(data: &[u8], filtered: bool, limits: &Limits) -> Result<Planes, DecodeError> {
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(limits.pixels).unwrap_or(u32::MAX));
    if !filtered {
        settings.set_inloop_filters(InloopFilterType::empty());
    }
    let mut decoder = Decoder::with_settings(&settings).map_err(av1_error)?;
    // `Again` says that a picture waits to be taken before more data is.
    match decoder.send_data(data.to_vec(), None, None, None) {
        Ok(()) | Err(Error::Again) => {}
        Err(error) => return Err(av1_error(error)),
    }
    let picture = match decoder.get_picture() {
        Ok(picture) => picture,
        Err(Error::Again) => match decoder.send_pending_data() {
            Ok(()) => decoder.get_picture().map_err(av1_error)?,
            Err(Error::Again) => return Err(DecodeError::Damaged("the AV1 picture ends early".to_owned())),
            Err(error) => return Err(av1_error(error)),
        },
        Err(error) => return Err(av1_error(error)),
    };
    let (width, height) = (picture.width(), picture.height());
    limits.check_size(width, height).map_err(DecodeError::Limits)?;
    let depth = picture.bits_per_component().map_or(8, |bits| bits.0 as u8);
    let sub = match picture.pixel_layout() {
        PixelLayout::I420 => (2, 2),
        PixelLayout::I422 => (2, 1),
        PixelLayout::I444 | PixelLayout::I400 => (1, 1),
    };
    let plane = |which: Plane| {
        let sub = if which == Plane::Y { (1, 1) } else { sub };
        let (width, height) = (width.div_ceil(sub.0) as usize, height.div_ceil(sub.1) as usize);
        let stride = picture.stride(which) as usize;
        let bytes = picture.plane(which);
        let mut samples = Vec::with_capacity(width * height);
        for row in bytes.chunks(stride.max(1)).take(height) {
            if depth == 8 {
                samples.extend(row.iter().take(width).map(|sample| u16::from(*sample)));
            } else {
                let (words, _) = row.as_chunks::<2>();
                samples.extend(words.iter().take(width).map(|word| u16::from_ne_bytes(*word)));
            }
        }
        samples
    };
    let gray = picture.pixel_layout() == PixelLayout::I400;
    Ok(Planes {
        width,
        height,
        sub,
        planes: if gray {
            [plane(Plane::Y), Vec::new(), Vec::new()]
        } else {
            [plane(Plane::Y), plane(Plane::U), plane(Plane::V)]
        },
        depth,
        cicp: cicp(&picture),
    })
}

/// What the sequence header says, in the numbers of H.273.
fn cicp(picture: &re_rav1d::dav1d::Picture) -> Cicp {
    use re_rav1d::dav1d::pixel::{ColorPrimaries as P, MatrixCoefficients as M, TransferCharacteristic as T, YUVRange};
    Cicp {
        primaries: match picture.color_primaries() {
            P::BT709 => 1,
            P::BT2020 => 9,
            P::P3DCI => 11,
            P::P3Display => 12,
            _ => 2,
        },
        transfer: match picture.transfer_characteristic() {
            T::PerceptualQuantizer => 16,
            T::HybridLogGamma => 18,
            T::Linear => 8,
            T::BT470M => 4,
            T::BT470BG => 5,
            T::SRGB => 13,
            _ => 2,
        },
        matrix: match picture.matrix_coefficients() {
            M::Identity => 0,
            M::BT709 => 1,
            M::BT470M => 4,
            M::ST240M => 7,
            M::YCgCo => 8,
            M::BT2020NonConstantLuminance | M::BT2020ConstantLuminance => 9,
            M::ChromaticityDerivedNonConstantLuminance => 12,
            _ => 2,
        },
        full_range: picture.color_range() == YUVRange::Full,
    }
}

fn av1_error(error: Error) -> DecodeError {
    match error {
        Error::UnsupportedBitstream => DecodeError::Unsupported("Such AVIF".to_owned()),
        Error::NotEnoughMemory => DecodeError::Limits("the AV1 decoder ran out of memory".to_owned()),
        other => DecodeError::Damaged(format!("AV1: {other}")),
    }
}
