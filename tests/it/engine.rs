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
    until(&handle, "no stars again", |now| rated(now) == Some(0));

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
    second.stop();
    engine.stop();
}
