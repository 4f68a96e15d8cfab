//! RAW files made here from a chart of known sRGB colours, as a camera with a known matrix would have seen it, and what is
//! made of them again; and the RAW files of the samples.

use safelight::{
    media::{
        decode::{DecodeError, Decoded, Shown, Want, decode, decode_developed},
        limits::Limits,
    },
    model::pixels::Pixels,
};

/// A camera's matrix from XYZ, as DNG's ColorMatrix1 has it, and its white balance.
const MATRIX: [[f64; 3]; 3] = [
    [0.6722, -0.0635, -0.0963],
    [-0.4287, 1.2460, 0.2028],
    [-0.0908, 0.2162, 0.5668],
];
const NEUTRAL: [f64; 3] = [0.5, 1.0, 0.65];
const SRGB_TO_XYZ: [[f64; 3]; 3] = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];
const BLACK: f64 = 512.0;
const WHITE: f64 = 16_383.0;
const BAYER: [u8; 4] = [0, 1, 1, 2];
const X_TRANS: [u8; 36] = [
    1, 2, 1, 1, 0, 1, 0, 1, 0, 2, 1, 2, 1, 2, 1, 1, 0, 1, 1, 0, 1, 1, 2, 1, 2, 1, 2, 0, 1, 0, 1, 0, 1, 1, 2, 1,
];
/// The chart: white, greys and colours, none outside what the camera can tell.
const PATCHES: [[u8; 3]; 8] = [
    [255, 255, 255],
    [128, 128, 128],
    [60, 60, 60],
    [180, 60, 50],
    [60, 140, 70],
    [50, 70, 160],
    [220, 190, 60],
    [200, 150, 130],
];
/// Pixels along a side of a patch.
const SIDE: usize = 48;

fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// What the sensor behind colour `channel` measures of an sRGB colour, 0 to 1.
fn seen(color: [u8; 3], channel: usize) -> f64 {
    let row: Vec<f64> = (0..3)
        .map(|to| (0..3).map(|by| MATRIX[channel][by] * SRGB_TO_XYZ[by][to]).sum())
        .collect();
    let sum: f64 = row.iter().sum();
    let value: f64 = (0..3).map(|to| row[to] / sum * linear(color[to])).sum();
    (value * NEUTRAL[channel]).clamp(0.0, 1.0)
}

struct Field(u16, u16, u32, Vec<u8>);

fn shorts(tag: u16, values: &[u16]) -> Field {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Field(tag, 3, values.len() as u32, bytes)
}

fn long(tag: u16, value: u32) -> Field {
    Field(tag, 4, 1, value.to_le_bytes().to_vec())
}

fn fractions(tag: u16, kind: u16, values: &[f64]) -> Field {
    let bytes = values
        .iter()
        .flat_map(|value| [(value * 10_000.0).round() as i32, 10_000])
        .flat_map(i32::to_le_bytes)
        .collect();
    Field(tag, kind, values.len() as u32, bytes)
}

/// An uncompressed DNG of this size whose pixels have these colours.
fn dng(
    width: usize,
    height: usize,
    pattern: &[u8],
    orientation: u16,
    color: impl Fn(usize, usize) -> [u8; 3],
) -> Vec<u8> {
    let side = if pattern.len() == 4 { 2 } else { 6 };
    let mut data = Vec::with_capacity(width * height * 2);
    for y in 0..height {
        for x in 0..width {
            let channel = usize::from(pattern[y % side * side + x % side]);
            let value = BLACK + seen(color(x, y), channel) * (WHITE - BLACK);
            data.extend_from_slice(&(value.round() as u16).to_le_bytes());
        }
    }
    let matrix: Vec<f64> = MATRIX.iter().flatten().copied().collect();
    let mut fields = vec![
        long(254, 0),
        long(256, width as u32),
        long(257, height as u32),
        shorts(258, &[16]),
        shorts(259, &[1]),
        shorts(262, &[32_803]),
        Field(271, 2, 6, b"Chart\0".to_vec()),
        Field(272, 2, 6, b"Chart\0".to_vec()),
        long(273, 0),
        shorts(274, &[orientation]),
        shorts(277, &[1]),
        long(278, height as u32),
        long(279, data.len() as u32),
        shorts(33_421, &[side as u16; 2]),
        Field(33_422, 1, pattern.len() as u32, pattern.to_vec()),
        Field(50_706, 1, 4, vec![1, 4, 0, 0]),
        shorts(50_714, &[BLACK as u16]),
        long(50_717, WHITE as u32),
        fractions(50_721, 10, &matrix),
        fractions(50_728, 5, &NEUTRAL),
        shorts(50_778, &[21]),
    ];
    let table = 8 + 2 + fields.len() * 12 + 4;
    let long_values: usize = fields.iter().map(|field| field.3.len()).filter(|len| *len > 4).sum();
    for field in &mut fields {
        if field.0 == 273 {
            field.3 = ((table + long_values) as u32).to_le_bytes().to_vec();
        }
    }
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend_from_slice(&(fields.len() as u16).to_le_bytes());
    let mut values: Vec<u8> = Vec::new();
    for Field(tag, kind, count, bytes) in &fields {
        out.extend_from_slice(&tag.to_le_bytes());
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
        if bytes.len() <= 4 {
            let mut inline = bytes.clone();
            inline.resize(4, 0);
            out.extend_from_slice(&inline);
        } else {
            out.extend_from_slice(&((table + values.len()) as u32).to_le_bytes());
            values.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&values);
    out.extend_from_slice(&data);
    out
}

/// Four patches in a row, two rows.
fn chart(pattern: &[u8], orientation: u16) -> Vec<u8> {
    let color = |x: usize, y: usize| PATCHES[y / SIDE * 4 + x / SIDE];
    dng(SIDE * 4, SIDE * 2, pattern, orientation, color)
}

fn pixel(pixels: &Pixels, x: usize, y: usize) -> [u8; 3] {
    let at = (y * pixels.width as usize + x) * 4;
    [pixels.rgba[at], pixels.rgba[at + 1], pixels.rgba[at + 2]]
}

fn off(one: [u8; 3], other: [u8; 3]) -> u8 {
    (0..3).map(|at| one[at].abs_diff(other[at])).max().unwrap_or(0)
}

fn developed(bytes: &[u8], want: Want) -> Decoded {
    let decoded = decode_developed(bytes, want, &Limits::default()).expect("developed");
    assert_eq!(decoded.shown, Shown::Developed);
    assert!(decoded.whole, "{:?}", decoded.note);
    decoded
}

#[test]
fn a_chart_comes_out_in_its_own_colours() {
    for (name, pattern) in [("Bayer", &BAYER[..]), ("X-Trans", &X_TRANS[..])] {
        let bytes = chart(pattern, 1);
        for want in [Want::Full, Want::Fit(64), Want::Fit(16)] {
            let decoded = developed(&bytes, want);
            assert_eq!(decoded.full, (192, 96));
            let side = decoded.pixels.width as usize / 4;
            for (at, color) in PATCHES.iter().enumerate() {
                let (x, y) = (at % 4 * side + side / 2, at / 4 * side + side / 2);
                let found = pixel(&decoded.pixels, x, y);
                assert!(
                    off(found, *color) <= 2,
                    "{name} {want:?} patch {at}: {found:?} for {color:?}"
                );
            }
        }
    }
}

#[test]
fn every_orientation_is_carried_out_once() {
    // Where the white patch at the upper left of the sensor is seen: column and row, of two each.
    let corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (1, 0), (1, 1), (0, 1)];
    for orientation in 1..=8_u16 {
        let bytes = chart(&BAYER, orientation);
        for want in [Want::Full, Want::Fit(64)] {
            let decoded = developed(&bytes, want);
            let turned = orientation >= 5;
            assert_eq!(
                decoded.full,
                if turned { (96, 192) } else { (192, 96) },
                "{orientation}"
            );
            let (width, height) = (decoded.pixels.width as usize, decoded.pixels.height as usize);
            let (column, row) = corners[usize::from(orientation) - 1];
            let x = if column == 0 { 3 } else { width - 4 };
            let y = if row == 0 { 3 } else { height - 4 };
            let found = pixel(&decoded.pixels, x, y);
            assert!(off(found, [255; 3]) <= 3, "{orientation} {want:?}: {found:?}");
        }
    }
}

