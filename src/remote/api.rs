//! What a place for bytes must be able to do: whole objects under keys, created once, listed, read back. It knows
//! nothing of photos. `remote::contract` is the same promise as code.

use crate::sys::task::Cx;
use std::{
    fmt,
    io::{Read, Seek, Write},
    ops::{ControlFlow, Range},
};

/// The longest key, in bytes.
pub const MAX_KEY: usize = 1024;

/// A name in a remote: parts joined by `/`, none of them empty, `.` or `..`, no control characters, no backslash.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// A key of this text.
    ///
    /// # Errors
    /// A text that could leave its place, or that some server would change on the way.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let bad_part = |part: &str| part.is_empty() || part == "." || part == ".." || part.len() > 255;
        let bad_char = |c: char| c.is_control() || c == '\\';
        if text.len() > MAX_KEY || text.split('/').any(bad_part) || text.contains(bad_char) {
            return Err(Error::new(ErrorKind::Permanent, format!("not a usable key: {text:?}")));
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What a remote says of one object. None of it is evidence (safety.md, rule 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Info {
    /// Its key.
    pub key: Key,
    /// Its length in bytes.
    pub size: u64,
    /// The server's own tag for this content, if it has one.
    pub tag: Option<String>,
}

/// Room in a remote, in bytes, as far as it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quota {
    /// What may still be written.
    pub free: u64,
    /// The whole size.
    pub total: u64,
}

/// What a remote is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Description {
    /// `Folder`, later `S3`, `WebDAV`, `rclone`.
    pub kind: &'static str,
    /// Where it is, as a person would say it; no secret in it.
    pub place: String,
}

/// What kind of failure it is: retry asks only this.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorKind {
    /// Nothing has this key.
    NotFound,
    /// Something has this key already.
    Exists,
    /// Not signed in, or not allowed.
    Auth,
    /// No room.
    Full,
    /// The remote gave other bytes than it should.
    Corrupt,
    /// This remote cannot do it.
    Unsupported,
    /// The place cannot be reached: unplugged, unmounted, no network. Says nothing about what is in it.
    Unreachable,
    /// May pass by itself.
    Temporary,
    /// Will not pass by itself.
    Permanent,
    /// Stopped because we were asked to.
    Cancelled,
}

/// A failure, its kind, and a sentence.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    /// The kind.
    pub kind: ErrorKind,
    /// What happened, for people.
    pub what: String,
    /// What was below it.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A failure of our own finding.
    #[must_use]
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            source: None,
        }
    }

    /// A failure with its cause.
    #[must_use]
    pub fn caused(
        kind: ErrorKind,
        what: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind,
            what: what.into(),
            source: Some(Box::new(source)),
        }
    }
}

/// The result of every call.
pub type Result<T> = std::result::Result<T, Error>;

/// How many bytes move between two looks at the cancel flag.
pub const CHUNK: usize = 256 * 1024;

/// Stops a long call that somebody cancelled.
///
/// # Errors
/// `Cancelled`.
pub fn check_cancel(cx: &Cx) -> Result<()> {
    if cx.cancel.is_cancelled() {
        return Err(Error::new(ErrorKind::Cancelled, "stopped as asked"));
    }
    Ok(())
}

/// Bytes to send; can be rewound, so that a failed send can begin again.
pub trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send + ?Sized> Source for T {}

/// A place for bytes.
pub trait Remote: Send + Sync {
    /// What it is.
    fn describe(&self) -> Description;

    /// Creates an object: whole or not at all, and never over an existing one. When it returns, the bytes are as durable
    /// as the place can make them. The body is read from its beginning and must give exactly `size` bytes, then its end.
    ///
    /// # Errors
    /// `Exists` where the key is taken, whatever its content. After any other error the object may be there all the
    /// same (the reply was lost): ask `head` before saying that it failed.
    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> Result<Info>;

    /// The same, for whom the content's SHA-256 is known already: a place that can check it saves a pass over the body. It is
    /// a hint, not a promise; what counts is what is read back.
    ///
    /// # Errors
    /// As [`Remote::put`].
    fn put_hashed(&self, key: &Key, body: &mut dyn Source, size: u64, sha256: &[u8; 32], cx: &Cx) -> Result<Info> {
        let _ = sha256;
        self.put(key, body, size, cx)
    }

    /// Puts these bytes at a key that may exist: only for DERIVED files, which can be made again (FORMAT.md).
    ///
    /// # Errors
    /// The old content is untouched then.
    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Info>;

    /// Streams an object, or a range of it, past every cache that can be passed by. A range that ends behind the object
    /// is cut to it; one that begins behind it is an error. The answer's size is the whole object's.
    ///
    /// # Errors
    /// `NotFound`; what the sink took before an error is worthless.
    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> Result<Info>;

    /// What the remote says of a key; `None` only where it is certain that nothing is there.
    ///
    /// # Errors
    /// `Unreachable` and the like: never taken for absence.
    fn head(&self, key: &Key, cx: &Cx) -> Result<Option<Info>>;

    /// Every object whose key begins with `prefix` (a folder's name with its `/`, or empty), in no order. Unfinished
    /// uploads are not objects.
    ///
    /// # Errors
    /// The listing may be incomplete then.
    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> Result<()>;

    /// Removes an object. Never called for originals in v1 (safety.md, rule 9); the contract suite cleans up with it.
    ///
    /// # Errors
    /// `NotFound`.
    fn delete(&self, key: &Key, cx: &Cx) -> Result<()>;

    /// How much room there is, where the remote says.
    ///
    /// # Errors
    /// It could not be asked.
    fn quota(&self, cx: &Cx) -> Result<Option<Quota>>;

    /// The device number of a place on this machine, `THIS_MACHINE` for a server on it; `None` for a network's. Equal to an original's device number means
    /// that a copy there would die with the original.
    ///
    /// # Errors
    /// It could not be asked.
    fn device(&self) -> Result<Option<u64>>;

    /// What this place does not honour by itself and what is done about it, in sentences for "Test this store".
    ///
    /// # Errors
    /// It could not be tried out.
    fn notes(&self, cx: &Cx) -> Result<Vec<String>> {
        let _ = cx;
        Ok(Vec::new())
    }
}
