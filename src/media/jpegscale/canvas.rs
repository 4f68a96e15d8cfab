//! Blocks in, rows of RGB or grey out: memory is the picture at its scale and one row of groups.

use super::{
    color,
    plan::{Layer, Plan},
};

/// The pixels of one component in a row of groups, or in all rows where a component has to be stretched down.
pub(super) struct Plane {
    stride: usize,
    data: Vec<u8>,
}

impl Plane {
    /// Puts a block of `SIDE` x `SIDE` pixels, of which there may be more, at this place, counted in blocks.
    #[inline(always)]
    pub(super) fn put<const N: usize, const SIDE: usize>(&mut self, column: usize, row: usize, pixels: &[u8; N]) {
        let at = row * SIDE * self.stride + column * SIDE;
        let Some(place) = self.data.get_mut(at..) else {
            return;
        };
        if SIDE == 1 {
            if let (Some(to), Some(from)) = (place.first_mut(), pixels.first()) {
                *to = *from;
            }
            return;
        }
        let rows = pixels.as_chunks::<SIDE>().0.iter().take(SIDE);
        for (to, from) in place.chunks_mut(self.stride).zip(rows) {
            if let Some(to) = to.first_chunk_mut::<SIDE>() {
                *to = *from;
            }
        }
    }

    fn row(&self, row: usize, width: usize) -> &[u8] {
        let at = row * self.stride;
        self.data.get(at..at + width).unwrap_or_default()
    }
}

/// The picture as it grows.
pub(super) struct Canvas<'p> {
    plan: &'p Plan,
    pub planes: Vec<Plane>,
    out: Vec<u8>,
    /// Rows of a component that is stretched, ready for use.
    stretched: [Vec<u8>; 2],
    mixed: Vec<u8>,
}

impl<'p> Canvas<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let channels = if plan.layers.len() == 1 { 1 } else { 3 };
        let rows = if plan.keeps_all_rows() { plan.groups.1 } else { 1 };
        let plane = |layer: &Layer| {
            let stride = (plan.groups.0 * layer.h * layer.side) as usize;
            Plane {
                stride,
                data: vec![0; stride * (rows * layer.v * layer.side) as usize],
            }
        };
        Self {
            plan,
            planes: plan.layers.iter().map(plane).collect(),
            out: Vec::with_capacity(plan.width as usize * plan.height as usize * channels),
            stretched: [const { Vec::new() }; 2],
            mixed: Vec::new(),
        }
    }

    /// By how many blocks the rows of this row of groups lie below the top of a layer's plane.
    pub(super) fn top(&self, group_row: u32, layer: &Layer) -> usize {
        if self.plan.keeps_all_rows() {
            (group_row * layer.v) as usize
        } else {
            0
        }
    }

    /// All blocks of this row of groups are there.
    pub(super) fn end_row(&mut self, group_row: u32) {
        let Some(first) = self.plan.layers.first() else {
            return;
        };
        let each = first.v * first.side;
        if !self.plan.keeps_all_rows() {
            let rows = each.min(self.plan.height.saturating_sub(group_row * each));
            self.convert(rows);
        } else if group_row + 1 == self.plan.groups.1 {
            self.convert(self.plan.height);
        }
    }

    fn convert(&mut self, rows: u32) {
        let width = self.plan.width as usize;
        for row in 0..rows as usize {
            if let [gray] = self.planes.as_slice() {
                self.out.extend_from_slice(gray.row(row, width));
                continue;
            }
            let ([luma, planes @ ..], [_, layers @ ..]) = (self.planes.as_slice(), self.plan.layers.as_slice()) else {
                return;
            };
            for ((plane, layer), to) in planes.iter().zip(layers).zip(&mut self.stretched) {
                stretch(plane, layer, row, self.plan.smooth, &mut self.mixed, to);
            }
            fn pick<'a>(plane: &'a Plane, layer: &Layer, row: usize, width: usize, stretched: &'a [u8]) -> &'a [u8] {
                if layer.wider == 1 && layer.higher == 1 {
                    plane.row(row, width)
                } else {
                    stretched.get(..width).unwrap_or_default()
                }
            }
            if let ([blue, red], [blue_layer, red_layer], [blue_row, red_row]) = (planes, layers, &self.stretched) {
                color::append_rgb(
                    luma.row(row, width),
                    pick(blue, blue_layer, row, width, blue_row),
                    pick(red, red_layer, row, width, red_row),
                    &mut self.out,
                );
            }
        }
    }

    /// All rows of the picture.
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// One row of a component, stretched as libjpeg does (jdsample.c).
fn stretch(plane: &Plane, layer: &Layer, row: usize, smooth: bool, mixed: &mut Vec<u8>, to: &mut Vec<u8>) {
    let width = layer.width as usize;
    to.clear();
    if layer.higher == 2 {
        let near = row / 2;
        let last = (layer.height as usize).saturating_sub(1);
        let (far, bias) = if row.is_multiple_of(2) {
            (near.saturating_sub(1), 1)
        } else {
            ((near + 1).min(last), 2)
        };
        let far = if smooth { far } else { near };
        color::mix_rows(plane.row(near, width), plane.row(far, width), bias, mixed);
        to.extend_from_slice(mixed);
        return;
    }
    match (layer.wider, smooth) {
        (1, _) => {}
        (2, true) => color::widen_smooth(plane.row(row, width), to),
        (by, _) => color::widen(plane.row(row, width), by as usize, to),
    }
}
