//! Reading a query: `Query::parse` takes what a person typed and says where it stopped making sense. What
//! `query_show` writes is read back as the same query.

use super::{
    bounds::Bounds,
    metadata::MediaKind,
    query::{
        Date, Dates, Day, Expr, Has, NumberField, Numbers, Query, SafeIs, Term, is_drive, names_a_file,
        starts_like_path,
    },
    rating::{ColorLabel, Flag},
    safety::Safety,
};
use std::str::FromStr;

/// The longest text that is read, in bytes.
const MAX_TEXT: usize = 16_384;
/// The most questions in one text.
const MAX_TERMS: usize = 500;
/// The most parentheses and `-` inside each other.
const MAX_DEPTH: usize = 50;

/// A field's word, the term it makes of a text, and what is expected after it.
type TextField = (&'static str, fn(String) -> Term, &'static str);

/// Fields that are asked for by text.
const TEXT_FIELDS: [TextField; 7] = [
    ("name", Term::Name, "a file name, such as IMG_00*"),
    ("keyword", Term::Keyword, "a keyword, such as \"Places/Rome\""),
    ("camera", Term::Camera, "a camera, such as \"EOS R6\""),
    ("lens", Term::Lens, "a lens, such as 50mm"),
    ("in", Term::In, "a folder, such as 2024/Wedding"),
    ("album", Term::Album, "an album's name"),
    ("place", Term::Place, "a city, region or country, such as Rome"),
];
/// Fields that are asked for by one of a few words.
const WORD_FIELDS: [&str; 10] = [
    "flag", "label", "type", "safe", "offline", "problem", "has", "taken", "added", "within",
];
/// What people call our fields who come from elsewhere.
const OTHER_NAMES: [(&str, &str); 34] = [
    ("tag", "keyword"),
    ("tags", "keyword"),
    ("keywords", "keyword"),
    ("folder", "in"),
    ("path", "in"),
    ("dir", "in"),
    ("date", "taken"),
    ("year", "taken"),
    ("stars", "rating"),
    ("color", "label"),
    ("colour", "label"),
    ("aperture", "f"),
    ("fnumber", "f"),
    ("kind", "type"),
    ("pick", "flag"),
    ("file", "name"),
    ("filename", "name"),
    ("ext", "name"),
    ("make", "camera"),
    ("model", "camera"),
    ("mm", "focal"),
    ("length", "focal"),
    ("safety", "safe"),
    ("is", "has"),
    ("city", "place"),
    ("country", "place"),
    ("location", "place"),
    ("where", "place"),
    ("collection", "album"),
    ("imported", "added"),
    ("import", "added"),
    ("near", "within"),
    ("bbox", "within"),
    ("area", "within"),
];

/// Why a text is no query.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message} (at character {position})")]
pub struct QueryError {
    /// Where, in characters from 1.
    pub position: usize,
    /// What was expected and what was found there, as a sentence without its full stop.
    pub message: String,
}

