//! New names for photos: a pattern with a few tokens, and how one new stem goes to all files of a photo, so that what
//! belongs together by its name still does.

use super::time::{CaptureTime, DAY_MS};
use std::fmt;

/// The pattern where none is given: sorted by name, photos lie in the order in which they were taken, and the camera's own
/// number stays.
pub const DEFAULT_PATTERN: &str = "{date}_{time}_{name}";
/// The longest name of a file, in bytes: file systems take 255, and a move may need some of them for a moment.
pub const MAX_NAME: usize = 230;
/// Digits of a counter that says nothing of them.
const SEQ_DIGITS: usize = 3;
/// The most digits that a counter may have.
const MAX_DIGITS: usize = 9;

/// What stands for something of the photo.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token {
    /// `2024-06-01`, the day on which it was taken, by the camera's clock and a person's shift of it.
    Date,
    /// `170320`, hours, minutes and seconds.
    Time,
    /// `2024`.
    Year,
    /// `06`.
    Month,
    /// `01`.
    Day,
    /// Its name until now, without the extension.
    Name,
    /// A counter of so many digits at least.
    Seq(usize),
    /// `Canon EOS R6`.
    Camera,
}

/// The tokens as people type them, and what each stands for.
pub const TOKENS: [(&str, &str); 8] = [
    ("{date}", "2024-06-01, the day it was taken"),
    ("{time}", "170320, hours, minutes and seconds"),
    ("{year}", "2024"),
    ("{month}", "06"),
    ("{day}", "01"),
    ("{name}", "its name until now"),
    ("{seq}", "001, 002 and so on; {seq:5} for five digits"),
    ("{camera}", "Canon EOS R6"),
];

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Text(String),
    Token(Token),
}

/// A pattern that was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    parts: Vec<Part>,
}

/// What a photo gives to its new name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given<'a> {
    /// When it was taken.
    pub taken: Option<CaptureTime>,
    /// Its stem until now.
    pub name: &'a str,
    /// Its camera.
    pub camera: Option<&'a str>,
    /// Its number in line.
    pub seq: u64,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err("A new name is missing.".to_owned());
        }
        while let Some((before, after)) = rest.split_once('{') {
            let Some((word, behind)) = after.split_once('}') else {
                return Err("A { has no } behind it.".to_owned());
            };
            push_text(&mut parts, before)?;
            parts.push(Part::Token(token(word)?));
            rest = behind;
        }
        push_text(&mut parts, rest)?;
        Ok(Self { parts })
    }

    /// Whether two photos can get two names by it.
    #[must_use]
    pub fn tells_apart(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Token(_)))
    }

    /// The new stem.
    ///
    /// # Errors
    /// A sentence where the photo does not know what the pattern asks for, or the name cannot be one.
    pub fn stem(&self, given: &Given<'_>) -> Result<String, String> {
        let mut stem = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => stem.push_str(text),
                Part::Token(token) => stem.push_str(&value(*token, given)?),
            }
        }
        let stem = stem.trim_end_matches(['.', ' ']).trim_start().to_owned();
        if stem.is_empty() {
            return Err("Its new name would be empty.".to_owned());
        }
        if stem.starts_with('.') {
            return Err("A name that begins with a dot is hidden; choose another.".to_owned());
        }
        Ok(stem)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Token(Token::Seq(digits)) if *digits != SEQ_DIGITS => write!(f, "{{seq:{digits}}}")?,
                Part::Token(token) => f.write_str(match token {
                    Token::Date => "{date}",
                    Token::Time => "{time}",
                    Token::Year => "{year}",
                    Token::Month => "{month}",
                    Token::Day => "{day}",
                    Token::Name => "{name}",
                    Token::Seq(_) => "{seq}",
                    Token::Camera => "{camera}",
                })?,
            }
        }
        Ok(())
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) -> Result<(), String> {
    if text.contains('}') {
        return Err("A } has no { before it.".to_owned());
    }
    if let Some(bad) = text.chars().find(|c| !may_stand_in_a_name(*c)) {
        return Err(if bad == '/' {
            "A name cannot have a / in it. To put photos into another folder, move them.".to_owned()
        } else {
            format!("A name cannot have {bad:?} in it: some disks and programs refuse it.")
        });
    }
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
    Ok(())
}

