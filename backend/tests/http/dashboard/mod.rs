//! The pages of the dashboard, as a browser without script sees them. `browser::` has them in a real one.

mod account;
mod agents;
mod clients;
mod cookie;
mod entry;
mod links;
mod mail;
mod safety;

use crate::support::browser::{Browser, between};
use crate::support::overseer::PASSWORD;
use crate::support::{Answer, Overseer, TestServer};

/// A browser in which the overseer is signed in.
pub fn signed_in<'a>(server: &'a TestServer, overseer: &Overseer) -> Browser<'a> {
    let browser = Browser::new(server);
    let page = browser.get("/sign-in").expect(200);
    let answer = send(&browser, &page, "/sign-in", &[("email", &overseer.email), ("password", PASSWORD)]);
    assert_eq!(answer.expect(303).header("location"), Some("/agents"));
    browser
}

/// Sends a form of this page.
pub fn send(browser: &Browser<'_>, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = between(&page.text, "name=\"form_token\" value=\"", "\"");
    let mut form = vec![("form_token", token.as_str())];
    form.extend(fields);
    browser.post(path, &form)
}

/// Loads a page and sends a form of it.
pub fn act(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(path).expect(200);
    send(browser, &page, path, fields)
}

/// It is a page with this heading, and what it says holds these words.
#[track_caller]
pub fn is_page(answer: &Answer, status: u16, words: &[&str]) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{answer:?}");
    for word in words {
        assert!(answer.text.contains(word), "{word}: {answer:?}");
    }
}

/// It leads back to a page, which says what was done.
#[track_caller]
pub fn done(browser: &Browser<'_>, answer: Answer, words: &str) -> Answer {
    let page = browser.follow(answer.expect(303)).expect(200);
    assert!(between(&page.text, "role=\"status\">", "<").contains(words), "{page:?}");
    page
}
