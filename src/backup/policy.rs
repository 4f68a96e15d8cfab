//! How much evidence an original's release takes, and when and in which order files are sent. What can be set can only be
//! set within bounds that keep the promise: zero copies cannot be asked for, and the freshness of a proof is not a setting
//! at all (safety.md, settled choices).

use crate::{
    model::{
        rating::{Flag, Rating},
        time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
    },
    remote::api::ErrorKind,
    sys::{clock::BootTime, network::NetworkState},
};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU8;

/// How old a proof may be when the original goes, on both clocks. Not a setting.
pub const FRESH_MS: i64 = 15 * MINUTE_MS;
/// How far apart two witnesses of an absence must be. Not a setting.
pub const ABSENCE_APART_MS: i64 = 10 * MINUTE_MS;
/// Room that must stay free on the disk beside what is written.
pub const BALLAST_BYTES: u64 = 64 * 1024 * 1024;
/// The long edge of an optimized copy, in pixels, unless a person chose another.
pub const PROXY_EDGE: u32 = 2048;
/// The smallest and the largest long edge that can be chosen.
pub const PROXY_EDGES: std::ops::RangeInclusive<u32> = 640..=4096;

/// How many proven copies a release takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Copies(NonZeroU8);

impl Default for Copies {
    fn default() -> Self {
        Self(NonZeroU8::MIN)
    }
}

impl Copies {
    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0.get())
    }

    /// So many copies; none is not a number of copies.
    #[must_use]
    pub fn new(count: u8) -> Option<Self> {
        NonZeroU8::new(count).map(Self)
    }
}

/// A library's rules for letting originals go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ReleasePolicy {
    /// Copies that must be proven at the moment of release.
    pub min_copies: Copies,
    /// Milliseconds between the first and the last proof.
    pub settle_ms: i64,
    /// Milliseconds that an original is held on this disk after the exchange.
    pub hold_ms: i64,
    /// The long edge of optimized copies, in pixels.
    pub proxy_edge: u32,
}

impl Default for ReleasePolicy {
    fn default() -> Self {
        Self {
            min_copies: Copies::default(),
            settle_ms: DAY_MS,
            hold_ms: 7 * DAY_MS,
            proxy_edge: PROXY_EDGE,
        }
    }
}

impl ReleasePolicy {
    /// The rules for a person who needs the space now: both waits fall away, both proofs and the full read-backs stay.
    #[must_use]
    pub fn free_now(self) -> Self {
        Self {
            settle_ms: 0,
            hold_ms: 0,
            ..self
        }
    }

    /// What is given up by [`Self::free_now`], in plain words.
    #[must_use]
    pub fn free_now_words() -> &'static str {
        "Originals go at once instead of being held on this disk for a week, and the two proofs are taken minutes apart \
         instead of a day. A store that loses data soon after it was written would not be noticed in time."
    }

    /// The waits in words, for plans and dialogs.
    #[must_use]
    pub fn words(self) -> String {
        if self.hold_ms == 0 && self.settle_ms == 0 {
            return "originals are freed at once after a second full read-back".to_owned();
        }
        let span = |ms: i64| {
            let (value, unit) = if ms % DAY_MS == 0 {
                (ms / DAY_MS, "day")
            } else {
                (ms / HOUR_MS, "hour")
            };
            format!("{value} {unit}{}", if value == 1 { "" } else { "s" })
        };
        format!(
            "originals are held on this disk for {} and freed after a second full read-back at least {} after the first",
            span(self.hold_ms),
            span(self.settle_ms)
        )
    }
}

/// Which files of the queue go first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Order {
    /// Picks, then by stars, rejects last; small ones first among equals.
    #[default]
    PicksFirst,
    /// Small files first: many photos are safe soon.
    SmallFirst,
    /// The newest photos first.
    NewestFirst,
    /// The oldest photos first.
    OldestFirst,
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::PicksFirst, Self::SmallFirst, Self::NewestFirst, Self::OldestFirst];

    /// What a person reads.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::PicksFirst => "Picks first",
            Self::SmallFirst => "Small files first",
            Self::NewestFirst => "Newest first",
            Self::OldestFirst => "Oldest first",
        }
    }
}

/// What decides a file's place in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// The photo's stars.
    pub rating: Rating,
    /// Pick or reject.
    pub flag: Flag,
    /// The photo's place in time, milliseconds.
    pub time: i64,
    /// The file's length, bytes.
    pub size: u64,
}

