//! The pages of a small awkward folder, byte for byte. `SCHEMADOC_BLESS=1` writes the expected ones anew.

use std::fs;
use std::path::PathBuf;

use crate::support::{Folder, files};

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The migrations and notes, copied away.
fn copy() -> Folder {
    let folder = Folder::of(&[]);
    for file in files(&golden()).into_iter().filter(|file| !file.starts_with("pages/")) {
        folder.write(&file, &fs::read_to_string(golden().join(&file)).unwrap());
    }
    folder
}

#[test]
fn the_pages_are_as_expected_and_always_the_same() {
    let folder = copy();
    for out in ["first", "second"] {
        let said = folder.run(&["write", "--out", out]);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    }
    let expected = golden().join("pages");
    if std::env::var_os("SCHEMADOC_BLESS").is_some() {
        fs::remove_dir_all(&expected).unwrap();
        fs::create_dir_all(expected.join("tables")).unwrap();
        for page in folder.list("first") {
            fs::write(expected.join(&page), folder.read(&format!("first/{page}"))).unwrap();
        }
        return;
    }
    let pages = files(&expected);
    assert_eq!(folder.list("first"), pages);
    assert_eq!(folder.list("second"), pages);
    for page in pages {
        let first = folder.read(&format!("first/{page}"));
        assert_eq!(first, folder.read(&format!("second/{page}")), "{page}");
        let expected = fs::read_to_string(expected.join(&page)).unwrap();
        assert_eq!(expected, first, "{page}; SCHEMADOC_BLESS=1 writes it anew");
    }
}

#[test]
fn check_finds_nothing_in_them_and_sees_a_changed_letter() {
    let folder = copy();
    folder.run(&["write"]);
    let said = folder.run(&["check"]);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""));
    let page = folder.read("pages/tables/users.md");
    folder.write("pages/tables/users.md", &page.replace("An account.", "An acount."));
    let said = folder.run(&["check"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("\n-An acount. Which") && said.out.contains("\n+An account. Which"), "{}", said.out);
}
