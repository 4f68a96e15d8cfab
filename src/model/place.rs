//! Names of places: a city, its region, its country, and how people who type them mean them.

use super::fold::{fold, is_at_or_below};
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
    /// `it`.
    #[must_use]
    pub fn is_within(&self, pattern: &str) -> bool {
        fold(&self.code) == pattern || is_at_or_below(pattern, &plain(&self.path()))
    }

    /// Whether a word of [`plain`] letters is in any of its names.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        plain(&self.path()).contains(word)
    }
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
        let zurich = place("Switzerland", "Zurich", "Zuerich", "CH");
        for (text, at, found) in [
            ("rome", &rome, true),
            ("ROME", &rome, true),
            ("italy", &rome, true),
            ("it", &rome, true),
            ("lazio/rome", &rome, true),
            ("/italy", &rome, true),
            ("/rome", &rome, false),
            ("rom", &rome, false),
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
