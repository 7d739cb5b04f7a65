//! A token in one call: `client_credentials` by an agent as itself (RFC 6749 section 4.4, RFC 7523, RFC 8707).

use std::fmt;

use agentid_jose::clock::Clock;
use agentid_jose::ed25519::SigningKey;
use serde_json::Value;

use crate::assertion;
use crate::error::CallError;
use crate::http::{Server, text_of};

/// Where tokens are asked for.
const PATH: &str = "/v1/oauth/token";

/// Which token is wanted. Two requests that are equal may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    resources: Vec<String>,
    scope: Option<String>,
    is_bound: bool,
}

/// An access token. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone)]
pub struct Token {
    text: String,
    is_bound: bool,
    expires_at: i64,
}

impl TokenRequest {
    /// A token for these APIs; their order does not matter. For none, it is good for the server alone.
    pub fn for_resources<S: AsRef<str>>(resources: &[S]) -> Self {
        let mut resources: Vec<String> = resources.iter().map(|resource| resource.as_ref().to_owned()).collect();
        resources.sort();
        resources.dedup();
        Self { resources, scope: None, is_bound: false }
    }

    /// What the API may learn, space-separated. The server's default is `id name`.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        Self { scope: Some(scope.into()), ..self }
    }

    /// Bound to the agent's key (RFC 9449): whoever steals it can not use it.
    pub fn bound(self) -> Self {
        Self { is_bound: true, ..self }
    }

    /// The APIs, sorted.
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// Asks the server: one call, nothing is cached.
    ///
    /// # Errors
    /// The server's refusal, and [`CallError::NotBound`].
    pub fn send(
        &self,
        server: &Server,
        agent_id: &str,
        key: impl AsRef<SigningKey>,
        clock: &Clock,
    ) -> Result<Token, CallError> {
        let key = key.as_ref();
        let assertion = assertion::sign(key, agent_id, server.issuer(), clock);
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_assertion_type", assertion::TYPE),
            ("client_assertion", &assertion),
        ];
        form.extend(self.scope.iter().map(|scope| ("scope", scope.as_str())));
        form.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        let mut call = server.call("POST", PATH).form(&form);
        if self.is_bound {
            call = call.proof_at(key, clock);
        }
        let now = clock.now();
        self.read(&call.send()?.accept()?, now)
    }

    /// The answer says which kind of token it is (RFC 6749 section 5.1), and another kind than was asked for is refused:
    /// a bearer token would otherwise be sent as if a thief could do nothing with it.
    fn read(&self, answer: &Value, now: i64) -> Result<Token, CallError> {
        let unexpected = |sentence: &str| CallError::Refused {
            status: 200,
            code: "unexpected_answer".to_owned(),
            sentence: sentence.to_owned(),
        };
        let text = text_of(answer, "access_token");
        if text.is_empty() {
            return Err(unexpected("The server sent no token."));
        }
        let kind = text_of(answer, "token_type");
        if self.is_bound && !kind.eq_ignore_ascii_case("DPoP") {
            return Err(CallError::NotBound);
        }
        if !self.is_bound && !kind.eq_ignore_ascii_case("Bearer") {
            return Err(unexpected("The server sent a token that can not be sent as it is: ask for a bound one."));
        }
        // Without a lifetime it is used once.
        let expires_in = answer.get("expires_in").and_then(Value::as_i64).unwrap_or(0).clamp(0, i64::from(u32::MAX));
        Ok(Token { text: text.to_owned(), is_bound: self.is_bound, expires_at: now + expires_in })
    }
}

impl Token {
    /// The token, which whoever holds it can use unless it is bound.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value of the header `Authorization`. A bound token needs a proof beside it.
    pub fn authorization(&self) -> String {
        format!("{} {}", if self.is_bound { "DPoP" } else { "Bearer" }, self.text)
    }

    /// Whether it is worth nothing without the agent's key.
    pub fn is_bound(&self) -> bool {
        self.is_bound
    }

    /// When it expires, by the clock of this machine, Unix seconds.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token {{ is_bound: {}, expires_at: {}, .. }}", self.is_bound, self.expires_at)
    }
}
