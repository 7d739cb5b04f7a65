//! The command line: help, settings, colours, exit codes.

use std::process::Command;

use crate::support::Folder;

const TABLE: (&str, &str) = ("migrations/1.sql", "CREATE TABLE a (id TEXT PRIMARY KEY);");

#[test]
fn the_help_of_each_command_has_examples() {
    let folder = Folder::of(&[]);
    for command in ["write", "check", "lint", "json"] {
        let said = folder.run(&[command, "--help"]);
        assert_eq!(said.code, 0);
        let examples = said.out.split_once("Examples:\n").unwrap().1;
        let count = examples.lines().filter(|line| line.starts_with(&format!("  schemadoc {command}"))).count();
        assert!(count >= 2, "{}", said.out);
        assert!(said.out.contains("--migrations <FOLDER>"), "{}", said.out);
    }
    assert!(folder.run(&["--help"]).out.contains("Exit codes: 0 fine, 1 findings, 2 it could not run."));
}

#[test]
fn what_can_not_run_says_why_and_exits_with_2() {
    for (settings, arguments, expected) in [
        (
            "migrations = 'migrations'\n",
            &["write"][..],
            "error: where are the out? Say --out, or set `out` in schemadoc.toml",
        ),
        ("", &["check"][..], "error: where are the migrations? Say --migrations"),
        ("migrations = 'migrations'\nfolder = 'x'\n", &["json"][..], "error: schemadoc.toml:2: unknown field `folder`"),
        ("migrations = \n", &["json"][..], "error: schemadoc.toml:1: "),
        ("", &["json", "--settings", "other.toml"][..], "error: other.toml: "),
        ("", &["json", "--migrations", "nowhere"][..], "error: nowhere: "),
        ("portable = ['oracle']\n", &["lint", "--migrations", "migrations"][..], "error: schemadoc.toml:1: "),
        ("level = 'severe'\n", &["lint", "--migrations", "migrations"][..], "error: schemadoc.toml:1: "),
    ] {
        let said = Folder::of(&[TABLE, ("schemadoc.toml", settings)]).run(arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{settings}");
        assert!(said.err.starts_with(expected), "{expected}: {}", said.err);
    }
    let twin =
        Folder::of(&[TABLE, ("schemadoc.toml", "migrations = 'migrations'\nportable = ['d1']\nlevel = 'error'\n")]);
    assert_eq!(twin.run(&["lint"]).code, 0);
}

#[test]
fn settings_are_found_from_elsewhere_and_options_come_first() {
    let folder = Folder::of(&[
        ("project/schemadoc.toml", "migrations = 'sql'\nout = 'docs'\n"),
        ("project/sql/1.sql", "CREATE TABLE a (id TEXT);"),
        ("other/1.sql", "CREATE TABLE b (id TEXT);"),
    ]);
    assert_eq!(folder.run(&["write", "--settings", "project/schemadoc.toml"]).code, 0);
    assert_eq!(folder.list("project/docs"), ["relationships.md", "schema.md", "tables/a.md"]);
    folder.run(&["write", "--settings", "project/schemadoc.toml", "--migrations", "other"]);
    assert!(folder.read("project/docs/tables/b.md").contains("(../../../other/1.sql#L1)"));
}

/// What `check` writes to a terminal of its own.
fn on_a_terminal(folder: &Folder, environment: &[(&str, &str)]) -> String {
    let program = format!("'{}' check", env!("CARGO_BIN_EXE_schemadoc"));
    let mut command = Command::new("script");
    command.args(["-qec", &program, "/dev/null"]).current_dir(folder.path()).env_remove("NO_COLOR");
    let output = command.envs(environment.iter().copied()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn colours_are_for_terminals_and_for_who_wants_them() {
    let folder = Folder::project(&[TABLE]);
    folder.run(&["write"]);
    folder.write("out/schema.md", &folder.read("out/schema.md").replace("# The database", "# A database"));
    let (red, green) = ("\u{1b}[31m-# A database\u{1b}[0m", "\u{1b}[32m+# The database\u{1b}[0m");
    let colored = on_a_terminal(&folder, &[]);
    assert!(colored.contains(red) && colored.contains(green), "{colored}");
    assert!(on_a_terminal(&folder, &[("NO_COLOR", "")]).contains(red));
    let plain = on_a_terminal(&folder, &[("NO_COLOR", "1")]);
    assert!(plain.contains("-# A database") && !plain.contains('\u{1b}'), "{plain}");
    assert!(!folder.run(&["check"]).out.contains('\u{1b}'));
}

#[test]
fn json_needs_nothing_but_the_migrations() {
    let said = Folder::of(&[TABLE]).run(&["json", "--migrations", "migrations"]);
    let model: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(model["tables"][0]["columns"][0]["introduced"], "1.sql:1");
    assert_eq!(model["tables"][0]["kind"], "table");
}
