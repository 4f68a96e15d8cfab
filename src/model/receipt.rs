//! Evidence that a copy exists: which store, which content, how we know, since when. Kept for ever, believed never: a
//! receipt says what once was; only a proof (`backup::proof`) says that an original may go now.

use super::{content::ContentId, id::StoreId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// How a copy was checked; the order is the order of trust (safety.md 2.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Method {
    /// The store or another catalog said so. Nothing was checked.
    Claimed,
    /// The server computed the hash itself.
    ServerHash,
    /// We read every byte back and the hash matched.
    ReadBack,
}

impl Method {
    /// The word in store logs and `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::ServerHash => "server-hash",
            Self::ReadBack => "read-back",
        }
    }

    /// What a person is told.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Claimed => "sent, not checked",
            Self::ServerHash => "received: the server's own hash matched",
            Self::ReadBack => "read back, every byte compared",
        }
    }
}

/// One copy's evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The store.
    pub store: StoreId,
    /// What was checked.
    pub content: ContentId,
    /// Its length in bytes.
    pub size: u64,
    /// Where it lies in the store.
    pub key: String,
    /// When it was sent or first claimed.
    pub claimed_at: Timestamp,
    /// When the server's hash last matched.
    pub server_hash_at: Option<Timestamp>,
    /// When a full read-back first matched.
    pub first_read_back_at: Option<Timestamp>,
    /// When a full read-back last matched.
    pub read_back_at: Option<Timestamp>,
    /// The last check found other bytes, or none.
    pub damaged: bool,
}

impl Receipt {
    /// The best evidence there is, and since when; a damaged copy is evidence of nothing.
    #[must_use]
    pub fn best(&self) -> (Method, Timestamp) {
        if self.damaged {
            return (Method::Claimed, self.claimed_at);
        }
        match (self.read_back_at, self.server_hash_at) {
            (Some(at), _) => (Method::ReadBack, at),
            (None, Some(at)) => (Method::ServerHash, at),
            (None, None) => (Method::Claimed, self.claimed_at),
        }
    }

    /// Whether this copy lets its photo be called safe.
    #[must_use]
    pub fn proves(&self) -> bool {
        !self.damaged && self.read_back_at.is_some()
    }
}
