//! The terminal's face: the same engine without a window. Scripts, crash tests and the demo run through it.

pub mod args;
mod ask;
mod commands;
mod demo;
mod keeping;
mod output;
pub mod run;
mod service;
mod store;
pub mod window;
