//! `agentid.toml`, flattened to `section.name` keys that know their line.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::reader::{Found, Layer, Origin};
use super::value::Kind;

pub(super) fn parse(text: &str, path: &Path) -> Result<Layer, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        line: line(text, error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    })?;
    let mut layer = Layer::new();
    flatten("", table.get_ref(), &mut layer, &|start| Origin::File { path: path.to_owned(), line: line(text, start) });
    Ok(layer)
}

fn line(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

fn flatten(section: &str, table: &DeTable<'_>, layer: &mut Layer, origin: &dyn Fn(usize) -> Origin) {
    for (name, value) in table {
        let key = format!("{section}{}", name.get_ref());
        if let DeValue::Table(table) = value.get_ref() {
            flatten(&format!("{key}."), table, layer, origin);
        } else {
            let (text, kind) = describe(value.get_ref());
            layer.insert(key, Found { text, kind: Some(kind), origin: origin(name.span().start) });
        }
    }
}

/// A value as text, and its type.
fn describe(value: &DeValue<'_>) -> (String, Kind) {
    let other = (String::new(), Kind::Other);
    match value {
        DeValue::String(text) => (text.to_string(), Kind::Text),
        // Underscores are gone here; a number too large for the setting stays as it is and is refused there.
        DeValue::Integer(number) => {
            let text = number.to_string();
            (
                i64::from_str_radix(number.as_str(), number.radix()).map_or(text, |number| number.to_string()),
                Kind::Number,
            )
        }
        DeValue::Boolean(value) => (value.to_string(), Kind::Bool),
        DeValue::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            texts.map_or(other, |texts| (texts.join(","), Kind::List))
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => other,
    }
}
