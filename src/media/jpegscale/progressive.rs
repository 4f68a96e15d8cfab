//! Progressive files: coefficients come in many scans, a band of them and a part of their bits at a time (T.81, annex G).
//!
//! Of components of which one pixel a block is wanted only the first coefficient is kept, and scans that bring nothing
//! else are passed over. What must be known of all others is all: libjpeg smooths a picture that is not complete, which is
//! left to it.

use super::{
    No,
    bits::{Bits, Reader},
    canvas::{Canvas, Plane},
    huffman::{Table, Use},
    markers::{Codes, Markers, Scan},
    plan::{Kernel, Layer, Plan},
    weights::{Weights, add, only_pixel, pixels},
};

/// The coefficients of one component.
enum Store {
    /// The first of each block.
    First(Vec<i16>),
    /// All 64, in zigzag order.
    All(Vec<[i16; 64]>),
}

/// One component with its coefficients.
struct Coefficients {
    store: Store,
    /// Blocks in a row, those beyond the picture's edge included.
    stride: usize,
    /// By coefficient: how many of its lowest bits are still to come; 255 before the first.
    missing: [u32; 64],
}

const NOTHING_YET: u32 = 255;

/// Decodes all scans, of which `scan` is the first. Returns whether some of them were passed over.
pub(super) fn decode(
    bytes: &[u8],
    markers: &mut Markers<'_>,
    scan: Scan,
    plan: &Plan,
    canvas: &mut Canvas<'_>,
    most_scans: u32,
) -> Result<bool, No> {
    let mut all: Vec<Coefficients> = plan.layers.iter().map(|layer| Coefficients::new(plan, layer)).collect();
    let (mut next, mut passed_over) = (Some(scan), false);
    while let Some(scan) = next {
        if markers.scans() > most_scans {
            return Err(No("too many scans"));
        }
        note_bits(&scan, &mut all)?;
        let passed = scan.first > 0
            && scan.parts.iter().all(|part| {
                all.get(part.component)
                    .is_some_and(|one| matches!(one.store, Store::First(_)))
            });
        if passed {
            markers.pass_scan()?;
            passed_over = true;
        } else if scan.first == 0 {
            first_values(bytes, markers, &scan, plan, &mut all)?;
        } else {
            other_values(bytes, markers, &scan, plan, &mut all)?;
        }
        next = markers.next_scan()?;
    }
    if all.iter().any(|one| one.missing.iter().any(|missing| *missing > 0)) {
        return Err(No("not all scans are there"));
    }
    draw(plan, &all, canvas)?;
    Ok(passed_over)
}

impl Coefficients {
    fn new(plan: &Plan, layer: &Layer) -> Self {
        let stride = (plan.groups.0 * layer.h) as usize;
        let blocks = stride * (plan.groups.1 * layer.v) as usize;
        Self {
            store: if layer.side == 1 {
                Store::First(vec![0; blocks])
            } else {
                Store::All(vec![[0; 64]; blocks])
            },
            stride,
            missing: [NOTHING_YET; 64],
        }
    }
}

/// Checks that a scan goes on where earlier ones stopped.
fn note_bits(scan: &Scan, all: &mut [Coefficients]) -> Result<(), No> {
    let shape = if scan.first == 0 {
        scan.last == 0
    } else {
        scan.parts.len() == 1
    };
    if !shape || scan.low > 13 || (scan.high != 0 && scan.high != scan.low + 1) {
        return Err(No("an unusual scan"));
    }
    for part in &scan.parts {
        let missing = all.get_mut(part.component).map(|one| &mut one.missing);
        let missing = missing.ok_or(No("a scan of nothing"))?;
        if scan.first > 0 && missing.first() == Some(&NOTHING_YET) {
            return Err(No("an unusual order of scans"));
        }
        for missing in missing.get_mut(scan.first..=scan.last).unwrap_or_default() {
            if *missing != if scan.high == 0 { NOTHING_YET } else { scan.high } {
                return Err(No("an unusual order of scans"));
            }
            *missing = scan.low;
        }
    }
    Ok(())
}

fn table(codes: Option<&Option<Codes>>, for_what: Use) -> Result<Table, No> {
    let codes = codes.and_then(Option::as_ref).ok_or(No("a missing code table"))?;
    Table::new(&codes.counts, &codes.symbols, for_what)
}

/// Counts groups up to the next restart marker.
struct Restarts {
    interval: u32,
    due: u32,
    number: u8,
}

impl Restarts {
    fn new(interval: u32) -> Self {
        Self {
            interval,
            due: interval,
            number: 0,
        }
    }

