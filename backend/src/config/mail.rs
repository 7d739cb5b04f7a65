//! `[mail]`: how overseers get letters.

use super::error::Rule;
use super::mail_url::MailUrl;
use super::section::section;

section! {
    /// How overseers get letters: to confirm an e-mail address, to choose a new password, and about changes of the account.
    "mail" => Mail {
        /// The mail server: best `smtps://user:password@host`, which speaks TLS from the start; `smtp://user:password@host` does
        /// from STARTTLS on, and without TLS only on this very machine. Not set, no letter is sent. From when it is set on, an
        /// overseer counts as one only when the e-mail address is confirmed.
        url: MailUrl = MailUrl::default();
        /// Whom letters come from: an address, or `Name <address>`.
        from: String = String::new();
    }
}

impl Mail {
    pub(super) fn check(&self) -> Result<(), Rule> {
        if self.url.expose().is_some() && !self.from.contains('@') {
            return Err(Rule::new("mail.from", "an address to send from, for mail.url is set"));
        }
        Ok(())
    }
}
