//! What a CREATE TABLE says beyond the PRAGMAs: CHECKs, names of constraints, expressions of generated columns,
//! collations. The statement is one that SQLite has accepted and keeps.

use super::tokens::{Kind, Token, meaningful};

/// What was found in a statement, each in its order. Places are bytes of the statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// The columns that are declared, and where.
    pub columns: Vec<(String, usize)>,
    /// Those of columns and of the table.
    pub checks: Vec<NamedCheck>,
    /// Likewise.
    pub foreign_keys: Vec<NamedKey>,
    /// UNIQUE and PRIMARY KEY.
    pub keys: Vec<NamedKey>,
    /// Of generated columns: the column, and its expression.
    pub generated: Vec<(String, String)>,
    /// The column, and its collation.
    pub collations: Vec<(String, String)>,
}

/// A CHECK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCheck {
    /// `CONSTRAINT name`.
    pub name: Option<String>,
    /// What stands in its brackets.
    pub expression: String,
    /// Where it begins.
    pub start: usize,
}

/// A key's own name, and the columns here that it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey {
    /// `CONSTRAINT name`.
    pub name: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// `PRIMARY KEY`.
    pub is_primary: bool,
    /// Where it begins.
    pub start: usize,
}

/// Reads a CREATE TABLE. Of anything else nothing comes out.
pub fn read(sql: &str) -> Constraints {
    let tokens = meaningful(sql);
    let mut found = Constraints::default();
    for definition in definitions(&tokens) {
        Definition { sql, tokens: definition, at: 0, name: None, begin: None }.read(&mut found);
    }
    found
}

/// The columns and constraints of the table: what stands between the commas in its brackets. The body is the first
/// bracket, for a table's name has none. CREATE TABLE … AS SELECT (…) has no body; SQLite keeps it as one that has.
fn definitions<'s, 't>(tokens: &'s [Token<'t>]) -> Vec<&'s [Token<'t>]> {
    let [create, rest @ ..] = tokens else { return Vec::new() };
    let is_temporary = rest.first().is_some_and(|token| token.is_word("TEMP") || token.is_word("TEMPORARY"));
    let is_table = rest.get(usize::from(is_temporary)).is_some_and(|token| token.is_word("TABLE"));
    let Some(open) = tokens.iter().position(|token| token.is_sign('(') || token.is_word("AS")) else {
        return Vec::new();
    };
    if !create.is_word("CREATE") || !is_table || !tokens[open].is_sign('(') {
        return Vec::new();
    }
    let end = closing(tokens, open);
    split(tokens.get(open + 1..end).unwrap_or_default())
}

/// Where the bracket that opens at `open` closes; the end when it does not.
fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_sign('(') {
            depth += 1;
        } else if token.is_sign(')') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// At the commas outside of brackets.
fn split<'s, 't>(tokens: &'s [Token<'t>]) -> Vec<&'s [Token<'t>]> {
    let (mut parts, mut begin, mut at) = (Vec::new(), 0, 0);
    while at < tokens.len() {
        if tokens[at].is_sign('(') {
            at = closing(tokens, at);
        } else if tokens[at].is_sign(',') {
            parts.push(&tokens[begin..at]);
            begin = at + 1;
        }
        at += 1;
    }
    parts.push(tokens.get(begin..).unwrap_or_default());
    parts
}

/// One column or table constraint, while it is read.
struct Definition<'s, 't> {
    sql: &'s str,
    tokens: &'s [Token<'t>],
    at: usize,
    /// The name that the next constraint has, and where that is given.
    name: Option<String>,
    begin: Option<usize>,
}

