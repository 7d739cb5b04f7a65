//! One statement after the other, with its line. A semicolon ends a statement, unless SQLite finds it incomplete
//! there, as inside of a trigger: SQLite has the last word.

use crate::sql::tokens::{self, Kind};

/// A statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'a> {
    /// With its semicolon.
    pub text: &'a str,
    /// Where it begins, from 1.
    pub line: usize,
    start: usize,
}

/// The statements of a text.
pub(super) struct Statements<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Statements<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    pub(super) fn next(&mut self) -> Option<Statement<'a>> {
        let rest = self.text.get(self.at..)?;
        let first = tokens::all(rest).find(|token| token.kind != Kind::Blank && !token.is_sign(';'))?;
        self.pass(self.at + first.start);
        let (start, line) = (self.at, self.line);
        self.pass(self.end_after(start));
        Some(Statement { text: self.text.get(start..self.at)?, line, start })
    }

    /// Takes what comes up to the next semicolon, too. False at the end.
    pub(super) fn extend(&mut self, statement: &mut Statement<'a>) -> bool {
        let before = self.at;
        self.pass(self.end_after(before));
        statement.text = self.text.get(statement.start..self.at).unwrap_or_default();
        self.at > before
    }

    fn end_after(&self, start: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        tokens::all(rest).find(|token| token.is_sign(';')).map_or(self.text.len(), |token| start + token.end())
    }

    fn pass(&mut self, to: usize) {
        self.line += self.text.get(self.at..to).unwrap_or_default().matches('\n').count();
        self.at = to;
    }
}
