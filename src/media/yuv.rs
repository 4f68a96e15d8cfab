//! Luma and chroma planes to red, green and blue (ITU-T H.273), as HEIC and AVIF pictures need it.
//!
//! A picture that is wanted small is reduced while it is still planes, tile by tile: averaging is linear and so is the
//! conversion, so the result is the same, and neither the whole picture nor its colours ever exist at full size.

use super::{color::Channels, limits::Limits};

/// Decoded planes of a picture or of one tile of it.
#[derive(Clone, Debug)]
pub struct Planes {
    /// Width of the luma plane.
    pub width: u32,
    /// Height of the luma plane.
    pub height: u32,
    /// Luma samples per chroma sample across and down: 2 and 2 for 4:2:0.
    pub sub: (u32, u32),
    /// Luma and the two chroma planes; these two are empty where there is no colour.
    pub planes: [Vec<u16>; 3],
    /// Bits of a sample, 8 to 12.
    pub depth: u8,
    /// What the stream itself says of its colours.
    pub cicp: Cicp,
}

impl Planes {
    fn is_gray(&self) -> bool {
        self.planes.get(1).is_none_or(Vec::is_empty)
    }
}

/// Code points of ITU-T H.273; 2 is "unspecified".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cicp {
    /// Whose red, green and blue.
    pub primaries: u16,
    /// The curve.
    pub transfer: u16,
    /// How luma and chroma were made.
    pub matrix: u16,
    /// Samples use all of their range.
    pub full_range: bool,
}

/// Where planes are collected, reduced by a whole factor.
pub struct Canvas {
    full: (u32, u32),
    by: u32,
    width: usize,
    height: usize,
    sub: (usize, usize),
    planes: [Vec<u16>; 3],
    depth: u8,
    /// Bits that averaging added to a sample.
    extra: u8,
}

/// Rows of red, green and blue, or of grey alone.
pub enum Rows {
    /// Of pictures of eight bits.
    Eight(Vec<u8>),
    /// Of deeper ones; 65,535 is full.
    Sixteen(Vec<u16>),
}

impl Canvas {
    /// An empty canvas for a picture of this size made of planes like `like`, reduced by `by` (a power of two).
    ///
    /// # Errors
    /// It would need more memory than allowed.
    pub fn new(full: (u32, u32), by: u32, like: &Planes, limits: &Limits) -> Result<Self, String> {
        let by = by.max(1);
        let (width, height) = (full.0.div_ceil(by), full.1.div_ceil(by));
        let sub = if by == 1 { like.sub } else { (1, 1) };
        let luma = u64::from(width) * u64::from(height);
        let chroma = u64::from(width.div_ceil(sub.0)) * u64::from(height.div_ceil(sub.1));
        let chroma = if like.is_gray() { 0 } else { chroma };
        limits.check_alloc((luma + 2 * chroma) * 2)?;
        // Grey until a tile comes, so that a missing tile is neutral.
        let middle = 1_u16 << (like.depth - 1);
        let extra = u8::try_from(2 * by.ilog2()).unwrap_or(8).min(16 - like.depth);
        let plane = |count: u64| vec![middle << extra; usize::try_from(count).unwrap_or(0)];
        Ok(Self {
            full,
            by,
            width: width as usize,
            height: height as usize,
            sub: (sub.0 as usize, sub.1 as usize),
            planes: [plane(luma), plane(chroma), plane(chroma)],
            depth: like.depth,
            extra,
        })
    }

    /// Whether planes of a tile are of the same kind.
    #[must_use]
    pub fn takes(&self, tile: &Planes) -> bool {
        let gray = self.planes.get(1).is_none_or(Vec::is_empty);
        let sub = (tile.sub.0 as usize, tile.sub.1 as usize);
        self.depth == tile.depth && (gray || (!tile.is_gray() && (self.by > 1 || self.sub == sub)))
    }

