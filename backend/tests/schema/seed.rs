//! The seed document's list, as data: every table, column, key, CHECK, unique constraint and index that it names.

use super::{Migrated, migrated};

struct Table {
    name: &'static str,
    primary_key: &'static str,
    columns: &'static [&'static str],
    indexes: &'static [&'static str],
    /// Columns that are unique together.
    unique: &'static [&'static [&'static str]],
    /// Column, parent table, parent column; every one deletes with its parent.
    foreign_keys: &'static [(&'static str, &'static str, &'static str)],
    /// Column and its allowed values.
    checks: &'static [(&'static str, &'static [&'static str])],
}

const SEED: &[Table] = &[
    Table {
        name: "agents",
        primary_key: "id",
        columns: &[
            "id",
            "name",
            "public_key",
            "description",
            "created_at",
            "updated_at",
            "oauth_count",
            "billing_period_end",
        ],
        indexes: &["idx_agents_public_key"],
        unique: &[&["public_key"]],
        foreign_keys: &[],
        checks: &[],
    },
    Table {
        name: "overseers",
        primary_key: "id",
        columns: &[
            "id",
            "name",
            "email",
            "password_hash",
            "paddle_subscription_id",
            "paddle_customer_id",
            "created_at",
            "updated_at",
        ],
        indexes: &["idx_overseers_email", "idx_overseers_paddle_subscription", "idx_overseers_paddle_customer"],
        unique: &[&["email"], &["paddle_subscription_id"], &["paddle_customer_id"]],
        foreign_keys: &[],
        checks: &[],
    },
    Table {
        name: "oversights",
        primary_key: "id",
        columns: &["id", "overseer_id", "agent_id", "active", "marked_for_cancellation", "created_at", "updated_at"],
        indexes: &[
            "idx_oversights_overseer",
            "idx_oversights_agent",
            "idx_oversights_active",
            "idx_oversights_overseer_agent",
        ],
        unique: &[&["overseer_id", "agent_id"]],
        foreign_keys: &[("agent_id", "agents", "id")],
        checks: &[],
    },
    Table {
        name: "oauth_clients",
        primary_key: "id",
        columns: &[
            "id",
            "owner_type",
            "owner_id",
            "client_secret_hash",
            "name",
            "redirect_uris",
            "token_endpoint_auth_method",
            "application_type",
            "scope",
            "public_key",
            "created_at",
            "updated_at",
            "marked_for_cancellation",
            "disabled_at",
            "disabled_reason",
        ],
        indexes: &["idx_oauth_clients_owner", "idx_oauth_clients_marked_for_cancellation"],
        unique: &[],
        foreign_keys: &[],
        checks: &[("owner_type", &["agent", "overseer"])],
    },
    Table {
        name: "oauth_requests",
        primary_key: "id",
        columns: &["id", "agent_id", "client_id", "scopes", "status", "created_at"],
        indexes: &["idx_oauth_requests_agent", "idx_oauth_requests_created"],
        unique: &[],
        foreign_keys: &[("agent_id", "agents", "id")],
        checks: &[],
    },
    Table {
        name: "client_blocks",
        primary_key: "id",
        columns: &["id", "agent_id", "overseer_id", "client_id", "created_at"],
        indexes: &["idx_client_blocks_agent"],
        unique: &[&["agent_id", "client_id"]],
        foreign_keys: &[("agent_id", "agents", "id"), ("overseer_id", "overseers", "id")],
        checks: &[],
    },
    Table {
        name: "sessions",
        primary_key: "id",
        columns: &["id", "entity_type", "entity_id", "expires_at", "created_at"],
        indexes: &["idx_sessions_entity", "idx_sessions_expires"],
        unique: &[],
        foreign_keys: &[],
        checks: &[("entity_type", &["agent", "overseer"])],
    },
    Table {
        name: "challenges",
        primary_key: "id",
        columns: &["id", "challenge_type", "entity_id", "expires_at", "challenge_data", "created_at"],
        indexes: &["idx_challenges_entity", "idx_challenges_expires"],
        unique: &[],
        foreign_keys: &[],
        checks: &[("challenge_type", &["dpop", "claim", "key_rotation", "shadow_claim"])],
    },
    Table {
        name: "subscription_tiers",
        primary_key: "tier",
        columns: &["tier", "max_agents", "max_clients", "max_oauth_per_period", "price", "is_hidden", "created_at"],
        indexes: &[],
        unique: &[],
        foreign_keys: &[],
        checks: &[],
    },
    Table {
        name: "authorization_codes",
        primary_key: "id",
        columns: &[
            "id",
            "agent_id",
            "client_id",
            "code_challenge",
            "code_challenge_method",
            "scopes",
            "nonce",
            "expires_at",
            "used",
            "created_at",
        ],
        indexes: &["idx_auth_codes_agent", "idx_auth_codes_expires"],
        unique: &[],
        foreign_keys: &[("agent_id", "agents", "id")],
        checks: &[],
    },
    Table {
        name: "access_tokens",
        primary_key: "id",
        columns: &[
            "id",
            "agent_id",
            "client_id",
            "scopes",
            "access_token_hash",
            "refresh_token_hash",
            "expires_at",
            "created_at",
            "revoked",
        ],
        indexes: &["idx_access_tokens_agent", "idx_access_tokens_expires"],
        unique: &[],
        foreign_keys: &[("agent_id", "agents", "id")],
        checks: &[],
    },
    Table {
        name: "revoked_tokens",
        primary_key: "id",
        columns: &["id", "jti", "token_type", "expires_at", "created_at"],
        indexes: &["idx_revoked_tokens_jti", "idx_revoked_tokens_expires"],
        unique: &[&["jti"]],
        foreign_keys: &[],
        checks: &[("token_type", &["access", "refresh"])],
    },
];

