//! Original to proxy (safety.md T6): proof, proxy written whole under another name, intent journaled, the two names
//! exchanged, what came out hashed, the original held. Nothing is removed here; `release` does that, later, with a
//! second proof. At every instant the full original is at its own path or at its held path.

use super::{
    bridge::Bridge,
    error::{Error, Result},
    local,
    policy::{BALLAST_BYTES, PROXY_EDGES, ReleasePolicy},
    proof::Proof,
};
use crate::{
    catalog::{
        photos::FileRow,
        swaps::{FileBecomes, Swap, SwapState},
    },
    media::{limits::Limits, proxy},
    model::{
        content::ContentId,
        id::{PhotoId, SwapId},
        metadata::{Facts, MediaKind, ProxyMarker},
        photo::Role,
        safety::Safety,
    },
    sys::{
        clock::random_hex,
        fs::{FileKind, FsError, FsErrorKind, Stat},
        task::Cx,
    },
};
use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Where held originals lie, below their root.
pub const HELD_DIR: &str = ".safelight/held";
/// Where proxies and fetched originals are written, below their root, before they have a name.
pub const TMP_DIR: &str = ".safelight/tmp";
/// The extended attribute that names a proxy's original.
pub const PROXY_TAG: &str = "safelight.original";
/// The longest original that is optimized: it is decoded in memory.
const MAX_ORIGINAL: u64 = 512 * 1024 * 1024;
/// A proxy must save at least this much to be worth an exchange.
const MIN_SAVED: u64 = 64 * 1024;

/// A photo that may be optimized: its one picture file.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The file.
    pub file: FileRow,
    /// The photo's facts.
    pub facts: Facts,
}

/// What Optimize would do.
#[derive(Clone, Debug, Default)]
pub struct OptimizePlan {
    /// Photos that may be replaced, the largest first.
    pub candidates: Vec<Candidate>,
    /// Bytes freed once the originals go, less the copies' estimated size.
    pub frees: u64,
    /// Originals of these photos that an earlier run left held on this disk: "free now" is about them too.
    pub held: Vec<ContentId>,
    /// Photos that stay, by reason: count and the first names.
    pub refused: BTreeMap<String, (u64, Vec<String>)>,
}

/// A proxy's size is not known before it is made; this is what 2048 px JPEGs come to.
const PROXY_ESTIMATE: u64 = 600_000;
const EXAMPLES: usize = 5;

impl OptimizePlan {
    fn refuse(&mut self, reason: String, name: String) {
        let entry = self.refused.entry(reason).or_default();
        entry.0 += 1;
        if entry.1.len() < EXAMPLES {
            entry.1.push(name);
        }
    }
}

/// What may be optimized, judged from what is known; every one is judged again by its bytes when its turn comes.
///
/// # Errors
/// The catalog's.
pub fn plan(bridge: &Bridge, photos: &[PhotoId]) -> Result<OptimizePlan> {
    let mut plan = OptimizePlan::default();
    for photo in photos {
        let Some(row) = bridge.catalog.photo(*photo)? else {
            continue;
        };
        let files = bridge.catalog.files_of(&[*photo])?;
        let name = files
            .iter()
            .find(|file| Some(file.id) == row.primary)
            .or(files.first())
            .map(|file| file.name.to_string_lossy().into_owned())
            .unwrap_or_default();
        match judge(&files, row.safety, row.kind) {
            Ok(file) => {
                plan.frees += file.size.saturating_sub(PROXY_ESTIMATE.min(file.size / 2));
                plan.candidates.push(Candidate {
                    file: file.clone(),
                    facts: row.facts,
                });
            }
            Err(reason) => {
                if row.safety == Safety::Held {
                    plan.held.extend(files.iter().filter_map(|file| file.stands_for));
                }
                plan.refuse(reason, name);
            }
        }
    }
    plan.candidates
        .sort_by_key(|candidate| std::cmp::Reverse(candidate.file.size));
    Ok(plan)
}

