//! Which city, region and country a position is in, without asking anybody: the nearest of 144,000 places of GeoNames
//! (CC BY 4.0, bundled with the crate `reverse_geocoder`).
//!
//! The list takes about 50 MB of memory and a fraction of a second to build, so it is made when a photo waits for a name,
//! on the thread that asks, and let go of when none does any more.
//!
//! The nearest place is the nearest point: at the edge of a large city that may be the town beside it (the Eiffel Tower is
//! nearer to the middle of Neuilly than to that of Paris). The region and the country are right all the same.

use crate::{
    catalog::{
        Catalog,
        error::Result,
        places::{Named, Unnamed},
    },
    model::{place::Place, position::Position},
    sys::task::Cx,
};
use reverse_geocoder::ReverseGeocoder;
use std::collections::HashMap;

/// Positions named in one transaction.
const BATCH: usize = 2_000;
/// Farther from every known place than this, in km, a position has no name: the open sea is not a city's.
const MAX_KM: f64 = 100.0;
/// The mean radius of the earth in km.
const EARTH_KM: f64 = 6_371.0;

/// The country of each code: tzdata's `iso3166.tab`, which is in the public domain, with some names as people say them.
const COUNTRIES: &str = include_str!("../../assets/countries.tsv");

/// Names of positions.
pub struct Gazetteer {
    places: ReverseGeocoder,
    countries: HashMap<&'static str, &'static str>,
}

impl Default for Gazetteer {
    fn default() -> Self {
        Self {
            places: ReverseGeocoder::new(),
            countries: COUNTRIES.lines().filter_map(|line| line.split_once('\t')).collect(),
        }
    }
}

impl Gazetteer {
    /// The nearest place; `None` far from all.
    #[must_use]
    pub fn place(&self, position: Position) -> Option<Place> {
        let found = self.places.search((position.latitude(), position.longitude()));
        // The crate gives the square of the chord through a ball of radius 1.
        let chord = found.distance.max(0.0).sqrt();
        let km = 2.0 * (chord / 2.0).min(1.0).asin() * EARTH_KM;
        if km > MAX_KM {
            return None;
        }
        let record = found.record;
        let country = self.countries.get(record.cc.as_str()).copied();
        Some(Place {
            country: country.unwrap_or(&record.cc).to_owned(),
            region: record.admin1.clone(),
            city: city_of(&record.name),
            code: record.cc.clone(),
        })
    }
}

/// `Zuerich (Kreis 3) / Alt-Wiedikon` is a part of Zuerich, and no photo is looked for by its number.
fn city_of(name: &str) -> String {
    let city = match name.split_once(" / ") {
        Some((city, _)) => city.split_once(" (").map_or(city, |(city, _)| city),
        None => name,
    };
    city.replace('/', "-")
}

/// Names the places of all photos that have a position and no name yet. Returns how many were looked up.
///
/// # Errors
/// The catalog's. What was named before a stop stays named.
pub fn name_places(catalog: &Catalog, cx: &Cx) -> Result<u64> {
    let mut gazetteer: Option<Gazetteer> = None;
    let mut looked_up = 0_u64;
    while !cx.cancel.is_cancelled() {
        let waiting = catalog.photos_without_place(BATCH)?;
        if waiting.is_empty() {
            break;
        }
        let gazetteer = gazetteer.get_or_insert_default();
        let named: Vec<Named> = waiting
            .into_iter()
            .map(|photo: Unnamed| Named {
                place: Position::new(photo.latitude, photo.longitude).and_then(|at| gazetteer.place(at)),
                photo,
            })
            .collect();
        looked_up += named.len() as u64;
        catalog.set_places(&named)?;
    }
    Ok(looked_up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_places_have_their_names() {
        let gazetteer = Gazetteer::default();
        let text = |latitude, longitude| {
            let place = gazetteer.place(Position::new(latitude, longitude).expect("on the earth"));
            place.map(|place| place.text())
        };
        // Positions and names from an atlas, not from the list.
        for (latitude, longitude, parts) in [
            (41.8902, 12.4922, ["Rome", "Italy"]),
            (48.8530, 2.3499, ["Paris", "France"]),
            (64.1466, -21.9426, ["Reykjavik", "Iceland"]),
            (-33.8675, 151.2070, ["Sydney", "Australia"]),
            (35.6895, 139.6917, ["Tokyo", "Japan"]),
            (51.5074, -0.1278, ["London", "United Kingdom"]),
            (47.3769, 8.5417, ["Z", "Switzerland"]),
        ] {
            let found = text(latitude, longitude).unwrap_or_default();
            assert!(
                parts.iter().all(|part| found.contains(part)),
                "{latitude}, {longitude}: {found}"
            );
        }
        assert_eq!(text(0.0, -30.0), None, "the middle of the Atlantic");
        assert_eq!(text(41.2, -30.0), None, "two hundred kilometres off the Azores");
        assert_eq!(text(90.0, 0.0), None, "the pole");
    }

    #[test]
    fn a_part_of_a_city_has_the_citys_name_and_no_name_a_slash() {
        for (name, city) in [
            ("Zuerich (Kreis 3) / Alt-Wiedikon", "Zuerich"),
            ("Biel / Bienne", "Biel"),
            ("Frankfurt (Oder)", "Frankfurt (Oder)"),
            ("Halle/Saale", "Halle-Saale"),
            ("Rome", "Rome"),
        ] {
            assert_eq!(city_of(name), city);
        }
    }

    #[test]
    fn every_country_of_the_list_has_a_name() {
        let gazetteer = Gazetteer::default();
        for line in COUNTRIES.lines() {
            assert!(
                line.split_once('\t')
                    .is_some_and(|(code, name)| code.len() == 2 && !name.contains(['\t', '/'])),
                "{line}"
            );
        }
        for latitude in -60..75 {
            for longitude in -18..18 {
                let at = Position::new(f64::from(latitude), f64::from(longitude) * 10.0).expect("on the earth");
                if let Some(place) = gazetteer.place(at) {
                    assert_ne!(place.country, place.code, "{at}");
                }
            }
        }
    }
}
