//! How fast a grid feels, measured on the real engine: `cargo bench --bench grid -- PHOTOS WORK [COUNT]`.
//!
//! PHOTOS is a folder of real JPEGs, WORK an empty folder on a disk with room: the library of COUNT (10,000) photos is
//! copied there from PHOTOS, again and again. Prints CPU milliseconds for a screen of 60 cached cells beside the mere read
//! of their bytes, and the seconds until a full screen is sharp after a fling of 4 s through the library, with and without
//! a cache, beside a queue that forgets nothing (first in, first out). Figures are for one run on one machine.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench prepares files, reads clocks, and stops at what is wrong"
)]

use eframe::egui::ColorImage;
use rustix::time::{ClockId, clock_gettime};
use safelight::{
    catalog::thumbs::{ThumbCache, ThumbKey},
    engine::{
        Cancel, Home,
        engine::start,
        handle::{Handle, Wanted},
        pause,
    },
    library::thumbs::{CACHED_EDGE, CELL_EDGE, Thumbs},
    media::{
        cell,
        decode::{Want, decode},
        limits::Limits,
    },
    model::id::PhotoId,
    sys::{fs::Fs as _, real::RealFs, task::Cx},
};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const SCREEN: usize = 60;
const FLING: Duration = Duration::from_secs(4);
const FRAME: Duration = Duration::from_millis(16);

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (Some(photos), Some(work)) = (words.next(), words.next()) else {
        println!("grid: needs a folder of photos and an empty one to work in; see benches/grid.rs");
        return;
    };
    let count = words.next().and_then(|word| word.parse().ok()).unwrap_or(10_000);
    let work = PathBuf::from(work);
    let tree = work.join("photos");
    copies(Path::new(&photos), &tree, count);
    cells(&tree, &work.join("cells.db"));
    fling(&tree, &work, count);
}

fn copies(from: &Path, tree: &Path, count: usize) {
    let mut sources: Vec<PathBuf> = fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.retain(|path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("jpg")));
    sources.sort();
    assert!(!sources.is_empty(), "no .jpg in {}", from.display());
    for number in 0..count {
        let folder = tree.join(format!("{:03}", number / 100));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("IMG_{number:05}.jpg"));
        if !path.exists() {
            fs::copy(&sources[number % sources.len()], path).unwrap();
        }
    }
}

fn cpu() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// The least of many runs, in CPU milliseconds.
fn least(mut work: impl FnMut()) -> f64 {
    let runs = (0..20).map(|_| {
        let start = cpu();
        work();
        cpu() - start
    });
    runs.fold(f64::INFINITY, f64::min)
}

fn cells(tree: &Path, cache: &Path) {
    let files: Vec<_> = (0..SCREEN)
        .map(|number| tree.join(format!("000/IMG_{number:05}.jpg")))
        .map(|path| (path.clone(), RealFs.stat(&path).unwrap()))
        .collect();
    let thumbs = Thumbs::new(Some(ThumbCache::open(cache).unwrap()), Limits::default());
    let filled = thumbs.fill(&RealFs, &files, &Cx::new());
    assert!(filled.failed.is_empty(), "{:?}", filled.failed);
    drop(thumbs);
    let cache = ThumbCache::open(cache).unwrap();
    let keys: Vec<ThumbKey> = files.iter().map(|(_, stat)| ThumbKey::of_stat(stat)).collect();
    let read = |edge| -> Vec<Vec<u8>> { keys.iter().map(|key| cache.get(*key, edge).expect("cached")).collect() };
    let bytes: usize = read(CELL_EDGE).iter().map(Vec::len).sum();
    let only_read = least(|| drop(std::hint::black_box(read(CELL_EDGE))));
    let textures = least(|| {
        for bytes in read(CELL_EDGE) {
            let pixels = cell::unpack(&bytes).unwrap();
            let size = [pixels.width as usize, pixels.height as usize];
            std::hint::black_box(ColorImage::from_rgba_premultiplied(size, &pixels.rgba));
        }
    });
    let jpegs = least(|| {
        for bytes in read(CACHED_EDGE) {
            let pixels = decode(&bytes, Want::Fit(CELL_EDGE), &Limits::default()).unwrap().pixels;
            let size = [pixels.width as usize, pixels.height as usize];
            std::hint::black_box(ColorImage::from_rgba_premultiplied(size, &pixels.rgba));
        }
    });
    println!("{SCREEN} cached cells, CPU ms on one core ({} KiB)", bytes / 1024);
    println!("  read of the bytes        {only_read:7.2}");
    println!(
        "  cells to textures        {textures:7.2}   {:.1} x the read",
        textures / only_read
    );
    println!(
        "  JPEGs of 512 px instead  {jpegs:7.2}   {:.1} x the read",
        jpegs / only_read
    );
}

