//! `kill -9` at random moments, on real files with the real program: of `backup`, `optimize`, `restore`, `scan` and
//! `mark`. After each kill the disk is judged by its bytes alone (L1, L2, L3 of the safety contract), then the command is
//! run again and has to come to its right end. Kills keep the page cache, so they never find a missing fsync: the
//! simulated disk does that. `SAFELIGHT_KILLS` says how many kills each test makes, `SEED` which.

#![allow(
    clippy::while_immutable_condition,
    reason = "the loops end by return or break, or go on until the kills are used up"
)]

use crate::{
    program::{Program, Ran, Stands, Truth, all_below, copy_tree, folder_in, noise_jpeg, two_disks},
    world::Dice,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

fn kills() -> usize {
    let asked = std::env::var("SAFELIGHT_KILLS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(12)
}

fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    crate::world::seed(now.subsec_nanos().into())
}

/// Where the kills fell.
#[derive(Default, Debug)]
struct Tally {
    before: usize,
    during: usize,
    after: usize,
    /// The command had ended by itself before its moment came; not counted as a kill.
    too_late: usize,
    /// Kills of a command that was settling an earlier kill.
    again: usize,
}

impl Tally {
    fn kills(&self) -> usize {
        self.before + self.during + self.after
    }
}

/// One seeded run on one pair of disks.
struct Case {
    name: &'static str,
    seed: u64,
    dice: Dice,
    tally: Tally,
}

impl Case {
    fn new(name: &'static str) -> Self {
        let seed = seed();
        println!("{name}: SEED={seed} SAFELIGHT_KILLS={}", kills());
        Self {
            name,
            seed,
            dice: Dice::new(seed),
            tally: Tally::default(),
        }
    }

    /// Anywhere in a run of this length, and a little beyond: moments vary by themselves, the seed only spreads them.
    fn moment(&mut self, whole: Duration) -> Duration {
        let micros = whole.as_micros() as usize;
        Duration::from_micros(self.dice.below(micros + micros / 20 + 1) as u64)
    }

    #[track_caller]
    fn holds(&self, when: &str, wrong: &[String]) {
        assert!(
            wrong.is_empty(),
            "{} SEED={} kill {}: {when}:\n{}",
            self.name,
            self.seed,
            self.tally.kills(),
            wrong.join("\n")
        );
    }
}

/// Photos of 100 KB to 3 MB, one of them twice, a small one that is not worth optimizing, one that is no JPEG, a sidecar.
fn make_library(dir: &Path, dice: &mut Dice) {
    fs::create_dir_all(dir.join("2024")).expect("a folder");
    let sizes = [240, 280, 320, 400, 480, 560, 640, 720, 800, 960, 1100, 1280];
    for (at, width) in sizes.into_iter().enumerate() {
        let bytes = noise_jpeg(dice, width, width * 3 / 4);
        fs::write(dir.join(format!("2024/IMG_{at:04}.jpg")), bytes).expect("a photo");
    }
    fs::copy(dir.join("2024/IMG_0005.jpg"), dir.join("twice.jpg")).expect("a copy");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples/2025-01 City at night");
    for name in ["IMG_2002.jpg", "IMG_2005.jpg", "IMG_2005.jpg.xmp"] {
        fs::write(dir.join(name), fs::read(sample.join(name)).expect("a sample")).expect("a copy");
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/photos");
    for name in ["exif.jpg", "alpha.png"] {
        fs::write(dir.join(name), fs::read(fixtures.join(name)).expect("a fixture")).expect("a copy");
    }
}

/// What check-store says, derived files apart: those are made anew at the end of a run.
fn store_doubts(program: &Program, store: &Path) -> Vec<String> {
    if !store.join("safelight.json").exists() {
        return Vec::new();
    }
    let ran = program.run(&["check-store".as_ref(), store.as_os_str()]);
    ran.out
        .lines()
        .filter(|line| line.starts_with("DAMAGE") || line.starts_with("doubt"))
        .filter(|line| {
            !["SHA256SUMS", "names.tsv", "manifest.json"]
                .iter()
                .any(|name| line.contains(name))
        })
        .map(str::to_owned)
        .collect()
}

/// 0; or 1 where all it has to say is that two of the photos are small already and stay.
#[track_caller]
fn ends_well(case: &Case, ran: &Ran) {
    let small_ones_stay = || {
        ran.err
            .lines()
            .all(|line| line.contains("the optimized copy would not be smaller"))
    };
    let good = ran.code == Some(0) || ran.code == Some(1) && !ran.err.is_empty() && small_ones_stay();
    assert!(good, "{} SEED={}: {ran:#?}", case.name, case.seed);
}

/// All that has to hold after any kill.
#[track_caller]
fn judge(case: &Case, when: &str, truth: &Truth, program: &Program) -> Stands {
    let (stands, wrong) = truth.look();
    case.holds(when, &wrong);
    let (_, wrong) = truth.claims(program);
    case.holds(when, &wrong);
    case.holds(when, &store_doubts(program, &truth.store));
    stands
}

fn pairs() -> Vec<(PathBuf, PathBuf)> {
    match two_disks() {
        Some((first, second)) => vec![(first.clone(), second.clone()), (second, first)],
        None => {
            println!("skipped: no second disk, so no store counts");
            Vec::new()
        }
    }
}

#[test]
fn i2_i3_backup_killed_at_any_moment() {
    let mut case = Case::new("backup");
    let places = pairs();
    for (library_disk, store_disk) in &places {
        let (near, far) = (folder_in(library_disk), folder_in(store_disk));
        let library = near.path().join("photos");
        make_library(&library, &mut case.dice);
        let fresh = near.path().join("fresh");
        Program::at(&fresh)
            .run(&["scan".as_ref(), library.as_os_str()])
            .exits(0);
        let mut whole = Duration::ZERO;
        let goal = kills() / places.len() + case.tally.kills();
        for round in 0.. {
            let (home, store) = (near.path().join("home"), far.path().join("store"));
            copy_tree(&fresh, &home);
            let program = Program::at(&home);
            program
                .run(&["store".as_ref(), "add".as_ref(), "disk".as_ref(), store.as_os_str()])
                .exits(0);
            let truth = Truth::of(&library, &store);
            let mut in_a_row = 0;
            // The first round is a whole one, to know how long it takes.
            while round > 0 {
                let moment = case.moment(whole);
                let (ran, killed) = program.start(&["backup"]).killed_after(moment);
                let stands = judge(
                    &case,
                    &format!("backup killed after {moment:?}, round {round}"),
                    &truth,
                    &program,
                );
                if !killed {
                    ends_well(&case, &ran);
                    case.tally.too_late += 1;
                    break;
                }
                in_a_row += 1;
                case.tally.again += usize::from(in_a_row > 1);
                let logged = all_below(&store.join("devices"))
                    .iter()
                    .any(|path| path.extension().is_some_and(|e| e == "jsonl"));
                match (stands.in_store, logged) {
                    (0, _) => case.tally.before += 1,
                    (_, true) => case.tally.after += 1,
                    _ => case.tally.during += 1,
                }
                if case.dice.one_in(3) {
                    break;
                }
            }
            let ran = program.run(&["backup"]);
            ends_well(&case, &ran);
            whole = if round == 0 { ran.took } else { whole };
            let stands = judge(&case, "backup run again", &truth, &program);
            assert_eq!(
                stands.in_store + 1,
                truth.originals.len(),
                "SEED={}: every content once",
                case.seed
            );
            assert_eq!(stands.unfinished + stands.held, 0, "SEED={}", case.seed);
            let (claimed, _) = truth.claims(&program);
            assert_eq!(claimed, 17, "SEED={}: every photo is proven", case.seed);
            let ran = program.run(&["check-store".as_ref(), store.as_os_str()]);
            assert_eq!(ran.code, Some(0), "SEED={} round {round}: {ran:#?}", case.seed);
            let status = program.json(&["status"]);
            assert_eq!(status["queue"]["waiting"], 0, "SEED={}: {status:#}", case.seed);
            fs::remove_dir_all(&home).expect("removed");
            fs::remove_dir_all(&store).expect("removed");
            if round > 0 && case.tally.kills() >= goal {
                break;
            }
        }
        println!(
            "{} -> {}: a whole backup takes {whole:?}",
            library_disk.display(),
            store_disk.display()
        );
    }
    println!("{}: {:?}", case.name, case.tally);
}

#[test]
fn i2_i3_optimize_and_restore_killed_at_any_moment() {
    let mut case = Case::new("optimize and restore");
    let places = pairs();
    for (library_disk, store_disk) in &places {
        let (near, far) = (folder_in(library_disk), folder_in(store_disk));
        let (library, store) = (near.path().join("photos"), far.path().join("store"));
        make_library(&library, &mut case.dice);
        let program = Program::at(&near.path().join("home"));
        program.run(&["scan".as_ref(), library.as_os_str()]).exits(0);
        program
            .run(&["store".as_ref(), "add".as_ref(), "disk".as_ref(), store.as_os_str()])
            .exits(0);
        program.run(&["backup"]).exits(0);
        let truth = Truth::of(&library, &store);
        let forth: &[&str] = &["optimize", "--free-now"];
        let back: &[&str] = &["restore", "--all"];
        let mut whole = [Duration::ZERO; 2];
        let goal = kills() / places.len() + case.tally.kills();
        let mut all_proxies = 0;
        for round in 0.. {
            for (way, args) in [forth, back].into_iter().enumerate() {
                let mut in_a_row = 0;
                while round > 0 {
                    let moment = case.moment(whole[way]);
                    let (ran, killed) = program.start(args).killed_after(moment);
                    let when = format!("{args:?} killed after {moment:?}, round {round}");
                    let stands = judge(&case, &when, &truth, &program);
                    if !killed {
                        ends_well(&case, &ran);
                        case.tally.too_late += 1;
                        break;
                    }
                    in_a_row += 1;
                    case.tally.again += usize::from(in_a_row > 1);
                    let done = if way == 0 {
                        stands.proxies()
                    } else {
                        all_proxies - stands.proxies()
                    };
                    match done {
                        0 => case.tally.before += 1,
                        done if done == all_proxies && stands.held == 0 => case.tally.after += 1,
                        _ => case.tally.during += 1,
                    }
                    if case.dice.one_in(3) {
                        break;
                    }
                }
                let ran = program.run(args);
                ends_well(&case, &ran);
                whole[way] = if round == 0 { ran.took } else { whole[way] };
                let stands = judge(&case, &format!("{args:?} run again"), &truth, &program);
                assert_eq!(
                    stands.held + stands.unfinished,
                    0,
                    "SEED={}: {stands:#?} {ran:#?}",
                    case.seed
                );
                if way == 0 {
                    all_proxies = if round == 0 { stands.proxies() } else { all_proxies };
                    assert!(all_proxies > 10, "most are worth it: {ran:#?}");
                    assert_eq!(stands.proxies(), all_proxies, "SEED={}: {ran:#?}", case.seed);
                } else {
                    assert_eq!(
                        stands.proxies(),
                        0,
                        "SEED={}: every original is back: {ran:#?}",
                        case.seed
                    );
                }
                let status = program.json(&["status"]);
                assert_eq!(status["adds_up"], true, "SEED={}: {status:#}", case.seed);
                assert_eq!(
                    status["buckets"]["needs-you"]["photos"], 0,
                    "SEED={}: {status:#}",
                    case.seed
                );
            }
            if round > 0 && case.tally.kills() >= goal {
                break;
            }
        }
        let ran = program.run(&["check-store".as_ref(), store.as_os_str()]);
        assert_eq!(ran.code, Some(0), "SEED={}: {ran:#?}", case.seed);
        println!(
            "{} -> {}: whole runs take {whole:?}",
            library_disk.display(),
            store_disk.display()
        );
    }
    println!("{}: {:?}", case.name, case.tally);
}

#[test]
fn i1_scan_and_mark_killed_at_any_moment() {
    let mut case = Case::new("scan and mark");
    let near = folder_in(&std::env::temp_dir());
    let library = near.path().join("photos");
    make_library(&library, &mut case.dice);
    let truth = Truth::of(&library, &near.path().join("no store"));
    let mut whole = [Duration::ZERO; 2];
    for round in 0.. {
        let program = Program::at(&near.path().join(format!("home{round}")));
        let scan = ["scan".as_ref(), library.as_os_str()];
        while round > 0 {
            let moment = case.moment(whole[0]);
            let (_, killed) = program.start(&scan).killed_after(moment);
            judge(&case, &format!("scan killed after {moment:?}"), &truth, &program);
            if !killed {
                case.tally.too_late += 1;
                break;
            }
            let known = program.run(&["list", "--json"]);
            let count = if known.code == Some(0) {
                known.json()["photos"].as_array().map_or(0, Vec::len)
            } else {
                0
            };
            match count {
                0 => case.tally.before += 1,
                17 => case.tally.after += 1,
                _ => case.tally.during += 1,
            }
            if case.dice.one_in(2) {
                break;
            }
        }
        let ran = program.run(&scan).exits(0);
        let list = program.json(&["list"]);
        assert_eq!(
            list["photos"].as_array().map_or(0, Vec::len),
            17,
            "SEED={}: each photo once: {list:#}",
            case.seed
        );
        if round == 0 {
            whole = [
                ran.took,
                program.run(&["mark", "IMG_0000", "--rating", "1"]).exits(0).took,
            ];
        }
        // Marks: acknowledged ones are there, an interrupted one is there or not, and nothing else.
        let mut may: Vec<u64> = vec![if round == 0 { 1 } else { 0 }];
        for stars in (1..=5u64).cycle().take(6) {
            let moment = case.moment(whole[1]);
            let text = stars.to_string();
            let args = ["mark", "IMG_0000", "--rating", text.as_str()];
            let (ran, killed) = program.start(&args).killed_after(moment);
            if killed {
                may.push(stars);
                case.tally.during += 1;
            } else {
                assert_eq!(ran.code, Some(0), "SEED={}: {ran:#?}", case.seed);
                may = vec![stars];
                case.tally.too_late += 1;
            }
            let list = program.json(&["list", "IMG_0000"]);
            let found = list["photos"][0]["rating"].as_u64().expect("a rating");
            assert!(may.contains(&found), "SEED={}: {found} of {may:?}", case.seed);
            may = vec![found];
        }
        // What kills left undone is caught up with, and the sidecar says what the catalog says.
        program.run(&["sidecars", "--write"]).exits(0);
        let sidecar = fs::read_to_string(library.join("2024/IMG_0000.jpg.xmp")).unwrap_or_default();
        let says = may
            .iter()
            .all(|stars| sidecar.contains(&format!("<xmp:Rating>{stars}</xmp:Rating>")) || *stars == 0);
        assert!(says, "SEED={}: {may:?}: {sidecar}", case.seed);
        judge(&case, "sidecars written", &truth, &program);
        // The next home would rightly read its marks from it.
        let _ = fs::remove_file(library.join("2024/IMG_0000.jpg.xmp"));
        fs::remove_dir_all(&program.home).expect("removed");
        if round > 0 && case.tally.kills() >= kills() {
            break;
        }
    }
    println!("{}: {:?}", case.name, case.tally);
}
