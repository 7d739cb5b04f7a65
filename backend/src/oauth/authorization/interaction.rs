//! A request that waits in a browser until somebody has signed in and consented, and the challenge that an agent signs to
//! sign in there.
//!
//! An interaction belongs to the browser that brought the request: its link, opened in another one, leads nowhere (RFC 9700
//! section 4.7: nobody is made to go on with what somebody else began). What the agent signs names the client, where the
//! browser goes back to, what is asked for, and a code that only the page shows, so that a link that somebody sends is not
//! enough to sign an agent into that somebody's browser.

use serde_json::{Map, Value, json};

use super::Server;
use super::pushed::PushedId;
use super::redirect::Asked;
use super::steps::Open;
use crate::crypto::canonical_json;
use crate::crypto::ed25519::Signature;
use crate::db::Tx;
use crate::db::schema::agents;
use crate::db::schema::challenges::{self as challenge_rows, Challenge};
use crate::db::schema::interactions::{self, Interaction};
use crate::id::{AgentId, ChallengeId, InteractionId, OverseerId, Owner};
use crate::identity::challenges::{self, Purpose};
use crate::identity::security_log::CalledFrom;
use crate::identity::{agents as agent_rules, overseers, sessions};
use crate::oauth::clients::redirect_uri;
use crate::oauth::error::OauthError;
use crate::oauth::form::Form;
use crate::random::Random;
use crate::refusal::{Code, Refusal};
use crate::secret::{PlainToken, TokenHash};

/// How long a request waits, in seconds.
pub const LIFETIME: i64 = 15 * 60;
/// How long after the agent has signed the page can go on, in seconds.
const SIGNATURE_LIFETIME: i64 = 5 * 60;
/// Letters that are not taken for digits or for each other.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Lets the request wait.
pub fn begin(
    tx: &mut Tx<'_>,
    asked: &Asked,
    browser: &TokenHash,
    open: &Open,
    server: &Server,
) -> Result<InteractionId, Refusal> {
    let now = server.clock.now();
    let interaction = Interaction {
        id: InteractionId::new(&server.clock, server.random),
        browser: browser.as_str().to_owned(),
        request: asked.form.encode(),
        session_id: None,
        agent_id: None,
        signer_id: None,
        signed_at: None,
        created_at: now,
        expires_at: now + LIFETIME,
        pushed_request_id: asked.pushed.as_ref().map(|pushed| pushed.as_str().to_owned()),
    };
    interactions::insert(tx, &interaction)?;
    show_challenge(tx, &interaction.id, open, server)?;
    Ok(interaction.id)
}

/// What the request asks for. It was read before, so it reads.
pub fn asked(interaction: &Interaction) -> Result<Asked, OauthError> {
    let form = Form::parse_repeating(interaction.request.as_bytes())?;
    Ok(Asked { form, pushed: interaction.pushed_request_id.clone().map(PushedId::stored) })
}

/// The interaction, for the browser that it belongs to.
pub fn find(
    tx: &mut Tx<'_>,
    id: &InteractionId,
    browser: Option<&TokenHash>,
    now: i64,
) -> Result<Option<Interaction>, Refusal> {
    let interaction = interactions::find(tx, id, now)?;
    Ok(interaction.filter(|interaction| browser.is_some_and(|browser| browser.matches(&interaction.browser))))
}

/// Makes a challenge for an agent to sign, if none can be signed now.
pub fn show_challenge(tx: &mut Tx<'_>, id: &InteractionId, open: &Open, server: &Server) -> Result<(), Refusal> {
    if challenges::pending(tx, id.as_str(), Purpose::SignIn, server.clock.now())?.is_some() {
        return Ok(());
    }
    let client = &open.recipient.client;
    let mut subject = Map::new();
    subject.insert("client_id".into(), json!(client.id));
    subject.insert("client_name".into(), json!(client.name));
    subject.insert("redirect_host".into(), json!(redirect_uri::host(&open.recipient.redirect_uri)));
    subject.insert("scopes".into(), json!(open.scope.as_str()));
    subject.insert("resources".into(), json!(open.request.request.audience().to_text()));
    subject.insert("code".into(), json!(code(server.random)));
    let challenge =
        challenges::new(Purpose::SignIn, id.as_str(), subject, &server.issuer, &server.clock, server.random);
    Ok(challenge_rows::insert(tx, &challenge)?)
}

