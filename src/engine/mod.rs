//! The application without a face: every request is a `Command`, everything a frame may read is in a `Snapshot`.

mod adopt;
pub mod cloud;
mod cloud_loop;
pub mod command;
mod copied;
pub mod culling;
mod demo;
pub mod duplicates;
#[expect(clippy::module_inception, reason = "the loop is the engine")]
pub mod engine;
pub mod error;
mod finding;
pub mod handle;
pub mod keeping;
pub mod keymap;
pub mod looking;
pub mod mapping;
pub mod marking;
mod moving;
pub mod notice;
mod pace;
mod pictures;
pub mod rebuild;
mod refresh;
pub mod relocating;
mod roots;
pub mod samples;
pub mod service;
pub mod session;
mod setting;
pub mod settings;
pub mod sharing;
mod shelving;
pub mod sidecars;
pub mod snapshot;
pub mod status;
mod tiles;
pub mod together;
pub mod tracks;
pub mod trashing;
pub mod views;
mod work;

pub use demo::{Demo, Hashes};

// What the faces need of the floors below, which they must not import themselves.
pub use crate::{
    backup::{
        bridge::needs_keys,
        plan::BackupPlan,
        policy::{Hours, Order, ReleasePolicy, SendRules, StorePause},
        verify::Sweep,
    },
    catalog::{
        follows::Followed,
        stores::{StoreConfig, Tested},
    },
    library::{
        apart,
        relocate::{CopyReport, MovePlan, MoveReport},
        sidecar::NameStyle,
        trash::TrashReport,
    },
    remote::{access::Access, folder::Synced},
    sys::{
        dirs::{Home, TempPlace},
        fs::forbid_io_on_this_thread,
        secret::{Credentials, ExposeSecret, Hidden, Keeper, SecretString, Secrets, Typed},
        task::{Cancel, Cx, Ending, Progress, ProgressReading, lock, pause, spawn},
        trash::RealTrash,
    },
};
