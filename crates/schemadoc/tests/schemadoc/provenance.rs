//! Where each part comes from: `file:line`, over renames and rebuilds.

use ::schemadoc::model::{History, Table};

use crate::support::{column, model, table};

/// `introduced`, and after a comma `changed`, without the file's ending.
fn said(history: &History) -> String {
    let changed = history.changed.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
    format!("{}{changed}", history.introduced).replace(".sql", "")
}

/// Every column, check, foreign key and index, each with its places.
fn all(table: &Table) -> Vec<(String, String)> {
    let columns = table.columns.iter().map(|column| (column.name.clone(), said(&column.history)));
    let checks = table.checks.iter().map(|check| (check.expression.clone(), said(&check.history)));
    let keys = table.foreign_keys.iter().map(|key| (format!("→ {}", key.parent), said(&key.history)));
    let index = |index: &::schemadoc::model::Index| format!("{} ({})", index.origin, index.columns.join(", "));
    let indexes = table.indexes.iter().map(|one| (index(one), said(&one.history)));
    columns.chain(checks).chain(keys).chain(indexes).collect()
}

fn expected(parts: &[(&str, &str)]) -> Vec<(String, String)> {
    parts.iter().map(|(name, places)| ((*name).to_owned(), (*places).to_owned())).collect()
}

const FIRST: &str = "CREATE TABLE parents (id TEXT PRIMARY KEY);
CREATE TABLE a (
    id TEXT -- PRIMARY KEY
        NOT NULL
        CONSTRAINT a_key PRIMARY KEY,
    /* one, two */ kind TEXT COLLATE NOCASE CHECK (kind IN ('x', 'y')),
    parent TEXT
        REFERENCES parents (id) ON DELETE CASCADE,
    size INTEGER,
    CONSTRAINT positive
        CHECK (size > 0),
    CONSTRAINT pair UNIQUE (kind, size),
    FOREIGN KEY (kind) REFERENCES parents
);
CREATE INDEX by_size ON a (size);
";

#[test]
fn each_part_of_a_create_table_has_its_own_line() {
    let model = model(&[("1.sql", FIRST)]);
    let a = table(&model, "a");
    assert_eq!(said(&a.history), "1:2");
    let parts = [
        ("id", "1:3"),
        ("kind", "1:6"),
        ("parent", "1:7"),
        ("size", "1:9"),
        ("kind IN ('x', 'y')", "1:6"),
        ("size > 0", "1:10"),
        ("→ parents", "1:8"),
        ("→ parents", "1:13"),
        ("c (size)", "1:15"),
        ("pk (id)", "1:5"),
        ("u (kind, size)", "1:12"),
    ];
    assert_eq!(all(a), expected(&parts));
    assert_eq!(a.primary_key_name.as_deref(), Some("a_key"));
    assert_eq!(column(a, "kind").collation.as_deref(), Some("NOCASE"));
    let constraints: Vec<_> = a.indexes.iter().map(|index| index.constraint.as_deref()).collect();
    assert_eq!(constraints, [None, Some("a_key"), Some("pair")]);
}

#[test]
fn what_a_rebuild_leaves_as_it_was_keeps_its_line() {
    let body = "(
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT CHECK (kind IN ('x', 'y', 'z')),
    parent TEXT REFERENCES parents (id) ON DELETE SET NULL,
    size INTEGER CHECK (size < 100),
    CONSTRAINT positive CHECK (size >= 1),
    FOREIGN KEY (kind) REFERENCES parents,
    UNIQUE (size),
    CONSTRAINT pair UNIQUE (kind, size)
);";
    let copy = "SELECT id, kind, parent, size FROM";
    let ways = [
        format!("CREATE TABLE b {body} INSERT INTO b {copy} a; DROP TABLE a; ALTER TABLE b RENAME TO a;"),
        format!("ALTER TABLE a RENAME TO b; CREATE TABLE a {body} INSERT INTO a {copy} b; DROP TABLE b;"),
    ];
    for way in ways {
        let model = model(&[("1.sql", FIRST), ("2.sql", &format!("{way}\nCREATE INDEX by_size ON a (size);"))]);
        let a = table(&model, "a");
        assert_eq!((model.tables.len(), said(&a.history).as_str()), (2, "1:2"), "{way}");
        let parts = [
            ("id", "1:3"),
            ("kind", "1:6, 2:3"),
            ("parent", "1:7"),
            ("size", "1:9"),
            ("kind IN ('x', 'y', 'z')", "1:6, 2:3"),
            ("size < 100", "2:5"),
            ("size >= 1", "1:10, 2:6"),
            ("→ parents", "1:8, 2:4"),
            ("→ parents", "1:13"),
            ("c (size)", "1:15"),
            ("pk (id)", "1:5, 2:2"),
            ("u (size)", "2:8"),
            ("u (kind, size)", "1:12"),
        ];
        assert_eq!(all(a), expected(&parts), "{way}");
    }
}

