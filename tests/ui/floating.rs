//! What floats over the page: menus, questions, the palette, notices; and in which order Escape takes things away.

use crate::fixture::{Fixture, library, tiles};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use safelight::{
    engine::{
        command::{Command, FolderAdded},
        snapshot::{Notice, Severity, View},
    },
    model::id::PhotoId,
};
use std::{path::PathBuf, sync::Arc};

fn has(fixture: &Fixture, label: &str) -> bool {
    fixture.window.query_by_label(label).is_some()
}

/// The window's clock goes on.
fn at(fixture: &mut Fixture, time: f64) {
    fixture.window.input_mut().time = Some(time);
    fixture.settle();
}

fn info(id: u64, what: &str) -> Notice {
    Notice {
        id,
        severity: Severity::Info,
        what: what.to_owned(),
        why: String::new(),
        do_next: String::new(),
    }
}

fn find_in_palette(fixture: &mut Fixture, text: &str) {
    fixture.press_with(Modifiers::COMMAND, Key::K);
    fixture.window.get_by_label("Find an action").type_text(text);
    fixture.settle();
}

#[test]
fn escape_closes_an_open_menu_and_nothing_behind_it() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    let _ = fixture.sent();
    fixture.window.get_by_label("Sort and layout").click();
    fixture.settle();
    assert!(has(&fixture, "Squares"));
    fixture.press(Key::X);
    assert_eq!(fixture.sent(), [], "no key reaches below a menu");
    fixture.press(Key::Escape);
    assert!(!has(&fixture, "Squares"), "the menu is closed");
    assert_eq!(fixture.window.state().selected(), 1, "and the selection stays");
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().selected(), 0);
}

#[test]
fn escape_leaves_the_search_then_clears_it_then_the_selection() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    fixture.press_with(Modifiers::COMMAND, Key::F);
    fixture.window.get_by_label("Search").type_text("lisbon");
    fixture.settle();
    let value = |fixture: &Fixture| fixture.window.get_by_label("Search").value().unwrap_or_default();
    fixture.press(Key::Escape);
    assert_eq!(
        (value(&fixture).as_str(), fixture.window.state().selected()),
        ("lisbon", 1)
    );
    fixture.press_with(Modifiers::COMMAND, Key::F);
    fixture.window.get_by_label("Search").type_text("rome");
    fixture.settle();
    assert_eq!(value(&fixture), "rome", "what was searched for was typed over");
    fixture.press(Key::Escape);
    assert_eq!(value(&fixture), "rome");
    fixture.press(Key::Escape);
    assert_eq!((value(&fixture).as_str(), fixture.window.state().selected()), ("", 1));
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().selected(), 0);
}

#[test]
fn a_search_that_is_not_understood_says_so_in_the_empty_page() {
    let mut fixture = Fixture::new(library(30));
    fixture.press_with(Modifiers::COMMAND, Key::F);
    fixture.window.get_by_label("Search").type_text("rating>=9");
    fixture.settle();
    let mut answer = library(30);
    answer.view = Arc::new(View {
        generation: 2,
        query: "rating>=9".to_owned(),
        query_error: Some("A rating is 0 to 5.".to_owned()),
        ..View::default()
    });
    fixture.publish(answer);
    let _ = fixture.sent();
    let words = fixture.window.get_by_label("A rating is 0 to 5.").rect();
    assert!(
        words.top() > 250.0,
        "in the empty page, where it moves nothing: {words:?}"
    );
    fixture.press(Key::Escape);
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.press(Key::X);
    assert_eq!(fixture.sent(), [], "no photo is reached");
}

#[test]
fn notices_leave_by_themselves_and_stay_while_the_pointer_rests_on_them() {
    let mut fixture = Fixture::new(library(30));
    at(&mut fixture, 100.0);
    let mut told = library(30);
    told.notices = vec![
        info(1, "Taken back: Pick 1 photo"),
        info(2, "Done again: Pick 1 photo"),
        Notice {
            severity: Severity::Warning,
            ..info(3, "Travel disk is not connected")
        },
    ];
    fixture.publish(told.clone());
    assert!(!has(&fixture, "Taken back: Pick 1 photo"), "the newer one replaces it");
    assert!(has(&fixture, "Done again: Pick 1 photo"));
    assert_eq!(fixture.sent(), [Command::Dismiss(1)]);
    let center = fixture.window.get_by_label("Done again: Pick 1 photo").rect().center();
    fixture.window.hover_at(center);
    fixture.settle();
    at(&mut fixture, 107.0);
    assert!(has(&fixture, "Done again: Pick 1 photo"), "the pointer rests on it");
    fixture.window.hover_at(eframe::egui::pos2(4.0, 4.0));
    fixture.settle();
    at(&mut fixture, 110.0);
    assert!(!has(&fixture, "Done again: Pick 1 photo"));
    let foot = fixture
        .window
        .get_by_label("Dismiss: Travel disk is not connected")
        .rect();
    assert!(foot.bottom() > 820.0, "what remains stands at the foot: {foot:?}");
    assert_eq!(fixture.sent(), [Command::Dismiss(2)]);
    at(&mut fixture, 129.0);
    assert!(has(&fixture, "Travel disk is not connected"));
    at(&mut fixture, 145.0);
    assert!(!has(&fixture, "Travel disk is not connected"));
}

