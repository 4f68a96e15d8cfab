//! What tests find beside the repository or on this machine and cannot bring along: the real photos, and other people's
//! programs. Where one is missing, a word about it is printed and the test goes on without.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The real photos, or none with a word about it.
pub fn photos() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos");
    if dir.is_dir() {
        return Some(dir);
    }
    println!("skipped: {} is not here", dir.display());
    None
}

/// Whether a program is installed, with a word about it where it is not.
pub fn has(tool: &str) -> bool {
    let found = Command::new("which")
        .arg(tool)
        .output()
        .is_ok_and(|out| out.status.success());
    if !found {
        println!("skipped: {tool} is not installed");
    }
    found
}
