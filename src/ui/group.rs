//! The headings under which the actions of the table stand, in the cheat sheet and in the settings.

/// Where in the cheat sheet an action stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Going from photo to photo.
    Move,
    /// Stars, flags, labels.
    Mark,
    /// What the window shows.
    View,
    /// Stores, proofs, optimized copies.
    Safe,
    /// Folders, albums and the rest.
    Library,
}

impl Group {
    /// Every group, in order.
    pub const ALL: [Self; 5] = [Self::Move, Self::Mark, Self::View, Self::Safe, Self::Library];

    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Mark => "Mark",
            Self::View => "View",
            Self::Safe => "Keep safe",
            Self::Library => "Library",
        }
    }
}
