//! At most so many bytes a second, for all requests to one place together.

use crate::sys::{
    clock::{Clock as _, RealClock},
    task::{Cancel, lock, pause},
};
use std::{sync::Mutex, time::Duration};

/// What an idle line may catch up on, in milliseconds.
const BURST_MS: i64 = 250;

/// The limit. Each taker is given the next free span of time, so that many of them share it evenly.
#[derive(Debug)]
pub(in crate::remote) struct Throttle {
    rate: Option<u64>,
    free_at_us: Mutex<i64>,
}

impl Throttle {
    /// So many bytes a second; none for no limit.
    pub(in crate::remote) fn new(rate: Option<u64>) -> Self {
        Self {
            rate: rate.map(|rate| rate.max(1)),
            free_at_us: Mutex::new(0),
        }
    }

    /// The most bytes to move at once, so that a slow line moves smoothly.
    pub(in crate::remote) fn piece(&self) -> usize {
        let quarter = self.rate.map_or(u64::MAX, |rate| (rate / 4).max(1024));
        usize::try_from(quarter).unwrap_or(usize::MAX)
    }

    /// Takes the right to move so many bytes, and waits for it; returns at once when cancelled.
    pub(in crate::remote) fn take(&self, bytes: u64, cancel: &Cancel) {
        let wait = self.reserve(bytes, RealClock.boot().0);
        if wait > 0 {
            pause(Duration::from_millis(wait.unsigned_abs()), cancel);
        }
    }

    /// How many milliseconds from `now` on these bytes have to wait.
    fn reserve(&self, bytes: u64, now: i64) -> i64 {
        let Some(rate) = self.rate else { return 0 };
        let cost_us = i64::try_from(u128::from(bytes) * 1_000_000 / u128::from(rate)).unwrap_or(i64::MAX);
        let mut free_at = lock(&self.free_at_us);
        let now_us = now.saturating_mul(1000);
        *free_at = (*free_at)
            .max(now_us.saturating_sub(BURST_MS * 1000))
            .saturating_add(cost_us);
        free_at.saturating_sub(now_us) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i16_a_rate_is_kept_after_a_short_burst() {
        let throttle = Throttle::new(Some(100_000));
        assert_eq!(throttle.reserve(25_000, 1_000_000), 0, "a quarter of a second is free");
        assert_eq!(throttle.reserve(100_000, 1_000_000), 1000);
        // Another taker waits behind the first; a second later half of it is paid.
        assert_eq!(throttle.reserve(100_000, 1_000_000), 2000);
        assert_eq!(throttle.reserve(0, 1_001_000), 1000);
        // Idle time is not saved up.
        assert_eq!(throttle.reserve(100_000, 9_000_000), 750);
        assert_eq!(Throttle::new(None).reserve(u64::MAX, 5), 0);
        assert_eq!(throttle.piece(), 25_000);
    }
}
