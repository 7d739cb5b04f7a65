//! The issuer as a setting; see [`agentid_jose::issuer`].

pub use agentid_jose::issuer::Issuer;

use super::value::Value;

impl Value for Issuer {
    const ACCEPTS: &str = "an http:// or https:// URL without user, query and fragment";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn text(&self) -> String {
        self.as_str().to_owned()
    }
}
