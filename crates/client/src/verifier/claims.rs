//! What a good token says (RFC 9068 section 2.2).

use agentid_jose::claims::{text, time};
use serde_json::{Map, Value};

use super::VerifyError;

/// Whose a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityType {
    /// An agent's.
    Agent,
    /// A client's own, which has no agent.
    Client,
}

/// The claims of a token that was checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Claims {
    /// Who is calling: the agent's id.
    pub sub: String,
    /// Through which client; the agent itself when it is `sub` too.
    pub client_id: String,
    /// Whether `sub` is an agent.
    pub entity_type: EntityType,
    /// Whether a human answers for the agent.
    pub overseen: bool,
    /// What the token allows, space-separated.
    pub scope: String,
    /// All APIs that the token is for; yours is among them.
    pub aud: Vec<String>,
    /// When it was made, Unix seconds.
    pub iat: i64,
    /// When it expires, Unix seconds.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
    /// The thumbprint of the key that it is bound to.
    pub cnf_jkt: Option<String>,
    /// All claims, these ones too.
    pub all: Map<String, Value>,
}

impl Claims {
    /// Whether the token allows this: one word of `scope`.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.split_ascii_whitespace().any(|word| word == scope)
    }

    pub(super) fn read(all: Map<String, Value>) -> Result<Self, VerifyError> {
        let required = |name| text(&all, name).filter(|text| !text.is_empty()).map(str::to_owned);
        let required = |name| required(name).ok_or(VerifyError::Claim(name));
        Ok(Self {
            sub: required("sub")?,
            client_id: required("client_id")?,
            entity_type: match text(&all, "entity_type") {
                Some("agent") => EntityType::Agent,
                Some("client") => EntityType::Client,
                Some(_) | None => return Err(VerifyError::Claim("entity_type")),
            },
            overseen: all.get("overseen") == Some(&Value::Bool(true)),
            scope: text(&all, "scope").unwrap_or_default().to_owned(),
            aud: audience(&all).ok_or(VerifyError::Claim("aud"))?,
            iat: time(&all, "iat").ok_or(VerifyError::Claim("iat"))?,
            exp: time(&all, "exp").ok_or(VerifyError::Claim("exp"))?,
            jti: required("jti")?,
            cnf_jkt: all.get("cnf").and_then(|cnf| cnf.get("jkt")).and_then(Value::as_str).map(str::to_owned),
            all,
        })
    }

    /// Whether it names any key, also one that is named in a way that we do not know.
    pub(super) fn is_bound(&self) -> bool {
        self.all.contains_key("cnf")
    }
}

/// `aud` is a string or an array of strings (RFC 7519 section 4.1.3).
pub(super) fn audience(claims: &Map<String, Value>) -> Option<Vec<String>> {
    match claims.get("aud")? {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(several) => several.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}
