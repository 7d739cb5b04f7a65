//! Each rule of the linter, with a schema that it does not like and a twin that it does.

use ::schemadoc::folder::MigrationFile;
use ::schemadoc::lint::{Engine, lint};
use ::schemadoc::model::Model;
use ::schemadoc::notes::Notes;

use crate::support::Folder;

/// The rules and objects of what is found, at every level.
fn found(sql: &str, arguments: &[&str]) -> Vec<String> {
    let folder = Folder::project(&[("migrations/1.sql", sql)]);
    let said = folder.run(&[&["lint", "--level", "hint"], arguments].concat());
    let names = said.out.lines().filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned()));
    let names: Vec<String> = names.collect();
    assert_eq!(said.code, i32::from(!names.is_empty()), "{said:?}");
    names
}

/// What is found of it, but for what every table without a comment has.
fn of_rule(sql: &str) -> Vec<String> {
    found(sql, &[]).into_iter().filter(|name| !name.starts_with("missing-purpose")).collect()
}

const PARENT: &str = "CREATE TABLE p (id TEXT NOT NULL PRIMARY KEY);\n";

#[test]
fn each_rule_finds_its_mistake_and_not_the_twin() {
    for (wrong, expected, right) in [
        ("CREATE TABLE a (id TEXT);", "no-primary-key:a", "CREATE TABLE a (id TEXT PRIMARY KEY);"),
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT REFERENCES nowhere (id)); CREATE INDEX i ON a (x);",
            "dangling-foreign-key:a(x)",
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT REFERENCES p (id)); CREATE INDEX i ON a (x);",
        ),
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT REFERENCES p (id)); CREATE INDEX i ON a (id, x);",
            "foreign-key-without-index:a(x)",
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT REFERENCES p (id)); CREATE INDEX i ON a (x, id);",
        ),
        // A partial index does not know every row that refers; without the rows that refer to nothing it does.
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT REFERENCES p (id)); CREATE INDEX i ON a (x) WHERE id > 'k';",
            "foreign-key-without-index:a(x)",
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT REFERENCES p (id)); CREATE INDEX i ON a (x) WHERE x IS NOT NULL;",
        ),
        (
            "CREATE TABLE a (id TEXT NOT NULL PRIMARY KEY REFERENCES p (id) ON DELETE SET NULL);",
            "set-null-on-not-null:a(id)",
            "CREATE TABLE a (id TEXT NOT NULL PRIMARY KEY REFERENCES p (id) ON DELETE CASCADE);",
        ),
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT, y TEXT); CREATE INDEX i ON a (x); CREATE INDEX j ON a (x, y);",
            "redundant-index:i",
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT, y TEXT); CREATE INDEX i ON a (y); CREATE INDEX j ON a (x, y);",
        ),
        // A unique index holds what a longer one does not.
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT, y TEXT); CREATE INDEX i ON a (x); CREATE UNIQUE INDEX j ON a (x);",
            "redundant-index:i",
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT, y TEXT); CREATE UNIQUE INDEX i ON a (x); CREATE INDEX j ON a (x, y);",
        ),
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT); CREATE INDEX i ON a (id);",
            "redundant-index:i",
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT); CREATE INDEX i ON a (id) WHERE x IS NULL;",
        ),
        // Of two that are alike one is enough.
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT); CREATE INDEX i ON a (x); CREATE INDEX j ON a (x);",
            "redundant-index:j",
            "CREATE TABLE a (id TEXT PRIMARY KEY, x TEXT); CREATE INDEX i ON a (x); CREATE INDEX j ON a (x) WHERE x > 'k';",
        ),
        (
            "CREATE TABLE a (id TEXT PRIMARY KEY, made_at INTEGER);",
            "integer-time:a.made_at",
            "CREATE TABLE a (id TEXT PRIMARY KEY, made_at BIGINT, format INTEGER);",
        ),
    ] {
        assert_eq!(of_rule(&format!("{PARENT}{wrong}")), [expected], "{wrong}");
        assert_eq!(of_rule(&format!("{PARENT}{right}")), [""; 0], "{right}");
    }
    assert_eq!(found("CREATE TABLE a (id TEXT PRIMARY KEY);", &[]), ["missing-purpose:a"]);
    assert_eq!(found("-- What it is for.\nCREATE TABLE a (id TEXT PRIMARY KEY);", &[]), [""; 0]);
}

