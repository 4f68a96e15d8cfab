//! Keys that a person chose, in force everywhere at once: what a key does, the palette, the cheat sheet, the hints.

use crate::fixture::{Fixture, library};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use safelight::{
    engine::{command::Command, keymap::KeymapFile, snapshot::Snapshot},
    model::{change::Mark, id::PhotoId, rating::Flag, rating::Rating},
};
use std::sync::Arc;

fn with_keys(preset: &str, keys: &[(&str, &[&str])]) -> Snapshot {
    let keys = keys.iter().map(|(name, keys)| {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        ((*name).to_owned(), keys)
    });
    let keymap = KeymapFile {
        preset: preset.to_owned(),
        keys: keys.collect(),
        ..KeymapFile::default()
    };
    Snapshot {
        keymap: Arc::new(keymap),
        ..library(30)
    }
}

fn marked(mark: Mark) -> Vec<Command> {
    let photos = vec![PhotoId(1)];
    vec![Command::Mark { photos, mark }]
}

#[test]
fn i18_a_preset_changes_what_keys_do() {
    let mut fixture = Fixture::new(with_keys("digikam", &[]));
    fixture.press(Key::ArrowRight);
    let _ = fixture.sent();
    fixture.press_with(Modifiers::COMMAND, Key::Num4);
    assert_eq!(fixture.sent(), marked(Mark::Rating(Rating::new(4).unwrap())));
    fixture.press_with(Modifiers::ALT, Key::Num3);
    assert_eq!(fixture.sent(), marked(Mark::Flag(Flag::Pick)));
    fixture.press(Key::P);
    fixture.press(Key::Num4);
    assert_eq!(fixture.sent(), [], "digiKam's fingers give no mark with these");
}

#[test]
fn i18_the_palette_and_the_cheat_sheet_show_the_keys_in_force() {
    let mut fixture = Fixture::new(with_keys("default", &[("pick", &["Ctrl Alt K"])]));
    fixture.press(Key::Questionmark);
    let _ = fixture.window.get_by_label("Pick, Ctrl Alt K");
    assert!(fixture.window.query_by_label("Pick, P").is_none());
    fixture.press(Key::Escape);
    fixture.press_with(Modifiers::COMMAND, Key::K);
    fixture.window.get_by_label("Find an action").type_text("ctrl alt k");
    fixture.settle();
    let _ = fixture.window.get_by_role_and_label(Role::ListBoxOption, "Pick");
}

#[test]
fn keys_that_change_while_the_window_is_open_hold_at_once() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    let _ = fixture.sent();
    fixture.press(Key::K);
    assert_eq!(fixture.sent(), []);
    fixture.publish(with_keys("default", &[("pick", &["K"])]));
    fixture.press(Key::K);
    assert_eq!(fixture.sent(), marked(Mark::Flag(Flag::Pick)));
}

#[test]
fn the_palette_says_what_cannot_be_done_now_and_does_not_do_it() {
    let mut fixture = Fixture::new(library(30));
    fixture.press_with(Modifiers::COMMAND, Key::K);
    fixture.window.get_by_label("Find an action").type_text("Verify copies");
    fixture.settle();
    let row = fixture
        .window
        .get_by_role_and_label(Role::ListBoxOption, "Verify copies");
    assert!(row.accesskit_node().is_disabled());
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), [], "nothing is selected");
    fixture.press(Key::Escape);
    fixture.press(Key::Escape);
    fixture.press(Key::ArrowRight);
    fixture.press_with(Modifiers::COMMAND, Key::K);
    fixture.window.get_by_label("Find an action").type_text("Verify copies");
    fixture.settle();
    fixture.press(Key::Enter);
    assert!(matches!(fixture.sent().as_slice(), [Command::Verify { .. }]));
}
