use agentid_jose::canonical_json::to_string;
use serde_json::{Value, json};

/// The sample of RFC 8785 sections 3.2.2 and 3.2.3.
#[test]
fn the_sample_of_the_rfc() {
    let sample: Value = serde_json::from_str(
        r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#,
    )
    .unwrap();
    assert_eq!(
        to_string(&sample),
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
         \"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
    );
}

/// U+FB33 sorts after U+1F600 by UTF-16 units and before it by code points.
#[test]
fn members_sort_by_utf_16_units() {
    assert_eq!(to_string(&json!({"\u{fb33}": 1, "\u{1f600}": 2, "b": 3})), "{\"b\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}");
}
