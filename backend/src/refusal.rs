//! Why a request is refused. One table holds every code with its status, cause and remedy: the answers,
//! the rules and `docs/v1/errors.md` all read it. (The OAuth endpoints have their RFCs' codes instead,
//! see `oauth/error.rs`.)

use std::borrow::Cow;

use crate::db;
use crate::error_codes::error_codes;

error_codes! {
    /// Every code that an answer outside OAuth can carry.
    Code {
    MalformedJson 400 "malformed_json" "The body is not one JSON object." "Send one JSON object in UTF-8, each member once, nested at most 16 deep.";
    MalformedRequest 400 "malformed_request" "The request can not be read." "Check the headers and the address of the request.";
    SignatureMissing 400 "signature_missing" "The webhook is not signed." "Send the header Paddle-Signature.";
    TwoCredentials 400 "two_credentials" "The request carries more than one credential." "Send one of them, once: a session in Authorization, a DPoP proof, or the dashboard's cookie.";
    NotAuthenticated 401 "not_authenticated" "The request carries no credential that counts: none, an ended session, or a key that no agent has." "Log in, or sign a DPoP proof with the agent's current key.";
    InvalidProof 401 "invalid_dpop_proof" "The DPoP proof does not hold." "Make a new proof for exactly this method and address (RFC 9449 section 4.2), with the right time.";
    UseDpopNonce 401 "use_dpop_nonce" "The DPoP proof needs a nonce of the server's, or a newer one." "Make a new proof with the nonce of the header DPoP-Nonce (RFC 9449 section 9).";
    ProofReplayed 401 "proof_replayed" "This DPoP proof was used before." "Make a new proof, with a new jti, for each request.";
    WrongCredentials 401 "wrong_credentials" "The e-mail address or the password is wrong." "Check both and try again.";
    WrongSignature 401 "wrong_signature" "The webhook's signature does not hold, or is too old." "Check paddle.webhook_secrets and the clock.";
    WrongPassword 403 "wrong_password" "The password is wrong, and nothing was done." "Give the password of the account that is signed in.";
    PasswordRequired 403 "password_required" "The dashboard's cookie is not enough for this." "Do it on the page, which asks for the password, or with a session of the API.";
    EmailUnconfirmed 403 "email_unconfirmed" "The e-mail address is not confirmed." "Follow the link that was sent to it, or have it sent again.";
    AgentStopped 403 "agent_stopped" "The agent is stopped." "Ask the overseer or the operator who stopped it to resume it.";
    NotYourAgent 403 "not_your_agent" "You do not answer for this agent." "Claim it first, or use the account that did.";
    NotYourAccount 403 "not_your_account" "This belongs to another overseer." "Use `me` or your own id in the address.";
    StopNotYours 403 "stop_not_yours" "Somebody else stopped this agent." "Only the one who stopped it, or an operator, can resume it.";
    WrongOverseer 403 "wrong_overseer" "The claim was made by another overseer." "Agree only to the overseer whose id you were told, or start a new claim.";
    ProofRequired 403 "proof_required" "A session is not enough for this." "Send a DPoP proof signed with the agent's key instead of the session.";
    TierLimit 403 "tier_limit" "The overseer's tier has no room for another agent." "Let another agent go, or move to a larger tier.";
    WrongOwnerType 403 "wrong_owner_type" "The address names another kind of owner than the credential is of." "Use `agent` with an agent's session or proof, and `overseer` with an overseer's session.";
    ClientLimit 403 "client_limit" "The tier has no room for another client." "Delete a client, or move to a larger tier.";
    CsrfToken 403 "csrf_token" "The request comes with the dashboard's cookie, and does not show that a page of this server sent it." "Send the page's form token in X-CSRF-Token, from the page itself, or use a session in Authorization instead of the cookie.";
    NotFound 404 "not_found" "There is nothing at this address." "See /openapi.json for every address.";
    AgentNotFound 404 "agent_not_found" "No agent has this id." "Check the id with `agentid agent whoami`.";
    ConsentNotFound 404 "consent_not_found" "The agent has not authorized this client, or withdrew it." "List the consents first.";
    ClientNotFound 404 "client_not_found" "No client that is yours to see or block has this id." "Check the id in the list of your clients, or in the history of the agent.";
    OverseerNotFound 404 "overseer_not_found" "No overseer has this id." "Check the id with `agentid admin overseers`.";
    BlockNotFound 404 "block_not_found" "This client is not blocked for this agent." "List the blocked clients first.";
    LinkExpired 404 "link_expired" "This link was used, has expired, or was never made." "Ask for a new one.";
    SessionNotFound 404 "session_not_found" "You have no such session." "List the sessions first.";
    ChallengeNotFound 404 "challenge_not_found" "There is no such challenge for you." "Start again from the initiate step.";
    NoOverseer 404 "no_overseer" "Nobody answers for this agent." "There is nothing to revoke.";
    MethodNotAllowed 405 "method_not_allowed" "This address does not take this method." "See /openapi.json for the methods of every address.";
    PublicKeyTaken 409 "public_key_taken" "This key belongs to an agent, or did once." "Make a new key: one key is one identity, and a retired key never comes back.";
    AlreadyClaimed 409 "already_claimed" "An overseer already answers for this agent." "The agent can revoke that overseer, or they can let it go; then claim again.";
    EmailTaken 409 "email_taken" "An account with this e-mail address exists." "Log in instead.";
    AlreadyConfirmed 409 "already_confirmed" "The e-mail address is confirmed." "There is nothing to do.";
    NoBilling 409 "no_billing" "Nobody has to pay on this server." "There is nothing to do.";
    NothingPaid 409 "nothing_paid" "You have not paid for anything here yet." "Begin with an upgrade.";
    SubscriptionStands 409 "subscription_stands" "You have a subscription that was not ended." "End it, or see to its payment, where your payments are.";
    NotAnUpgrade 409 "not_an_upgrade" "You have this tier, or a larger one." "Choose a larger tier.";
    NotADowngrade 409 "not_a_downgrade" "You have this tier, or a smaller one." "Choose a smaller tier.";
    NoMail 409 "no_mail" "This server sends no mail." "Ask whoever runs it for a link: they make one with `agentid admin reset-password`.";
    ChallengeUsed 409 "challenge_used" "This challenge was answered before." "Start again from the initiate step.";
    NotAgreed 409 "not_agreed" "The agent has not agreed yet." "Have the agent answer the challenge first.";
    ChallengeExpired 409 "challenge_expired" "This challenge has expired." "Start again from the initiate step, and answer sooner.";
    ResourceTaken 409 "resource_taken" "This resource is another owner's." "Leave it out, or ask the operator whose it is.";
    WrongAuthMethod 409 "wrong_auth_method" "The client authenticates in another way." "Register another client for another token_endpoint_auth_method.";
    Conflict 409 "conflict" "Something else changed the same thing at the same time." "Look at its state and try again.";
    BodyTooLarge 413 "body_too_large" "The body is larger than 64 KiB." "Send less.";
    UnsupportedMediaType 415 "unsupported_media_type" "The body is not declared as JSON." "Send `Content-Type: application/json`.";
    WrongHost 421 "wrong_host" "The Host header names another server." "Use the address that the server prints at start.";
    InvalidField 422 "invalid_field" "A field is missing or has a value that is not allowed." "Send the fields as /openapi.json shows them.";
    InvalidKey 422 "invalid_key" "The public key is not a usable Ed25519 key." "Send the raw 32 bytes in base64url, a JWK, or an OpenSSH ssh-ed25519 line.";
    InvalidSignature 422 "invalid_signature" "The signature does not fit the challenge and the key." "Sign the bytes of challenge_data as they are with the Ed25519 key, and send 64 bytes in base64url.";
    WeakPassword 422 "weak_password" "The password is too short or commonly used." "Choose at least 8 characters that are not on lists of leaked passwords.";
    TooManyRequests 429 "too_many_requests" "Too many of these requests came from your address or for this account." "Wait as long as Retry-After says.";
    Internal 500 "internal_error" "The server failed; this is its fault." "Try again, and tell the operator if it stays.";
    PaddleFailed 502 "paddle_failed" "The payment provider does not answer as it should." "Try again in a minute; what you have stays yours.";
    Unavailable 503 "unavailable" "The server can not do this at the moment: it is busy, or its database can not be written." "Try again after the time in Retry-After.";
    }
}

/// A refusal: a code, and the sentence that says what happened and what to do.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Which one.
    pub code: Code,
    /// For the `error` member of the answer.
    pub sentence: Cow<'static, str>,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u64>,
    /// What went wrong inside; for the log, never for the answer.
    pub source: Option<db::Error>,
}

impl Code {
    /// The refusal with a sentence of its own instead of the table's.
    pub fn because(self, sentence: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { code: self, sentence: sentence.into(), retry_after: None, source: None }
    }

    /// The refusal, with the seconds after which another try makes sense.
    pub fn retry_after(self, seconds: u64) -> Refusal {
        Refusal { retry_after: Some(seconds.max(1)), ..Refusal::from(self) }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        code.because(code.sentences())
    }
}

impl From<db::Error> for Refusal {
    fn from(error: db::Error) -> Self {
        let refusal = if matches!(error, db::Error::Constraint(_)) {
            // A unique index decided a race that the guarded statements before it did not see.
            Code::Conflict.into()
        } else if error.is_temporary() {
            Code::Unavailable.retry_after(1)
        } else {
            Code::Internal.into()
        };
        Self { source: Some(error), ..refusal }
    }
}
