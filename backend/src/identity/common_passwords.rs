//! Passwords that everybody tries first. The list of leaked passwords comes with the `zxcvbn` crate; what
//! is refused is a password that *is* one of them (as it stands, in other case, reversed, or with digits
//! for letters), not one that merely holds one.

use zxcvbn::matching::Match;
use zxcvbn::matching::patterns::MatchPattern;

use crate::refusal::{Code, Refusal};
use crate::secret::Password;

/// The shortest password, in characters.
const SHORTEST: usize = 8;
/// The longest, in bytes: hashing more would only cost time.
const LONGEST: usize = 1024;

/// Refuses a password that is too short, too long, or commonly leaked.
pub fn check(password: &Password) -> Result<(), Refusal> {
    let text = password.expose();
    if text.len() > LONGEST {
        return Err(Code::WeakPassword.because("The password is longer than 1024 bytes. Choose a shorter one."));
    }
    if text.chars().count() < SHORTEST || is_common(text) {
        return Err(Code::WeakPassword.into());
    }
    Ok(())
}

fn is_common(text: &str) -> bool {
    let entropy = zxcvbn::zxcvbn(text, &[]);
    match entropy.sequence() {
        [Match { pattern: MatchPattern::Dictionary(word), token, .. }] => {
            // The dictionary's type has no public name; its Debug form is the list's name.
            token.len() == text.len() && format!("{:?}", word.dictionary_name) == "Passwords"
        }
        _ => text.chars().all(|character| text.starts_with(character)),
    }
}
