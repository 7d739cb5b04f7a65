//! The migrations on Cloudflare D1. The real `wrangler` applies the files as they are to the real `workerd`, as whoever
//! runs D1 does: it splits each file into statements and runs them as one batch, a transaction with foreign keys on.
//! What comes of it is held against the bundled SQLite. Cloudflare's own service is not asked.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod behaviour;
mod wrangler;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wrangler::{D1, Rows};

use crate::schema::{Migrated, migrated};

fn migrations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")
}

/// Which tables are compared: not those that D1, wrangler, SQLite and our migrator make for themselves.
const OURS: &str = "substr(t.tbl_name, 1, 4) <> '_cf_'
                    AND t.tbl_name NOT IN ('d1_migrations', 'sqlite_sequence', 'schema_migrations')";

/// Everything that SQLite says of a schema. Nothing is normalised: the stored statements are compared as texts.
fn questions() -> Vec<String> {
    let of_each_table = |columns: &str, pragmas: &str| {
        format!(
            "SELECT json_array(t.name, {columns}) AS row FROM sqlite_schema t, {pragmas}
             WHERE t.type = 'table' AND {OURS}"
        )
    };
    vec![
        format!("SELECT json_array(t.type, t.name, t.tbl_name, t.sql) AS row FROM sqlite_schema t WHERE {OURS}"),
        of_each_table("l.type, l.ncol, l.wr, l.strict", "pragma_table_list(t.name) l"),
        of_each_table(
            "x.cid, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden",
            "pragma_table_xinfo(t.name) x",
        ),
        of_each_table(
            "l.name, l.\"unique\", l.origin, l.partial, x.seqno, x.cid, x.name, x.\"desc\", x.coll, x.key",
            "pragma_index_list(t.name) l, pragma_index_xinfo(l.name) x",
        ),
        of_each_table(
            "k.id, k.seq, k.\"table\", k.\"from\", k.\"to\", k.on_update, k.on_delete, k.\"match\"",
            "pragma_foreign_key_list(t.name) k",
        ),
    ]
}

/// One question for each table: its rows.
fn contents(ours: &Migrated) -> Vec<String> {
    let tables = ours.texts(&format!("SELECT t.name FROM sqlite_schema t WHERE t.type = ?1 AND {OURS}"), "table");
    let question = |table: &String| {
        format!("SELECT json_array('{table}', {}) AS row FROM {table}", ours.columns(table).join(", "))
    };
    tables.iter().map(question).collect()
}

fn of_sqlite(ours: &Migrated, question: &str) -> BTreeSet<String> {
    let mut statement = ours.connection.prepare(question).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn of_d1(rows: &Rows) -> BTreeSet<String> {
    rows.iter().map(|row| row["row"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn d1_has_the_schema_and_the_rows_that_sqlite_has() {
    let ours = migrated();
    let d1 = D1::migrated(&migrations());
    let contents = contents(&ours);
    let questions = [questions(), contents.clone()].concat();
    let texts: Vec<&str> = questions.iter().map(String::as_str).collect();
    let mut rows = Vec::new();
    for (question, answer) in questions.iter().zip(d1.run(&texts).unwrap()) {
        let (on_d1, on_sqlite) = (of_d1(&answer), of_sqlite(&ours, question));
        let only_d1: Vec<&String> = on_d1.difference(&on_sqlite).collect();
        let only_sqlite: Vec<&String> = on_sqlite.difference(&on_d1).collect();
        assert!(
            only_d1.is_empty() && only_sqlite.is_empty(),
            "only D1 has {only_d1:#?}, only SQLite has {only_sqlite:#?}"
        );
        rows.push(on_d1.len());
    }
    // No question was answered with nothing, and the rows that migrations insert are there.
    let (schema, tables) = rows.split_at(questions.len() - contents.len());
    assert!(schema.iter().all(|count| *count > 0), "{schema:?}");
    assert!(tables.iter().any(|count| *count > 0), "{tables:?}");
}
