//! Originals, hashed while they stream in either direction. A put is never evidence; [`Checked`] is, and only a full
//! read-back makes one (I3).

use super::{
    error::{Error, Result},
    layout::{self, HASH_DIGITS},
    store::Store,
};
use crate::{
    model::{
        content::{ContentHasher, ContentId},
        id::StoreId,
        receipt::Method,
        time::{CaptureTime, Timestamp},
    },
    remote::api::{ErrorKind, Info, Key, Source},
    sys::{clock::BootTime, task::Cx},
};
use std::io::{self, Read, Seek, SeekFrom, Write};

/// What is to be put.
#[derive(Clone, Copy, Debug)]
pub struct PutMeta<'a> {
    /// The file's own name, any bytes.
    pub name: &'a [u8],
    /// When it was taken, where known.
    pub taken: Option<CaptureTime>,
    /// What it is: the hash that its file had when it was last read.
    pub content: ContentId,
    /// Its length in bytes.
    pub size: u64,
    /// Keys that were found to hold other bytes than they should: a name with more of the hash is taken instead.
    pub avoid: &'a [Key],
}

/// Where it was put. Not evidence: read it back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Put {
    /// Where it lies.
    pub key: Key,
    /// Something of this name and length was there before, or the reply was lost: nothing is known of its bytes.
    pub already_there: bool,
}

/// Evidence that every byte of an object was read back and compared. Only [`Store::read_back`] makes one; it cannot be
/// copied, written down or made up (I3).
///
/// ```compile_fail,E0277
/// fn needs<T: Clone>() {}
/// needs::<safelight::store::object::Checked>();
/// ```
/// ```compile_fail,E0277
/// fn needs<T: Default>() {}
/// needs::<safelight::store::object::Checked>();
/// ```
/// ```compile_fail,E0616
/// fn older(mut checked: safelight::store::object::Checked) {
///     checked.size = 0;
/// }
/// ```
#[derive(Debug)]
pub struct Checked {
    store: StoreId,
    content: ContentId,
    size: u64,
    key: Key,
    at: Timestamp,
    boot: BootTime,
}

impl Checked {
    /// How it was checked.
    #[must_use]
    pub fn method(&self) -> Method {
        Method::ReadBack
    }

    /// The store that it was read from.
    #[must_use]
    pub fn store(&self) -> &StoreId {
        &self.store
    }

    /// What was read.
    #[must_use]
    pub fn content(&self) -> ContentId {
        self.content
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where it lies.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// When the reading began, by the wall clock.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// When the reading began, by the boot clock.
    #[must_use]
    pub fn boot(&self) -> BootTime {
        self.boot
    }
}

impl Store {
    /// Puts an original, or finds that something of its name and length is there. Either way it has to be read back.
    /// Ask [`super::state::State::key_of`] first: a content that is here under another name need not be put again.
    /// Putting and reading back each add the file's length to the progress.
    ///
    /// # Errors
    /// `ChangedWhileSending` where the body's bytes are not this content: nothing was stored then. `NamesTaken` where
    /// every name is in `avoid` or has another length. `Source` where the body cannot be read. The place's own.
    pub fn put_original(&self, meta: &PutMeta<'_>, body: &mut dyn Source, cx: &Cx) -> Result<Put> {
        let mut last = None;
        for digits in HASH_DIGITS {
            let key = layout::original_key(meta.name, meta.taken, &meta.content, digits)?;
            last = Some(key.clone());
            if meta.avoid.contains(&key) {
                continue;
            }
            match self.remote.head(&key, cx)? {
                Some(info) if info.size == meta.size => {
                    return Ok(Put {
                        key,
                        already_there: true,
                    });
                }
                // Other bytes have this name: a longer hash tells them apart, and nothing is written over.
                Some(_) => continue,
                None => {}
            }
            match self.send(&key, meta, body, cx) {
                Ok(already_there) => return Ok(Put { key, already_there }),
                Err(Error::Remote(error)) if error.kind == ErrorKind::Exists => continue,
                Err(error) => return Err(error),
            }
        }
        Err(Error::NamesTaken {
            key: last.map_or_else(String::new, |key| key.to_string()),
        })
    }

