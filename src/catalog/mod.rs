//! The catalog: what we know of this machine's photos, in SQLite. A cache of disk, sidecars and stores (I11).

pub mod backups;
pub mod browse;
pub mod error;
pub mod intake;

#[expect(
    clippy::module_inception,
    reason = "the file is named after its one type, as everywhere here"
)]
mod catalog;

pub use catalog::Catalog;

pub mod photos;
pub mod roots;
pub mod safety;
