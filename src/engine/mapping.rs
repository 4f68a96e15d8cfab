//! The photos of the grid on a map: where they lie, ready to be put together at any zoom; and the world below them. All of it
//! is prepared here, so that the thread that draws only looks up what is in sight (I1).

pub use crate::library::atlas::{Atlas, City, Country, Land, Level, Line};

use super::{engine::Loop, error::Result, session::Session, snapshot::Tile, work::Work};
use crate::model::{
    clusters::{Cluster, Clusters, Placed},
    id::PhotoId,
    place::Place,
    rating::Flag,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Members of a cluster whose places are asked for its name; more would seldom change it.
const ASKED: usize = 300;

/// The photos of one view that have a position.
#[derive(Clone, Debug, Default)]
pub struct MapView {
    /// The view's generation.
    pub generation: u64,
    /// Where the photos are.
    pub clusters: Clusters,
    /// Photos of the view without a position.
    pub unplaced: u64,
    /// The named places, by the numbers in `clusters`; the first is none.
    places: Vec<Option<Place>>,
}

impl MapView {
    /// A view of these photos, whose `place` is a number in `places`, where the first is none.
    #[must_use]
    pub fn new(generation: u64, placed: Vec<Placed>, places: Vec<Option<Place>>, unplaced: u64) -> Self {
        Self {
            generation,
            clusters: Clusters::new(placed),
            unplaced,
            places,
        }
    }

    /// Where a cluster is, for people: `near Lisbon`, `in Tuscany`, `in Italy and France`, `in 5 countries`; `None` where
    /// no name is known.
    #[must_use]
    pub fn name(&self, cluster: &Cluster) -> Option<String> {
        let step = cluster.count.div_ceil(ASKED).max(1);
        let numbers: BTreeSet<u32> = self
            .clusters
            .members(cluster)
            .step_by(step)
            .map(|one| one.place)
            .collect();
        let place = |number: &u32| self.places.get(*number as usize).and_then(Option::as_ref);
        let places: Vec<&Place> = numbers.iter().filter_map(place).collect();
        let first = places.first()?;
        let same = |part: fn(&Place) -> &str| places.iter().all(|other| part(other) == part(first));
        let countries: BTreeSet<&str> = places.iter().map(|one| one.country.as_str()).collect();
        let countries: Vec<&str> = countries.into_iter().collect();
        Some(match countries.as_slice() {
            [_] if same(|one| &one.region) && same(|one| &one.city) => format!("near {}", first.city),
            [_] if same(|one| &one.region) && !first.region.is_empty() => format!("in {}", first.region),
            [one] => format!("in {one}"),
            [one, two] => format!("in {one} and {two}"),
            more => format!("in {} countries", more.len()),
        })
    }
}

/// Who stands for a cluster: the most stars, then a pick, then who comes first in the view.
fn rank(tile: &Tile, at: usize) -> u32 {
    let worth = u32::from(tile.rating.stars()) * 2 + u32::from(tile.flag == Flag::Pick);
    let worth = if tile.flag == Flag::Reject || tile.problem {
        0
    } else {
        worth + 1
    };
    (worth << 24) | (0x00ff_ffff - u32::try_from(at).unwrap_or(u32::MAX).min(0x00ff_ffff))
}

impl Session {
    /// Where the photos of a view were taken.
    ///
    /// # Errors
    /// The catalog's.
    pub fn map_view(&self, tiles: &[Tile], generation: u64) -> Result<MapView> {
        let (located, named) = self.catalog.positions()?;
        let ranks: HashMap<PhotoId, u32> = tiles
            .iter()
            .enumerate()
            .map(|(at, tile)| (tile.id, rank(tile, at)))
            .collect();
        let numbers: HashMap<i64, u32> = named.iter().map(|(id, _)| *id).zip(1..).collect();
        let places = std::iter::once(None).chain(named.into_iter().map(|(_, place)| Some(place)));
        let placed: Vec<Placed> = located
            .into_iter()
            .filter_map(|one| {
                Some(Placed {
                    photo: one.photo,
                    at: one.at,
                    rank: *ranks.get(&one.photo)?,
                    place: one.place.and_then(|id| numbers.get(&id)).copied().unwrap_or(0),
                })
            })
            .collect();
        let unplaced = tiles.len().saturating_sub(placed.len()) as u64;
        Ok(MapView::new(generation, placed, places.collect(), unplaced))
    }
}

impl Loop {
    /// The map is opened or closed: only an open one is kept true.
    pub(in crate::engine) fn show_map(&mut self, on: bool) -> Result<()> {
        self.map_open = on;
        if on && self.snapshot.atlas.is_none() {
            self.enqueue(Work::Atlas);
        }
        let known = self.snapshot.map.as_ref().map(|map| map.generation);
        if on && known != Some(self.snapshot.view.generation) {
            self.read_map()?;
        }
        Ok(())
    }

    /// The photos of the view that is shown, on the map.
    pub(in crate::engine) fn read_map(&mut self) -> Result<()> {
        let view = Arc::clone(&self.snapshot.view);
        let map = self.session.map_view(&view.tiles, view.generation)?;
        self.snapshot.map = Some(Arc::new(map));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        mercator::{Frame, Spot},
        position::Position,
    };

    #[test]
    fn clusters_are_named_by_what_their_photos_share() {
        let place = |country: &str, region: &str, city: &str| {
            Some(Place {
                country: country.to_owned(),
                region: region.to_owned(),
                city: city.to_owned(),
                ..Place::default()
            })
        };
        let places = vec![
            None,
            place("Italy", "Lazio", "Rome"),
            place("Italy", "Lazio", "Tivoli"),
            place("Italy", "Tuscany", "Siena"),
            place("France", "", "Nice"),
            place("Spain", "", "Cadiz"),
        ];
        let world = Frame {
            min: Spot::default(),
            max: Spot { x: 0.999, y: 1.0 },
        };
        for (numbers, expected) in [
            (vec![1, 1], Some("near Rome")),
            (vec![1, 2], Some("in Lazio")),
            (vec![1, 3], Some("in Italy")),
            (vec![1, 3, 4], Some("in France and Italy")),
            (vec![1, 4, 5], Some("in 3 countries")),
            (vec![0, 1], Some("near Rome")),
            (vec![4, 4], Some("near Nice")),
            (vec![0], None),
        ] {
            let placed = numbers.iter().zip(1..).map(|(place, id)| Placed {
                photo: PhotoId(id),
                at: Position::new(42.0, 12.0).expect("on the earth"),
                rank: 0,
                place: *place,
            });
            let map = MapView::new(1, placed.collect(), places.clone(), 0);
            let seen = map.clusters.seen(world, 0.1);
            assert_eq!(map.name(&seen[0]).as_deref(), expected, "{numbers:?}");
        }
    }
}
