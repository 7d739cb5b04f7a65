//! Clients: registration, management, and what ends with them.

mod credentials;
mod endings;
mod limits;
mod management;
mod metadata;
mod overseers;
mod redirect_uris;
mod registration;
mod resources;

use serde_json::Value;

use crate::support::oauth_client::Owner;
use crate::support::{Answer, Client, TestServer};

/// What a registration with these members is answered.
fn register<O: Owner>(server: &TestServer, owner: &O, more: &Value) -> Answer {
    Client::registration(server, owner, more).send()
}

/// The registration is refused because of this member, in a sentence that names it.
#[track_caller]
fn refused_for<O: Owner>(server: &TestServer, owner: &O, member: &str, more: &Value) {
    let answer = register(server, owner, more).refused(422, "invalid_field");
    assert!(answer.text_of("error").contains(member), "{more}: {answer:?}");
}
