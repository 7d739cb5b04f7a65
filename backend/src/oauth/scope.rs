//! Scopes (RFC 6749 section 3.3): what an app may learn of an agent.

use crate::oauth::error::{ErrorCode, OauthError};

/// Every scope there is.
pub const KNOWN: &[&str] = &["openid", "id", "name", "description", "subscription", "overseer", "offline_access"];

/// What a request without `scope` gets.
const DEFAULT: &str = "id name";

/// Known scopes, each once, in the order asked for; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope(String);

impl Scope {
    /// The scopes of a request; without any, the default.
    pub fn requested(text: Option<&str>) -> Result<Self, OauthError> {
        let mut scopes: Vec<&str> = Vec::new();
        for scope in names(text.unwrap_or(DEFAULT)) {
            if !KNOWN.contains(&scope) {
                return Err(ErrorCode::InvalidScope.into());
            }
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        if scopes.is_empty() {
            return Self::requested(None);
        }
        Ok(Self(scopes.join(" ")))
    }

    /// The scopes of a request within those that the client is registered with; `None` is any. Without a
    /// request, as many of the default as the client may have, else all that it may have.
    pub fn requested_by_client(text: Option<&str>, registered: Option<&str>) -> Result<Self, OauthError> {
        let Some(registered) = registered else { return Self::requested(text) };
        if text.is_some_and(|text| names(text).next().is_some()) {
            return Self::requested(text)?.within(registered);
        }
        let common: Vec<&str> = names(DEFAULT).filter(|scope| holds(registered, scope)).collect();
        if common.is_empty() { Self::requested(Some(registered)) } else { Ok(Self(common.join(" "))) }
    }

    /// The scopes of a request that may only narrow what was granted; without a request, all of it.
    pub fn narrowed(text: Option<&str>, granted: &str) -> Result<Self, OauthError> {
        match text {
            Some(text) => Self::requested(Some(text))?.within(granted),
            None => Ok(Self(granted.to_owned())),
        }
    }

    /// Each one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        names(&self.0)
    }

    /// Space-separated, as on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn within(self, allowed: &str) -> Result<Self, OauthError> {
        if names(&self.0).all(|scope| holds(allowed, scope)) {
            return Ok(self);
        }
        Err(ErrorCode::InvalidScope.because("A scope is wider than what was registered or granted. Ask for less."))
    }
}

/// What a scope allows, for people: what a client may then do.
pub fn in_words(scope: &str) -> &'static str {
    match scope {
        "openid" => "recognise it the next time",
        "id" => "know its id",
        "name" => "know its name",
        "description" => "know how it describes itself",
        "subscription" => "know its tier",
        "overseer" => "know who answers for it",
        "offline_access" => "go on while it is away",
        _ => "do something that this page has no words for",
    }
}

/// The space-separated `earlier`, and those of `more` that it lacks.
pub fn joined<'a>(earlier: &'a str, more: impl Iterator<Item = &'a str>) -> String {
    let added = more.filter(|name| !holds(earlier, name));
    names(earlier).chain(added).collect::<Vec<_>>().join(" ")
}

/// Whether the space-separated `scopes` have this one.
pub fn holds(scopes: &str, scope: &str) -> bool {
    names(scopes).any(|name| name == scope)
}

fn names(scopes: &str) -> impl Iterator<Item = &str> {
    scopes.split(' ').filter(|scope| !scope.is_empty())
}