/// The one file that may be replaced, or the reason why not.
fn judge(files: &[FileRow], safety: Safety, kind: MediaKind) -> std::result::Result<&FileRow, String> {
    let no = |text: &str| Err(text.to_owned());
    match safety {
        Safety::Held | Safety::Optimized => return no("already optimized"),
        Safety::Removed => return no("not in its folder any more"),
        Safety::OnlyHere | Safety::Waiting => return no("not backed up yet"),
        Safety::MarksWait => return no("its newest marks are not backed up yet"),
        Safety::Sent => return no("copied, but not proven on another disk or store"),
        Safety::NeedsYou => return no("needs you first: see Needs you"),
        Safety::Safe => {}
    }
    if kind != MediaKind::Picture {
        return no(match kind {
            MediaKind::Raw => "RAW photos stay: only single JPEG photos are optimized yet",
            MediaKind::Video => "films stay: only single JPEG photos are optimized yet",
            _ => "not a picture",
        });
    }
    let media: Vec<&FileRow> = files.iter().filter(|file| file.role != Role::Sidecar).collect();
    let [file] = media.as_slice() else {
        return no("RAW pairs and Live Photos move as one or not at all: not optimized yet");
    };
    if file.undecodable {
        return no("cannot be read as a picture: kept as it is");
    }
    let extension = Path::new(&file.name)
        .extension()
        .map(|text| text.to_string_lossy().to_ascii_lowercase());
    if !matches!(extension.as_deref(), Some("jpg" | "jpeg" | "jpe" | "jfif")) {
        return no("only JPEG photos are optimized yet");
    }
    if file.size > MAX_ORIGINAL {
        return no("larger than 512 MB");
    }
    if file.size < 2 * MIN_SAVED {
        return no("too small to free anything worth it");
    }
    Ok(file)
}

/// What became of one photo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The proxy is in place, the original is held.
    Held {
        /// The original's length.
        original: u64,
        /// The proxy's length.
        proxy: u64,
    },
    /// It stays as it was, for this reason.
    Kept(String),
}

/// Replaces one original by its proxy and holds the original.
///
/// # Errors
/// The catalog's, the disk's in the middle of the exchange (the journal then knows, and `recover` decides), `Cancelled`
/// before anything was changed. Everything else is a reason in `Outcome::Kept`.
pub fn optimize(bridge: &Bridge, candidate: &Candidate, policy: &ReleasePolicy, cx: &Cx) -> Result<Outcome> {
    match prepare(bridge, candidate, policy, cx) {
        Ok(prepared) => exchange(bridge, prepared, policy, cx),
        Err(Error::Refused(reason)) => Ok(Outcome::Kept(reason)),
        Err(Error::InUse) => Ok(Outcome::Kept(Error::InUse.to_string())),
        // Nothing visible has changed yet: a disk or store error costs this photo its turn and nothing else.
        Err(error @ (Error::Fs(_) | Error::Store(_))) => Ok(Outcome::Kept(error.to_string())),
        Err(error) => Err(error),
    }
}

struct Prepared {
    swap: Swap,
    proxy: Vec<u8>,
    marker: ProxyMarker,
    tmp: PathBuf,
    original: Stat,
}

