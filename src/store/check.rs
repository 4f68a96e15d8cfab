//! An independent look at a whole store, reading only. It shares no code with what writes a store: it knows the format
//! as FORMAT.md tells it, so a mistake of the writer is not repeated here. Any doubt makes the answer "not sound".

use crate::{
    model::content::{ContentHasher, ContentId},
    remote::api::{Error, ErrorKind, Info, Key, Remote, Result, check_cancel},
    sys::task::Cx,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    ops::ControlFlow,
};

/// The largest text file that is looked into, in bytes.
const MAX_TEXT: u64 = 64 * 1024 * 1024;
/// Findings that are kept; a store that is wholly wrong needs no longer list.
const MAX_FINDINGS: usize = 10_000;
/// What a reader of version 1 knows.
const KINDS: [&str; 9] = [
    "seen",
    "backed",
    "set",
    "add",
    "remove",
    "album",
    "proxy",
    "gone",
    "supersedes",
];

/// How deep to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Depth {
    /// Every byte of every original is read and hashed.
    #[default]
    Full,
    /// Only names and lengths of originals. Says nothing about their bytes.
    Quick,
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Good to know; nothing is wrong.
    Note,
    /// Something does not agree; no photo is lost by it.
    Doubt,
    /// A photo, or what is known of it, is missing or damaged.
    Damage,
}

/// One thing that was found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which file.
    pub key: String,
    /// What, for people.
    pub sentence: String,
}

/// What the look at a store found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckReport {
    /// Its id, where it has one.
    pub store: Option<String>,
    /// How deep the look was.
    pub depth: Depth,
    /// Originals that a log names.
    pub originals: u64,
    /// Of these, those whose every byte was read and is right (or, for a quick look, whose length is right).
    pub good: u64,
    /// Bytes of originals that were read.
    pub bytes_read: u64,
    /// Log segments.
    pub segments: u64,
    /// Their records.
    pub records: u64,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Nothing is damaged and nothing is in doubt.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.store.is_some()
            && self.good == self.originals
            && self.findings.iter().all(|finding| finding.severity == Severity::Note)
    }

    /// The result in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let how = match self.depth {
            Depth::Full => "every byte read and compared",
            Depth::Quick => "only their lengths looked at, no byte read",
        };
        let bad = self.findings.iter().filter(|f| f.severity != Severity::Note).count();
        let verdict = match (self.is_sound(), self.depth) {
            (true, Depth::Full) => "The store is sound".to_owned(),
            (true, Depth::Quick) => "Nothing wrong was seen".to_owned(),
            (false, _) => format!("The store is not sound ({bad} findings)"),
        };
        format!(
            "{verdict}: {} of {} originals are good, {how}.",
            self.good, self.originals
        )
    }
}

/// Looks at a whole store.
///
/// # Errors
/// The place cannot be reached, or somebody asked to stop. Whatever is wrong with the store itself is in the report.
pub fn check(remote: &dyn Remote, depth: Depth, cx: &Cx) -> Result<CheckReport> {
    let mut look = Look {
        remote,
        cx,
        files: BTreeMap::new(),
        devices: BTreeMap::new(),
        report: CheckReport {
            store: None,
            depth,
            originals: 0,
            good: 0,
            bytes_read: 0,
            segments: 0,
            records: 0,
            findings: Vec::new(),
        },
    };
    if look.identity()? {
        look.list()?;
        look.logs()?;
        let good = look.originals()?;
        look.relied_on(&good);
        look.derived()?;
        look.strangers();
    }
    look.report
        .findings
        .sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.key.cmp(&b.key)));
    Ok(look.report)
}

/// One claim of a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    content: ContentId,
    size: u64,
}

/// What one device's log says.
#[derive(Default)]
struct Said {
    segments: BTreeMap<u32, String>,
    hashes: BTreeMap<String, ContentId>,
    backed: BTreeMap<String, BTreeSet<Claim>>,
    seen: BTreeSet<ContentId>,
    relies: BTreeMap<ContentId, (String, bool)>,
    gone: BTreeSet<ContentId>,
}

struct Look<'a> {
    remote: &'a dyn Remote,
    cx: &'a Cx,
    files: BTreeMap<String, u64>,
    devices: BTreeMap<String, Said>,
    report: CheckReport,
}

