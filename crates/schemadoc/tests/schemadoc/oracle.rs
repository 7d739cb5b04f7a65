//! The model beside what SQLite itself reports of the same SQL, run as a whole and with nobody watching: columns,
//! indexes, foreign keys by its PRAGMAs, and CHECKs by what it says when a row breaks one.

use std::collections::BTreeMap;

use ::schemadoc::model::{Generated, Kind, Model, Table};
use rusqlite::{Connection, Row};

use crate::support::{model, table};

/// Awkward migrations. Each is one file, and all of them together are a folder, too.
const FILES: [(&str, &str); 8] = [
    (
        "1_names.sql",
        r#"CREATE TABLE "select" ("from" TEXT, [to be] INT, `not "to" be` INT, 'where' REAL, größe NUMERIC(10, 2),
             PRIMARY KEY ("from", [to be])); -- CREATE TABLE no (x);
           CREATE TABLE IF NOT EXISTS main.other /* ( */ (a, b INTEGER PRIMARY KEY AUTOINCREMENT, c VARCHAR ( 255 ) UNIQUE ON CONFLICT IGNORE);
           CREATE TEMP TABLE passing (x); CREATE TEMP TABLE other (y TEXT);
           CREATE INDEX "an index" ON "select" ("from" DESC, `not "to" be`); DROP TABLE temp.other;"#,
    ),
    (
        "2_defaults.sql",
        "CREATE TABLE defaults (a INT DEFAULT -1, b TEXT DEFAULT 'it''s', c DEFAULT (1 + (2)), d BLOB DEFAULT x'00', e DEFAULT NULL,
           f BOOLEAN NOT NULL DEFAULT TRUE, g TEXT DEFAULT CURRENT_TIMESTAMP, h DEFAULT +1.5e-3, i TEXT DEFAULT \"text\", j TEXT DEFAULT word
           NOT NULL);
         INSERT INTO defaults (a) VALUES (1); ALTER TABLE defaults ADD COLUMN k TEXT NOT NULL DEFAULT 'k' COLLATE NOCASE CHECK (k <> '');",
    ),
    (
        "3_keys.sql",
        "CREATE TABLE parent (x TEXT, y INT, z INT UNIQUE, PRIMARY KEY (y, x)) WITHOUT ROWID;
         CREATE TABLE child (id INTEGER PRIMARY KEY, x TEXT, y INT, z INT REFERENCES parent (z) ON DELETE SET NULL ON UPDATE CASCADE,
           self INT REFERENCES child DEFERRABLE INITIALLY DEFERRED, nobody INT CONSTRAINT dangling REFERENCES nobody (id) ON DELETE SET DEFAULT,
           FOREIGN KEY (y, x) REFERENCES parent ON DELETE RESTRICT MATCH FULL CONSTRAINT named FOREIGN KEY (y, x) REFERENCES Parent (y, x));",
    ),
    (
        "4_indexes.sql",
        "CREATE TABLE indexed (a TEXT, b INT, c INT, UNIQUE (a, b), UNIQUE (b, a), CONSTRAINT again UNIQUE (a, b));
         CREATE UNIQUE INDEX partial ON indexed (a) WHERE b IS NOT NULL AND c IN (1, 2);
         CREATE INDEX expressions ON indexed (lower(a), (b + c) DESC, c COLLATE NOCASE ASC) WHERE (c) > 0;
         CREATE UNIQUE INDEX whole ON indexed (c); CREATE INDEX gone ON indexed (b); DROP INDEX gone;",
    ),
    (
        "5_kinds.sql",
        "CREATE TABLE strict (id INT PRIMARY KEY, a ANY, b TEXT NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE generated (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED UNIQUE, c TEXT AS (a || ',)') NOT NULL, d AS (abs(a)));
         CREATE VIEW shown (one, two) AS SELECT a, b FROM generated; CREATE TABLE copy AS SELECT one AS \"o n e\", 1 + two FROM shown;
         CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize = 'porter'); CREATE VIRTUAL TABLE boxes USING rtree(id, low, high);
         CREATE TRIGGER fill AFTER INSERT ON strict WHEN new.id > 0 BEGIN INSERT INTO words VALUES (';END;', CASE WHEN 1 THEN 2 END); END;",
    ),
    (
        "6_rebuilds.sql",
        "BEGIN; CREATE TABLE new_child (id INTEGER PRIMARY KEY, x TEXT, extra TEXT REFERENCES parent (x), FOREIGN KEY (id) REFERENCES new_child (id));
         INSERT INTO new_child (id, x) SELECT id, x FROM child; DROP TABLE child; ALTER TABLE new_child RENAME TO child; COMMIT;
         PRAGMA foreign_keys = ON; ALTER TABLE parent RENAME TO elder; ALTER TABLE elder RENAME COLUMN y TO years;
         ALTER TABLE indexed ADD COLUMN d INT; ALTER TABLE indexed DROP COLUMN d;",
    ),
    (
        "7_checks.sql",
        "CREATE TABLE checked (a TEXT CHECK (a IN ('x', ')', 'it''s')), b INT CONSTRAINT positive CHECK ( b > 0 /* , */ ), c INT DEFAULT (1) CHECK(c<>2) NOT NULL,
           CHECK (b < 100), CHECK ((a, b) <> ('x', 7)) CHECK (c IS NULL OR c BETWEEN -5 AND 5), CHECK (length(a) > 0));",
    ),
    (
        "8_undone.sql",
        "BEGIN; DROP TABLE checked; CREATE TABLE never (x); ROLLBACK; SAVEPOINT s; ALTER TABLE generated ADD COLUMN e INT; ROLLBACK TO s; RELEASE s;
         VACUUM; CREATE TABLE IF NOT EXISTS checked (other); DROP TABLE IF EXISTS absent;",
    ),
];

