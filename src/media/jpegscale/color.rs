//! Rows of pixels: colours stretched to the size of the brightness, and YCbCr to RGB, all as libjpeg does.

/// Pixels converted together, so that compilers make vector code of it.
const RUN: usize = 16;

/// Repeats each pixel.
pub(super) fn widen(row: &[u8], by: usize, to: &mut Vec<u8>) {
    to.extend(row.iter().flat_map(|pixel| std::iter::repeat_n(*pixel, by)));
}

/// Two pixels of each, three parts of its own and one of the neighbour's (`h2v1_fancy_upsample`).
pub(super) fn widen_smooth(row: &[u8], to: &mut Vec<u8>) {
    let (Some(first), Some(last)) = (row.first(), row.last()) else {
        return;
    };
    let mix = |near: u8, far: u8, bias: u16| ((u16::from(near) * 3 + u16::from(far) + bias) >> 2) as u8;
    to.resize(row.len() * 2, 0);
    let (pairs, _) = to.as_chunks_mut::<2>();
    let before = std::iter::once(first).chain(row);
    let after = row.get(1..).unwrap_or_default().iter().chain(std::iter::once(last));
    for (((pair, pixel), before), after) in pairs.iter_mut().zip(row).zip(before).zip(after) {
        *pair = [mix(*pixel, *before, 1), mix(*pixel, *after, 2)];
    }
    // Without a neighbour a pixel stays as it is, which the mix with itself gives too.
}

/// Three parts of the nearer row and one of the farther one (`h1v2_fancy_upsample`).
pub(super) fn mix_rows(near: &[u8], far: &[u8], bias: u16, to: &mut Vec<u8>) {
    to.clear();
    let mix = |(near, far): (&u8, &u8)| ((u16::from(*near) * 3 + u16::from(*far) + bias) >> 2) as u8;
    to.extend(near.iter().zip(far).map(mix));
}

/// Appends a row of RGB. The rounding is that of libjpeg's tables (jdcolor.c).
pub(super) fn append_rgb(luma: &[u8], blue: &[u8], red: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let width = luma.len().min(blue.len()).min(red.len());
    out.resize(start + width * 3, 0);
    let rgb = out.get_mut(start..).unwrap_or_default();
    let (rgb_runs, rgb_rest) = rgb.as_chunks_mut::<{ RUN * 3 }>();
    let (luma_runs, luma_rest) = luma.as_chunks::<RUN>();
    let (blue_runs, blue_rest) = blue.as_chunks::<RUN>();
    let (red_runs, red_rest) = red.as_chunks::<RUN>();
    for (((rgb, luma), blue), red) in rgb_runs.iter_mut().zip(luma_runs).zip(blue_runs).zip(red_runs) {
        run_to_rgb(luma, blue, red, rgb);
    }
    // The rest of a row, filled up to a run.
    let filled = |rest: &[u8]| {
        let mut run = [0; RUN];
        run.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        run
    };
    let mut last = [0; RUN * 3];
    run_to_rgb(&filled(luma_rest), &filled(blue_rest), &filled(red_rest), &mut last);
    rgb_rest.iter_mut().zip(last).for_each(|(to, from)| *to = from);
}

#[inline(always)]
fn run_to_rgb(luma: &[u8; RUN], blue: &[u8; RUN], red: &[u8; RUN], rgb: &mut [u8; RUN * 3]) {
    let mut planes = [[0_u8; RUN]; 3];
    for at in 0..RUN {
        let (y, b, r) = (i32::from(luma[at]), i32::from(blue[at]) - 128, i32::from(red[at]) - 128);
        // 1.402, 0.344136, 0.714136 and 1.772 in 16 bits of fraction, as far as they exceed whole numbers.
        let red = y + r + ((26_345 * r + 32_768) >> 16);
        let green = y - r + ((-22_554 * b + 18_734 * r + 32_768) >> 16);
        let blue = y + 2 * b + ((-14_942 * b + 32_768) >> 16);
        planes[0][at] = red.clamp(0, 255) as u8;
        planes[1][at] = green.clamp(0, 255) as u8;
        planes[2][at] = blue.clamp(0, 255) as u8;
    }
    for (at, pixel) in rgb.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        *pixel = [
            planes[0][at & (RUN - 1)],
            planes[1][at & (RUN - 1)],
            planes[2][at & (RUN - 1)],
        ];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_agree_with_their_formulas() {
        let all: Vec<u8> = (0..=255).collect();
        for blue in (0..=255).step_by(5) {
            for red in (0..=255).step_by(5) {
                let mut out = Vec::new();
                append_rgb(&all, &[blue; 256], &[red; 256], &mut out);
                for (pixel, y) in out.chunks(3).zip(0..=255_u8) {
                    let (y, cb, cr) = (f64::from(y), f64::from(blue) - 128.0, f64::from(red) - 128.0);
                    let want = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
                    for (got, want) in pixel.iter().zip(want) {
                        assert!(
                            (f64::from(*got) - want.clamp(0.0, 255.0)).abs() < 0.52,
                            "{pixel:?} for {want}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn rows_of_every_length_are_whole() {
        for width in 0..50 {
            let row: Vec<u8> = (0..width).map(|at| at * 5).collect();
            let mut out = vec![9];
            append_rgb(&row, &vec![128; row.len()], &vec![128; row.len()], &mut out);
            let want: Vec<u8> = std::iter::once(9).chain(row.iter().flat_map(|y| [*y; 3])).collect();
            assert_eq!(out, want);
        }
    }

    #[test]
    fn stretching_mixes_with_the_nearer_neighbour() {
        let mut out = Vec::new();
        widen_smooth(&[0, 100, 200], &mut out);
        assert_eq!(out, [0, 25, 75, 125, 175, 200]);
        out.clear();
        widen(&[1, 2], 4, &mut out);
        assert_eq!(out, [1, 1, 1, 1, 2, 2, 2, 2]);
        mix_rows(&[100, 0], &[0, 100], 2, &mut out);
        assert_eq!(out, [75, 25]);
    }
}
