//! What room in the cloud costs, and whether a selection fits: needs, what is free, which plan is large enough, in words a
//! person can plan with. Decimal gigabytes throughout, as stores sell them. Pure values; the prices are in
//! `assets/plans.ron` and may be replaced by a file of the person's own.

use super::content::human_bytes;
use serde::Deserialize;

/// Bytes of a gigabyte as it is sold.
const GB: u64 = 1_000_000_000;

/// A plan with a fixed size.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Plan {
    /// Who sells it.
    pub provider: String,
    /// What it is called.
    pub name: String,
    /// Its size, in decimal gigabytes.
    pub gigabytes: u64,
    /// Its price a month, in US dollars; 0 for free.
    pub dollars: f64,
}

impl Plan {
    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.gigabytes.saturating_mul(GB)
    }

    /// `the 200 GB plan ($2.99 a month)`.
    #[must_use]
    pub fn words(&self) -> String {
        if self.dollars > 0.0 {
            format!("the {} plan (${:.2} a month)", self.name, self.dollars)
        } else {
            format!("the free {} plan", self.name)
        }
    }
}

/// Room that is paid by what lies in it.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct ByGigabyte {
    /// Who sells it.
    pub provider: String,
    /// US dollars a gigabyte and month.
    pub dollars: f64,
}

/// Every price we know.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Prices {
    /// When they were looked up, as a month.
    pub as_of: String,
    /// Plans with a fixed size.
    pub plans: Vec<Plan>,
    /// Object storage.
    pub by_gigabyte: Vec<ByGigabyte>,
}

/// The most text that a list of prices may have, in bytes.
pub const MAX_TEXT: u64 = 256 * 1024;

impl Prices {
    /// The prices this version was made with.
    #[must_use]
    pub fn bundled() -> Self {
        // A test reads the bundled file; were it broken all the same, no price is better than no backup.
        Self::parse(include_str!("../../assets/plans.ron")).unwrap_or_default()
    }

    /// Prices from a text; plans come out sorted by size.
    ///
    /// # Errors
    /// A sentence: what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut prices: Self = ron::from_str(text).map_err(|error| error.to_string())?;
        let bad = |dollars: f64| !dollars.is_finite() || dollars < 0.0;
        if prices.plans.iter().any(|plan| plan.gigabytes == 0 || bad(plan.dollars))
            || prices.by_gigabyte.iter().any(|one| bad(one.dollars))
        {
            return Err("a plan has no size, or a price below zero".to_owned());
        }
        prices.plans.sort_by_key(|plan| plan.gigabytes);
        Ok(prices)
    }

    /// The smallest plan that holds so many bytes.
    #[must_use]
    pub fn plan_for(&self, bytes: u64) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.bytes() >= bytes)
    }
}

/// How a store is paid for, as far as its kind tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Paid {
    /// Not at all: a disk of one's own.
    #[default]
    No,
    /// By a plan with a fixed size.
    ByPlan,
    /// By what lies there.
    ByGigabyte,
}

/// Room in a store, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Room {
    /// What may still be written, where it is known.
    pub free: Option<u64>,
    /// The whole size, where it is known.
    pub total: Option<u64>,
    /// What this library has there already.
    pub ours: u64,
    /// The person set the size; the store itself does not say.
    pub by_hand: bool,
}

impl Room {
    /// What is taken in it, by us and by others, as far as it is known.
    #[must_use]
    pub fn used(&self) -> u64 {
        match (self.total, self.free) {
            (Some(total), Some(free)) => total.saturating_sub(free),
            _ => self.ours,
        }
    }
}

/// Whether a selection fits, and what it takes where it does not.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Verdict {
    /// Bytes to send.
    pub needs: u64,
    /// Bytes free there, where known.
    pub free: Option<u64>,
    /// Whether it fits; `None` where nobody says how much room there is.
    pub fits: Option<bool>,
    /// The smallest plan that would hold it beside what is there; only where a plan is what is missing.
    pub plan: Option<Plan>,
    /// All of it in one or two sentences.
    pub sentence: String,
}

