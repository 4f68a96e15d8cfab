//! The near side: what lies on this machine's disks, and how the catalog learns of it.

pub mod browse;
pub mod facts;
mod regroup;
pub mod scan;
mod track;
pub mod walk;
pub mod watch;
