//! SQLite numbers `$2, $1` by appearance; the engine must not.

use agentid::db::{Db, Error};
use agentid::params;

use super::{open, settings};

/// The answer's columns, all text.
async fn select(db: &Db, sql: &'static str) -> Vec<String> {
    let row = db.read(move |tx| tx.query_one(sql, params!["one", "two"])).await.unwrap();
    (0..).map_while(|index| row.get(index).ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn placeholders_go_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&settings(&folder));
    assert_eq!(select(&db, "SELECT $2, $1").await, ["two", "one"]);
    assert_eq!(select(&db, "SELECT $2, $1, $2, $2").await, ["two", "one", "two", "two"]);
    assert_eq!(select(&db, "SELECT $2||$1").await, ["twoone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn literals_names_and_comments_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&settings(&folder));
    assert_eq!(select(&db, "SELECT '$1', $2, 'it''s $1', $1").await, ["$1", "two", "it's $1", "one"]);
    assert_eq!(select(&db, "SELECT a$1, $2, $1 FROM (SELECT 'name' AS a$1)").await, ["name", "two", "one"]);
    assert_eq!(select(&db, "SELECT \"$1 '\", $2, $1 FROM (SELECT 'name' AS \"$1 '\")").await, ["name", "two", "one"]);
    assert_eq!(select(&db, "SELECT /* '$1 */ $2, -- it's $1\n $1").await, ["two", "one"]);
    assert_eq!(select(&db, "SELECT 'é' || $2, (3 - 2) || $1 -- $1").await, ["étwo", "1one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_placeholder_has_a_value_and_every_value_a_placeholder() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&settings(&folder));
    let select = |sql: &'static str| db.read(move |tx| tx.query_one(sql, params!["one", "two"])?.get::<String>(0));
    assert_eq!(select("SELECT $1 || $2").await.unwrap(), "onetwo");
    for sql in ["SELECT $1 || $2 || $3", "SELECT $1", "SELECT $2 || $0", "SELECT ?1 || ?2", "SELECT $1 || $2 || $a"] {
        assert!(matches!(select(sql).await, Err(Error::Query(_))), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_comes_back_as_itself() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&settings(&folder));
    let none: Option<&str> = None;
    let row =
        db.read(move |tx| tx.query_one("SELECT $1, $2, $3, $4", params![i64::MIN, true, "", none])).await.unwrap();
    assert_eq!(row.get(0), Ok(i64::MIN));
    assert_eq!(row.get(1), Ok(true));
    assert_eq!(row.get(2), Ok(Some(String::new())));
    assert_eq!(row.get(3), Ok(None::<i64>));
    assert!(matches!(row.get::<String>(3), Err(Error::Row(_))), "NULL is not a text");
    assert!(matches!(row.get::<bool>(0), Err(Error::Row(_))), "a large number is not a flag");
    assert!(matches!(row.get::<i64>(5), Err(Error::Row(_))), "there is no such column");
}
