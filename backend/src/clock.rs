//! Time as an argument; see [`agentid_jose::clock`]. Here, how the server writes it.

pub use agentid_jose::clock::{Clock, stopwatch};

/// Unix seconds as RFC 3339 in UTC, as every JSON answer shows a time: `2026-11-24T06:00:00Z`.
pub fn rfc3339(unix_seconds: i64) -> String {
    jiff::Timestamp::from_second(unix_seconds).map_or_else(|_| unix_seconds.to_string(), |time| time.to_string())
}

/// The first second of the next calendar month in UTC: the end of the period that holds `unix_seconds`.
pub fn next_month(unix_seconds: i64) -> i64 {
    let next = jiff::Timestamp::from_second(unix_seconds).ok().and_then(|time| {
        let date = time.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let first = date.last_of_month().tomorrow().ok()?;
        first.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()
    });
    next.map_or(i64::MAX, |first| first.timestamp().as_second())
}

/// The day in UTC as `2026-11-24`.
pub fn day(unix_seconds: i64) -> String {
    rfc3339(unix_seconds).chars().take(10).collect()
}
