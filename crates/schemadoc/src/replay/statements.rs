//! One statement after the other, with its line. It ends as SQLite's shell has it end: at a semicolon, or, for a
//! trigger, at the one after END (<https://sqlite.org/c3ref/complete.html>).

use crate::sql::tokens::{self, Kind, Token};

/// A statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'a> {
    /// With its semicolon.
    pub text: &'a str,
    /// Where it begins, from 1.
    pub line: usize,
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

    fn pass(&mut self, to: usize) {
        self.line += self.text.get(self.at..to).unwrap_or_default().matches('\n').count();
        self.at = to;
    }
}

impl<'a> Iterator for Statements<'a> {
    type Item = Statement<'a>;

    fn next(&mut self) -> Option<Statement<'a>> {
        let rest = self.text.get(self.at..)?;
        let first = tokens::all(rest).find(|token| token.kind != Kind::Blank && !token.is_sign(';'))?;
        self.pass(self.at + first.start);
        let (start, line) = (self.at, self.line);
        self.pass(start + length(self.text.get(start..)?));
        Some(Statement { text: self.text.get(start..self.at)?, line })
    }
}

/// How long the statement is that the text begins with.
fn length(text: &str) -> usize {
    let meaningful = || tokens::all(text).filter(|token| token.kind != Kind::Blank);
    let is_trigger = is_trigger(meaningful());
    // The last two tokens.
    let (mut before, mut last): (Option<Token<'_>>, Option<Token<'_>>) = (None, None);
    for token in meaningful() {
        let is_after_end =
            last.is_some_and(|last| last.is_word("END")) && before.is_some_and(|before| before.is_sign(';'));
        if token.is_sign(';') && (!is_trigger || is_after_end) {
            return token.end();
        }
        before = last.replace(token);
    }
    text.len()
}

/// `CREATE [TEMP] TRIGGER`.
fn is_trigger<'t>(tokens: impl Iterator<Item = Token<'t>>) -> bool {
    let mut tokens = tokens.skip_while(|token| token.is_word("EXPLAIN"));
    let is_made = tokens.next().is_some_and(|token| token.is_word("CREATE"));
    let mut tokens = tokens.skip_while(|token| token.is_word("TEMP") || token.is_word("TEMPORARY"));
    is_made && tokens.next().is_some_and(|token| token.is_word("TRIGGER"))
}