fn token(word: &str) -> Result<Token, String> {
    let lower = word.trim().to_lowercase();
    let (name, digits) = match lower.split_once(':') {
        Some((name, digits)) => (name.trim(), Some(digits.trim())),
        None => (lower.as_str(), None),
    };
    let token = match name {
        "date" => Token::Date,
        "time" => Token::Time,
        "year" => Token::Year,
        "month" => Token::Month,
        "day" => Token::Day,
        "name" => Token::Name,
        "camera" => Token::Camera,
        "seq" => {
            let digits = match digits {
                None => SEQ_DIGITS,
                Some(text) => text
                    .parse()
                    .ok()
                    .filter(|count| (1..=MAX_DIGITS).contains(count))
                    .ok_or_else(|| format!("{{seq}} has 1 to {MAX_DIGITS} digits, as in {{seq:4}}."))?,
            };
            return Ok(Token::Seq(digits));
        }
        _ => {
            let known: Vec<&str> = TOKENS.iter().map(|(token, _)| *token).collect();
            return Err(format!("There is no {{{word}}}. There are {}.", known.join(", ")));
        }
    };
    match digits {
        None => Ok(token),
        Some(_) => Err(format!("{{{name}}} takes no number of digits; {{seq:4}} does.")),
    }
}

/// Characters that no file system of the field refuses in a name: neither those of Unix nor those of Windows and of the
/// disks that both read.
fn may_stand_in_a_name(c: char) -> bool {
    !c.is_control() && !matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

fn value(token: Token, given: &Given<'_>) -> Result<String, String> {
    let day = || {
        let taken = given.taken.and_then(|taken| Some((taken, taken.date()?)));
        taken.ok_or_else(|| "Nothing says when it was taken, and its new name would need that.".to_owned())
    };
    Ok(match token {
        Token::Date => {
            let (_, (year, month, day)) = day()?;
            format!("{year:04}-{month:02}-{day:02}")
        }
        Token::Time => {
            let seconds = day()?.0.wall_ms.rem_euclid(DAY_MS) / 1000;
            format!("{:02}{:02}{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        }
        Token::Year => format!("{:04}", day()?.1.0),
        Token::Month => format!("{:02}", day()?.1.1),
        Token::Day => format!("{:02}", day()?.1.2),
        Token::Name => given.name.to_owned(),
        Token::Seq(digits) => format!("{:0digits$}", given.seq),
        Token::Camera => {
            let camera = given.camera.map(|camera| {
                let clean = camera.chars().map(|c| if may_stand_in_a_name(c) { c } else { '-' });
                clean.collect::<String>()
            });
            camera.ok_or_else(|| "Nothing says which camera took it, and its new name would need that.".to_owned())?
        }
    })
}

/// The stem that all these names share, of which `shown` is the one that names the photo; each name goes on with an
/// extension, or with `_HEVC.` and one. In the bytes of names; letters count as equal in either case.
#[must_use]
pub fn shared_stem(shown: &[u8], names: &[&[u8]]) -> Option<Vec<u8>> {
    let mut stem = stem_of(shown);
    loop {
        // Without an extension only the photo's own file may be: `PXL_1.MP` beside `PXL_1.MP.jpg` is named after its stem's stem.
        let fits = |name: &&[u8]| rest_after(stem, name).is_some_and(|rest| !rest.is_empty() || *name == shown);
        if names.iter().all(fits) {
            return Some(stem.to_vec());
        }
        let shorter = stem_of(stem);
        if shorter.len() == stem.len() {
            return None;
        }
        stem = shorter;
    }
}

/// A name without its extension, in bytes: as `split_name`.
fn stem_of(name: &[u8]) -> &[u8] {
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0);
    name.get(..dot.unwrap_or(name.len())).unwrap_or(name)
}

/// What a name has behind this stem: nothing, an extension, or a mark and an extension. `None` where it has another stem.
#[must_use]
pub fn rest_after<'n>(stem: &[u8], name: &'n [u8]) -> Option<&'n [u8]> {
    let (head, rest) = name.split_at_checked(stem.len())?;
    let same = head.eq_ignore_ascii_case(stem)
        || String::from_utf8_lossy(head).to_lowercase() == String::from_utf8_lossy(stem).to_lowercase();
    let hevc = |rest: &[u8]| rest.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"_hevc."));
    (same && (rest.is_empty() || rest.first() == Some(&b'.') || hevc(rest))).then_some(rest)
}

