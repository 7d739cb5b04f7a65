//! What of cryptography only the server does; the rest is tested in `crates/jose`.

mod key_input;
mod sealed;
