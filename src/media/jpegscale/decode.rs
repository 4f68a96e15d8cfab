//! The door of this folder.

use super::{baseline, canvas::Canvas, markers::Markers, plan::Plan, progressive};
use crate::media::limits::Limits;

/// Why the other decoder has to be asked; for people who look for the reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::media) struct No(pub &'static str);

/// A picture at a part of its size.
pub(in crate::media) struct Scaled {
    /// A size is rounded up: the last column and row may stand for a part of a pixel.
    pub width: u32,
    pub height: u32,
    /// Bytes of a pixel: 1 for grey, 3 for red, green, blue.
    pub channels: usize,
    pub data: Vec<u8>,
    /// A part of the data was not looked at, so that a fault in it would not have been found.
    pub passed_over: bool,
}

/// Decodes to so many eighths of the size, 1 to 4.
///
/// # Errors
/// [`No`] for every file that is not ordinary and whole, or asks for more than `limits` allow.
pub(in crate::media) fn decode(bytes: &[u8], eighths: u32, limits: &Limits) -> Result<Scaled, No> {
    let mut markers = Markers::new(bytes)?;
    let scan = markers.next_scan()?.ok_or(No("no scan"))?;
    let frame = markers.frame.clone().ok_or(No("no frame"))?;
    limits
        .check_size(frame.width, frame.height)
        .map_err(|_| No("too large"))?;
    let plan = Plan::new(&frame, eighths, &markers.quant)?;
    limits.check_alloc(plan.bytes()).map_err(|_| No("too large"))?;
    let mut canvas = Canvas::new(&plan);
    let passed_over = if frame.progressive {
        progressive::decode(bytes, &mut markers, scan, &plan, &mut canvas, limits.scans)?
    } else {
        baseline::decode(bytes, &mut markers, &scan, &plan, &mut canvas)?;
        false
    };
    Ok(Scaled {
        width: plan.width,
        height: plan.height,
        channels: if plan.layers.len() == 1 { 1 } else { 3 },
        data: canvas.finish(),
        passed_over,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use libjpeg_turbo_rs::{
        Decoder, Encoder, Image, PixelFormat, ScalingFactor, Subsampling, common::error::DecodeWarning,
    };
    use std::path::{Path, PathBuf};

    /// Numbers that look random, the same for the same seed (xorshift).
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, below: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % below as u64) as usize
        }
    }

    /// What libjpeg makes of it at this scale; none where it gives up.
    fn reference(bytes: &[u8], eighths: u32) -> Option<Image> {
        let mut decoder = Decoder::new(bytes).ok()?;
        let gray = decoder.header().components.len() == 1;
        decoder.set_output_format(if gray { PixelFormat::Grayscale } else { PixelFormat::Rgb });
        decoder.set_lenient(true);
        let (part, of) = [(1, 8), (1, 4), (3, 8), (1, 2)][eighths as usize - 1];
        decoder.set_scale(ScalingFactor::try_new(part, of).expect("a scale of libjpeg"));
        decoder.decode_image().ok()
    }

    /// Largest and mean difference of two pictures of one size.
    fn difference(ours: &Scaled, theirs: &Image) -> (u8, f64) {
        let size = (theirs.width as u32, theirs.height as u32, theirs.data.len());
        assert_eq!((ours.width, ours.height, ours.data.len()), size);
        let each = || ours.data.iter().zip(&theirs.data).map(|(a, b)| a.abs_diff(*b));
        let sum: u64 = each().map(u64::from).sum();
        (each().max().unwrap_or(0), sum as f64 / ours.data.len() as f64)
    }

    /// A picture with edges, shades and grain.
    fn picture(width: usize, height: usize) -> Vec<u8> {
        let mut dice = Dice(11);
        let mut rgb = Vec::new();
        for at in 0..width * height {
            let (x, y) = (at % width, at / width);
            let bar = if (x / 9 + y / 7) % 3 == 0 { 90 } else { 0 };
            for shade in [x * 150 / width, y * 150 / height, (x + y) % 150] {
                rgb.push((shade + bar + dice.roll(14)) as u8);
            }
        }
        rgb
    }

    const SAMPLINGS: [Subsampling; 5] = [
        Subsampling::S444,
        Subsampling::S422,
        Subsampling::S420,
        Subsampling::S440,
        Subsampling::S411,
    ];

    /// Every kind of file that this decoder takes, named.
    fn kinds(width: usize, height: usize) -> Vec<(String, Vec<u8>)> {
        let rgb = picture(width, height);
        let gray: Vec<u8> = rgb.chunks(3).map(|pixel| pixel[1]).collect();
        let mut all = Vec::new();
        for progressive in [false, true] {
            for sampling in SAMPLINGS {
                let color = Encoder::new(&rgb, width, height, PixelFormat::Rgb);
                let color = color.quality(88).subsampling(sampling).progressive(progressive);
                all.push((
                    format!("{sampling:?} progressive {progressive}"),
                    color.encode().expect("a JPEG"),
                ));
            }
            let gray = Encoder::new(&gray, width, height, PixelFormat::Grayscale);
            let gray = gray.quality(80).progressive(progressive);
            all.push((
                format!("grey progressive {progressive}"),
                gray.encode().expect("a JPEG"),
            ));
        }
        for (blocks, quality) in [(1, 95), (7, 60)] {
            let restarts = Encoder::new(&rgb, width, height, PixelFormat::Rgb).restart_blocks(blocks);
            let restarts = restarts
                .quality(quality)
                .optimize_huffman(true)
                .encode()
                .expect("a JPEG");
            all.push((format!("restarts every {blocks}"), restarts));
        }
        all
    }

    #[test]
    fn every_kind_and_scale_agrees_with_libjpeg() {
        for (width, height) in [(203, 149), (64, 64), (33, 32), (97, 250)] {
            for (name, bytes) in kinds(width, height) {
                for eighths in 1..=4 {
                    let ours = decode(&bytes, eighths, &Limits::default());
                    let ours = ours.unwrap_or_else(|no| panic!("{width} x {height}, {name}, {eighths}/8: {no:?}"));
                    let theirs = reference(&bytes, eighths).expect("libjpeg's picture");
                    let (most, mean) = difference(&ours, &theirs);
                    let where_ = format!("{width} x {height}, {name}, {eighths}/8: most {most}, mean {mean:.3}");
                    assert!(most <= 3 && mean < 0.3, "{where_}");
                }
            }
        }
    }

    #[test]
    fn i16_what_is_too_large_is_refused() {
        let (_, bytes) = kinds(64, 64).swap_remove(0);
        for limits in [
            Limits {
                side: 63,
                ..Limits::default()
            },
            Limits {
                pixels: 4000,
                ..Limits::default()
            },
            Limits {
                alloc_bytes: 200,
                ..Limits::default()
            },
        ] {
            assert_eq!(decode(&bytes, 1, &limits).err(), Some(No("too large")));
        }
        let (_, bytes) = kinds(64, 64).swap_remove(6);
        let limits = Limits {
            scans: 2,
            ..Limits::default()
        };
        assert_eq!(decode(&bytes, 1, &limits).err(), Some(No("too many scans")));
        for eighths in [0, 5, 8, u32::MAX] {
            assert!(decode(&bytes, eighths, &Limits::default()).is_err());
        }
    }

    /// What is cut short shows less, and what is there has to be marked: the other decoder does both.
    #[test]
    fn cut_short_at_any_byte_is_refused() {
        for (name, bytes) in kinds(64, 64) {
            for end in 0..bytes.len() {
                assert!(decode(&bytes[..end], 1, &Limits::default()).is_err(), "{name} at {end}");
            }
        }
    }

    fn files_under(dir: &Path, into: &mut Vec<PathBuf>) {
        let mut paths: Vec<_> = std::fs::read_dir(dir)
            .expect("listed")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                files_under(&path, into);
            } else {
                into.push(path);
            }
        }
    }

    #[test]
    fn real_photos_agree_with_libjpeg() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos");
        if !dir.is_dir() {
            println!("skipped: {} is not here", dir.display());
            return;
        }
        let mut paths = Vec::new();
        files_under(&dir, &mut paths);
        let (mut taken, mut tiny, mut refused) = (0, 0, Vec::new());
        let mut worst = (0, 0.0_f64);
        for path in paths {
            let bytes = std::fs::read(&path).expect("read");
            if !bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
                continue;
            }
            let scales = if bytes.len() > 1_000_000 { 1..=2 } else { 1..=4 };
            let (mut all, mut why) = (true, No(""));
            for eighths in scales {
                match decode(&bytes, eighths, &Limits::default()) {
                    Ok(ours) => {
                        let theirs = reference(&bytes, eighths).expect("libjpeg's picture");
                        let (most, mean) = difference(&ours, &theirs);
                        assert!(
                            most <= 8 && mean < 1.0,
                            "{} at {eighths}/8: {most}, {mean:.3}",
                            path.display()
                        );
                        worst = (worst.0.max(most), worst.1.max(mean));
                    }
                    Err(no) => (all, why) = (false, no),
                }
            }
            match why {
                _ if all => taken += 1,
                No("a tiny picture") => tiny += 1,
                No(why) => refused.push((why, path)),
            }
        }
        println!(
            "{taken} photos decoded the quick way, {tiny} too small for it, {} refused:",
            refused.len()
        );
        refused
            .iter()
            .for_each(|(why, path)| println!("  {why}: {}", path.display()));
        println!("largest difference {}, largest mean {:.3}", worst.0, worst.1);
        assert!(
            taken > 10 * refused.len().max(1),
            "{taken} taken, {} refused",
            refused.len()
        );
    }

    /// One to four changes: flipped bits, other bytes, bytes gone and bytes more, the head three times as often.
    fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
        for _ in 0..=dice.roll(4) {
            let below = if dice.roll(3) == 0 {
                bytes.len().min(700)
            } else {
                bytes.len()
            };
            let at = dice.roll(below);
            match dice.roll(8) {
                0..=2 => bytes[at] ^= 1 << dice.roll(8),
                3 | 4 => bytes[at] = dice.roll(256) as u8,
                5 => bytes[at] = 0xFF,
                6 => drop(bytes.remove(at)),
                _ => bytes.insert(at, dice.roll(256) as u8),
            }
        }
    }

    /// Damage either is noticed, or the picture is the one that libjpeg gives without complaint (I5). `SAFELIGHT_MUTATIONS`
    /// says how many, `SEED` which.
    #[test]
    fn i5_damaged_files_are_refused_or_agree_with_libjpeg() {
        let number = |name: &str, other: u64| {
            std::env::var(name)
                .ok()
                .and_then(|text| text.parse().ok())
                .unwrap_or(other)
        };
        let (seed, many) = (number("SEED", 4711), number("SAFELIGHT_MUTATIONS", 20_000));
        println!("SEED={seed} SAFELIGHT_MUTATIONS={many}");
        let kinds = kinds(75, 61);
        let mut dice = Dice(seed | 1 << 40);
        let mut taken = 0;
        for step in 0..many {
            let (name, bytes) = &kinds[dice.roll(kinds.len())];
            let mut bytes = bytes.clone();
            mutate(&mut bytes, &mut dice);
            let eighths = 1 + dice.roll(4) as u32;
            let Ok(ours) = decode(&bytes, eighths, &Limits::default()) else {
                continue;
            };
            taken += 1;
            let place = format!("SEED={seed}, step {step}, {name}, {eighths}/8");
            match reference(&bytes, eighths) {
                Some(theirs) => {
                    let (most, mean) = difference(&ours, &theirs);
                    assert!(most <= 8 && mean < 1.0, "{place}: most {most}, mean {mean:.3}");
                    let complaint = |warning: &DecodeWarning| !matches!(warning, DecodeWarning::ExtraneousData { .. });
                    let fine = ours.passed_over || !theirs.warnings.iter().any(complaint);
                    assert!(fine, "{place}: {:?}", theirs.warnings);
                }
                // A fault in what is not needed for so small a picture.
                None => assert!(ours.passed_over, "{place}: libjpeg gives up"),
            }
        }
        println!("{taken} of {many} taken, and right");
        assert!(taken > many / 20, "{taken} of {many} taken");
    }
}
