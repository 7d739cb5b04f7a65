//! What letters say. Nothing in them is somebody's to choose, for whoever registers with another's address would write to them:
//! not even the account's name is there.

use super::Letter;
use crate::identity::{account_links, email_confirmation};

const HOUR: i64 = 60 * 60;

/// Subject and text. The lines are short and plain ASCII, so that no mail server breaks a link.
pub fn compose(letter: Letter, issuer: &str, token: &str) -> (&'static str, String) {
    let (subject, text) = match letter {
        Letter::ConfirmEmail => (
            "Confirm your e-mail address",
            format!(
                "This address was given for an account at {issuer}\n\n\
                 If that was you, sign in there and follow this link:\n\n\
                 {issuer}/confirm-email?token={token}\n\n\
                 It counts once, for {} hours. If it was not you, do nothing:\n\
                 no token says then that the account answers for anybody.\n",
                email_confirmation::LIFETIME / HOUR
            ),
        ),
        Letter::ResetPassword => (
            "Choose a new password",
            format!(
                "Somebody has forgotten the password of your account at {issuer}\n\n\
                 If that was you, choose a new one here:\n\n\
                 {issuer}/reset?token={token}\n\n\
                 The link counts once, for {} hour. If it was not you, do nothing:\n\
                 the password stays as it is.\n",
                account_links::LIFETIME / HOUR
            ),
        ),
        Letter::PasswordChanged => (
            "Your password was changed",
            format!(
                "The password of your account at {issuer} was changed,\n\
                 and everybody who was signed in elsewhere is signed out.\n\n\
                 If that was not you, choose another at once:\n\n\
                 {issuer}/forgotten\n"
            ),
        ),
        Letter::EmailChanged => (
            "Your account has another e-mail address",
            format!(
                "Your account at {issuer} has another e-mail address now.\n\
                 Nothing about it is sent to this one any more.\n\n\
                 If that was not you, write to whoever runs the server at once.\n"
            ),
        ),
        Letter::OverLimit => (
            "You have more than your tier allows",
            format!(
                "Your account at {issuer} has more agents or applications\n\
                 than your tier allows. All of them stay for a month, or until the period\n\
                 that you have paid for ends. Then the newest go.\n\n\
                 Until then you can choose which ones go, or move to a larger tier:\n\n\
                 {issuer}/usage\n"
            ),
        ),
        Letter::Released => (
            "Agents or applications were let go",
            format!(
                "Of your account at {issuer} agents were let go or applications\n\
                 disabled: you had marked them, or they were more than your tier allows.\n\
                 The security log says which:\n\n\
                 {issuer}/security\n\n\
                 With a larger tier the applications come back by themselves.\n"
            ),
        ),
    };
    (subject, text)
}
