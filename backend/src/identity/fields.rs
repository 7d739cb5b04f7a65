//! What people and agents may be called. Each type is checked once, at the edge; inside, the type is
//! the proof.

use crate::refusal::{Code, Refusal};

/// A name: 1 to 100 characters after trimming, any script, no control characters.
pub struct Name(String);

impl Name {
    /// Trims and checks.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let name = text.trim();
        let is_refused = |character: char| character.is_control() || turns_direction(character);
        let is_seen = name.chars().any(|character| !is_blank(character));
        if !(1..=100).contains(&name.chars().count()) || name.chars().any(is_refused) || !is_seen {
            return Err(Code::InvalidField
                .because("`name` is 1 to 100 characters without control characters, and can be seen."));
        }
        Ok(Self(name.to_owned()))
    }

    /// The trimmed text.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Whether nothing is seen of a character, though it is no control character: a name of such ones alone is no name.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// Whether a character turns the direction of what follows, be it somebody else's text (Unicode Standard Annex 9
/// section 2): a name stands beside others on pages and in questions.
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A description: at most 500 characters; line breaks and tabs are its only control characters.
pub struct Description(String);

impl Description {
    /// Checks; an empty one is none.
    pub fn parse(text: &str) -> Result<Option<Self>, Refusal> {
        let is_refused = |character: char| {
            character.is_control() && !matches!(character, '\n' | '\r' | '\t') || turns_direction(character)
        };
        if text.chars().count() > 500 || text.chars().any(is_refused) {
            let sentence = "`description` is at most 500 characters without control characters.";
            return Err(Code::InvalidField.because(sentence));
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// An e-mail address, lower-cased, so that one address is one account.
pub struct Email(String);

impl Email {
    /// Lower-cases and checks the form: what matters is that mail to it could arrive, which only a
    /// letter shows, so this refuses what can not be an address and no more.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let email = text.trim().to_lowercase();
        let has_form = email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.split('.').all(|label| !label.is_empty()) && domain.contains('.')
        });
        // What has a meaning of its own around an address (RFC 5322 section 3.2.3) would let one mailbox have many spellings.
        let is_special = |character: char| {
            character.is_control() || character.is_whitespace() || "\"()<>[],;:\\".contains(character)
        };
        let is_plain = !email.chars().any(is_special);
        if !has_form || !is_plain || email.len() > 254 || email.matches('@').count() != 1 {
            return Err(Code::InvalidField.because("`email` is an address like name@example.org."));
        }
        Ok(Self(email))
    }

    /// The lower-cased address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
