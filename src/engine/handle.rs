//! All that a face holds of the engine: send a command, read the snapshot, want pictures, take those that arrived.
//! Nothing here blocks and nothing here does IO, so the thread that draws may call all of it (I1).

use super::{command::Command, snapshot::Snapshot};
pub use crate::media::measure::{Clip, ClipMap, Measures};
use crate::{
    model::{id::PhotoId, pixels::Pixels},
    sys::task::{Cancel, lock},
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
    /// Long edge in pixels; 0 = every pixel there is. With [`DEVELOPED`] added, of a RAW file's sensor data.
    pub edge: u32,
}

/// Added to an edge: the picture that is developed from a RAW file's sensor data, not the camera's preview. No picture is so
/// long, so that both kinds of a photo lie beside each other wherever pictures are told apart by their edge.
pub const DEVELOPED: u32 = 1 << 31;

/// A picture that is here, or the reason why it is not.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// What was wanted.
    pub wanted: Wanted,
    /// The pixels, or a sentence.
    pub result: Result<Arc<Pixels>, Arc<str>>,
    /// Exposure and focus, measured on pictures of [`MEASURED_EDGE`] and more.
    pub measures: Option<Arc<Measures>>,
}

/// From this long edge on a picture is large enough to be measured, in pixels.
pub const MEASURED_EDGE: u32 = 1024;

type Waker = Box<dyn Fn() + Send + Sync>;

/// What both sides share.
#[derive(Default)]
pub(in crate::engine) struct Shared {
    snapshot: Mutex<Arc<Snapshot>>,
    commands: Mutex<VecDeque<Command>>,
    has_command: Condvar,
    wanted: Mutex<Vec<Wanted>>,
    has_wanted: Condvar,
    /// What a worker makes just now, and how it is told to stop. Locked after `wanted` where both are.
    in_hand: Mutex<Vec<(Wanted, Cancel)>>,
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

    /// Replaces the list of wanted pictures, the most urgent first. What is no longer in it is no longer worked on: not
    /// begun, and given up where it was begun.
    pub fn want(&self, wanted: Vec<Wanted>) {
        let mut list = lock(&self.shared.wanted);
        for (one, cancel) in lock(&self.shared.in_hand).iter() {
            if !wanted.contains(one) {
                cancel.cancel();
            }
        }
        *list = wanted;
        drop(list);
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

    /// Waits until something is wanted that nobody has in hand, and takes it off the list; `None` when closed. Whoever
    /// takes it says [`Handle::done`] at its end. The engine's side.
    pub(in crate::engine) fn next_wanted(&self) -> Option<(Wanted, Cancel)> {
        let mut wanted = lock(&self.shared.wanted);
        loop {
            if self.shared.closed.load(Ordering::SeqCst) {
                return None;
            }
            let mut in_hand = lock(&self.shared.in_hand);
            let free = wanted
                .iter()
                .position(|one| in_hand.iter().all(|(taken, _)| taken != one));
            if let Some(at) = free {
                let (one, cancel) = (wanted.remove(at), Cancel::new());
                in_hand.push((one, cancel.clone()));
                return Some((one, cancel));
            }
            drop(in_hand);
            wanted = self
                .shared
                .has_wanted
                .wait(wanted)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says that nobody has this in hand any more; the engine's side.
    pub(in crate::engine) fn done(&self, wanted: &Wanted) {
        // Given up and wanted again meanwhile, it stands in the list and waits for this.
        let list = lock(&self.shared.wanted);
        lock(&self.shared.in_hand).retain(|(one, _)| one != wanted);
        drop(list);
        self.shared.has_wanted.notify_all();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(photo: i64) -> Wanted {
        Wanted {
            photo: PhotoId(photo),
            edge: 256,
        }
    }

    #[test]
    fn what_is_no_longer_wanted_is_given_up_and_comes_again_when_wanted_again() {
        let handle = Handle::default();
        handle.want(vec![wanted(1), wanted(2)]);
        let (first, cancel) = handle.next_wanted().expect("open");
        assert_eq!(first, wanted(1), "the most urgent first");
        handle.want(vec![wanted(1), wanted(3)]);
        assert!(!cancel.is_cancelled(), "it is wanted still");
        handle.want(vec![wanted(3)]);
        assert!(cancel.is_cancelled());
        handle.want(vec![wanted(1), wanted(3)]);
        let (second, _) = handle.next_wanted().expect("open");
        assert_eq!(
            second,
            wanted(3),
            "the first is in somebody's hand until it is said to be done"
        );
        handle.done(&first);
        let (again, cancel) = handle.next_wanted().expect("open");
        assert!(again == wanted(1) && !cancel.is_cancelled());
        handle.close();
        assert!(handle.next_wanted().is_none());
    }
}
