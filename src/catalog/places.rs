//! When and where photos were taken, as far as matching them with tracks and naming their places needs it.

use super::{catalog::Catalog, error::Result, marks::own_position};
use crate::model::{
    id::PhotoId,
    place::{CityCount, CountryCount, Place},
    position::Position,
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use std::collections::HashMap;

/// When a photo was taken, and whether anybody has said where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The photo.
    pub photo: PhotoId,
    /// The wall clock of its camera in ms, with a person's shift; none for undated ones.
    pub wall_ms: Option<i64>,
    /// Minutes east of UTC, where the file says so.
    pub offset_min: Option<i16>,
    /// It has a position, from its file or from a person.
    pub placed: bool,
    /// The position that a person gave.
    pub own: Option<Position>,
}

impl Catalog {
    /// The moments of these photos, in their order; photos that are gone are left out.
    ///
    /// # Errors
    /// SQLite's.
    pub fn moments(&self, photos: &[PhotoId]) -> Result<Vec<Moment>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT wall_ms, offset_min, latitude IS NOT NULL, own_latitude, own_longitude FROM photos WHERE id = ?1",
            )?;
            let mut moments = Vec::with_capacity(photos.len());
            for photo in photos {
                let rows = statement.query_map([photo.0], |row| {
                    Ok(Moment {
                        photo: *photo,
                        wall_ms: row.get(0)?,
                        offset_min: row.get(1)?,
                        placed: row.get(2)?,
                        own: own_position(row, 3)?,
                    })
                })?;
                for moment in rows {
                    moments.push(moment?);
                }
            }
            Ok(moments)
        })
    }
}

/// Where a photo was taken.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Located {
    /// The photo.
    pub photo: PhotoId,
    /// Where.
    pub at: Position,
    /// The number of its named place, where it is near one.
    pub place: Option<i64>,
}

/// A photo whose place has no name yet.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Unnamed {
    /// The photo.
    pub photo: PhotoId,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// What was found for one of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Named {
    /// The photo, where it was then.
    pub photo: Unnamed,
    /// Its place; none far from all.
    pub place: Option<Place>,
}

/// `photos.place_id` of a position that is near no place.
const NOWHERE: i64 = 0;

/// Every place that a photo was ever in, with its number.
pub(in crate::catalog) fn all_places(connection: &Connection) -> Result<Vec<(i64, Place)>> {
    let mut statement = connection.prepare_cached("SELECT id, country, region, city, code, part FROM places")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, place_of(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn place_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Place> {
    Ok(Place {
        country: row.get(at)?,
        region: row.get(at + 1)?,
        city: row.get(at + 2)?,
        code: row.get(at + 3)?,
        part: row.get(at + 4)?,
    })
}

/// The named place of one photo.
pub(in crate::catalog) fn place_of_photo(connection: &Connection, photo: PhotoId) -> Result<Option<Place>> {
    let mut statement = connection.prepare_cached(
        "SELECT x.country, x.region, x.city, x.code, x.part FROM photos p JOIN places x ON x.id = p.place_id WHERE p.id = ?1",
    )?;
    Ok(statement.query_row([photo.0], |row| place_of(row, 0)).optional()?)
}

impl Catalog {
    /// Photos that have a position whose place has not been looked up.
    ///
    /// # Errors
    /// SQLite's.
    pub fn photos_without_place(&self, limit: usize) -> Result<Vec<Unnamed>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, latitude, longitude FROM photos WHERE latitude IS NOT NULL AND place_id IS NULL LIMIT ?1",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map([limit], |row| {
                Ok(Unnamed {
                    photo: PhotoId(row.get(0)?),
                    latitude: row.get(1)?,
                    longitude: row.get::<_, Option<f64>>(2)?.unwrap_or_default(),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Notes the places of photos, each only where the photo is still at the position that was looked up. That is no
    /// mark: it follows from the position.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_places(&self, named: &[Named]) -> Result<()> {
        self.write(|tx| {
            let mut known: HashMap<Place, i64> = all_places(tx)?.into_iter().map(|(id, place)| (place, id)).collect();
            let mut insert = tx
                .prepare_cached("INSERT INTO places (country, region, city, code, part) VALUES (?1, ?2, ?3, ?4, ?5)")?;
            let mut update = tx.prepare_cached(
                "UPDATE photos SET place_id = ?2 WHERE id = ?1 AND latitude = ?3 AND ifnull(longitude, 0.0) = ?4",
            )?;
            for one in named {
                let id = match &one.place {
                    None => NOWHERE,
                    Some(place) => match known.get(place) {
                        Some(id) => *id,
                        None => {
                            let id = insert.insert((
                                &place.country,
                                &place.region,
                                &place.city,
                                &place.code,
                                &place.part,
                            ))?;
                            known.insert(place.clone(), id);
                            id
                        }
                    },
                };
                update.execute((one.photo.photo.0, id, one.photo.latitude, one.photo.longitude))?;
            }
            Ok(())
        })
    }

    /// Where every photo that is there was taken, and the named places with their numbers. Photos without a position are
    /// left out.
    ///
    /// # Errors
    /// SQLite's.
    pub fn positions(&self) -> Result<(Vec<Located>, Vec<(i64, Place)>)> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, latitude, longitude, place_id FROM photos \
                 WHERE latitude IS NOT NULL AND missing_since IS NULL",
            )?;
            let mut rows = statement.query([])?;
            let mut located = Vec::new();
            while let Some(row) = rows.next()? {
                let (latitude, longitude): (f64, Option<f64>) = (row.get(1)?, row.get(2)?);
                // A file may say anything; what is no place on the earth is on no map.
                if let Some(at) = longitude.and_then(|longitude| Position::new(latitude, longitude)) {
                    let place = row.get::<_, Option<i64>>(3)?.filter(|place| *place != NOWHERE);
                    located.push(Located {
                        photo: PhotoId(row.get(0)?),
                        at,
                        place,
                    });
                }
            }
            Ok((located, all_places(tx)?))
        })
    }

    /// The countries and cities that photos are in, for the sidebar: countries by name, cities with all their parts by their
    /// photos.
    ///
    /// # Errors
    /// SQLite's.
    pub fn places(&self) -> Result<Vec<CountryCount>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT x.country, x.region, x.city, x.code, '', sum(n.photos) AS photos FROM places x JOIN \
                 (SELECT place_id, count(*) AS photos FROM photos WHERE place_id > 0 AND missing_since IS NULL \
                  GROUP BY place_id) n ON n.place_id = x.id \
                 GROUP BY x.country, x.region, x.city, x.code ORDER BY x.country, photos DESC, x.city",
            )?;
            let mut rows = statement.query([])?;
            let mut countries: Vec<CountryCount> = Vec::new();
            while let Some(row) = rows.next()? {
                let city = CityCount {
                    place: place_of(row, 0)?,
                    photos: row.get::<_, i64>(5)?.unsigned_abs(),
                };
                match countries.last_mut().filter(|last| last.country == city.place.country) {
                    Some(country) => {
                        country.photos += city.photos;
                        country.cities.push(city);
                    }
                    None => countries.push(CountryCount {
                        country: city.place.country.clone(),
                        photos: city.photos,
                        cities: vec![city],
                    }),
                }
            }
            Ok(countries)
        })
    }
}
