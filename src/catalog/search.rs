//! A query as SQL. Values are always bound, never pasted; what is compared without regard to case in any script, or by
//! parts of a path, is compared by `model::fold`, so that SQL finds what `Query::matches` says (a property test holds
//! them together).
//!
//! Speed on 100,000 photos comes from three habits: plain columns are read from the narrow index `photos_filter`, never
//! from the wide rows; what has few different values (folders, keywords, cameras, albums) is compared once for each value
//! here, and the photos are found by number; only file names, titles and captions are compared one by one, from indexes.

use super::{
    albums::{AlbumTree, LiveAlbum, album_tree},
    catalog::Catalog,
    error::Result,
    local,
    places::all_places,
    value::listed,
};
use crate::model::{
    bounds::Bounds,
    fold::{fold, found_in, is_at_or_below, is_glob},
    id::PhotoId,
    metadata::MediaKind,
    place::{Place, plain},
    query::{Expr, Has, NumberField, Query, Term, is_path_or_above, trimmed},
    time::DAY_MS,
};
use rusqlite::{Connection, Row, functions::FunctionFlags, types::Value};
use std::rc::Rc;

/// How deep smart albums may lie in each other before the innermost finds nothing.
pub(in crate::catalog) const MAX_NESTING: usize = 16;
/// A list of no photos.
const NOTHING: &str = "SELECT NULL WHERE 0";

/// A condition on `photos p`, to be put after `WHERE` or between parentheses, and its values in the order of its `?`.
#[derive(Clone, Debug)]
pub(in crate::catalog) struct SqlFilter {
    /// The condition; `1` for no condition.
    pub where_clause: String,
    /// Its values.
    pub params: Vec<Value>,
    /// It asks for photos that are no longer in their folder; all others should leave these out.
    pub asks_for_removed: bool,
}

impl SqlFilter {
    /// The same, without photos that are no longer in their folder unless it asks for them.
    #[must_use]
    pub(in crate::catalog) fn shown(&self) -> String {
        if self.asks_for_removed {
            format!("({})", self.where_clause)
        } else {
            format!("(({}) AND p.missing_since IS NULL)", self.where_clause)
        }
    }
}

/// Gives a connection the two comparisons that SQLite lacks. Called for every connection that is opened.
///
/// # Errors
/// SQLite's.
pub(in crate::catalog) fn install(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("text_contains", 2, flags, |values| {
        let text = values.get_raw(0).as_bytes().unwrap_or_default();
        let needle = values.get_raw(1).as_str().unwrap_or_default();
        // Most names are ASCII, and no ASCII text has a needle in it that is not.
        let hopeless = text.is_ascii() && !needle.is_ascii();
        Ok(!hopeless && fold(&String::from_utf8_lossy(text)).contains(needle))
    })?;
    connection.create_scalar_function("text_fits", 2, flags, |values| {
        let text = String::from_utf8_lossy(values.get_raw(0).as_bytes().unwrap_or_default());
        Ok(found_in(values.get_raw(1).as_str().unwrap_or_default(), &text))
    })
}

/// The condition that a query makes.
///
/// # Errors
/// SQLite's, while looking up folders, keywords and albums.
pub(in crate::catalog) fn filter(connection: &Connection, query: &Query) -> Result<SqlFilter> {
    let mut builder = Builder::new(connection);
    let where_clause = builder.query(query)?;
    Ok(SqlFilter {
        where_clause,
        params: builder.params,
        asks_for_removed: query.asks_for_removed(),
    })
}

