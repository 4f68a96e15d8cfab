//! The near side: what lies in the folders of this machine, how the catalog learns of it, and what a person says of it.

pub mod annotate;
pub mod apart;
pub mod atlas;
pub mod browse;
pub mod bursts;
pub mod duplicates;
pub mod facts;
pub mod films;
pub mod geotag;
pub mod likeness;
pub mod merge;
pub mod places;
mod regroup;
pub mod relocate;
mod rename;
pub mod scan;
pub mod sidecar;
pub mod thumbs;
mod track;
pub mod trash;
pub mod walk;
pub mod watch;
