//! What is checked in is what the program would write.

use std::path::Path;

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
