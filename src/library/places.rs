//! Which city, region and country a position is in, without asking anybody: the nearest of 144,000 places of GeoNames
//! (CC BY 4.0, bundled with the crate `reverse_geocoder`).
//!
//! The list takes about 50 MB of memory and a fraction of a second to build, so it is made when a photo waits for a name,
//! on the thread that asks, and let go of when none does any more.
//!
//! The nearest place is the nearest point, and that list knows neither suburbs from towns nor how many people live there: the
//! Sydney Opera House is nearest to Kirribilli. So the large cities of `library::atlas` take in what is nearest within a
//! distance that grows with them: the photo is in Sydney, and in its part Kirribilli, and is found by both names.

use super::atlas::{self, City};
use crate::{
    catalog::{
        Catalog,
        error::Result,
        places::{Named, Unnamed},
    },
    model::{
        place::{Place, plain},
        position::Position,
    },
    sys::task::Cx,
};
use reverse_geocoder::ReverseGeocoder;
use std::collections::HashMap;

/// Positions named in one transaction.
const BATCH: usize = 2_000;
/// Farther from every known place than this, in km, a position has no name: the open sea is not a city's.
const MAX_KM: f64 = 100.0;
/// From so many people on a city takes in what lies around it; smaller ones have neighbours of their own name.
const LARGE: u64 = 300_000;
/// The mean radius of the earth in km.
const EARTH_KM: f64 = 6_371.0;

/// The country of each code: tzdata's `iso3166.tab`, which is in the public domain, with some names as people say them.
const COUNTRIES: &str = include_str!("../../assets/countries.tsv");

/// Names of positions.
pub struct Gazetteer {
    places: ReverseGeocoder,
    countries: HashMap<&'static str, &'static str>,
    cities: Vec<City>,
    /// The cities in and around each degree.
    near: HashMap<(i16, i16), Vec<usize>>,
}

impl Default for Gazetteer {
    fn default() -> Self {
        let cities = atlas::cities();
        let mut near: HashMap<(i16, i16), Vec<usize>> = HashMap::new();
        for (at, city) in cities.iter().enumerate() {
            let (north, east) = degree(city.position);
            for square in (-1..=1).flat_map(|y| (-1..=1).map(move |x| (north + y, east + x))) {
                near.entry(square).or_default().push(at);
            }
        }
        Self {
            cities,
            near,
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
        let (nearest, part) = parts_of(&record.name);
        let (city, part) = match self.city_around(position, &record.cc, &nearest) {
            // Written as its own people write it: the list of all places has no accents.
            Some(city) if plain(&city.name) == plain(&nearest) => (city.name.clone(), part),
            Some(city) => (city.name.clone(), nearest),
            None => (nearest, part),
        };
        Some(Place {
            country: country.unwrap_or(&record.cc).to_owned(),
            region: record.admin1.clone(),
            city: city.replace('/', "-"),
            code: record.cc.clone(),
            part: part.replace('/', "-"),
        })
    }

    /// The large city that a position is in: the one that is called as the nearest place, else the one whose edge is
    /// farthest away.
    fn city_around(&self, position: Position, code: &str, nearest: &str) -> Option<&City> {
        let near = self.near.get(&degree(position)).map(Vec::as_slice).unwrap_or_default();
        let cities = near
            .iter()
            .filter_map(|at| self.cities.get(*at))
            .filter(|city| city.code == code);
        let nearest = plain(nearest);
        let inside = cities.filter_map(|city| {
            let km = kilometres(position, city.position);
            let same = plain(&city.name) == nearest;
            let depth = reach(city.people) - km;
            ((depth > 0.0 && city.people >= LARGE) || (same && km < 40.0)).then_some((same, depth, city))
        });
        let deepest = inside.max_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap_or(std::cmp::Ordering::Equal));
        deepest.map(|(.., city)| city)
    }
}

/// The degree that a position is in.
fn degree(position: Position) -> (i16, i16) {
    let whole = |degrees: f64| degrees.floor() as i16;
    (whole(position.latitude()), whole(position.longitude()))
}

/// How far a city of so many people reaches, in km: 5 for 300,000, 15 for 5 million. People live on the ground, so it grows with
/// the root of their number.
fn reach(people: u64) -> f64 {
    2.0 + 0.006 * (people as f64).sqrt()
}

/// The way between two positions that are near each other, in km.
fn kilometres(a: Position, b: Position) -> f64 {
    let north = (a.latitude() - b.latitude()).to_radians();
    let middle = f64::midpoint(a.latitude(), b.latitude()).to_radians();
    let east = (a.longitude() - b.longitude()).to_radians() * middle.cos();
    north.hypot(east) * EARTH_KM
}

/// `Zuerich (Kreis 3) / Alt-Wiedikon`: the city, and its part without the number that nobody looks for.
fn parts_of(name: &str) -> (String, String) {
    match name.split_once(" / ") {
        Some((city, part)) => {
            let city = city.split_once(" (").map_or(city, |(city, _)| city);
            (city.to_owned(), part.to_owned())
        }
        None => (name.to_owned(), String::new()),
    }
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
            (64.1466, -21.9426, ["Reykjav\u{ed}k", "Iceland"]),
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
        // Sights, and the city that everybody says they are in; the part may be any.
        for (what, latitude, longitude, city) in [
            ("Sydney Opera House", -33.8568, 151.2153, "Sydney"),
            ("Eiffel Tower", 48.8584, 2.2945, "Paris"),
            ("Sagrada Familia", 41.4036, 2.1744, "Barcelona"),
            ("Christ the Redeemer", -22.9519, -43.2105, "Rio de Janeiro"),
            ("Statue of Liberty", 40.6892, -74.0445, "New York City"),
            ("Palace of Versailles", 48.8049, 2.1204, "Versailles"),
            ("Windsor Castle", 51.4839, -0.6044, "Windsor"),
            ("Hallgr\u{ed}mskirkja", 64.1417, -21.9266, "Reykjav\u{ed}k"),
            ("Grossm\u{fc}nster", 47.3701, 8.5441, "Z\u{fc}rich"),
            ("Alhambra", 37.1761, -3.5881, "Granada"),
            ("Neuschwanstein", 47.5576, 10.7498, "Schwangau"),
        ] {
            let place = gazetteer.place(Position::new(latitude, longitude).expect("on the earth"));
            let place = place.expect("a place");
            assert_eq!(place.city, city, "{what}: {}", place.text());
        }
        assert_eq!(text(90.0, 0.0), None, "the pole");
    }

    #[test]
    fn a_name_is_a_city_and_perhaps_its_part() {
        for (name, city, part) in [
            ("Zuerich (Kreis 3) / Alt-Wiedikon", "Zuerich", "Alt-Wiedikon"),
            ("Biel / Bienne", "Biel", "Bienne"),
            ("Frankfurt (Oder)", "Frankfurt (Oder)", ""),
            ("Halle/Saale", "Halle/Saale", ""),
            ("Rome", "Rome", ""),
        ] {
            assert_eq!(parts_of(name), (city.to_owned(), part.to_owned()));
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
