//! The architecture, kept by a test: which file may import which (I7, I8), which door leads to which danger, how a file
//! begins, how long it may be, which words it may not use, and that each invariant is cited by a test. Sources are read
//! as text with comments, strings and test modules taken out; each rule is shown to fail on a made-up source.

use std::{fs, path::Path};

/// One source file of `src/`.
struct Source {
    /// Its path below `src/`, with `/`.
    path: String,
    /// As it is written.
    text: String,
    /// Without comments, strings and `#[cfg(test)]` modules; every line is still on its line.
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let code = without_tests(&without_prose(text));
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
        }
    }

    /// Whether this file is, or lies in, one of these places below `src/`.
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            let rest = self.path.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || place.ends_with('/') || rest.starts_with('/'))
        })
    }

    fn complain(&self, at: usize, what: &str) -> String {
        let line = self.code.get(..at).unwrap_or("").matches('\n').count() + 1;
        format!("src/{}:{line}: {what}", self.path)
    }
}

/// Blanks comments, strings and characters, keeping the line breaks.
fn without_prose(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let is = |at: usize, c: char| chars.get(at) == Some(&c);
    while let Some(&c) = chars.get(at) {
        let start = at;
        let word_before = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        if c == '/' && is(at + 1, '/') {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if c == '/' && is(at + 1, '*') {
            let mut depth = 0;
            loop {
                if is(at, '/') && is(at + 1, '*') {
                    (depth, at) = (depth + 1, at + 2);
                } else if is(at, '*') && is(at + 1, '/') {
                    (depth, at) = (depth - 1, at + 2);
                } else {
                    at += 1;
                }
                if depth == 0 || at >= chars.len() {
                    break;
                }
            }
        } else if c == 'r' && !word_before && raw_hashes(&chars, at + 1).is_some() {
            let hashes = raw_hashes(&chars, at + 1).unwrap_or(0);
            at += hashes + 2;
            while at < chars.len() && !(chars[at] == '"' && (1..=hashes).all(|n| is(at + n, '#'))) {
                at += 1;
            }
            at += 1 + hashes;
        } else if c == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += 1 + usize::from(chars[at] == '\\');
            }
            at += 1;
        } else if c == '\'' && (is(at + 2, '\'') || is(at + 1, '\\')) {
            at += 2 + usize::from(is(at + 1, '\\'));
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else {
            out.push(c);
            at += 1;
            continue;
        }
        out.push(' ');
        out.extend(chars[start..at.min(chars.len())].iter().filter(|c| **c == '\n'));
    }
    out
}

/// `#"` or `"` after an `r`: how many `#`.
fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars.get(from..)?.iter().take_while(|c| **c == '#').count();
    (chars.get(from + hashes) == Some(&'"')).then_some(hashes)
}

/// Blanks what `#[cfg(test)]` stands before, up to its closing brace or semicolon.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]") {
        let rest = &out[start..];
        let open = rest.find('{').unwrap_or(rest.len());
        let semicolon = rest.find(';').unwrap_or(rest.len());
        let mut end = rest.len().min(semicolon + 1);
        if open < semicolon {
            let mut depth = 0;
            for (at, c) in rest.char_indices().skip_while(|(at, _)| *at < open) {
                depth += i32::from(c == '{') - i32::from(c == '}');
                if depth == 0 {
                    end = at + 1;
                    break;
                }
            }
        }
        let blank: String = rest[..end].chars().filter(|c| *c == '\n').collect();
        out.replace_range(start..start + end, &blank);
    }
    out
}

/// Where a word stands in the code, not inside a longer word.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let starts = word.starts_with(part) && before.is_some_and(part);
        let goes_on = word.ends_with(part) && after.is_some_and(part);
        !starts && !goes_on
    })
}

/// The floors, from the lowest; what stands on one line is one floor, and does not import its neighbour.
const FLOORS: [&[&str]; 8] = [
    &["model"],
    &["sys", "media"],
    &["remote", "catalog"],
    &["library", "store"],
    &["backup"],
    &["engine"],
    &["ui", "cli"],
    &["main"],
];
/// The two wings: neither knows the other (I8).
const NEAR: [&str; 2] = ["catalog", "library"];
const FAR: [&str; 2] = ["remote", "store"];
/// All that a face may import (I1).
const FOR_FACES: [&str; 2] = ["engine", "model"];
/// Imports that break the table, each with its reason: `(file or folder, what it imports, why)`.
const EXCEPTIONS: [(&str, &str, &str); 1] = [(
    "media/",
    "sys",
    "decoding is given its cancel and progress (`Cx`), which live in sys::task",
)];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn module_of(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or(path)
}

