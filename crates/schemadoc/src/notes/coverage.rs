//! Whether the notes fit the schema: each thing that they name is there, and each thing that is there has its prose.

use toml::Spanned;

use super::{Note, Notes, TableFront, Texts, text};
use crate::finding::{Finding, Level};
use crate::model::{Column, History, Kind, Model, Table};
use crate::objects;
use crate::relations::Cardinality;

/// How much of the schema has prose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// What could have prose: tables, columns, named indexes, constraints, migrations.
    pub all: usize,
    /// What has.
    pub described: usize,
}

impl Coverage {
    /// In percent, rounded down: 100 is all.
    pub fn percent(self) -> usize {
        (self.described * 100).checked_div(self.all).unwrap_or(100)
    }

    fn count(&mut self, is_described: bool) {
        self.all += 1;
        self.described += usize::from(is_described);
    }
}

/// What does not fit, and how much is described.
pub fn examine(model: &Model, notes: &Notes) -> (Vec<Finding>, Coverage) {
    let mut examination = Examination { findings: Vec::new(), coverage: Coverage::default() };
    for (name, note) in &notes.tables {
        match model.tables.iter().find(|table| &table.name == name) {
            Some(table) => examination.names(model, table, note),
            None => {
                examination.unknown("table", name, format!("{}:1", note.path.display()), renamed(tables(model), name));
            }
        }
    }
    for table in &model.tables {
        examination.prose(table, notes.tables.get(&table.name));
    }
    for note in notes.tables.values() {
        examination.domain(notes, note);
    }
    if let Some(note) = &notes.schema {
        for name in note.front.migrations.keys() {
            if !model.migrations.iter().any(|migration| &migration.file == name.get_ref()) {
                examination.unknown("migration", name.get_ref(), note.place(name), None);
            }
        }
    }
    for migration in &model.migrations {
        let texts = notes.schema.as_ref().map(|note| &note.front.migrations);
        examination.described(texts, &migration.file, "migration", &migration.file, &migration.file);
    }
    (examination.findings, examination.coverage)
}

struct Examination {
    findings: Vec<Finding>,
    coverage: Coverage,
}

impl Examination {
    /// Everything that the note names is there.
    fn names(&mut self, model: &Model, table: &Table, note: &Note<TableFront>) {
        let columns = || table.columns.iter().map(|column| (column.name.as_str(), &column.history));
        let named = note.front.columns.keys().chain(note.front.example.keys());
        let related = note.front.relations.iter().flat_map(|relation| &relation.columns);
        for name in named.chain(related) {
            if !columns().any(|(column, _)| column == name.get_ref()) {
                self.unknown("column", name.get_ref(), note.place(name), renamed(columns(), name.get_ref()));
            }
        }
        let is_stored = |column: &&Column| column.generated.is_none() && !note.front.example.is_empty();
        let is_needed = |column: &&Column| column.not_null && column.default.is_none();
        for column in table.columns.iter().filter(is_stored).filter(is_needed) {
            if !note.front.example.keys().any(|name| name.get_ref() == &column.name) {
                let object = format!("{}.{}", table.name, column.name);
                let text = "The example has no value for it, and the column is NOT NULL.".to_owned();
                let place = note.path.display().to_string();
                self.findings.push(Finding { level: Level::Error, rule: "example", object, place, text });
            }
        }
        for name in note.front.indexes.keys() {
            let indexes = || objects::named_indexes(table).map(|index| index.name.as_str());
            if !indexes().any(|index| index == name.get_ref()) {
                self.unknown("index", name.get_ref(), note.place(name), meant(indexes(), name.get_ref()));
            }
        }
        let constraints = objects::constraints(table);
        for name in note.front.constraints.keys() {
            if !constraints.iter().any(|constraint| &constraint.key == name.get_ref()) {
                let keys: Vec<&str> = constraints.iter().map(|constraint| constraint.key.as_str()).collect();
                let there = (!keys.is_empty()).then(|| format!("There are: {}.", keys.join("; ")));
                self.unknown("constraint", name.get_ref(), note.place(name), there);
            }
        }
        for relation in &note.front.relations {
            if Cardinality::parse(relation.kind.get_ref()).is_none() {
                let there = Some("A relation is 1:1, N:1 or N:M.".to_owned());
                self.unknown("kind", relation.kind.get_ref(), note.place(&relation.kind), there);
            }
            let parent = relation.parent.get_ref();
            let Some(parent) = model.tables.iter().find(|table| &table.name == parent) else {
                self.unknown("table", parent, note.place(&relation.parent), renamed(tables(model), parent));
                continue;
            };
            let columns = || parent.columns.iter().map(|column| (column.name.as_str(), &column.history));
            for name in &relation.parent_columns {
                if !columns().any(|(column, _)| column == name.get_ref()) {
                    self.unknown("column", name.get_ref(), note.place(name), renamed(columns(), name.get_ref()));
                }
            }
        }
    }

