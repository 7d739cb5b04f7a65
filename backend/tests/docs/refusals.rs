//! `docs/v1/refusals.md` names tests that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The ids of a row's first cell: `A01`, `A07, A08` or `C06–C11`.
fn ids(cell: &str) -> Vec<String> {
    let number = |id: &str| id[1..].parse::<u32>().unwrap();
    let expand = |part: &str| match part.split_once('–') {
        None => vec![part.to_owned()],
        Some((from, to)) => (number(from)..=number(to)).map(|number| format!("{}{number:02}", &from[..1])).collect(),
    };
    cell.split(',').flat_map(|part| expand(part.trim())).collect()
}

fn is_id(cell: &str) -> bool {
    cell.len() >= 3 && cell.as_bytes()[0].is_ascii_uppercase() && cell.as_bytes()[1].is_ascii_digit()
}

/// The ids that names of tests begin with, as in `a07_a08_a09_pkce_is_s256`.
fn tested(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            tested(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&entry).unwrap();
            for function in text.split("#[test]\n").skip(1).filter_map(|rest| rest.trim_start().strip_prefix("fn ")) {
                let words = function.split('(').next().unwrap().split('_');
                let is_id = |word: &&str| word.len() == 3 && word[1..].bytes().all(|byte| byte.is_ascii_digit());
                found.extend(words.take_while(is_id).map(str::to_uppercase));
            }
        }
    }
}

#[test]
fn every_refusal_that_is_listed_has_a_test_of_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../docs/v1/refusals.md")).unwrap();
    let cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let listed: Vec<String> = cells.filter(|cell| is_id(cell)).flat_map(ids).collect();
    assert!(listed.len() >= 80, "{listed:?}");
    let mut found = BTreeSet::new();
    tested(&root.join("tests"), &mut found);
    let missing: Vec<_> = listed.iter().filter(|id| !found.contains(*id)).collect();
    assert!(missing.is_empty(), "listed without a test: {missing:?}");
    let unlisted: Vec<_> = found.iter().filter(|id| !listed.contains(id)).collect();
    assert!(unlisted.is_empty(), "tested and not listed: {unlisted:?}");
}
