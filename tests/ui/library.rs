//! The library: first run, selection, keys, search, the loupe, and views that change under one's hands.

use crate::fixture::{Fixture, library, tiles};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use safelight::{
    engine::{
        command::{Command, Source},
        handle::{Arrived, Wanted},
        snapshot::{Notice, PhotoDetail, Severity, Snapshot, View},
    },
    model::{
        change::Mark,
        id::PhotoId,
        pixels::Pixels,
        rating::{Flag, Rating},
        safety::Safety,
    },
};
use std::{path::PathBuf, sync::Arc};

fn empty() -> Snapshot {
    Snapshot {
        ready: true,
        ..Snapshot::default()
    }
}

#[test]
fn first_run_offers_three_ways_to_begin() {
    let mut fixture = Fixture::new(empty());
    fixture.window.get_by_label("Choose photo folders").click();
    fixture.settle();
    fixture.window.get_by_label("Folder path").type_text("/home/ana/Photos");
    fixture.settle();
    fixture.window.get_by_label("Add folder").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::AddFolder(PathBuf::from("/home/ana/Photos"))]);
    fixture.window.get_by_label("Folder path");
    let mut added = empty();
    added.folder_added.count = 1;
    fixture.publish(added);
    assert!(fixture.window.query_by_label("Folder path").is_none(), "it was added");

    fixture.window.get_by_label("Choose where copies go").click();
    fixture.settle();
    fixture
        .window
        .get_by_label("Folder of the store")
        .type_text("/mnt/nas/photos");
    fixture.settle();
    fixture.window.get_by_label("Add store").click();
    fixture.settle();
    assert_eq!(
        fixture.sent(),
        [Command::AddStore {
            name: "photos".to_owned(),
            url: "/mnt/nas/photos".to_owned()
        }]
    );

    fixture.window.get_by_label("Try it with sample photos").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::TrySamples]);
}

#[test]
fn click_selects_and_keys_mark_the_selection() {
    let mut fixture = Fixture::new(library(30));
    fixture.window.get_by_label("IMG_0002.JPG, copied, not proven").click();
    fixture.settle();
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(3)));
    let _ = fixture.sent();
    for (key, mark) in [
        (Key::P, Mark::Flag(Flag::Pick)),
        (Key::X, Mark::Flag(Flag::Reject)),
        (Key::Num3, Mark::Rating(Rating::new(3).unwrap())),
    ] {
        fixture.press(key);
        let photos = vec![PhotoId(3)];
        assert_eq!(fixture.sent(), [Command::Mark { photos, mark }]);
    }
}

#[test]
fn several_are_selected_with_ctrl_and_shift_and_marked_in_one_step() {
    let mut fixture = Fixture::new(library(30));
    fixture.window.get_by_label("IMG_0000.JPG, only here").click();
    fixture.settle();
    fixture
        .window
        .get_by_label("IMG_0003.JPG, safe")
        .click_modifiers(Modifiers::SHIFT);
    fixture.settle();
    assert_eq!(fixture.window.state().selected(), 4);
    fixture
        .window
        .get_by_label("IMG_0001.JPG, waiting")
        .click_modifiers(Modifiers::COMMAND);
    fixture.settle();
    assert_eq!(fixture.window.state().selected(), 3);
    let _ = fixture.sent();
    fixture.press(Key::P);
    let photos = vec![PhotoId(1), PhotoId(3), PhotoId(4)];
    let mark = Mark::Flag(Flag::Pick);
    assert_eq!(fixture.sent(), [Command::Mark { photos, mark }]);
    fixture.press_with(Modifiers::COMMAND, Key::A);
    assert_eq!(fixture.window.state().selected(), 30);
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().selected(), 0);
}

