//! What the window and `list` read often: tiles in order, counts, the folder tree, one photo in detail. Sized for
//! 100,000 photos in one go: one pass over the rows, sorted here rather than by SQLite.

use super::{
    Catalog, albums,
    error::{Error, Result},
    photos::{BELOW, FileRow, PhotoRow},
    places::place_of_photo,
    roots::Root,
};
use crate::{
    model::{
        id::{AlbumId, FolderId, PhotoId, RootId},
        metadata::MediaKind,
        place::Place,
        rating::{ColorLabel, Flag, Rating},
        safety::Safety,
        subject::Columns,
        time::{DAY_MS, Timestamp},
    },
    sys::real::path_from_bytes,
};
use rusqlite::{
    Row, ToSql, Transaction,
    types::{Type, Value, ValueRef},
};
use std::{
    borrow::Borrow,
    cmp::Ordering,
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What a grid cell or a line of a list needs of one photo.
#[derive(Clone, PartialEq, Debug)]
pub struct TileRow {
    /// Its number.
    pub id: PhotoId,
    /// The name of the file that is shown.
    pub name: Arc<str>,
    /// Width by height as displayed; 1.5 until known.
    pub aspect: f32,
    /// Days since 1970 on its own wall clock; the file's date where it has none.
    pub day: i64,
    /// Its place in time, milliseconds on its own wall clock.
    pub sort_time: i64,
    /// Stars.
    pub rating: Rating,
    /// Pick or reject.
    pub flag: Flag,
    /// Colour.
    pub label: ColorLabel,
    /// Where it stands.
    pub safety: Safety,
    /// What it is.
    pub kind: MediaKind,
    /// It has a RAW and a developed file.
    pub raw_pair: bool,
    /// It cannot be read as a picture, or a file of it not at all.
    pub problem: bool,
    /// The tree it lies in.
    pub root: RootId,
    /// Bytes of the file that is shown.
    pub size: u64,
    /// Its place in time is a capture time.
    pub dated: bool,
    /// Which camera, by a number that holds within this reading; 0 where unknown.
    pub camera: u32,
    /// Exposure time in seconds.
    pub exposure_s: Option<f64>,
    /// The f-number.
    pub f_number: Option<f64>,
    /// ISO speed.
    pub iso: Option<u32>,
    /// Exposure compensation in exposure values.
    pub bias_ev: Option<f64>,
    /// When it came into the library.
    pub added: Timestamp,
}

impl TileRow {
    /// What a search can ask of it without a look into the catalog.
    #[must_use]
    pub fn columns(&self) -> Columns {
        Columns {
            rating: self.rating,
            flag: self.flag,
            label: self.label,
            kind: self.kind,
            raw_pair: self.raw_pair,
            wall_ms: self.dated.then_some(self.sort_time),
            safety: self.safety,
            problem: self.problem,
            iso: self.iso,
            f_number: self.f_number,
        }
    }
}

/// Where the photos of a view come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Filter {
    /// Every picture and film that is there.
    #[default]
    All,
    /// Pictures and films added since then.
    AddedSince(Timestamp),
    /// Picks.
    Picks,
    /// Five stars.
    FiveStars,
    /// Files that are no pictures.
    Others,
    /// Photos of these buckets, those no longer there among them.
    Safety(Vec<Safety>),
    /// One tree.
    Root(RootId),
    /// One folder and what is below it.
    Folder(FolderId),
    /// One album, picked or smart, and those inside it.
    Album(AlbumId),
    /// These and no others, missing or not.
    Photos(Vec<PhotoId>),
    /// Every row: all kinds, missing ones too.
    Everything,
}

/// The order of a view. Equal places are told apart by the photo's number, so that an order never flickers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
    /// By name, as people count: `IMG_9` before `IMG_10`.
    Name,
    /// Best first, then newest first.
    Rating,
    /// In an album, as a person has put them; elsewhere, and behind them, newest first.
    ByHand,
}

