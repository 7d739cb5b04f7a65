//! Notes: what they name must be there, what is there must have its prose, and what can not be read says where.

use std::fs;

use crate::support::{Folder, Said};

const TABLE: (&str, &str) = (
    "migrations/1.sql",
    "CREATE TABLE users (id TEXT PRIMARY KEY, mail TEXT);\nCREATE INDEX idx_users_mail ON users (mail);\n",
);

/// What `write` says of a project with this note.
fn with_note(name: &str, note: &str) -> Said {
    Folder::project(&[TABLE, (&format!("notes/{name}"), note)]).run(&["write"])
}

#[test]
fn what_a_note_names_must_be_there() {
    let fine = "+++\n[columns]\nmail = 'x'\n[indexes]\nidx_users_mail = 'x'\n[constraints]\n'primary key' = 'x'\n+++\nUsers.\n";
    assert_eq!(with_note("users.md", fine).code, 0);
    for (name, note, line) in [
        (
            "users.md",
            fine.replace("mail = 'x'\n[i", "mial = 'x'\n[i"),
            "notes/users.md:3: error [unknown-name:mial] There is no column `mial`. Is `mail` meant?",
        ),
        (
            "users.md",
            fine.replace("idx_users_mail", "idx_users_name"),
            "notes/users.md:5: error [unknown-name:idx_users_name] There is no index `idx_users_name`.",
        ),
        (
            "users.md",
            fine.replace("primary", "foreign"),
            "notes/users.md:7: error [unknown-name:foreign key] There is no constraint `foreign key`. There are: primary key.",
        ),
        (
            "user.md",
            fine.to_owned(),
            "notes/user.md:1: error [unknown-name:user] There is no table `user`. Is `users` meant?",
        ),
        (
            "users.md",
            format!("+++\ndomain = 'people'\n{}", &fine[4..]),
            "notes/users.md:2: error [unknown-name:people] There is no domain `people`.",
        ),
        (
            "_schema.md",
            "+++\n[migrations]\n'2.sql' = 'x'\n+++\n".to_owned(),
            "notes/_schema.md:3: error [unknown-name:2.sql] There is no migration `2.sql`.",
        ),
    ] {
        let said = with_note(name, &note);
        assert!(said.out.contains(line), "{line}: {said:?}");
        assert_eq!(said.code, 1);
    }
}

#[test]
fn what_was_renamed_is_found_again() {
    let folder = Folder::project(&[
        TABLE,
        (
            "migrations/2.sql",
            "ALTER TABLE users RENAME COLUMN mail TO address;\n\nALTER TABLE users RENAME TO accounts;\n",
        ),
        (
            "notes/accounts.md",
            "+++\n[columns]\nmail = 'x'\n\n[[relations]]\ncolumns = ['id']\nparent = 'users'\nparent_columns = ['id']\nkind = '1:1'\nwhy = 'x'\n+++\n",
        ),
    ]);
    let said = folder.run(&["write"]).out;
    assert!(said.contains("notes/accounts.md:3: error [unknown-name:mail] There is no column `mail`. It is called `address` since 2.sql:1."), "{said}");
    assert!(said.contains("notes/accounts.md:7: error [unknown-name:users] There is no table `users`. It is called `accounts` since 2.sql:3."), "{said}");
}

