//! The JSON syntax of configurations (`*.tf.json`): blocks are objects, or lists of them, below
//! their labels; strings are templates.

use serde_json::Value;

use super::syntax::{Block, Expression, Form, matters};
use super::{Damage, Place, hcl};

/// How deep expressions may be.
const DEEPEST: usize = 64;

/// The blocks of a file.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Block>, Damage> {
    let mut blocks = Vec::new();
    for (kind, value) in objects(&parsed(file, text)?).into_iter().flatten() {
        if let Some(labels) = labels("", kind).filter(|_| matters(kind)) {
            add(file, kind, labels, &[], value, &mut blocks);
        }
    }
    Ok(blocks)
}

/// The attributes of a file of variable values.
pub(super) fn values(file: &str, text: &str) -> Result<Vec<(String, Expression)>, Damage> {
    let value = parsed(file, text)?;
    // Values of variables are no templates.
    let entries = value.as_object().into_iter().flatten();
    Ok(entries.map(|(name, value)| (name.clone(), plain(value, 0))).collect())
}

/// A value as it stands, without templates.
pub(super) fn plain(value: &Value, depth: usize) -> Expression {
    expression(value, depth, &|text| Form::Text(text.to_owned()))
}

fn parsed(file: &str, text: &str) -> Result<Value, Damage> {
    serde_json::from_str(text).map_err(|error| damage(file, &error))
}

/// The place is said apart from what is wrong.
pub(super) fn damage(file: &str, error: &serde_json::Error) -> Damage {
    let at = Some((error.line(), error.column()));
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    // What is there instead may be a secret.
    let expected = message.rsplit_once(", expected ").filter(|_| error.is_data());
    if let Some((_, expected)) = expected {
        let place = Place { file: file.to_owned(), at };
        return Damage::Text { place, message: format!("expected {expected}") };
    }
    Damage::Text {
        place: Place { file: file.to_owned(), at },
        message: format!("not JSON: {message}"),
    }
}

/// An object, or a list of objects.
fn objects(value: &Value) -> Vec<&serde_json::Map<String, Value>> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_object).collect(),
        other => other.as_object().into_iter().collect(),
    }
}

/// How many labels a key of a block has that is a block itself; `None` for arguments.
fn labels(parent: &str, key: &str) -> Option<usize> {
    Some(match (parent, key) {
        ("", "provider" | "variable" | "module") => 1,
        ("", "terraform" | "locals") => 0,
        ("terraform", "backend") => 1,
        ("terraform", "cloud" | "required_providers") => 0,
        ("cloud" | "backend", "workspaces") => 0,
        ("provider", "assume_role" | "assume_role_with_web_identity") => 0,
        ("provider", "dynamic") => 1,
        ("dynamic", "content") => 0,
        _ => return None,
    })
}

fn add(
    file: &str,
    kind: &str,
    count: usize,
    labels_so_far: &[String],
    value: &Value,
    blocks: &mut Vec<Block>,
) {
    for object in objects(value) {
        if count > 0 {
            for (label, value) in object {
                let labels = [labels_so_far, std::slice::from_ref(label)].concat();
                add(file, kind, count - 1, &labels, value, blocks);
            }
            continue;
        }
        let mut block = Block {
            kind: kind.to_owned(),
            labels: labels_so_far.to_vec(),
            attributes: Vec::new(),
            blocks: Vec::new(),
            place: Place { file: file.to_owned(), at: None },
        };
        for (key, value) in object {
            match labels(kind, key) {
                Some(count) => add(file, key, count, &[], value, &mut block.blocks),
                // A variable's default is a value, every other string a template.
                None if kind == "variable" => {
                    block.attributes.push((key.clone(), plain(value, 0)));
                }
                None => {
                    let value = expression(value, 0, &hcl::template).of_argument(key);
                    block.attributes.push((key.clone(), value));
                }
            }
        }
        blocks.push(block);
    }
}

fn expression(value: &Value, depth: usize, string: &dyn Fn(&str) -> Form) -> Expression {
    let is_literal = |key: &String| matches!(string(key), Form::Text(text) if text == *key);
    let inner = |value: &Value| expression(value, depth + 1, string);
    let form = match value {
        _ if depth > DEEPEST => Form::Other,
        Value::Null => Form::Null,
        Value::Bool(value) => Form::Text(value.to_string()),
        // Others are written by Terraform in a form of its own.
        Value::Number(value) if value.is_u64() => Form::Text(value.to_string()),
        Value::Number(_) => Form::Other,
        Value::String(text) => string(text),
        Value::Array(list) => Form::List(list.iter().map(inner).collect()),
        Value::Object(object) if !object.keys().all(is_literal) => Form::Other,
        Value::Object(object) => Form::Object(
            object
                .iter()
                .map(|(key, value)| (key.clone(), inner(value).of_argument(key)))
                .collect(),
        ),
    };
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => String::new(),
        other => other.to_string(),
    };
    Expression::new(&text, form)
}