#[test]
fn arrows_and_ends_move_the_focus() {
    let mut fixture = Fixture::new(library(120));
    let expect = |fixture: &Fixture, photo| assert_eq!(fixture.window.state().focus(), Some(PhotoId(photo)));
    fixture.press(Key::ArrowRight);
    expect(&fixture, 1);
    fixture.press(Key::ArrowRight);
    expect(&fixture, 2);
    fixture.press(Key::ArrowDown);
    let below = fixture.window.state().focus().unwrap().0;
    assert!(below > 3, "{below}");
    fixture.press(Key::ArrowUp);
    expect(&fixture, 2);
    fixture.press(Key::End);
    expect(&fixture, 120);
    fixture.press(Key::ArrowRight);
    expect(&fixture, 120);
    fixture.press(Key::Home);
    expect(&fixture, 1);
    fixture.press(Key::ArrowLeft);
    expect(&fixture, 1);
}

#[test]
fn arrows_with_shift_take_the_selection_along() {
    let mut fixture = Fixture::new(library(120));
    fixture.press(Key::ArrowRight);
    fixture.press_with(Modifiers::SHIFT, Key::ArrowRight);
    fixture.press_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(fixture.window.state().selected(), 3);
    fixture.press_with(Modifiers::SHIFT, Key::ArrowLeft);
    assert_eq!(fixture.window.state().selected(), 2);
    fixture.press_with(Modifiers::SHIFT, Key::End);
    assert_eq!(fixture.window.state().selected(), 120);
    fixture.press_with(Modifiers::SHIFT, Key::Space);
    assert_eq!(fixture.window.state().selected(), 1);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(119)));
}

#[test]
fn undo_and_redo_are_sent() {
    let mut fixture = Fixture::new(library(3));
    fixture.press_with(Modifiers::COMMAND, Key::Z);
    fixture.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(fixture.sent(), [Command::Undo, Command::Redo]);
}

#[test]
fn a_mark_with_shift_goes_on_to_the_next_photo() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    let _ = fixture.sent();
    fixture.press_with(Modifiers::SHIFT, Key::P);
    assert_eq!(
        fixture.sent(),
        [Command::Mark {
            photos: vec![PhotoId(1)],
            mark: Mark::Flag(Flag::Pick)
        }]
    );
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(2)));
}

#[test]
fn enter_opens_the_loupe_and_wants_a_big_picture_and_its_neighbours() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    fixture.press(Key::ArrowRight);
    fixture.press(Key::Enter);
    assert!(fixture.window.state().in_loupe());
    let wanted = fixture.handle.wanted();
    let place = |photo: i64, edge: u32| {
        let one = Wanted {
            photo: PhotoId(photo),
            edge,
        };
        wanted.iter().position(|wanted| *wanted == one)
    };
    let big = place(2, 2560).expect("the photo itself, at screen size");
    let small = place(2, 256).expect("its thumbnail, so that no frame is blank");
    assert!(small < big);
    assert!(place(3, 2560).expect("the next photo") > big);
    assert!(place(1, 2560).is_some(), "the photo before");
    fixture.press(Key::Space);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(3)));
    fixture.press(Key::Z);
    let full = Wanted {
        photo: PhotoId(3),
        edge: 0,
    };
    assert!(fixture.handle.wanted().contains(&full), "every pixel at 100 %");
    fixture.press(Key::Escape);
    assert!(!fixture.window.state().in_loupe());
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(3)));
}

#[test]
fn a_raw_is_developed_on_demand_and_other_photos_are_not() {
    use safelight::{engine::handle::DEVELOPED, model::metadata::MediaKind};
    let mut snapshot = library(30);
    let mut view = (*snapshot.view).clone();
    view.tiles[1].kind = MediaKind::Raw;
    snapshot.view = view.into();
    let raw = snapshot.view.tiles[1].id;
    let mut fixture = Fixture::new(snapshot);
    let asked = |fixture: &Fixture| -> Vec<PhotoId> {
        let wanted = fixture.handle.wanted();
        let developed = wanted.iter().filter(|one| one.edge & DEVELOPED != 0);
        developed.map(|one| one.photo).collect()
    };
    fixture.press(Key::ArrowRight);
    fixture.press(Key::D);
    assert!(!fixture.window.state().in_loupe(), "nothing to develop in a JPEG");
    fixture.press(Key::ArrowRight);
    fixture.press(Key::Enter);
    assert_eq!(asked(&fixture), []);
    fixture.press(Key::D);
    assert_eq!(asked(&fixture), [raw]);
    let wanted = fixture.handle.wanted();
    let camera = |edge: u32| wanted.iter().position(|one| one.photo == raw && one.edge == edge);
    assert!(
        camera(2560) < camera(2560 | DEVELOPED),
        "the camera's preview comes first"
    );
    fixture.window.get_by_label("Develop RAW").click();
    fixture.settle();
    assert_eq!(asked(&fixture), [], "pressed again, the preview is back");
}

