//! JPEGs decoded straight to 1/8, 2/8, 3/8 or 4/8 of their size, several times as fast as by way of all coefficients.
//!
//! The picture is the one that libjpeg's scaled decode gives, to within rounding. Only ordinary files are taken: 8-bit
//! Huffman, one component or YCbCr, in usual samplings, complete and without a fault. With everything else, and at the first
//! doubt, [`decode()`] says [`No`] and the caller asks libjpeg-turbo, which also knows what to show of a damaged file.
//!
//! Where the time goes: `bits` and `huffman` read (nearly all of it), `weights` makes pixels of coefficients, `canvas` turns
//! rows of blocks into rows of RGB; `baseline` and `progressive` are the two orders in which coefficients come.

mod baseline;
mod bits;
mod canvas;
mod color;
mod decode;
mod huffman;
mod markers;
mod plan;
mod progressive;
mod weights;

pub(in crate::media) use decode::{No, decode};