/// Looks whether so many bytes fit into this room, and says it in words.
#[must_use]
pub fn verdict(needs: u64, room: Room, paid: Paid, prices: &Prices) -> Verdict {
    let fits = room.free.map(|free| needs <= free);
    let held = room.used().saturating_add(needs);
    let short = fits == Some(false) || (fits.is_none() && paid == Paid::ByPlan);
    let plan = (short && needs > 0 && paid == Paid::ByPlan)
        .then(|| prices.plan_for(held).cloned())
        .flatten();
    let head = match room.free {
        _ if needs == 0 => "Nothing has to be sent".to_owned(),
        Some(free) => format!("This selection needs {}, {} left", human_bytes(needs), are(free)),
        None => format!("This selection needs {}", human_bytes(needs)),
    };
    let tail = match (fits, &plan, paid) {
        _ if needs == 0 => ".".to_owned(),
        (Some(true), ..) => ": it fits.".to_owned(),
        (Some(false), Some(plan), _) => format!(": it fits {}.", plan.words()),
        (Some(false), None, Paid::ByPlan) => {
            ": no plan that we know holds it. Choose fewer photos, or add a second store.".to_owned()
        }
        (Some(false), None, _) => format!(
            ": {} too much. Make room there, choose fewer photos, or add a second store.",
            human_bytes(needs.saturating_sub(room.free.unwrap_or(0)))
        ),
        (None, Some(plan), _) => format!(
            ", and this store does not say what is left: with what is there already, it takes {}. \
             Say how much room you have to be told before it is full.",
            plan.words()
        ),
        (None, None, Paid::ByGigabyte) => by_gigabyte(held, prices),
        (None, None, _) => ", and this store does not say what is left. Say how much room you have to be told \
             before it is full."
            .to_owned(),
    };
    Verdict {
        needs,
        free: room.free,
        fits,
        plan,
        sentence: format!("{head}{tail}"),
    }
}

fn are(bytes: u64) -> String {
    let text = human_bytes(bytes);
    if bytes == 1 {
        format!("{text} is")
    } else {
        format!("{text} are")
    }
}

fn by_gigabyte(held: u64, prices: &Prices) -> String {
    let costs = prices
        .by_gigabyte
        .iter()
        .map(|one| held as f64 / GB as f64 * one.dollars);
    let (low, high) = costs.fold((f64::INFINITY, 0.0_f64), |(low, high), cost| {
        (low.min(cost), high.max(cost))
    });
    if !low.is_finite() {
        return ".".to_owned();
    }
    let money = |dollars: f64| {
        if dollars < 0.01 {
            "less than $0.01".to_owned()
        } else {
            format!("${dollars:.2}")
        }
    };
    let range = if money(low) == money(high) {
        money(low)
    } else {
        format!("{} to {}", money(low), money(high))
    };
    format!(
        "; with what is there already, object storage costs about {range} a month for {}.",
        human_bytes(held)
    )
}

/// How fast a store takes files, measured over its runs: the newer count more. Bytes a second.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Speed {
    per_second: f64,
}

impl Speed {
    /// What was remembered of it.
    #[must_use]
    pub fn remembered(bytes_per_second: u64) -> Self {
        Self {
            per_second: bytes_per_second as f64,
        }
    }

    /// So many bytes went there, and came back, in so many milliseconds. Too little to tell changes nothing.
    pub fn measured(&mut self, bytes: u64, ms: i64) {
        if bytes < 1_000_000 || ms < 500 {
            return;
        }
        let now = bytes as f64 * 1000.0 / ms as f64;
        // A long run says more than a short one: 100 MB weigh as much as everything before.
        let weight = if self.per_second > 0.0 {
            let size = bytes as f64 / 100_000_000.0;
            (size / (size + 1.0)).clamp(0.1, 0.9)
        } else {
            1.0
        };
        self.per_second += (now - self.per_second) * weight;
    }

    /// Bytes a second; 0 where nothing was measured yet.
    #[must_use]
    pub fn bytes_per_second(&self) -> u64 {
        self.per_second as u64
    }

    /// Seconds for so many bytes, where there is a measure.
    #[must_use]
    pub fn seconds(&self, bytes: u64) -> Option<u64> {
        (self.per_second >= 1.0).then(|| (bytes as f64 / self.per_second).ceil() as u64)
    }

    /// `About 2 hours at the speed of the last backups (12.0 MB a second).`
    #[must_use]
    pub fn sentence(&self, bytes: u64) -> Option<String> {
        let seconds = self.seconds(bytes).filter(|_| bytes > 0)?;
        Some(format!(
            "About {} at the speed of the last backups ({} a second).",
            span(seconds),
            human_bytes(self.bytes_per_second())
        ))
    }
}

