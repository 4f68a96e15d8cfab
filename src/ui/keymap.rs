//! The effective keys: the table's own, changed by a preset, changed by the person. A key that two actions want is a
//! conflict, which is shown with both names and settled by the person; until then it does what the person's own line says,
//! or nothing where that is not clear. A wrong mark is worse than none.

use super::{
    action::{self, Action, TABLE},
    keys::shortcut_text,
};
use crate::engine::keymap::KeymapFile;
use eframe::egui::{Key, Modifiers};
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// A key with what is held down with it: `command`, `shift` and `alt` count.
pub type Shortcut = (Modifiers, Key);

/// An action's name in keymap files: its name in the code, in small letters with hyphens; `Rate(5)` is `rate-5`. A name
/// that changes would lose people's keys, so the presets' test holds the common ones.
#[must_use]
pub fn id(action: Action) -> String {
    let mut id = String::new();
    for letter in format!("{action:?}").chars() {
        match letter {
            '(' => id.push('-'),
            ')' => {}
            'A'..='Z' => {
                if !id.is_empty() && !id.ends_with('-') {
                    id.push('-');
                }
                id.push(letter.to_ascii_lowercase());
            }
            other => id.push(other),
        }
    }
    id
}

/// The action of that name.
#[must_use]
pub fn action_of_id(wanted: &str) -> Option<Action> {
    static IDS: LazyLock<HashMap<String, Action>> =
        LazyLock::new(|| TABLE.iter().map(|entry| (id(entry.action), entry.action)).collect());
    IDS.get(wanted).copied()
}

/// A key as files write it, the same on every system: `Ctrl Shift Z`.
#[must_use]
pub fn file_text(shortcut: Shortcut) -> String {
    shortcut_text(shortcut).replacen("Cmd ", "Ctrl ", 1)
}

/// Reads a key: `Ctrl Shift Z`, `Ctrl+Shift+Z`, `?`, `Ctrl +`.
///
/// # Errors
/// A sentence.
pub fn parse(text: &str) -> Result<Shortcut, String> {
    let unknown = || format!("\"{text}\" is no key that Safelight knows.");
    let mut modifiers = Modifiers::NONE;
    let mut rest = text.trim();
    while !rest.eq_ignore_ascii_case("caps lock") {
        let Some((word, after)) = rest.split_once([' ', '+']).filter(|(word, _)| !word.is_empty()) else {
            break;
        };
        match word.to_ascii_lowercase().as_str() {
            "ctrl" | "cmd" | "command" | "control" => modifiers.command = true,
            "shift" => modifiers.shift = true,
            "alt" | "option" => modifiers.alt = true,
            _ => return Err(unknown()),
        }
        rest = after.trim_start();
    }
    let key = match rest {
        "PgUp" => Some(Key::PageUp),
        "PgDn" => Some(Key::PageDown),
        "Caps Lock" => Some(Key::CapsLock),
        other => Key::from_name(other).or_else(|| Key::from_name(&other.to_uppercase())),
    };
    let shortcut = (modifiers, key.ok_or_else(unknown)?);
    match reserved(shortcut) {
        Some(why) => Err(format!("{}: {why}", shortcut_text(shortcut))),
        None => Ok(shortcut),
    }
}

/// Why a key cannot be given to an action, where it cannot.
#[must_use]
pub fn reserved((modifiers, key): Shortcut) -> Option<&'static str> {
    match key {
        Key::Tab => Some("this key goes from control to control."),
        Key::Escape if modifiers == Modifiers::NONE => Some("this key always goes back."),
        Key::C | Key::X | Key::V | Key::Copy | Key::Cut | Key::Paste if modifiers.command && !modifiers.shift => {
            Some("this key belongs to the clipboard.")
        }
        _ => None,
    }
}

/// A keymap that ships with Safelight.
#[derive(Debug)]
pub struct Preset {
    /// Its name in files.
    pub name: &'static str,
    /// What it says.
    pub file: KeymapFile,
}

/// The presets, the default first.
#[must_use]
pub fn presets() -> &'static [Preset] {
    static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
        let read = |(name, text): (&'static str, &str)| {
            // A preset is part of the program, and a test reads each of them.
            let file = KeymapFile::parse(text).unwrap_or_default();
            Preset { name, file }
        };
        PRESET_TEXTS.into_iter().map(read).collect()
    });
    &PRESETS
}

const PRESET_TEXTS: [(&str, &str); 5] = [
    ("default", include_str!("../../assets/keymaps/default.ron")),
    ("lightroom", include_str!("../../assets/keymaps/lightroom.ron")),
    (
        "photo-mechanic",
        include_str!("../../assets/keymaps/photo-mechanic.ron"),
    ),
    ("digikam", include_str!("../../assets/keymaps/digikam.ron")),
    ("darktable", include_str!("../../assets/keymaps/darktable.ron")),
];

