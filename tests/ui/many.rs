//! Several photos at once: what they have in common is shown, and everything that one photo can be given, all of them can be,
//! by mouse and by key.

use crate::fixture::{Fixture, library};
use eframe::egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use safelight::{
    engine::{
        command::Command,
        snapshot::{KeywordCount, Snapshot},
        together::Together,
    },
    model::{
        change::Mark,
        common::Common,
        id::PhotoId,
        position::Position,
        rating::{ColorLabel, Flag, Rating},
    },
};
use std::sync::Arc;

fn photos() -> Vec<PhotoId> {
    [1, 2, 3].map(PhotoId).to_vec()
}

fn known() -> Arc<Vec<KeywordCount>> {
    let known = [("bride", 40), ("bridesmaids", 12), ("first dance", 7), ("groom", 38)];
    let count = |(keyword, photos): (&str, u64)| KeywordCount {
        keyword: keyword.to_owned(),
        photos,
    };
    Arc::new(known.map(count).to_vec())
}

fn snapshot() -> Snapshot {
    let mut snapshot = library(30);
    let view = Arc::make_mut(&mut snapshot.view);
    for (at, tile) in view.tiles.iter_mut().take(3).enumerate() {
        tile.rating = Rating::new(4).unwrap();
        tile.flag = if at == 0 { Flag::Pick } else { Flag::None };
        tile.label = if at == 0 { ColorLabel::Red } else { ColorLabel::Blue };
    }
    snapshot.keywords = known();
    snapshot
}

/// What was asked about since the last call, with the numbers of the questions.
fn questions(fixture: &Fixture) -> Vec<(u64, Vec<PhotoId>)> {
    let sent = fixture.handle.take_commands().into_iter();
    sent.filter_map(|command| match command {
        Command::Together { asked, photos } => Some((asked, photos)),
        _ => None,
    })
    .collect()
}

/// Three photos selected, with what they have in common as the engine would answer.
fn open_with(common: Common) -> Fixture {
    let mut fixture = Fixture::sized(snapshot(), [1400.0, 1000.0]);
    fixture.window.get_by_label_contains("IMG_0000.JPG,").click();
    fixture.settle();
    fixture
        .window
        .get_by_label_contains("IMG_0002.JPG,")
        .click_modifiers(Modifiers::SHIFT);
    fixture.settle();
    let asked = match questions(&fixture).as_slice() {
        [(asked, of)] if *of == photos() => *asked,
        other => panic!("it asks once what these have in common: {other:?}"),
    };
    fixture.publish(Snapshot {
        together: Some(Arc::new(Together { asked, common })),
        ..snapshot()
    });
    assert_eq!(questions(&fixture), [], "and not again");
    fixture
}

fn common() -> Common {
    Common {
        photos: 3,
        title: None,
        caption: Some(String::new()),
        shift_s: Some(0),
        position: Some(None),
        keywords: vec![("wedding".to_owned(), 3), ("cake".to_owned(), 1)],
        cameras: [("Canon EOS R6".to_owned(), 2), ("Sony A7".to_owned(), 1)].into(),
    }
}

fn all(mark: Mark) -> Vec<Command> {
    vec![Command::Mark { photos: photos(), mark }]
}

fn keyword(word: &str) -> Mark {
    Mark::AddKeyword(word.to_owned())
}

fn click(fixture: &mut Fixture, label: &str) {
    fixture.window.get_by_label(label).click();
    fixture.settle();
}

