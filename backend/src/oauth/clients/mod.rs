//! Clients: the applications that recognise agents, and who owns them.

pub mod limit;
pub mod management;
pub mod metadata;
pub mod redirect_uri;
pub mod registration;
pub mod resources;
mod uri;
