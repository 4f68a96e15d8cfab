//! Photos that are there twice: the same bytes, the same picture with other metadata, the same picture in another size, or
//! nearly the same picture. Every photo is in at most one group, and in every group one is suggested to be kept, with the
//! reason in words. Nothing here changes anything.
//!
//! Cost, for `n` photos: files are hashed only where their length is another's too, pictures compared whole only where their
//! hashes are near and their sizes equal. Near hashes are found by bands: two hashes that differ in at most 8 of 64 bits are
//! equal in one of nine bands, so each photo is compared with those of its nine buckets, about `9 n / 2^7` others: 700 of
//! 10,000, 7,000 of 100,000, each two XORs and counts; less than a second for all. Memory is some hundred bytes a photo.

use super::{likeness, thumbs::Thumbs, track};
use crate::{
    catalog::{Catalog, duplicates::LikeRow, error::Result},
    media::{
        likeness::{Likeness, NEAR_SHAPE, SamePixels, same_pixels},
        limits::Limits,
    },
    model::{
        content::{ContentId, human_bytes},
        id::PhotoId,
        metadata::MediaKind,
        safety::Safety,
    },
    sys::{fs::Fs, task::Cx},
};
use std::{
    collections::{HashMap, HashSet},
    io::Read as _,
    path::PathBuf,
};

/// How two photos are the same, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Twin {
    /// Every byte.
    Exact,
    /// Every pixel; what is said about the picture differs.
    Pixels,
    /// The same picture with another number of pixels.
    Resized,
    /// Nearly the same picture: coded again, corrected, or the next of a burst.
    Near,
}

impl Twin {
    /// Every kind, the surest first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Pixels, Self::Resized, Self::Near];

    /// The word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Pixels => "pixels",
            Self::Resized => "resized",
            Self::Near => "near",
        }
    }
}

/// A photo of a group.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// What is known of it.
    pub row: LikeRow,
    /// How it is the same as the one that is suggested to be kept; for that one itself, as the surest other.
    pub twin: Twin,
}

/// Photos that are the same in one way or another.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// The photos, the suggested one first, the surest twins before others.
    pub members: Vec<Member>,
    /// Why the first is suggested.
    pub reason: String,
}

impl Group {
    /// The least sure way in which they are the same: what the group as a whole can be called.
    #[must_use]
    pub fn kind(&self) -> Twin {
        self.members
            .iter()
            .map(|member| member.twin)
            .max()
            .unwrap_or(Twin::Exact)
    }

    /// Only the twins of one kind, with the one that is suggested; none where there are none.
    #[must_use]
    pub fn only(mut self, kind: Twin) -> Option<Self> {
        let keep = self.members.first()?.row.photo;
        self.members
            .retain(|member| member.row.photo == keep || member.twin == kind);
        if let Some(first) = self.members.first_mut() {
            first.twin = kind;
        }
        (self.members.len() > 1).then_some(self)
    }
}

/// What looking for duplicates found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// The groups, those that free most first.
    pub groups: Vec<Group>,
    /// Photos looked at.
    pub looked_at: u64,
    /// Files that could not be looked at, and why; they are in no group for their looks.
    pub failed: Vec<(PathBuf, String)>,
    /// Somebody asked to stop: what is here is true, but not all.
    pub cancelled: bool,
}

/// What is needed to look.
#[derive(Clone, Copy)]
pub struct Finder<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// This disk.
    pub fs: &'a dyn Fs,
    /// The thumbnails that the hashes are made of.
    pub thumbs: &'a Thumbs,
    /// Whether what was worked out may be kept in the catalog.
    pub keep: bool,
}