/// Every path that the code names in full: those of `use`, written out one by one, and the rest of the code as it is.
fn paths(code: &str) -> (Vec<(usize, String)>, String) {
    let mut found = Vec::new();
    let mut rest = code.to_owned();
    for at in words(code, "use ") {
        let end = code[at..].find(';').map_or(code.len(), |length| at + length);
        let mut all = Vec::new();
        expand("", &code[at + 4..end], &mut all);
        found.extend(all.into_iter().map(|path| (at, path)));
        let blank: String = code[at..end]
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        if blank.len() == end - at {
            rest.replace_range(at..end, &blank);
        }
    }
    (found, rest)
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expand(before: &str, tree: &str, found: &mut Vec<String>) {
    let (mut depth, mut start) = (0, 0);
    let ends = tree.char_indices().chain([(tree.len(), ',')]);
    for (at, c) in ends {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            let part = tree[start..at].trim();
            start = (at + 1).min(tree.len());
            match part.split_once('{') {
                Some((head, inner)) => {
                    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
                    expand(&format!("{before}{}", head.trim()), inner, found);
                }
                None if part.is_empty() => {}
                None => found.push(format!("{before}{part}")),
            }
        }
    }
}

/// Every module of this crate that the code names, by `crate::` or, in `main.rs`, by `safelight::`.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let (used, rest) = paths(&source.code);
    let mut found = Vec::new();
    for start in ["crate::", "safelight::"] {
        let in_use = used
            .iter()
            .filter_map(|(at, path)| Some((*at, first_word(path.strip_prefix(start)?))));
        found.extend(in_use);
        found.extend(words(&rest, start).map(|at| (at, first_word(&rest[at + start.len()..]))));
    }
    found.retain(|(_, name)| floor(name).is_some());
    found
}

fn first_word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

fn check_floors(source: &Source) -> Vec<String> {
    let own = module_of(&source.path);
    let Some(own_floor) = floor(own) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    for (at, name) in imports(source) {
        if EXCEPTIONS
            .iter()
            .any(|(place, what, _)| source.is_in(&[place]) && name == *what)
        {
            continue;
        }
        let wall = |one: &[&str], other: &[&str]| one.contains(&own) && other.contains(&name.as_str());
        if name != own && floor(&name) >= Some(own_floor) {
            wrong.push(source.complain(at, &format!("I8: {own} is not above {name}, and must not import it")));
        } else if wall(&NEAR, &FAR) || wall(&FAR, &NEAR) {
            wrong.push(source.complain(at, &format!("I8: {own} and {name} are different wings")));
        } else if ["ui", "cli"].contains(&own) && name != own && !FOR_FACES.contains(&name.as_str()) {
            wrong.push(source.complain(at, &format!("I1: a face imports engine and model only, not {name}")));
        }
    }
    wrong
}

