//! The map: the photos of the grid where they were taken, over the outlines of the world, without any network.

mod camera;
mod labels;
mod marks;
mod page;
mod world;

pub use page::{MapPage, act, follow, open, show};
