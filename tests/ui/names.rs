//! I18: everything that can be pressed has a name that a screen reader can say, on every screen.

use crate::fixture::{Fixture, library};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use safelight::{
    engine::snapshot::Snapshot,
    ui::{action::TABLE, shortcut_text},
};

/// Names of what can be pressed but has no name.
fn unnamed(fixture: &Fixture) -> Vec<String> {
    let interactive = [
        Role::Button,
        Role::CheckBox,
        Role::TextInput,
        Role::ListBoxOption,
        Role::MenuItem,
        Role::Slider,
        Role::Link,
        Role::ComboBox,
        Role::ProgressIndicator,
        Role::Image,
    ];
    let mut found = Vec::new();
    let mut seen = 0;
    for node in fixture.window.root().children_recursive() {
        let node = node.accesskit_node();
        if !interactive.contains(&node.role()) {
            continue;
        }
        seen += 1;
        let named = node.label().is_some_and(|label| !label.trim().is_empty());
        if !named {
            found.push(format!("{:?} at {:?}", node.role(), node.bounding_box()));
        }
    }
    assert!(seen > 0, "the tree is there at all");
    found
}

#[test]
fn i18_nothing_that_can_be_pressed_is_without_a_name() {
    let first = Fixture::new(Snapshot {
        ready: true,
        ..Snapshot::default()
    });
    assert_eq!(unnamed(&first), [""; 0], "first run");
    let mut fixture = Fixture::new(library(60));
    assert_eq!(unnamed(&fixture), [""; 0], "library");
    fixture.press(Key::ArrowRight);
    assert_eq!(unnamed(&fixture), [""; 0], "one selected");
    fixture.press_with(Modifiers::COMMAND, Key::A);
    assert_eq!(unnamed(&fixture), [""; 0], "all selected");
    fixture.press(Key::Enter);
    assert_eq!(unnamed(&fixture), [""; 0], "loupe");
    fixture.press(Key::Escape);
    fixture.press_with(Modifiers::COMMAND, Key::K);
    assert_eq!(unnamed(&fixture), [""; 0], "palette");
    fixture.press(Key::Escape);
    fixture.press(Key::Questionmark);
    assert_eq!(unnamed(&fixture), [""; 0], "cheat sheet");
    fixture.press(Key::Escape);
    fixture.press_with(Modifiers::COMMAND, Key::N);
    assert_eq!(unnamed(&fixture), [""; 0], "new album");
    fixture.press(Key::Escape);
    fixture.press_with(Modifiers::COMMAND, Key::Num2);
    assert_eq!(unnamed(&fixture), [""; 0], "backup");
    fixture.window.get_by_label("Optimize...").click();
    fixture.settle();
    assert_eq!(unnamed(&fixture), [""; 0], "optimize");
    fixture.press(Key::Escape);
    fixture.press_with(Modifiers::COMMAND, Key::Comma);
    for section in ["General", "Keys", "Cache", "Sidecars", "About"] {
        fixture.window.get_by_label(&format!("{section} settings")).click();
        fixture.settle();
        assert_eq!(unnamed(&fixture), [""; 0], "{section}");
    }
}

#[test]
fn i18_every_action_of_the_table_is_reached_through_the_palette() {
    let mut fixture = Fixture::new(library(60));
    for entry in TABLE {
        fixture.press_with(Modifiers::COMMAND, Key::K);
        fixture.window.get_by_label("Find an action").type_text(entry.label);
        fixture.settle();
        let found = fixture
            .window
            .query_all_by_role_and_label(Role::ListBoxOption, entry.label);
        assert!(found.count() > 0, "{}", entry.label);
        fixture.press(Key::Escape);
        // The field takes the first Escape where it has the keyboard.
        if fixture.window.query_by_label("Find an action").is_some() {
            fixture.press(Key::Escape);
        }
        assert!(
            fixture.window.query_by_label("Find an action").is_none(),
            "{}",
            entry.label
        );
    }
}

#[test]
fn tiles_say_everything_that_is_drawn_on_them() {
    use safelight::model::rating::{Flag, Rating};
    let mut snapshot = library(4);
    let mut view = (*snapshot.view).clone();
    view.tiles[3].rating = Rating::new(3).unwrap();
    view.tiles[3].flag = Flag::Pick;
    snapshot.view = view.into();
    let fixture = Fixture::new(snapshot);
    fixture
        .window
        .get_by_role_and_label(Role::ListBoxOption, "IMG_0003.JPG, 3 stars, pick, safe");
}

/// The README's table of keys is the action table, line by line.
#[test]
fn i18_the_readme_names_every_key() {
    let readme = include_str!("../../README.md");
    let (_, from) = readme.split_once("<!-- keys:begin -->\n").expect("a beginning");
    let (table, _) = from.split_once("<!-- keys:end -->").expect("an end");
    let mut expected = String::from("| keys | action |\n|---|---|\n");
    for entry in TABLE.iter().filter(|entry| !entry.keys.is_empty()) {
        let keys: Vec<String> = entry.keys.iter().map(|key| shortcut_text(*key)).collect();
        expected.push_str(&format!("| {} | {} |\n", keys.join(", "), entry.label));
    }
    assert_eq!(table, expected);
}
