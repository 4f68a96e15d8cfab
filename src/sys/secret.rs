//! Secrets: keys and passwords that no log, setting, argument or debug output ever shows (I17), and the places that keep
//! them: the environment, the system's keyring, a file that a passphrase encrypts, or this session's memory only. The texts
//! are wiped when they are dropped. Everything here may wait for a keyring, so nothing of it is for the thread that draws.

use super::{
    fs::{Fs as _, FsError, FsErrorKind},
    real::{RealFs, replace_private},
    task::{self, lock},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc::sync_channel},
    time::Duration,
};

pub use secrecy::{ExposeSecret, SecretString};

/// Who we are for a store that asks.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The access key or user name; no secret, but not for logs either.
    pub user: String,
    /// The secret key or password.
    pub secret: SecretString,
    /// The session token of keys that expire.
    pub token: Option<SecretString>,
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        let token = |one: &Self| one.token.as_ref().map(|token| token.expose_secret().to_owned());
        self.user == other.user
            && self.secret.expose_secret() == other.secret.expose_secret()
            && token(self) == token(other)
    }
}

impl Eq for Credentials {}

/// A text that compares, but never shows itself: for passphrases on their way to the engine.
#[derive(Clone, Debug)]
pub struct Hidden(pub SecretString);

impl PartialEq for Hidden {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Hidden {}

/// What a person is typing into a field for secrets: shows itself nowhere, and is wiped when it goes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Typed(secrecy::zeroize::Zeroizing<String>);

impl Typed {
    /// The text, for the field.
    pub fn text(&mut self) -> &mut String {
        &mut self.0
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as a secret.
    #[must_use]
    pub fn secret(&self) -> SecretString {
        SecretString::from(self.0.as_str())
    }
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(hidden)")
    }
}

/// How credentials are written inside a keyring's entry and inside the encrypted file.
#[derive(Serialize, Deserialize)]
struct Written {
    user: String,
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Written {
    fn of(credentials: &Credentials) -> Self {
        Self {
            user: credentials.user.clone(),
            secret: credentials.secret.expose_secret().to_owned(),
            token: credentials.token.as_ref().map(|token| token.expose_secret().to_owned()),
        }
    }

    fn read(self) -> Credentials {
        Credentials {
            user: self.user,
            secret: self.secret.into(),
            token: self.token.map(Into::into),
        }
    }
}

/// Why a secret could not be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file is there and nobody has said the passphrase.
    #[error("The keys are in an encrypted file. Say its passphrase, or set SAFELIGHT_PASSPHRASE.")]
    Locked,
    /// The passphrase is another one.
    #[error("This is not the passphrase of the encrypted keys. Try again.")]
    WrongPassphrase,
    /// The keyring has something for this store, and cannot be asked now.
    #[error("The system's keyring does not answer ({0}). Unlock it, then try again.")]
    Keyring(String),
    /// What was kept cannot be understood.
    #[error("The kept keys are damaged. Forget the store's keys and enter them again.")]
    Damaged,
    /// The disk failed.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// The result of every call.
pub type Result<T> = std::result::Result<T, SecretError>;

/// Where credentials are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keeper {
    /// The environment of this process: not ours to keep.
    Environment,
    /// The system's keyring.
    Keyring,
    /// The file that a passphrase encrypts.
    File,
    /// Nowhere but in memory: gone when the program ends.
    Session,
}

impl Keeper {
    /// What a person reads.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Environment => "Its keys come from the environment.",
            Self::Keyring => "Its keys are in the system's keyring.",
            Self::File => "Its keys are in a file that your passphrase encrypts.",
            Self::Session => {
                "Its keys are kept in memory only and are asked for again next time: there is no keyring here."
            }
        }
    }
}

/// A keyring, as far as it is used here; the tests have one of their own.
pub trait Ring: Send + Sync {
    /// The text of an entry.
    ///
    /// # Errors
    /// It cannot be asked: says nothing about whether the entry is there.
    fn get(&self, account: &str) -> std::result::Result<Option<SecretString>, String>;
    /// Keeps a text.
    ///
    /// # Errors
    /// It is not kept.
    fn set(&self, account: &str, text: &SecretString) -> std::result::Result<(), String>;
    /// Forgets an entry; fine where there is none.
    ///
    /// # Errors
    /// It may still be there.
    fn forget(&self, account: &str) -> std::result::Result<(), String>;
}

/// The system's keyring: the Secret Service on Linux, the Keychain on macOS, the Credential Manager on Windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRing;

