//! Median, spread and percentiles.

use serde::Serialize;

/// What several rounds gave.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Spread {
    /// Of these values; all zero when there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(&least), Some(&greatest)) = (sorted.first(), sorted.last()) else { return Self::default() };
        let middle = |index: usize| sorted.get(index).copied().unwrap_or(least);
        let median = f64::midpoint(middle((sorted.len() - 1) / 2), middle(sorted.len() / 2));
        Self { median, least, greatest }
    }
}

/// The value that `share` (0 to 1) of `values` do not exceed; 0 when there are none. Sorts them.
pub fn percentile(values: &mut [u32], share: f64) -> u32 {
    values.sort_unstable();
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Spread, percentile};

    #[test]
    fn the_median_is_in_the_middle() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]);
        assert_eq!((spread.median, spread.least, spread.greatest), (2.5, 1.0, 4.0));
        assert_eq!(Spread::of([7.0]).median, 7.0);
    }

    #[test]
    fn a_percentile_is_a_value_that_occurred() {
        let mut values: Vec<u32> = (1..=100).rev().collect();
        assert_eq!((percentile(&mut values, 0.5), percentile(&mut values, 0.99)), (50, 99));
        assert_eq!(percentile(&mut [], 0.5), 0);
    }
}
