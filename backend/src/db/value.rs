//! What goes into a statement and what comes out, in the types that every engine has.

use super::Error;

/// A parameter, or a column of a row. Flags are a type of their own, although SQLite keeps them as 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// SQL's NULL.
    Null,
    /// A `BIGINT`.
    Integer(i64),
    /// A `BOOLEAN`; comes back from SQLite as an [`Value::Integer`].
    Boolean(bool),
    /// A `TEXT`.
    Text(&'a str),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The parameters of a statement: `params![id, now]` fills `$1` and `$2`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::db::Value::from($value)),*]
    };
}

/// A type that a column can be read as. `None` says that the column holds something else.
pub trait FromColumn: Sized {
    /// Reads the column.
    fn from_column(value: Value<'_>) -> Option<Self>;
}

impl FromColumn for i64 {
    fn from_column(value: Value<'_>) -> Option<Self> {
        if let Value::Integer(integer) = value { Some(integer) } else { None }
    }
}

impl FromColumn for bool {
    fn from_column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Boolean(flag) => Some(flag),
            Value::Integer(0) => Some(false),
            Value::Integer(1) => Some(true),
            Value::Integer(_) | Value::Null | Value::Text(_) => None,
        }
    }
}

impl FromColumn for String {
    fn from_column(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.to_owned()) } else { None }
    }
}

/// A list of texts, kept as a JSON array in a `TEXT`. It is read only when it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextList(String);

impl TextList {
    /// The list as stored.
    pub fn new<T: AsRef<str>>(items: &[T]) -> Self {
        let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
        Self(serde_json::json!(items).to_string())
    }

    /// The texts. What is not a list of texts is an empty one: no rule may come out of a broken row.
    pub fn items(&self) -> Vec<String> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// Whether the text is one of them.
    pub fn contains(&self, text: &str) -> bool {
        self.items().iter().any(|item| item == text)
    }
}

impl FromColumn for TextList {
    fn from_column(value: Value<'_>) -> Option<Self> {
        String::from_column(value).map(Self)
    }
}

impl<'a> From<&'a TextList> for Value<'a> {
    fn from(list: &'a TextList) -> Self {
        Self::Text(&list.0)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(value: Value<'_>) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::from_column(value).map(Some) }
    }
}

/// A [`Value`] that a row owns.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(String),
}

/// One row of an answer, independent of the transaction that it was read in.
#[derive(Clone, Debug)]
pub struct Row(Vec<Column>);

impl Row {
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self(columns)
    }

    /// The column at `index`, counted from 0. [`Error::Row`] when there is none, or it does not hold a `T`.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, Error> {
        let value = match self.0.get(index) {
            None => return Err(Error::Row(format!("there is no column {index}"))),
            Some(Column::Null) => Value::Null,
            Some(Column::Integer(integer)) => Value::Integer(*integer),
            Some(Column::Boolean(flag)) => Value::Boolean(*flag),
            Some(Column::Text(text)) => Value::Text(text),
        };
        T::from_column(value)
            .ok_or_else(|| Error::Row(format!("column {index} is not a {}", std::any::type_name::<T>())))
    }
}
