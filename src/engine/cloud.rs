//! What is backed up by itself: albums, folders and queries that a store follows, what of the library is in and out of them,
//! and the rules by which the queue sends.

use super::{
    error::{OpError, Result},
    keeping::TestReport,
    session::Session,
    snapshot::{FollowView, SetView},
};
use crate::{
    backup::{
        policy::{SendRules, StorePause, Wakes},
        worker,
    },
    catalog::{
        follows::Followed,
        stores::{StoreRow, Tested},
    },
    model::{
        id::{PhotoId, StoreId},
        query::Query,
        time::Timestamp,
    },
    sys::task::Cx,
};
use std::collections::{BTreeSet, HashSet};

impl Session {
    /// From now on this is backed up to the store by itself. False where it was already.
    ///
    /// # Errors
    /// `Usage` where there is no such album or folder, or the query cannot be understood.
    pub fn follow(&self, row: &StoreRow, what: &Followed) -> Result<bool> {
        if let Followed::Folder(path) = what
            && self.catalog.folder_at(std::path::Path::new(path))?.is_none()
        {
            return Err(OpError::Usage(format!(
                "No photos are known in this folder. Add it first with: safelight scan FOLDER. {path}"
            )));
        }
        self.followed_photos(what)?;
        Ok(self.catalog.follow(&row.id, what, self.clock.now())?)
    }

    /// No longer; what was sent stays where it is. False where it was not followed.
    ///
    /// # Errors
    /// The catalog's.
    pub fn unfollow(&self, row: &StoreRow, what: &Followed) -> Result<bool> {
        let mut any = self.catalog.unfollow(&row.id, what)?;
        if let Followed::Album(uid) = what {
            // An album may also say it itself.
            for album in self.albums()? {
                let here = album.backup_store.as_ref().is_some_and(|store| is_store(row, store));
                if album.uid.as_str() == uid && here {
                    self.back_up_album(album.id, None)?;
                    any = true;
                }
            }
        }
        Ok(any)
    }

    /// What a store follows, albums that say so themselves included.
    ///
    /// # Errors
    /// The catalog's.
    pub fn follows_of(&self, row: &StoreRow) -> Result<Vec<Followed>> {
        let mut all: Vec<Followed> = self
            .catalog
            .follows()?
            .into_iter()
            .filter(|(store, _)| *store == row.id)
            .map(|(_, what)| what)
            .collect();
        for album in self.albums()? {
            let what = Followed::Album(album.uid.as_str().to_owned());
            let here = album.backup_store.as_ref().is_some_and(|store| is_store(row, store));
            if here && !all.contains(&what) {
                all.push(what);
            }
        }
        Ok(all)
    }

    /// The photos of one followed thing as they are now.
    ///
    /// # Errors
    /// `Usage` where the album is gone or the query cannot be understood any more.
    pub fn followed_photos(&self, what: &Followed) -> Result<Vec<PhotoId>> {
        match what {
            Followed::Album(uid) => {
                let album = self.albums()?.into_iter().find(|album| album.uid.as_str() == uid);
                let gone = || OpError::Usage("This album is no longer there.".to_owned());
                self.album_photos(album.ok_or_else(gone)?.id)
            }
            Followed::Folder(path) => {
                let query = Query::from_args(&[path], |_| true).map_err(|error| OpError::Usage(error.to_string()))?;
                Ok(self.catalog.search(&query)?)
            }
            Followed::Query(text) => self.find(text),
        }
    }

    /// How one followed thing is called.
    fn followed_words(&self, what: &Followed) -> Result<String> {
        Ok(match what {
            Followed::Album(uid) => {
                let album = self.albums()?.into_iter().find(|album| album.uid.as_str() == uid);
                album.map_or_else(
                    || "An album that was deleted".to_owned(),
                    |album| format!("Album {}", album.name),
                )
            }
            Followed::Folder(path) => format!("Folder {path}"),
            Followed::Query(text) => format!("What \u{201c}{text}\u{201d} finds"),
        })
    }

