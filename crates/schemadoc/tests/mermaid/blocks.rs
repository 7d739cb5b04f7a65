//! The Mermaid blocks of Markdown files.

use std::fs;
use std::path::{Path, PathBuf};

/// A fenced block.
pub struct Block {
    /// `file:line`, of its first line.
    pub place: String,
    pub text: String,
}

/// Those of a text. A block ends at a fence that is as long as the one it begins with, and has its indentation.
pub fn of(file: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let fence: String = line.trim_start().chars().take_while(|character| *character == '`').collect();
        if fence.len() < 3 {
            continue;
        }
        let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != fence).collect();
        if line.trim().trim_start_matches('`') == "mermaid" {
            blocks.push(Block { place: format!("{file}:{}", at + 2), text: body.join("\n") });
        }
    }
    blocks
}

/// Those of every Markdown file below a folder, without what is built or fetched.
pub fn below(root: &Path) -> Vec<Block> {
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    let blocks = |path: &PathBuf| {
        of(&path.strip_prefix(root).unwrap().display().to_string(), &fs::read_to_string(path).unwrap())
    };
    files.iter().flat_map(blocks).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            if !["target", ".git"].iter().any(|name| path.ends_with(name)) {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}
