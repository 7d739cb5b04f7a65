//! A client that was registered elsewhere: what the profile does not keep is given with the command. It is used, and never
//! written down. The secret comes by the environment, for every user of the machine sees the arguments of a command.

use std::path::PathBuf;

use agentid_client::Key;
use clap::Args;

use super::client_id;
use crate::cli::target::variable;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::id::ClientId;

/// Which client, when the profile does not know it.
#[derive(Args)]
pub struct Whose {
    /// A client that was registered elsewhere. Its secret comes from AGENTID_CLIENT_SECRET.
    #[arg(long, value_name = "CLIENT_ID", value_parser = client_id)]
    pub client_id: Option<ClientId>,
    /// The key that the client signs with (PKCS#8 in PEM), when the profile does not keep it.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// How the client authenticates, when that is not `private_key_jwt` with --key or `client_secret_basic` with a secret.
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<AuthMethod>,
}

/// What was given with the command. It has no `Debug` or `Serialize`, so that nothing can print or write it.
#[derive(Default)]
pub struct Given {
    /// The client's secret.
    pub secret: Option<String>,
    /// The key that it signs with.
    pub key: Option<Key>,
    /// The command names the client, so that the secret is no other client's, left behind in the environment.
    pub is_for_sure: bool,
}

impl Whose {
    /// What is given.
    pub fn given(&self) -> anyhow::Result<Given> {
        let key = self.key.as_deref().map(Key::load).transpose()?;
        Ok(Given { secret: variable("AGENTID_CLIENT_SECRET"), key, is_for_sure: self.client_id.is_some() })
    }

    /// How a client that the profile does not know authenticates: as it is said, else by what it has.
    pub fn method(&self, given: &Given) -> AuthMethod {
        let by_what_it_has = match given {
            Given { key: Some(_), .. } => AuthMethod::PrivateKeyJwt,
            Given { secret: Some(_), .. } => AuthMethod::ClientSecretBasic,
            Given { .. } => AuthMethod::None,
        };
        self.method.unwrap_or(by_what_it_has)
    }

    /// The method that is said, if one is.
    pub fn wish(&self) -> Option<AuthMethod> {
        self.method
    }
}

fn method(text: &str) -> Result<AuthMethod, &'static str> {
    AuthMethod::parse(text).ok_or("use private_key_jwt, client_secret_basic, client_secret_post or none")
}
