//! From a provider block to the roles that it asks for (rule H12).

use super::evaluate::{Open, Scope, Value};
use super::syntax::{Block, Expression, Form};
use super::{Argument, Asked, AskedRole, Base, Passed, Provider, Unknown};

/// What a provider block asks for.
pub(super) fn provider(block: &Block, module: Option<&str>, scope: &Scope<'_>) -> Provider {
    Provider {
        name: block.label().to_owned(),
        alias: block.text("alias").map(str::to_owned),
        module: module.map(str::to_owned),
        place: Some(block.place.clone()),
        base: base(block, scope),
        chain: chain(block, scope),
    }
}

/// Whether something is written, and is not `null`.
fn is_set(block: &Block, name: &str) -> bool {
    block.attribute(name).is_some_and(|value| value.form != Form::Null)
}

fn base(block: &Block, scope: &Scope<'_>) -> Base {
    // With static keys the web identity is not looked at.
    if is_set(block, "access_key") || is_set(block, "secret_key") || is_set(block, "token") {
        return Base::StaticKeys;
    }
    let mut web = block.blocks.iter().filter(|it| it.makes() == "assume_role_with_web_identity");
    match web.next() {
        Some(web) if web.kind == "dynamic" => {
            return Base::Unknown("dynamic \"assume_role_with_web_identity\"".to_owned());
        }
        Some(web) => return Base::WebIdentity(Box::new(asked(web, scope))),
        None => {}
    }
    if is_set(block, "profile") || is_set(block, "shared_credentials_files") {
        return Base::Profile;
    }
    let Some(files) = block.attribute("shared_config_files") else { return Base::Ambient };
    match scope.value(files) {
        Value::Null => Base::Ambient,
        Value::List(list) => match list.as_slice() {
            [] => Base::Ambient,
            [Value::Credentials(steps)] => {
                credentials(steps).unwrap_or_else(|| Base::Unknown(files.text.clone()))
            }
            list if list.iter().all(|file| file.text().is_some()) => Base::Profile,
            _ => Base::Unknown(files.text.clone()),
        },
        _ => Base::Unknown(files.text.clone()),
    }
}

/// The dynamic credentials that steps into those of a run mean; `None` for any other steps.
pub(super) fn credentials(steps: &[String]) -> Option<Base> {
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    match steps.as_slice() {
        ["default", "shared_config_file"] => Some(Base::Dynamic(None)),
        ["aliases", tag, "shared_config_file"] => Some(Base::Dynamic(Some((*tag).to_owned()))),
        _ => None,
    }
}

fn chain(block: &Block, scope: &Scope<'_>) -> Vec<Asked> {
    let mut chain = Vec::new();
    for inner in block.blocks.iter().filter(|inner| inner.makes() == "assume_role") {
        if inner.kind == "dynamic" {
            dynamic(inner, scope, &mut chain);
        } else {
            chain.push(asked(inner, scope));
        }
    }
    // No such argument is known, and none is taken for nothing.
    if let Some(argument) = block.attribute("assume_role") {
        let role = unknown(Some(argument), "*".to_owned(), None);
        chain.push(Asked { role, repeated: true, passes: Vec::new() });
    }
    chain
}

/// The blocks that a `dynamic` one makes: one each for a list that is known, else any number.
fn dynamic(block: &Block, scope: &Scope<'_>, chain: &mut Vec<Asked>) {
    let Some(content) = block.blocks.iter().find(|inner| inner.kind == "content") else { return };
    let iterator = match block.attribute("iterator").map(|name| &name.form) {
        Some(Form::Reference(steps)) => steps.first().map(String::as_str),
        Some(Form::Text(name)) => Some(name.as_str()),
        _ => None,
    };
    let name = iterator.unwrap_or_else(|| block.label());
    match block.attribute("for_each").map(|each| scope.value(each)) {
        Some(Value::List(list)) => {
            chain.extend(list.into_iter().map(|value| asked(content, &scope.with(name, value))));
        }
        _ => {
            let scope = scope.with(name, Value::open());
            chain.push(Asked { repeated: true, ..asked(content, &scope) });
        }
    }
}

fn asked(block: &Block, scope: &Scope<'_>) -> Asked {
    let written = block.attribute("role_arn");
    let role = match written.map(|written| scope.value(written)) {
        Some(Value::Text(arn)) if !arn.is_empty() => AskedRole::Known(arn),
        Some(Value::Open(Open { pattern, likely })) => {
            let likely = likely.and_then(|(value, why)| Some((value.text()?.to_owned(), why)));
            unknown(written, pattern, likely)
        }
        _ => unknown(written, "*".to_owned(), None),
    };
    let mut passes = Vec::new();
    for argument in Argument::ALL {
        if let Some(written) = block.attribute(argument.as_str()) {
            passed(argument, scope.value(written), &mut passes);
        }
    }
    Asked { role, repeated: false, passes }
}

pub(super) fn unknown(
    written: Option<&Expression>,
    pattern: String,
    likely: Option<(String, String)>,
) -> AskedRole {
    let expression = written.map_or_else(|| "no role_arn".to_owned(), |it| it.text.clone());
    AskedRole::Unknown(Unknown { expression, pattern, likely })
}

/// What an argument passes: nothing where it is `null`, tags and lists one by one.
pub(super) fn passed(argument: Argument, value: Value, passes: &mut Vec<Passed>) {
    let text = |value: &Value| value.text().map(str::to_owned);
    let one = |key, value| Passed { argument, key, value };
    match value {
        Value::Null => {}
        // The provider passes no empty text.
        Value::Text(text) if text.is_empty() => {}
        Value::Text(text) => passes.push(one(None, Some(text))),
        Value::Object(entries) => {
            passes.extend(entries.iter().map(|(key, value)| one(Some(key.clone()), text(value))));
        }
        Value::List(list) => passes.extend(list.iter().map(|value| one(None, text(value)))),
        Value::Credentials(_) | Value::Open(_) => passes.push(one(None, None)),
    }
}
