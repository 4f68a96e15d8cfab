//! One file's way to one store, as a pure state machine: what may follow what, and what a kill at any point leaves.

use serde::{Deserialize, Serialize};

/// Where a job stands. Every state up to `Done` may be interrupted and begun again: each step is idempotent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// In line.
    #[default]
    Queued,
    /// Being read and hashed.
    Hashing,
    /// Bytes are on their way.
    Uploading,
    /// Being read back.
    Verifying,
    /// Its record is being written to the store's log.
    Recording,
    /// Its receipt is kept.
    Done,
    /// Failed in a way that may pass; tried again later.
    Waiting,
    /// Failed in a way that needs a person.
    Blocked,
}

impl JobState {
    /// Every state, in the order of the catalog's numbers.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Hashing,
        Self::Uploading,
        Self::Verifying,
        Self::Recording,
        Self::Done,
        Self::Waiting,
        Self::Blocked,
    ];

    /// The catalog's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The state of the catalog's number.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }

    /// What a person reads in the queue.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Queued => "Waiting",
            Self::Hashing => "Reading",
            Self::Uploading => "Sending",
            Self::Verifying => "Reading back",
            Self::Recording => "Recording",
            Self::Done => "Safe",
            Self::Waiting => "Will be tried again",
            Self::Blocked => "Needs you",
        }
    }

    /// Whether a worker has it in hand.
    #[must_use]
    pub fn is_running(self) -> bool {
        matches!(
            self,
            Self::Hashing | Self::Uploading | Self::Verifying | Self::Recording
        )
    }

    /// Whether this state may follow on `self`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use JobState::{Blocked, Done, Hashing, Queued, Recording, Uploading, Verifying, Waiting};
        match next {
            // A person's retry, or a restart after a kill.
            Queued => self != Done,
            Waiting | Blocked => self.is_running() || self == Queued,
            Hashing => matches!(self, Queued | Waiting),
            Uploading => self == Hashing,
            // The same content may be there already, put by another device: then nothing is sent, but it is read back.
            Verifying => matches!(self, Hashing | Uploading),
            Recording => self == Verifying,
            Done => self == Recording,
        }
    }
}

/// How long to wait before the next try, in milliseconds: 1 s doubling to one hour.
#[must_use]
pub fn backoff_ms(attempt: u32) -> i64 {
    let doubled = 1000_i64.checked_shl(attempt.min(20)).unwrap_or(i64::MAX);
    doubled.min(3_600_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_is_only_reached_over_a_read_back() {
        for from in JobState::ALL {
            assert_eq!(from.may_become(JobState::Done), from == JobState::Recording);
            assert_eq!(from.may_become(JobState::Recording), from == JobState::Verifying);
        }
        assert!(!JobState::Done.may_become(JobState::Queued));
    }

    #[test]
    fn backoff_is_bounded() {
        assert_eq!(backoff_ms(0), 1000);
        assert_eq!(backoff_ms(3), 8000);
        assert_eq!(backoff_ms(u32::MAX), 3_600_000);
    }
}
