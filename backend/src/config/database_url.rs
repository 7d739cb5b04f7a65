//! The URL of a database server. It may hold a password, so it is shown without.

use std::fmt;

use url::Url;

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

    /// Without password and options. (A list of hosts is no URL to others, so nothing of it is shown.)
    fn text(&self) -> String {
        let Some(text) = &self.0 else { return String::new() };
        let Ok(mut url) = Url::parse(text) else { return "postgres://…".to_owned() };
        url.set_query(None);
        let is_hidden = url.password().is_none() || url.set_password(Some("***")).is_ok();
        if is_hidden { url.to_string() } else { "postgres://…".to_owned() }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}
