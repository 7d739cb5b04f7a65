//! The OAuth endpoints: forms in, the RFCs' JSON out.

pub mod authenticate;
pub mod authorize;
pub mod discovery;
pub mod introspect;
pub mod revocations;
pub mod revoke;
pub mod token;
pub mod userinfo;
