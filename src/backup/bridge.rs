//! What every act on the bridge holds: the near wing's catalog, this disk, the clocks, and the stores that are open.

use super::{
    error::{Error, Result},
    policy::Order,
};
use crate::{
    catalog::{
        Catalog,
        meta::ActivityRow,
        stores::{StoreConfig, StoreRow},
    },
    model::{
        id::{DeviceId, StoreId},
        plans::{Paid, Prices, Room},
        safety::THIS_MACHINE,
        time::Stamp,
    },
    remote::{
        self,
        access::Access,
        api::{self, ErrorKind},
    },
    store::store::{CreateOptions, Store},
    sys::{
        clock::Clock,
        fs::Fs,
        secret::{Credentials, Keeper, SecretError, Secrets},
        task::{Cx, lock},
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// The catalog's key for the reason why no original may go at the moment (rule 11).
const FROZEN: &str = "releases-frozen";

/// How long the time of a store's last answer is near enough, in milliseconds.
const ANSWERED_MS: i64 = 60_000;

/// What a person chose, as far as the bridge needs it. Whoever opens a home sets it.
#[derive(Clone, Default)]
pub struct Choices {
    /// Where the keys of stores are; none where no store has any.
    pub secrets: Option<Arc<Secrets>>,
    /// The most bytes a second to any store.
    pub bandwidth: Option<u64>,
    /// Which files go first.
    pub order: Order,
    /// What room in the cloud costs.
    pub prices: Prices,
}

/// A store to be added.
#[derive(Clone, Debug, Default)]
pub struct NewStore {
    /// What to call it.
    pub name: String,
    /// Where it is; never a secret in it.
    pub url: String,
    /// Counts as another disk although it is on this one: the demo and tests.
    pub counts_override: bool,
    /// What the person chose for it.
    pub config: StoreConfig,
    /// Who we are there.
    pub credentials: Option<Credentials>,
}

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
    choices: Mutex<Choices>,
    /// A store's log is written by one at a time: each segment names the one before it.
    pub(in crate::backup) appending: Mutex<()>,
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
            choices: Mutex::default(),
            appending: Mutex::default(),
            last_stamp: Mutex::default(),
        }
    }

    /// What the person chose, as it is now.
    #[must_use]
    pub fn choices(&self) -> Choices {
        lock(&self.choices).clone()
    }

    /// Takes over what the person chose. Open stores are opened anew where that changes how they are reached.
    pub fn choose(&self, choices: Choices) {
        let before = std::mem::replace(&mut *lock(&self.choices), choices.clone());
        if before.bandwidth != choices.bandwidth {
            self.close_all();
        }
    }

    /// Every store is opened anew at its next use: its keys or its limits are others.
    pub fn close_all(&self) {
        lock(&self.open).clear();
    }

    /// A store's secrets and limits, for opening it. Asks the keyring, and so may take its time.
    ///
    /// # Errors
    /// Its keys are kept and cannot be had now: the store counts as signed out.
    pub fn access(&self, row: &StoreRow) -> Result<Access> {
        let credentials = match self.choices().secrets {
            Some(secrets) if needs_keys(&row.url) => {
                let found = secrets.get(&row.id.0, &row.name).map_err(|error| signed_out(&error))?;
                if found.is_none() && row.config.has_keys {
                    return Err(Error::Store(
                        api::Error::new(
                            ErrorKind::Auth,
                            format!(
                                "The keys of {name} are not here. Enter them again with: safelight store keys \"{name}\"",
                                name = row.name
                            ),
                        )
                        .into(),
                    ));
                }
                found
            }
            _ => None,
        };
        Ok(self.access_with(&row.config, credentials))
    }

    fn access_with(&self, config: &StoreConfig, credentials: Option<Credentials>) -> Access {
        let general = self.choices().bandwidth;
        Access {
            credentials,
            plain_http: config.plain_http,
            pinned: config.pinned.as_deref().and_then(fingerprint),
            bandwidth: config.bandwidth.into_iter().chain(general).min(),
        }
    }

    /// Makes a folder a store, or opens the store that is there, and remembers it under this name.
    ///
    /// # Errors
    /// The place cannot be used; then nothing is remembered.
    pub fn add_store(&self, name: &str, url: &str, counts_override: bool, cx: &Cx) -> Result<StoreRow> {
        let new = NewStore {
            name: name.to_owned(),
            url: url.to_owned(),
            counts_override,
            ..NewStore::default()
        };
        Ok(self.add(&new, cx)?.0)
    }

    /// The same with everything that can be chosen; also says where its keys are kept, if it has any.
    ///
    /// # Errors
    /// The place cannot be used; then nothing is remembered.
    pub fn add(&self, new: &NewStore, cx: &Cx) -> Result<(StoreRow, Option<Keeper>)> {
        let (name, url) = (new.name.trim(), new.url.as_str());
        if name.is_empty() {
            return Err(Error::refused("A store needs a name."));
        }
        refuse_secrets(url)?;
        let secrets = self.choices().secrets;
        let credentials = match (&new.credentials, &secrets) {
            (Some(given), _) => Some(given.clone()),
            (None, Some(secrets)) if needs_keys(url) => secrets.of_environment(name),
            _ => None,
        };
        let access = self.access_with(&new.config, credentials.clone());
        let counts_override = new.counts_override;
        let remote =
            remote::open::open_new(url, Arc::clone(&self.fs), &access).map_err(|error| Error::Store(error.into()))?;
        let kind = remote.describe().kind;
        let clock = || Arc::clone(&self.clock);
        let store = match Store::open(Arc::clone(&remote), clock(), cx) {
            Ok(store) => store,
            Err(crate::store::error::Error::NotThere { .. }) => {
                Store::create(remote, clock(), CreateOptions::default(), cx)?
            }
            Err(error) => return Err(error.into()),
        };
        // Asked after the first answer: before it a server does not know where it is.
        let device = device_of(&store, &new.config)?;
        let row = StoreRow {
            id: store.id().clone(),
            name: name.to_owned(),
            url: url.to_owned(),
            created_at: self.clock.now(),
            counts_override,
            device,
            config: StoreConfig {
                kind: kind.to_owned(),
                has_keys: credentials.is_some(),
                ..new.config.clone()
            },
            paused: None,
            pause: None,
            log_segment: 0,
            log_hash: None,
            last_ok: Some(self.clock.now()),
        };
        self.catalog.add_store(&row)?;
        lock(&self.open).insert(row.id.clone(), Arc::new(store));
        self.note(1, format!("Added the store {name}"));
        let keeper = match (credentials, secrets) {
            (Some(credentials), Some(secrets)) => Some(
                secrets
                    .put(&row.id.0, &credentials)
                    .map_err(|error| signed_out(&error))?,
            ),
            _ => None,
        };
        Ok((row, keeper))
    }

    /// Keeps other keys for a store, and tries it with them.
    ///
    /// # Errors
    /// They could not be kept.
    pub fn set_keys(&self, row: &StoreRow, credentials: &Credentials) -> Result<Keeper> {
        let Some(secrets) = self.choices().secrets else {
            return Err(Error::refused("There is no place to keep keys here."));
        };
        let keeper = secrets
            .put(&row.id.0, credentials)
            .map_err(|error| signed_out(&error))?;
        let config = StoreConfig {
            has_keys: true,
            ..row.config.clone()
        };
        self.catalog.set_store_config(&row.id, &config)?;
        self.catalog.pause_store(&row.id, None)?;
        lock(&self.open).remove(&row.id);
        Ok(keeper)
    }

    /// How much room there is in a store: what it says itself, else the person's own limit, the smaller where both are
    /// known.
    ///
    /// # Errors
    /// The catalog's; a store that says nothing is no error.
    pub fn room(&self, row: &StoreRow, store: Option<&Store>, cx: &Cx) -> Result<Room> {
        let ours = self.catalog.store_numbers(&row.id)?.bytes;
        let asked = store.and_then(|store| store.quota(cx).ok().flatten());
        let limited = row.config.limit.map(|limit| (limit.saturating_sub(ours), limit));
        let said = asked.map(|quota| (quota.free, quota.total));
        let smaller = [said, limited].into_iter().flatten().min_by_key(|(free, _)| *free);
        Ok(Room {
            free: smaller.map(|(free, _)| free),
            total: smaller.map(|(_, total)| total),
            ours,
            by_hand: smaller.is_some() && smaller == limited && said != limited,
        })
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
                let access = self.access(row)?;
                let remote = remote::open::open(&row.url, Arc::clone(&self.fs), &access)
                    .map_err(|error| Error::Store(error.into()))?;
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
        let device = device_of(&store, &row.config)?;
        let now = self.clock.now();
        // Asked before every file: where nothing is new, nothing is written.
        let known = row.device == device && row.last_ok.is_some_and(|at| (0..ANSWERED_MS).contains(&(now.0 - at.0)));
        if !known && !self.catalog.is_read_only() {
            self.catalog.store_answered(&row.id, device, now)?;
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

/// Where a store's bytes lie, as `Remote::device` says it. A server that is reached at this machine itself may be a tunnel's
/// end: the person can say so, nobody else can know.
///
/// # Errors
/// It could not be asked.
pub(in crate::backup) fn device_of(store: &Store, config: &StoreConfig) -> Result<Option<u64>> {
    let device = store.device().map_err(Error::Store)?;
    Ok(device.filter(|device| !(config.elsewhere && *device == THIS_MACHINE)))
}

/// Whether a store at this address may ask who we are. rclone keeps its own keys, and a folder has none.
#[must_use]
pub fn needs_keys(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    ["s3:", "dav:", "davs:", "webdav:", "webdavs:", "http:", "https:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}

/// Whether a store at this address is reached over a network, as far as the address tells.
#[must_use]
pub fn over_network(url: &str) -> bool {
    needs_keys(url) || url.to_ascii_lowercase().starts_with("rclone:")
}

/// How a store is paid for, as far as its address tells: iCloud Drive's own folder is paid by plan like what rclone and
/// WebDAV reach.
#[must_use]
pub fn paid(url: &str) -> Paid {
    let small = url.to_ascii_lowercase();
    if small.starts_with("s3:") {
        Paid::ByGigabyte
    } else if over_network(url) || small.contains("com~apple~clouddocs") || small.contains("iclouddrive") {
        Paid::ByPlan
    } else {
        Paid::No
    }
}

/// An address is kept in settings and shown on the screen: a password in it would be no secret any more (I17).
fn refuse_secrets(url: &str) -> Result<()> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let in_authority = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    let query = rest.split_once('?').map_or("", |(_, query)| query).to_ascii_lowercase();
    let in_query = query.split('&').filter_map(|pair| pair.split('=').next()).any(|name| {
        ["secret", "password", "passwd", "token", "access_key", "accesskey"]
            .iter()
            .any(|word| name.contains(word))
    });
    if in_authority || in_query {
        return Err(Error::refused(
            "Leave the password and keys out of the address: it is kept in the settings and shown. You are asked for them.",
        ));
    }
    Ok(())
}

fn signed_out(error: &SecretError) -> Error {
    Error::Store(api::Error::new(ErrorKind::Auth, error.to_string()).into())
}

/// The 32 bytes of a SHA-256 in hex, with or without colons between them.
#[must_use]
pub fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok())
        .collect();
    (digits.len() == 64).then(|| bytes.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i17_addresses_with_secrets_are_refused() {
        for bad in [
            "https://me:hunter2@cloud.example/dav",
            "s3://bucket/x?secret_access_key=hunter2",
            "davs://host/x?region=a&Password=b",
        ] {
            let said = refuse_secrets(bad).expect_err("refused").to_string();
            assert!(!said.contains("hunter2"), "{said}");
        }
        for good in [
            "/mnt/nas/photos",
            "https://me@cloud.example/dav/files/a:b@c",
            "s3://bucket/x?endpoint=https://s3.example:9000&region=eu",
            "rclone:icloud:photos",
        ] {
            assert!(refuse_secrets(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn addresses_tell_how_a_store_is_reached_and_paid() {
        for (url, keys, network, how) in [
            ("/mnt/nas", false, false, Paid::No),
            ("s3://bucket", true, true, Paid::ByGigabyte),
            ("davs://cloud/x", true, true, Paid::ByPlan),
            ("rclone:icloud:x", false, true, Paid::ByPlan),
            (
                "/Users/a/Library/Mobile Documents/com~apple~CloudDocs/x",
                false,
                false,
                Paid::ByPlan,
            ),
        ] {
            assert_eq!(
                (needs_keys(url), over_network(url), paid(url)),
                (keys, network, how),
                "{url}"
            );
        }
    }

    #[test]
    fn fingerprints_are_32_bytes() {
        let text = "AB:".repeat(31) + "0f";
        assert_eq!(
            fingerprint(&text).map(|bytes| (bytes[0], bytes[31])),
            Some((0xab, 0x0f))
        );
        assert_eq!(fingerprint("abcd"), None);
        assert_eq!(fingerprint(&"g".repeat(64)), None);
    }
}
