//! Places on the command line.

use super::run::Context;
use crate::engine::error::Result;
use serde_json::json;

/// `places`: countries with their cities and how many photos are there.
pub fn places(context: &Context) -> Result<u8> {
    let session = context.look()?;
    let countries = session.places()?;
    context.out.document(&json!({ "places": countries }));
    let mut rows = Vec::new();
    for country in &countries {
        rows.push(vec![country.photos.to_string(), country.country.clone(), String::new()]);
        for city in &country.cities {
            rows.push(vec![city.photos.to_string(), String::new(), city.place.city.clone()]);
        }
    }
    if rows.is_empty() {
        context
            .out
            .say("No photo has a position yet. Take positions from a track with: safelight mark QUERY --gpx FILE");
    }
    context.out.table(&["PHOTOS", "COUNTRY", "PLACE"], &rows);
    Ok(0)
}
