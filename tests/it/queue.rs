//! Goal: the queue never gives up and never lets one trouble become everybody's. Method: a library on a simulated disk, a
//! simulated store and a simulated clock; the store goes away, fills up, signs us out, fails in passing, loses replies;
//! rules hold it back; the program is killed at every call of one backup. At the end everything is in the store, and the
//! store's own log is read to see that it says so.

use crate::sim_world::{Lie, ROOT, SimWorld};
use safelight::{
    backup::{
        plan,
        policy::{Hours, Order, SendRules, StorePause},
        record,
        worker::{self, Options, RunReport},
    },
    catalog::{
        follows::Followed,
        photos::PhotoScope,
        stores::{StoreConfig, StoreRow},
    },
    model::{
        change::Mark,
        content::ContentId,
        job::JobState,
        rating::{Flag, Rating},
    },
    remote::{
        api::{Description, ErrorKind, Info, Key, Quota, Remote, Result as RemoteResult, Source},
        sim::{Fault, Op},
    },
    store::{check, say, store::Store},
    sys::{
        clock::{Clock as _, SimClock, local_minute},
        network::{FixedNetwork, NetworkState},
        task::Cx,
    },
};
use std::{
    collections::BTreeSet,
    io::Write,
    ops::{ControlFlow, Range},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A library of so many small files and the two photos of every simulated world.
fn library(files: usize) -> SimWorld {
    let world = SimWorld::new();
    for file in 0..files {
        let path = Path::new(ROOT).join(format!("m{file:04}.jpg"));
        world.fs.put(
            &path,
            format!("the bytes of file {file}").repeat(1 + file % 7).as_bytes(),
        );
    }
    world.scan();
    world
}

fn row(world: &SimWorld) -> StoreRow {
    world.catalog.stores().expect("stores").remove(0)
}

/// Everything is put into the queue.
fn enqueue(world: &SimWorld) -> usize {
    let photos = world.catalog.photo_ids(&PhotoScope::All).expect("photos");
    let plan = plan::plan(&world.bridge, &row(world), &photos, &Cx::new()).expect("planned");
    world.catalog.enqueue(&world.row.id, &plan.send).expect("queued");
    plan.send.len()
}

fn run(world: &SimWorld) -> RunReport {
    worker::run(&world.bridge, None, 1, &Cx::new()).expect("run")
}

fn states(world: &SimWorld) -> BTreeSet<u8> {
    let rows = world.catalog.queue_rows(1000).expect("rows");
    rows.iter().map(|row| row.job.state.number()).collect()
}

/// Everything is proven, the queue is empty, and the store says so itself.
#[track_caller]
fn all_is_safe(world: &SimWorld, files: usize) {
    let rows = world.catalog.queue_rows(1000).expect("rows");
    assert!(rows.is_empty(), "left in the queue: {rows:#?}");
    let numbers = world.catalog.store_numbers(&world.row.id).expect("numbers");
    assert_eq!((numbers.proven, numbers.damaged), (files as u64, 0));
    let report = check::check(world.gate.inner.as_ref(), check::Depth::Full, &Cx::new()).expect("checked");
    // Lists that are made again after a whole run of the engine are not this test's.
    let bad = |finding: &&check::Finding| !finding.sentence.contains("next backup makes it again");
    let bad: Vec<_> = report.findings.iter().filter(bad).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(report.good, report.originals);
    assert_eq!(report.originals, files as u64);
    let told = world.catalog.activity(500).expect("activity");
    let contested = told
        .iter()
        .find(|line| line.text.contains("another copy of this library"));
    assert_eq!(contested, None, "one machine looked like two");
}

#[test]
fn i12_a_store_that_is_away_waits_as_one_and_comes_back_by_itself() {
    let world = library(10);
    let files = enqueue(&world);
    assert_eq!(files, 12);
    world.gate.inner.vanish(true);
    let report = run(&world);
    assert_eq!(
        (report.done, report.paused.len(), report.blocked.len()),
        (0, 1, 0),
        "{report:?}"
    );
    assert!(report.paused[0].1.contains("cannot be reached"), "{report:?}");
    let pause = row(&world).pause.expect("it waits");
    assert_eq!(pause.kind, Some(StorePause::Away.number()));
    assert_eq!(pause.retry_at, Some(world.clock.now().plus(30_000)));
    assert_eq!(
        states(&world),
        BTreeSet::from([JobState::Queued.number()]),
        "no job took the blame"
    );
    assert_eq!(world.catalog.next_retry(None).expect("asked"), pause.retry_at);

    // Before its time nothing is tried.
    let calls = world.gate.inner.count(Op::Get);
    world.clock.advance(29_000);
    assert_eq!(run(&world).paused.len(), 0);
    assert_eq!(world.gate.inner.count(Op::Get), calls);
    // Still away: the next wait is longer.
    world.clock.advance(1_000);
    world.gate.inner.vanish(false);
    world.open_store();
    world.gate.inner.vanish(true);
    assert_eq!(run(&world).paused.len(), 1);
    let pause = row(&world).pause.expect("it waits");
    assert_eq!(
        (pause.failures, pause.retry_at),
        (2, Some(world.clock.now().plus(60_000)))
    );

    world.gate.inner.vanish(false);
    world.open_store();
    world.clock.advance(60_000);
    let report = run(&world);
    assert_eq!((report.done, report.paused.len()), (12, 0), "{report:?}");
    assert_eq!((row(&world).paused, row(&world).pause), (None, None));
    all_is_safe(&world, 12);
}

#[test]
fn i12_full_and_signed_out_each_have_their_kind_and_keep_the_queue() {
    for (kind, pause) in [
        (ErrorKind::Full, StorePause::Full),
        (ErrorKind::Auth, StorePause::SignedOut),
        (ErrorKind::Unsupported, StorePause::Person),
    ] {
        let world = library(3);
        enqueue(&world);
        world.gate.inner.inject(Op::Put, Fault::Refuse(kind));
        let report = run(&world);
        let held = row(&world).pause.expect("it waits");
        assert_eq!(held.kind, Some(pause.number()), "{report:?}");
        assert_eq!(held.retry_at.is_some(), pause != StorePause::Person);
        assert_eq!(world.catalog.queue_counts().expect("counts").blocked, 0);
        // Whatever it was, a person's word makes it try at once.
        world.catalog.pause_store(&world.row.id, None).expect("resumed");
        run(&world);
        all_is_safe(&world, 5);
    }
}

#[test]
fn i12_sleep_makes_stores_that_were_away_due_at_once() {
    let world = library(2);
    enqueue(&world);
    world.gate.inner.vanish(true);
    run(&world);
    world.gate.inner.vanish(false);
    world.open_store();
    let due = world.catalog.stores_due_now(&[StorePause::Away.number()]).expect("due");
    assert_eq!(due, 1);
    assert_eq!(run(&world).done, 4, "no second of the clock has passed");
    all_is_safe(&world, 4);
}

#[test]
fn one_bad_photo_never_stops_the_rest() {
    let world = library(8);
    let files = enqueue(&world);
    // Two files that the store refuses.
    for _ in 0..2 {
        world.gate.inner.inject(Op::Put, Fault::Refuse(ErrorKind::Permanent));
    }
    let report = run(&world);
    assert_eq!(report.done as usize, files - 2, "{report:?}");
    assert!(report.paused.is_empty(), "{report:?}");
    let rows = world.catalog.queue_rows(100).expect("rows");
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter().all(|row| row.job.reason.is_some()),
        "each says why: {rows:#?}"
    );
    world.clock.advance(3_600_000);
    run(&world);
    all_is_safe(&world, files);
}

