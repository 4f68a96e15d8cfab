//! The inverse cosine transform to 2, 3, 4, 6 or 8 pixels a side, as sums of weighted coefficients.
//!
//! A block of a photo has few coefficients that are not zero. Each adds its own small picture, ready multiplied with its
//! quantisation step, as soon as it is read: no array of coefficients has to be cleared, filled and transformed. The small
//! picture of 2 or 4 pixels a side is the mean of the full one's pixels, as in libjpeg's `jidctred.c`; that of 3 or 6 has
//! the waves that so many pixels can show, as in `jidctint.c`.

use super::{No, markers::ZIGZAG};

/// What each of the 64 coefficients, in zigzag order, adds to `N` pixels in rows.
pub(super) type Weights<const N: usize> = [[f32; N]; 64];

/// The weights for blocks of `side` x `side` pixels, 2, 3, 4, 6 or 8 a side; of `N` the rest stays 0.
pub(super) fn weights<const N: usize>(side: usize, quant: &[u16; 64]) -> Box<Weights<N>> {
    let waves: [[f64; 8]; 8] = std::array::from_fn(|frequency| {
        std::array::from_fn(|at| if at < side { wave(side, frequency, at) } else { 0.0 })
    });
    let mut table = Box::new([[0.0; N]; 64]);
    for ((pixels, place), step) in table.iter_mut().zip(ZIGZAG).zip(quant) {
        let (down, across) = (&waves[usize::from(place >> 3 & 7)], &waves[usize::from(place & 7)]);
        for (at, pixel) in pixels.iter_mut().take(side * side).enumerate() {
            *pixel = (down[(at / side) & 7] * across[(at % side) & 7] * f64::from(*step)) as f32;
        }
    }
    table
}

/// What a frequency, 0 to 7, adds to a pixel in a line of `side`.
fn wave(side: usize, frequency: usize, at: usize) -> f64 {
    let scale = if frequency == 0 { 0.125_f64.sqrt() } else { 0.5 };
    let cosine = |x: usize, side: usize| {
        let angle = ((2 * x + 1) * frequency) as f64 * std::f64::consts::PI / (2 * side) as f64;
        angle.cos()
    };
    if 8 % side == 0 {
        let many = 8 / side;
        return scale * (at * many..(at + 1) * many).map(|x| cosine(x, 8)).sum::<f64>() / many as f64;
    }
    if frequency < side {
        scale * cosine(at, side)
    } else {
        0.0
    }
}

/// The coefficients that matter at all for so many pixels a side: one bit a place in zigzag order.
pub(super) fn wanted(side: usize) -> u64 {
    let matters = |frequency: usize| (0..side).any(|at| wave(side, frequency, at).abs() > 1e-9);
    (0..64).zip(ZIGZAG).fold(0, |bits, (at, place)| {
        let (row, column) = (usize::from(place) / 8, usize::from(place) % 8);
        bits | u64::from(matters(row) && matters(column)) << at
    })
}

/// Adds a coefficient's picture.
#[inline(always)]
pub(super) fn add<const N: usize>(sum: &mut [f32; N], weights: &Weights<N>, place: usize, value: i32) {
    let value = value as f32;
    for (sum, weight) in sum.iter_mut().zip(&weights[place & 63]) {
        *sum += weight * value;
    }
}

/// So far from the middle the reference wraps around rather than being cut off. No real picture comes there.
const FAR: f32 = 500.0;
const DOUBT: No = No("values far outside");

/// Pixels of a sum, level shift and rounding done.
#[inline(always)]
pub(super) fn pixels<const N: usize>(sum: &[f32; N]) -> Result<[u8; N], No> {
    let mut out = [0; N];
    let mut far = 0;
    for (out, sum) in out.iter_mut().zip(sum) {
        far |= u32::from(sum.abs() > FAR);
        // Adding 2^23 leaves the rounded number in the lowest bits, which compilers turn into vector code. A half is
        // rounded up, as libjpeg does, by a little more than 128.
        let level = (sum + (128.0 + 1.0 / 4096.0)).clamp(0.0, 255.0) + 8_388_608.0;
        *out = level.to_bits() as u8;
    }
    if far == 0 { Ok(out) } else { Err(DOUBT) }
}

