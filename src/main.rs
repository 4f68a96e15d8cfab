//! Chooses a face: the terminal for a command, the window without one, and back to the terminal in one line where there
//! is no display.

use clap::Parser as _;
use safelight::{
    cli::{
        args::Cli,
        run::{Run, run},
        window::Window,
    },
    sys::child::is_the_program,
};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// The exit code where a window is the whole point and none can be opened: it could not run.
const NO_WINDOW: u8 = 3;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("SAFELIGHT_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    is_the_program();
    match run(Cli::parse()) {
        Run::Done(code) => ExitCode::from(code),
        Run::Window(window) => open(window),
    }
}

/// Opens the window and returns when it was closed.
#[cfg(feature = "ui")]
fn open(window: Window) -> ExitCode {
    use safelight::{engine::engine, ui};
    let running = match engine::start(window.home.clone(), window.paths.clone()) {
        Ok(running) => running,
        Err(error) => {
            eprintln!("safelight: the window's engine could not start: {error}");
            return ExitCode::from(NO_WINDOW);
        }
    };
    let options = ui::Options {
        smoke: window.smoke,
        ending: window.ending.clone(),
        ..ui::Options::default()
    };
    let opened = ui::run(running.handle(), options);
    running.stop();
    match (opened, window.before) {
        (Ok(()), before) => ExitCode::from(before.unwrap_or(0)),
        (Err(error), Some(before)) => {
            println!("No window here ({error}); the library can be used from the terminal.");
            ExitCode::from(before)
        }
        (Err(error), None) => {
            eprintln!("safelight: no window can be opened ({error}). In the terminal, begin with: safelight --help");
            ExitCode::from(NO_WINDOW)
        }
    }
}

/// Says that there is no window in this build.
#[cfg(not(feature = "ui"))]
fn open(window: Window) -> ExitCode {
    match window.before {
        Some(before) => {
            println!("This Safelight was built without its window; the library can be used from the terminal.");
            ExitCode::from(before)
        }
        None => {
            eprintln!("safelight: this Safelight was built without its window. Begin with: safelight --help");
            ExitCode::from(NO_WINDOW)
        }
    }
}
