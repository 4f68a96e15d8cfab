//! One writer at a time for each key, within this program: no WebDAV server and no rclone remote decides a race between
//! two writers reliably (design, stores.md 0 and 3). Between programs the hash in the key does: the same name, the same bytes.

use super::api::{Key, Result, check_cancel};
use crate::sys::task::{Cx, lock};
use std::{
    collections::HashSet,
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// How often a waiting writer looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// Keys that are being written now.
#[derive(Default)]
pub(super) struct Turns {
    taken: Mutex<HashSet<Key>>,
    freed: Condvar,
}

/// The right to write a key, until it is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    key: &'a Key,
}

impl Turns {
    /// Waits until nobody else writes this key.
    ///
    /// # Errors
    /// `Cancelled`.
    pub(super) fn take<'a>(&'a self, key: &'a Key, cx: &Cx) -> Result<Turn<'a>> {
        let mut taken = lock(&self.taken);
        while !taken.insert(key.clone()) {
            check_cancel(cx)?;
            let waited = self.freed.wait_timeout(taken, LOOK);
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(Turn { turns: self, key })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.turns.taken).remove(self.key);
        self.turns.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::api::ErrorKind;

    #[test]
    fn a_key_is_written_by_one_and_waiting_can_be_stopped() {
        let turns = Turns::default();
        let (one, other) = (Key::new("one").expect("a key"), Key::new("other").expect("a key"));
        let cx = Cx::new();
        let turn = turns.take(&one, &cx).expect("free");
        drop(turns.take(&other, &cx).expect("free"));
        let stopped = Cx::new();
        stopped.cancel.cancel();
        let waited = turns.take(&one, &stopped).map(|_| ());
        assert_eq!(waited.expect_err("taken").kind, ErrorKind::Cancelled);
        drop(turn);
        drop(turns.take(&one, &cx).expect("free again"));
    }
}
