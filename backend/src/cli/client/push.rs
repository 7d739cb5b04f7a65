//! `agentid client push`: an application sends its authorization request itself (RFC 9126), and gives the agent, or a browser,
//! a reference to it.

use agentid_client::http::text_of;
use clap::Args;

use super::known::KnownClient;
use super::whose::Whose;
use crate::cli::output::{Output, fields};
use crate::cli::target::Target;

/// Push an authorization request: print a reference to it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client push --redirect-uri https://app.example/callback --code-challenge CHALLENGE
  agentid client push --redirect-uri https://app.example/callback --code-challenge CHALLENGE --scope 'openid name' --dpop

The reference is good for a minute, once: `agentid agent authorize CLIENT_ID --request-uri REFERENCE`.")]
pub struct Push {
    /// Where the code goes, exactly as the application is registered.
    #[arg(long, value_name = "URL")]
    redirect_uri: String,
    /// The PKCE challenge (RFC 7636); `agentid client pkce` makes one.
    #[arg(long, value_name = "CHALLENGE", allow_hyphen_values = true)]
    code_challenge: String,
    /// What the application wants to learn, space-separated; `id name` when left out.
    #[arg(long)]
    scope: Option<String>,
    /// The API that the token is for; may repeat.
    #[arg(long = "resource", value_name = "URL")]
    resources: Vec<String>,
    /// Comes back as it is.
    #[arg(long, allow_hyphen_values = true)]
    state: Option<String>,
    /// Bind the code to the key of the profile to which the token is bound later (RFC 9449 section 10.1).
    #[arg(long)]
    dpop: bool,
    #[command(flatten)]
    whose: Whose,
}

impl Push {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut known = KnownClient::open(target, &self.whose)?;
        let mut form = vec![
            ("response_type", "code"),
            ("redirect_uri", &self.redirect_uri),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", "S256"),
        ];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        form.extend(self.state.as_deref().map(|state| ("state", state)));
        form.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        let answer = known.ask(target, "/v1/oauth/par", &form, self.dpop)?;
        let seconds = answer.get("expires_in").map(|seconds| format!("{seconds} s"));
        let shown = [("request URI", Some(text_of(&answer, "request_uri"))), ("good for", seconds.as_deref())];
        output.print(&fields(&shown), &answer);
        Ok(())
    }
}