/// A key that several actions want.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Which key.
    pub key: Shortcut,
    /// Who wants it, in the table's order.
    pub actions: Vec<Action>,
    /// What it does until it is settled.
    pub now: Option<Action>,
}

/// The keys as they are in force.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keymap {
    keys: HashMap<Action, Vec<Shortcut>>,
    actions: HashMap<(bool, bool, bool, Key), Action>,
    /// Actions whose keys the person chose.
    own: HashSet<Action>,
    /// Keys that several actions want.
    pub conflicts: Vec<Conflict>,
    /// What of the file is not understood, as sentences.
    pub problems: Vec<String>,
}

fn index((modifiers, key): Shortcut) -> (bool, bool, bool, Key) {
    (modifiers.command, modifiers.shift, modifiers.alt, key)
}

/// The same key, however its modifiers came.
#[must_use]
pub fn same(a: Shortcut, b: Shortcut) -> bool {
    index(a) == index(b)
}

impl Keymap {
    /// The keys that this file, its preset and the table make together.
    #[must_use]
    pub fn new(file: &KeymapFile) -> Self {
        let mut map = Self {
            keys: TABLE.iter().map(|entry| (entry.action, entry.keys.to_vec())).collect(),
            ..Self::default()
        };
        match presets().iter().find(|preset| preset.name == file.preset) {
            Some(preset) => map.lay_preset(&preset.file),
            None => map.problems.push(format!(
                "There is no preset \"{}\"; the default keys are used.",
                file.preset
            )),
        }
        for (action, keys) in map.read(file) {
            map.own.insert(action);
            map.keys.insert(action, keys);
        }
        map.index();
        map
    }

    /// A preset's lines win over the keys of actions that it does not name.
    fn lay_preset(&mut self, preset: &KeymapFile) {
        let named = self.read(preset);
        let taken: HashSet<_> = named.iter().flat_map(|(_, keys)| keys).map(|key| index(*key)).collect();
        for keys in self.keys.values_mut() {
            keys.retain(|key| !taken.contains(&index(*key)));
        }
        self.keys.extend(named);
    }

    fn read(&mut self, file: &KeymapFile) -> Vec<(Action, Vec<Shortcut>)> {
        let mut lines = Vec::new();
        for (name, texts) in &file.keys {
            let Some(action) = action_of_id(name) else {
                self.problems
                    .push(format!("\"{name}\" is no action of this version; its line is kept."));
                continue;
            };
            let mut keys = Vec::new();
            for text in texts {
                match parse(text) {
                    Ok(key) => keys.push(key),
                    Err(why) => self.problems.push(why),
                }
            }
            lines.push((action, keys));
        }
        lines
    }

    fn index(&mut self) {
        let mut wanted: HashMap<_, Vec<(Action, Shortcut)>> = HashMap::new();
        let mut order = Vec::new();
        for entry in TABLE {
            for key in self.keys.get(&entry.action).into_iter().flatten() {
                let who = wanted.entry(index(*key)).or_default();
                if who.is_empty() {
                    order.push(index(*key));
                }
                if !who.iter().any(|(action, _)| *action == entry.action) {
                    who.push((entry.action, *key));
                }
            }
        }
        for at in order {
            let who = wanted.remove(&at).unwrap_or_default();
            let mut own = who.iter().filter(|(action, _)| self.own.contains(action));
            let now = match (who.as_slice(), own.next(), own.next()) {
                ([(only, _)], _, _) | (_, Some((only, _)), None) => Some(*only),
                _ => None,
            };
            if let Some(now) = now {
                self.actions.insert(at, now);
            }
            if let [(_, key), _, ..] = who.as_slice() {
                self.conflicts.push(Conflict {
                    key: *key,
                    actions: who.iter().map(|(action, _)| *action).collect(),
                    now,
                });
            }
        }
    }

    /// The keys of an action, the one that is shown first.
    #[must_use]
    pub fn keys_of(&self, action: Action) -> &[Shortcut] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// What a key does.
    #[must_use]
    pub fn action_of(&self, shortcut: Shortcut) -> Option<Action> {
        self.actions.get(&index(shortcut)).copied()
    }

    /// Every action that wants this key.
    #[must_use]
    pub fn wanted_by(&self, shortcut: Shortcut) -> Vec<Action> {
        let wants = |action: &Action| self.keys_of(*action).iter().any(|key| same(*key, shortcut));
        TABLE.iter().map(|entry| entry.action).filter(wants).collect()
    }

