//! `[limits]`: how often an address may call what needs no credentials.

use super::section::section;

section! {
    /// How often an address may call what needs no credentials.
    "limits" => Limits {
        /// Registrations of agents and overseers per minute and client address; 0 is no limit.
        registrations_per_minute: u32 = 10;
        /// Attempts to log in per minute and client address; 0 is no limit.
        logins_per_minute: u32 = 20;
        /// Letters with a link per hour and e-mail address; 0 is no limit.
        letters_per_hour: u32 = 10;
        /// Claims and shadow claims begun per minute and client address; 0 is no limit.
        claims_per_minute: u32 = 20;
        /// Authorization requests that wait in a browser, per minute and client address; 0 is no limit.
        interactions_per_minute: u32 = 60;
        /// Authorization requests that a client pushes per minute; a tenth of it per address for clients that do not
        /// authenticate. 0 is no limit.
        pushed_requests_per_minute: u32 = 600;
    }
}
