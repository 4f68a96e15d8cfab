//! Files made from the log for people and their tools: checksums for `sha256sum -c`, a table of original names, a
//! summary. They can be made again at any time, so they are the only ones that are ever replaced.

use super::{
    error::Result,
    layout,
    log::Replay,
    record::{Extra, Record, VERSION, name_bytes, small_file},
    store::Store,
};
use crate::{
    model::{content::ContentId, id::DeviceId},
    remote::api::Key,
    sys::task::Cx,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// `devices/<device>/manifest.json`: what one device has put, in numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `safelight-manifest`.
    pub format: String,
    /// The major version of the format.
    pub version: u64,
    /// Whose.
    pub device: DeviceId,
    /// The newest segment that it counts.
    pub segment: u32,
    /// That segment's hash.
    pub head: Option<ContentId>,
    /// How many originals this device has put here, each content once.
    pub originals: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What later versions add.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The `format` of a manifest.
pub const MANIFEST_FORMAT: &str = "safelight-manifest";

/// The texts of one device's derived files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Derived {
    /// `SHA256SUMS`.
    pub sums: String,
    /// `names.tsv`.
    pub names: String,
    /// `manifest.json`.
    pub manifest: Vec<u8>,
}

impl Store {
    /// Makes this device's derived files again from its log. Called at the end of a backup and by repair.
    ///
    /// # Errors
    /// The place's own; the log is untouched.
    pub fn write_derived(&self, device: &DeviceId, replay: &Replay, cx: &Cx) -> Result<()> {
        let derived = derive(device, replay)?;
        for (key, text) in [
            (layout::sums_key(device)?, derived.sums.as_bytes()),
            (layout::names_key(device)?, derived.names.as_bytes()),
            (layout::manifest_key(device)?, derived.manifest.as_slice()),
        ] {
            self.remote.replace(&key, text, cx)?;
        }
        Ok(())
    }
}

/// What one device's derived files should say.
///
/// # Errors
/// The device's name is no part of a key.
pub fn derive(device: &DeviceId, replay: &Replay) -> Result<Derived> {
    let mut sums: BTreeMap<String, ContentId> = BTreeMap::new();
    let mut originals: BTreeMap<ContentId, u64> = BTreeMap::new();
    let mut keys: BTreeMap<ContentId, BTreeSet<String>> = BTreeMap::new();
    let (mut segment, mut head) = (0, None);
    for part in replay.segments.iter().filter(|part| part.device == *device) {
        sums.insert(layout::segment_key(device, part.number)?.to_string(), part.hash);
        (segment, head) = (part.number, Some(part.hash));
        for record in &part.records {
            if let Record::Backed(backed) = record
                && Key::new(backed.key.clone()).is_ok()
            {
                sums.insert(backed.key.clone(), backed.content);
                originals.insert(backed.content, backed.size);
                keys.entry(backed.content).or_default().insert(backed.key.clone());
            }
        }
    }
    // A photo that another device put here first has its name from this device and its key from the other.
    for part in replay.segments.iter().filter(|part| part.device != *device) {
        for record in &part.records {
            if let Record::Backed(backed) = record
                && Key::new(backed.key.clone()).is_ok()
            {
                keys.entry(backed.content).or_default().insert(backed.key.clone());
            }
        }
    }
    let manifest = small_file(&Manifest {
        format: MANIFEST_FORMAT.to_owned(),
        version: VERSION,
        device: device.clone(),
        segment,
        head,
        originals: originals.len() as u64,
        bytes: originals.values().sum(),
        extra: Extra::new(),
    })?;
    let sums = sums.iter().map(|(key, content)| format!("{}  {key}\n", content.hex()));
    Ok(Derived {
        sums: sums.collect(),
        names: names(device, replay, &keys),
        manifest,
    })
}

/// One line for each name that this device has seen of what lies here.
fn names(device: &DeviceId, replay: &Replay, keys: &BTreeMap<ContentId, BTreeSet<String>>) -> String {
    let mut lines: BTreeSet<String> = BTreeSet::new();
    for part in replay.segments.iter().filter(|part| part.device == *device) {
        for record in &part.records {
            let Record::Seen(seen) = record else { continue };
            let Some(key) = keys.get(&seen.content).and_then(BTreeSet::first) else {
                continue;
            };
            // Blank fields would run together when a shell splits the line at its tabs, so none is ever empty.
            let or_dot = |text: String| if text.is_empty() { ".".to_owned() } else { text };
            lines.insert(format!(
                "{key}\t{}\t{}\t{}\t{}\n",
                or_dot(escaped(&name_bytes(&seen.folder, seen.folder_bytes.as_deref()))),
                or_dot(escaped(&name_bytes(&seen.name, seen.name_bytes.as_deref()))),
                seen.size,
                seen.taken.as_deref().unwrap_or("-"),
            ));
        }
    }
    let mut text = "# key\tfolder\tname\tsize\ttaken\n".to_owned();
    text.extend(lines);
    text
}

/// Bytes as `printf %b` reads them: backslash, control characters and what is no UTF-8 as `\0` and three octal digits.
#[must_use]
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let octal = |text: &mut String, byte: u8| text.push_str(&format!("\\0{byte:03o}"));
    for piece in bytes.utf8_chunks() {
        for c in piece.valid().chars() {
            if c.is_control() || c == '\\' {
                let mut utf8 = [0_u8; 4];
                for byte in c.encode_utf8(&mut utf8).bytes() {
                    octal(&mut text, byte);
                }
            } else {
                text.push(c);
            }
        }
        for byte in piece.invalid() {
            octal(&mut text, *byte);
        }
    }
    // A name that is one dash or begins with # would be taken for something else.
    match text.strip_prefix('#') {
        Some(rest) => format!("\\0043{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_shell() {
        for (bytes, text) in [
            (b"IMG 1.jpg".as_slice(), "IMG 1.jpg"),
            ("Äpfel.jpg".as_bytes(), "Äpfel.jpg"),
            (b"a\tb\nc\\d", "a\\0011b\\0012c\\0134d"),
            (b"caf\xe9", "caf\\0351"),
            (b"#1.jpg", "\\00431.jpg"),
        ] {
            assert_eq!(escaped(bytes), text);
        }
    }
}