impl Finder<'_> {
    /// Looks for duplicates among these photos, or among all.
    ///
    /// # Errors
    /// The catalog's. A file that cannot be read is in the report.
    pub fn find(&self, only: Option<&HashSet<PhotoId>>, cx: &Cx) -> Result<Found> {
        let mut rows = self.catalog.like_rows()?;
        if let Some(only) = only {
            rows.retain(|row| only.contains(&row.photo));
        }
        let mut found = Found {
            looked_at: rows.len() as u64,
            failed: likeness::fill(self.catalog, self.fs, self.thumbs, self.keep, &mut rows, cx)?,
            ..Found::default()
        };
        self.hash_equal_lengths(&mut rows, cx)?;
        cx.progress.label("Comparing");
        let clusters = cluster(&rows);
        let mut pixels = HashMap::new();
        for cluster in clusters {
            if cx.cancel.is_cancelled() {
                break;
            }
            let members: Vec<&LikeRow> = cluster.iter().filter_map(|at| rows.get(*at)).collect();
            self.compare_pixels(&members, &mut pixels, cx);
            found.groups.extend(group(&members, &pixels));
        }
        let frees = |group: &Group| {
            group
                .members
                .iter()
                .skip(1)
                .map(|member| member.row.file.size)
                .sum::<u64>()
        };
        found.groups.sort_by_key(|group| std::cmp::Reverse(frees(group)));
        found.cancelled = cx.cancel.is_cancelled();
        Ok(found)
    }

    /// Contents of files whose length another has too, as far as they are not known.
    fn hash_equal_lengths(&self, rows: &mut [LikeRow], cx: &Cx) -> Result<()> {
        let mut lengths: HashMap<u64, u32> = HashMap::new();
        for row in rows.iter() {
            *lengths.entry(row.file.size).or_default() += 1;
            // An optimized copy is compared as the original that it stands for.
            if let Some(size) = row.file.original_size {
                *lengths.entry(size).or_default() += 1;
            }
        }
        let wanted = |row: &&mut LikeRow| {
            row.online && row.file.content.is_none() && lengths.get(&row.file.size).is_some_and(|count| *count > 1)
        };
        let missing: Vec<&mut LikeRow> = rows.iter_mut().filter(wanted).collect();
        cx.progress.label("Comparing files of equal length");
        cx.progress.start(missing.len() as u64, 0);
        for row in missing {
            if cx.cancel.is_cancelled() {
                return Ok(());
            }
            cx.progress.add(1);
            let Ok(stat) = self.fs.stat(&row.file.path) else {
                continue;
            };
            let Some(content) = track::hash_file(self.fs, &row.file.path, &stat, cx) else {
                continue;
            };
            if row.file.same_stat(&stat) && self.keep {
                self.catalog.set_content(row.file.id, &stat, content)?;
            }
            row.file.content = Some(content);
        }
        Ok(())
    }

    /// Reads the pictures of a group whole where two of them may have the same pixels: equal size, not the same bytes.
    fn compare_pixels(&self, members: &[&LikeRow], pixels: &mut HashMap<PhotoId, SamePixels>, cx: &Cx) {
        let limits = Limits::default();
        for row in members {
            let may = members.iter().any(|other| {
                other.photo != row.photo
                    && other.size == row.size
                    && other.likeness == row.likeness
                    && !same_bytes(other, row)
            });
            // A RAW's picture is what is made of it; two of them are the same when their bytes are.
            let apart = row.file.kind != MediaKind::Picture || row.file.is_proxy();
            if !may || apart || row.file.size > limits.file_bytes || cx.cancel.is_cancelled() {
                continue;
            }
            let Ok(mut file) = self.fs.open(&row.file.path) else {
                continue;
            };
            let mut bytes = Vec::new();
            let read = file.by_ref().take(limits.file_bytes).read_to_end(&mut bytes);
            if let (Ok(_), Ok(same)) = (read, same_pixels(&bytes, &limits)) {
                pixels.insert(row.photo, same);
            }
        }
    }
}

/// What a photo is in bytes: an optimized copy is its original.
fn content_of(row: &LikeRow) -> Option<&ContentId> {
    row.file.stands_for.as_ref().or(row.file.content.as_ref())
}

/// Whether both are known to be the same bytes; what was not hashed is not known.
fn same_bytes(a: &LikeRow, b: &LikeRow) -> bool {
    content_of(a).is_some() && content_of(a) == content_of(b)
}

const BANDS: u32 = NEAR_SHAPE + 1;

/// The bands of a hash: 9 of 7 bits, the last of 8, each with its number.
fn bands(shape: u64) -> impl Iterator<Item = (u32, u64)> {
    (0..BANDS).map(move |band| {
        let width = if band + 1 == BANDS { 64 - 7 * band } else { 7 };
        (band, (shape >> (7 * band)) & ((1 << width) - 1))
    })
}