#[test]
fn what_may_pass_is_never_a_persons() {
    let world = library(1);
    enqueue(&world);
    // Longer than any number of tries: a server in maintenance for a day.
    for round in 0..40 {
        for _ in 0..20 {
            world.gate.inner.inject(Op::Put, Fault::Refuse(ErrorKind::Temporary));
        }
        run(&world);
        assert_eq!(
            world.catalog.queue_counts().expect("counts").blocked,
            0,
            "round {round}"
        );
        world.clock.advance(3_600_000);
    }
    world.gate.inner.restart();
    world.clock.advance(3_600_000);
    run(&world);
    world.clock.advance(3_600_000);
    run(&world);
    all_is_safe(&world, 3);
}

#[test]
fn many_passing_failures_in_a_row_are_the_stores() {
    let world = library(40);
    enqueue(&world);
    for _ in 0..100 {
        world.gate.inner.inject(Op::Put, Fault::Refuse(ErrorKind::Temporary));
    }
    let report = run(&world);
    assert_eq!(report.paused.len(), 1, "{report:?}");
    let counts = world.catalog.queue_counts().expect("counts");
    assert!(counts.waiting <= 6, "the others were spared: {counts:?}");
    assert_eq!(
        row(&world).pause.and_then(|pause| pause.kind),
        Some(StorePause::Away.number())
    );
    world.gate.inner.restart();
    world.clock.advance(60_000);
    run(&world);
    all_is_safe(&world, 42);
}