/// A condition on `photos p` made elsewhere in the catalog (a search), with its parameters as `?` in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    /// An SQL expression over `p`.
    pub(in crate::catalog) sql: String,
    /// Its parameters.
    pub(in crate::catalog) params: Vec<Value>,
}

/// Numbers beside the sidebar's entries, in photos that are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BrowseCounts {
    /// Pictures and films.
    pub all: u64,
    /// Added since the time asked about.
    pub recent: u64,
    /// Picks.
    pub picks: u64,
    /// Five stars.
    pub five_stars: u64,
}

impl BrowseCounts {
    /// Counted among the tiles of [`Filter::All`]; `recent_since` is where "recent" begins.
    #[must_use]
    pub fn of(tiles: &[TileRow], recent_since: Timestamp) -> Self {
        let count =
            |of: fn(&TileRow, Timestamp) -> bool| tiles.iter().filter(|tile| of(tile, recent_since)).count() as u64;
        Self {
            all: tiles.len() as u64,
            recent: count(|tile, since| tile.added >= since),
            picks: count(|tile, _| tile.flag == Flag::Pick),
            five_stars: count(|tile, _| tile.rating.stars() == 5),
        }
    }
}

/// A folder of a tree with what is in it and below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FolderRow {
    /// Its number.
    pub id: FolderId,
    /// Its own name.
    pub name: String,
    /// 0 directly below the root.
    pub depth: u32,
    /// Pictures and films in it and below it.
    pub photos: u64,
    /// Whether folders follow that are inside it.
    pub has_children: bool,
    /// Why it could not be read at the last look.
    pub problem: Option<String>,
}

/// A watched tree with its folders: parents before children, the root's own folder left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootTree {
    /// The tree.
    pub root: Root,
    /// Pictures and films in it.
    pub photos: u64,
    /// Why its own folder could not be read at the last look.
    pub problem: Option<String>,
    /// Its folders in tree order.
    pub folders: Vec<FolderRow>,
}

/// One photo with everything that hangs on it but its copies in stores.
#[derive(Clone, PartialEq, Debug)]
pub struct PhotoFull {
    /// The photo.
    pub photo: PhotoRow,
    /// Its files, the one that is shown first.
    pub files: Vec<FileRow>,
    /// Its keywords, sorted.
    pub keywords: Vec<String>,
    /// The albums it was put into, each with those that it lies in, sorted.
    pub albums: Vec<String>,
    /// The named place of its position.
    pub place: Option<Place>,
}

/// Kinds that are shown as photos: pictures, RAWs and films.
pub(in crate::catalog) const SHOWN: &str = "p.kind IN (0, 1, 2)";
const THERE: &str = "p.missing_since IS NULL";

impl Filter {
    fn condition(&self) -> Condition {
        let of = |sql: String, params: Vec<Value>| Condition { sql, params };
        let shown = |more: &str| format!("{THERE} AND {SHOWN}{more}");
        match self {
            Self::All => of(shown(""), Vec::new()),
            Self::AddedSince(at) => of(shown(" AND p.added_at >= ?"), vec![Value::Integer(at.0)]),
            Self::Picks => of(shown(&format!(" AND p.flag = {}", Flag::Pick.number())), Vec::new()),
            Self::FiveStars => of(shown(" AND p.rating = 5"), Vec::new()),
            Self::Others => of(format!("{THERE} AND NOT {SHOWN}"), Vec::new()),
            Self::Safety(buckets) => {
                let numbers: Vec<String> = buckets.iter().map(|bucket| bucket.number().to_string()).collect();
                // Other files are in their own list, unless they wait for a person.
                let which = match buckets.contains(&Safety::NeedsYou) {
                    true => String::new(),
                    false => format!(" AND {SHOWN}"),
                };
                of(format!("p.safety IN ({}){which}", numbers.join(", ")), Vec::new())
            }
            Self::Root(root) => of(
                shown(" AND p.folder_id IN (SELECT id FROM folders WHERE root_id = ?)"),
                vec![Value::Integer(root.0)],
            ),
            Self::Folder(folder) => of(
                shown(&format!(" AND p.folder_id IN ({})", BELOW.replace("?1", "?"))),
                vec![Value::Integer(folder.0)],
            ),
            // `Catalog::tiles` asks `albums` for it.
            Self::Album(_) => of("false".to_owned(), Vec::new()),
            Self::Photos(_) | Self::Everything => of("true".to_owned(), Vec::new()),
        }
    }
}

