//! The window's engine without its window: real threads on a real home, asked by commands, watched by snapshots. Waits
//! are for a state, with a hang guard; nothing depends on how fast it comes.

use safelight::{
    engine::{
        Cancel, Home,
        command::{Command, Scope, Sort, Source},
        engine::{Engine, start},
        handle::{Handle, Wanted},
        pause, samples,
        snapshot::{QueueState, Snapshot},
    },
    model::{change::Mark, rating::Rating, safety::Safety},
    sys::real::RealFs,
};
use std::{path::Path, sync::Arc, time::Duration};

/// Waits until a snapshot shows it.
fn until(handle: &Handle, what: &str, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    for _ in 0..2400 {
        let snapshot = handle.snapshot();
        assert!(snapshot.fatal.is_none(), "{:?}", snapshot.fatal);
        if is(&snapshot) {
            return snapshot;
        }
        pause(Duration::from_millis(50), &Cancel::new());
    }
    panic!("never came: {what}; {:?}", handle.snapshot().notices);
}

fn begin(dir: &Path) -> (Engine, Handle) {
    let photos = dir.join("Photos");
    samples::write_to(&RealFs, &photos).unwrap();
    let engine = start(Home::portable(&dir.join("home")), vec![photos]).unwrap();
    let handle = engine.handle();
    until(&handle, "the scanned photos", |now| {
        now.counts.all > 25 && now.tasks.is_empty()
    });
    (engine, handle)
}

#[test]
fn i13_the_whole_job_by_commands() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, handle) = begin(dir.path());
    handle.send(Command::Show {
        source: Source::All,
        query: String::new(),
        sort: Sort::Name,
    });
    let view = until(&handle, "the view by name", |now| {
        now.view.sort == Sort::Name && now.view.source == Source::All
    });
    let first = view.view.tiles.first().unwrap().id;

    handle.want(vec![Wanted {
        photo: first,
        edge: 256,
    }]);
    let mut arrived = Vec::new();
    for _ in 0..1200 {
        arrived = handle.arrived(8);
        if !arrived.is_empty() {
            break;
        }
        pause(Duration::from_millis(50), &Cancel::new());
    }
    let picture = arrived
        .first()
        .expect("a picture")
        .result
        .as_ref()
        .expect("it can be shown");
    assert!(picture.width.max(picture.height) <= 256 && picture.width > 0);

    let rated = |now: &Snapshot| {
        now.view
            .tiles
            .iter()
            .find(|tile| tile.id == first)
            .map(|tile| tile.rating.stars())
    };
    handle.send(Command::Mark {
        photos: vec![first],
        mark: Mark::Rating(Rating::new(4).unwrap()),
    });
    until(&handle, "four stars", |now| rated(now) == Some(4));
    handle.send(Command::Undo);
    let undone = until(&handle, "no stars again", |now| rated(now) == Some(0));
    assert_eq!(undone.turned, Some((1, first)), "where a face goes to");

    let store = dir.path().join("Store");
    handle.send(Command::AddStore {
        name: "disk".into(),
        url: store.to_string_lossy().into_owned(),
    });
    let now = until(&handle, "the store", |now| now.stores.len() == 1);
    // On the same disk as the photos: it takes copies, and makes nothing safe.
    assert!(!now.stores[0].counts);
    handle.send(Command::BackUpNow {
        scope: Scope::All,
        store: None,
    });
    handle.send(Command::PauseBackup);
    until(&handle, "paused, or done before the pause came", |now| {
        now.queue.state == QueueState::Paused || now.totals.of(Safety::Sent).photos == now.totals.all.photos
    });
    // What Pause holds back lets everything else pass.
    handle.send(Command::PlanOptimize { scope: Scope::All });
    until(&handle, "a preview while paused", |now| {
        now.optimize.planned && now.optimize.photos == 0
    });
    handle.send(Command::ResumeBackup);
    let done = until(&handle, "every copy", |now| {
        now.queue.total == 0
            && now.queue.state == QueueState::Idle
            && now.totals.of(Safety::Sent).photos == now.totals.all.photos
    });
    assert!(done.totals.add_up());
    assert_eq!(done.totals.proven(), 0, "a copy on the same disk proves nothing");
    assert_eq!(done.stores[0].proven, done.totals.all.files);
    let now = until(&handle, "what is left there", |now| now.stores[0].free.is_some());
    assert!(!now.stores[0].cloud.asking);
    engine.stop();
}

#[test]
fn i12_a_home_that_is_in_use_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, _handle) = begin(dir.path());
    let second = start(Home::portable(&dir.path().join("home")), Vec::new()).unwrap();
    let handle = second.handle();
    let mut fatal = None;
    for _ in 0..600 {
        fatal = handle.snapshot().fatal.clone();
        if fatal.is_some() {
            break;
        }
        pause(Duration::from_millis(50), &Cancel::new());
    }
    assert!(fatal.expect("a sentence").why.contains("Another Safelight"));
    engine.stop();
    handle.send(Command::TryAgain);
    for _ in 0..600 {
        if handle.snapshot().fatal.is_none() {
            break;
        }
        pause(Duration::from_millis(50), &Cancel::new());
    }
    until(&handle, "the library that was free then", |now| {
        now.ready && now.counts.all > 25
    });
    second.stop();
}

