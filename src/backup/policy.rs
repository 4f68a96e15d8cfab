//! How much evidence an original's release takes. What can be set can only be set within bounds that keep the promise:
//! zero copies cannot be asked for, and the freshness of a proof is not a setting at all (safety.md, settled choices).

use crate::model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU8;

/// How old a proof may be when the original goes, on both clocks. Not a setting.
pub const FRESH_MS: i64 = 15 * MINUTE_MS;
/// How far apart two witnesses of an absence must be. Not a setting.
pub const ABSENCE_APART_MS: i64 = 10 * MINUTE_MS;
/// Room that must stay free on the disk beside what is written.
pub const BALLAST_BYTES: u64 = 64 * 1024 * 1024;
/// The long edge of an optimized copy, in pixels, unless a person chose another.
pub const PROXY_EDGE: u32 = 2048;
/// The smallest and the largest long edge that can be chosen.
pub const PROXY_EDGES: std::ops::RangeInclusive<u32> = 640..=4096;

/// How many proven copies a release takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Copies(NonZeroU8);

impl Default for Copies {
    fn default() -> Self {
        Self(NonZeroU8::MIN)
    }
}

impl Copies {
    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0.get())
    }

    /// So many copies; none is not a number of copies.
    #[must_use]
    pub fn new(count: u8) -> Option<Self> {
        NonZeroU8::new(count).map(Self)
    }
}

/// A library's rules for letting originals go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ReleasePolicy {
    /// Copies that must be proven at the moment of release.
    pub min_copies: Copies,
    /// Milliseconds between the first and the last proof.
    pub settle_ms: i64,
    /// Milliseconds that an original is held on this disk after the exchange.
    pub hold_ms: i64,
    /// The long edge of optimized copies, in pixels.
    pub proxy_edge: u32,
}

impl Default for ReleasePolicy {
    fn default() -> Self {
        Self {
            min_copies: Copies::default(),
            settle_ms: DAY_MS,
            hold_ms: 7 * DAY_MS,
            proxy_edge: PROXY_EDGE,
        }
    }
}

impl ReleasePolicy {
    /// The rules for a person who needs the space now: both waits fall away, both proofs and the full read-backs stay.
    #[must_use]
    pub fn free_now(self) -> Self {
        Self {
            settle_ms: 0,
            hold_ms: 0,
            ..self
        }
    }

    /// What is given up by [`Self::free_now`], in plain words.
    #[must_use]
    pub fn free_now_words() -> &'static str {
        "Originals go at once instead of being held on this disk for a week, and the two proofs are taken minutes apart \
         instead of a day. A store that loses data soon after it was written would not be noticed in time."
    }

    /// The waits in words, for plans and dialogs.
    #[must_use]
    pub fn words(self) -> String {
        if self.hold_ms == 0 && self.settle_ms == 0 {
            return "originals are freed at once after a second full read-back".to_owned();
        }
        let span = |ms: i64| {
            let (value, unit) = if ms % DAY_MS == 0 {
                (ms / DAY_MS, "day")
            } else {
                (ms / HOUR_MS, "hour")
            };
            format!("{value} {unit}{}", if value == 1 { "" } else { "s" })
        };
        format!(
            "originals are held on this disk for {} and freed after a second full read-back at least {} after the first",
            span(self.hold_ms),
            span(self.settle_ms)
        )
    }
}
