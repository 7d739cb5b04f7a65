//! A folder of migrations, written by a test.

mod program;

use std::fs;
use std::path::Path;

use schemadoc::model::{Column, Model, Table};
use schemadoc::{folder, replay};
use tempfile::TempDir;

pub use program::{Said, files};

/// The folder.
pub struct Folder(TempDir);

impl Folder {
    /// With these files: path and text.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn names(&self) -> Result<Vec<String>, String> {
        let files = folder::read(self.path()).map_err(|error| error.to_string())?;
        Ok(files.into_iter().map(|file| file.name).collect())
    }

    pub fn model(&self) -> Result<Model, String> {
        let files = folder::read(self.path()).map_err(|error| error.to_string())?;
        replay::replay(&files).map_err(|error| error.to_string())
    }
}

/// What these files make.
pub fn model(files: &[(&str, &str)]) -> Model {
    Folder::of(files).model().unwrap()
}

pub fn table<'a>(model: &'a Model, name: &str) -> &'a Table {
    model.table(name).unwrap_or_else(|| panic!("there is no {name}"))
}

pub fn column<'a>(table: &'a Table, name: &str) -> &'a Column {
    table.columns.iter().find(|column| column.name == name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// `introduced`, and `changed` if it was.
pub fn places(history: &schemadoc::model::History) -> (String, Option<String>) {
    (history.introduced.to_string(), history.changed.as_ref().map(ToString::to_string))
}