impl<'t> Definition<'_, 't> {
    fn read(mut self, found: &mut Constraints) {
        let begins_constraint = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let column = match self.tokens.first() {
            Some(first) if begins_constraint.iter().any(|word| first.is_word(word)) => None,
            Some(first) => {
                self.at = 1;
                let name = first.name();
                found.columns.extend(name.clone().map(|name| (name, first.start)));
                name
            }
            None => return,
        };
        // SQLite needs no comma between two table constraints.
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            self.constraint(*token, column.as_deref(), found);
        }
    }

    fn constraint(&mut self, token: Token<'t>, column: Option<&str>, found: &mut Constraints) {
        if token.is_word("CONSTRAINT") {
            self.name = self.next().and_then(|token| token.name());
            self.begin = Some(token.start);
            return;
        }
        if token.is_word("CHECK") {
            let (name, start) = self.named(token);
            if let Some(expression) = self.bracket() {
                found.checks.push(NamedCheck { name, expression, start });
            }
        } else if token.is_word("FOREIGN") {
            self.at += 1;
            let (name, start) = self.named(token);
            let columns = self.names();
            found.foreign_keys.push(NamedKey { name, columns, is_primary: false, start });
            self.skip_reference();
        } else if token.is_word("REFERENCES") {
            self.at = self.at.saturating_sub(1);
            let (name, start) = self.named(token);
            let columns = column.map(str::to_owned).into_iter().collect();
            found.foreign_keys.push(NamedKey { name, columns, is_primary: false, start });
            self.skip_reference();
        } else if token.is_word("PRIMARY") || token.is_word("UNIQUE") {
            let is_primary = token.is_word("PRIMARY");
            self.at += usize::from(is_primary);
            let (name, start) = self.named(token);
            let columns = match column {
                Some(column) => vec![column.to_owned()],
                None => self.names(),
            };
            found.keys.push(NamedKey { name, columns, is_primary, start });
        } else if token.is_word("COLLATE") {
            if let (Some(column), Some(name)) = (column, self.next().and_then(|token| token.name())) {
                found.collations.push((column.to_owned(), name));
            }
        } else if token.is_word("AS") {
            if let (Some(column), Some(expression)) = (column, self.bracket()) {
                found.generated.push((column.to_owned(), expression));
            }
        } else if token.is_sign('(') {
            // A type's length, or a default's expression.
            self.at = closing(self.tokens, self.at - 1) + 1;
        }
        // A name is that of the constraint right after it; NOT NULL and DEFAULT may have one, too.
        (self.name, self.begin) = (None, None);
    }

    /// The name of the constraint whose first word this is, and where the constraint begins.
    fn named(&mut self, first: Token<'t>) -> (Option<String>, usize) {
        (self.name.take(), self.begin.take().unwrap_or(first.start))
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    /// `REFERENCES parent (columns)`.
    fn skip_reference(&mut self) {
        if self.tokens.get(self.at).is_some_and(|token| token.is_word("REFERENCES")) {
            self.at += 2;
            if self.tokens.get(self.at).is_some_and(|token| token.is_sign('(')) {
                self.at = closing(self.tokens, self.at) + 1;
            }
        }
    }

    /// What stands in the brackets that open here, without them.
    fn bracket(&mut self) -> Option<String> {
        let open = self.tokens.get(self.at).filter(|token| token.is_sign('('))?;
        let end = closing(self.tokens, self.at);
        self.at = end + 1;
        let until = self.tokens.get(end).map_or(self.sql.len(), |close| close.start);
        Some(self.sql.get(open.end()..until)?.trim().to_owned())
    }

    /// The columns in the brackets that open here.
    fn names(&mut self) -> Vec<String> {
        if !self.tokens.get(self.at).is_some_and(|token| token.is_sign('(')) {
            return Vec::new();
        }
        let end = closing(self.tokens, self.at);
        let inside = self.tokens.get(self.at + 1..end).unwrap_or_default();
        self.at = end + 1;
        split(inside).into_iter().filter_map(|part| part.first()?.name()).collect()
    }
}

/// The texts that `x IN ('a', 'b')` allows a column, when the CHECK says nothing else. PostgreSQL prints it otherwise.
pub fn allowed_values(expression: &str) -> Option<(String, Vec<String>)> {
    values_in(expression).or_else(|| super::postgres::allowed_values(expression))
}

fn values_in(expression: &str) -> Option<(String, Vec<String>)> {
    let tokens = meaningful(expression);
    let [column, of, open, inside @ .., close] = tokens.as_slice() else { return None };
    let is_list = of.is_word("IN") && open.is_sign('(') && close.is_sign(')');
    let is_value = |token: &Token<'_>| matches!(token.kind, Kind::Literal | Kind::Number);
    let parts = split(inside);
    if !is_list || !parts.iter().all(|part| part.len() == 1 && is_value(&part[0])) {
        return None;
    }
    Some((column.name()?, parts.iter().map(|part| part[0].text.to_owned()).collect()))
}

/// The columns that an expression names, each once, in order.
pub fn columns_of(expression: &str, columns: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in meaningful(expression).iter().filter(|token| token.kind != Kind::Literal).filter_map(Token::name) {
        let column = columns.iter().find(|column| column.eq_ignore_ascii_case(&name));
        if let Some(column) = column
            && !found.iter().any(|known| known == column)
        {
            found.push((*column).to_owned());
        }
    }
    found
}

/// What a CREATE INDEX says: its columns or expressions as they stand there, and the condition of a partial one.
pub fn index(sql: &str) -> (Vec<String>, Option<String>) {
    let tokens = meaningful(sql);
    let Some(open) = tokens.iter().position(|token| token.is_sign('(')) else { return (Vec::new(), None) };
    let end = closing(&tokens, open);
    let parts = split(tokens.get(open + 1..end).unwrap_or_default());
    let expressions = parts.into_iter().filter_map(|part| {
        // The order is no part of it.
        let is_order = part.last().is_some_and(|last| last.is_word("ASC") || last.is_word("DESC"));
        let part = part.get(..part.len() - usize::from(is_order))?;
        Some(sql.get(part.first()?.start..part.last()?.end())?.to_owned())
    });
    let expressions = expressions.collect();
    let condition = tokens.get(end + 1..).and_then(|rest| rest.iter().find(|token| token.is_word("WHERE")));
    (expressions, condition.and_then(|word| sql.get(word.end()..)).map(|text| text.trim().to_owned()))
}