    /// Puts a tile's upper left corner at a place, which is a multiple of the factor; what reaches over the edge is left.
    pub fn place(&mut self, tile: &Planes, x: u32, y: u32) {
        let visible = (
            tile.width.min(self.full.0.saturating_sub(x)),
            tile.height.min(self.full.1.saturating_sub(y)),
        );
        for index in 0..3 {
            let sub = if index == 0 { (1, 1) } else { tile.sub };
            let (Some(from), Some(to)) = (tile.planes.get(index), self.planes.get_mut(index)) else {
                continue;
            };
            if from.is_empty() || to.is_empty() {
                continue;
            }
            let own = if index == 0 { (1, 1) } else { self.sub };
            let scale = |full: u32, sub: u32| full.div_ceil(sub) as usize;
            let source = Source {
                samples: from,
                stride: scale(tile.width, sub.0),
                width: scale(visible.0, sub.0),
                height: scale(visible.1, sub.1),
            };
            // One sample of the canvas covers this many of the tile's.
            let across = (self.by as usize * own.0 / sub.0 as usize).max(1);
            let down = (self.by as usize * own.1 / sub.1 as usize).max(1);
            let at = ((x / self.by) as usize / own.0, (y / self.by) as usize / own.1);
            let stride = self.width.div_ceil(own.0);
            reduce(&source, (across, down), self.extra, to, stride, at);
        }
    }

    /// How much of the rows the picture covers, in their pixels.
    #[must_use]
    pub fn extent(&self) -> (f64, f64) {
        let by = f64::from(self.by);
        (f64::from(self.full.0) / by, f64::from(self.full.1) / by)
    }

    /// Width and height of the rows.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.full.0.div_ceil(self.by), self.full.1.div_ceil(self.by))
    }

    /// Grey rows where there is no chroma, red, green and blue otherwise.
    #[must_use]
    pub fn channels(&self) -> Channels {
        if self.planes.get(1).is_none_or(Vec::is_empty) {
            Channels::Gray
        } else {
            Channels::Rgb
        }
    }

    /// The rows in colours: eight bits for eight-bit pictures, sixteen for deeper ones.
    #[must_use]
    pub fn rows(&self, cicp: Cicp) -> Rows {
        let count = self.width * self.height * self.channels().count();
        let gray = self.channels() == Channels::Gray;
        if self.depth == 8 {
            let mut out = Vec::with_capacity(count);
            let byte = |value: f32| (value * 255.0 + 0.5) as u8;
            self.each(cicp, |r, g, b| {
                if gray {
                    out.push(byte(r));
                } else {
                    out.extend_from_slice(&[byte(r), byte(g), byte(b)]);
                }
            });
            Rows::Eight(out)
        } else {
            let mut out = Vec::with_capacity(count);
            let word = |value: f32| (value * 65_535.0 + 0.5) as u16;
            self.each(cicp, |r, g, b| {
                if gray {
                    out.push(word(r));
                } else {
                    out.extend_from_slice(&[word(r), word(g), word(b)]);
                }
            });
            Rows::Sixteen(out)
        }
    }

    /// Every pixel's red, green and blue, 1 being full; they may lie outside of 0 to 1.
    fn each(&self, cicp: Cicp, mut emit: impl FnMut(f32, f32, f32)) {
        let unit = f32::from(1_u16 << (self.depth - 8)) * f32::from(1_u16 << self.extra.min(15));
        let top = (f32::from(1_u16 << self.depth.min(15)) - 1.0) * f32::from(1_u16 << self.extra.min(15));
        let (black, luma_range, chroma_range) = if cicp.full_range {
            (0.0, top, top)
        } else {
            (16.0 * unit, 219.0 * unit, 224.0 * unit)
        };
        let middle = 128.0 * unit;
        let [luma, blue, red] = &self.planes;
        let gray = blue.is_empty();
        let matrix = Matrix::of(cicp);
        let chroma_width = self.width.div_ceil(self.sub.0).max(1);
        let (mut cb, mut cr) = (vec![0.0; self.width], vec![0.0; self.width]);
        for (y, row) in luma.chunks_exact(self.width.max(1)).enumerate() {
            if gray {
                for sample in row {
                    let value = (f32::from(*sample) - black) / luma_range;
                    emit(value, value, value);
                }
                continue;
            }
            self.chroma_row(blue, chroma_width, y, &mut cb);
            self.chroma_row(red, chroma_width, y, &mut cr);
            for ((sample, cb), cr) in row.iter().zip(&cb).zip(&cr) {
                let luma = (f32::from(*sample) - black) / luma_range;
                let (r, g, b) = match matrix {
                    Matrix::Luma { r, g, b } => {
                        let (cb, cr) = ((cb - middle) / chroma_range, (cr - middle) / chroma_range);
                        (luma + r * cr, luma - g.0 * cb - g.1 * cr, luma + b * cb)
                    }
                    // Planes are green, blue, red.
                    Matrix::Identity => ((cr - black) / luma_range, luma, (cb - black) / luma_range),
                    Matrix::YCgCo => {
                        let (cg, co) = ((cb - middle) / chroma_range, (cr - middle) / chroma_range);
                        (luma - cg + co, luma + cg, luma - cg - co)
                    }
                };
                emit(r, g, b);
            }
        }
    }

    /// One row of chroma at the width of luma. Samples lie on the even columns, and between two rows of luma.
    fn chroma_row(&self, plane: &[u16], width: usize, y: usize, out: &mut [f32]) {
        let rows = (plane.len() / width).max(1);
        let row = |index: usize| {
            let index = index.min(rows - 1);
            plane.get(index * width..(index + 1) * width).unwrap_or_default()
        };
        let (near, far) = if self.sub.1 == 2 {
            let own = y / 2;
            let other = if y.is_multiple_of(2) {
                own.saturating_sub(1)
            } else {
                own + 1
            };
            (row(own), row(other))
        } else {
            (row(y), row(y))
        };
        let weight = if self.sub.1 == 2 { 0.75 } else { 1.0 };
        let blend = |near: &u16, far: &u16| f32::from(*near) * weight + f32::from(*far) * (1.0 - weight);
        if self.sub.0 == 1 {
            for ((out, near), far) in out.iter_mut().zip(near).zip(far) {
                *out = blend(near, far);
            }
            return;
        }
        let mut samples = near.iter().zip(far).map(|(near, far)| blend(near, far));
        let mut here = samples.next().unwrap_or(0.0);
        for pair in out.chunks_mut(2) {
            let next = samples.next().unwrap_or(here);
            for (value, out) in [here, (here + next) / 2.0].into_iter().zip(pair) {
                *out = value;
            }
            here = next;
        }
    }
}