#[test]
fn the_chosen_order_decides_who_goes_first() {
    let world = library(6);
    let photo = |name: &str| {
        let path = Path::new(ROOT).join(name);
        world.catalog.photo_at(&path).expect("asked").expect("known")
    };
    let mark = |name: &str, mark: Mark| {
        let change = safelight::model::change::Change::Mark {
            photo: photo(name),
            mark,
        };
        let device = world.bridge.device.clone();
        let done = world.catalog.apply(&[change], "test", world.clock.as_ref(), &device);
        assert!(done.is_ok());
    };
    mark("m0005.jpg", Mark::Flag(Flag::Pick));
    mark("m0004.jpg", Mark::Rating(Rating::new(4).expect("stars")));
    mark("m0000.jpg", Mark::Flag(Flag::Reject));
    let names = || -> Vec<String> {
        let rows = world.catalog.queue_rows(100).expect("rows");
        rows.into_iter().map(|row| row.name).collect()
    };
    enqueue(&world);
    let first = names();
    assert_eq!(first[..2], ["m0005.jpg", "m0004.jpg"], "{first:?}");
    assert_eq!(first.last().map(String::as_str), Some("m0000.jpg"));
    // Another order is for what waits already, too.
    let mut choices = world.bridge.choices();
    choices.order = Order::SmallFirst;
    world.bridge.choose(choices);
    plan::reorder(&world.bridge).expect("reordered");
    let second = names();
    assert_eq!(second[..2], ["m0000.jpg", "m0001.jpg"], "{second:?}");
    // And it is the order in which they are taken.
    let mut taken = Vec::new();
    while let Some(job) = world.catalog.next_job(None, world.clock.now(), &[]).expect("asked") {
        taken.push(world.catalog.file(job.file).expect("asked").expect("there").name);
        world.catalog.finish_jobs(&[job]).expect("finished");
    }
    assert_eq!(
        taken
            .iter()
            .map(|name| name.to_string_lossy().into_owned())
            .collect::<Vec<_>>(),
        second
    );
}

fn run_by(world: &SimWorld, rules: &SendRules, metered: bool, all_the_same: bool) -> RunReport {
    let network = FixedNetwork(NetworkState {
        metered: Some(metered),
        connection: None,
    });
    let options = Options {
        only: None,
        at_once: 1,
        rules,
        network: &network,
        all_the_same,
    };
    worker::run_with(&world.bridge, &options, &Cx::new()).expect("run")
}

#[test]
fn hours_hold_the_queue_back_and_let_it_go() {
    let world = library(2);
    enqueue(&world);
    let now = local_minute(world.clock.now());
    let rules = SendRules {
        hours: Some(Hours {
            from: (now + 60) % 1440,
            to: (now + 120) % 1440,
        }),
        ..SendRules::default()
    };
    let report = run_by(&world, &rules, false, false);
    assert_eq!((report.done, report.held.len()), (0, 1), "{report:?}");
    assert!(report.held[0].1.contains("Sending waits until"), "{report:?}");
    assert_eq!(row(&world).paused, None, "a rule is no trouble of the store's");
    world.clock.advance(61 * 60_000);
    assert_eq!(run_by(&world, &rules, false, false).done, 4);
    all_is_safe(&world, 4);
}

