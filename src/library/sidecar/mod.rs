//! Marks in the catalog and marks in sidecars, kept in step both ways: nothing that another program wrote is lost, nothing
//! is written into an original, and where both sides changed the same thing a person is asked.

mod compare;
mod leftovers;
mod names;
mod pass;
mod write;

pub(in crate::library) use leftovers::is_temporary;
pub use leftovers::sweep;
pub use names::NameStyle;
pub use pass::{SidecarOptions, SidecarReport, Tender};
pub use write::{Replaced, put};
