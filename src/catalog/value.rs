//! Values of ours as SQLite keeps them.

use super::error::{Error, Result};
use crate::model::content::ContentId;
use rusqlite::types::Type;

/// Values as one text that SQLite reads as a table, with `json_each`: any number of them is one parameter.
///
/// # Errors
/// `Value`.
pub(in crate::catalog) fn listed<T: serde::Serialize>(values: &[T]) -> Result<String> {
    serde_json::to_string(values).map_err(|error| Error::Value(error.to_string()))
}

/// The content id of a column's text.
pub(in crate::catalog) fn content_value(text: &str) -> rusqlite::Result<ContentId> {
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
