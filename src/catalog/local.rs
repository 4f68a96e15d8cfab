//! What a query asks of the clock: this moment, and when days begin where the person is. Each connection carries the clock
//! it was opened with, so that SQL and `Query::matches` mean the same days.

use crate::{
    model::{
        query::{Dates, Day},
        time::{DAY_MS, Timestamp},
    },
    sys::clock::Clock,
};
use rusqlite::{Connection, functions::FunctionFlags, types::Value};
use std::sync::Arc;

/// Gives a connection the clock.
///
/// # Errors
/// SQLite's.
pub(in crate::catalog) fn install(connection: &Connection, clock: &Arc<dyn Clock>) -> rusqlite::Result<()> {
    let (moment, midnight, now) = (Arc::clone(clock), Arc::clone(clock), Arc::clone(clock));
    // Within one statement the same asked twice is the same (sqlite.org/c3ref/c_deterministic.html): SQLite asks once.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("now_ms", 0, flags, move |_| Ok(now.now().0))?;
    connection.create_scalar_function("local_moment", 1, flags, move |values| {
        Ok(moment.zone().moment(values.get(0)?))
    })?;
    connection.create_scalar_function("local_midnight", 1, flags, move |values| {
        Ok(midnight.zone().midnight(Timestamp(values.get(0)?)))
    })
}

/// Whether this column is a moment of these dates, and the values of its `?`.
pub(in crate::catalog) fn within_dates(column: &str, dates: Dates) -> (String, Vec<Value>) {
    let (start, end) = dates.span();
    let sides = [(start, i64::MIN, ">="), (end, i64::MAX, "<")];
    let told = sides.into_iter().filter(|(wall_ms, open, _)| wall_ms != open);
    let (sql, values): (Vec<String>, Vec<Value>) = told
        .map(|(wall_ms, _, sign)| (format!("{column} {sign} local_moment(?)"), Value::Integer(wall_ms)))
        .unzip();
    (sql.join(" AND "), values)
}

/// Whether this column is a moment of this day.
pub(in crate::catalog) fn within_day(column: &str, day: Day) -> String {
    let (start, end) = match day {
        Day::Today => (0, DAY_MS),
        Day::Yesterday => (-DAY_MS, 0),
    };
    let side = |sign: &str, from_midnight: i64| {
        format!("{column} {sign} local_moment(local_midnight(now_ms()) + {from_midnight})")
    };
    format!("{} AND {}", side(">=", start), side("<", end))
}
