//! What the README shows is run here as it stands there.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails panics")]

mod flows;
mod tours;
mod verify;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The fenced block that follows this HTML comment in the README.
fn block(mark: &str) -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, after) = readme.split_once(&format!("<!-- {mark} -->\n")).unwrap_or_else(|| panic!("no {mark}"));
    let (_, body) = after.split_once("```").unwrap().1.split_once('\n').unwrap();
    body.split_once("\n```").unwrap().0.to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a person pastes into a shell, at home in a folder, with the program in the path and nothing else.
fn shell(flags: &str, script: &str, home: &Path) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_agentid")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args([flags, "-c", script]).current_dir(home).env_clear().env("PATH", path).env("HOME", home);
    command
}

/// Standard output of a command that must succeed.
#[track_caller]
fn succeed(command: &mut Command) -> String {
    let output = run(command);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; ./scripts/test installs what it needs"))
}