#[test]
fn what_is_not_portable_is_found_where_it_means_that() {
    let table = "-- A table.\nCREATE TABLE a (id TEXT PRIMARY KEY, x TEXT";
    for (wrong, engine, expected, right) in [
        (format!("{table}) WITHOUT ROWID;"), "postgres", "WITHOUT ROWID", format!("{table});")),
        (format!("{table}) STRICT;"), "postgres", "STRICT", format!("{table}, strict TEXT);")),
        (format!("{table}, b BLOB);"), "postgres", "BLOB", format!("{table}, blob TEXT);")),
        (format!("{table} COLLATE NOCASE);"), "postgres", "COLLATE NOCASE", format!("{table});")),
        (
            format!("{table}, u UUID);"),
            "sqlite",
            "UUID",
            format!(
                "{table}, uuid TEXT); CREATE INDEX i ON a (x, uuid); ALTER TABLE a RENAME uuid TO serial; ALTER TABLE a RENAME serial TO uuid;"
            ),
        ),
        (
            format!("{table}); ALTER TABLE a ADD u JSONB;"),
            "d1",
            "JSONB",
            format!("{table}); ALTER TABLE a ADD jsonb TEXT;"),
        ),
        (
            format!("{table}); UPDATE a SET x = ifnull(x, '');"),
            "postgres",
            "IFNULL",
            format!("{table}); UPDATE a SET x = coalesce(x, 'IFNULL(x)');"),
        ),
        (
            format!("BEGIN;\n{table}); COMMIT;"),
            "d1",
            "BEGIN",
            format!("{table}); CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;"),
        ),
        (
            format!("{table}); INSERT OR IGNORE INTO a VALUES ('i', NULL);"),
            "postgres",
            "INSERT OR IGNORE",
            format!("{table}); INSERT INTO a VALUES ('OR', 'IGNORE') ON CONFLICT DO NOTHING;"),
        ),
    ] {
        let names = found(&wrong, &["--portable", engine]);
        assert!(names.contains(&format!("not-portable:{expected}")), "{wrong}: {names:?}");
        assert_eq!(found(&right, &["--portable", engine]), [""; 0], "{right}");
        // Nobody asks for that engine.
        assert_eq!(found(&wrong, &[]), [""; 0], "{wrong}");
    }
    let folder = Folder::project(&[("migrations/1.sql", "-- A.\nCREATE TABLE a (id TEXT PRIMARY KEY,\n b BLOB);")]);
    assert_eq!(
        folder.run(&["lint", "--portable", "sqlite,d1,postgres"]).out,
        "1.sql:3: error [not-portable:BLOB] BLOB does not run on PostgreSQL: base64url in TEXT.\n"
    );
}

#[test]
fn what_only_one_engine_knows_is_found_in_its_folder() {
    for (sql, refusing) in [
        ("REPLACE INTO a VALUES (1);", Engine::Postgres),
        ("SELECT julianday(x) FROM a;", Engine::Postgres),
        ("UPDATE a SET x = randomblob(8);", Engine::Postgres),
        ("SELECT group_concat(x) FROM a;", Engine::Postgres),
        ("UPDATE a SET x = json_extract(y, '$.z');", Engine::Postgres),
        ("CREATE TABLE a (x BYTEA);", Engine::Sqlite),
        ("UPDATE a SET x = gen_random_uuid();", Engine::Sqlite),
        ("CREATE TYPE mood AS ENUM ('good');", Engine::Sqlite),
        ("CREATE EXTENSION citext;", Engine::Sqlite),
        ("CREATE SEQUENCE s;", Engine::Sqlite),
        ("COMMENT ON TABLE a IS 'It.';", Engine::Sqlite),
        ("TRUNCATE a;", Engine::Sqlite),
        ("CREATE INDEX CONCURRENTLY i ON a (x);", Engine::Sqlite),
        ("SELECT 1; ROLLBACK;", Engine::D1),
        ("SAVEPOINT s;", Engine::D1),
    ] {
        let file = MigrationFile { name: "1.sql".to_owned(), text: sql.to_owned(), up: sql.to_owned() };
        let count = |engine| lint(&Model::default(), &Notes::default(), std::slice::from_ref(&file), &[engine]).len();
        let other = if refusing == Engine::Postgres { Engine::Sqlite } else { Engine::Postgres };
        assert_eq!((count(refusing), count(other)), (1, 0), "{sql}");
    }
}

