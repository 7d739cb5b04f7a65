//! Letters are sent by whichever node takes them. One that the mail server did not take is tried again, whatever it said: a wrong
//! setting must not cost a letter. One that it has taken may come twice when the node dies just then; each has a link that counts.

use tokio::task::JoinSet;

use super::Letter;
use super::text::compose;
use crate::clock::Clock;
use crate::db::schema::mails::{self, Mail};
use crate::db::schema::overseers;
use crate::db::{Db, Error, Tx};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::identity::{account_links, email_confirmation};
use crate::mail::{self, MailError, Mailer};
use crate::random::Random;
use crate::refusal::Refusal;
use crate::secret::{PlainToken, TokenHash};

/// How many letters are sent in a turn, at once.
const IN_A_TURN: i64 = 16;
/// When a letter that was not taken is sent again, in seconds after each try; then it is given up.
const AGAIN: [i64; 8] = [10, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600];
/// How long a try may take at most, in seconds: as long no other node takes the letter.
const TRY: i64 = 120;

/// What sending takes.
#[derive(Clone)]
pub struct Sender {
    issuer: String,
    db: Db,
    mailer: Mailer,
    clock: Clock,
    random: Random,
}

impl Sender {
    /// By this mail server.
    pub fn new(issuer: String, db: Db, mailer: Mailer, clock: Clock, random: Random) -> Self {
        Self { issuer, db, mailer, clock, random }
    }
}

/// Sends what is due, and waits until it is sent or was not taken; how many letters it was.
pub async fn send_due(by: &Sender) -> Result<usize, Error> {
    let now = by.clock.now();
    let due = by.db.read(move |tx| mails::due(tx, &Letter::ALL.map(Letter::as_str), now, IN_A_TURN)).await?;
    let letters = due.len();
    let mut sending = JoinSet::new();
    for mail in due {
        let by = by.clone();
        sending.spawn(async move {
            if let Err(error) = send(&by, mail).await {
                let error: &dyn std::fmt::Display = error.source.as_ref().map_or(&"refused", |source| source);
                tracing::warn!(%error, "a letter can not be sent now");
            }
        });
    }
    while sending.join_next().await.is_some() {}
    Ok(letters)
}

async fn send(by: &Sender, mail: Mail) -> Result<(), Refusal> {
    let now = by.clock.now();
    let again = usize::try_from(mail.attempts).ok().and_then(|attempts| AGAIN.get(attempts)).copied();
    let next = now + again.unwrap_or(0).max(TRY);
    // Only these were asked for.
    let Some(letter) = Letter::parse(&mail.letter) else { return Ok(()) };
    let token = PlainToken::generate(by.random);
    let mut from = CalledFrom::command_line(&by.clock, by.random);
    from.address.clone_from(&mail.address);
    from.network.clone_from(&mail.network);
    from.user_agent.clone_from(&mail.user_agent);
    let (taken, hash) = (mail.clone(), token.hash());
    if !by.db.write(move |tx| prepare(tx, &taken, letter, &hash, next, &from)).await? {
        return Ok(());
    }
    let (subject, text) = compose(letter, &by.issuer, token.expose());
    let written = mail::Letter { id: &mail.id, recipient: &mail.recipient, subject, text };
    match by.mailer.send(written).await {
        Ok(()) => {}
        Err(MailError::Failed(problem)) if let Some(again) = again => {
            tracing::warn!(letter = mail.letter, problem, "a letter was not taken; it is sent again");
            let due_at = by.clock.now() + again;
            return Ok(by.db.write(move |tx| mails::put_off(tx, &mail.id, due_at)).await?);
        }
        Err(MailError::Failed(problem) | MailError::Refused(problem)) => {
            tracing::error!(letter = mail.letter, problem, "a letter was not taken, and is given up");
        }
    }
    Ok(by.db.write(move |tx| mails::delete(tx, &mail.id)).await?)
}

/// Takes the letter on, and stores the link that will be in it. False when there is nothing to send.
fn prepare(
    tx: &mut Tx<'_>,
    mail: &Mail,
    letter: Letter,
    token: &TokenHash,
    next: i64,
    from: &CalledFrom,
) -> Result<bool, Refusal> {
    if !mails::take(tx, mail, next)? {
        return Ok(false);
    }
    let is_wanted = match (letter, &mail.overseer_id) {
        (Letter::ConfirmEmail, Some(overseer_id)) => {
            email_confirmation::begin(tx, overseer_id, &mail.recipient, token, from.now())?;
            true
        }
        // Its account is gone.
        (Letter::ConfirmEmail, None) => false,
        // Whether there is such an account is found out here, where nobody waits for it.
        (Letter::ResetPassword, _) => match overseers::find_by_email(tx, &mail.recipient)? {
            Some(overseer) if overseer.email_verified_at.is_some() => {
                account_links::insert_reset(tx, &overseer.id, token, from.now())?;
                if mail.attempts == 0 {
                    from.note(tx, &overseer.id, Kind::ResetBegun, About::default())?;
                }
                true
            }
            Some(_) | None => false,
        },
        (Letter::PasswordChanged | Letter::EmailChanged | Letter::OverLimit | Letter::Released, _) => true,
    };
    if !is_wanted {
        mails::delete(tx, &mail.id)?;
    }
    Ok(is_wanted)
}
