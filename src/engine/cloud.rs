//! What is backed up by itself: albums, folders and queries that a store follows, what of the library is in and out of them,
//! and the rules by which the queue sends.

use super::{
    command::{Agreed, StoreWish},
    error::{OpError, Result},
    keeping::TestReport,
    session::Session,
    snapshot::{CloudView, FollowView, SendingView, SetView, StoreTest},
};
use crate::{
    backup::{
        bridge::{fingerprint, needs_keys, paid},
        policy::{SendRules, StorePause},
        worker,
    },
    catalog::{
        follows::Followed,
        stores::{StoreConfig, StoreRow, Tested},
    },
    model::{
        id::{PhotoId, StoreId},
        plans::{Room, verdict},
        query::Query,
        time::{Timestamp, ago},
    },
    remote::{
        access::Access,
        contract,
        folder::{Synced, synced_folders},
    },
    sys::{
        dirs::user_home,
        secret::Keeper,
        task::{Cx, lock},
    },
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::atomic::Ordering,
};

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
            Followed::Query(text) if text.trim().is_empty() => "Everything".to_owned(),
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
        let follows = self.follows_of(row)?;
        if follows.is_empty() {
            // What is left out of nothing is everything: nobody asks, and a large library need not be gone through.
            return Ok(view);
        }
        let sizes = self.catalog.photo_bytes()?;
        let bytes = |photo: &PhotoId| sizes.get(photo).copied().unwrap_or(0);
        let mut inside = HashSet::new();
        for what in follows {
            let (photos, problem) = match self.followed_photos(&what) {
                Ok(photos) => (photos, None),
                Err(OpError::Usage(why)) => (Vec::new(), Some(why)),
                Err(error) => return Err(error),
            };
            view.follows.push(FollowView {
                words: self.followed_words(&what)?,
                photos: photos.len() as u64,
                bytes: photos.iter().map(bytes).sum(),
                problem,
                what,
            });
            inside.extend(photos);
        }
        let mut outside = self.photos_of(&super::command::Scope::All)?;
        outside.retain(|photo| !inside.contains(photo));
        (view.photos_in, view.bytes_in) = (inside.len() as u64, inside.iter().map(bytes).sum());
        (view.photos_out, view.bytes_out) = (outside.len() as u64, outside.iter().map(bytes).sum());
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
            // Until a person has seen the first plan and said yes, nothing goes anywhere by itself.
            if row.pause.is_some() || !row.config.started {
                continue;
            }
            let Some(photos) = self.set_photos(&row)? else { continue };
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

    /// From now on what a store follows is sent by itself: a person said so, or backed something up there.
    ///
    /// # Errors
    /// The catalog's.
    pub fn start_following(&self, row: &StoreRow) -> Result<()> {
        if row.config.started {
            return Ok(());
        }
        let config = StoreConfig {
            started: true,
            ..row.config.clone()
        };
        Ok(self.catalog.set_store_config(&row.id, &config)?)
    }

    /// Whether the queue has something to do now that it had not when it last ran: a wait is over, or a rule is, or the
    /// machine woke up or is on another network.
    ///
    /// # Errors
    /// The catalog's.
    pub fn queue_is_due(&self) -> Result<bool> {
        let woke = lock(&self.wakes).look(self.clock.boot(), &self.network.now());
        if woke && self.may_write() {
            self.catalog.stores_due_now(&[StorePause::Away.number()])?;
        }
        let now = self.clock.now();
        if self.catalog.next_retry(None)?.is_some_and(|at| at <= now) {
            return Ok(true);
        }
        let held = self.rules_held.load(Ordering::SeqCst);
        Ok(
            (held && self.held_back()?.len() < self.catalog.stores()?.len() && self.queue_view()?.total > 0)
                || (woke && self.queue_view()?.total > 0),
        )
    }

    /// The rules by which the queue sends, and what they hold back now.
    ///
    /// # Errors
    /// The catalog's.
    pub fn sending_view(&self) -> Result<SendingView> {
        let names: HashMap<StoreId, String> = self
            .catalog
            .stores()?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        let held = self.held_back()?;
        Ok(SendingView {
            rules: self.settings().sending,
            metered: self.network.now().metered,
            held: held
                .into_iter()
                .filter_map(|(store, why)| Some((names.get(&store)?.clone(), why)))
                .collect(),
            locked: self.secrets.is_locked(),
        })
    }

    /// What a store's card shows beside its copies; `queued` is what waits for each store.
    ///
    /// # Errors
    /// The catalog's.
    pub fn cloud_view(&self, row: &StoreRow, room: Room, queued: (u64, u64)) -> Result<CloudView> {
        let now = self.clock.now();
        let pause = row.pause.as_ref();
        let kind = pause.and_then(|pause| StorePause::ALL.get(usize::from(pause.kind?)).copied());
        let verdict = (queued.1 > 0)
            .then(|| verdict(queued.1, room, paid(&row.url), &self.prices))
            .filter(|verdict| verdict.fits == Some(false));
        Ok(CloudView {
            pause: kind.map(StorePause::title),
            retry: pause.and_then(|pause| pause.retry_at).map(|at| retry_words(now, at)),
            by_hand: room.by_hand,
            asking: false,
            verdict: verdict.map(|verdict| verdict.sentence),
            queued,
            set: self.set_view(row)?,
            keys: row
                .config
                .has_keys
                .then(|| "It has keys, which are kept apart from everything else.".to_owned()),
            tested: row.config.tested.as_ref().map(|tested| {
                let when = ago(now.0.saturating_sub(tested.at));
                match tested.failed.as_slice() {
                    [] => format!("Tested {when}: {} promises kept", tested.probes),
                    [one] => format!("Tested {when}: \u{201c}{one}\u{201d} is not kept"),
                    [one, rest @ ..] => format!(
                        "Tested {when}: \u{201c}{one}\u{201d} and {} more are not kept",
                        rest.len()
                    ),
                }
            }),
            limit: row.config.limit,
            agreed: Agreed {
                plain_http: row.config.plain_http,
                pinned: row.config.pinned.clone(),
                elsewhere: row.config.elsewhere,
            },
        })
    }

    /// Folders of this machine that a cloud keeps in step.
    #[must_use]
    pub fn synced_places(&self) -> Vec<Synced> {
        user_home().map_or_else(Vec::new, |home| synced_folders(&home, self.fs.as_ref()))
    }

    /// Adds a store as the assistant describes it, or changes one; says where its keys are.
    ///
    /// # Errors
    /// The place cannot be used, or does not know us.
    pub fn set_up_store(&self, wish: &StoreWish, cx: &Cx) -> Result<(StoreRow, Option<Keeper>)> {
        let config = |before: StoreConfig| StoreConfig {
            plain_http: wish.agreed.plain_http,
            pinned: wish.agreed.pinned.clone(),
            elsewhere: wish.agreed.elsewhere,
            limit: wish.limit,
            ..before
        };
        let (row, keeper) = match &wish.store {
            None => self.add_store_with(
                &wish.name,
                &wish.url,
                config(StoreConfig::default()),
                wish.keys.clone(),
                cx,
            )?,
            Some(store) => {
                let row = self.stores_for(Some(&store.0))?.remove(0);
                self.set_store_config(&row, &config(row.config.clone()))?;
                let row = self.stores_for(Some(&store.0))?.remove(0);
                let keeper = wish
                    .keys
                    .as_ref()
                    .map(|keys| self.bridge.set_keys(&row, keys))
                    .transpose()?;
                (row, keeper)
            }
        };
        for what in &wish.follow {
            self.follow(&row, what)?;
        }
        Ok((self.stores_for(Some(&row.id.0))?.remove(0), keeper))
    }

    /// Tries out the place that the assistant describes; what is found can be read as it comes.
    ///
    /// # Errors
    /// None but in the test itself: why it could not run is a part of it.
    pub fn try_out(&self, wish: &StoreWish, cx: &Cx) -> Result<()> {
        *lock(&self.test) = StoreTest {
            url: wish.url.clone(),
            running: true,
            total: contract::count(),
            ..StoreTest::default()
        };
        let ended = self.try_out_as(wish, cx);
        let mut test = lock(&self.test);
        test.running = false;
        test.ended = Some(match ended {
            Ok(report) => (report.ok, report.sentence),
            Err(OpError::Cancelled) => (false, "The test was stopped. Its files are removed.".to_owned()),
            Err(error) => (false, error.to_string()),
        });
        Ok(())
    }

    fn try_out_as(&self, wish: &StoreWish, cx: &Cx) -> Result<TestReport> {
        let row = match &wish.store {
            Some(store) => Some(self.stores_for(Some(&store.0))?.remove(0)),
            None => None,
        };
        let mut access = match &row {
            Some(row) if wish.keys.is_none() => self.bridge.access(row)?,
            _ => Access {
                credentials: wish.keys.clone().or_else(|| {
                    let asks = needs_keys(&wish.url);
                    asks.then(|| self.secrets.of_environment(&wish.name)).flatten()
                }),
                ..Access::default()
            },
        };
        access.plain_http = wish.agreed.plain_http;
        access.pinned = wish.agreed.pinned.as_deref().and_then(fingerprint);
        let report = super::keeping::test_store(&wish.url, &access, wish.store.is_none(), cx, &mut |probe| {
            lock(&self.test).probes.push(probe)
        })?;
        if let Some(row) = row {
            self.remember_test(&row, &report)?;
        }
        Ok(report)
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
