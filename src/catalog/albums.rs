//! Albums in the catalog: picked by hand, or smart by a query. A deleted album keeps its row and its photos, so that
//! undo brings it back whole. Only `catalog::changes` changes albums, so that each change is in the log (I6).

use super::{
    catalog::Catalog,
    error::{Error, Result},
    marks::exists,
    search::{self, SqlFilter},
};
use crate::model::{
    album::Album,
    change::{Change, normal_text},
    fold::fold,
    id::{AlbumId, AlbumUid, PhotoId},
    query::Query,
};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// The longest name of an album, in characters.
const MAX_NAME: usize = 200;

/// An album's row, deleted or not.
struct Found {
    id: i64,
    name: String,
    query: Option<String>,
    store: Option<String>,
    deleted: bool,
}

fn find(connection: &Connection, album: &AlbumUid) -> Result<Option<Found>> {
    let mut statement =
        connection.prepare_cached("SELECT id, name, query, backup_store, deleted FROM albums WHERE uid = ?1")?;
    let found = statement.query_row([album.as_str()], |row| {
        Ok(Found {
            id: row.get(0)?,
            name: row.get(1)?,
            query: row.get(2)?,
            store: row.get(3)?,
            deleted: row.get(4)?,
        })
    });
    Ok(found.optional()?)
}

fn live(connection: &Connection, album: &AlbumUid) -> Result<Option<Found>> {
    Ok(find(connection, album)?.filter(|album| !album.deleted))
}

/// The name as it is kept; refused where another album of this name is there, in whatever case.
fn free_name(connection: &Connection, name: &str, own: Option<i64>) -> Result<String> {
    let name = normal_text(name);
    if name.is_empty() || name.chars().count() > MAX_NAME || name.contains(char::is_control) {
        return Err(Error::Refused(format!(
            "An album needs a name of one line, with 1 to {MAX_NAME} characters."
        )));
    }
    let same = fold(&name);
    let taken = search::live_albums(connection)?
        .into_iter()
        .find(|(id, other, _)| Some(*id) != own && fold(other) == same);
    match taken {
        Some((_, other, _)) => Err(Error::Refused(format!(
            "There is already an album \"{other}\". Choose another name."
        ))),
        None => Ok(name),
    }
}

/// Makes one change to an album. Returns the change as it was made and the change that takes it back; `None` where it
/// changes nothing, or where the album or the photo is gone. `seq` orders the photos of an album.
///
/// # Errors
/// `Refused` for names that are taken, queries that cannot be read, and photos put into a smart album.
pub(in crate::catalog) fn make(connection: &Connection, change: &Change, seq: i64) -> Result<Option<(Change, Change)>> {
    match change {
        Change::Mark { .. } => Ok(None),
        Change::AlbumCreate { album, name, query } => create(connection, album, name, query.as_deref()),
        Change::AlbumDelete { album } => {
            let Some(found) = live(connection, album)? else {
                return Ok(None);
            };
            connection.execute("UPDATE albums SET deleted = 1 WHERE id = ?1", [found.id])?;
            let back = Change::AlbumCreate {
                album: album.clone(),
                name: found.name,
                query: found.query,
            };
            Ok(Some((change.clone(), back)))
        }
        Change::AlbumRename { album, name } => {
            let Some(found) = live(connection, album)? else {
                return Ok(None);
            };
            let name = free_name(connection, name, Some(found.id))?;
            if name == found.name {
                return Ok(None);
            }
            connection.execute("UPDATE albums SET name = ?2 WHERE id = ?1", (found.id, &name))?;
            let rename = |name| Change::AlbumRename {
                album: album.clone(),
                name,
            };
            Ok(Some((rename(name), rename(found.name))))
        }
        Change::AlbumAdd { album, photo } => {
            let Some(found) = live(connection, album)? else {
                return Ok(None);
            };
            if found.query.is_some() {
                return Err(Error::Refused(format!(
                    "\"{}\" is a smart album, it fills itself. Choose another album.",
                    found.name
                )));
            }
            if !exists(connection, *photo)? {
                return Ok(None);
            }
            let added = connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO album_photos (album_id, photo_id, added_seq) VALUES (?1, ?2, ?3)",
                )?
                .execute((found.id, photo.0, seq))?;
            let back = Change::AlbumRemove {
                album: album.clone(),
                photo: *photo,
            };
            Ok((added > 0).then(|| (change.clone(), back)))
        }
        Change::AlbumRemove { album, photo } => {
            let Some(found) = live(connection, album)? else {
                return Ok(None);
            };
            let removed = connection
                .prepare_cached("DELETE FROM album_photos WHERE album_id = ?1 AND photo_id = ?2")?
                .execute((found.id, photo.0))?;
            let back = Change::AlbumAdd {
                album: album.clone(),
                photo: *photo,
            };
            Ok((removed > 0).then(|| (change.clone(), back)))
        }
        Change::AlbumBackup { album, store } => {
            let Some(found) = live(connection, album)?.filter(|found| found.store != *store) else {
                return Ok(None);
            };
            connection.execute("UPDATE albums SET backup_store = ?2 WHERE id = ?1", (found.id, store))?;
            let back = Change::AlbumBackup {
                album: album.clone(),
                store: found.store,
            };
            Ok(Some((change.clone(), back)))
        }
    }
}

