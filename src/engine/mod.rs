//! The application without a face: every request is a `Command`, everything a frame may read is in a `Snapshot`.

pub mod command;
pub mod handle;

pub mod settings;
pub mod snapshot;
pub mod error;
pub mod keeping;
pub mod marking;
pub mod session;
pub mod views;

// What the faces need of the floors below, which they must not import themselves.
pub use crate::sys::{
    dirs::Home,
    fs::forbid_io_on_this_thread,
    task::{Cancel, Cx, Progress, ProgressReading, pause, spawn},
};
