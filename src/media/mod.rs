//! Untrusted bytes to pixels and facts, and back: pure functions of bytes and limits (I5). No file, no clock, no thread.
//!
//! `decode::decode` is the one door to every decoder. A format is added by one row of its table and one of `sniff`.

mod av1;
mod bmff;
mod by_image;
mod by_tiff;
pub mod cell;
mod color;
pub mod decode;
mod decoders;
pub mod encode;
mod exif;
pub mod facts;
pub mod gpx;
mod headers;
mod heif;
mod heif_shape;
mod iptc;
mod jpeg;
mod jpegscale;
mod jxl;
pub mod likeness;
pub mod limits;
pub mod measure;
mod motion;
mod orient;
mod preview;
pub mod proxy;
mod psd;
#[cfg(feature = "raw")]
mod raw;
mod resize;
pub mod sniff;
mod source;
#[cfg(feature = "svg")]
mod svg;
mod tiff;
mod wide;
pub mod xmp;
mod yuv;
