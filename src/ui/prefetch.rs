//! Which pictures a loupe wants, in which order: the photo that is seen, then those that the fingers are about to reach, by
//! the direction and the speed in which photos were turned. Pure, so that it can be tested without a window.

/// Seconds a photo: turning faster than this, nobody looks closer than at a small picture.
const FAST_S: f64 = 0.20;
/// Seconds after the last turn from when on one counts as looking.
const LOOKING_S: f64 = 0.25;
/// Small pictures wanted ahead while leafing.
const CELLS_AHEAD: usize = 12;

/// How large a picture is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// A cell of the grid.
    Cell,
    /// A small picture, quick to have from the cache, that stands in for the screen's while leafing.
    Small,
    /// As large as the screen.
    Screen,
    /// Every pixel.
    Full,
}

/// How photos were turned until now.
#[derive(Clone, Copy, Debug)]
pub struct Turning {
    place: Option<usize>,
    /// When the last photo was turned to, in seconds of the window's clock.
    at: f64,
    /// Seconds a photo, smoothed.
    pace: f64,
    back: bool,
}

impl Default for Turning {
    fn default() -> Self {
        Self {
            place: None,
            at: f64::NEG_INFINITY,
            pace: 1.0,
            back: false,
        }
    }
}

impl Turning {
    /// Takes note of the photo that is seen now.
    pub fn see(&mut self, place: usize, now: f64) {
        let Some(before) = self.place.replace(place) else {
            self.at = now;
            return;
        };
        if before == place {
            return;
        }
        let near = before.abs_diff(place) <= 3;
        let took = (now - self.at).clamp(0.0, 1.0);
        self.at = now;
        if near {
            self.back = place < before;
            self.pace = 0.5 * self.pace + 0.5 * took;
        } else {
            // A jump says nothing about where one goes from there.
            (self.back, self.pace) = (false, 1.0);
        }
    }

    /// Whether photos fly by.
    #[must_use]
    pub fn leafing(&self, now: f64) -> bool {
        self.pace < FAST_S && now - self.at < LOOKING_S
    }

    /// Seconds until leafing is taken to have ended, where it goes on now.
    #[must_use]
    pub fn ends_in(&self, now: f64) -> Option<f64> {
        self.leafing(now).then_some((self.at + LOOKING_S - now).max(0.0))
    }

    /// What is wanted of `count` photos, the most urgent first. `zoomed`: every pixel is looked at.
    #[must_use]
    pub fn wants(&self, count: usize, zoomed: bool, now: f64) -> Vec<(usize, Size)> {
        let Some(place) = self.place else { return Vec::new() };
        let ahead = |steps: usize| {
            let at = if self.back {
                place.checked_sub(steps)
            } else {
                place.checked_add(steps)
            };
            at.filter(|at| *at < count)
        };
        let behind = |steps: usize| {
            let at = if self.back {
                place.checked_add(steps)
            } else {
                place.checked_sub(steps)
            };
            at.filter(|at| *at < count)
        };
        let mut wants = vec![(place, Size::Cell)];
        if self.leafing(now) {
            wants.push((place, Size::Small));
            wants.extend((1..=3).filter_map(ahead).map(|at| (at, Size::Small)));
            wants.extend((1..=CELLS_AHEAD).filter_map(ahead).map(|at| (at, Size::Cell)));
            return wants;
        }
        wants.push((place, Size::Screen));
        if zoomed {
            wants.push((place, Size::Full));
        }
        let mut both = |at: Option<usize>| {
            wants.extend(at.into_iter().flat_map(|at| [(at, Size::Cell), (at, Size::Screen)]));
        };
        both(ahead(1));
        both(ahead(2));
        both(behind(1));
        both(ahead(3));
        if zoomed {
            // Comparing at 100 % from photo to photo is what zooming while culling is for.
            wants.extend(ahead(1).map(|at| (at, Size::Full)));
        }
        wants
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_wants_the_photo_then_the_next_two_then_the_one_before() {
        let mut turning = Turning::default();
        turning.see(10, 0.0);
        let screens = |turning: &Turning, now| -> Vec<usize> {
            let wants = turning.wants(100, false, now);
            wants
                .into_iter()
                .filter(|(_, size)| *size == Size::Screen)
                .map(|(at, _)| at)
                .collect()
        };
        assert_eq!(screens(&turning, 0.0), [10, 11, 12, 9, 13]);
        turning.see(9, 1.0);
        assert_eq!(screens(&turning, 2.0), [9, 8, 7, 10, 6], "backwards");
        turning.see(60, 3.0);
        assert_eq!(screens(&turning, 3.0), [60, 61, 62, 59, 63], "a jump");
        turning.see(0, 5.0);
        assert_eq!(screens(&turning, 5.0), [0, 1, 2, 3]);
        turning.see(99, 7.0);
        assert_eq!(screens(&turning, 7.0), [99, 98]);
    }

    #[test]
    fn leafing_wants_small_pictures_ahead_and_looking_begins_when_it_ends() {
        let mut turning = Turning::default();
        for (step, place) in (10..30).enumerate() {
            turning.see(place, step as f64 * 0.05);
        }
        let now = 19.0 * 0.05;
        assert!(turning.leafing(now));
        let wants = turning.wants(1000, false, now);
        assert!(wants.iter().all(|(_, size)| matches!(size, Size::Cell | Size::Small)));
        assert_eq!(wants[..2], [(29, Size::Cell), (29, Size::Small)]);
        assert!(wants.contains(&(41, Size::Cell)) && !wants.iter().any(|(at, _)| *at < 29));
        let rest = turning.ends_in(now).expect("it goes on");
        let later = now + rest + 0.001;
        assert!(turning.ends_in(later).is_none());
        assert_eq!(turning.wants(1000, false, later)[1], (29, Size::Screen));
    }

    #[test]
    fn zoomed_every_pixel_of_this_photo_comes_before_its_neighbours() {
        let mut turning = Turning::default();
        turning.see(5, 0.0);
        let wants = turning.wants(10, true, 1.0);
        assert_eq!(wants[..3], [(5, Size::Cell), (5, Size::Screen), (5, Size::Full)]);
        assert_eq!(wants.last(), Some(&(6, Size::Full)));
    }
}
