//! `check`: what it says first, what it names, and how it ends.

use std::fs;

use crate::support::Folder;

const FIRST: &str = "CREATE TABLE clients (\n    id TEXT NOT NULL PRIMARY KEY,\n    scope TEXT\n);\n";
const NOT_NULL: &str = "\n-- SQLite can not change a column.\nCREATE TABLE clients_new (id TEXT NOT NULL PRIMARY KEY, scope TEXT NOT NULL);\n\
     INSERT INTO clients_new SELECT id, coalesce(scope, '') FROM clients;\nDROP TABLE clients;\n\
     ALTER TABLE clients_new RENAME TO clients;\n";

/// A folder whose pages are written.
fn written(migrations: &[(&str, &str)]) -> Folder {
    let folder = Folder::project(migrations);
    let said = folder.run(&["write"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(folder.run(&["check"]).code, 0);
    folder
}

/// What `check` says of it after the change, which it must not like.
fn lines(folder: &Folder) -> Vec<String> {
    let said = folder.run(&["check"]);
    assert_eq!(said.code, 1, "{said:?}");
    said.out.lines().map(str::to_owned).collect()
}

#[test]
fn the_schemas_own_words_come_first_then_the_lines_then_what_mends_it() {
    let folder = written(&[("migrations/0001_initial.sql", FIRST)]);
    folder.write("migrations/0002_required.sql", NOT_NULL);
    let said = lines(&folder);
    assert_eq!(said[0], "clients.scope: TEXT → TEXT NOT NULL, 0002_required.sql:3");
    let at =
        |text: &str| said.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}: {said:#?}"));
    let header = at("--- out/tables/clients.md");
    assert_eq!(at("+++ from the migrations"), at("--- out/schema.md") + 1);
    assert!(said[header + 2].starts_with("@@"), "{said:#?}");
    assert!(at("| `scope` | `TEXT` | yes  |") < at("| `scope` | `TEXT` | no   |"));
    assert!(at("This writes it anew:") > header);
    // The command as it was given, with the other verb; and it does mend it.
    let last = said.last().unwrap();
    assert!(last.ends_with("schemadoc write"), "{last}");
    folder.run(&["write"]);
    assert_eq!(folder.run(&["check"]).code, 0);
}

#[test]
fn each_kind_of_change_has_its_line() {
    let tables = "CREATE TABLE a (id TEXT PRIMARY KEY, old TEXT, gone TEXT, kind TEXT CHECK (kind IN ('x')));\n";
    for (change, expected) in [
        ("ALTER TABLE a ADD COLUMN size BIGINT DEFAULT 5;", "a.size: new column BIGINT DEFAULT 5, 2.sql:1"),
        ("ALTER TABLE a DROP COLUMN gone;", "a.gone: the column is gone"),
        ("ALTER TABLE a RENAME COLUMN old TO fresh;", "a.old: renamed to fresh, 2.sql:1"),
        ("CREATE UNIQUE INDEX i ON a (old) WHERE gone = 1;", "a.i: new index (old) unique where gone = 1, 2.sql:1"),
        ("CREATE TABLE b (id TEXT);", "b: new table, 2.sql:1"),
        ("DROP TABLE a; CREATE TABLE c (id TEXT);", "a: there is no such table any more"),
        (
            "CREATE TABLE n (id TEXT PRIMARY KEY, old TEXT, gone TEXT, kind TEXT CHECK (kind IN ('x', 'y')));\n\
             DROP TABLE a; ALTER TABLE n RENAME TO a;",
            "a.check (kind): CHECK (kind IN ('x')) → CHECK (kind IN ('x', 'y')), 2.sql:1",
        ),
    ] {
        let folder = written(&[("migrations/1.sql", tables)]);
        folder.write("migrations/2.sql", change);
        let said = lines(&folder);
        let end = said.iter().position(|line| line.contains("out/") || line.is_empty()).unwrap();
        assert!(said[..end].iter().any(|line| line == expected), "{change}: {:#?}", &said[..end]);
    }
}

#[test]
fn missing_stale_and_extra_pages_are_named_and_foreign_ones_are_not_counted() {
    let folder = written(&[("migrations/1.sql", "CREATE TABLE a (id TEXT);\nCREATE TABLE b (id TEXT);\n")]);
    folder.write("out/notes.txt", "mine");
    let said = folder.run(&["check"]);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", "note: out/notes.txt is not ours\n"));
    fs::rename(folder.path().join("out/tables/a.md"), folder.path().join("out/tables/z.md")).unwrap();
    folder.write("out/tables/b.md", &folder.read("out/tables/b.md").replace("# b", "# c"));
    let said = lines(&folder).join("\n");
    for expected in ["out/tables/a.md: missing", "out/tables/z.md: no page any more", "--- out/tables/b.md\n"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    folder.run(&["write"]);
    assert_eq!(folder.list("out"), ["notes.txt", "relationships.md", "schema.md", "tables/a.md", "tables/b.md"]);
    assert_eq!(folder.read("out/notes.txt"), "mine");
}

#[test]
fn an_edited_migration_is_known_by_its_hash() {
    let folder = written(&[("migrations/1.sql", FIRST), ("migrations/2.sql", "CREATE TABLE b (id TEXT);")]);
    // The schema is the same, and so is every other page.
    folder.write("migrations/1.sql", &format!("{FIRST}-- a word more\n"));
    let said = lines(&folder);
    assert_eq!(said[0], "1.sql: the migration was edited after it was documented; write a new one instead");
    assert!(said.iter().any(|line| line.starts_with("+- File: [1.sql]")), "{said:#?}");
    fs::remove_file(folder.path().join("migrations/2.sql")).unwrap();
    let said = lines(&folder);
    assert_eq!([&said[0], &said[2]], ["b: there is no such table any more", "2.sql: the migration is gone"]);
}

#[test]
fn what_mends_it_has_the_arguments_of_what_found_it() {
    let folder = Folder::of(&[("migrations/1.sql", FIRST)]);
    let said = folder.run(&["check", "--migrations", "migrations", "--out", "out"]);
    assert_eq!(said.code, 1);
    assert!(said.out.ends_with("schemadoc write --migrations migrations --out out\n"), "{}", said.out);
}

#[test]
fn the_notes_are_checked_when_the_pages_are_right() {
    let folder = Folder::project(&[("migrations/1.sql", FIRST)]);
    folder.run(&["write"]);
    assert_eq!(folder.run(&["check"]).code, 0);
    let said = folder.run(&["check", "--coverage", "100"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("0 % of the schema has prose, and 100 % must."), "{}", said.out);
}
