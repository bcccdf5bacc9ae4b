//! Documents that nobody would write, for property tests.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::json::Json;

type Value = Json<'static>;

const TEXTS: [&str; 14] = [
    "*",
    "Allow",
    "Deny",
    "sts:AssumeRole",
    "111111111111",
    "arn:aws:iam::111111111111:role/a/b",
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::*:role/${aws:username}",
    "AROAEXAMPLEID00000000",
    "${aws:x, 'y'}",
    "${*}",
    "${",
    "a \"b\" \\ \u{0} é名 7",
    "",
];

const NAMES: [&str; 20] = [
    "Statement",
    "Version",
    "Id",
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
    "AWS",
    "Service",
    "StringEquals",
    "stringequals",
    "ForAnyValue:ArnLike",
    "aws:x",
    "AWS:X",
    "a\"\\\n1",
];

fn text() -> impl Strategy<Value = Value> {
    select(&TEXTS[..]).prop_map(|text| Json::String(text.into()))
}

fn object(
    name: impl Strategy<Value = &'static str> + 'static,
    value: impl Strategy<Value = Value> + 'static,
) -> BoxedStrategy<Value> {
    vec((name.prop_map(Cow::Borrowed), value), 0..4).prop_map(Json::Object).boxed()
}

/// A single value or a list.
fn texts() -> BoxedStrategy<Value> {
    let list = vec(text(), 0..3).prop_map(Json::Array);
    prop_oneof![3 => text(), 2 => list, 1 => scalar()].boxed()
}

fn scalar() -> BoxedStrategy<Value> {
    const NUMBERS: [&str; 5] = ["1", "-0", "1.0", "1e3", "123456789012345678901234567890"];
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        select(&NUMBERS[..]).prop_map(|text| Json::Number(text.to_owned().into())),
        text(),
    ]
    .boxed()
}

/// Any JSON with names that mean something elsewhere.
pub(super) fn anything() -> BoxedStrategy<Value> {
    scalar()
        .prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..3).prop_map(Json::Array),
                object(select(&NAMES[..]), inner),
            ]
        })
        .boxed()
}

fn condition() -> BoxedStrategy<Value> {
    const OPERATORS: [&str; 5] =
        ["StringEquals", "stringequals", "ForAnyValue:ArnLike", "DateLessThan", "X"];
    let keys = object(select(&["aws:x", "AWS:X", "sts:ExternalId"][..]), texts());
    object(select(&OPERATORS[..]), prop_oneof![6 => keys, 1 => anything()])
}

fn element() -> BoxedStrategy<(Cow<'static, str>, Value)> {
    let named = |name: &'static str, value: BoxedStrategy<Value>| {
        (Just(Cow::Borrowed(name)), value).boxed()
    };
    let principal = object(select(&["AWS", "Service", "Federated", "X"][..]), texts());
    prop_oneof![
        2 => named("Sid", scalar()),
        4 => named("Effect", text().boxed()),
        4 => named("Action", texts()),
        1 => named("NotAction", texts()),
        3 => named("Resource", texts()),
        1 => named("NotResource", texts()),
        3 => named("Principal", prop_oneof![1 => text(), 4 => principal].boxed()),
        5 => named("Condition", condition()),
        1 => (select(&NAMES[..]).prop_map(Cow::Borrowed), anything()).boxed(),
    ]
    .boxed()
}

/// A document with the usual frame: `Version` and `Statement`.
pub(super) fn framed() -> BoxedStrategy<Value> {
    let statement = prop_oneof![12 => vec(element(), 0..6).prop_map(Json::Object), 1 => anything()];
    let version = select(&["2012-10-17", "2008-10-17"][..]);
    (version, vec(statement, 0..4))
        .prop_map(|(version, statements)| {
            Json::Object(vec![
                ("Version".into(), Json::String(version.into())),
                ("Statement".into(), Json::Array(statements)),
            ])
        })
        .boxed()
}

/// A document, with or without the frame.
pub(super) fn document() -> BoxedStrategy<Value> {
    let damaged = (framed(), vec((select(&NAMES[..]), anything()), 0..3), any::<bool>());
    let damaged = damaged.prop_map(|(framed, more, first)| {
        let Json::Object(mut entries) = framed else { return framed };
        if first {
            entries.remove(0);
        }
        entries.extend(more.into_iter().map(|(name, value)| (name.into(), value)));
        Json::Object(entries)
    });
    prop_oneof![4 => framed(), 2 => damaged, 1 => anything()].boxed()
}

/// The value over many lines.
pub(super) fn spread(value: &Value) -> String {
    let list =
        |open, items: Vec<String>, close| format!("{open}\n  {}\r\n{close}", items.join(" ,\n\t"));
    match value {
        Json::Array(items) => list("[", items.iter().map(spread).collect(), "]"),
        Json::Object(entries) => {
            let entry = |(name, value): &(Cow<'static, str>, Value)| {
                format!("{} : {}", Json::String(name.clone()), spread(value))
            };
            list("{", entries.iter().map(entry).collect(), "}")
        }
        other => other.to_string(),
    }
}
