//! Somebody who calls with a credential: what agents and overseers have in common.

use crate::app::App;
use crate::db::Tx;
use crate::identity::credentials::{Credential, Principal};
use crate::refusal::Refusal;

/// Somebody; who, is known only inside the transaction.
pub(super) struct Caller(pub(super) Credential);

impl Caller {
    /// What looks only: with a session it costs no write, unless an overseer's is due to be extended; a proof is
    /// spent.
    pub(super) async fn read<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Principal) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let now = app.clock.now();
        if matches!(self.0, Credential::Proof(_)) {
            return self.write(app, action).await;
        }
        let Self(credential) = self;
        let used = credential.clone();
        let (answer, is_due) = app
            .db
            .read(move |tx| -> Result<(T, bool), Refusal> {
                let (principal, is_due) = credential.authenticate(tx, now)?;
                Ok((action(tx, &principal)?, is_due))
            })
            .await?;
        if is_due {
            app.db.write(move |tx| used.extend(tx, now)).await?;
        }
        Ok(answer)
    }

    /// What changes something. A refused action is undone; a proof stays spent nevertheless.
    pub(super) async fn write<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Principal) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let now = app.clock.now();
        let Self(credential) = self;
        let attempted = app.db.write(move |tx| -> Result<Result<T, Refusal>, Refusal> {
            let (principal, is_due) = credential.authenticate(tx, now)?;
            if is_due {
                credential.extend(tx, now)?;
            }
            Ok(tx.attempt(|tx| action(tx, &principal))?)
        });
        attempted.await?
    }
}
