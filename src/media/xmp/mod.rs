//! XMP: what packets and sidecars say, marks written into them with every other byte kept, and our marker in proxies.

mod edit;
mod keywords;
mod labels;
mod marker;
mod marks;
mod merge;
mod names;
mod packet;
mod prefs;
mod tree;

pub use edit::clean_text;
pub use marker::{clean, fresh, with_marker};
pub use marks::stars_of_percent;
pub use merge::{Style, Wanted, write};
pub use names::SAFELIGHT;
pub use packet::Xmp;
pub use tree::Trouble;
