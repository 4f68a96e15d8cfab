//! How text is compared in searches: without regard to case in any script, by part, by wildcard, or by path components.
//! One definition serves the search in memory and the search in SQL.

/// The text as comparisons see it: lower case, character by character.
///
/// No other character folds to an ASCII one (the Kelvin sign stays itself), so that an ASCII needle is found in a text
/// exactly where SQLite's `LIKE`, which knows the case of ASCII only, finds it.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        // Most text is ASCII, which goes by the run.
        let plain = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let (plain, odd) = rest.split_at(plain);
        folded.push_str(plain);
        let begin = folded.len() - plain.len();
        if let Some(run) = folded.get_mut(begin..) {
            run.make_ascii_lowercase();
        }
        let mut chars = odd.chars();
        match chars.next() {
            None => return folded,
            Some('ς') => folded.push('σ'),
            Some(c) if c.to_lowercase().any(|lower| lower.is_ascii()) => folded.push(c),
            Some(c) => folded.extend(c.to_lowercase()),
        }
        rest = chars.as_str();
    }
}

/// Whether a pattern has a wildcard: `*` for any characters, `?` for one.
#[must_use]
pub fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// Whether the whole text fits the pattern of `*` and `?`; both already folded.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to go on when a guess for the last `*` was too short: after the star, and one character further on.
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let mut after = pattern.clone();
        match after.next() {
            Some('*') => {
                pattern = after;
                retry = Some((pattern.clone(), text.clone()));
                continue;
            }
            expected => {
                let found = text.next();
                let fits = match (expected, found) {
                    (None, None) => return true,
                    (Some('?'), Some(_)) => true,
                    (Some(a), Some(b)) => a == b,
                    _ => false,
                };
                if fits {
                    pattern = after;
                    continue;
                }
            }
        }
        let Some((star, mut from)) = retry.take() else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        pattern = star.clone();
        text = from.clone();
        retry = Some((star, from));
    }
}

/// Whether the text has the pattern in it, or, for a pattern with wildcards, fits it as a whole. The pattern is folded
/// already, the text is not.
#[must_use]
pub fn found_in(pattern: &str, text: &str) -> bool {
    let text = fold(text);
    if is_glob(pattern) {
        glob(pattern, &text)
    } else {
        text.contains(pattern)
    }
}

/// Whether `path` is, or lies below, what the pattern names: the pattern's components are found one after the other
/// somewhere in the path's, or at its beginning where the pattern starts with `/`. `a/b` finds `a/b`, `a/b/c` and
/// `x/a/b`, not `a/bc`; each component may have wildcards. The pattern is folded already, the path is not.
#[must_use]
pub fn is_at_or_below(pattern: &str, path: &str) -> bool {
    let path = fold(path);
    let wanted: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if wanted.is_empty() {
        return true;
    }
    let fits = |run: &[&str]| run.iter().zip(&wanted).all(|(part, wanted)| glob(wanted, part));
    let mut runs = parts.windows(wanted.len());
    if pattern.starts_with('/') {
        runs.next().is_some_and(fits)
    } else {
        runs.any(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_in_every_script() {
        for (text, folded) in [
            ("IMG_0001.JPG", "img_0001.jpg"),
            ("Zürich", "zürich"),
            ("МОСКВА", "москва"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδος", "οδοσ"),
            ("\u{212a}", "\u{212a}"),
            ("İ", "İ"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn wildcards() {
        for (pattern, text, fits) in [
            ("img_00*", "img_0001.jpg", true),
            ("img_00*", "dsc_0001.jpg", false),
            ("*.cr2", "a.cr2", true),
            ("*.cr2", "a.cr2.xmp", false),
            ("a*b*c", "axxbyybzc", true),
            ("a*b*c", "axxbyybz", false),
            ("img_?.jpg", "img_1.jpg", true),
            ("img_?.jpg", "img_12.jpg", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("?", "ü", true),
            ("**a", "bca", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn paths_by_components() {
        for (pattern, path, fits) in [
            ("a/b", "A/B", true),
            ("a/b", "a/b/c", true),
            ("a/b", "x/a/b", true),
            ("/a/b", "x/a/b", false),
            ("/a/b", "/a/b/c", true),
            ("a/b", "a/bc", false),
            ("a/b", "a", false),
            ("20*", "/photos/2024/x", true),
            ("wedding/", "/photos/Wedding", true),
        ] {
            assert_eq!(is_at_or_below(pattern, path), fits, "{pattern} in {path}");
        }
    }
}
