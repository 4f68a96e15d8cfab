//! The settings: what can be set, and which key does what.

mod cap;
mod keys;
mod page;
mod pages;
mod sidecars;

pub use keys::capture;
pub(in crate::ui) use page::Asked;
pub use page::{Section, SettingsPage, open, show};