/// The name of our entries in the keyring.
const SERVICE: &str = "safelight";
/// A keyring may ask the person for its own password: so long is waited for that.
const RING_WAIT: Duration = Duration::from_secs(60);

/// Asks the keyring on a thread of its own: one that hangs costs a thread, not the program.
fn ring<T: Send + 'static>(
    ask: impl FnOnce() -> keyring::Result<T> + Send + 'static,
) -> std::result::Result<Option<T>, String> {
    let (told, heard) = sync_channel(1);
    task::spawn("keyring", move || {
        let _ = told.send(ask());
    })
    .map_err(|error| error.to_string())?;
    match heard.recv_timeout(RING_WAIT) {
        Ok(Ok(value)) => Ok(Some(value)),
        Ok(Err(keyring::Error::NoEntry)) => Ok(None),
        // Only the kind of failure is said: some of these errors carry what was read.
        Ok(Err(keyring::Error::NoDefaultStore)) => Err("there is none".to_owned()),
        Ok(Err(keyring::Error::PlatformFailure(error) | keyring::Error::NoStorageAccess(error))) => {
            Err(error.to_string())
        }
        Ok(Err(_)) => Err("it refused".to_owned()),
        Err(_) => Err("no answer within a minute".to_owned()),
    }
}

impl Ring for SystemRing {
    fn get(&self, account: &str) -> std::result::Result<Option<SecretString>, String> {
        let account = account.to_owned();
        ring(move || {
            keyring::Entry::new(SERVICE, &account)?
                .get_password()
                .map(SecretString::from)
        })
    }

    fn set(&self, account: &str, text: &SecretString) -> std::result::Result<(), String> {
        let (account, text) = (account.to_owned(), text.clone());
        ring(move || keyring::Entry::new(SERVICE, &account)?.set_password(text.expose_secret())).map(drop)
    }

    fn forget(&self, account: &str) -> std::result::Result<(), String> {
        let account = account.to_owned();
        ring(move || keyring::Entry::new(SERVICE, &account)?.delete_credential()).map(drop)
    }
}

/// The encrypted file's name in the config folder.
pub const FILE: &str = "secrets.age";
const MAX_FILE: u64 = 1024 * 1024;

type Ask = Box<dyn Fn(bool) -> Option<SecretString> + Send + Sync>;

#[derive(Default)]
struct Memory {
    session: BTreeMap<String, Credentials>,
    /// What the keyring has said: it is asked once for each store.
    from_ring: BTreeMap<String, Option<Credentials>>,
    passphrase: Option<SecretString>,
    opened: Option<BTreeMap<String, Credentials>>,
}

/// Every place where credentials may be, asked in order: session, environment, keyring, file.
pub struct Secrets {
    path: PathBuf,
    ring: Option<Arc<dyn Ring>>,
    environment: fn(&str) -> Option<String>,
    memory: Mutex<Memory>,
    ask: Mutex<Option<Ask>>,
    /// The cost of guessing a passphrase, as a power of two; none for age's own choice of about a second.
    work: Option<u8>,
}

fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl Secrets {
    /// The secrets of the home with this config folder. Nothing is read yet.
    #[must_use]
    pub fn new(config: &Path) -> Self {
        // `SAFELIGHT_KEYRING=off` is for machines whose keyring nobody can unlock, and for tests.
        let off = from_environment("SAFELIGHT_KEYRING").is_some_and(|word| word == "off");
        let ring: Option<Arc<dyn Ring>> = if off { None } else { Some(Arc::new(SystemRing)) };
        Self::with(config, ring, from_environment, None)
    }

    /// The same with another keyring, environment and cost: for tests.
    #[must_use]
    pub fn with(
        config: &Path,
        ring: Option<Arc<dyn Ring>>,
        environment: fn(&str) -> Option<String>,
        work: Option<u8>,
    ) -> Self {
        Self {
            path: config.join(FILE),
            ring,
            environment,
            memory: Mutex::default(),
            ask: Mutex::default(),
            work,
        }
    }

    /// Who is asked for the passphrase when it is needed: the command line has a person in front of it. It is told whether
    /// a new passphrase is to be chosen.
    pub fn ask_with(&self, ask: impl Fn(bool) -> Option<SecretString> + Send + Sync + 'static) {
        *lock(&self.ask) = Some(Box::new(ask));
    }

    /// The credentials that the environment has for a store of this name: `SAFELIGHT_STORE_<NAME>_USER` and `.._SECRET`
    /// (and `.._TOKEN`), else `SAFELIGHT_STORE_USER` and `SAFELIGHT_STORE_SECRET`.
    #[must_use]
    pub fn of_environment(&self, name: &str) -> Option<Credentials> {
        let word: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        [format!("SAFELIGHT_STORE_{word}"), "SAFELIGHT_STORE".to_owned()]
            .into_iter()
            .find_map(|start| {
                let get = |what: &str| (self.environment)(&format!("{start}_{what}"));
                Some(Credentials {
                    user: get("USER").unwrap_or_default(),
                    secret: get("SECRET")?.into(),
                    token: get("TOKEN").map(Into::into),
                })
            })
    }

    /// The credentials of a store: by its identity, and by its name for the environment. `None` where no place has any,
    /// which is right for folders and public servers.
    ///
    /// # Errors
    /// A place that may have them cannot be opened now.
    pub fn get(&self, account: &str, name: &str) -> Result<Option<Credentials>> {
        if let Some(found) = lock(&self.memory).session.get(account) {
            return Ok(Some(found.clone()));
        }
        if let Some(found) = self.of_environment(name) {
            return Ok(Some(found));
        }
        let ring = self.of_ring(account);
        if let Ok(Some(found)) = ring {
            return Ok(Some(found));
        }
        // A keyring that is not there at all is no error: most servers have none.
        self.of_file(account)
    }

    fn of_ring(&self, account: &str) -> Result<Option<Credentials>> {
        let Some(ring) = &self.ring else { return Ok(None) };
        if let Some(known) = lock(&self.memory).from_ring.get(account) {
            return Ok(known.clone());
        }
        let found = match ring.get(account).map_err(SecretError::Keyring)? {
            Some(text) => Some(parse(text.expose_secret())?),
            None => None,
        };
        lock(&self.memory).from_ring.insert(account.to_owned(), found.clone());
        Ok(found)
    }

    fn of_file(&self, account: &str) -> Result<Option<Credentials>> {
        if !self.has_file()? {
            return Ok(None);
        }
        self.open_file()?;
        let memory = lock(&self.memory);
        Ok(memory.opened.as_ref().and_then(|all| all.get(account)).cloned())
    }

    /// Whether there is an encrypted file.
    ///
    /// # Errors
    /// The disk's.
    pub fn has_file(&self) -> Result<bool> {
        Ok(RealFs.stat_opt(&self.path)?.is_some())
    }

    /// Whether the file is there and the passphrase is not known yet.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.has_file().unwrap_or(false)
            && lock(&self.memory).passphrase.is_none()
            && (self.environment)("SAFELIGHT_PASSPHRASE").is_none()
    }

    /// Takes the passphrase and tries it on the file, where there is one.
    ///
    /// # Errors
    /// `WrongPassphrase`; then it is not remembered.
    pub fn unlock(&self, passphrase: SecretString) -> Result<()> {
        if self.has_file()? {
            let opened = self.decrypt(&passphrase)?;
            lock(&self.memory).opened = Some(opened);
        }
        lock(&self.memory).passphrase = Some(passphrase);
        Ok(())
    }

    fn passphrase(&self) -> Result<SecretString> {
        if let Some(known) = &lock(&self.memory).passphrase {
            return Ok(known.clone());
        }
        if let Some(said) = (self.environment)("SAFELIGHT_PASSPHRASE") {
            return Ok(said.into());
        }
        let asked = {
            let is_new = !self.has_file()?;
            lock(&self.ask).as_ref().and_then(|ask| ask(is_new))
        };
        asked
            .filter(|text| !text.expose_secret().is_empty())
            .ok_or(SecretError::Locked)
    }

    fn open_file(&self) -> Result<()> {
        if lock(&self.memory).opened.is_some() {
            return Ok(());
        }
        let passphrase = self.passphrase()?;
        self.unlock(passphrase)
    }

    fn decrypt(&self, passphrase: &SecretString) -> Result<BTreeMap<String, Credentials>> {
        let bytes = match RealFs.read_small(&self.path, MAX_FILE) {
            Ok(bytes) => bytes,
            Err(error) if error.kind == FsErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(error.into()),
        };
        let identity = age::scrypt::Identity::new(passphrase.clone());
        let plain = age::decrypt(&identity, &bytes).map_err(|error| match error {
            age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed => {
                SecretError::WrongPassphrase
            }
            age::DecryptError::NoMatchingKeys => SecretError::WrongPassphrase,
            _ => SecretError::Damaged,
        })?;
        let written: BTreeMap<String, Written> = serde_json::from_slice(&plain).map_err(|_| SecretError::Damaged)?;
        Ok(written
            .into_iter()
            .map(|(account, one)| (account, one.read()))
            .collect())
    }

    fn write_file(&self, all: &BTreeMap<String, Credentials>) -> Result<()> {
        let passphrase = self.passphrase()?;
        let written: BTreeMap<&String, Written> =
            all.iter().map(|(account, one)| (account, Written::of(one))).collect();
        let plain = serde_json::to_vec(&written).map_err(|_| SecretError::Damaged)?;
        let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
        if let Some(work) = self.work {
            recipient.set_work_factor(work);
        }
        let sealed = age::encrypt(&recipient, &plain).map_err(|_| SecretError::Damaged)?;
        replace_private(&self.path, &sealed)?;
        let mut memory = lock(&self.memory);
        memory.passphrase = Some(passphrase);
        memory.opened = Some(all.clone());
        Ok(())
    }

    /// Keeps credentials in the best place there is, and says which: the keyring, else the encrypted file where a
    /// passphrase is known, else memory.
    ///
    /// # Errors
    /// The encrypted file is there, and could not be opened or written.
    pub fn put(&self, account: &str, credentials: &Credentials) -> Result<Keeper> {
        lock(&self.memory)
            .session
            .insert(account.to_owned(), credentials.clone());
        if self.of_environment("").as_ref() == Some(credentials) {
            return Ok(Keeper::Environment);
        }
        if let Some(ring) = &self.ring {
            let text = serde_json::to_string(&Written::of(credentials)).map_err(|_| SecretError::Damaged)?;
            match ring.set(account, &text.into()) {
                Ok(()) => return Ok(Keeper::Keyring),
                Err(why) => tracing::info!("no keyring for the keys of a store: {why}"),
            }
        }
        if self.passphrase().is_err() {
            return Ok(Keeper::Session);
        }
        self.open_file()?;
        let mut all = lock(&self.memory).opened.clone().unwrap_or_default();
        all.insert(account.to_owned(), credentials.clone());
        self.write_file(&all)?;
        Ok(Keeper::File)
    }

    /// Forgets what is kept for a store, in every place that is ours. Best effort: a keyring that is away keeps its entry.
    ///
    /// # Errors
    /// The encrypted file could not be written.
    pub fn forget(&self, account: &str) -> Result<()> {
        {
            let mut memory = lock(&self.memory);
            memory.session.remove(account);
            memory.from_ring.remove(account);
        }
        if let Some(ring) = &self.ring
            && let Err(why) = ring.forget(account)
        {
            tracing::info!("the keyring was not asked to forget a store: {why}");
        }
        if self.has_file()? && !self.is_locked() {
            self.open_file()?;
            let mut all = lock(&self.memory).opened.clone().unwrap_or_default();
            if all.remove(account).is_some() {
                self.write_file(&all)?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// What serde says of a text that is no JSON may quote it, so it is dropped (I17).
fn parse(text: &str) -> Result<Credentials> {
    let written: Written = serde_json::from_str(text).map_err(|_| SecretError::Damaged)?;
    Ok(written.read())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn keys(secret: &str) -> Credentials {
        Credentials {
            user: "me".to_owned(),
            secret: secret.to_owned().into(),
            token: Some("hunter3".to_owned().into()),
        }
    }

    /// A keyring in memory, which can be away.
    #[derive(Default)]
    struct Pocket {
        entries: Mutex<BTreeMap<String, String>>,
        away: bool,
    }

    impl Ring for Pocket {
        fn get(&self, account: &str) -> std::result::Result<Option<SecretString>, String> {
            if self.away {
                return Err("away".to_owned());
            }
            Ok(lock(&self.entries).get(account).cloned().map(Into::into))
        }
        fn set(&self, account: &str, text: &SecretString) -> std::result::Result<(), String> {
            if self.away {
                return Err("away".to_owned());
            }
            lock(&self.entries).insert(account.to_owned(), text.expose_secret().to_owned());
            Ok(())
        }
        fn forget(&self, account: &str) -> std::result::Result<(), String> {
            lock(&self.entries).remove(account);
            Ok(())
        }
    }

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn said(name: &str) -> Option<String> {
        (name == "SAFELIGHT_PASSPHRASE").then(|| "open sesame".to_owned())
    }

    fn named(name: &str) -> Option<String> {
        match name {
            "SAFELIGHT_STORE_MY_NAS_USER" => Some("ana".to_owned()),
            "SAFELIGHT_STORE_MY_NAS_SECRET" => Some("of the nas".to_owned()),
            "SAFELIGHT_STORE_SECRET" => Some("of any".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn i17_debug_shows_no_secret() {
        let credentials = keys("hunter2");
        let shown = format!("{credentials:?} {:?}", Hidden("hunter2".to_owned().into()));
        assert!(!shown.contains("hunter"), "{shown}");
        assert_eq!(credentials.secret.expose_secret(), "hunter2");
        let secrets = Secrets::with(Path::new("/"), None, nothing, None);
        assert!(secrets.put("a", &credentials).is_ok());
        assert!(!format!("{secrets:?}").contains("hunter"));
    }

    #[test]
    fn the_keyring_is_used_where_there_is_one() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let ring = Arc::new(Pocket::default());
        let open = || Secrets::with(dir.path(), Some(Arc::clone(&ring) as Arc<dyn Ring>), nothing, Some(2));
        assert_eq!(open().put("id", &keys("hunter2")).expect("kept"), Keeper::Keyring);
        assert_eq!(open().get("id", "x").expect("asked"), Some(keys("hunter2")));
        assert_eq!(open().get("other", "x").expect("asked"), None);
        assert!(!open().has_file().expect("asked"), "no file beside a keyring");
        open().forget("id").expect("forgotten");
        assert_eq!(open().get("id", "x").expect("asked"), None);
    }

    #[test]
    fn i17_without_a_keyring_a_passphrase_encrypts_a_file_that_only_this_user_reads() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let away = || {
            Some(Arc::new(Pocket {
                away: true,
                ..Pocket::default()
            }) as Arc<dyn Ring>)
        };
        let open = || Secrets::with(dir.path(), away(), said, Some(2));
        assert_eq!(open().put("id", &keys("hunter2")).expect("kept"), Keeper::File);
        assert_eq!(open().put("two", &keys("hunter4")).expect("kept"), Keeper::File);
        assert_eq!(open().get("id", "x").expect("asked"), Some(keys("hunter2")));
        let path = dir.path().join(FILE);
        let bytes = std::fs::read(&path).expect("read");
        assert!(!bytes.windows(6).any(|part| part == b"hunter"), "the file is encrypted");
        let mode = std::fs::metadata(&path).expect("stat").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let locked = Secrets::with(dir.path(), None, nothing, Some(2));
        assert!(locked.is_locked());
        assert!(matches!(locked.get("id", "x"), Err(SecretError::Locked)));
        let wrong = locked.unlock("open barley".to_owned().into());
        assert!(matches!(wrong, Err(SecretError::WrongPassphrase)), "{wrong:?}");
        assert!(locked.is_locked(), "a wrong passphrase is not remembered");
        locked.unlock("open sesame".to_owned().into()).expect("unlocked");
        assert_eq!(locked.get("two", "x").expect("asked"), Some(keys("hunter4")));
        open().forget("id").expect("forgotten");
        assert_eq!(open().get("id", "x").expect("asked"), None);
        assert_eq!(open().get("two", "x").expect("asked"), Some(keys("hunter4")));
        std::fs::write(&path, b"rubbish").expect("written");
        assert!(matches!(open().get("id", "x"), Err(SecretError::Damaged)));
    }

    #[test]
    fn without_keyring_and_passphrase_only_this_session_knows() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let secrets = Secrets::with(dir.path(), None, nothing, Some(2));
        assert_eq!(secrets.put("id", &keys("hunter2")).expect("kept"), Keeper::Session);
        assert_eq!(secrets.get("id", "x").expect("asked"), Some(keys("hunter2")));
        assert_eq!(
            std::fs::read_dir(dir.path()).expect("listed").count(),
            0,
            "nothing on the disk"
        );
    }

    #[test]
    fn the_environment_speaks_for_one_store_or_for_any() {
        let secrets = Secrets::with(Path::new("/"), None, named, None);
        let mine = secrets.get("id", "My NAS").expect("asked").expect("found");
        assert_eq!((mine.user.as_str(), mine.secret.expose_secret()), ("ana", "of the nas"));
        let other = secrets.get("id", "Bucket").expect("asked").expect("found");
        assert_eq!((other.user.as_str(), other.secret.expose_secret()), ("", "of any"));
    }
}