    /// Before each group: reads the marker where it is due. True where all starts anew.
    #[inline]
    fn step(&mut self, bits: &mut Bits<'_>) -> Result<bool, No> {
        if self.interval == 0 {
            return Ok(false);
        }
        let fresh = self.due == 0;
        if fresh {
            bits.restart(self.number)?;
            (self.due, self.number) = (self.interval, (self.number + 1) % 8);
        }
        self.due -= 1;
        Ok(fresh)
    }
}

/// A scan of first coefficients, of one component or of several in groups.
fn first_values(
    bytes: &[u8],
    markers: &mut Markers<'_>,
    scan: &Scan,
    plan: &Plan,
    all: &mut [Coefficients],
) -> Result<(), No> {
    let refining = scan.high > 0;
    let mut tables = [const { None }; 3];
    for (slot, part) in tables.iter_mut().zip(&scan.parts) {
        if !refining {
            *slot = Some(table(markers.dc.get(part.dc), Use::Differences)?);
        }
    }
    let single = scan.parts.len() == 1;
    let own = scan.parts.first().and_then(|part| plan.layers.get(part.component));
    let (across, down) = if single {
        own.map_or((0, 0), |layer| layer.own_blocks)
    } else {
        plan.groups
    };
    let mut bits = Bits::new(bytes, scan.at);
    let mut restarts = Restarts::new(markers.restart);
    let mut before = [0_i32; 3];
    for row in 0..down {
        for column in 0..across {
            if restarts.step(&mut bits)? {
                before = [0; 3];
            }
            bits.ready()?;
            let mut reader = bits.reader();
            for ((part, table), before) in scan.parts.iter().zip(&tables).zip(&mut before) {
                let (Some(one), Some(layer)) = (all.get_mut(part.component), plan.layers.get(part.component)) else {
                    continue;
                };
                let (h, v) = if single { (1, 1) } else { (layer.h, layer.v) };
                for n in 0..h * v {
                    let at = (row * v + n / h) as usize * one.stride + (column * h + n % h) as usize;
                    let value = match &mut one.store {
                        Store::First(values) => values.get_mut(at),
                        Store::All(blocks) => blocks.get_mut(at).and_then(|block| block.first_mut()),
                    };
                    let value = value.ok_or(No("a block outside"))?;
                    if let Some(table) = table {
                        *before = before.wrapping_add(table.difference(&mut reader)?);
                        *value = (*before << scan.low) as i16;
                    } else {
                        reader.refill_if_low();
                        *value |= (reader.take(1) << scan.low) as i16;
                    }
                }
            }
            let window = reader.window();
            bits.keep(window);
        }
    }
    let (marker, at) = bits.end()?;
    markers.go_on(marker, at)
}

/// A scan of other coefficients, of one component.
fn other_values(
    bytes: &[u8],
    markers: &mut Markers<'_>,
    scan: &Scan,
    plan: &Plan,
    all: &mut [Coefficients],
) -> Result<(), No> {
    let part = scan.parts.first().ok_or(No("a broken scan"))?;
    let (Some(one), Some(layer)) = (all.get_mut(part.component), plan.layers.get(part.component)) else {
        return Err(No("a scan of nothing"));
    };
    let Store::All(blocks) = &mut one.store else {
        return Err(No("a scan of nothing"));
    };
    let table = table(markers.ac.get(part.ac), Use::Values)?;
    let mut bits = Bits::new(bytes, scan.at);
    let mut restarts = Restarts::new(markers.restart);
    // How many more blocks have nothing (new) in this band.
    let mut ended = 0_u32;
    for row in 0..layer.own_blocks.1 as usize {
        let blocks = blocks.get_mut(row * one.stride..).unwrap_or_default();
        for block in blocks.iter_mut().take(layer.own_blocks.0 as usize) {
            if restarts.step(&mut bits)? {
                ended = 0;
            }
            if ended > 0 && scan.high == 0 {
                ended -= 1;
                continue;
            }
            bits.ready()?;
            let mut reader = bits.reader();
            if scan.high == 0 {
                band(&mut reader, &table, scan, block, &mut ended)?;
            } else {
                refine_band(&mut reader, &table, scan, block, &mut ended)?;
            }
            let window = reader.window();
            bits.keep(window);
        }
    }
    if ended > 0 {
        return Err(No("a run of ends beyond the picture"));
    }
    let (marker, at) = bits.end()?;
    markers.go_on(marker, at)
}

