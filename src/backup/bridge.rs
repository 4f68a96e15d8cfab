//! What every act on the bridge holds: the near wing's catalog, this disk, the clocks, and the stores that are open.

use super::error::{Error, Result};
use crate::{
    catalog::{Catalog, meta::ActivityRow, stores::StoreRow},
    model::{
        id::{DeviceId, StoreId},
        time::Stamp,
    },
    remote,
    store::store::{CreateOptions, Store},
    sys::{
        clock::Clock,
        fs::Fs,
        task::{Cx, lock},
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// The catalog's key for the reason why no original may go at the moment (rule 11).
const FROZEN: &str = "releases-frozen";

/// The bridge.
pub struct Bridge {
    /// This disk.
    pub fs: Arc<dyn Fs>,
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// The near wing's memory.
    pub catalog: Arc<Catalog>,
    /// This installation.
    pub device: DeviceId,
    /// What people call this machine.
    pub device_name: String,
    open: Mutex<HashMap<StoreId, Arc<Store>>>,
    /// The last stamp given out; see `record::next_stamp`.
    pub(in crate::backup) last_stamp: Mutex<Option<Stamp>>,
}

impl Bridge {
    /// A bridge with no store open yet.
    #[must_use]
    pub fn new(fs: Arc<dyn Fs>, clock: Arc<dyn Clock>, catalog: Arc<Catalog>, device: (DeviceId, String)) -> Self {
        let (device, device_name) = device;
        Self {
            fs,
            clock,
            catalog,
            device,
            device_name,
            open: Mutex::default(),
            last_stamp: Mutex::default(),
        }
    }

    /// Makes a folder a store, or opens the store that is there, and remembers it under this name.
    ///
    /// # Errors
    /// The place cannot be used; then nothing is remembered.
    pub fn add_store(&self, name: &str, url: &str, counts_override: bool, cx: &Cx) -> Result<StoreRow> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Error::refused("A store needs a name."));
        }
        let remote = remote::open::open_new(url, Arc::clone(&self.fs)).map_err(|error| Error::Store(error.into()))?;
        let device = remote.device().map_err(|error| Error::Store(error.into()))?;
        let clock = || Arc::clone(&self.clock);
        let store = match Store::open(Arc::clone(&remote), clock(), cx) {
            Ok(store) => store,
            Err(crate::store::error::Error::NotThere { .. }) => {
                Store::create(remote, clock(), CreateOptions::default(), cx)?
            }
            Err(error) => return Err(error.into()),
        };
        let row = StoreRow {
            id: store.id().clone(),
            name: name.to_owned(),
            url: url.to_owned(),
            created_at: self.clock.now(),
            counts_override,
            device,
            paused: None,
            log_segment: 0,
            log_hash: None,
            last_ok: Some(self.clock.now()),
        };
        self.catalog.add_store(&row)?;
        lock(&self.open).insert(row.id.clone(), Arc::new(store));
        self.note(1, format!("Added the store {name}"));
        Ok(row)
    }

    /// The store of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn store_named(&self, name: &str) -> Result<StoreRow> {
        let stores = self.catalog.stores()?;
        let known = stores
            .iter()
            .map(|row| row.name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        stores
            .into_iter()
            .find(|row| row.name == name || row.id.0 == name)
            .ok_or_else(|| {
                Error::refused(if known.is_empty() {
                    format!("There is no store called {name}. Add one with: safelight store add {name} FOLDER")
                } else {
                    format!("There is no store called {name}. Known stores: {known}.")
                })
            })
    }

    /// Opens a store, or takes it where it is open, and makes sure in this very moment that it is the one we know: its
    /// canary is read, never remembered (rule 10).
    ///
    /// # Errors
    /// It is away, replaced, or too new.
    pub fn store(&self, row: &StoreRow, cx: &Cx) -> Result<Arc<Store>> {
        let kept = lock(&self.open).get(&row.id).cloned();
        let store = match kept {
            Some(store) => store,
            None => {
                let remote =
                    remote::open::open(&row.url, Arc::clone(&self.fs)).map_err(|error| Error::Store(error.into()))?;
                let store = Arc::new(Store::open_expected(remote, Arc::clone(&self.clock), &row.id, cx)?);
                lock(&self.open).insert(row.id.clone(), Arc::clone(&store));
                store
            }
        };
        if let Err(error) = store.canary(cx) {
            // Opened anew at the next try: the place may come back as another mount.
            lock(&self.open).remove(&row.id);
            return Err(error.into());
        }
        let device = store.device().map_err(Error::Store)?;
        if !self.catalog.is_read_only() {
            self.catalog.store_answered(&row.id, device, self.clock.now())?;
        }
        Ok(store)
    }

    /// Takes a store that somebody else has opened, as if it had been opened from its address: for a place that has no
    /// address, as the simulated one. It is asked for its canary like every other, and opened by its address once it
    /// fails there.
    pub fn adopt(&self, store: Arc<Store>) {
        lock(&self.open).insert(store.id().clone(), store);
    }

    /// Why no original may go at the moment, if so.
    ///
    /// # Errors
    /// The catalog's.
    pub fn frozen(&self) -> Result<Option<String>> {
        Ok(self.catalog.meta(FROZEN)?)
    }

    /// Stops every release until a full verification finds all copies whole, or allows them again.
    ///
    /// # Errors
    /// The catalog's.
    pub fn set_frozen(&self, reason: Option<&str>) -> Result<()> {
        if let Some(reason) = reason {
            self.note(
                3,
                format!("No original leaves this disk until this is settled. {reason}"),
            );
        }
        Ok(self.catalog.set_meta(FROZEN, reason)?)
    }

    /// Writes one line of activity; that the line cannot be written is no reason to stop.
    pub fn note(&self, severity: u8, text: String) {
        if self.catalog.is_read_only() {
            return;
        }
        if let Err(error) = self.catalog.add_activity(&ActivityRow {
            at: self.clock.now(),
            severity,
            text,
        }) {
            tracing::warn!("activity was not written: {error}");
        }
    }
}
