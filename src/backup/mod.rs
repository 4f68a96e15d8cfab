//! The bridge between what lies here and what lies elsewhere: the only floor that sees both, and so the only place where
//! "is it safe to let go of this file?" can be asked.

pub mod bridge;
pub mod crash_table;
pub mod error;
pub mod local;
pub mod optimize;
pub mod plan;
pub mod policy;
pub mod proof;
pub mod record;
pub mod recover;
pub mod release;
pub mod restore;
pub mod restore_to;
pub mod verify;
pub mod worker;
