//! A place for bytes: keys in, bytes out.

pub mod access;
pub mod api;
pub mod contract;
mod encode;
pub mod folder;
pub mod http;
pub mod open;
mod probes;
pub mod rclone;
pub mod retry;
pub mod s3;
pub mod sim;
mod throttle;
mod turns;
pub mod webdav;
