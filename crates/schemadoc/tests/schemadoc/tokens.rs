//! The tokeniser reads everything, and loses nothing.

use ::schemadoc::sql::tokens::{Kind, all, meaningful};

#[test]
fn all_tokens_together_are_the_text() {
    for text in [
        "SELECT 'it''s', \"a\"\"b\", [c d], `e`, x'00', 1.5e-3, 0xFF -- end\n/* c */ FROM t;",
        "'never closed",
        "/* never closed",
        "[never closed",
        "\u{feff}SELECT é, '日本' || \u{a0} ?1",
        "",
        "-",
        "/",
    ] {
        let joined: String = all(text).map(|token| token.text).collect();
        assert_eq!(joined, text);
    }
}

#[test]
fn names_lose_their_quotes() {
    let names: Vec<_> = meaningful("a \"b\"\"c\" `d` [e f] 'g'").iter().map(|token| token.name().unwrap()).collect();
    assert_eq!(names, ["a", "b\"c", "d", "e f", "g"]);
    assert_eq!(meaningful("1 + x'00'").iter().filter_map(|token| token.name()).count(), 0);
    assert_eq!(
        meaningful("1.5e-3+2").iter().map(|token| token.kind).collect::<Vec<_>>(),
        [Kind::Number, Kind::Sign, Kind::Number]
    );
}
