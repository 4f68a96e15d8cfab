//! Albums in one another: what is shown in which, in which order, under which names; and the moves that are refused, since
//! they would close a ring, grow too deep or give two albums beside each other one name.

use crate::world::{Sample, World, add_photo, add_root};
use rusqlite::params;
use safelight::{
    catalog::{changes::Applied, error::Error},
    library::annotate::Annotator,
    model::{
        album::Album,
        change::MAX_ALBUM_DEPTH,
        id::{AlbumId, DeviceId, PhotoId},
        time::Timestamp,
    },
    sys::clock::SimClock,
};

struct Bench {
    world: World,
    clock: SimClock,
    device: DeviceId,
    photos: Vec<PhotoId>,
}

impl Bench {
    /// Photos, the later ones taken later.
    fn new(photos: i64) -> Self {
        let world = World::new();
        let sql = world.sql();
        let folder = add_root(&sql, b"/photos", true, &[b""]);
        let add = |n: i64| {
            let sample = Sample {
                folder,
                names: vec![format!("IMG_{n}.JPG").into_bytes()],
                wall_ms: Some(n * 1000),
                rating: u8::try_from(n).unwrap_or(0).min(5),
                ..Sample::default()
            };
            add_photo(&sql, &sample)
        };
        let photos = (1..=photos).map(add).collect();
        Self {
            world,
            clock: SimClock::at(Timestamp(1_700_000_000_000)),
            device: DeviceId("d1".to_owned()),
            photos,
        }
    }

