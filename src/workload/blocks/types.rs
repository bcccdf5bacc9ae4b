//! Types of variables: what a value comes out as in one.

use hcl_edit::expr::{Expression as Hcl, FuncCall, ObjectKey};

use super::evaluate::{Open, Value};

/// The type that a variable declares.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    /// None, or `any`: values stay what they are.
    Any,
    Text,
    Number,
    Bool,
    List(Box<Type>),
    Tuple(Vec<Type>),
    Map(Box<Type>),
    Object(Vec<(String, Type)>),
    /// An attribute of an object that may be missing; where it is `null`, it may have a default.
    Optional(Box<Type>),
    /// Whatever else: sets put their values into an order of their own.
    Unclear,
}

impl Type {
    /// As it is written; quoted names are those of old configurations.
    pub(super) fn new(text: &str) -> Self {
        text.parse::<Hcl>().map_or(Self::Unclear, |hcl| Self::of(&hcl))
    }

    fn of(hcl: &Hcl) -> Self {
        let any = || Box::new(Self::Any);
        match hcl {
            Hcl::Parenthesis(inner) => Self::of(inner.inner()),
            Hcl::Variable(name) => match name.as_str() {
                "any" => Self::Any,
                "string" => Self::Text,
                "number" => Self::Number,
                "bool" => Self::Bool,
                "list" => Self::List(any()),
                "map" => Self::Map(any()),
                _ => Self::Unclear,
            },
            Hcl::FuncCall(call) => Self::of_call(call).unwrap_or(Self::Unclear),
            _ => Self::Unclear,
        }
    }

    fn of_call(call: &FuncCall) -> Option<Self> {
        let inner = call.args.iter().next()?;
        Some(match (call.name.name.as_str(), inner) {
            ("list", inner) => Self::List(Box::new(Self::of(inner))),
            ("map", inner) => Self::Map(Box::new(Self::of(inner))),
            ("optional", inner) => Self::Optional(Box::new(Self::of(inner))),
            ("tuple", Hcl::Array(items)) => Self::Tuple(items.iter().map(Self::of).collect()),
            ("object", Hcl::Object(entries)) => {
                let entries = entries.iter().map(|(key, value)| {
                    let key = match key {
                        ObjectKey::Ident(name) => name.as_str(),
                        ObjectKey::Expression(key) => key.as_str()?,
                    };
                    Some((key.to_owned(), Self::of(value.expr())))
                });
                Self::Object(entries.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// What a value comes out as; open where that takes more than leaving it as it is.
    pub(super) fn take(&self, value: Value) -> Value {
        match (self, value) {
            (_, value @ Value::Credentials(_)) | (Self::Any, value) => value,
            (_, Value::Open(open)) => self.take_open(open),
            (Self::Optional(_), Value::Null) => Value::open(),
            (_, Value::Null) => Value::Null,
            (Self::Optional(inner), value) => inner.take(value),
            (Self::Text, value @ Value::Text(_)) => value,
            (Self::Number, Value::Text(text)) if is_plain_number(&text) => Value::Text(text),
            (Self::Bool, Value::Text(text)) if matches!(text.as_str(), "true" | "false") => {
                Value::Text(text)
            }
            (Self::List(of), Value::List(items)) => {
                Value::List(items.into_iter().map(|item| of.take(item)).collect())
            }
            (Self::Tuple(of), Value::List(items)) if of.len() == items.len() => {
                Value::List(of.iter().zip(items).map(|(of, item)| of.take(item)).collect())
            }
            (Self::Map(of), Value::Object(entries)) => {
                let taken = entries.into_iter().map(|(key, value)| (key, of.take(value)));
                Value::Object(taken.collect())
            }
            (Self::Object(of), Value::Object(entries)) => {
                let taken = entries.into_iter().filter_map(|(key, value)| {
                    let (_, of) = of.iter().find(|(name, _)| *name == key)?;
                    Some((key, of.take(value)))
                });
                Value::Object(taken.collect())
            }
            _ => Value::open(),
        }
    }

    fn take_open(&self, open: Open) -> Value {
        let pattern = match self {
            Self::Text => open.pattern,
            _ => "*".to_owned(),
        };
        let likely = open.likely.and_then(|(value, why)| match self.take(*value) {
            Value::Open(_) => None,
            value => Some((Box::new(value), why)),
        });
        Value::Open(Open { pattern, likely })
    }
}

/// Whether Terraform writes a number as it stands here.
fn is_plain_number(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0')) && (1..=15).contains(&text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_themselves_or_are_open() {
        let text = |text: &str| Value::Text(text.to_owned());
        let object = |entries: &[(&str, Value)]| {
            let owned = entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
            Value::Object(owned.collect())
        };
        let list = |items: &[&str]| Value::List(items.iter().map(|it| text(it)).collect());
        let open = Value::open;
        for (of, value, expected) in [
            ("any", list(&["b", "a"]), list(&["b", "a"])),
            ("string", text("007"), text("007")),
            ("string", list(&["a"]), open()),
            ("number", text("7"), text("7")),
            ("number", text("007"), open()),
            ("number", text("1.50"), open()),
            ("bool", text("true"), text("true")),
            ("bool", text("1"), open()),
            ("list(string)", list(&["b", "a"]), list(&["b", "a"])),
            ("list", list(&["b"]), list(&["b"])),
            ("list(number)", list(&["1", "02"]), Value::List(vec![text("1"), open()])),
            ("set(string)", list(&["b", "a"]), open()),
            ("tuple([string, number])", list(&["b", "1"]), list(&["b", "1"])),
            ("tuple([string])", list(&["b", "a"]), open()),
            ("map(string)", object(&[("a", text("x"))]), object(&[("a", text("x"))])),
            ("map(string)", list(&["a"]), open()),
            (
                "object({ arn = string, n = optional(number, 3), extra = optional(string, \"x\") })",
                object(&[("arn", text("a")), ("n", Value::Null), ("other", text("o"))]),
                object(&[("arn", text("a")), ("n", open())]),
            ),
            ("map(object({ \"a\" = string }))", object(&[("k", Value::Null)]), {
                object(&[("k", Value::Null)])
            }),
            ("string", Value::Null, Value::Null),
            ("something(new)", text("a"), open()),
            ("no type", text("a"), open()),
        ] {
            assert_eq!(Type::new(of).take(value.clone()), expected, "{of}: {value:?}");
        }
    }
}
