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
        // A date with a time and one without: diesel compares texts.
        (
            vec!["2024-03-13_b/up.sql", "2024-03-06-170000_a/up.sql"],
            vec!["2024-03-06-170000_a/up.sql", "2024-03-13_b/up.sql"],
        ),
        (
            vec!["20240131_b/migration.sql", "20231201_a/migration.sql"],
            vec!["20231201_a/migration.sql", "20240131_b/migration.sql"],
        ),
        (
            vec!["V3/V3__c.sql", "V1-2/V1__a.sql", "V1-2/V2__b.sql"],
            vec!["V1-2/V1__a.sql", "V1-2/V2__b.sql", "V3/V3__c.sql"],
        ),
        (
            vec!["V1.10__c.sql", "V1.9__b.sql", "U1.9__b.sql", "V1__a.sql"],
            vec!["V1__a.sql", "V1.9__b.sql", "V1.10__c.sql"],
        ),
        (vec!["V0002.b.up.sql", "V0001.a.up.sql", "V0001.a.down.sql"], vec!["V0001.a.up.sql", "V0002.b.up.sql"]),
        // The dash ends a number that is no date.
        (vec!["0010-b.sql", "0009-2fa.sql", "0011.sql"], vec!["0009-2fa.sql", "0010-b.sql", "0011.sql"]),
        (vec!["2024-02-01_b.sql", "2024-01-31_a.sql"], vec!["2024-01-31_a.sql", "2024-02-01_b.sql"]),
        (vec!["1_a_up.sql", "1_a_down.sql", "2_count_down.sql"], vec!["1_a_up.sql", "2_count_down.sql"]),
        (
            vec!["99999999999999999999998_a.sql", "100000000000000000000000_b.sql"],
            vec!["99999999999999999999998_a.sql", "100000000000000000000000_b.sql"],
        ),
    ] {
        assert_eq!(order(&files).unwrap(), expected);
    }
}

#[test]
fn one_number_is_one_migration() {
    assert_eq!(order(&["1_a.up.sql", "1_a.down.sql"]).unwrap(), ["1_a.up.sql"]);
    for pair in [
        ["01_b.sql", "1_a.sql"],
        ["1_a.sql", "1_a.up.sql"],
        ["V1.01__b.sql", "V1.1__a.sql"],
        ["1-2_a.sql", "1-3_b.sql"],
    ] {
        let refused = order(&pair).unwrap_err();
        assert_eq!(
            refused,
            format!("{} and {} have the same number, so it is not known which is applied first", pair[0], pair[1])
        );
    }
}

#[test]
fn drizzles_journal_is_the_order() {
    let files = |journal: &'static str| {
        [
            ("meta/_journal.json", journal),
            ("b.sql", "CREATE TABLE a (x);"),
            ("a.sql", "ALTER TABLE a ADD y;"),
            ("0_no.sql", "NO"),
        ]
    };
    let journal = r#"{"version": "7", "entries": [{"idx": 0, "tag": "b"}, {"idx": 1, "tag": "a", "when": 1}]}"#;
    assert_eq!(Folder::of(&files(journal)).names().unwrap(), ["b.sql", "a.sql"]);
    assert_eq!(Folder::of(&files(journal)).model().unwrap().tables[0].columns.len(), 2);
    let missing = Folder::of(&files(r#"{"entries": [{"tag": "../b"}]}"#)).names().unwrap_err();
    assert!(missing.ends_with("meta/_journal.json: it names ../b.sql, which is not there"), "{missing}");
    let wrong = Folder::of(&files("{")).names().unwrap_err();
    assert!(wrong.contains("meta/_journal.json: EOF"), "{wrong}");
    let unreadable = Folder::of(&[("1.sql", ""), ("meta/_journal.json/1.sql", "")]).names().unwrap_err();
    assert!(unreadable.contains("meta/_journal.json"), "{unreadable}");
}

#[test]
fn a_mark_ends_a_statement() {
    let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 1; SELECT 2; END";
    for text in [
        format!("CREATE TABLE a (x)\n--> statement-breakpoint\n{trigger}--> statement-breakpoint\nCREATE TABLE b (x);"),
        format!(
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE a (x); -- +goose StatementBegin\n-- +goose StatementBegin\n{trigger}\n\
             -- +goose StatementEnd\nCREATE TABLE b (x);\n-- +goose Down\n-- +goose StatementBegin\nDROP\n-- +goose StatementEnd\n"
        ),
    ] {
        let model = Folder::of(&[("1.sql", &text)]).model().unwrap();
        let names: Vec<_> = model.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!((names, model.tables[0].triggers.len()), (vec!["a", "b"], 1), "{text}");
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
        "-- migrate:up transaction:false\r\nCREATE TABLE a (id TEXT);\r\n-- migrate:down transaction:false\r\nDROP TABLE a;\r\n",
        "\u{feff}-- +goose Up\nCREATE TABLE a (id TEXT);\n--+GOOSE DOWN\nDROP TABLE a;\n",
        "-- +migrate Up\nCREATE TABLE a (id TEXT);\n-- +migrate Down\nDROP TABLE a;\n-- +migrate Up\nCREATE TABLE b (x);\n",
    ] {
        let model = Folder::of(&[("1.sql", text)]).model().unwrap();
        assert_eq!(model.tables[0].history.introduced.to_string(), "1.sql:2");
    }
}
