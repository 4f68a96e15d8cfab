//! `Proof`: leave to let one original go, now. It can be made only here, from full read-backs done in this very call; it
//! names one content, ages on two clocks, cannot be copied, kept or written down, and is consumed by the one call that
//! removes an original (safety.md, rules 1 and 2; git-annex's SafeDropProof is its model).
//!
//! ```compile_fail
//! fn twice(proof: safelight::backup::proof::Proof) -> (safelight::backup::proof::Proof, safelight::backup::proof::Proof) {
//!     (proof.clone(), proof) // a proof cannot be copied
//! }
//! ```
//! ```compile_fail
//! let proof = safelight::backup::proof::Proof::default(); // nor made of nothing
//! ```
//! ```compile_fail
//! fn keep(proof: &safelight::backup::proof::Proof) -> String { serde_json::to_string(proof).unwrap() } // nor written down
//! ```

use super::{
    bridge::{Bridge, device_of},
    error::{Error, Result},
    local,
    policy::{FRESH_MS, ReleasePolicy},
    verify,
};
use crate::{
    catalog::swaps::Swap,
    model::{content::ContentId, id::StoreId, safety::THIS_MACHINE, time::Timestamp},
    sys::{
        clock::{BootTime, Clock},
        fs::Stat,
        task::Cx,
    },
};
use std::path::{Path, PathBuf};

/// Leave to let one original go, now.
#[derive(Debug)]
pub struct Proof {
    content: ContentId,
    size: u64,
    stores: Vec<StoreId>,
    made_wall: Timestamp,
    made_boot: BootTime,
    _sealed: (),
}

impl Proof {
    /// Reads the content back in full from every store that counts, until the policy's number of copies is proven.
    /// `original` is the stat of the original on this disk: a copy on the same device does not count.
    ///
    /// # Errors
    /// `Refused` with every store's reason where there are too few copies; nothing has changed then, but receipts of
    /// copies found damaged say so now.
    pub fn obtain(
        bridge: &Bridge,
        content: ContentId,
        size: u64,
        original: &Stat,
        policy: &ReleasePolicy,
        cx: &Cx,
    ) -> Result<Self> {
        if let Some(reason) = bridge.frozen()? {
            return Err(Error::refused(format!("Releases are stopped. {reason}")));
        }
        // The clocks are read before the first byte: a proof is as old as its oldest part.
        let (made_wall, made_boot) = (bridge.clock.now(), bridge.clock.boot());
        let receipts = bridge.catalog.receipts(&content)?;
        let rows = bridge.catalog.stores()?;
        let (mut stores, mut reasons) = (Vec::new(), Vec::new());
        for row in rows {
            let Some(receipt) = receipts.iter().find(|receipt| receipt.store == row.id) else {
                continue;
            };
            let store = match bridge.store(&row, cx) {
                Ok(store) => store,
                Err(error) => {
                    reasons.push(format!("{}: {error}", row.name));
                    continue;
                }
            };
            let device = device_of(&store, &row.config)?;
            if !row.counts_override && device == Some(original.dev) {
                reasons.push(format!("{} is on the same disk as the original", row.name));
                continue;
            }
            if !row.counts_override && device == Some(THIS_MACHINE) {
                reasons.push(format!("{} is on this machine", row.name));
                continue;
            }
            match verify::read_back(bridge, &store, &row, receipt, cx) {
                Ok(()) => stores.push(row.id),
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => reasons.push(format!("{}: {error}", row.name)),
            }
            if stores.len() >= policy.min_copies.get() {
                return Ok(Self {
                    content,
                    size,
                    stores,
                    made_wall,
                    made_boot,
                    _sealed: (),
                });
            }
        }
        let need = policy.min_copies.get();
        let have = stores.len();
        let why = if reasons.is_empty() {
            "no store that counts has a copy".to_owned()
        } else {
            reasons.join("; ")
        };
        Err(Error::refused(if need == 1 {
            format!("not proven in any store that counts ({why})")
        } else {
            format!("proven in {have} of the {need} stores asked for ({why})")
        }))
    }