/// A length of time as a person says it.
#[must_use]
pub fn span(seconds: u64) -> String {
    let plural = |n: u64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match seconds {
        0..90 => plural(seconds.max(1), "second"),
        90..5400 => plural((seconds + 30) / 60, "minute"),
        5400..172_800 => plural((seconds + 1800) / 3600, "hour"),
        _ => plural((seconds + 43_200) / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(free: u64, total: u64) -> Room {
        Room {
            free: Some(free * GB),
            total: Some(total * GB),
            ..Room::default()
        }
    }

    fn sentence(needs: u64, room: Room, paid: Paid) -> String {
        verdict(needs * GB, room, paid, &Prices::bundled()).sentence
    }

    #[test]
    fn the_bundled_prices_are_those_that_are_asked_for() {
        let prices = Prices::parse(include_str!("../../assets/plans.ron")).expect("the bundled file");
        let listed: Vec<(u64, f64)> = prices.plans.iter().map(|plan| (plan.gigabytes, plan.dollars)).collect();
        let asked = [
            (5, 0.0),
            (50, 0.99),
            (200, 2.99),
            (2000, 9.99),
            (6000, 29.99),
            (12_000, 59.99),
        ];
        assert_eq!(listed, asked);
        assert!(!prices.by_gigabyte.is_empty());
    }

    #[test]
    fn a_selection_that_does_not_fit_names_the_plan() {
        assert_eq!(
            sentence(61, room(48, 50), Paid::ByPlan),
            "This selection needs 61 GB, 48 GB are left: it fits the 200 GB plan ($2.99 a month)."
        );
        assert_eq!(
            sentence(6, room(48, 50), Paid::ByPlan),
            "This selection needs 6.0 GB, 48 GB are left: it fits."
        );
        // 180 GB of others are there: the 200 GB plan does not hold 25 more.
        let verdict = verdict(25 * GB, room(20, 200), Paid::ByPlan, &Prices::bundled());
        assert_eq!(verdict.plan.map(|plan| plan.name), Some("2 TB".to_owned()));
        assert!(sentence(20_000, room(48, 50), Paid::ByPlan).contains("no plan that we know"));
    }

    #[test]
    fn exactly_what_is_free_fits_and_one_byte_more_does_not() {
        let fits = |needs| verdict(needs, room(48, 50), Paid::ByPlan, &Prices::bundled()).fits;
        assert_eq!((fits(48 * GB), fits(48 * GB + 1)), (Some(true), Some(false)));
        let full = verdict(48 * GB + 1, room(48, 50), Paid::ByPlan, &Prices::bundled());
        assert_eq!(full.plan.map(|plan| plan.gigabytes), Some(200));
    }

    #[test]
    fn disks_and_object_storage_have_no_plans() {
        assert!(
            sentence(61, room(48, 1000), Paid::No)
                .ends_with("13 GB too much. Make room there, choose fewer photos, or add a second store.")
        );
        let unsaid = Room::default();
        assert!(sentence(100, unsaid, Paid::ByGigabyte).contains("$0.60 to $2.30 a month for 100 GB"));
        assert!(sentence(100, unsaid, Paid::ByPlan).contains("it takes the 200 GB plan"));
        assert!(sentence(100, unsaid, Paid::No).contains("does not say what is left"));
        assert_eq!(sentence(0, unsaid, Paid::ByPlan), "Nothing has to be sent.");
    }

    #[test]
    fn broken_prices_are_refused() {
        for text in [
            "",
            "(plans: [(provider: \"x\", name: \"y\", gigabytes: 0, dollars: 1.0)])",
            "(by_gigabyte: [(provider: \"x\", dollars: -1.0)])",
        ] {
            assert!(Prices::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_speed_follows_what_is_measured() {
        let mut speed = Speed::default();
        assert_eq!(speed.seconds(GB), None);
        speed.measured(10, 1000);
        assert_eq!(speed.bytes_per_second(), 0, "ten bytes tell nothing");
        speed.measured(100_000_000, 10_000);
        assert_eq!(speed.bytes_per_second(), 10_000_000);
        assert_eq!(speed.seconds(GB), Some(100));
        for _ in 0..20 {
            speed.measured(400_000_000, 20_000);
        }
        assert_eq!(
            speed.bytes_per_second() / 1_000_000,
            19,
            "it has come near to 20 MB a second"
        );
        assert_eq!(speed.sentence(0), None);
        assert_eq!(span(100), "2 minutes");
        assert_eq!(span(7300), "2 hours");
    }
}
