//! Real photos, damaged ones and hostile ones through the doors of `media/`.

use crate::outside::{has, photos};
use safelight::{
    media::{
        decode::{DecodeError, Decoded, Shown, Want, decode},
        encode, facts,
        limits::Limits,
        proxy,
        sniff::{HEAD, sniff},
    },
    model::{
        content::ContentId,
        id::StoreId,
        metadata::{Facts, ProxyMarker},
        pixels::Pixels,
    },
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
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

/// Marks that exiftool writes into files of ours are read from where it put them.
#[test]
fn xmp_inside_gif_and_cr3_is_read_where_exiftool_wrote_it() {
    let Some(photos) = photos() else { return };
    if !has("exiftool") {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    for name in [
        "gif/gif-animated.gif",
        "gif/photoshop-8x12-32colors-alpha.gif",
        "raw/exiftool-metadata-only/CanonRaw.cr3",
    ] {
        let from = photos.join(name);
        let path = dir.path().join(from.file_name().expect("a name"));
        std::fs::write(&path, std::fs::read(&from).expect("read")).expect("written");
        let before = facts_of(&path);
        let status = Command::new("exiftool")
            .args(["-q", "-overwrite_original", "-XMP:Rating=4", "-XMP-dc:Subject=sea"])
            .arg(&path)
            .status();
        assert!(status.expect("exiftool").success(), "{name}");
        let after = facts_of(&path);
        assert_eq!(after.rating, Some(4), "{name}");
        assert!(
            after.keywords.contains(&"sea".to_owned()),
            "{name}: {:?}",
            after.keywords
        );
        assert_eq!((after.width, after.height), (before.width, before.height), "{name}");
        // Cut anywhere, it costs the marks at most.
        let bytes = std::fs::read(&path).expect("read");
        for end in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let cut = dir.path().join("cut");
            std::fs::write(&cut, &bytes[..end]).expect("written");
            let _ = facts_of(&cut);
        }
    }
}

fn facts_of(path: &Path) -> Facts {
    let mut file = std::fs::File::open(path).expect("opened");
    let size = file.metadata().expect("metadata").len();
    facts::read_facts(&mut file, size, &Limits::default()).expect("read")
}

fn gradient(width: u32, height: u32) -> Pixels {
    let mut rgba = Vec::new();
    for y in 0..height {
        for x in 0..width {
            rgba.extend_from_slice(&[(x * 255 / width) as u8, (y * 255 / height) as u8, 128, 255]);
        }
    }
    Pixels { width, height, rgba }
}

/// A small file of every format that is decoded.
fn small_files() -> Vec<(&'static str, Vec<u8>)> {
    use image::ImageFormat as F;
    let pixels = gradient(64, 48);
    let buffer = image::RgbaImage::from_raw(64, 48, pixels.rgba.clone()).expect("a picture");
    let rgb = image::DynamicImage::ImageRgba8(buffer).into_rgb8();
    let mut files = vec![("JPEG", encode::jpeg(&pixels, 85).expect("encoded"))];
    for (name, format) in [
        ("PNG", F::Png),
        ("GIF", F::Gif),
        ("BMP", F::Bmp),
        ("TIFF", F::Tiff),
        ("WebP", F::WebP),
    ] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        rgb.write_to(&mut bytes, format).expect("encoded");
        files.push((name, bytes.into_inner()));
    }
    files
}

fn through_both_doors(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let limits = Limits::default();
    let _ = facts::of_bytes(bytes, &limits);
    let _ = proxy::proxy_marker(bytes);
    decode(bytes, Want::Fit(32), &limits)
}

#[test]
fn every_format_of_the_table_decodes() {
    for (name, bytes) in small_files() {
        let decoded = decode(&bytes, Want::Full, &Limits::default()).expect(name);
        assert_eq!(
            (decoded.full, decoded.format.name(), decoded.whole),
            ((64, 48), name, true)
        );
        let want = gradient(64, 48);
        let far = decoded
            .pixels
            .rgba
            .iter()
            .zip(&want.rgba)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        // GIF has 256 colours; JPEG loses a little.
        assert!(far <= Some(40), "{name} is {far:?} off");
        let facts = facts::of_bytes(&bytes, &Limits::default());
        assert_eq!(
            (facts.width, facts.height, facts.format.as_deref()),
            (Some(64), Some(48), Some(name))
        );
    }
}