/// Whether two pictures have the same shape, to a hundredth: what scaling leaves of it.
fn same_aspect(a: Option<(u32, u32)>, b: Option<(u32, u32)>) -> bool {
    let aspect = |size: (u32, u32)| f64::from(size.0) / f64::from(size.1.max(1));
    match (a, b) {
        (Some(a), Some(b)) => (aspect(a) / aspect(b) - 1.0).abs() < 0.02,
        _ => false,
    }
}

fn near(a: &LikeRow, b: &LikeRow) -> bool {
    let hashes = |row: &LikeRow| row.likeness.flatten();
    match (hashes(a), hashes(b)) {
        (Some(one), Some(other)) => one.is_near(other) && same_aspect(a.size, b.size),
        _ => false,
    }
}

/// Places of rows that belong together, each in one cluster at most. The best picture gathers what is near to it; nothing
/// is near only because of a third, so that no chain leads from a sunset to a wall. Copies of the same bytes stay together
/// whatever they look like.
fn cluster(rows: &[LikeRow]) -> Vec<Vec<usize>> {
    let mut by_content: HashMap<&ContentId, Vec<usize>> = HashMap::new();
    let mut buckets: HashMap<(u32, u64), Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        if let Some(content) = content_of(row) {
            by_content.entry(content).or_default().push(at);
        }
        if let Some(Likeness { shape, .. }) = row.likeness.flatten() {
            for band in bands(shape) {
                buckets.entry(band).or_default().push(at);
            }
        }
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|at| rows.get(*at).map(|row| std::cmp::Reverse(area(row))));
    let mut taken = vec![false; rows.len()];
    let mut clusters = Vec::new();
    for leader in order {
        if taken.get(leader).copied().unwrap_or(true) {
            continue;
        }
        let Some(row) = rows.get(leader) else { continue };
        let mut cluster = vec![leader];
        if let Some(slot) = taken.get_mut(leader) {
            *slot = true;
        }
        let mut join = |at: usize| {
            if let Some(slot) = taken.get_mut(at).filter(|slot| !**slot) {
                *slot = true;
                cluster.push(at);
            }
        };
        if let Some(Likeness { shape, .. }) = row.likeness.flatten() {
            for at in bands(shape).filter_map(|band| buckets.get(&band)).flatten() {
                if rows.get(*at).is_some_and(|other| near(row, other)) {
                    join(*at);
                }
            }
        }
        for at in 0..cluster.len() {
            let content = cluster.get(at).and_then(|at| rows.get(*at)).and_then(content_of);
            for same in content
                .and_then(|content| by_content.get(content))
                .into_iter()
                .flatten()
            {
                if let Some(slot) = taken.get_mut(*same).filter(|slot| !**slot) {
                    *slot = true;
                    cluster.push(*same);
                }
            }
        }
        if cluster.len() > 1 {
            clusters.push(cluster);
        }
    }
    clusters
}

fn area(row: &LikeRow) -> u64 {
    row.size
        .map_or(0, |(width, height)| u64::from(width) * u64::from(height))
}

/// How `b` is the same as `a`.
fn twin(a: &LikeRow, b: &LikeRow, pixels: &HashMap<PhotoId, SamePixels>) -> Twin {
    if same_bytes(a, b) {
        return Twin::Exact;
    }
    let same = |row: &LikeRow| pixels.get(&row.photo);
    if same(a).is_some() && same(a) == same(b) {
        return Twin::Pixels;
    }
    if a.size == b.size { Twin::Near } else { Twin::Resized }
}

fn group(members: &[&LikeRow], pixels: &HashMap<PhotoId, SamePixels>) -> Option<Group> {
    // I14: a copy whose original is here too is out of the question before anything is measured.
    let originals: HashSet<&ContentId> = members.iter().filter_map(|row| row.file.content.as_ref()).collect();
    let stands_alone = |row: &&LikeRow| row.file.stands_for.as_ref().is_none_or(|of| !originals.contains(of));
    let mut candidates: Vec<&LikeRow> = members.iter().copied().filter(stands_alone).collect();
    if candidates.is_empty() {
        candidates = members.to_vec();
    }
    let best = candidates.into_iter().reduce(|best, row| match better(row, best) {
        Some((true, _)) => row,
        _ => best,
    })?;
    let mut others: Vec<Member> = members
        .iter()
        .filter(|row| row.photo != best.photo)
        .map(|row| Member {
            row: (*row).clone(),
            twin: twin(best, row, pixels),
        })
        .collect();
    others.sort_by_key(|member| (member.twin, member.row.photo));
    let surest = others.first()?.twin;
    // The reason is what sets it apart from the best of the others.
    let rival = others.iter().map(|member| &member.row).reduce(|one, other| {
        if matches!(better(other, one), Some((true, _))) {
            other
        } else {
            one
        }
    })?;
    let reason = better(best, rival).map_or_else(
        || "They are as good as each other; it was here first.".to_owned(),
        |(_, reason)| reason,
    );
    let mut all = vec![Member {
        row: best.clone(),
        twin: surest,
    }];
    all.append(&mut others);
    Some(Group { members: all, reason })
}

