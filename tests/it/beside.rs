//! What the window asks beside marks: where the photos of a view lie, what a track would say, and who else wrote in a
//! sidecar; on a real session with files on the disk.

use safelight::{
    engine::{
        Cx, Home,
        command::{Sort, Source},
        session::{Mode, Session},
        snapshot::Severity,
        tracks::TrackWish,
    },
    media::encode,
    model::{
        change::Mark,
        id::PhotoId,
        mercator::{Frame, Spot},
        pixels::Pixels,
        position::Position,
        rating::Rating,
    },
};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

struct World {
    session: Session,
    photos: PathBuf,
    _dir: TempDir,
}

fn world(names: &[&str]) -> World {
    let dir = tempfile::tempdir().expect("a folder");
    let photos = fs::canonicalize(dir.path()).expect("its path").join("photos");
    fs::create_dir(&photos).expect("a folder");
    for (name, grey) in names.iter().zip(10..) {
        let pixels = Pixels {
            width: 64,
            height: 48,
            rgba: vec![grey; 64 * 48 * 4],
        };
        fs::write(photos.join(name), encode::jpeg(&pixels, 90).expect("encoded")).expect("written");
    }
    let session = Session::open(Home::portable(&dir.path().join("home")), Mode::Write, &Cx::new()).expect("opened");
    session.add_root(&photos).expect("watched");
    World {
        session,
        photos,
        _dir: dir,
    }
}

impl World {
    fn scan(&self) {
        self.session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
    }

    fn photo(&self, name: &str) -> PhotoId {
        let found = self.session.photo_at(&self.photos.join(name)).expect("asked");
        found.unwrap_or_else(|| panic!("{name} is not known"))
    }
}

#[test]
fn the_map_has_the_photos_of_the_view_and_the_best_of_them_in_front() {
    let world = world(&["a.jpg", "b.jpg", "c.jpg", "d.jpg"]);
    world.scan();
    let session = &world.session;
    let at = |name: &str, latitude, longitude| {
        let mark = Mark::Position(Position::new(latitude, longitude));
        session.mark(&[world.photo(name)], &[mark]).expect("a position");
    };
    at("a.jpg", 41.8902, 12.4922);
    at("b.jpg", 41.9022, 12.4539);
    at("c.jpg", -33.8568, 151.2153);
    session.name_places(&Cx::new()).expect("named");
    let best = Mark::Rating(Rating::new(4).expect("stars"));
    session.mark(&[world.photo("b.jpg")], &[best]).expect("stars");
    let frame = Frame {
        min: Spot::default(),
        max: Spot { x: 0.999, y: 1.0 },
    };
    let look = |query: &str| {
        let view = session.view(&Source::All, query, Sort::NewestFirst, 7).expect("a view");
        let map = session.map_view(&view.tiles, view.generation).expect("a map");
        assert_eq!(map.generation, 7);
        let mut seen: Vec<(String, usize, PhotoId)> = map
            .clusters
            .seen(frame, 0.01)
            .iter()
            .map(|one| (map.name(one).unwrap_or_default(), one.count, one.cover))
            .collect();
        seen.sort();
        (seen, map.unplaced)
    };
    let (seen, unplaced) = look("");
    assert_eq!(unplaced, 1, "d.jpg has no position");
    let (sydney, rome) = (&seen[1], &seen[0]);
    assert_eq!((rome.1, rome.2), (2, world.photo("b.jpg")), "{seen:?}");
    assert_eq!((sydney.0.as_str(), sydney.1), ("near Sydney", 1));
    // The map is of what is searched for, and what it opens finds the same photos.
    assert_eq!(look("rating>=3").0.len(), 1);
    assert_eq!(look("within:-34,151,-33,152").0.len(), 1);
    assert_eq!(
        session.find("within:-34,151,-33,152").expect("found"),
        [world.photo("c.jpg")]
    );
    assert_eq!(
        session.find("place:kirribilli").expect("found"),
        session.find("place:sydney").expect("found")
    );
}

#[test]
fn a_track_is_planned_applied_once_and_taken_back() {
    let world = world(&["a.jpg", "b.jpg"]);
    world.scan();
    let session = &world.session;
    let photos = [world.photo("a.jpg"), world.photo("b.jpg")];
    let track = world.photos.join("walk.gpx");
    let wish = TrackWish {
        path: track.clone(),
        photos: photos.to_vec(),
        ..TrackWish::default()
    };
    let missing = session.track_view(&wish);
    assert!(
        missing.failed && missing.found == 0 && missing.sentences[0].contains("walk.gpx"),
        "{missing:?}"
    );
    fs::write(&track, "no track at all").expect("written");
    assert!(session.track_view(&wish).failed);
    let points = r#"<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
        <trkpt lat="41.9" lon="12.4"><time>2024-06-01T12:00:00Z</time></trkpt>
        <trkpt lat="41.9" lon="12.5"><time>2024-06-01T12:04:00Z</time></trkpt></trkseg></trk></gpx>"#;
    fs::write(&track, points).expect("written");
    let none = session.track_view(&wish);
    assert!(
        !none.failed && none.found == 0,
        "these photos have no capture time: {none:?}"
    );
    assert_eq!(session.place_by_track(&wish).expect("nothing to do"), 0);
    assert!(
        session.steps().expect("steps").undo.is_none(),
        "and no step to take back"
    );
}

#[test]
fn a_sidecar_that_another_program_wrote_is_named_with_its_time() {
    let world = world(&["a.jpg", "b.jpg"]);
    let packet = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>"#;
    fs::write(world.photos.join("a.xmp"), packet).expect("written");
    fs::write(world.photos.join("b.xmp"), "<broken").expect("written");
    world.scan();
    let detail = |name: &str| {
        let detail = world.session.detail(world.photo(name)).expect("read");
        detail.expect("a photo")
    };
    let a = detail("a.jpg");
    assert_eq!(a.rating.stars(), 4);
    assert_eq!(a.sidecar_notes.len(), 1, "{:?}", a.sidecar_notes);
    let (severity, words) = &a.sidecar_notes[0];
    assert!(
        *severity == Severity::Info && words.starts_with("a.xmp was written by another program"),
        "{words}"
    );
    assert!(!a.sidecar_conflict);
    let b = detail("b.jpg");
    assert!(
        b.sidecar_notes.iter().any(|(severity, _)| *severity == Severity::Error),
        "{:?}",
        b.sidecar_notes
    );
    // Changed here and there: the values of both are said, and a mark given meanwhile answers nothing.
    let rate = |stars| {
        let mark = Mark::Rating(Rating::new(stars).expect("stars"));
        world.session.mark(&[world.photo("a.jpg")], &[mark]).expect("marked");
    };
    rate(2);
    fs::write(world.photos.join("a.xmp"), packet.replace("\"4\"", "\"5\"")).expect("written");
    world.scan();
    for stars in [2, 3, 4] {
        rate(stars);
        world.session.tend_sidecars(&Cx::new()).expect("tended");
        let a = detail("a.jpg");
        assert!(a.sidecar_conflict && a.rating.stars() == stars, "{stars}: {a:?}");
        let words = format!("rating: {stars} stars here, 5 stars in its sidecar");
        let mut notes = a.sidecar_notes.iter();
        assert!(notes.any(|(_, note)| note.contains(&words)), "{:?}", a.sidecar_notes);
    }
}
