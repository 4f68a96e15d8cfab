//! Making and opening a store, and asking again whether it is still the same one. `safelight.json` is written last and
//! read first: a place without it is no store, and a place with another one is another store.

use super::{
    error::{Error, Result},
    layout,
    record::{self, Device, Extra, Identity, MAX_SMALL, STORE_FORMAT, VERSION},
};
use crate::{
    model::id::{DeviceId, StoreId},
    remote::api::{self, Description, ErrorKind, Info, Key, Quota, Remote},
    sys::{
        clock::{Clock, random_hex},
        task::Cx,
    },
};
use std::{
    io::{self, Cursor, Write},
    ops::ControlFlow,
    sync::Arc,
};

/// What a stranger reads first; also what `tests/it/store_format.rs` restores by.
pub const README_TEXT: &str = include_str!("../../assets/store-readme.txt");

/// Files that systems drop into every folder; a folder with nothing else is empty.
const CLUTTER: [&str; 5] = [".DS_Store", "Thumbs.db", "desktop.ini", ".directory", ".localized"];

/// How a new store is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CreateOptions {
    /// Make it even where other files are. They are left alone.
    pub beside_other_files: bool,
}

/// An open store.
pub struct Store {
    pub(super) remote: Arc<dyn Remote>,
    pub(super) clock: Arc<dyn Clock>,
    identity: Identity,
}

impl Store {
    /// Makes a store in an empty place.
    ///
    /// # Errors
    /// `AlreadyAStore`, `NotEmpty`, and the place's own. A store half made by a crash is made whole by calling again.
    pub fn create(remote: Arc<dyn Remote>, clock: Arc<dyn Clock>, options: CreateOptions, cx: &Cx) -> Result<Self> {
        let identity_key = Key::new(layout::IDENTITY)?;
        if remote.head(&identity_key, cx)?.is_some() {
            return Err(Error::AlreadyAStore);
        }
        if !options.beside_other_files
            && let Some(example) = other_file(remote.as_ref(), cx)?
        {
            return Err(Error::NotEmpty { example });
        }
        put_text(remote.as_ref(), &Key::new(layout::README)?, README_TEXT.as_bytes(), cx)?;
        let id = random_hex(16).map_err(|error| {
            api::Error::caused(
                ErrorKind::Temporary,
                "The system has no randomness to give. Try again.",
                error,
            )
        })?;
        let identity = Identity {
            format: STORE_FORMAT.to_owned(),
            version: VERSION,
            store_id: StoreId(id),
            mode: "readable".to_owned(),
            created: record::time_text(clock.now()),
            extra: Extra::new(),
        };
        let text = record::small_file(&identity)?;
        match remote.put(&identity_key, &mut Cursor::new(&text), text.len() as u64, cx) {
            Ok(_) => {}
            // Our own, where only the reply was lost; else somebody was faster.
            Err(error) => {
                if read_small(remote.as_ref(), &identity_key, cx).is_ok_and(|there| there == text) {
                    return Self::open(remote, clock, cx);
                }
                return Err(if error.kind == ErrorKind::Exists {
                    Error::AlreadyAStore
                } else {
                    error.into()
                });
            }
        }
        Self::open(remote, clock, cx)
    }

    /// Opens the store that is there.
    ///
    /// # Errors
    /// `NotThere`, `TooNew`, `Damaged`, and the place's own.
    pub fn open(remote: Arc<dyn Remote>, clock: Arc<dyn Clock>, cx: &Cx) -> Result<Self> {
        let identity = read_identity(remote.as_ref(), cx)?;
        Ok(Self {
            remote,
            clock,
            identity,
        })
    }

    /// Opens the store that is there if it is this one.
    ///
    /// # Errors
    /// `Replaced`, and as `open`.
    pub fn open_expected(remote: Arc<dyn Remote>, clock: Arc<dyn Clock>, expected: &StoreId, cx: &Cx) -> Result<Self> {
        let store = Self::open(remote, clock, cx)?;
        if store.id() != expected {
            return Err(Error::Replaced {
                expected: expected.clone(),
                found: store.identity.store_id,
            });
        }
        Ok(store)
    }

