//! Links between files.

use std::path::{Component, Path, PathBuf};

/// The way from the folder `from` to `to`, both as seen from the same place, with `/`.
pub fn way(from: &Path, to: &Path) -> String {
    let (from, to) = (parts(from), parts(to));
    let same = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(same).map(|_| "..".to_owned());
    up.chain(to.iter().skip(same).cloned()).collect::<Vec<_>>().join("/")
}

/// Without `.`, and with `..` taken together where it can be.
fn parts(path: &Path) -> Vec<String> {
    let path = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                parts.pop();
            }
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    parts
}