#[test]
fn metered_networks_are_spared_where_the_store_is_behind_one() {
    for (url, held) in [("rclone:cloud:photos", 1), ("/mnt/disk", 0)] {
        let world = library(0);
        let there = StoreRow {
            url: url.to_owned(),
            ..row(&world)
        };
        world.catalog.add_store(&there).expect("moved");
        enqueue(&world);
        let report = run_by(&world, &SendRules::default(), true, false);
        assert_eq!(report.held.len(), held, "{url}: {report:?}");
        if held > 0 {
            assert_eq!(
                run_by(&world, &SendRules::default(), true, true).done,
                2,
                "a person said now"
            );
        }
        all_is_safe(&world, 2);
    }
}

/// The simulated store, in which each call takes time by the simulated clock, and which counts who is in it at once.
struct Slow {
    inner: Arc<crate::sim_world::Gate>,
    clock: Arc<SimClock>,
    inside: AtomicUsize,
    most: AtomicUsize,
    faulty: bool,
    puts: AtomicUsize,
}

impl Slow {
    fn take(&self, ms: i64) {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        // The others get their turn: a call that took no real time would never meet another.
        safelight::sys::task::pause(std::time::Duration::from_millis(2), &Cx::new().cancel);
        self.clock.advance(ms / inside as i64);
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Remote for Slow {
    fn describe(&self) -> Description {
        self.inner.describe()
    }
    fn put(&self, key: &Key, body: &mut dyn Source, size: u64, cx: &Cx) -> RemoteResult<Info> {
        self.take(400);
        match self.puts.fetch_add(1, Ordering::SeqCst) % 23 {
            _ if !self.faulty => {}
            7 => self.inner.inner.inject(Op::Put, Fault::LostReply),
            11 => self.inner.inner.inject(Op::Put, Fault::Refuse(ErrorKind::Temporary)),
            _ => {}
        }
        self.inner.put(key, body, size, cx)
    }
    fn replace(&self, key: &Key, bytes: &[u8], cx: &Cx) -> RemoteResult<Info> {
        self.inner.replace(key, bytes, cx)
    }
    fn get(&self, key: &Key, range: Option<Range<u64>>, sink: &mut dyn Write, cx: &Cx) -> RemoteResult<Info> {
        self.inner.get(key, range, sink, cx)
    }
    fn head(&self, key: &Key, cx: &Cx) -> RemoteResult<Option<Info>> {
        self.inner.head(key, cx)
    }
    fn list(&self, prefix: &str, cx: &Cx, each: &mut dyn FnMut(Info) -> ControlFlow<()>) -> RemoteResult<()> {
        self.inner.list(prefix, cx, each)
    }
    fn delete(&self, key: &Key, cx: &Cx) -> RemoteResult<()> {
        self.inner.delete(key, cx)
    }
    fn quota(&self, cx: &Cx) -> RemoteResult<Option<Quota>> {
        self.inner.quota(cx)
    }
    fn device(&self) -> RemoteResult<Option<u64>> {
        self.inner.device()
    }
}

/// From now on the world's store is a slow one; a faulty one loses a reply or refuses now and then.
fn slow(world: &SimWorld, faulty: bool) -> (Arc<Slow>, Arc<Store>) {
    let slow = Arc::new(Slow {
        inner: Arc::clone(&world.gate),
        clock: Arc::clone(&world.clock),
        inside: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        faulty,
        puts: AtomicUsize::new(0),
    });
    let remote = Arc::clone(&slow) as Arc<dyn Remote>;
    let clock = Arc::clone(&world.clock) as Arc<dyn safelight::sys::clock::Clock>;
    let store = Store::open_expected(remote, clock, &world.row.id, &Cx::new()).expect("opened");
    let store = Arc::new(store);
    world.bridge.adopt(Arc::clone(&store));
    (slow, store)
}

/// The queue, marks and pins write the log from threads of their own.
#[test]
fn i9_writers_of_one_log_take_turns() {
    let world = library(3);
    let files = enqueue(&world);
    assert_eq!(run(&world).done, files as u64);
    let (_, store) = slow(&world, false);
    let row = row(&world);
    let bridge = &world.bridge;
    let content = ContentId::of(&world.originals[0].1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for stars in 0..5 {
                    let mark = Mark::Rating(Rating::new(stars).expect("stars"));
                    let stamp = record::next_stamp(bridge).expect("a stamp");
                    let records = [say::mark(content, &mark, &stamp)];
                    // A call that failed in passing may be made again.
                    let said = (0..4).any(|_| record::append(bridge, &row, &store, &records, &[], &Cx::new()).is_ok());
                    assert!(said, "{stars}");
                }
            });
        }
    });
    all_is_safe(&world, files);
}

