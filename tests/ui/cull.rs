//! Culling by keys: photos side by side, bursts, the page with its list, the last look at rejects, the trash. A whole pass on
//! the real engine is in `pass`.

use crate::fixture::{Fixture, library, tiles};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use safelight::{
    engine::{
        command::{Command, Sort, Source},
        handle::{Arrived, ClipMap, Measures, Wanted},
        snapshot::{Burst, BurstKind, Bursts, Counts, EmptyPlan, Shot, Snapshot, View},
    },
    model::{
        change::Mark,
        id::PhotoId,
        pixels::Pixels,
        rating::{Flag, Rating},
    },
};
use std::sync::Arc;

fn ids(numbers: impl IntoIterator<Item = i64>) -> Vec<PhotoId> {
    numbers.into_iter().map(PhotoId).collect()
}

/// Twelve photos: 1 alone, 2 to 4 a burst, 5 to 7 a bracket, the rest alone.
fn shoot() -> Snapshot {
    let burst = |kind, photos: std::ops::RangeInclusive<i64>| Burst {
        kind,
        photos: ids(photos),
    };
    let mut snapshot = library(12);
    snapshot.view = Arc::new(View {
        bursts: Bursts::new(vec![burst(BurstKind::Burst, 2..=4), burst(BurstKind::Bracket, 5..=7)]),
        ..(*snapshot.view).clone()
    });
    snapshot
}

fn flagged(mut snapshot: Snapshot, flags: &[(usize, Flag)], generation: u64) -> Snapshot {
    let mut view = (*snapshot.view).clone();
    view.generation = generation;
    for (at, flag) in flags {
        view.tiles[*at].flag = *flag;
    }
    snapshot.view = Arc::new(view);
    snapshot
}

fn measured(fixture: &mut Fixture, photo: i64, sharpness: f32) {
    fixture.handle.deliver(Arrived {
        wanted: Wanted {
            photo: PhotoId(photo),
            edge: 1024,
        },
        result: Ok(Arc::new(Pixels {
            width: 12,
            height: 8,
            rgba: vec![90; 12 * 8 * 4],
        })),
        measures: Some(Arc::new(Measures {
            histogram: [[1; 256]; 4],
            blown: 0.0,
            black: 0.0,
            sharpness,
            clips: ClipMap::default(),
        })),
    });
    fixture.settle();
}

/// The marks that were sent.
fn marks(fixture: &Fixture) -> Vec<(Vec<PhotoId>, Mark)> {
    let commands = fixture.sent().into_iter();
    commands
        .filter_map(|command| match command {
            Command::Mark { photos, mark } => Some((photos, mark)),
            _ => None,
        })
        .collect()
}

#[test]
fn keys_move_and_mark_the_active_one_of_those_compared() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    fixture.press_with(Modifiers::SHIFT, Key::ArrowRight);
    fixture.press_with(Modifiers::SHIFT, Key::ArrowRight);
    let _ = fixture.sent();
    fixture.press(Key::C);
    let beside = |fixture: &Fixture| fixture.window.state().side_by_side();
    assert_eq!(
        beside(&fixture),
        Some((ids(1..=3), 2)),
        "those selected, the focus active"
    );
    assert_eq!(fixture.sent(), [Command::Shots(ids(1..=3))]);
    fixture.press(Key::Home);
    fixture.press(Key::P);
    fixture.press(Key::ArrowRight);
    fixture.press(Key::Num4);
    fixture.press(Key::Tab);
    fixture.press(Key::X);
    fixture.press(Key::Tab);
    assert_eq!(beside(&fixture), Some((ids(1..=3), 0)), "Tab goes round");
    fixture.press_with(Modifiers::SHIFT, Key::Tab);
    assert_eq!(beside(&fixture).map(|(_, at)| at), Some(2), "and back");
    assert_eq!(
        marks(&fixture),
        [
            (ids([1]), Mark::Flag(Flag::Pick)),
            (ids([2]), Mark::Rating(Rating::new(4).unwrap())),
            (ids([3]), Mark::Flag(Flag::Reject)),
        ]
    );
    // The active one's place is taken by the next that does not lie there.
    fixture.press(Key::ArrowDown);
    assert_eq!(beside(&fixture), Some((ids([1, 2, 4]), 2)));
    fixture.press(Key::ArrowUp);
    assert_eq!(beside(&fixture), Some((ids([1, 2, 3]), 2)));
    fixture.press(Key::Escape);
    assert_eq!(beside(&fixture), None);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(3)));
}