#[test]
fn i5_truncated_at_every_64th_byte() {
    for (name, bytes) in small_files() {
        let mut shown = 0;
        for end in (0..bytes.len()).step_by(64) {
            shown += usize::from(through_both_doors(&bytes[..end]).is_ok());
        }
        println!(
            "{name}: {} cuts, {shown} still show something",
            bytes.len().div_ceil(64)
        );
    }
}

#[test]
fn i5_bit_flips() {
    let mut seed = 0x5afe_1165_u64;
    println!("seed {seed:#x}");
    let files = small_files();
    for _ in 0..2000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let (_, bytes) = &files[(seed % files.len() as u64) as usize];
        let mut bytes = bytes.clone();
        let bit = (seed >> 8) as usize % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let _ = through_both_doors(&bytes);
    }
}

#[test]
fn i16_bombs_are_refused_by_their_headers() {
    let mut png = small_files()
        .into_iter()
        .find(|(name, _)| *name == "PNG")
        .expect("a PNG")
        .1;
    png[16..20].copy_from_slice(&65_535_u32.to_be_bytes());
    png[20..24].copy_from_slice(&65_535_u32.to_be_bytes());
    assert!(
        matches!(through_both_doors(&png), Err(DecodeError::Limits(_))),
        "{:?}",
        through_both_doors(&png)
    );
    png[16..20].copy_from_slice(&300_000_u32.to_be_bytes());
    assert!(matches!(through_both_doors(&png), Err(DecodeError::Limits(_))));
    let mut gif = small_files()
        .into_iter()
        .find(|(name, _)| *name == "GIF")
        .expect("a GIF")
        .1;
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    assert!(
        matches!(through_both_doors(&gif), Err(DecodeError::Limits(_))),
        "{:?}",
        through_both_doors(&gif)
    );
    let mut jpeg = small_files().remove(0).1;
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .expect("a frame header");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    assert!(matches!(through_both_doors(&jpeg), Err(DecodeError::Limits(_))));
    // A directory that is its own successor and its own EXIF directory.
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend_from_slice(&[0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0]);
    tiff.extend_from_slice(&[0x4A, 0x01, 4, 0, 0xFF, 0xFF, 0xFF, 0x0F, 8, 0, 0, 0]);
    tiff.extend_from_slice(&[8, 0, 0, 0]);
    assert!(through_both_doors(&tiff).is_err());
}

#[test]
fn every_photo_goes_through_both_doors() {
    let Some(dir) = photos() else { return };
    let mut files = Vec::new();
    files_under(&dir, &mut files);
    let mut table: BTreeMap<&str, [u32; 4]> = BTreeMap::new();
    let mut refused = Vec::new();
    for path in &files {
        let bytes = std::fs::read(path).expect("read");
        let format = sniff(&bytes[..bytes.len().min(HEAD)]);
        let name = format.map_or("unknown", |format| format.name());
        let _ = facts_of(path);
        let row = table.entry(name).or_default();
        row[0] += 1;
        match decode(&bytes, Want::Fit(256), &Limits::default()) {
            Ok(decoded) => {
                let pixels = &decoded.pixels;
                assert_eq!(
                    pixels.rgba.len() as u64,
                    u64::from(pixels.width) * u64::from(pixels.height) * 4
                );
                assert!(pixels.width.max(pixels.height) <= 256);
                row[if decoded.shown == Shown::Picture { 1 } else { 2 }] += 1;
            }
            Err(error) => {
                row[3] += 1;
                if format.is_some_and(|format| format.can_decode()) {
                    refused.push(format!("{}: {error}", path.display()));
                }
            }
        }
    }
    println!(
        "{:12} {:>5} {:>8} {:>8} {:>9}",
        "format", "files", "decoded", "preview", "not shown"
    );
    for (name, [all, decoded, preview, not]) in &table {
        println!("{name:12} {all:5} {decoded:8} {preview:8} {not:9}");
    }
    println!(
        "{} files; refused though their format is decoded:\n{}",
        files.len(),
        refused.join("\n")
    );
    assert!(files.len() > 600);
}

