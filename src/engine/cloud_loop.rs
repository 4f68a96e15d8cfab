//! The engine's loop and stores in the cloud: setting them up, testing, following, rules, and looking at what waits.

use super::{
    command::{Command, Scope},
    engine::Loop,
    error::Result,
    work::{Lane, Work},
};
use std::sync::Arc;

/// Milliseconds between two looks at what waits in the queue.
const LOOK_MS: i64 = 15_000;

impl Loop {
    /// A command about stores in the cloud; any other does nothing here.
    pub(in crate::engine) fn cloud_command(&mut self, command: Command) -> Result<()> {
        let session = Arc::clone(&self.session);
        match command {
            Command::SetUpStore(wish) => {
                self.enqueue(Work::SetUpStore(wish));
                self.enqueue(Work::AskStores);
            }
            Command::TestStore(wish) => self.enqueue(Work::TestStore(wish)),
            Command::StopTest => {
                let testing = |work: &Work| matches!(work, Work::TestStore(_));
                self.waiting[Lane::Look as usize].retain(|work| !testing(work));
                if let Some(running) = self.running[Lane::Look as usize]
                    .as_ref()
                    .filter(|one| testing(&one.work))
                {
                    running.cx.cancel.cancel();
                }
            }
            Command::Follow { store, what, on } => {
                let row = session.stores_for(Some(&store.0))?.remove(0);
                match on {
                    true => session.follow(&row, &what)?,
                    false => session.unfollow(&row, &what)?,
                };
                self.dirty.keeping = true;
                self.dirty.sidebar = true;
                self.enqueue(if row.config.started {
                    Work::FollowAlbums
                } else {
                    Work::PlanBackup {
                        scope: Scope::Set(store.clone()),
                        store,
                    }
                });
            }
            Command::SetRules(rules) => {
                session.set_sending(rules)?;
                self.dirty.keeping = true;
                self.at_once();
                self.enqueue(Work::Due);
            }
            Command::Unlock(passphrase) => self.enqueue(Work::Unlock(passphrase)),
            Command::RetryStore(store) => {
                session.catalog.pause_store(&store, None)?;
                self.dirty.keeping = true;
                self.enqueue(Work::RunQueue);
                self.enqueue(Work::AskStores);
            }
            Command::SendNow => {
                self.paused = false;
                self.enqueue(Work::SendNow);
            }
            _ => {}
        }
        Ok(())
    }

    /// What is left in a new store is asked at once, and not after a first long backup.
    pub(in crate::engine) fn ask_stores_next(&mut self) {
        let lane = &mut self.waiting[Lane::Keep as usize];
        lane.retain(|work| *work != Work::AskStores);
        lane.push_front(Work::AskStores);
    }

    /// What waited may be due: a store's time, an hour, another network; or marks that a store follows.
    pub(in crate::engine) fn look_around(&mut self) {
        let now = self.session.clock.now();
        if self.follow_at.is_some_and(|at| now >= at) {
            self.follow_at = None;
            self.enqueue(Work::FollowAlbums);
        }
        if now.since(self.last_look) < LOOK_MS && now >= self.last_look {
            return;
        }
        self.last_look = now;
        // The machine's sleep is noticed too, so that this also runs where nothing is queued.
        self.enqueue(Work::Due);
    }
}
