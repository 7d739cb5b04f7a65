//! What the README shows, done as it stands there.

use std::process::Command;

use crate::support::Folder;

/// A fenced block: its language, its text, and what the prose before it names last in code.
struct Block<'a> {
    language: &'a str,
    text: String,
    named: Option<&'a str>,
    before: &'a str,
}

fn blocks(readme: &str) -> Vec<Block<'_>> {
    let parts: Vec<&str> = readme.split("```").filter(|part| !part.is_empty()).collect();
    let mut found = Vec::new();
    // Prose and blocks take turns.
    for pair in parts.chunks_exact(2) {
        let (prose, block) = (pair[0], pair[1]);
        let (language, text) = block.split_once('\n').unwrap();
        let paragraph = prose.trim_end().rsplit("\n\n").next().unwrap();
        let is_path = |word: &&str| word.contains(".md") || word.contains(".sql") || word.contains(".toml");
        let named = paragraph.split('`').skip(1).step_by(2).filter(is_path).last();
        found.push(Block { language, text: text.to_owned(), named, before: prose });
    }
    found
}

/// What a person pastes into a shell, with the program in the path.
fn run(folder: &Folder, script: &str) -> String {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_schemadoc")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let output =
        Command::new("bash").args(["-e", "-c", script]).current_dir(folder.path()).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_readme_is_true() {
    let readme = include_str!("../../README.md");
    let folder = Folder::of(&[]);
    let (mut printed, mut ran, mut written) = (String::new(), 0, 0);
    for block in blocks(readme) {
        match (block.language, block.named) {
            ("sh", _) if block.before.ends_with("<!-- not run -->\n") => {}
            ("sh", _) => {
                printed = run(&folder, &block.text);
                ran += 1;
            }
            ("text", _) => assert_eq!(printed, block.text),
            ("sql" | "toml" | "markdown", Some(path)) => {
                folder.write(path, &block.text);
                written += 1;
            }
            (language, named) => panic!("what is {language} for {named:?}?"),
        }
    }
    assert_eq!((ran, written), (4, 6));
    let page = folder.read("docs/database/tables/loans.md");
    for text in [
        "A book that a reader has",
        "one of `'open'`, `'returned'`",
        "A gift is named after who gave it",
        "`'open'`, the default",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(folder.read("docs/database/tables/readers.md").contains("| as it stands on the card |"));
    assert!(folder.read("schema.json").contains("\"0002_add_note.sql:1\""));
}