/// What leads to a danger, and the only places that may name it.
const DOORS: [(&[&str], &[&str], &str); 14] = [
    (
        &["std::fs"],
        &["sys/real.rs", "sys/lock.rs"],
        "I7: the file system is reached by sys::fs only",
    ),
    (
        &["SystemTime", "Instant::now"],
        &["sys/clock.rs", "sys/real.rs"],
        "I7: the clock is sys::clock",
    ),
    (
        &["getrandom"],
        &["sys/clock.rs"],
        "I7: randomness is sys::clock::random_hex",
    ),
    (
        &["thread::spawn", "thread::Builder", "thread::sleep"],
        &["sys/task.rs"],
        "I16: threads are sys::task's",
    ),
    (
        &["process::Command", "Command::new"],
        &["sys/"],
        "I1: nothing starts other programs",
    ),
    (&["rusqlite"], &["catalog/"], "I7: SQL is in catalog/ only"),
    (
        &[
            "image::",
            "zune_jpeg",
            "zune_core",
            "libjpeg_turbo_rs",
            "exif::",
            "moxcms",
            "fast_image_resize",
        ],
        &["media/"],
        "I5: untrusted bytes are decoded in media/ only",
    ),
    (
        &["notify::"],
        &["library/watch.rs"],
        "only library::watch listens to the file system",
    ),
    (
        &["rustix", "xattr::"],
        &["sys/"],
        "I7: the operating system is reached by sys/ only",
    ),
    (
        &["ureq", "rustls", "socket2"],
        &["remote/http/"],
        "I7: requests go through remote::http only",
    ),
    (
        &["std::net", "TcpStream"],
        &["remote/"],
        "I7: the network is in remote/ only",
    ),
    (
        &[".unlink("],
        &[
            "sys/",
            "remote/folder.rs",
            // Copies that waited for rclone.
            "remote/rclone/spool.rs",
            // The one that takes an original, with a proof.
            "backup/proof.rs",
            // Our own temporary files, and proxies of known hash.
            "backup/optimize.rs",
            "backup/recover.rs",
            "backup/restore.rs",
            "backup/restore_to.rs",
            // Our own temporary files, and sidecars that nobody but us has written.
            "library/sidecar/write.rs",
            // Half copies under our own temporary names.
            "library/relocate/carry.rs",
            // Old daily copies of the catalog.
            "catalog/backups.rs",
        ],
        "I2: files are deleted in the listed files only",
    ),
    (
        &["trash::delete", "trash::Error"],
        &["sys/trash.rs"],
        "I2: photos reach the system's trash through sys::trash only",
    ),
    (
        &["egui", "eframe", "rfd"],
        &["ui/", "ui.rs", "main.rs"],
        "P1: only the window knows egui",
    ),
];

fn check_doors(source: &Source) -> Vec<String> {
    let (used, rest) = paths(&source.code);
    let mut wrong = Vec::new();
    for (tokens, places, why) in DOORS {
        if source.is_in(places) {
            continue;
        }
        for token in tokens {
            // `super::image::Door` and `crate::..::notify` are ours, not the crates of these names.
            let foreign = |code: &str, at: usize| !(token.ends_with("::") && code[..at].ends_with("::"));
            let named = |code: &str| words(code, token).any(|at| foreign(code, at));
            let in_use = used.iter().filter(|(_, path)| named(path)).map(|(at, _)| *at);
            let in_code = words(&rest, token).filter(|at| foreign(&rest, *at));
            for at in in_use.chain(in_code) {
                wrong.push(source.complain(at, &format!("{token} is not allowed here. {why}")));
            }
        }
    }
    wrong
}

/// A file begins with what it is for: a sentence.
fn check_opening(source: &Source) -> Vec<String> {
    let lines = source.text.lines().map_while(|line| line.strip_prefix("//!"));
    let paragraph: Vec<&str> = lines
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect();
    let paragraph = paragraph.join(" ");
    let is_sentence = paragraph.contains(['.', '?']) && paragraph.split_whitespace().count() >= 4;
    if is_sentence {
        Vec::new()
    } else {
        vec![source.complain(0, "a file opens with `//!` and a full sentence on what it is for")]
    }
}

/// `mod.rs` is a face: modules and what it shows of them, nothing of its own.
fn check_faces(source: &Source) -> Vec<String> {
    if !source.path.ends_with("mod.rs") {
        return Vec::new();
    }
    [
        "fn",
        "struct",
        "enum",
        "trait",
        "impl",
        "const",
        "static",
        "type",
        "macro_rules",
    ]
    .into_iter()
    .flat_map(|word| words(&source.code, word).map(move |at| (at, word)))
    .map(|(at, word)| source.complain(at, &format!("mod.rs defines nothing, not even this {word}")))
    .collect()
}

/// Words for which the house has others (architecture, 2.5), where they name a type of ours.
const BANNED: [(&str, &str); 9] = [
    ("Asset", "Photo"),
    ("PhotoItem", "Photo"),
    ("Collection", "Album"),
    ("Tag", "Keyword"),
    ("Tags", "Keyword"),
    ("Stub", "Proxy"),
    ("Placeholder", "Proxy"),
    ("Repository", "Store"),
    ("Bucket", "Store"),
];

