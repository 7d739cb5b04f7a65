//! What is checked in is what the program would write.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod refusals;

use std::path::Path;
use std::process::{Command, Output};

use agentid::cli::docs::render;
use agentid::oauth::error::ErrorCode;
use agentid::refusal::Code;

#[test]
fn the_generated_files_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/v1");
    for (name, text) in render() {
        let found = std::fs::read_to_string(folder.join(&name)).unwrap();
        assert!(found == text, "{} is stale: run `cargo run -- docs write`", name.display());
    }
}

/// `docs write` and `docs check` are two uses of one map, and the check sees every change.
#[test]
fn a_stale_or_missing_file_is_found_and_the_mending_command_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = docs("check", folder.path());
    assert_eq!(missing.status.code(), Some(1));
    assert!(docs("write", folder.path()).status.success());
    assert!(docs("check", folder.path()).status.success());
    for name in render().keys() {
        let path = folder.path().join(name);
        let fresh = std::fs::read_to_string(&path).unwrap();
        for stale in [fresh.replacen('a', "b", 1), format!("{fresh}more\n"), fresh.trim_end().to_owned(), String::new()]
        {
            std::fs::write(&path, stale).unwrap();
            let output = docs("check", folder.path());
            let says = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{}", name.display());
            assert!(says.contains("is stale") && says.contains("agentid docs write"), "{says}");
        }
        std::fs::write(&path, fresh).unwrap();
    }
}

fn docs(command: &str, folder: &Path) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_agentid"));
    program.args(["docs", command, "--folder"]).arg(folder).output().unwrap()
}

/// RFC 6749 section 5.2: `error_description` is ASCII without quotes and backslashes.
#[test]
fn the_descriptions_of_oauth_errors_are_within_the_allowed_characters() {
    for code in ErrorCode::ALL {
        let is_allowed = |character: char| (' '..='~').contains(&character) && !"\"\\".contains(character);
        assert!(code.sentences().chars().all(is_allowed), "{}", code.sentences());
    }
}

#[test]
fn every_code_says_what_happened_and_what_to_do() {
    let sentences = Code::ALL.iter().map(|code| (code.cause(), code.remedy()));
    let oauth = ErrorCode::ALL.iter().map(|code| (code.cause(), code.remedy()));
    for (cause, remedy) in sentences.chain(oauth) {
        for sentence in [cause, remedy] {
            assert!(sentence.starts_with(|first: char| first.is_uppercase() || first == '`'), "{sentence}");
            assert!(sentence.ends_with('.'), "{sentence}");
        }
    }
}
