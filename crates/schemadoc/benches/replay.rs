//! How long a replay takes, beside plain SQLite with the same SQL: `cargo bench -p schemadoc --bench replay`. Nothing else should run.
//!
//! The schema stays at 100 tables while the statements grow in number, for SQLite itself takes the longer for each, the
//! more tables there are.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops at what is wrong")]

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use schemadoc::folder::{self, MigrationFile};
use schemadoc::notes::{self, Notes};
use schemadoc::render::{Links, render};
use schemadoc::replay::replay;

const TABLES: usize = 100;
/// Of each time the median of so many is taken.
const RUNS: usize = 3;

fn main() {
    println!("{:<34} {:>10} {:>10} {:>6}   per statement", "", "schemadoc", "SQLite", "ratio");
    let base = vec![file(0, &(0..TABLES).map(table).collect::<String>())];
    let (ours_before, theirs_before) = (median(|| replayed(&base)), median(|| plain(&base)));
    for count in [200, 2_000, 20_000] {
        let mut files = base.clone();
        files.extend(rebuilds(count));
        let ours = median(|| replayed(&files)).saturating_sub(ours_before);
        let theirs = median(|| plain(&files)).saturating_sub(theirs_before);
        report(&format!("{count} statements, {TABLES} tables"), ours, theirs, Some(count));
    }
    let hundred: Vec<MigrationFile> = (0..TABLES).map(|number| file(number, &table(number))).collect();
    report(
        "100 migrations, 100 tables",
        median(|| documented(&hundred, &Notes::default())),
        median(|| plain(&hundred)),
        None,
    );
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../backend");
    let files = folder::read(&project.join("migrations")).unwrap();
    let notes = notes::read(&project.join("schema-notes")).unwrap();
    let read_too = || documented(&folder::read(&project.join("migrations")).unwrap(), &notes);
    report("this project, all its pages", median(read_too), median(|| plain(&files)), None);
}

fn report(what: &str, ours: Duration, theirs: Duration, statements: Option<usize>) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let each = statements
        .map(|count| format!("{:.1} µs", milliseconds(ours) * 1e3 / f64::from(u32::try_from(count).unwrap())));
    let (ours, theirs) = (milliseconds(ours), milliseconds(theirs));
    println!("{what:<34} {ours:>7.1} ms {theirs:>7.1} ms {ratio:>6.1}   {}", each.unwrap_or_default());
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn median(run: impl Fn()) -> Duration {
    let mut times = [Duration::ZERO; RUNS];
    for time in &mut times {
        let begin = Instant::now();
        run();
        *time = begin.elapsed();
    }
    times.sort();
    times[RUNS / 2]
}

fn replayed(files: &[MigrationFile]) {
    drop(replay(files).unwrap());
}

fn documented(files: &[MigrationFile], notes: &Notes) {
    drop(render(&replay(files).unwrap(), notes, &Links::default()));
}

/// What any tool has to do at the least.
fn plain(files: &[MigrationFile]) {
    let connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    files.iter().for_each(|file| connection.execute_batch(&file.up).unwrap());
}

fn file(number: usize, text: &str) -> MigrationFile {
    MigrationFile { name: format!("{number:05}.sql"), text: text.to_owned(), up: text.to_owned() }
}

fn body(number: usize) -> String {
    let parent = number / 2;
    format!(
        "(id TEXT NOT NULL PRIMARY KEY, parent_id TEXT REFERENCES table_{parent} (id) ON DELETE CASCADE, name TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'plain' CHECK (kind IN ('plain', 'special')), size BIGINT NOT NULL DEFAULT 0, note TEXT,
    created_at BIGINT NOT NULL, UNIQUE (parent_id, name))"
    )
}

fn table(number: usize) -> String {
    format!("CREATE TABLE table_{number} {};\n{}", body(number), index(number))
}

fn index(number: usize) -> String {
    format!(
        "CREATE INDEX index_{number} ON table_{number} (created_at) WHERE size > 0;\nALTER TABLE table_{number} ADD COLUMN more TEXT;\n"
    )
}

/// So many statements, ten a file: each file makes a table anew, with an index, a column and some rows.
fn rebuilds(statements: usize) -> Vec<MigrationFile> {
    let rebuild = |number: usize| {
        let name = format!("table_{}", number % TABLES);
        let mut text = format!("CREATE TABLE new {};\n", body(number % TABLES));
        text.push_str(&format!("INSERT INTO new (id, name, created_at) SELECT id, name, created_at FROM {name};\n"));
        text.push_str(&format!("DROP TABLE {name};\nALTER TABLE new RENAME TO {name};\n"));
        text.push_str(&index(number % TABLES));
        for row in 0..3 {
            text.push_str(&format!(
                "INSERT INTO {name} (id, name, created_at) VALUES ('{number}-{row}', 'a', {row});\n"
            ));
        }
        text.push_str(&format!("DELETE FROM {name} WHERE created_at < 10;\n"));
        file(number + 1, &text)
    };
    (0..statements / 10).map(rebuild).collect()
}
