//! One opened home: lock, settings, catalog, bridge, thumbnails. Both faces work on a session: the terminal calls it
//! directly, the window's engine from its threads.

use super::{
    settings::{Settings, StoreSetting},
    snapshot::StoreTest,
    tiles::TileBook,
};
use crate::{
    backup::{
        bridge::{Bridge, Choices},
        plan,
        policy::Wakes,
        recover::{Recovered, recover},
    },
    catalog::{Catalog, backups, error::Error as CatalogError, thumbs::ThumbCache},
    library::thumbs::Thumbs,
    media::limits::Limits,
    model::{
        id::DeviceId,
        plans::{self, Prices},
    },
    sys::{
        clock::{Clock, RealClock, random_hex},
        dirs::Home,
        fs::{Fs, FsError},
        lock::HomeLock,
        network::{Network, SystemNetwork},
        real::RealFs,
        secret::Secrets,
        task::{Cx, lock},
    },
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, atomic::AtomicBool},
};

/// How a home is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// As the one writer.
    Write,
    /// To look only; another Safelight may be writing.
    Look,
}

/// Why a home could not be opened: what, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("Another Safelight is using this library. Close it first, or use another folder with --home.")]
    Locked,
    /// There is no catalog to look at yet.
    #[error("There is no library here yet. Begin with: safelight scan FOLDER")]
    Empty,
    /// No home directory, and no `--home`.
    #[error("This system names no home folder for you. Choose one with --home DIR.")]
    NoHome,
    /// The catalog is damaged.
    #[error(
        "{0}. Your photos and your stores are not touched by this: the catalog is only an index. \
         Make it again with: safelight rebuild"
    )]
    Damaged(CatalogError),
    /// The catalog cannot be used for another reason.
    #[error("{0}")]
    Catalog(CatalogError),
    /// The disk said no.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl From<CatalogError> for OpenError {
    fn from(error: CatalogError) -> Self {
        match error.is_damage() {
            true => Self::Damaged(error),
            false => Self::Catalog(error),
        }
    }
}

/// One opened home.
pub struct Session {
    /// Where it is.
    pub home: Home,
    /// This disk.
    pub fs: Arc<dyn Fs>,
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// What is known.
    pub catalog: Arc<Catalog>,
    /// The way to the stores.
    pub bridge: Arc<Bridge>,
    /// Small pictures.
    pub thumbs: Arc<Thumbs>,
    /// Where the keys of stores are kept.
    pub secrets: Arc<Secrets>,
    /// What kind of network this machine is on.
    pub network: Arc<dyn Network>,
    /// What room in the cloud costs.
    pub prices: Prices,
    /// The last run of the queue was held back by the person's rules.
    pub(in crate::engine) rules_held: AtomicBool,
    /// What was wrong with a file was found while its picture was made; the loop has not shown it yet.
    pub(in crate::engine) found_flaw: AtomicBool,
    /// Notices sleep and other networks.
    pub(in crate::engine) wakes: Mutex<Wakes>,
    /// The test of a place that runs or ran last.
    pub(in crate::engine) test: Mutex<StoreTest>,
    settings: Mutex<Settings>,
    /// The tiles of the whole library.
    pub(in crate::engine) tiles: TileBook,
    /// What went not quite right while opening, as sentences.
    pub warnings: Vec<String>,
    /// What an interrupted run left, and what became of it.
    pub recovered: Recovered,
    // Last: everything above is closed before another process may come in.
    lock: Option<HomeLock>,
}

/// The catalog's file name in the data folder.
pub const CATALOG: &str = "catalog.sqlite";
/// The thumbnail cache's file name in the cache folder.
pub const THUMBS: &str = "thumbs.db";
/// The settings' file name in the config folder.
pub const SETTINGS: &str = "settings.ron";

impl Session {
    /// Opens a home: makes its folders, takes the lock, migrates, recovers what a kill left.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing is changed where the catalog is damaged or too new.
    pub fn open(home: Home, mode: Mode, cx: &Cx) -> Result<Self, OpenError> {
        let fs: Arc<dyn Fs> = Arc::new(RealFs);
        let clock: Arc<dyn Clock> = Arc::new(RealClock);
        let path = home.data.join(CATALOG);
        if mode == Mode::Look && fs.stat_opt(&path)?.is_none() {
            return Err(OpenError::Empty);
        }
        for dir in [&home.config, &home.data, &home.cache] {
            fs.make_dirs(dir)?;
        }
        let mut warnings = Vec::new();
        let (settings, warning) = Settings::load(fs.as_ref(), &home.config.join(SETTINGS), clock.now());
        warnings.extend(warning);
        let lock = match mode {
            Mode::Look => None,
            Mode::Write => Some(HomeLock::acquire(&home.data)?.ok_or(OpenError::Locked)?),
        };
        let catalog = Arc::new(match mode {
            Mode::Write => Catalog::open(&path)?,
            Mode::Look => Catalog::open_read_only(&path)?,
        });
        if lock.as_ref().is_some_and(|lock| lock.unclean) {
            catalog.quick_check()?;
        }
        let device = device_of(&catalog, mode, settings.device.as_deref())?;
        let bridge = Arc::new(Bridge::new(
            Arc::clone(&fs),
            Arc::clone(&clock),
            Arc::clone(&catalog),
            (device, device_name()),
        ));
        let secrets = Arc::new(Secrets::new(&home.config));
        let (prices, warning) = prices_of(fs.as_ref(), &home);
        warnings.extend(warning);
        bridge.choose(choices_of(&settings, &secrets, &prices));
        let cache = ThumbCache::open_bounded(&home.cache.join(THUMBS), settings.thumb_cache_bytes);
        let thumbs = Arc::new(Thumbs::new(
            cache
                .map_err(|error| warnings.push(format!("Thumbnails are not kept this time: {error}")))
                .ok(),
            Limits::default(),
        ));
        let mut recovered = Recovered::default();
        if mode == Mode::Write {
            catalog.requeue_interrupted()?;
            catalog.make_search_indexes()?;
            match recover(&bridge, cx) {
                Ok(report) => recovered = report,
                Err(error) => warnings.push(format!("What an earlier run left could not be settled: {error}")),
            }
            if let Err(error) = backups::copy_daily(&catalog, fs.as_ref(), clock.now()) {
                warnings.push(format!("Today's copy of the catalog could not be made: {error}"));
            }
        }
        for (path, why) in &recovered.stuck {
            warnings.push(format!("{why} ({})", path.display()));
        }
        for path in &recovered.rescued {
            warnings.push(format!(
                "A held file that no record knows was found and is kept: {}",
                path.display()
            ));
        }
        Ok(Self {
            home,
            fs,
            clock,
            catalog,
            bridge,
            thumbs,
            secrets,
            network: Arc::new(SystemNetwork::new()),
            prices,
            rules_held: AtomicBool::new(false),
            found_flaw: AtomicBool::new(false),
            wakes: Mutex::default(),
            test: Mutex::default(),
            settings: Mutex::new(settings),
            tiles: TileBook::default(),
            warnings,
            recovered,
            lock,
        })
    }

