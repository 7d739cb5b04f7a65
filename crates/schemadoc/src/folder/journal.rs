//! Drizzle's list of its migrations, `meta/_journal.json`: it applies them in that order, whatever their names are.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::FolderError;

/// Where it is in the folder.
const PATH: &str = "meta/_journal.json";

#[derive(Deserialize)]
struct Journal {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// The file's name without `.sql`.
    tag: String,
}

/// The files in its order, if there is one. `names`: those of the folder.
pub(super) fn order(folder: &Path, names: &[String]) -> Result<Option<Vec<String>>, FolderError> {
    let path = folder.join(PATH);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FolderError::Unreadable { path, error }),
    };
    let wrong = |message: String| FolderError::Journal { path: path.clone(), message };
    let journal: Journal = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let name = |entry: Entry| {
        let name = format!("{}.sql", entry.tag);
        if names.contains(&name) { Ok(name) } else { Err(wrong(format!("it names {name}, which is not there"))) }
    };
    journal.entries.into_iter().map(name).collect::<Result<_, _>>().map(Some)
}
