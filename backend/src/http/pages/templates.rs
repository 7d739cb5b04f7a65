//! What each template is filled with. Everything is escaped by the template engine.

use askama::Template;

/// What every page of an interaction shows, and every form of one carries.
#[derive(Clone)]
pub struct Frame<'a> {
    /// The path of the issuer.
    pub base: &'a str,
    /// Where its forms are posted.
    pub action: String,
    /// See [`super::post::FORM_TOKEN`].
    pub form_token: String,
    /// Who asks.
    pub client_name: &'a str,
    /// Where the browser goes back to.
    pub redirect_host: String,
    /// What went wrong with the last form.
    pub problem: Option<String>,
}

/// Somebody has to sign in.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// What the form begins with.
    pub email: &'a str,
    /// What an agent runs, and what code it compares; `None` when the challenge has expired.
    pub challenge: Option<(String, String)>,
}

/// An overseer has to pick an agent.
#[derive(Template)]
#[template(path = "pick.html")]
pub struct Pick<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// Their ids and names.
    pub agents: Vec<(&'a str, &'a str)>,
}

/// The agent, or its overseer, has to consent.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// The agent's name.
    pub agent_name: &'a str,
    /// The agent's id.
    pub agent_id: &'a str,
    /// What is asked for, in words.
    pub scopes: Vec<&'static str>,
    /// The APIs that are asked for.
    pub resources: Vec<&'a str>,
}

/// A form that the browser posts to the client.
#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPost<'a> {
    /// The path of the issuer.
    pub base: &'a str,
    /// Where to.
    pub redirect_uri: &'a str,
    /// What.
    pub parameters: &'a [(&'static str, String)],
}

/// Whoever signs out is asked.
#[derive(Template)]
#[template(path = "sign_out.html")]
pub struct SignOut<'a> {
    /// The path of the issuer.
    pub base: &'a str,
    /// Where the form is posted.
    pub action: String,
    /// See [`super::post::FORM_TOKEN`].
    pub form_token: String,
    /// What the form carries on.
    pub parameters: Vec<(&'static str, String)>,
}

/// Something to say, and nothing to do.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message<'a> {
    /// The path of the issuer.
    pub base: &'a str,
    /// In a few words.
    pub title: &'a str,
    /// What happened, and what to do.
    pub message: &'a str,
    /// After how many seconds another try makes sense.
    pub retry_after: Option<u64>,
}
