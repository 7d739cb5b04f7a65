//! The engine that the suite runs on: the embedded one, or with `AGENTID_TEST_ENGINE=postgres` the server that
//! `AGENTID_TEST_POSTGRES` names. There each data folder has a database of its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};

use agentid::clock::Clock;
use agentid::config::Config;
use agentid::db::migrate::{self, Backup, MIGRATIONS};
use agentid::db::{Engine, Postgres};
use postgres::{Client, NoTls};
use url::Url;

/// Which database belongs to which folder.
static DATABASES: LazyLock<Mutex<HashMap<PathBuf, String>>> = LazyLock::new(Mutex::default);

/// Whether the suite runs on a server.
pub fn is_postgres() -> bool {
    std::env::var("AGENTID_TEST_ENGINE").is_ok_and(|engine| engine == "postgres")
}

/// The database of a data folder, made and migrated when it is asked for first; `None` on the embedded engine.
pub fn url_of(folder: &Path) -> Option<String> {
    is_postgres().then(|| database_of(folder, template()))
}

/// An engine with an empty database for a test of the storage itself.
pub fn empty_engine(folder: &Path) -> Engine {
    if is_postgres() { server(&database_of(folder, "template0")) } else { Engine::file(folder.join("agentid.db")) }
}

/// Makes settings for a data folder use its database.
pub fn settings(folder: &Path) -> Config {
    let mut config = Config::for_data(folder);
    if let Some(url) = url_of(folder) {
        config.database.url = agentid::config::DatabaseUrl::new(&url).unwrap();
    }
    config
}

/// Changes the database of a server that does not run.
pub fn execute(folder: &Path, sql: &str) {
    match url_of(folder) {
        Some(url) => run(&url, sql),
        None => rusqlite::Connection::open(folder.join("agentid.db")).unwrap().execute_batch(sql).unwrap(),
    }
}

/// Everything that is stored: the files of the data folder, and whatever the server has.
pub fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let rows = url_of(folder).map(|url| {
        let read =
            || Client::connect(&url, NoTls)?.query_one("SELECT CAST(database_to_xml(TRUE, TRUE, '') AS TEXT)", &[]);
        let row = std::thread::scope(|scope| scope.spawn(read).join().unwrap()).unwrap();
        row.get::<_, String>(0).into_bytes()
    });
    files.chain(rows).collect()
}

/// Drops the database of a folder that is no longer needed.
pub fn forget(folder: &Path) {
    if let Some(url) = DATABASES.lock().unwrap().remove(folder) {
        admin(&format!("DROP DATABASE {} WITH (FORCE)", Url::parse(&url).unwrap().path().trim_start_matches('/')));
    }
}

/// The engine of a URL, as shipped.
pub fn server(url: &str) -> Engine {
    let second = std::time::Duration::from_secs(1);
    let url = url.parse().unwrap();
    Engine::Postgres(Postgres { url, connect_timeout: 5 * second, statement_timeout: 10 * second, statements: 512 })
}

/// The URL of a new database with nothing in it.
pub fn new_empty_database() -> String {
    make("template0")
}

fn database_of(folder: &Path, template: &str) -> String {
    if let Some(url) = DATABASES.lock().unwrap().get(folder) {
        return url.clone();
    }
    let url = make(template);
    DATABASES.lock().unwrap().insert(folder.to_owned(), url.clone());
    url
}

/// Migrated once; every other database is a copy of it.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let url = make("template0");
        migrate::migrate(&server(&url), MIGRATIONS, Backup::None, &Clock::system()).unwrap();
        Url::parse(&url).unwrap().path().trim_start_matches('/').to_owned()
    })
}

fn make(template: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("agentid_test_{}_{number}", std::process::id());
    admin(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
    let mut url = Url::parse(&base()).unwrap();
    url.set_path(&name);
    url.to_string()
}

fn base() -> String {
    std::env::var("AGENTID_TEST_POSTGRES").expect("AGENTID_TEST_POSTGRES names no server; ./scripts/test starts one")
}

fn admin(sql: &str) {
    run(&base(), sql);
}

/// A test may be a task, and a task can not drive the client.
fn run(url: &str, sql: &str) {
    let run = || Client::connect(url, NoTls)?.batch_execute(sql);
    std::thread::scope(|scope| scope.spawn(run).join().unwrap()).unwrap();
}
