//! Albums in the catalog: picked by hand, or smart by a query, inside each other as a person likes. An album shows what lies
//! in it and in those inside it. Reading only; `album_changes` changes them.

use super::{
    catalog::Catalog,
    error::{Error, Result},
    search::{self, SqlFilter},
};
use crate::model::{
    album::Album,
    change::{MAX_ALBUM_DEPTH, normal_text},
    fold::fold,
    id::{AlbumId, AlbumUid, PhotoId},
    query::Query,
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use std::collections::HashMap;

/// An album that is not deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::catalog) struct LiveAlbum {
    /// This catalog's number.
    pub id: i64,
    /// Its identity.
    pub uid: AlbumUid,
    /// Its own name.
    pub name: String,
    /// Its name with those that it lies in: `Trips/Rome`.
    pub path: String,
    /// The query of a smart album.
    pub query: Option<String>,
    /// The album that it lies in, where that is there.
    pub parent: Option<AlbumUid>,
}

/// The albums, by number, and what lies in what.
#[derive(Default)]
pub(in crate::catalog) struct AlbumTree {
    /// The albums, by number.
    pub albums: Vec<LiveAlbum>,
    at: HashMap<AlbumUid, usize>,
}

/// The albums that are not deleted.
pub(in crate::catalog) fn album_tree(connection: &Connection) -> Result<AlbumTree> {
    AlbumTree::read(
        connection,
        "SELECT id, uid, name, query, parent FROM albums WHERE deleted = 0 ORDER BY id",
    )
}

impl AlbumTree {
    /// All albums, deleted ones too.
    pub(in crate::catalog) fn with_deleted(connection: &Connection) -> Result<Self> {
        Self::read(
            connection,
            "SELECT id, uid, name, query, parent FROM albums ORDER BY id",
        )
    }

    fn read(connection: &Connection, sql: &str) -> Result<Self> {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(LiveAlbum {
                id: row.get(0)?,
                uid: AlbumUid(row.get(1)?),
                name: row.get(2)?,
                path: String::new(),
                query: row.get(3)?,
                parent: row.get::<_, Option<String>>(4)?.map(AlbumUid),
            })
        })?;
        let mut albums = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let at: HashMap<AlbumUid, usize> = albums
            .iter()
            .enumerate()
            .map(|(at, album)| (album.uid.clone(), at))
            .collect();
        for album in &mut albums {
            album.parent = album.parent.take().filter(|parent| at.contains_key(parent));
        }
        let mut tree = Self { albums, at };
        let paths: Vec<String> = tree.albums.iter().map(|album| tree.path_of(album)).collect();
        for (album, path) in tree.albums.iter_mut().zip(paths) {
            album.path = path;
        }
        Ok(tree)
    }

    /// The album of this identity.
    pub(in crate::catalog) fn by_uid(&self, uid: &AlbumUid) -> Option<&LiveAlbum> {
        self.at.get(uid).and_then(|at| self.albums.get(*at))
    }

    /// An album and those that it lies in, the innermost first. Bounded, should a damaged catalog have a ring (I16).
    fn chain<'t>(&'t self, album: &'t LiveAlbum) -> impl Iterator<Item = &'t LiveAlbum> {
        std::iter::successors(Some(album), |album| self.by_uid(album.parent.as_ref()?)).take(MAX_ALBUM_DEPTH + 1)
    }

    /// How many albums lie in one another below this one.
    pub(in crate::catalog) fn height(&self, id: i64) -> usize {
        let places = self
            .albums
            .iter()
            .filter_map(|album| self.chain(album).position(|above| above.id == id));
        places.max().unwrap_or(0)
    }

    fn path_of(&self, album: &LiveAlbum) -> String {
        let mut names: Vec<&str> = self.chain(album).map(|album| album.name.as_str()).collect();
        names.reverse();
        names.join("/")
    }

    /// An album and all that lie in it.
    fn within(&self, id: i64) -> impl Iterator<Item = &LiveAlbum> {
        self.albums
            .iter()
            .filter(move |album| self.chain(album).any(|above| above.id == id))
    }
}

/// Albums that are not deleted: parents before what lies in them, those picked by hand before smart ones, each kind by name.
fn list(connection: &Connection) -> Result<Vec<Album>> {
    let tree = album_tree(connection)?;
    let mut statement = connection.prepare_cached(
        "SELECT a.id, a.backup_store, a.cover, (SELECT count(*) FROM album_photos m \
         JOIN photos p ON p.id = m.photo_id WHERE m.album_id = a.id AND p.missing_since IS NULL), \
         ifnull((SELECT c.id FROM photos c WHERE c.id = a.cover AND c.missing_since IS NULL), \
         (SELECT m.photo_id FROM album_photos m JOIN photos p ON p.id = m.photo_id \
         WHERE m.album_id = a.id AND p.missing_since IS NULL ORDER BY m.place, m.photo_id LIMIT 1)) \
         FROM albums a WHERE a.deleted = 0 ORDER BY a.id",
    )?;
    let row = |row: &Row<'_>| {
        let photo = |at: usize| row.get::<_, Option<i64>>(at).map(|id| id.map(PhotoId));
        Ok((row.get(0)?, row.get(1)?, photo(2)?, row.get::<_, i64>(3)?, photo(4)?))
    };
    let rows = statement.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut keyed = Vec::with_capacity(rows.len());
    for ((id, backup_store, cover, photos, picture), album) in rows.into_iter().zip(&tree.albums) {
        let mut key: Vec<(bool, String, i64)> = tree
            .chain(album)
            .map(|album| (album.query.is_some(), fold(&album.name), album.id))
            .collect();
        key.reverse();
        let made = Album {
            id: AlbumId(id),
            uid: album.uid.clone(),
            name: album.name.clone(),
            path: album.path.clone(),
            depth: u32::try_from(key.len().saturating_sub(1)).unwrap_or(u32::MAX),
            parent: album
                .parent
                .as_ref()
                .and_then(|parent| tree.by_uid(parent))
                .map(|parent| AlbumId(parent.id)),
            cover,
            picture,
            query: album.query.clone(),
            backup_store,
            photos: photos.unsigned_abs(),
        };
        keyed.push((key, made));
    }
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(keyed.into_iter().map(|(_, album)| album).collect())
}

