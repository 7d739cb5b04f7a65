//! The server that is measured: built, started on a data folder, stopped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::call;
use crate::cores::Core;
use crate::load::Load;
use crate::postgres;
use crate::process::Process;

/// The same for every start, so that what was signed outlives a restart on another port.
pub const ISSUER: &str = "http://127.0.0.1";

/// The load comes from one address, and a limit per address is not what is measured.
const SETTINGS: [&str; 3] =
    ["limits.registrations_per_minute=0", "limits.logins_per_minute=0", "limits.claims_per_minute=0"];

/// What the signing keys are encrypted under where they lie on a database server: 32 bytes in base64url.
const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A data folder, removed at the end, and the database beside it when that is not a file in it.
pub struct Data {
    folder: TempDir,
    postgres: Option<String>,
}

impl Data {
    /// An empty one inside of `folder`.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let made = tempfile::tempdir_in(folder);
        let folder = made.with_context(|| format!("no folder can be made in {}", folder.display()))?;
        Ok(Self { folder, postgres: None })
    }

    /// One whose database is on PostgreSQL, at `url`.
    pub fn on_postgres(folder: &Path, url: String) -> anyhow::Result<Self> {
        Ok(Self { postgres: Some(url), ..Self::new(folder)? })
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("agentid.db")
    }

    /// Changes the database beside the server.
    pub fn execute(&self, sql: &str) -> anyhow::Result<()> {
        match &self.postgres {
            Some(url) => postgres::with_client(url, |client| Ok(client.batch_execute(sql)?)),
            None => Ok(Connection::open(self.database())?.execute_batch(sql)?),
        }
    }

    /// Starts `binary` on it.
    pub fn serve(&self, binary: &Path, core: Core) -> anyhow::Result<Process> {
        self.serve_with(binary, core, &[])
    }

    /// The same with settings besides.
    pub fn serve_with(&self, binary: &Path, core: Core, settings: &[&str]) -> anyhow::Result<Process> {
        let mut command = Command::new(binary);
        // Untouched by the settings of whoever measures.
        command.env_clear().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(self.folder.path());
        if let Some(url) = &self.postgres {
            command.env("AGENTID_SECRET", SECRET).args(["--database", url]);
        }
        command.args(["--set", &format!("server.issuer={ISSUER}")]);
        for setting in SETTINGS.iter().chain(settings) {
            command.args(["--set", setting]);
        }
        Process::start(command, core, &self.folder.path().join("log"))
    }

    /// How long a start takes until the server says that it is ready.
    pub async fn time_to_ready(&self, binary: &Path, core: Core) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let process = self.serve(binary, core)?;
        let ready = || anyhow::Ok(vec![call::get(process.address, "/ready").finish(Default::default())?]);
        let load = Load { connections: 1, ..Load::everything() };
        while load.run(&process, ready()?).await?.answers.is_empty() {
            if began.elapsed() > Duration::from_secs(10) {
                bail!("the server does not get ready: {}", process.log());
            }
        }
        let took = began.elapsed();
        process.stop()?;
        Ok(took)
    }
}

/// Builds the release of the workspace that this benchmark lies in; its program's file.
pub fn build() -> anyhow::Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "--locked", "--bin", "agentid", "--message-format", "json"]);
    command.args(["--manifest-path".as_ref(), manifest.as_os_str()]).stderr(Stdio::inherit());
    let output = command.output().context("cargo can not be run")?;
    if !output.status.success() {
        bail!("the server can not be built");
    }
    let lines = String::from_utf8(output.stdout)?;
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let file = messages.filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from)).next_back();
    file.context("cargo does not say where the server's program is")
}

/// Whether this server runs on PostgreSQL too; old ones do not.
pub fn knows_postgres(binary: &Path) -> anyhow::Result<bool> {
    let output = Command::new(binary).args(["serve", "--help"]).output();
    let output = output.with_context(|| format!("{} can not be run", binary.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).contains("--database"))
}

/// Refuses a file that is not there, before anything is measured.
pub fn check(binary: &Path) -> anyhow::Result<PathBuf> {
    fs::canonicalize(binary).with_context(|| format!("there is no server at {}", binary.display()))
}
