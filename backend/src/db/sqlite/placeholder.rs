//! `$N` → `?N`. SQLite takes `$2` for a *name*, and numbers names by their first appearance: `$2, $1` would be
//! filled the wrong way round, without an error.

use std::borrow::Cow;

/// `sql` with SQLite's placeholders. Literals, quoted names and comments stay as they are. One pass, about as long
/// as hashing the text for the statement cache.
pub(super) fn rewrite(sql: &str) -> Cow<'_, str> {
    if !sql.contains('$') {
        return Cow::Borrowed(sql);
    }
    let mut written = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['$', '\'', '"', '-', '/']) {
        let (before, token) = rest.split_at(at);
        written.push_str(before);
        let (token, after) = token.split_at(token_length(token));
        // A `$` can also stand inside a name.
        if token == "$" && after.starts_with(|next: char| next.is_ascii_digit()) && !written.ends_with(is_in_name) {
            written.push('?');
        } else {
            written.push_str(token);
        }
        rest = after;
    }
    written.push_str(rest);
    Cow::Owned(written)
}

/// The length of the literal, quoted name or comment that `text` begins with; 1 when it begins with none.
/// A doubled quote inside quotes ends one token and begins the next, which comes to the same.
fn token_length(text: &str) -> usize {
    let (start, end) = match text.as_bytes() {
        [b'\'', ..] => (1, "'"),
        [b'"', ..] => (1, "\""),
        [b'-', b'-', ..] => (2, "\n"),
        [b'/', b'*', ..] => (2, "*/"),
        _ => return 1,
    };
    text[start..].find(end).map_or(text.len(), |at| start + at + end.len())
}

fn is_in_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}