    /// One put. `Ok(true)` where the object turned out to be there without our put having said so.
    fn send(&self, key: &Key, meta: &PutMeta<'_>, body: &mut dyn Source, cx: &Cx) -> Result<bool> {
        let mut body = Hashing::new(body, meta.content, meta.size);
        let error = match self
            .remote
            .put_hashed(key, &mut body, meta.size, meta.content.bytes(), cx)
        {
            Ok(info) if info.size == meta.size && body.complete => return Ok(false),
            // The place says yes, but has not taken what we have: said to be there, to be read back.
            Ok(_) => return Ok(true),
            Err(error) => error,
        };
        if body.changed {
            return Err(Error::ChangedWhileSending { expected: meta.content });
        }
        if let Some(source) = body.failed.take() {
            return Err(Error::Source(source));
        }
        // Of failed uploads most are in fact stored and only the reply was lost (stores.md): ask before saying so.
        let retry = matches!(
            error.kind,
            ErrorKind::Exists | ErrorKind::Temporary | ErrorKind::Unreachable
        );
        if retry && let Ok(Some(Info { size, .. })) = self.remote.head(key, cx) {
            if size == meta.size {
                return Ok(true);
            }
            // A part of it, or another's: the next name.
            return Err(crate::remote::api::Error::new(ErrorKind::Exists, error.what).into());
        }
        Err(error.into())
    }

    /// Reads every byte of an object and compares. The only maker of evidence.
    ///
    /// # Errors
    /// `WrongBytes` where length or hash differ, `Missing` where nothing is there (one witness, not two), the place's own.
    pub fn read_back(&self, key: &Key, content: &ContentId, size: u64, cx: &Cx) -> Result<Checked> {
        // Taken before reading: evidence is as old as its oldest byte.
        let (at, boot) = (self.clock.now(), self.clock.boot());
        let (found, found_size) = self.fetch(key, &mut io::sink(), cx)?;
        if (found, found_size) != (*content, size) {
            return Err(Error::WrongBytes {
                key: key.to_string(),
                content: *content,
                size,
                found,
                found_size,
            });
        }
        Ok(Checked {
            store: self.id().clone(),
            content: found,
            size: found_size,
            key: key.clone(),
            at,
            boot,
        })
    }

    /// Streams an object out, and says what came. The caller compares; what the sink took is worth nothing before.
    ///
    /// # Errors
    /// `Missing`, and the place's own.
    pub fn fetch(&self, key: &Key, sink: &mut dyn Write, cx: &Cx) -> Result<(ContentId, u64)> {
        let mut sink = HashingSink {
            sink,
            hasher: ContentHasher::new(),
        };
        match self.remote.get(key, None, &mut sink, cx) {
            Ok(_) => Ok(sink.hasher.finish()),
            Err(error) if error.kind == ErrorKind::NotFound => Err(Error::Missing { key: key.to_string() }),
            Err(error) => Err(error.into()),
        }
    }
}

/// A body that is hashed while it is read, and that refuses to give its last byte where the whole is not what it was
/// said to be: so a file that changed under us never becomes an object.
struct Hashing<'a> {
    body: &'a mut dyn Source,
    content: ContentId,
    size: u64,
    sent: u64,
    hasher: ContentHasher,
    /// Every byte went by and the hash was right.
    complete: bool,
    changed: bool,
    failed: Option<io::Error>,
}

impl<'a> Hashing<'a> {
    fn new(body: &'a mut dyn Source, content: ContentId, size: u64) -> Self {
        Self {
            body,
            content,
            size,
            sent: 0,
            hasher: ContentHasher::new(),
            complete: false,
            changed: false,
            failed: None,
        }
    }

    fn refuse(&mut self) -> io::Error {
        self.changed = true;
        self.complete = false;
        io::Error::other("the file is not what it was")
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let got = match self.body.read(buffer) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let told = io::Error::new(error.kind(), "the file could not be read");
                self.failed = Some(error);
                return Err(told);
            }
        };
        if got == 0 {
            // Also the only look at an empty file.
            let right = self.sent == self.size && self.hasher.clone().finish().0 == self.content;
            self.complete = right;
            return if right { Ok(0) } else { Err(self.refuse()) };
        }
        self.hasher.update(buffer.get(..got).unwrap_or_default());
        self.sent = self.sent.saturating_add(got as u64);
        let last = self.sent == self.size;
        if self.sent > self.size || last && self.hasher.clone().finish().0 != self.content {
            return Err(self.refuse());
        }
        self.complete = last;
        Ok(got)
    }
}

