//! Everything that rclone reaches, as a remote: Google Drive, Dropbox, OneDrive, iCloud Drive and some seventy more.
//!
//! One rclone process serves all stores, started on demand with a port and a password of its own, and gone when this program
//! is. A process for each file would cost four times the CPU (design, stores.md 4).

mod daemon;
mod listing;
mod remote;
mod say;
mod spool;

pub use daemon::Daemon;
pub use remote::Rclone;
