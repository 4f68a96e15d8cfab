//! Letting held originals go (safety.md T7), and bringing them back while they are still here (T8).

use super::{
    bridge::Bridge,
    error::{Error, Result},
    local,
    policy::ReleasePolicy,
    proof::{Freed, HeldOriginal, Proof, release},
    record,
};
use crate::{
    catalog::swaps::{FileBecomes, Swap, SwapState},
    model::content::ContentId,
    sys::task::Cx,
};

/// How a round of releases ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReleaseReport {
    /// Originals that left this disk.
    pub released: u64,
    /// Their bytes.
    pub freed: u64,
    /// Originals that stay, with the reason.
    pub kept: Vec<(String, String)>,
    /// Originals whose time has not come.
    pub not_due: u64,
}

/// Lets go what is due under this policy: held long enough, first proof long enough ago, a second proof made now, the
/// pin for it in every such store's log and read back from there.
///
/// # Errors
/// The catalog's, and `Cancelled`; everything else is a reason in `kept`.
pub fn release_due(
    bridge: &Bridge,
    policy: &ReleasePolicy,
    only: Option<&[ContentId]>,
    cx: &Cx,
) -> Result<ReleaseReport> {
    let mut report = ReleaseReport::default();
    let now = bridge.clock.now();
    let mut due = Vec::new();
    for swap in bridge.catalog.swaps(&[SwapState::Held])? {
        if only.is_some_and(|contents| !contents.contains(&swap.content)) {
            continue;
        }
        // The hold was promised when the original was held; a person's "free now" ends it, a changed setting does not
        // prolong it. A wall clock that went back makes both waits longer, never shorter.
        let held_long_enough = now >= swap.held_until || policy.hold_ms == 0;
        let settled = now.since(swap.first_proof_at) >= policy.settle_ms;
        if held_long_enough && settled {
            due.push(swap)
        } else {
            report.not_due += 1
        }
    }
    cx.progress
        .start(due.len() as u64, due.iter().map(|swap| swap.size).sum());
    record::pin(bridge, &due, cx)?;
    for swap in due {
        if cx.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let name = swap
            .visible
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        cx.progress.label(&name);
        match release_one(bridge, &swap, policy, cx) {
            Ok(Freed(bytes)) => {
                report.released += 1;
                report.freed += bytes;
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error @ Error::Catalog(_)) => return Err(error),
            Err(error) => report.kept.push((name, error.to_string())),
        }
        cx.progress.add(1);
    }
    Ok(report)
}

fn release_one(bridge: &Bridge, swap: &Swap, policy: &ReleasePolicy, cx: &Cx) -> Result<Freed> {
    let fs = bridge.fs.as_ref();
    let visible = local::hash_file(fs, &swap.visible, cx)?;
    if visible.content != swap.proxy_content {
        let why = "the optimized copy was edited: the original stays held beside it";
        return Err(Error::refused(why));
    }
    let held = HeldOriginal::look(bridge, swap, cx)?;
    let proof = Proof::obtain(bridge, swap.content, swap.size, held.stat(), policy, cx)?;
    if !record::is_pinned(bridge, swap, proof.stores())? {
        return Err(Error::refused(
            "the store's log does not say yet that this device relies on it",
        ));
    }
    let now = bridge.clock.now();
    bridge
        .catalog
        .set_swap(swap, SwapState::Releasing, &FileBecomes::Unchanged, now, None)?;
    match release(bridge, held, proof) {
        Ok(freed) => {
            let now = bridge.clock.now();
            // With the stat of the bytes that were hashed: an edit made since is then news to the next scan.
            let becomes = FileBecomes::Proxy(visible.stat);
            bridge
                .catalog
                .set_swap(swap, SwapState::Released, &becomes, now, None)?;
            Ok(freed)
        }
        Err(error) => {
            // Whether the name is gone is decided by looking, not by the error.
            let releasing = Swap {
                state: SwapState::Releasing,
                ..swap.clone()
            };
            super::recover::recover_one(bridge, &releasing, cx)?;
            Err(error)
        }
    }
}

/// Puts a held original back in its place (T8): at once and offline.
///
/// # Errors
/// `Refused` where the optimized copy was edited; both stay then.
pub fn undo(bridge: &Bridge, swap: &Swap, cx: &Cx) -> Result<()> {
    let fs = bridge.fs.as_ref();
    if local::hash_file(fs, &swap.visible, cx)?.content != swap.proxy_content {
        return Err(Error::refused(format!(
            "The optimized copy was edited. Your edit stays; the original is at {}",
            swap.held.display()
        )));
    }
    if local::hash_file(fs, &swap.held, cx)?.content != swap.content {
        return Err(Error::refused(format!(
            "What is held is not the original any more. Nothing was touched; look at {}",
            swap.held.display()
        )));
    }
    let mut intent = swap.clone();
    intent.state = SwapState::RestoreIntent;
    bridge.catalog.set_swap(
        &intent,
        SwapState::RestoreIntent,
        &FileBecomes::Unchanged,
        bridge.clock.now(),
        None,
    )?;
    match super::recover::recover_one(bridge, &intent, cx)? {
        super::recover::Settled::Done => Ok(()),
        super::recover::Settled::Later => Err(Error::refused("its disk cannot be read now; it is tried again later")),
        super::recover::Settled::Stuck(why) => Err(Error::refused(why)),
    }
}
