//! A pushed request gives one code, however many come with its reference at the same moment, in browsers and by the agent.

use serde_json::json;

use super::{MANY, at_once};
use crate::support::browser::{Browser, code, request};
use crate::support::flow::overseen;

#[test]
fn of_many_uses_of_one_reference_one_gives_a_code() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let consent = browser.log_in(&browser.authorize(&request(&client).0), &overseer);
    code(&server, &browser.allow(&consent));
    let before = server.count("authorization_codes", "TRUE");
    let (uri, _) = client.pushed(&server);
    let body = json!({ "client_id": client.id, "request_uri": uri });
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &client.id)
        .append_pair("request_uri", &uri)
        .finish();
    let cookies = browser.cookies.borrow();
    let cookies = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let calls = (0..MANY).map(|index| match index % 2 {
        0 => agent.call(&server, "POST", "/v1/oauth/authorize").json(&body),
        _ => server.get(&format!("/v1/oauth/authorize?{query}")).header("cookie", &cookies),
    });
    let answers = at_once(calls);
    let has_code = |answer: &&crate::support::Answer| {
        answer.status == 200 || answer.header("location").is_some_and(|to| to.contains("code="))
    };
    assert_eq!(answers.iter().filter(has_code).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.status < 500 || answer.status == 503), "{answers:?}");
    assert_eq!(server.count("authorization_codes", "TRUE"), before + 1);
}