/// Whether `a` is the better one to keep, and why the better one is; `None` where nothing sets them apart.
fn better(a: &LikeRow, b: &LikeRow) -> Option<(bool, String)> {
    let said = |order: std::cmp::Ordering, reason: &dyn Fn(&LikeRow, &LikeRow) -> String| match order {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some((true, reason(a, b))),
        std::cmp::Ordering::Less => Some((false, reason(b, a))),
    };
    // I14: an optimized copy is never better than the original that it stands for, however it is measured.
    let original = |row: &LikeRow, of: &LikeRow| of.file.stands_for.is_some() && row.file.content == of.file.stands_for;
    let plain = |text: &'static str| move |_: &LikeRow, _: &LikeRow| text.to_owned();
    said(
        original(a, b).cmp(&original(b, a)),
        &plain("It is the original; the other is only its optimized copy."),
    )
    .or_else(|| {
        let raw = |row: &LikeRow| row.raw_pair || row.file.kind == MediaKind::Raw;
        said(raw(a).cmp(&raw(b)), &plain("It has the RAW file."))
    })
    .or_else(|| {
        let words = |better: &LikeRow, worse: &LikeRow| {
            let size = |row: &LikeRow| {
                row.size.map_or_else(
                    || "unknown".to_owned(),
                    |(width, height)| format!("{width} \u{d7} {height}"),
                )
            };
            format!("It has more pixels: {} against {}.", size(better), size(worse))
        };
        said(area(a).cmp(&area(b)), &words)
    })
    .or_else(|| {
        let whole = |row: &LikeRow| !row.file.is_proxy();
        said(
            whole(a).cmp(&whole(b)),
            &plain("It is whole on this disk; the other is an optimized copy."),
        )
    })
    .or_else(|| {
        let words = |better: &LikeRow, worse: &LikeRow| {
            format!(
                "It has as many pixels and is compressed less: {} against {}.",
                human_bytes(better.file.size),
                human_bytes(worse.file.size)
            )
        };
        // Metadata alone make no better picture.
        let (small, large) = (a.file.size.min(b.file.size), a.file.size.max(b.file.size));
        let clear = !same_bytes(a, b) && large - small > large / 20;
        said(
            if clear {
                a.file.size.cmp(&b.file.size)
            } else {
                std::cmp::Ordering::Equal
            },
            &words,
        )
    })
    .or_else(|| {
        let proven = |row: &LikeRow| is_proven(row.safety);
        said(proven(a).cmp(&proven(b)), &plain("Its copy in a store is proven."))
    })
    .or_else(|| said(a.marked.cmp(&b.marked), &plain("It has marks or is in albums.")))
    .or_else(|| {
        let plain_name = |row: &LikeRow| !looks_copied(&row.file.name.to_string_lossy());
        said(
            plain_name(a).cmp(&plain_name(b)),
            &plain("Its name is not that of a copy."),
        )
    })
    .or_else(|| {
        let depth = |row: &LikeRow| std::cmp::Reverse(row.file.path.components().count());
        said(depth(a).cmp(&depth(b)), &plain("It lies less deep in the folders."))
    })
}

/// Whether a person can rely on a store for it.
#[must_use]
pub fn is_proven(safety: Safety) -> bool {
    matches!(safety, Safety::Safe | Safety::Held | Safety::Optimized)
}

