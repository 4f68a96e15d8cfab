//! The bridge between the wings.

pub mod crash_table;
pub mod policy;