impl Seek for Hashing<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if to != SeekFrom::Start(0) {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "only the beginning can be sought",
            ));
        }
        self.body.seek(to).inspect_err(|error| {
            self.failed = Some(io::Error::new(error.kind(), error.to_string()));
        })?;
        self.sent = 0;
        self.hasher = ContentHasher::new();
        self.complete = false;
        self.changed = false;
        Ok(0)
    }
}

struct HashingSink<'a> {
    sink: &'a mut dyn Write,
    hasher: ContentHasher,
}

impl Write for HashingSink<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let taken = self.sink.write(buffer)?;
        self.hasher.update(buffer.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        remote::sim::{Fault, Op, SimRemote},
        store::store::CreateOptions,
        sys::clock::SimClock,
    };
    use std::{io::Cursor, sync::Arc};

    const PHOTO: &[u8] = b"the bytes of a photo";

    fn world() -> (Arc<SimRemote>, Store) {
        let sim = Arc::new(SimRemote::new());
        let clock = Arc::new(SimClock::at(Timestamp(1_717_261_400_000)));
        let store = Store::create(sim.clone(), clock, CreateOptions::default(), &Cx::new()).expect("made");
        (sim, store)
    }

    fn meta() -> PutMeta<'static> {
        PutMeta {
            name: b"IMG_1.JPG",
            taken: CaptureTime::from_parts((2024, 6, 1), (0, 0, 0), 0),
            content: ContentId::of(PHOTO),
            size: PHOTO.len() as u64,
            avoid: &[],
        }
    }

    fn put(store: &Store, meta: &PutMeta<'_>) -> Result<Put> {
        store.put_original(meta, &mut Cursor::new(PHOTO), &Cx::new())
    }

    fn read_back(store: &Store, key: &Key) -> Result<Checked> {
        store.read_back(key, &ContentId::of(PHOTO), PHOTO.len() as u64, &Cx::new())
    }

    #[test]
    fn i3_put_then_read_back_is_the_way_to_evidence() {
        let (_, store) = world();
        let put = put(&store, &meta()).expect("put");
        assert!(!put.already_there);
        let expected = format!("originals/2024/06/IMG_1--{}.JPG", ContentId::of(PHOTO).short());
        assert_eq!(put.key.as_str(), expected);
        let checked = read_back(&store, &put.key).expect("right");
        assert_eq!((checked.method(), checked.store()), (Method::ReadBack, store.id()));
        assert_eq!(
            (checked.content(), checked.size()),
            (ContentId::of(PHOTO), PHOTO.len() as u64)
        );
    }

    #[test]
    fn empty_files_can_be_kept() {
        let (_, store) = world();
        let empty = PutMeta {
            content: ContentId::of(b""),
            size: 0,
            ..meta()
        };
        let put = store
            .put_original(&empty, &mut Cursor::new(b""), &Cx::new())
            .expect("put");
        assert!(!put.already_there);
        store
            .read_back(&put.key, &ContentId::of(b""), 0, &Cx::new())
            .expect("right");
    }

    #[test]
    fn a_lost_reply_leaves_one_object_and_no_error() {
        let (sim, store) = world();
        sim.inject(Op::Put, Fault::LostReply);
        let first = put(&store, &meta()).expect("found after the lost reply");
        assert!(first.already_there);
        read_back(&store, &first.key).expect("right");
        // Even where the question after it fails too, trying again finds it.
        let (sim, store) = world();
        sim.inject(Op::Head, Fault::Stale);
        sim.inject(Op::Put, Fault::LostReply);
        sim.inject(Op::Head, Fault::Refuse(ErrorKind::Unreachable));
        assert!(put(&store, &meta()).is_err());
        assert!(put(&store, &meta()).expect("found").already_there);
        assert_eq!(sim.keys().iter().filter(|key| key.starts_with("originals/")).count(), 1);
    }

    #[test]
    fn a_file_that_changed_while_it_was_sent_is_never_stored() {
        let (sim, store) = world();
        for wrong in [
            b"the bytes of a phot0".as_slice(),
            b"short",
            b"the bytes of a photo and more",
            b"",
        ] {
            let sent = store.put_original(&meta(), &mut Cursor::new(wrong), &Cx::new());
            assert!(matches!(sent, Err(Error::ChangedWhileSending { .. })), "{sent:?}");
        }
        assert!(
            sim.keys().iter().all(|key| !key.starts_with("originals/")),
            "nothing was stored"
        );
    }

    #[test]
    fn i3_lies_of_the_place_are_found_by_reading_back() {
        let (sim, store) = world();
        let key = put(&store, &meta()).expect("put").key;
        sim.set("originals/other", b"other bytes, same key?");
        let other = Key::new("originals/other").expect("a key");
        for fault in [
            Fault::FlipBit,
            Fault::Truncate(5),
            Fault::Truncate(0),
            Fault::WrongObject(other),
        ] {
            sim.inject(Op::Get, fault.clone());
            let found = read_back(&store, &key);
            assert!(
                matches!(&found, Err(Error::WrongBytes { key: named, .. }) if named == key.as_str()),
                "{fault:?}"
            );
        }
        read_back(&store, &key).expect("right again");
        sim.rot(key.as_str(), 3);
        assert!(matches!(read_back(&store, &key), Err(Error::WrongBytes { .. })));
        sim.lose(key.as_str());
        assert!(matches!(read_back(&store, &key), Err(Error::Missing { .. })));
    }

    #[test]
    fn other_bytes_under_the_name_are_left_and_a_longer_name_is_taken() {
        let (sim, store) = world();
        let short = put(&store, &meta()).expect("put").key;
        // Another length: seen at once.
        sim.set(short.as_str(), b"foreign");
        let longer = put(&store, &meta()).expect("put");
        assert!(longer.key.as_str().len() > short.as_str().len() && !longer.already_there);
        assert_eq!(sim.bytes(short.as_str()).as_deref(), Some(b"foreign".as_slice()));
        // The same length: seen by reading back, then avoided; after three the store is given up for this file.
        sim.rot(longer.key.as_str(), 0);
        let avoid = [short, longer.key];
        let third = put(
            &store,
            &PutMeta {
                avoid: &avoid,
                ..meta()
            },
        )
        .expect("put");
        read_back(&store, &third.key).expect("right");
        let avoid = [avoid[0].clone(), avoid[1].clone(), third.key];
        let fourth = put(
            &store,
            &PutMeta {
                avoid: &avoid,
                ..meta()
            },
        );
        assert!(matches!(fourth, Err(Error::NamesTaken { .. })));
    }

    #[test]
    fn the_last_byte_of_a_changed_file_is_never_given_out() {
        // A server's client reads as many bytes as it announced and never sees the end.
        let mut changed = Cursor::new(b"the bytes of a phot0");
        let mut body = Hashing::new(&mut changed, ContentId::of(PHOTO), PHOTO.len() as u64);
        let mut buffer = vec![0; PHOTO.len()];
        assert!(body.read_exact(&mut buffer).is_err());
        assert!(body.changed && !body.complete);
        // Sent again after it was set right: rewinding begins anew.
        let mut right = Cursor::new(PHOTO);
        let mut body = Hashing::new(&mut right, ContentId::of(PHOTO), PHOTO.len() as u64);
        for _ in 0..2 {
            body.seek(SeekFrom::Start(0)).expect("rewound");
            body.read_exact(&mut buffer).expect("read");
            assert!(body.complete);
        }
    }

    #[test]
    fn a_place_that_drops_bytes_and_says_yes_is_found_out() {
        let (sim, store) = world();
        sim.inject(Op::Put, Fault::DropBytes);
        let put = put(&store, &meta()).expect("said to be put");
        assert!(matches!(read_back(&store, &put.key), Err(Error::WrongBytes { .. })));
    }

    #[test]
    fn kinds_pass_through() {
        let (sim, store) = world();
        for kind in [ErrorKind::Auth, ErrorKind::Full, ErrorKind::Unreachable] {
            sim.inject(Op::Put, Fault::Refuse(kind));
            assert_eq!(put(&store, &meta()).expect_err("refused").kind(), kind);
        }
        let cx = Cx::new();
        cx.cancel.cancel();
        let stopped = store.put_original(&meta(), &mut Cursor::new(PHOTO), &cx);
        assert_eq!(stopped.expect_err("stopped").kind(), ErrorKind::Cancelled);
    }
}
