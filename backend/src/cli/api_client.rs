//! HTTP as the client commands speak it: the SDK's.

pub use agentid_client::http::{Answer, Call, Exchange, Server};
