//! Looks up one setting after the other in the layers, and remembers what was found where. What
//! nobody asked for in the end is a misspelt name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use super::error::{ConfigError, nearest};
use super::sources::Sources;
use super::value::{Kind, Value};

pub(super) const VARIABLE_PREFIX: &str = "AGENTID_";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// `agentid.toml`.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The environment variable of this name.
    Environment(String),
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Environment(name) => write!(formatter, "environment {name}"),
            Self::Flag => formatter.write_str("flag"),
        }
    }
}

/// One setting, as `agentid config` and the documentation list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `section.name`.
    pub key: &'static str,
    /// The value in force, as the environment or a flag would give it; empty is none.
    pub value: String,
    /// Where that value came from.
    pub origin: Origin,
    /// The default, in words where it depends on the machine or another setting.
    pub default: String,
    /// One sentence.
    pub description: &'static str,
}

/// What a section's file says about a setting beside its type.
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) description: &'static str,
    /// The default in words, if it is computed.
    pub(super) default: Option<&'static str>,
}

/// A value as it was written; `kind` is known in the file only.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) kind: Option<Kind>,
    pub(super) origin: Origin,
}

impl Found {
    pub(super) fn in_environment(name: &str, value: &OsStr) -> Self {
        // A value that is not UTF-8 is of no kind that a setting has, and so refused where it is asked for.
        let (text, kind) = value.to_str().map_or(("", Some(Kind::Other)), |text| (text, None));
        Self { text: text.to_owned(), kind, origin: Origin::Environment(name.to_owned()) }
    }

    fn parse<V: Value>(&self) -> Option<V> {
        if self.kind.is_none_or(|kind| kind == V::KIND) { V::parse(&self.text) } else { None }
    }
}

/// Values by the name under which they were found.
pub(super) type Layer = BTreeMap<String, Found>;

pub(super) struct Reader {
    file: Layer,
    environment: Layer,
    flags: Layer,
    rows: Vec<Row>,
}

impl Reader {
    pub(super) fn open(sources: &Sources) -> Result<Self, ConfigError> {
        let (file, environment, flags) = (sources.file_layer()?, sources.environment_layer(), sources.flag_layer());
        Ok(Self { file, environment, flags, rows: Vec::new() })
    }

    pub(super) fn read<V: Value>(&mut self, setting: Setting, default: V) -> Result<V, ConfigError> {
        let Setting { key, description, default: words } = setting;
        let default_text = words.map_or_else(|| default.text(), str::to_owned);
        let (mut value, mut origin) = (default, Origin::Default);
        let layers = [self.file.remove(key), self.environment.remove(&variable(key)), self.flags.remove(key)];
        for found in layers.into_iter().flatten() {
            let Some(parsed) = found.parse() else {
                return Err(ConfigError::Refused { key, origin: found.origin, accepts: V::ACCEPTS.to_owned() });
            };
            (value, origin) = (parsed, found.origin);
        }
        self.rows.push(Row { key, value: value.text(), origin, default: default_text, description });
        Ok(value)
    }

    /// What was read, if all that was found was asked for.
    pub(super) fn finish(self) -> Result<Vec<Row>, ConfigError> {
        let keys = || self.rows.iter().map(|row| row.key.to_owned());
        if let Some((name, found)) = self.file.into_iter().chain(self.flags).next() {
            let nearest = nearest(&name, keys());
            return Err(ConfigError::Unknown { name, origin: found.origin, nearest });
        }
        if let Some((name, found)) = self.environment.into_iter().next() {
            let nearest = nearest(&name, keys().map(|key| variable(&key)));
            return Err(ConfigError::Unknown { name, origin: found.origin, nearest });
        }
        Ok(self.rows)
    }
}

/// The environment variable of a setting: `AGENTID_SERVER_LISTEN` for `server.listen`.
fn variable(key: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", key.replace('.', "_").to_uppercase())
}
