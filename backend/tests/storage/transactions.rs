//! One closure: atomic, poisoned by any failure, and with parts that can be undone.

use agentid::db::{Db, Error};
use tempfile::TempDir;

use super::{Refusal, ids, insert, open, settings};

fn database() -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&settings(&folder));
    (folder, db)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_undoes_what_its_closure_wrote() {
    let (_folder, db) = database();
    let refused = db.write(|tx| {
        insert(tx, "undone")?;
        Err::<(), _>(Refusal::Rule)
    });
    assert_eq!(refused.await, Err(Refusal::Rule));
    assert_eq!(db.read(ids).await.unwrap().len(), 0);
    assert!(!db.last_write_failed(), "a refusal is not a failure of the storage");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swallowed_failure_poisons_the_closure() {
    let (_folder, db) = database();
    let result = db.write(|tx| {
        insert(tx, "once")?;
        assert!(matches!(insert(tx, "once"), Err(Error::Constraint(_))));
        assert_eq!(insert(tx, "another"), Err(Error::Poisoned));
        assert_eq!(tx.query_all("SELECT 1", &[]).map(drop), Err(Error::Poisoned));
        assert_eq!(tx.attempt(|_| Ok::<_, Error>(())), Err(Error::Poisoned));
        Ok::<_, Error>(())
    });
    assert!(matches!(result.await, Err(Error::Constraint(message)) if message.contains("notes")));
    assert_eq!(db.read(ids).await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_part_is_undone_alone() {
    let (_folder, db) = database();
    let outcome = db.write(|tx| {
        insert(tx, "proof")?;
        let outcome = tx.attempt(|tx| {
            insert(tx, "action")?;
            Err::<(), _>(Refusal::Rule)
        })?;
        insert(tx, "trace")?;
        Ok::<_, Refusal>(outcome)
    });
    assert_eq!(outcome.await, Ok(Err(Refusal::Rule)));
    assert_eq!(db.read(ids).await.unwrap(), ["proof", "trace"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_nest() {
    let (_folder, db) = database();
    let nested = db.write(|tx| {
        let kept = tx.attempt(|tx| {
            insert(tx, "outer")?;
            let refused = tx.attempt(|tx| {
                insert(tx, "inner")?;
                Err::<(), _>(Refusal::Rule)
            })?;
            assert_eq!(refused, Err(Refusal::Rule));
            Ok::<_, Refusal>(())
        })?;
        let undone = tx.attempt(|tx| {
            tx.attempt(|tx| insert(tx, "inner of undone"))??;
            Err::<(), _>(Refusal::Rule)
        })?;
        Ok::<_, Refusal>((kept, undone))
    });
    assert_eq!(nested.await, Ok((Ok(()), Err(Refusal::Rule))));
    assert_eq!(db.read(ids).await.unwrap(), ["outer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_inside_a_part_undoes_the_whole_closure() {
    let (_folder, db) = database();
    let result = db.write(|tx| {
        insert(tx, "proof")?;
        let part = tx.attempt(|tx| {
            let _ = insert(tx, "proof");
            Ok::<_, Refusal>(())
        });
        assert!(matches!(part, Err(Error::Constraint(_))));
        Ok::<_, Error>(())
    });
    assert!(matches!(result.await, Err(Error::Constraint(_))));
    assert_eq!(db.read(ids).await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_rows_where_one_is_meant_are_an_error() {
    let (_folder, db) = database();
    let several = db.read(|tx| tx.query_opt("SELECT 1 UNION ALL SELECT 2", &[]).map(drop)).await;
    assert_eq!(several, Err(Error::Row("more than one row".to_owned())));
    let none = db.read(|tx| tx.query_one("SELECT 1 WHERE FALSE", &[]).map(drop)).await;
    assert_eq!(none, Err(Error::Row("no row".to_owned())));
}
