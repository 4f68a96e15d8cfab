//! Which photos are selected, and which one has the focus. Pure: it knows photos by their place in the view.

use crate::model::id::PhotoId;
use std::collections::HashSet;

/// The selection. The focus is always part of it, unless nothing is.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    chosen: HashSet<PhotoId>,
    focus: Option<PhotoId>,
    anchor: Option<PhotoId>,
    /// Place of the focus in the view when it was last known, for when its photo leaves the view.
    place: usize,
    version: u64,
}

impl Selection {
    /// Grows with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The photo that keys act on first, and whose details are shown.
    #[must_use]
    pub fn focus(&self) -> Option<PhotoId> {
        self.focus
    }

    /// Where a range begins.
    #[must_use]
    pub fn anchor(&self) -> Option<PhotoId> {
        self.anchor.or(self.focus)
    }

    /// How many are selected.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chosen.len()
    }

    /// Whether nothing is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Whether this photo is selected.
    #[must_use]
    pub fn has(&self, photo: PhotoId) -> bool {
        self.chosen.contains(&photo)
    }

    /// The selected photos, in no order.
    pub fn photos(&self) -> impl Iterator<Item = PhotoId> {
        self.chosen.iter().copied()
    }

    /// Nothing.
    pub fn clear(&mut self) {
        self.chosen.clear();
        self.focus = None;
        self.anchor = None;
        self.version += 1;
    }

    /// Only this one.
    pub fn only(&mut self, photo: PhotoId, place: usize) {
        self.chosen.clear();
        self.chosen.insert(photo);
        self.focus = Some(photo);
        self.anchor = Some(photo);
        self.place = place;
        self.version += 1;
    }

    /// This one too, or no longer.
    pub fn toggle(&mut self, photo: PhotoId, place: usize) {
        if self.chosen.remove(&photo) {
            if self.focus == Some(photo) {
                self.focus = self.chosen.iter().next().copied();
            }
        } else {
            self.chosen.insert(photo);
            self.focus = Some(photo);
            self.place = place;
        }
        self.anchor = Some(photo);
        self.version += 1;
    }

    /// All of these, the focus on one of them; the anchor stays.
    pub fn range(&mut self, photos: impl Iterator<Item = PhotoId>, focus: PhotoId, place: usize) {
        let anchor = self.anchor().unwrap_or(focus);
        self.chosen = photos.collect();
        self.chosen.insert(focus);
        self.focus = Some(focus);
        self.anchor = Some(anchor);
        self.place = place;
        self.version += 1;
    }

    /// The view changed: what is no longer in it is no longer selected. A focus that left goes to the photo that took its
    /// place, so that culling a filtered list goes on by itself.
    pub fn keep(
        &mut self,
        place_of: impl Fn(PhotoId) -> Option<usize>,
        at: impl Fn(usize) -> Option<PhotoId>,
        len: usize,
    ) {
        let before = self.chosen.len();
        self.chosen.retain(|photo| place_of(*photo).is_some());
        if self.anchor.is_some_and(|anchor| place_of(anchor).is_none()) {
            self.anchor = None;
        }
        match self.focus.map(|focus| (focus, place_of(focus))) {
            None => {}
            Some((_, Some(place))) => self.place = place,
            Some((_, None)) => {
                let next = at(self.place.min(len.saturating_sub(1)));
                self.focus = match self.chosen.iter().next() {
                    Some(other) => Some(*other),
                    None => next,
                };
                if let Some(photo) = self.focus {
                    self.chosen.insert(photo);
                    self.place = place_of(photo).unwrap_or(0);
                }
            }
        }
        if before != self.chosen.len() {
            self.version += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(selection: &mut Selection, view: &[i64]) {
        selection.keep(
            |photo| view.iter().position(|id| *id == photo.0),
            |at| view.get(at).copied().map(PhotoId),
            view.len(),
        );
    }

    #[test]
    fn a_focus_that_leaves_goes_to_its_neighbour() {
        let mut selection = Selection::default();
        selection.only(PhotoId(3), 2);
        kept(&mut selection, &[1, 2, 4, 5]);
        assert_eq!(selection.focus(), Some(PhotoId(4)));
        assert!(selection.has(PhotoId(4)) && selection.len() == 1);
        kept(&mut selection, &[1]);
        assert_eq!(selection.focus(), Some(PhotoId(1)));
        kept(&mut selection, &[]);
        assert_eq!(selection.focus(), None);
        assert!(selection.is_empty());
    }

    #[test]
    fn toggle_and_range() {
        let mut selection = Selection::default();
        selection.only(PhotoId(1), 0);
        selection.toggle(PhotoId(4), 3);
        assert_eq!(selection.len(), 2);
        selection.toggle(PhotoId(4), 3);
        assert_eq!(selection.focus(), Some(PhotoId(1)));
        selection.range((1..=3).map(PhotoId), PhotoId(3), 2);
        assert_eq!((selection.len(), selection.focus()), (3, Some(PhotoId(3))));
    }
}
