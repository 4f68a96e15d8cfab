//! The three marks a person gives with one key: stars, pick or reject, a colour.

use serde::{Deserialize, Serialize};

/// Zero (not rated) to five stars.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Rating(u8);

impl Rating {
    /// A rating of so many stars; `None` above five.
    #[must_use]
    pub fn new(stars: u8) -> Option<Self> {
        (stars <= 5).then_some(Self(stars))
    }

    /// How many stars, 0 to 5.
    #[must_use]
    pub fn stars(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Rating {
    type Error = String;

    fn try_from(stars: u8) -> Result<Self, String> {
        Self::new(stars).ok_or_else(|| format!("a rating is 0 to 5 stars, not {stars}"))
    }
}

impl From<Rating> for u8 {
    fn from(rating: Rating) -> Self {
        rating.0
    }
}

/// Keep it or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flag {
    /// Not decided.
    #[default]
    None,
    /// A keeper.
    Pick,
    /// To be thrown out, in time.
    Reject,
}

impl Flag {
    /// Every flag, in the order of the catalog's numbers.
    pub const ALL: [Self; 3] = [Self::None, Self::Pick, Self::Reject];

    /// The word used on the command line and in queries.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pick => "pick",
            Self::Reject => "reject",
        }
    }

    /// The flag that this word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.word() == word)
    }

    /// The catalog's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The flag of the catalog's number; unknown numbers are no flag.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }
}

/// A colour label; the words are those of `xmp:Label` in the field's default set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorLabel {
    /// No label.
    #[default]
    None,
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Purple.
    Purple,
}

impl ColorLabel {
    /// Every label, in the order of the catalog's numbers.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Red,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Purple,
    ];

    /// The word used on the command line and in queries.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Purple => "purple",
        }
    }

    /// The label that this word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.word() == word)
    }

    /// The catalog's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The label of the catalog's number; unknown numbers are no label.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_stars_do_not_exist() {
        assert_eq!(Rating::new(5).map(Rating::stars), Some(5));
        assert_eq!(Rating::new(6), None);
    }

    #[test]
    fn words_and_numbers_come_back() {
        for flag in Flag::ALL {
            assert_eq!(Flag::from_word(flag.word()), Some(flag));
            assert_eq!(Flag::from_number(flag.number()), flag);
        }
        for label in ColorLabel::ALL {
            assert_eq!(ColorLabel::from_word(label.word()), Some(label));
            assert_eq!(ColorLabel::from_number(label.number()), label);
        }
    }
}
