//! Photos on a map, put together where they would cover each other. The index is made once for a list of photos; what is
//! seen of it at any zoom is then found in the time that drawing it takes, for any number of photos.
//!
//! Spots are kept in Morton order (the bits of both coordinates interleaved), in which every square of the map's quadtree
//! is one stretch of the list. Squares that lie closer than a marker is wide are put together, the fullest first.

use super::{
    bounds::Bounds,
    id::PhotoId,
    mercator::{Frame, Spot},
    position::Position,
};
use std::collections::HashMap;

/// Bits of a coordinate; a square of the deepest level is 1 cm wide.
const BITS: u32 = 32;

/// A photo and where it was taken.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Placed {
    /// The photo.
    pub photo: PhotoId,
    /// Where.
    pub at: Position,
    /// How well it stands for those around it; the highest of a cluster is its picture.
    pub rank: u32,
    /// The number of its named place in a list of who made this.
    pub place: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    code: u64,
    placed: Placed,
}

/// Photos in Morton order with the sums that make asking quick.
#[derive(Clone, Debug, Default)]
pub struct Clusters {
    entries: Vec<Entry>,
    /// `sums[n]`: the coordinates of the first `n`, added up.
    sums: Vec<(f64, f64)>,
    /// A tree of maxima over ranks; the second half are the entries.
    best: Vec<u32>,
}

/// Photos that lie together at one zoom.
#[derive(Clone, PartialEq, Debug)]
pub struct Cluster {
    /// Where its marker lies.
    pub spot: Spot,
    /// How many photos.
    pub count: usize,
    /// The photo that stands for it.
    pub cover: PhotoId,
    /// Stretches of the index, each one square of the map.
    pub parts: Vec<(u32, u32)>,
}

fn code_of(spot: Spot) -> u64 {
    let side = f64::from(u32::MAX) + 1.0;
    let whole = |value: f64| (value * side).clamp(0.0, f64::from(u32::MAX)) as u32;
    spread(whole(spot.x)) | (spread(whole(spot.y)) << 1)
}

/// Every bit with a gap behind it.
fn spread(value: u32) -> u64 {
    let mut wide = u64::from(value);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555_u64),
    ] {
        wide = (wide | (wide << shift)) & mask;
    }
    wide
}

/// A square of the quadtree that has photos in it.
#[derive(Clone, Copy)]
struct Square {
    from: usize,
    to: usize,
    x: u32,
    y: u32,
}

impl Clusters {
    /// The index of these photos.
    #[must_use]
    pub fn new(placed: impl IntoIterator<Item = Placed>) -> Self {
        let mut entries: Vec<Entry> = placed
            .into_iter()
            .map(|placed| Entry {
                code: code_of(placed.at.into()),
                placed,
            })
            .collect();
        entries.sort_unstable_by_key(|entry| (entry.code, entry.placed.photo));
        let mut sums = Vec::with_capacity(entries.len() + 1);
        let (mut x, mut y) = (0.0, 0.0);
        sums.push((x, y));
        for entry in &entries {
            let spot = Spot::from(entry.placed.at);
            (x, y) = (x + spot.x, y + spot.y);
            sums.push((x, y));
        }
        let size = entries.len();
        let mut best = vec![0; size];
        best.extend(0..u32::try_from(size).unwrap_or(u32::MAX));
        let mut clusters = Self { entries, sums, best };
        for at in (1..size).rev() {
            let (left, right) = (clusters.leader(2 * at), clusters.leader(2 * at + 1));
            let higher = clusters.higher(left, right);
            if let Some(place) = clusters.best.get_mut(at) {
                *place = higher;
            }
        }
        clusters
    }

    /// How many photos there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The photos of a cluster.
    pub fn members<'a>(&'a self, cluster: &'a Cluster) -> impl Iterator<Item = &'a Placed> {
        cluster.parts.iter().flat_map(|(from, to)| {
            let stretch = self.entries.get(*from as usize..*to as usize);
            stretch.unwrap_or_default().iter().map(|entry| &entry.placed)
        })
    }

