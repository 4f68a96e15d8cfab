//! SQLite's method on our own steps: whatever is done to a photo is done again and again, stopped at its first call of the
//! disk, then at its second, until it runs through. After each stop the program is started again, recovers, and must
//! have lost nothing. The same with calls that fail, with crashes in the recovery, with other programs that write in
//! between, and with a store that lies at one call.

use crate::sim_world::{Act, Lie, Moment, SimWorld, moments};
use safelight::{
    backup::recover::Recovered,
    catalog::swaps::SwapState,
    media::proxy,
    model::safety::Safety,
    remote::{
        api::{ErrorKind, Key},
        sim::Fault,
    },
    sys::{
        fs::FsErrorKind,
        sim::{Meddle, Trouble},
    },
};
use std::{path::Path, sync::OnceLock};

/// Everything that is done to a photo, and the moment it is done at.
const ACTS: [(Act, usize); 4] = [(Act::Optimize, 1), (Act::Release, 2), (Act::Undo, 2), (Act::Restore, 3)];

fn at(moment: usize) -> &'static Moment {
    static MOMENTS: OnceLock<[Moment; 4]> = OnceLock::new();
    &MOMENTS.get_or_init(moments)[moment]
}

/// Whether the original may be gone from this disk during this act.
fn may_be_gone(act: Act) -> bool {
    matches!(act, Act::Release | Act::Restore)
}

