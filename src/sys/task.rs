//! Threads, cancelling and progress. The only place that starts a thread, so that each has a name and a reason (I16).

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

/// A request to stop, shared by who asks and who works. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A request not made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

type Waker = Box<dyn Fn() + Send>;

/// A request from outside that the whole program end: a signal, Ctrl+C. It cancels what runs in the terminal, and wakes a
/// window, which waits for nothing else. Cloning shares it.
#[derive(Clone, Default)]
pub struct Ending {
    cancel: Cancel,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Ending {
    /// A request not made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is cancelled by it.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Asks the program to end.
    pub fn ask(&self) {
        self.cancel.cancel();
        if let Some(waker) = lock(&self.waker).as_ref() {
            waker();
        }
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// What to call, on any thread, when somebody asks; at once where somebody has.
    pub fn set_waker(&self, waker: impl Fn() + Send + 'static) {
        let mut place = lock(&self.waker);
        if self.is_asked() {
            waker();
        }
        *place = Some(Box::new(waker));
    }
}

impl std::fmt::Debug for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ending").field(&self.is_asked()).finish()
    }
}

/// How far a long job is; written by who works, read by who shows. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<ProgressInner>);

#[derive(Debug, Default)]
struct ProgressInner {
    done: AtomicU64,
    total: AtomicU64,
    bytes_done: AtomicU64,
    bytes_total: AtomicU64,
    label: Mutex<String>,
}

/// One reading of a progress.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProgressReading {
    /// Things done.
    pub done: u64,
    /// Things in all, as far as known; 0 = not known yet.
    pub total: u64,
    /// Bytes done.
    pub bytes_done: u64,
    /// Bytes in all.
    pub bytes_total: u64,
    /// What is being done.
    pub label: String,
}

impl Progress {
    /// A progress at nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what is being done now.
    pub fn label(&self, text: &str) {
        let mut label = lock(&self.0.label);
        label.clear();
        label.push_str(text);
    }

    /// Begins a stage of so many things and bytes.
    pub fn start(&self, total: u64, bytes_total: u64) {
        self.0.done.store(0, Ordering::Relaxed);
        self.0.bytes_done.store(0, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
        self.0.bytes_total.store(bytes_total, Ordering::Relaxed);
    }

    /// So many more things are done.
    pub fn add(&self, things: u64) {
        self.0.done.fetch_add(things, Ordering::Relaxed);
    }

    /// So many more bytes are done.
    pub fn add_bytes(&self, bytes: u64) {
        self.0.bytes_done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Where it stands.
    #[must_use]
    pub fn read(&self) -> ProgressReading {
        ProgressReading {
            done: self.0.done.load(Ordering::Relaxed),
            total: self.0.total.load(Ordering::Relaxed),
            bytes_done: self.0.bytes_done.load(Ordering::Relaxed),
            bytes_total: self.0.bytes_total.load(Ordering::Relaxed),
            label: lock(&self.0.label).clone(),
        }
    }
}

/// What a long call is given: how it may be stopped, where it says how far it is.
#[derive(Clone, Debug, Default)]
pub struct Cx {
    /// Stop here when asked.
    pub cancel: Cancel,
    /// Say here how far.
    pub progress: Progress,
}

impl Cx {
    /// A context that nobody watches and nobody cancels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Takes a lock, also after somebody panicked holding it: what it guards here is whole between any two statements.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a named thread.
///
/// # Errors
/// The system has no more threads to give.
pub fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<JoinHandle<T>> {
    std::thread::Builder::new()
        .name(format!("safelight-{name}"))
        .spawn(work)
}

/// Starts a named thread that ends with its scope; where the system has none to give, the work is left to the others.
pub fn spawn_scoped<'scope, 'env>(
    scope: &'scope std::thread::Scope<'scope, 'env>,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) {
    let started = std::thread::Builder::new()
        .name(format!("safelight-{name}"))
        .spawn_scoped(scope, work);
    if let Err(error) = started {
        tracing::warn!("no thread for {name}: {error}");
    }
}

/// Waits, in small steps, until the time is over or somebody cancels.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that waits, and it can be cancelled"
)]
pub fn pause(at_most: std::time::Duration, cancel: &Cancel) {
    let step = std::time::Duration::from_millis(50);
    let mut left = at_most;
    while !left.is_zero() && !cancel.is_cancelled() {
        let now = left.min(step);
        std::thread::sleep(now);
        left = left.saturating_sub(now);
    }
}

/// Runs `helper` on a thread of its own beside `main`, and waits for both; both may borrow from the caller.
///
/// # Errors
/// The system has no more threads to give, or the helper panicked.
pub fn beside<A: Send, B>(
    name: &str,
    helper: impl FnOnce() -> A + Send,
    main: impl FnOnce() -> B,
) -> std::io::Result<(A, B)> {
    std::thread::scope(|scope| {
        let handle = std::thread::Builder::new()
            .name(format!("safelight-{name}"))
            .spawn_scoped(scope, helper)?;
        let value = main();
        let helped = handle
            .join()
            .map_err(|_| std::io::Error::other(format!("the {name} thread panicked")))?;
        Ok((helped, value))
    })
}

/// How many threads make the pictures that a face waits for: two even on a small machine, so that a cell gets past a large
/// picture that is being decoded.
#[must_use]
pub fn picture_threads() -> usize {
    decode_threads().max(2)
}

/// How many threads may decode at once: all cores but one, which draws.
#[must_use]
pub fn decode_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_woken_when_the_program_is_asked_to_end_before_or_after_it_opened() {
        let ending = Ending::new();
        let woken = Arc::new(AtomicU64::new(0));
        let count = |woken: &Arc<AtomicU64>| {
            let woken = Arc::clone(woken);
            move || {
                woken.fetch_add(1, Ordering::SeqCst);
            }
        };
        ending.set_waker(count(&woken));
        assert!(!ending.is_asked() && woken.load(Ordering::SeqCst) == 0);
        ending.ask();
        assert!(ending.is_asked() && ending.cancel().is_cancelled());
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        ending.set_waker(count(&woken));
        assert_eq!(woken.load(Ordering::SeqCst), 2, "asked while it opened");
    }
}
