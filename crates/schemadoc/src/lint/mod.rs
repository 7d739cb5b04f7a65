//! Rules for schemas. Each looks at the whole model; an answer in a note's `[lint]` silences one finding.

mod keys;
mod portable;
mod types;

use crate::finding::{Finding, Level};
use crate::folder::MigrationFile;
use crate::model::{Model, Table};
use crate::notes::Notes;

pub use portable::{Engine, NOT_PORTABLE, rules};

/// Looks for everything; `engines` are those that the migrations must run on unchanged.
pub fn lint(model: &Model, notes: &Notes, files: &[MigrationFile], engines: &[Engine]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in &model.tables {
        findings.extend(keys::findings(table));
        findings.extend(types::findings(table, engines));
        findings.extend(missing_purpose(notes, table));
    }
    findings.extend(portable::findings(files, engines));
    findings.extend(unused_answers(notes, &findings, engines));
    findings.retain(|finding| !is_answered(notes, finding));
    findings.sort_by(|one, other| other.level.cmp(&one.level).then_with(|| one.place.cmp(&other.place)));
    findings
}

/// A comment above the table will do.
fn missing_purpose(notes: &Notes, table: &Table) -> Option<Finding> {
    notes.purpose(&table.name).is_empty().then(|| Finding {
        level: Level::Hint,
        rule: "missing-purpose",
        object: table.name.clone(),
        place: table.history.introduced.to_string(),
        text: "Nobody says what the table is for. Say it in its note, or in a comment above it.".to_owned(),
    })
}

fn is_answered(notes: &Notes, finding: &Finding) -> bool {
    let key = finding.key();
    notes
        .tables
        .values()
        .any(|note| note.front.lint.iter().any(|(name, why)| name.get_ref() == &key && !why.trim().is_empty()))
}

/// An answer to nothing is a note about something that no longer exists.
fn unused_answers(notes: &Notes, findings: &[Finding], engines: &[Engine]) -> Vec<Finding> {
    let keys: Vec<String> = findings.iter().map(Finding::key).collect();
    let mut unused = Vec::new();
    for note in notes.tables.values() {
        for name in note.front.lint.keys() {
            let rule = name.get_ref().split(':').next();
            let is_asked = !engines.is_empty() || rule != Some(NOT_PORTABLE);
            if is_asked && !keys.contains(name.get_ref()) {
                unused.push(Finding {
                    level: Level::Error,
                    rule: "unused-answer",
                    object: name.get_ref().clone(),
                    place: note.place(name),
                    text: "Nothing is found that this answers. Delete it.".to_owned(),
                });
            }
        }
    }
    unused
}
