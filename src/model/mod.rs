//! The words of the house: pure values without IO, clock or threads, testable by `assert_eq!`.

pub mod album;
pub mod bounds;
pub mod change;
pub mod clusters;
pub mod common;
pub mod content;
pub mod fold;
pub mod id;
pub mod job;
pub mod mercator;
pub mod metadata;
pub mod photo;
pub mod pixels;
pub mod place;
pub mod plans;
pub mod position;
pub mod query;
mod query_show;
pub mod query_text;
pub mod rating;
pub mod receipt;
pub mod rename;
pub mod safety;
pub mod sidecar;
pub mod subject;
pub mod time;
