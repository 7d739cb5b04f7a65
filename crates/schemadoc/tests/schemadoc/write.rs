//! `write`: whole pages or none, and nothing of anybody else's.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::support::Folder;

const TABLE: (&str, &str) = ("migrations/1.sql", "CREATE TABLE a (id TEXT PRIMARY KEY);");

/// Every page, by its path.
fn pages(folder: &Folder) -> BTreeMap<String, String> {
    folder.list("out").into_iter().map(|path| (path.clone(), folder.read(&format!("out/{path}")))).collect()
}

/// Pages that are written, and then a change for all of them.
fn changed() -> (Folder, BTreeMap<String, String>) {
    let folder = Folder::project(&[TABLE]);
    assert_eq!(folder.run(&["write"]).code, 0);
    let before = pages(&folder);
    // The new page is small and is written first; the overview, which lists every column, is too large.
    let columns: String = (0..200).map(|number| format!("ALTER TABLE a ADD column_{number} TEXT;\n")).collect();
    folder.write("migrations/2.sql", &format!("CREATE TABLE b (id TEXT PRIMARY KEY);\n{columns}"));
    (folder, before)
}

/// Runs `write` where no file may have more than a few kilobytes, as on a full disk.
fn write_on_a_full_disk(folder: &Folder, signal: &str) -> std::process::Output {
    let script = format!("{signal} ulimit -f 3; exec \"$0\" write");
    let program = env!("CARGO_BIN_EXE_schemadoc");
    Command::new("sh").args(["-c", &script, program]).current_dir(folder.path()).output().unwrap()
}

#[test]
fn a_full_disk_changes_no_page() {
    let (folder, before) = changed();
    let output = write_on_a_full_disk(&folder, "trap '' XFSZ;");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: out/schema.md: "), "{said}");
    assert_eq!(pages(&folder), before, "nor is anything left behind");
    assert_eq!(folder.run(&["write"]).code, 0);
    assert_eq!(folder.run(&["check"]).code, 0);
}

#[test]
fn a_killed_program_leaves_no_half_of_a_page() {
    let (folder, before) = changed();
    // Killed earlier still, it leaves an empty one.
    folder.write("out/tables/.schemadoc-empty", "");
    // Without the trap the system kills who writes too much.
    let output = write_on_a_full_disk(&folder, "");
    assert_eq!(output.status.code(), None, "{output:?}");
    let mut after = pages(&folder);
    let left: Vec<String> = after.keys().filter(|path| path.contains(".schemadoc-")).cloned().collect();
    assert!(left.len() > 1, "it was killed in the middle");
    after.retain(|path, _| !left.contains(path));
    assert_eq!(after, before);
    let said = folder.run(&["check"]).out;
    assert!(said.contains(&format!("out/{}: no page any more", left[0])), "{said}");
    assert_eq!(folder.run(&["write"]).code, 0);
    assert_eq!(folder.list("out"), ["relationships.md", "schema.md", "tables/a.md", "tables/b.md"]);
}

#[test]
fn somebody_elses_file_is_never_replaced() {
    let folder = Folder::project(&[TABLE, ("out/schema.md", "# Mine\n"), ("out/tables/extra.md", "mine too")]);
    let said = folder.run(&["write"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains("error: out/schema.md: schemadoc did not make this file"), "{}", said.err);
    assert_eq!(folder.list("out"), ["schema.md", "tables/extra.md"], "nothing is written");
    let checked = folder.run(&["check"]);
    assert!(checked.code == 1 && checked.out.contains("out/schema.md: not ours, and in the way"), "{checked:?}");

    fs::rename(folder.path().join("out/schema.md"), folder.path().join("out/mine.md")).unwrap();
    let said = folder.run(&["write"]);
    assert_eq!(said.code, 0, "{said:?}");
    for file in ["out/mine.md", "out/tables/extra.md"] {
        assert!(said.err.contains(&format!("note: {file} is not ours and was left alone\n")), "{}", said.err);
    }
    assert_eq!(
        (folder.read("out/mine.md"), folder.read("out/tables/extra.md")),
        ("# Mine\n".to_owned(), "mine too".to_owned())
    );
}

#[test]
fn a_folder_that_can_not_be_written_is_named() {
    for (file, expected) in [
        ("out", "error: out/: "),
        ("out/tables", "error: out/tables: "),
        // A folder in a page's place.
        ("out/schema.md/inside", "error: out/schema.md: "),
    ] {
        let folder = Folder::project(&[TABLE, (file, "")]);
        let said = folder.run(&["write"]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{file}");
        assert!(said.err.starts_with(expected), "{file}: {}", said.err);
        assert!(!folder.list(".").iter().any(|path| path.contains(".schemadoc-")), "{:?}", folder.list("."));
    }
}

#[test]
fn what_is_as_it_should_be_is_not_written() {
    let folder = Folder::project(&[TABLE]);
    assert_eq!(folder.run(&["write"]).out, "out: 3 of 3 pages written, 0 removed\n");
    assert_eq!(folder.run(&["write"]).out, "out: 0 of 3 pages written, 0 removed\n");
    fs::remove_file(folder.path().join("out/tables/a.md")).unwrap();
    assert_eq!(folder.run(&["write"]).out, "out: 1 of 3 pages written, 0 removed\n");
}

#[test]
fn a_tables_name_is_no_path() {
    let sql = "CREATE TABLE \"../../evil\" (id TEXT PRIMARY KEY); CREATE TABLE \"a b\" (id TEXT); CREATE TABLE \"a-20b\" (id TEXT);";
    let folder = Folder::project(&[("migrations/1.sql", sql)]);
    assert_eq!(folder.run(&["write"]).code, 0);
    let pages = ["tables/-2e-2e-2f-2e-2e-2fevil.md", "tables/a-20b.md", "tables/a-2d20b.md"];
    assert_eq!(folder.list("out")[2..], pages);
    assert!(folder.list(".").iter().all(|path| !path.starts_with("evil")));
    let overview = folder.read("out/schema.md");
    assert!(pages.iter().all(|page| overview.contains(&format!("]({page})"))), "{overview}");
    folder.write("migrations/2.sql", "ALTER TABLE \"a b\" ADD x TEXT;");
    assert!(folder.run(&["check"]).out.starts_with("a b.x: new column TEXT, 2.sql:1\n"));
}