#[test]
fn facts_agree_with_exiftool() {
    let Some(dir) = photos() else { return };
    let text = std::fs::read_to_string(dir.join("expected.json")).expect("expected.json");
    let expected: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut table: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut differences = Vec::new();
    let mut plain_differences = 0;
    for (name, want) in expected["files"].as_object().expect("files") {
        let path = dir.join(name);
        let facts = facts_of(&path);
        let kind = want["file_type"].as_str().unwrap_or_default();
        let text = |key: &str| {
            want[key]
                .as_str()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let number = |key: &str| want[key].as_u64().map(|value| value.to_string());
        let degrees = |value: Option<f64>| value.map(|value| format!("{value:.4}"));
        let mut compare = |field: &'static str, ours: Option<String>, theirs: Option<String>| {
            let row = table.entry(field).or_default();
            if ours == theirs {
                row.0 += 1;
            } else {
                row.1 += 1;
                if ["JPEG", "PNG", "TIFF", "WEBP", "Extended WEBP", "GIF", "BMP"].contains(&kind) {
                    plain_differences += 1;
                }
                differences.push(format!("{field:12} {kind:8} {name}: {ours:?}, exiftool {theirs:?}"));
            }
        };
        compare("make", facts.make.clone(), text("make"));
        compare("model", facts.model.clone(), text("model"));
        let wall = facts.taken.map(|taken| {
            safelight::model::time::CaptureTime {
                offset_min: None,
                ..taken
            }
            .iso()
        });
        compare(
            "taken_at",
            wall,
            text("taken_at").map(|text| text.chars().take(19).collect()),
        );
        let zone = facts.taken.filter(|taken| taken.offset_min.is_some()).map(|taken| {
            let iso = taken.iso();
            iso[iso.len() - 6..].to_owned()
        });
        compare(
            "offset",
            zone,
            text("offset").map(|zone| if zone == "Z" { "+00:00".to_owned() } else { zone }),
        );
        if !want["width"].is_null() {
            let ours = facts.width.zip(facts.height).map(|(w, h)| format!("{w} x {h}"));
            compare(
                "size",
                ours,
                number("width").zip(number("height")).map(|(w, h)| format!("{w} x {h}")),
            );
        }
        compare(
            "orientation",
            facts.orientation.map(|value| value.to_string()),
            number("orientation"),
        );
        compare(
            "latitude",
            degrees(facts.gps.map(|gps| gps.latitude)),
            degrees(want["lat"].as_f64()),
        );
        compare(
            "longitude",
            degrees(facts.gps.map(|gps| gps.longitude)),
            degrees(want["lon"].as_f64()),
        );
        compare("rating", facts.rating.map(|value| value.to_string()), number("rating"));
    }
    println!("{:12} {:>6} {:>7}", "field", "agree", "differ");
    for (field, (agree, differ)) in &table {
        println!("{field:12} {agree:6} {differ:7}");
    }
    println!("{}", differences.join("\n"));
    println!("{plain_differences} differences in formats of the table");
    // Seven are one PNG whose EXIF lies in a compressed `zTXt`; the rest are days without a time.
    assert!(plain_differences <= 12, "{plain_differences}");
}

#[test]
fn orientations_give_one_upright_picture() {
    let Some(dir) = photos() else { return };
    let mut files = Vec::new();
    files_under(&dir.join("jpeg/orientation"), &mut files);
    let mut groups: BTreeMap<String, Vec<(PathBuf, Pixels)>> = BTreeMap::new();
    for path in files {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("read");
        let Ok(decoded) = decode(&bytes, Want::Fit(64), &Limits::default()) else {
            continue;
        };
        let group = name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        groups.entry(group).or_default().push((path, decoded.pixels));
    }
    for (group, members) in &groups {
        let (_, first) = &members[0];
        println!("{group}: {} files", members.len());
        let turned = |by: &dyn Fn(usize, usize) -> usize| {
            let count = first.width as usize * first.height as usize;
            let rgba = (0..count)
                .flat_map(|at| first.rgba[by(at, count) * 4..][..4].to_vec())
                .collect();
            Pixels { rgba, ..first.clone() }
        };
        let width = first.width as usize;
        let wrong = [
            turned(&|at, count| count - 1 - at),
            turned(&|at, _| at - at % width + (width - 1 - at % width)),
        ];
        for (path, pixels) in members {
            assert_eq!(
                (pixels.width, pixels.height),
                (first.width, first.height),
                "{}",
                path.display()
            );
            // The first of a set has no colour profile and the others have one, so they are not equal to the last level.
            let right = mean_difference(pixels, first);
            println!("{}: {right:.1} levels off", path.display());
            assert!(right < 6.0, "{}", path.display());
            for wrong in &wrong {
                assert!(right * 2.0 < mean_difference(pixels, wrong), "{}", path.display());
            }
        }
    }
}

