//! A PostgreSQL server of a test's own, which it may stop and start. Durable, as an operator's is.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A server; it is stopped and removed when dropped.
pub struct PostgresServer {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl PostgresServer {
    /// A running one, with an empty database.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // No program can ask for a free port and then tell which it got; this one was free just now.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, programs: programs(), port };
        if is_root() {
            succeed(Command::new("chown").arg("postgres").arg(server.folder.path()));
        }
        server.run("initdb", &["--username=agentid", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        server.resume();
        server
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("postgres://agentid@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// Starts it again. Returns when it takes connections.
    pub fn resume(&self) {
        let options = format!("-c port={} -c listen_addresses=127.0.0.1 -c unix_socket_directories=", self.port);
        let log = self.folder.path().join("log");
        self.run("pg_ctl", &["--silent", "--wait", "-o", &options, "--log", log.to_str().unwrap(), "start"]);
    }

    /// Stops it like a crash: connections are cut, and what was not committed is gone.
    pub fn crash(&self) {
        self.run("pg_ctl", &["--silent", "--wait", "--mode=immediate", "stop"]);
    }

    /// The only number that the query answers.
    pub fn number(&self, sql: &str) -> i64 {
        let read = || postgres::Client::connect(&self.url(), postgres::NoTls)?.query_one(sql, &[]);
        let row = std::thread::scope(|scope| scope.spawn(read).join().unwrap()).unwrap();
        row.get(0)
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.programs.join(program);
        // It refuses to run as root.
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&path) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(&path);
        }
        command.arg("-D").arg(self.folder.path().join("data")).args(arguments).current_dir(self.folder.path());
        succeed(&mut command);
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // It may be stopped already.
        let pid = self.folder.path().join("data/postmaster.pid");
        if pid.exists() {
            self.crash();
        }
    }
}

fn succeed(command: &mut Command) {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(output.success(), "{command:?}");
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap()) == 0
}

/// The newest version that is installed.
fn programs() -> PathBuf {
    let versions =
        fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is not installed; ./scripts/test installs it");
    let version = |folder: &PathBuf| folder.file_name().unwrap().to_str().unwrap().parse::<u32>().unwrap_or(0);
    versions.map(|entry| entry.unwrap().path()).max_by_key(version).unwrap().join("bin")
}
