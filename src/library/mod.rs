//! The near side: what lies in the folders of this machine, and what a person says of it.

pub mod annotate;
pub mod thumbs;