fn check_words(source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for definition in ["struct ", "enum ", "trait ", "type "] {
        for at in words(&source.code, definition) {
            let name = first_word(&source.code[at + definition.len()..]);
            if let Some((_, ours)) = BANNED.iter().find(|(word, _)| *word == name) {
                wrong.push(source.complain(at, &format!("we say {ours}, not {name}")));
            }
        }
    }
    wrong
}

/// The most lines of a file.
const MAX_LINES: usize = 720;

fn check_length(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    if lines > MAX_LINES {
        vec![source.complain(
            0,
            &format!("{lines} lines are too many to read in one sitting (at most {MAX_LINES})"),
        )]
    } else {
        Vec::new()
    }
}

/// Every rule that looks at one file.
fn check(source: &Source) -> Vec<String> {
    [
        check_floors,
        check_doors,
        check_opening,
        check_faces,
        check_words,
        check_length,
    ]
    .into_iter()
    .flat_map(|rule| rule(source))
    .collect()
}

fn read_all(folder: &Path, below: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{below}{name}");
        if entry.path().is_dir() {
            read_all(&entry.path(), &format!("{path}/"), found);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).expect("a source is text");
            found.push(Source::new(&path, &text));
        }
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "there are sources in {folder}/");
    found
}

#[test]
fn i7_i8_the_house_is_tidy() {
    let wrong: Vec<String> = sources("src").iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The invariants that a text declares: lines of its documentation that begin with `I1` and so on.
fn declared(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().filter_map(|line| line.trim_start().strip_prefix("//!")) {
        let line = line.trim_start_matches([' ', '-', '*', '|', '`']);
        let digits: String = line
            .strip_prefix('I')
            .unwrap_or("")
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let name = format!("I{digits}");
        if !digits.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Whether a test text cites an invariant: in a comment, or in the name of a test (`fn i6_..`).
fn cites(text: &str, invariant: &str) -> bool {
    let small = invariant.to_lowercase();
    words(text, invariant).next().is_some()
        || text.match_indices(&format!("{small}_")).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            before.is_none_or(|c| !c.is_alphanumeric())
        })
}

/// What of a file is test: all of it in tests/, the test modules in src/.
fn test_text(source: &Source) -> String {
    match source.text.find("#[cfg(test)]") {
        Some(at) => source.text[at..].to_owned(),
        None => String::new(),
    }
}

#[test]
fn each_invariant_is_cited_by_a_test() {
    let declared = declared(include_str!("../../src/lib.rs"));
    let mut tests: Vec<String> = sources("src").iter().map(test_text).collect();
    let ours = sources("tests")
        .into_iter()
        .filter(|source| !source.path.ends_with("tidy.rs"));
    tests.extend(ours.map(|source| source.text));
    // Kept by this file itself.
    tests.push("I7 I8".to_owned());
    let uncited: Vec<&String> = declared
        .iter()
        .filter(|invariant| !tests.iter().any(|text| cites(text, invariant)))
        .collect();
    assert!(
        uncited.is_empty(),
        "declared in src/lib.rs, but no test says that it keeps them: {uncited:?}"
    );
}

/// This source, put there, is found wrong with these words; or is not, where there are none.
fn finds(path: &str, text: &str, expected: &[&str]) {
    let text = format!("//! This is a made-up source.\n{text}");
    let wrong = check(&Source::new(path, &text));
    assert_eq!(wrong.len(), expected.len(), "{path}: {wrong:?}");
    for (wrong, expected) in wrong.iter().zip(expected) {
        assert!(wrong.contains(expected), "{wrong} says nothing of {expected}");
    }
}

#[test]
fn floors_and_walls_can_be_broken() {
    finds("model/a.rs", "use crate::sys::fs::Fs;", &["model is not above sys"]);
    finds(
        "catalog/a.rs",
        "fn f() { crate::library::scan::go() }",
        &["src/catalog/a.rs:2: I8"],
    );
    finds(
        "library/a.rs",
        "use crate::{model::id::PhotoId, store::log::Log};",
        &["library is not above store"],
    );
    finds("store/a.rs", "use crate::catalog::Catalog;", &["different wings"]);
    finds("library/a.rs", "use crate::remote::api::{Key};", &["different wings"]);
    finds(
        "ui/a.rs",
        "use crate::{\n    engine::handle::Handle,\n    sys::dirs::Home,\n};",
        &["a face imports"],
    );
    finds("cli.rs", "use crate::ui::app;", &["cli is not above ui"]);
    finds("sys/a.rs", "use crate::media::decode;", &["sys is not above media"]);
    finds(
        "library/a.rs",
        "use crate::{catalog::{Catalog, store}, model::backup};",
        &[],
    );
    finds(
        "backup/a.rs",
        "use crate::{library::x, store::y, remote::z, sys::{fs::Fs, task::Cx}};",
        &[],
    );
    finds("catalog/a.rs", "use super::error::Result; // crate::store", &[]);
    finds(
        "model/a.rs",
        "#[cfg(test)]\nmod tests { use crate::sys::real; fn f() { {} } }\n",
        &[],
    );
    finds(
        "model/a.rs",
        "#[cfg(test)]\nmod tests { }\nuse crate::sys::real;",
        &["src/model/a.rs:4"],
    );
}

#[test]
fn doors_can_be_broken() {
    finds("library/a.rs", "use std::fs;", &["std::fs is not allowed here"]);
    finds("library/a.rs", "use std::fs::File;", &["std::fs"]);
    finds(
        "library/a.rs",
        "use std::{\n    fs::{self, File},\n    path::Path,\n};",
        &["std::fs", "std::fs"],
    );
    finds(
        "library/a.rs",
        "use std::{path::Path, time::{Duration, SystemTime}};",
        &["SystemTime"],
    );
    finds("sys/real.rs", "use std::fs;", &[]);
    finds("engine/a.rs", "let a = std::time::Instant::now();", &["Instant::now"]);
    finds("engine/a.rs", "std::thread::spawn(f);", &["thread::spawn"]);
    finds("library/a.rs", "use rusqlite::Connection;", &["rusqlite"]);
    finds("ui/a.rs", "let x = image::load(a);", &["image::"]);
    finds(
        "media/a.rs",
        "let x = image::load(a); let y = crate::sys::task::Cx::new();",
        &[],
    );
    finds(
        "engine/a.rs",
        "use super::image::Door; use crate::model::notify::Word;",
        &[],
    );
    finds("library/a.rs", "fs.unlink(path)?;", &[".unlink("]);
    finds("engine/a.rs", "use eframe::egui;", &["egui", "eframe"]);
    finds(
        "library/a.rs",
        "use crate::sys::fs::Fs; use crate::{media::image::Door, model::id};",
        &[],
    );
    finds(
        "engine/a.rs",
        "let a = \"std::fs and rusqlite\"; // egui\n/* std::fs /* rusqlite */ egui */ let c = '\"';",
        &[],
    );
    finds(
        "engine/a.rs",
        "let a = r#\"one \" std::fs\"#; let b = '\\''; std::fs::read(c);",
        &["std::fs"],
    );
    finds(
        "engine/a.rs",
        "fn f<'a>(x: &'a str) -> &'a str { rusqlite::x(x) }",
        &["rusqlite"],
    );
}

#[test]
fn openings_faces_words_and_lengths_can_be_broken() {
    let opening = |text: &str| check(&Source::new("model/a.rs", text)).len();
    assert_eq!(opening("//! Words of the house, one\n//! and all.\n"), 0);
    assert_eq!(opening("//! words\n"), 1);
    assert_eq!(opening("use x;\n"), 1);
    assert_eq!(opening("//! Words of the house\n//!\n//! and more.\n"), 1);
    finds(
        "model/mod.rs",
        "#[expect(clippy::x, reason = \"fn\")]\npub mod a;\npub use a::{A, b};",
        &[],
    );
    finds("model/mod.rs", "pub fn a() {}", &["not even this fn"]);
    finds("model/a.rs", "pub struct Tag;", &["we say Keyword, not Tag"]);
    finds("model/a.rs", "pub struct TagsList; // struct Tag", &[]);
    finds("model/a.rs", &"// line\n".repeat(MAX_LINES), &["721 lines"]);
}

#[test]
fn uncited_invariants_are_found() {
    assert_eq!(
        declared("//! # Invariants\n//! I1 One.\n//! - I12 Twelve, see I3.\n//! It\n// I9 x"),
        ["I1", "I12"]
    );
    assert!(cites("// Keeps I6.", "I6"));
    assert!(cites("fn i6_replay() {}", "I6"));
    assert!(!cites("// I16 and fn i16_x, hi6_x", "I6"));
}