/// Of each table: everything, one line each.
type Reported = BTreeMap<String, Vec<String>>;

fn reported(sql: &str) -> Reported {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    connection.execute_batch(&sql.replace("PRAGMA foreign_keys = ON;", "")).unwrap();
    let names = "SELECT name || '|' || type || '|' || strict || '|' || wr FROM pragma_table_list
                 WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let heads = lines(&connection, names, "");
    let tables = heads.into_iter().map(|head| {
        let name = head.split('|').next().unwrap().to_owned();
        let columns = "SELECT format('column %s|%s|%d|%s|%d|%d', name, type, \"notnull\", coalesce(dflt_value, '-'), pk, hidden)
                       FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1";
        let keys = "SELECT format('key %s|%s|%s|%s|%s', group_concat(\"from\"), \"table\", coalesce(group_concat(\"to\"), '-'), on_delete, on_update)
                    FROM (SELECT * FROM pragma_foreign_key_list(?1, 'main') ORDER BY id DESC, seq) GROUP BY id ORDER BY id DESC";
        let indexes = "SELECT format('index %s|%d|%s|%d|%s', l.name, l.\"unique\", l.origin, l.partial, (SELECT group_concat(coalesce(name, '?'))
                       FROM pragma_index_xinfo(l.name, 'main') WHERE key)) FROM pragma_index_list(?1, 'main') l ORDER BY l.name";
        let triggers = "SELECT 'trigger ' || name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 ORDER BY name";
        let all = [columns, keys, indexes, triggers].into_iter().flat_map(|sql| lines(&connection, sql, &name));
        (name.clone(), std::iter::once(head).chain(all).collect())
    });
    tables.collect()
}

fn lines(connection: &Connection, sql: &str, table: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let text = |row: &Row<'_>| row.get::<_, String>(0);
    let table: Vec<&str> = Some(table).filter(|table| !table.is_empty()).into_iter().collect();
    statement.query_map(rusqlite::params_from_iter(table), text).unwrap().map(Result::unwrap).collect()
}

/// The same lines of the model.
fn modelled(model: &Model) -> Reported {
    model.tables.iter().map(|table| (table.name.clone(), modelled_table(model, table))).collect()
}

