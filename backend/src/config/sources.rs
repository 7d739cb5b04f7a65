//! Where settings come from. Nothing is read from the process itself, so that tests can say it all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::error::ConfigError;
use super::reader::{Found, Layer, Origin};
use super::{file, reader};

/// Variables that begin like a setting and are read elsewhere: secrets, which must not be shown by
/// `agentid config`; what the client commands use (`PASSWORD`, `SERVER`, `PROFILE`); and the log filter
/// that holds before any settings are read.
const NOT_SETTINGS: [&str; 6] = [
    "AGENTID_SECRET",
    "AGENTID_RETIRED_SECRETS",
    "AGENTID_PASSWORD",
    "AGENTID_SERVER",
    "AGENTID_PROFILE",
    "AGENTID_LOG",
];

/// Switches of the test suite.
const TEST_PREFIX: &str = "AGENTID_TEST_";

/// Where to look for settings.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    file: Option<PathBuf>,
    environment: BTreeMap<String, OsString>,
    flags: Vec<(String, String)>,
}

impl Sources {
    /// `file` is the one given by name (`--config`); without it, the usual place is looked at.
    /// `environment` is all of it (`std::env::vars_os`). `flags` are pairs such as
    /// `("server.listen", "127.0.0.1:80")`, of which a later one wins over an earlier one.
    pub fn new<Name: Into<OsString>, Text: Into<OsString>>(
        file: Option<PathBuf>,
        environment: impl IntoIterator<Item = (Name, Text)>,
        flags: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        // A name that is not UTF-8 is none that is asked for.
        let environment = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into().into_string().ok()?, value.into())))
            .collect();
        Self { file, environment, flags: flags.into_iter().collect() }
    }

    pub(super) fn default_data(&self) -> PathBuf {
        self.home_folder("XDG_DATA_HOME", ".local/share").map_or_else(PathBuf::new, |home| home.join("agentid/server"))
    }

    pub(super) fn file_layer(&self) -> Result<Layer, ConfigError> {
        let usual = || Some(self.home_folder("XDG_CONFIG_HOME", ".config")?.join("agentid/agentid.toml"));
        let Some(path) = self.file.clone().or_else(usual) else {
            return Ok(Layer::new());
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => file::parse(&text, &path),
            Err(error) if error.kind() == ErrorKind::NotFound && self.file.is_none() => Ok(Layer::new()),
            Err(error) => Err(ConfigError::Unreadable { path, error }),
        }
    }

    pub(super) fn environment_layer(&self) -> Layer {
        let settings = self.environment.iter().filter(|(name, _)| {
            name.starts_with(reader::VARIABLE_PREFIX)
                && !name.starts_with(TEST_PREFIX)
                && !NOT_SETTINGS.contains(&name.as_str())
        });
        settings.map(|(name, value)| (name.clone(), Found::in_environment(name, value))).collect()
    }

    pub(super) fn flag_layer(&self) -> Layer {
        let found = |text: &String| Found { text: text.clone(), kind: None, origin: Origin::Flag };
        self.flags.iter().map(|(key, text)| (key.clone(), found(text))).collect()
    }

    /// A folder of the XDG base directory specification, which says to ignore relative ones.
    fn home_folder(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let folder = |name| self.environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        folder(variable).or_else(|| Some(folder("HOME")?.join(below_home)))
    }
}
