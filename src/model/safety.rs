//! Safety: every known photo is in exactly one bucket, so that the numbers add up (I13).

use serde::{Deserialize, Serialize};

/// The device number of a store on a server that is this machine: on which of its disks the bytes lie cannot be seen, so it
/// is taken for the photo's own. No disk has this number.
pub const THIS_MACHINE: u64 = u64::MAX;

/// Where a photo stands; a photo of several files stands where its worst file stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Safety {
    /// Only on this machine, and nobody asked for more.
    #[default]
    OnlyHere,
    /// In the queue, or being sent.
    Waiting,
    /// Sent or claimed, not proven.
    Sent,
    /// The photo is proven; what lies beside it (its marks, in a sidecar) was changed since and is not.
    MarksWait,
    /// Read back from a store, every byte compared.
    Safe,
    /// An optimized copy is in place, the original is still held on this disk.
    Held,
    /// An optimized copy is in place, the original is in a store.
    Optimized,
    /// Something went wrong that a person has to look at.
    NeedsYou,
    /// No longer in its folder. Its copies in stores stay.
    Removed,
}

impl Safety {
    /// Every bucket, in the order of the catalog's numbers.
    pub const ALL: [Self; 9] = [
        Self::OnlyHere,
        Self::Waiting,
        Self::Sent,
        Self::MarksWait,
        Self::Safe,
        Self::Held,
        Self::Optimized,
        Self::NeedsYou,
        Self::Removed,
    ];

    /// The catalog's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The bucket of the catalog's number.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }

    /// What the window and the tables call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::OnlyHere => "Only here",
            Self::Waiting => "Waiting",
            Self::Sent => "Copied, not proven",
            Self::MarksWait => "Safe, marks wait",
            Self::Safe => "Safe",
            Self::Held => "Optimized, original held",
            Self::Optimized => "Optimized",
            Self::NeedsYou => "Needs you",
            Self::Removed => "Removed here",
        }
    }

    /// The word used in queries (`safe:held`) and `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::OnlyHere => "only-here",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::MarksWait => "marks-wait",
            Self::Safe => "safe",
            Self::Held => "held",
            Self::Optimized => "optimized",
            Self::NeedsYou => "needs-you",
            Self::Removed => "removed",
        }
    }

    /// The bucket that this word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|safety| safety.word() == word)
    }

    /// Whether a proven copy of all of it exists in a store that answers for it.
    #[must_use]
    pub fn is_proven(self) -> bool {
        matches!(self, Self::Safe | Self::Held | Self::Optimized)
    }
}

/// How many photos, other files, and of both all files and bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Count {
    /// Photos as a person counts them.
    pub photos: u64,
    /// What lies in the folders and is no picture and no film: a text, a sidecar of nothing.
    #[serde(default)]
    pub others: u64,
    /// Files.
    pub files: u64,
    /// Bytes of those files as they lie on this disk.
    pub bytes: u64,
}

/// The whole library by bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Totals {
    /// One count for each bucket, in the order of `Safety::ALL`.
    pub buckets: [Count; 9],
    /// Counted by itself, not as the sum: the two must agree.
    pub all: Count,
}

impl Totals {
    /// The count of one bucket.
    #[must_use]
    pub fn of(&self, safety: Safety) -> Count {
        self.buckets
            .get(usize::from(safety.number()))
            .copied()
            .unwrap_or_default()
    }

    /// The sum of all buckets.
    #[must_use]
    pub fn sum(&self) -> Count {
        self.buckets.iter().fold(Count::default(), |sum, count| Count {
            photos: sum.photos + count.photos,
            others: sum.others + count.others,
            files: sum.files + count.files,
            bytes: sum.bytes + count.bytes,
        })
    }

    /// I13: every photo and every file is in exactly one bucket.
    #[must_use]
    pub fn add_up(&self) -> bool {
        self.sum() == self.all
    }

    /// Photos with a proven copy.
    #[must_use]
    pub fn proven(&self) -> u64 {
        Safety::ALL
            .into_iter()
            .filter(|safety| safety.is_proven())
            .map(|safety| self.of(safety).photos)
            .sum()
    }

    /// Other files with a proven copy.
    #[must_use]
    pub fn proven_others(&self) -> u64 {
        let proven = Safety::ALL.into_iter().filter(|safety| safety.is_proven());
        proven.map(|safety| self.of(safety).others).sum()
    }

    /// Photos and other files that wait for a person: what is in trouble counts whatever it is.
    #[must_use]
    pub fn needs_you(&self) -> u64 {
        let count = self.of(Safety::NeedsYou);
        count.photos + count.others
    }

    /// Whether there is anything, and all of it has a proven copy.
    #[must_use]
    pub fn all_proven(&self) -> bool {
        let all = self.all;
        all.photos + all.others > 0 && (self.proven(), self.proven_others()) == (all.photos, all.others)
    }
}
