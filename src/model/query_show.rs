//! Writing a query: `Display` gives the usual text of a query, which `Query::parse` reads back as the same query.

use super::query::{Dates, Expr, Numbers, Query, Term, names_a_file, starts_like_path};
use std::fmt::{self, Display as _};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr().map_or(Ok(()), |root| write!(f, "{root}"))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => term.fmt(f),
            Self::Not(part) => {
                f.write_str("-")?;
                nested(part, f)
            }
            Self::And(parts) => joined(parts, " ", f, nested),
            // `a b OR c` is read as `(a b) OR c`.
            Self::Or(parts) => joined(parts, " OR ", f, |part, f| match part {
                Self::And(_) => part.fmt(f),
                other => nested(other, f),
            }),
        }
    }
}

fn nested(part: &Expr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match part {
        Expr::And(_) | Expr::Or(_) => write!(f, "({part})"),
        Expr::Term(_) | Expr::Not(_) => part.fmt(f),
    }
}

fn joined(
    parts: &[Expr],
    between: &str,
    f: &mut fmt::Formatter<'_>,
    show: fn(&Expr, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        show(part, f)?;
    }
    Ok(())
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        match self {
            Self::Word(word) => f.write_str(&in_text(word, true)),
            Self::Path(path) => f.write_str(&in_text(path, !names_a_file(path))),
            Self::Name(text) => write!(f, "name:{}", in_text(text, false)),
            Self::Keyword(text) => write!(f, "keyword:{}", in_text(text, false)),
            Self::Camera(text) => write!(f, "camera:{}", in_text(text, false)),
            Self::Lens(text) => write!(f, "lens:{}", in_text(text, false)),
            Self::In(text) => write!(f, "in:{}", in_text(text, false)),
            Self::Album(text) => write!(f, "album:{}", in_text(text, false)),
            Self::Place(text) => write!(f, "place:{}", in_text(text, false)),
            Self::Within(bounds) => write!(f, "within:{bounds}"),
            Self::Number(field, numbers) => write!(f, "{}{numbers}", field.word()),
            Self::Flag(flag) => write!(f, "flag:{}", flag.word()),
            Self::Label(label) => write!(f, "label:{}", label.word()),
            Self::Kind(kind) => write!(f, "type:{}", kind.word()),
            Self::Safe(safe) => write!(f, "safe:{}", safe.word()),
            Self::Taken(dates) => write!(f, "taken{dates}"),
            Self::Undated => f.write_str("taken:none"),
            Self::Added(dates) => write!(f, "added{dates}"),
            Self::AddedOn(day) => write!(f, "added:{}", day.word()),
            Self::AddedLast(days) => write!(f, "added:{days}d"),
            Self::Offline(is) => write!(f, "offline:{}", yes(*is)),
            Self::Problem(is) => write!(f, "problem:{}", yes(*is)),
            Self::Has(has) => write!(f, "has:{}", has.word()),
        }
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(x) => write!(f, "<{x}"),
            Self::AtMost(x) => write!(f, "<={x}"),
            Self::Is(x) => write!(f, ":{x}"),
            Self::AtLeast(x) => write!(f, ">={x}"),
            Self::Above(x) => write!(f, ">{x}"),
            Self::Between(from, to) => write!(f, ":{from}..{to}"),
        }
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(date) => write!(f, ":{date}"),
            Self::From(date) => write!(f, ":{date}.."),
            Self::To(date) => write!(f, ":..{date}"),
            Self::Between(from, to) => write!(f, ":{from}..{to}"),
            Self::After(date) => write!(f, ">{date}"),
            Self::Before(date) => write!(f, "<{date}"),
        }
    }
}

/// The text as a value in a query: in quotes where it would be misread without them. A word of its own is misread more
/// easily than the value of a field.
fn in_text(text: &str, alone: bool) -> String {
    let odd = |c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')');
    let like_more = alone
        && (text.starts_with('-')
            || matches!(text, "OR" | "AND" | "NOT")
            || (!starts_like_path(text) && (text.contains([':', '<', '>', '=']) || names_a_file(text))));
    let like_operator = !alone && text.starts_with(['<', '>', '=']);
    let is_plain = !(text.is_empty() || text.contains(odd) || like_more || like_operator);
    if is_plain {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
