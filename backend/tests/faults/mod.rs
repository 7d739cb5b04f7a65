//! What the real binary does when it is killed, when the disk is full, when its clock or its files are wrong, and
//! while its operator works on it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod clock;
mod full_disk;
mod killed;
pub mod load;
mod operator;
mod restore;
mod shutdown;
mod start_errors;
mod sync_order;
mod tmpfs;
mod trace;
mod webhooks;
