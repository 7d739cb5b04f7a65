//! Files that hold both ways: goose (`-- +goose Up`), dbmate (`-- migrate:up`), and `-- UP`/`-- DOWN` as node-sqlite
//! writes them.

/// What goes up, line for line: the rest is blank. A file without marks goes up as a whole.
pub(super) fn up(text: &str) -> String {
    if !text.lines().any(|line| mark(line).is_some()) {
        return text.to_owned();
    }
    let mut is_up = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if let Some(goes_up) = mark(line) {
            is_up = goes_up;
        } else if is_up {
            kept.push_str(line);
            continue;
        }
        if line.ends_with('\n') {
            kept.push('\n');
        }
    }
    kept
}

/// Whether the line begins what goes up (true) or down.
fn mark(line: &str) -> Option<bool> {
    let words = line.trim().strip_prefix("--")?.trim().to_ascii_lowercase();
    let mut words = words.split_whitespace();
    match (words.next()?, words.next()) {
        ("+goose" | "+migrate", Some("up")) | ("migrate:up", _) => Some(true),
        ("+goose" | "+migrate", Some("down")) | ("migrate:down", _) => Some(false),
        _ => None,
    }
}
