//! The real program, run in a folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Folder;

/// What it said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs it in a folder, with these arguments.
pub fn schemadoc(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_schemadoc"));
    let output = command.args(arguments).current_dir(folder).env_remove("NO_COLOR").output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A `schemadoc.toml` for `migrations`, `notes` and `out`.
pub const SETTINGS: (&str, &str) = ("schemadoc.toml", "migrations = 'migrations'\nnotes = 'notes'\nout = 'out'\n");

impl Folder {
    /// With these files beside [`SETTINGS`], and an empty folder of notes.
    pub fn project(files: &[(&str, &str)]) -> Self {
        Self::of(&[&[SETTINGS, ("notes/README", "")], files].concat())
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        schemadoc(self.path(), arguments)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The files below a folder, by their paths in it.
    pub fn list(&self, below: &str) -> Vec<String> {
        files(&self.path().join(below))
    }
}

/// The files in a folder and its folders, by their paths in it.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}