#[test]
fn notices_cover_neither_sidebar_nor_inspector() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    let mut told = library(30);
    told.notices = vec![info(1, "Something to know")];
    fixture.publish(told);
    let close = fixture.window.get_by_label("Dismiss: Something to know").rect();
    let words = fixture.window.get_by_label("Something to know").rect();
    let inspector = fixture.window.get_by_label("Inspector").rect();
    assert!(words.left() > 236.0, "{words:?}");
    assert!(close.right() < inspector.right(), "{close:?} {inspector:?}");
}

#[test]
fn undo_is_offered_after_a_new_step_and_not_after_undo_or_redo() {
    let mut fixture = Fixture::new(library(30));
    let mut now = library(30);
    now.undo = Some("Pick 1 photo".to_owned());
    fixture.publish(now.clone());
    assert!(has(&fixture, "Undo"));
    now.undo = Some("Reject 1 photo".to_owned());
    fixture.publish(now.clone());
    assert!(has(&fixture, "Undo"));
    fixture.press_with(Modifiers::COMMAND, Key::Z);
    now.undo = Some("Pick 1 photo".to_owned());
    now.redo = Some("Reject 1 photo".to_owned());
    fixture.publish(now.clone());
    assert!(!has(&fixture, "Undo"), "the older step did not just happen");
    fixture.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    now.undo = Some("Reject 1 photo".to_owned());
    now.redo = None;
    fixture.publish(now);
    assert!(!has(&fixture, "Undo"));
}

#[test]
fn what_needs_a_selection_and_has_none_says_so() {
    for key in [Key::V, Key::B, Key::P] {
        let mut fixture = Fixture::new(library(30));
        at(&mut fixture, 10.0);
        fixture.press(key);
        assert!(has(&fixture, "Select photos first."), "{key:?}");
        assert_eq!(fixture.sent(), []);
        at(&mut fixture, 20.0);
        assert!(!has(&fixture, "Select photos first."));
    }
}

#[test]
fn the_buttons_of_a_dialog_stand_under_its_last_line_whatever_was_open_before() {
    let mut fixture = Fixture::new(library(30));
    find_in_palette(&mut fixture, "add a store");
    fixture.press(Key::Enter);
    fixture.press(Key::Escape);
    fixture.press_with(Modifiers::COMMAND, Key::N);
    let starts = fixture.window.get_by_label("It starts empty.").rect();
    let button = fixture.window.get_by_label("Create album").rect();
    assert!(button.top() - starts.bottom() < 40.0, "{starts:?} {button:?}");
}

#[test]
fn a_list_of_the_palette_that_was_short_grows_again() {
    let mut fixture = Fixture::new(library(30));
    find_in_palette(&mut fixture, "zzzz");
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.press(Key::Backspace);
    fixture.window.get_by_label("Last photo").click();
    fixture.settle();
    assert_eq!(
        fixture.window.state().focus(),
        Some(PhotoId(30)),
        "its line could be clicked"
    );
}

#[test]
fn a_word_of_a_description_rejects_nothing() {
    let mut fixture = Fixture::new(library(30));
    for word in ["time", "thrown", "shift"] {
        fixture.press_with(Modifiers::COMMAND, Key::A);
        assert_eq!(fixture.window.state().selected(), 30);
        let _ = fixture.sent();
        find_in_palette(&mut fixture, word);
        fixture.press(Key::Enter);
        assert_eq!(fixture.sent(), [], "{word}");
        fixture.press(Key::Escape);
    }
}

#[test]
fn a_folder_that_cannot_be_added_keeps_its_question_open() {
    let mut fixture = Fixture::new(library(30));
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.press_with(Modifiers::COMMAND, Key::O);
    fixture.window.get_by_label("Folder path").type_text("/fotos");
    fixture.settle();
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), [Command::AddFolder(PathBuf::from("/fotos"))]);
    let mut answer = library(30);
    answer.folder_added = FolderAdded {
        count: 1,
        why: Some("There is no folder /fotos.".to_owned()),
    };
    fixture.publish(answer.clone());
    fixture.window.get_by_label("There is no folder /fotos.");
    let path = fixture.window.get_by_label("Folder path");
    assert_eq!(path.value().as_deref(), Some("/fotos"), "what was typed is there still");
    assert!(path.accesskit_node().is_focused(), "and the keyboard is in it");
    fixture.press(Key::X);
    assert_eq!(fixture.sent(), [], "no shortcut");
    fixture.window.get_by_label("Add folder").click();
    fixture.settle();
    assert_eq!(fixture.sent().len(), 1);
    answer.folder_added = FolderAdded { count: 2, why: None };
    fixture.publish(answer);
    assert!(!has(&fixture, "Folder path"));
}

#[test]
fn a_library_in_use_can_be_tried_again() {
    let mut snapshot = library(3);
    snapshot.view = Arc::new(View {
        tiles: tiles(3),
        ..View::default()
    });
    snapshot.fatal = Some(info(0, "The library could not be opened"));
    let mut fixture = Fixture::new(snapshot);
    fixture.window.get_by_label("Try again").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::TryAgain]);
    fixture.window.get_by_label("Quit");
}

#[test]
fn a_store_that_was_not_asked_yet_is_not_said_to_be_silent() {
    for (asking, words) in [(true, "Asking what is left"), (false, "Does not say what is left")] {
        let mut snapshot = library(30);
        let mut stores = (*snapshot.stores).clone();
        (stores[0].free, stores[0].total, stores[0].cloud.asking) = (None, None, asking);
        snapshot.stores = Arc::new(stores);
        let mut fixture = Fixture::new(snapshot);
        fixture.press_with(Modifiers::COMMAND, Key::Num2);
        assert!(has(&fixture, words), "{words}");
    }
}