#[test]
fn search_and_filters_ask_for_another_view() {
    let mut fixture = Fixture::new(library(30));
    fixture.press_with(Modifiers::COMMAND, Key::F);
    fixture.window.get_by_label("Search").type_text("lisbon");
    fixture.settle();
    let last = fixture.sent().pop();
    assert!(
        matches!(&last, Some(Command::Show { query, .. }) if query == "lisbon"),
        "{last:?}"
    );
    fixture.window.get_by_label("3 and up").click();
    fixture.settle();
    let last = fixture.sent().pop();
    assert!(
        matches!(&last, Some(Command::Show { query, .. }) if query == "lisbon rating>=3"),
        "{last:?}"
    );
    fixture.window.get_by_label_contains("Not safe yet,").click();
    fixture.settle();
    match fixture.sent().pop() {
        Some(Command::Show {
            source: Source::Safety(buckets),
            query,
            ..
        }) => {
            assert_eq!(
                buckets,
                [Safety::OnlyHere, Safety::Waiting, Safety::Sent, Safety::MarksWait]
            );
            assert_eq!(query, "");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn typing_in_a_field_marks_nothing() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    fixture.press_with(Modifiers::COMMAND, Key::F);
    let _ = fixture.sent();
    for key in [Key::P, Key::X, Key::Num5, Key::B, Key::V] {
        fixture.press(key);
    }
    assert_eq!(fixture.sent(), []);
}

#[test]
fn a_hundred_thousand_photos_draw_only_what_is_seen() {
    let mut fixture = Fixture::new(library(100_000));
    let drawn = fixture.window.state().tiles_drawn();
    assert!((10..120).contains(&drawn), "{drawn}");
    assert!(fixture.handle.wanted().len() < 300);
    fixture.press(Key::End);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(100_000)));
    assert!(fixture.window.state().tiles_drawn() < 120);
    let last = fixture.window.query_by_label_contains("IMG_99999.JPG,");
    assert!(last.is_some(), "the grid went to the last photo");
}

#[test]
fn a_view_that_shrinks_under_the_selection_moves_the_focus_to_a_neighbour() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::End);
    fixture.press(Key::Enter);
    let mut less = library(30);
    less.view = Arc::new(View {
        generation: 2,
        tiles: tiles(7),
        ..View::default()
    });
    fixture.publish(less);
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(7)));
    assert!(fixture.window.state().in_loupe());
    let mut none = library(0);
    none.view = Arc::new(View {
        generation: 3,
        ..View::default()
    });
    fixture.publish(none);
    assert_eq!(fixture.window.state().focus(), None);
    assert!(!fixture.window.state().in_loupe());
    fixture.window.get_by_label("No photos here");
}

#[test]
fn pictures_arrive_and_failures_are_named() {
    let mut fixture = Fixture::new(library(30));
    let wanted = fixture.handle.wanted();
    assert!(!wanted.is_empty());
    for (at, wanted) in wanted.into_iter().enumerate() {
        let result = if at % 3 == 0 {
            Err("The file is damaged.".into())
        } else {
            Ok(Arc::new(Pixels {
                width: 12,
                height: 8,
                rgba: vec![90; 12 * 8 * 4],
            }))
        };
        fixture.handle.deliver(Arrived {
            wanted,
            result,
            measures: None,
        });
    }
    for _ in 0..6 {
        fixture.settle();
    }
    let again: Vec<Wanted> = fixture.handle.wanted();
    assert!(again.is_empty(), "nothing is asked for twice: {again:?}");
}