#[test]
fn the_seed_names_twelve_tables() {
    assert_eq!(SEED.len(), 12);
}

#[test]
fn every_column_is_there_and_the_primary_key_is_the_named_one() {
    let database = migrated();
    for table in SEED {
        let columns = database.columns(table.name);
        for column in table.columns {
            assert!(columns.iter().any(|name| name == column), "{}.{column} is missing: {columns:?}", table.name);
        }
        let key = database.texts("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", table.name);
        assert_eq!(key, [table.primary_key], "{}", table.name);
    }
}

#[test]
fn every_index_is_there() {
    let database = migrated();
    for table in SEED {
        let indexes = database.texts("SELECT name FROM pragma_index_list(?1)", table.name);
        for index in table.indexes {
            assert!(indexes.iter().any(|name| name == index), "{} has no {index}: {indexes:?}", table.name);
        }
    }
}

#[test]
fn what_is_unique_is_unique_for_all_rows() {
    let database = migrated();
    for table in SEED {
        for columns in table.unique {
            assert!(database.is_unique(table.name, columns, false), "{}: {columns:?}", table.name);
        }
    }
}

#[test]
fn every_foreign_key_is_there_and_deletes_with_its_parent() {
    let database = migrated();
    for table in SEED {
        let sql =
            "SELECT \"from\" || ' ' || \"table\" || ' ' || \"to\" || ' ' || on_delete FROM pragma_foreign_key_list(?1)";
        let mut found = database.texts(sql, table.name);
        let mut expected: Vec<String> =
            table.foreign_keys.iter().map(|(column, parent, key)| format!("{column} {parent} {key} CASCADE")).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{}", table.name);
    }
}

/// Each allowed value is taken and another one refused, by the CHECK and by nothing else.
#[test]
fn every_check_lets_just_its_values_pass() {
    let database = migrated();
    for table in SEED {
        for (column, allowed) in table.checks {
            for value in *allowed {
                insert(&database, table, column, value).unwrap_or_else(|error| panic!("{column} = {value}: {error}"));
            }
            let error = insert(&database, table, column, "something else").unwrap_err().to_string();
            assert!(error.contains("CHECK"), "{}.{column}: {error}", table.name);
        }
    }
}

/// A row with `value` in one column and a unique text in every other that must not be NULL.
fn insert(database: &Migrated, table: &Table, column: &str, value: &str) -> rusqlite::Result<usize> {
    let required = database.texts("SELECT name FROM pragma_table_info(?1) WHERE \"notnull\" = 1", table.name);
    let values: Vec<String> = required
        .iter()
        .map(|name| if name == column { value.to_owned() } else { format!("{name} of {value}") })
        .collect();
    let places: Vec<&str> = values.iter().map(|_| "?").collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, required.join(", "), places.join(", "));
    database.connection.execute(&sql, rusqlite::params_from_iter(values))
}
