//! `agentid agent authorize`: let an application know the agent.

use agentid_client::http::text_of;
use clap::Args;
use serde_json::{Value, json};

use super::identity::Identity;
use crate::cli::client::client_id;
use crate::cli::failure::usage;
use crate::cli::output::{Output, fields};
use crate::cli::target::Target;
use crate::id::ClientId;

/// Let an application know this agent: print a code for it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent authorize 019ab4c1-… --redirect-uri https://app.example/callback --code-challenge CHALLENGE
  agentid agent authorize 019ab4c1-… --redirect-uri https://app.example/callback --code-challenge CHALLENGE \\
      --scope 'id name overseer' --resource https://api.example
  agentid agent authorize 019ab4c1-… --request-uri urn:ietf:params:oauth:request_uri:…

The challenge comes from the application (`agentid client pkce` makes one). The code can be redeemed for a minute, once.")]
pub struct Authorize {
    /// The application.
    #[arg(value_name = "CLIENT_ID", value_parser = client_id)]
    client: ClientId,
    /// Where the code goes, exactly as the application is registered.
    #[arg(long, value_name = "URL", required_unless_present = "request_uri")]
    redirect_uri: Option<String>,
    /// What the application has pushed (RFC 9126), in the place of everything else.
    #[arg(long, value_name = "REFERENCE", conflicts_with_all = ["redirect_uri", "code_challenge", "scope", "resources", "state", "dpop_jkt"])]
    request_uri: Option<String>,
    /// The application's PKCE challenge (RFC 7636).
    #[arg(long, value_name = "CHALLENGE", allow_hyphen_values = true)]
    code_challenge: Option<String>,
    /// What the application may learn, space-separated; `id name` when left out.
    #[arg(long)]
    scope: Option<String>,
    /// The API that the application's token is for; may repeat.
    #[arg(long = "resource", value_name = "URL")]
    resources: Vec<String>,
    /// Comes back as it is.
    #[arg(long, allow_hyphen_values = true)]
    state: Option<String>,
    /// The thumbprint of the only DPoP key that may redeem the code.
    #[arg(long, value_name = "THUMBPRINT", allow_hyphen_values = true)]
    dpop_jkt: Option<String>,
}

impl Authorize {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        // Said here and not by the parser, which could not say where a challenge comes from.
        if self.code_challenge.is_none() && self.request_uri.is_none() {
            let problem = "--code-challenge is missing. It comes from the application: `agentid client pkce` makes one";
            return Err(usage(problem).into());
        }
        let identity = Identity::open(target)?;
        let request = self.request(identity.agent_id.as_str());
        let answer = identity.call("POST", "/v1/oauth/authorize").json(&request).send()?.accept()?;
        let text = |name| Some(text_of(&answer, name)).filter(|text| !text.is_empty());
        let shown = [
            ("client", Some(self.client.as_str())),
            ("code", text("code")),
            ("scope", text("scope")),
            ("state", text("state")),
            ("redirect to", text("redirect_to")),
        ];
        output.print(&fields(&shown), &answer);
        Ok(())
    }

    fn request(&self, agent_id: &str) -> Value {
        let mut request = json!({ "client_id": self.client, "agent_id": agent_id });
        let resources = (!self.resources.is_empty()).then(|| json!(self.resources));
        let text = |value: &Option<String>| value.as_ref().map(|value| json!(value));
        let members: [(&str, Option<Value>); 8] = [
            ("request_uri", text(&self.request_uri)),
            ("redirect_uri", text(&self.redirect_uri)),
            ("code_challenge", text(&self.code_challenge)),
            ("code_challenge_method", self.code_challenge.is_some().then(|| json!("S256"))),
            ("scope", text(&self.scope)),
            ("state", text(&self.state)),
            ("dpop_jkt", text(&self.dpop_jkt)),
            ("resource", resources),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                request[name] = value;
            }
        }
        request
    }
}
