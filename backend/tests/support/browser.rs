//! A browser, as far as the server sees one: it keeps cookies, shows pages and sends their forms.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::flow::pkce;
use super::oauth_client::REDIRECT_URI;
use super::overseer::PASSWORD;
use super::{Agent, Answer, Call, Client, Overseer, TestServer};
use agentid::crypto::base64url;

/// A browser with its cookies.
pub struct Browser<'a> {
    server: &'a TestServer,
    pub cookies: RefCell<BTreeMap<String, String>>,
}

/// The parameters that a client sends along, as a test changes them.
pub type Parameters = Vec<(&'static str, String)>;

/// A good request of the client's, and the verifier of its challenge.
pub fn request(client: &Client) -> (Parameters, String) {
    let (verifier, challenge) = pkce();
    let parameters = vec![
        ("client_id", client.id.clone()),
        ("redirect_uri", REDIRECT_URI.to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", "openid name".to_owned()),
        ("state", "a state".to_owned()),
        ("nonce", "a nonce".to_owned()),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256".to_owned()),
    ];
    (parameters, verifier)
}

/// The request with this parameter changed, or added.
pub fn with(mut parameters: Parameters, name: &'static str, value: &str) -> Parameters {
    parameters.retain(|(other, _)| *other != name);
    parameters.push((name, value.to_owned()));
    parameters
}

/// The request without this parameter.
pub fn without(mut parameters: Parameters, name: &str) -> Parameters {
    parameters.retain(|(other, _)| *other != name);
    parameters
}

impl<'a> Browser<'a> {
    pub fn new(server: &'a TestServer) -> Self {
        Self { server, cookies: RefCell::default() }
    }

    /// The same browser, whose next requests another node answers.
    pub fn at(&self, server: &'a TestServer) -> Self {
        Self { server, cookies: self.cookies.clone() }
    }

    fn send(&self, call: Call) -> Answer {
        let cookies = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let call = if cookies.is_empty() { call } else { call.header("cookie", &cookies.join("; ")) };
        let answer = call.send();
        for cookie in answer.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let is_removed = attributes.contains("Max-Age=0");
            let mut cookies = self.cookies.borrow_mut();
            if is_removed {
                cookies.remove(name)
            } else {
                cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        answer
    }

    /// Goes to an address of the server.
    pub fn get(&self, path: &str) -> Answer {
        self.send(self.server.get(path))
    }

    /// Sends a form as a page of the server does.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.server.post(path).form(form).header("sec-fetch-site", "same-origin"))
    }

    /// Sends whatever the test has made.
    pub fn call(&self, call: Call) -> Answer {
        self.send(call)
    }

    /// Where the server sends it, as long as that is the server itself.
    pub fn follow(&self, mut answer: Answer) -> Answer {
        while let Some(path) = own_path(self.server, &answer) {
            answer = self.get(&path);
        }
        answer
    }

    /// Brings a client's request.
    pub fn authorize(&self, parameters: &Parameters) -> Answer {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let answer = self.get(&format!("/v1/oauth/authorize?{query}"));
        self.follow(answer)
    }

    /// Sends a form of the page.
    pub fn act(&self, page: &Answer, action: &str, more: &[(&str, &str)]) -> Answer {
        let token = between(&page.text, "name=\"form_token\" value=\"", "\"");
        let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
        let mut form = vec![("form_token", token.as_str()), ("action", action)];
        form.extend(more);
        let answer = self.post(&path, &form);
        self.follow(answer)
    }

    /// Signs an overseer in on the page of the sign-in.
    pub fn log_in(&self, page: &Answer, overseer: &Overseer) -> Answer {
        self.act(page, "login", &[("email", &overseer.email), ("password", PASSWORD)])
    }

    /// Signs an agent in on the page of the sign-in.
    #[track_caller]
    pub fn sign_in(&self, page: &Answer, agent: &Agent) -> Answer {
        agent.sign_in(self.server, &challenge_of(page)).expect(200);
        self.act(page, "continue", &[])
    }

    /// Allows what the page asks for.
    pub fn allow(&self, page: &Answer) -> Answer {
        self.act(page, "allow", &[("agent_id", &between(&page.text, "name=\"agent_id\" value=\"", "\""))])
    }
}

/// The challenge that a page shows.
pub fn challenge_of(page: &Answer) -> String {
    let address = between(&page.text, "agentid agent sign-in ", "<");
    address.trim().rsplit('/').next().unwrap().to_owned()
}

impl Agent {
    /// Signs a challenge that a page shows.
    pub fn sign_in(&self, server: &TestServer, challenge_id: &str) -> Answer {
        let path = format!("/v1/oauth/sign-in/{challenge_id}");
        let asked = server.get(&format!("{path}/{}", self.id)).send();
        if asked.status != 200 {
            return asked;
        }
        let signature = self.key.sign(asked.text_of("challenge_data").as_bytes());
        let body = serde_json::json!({ "agent_id": self.id, "signature": signature.to_string() });
        server.post(&path).json(&body).send()
    }
}

/// What the client is answered: where, and with which parameters.
#[track_caller]
pub fn answered(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{answer:?}");
    let location = answer.header("location").unwrap_or_else(|| panic!("no location: {answer:?}"));
    let (to, query) = location.split_once('?').unwrap();
    assert_eq!(to, REDIRECT_URI);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The client is told of this refusal.
#[track_caller]
pub fn refused(server: &TestServer, answer: &Answer, error: &str) {
    let parameters = answered(answer);
    assert_eq!(parameters.get("error").map(String::as_str), Some(error), "{parameters:?}");
    assert!(parameters["error_description"].ends_with('.'), "{parameters:?}");
    assert_eq!(parameters["iss"], server.url, "{parameters:?}");
    assert_eq!(parameters.get("state").map(String::as_str), Some("a state"), "{parameters:?}");
    assert!(!parameters.contains_key("code"), "{parameters:?}");
}

/// The client is given a code.
#[track_caller]
pub fn code(server: &TestServer, answer: &Answer) -> String {
    let parameters = answered(answer);
    assert_eq!(parameters.get("iss"), Some(&server.url), "{parameters:?}");
    assert_eq!(parameters.get("state").map(String::as_str), Some("a state"), "{parameters:?}");
    parameters.get("code").unwrap_or_else(|| panic!("no code: {parameters:?}")).clone()
}

/// Nobody is answered: a page says so to the person.
#[track_caller]
pub fn is_page(answer: &Answer, status: u16, says: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.header("location").is_none(), "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{answer:?}");
    assert!(answer.text.contains(says), "{answer:?}");
}

/// The claims of a JWT, unverified.
pub fn claims(jwt: &str) -> serde_json::Value {
    serde_json::from_slice(&base64url::decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// The first text between two marks.
#[track_caller]
pub fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split_once(after).unwrap().0.to_owned()
}

fn own_path(server: &TestServer, answer: &Answer) -> Option<String> {
    let location = answer.header("location")?;
    if location.starts_with('?') {
        return Some(format!("/v1/oauth/authorize{location}"));
    }
    let path = location.strip_prefix(&server.url).unwrap_or(location);
    path.starts_with('/').then(|| path.to_owned())
}
