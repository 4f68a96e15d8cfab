//! The settings, driven by keys and by names alone.

use crate::fixture::{Fixture, library};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use safelight::{
    engine::{
        NameStyle,
        command::Command,
        keymap::KeymapFile,
        settings::SettingsChange,
        snapshot::{ConflictView, FieldView, SidecarsView},
    },
    model::{id::PhotoId, sidecar::Field},
    ui::Page,
};
use std::sync::Arc;

fn open_keys() -> Fixture {
    let mut fixture = Fixture::sized(library(30), [1600.0, 4000.0]);
    fixture.press_with(Modifiers::COMMAND, Key::Comma);
    assert_eq!(fixture.window.state().page(), Page::Settings);
    click(&mut fixture, "Keys settings");
    let _ = fixture.sent();
    fixture
}

fn click(fixture: &mut Fixture, name: &str) {
    fixture.window.get_by_label(name).click();
    fixture.settle();
}

/// The keymap that was sent; the window then goes on with it as the engine would.
fn kept(fixture: &mut Fixture) -> Option<KeymapFile> {
    let sent = fixture.sent();
    let [Command::SetKeys(file)] = sent.as_slice() else {
        assert_eq!(sent, [], "nothing else is sent");
        return None;
    };
    let mut snapshot = library(30);
    snapshot.keymap = Arc::new(file.clone());
    fixture.publish(snapshot);
    Some(file.clone())
}

fn keys(file: &KeymapFile, action: &str) -> Option<Vec<String>> {
    file.keys.get(action).cloned()
}

#[test]
fn a_free_key_is_bound_by_pressing_it() {
    let mut fixture = open_keys();
    click(&mut fixture, "Pick, P, change");
    fixture.press_with(Modifiers::COMMAND, Key::Q);
    // Ctrl Q is the key of Quit: nothing quits, it is asked.
    assert_eq!(kept(&mut fixture), None);
    click(&mut fixture, "Leave it");
    click(&mut fixture, "Pick, P, change");
    fixture.press_with(Modifiers::ALT | Modifiers::SHIFT, Key::K);
    let file = kept(&mut fixture).expect("kept");
    assert_eq!(keys(&file, "pick"), Some(vec!["Alt Shift K".to_owned()]));
    click(&mut fixture, "Pick, reset");
    assert_eq!(kept(&mut fixture), Some(KeymapFile::default()));
}

#[test]
fn a_taken_key_is_asked_for_with_the_other_name_and_then_taken() {
    let mut fixture = open_keys();
    click(&mut fixture, "Pick, add a key");
    fixture.press(Key::X);
    assert_eq!(kept(&mut fixture), None, "not before it is settled");
    click(&mut fixture, "Take it from Reject");
    let file = kept(&mut fixture).expect("kept");
    assert_eq!(keys(&file, "pick"), Some(vec!["P".to_owned(), "X".to_owned()]));
    assert_eq!(keys(&file, "reject"), Some(vec![]));
    click(&mut fixture, "Pick, X, change");
    click(&mut fixture, "Remove");
    let file = kept(&mut fixture).expect("kept");
    assert_eq!(keys(&file, "pick"), None, "as in the preset again");
}

#[test]
fn a_waiting_key_can_be_given_up_and_some_keys_cannot_be_given() {
    let mut fixture = open_keys();
    click(&mut fixture, "Pick, P, change");
    fixture.press(Key::Escape);
    assert_eq!(
        fixture.window.state().page(),
        Page::Settings,
        "Escape gave up the waiting, not the page"
    );
    assert_eq!(kept(&mut fixture), None);
    click(&mut fixture, "Pick, P, change");
    fixture.press_with(Modifiers::COMMAND, Key::X);
    let _ = fixture
        .window
        .get_by_label("Ctrl X cannot be used: this key belongs to the clipboard.");
    assert_eq!(kept(&mut fixture), None);
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().page(), Page::Library);
}