fn mean_difference(a: &Pixels, b: &Pixels) -> f64 {
    let sum: u64 = a.rgba.iter().zip(&b.rgba).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    // Alpha never differs; count the three others.
    sum as f64 / (f64::from(a.width) * f64::from(a.height) * 3.0)
}

#[test]
fn colours_agree_with_vips() {
    let Some(dir) = photos() else { return };
    if !has("vips") {
        return;
    }
    let work = tempfile::tempdir().expect("a temporary folder");
    let mut worst = 0.0_f64;
    let mut files = Vec::new();
    let text = std::fs::read_to_string(dir.join("expected.json")).expect("expected.json");
    let expected: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for (name, want) in expected["files"].as_object().expect("files") {
        let decoded = ["JPEG", "PNG", "TIFF", "WEBP", "Extended WEBP"]
            .iter()
            .any(|kind| want["file_type"] == *kind);
        let wide = want["icc"].as_str().is_some_and(|icc| !icc.contains("sRGB"));
        if decoded && wide {
            files.push(dir.join(name));
        }
    }
    for path in files {
        let out = work.path().join("reference.png");
        let done = Command::new("vips")
            .arg("icc_transform")
            .arg(&path)
            .arg(&out)
            .args(["srgb", "--embedded", "--intent", "perceptual"])
            .output();
        if !done.is_ok_and(|done| done.status.success()) {
            println!("{}: vips has no opinion", path.display());
            continue;
        }
        let limits = Limits::default();
        let reference = decode(&std::fs::read(&out).expect("read"), Want::Full, &limits).expect("a PNG");
        let ours = decode(&std::fs::read(&path).expect("read"), Want::Full, &limits).expect("decoded");
        if ours.full != reference.full {
            println!("{}: turned, not compared", path.display());
            continue;
        }
        let mean = mean_difference(&ours.pixels, &reference.pixels);
        println!("{}: {mean:.2} levels off on average", path.display());
        worst = worst.max(mean);
    }
    assert!(worst < 3.0, "{worst}");
}

fn marker_of(bytes: &[u8], name: &str) -> ProxyMarker {
    ProxyMarker {
        content: ContentId::of(bytes),
        size: bytes.len() as u64,
        name: name.to_owned(),
        stores: vec![StoreId("0123abcd".to_owned())],
    }
}

