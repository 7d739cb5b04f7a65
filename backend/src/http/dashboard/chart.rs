//! Requests per day by outcome: a chart as an SVG of our own making, and the same as a table for those who do not see it.

use crate::clock;
use crate::db::schema::authorization_days::{Requests, day_of};
use crate::db::schema::oauth_requests::OUTCOMES;

/// How many days a chart shows.
const DAYS: i64 = 30;
/// Of the picture, in units of its own.
const WIDTH: i64 = 600;
const HEIGHT: i64 = 120;

/// The last thirty days.
pub struct Chart {
    days: Vec<Day>,
}

/// One day.
pub struct Day {
    /// `2026-11-28`.
    pub date: String,
    /// How many requests ended in each way, in the order of [`Chart::outcomes`].
    pub counts: [i64; 5],
}

/// The first day that a chart shows.
pub fn first_day(now: i64) -> i64 {
    day_of(now) - DAYS + 1
}

impl Chart {
    /// Of what was counted from [`first_day`] on.
    pub fn new(counted: &[Requests], now: i64) -> Self {
        let first = first_day(now);
        let day = |day: i64| Day {
            date: clock::day(day * 86_400),
            counts: OUTCOMES.map(|outcome| {
                let of_day = counted.iter().filter(|counted| counted.day == day && counted.status == outcome);
                of_day.map(|counted| counted.requests).sum()
            }),
        };
        Self { days: (first..first + DAYS).map(day).collect() }
    }

    /// What can come of a request.
    pub fn outcomes(&self) -> [&'static str; 5] {
        OUTCOMES
    }

    /// The days on which there was something, the latest first.
    pub fn busy_days(&self) -> impl Iterator<Item = &Day> {
        self.days.iter().rev().filter(|day| day.total() > 0)
    }

    /// All of them.
    pub fn total(&self) -> i64 {
        self.days.iter().map(Day::total).sum()
    }

    /// The most on one day.
    pub fn most(&self) -> i64 {
        self.days.iter().map(Day::total).max().unwrap_or(0)
    }

    /// The days that the chart begins and ends with.
    pub fn ends(&self) -> Option<(&str, &str)> {
        Some((&self.days.first()?.date, &self.days.last()?.date))
    }

    /// The bars: each outcome's is put on those before it. Numbers and words of our own, so nothing is to be escaped.
    pub fn picture(&self) -> String {
        let (most, step) = (self.most().max(1), WIDTH / DAYS);
        let mut bars = String::new();
        for (x, day) in (0..).step_by(usize::try_from(step).unwrap_or(1)).zip(&self.days) {
            let mut top = HEIGHT;
            for (outcome, count) in OUTCOMES.iter().zip(day.counts).filter(|(_, count)| *count > 0) {
                let height = (count * HEIGHT / most).max(2);
                top -= height;
                let width = step - 4;
                bars +=
                    &format!("<rect class=\"{outcome}\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"/>");
            }
        }
        format!("<svg viewBox=\"0 -10 {WIDTH} {}\" class=\"chart\" aria-hidden=\"true\">{bars}</svg>", HEIGHT + 12)
    }
}

impl Day {
    /// All of its requests.
    pub fn total(&self) -> i64 {
        self.counts.iter().sum()
    }
}