/// Every folder with its whole path.
fn folders(connection: &Connection) -> Result<Vec<(i64, String)>> {
    let mut statement = connection
        .prepare_cached("SELECT f.id, r.path, f.rel FROM folders f JOIN roots r ON r.id = f.root_id ORDER BY f.id")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, whole_path(&bytes(row, 1)?, &bytes(row, 2)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(in crate::catalog) fn bytes(row: &Row<'_>, at: usize) -> rusqlite::Result<Vec<u8>> {
    row.get(at)
}

/// A folder's path from its root's and its own below that.
pub(in crate::catalog) fn whole_path(root: &[u8], rel: &[u8]) -> String {
    let root = String::from_utf8_lossy(root);
    let root = if cfg!(windows) {
        root.replace('\\', "/")
    } else {
        root.into_owned()
    };
    match (root.trim_end_matches('/'), rel.is_empty()) {
        ("", true) => "/".to_owned(),
        (root, true) => root.to_owned(),
        (root, false) => format!("{root}/{}", String::from_utf8_lossy(rel)),
    }
}

struct Builder<'c> {
    connection: &'c Connection,
    params: Vec<Value>,
    folders: Option<Vec<(i64, String)>>,
    albums: Option<Rc<AlbumTree>>,
    /// The smart albums that are being written out, outermost first.
    inside: Vec<i64>,
}

impl<'c> Builder<'c> {
    fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            params: Vec::new(),
            folders: None,
            albums: None,
            inside: Vec::new(),
        }
    }

    fn query(&mut self, query: &Query) -> Result<String> {
        match query.expr() {
            Some(expr) => self.expr(expr),
            None => Ok("1".to_owned()),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Result<String> {
        match expr {
            Expr::Term(term) => self.term(term),
            // A missing value makes a comparison NULL; only here would NULL not behave as false.
            Expr::Not(part) => Ok(format!("NOT ifnull(({}), 0)", self.expr(part)?)),
            Expr::And(parts) => self.list(parts.iter(), " AND "),
            Expr::Or(parts) => {
                // Paths come by the hundred from a shell's `*.jpg`: they are looked up together.
                let path = |part: &&Expr| matches!(part, Expr::Term(Term::Path(_)));
                let paths: Vec<&str> = parts.iter().filter_map(as_path).collect();
                let rest = self.list(parts.iter().filter(|part| !path(part)), " OR ")?;
                match (paths.is_empty(), rest.is_empty()) {
                    (true, _) => Ok(rest),
                    (false, true) => self.paths(&paths),
                    (false, false) => Ok(format!("{rest} OR {}", self.paths(&paths)?)),
                }
            }
        }
    }

    fn list<'e>(&mut self, parts: impl Iterator<Item = &'e Expr>, between: &str) -> Result<String> {
        let parts: Result<Vec<String>> = parts.map(|part| Ok(format!("({})", self.expr(part)?))).collect();
        Ok(parts?.join(between))
    }

    fn bind(&mut self, value: impl Into<Value>) {
        self.params.push(value.into());
    }

    /// `column IN (these)`, for any number of them.
    fn one_of<T: serde::Serialize>(&mut self, column: &str, values: &[T]) -> Result<String> {
        if values.is_empty() {
            return Ok("0".to_owned());
        }
        self.bind(listed(values)?);
        Ok(format!("{column} IN (SELECT value FROM json_each(?))"))
    }

    /// Whether a column of text has the folded needle in it. `LIKE` knows the case of ASCII, and is faster.
    fn contains(&mut self, column: &str, needle: &str) -> String {
        if needle.is_ascii() {
            let escaped = needle.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            self.bind(format!("%{escaped}%"));
            format!("{column} LIKE ? ESCAPE '!'")
        } else {
            self.bind(needle.to_owned());
            format!("text_contains({column}, ?)")
        }
    }

    /// A list of the photos that are meant, as a `SELECT`; for who wants their numbers alone.
    fn select(&mut self, expr: &Expr) -> Result<String> {
        let cameras = match expr {
            Expr::Term(Term::Word(word)) => Some(self.named("camera", |name, word| fold(name).contains(word), word)?),
            Expr::Term(Term::Camera(pattern)) => {
                Some(self.named("camera", |name, pattern| found_in(pattern, name), pattern)?)
            }
            _ => None,
        };
        let list = match expr {
            Expr::Term(term) => self.set(term)?,
            _ => None,
        };
        // By its own index a camera is found without a look at every photo.
        let of_cameras = cameras.map(|names| self.one_of("camera", &names)).transpose()?;
        let of_cameras = of_cameras.filter(|list| list != "0");
        let of_cameras = of_cameras.map(|list| format!("SELECT id FROM photos WHERE {list}"));
        Ok(match (list, of_cameras) {
            (Some(list), Some(more)) => format!("{list} UNION ALL {more}"),
            (Some(list), None) | (None, Some(list)) => list,
            (None, None) => format!("SELECT p.id FROM photos p WHERE {}", self.expr(expr)?),
        })
    }

    /// The photos that a term means, as a `SELECT` of their numbers; `None` for a term that is a condition on their rows.
    fn set(&mut self, term: &Term) -> Result<Option<String>> {
        Ok(Some(match term {
            Term::Word(word) => self.texts(&fold(word))?,
            Term::Name(pattern) => self.name(&fold(pattern)),
            Term::Keyword(pattern) => {
                let pattern = fold(pattern);
                self.keywords(|path| is_at_or_below(&pattern, path))?
            }
            Term::Place(pattern) => {
                let pattern = plain(pattern);
                self.places(|place| place.is_within(&pattern))?
            }
            Term::Within(bounds) => self.within(*bounds),
            Term::Has(has) => match has {
                Has::Gps => "SELECT id FROM photos WHERE latitude IS NOT NULL AND longitude IS NOT NULL",
                Has::Title => "SELECT id FROM photos WHERE title <> ''",
                Has::Caption => "SELECT id FROM photos WHERE caption <> ''",
                Has::Keyword => return Ok(None),
                Has::Album => {
                    "SELECT m.photo_id FROM album_photos m JOIN albums a ON a.id = m.album_id \
                     WHERE a.deleted = 0 AND a.query IS NULL"
                }
                Has::Shift => "SELECT id FROM photos WHERE shift_s <> 0",
            }
            .to_owned(),
            _ => return Ok(None),
        }))
    }

    fn term(&mut self, term: &Term) -> Result<String> {
        if let Some(list) = self.set(term)? {
            let listed = format!("p.id IN ({list})");
            let Term::Word(word) = term else { return Ok(listed) };
            let cameras = self.named("camera", |name, word| fold(name).contains(word), word)?;
            return Ok(match self.one_of("+p.camera", &cameras)? {
                none if none == "0" => listed,
                cameras => format!("{listed} OR {cameras}"),
            });
        }
        Ok(match term {
            Term::Path(path) => self.paths(&[path])?,
            // Cameras are in the narrow index, where a plus keeps SQLite; a lens is rarer and has an index of its own.
            Term::Camera(pattern) => {
                let names = self.named("camera", |name, pattern| found_in(pattern, name), pattern)?;
                self.one_of("+p.camera", &names)?
            }
            Term::Lens(pattern) => {
                let names = self.named("lens", |name, pattern| found_in(pattern, name), pattern)?;
                self.one_of("p.lens", &names)?
            }
            Term::In(pattern) => {
                let pattern = fold(pattern);
                self.folders_where(|path| is_at_or_below(&pattern, path))?
            }
            Term::Album(pattern) => self.album(&fold(pattern))?,
            Term::Number(field, numbers) => {
                let (low, high) = numbers.interval(*field);
                let column = match field {
                    NumberField::Rating => "p.rating",
                    NumberField::Iso => "p.iso",
                    NumberField::Aperture => "p.f_number",
                    NumberField::Focal => "p.focal_mm",
                };
                let low = low.is_finite().then_some(Value::Real(low));
                self.between(column, low, high.is_finite().then_some(Value::Real(high)))
            }
            Term::Flag(flag) => format!("p.flag = {}", flag.number()),
            Term::Label(label) => format!("p.label = {}", label.number()),
            Term::Kind(MediaKind::Raw) => format!("p.kind = {} OR p.raw_pair <> 0", MediaKind::Raw.number()),
            Term::Kind(kind) => format!("p.kind = {}", kind.number()),
            Term::Safe(safe) => {
                let numbers: Vec<String> = safe
                    .buckets()
                    .iter()
                    .map(|safety| safety.number().to_string())
                    .collect();
                // The plus keeps SQLite from the index on this column alone, which leads to the wide rows.
                format!("+p.safety IN ({})", numbers.join(", "))
            }
            Term::Taken(dates) => {
                let (start, end) = dates.span();
                let start = (start != i64::MIN).then_some(Value::Integer(start));
                self.between("p.wall_ms", start, (end != i64::MAX).then_some(Value::Integer(end)))
            }
            Term::Undated => "p.wall_ms IS NULL".to_owned(),
            Term::Added(dates) => {
                let (sql, values) = local::within_dates("p.added_at", *dates);
                self.params.extend(values);
                sql
            }
            Term::AddedOn(day) => local::within_day("p.added_at", *day),
            Term::AddedLast(days) => format!("p.added_at > now_ms() - {}", i64::from(*days) * DAY_MS),
            Term::Offline(yes) => format!(
                "p.folder_id IN (SELECT f.id FROM folders f JOIN roots r ON r.id = f.root_id WHERE r.online {} 0)",
                if *yes { "=" } else { "<>" }
            ),
            Term::Problem(yes) => format!("p.problem {} 0", if *yes { "<>" } else { "=" }),
            // The others are lists.
            _ => "EXISTS (SELECT 1 FROM photo_keywords k WHERE k.photo_id = p.id)".to_owned(),
        })
    }

    fn within(&mut self, bounds: Bounds) -> String {
        let ((south, north), (west, east)) = (bounds.latitudes(), bounds.longitudes());
        for edge in [south, north, west, east] {
            self.params.push(Value::Real(edge));
        }
        // West of the west and east of the east: across the date line.
        let joined = if west <= east { "AND" } else { "OR" };
        format!(
            "SELECT id FROM photos WHERE latitude IS NOT NULL AND latitude >= ? AND latitude <= ? \
             AND (longitude >= ? {joined} longitude <= ?)"
        )
    }

    fn between(&mut self, column: &str, low: Option<Value>, high: Option<Value>) -> String {
        let mut sides = Vec::new();
        for (value, operator) in [(low, ">="), (high, "<")] {
            if let Some(value) = value {
                self.params.push(value);
                sides.push(format!("{column} {operator} ?"));
            }
        }
        sides.join(" AND ")
    }

    /// Photos with this folded word in a name of a file, the title, the caption, a keyword or the place.
    fn texts(&mut self, word: &str) -> Result<String> {
        let in_name = self.contains("CAST(name AS TEXT)", word);
        let in_title = self.contains("title", word);
        let in_caption = self.contains("caption", word);
        let keywords = self.keywords(|path| fold(path).contains(word))?;
        let plain_word = plain(word);
        let places = self.places(|place| place.contains(&plain_word))?;
        let mut sql = format!(
            "SELECT photo_id FROM files WHERE {in_name} \
             UNION ALL SELECT id FROM photos WHERE title <> '' AND {in_title} \
             UNION ALL SELECT id FROM photos WHERE caption <> '' AND {in_caption}"
        );
        for more in [keywords, places].iter().filter(|list| *list != NOTHING) {
            sql = format!("{sql} UNION ALL {more}");
        }
        Ok(sql)
    }

    fn name(&mut self, pattern: &str) -> String {
        let fits = if is_glob(pattern) {
            // What has to be in the name is looked for first: `LIKE` passes over most names in a tenth of the time.
            let literal = pattern
                .split(['*', '?'])
                .filter(|part| part.is_ascii())
                .max_by_key(|part| part.len());
            let hint = match literal.filter(|part| !part.is_empty()) {
                Some(part) => format!("{} AND ", self.contains("CAST(name AS TEXT)", part)),
                None => String::new(),
            };
            self.bind(pattern.to_owned());
            format!("{hint}text_fits(CAST(name AS TEXT), ?)")
        } else {
            self.contains("CAST(name AS TEXT)", pattern)
        };
        format!("SELECT photo_id FROM files WHERE {fits}")
    }

    /// The different values of this column that fit the folded pattern.
    fn named(&self, column: &str, fits: impl Fn(&str, &str) -> bool, pattern: &str) -> Result<Vec<String>> {
        let pattern = fold(pattern);
        let mut names = distinct(self.connection, column)?;
        names.retain(|name| fits(name, &pattern));
        Ok(names)
    }

    fn keywords(&mut self, fits: impl Fn(&str) -> bool) -> Result<String> {
        let mut statement = self.connection.prepare_cached("SELECT id, path FROM keywords")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        let mut ids = Vec::new();
        for row in rows {
            let (id, path) = row?;
            if fits(&path) {
                ids.push(id);
            }
        }
        Ok(match self.one_of("keyword_id", &ids)?.as_str() {
            "0" => NOTHING.to_owned(),
            list => format!("SELECT photo_id FROM photo_keywords WHERE {list}"),
        })
    }

    fn places(&mut self, fits: impl Fn(&Place) -> bool) -> Result<String> {
        let places = all_places(self.connection)?;
        let ids: Vec<i64> = places
            .iter()
            .filter(|(_, place)| fits(place))
            .map(|(id, _)| *id)
            .collect();
        Ok(match self.one_of("place_id", &ids)?.as_str() {
            "0" => NOTHING.to_owned(),
            list => format!("SELECT id FROM photos WHERE place_id > 0 AND {list}"),
        })
    }

    fn folders_where(&mut self, fits: impl Fn(&str) -> bool) -> Result<String> {
        let all = match self.folders.take() {
            Some(all) => all,
            None => folders(self.connection)?,
        };
        let ids: Vec<i64> = all.iter().filter(|(_, path)| fits(path)).map(|(id, _)| *id).collect();
        self.folders = Some(all);
        self.one_of("p.folder_id", &ids)
    }

    /// Photos at these paths, or in or below a folder of these paths.
    fn paths(&mut self, paths: &[&str]) -> Result<String> {
        let within = self.folders_where(|folder| paths.iter().any(|path| is_path_or_above(path, folder)))?;
        let all = self.folders.take().unwrap_or_default();
        let mut photos: Vec<i64> = Vec::new();
        for path in paths {
            let Some((folder, name)) = trimmed(path).rsplit_once('/') else {
                continue;
            };
            let folder = if folder.is_empty() { "/" } else { folder };
            for (id, _) in all.iter().filter(|(_, path)| path == folder) {
                self.files_named(*id, name, &mut photos)?;
            }
        }
        self.folders = Some(all);
        Ok(match (within.as_str(), self.one_of("p.id", &photos)?) {
            ("0", found) => found,
            (within, found) if found == "0" => within.to_owned(),
            (within, found) => format!("{within} OR {found}"),
        })
    }

    /// Looks names up by their bytes; only where the text is a stand-in for bytes that are no text, by comparing texts.
    fn files_named(&self, folder: i64, name: &str, photos: &mut Vec<i64>) -> Result<()> {
        let odd = name.contains(char::REPLACEMENT_CHARACTER);
        let sql = if odd {
            "SELECT photo_id, name FROM files WHERE folder_id = ?1 AND ?2 IS NOT NULL"
        } else {
            "SELECT photo_id, name FROM files WHERE folder_id = ?1 AND name = ?2"
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map((folder, name.as_bytes()), |row| {
            Ok((row.get::<_, i64>(0)?, bytes(row, 1)?))
        })?;
        for row in rows {
            let (photo, found) = row?;
            if String::from_utf8_lossy(&found) == name {
                photos.push(photo);
            }
        }
        Ok(())
    }

    /// Photos in albums whose path is, or is below, what the pattern names.
    fn album(&mut self, pattern: &str) -> Result<String> {
        let tree = match self.albums.take() {
            Some(tree) => tree,
            None => Rc::new(album_tree(self.connection)?),
        };
        self.albums = Some(Rc::clone(&tree));
        let meant = tree.albums.iter().filter(|album| is_at_or_below(pattern, &album.path));
        self.albums_of(meant)
    }

    fn albums_of<'a>(&mut self, albums: impl Iterator<Item = &'a LiveAlbum>) -> Result<String> {
        let mut picked = Vec::new();
        let mut parts = Vec::new();
        for album in albums {
            match &album.query {
                None => picked.push(album.id),
                // Albums that ask for each other find nothing more at the second turn.
                Some(_) if self.inside.contains(&album.id) || self.inside.len() >= MAX_NESTING => {}
                Some(text) => {
                    // A query that this version cannot read finds nothing, and breaks nothing else.
                    if let Ok(query) = Query::parse(text) {
                        self.inside.push(album.id);
                        parts.push(format!("({})", self.query(&query)?));
                        self.inside.pop();
                    }
                }
            }
        }
        let list = self.one_of("album_id", &picked)?;
        if list != "0" {
            parts.push(format!("p.id IN (SELECT photo_id FROM album_photos WHERE {list})"));
        }
        Ok(if parts.is_empty() {
            "0".to_owned()
        } else {
            parts.join(" OR ")
        })
    }
}