#[test]
fn the_tree_says_focus_source_and_sharpest_and_a_click_makes_active() {
    let mut snapshot = library(30);
    snapshot.shots = Arc::new(vec![Shot {
        photo: PhotoId(1),
        exposure: "1/250   f/2".to_owned(),
        size: None,
    }]);
    let mut fixture = Fixture::new(snapshot);
    fixture.press(Key::ArrowRight);
    fixture.press(Key::C);
    let one = "IMG_0000.JPG, only here, Focus not measured yet";
    fixture.window.get_by_role_and_label(Role::ListBoxOption, one);
    measured(&mut fixture, 1, 400.0);
    measured(&mut fixture, 2, 900.0);
    let one = "IMG_0000.JPG, only here, Focus 20, Laplacian variance";
    fixture.window.get_by_role_and_label(Role::ListBoxOption, one);
    let two = "IMG_0001.JPG, waiting, Focus 30, Laplacian variance, sharpest of 2";
    fixture.window.get_by_role_and_label(Role::ListBoxOption, two).click();
    fixture.settle();
    assert_eq!(fixture.window.state().side_by_side(), Some((ids(1..=2), 1)));
    let wanted = fixture.handle.wanted();
    assert!(
        wanted.iter().any(|one| one.photo == PhotoId(2) && one.edge == 256),
        "{wanted:?}"
    );
    fixture.press(Key::Z);
    let wanted = fixture.handle.wanted();
    let full = |photo| wanted.iter().any(|one| one.photo == PhotoId(photo) && one.edge == 0);
    assert!(full(1) && full(2), "one zoom for both: {wanted:?}");
}

#[test]
fn a_survey_shows_all_selected_and_the_burst_where_one_is_selected() {
    let mut fixture = Fixture::new(shoot());
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.press(Key::N);
    let (photos, _) = fixture.window.state().side_by_side().expect("a survey");
    assert_eq!(photos, ids(1..=12));
    for at in 0..12 {
        let name = format!("IMG_{at:04}.JPG");
        let found = fixture.window.query_all_by_role(Role::ListBoxOption);
        let labels: Vec<String> = found.filter_map(|node| node.accesskit_node().label()).collect();
        assert!(
            labels.iter().any(|label| label.starts_with(&name)),
            "{name}: {labels:?}"
        );
    }
    fixture.press(Key::Escape);
    fixture.press(Key::Home);
    fixture.press(Key::ArrowRight);
    fixture.press(Key::ArrowRight);
    fixture.press(Key::N);
    assert_eq!(
        fixture.window.state().side_by_side(),
        Some((ids(2..=4), 1)),
        "its burst"
    );
    let _ = fixture.sent();
    fixture.press_with(Modifiers::SHIFT, Key::P);
    assert_eq!(
        fixture.sent(),
        [Command::KeepOne {
            keep: PhotoId(3),
            reject: ids([2, 4])
        }]
    );
    // One that leaves the view leaves the table.
    let mut gone = shoot();
    let mut view = (*gone.view).clone();
    view.generation = 9;
    view.tiles.remove(1);
    gone.view = Arc::new(view);
    fixture.publish(gone);
    assert_eq!(fixture.window.state().side_by_side(), Some((ids([3, 4]), 0)));
}

