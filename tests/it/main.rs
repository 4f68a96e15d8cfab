//! The headless tests, one binary.

mod media;
