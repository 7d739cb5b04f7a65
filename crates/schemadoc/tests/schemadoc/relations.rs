//! How many rows stand at each end, what a delete does, and what only the notes know.

use ::schemadoc::notes::Notes;
use ::schemadoc::relations::{self, Cardinality};

use crate::support::{Folder, model};

/// The cardinality of the one foreign key of `c`, and whether it may refer to nothing.
fn of_key(sql: &str) -> (Cardinality, bool) {
    let model = model(&[("1.sql", sql)]);
    let all = relations::all(&model, &Notes::default());
    let [relation] = all.as_slice() else { panic!("{all:?}") };
    (relation.cardinality, relation.is_optional)
}

#[test]
fn cardinality_is_not_null_and_full_uniqueness() {
    let parent = "CREATE TABLE p (id TEXT PRIMARY KEY, a TEXT, b TEXT, UNIQUE (a, b));";
    for (child, expected) in [
        ("CREATE TABLE c (x TEXT REFERENCES p);", (Cardinality::ManyToOne, true)),
        ("CREATE TABLE c (x TEXT NOT NULL REFERENCES p);", (Cardinality::ManyToOne, false)),
        ("CREATE TABLE c (x TEXT UNIQUE REFERENCES p);", (Cardinality::OneToOne, true)),
        (
            "CREATE TABLE c (x TEXT NOT NULL REFERENCES p); CREATE UNIQUE INDEX i ON c (x);",
            (Cardinality::OneToOne, false),
        ),
        ("CREATE TABLE c (x TEXT PRIMARY KEY REFERENCES p);", (Cardinality::OneToOne, false)),
        // Unique among some rows, of some expression, or with another column, is not unique.
        (
            "CREATE TABLE c (x TEXT REFERENCES p, y TEXT); CREATE UNIQUE INDEX i ON c (x) WHERE y = 1;",
            (Cardinality::ManyToOne, true),
        ),
        (
            "CREATE TABLE c (x TEXT REFERENCES p); CREATE UNIQUE INDEX i ON c (lower(x));",
            (Cardinality::ManyToOne, true),
        ),
        ("CREATE TABLE c (x TEXT NOT NULL REFERENCES p, y TEXT, PRIMARY KEY (x, y));", (Cardinality::ManyToOne, false)),
        // A composite key is one relation.
        (
            "CREATE TABLE c (x TEXT NOT NULL, y TEXT NOT NULL, FOREIGN KEY (x, y) REFERENCES p (a, b));",
            (Cardinality::ManyToOne, false),
        ),
        (
            "CREATE TABLE c (x TEXT NOT NULL, y TEXT, UNIQUE (y, x), FOREIGN KEY (x, y) REFERENCES p (a, b));",
            (Cardinality::OneToOne, true),
        ),
    ] {
        assert_eq!(of_key(&format!("{parent}\n{child}")), expected, "{child}");
    }
}

/// The pairs of tables that some table ties together.
fn tied(sql: &str) -> Vec<(String, String)> {
    let model = model(&[("1.sql", sql)]);
    let all = relations::all(&model, &Notes::default());
    relations::junctions(&model, &all).iter().map(|(one, other)| (one.parent.clone(), other.parent.clone())).collect()
}

#[test]
fn a_junction_is_unique_by_both_and_by_neither_alone() {
    let parents = "CREATE TABLE a (id TEXT PRIMARY KEY); CREATE TABLE b (id TEXT PRIMARY KEY);";
    let columns = "x TEXT REFERENCES a, y TEXT REFERENCES b, z TEXT";
    let both = vec![("a".to_owned(), "b".to_owned())];
    for (keys, expected) in [
        ("PRIMARY KEY (x, y)", both.clone()),
        ("UNIQUE (y, x), PRIMARY KEY (z)", both),
        ("PRIMARY KEY (x, y, z)", vec![]),
        ("UNIQUE (x), UNIQUE (x, y)", vec![]),
        ("PRIMARY KEY (z)", vec![]),
    ] {
        assert_eq!(tied(&format!("{parents} CREATE TABLE c ({columns}, {keys});")), expected, "{keys}");
    }
    let friends = "CREATE TABLE c (x TEXT REFERENCES a, y TEXT REFERENCES a, PRIMARY KEY (x, y));";
    assert_eq!(tied(&format!("{parents} {friends}")), [("a".to_owned(), "a".to_owned())]);
}

