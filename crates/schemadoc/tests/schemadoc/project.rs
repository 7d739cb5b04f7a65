//! This project's own documentation, held against what SQLite itself says of the migrated database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::support::{Folder, files};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn docs() -> PathBuf {
    root().join("docs/v1/database")
}

fn page(path: &str) -> String {
    fs::read_to_string(docs().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A database with every migration, and foreign keys on.
fn migrated() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    let folder = root().join("backend/migrations");
    for file in files(&folder) {
        database.execute_batch(&fs::read_to_string(folder.join(&file)).unwrap()).unwrap();
    }
    database
}

/// The rows of a query, each value as text.
fn ask(database: &Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = database.prepare(sql).unwrap();
    let count = statement.column_count();
    let text = |value: Value| match value {
        Value::Null => String::new(),
        Value::Integer(integer) => integer.to_string(),
        Value::Text(text) => text,
        Value::Real(_) | Value::Blob(_) => panic!("no PRAGMA answers that"),
    };
    let rows = statement.query_map([], |row| (0..count).map(|at| Ok(text(row.get(at)?))).collect()).unwrap();
    rows.map(Result::unwrap).collect()
}

fn tables(database: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
    ask(database, sql).into_iter().map(|row| row[0].clone()).collect()
}

/// The rows below a heading of a page, without the quotes of code and without what Markdown escapes.
fn grid(page: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    let rows = lines.filter(|line| line.starts_with('|')).skip(2);
    let cell = |text: &str| text.trim().replace("\\|", "|").replace('`', "");
    rows.map(|row| row[1..row.len() - 1].split(" |").map(cell).collect()).collect()
}

/// The columns of an index.
fn index_columns(database: &Connection, index: &str) -> String {
    let rows = ask(database, &format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno"));
    rows.into_iter().map(|row| row[0].clone()).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_column_is_on_its_page() {
    let database = migrated();
    for table in tables(&database) {
        let rows = grid(&page(&format!("tables/{table}.md")), "## Columns");
        let sql = format!("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo('{table}')");
        let columns = ask(&database, &sql);
        assert!(!columns.is_empty() && columns.len() == rows.len(), "{table}");
        for (column, row) in columns.iter().zip(&rows) {
            let [name, kind, not_null, default, primary] = column.as_slice() else { panic!("{column:?}") };
            let [own, own_kind, null, own_default, limits, since, description] = row.as_slice() else {
                panic!("{row:?}")
            };
            assert_eq!([own, own_kind, own_default], [name, kind, default], "{table}");
            assert_eq!(null == "no", not_null == "1", "{table}.{name}");
            assert_eq!(limits.contains("primary key"), primary != "0", "{table}.{name}");
            let unique = format!(
                "SELECT 1 FROM pragma_index_list('{table}') l WHERE \"unique\" AND NOT partial AND origin <> 'pk'
                AND (SELECT group_concat(name) FROM pragma_index_info(l.name)) = '{name}'"
            );
            let is_unique = limits.split("; ").any(|limit| limit == "unique");
            assert_eq!(is_unique, !ask(&database, &unique).is_empty(), "{table}.{name}");
            for key in ask(
                &database,
                &format!("SELECT \"table\" FROM pragma_foreign_key_list('{table}') WHERE \"from\" = '{name}'"),
            ) {
                assert!(limits.contains(&format!("references [{0}]({0}.md)", key[0])), "{table}.{name}");
            }
            assert!(since.starts_with("[00") && description.len() > 5, "{table}.{name}: {description}");
        }
    }
}

#[test]
fn every_index_is_on_its_page_and_in_the_summary() {
    let database = migrated();
    let mut summary = grid(&page("relationships.md"), "## All indexes");
    for table in tables(&database) {
        let mut rows = grid(&page(&format!("tables/{table}.md")), "## Indexes");
        let sql = format!("SELECT name, \"unique\", origin, partial FROM pragma_index_list('{table}')");
        for index in ask(&database, &sql) {
            let [name, unique, origin, partial] = index.as_slice() else { panic!("{index:?}") };
            let columns = index_columns(&database, name);
            let condition = ask(&database, &format!("SELECT sql FROM sqlite_schema WHERE name = '{name}'"));
            let condition = condition[0][0].split_once(" WHERE ").map(|(_, condition)| condition.to_owned());
            assert_eq!(condition.is_some(), partial == "1", "{name}");
            let is_unique = match (unique.as_str(), condition) {
                ("1", None) => "yes".to_owned(),
                ("1", Some(condition)) => format!("where {condition}"),
                (_, None) => "no".to_owned(),
                (_, Some(condition)) => format!("no; only where {condition}"),
            };
            let shown = match origin.as_str() {
                "c" => name.clone(),
                "u" => format!("unique ({columns})"),
                _ => "primary key".to_owned(),
            };
            if origin == "c" {
                let at = rows.iter().position(|row| &row[0] == name).unwrap_or_else(|| panic!("{name}"));
                let row = rows.remove(at);
                assert_eq!([&row[1], &row[2]], [&columns, &is_unique], "{name}");
                assert!(row[4].len() > 5, "{name} has no purpose");
            }
            let expected = [format!("[{table}](tables/{table}.md)"), shown, columns, is_unique];
            let at = summary.iter().position(|row| row[..4] == expected).unwrap_or_else(|| panic!("{expected:?}"));
            assert!(summary.remove(at)[4].len() > 5, "{name} has no purpose in the summary");
        }
        assert_eq!(rows, [[""; 0]; 0], "{table}: no such index");
    }
    assert_eq!(summary, [[""; 0]; 0], "no such index");
}

#[test]
fn every_constraint_is_on_its_page() {
    let database = migrated();
    for table in tables(&database) {
        let mut definitions: Vec<String> = Vec::new();
        let primary =
            ask(&database, &format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"));
        let primary: Vec<String> = primary.into_iter().map(|row| row[0].clone()).collect();
        definitions.push(format!("PRIMARY KEY ({})", primary.join(", ")));
        for index in ask(&database, &format!("SELECT name FROM pragma_index_list('{table}') WHERE origin = 'u'")) {
            definitions.push(format!("UNIQUE ({})", index_columns(&database, &index[0])));
        }
        // No key of this schema is composite: each row is one.
        for key in ask(
            &database,
            &format!(
                "SELECT \"from\", \"table\", \"to\", on_delete, on_update FROM pragma_foreign_key_list('{table}')"
            ),
        ) {
            let [from, parent, to, on_delete, on_update] = key.as_slice() else { panic!("{key:?}") };
            definitions.push(format!(
                "FOREIGN KEY ({from}) REFERENCES {parent} ({to}) ON DELETE {on_delete} ON UPDATE {on_update}"
            ));
        }
        let rows = grid(&page(&format!("tables/{table}.md")), "## Constraints");
        let sql = &ask(&database, &format!("SELECT sql FROM sqlite_schema WHERE name = '{table}'"))[0][0];
        let (checks, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row[1].starts_with("CHECK "));
        assert_eq!(checks.len(), sql.matches("CHECK (").count(), "{table}");
        assert!(checks.iter().all(|row| sql.contains(&row[1])), "{table}");
        let mut shown: Vec<String> = others.iter().map(|row| row[1].clone()).collect();
        shown.sort();
        definitions.sort();
        assert_eq!(shown, definitions, "{table}");
        assert!(rows.iter().all(|row| row[2].len() > 5), "{table}: a constraint has no purpose");
    }
    assert_eq!(
        grid(&page("tables/challenges.md"), "## Columns")[1][4],
        "one of 'dpop', 'claim', 'key_rotation', 'shadow_claim'"
    );
}

#[test]
fn all_tables_and_foreign_keys_are_in_the_diagram_and_all_tables_in_the_overview() {
    let database = migrated();
    let relationships = page("relationships.md");
    // In a diagram names may stand in quotes.
    let lines = |block: &str| -> Vec<String> { block.lines().map(|line| line.trim().replace('"', "")).collect() };
    let blocks = relationships.split("```mermaid\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let diagrams: Vec<Vec<String>> = blocks.map(lines).collect();
    let (whole, parts) = diagrams.split_first().unwrap();
    let schema = page("schema.md");
    let overview = schema.split("## Migrations").next().unwrap();
    for table in tables(&database) {
        assert!(whole.contains(&table), "{table}");
        assert!(parts.iter().flatten().any(|line| *line == format!("{table} {{")), "{table}");
        let rows: Vec<&str> =
            overview.lines().filter(|line| line.starts_with(&format!("| [{table}](tables/{table}.md) "))).collect();
        assert_eq!(rows.len(), 1, "{table}");
        assert!(rows[0].rsplit('|').nth(1).unwrap().trim().len() > 20, "{table} has no purpose");
        for key in ask(&database, &format!("SELECT \"from\", \"table\" FROM pragma_foreign_key_list('{table}')")) {
            let drawn = |diagram: &[String], end: &str| {
                let is_it = |line: &&String| line.starts_with(&format!("{} ", key[1])) && line.contains(end);
                diagram.iter().filter(is_it).any(|line| line.contains("--"))
            };
            assert!(drawn(whole, &format!(" {table} : ")), "{table}.{}", key[0]);
            let with_column = format!(" {table} : {}", key[0]);
            assert!(parts.iter().any(|part| drawn(part, &with_column)), "{table}.{}", key[0]);
            assert!(relationships.contains(&format!("`{}.id` ← `{table}.{}`", key[1], key[0])), "{table}.{}", key[0]);
        }
    }
}

/// As SQLite takes it.
fn sql_value(value: &toml::Value) -> Value {
    match (value.as_str(), value.as_bool(), value.as_integer()) {
        (Some(text), ..) => Value::Text(text.to_owned()),
        (_, Some(flag), _) => Value::Integer(flag.into()),
        (.., Some(integer)) => Value::Integer(integer),
        (None, None, None) => panic!("{value}"),
    }
}

#[test]
fn every_example_is_a_row_of_the_real_schema() {
    let database = migrated();
    let notes = ::schemadoc::notes::read(&root().join("backend/schema-notes")).unwrap();
    let mut waiting: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for table in tables(&database) {
        let example = &notes.tables[&table].front.example;
        assert!(!example.is_empty(), "{table} has no example");
        // On its page stand the same values.
        let shown = grid(&page(&format!("tables/{table}.md")), "## An example");
        for (column, value) in example {
            let line = shown.iter().find(|line| &line[0] == column.get_ref()).unwrap();
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let text = if value.is_bool() { text.to_uppercase() } else { text };
            assert_eq!(line[1], text, "{table}.{}", column.get_ref());
        }
        let row = example.iter().map(|(name, value)| (name.get_ref().clone(), sql_value(value)));
        waiting.insert(table, row.collect());
    }
    // This one is there already: a migration inserts it, and it must be that row and no other.
    let tier = waiting.remove("subscription_tiers").unwrap();
    let same: Vec<String> = tier.keys().map(|column| format!("{column} = ?")).collect();
    let sql = format!("SELECT COUNT(*) FROM subscription_tiers WHERE {}", same.join(" AND "));
    assert_eq!(database.query_row(&sql, params_from_iter(tier.values()), |row| row.get(0)), Ok(1));
    assert_eq!(tier.len(), grid(&page("tables/subscription_tiers.md"), "## Columns").len());
    // A child waits for its parent.
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut refused = String::new();
        waiting.retain(|table, row| {
            let columns: Vec<&str> = row.keys().map(String::as_str).collect();
            let places = vec!["?"; columns.len()].join(", ");
            let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", columns.join(", "));
            let done = database.execute(&sql, params_from_iter(row.values()));
            refused.extend(done.as_ref().err().map(|error| format!("{table}: {error}\n")));
            done.is_err()
        });
        assert!(waiting.len() < before, "{refused}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    for path in files(&docs()) {
        let text = page(&path);
        let folder = docs().join(&path).parent().unwrap().to_owned();
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let labels: BTreeMap<&str, &str> =
            text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).collect();
        for target in inline.chain(labels.values().copied()).filter(|target| !target.contains("://")) {
            let (file, line) = target.split_once("#L").unwrap_or((target, "0"));
            let linked = folder.join(file);
            let lines =
                fs::read_to_string(&linked).unwrap_or_else(|error| panic!("{path}: {target}: {error}")).lines().count();
            assert!(line.parse::<usize>().unwrap() <= lines, "{path}: {target}");
            count += 1;
        }
        // `[0001:34]`, which the end of the page explains.
        for label in
            text.split("[0").skip(1).filter_map(|rest| rest.split_once(']')).map(|(label, _)| format!("0{label}"))
        {
            let is_short = label.len() < 10 && label.contains(':');
            assert!(!is_short || labels.contains_key(label.as_str()), "{path}: [{label}]");
        }
    }
    assert!(count > 400, "{count}");
}

#[test]
fn a_changed_column_is_the_first_that_check_says() {
    let folder = Folder::of(&[]);
    for below in ["backend/migrations", "backend/schema-notes", "backend/src/db/schema", "docs/v1/database"] {
        for file in files(&root().join(below)) {
            let text = fs::read_to_string(root().join(below).join(&file)).unwrap();
            folder.write(&format!("{below}/{file}"), &text);
        }
    }
    folder.write("schemadoc.toml", &fs::read_to_string(root().join("schemadoc.toml")).unwrap());
    let said = folder.run(&["check"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""));
    let first = folder.read("backend/migrations/0001_initial.sql");
    folder.write("backend/migrations/0001_initial.sql", &first.replace("    scope TEXT,", "    scope TEXT NOT NULL,"));
    let said = folder.run(&["check"]);
    assert_eq!(said.code, 1);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], "oauth_clients.scope: TEXT → TEXT NOT NULL, 0001_initial.sql:58");
    assert!(lines[1].starts_with("0001_initial.sql: the migration was edited after it was documented"), "{}", lines[1]);
    assert!(lines.last().unwrap().ends_with("schemadoc write"));
}
