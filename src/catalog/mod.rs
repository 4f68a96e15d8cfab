//! The catalog: what we know of this machine's photos, in SQLite. A cache of disk, sidecars and stores (I11).

mod album_changes;
pub mod albums;
pub mod backups;
pub mod browse;
pub mod bulk;
pub mod changes;
mod common;
pub mod duplicates;
pub mod error;
pub mod follows;
pub mod intake;
pub mod lists;
mod local;
pub mod marks;
pub mod meta;
pub mod moves;
pub mod photos;
pub mod places;
pub mod queue;
pub mod retold;
pub mod roots;
pub mod safety;
pub mod search;
pub mod sidecar_files;
pub mod sidecars;
pub mod stores;
pub mod subject;
pub mod swaps;
pub mod thumbs;
pub mod trash;
mod value;

#[expect(
    clippy::module_inception,
    reason = "the file is named after its one type, as everywhere here"
)]
mod catalog;

pub use catalog::Catalog;
pub(in crate::catalog) use value::content_value;
