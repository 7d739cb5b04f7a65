//! Signing out because an application asks for it (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Whoever is signed in is asked first, unless the request brings an id token that was issued for this very session's
//! holder (section 2). Afterwards the browser goes only where the application has registered to have it sent (section 3).

use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::db::{Error, Tx};
use crate::id::{ClientId, Owner};
use crate::identity::sessions;
use crate::oauth::authentication::client_may_act;
use crate::oauth::authorization::Server;
use crate::oauth::authorization::redirect::{NoRecipient, with_state};
use crate::oauth::form::Form;
use crate::oauth::id_token::{self, Hint};
use crate::secret::TokenHash;

/// The parameters that a page carries on.
pub const PARAMETERS: [&str; 4] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];

/// What a request to sign out leads to.
pub struct SignOut {
    /// Where the browser goes afterwards.
    pub then: Option<String>,
    /// Whether somebody is signed in who has to be asked.
    pub must_ask: bool,
}

/// Reads a request.
pub fn look(
    tx: &mut Tx<'_>,
    form: &Form,
    session: Option<&TokenHash>,
    server: &Server,
) -> Result<Result<SignOut, NoRecipient>, Error> {
    let now = server.clock.now();
    let hint =
        form.get("id_token_hint").and_then(|token| id_token::read_hint(token, &server.issuer, &server.keys, now));
    let named = form.get("client_id");
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint.client_id != named
    {
        return Ok(Err(NoRecipient("The id token was issued for another application than the one that asks.".into())));
    }
    let id = named.or(hint.as_ref().map(|hint| hint.client_id.as_str())).and_then(ClientId::parse);
    let mut client = match id {
        Some(id) => oauth_clients::find(tx, &id)?,
        None => None,
    };
    // One that is switched off is sent nobody.
    if let Some(found) = &client
        && !client_may_act(tx, found)?
    {
        client = None;
    }
    let then = match form.get("post_logout_redirect_uri") {
        Some(uri) if is_registered(client.as_ref(), uri) => Some(with_state(uri, form.get("state"))),
        Some(_) => {
            let sentence = "The address to go to afterwards is not one that the application has registered.";
            return Ok(Err(NoRecipient(sentence.into())));
        }
        None => None,
    };
    let holder = match session {
        Some(token) => sessions::find_in_browser(tx, token, now)?.as_ref().and_then(sessions::holder),
        None => None,
    };
    let must_ask = holder.is_some_and(|holder| !hint.is_some_and(|hint| is_about(&hint, &holder)));
    Ok(Ok(SignOut { then, must_ask }))
}

/// Compared as exact strings, as redirect URIs are.
fn is_registered(client: Option<&OauthClient>, uri: &str) -> bool {
    client.is_some_and(|client| client.post_logout_redirect_uris.contains(uri))
}

fn is_about(hint: &Hint, holder: &Owner) -> bool {
    match (holder, &hint.actor) {
        (Owner::Overseer(id), Some(actor)) => id.as_str() == actor,
        (Owner::Agent(id), None) => id.as_str() == hint.subject,
        (Owner::Overseer(_), None) | (Owner::Agent(_), Some(_)) => false,
    }
}
