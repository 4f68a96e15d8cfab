//! A place for bytes: keys in, bytes out.

pub mod access;
pub mod api;
pub mod contract;
pub mod folder;
pub mod open;
mod probes;
pub mod sim;
