//! `[outbound]`: which addresses the server itself calls.

use super::Network;
use super::section::section;

section! {
    /// Which addresses the server itself calls: those where clients publish their keys, and where they are told of a logout.
    "outbound" => Outbound {
        /// Networks that may be called although they are not public, such as that of the company. In them an address may
        /// also be called by http.
        allow: Vec<Network> = Vec::new();
    }
}