const TILE: &str = "SELECT p.id, f.name, p.width, p.height, p.sort_time, p.rating, p.flag, p.label, p.safety, p.kind, \
     p.raw_pair, p.problem, p.folder_id, f.size, p.wall_ms IS NOT NULL, p.camera, p.exposure_s, p.f_number, p.iso, p.bias_ev, p.added_at \
     FROM photos p LEFT JOIN files f ON f.id = p.primary_file";

/// The name as people read it: bytes that are no UTF-8 are shown as such.
fn name_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Arc<str>> {
    match row.get_ref(at)? {
        ValueRef::Blob(bytes) => Ok(String::from_utf8_lossy(bytes).into()),
        ValueRef::Null => Ok("".into()),
        other => Err(rusqlite::Error::InvalidColumnType(
            at,
            "name".to_owned(),
            other.data_type(),
        )),
    }
}

fn integer(row: &Row<'_>, at: usize) -> rusqlite::Result<i64> {
    match row.get_ref(at)? {
        ValueRef::Integer(value) => Ok(value),
        other => Err(rusqlite::Error::InvalidColumnType(
            at,
            "number".to_owned(),
            other.data_type(),
        )),
    }
}

/// Small numbers of the enumerations; out of range falls to their default, as everywhere.
fn small(row: &Row<'_>, at: usize) -> rusqlite::Result<u8> {
    Ok(u8::try_from(integer(row, at)?).unwrap_or(u8::MAX))
}

/// Numbers for cameras, so that a hundred thousand tiles do not carry as many names.
#[derive(Default)]
struct Cameras(HashMap<Vec<u8>, u32>);

impl Cameras {
    fn number(&mut self, row: &Row<'_>, at: usize) -> rusqlite::Result<u32> {
        let ValueRef::Text(name) = row.get_ref(at)? else {
            return Ok(0);
        };
        if let Some(number) = self.0.get(name) {
            return Ok(*number);
        }
        let number = u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX);
        self.0.insert(name.to_vec(), number);
        Ok(number)
    }
}

fn tile_of(row: &Row<'_>, roots: &HashMap<i64, RootId>, cameras: &mut Cameras) -> rusqlite::Result<TileRow> {
    let side = |at: usize| match row.get_ref(at)? {
        ValueRef::Integer(pixels) if pixels > 0 => Ok(Some(pixels as f32)),
        ValueRef::Integer(_) | ValueRef::Null => Ok(None),
        _ => Err(rusqlite::Error::InvalidColumnType(at, "side".to_owned(), Type::Text)),
    };
    let aspect = match (side(2)?, side(3)?) {
        (Some(width), Some(height)) => width / height,
        _ => 1.5,
    };
    let sort_time = integer(row, 4)?;
    Ok(TileRow {
        id: PhotoId(integer(row, 0)?),
        name: name_of(row, 1)?,
        aspect,
        day: sort_time.div_euclid(DAY_MS),
        sort_time,
        rating: Rating::new(small(row, 5)?).unwrap_or_default(),
        flag: Flag::from_number(small(row, 6)?),
        label: ColorLabel::from_number(small(row, 7)?),
        safety: Safety::from_number(small(row, 8)?),
        kind: MediaKind::from_number(small(row, 9)?),
        raw_pair: integer(row, 10)? != 0,
        problem: integer(row, 11)? != 0,
        root: roots.get(&integer(row, 12)?).copied().unwrap_or(RootId(0)),
        size: row.get::<_, Option<i64>>(13)?.unwrap_or(0).cast_unsigned(),
        dated: integer(row, 14)? != 0,
        camera: cameras.number(row, 15)?,
        exposure_s: row.get(16)?,
        f_number: row.get(17)?,
        iso: row.get(18)?,
        bias_ev: row.get(19)?,
        added: Timestamp(integer(row, 20)?),
    })
}

