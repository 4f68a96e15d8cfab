//! Baseline and extended sequential files: one scan, block after block.

use super::{
    No,
    bits::{Bits, Reader},
    canvas::{Canvas, Plane},
    huffman::Table,
    markers::{Markers, Scan},
    plan::{Kernel, Layer, Plan},
    weights::{Weights, add, pixels},
};

/// What reading a component takes.
struct Tables {
    dc: Table,
    ac: Table,
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
            dc: Table::new(&dc.counts, &dc.symbols, true, false)?,
            ac: Table::new(&ac.counts, &ac.symbols, false, layer.side == 1)?,
        });
    }
    let mut bits = Bits::new(bytes, scan.at);
    let mut before = [0_i32; 3];
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
                    group(&mut reader, layer, tables, before, plane, (column, top))?;
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
    tables: &Tables,
    before: &mut i32,
    plane: &mut Plane,
    (column, top): (u32, usize),
) -> Result<(), No> {
    for y in 0..layer.v as usize {
        for x in 0..layer.h {
            let (column, row) = ((column * layer.h + x) as usize, top + y);
            *before = before.wrapping_add(tables.dc.difference(reader)?);
            match &layer.kernel {
                Kernel::One(weights) => {
                    tables.ac.pass_block(reader)?;
                    let mut sum = [0.0];
                    add(&mut sum, weights, 0, *before);
                    let (pixels, near) = pixels(&sum);
                    if !near {
                        return Err(No("values far outside"));
                    }
                    plane.put::<1, 1>(column, row, &pixels);
                }
                Kernel::Two(weights) => block::<4, 2>(reader, &tables.ac, weights, *before, plane, (column, row))?,
                Kernel::Four(weights) => block::<16, 4>(reader, &tables.ac, weights, *before, plane, (column, row))?,
                Kernel::Eight(weights) => block::<64, 8>(reader, &tables.ac, weights, *before, plane, (column, row))?,
            }
        }
    }
    Ok(())
}

/// One block whose values are wanted.
#[inline(always)]
fn block<const N: usize, const SIDE: usize>(
    reader: &mut Reader<'_>,
    ac: &Table,
    weights: &Weights<N>,
    dc: i32,
    plane: &mut Plane,
    (column, row): (usize, usize),
) -> Result<(), No> {
    let mut sum = [0.0; N];
    add(&mut sum, weights, 0, dc);
    ac.each_value(reader, |place, value| add(&mut sum, weights, place, value))?;
    let (pixels, near) = pixels(&sum);
    if !near {
        return Err(No("values far outside"));
    }
    plane.put::<N, SIDE>(column, row, &pixels);
    Ok(())
}
