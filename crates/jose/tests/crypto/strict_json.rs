use agentid_jose::strict_json::parse_object;
use serde_json::{Value, json};

#[test]
fn every_kind_of_value_is_read() {
    let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"\u20ac"],"b":{"c":{}}}"#;
    let expected = json!({"a": [null, true, -1, u64::MAX, 1.5, "€"], "b": {"c": {}}});
    assert_eq!(parse_object(text.as_bytes()).map(Value::Object), Some(expected));
}

#[test]
fn duplicates_are_refused_at_any_depth() {
    assert!(parse_object(br#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#).is_some());
    assert!(parse_object(br#"{"a":1,"a":1}"#).is_none());
    assert!(parse_object(br#"{"a":1,"\u0061":2}"#).is_none(), "the same name, escaped");
    assert!(parse_object(br#"{"b":{"a":1,"a":2}}"#).is_none());
    assert!(parse_object(br#"{"b":[{"a":1,"a":2}]}"#).is_none());
}

#[test]
fn nesting_is_bounded() {
    let object = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert!(parse_object(object(16).as_bytes()).is_some());
    assert!(parse_object(object(17).as_bytes()).is_none());
    let array = |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(parse_object(array(15).as_bytes()).is_some());
    assert!(parse_object(array(16).as_bytes()).is_none());
}

#[test]
fn only_one_whole_object_is_read() {
    assert!(parse_object(b" {} ").is_some());
    let refused: [&[u8]; 7] = [b"", b"[]", b"null", b"{}{}", b"{} x", b"\xef\xbb\xbf{}", b"{\"a\":\"\xff\"}"];
    for text in refused {
        assert!(parse_object(text).is_none(), "{text:?}");
    }
}
