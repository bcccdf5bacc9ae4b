//! JSON that keeps what a map would lose: the order and the repetition of keys, and numbers as
//! they are written.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value, borrowed from its text where that holds no escapes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    /// As written: `1.0`, `1e3` and thirty digits stay what they are.
    Number(Cow<'t, str>),
    String(Cow<'t, str>),
    Array(Vec<Json<'t>>),
    Object(Entries<'t>),
}

/// The keys and values of an object in the order of the text, repeated keys included.
pub(super) type Entries<'t> = Vec<(Cow<'t, str>, Json<'t>)>;

impl<'t> Json<'t> {
    /// Reads a text that holds one value and nothing else.
    pub(super) fn read(text: &'t str) -> Result<Self, serde_json::Error> {
        let has_numbers = Cell::new(false);
        let mut parser = serde_json::Deserializer::from_str(text);
        let mut value: Self = Reading { has_numbers: &has_numbers }.deserialize(&mut parser)?;
        parser.end()?;
        if has_numbers.get() {
            value.take_numbers(&mut Numbers { text, at: 0 });
        }
        Ok(value)
    }

    /// A single value or a list of them, as one list: policies write both.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            other => std::slice::from_ref(other),
        }
    }

    /// Strings, and numbers and booleans as the strings that AWS takes them for.
    pub(super) fn scalar(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Number(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Null | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// A string.
    pub(super) fn string(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The same value without its text.
    pub(super) fn to_owned(&self) -> Json<'static> {
        let owned = |text: &Cow<'_, str>| Cow::Owned(text.clone().into_owned());
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(text) => Json::Number(owned(text)),
            Self::String(text) => Json::String(owned(text)),
            Self::Array(items) => Json::Array(items.iter().map(Self::to_owned).collect()),
            Self::Object(entries) => Json::Object(
                entries.iter().map(|(name, value)| (owned(name), value.to_owned())).collect(),
            ),
        }
    }

    /// The parser hands numbers over as machine numbers, which lose digits, so their texts are
    /// taken from the source, where they stand in the same order.
    fn take_numbers(&mut self, numbers: &mut Numbers<'t>) {
        match self {
            Self::Number(text) => *text = numbers.next().unwrap_or_default().into(),
            Self::Array(items) => {
                for item in items {
                    item.take_numbers(numbers);
                }
            }
            Self::Object(entries) => {
                for (_, value) in entries {
                    value.take_numbers(numbers);
                }
            }
            Self::Null | Self::Bool(_) | Self::String(_) => {}
        }
    }
}

/// So many keys are compared one with another; that is less work than to hash them.
const FEW: usize = 12;

/// The keys that stand in an object more than once. Parsers differ on which of the values counts.
pub(super) fn repeated<'e>(entries: &'e Entries<'_>) -> HashSet<&'e str> {
    let mut rest = entries.iter();
    let mut again = || rest.next().map(|(name, _)| rest.clone().any(|(other, _)| name == other));
    if entries.len() <= FEW && std::iter::from_fn(&mut again).all(|again| !again) {
        return HashSet::new();
    }
    let mut seen = HashSet::with_capacity(entries.len());
    entries.iter().map(|(name, _)| &**name).filter(|name| !seen.insert(*name)).collect()
}

/// The numbers of a text that is known to be JSON.
struct Numbers<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Numbers<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let bytes = self.text.as_bytes();
        let mut in_string = false;
        loop {
            match (in_string, bytes.get(self.at)?) {
                (_, b'"') => in_string = !in_string,
                // What is escaped is no end of the string.
                (true, b'\\') => self.at += 1,
                (false, b'-' | b'0'..=b'9') => break,
                _ => {}
            }
            self.at += 1;
        }
        let rest = self.text.get(self.at..)?;
        let in_number = |char: char| char.is_ascii_digit() || "+-.eE".contains(char);
        let end = rest.find(|char| !in_number(char)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end)
    }
}

/// Compact, and the same text for the same value.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) => f.write_str(text),
            Self::String(text) => quoted(text, f),
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(entries) => {
                f.write_str("{")?;
                for (index, (name, value)) in entries.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    quoted(name, f)?;
                    f.write_str(":")?;
                    value.fmt(f)?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

/// Reads a value, and takes note of numbers.
#[derive(Clone, Copy)]
struct Reading<'n> {
    has_numbers: &'n Cell<bool>,
}

impl Reading<'_> {
    fn number<'t>(self) -> Json<'t> {
        self.has_numbers.set(true);
        Json::Number(Cow::default())
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json<'de>, E> {
        Ok(self.number())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json<'de>, E> {
        Ok(self.number())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json<'de>, E> {
        Ok(self.number())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        // As many as a statement has.
        let mut entries = Vec::with_capacity(6);
        while let Some(Name(name)) = access.next_key()? {
            entries.push((name, access.next_value_seed(self)?));
        }
        Ok(Json::Object(entries))
    }
}

/// A key, borrowed where it holds no escapes.
struct Name<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor).map(Self)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }
}
