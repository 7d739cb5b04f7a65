//! Text that nobody meant: whatever is fed to the library, it answers, and it never panics. The seeds of the fuzz targets
//! run here, too.

use std::fs;
use std::path::{Path, PathBuf};

use ::schemadoc::notes::{Note, NotesError, TableFront};
use ::schemadoc::sql::constraints::{allowed_values, columns_of, index, read};
use ::schemadoc::sql::tokens::{all, meaningful};

use crate::support::Folder;

/// A generator of numbers that are always the same (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

const PIECES: [&str; 24] = [
    "'",
    "\"",
    "`",
    "[",
    "]",
    "(",
    ")",
    ",",
    ";",
    "--",
    "/*",
    "*/",
    "\0",
    "é",
    "\u{feff}",
    " AS ",
    " CHECK ",
    " CONSTRAINT ",
    " REFERENCES ",
    " UNIQUE ",
    " PRIMARY ",
    " FOREIGN ",
    "-- +goose Up\n",
    "--> statement-breakpoint",
];

/// Cuts, doubles, drops or inserts something, some times over.
fn mangled(text: &str, numbers: &mut Numbers) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(characters.len());
        let end = (at + numbers.below(40)).min(characters.len());
        match numbers.below(5) {
            0 => characters.truncate(at),
            1 => drop(characters.drain(at..end)),
            2 => drop(characters.splice(at..at, characters[at..end].to_vec())),
            _ => drop(characters.splice(at..at, PIECES[numbers.below(PIECES.len())].chars())),
        }
    }
    characters.into_iter().collect()
}

fn seeds(target: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 2, "{target} has no seeds");
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn the_readers_of_sql_take_any_text() {
    let mut numbers = Numbers(0x5eed);
    for seed in seeds("tokens") {
        for round in 0..500 {
            let text = if round == 0 { seed.clone() } else { mangled(&seed, &mut numbers) };
            assert_eq!(all(&text).map(|token| token.text).collect::<String>(), text);
            meaningful(&text).iter().for_each(|token| drop(token.name()));
            drop((read(&text), index(&text), allowed_values(&text), columns_of(&text, &["a", "é"])));
        }
    }
}

fn parse(text: &str) -> Result<Note<TableFront>, NotesError> {
    ::schemadoc::notes::parse(PathBuf::from("a.md"), text)
}

#[test]
fn the_reader_of_notes_takes_any_text() {
    let mut numbers = Numbers(0x0713);
    for seed in seeds("notes") {
        assert!(parse(&seed).is_ok(), "{seed}");
        for _ in 0..300 {
            match parse(&mangled(&seed, &mut numbers)) {
                Ok(note) => note.front.columns.keys().for_each(|name| assert!(note.place(name).starts_with("a.md:"))),
                Err(error) => assert!(error.to_string().starts_with("a.md:"), "{error}"),
            }
        }
    }
}

#[test]
fn a_replay_of_mangled_sql_succeeds_or_says_where() {
    let mut numbers = Numbers(0xdb);
    let (mut good, mut bad) = (0, 0);
    for seed in seeds("tokens") {
        for _ in 0..40 {
            match Folder::of(&[("1.sql", "CREATE TABLE a (x);"), ("2.sql", &mangled(&seed, &mut numbers))]).model() {
                Ok(model) => {
                    assert!(model.table("a").is_some());
                    good += 1;
                }
                Err(said) => {
                    assert!(said.starts_with("2.sql:"), "{said}");
                    bad += 1;
                }
            }
        }
    }
    assert!(good > 10 && bad > 10, "{good} {bad}");
}
