//! Which files are migrations, and their order.

use crate::support::Folder;

fn order(files: &[&str]) -> Result<Vec<String>, String> {
    let files: Vec<_> = files.iter().map(|file| (*file, "SELECT 1;")).collect();
    Folder::of(&files).names()
}

#[test]
fn each_tools_names_are_known() {
    for (files, expected) in [
        (vec!["0002_b.sql", "0001_a.sql", "README.md", "notes.sql"], vec!["0001_a.sql", "0002_b.sql"]),
        (vec!["10_b.up.sql", "9_a.up.sql", "9_a.down.sql"], vec!["9_a.up.sql", "10_b.up.sql"]),
        (vec!["V2__b.sql", "V1__a.sql", "V10__c.sql"], vec!["V1__a.sql", "V2__b.sql", "V10__c.sql"]),
        (
            vec!["2024-01-31-120000_b/up.sql", "2023-12-01-000000_a/up.sql", "2023-12-01-000000_a/down.sql"],
            vec!["2023-12-01-000000_a/up.sql", "2024-01-31-120000_b/up.sql"],
        ),
        (
            vec!["20240131_b/migration.sql", "20231201_a/migration.sql"],
            vec!["20231201_a/migration.sql", "20240131_b/migration.sql"],
        ),
    ] {
        assert_eq!(order(&files).unwrap(), expected);
    }
}

#[test]
fn a_folder_that_says_nothing_is_refused() {
    assert!(order(&["notes.sql"]).unwrap_err().contains("there is no migration here"));
    assert!(order(&["1_a.sql", "01_b.sql"]).unwrap_err().contains("have the same number"));
    let missing = ::schemadoc::folder::read(std::path::Path::new("/nowhere/at/all")).unwrap_err().to_string();
    assert!(missing.contains("/nowhere/at/all"), "{missing}");
}

#[test]
fn only_what_goes_up_is_applied() {
    for text in [
        "-- +goose Up\nCREATE TABLE a (id TEXT);\n-- +goose Down\nDROP TABLE a;\n",
        "-- migrate:up\nCREATE TABLE a (id TEXT);\n\n-- migrate:down\nDROP TABLE a;\n",
    ] {
        let model = Folder::of(&[("1.sql", text)]).model().unwrap();
        assert_eq!(model.tables[0].history.introduced.to_string(), "1.sql:2");
    }
}
