//! The terminal's face: the same engine without a window. Scripts, crash tests and the demo run through it.

mod albums;
pub mod args;
pub mod args_store;
mod ask;
mod commands;
mod demo;
mod duplicates;
mod keeping;
mod mark_args;
mod output;
mod places;
mod relocate;
pub mod run;
mod service;
mod sidecars;
mod store;
mod trash;
pub mod window;
