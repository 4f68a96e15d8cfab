//! The crash table of safety.md 2.5 as one pure function: what lies at the visible path and at the held path decides,
//! and the journal only says which of the two journeys was under way.

use crate::model::content::ContentId;

/// What was found at a path, by its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// H, the original.
    Original,
    /// R, the proxy.
    Proxy,
    /// Neither.
    Other,
    /// Certainly nothing.
    Nothing,
    /// It cannot be told: an I/O error, no permission, the disk unplugged.
    Unknown,
}

impl Found {
    /// What these bytes are to a swap of `original` and `proxy`.
    #[must_use]
    pub fn of(content: ContentId, original: ContentId, proxy: ContentId) -> Self {
        if content == original {
            Self::Original
        } else if content == proxy {
            Self::Proxy
        } else {
            Self::Other
        }
    }
}

/// Which way the interrupted journey went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Journey {
    /// From original to proxy.
    Optimize,
    /// A proof had let the held original go.
    Release,
    /// From proxy back to original.
    Restore,
}

/// What recovery does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// The original is visible: forget the journey; remove the proxy at the held path if it is there.
    ForgetAndDropProxy,
    /// The proxy is visible, the original is held: that is a finished exchange.
    FinishHeld,
    /// The proxy is visible, the fetched original beside it: exchange them.
    FinishRestore,
    /// The original is only at the held path: give it its name back.
    MoveBack,
    /// Somebody wrote to the original during the exchange: exchange back, what they wrote is the photo now.
    ExchangeBack,
    /// The proxy is visible and nothing is held: the original is gone from this disk.
    Released,
    /// A person edited what is visible while the original is held: both stay, and the person is told.
    KeepBoth,
    /// Both are gone, or nothing fits: the person is told, nothing is touched.
    AskPerson,
    /// It cannot be told now: nothing is touched, the intent stays, later is another try.
    Later,
}

/// The table.
#[must_use]
pub fn decide(journey: Journey, visible: Found, held: Found) -> Action {
    use Found::{Nothing, Original, Other, Proxy, Unknown};
    match (visible, held) {
        (Unknown, _) | (_, Unknown) => Action::Later,
        (Original, Proxy | Nothing) => Action::ForgetAndDropProxy,
        // The original in both places: an exchange that was undone by somebody's copy. The held one is of known hash,
        // but nothing is gained by removing it in a hurry.
        (Original, Original) => Action::AskPerson,
        (Proxy, Original) => match journey {
            Journey::Optimize | Journey::Release => Action::FinishHeld,
            Journey::Restore => Action::FinishRestore,
        },
        (Proxy, Nothing) => match journey {
            Journey::Release => Action::Released,
            // Nothing had been fetched yet, or it was swept: the proxy stands as before.
            Journey::Restore => Action::Released,
            // The original left by no act of ours.
            Journey::Optimize => Action::AskPerson,
        },
        (Proxy, Other) => match journey {
            Journey::Optimize => Action::ExchangeBack,
            Journey::Release | Journey::Restore => Action::AskPerson,
        },
        (Nothing, Original) => Action::MoveBack,
        (Other, Original) => Action::KeepBoth,
        // The original had gone with a proof, and a person has edited the proxy since: theirs is a photo of its own.
        (Other, Nothing) if journey == Journey::Release => Action::Released,
        // A person edited the original before the exchange: theirs is the photo, our proxy is of no use.
        (Other, Proxy | Nothing) => Action::ForgetAndDropProxy,
        // Somebody saved an edit of the proxy while it was exchanged for the original: theirs is what the path shows.
        (Original, Other) if journey == Journey::Restore => Action::ExchangeBack,
        (Original | Other, Other) | (Proxy, Proxy) | (Nothing, Nothing | Proxy | Other) => Action::AskPerson,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Found; 5] = [
        Found::Original,
        Found::Proxy,
        Found::Other,
        Found::Nothing,
        Found::Unknown,
    ];

    #[test]
    fn i2_rows_of_the_contract() {
        use Found::{Nothing, Original, Other, Proxy, Unknown};
        for (visible, held, action) in [
            (Original, Proxy, Action::ForgetAndDropProxy),
            (Original, Nothing, Action::ForgetAndDropProxy),
            (Proxy, Original, Action::FinishHeld),
            (Proxy, Other, Action::ExchangeBack),
            (Nothing, Original, Action::MoveBack),
            (Other, Original, Action::KeepBoth),
            (Unknown, Original, Action::Later),
            (Proxy, Unknown, Action::Later),
        ] {
            assert_eq!(decide(Journey::Optimize, visible, held), action, "{visible:?} {held:?}");
        }
        assert_eq!(decide(Journey::Release, Proxy, Nothing), Action::Released);
        assert_eq!(decide(Journey::Restore, Proxy, Original), Action::FinishRestore);
        assert_eq!(decide(Journey::Restore, Original, Other), Action::ExchangeBack);
    }

    #[test]
    fn i2_no_row_drops_the_only_original() {
        for journey in [Journey::Optimize, Journey::Release, Journey::Restore] {
            for visible in ALL {
                for held in ALL {
                    let action = decide(journey, visible, held);
                    if action == Action::ForgetAndDropProxy {
                        assert_ne!(held, Found::Original, "what is dropped is never the original");
                        assert_ne!(held, Found::Other, "nothing of unknown hash is ever dropped");
                        assert_ne!(visible, Found::Proxy, "something better than the proxy is visible");
                    }
                    if action == Action::Released {
                        assert_ne!(journey, Journey::Optimize, "only a proof releases");
                    }
                    if visible == Found::Unknown || held == Found::Unknown {
                        assert_eq!(action, Action::Later, "an error is never absence");
                    }
                }
            }
        }
    }
}
