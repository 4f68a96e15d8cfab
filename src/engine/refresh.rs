//! Keeping the snapshot true: what is dirty is read again, at a pace that leaves the machine to the work itself.

use super::{
    engine::{Dirty, Loop},
    error::Result,
    pace::Pace,
    snapshot::{OptimizeView, QueueState, StoreState, TaskView},
    work::{Lane, Work},
};
use crate::sys::task::{Cx, lock};
use std::sync::Arc;

impl Loop {
    /// What a person asked for, or what has just ended, is shown without a rest.
    pub(in crate::engine) fn at_once(&mut self) {
        (self.view_pace, self.keeping_pace) = (Pace::default(), Pace::default());
    }

    /// Everything may have changed.
    pub(in crate::engine) fn all_dirty(&mut self) {
        self.dirty = Dirty::ALL;
        self.at_once();
    }

    /// Reads again what is dirty, and publishes.
    pub(in crate::engine) fn refresh(&mut self) {
        if let Err(error) = self.read_dirty() {
            self.dirty = Dirty::default();
            self.fail(&error);
        }
        let now = self.session.clock.now();
        let test = lock(&self.session.test).clone();
        if test != *self.snapshot.test {
            self.snapshot.test = Arc::new(test);
        }
        self.snapshot.generation += 1;
        self.snapshot.now = now;
        self.snapshot.tasks = self
            .running
            .iter()
            .flatten()
            .filter(|one| !one.work.is_sending())
            .filter_map(|one| one.work.title().map(|title| (one, title)))
            .map(|(one, title)| {
                let reading = one.cx.progress.read();
                TaskView {
                    label: title.to_owned(),
                    done: reading.done,
                    total: reading.total,
                    can_stop: one.work.can_stop(),
                }
            })
            .collect();
        self.handle.publish(self.snapshot.clone());
    }

    fn read_dirty(&mut self) -> Result<()> {
        let session = Arc::clone(&self.session);
        let now = session.clock.now();
        let sending = self.running[Lane::Keep as usize]
            .as_ref()
            .is_some_and(|one| one.work.is_sending());
        if (self.dirty.sidebar || self.dirty.view) && self.view_pace.is_due(now) {
            if self.dirty.view {
                let generation = self.snapshot.view.generation + 1;
                let view = session.view(&self.source, &self.query, self.sort, generation)?;
                self.snapshot.view = Arc::new(view);
                if self.map_open {
                    self.read_map()?;
                }
            }
            if self.dirty.view && self.dirty.sidebar && self.snapshot.ready {
                // What a person looks at is shown before everything beside it is counted again.
                self.read_detail()?;
                self.snapshot.generation += 1;
                self.handle.publish(self.snapshot.clone());
            }
            if self.dirty.sidebar {
                self.read_sidebar()?;
            }
            self.view_pace.rest(now, session.clock.now());
            (self.dirty.sidebar, self.dirty.view) = (false, false);
        }
        if self.dirty.detail || sending {
            self.read_detail()?;
        }
        if (self.dirty.keeping || sending) && self.keeping_pace.is_due(now) {
            let began = session.clock.now();
            self.read_keeping()?;
            self.keeping_pace.rest(began, session.clock.now());
            self.dirty.keeping = false;
            self.dirty.view |= sending;
        }
        self.show_progress();
        self.snapshot.ready = true;
        Ok(())
    }

    fn read_detail(&mut self) -> Result<()> {
        self.snapshot.detail = match self.focus {
            Some(photo) => self.session.detail(photo)?.map(Arc::new),
            None => None,
        };
        if self.dirty.detail {
            self.read_together()?;
        }
        self.dirty.detail = false;
        Ok(())
    }

    fn read_sidebar(&mut self) -> Result<()> {
        self.snapshot.counts = self.session.counts()?;
        // Marks put no photo into another folder.
        let reading = self.session.tiles.library(&self.session.catalog)?.reading;
        if self.trees_of != reading {
            self.snapshot.roots = Arc::new(self.session.root_views()?);
            self.trees_of = reading;
        }
        self.snapshot.albums = Arc::new(self.session.albums()?);
        self.snapshot.places = Arc::new(self.session.places()?);
        if std::mem::take(&mut self.dirty.keywords) {
            self.snapshot.keywords = Arc::new(self.session.catalog.keywords()?);
        }
        let steps = self.session.steps()?;
        (self.snapshot.undo, self.snapshot.redo) = (steps.undo, steps.redo);
        self.snapshot.sidecars = Arc::new(self.session.sidecars_view()?);
        Ok(())
    }

    fn read_keeping(&mut self) -> Result<()> {
        let session = Arc::clone(&self.session);
        self.snapshot.totals = session.catalog.totals()?;
        self.snapshot.queue = Arc::new(session.queue_view()?);
        let held = session.held_view()?;
        let shown = (*self.snapshot.optimize).clone();
        self.snapshot.optimize = Arc::new(OptimizeView {
            held: held.held,
            held_bytes: held.held_bytes,
            next_release: held.next_release,
            optimized: held.optimized,
            freed: held.freed,
            ..shown
        });
        let asked = Arc::clone(&self.snapshot.stores);
        let mut stores = session.store_views(false, &Cx::new())?;
        for view in &mut stores {
            // Whether a store answers, and its room, is asked in the background; what was heard last stays.
            if let Some(heard) = asked.iter().find(|one| one.id == view.id) {
                view.cloud.asking = heard.cloud.asking;
                if view.free.is_none() {
                    (view.free, view.total) = (heard.free, heard.total);
                }
                if view.state == StoreState::Ready {
                    view.state = heard.state.clone();
                }
            }
        }
        self.snapshot.stores = Arc::new(stores);
        self.snapshot.sending = Arc::new(session.sending_view()?);
        self.snapshot.activity = Arc::new(session.activity_views(100)?);
        Ok(())
    }

    /// How far the run is: cheap, and so in every snapshot.
    fn show_progress(&mut self) {
        let now = self.session.clock.now();
        let at = Lane::Keep as usize;
        let Some(running) = self.running[at].as_mut().filter(|one| one.work.is_sending()) else {
            let held_back = self.snapshot.queue.total > 0 || self.waiting[at].iter().any(Work::is_sending);
            let state = if self.paused && held_back {
                QueueState::Paused
            } else {
                QueueState::Idle
            };
            if self.snapshot.queue.state != state {
                Arc::make_mut(&mut self.snapshot.queue).state = state;
            }
            return;
        };
        let queue = Arc::make_mut(&mut self.snapshot.queue);
        let reading = running.cx.progress.read();
        let passed = now.since(running.last.0);
        if passed >= 1000 {
            let moved = reading.bytes_done.saturating_sub(running.last.1);
            let current = moved.saturating_mul(1000) / passed.cast_unsigned().max(1);
            running.rate = if running.rate == 0 {
                current
            } else {
                (running.rate * 2 + current) / 3
            };
            running.last = (now, reading.bytes_done);
        }
        // Every byte goes there and comes back; what a person follows is the bytes of their photos.
        (queue.done, queue.total) = (reading.done, reading.total);
        (queue.bytes_done, queue.bytes_total) = (reading.bytes_done / 2, reading.bytes_total / 2);
        queue.rate = running.rate / 2;
        let left = queue.bytes_total.saturating_sub(queue.bytes_done);
        queue.seconds_left = (queue.rate > 0 && now.since(running.started) > 2000).then(|| left / queue.rate.max(1));
        queue.state = QueueState::Running;
    }
}