    /// Around all photos; none where there are none.
    #[must_use]
    pub fn frame(&self) -> Option<Frame> {
        let spots = self.entries.iter().map(|entry| Spot::from(entry.placed.at));
        around(spots)
    }

    fn leader(&self, at: usize) -> u32 {
        self.best.get(at).copied().unwrap_or_default()
    }

    fn rank(&self, entry: u32) -> u32 {
        self.entries.get(entry as usize).map_or(0, |entry| entry.placed.rank)
    }

    fn higher(&self, a: u32, b: u32) -> u32 {
        match self.rank(a).cmp(&self.rank(b)) {
            std::cmp::Ordering::Less => b,
            std::cmp::Ordering::Equal => a.min(b),
            std::cmp::Ordering::Greater => a,
        }
    }

    /// The entry of the highest rank of a stretch that is not empty.
    fn highest(&self, from: usize, to: usize) -> u32 {
        let size = self.entries.len();
        let (mut left, mut right) = (from + size, to + size);
        let mut best = u32::try_from(from).unwrap_or(u32::MAX);
        while left < right {
            if left % 2 == 1 {
                best = self.higher(best, self.leader(left));
                left += 1;
            }
            if right % 2 == 1 {
                right -= 1;
                best = self.higher(best, self.leader(right));
            }
            (left, right) = (left / 2, right / 2);
        }
        best
    }

    /// The middle of a stretch that is not empty.
    fn middle(&self, from: usize, to: usize) -> Spot {
        let sum = |at: usize| self.sums.get(at).copied().unwrap_or_default();
        let ((ax, ay), (bx, by)) = (sum(from), sum(to));
        #[expect(clippy::cast_precision_loss, reason = "photos are fewer than 2^52")]
        let count = (to - from).max(1) as f64;
        Spot {
            x: (bx - ax) / count,
            y: (by - ay) / count,
        }
    }

    /// The squares of a level that have photos in them and touch a frame.
    fn squares(&self, frame: &Frame, level: u32) -> Vec<Square> {
        let mut found = Vec::new();
        let all = Square {
            from: 0,
            to: self.entries.len(),
            x: 0,
            y: 0,
        };
        let mut open = vec![(0_u32, all)];
        while let Some((depth, square)) = open.pop() {
            let side = 0.5_f64.powi(i32::try_from(depth).unwrap_or(i32::MAX));
            let min = Spot {
                x: f64::from(square.x) * side,
                y: f64::from(square.y) * side,
            };
            let max = Spot {
                x: min.x + side,
                y: min.y + side,
            };
            if square.from == square.to || !frame.touches(&Frame { min, max }) {
                continue;
            }
            if depth == level {
                found.push(square);
                continue;
            }
            // Of the two bits that tell the four inner squares apart, the higher is of y.
            let shift = 2 * (BITS - depth - 1);
            let mut from = square.from;
            for inner in 0..4_u32 {
                let rest = self.entries.get(from..square.to).unwrap_or_default();
                let to = from + rest.partition_point(|entry| (entry.code >> shift) & 3 <= u64::from(inner));
                let next = Square {
                    from,
                    to,
                    x: square.x * 2 + (inner & 1),
                    y: square.y * 2 + (inner >> 1),
                };
                open.push((depth + 1, next));
                from = to;
            }
        }
        found
    }

    /// What is seen in a frame of the map, where markers of this width may not cover each other. Both in units of the map.
    /// A frame that reaches around the world sees its photos there again.
    #[must_use]
    pub fn seen(&self, frame: Frame, marker: f64) -> Vec<Cluster> {
        let mut all = Vec::new();
        let mut turn = frame.min.x.floor();
        while turn <= frame.max.x {
            for mut cluster in self.seen_once(frame.moved(-turn), marker) {
                cluster.spot.x += turn;
                all.push(cluster);
            }
            turn += 1.0;
        }
        all
    }