type Result<T> = std::result::Result<T, QueryError>;

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl Query {
    /// Reads a query; an empty text asks for everything.
    ///
    /// # Errors
    /// Says where the text stopped making sense and what was expected there.
    pub fn parse(text: &str) -> Result<Self> {
        let mut reader = Reader {
            text,
            at: 0,
            terms: 0,
            depth: 0,
        };
        if text.len() > MAX_TEXT {
            return Err(reader.error_at(0, format!("The search is too long, it may have {MAX_TEXT} characters")));
        }
        reader.skip_space();
        if reader.rest().is_empty() {
            return Ok(Self::everything());
        }
        let root = reader.any_of()?;
        if !reader.rest().is_empty() {
            return Err(reader.error("There is a \")\" without its \"(\""));
        }
        Ok(root.into())
    }

    /// Reads the words of a command line. A word that looks like a path, or that `is_path` says is one, is taken as a
    /// whole, spaces and all; of several paths any may match, as a shell's `*.jpg` means it. The other words are read
    /// as one text, and what they ask for must hold too.
    ///
    /// # Errors
    /// As [`Query::parse`].
    pub fn from_args<S: AsRef<str>>(args: &[S], is_path: impl Fn(&str) -> bool) -> Result<Self> {
        let mut paths = Vec::new();
        let mut words = Vec::new();
        for arg in args.iter().map(AsRef::as_ref) {
            if starts_like_path(arg) || (!arg.is_empty() && is_path(arg)) {
                paths.push(Expr::Term(Term::Path(arg.to_owned())));
            } else {
                words.push(arg);
            }
        }
        let paths = Expr::or(paths).map_or_else(Self::everything, Self::from);
        Ok(paths.and(Self::parse(&words.join(" "))?))
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    terms: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error_at(&self, at: usize, message: impl Into<String>) -> QueryError {
        let before = self.text.get(..at).unwrap_or(self.text);
        QueryError {
            position: before.chars().count() + 1,
            message: message.into(),
        }
    }

    fn error(&self, message: impl Into<String>) -> QueryError {
        self.error_at(self.at, message)
    }

    /// Whether the next word is exactly this one; then it is taken.
    fn keyword(&mut self, word: &str) -> bool {
        let after = self.rest().strip_prefix(word);
        let found = after.is_some_and(|after| {
            let next = after.chars().next();
            next.is_none_or(|c| c.is_whitespace() || c == '(' || c == ')')
        });
        if found {
            self.at += word.len();
            self.skip_space();
        }
        found
    }

    /// `a b OR c`
    fn any_of(&mut self) -> Result<Expr> {
        let mut parts = vec![self.all_of()?];
        while self.keyword("OR") {
            parts.push(self.all_of()?);
        }
        Expr::or(parts).ok_or_else(|| self.error("Something to search for was expected"))
    }

    /// `a b`
    fn all_of(&mut self) -> Result<Expr> {
        let mut parts = vec![self.one()?];
        loop {
            let joined = self.keyword("AND");
            let ends = self.rest().is_empty() || self.rest().starts_with(')') || {
                let mut ahead = Reader { ..*self };
                ahead.keyword("OR")
            };
            if ends && !joined {
                return Expr::and(parts).ok_or_else(|| self.error("Something to search for was expected"));
            }
            parts.push(self.one()?);
        }
    }

    /// `-a`, `(a)`, `a`
    fn one(&mut self) -> Result<Expr> {
        let start = self.at;
        if self.rest().is_empty() {
            return Err(self.error("Something to search for was expected, and the text ends"));
        }
        if self.rest().starts_with(')') {
            return Err(self.error("Something to search for was expected before \")\""));
        }
        if self.keyword("OR") || self.keyword("AND") {
            return Err(self.error_at(start, "Something to search for was expected before OR and AND"));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!(
                "More than {MAX_DEPTH} parentheses inside each other are too many"
            )));
        }
        let negated = self.keyword("NOT") || self.eat("-");
        let expr = if negated {
            if self.peek().is_none_or(char::is_whitespace) {
                return Err(self.error_at(start, "A word or a field was expected directly after \"-\""));
            }
            Expr::Not(Box::new(self.one()?))
        } else if self.eat("(") {
            self.skip_space();
            let inner = self.any_of()?;
            if !self.eat(")") {
                return Err(self.error_at(start, "This \"(\" has no \")\""));
            }
            inner
        } else {
            self.term()?
        };
        self.skip_space();
        self.depth -= 1;
        Ok(expr)
    }

    fn term(&mut self) -> Result<Expr> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(self.error(format!("More than {MAX_TERMS} questions in one search are too many")));
        }
        let start = self.at;
        if let Some(field) = self.field()? {
            return self.value(field, start);
        }
        let quoted = self.rest().starts_with('"');
        let text = self.text_value()?;
        if text.is_empty() {
            return Err(self.error_at(start, "There is nothing between the quotes"));
        }
        let path = starts_like_path(&text) || (!quoted && names_a_file(&text));
        Ok(Expr::Term(if path { Term::Path(text) } else { Term::Word(text) }))
    }

    /// The name of a field and what stands between it and its value: `rating` and `>=`.
    fn field(&mut self) -> Result<Option<(String, &'a str)>> {
        let rest = self.rest();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(letters);
        let operator = [":>=", ":<=", ":>", ":<", ":=", ":", ">=", "<=", ">", "<", "="]
            .into_iter()
            .find(|operator| after.starts_with(operator));
        let Some(operator) = operator.filter(|_| !word.is_empty() && !is_drive(rest)) else {
            return Ok(None);
        };
        let word = word.to_ascii_lowercase();
        if !field_names().any(|name| name == word) {
            if !operator.starts_with(':') {
                return Ok(None);
            }
            let other = OTHER_NAMES.iter().find(|(name, _)| *name == word);
            let hint = other.map_or_else(
                || "Put it in quotes to search for it as text".to_owned(),
                |(_, ours)| format!("Did you mean \"{ours}:\"?"),
            );
            return Err(self.error(format!("There is no field \"{word}\". {hint}")));
        }
        self.at += letters + operator.len();
        let operator = operator.strip_prefix(':').unwrap_or(operator);
        Ok(Some((word, if operator == "=" { "" } else { operator })))
    }

    /// A quoted text, or everything up to a space or the end of the parenthesis.
    fn text_value(&mut self) -> Result<String> {
        let start = self.at;
        if self.eat("\"") {
            let mut text = String::new();
            while let Some(c) = self.peek() {
                self.at += c.len_utf8();
                match c {
                    '"' => return Ok(text),
                    '\\' if self.rest().starts_with(['"', '\\']) => {
                        text.extend(self.peek());
                        self.at += 1;
                    }
                    c => text.push(c),
                }
            }
            return Err(self.error_at(start, "This quote is not closed"));
        }
        let mut open = 0_usize;
        while let Some(c) = self.peek() {
            match c {
                '(' => open += 1,
                ')' if open == 0 => break,
                ')' => open -= 1,
                c if c.is_whitespace() || c == '"' => break,
                _ => {}
            }
            self.at += c.len_utf8();
        }
        Ok(self.text.get(start..self.at).unwrap_or("").to_owned())
    }

    fn value(&mut self, (field, operator): (String, &str), start: usize) -> Result<Expr> {
        let at = self.at;
        let text = self.text_value()?;
        let expected = |what: String| {
            let found = if text.is_empty() {
                "nothing".to_owned()
            } else {
                format!("\"{text}\"")
            };
            self.error_at(at, format!("After \"{field}\" {what} was expected, not {found}"))
        };
        if let Some((_, make, what)) = TEXT_FIELDS.iter().find(|(name, ..)| *name == field) {
            if !operator.is_empty() {
                return Err(self.error_at(start, format!("Write \"{field}:\", this field has no more and less")));
            }
            if text.is_empty() {
                return Err(expected((*what).to_owned()));
            }
            return Ok(Expr::Term(make(text)));
        }
        if let Some(number) = NumberField::ALL.into_iter().find(|number| number.word() == field) {
            let numbers = numbers(number, operator, &text).ok_or_else(|| expected(numbers_wanted(number)))?;
            return Ok(Expr::Term(Term::Number(number, numbers)));
        }
        if field == "taken" {
            if operator.is_empty() && text.eq_ignore_ascii_case("none") {
                return Ok(Expr::Term(Term::Undated));
            }
            let wanted = "a date such as 2024, 2024-06 or 2024-06-30, a stretch such as 2024-06..2024-08, or none";
            let dates = dates(operator, &text).ok_or_else(|| expected(wanted.to_owned()))?;
            return Ok(Expr::Term(Term::Taken(dates)));
        }
        if field == "added" {
            let wanted =
                "today, yesterday, a number of days such as 30d, or a date such as 2024, 2024-06 or 2024-06..2024-08";
            let day = Day::ALL.into_iter().find(|day| text.eq_ignore_ascii_case(day.word()));
            let days = || last_days(&text).map(Term::AddedLast);
            let moving = day.map(Term::AddedOn).or_else(days).filter(|_| operator.is_empty());
            let term = moving.or_else(|| dates(operator, &text).map(Term::Added));
            return term.map(Expr::Term).ok_or_else(|| expected(wanted.to_owned()));
        }
        if !operator.is_empty() {
            return Err(self.error_at(start, format!("Write \"{field}:\", this field has no more and less")));
        }
        if field == "within" {
            let wanted = "south, west, north and east in degrees, such as 41.8,12.4,42,12.6";
            let bounds = Bounds::parse(&text).ok_or_else(|| expected(wanted.to_owned()))?;
            return Ok(Expr::Term(Term::Within(bounds)));
        }
        let one = |word: &str| one_of(&field, &word.to_ascii_lowercase()).map(Expr::Term);
        let terms: Option<Vec<Expr>> = text.split(',').map(one).collect();
        terms
            .and_then(Expr::or)
            .ok_or_else(|| expected(format!("one of {}", words_of(&field).join(", "))))
    }
}

