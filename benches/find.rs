//! How fast a library is searched and marked: `cargo bench --bench find -- [COUNT]`.
//!
//! Makes a catalog of COUNT (100,000) photos in a temporary folder by plain SQL, and prints, as the median and the longest
//! of many runs in ms: what a query takes alone (`search`) and with the tiles of its whole page as the grid gets them
//! (`view`), the orders of the grid, the sidebar, 10,000 marks at once with their undo, one mark until the view shows it,
//! and how long a person waits who types `lisb` into the search box of the running engine. Aims: a query with its page
//! under 20 ms, 10,000 marks under 1 s. Figures are for one run on one machine.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench prepares files, reads clocks, and stops at what is wrong"
)]

use rusqlite::{Connection, params};
use safelight::{
    catalog::Catalog,
    engine::{
        Cx, Home,
        command::{Command, Sort, Source},
        engine::start,
        handle::Handle,
        session::{CATALOG, Mode, Session},
    },
    model::{
        change::Mark,
        id::PhotoId,
        query::Query,
        rating::{Flag, Rating},
    },
};
use std::time::{Duration, Instant};

/// What people type, from one that finds nearly all to one that finds nothing.
const QUERIES: [&str; 16] = [
    "",
    "rating>=3",
    "rating:0 -canon",
    "rating>=4 flag:pick",
    "taken:2020-06..2020-08",
    "camera:nikon iso>=1600 f<2.8",
    "img_0420",
    "lisbon",
    "über",
    "keyword:places/12",
    "place:portugal",
    "in:\"day 12\"",
    "album:\"Trip 3\"",
    "name:*99.jpg",
    "-rating:0 (type:raw OR has:caption)",
    "qqqq",
];

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let count: i64 = count.unwrap_or(100_000);
    let dir = tempfile::tempdir().unwrap();
    let home = Home::portable(dir.path());
    fill(&home, count);
    {
        let session = Session::open(home.clone(), Mode::Write, &Cx::new()).unwrap();
        queries(&session);
        sidebar(&session);
        marks(&session);
    }
    typing(home);
}

/// A library as people have them: eleven years in 200 folders, four cameras, some marks, places and albums.
fn fill(home: &Home, count: i64) {
    std::fs::create_dir_all(&home.data).unwrap();
    let path = home.data.join(CATALOG);
    drop(Catalog::open(&path).unwrap());
    let sql = Connection::open(&path).unwrap();
    sql.execute_batch("PRAGMA synchronous = OFF; BEGIN").unwrap();
    sql.execute(
        "INSERT INTO roots (path, volume, added_at) VALUES (x'2f70686f746f73', 1, 0)",
        [],
    )
    .unwrap();
    for n in 0..200 {
        let rel = format!("{}/day {n}", 2014 + n / 20).into_bytes();
        sql.execute("INSERT INTO folders (root_id, rel) VALUES (1, ?1)", [rel])
            .unwrap();
    }
    let cities = ["Lisbon", "Porto", "Rome", "Zuerich", "Paris", "Lisse"];
    for (n, city) in cities.iter().enumerate() {
        let country = ["Portugal", "Portugal", "Italy", "Switzerland", "France", "Netherlands"][n];
        sql.execute(
            "INSERT INTO places (country, region, city, code) VALUES (?1, '', ?2, 'XX')",
            [country, city],
        )
        .unwrap();
    }
    for n in 0..300 {
        sql.execute("INSERT INTO keywords (path) VALUES (?1)", [format!("Places/{n}")])
            .unwrap();
    }
    for n in 0..30 {
        let query = (n % 5 == 4).then(|| format!("rating>=4 taken:{}", 2014 + n / 3));
        let name = format!("Trip {n}");
        sql.execute(
            "INSERT INTO albums (uid, name, query) VALUES (?1, ?1, ?2)",
            params![name, query],
        )
        .unwrap();
    }
    let mut photo = sql
        .prepare(
            "INSERT INTO photos (folder_id, primary_file, kind, raw_pair, wall_ms, sort_time, width, height, camera, lens,
                 iso, f_number, focal_mm, latitude, longitude, place_id, rating, flag, label, title, caption, added_at)
             VALUES (?1, ?2, 0, ?3, ?4, ?4, 6000, 4000, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 0)",
        )
        .unwrap();
    let mut file = sql
        .prepare(
            "INSERT INTO files (photo_id, folder_id, name, role, kind, size, mtime_ns, ctime_ns, dev, inode, seen_at, facts_read)
             VALUES (?1, ?2, ?3, 0, 0, 8000000, 0, 0, 1, ?1, 0, 1)",
        )
        .unwrap();
    // Fixed steps that share no divisor stand for chance: every run makes the same library.
    for n in 1..=count {
        let folder = 1 + n * 200 / (count + 1);
        let cameras = ["Canon EOS R6", "NIKON D850", "Apple iPhone 15", "SONY ILCE-7M4"];
        let camera = cameras[usize::try_from(n % 7 % 4).unwrap()];
        let place = (n % 3 == 0).then_some(1 + n / 3 % 6);
        let rating = if n % 5 == 0 { n / 5 % 6 } else { 0 };
        let title = if n % 20 == 0 {
            format!("Day at the sea {n}")
        } else {
            String::new()
        };
        let caption = if n % 10 == 0 {
            format!("Über den Wolken, Seite {n}")
        } else {
            String::new()
        };
        let wall = 1_390_000_000_000 + n * 3_600_000 * 100_000 / count.max(1);
        photo
            .execute(params![
                folder,
                n,
                n % 11 == 0,
                wall,
                camera,
                "50mm F1.8",
                100 << (n % 7),
                [1.8, 2.8, 4.0, 8.0][usize::try_from(n % 4).unwrap()],
                50.0,
                place.map(|_| 40.0),
                place,
                rating,
                i64::from(n % 13 == 0),
                n % 17 % 6,
                title,
                caption
            ])
            .unwrap();
        file.execute(params![n, folder, format!("IMG_{n:06}.JPG").into_bytes()])
            .unwrap();
        if n % 4 == 0 {
            sql.execute("INSERT INTO photo_keywords VALUES (?1, ?2)", [n, 1 + n / 4 % 300])
                .unwrap();
        }
        if n % 10 == 0 {
            let album = 1 + n / 10 % 24 / 4 * 5;
            sql.execute("INSERT INTO album_photos VALUES (?1, ?2, ?2)", [album, n])
                .unwrap();
        }
    }
    sql.execute_batch("COMMIT; ANALYZE").unwrap();
}

