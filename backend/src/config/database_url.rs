//! The URL of a database server. It may hold a password, so it is shown without.

use std::fmt;

use super::value::Value;

/// Where the database server is; not set, there is none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DatabaseUrl(Option<String>);

impl DatabaseUrl {
    /// From `postgres://…`; `None` when it is something else.
    pub fn new(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    /// The whole URL, with its password.
    pub fn expose(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl Value for DatabaseUrl {
    const ACCEPTS: &str = "postgres://user:password@host/database, or nothing";

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(None));
        }
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        is_url.then(|| Self(Some(text.to_owned())))
    }

    /// Without password and options. Where it is not plain what is the password, nothing is shown.
    fn text(&self) -> String {
        let Some(text) = &self.0 else { return String::new() };
        shown(text).unwrap_or_else(|| "postgres://\u{2026}".to_owned())
    }
}

fn shown(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let Some((credentials, place)) = rest.split_once('@') else {
        return Some(format!("{scheme}://{}", rest.split('?').next()?));
    };
    let place = place.split('?').next()?;
    if credentials.contains(['/', '?', '#']) || place.contains('@') {
        return None;
    }
    let hidden = credentials.split_once(':').map_or_else(|| credentials.to_owned(), |(user, _)| format!("{user}:***"));
    Some(format!("{scheme}://{hidden}@{place}"))
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}
