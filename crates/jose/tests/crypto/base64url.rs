use agentid_jose::base64url::{decode, decode_array, encode};

#[test]
fn bytes_round_trip_in_the_url_alphabet() {
    assert_eq!(encode([0xfb, 0xff, 0xfe, 0x01]), "-__-AQ");
    assert_eq!(decode("-__-AQ").unwrap(), [0xfb, 0xff, 0xfe, 0x01]);
    assert_eq!(decode(""), Some(Vec::new()));
}

#[test]
fn a_second_text_for_the_same_bytes_is_refused() {
    assert!(decode("AQ").is_some());
    assert!(decode("AR").is_none(), "left-over bits");
    assert!(decode("AQ==").is_none(), "padding");
    assert!(decode("AQ\n").is_none(), "line break");
    assert!(decode(" AQ").is_none(), "space");
    assert!(decode("A").is_none(), "half a byte");
    assert!(decode("-__-").is_some());
    assert!(decode("+//+").is_none(), "the other alphabet");
}

#[test]
fn an_array_has_its_length() {
    assert_eq!(decode_array::<1>("AQ"), Some([1]));
    assert_eq!(decode_array::<2>("AQ"), None);
    assert_eq!(decode_array::<0>("AQ"), None);
}
