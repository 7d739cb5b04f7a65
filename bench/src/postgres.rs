//! A PostgreSQL server of our own, for the length of one experiment: made in a folder that goes with it, durable as
//! PostgreSQL is by default, and listening to this machine only.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use postgres::{Client, NoTls};
use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;

use crate::bench::Bench;
use crate::process::Times;

/// Where Debian's packages put the programs, by version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// Who may do everything in the server.
const USER: &str = "agentid";
/// How often a port is tried: none can be reserved, so another program may take it first.
const TRIES: u32 = 5;
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The programs of the newest version that is installed.
pub struct Programs {
    folder: PathBuf,
    /// The user and the group that run them, when this is root: PostgreSQL refuses to run as root.
    account: Option<(u32, u32)>,
}

/// A running server; it is stopped when dropped, and its folder removed.
pub struct Postgres {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Programs {
    /// Finds them. `Err` says in words what is missing.
    pub fn find() -> Result<Self, String> {
        let versions = fs::read_dir(VERSIONS).into_iter().flatten().filter_map(Result::ok);
        let numbered =
            versions.filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path())));
        let complete = numbered.map(|(number, path): (u32, _)| (number, path.join("bin")));
        let newest = complete.filter(|(_, folder)| folder.join("initdb").is_file()).max_by_key(|(number, _)| *number);
        let (_, folder) = newest.ok_or("the package postgresql is not installed")?;
        let account = match getuid().is_root() {
            true => Some(account().ok_or("there is no user postgres, and PostgreSQL does not run as root")?),
            false => None,
        };
        Ok(Self { folder, account })
    }

    /// One of them, in `folder`, untouched by the settings of whoever measures.
    fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.env_clear().current_dir(folder).stdin(Stdio::null());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }
}

/// The user that the package makes, and its group.
fn account() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = users.lines().find_map(|line| line.strip_prefix("postgres:"))?.split(':').skip(1);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

impl Postgres {
    /// Starts one beside the other databases, on whichever core is free.
    pub fn start(programs: &Programs, bench: &Bench) -> anyhow::Result<Self> {
        let mut log = String::new();
        for _ in 0..TRIES {
            let mut server = Self::launch(programs, bench)?;
            if server.gets_ready()? {
                return Ok(server);
            }
            log = fs::read_to_string(server.folder.path().join("log")).unwrap_or_default();
        }
        bail!("PostgreSQL does not start: {log}")
    }

    fn launch(programs: &Programs, bench: &Bench) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(&bench.folder)?;
        if let Some((user, group)) = programs.account {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let mut initdb = programs.command("initdb", folder.path());
        initdb.args(["--pgdata=data", "--auth=trust", "--encoding=UTF8", "--locale=C", &format!("--username={USER}")]);
        let output = initdb.output().context("initdb can not be run")?;
        if !output.status.success() {
            bail!("no database can be made: {}", String::from_utf8_lossy(&output.stderr));
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = File::create(folder.path().join("log"))?;
        let mut command = programs.command("postgres", folder.path());
        command.args(["-D", "data", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        command.args(["-c", &format!("port={port}")]).stdout(Stdio::null()).stderr(log);
        let child = bench.cores.run_on_all(|| command.spawn().context("postgres can not be run"))?;
        Ok(Self { child, port, folder })
    }

    /// Waits until it answers; `false` when it ends instead.
    fn gets_ready(&mut self) -> anyhow::Result<bool> {
        let began = Instant::now();
        while with_client(&url(self.port, "postgres"), |_| Ok(())).is_err() {
            if self.child.try_wait()?.is_some() {
                return Ok(false);
            }
            if began.elapsed() > PATIENCE {
                bail!("PostgreSQL does not get ready");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(true)
    }

    /// A new database; its URL.
    pub fn create(&self, name: &str) -> anyhow::Result<String> {
        with_client(&url(self.port, "postgres"), |client| {
            Ok(client.batch_execute(&format!("CREATE DATABASE {name}"))?)
        })?;
        Ok(url(self.port, name))
    }

    /// One of its settings, as it holds.
    pub fn setting(&self, name: &str) -> anyhow::Result<String> {
        with_client(&url(self.port, "postgres"), |client| Ok(client.query_one(&format!("SHOW {name}"), &[])?.get(0)))
    }

    /// How long all of its processes have run.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        let id = self.child.id();
        let own = Times::of(id)?;
        let names = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let children = names.filter_map(|process| Times::of(process).ok()).filter(|times| times.parent == id);
        Ok(children.map(|times| times.own).sum::<Duration>() + own.own + own.ended)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // At once and without a checkpoint: nobody reads the folder any more. Its processes end before it does.
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            drop(kill_process(id, Signal::QUIT).map_err(|_| self.child.kill()));
        }
        drop(self.child.wait());
    }
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://{USER}@127.0.0.1:{port}/{database}?sslmode=disable")
}

/// Does `work` on a connection, on a thread of its own: the driver has a runtime of its own, which can not wait inside of
/// another.
pub fn with_client<T: Send>(
    url: &str,
    work: impl FnOnce(&mut Client) -> anyhow::Result<T> + Send,
) -> anyhow::Result<T> {
    let connected = || work(&mut Client::connect(url, NoTls)?);
    let ended = thread::scope(|scope| scope.spawn(connected).join());
    ended.unwrap_or_else(|_| bail!("what asked PostgreSQL panicked"))
}
