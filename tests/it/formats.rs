//! Every still-picture format through the one door: what of the real photos is shown and how, beside other decoders; and
//! colours beside Little CMS.

use crate::outside::{has, photos};
use moxcms::ColorProfile;
use safelight::{
    media::{
        decode::{DecodeError, Decoded, Shown, Want, decode},
        facts,
        limits::Limits,
        sniff::{HEAD, sniff},
    },
    model::{metadata::MediaKind, pixels::Pixels},
};
use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn files_under(dir: &Path, into: &mut Vec<PathBuf>) {
    let mut names: Vec<_> = std::fs::read_dir(dir)
        .expect("listed")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort();
    for path in names {
        if path.is_dir() {
            files_under(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// Mean difference of colours, each counted as much as it can be seen.
fn mean_difference(a: &Pixels, b: &Pixels) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.rgba.chunks_exact(4).zip(b.rgba.chunks_exact(4)) {
        for index in 0..3 {
            let seen = |pixel: &[u8]| f64::from(pixel[index]) * f64::from(pixel[3]) / 255.0;
            sum += (seen(a) - seen(b)).abs();
        }
    }
    sum / (f64::from(a.width) * f64::from(a.height) * 3.0)
}

/// What another program makes of a file, as a PNG; its first page.
fn reference(path: &Path, format: &str, work: &Path) -> Option<(&'static str, Pixels)> {
    let out = work.join("reference.png");
    let _ = std::fs::remove_file(&out);
    let ways: &[(&'static str, &[&str])] = match format {
        "JPEG XL" => &[("djxl", &["--bits_per_sample=16"])],
        // avifdec does not turn and crop; vips does.
        "HEIC" | "HEIF" | "AVIF" => &[("vips", &["copy"]), ("heif-convert", &[])],
        _ => &[("vips", &["autorot"])],
    };
    for (tool, first) in ways {
        let done = Command::new(tool).args(*first).arg(path).arg(&out).output();
        let shown = std::fs::read(&out)
            .ok()
            .and_then(|bytes| decode(&bytes, Want::Fit(512), &Limits::default()).ok());
        if let (true, Some(decoded)) = (done.is_ok_and(|done| done.status.success()), shown) {
            return Some((tool, decoded.pixels));
        }
    }
    None
}

/// Mean differences up to which a format agrees with its reference decoder, in levels of 255 at 512 pixels, and why.
fn bound(format: &str) -> f64 {
    match format {
        // libheif's chroma is not interpolated, and large ones are decoded without loop filters here.
        "HEIC" | "HEIF" | "AVIF" => 2.0,
        // The rest are exact but for rounding, and for JPEG's freedom in its inverse DCT.
        _ => 1.0,
    }
}

/// Files that no bound holds, each with its reason.
const APART: [(&str, &str); 9] = [
    (
        "jxl/alpha_premultiplied.jxl",
        "djxl 0.7 writes colours that are multiplied by their alpha as if they were not",
    ),
    (
        "avif/profile_gray_prophoto.avif",
        "libheif 1.15 forgets the profile of a grey picture",
    ),
    (
        "tiff/gradient-3c-32b-float.tiff",
        "vips writes its numbers of 0 to 1 as levels of 0 to 255",
    ),
    (
        "motion-photo/samsung-one-ui-6.heic",
        "shown from the stored copy of 512 pixels, an encoding of its own",
    ),
    ("heic/Sony.HIF", "shown from the stored JPEG of a cut-down file"),
    ("avif/colors_hdr_p3.avif", "HDR: tone-mapped here, shown as coded there"),
    (
        "avif/cosmos1650_yuv444_10bpc_p3pq.avif",
        "HDR: tone-mapped here, shown as coded there",
    ),
    (
        "avif/seine_hdr_gainmap_srgb.avif",
        "HDR: tone-mapped here, shown as coded there",
    ),
    ("tiff/cmyk-3c", "four inks without a profile: vips takes one of its own"),
];

#[test]
fn the_whole_corpus_beside_other_decoders() {
    let Some(dir) = photos() else { return };
    let compare = has("vips") && has("djxl") && has("heif-convert");
    let text = std::fs::read_to_string(dir.join("expected.json")).expect("expected.json");
    let expected: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let work = tempfile::tempdir().expect("a temporary folder");
    let mut files = Vec::new();
    files_under(&dir, &mut files);
    let limits = Limits::default();
    let mut means: BTreeMap<String, (u32, f64, f64)> = BTreeMap::new();
    let mut table: BTreeMap<String, [u32; 4]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for path in files {
        let bytes = std::fs::read(&path).expect("read");
        let Some(format) = sniff(&bytes[..bytes.len().min(HEAD)]).filter(|format| format.kind() == MediaKind::Picture)
        else {
            continue;
        };
        let name = path.strip_prefix(&dir).expect("inside").to_string_lossy().into_owned();
        let kind = format.name().to_owned();
        let row = table.entry(kind.clone()).or_default();
        row[0] += 1;
        let decoded = match decode(&bytes, Want::Fit(512), &limits) {
            Ok(decoded) => decoded,
            Err(error) => {
                row[3] += 1;
                println!("{kind:9} not shown  {name}: {error}");
                continue;
            }
        };
        row[if decoded.shown == Shown::Picture { 1 } else { 2 }] += 1;
        if let Some(note) = &decoded.note {
            println!("{kind:9} note       {name}: {note}");
        }
        check_size(&name, &bytes, &decoded, &expected["files"][&name], &mut wrong);
        // JPEGs have their own table beside libjpeg.
        if !compare || kind == "JPEG" || decoded.shown != Shown::Picture {
            continue;
        }
        let Some((tool, other)) = reference(&path, &kind, work.path()) else {
            println!("{kind:9} compared to nothing, {name}");
            continue;
        };
        if (other.width, other.height) != (decoded.pixels.width, decoded.pixels.height) {
            println!("{kind:9} {tool} has another size, {name}");
            continue;
        }
        let mean = mean_difference(&decoded.pixels, &other);
        let apart = APART.iter().find(|(start, _)| name.starts_with(start));
        println!(
            "{kind:9} {mean:6.2} levels from {tool}, {name}{}",
            apart.map_or(String::new(), |(_, why)| format!(" ({why})"))
        );
        if apart.is_none() {
            let row = means.entry(kind.clone()).or_default();
            *row = (row.0 + 1, row.1 + mean, row.2.max(mean));
            if mean > bound(&kind) {
                wrong.push(format!("{name}: {mean:.2} levels from {tool}"));
            }
        }
    }
    println!(
        "{:10} {:>5} {:>7} {:>7} {:>9}",
        "format", "files", "shown", "preview", "not shown"
    );
    for (name, [all, shown, preview, not]) in &table {
        println!("{name:10} {all:5} {shown:7} {preview:7} {not:9}");
    }
    println!("{:10} {:>5} {:>6} {:>6}", "format", "files", "mean", "worst");
    for (name, (count, sum, worst)) in &means {
        println!("{name:10} {count:5} {:6.2} {worst:6.2}", sum / f64::from(*count));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is shown is as large as exiftool says, and as the facts say.
fn check_size(name: &str, bytes: &[u8], decoded: &Decoded, want: &serde_json::Value, wrong: &mut Vec<String>) {
    let facts = facts::of_bytes(bytes, &Limits::default());
    let ours = (Some(decoded.full.0), Some(decoded.full.1));
    if ours != (facts.width, facts.height) {
        wrong.push(format!(
            "{name}: shown as {:?}, facts say {:?}",
            ours,
            (facts.width, facts.height)
        ));
    }
    let side = |key: &str| want[key].as_u64().and_then(|side| u32::try_from(side).ok());
    let (width, height) = (side("width"), side("height"));
    if width.is_some() && ours != (width, height) && want["disagree"]["width"].is_null() {
        wrong.push(format!("{name}: shown as {ours:?}, expected {:?}", (width, height)));
    }
}

fn gradient(width: u32, height: u32) -> Vec<u8> {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            rgb.extend_from_slice(&[(x * 255 / width) as u8, (y * 255 / height) as u8, 128]);
        }
    }
    rgb
}

#[test]
fn simple_formats_are_told_apart_shown_and_measured() {
    use image::ImageFormat as F;
    let rgb = image::RgbImage::from_raw(64, 48, gradient(64, 48)).expect("a picture");
    let rgb = image::DynamicImage::ImageRgb8(rgb);
    for (name, format, picture) in [
        ("QOI", F::Qoi, rgb.clone()),
        ("PNM", F::Pnm, rgb.clone()),
        ("ICO", F::Ico, image::DynamicImage::ImageRgba8(rgb.to_rgba8())),
        ("EXR", F::OpenExr, image::DynamicImage::ImageRgb32F(rgb.to_rgb32f())),
        ("HDR", F::Hdr, image::DynamicImage::ImageRgb32F(rgb.to_rgb32f())),
    ] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("encoded");
        let bytes = bytes.into_inner();
        let decoded = decode(&bytes, Want::Full, &Limits::default()).expect(name);
        assert_eq!(
            (decoded.full, decoded.format.name(), decoded.whole),
            ((64, 48), name, true)
        );
        let facts = facts::of_bytes(&bytes, &Limits::default());
        assert_eq!((facts.width, facts.height), (Some(64), Some(48)), "{name}");
        // Light of 128/255 is 188 of sRGB (IEC 61966-2-1); numbers of a screen stay as they are.
        let light = matches!(name, "EXR" | "HDR");
        let blue = decoded.pixels.rgba[2];
        assert!(blue.abs_diff(if light { 188 } else { 128 }) <= 1, "{name}: {blue}");
        for end in (0..bytes.len()).step_by(97) {
            let _ = decode(&bytes[..end], Want::Fit(32), &Limits::default());
        }
    }
    for (bytes, name) in [
        (&b"P2\n# grey\n2 1\n255\n0 255\n"[..], "PNM"),
        (
            b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n\0\xff",
            "PNM",
        ),
    ] {
        let decoded = decode(bytes, Want::Full, &Limits::default()).expect(name);
        assert_eq!(decoded.pixels.rgba, [0, 0, 0, 255, 255, 255, 255, 255]);
        let facts = facts::of_bytes(bytes, &Limits::default());
        assert_eq!((facts.width, facts.height), (Some(2), Some(1)));
    }
    let svg =
        b"<svg xmlns='http://www.w3.org/2000/svg' width='4' height='2'><rect width='4' height='2' fill='#f00'/></svg>";
    match decode(svg, Want::Full, &Limits::default()) {
        Ok(decoded) => assert_eq!(decoded.pixels.rgba[..4], [255, 0, 0, 255]),
        Err(error) => assert_eq!(error.to_string(), "In this build SVG files cannot be shown yet"),
    }
    let jp2 = b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 ";
    assert!(
        matches!(decode(jp2, Want::Full, &Limits::default()), Err(DecodeError::Unsupported(name)) if name == "JPEG 2000")
    );
}

#[test]
fn i16_headers_that_ask_for_too_much_are_refused() {
    let limits = Limits::default();
    let psd = |width: u32, height: u32| {
        let mut bytes = b"8BPS\0\x01\0\0\0\0\0\0\0\x03".to_vec();
        bytes.extend_from_slice(&height.to_be_bytes());
        bytes.extend_from_slice(&width.to_be_bytes());
        bytes.extend_from_slice(&[0, 8, 0, 3]);
        bytes.extend_from_slice(&[0; 14]);
        bytes
    };
    let mut qoi = b"qoif".to_vec();
    qoi.extend_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0, 3, 0, 1, 2, 3]);
    let pnm = b"P6 60000 60000 255\n".to_vec();
    for bytes in [psd(300_000, 300_000), psd(65_000, 65_000), qoi, pnm] {
        let error = decode(&bytes, Want::Fit(32), &limits).expect_err("too large");
        assert!(matches!(error, DecodeError::Limits(_)), "{error:?}");
    }
}

/// A PNG of these numbers with this profile.
fn chart(samples: &[u16], deep: bool, icc: Vec<u8>) -> Vec<u8> {
    use image::{ExtendedColorType as Kind, ImageEncoder as _, codecs::png::PngEncoder};
    let width = u32::try_from(samples.len() / 3).expect("few");
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(icc).expect("a profile");
    if deep {
        let words: Vec<u8> = samples.iter().flat_map(|word| word.to_ne_bytes()).collect();
        encoder.write_image(&words, width, 1, Kind::Rgb16).expect("written");
    } else {
        let small: Vec<u8> = samples.iter().map(|word| *word as u8).collect();
        encoder.write_image(&small, width, 1, Kind::Rgb8).expect("written");
    }
    bytes
}

/// Little CMS's answer, 0 to 255 with decimals, and beyond where sRGB cannot show it: relative colorimetric, no black point compensation.
fn lcms(profile: &Path, rows: &[Vec<f64>]) -> Vec<[f64; 3]> {
    let mut child = Command::new("transicc")
        .args(["-i", &profile.to_string_lossy(), "-o", "*sRGB", "-t", "1", "-n"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("transicc");
    let text: String = rows
        .iter()
        .map(|row| row.iter().map(|value| format!("{value} ")).collect::<String>() + "\n")
        .collect();
    let mut input = child.stdin.take().expect("its input");
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let out = child.wait_with_output().expect("its output");
    let _ = writer.join();
    let numbers: Vec<f64> = String::from_utf8_lossy(&out.stdout)
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    numbers.chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]).collect()
}

fn profiles(work: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for (name, profile) in [
        ("Display P3", ColorProfile::new_display_p3()),
        ("Adobe RGB", ColorProfile::new_adobe_rgb()),
        ("ProPhoto RGB", ColorProfile::new_pro_photo_rgb()),
        ("BT.2020", ColorProfile::new_bt2020()),
    ] {
        let path = work.join(format!("{name}.icc"));
        std::fs::write(&path, profile.encode().expect("encoded")).expect("written");
        found.push((name.to_owned(), path));
    }
    // Ghostscript's: profiles of other makers, with curves as tables.
    for name in ["a98", "rommrgb", "ps_rgb", "esrgb"] {
        let path = PathBuf::from(format!("/usr/share/color/icc/ghostscript/{name}.icc"));
        if path.is_file() {
            found.push((name.to_owned(), path));
        }
    }
    found
}

#[test]
fn colours_are_within_two_levels_of_little_cms() {
    if !has("transicc") {
        return;
    }
    let work = tempfile::tempdir().expect("a temporary folder");
    let steps = [0, 1, 16, 51, 102, 128, 153, 204, 254, 255_u16];
    let mut samples = Vec::new();
    for r in steps {
        for g in steps {
            samples.extend(steps.iter().flat_map(|b| [r, g, *b]));
        }
    }
    for (name, path) in profiles(work.path()) {
        let icc = std::fs::read(&path).expect("read");
        for deep in [false, true] {
            let scale = if deep { 257 } else { 1 };
            let coded: Vec<u16> = samples.iter().map(|value| value * scale).collect();
            let decoded = decode(&chart(&coded, deep, icc.clone()), Want::Full, &Limits::default()).expect("a PNG");
            assert_eq!(decoded.note, None, "{name}");
            let rows: Vec<Vec<f64>> = samples
                .chunks(3)
                .map(|rgb| rgb.iter().map(|value| f64::from(*value)).collect())
                .collect();
            let theirs = lcms(&path, &rows);
            assert_eq!(theirs.len() * 4, decoded.pixels.rgba.len(), "{name}");
            let mut worst = (0.0_f64, Vec::new());
            for ((ours, theirs), row) in decoded.pixels.rgba.chunks(4).zip(&theirs).zip(&rows) {
                for index in 0..3 {
                    let off = (f64::from(ours[index]) - theirs[index].clamp(0.0, 255.0)).abs();
                    if off > worst.0 {
                        worst = (off, row.clone());
                    }
                }
            }
            println!(
                "{name}, {} bits: at most {:.2} levels from lcms, at {:?}",
                8 * (1 + u8::from(deep)),
                worst.0,
                worst.1
            );
            // Ghostscript's extended sRGB is a table reaching far beyond sRGB, which moxcms cuts off otherwise than lcms does
            // (up to 90 levels): an open question, printed and not asserted.
            assert!(worst.0 <= 2.0 || name == "esrgb", "{name}: {worst:?}");
        }
    }
}

#[test]
fn inks_and_greys_with_profiles_are_near_little_cms() {
    let folder = Path::new("/usr/share/color/icc/ghostscript");
    if !has("transicc") || !folder.join("default_cmyk.icc").is_file() {
        println!("skipped: ghostscript's profiles are not here");
        return;
    }
    // Inks: a table of many dimensions.
    let path = folder.join("default_cmyk.icc");
    let icc = std::fs::read(&path).expect("read");
    let steps = [0, 64, 128, 191, 255_u8];
    let mut inks = Vec::new();
    for c in steps {
        for m in steps {
            for y in steps {
                inks.extend([0, 100, 200].iter().flat_map(|k| [c, m, y, *k]));
            }
        }
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes).expect("an encoder");
    let width = u32::try_from(inks.len() / 4).expect("few");
    let mut picture = encoder
        .new_image::<tiff::encoder::colortype::CMYK8>(width, 1)
        .expect("a picture");
    picture
        .encoder()
        .write_tag(tiff::tags::Tag::IccProfile, &icc[..])
        .expect("a tag");
    picture.write_data(&inks).expect("written");
    let decoded = decode(&bytes.into_inner(), Want::Full, &Limits::default()).expect("a TIFF");
    assert_eq!(decoded.note, None);
    // transicc takes inks as per cent.
    let rows: Vec<Vec<f64>> = inks
        .chunks(4)
        .map(|inks| inks.iter().map(|ink| f64::from(*ink) / 2.55).collect())
        .collect();
    let theirs = lcms(&path, &rows);
    assert_eq!(theirs.len() * 4, decoded.pixels.rgba.len());
    let (mut sum, mut worst) = (0.0, (0.0_f64, Vec::new()));
    for ((ours, theirs), row) in decoded.pixels.rgba.chunks(4).zip(&theirs).zip(&rows) {
        for index in 0..3 {
            let off = (f64::from(ours[index]) - theirs[index].clamp(0.0, 255.0)).abs();
            sum += off;
            if off > worst.0 {
                worst = (off, row.clone());
            }
        }
    }
    let mean = sum / (theirs.len() * 3) as f64;
    println!(
        "inks: {mean:.2} levels from lcms on average, at most {:.2} at {:?}",
        worst.0, worst.1
    );
    assert!(mean <= 2.0, "{mean}");
    // Greys: one curve.
    for name in ["default_gray", "ps_gray", "sgray"] {
        use image::{ExtendedColorType as Kind, ImageEncoder as _, codecs::png::PngEncoder};
        let path = folder.join(format!("{name}.icc"));
        let mut bytes = Vec::new();
        let mut encoder = PngEncoder::new(&mut bytes);
        encoder
            .set_icc_profile(std::fs::read(&path).expect("read"))
            .expect("a profile");
        let greys: Vec<u8> = (0..=255).collect();
        encoder.write_image(&greys, 256, 1, Kind::L8).expect("written");
        let decoded = decode(&bytes, Want::Full, &Limits::default()).expect("a PNG");
        let rows: Vec<Vec<f64>> = greys.iter().map(|grey| vec![f64::from(*grey)]).collect();
        let theirs = lcms(&path, &rows);
        assert_eq!((theirs.len(), decoded.note), (256, None), "{name}");
        let ours = decoded.pixels.rgba.chunks(4);
        let far = ours
            .zip(&theirs)
            .map(|(ours, theirs)| (f64::from(ours[1]) - theirs[1]).abs());
        let worst = far.fold(0.0, f64::max);
        println!("{name}: at most {worst:.2} levels from lcms");
        assert!(worst <= 2.0, "{name}: {worst}");
    }
}

/// A smooth sky of sixteen bits in a wide profile: every level between its ends is there, and none is jumped over.
#[test]
fn deep_pictures_have_no_bands() {
    let samples: Vec<u16> = (0..2048_u16).flat_map(|step| [20_000 + step * 8; 3]).collect();
    for profile in [ColorProfile::new_pro_photo_rgb(), ColorProfile::new_adobe_rgb()] {
        let bytes = chart(&samples, true, profile.encode().expect("encoded"));
        let decoded = decode(&bytes, Want::Full, &Limits::default()).expect("a PNG");
        let reds: Vec<u8> = decoded.pixels.rgba.iter().step_by(4).copied().collect();
        let steps: Vec<u8> = reds.windows(2).map(|pair| pair[1].abs_diff(pair[0])).collect();
        assert!(reds.is_sorted() && steps.iter().all(|step| *step <= 1), "{reds:?}");
    }
}

#[test]
fn i5_cut_and_flipped_real_files() {
    let Some(dir) = photos() else { return };
    let mut seed = 0x0f0e_1234_u64;
    println!("seed {seed:#x}");
    for name in [
        "heic/orientation/orientation6.heic",
        "heic/orientation/rgba.heic",
        "heic/L_exif_xmp_iptc.heic",
        "avif/white_1x1.avif",
        "avif/colors-animated-8bpc-alpha-exif-xmp.avif",
        "jxl/orientation5.jxl",
        "psd/orientation8.psd",
        "tiff/palette-1c-4b.tiff",
        "tiff/cmyk-3c-16b.tiff",
    ] {
        let bytes = std::fs::read(dir.join(name)).expect("read");
        let mut shown = 0;
        for cut in 1..20 {
            let end = bytes.len() * cut / 20;
            shown += u32::from(decode(&bytes[..end], Want::Fit(64), &Limits::default()).is_ok());
        }
        // AV1's decoder cannot give a panic back, so its streams are left whole here; see `media::av1`.
        let rounds = if name.starts_with("avif") { 0 } else { 40 };
        for _ in 0..rounds {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let mut bytes = bytes.clone();
            let bit = (seed >> 8) as usize % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let _ = decode(&bytes, Want::Fit(64), &Limits::default());
        }
        println!("{name}: {shown} of 19 cuts show something");
    }
}
