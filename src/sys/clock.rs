//! The only clock and the only randomness (I7). Proofs age by the boot clock, which runs on while the machine sleeps:
//! `std::time::Instant` stops in suspend on Linux, and a proof must not outlive a night in a bag.

use crate::model::time::{Timestamp, Zone};
use std::sync::atomic::{AtomicI64, Ordering};

/// Milliseconds since this machine was started, sleep included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BootTime(pub i64);

/// Both clocks.
pub trait Clock: Send + Sync {
    /// The wall clock; may jump either way.
    fn now(&self) -> Timestamp;
    /// The boot clock; never goes back.
    fn boot(&self) -> BootTime;
    /// By which rules the person's own clock is set: where days are meant, they are the person's.
    fn zone(&self) -> Zone;
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        let at = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        Timestamp(to_ms(at))
    }

    fn boot(&self) -> BootTime {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let clock = rustix::time::ClockId::Boottime;
        // macOS: CLOCK_MONOTONIC runs on during sleep.
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let clock = rustix::time::ClockId::Monotonic;
        BootTime(to_ms(rustix::time::clock_gettime(clock)))
    }

    fn zone(&self) -> Zone {
        jiff::tz::TimeZone::system().into()
    }
}

#[allow(clippy::useless_conversion, reason = "the field's type differs by platform")]
fn to_ms(at: rustix::time::Timespec) -> i64 {
    let seconds: i64 = at.tv_sec.into();
    let nanos: i64 = at.tv_nsec.into();
    seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)
}

/// A clock that stands still until it is told to move; for tests.
#[derive(Debug)]
pub struct SimClock {
    wall: AtomicI64,
    boot: AtomicI64,
    zone: Zone,
}

impl SimClock {
    /// A clock at this wall time, one hour after boot, in UTC.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            wall: AtomicI64::new(now.0),
            boot: AtomicI64::new(3_600_000),
            zone: Zone::default(),
        }
    }

    /// The same at another place.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Both clocks move on.
    pub fn advance(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
        self.boot.fetch_add(ms, Ordering::SeqCst);
    }

    /// Somebody sets the wall clock; the boot clock knows nothing of it.
    pub fn set_wall(&self, now: Timestamp) {
        self.wall.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::SeqCst))
    }

    fn boot(&self) -> BootTime {
        BootTime(self.boot.load(Ordering::SeqCst))
    }

    fn zone(&self) -> Zone {
        self.zone.clone()
    }
}

/// The minute of the day on the wall here, 0 to 1439, at this moment: for rules like "at night".
#[must_use]
pub fn local_minute(now: Timestamp) -> u16 {
    let Ok(at) = jiff::Timestamp::from_millisecond(now.0) else {
        return 0;
    };
    let wall = at.to_zoned(jiff::tz::TimeZone::system());
    u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs())
}

/// So many random bytes from the system, in hex.
///
/// # Errors
/// The system has no randomness to give.
pub fn random_hex(bytes: usize) -> std::io::Result<String> {
    let mut buffer = vec![0_u8; bytes];
    getrandom::fill(&mut buffer).map_err(std::io::Error::other)?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}
