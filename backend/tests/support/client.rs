//! HTTP as a test writes it: `server.post("/v1/…").json(&body).send()`.

use serde_json::Value;
use ureq::Agent as Http;
use ureq::http::{HeaderMap, Request};

use super::leaks;

/// A request to be sent.
#[derive(Clone)]
pub struct Call {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it came.
    pub text: String,
}

impl super::TestServer {
    pub fn get(&self, path: &str) -> Call {
        Call::new("GET", &self.origin(), path)
    }

    pub fn post(&self, path: &str) -> Call {
        Call::new("POST", &self.origin(), path)
    }

    pub fn put(&self, path: &str) -> Call {
        Call::new("PUT", &self.origin(), path)
    }

    pub fn patch(&self, path: &str) -> Call {
        Call::new("PATCH", &self.origin(), path)
    }

    pub fn delete(&self, path: &str) -> Call {
        Call::new("DELETE", &self.origin(), path)
    }
}

impl Call {
    pub fn new(method: &'static str, server: &str, path: &str) -> Self {
        Self { method, url: format!("{server}{path}"), headers: Vec::new(), body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        leaks::sent_header(name, value);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `Authorization: Bearer`.
    pub fn session(self, session_id: &str) -> Self {
        self.header("authorization", &format!("Bearer {session_id}"))
    }

    pub fn json(self, body: &Value) -> Self {
        leaks::passed(body);
        let mut call = self.header("content-type", "application/json");
        call.body = body.to_string().into_bytes();
        call
    }

    pub fn form(self, parameters: &[(&str, &str)]) -> Self {
        parameters.iter().for_each(|(name, value)| leaks::sent_parameter(name, value));
        let mut call = self.header("content-type", "application/x-www-form-urlencoded");
        call.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish().into_bytes();
        call
    }

    /// A body as it stands; the content type is the test's matter.
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn send(self) -> Answer {
        self.try_send().unwrap()
    }

    /// `Err` when no whole answer comes, for a server that may be gone.
    pub fn try_send(self) -> Result<Answer, ureq::Error> {
        let http: Http = Http::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .into();
        let mut request = Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(self.body).unwrap();
        let response = http.configure_request(request).allow_non_standard_methods(true).build();
        let mut response = http.run(response)?;
        let headers = response.headers().clone();
        let text = response.body_mut().read_to_string()?;
        if let Ok(body) = serde_json::from_str(&text) {
            leaks::passed(&body);
        }
        Ok(Answer { status: response.status().as_u16(), headers, text })
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A member of the JSON body.
    pub fn get(&self, name: &str) -> Value {
        self.json()[name].clone()
    }

    /// A text member of the JSON body.
    pub fn text_of(&self, name: &str) -> String {
        self.get(name).as_str().unwrap_or_else(|| panic!("no {name}: {self:?}")).to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Fails the test unless the status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Fails the test unless it is this refusal of the API, with a sentence.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.get("success"), false, "{answer:?}");
        assert_eq!(answer.text_of("code"), code, "{answer:?}");
        assert!(answer.text_of("error").ends_with('.'), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{answer:?}");
        assert_eq!(answer.header("retry-after").is_some(), matches!(status, 429 | 503), "{answer:?}");
        answer
    }

    /// Fails the test unless it is this refusal of an OAuth endpoint.
    #[track_caller]
    pub fn oauth_refused(self, status: u16, error: &str) -> Self {
        let answer = self.oauth_refusal(status, error);
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{answer:?}");
        answer
    }

    /// The same of an endpoint that takes access tokens, which has a challenge also when it is not 401.
    #[track_caller]
    pub fn token_refused(self, status: u16, error: &str, challenge: &str) -> Self {
        let answer = self.oauth_refusal(status, error);
        assert_eq!(answer.header("www-authenticate"), Some(challenge), "{answer:?}");
        answer
    }

    #[track_caller]
    fn oauth_refusal(self, status: u16, error: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.text_of("error"), error, "{answer:?}");
        assert!(answer.text_of("error_description").ends_with('.'), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        answer
    }

    /// Fails the test unless the body, or the object `of` in it, has these members: more may come, none may go.
    #[track_caller]
    pub fn has_members(&self, of: &str, names: &[&str]) {
        let body = self.json();
        let object = if of.is_empty() { &body } else { &body[of] };
        let object = object.as_object().unwrap_or_else(|| panic!("no {of}: {self:?}"));
        for name in names {
            assert!(object.contains_key(*name), "{of} has no {name}: {self:?}");
        }
    }
}