fn field_names() -> impl Iterator<Item = &'static str> {
    TEXT_FIELDS
        .iter()
        .map(|(name, ..)| *name)
        .chain(WORD_FIELDS)
        .chain(NumberField::ALL.map(NumberField::word))
}

/// The names of all fields, for completion in the search box.
#[must_use]
pub fn fields() -> Vec<&'static str> {
    field_names().collect()
}

/// The words that this field can be asked for, for completion in the search box; empty where any text may follow.
#[must_use]
pub fn words_of(field: &str) -> Vec<&'static str> {
    match field {
        "flag" => Flag::ALL.map(Flag::word).to_vec(),
        "label" => ColorLabel::ALL.map(ColorLabel::word).to_vec(),
        "type" => KINDS.map(MediaKind::word).to_vec(),
        "safe" => ["yes", "no"].into_iter().chain(Safety::ALL.map(Safety::word)).collect(),
        "offline" | "problem" => vec!["yes", "no"],
        "has" => Has::ALL.map(Has::word).to_vec(),
        "added" => Day::ALL.map(Day::word).to_vec(),
        _ => Vec::new(),
    }
}

const KINDS: [MediaKind; 5] = MediaKind::ALL;

fn one_of(field: &str, word: &str) -> Option<Term> {
    let yes = match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    match field {
        "flag" => Flag::from_word(word).map(Term::Flag),
        "label" => ColorLabel::from_word(word).map(Term::Label),
        "type" => KINDS.into_iter().find(|kind| kind.word() == word).map(Term::Kind),
        "safe" => match yes {
            Some(true) => Some(Term::Safe(SafeIs::Yes)),
            Some(false) => Some(Term::Safe(SafeIs::No)),
            None => Safety::from_word(word).map(|bucket| Term::Safe(SafeIs::Bucket(bucket))),
        },
        "offline" => yes.map(Term::Offline),
        "problem" => yes.map(Term::Problem),
        "has" => Has::ALL.into_iter().find(|has| has.word() == word).map(Term::Has),
        _ => None,
    }
}