/// The name of a file under a new stem; `None` where the file goes by another stem than its photo.
#[must_use]
pub fn renamed(old_stem: &[u8], new_stem: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    rest_after(old_stem, name).map(|rest| [new_stem, rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: &str) -> Given<'_> {
        Given {
            taken: CaptureTime::from_parts((2024, 6, 1), (17, 3, 20), 250),
            name,
            camera: Some("Canon EOS R6"),
            seq: 7,
        }
    }

    fn stem(pattern: &str) -> Result<String, String> {
        Pattern::parse(pattern).and_then(|pattern| pattern.stem(&given("IMG_1")))
    }

    #[test]
    fn tokens_become_what_they_stand_for() {
        for (pattern, expect) in [
            (DEFAULT_PATTERN, "2024-06-01_170320_IMG_1"),
            ("{year}{month}{day}-{seq}", "20240601-007"),
            ("Rome {seq:5}", "Rome 00007"),
            ("{CAMERA} {name}", "Canon EOS R6 IMG_1"),
            (" rome ", "rome"),
            ("{name}.", "IMG_1"),
        ] {
            assert_eq!(stem(pattern).as_deref(), Ok(expect), "{pattern}");
            let parsed = Pattern::parse(pattern).expect("read");
            assert_eq!(Pattern::parse(&parsed.to_string()), Ok(parsed), "{pattern}");
        }
        for (token, _) in TOKENS {
            assert!(stem(token).is_ok(), "{token}");
        }
    }

    #[test]
    fn what_can_be_no_name_is_refused_with_a_sentence() {
        for (pattern, word) in [
            ("", "missing"),
            ("{name", "no }"),
            ("name}", "no {"),
            ("{album}", "There is no {album}"),
            ("{date:4}", "digits"),
            ("{seq:0}", "1 to 9"),
            ("{seq:12}", "1 to 9"),
            ("a/b", "move them"),
            ("a:b", "':'"),
            (".x", "hidden"),
            ("...", "empty"),
        ] {
            let said = stem(pattern).expect_err(pattern);
            assert!(said.contains(word), "{pattern}: {said}");
        }
        let undated = Given {
            taken: None,
            camera: None,
            ..given("a")
        };
        for pattern in ["{date}", "{time}", "{camera}"] {
            let said = Pattern::parse(pattern)
                .expect("read")
                .stem(&undated)
                .expect_err("unknown");
            assert!(said.starts_with("Nothing says"), "{said}");
        }
        let odd = Given {
            camera: Some("A/B:C"),
            ..given("a")
        };
        let made = Pattern::parse("{camera}").expect("read").stem(&odd);
        assert_eq!(made.as_deref(), Ok("A-B-C"), "a camera leads into no other folder");
    }

    #[test]
    fn one_stem_is_found_for_all_files_of_a_photo() {
        for (names, stem, renamed_to) in [
            (
                vec!["IMG_1.JPG", "IMG_1.CR2", "img_1.xmp", "IMG_1.CR2.xmp"],
                "IMG_1",
                vec!["rome.JPG", "rome.CR2", "rome.xmp", "rome.CR2.xmp"],
            ),
            (
                vec!["IMG_1.HEIC", "IMG_1_HEVC.MOV"],
                "IMG_1",
                vec!["rome.HEIC", "rome_HEVC.MOV"],
            ),
            (
                vec!["PXL_1.MP.jpg", "PXL_1.MP"],
                "PXL_1",
                vec!["rome.MP.jpg", "rome.MP"],
            ),
            (vec!["PXL_1.MP.jpg"], "PXL_1.MP", vec!["rome.jpg"]),
            (vec!["a.b.jpg", "a.b.xmp"], "a.b", vec!["rome.jpg", "rome.xmp"]),
            (vec!["noext"], "noext", vec!["rome"]),
        ] {
            let bytes: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
            let found = shared_stem(bytes[0], &bytes).expect("one");
            assert_eq!(String::from_utf8_lossy(&found), stem);
            let new: Vec<Option<Vec<u8>>> = bytes.iter().map(|name| renamed(&found, b"rome", name)).collect();
            let expect: Vec<Option<Vec<u8>>> = renamed_to.iter().map(|name| Some(name.as_bytes().to_vec())).collect();
            assert_eq!(new, expect);
        }
        assert_eq!(shared_stem(b"a.jpg", &[b"a.jpg", b"b.xmp"]), None);
        assert_eq!(shared_stem(b"IMG_1.jpg", &[b"IMG_1.jpg", b"IMG_12.xmp"]), None);
        // A name that is no UTF-8 keeps every byte of what is behind the stem.
        let odd: &[u8] = b"\xff\xfe1.jpg";
        let stem = shared_stem(odd, &[odd, b"\xff\xfe1.jpg.xmp"]).expect("one");
        assert_eq!(stem, b"\xff\xfe1");
        assert_eq!(renamed(&stem, b"a", b"\xff\xfe1.jpg.xmp"), Some(b"a.jpg.xmp".to_vec()));
    }
}
