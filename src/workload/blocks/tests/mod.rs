#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod hcl;
mod json;
mod plan;

use std::collections::BTreeMap;

use super::*;

/// Reads files by their paths.
fn read(files: &[(&str, &str)]) -> Result<Blocks, Damage> {
    read_with(files, serde_json::json!({}))
}

/// The same with values of variables that are certain.
fn read_with(files: &[(&str, &str)], values: serde_json::Value) -> Result<Blocks, Damage> {
    let mut directory = |below: &str| {
        let here = files.iter().filter_map(|(path, text)| {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            (directory == below).then(|| Text { name: name.to_owned(), text: (*text).to_owned() })
        });
        Ok(here.collect())
    };
    let values: BTreeMap<String, serde_json::Value> = serde_json::from_value(values).unwrap();
    super::read(&mut directory, &values)
}

/// A provider in one line: address, base, chain.
fn said(provider: &Provider) -> String {
    let module = provider.module.as_ref().map(|module| format!("{module}:")).unwrap_or_default();
    let base = match &provider.base {
        Base::Ambient => String::new(),
        Base::Dynamic(None) => " untagged".to_owned(),
        Base::Dynamic(Some(tag)) => format!(" @{tag}"),
        Base::WebIdentity(role) => format!(" web {}", role_said(role)),
        Base::StaticKeys => " keys".to_owned(),
        Base::Profile => " profile".to_owned(),
        Base::Unknown(expression) => format!(" ?{expression}"),
    };
    let chain = provider.chain.iter().map(|asked| format!(" > {}", role_said(asked)));
    let chain = chain.collect::<Vec<_>>().concat();
    format!("{module}{}{base}{chain}", provider.selector())
}

fn role_said(asked: &Asked) -> String {
    let role = match &asked.role {
        AskedRole::Known(arn) => arn.clone(),
        AskedRole::Unknown(Unknown { pattern, likely, .. }) => {
            let likely = likely.as_ref().map(|(arn, _)| format!(" likely {arn}"));
            format!("?{pattern}{}", likely.unwrap_or_default())
        }
    };
    let passes = asked.passes.iter().map(|passed| {
        let key = passed.key.as_ref().map(|key| format!(".{key}")).unwrap_or_default();
        format!(" {}{key}={}", passed.argument.as_str(), passed.value.as_deref().unwrap_or("?"))
    });
    format!(
        "{}{role}{}",
        if asked.repeated { "*" } else { "" },
        passes.collect::<Vec<_>>().concat()
    )
}

fn all_said(blocks: &Blocks) -> Vec<String> {
    blocks.providers.iter().map(said).collect()
}

/// What one file asks for.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(all_said(&read(&[("main.tf", text)]).unwrap()), expected, "{text}");
}
