//! The form that the OAuth endpoints take (RFC 6749 section 3.2): each parameter at most once, but for
//! `resource` (RFC 8707 section 2); an empty one counts as left out.

use crate::oauth::error::{ErrorCode, OauthError};

/// More parameters than this are refused before they are compared with each other.
const MOST_PARAMETERS: usize = 64;

/// The parameters as sent.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` bytes.
    pub fn parse(body: &[u8]) -> Result<Self, OauthError> {
        let invalid = |description: &'static str| ErrorCode::InvalidRequest.because(description);
        let parameters = body.split(|&byte| byte == b'&').filter(|part| !part.is_empty()).count();
        if parameters > MOST_PARAMETERS {
            return Err(invalid("There are more than 64 parameters."));
        }
        let decoded = percent_decoded_is_text(body).then(|| form_urlencoded::parse(body).into_owned().collect());
        let pairs: Vec<(String, String)> = decoded.ok_or_else(|| invalid("The form is not UTF-8."))?;
        if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(invalid("A parameter holds a NUL character."));
        }
        for (index, (name, _)) in pairs.iter().enumerate() {
            if name != "resource" && pairs.iter().take(index).any(|(earlier, _)| earlier == name) {
                return Err(invalid("A parameter is sent twice."));
            }
        }
        Ok(Self(pairs))
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

/// The form parser repairs what is not UTF-8; a security decision must not rest on repaired text.
fn percent_decoded_is_text(body: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&byte, tail)) = rest.split_first() {
        let hexadecimal = |digit: &u8| (*digit as char).to_digit(16);
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) if hexadecimal(high).is_some() && hexadecimal(low).is_some() => {
                let value = hexadecimal(high).unwrap_or(0) * 16 + hexadecimal(low).unwrap_or(0);
                decoded.push(u8::try_from(value).unwrap_or(0));
                rest = after;
            }
            _ => {
                decoded.push(byte);
                rest = tail;
            }
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}