    /// The settings as they are now.
    #[must_use]
    pub fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }

    /// Changes the settings and keeps them.
    ///
    /// # Errors
    /// The disk's; the change holds for this session all the same.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), OpenError> {
        let (before, now) = {
            let mut settings = lock(&self.settings);
            let before = settings.clone();
            change(&mut settings);
            (before, settings.clone())
        };
        self.bridge.choose(choices_of(&now, &self.secrets, &self.prices));
        if before.sending.order != now.sending.order
            && self.may_write()
            && let Err(error) = plan::reorder(&self.bridge)
        {
            tracing::warn!("the queue keeps its order: {error}");
        }
        Ok(now.save(self.fs.as_ref(), &self.home.config.join(SETTINGS))?)
    }

    /// Whether this session may change anything.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.lock.is_some()
    }

    /// Says that this session lets go of the library when a window asks for it.
    pub fn yields(&self) {
        if let Some(lock) = &self.lock {
            lock.yields();
        }
    }

    /// Writes the roots and stores into the settings, so that a lost catalog can be made again from them.
    ///
    /// # Errors
    /// The disk's and the catalog's.
    pub fn remember_places(&self) -> Result<(), OpenError> {
        let roots: Vec<PathBuf> = self.catalog.roots()?.into_iter().map(|root| root.path).collect();
        let stores: Vec<StoreSetting> = self
            .catalog
            .stores()?
            .into_iter()
            .map(|row| StoreSetting {
                name: row.name,
                url: row.url,
                id: row.id.0,
                config: row.config,
            })
            .collect();
        let mut settings = lock(&self.settings);
        let device = Some(self.bridge.device.0.clone());
        if settings.roots != roots || settings.stores != stores || settings.device != device {
            settings.device = device;
            settings.roots = roots;
            settings.stores = stores;
            settings.save(self.fs.as_ref(), &self.home.config.join(SETTINGS))?;
        }
        Ok(())
    }
}

fn choices_of(settings: &Settings, secrets: &Arc<Secrets>, prices: &Prices) -> Choices {
    Choices {
        secrets: Some(Arc::clone(secrets)),
        bandwidth: settings.sending.bandwidth,
        order: settings.sending.order,
        prices: prices.clone(),
    }
}

/// A person's own list of prices.
const PRICES: &str = "plans.ron";

/// The prices of the person's own file, else those that came with this version.
fn prices_of(fs: &dyn Fs, home: &Home) -> (Prices, Option<String>) {
    let path = home.config.join(PRICES);
    let text = match fs.stat_opt(&path) {
        Ok(None) => return (Prices::bundled(), None),
        Ok(Some(_)) => fs.read_small(&path, plans::MAX_TEXT).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match text.and_then(|bytes| Prices::parse(&String::from_utf8_lossy(&bytes))) {
        Ok(prices) => (prices, None),
        Err(why) => {
            let sentence = format!("Your list of prices cannot be used ({why}): {}", path.display());
            (Prices::bundled(), Some(sentence))
        }
    }
}

const DEVICE: &str = "device";

fn device_of(catalog: &Catalog, mode: Mode, remembered: Option<&str>) -> Result<DeviceId, OpenError> {
    if let Some(device) = catalog.meta(DEVICE)? {
        return Ok(DeviceId(device));
    }
    // A catalog made again goes on under the same name in the stores' logs.
    let remembered = remembered.filter(|text| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if let (Some(device), Mode::Write) = (remembered, mode) {
        catalog.set_meta(DEVICE, Some(device))?;
        return Ok(DeviceId(device.to_owned()));
    }
    let device = random_hex(8).map_err(|source| FsError::new("mint an identity", catalog.path(), source))?;
    if mode == Mode::Write {
        catalog.set_meta(DEVICE, Some(&device))?;
    }
    Ok(DeviceId(device))
}

/// What people call this machine, as far as its environment says.
fn device_name() -> String {
    ["HOSTNAME", "COMPUTERNAME", "NAME"]
        .into_iter()
        .find_map(|key| std::env::var(key).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "This computer".to_owned())
}
