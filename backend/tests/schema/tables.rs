//! What the rules of the tables rest on beyond the seed's list.

use agentid::db::schema::ROWS;

use super::migrated;

#[test]
fn every_row_type_reads_columns_that_exist() {
    let database = migrated();
    for (table, columns) in ROWS {
        let existing = database.columns(table);
        for column in *columns {
            assert!(existing.iter().any(|name| name == column), "{table}.{column} is read and does not exist");
        }
    }
}

/// An index of the table that nobody names is an index that nobody checks.
#[test]
fn every_table_with_a_row_type_is_listed() {
    let schema = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/schema");
    let declaring = std::fs::read_dir(schema).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        path.file_name().is_some_and(|name| name != "mod.rs")
            && std::fs::read_to_string(path).unwrap().contains("super::row!")
    });
    assert_eq!(declaring.count(), ROWS.len());
}

#[test]
fn an_agent_has_at_most_one_active_oversight() {
    let database = migrated();
    assert!(database.is_unique("oversights", &["agent_id"], true));
    let insert_agent = "INSERT INTO agents (id, name, public_key, created_at, updated_at, billing_period_end)
                        VALUES ('a', 'a', 'k', 0, 0, 0)";
    database.connection.execute(insert_agent, []).unwrap();
    let insert = |id: &str, active: bool| {
        let sql = "INSERT INTO oversights (id, overseer_id, agent_id, active, created_at, updated_at)
                   VALUES (?1, ?1, 'a', ?2, 0, 0)";
        database.connection.execute(sql, rusqlite::params![id, active])
    };
    insert("first", true).unwrap();
    insert("ended", false).unwrap();
    insert("second", true).unwrap_err();
}

#[test]
fn a_key_that_was_retired_is_known_once() {
    assert!(migrated().is_unique("retired_keys", &["public_key"], false));
}

#[test]
fn the_first_tiers_are_those_of_the_price_list() {
    let database = migrated();
    let sql =
        "SELECT tier || ' ' || max_agents || ' ' || max_clients || ' ' || max_oauth_per_period || ' ' || price || ' '
                      || is_hidden
               FROM subscription_tiers WHERE tier <> ?1 ORDER BY price";
    let tiers = database.texts(sql, "");
    let expected = [
        "FREE 1 2 100 0 0",
        "BASIC 5 10 -1 900 0",
        "SHADOW 1 10 -1 2000 1",
        "PRO 25 50 -1 2900 0",
        "PREMIUM -1 -1 -1 9900 0",
    ];
    assert_eq!(tiers, expected);
}

#[test]
fn deleting_an_overseer_finds_its_blocks_by_an_index() {
    assert_eq!(migrated().index_columns("idx_client_blocks_overseer"), ["overseer_id"]);
}