/// A new album, or a deleted one that comes back as it was.
fn create(
    connection: &Connection,
    album: &AlbumUid,
    name: &str,
    query: Option<&str>,
) -> Result<Option<(Change, Change)>> {
    let found = find(connection, album)?;
    if found.as_ref().is_some_and(|found| !found.deleted) {
        return Ok(None);
    }
    let name = free_name(connection, name, None)?;
    if let Some(Err(error)) = query.map(Query::parse) {
        return Err(Error::Refused(error.to_string()));
    }
    match found {
        Some(found) => connection.execute(
            "UPDATE albums SET deleted = 0, name = ?2, query = ?3 WHERE id = ?1",
            (found.id, &name, query),
        )?,
        None => connection.execute(
            "INSERT INTO albums (uid, name, query) VALUES (?1, ?2, ?3)",
            (album.as_str(), &name, query),
        )?,
    };
    let made = Change::AlbumCreate {
        album: album.clone(),
        name,
        query: query.map(str::to_owned),
    };
    Ok(Some((made, Change::AlbumDelete { album: album.clone() })))
}

/// Albums that are not deleted, smart ones last, by name; a smart album's photos are counted by `Catalog::albums`.
fn list(connection: &Connection) -> Result<Vec<Album>> {
    let mut statement = connection.prepare_cached(
        "SELECT a.id, a.uid, a.name, a.query, a.backup_store, (SELECT count(*) FROM album_photos m \
         JOIN photos p ON p.id = m.photo_id WHERE m.album_id = a.id AND p.missing_since IS NULL) \
         FROM albums a WHERE a.deleted = 0",
    )?;
    let album = |row: &Row<'_>| {
        Ok(Album {
            id: AlbumId(row.get(0)?),
            uid: AlbumUid(row.get(1)?),
            name: row.get(2)?,
            query: row.get(3)?,
            backup_store: row.get(4)?,
            photos: row.get::<_, i64>(5)?.unsigned_abs(),
        })
    };
    let mut albums = statement
        .query_map([], album)?
        .collect::<rusqlite::Result<Vec<Album>>>()?;
    albums.sort_by_cached_key(|album| (album.query.is_some(), fold(&album.name), album.id));
    Ok(albums)
}

/// The condition on `photos p` for being in an album; for a smart album, what its query finds.
///
/// # Errors
/// `Refused` where the album is gone or its query cannot be read any more.
pub(in crate::catalog) fn filter(connection: &Connection, album: AlbumId) -> Result<SqlFilter> {
    let mut statement = connection.prepare_cached("SELECT name, query FROM albums WHERE id = ?1 AND deleted = 0")?;
    let found: Option<(String, Option<String>)> = statement
        .query_row([album.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => Err(Error::Refused("This album is no longer there.".to_owned())),
        Some((_, None)) => Ok(SqlFilter {
            where_clause: "p.id IN (SELECT photo_id FROM album_photos WHERE album_id = ?)".to_owned(),
            params: vec![album.0.into()],
            asks_for_removed: false,
        }),
        Some((name, Some(text))) => {
            let query = Query::parse(&text).map_err(|error| {
                Error::Refused(format!(
                    "The search of the smart album \"{name}\" cannot be read. {error}"
                ))
            })?;
            search::filter(connection, &query)
        }
    }
}

impl Catalog {
    /// Every album with its number of photos, those picked by hand first, each kind by name. A smart album whose query
    /// cannot be read has none.
    ///
    /// # Errors
    /// SQLite's.
    pub fn albums(&self) -> Result<Vec<Album>> {
        self.read(|tx| {
            let mut albums = list(tx)?;
            for album in &mut albums {
                if let Some(Ok(query)) = album.query.as_deref().map(Query::parse) {
                    album.photos = search::count(tx, &query)?;
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

    /// One album by its name, in whatever case.
    ///
    /// # Errors
    /// SQLite's.
    pub fn album_named(&self, name: &str) -> Result<Option<Album>> {
        let same = fold(&normal_text(name));
        Ok(self.albums()?.into_iter().find(|album| fold(&album.name) == same))
    }

    /// The photos of an album, in the order they were put there; those of a smart album newest first.
    ///
    /// # Errors
    /// `Refused` where the album is gone or its query cannot be read any more.
    pub fn album_photos(&self, album: AlbumId) -> Result<Vec<PhotoId>> {
        let smart = self.read(|tx| {
            let filter = filter(tx, album)?;
            let mut statement = tx.prepare_cached(&format!(
                "SELECT p.id FROM photos p LEFT JOIN album_photos m ON m.photo_id = p.id AND m.album_id = {} \
                 WHERE {} ORDER BY m.added_seq, p.sort_time DESC, p.id DESC",
                album.0,
                filter.shown()
            ))?;
            let rows = statement.query_map(rusqlite::params_from_iter(filter.params), |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<Vec<i64>>>()?)
        })?;
        Ok(smart.into_iter().map(PhotoId).collect())
    }

    /// The names of the albums that a photo was put into by hand, sorted.
    ///
    /// # Errors
    /// SQLite's.
    pub fn albums_of(&self, photo: PhotoId) -> Result<Vec<String>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT a.name FROM album_photos m JOIN albums a ON a.id = m.album_id \
                 WHERE m.photo_id = ?1 AND a.deleted = 0 AND a.query IS NULL ORDER BY a.name",
            )?;
            let rows = statement.query_map([photo.0], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