impl Look<'_> {
    fn find(&mut self, severity: Severity, key: &str, sentence: impl Into<String>) {
        if self.report.findings.len() < MAX_FINDINGS {
            self.report.findings.push(Finding {
                severity,
                key: key.to_owned(),
                sentence: sentence.into(),
            });
        }
    }

    /// The whole of a text file, or a finding. An unreachable place ends the look.
    fn text(&mut self, key: &str) -> Result<Option<String>> {
        let mut sink = Text(Vec::new());
        let read = Key::new(key).and_then(|key| self.remote.get(&key, None, &mut sink, self.cx));
        match read {
            Ok(info) if info.size == sink.0.len() as u64 => match String::from_utf8(sink.0) {
                Ok(text) => return Ok(Some(text)),
                Err(_) => self.find(Severity::Damage, key, "It is no text."),
            },
            Ok(_) => self.find(Severity::Damage, key, "It did not come whole."),
            Err(error) => self.unless_away(key, error)?,
        }
        Ok(None)
    }

    /// An error that is about one file is a finding; one about the place, or a wish to stop, ends the look.
    fn unless_away(&mut self, key: &str, error: Error) -> Result<()> {
        match error.kind {
            ErrorKind::Unreachable | ErrorKind::Cancelled | ErrorKind::Auth => Err(error),
            ErrorKind::NotFound => {
                self.find(Severity::Damage, key, "It is not there.");
                Ok(())
            }
            _ => {
                self.find(Severity::Damage, key, format!("It could not be read: {error}"));
                Ok(())
            }
        }
    }

    /// Whether it is a store that this can look at.
    fn identity(&mut self) -> Result<bool> {
        let key = "safelight.json";
        let Some(text) = self.text(key)? else { return Ok(false) };
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let field = |name: &str| value.get(name).and_then(Value::as_str);
        if field("format") != Some("safelight-store") {
            self.find(Severity::Damage, key, "It does not say that this is a Safelight store.");
            return Ok(false);
        }
        match value.get("version").and_then(Value::as_u64) {
            Some(1) => {}
            Some(newer) if newer > 1 => {
                let what =
                    format!("The store has version {newer}, which is newer than this program. Update Safelight.");
                self.find(Severity::Damage, key, what);
                return Ok(false);
            }
            _ => {
                self.find(Severity::Damage, key, "It names no version.");
                return Ok(false);
            }
        }
        if field("mode") != Some("readable") {
            self.find(Severity::Damage, key, "Its mode is not known to this version.");
            return Ok(false);
        }
        match field("store_id") {
            Some(id) if !id.is_empty() => self.report.store = Some(id.to_owned()),
            _ => self.find(Severity::Damage, key, "It names no store."),
        }
        Ok(self.report.store.is_some())
    }

    fn list(&mut self) -> Result<()> {
        let files = &mut self.files;
        let each = &mut |info: Info| {
            files.insert(info.key.as_str().to_owned(), info.size);
            ControlFlow::Continue(())
        };
        self.remote.list("", self.cx, each)
    }

    fn logs(&mut self) -> Result<()> {
        for key in self.files.keys() {
            let parts: Vec<&str> = key.split('/').collect();
            if let ["devices", device, rest @ ..] = parts.as_slice() {
                let said = self.devices.entry((*device).to_owned()).or_default();
                if let ["log", name] = rest
                    && let Some(number) = segment_number(name)
                {
                    said.segments.insert(number, key.clone());
                }
            }
        }
        let devices: Vec<String> = self.devices.keys().cloned().collect();
        for device in devices {
            let mut said = self.devices.remove(&device).unwrap_or_default();
            let mut previous: Option<ContentId> = None;
            let mut expected = 1;
            for (number, key) in said.segments.clone() {
                check_cancel(self.cx)?;
                if number != expected {
                    self.find(
                        Severity::Damage,
                        &key,
                        format!("Segment {expected} before it is missing."),
                    );
                }
                expected = number.saturating_add(1);
                self.report.segments += 1;
                let Some(text) = self.text(&key)? else {
                    previous = None;
                    continue;
                };
                let hash = ContentId::of(text.as_bytes());
                said.hashes.insert(key.clone(), hash);
                if let Err(what) = self.segment(&text, &device, number, previous, &mut said) {
                    self.find(Severity::Damage, &key, what);
                }
                previous = Some(hash);
            }
            self.devices.insert(device, said);
        }
        Ok(())
    }

    /// One segment, checked from its end: the last line vouches for every byte before it.
    fn segment(
        &mut self,
        text: &str,
        device: &str,
        number: u32,
        previous: Option<ContentId>,
        said: &mut Said,
    ) -> std::result::Result<(), String> {
        let whole = text.strip_suffix('\n').ok_or("Its last line is not complete.")?;
        let cut = whole.rfind('\n').ok_or("It has one line only.")?.saturating_add(1);
        let (body, end) = whole.split_at_checked(cut).ok_or("It cannot be read.")?;
        let end: Value = serde_json::from_str(end).map_err(|_| "Its last line is no JSON.")?;
        let claimed = end.get("body").and_then(Value::as_str).unwrap_or("");
        if end.get("end") != Some(&Value::Bool(true)) || claimed != ContentId::of(body.as_bytes()).to_string() {
            return Err("Its bytes do not have the hash that its last line names.".to_owned());
        }
        let mut lines = body.lines();
        let begin: Value =
            serde_json::from_str(lines.next().unwrap_or("")).map_err(|_| "Its first line is no JSON.")?;
        let says = |name: &str| begin.get(name).cloned().unwrap_or(Value::Null);
        if says("format") != "safelight-log" || says("version") != 1 {
            return Err("Its first line is not that of a log of version 1.".to_owned());
        }
        if says("device") != device || says("segment") != number {
            return Err("It belongs under another name.".to_owned());
        }
        let names = says("previous");
        let follows = match &previous {
            Some(hash) => names == hash.to_string(),
            None => number != 1 || names.is_null(),
        };
        let mut count = 0_u64;
        for line in lines {
            count += 1;
            let record: Value =
                serde_json::from_str(line).map_err(|error| format!("Its record {count} is no JSON: {error}."))?;
            record_of(&record, said).map_err(|what| format!("Its record {count} {what}."))?;
        }
        self.report.records += count;
        if end.get("count").and_then(Value::as_u64) != Some(count) {
            return Err("It does not have as many records as its last line says.".to_owned());
        }
        if follows {
            Ok(())
        } else {
            Err("It does not follow the segment before it.".to_owned())
        }
    }

    /// Every original that a log names; returns the contents of which one good copy was found.
    fn originals(&mut self) -> Result<BTreeSet<ContentId>> {
        let mut claims: BTreeMap<String, BTreeSet<Claim>> = BTreeMap::new();
        let mut gone: BTreeSet<ContentId> = BTreeSet::new();
        for said in self.devices.values() {
            gone.extend(said.gone.iter().copied());
            for (key, claimed) in &said.backed {
                claims.entry(key.clone()).or_default().extend(claimed.iter().cloned());
            }
        }
        let bytes = claims.keys().filter_map(|key| self.files.get(key)).sum();
        self.cx.progress.start(claims.len() as u64, bytes);
        let mut good: BTreeSet<ContentId> = BTreeSet::new();
        let mut copies: BTreeMap<ContentId, Vec<String>> = BTreeMap::new();
        for (key, claimed) in claims {
            check_cancel(self.cx)?;
            self.report.originals += 1;
            let mut claimed = claimed.into_iter();
            let (Some(claim), None) = (claimed.next(), claimed.next()) else {
                self.find(Severity::Damage, &key, "The logs do not agree on what it is.");
                continue;
            };
            if self.original(&key, &claim, &gone)? {
                self.report.good += 1;
                good.insert(claim.content);
                copies.entry(claim.content).or_default().push(key);
            }
            self.cx.progress.add(1);
        }
        for (_, keys) in copies.into_iter().filter(|(_, keys)| keys.len() > 1) {
            if let Some(first) = keys.first() {
                let others = keys.get(1..).unwrap_or_default().join(", ");
                self.find(
                    Severity::Note,
                    first,
                    format!("The same photo is here again: {others}."),
                );
            }
        }
        Ok(good)
    }

    /// Whether this original is what the log says.
    fn original(&mut self, key: &str, claim: &Claim, gone: &BTreeSet<ContentId>) -> Result<bool> {
        let Some(size) = self.files.get(key).copied() else {
            let what = match gone.contains(&claim.content) {
                true => "A photo that was to be removed is not there.",
                false => "A photo that a log names is not there.",
            };
            self.find(Severity::Damage, key, what);
            return Ok(false);
        };
        if size != claim.size {
            let what = format!("It has {size} bytes; the log says {}.", claim.size);
            self.find(Severity::Damage, key, what);
            return Ok(false);
        }
        let digits = hash_in_name(key);
        if digits.is_none_or(|digits| !claim.content.hex().starts_with(digits)) {
            self.find(
                Severity::Doubt,
                key,
                "Its name does not carry the hash that the log names.",
            );
        }
        if self.report.depth == Depth::Quick {
            return Ok(true);
        }
        let Some((found, length)) = self.hash(key)? else {
            return Ok(false);
        };
        self.report.bytes_read = self.report.bytes_read.saturating_add(length);
        if (found, length) != (claim.content, claim.size) {
            let what = format!(
                "Its bytes are not those of the photo: its hash is {found}, not {}.",
                claim.content
            );
            self.find(Severity::Damage, key, what);
            return Ok(false);
        }
        Ok(true)
    }

    fn hash(&mut self, key: &str) -> Result<Option<(ContentId, u64)>> {
        let mut sink = Hasher(ContentHasher::new());
        let read = Key::new(key).and_then(|key| self.remote.get(&key, None, &mut sink, self.cx));
        match read {
            Ok(_) => Ok(Some(sink.0.finish())),
            Err(error) => {
                self.unless_away(key, error)?;
                Ok(None)
            }
        }
    }

    /// Devices that keep only a small copy must find the original here.
    fn relied_on(&mut self, good: &BTreeSet<ContentId>) {
        let mut missing = Vec::new();
        for (device, said) in &self.devices {
            for (content, (_, relies)) in &said.relies {
                if *relies && !good.contains(content) {
                    missing.push((format!("devices/{device}/"), *content));
                }
            }
        }
        for (key, content) in missing {
            let what = format!("This device keeps only a small copy of {content}, and no good original is here.");
            self.find(Severity::Damage, &key, what);
        }
    }

    fn derived(&mut self) -> Result<()> {
        let devices: Vec<String> = self.devices.keys().cloned().collect();
        for device in devices {
            let Some(said) = self.devices.remove(&device) else {
                continue;
            };
            if !said.segments.is_empty() {
                self.sums(&device, &said)?;
                self.names(&device)?;
                self.manifest(&device, &said)?;
            }
            self.devices.insert(device, said);
        }
        Ok(())
    }

    fn behind(&mut self, key: &str, what: &str) {
        let what = format!("{what} The next backup makes it again.");
        self.find(Severity::Doubt, key, what);
    }

    fn sums(&mut self, device: &str, said: &Said) -> Result<()> {
        let key = format!("devices/{device}/SHA256SUMS");
        if !self.files.contains_key(&key) {
            self.behind(&key, "The checksums are missing.");
            return Ok(());
        }
        let Some(text) = self.text(&key)? else { return Ok(()) };
        let mut listed: BTreeMap<&str, &str> = BTreeMap::new();
        for line in text.lines() {
            match line.split_once("  ") {
                Some((hex, name)) if hex.len() == 64 => {
                    listed.insert(name, hex);
                }
                _ => {
                    self.behind(&key, "It has a line that is no checksum.");
                    return Ok(());
                }
            }
        }
        let mut expected: BTreeMap<&str, String> = BTreeMap::new();
        for (name, claims) in &said.backed {
            expected.extend(claims.iter().map(|claim| (name.as_str(), claim.content.hex())));
        }
        expected.extend(said.hashes.iter().map(|(name, hash)| (name.as_str(), hash.hex())));
        let agrees = listed.len() == expected.len()
            && expected
                .iter()
                .all(|(name, hex)| listed.get(name).is_some_and(|listed| listed == hex));
        if !agrees {
            self.behind(&key, "It does not agree with the log.");
        }
        Ok(())
    }

    fn names(&mut self, device: &str) -> Result<()> {
        let key = format!("devices/{device}/names.tsv");
        if !self.files.contains_key(&key) {
            self.behind(&key, "The table of names is missing.");
            return Ok(());
        }
        let Some(text) = self.text(&key)? else { return Ok(()) };
        let good = text.lines().filter(|line| !line.starts_with('#')).all(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, folder, file, size, _] = fields.as_slice() else {
                return false;
            };
            let here = self.files.get(*name).map(ToString::to_string);
            here.as_deref() == Some(*size) && !folder.is_empty() && !file.is_empty()
        });
        if !good {
            self.behind(&key, "It does not agree with what is here.");
        }
        Ok(())
    }

    fn manifest(&mut self, device: &str, said: &Said) -> Result<()> {
        let key = format!("devices/{device}/manifest.json");
        if !self.files.contains_key(&key) {
            self.behind(&key, "The summary is missing.");
            return Ok(());
        }
        let Some(text) = self.text(&key)? else { return Ok(()) };
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let number = |name: &str| value.get(name).and_then(Value::as_u64);
        let contents: BTreeMap<ContentId, u64> = said
            .backed
            .values()
            .flatten()
            .map(|claim| (claim.content, claim.size))
            .collect();
        let newest = said.segments.keys().next_back().map(|number| u64::from(*number));
        let agrees = number("segment") == newest
            && number("originals") == Some(contents.len() as u64)
            && number("bytes") == Some(contents.values().sum());
        if !agrees {
            self.behind(&key, "It does not agree with the log.");
        }
        Ok(())
    }

    /// Files that no log speaks of.
    fn strangers(&mut self) {
        let named: BTreeSet<&String> = self.devices.values().flat_map(|said| said.backed.keys()).collect();
        let mut notes: Vec<(String, &str)> = Vec::new();
        for key in self.files.keys() {
            if key.starts_with("originals/") && !named.contains(key) {
                notes.push((
                    key.clone(),
                    "No log names this file; a backup may have been stopped here. It does no harm.",
                ));
            } else if !is_known(key) {
                notes.push((key.clone(), "This file is not Safelight's. It was not looked at."));
            }
        }
        if !self.files.contains_key("README.txt") {
            notes.push((
                "README.txt".to_owned(),
                "The text for people who find the store is missing.",
            ));
        }
        for (key, what) in notes {
            self.find(Severity::Note, &key, what);
        }
    }
}

fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".jsonl")?;
    (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The digits between the last `--` of a name and its extension.
fn hash_in_name(key: &str) -> Option<&str> {
    let name = key.rsplit('/').next()?;
    let (_, rest) = name.rsplit_once("--")?;
    let digits = rest.split('.').next()?;
    (matches!(digits.len(), 16 | 32 | 64) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

fn is_known(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    match parts.as_slice() {
        ["safelight.json" | "README.txt"] => true,
        ["originals" | "thumbs" | "stream" | "shared", ..] => true,
        [
            "devices",
            _,
            "device.json" | "SHA256SUMS" | "names.tsv" | "manifest.json",
        ] => true,
        ["devices", _, "log", name] => segment_number(name).is_some(),
        _ => false,
    }
}

/// Takes from one record what this look needs.
fn record_of(record: &Value, said: &mut Said) -> std::result::Result<(), String> {
    let field = |name: &str| record.get(name).and_then(Value::as_str);
    let kind = field("kind").ok_or("has no kind")?;
    let content = |name: &str| {
        let text = field(name).ok_or(format!("has no {name}"))?;
        text.parse::<ContentId>()
            .map_err(|_| format!("has a {name} that is none"))
    };
    if !KINDS.contains(&kind) {
        let must = record.get("must").is_some_and(|must| must != &Value::Bool(false));
        return if must {
            Err(format!(
                "is of the kind `{kind}`, which must be understood and is not: update Safelight"
            ))
        } else {
            Ok(())
        };
    }
    match kind {
        "backed" => {
            let key = field("key").ok_or("has no key")?;
            Key::new(key).map_err(|error| error.what)?;
            let claim = Claim {
                content: content("content")?,
                size: record.get("size").and_then(Value::as_u64).ok_or("has no size")?,
            };
            said.backed.entry(key.to_owned()).or_default().insert(claim);
        }
        "seen" => {
            said.seen.insert(content("content")?);
        }
        "proxy" => {
            let stamp = field("stamp").ok_or("has no stamp")?.to_owned();
            let relies = record
                .get("relies")
                .and_then(Value::as_bool)
                .ok_or("does not say whether it relies")?;
            let entry = said.relies.entry(content("content")?).or_insert((String::new(), false));
            if entry.0 < stamp {
                *entry = (stamp, relies);
            }
        }
        "gone" => {
            said.gone.insert(content("content")?);
        }
        "supersedes" => {
            content("old")?;
            content("new")?;
        }
        "set" | "add" | "remove" => {
            content("content")?;
            field("stamp").ok_or("has no stamp")?;
        }
        _ => {}
    }
    Ok(())
}

struct Hasher(ContentHasher);

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Text(Vec<u8>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) as u64 > MAX_TEXT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than it may be"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
