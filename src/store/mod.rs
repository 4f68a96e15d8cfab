//! Our format on a remote: originals as ordinary files, what is known of them as append-only logs. `FORMAT.md` beside
//! this file is the whole of it, for people.

pub mod check;
pub mod derived;
pub mod error;
pub mod layout;
pub mod log;
pub mod object;
pub mod record;
pub mod say;
pub mod state;
#[expect(clippy::module_inception, reason = "the folder's main file")]
pub mod store;

pub use error::{Error, Result};
pub use store::{CreateOptions, Store};
