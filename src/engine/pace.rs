//! A pace for what is costly to read and always changing: the larger the library, the longer the rest.

use crate::model::time::Timestamp;

/// How many times as long as a reading took nothing is read again: at most a tenth of the time goes into reading,
/// however large the library is.
const REST: i64 = 9;

/// When something costly may be read again.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct Pace {
    began: Timestamp,
    rest_ms: i64,
}

impl Pace {
    pub(in crate::engine) fn is_due(self, now: Timestamp) -> bool {
        // A clock that went back makes it due, too.
        !(0..self.rest_ms).contains(&now.since(self.began))
    }

    pub(in crate::engine) fn rest(&mut self, began: Timestamp, ended: Timestamp) {
        let took = ended.since(began).max(0);
        (self.began, self.rest_ms) = (began, took.saturating_mul(REST + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i16_reading_takes_a_tenth_of_the_time_at_most() {
        let mut pace = Pace::default();
        assert!(pace.is_due(Timestamp(0)), "the first time");
        pace.rest(Timestamp(1000), Timestamp(1150));
        assert!(!pace.is_due(Timestamp(2499)));
        assert!(pace.is_due(Timestamp(2500)));
        assert!(pace.is_due(Timestamp(900)), "the clock went back");
        pace.rest(Timestamp(3000), Timestamp(3000));
        assert!(pace.is_due(Timestamp(3000)), "what costs nothing needs no rest");
    }
}
