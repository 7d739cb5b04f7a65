//! What the application does with the crate. Whatever the crate decides by default is left to it.

use anyhow::{Context as _, ensure};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken, CoreTokenResponse};
use openidconnect::url::Url;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims,
    EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce, NonceVerifier,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout,
    RedirectUrl, RefreshToken, Scope, SubjectIdentifier, TokenResponse as _, UserInfoClaims, reqwest,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// As whom the application is registered.
#[derive(Deserialize)]
pub struct Settings {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    /// Userinfo is to be a JWT.
    signed_userinfo: bool,
}

/// A client of the crate's that has discovered the server.
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The application.
pub struct RelyingParty {
    http: reqwest::blocking::Client,
    client: Client,
    end_session: EndSessionUrl,
    origin: String,
    signed_userinfo: bool,
    /// Of the sign-in that has begun.
    begun: Option<(CsrfToken, Nonce, PkceCodeVerifier)>,
    /// Of the one who is signed in: there is only one.
    holds: Option<Holds>,
    /// Of the sign-out that has begun.
    leaving: Option<CsrfToken>,
}

/// What a sign-in, or a refresh, gave.
struct Holds {
    id_token: CoreIdToken,
    access_token: AccessToken,
    refresh_token: RefreshToken,
    subject: SubjectIdentifier,
}

impl RelyingParty {
    /// Reads the discovery document and the keys.
    pub fn discover(settings: Settings, origin: String) -> anyhow::Result<Self> {
        // The crate's documentation asks for this: it follows no redirects to elsewhere.
        let http = reqwest::blocking::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build()?;
        let metadata = ProviderMetadataWithLogout::discover(&settings.issuer, &http)?;
        let end_session = metadata.additional_metadata().end_session_endpoint.clone();
        let client = CoreClient::from_provider_metadata(metadata, settings.client_id, Some(settings.client_secret))
            .set_redirect_uri(RedirectUrl::new(format!("{origin}/callback"))?);
        Ok(Self {
            http,
            client,
            end_session: end_session.context("no end_session_endpoint")?,
            origin,
            signed_userinfo: settings.signed_userinfo,
            begun: None,
            holds: None,
            leaving: None,
        })
    }

    /// Where the browser goes to sign in.
    pub fn sign_in(&mut self) -> anyhow::Result<Url> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        // The crate asks for `openid` by itself.
        let (address, state, nonce) = self
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("name".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        self.begun = Some((state, nonce, verifier));
        Ok(address)
    }

    /// Comes back signed in.
    pub fn callback(&mut self, code: Option<&str>, state: Option<&str>) -> anyhow::Result<Value> {
        let (expected_state, nonce, verifier) = self.begun.take().context("nobody signs in")?;
        ensure!(state == Some(expected_state.secret()), "another state");
        let code = AuthorizationCode::new(code.context("no code")?.to_owned());
        let tokens = self.client.exchange_code(code)?.set_pkce_verifier(verifier).request(&self.http)?;
        self.accept(&tokens, &nonce)
    }

    /// Gets new tokens for the old ones.
    pub fn refresh(&mut self) -> anyhow::Result<Value> {
        let old = self.holds.take().context("nobody is signed in")?;
        let tokens = self.client.exchange_refresh_token(&old.refresh_token)?.request(&self.http)?;
        // A refreshed id token has no nonce.
        let accepted = self.accept(&tokens, |_: Option<&Nonce>| Ok(()))?;
        let new = self.holds.as_ref().context("nobody is signed in")?;
        ensure!(new.subject == old.subject, "another subject");
        let is_new = new.access_token.secret() != old.access_token.secret()
            && new.refresh_token.secret() != old.refresh_token.secret();
        Ok(with(accepted, "has_refreshed", json!(is_new)))
    }

    /// Where the browser goes to sign out.
    pub fn sign_out(&mut self) -> anyhow::Result<Url> {
        let holds = self.holds.take().context("nobody is signed in")?;
        let state = CsrfToken::new_random();
        self.leaving = Some(state.clone());
        let after = PostLogoutRedirectUrl::new(format!("{}/signed-out", self.origin))?;
        let request = LogoutRequest::from(self.end_session.clone()).set_id_token_hint(&holds.id_token);
        Ok(request.set_post_logout_redirect_uri(after).set_state(state).http_get_url())
    }

    /// Comes back signed out.
    pub fn signed_out(&mut self, state: Option<&str>) -> anyhow::Result<Value> {
        let expected = self.leaving.take().context("nobody signs out")?;
        ensure!(state == Some(expected.secret()), "another state");
        Ok(json!({ "signed_out": true }))
    }

    fn accept(&mut self, tokens: &CoreTokenResponse, nonce: impl NonceVerifier) -> anyhow::Result<Value> {
        let id_token = tokens.id_token().context("no id token")?;
        let verifier = self.client.id_token_verifier();
        let claims = id_token.claims(&verifier, nonce)?;
        let hash = claims.access_token_hash().context("no at_hash")?;
        let (algorithm, key) = (id_token.signing_alg()?, id_token.signing_key(&verifier)?);
        ensure!(AccessTokenHash::from_token(tokens.access_token(), algorithm, key)? == *hash, "another access token");
        let holds = Holds {
            id_token: id_token.clone(),
            access_token: tokens.access_token().clone(),
            refresh_token: tokens.refresh_token().context("no refresh token")?.clone(),
            subject: claims.subject().clone(),
        };
        let userinfo = self.userinfo(&holds)?;
        let accepted = json!({ "id_token": claims, "jwt": id_token.to_string(), "userinfo": userinfo });
        self.holds = Some(holds);
        Ok(accepted)
    }

    fn userinfo(&self, holds: &Holds) -> anyhow::Result<UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim>> {
        let request = self.client.user_info(holds.access_token.clone(), Some(holds.subject.clone()))?;
        Ok(request.require_signed_response(self.signed_userinfo).request(&self.http)?)
    }
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}
