//! Values in PostgreSQL's types.

use std::error::Error as StdError;
use std::fmt;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::db::value::Column;
use crate::db::{Error, Row, Value};

/// A parameter. The driver shows parameters at the level `debug`, so this shows nothing.
pub(super) struct Parameter<'a>(pub(super) Value<'a>);

impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("_")
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, column: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self.0, column) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Integer(integer), &Type::INT8) => integer.to_sql(column, out),
            (Value::Integer(integer), &Type::INT4) => i32::try_from(integer)?.to_sql(column, out),
            (Value::Boolean(flag), &Type::BOOL) => flag.to_sql(column, out),
            (Value::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::NAME) => text.to_sql(column, out),
            (Value::Integer(_) | Value::Boolean(_) | Value::Text(_), _) => Err("the parameter has another type".into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A row in the types that every engine has.
pub(super) fn own(row: &tokio_postgres::Row) -> Result<Row, Error> {
    let columns = row.columns().iter().enumerate().map(|(index, column)| {
        let value = match *column.type_() {
            Type::INT8 => row.try_get(index).map(|value: Option<i64>| value.map(Column::Integer)),
            Type::INT4 => row.try_get(index).map(|value: Option<i32>| value.map(|value| Column::Integer(value.into()))),
            Type::BOOL => row.try_get(index).map(|value: Option<bool>| value.map(Column::Boolean)),
            Type::TEXT | Type::VARCHAR | Type::NAME => {
                row.try_get(index).map(|value: Option<String>| value.map(Column::Text))
            }
            _ => return Err(Error::Row(format!("column {index} has no portable type: {}", column.type_()))),
        };
        Ok(value.map_err(|error| Error::Row(error.to_string()))?.unwrap_or(Column::Null))
    });
    columns.collect::<Result<_, Error>>().map(Row::new)
}