    /// What it proves.
    #[must_use]
    pub fn content(&self) -> ContentId {
        self.content
    }

    /// Where.
    #[must_use]
    pub fn stores(&self) -> &[StoreId] {
        &self.stores
    }

    /// When, on the wall clock.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        self.made_wall
    }

    /// Whether it still holds: not older than [`FRESH_MS`] on either clock, and not from the future of either.
    #[must_use]
    pub fn is_fresh(&self, clock: &dyn Clock) -> bool {
        let wall = clock.now().since(self.made_wall);
        let boot = clock.boot().0.saturating_sub(self.made_boot.0);
        (0..=FRESH_MS).contains(&wall) && (0..=FRESH_MS).contains(&boot)
    }
}

/// An original in the held folder, hashed there just now: it is what the journal says it is.
#[derive(Debug)]
pub struct HeldOriginal {
    path: PathBuf,
    content: ContentId,
    stat: Stat,
    _sealed: (),
}

impl HeldOriginal {
    /// Hashes what lies at the swap's held path.
    ///
    /// # Errors
    /// It is not the original; it is left where it is.
    pub fn look(bridge: &Bridge, swap: &Swap, cx: &Cx) -> Result<Self> {
        let hashed = local::hash_file(bridge.fs.as_ref(), &swap.held, cx)?;
        if hashed.content != swap.content {
            return Err(Error::refused(
                "what is held is not the original any more: another program wrote to it; it is kept",
            ));
        }
        Ok(Self {
            path: swap.held.clone(),
            content: hashed.content,
            stat: hashed.stat,
            _sealed: (),
        })
    }

    /// Its stat when it was hashed.
    #[must_use]
    pub fn stat(&self) -> &Stat {
        &self.stat
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Bytes that are gone from this disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Freed(pub u64);

/// Removes an original from this disk. The only call in the house that does; it consumes the original and the proof.
///
/// # Errors
/// `Refused` where the proof is for another content or too old, or the file was written to since it was hashed; then
/// nothing has changed.
pub fn release(bridge: &Bridge, held: HeldOriginal, proof: Proof) -> Result<Freed> {
    if proof.content != held.content || proof.size != held.stat.size {
        return Err(Error::refused("the proof is for another file"));
    }
    if proof.stores.is_empty() || !proof.is_fresh(bridge.clock.as_ref()) {
        return Err(Error::refused("the proof is too old; it is made again at the next try"));
    }
    let now = bridge.fs.stat(&held.path)?;
    if !now.same_content_as(&held.stat) {
        return Err(Error::refused("the held original was written to; it is kept"));
    }
    bridge.fs.unlink(&held.path)?;
    Ok(Freed(held.stat.size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::time::MINUTE_MS, sys::clock::SimClock};

    fn proof(clock: &SimClock) -> Proof {
        Proof {
            content: ContentId::of(b"x"),
            size: 1,
            stores: vec![StoreId("s".to_owned())],
            made_wall: clock.now(),
            made_boot: clock.boot(),
            _sealed: (),
        }
    }

    #[test]
    fn i2_proofs_age_on_both_clocks() {
        let clock = SimClock::at(Timestamp(1_000_000_000));
        let one = proof(&clock);
        assert!(one.is_fresh(&clock));
        clock.advance(15 * MINUTE_MS);
        assert!(one.is_fresh(&clock));
        clock.advance(1);
        assert!(!one.is_fresh(&clock), "fifteen minutes and no more");
        let two = proof(&clock);
        clock.set_wall(Timestamp(1_000_000_000));
        assert!(!two.is_fresh(&clock), "a wall clock set back voids it");
        clock.set_wall(two.made_wall);
        clock.advance(20 * MINUTE_MS);
        clock.set_wall(two.made_wall);
        assert!(
            !two.is_fresh(&clock),
            "twenty minutes asleep with the wall clock set back are twenty minutes"
        );
    }
}
