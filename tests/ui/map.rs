//! The map: clusters are things with names that hands and keys reach, what is opened from it is a question in the search
//! box, and it says why it is empty.

use crate::fixture::{Fixture, library};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use safelight::{
    engine::{
        command::{Command, Source},
        mapping::{Atlas, MapView},
        snapshot::Snapshot,
    },
    model::{clusters::Placed, id::PhotoId, place::Place, position::Position},
    ui::Page,
};
use std::sync::Arc;

/// Photos 1 to 12 in and around Lisbon, 13 alone in Tokyo, the rest without a position.
fn world() -> Snapshot {
    let place = |country: &str, city: &str| {
        Some(Place {
            country: country.to_owned(),
            city: city.to_owned(),
            ..Place::default()
        })
    };
    let at = |photo: i64, latitude: f64, longitude: f64, place: u32| Placed {
        photo: PhotoId(photo),
        at: Position::new(latitude, longitude).unwrap(),
        rank: u32::try_from(100 - photo).unwrap(),
        place,
    };
    let mut placed: Vec<Placed> = (1..=12).map(|n| at(n, 38.70 + 0.01 * n as f64, -9.14, 1)).collect();
    placed.push(at(13, 35.68, 139.76, 2));
    let places = vec![None, place("Portugal", "Lisbon"), place("Japan", "Tokyo")];
    let mut snapshot = library(20);
    snapshot.map = Some(Arc::new(MapView::new(1, placed, places, 7)));
    snapshot.atlas = Some(Arc::new(Atlas::load()));
    snapshot
}

fn open(snapshot: Snapshot) -> Fixture {
    let mut fixture = Fixture::new(snapshot);
    fixture.press(Key::M);
    fixture.settle();
    assert_eq!(fixture.window.state().page(), Page::Map);
    fixture
}

fn query_of(commands: &[Command]) -> Option<String> {
    commands.iter().find_map(|command| match command {
        Command::Show { query, .. } => Some(query.clone()),
        _ => None,
    })
}

#[test]
fn the_engine_keeps_the_map_only_while_it_is_open() {
    let mut fixture = open(world());
    assert_eq!(fixture.sent(), [Command::ShowMap(true)]);
    let _ = fixture.window.get_by_label("Map with 13 photos");
    fixture.press(Key::M);
    assert_eq!(fixture.window.state().page(), Page::Library);
    assert_eq!(fixture.sent(), [Command::ShowMap(false)]);
    fixture.window.get_by_label("Map").click();
    fixture.settle();
    assert_eq!(fixture.window.state().page(), Page::Map);
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().page(), Page::Library);
}

#[test]
fn clusters_have_names_and_a_click_looks_nearer_until_they_are_apart() {
    let mut fixture = open(world());
    let _ = fixture.window.get_by_label("IMG_0012.JPG near Tokyo");
    fixture.window.get_by_label("12 photos near Lisbon").click();
    for _ in 0..4 {
        fixture.settle();
    }
    assert!(
        fixture.window.query_by_label("12 photos near Lisbon").is_none(),
        "they are apart now"
    );
    let parts = fixture.window.query_all_by_label_contains("near Lisbon").count();
    assert!((2..=12).contains(&parts), "{parts}");
    // The key of the largest thumbnails is the one for nearer; Home brings all back into sight.
    fixture.press(Key::Home);
    for _ in 0..4 {
        fixture.settle();
    }
    let _ = fixture.window.get_by_label("12 photos near Lisbon");
}

#[test]
fn a_single_photo_is_opened_and_what_is_in_sight_becomes_a_question() {
    let mut fixture = open(world());
    fixture.window.get_by_label("12 photos near Lisbon").click();
    for _ in 0..4 {
        fixture.settle();
    }
    let _ = fixture.sent();
    fixture.window.get_by_label("Show these in the grid").click();
    fixture.settle();
    assert_eq!(fixture.window.state().page(), Page::Library);
    assert_eq!(
        query_of(&fixture.sent()).as_deref(),
        Some("within:38.709,-9.141,38.821,-9.139")
    );

    let mut fixture = open(world());
    fixture.window.get_by_label("IMG_0012.JPG near Tokyo").click();
    fixture.settle();
    assert!(fixture.window.state().in_loupe());
    assert_eq!(fixture.window.state().focus(), Some(PhotoId(13)));
}

#[test]
fn photos_at_one_place_open_in_the_grid_beside_the_question_that_was_there() {
    let mut snapshot = world();
    let at = |photo: i64| Placed {
        photo: PhotoId(photo),
        at: Position::new(48.858_22, 2.294_5).unwrap(),
        rank: 0,
        place: 0,
    };
    let far = Placed {
        at: Position::new(48.0, 2.0).unwrap(),
        ..at(9)
    };
    snapshot.map = Some(Arc::new(MapView::new(1, vec![at(1), at(2), at(3), far], vec![None], 0)));
    let mut view = (*snapshot.view).clone();
    view.query = "rating>=3".to_owned();
    snapshot.view = Arc::new(view);
    let mut fixture = open(snapshot);
    // With the keyboard alone: Tab to it, Enter, until there is nothing nearer.
    fixture.window.get_by_label("3 photos at 48.85822, 2.29450").focus();
    fixture.settle();
    let before = fixture.sent();
    assert_eq!(query_of(&before), None);
    fixture.press(Key::Enter);
    fixture.settle();
    assert_eq!(fixture.window.state().page(), Page::Library);
    let commands = fixture.sent();
    assert_eq!(
        query_of(&commands).as_deref(),
        Some("rating>=3 within:48.85,2.29,48.86,2.3")
    );
    assert!(commands.iter().any(|command| matches!(
        command,
        Command::Show {
            source: Source::All,
            ..
        }
    )));
}

#[test]
fn marks_are_not_given_on_the_map_and_escape_first_lets_go_of_a_photo() {
    let mut fixture = open(world());
    let _ = fixture.sent();
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.press(Key::P);
    assert_eq!(fixture.sent(), []);
    fixture.window.get_by_label("12 photos near Lisbon").focus();
    fixture.settle();
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().page(), Page::Map);
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().page(), Page::Library);
}

#[test]
fn an_empty_map_says_why() {
    let mut snapshot = library(5);
    let mut fixture = open(snapshot.clone());
    let _ = fixture.window.get_by_label("Looking up where your photos were taken");
    snapshot.map = Some(Arc::new(MapView::new(1, Vec::new(), vec![None], 5)));
    fixture.publish(snapshot);
    let _ = fixture.window.get_by_label("No photo here has a position");
}
