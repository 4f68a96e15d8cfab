//! A place for bytes: keys in, bytes out.

pub mod access;
pub mod api;
pub mod contract;
pub mod folder;
pub mod http;
pub mod open;
pub mod sim;
