//! Places by name, and what a store's log keeps of marks and albums, through the built program: a library is scanned,
//! marked and put into albums, sent to a store, and made again from folders and store alone.

use crate::{
    program::{Program, noise_jpeg},
    world::{Dice, Sample, World, add_photo, add_root},
};
use safelight::{
    catalog::{Catalog, places::Unnamed},
    library::{annotate::Annotator, places::name_places},
    model::{
        change::Mark,
        id::{DeviceId, PhotoId},
        position::Position,
        query::Query,
        time::Timestamp,
    },
    sys::{clock::SimClock, task::Cx},
};
use serde_json::Value;
use std::{fs, path::Path};

fn found(catalog: &Catalog, text: &str) -> Vec<PhotoId> {
    let mut found = catalog.search(&Query::parse(text).expect("a query")).expect("a search");
    found.sort_unstable();
    found
}

#[test]
fn photos_get_the_names_of_their_places_and_lose_them_with_their_position() {
    let world = World::new();
    let sql = world.sql();
    let folder = add_root(&sql, b"/photos", true, &[b""]);
    let photos: Vec<PhotoId> = (0..4)
        .map(|n| {
            let names = vec![format!("IMG_{n}.JPG").into_bytes()];
            add_photo(
                &sql,
                &Sample {
                    folder,
                    names,
                    ..Sample::default()
                },
            )
        })
        .collect();
    let (clock, device) = (SimClock::at(Timestamp(1)), DeviceId("d".to_owned()));
    let annotator = Annotator {
        catalog: &world.catalog,
        clock: &clock,
        device: &device,
    };
    let put = |photo: usize, latitude, longitude| {
        let mark = Mark::Position(Position::new(latitude, longitude));
        annotator.mark(&photos[photo..=photo], &mark).expect("a position");
    };
    put(0, 41.8902, 12.4922);
    put(1, 47.3769, 8.5417);
    put(2, 0.0, -30.0);
    assert_eq!(found(&world.catalog, "place:rome"), [], "nobody has looked yet");
    assert_eq!(name_places(&world.catalog, &Cx::new()).expect("names"), 3);
    assert_eq!(
        name_places(&world.catalog, &Cx::new()).expect("names"),
        0,
        "once is enough, at sea too"
    );
    assert_eq!(found(&world.catalog, "place:rome"), photos[..1]);
    assert_eq!(
        found(&world.catalog, "Zürich"),
        photos[1..2],
        "a plain word finds places too"
    );
    assert_eq!(found(&world.catalog, "place:*"), photos[..2], "the sea has no name");
    let countries = world.catalog.places().expect("places");
    let counts: Vec<(&str, u64, usize)> = countries
        .iter()
        .map(|one| (one.country.as_str(), one.photos, one.cities.len()))
        .collect();
    assert_eq!(counts, [("Italy", 1, 1), ("Switzerland", 1, 1)]);

    put(0, 64.1466, -21.9426);
    assert_eq!(
        found(&world.catalog, "place:rome"),
        [],
        "it has moved: the old name is gone at once"
    );
    let waiting = world.catalog.photos_without_place(9).expect("photos");
    assert_eq!(waiting.iter().map(|one| one.photo).collect::<Vec<_>>(), photos[..1]);
    // A name that was looked up for where the photo was before is not noted.
    let late = safelight::catalog::places::Named {
        photo: Unnamed {
            photo: photos[0],
            latitude: 41.8902,
            longitude: 12.4922,
        },
        place: None,
    };
    world.catalog.set_places(&[late]).expect("nothing");
    assert_eq!(world.catalog.photos_without_place(9).expect("photos").len(), 1);
    name_places(&world.catalog, &Cx::new()).expect("names");
    assert_eq!(found(&world.catalog, "place:iceland"), photos[..1]);
    world.catalog.undo(&clock, &device).expect("undo");
    name_places(&world.catalog, &Cx::new()).expect("names");
    assert_eq!(
        found(&world.catalog, "place:rome"),
        photos[..1],
        "undo brings the place back with the position"
    );
}

#[test]
fn the_sidebar_lists_countries_by_name_and_cities_by_their_photos() {
    let world = World::new();
    let sql = world.sql();
    let folder = add_root(&sql, b"/photos", true, &[b""]);
    let italy = |city| Some(["Italy", "Region", city, "IT"]);
    let (ancona, rome, vienna) = (
        italy("Ancona"),
        italy("Rome"),
        Some(["Austria", "Vienna", "Vienna", "AT"]),
    );
    for (n, (place, safety)) in [(ancona, 0), (ancona, 8), (ancona, 8), (rome, 0), (rome, 0), (vienna, 0)]
        .iter()
        .enumerate()
    {
        let sample = Sample {
            folder,
            names: vec![format!("IMG_{n}.JPG").into_bytes()],
            place: *place,
            safety: *safety,
            ..Sample::default()
        };
        add_photo(&sql, &sample);
    }
    let countries = world.catalog.places().expect("places");
    let listed: Vec<(&str, u64, Vec<(&str, u64)>)> = countries
        .iter()
        .map(|one| {
            let cities = one.cities.iter().map(|city| (city.place.city.as_str(), city.photos));
            (one.country.as_str(), one.photos, cities.collect())
        })
        .collect();
    let expected = [
        ("Austria", 1, vec![("Vienna", 1)]),
        ("Italy", 3, vec![("Rome", 2), ("Ancona", 1)]),
    ];
    assert_eq!(listed, expected, "photos that are gone are not counted");
}

