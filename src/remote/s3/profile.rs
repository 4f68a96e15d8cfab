//! Keys as the AWS command line keeps them: `~/.aws/credentials` and `~/.aws/config`.

use crate::{
    remote::api::{Error, ErrorKind, Result},
    sys::{
        fs::{Fs, FsErrorKind},
        real::canonical,
    },
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Larger than anybody's.
const MAX_FILE: u64 = 1024 * 1024;

/// The settings of one profile, both files together. A file that is not there has none.
///
/// # Errors
/// A file is there and cannot be read.
pub(super) fn read(name: &str, env: &dyn Fn(&str) -> Option<String>, fs: &dyn Fs) -> Result<BTreeMap<String, String>> {
    let home = env("HOME").or_else(|| env("USERPROFILE")).map(PathBuf::from);
    let place = |variable: &str, file: &str| match env(variable) {
        Some(path) => Some(PathBuf::from(path)),
        None => home.as_ref().map(|home| home.join(".aws").join(file)),
    };
    let mut settings = BTreeMap::new();
    // What both name, the file for credentials decides.
    if let Some(path) = place("AWS_CONFIG_FILE", "config") {
        let section = if name == "default" {
            name.to_owned()
        } else {
            format!("profile {name}")
        };
        settings.extend(section_of(&text(&path, fs)?, &section));
    }
    if let Some(path) = place("AWS_SHARED_CREDENTIALS_FILE", "credentials") {
        settings.extend(section_of(&text(&path, fs)?, name));
    }
    Ok(settings)
}

fn text(path: &Path, fs: &dyn Fs) -> Result<String> {
    // People keep these behind links to other places.
    let path = canonical(path).unwrap_or_else(|_| path.to_owned());
    match fs.read_small(&path, MAX_FILE) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind == FsErrorKind::NotFound => Ok(String::new()),
        Err(error) => {
            let what = format!("The file with your keys could not be read: {error}");
            Err(Error::caused(ErrorKind::Auth, what, error))
        }
    }
}

/// The `name = value` lines below `[section]`. A line that is indented belongs to the value above it, as in
/// `s3 =` / `  addressing_style = path`, and is given as `s3.addressing_style`.
fn section_of(text: &str, section: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut inside = false;
    let mut above = String::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = trimmed.strip_prefix('[') {
            let name = rest.split(']').next().unwrap_or("").trim();
            let mut words = name.split_ascii_whitespace();
            let mut asked = section.split_ascii_whitespace();
            inside = words.by_ref().eq(asked.by_ref());
            continue;
        }
        let Some((name, value)) = trimmed.split_once('=').filter(|_| inside) else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        if line.starts_with([' ', '\t']) && !above.is_empty() {
            found.insert(format!("{above}.{name}"), value.trim().to_owned());
        } else {
            above.clone_from(&name);
            found.insert(name, value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_as_the_command_line_writes_them() {
        let text = "\u{feff}# mine\n[default]\naws_access_key_id=A\n\n[profile  work]\r\nregion = eu-west-1 \r\ns3 =\n    \
                    addressing_style = path\n[other]\nregion=x\n";
        let work = section_of(text, "profile work");
        assert_eq!(work.get("region").map(String::as_str), Some("eu-west-1"));
        assert_eq!(work.get("s3.addressing_style").map(String::as_str), Some("path"));
        assert_eq!(work.len(), 3);
        assert_eq!(section_of(text, "default").len(), 1);
        assert!(section_of(text, "none").is_empty());
    }
}
