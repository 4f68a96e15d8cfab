//! When and where photos were taken, as far as matching them with tracks and naming their places needs it.

use super::{catalog::Catalog, error::Result, marks::own_position};
use crate::model::{id::PhotoId, position::Position};

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