    fn seen_once(&self, frame: Frame, marker: f64) -> Vec<Cluster> {
        // Squares of about half a marker: fine enough that two photos beside each other stay two where they can.
        let wanted = (-(marker / 2.0).max(1e-9).log2()).ceil().clamp(0.0, 31.0);
        let level = wanted as u32;
        let side = 0.5_f64.powf(wanted);
        let mut squares = self.squares(&frame, level);
        squares.sort_unstable_by_key(|one| (std::cmp::Reverse(one.to - one.from), one.from));
        let spots: Vec<Spot> = squares.iter().map(|one| self.middle(one.from, one.to)).collect();
        let by_place: HashMap<(u32, u32), usize> = squares
            .iter()
            .enumerate()
            .map(|(at, one)| ((one.x, one.y), at))
            .collect();
        let reach = (marker / side).ceil() as i64 + 1;
        let mut taken = vec![false; squares.len()];
        let mut clusters = Vec::new();
        for (at, (square, spot)) in squares.iter().zip(&spots).enumerate() {
            if taken.get(at).copied().unwrap_or(true) {
                continue;
            }
            let mut parts = Vec::new();
            let (mut count, mut cover) = (0, self.highest(square.from, square.to));
            for dy in -reach..=reach {
                for dx in -reach..=reach {
                    let place = (i64::from(square.x) + dx, i64::from(square.y) + dy);
                    let (Ok(x), Ok(y)) = (u32::try_from(place.0), u32::try_from(place.1)) else {
                        continue;
                    };
                    let Some(other) = by_place.get(&(x, y)).copied() else {
                        continue;
                    };
                    let (Some(one), Some(there), Some(gone)) =
                        (squares.get(other), spots.get(other), taken.get_mut(other))
                    else {
                        continue;
                    };
                    let far = (there.x - spot.x).abs().max((there.y - spot.y).abs());
                    if *gone || (far >= marker && other != at) {
                        continue;
                    }
                    *gone = true;
                    count += one.to - one.from;
                    cover = self.higher(cover, self.highest(one.from, one.to));
                    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
                    parts.push((number(one.from), number(one.to)));
                }
            }
            let Some(cover) = self.entries.get(cover as usize) else {
                continue;
            };
            clusters.push(Cluster {
                spot: *spot,
                count,
                cover: cover.placed.photo,
                parts,
            });
        }
        clusters
    }

    /// Boxes that hold the photos of a cluster and no other photo of the index: one where that is possible, with corners as
    /// round as they can be.
    #[must_use]
    pub fn boxes(&self, cluster: &Cluster) -> Vec<Bounds> {
        let whole: Vec<Position> = self.members(cluster).map(|one| one.at).collect();
        let holds = |bounds: &Bounds| {
            let inside = |entry: &&Entry| bounds.holds(entry.placed.at.latitude(), entry.placed.at.longitude());
            self.entries.iter().filter(inside).count()
        };
        let round = [2, 3, 4, 5, 7]
            .into_iter()
            .filter_map(|digits| Bounds::around(&whole, digits));
        if let Some(bounds) = round.into_iter().find(|bounds| holds(bounds) == cluster.count) {
            return vec![bounds];
        }
        let parts = cluster.parts.iter().filter_map(|(from, to)| {
            let stretch = self.entries.get(*from as usize..*to as usize)?;
            let positions: Vec<Position> = stretch.iter().map(|entry| entry.placed.at).collect();
            Bounds::around(&positions, 7)
        });
        parts.collect()
    }
}

