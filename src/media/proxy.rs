//! The small local copy that takes an original's place.
