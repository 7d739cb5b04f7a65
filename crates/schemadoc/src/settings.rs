//! Where everything is: `schemadoc.toml`, or the options of the command line, which come first.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::finding::Level;
use crate::lint::Engine;
use crate::replay;

/// The file that is looked for when none is named.
pub const FILE: &str = "schemadoc.toml";

/// The settings. Paths are as seen from where the program runs.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The folder of the migrations.
    pub migrations: Option<PathBuf>,
    /// The folder of the notes.
    pub notes: Option<PathBuf>,
    /// The file with a table's code; `{table}` stands for its name.
    pub code: Option<String>,
    /// The folder that the pages are written to.
    pub out: Option<PathBuf>,
    /// How much must have prose, in percent.
    pub coverage: Option<usize>,
    /// The level at which `lint` fails.
    pub level: Option<Level>,
    /// Engines that the migrations must run on unchanged.
    pub portable: Vec<Engine>,
    /// The engine that replays the migrations.
    pub engine: Option<replay::Engine>,
    /// The PostgreSQL server that replays them.
    pub url: Option<String>,
}

/// Why settings can not be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file.
    #[error("{}: {error}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Not what is expected.
    #[error("{}:{line}: {message}", .path.display())]
    Wrong {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Neither said nor set.
    #[error("where are the {0}? Say --{0}, or set `{0}` in {FILE}")]
    Missing(&'static str),
}

impl Settings {
    /// Reads a file. Its paths are relative to its folder.
    ///
    /// # Errors
    /// [`SettingsError::Unreadable`] and [`SettingsError::Wrong`].
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text =
            fs::read_to_string(path).map_err(|error| SettingsError::Unreadable { path: path.to_owned(), error })?;
        let settings: Self = toml::from_str(&text).map_err(|error| {
            let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            SettingsError::Wrong { path: path.to_owned(), line, message: error.message().to_owned() }
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let from = |path: PathBuf| folder.join(path);
        Ok(Self {
            migrations: settings.migrations.map(from),
            notes: settings.notes.map(from),
            out: settings.out.map(from),
            code: settings.code.map(|code| folder.join(code).to_string_lossy().into_owned()),
            ..settings
        })
    }

    /// What is set here, and for the rest what `other` sets.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            migrations: self.migrations.or(other.migrations),
            notes: self.notes.or(other.notes),
            code: self.code.or(other.code),
            out: self.out.or(other.out),
            coverage: self.coverage.or(other.coverage),
            level: self.level.or(other.level),
            portable: if self.portable.is_empty() { other.portable } else { self.portable },
            engine: self.engine.or(other.engine),
            url: self.url.or(other.url),
        }
    }
}
