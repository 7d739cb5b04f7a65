//! `/v1/agents`: what an agent does for itself.

pub mod history;
pub mod key_rotation;
pub mod profile;
pub mod registration;
pub mod session;
