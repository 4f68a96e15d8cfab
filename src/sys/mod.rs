//! The only door to the operating system: files, clock, folders of this program, threads.

pub mod child;
pub mod clock;
pub mod dirs;
pub mod fs;
pub mod lock;
pub mod network;
pub mod real;
pub mod secret;
pub mod service;
pub mod sim;
pub mod task;
pub mod trash;