/// A file's place in the queue: the higher number goes first.
#[must_use]
pub fn priority(order: Order, place: Place) -> i64 {
    // A terabyte: no photo is larger, so that sizes never reach into the next class.
    const CLASS: i64 = 1 << 40;
    let small = CLASS - 1 - i64::try_from(place.size).unwrap_or(i64::MAX).min(CLASS - 1);
    match order {
        Order::PicksFirst => {
            let flag = match place.flag {
                Flag::Pick => 2,
                Flag::None => 1,
                Flag::Reject => 0,
            };
            (flag * 10 + i64::from(place.rating.stars())) * CLASS + small
        }
        Order::SmallFirst => small,
        Order::NewestFirst => place.time,
        Order::OldestFirst => place.time.saturating_neg(),
    }
}

/// A part of the day, by the clock on the wall, in minutes since midnight; may go over midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hours {
    /// Its first minute.
    pub from: u16,
    /// The first minute that is outside again.
    pub to: u16,
}

const DAY_MINUTES: u16 = 24 * 60;

impl Hours {
    /// From a text like `22:00-7:00` or `22-7`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let minute = |text: &str| {
            let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
            let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        };
        let (from, to) = text.split_once(['-', '\u{2013}'])?;
        let hours = Self {
            from: minute(from)?,
            to: minute(to)?,
        };
        (hours.from != hours.to).then_some(hours)
    }

    /// Whether this minute of the day is in it. Nonsense from a settings file means every minute.
    #[must_use]
    pub fn has(self, minute: u16) -> bool {
        let (from, to) = (self.from % DAY_MINUTES, self.to % DAY_MINUTES);
        match from <= to {
            true => from == to || (from..to).contains(&minute),
            false => minute >= from || minute < to,
        }
    }

    /// Minutes from this minute of the day until it begins.
    #[must_use]
    pub fn until(self, minute: u16) -> u16 {
        (self.from % DAY_MINUTES + DAY_MINUTES - minute % DAY_MINUTES) % DAY_MINUTES
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let clock = |minute: u16| format!("{}:{:02}", minute / 60, minute % 60);
        write!(f, "{} to {}", clock(self.from), clock(self.to))
    }
}

/// What a person allows the queue: when, over which network, how fast, in which order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SendRules {
    /// Only in these hours; always without.
    pub hours: Option<Hours>,
    /// Wait on networks that cost by the byte. Stores on this machine's own disks do not wait.
    pub spare_metered: bool,
    /// The person says that this network costs by the byte: where the system does not know.
    pub metered_by_hand: bool,
    /// The most bytes a second, in all.
    pub bandwidth: Option<u64>,
    /// Which files first.
    pub order: Order,
}

impl Default for SendRules {
    fn default() -> Self {
        Self {
            hours: None,
            spare_metered: true,
            metered_by_hand: false,
            bandwidth: None,
            order: Order::default(),
        }
    }
}

impl SendRules {
    /// Why nothing is sent to a store now, if so: a sentence. `local_minute` is the minute of the day on the wall.
    #[must_use]
    pub fn hold(&self, over_network: bool, network: &NetworkState, local_minute: u16) -> Option<String> {
        if let Some(hours) = self.hours.filter(|hours| !hours.has(local_minute)) {
            return Some(format!(
                "Sending waits until {}:{:02}: you chose to send from {hours} only.",
                hours.from / 60,
                hours.from % 60
            ));
        }
        let metered = self.metered_by_hand || network.metered == Some(true);
        (over_network && self.spare_metered && metered).then(|| {
            "Sending waits for another network: this one costs by the byte. \
             It goes on by itself, or choose to send over metered networks."
                .to_owned()
        })
    }
}

/// Why a whole store waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StorePause {
    /// It cannot be reached.
    Away,
    /// It is full.
    Full,
    /// It does not know us, or not any more.
    SignedOut,
    /// It needs a person: replaced, too new, or not to be understood.
    Person,
}

impl StorePause {
    /// Every kind, in the order of the catalog's numbers.
    pub const ALL: [Self; 4] = [Self::Away, Self::Full, Self::SignedOut, Self::Person];

    /// The catalog's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What kind of pause a failure of the whole store means.
    #[must_use]
    pub fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Auth => Self::SignedOut,
            ErrorKind::Full => Self::Full,
            ErrorKind::Unsupported | ErrorKind::Permanent | ErrorKind::Corrupt => Self::Person,
            _ => Self::Away,
        }
    }

    /// A word for the card.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Away => "Cannot be reached",
            Self::Full => "Full",
            Self::SignedOut => "Signed out",
            Self::Person => "Needs you",
        }
    }

    /// Milliseconds until it is tried again by itself after so many failures in a row; `None`: only a person helps.
    #[must_use]
    pub fn retry_ms(self, failures: u32) -> Option<i64> {
        let (first, most) = match self {
            // A cable or a station passed: back in seconds. A night without power: asked every ten minutes.
            Self::Away => (30 * SECOND_MS, 10 * MINUTE_MS),
            // Room appears when somebody makes it; keys when somebody renews them.
            Self::Full | Self::SignedOut => (10 * MINUTE_MS, 6 * HOUR_MS),
            Self::Person => return None,
        };
        Some(first.saturating_mul(1_i64 << failures.min(16)).min(most))
    }
}