/// Pressed in one frame and let go in a later one, as hands do: the press takes the keyboard from an open field.
fn slow_click(fixture: &mut Fixture, label: &str) {
    let pos = fixture.window.get_by_label(label).rect().center();
    fixture.window.event(Event::PointerMoved(pos));
    fixture.window.step();
    for pressed in [true, false] {
        fixture.window.event(Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        fixture.window.step();
    }
    fixture.settle();
}

fn shows(fixture: &Fixture, words: &str) -> bool {
    fixture.window.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn stars_flags_and_labels_are_given_to_all_by_mouse() {
    let mut fixture = open_with(common());
    // All have four stars; flags and labels differ.
    assert!(!shows(&fixture, "mixed") && shows(&fixture, "1 pick"));
    click(&mut fixture, "5 stars");
    assert_eq!(fixture.sent(), all(Mark::Rating(Rating::new(5).unwrap())));
    click(&mut fixture, "4 stars");
    assert_eq!(
        fixture.sent(),
        all(Mark::Rating(Rating::default())),
        "again takes them away"
    );
    click(&mut fixture, "Reject");
    assert_eq!(fixture.sent(), all(Mark::Flag(Flag::Reject)));
    click(&mut fixture, "Clear");
    assert_eq!(fixture.sent(), all(Mark::Flag(Flag::None)));
    click(&mut fixture, "green label");
    assert_eq!(fixture.sent(), all(Mark::Label(ColorLabel::Green)));
    // Blue is on two of three: a click gives it to the third.
    click(&mut fixture, "blue label");
    assert_eq!(fixture.sent(), all(Mark::Label(ColorLabel::Blue)));
    click(&mut fixture, "No label");
    assert_eq!(fixture.sent(), all(Mark::Label(ColorLabel::None)));
    // Where the stars differ, none are shown as those of all.
    let mut other = snapshot();
    let view = Arc::make_mut(&mut other.view);
    view.generation += 1;
    view.tiles[1].rating = Rating::new(2).unwrap();
    fixture.publish(other);
    assert!(shows(&fixture, "mixed"));
    click(&mut fixture, "4 stars");
    assert_eq!(fixture.sent(), all(Mark::Rating(Rating::new(4).unwrap())));
}

#[test]
fn keywords_of_all_and_of_some_are_told_apart_and_given_and_taken() {
    let mut fixture = open_with(common());
    assert!(shows(&fixture, "Give keyword cake to all, 1 of 3 have it"));
    click(&mut fixture, "Give keyword cake to all, 1 of 3 have it");
    assert_eq!(fixture.sent(), all(keyword("cake")));
    click(&mut fixture, "Remove keyword cake");
    assert_eq!(fixture.sent(), all(Mark::RemoveKeyword("cake".to_owned())));
    click(&mut fixture, "Remove keyword wedding");
    assert_eq!(fixture.sent(), all(Mark::RemoveKeyword("wedding".to_owned())));
}

#[test]
fn several_keywords_are_typed_at_once_and_are_one_step() {
    let mut fixture = open_with(common());
    fixture.press(Key::K);
    fixture
        .window
        .get_by_label("Add a keyword")
        .type_text("bride, first dance; Places/Lisbon");
    fixture.settle();
    assert_eq!(fixture.sent(), [], "while one types, letters are no keys");
    fixture.press(Key::Enter);
    let marks = vec![keyword("bride"), keyword("first dance"), keyword("Places/Lisbon")];
    assert_eq!(
        fixture.sent(),
        [Command::MarkAll {
            photos: photos(),
            marks
        }]
    );
    // The field has the keyboard still.
    fixture.window.get_by_label("Add a keyword").type_text("veil");
    fixture.settle();
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), all(keyword("veil")));
    // And Esc leaves it, and nothing else.
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().selected(), 3);
    fixture.press(Key::P);
    assert_eq!(fixture.sent(), all(Mark::Flag(Flag::Pick)));
}

#[test]
fn known_keywords_are_offered_and_taken_by_key_and_mouse() {
    let mut fixture = open_with(common());
    let type_in = |fixture: &mut Fixture, text: &str| {
        fixture.press(Key::K);
        fixture.window.get_by_label("Add a keyword").type_text(text);
        fixture.settle();
    };
    // Enter alone gives what was typed: nobody's new word becomes another.
    type_in(&mut fixture, "bri");
    assert!(shows(&fixture, "Keyword bride, 40 photos") && shows(&fixture, "Keyword bridesmaids, 12 photos"));
    assert!(!shows(&fixture, "Keyword groom"));
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), all(keyword("bri")));
    assert!(!shows(&fixture, "Keyword bride,"));
    // Down marks, Enter gives the marked one with what stands before it.
    type_in(&mut fixture, "veil, bri");
    fixture.press(Key::ArrowDown);
    fixture.press(Key::ArrowDown);
    fixture.press(Key::Enter);
    let marks = vec![keyword("veil"), keyword("bridesmaids")];
    assert_eq!(
        fixture.sent(),
        [Command::MarkAll {
            photos: photos(),
            marks
        }]
    );
    // Tab takes the first and lets one go on.
    type_in(&mut fixture, "gr");
    fixture.press(Key::Tab);
    assert_eq!(fixture.sent(), []);
    fixture.window.get_by_label("Add a keyword").type_text(", dan");
    fixture.settle();
    assert!(
        shows(&fixture, "Keyword first dance, 7 photos"),
        "a word inside is found too"
    );
    fixture.press(Key::Tab);
    fixture.press(Key::Enter);
    let marks = vec![keyword("groom"), keyword("first dance")];
    assert_eq!(
        fixture.sent(),
        [Command::MarkAll {
            photos: photos(),
            marks
        }]
    );
    // By mouse it is given at once.
    type_in(&mut fixture, "bride");
    slow_click(&mut fixture, "Keyword bridesmaids, 12 photos");
    assert_eq!(fixture.sent(), all(keyword("bridesmaids")));
    assert!(
        fixture
            .window
            .get_by_label("Add a keyword")
            .accesskit_node()
            .is_focused()
    );
}

