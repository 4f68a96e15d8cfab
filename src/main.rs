//! Chooses a face: the terminal for a command, the window without one.

use clap::Parser as _;
use safelight::cli::{
    args::Cli,
    run::{Run, run},
};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("SAFELIGHT_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run(Cli::parse()) {
        Run::Done(code) => ExitCode::from(code),
        Run::Window(window) => window.open(),
    }
}