#[test]
fn while_culling_up_and_down_go_from_burst_to_burst_and_one_key_keeps_one() {
    let mut fixture = Fixture::new(shoot());
    fixture.press_with(Modifiers::SHIFT, Key::C);
    assert!(fixture.window.state().is_culling() && fixture.window.state().in_loupe());
    let expect = |fixture: &Fixture, photo| assert_eq!(fixture.window.state().focus(), Some(PhotoId(photo)));
    expect(&fixture, 1);
    for (key, photo) in [
        (Key::ArrowDown, 2),
        (Key::ArrowDown, 5),
        (Key::ArrowDown, 8),
        (Key::ArrowUp, 5),
        (Key::ArrowRight, 6),
        (Key::ArrowUp, 5),
        (Key::ArrowUp, 2),
        (Key::ArrowRight, 3),
    ] {
        fixture.press(key);
        expect(&fixture, photo);
    }
    let _ = fixture.sent();
    fixture.press_with(Modifiers::SHIFT, Key::P);
    expect(&fixture, 5);
    let keep = Command::KeepOne {
        keep: PhotoId(3),
        reject: ids([2, 4]),
    };
    assert!(fixture.sent().contains(&keep));
    // A photo alone is picked, as Shift with a mark does everywhere.
    fixture.press(Key::Home);
    fixture.press_with(Modifiers::SHIFT, Key::P);
    assert_eq!(marks(&fixture), [(ids([1]), Mark::Flag(Flag::Pick))]);
    expect(&fixture, 2);
    fixture.press(Key::Escape);
    assert!(!fixture.window.state().is_culling() && !fixture.window.state().in_loupe());
}

#[test]
fn the_page_says_how_far_the_pass_is_and_shows_what_is_asked_for() {
    let flags = [(0, Flag::Pick), (2, Flag::Reject), (5, Flag::Pick)];
    let mut fixture = Fixture::new(flagged(shoot(), &flags, 1));
    fixture.window.get_by_role_and_label(Role::Button, "Cull").click();
    fixture.settle();
    assert_eq!(
        fixture.window.state().focus(),
        Some(PhotoId(2)),
        "the first that is not decided"
    );
    fixture
        .window
        .get_by_role_and_label(Role::ProgressIndicator, "3 of 12 decided");
    fixture.window.get_by_label("Show undecided").click();
    fixture.settle();
    fixture.press(Key::ArrowRight);
    assert_eq!(
        fixture.window.state().focus(),
        Some(PhotoId(4)),
        "over the one that is decided"
    );
    // Decided with auto-advance: on to the next undecided, and nothing is passed over when the list follows.
    fixture.press(Key::CapsLock);
    fixture.press(Key::X);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(5)));
    let flags = [(0, Flag::Pick), (2, Flag::Reject), (3, Flag::Reject), (5, Flag::Pick)];
    fixture.publish(flagged(shoot(), &flags, 2));
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(5)));
    fixture.press(Key::ArrowLeft);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(2)));
    fixture.window.get_by_label("Show rejects").click();
    fixture.settle();
    fixture.press(Key::End);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(4)));
    assert_eq!(marks(&fixture), [(ids([4]), Mark::Flag(Flag::Reject))]);
}

#[test]
fn an_empty_view_says_that_there_is_nothing_to_cull() {
    let mut snapshot = library(0);
    snapshot.view = Arc::new(View {
        source: Source::Picks,
        generation: 3,
        ..View::default()
    });
    let mut fixture = Fixture::new(snapshot);
    fixture.press_with(Modifiers::SHIFT, Key::C);
    fixture.window.get_by_label("Nothing to cull here");
    fixture.window.get_by_label("Go to the library").click();
    fixture.settle();
    assert!(!fixture.window.state().is_culling());
}

#[test]
fn rejects_are_looked_at_once_more_and_then_go_together() {
    let mut fixture = Fixture::new(library(30));
    fixture.press_with(Modifiers::COMMAND, Key::Backspace);
    assert!(fixture.window.state().in_review());
    let shown = |query: &str| Command::Show {
        source: Source::All,
        query: query.to_owned(),
        sort: Sort::NewestFirst,
    };
    assert_eq!(fixture.sent(), [shown("flag:reject")]);
    let mut rejects = library(3);
    // The view before it follows holds others too: they are not counted, and would not go.
    assert!(
        fixture
            .window
            .query_by_label("Move 30 photos to Safelight's trash")
            .is_none()
    );
    for tile in &mut Arc::make_mut(&mut rejects.view).tiles {
        tile.flag = Flag::Reject;
    }
    rejects.view = Arc::new(View {
        query: "flag:reject".to_owned(),
        generation: 7,
        bytes: 30_000_000,
        ..(*rejects.view).clone()
    });
    fixture.publish(rejects);
    fixture
        .window
        .get_by_role_and_label(Role::Button, "Move 3 photos to Safelight's trash")
        .click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::Trash(ids(1..=3)), shown("")]);
    assert!(!fixture.window.state().in_review());
}

