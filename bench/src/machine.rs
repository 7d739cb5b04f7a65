//! On what was measured.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

/// What a reader needs to judge the figures.
#[derive(Serialize)]
pub struct Machine {
    /// The processor's model.
    pub processor: String,
    /// How many cores it has.
    pub cores: usize,
    /// Memory in MB.
    pub memory: u64,
    /// The kernel's release.
    pub kernel: String,
    /// The file system of the databases.
    pub filesystem: String,
    /// The day, UTC.
    pub date: String,
    /// What the server calls itself.
    pub server: String,
}

impl Machine {
    /// This one, for databases in `folder` and this server.
    pub fn read(folder: &Path, binary: &Path) -> Self {
        let processors = text("/proc/cpuinfo");
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory = value(&text("/proc/meminfo"), "MemTotal");
        Self {
            processor: value(&processors, "model name"),
            cores: processors.lines().filter(|line| line.starts_with("processor")).count(),
            memory: memory.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024,
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            filesystem: filesystem(folder),
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            server: version(binary),
        }
    }
}

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The type of the innermost mount that `folder` lies in.
fn filesystem(folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mounts = text("/proc/mounts");
    let entries = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let inside = entries.filter(|(place, _)| folder.starts_with(place));
    inside.max_by_key(|(place, _)| place.len()).map(|(_, kind)| kind.to_owned()).unwrap_or_default()
}

fn version(binary: &Path) -> String {
    let output = Command::new(binary).arg("--version").output();
    let version = output.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    version.trim().to_owned()
}