#[test]
fn a_search_that_cannot_be_read_shows_nothing_and_a_new_album_ends_a_search() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, handle) = begin(dir.path());
    let show = |query: &str| {
        handle.send(Command::Show {
            source: Source::All,
            query: query.to_owned(),
            sort: Sort::default(),
        });
        until(&handle, "the answer to the search", |now| now.view.query == query)
    };
    let view = Arc::clone(&show("rating>").view);
    assert!(view.query_error.is_some());
    assert!(view.tiles.is_empty(), "the next key would reach all of them");
    let view = Arc::clone(&show("rating<1").view);
    assert!(view.query_error.is_none() && view.tiles.len() > 5);
    let photos: Vec<_> = view.tiles.iter().take(3).map(|tile| tile.id).collect();
    show("nothing is called so");
    handle.send(Command::CreateAlbum {
        name: "Three".to_owned(),
        photos,
        query: None,
    });
    let now = until(&handle, "the album", |now| matches!(now.view.source, Source::Album(_)));
    assert_eq!((now.view.query.as_str(), now.view.tiles.len()), ("", 3));
    engine.stop();
}

#[test]
fn a_typed_folder_is_answered_beside_what_was_typed() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, handle) = begin(dir.path());
    let notices = handle.snapshot().notices.len();
    handle.send(Command::AddFolder(dir.path().join("no such folder")));
    let now = until(&handle, "the answer", |now| now.folder_added.count == 1);
    assert!(now.folder_added.why.as_ref().unwrap().contains("no such folder"));
    assert_eq!((now.notices.len(), now.roots.len()), (notices, 1), "and nowhere else");
    let other = dir.path().join("Other");
    std::fs::create_dir(&other).unwrap();
    handle.send(Command::AddFolder(other));
    let now = until(&handle, "the next answer", |now| now.folder_added.count == 2);
    assert_eq!(now.folder_added.why, None);
    until(&handle, "the folder", |now| now.roots.len() == 2);
    engine.stop();
}

/// What came of asking for the picture of a photo.
fn picture(handle: &Handle, photo: safelight::model::id::PhotoId) -> Result<(), String> {
    handle.want(vec![Wanted { photo, edge: 256 }]);
    for _ in 0..1200 {
        let arrived = handle.arrived(8).into_iter().find(|one| one.wanted.photo == photo);
        if let Some(one) = arrived {
            handle.want(Vec::new());
            return one.result.map(|_| ()).map_err(|why| why.to_string());
        }
        pause(Duration::from_millis(50), &Cancel::new());
    }
    panic!("no picture and no reason came");
}

#[test]
fn i12_a_folder_that_is_away_is_named_and_its_return_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, handle) = begin(dir.path());
    let photo = handle.snapshot().view.tiles.last().unwrap().id;
    handle.send(Command::Focus(Some(photo)));
    let (here, away) = (dir.path().join("Photos"), dir.path().join("unplugged"));
    std::fs::rename(&here, &away).unwrap();
    until(&handle, "the folder is seen to be away", |now| {
        now.roots.iter().all(|root| !root.online) && now.view.tiles.iter().all(|tile| tile.offline)
    });
    let why = picture(&handle, photo).expect_err("nothing can be read");
    let sentence = "Its folder is not connected now: ";
    assert!(why.starts_with(sentence) && why.contains("Photos"), "{why}");
    until(&handle, "the inspector says so", |now| {
        let file = now.detail.as_ref().and_then(|detail| detail.files.first());
        file.and_then(|file| file.problem.as_ref())
            .is_some_and(|why| why.starts_with(sentence))
    });
    std::fs::rename(&away, &here).unwrap();
    until(&handle, "its return", |now| {
        now.roots.iter().all(|root| root.online) && now.view.tiles.iter().all(|tile| !tile.offline)
    });
    engine.stop();
}

