//! What is read out of a CHECK, and what a unique index says.

use ::schemadoc::relations::is_unique;
use ::schemadoc::sql::constraints::{allowed_values, read};

use crate::support::{model, table};

#[test]
fn a_list_alone_is_the_allowed_values() {
    let values = |text: &str| allowed_values(text).map(|(column, values)| format!("{column}: {}", values.join(" ")));
    assert_eq!(values("kind IN ('a', 'it''s', ',)')").unwrap(), "kind: 'a' 'it''s' ',)'");
    assert_eq!(values("\"a kind\" in (1,2.5)").unwrap(), "a kind: 1 2.5");
    for other in [
        "kind NOT IN ('a')",
        "kind IN ('a') OR kind IS NULL",
        "kind IN (SELECT 1)",
        "kind IN ()",
        "kind IN (-1)",
        "f(x) IN (1)",
    ] {
        assert_eq!(values(other), None, "{other}");
    }
}

#[test]
fn a_partial_or_computed_index_makes_nothing_unique() {
    let model = model(&[(
        "1.sql",
        "CREATE TABLE a (x, y, z, u UNIQUE, v); CREATE UNIQUE INDEX one ON a (x) WHERE y > 0; CREATE UNIQUE INDEX two ON a (lower(y));
         CREATE UNIQUE INDEX three ON a (z, v);",
    )]);
    let unique = |columns: &[&str]| {
        is_unique(table(&model, "a"), &columns.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    };
    assert_eq!((unique(&["x"]), unique(&["y"]), unique(&["z"])), (false, false, false));
    assert_eq!((unique(&["u"]), unique(&["z", "v"]), unique(&["v", "z", "x"])), (true, true, true));
}

#[test]
fn a_name_is_that_of_the_constraint_after_it() {
    let found = read("CREATE TABLE a (x CONSTRAINT one NOT NULL CHECK (x > 0) CONSTRAINT two CHECK (x < 9) UNIQUE)");
    let names: Vec<_> = found.checks.iter().map(|check| check.name.as_deref()).collect();
    assert_eq!((names, found.keys[0].name.as_deref()), (vec![None, Some("two")], None));
}