fn seeds() -> u64 {
    std::env::var("SAFELIGHT_SIM_SEEDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3)
}

/// One call that goes wrong, and what comes after.
#[derive(Clone, Copy, Debug)]
enum After {
    /// The machine runs on.
    ProgramStarts,
    /// The power was gone.
    PowerCut,
}

fn start_again(world: &mut SimWorld, after: After) {
    match after {
        After::ProgramStarts => world.fs.restart_program(),
        After::PowerCut => world.fs.restart(),
    }
    world.begin_again();
}

/// Recovers, and checks everything that may be checked where nobody else touched the photo.
fn recovered(world: &mut SimWorld, act: Act, say: &dyn Fn(&SimWorld) -> String) {
    let here = |world: &SimWorld| {
        !world
            .places(|bytes| bytes == world.originals[0].1.as_slice())
            .is_empty()
    };
    let was_here = here(world);
    let report = world
        .recover()
        .unwrap_or_else(|error| panic!("recovery failed: {error}\n{}", say(world)));
    assert_eq!(report.later, 0, "the disk answers\n{}", say(world));
    assert_eq!(report.stuck, [], "nobody else was there\n{}", say(world));
    assert_eq!(
        report.rescued,
        [] as [&Path; 0],
        "the journal knows every held file\n{}",
        say(world)
    );
    assert!(!was_here || here(world), "recovery let an original go\n{}", say(world));
    checked(world, may_be_gone(act), say);
    assert_eq!(
        world.recover(),
        Ok(Recovered::default()),
        "recovering twice does nothing\n{}",
        say(world)
    );
}

fn checked(world: &SimWorld, gone: bool, say: &dyn Fn(&SimWorld) -> String) {
    let found = world.check(gone).and_then(|()| world.check_claims());
    if let Err(what) = found {
        panic!("{what}\n{}", say(world));
    }
}

/// Whatever was interrupted can be done after all, and the original comes back as it was, byte for byte.
fn goes_on(world: &mut SimWorld, say: &dyn Fn(&SimWorld) -> String) {
    for act in [Act::Optimize, Act::Release, Act::Restore] {
        let done = match (act, world.safety(0)) {
            (Act::Optimize, Safety::Safe) | (Act::Release, Safety::Held) => world.act(act, 0),
            (Act::Restore, _) => world.act(act, 0),
            _ => continue,
        };
        assert!(done.is_ok(), "{act:?} after it: {done:?}\n{}", say(world));
    }
    let (path, original, mtime) = &world.originals[0];
    assert_eq!(
        world.fs.bytes(path).as_ref(),
        Some(original),
        "the original is back\n{}",
        say(world)
    );
    assert_eq!(world.fs.mtime_ns(path), Some(*mtime), "with its time\n{}", say(world));
    assert_eq!(world.safety(0), Safety::Safe, "{}", say(world));
}

/// What to print of a schedule that went wrong.
fn story(what: String) -> impl Fn(&SimWorld) -> String {
    move |world| {
        let swaps = world.swaps();
        let files: Vec<_> = world
            .fs
            .files()
            .into_iter()
            .map(|path| (world.fs.bytes(&path).map(|b| b.len()), path))
            .collect();
        format!(
            "{what}\nfiles: {files:#?}\nswaps: {swaps:#?}\ncalls: {:#?}",
            world.fs.trace()
        )
    }
}

/// One schedule; `true` where the act ran through before the trouble came.
fn one(act: Act, moment: usize, n: u64, trouble: &Trouble, after: After, seed: u64) -> bool {
    let mut world = at(moment).open(seed);
    let say = story(format!("{act:?}, call {n}: {trouble:?}, then {after:?}, seed {seed}"));
    world.fs.plan(n, trouble.clone());
    let ended = world.act_or_die(act, 0);
    if world.fs.calls() < n {
        assert!(
            matches!(ended, Some(Ok(_))),
            "without a trouble it works: {ended:?}\n{}",
            say(&world)
        );
        return true;
    }
    start_again(&mut world, after);
    recovered(&mut world, act, &say);
    if seed == 0 {
        goes_on(&mut world, &say);
    }
    false
}

#[test]
fn i2_i4_a_crash_at_every_call_loses_nothing() {
    let mut schedules = 0_u64;
    for (act, moment) in ACTS {
        for n in 1.. {
            let mut through = false;
            for trouble in [Trouble::Kill, Trouble::Stop] {
                through |= one(act, moment, n, &trouble, After::ProgramStarts, 0);
                for seed in 0..seeds() {
                    through |= one(act, moment, n, &trouble, After::PowerCut, seed);
                }
                schedules += 1 + seeds();
            }
            if through {
                println!("{act:?}: {} calls", n - 1);
                assert!(n > 8, "it did something");
                break;
            }
        }
    }
    println!("schedules: {schedules}");
}

#[test]
fn i2_i12_a_failure_at_every_call_loses_nothing() {
    let mut schedules = 0_u64;
    let kinds = [
        Trouble::Fail(FsErrorKind::Io),
        Trouble::Fail(FsErrorKind::Full),
        Trouble::Fail(FsErrorKind::Denied),
        Trouble::FailDone(FsErrorKind::Io),
    ];
    for (act, moment) in ACTS {
        for trouble in &kinds {
            for n in 1.. {
                schedules += 1;
                if one(act, moment, n, trouble, After::ProgramStarts, 0) {
                    break;
                }
            }
        }
    }
    println!("schedules: {schedules}");
}

#[test]
fn i2_a_crash_in_the_recovery_loses_nothing() {
    let mut schedules = 0_u64;
    for (act, moment) in ACTS {
        for n in 1.. {
            let mut through = false;
            for m in 1.. {
                schedules += 1;
                let seed = n * 1000 + m;
                let mut world = at(moment).open(seed);
                let say = story(format!(
                    "{act:?}, killed at call {n}, again at call {m} of the recovery, seed {seed}"
                ));
                world.fs.plan(n, Trouble::Kill);
                world.act_or_die(act, 0);
                through = world.fs.calls() < n;
                start_again(&mut world, After::PowerCut);
                world.fs.count_from_here();
                world.fs.plan(
                    m,
                    if m % 2 == 0 {
                        Trouble::Kill
                    } else {
                        Trouble::FailDone(FsErrorKind::Io)
                    },
                );
                let _ = world.recover_or_die();
                let reached = world.fs.calls() >= m;
                start_again(
                    &mut world,
                    if m % 3 == 0 {
                        After::ProgramStarts
                    } else {
                        After::PowerCut
                    },
                );
                recovered(&mut world, act, &say);
                if through || !reached {
                    break;
                }
            }
            if through {
                break;
            }
        }
    }
    println!("schedules: {schedules}");
}

const EDIT: &[u8] = b"what a person did";

/// Whether the edit is where its path is, or still there and told of.
fn edit_survives(world: &SimWorld, told: bool) -> Result<(), String> {
    let (path, ..) = &world.originals[0];
    let places = world.places(|bytes| bytes.ends_with(EDIT));
    if places.contains(path) {
        return Ok(());
    }
    match places.first() {
        Some(_) if told => Ok(()),
        Some(place) => Err(format!("the edit is at {} and nobody is told", place.display())),
        None => Err("the edit is lost".to_owned()),
    }
}

#[test]
fn i2_what_another_program_writes_is_never_lost() {
    let mut schedules = 0_u64;
    for (act, moment) in ACTS {
        for n in 1.. {
            let mut through = false;
            for way in 0..4 {
                schedules += 1;
                let mut world = at(moment).open(n);
                let path = world.originals[0].0.clone();
                let whole = || {
                    let mut bytes = world.fs.bytes(&path).map(|bytes| bytes.to_vec()).unwrap_or_default();
                    bytes.extend_from_slice(EDIT);
                    bytes
                };
                // Opened before we began: the original in an optimize, the proxy in an undo or restore.
                let open = world.fs.ino(&path).expect("there");
                let what = match way {
                    0 => Meddle::Append(path.clone(), EDIT.to_vec()),
                    1 => Meddle::AppendQuietly(path.clone(), EDIT.to_vec()),
                    2 => Meddle::Save(path.clone(), whole()),
                    _ => Meddle::AppendThrough(open, EDIT.to_vec()),
                };
                let say = story(format!("{act:?}, at call {n}: {way}"));
                world.fs.plan(n, Trouble::Meddle(what));
                let _ = world.act(act, 0);
                through |= world.fs.calls() < n;
                if world.fs.calls() < n {
                    break;
                }
                // No system lets us look and remove in one step: what a program writes through an old handle in that
                // very moment goes with the name (safety.md 2.6 names leases as the cure).
                let trace = world.fs.trace();
                let last_moment = trace.get(n as usize - 1).is_some_and(|call| call.starts_with("unlink"));
                if way == 3 && last_moment {
                    continue;
                }
                start_again(&mut world, After::ProgramStarts);
                world.fs.count_from_here();
                let report = world.recover();
                let told = report
                    .as_ref()
                    .is_ok_and(|report| report.later > 0 || !report.rescued.is_empty())
                    || world.safety(0) == Safety::NeedsYou
                    // A late writer through an old handle is found when the original would go.
                    || (way == 3 && world.safety(0) == Safety::Held);
                // Who saves over the original that has just come back has replaced it by an own act.
                let replaced = way == 2
                    && matches!(act, Act::Undo | Act::Restore)
                    && trace[..n as usize - 1].iter().any(|call| call.starts_with("exchange"));
                let own_act = |wrong: &String| replaced && wrong.starts_with("L1");
                let fine = world
                    .check_one(0, may_be_gone(act), Some(EDIT))
                    .or_else(|wrong| if own_act(&wrong) { Ok(()) } else { Err(wrong) })
                    .and_then(|()| world.check_one(1, false, None))
                    .and_then(|()| edit_survives(&world, told))
                    .and_then(|()| world.check_store());
                if let Err(wrong) = fine {
                    panic!("{wrong}\n{report:?}\n{}", say(&world));
                }
                // And it stays that way when a scan has seen it and everything is tried once more.
                world.scan();
                for act in [Act::Release, Act::Restore] {
                    let _ = world.act(act, 0);
                    let told = world.recover().is_ok();
                    let fine = edit_survives(&world, told).and_then(|()| {
                        let found = world.check_one(0, true, Some(EDIT));
                        found.or_else(|wrong| if own_act(&wrong) { Ok(()) } else { Err(wrong) })
                    });
                    if let Err(wrong) = fine {
                        panic!("{wrong}\nafter {act:?}\n{}", say(&world));
                    }
                }
            }
            if through {
                break;
            }
        }
    }
    println!("schedules: {schedules}");
}

#[test]
fn i2_a_late_writer_keeps_the_original_held() {
    for n in 1.. {
        let world = at(2).open(n);
        let held = world.swaps()[0].held.clone();
        let ino = world.fs.ino(&held).expect("held");
        world
            .fs
            .plan(n, Trouble::Meddle(Meddle::AppendThrough(ino, EDIT.to_vec())));
        let ended = world.act(Act::Release, 0);
        if world.fs.calls() < n {
            assert!(n > 8 && ended.is_ok());
            break;
        }
        let trace = world.fs.trace();
        let call = trace.get(n as usize - 1).cloned().unwrap_or_default();
        if call.starts_with("unlink")
            || ended.is_ok() && trace[..n as usize].iter().any(|call| call.starts_with("unlink"))
        {
            continue;
        }
        assert!(ended.is_err(), "released what was written to at call {n}: {call}");
        assert!(
            !world.places(|bytes| bytes.ends_with(EDIT)).is_empty(),
            "the edit is lost at call {n}: {call}"
        );
    }
}

#[test]
fn i3_i12_a_store_that_lies_at_any_call_never_releases_and_is_never_believed() {
    let mut schedules = 0_u64;
    let other = Key::new("safelight.json").expect("a key");
    let lies = [
        Lie::Fault(Fault::LostReply),
        Lie::Fault(Fault::Refuse(ErrorKind::Temporary)),
        Lie::Fault(Fault::Refuse(ErrorKind::NotFound)),
        Lie::Fault(Fault::Refuse(ErrorKind::Auth)),
        Lie::Fault(Fault::Truncate(0)),
        Lie::Fault(Fault::Truncate(4096)),
        Lie::Fault(Fault::FlipBit),
        Lie::Fault(Fault::WrongObject(other)),
        Lie::Fault(Fault::Stale),
        Lie::Fault(Fault::DropBytes),
        Lie::Rot,
        Lie::Lose,
        Lie::Vanish,
        Lie::Replaced,
        Lie::Kill,
    ];
    for (act, moment) in [
        (Act::BackUp, 0),
        (Act::Optimize, 1),
        (Act::Release, 2),
        (Act::Restore, 3),
    ] {
        for lie in &lies {
            for n in 1.. {
                schedules += 1;
                let mut world = at(moment).open(n);
                let say = story(format!("{act:?}, call {n} of the store: {lie:?}"));
                world.gate.plan(n, lie.clone());
                let ended = world.act_or_die(act, 0);
                if !world.gate.happened() {
                    assert!(matches!(ended, Some(Ok(_))), "{ended:?}\n{}", say(&world));
                    break;
                }
                world.fs.restart_program();
                world.begin_again();
                let report = world.recover().expect("recovered");
                assert_eq!(report.stuck, [], "{ended:?}\n{}", say(&world));
                let stuck = world.swaps().iter().any(|swap| swap.state == SwapState::Stuck);
                assert!(!stuck, "a store's lie needs no person\n{ended:?}\n{}", say(&world));
                let store_lost_it = matches!(lie, Lie::Rot | Lie::Lose | Lie::Replaced);
                let fine = if act == Act::Restore && store_lost_it {
                    // Nothing is left to lose here; what is shown must still be what it was.
                    let shown = world.fs.bytes(&world.originals[0].0).expect("shown");
                    let whole = world.is_proxy_of(&shown, &world.originals[0].1) || shown == world.originals[0].1;
                    whole.then_some(()).ok_or("bad bytes are shown".to_owned())
                } else {
                    world.check(may_be_gone(act))
                };
                if let Err(wrong) = fine.and_then(|()| world.check_store()) {
                    panic!("{wrong}\n{ended:?}\n{}", say(&world));
                }
                if act == Act::BackUp
                    && !matches!(lie, Lie::Rot | Lie::Lose | Lie::Replaced)
                    && let Err(wrong) = world.check_claims()
                {
                    panic!("{wrong}\n{ended:?}\n{}", say(&world));
                }
            }
        }
    }
    println!("schedules: {schedules}");
}

#[test]
fn i2_a_proof_that_took_too_long_is_none() {
    let world = at(2).open(1);
    // Twenty minutes pass between the last byte of the read-back and the release.
    let clock = std::sync::Arc::clone(&world.clock);
    world.gate.at_last_get(move || clock.advance(20 * 60_000));
    let ended = world.act(Act::Release, 0);
    assert!(ended.is_err(), "{ended:?}");
    world.check(false).expect("nothing left");
    // The wall clock set back to the moment of the proof does not make it young again.
    let world = at(2).open(1);
    let clock = std::sync::Arc::clone(&world.clock);
    world.gate.at_last_get(move || {
        let then = safelight::sys::clock::Clock::now(clock.as_ref());
        clock.advance(20 * 60_000);
        clock.set_wall(then);
    });
    assert!(world.act(Act::Release, 0).is_err());
    world.check(false).expect("nothing left");
}

#[test]
fn i14_an_edited_proxy_keeps_its_original() {
    for act in [Act::Release, Act::Undo] {
        let world = at(2).open(0);
        let path = world.originals[0].0.clone();
        world.fs.meddle(&Meddle::Append(path.clone(), EDIT.to_vec()));
        assert!(world.act(act, 0).is_err(), "{act:?} over an edit");
        assert!(world.fs.bytes(&path).expect("there").ends_with(EDIT));
        world.check_one(0, false, None).expect_err("it shows an edit");
        world.check_one(0, false, Some(EDIT)).expect("and the original is held");
    }
    let shown = at(2).open(0);
    let bytes = shown.fs.bytes(&shown.originals[0].0).expect("there");
    assert!(
        proxy::proxy_marker(&bytes).is_some(),
        "a proxy says what it is without a catalog"
    );
}
