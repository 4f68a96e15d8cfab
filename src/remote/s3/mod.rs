//! S3 and everything that speaks its language: Amazon, Garage, Ceph, MinIO, Backblaze, Wasabi, Cloudflare.
//!
//! They differ in what they honour, so it is tried out before the first write (`habits`) and worked around: a server that
//! writes over in spite of `If-None-Match` is asked first, and one that keeps what fails its own checksum is not trusted
//! with any. Requests are presigned; XML is read leniently, since several servers' is not what the specification says.

mod config;
mod habits;
mod profile;
mod remote;
mod say;
mod talk;
mod transfer;
mod upload;
mod xml;

pub use config::{S3Config, Style};
pub use habits::Habits;
pub use remote::S3;