#[test]
fn what_never_was_a_picture_is_no_problem() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("Photos");
    samples::write_to(&RealFs, &photos).unwrap();
    std::fs::write(photos.join("album.json"), "{}").unwrap();
    std::fs::write(photos.join("torn.jpg"), [0xff, 0xd8, 0xff, 0xe0, 0, 16]).unwrap();
    let engine = start(Home::portable(&dir.path().join("home")), vec![photos]).unwrap();
    let handle = engine.handle();
    until(&handle, "the scanned photos", |now| {
        now.counts.others > 0 && now.tasks.is_empty()
    });
    handle.send(Command::Show {
        source: Source::Others,
        query: String::new(),
        sort: Sort::Name,
    });
    let view = until(&handle, "the other files", |now| now.view.source == Source::Others);
    let json = view
        .view
        .tiles
        .iter()
        .find(|tile| &*tile.name == "album.json")
        .unwrap()
        .id;
    let why = picture(&handle, json).expect_err("no picture");
    assert_eq!(why, "This file is no picture, so there is nothing to show.");
    handle.send(Command::Show {
        source: Source::All,
        query: "problem:yes".to_owned(),
        sort: Sort::Name,
    });
    let view = until(&handle, "what is a problem", |now| now.view.query == "problem:yes");
    let names: Vec<&str> = view.view.tiles.iter().map(|tile| &*tile.name).collect();
    assert!(
        names.contains(&"torn.jpg") && !names.contains(&"album.json"),
        "{names:?}"
    );
    // I13: photos and other files are counted apart, and add up.
    let totals = view.totals;
    assert!(totals.add_up());
    assert_eq!(totals.all.others, view.counts.others);
    assert_eq!(totals.all.photos, view.counts.all);
    handle.send(Command::Show {
        source: Source::Safety(vec![Safety::OnlyHere]),
        query: String::new(),
        sort: Sort::Name,
    });
    let view = until(&handle, "what is only here", |now| {
        matches!(now.view.source, Source::Safety(_))
    });
    assert_eq!(view.view.tiles.len() as u64, totals.of(Safety::OnlyHere).photos);
    assert!(view.view.tiles.iter().all(|tile| &*tile.name != "album.json"));
    engine.stop();
}

/// Several photos: what they have in common is answered in one go and kept true, a list of marks is one step, and a camera's
/// photos are found by their camera and nothing else.
#[test]
fn several_photos_are_marked_as_one_step_and_what_they_share_follows() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, handle) = begin(dir.path());
    let now = until(&handle, "tiles", |now| !now.view.tiles.is_empty());
    let photos: Vec<_> = now.view.tiles.iter().map(|tile| tile.id).collect();
    let (some, of) = (photos[..3].to_vec(), photos.len() as u64);
    handle.send(Command::Together {
        asked: 7,
        photos: photos.clone(),
    });
    let now = until(&handle, "the answer", |now| now.together.is_some());
    let together = now.together.clone().unwrap();
    assert_eq!((together.asked, together.common.photos), (7, of));
    assert_eq!(together.common.shift_s, Some(0));
    let before = together.common.keywords.clone();

    let words = ["Bride", "first dance", "Places/Lisbon"];
    let marks = words.map(|word| Mark::AddKeyword(word.to_owned())).to_vec();
    handle.send(Command::MarkAll { photos: some, marks });
    let count = |now: &Snapshot, word: &str| {
        let together = now.together.clone().unwrap();
        let found = together.common.keywords.iter().find(|(one, _)| one == word).cloned();
        found.map(|(_, photos)| photos)
    };
    let given = |now: &Snapshot| words.iter().all(|word| count(now, word) == Some(3));
    let now = until(&handle, "three keywords on three photos", given);
    let known = until(&handle, "known keywords", |now| {
        now.keywords
            .iter()
            .any(|one| one.keyword == "first dance" && one.photos == 3)
    });
    assert!(known.undo.as_deref().is_some_and(|step| step.contains("2 more marks")));
    drop(now);
    handle.send(Command::Undo);
    let now = until(&handle, "one undo for all three", |now| {
        now.together.as_ref().is_some_and(|one| one.common.keywords == before)
            && !now.keywords.iter().any(|one| one.keyword == "first dance")
    });

    // The samples are of more than one camera, or the test would say nothing.
    let cameras = now.together.clone().unwrap().common.cameras.clone();
    assert!(cameras.len() > 1, "{cameras:?}");
    let (camera, taken) = cameras
        .iter()
        .next()
        .map(|(name, count)| (name.clone(), *count))
        .unwrap();
    let shift = |among| Command::MarkCamera {
        camera: camera.clone(),
        among,
        mark: Mark::Shift { seconds: 3_600 },
    };
    handle.send(shift(None));
    let shifted = |now: &Snapshot| {
        now.undo
            .clone()
            .filter(|step| step.starts_with("Shift the capture time"))
    };
    let now = until(&handle, "the shift of one camera", |now| shifted(now).is_some());
    let words = if taken == 1 {
        "1 photo ".to_owned()
    } else {
        format!("{taken} photos ")
    };
    assert!(shifted(&now).unwrap().contains(&words), "{:?} {taken}", now.undo);
    let now = until(&handle, "different shifts", |now| {
        now.together.as_ref().is_some_and(|one| one.common.shift_s.is_none())
    });
    assert_eq!(now.together.clone().unwrap().common.cameras, cameras);
    handle.send(Command::Undo);
    until(&handle, "as it was", |now| {
        now.together.as_ref().is_some_and(|one| one.common.shift_s == Some(0))
    });
    // Among photos of which none is its own, it finds none.
    handle.send(shift(Some(Vec::new())));
    handle.send(Command::Together {
        asked: 8,
        photos: Vec::new(),
    });
    let now = until(&handle, "nothing asked", |now| now.together.is_none());
    assert!(shifted(&now).is_none(), "{:?}", now.undo);
    engine.stop();
}
