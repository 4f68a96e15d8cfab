//! Random lives of a small library: a person edits, backs up, optimizes, frees, restores, the machine crashes, the clock
//! jumps, the store fails; after each crash and at the end nothing may be lost. A life is one seed: `SEED=n` plays it
//! again, `SAFELIGHT_SIM_SECONDS=n` plays new ones for so long.

use crate::{
    sim_world::{Act, Lie, SimWorld, moments},
    world::{Dice, seed},
};
use safelight::{
    model::safety::Safety,
    remote::sim::Fault,
    sys::{clock::Clock as _, fs::FsErrorKind, sim::Trouble},
};
use std::time::{Duration, Instant};

const STEPS: usize = 12;

/// What goes wrong in the next act, if anything.
fn trouble(dice: &mut Dice, world: &SimWorld) -> String {
    let n = 1 + dice.below(45) as u64;
    let trouble = match dice.below(8) {
        0 | 1 => Trouble::Kill,
        2 => Trouble::Stop,
        3 => Trouble::Fail(*dice.pick(&[FsErrorKind::Io, FsErrorKind::Full, FsErrorKind::Denied])),
        4 => Trouble::FailDone(FsErrorKind::Io),
        5 => {
            let lie = dice.pick(&[
                Lie::Fault(Fault::LostReply),
                Lie::Fault(Fault::FlipBit),
                Lie::Fault(Fault::Truncate(100)),
                Lie::Fault(Fault::DropBytes),
                Lie::Vanish,
                Lie::Kill,
            ]);
            let at = 1 + dice.below(8) as u64;
            world.gate.plan(at, lie.clone());
            return format!("call {at} of the store: {lie:?}");
        }
        _ => return "nothing wrong".to_owned(),
    };
    world.fs.plan(n, trouble.clone());
    format!("call {n}: {trouble:?}")
}

fn live(life: u64, begin: &crate::sim_world::Moment) {
    let mut dice = Dice::new(life);
    let mut world = begin.open(life);
    let mut story = Vec::new();
    for step in 0..STEPS {
        world.fs.count_from_here();
        world.gate.heal();
        match dice.below(6) {
            0 => world.clock.advance(1000 * dice.below(40 * 86_400) as i64),
            1 => world
                .clock
                .set_wall(world.clock.now().plus(1000 * (dice.below(86_400) as i64 - 43_200))),
            _ => {}
        }
        let at = dice.below(2);
        let act = *dice.pick(&[
            Act::BackUp,
            Act::Optimize,
            Act::Optimize,
            Act::Release,
            Act::Undo,
            Act::Restore,
        ]);
        let wrong = trouble(&mut dice, &world);
        let ended = world.act_or_die(act, at);
        story.push(format!("{step}: {act:?} {at}, {wrong}: {ended:?}"));
        if ended.is_none() || dice.one_in(2) {
            if dice.one_in(2) {
                world.fs.restart();
            } else {
                world.fs.restart_program();
            }
            world.begin_again();
            world.fs.count_from_here();
            if dice.one_in(3) {
                world.fs.plan(1 + dice.below(8) as u64, Trouble::Kill);
                let _ = world.recover_or_die();
                world.fs.restart();
                world.begin_again();
            }
            let report = world.recover();
            story.push(format!("   started again: {report:?}"));
        } else {
            world.fs.restart_program();
            world.begin_again();
        }
        world.catalog.requeue_interrupted().expect("requeued");
        if dice.one_in(3) {
            world.scan();
        }
        let found = world.check(true).and_then(|()| world.check_claims());
        if let Err(what) = found {
            panic!(
                "{what}\nSEED={life}, step {step}\n{}\n{:#?}",
                story.join("\n"),
                world.swaps()
            );
        }
    }
    world.fs.count_from_here();
    world.gate.heal();
    let _ = world.recover();
    for at in [0, 1] {
        let _ = world.act(Act::Restore, at);
        let _ = world.act(Act::Restore, at);
        let (path, original, _) = &world.originals[at];
        let back = world.fs.bytes(path).as_ref() == Some(original);
        let told = world.safety(at) == Safety::NeedsYou;
        assert!(
            back || told,
            "{path:?} did not come back\nSEED={life}\n{}\n{:#?}",
            story.join("\n"),
            world.swaps()
        );
    }
}

#[test]
fn i2_random_lives_lose_nothing() {
    let begin = &moments()[1];
    let first = seed(1);
    if std::env::var("SEED").is_ok() {
        return live(first, begin);
    }
    let seconds = std::env::var("SAFELIGHT_SIM_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut lives = 0;
    for life in first.. {
        live(life, begin);
        lives += 1;
        if until.map_or(lives >= 100, |until| Instant::now() >= until) {
            break;
        }
    }
    println!("lives: {lives} of {STEPS} steps, seeds from {first}");
}
