//! Reading copies back. The only place where a receipt is written (I3), from a `Checked` value that only a full read-back
//! in the store layer makes. Also the sweep over many copies, with the freeze when too many are wrong at once (rule 11).

use super::{
    bridge::Bridge,
    error::{Error, Result},
    policy::ABSENCE_APART_MS,
};
use crate::{
    catalog::stores::StoreRow,
    model::{id::StoreId, receipt::Receipt, time::Timestamp},
    remote::api::{ErrorKind, Key},
    store::{error::Error as StoreError, object::Checked, store::Store},
    sys::task::Cx,
};

/// The receipt that a finished read-back earns.
fn receipt_of(checked: &Checked, at: Timestamp) -> Receipt {
    Receipt {
        store: checked.store().clone(),
        content: checked.content(),
        size: checked.size(),
        key: checked.key().to_string(),
        claimed_at: at,
        server_hash_at: None,
        first_read_back_at: Some(at),
        read_back_at: Some(at),
        damaged: false,
    }
}

/// Keeps the receipt of a read-back that has just been done.
///
/// # Errors
/// The catalog's.
pub fn keep(bridge: &Bridge, checked: &Checked) -> Result<Receipt> {
    let receipt = receipt_of(checked, bridge.clock.now());
    bridge.catalog.record_receipt(&receipt)?;
    Ok(receipt)
}

/// The key that a receipt names.
///
/// # Errors
/// It is none: then the copy cannot be found, and is not proven.
pub fn key_of(receipt: &Receipt) -> Result<Key> {
    Key::new(receipt.key.clone()).map_err(|error| Error::Store(error.into()))
}

/// Reads one copy back in full and keeps the outcome: a new time in its receipt, or damage where two reads in a row gave
/// other bytes, or the first or second witness of an absence.
///
/// # Errors
/// The copy is not proven; the sentence says why. A store that is away says nothing about the copy.
pub fn read_back(bridge: &Bridge, store: &Store, row: &StoreRow, receipt: &Receipt, cx: &Cx) -> Result<()> {
    let key = key_of(receipt)?;
    match store.read_back(&key, &receipt.content, receipt.size, cx) {
        Ok(checked) => {
            keep(bridge, &checked)?;
            Ok(())
        }
        Err(error @ StoreError::WrongBytes { .. }) => {
            // One bad read may be the wire's or the memory's fault; the second, with the canary in between, is the store's.
            store.canary(cx)?;
            match store.read_back(&key, &receipt.content, receipt.size, cx) {
                Ok(checked) => {
                    keep(bridge, &checked)?;
                    Ok(())
                }
                Err(StoreError::WrongBytes { .. }) => {
                    bridge.catalog.record_damage(&row.id, &receipt.content)?;
                    Err(error.into())
                }
                Err(other) => Err(other.into()),
            }
        }
        Err(error @ StoreError::Missing { .. }) => {
            store.canary(cx)?;
            bridge
                .catalog
                .record_absence(&row.id, &receipt.content, bridge.clock.now(), ABSENCE_APART_MS)?;
            Err(error.into())
        }
        Err(error) if error.kind() == ErrorKind::Cancelled => Err(Error::Cancelled),
        Err(error) => Err(error.into()),
    }
}

/// Which copies a sweep reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sweep {
    /// Every copy.
    All,
    /// The so many that were not checked for the longest time.
    Sample(usize),
    /// The copies of these contents.
    Contents(Vec<crate::model::content::ContentId>),
}

/// How a sweep ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SweepReport {
    /// Copies whose every byte matched.
    pub whole: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Copies that are damaged or not there: key and sentence.
    pub bad: Vec<(String, String)>,
    /// Stores that could not be asked: name and sentence.
    pub away: Vec<(String, String)>,
}

/// So many copies are always looked at as accidents; more at once is the store's fault, not the photos' (rule 11).
fn too_many(bad: usize, looked: usize) -> bool {
    bad > 5.max(looked / 100)
}

/// Reads copies back, store by store.
///
/// # Errors
/// The catalog's, and `Cancelled`; a store that is away is in the report.
pub fn sweep(bridge: &Bridge, only: Option<&StoreId>, what: &Sweep, cx: &Cx) -> Result<SweepReport> {
    let mut report = SweepReport::default();
    for row in bridge
        .catalog
        .stores()?
        .into_iter()
        .filter(|row| only.is_none_or(|id| *id == row.id))
    {
        let store = match bridge.store(&row, cx) {
            Ok(store) => store,
            Err(error) => {
                report.away.push((row.name.clone(), error.to_string()));
                continue;
            }
        };
        let receipts = match what {
            Sweep::All => bridge.catalog.receipts_to_verify(&row.id, usize::MAX >> 1)?,
            Sweep::Sample(count) => bridge.catalog.receipts_to_verify(&row.id, *count)?,
            Sweep::Contents(contents) => {
                let mut found = Vec::new();
                for content in contents {
                    found.extend(bridge.catalog.receipt(&row.id, content)?);
                }
                found
            }
        };
        cx.progress
            .start(receipts.len() as u64, receipts.iter().map(|receipt| receipt.size).sum());
        let mut bad = 0;
        for receipt in &receipts {
            if cx.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            cx.progress.label(&receipt.key);
            match read_back(bridge, &store, &row, receipt, cx) {
                Ok(()) => {
                    report.whole += 1;
                    report.bytes += receipt.size;
                }
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(Error::Store(error)) if error.is_about_the_store() => {
                    report.away.push((row.name.clone(), error.to_string()));
                    break;
                }
                Err(error) => {
                    bad += 1;
                    report.bad.push((receipt.key.clone(), error.to_string()));
                }
            }
            cx.progress.add(1);
        }
        finish_store(bridge, &row, bad, receipts.len(), matches!(what, Sweep::All))?;
    }
    Ok(report)
}

/// Freezes releases when too much is wrong at once, and thaws them when a whole store was read without a fault.
fn finish_store(bridge: &Bridge, row: &StoreRow, bad: usize, looked: usize, whole_store: bool) -> Result<()> {
    if too_many(bad, looked) {
        let reason = format!(
            "{bad} of {looked} copies in {} were damaged or missing at once: that points at the store, not at the photos. \
             Check that the right disk is connected, then run: safelight verify --all",
            row.name
        );
        return bridge.set_frozen(Some(&reason));
    }
    if whole_store && bad == 0 && looked > 0 && bridge.frozen()?.is_some_and(|reason| reason.contains(&row.name)) {
        bridge.set_frozen(None)?;
    }
    let (severity, word) = if bad == 0 {
        (1, "all match".to_owned())
    } else {
        (3, format!("{bad} do not match"))
    };
    bridge.note(severity, format!("Read back {looked} copies in {}, {word}", row.name));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::too_many;

    #[test]
    fn i12_many_at_once_is_the_store() {
        assert!(!too_many(5, 10));
        assert!(too_many(6, 10));
        assert!(!too_many(10, 1000));
        assert!(too_many(11, 1000));
    }
}