fn folder_roots(tx: &Transaction<'_>) -> Result<HashMap<i64, RootId>> {
    let mut statement = tx.prepare_cached("SELECT id, root_id FROM folders")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, RootId(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Compares names as people count: digits by their value, letters without their case, then byte by byte.
#[must_use]
pub fn compare_names(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (number_a, rest_a) = digits(left);
                let (number_b, rest_b) = digits(right);
                let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
                if order != Ordering::Equal {
                    return order;
                }
                (left, right) = (rest_a, rest_b);
            }
            (Some(x), Some(y)) => {
                let order = x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase());
                if order != Ordering::Equal {
                    return order;
                }
                left = left.get(1..).unwrap_or_default();
                right = right.get(1..).unwrap_or_default();
            }
        }
    }
}

/// The leading digits without their leading zeros, and what follows.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    let zeros = number.iter().position(|byte| *byte != b'0').unwrap_or(number.len());
    (number.get(zeros..).unwrap_or_default(), rest)
}

/// How two tiles follow each other. By hand, which tiles do not carry, it is their places that are compared.
fn follow(order: Order, a: &TileRow, b: &TileRow) -> Ordering {
    let newest = |a: &TileRow, b: &TileRow| b.sort_time.cmp(&a.sort_time).then(a.id.cmp(&b.id));
    match order {
        Order::NewestFirst | Order::ByHand => newest(a, b),
        Order::OldestFirst => (a.sort_time, a.id).cmp(&(b.sort_time, b.id)),
        Order::Name => compare_names(&a.name, &b.name).then(a.id.cmp(&b.id)),
        Order::Rating => b.rating.stars().cmp(&a.rating.stars()).then_with(|| newest(a, b)),
    }
}

/// Puts tiles into an order that they carry themselves; by hand, which they do not, is newest first here.
pub fn sort_tiles<T: Borrow<TileRow>>(tiles: &mut [T], order: Order) {
    tiles.sort_unstable_by(|a, b| follow(order, a.borrow(), b.borrow()));
}

