//! `agentid agent keygen`: an agent's key, which is all that it is.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::profile::{Profile, read_key};
use crate::cli::output::{Output, fields};
use crate::cli::private_file;
use crate::cli::target::Target;
use crate::crypto::ed25519::SigningKey;
use crate::crypto::openssh;
use crate::random::Random;

/// Make the agent's key, or import one.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent keygen
  agentid agent keygen --profile second
  openssl genpkey -algorithm ed25519 -out key.pem && chmod 600 key.pem && agentid agent keygen --key key.pem

A key that is there is never overwritten.")]
pub struct Keygen {
    /// Import this PEM file (PKCS#8) instead of making a new key.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl Keygen {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let key = match &self.key {
            Some(file) => read_key(file)?.with_context(|| format!("there is no file {}", file.display()))?,
            None => SigningKey::generate(Random::system()),
        };
        let path = Profile::open(target)?.key_path();
        if !private_file::create(&path, &key.to_pkcs8_pem())? {
            bail!(
                "{} is there already, and is the identity of an agent. `agentid agent rotate-key` changes a \
                 registered key; for another agent use another --profile; or move the file away",
                path.display()
            );
        }
        let public_key = key.public_key();
        let (path, raw, line) = (path.display().to_string(), public_key.to_base64url(), openssh::to_line(&public_key));
        let text = fields(&[("key", Some(&path)), ("public key", Some(&raw)), ("OpenSSH", Some(&line))]);
        let value = json!({ "success": true, "key": path, "public_key": raw, "openssh": line });
        output.print(&text, &value);
        Ok(())
    }
}