    /// Whether the person chose the keys of this action.
    #[must_use]
    pub fn is_own(&self, action: Action) -> bool {
        self.own.contains(&action)
    }
}

/// The file after this action got exactly these keys. A line that says what holds anyway is left out.
#[must_use]
pub fn with_keys(file: &KeymapFile, action: Action, keys: &[Shortcut]) -> KeymapFile {
    let mut file = file.clone();
    file.keys.remove(&id(action));
    let bare = Keymap::new(&file);
    let now = bare.keys_of(action);
    if now.len() != keys.len() || now.iter().zip(keys).any(|(a, b)| !same(*a, *b)) {
        let texts = keys.iter().map(|key| file_text(*key)).collect();
        file.keys.insert(id(action), texts);
    }
    file
}

/// The file after one key was given to an action, in the place of an older one or as one more; whoever had it loses it.
#[must_use]
pub fn bind(file: &KeymapFile, action: Action, key: Shortcut, instead_of: Option<Shortcut>) -> KeymapFile {
    let mut file = release(file, key, action);
    let map = Keymap::new(&file);
    let mut keys: Vec<Shortcut> = map.keys_of(action).to_vec();
    keys.retain(|old| !same(*old, key) || instead_of.is_some_and(|old_key| same(old_key, key)));
    match instead_of.and_then(|old| keys.iter_mut().find(|one| same(**one, old))) {
        Some(place) => *place = key,
        None => keys.push(key),
    }
    file = with_keys(&file, action, &keys);
    file
}

/// The file after everyone but `keep` has lost this key.
#[must_use]
pub fn release(file: &KeymapFile, key: Shortcut, keep: Action) -> KeymapFile {
    let mut file = file.clone();
    for other in Keymap::new(&file).wanted_by(key) {
        if other != keep {
            file = without(&file, other, key);
        }
    }
    file
}

/// The file after an action lost a key.
#[must_use]
pub fn without(file: &KeymapFile, action: Action, key: Shortcut) -> KeymapFile {
    let map = Keymap::new(file);
    let keys: Vec<Shortcut> = map
        .keys_of(action)
        .iter()
        .copied()
        .filter(|one| !same(*one, key))
        .collect();
    with_keys(file, action, &keys)
}

/// The file after an action has its preset's keys again.
#[must_use]
pub fn reset(file: &KeymapFile, action: Action) -> KeymapFile {
    let mut file = file.clone();
    file.keys.remove(&id(action));
    file
}