#[test]
fn a_dark_picture_is_lifted_by_two_stops_and_no_more() {
    let color = 20;
    let bytes = dng(96, 64, &BAYER, 1, |_, _| [color; 3]);
    let decoded = developed(&bytes, Want::Full);
    let [red, green, blue] = pixel(&decoded.pixels, 48, 32);
    let lifted = linear(green) / linear(color);
    assert!((3.7..4.3).contains(&lifted), "lifted {lifted} times");
    assert!(
        red.abs_diff(green) <= 2 && blue.abs_diff(green) <= 2,
        "{red} {green} {blue}"
    );
}

#[test]
fn a_raw_without_a_preview_is_developed_at_once() {
    let decoded = decode(&chart(&BAYER, 1), Want::Fit(128), &Limits::default()).expect("a picture");
    assert_eq!(decoded.shown, Shown::Developed);
    assert_eq!((decoded.pixels.width, decoded.pixels.height), (128, 64));
}

#[test]
fn i16_a_raw_cut_short_or_absurd_is_refused_before_it_costs_anything() {
    let whole = chart(&BAYER, 1);
    for cut in [whole.len() / 2, 400] {
        let error = decode(&whole[..cut], Want::Fit(64), &Limits::default()).expect_err("cut short");
        assert!(matches!(error, DecodeError::Damaged(_)), "{cut}: {error}");
    }
    let mut absurd = whole;
    let at = absurd
        .windows(4)
        .position(|bytes| bytes == [0, 1, 4, 0])
        .expect("the width's field");
    absurd[at + 8..at + 12].copy_from_slice(&60_000_u32.to_le_bytes());
    absurd[at + 20..at + 24].copy_from_slice(&60_000_u32.to_le_bytes());
    let error = decode(&absurd, Want::Fit(64), &Limits::default()).expect_err("absurd");
    assert!(matches!(error, DecodeError::Limits(_)), "{error}");
}

#[test]
fn the_raws_of_the_samples_are_developed_or_named() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos/raw");
    let Ok(real) = std::fs::read(folder.join("test.dng")) else {
        eprintln!("skipped: the samples are not here");
        return;
    };
    let shown = decode(&real, Want::Fit(512), &Limits::default()).expect("its preview");
    assert_eq!(shown.shown, Shown::Preview);
    let decoded = developed(&real, Want::Full);
    assert_eq!(
        decoded.full,
        (366, 494),
        "DefaultCropSize, turned as its orientation 8 says"
    );
    for name in ["exiftool-metadata-only", "header-only"] {
        for entry in std::fs::read_dir(folder.join(name)).expect("a folder of samples") {
            let path = entry.expect("a sample").path();
            let bytes = std::fs::read(&path).expect("read");
            let error = decode_developed(&bytes, Want::Fit(512), &Limits::default()).expect_err("headers alone");
            assert!(
                matches!(error, DecodeError::Damaged(_) | DecodeError::Unsupported(_)),
                "{}: {error}",
                path.display()
            );
        }
    }
}
