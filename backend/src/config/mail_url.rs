//! The URL of a mail server. It may hold a password, so it is shown without.

use std::fmt;

use url::Url;

use super::value::Value;

/// Which mail server takes our letters; not set, none does.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MailUrl(Option<Url>);

impl MailUrl {
    /// From `smtp://…` or `smtps://…`; `None` when it is something else.
    pub fn new(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    /// The whole URL, with its password.
    pub fn expose(&self) -> Option<&Url> {
        self.0.as_ref()
    }
}

impl Value for MailUrl {
    const ACCEPTS: &str = "smtps://user:password@host or smtp://user:password@host, or nothing";

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(None));
        }
        let url = Url::parse(text).ok()?;
        let is_server =
            ["smtp", "smtps"].contains(&url.scheme()) && url.host_str().is_some_and(|host| !host.is_empty());
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        // Without its password, a user would be left out silently.
        let is_whole = url.username().is_empty() == url.password().is_none();
        (is_server && is_bare && is_whole).then_some(Self(Some(url)))
    }

    fn text(&self) -> String {
        let Some(mut url) = self.0.clone() else { return String::new() };
        if url.password().is_some() && url.set_password(Some("***")).is_err() {
            return format!("{}://\u{2026}", url.scheme());
        }
        url.to_string()
    }
}

impl fmt::Debug for MailUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}