/// Everything that has to be true before the first visible byte changes.
fn prepare(bridge: &Bridge, candidate: &Candidate, policy: &ReleasePolicy, cx: &Cx) -> Result<Prepared> {
    let fs = bridge.fs.as_ref();
    let file = &candidate.file;
    let path = &file.path;
    let root = bridge
        .catalog
        .root(file.root)?
        .ok_or_else(|| Error::refused("its folder is not watched any more"))?;
    if bridge.catalog.swap_of(file.id)?.is_some() {
        return Err(Error::refused("an earlier exchange of this photo is not finished"));
    }
    let Some((bytes, hashed)) = local::read_file(fs, path, MAX_ORIGINAL, cx)? else {
        return Err(Error::refused("larger than 512 MB"));
    };
    check_stat(&hashed.stat)?;
    if file.content != Some(hashed.content) {
        return Err(Error::refused("edited since it was backed up"));
    }
    let proof = Proof::obtain(bridge, hashed.content, hashed.stat.size, &hashed.stat, policy, cx)?;
    let name = file.name.to_string_lossy().into_owned();
    let marker = ProxyMarker {
        content: hashed.content,
        size: hashed.stat.size,
        name,
        stores: proof.stores().to_vec(),
    };
    let proxy = make(&bytes, &marker, &candidate.facts, policy)?;
    if (proxy.len() as u64).saturating_add(MIN_SAVED) > hashed.stat.size {
        return Err(Error::refused("the optimized copy would not be smaller"));
    }
    let (held_dir, tmp_dir) = (root.path.join(HELD_DIR), root.path.join(TMP_DIR));
    fs.make_dirs(&held_dir)?;
    fs.make_dirs(&tmp_dir)?;
    if fs.stat(&held_dir)?.dev != hashed.stat.dev {
        return Err(Error::refused(
            "its folder is on another disk than the watched tree it belongs to",
        ));
    }
    if fs.space(&held_dir)?.free < (proxy.len() as u64).saturating_add(BALLAST_BYTES) {
        return Err(Error::refused(
            "the disk is too full even for the small copy: free 100 MB by hand first",
        ));
    }
    let unique = random_hex(8).map_err(|source| FsError::new("choose a name", path, source))?;
    let now = bridge.clock.now();
    let swap = Swap {
        id: SwapId(0),
        state: SwapState::Intent,
        file: file.id,
        visible: path.clone(),
        held: held_dir.join(held_name(&unique, path)),
        content: hashed.content,
        size: hashed.stat.size,
        proxy_content: ContentId::of(&proxy),
        proxy_size: proxy.len() as u64,
        first_proof_at: proof.made_at(),
        held_until: now.plus(policy.hold_ms),
        at: now,
        note: None,
    };
    Ok(Prepared {
        swap,
        proxy,
        marker,
        tmp: tmp_dir.join(format!("{unique}.jpg")),
        original: hashed.stat,
    })
}

/// A name in the held folder that a person can still make sense of.
fn held_name(unique: &str, path: &Path) -> String {
    let name: String = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    let mut start = name.len().saturating_sub(200);
    while !name.is_char_boundary(start) {
        start += 1;
    }
    format!("{unique}--{}", name.get(start..).unwrap_or_default())
}

/// safety.md T6: regular, one name, ours to write.
fn check_stat(stat: &Stat) -> Result<()> {
    if stat.kind != FileKind::File {
        return Err(Error::refused("not a regular file"));
    }
    if stat.nlink != 1 {
        return Err(Error::refused("it has other names (hard links)"));
    }
    if stat.mode & 0o200 == 0 {
        return Err(Error::refused("it is write-protected"));
    }
    Ok(())
}

/// Makes the proxy and looks at it as a stranger would: it decodes, it has the right shape, it says what it stands for.
fn make(original: &[u8], marker: &ProxyMarker, facts: &Facts, policy: &ReleasePolicy) -> Result<Vec<u8>> {
    let edge = policy.proxy_edge.clamp(*PROXY_EDGES.start(), *PROXY_EDGES.end());
    let limits = Limits::default();
    let bytes = proxy::make_proxy(original, marker, edge, &limits)
        .map_err(|error| Error::refused(format!("no optimized copy can be made of it: {error}")))?;
    let size = facts
        .width
        .zip(facts.height)
        .ok_or_else(|| Error::refused("its size in pixels is not known yet"))?;
    proxy::check_proxy(&bytes, size, marker)
        .map_err(|error| Error::refused(format!("the optimized copy did not pass its check: {error}")))?;
    Ok(bytes)
}

