//! Marks in a file. Some files hold both ways: goose (`-- +goose Up`), sql-migrate (`-- +migrate Up`) and dbmate
//! (`-- migrate:up`). Goose and drizzle mark where a statement ends, so that it needs no semicolon.

/// Drizzle's mark, also behind a statement.
const BREAKPOINT: &str = "--> statement-breakpoint";

/// What goes up, line for line: the rest is blank. A file without marks goes up as a whole.
pub(super) fn up(text: &str) -> String {
    let text = text.replace(BREAKPOINT, ";");
    let has_ways = text.lines().any(|line| matches!(mark(line), Some(Mark::Up | Mark::Down)));
    let mut is_up = !has_ways;
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match mark(line) {
            Some(Mark::Up) => is_up = true,
            Some(Mark::Down) => is_up = false,
            Some(Mark::StatementEnd) if is_up => kept.push(';'),
            Some(Mark::StatementEnd) => {}
            None if is_up => {
                kept.push_str(line);
                continue;
            }
            None => {}
        }
        if line.ends_with('\n') {
            kept.push('\n');
        }
    }
    kept
}

enum Mark {
    Up,
    Down,
    StatementEnd,
}

fn mark(line: &str) -> Option<Mark> {
    // A file's first line may begin with a byte order mark.
    let words = line.trim_start_matches('\u{feff}').trim().strip_prefix("--")?.trim().to_ascii_lowercase();
    let mut words = words.split_whitespace();
    match (words.next()?, words.next()) {
        ("+goose" | "+migrate", Some("up")) | ("migrate:up", _) => Some(Mark::Up),
        ("+goose" | "+migrate", Some("down")) | ("migrate:down", _) => Some(Mark::Down),
        ("+goose" | "+migrate", Some("statementend")) => Some(Mark::StatementEnd),
        _ => None,
    }
}
