//! A tokeniser of PostgreSQL's SQL (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html>), and the
//! values that a CHECK allows, as PostgreSQL prints it. Whatever it is fed, it reads to the end: what can not be a token
//! is one of its own.

use super::tokens::{Kind, Token, is_in_name};

/// Every token, blanks too. All together are the text.
pub fn all(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let (kind, length) = first(rest)?;
        let token = Token { kind, text: rest.get(..length)?, start: at };
        at += length;
        Some(token)
    })
}

/// The kind and the length of the token that a text begins with.
fn first(text: &str) -> Option<(Kind, usize)> {
    let first = text.chars().next()?;
    let after = |length: usize| text.get(length..).unwrap_or_default();
    Some(match first {
        '-' if text.starts_with("--") => (Kind::Blank, text.find('\n').map_or(text.len(), |at| at + 1)),
        '/' if text.starts_with("/*") => (Kind::Blank, comment(text)),
        '\'' => (Kind::Literal, quoted(text, false)),
        'E' | 'e' if after(1).starts_with('\'') => (Kind::Literal, 1 + quoted(after(1), true)),
        'B' | 'b' | 'X' | 'x' | 'N' | 'n' if after(1).starts_with('\'') => (Kind::Literal, 1 + quoted(after(1), false)),
        'U' | 'u' if after(1).starts_with("&'") => (Kind::Literal, 2 + quoted(after(2), false)),
        'U' | 'u' if after(1).starts_with("&\"") => (Kind::Quoted, 2 + quoted(after(2), false)),
        '"' => (Kind::Quoted, quoted(text, false)),
        '$' => dollar_quoted(text).map_or((Kind::Sign, 1), |length| (Kind::Literal, length)),
        '0'..='9' => (Kind::Number, span(text, |character| is_in_name(character) || character == '.')),
        _ if first.is_whitespace() || first == '\u{feff}' => {
            (Kind::Blank, span(text, |character| character.is_whitespace() || character == '\u{feff}'))
        }
        _ if is_in_name(first) => (Kind::Word, span(text, is_in_name)),
        _ => (Kind::Sign, first.len_utf8()),
    })
}

fn span(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|character| !belongs(character)).unwrap_or(text.len())
}

/// Comments hold comments.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of what stands in the quotes that the text begins with. A doubled one is part of it, and in E'…' what
/// follows a backslash.
fn quoted(text: &str, has_escapes: bool) -> usize {
    let quote = text.chars().next().unwrap_or('\'');
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if has_escapes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// `$$…$$` or `$tag$…$tag$`. `None`: a parameter, such as `$1`.
fn dollar_quoted(text: &str) -> Option<usize> {
    let end = text.get(1..)?.find('$')? + 2;
    let tag = text.get(..end)?;
    let name = tag.get(1..end - 1)?;
    let is_name = !name.starts_with(|character: char| character.is_ascii_digit()) && name.chars().all(is_in_name);
    let length = || text.get(end..)?.find(tag).map(|found| end + found + end);
    is_name.then(|| length().unwrap_or(text.len()))
}

/// What a dollar-quoted text holds.
pub fn dollar_body<'a>(token: &Token<'a>) -> Option<&'a str> {
    let end = token.text.strip_prefix('$')?.find('$')? + 2;
    token.text.get(end..)?.strip_suffix(token.text.get(..end)?)
}

/// The texts and numbers that a CHECK allows a column, when it says nothing else: `column = ANY (ARRAY['a'::text])`,
/// which is how PostgreSQL prints `column IN ('a')`.
pub fn allowed_values(expression: &str) -> Option<(String, Vec<String>)> {
    let tokens = without_types(expression);
    let [column, equals, any, array, open, values @ .., close] = tokens.as_slice() else { return None };
    let is_list =
        equals.is_sign('=') && any.is_word("ANY") && array.is_word("ARRAY") && open.is_sign('[') && close.is_sign(']');
    let parts: Vec<&[Token<'_>]> = values.split(|token| token.is_sign(',')).collect();
    let is_value = |part: &&[Token<'_>]| matches!(part, [one] if matches!(one.kind, Kind::Literal | Kind::Number));
    if !is_list || !parts.iter().all(is_value) {
        return None;
    }
    Some((column.name()?, parts.iter().map(|part| part[0].text.to_owned()).collect()))
}

/// The tokens of an expression without round brackets, and without casts such as `::character varying(9)[]`. Nothing of
/// one that says several things, for there a type can not be told from the word that follows it.
fn without_types(expression: &str) -> Vec<Token<'_>> {
    let tokens: Vec<Token<'_>> = all(expression).filter(|token| token.kind != Kind::Blank).collect();
    let (mut kept, mut is_type) = (Vec::new(), false);
    for (at, token) in tokens.iter().enumerate() {
        if ["AND", "OR", "NOT"].iter().any(|word| token.is_word(word)) {
            return Vec::new();
        }
        let is_array_of = token.is_sign('[') && tokens.get(at + 1).is_some_and(|next| next.is_sign(']'));
        let is_in_type = matches!(token.kind, Kind::Word | Kind::Quoted) || token.is_sign('.') || is_array_of;
        let says_nothing = token.is_sign('(') || token.is_sign(')') || (is_type && is_in_type);
        if token.is_sign(':') {
            is_type = true;
        } else if !says_nothing {
            // The second half of `[]` ends the type, and is part of it.
            let ends_array = is_type && token.is_sign(']') && tokens[at - 1].is_sign('[');
            is_type = false;
            if !ends_array {
                kept.push(*token);
            }
        }
    }
    kept
}
