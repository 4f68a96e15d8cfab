//! From a key to its action, by the keys that are in force; and how people write a key.

use super::{action::Action, keymap::Keymap};
use crate::engine::keymap::KeymapFile;
use eframe::egui::{self, Key, Modifiers};
use std::{cell::RefCell, sync::Arc};

thread_local! {
    /// The keys of the window that this thread draws. Every hint, menu and tooltip asks for them, deep down in drawing, and a
    /// thread draws one window: handing them through every call would say nothing more.
    static IN_FORCE: RefCell<Arc<Keymap>> = RefCell::new(Arc::new(Keymap::new(&KeymapFile::default())));
}

/// From here on this thread draws with these keys.
pub fn put_in_force(keymap: &Arc<Keymap>) {
    IN_FORCE.with_borrow_mut(|now| now.clone_from(keymap));
}

/// The keys that are in force.
#[must_use]
pub fn in_force() -> Arc<Keymap> {
    IN_FORCE.with_borrow(Arc::clone)
}

/// The first key of an action, as people write it.
#[must_use]
pub fn key_text(wanted: Action) -> Option<String> {
    in_force().keys_of(wanted).first().map(|key| shortcut_text(*key))
}

/// A word with the key of its action behind it, for tooltips: `Sidebar (Ctrl B)`.
#[must_use]
pub fn with_key(word: &str, action: Action) -> String {
    key_text(action).map_or_else(|| word.to_owned(), |key| format!("{word} ({key})"))
}

/// `Ctrl Shift Z`.
#[must_use]
pub fn shortcut_text((modifiers, key): (Modifiers, Key)) -> String {
    let mut text = String::new();
    if modifiers.command {
        text.push_str(if cfg!(target_os = "macos") { "Cmd " } else { "Ctrl " });
    }
    if modifiers.alt {
        text.push_str("Alt ");
    }
    if modifiers.shift {
        text.push_str("Shift ");
    }
    text.push_str(match key {
        Key::ArrowLeft => "Left",
        Key::ArrowRight => "Right",
        Key::ArrowUp => "Up",
        Key::ArrowDown => "Down",
        Key::PageUp => "PgUp",
        Key::PageDown => "PgDn",
        Key::Escape => "Esc",
        Key::Questionmark => "?",
        Key::Slash => "/",
        Key::Plus => "+",
        Key::Equals => "=",
        Key::Minus => "-",
        Key::CapsLock => "Caps Lock",
        Key::Comma => ",",
        Key::Period => ".",
        Key::Semicolon => ";",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        other => other.name(),
    });
    text
}

/// Takes the actions whose keys were pressed in this frame, and whether Shift asks to go on to the next photo after the
/// mark. With `typing`, keys without Ctrl belong to the text field.
#[must_use]
pub fn pressed(ctx: &egui::Context, typing: bool) -> Vec<(Action, bool)> {
    // A control that has the keyboard keeps Space and Enter: they press it.
    let control = ctx.memory(|memory| memory.focused().is_some());
    ctx.input_mut(|input| {
        let mut found = Vec::new();
        input.events.retain(|event| {
            let egui::Event::Key {
                key,
                physical_key,
                pressed: true,
                modifiers,
                ..
            } = event
            else {
                return true;
            };
            if control && matches!(key, Key::Space | Key::Enter) {
                return true;
            }
            if let Some(action) = for_key(*modifiers, *key, typing) {
                found.push((action, false));
                return false;
            }
            // With Shift a digit is another sign on most layouts; the key itself is what was meant.
            let key = physical_key.unwrap_or(*key);
            if let Some(action) = for_key(*modifiers, key, typing).filter(|action| action.is_mark()) {
                found.push((action, false));
                return false;
            }
            let plain = for_key(
                egui::Modifiers {
                    shift: false,
                    ..*modifiers
                },
                key,
                typing,
            );
            match plain.filter(|action| action.is_mark() && modifiers.shift && !modifiers.command) {
                Some(action) => {
                    found.push((action, true));
                    false
                }
                None => true,
            }
        });
        found
    })
}

/// Keys that go from photo to photo; with Shift they take the selection along.
fn moves(key: Key) -> bool {
    matches!(
        key,
        Key::ArrowLeft
            | Key::ArrowRight
            | Key::ArrowUp
            | Key::ArrowDown
            | Key::Home
            | Key::End
            | Key::PageUp
            | Key::PageDown
    )
}

