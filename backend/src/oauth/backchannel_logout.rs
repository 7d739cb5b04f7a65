//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): applications are told that an agent is signed out: somebody
//! has signed out in the browser, or the agent was stopped, the application blocked, the consent withdrawn, the agent's key
//! changed, or the agent deleted.
//!
//! A notice is stored in the transaction that signs the agent out, and sent by whichever node takes it. It names the agent and
//! no session (section 2.4): whatever the application holds of the agent is over.

use serde_json::json;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::crypto::base64url;
use crate::db::schema::logout_notices::{self, LogoutNotice};
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::db::{Db, Error};
use crate::oauth::policy::{Policy, fapi_problem};
use crate::oauth::signing_keys::SigningKeys;
use crate::outbound::{Outbound, Place};
use crate::random::Random;

/// How many notices are looked at in a turn, and how many of them of one owner's clients: whoever does not answer keeps nobody
/// else waiting.
const IN_A_TURN: (i64, i64) = (64, 4);
/// How long a logout token is good, in seconds (section 2.4 recommends no more than two minutes).
const LIFETIME: i64 = 120;
/// When a notice that was not taken is sent again, in seconds after each try; then the application has missed it.
const AGAIN: [i64; 8] = [10, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600];
/// What the token says has happened (section 2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What sending takes.
#[derive(Clone)]
pub struct Sender {
    /// The issuer.
    issuer: String,
    /// Where notices wait.
    db: Db,
    /// The keys, one of which signs.
    keys: SigningKeys,
    /// Who is held to what.
    policy: Policy,
    /// How the applications are reached.
    outbound: Outbound,
    /// For the times.
    clock: Clock,
    /// For identifiers.
    random: Random,
}

impl Sender {
    /// What it calls has room of its own.
    pub fn new(
        issuer: String,
        db: Db,
        keys: SigningKeys,
        policy: Policy,
        outbound: &Outbound,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self { issuer, db, keys, policy, outbound: outbound.apart(), clock, random }
    }
}

/// Begins to send what is due, as far as there is room; what was begun.
pub async fn send_due(by: &Sender) -> Result<Vec<JoinHandle<()>>, Error> {
    let now = by.clock.now();
    let (most, of_one_owner) = IN_A_TURN;
    let due = by.db.read(move |tx| -> Result<Vec<(LogoutNotice, OauthClient)>, Error> {
        let mut due = Vec::new();
        for notice in logout_notices::due(tx, now, most, of_one_owner)? {
            // The foreign key keeps a notice from outliving its client.
            due.extend(oauth_clients::find(tx, &notice.client_id)?.map(|client| (notice, client)));
        }
        Ok(due)
    });
    let mut sending = Vec::new();
    for (notice, client) in due.await? {
        // Without room it stays due.
        let Some(place) = by.outbound.try_place(&client.owner_id) else { continue };
        let by = by.clone();
        sending.push(tokio::spawn(async move {
            if let Err(error) = send(&by, notice, &client, place).await {
                tracing::warn!(%error, "a logout can not be told now");
            }
        }));
    }
    Ok(sending)
}

async fn send(by: &Sender, notice: LogoutNotice, client: &OauthClient, place: Place) -> Result<(), Error> {
    let now = by.clock.now();
    let again = usize::try_from(notice.attempts).ok().and_then(|attempts| AGAIN.get(attempts));
    let next = now + again.unwrap_or(&LIFETIME);
    let taken = notice.clone();
    if !by.db.write(move |tx| logout_notices::take(tx, &taken, next)).await? {
        return Ok(());
    }
    let client_id = notice.client_id.as_str();
    match tell(by, client, &notice, place).await {
        Ok(()) => {}
        Err(problem) if again.is_some() => {
            tracing::warn!(client_id, problem, "an application was not told of a logout; it is told again");
            return Ok(());
        }
        Err(problem) => tracing::error!(client_id, problem, "an application was not told of a logout"),
    }
    by.db.write(move |tx| logout_notices::done(tx, &notice)).await
}

/// Section 2.8: 200 says that the agent is signed out there; 204 is sent for it, too.
async fn tell(by: &Sender, client: &OauthClient, notice: &LogoutNotice, place: Place) -> Result<(), String> {
    // It does not want to be told any more.
    let Some(address) = &client.backchannel_logout_uri else { return Ok(()) };
    // It gets nothing that the profile does not allow.
    if by.policy.is_fapi(client) && fapi_problem(client).is_some() {
        return Ok(());
    }
    let now = by.clock.now();
    let signer = by.keys.signer(client.id_token_signed_response_alg, now);
    let signer = signer.ok_or("there is no key to sign with yet")?;
    let claims = json!({
        "iss": by.issuer, "aud": client.id, "sub": notice.agent_id, "iat": now, "exp": now + LIFETIME,
        "jti": base64url::encode(by.random.bytes::<16>()), "events": { EVENT: {} },
    });
    let token = signer.sign("logout+jwt", &claims);
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
    match by.outbound.post_form(place, address, form).await {
        Ok(200 | 204) => Ok(()),
        Ok(status) => Err(format!("it answered {status}")),
        Err(error) => Err(error.to_string()),
    }
}
