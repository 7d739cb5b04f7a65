//! The OAuth endpoints: forms in, the RFCs' JSON out.

pub mod authenticate;
pub mod discovery;
pub mod introspect;
pub mod revoke;
pub mod token;
