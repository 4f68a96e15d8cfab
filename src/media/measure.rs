//! What a decoded picture says about its exposure and its focus: histogram, clipping, sharpness. Computed once from the
//! pixels that are shown anyway.

use crate::model::pixels::Pixels;

/// Side of the clip map's longer edge, in cells.
const MAP_EDGE: u32 = 480;
/// From here a channel counts as blown: JPEG leaves 254 beside a true 255.
const HIGH: u8 = 254;
/// Up to here, in all three channels, a pixel counts as black.
const LOW: u8 = 1;
/// The picture is judged in this many columns and rows of fields, so that a sharp face before a soft background counts.
const FIELDS: usize = 16;

/// Which of a picture's regions are clipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Clip {
    /// Neither.
    #[default]
    None,
    /// Mostly blown highlights.
    High,
    /// Mostly blocked shadows.
    Low,
}

/// A coarse map of the clipped regions, rows from the top.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClipMap {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height` cells.
    pub cells: Vec<Clip>,
}

/// What was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Measures {
    /// How many pixels have which value: red, green, blue, luma (BT.709 weights on the sRGB values), in that order.
    pub histogram: [[u32; 256]; 4],
    /// The share of pixels with a blown channel, 0 to 1.
    pub blown: f32,
    /// The share of pixels that are black, 0 to 1.
    pub black: f32,
    /// How sharp the sharpest parts are: the variance of the Laplacian (J. L. Pech-Pacheco et al., "Diatom autofocusing in
    /// brightfield microscopy", ICPR 2000; "LAPV" in S. Pertuz et al., Pattern Recognition 46, 2013) of luma 0 to 255,
    /// in the tenth of 16 x 16 fields where it is largest. Comparable between pictures of one scene and size only.
    pub sharpness: f32,
    /// Where the picture is clipped.
    pub clips: ClipMap,
}

/// Measures a picture; transparent pixels are left out of the histogram.
#[must_use]
pub fn measure(pixels: &Pixels) -> Measures {
    let width = pixels.width as usize;
    let (rows, _) = pixels.rgba.as_chunks::<4>();
    let mut histogram = [[0_u32; 256]; 4];
    let mut lumas = vec![0_u8; rows.len()];
    let (mut blown, mut black, mut seen) = (0_u64, 0_u64, 0_u64);
    let mut map = Mapper::new(pixels.width, pixels.height);
    for (y, (row, lumas)) in rows
        .chunks(width.max(1))
        .zip(lumas.chunks_mut(width.max(1)))
        .enumerate()
    {
        for (x, ([r, g, b, alpha], luma)) in row.iter().zip(lumas).enumerate() {
            let value = (13_933 * u32::from(*r) + 46_871 * u32::from(*g) + 4_732 * u32::from(*b) + 32_768) >> 16;
            *luma = value as u8;
            if *alpha == 0 {
                continue;
            }
            seen += 1;
            for (bins, value) in histogram.iter_mut().zip([*r, *g, *b, *luma]) {
                if let Some(bin) = bins.get_mut(usize::from(value)) {
                    *bin += 1;
                }
            }
            let high = (*r).max(*g).max(*b) >= HIGH;
            let low = (*r).max(*g).max(*b) <= LOW;
            blown += u64::from(high);
            black += u64::from(low);
            if high || low {
                map.count(x, y, high);
            }
        }
    }
    let share = |count: u64| if seen == 0 { 0.0 } else { count as f32 / seen as f32 };
    Measures {
        histogram,
        blown: share(blown),
        black: share(black),
        sharpness: sharpness(&lumas, width),
        clips: map.finish(),
    }
}

/// Counts clipped pixels by cell.
struct Mapper {
    width: u32,
    height: u32,
    step: usize,
    counts: Vec<(u32, u32)>,
}

impl Mapper {
    fn new(width: u32, height: u32) -> Self {
        let step = width.max(height).div_ceil(MAP_EDGE).max(1);
        let (columns, rows) = (width.div_ceil(step), height.div_ceil(step));
        Self {
            width: columns,
            height: rows,
            step: step as usize,
            counts: vec![(0, 0); columns as usize * rows as usize],
        }
    }

    fn count(&mut self, x: usize, y: usize, high: bool) {
        let at = y / self.step * self.width as usize + x / self.step;
        if let Some((highs, lows)) = self.counts.get_mut(at) {
            *(if high { highs } else { lows }) += 1;
        }
    }

    fn finish(self) -> ClipMap {
        // A third of a cell is enough to be worth a warning; single pixels are glints.
        let enough = u32::try_from(self.step * self.step).unwrap_or(u32::MAX).div_ceil(3);
        let cell = |(highs, lows): (u32, u32)| match (highs >= enough, lows >= enough) {
            (true, _) => Clip::High,
            (_, true) => Clip::Low,
            _ => Clip::None,
        };
        ClipMap {
            width: self.width,
            height: self.height,
            cells: self.counts.into_iter().map(cell).collect(),
        }
    }
}

