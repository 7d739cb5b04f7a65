//! The TOML of a note.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

/// Texts by what they are about. The place of each name in the file is kept, for messages.
pub type Texts = BTreeMap<Spanned<String>, String>;

/// The text about this, if there is one.
pub fn text<'a>(texts: Option<&'a Texts>, name: &str) -> Option<&'a str> {
    texts?.iter().find(|(key, _)| key.get_ref() == name).map(|(_, text)| text.as_str())
}

/// About a table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TableFront {
    /// The group of tables that it is drawn with.
    pub domain: Option<Spanned<String>>,
    /// By column.
    pub columns: Texts,
    /// By index.
    pub indexes: Texts,
    /// By what `schemadoc` calls them: `primary key`, `unique (a, b)`, `check (a)`, `foreign key (a)`.
    pub constraints: Texts,
    /// What the database does not enforce.
    pub relations: Vec<Relation>,
    /// Findings of the linter that are answered, and the answer: `rule:object`.
    pub lint: Texts,
    /// A row, by column. A column that is not there is NULL.
    pub example: BTreeMap<Spanned<String>, toml::Value>,
}

/// A relation that the database does not enforce.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// Here.
    pub columns: Vec<Spanned<String>>,
    /// The other table.
    pub parent: Spanned<String>,
    /// There.
    pub parent_columns: Vec<Spanned<String>>,
    /// `1:1`, `N:1` or `N:M`, as seen from here.
    pub kind: Spanned<String>,
    /// For which rows it holds, if not for all.
    #[serde(default)]
    pub when: Option<String>,
    /// Why there is no foreign key.
    pub why: String,
}

/// About the whole schema.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchemaFront {
    /// Of the overview.
    pub title: Option<String>,
    /// In the order in which they are shown.
    pub domains: Vec<Domain>,
    /// By file: what it changes and why.
    pub migrations: Texts,
}

/// Tables that belong together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// What notes call it.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// A sentence.
    #[serde(default)]
    pub about: String,
}

/// Takes a note apart. `Err`: the line and what is wrong there. A note may have no front matter.
pub(super) fn split<Front: DeserializeOwned + Default>(text: &str) -> Result<(Front, &str, &str), (usize, String)> {
    let Some(rest) = text.strip_prefix("+++").and_then(|rest| rest.trim_start_matches('\r').strip_prefix('\n')) else {
        return Ok((Front::default(), "", text));
    };
    let Some(end) = end_of_front(rest) else {
        return Err((1, "the `+++` that ends the front matter is missing".to_owned()));
    };
    let (front, after) = rest.split_at(end);
    let body = after.split_once('\n').map_or("", |(_, body)| body);
    match toml::from_str(front) {
        Ok(toml) => Ok((toml, front, body)),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            Err((2 + line_breaks(front, at), error.message().to_owned()))
        }
    }
}

/// Where the line `+++` begins.
fn end_of_front(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "+++" {
            return Some(at);
        }
        at += line.len();
    }
    None
}

fn line_breaks(text: &str, until: usize) -> usize {
    text.bytes().take(until).filter(|&byte| byte == b'\n').count()
}
