//! What the authorization server refuses a client, each test by the id that the list of negative cases gives it,
//! and each refusal beside the twin that is accepted on the same server.

mod authorize;
mod client_assertion;
mod client_authentication;
mod client_keys;
mod code;
mod ends;
mod fapi;
mod narrowing;
mod nonce;
mod pushed;
mod redirect;
mod refresh;
mod request_object;
mod token;

use crate::support::Answer;
use crate::support::flow::{client, start};

/// What nobody may find in an answer.
const RUBBISH: &str = "\"><script>alert('echo')</script>";

/// A refusal in the words of the RFC, which repeats nothing of what was sent.
#[track_caller]
fn refused(answer: Answer, status: u16, error: &str) -> Answer {
    let answer = answer.oauth_refused(status, error);
    is_no_echo(&answer);
    answer
}

#[track_caller]
fn is_no_echo(answer: &Answer) {
    let is_repeated = ["<script", "alert(", "echo", "%3Cscript"].iter().any(|part| answer.text.contains(part));
    assert!(!is_repeated, "it repeats what was sent: {answer:?}");
}

/// A token answer (RFC 6749 section 5.1), which nobody may keep.
#[track_caller]
fn granted(answer: Answer) -> Answer {
    let answer = answer.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    answer
}
