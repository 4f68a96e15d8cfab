//! A folder on a WebDAV server as a remote: Nextcloud, a NAS, Apache, rclone and their like.
//!
//! A PUT never goes to the name that counts: two of six servers keep half of a PUT that was cut, and destroy what was there
//! (design, stores.md 3). So bytes go to a name of no meaning in `.safelight-tmp/`, its length is asked for, and a MOVE
//! with `Overwrite: F` gives it its key. A PROPFIND never asks for more than one folder.

mod address;
mod auth;
mod multistatus;
mod nextcloud;
mod read;
mod remote;
mod say;
mod talk;
mod write;

pub use remote::WebDav;
