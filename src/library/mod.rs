//! library.

pub mod thumbs;
