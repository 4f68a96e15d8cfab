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
use std::{
    error::Error,
    fs,
    path::Path,
    time::{Duration, Instant},
};

const USAGE: &str = "imaging thumbs FOLDER THREADS FILE..   512 px JPEGs of quality 80 into a folder
imaging screen EDGE FILE..             decoded for a screen that shows this long edge
imaging flips SEED COUNT FILE..        COUNT copies of each file with a bit flipped, and its cuts at every 64th byte (at most
                                       2000), decoded; prints the slowest and the program's peak memory";

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["thumbs", folder, threads, files @ ..] => thumbs(Path::new(folder), threads.parse()?, files),
        ["screen", edge, files @ ..] => files.iter().try_for_each(|file| screen(edge.parse()?, file)),
        ["flips", seed, count, files @ ..] => flips(seed.parse()?, count.parse()?, files),
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

/// Damaged copies of each file through the one door. Whatever is wrong with them, this must come to its end.
fn flips(mut seed: u64, count: usize, files: &[&str]) -> Result<(), Box<dyn Error>> {
    for file in files {
        let whole = fs::read(file)?;
        let (mut shown, mut slowest) = (0_usize, Duration::ZERO);
        let mut one = |bytes: &[u8]| {
            let start = Instant::now();
            shown += usize::from(decode(bytes, Want::Fit(512), &Limits::default()).is_ok());
            slowest = slowest.max(start.elapsed());
        };
        for _ in 0..count {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let bit = (seed >> 8) as usize % (whole.len() * 8);
            let mut bytes = whole.clone();
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            one(&bytes);
        }
        let cuts: Vec<usize> = (0..whole.len()).step_by(64.max(whole.len() / 2000)).collect();
        for cut in &cuts {
            one(whole.get(..*cut).unwrap_or_default());
        }
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap_or_default();
        println!(
            "{file}: {count} flips, {} cuts, {shown} shown, slowest {slowest:.2?}, {peak}",
            cuts.len()
        );
    }
    Ok(())
}
