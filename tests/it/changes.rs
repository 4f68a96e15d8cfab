//! The log of changes (I6): random marks, album changes, undo and redo on a catalog, held against a plain model in
//! memory. A failure prints `SEED=..`; set it in the environment to replay.

use crate::world::{Dice, Sample, World, add_photo, add_root, seed};
use safelight::{
    catalog::{changes::Steps, error::Error, photos::FileFacts},
    library::annotate::Annotator,
    model::{
        change::{Annotations, Change, Mark},
        id::{AlbumUid, DeviceId, PhotoId},
        metadata::{Facts, Gps},
        position::Position,
        query::Query,
        rating::{ColorLabel, Flag, Rating},
        time::{CaptureTime, OffsetSource, Timestamp},
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
    fn new(photos: usize) -> Self {
        let world = World::new();
        let sql = world.sql();
        let folder = add_root(&sql, b"/photos", true, &[b""]);
        sql.execute_batch("BEGIN").expect("begin");
        let add = |n| {
            let names = vec![format!("IMG_{n}.JPG").into_bytes()];
            add_photo(
                &sql,
                &Sample {
                    folder,
                    names,
                    ..Sample::default()
                },
            )
        };
        let photos = (0..photos).map(add).collect();
        sql.execute_batch("COMMIT").expect("commit");
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

    fn state(&self) -> Annotations {
        self.world.catalog.annotations().expect("the state")
    }

    fn undo(&self) -> Option<String> {
        self.world.catalog.undo(&self.clock, &self.device).expect("undo")
    }

    fn redo(&self) -> Option<String> {
        self.world.catalog.redo(&self.clock, &self.device).expect("redo")
    }

    fn steps(&self) -> Steps {
        self.world.catalog.steps().expect("steps")
    }

    /// What a person sees: deleted albums are kept for undo only.
    fn seen(&self) -> Annotations {
        let mut state = self.state();
        state.albums.retain(|_, album| !album.deleted);
        state
    }

    /// The whole log replayed onto nothing.
    fn replayed(&self) -> Annotations {
        let mut state = Annotations::default();
        for line in self.world.catalog.changes_after(0, usize::MAX).expect("the log") {
            state.apply(&line.change);
        }
        state
    }
}

fn stars(n: u8) -> Mark {
    Mark::Rating(Rating::new(n).expect("stars"))
}

fn shift(seconds: i64) -> Mark {
    Mark::Shift { seconds }
}

fn random_change(dice: &mut Dice, photos: &[PhotoId]) -> Change {
    let photo = *dice.pick(photos);
    let album = AlbumUid(format!("album-{}", dice.below(3)));
    let mark = |mark| Change::Mark { photo, mark };
    match dice.below(21) {
        0 | 1 => mark(stars(dice.below(6) as u8)),
        2 => mark(Mark::Flag(*dice.pick(&Flag::ALL))),
        3 => mark(Mark::Label(*dice.pick(&ColorLabel::ALL))),
        4 | 5 => mark(Mark::AddKeyword(
            dice.pick(&["sea", "Sea", " places / rome", "rome", "ÄRGER", "ärger"])
                .to_string(),
        )),
        6 => mark(Mark::RemoveKeyword(
            dice.pick(&["SEA", "places/rome", "rome", "Ärger", "never"]).to_string(),
        )),
        7 => mark(Mark::Title(dice.pick(&["", "One", " One ", "Two"]).to_string())),
        8 => mark(Mark::Caption(
            dice.pick(&["", "A long\nstory", "zero \0 inside"]).to_string(),
        )),
        9 => Change::AlbumCreate {
            name: format!("Album {}", dice.below(4)),
            query: dice.one_in(5).then(|| "rating>=3".to_owned()),
            album,
        },
        10 => Change::AlbumDelete { album },
        11 => Change::AlbumRename {
            album,
            name: format!("Album {}", dice.below(4)),
        },
        12 => Change::AlbumBackup {
            album,
            store: dice.one_in(2).then(|| "store".to_owned()),
        },
        13 | 14 => mark(shift(*dice.pick(&[0, 5_400, -86_400, 1]))),
        15 => mark(Mark::Position(
            dice.pick(&[None, Position::new(41.9, 12.5), Position::new(-1e-7, 180.0)])
                .to_owned(),
        )),
        16 => Change::AlbumMove {
            album,
            parent: (!dice.one_in(3)).then(|| AlbumUid(format!("album-{}", dice.below(3)))),
        },
        17 => Change::AlbumCover {
            album,
            photo: dice.one_in(2).then_some(photo),
        },
        18 => Change::AlbumPlace {
            album,
            photo,
            place: dice.below(5) as i64 * 1000 - 1000,
        },
        _ if dice.one_in(3) => Change::AlbumRemove { album, photo },
        _ => Change::AlbumAdd { album, photo },
    }
}

#[test]
fn i6_replaying_the_log_gives_the_state_and_undo_is_identity() {
    let seed = seed(20_240_601);
    for round in 0..12 {
        let seed = seed + round;
        let bench = Bench::new(6);
        let mut dice = Dice::new(seed);
        // The state after each step that may still be undone; `here` is where we stand between undo and redo.
        let mut states = vec![bench.seen()];
        let (mut here, mut undone_steps, mut redone_steps) = (0, 0, 0);
        for step in 0..120 {
            let context = format!("SEED={seed} STEP={step}");
            bench.clock.advance(dice.below(3) as i64 * 400 - 400);
            match dice.below(4) {
                0 => {
                    let undone = bench.undo();
                    assert_eq!(undone.is_some(), here > 0, "{context}");
                    here -= usize::from(undone.is_some());
                    undone_steps += usize::from(undone.is_some());
                }
                1 => {
                    let redone = bench.redo();
                    assert_eq!(redone.is_some(), here + 1 < states.len(), "{context}");
                    here += usize::from(redone.is_some());
                    redone_steps += usize::from(redone.is_some());
                }
                _ => {
                    let batch: Vec<Change> = (0..=dice.below(4))
                        .map(|_| random_change(&mut dice, &bench.photos))
                        .collect();
                    let before = bench.state();
                    match bench.world.catalog.apply(&batch, "step", &bench.clock, &bench.device) {
                        Ok(applied) if applied.changed > 0 => {
                            states.truncate(here + 1);
                            states.push(bench.seen());
                            here += 1;
                        }
                        Ok(_) => assert_eq!(bench.state(), before, "{context}: nothing changed, it says"),
                        Err(Error::Refused(_)) => assert_eq!(bench.state(), before, "{context}: refused whole"),
                        Err(error) => panic!("{context}: {error}"),
                    }
                }
            }
            assert_eq!(bench.seen(), states[here], "{context}: the state after undo and redo");
            assert_eq!(bench.replayed(), bench.state(), "{context}: the log replayed");
            assert_eq!(bench.steps().undo.is_some(), here > 0, "{context}");
            assert_eq!(bench.steps().redo.is_some(), here + 1 < states.len(), "{context}");
        }
        let log = bench.world.catalog.changes_after(0, usize::MAX).expect("the log");
        assert!(
            log.len() > 60,
            "SEED={seed}: {} lines are too few to say anything",
            log.len()
        );
        let busy = undone_steps > 10 && redone_steps > 1;
        assert!(
            busy,
            "SEED={seed}: {undone_steps} undone and {redone_steps} redone are too few"
        );
        let in_order = log
            .windows(2)
            .all(|pair| pair[0].stamp < pair[1].stamp && pair[0].seq < pair[1].seq);
        assert!(in_order, "SEED={seed}: stamps must grow even when the clock goes back");
        while bench.undo().is_some() {}
        assert_eq!(bench.seen(), states[0], "SEED={seed}: all undone");
    }
}

#[test]
fn steps_are_named_and_survive_a_restart() {
    let mut bench = Bench::new(12);
    let photos = bench.photos.clone();
    bench.annotator().mark(&photos, &stars(3)).expect("marks");
    bench
        .annotator()
        .mark(&photos[..1], &Mark::Flag(Flag::Pick))
        .expect("a mark");
    bench.undo();
    bench.world = bench.world.reopened();
    let expected = Steps {
        undo: Some("Rate 12 photos 3 stars".to_owned()),
        redo: Some("Pick 1 photo".to_owned()),
    };
    assert_eq!(bench.steps(), expected);
    assert_eq!(bench.redo().as_deref(), Some("Pick 1 photo"));
    assert_eq!(bench.undo().as_deref(), Some("Pick 1 photo"));
    assert_eq!(bench.undo().as_deref(), Some("Rate 12 photos 3 stars"));
    assert_eq!(bench.undo(), None);
    assert_eq!(bench.state(), Annotations::default());
    // A new change ends redo, yet what happened stays in the log.
    let before = bench.world.catalog.changes_after(0, usize::MAX).expect("the log").len();
    bench.annotator().mark(&photos[..1], &stars(1)).expect("a mark");
    assert_eq!(bench.steps().redo, None);
    assert_eq!(
        bench.world.catalog.changes_after(0, usize::MAX).expect("the log").len(),
        before + 1
    );
}

#[test]
fn what_changes_nothing_is_not_recorded() {
    let bench = Bench::new(2);
    let annotator = bench.annotator();
    let photo = &bench.photos[..1];
    assert_eq!(annotator.mark(photo, &stars(3)).expect("a mark").changed, 1);
    bench
        .annotator()
        .mark(photo, &Mark::AddKeyword("Sea".to_owned()))
        .expect("a keyword");
    bench.undo();
    for mark in [
        stars(3),
        Mark::Title("  ".to_owned()),
        Mark::RemoveKeyword("x".to_owned()),
    ] {
        let applied = annotator.mark(photo, &mark).expect("a mark");
        assert_eq!((applied.changed, applied.group), (0, None), "{mark:?}");
    }
    assert!(bench.steps().redo.is_some(), "redo is still there");
    assert_eq!(annotator.mark(&[PhotoId(404)], &stars(1)).expect("a mark").changed, 0);
    assert_eq!(annotator.mark(&bench.photos, &stars(3)).expect("marks").changed, 1);
}

#[test]
fn keywords_have_one_spelling() {
    let bench = Bench::new(2);
    let annotator = bench.annotator();
    let add =
        |photo: usize, text: &str| annotator.mark(&bench.photos[photo..=photo], &Mark::AddKeyword(text.to_owned()));
    add(0, " Places / Rome/").expect("a keyword");
    assert_eq!(add(0, "places/ROME").expect("a keyword").changed, 0);
    add(1, "places/rome").expect("a keyword");
    let keywords = bench.world.catalog.keywords().expect("keywords");
    let counts: Vec<(&str, u64)> = keywords
        .iter()
        .map(|count| (count.keyword.as_str(), count.photos))
        .collect();
    assert_eq!(counts, [("Places/Rome", 2)]);
    assert!(matches!(add(0, " / "), Err(Error::Refused(_))));
    let marks = bench
        .world
        .catalog
        .marks(bench.photos[1])
        .expect("a read")
        .expect("a photo");
    assert!(marks.keywords.contains("Places/Rome"));
}

#[test]
fn albums_from_birth_to_death_and_back() {
    let bench = Bench::new(5);
    let annotator = bench.annotator();
    let catalog = &bench.world.catalog;
    let trip = annotator
        .create_album(" Trip ", &bench.photos[..3], None)
        .expect("an album");
    assert_eq!((trip.name.as_str(), trip.photos), ("Trip", 3));
    annotator.mark(&bench.photos[3..], &stars(5)).expect("marks");
    let best = annotator
        .create_album("Best", &[], Some("rating:5"))
        .expect("a smart album");
    assert_eq!(best.photos, 2);
    let refused = |result: Result<_, Error>| match result {
        Err(Error::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    };
    assert!(refused(annotator.create_album("TRIP", &[], None)).contains("already an album \"Trip\""));
    assert!(refused(annotator.create_album("  ", &[], None)).contains("needs a name"));
    assert!(refused(annotator.create_album("Odd", &[], Some("rating:9"))).contains("0 to 5"));
    assert!(matches!(
        annotator.add_to_album(best.id, &bench.photos),
        Err(Error::Refused(_))
    ));
    assert!(matches!(
        annotator.rename_album(best.id, "trip"),
        Err(Error::Refused(_))
    ));
    annotator
        .rename_album(trip.id, "trip")
        .expect("its own name in another case");
    annotator
        .remove_from_album(trip.id, &bench.photos[..1])
        .expect("one leaves");
    annotator
        .add_to_album(trip.id, &bench.photos[..1])
        .expect("and comes back, last");
    let order = [bench.photos[1], bench.photos[2], bench.photos[0]];
    assert_eq!(catalog.album_photos(trip.id).expect("photos"), order);
    assert_eq!(catalog.albums_of(bench.photos[0]).expect("names"), ["trip"]);
    let before = bench.state();
    annotator.delete_album(trip.id).expect("deleted");
    assert_eq!(catalog.album_named("trip").expect("a read"), None);
    assert_eq!(bench.steps().undo.as_deref(), Some("Delete album \"trip\""));
    bench.undo();
    assert_eq!(bench.state(), before);
    assert_eq!(catalog.album_photos(trip.id).expect("photos"), order);
    let found = catalog
        .search(&Query::parse("album:TRIP").expect("a query"))
        .expect("a search");
    assert_eq!(found.len(), 3);
    annotator.delete_album(trip.id).expect("deleted");
    annotator
        .create_album("Trip", &[], None)
        .expect("the name is free again");
    let names: Vec<String> = catalog
        .albums()
        .expect("albums")
        .into_iter()
        .map(|album| album.name)
        .collect();
    assert_eq!(names, ["Trip", "Best"], "smart albums come last");
}

/// What the columns that searches and views read say of a photo: wall clock, place in time, degrees.
/// Chosen by a person, else the first in the album's order, else the newest that is found in it; never one that is gone.
#[test]
fn each_album_shows_the_photo_that_stands_for_it() {
    let bench = Bench::new(4);
    let (annotator, catalog) = (bench.annotator(), &bench.world.catalog);
    let photos = &bench.photos;
    let sql = bench.world.sql();
    for (photo, time) in photos.iter().zip([10, 40, 30, 20]) {
        sql.execute("UPDATE photos SET sort_time = ?2 WHERE id = ?1", (photo.0, time))
            .expect("a time");
    }
    let picture = |path: &str| {
        let album = catalog.album_named(path).expect("a read").expect("an album");
        album
            .picture
            .and_then(|picture| photos.iter().position(|photo| *photo == picture))
    };
    let trip = annotator
        .create_album("Trip", &[photos[2], photos[0]], None)
        .expect("an album");
    annotator
        .create_album("Smart", &[], Some("rating:0"))
        .expect("an album");
    let year = annotator.create_album("Year", &[], None).expect("an album");
    annotator.create_album("Empty", &[], None).expect("an album");
    annotator
        .create_album("Wrong", &[], Some("rating:5"))
        .expect("an album");
    annotator.move_album(trip.id, Some(year.id)).expect("moved");
    assert_eq!(
        (picture("Year/Trip"), picture("Smart")),
        (Some(2), Some(1)),
        "the first, and the newest"
    );
    assert_eq!(picture("Year"), Some(2), "the newest of those inside it");
    assert_eq!((picture("Empty"), picture("Wrong")), (None, None));
    annotator.cover_album(trip.id, Some(photos[0])).expect("chosen");
    assert_eq!(picture("Year/Trip"), Some(0));
    sql.execute("UPDATE photos SET missing_since = 1 WHERE id = ?1", [photos[0].0])
        .expect("gone");
    assert_eq!(picture("Year/Trip"), Some(2), "the cover is gone, so the first");
    sql.execute("UPDATE photos SET missing_since = NULL WHERE id = ?1", [photos[0].0])
        .expect("back");
    annotator.cover_album(trip.id, None).expect("no longer");
    assert_eq!(picture("Year/Trip"), Some(2));
}

fn shown(bench: &Bench, photo: PhotoId) -> (Option<i64>, i64, Option<f64>, Option<f64>) {
    let sql = "SELECT wall_ms, sort_time, latitude, longitude FROM photos WHERE id = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    bench.world.sql().query_row(sql, [photo.0], row).expect("a photo")
}

/// 2024-06-30 23:30 on the wall clock: `date -u -d '2024-06-30 23:30' +%s`.
const LATE: i64 = 1_719_790_200_000;

fn facts(at: Option<i64>, place: Option<(f64, f64)>) -> Facts {
    Facts {
        taken: at.map(|wall_ms| CaptureTime {
            wall_ms,
            offset_min: Some(120),
            source: OffsetSource::File,
        }),
        gps: place.map(|(latitude, longitude)| Gps {
            latitude,
            longitude,
            altitude: Some(5.0),
        }),
        ..Facts::default()
    }
}

/// Reads a photo's file as a scan does.
fn read_again(bench: &Bench, photo: PhotoId, facts: Facts) {
    let sql = bench.world.sql();
    sql.execute(
        "UPDATE photos SET primary_file = (SELECT id FROM files WHERE photo_id = ?1) WHERE id = ?1",
        [photo.0],
    )
    .expect("a file that is shown");
    let file = bench.world.catalog.files_of(&[photo]).expect("files").remove(0);
    let read = bench
        .world
        .catalog
        .set_facts(&[(file, FileFacts::Read(Box::new(facts)))]);
    assert_eq!(read.expect("facts"), [photo]);
}

#[test]
fn a_shifted_time_moves_the_photo_and_stays_when_the_file_is_read_again() {
    let bench = Bench::new(2);
    let (photo, undated) = (bench.photos[0], bench.photos[1]);
    read_again(&bench, photo, facts(Some(LATE), None));
    read_again(&bench, undated, facts(None, None));
    let annotator = bench.annotator();
    let find = |text: &str| {
        let query = Query::parse(text).expect("a query");
        bench.world.catalog.search(&query).expect("a search")
    };
    assert_eq!(
        annotator.mark(&bench.photos, &shift(5_400)).expect("a shift").changed,
        2
    );
    assert_eq!(
        shown(&bench, photo),
        (Some(LATE + 5_400_000), LATE + 5_400_000, None, None)
    );
    assert_eq!(shown(&bench, undated), (None, 0, None, None));
    assert_eq!(
        (find("taken:2024-07"), find("taken:2024-06"), find("taken:none")),
        (vec![photo], vec![], vec![undated])
    );
    let row = bench.world.catalog.photo(photo).expect("a read").expect("a photo");
    assert_eq!(row.facts.taken.expect("a time").iso(), "2024-07-01T01:00:00+02:00");
    assert_eq!(row.file_taken.expect("a time").iso(), "2024-06-30T23:30:00+02:00");
    assert_eq!(row.shift_s, 5_400);

    read_again(&bench, photo, facts(Some(LATE + 1_000), None));
    assert_eq!(
        shown(&bench, photo).0,
        Some(LATE + 5_401_000),
        "read again, still shifted"
    );
    read_again(&bench, undated, facts(Some(LATE), None));
    assert_eq!(
        shown(&bench, undated).1,
        LATE + 5_400_000,
        "its shift waited for a time"
    );

    annotator.mark(&bench.photos, &shift(-60)).expect("another shift");
    assert_eq!(
        shown(&bench, undated).0,
        Some(LATE - 60_000),
        "it takes the place of the first one"
    );
    assert!(bench.undo().is_some());
    assert_eq!(shown(&bench, undated).0, Some(LATE + 5_400_000));
    assert!(bench.undo().is_some());
    assert_eq!(shown(&bench, undated), (Some(LATE), LATE, None, None));
    assert!(matches!(
        annotator.mark(&[photo], &shift(i64::MIN)),
        Err(Error::Refused(_))
    ));
}

#[test]
fn a_persons_position_wins_and_the_files_comes_back() {
    let bench = Bench::new(2);
    let (photo, without) = (bench.photos[0], bench.photos[1]);
    read_again(&bench, photo, facts(None, Some((64.146, -21.942))));
    let rome = Position::new(41.9028, 12.4964);
    let annotator = bench.annotator();
    annotator
        .mark(&bench.photos, &Mark::Position(rome))
        .expect("a position");
    let here = (Some(41.9028), Some(12.4964));
    for photo in [photo, without] {
        let (_, _, latitude, longitude) = shown(&bench, photo);
        assert_eq!((latitude, longitude), here);
    }
    let row = bench.world.catalog.photo(photo).expect("a read").expect("a photo");
    assert_eq!(row.facts.gps.map(|gps| gps.latitude), Some(41.9028));
    assert_eq!(
        row.file_gps.map(|gps| (gps.latitude, gps.altitude)),
        Some((64.146, Some(5.0)))
    );
    read_again(&bench, photo, facts(None, Some((0.0, 0.0))));
    assert_eq!(shown(&bench, photo).2, Some(41.9028), "read again, still the person's");
    annotator.mark(&bench.photos, &Mark::Position(None)).expect("cleared");
    assert_eq!((shown(&bench, photo).2, shown(&bench, without).2), (Some(0.0), None));
    bench.undo();
    assert_eq!(
        (shown(&bench, photo).2, shown(&bench, without).2),
        (Some(41.9028), Some(41.9028))
    );
    bench.undo();
    assert_eq!((shown(&bench, photo).2, shown(&bench, without).2), (Some(0.0), None));
    assert_eq!(bench.state(), Annotations::default());
}

#[test]
fn a_photo_that_is_gone_is_passed_over_by_undo() {
    let bench = Bench::new(2);
    bench.annotator().mark(&bench.photos, &stars(4)).expect("marks");
    bench
        .world
        .sql()
        .execute("DELETE FROM photos WHERE id = ?1", [bench.photos[1].0])
        .expect("gone");
    assert!(bench.undo().is_some());
    assert_eq!(bench.state(), Annotations::default());
    let sql = bench.world.sql();
    let folder: i64 = sql
        .query_row("SELECT id FROM folders", [], |row| row.get(0))
        .expect("a folder");
    let newcomer = add_photo(
        &sql,
        &Sample {
            folder,
            ..Sample::default()
        },
    );
    assert!(
        newcomer > bench.photos[1],
        "its number must not be given to another photo, or redo would rate that one"
    );
}

/// Prints how long 10,000 marks take; asserts nothing of it.
#[test]
fn ten_thousand_marks_are_one_step() {
    let bench = Bench::new(10_000);
    for mark in [
        stars(3),
        Mark::AddKeyword("Places/Rome".to_owned()),
        Mark::Title("x".to_owned()),
    ] {
        let begin = std::time::Instant::now();
        let applied = bench.annotator().mark(&bench.photos, &mark).expect("marks");
        println!("{:?}: {:.0} ms", mark, begin.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(applied.changed, 10_000);
        let begin = std::time::Instant::now();
        bench.undo();
        println!("undone: {:.0} ms", begin.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(bench.state(), Annotations::default());
    }
}
