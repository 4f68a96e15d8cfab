//! One photo as a query is asked of it, read from the catalog: what `Query::matches` takes.

use super::{
    albums::{album_paths, album_tree},
    catalog::Catalog,
    error::Result,
    places::place_of_photo,
    search::{MAX_NESTING, bytes, whole_path},
};
use crate::{
    model::{
        id::PhotoId,
        metadata::MediaKind,
        query::Query,
        rating::{ColorLabel, Flag, Rating},
        safety::Safety,
        subject::{Columns, Subject},
        time::Timestamp,
    },
    sys::clock::Clock,
};
use rusqlite::{Connection, OptionalExtension as _, Row};

impl Catalog {
    /// Everything that can be searched of one photo; `None` where there is no such photo.
    ///
    /// # Errors
    /// SQLite's.
    pub fn subject(&self, photo: PhotoId) -> Result<Option<Subject>> {
        self.read(|tx| subject(tx, photo, self.clock()))
    }
}

fn texts(connection: &Connection, sql: &str, photo: PhotoId) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([photo.0], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn subject(connection: &Connection, photo: PhotoId, clock: &dyn Clock) -> Result<Option<Subject>> {
    let sql = "SELECT p.title, p.caption, p.camera, p.lens, p.rating, p.flag, p.label, p.kind, p.raw_pair, p.wall_ms, \
               p.safety, r.online, p.problem, p.iso, p.f_number, p.focal_mm, p.latitude, p.longitude, r.path, f.rel, \
               p.shift_s <> 0, p.added_at \
               FROM photos p JOIN folders f ON f.id = p.folder_id JOIN roots r ON r.id = f.root_id WHERE p.id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let row = |row: &Row<'_>| {
        Ok(Subject {
            title: row.get(0)?,
            caption: row.get(1)?,
            camera: row.get(2)?,
            lens: row.get(3)?,
            columns: Columns {
                rating: Rating::new(row.get(4)?).unwrap_or_default(),
                flag: Flag::from_number(row.get(5)?),
                label: ColorLabel::from_number(row.get(6)?),
                kind: MediaKind::from_number(row.get(7)?),
                raw_pair: row.get(8)?,
                wall_ms: row.get(9)?,
                safety: Safety::from_number(row.get(10)?),
                problem: row.get(12)?,
                iso: row.get(13)?,
                f_number: row.get(14)?,
            },
            offline: !row.get::<_, bool>(11)?,
            focal_mm: row.get(15)?,
            position: row.get::<_, Option<f64>>(16)?.zip(row.get::<_, Option<f64>>(17)?),
            folder: whole_path(&bytes(row, 18)?, &bytes(row, 19)?),
            shifted: row.get(20)?,
            added: Timestamp(row.get(21)?),
            now: clock.now(),
            zone: clock.zone(),
            ..Subject::default()
        })
    };
    let Some(mut subject) = statement.query_row([photo.0], row).optional()? else {
        return Ok(None);
    };
    let mut names = connection.prepare_cached("SELECT name FROM files WHERE photo_id = ?1 ORDER BY id")?;
    for name in names.query_map([photo.0], |row| bytes(row, 0))? {
        subject.names.push(String::from_utf8_lossy(&name?).into_owned());
    }
    let keywords = "SELECT k.path FROM photo_keywords x JOIN keywords k ON k.id = x.keyword_id \
                    WHERE x.photo_id = ?1 ORDER BY k.path";
    subject.keywords = texts(connection, keywords, photo)?;
    subject.albums = album_paths(connection, photo)?;
    subject.place = place_of_photo(connection, photo)?;
    smart_albums(connection, &mut subject)?;
    Ok(Some(subject))
}

/// Smart albums may ask for each other: each turn answers one level more, until nothing changes.
fn smart_albums(connection: &Connection, subject: &mut Subject) -> Result<()> {
    let smart: Vec<(String, Query)> = album_tree(connection)?
        .albums
        .into_iter()
        .filter_map(|album| Some((album.path, Query::parse(&album.query?).ok()?)))
        .collect();
    for _ in 0..MAX_NESTING {
        let finding = smart.iter().filter(|(_, query)| query.matches(subject));
        let names: Vec<String> = finding.map(|(name, _)| name.clone()).collect();
        if names == subject.smart_albums {
            break;
        }
        subject.smart_albums = names;
    }
    Ok(())
}
