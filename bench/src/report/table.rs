//! Aligned tables: the first column to the left, numbers to the right.

use std::iter::once;

/// For a terminal.
pub(super) fn text(head: &[&str], rows: &[Vec<String>]) -> String {
    render(head, rows, "  ", |widths| {
        let lines: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        lines.join("  ")
    })
}

/// For Markdown.
pub(super) fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let rule = |widths: &[usize]| {
        let lines = widths.iter().enumerate().map(|(column, width)| match column {
            0 => "-".repeat(*width),
            _ => format!("{}:", "-".repeat(width.saturating_sub(1).max(1))),
        });
        lines.collect::<Vec<_>>().join(" | ")
    };
    let table = render(head, rows, " | ", rule);
    table.lines().map(|line| format!("| {line} |\n")).collect()
}

fn render(head: &[&str], rows: &[Vec<String>], between: &str, rule: impl Fn(&[usize]) -> String) -> String {
    let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(column, _)| {
            once(&head).chain(rows).filter_map(move |row| row.get(column)).map(|cell| cell.chars().count())
        })
        .map(|lengths| lengths.max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join(between)
    };
    let lines = once(line(&head)).chain(once(rule(&widths))).chain(rows.iter().map(line));
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}
