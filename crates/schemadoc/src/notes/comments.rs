//! What the comments in the migrations say: text for where the notes say nothing. It is never counted as prose.

use std::collections::BTreeMap;

use crate::folder::MigrationFile;
use crate::model::{Column, History, Model, Place, Table};
use crate::objects::named_indexes;
use crate::sql::tokens::{self, Kind, Token};

/// The comments, by what they are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// By table.
    pub tables: BTreeMap<String, String>,
    /// By table and column.
    pub columns: BTreeMap<(String, String), String>,
    /// By index.
    pub indexes: BTreeMap<String, String>,
}

impl Comments {
    /// Reads those of everything that is there.
    pub fn read(model: &Model, files: &[MigrationFile]) -> Self {
        let texts: BTreeMap<&str, Text<'_>> =
            files.iter().map(|file| (file.name.as_str(), Text::of(&file.up))).collect();
        let mut comments = Self::default();
        for table in &model.tables {
            let above = |place: &Place| texts.get(place.file.as_str())?.above(place.line);
            if let Some(text) = places(&table.history).find_map(above) {
                comments.tables.insert(table.name.clone(), text);
            }
            for column in &table.columns {
                if let Some(text) = of_column(&texts, table, column) {
                    comments.columns.insert((table.name.clone(), column.name.clone()), text);
                }
            }
            for index in named_indexes(table) {
                let at = |place: &Place| texts.get(place.file.as_str())?.at(place.line);
                if let Some(text) = places(&index.history).find_map(at) {
                    comments.indexes.insert(index.name.clone(), text);
                }
            }
        }
        comments
    }

    /// About a column.
    pub fn column(&self, table: &str, column: &str) -> Option<&str> {
        self.columns.get(&(table.to_owned(), column.to_owned())).map(String::as_str)
    }
}

/// The newest first.
fn places(history: &History) -> impl Iterator<Item = &Place> {
    [history.changed.as_ref(), history.rebuilt.as_ref(), Some(&history.introduced)].into_iter().flatten()
}

fn of_column(texts: &BTreeMap<&str, Text<'_>>, table: &Table, column: &Column) -> Option<String> {
    let names = || column.history.renamed.iter().map(|renamed| &renamed.from).chain([&column.name]);
    places(&column.history).chain(&table.history.rebuilt).find_map(|place| {
        let text = texts.get(place.file.as_str())?;
        names().find_map(|name| text.at(text.line_of(name, place.line)?))
    })
}

/// A migration's text, read for its comments.
struct Text<'a> {
    /// Without blanks, with their lines.
    tokens: Vec<(usize, Token<'a>)>,
    /// By the line where they end; whether they have it for themselves.
    comments: BTreeMap<usize, (String, bool)>,
}

impl<'a> Text<'a> {
    fn of(text: &'a str) -> Self {
        let mut read = Self { tokens: Vec::new(), comments: BTreeMap::new() };
        let (mut line, mut last) = (1, 0);
        for token in tokens::all(text) {
            let next = line + token.text.matches('\n').count();
            if token.kind != Kind::Blank {
                read.tokens.push((line, token));
                last = next;
            } else if let Some(words) = words(token.text) {
                let end = next - usize::from(token.text.ends_with('\n'));
                read.comments.insert(end, (words, last < line));
            }
            line = next;
        }
        read
    }

    /// What is said behind the line, or else above it.
    fn at(&self, line: usize) -> Option<String> {
        match self.comments.get(&line) {
            Some((text, false)) => Some(text.clone()),
            _ => self.above(line),
        }
    }

    /// The comments that stand directly above the line.
    fn above(&self, line: usize) -> Option<String> {
        let lines = (1..line).rev().map_while(|line| self.comments.get(&line).filter(|(_, is_alone)| *is_alone));
        let mut texts: Vec<&str> = lines.map(|(text, _)| text.as_str()).collect();
        texts.reverse();
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    /// The line on which a column is defined, from this line to the end of the statement: behind ADD COLUMN, or as the
    /// first of its line. Where others stand before it, the comment behind the line is not its own.
    fn line_of(&self, column: &str, from: usize) -> Option<usize> {
        let begin = self.tokens.partition_point(|(line, _)| *line < from);
        let (before, tokens) = self.tokens.split_at(begin);
        let mut last = before.last();
        for token @ (line, text) in tokens.iter().take_while(|(_, token)| !token.is_sign(';')) {
            let is_defined = last.is_some_and(|(line_before, before)| {
                let is_first = line_before < line && (before.is_sign('(') || before.is_sign(','));
                is_first || before.is_word("ADD") || before.is_word("COLUMN")
            });
            if is_defined && text.name().is_some_and(|name| name.eq_ignore_ascii_case(column)) {
                return Some(*line);
            }
            last = Some(token);
        }
        None
    }
}

/// What a comment says; `None` for a blank, and for a line that is meant for a tool.
fn words(blank: &str) -> Option<String> {
    let text = blank.trim();
    let inside = text.strip_prefix("--").or_else(|| text.strip_prefix("/*")?.strip_suffix("*/"))?;
    let words = inside.split_whitespace().filter(|word| *word != "*").collect::<Vec<_>>().join(" ");
    let is_mark = ["+", ">", "migrate:"].iter().any(|mark| words.starts_with(mark));
    (!words.is_empty() && !is_mark).then_some(words)
}