/// What an action is called.
#[must_use]
pub fn label(action: Action) -> &'static str {
    action::of(action).map_or("", |entry| entry.label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rating::ColorLabel;

    fn file(preset: &str, keys: &[(&str, &[&str])]) -> KeymapFile {
        KeymapFile {
            preset: preset.to_owned(),
            keys: keys
                .iter()
                .map(|(name, keys)| ((*name).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect()))
                .collect(),
            ..KeymapFile::default()
        }
    }

    fn key(text: &str) -> Shortcut {
        parse(text).expect(text)
    }

    #[test]
    fn every_key_of_the_table_can_be_written_and_read_again() {
        let mut ids = HashSet::new();
        for entry in TABLE {
            assert!(ids.insert(id(entry.action)), "{:?}", entry.action);
            assert_eq!(action_of_id(&id(entry.action)), Some(entry.action));
            for shortcut in entry.keys.iter().filter(|(_, key)| *key != Key::Escape) {
                let read = parse(&file_text(*shortcut)).unwrap_or_else(|why| panic!("{why}"));
                assert!(same(read, *shortcut), "{}", file_text(*shortcut));
            }
        }
        assert_eq!(id(Action::Label(ColorLabel::Red)), "label-red");
        assert_eq!(id(Action::BackUpSelection), "back-up-selection");
        assert!(same(key("ctrl+shift+z"), key("Ctrl Shift Z")));
        assert!(same(key("Ctrl +"), (Modifiers::COMMAND, Key::Plus)));
        for wrong in ["", "Ctrl", "Hyper Z", "Tab", "Ctrl C", "Esc", "Ctrl Ctrl"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn presets_are_read_whole_and_have_no_conflict() {
        for (preset, (name, text)) in presets().iter().zip(PRESET_TEXTS) {
            let read = KeymapFile::parse(text).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert_eq!(preset.file, read);
            assert!(!read.title.is_empty(), "{name}");
            assert!(text.starts_with("//"), "{name} names its sources");
            let map = Keymap::new(&file(name, &[]));
            assert_eq!(map.problems, [""; 0], "{name}");
            assert_eq!(map.conflicts, [], "{name}");
            // Nobody is locked out: what every preset must leave a key to.
            for action in [
                Action::Palette,
                Action::CheatSheet,
                Action::Undo,
                Action::Next,
                Action::Pick,
            ] {
                assert!(!map.keys_of(action).is_empty(), "{name} has no key for {action:?}");
            }
        }
    }

    #[test]
    fn a_preset_gives_the_keys_that_its_program_has() {
        let of = |preset: &str, text: &str| Keymap::new(&file(preset, &[])).action_of(key(text));
        assert_eq!(of("default", "P"), Some(Action::Pick));
        assert_eq!(of("lightroom", "P"), Some(Action::Pick));
        assert_eq!(of("lightroom", "Shift P"), None, "pick and go on, and reject nothing");
        assert_eq!(of("lightroom", "Shift 6"), None, "red and go on");
        assert_eq!(of("photo-mechanic", "/"), Some(Action::Rescan));
        assert_eq!(of("digikam", "Space"), Some(Action::Next));
        assert_eq!(of("digikam", "Ctrl Home"), Some(Action::First));
        assert_eq!(of("photo-mechanic", "T"), Some(Action::Pick));
        assert_eq!(of("photo-mechanic", "Ctrl 3"), Some(Action::Rate(3)));
        assert_eq!(of("photo-mechanic", "3"), None, "a class that has no label here");
        assert_eq!(
            of("digikam", "Ctrl 2"),
            Some(Action::Rate(2)),
            "and no longer the backup page"
        );
        assert_eq!(of("digikam", "Alt 1"), Some(Action::Reject));
        assert_eq!(of("darktable", "R"), Some(Action::Reject));
        assert_eq!(of("darktable", "F1"), Some(Action::Label(ColorLabel::Red)));
    }

    #[test]
    fn a_key_bound_twice_is_a_conflict_with_both_names() {
        let mine = file("default", &[("info", &["P"])]);
        let map = Keymap::new(&mine);
        let [conflict] = map.conflicts.as_slice() else {
            panic!("{:?}", map.conflicts)
        };
        assert_eq!(conflict.actions, [Action::Pick, Action::Info]);
        assert_eq!(map.action_of(key("P")), Some(Action::Info), "what the person wrote");
        let settled = Keymap::new(&release(&mine, key("P"), Action::Info));
        assert_eq!(settled.conflicts, []);
        assert_eq!(settled.keys_of(Action::Pick), []);
        let settled = Keymap::new(&release(&mine, key("P"), Action::Pick));
        assert_eq!(
            (settled.conflicts.len(), settled.action_of(key("P"))),
            (0, Some(Action::Pick))
        );
        // Two lines of the person's own: nothing is done rather than the wrong thing.
        let map = Keymap::new(&file("default", &[("pick", &["K"]), ("reject", &["K"])]));
        assert_eq!(map.action_of(key("K")), None);
        assert_eq!(map.conflicts[0].now, None);
    }

    #[test]
    fn rebinding_takes_the_key_from_whoever_had_it_and_reset_gives_it_back() {
        let start = KeymapFile::default();
        let bound = bind(&start, Action::Pick, key("I"), Some(key("P")));
        let map = Keymap::new(&bound);
        assert_eq!(map.keys_of(Action::Pick), [key("I")]);
        assert_eq!(map.keys_of(Action::Info), []);
        assert!(map.is_own(Action::Pick) && map.is_own(Action::Info) && map.conflicts.is_empty());
        // The same key again changes nothing; what is as in the preset has no line.
        assert_eq!(bind(&bound, Action::Pick, key("I"), Some(key("I"))), bound);
        assert_eq!(bind(&start, Action::Pick, key("P"), None), start);
        let back = reset(&reset(&bound, Action::Pick), Action::Info);
        assert_eq!(back, start);
        let more = bind(&start, Action::Pick, key("L"), None);
        assert_eq!(Keymap::new(&more).keys_of(Action::Pick), [key("P"), key("L")]);
        assert_eq!(without(&more, Action::Pick, key("L")), start);
    }

    #[test]
    fn what_is_not_understood_is_said_and_kept() {
        let mine = file("emacs", &[("fly", &["P"]), ("pick", &["Hyper P", "K"])]);
        let map = Keymap::new(&mine);
        assert_eq!(map.problems.len(), 3, "{:?}", map.problems);
        assert_eq!(map.keys_of(Action::Pick), [key("K")]);
        let changed = bind(&mine, Action::Reject, key("R"), None);
        assert_eq!(changed.keys.get("fly"), mine.keys.get("fly"));
    }
}
