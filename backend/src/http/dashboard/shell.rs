//! What is around every page of the dashboard.

use super::notice::Notice;
use crate::app::App;
use crate::http::pages::{Browser, base};
use crate::refusal::Refusal;

/// The part of the dashboard that a page belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// The agents that one answers for.
    Agents,
    /// Asking to answer for one more.
    Claim,
    /// Applications.
    Clients,
    /// What one's tier allows.
    Usage,
    /// The security log.
    Security,
    /// One's own account.
    Account,
    /// Before anybody has signed in.
    Outside,
}

/// The frame: navigation, who is signed in, what was just done.
pub struct Shell<'a> {
    /// The path of the issuer.
    pub base: &'a str,
    /// Where the page belongs.
    pub section: Section,
    /// Who is signed in.
    pub name: Option<String>,
    /// Whether they are still to follow the link that was sent to them.
    pub is_unconfirmed: bool,
    /// See [`crate::http::pages::PagePost`].
    pub form_token: String,
    /// What was done.
    pub notice: Option<&'static str>,
    /// What was not.
    pub problem: Option<String>,
}

impl Section {
    const SHOWN: [Self; 6] = [Self::Agents, Self::Claim, Self::Clients, Self::Usage, Self::Security, Self::Account];

    /// Where it begins.
    pub fn path(self) -> &'static str {
        match self {
            Self::Agents => "/agents",
            Self::Claim => "/claim",
            Self::Clients => "/clients",
            Self::Usage => "/usage",
            Self::Security => "/security",
            Self::Account => "/account",
            Self::Outside => "/",
        }
    }

    /// In the navigation.
    pub fn title(self) -> &'static str {
        match self {
            Self::Agents => "Agents",
            Self::Claim => "Claim an agent",
            Self::Clients => "Applications",
            Self::Usage => "Usage",
            Self::Security => "Security log",
            Self::Account => "Account",
            Self::Outside => "",
        }
    }
}

impl<'a> Shell<'a> {
    /// Around a page of somebody's.
    pub fn new(app: &'a App, browser: &Browser, section: Section, name: Option<String>) -> Self {
        let form_token = browser.form_token(app).unwrap_or_default();
        Self { base: base(app), section, name, is_unconfirmed: false, form_token, notice: None, problem: None }
    }

    /// With what the address says was done.
    pub fn with_notice(self, query: Option<&str>) -> Self {
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let notice = pairs.find(|(name, _)| name == "done").and_then(|(_, word)| Notice::parse(&word));
        Self { notice: notice.map(Notice::sentence), ..self }
    }

    /// With what went wrong.
    pub fn with_problem(self, refusal: Option<&Refusal>) -> Self {
        // What tells programs to look at a header says nothing to people.
        let sentence = |refusal: &Refusal| match refusal.retry_after {
            Some(seconds) => format!("{} Try again in {seconds} seconds.", refusal.code.cause()),
            None => refusal.sentence.to_string(),
        };
        Self { problem: refusal.map(sentence), ..self }
    }

    /// Whether the page belongs there.
    pub fn is_in(&self, section: &Section) -> bool {
        self.section == *section
    }

    /// The path of one thing's page.
    pub fn path_of(&self, section: &str, id: &str) -> String {
        format!("{}/{section}/{id}", self.base)
    }

    /// What the navigation leads to.
    pub fn sections(&self) -> &'static [Section] {
        &Section::SHOWN
    }
}
