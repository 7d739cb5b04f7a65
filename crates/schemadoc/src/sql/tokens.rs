//! A tokeniser of SQLite's SQL (<https://sqlite.org/lang.html>). Whatever it is fed, it reads to the end: what can not
//! be a token is one of its own.

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Blanks, `-- …` and `/* … */`.
    Blank,
    /// A keyword or a bare name.
    Word,
    /// A name in `"…"`, `` `…` `` or `[…]`.
    Quoted,
    /// A text in `'…'`, or a blob `x'…'`.
    Literal,
    /// A number.
    Number,
    /// One character: an operator or a bracket.
    Sign,
}

/// A piece of the text. All pieces together are the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// As it stands there.
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
}

impl Token<'_> {
    /// Whether it is this keyword.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this character.
    pub fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign && self.text.starts_with(sign)
    }

    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The name that it stands for, without quotes. SQLite takes a text for a name where it needs one.
    pub fn name(&self) -> Option<String> {
        let inside = |quote: char| {
            let text = self.text.strip_prefix(quote)?;
            let text = text.strip_suffix(quote).unwrap_or(text);
            Some(text.replace(&[quote, quote].iter().collect::<String>(), &quote.to_string()))
        };
        match (self.kind, self.text.chars().next()?) {
            (Kind::Word, _) => Some(self.text.to_owned()),
            (Kind::Quoted, '[') => Some(self.text.trim_start_matches('[').trim_end_matches(']').to_owned()),
            (Kind::Quoted | Kind::Literal, quote @ ('"' | '`' | '\'')) => inside(quote),
            _ => None,
        }
    }
}

/// Every token, blanks too.
pub fn all(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0 }
}

/// Every token that means something.
pub fn meaningful(text: &str) -> Vec<Token<'_>> {
    all(text).filter(|token| token.kind != Kind::Blank).collect()
}

/// The tokens of a text, one after the other.
#[derive(Clone)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.at..)?;
        let (kind, length) = first(rest)?;
        let token = Token { kind, text: rest.get(..length)?, start: self.at };
        self.at += length;
        Some(token)
    }
}

/// The kind and the length of the token that a text begins with.
fn first(text: &str) -> Option<(Kind, usize)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    let second = characters.next();
    Some(match (first, second) {
        ('-', Some('-')) => (Kind::Blank, text.find('\n').map_or(text.len(), |at| at + 1)),
        ('/', Some('*')) => (Kind::Blank, text[2..].find("*/").map_or(text.len(), |at| at + 4)),
        ('x' | 'X', Some('\'')) => (Kind::Literal, 1 + quoted(&text[1..], '\'')),
        ('\'', _) => (Kind::Literal, quoted(text, '\'')),
        ('"' | '`', _) => (Kind::Quoted, quoted(text, first)),
        ('[', _) => (Kind::Quoted, text.find(']').map_or(text.len(), |at| at + 1)),
        ('.', Some('0'..='9')) | ('0'..='9', _) => (Kind::Number, number(text)),
        _ if first.is_whitespace() || first == '\u{feff}' => {
            let blank = |character: char| character.is_whitespace() || character == '\u{feff}';
            (Kind::Blank, text.find(|character| !blank(character)).unwrap_or(text.len()))
        }
        _ if is_in_name(first) => (Kind::Word, text.find(|character| !is_in_name(character)).unwrap_or(text.len())),
        _ => (Kind::Sign, first.len_utf8()),
    })
}

/// The length of a text in quotes that doubles them inside; without a closing one it is all.
fn quoted(text: &str, quote: char) -> usize {
    let mut at = quote.len_utf8();
    while let Some(found) = text[at..].find(quote) {
        at += found + quote.len_utf8();
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += quote.len_utf8();
    }
    text.len()
}

/// The length of a number: digits, a point, an exponent with its sign, or hexadecimal.
fn number(text: &str) -> usize {
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        let is_exponent_sign = matches!(character, '+' | '-') && matches!(before, 'e' | 'E') && !text.starts_with("0x");
        if !(character.is_ascii_alphanumeric() || matches!(character, '.' | '_') || is_exponent_sign) {
            return at;
        }
        before = character;
    }
    text.len()
}

/// SQLite and PostgreSQL take every character beyond ASCII for a letter.
pub(super) fn is_in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}
