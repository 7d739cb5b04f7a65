//! One file per table: its row and its queries. The only place with SQL.

pub mod access_tokens;
pub mod account_links;
pub mod agents;
pub mod authorization_codes;
pub mod authorization_days;
pub mod billing_events;
pub mod challenges;
pub mod checkouts;
pub mod client_blocks;
pub mod consents;
pub mod email_confirmations;
pub mod interactions;
pub mod logout_notices;
pub mod mails;
pub mod oauth_clients;
pub mod oauth_requests;
pub mod overseers;
pub mod oversights;
pub mod pushed_requests;
pub mod resource_owners;
pub mod retired_keys;
pub mod revoked_tokens;
pub mod security_events;
pub mod server_values;
pub mod sessions;
pub mod signing_keys;
pub mod spent_proofs;
pub mod subscription_tiers;
pub mod subscriptions;

use super::{FromColumn, Value};
use crate::crypto::ed25519::PublicKey;
use crate::crypto::key_set::KeySet;
use crate::crypto::signer::SigningAlgorithm;
use crate::id::{AgentId, ChallengeId, ClientId, EventId, InteractionId, OverseerId, RequestId, TokenId};

/// Declares a row type of a table: the struct, its columns in order, and how to read it.
/// `Row::one(tx, "WHERE id = $1", params![id])` selects exactly these columns.
macro_rules! row {
    ($(#[$doc:meta])* $Row:ident of $table:literal {
        $(#[$first_doc:meta])* $first:ident: $First:ty,
        $($(#[$column_doc:meta])* $column:ident: $Column:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $Row {
            $(#[$first_doc])* pub $first: $First,
            $($(#[$column_doc])* pub $column: $Column,)*
        }

        impl $Row {
            /// The table and the columns that the row is read from.
            pub const TABLE: (&'static str, &'static [&'static str]) =
                ($table, &[stringify!($first), $(stringify!($column)),*]);

            const SELECT: &'static str =
                concat!("SELECT ", stringify!($first), $(", ", stringify!($column),)* " FROM ", $table, " ");

            fn from_row(row: &crate::db::Row) -> Result<Self, crate::db::Error> {
                let mut columns = 0..;
                let mut next = || columns.next().unwrap_or(usize::MAX);
                Ok(Self { $first: row.get(next())?, $($column: row.get(next())?,)* })
            }

            #[allow(clippy::allow_attributes, dead_code, reason = "a table may need only one of the two")]
            fn one(
                tx: &mut crate::db::Tx<'_>,
                clause: &str,
                parameters: &[crate::db::Value<'_>],
            ) -> Result<Option<Self>, crate::db::Error> {
                let sql = [Self::SELECT, clause].concat();
                tx.query_opt(&sql, parameters)?.map(|row| Self::from_row(&row)).transpose()
            }

            #[allow(clippy::allow_attributes, dead_code, reason = "a table may need only one of the two")]
            fn all(
                tx: &mut crate::db::Tx<'_>,
                clause: &str,
                parameters: &[crate::db::Value<'_>],
            ) -> Result<Vec<Self>, crate::db::Error> {
                let sql = [Self::SELECT, clause].concat();
                tx.query_all(&sql, parameters)?.iter().map(Self::from_row).collect()
            }
        }
    };
}
pub(crate) use row;

/// Every row type's table and columns, for the test that compares them with the migrated database.
pub const ROWS: &[(&str, &[&str])] = &[
    access_tokens::AccessToken::TABLE,
    account_links::AccountLink::TABLE,
    agents::Agent::TABLE,
    authorization_codes::AuthorizationCode::TABLE,
    billing_events::BillingEvent::TABLE,
    challenges::Challenge::TABLE,
    checkouts::Checkout::TABLE,
    client_blocks::ClientBlock::TABLE,
    consents::Consent::TABLE,
    email_confirmations::EmailConfirmation::TABLE,
    interactions::Interaction::TABLE,
    logout_notices::LogoutNotice::TABLE,
    mails::Mail::TABLE,
    oauth_clients::OauthClient::TABLE,
    oauth_requests::OauthRequest::TABLE,
    overseers::Overseer::TABLE,
    oversights::Oversight::TABLE,
    pushed_requests::PushedRequest::TABLE,
    revoked_tokens::RevokedToken::TABLE,
    resource_owners::ResourceOwner::TABLE,
    security_events::SecurityEvent::TABLE,
    sessions::Session::TABLE,
    signing_keys::SigningKeyRow::TABLE,
    subscription_tiers::SubscriptionTier::TABLE,
    subscriptions::Subscription::TABLE,
];

/// Cuts rows that were read with one too many, to see whether there are more: by what the last one that stays is known then.
pub fn cut<T, I>(rows: &mut Vec<T>, limit: i64, id: impl Fn(&T) -> I) -> Option<I> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| has_more).map(id)
}

macro_rules! parsed_column {
    ($($Type:ty),+) => {$(
        impl FromColumn for $Type {
            fn from_column(value: Value<'_>) -> Option<Self> {
                if let Value::Text(text) = value { Self::parse(text) } else { None }
            }
        }

        impl<'a> From<&'a $Type> for Value<'a> {
            fn from(id: &'a $Type) -> Self {
                Self::Text(id.as_str())
            }
        }
    )+};
}
parsed_column!(AgentId, OverseerId, ClientId, ChallengeId, EventId, InteractionId, RequestId, TokenId);

impl FromColumn for SigningAlgorithm {
    fn from_column(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Self::parse(text) } else { None }
    }
}

impl FromColumn for KeySet {
    fn from_column(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Self::parse(&serde_json::from_str::<Vec<_>>(text).ok()?).ok() } else { None }
    }
}

impl FromColumn for PublicKey {
    fn from_column(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Self::from_stored(text) } else { None }
    }
}