/// The only pixel of a block, from its first coefficient and the quantisation step.
#[inline(always)]
pub(super) fn only_pixel(value: i32, step: i32) -> Result<u8, No> {
    let level = value.wrapping_mul(step).wrapping_add(4) >> 3;
    if level.unsigned_abs() > FAR as u32 {
        return Err(DOUBT);
    }
    Ok((level + 128).clamp(0, 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain inverse transform (T.81, A.3.3), averaged down; for 3 and 6 pixels a side one of so many low waves.
    fn reference(side: usize, block: &[i32; 64]) -> Vec<f64> {
        let c = |n: usize| if n == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let all = if 8 % side == 0 { 8 } else { side };
        let pixel = |x: usize, y: usize| {
            let mut sum = 0.0;
            for (place, value) in block.iter().enumerate() {
                let (v, u) = (place / 8, place % 8);
                if u >= all || v >= all {
                    continue;
                }
                let wave =
                    |x: usize, u: usize| (((2 * x + 1) * u) as f64 * std::f64::consts::PI / (2.0 * all as f64)).cos();
                sum += c(u) * c(v) * f64::from(*value) * wave(x, u) * wave(y, v) / 4.0;
            }
            sum + 128.0
        };
        let many = all / side;
        let mean = |at: usize| {
            let (top, left) = (at / side * many, at % side * many);
            let all = (0..many * many).map(|n| pixel(left + n % many, top + n / many));
            all.sum::<f64>() / (many * many) as f64
        };
        (0..side * side).map(mean).collect()
    }

    fn check<const N: usize>(side: usize) {
        let mut state = 7_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        for round in 0..200 {
            let mut quant = [0_u16; 64];
            quant.iter_mut().for_each(|step| *step = 1 + (random() % 30) as u16);
            let table = weights::<N>(side, &quant);
            let (mut block, mut sum) = ([0_i32; 64], [0.0; N]);
            for place in 0..64 {
                let value = if random() % 4 == 0 {
                    (random() % 9) as i32 - 4
                } else {
                    0
                };
                block[usize::from(ZIGZAG[place])] = value * i32::from(quant[place]);
                add(&mut sum, &table, place, value);
            }
            let got = pixels(&sum).expect("pixels");
            let wanted = wanted(side);
            for place in (0..64).filter(|place| wanted >> place & 1 == 0) {
                assert!(table[place].iter().all(|weight| weight.abs() < 1e-6));
            }
            for (got, want) in got.iter().zip(reference(side, &block)) {
                let off = (f64::from(*got) - want.clamp(0.0, 255.0)).abs();
                assert!(off < 0.501, "round {round}: {got} for {want}");
            }
        }
    }

    #[test]
    fn each_size_is_the_mean_of_the_full_transform() {
        check::<4>(2);
        check::<12>(3);
        check::<16>(4);
        check::<36>(6);
        check::<64>(8);
    }

    #[test]
    fn a_single_pixel_is_the_mean_of_its_block() {
        for value in -300..300 {
            for step in [1, 3, 16] {
                let mut block = [0; 64];
                block[0] = value * step;
                let want = reference(1, &block)[0].clamp(0.0, 255.0);
                match only_pixel(value, step) {
                    Ok(got) => assert!((f64::from(got) - want).abs() < 0.501, "{got} for {want}"),
                    Err(_) => assert!((value * step).abs() > 4000),
                }
            }
        }
    }

    #[test]
    fn what_would_wrap_around_is_told() {
        assert!(pixels(&[499.0, 0.0]).is_ok());
        assert!(pixels(&[0.0, -501.0]).is_err());
        assert!(
            pixels(&[f32::NAN]).is_ok_and(|pixels| pixels.len() == 1),
            "not reachable, and no panic"
        );
        assert!(
            only_pixel(i32::MAX, 255).is_err() || only_pixel(i32::MAX, 255).is_ok(),
            "no panic"
        );
    }
}
