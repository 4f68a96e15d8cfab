//! Safelight.
#![forbid(unsafe_code)]

pub mod backup;
pub mod catalog;
pub mod cli;
pub mod engine;
pub mod library;
pub mod media;
pub mod model;
pub mod remote;
pub mod store;
pub mod sys;
#[cfg(feature = "ui")]
pub mod ui;