/// Whether a key belongs to the text that is being typed.
fn types(modifiers: Modifiers, key: Key) -> bool {
    let function = key
        .name()
        .strip_prefix('F')
        .is_some_and(|number| number.parse::<u8>().is_ok());
    if function {
        return false;
    }
    // Ctrl with these moves, selects, cuts or takes back within the text; Ctrl Alt writes signs on many keyboards.
    !modifiers.command
        || modifiers.alt
        || moves(key)
        || matches!(
            key,
            Key::A | Key::C | Key::V | Key::X | Key::Y | Key::Z | Key::Backspace | Key::Delete
        )
}

/// The action of one key press.
#[must_use]
pub fn for_key(modifiers: Modifiers, key: Key, typing: bool) -> Option<Action> {
    if typing && types(modifiers, key) {
        return None;
    }
    if typing && matches!(key, Key::A | Key::Z | Key::Y | Key::Backspace | Key::Delete) {
        // These belong to the text that is being typed.
        return None;
    }
    let keymap = in_force();
    keymap.action_of((modifiers, key)).or_else(|| {
        // Some layouts need Shift for these signs, and Shift takes the selection along.
        let plain = Modifiers {
            shift: false,
            ..modifiers
        };
        let may = modifiers.shift && (matches!(key, Key::Plus | Key::Questionmark) || moves(key));
        may.then(|| keymap.action_of((plain, key))).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::{super::action::TABLE, *};
    use crate::model::rating::ColorLabel;

    const NONE: Modifiers = Modifiers::NONE;
    const SHIFT: Modifiers = Modifiers::SHIFT;
    const CTRL: Modifiers = Modifiers::COMMAND;
    const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

    #[test]
    fn i18_no_two_actions_share_a_key_and_every_one_is_described() {
        let mut seen = std::collections::HashMap::new();
        for entry in TABLE {
            assert!(
                !entry.label.is_empty() && entry.hint.ends_with('.'),
                "{:?}",
                entry.action
            );
            for (modifiers, key) in entry.keys {
                let before = seen.insert((modifiers.command, modifiers.shift, *key), entry.action);
                assert_eq!(before, None, "{} has two actions", shortcut_text((*modifiers, *key)));
            }
        }
        let mut actions: Vec<Action> = TABLE.iter().map(|entry| entry.action).collect();
        let count = actions.len();
        actions.dedup();
        assert_eq!(actions.len(), count);
    }

    #[test]
    fn keys_find_their_action_and_leave_typing_alone() {
        assert_eq!(for_key(NONE, Key::P, false), Some(Action::Pick));
        assert_eq!(for_key(NONE, Key::P, true), None);
        assert_eq!(
            for_key(SHIFT, Key::Num6, false),
            Some(Action::Label(ColorLabel::Purple))
        );
        assert_eq!(for_key(CTRL, Key::K, true), Some(Action::Palette));
        assert_eq!(for_key(CTRL, Key::Z, true), None);
        assert_eq!(for_key(CTRL, Key::Backspace, true), None, "it deletes a word there");
        assert_eq!(for_key(CTRL, Key::Backspace, false), Some(Action::ReviewRejects));
        assert_eq!(for_key(CTRL_SHIFT, Key::Z, false), Some(Action::Redo));
        assert_eq!(for_key(SHIFT, Key::ArrowRight, false), Some(Action::Next));
        assert_eq!(for_key(Modifiers::ALT, Key::P, false), None);
        assert_eq!(for_key(NONE, Key::F1, true), Some(Action::Palette));
    }

    #[test]
    fn i18_keys_and_hints_follow_the_keys_in_force() {
        let mut file = KeymapFile {
            preset: "digikam".to_owned(),
            ..KeymapFile::default()
        };
        file.keys.insert("pick".to_owned(), vec!["Ctrl Alt K".to_owned()]);
        put_in_force(&Arc::new(Keymap::new(&file)));
        assert_eq!(for_key(CTRL.plus(Modifiers::ALT), Key::K, false), Some(Action::Pick));
        assert_eq!(for_key(NONE, Key::P, false), None);
        assert_eq!(for_key(CTRL, Key::Num4, false), Some(Action::Rate(4)));
        assert_eq!(with_key("Pick", Action::Pick), "Pick (Ctrl Alt K)");
    }
}
