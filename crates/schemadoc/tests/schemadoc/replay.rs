//! What comes of the migrations, and where each part comes from.

use ::schemadoc::model::{Generated, Kind};

use crate::support::{Folder, column, model, places, table};

fn at(place: &str) -> (String, Option<String>) {
    (place.to_owned(), None)
}

#[test]
fn a_column_knows_the_line_that_it_comes_from() {
    let model = model(&[
        ("0001_initial.sql", "-- The first.\nCREATE TABLE a (id TEXT NOT NULL PRIMARY KEY);\n"),
        ("0002_more.sql", "\n\nALTER TABLE a ADD COLUMN name TEXT; ALTER TABLE a\n  ADD COLUMN size BIGINT;\n"),
    ]);
    let a = table(&model, "a");
    assert_eq!(places(&a.history), at("0001_initial.sql:2"));
    assert_eq!(places(&column(a, "id").history), at("0001_initial.sql:2"));
    assert_eq!(places(&column(a, "name").history), at("0002_more.sql:3"));
    assert_eq!(places(&column(a, "size").history), at("0002_more.sql:3"));
    assert_eq!(model.migrations.len(), 2);
    assert_eq!(model.migrations[0].sha256.len(), 64);
}

#[test]
fn a_rebuilt_table_is_the_same_table() {
    let first = "CREATE TABLE a (id TEXT PRIMARY KEY, size INTEGER);\nCREATE INDEX by_size ON a (size);\n";
    let ways = [
        // New, copy, drop, rename.
        "CREATE TABLE a_new (id TEXT PRIMARY KEY, size BIGINT, more TEXT);\n\
         INSERT INTO a_new (id, size) SELECT id, size FROM a;\nDROP TABLE a;\nALTER TABLE a_new RENAME TO a;\n\
         CREATE INDEX by_size ON a (size);\n",
        // Rename, new, copy, drop.
        "ALTER TABLE a RENAME TO a_old; CREATE TABLE a (id TEXT PRIMARY KEY, size BIGINT, more TEXT);\n\
         INSERT INTO a (id, size) SELECT id, size FROM a_old;\nDROP TABLE a_old;\n\nCREATE INDEX by_size ON a (size);\n",
        // Copy away, drop, new, copy back.
        "CREATE TABLE kept AS SELECT * FROM a; DROP TABLE a; CREATE TABLE a (id TEXT PRIMARY KEY, size BIGINT, more TEXT);\n\
         INSERT INTO a (id, size) SELECT id, size FROM kept;\nDROP TABLE kept;\n\nCREATE INDEX by_size ON a (size);\n",
    ];
    for way in ways {
        let model = model(&[("1_first.sql", first), ("2_rebuild.sql", way)]);
        assert_eq!(model.tables.len(), 1, "{way}");
        let a = table(&model, "a");
        assert_eq!(places(&a.history), at("1_first.sql:1"), "{way}");
        assert_eq!(a.history.rebuilt.as_ref().unwrap().to_string(), "2_rebuild.sql:1", "{way}");
        assert!(a.history.renamed.is_empty(), "{way}: {:?}", a.history.renamed);
        assert_eq!(places(&column(a, "id").history), at("1_first.sql:1"), "{way}");
        let changed = ("1_first.sql:1".to_owned(), Some("2_rebuild.sql:1".to_owned()));
        assert_eq!(places(&column(a, "size").history), changed, "{way}");
        assert_eq!(places(&column(a, "more").history), at("2_rebuild.sql:1"), "{way}");
        let by_size = a.indexes.iter().find(|index| index.name == "by_size").unwrap();
        assert_eq!(places(&by_size.history), at("1_first.sql:2"), "{way}");
    }
}

