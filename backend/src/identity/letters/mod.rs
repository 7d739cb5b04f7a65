//! Letters to overseers by mail: stored in the transaction that they tell of, and sent afterwards, so that none is lost and none
//! tells of what did not happen. A link is made when the letter is sent: what waits in the database lets nobody in.

mod sender;
mod text;

pub use sender::{Sender, send_due};

use crate::db::schema::mails::{self, Mail};
use crate::db::{Error, Tx};
use crate::id::OverseerId;
use crate::identity::security_log::CalledFrom;

/// Whether letters are sent at all.
#[derive(Clone, Copy, Debug)]
pub struct Letters {
    are_sent: bool,
}

/// What a letter says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Letter {
    /// How to show that one reads what is sent to the address.
    ConfirmEmail,
    /// How to choose a new password.
    ResetPassword,
    /// That the password is another.
    PasswordChanged,
    /// To the old address: that the account has another.
    EmailChanged,
    /// That there is more than the tier allows, and will go.
    OverLimit,
    /// That something went with the tier or the period.
    Released,
}

impl Letter {
    const ALL: [Self; 6] = [
        Self::ConfirmEmail,
        Self::ResetPassword,
        Self::PasswordChanged,
        Self::EmailChanged,
        Self::OverLimit,
        Self::Released,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmEmail => "confirm_email",
            Self::ResetPassword => "reset_password",
            Self::PasswordChanged => "password_changed",
            Self::EmailChanged => "email_changed",
            Self::OverLimit => "over_limit",
            Self::Released => "released",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|letter| letter.as_str() == text)
    }
}

impl Letters {
    /// `are_sent`: a mail server is set.
    pub fn new(are_sent: bool) -> Self {
        Self { are_sent }
    }

    /// Whether they are.
    pub fn are_sent(self) -> bool {
        self.are_sent
    }

    /// Stores a letter, to be sent soon. `overseer_id`: whose the link in it is, for the account that asks for it.
    pub fn write(
        self,
        tx: &mut Tx<'_>,
        letter: Letter,
        recipient: &str,
        overseer_id: Option<&OverseerId>,
        from: &CalledFrom,
    ) -> Result<(), Error> {
        if !self.are_sent {
            return Ok(());
        }
        if letter == Letter::ResetPassword {
            mails::delete_to(tx, letter.as_str(), recipient)?;
        }
        let mail = Mail {
            id: from.new_id(),
            letter: letter.as_str().to_owned(),
            recipient: recipient.to_owned(),
            overseer_id: overseer_id.cloned(),
            address: from.address.clone(),
            network: from.network.clone(),
            user_agent: from.user_agent.clone(),
            attempts: 0,
            due_at: from.now(),
            created_at: from.now(),
        };
        mails::insert(tx, &mail)
    }
}