#[test]
fn a_delete_is_followed_through_every_cascade() {
    let model = model(&[(
        "1.sql",
        "CREATE TABLE a (id TEXT PRIMARY KEY, up TEXT REFERENCES A ON DELETE CASCADE);
         CREATE TABLE b (id TEXT PRIMARY KEY, a TEXT REFERENCES a ON DELETE CASCADE);
         CREATE TABLE c (id TEXT PRIMARY KEY, b TEXT REFERENCES b ON DELETE CASCADE, a TEXT REFERENCES a);
         CREATE TABLE d (c TEXT REFERENCES c ON DELETE SET NULL);
         CREATE TABLE e (d TEXT REFERENCES d ON DELETE CASCADE);",
    )]);
    let found: Vec<_> = relations::consequences(&model, "a")
        .into_iter()
        .map(|one| format!("{} {} {}", one.table, one.action, one.through.join(",")))
        .collect();
    // Emptying a reference in d deletes nothing in e.
    assert_eq!(found, ["a CASCADE ", "b CASCADE ", "c NO ACTION ", "c CASCADE b", "d SET NULL b,c"]);
}

#[test]
fn what_only_the_notes_know_is_dashed_and_has_its_reason() {
    let sql = "CREATE TABLE agents (id TEXT PRIMARY KEY);\nCREATE TABLE people (id TEXT PRIMARY KEY);\n\
               CREATE TABLE links (agent TEXT NOT NULL REFERENCES agents, person TEXT NOT NULL, PRIMARY KEY (agent, person));\n";
    let relation = "+++\n[[relations]]\ncolumns = ['person']\nparent = 'people'\nparent_columns = ['id']\nkind = 'N:1'\n\
                    why = 'A person may come later.'\n+++\nLinks.\n";
    let folder = Folder::project(&[("migrations/1.sql", sql), ("notes/links.md", relation)]);
    assert_eq!(folder.run(&["write"]).code, 0);
    // In a diagram names may stand in quotes.
    let page = folder.read("out/relationships.md").replace('"', "");
    for text in [
        "\n    agents ||--o{ links : agent\n",
        "\n    people ||..o{ links : person\n",
        "\n        TEXT agent PK, FK\n        TEXT person PK\n",
        "\n- **1:N** `people.id` ← `links.person`. Each row of [links](tables/links.md) has one row of [people](tables/people.md), \
         which may have any number of them. Not enforced by the database. A person may come later.\n",
        "\n- **N:M** [agents](tables/agents.md) and [people](tables/people.md), through [links](tables/links.md) (`agent` and `person`).\n",
        "\n- A row of `agents` can not be deleted while rows of `links` refer to it.\n",
        "\n- No foreign key reaches what refers to `people` in `links`: it stays, unless the program deletes it.\n",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    // Both ways, and on the page of the table that says nothing of it.
    assert!(
        folder
            .read("out/tables/people.md")
            .contains("What refers to a row:\n\n- **1:N** `people.id` ← `links.person`.")
    );
    assert!(
        folder.read("out/tables/links.md").contains("What a row refers to:\n\n- **1:N** `agents.id` ← `links.agent`.")
    );
    let said = Folder::project(&[("migrations/1.sql", sql), ("notes/links.md", &relation.replace("N:1", "1:N"))])
        .run(&["write"]);
    assert!(
        said.code == 1 && said.out.contains("notes/links.md:6: error [unknown-name:1:N] There is no kind `1:N`."),
        "{said:?}"
    );
}
