//! The catalog: what we know of this machine's photos, in SQLite. A cache of disk, sidecars and stores (I11).

pub mod backups;
pub mod browse;
pub mod error;
pub mod meta;
pub mod queue;
pub mod safety;
pub mod stores;
pub mod swaps;
mod value;

#[expect(
    clippy::module_inception,
    reason = "the file is named after its one type, as everywhere here"
)]
mod catalog;

pub use catalog::Catalog;
<<<<<<< HEAD
pub(in crate::catalog) use value::content_value;
=======

pub mod photos;
pub mod roots;
pub mod safety;
>>>>>>> 36ab72a71fb266bfb29b2b24f1e18bd91f7a6671
pub mod albums;
pub mod changes;
pub mod marks;
pub mod safety;
pub mod search;
