//! Why a token is refused. The sentences are written for the caller: an API may send them as `error_description`.

use agentid_jose::dpop::InvalidProof;
use agentid_jose::jws::JwsError;

use crate::error::AddressError;

/// Why a verifier can not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifierError {
    /// The issuer is no address to trust.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// It would take tokens for everybody.
    #[error("The audience is empty: name this API, as agents name it when they ask for a token.")]
    NoAudience,
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is no signed token, or its signature does not hold.
    #[error("{0}")]
    Token(#[from] JwsError),
    /// It is another kind of token.
    #[error("The token's `typ` is not `at+jwt`: send an access token.")]
    Type,
    /// The server does not publish the key that it names.
    #[error("The token is signed with a key that the server does not publish: get a new one from the right server.")]
    UnknownKey,
    /// It comes from somebody else.
    #[error("The token's `iss` is another server: get one from the server that this API trusts.")]
    Issuer,
    /// It was made for another API, which could otherwise use it here.
    #[error("The token's `aud` is another API: ask for a token with `resource={0}`.")]
    Audience(String),
    /// It is too old.
    #[error("The token has expired: get a new one.")]
    Expired,
    /// It is from the future.
    #[error("The token is not good yet, or does not say since when: set the clocks.")]
    NotYet,
    /// A claim is missing.
    #[error("The token's `{0}` is missing or malformed: get one from an Agent ID server.")]
    Claim(&'static str),
    /// It is a client's, whose `sub` is no agent.
    #[error("The token is not an agent's: get one as an agent.")]
    Entity,
    /// The server has revoked it.
    #[error("The token was revoked: get a new one.")]
    Revoked,
    /// It is bound to a key, and whoever sent it has not shown that they hold the key.
    #[error("The token is bound to a key: send it as `Authorization: DPoP` with a proof in the header `DPoP`.")]
    ProofMissing,
    /// It is not bound to a key.
    #[error("The token is not bound to a key: send it as `Authorization: Bearer`, or ask for a bound one.")]
    NotBound,
    /// The proof does not hold.
    #[error("The DPoP proof does not hold: {0}")]
    Proof(#[from] InvalidProof),
    /// The proof is by another key than the token's.
    #[error("The DPoP proof is by another key than the token's: sign it with the key that the token was asked with.")]
    ProofKey,
    /// The proof goes with another token, or with none.
    #[error("The DPoP proof's `ath` is not the hash of this token: make a proof for it.")]
    ProofToken,
    /// The proof was used before.
    #[error("The DPoP proof was used before: make a new one for each request.")]
    ProofReplayed,
    /// More proofs came within a minute than are remembered. None is taken that could be a replay.
    #[error("Too many proofs come in to be remembered: try again in a minute.")]
    TooManyProofs,
    /// The keys can not be fetched.
    #[error("The token can not be checked, for the server's keys can not be fetched: {0} Try again.")]
    Keys(String),
    /// The revocation list can not be fetched, and an old one does not count.
    #[error("The token can not be checked, for the server's revocation list can not be fetched: {0} Try again.")]
    RevocationList(String),
}

impl VerifyError {
    /// Whether the token may be good, and only this API can not tell now: answer 503. Everything else is a 401.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::TooManyProofs | Self::Keys(_) | Self::RevocationList(_))
    }

    /// What to send as `error` in `WWW-Authenticate` (RFC 6750 section 3.1, RFC 9449 section 7.1).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Proof(_) | Self::ProofKey | Self::ProofToken | Self::ProofReplayed => "invalid_dpop_proof",
            Self::TooManyProofs | Self::Keys(_) | Self::RevocationList(_) => "temporarily_unavailable",
            Self::Token(_)
            | Self::Type
            | Self::UnknownKey
            | Self::Issuer
            | Self::Audience(_)
            | Self::Expired
            | Self::NotYet
            | Self::Claim(_)
            | Self::Entity
            | Self::Revoked
            | Self::ProofMissing
            | Self::NotBound => "invalid_token",
        }
    }
}