    /// Every photo that a store follows, each once; `None` where it follows nothing. What cannot be read any more (an album
    /// that was deleted) counts as nothing.
    ///
    /// # Errors
    /// The catalog's.
    pub fn set_photos(&self, row: &StoreRow) -> Result<Option<Vec<PhotoId>>> {
        let follows = self.follows_of(row)?;
        if follows.is_empty() {
            return Ok(None);
        }
        let mut all = BTreeSet::new();
        for what in &follows {
            match self.followed_photos(what) {
                Ok(photos) => all.extend(photos),
                Err(OpError::Usage(why)) => tracing::warn!("{}: {why}", row.name),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(all.into_iter().collect()))
    }

    /// What of the library a store takes in and what it leaves out, in photos and bytes.
    ///
    /// # Errors
    /// The catalog's.
    pub fn set_view(&self, row: &StoreRow) -> Result<SetView> {
        let mut view = SetView::default();
        for what in self.follows_of(row)? {
            let (photos, problem) = match self.followed_photos(&what) {
                Ok(photos) => (photos, None),
                Err(OpError::Usage(why)) => (Vec::new(), Some(why)),
                Err(error) => return Err(error),
            };
            view.follows.push(FollowView {
                words: self.followed_words(&what)?,
                photos: photos.len() as u64,
                bytes: self.catalog.filtered_bytes(&photos)?,
                problem,
                what,
            });
        }
        let all = self.photos_of(&super::command::Scope::All)?;
        let inside = self.set_photos(row)?.unwrap_or_default();
        let is_in: HashSet<PhotoId> = inside.iter().copied().collect();
        let outside: Vec<PhotoId> = all.into_iter().filter(|photo| !is_in.contains(photo)).collect();
        (view.photos_in, view.bytes_in) = (inside.len() as u64, self.catalog.filtered_bytes(&inside)?);
        (view.photos_out, view.bytes_out) = (outside.len() as u64, self.catalog.filtered_bytes(&outside)?);
        Ok(view)
    }

    /// Puts what the stores follow and do not have yet into the queue. Returns how many files that were.
    ///
    /// # Errors
    /// The catalog's; a store that is away is asked the next time.
    pub fn queue_followed(&self, cx: &Cx) -> Result<u64> {
        let mut files = 0;
        let waiting: HashSet<_> = self.catalog.queued_files()?.into_iter().collect();
        for row in self.catalog.stores()? {
            let Some(photos) = self.set_photos(&row)? else { continue };
            if row.pause.is_some() {
                continue;
            }
            let mut plan = self.plan_backup(&row, &photos, cx)?;
            // What waits already keeps its tries and its reason.
            plan.send.retain(|(file, _)| !waiting.contains(file));
            if plan.store_away.is_none() && !plan.send.is_empty() {
                files += plan.send.len() as u64;
                self.catalog.enqueue(&row.id, &plan.send)?;
            }
        }
        Ok(files)
    }

    /// Why nothing is sent now, by the person's rules, store by store.
    ///
    /// # Errors
    /// The catalog's.
    pub fn held_back(&self) -> Result<Vec<(StoreId, String)>> {
        let (rules, network) = (self.settings().sending, self.network.now());
        let mut held = Vec::new();
        for row in self.catalog.stores()? {
            if let Some(why) = worker::hold(&self.bridge, &row, &rules, &network) {
                held.push((row.id, why));
            }
        }
        Ok(held)
    }

    /// Whether the queue has something to do now that it had not when it last ran: a wait is over, or a rule is.
    ///
    /// # Errors
    /// The catalog's.
    pub fn queue_is_due(&self, held_before: bool) -> Result<bool> {
        let now = self.clock.now();
        if self.catalog.next_retry(None)?.is_some_and(|at| at <= now) {
            return Ok(true);
        }
        Ok(held_before && self.held_back()?.len() < self.catalog.stores()?.len() && self.queue_view()?.total > 0)
    }

    /// Looks whether the machine slept or is on another network: then stores that were away are tried at once.
    ///
    /// # Errors
    /// The catalog's.
    pub fn look_for_wakes(&self, wakes: &mut Wakes) -> Result<bool> {
        if !wakes.look(self.clock.boot(), &self.network.now()) {
            return Ok(false);
        }
        Ok(self.catalog.stores_due_now(&[StorePause::Away.number()])? > 0)
    }

    /// Remembers with a store how its test ended.
    ///
    /// # Errors
    /// The catalog's.
    pub fn remember_test(&self, row: &StoreRow, report: &TestReport) -> Result<()> {
        let mut config = row.config.clone();
        config.tested = Some(Tested {
            at: self.clock.now().0,
            probes: u32::try_from(report.probes.len()).unwrap_or(u32::MAX),
            failed: report
                .probes
                .iter()
                .filter(|probe| probe.outcome == "FAILED")
                .map(|probe| probe.name.to_owned())
                .collect(),
        });
        Ok(self.catalog.set_store_config(&row.id, &config)?)
    }

    /// Changes the rules by which the queue sends.
    ///
    /// # Errors
    /// The disk's.
    pub fn set_sending(&self, rules: SendRules) -> Result<()> {
        self.change_settings(|settings| settings.sending = rules)?;
        Ok(())
    }
}

/// Albums name their store by its identity or, from older changes, by its name.
fn is_store(row: &StoreRow, store: &str) -> bool {
    row.id.0 == store || row.name == store
}

/// When a store is tried again, as a person reads it.
#[must_use]
pub fn retry_words(now: Timestamp, at: Timestamp) -> String {
    let seconds = at.since(now).max(0) / 1000;
    format!(
        "Tried again by itself in {}.",
        crate::model::plans::span(seconds.unsigned_abs())
    )
}