/// The condition on `photos p` for being in an album or in one inside it; for a smart album, what its query finds.
///
/// # Errors
/// `Refused` where the album is gone or its query cannot be read any more.
pub(in crate::catalog) fn filter(connection: &Connection, album: AlbumId) -> Result<SqlFilter> {
    let tree = album_tree(connection)?;
    let Some(found) = tree.albums.iter().find(|one| one.id == album.0) else {
        return Err(Error::Refused("This album is no longer there.".to_owned()));
    };
    if let Some(Err(error)) = found.query.as_deref().map(Query::parse) {
        return Err(Error::Refused(format!(
            "The search of the smart album \"{}\" cannot be read. {error}",
            found.name
        )));
    }
    let within: Vec<LiveAlbum> = tree.within(album.0).cloned().collect();
    search::in_albums(connection, &within)
}

impl Catalog {
    /// Every album with its number of photos, those in albums inside it among them: parents before what lies in them, those
    /// picked by hand before smart ones. A smart album whose query cannot be read has none.
    ///
    /// # Errors
    /// SQLite's.
    pub fn albums(&self) -> Result<Vec<Album>> {
        self.read(|tx| {
            let mut albums = list(tx)?;
            let parents: Vec<AlbumId> = albums.iter().filter_map(|album| album.parent).collect();
            for album in &mut albums {
                let counted = album.query.is_none() && !parents.contains(&album.id);
                if !counted {
                    let (photos, newest) = match filter(tx, album.id) {
                        Ok(filter) => search::count_and_newest(tx, filter)?,
                        Err(Error::Refused(_)) => (0, None),
                        Err(error) => return Err(error),
                    };
                    album.photos = photos;
                    album.picture = album.picture.or(newest);
                }
            }
            Ok(albums)
        })
    }

    /// One album by its number.
    ///
    /// # Errors
    /// SQLite's.
    pub fn album(&self, id: AlbumId) -> Result<Option<Album>> {
        Ok(self.albums()?.into_iter().find(|album| album.id == id))
    }

    /// The name of one album, without counting what is in it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn album_name(&self, id: AlbumId) -> Result<Option<String>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT name FROM albums WHERE id = ?1 AND deleted = 0")?;
            Ok(statement.query_row([id.0], |row| row.get(0)).optional()?)
        })
    }

    /// One album by its name, or its name with those that it lies in (`Trips/Rome`), in whatever case.
    ///
    /// # Errors
    /// `Refused` where several have the name.
    pub fn album_named(&self, name: &str) -> Result<Option<Album>> {
        let same = fold(&normal_text(name));
        let mut albums = self.albums()?;
        if let Some(at) = albums.iter().position(|album| fold(&album.path) == same) {
            return Ok(Some(albums.swap_remove(at)));
        }
        albums.retain(|album| fold(&album.name) == same);
        if albums.len() > 1 {
            let paths: Vec<&str> = albums.iter().map(|album| album.path.as_str()).collect();
            return Err(Error::Refused(format!(
                "Several albums have this name. Say which one: {}.",
                paths.join(", ")
            )));
        }
        Ok(albums.pop())
    }

    /// The photos of an album: its own in their order, then those of the albums inside it newest first, as are those of a
    /// smart album.
    ///
    /// # Errors
    /// `Refused` where the album is gone or its query cannot be read any more.
    pub fn album_photos(&self, album: AlbumId) -> Result<Vec<PhotoId>> {
        self.read(|tx| {
            let filter = filter(tx, album)?;
            let mut statement = tx.prepare_cached(&format!(
                "SELECT p.id FROM photos p LEFT JOIN album_photos m ON m.photo_id = p.id AND m.album_id = {} \
                 WHERE {} ORDER BY m.place IS NULL, m.place, p.sort_time DESC, p.id DESC",
                album.0,
                filter.shown()
            ))?;
            let rows = statement.query_map(rusqlite::params_from_iter(filter.params), |row| row.get(0).map(PhotoId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The photos that were put into an album itself, with their places, in order.
    ///
    /// # Errors
    /// SQLite's.
    pub fn album_places(&self, album: AlbumId) -> Result<Vec<(PhotoId, i64)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT photo_id, place FROM album_photos WHERE album_id = ?1 ORDER BY place, photo_id",
            )?;
            let rows = statement.query_map([album.0], |row| Ok((PhotoId(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The albums that a photo was put into by hand, each with those that it lies in, sorted.
    ///
    /// # Errors
    /// SQLite's.
    pub fn albums_of(&self, photo: PhotoId) -> Result<Vec<String>> {
        self.read(|tx| {
            let mut paths = album_paths(tx, photo)?;
            paths.sort();
            Ok(paths)
        })
    }
}

/// The paths of the albums that a photo was put into by hand, by number.
pub(in crate::catalog) fn album_paths(connection: &Connection, photo: PhotoId) -> Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT album_id FROM album_photos WHERE photo_id = ?1 ORDER BY album_id")?;
    let ids = statement
        .query_map([photo.0], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tree = album_tree(connection)?;
    let picked = tree
        .albums
        .into_iter()
        .filter(|album| album.query.is_none() && ids.contains(&album.id));
    Ok(picked.map(|album| album.path).collect())
}
