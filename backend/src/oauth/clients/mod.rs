//! Clients: the applications that recognise agents, and who owns them.

pub mod redirect_uri;
