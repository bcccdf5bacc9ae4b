//! How values stand in columns: names and times as text, natural lists as JSON, empty ones as
//! null.

use std::error::Error;
use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::de::DeserializeOwned;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::{Deserialize, Serialize};

/// A value that is parsed from and printed as text.
pub(super) struct Text<T>(pub(super) T);

impl<T: Display> ToSql for Text<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl<T: FromStr<Err: Error + Send + Sync + 'static>> FromSql for Text<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}

/// Optional values as text.
pub(super) fn text<T>(value: Option<T>) -> Option<Text<T>> {
    value.map(Text)
}

/// A list or map as JSON, or null when it is empty.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> ToSql for Json<&Vec<T>> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        to_json(self.0, self.0.is_empty())
    }
}

impl<K: Serialize, V: Serialize> ToSql for Json<&std::collections::BTreeMap<K, V>> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        to_json(self.0, self.0.is_empty())
    }
}

/// A list as JSON, an empty one too: null means something else there.
pub(super) fn list(values: &[String]) -> rusqlite::Result<String> {
    serde_json::to_string(values)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn to_json(value: &impl Serialize, empty: bool) -> rusqlite::Result<ToSqlOutput<'static>> {
    if empty {
        return Ok(rusqlite::types::Null.into());
    }
    serde_json::to_string(value)
        .map(Into::into)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

impl<T: DeserializeOwned + Default> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        json(value.as_str_or_null()?).map(Self)
    }
}

/// The list or map that a column holds.
pub(super) fn json<'t, T: Deserialize<'t> + Default>(column: Option<&'t str>) -> FromSqlResult<T> {
    match column {
        None => Ok(T::default()),
        Some(text) => serde_json::from_str(text).map_err(FromSqlError::other),
    }
}

/// The time that a column holds.
pub(super) fn time(column: Option<&str>) -> FromSqlResult<Option<Timestamp>> {
    column.map(|text| text.parse().map_err(FromSqlError::other)).transpose()
}

/// A value of an enum by the name that serde gives it.
pub(super) struct Named<T>(pub(super) T);

impl<T: Serialize> ToSql for Named<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let name = serde_json::to_value(&self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(name.as_str().unwrap_or_default().to_owned().into())
    }
}

impl<T: DeserializeOwned> FromSql for Named<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name: StrDeserializer<'_, NameError> =
            serde::de::IntoDeserializer::into_deserializer(value.as_str()?);
        T::deserialize(name).map(Self).map_err(FromSqlError::other)
    }
}

/// The position of a row as a column.
pub(super) fn position(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}