#[test]
fn a_rename_reaches_all_that_say_the_name() {
    let model = model(&[
        ("1.sql", FIRST),
        (
            "2.sql",
            "ALTER TABLE parents RENAME COLUMN id TO number;\nALTER TABLE parents RENAME TO elders;
ALTER TABLE a RENAME COLUMN size TO length;\nALTER TABLE a DROP COLUMN parent;\nALTER TABLE a ADD COLUMN more TEXT\n  REFERENCES elders;",
        ),
    ]);
    let parts = [
        ("id", "1:3"),
        ("kind", "1:6"),
        ("length", "1:9"),
        ("more", "2:5"),
        ("kind IN ('x', 'y')", "1:6"),
        ("length > 0", "1:10, 2:3"),
        ("→ elders", "2:5"),
        ("→ elders", "1:13, 2:2"),
        ("c (length)", "1:15, 2:3"),
        ("pk (id)", "1:5"),
        ("u (kind, length)", "1:12, 2:3"),
    ];
    assert_eq!(all(table(&model, "a")), expected(&parts));
    let elders = table(&model, "elders");
    assert_eq!(elders.history.renamed[0].from, "parents");
    assert_eq!(column(elders, "number").history.renamed[0].at.to_string(), "2.sql:1");
}

#[test]
fn a_childs_key_names_the_parents_new_column() {
    let child = "CREATE TABLE p (id TEXT UNIQUE); CREATE TABLE c (p TEXT REFERENCES p (id));";
    let model = model(&[("1.sql", child), ("2.sql", "ALTER TABLE p RENAME COLUMN id TO number;")]);
    let key = &table(&model, "c").foreign_keys[0];
    assert_eq!(
        (key.parent_columns.as_slice(), said(&key.history).as_str()),
        (["number".to_owned()].as_slice(), "1:1, 2:1")
    );
}

#[test]
fn case_alone_is_a_rename_too() {
    let model = model(&[
        ("1.sql", "CREATE TABLE a (Id TEXT PRIMARY KEY);"),
        ("2.sql", "ALTER TABLE A RENAME COLUMN ID TO id;"),
    ]);
    let id = column(table(&model, "a"), "id");
    assert_eq!((said(&id.history).as_str(), id.history.renamed[0].from.as_str()), ("1:1", "Id"));
}

#[test]
fn a_rollback_takes_everything_back() {
    let model = model(&[
        ("1.sql", "CREATE TABLE a (x TEXT);\nCREATE TABLE b (x TEXT);\nCREATE INDEX i ON a (x);"),
        ("2.sql", "BEGIN;\nDROP TABLE a;\nALTER TABLE b ADD COLUMN y;\nCREATE TABLE c (x);\nROLLBACK;"),
    ]);
    let names: Vec<_> = model.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(all(table(&model, "a")), expected(&[("x", "1:1"), ("c (x)", "1:3")]));
    assert_eq!(all(table(&model, "b")), expected(&[("x", "1:2")]));
    assert!(table(&model, "a").history.rebuilt.is_none());
}

#[test]
fn a_view_shows_what_its_tables_have_in_the_end() {
    let model = model(&[
        ("1.sql", "CREATE VIEW early AS SELECT * FROM a;\n\nCREATE VIEW broken AS SELECT * FROM nowhere;"),
        ("2.sql", "CREATE TABLE a (x TEXT);\nALTER TABLE a ADD COLUMN y TEXT;"),
    ]);
    let columns: Vec<_> = table(&model, "early").columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["x", "y"]);
    assert!(table(&model, "broken").columns.is_empty());
    let [warning] = model.warnings.as_slice() else { panic!("{:?}", model.warnings) };
    assert_eq!((warning.file.as_str(), warning.line), ("1.sql", 3));
    assert_eq!(warning.text, "The view broken can not be read: no such table: main.nowhere.");
}

#[test]
fn what_is_made_by_a_query_came_with_the_statement() {
    let model =
        model(&[("1.sql", "CREATE TABLE b AS\nSELECT coalesce(\n1,\nx) AS x,\n2 AS \"1\" FROM (SELECT 3 AS x);")]);
    assert_eq!(all(table(&model, "b")), expected(&[("x", "1:1"), ("1", "1:1")]));
}
