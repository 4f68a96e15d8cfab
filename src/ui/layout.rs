//! Where each photo of the grid lies: day sections of balanced justified rows, or of squares. Pure arithmetic, done once
//! for a view, a width and a size, and kept.

use super::{text, theme::GAP};

/// How photos are put in rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Shape {
    /// Whole photos in rows of equal width.
    #[default]
    Justified,
    /// Equal squares.
    Squares,
}

/// What a layout depends on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Key {
    /// The view's generation.
    pub generation: u64,
    /// The width to fill, in points.
    pub width: f32,
    /// The height of rows to aim at, in points.
    pub target: f32,
    /// Rows or squares.
    pub shape: Shape,
    /// Whether days have headings.
    pub days: bool,
}

/// One row of photos.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Row {
    /// Index of its first photo.
    pub first: u32,
    /// One past its last photo.
    pub end: u32,
    /// Its upper edge.
    pub top: f32,
    /// Its height.
    pub height: f32,
}

/// The heading of a day, or of a month where days have few photos each.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Heading {
    /// Which day, or one day of the month.
    pub day: i64,
    /// It stands for the whole month.
    pub month: bool,
    /// How many photos follow.
    pub photos: u32,
    /// Its upper edge.
    pub top: f32,
}

/// Height of a day's heading.
pub const HEADING: f32 = 38.0;
/// Space after a day.
const AFTER_DAY: f32 = 10.0;

/// The whole grid.
#[derive(Clone, Debug)]
pub struct Layout {
    /// What it was made for.
    pub key: Key,
    /// Rows from the top.
    pub rows: Vec<Row>,
    /// Headings from the top.
    pub headings: Vec<Heading>,
    /// Left edge and width of each photo.
    pub spans: Vec<(f32, f32)>,
    /// Height of everything.
    pub height: f32,
}

/// Photos a day below which a heading for each day leaves more holes than it helps.
const FEW: usize = 4;

/// Whether most days have so few photos that their rows would be mostly empty.
fn sparse(photos: &[(i64, f32)]) -> bool {
    let days = photos.chunk_by(|a, b| a.0 == b.0).count();
    days > 2 && photos.len() < days.saturating_mul(FEW)
}

impl Layout {
    /// Lays out photos given as `(day, aspect)`.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a grid of more than 2^32 photos is not shown"
    )]
    pub fn new(key: Key, photos: &[(i64, f32)]) -> Self {
        let mut layout = Self {
            key,
            rows: Vec::new(),
            headings: Vec::new(),
            spans: Vec::with_capacity(photos.len()),
            height: 0.0,
        };
        let mut first = 0;
        let month = key.days && sparse(photos);
        let together = |a: i64, b: i64| a == b || (month && text::month_number(a) == text::month_number(b));
        for section in photos.chunk_by(|a, b| !key.days || together(a.0, b.0)) {
            if key.days {
                layout.headings.push(Heading {
                    day: section.first().map_or(0, |one| one.0),
                    month,
                    photos: section.len() as u32,
                    top: layout.height,
                });
                layout.height += HEADING;
            }
            let aspects: Vec<f32> = section.iter().map(|one| usable(one.1)).collect();
            match key.shape {
                Shape::Justified => layout.justified(first, &aspects),
                Shape::Squares => layout.squares(first, aspects.len()),
            }
            first += section.len() as u32;
            layout.height += AFTER_DAY;
        }
        layout
    }

    /// Rows of equal width, split where the sum of aspects reaches equal shares, so that no row is left with an orphan.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "rows are few and positive"
    )]
    fn justified(&mut self, first: u32, aspects: &[f32]) {
        let width = self.key.width.max(1.0);
        let sum: f32 = aspects.iter().sum();
        let rows = ((sum * self.key.target / width).round() as usize).clamp(1, aspects.len().max(1));
        let share = sum / rows as f32;
        let mut at = 0;
        let mut passed = 0.0;
        for row in 0..rows {
            let goal = share * (row + 1) as f32;
            let mut end = at;
            let mut row_sum = 0.0;
            while let Some(aspect) = aspects.get(end) {
                // Each row that follows needs a photo too.
                let must_leave = rows - row - 1;
                if end > at
                    && (aspects.len() - end <= must_leave || passed + row_sum + aspect / 2.0 > goal)
                    && row + 1 < rows
                {
                    break;
                }
                row_sum += aspect;
                end += 1;
            }
            passed += row_sum;
            self.put_row(first, at, aspects.get(at..end).unwrap_or_default(), row_sum, rows == 1);
            at = end;
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a row is short"
    )]
    fn put_row(&mut self, first: u32, at: usize, aspects: &[f32], sum: f32, only: bool) {
        if aspects.is_empty() {
            return;
        }
        let gaps = GAP * (aspects.len() - 1) as f32;
        let full = (self.key.width - gaps).max(1.0) / sum.max(0.01);
        // A day with few photos is not blown up to fill the width.
        let height = if only { full.min(self.key.target * 1.15) } else { full }.clamp(40.0, self.key.target * 2.0);
        let exact = (full - height).abs() < 0.01;
        let mut left = 0.0;
        for (place, aspect) in aspects.iter().enumerate() {
            let mut wide = (aspect * height).round();
            if exact && place + 1 == aspects.len() {
                wide = (self.key.width - left).max(1.0);
            }
            self.spans.push((left, wide));
            left += wide + GAP;
        }
        let height = height.round();
        self.rows.push(Row {
            first: first + at as u32,
            end: first + (at + aspects.len()) as u32,
            top: self.height,
            height,
        });
        self.height += height + GAP;
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "columns are few and positive"
    )]
    fn squares(&mut self, first: u32, count: usize) {
        let columns = (((self.key.width + GAP) / (self.key.target + GAP)).floor() as usize).max(1);
        let side = ((self.key.width - GAP * (columns - 1) as f32) / columns as f32).max(8.0);
        let mut at = 0;
        while at < count {
            let end = (at + columns).min(count);
            for column in 0..end - at {
                self.spans.push((column as f32 * (side + GAP), side));
            }
            self.rows.push(Row {
                first: first + at as u32,
                end: first + end as u32,
                top: self.height,
                height: side,
            });
            self.height += side + GAP;
            at = end;
        }
    }

    /// The rows that touch the stretch from `top` to `bottom`.
    #[must_use]
    pub fn rows_between(&self, top: f32, bottom: f32) -> &[Row] {
        let first = self.rows.partition_point(|row| row.top + row.height < top);
        let end = self.rows.partition_point(|row| row.top <= bottom);
        self.rows.get(first..end.max(first)).unwrap_or_default()
    }

    /// The headings that touch the stretch from `top` to `bottom`.
    #[must_use]
    pub fn headings_between(&self, top: f32, bottom: f32) -> &[Heading] {
        let first = self.headings.partition_point(|one| one.top + HEADING < top);
        let end = self.headings.partition_point(|one| one.top <= bottom);
        self.headings.get(first..end.max(first)).unwrap_or_default()
    }

    /// The number of the row that holds a photo.
    #[must_use]
    pub fn row_of(&self, photo: usize) -> Option<usize> {
        let row = self.rows.partition_point(|row| (row.end as usize) <= photo);
        self.rows.get(row).map(|_| row)
    }

    /// The photo in the row `step` rows away, whose middle is nearest to the middle of `photo`.
    #[must_use]
    pub fn beside(&self, photo: usize, step: isize) -> Option<usize> {
        let row = self.row_of(photo)?;
        let goal = row.saturating_add_signed(step).min(self.rows.len().saturating_sub(1));
        if goal == row {
            return Some(photo);
        }
        let middle = |at: usize| self.spans.get(at).map_or(0.0, |span| span.0 + span.1 / 2.0);
        let goal = self.rows.get(goal)?;
        let from = middle(photo);
        (goal.first as usize..goal.end as usize)
            .min_by(|a, b| (middle(*a) - from).abs().total_cmp(&(middle(*b) - from).abs()))
    }
}

