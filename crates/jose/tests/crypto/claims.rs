//! Reading claims.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use agentid_jose::claims;
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_time_is_a_number_of_seconds_perhaps_with_a_fraction() {
    let good = object(json!({ "whole": 1_795_500_000, "fraction": 1_795_500_000.9, "past": -1.5 }));
    assert_eq!(claims::time(&good, "whole"), Some(1_795_500_000));
    assert_eq!(claims::time(&good, "fraction"), Some(1_795_500_000));
    assert_eq!(claims::time(&good, "past"), Some(-2));
}

#[test]
fn what_is_no_time_is_refused() {
    let bad = json!({ "text": "1795500000", "null": null, "list": [1], "least": i64::MIN, "greatest": i64::MAX,
                      "beyond": u64::MAX, "float": 1e300, "late": 1_000_000_000_001_i64 });
    for name in object(bad.clone()).keys() {
        assert_eq!(claims::time(&object(bad.clone()), name), None, "{name}");
    }
    assert_eq!(claims::time(&object(json!({ "latest": 1_000_000_000_000_i64 })), "latest"), Some(1_000_000_000_000));
    assert_eq!(claims::time(&Map::new(), "missing"), None);
}