impl Catalog {
    /// The tiles of a view in their order; `search` narrows it. `Filter::Photos` keeps only the given photos (a search's
    /// result), in `order` too.
    ///
    /// # Errors
    /// SQLite's.
    pub fn tiles(&self, filter: &Filter, search: Option<&Condition>, order: Order) -> Result<Vec<TileRow>> {
        let mut tiles = self.read(|tx| {
            let roots = folder_roots(tx)?;
            let mut condition = match filter {
                Filter::Album(album) => match albums::filter(tx, *album) {
                    Ok(filter) => Condition {
                        sql: filter.shown(),
                        params: filter.params,
                    },
                    // Deleted meanwhile, or of a query that is not understood: it shows nothing.
                    Err(Error::Refused(_)) => filter.condition(),
                    Err(error) => return Err(error),
                },
                _ => filter.condition(),
            };
            if let Some(search) = search {
                condition.sql = format!("({}) AND ({})", condition.sql, search.sql);
                condition.params.extend(search.params.iter().cloned());
            }
            let (mut tiles, mut cameras) = (Vec::new(), Cameras::default());
            if let Filter::Photos(photos) = filter
                && photos.len() < 2_000
            {
                let mut statement = tx.prepare_cached(&format!("{TILE} WHERE p.id = ? AND {}", condition.sql))?;
                for photo in photos {
                    let mut params: Vec<&dyn ToSql> = vec![&photo.0];
                    params.extend(condition.params.iter().map(|value| value as &dyn ToSql));
                    let rows = statement.query_map(params.as_slice(), |row| tile_of(row, &roots, &mut cameras))?;
                    for tile in rows {
                        tiles.push(tile?);
                    }
                }
                return Ok(tiles);
            }
            let wanted: Option<HashSet<PhotoId>> = match filter {
                Filter::Photos(photos) => Some(photos.iter().copied().collect()),
                _ => None,
            };
            let mut statement = tx.prepare_cached(&format!("{TILE} WHERE {}", condition.sql))?;
            let mut rows = statement.query(rusqlite::params_from_iter(condition.params.iter()))?;
            while let Some(row) = rows.next()? {
                if let Some(wanted) = &wanted
                    && !wanted.contains(&PhotoId(integer(row, 0)?))
                {
                    continue;
                }
                tiles.push(tile_of(row, &roots, &mut cameras)?);
            }
            Ok(tiles)
        })?;
        match (filter, order) {
            (Filter::Album(album), Order::ByHand) => {
                let places: HashMap<PhotoId, i64> = self.album_places(*album)?.into_iter().collect();
                let place = |tile: &TileRow| places.get(&tile.id).copied().unwrap_or(i64::MAX);
                tiles.sort_unstable_by(|a, b| place(a).cmp(&place(b)).then_with(|| follow(order, a, b)));
            }
            _ => sort_tiles(&mut tiles, order),
        }
        Ok(tiles)
    }

