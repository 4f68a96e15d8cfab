//! What several photos have in common: one value where all have the same, nothing where they differ, and how many have each
//! keyword.

use super::position::Position;
use std::collections::BTreeMap;

/// What the marks of several photos come to. `None` in a field says that they differ.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Common {
    /// How many photos these are.
    pub photos: u64,
    /// The title of all, empty for none.
    pub title: Option<String>,
    /// The caption of all, empty for none.
    pub caption: Option<String>,
    /// Seconds from the capture time of each file to the person's.
    pub shift_s: Option<i64>,
    /// Where all were taken, whoever says it; no position where all have none.
    pub position: Option<Option<Position>>,
    /// The keywords, those of the most photos first, with how many have them.
    pub keywords: Vec<(String, u64)>,
    /// The cameras, sorted, with how many photos each took.
    pub cameras: BTreeMap<String, u64>,
}

/// What one photo adds to it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct One {
    /// Its title.
    pub title: String,
    /// Its caption.
    pub caption: String,
    /// Its shift in seconds.
    pub shift_s: i64,
    /// Its position.
    pub position: Option<Position>,
    /// Its camera.
    pub camera: Option<String>,
}

impl Common {
    /// One photo more; its keywords are counted apart.
    pub fn add(&mut self, one: One) {
        self.photos += 1;
        if let Some(camera) = one.camera {
            *self.cameras.entry(camera).or_default() += 1;
        }
        let first = self.photos == 1;
        same(first, &mut self.title, one.title);
        same(first, &mut self.caption, one.caption);
        same(first, &mut self.shift_s, one.shift_s);
        same(first, &mut self.position, one.position);
    }
}

fn same<T: PartialEq>(first: bool, all: &mut Option<T>, one: T) {
    if first {
        *all = Some(one);
    } else if all.as_ref() != Some(&one) {
        *all = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_stays_different_whatever_follows() {
        let one = |title: &str, shift_s| One {
            title: title.to_owned(),
            shift_s,
            camera: Some("R6".to_owned()),
            ..One::default()
        };
        let mut common = Common::default();
        for (title, shift) in [("a", 5), ("b", 5), ("a", 5), ("a", 5)] {
            common.add(one(title, shift));
        }
        assert_eq!((common.photos, common.title.as_deref()), (4, None));
        assert_eq!((common.shift_s, common.position), (Some(5), Some(None)));
        assert_eq!(common.cameras.get("R6"), Some(&4));
    }
}
