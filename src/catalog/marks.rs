//! Marks in the catalog: one mark put on one photo with what would take it back, and what marks there are. Only
//! `catalog::changes` puts marks, so that each is in the log (I6).

use super::{
    catalog::Catalog,
    error::{Error, Result},
};
use crate::model::{
    change::{MAX_KEYWORD, MAX_SHIFT_S, MAX_TEXT, Mark, Marks, normal_keyword, normal_text},
    fold::fold,
    id::PhotoId,
    metadata::Facts,
    position::Position,
    rating::{ColorLabel, Flag, Rating},
};
use rusqlite::{Connection, OptionalExtension as _, Row, types::FromSql};
use std::collections::HashMap;

/// A keyword and how many photos have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeywordCount {
    /// The keyword with all its levels.
    pub keyword: String,
    /// Photos that have exactly this keyword.
    pub photos: u64,
}

/// The keywords of the catalog, read once for a batch of marks. A keyword is written one way: whoever adds `paris` where
/// `Paris` is known, adds `Paris`.
#[derive(Default)]
pub(in crate::catalog) struct KeywordBook {
    by_fold: Option<HashMap<String, (i64, String)>>,
}

impl KeywordBook {
    /// The number and spelling of a keyword, which is entered where it is new.
    fn enter(&mut self, connection: &Connection, keyword: String) -> Result<(i64, String)> {
        if self.by_fold.is_none() {
            let mut statement = connection.prepare_cached("SELECT id, path FROM keywords ORDER BY id DESC")?;
            let rows = statement.query_map([], |row| {
                let path: String = row.get(1)?;
                Ok((fold(&path), (row.get(0)?, path)))
            })?;
            self.by_fold = Some(rows.collect::<rusqlite::Result<_>>()?);
        }
        let book = self.by_fold.get_or_insert_default();
        if let Some(known) = book.get(&fold(&keyword)) {
            return Ok(known.clone());
        }
        let mut statement = connection.prepare_cached("INSERT INTO keywords (path) VALUES (?1)")?;
        let entry = (statement.insert([&keyword])?, keyword);
        book.insert(fold(&entry.1), entry.clone());
        Ok(entry)
    }
}

/// Puts a mark on a photo. Returns the mark as it was put and the mark that takes it back; `None` where the photo has it
/// already or is gone.
///
/// # Errors
/// `Refused` for a keyword or text that cannot be kept.
pub(in crate::catalog) fn put(
    connection: &Connection,
    book: &mut KeywordBook,
    photo: PhotoId,
    mark: &Mark,
) -> Result<Option<(Mark, Mark)>> {
    match mark {
        Mark::Rating(rating) => {
            let old = replace::<u8>(connection, "rating", photo, rating.stars())?;
            Ok(old.map(|old| (mark.clone(), Mark::Rating(Rating::new(old).unwrap_or_default()))))
        }
        Mark::Flag(flag) => {
            let old = replace::<u8>(connection, "flag", photo, flag.number())?;
            Ok(old.map(|old| (mark.clone(), Mark::Flag(Flag::from_number(old)))))
        }
        Mark::Label(label) => {
            let old = replace::<u8>(connection, "label", photo, label.number())?;
            Ok(old.map(|old| (mark.clone(), Mark::Label(ColorLabel::from_number(old)))))
        }
        Mark::Title(title) => {
            let title = kept_text("title", title)?;
            let old = replace(connection, "title", photo, title.clone())?;
            Ok(old.map(|old| (Mark::Title(title), Mark::Title(old))))
        }
        Mark::Caption(caption) => {
            let caption = kept_text("caption", caption)?;
            let old = replace(connection, "caption", photo, caption.clone())?;
            Ok(old.map(|old| (Mark::Caption(caption), Mark::Caption(old))))
        }
        Mark::Shift { seconds } => {
            let old = shift(connection, photo, *seconds)?;
            Ok(old.map(|old| (mark.clone(), Mark::Shift { seconds: old })))
        }
        Mark::Position(position) => {
            let old = place(connection, photo, *position)?;
            Ok(old.map(|old| (mark.clone(), Mark::Position(old))))
        }
        Mark::AddKeyword(keyword) => add_keyword(connection, book, photo, keyword),
        Mark::RemoveKeyword(keyword) => remove_keyword(connection, photo, keyword),
    }
}

