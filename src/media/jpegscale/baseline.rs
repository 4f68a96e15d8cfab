//! Baseline and extended sequential files: one scan, block after block.

use super::{
    No,
    bits::{Bits, Reader},
    canvas::{Canvas, Plane},
    huffman::{Table, Use},
    markers::{Markers, Scan},
    plan::{Kernel, Layer, Plan},
    weights::{Weights, add, only_pixel, pixels, wanted},
};

/// What reading a component takes.
struct Tables {
    dc: Table,
    ac: Table,
    /// The places of coefficients that matter, as bits.
    wanted: u64,
}

/// Decodes the only scan.
pub(super) fn decode(
    bytes: &[u8],
    markers: &mut Markers<'_>,
    scan: &Scan,
    plan: &Plan,
    canvas: &mut Canvas<'_>,
) -> Result<(), No> {
    if scan.parts.len() != plan.layers.len() || (scan.first, scan.last, scan.high, scan.low) != (0, 63, 0, 0) {
        return Err(No("components in scans of their own"));
    }
    let mut tables = Vec::new();
    for (part, layer) in scan.parts.iter().zip(&plan.layers) {
        let (dc, ac) = (markers.dc.get(part.dc), markers.ac.get(part.ac));
        let (Some(Some(dc)), Some(Some(ac))) = (dc, ac) else {
            return Err(No("a missing code table"));
        };
        tables.push(Tables {
            dc: Table::new(&dc.counts, &dc.symbols, Use::Differences)?,
            ac: Table::new(
                &ac.counts,
                &ac.symbols,
                if layer.side == 1 { Use::Nothing } else { Use::Blocks },
            )?,
            wanted: wanted(layer.side as usize),
        });
    }
    let mut bits = Bits::new(bytes, scan.at);
    let (mut before, mut noted) = ([0_i32; 3], [0; NOTED]);
    let (mut due, mut number) = (markers.restart, 0);
    for row in 0..plan.groups.1 {
        for column in 0..plan.groups.0 {
            if markers.restart > 0 {
                if due == 0 {
                    bits.restart(number)?;
                    (due, number, before) = (markers.restart, (number + 1) % 8, [0; 3]);
                }
                due -= 1;
            }
            bits.ready()?;
            let mut reader = bits.reader();
            let parts = plan.layers.iter().zip(&tables).zip(&mut before);
            for (at, ((layer, tables), before)) in parts.enumerate() {
                let top = canvas.top(row, layer);
                if let Some(plane) = canvas.planes.get_mut(at) {
                    group(&mut reader, layer, (tables, &mut noted), before, plane, (column, top))?;
                }
            }
            let window = reader.window();
            bits.keep(window);
        }
        canvas.end_row(row);
    }
    let (marker, at) = bits.end()?;
    markers.go_on(marker, at)?;
    match markers.next_scan()? {
        None => Ok(()),
        Some(_) => Err(No("more than one scan")),
    }
}

/// The blocks of one component in a group.
#[inline(always)]
fn group(
    reader: &mut Reader<'_>,
    layer: &Layer,
    (tables, noted): (&Tables, &mut Noted),
    before: &mut i32,
    plane: &mut Plane,
    (column, top): (u32, usize),
) -> Result<(), No> {
    for y in 0..layer.v as usize {
        for x in 0..layer.h {
            let (column, row) = ((column * layer.h + x) as usize, top + y);
            *before = before.wrapping_add(tables.dc.difference(reader)?);
            match &layer.kernel {
                Kernel::One(step) => {
                    tables.ac.pass_block(reader)?;
                    plane.put::<1, 1>(column, row, &[only_pixel(*before, *step)?]);
                }
                Kernel::Two(weights) => small_block(reader, &tables.ac, weights, *before, plane, (column, row))?,
                Kernel::Three(weights) => {
                    block::<12, 3>(reader, (tables, noted), weights, *before, plane, (column, row))?;
                }
                Kernel::Four(weights) => {
                    block::<16, 4>(reader, (tables, noted), weights, *before, plane, (column, row))?;
                }
                Kernel::Six(weights) => {
                    block::<36, 6>(reader, (tables, noted), weights, *before, plane, (column, row))?;
                }
                Kernel::Eight(weights) => {
                    block::<64, 8>(reader, (tables, noted), weights, *before, plane, (column, row))?;
                }
            }
        }
    }
    Ok(())
}

/// One block of 2 x 2 pixels: each value is added at once.
#[inline(always)]
fn small_block(
    reader: &mut Reader<'_>,
    ac: &Table,
    weights: &Weights<4>,
    dc: i32,
    plane: &mut Plane,
    (column, row): (usize, usize),
) -> Result<(), No> {
    let mut sum = [0.0; 4];
    add(&mut sum, weights, 0, dc);
    ac.each_value(reader, |place, value| add(&mut sum, weights, place, value))?;
    plane.put::<4, 2>(column, row, &pixels(&sum)?);
    Ok(())
}

/// One block of more pixels: its values are noted first, so that reading does not wait for sums, nor sums for reading.
#[inline(always)]
fn block<const N: usize, const SIDE: usize>(
    reader: &mut Reader<'_>,
    (tables, noted): (&Tables, &mut Noted),
    weights: &Weights<N>,
    dc: i32,
    plane: &mut Plane,
    (column, row): (usize, usize),
) -> Result<(), No> {
    let mut many = 0;
    tables.ac.each_value(reader, |place, value| {
        noted[many & (NOTED - 1)] = (value << 8) | place as i32;
        many += usize::from(value != 0) & (tables.wanted >> (place & 63)) as usize;
    })?;
    let noted = noted.get(..many).unwrap_or_default();
    plane.put::<N, SIDE>(column, row, &sum_up(noted, dc, weights)?);
    Ok(())
}

/// More than a block has values.
const NOTED: usize = 128;
/// The values of a block that are not zero, each with its place in the lowest 8 bits.
type Noted = [i32; NOTED];

#[inline(never)]
fn sum_up<const N: usize>(noted: &[i32], dc: i32, weights: &Weights<N>) -> Result<[u8; N], No> {
    let mut sum = [0.0; N];
    add(&mut sum, weights, 0, dc);
    for one in noted {
        add(&mut sum, weights, (one & 63) as usize, one >> 8);
    }
    pixels(&sum)
}
