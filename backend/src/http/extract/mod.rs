//! Who is calling and what they send.

mod access_token;
mod agent;
mod body;
mod caller;
mod client_address;
mod cookie;
mod credential;
mod overseer;
mod owner;
mod place;

pub use access_token::TokenCaller;
pub use agent::{AgentCaller, ProvenAgent};
pub use body::{JsonBody, LARGEST_BODY, has_content_type, read_body, read_body_up_to};
pub use client_address::ClientAddress;
pub use overseer::OverseerCaller;
pub use owner::OwnerCaller;
pub use place::{At, InQuery, address};