#[test]
fn title_caption_time_and_place_are_written_for_all() {
    let mut fixture = open_with(common());
    assert!(shows(&fixture, "Different titles") && shows(&fixture, "Add a caption"));
    fixture.press(Key::W);
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), [], "what was not written changes no title");
    fixture.press(Key::W);
    fixture.window.get_by_label("Title").type_text("Ana and Rui");
    fixture.settle();
    assert!(shows(&fixture, "Enter gives it to 3 photos."));
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), all(Mark::Title("Ana and Rui".to_owned())));
    assert_eq!(fixture.window.state().selected(), 3, "they stay selected");

    fixture.window.get_by_label_contains("Edit position").click();
    fixture.settle();
    fixture.window.get_by_label("Position").type_text("38.7223, -9.1393");
    fixture.settle();
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), all(Mark::Position(Position::new(38.7223, -9.1393))));
}

/// Three photos selected, and a shift of one hour written for them but not given.
fn shifting() -> Fixture {
    let mut fixture = open_with(common());
    fixture.window.get_by_label_contains("Edit capture time").click();
    fixture.settle();
    fixture
        .window
        .get_by_label("Shift of the capture time")
        .type_text("+1h");
    fixture.settle();
    fixture
}

#[test]
fn a_shift_is_given_to_those_selected_or_to_what_a_camera_took() {
    let mark = Mark::Shift { seconds: 3_600 };
    let shift = |choice: Option<&str>| {
        let mut fixture = shifting();
        if let Some(choice) = choice {
            slow_click(&mut fixture, choice);
            assert_eq!(fixture.sent(), [], "choosing whose is not yet giving it");
        }
        fixture.press(Key::Enter);
        fixture.sent()
    };
    assert_eq!(shift(None), all(mark.clone()));
    let camera = |among| {
        vec![Command::MarkCamera {
            camera: "Canon EOS R6".to_owned(),
            among,
            mark: mark.clone(),
        }]
    };
    assert_eq!(shift(Some("2 by Canon EOS R6")), camera(Some(photos())));
    // By key: Tab leads to the choice, Space chooses, and one is back in the field.
    let mut fixture = shifting();
    fixture.press(Key::Tab);
    fixture.press(Key::Tab);
    fixture.press(Key::Space);
    assert_eq!(fixture.sent(), []);
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), camera(Some(photos())));
    assert_eq!(shift(Some("All by Canon EOS R6")), camera(None));
}

#[test]
fn the_menu_of_the_grid_gives_stars_labels_and_keywords() {
    let mut fixture = open_with(common());
    let open = |fixture: &mut Fixture| {
        fixture.window.get_by_label_contains("IMG_0001.JPG,").click_secondary();
        fixture.settle();
    };
    let choose = |fixture: &mut Fixture, label: &str| {
        let bar = 1400.0 - 292.0;
        let mut found = fixture.window.query_all_by_label(label);
        let node = found.find(|node| node.rect().max.x < bar);
        node.unwrap_or_else(|| panic!("no {label} in the menu")).click();
        drop(found);
        fixture.settle();
    };
    for (label, mark) in [
        ("2 stars", Mark::Rating(Rating::new(2).unwrap())),
        ("purple label", Mark::Label(ColorLabel::Purple)),
    ] {
        open(&mut fixture);
        choose(&mut fixture, label);
        assert_eq!(fixture.sent(), all(mark));
        assert!(!shows(&fixture, "Keywords..."), "and it closes");
    }
    open(&mut fixture);
    choose(&mut fixture, "Keywords...");
    fixture.window.get_by_label("Add a keyword").type_text("cake");
    fixture.settle();
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), all(keyword("cake")));
}

#[test]
fn many_photos_are_asked_about_once_and_drawn_at_once() {
    let mut fixture = Fixture::new(library(10_000));
    fixture.window.get_by_label("IMG_0000.JPG, only here").click();
    fixture.settle();
    let _ = fixture.sent();
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.settle();
    let asked = questions(&fixture);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1.len(), 10_000);
    // An answer to a question that is no longer asked is not shown.
    fixture.publish(Snapshot {
        together: Some(Arc::new(Together {
            asked: 0,
            common: common(),
        })),
        ..library(10_000)
    });
    assert!(!shows(&fixture, "keyword wedding"));
}

#[test]
fn of_many_keywords_a_few_are_shown_until_all_are_asked_for() {
    let keywords = (0..40_u32).map(|n| (format!("word {n}"), 3)).collect();
    let mut fixture = open_with(Common { keywords, ..common() });
    let seen = |fixture: &Fixture, word: &str| fixture.window.query_by_label_contains(word).is_some();
    assert!(seen(&fixture, "word 11") && !seen(&fixture, "word 12"));
    fixture.window.get_by_label("Show 28 more keywords").click();
    fixture.settle();
    assert!(seen(&fixture, "word 39"));
    fixture.window.get_by_label("Show fewer").click();
    fixture.settle();
    assert!(!seen(&fixture, "word 39"));
}
