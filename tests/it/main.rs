//! The tests of everything below the window, as one binary: each file says in its first lines what it is after and how.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and prepare files and read clocks as nothing else may"
)]

mod albums;
mod bad_input;
mod beside;
mod changes;
mod crash;
mod culling;
mod dav_lies;
mod dav_servers;
mod duplicates;
mod engine;
mod exif;
mod formats;
mod geotag;
mod http;
mod loops;
mod lying_proxy;
mod main_job;
mod media;
mod moving;
mod outside;
mod places;
mod plans;
mod program;
mod programs;
mod query;
mod queue;
#[cfg(feature = "raw")]
mod raw;
mod rclone;
mod relocate;
mod relocate_job;
mod remote_contract;
mod s3;
mod s3_job;
mod s3_servers;
mod safety_sim;
mod scan;
mod secrets;
mod servers;
mod sidecar;
mod sidecar_files;
mod sidecar_sync;
mod sim_world;
mod store_format;
mod tidy;
mod trash;
mod webdav;
mod world;

/// A file that is not in the list above is compiled by nobody and tests nothing.
#[test]
fn no_forgotten_files() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let listed = include_str!("main.rs");
    let mut forgotten = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder of these tests") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".rs").unwrap_or(&name);
        let is_listed = listed.lines().any(|line| line.trim() == format!("mod {stem};"));
        if stem != "main" && !is_listed {
            forgotten.push(name);
        }
    }
    assert!(
        forgotten.is_empty(),
        "not in the list of tests/it/main.rs: {forgotten:?}"
    );
}