fn names(program: &Program, query: &str) -> Vec<String> {
    let list = program.json(&["--json", "list", query]);
    let photos = list["photos"].as_array().expect("photos");
    let mut names: Vec<String> = photos
        .iter()
        .filter_map(|photo| {
            Some(
                Path::new(photo["path"].as_str()?)
                    .file_name()?
                    .to_string_lossy()
                    .into_owned(),
            )
        })
        .collect();
    names.sort();
    names
}

/// All that a person said of photos and albums, as the program tells it.
fn said(program: &Program, photos: &[String]) -> Vec<Value> {
    let mut said: Vec<Value> = photos
        .iter()
        .map(|photo| {
            let shown = program.json(&["--json", "show", photo]);
            let one = &shown["photos"][0];
            let of = |names: &[&str]| names.iter().map(|name| one[*name].clone()).collect::<Vec<_>>();
            let mut values = of(&["rating", "title", "shift_seconds", "own_position", "place", "albums"]);
            values.push(one["facts"]["taken"]["wall_ms"].clone());
            Value::Array(values)
        })
        .collect();
    let albums = program.json(&["--json", "album", "list"]);
    for album in albums["albums"].as_array().expect("albums") {
        said.push(Value::Array(
            ["uid", "path", "depth", "query", "photos"]
                .map(|name| album[name].clone())
                .to_vec(),
        ));
    }
    said
}

#[test]
fn i11_a_store_gives_back_shifts_positions_and_albums_in_each_other() {
    let dir = tempfile::tempdir().expect("a folder");
    let library = dir.path().join("photos");
    fs::create_dir_all(&library).expect("a folder");
    let mut dice = Dice::new(7);
    let photos: Vec<String> = ["a", "b", "c"]
        .map(|name| {
            let path = library.join(format!("{name}.jpg"));
            fs::write(&path, noise_jpeg(&mut dice, 48, 32)).expect("a photo");
            path.to_string_lossy().into_owned()
        })
        .to_vec();
    let program = Program::at(&dir.path().join("home"));
    let text = |path: &Path| path.to_string_lossy().into_owned();
    program.run(&["scan", &text(&library)]).exits(0);
    program
        .run(&["store", "add", "copy", &text(&dir.path().join("store"))])
        .exits(0);
    program
        .run(&[
            "mark",
            &photos[0],
            "--shift",
            "-1h30m",
            "--position",
            "41.8902,12.4922",
            "--title",
            "Bridge",
        ])
        .exits(0);
    program
        .run(&["mark", &photos[1], "--position", "64.1466, -21.9426", "--rating", "4"])
        .exits(0);
    program.run(&["album", "create", "Trips"]).exits(0);
    program
        .run(&["album", "create", "Rome", "name:*", "--in", "Trips"])
        .exits(0);
    program.run(&["album", "create", "Rome"]).exits(0);
    program
        .run(&["album", "create", "Best", "--query", "rating>=4", "--in", "Trips"])
        .exits(0);
    program
        .run(&["album", "order", "Trips/Rome", &photos[2], &photos[0]])
        .exits(0);
    program.run(&["album", "cover", "Trips/Rome", &photos[1]]).exits(0);
    assert_eq!(names(&program, "place:italy"), ["a.jpg"]);
    assert_eq!(names(&program, "album:trips rating:4"), ["b.jpg"]);
    program.run(&["album", "add", "Rome", &photos[0]]).exits(0);
    program
        .run(&["album", "move", "Trips", "--into", "Trips/Rome"])
        .exits(2)
        .says("does not lie in itself");
    program.run(&["album", "create", "x/y"]).exits(2).says("\"/\"");
    program
        .run(&["album", "create", "Rome", "--in", "trips"])
        .exits(2)
        .says("already an album \"Trips/Rome\"");
    let before = said(&program, &photos);
    let order = |program: &Program| {
        let home = Catalog::open_read_only(&program.home.join("catalog.sqlite")).expect("the catalog");
        let album = home.album_named("Trips/Rome").expect("a read").expect("an album");
        let ids = home.album_photos(album.id).expect("photos");
        let name = |photo: &PhotoId| {
            home.files_of(&[*photo]).expect("files")[0]
                .name
                .to_string_lossy()
                .into_owned()
        };
        let names: Vec<String> = ids.iter().map(name).collect();
        (names, album.cover.as_ref().map(name))
    };
    let expected = (
        ["c.jpg", "a.jpg", "b.jpg"].map(str::to_owned).to_vec(),
        Some("b.jpg".to_owned()),
    );
    assert_eq!(order(&program), expected);
    program.run(&["backup"]).exits(0);
    // Taken back later, it has to be taken back in the log too.
    program.run(&["mark", &photos[1], "--position", "none"]).exits(0);
    let after = said(&program, &photos);
    assert_ne!(before, after);
    program.run(&["backup"]).exits(0);

    program.run(&["rebuild", "--from-scratch"]).exits(0);
    assert_eq!(said(&program, &photos), after);
    assert_eq!(order(&program), expected);
}