    /// The bytes on this disk of every photo, all its files together.
    ///
    /// # Errors
    /// SQLite's.
    pub fn photo_bytes(&self) -> Result<HashMap<PhotoId, u64>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT photo_id, size FROM files WHERE missing_since IS NULL")?;
            let mut rows = statement.query([])?;
            let mut bytes: HashMap<PhotoId, u64> = HashMap::new();
            while let Some(row) = rows.next()? {
                let sum = bytes.entry(PhotoId(row.get(0)?)).or_default();
                *sum = sum.saturating_add(row.get::<_, i64>(1)?.cast_unsigned());
            }
            Ok(bytes)
        })
    }

    /// How many files that are no pictures are there.
    ///
    /// # Errors
    /// SQLite's.
    pub fn count_others(&self) -> Result<u64> {
        self.read(|tx| {
            let sql = format!("SELECT count(*) FROM photos p WHERE {THERE} AND NOT {SHOWN}");
            let count: i64 = tx.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    /// Every watched tree with its folders and their counts. Folders without photos in them or below them are left out,
    /// unless they could not be read.
    ///
    /// # Errors
    /// SQLite's.
    pub fn root_trees(&self) -> Result<Vec<RootTree>> {
        let roots = self.roots()?;
        self.read(|tx| {
            let counts = folder_counts(tx)?;
            roots.into_iter().map(|root| tree(tx, root, &counts)).collect()
        })
    }

    /// Everything of one photo but its copies.
    ///
    /// # Errors
    /// SQLite's.
    pub fn photo_full(&self, id: PhotoId) -> Result<Option<PhotoFull>> {
        let Some(photo) = self.photo(id)? else {
            return Ok(None);
        };
        let mut files = self.files_of(&[id])?;
        files.sort_by_key(|file| Some(file.id) != photo.primary);
        self.read(|tx| {
            let words = |sql: &str| -> Result<Vec<String>> {
                let mut statement = tx.prepare_cached(sql)?;
                let rows = statement.query_map([id.0], |row| row.get(0))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            };
            Ok(Some(PhotoFull {
                keywords: words(
                    "SELECT k.path FROM photo_keywords pk JOIN keywords k ON k.id = pk.keyword_id
                     WHERE pk.photo_id = ?1 ORDER BY k.path",
                )?,
                albums: {
                    let mut paths = albums::album_paths(tx, id)?;
                    paths.sort();
                    paths
                },
                place: place_of_photo(tx, id)?,
                photo,
                files,
            }))
        })
    }
}

/// Photos shown directly in each folder.
fn folder_counts(tx: &Transaction<'_>) -> Result<HashMap<i64, u64>> {
    let mut statement = tx.prepare_cached(&format!("SELECT p.folder_id FROM photos p WHERE {THERE} AND {SHOWN}"))?;
    let mut rows = statement.query([])?;
    let mut counts: HashMap<i64, u64> = HashMap::new();
    while let Some(row) = rows.next()? {
        *counts.entry(row.get(0)?).or_default() += 1;
    }
    Ok(counts)
}

struct Node {
    id: i64,
    parts: Vec<Vec<u8>>,
    problem: Option<String>,
    photos: u64,
    children: bool,
}

fn tree(tx: &Transaction<'_>, root: Root, counts: &HashMap<i64, u64>) -> Result<RootTree> {
    let mut statement = tx.prepare_cached("SELECT id, rel, problem FROM folders WHERE root_id = ?1")?;
    let rows = statement.query_map([root.id.0], |row| {
        let (id, rel): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let parts = if rel.is_empty() {
            Vec::new()
        } else {
            rel.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect()
        };
        Ok(Node {
            id,
            parts,
            problem: row.get(2)?,
            photos: counts.get(&id).copied().unwrap_or(0),
            children: false,
        })
    })?;
    let mut nodes: Vec<Node> = rows.collect::<rusqlite::Result<_>>()?;
    // By parts, not by text, so that what is inside a folder follows it at once: "a/b" before "a-b".
    nodes.sort_by(|a, b| compare_parts(&a.parts, &b.parts));
    // Children come right after their parents, so one pass from the end with a stack of open counts adds them up.
    let mut below: Vec<(usize, u64)> = Vec::new();
    for node in nodes.iter_mut().rev() {
        let depth = node.parts.len();
        while let Some((child, photos)) = below.last().copied() {
            if child <= depth {
                break;
            }
            node.photos += photos;
            node.children |= photos > 0;
            below.pop();
        }
        below.push((depth, node.photos));
    }
    let own = nodes.iter().find(|node| node.parts.is_empty());
    let (photos, problem) = own.map_or((0, None), |node| (node.photos, node.problem.clone()));
    let folders = nodes
        .iter()
        .filter(|node| !node.parts.is_empty() && (node.photos > 0 || node.problem.is_some()))
        .map(|node| FolderRow {
            id: FolderId(node.id),
            name: node
                .parts
                .last()
                .map(|part| path_from_bytes(part.clone()).to_string_lossy().into_owned())
                .unwrap_or_default(),
            depth: u32::try_from(node.parts.len().saturating_sub(1)).unwrap_or(u32::MAX),
            photos: node.photos,
            has_children: node.children,
            problem: node.problem.clone(),
        })
        .collect();
    Ok(RootTree {
        root,
        photos,
        problem,
        folders,
    })
}

fn compare_parts(a: &[Vec<u8>], b: &[Vec<u8>]) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        let order = compare_names(&String::from_utf8_lossy(x), &String::from_utf8_lossy(y)).then_with(|| x.cmp(y));
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_order_people_count() {
        let mut names = [
            "IMG_10.jpg",
            "img_9.jpg",
            "IMG_009.jpg",
            "a2b",
            "a10b",
            "A1",
            "",
            "IMG_",
        ];
        names.sort_by(|a, b| compare_names(a, b));
        assert_eq!(
            names,
            [
                "",
                "A1",
                "a2b",
                "a10b",
                "IMG_",
                "IMG_009.jpg",
                "img_9.jpg",
                "IMG_10.jpg"
            ]
        );
    }
}
