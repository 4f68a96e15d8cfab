//! What the faces read of the library: views in order, counts, trees, one photo in detail. The SQL behind it is the
//! catalog's; here is its face for the floors above.

pub use crate::catalog::{
    browse::{BrowseCounts, Filter, FolderRow, Order, PhotoFull, RootTree, TileRow, compare_names},
    photos::{FileRow, PhotoRow, PhotoScope},
    roots::{AddedRoot, Root},
};