fn numbers_wanted(field: NumberField) -> String {
    match field {
        NumberField::Rating => "a number of stars from 0 to 5, such as 3 or 2..4,".to_owned(),
        NumberField::Iso => "an ISO number such as 1600 or 100..400".to_owned(),
        NumberField::Aperture => "an f-number such as 2.8 or 1.4..2.8".to_owned(),
        NumberField::Focal => "a focal length such as 35 or 35..85".to_owned(),
    }
}

fn number(field: NumberField, text: &str) -> Option<f64> {
    let digits = match field {
        NumberField::Aperture => text.strip_prefix("f/").unwrap_or(text),
        NumberField::Focal => text.strip_suffix("mm").unwrap_or(text),
        _ => text,
    };
    // Nothing but digits and one point: no sign, no exponent, no "inf".
    if digits.is_empty() || digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let value: f64 = digits.parse().ok()?;
    let fits = match field {
        NumberField::Rating => value <= 5.0 && value.fract() == 0.0,
        NumberField::Iso => value.fract() == 0.0,
        _ => true,
    };
    fits.then_some(value)
}

fn numbers(field: NumberField, operator: &str, text: &str) -> Option<Numbers> {
    let number = |text: &str| number(field, text);
    Some(match operator {
        ">=" => Numbers::AtLeast(number(text)?),
        "<=" => Numbers::AtMost(number(text)?),
        ">" => Numbers::Above(number(text)?),
        "<" => Numbers::Below(number(text)?),
        _ => match text.split_once("..") {
            None => Numbers::Is(number(text)?),
            Some(("", to)) => Numbers::AtMost(number(to)?),
            Some((from, "")) => Numbers::AtLeast(number(from)?),
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                if from > to {
                    return None;
                }
                Numbers::Between(from, to)
            }
        },
    })
}

/// `30d`: so many days, at least one.
fn last_days(text: &str) -> Option<u16> {
    let digits = text.strip_suffix(['d', 'D'])?;
    let plain = digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|days| plain && *days > 0)
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let part = |text: &str, width: usize| {
        let fits = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let small = |text: Option<&str>| text.map(|text| part(text, 2).and_then(|n| i8::try_from(n).ok()));
    let year = part(parts.next()?, 4)?;
    let (month, day) = (small(parts.next()), small(parts.next()));
    if parts.next().is_some() || month == Some(None) || day == Some(None) {
        return None;
    }
    Date::new(year, month.flatten(), day.flatten())
}

fn dates(operator: &str, text: &str) -> Option<Dates> {
    Some(match operator {
        ">=" => Dates::From(date(text)?),
        "<=" => Dates::To(date(text)?),
        ">" => Dates::After(date(text)?),
        "<" => Dates::Before(date(text)?),
        _ => match text.split_once("..") {
            None => Dates::In(date(text)?),
            Some(("", to)) => Dates::To(date(to)?),
            Some((from, "")) => Dates::From(date(from)?),
            Some((from, to)) => {
                let (from, to) = (date(from)?, date(to)?);
                if from.span().0 >= to.span().1 {
                    return None;
                }
                Dates::Between(from, to)
            }
        },
    })
}
