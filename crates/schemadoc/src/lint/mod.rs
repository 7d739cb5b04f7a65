//! Rules for schemas. Each looks at the whole model; an answer in a note's `[lint]` silences one finding.

mod keys;
mod portable;
mod types;

use crate::finding::{Finding, Level};
use crate::folder::MigrationFile;
use crate::model::Model;
use crate::notes::Notes;

pub use portable::Engine;

/// Looks for everything; `engines` are those that the migrations must run on unchanged.
pub fn lint(model: &Model, notes: &Notes, files: &[MigrationFile], engines: &[Engine]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in &model.tables {
        findings.extend(keys::findings(table));
        findings.extend(types::findings(table));
    }
    findings.extend(portable::findings(files, engines));
    findings.extend(unused_answers(notes, &findings));
    findings.retain(|finding| !is_answered(notes, finding));
    findings.sort_by(|one, other| other.level.cmp(&one.level).then_with(|| one.place.cmp(&other.place)));
    findings
}

fn is_answered(notes: &Notes, finding: &Finding) -> bool {
    let key = format!("{}:{}", finding.rule, finding.object);
    notes
        .tables
        .values()
        .any(|note| note.front.lint.iter().any(|(name, why)| name.get_ref() == &key && !why.trim().is_empty()))
}

/// An answer to nothing is a note about something that no longer exists.
fn unused_answers(notes: &Notes, findings: &[Finding]) -> Vec<Finding> {
    let mut unused = Vec::new();
    for note in notes.tables.values() {
        for name in note.front.lint.keys() {
            if !findings.iter().any(|finding| &format!("{}:{}", finding.rule, finding.object) == name.get_ref()) {
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
