//! An overseer who is signed in in a browser, and answers for agents.

use anyhow::Context as _;
use hyper::header::SET_COOKIE;
use serde_json::json;

use super::{Agent, World, text};
use crate::call;
use crate::server::ISSUER;

const PASSWORD: &str = "a harbour full of green lanterns";

impl World {
    /// Registers one and has these agents agree; the browser's cookies.
    pub async fn overseer_in_browser(&self, agents: &[&Agent]) -> anyhow::Result<String> {
        let address = self.server.address;
        let account = json!({ "name": "bench", "email": "bench@example.org", "password": PASSWORD });
        let registration = call::post(address, "/v1/overseers/register").json(&account)?;
        let registered = self.ask(vec![registration]).await?.pop().unwrap_or_default();
        let (session, overseer) = (text(&registered, "session_id")?, text(&registered["overseer"], "id")?);
        for agent in agents {
            let claim = call::post(address, "/v1/agents/claim/initiate").bearer(&session);
            let claim = self.ask(vec![claim.json(&json!({ "agent_id": agent.id }))?]).await?.pop().unwrap_or_default();
            let path = format!("/v1/agents/claim/complete/{}", text(&claim, "challenge_id")?);
            let agreed = agent.proven(&self.server, &path).json(&json!({ "overseer_id": overseer }))?;
            self.ask(vec![agreed]).await?;
        }
        let page = self.send(call::get(address, "/sign-in")).await?;
        let browser = super::browsers::cookie(&page)?;
        let html = String::from_utf8_lossy(page.body()).into_owned();
        let token = super::browsers::between(&html, "name=\"form_token\" value=\"", "\"")?;
        let form = [("form_token", token.as_str()), ("email", "bench@example.org"), ("password", PASSWORD)];
        let sign_in =
            call::post(address, "/sign-in").header("cookie", &browser).header("origin", ISSUER).form(&form)?;
        let answer = self.exchange(sign_in).await?;
        let session = answer.headers().get(SET_COOKIE).context("the sign-in sets no cookie")?.to_str()?;
        Ok(format!("{browser}; {}", session.split(';').next().unwrap_or_default()))
    }
}
