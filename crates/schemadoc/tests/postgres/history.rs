//! Where each part comes from: the same history as SQLite's, and what only PostgreSQL can do.

use schemadoc::model::{History, Model};

use super::server::{model, refusal};
use crate::support::{self, column, places, table};

fn at(place: &str) -> (String, Option<String>) {
    (place.to_owned(), None)
}

/// Everything that has a history and a name on both engines.
fn histories(model: &Model) -> Vec<(String, History)> {
    let mut found = Vec::new();
    for table in &model.tables {
        found.push((table.name.clone(), table.history.clone()));
        found.extend(
            table.columns.iter().map(|column| (format!("{}.{}", table.name, column.name), column.history.clone())),
        );
        let named = table.indexes.iter().filter(|index| index.origin == "c");
        found.extend(named.map(|index| (format!("{} on {}", index.name, table.name), index.history.clone())));
        // PostgreSQL names each constraint after its first table, so that a rebuild changes the name, and that is told.
        let constraints = table.indexes.iter().filter(|index| index.origin != "c");
        let mut constraints: Vec<_> = constraints
            .map(|index| (format!("{} key of {}", index.columns.join(","), table.name), &index.history.introduced))
            .map(|(name, place)| (name, History::made_at(place)))
            .collect();
        constraints.sort_by(|one, other| one.0.cmp(&other.0));
        found.extend(constraints);
        found.extend(table.checks.iter().map(|check| (format!("check of {}", table.name), check.history.clone())));
        let keys = table.foreign_keys.iter();
        found.extend(keys.map(|key| (format!("{} → {}", table.name, key.parent), key.history.clone())));
    }
    found
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn both_engines_tell_the_same_history() {
    let first = (
        "1_first.sql",
        "CREATE TABLE a (id TEXT PRIMARY KEY, size INTEGER);\nCREATE INDEX by_size ON a (size);\n\
         CREATE TABLE b (a TEXT REFERENCES a (id),\n  more TEXT, key TEXT UNIQUE,\n  CHECK (key <> ''),\n  \
         CONSTRAINT named CHECK (a <> ''),\n  UNIQUE (key, a)\n);\n\nCREATE VIEW v AS SELECT id FROM a;\n",
    );
    let ways = [
        "ALTER TABLE a ADD COLUMN name TEXT; ALTER TABLE a\n  ADD COLUMN length BIGINT;\n",
        "ALTER TABLE a RENAME TO c;\nALTER TABLE c RENAME COLUMN size TO length;\n",
        "ALTER TABLE b DROP COLUMN more;\n\nALTER TABLE b ADD COLUMN more BIGINT;\n",
        "DROP INDEX by_size;\nCREATE UNIQUE INDEX by_size ON a (size) WHERE size IS NOT NULL;\n",
        "DROP INDEX by_size;\n\nCREATE INDEX by_size ON a (size);\n",
        "DROP VIEW v;\nCREATE VIEW v AS SELECT size FROM a;\n",
        "DROP TABLE b; DROP VIEW v;\nCREATE TABLE b_new (a TEXT, more BIGINT, new TEXT);\nDROP TABLE a;\n\
         ALTER TABLE b_new RENAME TO b;\nCREATE INDEX by_size ON b (more);\n",
        // New, copy, drop, rename.
        "DROP VIEW v; DROP TABLE b;\nCREATE TABLE a_new (id TEXT PRIMARY KEY, size BIGINT, more TEXT);\n\
         INSERT INTO a_new (id, size) SELECT id, size FROM a;\nDROP TABLE a;\nALTER TABLE a_new RENAME TO a;\n\
         CREATE INDEX by_size ON a (size);\n",
        // Rename, new, copy, drop.
        "DROP VIEW v; DROP TABLE b;\nALTER TABLE a RENAME TO a_old; CREATE TABLE a (id TEXT PRIMARY KEY, size BIGINT);\n\
         INSERT INTO a (id, size) SELECT id, size FROM a_old;\nDROP TABLE a_old;\n\nCREATE INDEX by_size ON a (size);\n",
        // Copy away, drop, new, copy back.
        "DROP VIEW v; DROP TABLE b;\nCREATE TABLE kept AS SELECT * FROM a; DROP TABLE a; CREATE TABLE a (id TEXT PRIMARY KEY);\n\
         INSERT INTO a (id) SELECT id FROM kept;\nDROP TABLE kept;\n",
    ];
    for way in ways {
        let files = [first, ("2_second.sql", way)];
        let (sqlite, postgres) = (support::model(&files), model(&files));
        assert_eq!(histories(&postgres), histories(&sqlite), "{way}");
    }
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn a_rename_is_known_for_certain() {
    let model = model(&[
        (
            "1.sql",
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT, y TEXT);\nCREATE TABLE b (id TEXT);\nCREATE TABLE c (id TEXT);\n",
        ),
        (
            "2.sql",
            "-- As many columns as before, but no rename.\nALTER TABLE a DROP COLUMN y, ADD COLUMN z TEXT;\n\
             DO $$ BEGIN\n  ALTER TABLE a RENAME COLUMN x TO renamed;\n  ALTER TABLE a DROP COLUMN z;\n\
             ALTER TABLE a ADD COLUMN new TEXT;\n  ALTER TABLE b RENAME TO b2;\n  ALTER TABLE c RENAME TO c2;\nEND $$;\n",
        ),
        (
            "3.sql",
            "DO $$ BEGIN ALTER TABLE b2 RENAME TO free; ALTER TABLE c2 RENAME TO b2; ALTER TABLE free RENAME TO c2; END $$;",
        ),
    ]);
    let a = table(&model, "a");
    assert_eq!(a.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "renamed", "new"]);
    let renamed = column(a, "renamed");
    assert_eq!(places(&renamed.history), at("1.sql:1"));
    assert_eq!((renamed.history.renamed[0].from.as_str(), renamed.history.renamed[0].at.line), ("x", 3));
    assert_eq!(places(&column(a, "new").history), at("2.sql:3"));
    assert!(column(a, "new").history.renamed.is_empty());
    // Two names that change places in one statement are there, with a history of their own or the other's.
    assert_eq!(model.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["a", "b2", "c2"]);
    for name in ["b2", "c2"] {
        assert_eq!(table(&model, name).history.introduced.file, "1.sql");
        assert_eq!(table(&model, name).history.renamed[0].at.to_string(), "2.sql:3");
    }
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn parts_that_change_together() {
    let model = model(&[
        (
            "1.sql",
            "CREATE TABLE a (\n  id INT,\n  x INT CONSTRAINT one CHECK (x > 1),\n  y INT CONSTRAINT two CHECK (y > 2)\n);\n\
             CREATE INDEX i ON a (x);\nCREATE INDEX j ON a (y);\n",
        ),
        (
            "2.sql",
            "ALTER TABLE a DROP CONSTRAINT one, ADD CONSTRAINT three CHECK (x > 3), ALTER y TYPE BIGINT;\n\
             ALTER TABLE a RENAME CONSTRAINT two TO second;\nALTER INDEX i RENAME TO renamed;\n\
             DROP INDEX j; CREATE INDEX other ON a (y);\n",
        ),
    ]);
    let a = table(&model, "a");
    let checks: Vec<_> = a.checks.iter().map(|check| (check.name.clone().unwrap(), places(&check.history))).collect();
    assert_eq!(
        checks,
        [
            ("second".to_owned(), ("1.sql:4".to_owned(), Some("2.sql:2".to_owned()))),
            ("three".to_owned(), at("2.sql:1")),
        ]
    );
    let indexes: Vec<_> = a.indexes.iter().map(|index| (index.name.as_str(), places(&index.history))).collect();
    assert_eq!(indexes, [("other", at("2.sql:4")), ("renamed", at("1.sql:6"))]);
    assert_eq!(a.indexes[1].history.renamed[0].from, "i");
    assert_eq!(a.indexes[1].history.renamed[0].at.to_string(), "2.sql:3");
    assert_eq!(places(&column(a, "y").history), ("1.sql:4".to_owned(), Some("2.sql:1".to_owned())));
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn what_is_changed_where() {
    let model = model(&[
        ("1.sql", "CREATE TABLE a (id INT, b VARCHAR(9), c TEXT);\nCREATE TABLE other (id INT PRIMARY KEY);\n"),
        (
            "2.sql",
            "ALTER TABLE a ALTER b TYPE TEXT;\nALTER TABLE a ALTER b SET NOT NULL;\nALTER TABLE a ALTER id SET DEFAULT 1;\n\
             ALTER TABLE a ADD PRIMARY KEY (c);\nALTER TABLE other RENAME TO others;\n",
        ),
    ]);
    let a = table(&model, "a");
    let changed = |name| places(&column(a, name).history);
    assert_eq!(changed("b"), ("1.sql:1".to_owned(), Some("2.sql:2".to_owned())));
    assert_eq!(changed("id"), ("1.sql:1".to_owned(), Some("2.sql:3".to_owned())));
    assert_eq!(changed("c"), ("1.sql:1".to_owned(), Some("2.sql:4".to_owned())));
    assert_eq!(places(&column(table(&model, "others"), "id").history), at("1.sql:2"));
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn a_transaction_of_the_file_s_own() {
    let model = model(&[
        ("1.sql", "BEGIN;\nCREATE TABLE a (id TEXT);\nSAVEPOINT s;\nDROP TABLE a;\nROLLBACK TO s;\nCOMMIT;\n"),
        (
            "2.sql",
            "START TRANSACTION;\nCREATE TABLE gone (id TEXT);\nROLLBACK;\nCREATE INDEX CONCURRENTLY i ON a (id);\n",
        ),
        (
            "3.sql",
            "BEGIN;\nALTER TABLE a ADD b TEXT;\nCOMMIT AND CHAIN;\nSET LOCAL search_path = pg_catalog;\nALTER TABLE public.a ADD c TEXT;\n",
        ),
        ("4.sql", "CREATE TABLE after_it (id TEXT);"),
    ]);
    assert_eq!(model.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["a", "after_it"]);
    let a = table(&model, "a");
    assert_eq!(places(&a.history), at("1.sql:2"));
    assert_eq!(places(&a.indexes[0].history), at("2.sql:4"));
    assert_eq!(places(&column(a, "c").history), at("3.sql:5"));
    let warnings: Vec<String> =
        model.warnings.iter().map(|warning| format!("{}:{}: {}", warning.file, warning.line, warning.text)).collect();
    assert_eq!(warnings, ["3.sql:5: The file begins a transaction and does not end it."]);
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn names_that_differ_in_case_alone() {
    assert_eq!(
        refusal(&[("1.sql", "CREATE TABLE a (id TEXT);\nCREATE TABLE \"A\" (id TEXT);")]),
        "1.sql:2: `A` and `a` differ in nothing but case, and can not both be documented\n    CREATE TABLE \"A\" (id TEXT);"
    );
    let columns = refusal(&[("1.sql", "CREATE TABLE a (\"userId\" TEXT, userid TEXT);")]);
    assert!(columns.contains("`userId` and `userid`"), "{columns}");
    assert_eq!(table(&model(&[("1.sql", "CREATE TABLE \"A\" (\"userId\" TEXT);")]), "A").columns[0].name, "userId");
}