/// The median and the longest of some runs, in ms.
fn timed(mut run: impl FnMut()) -> (f64, f64) {
    run();
    let mut times: Vec<f64> = (0..11)
        .map(|_| {
            let begin = Instant::now();
            run();
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() - 1])
}

fn print(what: &str, (median, longest): (f64, f64)) {
    println!("{median:>8.1} ms  {longest:>8.1} ms  {what}");
}

fn queries(session: &Session) {
    println!("median, longest");
    for text in QUERIES {
        let query = Query::parse(text).unwrap();
        let found = session.catalog.search(&query).unwrap().len();
        print(
            &format!("search  {found:>6}  {text}"),
            timed(|| drop(session.catalog.search(&query).unwrap())),
        );
        let view = || drop(session.view(&Source::All, text, Sort::NewestFirst, 1).unwrap());
        print(&format!("view    {found:>6}  {text}"), timed(view));
    }
    for sort in [Sort::NewestFirst, Sort::OldestFirst, Sort::Name, Sort::Rating] {
        let view = || drop(session.view(&Source::All, "", sort, 1).unwrap());
        print(&format!("order {sort:?}"), timed(view));
    }
}

fn sidebar(session: &Session) {
    print(
        "counts",
        timed(|| {
            let _ = std::hint::black_box(session.counts().unwrap());
        }),
    );
    print("folders", timed(|| drop(session.root_views().unwrap())));
    print("albums", timed(|| drop(session.albums().unwrap())));
    print("places", timed(|| drop(session.places().unwrap())));
}

fn once(what: &str, run: impl FnOnce()) {
    let begin = Instant::now();
    run();
    let ms = begin.elapsed().as_secs_f64() * 1e3;
    print(what, (ms, ms));
}

fn marks(session: &Session) {
    let photos: Vec<PhotoId> = (1..=10_000).map(PhotoId).collect();
    let undo = || once("  its undo", || drop(session.undo(1).unwrap()));
    for mark in [
        Mark::Rating(Rating::new(5).unwrap()),
        Mark::AddKeyword("Places/New".to_owned()),
        Mark::Title("A title".to_owned()),
        Mark::Shift { seconds: 5_400 },
    ] {
        once(&format!("10,000 times {mark:?}"), || {
            let _ = session.mark(&photos, std::slice::from_ref(&mark)).unwrap();
        });
        undo();
    }
    let mut flag = [Flag::Pick, Flag::Reject].into_iter().cycle();
    let one = || {
        let _ = session.mark(&photos[..1], &[Mark::Flag(flag.next().unwrap())]).unwrap();
    };
    print("one mark, on the disk", timed(one));
}

/// Waits until the engine's view answers this text.
fn wait(handle: &Handle, text: &str) -> Duration {
    let begin = Instant::now();
    while handle.snapshot().view.query != text || !handle.snapshot().ready {
        assert!(begin.elapsed() < Duration::from_secs(60), "the engine hangs");
        std::thread::yield_now();
    }
    begin.elapsed()
}

/// Each letter is sent as soon as it is typed; what counts is that sending never waits, and when the last one is answered.
fn typing(home: Home) {
    let engine = start(home, Vec::new()).unwrap();
    let handle = engine.handle();
    wait(&handle, "");
    for word in ["lisb", "img_04", "rating>=4"] {
        let show = |query: &str| {
            handle.send(Command::Show {
                source: Source::All,
                query: query.to_owned(),
                sort: Sort::NewestFirst,
            });
        };
        let mut longest = Duration::ZERO;
        let begin = Instant::now();
        for end in 1..=word.len() {
            let key = Instant::now();
            show(&word[..end]);
            longest = longest.max(key.elapsed());
            // Quicker than any fingers.
            std::thread::sleep(Duration::from_millis(30));
        }
        wait(&handle, word);
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "typing {word}: a key waits {:.2} ms, answered {:.1} ms after the first of {} keys",
            ms(longest),
            ms(begin.elapsed()),
            word.len()
        );
        show("");
        wait(&handle, "");
    }
    engine.stop();
}
