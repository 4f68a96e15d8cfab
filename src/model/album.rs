//! Albums: picked by hand, or smart by a query. A folder is a directory and is never called an album.

use super::id::{AlbumId, AlbumUid, PhotoId};
use serde::{Deserialize, Serialize};

/// One album as lists show it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Album {
    /// This catalog's number.
    pub id: AlbumId,
    /// Its identity on every device.
    pub uid: AlbumUid,
    /// Its name.
    pub name: String,
    /// Its name with those of the albums that it lies in: `Trips/Rome`.
    #[serde(default)]
    pub path: String,
    /// How many albums it lies in.
    #[serde(default)]
    pub depth: u32,
    /// The album that it lies in.
    #[serde(default)]
    pub parent: Option<AlbumId>,
    /// The photo that stands for it, where a person chose one.
    #[serde(default)]
    pub cover: Option<PhotoId>,
    /// The photo that is shown for it: its cover, or where that is none or gone, its first photo.
    #[serde(default)]
    pub picture: Option<PhotoId>,
    /// The query of a smart album.
    pub query: Option<String>,
    /// The store that its photos are backed up to by themselves.
    pub backup_store: Option<String>,
    /// How many photos are in it and in the albums inside it now.
    pub photos: u64,
}
