//! Photos get another folder, other names, or copies elsewhere; all files of a photo together, or none. `plan` says what
//! would happen and why not, `settle` moves what the catalog's journal says, `carry` brings bytes to another disk and reads
//! them back, `copies` puts copies into a folder.

mod carry;
pub mod copies;
pub mod plan;
pub mod settle;

pub use copies::{CopyReport, copy_to};
pub use plan::{MovePlan, Stays, Unit, plan_folder, plan_names};
pub use settle::{MoveReport, settle, turn_back};