#[test]
fn odd_states_of_the_world_are_survived() {
    let mut odd = library(60);
    let mut list = tiles(60);
    for (at, tile) in list.iter_mut().enumerate() {
        tile.aspect = [f32::NAN, 0.0, -1.0, 1e30, 0.001, f32::INFINITY][at % 6];
        tile.problem = at % 2 == 0;
        tile.offline = at % 3 == 0;
        tile.day = if at == 59 { i64::MIN / 100_000_000_000 } else { tile.day };
        tile.name = match at % 3 {
            0 => "x".repeat(900).into(),
            1 => "京都の桜 Пляж שלום.jpg".into(),
            _ => "".into(),
        };
    }
    odd.view = Arc::new(View {
        generation: 9,
        title: "t".repeat(400),
        query_error: Some("I do not know rating>7.".to_owned()),
        tiles: list,
        ..View::default()
    });
    for size in [[1024.0, 640.0], [1600.0, 1000.0], [500.0, 300.0]] {
        let mut fixture = Fixture::sized(odd.clone(), size);
        fixture.press(Key::ArrowRight);
        for key in [
            Key::Enter,
            Key::Z,
            Key::ArrowRight,
            Key::Z,
            Key::F,
            Key::Escape,
            Key::Escape,
            Key::G,
        ] {
            fixture.press(key);
        }
        fixture.press_with(Modifiers::COMMAND, Key::Num2);
    }
    Fixture::new(Snapshot::default())
        .window
        .get_by_label("Opening your library");
    let mut fatal = library(3);
    fatal.fatal = Some(Notice {
        id: 1,
        severity: Severity::Error,
        what: "The catalog could not be opened".to_owned(),
        why: "It is newer.".to_owned(),
        do_next: "Update Safelight.".to_owned(),
    });
    let mut fixture = Fixture::new(fatal);
    fixture.window.get_by_label("The catalog could not be opened");
    fixture.press(Key::P);
    assert_eq!(fixture.sent(), []);
}

#[test]
fn a_view_that_nobody_asked_for_is_followed_but_typing_is_not_overwritten() {
    let mut fixture = Fixture::new(library(30));
    fixture.press_with(Modifiers::COMMAND, Key::F);
    fixture.window.get_by_label("Search").type_text("lis");
    fixture.settle();
    let mut late = library(30);
    late.view = Arc::new(View {
        generation: 2,
        query: "li".to_owned(),
        tiles: tiles(9),
        ..View::default()
    });
    fixture.publish(late.clone());
    assert_eq!(fixture.window.get_by_label("Search").value().as_deref(), Some("lis"));
    let answer = |generation, source: Source, query: &str| View {
        generation,
        source,
        query: query.to_owned(),
        tiles: tiles(9),
        ..View::default()
    };
    late.view = Arc::new(answer(3, Source::All, "lis"));
    fixture.publish(late.clone());
    late.view = Arc::new(answer(4, Source::Picks, ""));
    fixture.publish(late);
    assert_eq!(fixture.window.get_by_label("Search").value().as_deref(), Some(""));
}

#[test]
fn i12_a_photo_whose_folder_is_away_says_which_one() {
    let mut snapshot = library(3);
    let mut view = (*snapshot.view).clone();
    for tile in &mut view.tiles {
        tile.offline = true;
    }
    snapshot.view = Arc::new(view);
    Arc::make_mut(&mut snapshot.roots)[0].online = false;
    let mut fixture = Fixture::new(snapshot.clone());
    fixture.press(Key::Home);
    fixture.press(Key::E);
    let _ = fixture
        .window
        .get_by_label("Its folder is not connected. Only a small preview is here.");
    snapshot.generation = 2;
    snapshot.detail = Some(Arc::new(PhotoDetail {
        folder: "/photos/2024".into(),
        ..crate::marks::detail()
    }));
    fixture.publish(snapshot);
    let _ = fixture
        .window
        .get_by_label("Its folder is not connected: /photos. Only a small preview is here.");
}
