//! What a query is asked of: one photo with everything that can be searched of it, and the part of that which is at hand
//! for the whole library.

use super::{
    metadata::MediaKind,
    place::Place,
    rating::{ColorLabel, Flag, Rating},
    safety::Safety,
    time::{Timestamp, Zone},
};

/// What can be searched of one photo.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Subject {
    /// The names of all its files.
    pub names: Vec<String>,
    /// The folder it lies in, from the top, with `/` between parts.
    pub folder: String,
    /// Its keywords.
    pub keywords: Vec<String>,
    /// The albums it was put into by hand, each with those that it lies in: `Trips/Rome`.
    pub albums: Vec<String>,
    /// The smart albums that find it, in the same way.
    pub smart_albums: Vec<String>,
    /// The title; empty for none.
    pub title: String,
    /// The caption; empty for none.
    pub caption: String,
    /// The camera.
    pub camera: Option<String>,
    /// The lens.
    pub lens: Option<String>,
    /// What needs no text, no list and no look elsewhere.
    pub columns: Columns,
    /// Its root is unplugged.
    pub offline: bool,
    /// Focal length in millimetres.
    pub focal_mm: Option<f64>,
    /// Degrees north and east, where it has a position.
    pub position: Option<(f64, f64)>,
    /// The named place of that position.
    pub place: Option<Place>,
    /// A person has shifted its capture time.
    pub shifted: bool,
    /// When it came into the library.
    pub added: Timestamp,
    /// When it is asked about.
    pub now: Timestamp,
    /// Where it is asked: the person's days are its.
    pub zone: Zone,
}

/// What can be searched of one photo without a text, a list or a look elsewhere: a hundred thousand of them are at hand.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Columns {
    /// Stars.
    pub rating: Rating,
    /// Pick or reject.
    pub flag: Flag,
    /// Colour.
    pub label: ColorLabel,
    /// What the file that is shown is.
    pub kind: MediaKind,
    /// It has a RAW beside a developed file.
    pub raw_pair: bool,
    /// Capture time on the camera's clock, in ms.
    pub wall_ms: Option<i64>,
    /// Where it stands.
    pub safety: Safety,
    /// It cannot be read as a picture, or not at all.
    pub problem: bool,
    /// ISO speed.
    pub iso: Option<u32>,
    /// The f-number.
    pub f_number: Option<f64>,
}
