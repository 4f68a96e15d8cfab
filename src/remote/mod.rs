//! A place for bytes: keys in, bytes out.

pub mod api;
