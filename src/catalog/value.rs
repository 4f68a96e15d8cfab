//! Values of ours as SQLite keeps them.

use crate::model::content::ContentId;
use rusqlite::types::Type;

/// The content id of a column's text.
pub(in crate::catalog) fn content_value(text: &str) -> rusqlite::Result<ContentId> {
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
