//! The values that a CHECK allows, as PostgreSQL prints it, and the tokens of its SQL. No server is needed.

use schemadoc::sql::constraints::allowed_values;
use schemadoc::sql::postgres::all;
use schemadoc::sql::tokens::Kind;

fn texts(sql: &str) -> Vec<&str> {
    all(sql).filter(|token| token.kind != Kind::Blank).map(|token| token.text).collect()
}

#[test]
fn what_a_check_allows() {
    let one_of = |expression, column: &str, values: &[&str]| {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        assert_eq!(allowed_values(expression), Some((column.to_owned(), values)), "{expression}");
    };
    one_of("status = ANY (ARRAY['a'::text, 'it''s'::text])", "status", &["'a'", "'it''s'"]);
    one_of(
        "\"Status\"::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[])",
        "Status",
        &["'a'", "'b'"],
    );
    one_of("(status)::text = ANY ((ARRAY['a'::character varying])::text[])", "status", &["'a'"]);
    one_of(
        "status::text = ANY (ARRAY['a'::character varying::text, 'b'::character varying::text])",
        "status",
        &["'a'", "'b'"],
    );
    one_of("mood = ANY (ARRAY['sad'::other.mood, 'ok'::other.mood])", "mood", &["'sad'", "'ok'"]);
    one_of("size = ANY (ARRAY[1, 2, 3])", "size", &["1", "2", "3"]);
    for other in [
        "status <> ALL (ARRAY['a'::text, 'b'::text])",
        "active::boolean AND status = ANY (ARRAY['a'::text])",
        "status = ANY (ARRAY['a'::text]) OR status IS NULL",
        "lower(status) = ANY (ARRAY['a'::text])",
        "status = ANY (ARRAY[other, 'a'::text])",
        "status = ANY (others)",
        "status = 'a'::text",
    ] {
        assert_eq!(allowed_values(other), None, "{other}");
    }
}

#[test]
fn tokens_of_postgres() {
    assert_eq!(texts("a/* /* ; */ ; */b--;\nc"), ["a", "b", "c"]);
    assert_eq!(texts("'a;''b' E'a\\';b' e'\\\\' 'a\\' ;"), ["'a;''b'", "E'a\\';b'", "e'\\\\'", "'a\\'", ";"]);
    assert_eq!(texts("$$ ; $a$ $$ ; $a$ $$ ; $$ $a$ ;"), ["$$ ; $a$ $$", ";", "$a$ $$ ; $$ $a$", ";"]);
    assert_eq!(texts("$1;a$b$c;$é$;$é$"), ["$", "1", ";", "a$b$c", ";", "$é$;$é$"]);
    assert_eq!(
        texts("\"a;\"\"b\" U&\"\\0041;\" U&'x;' B'01' X'1f' N'x' ns"),
        ["\"a;\"\"b\"", "U&\"\\0041;\"", "U&'x;'", "B'01'", "X'1f'", "N'x'", "ns"]
    );
    assert_eq!(texts("a[1]::int4[]"), ["a", "[", "1", "]", ":", ":", "int4", "[", "]"]);
    assert_eq!(texts("1.5e10 ünï"), ["1.5e10", "ünï"]);
}

#[test]
fn tokens_are_the_text_whatever_it_is() {
    for text in ["'a", "E'a\\", "\"", "$$ a", "$a$ b $a", "/* /* */", "$", "U&'", "\u{feff}é\0'", "*/", "--", "E'\\é"]
    {
        assert_eq!(all(text).map(|token| token.text).collect::<String>(), text);
    }
}
