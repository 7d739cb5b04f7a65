//! Who you are: agents, which are their keys, and overseers, who are humans with passwords.

pub mod account_links;
pub mod accounts;
pub mod agents;
pub mod challenges;
pub mod common_passwords;
pub mod credentials;
pub mod dpop;
pub mod dpop_nonce;
pub mod email_confirmation;
pub mod ending;
pub mod fields;
pub mod key_rotation;
pub mod letters;
pub mod overseers;
pub mod passwords;
pub mod registration;
pub mod security_log;
pub mod sessions;
