//! One statement after the other, with its line, and what can be told of it before it is run.

use crate::sql::postgres::{all, dollar_body};
use crate::sql::tokens::{Kind, Token};

/// A statement.
#[derive(Clone, Debug)]
pub(super) struct Statement<'a> {
    /// With its semicolon.
    pub text: &'a str,
    /// Where it begins, from 1.
    pub line: usize,
    /// All that means something.
    tokens: Vec<Token<'a>>,
}

/// How far a statement reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Into its own database.
    Inside,
    /// To roles and rights, which the whole server shares and no page shows. It is left out.
    Roles,
    /// To what else the server has. The text says what it is.
    Outside(&'static str),
}

/// What reaches further than the database that it runs in: the words that a statement begins with.
const OUTSIDE: &[(&str, &str)] = &[
    ("CREATE|DROP DATABASE", "it is about another database"),
    ("ALTER SYSTEM", "it sets what the whole server does"),
    ("CREATE|ALTER|DROP TABLESPACE", "it is about the server's disks"),
    ("CREATE|ALTER|DROP SUBSCRIPTION", "it is about another server"),
    ("PREPARE TRANSACTION", "it leaves a transaction on the server"),
    ("COPY", "it reads or writes files; use INSERT"),
];
const ROLES: &[&str] = &[
    "CREATE|ALTER|DROP ROLE|USER|GROUP",
    "GRANT",
    "REVOKE",
    "ALTER DEFAULT PRIVILEGES",
    "REASSIGN|DROP OWNED",
    "ALTER DATABASE",
    "COMMENT ON DATABASE|ROLE|TABLESPACE",
    "SECURITY LABEL",
];

/// The statements of a text. A semicolon ends one, unless it stands in brackets (CREATE RULE) or in the body of a
/// function that is written as SQL (BEGIN ATOMIC … END): the rules of psql.
pub(super) fn statements(text: &str) -> Vec<Statement<'_>> {
    let (mut found, mut statement) = (Vec::new(), Statement { text: "", line: 1, tokens: Vec::new() });
    let (mut brackets, mut blocks, mut line, mut begin) = (0_usize, 0_usize, 1, 0);
    for token in all(text) {
        if statement.tokens.is_empty() && token.kind != Kind::Blank && !token.is_sign(';') {
            (statement.line, begin, brackets, blocks) = (line, token.start, 0, 0);
        }
        line += token.text.matches('\n').count();
        if token.is_sign(';') && brackets == 0 && blocks == 0 {
            if !statement.tokens.is_empty() {
                statement.text = &text[begin..token.end()];
                found.push(std::mem::replace(&mut statement, Statement { text: "", line, tokens: Vec::new() }));
            }
            continue;
        }
        if token.kind == Kind::Blank {
            continue;
        }
        statement.tokens.push(token);
        if token.is_sign('(') {
            brackets += 1;
        } else if token.is_sign(')') {
            brackets = brackets.saturating_sub(1);
        } else if brackets == 0 && statement.makes_function() {
            // CASE has an END, too.
            blocks += usize::from(token.is_word("BEGIN") || (blocks > 0 && token.is_word("CASE")));
            blocks = blocks.saturating_sub(usize::from(token.is_word("END")));
        }
    }
    if !statement.tokens.is_empty() {
        statement.text = &text[begin..];
        found.push(statement);
    }
    found
}

impl Statement<'_> {
    /// How far it reaches, as far as its words tell: a function or a block may do what it is not seen to do.
    pub(super) fn reach(&self) -> Reach {
        if self.tokens.first().is_some_and(|token| token.is_sign('\\')) {
            return Reach::Outside("it is a command of psql, which no server knows");
        }
        if let Some((_, why)) = OUTSIDE.iter().find(|(words, _)| self.begins(words)) {
            return Reach::Outside(why);
        }
        let gives_away =
            self.begins("ALTER") && (0..self.tokens.len()).any(|at| follow(&self.tokens[at..], "OWNER TO"));
        if gives_away || self.is_about_roles() || self.block_is_about_roles() {
            return Reach::Roles;
        }
        Reach::Inside
    }

    /// Only rows change: no part of the schema does.
    pub(super) fn is_data(&self) -> bool {
        self.begins("INSERT|UPDATE|DELETE")
    }

    /// Whether a transaction is open after it, when one `was` before.
    pub(super) fn leaves_open(&self, was: bool) -> bool {
        let has = |words: &str| (0..self.tokens.len()).any(|at| follow(&self.tokens[at..], words));
        if self.begins("BEGIN") || self.begins("START TRANSACTION") {
            return true;
        }
        let ends = self.begins("COMMIT|END|ROLLBACK|ABORT") && !has("TO") && !has("PREPARED");
        if ends { has("AND CHAIN") } else { was }
    }

    fn begins(&self, words: &str) -> bool {
        follow(&self.tokens, words)
    }

    fn makes_function(&self) -> bool {
        self.begins("CREATE FUNCTION|PROCEDURE") || self.begins("CREATE OR REPLACE FUNCTION|PROCEDURE")
    }

    /// `CREATE USER MAPPING` is about another server's tables, and stays in the database.
    fn is_about_roles(&self) -> bool {
        ROLES.iter().any(|words| self.begins(words)) && !self.begins("CREATE|ALTER|DROP USER MAPPING")
    }

    /// DO $$ … CREATE ROLE … $$, as it is written to make a role only once.
    fn block_is_about_roles(&self) -> bool {
        let bodies = self.tokens.iter().filter(|_| self.begins("DO")).filter_map(dollar_body);
        bodies.into_iter().any(|body| {
            let tokens: Vec<Token<'_>> = all(body).filter(|token| token.kind != Kind::Blank).collect();
            (0..tokens.len()).any(|at| {
                follow(&tokens[at..], "CREATE|ALTER|DROP ROLE|USER|GROUP|DATABASE|TABLESPACE")
                    && !follow(&tokens[at..], "CREATE|ALTER|DROP USER MAPPING")
            })
        })
    }
}

/// Whether the tokens begin with these words; `|` stands between those that may stand at one place.
fn follow(tokens: &[Token<'_>], words: &str) -> bool {
    let words: Vec<&str> = words.split(' ').collect();
    tokens.len() >= words.len()
        && words.iter().zip(tokens).all(|(either, token)| either.split('|').any(|word| token.is_word(word)))
}
