//! The rules of the authorization server. `grants/` has one file per grant.

pub mod access_token;
pub mod authentication;
pub mod authorization;
pub mod backchannel_logout;
pub mod client_assertion;
pub mod client_keys;
pub mod clients;
pub mod consents;
pub mod error;
pub mod form;
pub mod grants;
pub mod id_token;
pub mod introspection;
pub mod known_callers;
pub mod logout;
pub mod metadata;
pub mod pkce;
pub mod policy;
pub mod resource;
pub mod revocation;
pub mod revocation_list;
pub mod scope;
pub mod sign_in;
pub mod signing_keys;
pub mod userinfo;
