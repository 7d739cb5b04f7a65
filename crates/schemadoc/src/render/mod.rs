//! The documentation: every page, by its path. What is written, checked and printed is this one map.

mod changes;
mod columns;
mod diagram;
mod markdown;
mod relationships;
mod schema;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::{Model, Place, Table};
use crate::notes::Notes;
use crate::relations::{self, Relation};
use changes::Change;
use markdown::{code, link};

/// At the head of each page, so that nobody edits one, and a page that is no longer made is known for one of ours.
pub const MARK: &str =
    "<!-- Made by schemadoc from the migrations and the notes. Do not edit: run `schemadoc write`. -->\n";

/// The folder of the tables' pages.
pub const TABLES: &str = "tables";

/// Where the files are, as the pages link them.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// From the pages' folder to the migrations' folder.
    pub migrations: String,
    /// From the pages' folder to the file of a table: `{table}` stands for its name.
    pub code: Option<String>,
    /// The same, from where the program runs: to see whether there is such a file.
    pub code_here: Option<String>,
}

/// Makes every page.
pub fn render(model: &Model, notes: &Notes, links: &Links) -> BTreeMap<PathBuf, String> {
    let source = Source {
        model,
        notes,
        links,
        relations: relations::all(model, notes),
        changes: changes::all(model),
        is_below: false,
    };
    let mut pages = BTreeMap::new();
    pages.insert(PathBuf::from("schema.md"), schema::page(&source));
    pages.insert(PathBuf::from("relationships.md"), relationships::page(&source));
    let below = Source { is_below: true, ..source };
    for table in &model.tables {
        pages.insert(Path::new(TABLES).join(page_name(&table.name)), table::page(&below, table));
    }
    // One line break at the end, whatever the last part was.
    pages.into_iter().map(|(path, text)| (path, format!("{MARK}\n{}\n", text.trim_end()))).collect()
}

/// The file of a table's page. Letters, digits and `_` stay; another character, which a path may not hold or a link
/// would need to escape, becomes its number.
pub fn page_name(table: &str) -> String {
    let mut name = String::new();
    for character in table.chars() {
        if character.is_alphanumeric() || character == '_' {
            name.push(character);
        } else {
            name.push_str(&format!("-{:x}", u32::from(character)));
        }
    }
    name + ".md"
}

fn headed(heading: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{heading}\n\n{text}") }
}

/// What a page is made from.
struct Source<'a> {
    model: &'a Model,
    notes: &'a Notes,
    links: &'a Links,
    relations: Vec<Relation>,
    changes: Vec<Change<'a>>,
    /// The page is in the folder of the tables' pages.
    is_below: bool,
}

/// Tables that belong together.
struct Group<'a> {
    title: String,
    about: String,
    tables: Vec<&'a Table>,
}

impl<'a> Source<'a> {
    /// A link to a table's page; only the name when there is no such table.
    fn table(&self, name: &str) -> String {
        match self.model.table(name) {
            Some(table) if self.is_below => link(&table.name, &page_name(&table.name)),
            Some(table) => link(&table.name, &format!("{TABLES}/{}", page_name(&table.name))),
            None => code(name),
        }
    }

    /// A link to a migration.
    fn file(&self, file: &str) -> String {
        link(file, &self.address(file))
    }

    /// A link to a line of a migration.
    fn place(&self, place: &Place) -> String {
        link(&place.to_string(), &self.target(place))
    }

    fn target(&self, place: &Place) -> String {
        format!("{}#L{}", self.address(&place.file), place.line)
    }

    fn address(&self, file: &str) -> String {
        format!("{}{}/{file}", self.up(), self.links.migrations)
    }

    /// From the page to the pages' folder.
    fn up(&self) -> &'static str {
        if self.is_below { "../" } else { "" }
    }

    /// A link to the file with the table's code, if there is one.
    fn code_of(&self, table: &str) -> Option<String> {
        let here = self.links.code_here.as_ref()?.replace("{table}", table);
        let target = self.links.code.as_ref()?.replace("{table}", table);
        let name = Path::new(&here).file_name()?.to_string_lossy().into_owned();
        Path::new(&here).is_file().then(|| link(&name, &format!("{}{target}", self.up())))
    }

    /// The tables in groups: those of the notes' domains, then the others.
    fn domains(&self) -> Vec<Group<'a>> {
        let domain_of = |table: &Table| {
            self.notes.tables.get(&table.name)?.front.domain.as_ref().map(|name| name.get_ref().as_str())
        };
        let domains = self.notes.schema.as_ref().map_or(&[][..], |note| note.front.domains.as_slice());
        let mut groups: Vec<Group<'a>> = Vec::new();
        for domain in domains {
            let tables = self.model.tables.iter().filter(|table| domain_of(table) == Some(&domain.name)).collect();
            groups.push(Group { title: domain.title.clone(), about: domain.about.clone(), tables });
        }
        let is_named = |table: &&Table| domains.iter().any(|domain| domain_of(table) == Some(&domain.name));
        let tables = self.model.tables.iter().filter(|table| !is_named(table)).collect();
        groups.push(Group { title: "Other tables".to_owned(), about: String::new(), tables });
        groups.retain(|group| !group.tables.is_empty());
        groups
    }
}
