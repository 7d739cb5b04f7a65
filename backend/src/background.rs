//! What runs beside the requests: expired rows are deleted in small batches, and the signing keys are
//! read again, for another process may have rotated them.

use std::time::Duration;

use crate::app::App;
use crate::clock::stopwatch;
use crate::db::schema::{
    access_tokens, account_links, authorization_codes, authorization_days, challenges, email_confirmations,
    interactions, mails, oauth_requests, overseers, oversights, pushed_requests, revoked_tokens, security_events,
    sessions, signing_keys, spent_proofs,
};
use crate::db::{Error, Tx};
use crate::identity::letters;
use crate::oauth::authorization::pushed;
use crate::oauth::backchannel_logout;
use crate::oauth::signing_keys::RELOAD_SECONDS;

/// How often the signing keys are read again.
const RELOAD_EVERY: Duration = Duration::from_secs(RELOAD_SECONDS.cast_unsigned());
/// How often expired rows are deleted.
const PURGE_EVERY: Duration = Duration::from_secs(30);
/// How often notices of logouts, and letters, are looked for.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How often is looked at what goes with a period or a tier.
const SETTLE_EVERY: Duration = Duration::from_secs(60 * 60);
/// In every which of these turns what Paddle has not told is looked up first.
const RECONCILE_EVERY: u64 = 24;
/// How many overseers are read at once for that.
const IN_A_STEP: i64 = 100;
/// How many rows a batch has: few, for requests wait behind it.
const BATCH: u64 = 4;
/// How long a purge takes until its batches double.
const DOUBLES_EVERY: Duration = Duration::from_secs(10);
/// How often they do at most.
const MOST_DOUBLINGS: u64 = 7;
/// How long a claim's outcome can be asked for after the challenge has expired, in seconds.
const KEEP_CHALLENGES: i64 = 24 * 60 * 60;

/// How long a letter waits for a mail server to be set, in seconds: months later nobody expects it.
const KEEP_LETTERS: i64 = 2 * DAY;

const DAY: i64 = 24 * 60 * 60;

/// Deletes a batch of one table; how many rows it was.
type Purge = fn(&mut Tx<'_>, before: i64, limit: i64) -> Result<u64, Error>;

/// Runs until it is dropped.
pub async fn run(app: App) {
    tokio::join!(tell_of_logouts(&app), send_letters(&app), keep_tiers(&app), keep(&app));
}

/// An application that answers late keeps nothing else waiting.
async fn tell_of_logouts(app: &App) {
    let mut tell = tokio::time::interval(TELL_EVERY);
    let sender = app.logout_sender();
    loop {
        tell.tick().await;
        if let Err(error) = backchannel_logout::send_due(&sender).await {
            tracing::warn!(%error, "notices of logouts can not be read now");
        }
    }
}

/// First what was not told, also when the program starts: it may not have been there when Paddle told something. As long as that
/// can not be looked up, nothing is taken from anybody.
async fn keep_tiers(app: &App) {
    let mut look = tokio::time::interval(SETTLE_EVERY);
    let (mut turn, mut is_known) = (0, true);
    loop {
        look.tick().await;
        if turn % RECONCILE_EVERY == 0 || !is_known {
            is_known = reconcile(app).await;
        }
        turn += 1;
        if is_known && let Err(error) = settle_all(app).await {
            tracing::warn!(%error, "tiers can not be settled now");
        }
    }
}

/// Whether everything could be looked up.
async fn reconcile(app: &App) -> bool {
    let Some(reconciler) = app.reconciler() else { return true };
    match reconciler.run().await {
        Ok(report) => {
            tracing::info!("{}", report.in_words());
            report.failed == report.failed_shadows
        }
        Err(error) => {
            tracing::warn!(%error, "what was not told can not be looked up now");
            false
        }
    }
}

/// Takes from everybody what goes, and gives back what there is room for. Where nobody is limited, only
/// those are looked at who have marked something to go with the period.
pub async fn settle_all(app: &App) -> Result<(), Error> {
    let mut after = String::new();
    let may_limit = app.tiers.may_limit();
    loop {
        let last = after.clone();
        let read = app.db.read(move |tx| match may_limit {
            true => overseers::list(tx, &last, IN_A_STEP),
            false => overseers::list_with_marks(tx, &last, IN_A_STEP),
        });
        let page = read.await?;
        let Some(last) = page.last() else { break };
        after = last.id.to_string();
        for overseer in page {
            app.settle(overseer.id).await;
        }
    }
    Ok(())
}

async fn send_letters(app: &App) {
    let Some(sender) = app.letter_sender() else { return };
    let mut look = tokio::time::interval(TELL_EVERY);
    loop {
        look.tick().await;
        if let Err(error) = letters::send_due(&sender).await {
            tracing::warn!(%error, "letters can not be read now");
        }
    }
}

async fn keep(app: &App) {
    let mut reload = tokio::time::interval(RELOAD_EVERY);
    let mut purge = tokio::time::interval(PURGE_EVERY);
    loop {
        tokio::select! {
            _ = reload.tick() => {
                if let Err(error) = app.signing_keys.reload(&app.db, &app.secrets).await {
                    tracing::error!(%error, "the signing keys can not be read again; those read before stay in use");
                }
            }
            _ = purge.tick() => {
                if let Err(error) = purge_expired(app).await {
                    tracing::warn!(%error, "expired rows can not be deleted now");
                }
            }
        }
    }
}

/// Ends what somebody without an account has paid for, once the time is over.
async fn end_shadows(app: &App, now: i64) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let last = after.clone();
        let page = app.db.read(move |tx| oversights::unpaid(tx, now, &last, IN_A_STEP)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.overseer_id.to_string();
        for oversight in page {
            app.settle(oversight.overseer_id).await;
        }
    }
}

/// Deletes what has expired, batch by batch, so that no request waits long behind it.
pub async fn purge_expired(app: &App) -> Result<u64, Error> {
    let now = app.clock.now();
    let history = now - i64::from(app.config.history.retention_days) * DAY;
    let tables: [(Purge, i64); 15] = [
        (sessions::purge, now),
        (challenges::purge, now - KEEP_CHALLENGES),
        (authorization_codes::purge, now),
        (interactions::purge, now),
        (pushed_requests::purge, now - pushed::REMEMBERED),
        (access_tokens::purge, now),
        (spent_proofs::purge, now),
        (revoked_tokens::purge, now),
        (signing_keys::purge, now),
        (account_links::purge, now),
        (email_confirmations::purge, now),
        (mails::purge, now - KEEP_LETTERS),
        (oauth_requests::purge, history),
        (security_events::purge, history),
        (authorization_days::purge, history),
    ];
    end_shadows(app, now).await?;
    let began = stopwatch();
    let mut deleted = 0;
    for (purge, before) in tables {
        loop {
            let limit = batch(began.elapsed());
            let delete = move |tx: &mut Tx<'_>| -> Result<u64, Error> { purge(tx, before, limit.cast_signed()) };
            let rows = app.db.write(delete).await?;
            deleted += rows;
            if rows < limit {
                break;
            }
        }
    }
    Ok(deleted)
}

/// The longer it takes, the larger the batches: a purge must not fall behind what expires.
fn batch(elapsed: Duration) -> u64 {
    BATCH << (elapsed.as_secs() / DOUBLES_EVERY.as_secs()).min(MOST_DOUBLINGS)
}