#[test]
fn i9_many_senders_at_once_leave_one_log_in_order() {
    let world = library(220);
    let (slow, _) = slow(&world, true);
    let files = enqueue(&world);
    let mut done = 0;
    while done < files as u64 {
        let report = worker::run(&world.bridge, None, 8, &Cx::new()).expect("run");
        assert!(report.blocked.is_empty() && report.paused.is_empty(), "{report:?}");
        done += report.done;
        world.clock.advance(60_000);
    }
    let most = slow.most.load(Ordering::SeqCst);
    println!("{done} files, at most {most} at once");
    assert!((2..=8).contains(&most), "{most} at once");
    all_is_safe(&world, files);
}

#[test]
fn i9_killed_at_every_call_it_goes_on_where_it_was() {
    let begin = library(2).keep();
    for at in 1.. {
        let mut world = begin.open(at);
        enqueue(&world);
        world.gate.plan(at, Lie::Kill);
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&world)));
        let through = ended.is_ok();
        world.begin_again();
        world.catalog.requeue_interrupted().expect("requeued");
        run(&world);
        all_is_safe(&world, 4);
        if through {
            println!("killed at each of {} calls", at - 1);
            assert!(at > 20, "so few calls are not a backup");
            return;
        }
    }
}

#[test]
fn the_speed_is_measured_and_remembered() {
    let world = library(0);
    let path = Path::new(ROOT).join("large.jpg");
    world.fs.put(&path, &vec![7; 3_000_000]);
    world.scan();
    let slow = Arc::new(Slow {
        inner: Arc::clone(&world.gate),
        clock: Arc::clone(&world.clock),
        inside: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        faulty: false,
        puts: AtomicUsize::new(0),
    });
    let clock = Arc::clone(&world.clock) as Arc<dyn safelight::sys::clock::Clock>;
    let store = Store::open_expected(slow, clock, &world.row.id, &Cx::new()).expect("opened");
    world.bridge.adopt(Arc::new(store));
    enqueue(&world);
    run(&world);
    // Three originals and a log's segment at 0.4 s each: about 3.4 MB in some 2 s.
    let speed = plan::speed(&world.bridge, &world.row.id)
        .expect("asked")
        .bytes_per_second();
    assert!((1_000_000..3_000_000).contains(&speed), "{speed}");
}

#[test]
fn a_persons_own_limit_is_the_room_where_the_store_says_none() {
    let world = library(0);
    let config = StoreConfig {
        limit: Some(1_000_000),
        ..StoreConfig::default()
    };
    world.catalog.set_store_config(&world.row.id, &config).expect("set");
    let photos = world.catalog.photo_ids(&PhotoScope::All).expect("photos");
    let planned = plan::plan(&world.bridge, &row(&world), &photos, &Cx::new()).expect("planned");
    assert_eq!(
        (planned.free, planned.fits()),
        (Some(1_000_000), Some(true)),
        "{:?}",
        planned.verdict
    );
    let sent = planned.bytes;
    enqueue(&world);
    run(&world);
    let room = world.bridge.room(&row(&world), None, &Cx::new()).expect("room");
    assert_eq!(
        (room.free, room.total, room.by_hand),
        (Some(1_000_000 - sent), Some(1_000_000), true)
    );
}

#[test]
fn what_is_followed_is_remembered_and_forgotten() {
    let world = library(0);
    let (store, now) = (&world.row.id, world.clock.now());
    let query = Followed::Query("rating>=3".to_owned());
    assert!(world.catalog.follow(store, &query, now).expect("followed"));
    assert!(
        !world.catalog.follow(store, &query, now).expect("followed"),
        "twice is once"
    );
    assert!(
        world
            .catalog
            .follow(store, &Followed::Folder(ROOT.to_owned()), now)
            .expect("followed")
    );
    assert_eq!(world.catalog.follows().expect("list").len(), 2);
    assert!(world.catalog.unfollow(store, &query).expect("unfollowed"));
    assert!(!world.catalog.unfollow(store, &query).expect("unfollowed"));
    world.catalog.remove_store(store).expect("removed");
    assert!(world.catalog.follows().expect("list").is_empty());
}
