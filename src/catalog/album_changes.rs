//! Changes of albums: each made on the rows with what takes it back. Only `catalog::changes` calls them, so that each is in
//! the log (I6). A deleted album keeps its row and its photos, so that undo brings it back whole.

use super::{
    albums::{AlbumTree, album_tree},
    error::{Error, Result},
    marks::exists,
};
use crate::model::{
    change::{Change, MAX_ALBUM_DEPTH, PLACE_GAP, normal_text},
    fold::fold,
    id::{AlbumUid, PhotoId},
    query::Query,
};
use rusqlite::{Connection, OptionalExtension as _};

/// The longest name of an album, in characters.
const MAX_NAME: usize = 200;

/// An album's row, deleted or not.
struct Found {
    id: i64,
    name: String,
    query: Option<String>,
    store: Option<String>,
    parent: Option<AlbumUid>,
    cover: Option<PhotoId>,
    deleted: bool,
}

fn find(connection: &Connection, album: &AlbumUid) -> Result<Option<Found>> {
    let mut statement = connection
        .prepare_cached("SELECT id, name, query, backup_store, parent, cover, deleted FROM albums WHERE uid = ?1")?;
    let found = statement.query_row([album.as_str()], |row| {
        Ok(Found {
            id: row.get(0)?,
            name: row.get(1)?,
            query: row.get(2)?,
            store: row.get(3)?,
            parent: row.get::<_, Option<String>>(4)?.map(AlbumUid),
            cover: row.get::<_, Option<i64>>(5)?.map(PhotoId),
            deleted: row.get(6)?,
        })
    });
    Ok(found.optional()?)
}

fn live(connection: &Connection, album: &AlbumUid) -> Result<Option<Found>> {
    Ok(find(connection, album)?.filter(|album| !album.deleted))
}

/// The name as it is kept; refused where another album beside it has this name, in whatever case.
fn free_name(connection: &Connection, name: &str, own: Option<i64>, parent: Option<&AlbumUid>) -> Result<String> {
    let name = normal_text(name);
    if name.is_empty() || name.chars().count() > MAX_NAME || name.contains(char::is_control) {
        return Err(Error::Refused(format!(
            "An album needs a name of one line, with 1 to {MAX_NAME} characters."
        )));
    }
    if name.contains('/') {
        return Err(Error::Refused(
            "An album's name has no \"/\": that stands between an album and the one that it lies in.".to_owned(),
        ));
    }
    let tree = album_tree(connection)?;
    let same = fold(&name);
    let parent = parent.filter(|uid| tree.by_uid(uid).is_some());
    let taken = tree
        .albums
        .iter()
        .find(|other| Some(other.id) != own && other.parent.as_ref() == parent && fold(&other.name) == same);
    match taken {
        Some(other) => Err(Error::Refused(format!(
            "There is already an album \"{}\". Choose another name.",
            other.path
        ))),
        None => Ok(name),
    }
}

/// Makes one change to an album. Returns the change as it was made and the change that takes it back; `None` where it
/// changes nothing, or where the album or the photo is gone.
///
/// # Errors
/// `Refused` for names that are taken, queries that cannot be read, photos put into a smart album, and albums put into
/// themselves.
pub(in crate::catalog) fn make(connection: &Connection, change: &Change) -> Result<Option<(Change, Change)>> {
    match change {
        Change::Mark { .. } => Ok(None),
        Change::AlbumCreate { album, name, query } => create(connection, album, name, query.as_deref()),
        Change::AlbumDelete { album } => with(connection, album, |found| {
            connection.execute("UPDATE albums SET deleted = 1 WHERE id = ?1", [found.id])?;
            let back = Change::AlbumCreate {
                album: album.clone(),
                name: found.name,
                query: found.query,
            };
            Ok(Some((change.clone(), back)))
        }),
        Change::AlbumRename { album, name } => with(connection, album, |found| {
            let name = free_name(connection, name, Some(found.id), found.parent.as_ref())?;
            if name == found.name {
                return Ok(None);
            }
            connection.execute("UPDATE albums SET name = ?2 WHERE id = ?1", (found.id, &name))?;
            let rename = |name| Change::AlbumRename {
                album: album.clone(),
                name,
            };
            Ok(Some((rename(name), rename(found.name))))
        }),
        Change::AlbumAdd { album, photo } => with(connection, album, |found| add(connection, &found, album, *photo)),
        Change::AlbumPlace { album, photo, place } => with(connection, album, |found| {
            put_at(connection, &found, album, *photo, *place)
        }),
        Change::AlbumRemove { album, photo } => with(connection, album, |found| {
            let Some(place) = place_of(connection, found.id, *photo)? else {
                return Ok(None);
            };
            connection
                .prepare_cached("DELETE FROM album_photos WHERE album_id = ?1 AND photo_id = ?2")?
                .execute((found.id, photo.0))?;
            Ok(Some((change.clone(), at_place(album, *photo, place))))
        }),
        Change::AlbumMove { album, parent } => with(connection, album, |found| {
            move_into(connection, found, album, parent.as_ref())
        }),
        Change::AlbumCover { album, photo } => with(connection, album, |found| {
            let known = match photo {
                Some(photo) => exists(connection, *photo)?,
                None => true,
            };
            if found.cover == *photo || !known {
                return Ok(None);
            }
            let cover = photo.map(|photo| photo.0);
            connection.execute("UPDATE albums SET cover = ?2 WHERE id = ?1", (found.id, cover))?;
            let back = Change::AlbumCover {
                album: album.clone(),
                photo: found.cover,
            };
            Ok(Some((change.clone(), back)))
        }),
        Change::AlbumBackup { album, store } => with(connection, album, |found| {
            if found.store == *store {
                return Ok(None);
            }
            connection.execute("UPDATE albums SET backup_store = ?2 WHERE id = ?1", (found.id, store))?;
            let back = Change::AlbumBackup {
                album: album.clone(),
                store: found.store,
            };
            Ok(Some((change.clone(), back)))
        }),
    }
}