fn modelled_table(model: &Model, table: &Table) -> Vec<String> {
    let kind = match table.kind {
        Kind::Table => "table",
        Kind::View => "view",
        Kind::Virtual => "virtual",
    };
    let mut all = vec![format!("{}|{kind}|{}|{}", table.name, u8::from(table.strict), u8::from(table.without_rowid))];
    all.extend(table.columns.iter().map(|column| {
        let hidden = match column.generated {
            None => 0,
            Some(Generated::Virtual) => 2,
            Some(Generated::Stored) => 3,
        };
        let default = column.default.as_deref().unwrap_or("-");
        let (name, kind, not_null) = (&column.name, &column.declared_type, u8::from(column.not_null));
        format!("column {name}|{kind}|{not_null}|{default}|{}|{hidden}", column.primary_key)
    }));
    all.extend(table.foreign_keys.iter().map(|key| {
        assert_eq!(key.dangling, model.table(&key.parent).is_none());
        let to = key.parent_columns.join(",");
        format!("key {}|{}|{to}|{}|{}", key.columns.join(","), key.parent, key.on_delete, key.on_update)
    }));
    all.extend(table.indexes.iter().map(|index| {
        let is_column = |name: &&String| table.columns.iter().any(|column| &&column.name == name);
        let columns: Vec<&str> =
            index.columns.iter().map(|name| if is_column(&name) { name.as_str() } else { "?" }).collect();
        let (unique, partial) = (u8::from(index.unique), u8::from(index.condition.is_some()));
        format!("index {}|{unique}|{}|{partial}|{}", index.name, index.origin, columns.join(","))
    }));
    all.extend(table.triggers.iter().map(|trigger| format!("trigger {}", trigger.name)));
    all
}

/// SQLite leaves it open which columns a key without them means: those of the primary key.
fn with_parents_keys(mut all: Reported) -> Reported {
    let primary = |lines: &[String]| {
        let columns = lines.iter().filter_map(|line| line.strip_prefix("column "));
        let mut keys: Vec<(&str, &str)> = columns
            .filter_map(|line| {
                let cells: Vec<&str> = line.rsplitn(3, '|').collect();
                (cells[1] != "0").then(|| (cells[1], cells[2].split('|').next().unwrap()))
            })
            .collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(",")
    };
    let keys: BTreeMap<String, String> =
        all.iter().map(|(name, lines)| (name.to_lowercase(), primary(lines))).collect();
    for line in all.values_mut().flatten().filter(|line| line.starts_with("key ")) {
        let cells: Vec<&str> = line.split('|').collect();
        if cells[2] == "-" {
            *line = format!("{}|{}|{}|{}|{}", cells[0], cells[1], keys[&cells[1].to_lowercase()], cells[3], cells[4]);
        }
    }
    all
}

#[test]
fn the_model_is_what_sqlite_reports() {
    let all: String = FILES.iter().map(|(_, sql)| *sql).collect();
    let (expected, found) = (with_parents_keys(reported(&all)), modelled(&model(&FILES)));
    for (name, lines) in &expected {
        assert_eq!(found.get(name), Some(lines), "{name}");
    }
    assert_eq!(found.len(), expected.len());
    // What the oracle itself must have seen, so that it can not fall silent.
    let seen = |prefix: &str| expected.values().flatten().filter(|line| line.starts_with(prefix)).count();
    assert_eq!((expected.len(), seen("column "), seen("key "), seen("index "), seen("trigger ")), (13, 47, 2, 12, 1));
}

#[test]
fn each_file_alone_is_what_sqlite_reports() {
    for end in 1..=FILES.len() {
        let sql: String = FILES[..end].iter().map(|(_, sql)| *sql).collect();
        assert_eq!(modelled(&model(&FILES[..end])), with_parents_keys(reported(&sql)), "{}", FILES[end - 1].0);
    }
}

#[test]
fn checks_are_what_sqlite_says_when_one_is_broken() {
    let sql = FILES[6].1;
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(sql).unwrap();
    let breaks = ["('y', 1, 1)", "('x', 0, 1)", "('x', 1, 2)", "('x', 200, 1)", "('x', 7, 1)", "('x', 1, 9)"];
    let said: Vec<String> = breaks
        .iter()
        .map(|row| connection.execute(&format!("INSERT INTO checked VALUES {row}"), []).unwrap_err().to_string())
        .collect();
    let model = model(&[FILES[6]]);
    let checks = &table(&model, "checked").checks;
    let expected: Vec<String> = checks
        .iter()
        .map(|check| format!("CHECK constraint failed: {}", check.name.as_deref().unwrap_or(&check.expression)))
        .collect();
    assert_eq!(said, expected[..6]);
    assert_eq!(expected[6..], ["CHECK constraint failed: length(a) > 0"]);
}