#[test]
fn folders_that_break_no_rule_are_told_how_many_there_are() {
    let of = |kind: &str| {
        Folder::project(&[("migrations/1.sql", &format!("-- A.\nCREATE TABLE a (id {kind} PRIMARY KEY);"))])
    };
    let said = of("TEXT").run(&["lint", "--portable", "sqlite,postgres"]);
    assert!(
        said.err.starts_with("note: of ") && said.err.contains(" rules for SQLite, PostgreSQL no file breaks one"),
        "{}",
        said.err
    );
    assert_eq!(of("TEXT").run(&["lint"]).err, "");
    assert_eq!(of("BLOB").run(&["lint", "--portable", "sqlite,postgres"]).err, "");
}

#[test]
fn a_time_in_integer_is_a_warning_for_who_goes_to_postgresql() {
    let folder = Folder::project(&[("migrations/1.sql", "CREATE TABLE a (id TEXT PRIMARY KEY, made_at INTEGER);")]);
    assert_eq!(folder.run(&["lint"]).code, 0);
    let said = folder.run(&["lint", "--portable", "postgres"]);
    assert_eq!(said.code, 1);
    assert!(said.out.starts_with("1.sql:1: warning [integer-time:a.made_at]"), "{}", said.out);
}

#[test]
fn an_answer_in_the_notes_silences_one_finding() {
    let sql = "CREATE TABLE a (x TEXT);\nCREATE TABLE b (x TEXT);";
    let answered = |text: &str| format!("+++\n[lint]\n'no-primary-key:a' = '{text}'\n+++\nA.\n");
    let folder = Folder::project(&[("migrations/1.sql", sql), ("notes/a.md", &answered("Rows are never told apart."))]);
    let said = folder.run(&["lint"]);
    assert_eq!(said.code, 1);
    assert_eq!(
        said.out,
        "1.sql:2: warning [no-primary-key:b] The table has no primary key: its rows can not be told apart. Give it one.\n"
    );
    folder.write("notes/b.md", "+++\n[lint]\n'no-primary-key:b' = 'Likewise.'\n+++\nB.\n");
    let said = folder.run(&["lint"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""));
    // An empty answer is none.
    folder.write("notes/a.md", &answered(" "));
    assert!(folder.run(&["lint"]).out.contains("[no-primary-key:a]"));
}

#[test]
fn an_answer_to_nothing_is_found() {
    let sql = "CREATE TABLE a (id TEXT PRIMARY KEY, b BLOB);";
    let note = "+++\n[columns]\nid = 'x'\n\n[lint]\n'no-primary-key:a' = 'Once it had none.'\n'not-portable:BLOB' = 'So be it.'\n+++\nA.\n";
    let folder = Folder::project(&[("migrations/1.sql", sql), ("notes/a.md", note)]);
    let said = folder.run(&["lint"]);
    let expected =
        "notes/a.md:6: error [unused-answer:no-primary-key:a] Nothing is found that this answers. Delete it.\n";
    assert_eq!((said.code, said.out.as_str()), (1, expected));
    // What is asked for answers is not asked without engines; with others, it is.
    assert_eq!(folder.run(&["lint", "--portable", "postgres"]).out, expected);
    assert!(folder.run(&["lint", "--portable", "sqlite"]).out.contains("[unused-answer:not-portable:BLOB]"));
}

#[test]
fn the_level_decides_what_is_shown_and_fails() {
    // A hint, a warning and an error.
    let sql = "CREATE TABLE a (made_at INTEGER, x TEXT PRIMARY KEY REFERENCES nowhere (id));\nCREATE INDEX i ON a (x);";
    let folder = Folder::project(&[("migrations/1.sql", sql)]);
    for (level, shown) in [("hint", 4), ("warning", 2), ("error", 1)] {
        let said = folder.run(&["lint", "--level", level]);
        assert_eq!((said.code, said.out.lines().count()), (1, shown), "{}", said.out);
        // The worst is first.
        assert!(said.out.starts_with("1.sql:1: error [dangling-foreign-key"), "{}", said.out);
    }
    let fine = Folder::project(&[("migrations/1.sql", "CREATE TABLE a (x TEXT);")]);
    assert_eq!(fine.run(&["lint", "--level", "error"]).code, 0);
    assert_eq!(fine.run(&["lint", "--level", "severe"]).code, 2);
}
