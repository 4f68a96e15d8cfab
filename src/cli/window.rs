//! A window that the command line asks for; `main` opens it, since a face does not know the other.

use crate::engine::{Ending, Home, TempPlace};
use std::path::PathBuf;

/// A window that is asked for.
#[derive(Debug)]
pub struct Window {
    /// Where the library is.
    pub home: Home,
    /// Folders to watch and show at once.
    pub paths: Vec<PathBuf>,
    /// The exit code of what was done before, where no window can be opened; none where the window is the whole point.
    pub before: Option<u8>,
    /// Close after so many seconds: for tests.
    pub smoke: Option<f64>,
    /// A temporary folder that must live as long as the window.
    pub keep_alive: Option<TempPlace>,
    /// Asked from outside, it closes.
    pub ending: Ending,
}
