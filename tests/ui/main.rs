//! Behaviour of the window, driven through its accessibility tree on the real `App` with nobody behind its handle: no
//! display, no graphics card, no pictures to compare.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and prepare files and read clocks as nothing else may"
)]

mod cloud;
mod cull;
mod duplicates;
mod fixture;
mod floating;
mod keymap;
mod library;
mod many;
mod map;
mod marks;
mod names;
mod pass;
mod relocate;
mod safety;
mod settings;
