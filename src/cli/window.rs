//! From the terminal to the window, and back to the terminal in one line where there is no display.

use crate::engine::{Home, TempPlace};
use std::{path::PathBuf, process::ExitCode};

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
}

/// The exit code where a window is asked for and there is no display (`EX_UNAVAILABLE` would be 69; the documented codes
/// have one for "could not run").
const NO_WINDOW: u8 = 3;

impl Window {
    /// Opens it and returns when it was closed.
    #[must_use]
    pub fn open(self) -> ExitCode {
        #[cfg(feature = "ui")]
        {
            let engine = crate::engine::engine::start(self.home.clone(), self.paths.clone());
            let engine = match engine {
                Ok(engine) => engine,
                Err(error) => {
                    eprintln!("safelight: the window's engine could not start: {error}");
                    return ExitCode::from(NO_WINDOW);
                }
            };
            let options = crate::ui::Options {
                smoke: self.smoke,
                ..crate::ui::Options::default()
            };
            let opened = crate::ui::run(engine.handle(), options);
            engine.stop();
            match (opened, self.before) {
                (Ok(()), before) => ExitCode::from(before.unwrap_or(0)),
                (Err(error), Some(before)) => {
                    println!("No window here ({error}); the library can be used from the terminal.");
                    ExitCode::from(before)
                }
                (Err(error), None) => {
                    eprintln!(
                        "safelight: no window can be opened ({error}). In the terminal, begin with: safelight --help"
                    );
                    ExitCode::from(NO_WINDOW)
                }
            }
        }
        #[cfg(not(feature = "ui"))]
        {
            if let Some(before) = self.before {
                println!("This Safelight was built without its window; the library can be used from the terminal.");
                return ExitCode::from(before);
            }
            eprintln!("safelight: this Safelight was built without its window. Begin with: safelight --help");
            ExitCode::from(NO_WINDOW)
        }
    }
}
