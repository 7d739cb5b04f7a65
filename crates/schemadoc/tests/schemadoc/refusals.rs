//! What the program says of what it can not use, and the code that it ends with.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::Folder;

fn json(migrations: &Path) -> Output {
    // An empty folder, so that no settings are found.
    let here = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_schemadoc"));
    command.current_dir(here.path()).arg("json").arg("--migrations").arg(migrations).output().unwrap()
}

/// The one thing that is said, with the folder's own path cut out.
fn refusal(folder: &Path) -> String {
    let output = json(folder);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    said.trim_end().replace(folder.to_str().unwrap(), "FOLDER")
}

#[test]
fn a_folder_that_can_be_used_is_printed() {
    let folder = Folder::of(&[("1.sql", "CREATE TABLE a (id TEXT);")]);
    let output = json(folder.path());
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    let model: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(model["tables"][0]["columns"][0]["introduced"], "1.sql:1");
}

#[test]
fn a_folder_that_can_not_be_used_is_named() {
    let folder = Folder::of(&[]);
    let empty = "error: FOLDER: there is no migration here (a file such as 0001_initial.sql)";
    assert_eq!(refusal(folder.path()), empty);
    let missing = refusal(&folder.path().join("missing"));
    assert_eq!(missing, "error: FOLDER: No such file or directory (os error 2)");
    fs::write(folder.path().join("file"), "").unwrap();
    assert_eq!(refusal(&folder.path().join("file")), "error: FOLDER: Not a directory (os error 20)");
    let twice = Folder::of(&[("1_a.sql", ""), ("001_b.sql", "")]);
    let expected = "error: 001_b.sql and 1_a.sql have the same number, so it is not known which is applied first";
    assert_eq!(refusal(twice.path()), expected);
}

#[test]
fn a_file_that_can_not_be_read_is_named() {
    let folder = Folder::of(&[("1.sql", "SELECT 1;\nSELECT 2;\n")]);
    let file = folder.path().join("2.sql");
    fs::write(&file, b"SELECT 1;\nSELECT '\xff';").unwrap();
    assert_eq!(refusal(folder.path()), "error: 2.sql:2: the file is not UTF-8");
    let large = fs::File::create(&file).unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    assert_eq!(refusal(folder.path()), "error: 2.sql: the file has 67108865 bytes, and a migration may have 67108864");
    fs::remove_file(&file).unwrap();
    assert_eq!(json(folder.path()).status.code(), Some(0));
}

#[test]
fn a_wrong_statement_is_shown_with_sqlites_words() {
    let before = ("1_a.sql", "CREATE TABLE a (id TEXT PRIMARY KEY);\n");
    for (text, expected) in [
        (
            "\n  INSERT INTO a\n  VALUES ('x', 1);\n",
            "2_b.sql:2: table a has 1 columns but 2 values were supplied\n    INSERT INTO a\n      VALUES ('x', 1);",
        ),
        (
            "INSERT INTO a VALUES ('x');\nINSERT INTO a VALUES ('x');",
            "2_b.sql:2: UNIQUE constraint failed: a.id\n    INSERT INTO a VALUES ('x');",
        ),
        ("CREATE TABLE b (x", "2_b.sql:1: the statement has no end\n    CREATE TABLE b (x"),
        ("SELECT\n1\n2\n3\n4\n5\n6;", "2_b.sql:1: near \"2\": syntax error\n    SELECT\n    1\n    2\n    3\n    4"),
        (
            "CREATE VIRTUAL TABLE v USING absent();",
            "2_b.sql:1: no such module: absent\n    CREATE VIRTUAL TABLE v USING absent();",
        ),
        ("SELECT '\0';", "2_b.sql:1: unrecognized token: \"'\"\n    SELECT '\0';"),
    ] {
        let refused = refusal(Folder::of(&[before, ("2_b.sql", text)]).path());
        assert_eq!(refused, format!("error: {expected}"), "{text}");
    }
}

#[test]
fn a_migration_reaches_nothing_outside() {
    let folder = Folder::of(&[]);
    let outside = folder.path().join("outside.db");
    let no_file = "not authorized: a replay opens no file";
    for (statement, why) in [
        (format!("ATTACH '{}' AS other;", outside.display()), no_file),
        (format!("VACUUM INTO '{}';", outside.display()), no_file),
        ("SELECT load_extension('x');".to_owned(), "not authorized to use function: load_extension"),
    ] {
        fs::write(folder.path().join("1.sql"), &statement).unwrap();
        let expected = format!("error: 1.sql:1: {why}\n    {statement}");
        assert_eq!(refusal(folder.path()), expected.replace(folder.path().to_str().unwrap(), "FOLDER"));
        assert!(!outside.exists());
    }
    let schema =
        "PRAGMA writable_schema = ON;\nCREATE TABLE a (x);\nUPDATE sqlite_schema SET sql = 'CREATE TABLE a (y)';";
    fs::write(folder.path().join("1.sql"), schema).unwrap();
    assert!(refusal(folder.path()).starts_with("error: 1.sql:3: table sqlite_master may not be modified"));
}