#[test]
fn delete_moves_to_the_trash_and_the_offer_to_undo_stays_even_while_culling() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    fixture.press_with(Modifiers::SHIFT, Key::ArrowRight);
    let _ = fixture.sent();
    fixture.press(Key::Delete);
    assert_eq!(fixture.sent(), [Command::Trash(ids(1..=2))], "the selection");
    fixture.press_with(Modifiers::SHIFT, Key::C);
    fixture.press(Key::Delete);
    assert_eq!(
        fixture.sent(),
        [Command::Trash(ids([2]))],
        "only the one that is looked at"
    );
    let mut moved = library(30);
    let mut view = (*moved.view).clone();
    view.generation = 4;
    view.tiles = tiles(30).into_iter().filter(|tile| tile.id != PhotoId(2)).collect();
    moved.view = Arc::new(view);
    moved.undo = Some("Move 1 photo to the trash".to_owned());
    fixture.publish(moved);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(3)), "the next one");
    fixture.window.get_by_label("Undo").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::Undo]);
}

#[test]
fn i2_the_trash_is_emptied_only_after_a_question_that_names_what_is_lost() {
    let mut snapshot = library(4);
    snapshot.counts = Counts {
        trashed: 4,
        trashed_bytes: 40_000_000,
        ..snapshot.counts
    };
    snapshot.view = Arc::new(View {
        source: Source::Trash,
        title: "Safelight's trash".to_owned(),
        ..(*snapshot.view).clone()
    });
    let mut fixture = Fixture::new(snapshot.clone());
    fixture.press(Key::Delete);
    assert_eq!(fixture.sent(), [], "what is in the trash is not moved there again");
    fixture
        .window
        .get_by_role_and_label(Role::Button, "Put all back")
        .click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::PutBack(ids(1..=4))]);
    fixture
        .window
        .get_by_role_and_label(Role::Button, "Empty to the system's trash...")
        .click();
    fixture.settle();
    assert_eq!(
        fixture.sent(),
        [Command::PlanEmpty(Vec::new())],
        "nothing but the question"
    );
    snapshot.empty_plan = Some(Arc::new(EmptyPlan {
        photos: 4,
        bytes: 40_000_000,
        which: ids(1..=4),
        unproven: vec!["IMG_0002.JPG".to_owned()],
    }));
    fixture.publish(snapshot);
    fixture
        .window
        .get_by_label("1 of them without a proven copy anywhere else:");
    fixture.window.get_by_label("IMG_0002.JPG");
    fixture.press(Key::Escape);
    assert_eq!(fixture.sent(), [], "Escape gives nothing away");
    fixture
        .window
        .get_by_role_and_label(Role::Button, "Empty to the system's trash...")
        .click();
    fixture.settle();
    fixture
        .window
        .get_by_role_and_label(Role::Button, "Give to the system's trash")
        .click();
    fixture.settle();
    assert_eq!(
        fixture.sent(),
        [Command::PlanEmpty(Vec::new()), Command::EmptyTrash(ids(1..=4))]
    );
}

#[test]
fn the_selection_comes_back_when_those_side_by_side_are_put_away() {
    let mut fixture = Fixture::new(library(60));
    let selected = |fixture: &Fixture| fixture.window.state().selected();
    fixture.press_with(Modifiers::COMMAND, Key::A);
    assert_eq!(selected(&fixture), 60);
    fixture.press(Key::N);
    let _ = fixture.window.get_by_label("24 of 60");
    fixture.press(Key::ArrowRight);
    fixture.press(Key::C);
    let _ = fixture.window.get_by_label("4 of 60");
    fixture.press(Key::Escape);
    assert_eq!(selected(&fixture), 60, "as it was");
    assert_eq!(
        fixture.window.state().focus(),
        Some(PhotoId(2)),
        "the active one has the focus"
    );
    // What left the view meanwhile is not selected again.
    fixture.press(Key::N);
    let mut less = library(50);
    less.view = Arc::new(View {
        generation: 2,
        ..(*less.view).clone()
    });
    fixture.publish(less);
    fixture.press(Key::Escape);
    assert_eq!(selected(&fixture), 50);
    // Where one was selected, the active one is it.
    fixture.press(Key::Home);
    fixture.press(Key::N);
    fixture.press(Key::ArrowRight);
    fixture.press(Key::Escape);
    assert_eq!(
        (selected(&fixture), fixture.window.state().focus()),
        (1, Some(PhotoId(2)))
    );
}