#[test]
fn a_name_that_was_given_up_is_remembered() {
    let model = model(&[
        ("1.sql", "CREATE TABLE a (id TEXT PRIMARY KEY, size BIGINT);\nCREATE TABLE b (a TEXT REFERENCES a);\n"),
        ("2.sql", "ALTER TABLE a RENAME TO parents;\nALTER TABLE parents RENAME COLUMN size TO length;\n"),
    ]);
    let parents = table(&model, "parents");
    assert_eq!(parents.history.renamed[0].from, "a");
    assert_eq!(parents.history.renamed[0].at.to_string(), "2.sql:1");
    let length = column(parents, "length");
    assert_eq!(places(&length.history), at("1.sql:1"));
    assert_eq!(length.history.renamed[0].from, "size");
    assert_eq!(length.history.renamed[0].at.to_string(), "2.sql:2");
    let key = &table(&model, "b").foreign_keys[0];
    assert_eq!((key.parent.as_str(), key.parent_columns.as_slice()), ("parents", ["id".to_owned()].as_slice()));
}

#[test]
fn an_index_that_is_made_anew_has_changed() {
    let model = model(&[
        ("1.sql", "CREATE TABLE a (x TEXT, y TEXT);\nCREATE INDEX i ON a (x);\n"),
        ("2.sql", "DROP INDEX i;\nCREATE UNIQUE INDEX i ON a (x, lower(y) DESC) WHERE x IS NOT NULL;\n"),
    ]);
    let index = &table(&model, "a").indexes[0];
    assert_eq!(places(&index.history), ("1.sql:2".to_owned(), Some("2.sql:2".to_owned())));
    assert_eq!(
        (index.unique, index.columns.join("|"), index.condition.as_deref()),
        (true, "x|lower(y)".to_owned(), Some("x IS NOT NULL"))
    );
}

#[test]
fn constraints_are_read_whole() {
    let model = model(&[(
        "1.sql",
        "CREATE TABLE \"a b\" (x TEXT CONSTRAINT kind CHECK (x IN ('(', 'it''s')) COLLATE NOCASE, y INT, -- CHECK (no)
             z INT GENERATED ALWAYS AS (y * (2 + 1)) STORED, w INT AS (y) VIRTUAL,
             CHECK (y > 0), CONSTRAINT pair UNIQUE (x, y) CHECK (w < 10));
         CREATE TABLE c (x TEXT, y INT, n INT REFERENCES nowhere (id),
             CONSTRAINT both FOREIGN KEY (x, y) REFERENCES \"a b\" (x, y) ON DELETE CASCADE) STRICT;",
    )]);
    let a = table(&model, "a b");
    let checks: Vec<_> = a.checks.iter().map(|check| (check.name.as_deref(), check.expression.as_str())).collect();
    assert_eq!(checks, [(Some("kind"), "x IN ('(', 'it''s')"), (None, "y > 0"), (None, "w < 10")]);
    assert_eq!(
        (column(a, "z").generated, column(a, "z").expression.as_deref()),
        (Some(Generated::Stored), Some("y * (2 + 1)"))
    );
    assert_eq!((column(a, "w").generated, column(a, "w").expression.as_deref()), (Some(Generated::Virtual), Some("y")));
    let c = table(&model, "c");
    assert!(c.strict);
    let [alone, both] = c.foreign_keys.as_slice() else { panic!("{:?}", c.foreign_keys) };
    assert_eq!((alone.name.as_deref(), alone.parent.as_str(), alone.dangling), (None, "nowhere", true));
    assert_eq!(
        (both.name.as_deref(), both.columns.join(" "), both.parent_columns.join(" ")),
        (Some("both"), "x y".to_owned(), "x y".to_owned())
    );
    assert_eq!((both.on_delete.as_str(), both.on_update.as_str(), both.dangling), ("CASCADE", "NO ACTION", false));
}

