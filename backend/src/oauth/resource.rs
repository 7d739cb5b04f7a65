//! Resource indicators (RFC 8707): which API a token is for. They become its `aud`.

use url::Url;

use crate::oauth::error::{ErrorCode, OauthError};

/// How many APIs one token may be for.
const MOST: usize = 8;
/// The longest resource, in bytes.
const LONGEST: usize = 512;

/// The APIs that a token is for; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audience(Vec<String>);

impl Audience {
    /// What the request names; without a name, the issuer itself, whose own endpoints the token is then for.
    pub fn requested<'a>(resources: impl Iterator<Item = &'a str>, issuer: &str) -> Result<Self, OauthError> {
        let mut audience: Vec<String> = Vec::new();
        for resource in resources {
            if !is_resource(resource) {
                return Err(ErrorCode::InvalidTarget.into());
            }
            if !audience.iter().any(|known| known == resource) {
                audience.push(resource.to_owned());
            }
        }
        if audience.len() > MOST {
            return Err(ErrorCode::InvalidTarget.because("A token is for at most 8 resources."));
        }
        if audience.is_empty() {
            audience.push(issuer.to_owned());
        }
        Ok(Self(audience))
    }

    /// What the request names of the audience that was granted, to which it can add nothing (section 2.2);
    /// without a name, all of it.
    pub fn narrowed<'a>(resources: impl Iterator<Item = &'a str>, granted: &str) -> Result<Self, OauthError> {
        let granted = Self(granted.split(' ').map(str::to_owned).collect());
        let mut narrowed: Vec<String> = Vec::new();
        for resource in resources {
            if !granted.0.iter().any(|known| known == resource) {
                return Err(
                    ErrorCode::InvalidTarget.because("A resource was not granted. Ask for less, or authorize again.")
                );
            }
            if !narrowed.iter().any(|known| known == resource) {
                narrowed.push(resource.to_owned());
            }
        }
        Ok(if narrowed.is_empty() { granted } else { Self(narrowed) })
    }

    /// Each one as it was named: `aud` is compared as an exact string.
    pub fn all(&self) -> &[String] {
        &self.0
    }

    /// Space-separated, as stored. No URI holds a space.
    pub fn to_text(&self) -> String {
        self.0.join(" ")
    }

    /// The `aud` claim: a string when it is one (RFC 7519 section 4.1.3).
    pub fn to_claim(&self) -> serde_json::Value {
        match self.0.as_slice() {
            [only] => serde_json::json!(only),
            several => serde_json::json!(several),
        }
    }
}

/// An absolute URI without a fragment (section 2). The parser forgives spaces and control characters,
/// which no URI holds, so they are refused first.
fn is_resource(text: &str) -> bool {
    let is_plain = text.chars().all(|character| character.is_ascii_graphic());
    is_plain && text.len() <= LONGEST && Url::parse(text).is_ok() && !text.contains('#')
}