#[test]
fn missing_prose_counts_against_the_threshold() {
    // The purpose, one of two columns, and neither index, primary key nor migration: two of six.
    let folder = Folder::project(&[TABLE, ("notes/users.md", "+++\n[columns]\nmail = 'The address.'\n+++\nUsers.\n")]);
    assert_eq!(folder.run(&["write", "--coverage", "33"]).code, 0);
    let said = folder.run(&["write", "--coverage", "34"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("33 % of the schema has prose, and 34 % must."), "{}", said.out);
    for object in ["users.id", "idx_users_mail", "users: primary key", "1.sql"] {
        assert!(said.out.contains(&format!("[missing-prose:{object}]")), "{object}: {}", said.out);
    }
    assert!(!said.out.contains("[missing-prose:users.mail]"));
}

#[test]
fn comments_are_text_for_where_the_notes_say_nothing() {
    let sql = "-- Who can log in.\n-- Or could.\nCREATE TABLE users (\n    id TEXT PRIMARY KEY, -- a number\n    -- not checked\n    mail TEXT,\n    \
               name TEXT -- as the SQL has it\n);\nCREATE INDEX by_name ON users (name); -- for lists\n\n-- elsewhere\n\nALTER TABLE users ADD COLUMN age BIGINT; -- in years\n\
               CREATE TABLE short (id TEXT, x TEXT); -- of neither column\n";
    let note = "+++\n[columns]\nname = 'From the note.'\n+++\n";
    let folder = Folder::project(&[("migrations/1.sql", sql), ("notes/users.md", note)]);
    let said = folder.run(&["write", "--coverage", "100"]);
    let page = folder.read("out/tables/users.md");
    for text in [
        "\nWho can log in. Or could.\n",
        "| a number ",
        "| not checked ",
        "| From the note. |",
        "| for lists ",
        "| in years ",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("as the SQL has it") && !page.contains("elsewhere"), "{page}");
    assert!(!folder.read("out/tables/short.md").contains("of neither column"));
    // A comment is no prose.
    assert!(said.out.contains("[missing-prose:users.id]"), "{}", said.out);
    assert!(folder.read("out/schema.md").contains("| Who can log in. Or could. |"));
}

#[test]
fn an_example_has_what_its_row_needs() {
    let sql = "CREATE TABLE a (id TEXT NOT NULL, kind TEXT NOT NULL DEFAULT 'x', more TEXT);";
    let note = |example: &str| format!("+++\n[example]\n{example}\n+++\nA.\n");
    let fine = Folder::project(&[("migrations/1.sql", sql), ("notes/a.md", &note("id = 'i'"))]);
    assert_eq!(fine.run(&["write"]).code, 0);
    let page = fine.read("out/tables/a.md");
    assert!(
        page.contains(
            "| `id`   | `i`                |\n| `kind` | `'x'`, the default |\n| `more` | NULL               |"
        ),
        "{page}"
    );
    let said = Folder::project(&[("migrations/1.sql", sql), ("notes/a.md", &note("more = 'm'"))]).run(&["write"]);
    assert_eq!(said.code, 1);
    assert_eq!(
        said.out.lines().last(),
        Some("notes/a.md: error [example:a.id] The example has no value for it, and the column is NOT NULL.")
    );
}

#[test]
fn notes_that_can_not_be_read_say_where() {
    for (note, expected) in [
        ("+++\n[columns]\nid = 'x'\nmail =\n+++\n", "error: notes/users.md:4: "),
        ("+++\n[columns]\n\n[colums]\n+++\n", "error: notes/users.md:4: unknown field `colums`"),
        ("+++\n[columns]\nid = 'x'\n", "error: notes/users.md:1: the `+++` that ends the front matter is missing"),
    ] {
        let said = with_note("users.md", note);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{note}");
        assert!(said.err.starts_with(expected), "{expected}: {}", said.err);
    }
    let folder = Folder::project(&[TABLE]);
    fs::write(folder.path().join("notes/users.md"), [0xff, 0xfe]).unwrap();
    let said = folder.run(&["write"]);
    assert_eq!(said.code, 2);
    assert!(said.err.starts_with("error: notes/users.md: ") && said.err.contains("UTF-8"), "{}", said.err);
    // A folder in a note's place, as nobody may read it: a user without rights would see the same.
    fs::remove_file(folder.path().join("notes/users.md")).unwrap();
    fs::create_dir(folder.path().join("notes/users.md")).unwrap();
    let said = folder.run(&["write"]);
    assert!(said.code == 2 && said.err.starts_with("error: notes/users.md: "), "{said:?}");
    let said = folder.run(&["write", "--notes", "nowhere"]);
    assert!(said.code == 2 && said.err.starts_with("error: nowhere: "), "{said:?}");
    assert!(!folder.path().join("out").exists());
}