    /// Reads `safelight.json` again: is this still the store that was opened? Asked before anything is believed of it.
    ///
    /// # Errors
    /// `Replaced`, `NotThere`, `Unreachable` and the like: never "photos are missing" (I12).
    pub fn canary(&self, cx: &Cx) -> Result<()> {
        let now = read_identity(self.remote.as_ref(), cx)?;
        if now.store_id != self.identity.store_id {
            return Err(Error::Replaced {
                expected: self.identity.store_id.clone(),
                found: now.store_id,
            });
        }
        Ok(())
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> &StoreId {
        &self.identity.store_id
    }

    /// All of `safelight.json`.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The place it lies in.
    #[must_use]
    pub fn remote(&self) -> &Arc<dyn Remote> {
        &self.remote
    }

    /// The place it lies in, in words.
    #[must_use]
    pub fn describe(&self) -> Description {
        self.remote.describe()
    }

    /// The device number of the place; `None` for a network's. A copy on the original's own device counts for nothing.
    ///
    /// # Errors
    /// It could not be asked.
    pub fn device(&self) -> Result<Option<u64>> {
        Ok(self.remote.device()?)
    }

    /// Room in the place, where it says.
    ///
    /// # Errors
    /// It could not be asked.
    pub fn quota(&self, cx: &Cx) -> Result<Option<Quota>> {
        Ok(self.remote.quota(cx)?)
    }

    /// Says who writes under this device's name; once, and nothing changes where it was said before.
    ///
    /// # Errors
    /// The place's.
    pub fn introduce(&self, device: &DeviceId, name: &str, cx: &Cx) -> Result<()> {
        let key = layout::device_key(device)?;
        let text = record::small_file(&Device {
            device: device.clone(),
            name: name.to_owned(),
            created: record::time_text(self.clock.now()),
            extra: Extra::new(),
        })?;
        put_text(self.remote.as_ref(), &key, &text, cx)
    }
}

/// Creates a small file; one that is there stays as it is.
fn put_text(remote: &dyn Remote, key: &Key, text: &[u8], cx: &Cx) -> Result<()> {
    if remote.head(key, cx)?.is_some() {
        return Ok(());
    }
    match remote.put(key, &mut Cursor::new(text), text.len() as u64, cx) {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::Exists => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn read_identity(remote: &dyn Remote, cx: &Cx) -> Result<Identity> {
    let key = Key::new(layout::IDENTITY)?;
    let text = match read_small(remote, &key, cx) {
        Ok(text) => text,
        Err(Error::Remote(error)) if error.kind == ErrorKind::NotFound => {
            return Err(Error::NotThere {
                place: remote.describe().place,
            });
        }
        Err(error) => return Err(error),
    };
    let text = String::from_utf8(text).map_err(|_| Error::Damaged {
        key: key.to_string(),
        what: "it is no text".to_owned(),
    })?;
    let identity: Identity = record::parse_header(&text, STORE_FORMAT, key.as_str())?;
    if identity.mode != "readable" {
        return Err(Error::TooNew {
            what: format!("its mode is `{}`", identity.mode),
        });
    }
    Ok(identity)
}

/// One file in the place that has no business in a new store.
fn other_file(remote: &dyn Remote, cx: &Cx) -> Result<Option<String>> {
    let mut found = None;
    remote.list("", cx, &mut |Info { key, .. }| {
        let name = key.as_str().rsplit('/').next().unwrap_or("");
        // A README that a crash left from an earlier try is overwritten by nothing and told apart by nothing: same text.
        if CLUTTER.contains(&name) || key.as_str() == layout::README {
            return ControlFlow::Continue(());
        }
        found = Some(key.to_string());
        ControlFlow::Break(())
    })?;
    if found.is_none()
        && let Some(info) = remote.head(&Key::new(layout::README)?, cx)?
        && info.size != README_TEXT.len() as u64
    {
        found = Some(layout::README.to_owned());
    }
    Ok(found)
}

/// A sink that takes so many bytes and then refuses.
pub(super) struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl Limited {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
        }
    }
}

impl Write for Limited {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(piece.len()) > self.limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than it may be"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The whole of a file that is at most `limit` bytes long.
pub(super) fn read_whole(remote: &dyn Remote, key: &Key, limit: usize, cx: &Cx) -> Result<Vec<u8>> {
    let mut sink = Limited::new(limit);
    let info = remote.get(key, None, &mut sink, cx)?;
    if info.size != sink.bytes.len() as u64 {
        return Err(Error::Damaged {
            key: key.to_string(),
            what: format!("{} of {} bytes came", sink.bytes.len(), info.size),
        });
    }
    Ok(sink.bytes)
}

fn read_small(remote: &dyn Remote, key: &Key, cx: &Cx) -> Result<Vec<u8>> {
    read_whole(remote, key, MAX_SMALL, cx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::time::Timestamp,
        remote::sim::{Fault, Op, SimRemote},
        sys::clock::SimClock,
    };

    fn clock() -> Arc<SimClock> {
        Arc::new(SimClock::at(Timestamp(1_717_261_400_000)))
    }

    fn create(sim: &Arc<SimRemote>) -> Result<Store> {
        Store::create(sim.clone(), clock(), CreateOptions::default(), &Cx::new())
    }

    #[test]
    fn made_once_and_opened_again() {
        let sim = Arc::new(SimRemote::new());
        let store = create(&sim).expect("made");
        assert_eq!(sim.keys(), ["README.txt", "safelight.json"]);
        assert_eq!(store.id().as_str().len(), 32);
        let again = Store::open(sim.clone(), clock(), &Cx::new()).expect("opened");
        assert_eq!(again.identity(), store.identity());
        assert!(matches!(create(&sim), Err(Error::AlreadyAStore)));
    }

    #[test]
    fn a_folder_with_other_files_is_refused_unless_allowed() {
        let sim = Arc::new(SimRemote::new());
        sim.set(".DS_Store", b"");
        sim.set("taxes/2023.pdf", b"x");
        assert!(matches!(create(&sim), Err(Error::NotEmpty { example }) if example == "taxes/2023.pdf"));
        let options = CreateOptions {
            beside_other_files: true,
        };
        Store::create(sim.clone(), clock(), options, &Cx::new()).expect("made");
        assert_eq!(sim.bytes("taxes/2023.pdf").as_deref(), Some(b"x".as_slice()));
    }

    #[test]
    fn a_crash_at_any_call_leaves_no_half_store() {
        for calls in 0..20 {
            let sim = Arc::new(SimRemote::new());
            sim.crash_after(calls);
            let first = create(&sim);
            sim.restart();
            match first {
                Ok(_) => return assert!(calls > 3, "the loop reached the end"),
                Err(_) if sim.bytes("safelight.json").is_some() => {
                    Store::open(sim.clone(), clock(), &Cx::new()).expect("whole");
                }
                Err(_) => {
                    create(&sim).expect("made by trying again");
                }
            }
        }
        panic!("creating a store takes more calls than expected");
    }

    #[test]
    fn a_lost_reply_makes_one_store() {
        let sim = Arc::new(SimRemote::new());
        // The first put is the README's.
        sim.inject(Op::Put, Fault::LostReply);
        assert!(create(&sim).is_err());
        sim.inject(Op::Put, Fault::LostReply);
        let store = create(&sim).expect("its own identity is recognised");
        assert_eq!(Store::open(sim, clock(), &Cx::new()).expect("opened").id(), store.id());
    }

    #[test]
    fn i12_a_store_swapped_or_gone_is_said_so() {
        let (sim, other) = (Arc::new(SimRemote::new()), Arc::new(SimRemote::new()));
        let store = create(&sim).expect("made");
        create(&other).expect("made");
        store.canary(&Cx::new()).expect("still there");
        let stranger = other.bytes("safelight.json").expect("there");
        sim.set("safelight.json", &stranger);
        assert!(matches!(store.canary(&Cx::new()), Err(Error::Replaced { .. })));
        sim.lose("safelight.json");
        let error = store.canary(&Cx::new()).expect_err("gone");
        assert!(matches!(error, Error::NotThere { .. }) && error.is_about_the_store());
        sim.vanish(true);
        assert_eq!(
            store.canary(&Cx::new()).expect_err("away").kind(),
            ErrorKind::Unreachable
        );
    }
}
