//! Names of places: a city, its region, its country, and how people who type them mean them.

use super::fold::{fold, is_at_or_below, is_glob};
use serde::{Deserialize, Serialize};

/// The nearest named place to a position.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// The country in English.
    pub country: String,
    /// Its first division: a state, a province; empty where it has none.
    pub region: String,
    /// The city, town or village.
    pub city: String,
    /// The part of a large city; empty where it has no name of its own.
    #[serde(default)]
    pub part: String,
    /// The country's code of two capital letters.
    pub code: String,
}

impl Place {
    /// `Italy/Lazio/Rome/Trastevere`, the larger first; a region that is called as its city or country is said once.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = self.country.clone();
        let region = Some(&self.region).filter(|region| **region != self.city && **region != self.country);
        for part in region
            .into_iter()
            .chain([&self.city, &self.part])
            .filter(|part| !part.is_empty())
        {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
        }
        path
    }

    /// `Rome, Lazio, Italy`, as people say it.
    #[must_use]
    pub fn text(&self) -> String {
        let path = self.path();
        let parts: Vec<&str> = path.rsplit('/').collect();
        parts.join(", ")
    }

    /// Whether it is, or lies in, what this pattern of [`plain`] letters names: `rome`, `italy`, `lazio/rome`, `/italy`,
    /// `it`. Its last name may be the beginning of a word, so that nothing vanishes while it is typed: `par`, `yosemite`
    /// and `valley`. With a slash at its beginning, or with wildcards, it means exactly what it says.
    #[must_use]
    pub fn is_within(&self, pattern: &str) -> bool {
        let path = plain(&self.path());
        fold(&self.code) == pattern || is_at_or_below(pattern, &path) || begins_within(pattern, &path)
    }

    /// Whether a word of [`plain`] letters is in any of its names.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        plain(&self.path()).contains(word)
    }
}

/// Whether the names of the pattern are found one after the other in the path, the last of them by the beginning of a word.
fn begins_within(pattern: &str, path: &str) -> bool {
    if pattern.starts_with('/') || pattern.ends_with('/') || is_glob(pattern) {
        return false;
    }
    let wanted: Vec<&str> = pattern.split('/').filter(|name| !name.is_empty()).collect();
    let Some((last, before)) = wanted.split_last() else {
        return false;
    };
    let names: Vec<&str> = path.split('/').collect();
    names.windows(wanted.len()).any(|run| {
        run.split_last()
            .is_some_and(|(end, begin)| begin == before && begins_a_word(end, last))
    })
}

fn begins_a_word(name: &str, typed: &str) -> bool {
    name.match_indices(typed).any(|(at, _)| {
        let before = name.get(..at).unwrap_or_default().chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric())
    })
}

/// Photos in a country.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CountryCount {
    /// Its name.
    pub country: String,
    /// Photos there.
    pub photos: u64,
    /// Its cities, those with the most photos first.
    pub cities: Vec<CityCount>,
}

/// Photos in a city.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CityCount {
    /// The place.
    pub place: Place,
    /// Photos there.
    pub photos: u64,
}

/// The text without case, accents and spellings around them: the bundled names are written without accents, and `Zürich`,
/// `Zurich` and `Zuerich` are one city to whoever types them.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in fold(text).chars() {
        match bare(c) {
            "" => plain.push(c),
            letters => plain.push_str(letters),
        }
    }
    for (two, one) in [("ae", "a"), ("oe", "o"), ("ue", "u")] {
        plain = plain.replace(two, one);
    }
    plain
}

/// A folded Latin letter without its accent; empty for letters that have none.
fn bare(c: char) -> &'static str {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ả' | 'ạ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' | 'ế' | 'ệ' => "e",
        'ğ' | 'ģ' | 'ĝ' | 'ġ' => "g",
        'ħ' | 'ĥ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' | 'ị' => "i",
        'ķ' => "k",
        'ł' | 'ľ' | 'ļ' | 'ĺ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' | 'ồ' | 'ộ' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' | 'ŗ' => "r",
        'ś' | 'š' | 'ş' | 'ș' | 'ŝ' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' | 'ư' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(country: &str, region: &str, city: &str, code: &str) -> Place {
        Place {
            country: country.to_owned(),
            region: region.to_owned(),
            city: city.to_owned(),
            code: code.to_owned(),
            part: String::new(),
        }
    }

    #[test]
    fn places_as_people_type_them() {
        let rome = place("Italy", "Lazio", "Rome", "IT");
        let valley = place("United States", "California", "Yosemite Valley", "US");
        let zurich = place("Switzerland", "Zurich", "Zuerich", "CH");
        for (text, at, found) in [
            ("rome", &rome, true),
            ("ROME", &rome, true),
            ("italy", &rome, true),
            ("it", &rome, true),
            ("lazio/rome", &rome, true),
            ("/italy", &rome, true),
            ("/rome", &rome, false),
            ("rom", &rome, true),
            ("ome", &rome, false),
            ("lazio/ro", &rome, true),
            ("laz/rome", &rome, false),
            ("rome/", &rome, true),
            ("rom/", &rome, false),
            ("/italy/laz", &rome, false),
            ("/ita", &rome, false),
            ("yosemite", &valley, true),
            ("vall", &valley, true),
            ("california/yos", &valley, true),
            ("semite", &valley, false),
            ("yosemite v*", &valley, true),
            ("yos*y", &valley, true),
            ("yo?", &valley, false),
            ("rom*", &rome, true),
            ("Zürich", &zurich, true),
            ("zurich", &zurich, true),
            ("Zuerich", &zurich, true),
            ("ch", &zurich, true),
        ] {
            assert_eq!(at.is_within(&plain(text)), found, "{text}");
        }
        assert!(rome.contains(&plain("ome")) && !rome.contains(&plain("paris")));
        assert_eq!(
            (rome.path().as_str(), rome.text().as_str()),
            ("Italy/Lazio/Rome", "Rome, Lazio, Italy")
        );
        assert_eq!(
            place("Singapore", "Singapore", "Singapore", "SG").path(),
            "Singapore/Singapore"
        );
        assert_eq!(place("Andorra", "", "El Tarter", "AD").path(), "Andorra/El Tarter");
        assert_eq!(plain("Ærø"), plain("aero"));
        let opera = Place {
            part: "Kirribilli".to_owned(),
            ..place("Australia", "New South Wales", "Sydney", "AU")
        };
        assert_eq!(opera.text(), "Kirribilli, Sydney, New South Wales, Australia");
        for text in ["sydney", "kirribilli", "australia", "sydney/kirribilli"] {
            assert!(opera.is_within(&plain(text)), "{text}");
        }
    }
}
