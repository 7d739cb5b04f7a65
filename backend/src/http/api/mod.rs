//! The API outside OAuth: one file per resource. A handler reads top to bottom: who is calling, what they
//! send, the rule, the answer.

pub mod agents;
pub mod claims;
pub mod clients;
pub mod consents;
pub mod days;
pub mod malice;
pub mod overseers;
pub mod service;
pub mod subscription_changes;
pub mod subscriptions;
pub mod view;
pub mod webhooks;
