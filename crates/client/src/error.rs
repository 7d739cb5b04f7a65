//! Why something did not work, for a program that calls a server: one sentence each, which says what to do.

/// Why an address is not taken for a server's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no address, or has a user, a query or a fragment.
    #[error("{0} is not a server's address: write it like https://id.example.org")]
    Malformed(String),
    /// Everything would go there unencrypted, over a network.
    #[error("{0} is refused, for others could read what is sent there: use https")]
    Unprotected(String),
}

/// Why a call has failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The address is none that anything is sent to.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No whole answer came.
    #[error("The server at {server} can not be reached: {cause}.")]
    Unreachable {
        /// Its issuer.
        server: String,
        /// What happened.
        cause: String,
    },
    /// The server said no, or something that is not understood (`unexpected_answer`).
    #[error("{sentence}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's code: `agent_stopped`, `invalid_client`, …
        code: String,
        /// The server's sentence.
        sentence: String,
    },
    /// What is signed names the server, so its address must be just the name that it has.
    #[error("The server at {asked} says that it is `{answered}`: use that address.")]
    WrongIssuer {
        /// The address that was called.
        asked: String,
        /// Who answered.
        answered: String,
    },
    /// A signature over it could be used against the agent.
    #[error(
        "Not signed: the server sent a challenge that must not be signed, for {0}. Check that its address is the one \
         you mean."
    )]
    UnsafeChallenge(String),
    /// A bound token was asked for and another one came. It is not handed out, for it would pass as protected.
    #[error("The server gave a token that is not bound to the key: it does not support DPoP. Ask for a bearer token.")]
    NotBound,
}

impl CallError {
    /// For programs: `unreachable`, the server's code, or one of ours.
    pub fn code(&self) -> &str {
        match self {
            Self::Address(_) => "invalid_address",
            Self::Unreachable { .. } => "unreachable",
            Self::Refused { code, .. } => code,
            Self::WrongIssuer { .. } => "wrong_issuer",
            Self::UnsafeChallenge(_) => "unsafe_challenge",
            Self::NotBound => "token_not_bound",
        }
    }

    /// Whether the same call may succeed a little later: the server is away or busy.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Address(_) | Self::WrongIssuer { .. } | Self::UnsafeChallenge(_) | Self::NotBound => false,
        }
    }
}
