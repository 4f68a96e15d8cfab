//! How the components of a frame come together at a scale.

use super::{
    No,
    markers::Frame,
    weights::{Weights, weights},
};

/// How the blocks of a component become pixels.
pub(super) enum Kernel {
    /// One pixel, of the first coefficient alone: its quantisation step.
    One(i32),
    /// 2 x 2 pixels.
    Two(Box<Weights<4>>),
    /// 3 x 3 pixels, and three that are not used.
    Three(Box<Weights<12>>),
    /// 4 x 4 pixels.
    Four(Box<Weights<16>>),
    /// 6 x 6 pixels.
    Six(Box<Weights<36>>),
    /// All 8 x 8 pixels.
    Eight(Box<Weights<64>>),
}

/// One component at the scale.
pub(super) struct Layer {
    /// Blocks of it in a group, across and down.
    pub h: u32,
    pub v: u32,
    /// Pixels along a side of its blocks.
    pub side: u32,
    pub kernel: Kernel,
    /// How often a pixel of it is repeated, across and down, to fit the picture.
    pub wider: u32,
    pub higher: u32,
    /// Its pixels at the scale that belong to the picture.
    pub width: u32,
    pub height: u32,
    /// Its blocks that belong to the picture, which are those of a scan of its own.
    pub own_blocks: (u32, u32),
}

/// A frame at a scale.
pub(super) struct Plan {
    pub layers: Vec<Layer>,
    /// Groups of blocks, across and down.
    pub groups: (u32, u32),
    /// Size of the picture at the scale.
    pub width: u32,
    pub height: u32,
    /// Whether colours between two of their pixels are mixed, as libjpeg does wherever a block has more than one.
    pub smooth: bool,
    pub progressive: bool,
}

impl Plan {
    /// The plan for so many eighths of the size, 1 to 4.
    pub(super) fn new(frame: &Frame, eighths: u32, quant: &[Option<[u16; 64]>; 4]) -> Result<Self, No> {
        let least = eighths;
        if !(1..=4).contains(&least) {
            return Err(No("another scale than 1/8 to 4/8"));
        }
        let (h_max, v_max) = (frame.h_max, frame.v_max);
        let mut layers = Vec::new();
        let mut blocks = 0;
        for component in &frame.components {
            let (h, v) = (component.h, component.v);
            blocks += h * v;
            // libjpeg takes larger blocks of a component with fewer, rather than stretching it afterwards (jdmaster.c).
            let mut side = least;
            while side < 8
                && (h_max * least).is_multiple_of(h * side * 2)
                && (v_max * least).is_multiple_of(v * side * 2)
            {
                side *= 2;
            }
            if !(h_max * least).is_multiple_of(h * side) || !(v_max * least).is_multiple_of(v * side) {
                return Err(No("an unusual sampling"));
            }
            let (wider, higher) = (h_max * least / (h * side), v_max * least / (v * side));
            let usual = matches!((wider, higher), (1, 1) | (2, 1) | (4, 1) | (1, 2));
            if !usual || (layers.is_empty() && (wider, higher, side) != (1, 1, least)) {
                return Err(No("an unusual sampling"));
            }
            let table = quant.get(component.quant).and_then(Option::as_ref);
            let table = table.ok_or(No("a missing quantisation table"))?;
            layers.push(Layer {
                h,
                v,
                side,
                kernel: match side {
                    1 => Kernel::One(i32::from(table[0])),
                    2 => Kernel::Two(weights(2, table)),
                    3 => Kernel::Three(weights(3, table)),
                    4 => Kernel::Four(weights(4, table)),
                    6 => Kernel::Six(weights(6, table)),
                    _ => Kernel::Eight(weights(8, table)),
                },
                wider,
                higher,
                width: (frame.width * h * side).div_ceil(h_max * 8),
                height: (frame.height * v * side).div_ceil(v_max * 8),
                own_blocks: (
                    (frame.width * h).div_ceil(h_max * 8),
                    (frame.height * v).div_ceil(v_max * 8),
                ),
            });
        }
        if blocks > 10 {
            return Err(No("an unusual sampling"));
        }
        Ok(Self {
            layers,
            groups: (frame.width.div_ceil(8 * h_max), frame.height.div_ceil(8 * v_max)),
            width: (frame.width * least).div_ceil(8),
            height: (frame.height * least).div_ceil(8),
            smooth: least > 1,
            progressive: frame.progressive,
        })
    }

    /// Whether rows of a component depend on rows of the next group, so that all have to be kept to the end.
    pub(super) fn keeps_all_rows(&self) -> bool {
        self.layers.iter().any(|layer| layer.higher > 1)
    }

    /// All that will be allocated.
    pub(super) fn bytes(&self) -> u64 {
        let (across, down) = (u64::from(self.groups.0), u64::from(self.groups.1));
        let rows = if self.keeps_all_rows() { down } else { 1 };
        let mut bytes = u64::from(self.width) * u64::from(self.height) * if self.layers.len() == 1 { 1 } else { 3 };
        for layer in &self.layers {
            let group = u64::from(layer.h * layer.v);
            bytes += across * rows * group * u64::from(layer.side * layer.side);
            if self.progressive {
                bytes += across * down * group * if layer.side == 1 { 2 } else { 128 };
            }
        }
        bytes
    }
}
