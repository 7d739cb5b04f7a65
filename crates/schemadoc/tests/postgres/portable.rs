//! This project's own migrations, unchanged, on PostgreSQL: they make what they make on SQLite.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use schemadoc::model::{Column, Model};
use schemadoc::{folder, replay};

use super::server::url;

/// The types that the migrations use, as PostgreSQL calls them.
const TYPES: &[(&str, &str)] =
    &[("TEXT", "text"), ("BIGINT", "bigint"), ("INTEGER", "integer"), ("BOOLEAN", "boolean")];

/// All that both engines must agree in, a line each. A default is compared without PostgreSQL's cast.
fn facts(model: &Model) -> Vec<String> {
    let mut facts = Vec::new();
    for table in &model.tables {
        let name = &table.name;
        facts.push(format!("{name}: {:?}, {}", table.kind, table.history.introduced));
        facts.extend(table.columns.iter().map(|column| format!("{name}.{}", described(column))));
        for key in &table.foreign_keys {
            let (here, there) = (key.columns.join(", "), key.parent_columns.join(", "));
            facts.push(format!("{name}({here}) → {}({there}) {} {}", key.parent, key.on_delete, key.on_update));
        }
        for index in &table.indexes {
            let own = if index.origin == "c" { index.name.as_str() } else { "" };
            let columns = index.columns.join(", ");
            let is_partial = index.condition.is_some();
            let said = format!("{} {own} unique {}, partial {is_partial}", index.origin, index.unique);
            // What BIGINT PRIMARY KEY is to SQLite has an index of its own everywhere.
            facts.push(format!("{name} index ({columns}) {said}"));
        }
        facts.push(format!("{name}: {} checks", table.checks.len()));
        facts.extend(table.rows.iter().map(|row| format!("{name} row {}", row.iter().map(plain).collect::<String>())));
    }
    facts.sort();
    facts
}

fn described(column: &Column) -> String {
    let of = TYPES.iter().find(|(sqlite, _)| column.declared_type.eq_ignore_ascii_case(sqlite));
    let kind = of.map_or(column.declared_type.as_str(), |(_, postgres)| postgres);
    let default = column.default.as_deref().unwrap_or("-").split("::").next().unwrap_or_default().to_lowercase();
    format!("{} {kind} {} {} {default} {}", column.name, column.not_null, column.primary_key, column.history.introduced)
}

/// SQLite has no booleans.
fn plain(value: &serde_json::Value) -> String {
    value.as_bool().map_or_else(|| value.to_string(), |flag| i64::from(flag).to_string()) + ", "
}

#[test]
#[ignore = "needs a server: ./scripts/test postgres"]
fn this_project_s_migrations_make_the_same_on_postgres() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../backend/migrations");
    let files = folder::read(&migrations).unwrap();
    let sqlite = replay::replay(&files).unwrap();
    let postgres = replay::postgres::replay(&files, &url(), &AtomicBool::new(false)).unwrap();
    assert!(sqlite.tables.len() >= 12 && postgres.warnings.is_empty(), "{:?}", postgres.warnings);
    assert_eq!(facts(&postgres).join("\n"), facts(&sqlite).join("\n"));
}
