//! Pieces of Markdown (<https://github.github.com/gfm/>).

use crate::sql::tokens::{self, Kind};

/// A last column with a longer text is not filled up: it is prose, and each change of its longest text would be a
/// change of every row.
const WIDEST: usize = 64;

/// A table whose columns are aligned in the source, too. Nothing comes of one without rows.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: Vec<String> = head.iter().map(|text| cell(text)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|text| cell(text)).collect()).collect();
    let mut widths: Vec<usize> = (0..head.len())
        .map(|at| {
            let texts = rows.iter().chain([&head]).filter_map(|row| row.get(at));
            texts.map(|text| text.chars().count()).max().unwrap_or(0).max(3)
        })
        .collect();
    if let (Some(last), Some(title)) = (widths.last_mut().filter(|width| **width > WIDEST), head.last()) {
        *last = title.chars().count();
    }
    let line = |row: &[String]| {
        let cells = widths.iter().enumerate().map(|(at, width)| {
            let text = row.get(at).map_or("", String::as_str);
            format!(" {text}{} |", " ".repeat(width.saturating_sub(text.chars().count())))
        });
        format!("|{}\n", cells.collect::<String>())
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let body: String = rows.iter().map(|row| line(row)).collect();
    format!("{}{}{body}\n", line(&head), line(&rule))
}

/// Code in a line, as it is. Backticks inside need a longer fence.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if longest > 0 { " " } else { "" };
    format!("{fence}{blank}{}{blank}{fence}", one_line(text))
}

/// SQL in a line: blanks and comments between its words become one blank each, and what stands in quotes stays.
pub(super) fn sql(text: &str) -> String {
    let pieces = tokens::all(text).map(|token| if token.kind == Kind::Blank { " " } else { token.text });
    let mut line = String::new();
    for piece in pieces {
        if piece != " " || !line.ends_with(' ') {
            line.push_str(piece);
        }
    }
    code(line.trim())
}

/// Several, with commas between them.
pub(super) fn codes<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(|text| sql(text.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A link. A name may hold what Markdown takes for a sign, and a path may hold blanks.
pub(super) fn link(text: &str, target: &str) -> String {
    let target = target.replace('%', "%25").replace(' ', "%20").replace('(', "%28").replace(')', "%29");
    format!("[{}]({target})", plain(text))
}

/// A text in which nothing is a sign of Markdown's.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*[]<>#~".contains(character) {
            plain.push('\\');
        }
        plain.push(character);
    }
    plain
}

/// A bar would end the cell, also inside of code.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