#[test]
fn what_sqlite_can_not_run_is_said_with_its_line() {
    let wrong =
        Folder::of(&[("1.sql", "CREATE TABLE a (id TEXT);\n\nCREATE TABLE a (id TEXT);\n")]).model().unwrap_err();
    assert!(wrong.starts_with("1.sql:3: table a already exists"), "{wrong}");
    let cut = Folder::of(&[("1.sql", "CREATE TABLE a (id TEXT);\nCREATE TABLE b (")]).model().unwrap_err();
    assert!(cut.starts_with("1.sql:2: the statement has no end"), "{cut}");
    let outside = Folder::of(&[("1.sql", "ATTACH '/tmp/elsewhere.db' AS other;")]).model().unwrap_err();
    assert!(outside.starts_with("1.sql:1: not authorized"), "{outside}");
}

#[test]
fn what_only_an_application_has_gets_a_stand_in() {
    let model = model(&[(
        "1.sql",
        "BEGIN;\nCREATE TABLE a (id TEXT DEFAULT (uuid7()), name TEXT COLLATE german);\nINSERT INTO a (name) VALUES ('x');\n\
         CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET name = 'y;'; SELECT 1; END;\nCOMMIT;\nCOMMIT;\n",
    )]);
    let lines: Vec<usize> = model.warnings.iter().map(|warning| warning.line).collect();
    assert!(lines.contains(&3), "{:?}", model.warnings);
    let a = table(&model, "a");
    assert_eq!(a.triggers[0].name, "t");
    assert_eq!(a.rows, [[serde_json::Value::Null, "x".into()]]);
}

#[test]
fn views_and_virtual_tables_are_there_and_their_shadows_are_not() {
    let model = model(&[(
        "1.sql",
        "CREATE TABLE a (id INTEGER PRIMARY KEY) WITHOUT ROWID; CREATE VIEW v AS SELECT id AS number FROM a;\n\
         CREATE VIRTUAL TABLE words USING fts5(text);",
    )]);
    let kinds: Vec<_> = model.tables.iter().map(|table| (table.name.as_str(), table.kind)).collect();
    assert_eq!(kinds, [("a", Kind::Table), ("v", Kind::View), ("words", Kind::Virtual)]);
    assert!(table(&model, "a").without_rowid);
    assert_eq!(table(&model, "v").columns[0].name, "number");
}

#[test]
fn rows_that_migrations_insert_are_there() {
    let model = model(&[
        (
            "1.sql",
            "CREATE TABLE a (x, y); INSERT INTO a VALUES (1, 'one'), (2.5, NULL), (x'00ff', CAST(x'ff' AS TEXT));",
        ),
        ("2.sql", "UPDATE a SET y = 'uno' WHERE x = 1; CREATE TEMP TABLE a (z); CREATE VIEW v AS SELECT * FROM a;"),
    ]);
    let rows = serde_json::json!([[1, "uno"], [2.5, null], ["x'00ff'", "x'ff'"]]);
    assert_eq!(serde_json::to_value(&table(&model, "a").rows).unwrap(), rows);
    assert!(table(&model, "v").rows.is_empty());
}

#[test]
fn foreign_keys_do_not_empty_a_rebuilt_tables_children() {
    let model = model(&[
        ("1.sql", "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);"),
        ("2.sql", "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1), (2);"),
        (
            "3.sql",
            "PRAGMA foreign_keys = ON; CREATE TABLE n (id INTEGER PRIMARY KEY, more); INSERT INTO n SELECT id, 1 FROM p;\n\
             DROP TABLE p; ALTER TABLE n RENAME TO p;",
        ),
    ]);
    assert_eq!((table(&model, "c").rows.len(), table(&model, "p").rows.len()), (2, 1));
}

#[test]
fn a_transaction_that_a_file_leaves_open_is_said_and_kept() {
    let model = model(&[
        ("1.sql", "BEGIN IMMEDIATE;\nCREATE TABLE a (x);\n"),
        ("2.sql", "CREATE TABLE b (x);\nEND TRANSACTION;"),
    ]);
    assert_eq!(model.tables.len(), 2);
    let [warning] = model.warnings.as_slice() else { panic!("{:?}", model.warnings) };
    assert_eq!((warning.file.as_str(), warning.line), ("1.sql", 2));
    assert_eq!(warning.text, "The file begins a transaction and does not end it.");
}