/// The condition for being in any of these albums.
///
/// # Errors
/// SQLite's.
pub(in crate::catalog) fn in_albums(connection: &Connection, albums: &[LiveAlbum]) -> Result<SqlFilter> {
    let mut builder = Builder::new(connection);
    let where_clause = builder.albums_of(albums.iter())?;
    let queries = albums
        .iter()
        .filter_map(|album| Query::parse(album.query.as_deref()?).ok());
    Ok(SqlFilter {
        where_clause,
        params: builder.params,
        // As the album's own query alone would: one that lies in another does not open it.
        asks_for_removed: match albums {
            [_] => queries.into_iter().any(|query| query.asks_for_removed()),
            _ => false,
        },
    })
}

fn as_path(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Term(Term::Path(path)) => Some(path),
        _ => None,
    }
}

/// The different values of `camera` or `lens`, by jumps through its index: few steps for any number of photos.
fn distinct(connection: &Connection, column: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(&format!(
        "WITH RECURSIVE step(x) AS (SELECT min({column}) FROM photos WHERE {column} IS NOT NULL UNION ALL \
         SELECT (SELECT min({column}) FROM photos WHERE {column} > step.x) FROM step WHERE step.x IS NOT NULL) \
         SELECT x FROM step WHERE x IS NOT NULL AND x <> ''"
    ))?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Catalog {
    /// The photos that a query finds, newest first; without those that are no longer in their folder, unless it asks for
    /// them (`safe:removed`).
    ///
    /// # Errors
    /// SQLite's.
    pub fn search(&self, query: &Query) -> Result<Vec<PhotoId>> {
        self.read(|tx| {
            let filter = filter(tx, query)?;
            let sql = format!("SELECT p.sort_time, p.id FROM photos p WHERE {}", filter.shown());
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map(rusqlite::params_from_iter(filter.params), |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })?;
            let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            // Sorted here: given ORDER BY, SQLite walks the index of times and reads every wide row for its filter.
            found.sort_unstable_by(|a, b| b.cmp(a));
            Ok(found.into_iter().map(|(_, id)| PhotoId(id)).collect())
        })
    }

    /// The photos that a part of a query means, in no order, perhaps some of them twice, those that are no longer in their
    /// folder among them: for who has the photos at hand and asks the catalog only for what these do not say.
    ///
    /// # Errors
    /// SQLite's.
    pub fn meant(&self, part: &Expr) -> Result<Vec<PhotoId>> {
        self.read(|tx| {
            let mut builder = Builder::new(tx);
            let sql = builder.select(part)?;
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map(rusqlite::params_from_iter(builder.params), |row| {
                row.get(0).map(PhotoId)
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many photos a query finds.
    ///
    /// # Errors
    /// SQLite's.
    pub fn count(&self, query: &Query) -> Result<u64> {
        self.read(|tx| count(tx, query))
    }
}

/// How many photos a query finds.
pub(in crate::catalog) fn count(connection: &Connection, query: &Query) -> Result<u64> {
    count_of(connection, filter(connection, query)?)
}

/// How many photos a condition finds.
pub(in crate::catalog) fn count_of(connection: &Connection, filter: SqlFilter) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM photos p WHERE {}", filter.shown());
    let mut statement = connection.prepare_cached(&sql)?;
    let count: i64 = statement.query_row(rusqlite::params_from_iter(filter.params), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// How many photos a condition finds, and the newest of them.
pub(in crate::catalog) fn count_and_newest(
    connection: &Connection,
    filter: SqlFilter,
) -> Result<(u64, Option<PhotoId>)> {
    // Beside max() SQLite gives the other columns of the row that has it.
    let sql = format!(
        "SELECT count(*), p.id, max(p.sort_time) FROM photos p WHERE {}",
        filter.shown()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let row = |row: &Row<'_>| {
        Ok((
            row.get::<_, i64>(0)?.unsigned_abs(),
            row.get::<_, Option<i64>>(1)?.map(PhotoId),
        ))
    };
    Ok(statement.query_row(rusqlite::params_from_iter(filter.params), row)?)
}
