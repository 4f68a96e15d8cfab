//! From a key to its action, by the one table; and how people write a key.

use super::action::{self, Action, TABLE};
use eframe::egui::{self, Key, Modifiers};

/// The first key of an action, as people write it.
#[must_use]
pub fn key_text(wanted: Action) -> Option<String> {
    action::of(wanted)
        .and_then(|entry| entry.keys.first())
        .map(|key| shortcut_text(*key))
}

/// `Ctrl Shift Z`.
#[must_use]
pub fn shortcut_text((modifiers, key): (Modifiers, Key)) -> String {
    let mut text = String::new();
    if modifiers.command {
        text.push_str(if cfg!(target_os = "macos") { "Cmd " } else { "Ctrl " });
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

/// The action of one key press.
#[must_use]
pub fn for_key(modifiers: Modifiers, key: Key, typing: bool) -> Option<Action> {
    let function = matches!(key, Key::F1 | Key::F5 | Key::F11);
    if typing && !modifiers.command && !function {
        return None;
    }
    if typing && matches!(key, Key::A | Key::Z | Key::Y | Key::Backspace | Key::Delete) {
        // These belong to the text that is being typed.
        return None;
    }
    TABLE
        .iter()
        .find(|entry| {
            entry.keys.iter().any(|(wanted, of)| {
                *of == key
                    && wanted.command == modifiers.command
                    && !modifiers.alt
                    // Some layouts need Shift for these signs.
                    && (wanted.shift == modifiers.shift || matches!(key, Key::Plus | Key::Questionmark) || moves(key))
            })
        })
        .map(|entry| entry.action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rating::ColorLabel;

    const NONE: Modifiers = Modifiers::NONE;
    const SHIFT: Modifiers = Modifiers::SHIFT;
    const CTRL: Modifiers = Modifiers::COMMAND;
    const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

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
    }
}
