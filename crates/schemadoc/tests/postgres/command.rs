//! The program with `--engine postgres`: all four commands, and what it says without a server.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use super::server::{Role, url, url_with};
use crate::support::Folder;

fn run(folder: &Folder, arguments: &[&str], variable: Option<&str>) -> Output {
    program(folder, arguments, variable).output().unwrap()
}

/// The program in the folder.
fn program(folder: &Folder, arguments: &[&str], variable: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_schemadoc"));
    command.current_dir(folder.path()).args(arguments).env_remove("SCHEMADOC_URL");
    if let Some(url) = variable {
        command.env("SCHEMADOC_URL", url);
    }
    command
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Exit 2 and one sentence.
fn refused(folder: &Folder, arguments: &[&str], variable: Option<&str>) -> String {
    let output = run(folder, arguments, variable);
    let said = text(output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said.trim().to_owned()
}

fn folder() -> Folder {
    Folder::of(&[
        (
            "migrations/1.sql",
            "CREATE TABLE a (id BIGINT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('x', 'y')));\n",
        ),
        ("migrations/2.sql", "CREATE TABLE b (a BIGINT REFERENCES a ON DELETE CASCADE);\n"),
        ("schemadoc.toml", "migrations = \"migrations\"\nout = \"docs\"\nengine = \"postgres\"\n"),
    ])
}

#[test]
fn without_a_server_it_says_so() {
    let folder = folder();
    assert_eq!(
        refused(&folder, &["json"], None),
        "error: the engine postgres needs a server to replay the migrations on: name one with --url, SCHEMADOC_URL or \
         `url` in the settings (postgres://user:password@host:5432/database)"
    );
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("postgres://me:secret@127.0.0.1:{port}/x?sslmode=disable");
    let said = refused(&folder, &["check", "--url", &nobody], None);
    assert!(said.starts_with(&format!("error: PostgreSQL on 127.0.0.1, port {port} can not be used: ")), "{said}");
    assert!(said.contains("onnection refused") && !said.contains("secret"), "{said}");
    for wrong in
        ["mysql://me:secret@host/x", "postgres://me:secret@host/x?sslmode=sometimes", "postgres://me:secret@:x/"]
    {
        let said = refused(&folder, &["check", "--url", wrong], None);
        assert!(said.starts_with("error: the URL of the server is not one of PostgreSQL's ("), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
    assert!(!folder.path().join("docs").exists());
}

#[test]
fn an_engine_that_there_is_not() {
    let folder = Folder::of(&[("m/1.sql", "CREATE TABLE a (id TEXT);"), ("schemadoc.toml", "\nengine = \"oracle\"\n")]);
    let said = refused(&folder, &["json", "--migrations", "m"], None);
    assert_eq!(said, "error: schemadoc.toml:2: unknown variant `oracle`, expected `sqlite` or `postgres`");
    fs::write(folder.path().join("schemadoc.toml"), "engine = \"sqlite\"\n").unwrap();
    assert_eq!(run(&folder, &["json", "--migrations", "m"], None).status.code(), Some(0));
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn a_server_that_does_not_let_us_in() {
    let folder = folder();
    let with = |change: fn(&mut url::Url)| refused(&folder, &["json"], Some(&url_with(change)));
    let password = with(|url| url.set_password(Some("wrong")).unwrap());
    assert!(password.ends_with("can not be used: password authentication failed for user \"agentid\""), "{password}");
    let database = with(|url| url.set_path("not_there"));
    assert!(database.ends_with("can not be used: database \"not_there\" does not exist"), "{database}");
    let powerless = Role::new("NOCREATEDB");
    assert_eq!(
        refused(&folder, &["json"], Some(&powerless.url)),
        format!(
            "error: the role `{0}` may not create a database to replay the migrations in: ALTER ROLE {0} CREATEDB",
            powerless.name
        )
    );
    assert_eq!(run(&folder, &["json"], Some(&url())).status.code(), Some(0));
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn tls_needs_a_certificate_that_is_trusted() {
    let folder = folder();
    let certificate = std::env::var("AGENTID_TEST_POSTGRES_CERTIFICATE").unwrap();
    // With TLS where the server has it, and with nothing else.
    for query in [None, Some("sslmode=require")] {
        let url = url_with(|url| url.set_query(query));
        let said = refused(&folder, &["json"], Some(&url));
        assert!(
            said.contains("invalid peer certificate: UnknownIssuer; this machine must trust it (SSL_CERT"),
            "{said}"
        );
        let trusting = program(&folder, &["json"], Some(&url)).env("SSL_CERT_FILE", &certificate).output().unwrap();
        assert_eq!(trusting.status.code(), Some(0), "{}", text(trusting.stderr));
        let none = program(&folder, &["json"], Some(&url)).env("SSL_CERT_FILE", "/dev/null").output().unwrap();
        assert_eq!(none.status.code(), Some(2), "{}", text(none.stderr));
    }
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn every_command_works() {
    let folder = folder();
    let run = |arguments: &[&str]| {
        let output = run(&folder, arguments, Some(&url()));
        (output.status.code(), text(output.stdout) + &text(output.stderr))
    };
    let (code, json) = run(&["json"]);
    assert_eq!(code, Some(0), "{json}");
    let model: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((model["engine"].as_str(), model["tables"][1]["name"].as_str()), (Some("postgres"), Some("b")));
    assert_eq!(run(&["write"]).0, Some(0));
    let page = fs::read_to_string(folder.path().join("docs/tables/a.md")).unwrap();
    assert!(page.contains("| `kind` | `text`   | no ") && page.contains("one of `'x'`, `'y'`"), "{page}");
    assert_eq!(run(&["check"]), (Some(0), String::new()));
    let (code, lint) = run(&["lint"]);
    assert_eq!(code, Some(1));
    assert!(lint.contains("2.sql:1: warning [foreign-key-without-index:b(a)]"), "{lint}");
    fs::write(folder.path().join("migrations/3.sql"), "ALTER TABLE a ADD more VARCHAR(9);").unwrap();
    let (code, check) = run(&["check"]);
    assert_eq!(code, Some(1));
    assert!(check.starts_with("a.more: new column character varying(9), 3.sql:1\n"), "{check}");
    // The command that mends it is printed, and what it is given is not.
    for words in [vec!["check", "--url", &url()], vec![&format!("--url={}", url()), "check"]] {
        let (code, check) = run(&words);
        assert_eq!(code, Some(1));
        assert!(check.contains("schemadoc") && check.contains(" write") && check.contains('…'), "{check}");
        assert!(!check.contains("postgres://"), "{check}");
    }
    // An option comes before the variable, and that before the settings.
    let settings = fs::read_to_string(folder.path().join("schemadoc.toml")).unwrap();
    fs::write(folder.path().join("schemadoc.toml"), format!("{settings}url = \"postgres://nobody@127.0.0.1:1/x\"\n"))
        .unwrap();
    assert_eq!(run(&["json"]).0, Some(0));
    assert_eq!(run(&["json", "--url", "postgres://nobody@127.0.0.1:1/x"]).0, Some(2));
    assert_eq!(run(&["json", "--engine", "sqlite", "--url", "nothing"]).0, Some(0));
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn it_cleans_up_when_it_is_ended() {
    let role = Role::new("CREATEDB");
    // It would take half a minute.
    let folder = Folder::of(&[("1.sql", "SELECT pg_sleep(0.05);\n".repeat(600).as_str())]);
    for signal in ["-INT", "-TERM"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_schemadoc"))
            .args(["json", "--engine", "postgres", "--url", &role.url, "--migrations"])
            .arg(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while role.databases().is_empty() {
            assert!(program.try_wait().unwrap().is_none(), "it has ended by itself");
        }
        assert!(Command::new("kill").args([signal, &program.id().to_string()]).status().unwrap().success());
        let output = program.wait_with_output().unwrap();
        assert_eq!(text(output.stderr), "error: stopped; nothing is left on the server\n", "{signal}");
        assert_eq!((output.status.code(), role.databases().len()), (Some(2), 0), "{signal}");
    }
}
