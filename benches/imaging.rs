//! The pictures that `benches/imaging.sh` measures, made by the library's own doors: one process does one piece of work
//! and ends, so that its processor time and memory can be read from outside.

#![allow(
    clippy::disallowed_methods,
    reason = "a bench reads and writes files as a user's script would"
)]

use rayon::prelude::*;
use safelight::media::{
    decode::{Want, decode},
    encode,
    limits::Limits,
};
use std::{error::Error, fs, path::Path};

const USAGE: &str = "imaging thumbs FOLDER THREADS FILE..   512 px JPEGs of quality 80 into a folder
imaging screen EDGE FILE..             decoded for a screen that shows this long edge";

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["thumbs", folder, threads, files @ ..] => thumbs(Path::new(folder), threads.parse()?, files),
        ["screen", edge, files @ ..] => files.iter().try_for_each(|file| screen(edge.parse()?, file)),
        // Started by `cargo bench` or `cargo test --benches`.
        _ => {
            println!("{USAGE}");
            Ok(())
        }
    }
}

fn thumbs(folder: &Path, threads: usize, files: &[&str]) -> Result<(), Box<dyn Error>> {
    let one = |(at, file): (usize, &&str)| -> Result<(), String> {
        let name = format!("{at}.jpg");
        thumb(&folder.join(name), file).map_err(|error| format!("{file}: {error}"))
    };
    if threads < 2 {
        return Ok(files.iter().enumerate().try_for_each(one)?);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    Ok(pool.install(|| files.par_iter().enumerate().try_for_each(one))?)
}

fn thumb(to: &Path, file: &str) -> Result<(), Box<dyn Error>> {
    let decoded = decode(&fs::read(file)?, Want::Fit(512), &Limits::default())?;
    fs::write(to, encode::jpeg(&decoded.pixels, 80)?)?;
    Ok(())
}

fn screen(edge: u32, file: &str) -> Result<(), Box<dyn Error>> {
    let decoded = decode(&fs::read(file)?, Want::Near(edge), &Limits::default())?;
    std::hint::black_box(&decoded.pixels);
    Ok(())
}
