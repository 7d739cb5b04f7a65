//! An overseer's session, kept between two commands.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::api_client::{Call, Server};
use crate::cli::output::text_of;
use crate::cli::target::Target;
use crate::cli::{private_file, start};

/// Who is logged in where.
#[derive(Serialize, Deserialize)]
pub struct Session {
    server: String,
    overseer_id: String,
    session_id: String,
}

/// A session and the server that it is good for.
pub struct LoggedIn {
    server: Server,
    session_id: String,
}

impl Session {
    /// Keeps the session of a login's answer, in the place of the one before.
    pub fn keep(target: &Target, server: &Server, answer: &Value) -> anyhow::Result<()> {
        let overseer = answer.get("overseer").context("the server did not say who the overseer is")?;
        let session = Self {
            server: server.issuer().to_owned(),
            overseer_id: text_of(overseer, "id").to_owned(),
            session_id: text_of(answer, "session_id").to_owned(),
        };
        let path = path(target)?;
        start::make_folder(&private_file::data_folder()?.join("overseers"))?;
        Ok(private_file::write(&path, &serde_json::to_string_pretty(&session)?)?)
    }

    /// The session of the login.
    pub fn open(target: &Target) -> anyhow::Result<LoggedIn> {
        let path = path(target)?;
        let text = private_file::read(&path)?.context("nobody is logged in: run `agentid overseer login`")?;
        let session: Self = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(LoggedIn { server: target.server(Some(&session.server))?, session_id: session.session_id })
    }

    /// Forgets it.
    pub fn forget(target: &Target) -> anyhow::Result<()> {
        Ok(private_file::remove(&path(target)?)?)
    }
}

impl LoggedIn {
    /// A call as this overseer.
    pub fn call(&self, method: &'static str, path: &str) -> Call<'_> {
        self.server.call(method, path).session(&self.session_id)
    }

    /// The server.
    pub fn server(&self) -> Server {
        self.server.clone()
    }

    /// The server's address.
    pub fn issuer(&self) -> &str {
        self.server.issuer()
    }
}

fn path(target: &Target) -> anyhow::Result<PathBuf> {
    Ok(private_file::data_folder()?.join("overseers").join(format!("{}.json", target.profile()?)))
}
