//! All that a face holds of the engine: send a command, read the snapshot, want pictures, take those that arrived.
//! Nothing here blocks and nothing here does IO, so the thread that draws may call all of it (I1).

use super::{command::Command, snapshot::Snapshot};
use crate::{
    model::{id::PhotoId, pixels::Pixels},
    sys::task::lock,
};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Commands that may wait at once; a face that sends more in one frame has a bug, and the newest is dropped loudly.
const MAX_COMMANDS: usize = 4096;
/// Pictures that may wait to be taken by a face.
const MAX_ARRIVED: usize = 512;

/// A picture that a face would like to show.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Wanted {
    /// Of which photo.
    pub photo: PhotoId,
    /// Long edge in pixels; 0 = every pixel there is.
    pub edge: u32,
}

/// A picture that is here, or the reason why it is not.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// What was wanted.
    pub wanted: Wanted,
    /// The pixels, or a sentence.
    pub result: Result<Arc<Pixels>, Arc<str>>,
}

type Waker = Box<dyn Fn() + Send + Sync>;

/// What both sides share.
#[derive(Default)]
pub(in crate::engine) struct Shared {
    snapshot: Mutex<Arc<Snapshot>>,
    commands: Mutex<VecDeque<Command>>,
    has_command: Condvar,
    wanted: Mutex<Vec<Wanted>>,
    has_wanted: Condvar,
    arrived: Mutex<VecDeque<Arrived>>,
    waker: Mutex<Option<Waker>>,
    closed: AtomicBool,
}

/// The face's side. Cloning shares it.
#[derive(Clone, Default)]
pub struct Handle {
    pub(in crate::engine) shared: Arc<Shared>,
}

impl Handle {
    /// A handle with nobody behind it, which shows one snapshot and keeps what is sent: for tests of the window.
    #[must_use]
    pub fn detached(snapshot: Snapshot) -> Self {
        let handle = Self::default();
        handle.publish(snapshot);
        handle
    }

    /// Asks for something. Never waits.
    pub fn send(&self, command: Command) {
        let mut commands = lock(&self.shared.commands);
        if commands.len() >= MAX_COMMANDS {
            tracing::error!("more than {MAX_COMMANDS} commands are waiting; dropped: {command:?}");
            return;
        }
        commands.push_back(command);
        self.shared.has_command.notify_one();
    }

    /// The state to draw.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&lock(&self.shared.snapshot))
    }

    /// Replaces the list of wanted pictures, the most urgent first. What is no longer in it is no longer worked on.
    pub fn want(&self, wanted: Vec<Wanted>) {
        *lock(&self.shared.wanted) = wanted;
        self.shared.has_wanted.notify_all();
    }

    /// At most `max` pictures that have arrived since the last call.
    #[must_use]
    pub fn arrived(&self, max: usize) -> Vec<Arrived> {
        let mut arrived = lock(&self.shared.arrived);
        let count = arrived.len().min(max);
        arrived.drain(..count).collect()
    }

    /// What to call, from any thread, when there is something new to draw.
    pub fn set_waker(&self, waker: impl Fn() + Send + Sync + 'static) {
        *lock(&self.shared.waker) = Some(Box::new(waker));
    }

    /// Takes what was sent; the engine's side, and tests on a detached handle.
    #[must_use]
    pub fn take_commands(&self) -> Vec<Command> {
        lock(&self.shared.commands).drain(..).collect()
    }

    /// Shows a new snapshot; the engine's side, and tests on a detached handle.
    pub fn publish(&self, snapshot: Snapshot) {
        *lock(&self.shared.snapshot) = Arc::new(snapshot);
        self.wake();
    }

    /// Hands a picture over; the engine's side, and tests on a detached handle.
    pub fn deliver(&self, arrived: Arrived) {
        {
            let mut list = lock(&self.shared.arrived);
            if list.len() >= MAX_ARRIVED {
                // A hidden window takes nothing; what it still wants it will want again.
                list.pop_front();
            }
            list.push_back(arrived);
        }
        self.wake();
    }

    /// What is wanted now.
    #[must_use]
    pub fn wanted(&self) -> Vec<Wanted> {
        lock(&self.shared.wanted).clone()
    }

    fn wake(&self) {
        if let Some(waker) = lock(&self.shared.waker).as_ref() {
            waker();
        }
    }

    /// Waits for commands, for at most this long; the engine's side.
    pub(in crate::engine) fn wait_commands(&self, at_most: std::time::Duration) -> Vec<Command> {
        let commands = lock(&self.shared.commands);
        let (mut commands, _) = self
            .shared
            .has_command
            .wait_timeout_while(commands, at_most, |list| list.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        commands.drain(..).collect()
    }

    /// Waits until something is wanted that `taken` does not refuse, and takes it off the list; `None` when closed. The
    /// engine's side.
    pub(in crate::engine) fn next_wanted(&self, mut refuse: impl FnMut(&Wanted) -> bool) -> Option<Wanted> {
        let mut wanted = lock(&self.shared.wanted);
        loop {
            if self.shared.closed.load(Ordering::SeqCst) {
                return None;
            }
            if let Some(at) = wanted.iter().position(|one| !refuse(one)) {
                return Some(wanted.remove(at));
            }
            wanted = self
                .shared
                .has_wanted
                .wait(wanted)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets everybody who waits go; the engine's side.
    pub(in crate::engine) fn close(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Taking the locks once makes sure that nobody is between its check and its wait.
        drop(lock(&self.shared.wanted));
        self.shared.has_wanted.notify_all();
        drop(lock(&self.shared.commands));
        self.shared.has_command.notify_all();
    }
}
