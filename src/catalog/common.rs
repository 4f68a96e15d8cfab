//! What several photos have in common, in one pass over the rows of those that were asked about, however many they are; and
//! which photos a camera took.

use super::{Catalog, error::Result, value::listed};
use crate::model::{
    common::{Common, One},
    id::PhotoId,
    position::Position,
};

impl Catalog {
    /// What these photos have in common.
    ///
    /// # Errors
    /// SQLite's.
    pub fn common(&self, photos: &[PhotoId]) -> Result<Common> {
        let ids = listed(photos)?;
        self.read(|tx| {
            let mut common = Common::default();
            let mut statement = tx.prepare_cached(
                "SELECT p.title, p.caption, p.shift_s, p.latitude, p.longitude, p.camera
                 FROM json_each(?1) j CROSS JOIN photos p ON p.id = j.value",
            )?;
            let mut rows = statement.query([&ids])?;
            while let Some(row) = rows.next()? {
                let degrees: (Option<f64>, Option<f64>) = (row.get(3)?, row.get(4)?);
                common.add(One {
                    title: row.get(0)?,
                    caption: row.get(1)?,
                    shift_s: row.get(2)?,
                    position: degrees.0.zip(degrees.1).and_then(|(lat, lon)| Position::new(lat, lon)),
                    camera: row.get(5)?,
                });
            }
            let mut statement = tx.prepare_cached(
                "SELECT k.path, n.photos FROM
                 (SELECT x.keyword_id AS keyword, count(*) AS photos FROM json_each(?1) j
                  CROSS JOIN photo_keywords x ON x.photo_id = j.value GROUP BY x.keyword_id) n
                 JOIN keywords k ON k.id = n.keyword ORDER BY n.photos DESC, k.path",
            )?;
            let rows = statement.query_map([&ids], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
            common.keywords = rows.collect::<rusqlite::Result<_>>()?;
            Ok(common)
        })
    }

    /// The photos that are there and that this camera took, of all or of some.
    ///
    /// # Errors
    /// SQLite's.
    pub fn of_camera(&self, camera: &str, among: Option<&[PhotoId]>) -> Result<Vec<PhotoId>> {
        let ids = among.map(listed).transpose()?;
        self.read(|tx| {
            // SQLite would look at every photo for the list where the camera alone is asked for.
            let some = match ids {
                Some(_) => "AND id IN (SELECT value FROM json_each(?2))",
                None => "AND ?2 IS NULL",
            };
            let mut statement = tx.prepare_cached(&format!(
                "SELECT id FROM photos WHERE camera = ?1 AND missing_since IS NULL {some} ORDER BY id"
            ))?;
            let rows = statement.query_map((camera, ids), |row| row.get(0).map(PhotoId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
