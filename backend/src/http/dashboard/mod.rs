//! The dashboard: pages for the people who answer for agents. One file per page, beside its template; whatever a page does,
//! the API does too, by the same rules.
//!
//! Each page works without script. A form leads back to its page by 303, so that loading it again sends nothing again. What is
//! shown once is the answer to the form itself: a new secret, and the receipt of a stop.

pub mod account;
pub mod agent;
pub mod agents;
pub mod claim;
pub mod claims;
pub mod client;
pub mod clients;
pub mod confirm_email;
pub mod forgotten;
pub mod history;
pub mod landing;
pub mod new_client;
pub mod register;
pub mod reset;
pub mod security;
pub mod sign_in;
pub mod sign_out;
pub mod usage;

mod chart;
pub mod malice;
mod moment;
mod notice;
mod shell;
mod visitor;

pub use moment::Moment;
pub use notice::Notice;
pub use shell::{Section, Shell};
pub use visitor::{Visitor, VisitorPost};
