//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use schemadoc::finding::Level;
use schemadoc::lint::Engine;
use schemadoc::replay;
use schemadoc::settings::Settings;

/// Document a database from its SQL migrations, so that the documentation can not drift
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Examples:
  schemadoc write --migrations migrations --notes schema-notes --out docs/database
  schemadoc check                       # with a schemadoc.toml; for CI: exit 1 when anything is out of date
  schemadoc lint --portable sqlite,postgres
  schemadoc json --migrations migrations | jq -r '.tables[].name'
  SCHEMADOC_URL=postgres://me:secret@localhost/postgres schemadoc check --engine postgres

Exit codes: 0 fine, 1 findings, 2 it could not run."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub sources: Sources,
}

#[derive(Subcommand, Clone, Copy)]
pub enum Command {
    /// Write the documentation
    #[command(after_help = "\
Examples:
  schemadoc write --migrations migrations --out docs/database
  schemadoc write --migrations migrations --notes schema-notes --code 'src/tables/{table}.rs' --out docs/database
  schemadoc write                       # with a schemadoc.toml")]
    Write,
    /// Say what of the documentation is out of date, and change nothing
    #[command(after_help = "\
Examples:
  schemadoc check                       # with a schemadoc.toml; for CI: exit 1 when anything is out of date
  schemadoc check --migrations migrations --notes schema-notes --out docs/database --coverage 100")]
    Check,
    /// Look for mistakes in the schema and for SQL that not every engine takes
    #[command(after_help = "\
Examples:
  schemadoc lint --migrations migrations
  schemadoc lint --migrations migrations --portable sqlite,d1,postgres
  schemadoc lint --level error          # exit 1 on errors alone

A finding is answered in the notes of a table, by the name in its brackets:
  [lint]
  \"redundant-index:idx_users_name\" = \"why it stays\"")]
    Lint,
    /// Print all that is known of the schema, as JSON
    #[command(after_help = "\
Examples:
  schemadoc json --migrations migrations > schema.json
  schemadoc json --migrations migrations | jq -r '.tables[] | .name + \": \" + .introduced'")]
    Json,
}

const ENGINE: &str = "\
The engine that replays the migrations [default: sqlite]

With `postgres`, schemadoc makes a database of its own on the server that --url names, runs the migrations in it, reads \
its catalog, and drops it again, also after an error. It touches no other database. The migrations run with the rights of \
the role in the URL, which must be allowed to create a database. Roles and rights (CREATE ROLE, GRANT) belong to the \
whole server: such statements are left out, with a warning. What else reaches further (CREATE DATABASE, ALTER SYSTEM, \
COPY) is refused. A function or a block that is built to reach further is not recognised: do not replay migrations that \
you would not run.";

const URL: &str = "\
The PostgreSQL server that replays the migrations: postgres://user:password@host:5432/database?sslmode=require

Without the option the environment variable SCHEMADOC_URL is read, and then `url` in the settings. TLS is used if the \
server has it, and then its certificate must be one that this machine trusts; SSL_CERT_FILE names a file with others. \
sslmode=require insists on TLS, sslmode=disable does without.";

/// Where everything is; what is not said is looked up in `schemadoc.toml`.
#[derive(Args)]
pub struct Sources {
    /// The settings [default: schemadoc.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// The folder of the migrations
    #[arg(long, global = true, value_name = "FOLDER")]
    migrations: Option<PathBuf>,
    /// The folder of the notes: one Markdown file for each table
    #[arg(long, global = true, value_name = "FOLDER")]
    notes: Option<PathBuf>,
    /// The file with a table's code, to be linked; {table} stands for its name
    #[arg(long, global = true, value_name = "PATTERN")]
    code: Option<String>,
    /// The folder of the documentation
    #[arg(long, global = true, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// How much must have prose, in percent [default: 0]
    #[arg(long, global = true, value_name = "PERCENT")]
    coverage: Option<usize>,
    /// The level at which `lint` fails [default: warning]
    #[arg(long, global = true, value_name = "LEVEL")]
    level: Option<Level>,
    /// Engines that the migrations must run on unchanged
    #[arg(long, global = true, value_name = "ENGINES", value_delimiter = ',')]
    portable: Vec<Engine>,
    /// The engine that replays the migrations [default: sqlite]
    #[arg(long, global = true, value_name = "ENGINE", long_help = ENGINE)]
    engine: Option<replay::Engine>,
    /// The PostgreSQL server that replays them; else SCHEMADOC_URL, where a password is out of sight
    #[arg(long, global = true, value_name = "URL", long_help = URL)]
    url: Option<String>,
}

impl Sources {
    /// What the command line says.
    pub fn to_settings(&self) -> Settings {
        Settings {
            migrations: self.migrations.clone(),
            notes: self.notes.clone(),
            code: self.code.clone(),
            out: self.out.clone(),
            coverage: self.coverage,
            level: self.level,
            portable: self.portable.clone(),
            engine: self.engine,
            url: self.url.clone(),
        }
    }
}
