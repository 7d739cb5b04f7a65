//! Where a statement ends, how far it may reach, and what is said when it fails. Whatever happens, nothing is left behind.

use super::server::{Role, client, model, model_on, refusal, url, url_with};
use crate::support::{places, table};

/// What PostgreSQL reads otherwise than SQLite: a semicolon that ends no statement, and one that does.
const AWKWARD: &str = r#"/* one /* in; */ the other; */ -- and; this
CREATE FUNCTION dollars(a text) RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
  -- A semicolon; and $$ another quote; $$
  RETURN 'x;' || a;
END $body$;
CREATE FUNCTION standard(a int) RETURNS int LANGUAGE sql
BEGIN ATOMIC
  SELECT CASE WHEN a > 0 THEN 1 ELSE 0 END;
  SELECT a + 1;
END;
CREATE PROCEDURE old_style() LANGUAGE sql AS $$ SELECT 1; $$;
CREATE TABLE "a;b" ("c;""d" TEXT DEFAULT E'it\';s' /* ; */, e TEXT DEFAULT 'back\', f TEXT DEFAULT U&'\0041;');
CREATE TABLE log (id TEXT);
CREATE RULE noted AS ON INSERT TO log DO ALSO (
  DELETE FROM log; DELETE FROM log
);
;;
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_tables WHERE tablename = 'late') THEN CREATE TABLE late (id TEXT); END IF; END $$;
CREATE TABLE last ("end" TEXT, "begin" TEXT)"#;

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn where_a_statement_ends() {
    let model = model(&[("1.sql", AWKWARD)]);
    let found: Vec<_> = model.tables.iter().map(|table| (table.name.as_str(), table.history.introduced.line)).collect();
    assert_eq!(found, [("a;b", 13), ("last", 20), ("late", 19), ("log", 14)]);
    let first = table(&model, "a;b");
    assert_eq!(first.columns[0].name, "c;\"d");
    let defaults: Vec<_> = first.columns.iter().map(|column| column.default.as_deref().unwrap_or("-")).collect();
    assert_eq!(defaults, ["'it'';s'::text", "'back\\'::text", "'A;'::text"]);
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn folders_of_other_tools() {
    let model = model(&[
        (
            "1_goose.sql",
            "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE a (id TEXT);\n-- +goose StatementEnd\n\
             -- +goose Down\nDROP TABLE a;\n",
        ),
        (
            "2_dbmate.sql",
            "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (id);\n\n-- migrate:down\nDROP INDEX i;\n",
        ),
    ]);
    let a = table(&model, "a");
    assert_eq!(a.history.introduced.to_string(), "1_goose.sql:3");
    assert_eq!(places(&a.indexes[0].history), ("2_dbmate.sql:2".to_owned(), None));
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn an_error_names_its_statement() {
    let ok = ("1.sql", "CREATE TABLE a (id TEXT);\n");
    let fails = |second| refusal(&[ok, ("2.sql", second)]);
    assert_eq!(
        fails("\n-- Wrong.\nALTER TABLE b\n  ADD c TEXT;\n"),
        "2.sql:3: relation \"b\" does not exist\n    ALTER TABLE b\n      ADD c TEXT;"
    );
    assert_eq!(
        fails("CREATE TABLE c (id TEXT REFERENCES a (id));"),
        "2.sql:1: there is no unique constraint matching given keys for referenced table \"a\"\n    \
         CREATE TABLE c (id TEXT REFERENCES a (id));"
    );
    let hinted = fails("SELECT nothing('x');");
    assert!(hinted.starts_with("2.sql:1: function nothing(unknown) does not exist (No function matches"), "{hinted}");
    let in_transaction = fails("BEGIN;\nCREATE INDEX CONCURRENTLY i ON a (id);\nCOMMIT;");
    assert!(in_transaction.starts_with("2.sql:2: CREATE INDEX CONCURRENTLY cannot run inside a"), "{in_transaction}");
    let late = fails(
        "CREATE TABLE p (id TEXT PRIMARY KEY);\nCREATE TABLE c (p TEXT REFERENCES p DEFERRABLE INITIALLY DEFERRED);\n\
         BEGIN;\nINSERT INTO c VALUES ('x');\n",
    );
    assert!(late.starts_with("2.sql:4: insert or update on table \"c\" violates foreign key"), "{late}");
    assert!(fails("SELECT 'open").starts_with("2.sql:1: unterminated quoted string"), "no end");
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn what_reaches_further_is_not_run() {
    for (statement, why) in [
        ("CREATE DATABASE other", "another database"),
        ("drop /* it */ database if exists postgres", "another database"),
        ("ALTER SYSTEM SET work_mem = '1GB'", "the whole server"),
        ("CREATE TABLESPACE t LOCATION '/tmp'", "disks"),
        ("DROP SUBSCRIPTION IF EXISTS s", "another server"),
        ("BEGIN; PREPARE TRANSACTION 'x'", "leaves a transaction"),
        ("COPY a TO PROGRAM 'cat'", "use INSERT"),
        ("COPY a FROM stdin", "use INSERT"),
        ("\\connect other", "a command of psql"),
    ] {
        let said = refusal(&[("1.sql", &format!("CREATE TABLE a (id TEXT);\n{statement};\n"))]);
        assert!(said.starts_with("1.sql:2: the statement is not run here: "), "{said}");
        assert!(said.contains(why), "{said}");
    }
    // What begins likewise and stays inside.
    let inside = model(&[(
        "1.sql",
        "CREATE TABLE database (copy TEXT, system TEXT);\nALTER TABLE database ADD subscription TEXT;\n\
         PREPARE p AS SELECT 1;\nDROP TABLE IF EXISTS tablespace;\n",
    )]);
    assert_eq!((inside.tables[0].columns.len(), inside.warnings.len()), (3, 0));
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn roles_are_left_as_they_are() {
    let roles = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'schemadoc_test_%'";
    let model = model(&[(
        "1.sql",
        "CREATE ROLE schemadoc_test_one;\nCREATE TABLE a (id TEXT);\nGRANT SELECT ON a TO schemadoc_test_one;\n\
         ALTER TABLE a OWNER TO schemadoc_test_one;\n\
         DO $$ BEGIN IF TRUE THEN CREATE USER schemadoc_test_two; END IF; END $$;\n\
         ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC;\nALTER DATABASE postgres SET work_mem = '1GB';\n\
         CREATE FOREIGN DATA WRAPPER w;\nCREATE SERVER s FOREIGN DATA WRAPPER w;\n\
         CREATE USER MAPPING FOR CURRENT_USER SERVER s;\nDO $$ BEGIN CREATE TABLE b (role TEXT); END $$;\n",
    )]);
    let lines: Vec<usize> = model.warnings.iter().map(|warning| warning.line).collect();
    assert_eq!(lines, [1, 3, 4, 5, 6, 7]);
    assert_eq!(model.warnings[0].text, "Roles and rights belong to the whole server: the statement was not run.");
    assert_eq!(model.tables.len(), 2);
    assert_eq!(client(&url()).query_one(roles, &[]).unwrap().get::<_, i64>(0), 0);
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn nothing_is_left_behind() {
    let role = Role::new("CREATEDB");
    let ok = "CREATE TABLE a (id TEXT);\n";
    assert_eq!(model_on(&role.url, &[("1.sql", ok)]).unwrap().tables.len(), 1);
    assert_eq!(role.databases(), Vec::<String>::new());
    for wrong in ["SELECT 1 / 0;", "COPY a TO stdout;", "CREATE TABLE \"A\" (id TEXT);", "BEGIN; SELECT wrong;"] {
        model_on(&role.url, &[("1.sql", &format!("{ok}{wrong}"))]).unwrap_err();
        assert_eq!(role.databases(), Vec::<String>::new(), "{wrong}");
    }
    // It is seen while it is there: the role may not end its own connection and still be answered.
    let there =
        "CREATE TABLE seen AS SELECT count(*) AS many FROM pg_database WHERE pg_get_userbyid(datdba) = current_user";
    let seen = model_on(&role.url, &[("1.sql", there)]).unwrap();
    assert_eq!(seen.tables[0].rows, [[serde_json::json!(1)]]);
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn what_is_there_is_not_touched() {
    let role = Role::new("CREATEDB");
    client(&role.url).batch_execute(&format!("CREATE DATABASE {}", role.name)).unwrap();
    let own = url_with(|url| {
        *url = url::Url::parse(&role.url).unwrap();
        url.set_path(&role.name);
    });
    client(&own).batch_execute("CREATE TABLE public.kept (id TEXT); INSERT INTO kept VALUES ('x')").unwrap();
    let model = model_on(
        &own,
        &[(
            "1.sql",
            "DROP TABLE IF EXISTS public.kept;\nCREATE TABLE public.kept (other TEXT);\nDROP SCHEMA public CASCADE;\n",
        )],
    );
    assert_eq!(model.unwrap().tables.len(), 0);
    assert_eq!(client(&own).query_one("SELECT id FROM public.kept", &[]).unwrap().get::<_, String>(0), "x");
    assert_eq!(role.databases(), std::slice::from_ref(&role.name));
}