/// From the first durable byte to the held original.
fn exchange(bridge: &Bridge, prepared: Prepared, policy: &ReleasePolicy, cx: &Cx) -> Result<Outcome> {
    let fs = bridge.fs.as_ref();
    let Prepared {
        mut swap,
        proxy,
        marker,
        tmp,
        original,
    } = prepared;
    if let Err(error) = write_proxy(bridge, &swap.visible, &tmp, &proxy, &marker) {
        // Ours, of no use, and nobody else's: never the only copy of anything.
        let _ = fs.unlink(&tmp);
        return Ok(Outcome::Kept(error.to_string()));
    }
    swap.id = match bridge.catalog.begin_swap(&swap) {
        Ok(id) => id,
        Err(error) => {
            let _ = fs.unlink(&tmp);
            return Err(error.into());
        }
    };
    // From here on every failure leaves the intent in the journal, and `recover` decides by bytes.
    let exchanged = fs
        .rename_new(&tmp, &swap.held)
        .and_then(|()| match fs.stat(&swap.visible) {
            Ok(now) if now.same_content_as(&original) => Ok(()),
            Ok(_) => Err(FsError::of_kind(
                "exchange it (it was written to)",
                &swap.visible,
                FsErrorKind::Exists,
            )),
            Err(error) => Err(error),
        })
        .and_then(|()| fs.exchange(&swap.held, &swap.visible));
    if let Err(error) = exchanged {
        super::recover::recover_one(bridge, &swap, cx)?;
        let word = match error.kind {
            FsErrorKind::Unsupported => "this file system cannot exchange two files at once".to_owned(),
            _ => error.to_string(),
        };
        return Ok(Outcome::Kept(word));
    }
    // Look at what was swapped out: an editor may have written to the original after it was hashed (rule 4).
    match local::hash_file(fs, &swap.held, cx) {
        Ok(hashed) if hashed.content == swap.content => {
            let now = bridge.clock.now();
            swap.held_until = now.plus(policy.hold_ms);
            // And at what is visible: what somebody saved there since the exchange must not be remembered as our proxy.
            let visible = local::hash_file(fs, &swap.visible, &Cx::new())?;
            if visible.content != swap.proxy_content {
                super::recover::recover_one(bridge, &swap, &Cx::new())?;
                return Ok(Outcome::Kept(
                    "another program wrote to it during the exchange".to_owned(),
                ));
            }
            let becomes = FileBecomes::Proxy(visible.stat);
            bridge.catalog.set_swap(&swap, SwapState::Held, &becomes, now, None)?;
            Ok(Outcome::Held {
                original: swap.size,
                proxy: swap.proxy_size,
            })
        }
        Ok(_) => {
            super::recover::recover_one(bridge, &swap, cx)?;
            Ok(Outcome::Kept(
                "another program wrote to it during the exchange: it was put back".to_owned(),
            ))
        }
        Err(Error::Cancelled) => {
            // Asked to stop between the exchange and the look: finish the look first, it is one file.
            super::recover::recover_one(bridge, &swap, &Cx::new())?;
            Err(Error::Cancelled)
        }
        Err(error) => Err(error),
    }
}

fn write_proxy(bridge: &Bridge, visible: &Path, tmp: &Path, proxy: &[u8], marker: &ProxyMarker) -> Result<()> {
    let fs = bridge.fs.as_ref();
    let wrap = |source| FsError::new("write the optimized copy", tmp, source);
    let mut file = fs.create_new(tmp)?;
    file.write_all(proxy).map_err(wrap)?;
    // Tag and attributes before the sync, so that one sync makes all of it durable. A file system without extended
    // attributes is fine: the marker in the XMP is the one that counts.
    let _ = fs.set_tag(tmp, PROXY_TAG, marker.content.to_string().as_bytes())?;
    fs.copy_attributes(visible, tmp)?;
    file.sync().map_err(wrap)?;
    drop(file);
    if let Some(dir) = tmp.parent() {
        fs.sync_dir(dir)?;
    }
    Ok(())
}