/// Scrolls through the library for four seconds as a face does, then waits for the last screen; gives its seconds.
fn settle(handle: &Handle, photos: &[PhotoId], forgets: bool) -> f64 {
    let wanted = |at: usize| Wanted {
        photo: photos[at],
        edge: 256,
    };
    let mut here: HashSet<Wanted> = HashSet::new();
    let mut queue: Vec<Wanted> = Vec::new();
    let start = Instant::now();
    let last = photos.len() - SCREEN;
    loop {
        let moved = (start.elapsed().as_secs_f64() / FLING.as_secs_f64()).min(1.0);
        // Fast at first and slower at the end, as inertia has it.
        let eased = 1.0 - (1.0 - moved).powi(3);
        let top = (eased * last as f64) as usize;
        here.extend(handle.arrived(usize::MAX).into_iter().map(|one| one.wanted));
        let seen = (top..(top + 2 * SCREEN).min(photos.len())).map(wanted);
        if forgets {
            queue = seen.collect();
        } else {
            for one in seen {
                if !queue.contains(&one) {
                    queue.push(one);
                }
            }
        }
        queue.retain(|one| !here.contains(one));
        handle.want(queue.clone());
        if moved >= 1.0 && (top..top + SCREEN).all(|at| here.contains(&wanted(at))) {
            handle.want(Vec::new());
            return (start.elapsed() - FLING).as_secs_f64();
        }
        if start.elapsed() > Duration::from_secs(120) {
            handle.want(Vec::new());
            return f64::INFINITY;
        }
        pause(FRAME, &Cancel::new());
    }
}

fn fling(tree: &Path, work: &Path, count: usize) {
    let home = Home::portable(&work.join("home"));
    let engine = start(home, vec![tree.to_owned()]).unwrap();
    let handle = engine.handle();
    let photos = loop {
        let now = handle.snapshot();
        assert!(now.fatal.is_none(), "{:?}", now.fatal);
        if now.view.tiles.len() == count && now.tasks.is_empty() {
            break now.view.tiles.iter().map(|tile| tile.id).collect::<Vec<_>>();
        }
        pause(Duration::from_millis(50), &Cancel::new());
    };
    println!("settle after a fling of 4 s through {count} photos, seconds until the last screen is sharp");
    let cold = settle(&handle, &photos, true);
    println!("  no cache, the engine     {cold:7.2}");
    let fifo = settle(&handle, &photos.iter().rev().copied().collect::<Vec<_>>(), false);
    println!("  no cache, FIFO           {fifo:7.2}");
    // The rest of the cache.
    let mut left: HashSet<PhotoId> = photos.iter().copied().collect();
    while !left.is_empty() {
        handle.want(
            left.iter()
                .map(|photo| Wanted {
                    photo: *photo,
                    edge: 256,
                })
                .collect(),
        );
        for one in handle.arrived(usize::MAX) {
            left.remove(&one.wanted.photo);
        }
        pause(FRAME, &Cancel::new());
    }
    let warm = settle(&handle, &photos, true);
    println!("  with cache, the engine   {warm:7.2}");
    let fifo = settle(&handle, &photos, false);
    println!("  with cache, FIFO         {fifo:7.2}");
}
