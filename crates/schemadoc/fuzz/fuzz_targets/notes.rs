//! A note is read, or refused with a line that it has.
#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use schemadoc::notes::{Note, NotesError, TableFront, parse};

fuzz_target!(|text: &str| {
    let note: Result<Note<TableFront>, NotesError> = parse(PathBuf::from("a.md"), text);
    match note {
        Ok(note) => note.front.columns.keys().for_each(|name| drop(note.place(name))),
        Err(NotesError::Front { line, .. }) => assert!((1..=text.lines().count().max(1) + 1).contains(&line)),
        Err(other) => panic!("{other}"),
    }
});