#[test]
fn i14_proxies_say_what_they_are_and_exiftool_reads_them() {
    let Some(dir) = photos() else { return };
    let mut files = Vec::new();
    for folder in ["jpeg", "png", "tiff", "webp", "large", "raw", "pigallery2"] {
        files_under(&dir.join(folder), &mut files);
    }
    let work = tempfile::tempdir().expect("a temporary folder");
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for path in files {
        let bytes = std::fs::read(&path).expect("read");
        let marker = marker_of(&bytes, &path.file_name().expect("a name").to_string_lossy());
        match proxy::make_proxy(&bytes, &marker, 512, &Limits::default()) {
            Ok(proxy_bytes) => {
                assert_eq!(
                    proxy::proxy_marker(&proxy_bytes),
                    Some(marker.clone()),
                    "{}",
                    path.display()
                );
                assert!(
                    proxy::make_proxy(&proxy_bytes, &marker, 512, &Limits::default()).is_err(),
                    "a proxy of a proxy"
                );
                let other = ProxyMarker {
                    size: marker.size + 1,
                    ..marker
                };
                let full = decode(&bytes, Want::Fit(64), &Limits::default()).expect("decoded").full;
                assert!(proxy::check_proxy(&proxy_bytes, full, &other).is_err());
                let out = work.path().join(format!("{:04}.jpg", made.len()));
                std::fs::write(&out, proxy_bytes).expect("written");
                made.push((path, out));
            }
            Err(error) => {
                if facts_of(&path)
                    .format
                    .is_some_and(|format| !["JSON", "XMP", "MP4"].contains(&format.as_str()))
                {
                    refused.push(format!("{}: {error}", path.display()));
                }
            }
        }
    }
    println!("{} proxies; refused:\n{}", made.len(), refused.join("\n"));
    if !has("exiftool") {
        return;
    }
    let ask = |paths: Vec<&PathBuf>| -> Vec<serde_json::Value> {
        let out = Command::new("exiftool")
            .args([
                "-j",
                "-n",
                "-Warning",
                "-Error",
                "-IFD0:Orientation",
                "-EXIF:Make",
                "-EXIF:DateTimeOriginal",
                "-GPSLatitude",
                "-XMP:Rating",
            ])
            .args(paths)
            .output()
            .expect("exiftool ran");
        serde_json::from_slice(&out.stdout).expect("JSON")
    };
    let proxies = ask(made.iter().map(|(_, proxy)| proxy).collect());
    let originals = ask(made.iter().map(|(original, _)| original).collect());
    assert_eq!(proxies.len(), made.len());
    let mut problems = Vec::new();
    for ((original, before), after) in made.iter().map(|(original, _)| original).zip(&originals).zip(&proxies) {
        for key in ["Warning", "Error", "Make", "DateTimeOriginal", "Rating"] {
            let inherited = key == "Warning" && !before[key].is_null();
            if before[key] != after[key] && !inherited {
                problems.push(format!(
                    "{}: {key} {} became {}",
                    original.display(),
                    before[key],
                    after[key]
                ));
            }
        }
        if !after["Orientation"].is_null() {
            assert_eq!(after["Orientation"], 1, "{}", original.display());
        }
    }
    println!("exiftool differs:\n{}", problems.join("\n"));
    assert!(!problems.iter().any(|line| line.contains(": Error")));
}

/// CPU time in milliseconds: of this process, and of the children that it has waited for (proc(5)).
fn cpu_ms() -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<u64> = stat[stat.rfind(')').expect("a name") + 2..]
        .split(' ')
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    ((fields[11] + fields[12]) * 10, (fields[13] + fields[14]) * 10)
}

/// Run with `--ignored --nocapture`: thumbnails of large JPEGs beside `vipsthumbnail`, both on one thread.
#[test]
#[ignore = "a measurement"]
fn measure_thumbnails() {
    let Some(dir) = photos() else { return };
    if !has("vipsthumbnail") {
        return;
    }
    const ROUNDS: u64 = 10;
    let work = tempfile::tempdir().expect("a temporary folder");
    let mut files = Vec::new();
    files_under(&dir.join("large"), &mut files);
    files_under(&dir.join("duplicates/near"), &mut files);
    files.push(dir.join("jpeg/ultra-hdr/Ultra_HDR_Samples_Originals_01.jpg"));
    for path in files
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "jpg"))
    {
        let (before, children) = cpu_ms();
        for _ in 0..ROUNDS {
            let bytes = std::fs::read(path).expect("read");
            let thumbnail = encode::thumbnail(&bytes, 512, &Limits::default()).expect("a thumbnail");
            std::fs::write(work.path().join("ours.jpg"), thumbnail).expect("written");
        }
        let ours = (cpu_ms().0 - before) as f64 / ROUNDS as f64;
        for _ in 0..ROUNDS {
            let out = work.path().join("vips.jpg[Q=85,strip]");
            let done = Command::new("vipsthumbnail")
                .env("VIPS_CONCURRENCY", "1")
                .arg(path)
                .args(["--size", "512x512", "--export-profile", "srgb", "-o"])
                .arg(out)
                .status();
            assert!(done.is_ok_and(|status| status.success()));
        }
        let vips = (cpu_ms().1 - children) as f64 / ROUNDS as f64;
        let facts = facts_of(path);
        println!(
            "{:?} x {:?}: {ours:.0} ms, vipsthumbnail {vips:.0} ms, ratio {:.2}  {}",
            facts.width.unwrap_or(0),
            facts.height.unwrap_or(0),
            ours / vips,
            path.file_name().expect("a name").to_string_lossy()
        );
    }
}