fn around(spots: impl Iterator<Item = Spot>) -> Option<Frame> {
    spots.fold(None, |frame: Option<Frame>, spot| {
        Some(frame.map_or_else(|| Frame::at(spot), |frame| frame.with(spot)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same each time.
    fn dice(state: &mut u64) -> f64 {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn many(count: usize, seed: u64) -> Clusters {
        let mut state = seed;
        let mut towns = Vec::new();
        for _ in 0..30 {
            towns.push((dice(&mut state) * 140.0 - 60.0, dice(&mut state) * 360.0 - 180.0));
        }
        Clusters::new((0..count).map(|n| {
            let (latitude, longitude) = towns[n % towns.len()];
            let near = |value: f64, wide: f64| value + wide * (value + 1.0).sin();
            let (far, around) = (dice(&mut state), dice(&mut state) * 0.3);
            let at = Position::new(
                (latitude + near(around, 0.2)).clamp(-80.0, 80.0),
                (longitude + far * around).clamp(-180.0, 180.0),
            );
            Placed {
                photo: PhotoId(n as i64),
                at: at.expect("on the earth"),
                rank: (dice(&mut state) * 1000.0) as u32,
                place: 0,
            }
        }))
    }

    const WORLD: Frame = Frame {
        min: Spot { x: 0.0, y: 0.0 },
        max: Spot { x: 0.999_999, y: 1.0 },
    };

    #[test]
    fn every_photo_is_in_exactly_one_cluster_and_markers_do_not_cover_each_other() {
        for seed in 1..6 {
            let clusters = many(3_000, seed);
            for marker in [0.2, 0.05, 0.004, 0.000_3, 0.000_001] {
                let seen = clusters.seen(WORLD, marker);
                let mut photos: Vec<PhotoId> = Vec::new();
                for cluster in &seen {
                    let members: Vec<&Placed> = clusters.members(cluster).collect();
                    assert_eq!(members.len(), cluster.count, "seed {seed}");
                    let best = members.iter().map(|one| one.rank).max();
                    let cover = members.iter().find(|one| one.photo == cluster.cover);
                    assert_eq!(cover.map(|one| one.rank), best, "seed {seed}: the best stands for all");
                    photos.extend(members.iter().map(|one| one.photo));
                }
                photos.sort_unstable();
                assert_eq!(photos, (0..3_000).map(PhotoId).collect::<Vec<_>>(), "seed {seed}");
                for (at, a) in seen.iter().enumerate() {
                    for b in seen.iter().skip(at + 1) {
                        let far = (a.spot.x - b.spot.x).abs().max((a.spot.y - b.spot.y).abs());
                        assert!(far >= marker, "seed {seed}: {far} is less than {marker}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_boxes_of_a_cluster_find_its_photos_and_no_others() {
        for seed in 1..6 {
            let clusters = many(800, seed);
            let all: Vec<Placed> = clusters.entries.iter().map(|entry| entry.placed).collect();
            for marker in [0.1, 0.01, 0.000_5] {
                for cluster in clusters.seen(WORLD, marker) {
                    let boxes = clusters.boxes(&cluster);
                    let within = |one: &&Placed| boxes.iter().any(|b| b.holds(one.at.latitude(), one.at.longitude()));
                    let mut found: Vec<PhotoId> = all.iter().filter(within).map(|one| one.photo).collect();
                    let mut members: Vec<PhotoId> = clusters.members(&cluster).map(|one| one.photo).collect();
                    found.sort_unstable();
                    members.sort_unstable();
                    assert_eq!(found, members, "seed {seed}, marker {marker}");
                }
            }
        }
    }

    #[test]
    fn only_what_is_in_sight_is_looked_at_and_the_world_goes_on_at_its_edges() {
        let clusters = many(100_000, 7);
        let middle = clusters.seen(WORLD, 0.03).first().expect("a cluster").spot;
        let near = Frame {
            min: Spot {
                x: middle.x - 0.01,
                y: middle.y - 0.01,
            },
            max: Spot {
                x: middle.x + 0.01,
                y: middle.y + 0.01,
            },
        };
        let here = clusters.seen(near, 0.001);
        assert!(!here.is_empty() && here.len() < 600, "{}", here.len());
        let again = clusters.seen(near.moved(1.0), 0.001);
        assert_eq!(again.len(), here.len());
        assert!((again[0].spot.x - here[0].spot.x - 1.0).abs() < 1e-9);
        assert!(Clusters::new([]).seen(WORLD, 0.1).is_empty());
        assert_eq!(Clusters::new([]).frame(), None);
    }
}