#[test]
fn undo_goes_to_the_photo_that_it_changed() {
    let mut snapshot = shoot();
    snapshot.turned = Some((4, PhotoId(9)));
    let mut fixture = Fixture::new(snapshot.clone());
    fixture.press(Key::Home);
    fixture.press_with(Modifiers::SHIFT, Key::C);
    let focus = |fixture: &Fixture| fixture.window.state().focus();
    assert_eq!(
        focus(&fixture),
        Some(PhotoId(1)),
        "a step before the window is none to follow"
    );
    fixture.press(Key::ArrowRight);
    let mut turn = |fixture: &mut Fixture, number, photo| {
        snapshot.generation += 1;
        snapshot.turned = Some((number, PhotoId(photo)));
        fixture.publish(snapshot.clone());
        fixture.window.state().focus()
    };
    assert_eq!(turn(&mut fixture, 5, 7), Some(PhotoId(7)), "in the cull page");
    assert_eq!(turn(&mut fixture, 6, 700), Some(PhotoId(7)), "not in the view");
    fixture.press(Key::Escape);
    fixture.press(Key::ArrowRight);
    assert_eq!(turn(&mut fixture, 7, 2), Some(PhotoId(8)), "the grid stays where it is");
    fixture.press(Key::E);
    assert_eq!(turn(&mut fixture, 8, 2), Some(PhotoId(2)), "in the loupe");
}

#[test]
fn the_end_of_a_pass_says_what_came_of_it_and_what_is_next() {
    let mut snapshot = library(2);
    snapshot = flagged(snapshot, &[(0, Flag::Pick)], 2);
    let mut fixture = Fixture::new(snapshot.clone());
    fixture.press_with(Modifiers::SHIFT, Key::C);
    fixture.window.get_by_label("Show undecided").click();
    fixture.settle();
    assert!(fixture.window.query_by_label("All decided").is_none());
    snapshot.generation += 1;
    fixture.publish(flagged(snapshot, &[(1, Flag::Reject)], 3));
    let _ = fixture.window.get_by_label("All decided");
    let _ = fixture.window.get_by_label("1 pick and 1 reject.");
    fixture.window.get_by_label("Show picks").click();
    fixture.settle();
    assert!(fixture.window.query_by_label("All decided").is_none());
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(1)));
    fixture.window.get_by_label("Show undecided").click();
    fixture.settle();
    fixture.window.get_by_label("Start again").click();
    fixture.settle();
    assert!(fixture.window.state().is_culling());
    assert!(fixture.window.query_by_label("All decided").is_none());
}

#[test]
fn the_trash_offers_what_can_be_done_with_what_lies_in_it() {
    let mut snapshot = library(5);
    snapshot.view = Arc::new(View {
        source: Source::Trash,
        ..(*snapshot.view).clone()
    });
    let mut fixture = Fixture::new(snapshot);
    fixture.press_with(Modifiers::COMMAND, Key::A);
    let offered = |fixture: &Fixture, label: &str| fixture.window.query_all_by_label_contains(label).count();
    assert!(offered(&fixture, "Put back from the trash") > 0);
    assert_eq!(offered(&fixture, "Back up the selection"), 0);
    assert_eq!(offered(&fixture, "Optimize the selection"), 0);
    // And what is only in albums is offered only there.
    let mut fixture = Fixture::new(library(5));
    fixture.window.get_by_label("Sort and layout").click();
    fixture.settle();
    assert!(offered(&fixture, "Best first") > 0);
    assert_eq!(offered(&fixture, "Album order"), 0);
}