/// An aspect that can be laid out: panoramas and strips are cut off at the sides, nonsense is a usual photo.
fn usable(aspect: f32) -> f32 {
    if aspect.is_finite() && aspect > 0.0 {
        aspect.clamp(0.4, 3.2)
    } else {
        1.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(width: f32) -> Key {
        Key {
            generation: 1,
            width,
            target: 168.0,
            shape: Shape::Justified,
            days: true,
        }
    }

    #[test]
    fn every_photo_is_in_exactly_one_row_and_no_row_is_an_orphan() {
        for count in [1_usize, 2, 3, 7, 10, 23, 500] {
            let photos: Vec<(i64, f32)> = (0..count).map(|n| (0, if n % 4 == 3 { 0.667 } else { 1.5 })).collect();
            let layout = Layout::new(key(1040.0), &photos);
            let mut next = 0;
            for row in &layout.rows {
                assert_eq!(row.first, next);
                assert!(row.end > row.first);
                next = row.end;
            }
            assert_eq!(next as usize, count);
            assert_eq!(layout.spans.len(), count);
            if layout.rows.len() > 1 {
                for row in &layout.rows {
                    let last = layout.spans[row.end as usize - 1];
                    assert!(
                        (last.0 + last.1 - 1040.0).abs() < 1.0,
                        "{count}: row ends at {}",
                        last.0 + last.1
                    );
                    assert!((100.0..290.0).contains(&row.height), "{count}: {}", row.height);
                }
            }
        }
    }

    #[test]
    fn odd_aspects_do_not_break_it() {
        let photos = [
            (0, f32::NAN),
            (0, 0.0),
            (0, f32::INFINITY),
            (0, 1e9),
            (0, -2.0),
            (1, 1.0),
        ];
        let layout = Layout::new(key(800.0), &photos);
        assert!(layout.height.is_finite());
        assert_eq!(layout.spans.len(), photos.len());
        assert!(Layout::new(key(0.0), &photos).height.is_finite());
        assert_eq!(Layout::new(key(800.0), &[]).height, 0.0);
    }

    #[test]
    fn down_and_up_come_back() {
        let photos: Vec<(i64, f32)> = (0..60).map(|_| (0, 1.5)).collect();
        let layout = Layout::new(key(1040.0), &photos);
        let below = layout.beside(8, 1).unwrap();
        assert!(below > 8);
        assert_eq!(layout.beside(below, -1), Some(8));
        assert_eq!(layout.beside(0, -1), Some(0));
    }

    #[test]
    fn a_hundred_thousand_photos_only_cost_the_visible_rows() {
        let photos: Vec<(i64, f32)> = (0..100_000).map(|n| (n / 40, 1.5)).collect();
        let layout = Layout::new(key(1040.0), &photos);
        let rows = layout.rows_between(50_000.0, 51_000.0);
        assert!(!rows.is_empty() && rows.len() < 12, "{}", rows.len());
    }
}