/// The first bits of a block's band.
#[inline(always)]
fn band(reader: &mut Reader<'_>, table: &Table, scan: &Scan, block: &mut [i16; 64], ended: &mut u32) -> Result<(), No> {
    let mut at = scan.first;
    while at <= scan.last {
        reader.refill_if_low();
        let code = table.code(reader)?;
        let value = code.value(reader.peek());
        reader.skip(code.total());
        if code.size() == 0 {
            if code.run() < 15 {
                *ended = (1 << code.run()) - 1 + reader.take(code.run() as u32);
                return Ok(());
            }
            at += 16;
            continue;
        }
        at += code.run();
        if at > scan.last {
            return Err(No("a block is too long"));
        }
        block[at & 63] = (value << scan.low) as i16;
        at += 1;
    }
    if at > scan.last + 1 {
        Err(No("a block is too long"))
    } else {
        Ok(())
    }
}

/// One more bit of a block's band: corrections of what is there, and new values between.
fn refine_band(
    reader: &mut Reader<'_>,
    table: &Table,
    scan: &Scan,
    block: &mut [i16; 64],
    ended: &mut u32,
) -> Result<(), No> {
    let bit = 1_i16 << scan.low;
    let correct = |reader: &mut Reader<'_>, value: &mut i16| {
        reader.refill_if_low();
        if reader.take(1) == 1 && *value & bit == 0 {
            *value = value.wrapping_add(if *value > 0 { bit } else { -bit });
        }
    };
    let mut at = scan.first;
    while *ended == 0 && at <= scan.last {
        reader.refill_if_low();
        let code = table.code(reader)?;
        let value = code.value(reader.peek());
        reader.skip(code.total());
        let mut zeros = code.run();
        if code.size() > 1 {
            return Err(No("a refinement of more than a bit"));
        }
        if code.size() == 0 && zeros < 15 {
            *ended = (1 << zeros) + reader.take(zeros as u32);
            break;
        }
        while let Some(old) = block.get_mut(at).filter(|_| at <= scan.last) {
            if *old != 0 {
                correct(reader, old);
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            at += 1;
        }
        if at > scan.last {
            return Err(No("a block is too long"));
        }
        block[at & 63] = value as i16 * bit;
        at += 1;
    }
    if *ended > 0 {
        for old in block.get_mut(at..=scan.last).unwrap_or_default() {
            if *old != 0 {
                correct(reader, old);
            }
        }
        *ended -= 1;
    }
    Ok(())
}

/// Pixels of all coefficients.
fn draw(plan: &Plan, all: &[Coefficients], canvas: &mut Canvas<'_>) -> Result<(), No> {
    for row in 0..plan.groups.1 {
        for (at, (layer, one)) in plan.layers.iter().zip(all).enumerate() {
            let top = canvas.top(row, layer);
            let Some(plane) = canvas.planes.get_mut(at) else {
                continue;
            };
            for y in 0..layer.v as usize {
                let first = (row as usize * layer.v as usize + y) * one.stride;
                let blocks = first..first + one.stride;
                let row = top + y;
                match (&layer.kernel, &one.store) {
                    (Kernel::One(step), Store::First(values)) => {
                        for (column, value) in values.get(blocks).unwrap_or_default().iter().enumerate() {
                            plane.put::<1, 1>(column, row, &[only_pixel(i32::from(*value), *step)?]);
                        }
                    }
                    (Kernel::Two(weights), Store::All(all)) => draw_row::<4, 2>(plane, weights, all.get(blocks), row)?,
                    (Kernel::Three(weights), Store::All(all)) => {
                        draw_row::<12, 3>(plane, weights, all.get(blocks), row)?;
                    }
                    (Kernel::Six(weights), Store::All(all)) => {
                        draw_row::<36, 6>(plane, weights, all.get(blocks), row)?;
                    }
                    (Kernel::Four(weights), Store::All(all)) => {
                        draw_row::<16, 4>(plane, weights, all.get(blocks), row)?;
                    }
                    (Kernel::Eight(weights), Store::All(all)) => {
                        draw_row::<64, 8>(plane, weights, all.get(blocks), row)?;
                    }
                    _ => return Err(No("a store of another shape")),
                }
            }
        }
        canvas.end_row(row);
    }
    Ok(())
}

fn draw_row<const N: usize, const SIDE: usize>(
    plane: &mut Plane,
    weights: &Weights<N>,
    blocks: Option<&[[i16; 64]]>,
    row: usize,
) -> Result<(), No> {
    for (column, block) in blocks.unwrap_or_default().iter().enumerate() {
        let mut sum = [0.0; N];
        for (values, from) in block.as_chunks::<8>().0.iter().zip((0..64).step_by(8)) {
            if *values == [0; 8] {
                continue;
            }
            for (value, at) in values.iter().zip(from..) {
                if *value != 0 {
                    add(&mut sum, weights, at, i32::from(*value));
                }
            }
        }
        plane.put::<N, SIDE>(column, row, &pixels(&sum)?);
    }
    Ok(())
}