/// Notices that the machine slept or that its network is another one: both mean that a store which was away may be back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wakes {
    last: Option<(BootTime, Option<String>)>,
}

/// A beat that comes so late was a sleep.
const SLEPT_MS: i64 = 90 * SECOND_MS;

impl Wakes {
    /// Looks at both; call it more often than once a minute.
    pub fn look(&mut self, now: BootTime, network: &NetworkState) -> bool {
        let before = self.last.replace((now, network.connection.clone()));
        before.is_some_and(|(at, connection)| {
            now.0.saturating_sub(at.0) > SLEPT_MS || (connection != network.connection && network.connection.is_some())
        })
    }
}

/// How many files are sent at once: feels its way to where more brings nothing, and falls back where the place or the wire
/// shows that it is too much. Pure: it is told what happened and says a number.
#[derive(Clone, PartialEq, Debug)]
pub struct Pace {
    now: usize,
    most: usize,
    /// What the last whole window brought, in bytes a millisecond.
    last: f64,
    grew: bool,
    window: Window,
    /// Windows to stay at this number before more is tried again.
    rest: u32,
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Window {
    began: Option<i64>,
    bytes: u64,
    files: usize,
    errors: usize,
}

/// A window is at least so long, in milliseconds of the boot clock, and has at least two files for each sender.
const WINDOW_MS: i64 = 2_000;

impl Pace {
    /// Begins with two at once, or fewer where fewer are allowed.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            now: most.min(2),
            most,
            last: 0.0,
            grew: false,
            window: Window::default(),
            rest: 0,
        }
    }

    /// How many at once.
    #[must_use]
    pub fn at_once(&self) -> usize {
        self.now
    }

    /// A file went through, or failed in a way that the wire or the place may be the cause of.
    pub fn told(&mut self, now: BootTime, bytes: u64, trouble: bool) {
        let began = *self.window.began.get_or_insert(now.0);
        self.window.bytes = self.window.bytes.saturating_add(bytes);
        self.window.files += 1;
        self.window.errors += usize::from(trouble);
        if trouble && self.window.errors > 1 {
            // Twice in one window is no accident: half as many, and a rest.
            self.now = (self.now / 2).max(1);
            self.rest = 4;
            (self.grew, self.last, self.window) = (false, 0.0, Window::default());
            return;
        }
        let passed = now.0.saturating_sub(began);
        if passed < WINDOW_MS || self.window.files < self.now * 2 {
            return;
        }
        let rate = self.window.bytes as f64 / passed.max(1) as f64;
        self.window = Window::default();
        if self.rest > 0 {
            self.rest -= 1;
        } else if self.grew && rate < self.last * 1.1 {
            // One more brought nothing: back, and not again soon.
            self.now = (self.now - 1).max(1);
            self.rest = 8;
            self.grew = false;
        } else if self.now < self.most {
            self.now += 1;
            self.grew = true;
        } else {
            self.grew = false;
        }
        self.last = rate;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(flag: Flag, stars: u8, size: u64) -> Place {
        Place {
            rating: Rating::new(stars).expect("stars"),
            flag,
            time: 0,
            size,
        }
    }

    #[test]
    fn picks_go_first_then_stars_then_small_files() {
        let sorted = [
            place(Flag::Pick, 5, 900),
            place(Flag::Pick, 5, 901),
            place(Flag::Pick, 0, 1),
            place(Flag::None, 5, 1),
            place(Flag::None, 0, u64::MAX),
            place(Flag::Reject, 5, 1),
        ];
        for pair in sorted.windows(2) {
            let number = |at: usize| priority(Order::PicksFirst, pair[at]);
            assert!(number(0) > number(1), "{pair:?}");
        }
        let (small, large) = (place(Flag::None, 0, 1), place(Flag::Pick, 5, 2));
        assert!(priority(Order::SmallFirst, small) > priority(Order::SmallFirst, large));
        let (old, new) = (Place { time: 1, ..small }, Place { time: 2, ..small });
        assert!(priority(Order::NewestFirst, new) > priority(Order::NewestFirst, old));
        assert!(priority(Order::OldestFirst, old) > priority(Order::OldestFirst, new));
    }

    #[test]
    fn hours_may_go_over_midnight() {
        let night = Hours::parse("22:00-7").expect("hours");
        assert_eq!(night, Hours { from: 1320, to: 420 });
        for (minute, inside) in [
            (1319, false),
            (1320, true),
            (0, true),
            (419, true),
            (420, false),
            (720, false),
        ] {
            assert_eq!(night.has(minute), inside, "{minute}");
        }
        assert_eq!(night.until(1300), 20);
        assert_eq!(night.until(1330), 1430);
        let day = Hours::parse("9:30 - 17:00").expect("hours");
        assert!(day.has(570) && !day.has(1020) && !day.has(569));
        for bad in ["", "22", "24-7", "22:60-7", "7-7", "a-b"] {
            assert_eq!(Hours::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn rules_hold_back_with_a_sentence() {
        let metered = NetworkState {
            metered: Some(true),
            connection: None,
        };
        let rules = SendRules {
            hours: Hours::parse("22-7"),
            ..SendRules::default()
        };
        let said = rules.hold(false, &NetworkState::default(), 720).expect("held");
        assert!(said.contains("until 22:00"), "{said}");
        assert_eq!(rules.hold(true, &NetworkState::default(), 1330), None);
        assert!(
            rules
                .hold(true, &metered, 1330)
                .is_some_and(|said| said.contains("costs by the byte"))
        );
        assert_eq!(
            rules.hold(false, &metered, 1330),
            None,
            "a disk costs nothing by the byte"
        );
        let by_hand = SendRules {
            metered_by_hand: true,
            ..SendRules::default()
        };
        assert!(by_hand.hold(true, &NetworkState::default(), 0).is_some());
        let careless = SendRules {
            spare_metered: false,
            ..SendRules::default()
        };
        assert_eq!(careless.hold(true, &metered, 0), None);
    }

    #[test]
    fn a_store_that_waits_is_asked_again_ever_more_rarely() {
        assert_eq!(StorePause::Away.retry_ms(0), Some(30_000));
        assert_eq!(StorePause::Away.retry_ms(1), Some(60_000));
        assert_eq!(StorePause::Away.retry_ms(40), Some(600_000));
        assert_eq!(StorePause::Full.retry_ms(u32::MAX), Some(6 * HOUR_MS));
        assert_eq!(StorePause::Person.retry_ms(0), None);
    }

    #[test]
    fn sleep_and_another_network_are_noticed() {
        let on = |name: &str| NetworkState {
            metered: None,
            connection: Some(name.to_owned()),
        };
        let mut wakes = Wakes::default();
        assert!(
            !wakes.look(BootTime(0), &on("a")),
            "the first look knows nothing before it"
        );
        assert!(!wakes.look(BootTime(60_000), &on("a")));
        assert!(wakes.look(BootTime(60_000 + SLEPT_MS + 1), &on("a")), "it slept");
        assert!(wakes.look(BootTime(60_000 + SLEPT_MS + 2), &on("b")), "another network");
        assert!(
            !wakes.look(BootTime(60_000 + SLEPT_MS + 3), &NetworkState::default()),
            "none is no news to try on"
        );
    }

    /// A wire with room for `room` senders at once: more share it.
    fn feel(pace: &mut Pace, room: usize, windows: usize, trouble_above: usize) -> Vec<usize> {
        let mut now = 0;
        (0..windows)
            .map(|_| {
                let at_once = pace.at_once();
                let each = 1_000_000 * at_once.min(room) as u64;
                for file in 0..at_once * 2 {
                    now += 2_500 / (at_once as i64 * 2) + 1;
                    pace.told(
                        BootTime(now),
                        each / at_once as u64,
                        at_once > trouble_above && file % 2 == 0,
                    );
                }
                pace.at_once()
            })
            .collect()
    }

    #[test]
    fn the_pace_finds_the_room_of_the_wire() {
        let found = feel(&mut Pace::new(8), 5, 60, usize::MAX);
        assert!(found.iter().any(|at| *at >= 5), "{found:?}");
        let settled = &found[20..];
        assert!(settled.iter().all(|at| (4..=7).contains(at)), "{found:?}");
        let wide = feel(&mut Pace::new(8), 100, 30, usize::MAX);
        assert_eq!(wide.last(), Some(&8), "{wide:?}");
        let narrow = feel(&mut Pace::new(1), 100, 5, usize::MAX);
        assert!(narrow.iter().all(|at| *at == 1));
    }

    #[test]
    fn the_pace_gives_way_to_trouble() {
        let found = feel(&mut Pace::new(8), 100, 60, 3);
        assert!(found.iter().all(|at| *at <= 4), "{found:?}");
        assert!(found.contains(&2), "{found:?}");
    }
}