/// Sum, sum of squares and number of the Laplacian's values in one field.
#[derive(Clone, Copy, Default)]
struct Field {
    sum: i64,
    squares: i64,
    count: i64,
}

impl Field {
    fn variance(self) -> f32 {
        if self.count == 0 {
            return 0.0;
        }
        let count = self.count as f64;
        let mean = self.sum as f64 / count;
        (self.squares as f64 / count - mean * mean) as f32
    }
}

fn sharpness(lumas: &[u8], width: usize) -> f32 {
    if width < 3 || lumas.len() < width * 3 {
        return 0.0;
    }
    let height = lumas.len() / width;
    let mut fields = vec![Field::default(); FIELDS * FIELDS];
    let rows: Vec<&[u8]> = lumas.chunks_exact(width).collect();
    for (y, three) in rows.windows(3).enumerate() {
        let [above, own, below] = three else { continue };
        let first = (y + 1) * FIELDS / height * FIELDS;
        let Some(line) = fields.get_mut(first..first + FIELDS) else {
            continue;
        };
        let field_width = width.div_ceil(FIELDS);
        let inner = own.windows(3).zip(above.iter().skip(1)).zip(below.iter().skip(1));
        for (x, ((three, above), below)) in inner.enumerate() {
            let [left, middle, right] = three else { continue };
            let sides = i32::from(*left) + i32::from(*right) + i32::from(*above) + i32::from(*below);
            let value = i64::from(sides - 4 * i32::from(*middle));
            if let Some(field) = line.get_mut((x + 1) / field_width) {
                field.sum += value;
                field.squares += value * value;
                field.count += 1;
            }
        }
    }
    let mut variances: Vec<f32> = fields.into_iter().map(Field::variance).collect();
    variances.sort_by(|a, b| b.total_cmp(a));
    let best = variances.get(..FIELDS * FIELDS / 10).unwrap_or_default();
    best.iter().sum::<f32>() / best.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, of: impl Fn(u32, u32) -> [u8; 3]) -> Pixels {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgba = places
            .flat_map(|(x, y)| {
                let [r, g, b] = of(x, y);
                [r, g, b, 255]
            })
            .collect();
        Pixels { width, height, rgba }
    }

    #[test]
    fn shares_and_bins_are_those_of_the_picture() {
        // The left quarter is white, the right quarter black, between them a mid grey.
        let measures = measure(&picture(400, 200, |x, _| match x {
            0..100 => [255; 3],
            300.. => [0; 3],
            _ => [128; 3],
        }));
        assert!((measures.blown - 0.25).abs() < 1e-6 && (measures.black - 0.25).abs() < 1e-6);
        for bins in measures.histogram {
            assert_eq!((bins[0], bins[128], bins[255]), (20_000, 40_000, 20_000));
            assert_eq!(bins.iter().sum::<u32>(), 80_000);
        }
        let clips = &measures.clips;
        let cell = |x: u32| clips.cells[x as usize];
        assert_eq!(clips.cells.len() as u32, clips.width * clips.height);
        assert_eq!(
            (cell(0), cell(clips.width / 2), cell(clips.width - 1)),
            (Clip::High, Clip::None, Clip::Low)
        );
        // One channel is enough to be blown, but not to be black.
        let red = measure(&picture(10, 10, |_, _| [255, 0, 0]));
        assert!((red.blown - 1.0).abs() < 1e-6 && red.black == 0.0);
    }

    #[test]
    fn blur_lowers_the_score_and_a_sharp_subject_outweighs_a_soft_ground() {
        let stripes = |x: u32, y: u32| if (x / 4 + y / 4).is_multiple_of(2) { 200_u8 } else { 40 };
        let sharp = picture(640, 480, |x, y| [stripes(x, y); 3]);
        let soft = picture(640, 480, |x, y| {
            let sum: u32 = (0..5)
                .flat_map(|dx| (0..5).map(move |dy| (dx, dy)))
                .map(|(dx, dy)| u32::from(stripes(x + dx, y + dy)))
                .sum();
            [(sum / 25) as u8; 3]
        });
        let subject = picture(640, 480, |x, y| {
            let inside = (200..440).contains(&x) && (120..360).contains(&y);
            [if inside { stripes(x, y) } else { 90 }; 3]
        });
        let of = |pixels: &Pixels| measure(pixels).sharpness;
        assert!(of(&sharp) > 4.0 * of(&soft), "{} {}", of(&sharp), of(&soft));
        assert!(of(&subject) > 2.0 * of(&soft), "{} {}", of(&subject), of(&soft));
        assert_eq!(of(&picture(640, 480, |_, _| [90; 3])), 0.0);
    }

    #[test]
    fn i16_tiny_pictures_are_measured_too() {
        for (width, height) in [(0, 0), (1, 1), (2, 5), (3, 3)] {
            let measures = measure(&picture(width, height, |_, _| [7; 3]));
            assert_eq!(measures.histogram[0][7], width * height);
        }
    }
}