#[test]
fn a_conflict_of_the_file_is_shown_with_both_names_and_settled() {
    let mut snapshot = library(30);
    let mut file = KeymapFile::default();
    file.keys.insert("info".to_owned(), vec!["P".to_owned()]);
    snapshot.keymap = Arc::new(file);
    let mut fixture = Fixture::sized(snapshot, [1600.0, 4000.0]);
    fixture.press_with(Modifiers::COMMAND, Key::Comma);
    click(&mut fixture, "Keys settings");
    let _ = fixture.window.get_by_label("P is wanted by Pick and Inspector");
    let _ = fixture.sent();
    click(&mut fixture, "Keep P for Inspector");
    let file = kept(&mut fixture).expect("kept");
    assert_eq!(keys(&file, "pick"), Some(vec![]));
    assert_eq!(keys(&file, "info"), Some(vec!["P".to_owned()]));
    assert!(
        fixture
            .window
            .query_by_label("P is wanted by Pick and Inspector")
            .is_none()
    );
}

#[test]
fn presets_search_and_reset_of_all() {
    let mut fixture = open_keys();
    click(&mut fixture, "Photo Mechanic");
    let file = kept(&mut fixture).expect("kept");
    assert_eq!(file.preset, "photo-mechanic");
    let _ = fixture.window.get_by_label("Pick, T, change");
    fixture.window.get_by_label("Find an action or a key").focus();
    fixture.settle();
    fixture
        .window
        .get_by_label("Find an action or a key")
        .type_text("stars away");
    fixture.settle();
    let _ = fixture.window.get_by_label("No stars, Ctrl 0, change");
    assert!(fixture.window.query_by_label("Pick, T, change").is_none());
    click(&mut fixture, "No stars, add a key");
    fixture.press_with(Modifiers::ALT, Key::G);
    let _ = kept(&mut fixture).expect("kept");
    click(&mut fixture, "Reset all...");
    assert_eq!(kept(&mut fixture), None, "asked first");
    click(&mut fixture, "Reset all keys");
    let file = kept(&mut fixture).expect("kept");
    assert_eq!((file.preset.as_str(), file.keys.len()), ("photo-mechanic", 0));
}

#[test]
fn values_are_sent_as_they_are_chosen() {
    let mut snapshot = library(30);
    let mut view = (*snapshot.settings).clone();
    view.thumb_bytes = 1_000;
    snapshot.settings = Arc::new(view);
    let mut fixture = Fixture::new(snapshot);
    fixture.press_with(Modifiers::COMMAND, Key::Comma);
    let _ = fixture.sent();
    click(&mut fixture, "Files sent at once, 4");
    click(&mut fixture, "Proven copies, 2 copies");
    click(&mut fixture, "Cache settings");
    click(&mut fixture, "Empty the cache");
    assert_eq!(
        fixture.sent(),
        [
            Command::Set(SettingsChange::Uploads(4)),
            Command::Set(SettingsChange::MinCopies(2)),
            Command::EmptyThumbs
        ]
    );
    click(&mut fixture, "About settings");
}

#[test]
fn a_sidecar_that_disagrees_is_settled_field_by_field() {
    let mut snapshot = library(3);
    let field = |field, ours: &str, theirs: &str| FieldView {
        field,
        ours: ours.to_owned(),
        theirs: theirs.to_owned(),
    };
    snapshot.sidecars = Arc::new(SidecarsView {
        writes: true,
        conflict_count: 1,
        conflicts: vec![ConflictView {
            photo: PhotoId(2),
            path: "/photos/IMG_1.CR2".into(),
            fields: vec![
                field(Field::Rating, "3 stars", "5 stars"),
                field(Field::Title, "", "Sea"),
            ],
        }],
        ..SidecarsView::default()
    });
    let mut fixture = Fixture::new(snapshot);
    fixture.press_with(Modifiers::COMMAND, Key::Comma);
    click(&mut fixture, "Sidecars settings");
    let _ = fixture.sent();
    click(&mut fixture, "IMG_1.CR2, rating, Sidecar: 5 stars");
    click(&mut fixture, "Settle IMG_1.CR2");
    click(&mut fixture, "Write marks into sidecars, Off");
    click(&mut fixture, "Names of new sidecars, IMG_1.CR2.xmp");
    click(&mut fixture, "Write all sidecars now");
    assert_eq!(
        fixture.sent(),
        [
            Command::SettleConflict {
                photo: PhotoId(2),
                fields: vec![(Field::Rating, true), (Field::Title, false)]
            },
            Command::SetWriteSidecars(false),
            Command::Set(SettingsChange::SidecarNames(NameStyle::Full)),
            Command::WriteSidecars
        ]
    );
}
