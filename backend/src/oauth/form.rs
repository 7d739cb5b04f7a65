//! The form that the OAuth endpoints take (RFC 6749 section 3.2): each parameter at most once, but for
//! `resource` (RFC 8707 section 2); an empty one counts as left out.

use crate::oauth::error::{ErrorCode, OauthError};

/// More parameters than this are refused before they are compared with each other.
const MOST_PARAMETERS: usize = 64;

/// The parameters as sent.
#[derive(Clone)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` bytes.
    pub fn parse(body: &[u8]) -> Result<Self, OauthError> {
        let form = Self::parse_repeating(body)?;
        form.must_not_repeat()?;
        Ok(form)
    }

    /// Reads them, also when a parameter repeats: see [`Form::must_not_repeat`].
    pub fn parse_repeating(body: &[u8]) -> Result<Self, OauthError> {
        let invalid = |description: &'static str| ErrorCode::InvalidRequest.because(description);
        let parameters = body.split(|&byte| byte == b'&').filter(|part| !part.is_empty()).count();
        if parameters > MOST_PARAMETERS {
            return Err(invalid("There are more than 64 parameters."));
        }
        // The parser puts U+FFFD where the text is not UTF-8; a decision must not rest on repaired text.
        let pairs: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        if pairs.iter().any(|(name, value)| name.contains('\u{FFFD}') || value.contains('\u{FFFD}')) {
            return Err(invalid("The form is not UTF-8."));
        }
        if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(invalid("A parameter holds a NUL character."));
        }
        Ok(Self(pairs))
    }

    /// The parameters of something that is not a form.
    pub fn of(parameters: Vec<(String, String)>) -> Self {
        Self(parameters)
    }

    /// The same without these parameters.
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// The same with this parameter, once.
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut form = self.without(&[name]);
        form.0.push((name.to_owned(), value.to_owned()));
        form
    }

    /// As it is sent.
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// Refuses a parameter that is sent twice (RFC 6749 section 3.1).
    pub fn must_not_repeat(&self) -> Result<(), OauthError> {
        let repeats = |(name, _): &(String, String)| name != "resource" && self.repeats(name);
        if self.0.iter().any(repeats) {
            return Err(ErrorCode::InvalidRequest.because("A parameter is sent twice."));
        }
        Ok(())
    }

    /// Whether this parameter is sent twice.
    pub fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|(other, _)| other == name).count() > 1
    }

    /// The parameter, unless it is left out or empty.
    pub fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every value of a parameter that may repeat.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, value)| other == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The parameter, or the refusal that names it.
    pub fn required(&self, name: &'static str) -> Result<&str, OauthError> {
        self.get(name).ok_or_else(|| ErrorCode::InvalidRequest.because(format!("`{name}` is missing.")))
    }
}
