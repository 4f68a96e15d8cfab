//! The application without a face: every request is a `Command`, everything a frame may read is in a `Snapshot`.

pub mod command;
pub mod handle;
pub mod snapshot;

// What the window needs of the floors below, which it must not import itself.
pub use crate::sys::{fs::forbid_io_on_this_thread, task::spawn};
