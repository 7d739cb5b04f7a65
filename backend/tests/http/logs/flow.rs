//! A client goes through the code flow with bound tokens, and fails at each step first.

use agentid::clock::Clock;
use agentid::crypto::{base64url, sha256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Story;
use crate::support::agent::unique;
use crate::support::flow::{TOKEN, USERINFO, pkce};
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::{Answer, Call};

impl Story<'_> {
    pub(super) fn client(&mut self, overseer_session: &str) {
        let program = self.program;
        let body = json!({ "name": "app", "redirect_uris": [REDIRECT_URI] });
        let registered = program.posted_by(overseer_session, "/v1/clients/register/overseer", &body).expect(201);
        let id = registered.json()["client"]["id"].as_str().unwrap().to_owned();
        let secret = self.secret(registered.text_of("client_secret"));
        let wrong = self.secret(format!("wrong{}{}", unique(), unique()));
        let code = self.code(&id);
        let redeeming = [("grant_type", "authorization_code"), ("code", &code.0), ("code_verifier", &code.1)];
        let other = self.secret(unique() + &unique());
        let wrongly = [redeeming[0], redeeming[1], ("code_verifier", &other)];
        self.posted(&id, &wrong, TOKEN, &redeeming).oauth_refused(401, "invalid_client");
        self.posted(&id, &secret, TOKEN, &wrongly).oauth_refused(400, "invalid_grant");
        let tokens = self.posted(&id, &secret, TOKEN, &redeeming).expect(200);
        let refresh_token = self.secret(tokens.text_of("refresh_token"));
        let refreshing = [("grant_type", "refresh_token"), ("refresh_token", &*refresh_token)];
        self.posted(&id, &wrong, TOKEN, &refreshing).oauth_refused(401, "invalid_client");
        let tokens = self.posted(&id, &secret, TOKEN, &refreshing).expect(200);
        let (token, last) = (self.secret(tokens.text_of("access_token")), self.secret(tokens.text_of("refresh_token")));
        self.userinfo(&token);
        for path in ["/v1/oauth/introspect", "/v1/oauth/revoke"] {
            self.posted(&id, &wrong, path, &[("token", &token)]).oauth_refused(401, "invalid_client");
            self.posted(&id, &secret, path, &[("token", &token)]).expect(200);
        }
        let again = [refreshing[0], ("refresh_token", &*last)];
        self.posted(&id, &secret, TOKEN, &again).oauth_refused(400, "invalid_grant");
        let path = format!("/v1/clients/{id}/secret");
        let renewed = program.post(&path).session(overseer_session).send().expect(200);
        self.secret(renewed.text_of("client_secret"));
    }

    /// A code and its verifier.
    fn code(&mut self, client_id: &str) -> (String, String) {
        let (verifier, challenge) = pkce();
        let body = json!({
            "client_id": client_id, "redirect_uri": REDIRECT_URI, "code_challenge": challenge,
            "code_challenge_method": "S256",
        });
        let session = self.agent.session.clone();
        let code = self.program.posted_by(&session, "/v1/oauth/authorize", &body).expect(200).text_of("code");
        (self.secret(code), self.secret(verifier))
    }

    /// A form by the client with this secret, with a proof.
    fn posted(&mut self, id: &str, secret: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let basic = STANDARD.encode(format!("{id}:{secret}"));
        self.secret(basic.clone());
        let proof = self.proof("POST", path);
        let call = self.program.post(path).header("authorization", &format!("Basic {basic}"));
        self.answered(call.header("dpop", &proof).form(form).send())
    }

    /// Userinfo, with and without what it takes.
    fn userinfo(&mut self, token: &str) {
        let claims = json!({
            "htm": "GET", "htu": format!("{}{USERINFO}", self.program.url), "iat": Clock::system().now(),
            "jti": unique(), "ath": base64url::encode(sha256(token.as_bytes())),
        });
        let proof = self.agent.proof_of(&claims);
        let proof = self.secret(proof);
        let get = || Call::new("GET", &self.program.url, USERINFO);
        let dpop = format!("DPoP {token}");
        let answers = [
            get().header("authorization", &dpop).header("dpop", &proof).send().expect(200),
            get().header("authorization", &dpop).header("dpop", &proof).send().expect(401),
            get().header("authorization", &format!("Bearer {token}")).send().expect(401),
            Call::new("GET", &self.program.url, &format!("{USERINFO}?access_token={token}")).send().expect(400),
            self.program.post(USERINFO).form(&[("access_token", token)]).send().expect(401),
        ];
        answers.into_iter().for_each(|answer| drop(self.answered(answer)));
    }

    /// Keeps the headers, in which no secret belongs either.
    pub(super) fn answered(&mut self, answer: Answer) -> Answer {
        self.headers.push(format!("{:?}", answer.headers));
        answer
    }
}
