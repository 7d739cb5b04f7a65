//! The server that the suite runs on, and what the tests do there beside the replay.

use std::sync::atomic::AtomicBool;

use postgres::{Client, NoTls};
use schemadoc::model::Model;
use schemadoc::{folder, replay};

use crate::support::Folder;

/// The server's URL: `./scripts/test postgres` starts one.
pub fn url() -> String {
    let url = std::env::var("AGENTID_TEST_POSTGRES");
    url.unwrap_or_else(|_| panic!("AGENTID_TEST_POSTGRES names no server: run ./scripts/test postgres"))
}

/// The same server, with another role, password, database or options.
pub fn url_with(change: impl FnOnce(&mut url::Url)) -> String {
    let mut url = url::Url::parse(&url()).unwrap();
    change(&mut url);
    url.into()
}

pub fn client(url: &str) -> Client {
    Client::connect(url, NoTls).unwrap()
}

/// What these files make, on the server of this URL.
pub fn model_on(url: &str, files: &[(&str, &str)]) -> Result<Model, String> {
    let files = folder::read(Folder::of(files).path()).unwrap();
    replay::postgres::replay(&files, url, &AtomicBool::new(false)).map_err(|error| error.to_string())
}

pub fn model(files: &[(&str, &str)]) -> Model {
    model_on(&url(), files).unwrap()
}

pub fn refusal(files: &[(&str, &str)]) -> String {
    model_on(&url(), files).unwrap_err()
}

/// A role of its own, so that a test knows the databases that it has made; gone at the end, with them.
pub struct Role {
    pub name: String,
    pub url: String,
}

impl Role {
    pub fn new(rights: &str) -> Self {
        let name =
            client(&url()).query_one("SELECT 'role_' || replace(gen_random_uuid()::text, '-', '')", &[]).unwrap();
        let name: String = name.get(0);
        client(&url()).batch_execute(&format!("CREATE ROLE {name} LOGIN PASSWORD 'right' {rights}")).unwrap();
        let url = url_with(|url| {
            url.set_username(&name).unwrap();
            url.set_password(Some("right")).unwrap();
        });
        Self { name, url }
    }

    /// The databases that belong to it.
    pub fn databases(&self) -> Vec<String> {
        let query = "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = $1";
        client(&url()).query(query, &[&self.name]).unwrap().iter().map(|row| row.get(0)).collect()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let mut client = client(&url());
        for database in self.databases() {
            client.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)")).unwrap();
        }
        client.batch_execute(&format!("DROP ROLE {}", self.name)).unwrap();
    }
}