fn kept_text(what: &str, text: &str) -> Result<String> {
    let text = normal_text(text);
    if text.len() > MAX_TEXT {
        return Err(Error::Refused(format!(
            "This {what} is too long. It may have {MAX_TEXT} bytes."
        )));
    }
    Ok(text)
}

/// Writes one column of one photo; the old value, or `None` where it is the same or there is no such photo.
fn replace<T: FromSql + PartialEq + rusqlite::ToSql>(
    connection: &Connection,
    column: &'static str,
    photo: PhotoId,
    value: T,
) -> Result<Option<T>> {
    let mut select = connection.prepare_cached(&format!("SELECT {column} FROM photos WHERE id = ?1"))?;
    let old: Option<T> = select.query_row([photo.0], |row| row.get(0)).optional()?;
    let Some(old) = old.filter(|old| *old != value) else {
        return Ok(None);
    };
    let mut update = connection.prepare_cached(&format!("UPDATE photos SET {column} = ?2 WHERE id = ?1"))?;
    update.execute((photo.0, value))?;
    Ok(Some(old))
}

/// Shifts the capture time against the file's; the old shift, or `None` where it is the same or there is no such photo. An
/// undated photo keeps the shift for the day on which its file says a time.
fn shift(connection: &Connection, photo: PhotoId, seconds: i64) -> Result<Option<i64>> {
    if seconds.unsigned_abs() > MAX_SHIFT_S.unsigned_abs() {
        return Err(Error::Refused(
            "A capture time can be shifted by 150 years at most.".to_owned(),
        ));
    }
    let mut select = connection.prepare_cached("SELECT shift_s FROM photos WHERE id = ?1")?;
    let old: Option<i64> = select.query_row([photo.0], |row| row.get(0)).optional()?;
    let Some(old) = old.filter(|old| *old != seconds) else {
        return Ok(None);
    };
    connection
        .prepare_cached(
            "UPDATE photos SET shift_s = ?2, wall_ms = wall_ms + (?2 - shift_s) * 1000,              sort_time = CASE WHEN wall_ms IS NULL THEN sort_time ELSE sort_time + (?2 - shift_s) * 1000 END              WHERE id = ?1",
        )?
        .execute((photo.0, seconds))?;
    Ok(Some(old))
}

/// Puts a photo at a person's position, or back at its file's; the old one of the person, or `None` where it is the same
/// or there is no such photo.
fn place(connection: &Connection, photo: PhotoId, position: Option<Position>) -> Result<Option<Option<Position>>> {
    let mut select = connection.prepare_cached("SELECT own_latitude, own_longitude FROM photos WHERE id = ?1")?;
    let old = select.query_row([photo.0], |row| own_position(row, 0)).optional()?;
    let Some(old) = old.filter(|old| *old != position) else {
        return Ok(None);
    };
    let shown = match position {
        Some(position) => Some(<(f64, f64)>::from(position)),
        None => file_position(connection, photo)?,
    };
    connection
        .prepare_cached(
            "UPDATE photos SET own_latitude = ?2, own_longitude = ?3, latitude = ?4, longitude = ?5 WHERE id = ?1",
        )?
        .execute((
            photo.0,
            position.map(Position::latitude),
            position.map(Position::longitude),
            shown.map(|shown| shown.0),
            shown.map(|shown| shown.1),
        ))?;
    Ok(Some(old))
}