#[derive(Clone, Copy)]
enum Matrix {
    Luma { r: f32, g: (f32, f32), b: f32 },
    Identity,
    YCgCo,
}

impl Matrix {
    fn of(cicp: Cicp) -> Self {
        let (kr, kb) = match (cicp.matrix, cicp.primaries) {
            (0, _) => return Self::Identity,
            (8, _) => return Self::YCgCo,
            (1, _) | (12, 1) => (0.2126, 0.0722),
            (4, _) => (0.30, 0.11),
            (7, _) => (0.212, 0.087),
            (9 | 10, _) | (12, 9) => (0.2627, 0.0593),
            // Derived from the primaries of Display P3.
            (12, 12) => (0.2290, 0.0793),
            // BT.601, also where nothing is said.
            _ => (0.299, 0.114),
        };
        let kg: f32 = 1.0 - kr - kb;
        let (r, b) = (2.0 * (1.0 - kr), 2.0 * (1.0 - kb));
        Self::Luma {
            r,
            g: (kb * b / kg, kr * r / kg),
            b,
        }
    }
}

struct Source<'a> {
    samples: &'a [u16],
    stride: usize,
    width: usize,
    height: usize,
}

/// Averages blocks of `block` samples into one; blocks at the right and lower edge may have fewer.
fn reduce(source: &Source<'_>, block: (usize, usize), extra: u8, out: &mut [u16], stride: usize, at: (usize, usize)) {
    let columns = source.width.div_ceil(block.0);
    let mut sums = vec![0_u32; columns];
    let mut top = 0;
    let mut out_y = at.1;
    while top < source.height {
        let rows = block.1.min(source.height - top);
        sums.fill(0);
        for y in top..top + rows {
            let Some(row) = source.samples.get(y * source.stride..y * source.stride + source.width) else {
                return;
            };
            for (sum, samples) in sums.iter_mut().zip(row.chunks(block.0)) {
                *sum += samples.iter().map(|sample| u32::from(*sample)).sum::<u32>();
            }
        }
        let Some(row) = out.get_mut(out_y * stride..(out_y + 1) * stride) else {
            return;
        };
        let targets = row.iter_mut().skip(at.0);
        for (index, (target, sum)) in targets.zip(&sums).enumerate() {
            let width = block.0.min(source.width - index * block.0);
            let count = (width * rows) as u32;
            *target = u16::try_from(((*sum << extra) + count / 2) / count.max(1)).unwrap_or(u16::MAX);
        }
        top += block.1;
        out_y += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL_601: Cicp = Cicp {
        primaries: 1,
        transfer: 13,
        matrix: 6,
        full_range: true,
    };

    fn flat(width: u32, height: u32, sub: (u32, u32), yuv: [u16; 3], depth: u8) -> Planes {
        let chroma = (width.div_ceil(sub.0) * height.div_ceil(sub.1)) as usize;
        Planes {
            width,
            height,
            sub,
            planes: [
                vec![yuv[0]; (width * height) as usize],
                vec![yuv[1]; chroma],
                vec![yuv[2]; chroma],
            ],
            depth,
            cicp: FULL_601,
        }
    }

    fn first_pixel(planes: &Planes, by: u32, cicp: Cicp) -> Vec<u16> {
        let mut canvas = Canvas::new((planes.width, planes.height), by, planes, &Limits::default()).expect("small");
        canvas.place(planes, 0, 0);
        match canvas.rows(cicp) {
            Rows::Eight(rows) => rows[..3].iter().map(|v| u16::from(*v)).collect(),
            Rows::Sixteen(rows) => rows[..3].to_vec(),
        }
    }

    /// Primaries by the formulas of H.273: full-range BT.601 red is (76, 85, 255), limited BT.709 white is 235.
    #[test]
    fn known_colours() {
        for by in [1, 2, 4, 8] {
            for sub in [(1, 1), (2, 1), (2, 2)] {
                let red = first_pixel(&flat(19, 13, sub, [76, 85, 255], 8), by, FULL_601);
                assert!(red[0] >= 253 && red[1] <= 1 && red[2] <= 1, "{red:?}");
                let limited = Cicp {
                    matrix: 1,
                    full_range: false,
                    ..FULL_601
                };
                assert_eq!(
                    first_pixel(&flat(19, 13, sub, [235, 128, 128], 8), by, limited),
                    [255; 3]
                );
                assert_eq!(first_pixel(&flat(19, 13, sub, [16, 128, 128], 8), by, limited), [0; 3]);
                assert_eq!(
                    first_pixel(&flat(19, 13, sub, [940, 512, 512], 10), by, limited),
                    [65_535; 3]
                );
                let identity = Cicp { matrix: 0, ..FULL_601 };
                assert_eq!(
                    first_pixel(&flat(19, 13, (1, 1), [2, 3, 1], 8), by, identity),
                    [1, 2, 3]
                );
            }
        }
    }

    #[test]
    fn tiles_make_the_same_picture_as_one_piece() {
        let mut whole = flat(64, 32, (2, 2), [0, 128, 128], 8);
        for (index, sample) in whole.planes[0].iter_mut().enumerate() {
            *sample = ((index * 37) % 256) as u16;
        }
        let half = |x: usize| {
            let mut tile = flat(32, 32, (2, 2), [0, 128, 128], 8);
            tile.planes[0] = whole.planes[0]
                .chunks(64)
                .flat_map(|row| row[x..x + 32].to_vec())
                .collect();
            tile
        };
        for by in [1, 2, 4] {
            let mut one = Canvas::new((64, 32), by, &whole, &Limits::default()).expect("small");
            one.place(&whole, 0, 0);
            let mut two = Canvas::new((64, 32), by, &whole, &Limits::default()).expect("small");
            two.place(&half(0), 0, 0);
            two.place(&half(32), 32, 0);
            assert_eq!(one.planes, two.planes, "by {by}");
        }
    }
}