/// The challenge that the page shows, with its code. `None` when it has expired or was answered.
pub fn shown_challenge(
    tx: &mut Tx<'_>,
    id: &InteractionId,
    now: i64,
) -> Result<Option<(ChallengeId, String)>, Refusal> {
    let Some(challenge) = challenges::pending(tx, id.as_str(), Purpose::SignIn, now)? else { return Ok(None) };
    let code = challenges::required_member(&challenge, "code")?;
    Ok(Some((challenge.id, code)))
}

/// The very text that this agent has to sign. Whether there is such an agent, it does not tell.
pub fn text_to_sign(
    tx: &mut Tx<'_>,
    id: &ChallengeId,
    agent_id: &AgentId,
    now: i64,
) -> Result<(Challenge, String), Refusal> {
    let challenge = challenges::find(tx, id, Purpose::SignIn)?.ok_or(Code::ChallengeNotFound)?;
    if challenge.outcome.is_some() {
        return Err(Code::ChallengeUsed.into());
    }
    if challenge.expires_at <= now {
        return Err(Code::ChallengeExpired.into());
    }
    // The challenge was made before it was known who answers it, so the agent is put in when it does.
    let mut members: Map<String, Value> = challenges::members(&challenge)?;
    members.insert("agent_id".into(), json!(agent_id));
    let text = canonical_json::to_string(&members);
    Ok((challenge, text))
}

/// Takes the agent's signature; the browser that shows the challenge may then go on as the agent.
pub fn sign(
    tx: &mut Tx<'_>,
    id: &ChallengeId,
    agent_id: &AgentId,
    signature: &Signature,
    now: i64,
) -> Result<(), Refusal> {
    let (challenge, text) = text_to_sign(tx, id, agent_id, now)?;
    let agent = agents::find(tx, agent_id)?.filter(|agent| agent.public_key.verify(text.as_bytes(), signature));
    let agent = agent.ok_or(Code::InvalidSignature)?;
    agent_rules::must_be_free(&agent)?;
    challenges::consume(tx, &challenge, "completed", now)?;
    let interaction_id = InteractionId::parse(&challenge.entity_id).ok_or(Code::ChallengeNotFound)?;
    if !interactions::note_signer(tx, &interaction_id, agent_id, now)? {
        return Err(Code::ChallengeExpired.into());
    }
    Ok(())
}

/// Signs the agent that has signed the challenge in. False when none has, or not within the last five minutes: whatever ends
/// an agent's sessions also takes its signature back.
pub fn sign_agent_in(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    session: &PlainToken,
    earlier: Option<&TokenHash>,
    now: i64,
) -> Result<bool, Refusal> {
    let (Some(id), Some(signed_at)) = (&interaction.signer_id, interaction.signed_at) else { return Ok(false) };
    if now - signed_at > SIGNATURE_LIFETIME {
        return Ok(false);
    }
    // It has signed in when it signed.
    sessions::begin_for_agent_in_browser(tx, id, session, signed_at)?;
    signed_in(tx, interaction, &Owner::Agent(id.clone()), session, earlier, now)?;
    Ok(true)
}

/// Signs in the overseer whose password was just checked against `password_hash`.
pub fn sign_overseer_in(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    (id, password_hash): (&OverseerId, &str),
    session: &PlainToken,
    earlier: Option<&TokenHash>,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    overseers::must_still_have(tx, id, password_hash)?;
    sessions::begin_for_overseer_in_browser(tx, id, session, from)?;
    signed_in(tx, interaction, &Owner::Overseer(id.clone()), session, earlier, from.now())
}

/// Whoever signs in gets a new session; the browser's earlier one ends.
fn signed_in(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    holder: &Owner,
    session: &PlainToken,
    earlier: Option<&TokenHash>,
    now: i64,
) -> Result<(), Refusal> {
    // A form that is posted twice signs in twice: the first session is in no browser then.
    let posted_before = interactions::find(tx, &interaction.id, now)?.and_then(|interaction| interaction.session_id);
    let earlier = earlier.map(|earlier| earlier.as_str().to_owned());
    for id in earlier.into_iter().chain(posted_before) {
        sessions::replace_in_browser(tx, &id, holder, session, now)?;
    }
    Ok(interactions::sign_in(tx, &interaction.id, session.hash().as_str())?)
}

/// Eight letters in two groups.
fn code(random: Random) -> String {
    // A byte is taken by its remainder: 256 is no multiple of 20, which makes some letters a little likelier. The code
    // is to be compared by eye, and is no secret.
    let letters: String =
        random.bytes::<8>().iter().map(|&byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect();
    format!("{}-{}", &letters[..4], &letters[4..])
}