/// `IMG_1 (2).jpg`, `IMG_1 copy.jpg`, `Copy of IMG_1.jpg`, `IMG_1~2.jpg`, `IMG_1-1.jpg` stay unsure: only what programs add.
fn looks_copied(name: &str) -> bool {
    let stem = crate::model::photo::split_name(name).0.to_lowercase();
    let numbered = stem.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    stem.starts_with("copy of ")
        || stem.contains(" copy")
        || stem.contains(" - copy")
        || numbered.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_cover_every_bit_once_and_near_hashes_share_one() {
        let mut covered = [0_u32; 64];
        for (bit, covered) in covered.iter_mut().enumerate() {
            for ((_, with), (_, without)) in bands(1 << bit).zip(bands(0)) {
                *covered += u32::from(with != without);
            }
        }
        assert_eq!(covered, [1; 64]);
        // The worst case: one bit in each band but one.
        let far = (0..NEAR_SHAPE).fold(0_u64, |bits, band| bits | 1 << (7 * band));
        assert_eq!(far.count_ones(), NEAR_SHAPE);
        assert!(bands(far).zip(bands(0)).any(|(one, other)| one == other));
    }

    fn row(at: i64, likeness: Option<Likeness>, side: u32, content: u8, stands_for: Option<u8>) -> LikeRow {
        let content_id = |byte: u8| ContentId::of(&[byte]);
        LikeRow {
            photo: PhotoId(at),
            file: crate::catalog::photos::FileRow {
                id: crate::model::id::FileId(at),
                photo: PhotoId(at),
                folder: crate::model::id::FolderId(1),
                root: crate::model::id::RootId(1),
                path: PathBuf::from(format!("/photos/{at}.jpg")),
                name: format!("{at}.jpg").into(),
                role: crate::model::photo::Role::Original,
                kind: MediaKind::Picture,
                size: 1000,
                mtime_ns: 0,
                ctime_ns: 0,
                dev: 1,
                ino: at.cast_unsigned(),
                content: Some(content_id(content)),
                stands_for: stands_for.map(content_id),
                original_size: None,
                problem: None,
                undecodable: false,
                facts_read: true,
                racy: false,
                missing_since: None,
            },
            size: Some((side * 3, side * 2)),
            raw_pair: false,
            rating: crate::model::rating::Rating::default(),
            marked: false,
            safety: Safety::OnlyHere,
            online: true,
            likeness: Some(likeness),
        }
    }

    proptest::proptest! {
        #[test]
        fn i14_groups_partition_and_a_proxy_never_comes_before_its_original(
            photos in proptest::collection::vec((0_usize..4, 0_u32..12, 1_u32..4, 0_u8..6, proptest::option::of(0_u8..6)), 0..40)
        ) {
            let bases = [0x0123_4567_89ab_cdef_u64, 0xfedc_ba98_7654_3210, 0x5555_aaaa_0f0f_f0f0, 0x00ff_00ff_ff00_ff00];
            let rows: Vec<LikeRow> = photos
                .iter()
                .enumerate()
                .map(|(at, (base, flips, side, content, stands))| {
                    let hash = bases[*base] ^ ((1_u64 << flips) - 1).rotate_left(*flips * 5);
                    let likeness = (*flips < 11).then_some(Likeness { shape: hash, step: hash });
                    // An optimized copy has bytes of its own.
                    let own = stands.map_or(*content, |_| 10 + u8::try_from(at).expect("small"));
                    row(i64::try_from(at).expect("small"), likeness, *side * 100, own, *stands)
                })
                .collect();
            let mut seen = HashSet::new();
            for cluster in cluster(&rows) {
                proptest::prop_assert!(cluster.len() > 1);
                let members: Vec<&LikeRow> = cluster.iter().map(|at| &rows[*at]).collect();
                let group = group(&members, &HashMap::new()).expect("a group");
                proptest::prop_assert_eq!(group.members.len(), cluster.len());
                for member in &group.members {
                    proptest::prop_assert!(seen.insert(member.row.photo), "in two groups");
                }
                let keep = &group.members[0].row;
                for member in group.members.iter().skip(1) {
                    let original = keep.file.stands_for.is_some() && keep.file.stands_for == member.row.file.content;
                    proptest::prop_assert!(!original, "{:?} before its original", keep.file.name);
                }
            }
            // Whoever has a twin of the same bytes is in a group.
            for one in &rows {
                let twin = rows.iter().any(|other| other.photo != one.photo && content_of(other) == content_of(one));
                proptest::prop_assert!(!twin || seen.contains(&one.photo));
            }
        }
    }

    #[test]
    fn the_reason_says_what_sets_it_apart() {
        let like = Some(Likeness { shape: 7, step: 7 });
        let (large, small) = (row(1, like, 400, 1, None), row(2, like, 100, 2, None));
        let found = group(&[&small, &large], &HashMap::new()).expect("a group");
        assert_eq!(found.members[0].row.photo, PhotoId(1));
        assert_eq!(
            found.reason,
            "It has more pixels: 1200 \u{d7} 800 against 300 \u{d7} 200."
        );
        assert_eq!(found.kind(), Twin::Resized);
        // An optimized copy keeps the size of its original in the catalog, and still is not better.
        let (proxy, original) = (row(1, like, 400, 1, Some(2)), row(2, like, 400, 2, None));
        let found = group(&[&proxy, &original], &HashMap::new()).expect("a group");
        assert_eq!(found.members[0].row.photo, PhotoId(2));
        assert!(found.reason.contains("optimized copy"), "{}", found.reason);
        let only = found.clone().only(Twin::Exact).expect("the copy is its original");
        assert_eq!(only.members.len(), 2);
        assert_eq!(found.only(Twin::Near), None);
    }

    #[test]
    fn the_best_picture_gathers_what_is_near_to_it() {
        let like = |shape| Some(Likeness { shape, step: 0 });
        // Both small ones are near to the large one and not to each other.
        let rows = [
            row(1, like(0xff), 100, 1, None),
            row(2, like(0), 400, 2, None),
            row(3, like(0xff00), 100, 3, None),
        ];
        let mut found: Vec<Vec<usize>> = cluster(&rows);
        found.iter_mut().for_each(|one| one.sort_unstable());
        assert_eq!(found, [[0, 1, 2]]);
        // What is cut to another shape is another picture, however alike.
        let mut square = row(4, like(0), 400, 4, None);
        square.size = Some((800, 800));
        assert_eq!(
            cluster(&[row(2, like(0), 400, 2, None), square]),
            Vec::<Vec<usize>>::new()
        );
        let other_steps = Some(Likeness { shape: 0, step: 0x3ff });
        let apart = [row(1, like(0), 400, 1, None), row(2, other_steps, 400, 2, None)];
        assert_eq!(
            cluster(&apart),
            Vec::<Vec<usize>>::new(),
            "near by both hashes or not at all"
        );
    }

    #[test]
    fn a_raw_file_counts_more_than_pixels_and_metadata_alone_for_nothing() {
        let like = Some(Likeness { shape: 7, step: 7 });
        let (large, mut raw) = (row(1, like, 400, 1, None), row(2, like, 100, 2, None));
        raw.raw_pair = true;
        let found = group(&[&large, &raw], &HashMap::new()).expect("a group");
        assert_eq!(
            (found.members[0].row.photo, found.reason.as_str()),
            (PhotoId(2), "It has the RAW file.")
        );
        raw.raw_pair = false;
        raw.file.kind = MediaKind::Raw;
        let found = group(&[&large, &raw], &HashMap::new()).expect("a group");
        assert_eq!(found.members[0].row.photo, PhotoId(2));
        // A twentieth more bytes may be metadata; beyond that the picture is compressed less.
        let (one, mut other) = (row(1, like, 400, 1, None), row(2, like, 400, 2, None));
        other.file.size = 1052;
        assert!(better(&other, &one).is_none_or(|(_, why)| !why.contains("compressed")));
        other.file.size = 1060;
        assert!(better(&other, &one).is_some_and(|(yes, why)| yes && why.contains("compressed less")));
    }

    #[test]
    fn names_that_programs_give_to_copies_are_known() {
        for name in [
            "IMG_1 (2).jpg",
            "IMG_1 copy.jpg",
            "Copy of IMG_1.jpg",
            "IMG_1 - Copy.JPG",
            "a copy 3.png",
        ] {
            assert!(looks_copied(name), "{name}");
        }
        for name in [
            "IMG_1.jpg",
            "IMG_1-2.jpg",
            "Copyright.jpg",
            "Rome (old).jpg",
            "photocopy.jpg",
            "().jpg",
        ] {
            assert!(!looks_copied(name), "{name}");
        }
    }
}
