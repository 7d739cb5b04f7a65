//! What people write about the schema: one Markdown file for each table, with TOML between two lines of `+++` for what
//! belongs to a column, an index or a constraint, and `_schema.md` for the whole.

mod body;
mod comments;
pub mod coverage;
mod front;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use body::{Body, Section};
pub use comments::Comments;
pub use front::{Domain, Relation, SchemaFront, TableFront, Texts, text};

/// The file about the whole schema.
pub const SCHEMA: &str = "_schema.md";

/// All notes of a folder.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// About the whole.
    pub schema: Option<Note<SchemaFront>>,
    /// By the file's name without `.md`, which is the table's.
    pub tables: BTreeMap<String, Note<TableFront>>,
    /// What the migrations say themselves, for where the notes say nothing.
    pub comments: Comments,
}

impl Notes {
    /// What a table is for, in a line. Empty when nobody says it; likewise below.
    pub fn purpose(&self, table: &str) -> String {
        let prose = self.tables.get(table).map(|note| note.body.purpose()).unwrap_or_default();
        if prose.is_empty() { self.comments.tables.get(table).cloned().unwrap_or_default() } else { prose }
    }

    /// What a column holds.
    pub fn column(&self, table: &str, column: &str) -> &str {
        let prose = text(self.tables.get(table).map(|note| &note.front.columns), column);
        prose.or_else(|| self.comments.column(table, column)).unwrap_or_default()
    }

    /// What an index is for.
    pub fn index(&self, table: &str, index: &str) -> &str {
        let prose = text(self.tables.get(table).map(|note| &note.front.indexes), index);
        prose.or_else(|| self.comments.indexes.get(index).map(String::as_str)).unwrap_or_default()
    }

    /// What a constraint is for.
    pub fn constraint(&self, table: &str, key: &str) -> &str {
        text(self.tables.get(table).map(|note| &note.front.constraints), key).unwrap_or_default()
    }
}

/// One file.
#[derive(Clone, Debug)]
pub struct Note<Front> {
    /// Its path, for messages.
    pub path: PathBuf,
    /// What stands between the `+++`.
    pub front: Front,
    /// What comes after.
    pub body: Body,
    /// The text between the `+++`, for the places of its names.
    source: String,
}

/// Why notes can not be read.
#[derive(Debug, thiserror::Error)]
pub enum NotesError {
    /// A file or the folder.
    #[error("{}: {error}", .path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What stands between the `+++` is not what is expected.
    #[error("{}:{line}: {message}", .path.display())]
    Front {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// Reads a folder of notes.
///
/// # Errors
/// Any [`NotesError`].
pub fn read(folder: &Path) -> Result<Notes, NotesError> {
    let unreadable = |error| NotesError::Unreadable { path: folder.to_owned(), error };
    let mut notes = Notes::default();
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(table) = name.strip_suffix(".md") else { continue };
        if name == SCHEMA {
            notes.schema = Some(open(path)?);
        } else {
            notes.tables.insert(table.to_owned(), open(path)?);
        }
    }
    Ok(notes)
}

fn open<Front: serde::de::DeserializeOwned + Default>(path: PathBuf) -> Result<Note<Front>, NotesError> {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return Err(NotesError::Unreadable { path, error }),
    };
    parse(path, &text)
}

/// Reads the text of a note.
///
/// # Errors
/// [`NotesError::Front`].
pub fn parse<Front: serde::de::DeserializeOwned + Default>(
    path: PathBuf,
    text: &str,
) -> Result<Note<Front>, NotesError> {
    match front::split(text) {
        Ok((front, source, body)) => Ok(Note { path, front, body: Body::read(body), source: source.to_owned() }),
        Err((line, message)) => Err(NotesError::Front { path, line, message }),
    }
}