/// The person's position of two columns, of which the first is given.
pub(in crate::catalog) fn own_position(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Position>> {
    let degrees: (Option<f64>, Option<f64>) = (row.get(at)?, row.get(at + 1)?);
    Ok(match degrees {
        (Some(latitude), Some(longitude)) => Position::new(latitude, longitude),
        _ => None,
    })
}

/// Where the file says that it was taken, in degrees.
fn file_position(connection: &Connection, photo: PhotoId) -> Result<Option<(f64, f64)>> {
    let facts: Option<String> = connection
        .prepare_cached("SELECT facts FROM photo_facts WHERE photo_id = ?1")?
        .query_row([photo.0], |row| row.get(0))
        .optional()?;
    // Facts of an older version that cannot be read any more are read from the file again.
    let facts = facts.and_then(|text| serde_json::from_str::<Facts>(&text).ok());
    Ok(facts
        .and_then(|facts| facts.gps)
        .map(|gps| (gps.latitude, gps.longitude)))
}

fn keywords_of(connection: &Connection, photo: PhotoId) -> Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT k.id, k.path FROM photo_keywords x JOIN keywords k ON k.id = x.keyword_id WHERE x.photo_id = ?1",
    )?;
    let rows = statement.query_map([photo.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn add_keyword(
    connection: &Connection,
    book: &mut KeywordBook,
    photo: PhotoId,
    keyword: &str,
) -> Result<Option<(Mark, Mark)>> {
    let Some(keyword) = normal_keyword(keyword) else {
        return Err(Error::Refused(format!(
            "A keyword needs at least one letter and at most {MAX_KEYWORD}."
        )));
    };
    let same = fold(&keyword);
    let has = keywords_of(connection, photo)?.iter().any(|(_, has)| fold(has) == same);
    if has || !exists(connection, photo)? {
        return Ok(None);
    }
    let (id, keyword) = book.enter(connection, keyword)?;
    connection
        .prepare_cached("INSERT INTO photo_keywords (photo_id, keyword_id) VALUES (?1, ?2)")?
        .execute((photo.0, id))?;
    Ok(Some((Mark::AddKeyword(keyword.clone()), Mark::RemoveKeyword(keyword))))
}

fn remove_keyword(connection: &Connection, photo: PhotoId, keyword: &str) -> Result<Option<(Mark, Mark)>> {
    let same = fold(&normal_keyword(keyword).unwrap_or_default());
    let has = keywords_of(connection, photo)?;
    let Some((id, keyword)) = has.into_iter().find(|(_, has)| fold(has) == same) else {
        return Ok(None);
    };
    connection
        .prepare_cached("DELETE FROM photo_keywords WHERE photo_id = ?1 AND keyword_id = ?2")?
        .execute((photo.0, id))?;
    Ok(Some((Mark::RemoveKeyword(keyword.clone()), Mark::AddKeyword(keyword))))
}

/// Whether the catalog has this photo.
pub(in crate::catalog) fn exists(connection: &Connection, photo: PhotoId) -> Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM photos WHERE id = ?1")?;
    Ok(statement.exists([photo.0])?)
}

/// The marks of one photo; `None` where there is no such photo.
pub(in crate::catalog) fn of(connection: &Connection, photo: PhotoId) -> Result<Option<Marks>> {
    let mut statement = connection.prepare_cached(
        "SELECT rating, flag, label, title, caption, shift_s, own_latitude, own_longitude FROM photos WHERE id = ?1",
    )?;
    let marks = statement
        .query_row([photo.0], |row| {
            Ok(Marks {
                rating: Rating::new(row.get(0)?).unwrap_or_default(),
                flag: Flag::from_number(row.get(1)?),
                label: ColorLabel::from_number(row.get(2)?),
                title: row.get(3)?,
                caption: row.get(4)?,
                shift_s: row.get(5)?,
                position: own_position(row, 6)?,
                ..Marks::default()
            })
        })
        .optional()?;
    let Some(mut marks) = marks else {
        return Ok(None);
    };
    marks.keywords = keywords_of(connection, photo)?
        .into_iter()
        .map(|(_, path)| path)
        .collect();
    Ok(Some(marks))
}

impl Catalog {
    /// The marks of one photo; `None` where there is no such photo.
    ///
    /// # Errors
    /// SQLite's.
    pub fn marks(&self, photo: PhotoId) -> Result<Option<Marks>> {
        self.read(|tx| of(tx, photo))
    }

    /// The keywords that photos have, sorted, for the sidebar and for completion.
    ///
    /// # Errors
    /// SQLite's.
    pub fn keywords(&self) -> Result<Vec<KeywordCount>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT k.path, count(*) FROM photo_keywords x JOIN keywords k ON k.id = x.keyword_id \
                 GROUP BY x.keyword_id ORDER BY k.path",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(KeywordCount {
                    keyword: row.get(0)?,
                    photos: row.get::<_, i64>(1)?.unsigned_abs(),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
