//! Cloudflare's own tools, kept to this machine: `wrangler` in local mode starts `workerd`, in which a D1 database lives.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// A D1 database.
pub struct D1 {
    /// Its files, wrangler's settings, and whatever wrangler leaves in a home folder.
    home: TempDir,
}

/// What one statement answered.
pub type Rows = Vec<Map<String, Value>>;

impl D1 {
    /// One to which `wrangler d1 migrations apply` has applied the files of this folder.
    #[track_caller]
    pub fn migrated(migrations: &Path) -> Self {
        let settings = json!({
            "name": "agentid",
            "compatibility_date": "2026-11-01",
            "d1_databases": [{
                "binding": "DB",
                "database_name": "agentid",
                "database_id": "agentid",
                "migrations_dir": migrations.canonicalize().unwrap(),
            }],
        });
        let d1 = Self { home: tempfile::tempdir().unwrap() };
        std::fs::write(d1.home.path().join("wrangler.json"), settings.to_string()).unwrap();
        let output = d1.wrangler(&["migrations", "apply", "agentid"]);
        let says = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(output.status.success(), "{says}");
        d1
    }

    /// Runs statements as one batch, which is a transaction: what each one answered, or why D1 refuses.
    pub fn run(&self, statements: &[&str]) -> Result<Vec<Rows>, String> {
        let output = self.wrangler(&["execute", "agentid", "--json", "--command", &statements.join(";\n")]);
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8(output.stderr).unwrap()));
        let Value::Array(answers) = answer else {
            return Err(answer["error"]["text"].as_str().unwrap().to_owned());
        };
        assert!(output.status.success() && answers.len() == statements.len(), "{answers:?}");
        let rows = |answer: &Value| serde_json::from_value(answer["results"].clone()).unwrap();
        Ok(answers.iter().map(rows).collect())
    }

    fn wrangler(&self, arguments: &[&str]) -> Output {
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/suites/node_modules/.bin");
        // The Node that is installed beside it comes first.
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(programs.join("wrangler"));
        command.arg("d1").args(arguments).args(["--local", "--persist-to", "state"]);
        command.current_dir(self.home.path()).env_clear();
        command.env("PATH", path).env("HOME", self.home.path()).env("TMPDIR", self.home.path());
        // It asks nobody, and tells Cloudflare nothing.
        command.env("CI", "true").env("WRANGLER_SEND_METRICS", "false");
        command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; ./scripts/test d1 installs what it needs"))
    }
}