    fn annotator(&self) -> Annotator<'_> {
        Annotator {
            catalog: &self.world.catalog,
            clock: &self.clock,
            device: &self.device,
        }
    }

    fn create(&self, name: &str, photos: &[PhotoId], query: Option<&str>, parent: Option<AlbumId>) -> Album {
        self.annotator()
            .create_album_in(name, photos, query, parent)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn move_into(&self, album: AlbumId, parent: Option<AlbumId>) -> Result<Applied, Error> {
        self.annotator().move_album(album, parent)
    }

    fn undo(&self) {
        let undone = self.world.catalog.undo(&self.clock, &self.device).expect("undo");
        assert!(undone.is_some());
    }

    fn album(&self, id: AlbumId) -> Album {
        self.world.catalog.album(id).expect("read").expect("there")
    }

    fn inside(&self, id: AlbumId) -> Vec<PhotoId> {
        self.world.catalog.album_photos(id).expect("read")
    }

    fn paths(&self) -> Vec<String> {
        let albums = self.world.catalog.albums().expect("read");
        albums.into_iter().map(|album| album.path).collect()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, words: &str) {
    match result {
        Err(Error::Refused(why)) => assert!(why.contains(words), "{why}"),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_album_shows_its_own_in_their_order_then_what_lies_in_those_inside_it() {
    let bench = Bench::new(6);
    let [one, two, three, four, five, six] = bench.photos[..] else {
        panic!("six photos")
    };
    let trips = bench.create("Trips", &[three, one], None, None);
    let rome = bench.create("Rome", &[two, three], None, Some(trips.id));
    let best = bench.create("Best", &[], Some("rating:5"), Some(rome.id));
    bench.create("Elsewhere", &[four], None, None);
    assert_eq!(bench.inside(best.id), [six, five], "a smart album, newest first");
    assert_eq!(bench.inside(rome.id), [two, three, six, five]);
    assert_eq!(bench.inside(trips.id), [three, one, six, five, two], "no photo twice");
    assert_eq!((bench.album(trips.id).photos, bench.album(rome.id).photos), (5, 4));
    assert_eq!(bench.paths(), ["Elsewhere", "Trips", "Trips/Rome", "Trips/Rome/Best"]);
    assert_eq!(bench.album(best.id).depth, 2);
    // Photos that are gone are not counted, neither in an album alone nor in one with others inside it.
    let gone = "UPDATE photos SET missing_since = 1, safety = 8 WHERE id = ?1";
    bench.world.sql().execute(gone, params![three.0]).expect("written");
    bench.world.sql().execute(gone, params![four.0]).expect("written");
    assert_eq!((bench.album(trips.id).photos, bench.album(rome.id).photos), (4, 3));
    let elsewhere = bench
        .world
        .catalog
        .album_named("Elsewhere")
        .expect("read")
        .expect("there");
    assert_eq!(elsewhere.photos, 0);
    assert_eq!(bench.inside(rome.id), [two, six, five]);
    // An album that asks for photos that are gone shows them itself, and opens nothing around it.
    let lost = bench.create("Lost", &[], Some("safe:removed"), Some(trips.id));
    assert_eq!(bench.inside(lost.id), [four, three]);
    assert_eq!(bench.inside(trips.id), [one, six, five, two]);
    // What a person put in by hand, not what a search finds.
    assert_eq!(bench.world.catalog.albums_of(two).expect("read"), ["Trips/Rome"]);
    assert_eq!(bench.world.catalog.albums_of(five).expect("read"), [""; 0]);
}

#[test]
fn a_name_means_the_album_at_the_top_first_and_is_free_elsewhere() {
    let bench = Bench::new(1);
    let (trips, home) = (
        bench.create("Trips", &[], None, None),
        bench.create("Home", &[], None, None),
    );
    let rome = bench.create("Rome", &[], None, Some(trips.id));
    let catalog = &bench.world.catalog;
    let named = |name: &str| catalog.album_named(name).map(|album| album.map(|album| album.id));
    assert_eq!(named("rome").expect("one"), Some(rome.id));
    let other = bench.create("Rome", &[], None, Some(home.id));
    refused(named("Rome"), "Several albums have this name");
    assert_eq!(named("HOME/rome").expect("one"), Some(other.id));
    let top = bench.create("Rome", &[], None, None);
    assert_eq!(named("Rome").expect("the one at the top"), Some(top.id));
    // Two of one name do not come to lie beside each other, in whatever case.
    refused(
        bench.move_into(other.id, Some(trips.id)),
        "already an album \"Trips/Rome\"",
    );
    refused(bench.move_into(rome.id, None), "already an album \"Rome\"");
    refused(
        bench.annotator().create_album_in("ROME", &[], None, Some(trips.id)),
        "already an album",
    );
    assert_eq!(bench.paths(), ["Home", "Home/Rome", "Rome", "Trips", "Trips/Rome"]);
    // A deleted album gives what lay in it to the one above, and its name back.
    bench
        .annotator()
        .delete_album(trips.id)
        .expect_err("Rome is taken at the top");
    bench.annotator().delete_album(top.id).expect("deleted");
    bench.annotator().delete_album(trips.id).expect("deleted");
    assert_eq!(bench.paths(), ["Home", "Home/Rome", "Rome"]);
    bench.create("Trips", &[], None, None);
}

#[test]
fn i16_no_album_lies_in_itself_nor_deeper_than_the_limit() {
    let bench = Bench::new(1);
    let (a, b, c) = (
        bench.create("A", &[], None, None),
        bench.create("B", &[], None, None),
        bench.create("C", &[], None, None),
    );
    bench.move_into(b.id, Some(a.id)).expect("moved");
    bench.move_into(c.id, Some(b.id)).expect("moved");
    refused(bench.move_into(a.id, Some(a.id)), "does not lie in itself");
    refused(bench.move_into(a.id, Some(c.id)), "does not lie in itself");
    // One that is deleted and may come back closes no ring either.
    bench.move_into(c.id, None).expect("moved");
    let sql = bench.world.sql();
    let deleted = |yes: bool| sql.execute("UPDATE albums SET deleted = ?2 WHERE id = ?1", params![b.id.0, yes]);
    bench.move_into(c.id, Some(b.id)).expect("moved");
    deleted(true).expect("written");
    refused(bench.move_into(a.id, Some(c.id)), "does not lie in itself");
    assert_eq!(
        bench.paths(),
        ["A", "C"],
        "what lay in an album that is gone lies at the top"
    );
    refused(bench.annotator().rename_album(c.id, "a"), "already an album \"A\"");
    deleted(false).expect("written");
    let smart = bench.create("Best", &[], Some("rating:5"), None);
    refused(bench.move_into(a.id, Some(smart.id)), "is a smart album");

    let mut last = bench.create("0", &[], None, None).id;
    for level in 1..=MAX_ALBUM_DEPTH {
        last = bench.create(&level.to_string(), &[], None, Some(last)).id;
    }
    assert_eq!(bench.album(last).depth as usize, MAX_ALBUM_DEPTH);
    refused(
        bench.annotator().create_album_in("deeper", &[], None, Some(last)),
        "deep",
    );
    // A whole tree is as deep as its deepest album.
    let deep = bench.album(last).parent.expect("a parent");
    refused(bench.move_into(a.id, Some(deep)), "deep");
    let third = bench.album(bench.album(deep).parent.expect("a parent"));
    bench.move_into(a.id, third.parent).expect("A, B and C have room there");
    let c = bench.album(c.id);
    assert_eq!(c.depth as usize, MAX_ALBUM_DEPTH);
    assert!(c.path.starts_with("0/1/2/") && c.path.ends_with("/A/B/C"), "{}", c.path);
    bench.undo();
    assert_eq!(bench.album(c.id).path, "A/B/C");
}

#[test]
fn a_cover_is_a_photo_that_is_there() {
    let bench = Bench::new(2);
    let album = bench.create("A", &bench.photos, None, None);
    let annotator = bench.annotator();
    annotator.cover_album(album.id, Some(bench.photos[1])).expect("set");
    assert_eq!(bench.album(album.id).cover, Some(bench.photos[1]));
    let applied = annotator.cover_album(album.id, Some(PhotoId(99))).expect("nothing");
    assert_eq!(applied.changed, 0, "there is no such photo");
    assert_eq!(bench.album(album.id).cover, Some(bench.photos[1]));
    bench.undo();
    assert_eq!(bench.album(album.id).cover, None);
}
