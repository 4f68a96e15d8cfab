//! The door of this folder.

use super::{baseline, canvas::Canvas, markers::Markers, plan::Plan, progressive};
use crate::media::limits::Limits;

/// Why the other decoder has to be asked; for people who look for the reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::media) struct No(pub &'static str);

/// A picture at a part of its size.
pub(in crate::media) struct Scaled {
    /// A size is rounded up: the last column and row may stand for a part of a pixel.
    pub width: u32,
    pub height: u32,
    /// Bytes of a pixel: 1 for grey, 3 for red, green, blue.
    pub channels: usize,
    pub data: Vec<u8>,
    /// A part of the data was not looked at, so that a fault in it would not have been found.
    pub passed_over: bool,
}

/// Decodes to so many eighths of the size, 1 to 4.
///
/// # Errors
/// [`No`] for every file that is not ordinary and whole, or asks for more than `limits` allow.
pub(in crate::media) fn decode(bytes: &[u8], eighths: u32, limits: &Limits) -> Result<Scaled, No> {
    let mut markers = Markers::new(bytes)?;
    let scan = markers.next_scan()?.ok_or(No("no scan"))?;
    let frame = markers.frame.clone().ok_or(No("no frame"))?;
    limits
        .check_size(frame.width, frame.height)
        .map_err(|_| No("too large"))?;
    let plan = Plan::new(&frame, eighths, &markers.quant)?;
    limits.check_alloc(plan.bytes()).map_err(|_| No("too large"))?;
    let mut canvas = Canvas::new(&plan);
    let passed_over = if frame.progressive {
        progressive::decode(bytes, &mut markers, scan, &plan, &mut canvas, limits.scans)?
    } else {
        baseline::decode(bytes, &mut markers, &scan, &plan, &mut canvas)?;
        false
    };
    Ok(Scaled {
        width: plan.width,
        height: plan.height,
        channels: if plan.layers.len() == 1 { 1 } else { 3 },
        data: canvas.finish(),
        passed_over,
    })
}