    /// The group that the note puts its table into is there.
    fn domain(&mut self, notes: &Notes, note: &Note<TableFront>) {
        let domains = notes.schema.as_ref().map_or(&[][..], |note| &note.front.domains);
        if let Some(name) = note.front.domain.as_ref()
            && !domains.iter().any(|domain| &domain.name == name.get_ref())
        {
            let names = domains.iter().map(|domain| domain.name.as_str());
            self.unknown("domain", name.get_ref(), note.place(name), meant(names, name.get_ref()));
        }
    }

    /// Everything that is there has its prose.
    fn prose(&mut self, table: &Table, note: Option<&Note<TableFront>>) {
        let place = table.history.introduced.to_string();
        let purpose = note.map(|note| note.body.purpose()).unwrap_or_default();
        self.coverage.count(!purpose.is_empty());
        if purpose.is_empty() {
            self.missing("purpose", &table.name, &place);
        }
        for column in &table.columns {
            let object = format!("{}.{}", table.name, column.name);
            let texts = note.map(|note| &note.front.columns);
            self.described(texts, &column.name, "column", &object, &column.history.introduced.to_string());
        }
        for index in objects::named_indexes(table) {
            let texts = note.map(|note| &note.front.indexes);
            self.described(texts, &index.name, "index", &index.name, &index.history.introduced.to_string());
        }
        if table.kind == Kind::Table {
            for constraint in objects::constraints(table) {
                let object = format!("{}: {}", table.name, constraint.key);
                self.described(
                    note.map(|note| &note.front.constraints),
                    &constraint.key,
                    "constraint",
                    &object,
                    &place,
                );
            }
        }
    }

    fn described(&mut self, texts: Option<&Texts>, name: &str, what: &'static str, object: &str, place: &str) {
        let is_described = text(texts, name).is_some_and(|text| !text.trim().is_empty());
        self.coverage.count(is_described);
        if !is_described {
            self.missing(what, object, place);
        }
    }

    fn missing(&mut self, what: &'static str, object: &str, place: &str) {
        let text = format!("The {what} has no prose in the notes.");
        let (object, place) = (object.to_owned(), place.to_owned());
        self.findings.push(Finding { level: Level::Warning, rule: "missing-prose", object, place, text });
    }

    fn unknown(&mut self, what: &str, name: &str, place: String, hint: Option<String>) {
        let hint = hint.map(|hint| format!(" {hint}")).unwrap_or_default();
        let text = format!("There is no {what} `{name}`.{hint}");
        self.findings.push(Finding { level: Level::Error, rule: "unknown-name", object: name.to_owned(), place, text });
    }
}

fn tables(model: &Model) -> impl Iterator<Item = (&str, &History)> + Clone {
    model.tables.iter().map(|table| (table.name.as_str(), &table.history))
}

/// What was called so once, or else what may be meant.
fn renamed<'a>(all: impl Iterator<Item = (&'a str, &'a History)> + Clone, former: &str) -> Option<String> {
    let renamed = all.clone().find_map(|(name, history)| {
        let renamed = history.renamed.iter().find(|renamed| renamed.from == former)?;
        Some(format!("It is called `{name}` since {}.", renamed.at))
    });
    renamed.or_else(|| meant(all.map(|(name, _)| name), former))
}

/// The name that is most like it, if one is.
fn meant<'a>(names: impl Iterator<Item = &'a str>, name: &str) -> Option<String> {
    let names: Vec<&str> = names.collect();
    let alike = similar::get_close_matches(name, &names, 1, 0.7);
    alike.first().map(|name| format!("Is `{name}` meant?"))
}

impl<Front> Note<Front> {
    /// Where a name of the front matter stands.
    pub fn place(&self, name: &Spanned<String>) -> String {
        let before = self.source.get(..name.span().start).unwrap_or_default();
        // The line `+++` is the first.
        format!("{}:{}", self.path.display(), before.matches('\n').count() + 2)
    }
}
