//! What a request in flight is tied to: who may stop it, and what became of its body. The transport below `ureq` is shared
//! by many requests one after another and is told of none, so the thread that carries a request knows it.

use crate::sys::{clock::Clock as _, clock::RealClock, task::Cancel};
use std::{
    cell::RefCell,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// One request.
#[derive(Debug, Default)]
pub(super) struct Ride {
    /// Stop here.
    pub(super) cancel: Cancel,
    /// The longest time without a byte, in milliseconds.
    pub(super) stall_ms: i64,
    /// The body has begun.
    pub(super) sending: AtomicBool,
    /// The server closed its end while the body went out. What follows is thrown away, so that the answer which it may
    /// have sent first, say a 403, is still read: without it a refusal looks like a broken line.
    pub(super) cut: AtomicBool,
}

impl Ride {
    /// Whether the rest of the body goes nowhere.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }
}

thread_local! {
    static RIDE: RefCell<Option<Arc<Ride>>> = const { RefCell::new(None) };
}

/// Puts back what was there, whatever happened in between.
struct Restore(Option<Arc<Ride>>);

impl Drop for Restore {
    fn drop(&mut self) {
        let before = self.0.take();
        RIDE.with(|slot| *slot.borrow_mut() = before);
    }
}

/// Does this as a part of that request.
pub(super) fn aboard<T>(ride: &Arc<Ride>, work: impl FnOnce() -> T) -> T {
    let _restore = Restore(RIDE.with(|slot| slot.borrow_mut().replace(Arc::clone(ride))));
    work()
}

/// The request that this thread carries now.
pub(super) fn current() -> Arc<Ride> {
    RIDE.with(|slot| slot.borrow().clone()).unwrap_or_default()
}

/// What the transport says when it was asked to stop.
pub(super) fn stopped() -> io::Error {
    io::Error::other("stopped as asked")
}

/// Milliseconds on the boot clock.
pub(super) fn now_ms() -> i64 {
    RealClock.boot().0
}
