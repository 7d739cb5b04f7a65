//! The OAuth endpoints: forms in, the RFCs' JSON out.

pub mod authenticate;
pub mod authorize;
pub mod discovery;
pub mod incoming;
pub mod interaction;
pub mod introspect;
pub mod logout;
pub mod par;
pub mod redirect;
pub mod revocations;
pub mod revoke;
pub mod sign_in;
pub mod token;
pub mod userinfo;