/// Changes an album that is there.
fn with(
    connection: &Connection,
    album: &AlbumUid,
    change: impl FnOnce(Found) -> Result<Option<(Change, Change)>>,
) -> Result<Option<(Change, Change)>> {
    match live(connection, album)? {
        Some(found) => change(found),
        None => Ok(None),
    }
}

fn at_place(album: &AlbumUid, photo: PhotoId, place: i64) -> Change {
    Change::AlbumPlace {
        album: album.clone(),
        photo,
        place,
    }
}

fn not_smart(found: &Found) -> Result<()> {
    if found.query.is_none() {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "\"{}\" is a smart album, it fills itself. Choose another album.",
        found.name
    )))
}

fn place_of(connection: &Connection, album: i64, photo: PhotoId) -> Result<Option<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT place FROM album_photos WHERE album_id = ?1 AND photo_id = ?2")?;
    Ok(statement.query_row((album, photo.0), |row| row.get(0)).optional()?)
}

/// A photo comes last.
fn add(connection: &Connection, found: &Found, album: &AlbumUid, photo: PhotoId) -> Result<Option<(Change, Change)>> {
    not_smart(found)?;
    if !exists(connection, photo)? {
        return Ok(None);
    }
    let added = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO album_photos (album_id, photo_id, place) \
             VALUES (?1, ?2, (SELECT ifnull(max(place), 0) + ?3 FROM album_photos WHERE album_id = ?1))",
        )?
        .execute((found.id, photo.0, PLACE_GAP))?;
    let made = Change::AlbumAdd {
        album: album.clone(),
        photo,
    };
    let back = Change::AlbumRemove {
        album: album.clone(),
        photo,
    };
    Ok((added > 0).then_some((made, back)))
}

/// A photo comes to this place, whether it was in the album or not.
fn put_at(
    connection: &Connection,
    found: &Found,
    album: &AlbumUid,
    photo: PhotoId,
    place: i64,
) -> Result<Option<(Change, Change)>> {
    not_smart(found)?;
    if !exists(connection, photo)? {
        return Ok(None);
    }
    let old = place_of(connection, found.id, photo)?;
    if old == Some(place) {
        return Ok(None);
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO album_photos (album_id, photo_id, place) VALUES (?1, ?2, ?3)")?
        .execute((found.id, photo.0, place))?;
    let back = match old {
        Some(old) => at_place(album, photo, old),
        None => Change::AlbumRemove {
            album: album.clone(),
            photo,
        },
    };
    Ok(Some((at_place(album, photo, place), back)))
}

fn move_into(
    connection: &Connection,
    found: Found,
    album: &AlbumUid,
    parent: Option<&AlbumUid>,
) -> Result<Option<(Change, Change)>> {
    if found.parent.as_ref() == parent {
        return Ok(None);
    }
    if let Some(parent) = parent {
        let into = find(connection, parent)?
            .ok_or_else(|| Error::Refused("The album to put it into is no longer there.".to_owned()))?;
        not_smart(&into)?;
        // By the rows, deleted ones too: one that comes back must not close a ring.
        let tree = AlbumTree::with_deleted(connection)?;
        let mut above = Some(parent.clone());
        // What lies in it comes along.
        let mut depth = tree.height(found.id);
        while let Some(uid) = above {
            depth += 1;
            if uid == *album || depth > MAX_ALBUM_DEPTH {
                return Err(Error::Refused(format!(
                    "\"{}\" cannot be put there: an album does not lie in itself, nor more than {MAX_ALBUM_DEPTH} deep.",
                    found.name
                )));
            }
            above = tree.by_uid(&uid).and_then(|album| album.parent.clone());
        }
    }
    free_name(connection, &found.name, Some(found.id), parent)?;
    let uid = parent.map(AlbumUid::as_str);
    connection.execute("UPDATE albums SET parent = ?2 WHERE id = ?1", (found.id, uid))?;
    let into = |parent| Change::AlbumMove {
        album: album.clone(),
        parent,
    };
    Ok(Some((into(parent.cloned()), into(found.parent))))
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
    let parent = found.as_ref().and_then(|found| found.parent.as_ref());
    let name = free_name(connection, name, None, parent)?;
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
